//! Places of which a rename can only say that they may go wrong: nothing can be edited there that would certainly be right.
//!
//! Part of `rename.rs`; whoever asked is told of them. Invariant: a place is told only if there is something else that may be meant.

use super::{Doubt, Why};
use crate::db::{self, File, FileFacts, LiveDb};
use crate::ide::Live;
use crate::ide::infer::{Infer, Kind, UnitRef};
use crate::ide::names::{Found, Target, further_out, scope_target};
use minilive_mir::names::{Access, NameUse, Place};
use minilive_runtime::intrinsics;
use minilive_syntax::{TextRange, TextSize};

/// Whether a name means something where no code gives it a value: a built-in function, or what a host gives.
pub fn is_known_anyway(live: &Live, name: &str) -> bool {
    intrinsics::find(name).is_some() || live.checks.knows(name)
}

/// Uses of a global's name in functions that may mean a variable of the function, or the other way round: code puts variables into the function
/// that are not seen, takes them out, or calls a closure before the variable around it has a value.
pub fn of_global(db: &LiveDb, file: File, name: &str) -> Vec<Doubt> {
    let facts = db::file_facts(db, file);
    let mut found = Vec::new();
    for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
        let uses = db::unit_names(db, placed.unit).uses.iter();
        for of in uses.filter(|it| it.name == name && it.place == Place::Bare && it.access != Access::Write) {
            if is_either(db, file, &facts, unit, of) {
                let range = of.range + placed.start;
                let place = Found { file, unit, range, access: of.access, certain: false, quoted: false };
                found.push(Doubt { place, why: Why::Either });
            }
        }
    }
    found
}

fn is_either(db: &LiveDb, file: File, facts: &FileFacts, unit: u32, of: &NameUse) -> bool {
    let says = facts.unit(unit).facts.open;
    let around = facts.enclosing_function(unit);
    let around_is_open = around.is_some_and(|it| facts.unit(it).facts.open.locals) || says.outer && around.is_some();
    match scope_target(facts, unit, of) {
        Target::Global | Target::Unknown => says.locals || around_is_open,
        Target::Variable(owner) if owner == unit => {
            let is_beyond = matches!(further_out(facts, unit, &of.name), Target::Variable(_)) && !of.definite;
            says.locals || is_beyond && around_is_open
        }
        Target::Variable(owner) => around_is_open || !is_set_before(db, file, owner, unit, &of.name),
        _ => false,
    }
}

/// Whether a function gives a variable a value in front of a closure, as far as the order of the text goes.
fn is_set_before(db: &LiveDb, file: File, owner: u32, closure: u32, name: &str) -> bool {
    let (around, inner) = (db::units(db, file).at(owner), db::units(db, file).at(closure));
    let uses = db::unit_names(db, around.unit).uses.iter().filter(|it| it.name == name);
    let mut given = uses.filter(|it| matches!(it.place, Place::Bare | Place::Param | Place::Locals));
    given.any(|it| it.access == Access::Write && it.range.start() + around.start < inner.start)
}

/// Uses of a function's variable in its closures that stand in front of all that gives it a value, if the name means something then.
pub fn of_variable(db: &LiveDb, file: File, (owner, name): (u32, &str), live: &Live, found: &[Found]) -> Vec<Doubt> {
    let facts = db::file_facts(db, file);
    if !facts.is_global(name) && !is_known_anyway(live, name) {
        return Vec::new();
    }
    let closures = found.iter().filter(|it| it.unit != owner && !it.access.writes());
    let unset = closures.filter(|it| !is_set_before(db, file, owner, it.unit, name));
    unset.map(|it| Doubt { place: *it, why: Why::Either }).collect()
}

/// Uses of a name that all values of a type have, on something that may be any map: who gives a map a member of that name may be asked there.
pub fn of_types(infer: &mut Infer<'_>, db: &LiveDb, name: &str) -> Vec<Doubt> {
    let mut found = Vec::new();
    if !infer.is_of_type(&Kind::AnyMap, name) {
        return found;
    }
    for &file in infer.program().iter() {
        db.poll();
        for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
            let uses = db::unit_names(db, placed.unit).uses.iter();
            for of in uses.filter(|it| it.name == name && it.access == Access::Read) {
                let Place::Member(owner) = &of.place else { continue };
                let owner = infer.value(UnitRef { file, unit }, owner);
                if owner.kinds.contains(&Kind::AnyMap) || owner.open && owner.kinds.is_empty() {
                    let range = of.range + placed.start;
                    let place = Found { file, unit, range, access: of.access, certain: false, quoted: of.quoted };
                    found.push(Doubt { place, why: Why::Either });
                }
            }
        }
    }
    found
}

/// Where code of a file uses `globals` as a map, in which names are keys.
pub fn opening(db: &LiveDb, file: File) -> Vec<Doubt> {
    let text = file.text(db);
    if !text.contains("globals") {
        return Vec::new();
    }
    let (facts, mut found) = (db::file_facts(db, file), Vec::new());
    for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
        if facts.unit(unit).facts.open.globals
            && let Some(at) = text[placed.range()].find("globals")
        {
            let range = TextRange::at(placed.start + TextSize::new(at as u32), TextSize::of("globals"));
            let place = Found { file, unit, range, access: Access::Read, certain: false, quoted: false };
            found.push(Doubt { place, why: Why::WorkedOut });
        }
    }
    found
}
