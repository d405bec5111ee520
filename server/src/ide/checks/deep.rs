//! Reads of a module's variables by functions that do not see them: those that stand inside a function of a function.
//!
//! Part of `checks`. What a file assigns at its top is a global where it runs as the program, and a variable of the module where it is
//! imported, which functions made at its top see through `outer`, and functions inside those do not. Invariant: it is told only of files that
//! a file of the workspace imports, if all files of these programs are known and none may give the program a global of that name.

use super::super::importers::Importers;
use super::{Check, Weight};
use crate::db::{self, FileFacts, LiveDb};
use crate::document::DocumentView;
use crate::modules::Places;
use crate::settings::Checks;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, Place};
use minilive_runtime::intrinsics;
use std::cell::OnceCell;

/// Adds the warnings of a document.
pub fn add(db: &LiveDb, document: &DocumentView, (settings, places): (&Checks, &Places), found: &mut Vec<Check>) {
    let file = document.file;
    if !super::is_imported(db, file) {
        return;
    }
    let facts = db::file_facts(db, file);
    let others = OnceCell::new();
    let may_be_given = |name: &str| {
        let others = others.get_or_init(|| {
            let files = Importers::of(db, places).programs(file)?;
            let facts: Vec<_> = files.into_iter().skip(1).map(|it| db::file_facts(db, it)).collect();
            let is_open = |it: &FileFacts| it.opens_globals() || db::gets_globals_out_of_sight(it);
            (!facts.iter().any(|it| is_open(it)) && !is_open(&db::file_facts(db, file))).then_some(facts)
        });
        let gives = |it: &FileFacts| it.is_global(name) || it.has_member(name);
        others.as_ref().is_none_or(|them| them.iter().any(|it| gives(it)))
    };
    for unit in db.while_wanted(0..facts.units.len() as u32) {
        let Some(around) = hidden_from(&facts, unit) else { continue };
        let is_hidden = |name: &str| {
            facts.is_module_variable(name)
                && ![unit, around].into_iter().any(|it| facts.has_variable(it, name))
                && intrinsics::find(name).is_none()
                && !settings.knows(name)
                && !facts.is_read_through(name)
                && !facts.has_member(name)
                && facts.given_to_program(name).next().is_none()
        };
        let mut names: Vec<_> = facts.unit(unit).facts.reads.iter().filter(|it| is_hidden(it)).collect();
        names.retain(|it| !may_be_given(it));
        names.sort_unstable();
        let Some(placed) = db::units(db, file).get(unit as usize).filter(|_| !names.is_empty()) else { continue };
        for name in names {
            let uses = &db::unit_names(db, placed.unit).uses;
            let reads = |access| access != Access::Write;
            let first = uses.iter().find(|it| it.name == *name && it.place == Place::Bare && reads(it.access));
            let message = format!(
                "where this file is imported, `{name}` is unknown here: a function sees the variables of the function around it, and no further"
            );
            found.extend(first.map(|it| Check {
                range: it.range + placed.start,
                code: "unknown-name",
                weight: Weight::Warning,
                message,
                fix: None,
            }));
        }
    }
}

/// The function around a function that stands inside another: what is further out it does not see. None if names may be there that the text
/// does not show.
fn hidden_from(facts: &FileFacts, unit: u32) -> Option<u32> {
    let around = facts.enclosing_function(unit).filter(|_| facts.unit(unit).kind == UnitKind::Function)?;
    let opens = |it: u32| facts.unit(it).facts.open.locals || facts.unit(it).facts.open.import;
    let is_opened = |it: u32| facts.unit(it).facts.open.outer;
    let any = opens(unit) || opens(around) || is_opened(unit) || facts.children(around).any(is_opened);
    (!any).then_some(around)
}
