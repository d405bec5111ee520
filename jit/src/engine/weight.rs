//! How much budget a unit's calls and loop heads take: the one definition that every tier subtracts by.
//!
//! Made from MIR alone, so that fuel runs out at the same instruction in every tier.
//! Invariants: every weight is at least 1, so that no endless loop is free; between two looks at the budget no more is taken off than a
//! fixed part of the program weighs.

use minilive_mir::ir::{BlockId, Inst, Unit};

/// The largest single weight, so that one entry of a huge unit does not eat a whole slice.
const MAX_WEIGHT: u32 = 10_000;

/// Weights of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// What an activation takes at its entry.
    pub call: u32,
    /// Whether the budget is looked at then. Not at the entry of a leaf, whose weight the next look finds gone.
    pub checks_call: bool,
    /// What each block takes when it is entered: 0 unless it is a loop head, then the loop's length.
    pub blocks: Box<[u32]>,
}

impl Weights {
    /// Weights of a unit. A loop is as long as the instructions from its head to its farthest back edge.
    pub fn of(unit: &Unit) -> Weights {
        let mut blocks = vec![0; unit.blocks.len()];
        for (i, block) in unit.blocks.iter().enumerate() {
            let Some(last) = block.end.checked_sub(1) else { continue };
            for target in targets(&unit.insts[last as usize]) {
                let head = &unit.blocks[target.0 as usize];
                if head.loop_head && target.0 as usize <= i {
                    let length = (block.end - head.first).clamp(1, MAX_WEIGHT);
                    blocks[target.0 as usize] = length.max(blocks[target.0 as usize]);
                }
            }
        }
        for (weight, block) in blocks.iter_mut().zip(&unit.blocks) {
            if block.loop_head {
                *weight = (*weight).max(1);
            }
        }
        let call = (unit.insts.len() as u32).clamp(1, MAX_WEIGHT);
        Weights { call, checks_call: !is_leaf(unit), blocks: blocks.into() }
    }

    /// The weight of a loop head, 0 for other blocks.
    pub fn block(&self, block: BlockId) -> u32 {
        self.blocks[block.0 as usize]
    }
}

/// Whether an activation ends by itself: no loop, and no call but of what a parameter may hold. That gets no arguments, so if it is a leaf,
/// too, there is nothing that it could call. A local that may mean a global instead may hold any function.
fn is_leaf(unit: &Unit) -> bool {
    let ends = |inst: &Inst| {
        matches!(
            inst,
            Inst::Const { .. }
                | Inst::Move { .. }
                | Inst::LoadLocal { deferred: true, .. }
                | Inst::Binary { .. }
                | Inst::Unary { .. }
                | Inst::AutoCall { .. }
                | Inst::GetIndex { .. }
                | Inst::GetKey { .. }
                | Inst::SetIndex { .. }
                | Inst::AndTest { .. }
                | Inst::OrTest { .. }
                | Inst::Jump { .. }
                | Inst::Branch { .. }
                | Inst::Return { .. }
        )
    };
    unit.insts.iter().all(ends) && unit.blocks.iter().all(|block| !block.loop_head)
}

/// The blocks to which a terminator may go.
pub fn targets(inst: &Inst) -> impl Iterator<Item = BlockId> {
    let (first, second) = match *inst {
        Inst::Jump { to } => (Some(to), None),
        Inst::Branch { then, els, .. } => (Some(then), Some(els)),
        Inst::AndTest { rhs, done, .. } | Inst::OrTest { rhs, done, .. } => (Some(rhs), Some(done)),
        Inst::IterNext { body, done, .. } => (Some(body), Some(done)),
        _ => (None, None),
    };
    first.into_iter().chain(second)
}
