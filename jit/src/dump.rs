//! What the compiler made, as text for people: the SSA, CLIF and machine code of each entry.
//!
//! `optimise` notes it where [`crate::engine::EngineConfig::dump`] asks, `Engine::take_dumps` hands it out, `minilive dump` prints it.
//! Invariant: plain data; what is shown is what was installed, never a second compilation.

use crate::engine::tier::Tier;
use crate::stage::Stage;
use minilive_mir::ir::{InstId, UnitKey};

/// One line of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The MIR instruction it belongs to, where it belongs to one.
    pub inst: Option<InstId>,
    /// The unit of that instruction, once it is known: the dump's own, or a callee's that became part of it.
    pub unit: Option<UnitKey>,
    /// The line, without its end.
    pub text: String,
}

impl Line {
    /// A line of no instruction.
    pub fn plain(text: impl Into<String>) -> Line {
        Line::of(None, text)
    }

    /// A line of an instruction of the body that was compiled.
    pub fn of(inst: Option<InstId>, text: impl Into<String>) -> Line {
        Line { inst, unit: None, text: text.into() }
    }
}

/// The typed form behind each stage, in their order. What goes on in rounds stands here once a round.
pub type Stages = Vec<(Stage, Vec<Line>)>;

/// One compiled entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// The unit.
    pub key: UnitKey,
    /// Which tier's code it is.
    pub tier: Tier,
    /// The first instruction of the loop that is entered from the interpreter; none: calls enter it.
    pub loop_head: Option<InstId>,
    /// The typed form the optimiser works on; baseline code has none.
    pub ssa: Vec<Line>,
    /// How it stood behind each stage, where [`crate::engine::EngineConfig::dump_stages`] asks.
    pub stages: Stages,
    /// What Cranelift was given; it does not make baseline code.
    pub clif: Vec<Line>,
    /// The machine code, before it got its place.
    pub asm: Vec<Line>,
    /// Size of the machine code in bytes.
    pub bytes: usize,
}
