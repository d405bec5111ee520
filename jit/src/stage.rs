//! The stages that a function goes through in the optimising compiler, by name, so that each can be looked at.
//!
//! `ssa::improve` names one for each pass, dumps hold them, `minilive dump --after` takes one. Invariants: they stand in the order in which
//! they run; each has a golden (`tests/runner/passes/stages.rs`).

use std::fmt;
use std::str::FromStr;

/// What a function has gone through; in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It was made of MIR and of what the interpreter saw.
    Build,
    /// Block parameters that only one value comes to went.
    TrivialPhis,
    /// What nothing uses went.
    DeadCode,
    /// Maps and lists that nobody outside sees went; what they held are values.
    Escape,
    /// Numbers that were boxed only to be passed to a block are passed as doubles.
    Unboxing,
    /// What only maps and lists that went had used went, too.
    EscapeDeadCode,
    /// Whole quotients of integers are found without doubles.
    IntDivision,
    /// Loops have a block before them.
    Preheaders,
    /// Of several values that a loop counts in step one is left.
    Induction,
    /// What was known already is not computed again, constants are folded, numbers taken out of their boxes.
    ValueNumbering,
    /// Branches whose way is known are jumps.
    BranchFolding,
    /// Guards that a stronger one follows went.
    GuardSubsumption,
    /// Block parameters went that only one value comes to, now that those guards hand nothing on.
    LateTrivialPhis,
    /// What that tells is not computed again, either.
    LateValueNumbering,
    /// What does not change in a loop stands before it.
    LoopInvariants,
    /// Numbers in slots and globals that a loop changes are carried from round to round as values.
    ScalarPromotion,
    /// Range checks of what a loop counts stand before it.
    RangeChecks,
    /// What nothing uses any more went.
    LateDeadCode,
}

impl Stage {
    /// All of them, in their order, with the names that people give.
    pub const ALL: [(Stage, &'static str); 18] = [
        (Stage::Build, "build"),
        (Stage::TrivialPhis, "trivial-phis"),
        (Stage::DeadCode, "dce"),
        (Stage::Escape, "escape"),
        (Stage::Unboxing, "unboxing"),
        (Stage::EscapeDeadCode, "escape-dce"),
        (Stage::IntDivision, "int-division"),
        (Stage::Preheaders, "preheaders"),
        (Stage::Induction, "induction"),
        (Stage::ValueNumbering, "gvn"),
        (Stage::BranchFolding, "branch-folding"),
        (Stage::GuardSubsumption, "guard-subsumption"),
        (Stage::LateTrivialPhis, "late-trivial-phis"),
        (Stage::LateValueNumbering, "late-gvn"),
        (Stage::LoopInvariants, "licm"),
        (Stage::ScalarPromotion, "scalar-promotion"),
        (Stage::RangeChecks, "range-checks"),
        (Stage::LateDeadCode, "late-dce"),
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Stage::ALL[*self as usize].1)
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Stage, String> {
        let found = Stage::ALL.into_iter().find(|it| it.1 == text);
        let names = || Stage::ALL.map(|it| it.1).join(", ");
        found
            .map(|it| it.0)
            .ok_or_else(|| format!("there is no stage of this name; there are, in their order, {}", names()))
    }
}
