//! Jobs: what readers do with a snapshot, how they are cancelled, overtaken and answered.
//!
//! The world's handle makes a job of a closure, `pool` runs it. Invariants: the asker gets exactly one answer, also when
//! the job panics or the world ends; a job holds no snapshot while it waits; only an edit of its document makes a question be refused.

use super::fresh::Touched;
use super::own::Task;
use crate::db::{CancelToken, LiveDb, Stopped, places_in_programs};
use crate::document::DocumentView;
use crate::ide::Live;
use crate::modules::Places;
use crate::settings::{ByFolder, Checks};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// What a reader sees: the database, one document and its running state, all of one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The database.
    pub db: LiveDb,
    /// The document asked for.
    pub document: Arc<DocumentView>,
    /// What is running and what is not fresh; never part of the database.
    pub live: Arc<Live>,
    /// What questions about the whole workspace see beside the database.
    pub overview: Option<Arc<Overview>>,
    /// The versions of all open documents.
    pub versions: Arc<FxHashMap<Arc<str>, i32>>,
    /// The files that the answer relies on.
    pub touched: Arc<Touched>,
}

impl Snapshot {
    /// The same with all folders in which modules of the document may be: as part of other programs, it has more than its own. Found out by
    /// the reader, since the world asks no queries.
    pub(super) fn in_programs(&self) -> Cow<'_, Snapshot> {
        let live = self.in_programs_of(&self.document, &self.live);
        if Arc::ptr_eq(&live, &self.live) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Snapshot { live, ..self.clone() })
    }

    /// The running state of a document with all these folders.
    pub fn in_programs_of(&self, document: &DocumentView, live: &Arc<Live>) -> Arc<Live> {
        let places = places_in_programs(&self.db, document.file, &live.places);
        if Arc::ptr_eq(&places, &live.places) {
            return live.clone();
        }
        Arc::new(Live { places, ..(**live).clone() })
    }
}

/// What is known of the workspace beside the texts of its files.
#[derive(Debug)]
pub struct Overview {
    /// The open documents with their running state.
    pub open: Vec<(Arc<DocumentView>, Arc<Live>)>,
    /// What is warned about.
    pub checks: Arc<Checks>,
    /// The same in each folder.
    pub by_folder: ByFolder,
    /// Where modules may be, but for the folder of a program.
    pub places: Places,
    /// Folders are being read for the first time: there may be more files.
    pub is_unread: bool,
}

/// How an answer depends on the text the asker saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The question names a position: it means nothing in another text.
    Positioned,
    /// As `Positioned`, and the answer may lie in a module: it waits until the document's imports have been looked for.
    Linked,
    /// As `Linked`, and the answer lies in all files: it waits until they have been read, too.
    Everywhere,
    /// The question is about the whole document: an edit means asking again.
    WholeDocument,
    /// As `WholeDocument`, and the answer says what the document lacks: it waits until its imports have been looked for and the files around
    /// it have been read.
    Told,
}

impl Kind {
    /// Whether an edit means asking again.
    pub fn is_whole(self) -> bool {
        matches!(self, Kind::WholeDocument | Kind::Told)
    }

    /// Whether answering may take milliseconds: whole documents and all files are gone through.
    fn is_long(self) -> bool {
        self.is_whole() || self == Kind::Everywhere
    }
}

/// Why a question got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// An edit came in between.
    Overtaken,
    /// The asker cancelled.
    Cancelled,
    /// The document is neither open nor among the files that are known.
    UnknownDocument,
    /// The reader panicked; the text says where.
    Panicked(String),
    /// The world has ended.
    Ended,
}

/// The state of a question, shared between the asker and the reader.
#[derive(Debug, Default)]
enum State {
    #[default]
    Waiting,
    Running(CancelToken),
    Over,
}

/// Lets an asker cancel its question: dropping it does.
#[derive(Debug, Default, Clone)]
pub(super) struct Ticket(Arc<Mutex<State>>);

impl Ticket {
    fn swap(&self, state: State) -> State {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), state)
    }

    /// Marks the question as running, unless it is over.
    fn start(&self, token: CancelToken) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = !matches!(*state, State::Over);
        if waiting {
            *state = State::Running(token);
        }
        waiting
    }

    /// Marks the question as waiting again, unless it is over.
    fn wait(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = !matches!(*state, State::Over);
        if running {
            *state = State::Waiting;
        }
        running
    }

    fn cancel(&self) {
        if let State::Running(token) = self.swap(State::Over) {
            token.cancel();
        }
    }
}

/// Held by the asker while it waits; when the asker goes away, the reader stops.
#[derive(Debug)]
pub struct CancelOnDrop(pub(super) Ticket);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What became of one attempt.
pub(super) enum Ran {
    /// The asker has its answer.
    Answered,
    /// The revision went away; ask again or refuse.
    Overtaken,
}

/// A question that waits for a snapshot.
pub(super) trait Job: Send {
    /// The document the question is about.
    fn uri(&self) -> &str;
    /// What the question needs.
    fn kind(&self) -> Kind {
        Kind::WholeDocument
    }
    /// Whether it keeps a thread for long.
    fn is_long(&self) -> bool {
        self.kind().is_long()
    }
    /// Whether somebody asks it, who may ask about any file that is known.
    fn is_question(&self) -> bool {
        false
    }
    /// Which of the world's own tasks this is, if it is one.
    fn task(&self) -> Option<Task> {
        None
    }
    /// Tries to answer.
    fn run(&mut self, snapshot: &Snapshot) -> Ran;
    /// Whether it was overtaken so often that what a write brings should wait for it.
    fn is_pressing(&self) -> bool {
        false
    }
    /// Whether another attempt makes sense after [`Ran::Overtaken`].
    fn may_retry(&mut self) -> bool;
    /// Answers with a refusal.
    fn refuse(&mut self, why: Refused);
}

/// So often a question is asked again before writes that can wait do so until it is answered.
const PATIENCE: u32 = 4;

pub(super) struct Ask<T, F> {
    pub uri: Arc<str>,
    pub kind: Kind,
    pub reader: F,
    pub ticket: Ticket,
    pub reply: Option<oneshot::Sender<Result<T, Refused>>>,
    /// Messages about the document that had come when the question was asked.
    pub asked_at: u64,
    /// Messages about the document that have come by now.
    pub latest: Arc<AtomicU64>,
    pub attempts: u32,
    pub edits_survived: u32,
}

impl<T, F> Ask<T, F> {
    fn answer(&mut self, answer: Result<T, Refused>) {
        self.ticket.swap(State::Over);
        if let Some(reply) = self.reply.take() {
            // A receiver that is gone has cancelled.
            let _ = reply.send(answer);
        }
    }

    /// Whether the text that the answer belongs to is the one the asker means.
    fn is_current(&self, revision: u64) -> bool {
        let latest = self.latest.load(Ordering::Acquire);
        match self.kind {
            Kind::WholeDocument | Kind::Told => revision == latest,
            _ => revision == self.asked_at && latest == self.asked_at,
        }
    }
}

impl<T: Send, F: FnMut(&Snapshot) -> T + Send> Job for Ask<T, F> {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn is_question(&self) -> bool {
        true
    }

    fn is_pressing(&self) -> bool {
        self.attempts >= PATIENCE
    }

    fn run(&mut self, snapshot: &Snapshot) -> Ran {
        if !self.kind.is_whole() && !self.is_current(snapshot.document.revision) {
            return Ran::Overtaken;
        }
        if !self.ticket.start(snapshot.db.cancel_token()) {
            self.answer(Err(Refused::Cancelled));
            return Ran::Answered;
        }
        let reader = &mut self.reader;
        let result = catch_unwind(AssertUnwindSafe(|| snapshot.db.read(|_| reader(&snapshot.in_programs()))));
        let answer = match result {
            Ok(Ok(value)) if self.is_current(snapshot.document.revision) => Ok(value),
            // What another thread was cancelled in (or panicked in) is computed by this one at the next attempt, which then says more.
            Ok(Ok(_) | Err(Stopped::Overtaken | Stopped::Panicked)) => {
                if self.ticket.wait() {
                    return Ran::Overtaken;
                }
                Err(Refused::Cancelled)
            }
            Ok(Err(Stopped::Cancelled)) => Err(Refused::Cancelled),
            Err(panic) => Err(Refused::Panicked(super::panic_text(&panic))),
        };
        self.answer(answer);
        Ran::Answered
    }

    fn may_retry(&mut self) -> bool {
        self.attempts += 1;
        let edited = self.latest.load(Ordering::Acquire) != self.asked_at;
        if edited {
            self.edits_survived += 1;
        }
        match self.kind {
            Kind::WholeDocument | Kind::Told => self.edits_survived <= 1,
            _ => !edited,
        }
    }

    fn refuse(&mut self, why: Refused) {
        self.answer(Err(why));
    }
}
