//! A host that two share: the run that writes to it, and whoever reads its output afterwards or meanwhile.
//!
//! Tests and the interactive session use it. Invariant: every call goes to the host inside, nothing is decided here.

use super::{EffectClass, Host, KeyPress, Pause, Zone};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A host behind a lock.
pub struct SharedHost<H>(Arc<Mutex<H>>);

impl<H> Clone for SharedHost<H> {
    fn clone(&self) -> SharedHost<H> {
        SharedHost(Arc::clone(&self.0))
    }
}

impl<H: Default> Default for SharedHost<H> {
    fn default() -> SharedHost<H> {
        SharedHost::new(H::default())
    }
}

impl<H> SharedHost<H> {
    /// Puts a host behind a lock.
    pub fn new(host: H) -> SharedHost<H> {
        SharedHost(Arc::new(Mutex::new(host)))
    }

    /// The host inside, for as long as the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, H> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Host> Host for SharedHost<H> {
    fn write(&mut self, text: &str, line_end: bool) {
        self.lock().write(text, line_end);
    }

    fn write_prompt(&mut self, text: &str) {
        self.lock().write_prompt(text);
    }

    fn read_line(&mut self) -> Option<String> {
        self.lock().read_line()
    }

    fn line_waits(&mut self) -> bool {
        self.lock().line_waits()
    }

    fn now(&mut self) -> f64 {
        self.lock().now()
    }

    fn sleep(&mut self, seconds: f64) -> Pause {
        self.lock().sleep(seconds)
    }

    fn next_frame(&mut self) -> Pause {
        self.lock().next_frame()
    }

    fn gate(&mut self, class: EffectClass, name: &str) -> bool {
        self.lock().gate(class, name)
    }

    fn seed(&mut self) -> u64 {
        self.lock().seed()
    }

    fn flush(&mut self) {
        self.lock().flush();
    }

    fn arguments(&mut self) -> Vec<String> {
        self.lock().arguments()
    }

    fn environment(&mut self) -> Vec<(String, String)> {
        self.lock().environment()
    }

    fn date(&mut self) -> f64 {
        self.lock().date()
    }

    fn zone(&self) -> Zone {
        self.lock().zone()
    }

    fn key_waits(&mut self) -> bool {
        self.lock().key_waits()
    }

    fn read_key(&mut self, raw: bool) -> KeyPress {
        self.lock().read_key(raw)
    }

    fn share_terminal(&mut self) {
        self.lock().share_terminal();
    }
}
