//! Which tiers a program may use, as arguments say it.
//!
//! `run` takes them over. Invariant: without arguments the engine decides.

use clap::{Args, ValueEnum};
use minilive_jit::engine::TierPolicy;

/// Which tiers may run a program, and when.
#[derive(Debug, Default, Args)]
pub struct Tiers {
    /// Use the interpreter alone.
    #[arg(long, conflicts_with = "tier")]
    interpret: bool,
    /// The highest tier that is used.
    #[arg(long, value_name = "TIER")]
    tier: Option<Highest>,
    /// Go from the interpreter straight to optimised code, to measure what baseline code is worth.
    #[arg(long, hide = true)]
    no_baseline: bool,
    /// Work after which there is baseline code, to measure what is best.
    #[arg(long, hide = true, value_name = "WORK")]
    baseline_after: Option<u32>,
    /// Work after which code is optimised, to measure what is best.
    #[arg(long, hide = true, value_name = "WORK")]
    optimise_after: Option<u32>,
}

/// A tier by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Highest {
    /// The interpreter alone.
    #[value(name = "0")]
    Interpreter,
    /// Baseline code: any function, without speculation.
    #[value(name = "1")]
    Baseline,
    /// Optimised code.
    #[value(name = "2")]
    Optimised,
}

impl Tiers {
    /// What the engine is told.
    pub fn policy(&self) -> TierPolicy {
        let usual = TierPolicy::default();
        let first = self.baseline_after.or(usual.baseline()).filter(|_| !self.no_baseline);
        let second = self.optimise_after.or(usual.optimised(usize::MAX)).unwrap_or_default();
        match self.tier {
            _ if self.interpret => TierPolicy::InterpretOnly,
            Some(Highest::Interpreter) => TierPolicy::InterpretOnly,
            Some(Highest::Baseline) => TierPolicy::Baseline { threshold: first.unwrap_or_default() },
            Some(Highest::Optimised) | None => TierPolicy::Tiered { baseline: first, threshold: second },
        }
    }
}
