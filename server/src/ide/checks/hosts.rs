//! Calls of functions of the host with more arguments than its profile names.
//!
//! Part of `checks`. Invariant: a name to which the program gives a value is the program's own, and so is what is stored in a map of the host;
//! nothing is said where names come from places the text does not show.

use super::super::hosts;
use super::{Check, Weight, arguments, is_imported};
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use crate::settings::Checks;
use minilive_mir::names::Symbol;

/// Adds the warnings of a document.
pub fn add(db: &LiveDb, document: &DocumentView, settings: &Checks, found: &mut Vec<Check>) {
    if settings.host.is_empty() {
        return;
    }
    let facts = db::file_facts(db, document.file);
    if db::gets_globals_out_of_sight(&facts) || is_imported(db, document.file) {
        return;
    }
    for (unit, placed) in (0u32..).zip(db::units(db, document.file).iter()) {
        let around = [Some(unit), facts.enclosing_function(unit)].into_iter().flatten();
        if around.map(|it| facts.unit(it).facts.open).any(|it| it.locals || it.import) {
            continue;
        }
        for (call, (callee, args)) in facts.unit(unit).facts.calls.iter().enumerate() {
            let (Symbol::Name(name) | Symbol::Member(_, name)) = &**callee else { continue };
            let Some(it) = hosts::told(&settings.host, &facts, unit, callee) else { continue };
            let Some(expected) = it.params.as_ref().map(Vec::len).filter(|&it| args.len() > it) else { continue };
            let is_own = matches!(**callee, Symbol::Member(..)) && facts.has_member(name);
            let Some(range) = db::unit_names(db, placed.unit).calls.get(call).filter(|_| !is_own) else { continue };
            let message = format!("`{name}` takes {}, not {}", arguments(expected as u32), args.len());
            let range = *range + placed.start;
            found.push(Check { range, code: "too-many-arguments", weight: Weight::Warning, message, fix: None });
        }
    }
}
