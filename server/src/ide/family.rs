//! Uses of a member that belong together: those that reach one of some maps which have it.
//!
//! References, highlights and rename ask; `infer` tells what maps the owner of each use may be. A loop over two records reads the name of
//! either, and a method reads what each instance has, so these maps form a family: a program keeps its meaning only if the name is changed
//! in all of them. Invariants: from every use of a family the same family is found; a use of which nobody knows whose it is belongs to
//! none, and is told as one that may.

use super::infer::{Infer, Kind, Object, UnitRef};
use super::names::Found;
use crate::db::{self, File, LiveDb};
use minilive_mir::names::{NameUse, Place};
use rustc_hash::{FxHashMap, FxHashSet};

/// A use of a member's name, and whose it may be.
#[derive(Debug)]
pub struct Candidate {
    found: Found,
    /// The maps that its owner may be.
    objects: Vec<Object>,
    /// Those of them and of the maps behind them that have the member.
    definers: Vec<Object>,
    /// Its owner may be something else, too, or get members out of sight.
    open: bool,
}

/// Which uses somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that belong together.
    Certain,
    /// Also all that may belong to them, for whoever edits: to find out what can be nothing else takes longer.
    Possible,
}

/// Uses that belong together, and the maps that have the member.
#[derive(Debug, Default)]
pub struct Family {
    /// The uses, in no particular order; certain if they cannot mean anything else.
    pub found: Vec<Found>,
    /// The maps.
    pub holders: Vec<Object>,
}

/// Whether code makes all of these maps, so that their members have only the names that it gives them.
pub fn are_made(holders: &[Object]) -> bool {
    let is_made = |it: &Object| matches!(it, Object::Literal(..) | Object::New(..) | Object::Born(..));
    !holders.is_empty() && holders.iter().all(is_made)
}

/// All uses of a member's name in a file.
pub fn candidates(
    infer: &mut Infer<'_>,
    db: &LiveDb,
    file: File,
    (name, wanted): (&str, Wanted),
    found: &mut Vec<Candidate>,
) {
    for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
        let names = db::unit_names(db, placed.unit);
        for of in names.uses.iter().filter(|it| it.name == name) {
            let range = of.range + placed.start;
            let place = Found { file, unit, range, access: of.access, certain: false, quoted: of.quoted };
            found.extend(candidate(infer, UnitRef { file, unit }, of, place, wanted));
        }
    }
}

fn candidate(infer: &mut Infer<'_>, at: UnitRef, of: &NameUse, found: Found, wanted: Wanted) -> Option<Candidate> {
    let Place::Member(symbol) = &of.place else { return None };
    let owner = infer.value(at, symbol);
    let mut objects: Vec<Object> = Vec::new();
    for object in owner.objects().map(Object::maker) {
        if !objects.contains(&object) {
            objects.push(object);
        }
    }
    let mut definers = Vec::new();
    for object in owner.objects().collect::<Vec<_>>() {
        for definer in infer.definers(object, &of.name) {
            if !definers.contains(&definer) {
                definers.push(definer);
            }
        }
    }
    // What is only likely leaves no use out.
    let is_sure = |infer: &mut Infer<'_>| {
        let is_plain = !owner.open && !owner.kinds.contains(&Kind::AnyMap);
        let is_settled =
            |infer: &mut Infer<'_>| !objects.iter().any(|it| infer.is_keyed(*it)) && infer.is_settled(at, symbol);
        is_plain && (wanted == Wanted::Certain || is_settled(infer))
    };
    let open = !is_sure(infer);
    (open || !objects.is_empty()).then_some(Candidate { found, objects, definers, open })
}

/// The family of some maps among all uses of a name.
pub fn family(infer: &mut Infer<'_>, candidates: Vec<Candidate>, holders: &[Object]) -> Family {
    let mut chains = Chains::default();
    let all: FxHashSet<Object> = candidates.iter().flat_map(|it| it.definers.iter().copied()).collect();
    let (mut holders, mut found) = (holders.to_vec(), Vec::new());
    let mut left = candidates;
    loop {
        let (inside, outside): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|it| it.is_inside(infer, &mut chains, &holders));
        left = outside;
        if inside.is_empty() {
            break;
        }
        for it in inside {
            let mut related = it.definers.clone();
            if related.is_empty() {
                // A map that has not got the member itself announces it for all that it stands behind.
                let announced =
                    all.iter().copied().filter(|&heir| it.objects.iter().any(|&of| chains.has(infer, heir, of)));
                related.extend(announced);
            }
            related.retain(|it| !holders.contains(it));
            holders.extend(related);
            found.push(Found { certain: true, ..it.found });
        }
    }
    // Whoever may have another owner than those that are known may mean any of them.
    let possible = left.into_iter().filter(|it| it.open);
    found.extend(possible.map(|it| it.found));
    Family { found, holders }
}

impl Candidate {
    fn is_inside(&self, infer: &mut Infer<'_>, chains: &mut Chains, holders: &[Object]) -> bool {
        let stands_behind = |&of: &Object| holders.iter().any(|&holder| chains.has(infer, holder, of));
        self.definers.iter().any(|it| holders.contains(it)) || self.objects.iter().any(stands_behind)
    }

    /// Whether the use reaches one of these maps, or one that stands in front of it.
    pub fn reaches(&self, infer: &mut Infer<'_>, holders: &[Object]) -> bool {
        let mut chains = Chains::default();
        self.objects.iter().any(|&object| holders.iter().any(|&holder| chains.has(infer, object, holder)))
    }

    /// Where it stands.
    pub fn found(&self) -> Found {
        self.found
    }
}

/// What stands behind maps, each found out once.
#[derive(Default)]
struct Chains(FxHashMap<Object, FxHashSet<Object>>);

impl Chains {
    /// Whether the second map is the first or stands behind it.
    fn has(&mut self, infer: &mut Infer<'_>, object: Object, behind: Object) -> bool {
        let chain = self.0.entry(object).or_insert_with(|| infer.chain(object).into_iter().map(|(it, _)| it).collect());
        chain.contains(&behind)
    }
}
