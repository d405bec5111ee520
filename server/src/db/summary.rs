//! What the other files of a program need to know of a file, in few words.
//!
//! Checks of a document ask it of all files behind its `import`s, which may be hundreds: more than those whose facts are kept. Invariant: it
//! is made of the facts and of what statements stand at the top, so it says what they say.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::names::{FileFacts, file_facts};
use super::pieces::StatementPlace;
use super::queries::is_import;
use super::units::units;
use super::{Db, File};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::ANY_KEY;
use minilive_syntax::SyntaxKind;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::sync::Arc;

/// What a file may do to others.
#[derive(Debug, PartialEq, Eq)]
pub struct Outward {
    /// It imports a module whose name does not stand in its text.
    pub imports_out_of_sight: bool,
    /// It gives the whole program names that do not stand in its text.
    pub opens_globals: bool,
    /// To import it does something: it runs calls and loops, gives the whole program names, or something that is not its own members. What only
    /// runs where `locals == globals`, that is where the file is the program, does not count.
    pub has_effects: bool,
    /// The names of the members that its code assigns.
    members: FxHashSet<SmolStr>,
    /// The names that its code gives to the whole program.
    globals: FxHashSet<SmolStr>,
}

impl Outward {
    /// Whether its code may assign a member of that name to something.
    pub fn gives_member(&self, name: &str) -> bool {
        self.members.contains(name) || self.members.contains(ANY_KEY)
    }

    /// Whether its code gives the whole program a variable of that name, by `globals.name`.
    pub fn gives_global(&self, name: &str) -> bool {
        self.globals.contains(name)
    }
}

/// What a file may do to others. A query that is kept, other than the facts it is made of.
#[salsa::tracked(returns(clone))]
pub fn outward(db: &dyn Db, file: File) -> Arc<Outward> {
    let facts = file_facts(db, file);
    let mut globals: FxHashSet<_> =
        facts.units.iter().flat_map(|unit| &unit.facts.globals).map(|(name, _)| name.clone()).collect();
    // Outside of a module there are the globals.
    let at_top = || facts.units.iter().filter(|unit| unit.kind == UnitKind::Statement);
    globals.extend(at_top().flat_map(|unit| &unit.facts.outer).map(|(name, _)| name.clone()));
    let opens_globals = facts.opens_globals() || at_top().any(|unit| unit.facts.open.outer);
    let gives = opens_globals || !globals.is_empty() || gives_others(&facts);
    Arc::new(Outward {
        imports_out_of_sight: (0..facts.units.len() as u32).any(|unit| facts.imports_out_of_sight(unit)),
        opens_globals,
        has_effects: gives || units(db, file).statement_places().any(|(_, it)| does_something(it)),
        members: facts.member_names().cloned().collect(),
        globals,
    })
}

/// Whether code gives a member to something that begins with no variable of the file, such as `list.first = …`.
fn gives_others(facts: &FileFacts) -> bool {
    (0u32..).zip(&facts.units).any(|(at, unit)| {
        let is_own = |name: &str| {
            let around = [Some(at), facts.enclosing_function(at)];
            facts.is_global(name) || around.into_iter().flatten().any(|it| facts.has_variable(it, name))
        };
        let owners = unit.facts.members.iter().map(|(owner, ..)| owner);
        let mut owners = owners.chain(unit.facts.elements.iter().map(|(owner, _)| owner));
        owners.any(|owner| owner.root_name().is_some_and(|name| !is_own(name)))
    })
}

/// Whether a statement at the top does more than define or decide.
fn does_something(it: &StatementPlace) -> bool {
    match it.kind {
        SyntaxKind::CallStmt => !is_import(&it.green),
        kind => matches!(kind, SyntaxKind::ExprStmt | SyntaxKind::WhileStmt | SyntaxKind::ForStmt),
    }
}
