//! Tier 1: machine code of any function, made in microseconds, that works on the interpreter's own frame.
//!
//! The policy (`optimise`) has [`Baseline::compile`] make it when a code object has done a little work; the dispatch loop enters it
//! at calls, at loop heads and wherever it comes to such code. One template an instruction (`emit`, `objects`): numbers, jumps,
//! variables and what a site's cache knows in line, everything else by one call of the interpreter's handler of that instruction
//! (`helpers::baseline`). It speculates on nothing. Calls push the interpreter's frames and jump, so they take no native stack.
//! Invariant: registers are in the window at every instruction, so code is entered and left at any of them; feedback, counts and
//! budget are written as the interpreter writes them.

mod calls;
mod emit;
mod find;
mod objects;
mod ways;
mod x64;

use crate::code::{Arena, CodeRange, InstallError, zeroed_words};
use crate::engine::unit::{Code, CodeId};
use crate::exits::MAX_CODES;
use crate::helpers::baseline as helpers;
use minilive_runtime::value::{NUMBER_END, TAG_FUNCTION, TAG_LIST, TAG_MAP, TAG_SHIFT, Value};
use std::sync::atomic::{AtomicU64, Ordering};

/// Entries of the table that R15 points at, by number: helpers and shared code to call or jump to, and constants.
pub(crate) mod table {
    /// Has the handler of the instruction at RDX run and comes back, or goes elsewhere.
    pub(crate) const STEP: i32 = 0;
    /// The same for an instruction that jumps.
    pub(crate) const MOVE: i32 = 1;
    /// Returns RAX to the caller, if baseline code called; else the handler of the instruction at RDX does.
    pub(crate) const RETURN: i32 = 2;
    /// Goes on at the address in RAX, in the window and slots that were lent.
    pub(crate) const GO: i32 = 3;
    /// Calls RAX for a `Call`; these note the target in the feedback of the instruction at R11.
    pub(crate) const CALL: i32 = 4;
    /// The same for an `AutoCall`.
    pub(crate) const CALL_READ: i32 = 5;
    /// The same for a `CallMethod`, whose feedback is that of the word behind.
    pub(crate) const CALL_METHOD: i32 = 6;
    /// The same for reads of names and members.
    pub(crate) const CALL_NAMED: i32 = 7;
    /// Has the handler run the calling instruction.
    pub(crate) const CALL_SLOWLY: i32 = 8;
    /// The mark of unassigned variables.
    pub(crate) const ABSENT: i32 = 9;
    /// Bits of numbers are below.
    pub(crate) const NUMBERS_END: i32 = 10;
    /// The number 1.
    pub(crate) const ONE: i32 = 11;
    /// All bits of a number but its sign.
    pub(crate) const SIZE: i32 = 12;
    /// The tag of maps.
    pub(crate) const MAP: i32 = 13;
    /// The tag of lists.
    pub(crate) const LIST: i32 = 14;
    /// The tag of functions.
    pub(crate) const FUNCTION: i32 = 15;
    /// The entries for calls, by the number of a code object; 0 where there is none.
    pub(crate) const ENTRIES: i32 = 16;
    /// Finds a member: see `find`.
    pub(crate) const FIND: i32 = 17;
    /// Prepares the call of a function that the optimiser has compiled.
    pub(crate) const CALL_COMPILED: i32 = 18;
    /// Enters its code.
    pub(crate) const ENTER_COMPILED: i32 = 19;
    /// The helper for one that fails.
    pub(crate) const CALL_FAILED: i32 = 20;
    /// The address of the word in which calls leave what the function captured.
    pub(crate) const CALLEE_WORD: i32 = 21;
    /// Finds a member of what is no map: see `find`.
    pub(crate) const FIND_OF_TYPE: i32 = 22;
    /// The helper that calls an intrinsic.
    pub(crate) const CALL_INTRINSIC: i32 = 23;
    /// The helper that compares what is no number.
    pub(crate) const EQUAL: i32 = 24;
    /// Helpers `(run, realm, instruction) -> address`, 0 if the next instruction follows.
    pub(crate) const HELPERS: i32 = 25;

    /// The helper for an operation.
    pub(crate) fn helper(op: crate::bytecode::Op) -> i32 {
        HELPERS + crate::helpers::baseline::number_of(op) as i32
    }
}

/// Whether there are templates for this processor and system.
pub const AVAILABLE: bool = cfg!(all(target_arch = "x86_64", target_os = "linux"));

/// The compiler, with what all its code shares.
#[derive(Debug)]
pub struct Baseline {
    /// What R15 points at.
    #[expect(dead_code, reason = "code reads it")]
    table: Box<[u64]>,
    /// The entries for calls.
    entries: Box<[AtomicU64]>,
    /// The way in.
    pub(crate) enter: usize,
    /// The way out.
    pub(crate) exit: usize,
}

/// The code of a unit, placed.
#[derive(Debug)]
pub struct Placed {
    /// Where.
    pub range: CodeRange,
    /// Its first byte.
    pub address: usize,
    /// The entry for calls, 0 if there is none.
    pub entry: usize,
    /// How many bytes there are.
    pub bytes: usize,
    /// The bytes themselves.
    pub code: Vec<u8>,
    /// Offset of what stands behind the last instruction.
    pub slow_paths: u32,
    /// By word of the bytecode: the offset of its instruction; `NOWHERE` for second words.
    pub positions: Box<[u32]>,
}

impl Baseline {
    /// Places what all code shares; its name, address and size are told. `None` where there are no templates, or no room. Calls of the
    /// optimiser's code leave what the function captured at an address.
    pub fn new(arena: &mut Arena, callee_word: usize, mut tell: impl FnMut(&str, usize, usize)) -> Option<Baseline> {
        if !AVAILABLE {
            return None;
        }
        let mut table = vec![0; table::HELPERS as usize + helpers::HELPERS.len()].into_boxed_slice();
        let ways = ways::ways(table.as_ptr() as u64);
        let range = arena.install(&ways.bytes, &[]).ok()?;
        let start = arena.address(range);
        tell("ways into and out of baseline code", start, ways.bytes.len());
        let mut put = |index: i32, value: u64| table[index as usize] = value;
        for (index, offset) in ways.shared {
            put(index, (start + offset as usize) as u64);
        }
        for (index, &helper) in (table::HELPERS..).zip(helpers::HELPERS) {
            put(index, helper as usize as u64);
        }
        put(table::CALL_FAILED, helpers::call_failed as *const () as u64);
        put(table::CALLEE_WORD, callee_word as u64);
        put(table::CALL_INTRINSIC, helpers::call_intrinsic as *const () as u64);
        put(table::EQUAL, helpers::equal as *const () as u64);
        put(table::ABSENT, Value::ABSENT.bits());
        put(table::NUMBERS_END, NUMBER_END);
        put(table::ONE, Value::ONE.bits());
        put(table::SIZE, u64::MAX >> 1);
        put(table::MAP, TAG_MAP << TAG_SHIFT);
        put(table::LIST, TAG_LIST << TAG_SHIFT);
        put(table::FUNCTION, TAG_FUNCTION << TAG_SHIFT);
        let entries = zeroed_words(MAX_CODES);
        put(table::ENTRIES, entries.as_ptr() as u64);
        Some(Baseline { table, entries, enter: start, exit: start + ways.exit as usize })
    }

    /// Makes and places the code of a unit.
    pub fn compile(&self, arena: &mut Arena, code: &Code) -> Result<Placed, InstallError> {
        let emitted = emit::emit(code);
        let range = arena.install(&emitted.bytes, &[])?;
        let (address, bytes) = (arena.address(range), emitted.bytes.len());
        let emit::Emitted { bytes: code, positions, slow_paths, has_entry } = emitted;
        // The entry stands first.
        let entry = if has_entry { address } else { 0 };
        Ok(Placed { range, address, entry, bytes, code, slow_paths, positions })
    }

    /// Sets the entry for calls of a code object, 0 for none.
    pub fn set_entry(&self, code: CodeId, entry: usize) {
        self.entries[code.0 as usize].store(entry as u64, Ordering::Relaxed);
    }
}
