//! How long the program waited for the collector: a count for each length, so that quantiles cost no memory.
//!
//! `cycle` notes each pause; [`crate::heap::HeapStats`] carries the summary to `minilive run --stats`. Invariant: a bucket is at
//! most an eighth wider than the pauses it counts, so a quantile is off by an eighth at most.

use std::time::Duration;

/// Buckets for each doubling of the length.
const PARTS: u64 = 8;
const BUCKETS: usize = 256;

/// The pauses of a realm.
pub(crate) struct Pauses {
    counts: [u32; BUCKETS],
    total: Duration,
    longest: Duration,
}

/// A summary of pauses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PauseStats {
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

impl Default for Pauses {
    fn default() -> Pauses {
        Pauses { counts: [0; BUCKETS], total: Duration::ZERO, longest: Duration::ZERO }
    }
}

fn bucket(nanoseconds: u64) -> usize {
    if nanoseconds < PARTS {
        return nanoseconds as usize;
    }
    let doublings = u64::from(nanoseconds.ilog2()) - 3;
    ((doublings * PARTS + (nanoseconds >> doublings)) as usize).min(BUCKETS - 1)
}

/// The longest pause that a bucket counts.
fn upper(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doublings = (bucket / PARTS).saturating_sub(1);
    ((bucket - doublings * PARTS + 1) << doublings) - 1
}

impl Pauses {
    pub(crate) fn note(&mut self, pause: Duration) {
        self.counts[bucket(pause.as_nanos() as u64)] += 1;
        self.total += pause;
        self.longest = self.longest.max(pause);
    }

    fn count(&self) -> u64 {
        self.counts.iter().copied().map(u64::from).sum()
    }

    /// The length that so many percent of the pauses do not pass.
    fn quantile(&self, percent: u64) -> Duration {
        let wanted = (self.count() * percent).div_ceil(100);
        let mut seen = 0;
        for (bucket, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if seen >= wanted {
                return Duration::from_nanos(upper(bucket)).min(self.longest);
            }
        }
        self.longest
    }

    pub(crate) fn stats(&self) -> PauseStats {
        PauseStats {
            count: self.count(),
            total: self.total,
            median: self.quantile(50),
            p99: self.quantile(99),
            longest: self.longest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_falls_into_a_bucket_that_fits_it() {
        for nanoseconds in (0..5_000).chain((5_000..2_000_000_000).step_by(777_777)) {
            let upper = upper(bucket(nanoseconds));
            assert!(upper >= nanoseconds && upper <= nanoseconds + nanoseconds / 8, "{nanoseconds}: {upper}");
        }
    }

    #[test]
    fn quantiles_are_near_the_truth() {
        let mut pauses = Pauses::default();
        for micros in 1..=1000 {
            pauses.note(Duration::from_micros(micros));
        }
        let stats = pauses.stats();
        assert_eq!((stats.count, stats.longest), (1000, Duration::from_millis(1)));
        let near = |found: Duration, micros: u128| (micros..=micros * 9 / 8).contains(&found.as_micros());
        assert!(near(stats.median, 500) && near(stats.p99, 990), "{stats:?}");
    }
}
