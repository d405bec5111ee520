//! Marking: from the roots of a realm to everything a program can still reach, with a stack of its own.
//!
//! `cycle` drives it, in one go or in steps; the layout files say through their `trace` what an object refers to. Exact references come
//! from objects and globals; words of the VM stack and the native stack are only *taken for* references if they resolve
//! to an allocated object (both may hold stale values). Invariants as in `heap.rs`.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "prefetches"))]

use super::block::{Block, BlockSet, get_bit, set_bit};
use super::cycle::Partial;
use super::large::LargeTable;
use super::{Header, SPARE_LARGE, flags, kind, native, read_header};
use crate::realm::Realm;
use crate::value::{PAYLOAD_MASK, TAG_SHIFT, TAG_STRING, Value};
use crate::{error_value, function, list, map, string};
use std::ptr::NonNull;

/// The state of one marking.
pub(crate) struct Marker<'a> {
    blocks: &'a BlockSet,
    large: &'a mut LargeTable,
    /// Marked, but what they refer to is not looked at yet.
    stack: Vec<NonNull<Header>>,
    partial: Option<Partial>,
    /// Referred to, but not looked at yet: their headers are on the way into the cache meanwhile.
    ahead: [Option<NonNull<Header>>; AHEAD],
    at: usize,
    /// Objects and references looked at.
    looked: u64,
}

/// Elements or entries that are looked at in one go.
const PARTS: usize = 4096;

/// How many objects are fetched ahead of being marked.
const AHEAD: usize = 16;

impl Marker<'_> {
    /// Marks what a value refers to.
    #[inline(always)]
    pub(crate) fn value(&mut self, value: Value) {
        if let Some(object) = value.header() {
            self.object(object);
        }
    }

    /// Marks an object that is known to be one.
    #[inline(always)]
    pub(crate) fn object(&mut self, object: NonNull<Header>) {
        prefetch(object);
        self.looked += 1;
        self.at = (self.at + 1) % AHEAD;
        if let Some(earlier) = self.ahead[self.at].replace(object) {
            self.mark(earlier);
        }
    }

    #[inline]
    fn mark(&mut self, object: NonNull<Header>) {
        let header = read_header(object);
        if header.flags & flags::PERMANENT != 0 {
            return;
        }
        if header.spare & SPARE_LARGE != 0 {
            self.large.mark(header.shape);
            return;
        }
        let block = Block::of(object);
        let cell = block.cell_index(object.as_ptr() as usize).expect("an object stands in a cell");
        self.cell(block, cell);
    }

    /// Marks what was fetched ahead; says whether there was anything.
    fn flush(&mut self) -> bool {
        let ahead = std::mem::take(&mut self.ahead);
        let mut any = false;
        for object in ahead.into_iter().flatten() {
            any = true;
            self.mark(object);
        }
        any
    }

    /// Marks the cell of a list's array, which refers to nothing itself.
    #[inline]
    pub(crate) fn array(&mut self, object: NonNull<Header>) {
        let block = Block::of(object);
        let cell = block.cell_index(object.as_ptr() as usize).expect("an array in a cell");
        set_bit(&mut block.header().mark, cell);
    }

    #[inline]
    fn cell(&mut self, block: Block, cell: usize) {
        if set_bit(&mut block.header().mark, cell) {
            self.stack.push(block.cell(cell));
        }
    }

    /// Marks what an arbitrary word may refer to: a value, an object's address, or an address inside an object.
    #[inline]
    pub(crate) fn word(&mut self, word: usize) {
        let tag = word as u64 >> TAG_SHIFT;
        if tag != 0 && tag < TAG_STRING {
            return;
        }
        let address = word & PAYLOAD_MASK as usize;
        if let Some(block) = self.blocks.containing(address) {
            if let Some(cell) = block.cell_index(address)
                && get_bit(&block.header().allocated, cell)
            {
                self.cell(block, cell);
            }
        } else if let Some(index) = self.large.containing(address) {
            self.large.mark(index);
        }
    }

    /// Follows references for about so many objects and references; says whether nothing is left.
    fn drain(&mut self, work: u64) -> bool {
        self.looked = 0;
        while self.looked < work {
            self.looked += 1;
            if let Some(partial) = self.partial.take() {
                self.trace_part(partial);
                continue;
            }
            let Some(object) = self.stack.pop() else { if self.flush() { continue } else { return true } };
            self.trace(object);
        }
        false
    }

    fn trace(&mut self, object: NonNull<Header>) {
        match read_header(object).kind {
            kind::STRING => string::trace(object.cast(), self),
            kind::LIST | kind::MAP => self.trace_part(Partial { object, position: 0 }),
            kind::FUNCTION => function::trace(object.cast(), self),
            kind::ERROR => error_value::trace(object.cast(), self),
            found => {
                let refers_to_nothing = matches!(found, kind::HANDLE | kind::BUFFER | kind::ARRAY);
                debug_assert!(refers_to_nothing, "a dead object is referred to");
            }
        }
    }

    /// Looks at the next parts of a list or map; there may be too many of them for one pause.
    fn trace_part(&mut self, Partial { object, position }: Partial) {
        let more = match read_header(object).kind {
            kind::LIST => list::trace(object.cast(), self, position, PARTS),
            _ => map::trace(object.cast(), self, position, PARTS),
        };
        if more {
            self.partial = Some(Partial { object, position: position + PARTS });
        }
    }
}

/// Asks for an object's first cache line.
#[inline(always)]
fn prefetch(object: NonNull<Header>) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and cannot fault.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(object.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = object;
}

impl Realm {
    /// A marker over the state of the cycle, and what it must give back.
    fn with_marker<R>(&mut self, action: impl FnOnce(&mut Marker<'_>) -> R) -> R {
        let mut marker = Marker {
            blocks: &self.heap.blocks,
            large: &mut self.heap.large,
            stack: std::mem::take(&mut self.heap.mark_stack),
            partial: self.heap.partial.take(),
            ahead: [None; AHEAD],
            at: 0,
            looked: 0,
        };
        let result = action(&mut marker);
        marker.flush();
        let Marker { stack, partial, .. } = marker;
        self.heap.mark_stack = stack;
        self.heap.partial = partial;
        result
    }

    /// Marks what the roots refer to, words of the stacks that may be references included.
    pub(crate) fn mark_roots(&mut self) {
        self.heap.large.sort();
        let mut marker = Marker {
            blocks: &self.heap.blocks,
            large: &mut self.heap.large,
            stack: std::mem::take(&mut self.heap.mark_stack),
            partial: None,
            ahead: [None; AHEAD],
            at: 0,
            looked: 0,
        };
        self.roots.each(&mut |value| marker.value(value));
        for &value in self.temp_roots.iter().chain(self.cells.values()) {
            marker.value(value);
        }
        self.observations.each_root(&mut |value| marker.value(value));
        marker.flush();
        let mut scanned = 0;
        self.stack.scan(self.head.stack_top, &mut |value| {
            scanned += 1;
            marker.word(value.bits() as usize);
        });
        native::scan_stack(self.heap.native_base, &mut |word| {
            scanned += 1;
            marker.word(word);
        });
        self.heap.mark_stack = marker.stack;
        self.heap.scanned_words = scanned;
    }

    /// Marks on for about so many objects and references; says whether nothing is left to look at.
    pub(crate) fn mark_some(&mut self, work: u64) -> bool {
        let done = self.with_marker(|marker| marker.drain(work));
        if done {
            self.heap.mark_stack.shrink_to(1 << 16);
        }
        done
    }

    /// Marks what a value refers to, which is looked at later.
    #[cold]
    #[inline(never)]
    pub(crate) fn shade(&mut self, value: Value) {
        if let Some(object) = value.header() {
            self.with_marker(|marker| marker.mark(object));
        }
    }
}
