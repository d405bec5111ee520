//! What queries keep from one edit to the next, beside salsa: the last result of each, for the next one to be made of.
//!
//! salsa gives a query no look at what it said before. `units`, `names` and `types` compare with it, so that what says the same stays the
//! same object, and work stays that of the edit. Invariants: it is a cache: a query that finds nothing here says the same; only of open
//! documents something is kept.

use super::findings::KeptFindings;
use super::names::KeptFacts;
use super::pieces::FileUnits;
use super::told::{KeptFound, KeptTold};
use super::types::KeptTypes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The last result of one query.
#[derive(Debug)]
pub struct Last<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Last<T> {
    fn default() -> Last<T> {
        Last(Mutex::new(None))
    }
}

impl<T> Last<T> {
    /// The last result.
    pub fn get(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a result.
    pub fn set(&self, now: Arc<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Keeps nothing.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The last result of one query, which the next one takes apart.
#[derive(Debug)]
pub struct Taken<T>(Mutex<Option<T>>);

impl<T> Default for Taken<T> {
    fn default() -> Taken<T> {
        Taken(Mutex::new(None))
    }
}

impl<T> Taken<T> {
    /// The last result, which nobody has any more.
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a result.
    pub fn put(&self, now: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}

/// The last results about one file.
#[derive(Debug, Default)]
pub struct Kept {
    /// Whether it is an open document. No input of the database: no answer depends on it.
    open: AtomicBool,
    /// Its units.
    pub units: Last<FileUnits>,
    /// What they say about names.
    pub facts: Last<KeptFacts>,
    /// What is wrong with names.
    pub findings: Last<KeptFindings>,
    /// What is certain about the types of names.
    pub types: Taken<KeptTypes>,
    /// Which units have diagnostics.
    pub diagnostics: Last<KeptTold<()>>,
    /// Which have something odd in their tree.
    pub checks: Last<KeptTold<()>>,
    /// Which have types that foretell something.
    pub found: Last<KeptFound>,
}

impl Kept {
    /// Whether there is something to be kept.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// From now on results are kept: the file is an open document.
    pub fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    /// Lets everything go, when its document is closed.
    pub fn close(&self) {
        self.open.store(false, Ordering::Relaxed);
        self.units.forget();
        self.facts.forget();
        self.findings.forget();
        self.diagnostics.forget();
        self.checks.forget();
        self.found.forget();
        // What is taken is gone.
        drop(self.types.take());
    }
}
