//! The passes of the optimising compiler that can be left out, so that their worth can be measured and their work be seen.
//!
//! An engine's settings hold a set of them; `optimise` and `ssa::improve` ask it. Invariant: every set gives code that means the same.

use std::str::FromStr;

/// A pass that may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Callees become part of their callers.
    Inlining,
    /// Maps that nobody outside sees are not made.
    Escape,
    /// Part of it: numbers that were in their slots are passed to blocks as doubles.
    Unboxing,
    /// What is known already is not computed again.
    Numbering,
    /// Part of it: branches whose way is known are jumps.
    Folding,
    /// Part of it: guards that a stronger one follows go.
    Subsumption,
    /// What does not change in a loop is computed before it.
    Hoisting,
    /// Numbers in slots and globals that a loop reads and writes are carried from round to round in registers.
    Carrying,
    /// Of what a loop counts in step, one value is kept, and range checks of what it counts are made before it.
    Induction,
    /// Part of it: those range checks.
    RangeChecks,
    /// Whole quotients of integers are found without doubles.
    Division,
}

impl Pass {
    /// All of them, with the names that people give.
    pub const ALL: [(Pass, &'static str); 11] = [
        (Pass::Inlining, "inlining"),
        (Pass::Escape, "escape"),
        (Pass::Unboxing, "unboxing"),
        (Pass::Numbering, "numbering"),
        (Pass::Folding, "folding"),
        (Pass::Subsumption, "subsumption"),
        (Pass::Hoisting, "hoisting"),
        (Pass::Carrying, "carrying"),
        (Pass::Induction, "induction"),
        (Pass::RangeChecks, "range-checks"),
        (Pass::Division, "division"),
    ];

    /// The pass that it is part of: without that one, it does not run either.
    pub fn whole(self) -> Pass {
        match self {
            Pass::Unboxing => Pass::Escape,
            Pass::Folding | Pass::Subsumption => Pass::Numbering,
            Pass::RangeChecks => Pass::Induction,
            _ => self,
        }
    }
}

impl FromStr for Pass {
    type Err = String;

    fn from_str(text: &str) -> Result<Pass, String> {
        let found = Pass::ALL.into_iter().find(|it| it.1 == text);
        let names = || Pass::ALL.map(|it| it.1).join(", ");
        found.map(|it| it.0).ok_or_else(|| format!("there is no pass of this name; there are {}", names()))
    }
}

/// A set of passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passes {
    left_out: [bool; Pass::ALL.len()],
}

impl Default for Passes {
    /// All of them.
    fn default() -> Passes {
        Passes { left_out: [false; Pass::ALL.len()] }
    }
}

impl Passes {
    /// The set without one.
    #[must_use]
    pub fn without(mut self, pass: Pass) -> Passes {
        self.left_out[pass as usize] = true;
        self
    }

    /// Whether a pass runs.
    pub fn has(self, pass: Pass) -> bool {
        !self.left_out[pass as usize] && !self.left_out[pass.whole() as usize]
    }
}
