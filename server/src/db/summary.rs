//! What the other files of a program need to know of a file, in few words.
//!
//! Checks of a document ask it of all files behind its `import`s, which may be hundreds: more than those whose facts are kept. Invariant: it
//! is made of the facts alone, so it says what they say.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::names::file_facts;
use super::{Db, File};
use minilive_mir::names::ANY_KEY;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::sync::Arc;

/// What a file may do to others.
#[derive(Debug, PartialEq, Eq)]
pub struct Outward {
    /// It imports a module whose name does not stand in its text.
    pub imports_out_of_sight: bool,
    /// The names of the members that its code assigns.
    members: FxHashSet<SmolStr>,
}

impl Outward {
    /// Whether its code may assign a member of that name to something.
    pub fn gives_member(&self, name: &str) -> bool {
        self.members.contains(name) || self.members.contains(ANY_KEY)
    }
}

/// What a file may do to others. A query that is kept, other than the facts it is made of.
#[salsa::tracked(returns(clone))]
pub fn outward(db: &dyn Db, file: File) -> Arc<Outward> {
    let facts = file_facts(db, file);
    Arc::new(Outward {
        imports_out_of_sight: facts.units.iter().any(|unit| unit.facts.open.import),
        members: facts.member_names().cloned().collect(),
    })
}
