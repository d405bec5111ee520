//! Collections as cycles: roots, marking, sweeping; in one go for small heaps, in small steps between allocations for large ones.
//!
//! `alloc` and the budget's slow path call [`Realm::collect_some`]; [`Realm::collect`] does a whole cycle at once. The roots are
//! read once, when a cycle begins, and marking finds what was reachable *then*: whoever overwrites a reference inside an object
//! meanwhile hands it over first ([`Realm::overwritten`]), and what is made meanwhile counts as marked. So nothing is read
//! twice and the end of marking is no pause. A sweep goes block by block, on ahead of the allocator.
//!
//! Invariants (besides those of `heap.rs`):
//! 1. Between cycles no mark bit is set and no block is unswept.
//! 2. `head.marking` is not 0 exactly while the phase is `Mark`; compiled stores test it.
//! 3. `partial` is an object that is marked and whose first `position` parts were looked at. Nobody moves parts in it without
//!    [`Realm::parts_moved`].

use super::Header;
use super::block::Block;
use crate::realm::Realm;
use crate::value::Value;
use std::ptr::NonNull;
use std::time::Instant;

/// What a cycle does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No cycle runs.
    Idle,
    /// Follows references.
    Mark,
    /// Frees what was not marked: the next block, then the next large object.
    Sweep { block: usize, large: usize },
}

/// A large object whose parts are looked at bit by bit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Partial {
    pub(crate) object: NonNull<Header>,
    pub(crate) position: usize,
}

/// Fresh bytes between two steps.
const STEP_VOLUME: u64 = 128 << 10;
/// The least objects that a step looks at: about half a millisecond.
const STEP_WORK: u64 = 16 << 10;
/// Blocks and large objects that a step sweeps.
const STEP_BLOCKS: usize = 2;
const STEP_LARGE: usize = 64;
/// Under stress: objects in a step.
const STRESS_WORK: u64 = 2;

impl Realm {
    /// Collects garbage now, in one go. Nothing happens outside of [`Realm::enter`], where live values could not be found.
    #[inline(never)]
    pub fn collect(&mut self) {
        if self.heap.native_base == 0 {
            return;
        }
        let started = Instant::now();
        self.finish_cycle();
        self.begin_cycle();
        self.finish_cycle();
        self.heap.pauses.note(started.elapsed());
    }

    /// Begins a cycle or goes on with it.
    #[inline(never)]
    pub(crate) fn collect_some(&mut self) {
        if self.heap.phase == Phase::Idle {
            // Stress mode takes turns: roots are proved by whole cycles, the handing over of references by small steps.
            let whole = if self.heap.config.stress {
                self.heap.collections % 32 != 31
            } else {
                self.heap.counted() <= self.heap.config.at_once
            };
            if whole || self.heap.native_base == 0 {
                return self.collect();
            }
        }
        let started = Instant::now();
        match self.heap.phase {
            Phase::Idle => self.begin_cycle(),
            Phase::Mark => self.mark_step(),
            Phase::Sweep { .. } => self.sweep_step(),
        }
        self.heap.next_step = self.heap.fresh() + STEP_VOLUME;
        self.heap.pauses.note(started.elapsed());
    }

    fn finish_cycle(&mut self) {
        while self.heap.phase == Phase::Mark {
            self.mark_some(u64::MAX);
            self.begin_sweep();
        }
        while self.heap.phase != Phase::Idle {
            self.sweep_some(usize::MAX, usize::MAX);
        }
    }

    fn begin_cycle(&mut self) {
        self.expire_regions();
        self.heap.phase = Phase::Mark;
        self.head.marking = 1;
        self.forget_asked();
        self.mark_roots();
        // Marking shall end before the program has taken an eighth of what brought it here.
        let steps = (self.heap.threshold / 8 / STEP_VOLUME).max(1);
        self.heap.step_work =
            if self.heap.config.stress { STRESS_WORK } else { STEP_WORK.max(2 * self.heap.live_objects / steps) };
    }

    fn mark_step(&mut self) {
        if self.mark_some(self.heap.step_work) {
            self.begin_sweep();
        }
    }

    fn begin_sweep(&mut self) {
        self.expire_regions();
        self.forget_asked();
        self.head.marking = 0;
        self.heap.phase = Phase::Sweep { block: 0, large: 0 };
        self.heap.blocks.start_sweep();
        self.heap.swept = (0, 0);
        // What was taken so far is swept with the rest.
        self.heap.live_cells += self.heap.fresh_cells;
        self.heap.count_anew();
    }

    fn sweep_step(&mut self) {
        self.sweep_some(STEP_BLOCKS, STEP_LARGE);
    }

    fn sweep_some(&mut self, blocks: usize, large: usize) {
        let Phase::Sweep { block: mut at, large: large_at } = self.heap.phase else { return };
        for _ in 0..blocks {
            let Some(block) = self.heap.blocks.get(at) else { break };
            self.sweep_block(block);
            at += 1;
        }
        if self.heap.blocks.get(at).is_some() {
            self.heap.phase = Phase::Sweep { block: at, large: large_at };
            return;
        }
        let poison = self.heap.config.stress;
        match self.heap.large.sweep(large_at, large, poison, &mut self.heap.swept) {
            Some(large_at) => self.heap.phase = Phase::Sweep { block: at, large: large_at },
            None => self.end_cycle(),
        }
    }

    fn end_cycle(&mut self) {
        self.expire_regions();
        self.heap.phase = Phase::Idle;
        let (objects, bytes) = self.heap.swept;
        self.heap.blocks.restart(&self.shared.blocks, |block| block.header().is_empty());
        self.heap.live_objects = objects;
        self.heap.live_cells = bytes;
        // Deep recursion makes collections dear; they pay only if much is freed at once.
        self.heap.threshold = self.heap.config.volume(self.heap.counted()) + self.heap.scanned_words * 16;
        self.heap.collections += 1;
    }

    /// While a cycle marks: keeps what a reference inside an object led to, before it is overwritten or dropped.
    #[inline(always)]
    pub(crate) fn overwritten(&mut self, value: Value) {
        if self.head.marking != 0 && !value.is_number() {
            self.shade(value);
        }
    }

    /// As [`Realm::overwritten`], for several at once.
    pub(crate) fn all_overwritten(&mut self, values: impl Iterator<Item = Value>) {
        if self.head.marking != 0 {
            values.for_each(|value| self.shade(value));
        }
    }

    /// The parts of an object moved down by up to so many places: marking goes back as far.
    pub(crate) fn parts_moved(&mut self, object: NonNull<Header>, by: usize) {
        if let Some(partial) = &mut self.heap.partial
            && partial.object == object
        {
            partial.position = partial.position.saturating_sub(by);
        }
    }

    /// Sweeps a block unless that was done.
    pub(crate) fn sweep_block(&mut self, block: Block) {
        if std::mem::take(&mut block.header().unswept) != 0 {
            let (released, objects) = super::sweep::sweep_block(block, self.heap.config.stress);
            self.heap.outside -= released;
            self.heap.swept.0 += objects;
            self.heap.swept.1 += objects * u64::from(block.header().cell_size);
        }
    }
}
