//! A block: two mebibytes of equal cells with their bitmaps, and the set of all blocks of a heap.
//!
//! `alloc` takes free runs from here, `mark` sets mark bits, `sweep` turns marks into the new allocated bits.
//! The invariants are those of `heap.rs`; read `tests::runs_cover_exactly_the_free_cells` first.
#![expect(unsafe_code, reason = "blocks are raw memory")]

use super::Header;
use super::classes::{CLASS_COUNT, CLASS_SIZES};
use super::pages::{self, LARGE_PAGE};
use rustc_hash::FxHashSet;
use std::alloc::Layout;
use std::ptr::NonNull;

/// Bytes of a block; also its alignment.
pub(crate) const BLOCK_SIZE: usize = LARGE_PAGE;
/// Words in each bitmap: one bit a cell of the smallest size.
pub(crate) const BITMAP_WORDS: usize = BLOCK_SIZE / CLASS_SIZES[0] / 64;
/// Where the cells start.
pub(crate) const CELLS_START: usize = size_of::<BlockHeader>().next_multiple_of(64);

/// What stands at the start of a block.
#[repr(C)]
pub(crate) struct BlockHeader {
    pub(crate) cell_size: u32,
    /// 2^32 / cell size, rounded up: multiplication by it divides an offset within the block.
    pub(crate) reciprocal: u32,
    pub(crate) cell_count: u32,
    /// The cell from which the search for free runs goes on.
    pub(crate) cursor: u32,
    pub(crate) class: u32,
    /// No cell from this one on was ever taken, so no bit of it is set.
    pub(crate) untouched: u32,
    /// Not 0 while a sweep has still to come here; nobody takes cells before.
    pub(crate) unswept: u32,
    pub(crate) mark: [u64; BITMAP_WORDS],
    pub(crate) allocated: [u64; BITMAP_WORDS],
    pub(crate) finalise: [u64; BITMAP_WORDS],
}

/// A block owned by a heap or by the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block(NonNull<BlockHeader>);

// SAFETY: invariant 1: a block belongs to one owner, which alone touches it.
unsafe impl Send for Block {}

impl BlockHeader {
    /// How many words of each bitmap may have bits that are set.
    #[inline]
    pub(crate) fn used_words(&self) -> usize {
        self.untouched.div_ceil(u64::BITS) as usize
    }

    /// Whether no cell is taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.allocated[..self.used_words()].iter().all(|word| *word == 0)
    }
}

impl Block {
    const LAYOUT: Layout = match Layout::from_size_align(BLOCK_SIZE, BLOCK_SIZE) {
        Ok(layout) => layout,
        Err(_) => panic!("the size is a power of two"),
    };

    /// Fresh memory from the system, all of which will be `filled` soon or not: its bitmaps are empty, since it is zero.
    fn from_system(filled: bool) -> Block {
        const { assert!(BLOCK_SIZE == LARGE_PAGE) };
        let Some(memory) = pages::map() else { std::alloc::handle_alloc_error(Block::LAYOUT) };
        if filled {
            pages::prefer_large_pages(memory.as_ptr(), BLOCK_SIZE);
        }
        Block(memory.cast())
    }

    /// Gives the memory back to the system.
    pub(crate) fn release(self) {
        pages::unmap(self.0.cast());
    }

    /// Makes the block, whose bitmaps are empty, one of empty cells of a class.
    fn format(self, class: usize) {
        let cell_size = CLASS_SIZES[class];
        // SAFETY: invariant 1: the block is ours and large enough for its header.
        unsafe {
            let header = self.0.as_ptr();
            (&raw mut (*header).cell_size).write(cell_size as u32);
            (&raw mut (*header).reciprocal).write((1u64 << 32).div_ceil(cell_size as u64) as u32);
            (&raw mut (*header).cell_count).write(((BLOCK_SIZE - CELLS_START) / cell_size) as u32);
            (&raw mut (*header).cursor).write(0);
            (&raw mut (*header).class).write(class as u32);
            (&raw mut (*header).untouched).write(0);
            (&raw mut (*header).unswept).write(0);
        }
    }

    /// Forgets all cells.
    fn empty(self) {
        let header = self.header();
        let words = header.used_words();
        for bitmap in [&mut header.mark, &mut header.allocated, &mut header.finalise] {
            bitmap[..words].fill(0);
        }
        header.untouched = 0;
    }

    /// The block an object in a cell belongs to.
    #[inline(always)]
    pub(crate) fn of(object: NonNull<Header>) -> Block {
        let base = object.as_ptr().map_addr(|address| address & !(BLOCK_SIZE - 1));
        // SAFETY: invariant 1: the base of an object's block is not null.
        Block(unsafe { NonNull::new_unchecked(base.cast()) })
    }

    #[inline(always)]
    pub(crate) fn base(self) -> usize {
        self.0.as_ptr() as usize
    }

    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the reference never outlives one statement of the collector")]
    pub(crate) fn header(&self) -> &mut BlockHeader {
        // SAFETY: invariant 1: formatted before use; the heap that owns it is used by one thread and callers take one
        // such reference at a time.
        unsafe { &mut *self.0.as_ptr() }
    }

    /// The index of the cell that contains an address inside the block, or `None` in the header or the unused tail.
    #[inline(always)]
    pub(crate) fn cell_index(&self, address: usize) -> Option<usize> {
        let offset = (address - self.base()).checked_sub(CELLS_START)?;
        let header = self.header();
        let index = (offset as u64 * u64::from(header.reciprocal)) >> 32;
        if index < u64::from(header.cell_count) { Some(index as usize) } else { None }
    }

    /// The address of a cell.
    #[inline(always)]
    pub(crate) fn cell(&self, index: usize) -> NonNull<Header> {
        let offset = CELLS_START + index * self.header().cell_size as usize;
        debug_assert!(offset < BLOCK_SIZE);
        // SAFETY: invariant 1: the offset is inside the block.
        unsafe { self.0.cast::<u8>().add(offset).cast() }
    }

    /// The next run of at most `most` free cells behind the cursor, now set as allocated, and as marked if a cycle marks: what
    /// is made while it does lives until its end.
    pub(crate) fn take_run(&self, most: usize, marked: bool) -> Option<(usize, usize)> {
        let header = self.header();
        let count = header.cell_count as usize;
        let start = next_bit(&header.allocated, header.cursor as usize, count, false);
        if start == count {
            header.cursor = count as u32;
            return None;
        }
        let end = next_bit(&header.allocated, start, count.min(start + most), true);
        header.cursor = end as u32;
        header.untouched = header.untouched.max(end as u32);
        set_range(&mut header.allocated, start, end, true);
        if marked {
            set_range(&mut header.mark, start, end, true);
        }
        Some((start, end))
    }

    /// Gives back the cells from an address to the end of a region.
    pub(crate) fn give_back(&self, start: usize, end: usize) {
        let header = self.header();
        set_range(&mut header.allocated, start, end, false);
        set_range(&mut header.mark, start, end, false);
        header.cursor = header.cursor.min(start as u32);
    }
}

/// The first bit in `from..to` that is `wanted`, or `to`.
pub(crate) fn next_bit(words: &[u64; BITMAP_WORDS], from: usize, to: usize, wanted: bool) -> usize {
    let mut at = from;
    while at < to {
        let word = if wanted { words[at / 64] } else { !words[at / 64] };
        let rest = word >> (at % 64);
        if rest != 0 {
            return (at + rest.trailing_zeros() as usize).min(to);
        }
        at = (at / 64 + 1) * 64;
    }
    to
}

/// Sets or clears the bits in `from..to`.
fn set_range(words: &mut [u64; BITMAP_WORDS], from: usize, to: usize, value: bool) {
    let mut at = from;
    while at < to {
        let low = at % 64;
        let high = (low + to - at).min(64);
        let mask = if high - low == 64 { u64::MAX } else { ((1u64 << (high - low)) - 1) << low };
        if value {
            words[at / 64] |= mask;
        } else {
            words[at / 64] &= !mask;
        }
        at += high - low;
    }
}

#[inline(always)]
pub(crate) fn get_bit(words: &[u64; BITMAP_WORDS], index: usize) -> bool {
    words[index / 64] >> (index % 64) & 1 != 0
}

/// Sets a bit and says whether it was clear before.
#[inline(always)]
pub(crate) fn set_bit(words: &mut [u64; BITMAP_WORDS], index: usize) -> bool {
    let mask = 1 << (index % 64);
    let was_clear = words[index / 64] & mask == 0;
    words[index / 64] |= mask;
    was_clear
}

/// Blocks that no realm uses, kept so that the next one starts without page faults.
#[derive(Debug, Default)]
pub struct BlockPool {
    blocks: std::sync::Mutex<Vec<Block>>,
}

/// How many blocks the pool keeps.
const POOL_BLOCKS: usize = 16;

impl BlockPool {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Block>> {
        self.blocks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn take(&self, filled: bool) -> Block {
        let pooled = self.lock().pop();
        pooled.unwrap_or_else(|| Block::from_system(filled))
    }

    fn give(&self, block: Block) {
        block.empty();
        let mut blocks = self.lock();
        if blocks.len() < POOL_BLOCKS {
            blocks.push(block);
        } else {
            drop(blocks);
            block.release();
        }
    }
}

impl Drop for BlockPool {
    fn drop(&mut self) {
        for block in self.lock().drain(..) {
            block.release();
        }
    }
}

/// All blocks of a heap.
pub(crate) struct BlockSet {
    all: Vec<Block>,
    /// Per class: its blocks, and the one in which the search for free runs goes on.
    classes: [ClassBlocks; CLASS_COUNT],
    bases: FxHashSet<usize>,
    /// A class had to grow, so this is no small program.
    grown: bool,
    lowest: usize,
    highest: usize,
}

#[derive(Default)]
struct ClassBlocks {
    blocks: Vec<Block>,
    current: usize,
}

impl BlockSet {
    pub(crate) fn new() -> BlockSet {
        BlockSet {
            all: Vec::new(),
            classes: std::array::from_fn(|_| ClassBlocks::default()),
            bases: FxHashSet::default(),
            grown: false,
            lowest: usize::MAX,
            highest: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Block> {
        self.all.iter().copied()
    }

    /// The block that an arbitrary word points into, if any.
    #[inline]
    pub(crate) fn containing(&self, address: usize) -> Option<Block> {
        if address < self.lowest || address >= self.highest {
            return None;
        }
        let base = address & !(BLOCK_SIZE - 1);
        if !self.bases.contains(&base) {
            return None;
        }
        let header = std::ptr::with_exposed_provenance_mut::<BlockHeader>(base);
        NonNull::new(header).map(Block)
    }

    /// A run of at most `most` free cells in the blocks at hand, up to the first unswept one: addresses of start and end. See
    /// [`Block::take_run`].
    pub(crate) fn take_run(&mut self, class: usize, most: usize, marked: bool) -> Option<(usize, usize)> {
        let state = &mut self.classes[class];
        while let Some(block) = state.blocks.get(state.current) {
            if block.header().unswept != 0 {
                return None;
            }
            if let Some((start, end)) = block.take_run(most, marked) {
                let start = block.cell(start).as_ptr().expose_provenance();
                let count = end - block.cell_index(start).expect("the run starts at a cell");
                return Some((start, start + count * CLASS_SIZES[class]));
            }
            state.current += 1;
        }
        None
    }

    /// The block in which the search for free runs of a class goes on, if a sweep has still to come there.
    pub(crate) fn unswept(&self, class: usize) -> Option<Block> {
        let state = &self.classes[class];
        state.blocks.get(state.current).copied().filter(|block| block.header().unswept != 0)
    }

    /// A sweep begins: the search for free runs starts over.
    pub(crate) fn start_sweep(&mut self) {
        self.classes.iter_mut().for_each(|state| state.current = 0);
        self.all.iter().for_each(|block| block.header().unswept = 1);
    }

    /// The block at a place in the order of making.
    pub(crate) fn get(&self, index: usize) -> Option<Block> {
        self.all.get(index).copied()
    }

    /// Adds an empty block for a class.
    pub(crate) fn grow(&mut self, class: usize, pool: &BlockPool) {
        self.grown |= !self.classes[class].blocks.is_empty();
        let block = pool.take(self.grown);
        block.format(class);
        let base = block.0.as_ptr().expose_provenance();
        self.all.push(block);
        self.classes[class].blocks.push(block);
        self.bases.insert(base);
        self.lowest = self.lowest.min(base);
        self.highest = self.highest.max(base + BLOCK_SIZE);
    }

    /// Gives the free cells of a region back.
    pub(crate) fn give_back(&mut self, start: usize, end: usize) {
        let block = self.containing(start).expect("a region stands in a block");
        let first = block.cell_index(start).expect("a region starts at a cell");
        block.give_back(first, first + (end - start) / block.header().cell_size as usize);
    }

    /// Starts the search for free runs over; blocks without a living cell go back to the pool.
    pub(crate) fn restart(&mut self, pool: &BlockPool, is_empty: impl Fn(&Block) -> bool) {
        for state in &mut self.classes {
            state.current = 0;
            state.blocks.retain(|block| {
                let empty = is_empty(block);
                if empty {
                    self.bases.remove(&block.base());
                    pool.give(*block);
                }
                !empty
            });
        }
        let bases = &self.bases;
        self.all.retain(|block| bases.contains(&block.base()));
    }

    /// Gives all blocks back.
    pub(crate) fn clear(&mut self, pool: &BlockPool) {
        self.restart(pool, |_| true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reciprocal_divides_exactly() {
        for (class, &size) in CLASS_SIZES.iter().enumerate() {
            let block = Block::from_system(false);
            block.format(class);
            for offset in 0..BLOCK_SIZE - CELLS_START {
                let expected = offset / size;
                let found = block.cell_index(block.base() + CELLS_START + offset);
                let inside = expected < block.header().cell_count as usize;
                assert_eq!(found, inside.then_some(expected), "size {size} offset {offset}");
            }
            block.release();
        }
    }

    #[test]
    fn runs_cover_exactly_the_free_cells() {
        let block = Block::from_system(false);
        block.format(0);
        let count = block.header().cell_count as usize;
        for index in (0..count).filter(|index| index % 7 == 3 || (1000..1200).contains(index)) {
            set_bit(&mut block.header().allocated, index);
        }
        let mut covered = 0;
        while let Some((start, end)) = block.take_run(4, false) {
            assert!(start < end && end - start <= 4);
            covered += end - start;
        }
        let taken = (0..count).filter(|index| index % 7 == 3 || (1000..1200).contains(index)).count();
        assert_eq!(covered, count - taken);
        assert!((0..count).all(|index| get_bit(&block.header().allocated, index)));
        block.give_back(5, 9);
        assert_eq!(block.take_run(100, false), Some((5, 9)));
        block.release();
    }
}
