//! The world: the one thread that owns open documents, the database and the scheduler of evaluations.
//!
//! `lsp` (or the command line) sends it [`Event`]s through a [`WorldHandle`]; it answers questions through reader threads
//! and tells news through notices. Invariants: only this thread writes the database; it never waits for a program, a
//! client or a question, so an edit is applied as soon as running readers have noticed it; each question is answered once.
//!

mod fresh;
mod held;
mod hosts;
mod job;
mod modules;
mod notice;
mod own;
mod pool;
mod search;
mod sight;
mod watcher;
mod workspace;

pub use crate::document::{Change, Content, DocumentView, LineSplice};
pub use fresh::Touched;
pub use job::{CancelOnDrop, Kind, Overview, Refused, Snapshot};
pub use notice::{Notice, NoticeSink, OutputKind, Refresh};

use crate::db::{File, LiveDb, Outline, STACK};
use crate::document::Document;
use crate::evaluate::{Budget, CommandReply, Plan, RunTarget, Scheduler, Trust, WorkerEvent, WorkerFactory};
use crate::host_profile::Host;
use crate::line_index::Encoding;
use crate::modules::Lookup;
use crate::settings::Settings;
use job::{Ask, Job, Ticket};
use minilive_syntax::Sharing;
use own::{Own, Shown, Task};
use pool::{Lane, Pool, Unfinished};
use rustc_hash::FxHashMap;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Recordings are collected into one write per display frame, since each write ends all running readers.
const WRITE_PAUSE: Duration = Duration::from_millis(16);

/// Instead of a document's name: the question is about the whole workspace.
pub const WORKSPACE: &str = "";

/// How a world is set up; fixed for the session.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// How the client counts columns.
    pub encoding: Encoding,
    /// The level the client gave; without it, folders start untrusted and an explicit run grants trust.
    pub trust: Option<Trust>,
    /// Threads that answer questions.
    pub readers: usize,
    /// What an evaluation may use that nobody asked for; none: what does not disturb a person who types.
    pub automatic: Option<Budget>,
    /// The folders of the workspace, in which modules may be.
    pub roots: Vec<PathBuf>,
    /// Nobody tells when files of the workspace change: the world looks itself.
    pub watches: bool,
}

impl Default for WorldConfig {
    fn default() -> WorldConfig {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        WorldConfig {
            encoding: Encoding::Utf16,
            trust: None,
            readers: cores.clamp(2, 4),
            automatic: None,
            roots: Vec::new(),
            watches: false,
        }
    }
}

/// What a person commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run the file or an example.
    Run {
        /// The document; none: the one that was opened, edited or asked about last.
        uri: Option<Arc<str>>,
        /// What of it.
        target: RunTarget,
    },
    /// Stop what runs of a document.
    Stop {
        /// The document; none: as for `Run`.
        uri: Option<Arc<str>>,
    },
    /// Stop everything.
    StopAll,
    /// Set the folder's level.
    Trust(Trust),
    /// Start the workers anew.
    RestartWorker,
}

/// Everything that can wake the world.
enum Event {
    Open { uri: Arc<str>, version: i32, text: String },
    Change { uri: Arc<str>, version: i32, changes: Vec<Change> },
    Close { uri: Arc<str> },
    Saved { uri: Arc<str> },
    Settings(Box<Settings>),
    Ask(Box<dyn Job>),
    Command { command: Command, reply: oneshot::Sender<CommandReply> },
    Worker(WorkerEvent),
    Found(Box<search::Found>),
    Linked(Box<modules::Linked>),
    LookFor { lookups: Vec<Lookup>, reply: oneshot::Sender<()> },
    Trim,
    Scanned(Box<workspace::Scanned>),
    OnDisk(Vec<PathBuf>),
    Folders { added: Vec<PathBuf>, removed: Vec<PathBuf> },
    Planned(Arc<Plan>),
    Shown { uri: Arc<str>, shown: Shown },
    Told { uri: Arc<str>, diagnostics: u64 },
    Released { reader: usize, unfinished: Unfinished },
    Settled(oneshot::Sender<()>),
    End,
}

/// The way to the world. Sending never waits, and messages arrive in the order in which they were sent.
#[derive(Debug, Clone)]
pub struct WorldHandle {
    events: mpsc::Sender<Event>,
    /// Messages sent about each document; a question compares it with what its snapshot has seen.
    sent: Arc<Mutex<FxHashMap<Arc<str>, Arc<AtomicU64>>>>,
    /// The number of the last write.
    moments: watch::Receiver<u64>,
}

impl WorldHandle {
    fn counter(&self, uri: &Arc<str>) -> Arc<AtomicU64> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.entry(uri.clone()).or_default().clone()
    }

    fn send(&self, event: Event) {
        if self.events.send(event).is_err() {
            tracing::error!("the world has ended");
        }
    }

    /// A client was answered these diagnostics of a document.
    pub fn told(&self, uri: &Arc<str>, diagnostics: &[crate::ide::Diagnostic]) {
        self.send(Event::Told { uri: uri.clone(), diagnostics: own::hash_of(diagnostics) });
    }

    /// A document was opened.
    pub fn open(&self, uri: Arc<str>, version: i32, text: String) {
        self.counter(&uri).fetch_add(1, Ordering::Release);
        self.send(Event::Open { uri, version, text });
    }

    /// A document was edited.
    pub fn change(&self, uri: Arc<str>, version: i32, changes: Vec<Change>) {
        self.counter(&uri).fetch_add(1, Ordering::Release);
        self.send(Event::Change { uri, version, changes });
    }

    /// A document was closed.
    pub fn close(&self, uri: Arc<str>) {
        self.counter(&uri).fetch_add(1, Ordering::Release);
        self.send(Event::Close { uri });
    }

    /// A document was saved.
    pub fn saved(&self, uri: Arc<str>) {
        self.send(Event::Saved { uri });
    }

    /// Files have changed on disk.
    pub fn changed_on_disk(&self, paths: Vec<PathBuf>) {
        self.send(Event::OnDisk(paths));
    }

    /// Folders of the workspace have come or gone.
    pub fn changed_folders(&self, added: Vec<PathBuf>, removed: Vec<PathBuf>) {
        self.send(Event::Folders { added, removed });
    }

    /// Settings have changed.
    pub fn settings(&self, settings: Settings) {
        self.send(Event::Settings(Box::new(settings)));
    }

    /// Asks a question about a document. Dropping the returned guard cancels it.
    pub fn ask<T: Send + 'static>(
        &self,
        uri: Arc<str>,
        kind: Kind,
        reader: impl FnMut(&Snapshot) -> T + Send + 'static,
    ) -> (oneshot::Receiver<Result<T, Refused>>, CancelOnDrop) {
        let asked_at = self.messages(&uri);
        self.ask_again(uri, kind, asked_at, reader)
    }

    /// So many messages about a document have been sent: what identifies the text that a question is about.
    pub fn messages(&self, uri: &Arc<str>) -> u64 {
        self.counter(uri).load(Ordering::Acquire)
    }

    /// Asks a question that was asked before, when there had been so many messages about the document.
    pub fn ask_again<T: Send + 'static>(
        &self,
        uri: Arc<str>,
        kind: Kind,
        asked_at: u64,
        reader: impl FnMut(&Snapshot) -> T + Send + 'static,
    ) -> (oneshot::Receiver<Result<T, Refused>>, CancelOnDrop) {
        let (reply, answer) = oneshot::channel();
        let ticket = Ticket::default();
        let guard = CancelOnDrop(ticket.clone());
        let latest = self.counter(&uri);
        let ask =
            Ask { uri, kind, reader, ticket, reply: Some(reply), asked_at, latest, attempts: 0, edits_survived: 0 };
        self.send(Event::Ask(Box::new(ask)));
        (answer, guard)
    }

    /// Carries out a command; the answer comes at once, results come as notices.
    pub fn command(&self, command: Command) -> oneshot::Receiver<CommandReply> {
        let (reply, answer) = oneshot::channel();
        self.send(Event::Command { command, reply });
        answer
    }

    /// Looks for modules that files of the workspace import and nobody has looked for yet; answered when what was found is known.
    pub fn look_for(&self, lookups: Vec<Lookup>) -> oneshot::Receiver<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Event::LookFor { lookups, reply });
        answer
    }

    /// Lets go what was made to look into many files. Who goes through all of them says so from time to time: trees are forgotten only
    /// between the times at which somebody reads.
    pub fn trim(&self) {
        self.send(Event::Trim);
    }

    /// Tells whenever something may be different of which questions are asked; it ends with the world.
    pub fn moments(&self) -> watch::Receiver<u64> {
        self.moments.clone()
    }

    /// Answered when nothing is left to do: no diagnostics, plans or automatic evaluations are under way.
    pub fn settled(&self) -> oneshot::Receiver<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Event::Settled(reply));
        answer
    }

    /// Ends the world and its workers.
    pub fn end(&self) {
        // It may have ended before: `shutdown` ends it, and so does the end of the connection.
        let _ = self.events.send(Event::End);
    }
}

/// Starts a world on its own thread.
pub fn spawn(
    config: WorldConfig,
    workers: Box<dyn WorkerFactory>,
    notices: NoticeSink,
) -> std::io::Result<WorldHandle> {
    let (events, inbox) = mpsc::channel();
    let pool = Pool::new(config.readers, &events)?;
    let worker_events = events.clone();
    let scheduler = Scheduler::new(
        workers,
        // A worker that outlives the world has nobody to tell.
        Arc::new(move |event| drop(worker_events.send(Event::Worker(event)))),
        notices.clone(),
        config.trust,
        config.automatic,
    );
    let mut db = LiveDb::default();
    db.set_roots(config.roots.clone());
    let (moments, watched) = watch::channel(db.moment());
    let handle = WorldHandle { events: events.clone(), sent: Arc::default(), moments: watched };
    let world = World {
        nowhere: nowhere(&db),
        watcher: watcher::Watcher::new(events.clone()),
        db,
        config,
        documents: FxHashMap::default(),
        files: FxHashMap::default(),
        seen: FxHashMap::default(),
        pool,
        events,
        notices,
        scheduler,
        shown: FxHashMap::default(),
        told: FxHashMap::default(),
        refresh: own::Refresher::default(),
        last_write: None,
        waiting: Vec::new(),
        latest: None,
        sharing: Sharing::default(),
        on_disk: FxHashMap::default(),
        workspace: workspace::Workspace::default(),
        held: held::Held::default(),
        put_off: Vec::new(),
        settings: Settings::default(),
        profiles_read: FxHashMap::default(),
        // Without it no module beside it is found.
        executable: std::env::current_exe().ok().and_then(|path| Some(path.parent()?.to_path_buf())),
        moments,
    };
    std::thread::Builder::new().name("world".into()).stack_size(STACK).spawn(move || world.live(&inbox))?;
    Ok(handle)
}

/// An empty document.
fn nowhere(db: &LiveDb) -> Arc<DocumentView> {
    let Content { text, parse, index } = Content::new("");
    let file = db.add_file(WORKSPACE.to_owned(), text.clone(), parse);
    Arc::new(DocumentView { uri: WORKSPACE.into(), version: 0, revision: 0, file, text, index })
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown panic".into())
}

struct World {
    db: LiveDb,
    config: WorldConfig,
    documents: FxHashMap<Arc<str>, Document>,
    /// Database files of all documents ever opened; inputs are never freed, so they are used again.
    files: FxHashMap<Arc<str>, File>,
    /// Messages seen about each document; [`WorldHandle`] counts them as they are sent.
    seen: FxHashMap<Arc<str>, u64>,
    pool: Pool,
    events: mpsc::Sender<Event>,
    notices: NoticeSink,
    scheduler: Scheduler,
    /// What was last shown of each document.
    shown: FxHashMap<Arc<str>, Shown>,
    /// Hashes of the diagnostics that clients were answered last.
    told: FxHashMap<Arc<str>, u64>,
    refresh: own::Refresher,
    last_write: Option<Instant>,
    waiting: Vec<oneshot::Sender<()>>,
    /// The document that was opened, edited or asked about last.
    latest: Option<Arc<str>>,
    /// Pieces of trees that documents have in common; let go when one is closed.
    sharing: Sharing,
    /// Modules that are read from disk.
    on_disk: FxHashMap<PathBuf, File>,
    /// The document of questions about the whole workspace: an empty one.
    nowhere: Arc<DocumentView>,
    /// The files of the workspace.
    workspace: workspace::Workspace,
    /// Watches those that nobody else watches.
    watcher: watcher::Watcher,
    /// Questions that came before what they need.
    held: held::Held,
    /// What was read from disk and waits for a pressing question.
    put_off: Vec<Event>,
    /// The settings as the client gave them.
    settings: Settings,
    /// What host profiles said when they were read last.
    profiles_read: FxHashMap<PathBuf, Host>,
    /// The folder of this executable.
    executable: Option<PathBuf>,
    /// Tells the number of the last write.
    moments: watch::Sender<u64>,
}

impl World {
    fn live(mut self, inbox: &mpsc::Receiver<Event>) {
        self.scan();
        loop {
            let event = match self.next_wake() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let event = match event {
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
            };
            let turn = AssertUnwindSafe(|| {
                if let Some(event) = event {
                    self.handle(event);
                }
                self.after_event();
            });
            if let Err(panic) = catch_unwind(turn) {
                tracing::error!("the world panicked: {}", panic_text(&panic));
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Open { uri, version, text } => self.open(uri, version, &text),
            Event::Change { uri, version, changes } => self.change(&uri, version, &changes),
            Event::Close { uri } => self.close(&uri),
            Event::Saved { uri } => self.scheduler.saved(&uri),
            Event::Settings(settings) => self.set_settings(*settings),
            Event::Ask(job) => {
                if let Some((uri, _)) = self.documents.get_key_value(job.uri()) {
                    self.latest = Some(uri.clone());
                }
                self.ask_or_hold(job);
            }
            Event::Command { command, reply } => {
                // A client that does not wait for the answer has gone away; the command holds.
                let _ = reply.send(self.command(command));
            }
            Event::Worker(WorkerEvent::Import { run, name, folders }) => self.import(run, &name, folders),
            Event::Worker(event) => self.scheduler.worker_event(event),
            Event::Found(_) | Event::Scanned(_) if self.pool.is_pressed() => self.put_off.push(event),
            Event::Found(found) => self.found(*found),
            Event::Linked(linked) => self.linked(*linked),
            Event::LookFor { lookups, reply } => self.look_for_workspace(lookups, reply),
            Event::Trim => self.db.trim(),
            Event::Scanned(scanned) => self.scanned(*scanned),
            Event::OnDisk(paths) => self.changed_on_disk(paths),
            Event::Folders { added, removed } => self.changed_folders(added, &removed),
            Event::Planned(plan) => {
                if self.documents.get(&plan.document.uri).is_some_and(|it| it.view.revision == plan.document.revision) {
                    self.look_for(&plan);
                    self.planned(plan);
                }
            }
            Event::Shown { uri, shown } => self.shown(uri, shown),
            Event::Told { uri, diagnostics } => self.told(uri, diagnostics),
            Event::Released { reader, unfinished } => self.released(reader, unfinished),
            Event::Settled(reply) => self.waiting.push(reply),
            // Ends the loop before it comes here.
            Event::End => {}
        }
    }

    /// Counts a message about a document.
    fn see(&mut self, uri: &Arc<str>) -> u64 {
        let seen = self.seen.entry(uri.clone()).or_default();
        *seen += 1;
        *seen
    }

    fn open(&mut self, uri: Arc<str>, version: i32, text: &str) {
        let revision = self.see(&uri);
        self.latest = Some(uri.clone());
        let content = self.content(&uri, text);
        let file = match self.files.get(&uri) {
            Some(&file) => {
                self.db.set_text(file, content.text.clone(), content.parse.clone());
                file
            }
            None => {
                let file = self.db.add_file(uri.to_string(), content.text.clone(), content.parse.clone());
                self.files.insert(uri.clone(), file);
                file
            }
        };
        self.scheduler.opened(&uri, revision, self.places_of(&uri));
        self.in_workspace(&uri, Some(file));
        if self.workspace.unread > 0 {
            self.held.opened_unread(&uri);
        }
        self.documents.insert(uri.clone(), Document::new(uri.clone(), version, revision, file, content));
        self.module_opened(&uri, file);
        self.look_for_imports(&uri, revision);
        self.analyse(&uri);
    }

    /// The content of a document, whose text may be known: from before it was closed, or from disk.
    fn content(&mut self, uri: &Arc<str>, text: &str) -> Content {
        let before = self.files.get(uri).copied();
        let on_disk = crate::modules::path_of(uri).and_then(|path| self.on_disk.get(&path).copied());
        let known = before.into_iter().chain(on_disk).map(|file| file.text(&self.db)).find(|known| **known == *text);
        Content::sharing(known.unwrap_or_else(|| text.into()), &mut self.sharing)
    }

    fn change(&mut self, uri: &Arc<str>, version: i32, changes: &[Change]) {
        let revision = self.see(uri);
        let Some(document) = self.documents.get_mut(uri) else {
            tracing::warn!("a change of a document that is not open: {uri}");
            return;
        };
        self.latest = Some(uri.clone());
        let splices = document.apply(version, revision, changes, self.config.encoding);
        let view = &document.view;
        self.db.set_text(view.file, view.text.clone(), document.parse.clone());
        self.scheduler.edited(uri, revision, splices);
        self.analyse_first(uri);
        self.module_changed(uri);
    }

    fn close(&mut self, uri: &Arc<str>) {
        self.see(uri);
        self.latest.take_if(|latest| latest == uri);
        if let Some(document) = self.documents.remove(uri) {
            let (view, outline) = (&document.view, Outline::of(&document.view.text, &document.parse));
            self.db.set_closed(view.file, view.text.clone(), Arc::new(outline));
            self.sharing = Sharing::default();
            self.scheduler.closed(uri);
            self.held.closed(uri);
            self.shown.remove(uri);
            self.told.remove(uri);
            self.in_workspace(uri, None);
            (self.notices)(Notice::Closed { uri: uri.clone() });
            self.module_closed(uri);
        }
    }

    fn command(&mut self, command: Command) -> CommandReply {
        match command {
            Command::Run { uri, target } => match uri.or_else(|| self.latest.clone()) {
                Some(uri) if self.documents.contains_key(&uri) => self.scheduler.run(&uri, &target),
                Some(_) => CommandReply::refused("the document is not open"),
                None => CommandReply::refused("no document is open"),
            },
            Command::Stop { uri } => match uri.or_else(|| self.latest.clone()) {
                Some(uri) => self.scheduler.stop(&uri),
                None => self.scheduler.stop_all(),
            },
            Command::StopAll => self.scheduler.stop_all(),
            Command::Trust(trust) => self.scheduler.set_trust(trust),
            Command::RestartWorker => self.scheduler.restart_workers(),
        }
    }

    /// Lets the world's own jobs look at a document's new text.
    fn analyse(&mut self, uri: &Arc<str>) {
        self.own(uri.clone(), Task::Plan);
        self.own(uri.clone(), Task::Diagnose);
    }

    /// The same for what a person is editing: it comes before what waits for other documents.
    fn analyse_first(&mut self, uri: &Arc<str>) {
        for task in [Task::Plan, Task::Diagnose] {
            let job = self.pool.take(uri, task).unwrap_or_else(|| self.own_job(uri.clone(), task));
            self.pool.push_first(job);
        }
    }

    fn own(&mut self, uri: Arc<str>, task: Task) {
        if !self.pool.waits(&uri, task) {
            let job = self.own_job(uri, task);
            self.pool.push(Lane::Own, job);
        }
    }

    fn own_job(&self, uri: Arc<str>, task: Task) -> Box<dyn Job> {
        Box::new(Own { uri, task, events: self.events.clone(), notices: self.notices.clone() })
    }

    fn released(&mut self, reader: usize, unfinished: Unfinished) {
        let turn = self.pool.released(reader);
        let Some(mut job) = unfinished.0 else { return };
        if job.task().is_some_and(|task| self.pool.waits(job.uri(), task)) {
            return;
        }
        if job.may_retry() {
            self.pool.push_again(turn, job);
        } else {
            job.refuse(Refused::Overtaken);
        }
    }

    fn shown(&mut self, uri: Arc<str>, shown: Shown) {
        let mut before = self.shown.insert(uri.clone(), shown.clone()).unwrap_or_default();
        // A client that asks has what it was answered, which may be newer or older.
        before.diagnostics = self.told.get(&uri).copied().unwrap_or(before.diagnostics);
        self.refresh.compare(&before, &shown);
    }

    /// A client was answered these diagnostics. If something else was shown meanwhile, it has to ask again.
    fn told(&mut self, uri: Arc<str>, diagnostics: u64) {
        if !self.documents.contains_key(&uri) {
            return;
        }
        if self.told.insert(uri.clone(), diagnostics) == Some(diagnostics) || self.pool.waits(&uri, Task::Show) {
            return;
        }
        if let Some(shown) = self.shown.get(&uri) {
            let mut before = shown.clone();
            before.diagnostics = diagnostics;
            self.refresh.compare(&before, shown);
        }
    }

    /// What follows from any event: writes, jobs for idle threads, refreshes, those who wait for quiet.
    fn after_event(&mut self) {
        self.write_what_can_wait();
        self.release_held();
        for uri in self.scheduler.take_changed() {
            if self.documents.contains_key(&uri) {
                self.own(uri, Task::Show);
            }
        }
        self.dispatch();
        let moment = self.db.moment();
        self.moments.send_if_modified(|last| std::mem::replace(last, moment) != moment);
        for refresh in self.refresh.due(Instant::now()) {
            (self.notices)(Notice::Refresh(refresh));
        }
        if !self.waiting.is_empty() && self.is_settled() {
            for reply in self.waiting.drain(..) {
                // Whoever stopped waiting does not need to know.
                let _ = reply.send(());
            }
        }
    }

    fn is_settled(&self) -> bool {
        self.pool.own_is_idle()
            && self.workspace.reading == 0
            && self.scheduler.is_settled()
            && !self.scheduler.has_recordings()
            && self.put_off.is_empty()
    }

    /// Each write ends all readers, so none but edits comes while a question has been ended too often: it would never be answered.
    fn write_what_can_wait(&mut self) {
        if !self.pool.is_pressed() {
            std::mem::take(&mut self.put_off).into_iter().for_each(|event| self.handle(event));
            self.write_recordings();
        }
    }

    fn write_recordings(&mut self) {
        if !self.scheduler.has_recordings() || self.write_at().is_some_and(|at| at > Instant::now()) {
            return;
        }
        for (uri, recorded) in self.scheduler.take_recordings() {
            // A plan says that its document's recordings may be others, and of most documents there are none.
            if let Some(document) = self.documents.get(&uri)
                && !(recorded.is_empty() && self.db.recordings(document.view.file).is_empty())
            {
                self.db.set_recordings(document.view.file, recorded);
            }
        }
        self.last_write = Some(Instant::now());
    }

    fn write_at(&self) -> Option<Instant> {
        self.last_write.map(|at| at + WRITE_PAUSE)
    }

    fn next_wake(&self) -> Option<Instant> {
        let writes = self.scheduler.has_recordings() && !self.pool.is_pressed();
        let write = if writes { self.write_at() } else { None };
        [write, self.refresh.next_due(), self.held.next_due()].into_iter().flatten().min()
    }
}
