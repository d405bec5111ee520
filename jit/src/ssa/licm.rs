//! Loop-invariant code motion: what gives the same in every round of a loop is computed once before it.
//!
//! Runs behind `gvn`. Only what may be carried out although the loop's body might not be moves, to the end of the block that dominates
//! the loop's head: computations without an exit, and reads of what the loop does not change. Invariant: what an instruction
//! needs dominates the place it moves to.

use super::dom::{Dominators, NaturalLoop};
use super::effects::{self, Memory};
use super::gvn::{written_in_blocks, written_in_loop};
use super::{Block, Func, Inst, Val};

/// Moves invariant instructions out of loops; `loops` are inner before outer.
pub fn hoist(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop]) {
    if loops.is_empty() {
        return;
    }
    let written = written_in_blocks(func);
    let mut home = homes(func);
    for it in loops {
        let Some(before) = dominators.idom(it.head) else { continue };
        let is_only_way =
            dominators.preds[it.head.0 as usize].iter().all(|&pred| pred == before || it.contains[pred.0 as usize]);
        let mut changed = written_in_loop(it, &written);
        if !is_only_way {
            // Something between may change what is read.
            changed = Memory::ALL;
        }
        let inside: Vec<Block> =
            dominators.order.iter().copied().filter(|block| it.contains[block.0 as usize]).collect();
        for block in inside {
            let insts = std::mem::take(&mut func[block].insts);
            let (moved, kept): (Vec<Inst>, Vec<Inst>) = insts.into_iter().partition(|inst| {
                let moves = effects::may_be_early(inst)
                    && !effects::is_constant(inst.op)
                    && !effects::reads(inst.op).meets(changed)
                    && inst.args.iter().all(|arg| home[arg.0 as usize].is_some_and(|at| !it.contains[at.0 as usize]));
                if moves && let Some(result) = inst.result {
                    home[result.0 as usize] = Some(before);
                }
                moves
            });
            func[block].insts = kept;
            func[before].insts.extend(moved);
        }
    }
}

/// The block that defines each value.
fn homes(func: &Func) -> Vec<Option<Block>> {
    let mut homes = vec![None; func.reps.len()];
    for block in func.block_ids() {
        let data = &func[block];
        let defined: Vec<Val> =
            data.params.iter().copied().chain(data.insts.iter().filter_map(|inst| inst.result)).collect();
        defined.into_iter().for_each(|val| homes[val.0 as usize] = Some(block));
    }
    homes
}
