//! Sweeping: what was not marked is free again; what it held outside the heap is released.
//!
//! Runs right after marking. Dead cells are not touched unless they own outside memory (or stress mode poisons them);
//! the mark bits simply become the allocated bits. Invariants as in `heap.rs`.
#![expect(unsafe_code, reason = "poisons and finalises dead cells")]

use super::block::{Block, get_bit};
use super::{Header, kind, read_header};
use crate::realm::Realm;
use crate::{handle, list, map};
use std::ptr::NonNull;

impl Realm {
    /// Collects garbage now. Nothing happens outside of [`Realm::enter`], where live values could not be found.
    #[inline(never)]
    pub fn collect(&mut self) {
        if self.heap.native_base == 0 {
            return;
        }
        self.expire_regions();
        self.mark_all();
        self.sweep();
    }

    fn sweep(&mut self) {
        let poison = self.heap.config.stress;
        let mut objects = 0;
        let mut bytes = 0;
        for block in self.heap.blocks.iter() {
            self.heap.outside -= finalise_dead(block);
            if poison {
                poison_dead(block);
            }
            let header = block.header();
            let live: u64 = header.mark.iter().map(|word| u64::from(word.count_ones())).sum();
            header.allocated = header.mark;
            header.mark.fill(0);
            header.cursor = 0;
            objects += live;
            bytes += live * u64::from(header.cell_size);
        }
        let (large_bytes, large_objects) = self.heap.large.sweep(poison);
        self.heap.blocks.restart(&self.shared.blocks, |block| block.header().allocated.iter().all(|word| *word == 0));
        self.heap.live_objects = objects + large_objects;
        self.heap.live_cells = bytes + large_bytes;
        self.heap.fresh_cells = 0;
        self.heap.fresh_outside = 0;
        // Deep recursion makes collections dear; they pay only if much is freed at once.
        self.heap.threshold = self.heap.config.min_volume.max(self.heap.counted()) + self.heap.scanned_words * 16;
        self.heap.collections += 1;
    }

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
    for at in 0..header.finalise.len() {
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
    for cell in 0..header.cell_count as usize {
        if get_bit(&header.allocated, cell) && !get_bit(&header.mark, cell) {
            // SAFETY: heap invariant 2: the cell is allocated and unmarked, so nobody refers to it any more.
            unsafe { block.cell(cell).cast::<u8>().write_bytes(kind::POISON, size) };
        }
    }
}
