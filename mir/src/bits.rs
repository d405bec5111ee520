//! A set of small numbers: registers of a unit or variables of a function.
//!
//! Used by the verifier's flow analysis, by `scope`, and by the engine's liveness. Invariant: both sides of an operation have the same capacity.

use smallvec::{SmallVec, smallvec};

/// A set over `0..capacity`. Most units are small, and the compiler makes such sets by the thousand: they do without memory of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits(SmallVec<[u64; 2]>);

impl Bits {
    /// The empty set over `0..capacity`.
    pub fn empty(capacity: u32) -> Bits {
        Bits(smallvec![0; capacity.div_ceil(64) as usize])
    }

    /// Whether a number is in the set.
    pub fn contains(&self, n: u32) -> bool {
        self.0[(n / 64) as usize] >> (n % 64) & 1 != 0
    }

    /// Puts a number in.
    pub fn insert(&mut self, n: u32) {
        self.0[(n / 64) as usize] |= 1 << (n % 64);
    }

    /// Takes a number out.
    pub fn remove(&mut self, n: u32) {
        self.0[(n / 64) as usize] &= !(1 << (n % 64));
    }

    /// Takes in what is in the other.
    pub fn join(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    /// Keeps only what is in both; whether that changed anything.
    pub fn intersect(&mut self, other: &Bits) -> bool {
        let mut changed = false;
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            changed |= *word & !other != 0;
            *word &= other;
        }
        changed
    }
}
