//! What happens to code, as it happens: compiled, refused, left, dropped. The fold of these events is what statistics show.
//!
//! Code objects tell of it (`engine/history.rs`) and the compiler of the pieces that all code shares; `Engine::watch_code` names who
//! listens: `minilive run` for `--trace-tiers` and `--perf-map`. Invariant: an event is told right after it has become true, on the
//! thread that runs the program, in order.

use crate::engine::outcome::Location;
use crate::reason::{ExitReason, Invalidation, Refusal};
use minilive_mir::ir::UnitKey;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where compiled code is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryPoint {
    /// At the begin of the function, by calls.
    Calls,
    /// At a loop whose first line this is, from the interpreter.
    Loop(u32),
    /// At every instruction: baseline code.
    Anywhere,
}

impl fmt::Display for EntryPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryPoint::Calls => f.write_str("calls"),
            EntryPoint::Loop(line) => write!(f, "the loop at line {line}"),
            EntryPoint::Anywhere => f.write_str("every entry, without speculation"),
        }
    }
}

/// A guard that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedGuard {
    /// Why.
    pub reason: ExitReason,
    /// The line at which the interpreter went on.
    pub line: u32,
    /// How often so far.
    pub count: u64,
}

impl fmt::Display for FailedGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = if self.count == 1 { "once".to_owned() } else { format!("{} times", self.count) };
        write!(f, "{}, line {}, {times}", self.reason, self.line)
    }
}

/// What became of the code of a function or of one of its loops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It was compiled and is entered from now on.
    Compiled {
        /// Where.
        entry: EntryPoint,
        /// How long that took.
        time: Duration,
        /// The first byte of its machine code.
        address: usize,
        /// How many bytes there are.
        bytes: usize,
    },
    /// It stays in the interpreter.
    Refused {
        /// What was to be compiled.
        entry: EntryPoint,
        /// Why not.
        refusal: Refusal,
    },
    /// A guard failed, and so often by now; told for the first time, the tenth, the hundredth and so on.
    Left(FailedGuard),
    /// Compiled code is not entered any more.
    Dropped {
        /// Which; `None` is all of the function's.
        entry: Option<EntryPoint>,
        /// Why.
        why: Invalidation,
        /// The guard that had failed too often, if that is why.
        guard: Option<FailedGuard>,
    },
}

/// Something that happened to the code of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierEvent {
    /// The unit.
    pub key: UnitKey,
    /// Its name; empty for statements.
    pub name: String,
    /// The file and the line at which it begins.
    pub at: Location,
    /// Whether it is the variant that keeps values for the editor.
    pub recording: bool,
    /// What.
    pub what: Happened,
}

impl TierEvent {
    /// What profilers and debuggers call compiled code: `f [program.ms:3]`, `f [program.ms:3] loop at 5`, `f [program.ms:3] baseline`.
    pub fn symbol(&self, entry: EntryPoint) -> String {
        let name = if self.name.is_empty() { "top level" } else { &self.name };
        let file = if self.at.file.is_empty() { "line" } else { &self.at.file };
        let place = format!("{name} [{file}:{}]", self.at.line);
        match entry {
            EntryPoint::Calls => place,
            EntryPoint::Loop(line) => format!("{place} loop at {line}"),
            EntryPoint::Anywhere => format!("{place} baseline"),
        }
    }
}

impl fmt::Display for TierEvent {
    /// One plain line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "top level" } else { &self.name };
        let recording = if self.recording { ", recording" } else { "" };
        let code = format_args!("{name} ({}{recording})", self.at);
        match &self.what {
            Happened::Compiled { entry, time, bytes, .. } => {
                write!(f, "compiled {code} for {entry}: {bytes} bytes in {:.2} ms", time.as_secs_f64() * 1000.0)
            }
            Happened::Refused { entry, refusal } => write!(f, "refused {code} for {entry}: {refusal}"),
            Happened::Left(guard) => write!(f, "left {code}: {guard}"),
            Happened::Dropped { entry, why, guard } => {
                write!(f, "dropped {code}")?;
                match entry {
                    Some(entry) => write!(f, " for {entry}: {why}")?,
                    None => write!(f, ": {why}")?,
                }
                guard.iter().try_for_each(|guard| write!(f, ": {guard}"))
            }
        }
    }
}

/// A piece of machine code that belongs to no function: a way between tiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedPiece {
    /// What it is.
    pub name: String,
    /// Its first byte.
    pub address: usize,
    /// How many bytes there are.
    pub bytes: usize,
}

/// Machine code that was given back: no activation was in it, and nothing enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreedCode {
    /// First byte and size of each piece.
    pub pieces: Vec<(usize, usize)>,
    /// Bytes of the code that is left.
    pub used: usize,
    /// How many pieces are not entered either, but activations are in them.
    pub kept: usize,
}

impl fmt::Display for FreedCode {
    /// One plain line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: usize = self.pieces.iter().map(|it| it.1).sum();
        let what = if self.pieces.len() == 1 { "piece" } else { "pieces" };
        let (count, used) = (self.pieces.len(), self.used);
        write!(f, "freed {count} {what} of code that is not entered: {bytes} bytes; {used} are in use")?;
        if self.kept > 0 { write!(f, ", with {} of code that still runs", self.kept) } else { Ok(()) }
    }
}

/// What is told to whoever watches the code of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeEvent {
    /// Of a unit's code.
    Tier(TierEvent),
    /// Of a piece that code shares; those that are older than the watching come first.
    Shared(SharedPiece),
    /// Pieces of units' code are gone; their memory will be others'.
    Freed(FreedCode),
}

/// Who watches.
pub type CodeWatcher = Box<dyn FnMut(CodeEvent) + Send>;

/// Where code objects and the compiler tell what happens.
#[derive(Default)]
pub struct CodeLog(Mutex<Option<CodeWatcher>>);

impl CodeLog {
    /// From now on somebody watches.
    pub fn watch(&self, watcher: CodeWatcher) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(watcher);
    }

    /// Tells of an event, which is made only if somebody watches.
    pub fn tell(&self, event: impl FnOnce() -> CodeEvent) {
        if let Some(watcher) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            watcher(event());
        }
    }
}

impl fmt::Debug for CodeLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeLog")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(what: Happened, text: &str) {
        let at = Location { file: "a.ms".to_owned(), line: 3 };
        let event = TierEvent { key: UnitKey(1), name: "f".to_owned(), at, recording: false, what };
        assert_eq!(event.to_string(), text);
    }

    #[test]
    fn each_event_is_one_plain_line() {
        let mut freed = FreedCode { pieces: vec![(64, 96), (256, 32)], used: 5000, kept: 0 };
        let text = "freed 2 pieces of code that is not entered: 128 bytes; 5000 are in use";
        assert_eq!(freed.to_string(), text);
        freed.kept = 3;
        assert_eq!(freed.to_string(), format!("{text}, with 3 of code that still runs"));
        let guard = FailedGuard { reason: ExitReason::NotNumber, line: 5, count: 10 };
        let time = Duration::from_micros(1234);
        let compiled = Happened::Compiled { entry: EntryPoint::Calls, time, address: 64, bytes: 532 };
        check(compiled, "compiled f (a.ms line 3) for calls: 532 bytes in 1.23 ms");
        let baseline = Happened::Compiled { entry: EntryPoint::Anywhere, time, address: 64, bytes: 532 };
        check(baseline, "compiled f (a.ms line 3) for every entry, without speculation: 532 bytes in 1.23 ms");
        check(
            Happened::Refused { entry: EntryPoint::Loop(4), refusal: Refusal::TooLarge },
            "refused f (a.ms line 3) for the loop at line 4: too large to compile at once",
        );
        check(Happened::Left(guard), "left f (a.ms line 3): a value is not a number, line 5, 10 times");
        check(
            Happened::Dropped { entry: Some(EntryPoint::Calls), why: Invalidation::ManyExits, guard: Some(guard) },
            "dropped f (a.ms line 3) for calls: its guards failed too often: a value is not a number, line 5, 10 times",
        );
        check(
            Happened::Dropped { entry: None, why: Invalidation::Edited, guard: None },
            "dropped f (a.ms line 3): the function was edited",
        );
    }
}
