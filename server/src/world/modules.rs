//! The world's part in `import`: which file a module is, open or on disk, and who is to be told when it changes.
//!
//! A run in a worker waits while a job looks for its module; a document's plan names modules that nobody has looked for. Invariants:
//! the text of an open document comes before the one on disk; a file on disk is read by a job, anew for each `import` of a run;
//! whoever imports a file is planned and diagnosed again when it changes, comes or goes.

use super::job::{Job, Ran, Refused, Snapshot};
use super::own::Task;
use super::pool::Lane;
use super::{Event, World, workspace};
use crate::db::{self, File, Known, Located};
use crate::evaluate::{Plan, RunId};
use crate::modules::{Lookup, ModulePrint, OnDisk, Places, lookup, no_text, path_of};
use crate::recording::ImportSeen;
use minilive_jit::engine::modules::ModuleAnswer;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

/// A lookup of a module, and what came of it.
pub(super) struct Search {
    /// The document that imports.
    uri: Arc<str>,
    /// The run that waits for the answer.
    run: Option<RunId>,
    lookup: Lookup,
    /// The first of the paths at which a document is open.
    open: Option<usize>,
    places: Places,
    /// What stands on disk at the paths before that one.
    on_disk: Vec<OnDisk>,
}

/// The answer to a run's `import`.
pub(super) struct Linked {
    run: RunId,
    seen: ImportSeen,
    reply: ModuleAnswer,
}

/// What a module's file is called, in whichever folder it is.
fn file_name(lookup: &[PathBuf]) -> String {
    let name = lookup.first().and_then(|path| path.file_name());
    name.unwrap_or_default().to_string_lossy().into_owned()
}

impl Search {
    /// Reads files until there is a module.
    fn search(&mut self) {
        for path in &self.lookup[..self.open.unwrap_or(self.lookup.len())] {
            let found = self.places.read(path);
            let is_last = matches!(found, OnDisk::Text(_) | OnDisk::NoText(_));
            self.on_disk.push(found);
            if is_last {
                return;
            }
        }
    }
}

impl World {
    /// Where modules of a document may be.
    pub(super) fn places_of(&self, uri: &str) -> Places {
        let script = path_of(uri).and_then(|path| Some(path.parent()?.to_path_buf()));
        Places { script, executable: self.executable.clone(), roots: self.config.roots.clone() }
    }

    /// A run imports.
    pub(super) fn import(&mut self, run: RunId, name: &str, folders: Vec<String>) {
        let Some(uri) = self.scheduler.document_of(run) else { return };
        self.search(uri, Some(run), lookup(folders.into_iter().map(PathBuf::from), name));
    }

    /// Looks for the modules that a plan is the first to name.
    pub(super) fn look_for(&mut self, plan: &Plan) {
        for lookup in &plan.unknown {
            self.search(plan.document.uri.clone(), None, lookup.clone());
        }
    }

    fn search(&mut self, uri: Arc<str>, run: Option<RunId>, lookup: Lookup) {
        let open = lookup.iter().position(|path| self.open_at(path).is_some());
        let places = self.places_of(&uri);
        let search = Search { uri, run, lookup, open, places, on_disk: Vec::new() };
        self.pool.push(Lane::Own, Box::new(SearchJob { search: Some(search), events: self.events.clone() }));
    }

    fn open_at(&self, path: &Path) -> Option<File> {
        self.workspace.open_at(path)
    }

    /// A job has looked for a module.
    pub(super) fn found(&mut self, search: Search) {
        let Search { uri, run, lookup, on_disk, .. } = search;
        let mut known = (*self.db.known_files()).clone();
        let mut changed = Vec::new();
        let mut note = |path: &PathBuf, what: Known| {
            if known.insert(path.clone(), what) != Some(what) {
                changed.push(path.clone());
            }
        };
        let mut edited = Vec::new();
        for (path, found) in lookup.iter().zip(&on_disk) {
            let what = match (self.open_at(path), found) {
                (Some(open), _) => Known::At(open),
                (None, OnDisk::Text(text)) => Known::At(self.module_on_disk(path, text, &mut edited)),
                (None, OnDisk::Outside) => Known::Outside,
                (None, OnDisk::NoText(line)) => Known::NoText(*line),
                (None, OnDisk::Missing) => Known::Missing,
            };
            note(path, what);
        }
        if let Some(path) = lookup.get(on_disk.len())
            && let Some(open) = self.open_at(path)
        {
            note(path, Known::At(open));
        }
        changed.extend(edited);
        if !changed.is_empty() {
            self.db.set_known_files(Arc::new(known));
            changed.iter().for_each(|path| self.tell_importers(path));
        }
        let Some(run) = run else {
            self.held.found(&uri);
            return;
        };
        match on_disk.last() {
            Some(OnDisk::NoText(line)) => {
                let reply = no_text(file_name(&lookup), *line);
                let seen = ImportSeen { lookup, print: ModulePrint::no_text(*line) };
                self.scheduler.answer_import(run, Some(seen), reply);
            }
            _ if db::locate(&self.db, &lookup) == Located::Outside => {
                self.scheduler.answer_import(run, None, ModuleAnswer::Blocked);
            }
            _ => self.pool.push(Lane::Own, Box::new(LinkJob { uri, run, lookup, events: self.events.clone() })),
        }
    }

    /// The database's file of a module on disk, with this text.
    fn module_on_disk(&mut self, path: &Path, text: &str, edited: &mut Vec<PathBuf>) -> File {
        let known = self.on_disk.get(path).copied();
        if let Some(file) = known.filter(|file| &*file.text(&self.db) == text) {
            return file;
        }
        let content = workspace::OnDisk::new(text);
        match known {
            Some(file) => {
                self.db.set_closed(file, content.text, content.outline);
                edited.push(path.to_path_buf());
                file
            }
            None => {
                let file = self.db.add_closed(path.to_string_lossy().into_owned(), content.text, content.outline);
                self.on_disk.insert(path.to_path_buf(), file);
                file
            }
        }
    }

    /// A job has compiled what a run waits for.
    pub(super) fn linked(&mut self, linked: Linked) {
        self.scheduler.answer_import(linked.run, Some(linked.seen), linked.reply);
    }

    /// A document was opened: from now on it is what its path leads to.
    pub(super) fn module_opened(&mut self, uri: &str, file: File) {
        let Some(path) = path_of(uri) else { return };
        if self.db.is_known_path(&path) {
            let mut known = (*self.db.known_files()).clone();
            known.insert(path.clone(), Known::At(file));
            self.db.set_known_files(Arc::new(known));
        }
        self.tell_importers(&path);
    }

    /// An open document was edited.
    pub(super) fn module_changed(&mut self, uri: &str) {
        if let Some(path) = path_of(uri) {
            self.tell_importers(&path);
        }
    }

    /// A document was closed: what its path leads to is on disk now.
    pub(super) fn module_closed(&mut self, uri: &str) {
        if let Some(path) = path_of(uri) {
            self.forget(&path);
        }
    }

    /// A file on disk is different, new or gone.
    pub(super) fn changed_on_disk(&mut self, path: &Path) {
        if self.is_profile(path) {
            return self.read_profiles();
        }
        if self.open_at(path).is_none() {
            self.forget(path);
            self.look_again(path.to_path_buf());
        }
    }

    fn forget(&mut self, path: &Path) {
        if self.db.is_known_path(path) {
            let mut known = (*self.db.known_files()).clone();
            known.remove(path);
            self.db.set_known_files(Arc::new(known));
            self.tell_importers(path);
        }
    }

    /// What is said of a document that imports from there may be something else now. Nobody asks for that who edits another file, so it is
    /// shown anew, which tells clients that pull diagnostics.
    fn tell_importers(&mut self, path: &Path) {
        for uri in self.scheduler.importers(path) {
            self.own(uri.clone(), Task::Plan);
            self.own(uri, Task::Show);
        }
    }

    /// Takes in what a document asks for. Of files that it imports now, or no longer, something else may be said as well: their globals
    /// are those of a program that is not all in the text.
    pub(super) fn planned(&mut self, plan: Arc<Plan>) {
        let uri = plan.document.uri.clone();
        let before = self.scheduler.lookups(&uri);
        self.scheduler.planned(plan);
        let now = self.scheduler.lookups(&uri);
        let targets = before.symmetric_difference(&now).flat_map(|lookup| lookup.iter());
        let files: Vec<_> = targets.filter_map(|path| self.open_at(path)).collect();
        for file in files {
            self.own(file.path(&self.db).into(), Task::Show);
        }
    }
}

struct SearchJob {
    search: Option<Search>,
    events: mpsc::Sender<Event>,
}

impl Job for SearchJob {
    fn uri(&self) -> &str {
        self.search.as_ref().map_or("", |search| &search.uri)
    }

    fn run(&mut self, _: &Snapshot) -> Ran {
        if let Some(mut search) = self.search.take() {
            search.search();
            // The world may have ended; then nobody needs the result.
            let _ = self.events.send(Event::Found(Box::new(search)));
        }
        Ran::Answered
    }

    fn may_retry(&mut self) -> bool {
        true
    }

    /// The document is closed, and its runs are stopped with it.
    fn refuse(&mut self, _: Refused) {}
}

struct LinkJob {
    uri: Arc<str>,
    run: RunId,
    lookup: Lookup,
    events: mpsc::Sender<Event>,
}

impl Job for LinkJob {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn run(&mut self, snapshot: &Snapshot) -> Ran {
        let lookup = &self.lookup;
        let found = snapshot.db.read(|db| match db::locate(db, lookup) {
            Located::At(file) => {
                let code = db::module_code(db, file);
                (code.print, code.reply.clone())
            }
            Located::NoText(line) => (ModulePrint::no_text(line), no_text(file_name(lookup), line)),
            Located::Unknown | Located::Missing | Located::Outside => (ModulePrint::MISSING, ModuleAnswer::NotFound),
        });
        let Ok((print, reply)) = found else { return Ran::Overtaken };
        let seen = ImportSeen { lookup: self.lookup.clone(), print };
        // As above.
        let _ = self.events.send(Event::Linked(Box::new(Linked { run: self.run, seen, reply })));
        Ran::Answered
    }

    fn may_retry(&mut self) -> bool {
        true
    }

    /// As for searches.
    fn refuse(&mut self, _: Refused) {}
}
