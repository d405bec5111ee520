//! How often what ran: exact counts per (unit, block), and the heat that asks for compilation.
//!
//! The interpreter and compiled code add, `stats` reads after a run. Counts belong to the source unit and its block, never to
//! a piece of machine code: an inlined copy adds to the callee's. Invariant: block 0 is entered once an activation, since no
//! jump goes there; so its count is the number of calls.

use crate::engine::unit::Code;
use minilive_mir::ir::BlockId;
use std::cell::Cell;

/// What is counted for one code object beside its blocks.
#[derive(Debug)]
pub struct Counters {
    /// Weighted work left until the policy is asked to compile; counted down by calls and loop heads.
    pub heat: Cell<i64>,
}

impl Code {
    /// The count of a block; compiled code adds to it.
    pub fn block_word(&self, block: BlockId) -> &Cell<u64> {
        &self.slots[self.bytecode.block_pc[block.0 as usize] as usize].count
    }

    /// Counts of all blocks in order.
    pub fn block_counts(&self) -> Vec<u64> {
        self.bytecode.block_pc.iter().map(|&pc| self.slots[pc as usize].count.get()).collect()
    }

    /// Activations in this run.
    pub fn calls(&self) -> u64 {
        self.slots[0].count.get()
    }

    /// Whether it ran in this run. Loops that compiled code entered count for their activation.
    pub fn is_untouched(&self) -> bool {
        self.calls() == 0
    }

    /// Forgets the counts of the last run. Heat stays: it belongs to the code, not to the run.
    pub fn reset_counts(&self) {
        if !self.is_untouched() {
            self.slots.iter().for_each(|slot| slot.count.set(0));
        }
    }
}
