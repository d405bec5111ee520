//! How `import` finds modules: the embedder's loader, and what it answered.
//!
//! `run` gives a loader that looks along the documented path on disk, the worker one that asks the server. Every answer, also
//! "not found", is kept as a dependency of the run. Invariant: a module is looked up and run again at each call (LANGUAGE 8.8).

use minilive_mir::program::Program;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a loader says about a module. Workers get it over a pipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ModuleAnswer {
    /// There is none on the path.
    NotFound,
    /// Imports are not allowed here.
    Blocked,
    /// The run was stopped while the loader waited.
    Cancelled,
    /// It does not compile; the reference's message, with file and line.
    Broken {
        /// `in FILE line N: MSG` without the leading words.
        message: String,
        /// Base name of the file.
        file: String,
        /// The line.
        line: u32,
    },
    /// Its program: one unit of kind `Module` and the functions inside.
    Found(Arc<Program>),
}

/// Finds modules.
pub trait ModuleLoader: Send {
    /// Looks a module up by the name that `import` was given, in folders in order.
    fn load(&mut self, name: &str, folders: &[String]) -> ModuleAnswer;
}

/// Finds nothing.
#[derive(Debug, Default)]
pub struct NoModules;

impl ModuleLoader for NoModules {
    fn load(&mut self, _: &str, _: &[String]) -> ModuleAnswer {
        ModuleAnswer::NotFound
    }
}

/// One lookup of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSeen {
    /// What was asked for.
    pub name: String,
    /// Whether it was found.
    pub found: bool,
}

/// The loader of a run, with its answers.
pub struct Modules<'e> {
    loader: &'e mut dyn ModuleLoader,
    /// All lookups in order.
    pub seen: Vec<ImportSeen>,
}

impl<'e> Modules<'e> {
    /// Nothing was asked yet.
    pub fn new(loader: &'e mut dyn ModuleLoader) -> Modules<'e> {
        Modules { loader, seen: Vec::new() }
    }

    /// Asks the loader and keeps the dependency.
    pub fn load(&mut self, name: &str, folders: &[String]) -> ModuleAnswer {
        let answer = self.loader.load(name, folders);
        let found = !matches!(answer, ModuleAnswer::NotFound | ModuleAnswer::Blocked | ModuleAnswer::Cancelled);
        self.seen.push(ImportSeen { name: name.to_owned(), found });
        answer
    }
}
