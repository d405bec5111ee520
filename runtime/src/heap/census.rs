//! A count of all objects on the heap by kind, for `gc.stats`.
//!
//! Asked by the intrinsic alone; looks at every cell, so it is no part of collecting. Invariant: only cells whose allocated bit
//! is set are looked at, after free regions were given back, so each holds an object.

use super::block::get_bit;
use super::{kind, read_header};
use crate::realm::Realm;
use crate::string::{SHORT_MAX, StringRef};

/// How many objects of each kind there are, garbage that was not collected yet included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Census {
    /// Strings that view a buffer.
    pub long_strings: u64,
    /// Strings in their own cell.
    pub short_strings: u64,
    /// Lists.
    pub lists: u64,
    /// Maps.
    pub maps: u64,
    /// Error values.
    pub errors: u64,
    /// Functions.
    pub functions: u64,
}

impl Realm {
    /// Counts the objects on the heap.
    pub fn census(&mut self) -> Census {
        self.expire_regions();
        let mut census = Census::default();
        for block in self.heap.blocks.iter() {
            for cell in 0..block.header().cell_count as usize {
                if !get_bit(&block.header().allocated, cell) {
                    continue;
                }
                let object = block.cell(cell);
                match read_header(object).kind {
                    kind::STRING if StringRef(object.cast()).byte_len() > SHORT_MAX => census.long_strings += 1,
                    kind::STRING => census.short_strings += 1,
                    kind::LIST => census.lists += 1,
                    kind::MAP => census.maps += 1,
                    kind::ERROR => census.errors += 1,
                    kind::FUNCTION => census.functions += 1,
                    _ => {}
                }
            }
        }
        census
    }
}
