//! What goes into a run and what comes out: plain data that crosses the worker's pipe.
//!
//! `server` fills a [`RunRequest`] and reads a [`RunOutcome`]. Invariant: nothing in here refers to a realm or to code.

use super::modules::ImportSeen;
use crate::interp::budget::{ProgressSink, SLICE};
use crate::record::Recording;
use crate::stats::{FunctionStats, UnitCounts};
use minilive_mir::ir::{InstId, UnitKey};
use minilive_runtime::fault::FatalError;
use minilive_runtime::heap::pauses::PauseStats;
use minilive_runtime::limits::{LimitKind, Limits};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What of a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// All top-level statements in order.
    Main,
    /// Only those that define something.
    Definitions,
    /// The definitions, then the expression unit with this index in the program; its value is the result.
    Expression(u32),
}

/// One run.
pub struct RunRequest {
    /// What runs.
    pub entry: Entry,
    /// How much it may use.
    pub limits: Limits,
    /// Whether record points are kept. The program must have been loaded with `load_recording`.
    pub record: bool,
    /// The reference's rules: calls nest 255 deep unless the limits say otherwise.
    pub compat: bool,
    /// Set from outside to end the run.
    pub cancel: Arc<AtomicBool>,
    /// Told about progress every 100 ms.
    pub progress: Option<ProgressSink>,
    /// How the budget is granted.
    pub pace: Pace,
}

/// How much of the budget is granted at once. Tests choose it, so that what happens between two slices happens often, or at a moment
/// that can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Weight of one slice.
    pub slice: i64,
    /// The run ends at the end of this slice, the first being 1, as if it was cancelled then.
    pub cancel_at: Option<u64>,
}

impl Default for Pace {
    /// Whole slices to the end.
    fn default() -> Pace {
        Pace { slice: SLICE, cancel_at: None }
    }
}

impl RunRequest {
    /// A run without limits or recording.
    pub fn new(entry: Entry) -> RunRequest {
        RunRequest {
            entry,
            limits: Limits::NONE,
            record: false,
            compat: false,
            cancel: Arc::default(),
            progress: None,
            pace: Pace::default(),
        }
    }
}

/// The most nested calls of the reference.
pub const COMPAT_DEPTH: u32 = 255;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Base name of the file; empty for text without one.
    pub file: String,
    /// The 1-based line of the statement.
    pub line: u32,
}

impl fmt::Display for Location {
    /// As messages show it in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            write!(f, "line {}", self.line)
        } else {
            write!(f, "{} line {}", self.file, self.line)
        }
    }
}

/// A run-time error that ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedError {
    /// The reference's text.
    pub message: String,
    /// The innermost statement.
    pub at: Location,
    /// The unit and instruction, for the editor.
    pub site: Option<(UnitKey, InstId)>,
    /// All active calls, innermost first.
    pub stack: Vec<Location>,
    /// What was not there, where another host might have it.
    pub lacks: Option<Lack>,
}

/// What a program asks for that is not there. Another host may have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lack {
    /// A name.
    Name(String),
    /// A member or key.
    Member(String),
    /// A module.
    Module(String),
}

impl Lack {
    /// What an error says is missing.
    pub(super) fn of(error: &FatalError) -> Option<Lack> {
        match error {
            FatalError::UndefinedIdentifier(name) => Some(Lack::Name(name.clone())),
            FatalError::KeyNotFound(key) => Some(Lack::Member(key.clone())),
            // An `import` gives an error value, which has nothing but its text.
            FatalError::Uncaught(text) => {
                let (_, name) = text.split_once(MODULE_NOT_FOUND)?;
                Some(Lack::Module(name.to_owned()))
            }
            _ => None,
        }
    }
}

/// What stands before the name of a module in the error that says that there is none.
pub const MODULE_NOT_FOUND: &str = "File error: import: library not found: ";

impl fmt::Display for ReportedError {
    /// The reference's line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Runtime Error: {} [{}]", self.message, self.at)
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// At its end; the text of the value of an expression entry, empty otherwise.
    Finished(String),
    /// With a run-time error.
    Error(ReportedError),
    /// At a limit.
    Cut {
        /// Which ([`LimitKind`] as text and number).
        limit: Limit,
        /// Where it was.
        at: Location,
        /// Where the calls around that place stand, the place first.
        stack: Vec<Location>,
        /// The unit and instruction.
        site: Option<(UnitKey, InstId)>,
    },
    /// An effect was refused.
    Blocked {
        /// The intrinsic.
        name: String,
        /// Where.
        at: Location,
        /// Where the calls around that place stand, the place first.
        stack: Vec<Location>,
        /// The unit and instruction.
        site: Option<(UnitKey, InstId)>,
    },
    /// By `exit`, with this code.
    Exit(i32),
    /// From outside.
    Cancelled,
}

/// A limit, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Limit {
    /// Counted steps.
    Fuel,
    /// Wall clock.
    Time,
    /// Heap bytes.
    Memory,
    /// Output bytes.
    Output,
    /// Nested calls.
    Depth,
}

impl From<LimitKind> for Limit {
    fn from(kind: LimitKind) -> Limit {
        match kind {
            LimitKind::Fuel => Limit::Fuel,
            LimitKind::Time => Limit::Time,
            LimitKind::Memory => Limit::Memory,
            LimitKind::Output => Limit::Output,
            LimitKind::Depth => Limit::Depth,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Limit::Fuel => LimitKind::Fuel,
            Limit::Time => LimitKind::Time,
            Limit::Memory => LimitKind::Memory,
            Limit::Output => LimitKind::Output,
            Limit::Depth => LimitKind::Depth,
        };
        kind.fmt(f)
    }
}

/// The pauses of a run's collector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses {
    /// How many there were.
    pub count: u64,
    /// All of them together.
    pub total: Duration,
    /// Half of them are not longer.
    pub median: Duration,
    /// Ninety-nine of a hundred are not longer.
    pub p99: Duration,
    /// The longest.
    pub longest: Duration,
}

impl From<PauseStats> for Pauses {
    fn from(stats: PauseStats) -> Pauses {
        let PauseStats { count, total, median, p99, longest } = stats;
        Pauses { count, total, median, p99, longest }
    }
}

/// What a run leaves behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunOutcome {
    /// How it ended.
    pub end: End,
    /// What record points saw.
    pub recording: Recording,
    /// How often blocks ran, sorted by unit; empty unless the engine counts ([`super::EngineConfig::counted`]).
    pub counts: Vec<UnitCounts>,
    /// The functions that ran, most work first.
    pub functions: Vec<FunctionStats>,
    /// Whether the program made a line number or a function's name visible, so that moving code changes what it does.
    pub position_dependent: bool,
    /// Lookups of modules.
    pub imports: Vec<ImportSeen>,
    /// How long it took.
    pub elapsed: Duration,
    /// Fuel used.
    pub fuel: u64,
    /// Collections of the heap.
    pub collections: u64,
    /// The most heap bytes counted.
    pub heap: u64,
    /// Bytes of heap taken altogether.
    pub allocated: u64,
    /// How long the program waited for the collector.
    pub pauses: Pauses,
    /// Bugs of the compiler that this run met: what broke, and in which function. The interpreter ran those.
    pub compiler_failures: Vec<String>,
}
