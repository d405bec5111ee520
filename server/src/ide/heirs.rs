//! Maps that have others behind them, and which of those are classes.
//!
//! Type hierarchy and implementations ask. Invariant: a language of prototypes does not tell classes from what is made of them, so if nothing
//! looks like a class, all are told.

use super::infer::{Infer, Object, UnitRef};
use super::navigation::{made_text, name_before};
use crate::db::{File, LiveDb};
use minilive_mir::names::Symbol;
use rustc_hash::FxHashSet;

/// All maps that code of the workspace makes, those of a file first. Without `new` and `__isa` no map is behind another.
pub fn all_heirs(infer: &mut Infer<'_>, db: &LiveDb, file: File) -> Vec<Object> {
    let mut all = heirs(infer, db, file);
    for &other in db.files().iter().filter(|&&other| other != file) {
        let text = other.text(db);
        if text.contains("new ") || text.contains("__isa") {
            all.extend(heirs(infer, db, other));
        }
    }
    all
}

/// All maps that the code of a file makes.
fn heirs(infer: &mut Infer<'_>, db: &LiveDb, file: File) -> Vec<Object> {
    let facts = infer.facts(file);
    let mut all = Vec::new();
    for (unit, it) in (0u32..).zip(&facts.units) {
        db.poll();
        let at = UnitRef { file, unit };
        all.extend((0..it.facts.maps.len() as u32).map(|number| Object::Literal(at, number)));
        all.extend((0..it.facts.news.len() as u32).map(|number| Object::New(at, number)));
    }
    all
}

/// Those of some maps that look like classes; all of them if none does. What is made with `new` is rather an instance if its name begins
/// with a small letter, no other map has it behind it, and it is given no function.
pub fn classes(infer: &mut Infer<'_>, db: &LiveDb, found: Vec<Object>) -> Vec<Object> {
    let made_in: FxHashSet<File> = found.iter().filter_map(|it| it.made_in()).collect();
    let mut bases = FxHashSet::default();
    for &file in &made_in {
        bases.extend(with_functions(infer, file));
    }
    let Some(&first) = made_in.iter().next() else { return found };
    for heir in all_heirs(infer, db, first) {
        bases.extend(infer.parents(heir).into_iter().map(Object::maker));
    }
    let looks_so = |it: &Object| {
        let is_literal = matches!(it, Object::Literal(..));
        is_literal || bases.contains(&it.maker()) || has_name_of_class(db, *it)
    };
    let classes: Vec<_> = found.iter().copied().filter(looks_so).collect();
    if classes.is_empty() { found } else { classes }
}

fn has_name_of_class(db: &LiveDb, object: Object) -> bool {
    let Some((file, range)) = made_text(db, object) else { return false };
    let text = file.text(db);
    name_before(&text, range.start()).is_some_and(|it| text[it].starts_with(char::is_uppercase))
}

/// The maps to which a file gives functions by assignments.
fn with_functions(infer: &mut Infer<'_>, file: File) -> FxHashSet<Object> {
    let facts = infer.facts(file);
    let mut found = FxHashSet::default();
    for (unit, it) in (0u32..).zip(&facts.units) {
        let functions = it.facts.members.iter().filter(|(_, _, value)| matches!(**value, Symbol::Function(_)));
        for (owner, _, _) in functions {
            found.extend(infer.value(UnitRef { file, unit }, owner).objects().map(Object::maker));
        }
    }
    found
}
