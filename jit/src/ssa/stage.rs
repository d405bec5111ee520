//! The stages that a function goes through on its way to machine code, by name, so that each can be looked at.
//!
//! `improve` runs every pass by way of [`Staged::step`], `optimise` notes what stood there behind each where
//! [`crate::engine::EngineConfig::dump_stages`] asks. Invariant: a function changes in a named stage only, since nothing else hands it out to
//! be changed; each stage has a golden (`tests/runner/passes/stages.rs`).

use super::Func;
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
    /// What only doubles are made of is a double.
    Representation,
}

impl Stage {
    /// All of them, in their order, with the names that people give.
    pub const ALL: [(Stage, &'static str); 19] = [
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
        (Stage::Representation, "representation"),
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

/// Who looks at a function behind each stage, if anybody does.
pub type Observer<'a> = Option<&'a dyn Fn(Stage, &Func)>;

/// A function that changes stage by stage.
pub struct Staged<'a> {
    func: &'a mut Func,
    observer: Observer<'a>,
}

impl<'a> Staged<'a> {
    /// A function as it was built.
    pub fn new(func: &'a mut Func, observer: Observer<'a>) -> Staged<'a> {
        let mut it = Staged { func, observer };
        it.step(Stage::Build, |_| ());
        it
    }

    /// How it stands.
    pub fn func(&self) -> &Func {
        self.func
    }

    /// Runs a pass; gives what it tells.
    pub fn step<T>(&mut self, stage: Stage, pass: impl FnOnce(&mut Func) -> T) -> T {
        let told = pass(self.func);
        if let Some(observer) = self.observer {
            observer(stage, self.func);
        }
        told
    }
}
