//! The budget slow path: fuel, clock, cancelling, memory, progress, finished code.
//!
//! Loop heads and calls of every tier subtract weights from the realm's budget word and come here when it is used up.
//! Invariants: fuel is exact, since it is counted in weights and a slice never exceeds what is left; the clock and the
//! cancel flag are looked at once a slice, which is at most a few milliseconds of work.

use super::Run;
use minilive_runtime::fault::Eval;
use minilive_runtime::limits::LimitKind;
use minilive_runtime::realm::Realm;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Weight of one slice.
pub const SLICE: i64 = 200_000;

/// How often progress is reported.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What a running program tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Fuel used so far.
    pub fuel: u64,
    /// Time since the start.
    pub elapsed: Duration,
    /// Heap bytes in use, by the collector's count.
    pub heap: u64,
}

/// Takes progress reports.
pub type ProgressSink = Box<dyn FnMut(Progress) + Send>;

/// Counts what a run uses.
pub struct Meter {
    fuel_used: u64,
    fuel_limit: u64,
    granted: i64,
    started: Instant,
    deadline: Option<Instant>,
    report_at: Instant,
    progress: Option<ProgressSink>,
    /// Less than a slice of fuel is left.
    pub last_slice: bool,
}

impl Meter {
    /// A meter that starts now.
    pub fn new(fuel_limit: u64, time: Option<Duration>, progress: Option<ProgressSink>) -> Meter {
        let started = Instant::now();
        Meter {
            fuel_used: 0,
            fuel_limit,
            granted: 0,
            started,
            deadline: time.and_then(|time| started.checked_add(time)),
            report_at: started + PROGRESS_EVERY,
            progress,
            last_slice: false,
        }
    }

    /// Grants the first or next slice.
    pub fn grant(&mut self, realm: &mut Realm) {
        let left = self.fuel_limit.saturating_sub(self.fuel_used);
        self.last_slice = left < SLICE as u64;
        self.granted = SLICE.min(i64::try_from(left).unwrap_or(SLICE)).max(1);
        realm.head.budget = self.granted;
        realm.head.budget_held = 0;
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
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Err(LimitKind::Time.into());
        }
        if now >= self.report_at {
            self.report_at = now + PROGRESS_EVERY;
            let progress =
                Progress { fuel: self.fuel_used, elapsed: now - self.started, heap: realm.heap_stats().counted_bytes };
            if let Some(sink) = &mut self.progress {
                sink(progress);
            }
        }
        Ok(())
    }
}

impl Run<'_> {
    /// Subtracts a weight; at zero the slow path runs.
    #[inline(always)]
    pub fn charge(&mut self, realm: &mut Realm, weight: u32) -> Eval<()> {
        realm.head.budget -= i64::from(weight);
        if realm.head.budget > 0 { Ok(()) } else { self.refill(realm) }
    }

    /// The budget slow path.
    #[cold]
    #[inline(never)]
    pub fn refill(&mut self, realm: &mut Realm) -> Eval<()> {
        self.meter.settle(realm);
        self.meter.check(realm)?;
        self.meter.grant(realm);
        self.tiering.poll(self.codes, realm, self.meter.last_slice);
        Ok(())
    }
}
