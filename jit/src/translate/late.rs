//! Values that are computed where they are needed instead of where they stand.
//!
//! The walk in `lower` asks which they are. An integer that is another one plus a constant, and that besides exits only one block names, is
//! one instruction for each of them; computed in its place it would keep a register up to the last exit. Invariant: what such a value is
//! computed from is defined wherever the value is named.

use crate::ssa::{Block, End, Func, Op, Val};
use rustc_hash::FxHashMap;

/// By value, what it is computed from and what is added.
pub(super) fn late_values(func: &Func) -> FxHashMap<Val, (Val, i64)> {
    let insts = || func.blocks.iter().flat_map(|block| &block.insts);
    let int = |inst: &crate::ssa::Inst| match inst.op {
        Op::Int(n) => Some((inst.result?, n)),
        _ => None,
    };
    let constants: FxHashMap<Val, i64> = insts().filter_map(int).collect();
    let mut late: FxHashMap<Val, (Val, i64)> = FxHashMap::default();
    for inst in insts().filter(|inst| inst.exit.is_none()) {
        let sign = match inst.op {
            Op::IAdd => 1,
            Op::ISub => -1,
            _ => continue,
        };
        if let (Some(result), Some(constant)) = (inst.result, constants.get(&inst.args[1]))
            && !constants.contains_key(&inst.args[0])
        {
            late.insert(result, (inst.args[0], sign * constant));
        }
    }
    if late.is_empty() {
        return late;
    }
    // The block that names each of them.
    let mut named: FxHashMap<Val, Block> = FxHashMap::default();
    for block in func.block_ids() {
        let mut name = |val: Val| {
            if late.contains_key(&val) && *named.entry(val).or_insert(block) != block {
                late.remove(&val);
            }
        };
        func[block].insts.iter().flat_map(|inst| &inst.args).copied().for_each(&mut name);
        match &func[block].end {
            End::Branch { cond: val, .. } | End::Return(val) => name(*val),
            End::Jump(_) | End::Leave(_) => {}
        }
        func[block].end.edges().flat_map(|edge| &edge.args).copied().for_each(&mut name);
    }
    late
}
