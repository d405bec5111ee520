//! Modules on disk: how `import` finds them when a program runs from the command line (LANGUAGE 8.8).
//!
//! `run` and the interactive session give it to the engine. Invariants: files are looked up and read at each call, since a
//! program may write them; compiling is done once for each text.

use crate::modules::{compiled, decode_module, no_text};
use minilive_jit::engine::modules::{ModuleAnswer, ModuleLoader};
use std::collections::HashMap;
use std::path::Path;

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
