//! What the other files of a program need to know of a file, in few words: what it does to them, and what it may read of theirs.
//!
//! Checks of a document ask it of all files behind its `import`s, which may be hundreds: more than those whose facts are kept. Invariants: it
//! is made of the facts, of what statements stand at the top, and of the strings in the text, so it says what they say; that a file reads a
//! name is said too often rather than too seldom.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::loading::does_something;
use super::names::{FileFacts, file_facts};
use super::units::units;
use super::wanted::while_wanted;
use super::{Db, File};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::ANY_KEY;
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
    Arc::new(Outward {
        imports_out_of_sight: while_wanted(db, 0..facts.units.len() as u32)
            .any(|unit| facts.imports_out_of_sight(unit)),
        opens_globals,
        members: facts.member_names().cloned().collect(),
        globals,
    })
}

/// Whether to import a file may do something: it runs calls and loops, gives the whole program names, or something that is not its own
/// members. What only runs where `locals == globals`, that is where the file is the program, does not count. A query apart, since it looks
/// into the trees of all statements, and is asked of modules that nobody reads.
#[salsa::tracked(returns(copy))]
pub fn has_effects(db: &dyn Db, file: File) -> bool {
    let (facts, outward) = (file_facts(db, file), outward(db, file));
    outward.opens_globals
        || !outward.globals.is_empty()
        || gives_others(db, &facts)
        || while_wanted(db, units(db, file).statement_places()).any(|(_, it)| does_something(&facts, it))
}

/// The names that a file may read of others.
#[derive(Debug, PartialEq, Eq)]
struct Inward {
    /// Those that its code reads, whatever they are looked for in.
    names: FxHashSet<SmolStr>,
    /// It uses `globals`, `outer` or `locals` as a value, so it may read any.
    opens: bool,
}

/// What a file may read. A query that is kept, other than the facts it is made of.
#[salsa::tracked(returns(clone))]
fn inward(db: &dyn Db, file: File) -> Arc<Inward> {
    let facts = file_facts(db, file);
    let mut names = FxHashSet::default();
    for says in facts.units.iter().map(|it| &it.facts) {
        let read = says.reads.iter().chain(&says.read_through).chain(&says.member_reads);
        names.extend(read.cloned());
    }
    Arc::new(Inward { names, opens: facts.open_units().next().is_some() })
}

/// The names that stand in quotes in a file, but for those of its `import`s; none if it does not parse.
#[salsa::tracked(returns(clone))]
fn quoted(db: &dyn Db, file: File) -> Option<Arc<FxHashSet<SmolStr>>> {
    if !file.parse(db).errors.is_empty() {
        return None;
    }
    let text = file.text(db);
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    let mut found = FxHashSet::default();
    let mut before = "";
    // Which quotes belong together does not matter: what stands between others is no name, or does no harm.
    for part in text.split('"') {
        let is_import = before.trim_end_matches([' ', '\t', '(']).ends_with("import");
        if !is_import && !part.is_empty() && part.chars().all(is_word) {
            found.insert(SmolStr::new(part));
        }
        before = part;
    }
    Some(Arc::new(found))
}

/// Whether the code of a file may read a variable of that name that another gives the program, or a member of that name.
pub fn may_read(db: &dyn Db, file: File, name: &str) -> bool {
    let inward = inward(db, file);
    inward.opens || inward.names.contains(name) || quoted(db, file).is_none_or(|it| it.contains(name))
}

/// Whether code gives a member to something that begins with no variable of the file, such as `list.first = …`.
fn gives_others(db: &dyn Db, facts: &FileFacts) -> bool {
    (0u32..).zip(while_wanted(db, &facts.units)).any(|(at, unit)| {
        let is_own = |name: &str| {
            let around = [Some(at), facts.enclosing_function(at)];
            facts.is_global(name) || around.into_iter().flatten().any(|it| facts.has_variable(it, name))
        };
        let owners = unit.facts.members.iter().map(|(owner, ..)| owner);
        let mut owners = owners.chain(unit.facts.elements.iter().map(|(owner, _)| owner));
        owners.any(|owner| owner.root_name().is_some_and(|name| !is_own(name)))
    })
}
