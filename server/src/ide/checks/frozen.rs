//! Changes of frozen values, in functions and along the statements of the program.
//!
//! Part of `checks`; [`minilive_mir::frozen`] follows the trees. Invariants: only units that name what may be frozen are looked at, so that
//! files which freeze nothing cost nothing; a variable that other code can assign is not followed.

use super::super::infer::{Binding, binding};
use super::{Check, Weight, is_imported, program};
use crate::db::{self, File, FileFacts, LiveDb, Surroundings};
use crate::modules::Places;
use minilive_mir::frozen::{FrozenChange, Known, Outside, follow};
use minilive_mir::ir::UnitKind;
use minilive_syntax::{SyntaxNode, TextSize};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// Functions whose results or arguments are frozen.
const FREEZING: [&str; 2] = ["freeze", "frozenCopy"];

/// Tells what is frozen from what is not.
const ASKING: &str = "isFrozen";

/// Adds the warnings of a file.
pub fn add(db: &LiveDb, file: File, places: &Places, found: &mut Vec<Check>) {
    let facts = db::file_facts(db, file);
    let mut freezing: BTreeSet<u32> = FREEZING.iter().flat_map(|name| facts.readers(name)).collect();
    freezing.extend(facts.with_frozen_defaults());
    if freezing.is_empty() {
        return;
    }
    let around = db::surroundings(db, file);
    let look = Look { db, file, facts: &facts, around, places, modules_ask: OnceCell::new() };
    for &unit in freezing.iter().filter(|&&unit| facts.unit(unit).kind == UnitKind::Function) {
        look.follow(unit, &|name| look.is_own_variable(unit, name), &mut Known::default(), found);
    }
    let at_top = freezing.iter().any(|&unit| facts.unit(unit).kind == UnitKind::Statement);
    if at_top && look.around.is_closed() && !is_imported(db, file) {
        look.statements(&freezing, found);
    }
}

struct Look<'a> {
    db: &'a LiveDb,
    file: File,
    facts: &'a FileFacts,
    around: &'a Surroundings,
    places: &'a Places,
    modules_ask: OnceCell<bool>,
}

impl Look<'_> {
    /// The statements of the program in order, as far as they name what is or becomes frozen.
    fn statements(&self, freezing: &BTreeSet<u32>, found: &mut Vec<Check>) {
        let (mut known, mut work, mut followed) = (Known::default(), freezing.clone(), BTreeSet::new());
        work.extend(self.facts.readers(ASKING));
        // What is frozen was mostly made before.
        for &unit in freezing {
            let reads = &self.facts.unit(unit).facts.reads;
            reads
                .iter()
                .filter(|name| self.facts.is_global(name))
                .for_each(|name| self.name(name, &mut work, &mut followed));
        }
        let mut next = 0;
        while let Some(unit) = work.range(next..).next().copied() {
            next = unit + 1;
            if self.facts.unit(unit).kind != UnitKind::Statement {
                continue;
            }
            if !self.follow(unit, &|name| self.is_own_global(name), &mut known, found) {
                break;
            }
            let names: Vec<_> = known.names().cloned().collect();
            names.iter().for_each(|name| self.name(name, &mut work, &mut followed));
        }
    }

    /// Puts the units on the list that read or assign a global.
    fn name(&self, name: &str, work: &mut BTreeSet<u32>, followed: &mut BTreeSet<String>) {
        if followed.insert(name.to_owned()) {
            work.extend(self.facts.readers(name));
            work.extend(self.facts.globals(name).map(|(unit, _)| unit));
        }
    }

    /// Whether no function assigns a global.
    fn is_own_global(&self, name: &str) -> bool {
        self.facts.globals(name).all(|(unit, _)| self.facts.unit(unit).kind == UnitKind::Statement)
    }

    /// Whether no code but a function's own assigns its variable.
    fn is_own_variable(&self, unit: u32, name: &str) -> bool {
        let own = &self.facts.unit(unit).facts;
        let reached = |child: u32| {
            let facts = &self.facts.unit(child).facts;
            facts.open.outer || facts.outer.iter().any(|(it, _)| it == name)
        };
        let is_variable = self.facts.has_variable(unit, name) || own.params.iter().any(|(it, _)| it == name);
        is_variable && !own.open.locals && !own.open.import && !self.facts.children(unit).any(reached)
    }

    /// Whether no function, or none but this one, reads a variable.
    fn is_alone(&self, unit: u32, name: &str) -> bool {
        let is_function = |it: u32| self.facts.unit(it).kind == UnitKind::Function;
        self.facts.readers(name).all(|it| it == unit || !is_function(it)) && !self.facts.is_read_through(name)
    }

    /// Whether other code than a unit, and the statements that are followed if it is one of them, asks what is frozen.
    fn asks_elsewhere(&self, unit: u32) -> bool {
        let is_followed = |it: u32| {
            let is_statement = |it: u32| self.facts.unit(it).kind == UnitKind::Statement;
            it == unit || is_statement(it) && is_statement(unit)
        };
        let modules_ask = || {
            let files = program(self.db, self.file, self.places, usize::MAX);
            files.is_none_or(|files| files.into_iter().skip(1).any(|it| db::file_facts(self.db, it).is_read(ASKING)))
        };
        !self.facts.readers(ASKING).all(is_followed) || *self.modules_ask.get_or_init(modules_ask)
    }

    fn follow(&self, unit: u32, is_own: &dyn Fn(&str) -> bool, known: &mut Known, found: &mut Vec<Check>) -> bool {
        let Some(placed) = db::units(self.db, self.file).get(unit as usize) else { return true };
        let outside = Outside {
            is_own,
            is_alone: &|name| self.is_alone(unit, name),
            is_built_in: &|name| matches!(binding(self.facts, unit, name), Binding::Intrinsic(_)),
            is_method: &|name| !self.around.is_given(name),
            asks_elsewhere: self.asks_elsewhere(unit),
        };
        let mut changes = Vec::new();
        let root = SyntaxNode::new_root(placed.unit.green.clone());
        let goes_on = follow(&root, &outside, known, &mut changes);
        found.extend(changes.into_iter().map(|change| told(&change, placed.start)));
        goes_on
    }
}

fn told(FrozenChange { name, range, is_default }: &FrozenChange, start: TextSize) -> Check {
    let (weight, message) = if *is_default {
        (
            Weight::Advice,
            format!("`{name}` holds a default, which is frozen: this is an error where callers leave it out"),
        )
    } else {
        (Weight::Warning, format!("`{name}` is frozen here, so this is an error"))
    };
    Check { range: *range + start, code: "frozen-value", weight, message, fix: None }
}
