//! Which files import a file: the programs that it is part of.
//!
//! Families of names ask, whose uses stand in all files of a program. Who imports whom is kept by the database.
//! Invariant: whichever file of a program somebody asks from, the same files are found.

use super::infer::Infer;
use crate::db::{self, File, LiveDb};
use crate::modules::Places;
use rustc_hash::FxHashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// A program of more files is not looked at as a whole.
const MOST_FILES: usize = 32;

/// Programs of more files together are not gone through for what is told while somebody types.
const MOST_OF_PROGRAMS: usize = 128;

/// Who imports whom in the workspace, and where modules lie.
#[derive(Debug)]
pub struct Importers<'a> {
    db: &'a LiveDb,
    places: &'a Places,
}

impl<'a> Importers<'a> {
    /// Those of the workspace. `places` says where modules lie beside those of the importing file.
    pub fn of(db: &'a LiveDb, places: &'a Places) -> Importers<'a> {
        Importers { db, places }
    }

    /// Those that import a file themselves.
    pub fn direct(&self, file: File) -> Arc<[File]> {
        db::direct_importers(self.db, file)
    }

    /// Those from which imports lead to a file.
    pub fn all(&self, file: File) -> Arc<[File]> {
        db::all_importers(self.db, file)
    }

    /// The folders of the workspace.
    pub fn roots(&self) -> &[PathBuf] {
        &self.places.roots
    }

    /// The folders in which programs begin to look for modules that a file is part of, its own first.
    pub fn folders(&self, file: File) -> Arc<[Option<PathBuf>]> {
        db::program_folders(self.db, file)
    }

    /// Where a file looks for modules, as a program and as part of others.
    pub fn places_of(&self, file: File) -> Arc<Places> {
        let own = self.places_in(crate::modules::script_folder(file.path(self.db)));
        db::places_in_programs(self.db, file, &Arc::new(own))
    }

    /// The same by the folder.
    pub fn places_in(&self, script: Option<PathBuf>) -> Places {
        Places { script, ..self.places.clone() }
    }

    /// What is known of values in a file and in all files that it has to do with.
    pub fn infer(&self, file: File) -> Infer<'a> {
        Infer::of_program(self.db, self.places, self.world(file))
    }

    /// The files that a file has to do with: those of all programs that it is part of, and of those that share a module with them.
    pub fn world(&self, file: File) -> Arc<[File]> {
        let (mut found, mut next) = (vec![file], 0);
        while let Some(&at) = found.get(next).filter(|_| found.len() < MOST_FILES) {
            next += 1;
            let mut around = self.modules(at);
            around.extend(self.direct(at).iter());
            around.sort_by_key(|it| it.path(self.db));
            for it in around {
                if found.len() < MOST_FILES && !found.contains(&it) {
                    found.push(it);
                }
            }
        }
        found.sort_by_key(|it| it.path(self.db));
        found.into()
    }

    /// The files of all programs that a file takes part in, itself first; none if they are many, or if what one imports is not found.
    pub fn programs(&self, file: File) -> Option<Vec<File>> {
        let mut found = vec![file];
        found.extend(self.all(file).iter().copied());
        let mut seen: FxHashSet<File> = found.iter().copied().collect();
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            next += 1;
            let modules = self.modules(at);
            let imports = db::module_imports(self.db, at);
            if found.len() > MOST_OF_PROGRAMS
                || modules.len() < imports.len()
                || db::may_import_out_of_sight(self.db, at)
            {
                return None;
            }
            found.extend(modules.into_iter().filter(|it| seen.insert(*it)));
        }
        Some(found)
    }

    /// The files that a file imports itself, as far as they are found.
    fn modules(&self, file: File) -> Vec<File> {
        let imports = db::module_imports(self.db, file);
        if imports.is_empty() {
            return Vec::new();
        }
        let places = self.places_of(file);
        let module = |name: &str| {
            let beside = || db::likely_module(self.db, &self.places.lookup(name));
            db::likely_module(self.db, &places.lookup(name)).or_else(beside)
        };
        imports.iter().filter_map(|it| module(&it.name)).collect()
    }
}
