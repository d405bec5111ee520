//! How often what ran: exact counts per (unit, block), calls, and the heat that asks for compilation.
//!
//! The interpreter and compiled code add, `stats` reads after a run. Counts belong to the source unit and its block, never to
//! a piece of machine code: an inlined copy adds to the callee's. Invariant: the words keep their address while the code
//! lives, so compiled code may hold it.

use minilive_mir::ir::BlockId;
use std::cell::Cell;

/// The counters of one code object.
#[derive(Debug)]
pub struct Counters {
    /// One word per bytecode word; those at the first word of a block are that block's count, the others mean nothing.
    words: Box<[Cell<u64>]>,
    block_pc: Box<[u32]>,
    /// Activations.
    pub calls: Cell<u64>,
    /// Weighted work left until the policy is asked to compile; counted down by calls and loop heads.
    pub heat: Cell<i64>,
}

impl Counters {
    /// Fresh counters for code of `len` words whose blocks start at `block_pc`.
    pub fn new(len: usize, block_pc: &[u32], heat: i64) -> Counters {
        Counters {
            words: (0..len).map(|_| Cell::new(0)).collect(),
            block_pc: block_pc.into(),
            calls: Cell::new(0),
            heat: Cell::new(heat),
        }
    }

    /// All words, by bytecode position.
    pub fn words(&self) -> &[Cell<u64>] {
        &self.words
    }

    /// How often a block was entered in this run.
    pub fn block(&self, block: BlockId) -> u64 {
        self.block_word(block).get()
    }

    /// The word of a block; compiled code adds to it.
    pub fn block_word(&self, block: BlockId) -> &Cell<u64> {
        &self.words[self.block_pc[block.0 as usize] as usize]
    }

    /// Counts of all blocks in order.
    pub fn blocks(&self) -> Vec<u64> {
        self.block_pc.iter().map(|&pc| self.words[pc as usize].get()).collect()
    }

    /// Whether nothing of the code ran.
    pub fn is_untouched(&self) -> bool {
        self.block_pc.iter().all(|&pc| self.words[pc as usize].get() == 0)
    }

    /// Forgets the counts of the last run. Heat stays: it belongs to the code, not to the run.
    pub fn reset(&self) {
        if !self.is_untouched() || self.calls.get() != 0 {
            self.words.iter().for_each(|word| word.set(0));
            self.calls.set(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_count_at_their_first_word() {
        let counters = Counters::new(10, &[0, 4, 7], 100);
        assert!(counters.is_untouched());
        counters.block_word(BlockId(1)).set(5);
        counters.words()[5].set(99);
        assert_eq!(counters.blocks(), [0, 5, 0]);
        counters.reset();
        assert_eq!(counters.blocks(), [0, 0, 0]);
        assert_eq!(counters.heat.get(), 100);
    }
}
