//! The host of a program run from the command line: standard streams, the real clock, the keyboard.
//!
//! `cli/run.rs` and the interactive session make it. Invariants: standard input is read here alone, so that keys and lines do
//! not take bytes from each other; output is written out before anything waits, and when the host goes.

use super::{EffectClass, Effects, Host, KeyPress, Pause, Zone};
use crate::shell::console::Console;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The longest uninterrupted sleep, so that a cancelled program ends soon.
const NAP: f64 = 0.005;

/// Bytes of output that are kept back at most.
const KEPT_BACK: usize = 1 << 16;

/// Standard output with what is kept back of it; whoever ends the process early can still write that out.
#[derive(Clone, Default)]
pub struct StandardOutput(Arc<KeptBack>);

#[derive(Default)]
struct KeptBack {
    bytes: Mutex<Vec<u8>>,
    /// Whoever read the output has gone away.
    closed: AtomicBool,
    /// Set when that happens.
    cancel: OnceLock<Arc<AtomicBool>>,
    /// Why output was lost.
    failure: OnceLock<String>,
}

impl StandardOutput {
    fn with<R>(&self, action: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        action(&mut self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets a flag when whoever reads the output goes away: like other programs, this one then has nothing left to do.
    pub fn cancel_when_closed(&self, cancel: Arc<AtomicBool>) {
        // Only one run writes to an output of a process.
        let _ = self.0.cancel.set(cancel);
    }

    /// Whether that has happened.
    pub fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Relaxed)
    }

    /// Why output was lost, if any was.
    pub fn failure(&self) -> Option<&str> {
        self.0.failure.get().map(String::as_str)
    }

    /// Writes out what is kept back.
    pub fn flush(&self) {
        self.with(|kept| {
            let mut stdout = std::io::stdout().lock();
            let written = stdout.write_all(kept).and_then(|()| stdout.flush());
            kept.clear();
            let Err(error) = written else { return };
            if error.kind() == ErrorKind::BrokenPipe {
                self.0.closed.store(true, Ordering::Relaxed);
                if let Some(cancel) = self.0.cancel.get() {
                    cancel.store(true, Ordering::Relaxed);
                }
            } else {
                // A disk that is full, or the like, is no reason to stop: the program's other effects may still matter. It is said at
                // the end; the first reason is the one that counts.
                let _ = self.0.failure.set(error.to_string());
            }
        });
    }
}

/// The host of a program run from the command line: standard streams, the real clock, what it is allowed.
pub struct StdHost {
    started: Instant,
    output: StandardOutput,
    /// Somebody watches: every line is shown at once.
    watched: bool,
    at_line_start: bool,
    console: Console,
    arguments: Vec<String>,
    script_folder: String,
    allowed: Effects,
}

impl StdHost {
    /// A host that allows the given effects, for a program without file or arguments.
    pub fn new(allowed: Effects) -> StdHost {
        StdHost {
            started: Instant::now(),
            output: StandardOutput::default(),
            watched: std::io::stdout().is_terminal(),
            at_line_start: true,
            console: Console::default(),
            arguments: Vec::new(),
            script_folder: ".".to_owned(),
            allowed,
        }
    }

    /// Gives the program its arguments.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Vec<String>) -> StdHost {
        self.arguments = arguments;
        self
    }

    /// Tells where the program's file stands; modules are looked for beside it.
    #[must_use]
    pub fn with_script(mut self, file: Option<&Path>) -> StdHost {
        let folder = file.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        self.script_folder = folder.map_or_else(|| ".".to_owned(), |folder| folder.to_string_lossy().into_owned());
        self
    }

    /// The output, for whoever may have to end the process.
    pub fn output(&self) -> StandardOutput {
        self.output.clone()
    }

    /// Ends the line that was written to last, if it has no end yet.
    pub fn end_line(&mut self) {
        if !self.at_line_start {
            self.write("", true);
        }
        self.flush();
    }

    /// Starts the program's clock anew.
    pub fn restart_clock(&mut self) {
        self.started = Instant::now();
    }
}

/// The folder of this program's own file.
fn own_folder() -> String {
    let folder = std::env::current_exe().ok().and_then(|file| file.parent().map(Path::to_path_buf));
    folder.map_or_else(|| ".".to_owned(), |folder| folder.to_string_lossy().into_owned())
}

impl Host for StdHost {
    fn write(&mut self, text: &str, line_end: bool) {
        if line_end || !text.is_empty() {
            self.at_line_start = line_end || text.ends_with('\n');
        }
        let full = self.output.with(|kept| {
            kept.extend_from_slice(text.as_bytes());
            if line_end {
                kept.push(b'\n');
            }
            kept.len() >= KEPT_BACK
        });
        if full || (self.watched && line_end) {
            self.flush();
        }
    }

    fn read_line(&mut self) -> Option<String> {
        self.share_terminal();
        self.console.read_line()
    }

    fn line_waits(&mut self) -> bool {
        self.share_terminal();
        self.console.line_waits()
    }

    fn now(&mut self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn sleep(&mut self, seconds: f64) -> Pause {
        self.flush();
        let nap = seconds.min(NAP);
        std::thread::sleep(Duration::from_secs_f64(nap.max(0.0)));
        if seconds > nap { Pause::Left(seconds - nap) } else { Pause::Over }
    }

    fn next_frame(&mut self) -> Pause {
        self.flush();
        std::thread::yield_now();
        Pause::Over
    }

    fn gate(&mut self, class: EffectClass, _name: &str) -> bool {
        self.allowed.contains(class)
    }

    fn seed(&mut self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_nanos() as u64
    }

    fn flush(&mut self) {
        self.output.flush();
    }

    fn arguments(&mut self) -> Vec<String> {
        self.arguments.clone()
    }

    fn environment(&mut self) -> Vec<(String, String)> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let ours = [("MS_EXE_DIR", own_folder()), ("MS_SCRIPT_DIR", self.script_folder.clone())];
        let known = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        let others = known.filter(|(name, _)| ours.iter().all(|(own, _)| name != own));
        others.chain(ours.iter().map(|(name, value)| ((*name).to_owned(), value.clone()))).collect()
    }

    fn date(&mut self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    fn zone(&self) -> Zone {
        Zone::System
    }

    fn key_waits(&mut self) -> bool {
        self.flush();
        self.console.key_waits()
    }

    fn read_key(&mut self, raw: bool) -> KeyPress {
        self.flush();
        self.console.read_key(raw)
    }

    fn share_terminal(&mut self) {
        self.flush();
        self.console.leave_keys();
    }
}

impl Drop for StdHost {
    fn drop(&mut self) {
        self.flush();
    }
}
