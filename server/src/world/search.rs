//! Looking for modules: what stands at the paths to which `import`s may lead.
//!
//! The world starts a search when a document is opened, when a plan names modules that nobody has looked for, and when a run imports; a
//! client's reader does it, and the world takes over what was found. Invariants: a search reads files and no database, so it holds no
//! write up and none ends it; all that one search finds is one write; it ends with an answer whatever happens to it; the text of an open
//! document comes before the one on disk.

use super::modules::LinkJob;
use super::own::Task;
use super::pool::Lane;
use super::{WORKSPACE, World, workspace};
use crate::db::{self, File, Known, Located, Paths};
use crate::evaluate::{Plan, RunId};
use crate::modules::{Lookup, OnDisk, Places, imported_names, lookup};
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_syntax::Parse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

/// More modules than any program has: of those behind them others find out, one after another.
const MOST_MODULES: usize = 1000;

/// Modules to look for.
pub(super) struct Search {
    /// The document that imports.
    uri: Arc<str>,
    asker: Asker,
    places: Places,
    wanted: Wanted,
}

/// Who needs the modules.
#[derive(Debug)]
enum Asker {
    /// Questions about a document that was opened, at this revision.
    Opened(u64),
    /// What is said of a document.
    Plan,
    /// A run that waits for the answer.
    Run(RunId),
    /// A question about the whole workspace.
    Workspace(oneshot::Sender<()>),
}

/// Which they are.
enum Wanted {
    /// These.
    Lookups(Vec<Lookup>),
    /// Those which this text names, and those which they name in turn, as far as nobody has looked for them.
    NamedIn { text: Arc<str>, parse: Arc<Parse>, paths: Paths },
}

/// What a search has found.
pub(super) struct Found {
    uri: Arc<str>,
    asker: Asker,
    /// Each lookup with what stands on disk at its first paths, up to a file.
    files: Vec<(Lookup, Vec<OnDisk>)>,
}

impl Search {
    /// Reads files until there is a module, for each that is wanted.
    pub fn run(self) -> Found {
        let files = catch_unwind(AssertUnwindSafe(|| self.files())).unwrap_or_else(|panic| {
            tracing::error!("the search for modules of {} panicked: {}", self.uri, super::panic_text(&panic));
            // Then they are where the database says.
            match &self.wanted {
                Wanted::Lookups(lookups) => lookups.iter().map(|lookup| (lookup.clone(), Vec::new())).collect(),
                Wanted::NamedIn { .. } => Vec::new(),
            }
        });
        Found { uri: self.uri, asker: self.asker, files }
    }

    fn files(&self) -> Vec<(Lookup, Vec<OnDisk>)> {
        let read = |lookup: Lookup| {
            let found = self.places.first_on_disk(&lookup);
            (lookup, found)
        };
        match &self.wanted {
            Wanted::Lookups(lookups) => lookups.iter().cloned().map(read).collect(),
            Wanted::NamedIn { text, parse, paths } => {
                let mut lookups = self.lookups(text, parse, paths);
                let mut files: Vec<(Lookup, Vec<OnDisk>)> = Vec::new();
                // Modules look where their program does.
                while let Some(lookup) = lookups.pop().filter(|_| files.len() < MOST_MODULES) {
                    if files.iter().any(|(it, _)| *it == lookup) {
                        continue;
                    }
                    let (lookup, found) = read(lookup);
                    if let Some(OnDisk::Text(text)) = found.last()
                        && db::may_import(text)
                    {
                        lookups.extend(self.lookups(text, &minilive_syntax::parse(text), paths));
                    }
                    files.push((lookup, found));
                }
                files
            }
        }
    }

    /// Where the modules may be that a text names, for which nobody has looked.
    fn lookups(&self, text: &str, parse: &Parse, paths: &Paths) -> Vec<Lookup> {
        let names = imported_names(text, &parse.syntax());
        let lookups = names.iter().map(|name| self.places.lookup(name));
        lookups.filter(|lookup| !paths.are_looked_at(lookup)).collect()
    }
}

impl World {
    /// A run imports.
    pub(super) fn import(&mut self, run: RunId, name: &str, folders: Vec<String>) {
        let Some(uri) = self.scheduler.document_of(run) else { return };
        let own = folders.into_iter().map(PathBuf::from);
        // A module that is opened by itself finds what it finds as part of its programs.
        let lookup = lookup(own.chain(self.scheduler.further_folders(&uri)), name);
        self.search(uri, Asker::Run(run), Wanted::Lookups(vec![lookup]));
    }

    /// Looks for the modules that a plan is the first to name.
    pub(super) fn look_for(&mut self, plan: &Plan) {
        if !plan.unknown.is_empty() {
            let search = Wanted::Lookups(plan.unknown.clone());
            self.search_in((**plan.places()).clone(), plan.document.uri.clone(), Asker::Plan, search);
        }
    }

    /// Looks for the modules of a document that was opened; questions whose answers may lie in one wait for it.
    pub(super) fn look_for_imports(&mut self, uri: &Arc<str>, revision: u64) {
        let Some(document) = self.documents.get(uri) else { return };
        let text = document.view.text.clone();
        if db::may_import(&text) {
            let wanted = Wanted::NamedIn { text, parse: document.parse.clone(), paths: self.db.paths() };
            self.held.opened(uri, revision);
            self.search(uri.clone(), Asker::Opened(revision), wanted);
        }
    }

    /// Looks for modules of files that are not open.
    pub(super) fn look_for_workspace(&mut self, lookups: Vec<Lookup>, reply: oneshot::Sender<()>) {
        self.search(WORKSPACE.into(), Asker::Workspace(reply), Wanted::Lookups(lookups));
    }

    fn search(&mut self, uri: Arc<str>, asker: Asker, wanted: Wanted) {
        let also = self.scheduler.further_folders(&uri);
        let places = self.places_of(&uri).with(also);
        self.search_in(places, uri, asker, wanted);
    }

    fn search_in(&mut self, places: Places, uri: Arc<str>, asker: Asker, wanted: Wanted) {
        self.pool.search(Search { uri, asker, places, wanted });
    }

    /// A reader has looked for modules.
    pub(super) fn found(&mut self, found: Found) {
        let Found { uri, asker, files } = found;
        if !self.documents.contains_key(&uri) && *uri != *WORKSPACE {
            // It was closed, and its runs are stopped with it.
            return;
        }
        let is_news = self.note(&files);
        match asker {
            Asker::Opened(revision) => {
                let is_found =
                    |(_, on_disk): &(_, Vec<OnDisk>)| !matches!(on_disk.last(), None | Some(OnDisk::Missing));
                self.held.found(&uri, revision, files.iter().all(is_found));
                if is_news {
                    self.look_at_anew(uri);
                }
            }
            // What it asked for may have been found meanwhile, which is no news, but the plan knew nothing of it.
            Asker::Plan if files.iter().any(|(_, on_disk)| !on_disk.is_empty()) => self.look_at_anew(uri),
            Asker::Plan => {}
            // Whoever asked may have gone away.
            Asker::Workspace(reply) => drop(reply.send(())),
            Asker::Run(run) => files.into_iter().for_each(|(lookup, _)| self.link(&uri, run, lookup)),
        }
    }

    /// Modules of a document were found: they may import others, and something else may be said of the document. As long as none of its
    /// plans was taken in, nobody knows that it imports them.
    fn look_at_anew(&mut self, uri: Arc<str>) {
        self.own(uri.clone(), Task::Plan);
        self.own(uri, Task::Show);
    }

    /// Writes down what stands at paths; whether any of that was not known.
    fn note(&mut self, files: &[(Lookup, Vec<OnDisk>)]) -> bool {
        let mut known = (*self.db.known_files()).clone();
        let (mut changed, mut edited) = (Vec::new(), Vec::new());
        let pairs = files.iter().flat_map(|(lookup, on_disk)| lookup.iter().zip(on_disk));
        for (path, found) in pairs {
            let what = match (self.open_at(path), found) {
                (Some(open), _) => Known::At(open),
                (None, OnDisk::Text(text)) => Known::At(self.module_on_disk(path, text, &mut edited)),
                (None, OnDisk::Outside) => Known::Outside,
                (None, OnDisk::NoText(line)) => Known::NoText(*line),
                (None, OnDisk::Missing) => Known::Missing,
            };
            if known.insert(path.clone(), what) != Some(what) {
                changed.push(path.clone());
            }
        }
        changed.extend(edited);
        if !changed.is_empty() {
            self.db.set_known_files(Arc::new(known));
            self.tell_importers(&changed);
        }
        !changed.is_empty()
    }

    /// Answers a run whose module has been looked for.
    fn link(&mut self, uri: &Arc<str>, run: RunId, lookup: Lookup) {
        if db::locate(&self.db, &lookup) == Located::Outside {
            self.scheduler.answer_import(run, None, ModuleAnswer::Blocked);
        } else {
            let job = LinkJob { uri: uri.clone(), run, lookup, events: self.events.clone() };
            self.pool.push(Lane::Own, Box::new(job));
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
}
