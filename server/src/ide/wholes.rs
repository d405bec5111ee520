//! Maps that meet as wholes, and keys that are worked out: where a member is meant though its name does not stand there.
//!
//! Rename asks. Two maps are equal only if they have the same keys, and in a sum of two the last that has a key gives its value, so a member of both is
//! renamed in both. Invariant: maps of which the text tells that they cannot be equal stay apart.

use super::infer::{Infer, Kind, Known, Object, UnitRef};
use super::names::Found;
use crate::db::{self, LiveDb};
use minilive_mir::names::{Access, KeyUse};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// Maps within maps are compared so far.
const MOST_DEPTH: u32 = 4;

/// Two maps that meet.
#[derive(Debug, Clone, Copy)]
pub struct Meeting {
    one: Object,
    other: Object,
    is_sum: bool,
}

/// The maps of a program that are compared or added and have a member of a name, by twos.
pub fn meetings(infer: &mut Infer<'_>, db: &LiveDb, name: &str) -> Vec<Meeting> {
    let mut found = Vec::new();
    for &file in infer.program().iter() {
        db.poll();
        for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
            let at = UnitRef { file, unit };
            for it in &db::unit_names(db, placed.unit).alike {
                let one = infer.value(at, &it.one);
                if has_parts(&one) {
                    let other = infer.value(at, &it.other);
                    meet(infer, (&one.kinds, &other.kinds), it.is_sum, (name, MOST_DEPTH), &mut found);
                }
            }
        }
    }
    found
}

fn has_parts(value: &Known) -> bool {
    value.kinds.iter().any(|kind| matches!(kind, Kind::Map(_) | Kind::List(_)))
}

fn meet(
    infer: &mut Infer<'_>,
    (these, those): (&[Kind], &[Kind]),
    is_sum: bool,
    (name, depth): (&str, u32),
    found: &mut Vec<Meeting>,
) {
    for one in these {
        for other in those {
            match (one, other) {
                (Kind::Map(one), Kind::Map(other)) if one.maker() != other.maker() => {
                    let (one, other) = (one.maker(), other.maker());
                    if infer.has(one, name) && infer.has(other, name) {
                        found.push(Meeting { one, other, is_sum });
                    }
                    if !is_sum && depth > 0 && has_same_keys(infer, one, other) {
                        for key in infer.own_names(one) {
                            let of = |infer: &mut Infer<'_>, it: Object| infer.member(&Kind::Map(it), &key).kinds;
                            let (one, other) = (of(infer, one), of(infer, other));
                            meet(infer, (&one, &other), false, (name, depth - 1), found);
                        }
                    }
                }
                (Kind::List(one), Kind::List(other)) if !is_sum && depth > 0 => {
                    meet(infer, (one, other), false, (name, depth - 1), found);
                }
                _ => {}
            }
        }
    }
}

/// Whether two maps may be equal, by their keys.
fn has_same_keys(infer: &mut Infer<'_>, one: Object, other: Object) -> bool {
    if infer.is_keyed(one) || infer.is_keyed(other) {
        return true;
    }
    let (one, other) = (infer.own_names(one), infer.own_names(other));
    let one: FxHashSet<&SmolStr> = one.iter().collect();
    let other: FxHashSet<&SmolStr> = other.iter().collect();
    one == other
}

/// The maps that belong to some, because they meet one of those.
pub fn joined(infer: &mut Infer<'_>, meetings: &[Meeting], holders: &[Object]) -> Vec<Object> {
    let mut found = Vec::new();
    for it in meetings {
        let (one, other) = (holders.contains(&it.one), holders.contains(&it.other));
        if one != other && (it.is_sum || has_same_keys(infer, it.one, it.other)) {
            found.push(if one { it.other } else { it.one });
        }
    }
    found
}

/// Where keys of some maps are worked out.
pub fn worked_out(infer: &mut Infer<'_>, db: &LiveDb, holders: &[Object]) -> Vec<Found> {
    let mut found = Vec::new();
    for &file in infer.program().iter() {
        db.poll();
        for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
            let at = UnitRef { file, unit };
            for it in &db::unit_names(db, placed.unit).keyed {
                if is_key_of(infer, at, it, holders) {
                    let range = it.range + placed.start;
                    found.push(Found { file, unit, range, access: Access::Read, certain: false, quoted: false });
                }
            }
        }
    }
    found
}

/// Numbers are keys of lists mostly, and found out of first: whose keys they are takes longer.
fn is_key_of(infer: &mut Infer<'_>, at: UnitRef, it: &KeyUse, holders: &[Object]) -> bool {
    let key = infer.value(at, &it.key);
    if !key.open && !key.kinds.is_empty() && key.kinds.iter().all(|kind| *kind == Kind::Number) {
        return false;
    }
    let owners: Vec<Object> = infer.value(at, &it.owner).objects().collect();
    owners.into_iter().any(|owner| infer.chain(owner).iter().any(|(it, _)| holders.contains(it)))
}
