//! Which findings that many a good program has are told without a setting: those where something certainly is not as it seems.
//!
//! Part of `checks`. A setting that gives their code a level asks for all of them. Invariants: a hidden built-in function is told where the
//! program itself calls what hides it, and that is no function; a parameter that is never read is told of functions that nobody can call
//! but by their one name, since others have to take what their callers give, and only if they do something.

use super::super::infer::{Binding, binding};
use super::is_imported;
use crate::db::{self, File, FileFacts, LiveDb, NameFinding, NameProblem};
use crate::document::DocumentView;
use crate::settings::Checks;
use memchr::memchr2_iter;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::Symbol;
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::sync::Arc;

/// What is asked for and what is known of a document while its findings are looked through.
pub(super) struct Quiet<'a> {
    db: &'a LiveDb,
    document: &'a DocumentView,
    settings: &'a Checks,
    facts: OnceCell<Arc<FileFacts>>,
    /// Names behind an `@` or a quote.
    named: OnceCell<FxHashSet<&'a str>>,
    /// Whether the map of the globals goes out of sight.
    is_out_of_sight: OnceCell<bool>,
}

impl<'a> Quiet<'a> {
    pub(super) fn new(db: &'a LiveDb, document: &'a DocumentView, settings: &'a Checks) -> Quiet<'a> {
        Quiet {
            db,
            document,
            settings,
            facts: OnceCell::new(),
            named: OnceCell::new(),
            is_out_of_sight: OnceCell::new(),
        }
    }

    /// Whether a finding is told only where a setting asks for its code.
    pub(super) fn is_told(&self, finding: &NameFinding) -> bool {
        let asks = |code: &str| self.settings.levels.contains_key(code);
        let file = self.document.file;
        match finding.problem {
            NameProblem::UnusedParameter => {
                asks("unused-parameter") || self.has_one_name(finding.unit) && !is_imported(self.db, file)
            }
            NameProblem::ShadowedIntrinsic => {
                asks("shadowed-intrinsic") || !self.settings.knows(&finding.name) && self.is_missed(finding)
            }
            NameProblem::ShadowedInside { .. } => {
                asks("shadowed-intrinsic") || is_missed_inside(self.db, file, self.facts(), finding)
            }
            _ => true,
        }
    }

    fn facts(&self) -> &FileFacts {
        self.facts.get_or_init(|| db::file_facts(self.db, self.document.file))
    }

    /// Whether a function is what one assignment gives a name, and goes nowhere else: nothing refers to it by `@`, or by a text.
    fn has_one_name(&self, unit: u32) -> bool {
        let facts = self.facts();
        let Some(parent) = facts.parent(unit) else { return false };
        // What reads nothing at all stands for something that is still to be written.
        if facts.unit(unit).facts.reads.is_empty() {
            return false;
        }
        let assigned = &facts.unit(parent).facts.assigned;
        let is_it =
            |value: &Symbol| matches!(value, Symbol::Function(number) if facts.child(parent, *number) == Some(unit));
        let mut named = assigned.iter().filter(|(_, value)| is_it(value)).map(|(name, _)| name);
        let (Some(name), None) = (named.next(), named.next()) else { return false };
        let is_only = match facts.unit(parent).kind {
            UnitKind::Statement => facts.globals(name).nth(1).is_none(),
            _ => assigned.iter().filter(|(it, _)| it == name).count() == 1,
        };
        // Whoever has the map of the variables around it has the function.
        let is_open = |it: u32| facts.unit(it).facts.open.outer;
        is_only
            && !facts.is_read_through(name)
            && !self.is_out_of_sight.get_or_init(|| db::gets_globals_out_of_sight(facts))
            && !facts.unit(parent).facts.open.locals
            && !facts.children(parent).any(is_open)
            && !self.is_marked(name)
    }

    /// Whether a name stands behind an `@` or a quote.
    fn is_marked(&self, name: &str) -> bool {
        self.named.get_or_init(|| names_behind_marks(self.db, &self.document.text)).contains(name)
    }

    /// Whether a function behind the assignment of a global calls it with arguments, though it is never a function. Of calls in statements it
    /// is told where they stand, and who refers to it by `@` may ask what it is.
    fn is_missed(&self, finding: &NameFinding) -> bool {
        let (facts, name) = (self.facts(), &finding.name);
        let is_later = |unit: u32| unit > finding.unit && facts.unit(unit).kind == UnitKind::Function;
        facts.unit(finding.unit).facts.is_assignment
            && facts.globals(name).all(|(_, value)| db::is_plain(value))
            && facts.calls(name).any(|(unit, call)| {
                is_later(unit) && is_by_name(facts, unit, call) && binding(facts, unit, name) == Binding::Global
            })
            && !self.is_out_of_sight.get_or_init(|| db::gets_globals_out_of_sight(facts))
            && !facts.is_read_through("remove")
            && !self.is_marked(name)
    }
}

/// The words of a text that stand behind an `@` or a quote, with those behind their dots.
fn names_behind_marks<'a>(db: &LiveDb, text: &'a str) -> FxHashSet<&'a str> {
    let chain = |at: usize| {
        let rest = text[at + 1..].trim_start_matches([' ', '\t', '(']);
        let end = rest.find(|it: char| it != '_' && it != '.' && !it.is_alphanumeric()).unwrap_or(rest.len());
        rest[..end].split('.')
    };
    db.while_wanted(memchr2_iter(b'@', b'"', text.as_bytes())).flat_map(chain).filter(|it| !it.is_empty()).collect()
}

/// Whether a function calls a variable of its own so where that has a value.
fn is_missed_inside(db: &LiveDb, file: File, facts: &FileFacts, finding: &NameFinding) -> bool {
    let (name, says) = (&finding.name, &facts.unit(finding.unit).facts);
    let by_closure = facts.children(finding.unit).any(|it| {
        let says = &facts.unit(it).facts;
        says.open.outer || says.read_through.contains("remove") || says.outer.iter().any(|(it, _)| it == name)
    });
    let mut own = says.assigned.iter().filter(|(it, _)| it == name);
    if finding.problem != (NameProblem::ShadowedInside { is_param: false })
        || by_closure
        || says.open.locals
        || says.read_through.contains("remove")
        || !own.all(|(_, value)| db::is_plain(value))
    {
        return false;
    }
    let Some(placed) = db::units(db, file).get(finding.unit as usize) else { return false };
    let names = db::unit_names(db, placed.unit);
    let is_sure = |call: u32| {
        let callee = names.calls.get(call as usize);
        names.uses.iter().any(|it| it.definite && Some(&it.range) == callee)
    };
    let mut calls = facts.calls(name).filter(|(unit, _)| *unit == finding.unit);
    calls.any(|(unit, call)| is_by_name(facts, unit, call) && is_sure(call))
}

/// Whether a call names its callee by itself, not as a member.
fn is_by_name(facts: &FileFacts, unit: u32, call: u32) -> bool {
    let callee = facts.unit(unit).facts.calls.get(call as usize);
    callee.is_some_and(|(callee, _)| matches!(**callee, Symbol::Name(_)))
}
