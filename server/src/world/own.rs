//! The world's own jobs: diagnostics, plans of what to evaluate, and what is shown as a whole; and when to ask for refreshes.
//!
//! `world` queues them after edits and evaluations. Invariants: a task waits at most once per document; its results carry
//! the revision they belong to; a refresh is asked for only if content has changed, and not more often than its pause.

use super::Event;
use super::job::{Job, Ran, Refused, Snapshot};
use super::notice::{Notice, NoticeSink, Refresh};
use crate::db::Stopped;
use crate::{evaluate, ide};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// What an own job does.
///
/// The order is that in which they are done: plans start what others do meanwhile, and what is shown as a whole says again what
/// diagnostics say, and comes again if anything else is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    /// Finds out what there is to evaluate.
    Plan,
    /// Publishes diagnostics.
    Diagnose,
    /// Tells values and tiers, and finds out whether hints or lenses are different.
    Show,
}

/// One own job.
pub(super) struct Own {
    pub uri: Arc<str>,
    pub task: Task,
    pub events: mpsc::Sender<Event>,
    pub notices: NoticeSink,
}

/// Hashes of what was shown of a document at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    hints: u64,
    lenses: u64,
    pub diagnostics: u64,
}

impl Own {
    fn work(&self, snapshot: &Snapshot) {
        let snapshot = &*snapshot.in_programs();
        match self.task {
            Task::Diagnose => {
                let diagnostics = ide::diagnostics(&snapshot.db, &snapshot.document, &snapshot.live);
                self.publish(snapshot, diagnostics);
            }
            Task::Plan => {
                let plan = evaluate::plan(&snapshot.db, &snapshot.document, &snapshot.live);
                self.send(Event::Planned(Arc::new(plan)));
            }
            Task::Show => self.show(snapshot),
        }
    }

    fn show(&self, snapshot: &Snapshot) {
        let (db, document, live) = (&snapshot.db, &snapshot.document, &snapshot.live);
        let hints = ide::inlay_hints(db, document, live, None);
        let tiers = if live.show.tiers { ide::function_tiers(db, document, live) } else { Vec::new() };
        let lenses = ide::lenses(db, document, live);
        let diagnostics = ide::diagnostics(db, document, live);
        let shown = Shown { hints: hash(&hints), lenses: hash(&lenses), diagnostics: hash_of(&diagnostics) };
        self.send(Event::Shown { uri: self.uri.clone(), shown });
        self.publish(snapshot, diagnostics);
        (self.notices)(Notice::Live { document: document.clone(), tiers, hints });
    }

    /// Tells diagnostics. As long as not everything can be told, that there are none means nothing.
    fn publish(&self, snapshot: &Snapshot, diagnostics: Arc<[ide::Diagnostic]>) {
        if !diagnostics.is_empty() || !snapshot.live.is_unread_around {
            (self.notices)(Notice::Diagnostics { document: snapshot.document.clone(), diagnostics });
        }
    }

    fn send(&self, event: Event) {
        // The world may have ended; then nobody needs the result.
        let _ = self.events.send(event);
    }
}

/// The hash of diagnostics. That nothing is said is not the same as that nothing was shown yet: a client may have asked before.
pub(super) fn hash_of(diagnostics: &[ide::Diagnostic]) -> u64 {
    hash(&(true, diagnostics))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Job for Own {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn task(&self) -> Option<Task> {
        Some(self.task)
    }

    fn run(&mut self, snapshot: &Snapshot) -> Ran {
        match catch_unwind(AssertUnwindSafe(|| snapshot.db.read(|_| self.work(snapshot)))) {
            Ok(Ok(())) => Ran::Answered,
            // A query that another thread was cancelled in ends here, too; the next attempt computes it.
            Ok(Err(Stopped::Overtaken | Stopped::Panicked)) => Ran::Overtaken,
            Ok(Err(why)) => {
                tracing::error!("{:?} of {} ended: {why:?}", self.task, self.uri);
                Ran::Answered
            }
            Err(panic) => {
                let text = format!("{:?} of {} panicked: {}", self.task, self.uri, super::panic_text(&panic));
                tracing::error!("{text}");
                (self.notices)(Notice::Message { show: false, text });
                Ran::Answered
            }
        }
    }

    fn may_retry(&mut self) -> bool {
        true
    }

    fn refuse(&mut self, _why: Refused) {}
}

/// Asks for refreshes, each kind at most once per pause.
#[derive(Debug, Default)]
pub(super) struct Refresher {
    wanted: FxHashMap<Refresh, ()>,
    last: FxHashMap<Refresh, Instant>,
}

impl Refresher {
    /// Wants a refresh of everything that is different.
    pub fn compare(&mut self, before: &Shown, now: &Shown) {
        let changed = [
            (Refresh::Hints, before.hints != now.hints),
            (Refresh::Lenses, before.lenses != now.lenses),
            (Refresh::Diagnostics, before.diagnostics != now.diagnostics),
        ];
        self.wanted.extend(changed.into_iter().filter(|&(_, changed)| changed).map(|(refresh, _)| (refresh, ())));
    }

    fn due_at(&self, refresh: Refresh) -> Option<Instant> {
        self.last.get(&refresh).map(|&last| last + pause(refresh))
    }

    /// The refreshes to ask for now.
    pub fn due(&mut self, now: Instant) -> Vec<Refresh> {
        let mut due: Vec<_> =
            self.wanted.keys().copied().filter(|&it| self.due_at(it).is_none_or(|at| at <= now)).collect();
        due.sort_unstable();
        for refresh in &due {
            self.wanted.remove(refresh);
            self.last.insert(*refresh, now);
        }
        due
    }

    /// When the next refresh is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.wanted.keys().filter_map(|&it| self.due_at(it)).min()
    }
}

/// Editors draw hints anew at once, but move lines for lenses.
fn pause(refresh: Refresh) -> Duration {
    Duration::from_millis(match refresh {
        Refresh::Hints => 50,
        Refresh::Lenses | Refresh::Diagnostics => 250,
    })
}
