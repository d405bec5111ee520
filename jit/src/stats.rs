//! What the editor and the command line show of a run's functions: tier, calls, compilations, exits with lines, refusals.
//!
//! `engine` folds it from code objects after a run and while one is running. Plain data. Invariant: sorted by how much work a
//! function did, so that the first lines matter most.

use crate::engine::tier::Tier;
use crate::engine::unit::{Code, CodeId};
use crate::reason::{ExitReason, Invalidation, Refusal};
use minilive_mir::ir::{BlockId, Inst, InstId, UnitKey};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Exits of one guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitStats {
    /// Why.
    pub reason: ExitReason,
    /// The instruction at which the interpreter went on.
    pub inst: InstId,
    /// Its line in the file.
    pub line: u32,
    /// How often.
    pub count: u64,
}

/// One function or top-level statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionStats {
    /// The unit.
    pub key: UnitKey,
    /// Its name; empty for statements.
    pub name: String,
    /// The line at which it begins.
    pub line: u32,
    /// The highest tier installed.
    pub tier: Tier,
    /// Loop heads with an entry of their own.
    pub loops: Vec<BlockId>,
    /// Activations in this run.
    pub calls: u64,
    /// How often its loops went round in this run.
    pub rounds: u64,
    /// Instructions that its blocks ran in this run.
    pub work: u64,
    /// Compilations by the optimiser since it was loaded.
    pub compiles: u32,
    /// How long these took.
    pub compile_time: Duration,
    /// Bytes of its machine code, as far as that is entered.
    pub bytes: usize,
    /// How long making baseline code took, which is not among the compilations.
    pub baseline_time: Duration,
    /// Bytes of the baseline code.
    pub baseline_bytes: usize,
    /// The functions, with their lines, whose optimised code has its code in the place of calls.
    pub inlined_into: Vec<(String, u32)>,
    /// Guards that failed since it was loaded, most frequent first.
    pub exits: Vec<ExitStats>,
    /// Why it is not compiled.
    pub refusal: Option<Refusal>,
    /// Why its code was dropped last.
    pub invalidation: Option<Invalidation>,
    /// Whether it ran as the recording variant.
    pub recording: bool,
}

/// How often each block of a unit ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCounts {
    /// The unit.
    pub key: UnitKey,
    /// Entries of each block, in block order.
    pub blocks: Vec<u64>,
}

/// Totals of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EngineStats {
    /// Code objects known.
    pub codes: usize,
    /// Of these, how many have compiled code.
    pub compiled: usize,
    /// Compilations so far.
    pub compiles: u64,
    /// Exits so far.
    pub exits: u64,
    /// Runs so far.
    pub runs: u64,
    /// Bytes of machine code.
    pub native_bytes: usize,
    /// Exits that compiled code may be left through.
    pub exits_known: usize,
    /// Entries whose machine code was given back so far.
    pub freed_pieces: u64,
    /// Bytes of that.
    pub freed_bytes: u64,
}

/// The statistics of one code object.
pub fn function_stats(code: &Code) -> FunctionStats {
    let mut exits: Vec<ExitStats> = code
        .tier
        .exits
        .borrow()
        .iter()
        .map(|exit| ExitStats { reason: exit.reason, inst: exit.inst, line: code.line(exit.inst), count: exit.count })
        .collect();
    exits.sort_by_key(|exit| std::cmp::Reverse(exit.count));
    let heads = code.tier.osr.iter().enumerate().filter(|(_, entry)| entry.get() != 0);
    FunctionStats {
        key: code.key,
        name: code.info.borrow().name.to_string(),
        line: code.info.borrow().base_line,
        tier: code.tier.tier.get(),
        loops: heads.map(|(block, _)| BlockId(block as u32)).collect(),
        calls: code.calls(),
        rounds: rounds(code),
        work: work(code),
        compiles: code.tier.compiles.get(),
        compile_time: code.tier.compile_time.get(),
        bytes: code.tier.bytes(),
        baseline_time: code.tier.baseline_time.get(),
        baseline_bytes: code.tier.baseline_bytes.get(),
        inlined_into: Vec::new(),
        exits,
        refusal: code.tier.refusal.get(),
        invalidation: code.tier.invalidation.get(),
        recording: code.recording,
    }
}

/// The statistics of some code objects, and which of them became part of which.
pub fn all_functions(codes: &[&Code]) -> Vec<FunctionStats> {
    let places: FxHashMap<CodeId, usize> = codes.iter().enumerate().map(|(i, code)| (code.id, i)).collect();
    let mut all: Vec<FunctionStats> = codes.iter().map(|code| function_stats(code)).collect();
    for code in codes.iter().filter(|code| code.tier.tier.get() == Tier::Optimised) {
        let caller = (code.info.borrow().name.to_string(), code.info.borrow().base_line);
        for callee in code.tier.inlined.borrow().iter().filter_map(|it| places.get(&it.id)) {
            all[*callee].inlined_into.push(caller.clone());
        }
    }
    all
}

/// How often its loops went round: how often their heads were reached, but not for the first time.
fn rounds(code: &Code) -> u64 {
    let (blocks, counts) = (&code.unit.blocks, code.block_counts());
    let is_head = |block: BlockId| blocks.get(block.0 as usize).is_some_and(|block| block.loop_head);
    let reached: u64 = blocks.iter().zip(&counts).filter(|(block, _)| block.loop_head).map(|(_, count)| count).sum();
    // A loop is entered by the jump in front of it; all other jumps to its head come from behind.
    let entered = (0..).zip(blocks).zip(&counts).filter(|((index, block), _)| {
        let last = block.end.checked_sub(1).and_then(|last| code.unit.insts.get(last as usize));
        matches!(last, Some(Inst::Jump { to }) if to.0 > *index && is_head(*to))
    });
    reached.saturating_sub(entered.map(|(_, count)| count).sum())
}

/// Instructions run: block counts times block lengths.
fn work(code: &Code) -> u64 {
    let lengths = code.unit.blocks.iter().map(|block| u64::from(block.end - block.first));
    code.block_counts().into_iter().zip(lengths).map(|(count, length)| count.saturating_mul(length)).sum()
}
