//! Warnings about names of the host: calls with more arguments than its profile names, and members that look like misspelt ones.
//!
//! Part of `checks`. Invariants: a name to which the program gives a value is the program's own, and so is what is stored in a map of the host;
//! nothing is said where names come from places the text does not show, and nothing of members that are like none of the profile's, since
//! a profile need not name all.

use super::super::hosts::Hosts;
use super::{Check, Weight, change_to, extra, is_imported, nearest};
use crate::db::{self, File, FileFacts, LiveDb, PlacedUnit};
use crate::document::DocumentView;
use crate::guide::types::is_made_by_language;
use crate::modules::Places;
use crate::settings::Checks;
use minilive_mir::names::{Access, Place, Symbol};
use std::collections::BTreeSet;

/// Adds the warnings of a document.
pub fn add(db: &LiveDb, document: &DocumentView, (settings, places): (&Checks, &Places), found: &mut Vec<Check>) {
    if settings.host.names.is_empty() {
        return;
    }
    let facts = db::file_facts(db, document.file);
    if db::gets_globals_out_of_sight(&facts) || is_imported(db, document.file) {
        return;
    }
    let (units, names) = (db::units(db, document.file), settings.host.names.keys());
    let reading: BTreeSet<u32> = names.flat_map(|name| facts.readers(name)).collect();
    for unit in reading {
        let around = [Some(unit), facts.enclosing_function(unit)].into_iter().flatten();
        if around.map(|it| facts.unit(it).facts.open).any(|it| it.locals || it.import) {
            continue;
        }
        let placed = units.at(unit);
        let look = Look {
            db,
            file: document.file,
            hosts: Hosts { host: &settings.host, db, places },
            facts: &facts,
            unit,
            placed: &placed,
        };
        look.calls(found);
        look.members(found);
    }
}

/// A look at one unit.
struct Look<'a> {
    db: &'a LiveDb,
    file: File,
    hosts: Hosts<'a>,
    facts: &'a FileFacts,
    unit: u32,
    placed: &'a PlacedUnit<'a>,
}

impl Look<'_> {
    fn calls(&self, found: &mut Vec<Check>) {
        for (call, (callee, args)) in self.facts.unit(self.unit).facts.calls.iter().enumerate() {
            let (Symbol::Name(name) | Symbol::Member(_, name)) = &**callee else { continue };
            let Some(it) = self.hosts.named(self.facts, self.unit, callee) else { continue };
            let Some(expected) = it.it.params.as_ref().map(Vec::len).filter(|&it| args.len() > it) else { continue };
            let is_own = matches!(**callee, Symbol::Member(..)) && self.facts.has_member(name);
            let ranges = &db::unit_names(self.db, self.placed.unit).calls;
            let Some(range) = ranges.get(call).filter(|_| !is_own) else { continue };
            let counts = (name.as_str(), expected as u32, args.len() as u32);
            found.push(extra::too_many(self.db, self.file, *range + self.placed.start, counts));
        }
    }

    /// Members that a map of the host does not have, where it has one of much the same name.
    fn members(&self, found: &mut Vec<Check>) {
        for it in &db::unit_names(self.db, self.placed.unit).uses {
            let Place::Member(owner) = &it.place else { continue };
            if it.access == Access::Write || self.facts.has_member(&it.name) || is_made_by_language(&it.name) {
                continue;
            }
            let Some(of) = self.hosts.named(self.facts, self.unit, owner) else { continue };
            let members = self.hosts.host.members(&of);
            let known = members.iter().map(|(name, _)| name.as_str());
            let Some(meant) = nearest(&it.name, known).filter(|meant| *meant != *it.name) else { continue };
            let range = it.range + self.placed.start;
            let message = format!("the host's `{owner}` has no member `{}`; did you mean `{meant}`?", it.name);
            let fix = Some(change_to(&meant, range));
            found.push(Check { range, code: "missing-member", weight: Weight::Warning, message, fix });
        }
    }
}
