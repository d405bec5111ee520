//! The heap of one realm: cells in size-class blocks, large objects, and the collector over both.
//!
//! The typed layout files (`string`, `list`, `map`, …) take cells from here through the realm; compiled code bumps through
//! the same free runs (see [`crate::realm::Head::bump`]). The parts: `classes` (sizes), `block` (2 MiB of cells and their
//! bitmaps), `large` (objects beyond a cell), `function`, `error_value`, `handle` (small layouts), `alloc` (the ways in), `mark`, `sweep`, `native` (scan of the native stack), `pages` (large pages),
//! `permanent` (objects that outlive every realm), `vm_stack` (registers of the interpreter), `cycle` (when what part of a
//! collection runs), `pauses` (how long each took).
//! Read `sweep::tests` first.
//!
//! Invariants of the unsafe code here and in `heap/*`:
//! 1. A block is two mebibytes, aligned to its size, starts with its [`block::BlockHeader`] and belongs to one heap (or to the
//!    pool, where nobody looks at its cells).
//! 2. A cell's *allocated* bit is set exactly if the cell holds an initialised object or stands in a bump region; regions are
//!    given back before every collection. So whoever takes a cell initialises it wholly before the next allocation.
//! 3. Every heap object starts with a [`Header`] whose kind tells its layout; objects never move.
//! 4. Marking reads only objects whose allocated bit is set, large objects in the table, and permanent objects.
//! 5. An object whose *finalise* bit is set owns memory outside the heap, which sweeping frees exactly once.
//! 6. Nothing but the typed constructors runs between taking a cell and initialising it, so no collection falls in between.
//! 7. While a cycle marks, whoever overwrites or drops a reference that stands inside a heap object first hands it to
//!    [`crate::realm::Realm::overwritten`]: what was reachable when the cycle began is kept until its end.
#![expect(unsafe_code, reason = "hands out raw memory")]

pub(crate) mod alloc;
pub(crate) mod block;
mod census;
pub mod classes;
pub(crate) mod cycle;
pub mod error_value;
pub mod function;
pub mod handle;
pub(crate) mod large;
pub(crate) mod mark;
pub(crate) mod native;
pub(crate) mod pages;
pub mod pauses;
pub(crate) mod permanent;
pub(crate) mod sweep;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod vm_stack;

use block::BlockSet;
use classes::CLASS_COUNT;
use cycle::{Partial, Phase};
use large::LargeTable;
use pauses::{PauseStats, Pauses};
use std::mem::offset_of;
use std::ptr::NonNull;

/// The first eight bytes of every heap object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Header {
    /// Shape of a map; name id + 1 of an interned string; index of a large object; values before the first of a list; else 0.
    pub shape: u32,
    /// Which layout follows, one of [`kind`].
    pub kind: u8,
    /// Bits of [`flags`].
    pub flags: u8,
    /// Of a prototype: how many slots its instances need. The top bit says that the object is a large one.
    pub spare: u16,
}

/// Offset of [`Header::shape`] in every object.
pub const HEADER_SHAPE: usize = offset_of!(Header, shape);
/// Offset of [`Header::kind`] in every object.
pub const HEADER_KIND: usize = offset_of!(Header, kind);
/// Offset of [`Header::flags`] in every object.
pub const HEADER_FLAGS: usize = offset_of!(Header, flags);

/// What stands in [`Header::kind`].
pub mod kind {
    /// [`crate::string::StringObject`]
    pub const STRING: u8 = 1;
    /// [`crate::list::ListObject`]
    pub const LIST: u8 = 2;
    /// [`crate::map::MapObject`]
    pub const MAP: u8 = 3;
    /// [`crate::function::FunctionObject`]
    pub const FUNCTION: u8 = 4;
    /// [`crate::error_value::ErrorObject`]
    pub const ERROR: u8 = 5;
    /// [`crate::handle::HandleObject`]
    pub const HANDLE: u8 = 6;
    /// [`crate::string::BufferObject`]; no value refers to it directly.
    pub const BUFFER: u8 = 7;
    /// The elements of one list, behind the header; no value refers to it directly.
    pub const ARRAY: u8 = 8;
    /// What stress mode fills dead cells with.
    pub const POISON: u8 = 0xDB;
}

/// Bits of [`Header::flags`].
pub mod flags {
    /// Every mutation of this list or map is an error.
    pub const FROZEN: u8 = 1;
    /// A list whose elements are all numbers, stored one by one (never with [`COMPUTED`]).
    pub const ALL_NUMBERS: u8 = 2;
    /// A list that is a rule, not elements.
    pub const COMPUTED: u8 = 4;
    /// A map whose entries are in a table.
    pub const DICT: u8 = 8;
    /// A list whose first element does not stand at the start of its array (no list is a map).
    pub const SHIFTED: u8 = DICT;
    /// A list that is a rule to the program until it is changed, though its elements stand in memory; only with [`OBSERVED`].
    pub const RULED: u8 = ENV;
    /// A list that is a rule, though to the program its elements are stored one by one; only with [`COMPUTED`].
    pub const UNTOLD: u8 = GLOBALS;
    /// A map whose slots are a call's variables and may be absent.
    pub const ENV: u8 = 16;
    /// The map of globals, a view on the realm's cells.
    pub const GLOBALS: u8 = 32;
    /// Somebody must hear of the next mutation (see [`crate::realm::Realm::before_mutation`]).
    pub const OBSERVED: u8 = 64;
    /// Outlives every realm, is never changed and refers to permanent objects only.
    pub const PERMANENT: u8 = 128;
    /// What a mutation must test: any of these means the slow path.
    pub const GUARDED: u8 = FROZEN | OBSERVED;
}

/// Top bit of [`Header::spare`]: the object stands in the table of large objects.
pub(crate) const SPARE_LARGE: u16 = 1 << 15;

impl Header {
    /// A header of a fresh object.
    pub(crate) const fn new(kind: u8, flags: u8, shape: u32) -> Header {
        Header { shape, kind, flags, spare: 0 }
    }
}

/// The first word of an object, as [`Header`] lies in memory: what compiled code writes into a fresh cell.
pub const fn header_word(kind: u8, flags: u8, shape: u32) -> u64 {
    const { assert!(HEADER_SHAPE == 0 && HEADER_KIND == 4 && HEADER_FLAGS == 5 && cfg!(target_endian = "little")) }
    shape as u64 | (kind as u64) << 32 | (flags as u64) << 40
}

/// What the collector did so far, for statistics and benchmarks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// How many collections ran.
    pub collections: u64,
    /// Bytes alive after the last collection, buffers outside the cells included.
    pub live_bytes: u64,
    /// Bytes counted now: alive after the last collection plus taken since.
    pub counted_bytes: u64,
    /// Objects alive after the last collection.
    pub live_objects: u64,
    /// Blocks owned.
    pub blocks: u64,
    /// Bytes taken since the realm began.
    pub allocated_bytes: u64,
    /// How long the program waited for the collector.
    pub pauses: PauseStats,
}

/// How a heap collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeapConfig {
    /// Collect at every allocation and fill freed cells with poison.
    pub stress: bool,
    /// Collect when this much was taken since the last collection at the earliest: little enough for the processor's caches, so that what
    /// is taken next is there. What is alive asks for more: see [`HeapConfig::volume`].
    pub min_volume: u64,
    /// Heaps up to this many bytes are collected in one go, larger ones in small steps.
    pub at_once: u64,
    /// The most bytes a program may have; beyond it a pending [`crate::limits::LimitKind::Memory`] is raised.
    pub limit: u64,
}

impl Default for HeapConfig {
    fn default() -> HeapConfig {
        HeapConfig { stress: false, min_volume: 1 << 20, at_once: 8 << 20, limit: u64::MAX }
    }
}

impl HeapConfig {
    /// How much may be taken until the next collection: as much as is alive, so that collecting stays in proportion; of a small heap four
    /// times as much, up to this.
    const SMALL_VOLUME: u64 = 4 << 20;

    /// How many bytes may be taken after a collection that left so many alive.
    fn volume(&self, alive: u64) -> u64 {
        let small = (4 * alive).min(Self::SMALL_VOLUME);
        self.min_volume.max(alive).max(small)
    }
}

/// The blocks, large objects and counters of one realm.
pub(crate) struct Heap {
    pub(crate) config: HeapConfig,
    pub(crate) blocks: BlockSet,
    pub(crate) large: LargeTable,
    /// Bytes in cells and large objects that lived through the last collection.
    pub(crate) live_cells: u64,
    /// Bytes of cells and large objects handed out since.
    pub(crate) fresh_cells: u64,
    /// Bytes that objects hold outside the heap, now.
    pub(crate) outside: u64,
    /// Bytes taken outside since the last collection.
    pub(crate) fresh_outside: u64,
    /// Collect when the fresh bytes reach this.
    pub(crate) threshold: u64,
    /// The limit was passed even after a collection.
    pub(crate) over_limit: bool,
    /// No collection may start ([`Realm::without_collecting`]).
    pub(crate) held: bool,
    /// Lowest address that is *above* every native frame to scan; 0 as long as nobody entered.
    pub(crate) native_base: usize,
    pub(crate) collections: u64,
    pub(crate) live_objects: u64,
    pub(crate) mark_stack: Vec<NonNull<Header>>,
    /// A large object of which a part was looked at.
    pub(crate) partial: Option<Partial>,
    pub(crate) phase: Phase,
    /// While a cycle runs: the fresh bytes at which its next step is due.
    pub(crate) next_step: u64,
    /// Objects that a step looks at.
    pub(crate) step_work: u64,
    /// Objects and bytes found alive by the sweep that runs.
    pub(crate) swept: (u64, u64),
    pub(crate) pauses: Pauses,
    /// Bytes taken before the current count of fresh ones began.
    pub(crate) allocated: u64,
    /// Words of stacks that the last collection looked at.
    pub(crate) scanned_words: u64,
}

impl Heap {
    pub(crate) fn new(config: HeapConfig) -> Heap {
        Heap {
            config,
            blocks: BlockSet::new(),
            large: LargeTable::new(),
            live_cells: 0,
            fresh_cells: 0,
            outside: 0,
            fresh_outside: 0,
            threshold: config.min_volume,
            over_limit: false,
            held: false,
            native_base: 0,
            collections: 0,
            live_objects: 0,
            mark_stack: Vec::new(),
            partial: None,
            phase: Phase::Idle,
            next_step: 0,
            step_work: 0,
            swept: (0, 0),
            pauses: Pauses::default(),
            allocated: 0,
            scanned_words: 0,
        }
    }

    /// Bytes counted against the limit.
    pub(crate) fn counted(&self) -> u64 {
        self.live_cells + self.fresh_cells + self.outside
    }

    /// Bytes taken since the count began.
    pub(crate) fn fresh(&self) -> u64 {
        self.fresh_cells + self.fresh_outside
    }

    /// Whether enough was taken to begin the next collection, or to go on with the one that runs.
    pub(crate) fn due(&self) -> bool {
        self.fresh() >= if self.phase == Phase::Idle { self.threshold } else { self.next_step }
    }

    /// Starts counting fresh bytes anew.
    pub(crate) fn count_anew(&mut self) {
        self.allocated += self.fresh();
        self.fresh_cells = 0;
        self.fresh_outside = 0;
    }

    /// Notes that an object's memory outside the heap went from `before` to `after` bytes.
    #[inline]
    pub(crate) fn account(&mut self, before: usize, after: usize) {
        self.outside = (self.outside + after as u64).saturating_sub(before as u64);
        self.fresh_outside += after.saturating_sub(before) as u64;
    }

    pub(crate) fn stats(&self) -> HeapStats {
        HeapStats {
            collections: self.collections,
            live_bytes: self.live_cells + self.outside,
            counted_bytes: self.counted(),
            live_objects: self.live_objects,
            blocks: self.blocks.len() as u64,
            allocated_bytes: self.allocated + self.fresh(),
            pauses: self.pauses.stats(),
        }
    }
}

/// A region of free cells that allocation bumps through; compiled code does so too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Bump {
    /// Address of the next free cell.
    pub next: usize,
    /// Address behind the region.
    pub end: usize,
}

impl Bump {
    /// Nothing free: the next allocation takes the slow path.
    pub const EMPTY: Bump = Bump { next: 0, end: 0 };
}

/// One region a size class.
pub type Bumps = [Bump; CLASS_COUNT];

/// The header of an object that is known to be alive.
#[inline(always)]
pub(crate) fn read_header(object: NonNull<Header>) -> Header {
    // SAFETY: invariant 3; callers hold a reference to a living object.
    unsafe { object.read() }
}
