//! Bytecode as it runs: each word with its feedback and its count side by side, so that one pointer reaches all three.
//!
//! `table` makes the slots of a code object from its verified bytecode; the dispatch loop walks them, the compiler reads
//! feedback and lets compiled code add to counts. Invariant: words never change and slots keep their address while the code
//! lives.

use crate::bytecode::{Bytecode, Word};
use crate::feedback::FeedbackCell;
use std::cell::Cell;

/// One bytecode word.
#[derive(Debug)]
#[repr(C)]
pub struct Slot {
    /// The word.
    pub word: Word,
    /// What was seen at it.
    pub cell: FeedbackCell,
    /// If it starts a block: how often that block was entered in this run. Means nothing elsewhere.
    pub count: Cell<u64>,
}

/// The slots of a unit's bytecode.
pub fn slots(bytecode: &Bytecode) -> Box<[Slot]> {
    let slot = |&word| Slot { word, cell: FeedbackCell::default(), count: Cell::new(0) };
    bytecode.words.iter().map(slot).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_slots_fill_a_cache_line() {
        assert_eq!(size_of::<Slot>(), 32);
    }
}
