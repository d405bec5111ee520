//! The world's part in `import`: which file a module is, open or on disk, what a run gets of it, and who is told when it changes.
//!
//! `search` finds what stands on disk; a run in a worker waits while a job compiles its module. Invariants: the text of an open document
//! comes before the one on disk; whoever imports a file is planned and shown again when it changes, comes or goes.

use super::hosts::is_profile;
use super::job::{Job, Ran, Refused, Snapshot};
use super::own::Task;
use super::{Event, World};
use crate::db::{self, File, Known, LiveDb, Located};
use crate::evaluate::{Plan, RunId};
use crate::modules::{Lookup, ModulePrint, no_text, path_of};
use crate::recording::ImportSeen;
use minilive_jit::engine::modules::ModuleAnswer;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

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

impl World {
    pub(super) fn open_at(&self, path: &Path) -> Option<File> {
        self.workspace.open_at(path)
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
        self.tell_importers(&[path]);
    }

    /// An open document was edited.
    pub(super) fn module_changed(&mut self, uri: &str) {
        if let Some(path) = path_of(uri) {
            self.tell_importers(&[path]);
        }
    }

    /// A document was closed: what its path leads to is on disk now.
    pub(super) fn module_closed(&mut self, uri: &str) {
        self.forget(path_of(uri).as_slice());
    }

    /// Files or folders on disk are different, new or gone.
    pub(super) fn changed_on_disk(&mut self, mut paths: Vec<PathBuf>) {
        let (all, profiles) = (paths.len(), self.profiles());
        paths.retain(|path| !is_profile(path, &profiles));
        if paths.len() < all {
            self.read_profiles();
        }
        paths.retain(|path| self.open_at(path).is_none());
        self.look_again(paths);
    }

    /// What stood at these paths is something else now: who imports from there looks anew.
    pub(super) fn forget(&mut self, paths: &[PathBuf]) {
        let known = self.db.known_files();
        if !paths.iter().any(|path| known.contains_key(path)) {
            return;
        }
        let mut known = (*known).clone();
        for path in paths {
            known.remove(path);
        }
        self.db.set_known_files(Arc::new(known));
        self.tell_importers(paths);
    }

    /// What is said of a document that imports from there may be something else now. Nobody asks for that who edits another file, so it is
    /// shown anew, which tells clients that pull diagnostics.
    pub(super) fn tell_importers(&mut self, paths: &[PathBuf]) {
        for uri in self.scheduler.importers(paths) {
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

/// Compiles a module for a run that imports it.
pub(super) struct LinkJob {
    pub uri: Arc<str>,
    pub run: RunId,
    pub lookup: Lookup,
    pub events: mpsc::Sender<Event>,
}

impl Job for LinkJob {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn run(&mut self, snapshot: &Snapshot) -> Ran {
        let lookup = &self.lookup;
        let read = AssertUnwindSafe(|| snapshot.db.read(|db| answer(db, lookup)));
        let (print, reply) = match catch_unwind(read) {
            Ok(Ok(answer)) => answer,
            // A query that another thread panicked in, too: the next attempt says how.
            Ok(Err(_)) => return Ran::Overtaken,
            Err(panic) => {
                let message = format!("the module cannot be compiled: internal error: {}", super::panic_text(&panic));
                tracing::error!("{}: {message}", file_name(lookup));
                let reply = ModuleAnswer::Broken { message, file: file_name(lookup), line: 1 };
                (ModulePrint::MISSING, reply)
            }
        };
        let seen = ImportSeen { lookup: self.lookup.clone(), print };
        // The world may have ended; then nobody needs the result.
        let _ = self.events.send(Event::Linked(Box::new(Linked { run: self.run, seen, reply })));
        Ran::Answered
    }

    fn may_retry(&mut self) -> bool {
        true
    }

    /// The document is closed, and its runs are stopped with it.
    fn refuse(&mut self, _: Refused) {}
}

/// What a run's `import` gets.
fn answer(db: &LiveDb, lookup: &[PathBuf]) -> (ModulePrint, ModuleAnswer) {
    match db::locate(db, lookup) {
        Located::At(file) => {
            let code = db::module_code(db, file);
            (code.print, code.reply.clone())
        }
        Located::NoText(line) => (ModulePrint::no_text(line), no_text(file_name(lookup), line)),
        Located::Unknown | Located::Missing | Located::Outside => (ModulePrint::MISSING, ModuleAnswer::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Outline;
    use crate::document::{Content, DocumentView};

    /// A thread that ended would never be idle again, and the run would wait for its answer.
    #[test]
    fn a_panic_while_a_module_is_compiled_is_an_answer() {
        let log = |name: String| assert!(!name.contains("module_code"), "as planned");
        let mut db = LiveDb::new(Some(Arc::new(log)));
        let outline = Arc::new(Outline::of("x = 1", &minilive_syntax::parse("x = 1")));
        let module = db.add_closed("/m.ms".into(), "x = 1".into(), outline);
        db.set_known_files(Arc::new(std::iter::once((PathBuf::from("/m.ms"), Known::At(module))).collect()));
        let Content { text, parse, index } = Content::new("");
        let file = db.add_file("/main.ms".into(), text.clone(), parse);
        let document = DocumentView { uri: "/main.ms".into(), version: 0, revision: 0, file, text, index };
        let (document, live, versions) = (Arc::new(document), Arc::default(), Arc::default());
        let snapshot = Snapshot { db, document, live, overview: None, versions, touched: Default::default() };
        let (events, inbox) = mpsc::channel();
        let lookup: Lookup = [PathBuf::from("/m.ms")].into();
        let mut job = LinkJob { uri: "/main.ms".into(), run: RunId(1), lookup, events };
        assert!(matches!(job.run(&snapshot), Ran::Answered));
        let Ok(Event::Linked(linked)) = inbox.try_recv() else { panic!("the run is answered") };
        let ModuleAnswer::Broken { message, file, .. } = linked.reply else { panic!("it does not compile") };
        assert!(message.contains("as planned"), "{message}");
        assert_eq!(file, "m.ms");
    }
}
