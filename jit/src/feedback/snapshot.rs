//! A copy of the cells, for the compile thread.
//!
//! The engine makes it, `ssa::seen` reads it. Invariant: it never changes once the compiler has it.

use super::targets::Targets;
use super::{
    Arith, Call, FeedbackCell, Global, Index, NOTHING_BUT_FORGOTTEN, Property, Target, Variety, arith, call, index,
};

/// An immutable copy of one code's cells, which the compile thread may keep.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    words: Box<[(u64, u64)]>,
}

impl Snapshot {
    /// Copies the cells.
    pub fn of<'a>(cells: impl IntoIterator<Item = &'a FeedbackCell>) -> Snapshot {
        Snapshot { words: cells.into_iter().map(FeedbackCell::words).collect() }
    }

    /// Has a cell that has seen nothing see something.
    pub fn fill(&mut self, pc: u32, see: impl FnOnce(&FeedbackCell)) {
        let is_new = |words: &&mut (u64, u64)| matches!(**words, (0, 0) | (NOTHING_BUT_FORGOTTEN, 0));
        let Some(words) = self.words.get_mut(pc as usize).filter(is_new) else { return };
        let cell = FeedbackCell::default();
        see(&cell);
        *words = cell.words();
    }

    fn at(&self, pc: u32) -> (u64, u64) {
        self.words.get(pc as usize).copied().unwrap_or_default()
    }

    /// The operator view of the cell at `pc`.
    pub fn arith(&self, pc: u32) -> Arith {
        arith(self.at(pc).0)
    }

    /// The index view of the cell at `pc`.
    pub fn index(&self, pc: u32) -> Index {
        index(self.at(pc).0)
    }

    /// The call view of the cell at `pc`.
    pub fn call(&self, pc: u32) -> Call {
        call(self.at(pc).0)
    }

    /// The functions of the program that the call whose cell is at `pc` called.
    pub fn targets(&self, pc: u32) -> Targets {
        let (lo, hi) = self.at(pc);
        match call(lo) {
            Call { variety: Variety::Mono, target: Some(Target::Code(code)), .. } => Targets::default().with(code),
            Call { variety: Variety::Mega, .. } => Targets::from_word(hi),
            _ => Targets::default(),
        }
    }

    /// The property view of the cell at `pc`.
    pub fn property(&self, pc: u32) -> Property {
        Property::decode(self.at(pc))
    }

    /// The free-name view of the cell at `pc`.
    pub fn global(&self, pc: u32) -> Global {
        Global::decode(self.at(pc))
    }
}
