//! The ways into the heap: bump through a free run, or take the next run, which is where collections start.
//!
//! The typed constructors call this through the realm, whose roots a collection needs. Invariants as in `heap.rs`.
#![expect(unsafe_code, reason = "turns region addresses into cells")]

use super::classes::{CLASS_SIZES, MAX_CELL, class_of};
use super::cycle::Phase;
use super::{Bump, Header};
use crate::fault::Eval;
use crate::limits::LimitKind;
use crate::realm::Realm;
use crate::value::Value;
use std::ptr::NonNull;

/// The most bytes that one region takes at once, so that the byte count lags behind by little.
const REGION_BYTES: usize = 32 << 10;

impl Realm {
    /// A cell for an object of `bytes` (at most [`MAX_CELL`]); the caller initialises it wholly before anything else.
    #[inline(always)]
    pub(crate) fn alloc(&mut self, bytes: usize) -> NonNull<Header> {
        self.alloc_protecting(bytes, &[])
    }

    /// As [`Realm::alloc`], with values that a collection on the way must keep alive.
    #[inline(always)]
    pub(crate) fn alloc_protecting(&mut self, bytes: usize, values: &[Value]) -> NonNull<Header> {
        debug_assert!(bytes <= MAX_CELL);
        let class = class_of(bytes);
        match self.bump(class) {
            Some(cell) => cell,
            None => self.alloc_slowly(class, values),
        }
    }

    #[inline(always)]
    fn bump(&mut self, class: usize) -> Option<NonNull<Header>> {
        let bump = &mut self.head.bump[class];
        let after = bump.next + CLASS_SIZES[class];
        if after > bump.end {
            return None;
        }
        let cell = std::ptr::with_exposed_provenance_mut(bump.next);
        bump.next = after;
        // SAFETY: heap invariant 2: a region that is not empty stands inside a block, so its address is not null.
        Some(unsafe { NonNull::new_unchecked(cell) })
    }

    #[cold]
    #[inline(never)]
    fn alloc_slowly(&mut self, class: usize, values: &[Value]) -> NonNull<Header> {
        let mark = self.temp_roots.len();
        self.temp_roots.extend_from_slice(values);
        self.collect_if_due();
        self.temp_roots.truncate(mark);
        let most = if self.heap.config.stress { 1 } else { REGION_BYTES / CLASS_SIZES[class] };
        let (next, end) = loop {
            if let Some(block) = self.heap.blocks.unswept(class) {
                self.sweep_block(block);
            }
            match self.heap.blocks.take_run(class, most, self.heap.phase == Phase::Mark) {
                Some(run) => break run,
                None if self.heap.blocks.unswept(class).is_some() => {}
                None => self.heap.blocks.grow(class, &self.shared.blocks),
            }
        };
        self.heap.fresh_cells += (end - next) as u64;
        self.head.bump[class] = Bump { next, end };
        self.bump(class).expect("the region was just filled")
    }

    /// A large object; its header must get the index as shape and [`super::SPARE_LARGE`].
    pub(crate) fn alloc_large(&mut self, bytes: usize) -> (NonNull<Header>, u32) {
        self.collect_if_due();
        self.heap.fresh_cells += bytes as u64;
        self.heap.large.allocate(bytes, self.heap.phase != Phase::Idle)
    }

    /// Runs a collection if enough was taken since the last one or the limit is passed.
    #[inline]
    pub fn collect_if_due(&mut self) {
        if self.heap.held {
            return;
        }
        let over = self.heap.counted() > self.heap.config.limit;
        if over {
            self.collect();
            self.note_memory_limit();
        } else if self.heap.config.stress || self.heap.due() {
            self.collect_some();
        }
    }

    /// After a collection that the limit forced: if little was freed, the program has too much.
    fn note_memory_limit(&mut self) {
        let limit = self.heap.config.limit;
        let over = self.heap.counted() > limit - limit / 16;
        if over && !self.heap.over_limit {
            self.request_poll();
        }
        self.heap.over_limit = over;
    }

    /// Runs `action`, which allocates little, such that no collection starts and none is asked for: whoever calls knows where arrays are
    /// and goes on with that.
    pub fn without_collecting<R>(&mut self, action: impl FnOnce(&mut Realm) -> R) -> R {
        self.heap.held = true;
        let result = action(self);
        self.heap.held = false;
        result
    }

    /// Notes that an object's memory outside the heap went from `before` to `after` bytes.
    #[inline]
    pub(crate) fn account(&mut self, before: usize, after: usize) {
        if before != after {
            self.heap.account(before, after);
            if after > before && !self.heap.held && (self.heap.due() || self.heap.counted() > self.heap.config.limit) {
                self.expire_regions();
                self.request_poll();
            }
        }
    }

    /// Gives the free rest of all regions back, so that the next allocation takes the slow path.
    pub(crate) fn expire_regions(&mut self) {
        for class in 0..CLASS_SIZES.len() {
            let bump = std::mem::replace(&mut self.head.bump[class], Bump::EMPTY);
            if bump.next < bump.end {
                self.heap.fresh_cells -= (bump.end - bump.next) as u64;
                self.heap.blocks.give_back(bump.next, bump.end);
            }
        }
    }

    /// Refuses an allocation that cannot fit, before it is made. Call it ahead of anything whose size a program chooses.
    pub fn reserve(&mut self, bytes: u64) -> Eval<()> {
        if self.heap.counted().saturating_add(bytes) <= self.heap.config.limit && bytes < 1 << 40 {
            return Ok(());
        }
        self.collect();
        if self.heap.counted().saturating_add(bytes) <= self.heap.config.limit && bytes < 1 << 40 {
            return Ok(());
        }
        Err(LimitKind::Memory.into())
    }

    /// As [`Realm::reserve`], for a string of so many bytes.
    pub(crate) fn reserve_text(&mut self, bytes: usize) -> Eval<()> {
        if bytes <= MAX_CELL { Ok(()) } else { self.reserve(bytes as u64) }
    }

    /// What the engine's budget slow path asks: collects if that is due and says whether the memory limit is passed.
    pub fn poll_memory(&mut self) -> Eval<()> {
        if self.heap.over_limit {
            self.collect();
            self.note_memory_limit();
        } else if self.heap.phase == Phase::Idle {
            self.collect_if_due();
        } else {
            // Time passes though little is taken: a cycle that has begun comes to its end.
            self.collect_some();
        }
        if self.heap.over_limit { Err(LimitKind::Memory.into()) } else { Ok(()) }
    }
}
