//! Memory for objects that outlive every realm: interned names, literals, default arguments.
//!
//! `Shared` owns one arena and the layout files initialise objects in it with the PERMANENT flag. Collectors never enter
//! such objects.
//!
//! Invariants:
//! 1. A permanent object is initialised before anybody else sees it and never written afterwards.
//! 2. It refers to permanent objects only; the memory is freed when the arena, which outlives all realms, is dropped.
#![expect(unsafe_code, reason = "owns raw memory")]

use super::Header;
use crate::map::Dict;
use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub(crate) struct PermanentArena {
    chunks: Mutex<Chunks>,
    tables: Mutex<Vec<KeptTable>>,
}

struct KeptTable(*mut Dict);

// SAFETY: invariant 1: nobody writes the table any more.
unsafe impl Send for KeptTable {}

#[derive(Default)]
struct Chunks {
    /// Address and bytes of each piece of memory.
    owned: Vec<(usize, usize)>,
    next: usize,
    end: usize,
}

/// Bytes of a chunk for small objects.
const CHUNK: usize = 16 << 10;

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 16).expect("permanent objects are small")
}

impl PermanentArena {
    /// Memory for an object of `bytes`; the caller initialises it before the value leaves its hands.
    pub(crate) fn allocate(&self, bytes: usize) -> NonNull<Header> {
        let bytes = bytes.next_multiple_of(16);
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes > CHUNK / 4 {
            return chunks.own(bytes);
        }
        if chunks.next + bytes > chunks.end {
            chunks.next = chunks.own(CHUNK).as_ptr() as usize;
            chunks.end = chunks.next + CHUNK;
        }
        let object = std::ptr::with_exposed_provenance_mut(chunks.next);
        chunks.next += bytes;
        NonNull::new(object).expect("chunks are not at address 0")
    }
}

impl PermanentArena {
    /// Keeps the table of a permanent map.
    pub(crate) fn keep(&self, table: Dict) -> *mut Dict {
        let table = Box::into_raw(Box::new(table));
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).push(KeptTable(table));
        table
    }
}

impl Chunks {
    fn own(&mut self, bytes: usize) -> NonNull<Header> {
        // SAFETY: the layout is not empty.
        let memory = unsafe { std::alloc::alloc(layout(bytes)) };
        let Some(memory) = NonNull::new(memory) else { std::alloc::handle_alloc_error(layout(bytes)) };
        self.owned.push((memory.as_ptr().expose_provenance(), bytes));
        memory.cast()
    }
}

impl Drop for PermanentArena {
    fn drop(&mut self) {
        for table in self.tables.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // SAFETY: invariant 2: leaked by `keep`, freed once.
            drop(unsafe { Box::from_raw(table.0) });
        }
        let chunks = self.chunks.get_mut().unwrap_or_else(PoisonError::into_inner);
        for (address, bytes) in chunks.owned.drain(..) {
            // SAFETY: invariant 2: allocated by `own` with this layout; no realm is left that could refer to it.
            unsafe { std::alloc::dealloc(std::ptr::with_exposed_provenance_mut(address), layout(bytes)) };
        }
    }
}
