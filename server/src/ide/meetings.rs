//! Which files may have to do with each other's values: those that one program may run both of.
//!
//! Rename asks, which tells of places that may mean the thing, and code actions, which leave names alone that others may see. Invariants: two files meet in one order as in the other; whatever nobody can
//! know of who imports them, they may meet.

use super::importers::Importers;
use super::names::Found;
use crate::db::{self, File, LiveDb};
use crate::modules::{path_of, script_folder};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::rc::Rc;

/// What is known of who may run which files.
pub struct Meetings<'i> {
    db: &'i LiveDb,
    importers: &'i Importers<'i>,
    /// Files are being read for the first time, which may import others.
    is_unread: bool,
    /// Files that import by names which are worked out, or may call `import` by another name.
    out_of_sight: Vec<File>,
    /// What modules import that do not belong to the workspace.
    outside: Vec<(File, SmolStr)>,
    /// The files in whose runs a file may take part.
    programs: FxHashMap<File, Rc<FxHashSet<File>>>,
}

impl<'i> Meetings<'i> {
    /// Those of the workspace.
    pub fn of(db: &'i LiveDb, importers: &'i Importers<'i>, is_unread: bool) -> Meetings<'i> {
        let (out_of_sight, outside) = (db::importers_out_of_sight(db), db::imports_of_outside(db));
        Meetings { db, importers, is_unread, out_of_sight, outside, programs: FxHashMap::default() }
    }

    /// Of places that may mean something leaves those in files that may meet one in which it certainly stands.
    pub fn keep_possible(&mut self, certain: &[Found], own: File, possible: &mut Vec<Found>) {
        let files: FxHashSet<File> = certain.iter().map(|it| it.file).chain([own]).collect();
        let mut known: FxHashMap<File, bool> = FxHashMap::default();
        possible
            .retain(|it| *known.entry(it.file).or_insert_with(|| files.iter().any(|&own| self.may_meet(own, it.file))));
    }

    /// Whether a program may run both.
    pub fn may_meet(&mut self, one: File, other: File) -> bool {
        if one == other || self.is_unread || !self.are_all_importers_known(one, other) {
            return true;
        }
        let (one, other) = (self.programs(one), self.programs(other));
        !one.is_disjoint(&other)
    }

    /// Whether some other file may import a file, by whatever name.
    pub fn may_be_imported(&self, file: File) -> bool {
        self.is_unread || self.may_import(file).iter().any(|it| *it != file)
    }

    /// Programs have been looked for in the folders of the workspace, and of others in the folder of a document: what lies elsewhere may be
    /// imported from where nobody has looked. What is in no file is imported by nobody.
    fn are_all_importers_known(&self, one: File, other: File) -> bool {
        let is_inside = |file: File| {
            let path = path_of(file.path(self.db));
            path.is_none_or(|path| self.importers.roots().iter().any(|root| path.starts_with(root)))
        };
        let folder = |file: File| script_folder(file.path(self.db));
        is_inside(one) && is_inside(other) || folder(one) == folder(other)
    }

    /// The files in whose runs a file may take part: itself, and those from which imports may lead to it.
    fn programs(&mut self, file: File) -> Rc<FxHashSet<File>> {
        if let Some(known) = self.programs.get(&file) {
            return known.clone();
        }
        let (mut all, mut next) = (vec![file], 0);
        let mut seen: FxHashSet<File> = FxHashSet::from_iter([file]);
        while let Some(&at) = all.get(next) {
            next += 1;
            self.db.poll();
            all.extend(self.may_import(at).into_iter().filter(|it| seen.insert(*it)));
        }
        self.programs.entry(file).or_insert_with(|| Rc::new(seen)).clone()
    }

    /// The files that may import a file themselves.
    fn may_import(&self, file: File) -> Vec<File> {
        let (named, is_only) = db::importers_by_name(self.db, file);
        let named = named.into_iter().filter(|(it, whole)| is_only || self.may_lead(*it, whole, file));
        let mut found: Vec<File> = named.map(|(it, _)| it).collect();
        let name = db::module_name(self.db, file);
        let outside = self.outside.iter().filter(|(_, whole)| whole.rsplit('/').next() == name);
        found.extend(outside.map(|(it, _)| *it));
        // A name that is worked out finds what lies below the folders that it is looked for in.
        let path = path_of(file.path(self.db));
        let is_below = |importer: &File| {
            let folders = self.importers.folders(*importer);
            let is_in = |folder: &_| path.as_ref().is_some_and(|path| path.starts_with(folder));
            folders.iter().flatten().any(is_in) || db::sets_search_path(self.db, *importer)
        };
        found.extend(self.out_of_sight.iter().copied().filter(is_below));
        found
    }

    /// Whether an import may lead to a file where several have its name: looked for from the folder of some program, or who knows where.
    fn may_lead(&self, importer: File, whole: &str, file: File) -> bool {
        if db::sets_search_path(self.db, importer) {
            return true;
        }
        let leads_to = |folder: &Option<_>| {
            let places = self.importers.places_in(folder.clone());
            db::likely_module(self.db, &places.lookup(whole))
        };
        let found: Vec<File> = self.importers.folders(importer).iter().filter_map(leads_to).collect();
        found.contains(&file) || found.is_empty() && file.path(self.db).ends_with(&format!("/{whole}.ms"))
    }
}
