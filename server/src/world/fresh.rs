//! Whether what an answer relies on is still what stands on disk, and whether anybody has looked for it there.
//!
//! `lsp` asks before it hands on an answer; if something is stale it has the world read that, if modules were not looked for it has the world
//! do so, and asks its question again. Invariant: no edit of a file that is not open belongs to another text than that of the disk, whoever
//! watches it.

use super::job::Snapshot;
use super::workspace;
use crate::db::{File, Located, locate, module_imports};
use crate::modules::{Lookup, path_of};
use rustc_hash::FxHashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The files that an answer relies on.
#[derive(Debug, Default)]
pub struct Touched(Mutex<FxHashSet<File>>);

impl Snapshot {
    /// The answer changes a file, or is about one.
    pub fn touch(&self, file: File) {
        self.touched.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
    }

    /// Whether somebody has the document open.
    pub fn is_open(&self) -> bool {
        self.versions.contains_key(&self.document.uri)
    }

    /// Those of the touched files that nobody has open and of which the disk says something else.
    pub fn stale(&self) -> Vec<PathBuf> {
        let touched = self.touched.0.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = touched.iter().filter(|file| !self.versions.contains_key(file.path(&self.db)));
        let is_stale = |file: &File, path: &PathBuf| workspace::text(path).as_deref() != Some(&*file.text(&self.db));
        closed.filter_map(|file| path_of(file.path(&self.db)).filter(|path| is_stale(file, path))).collect()
    }

    /// Modules of the document that nobody has looked for everywhere yet: where else than around it they may be is known from the programs it
    /// is part of.
    pub fn unlinked(&self) -> Vec<Lookup> {
        let paths = self.db.paths();
        self.lookups().filter(|lookup| !paths.decide(lookup)).collect()
    }

    /// The same, and those of which only the workspace says where they most likely are: for what is said to be certain.
    pub fn uncertain(&self) -> Vec<Lookup> {
        self.lookups().filter(|lookup| locate(&self.db, lookup) == Located::Unknown).collect()
    }

    fn lookups(&self) -> impl Iterator<Item = Lookup> {
        let imports = module_imports(&self.db, self.document.file);
        (0..imports.len()).map(move |at| self.live.places.lookup(&imports[at].name))
    }
}
