//! Modules on disk: how `import` finds them when a program runs from the command line (LANGUAGE 8.8).
//!
//! `run`, `dump` and the interactive session give it to the engine. Invariants: files are looked up and read at each call, since a
//! program may write them; compiling is done once for each text.

use crate::modules::{compiled, decode_module, no_text};
use minilive_jit::engine::modules::{ModuleAnswer, ModuleLoader};
use minilive_mir::program::Program;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The loader.
#[derive(Default)]
pub struct DiskModules {
    /// What became of each text, by file name and text.
    compiled: HashMap<(String, String), ModuleAnswer>,
}

impl ModuleLoader for DiskModules {
    fn load(&mut self, name: &str, folders: &[String]) -> ModuleAnswer {
        let file = format!("{name}.ms");
        // A file that cannot be read counts as missing, as the reference has it; the next folder may have one.
        let found = folders.iter().find_map(|folder| std::fs::read(Path::new(folder).join(&file)).ok());
        let Some(bytes) = found else { return ModuleAnswer::NotFound };
        let base = Path::new(&file).file_name().map_or(file.clone(), |name| name.to_string_lossy().into_owned());
        match decode_module(&bytes) {
            Ok(text) => self
                .compiled
                .entry((base.clone(), text))
                .or_insert_with_key(|key| compiled(&minilive_syntax::parse(&key.1), &base))
                .clone(),
            Err(line) => no_text(base, line),
        }
    }
}

/// The loader of a run without effects, which knows no folder of its script: modules are found around a program's file, and what was found is
/// told in the end.
#[derive(Clone, Default)]
pub struct WatchedModules {
    loader: Arc<Mutex<DiskModules>>,
    around: Vec<String>,
}

/// A module that a run imported.
pub struct Imported {
    /// The base name of its file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What it was compiled to.
    pub program: Arc<Program>,
}

impl WatchedModules {
    /// For the program in a file.
    pub fn of(program: Option<&Path>) -> WatchedModules {
        let folder = program.and_then(Path::parent).unwrap_or(Path::new(""));
        let around = [folder.to_path_buf(), folder.join("lib")];
        let around = around.map(|it| it.to_string_lossy().into_owned()).to_vec();
        WatchedModules { around, ..WatchedModules::default() }
    }

    /// What was imported so far, by name.
    pub fn imported(&self) -> Vec<Imported> {
        let loader = self.loader.lock().unwrap_or_else(PoisonError::into_inner);
        let found = loader.compiled.iter().filter_map(|((file, text), answer)| match answer {
            ModuleAnswer::Found(program) => {
                Some(Imported { file: file.clone(), text: text.clone(), program: program.clone() })
            }
            _ => None,
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by(|a, b| (&a.file, &a.text).cmp(&(&b.file, &b.text)));
        found
    }
}

impl ModuleLoader for WatchedModules {
    fn load(&mut self, name: &str, folders: &[String]) -> ModuleAnswer {
        let folders: Vec<String> = self.around.iter().chain(folders).cloned().collect();
        self.loader.lock().unwrap_or_else(PoisonError::into_inner).load(name, &folders)
    }
}
