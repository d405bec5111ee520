//! Blocks before loops: where what a loop does not change is computed, and from where compiled code is left before it begins.
//!
//! `improve` makes them, so that `licm` and `bounds` find them. Invariant: a state that [`resume_state`] gives may be resumed at the end of the
//! block: nothing behind the place where it was taken has an effect.

use super::dom::{Dominators, NaturalLoop};
use super::{Block, BlockData, Edge, End, Func, Inst, Op, StateId};

/// Gives each loop that one branch leads to a block of its own before its head; tells whether there were any such.
pub fn split(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop]) -> bool {
    let mut any = false;
    for it in loops {
        let mut outside = dominators.preds[it.head.0 as usize].iter().copied().filter(|&pred| !it.has(pred));
        let (Some(pred), None) = (outside.next(), outside.next()) else { continue };
        if func[pred].end.edges().count() == 1 {
            continue;
        }
        let made = Block(func.blocks.len() as u32);
        let Some(edge) = func[pred].end.edges_mut().find(|edge| edge.target() == it.head) else { continue };
        let edge = std::mem::replace(edge, Edge::new(made, Vec::new()));
        let in_loop = func[it.head].in_loop.and_then(|i| func.loops[i as usize].parent);
        func.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            end: End::Jump(edge),
            in_loop,
            cold: false,
        });
        any = true;
    }
    any
}

/// Longest way back to where a state was taken.
const MOST_BLOCKS: usize = 4;

/// A state from which the interpreter may go on at the end of a block.
pub fn resume_state(func: &Func, dominators: &Dominators, end: Block) -> Option<StateId> {
    let mut block = end;
    for _ in 0..MOST_BLOCKS {
        for inst in func[block].insts.iter().rev() {
            match inst.exit {
                Some(exit) if leaves_before_effects(inst) => return Some(exit.state),
                _ if inst.op.is_pure() => {}
                _ => return None,
            }
        }
        match dominators.preds[block.0 as usize][..] {
            [only] => block = only,
            _ => return None,
        }
    }
    None
}

/// Whether nothing has happened between the state that an instruction's exit names and the place behind it. Only the head of a loop
/// does something of its own, and its state is the one behind that.
fn leaves_before_effects(inst: &Inst) -> bool {
    !matches!(inst.op, Op::EnterInlined { .. })
}
