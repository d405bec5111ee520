//! What may stop a program from outside: limits, each with its own message.
//!
//! The engine fills [`Limits`] from a run request; the realm and the engine's budget slow path compare against it.
//! Invariant: every limit but the clock is counted by ourselves, so running into it is deterministic and can be tested.

use std::fmt;
use std::time::Duration;

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// The counted steps are used up.
    Fuel,
    /// The wall clock ran out.
    Time,
    /// The heap grew beyond its byte count.
    Memory,
    /// The program printed too much.
    Output,
    /// Calls nested too deeply for the stack.
    Depth,
}

impl LimitKind {
    /// All of them.
    pub const ALL: [LimitKind; 5] =
        [LimitKind::Fuel, LimitKind::Time, LimitKind::Memory, LimitKind::Output, LimitKind::Depth];
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitKind::Fuel => "step limit reached",
            LimitKind::Time => "time limit reached",
            LimitKind::Memory => "memory limit reached",
            LimitKind::Output => "output limit reached",
            LimitKind::Depth => "call depth limit reached",
        })
    }
}

/// How much a run may use. `u64::MAX` and `None` mean "no limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps.
    pub fuel: u64,
    /// Wall clock.
    pub time: Option<Duration>,
    /// Bytes of heap, by the collector's own count.
    pub memory: u64,
    /// Bytes of output.
    pub output: u64,
    /// Nested calls; `u32::MAX` leaves it to the native stack.
    pub depth: u32,
}

impl Limits {
    /// No limits at all.
    pub const NONE: Limits = Limits { fuel: u64::MAX, time: None, memory: u64::MAX, output: u64::MAX, depth: u32::MAX };
}

/// How much memory a program may use where nobody says it: three quarters of what the computer has, so that a program that goes
/// wrong does not take the rest down with it.
pub fn default_memory() -> u64 {
    /// What is assumed where the system does not tell.
    const UNKNOWN: u64 = 8 << 30;
    crate::shell::total_memory().map_or(UNKNOWN, |total| total / 4 * 3)
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_its_own_message() {
        let texts: std::collections::HashSet<String> = LimitKind::ALL.iter().map(|kind| kind.to_string()).collect();
        assert_eq!(texts.len(), LimitKind::ALL.len());
    }
}
