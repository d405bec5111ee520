//! Who imports whom: the programs that a file is part of, and where they look for modules.
//!
//! Made of the `import`s whose names stand in the texts of the workspace; `ide` asks for families of names, and whether a file stands alone;
//! readers ask where modules of a file may be. Invariants: whichever file of a program somebody asks from, the same files are found; what is
//! known of files that are not open is not looked at after an edit, and nothing here is made anew unless an `import` is another one.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::input::FileSet;
use super::modules::{Known, ModuleFiles, likely_module, module_imports};
use super::outline::Tree;
use super::summary::outward;
use super::{Db, File};
use crate::modules::{Places, SEARCH_PATH, base_name, hides_imports, import_path, script_folder};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Of some files: how they are called, where they lie, what they import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Importing {
    /// Who imports something whose last name that is, and by which whole name.
    by_name: FxHashMap<SmolStr, Vec<(File, SmolStr)>>,
    /// How many files have that name.
    of_name: FxHashMap<SmolStr, u32>,
    /// The folders in which they lie.
    folders: FxHashSet<PathBuf>,
}

impl Importing {
    fn of(db: &dyn Db, files: &[File]) -> Importing {
        let mut all = Importing::default();
        for &file in files {
            all.folders.extend(script_folder(file.path(db)));
            if let Some(name) = module_name(db, file) {
                *all.of_name.entry(name.into()).or_default() += 1;
            }
            for import in &*module_imports(db, file) {
                let last = import.name.rsplit('/').next().unwrap_or_default();
                all.by_name.entry(last.into()).or_default().push((file, import.name.as_str().into()));
            }
        }
        all
    }
}

/// Of the files that are not open. A query apart, since edits change nothing about them.
#[salsa::tracked(returns(clone))]
fn closed_importing(db: &dyn Db, set: FileSet) -> Arc<Importing> {
    Arc::new(Importing::of(db, &set.closed(db)))
}

/// Of open documents. A query, so that an edit looks into their `import`s alone.
#[salsa::tracked(returns(clone))]
fn open_importing(db: &dyn Db, set: FileSet) -> Arc<Importing> {
    Arc::new(Importing::of(db, &set.opened(db)))
}

/// The name by which a file is imported.
pub fn module_name(db: &dyn Db, file: File) -> Option<&str> {
    base_name(file.path(db)).strip_suffix(".ms")
}

/// The files that import a file themselves. A query, since a file has it looked for by each edit and many questions.
#[salsa::tracked(returns(clone))]
pub fn direct_importers(db: &dyn Db, file: File) -> Arc<[File]> {
    let Some(name) = module_name(db, file) else { return Arc::default() };
    let set = FileSet::get(db);
    let parts = [closed_importing(db, set), open_importing(db, set)];
    let is_only = parts.iter().filter_map(|it| it.of_name.get(name)).sum::<u32>() < 2;
    let mut found: Vec<File> = Vec::new();
    let mut seen = FxHashSet::default();
    for (importer, whole) in parts.iter().filter_map(|it| it.by_name.get(name)).flatten() {
        let leads = || is_only || leads_to(db, *importer, whole, file);
        if *importer != file && !seen.contains(importer) && leads() {
            seen.insert(*importer);
            found.push(*importer);
        }
    }
    found.into()
}

/// Whether an import leads there, where several files have that name. Imports are looked for from the folder of the program that runs,
/// which may be another one.
fn leads_to(db: &dyn Db, importer: File, whole: &str, file: File) -> bool {
    let places = Places { script: script_folder(importer.path(db)), ..Places::default() };
    match likely_module(db, &places.lookup(whole)) {
        Some(found) => found == file,
        None => file.path(db).ends_with(&format!("/{whole}.ms")),
    }
}

/// Who imports something by the last name of a file, and by which whole name; and whether no other file of the workspace has that name, so
/// that it is this one.
pub fn importers_by_name(db: &dyn Db, file: File) -> (Vec<(File, SmolStr)>, bool) {
    let Some(name) = module_name(db, file) else { return (Vec::new(), true) };
    let set = FileSet::get(db);
    let parts = [closed_importing(db, set), open_importing(db, set)];
    let found = parts.iter().filter_map(|it| it.by_name.get(name)).flatten().cloned().collect();
    (found, parts.iter().filter_map(|it| it.of_name.get(name)).sum::<u32>() < 2)
}

/// The files that import by names which are worked out, or may do so by other names of `import`.
pub fn importers_out_of_sight(db: &dyn Db) -> Vec<File> {
    let set = FileSet::get(db);
    let mut found = closed_out_of_sight(db, set).to_vec();
    found.extend(set.opened(db).iter().copied().filter(|&it| may_import_out_of_sight(db, it)));
    found
}

/// Whether a file may import something whose name does not stand in its text behind an `import`.
pub fn may_import_out_of_sight(db: &dyn Db, file: File) -> bool {
    let (hides, works_out) = match file.tree(db) {
        Tree::Outlined(it) => (it.hides_imports, it.works_out_imports),
        Tree::Kept(parse) => (hides_imports(&file.text(db), &parse.syntax()), true),
    };
    hides || works_out && outward(db, file).imports_out_of_sight
}

/// Those that are not open. A query apart, since edits change nothing about them.
#[salsa::tracked(returns(clone))]
fn closed_out_of_sight(db: &dyn Db, set: FileSet) -> Arc<[File]> {
    set.closed(db).iter().copied().filter(|&it| may_import_out_of_sight(db, it)).collect()
}

/// Modules that do not belong to the workspace, with what they import.
pub fn imports_of_outside(db: &dyn Db) -> Vec<(File, SmolStr)> {
    let (known, files) = (ModuleFiles::get(db).by_path(db), FileSet::get(db).files(db));
    let modules = known.values().filter_map(|it| if let Known::At(file) = it { Some(*file) } else { None });
    let files: FxHashSet<File> = files.iter().copied().collect();
    let outside: FxHashSet<File> = modules.filter(|it| !files.contains(it)).collect();
    let imports =
        |file: File| module_imports(db, file).iter().map(|it| (file, it.name.as_str().into())).collect::<Vec<_>>();
    outside.into_iter().flat_map(imports).collect()
}

/// The files from which imports lead to a file. A query for the same reason.
#[salsa::tracked(returns(clone))]
pub fn all_importers(db: &dyn Db, file: File) -> Arc<[File]> {
    let (mut found, mut next) = (direct_importers(db, file).to_vec(), 0);
    let mut seen: FxHashSet<File> = found.iter().copied().chain([file]).collect();
    while let Some(&at) = found.get(next) {
        next += 1;
        found.extend(direct_importers(db, at).iter().copied().filter(|it| seen.insert(*it)));
    }
    found.into()
}

/// The folders in which programs begin to look for modules that a file is part of: its own, those of its importers, and, if it imports what
/// is not found from these, those in which there may well be such programs that nobody knows: the one around a folder of modules, and the
/// root of the workspace. A query, so that questions about a file get the list as it is.
#[salsa::tracked(returns(clone))]
pub fn program_folders(db: &dyn Db, file: File) -> Arc<[Option<PathBuf>]> {
    let own = script_folder(file.path(db));
    let mut found = vec![own.clone()];
    let set = FileSet::get(db);
    let (closed, open) = (closed_importing(db, set), open_importing(db, set));
    // In one folder there is nothing to find, however many files import each other.
    let holds = |folder: &PathBuf| closed.folders.contains(folder) || open.folders.contains(folder);
    let is_flat = closed.folders.iter().chain(&open.folders).all(|it| Some(it) == own.as_ref());
    let Some(own) = own else { return found.into() };
    let mut add = |folder: Option<PathBuf>| {
        if !found.contains(&folder) {
            found.push(folder);
        }
    };
    if !is_flat {
        all_importers(db, file).iter().for_each(|it| add(script_folder(it.path(db))));
    }
    if finds_all(db, file, &found) {
        return found.into();
    }
    let mut add = |folder: Option<PathBuf>| {
        if !found.contains(&folder) {
            found.push(folder);
        }
    };
    let around = own.parent().filter(|_| own.ends_with("lib")).map(Path::to_path_buf);
    let roots = set.roots(db);
    let root =
        roots.iter().find(|root| own.starts_with(root)).filter(|it| holds(it) || holds(&it.join("lib"))).cloned();
    around.into_iter().chain(root).for_each(|it| add(Some(it)));
    found.into()
}

/// Whether what a file imports is found by programs in some folders.
fn finds_all(db: &dyn Db, file: File, folders: &[Option<PathBuf>]) -> bool {
    let places: Vec<Places> = folders.iter().map(|it| Places { script: it.clone(), ..Places::default() }).collect();
    let is_found = |name: &str| places.iter().any(|it| likely_module(db, &it.lookup(name)).is_some());
    module_imports(db, file).iter().all(|import| is_found(&import.name))
}

/// The folders that a program gives its search path itself, as far as they stand in its text; whether it does. A query, so that texts without
/// such a line are looked through once.
#[salsa::tracked(returns(clone))]
fn own_search_path(db: &dyn Db, file: File) -> Option<Arc<[PathBuf]>> {
    let (text, kept) = (file.text(db), file.kept(db));
    let sets = kept.search_path.are_in(kept.is_open(), &text, &[SEARCH_PATH]);
    sets.then(|| import_path(&text, script_folder(file.path(db)).as_deref()).into())
}

/// Where else than in its own folder modules of a file may be, because of the programs that it is part of.
#[salsa::tracked(returns(clone))]
pub fn further_folders(db: &dyn Db, file: File) -> Arc<[PathBuf]> {
    let mut found: Vec<PathBuf> = own_search_path(db, file).iter().flat_map(|it| it.iter().cloned()).collect();
    for folder in program_folders(db, file).iter().skip(1).flatten() {
        found.extend([folder.clone(), folder.join("lib")]);
    }
    for &importer in all_importers(db, file).iter() {
        found.extend(own_search_path(db, importer).iter().flat_map(|it| it.iter().cloned()));
    }
    let mut seen = FxHashSet::default();
    found.retain(|it| seen.insert(it.clone()));
    found.into()
}

/// Whether a file, or a program that it is part of, gives the search path another value: then nobody knows where modules may be.
pub fn sets_search_path(db: &dyn Db, file: File) -> bool {
    let sets = |it: File| own_search_path(db, it).is_some();
    sets(file) || all_importers(db, file).iter().copied().any(sets)
}

/// Where modules of a file may be as part of the programs that import it.
pub fn places_in_programs(db: &dyn Db, file: File, places: &Arc<Places>) -> Arc<Places> {
    let further = further_folders(db, file);
    let more = further.iter().filter(|it| places.script.as_ref() != Some(it) && !places.also.contains(it));
    let more: Vec<_> = more.cloned().collect();
    if more.is_empty() { places.clone() } else { Arc::new(places.with(more)) }
}
