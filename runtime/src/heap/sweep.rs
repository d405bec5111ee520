//! Sweeping: what was not marked is free again; what it held outside the heap is released.
//!
//! `cycle` drives it behind marking, block by block. Dead cells are not touched unless they own outside memory (or stress mode poisons them);
//! the mark bits simply become the allocated bits. Invariants as in `heap.rs`.
#![expect(unsafe_code, reason = "poisons and finalises dead cells")]

use super::block::Block;
use super::{Header, kind, read_header};
use crate::realm::Realm;
use crate::{handle, list, map};
use std::ptr::NonNull;

/// Frees what is not marked in a block; returns the bytes released outside and the number of objects that are left.
pub(crate) fn sweep_block(block: Block, poison: bool) -> (u64, u64) {
    let released = finalise_dead(block);
    if poison {
        poison_dead(block);
    }
    let header = block.header();
    let words = header.used_words();
    let live = header.mark[..words].iter().map(|word| u64::from(word.count_ones())).sum();
    header.allocated[..words].copy_from_slice(&header.mark[..words]);
    header.mark[..words].fill(0);
    header.cursor = 0;
    (released, live)
}

impl Realm {
    /// Frees everything at once, when the realm goes.
    pub(crate) fn release_heap(&mut self) {
        for block in self.heap.blocks.iter() {
            block.header().mark.fill(0);
            finalise_dead(block);
        }
        self.heap.large.clear();
        self.heap.blocks.clear(&self.shared.blocks);
    }
}

/// Releases what dead objects of a block own outside; returns the bytes.
fn finalise_dead(block: Block) -> u64 {
    let header = block.header();
    let mut released = 0;
    for at in 0..header.used_words() {
        let mut dead = header.finalise[at] & !header.mark[at];
        header.finalise[at] &= header.mark[at];
        while dead != 0 {
            let cell = at * 64 + dead.trailing_zeros() as usize;
            dead &= dead - 1;
            released += finalise(block.cell(cell));
        }
    }
    released
}

fn finalise(object: NonNull<Header>) -> u64 {
    match read_header(object).kind {
        kind::LIST => list::finalise(object.cast()),
        kind::MAP => map::finalise(object.cast()),
        kind::HANDLE => handle::finalise(object.cast()),
        found => {
            debug_assert!(false, "kind {found} owns nothing outside");
            0
        }
    }
}

fn poison_dead(block: Block) {
    let header = block.header();
    let size = header.cell_size as usize;
    for at in 0..header.used_words() {
        let mut dead = header.allocated[at] & !header.mark[at];
        while dead != 0 {
            let cell = at * 64 + dead.trailing_zeros() as usize;
            dead &= dead - 1;
            // SAFETY: heap invariant 2: the cell is allocated and unmarked, so nobody refers to it any more.
            unsafe { block.cell(cell).cast::<u8>().write_bytes(kind::POISON, size) };
        }
    }
}
