//! Imported files in the database: which are known, what they are compiled to, what they import themselves.
//!
//! `world` says which file stands at which path; `ide` and `evaluate` ask where an `import` leads and whether what a run imported is
//! still the same. Invariant: a path that `world` has not looked at is unknown, never missing.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::input::{FileSet, FilesByPath};
use super::outline::Tree;
use super::units::{file_units, statement_imports};
use super::{Db, File, LiveDb};
use crate::modules::{ConstantImport, IMPORT, Lookup, ModulePrint, Places, compiled};
use minilive_jit::engine::modules::ModuleAnswer;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use salsa::Setter as _;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What stands at a path that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Missing,
    /// Something that evaluated code must not see.
    Outside,
    /// A file that is not UTF-8, with the line of its first stray byte.
    NoText(u32),
    /// A file.
    At(File),
}

/// What stands at the paths that were looked at.
pub type KnownFiles = FxHashMap<PathBuf, Known>;

/// The paths that `import`s led to. One input, since it changes when files come and go, not when they are edited.
#[salsa::input(singleton)]
pub struct ModuleFiles {
    /// By path.
    #[returns(clone)]
    pub by_path: Arc<KnownFiles>,
}

/// Where a lookup leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// Nobody has looked yet.
    Unknown,
    /// There is no such file.
    Missing,
    /// There is one that evaluated code must not see.
    Outside,
    /// The file is not UTF-8; the line of its first stray byte.
    NoText(u32),
    /// The file.
    At(File),
}

/// A file as a module.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleCode {
    /// What an `import` gets.
    pub reply: ModuleAnswer,
    /// What identifies it.
    pub print: ModulePrint,
}

/// Why a file cannot be a module: the sentence, as we say it, and its line. A query, so that whoever asks for nothing else keeps no code.
#[salsa::tracked(returns(clone))]
pub fn module_trouble(db: &dyn Db, file: File) -> Option<(Arc<str>, u32)> {
    match &module_code(db, file).reply {
        ModuleAnswer::Broken { .. } => crate::modules::first_error(&file.parse(db)),
        _ => None,
    }
}

/// A file compiled as a module: its top level is one unit, since its names are locals. A query, since many runs ask for it.
#[salsa::tracked(no_eq, returns(clone), lru = 64)]
pub fn module_code(db: &dyn Db, file: File) -> Arc<ModuleCode> {
    let name = crate::modules::base_name(file.path(db));
    let reply = compiled(&file.parse(db), name);
    let (mut code, mut positions) = (FxHasher::default(), FxHasher::default());
    match &reply {
        ModuleAnswer::Found(program) => {
            for unit in &program.units {
                (unit.key, unit.fingerprint).hash(&mut code);
                (&unit.info.name, unit.info.base_line, &unit.info.lines).hash(&mut positions);
            }
        }
        ModuleAnswer::Broken { message, line, .. } => (message, line).hash(&mut code),
        ModuleAnswer::NotFound | ModuleAnswer::Blocked | ModuleAnswer::Cancelled => {}
    }
    // A file without content has a print of its own, too.
    name.hash(&mut code);
    Arc::new(ModuleCode { reply, print: ModulePrint { code: code.finish(), positions: positions.finish() } })
}

/// The `import`s of a file whose names stand in its text. A query, so that an edit looks into one statement only.
#[salsa::tracked(returns(clone))]
pub fn module_imports(db: &dyn Db, file: File) -> Arc<[ConstantImport]> {
    if let Tree::Outlined(outline) = file.tree(db) {
        return outline.imports.clone();
    }
    let kept = file.kept(db);
    if !kept.imports.are_in(kept.is_open(), &file.text(db), &[IMPORT]) {
        return Arc::default();
    }
    let found = file_units(db, file).statements().flat_map(|(statement, range)| {
        let inside = statement_imports(db, statement).iter();
        inside.map(move |it| ConstantImport { range: it.range + range.start(), ..it.clone() })
    });
    found.collect()
}

/// Where a lookup leads now.
pub fn locate(db: &dyn Db, lookup: &[PathBuf]) -> Located {
    let known = ModuleFiles::get(db).by_path(db);
    let mut nowhere = Located::Missing;
    for path in lookup {
        match known.get(path) {
            None => return Located::Unknown,
            Some(Known::Missing) => {}
            Some(Known::Outside) => nowhere = Located::Outside,
            Some(Known::NoText(line)) => return Located::NoText(*line),
            Some(Known::At(file)) => return Located::At(*file),
        }
    }
    nowhere
}

/// What is known of paths at one moment: where somebody has looked, and the files of the workspace.
#[derive(Debug, Clone)]
pub struct Paths {
    known: Arc<KnownFiles>,
    open: Arc<FilesByPath>,
    on_disk: Arc<FilesByPath>,
}

impl Paths {
    fn of(db: &dyn Db) -> Paths {
        let set = FileSet::get(db);
        Paths { known: ModuleFiles::get(db).by_path(db), open: set.open(db), on_disk: set.on_disk(db) }
    }

    /// What stands at a path, as far as that is known.
    fn at(&self, path: &Path) -> Option<Known> {
        let in_workspace = || self.open.get(path).or_else(|| self.on_disk.get(path));
        self.known.get(path).copied().or_else(|| in_workspace().map(|&file| Known::At(file)))
    }

    /// Whether they say where a lookup leads.
    pub fn decide(&self, lookup: &[PathBuf]) -> bool {
        is_decided(lookup, |path| self.at(path))
    }

    /// Whether somebody has looked where a lookup leads, so that [`locate`] says it. That the workspace has such a file is not enough.
    pub fn are_looked_at(&self, lookup: &[PathBuf]) -> bool {
        is_decided(lookup, |path| self.known.get(path).copied())
    }
}

/// Whether a lookup leads to a file, or nowhere, if this stands at its paths.
fn is_decided(lookup: &[PathBuf], at: impl Fn(&Path) -> Option<Known>) -> bool {
    let decides = |path: &PathBuf| match at(path) {
        None => Some(false),
        Some(Known::At(_) | Known::NoText(_)) => Some(true),
        Some(Known::Missing | Known::Outside) => None,
    };
    lookup.iter().find_map(decides).unwrap_or(true)
}

/// The file that a lookup most likely leads to: as [`locate`] says, and where nobody has looked, as the files of the workspace say. For
/// readers of other files' imports; what runs a module looks for it.
pub fn likely_module(db: &dyn Db, lookup: &[PathBuf]) -> Option<File> {
    let paths = Paths::of(db);
    for path in lookup {
        match paths.at(path) {
            Some(Known::At(file)) => return Some(file),
            Some(Known::NoText(_)) => return None,
            Some(Known::Missing | Known::Outside) | None => {}
        }
    }
    None
}

/// What identifies what a lookup leads to; nothing if nobody has looked yet.
pub fn module_print(db: &dyn Db, lookup: &[PathBuf]) -> Option<ModulePrint> {
    match locate(db, lookup) {
        Located::Unknown => None,
        Located::Missing | Located::Outside => Some(ModulePrint::MISSING),
        Located::NoText(line) => Some(ModulePrint::no_text(line)),
        Located::At(file) => Some(module_code(db, file).print),
    }
}

/// Lookups of files and the modules behind them that nobody has made yet.
pub fn unknown_lookups(db: &dyn Db, of: &[File], places: &Places) -> Vec<Lookup> {
    let (mut unknown, mut seen, mut files) = (Vec::new(), FxHashSet::from_iter(of.iter().copied()), of.to_vec());
    while let Some(file) = files.pop() {
        for import in &*module_imports(db, file) {
            let lookup = places.lookup(&import.name);
            match locate(db, &lookup) {
                Located::Unknown if !unknown.contains(&lookup) => unknown.push(lookup),
                Located::At(file) if seen.insert(file) => files.push(file),
                _ => {}
            }
        }
    }
    unknown
}

impl LiveDb {
    /// What is known of paths now.
    pub fn paths(&self) -> Paths {
        Paths::of(self)
    }

    /// What stands at the paths that were looked at.
    pub fn known_files(&self) -> Arc<KnownFiles> {
        ModuleFiles::get(self).by_path(self)
    }

    /// Sets what stands at them. Readers of modules run anew, so it is called only if something is different.
    pub fn set_known_files(&mut self, files: Arc<KnownFiles>) {
        self.touch();
        ModuleFiles::get(self).set_by_path(self).to(files);
    }

    /// Whether anybody has looked at a path.
    pub fn is_known_path(&self, path: &Path) -> bool {
        self.known_files().contains_key(path)
    }
}
