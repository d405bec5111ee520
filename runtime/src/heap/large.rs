//! Objects that no cell can hold: string buffers of more than a few kibibytes, each allocated apart.
//!
//! `alloc` adds them, `mark` marks them by the index in their header or by an address inside, `sweep` frees the rest.
//! Invariants as in `heap.rs`; besides: entry i's header holds i in its shape field.
#![expect(unsafe_code, reason = "owns raw memory")]

use super::Header;
use std::alloc::Layout;
use std::ptr::NonNull;

pub(crate) struct LargeTable {
    entries: Vec<Entry>,
    /// (start, end, index) by start; made anew for each collection.
    sorted: Vec<(usize, usize, u32)>,
}

struct Entry {
    object: NonNull<Header>,
    bytes: usize,
    marked: bool,
}

// SAFETY: heap invariant 1, for large objects: they belong to one heap.
unsafe impl Send for Entry {}

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 16).expect("sizes are checked before allocating")
}

impl LargeTable {
    pub(crate) fn new() -> LargeTable {
        LargeTable { entries: Vec::new(), sorted: Vec::new() }
    }

    /// A fresh object. It counts as marked if a cycle runs, so that its sweep keeps it.
    pub(crate) fn allocate(&mut self, bytes: usize, marked: bool) -> (NonNull<Header>, u32) {
        let layout = layout(bytes);
        // SAFETY: a large object is never empty.
        let memory = unsafe { std::alloc::alloc(layout) };
        let Some(object) = NonNull::new(memory.cast::<Header>()) else { std::alloc::handle_alloc_error(layout) };
        super::pages::prefer_large_pages(memory, bytes);
        object.as_ptr().expose_provenance();
        let index = self.entries.len() as u32;
        self.entries.push(Entry { object, bytes, marked });
        (object, index)
    }

    /// Prepares the search by address.
    pub(crate) fn sort(&mut self) {
        self.sorted.clear();
        self.sorted.extend(self.entries.iter().enumerate().map(|(index, entry)| {
            let start = entry.object.as_ptr() as usize;
            (start, start + entry.bytes, index as u32)
        }));
        self.sorted.sort_unstable();
    }

    /// The index of the object that an address points into.
    pub(crate) fn containing(&self, address: usize) -> Option<u32> {
        let behind = self.sorted.partition_point(|&(start, ..)| start <= address);
        let &(_, end, index) = self.sorted.get(behind.checked_sub(1)?)?;
        (address < end).then_some(index)
    }

    pub(crate) fn mark(&mut self, index: u32) {
        self.entries[index as usize].marked = true;
    }

    /// Looks at up to `most` objects from place `at` on: frees what is not marked, clears the marks of the rest. Returns the
    /// place to go on from, or `None` at the end, and adds up number and bytes of what is left.
    pub(crate) fn sweep(&mut self, mut at: usize, most: usize, poison: bool, left: &mut (u64, u64)) -> Option<usize> {
        for _ in 0..most {
            if at >= self.entries.len() {
                return None;
            }
            if self.entries[at].marked {
                let entry = &mut self.entries[at];
                entry.marked = false;
                left.0 += 1;
                left.1 += entry.bytes as u64;
                // SAFETY: heap invariant 3: the object is alive.
                unsafe { (&raw mut (*entry.object.as_ptr()).shape).write(at as u32) };
                at += 1;
            } else {
                free(self.entries.swap_remove(at), poison);
            }
        }
        Some(at)
    }

    pub(crate) fn clear(&mut self) {
        for entry in self.entries.drain(..) {
            free(entry, false);
        }
    }
}

fn free(entry: Entry, poison: bool) {
    // SAFETY: heap invariant 1, for large objects: allocated with this layout, unreachable, and removed from the table.
    unsafe {
        if poison {
            entry.object.cast::<u8>().write_bytes(super::kind::POISON, entry.bytes);
        }
        std::alloc::dealloc(entry.object.as_ptr().cast(), layout(entry.bytes));
    }
}
