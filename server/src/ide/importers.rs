//! Which files import a file: the programs that it is part of.
//!
//! Families of names ask, whose uses stand in all files of a program. Made of the imports whose names stand in the texts of the workspace.
//! Invariant: whichever file of a program somebody asks from, the same files are found.

use super::infer::Infer;
use crate::db::{self, File, LiveDb};
use crate::modules::Places;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

/// A program of more files is not looked at as a whole.
const MOST_FILES: usize = 32;

/// Who imports whom in the workspace.
#[derive(Debug)]
pub struct Importers<'a> {
    db: &'a LiveDb,
    places: &'a Places,
    /// Who imports something whose last name that is, and by which whole name.
    by_name: FxHashMap<String, Vec<(File, String)>>,
    /// How many files have that name.
    of_name: FxHashMap<String, u32>,
    /// What was answered.
    direct: RefCell<FxHashMap<File, Arc<[File]>>>,
    all: RefCell<FxHashMap<File, Arc<[File]>>>,
    /// All files of the workspace lie in one folder.
    is_flat: bool,
}

impl<'a> Importers<'a> {
    /// Those of the workspace. `places` says where modules lie beside those of the importing file.
    pub fn of(db: &'a LiveDb, places: &'a Places) -> Importers<'a> {
        let (mut by_name, mut of_name) = (FxHashMap::<_, Vec<_>>::default(), FxHashMap::default());
        let (mut folder, mut is_flat) = (None, true);
        for &file in &*db.files() {
            let own = file.path(db).rsplit_once('/').map(|(folder, _)| folder);
            is_flat &= *folder.get_or_insert(own) == own;
            if let Some(name) = name_of(db, file) {
                *of_name.entry(name.to_owned()).or_default() += 1;
            }
            for import in &*db::module_imports(db, file) {
                let last = import.name.rsplit('/').next().unwrap_or_default();
                by_name.entry(last.to_owned()).or_default().push((file, import.name.clone()));
            }
        }
        let (direct, all) = (RefCell::default(), RefCell::default());
        Importers { db, places, by_name, of_name, direct, all, is_flat }
    }

    /// Those that import a file themselves.
    pub fn direct(&self, file: File) -> Arc<[File]> {
        if let Some(known) = self.direct.borrow().get(&file) {
            return known.clone();
        }
        let found: Arc<[File]> = self.look_for(file).into();
        self.direct.borrow_mut().insert(file, found.clone());
        found
    }

    fn look_for(&self, file: File) -> Vec<File> {
        let Some(name) = name_of(self.db, file) else { return Vec::new() };
        let all = self.by_name.get(name).into_iter().flatten();
        let mut found: Vec<File> = Vec::new();
        for (importer, whole) in all {
            if *importer != file && !found.contains(importer) && self.leads(*importer, whole, file, name) {
                found.push(*importer);
            }
        }
        found
    }

    /// Those from which imports lead to a file.
    pub fn all(&self, file: File) -> Arc<[File]> {
        if let Some(known) = self.all.borrow().get(&file) {
            return known.clone();
        }
        let (mut found, mut next) = (self.direct(file).to_vec(), 0);
        let mut seen: FxHashSet<File> = found.iter().copied().chain([file]).collect();
        while let Some(&at) = found.get(next) {
            next += 1;
            found.extend(self.direct(at).iter().copied().filter(|it| seen.insert(*it)));
        }
        let found: Arc<[File]> = found.into();
        self.all.borrow_mut().insert(file, found.clone());
        found
    }

    /// The folders in which programs begin to look for modules that a file is part of, its own among them.
    pub fn folders(&self, file: File) -> Vec<Option<PathBuf>> {
        let mut found = vec![crate::modules::script_folder(file.path(self.db))];
        if !self.is_flat {
            for it in self.all(file).iter() {
                let folder = crate::modules::script_folder(it.path(self.db));
                if !found.contains(&folder) {
                    found.push(folder);
                }
            }
        }
        found
    }

    /// Whether an import leads there. Imports are looked for from the folder of the program that runs, which may be another one; so where
    /// one file only has the name, it is meant.
    fn leads(&self, importer: File, whole: &str, file: File, name: &str) -> bool {
        if self.of_name.get(name).is_none_or(|&count| count < 2) {
            return true;
        }
        let places = self.places_of(importer);
        match db::likely_module(self.db, &places.lookup(whole)) {
            Some(found) => found == file,
            None => file.path(self.db).ends_with(&format!("/{whole}.ms")),
        }
    }

    /// Where a file looks for modules as a program.
    pub fn places_of(&self, file: File) -> Places {
        self.places_in(crate::modules::script_folder(file.path(self.db)))
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

    /// The files that a file imports itself.
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

/// The name by which a file is imported.
fn name_of(db: &LiveDb, file: File) -> Option<&str> {
    crate::modules::base_name(file.path(db)).strip_suffix(".ms")
}
