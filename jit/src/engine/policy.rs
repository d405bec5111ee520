//! When to compile: the interpreter reports heat and asks here; the compiler stands behind.
//!
//! The interpreter calls [`Tiering::hot`] when a code object's heat is used up and [`Tiering::poll`] at every budget slow path, on the
//! VM thread. Invariant: code is installed into a [`Code`]'s tier state only inside these two calls.

use super::table::CodeTable;
use super::unit::Code;
use crate::events::SharedPiece;
use minilive_mir::ir::BlockId;
use minilive_runtime::realm::Realm;

/// What got hot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The function is about to be called.
    Call,
    /// A loop head was reached, for the n-th time.
    Loop(BlockId),
}

/// Machine code that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// How many entries.
    pub pieces: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What compiled code takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Footprint {
    /// Bytes of machine code.
    pub native_bytes: usize,
    /// Exits that it has.
    pub exits: usize,
    /// What was given back so far.
    pub freed: Freed,
}

/// How much memory is left for machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Memory {
    /// Enough.
    Enough,
    /// So little that it is to be looked for code that nobody runs.
    Short,
    /// Not enough for what was to be compiled, which is put off until that was done.
    Full,
}

/// The policy and the compiler behind it.
pub trait Tiering: Send {
    /// A code object's heat is used up. Compiles it, asks for it in the background, or refuses; sets its heat anew.
    fn hot(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, place: Place) -> Memory;

    /// The budget slow path: installs what is finished. `last_slice`: what is left is for the interpreter.
    fn poll(&mut self, codes: &CodeTable, realm: &mut Realm, last_slice: bool) -> Memory;

    /// Frees code that no activation can come to any more. `returns` are the addresses that the interpreter's activations keep; all others
    /// are on the native stack. Not to be called by who holds an address of code that it is about to enter.
    fn make_room(&mut self, _: &CodeTable, _: &Realm, _: &mut dyn Iterator<Item = usize>) {}

    /// A slice of the budget, of this weight, ended in compiled code of a code object. Whether code that was entered for a loop is to be
    /// left, so that better code can take its place.
    fn runs_long(&mut self, _: &CodeTable, _: &mut Realm, _: &Code, _: u64) -> bool {
        false
    }

    /// A run begins in a fresh realm. Code of earlier runs that relied on the old realm's state is checked or dropped.
    fn start_run(&mut self, codes: &CodeTable, realm: &mut Realm);

    /// The text of what was compiled since the last call, if it was to be kept.
    fn take_dumps(&mut self) -> Vec<crate::dump::Dump> {
        Vec::new()
    }

    /// Machine code that all compiled code shares.
    fn shared_pieces(&self) -> Vec<SharedPiece> {
        Vec::new()
    }

    /// The ways into and out of baseline code; 0 where there is none.
    fn baseline_ways(&self) -> (usize, usize) {
        (0, 0)
    }

    /// What compiled code takes now.
    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    /// What broke inside the compiler since this was asked last, in words for its developers.
    fn take_failures(&mut self) -> Vec<String>;
}

/// Never compiles.
#[derive(Debug, Default)]
pub struct InterpretOnly;

/// Heat that no run uses up.
pub const NEVER_HOT: i64 = i64::MAX / 2;

impl Tiering for InterpretOnly {
    fn hot(&mut self, _: &CodeTable, _: &mut Realm, code: &Code, _: Place) -> Memory {
        code.counters.heat.set(NEVER_HOT);
        Memory::Enough
    }

    fn poll(&mut self, _: &CodeTable, _: &mut Realm, _: bool) -> Memory {
        Memory::Enough
    }

    fn start_run(&mut self, _: &CodeTable, _: &mut Realm) {}

    fn take_failures(&mut self) -> Vec<String> {
        Vec::new()
    }
}
