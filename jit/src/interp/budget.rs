//! The budget slow path: fuel, clock, cancelling, memory, progress, finished code.
//!
//! Loop heads and calls of every tier subtract weights from the realm's budget word and come here when it is used up.
//! Invariants: fuel is exact, since it is counted in weights and a slice never exceeds what is left; the clock and the
//! cancel flag are looked at once a slice, which is at most a few milliseconds of work.

use super::Run;
use super::frame::CodeRef;
use crate::engine::outcome::{Location, Pace};
use crate::engine::policy::{Memory, Place};
use crate::engine::unit::CodeId;
use crate::stats::{FunctionStats, function_stats};
use minilive_mir::ir::InstId;
use minilive_runtime::fault::{Eval, Fault};
use minilive_runtime::limits::LimitKind;
use minilive_runtime::realm::Realm;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Weight of one slice.
pub const SLICE: i64 = 200_000;

/// How often progress is reported.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What a running program tells of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Fuel used so far.
    pub fuel: u64,
    /// Time since the start.
    pub elapsed: Duration,
    /// Heap bytes in use, by the collector's count.
    pub heap: u64,
    /// The statement that runs.
    pub at: Location,
    /// The units that have run so far, unsorted.
    pub functions: Vec<FunctionStats>,
}

/// An instruction of loaded code.
pub type Position = (CodeId, InstId);

/// Takes progress reports.
pub type ProgressSink = Box<dyn FnMut(Progress) + Send>;

/// Counts what a run uses.
pub struct Meter {
    fuel_used: u64,
    fuel_limit: u64,
    granted: i64,
    started: Instant,
    deadline: Option<Instant>,
    /// When the budget was last used up.
    now: Instant,
    report_at: Instant,
    flush_at: Instant,
    progress: Option<ProgressSink>,
    /// Less than a slice of fuel is left.
    pub last_slice: bool,
    pace: Pace,
}

impl Meter {
    /// A meter that starts now.
    pub fn new(fuel_limit: u64, time: Option<Duration>, pace: Pace, progress: Option<ProgressSink>) -> Meter {
        let started = Instant::now();
        Meter {
            fuel_used: 0,
            fuel_limit,
            granted: 0,
            started,
            deadline: time.and_then(|time| started.checked_add(time)),
            now: started,
            report_at: started + PROGRESS_EVERY,
            flush_at: started + PROGRESS_EVERY,
            progress,
            last_slice: false,
            pace,
        }
    }

    /// Weight of a whole slice.
    pub fn slice(&self) -> u64 {
        self.pace.slice.max(1).unsigned_abs()
    }

    /// Grants the first or next slice, or the rest of one that was interrupted: memory asks for polls, at moments that differ between
    /// tiers, and slices end at the same instructions in all of them.
    pub fn grant(&mut self, realm: &mut Realm) {
        let left = self.fuel_limit.saturating_sub(self.fuel_used);
        let slice = (self.slice() - self.fuel_used % self.slice()) as i64;
        self.last_slice = left < slice.unsigned_abs();
        self.granted = slice.min(i64::try_from(left).unwrap_or(slice)).max(1);
        realm.grant(self.granted, left.saturating_sub(self.granted.unsigned_abs()), self.deadline);
    }

    /// Adds up what was used of the slice.
    pub fn settle(&mut self, realm: &mut Realm) {
        let left = realm.head.budget.saturating_add(realm.head.budget_held);
        let used = self.granted.saturating_sub(left).max(0);
        self.fuel_used = self.fuel_used.saturating_add(used as u64);
        self.granted = 0;
        realm.head.budget = 0;
        realm.head.budget_held = 0;
    }

    /// Fuel used up to the last slow path.
    pub fn fuel(&self) -> u64 {
        self.fuel_used
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn check(&mut self, realm: &mut Realm) -> Eval<()> {
        if self.fuel_used >= self.fuel_limit {
            self.fuel_used = self.fuel_limit;
            return Err(LimitKind::Fuel.into());
        }
        realm.check_stop()?;
        let slices = self.fuel_used / self.slice();
        if self.pace.cancel_at.is_some_and(|last| slices >= last) {
            return Err(Fault::Cancelled.into());
        }
        // Growth outside of cells asks for this poll; no allocation may come for long.
        realm.poll_memory()?;
        self.now = Instant::now();
        if self.deadline.is_some_and(|deadline| self.now >= deadline) {
            return Err(LimitKind::Time.into());
        }
        Ok(())
    }

    /// Whether it is time to pass on what was printed: it shall be seen even if nothing more comes for long, or if the process is
    /// killed.
    fn is_flush_due(&mut self) -> bool {
        let due = self.now >= self.flush_at;
        if due {
            self.flush_at = self.now + PROGRESS_EVERY;
        }
        due
    }

    /// Whether it is time to tell of progress.
    fn is_report_due(&self) -> bool {
        self.progress.is_some() && self.now >= self.report_at
    }
}

impl Run<'_> {
    /// The budget slow path, at an instruction.
    #[cold]
    #[inline(never)]
    pub fn refill(&mut self, realm: &mut Realm, at: Position) -> Eval<()> {
        self.meter.settle(realm);
        self.meter.check(realm)?;
        if self.meter.is_flush_due() {
            realm.host().flush();
        }
        if self.meter.is_report_due() {
            self.report(realm, at);
        }
        self.meter.grant(realm);
        match self.tiering.poll(self.codes, realm, self.meter.last_slice) {
            Memory::Enough => {}
            Memory::Short | Memory::Full => self.make_room(realm),
        }
        Ok(())
    }

    /// A code object's heat is used up: it may be compiled. What finds no memory is asked for again when there was looked for some.
    pub(super) fn got_hot(&mut self, realm: &mut Realm, code: CodeRef, place: Place) {
        match self.tiering.hot(self.codes, realm, &code, place) {
            Memory::Enough => {}
            Memory::Short => self.make_room(realm),
            Memory::Full => {
                self.make_room(realm);
                // If that was in vain, the next end of a slice looks again.
                let _ = self.tiering.hot(self.codes, realm, &code, place);
            }
        }
    }

    /// Has code freed that nobody can come to any more.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, realm: &mut Realm) {
        let mut returns = self.frames.iter().map(|frame| frame.back).filter(|&back| back != 0);
        self.tiering.make_room(self.codes, realm, &mut returns);
    }

    fn report(&mut self, realm: &Realm, (code, inst): Position) {
        let code = self.codes.get(code);
        let progress = Progress {
            fuel: self.meter.fuel_used,
            elapsed: self.meter.now - self.meter.started,
            heap: realm.heap_stats().counted_bytes,
            at: Location { file: code.file.borrow().to_string(), line: code.line(inst) },
            functions: self.codes.iter().filter(|code| !code.is_untouched()).map(function_stats).collect(),
        };
        self.meter.report_at = self.meter.now + PROGRESS_EVERY;
        if let Some(sink) = &mut self.meter.progress {
            sink(progress);
        }
    }
}
