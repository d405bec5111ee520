//! Questions that wait until what they are about has been read: the modules of a document, the files of the workspace.
//!
//! The world asks before it gives a question to a reader. Invariant: nothing is held for longer than [`LONGEST`], so whatever goes wrong
//! with reading costs an incomplete answer, never an answer.

use super::World;
use super::job::{Job, Kind};
use super::pool::Lane;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than any usual workspace takes to be read.
const LONGEST: Duration = Duration::from_secs(5);

/// Questions, and what they wait for.
#[derive(Default)]
pub(super) struct Held {
    jobs: Vec<(Instant, Box<dyn Job>)>,
    /// Documents whose modules are looked for since they were opened.
    linking: FxHashMap<Arc<str>, Linking>,
    /// Documents that were opened before all folders around them had been read once.
    unread: FxHashSet<Arc<str>>,
}

/// How far looking for the modules of a document that was opened has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linking {
    /// They are looked for where the document lies, since it was opened with this revision.
    Nearby(u64),
    /// Some are not there: where else they may be is known as soon as the workspace has been read.
    Elsewhere,
}

impl Held {
    /// A document was opened, and its modules are looked for.
    pub fn opened(&mut self, uri: &Arc<str>, revision: u64) {
        self.linking.insert(uri.clone(), Linking::Nearby(revision));
    }

    /// They have been, all of them or not. It may have been closed and opened again since.
    pub fn found(&mut self, uri: &Arc<str>, revision: u64, is_all: bool) {
        if self.linking.get(uri) == Some(&Linking::Nearby(revision)) {
            if is_all {
                self.linking.remove(uri);
            } else {
                self.linking.insert(uri.clone(), Linking::Elsewhere);
            }
        }
    }

    /// The document is closed.
    pub fn closed(&mut self, uri: &Arc<str>) {
        self.linking.remove(uri);
        self.unread.remove(uri);
    }

    /// A document was opened while folders are read for the first time.
    pub fn opened_unread(&mut self, uri: &Arc<str>) {
        self.unread.insert(uri.clone());
    }

    /// Whether what a document seems to lack may stand in a file that was not read yet. What was once told of it is not taken back because
    /// another folder is read.
    pub fn is_unread_around(&self, uri: &str) -> bool {
        self.unread.contains(uri)
    }

    /// All folders have been read once: the documents of which not everything could be told.
    pub fn all_read(&mut self) -> FxHashSet<Arc<str>> {
        std::mem::take(&mut self.unread)
    }

    /// When the next question has waited long enough.
    pub fn next_due(&self) -> Option<Instant> {
        self.jobs.iter().map(|(since, _)| *since + LONGEST).min()
    }
}

impl World {
    /// Gives a question to the readers, at once or as soon as what it needs is there.
    pub(super) fn ask_or_hold(&mut self, job: Box<dyn Job>) {
        if self.is_ready(&*job) {
            self.pool.push(Lane::Client, job);
        } else {
            self.held.jobs.push((Instant::now(), job));
        }
    }

    /// Lets go what needs to wait no longer.
    pub(super) fn release_held(&mut self) {
        if self.workspace.reading == 0 {
            self.held.linking.retain(|_, how_far| *how_far != Linking::Elsewhere);
        }
        if self.held.jobs.is_empty() {
            return;
        }
        let now = Instant::now();
        for (since, job) in std::mem::take(&mut self.held.jobs) {
            if now.duration_since(since) >= LONGEST || self.is_ready(&*job) {
                self.pool.push(Lane::Client, job);
            } else {
                self.held.jobs.push((since, job));
            }
        }
    }

    fn is_ready(&self, job: &dyn Job) -> bool {
        // What is not open is on disk, where it may be different from what was read before.
        let read = self.workspace.reading == 0;
        let is_open = self.documents.contains_key(job.uri());
        let linked = !self.held.linking.contains_key(job.uri());
        match job.kind() {
            Kind::Everywhere => read && linked,
            Kind::Linked => linked && (read || is_open),
            Kind::WholeDocument | Kind::Positioned => read || is_open,
            Kind::Told => linked && (read || is_open) && !self.held.is_unread_around(job.uri()),
        }
    }
}
