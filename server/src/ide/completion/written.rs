//! The member that is given a value right at the cursor: its name may be half typed, so that the assignment says nothing of what there is.
//!
//! Part of completion. Invariant: a member that anything else gives a value, or that is built in, is offered as all others are.

use super::super::infer::Infer;
use super::items::Collect;
use crate::db::{self, File};
use minilive_mir::names::{NameUse, Place};
use minilive_runtime::intrinsics;
use smol_str::SmolStr;

/// The name of the member that nothing gives a value but the assignment at the cursor.
pub fn only_here(collect: &Collect<'_>, infer: &mut Infer<'_>) -> Option<SmolStr> {
    let placed = db::units(collect.db, collect.file).get(collect.unit.unit as usize)?;
    let at = collect.offset.checked_sub(placed.start)?;
    let uses = &db::unit_names(collect.db, placed.unit).uses;
    let name = &uses.iter().find(|it| it.range.contains_inclusive(at) && is_written(it))?.name;
    let is_given = intrinsics::find(name).is_some() || writes_in(collect, name) > 1 || has_entry(infer, collect, name);
    (!is_given).then(|| name.clone())
}

fn is_written(it: &NameUse) -> bool {
    matches!(it.place, Place::Member(_)) && it.access.writes()
}

/// How often the file gives a member of a name a value.
fn writes_in(collect: &Collect<'_>, name: &str) -> usize {
    let (facts, units) = (db::file_facts(collect.db, collect.file), db::units(collect.db, collect.file));
    let having = (0u32..).zip(&facts.units).filter(|(_, it)| it.facts.members.iter().any(|(_, it, _)| it == name));
    let writes = having.map(|(unit, _)| {
        let uses = &db::unit_names(collect.db, units.at(unit).unit).uses;
        uses.iter().filter(|it| it.name == name && is_written(it)).count()
    });
    writes.sum()
}

/// Whether a map literal has an entry of a name, or another file of the program a member or a variable.
fn has_entry(infer: &mut Infer<'_>, collect: &Collect<'_>, name: &str) -> bool {
    let files = infer.program();
    let mut has = |file: &File| {
        let facts = infer.facts(*file);
        let is_other = *file != collect.file;
        let mut entries = facts.units.iter().flat_map(|it| it.facts.maps.iter().flatten());
        let is_named = || facts.member_names().chain(facts.global_names()).any(|it| it == name);
        entries.any(|(it, _)| it == name) || is_other && is_named()
    };
    files.iter().any(&mut has) || !files.contains(&collect.file) && has(&collect.file)
}
