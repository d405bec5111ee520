//! What a run saw and how it ended, as plain data.
//!
//! Made from a worker's answer, kept in the database as an input, read by `ide`. Invariant: values are keyed by unit and
//! instruction, never by position; only those who know the text of a revision turn them into places.

use crate::modules::{Lookup, ModulePrint};
use minilive_jit::engine::Lack;
use minilive_jit::record::Held;
use minilive_mir::ir::{InstId, RecordKind, UnitKey};
use minilive_mir::program::Fingerprint;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;

/// Names one evaluation of a file: what it is the evaluation of, in any revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvaluationId {
    /// The whole program.
    TopLevel,
    /// A watch or an example, by a hash of its text and its number among equal ones.
    Marker(u64),
}

/// What an evaluation depended on. It is fresh as long as all of it is unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependencies {
    /// The statements it ran over, in order.
    pub main: Arc<[(UnitKey, Fingerprint)]>,
    /// The functions it entered; all functions of the file where that is not known.
    pub functions: Arc<[(UnitKey, Fingerprint)]>,
    /// Hash of names and line tables, if it made one of them visible.
    pub positions: Option<u64>,
    /// The watched expression or example call.
    pub marker: Option<Fingerprint>,
    /// What its `import`s were answered, "there is none" included.
    pub imports: Arc<[ImportSeen]>,
}

/// An answered `import`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSeen {
    /// Where it looked.
    pub lookup: Lookup,
    /// What it got.
    pub print: ModulePrint,
}

/// A finished evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Of what.
    pub evaluation: EvaluationId,
    /// What it depended on.
    pub dependencies: Dependencies,
    /// Hash of budget, trust, seed and inputs: under another one, a run that was cut or refused something may go further.
    pub profile: u64,
    /// What came out.
    pub outcome: Arc<Outcome>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It came to its end; an expression has a value.
    Finished(Option<String>),
    /// A run-time error, with the line (1-based) in the text that was sent.
    Error {
        /// The sentence.
        message: String,
        /// The line, if it is one of this file's.
        line: Option<u32>,
        /// The line of the outermost call around it, under the same condition.
        from: Option<u32>,
        /// What was not there, where another host might have it.
        lacks: Option<Lack>,
    },
    /// It came to something that the host has and a worker has not: nothing is wrong with it.
    Needs {
        /// What, as it is written.
        what: String,
        /// Where it was.
        line: Option<u32>,
        /// As for an error.
        from: Option<u32>,
    },
    /// It used up a limit.
    Cut {
        /// Which, as a sentence.
        limit: String,
        /// Where it was.
        line: Option<u32>,
        /// As for an error.
        from: Option<u32>,
    },
    /// It called what it must not.
    Blocked {
        /// The intrinsic.
        name: String,
        /// Where.
        line: Option<u32>,
        /// As for an error.
        from: Option<u32>,
    },
    /// The program ended itself.
    Exit(i32),
    /// It was stopped.
    Cancelled,
}

/// What was seen at one instruction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Value {
    /// Which unit.
    pub unit: UnitKey,
    /// Which instruction.
    pub inst: InstId,
    /// The last value, bounded. Most are a few characters long, of which a document has thousands: those need no memory of their own.
    pub text: SmolStr,
    /// Its type's name.
    pub type_name: SmolStr,
    /// How often a value was seen.
    pub count: u64,
    /// The values before it, oldest first, bounded.
    pub trail: Vec<SmolStr>,
    /// Why it was kept.
    pub kind: RecordKind,
    /// The variable whose value it is: instructions are renumbered when the function around them is edited, names are not.
    pub name: Option<SmolStr>,
    /// What the last one held when the run was over.
    pub held: Held,
}

/// The kind of code a function runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// The interpreter.
    Interpreter,
    /// The baseline compiler.
    Baseline,
    /// The optimising compiler.
    Native,
    /// Compiled code that was left for good.
    Left,
}

/// What became of one unit's code in a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FunctionReport {
    /// Which unit.
    pub unit: UnitKey,
    /// Its tier at the end.
    pub tier: Tier,
    /// Whether this is the code that keeps values for the editor, which is slower than the code of a plain run.
    pub recording: bool,
    /// How often it was entered.
    pub calls: u64,
    /// How often its loops went round.
    pub loops: u64,
    /// How often compiled code was left since the code came to the worker.
    pub exits: u64,
    /// How often it was compiled since then, by either compiler.
    pub compiles: u32,
    /// How long that took.
    pub compile_time: Duration,
    /// Bytes of its machine code.
    pub bytes: usize,
    /// The functions whose machine code has its code in the place of calls, in words.
    pub inlined_into: Option<String>,
    /// Why it is not faster, in one sentence.
    pub reason: Option<String>,
}

/// All that is known of a run that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What it saw.
    pub values: Vec<Value>,
    /// What became of its code.
    pub functions: Vec<FunctionReport>,
    /// The units it executed; `None` if that is not known, so that any change reaches it.
    pub executed: Option<Vec<UnitKey>>,
    /// Whether it made a line number or an `@fN` name visible.
    pub position_dependent: bool,
    /// Wall clock time.
    pub elapsed: Duration,
    /// Operations.
    pub fuel: u64,
}
