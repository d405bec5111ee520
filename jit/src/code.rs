//! Owns the memory in which compiled code stands, and enters it.
//!
//! `translate` hands finished bytes and relocations in; the engine gets a [`CodeRange`] and later an entry to call. Functions
//! are freed one by one. Invariants that every unsafe block leans on:
//! 1. A live [`CodeRange`] was cut from `map` by [`Arena::install`], lies inside it, and overlaps no other live range.
//! 2. Only bytes that Cranelift emitted for this processor, with all relocations applied, stand in a live range.
//! 3. An entry address given to [`enter`] is the start of a live trampoline of this module's arena, made for the signature
//!    `extern "C" fn(entry, context, arguments) -> u64`, and its `entry` is live code of the arity the trampoline passes.
//! 4. A range is freed only when no activation of it is left on any stack and nobody can come to it; `optimise/room.rs` sees to that.
//!    Its bytes are such that whoever does come to it stops there.
#![expect(unsafe_code, reason = "writes machine code and jumps into it")]

use crate::sys::DualMap;
use cranelift_codegen::binemit::Reloc;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU64};

/// Alignment of every function and granularity of the free list.
const GRAIN: usize = 32;

/// What freed memory is full of: of x86-64 the instruction that stops a debugged process, of AArch64 words that are no instruction.
const TRAP: u8 = if cfg!(target_arch = "x86_64") { 0xcc } else { 0 };

/// Bytes reserved for machine code by default; pages are only touched when used.
pub const DEFAULT_ARENA: usize = 64 << 20;

/// A function's place in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodeRange {
    offset: u32,
    len: u32,
}

impl CodeRange {
    /// Bytes the function takes, padding included.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the range is empty, which a live range never is.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// Where a relocation points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelocTo {
    /// The function's own first byte.
    Itself,
    /// Another live range.
    Range(CodeRange),
    /// An absolute address outside the arena (a helper or a table).
    Address(usize),
    /// A symbol, which is to be resolved before the code is placed.
    Symbol(u32),
}

/// One place in the bytes that needs an address.
#[derive(Debug, Clone, Copy)]
pub struct Fixup {
    /// Offset in the function's bytes.
    pub at: u32,
    /// How the address is written.
    pub kind: Reloc,
    /// What it is the address of.
    pub to: RelocTo,
    /// Added to the address.
    pub addend: i64,
}

/// Why code could not be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallError {
    /// The arena is full.
    Full,
    /// Cranelift asked for a relocation this arena cannot apply.
    Relocation(String),
}

/// The region that holds all machine code of one engine, with its free list.
#[derive(Debug)]
pub struct Arena {
    map: DualMap,
    /// Free runs by offset; neighbours are always merged.
    free: BTreeMap<u32, u32>,
    used: usize,
}

impl Arena {
    /// Reserves `bytes`, or says why machine code is impossible here.
    pub fn new(bytes: usize) -> Result<Arena, String> {
        let map = DualMap::new(bytes.next_multiple_of(GRAIN).min(1 << 30))?;
        let free = BTreeMap::from([(0, map.size() as u32)]);
        Ok(Arena { map, free, used: 0 })
    }

    /// Bytes in live ranges.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The address at which a range runs.
    pub fn address(&self, range: CodeRange) -> usize {
        self.map.run() as usize + range.offset as usize
    }

    /// Whether an address lies in the executable view, or right behind it, as return addresses may.
    pub fn may_point_into(&self, address: usize) -> bool {
        address.wrapping_sub(self.map.run() as usize) <= self.map.size()
    }

    /// Copies a function in and applies its relocations.
    pub fn install(&mut self, bytes: &[u8], fixups: &[Fixup]) -> Result<CodeRange, InstallError> {
        let range = self.take(bytes.len())?;
        let mut code = bytes.to_vec();
        for fixup in fixups {
            if let Err(error) = self.apply(&mut code, range, fixup) {
                self.free(range);
                return Err(error);
            }
        }
        // SAFETY: invariant 1. The range is inside the map, nobody runs it yet, and `code` is not longer than the range.
        unsafe {
            std::ptr::copy_nonoverlapping(code.as_ptr(), self.map.write().add(range.offset as usize), code.len());
        }
        Ok(range)
    }

    /// Gives a range back. See invariant 4.
    pub fn free(&mut self, range: CodeRange) {
        self.used -= range.len as usize;
        // SAFETY: invariants 1 and 4. The range is inside the map, and nobody runs it.
        unsafe { self.map.write().add(range.offset as usize).write_bytes(TRAP, range.len as usize) };
        let (mut offset, mut len) = (range.offset, range.len);
        if let Some(next) = self.free.remove(&(offset + len)) {
            len += next;
        }
        if let Some((&before, &before_len)) = self.free.range(..offset).next_back()
            && before + before_len == offset
        {
            offset = before;
            len += before_len;
        }
        self.free.insert(offset, len);
    }

    /// First fit, rounded up to whole grains.
    fn take(&mut self, bytes: usize) -> Result<CodeRange, InstallError> {
        let len = u32::try_from(bytes.max(1).next_multiple_of(GRAIN)).map_err(|_| InstallError::Full)?;
        let found = self.free.iter().find(|&(_, &run)| run >= len).map(|(&offset, &run)| (offset, run));
        let (offset, run) = found.ok_or(InstallError::Full)?;
        self.free.remove(&offset);
        if run > len {
            self.free.insert(offset + len, run - len);
        }
        self.used += len as usize;
        Ok(CodeRange { offset, len })
    }

    fn apply(&self, code: &mut [u8], range: CodeRange, fixup: &Fixup) -> Result<(), InstallError> {
        let base = self.address(range);
        let target = match fixup.to {
            RelocTo::Itself => base,
            RelocTo::Range(other) => self.address(other),
            RelocTo::Address(address) => address,
            RelocTo::Symbol(number) => return Err(InstallError::Relocation(format!("symbol {number}"))),
        } as i64;
        let at = fixup.at as usize;
        let place = (base + at) as i64;
        match fixup.kind {
            Reloc::Abs8 => code[at..at + 8].copy_from_slice(&(target + fixup.addend).to_le_bytes()),
            Reloc::X86PCRel4 | Reloc::X86CallPCRel4 => {
                let distance = i32::try_from(target + fixup.addend - place)
                    .map_err(|_| InstallError::Relocation("near call out of reach".to_owned()))?;
                code[at..at + 4].copy_from_slice(&distance.to_le_bytes());
            }
            Reloc::Arm64Call => {
                let words = (target + fixup.addend - place) >> 2;
                let old = u32::from_le_bytes(code[at..at + 4].try_into().expect("four bytes"));
                code[at..at + 4].copy_from_slice(&(old | (words as u32 & 0x03ff_ffff)).to_le_bytes());
            }
            other => return Err(InstallError::Relocation(format!("{other:?}"))),
        }
        Ok(())
    }
}

/// Runs compiled code through its arity's trampoline.
///
/// # Safety
/// Invariant 3 must hold for `trampoline` and `entry`; `context` must be the realm the code belongs to, and `arguments` must
/// point to as many readable words as the trampoline's arity.
pub unsafe fn enter(trampoline: usize, entry: usize, context: *mut u8, arguments: *const u64) -> u64 {
    type Trampoline = extern "C" fn(usize, *mut u8, *const u64) -> u64;
    // SAFETY: invariants 2 and 3: this address is the start of live code of exactly this signature.
    let run = unsafe { std::mem::transmute::<usize, Trampoline>(trampoline) };
    run(entry, context, arguments)
}

/// Words of zero, which take no memory until they are touched.
pub fn zeroed_words(len: usize) -> Box<[AtomicU64]> {
    const { assert!(align_of::<AtomicU64>() == align_of::<u64>()) };
    let words = Box::into_raw(vec![0_u64; len].into_boxed_slice());
    // SAFETY: `AtomicU64` has the size and bit validity of `u64`, and its alignment as asserted; the box is given up and taken over.
    unsafe { Box::from_raw(words as *mut [AtomicU64]) }
}

/// Bytes of zero, which take no memory until they are touched.
pub fn zeroed_bytes(len: usize) -> Box<[AtomicU8]> {
    let bytes = Box::into_raw(vec![0_u8; len].into_boxed_slice());
    // SAFETY: `AtomicU8` has the size, bit validity and alignment of `u8`; the box is given up and taken over.
    unsafe { Box::from_raw(bytes as *mut [AtomicU8]) }
}

/// The frame pointer of the caller of a compiled function's frame, and the address it returns to.
///
/// # Safety
/// `frame` is the frame pointer of compiled code that has not returned; all compiled code keeps frame pointers, so the two words
/// there are what both conventions in use (System V on x86-64, AAPCS64) put there.
pub unsafe fn caller_of(frame: usize) -> (usize, usize) {
    let words = frame as *const usize;
    // SAFETY: the caller's promise.
    unsafe { (words.read(), words.add(1).read()) }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn freed_neighbours_are_merged_and_reused() {
        let mut arena = Arena::new(1 << 16).expect("this system allows machine code");
        let ranges: Vec<_> = (0..8).map(|_| arena.install(&[0xc3; 40], &[]).expect("room")).collect();
        let used = arena.used();
        for range in [1, 3, 2, 5, 4] {
            arena.free(ranges[range]);
        }
        assert_eq!(arena.free.len(), 2);
        let big = arena.install(&[0xc3; 300], &[]).expect("the merged run is large enough");
        assert_eq!(arena.address(big), arena.address(ranges[1]));
        assert_eq!(arena.used(), used);
    }

    #[test]
    fn freed_memory_stops_whoever_runs_it_and_its_neighbours_are_as_they_were() {
        let mut arena = Arena::new(1 << 16).expect("this system allows machine code");
        let ranges: Vec<_> = (0..3).map(|_| arena.install(&[0xc3; GRAIN], &[]).expect("room")).collect();
        arena.free(ranges[1]);
        // SAFETY: invariant 1 of `sys`: the region is mapped, and nobody writes to it meanwhile.
        let bytes = unsafe { std::slice::from_raw_parts(arena.map.run(), 3 * GRAIN) };
        assert_eq!(bytes, [[0xc3; GRAIN], [TRAP; GRAIN], [0xc3; GRAIN]].concat());
        let address = arena.address(ranges[2]);
        assert!(arena.may_point_into(address) && arena.may_point_into(address + GRAIN));
        let start = arena.map.run() as usize;
        assert!(arena.may_point_into(start) && !arena.may_point_into(start - 1));
        assert!(arena.may_point_into(start + (1 << 16)) && !arena.may_point_into(start + (1 << 16) + 1));
    }

    #[test]
    fn a_full_arena_says_so() {
        let mut arena = Arena::new(4096).expect("this system allows machine code");
        assert!(arena.install(&[0; 4096], &[]).is_ok());
        assert_eq!(arena.install(&[0; 1], &[]), Err(InstallError::Full));
    }
}
