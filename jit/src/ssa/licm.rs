//! Loop-invariant code motion: what gives the same in every round of a loop is computed once before it.
//!
//! Runs behind `gvn`. Only what may be carried out although the loop's body might not be moves, to the end of the block that dominates
//! the loop's head: computations without an exit, and reads of what the loop does not change. Where an array stands is known as long as
//! what it belongs to is alive, which the heads of the loop then have to see to. Invariant: what an instruction needs dominates the
//! place it moves to.

use super::dom::{Dominators, NaturalLoop};
use super::effects::{self, Memory};
use super::gvn::{written_in_blocks, written_in_loop};
use super::{Block, Func, Inst, Op, Val};
use minilive_mir::ir::InstId;
use rustc_hash::FxHashMap;

/// Moves invariant instructions out of loops; `loops` are inner before outer.
pub fn hoist(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop]) {
    if loops.is_empty() {
        return;
    }
    let written = written_in_blocks(func);
    let mut home = homes(func);
    let mut constants = constants_of(func);
    let boxed = boxed_objects(func);
    for it in loops {
        let Some(before) = dominators.idom(it.head) else { continue };
        let is_only_way =
            dominators.preds[it.head.0 as usize].iter().all(|&pred| pred == before || it.contains[pred.0 as usize]);
        // Something between may change what is read.
        let changed = if is_only_way { written_in_loop(it, &written) } else { Memory::ALL };
        let inside: Vec<Block> =
            dominators.order.iter().copied().filter(|block| it.contains[block.0 as usize]).collect();
        let mut owners = Vec::new();
        for &block in &inside {
            let insts = std::mem::take(&mut func[block].insts);
            let (mut moved, mut kept) = (Vec::new(), Vec::with_capacity(insts.len()));
            for mut inst in insts {
                let moves = effects::may_be_early(&inst)
                    && !effects::is_constant(inst.op)
                    && stays(inst.op, changed)
                    && inst.args.iter().all(|arg| constants.contains_key(arg) || outside(&home, it, *arg));
                if !moves {
                    kept.push(inst);
                    continue;
                }
                for arg in &mut inst.args {
                    if outside(&home, it, *arg) {
                        continue;
                    }
                    *arg = again(func, &mut constants, *arg, &mut moved);
                    home.push(Some(before));
                }
                if let Some(result) = inst.result {
                    home[result.0 as usize] = Some(before);
                }
                if effects::is_array(inst.op) {
                    let owner = inst.args[0];
                    owners.push(boxed.get(&owner).copied().unwrap_or(owner));
                }
                moved.push(inst);
            }
            func[block].insts = kept;
            func[before].insts.extend(moved);
        }
        keep_alive(func, &inside, &owners);
    }
}

/// Whether an operation gives the same after so much has changed, as long as the loop keeps alive what it asks about.
fn stays(op: Op, changed: Memory) -> bool {
    let found = effects::reads(op);
    if effects::is_array(op) { !found.without(Memory::SLICE).meets(changed) } else { !found.meets(changed) }
}

/// Has the loop heads among these blocks keep alive what arrays belong to.
fn keep_alive(func: &mut Func, blocks: &[Block], owners: &[Val]) {
    for &block in blocks {
        let heads = func[block].insts.iter_mut().filter(|inst| matches!(inst.op, Op::EnterLoop { .. }));
        for head in heads {
            owners.iter().for_each(|owner| {
                if !head.args.contains(owner) {
                    head.args.push(*owner);
                }
            });
        }
    }
}

/// Whether a value is defined outside of a loop.
fn outside(home: &[Option<Block>], around: &NaturalLoop, val: Val) -> bool {
    home[val.0 as usize].is_some_and(|at| !around.has(at))
}

/// The constants of a function.
fn constants_of(func: &Func) -> FxHashMap<Val, Op> {
    let insts = func.blocks.iter().flat_map(|block| &block.insts);
    insts.filter(|inst| effects::is_constant(inst.op)).filter_map(|inst| Some((inst.result?, inst.op))).collect()
}

/// The boxed values of objects. These are what loop heads keep alive, since their exits most often need them anyway.
fn boxed_objects(func: &Func) -> FxHashMap<Val, Val> {
    let insts = func.blocks.iter().flat_map(|block| &block.insts);
    insts.filter(|inst| inst.op == Op::Object).filter_map(|inst| Some((inst.result?, inst.args[0]))).collect()
}

/// Makes a constant once more, where what needs it moves to.
fn again(func: &mut Func, constants: &mut FxHashMap<Val, Op>, val: Val, moved: &mut Vec<Inst>) -> Val {
    let (op, at) = (constants[&val], moved.last().map_or(InstId(0), |inst| inst.at));
    let made = func.new_val(func.rep(val));
    constants.insert(made, op);
    moved.push(Inst { op, args: Vec::new(), result: Some(made), exit: None, at });
    made
}

/// The block that defines each value.
pub fn homes(func: &Func) -> Vec<Option<Block>> {
    let mut homes = vec![None; func.reps.len()];
    for block in func.block_ids() {
        let data = &func[block];
        let defined: Vec<Val> =
            data.params.iter().copied().chain(data.insts.iter().filter_map(|inst| inst.result)).collect();
        defined.into_iter().for_each(|val| homes[val.0 as usize] = Some(block));
    }
    homes
}
