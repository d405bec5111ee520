//! A table that only grows: appended under a lock, read by index without one.
//!
//! Shapes and names live in such tables, so that the compile thread reads them while realms add to them.
//! Invariant: an index, once given out, names the same element for good, and elements never move.

use std::sync::{Mutex, OnceLock, PoisonError};

/// Elements of the first chunk; each further chunk is twice as long.
const FIRST: usize = 64;
const CHUNKS: usize = 26;

/// The table.
#[derive(Debug)]
pub struct AppendTable<T> {
    chunks: [OnceLock<Box<[OnceLock<T>]>>; CHUNKS],
    len: Mutex<u32>,
}

impl<T> Default for AppendTable<T> {
    fn default() -> Self {
        AppendTable { chunks: [const { OnceLock::new() }; CHUNKS], len: Mutex::new(0) }
    }
}

#[inline(always)]
fn locate(index: u32) -> (usize, usize) {
    let shifted = index as usize + FIRST;
    let chunk = (usize::BITS - 1 - shifted.leading_zeros()) as usize - FIRST.trailing_zeros() as usize;
    (chunk, shifted - (FIRST << chunk))
}

impl<T> AppendTable<T> {
    /// The element at an index, if it was appended.
    #[inline(always)]
    pub fn get(&self, index: u32) -> Option<&T> {
        let (chunk, offset) = locate(index);
        self.chunks.get(chunk)?.get()?.get(offset)?.get()
    }

    /// Appends an element that may depend on its own index.
    pub fn push_with(&self, make: impl FnOnce(u32) -> T) -> u32 {
        let mut len = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        let index = *len;
        let (chunk, offset) = locate(index);
        let cells = self.chunks[chunk].get_or_init(|| (0..FIRST << chunk).map(|_| OnceLock::new()).collect());
        let fresh = cells[offset].set(make(index)).is_ok();
        debug_assert!(fresh, "an index is given out once");
        *len += 1;
        index
    }

    /// Appends an element.
    pub fn push(&self, element: T) -> u32 {
        self.push_with(|_| element)
    }

    /// How many elements there are.
    pub fn len(&self) -> u32 {
        *self.len.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_the_index_they_got() {
        let table = AppendTable::default();
        for expected in 0..10_000 {
            assert_eq!(table.push(expected * 3), expected);
        }
        assert!((0..10_000).all(|index| table.get(index) == Some(&(index * 3))));
        assert_eq!(table.get(10_000), None);
        assert_eq!(table.get(u32::MAX / 4), None);
    }
}
