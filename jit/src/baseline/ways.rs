//! The machine code that all baseline code shares: the way in, the way out, and the ways through the interpreter's handlers.
//!
//! [`Baseline::new`](super::Baseline::new) places it once. Invariants: the stack pointer is a multiple of 16 in baseline code; a
//! handler's answer is 0, or where to go on after what was lent is taken over.

use super::emit::entry;
use super::table;
use super::x64::{Asm, Cond, Label, Mem, R12, R13, R14, R15, RAX, RBX, RDI, RDX, RSI};
use crate::interp::{LENT_SLOTS, LENT_WINDOW};

/// The code, and the offsets of what it consists of.
pub(super) struct Ways {
    /// The code; the way in stands first.
    pub(super) bytes: Vec<u8>,
    /// Entries of the table with offsets.
    pub(super) shared: [(i32, u32); 4],
    /// The way out.
    pub(super) exit: u32,
}

/// Writes it; `table` is what R15 points at.
pub(super) fn ways(table: u64) -> Ways {
    let mut asm = Asm::default();
    let go = asm.label();
    way_in(&mut asm, table);
    let exit = asm.here();
    way_out(&mut asm);
    let at_go = asm.here();
    asm.bind(go);
    take_over(&mut asm);
    asm.jump_to(RAX);
    let at_step = asm.here();
    step(&mut asm, go);
    let at_move = asm.here();
    ask(&mut asm, table::ANY);
    asm.jump(go);
    let at_return = asm.here();
    ask(&mut asm, table::DO_RETURN);
    asm.jump(go);
    let shared =
        [(table::GO, at_go), (table::STEP, at_step), (table::MOVE, at_move), (table::RETURN, at_return)];
    Ways { bytes: asm.finish(), shared, exit }
}

/// `(address, realm, run)`: keeps the caller's registers and goes there.
fn way_in(asm: &mut Asm, table: u64) {
    asm.enter_frame();
    for kept in [RBX, R12, R13, R14, R15] {
        asm.push(kept);
    }
    asm.grow_stack(8);
    asm.copy(R12, RSI);
    asm.copy(R13, RDX);
    asm.bits(R15, table);
    take_over(asm);
    asm.jump_to(RDI);
}

fn way_out(asm: &mut Asm) {
    asm.bits(RAX, 0);
    asm.grow_stack(-8);
    for kept in [R15, R14, R13, R12, RBX] {
        asm.pop(kept);
    }
    asm.leave_frame();
}

fn take_over(asm: &mut Asm) {
    asm.load(RBX, Mem(R13, LENT_WINDOW as i32));
    asm.load(R14, Mem(R13, LENT_SLOTS as i32));
}

/// Asks a helper about the instruction at RDX.
fn ask(asm: &mut Asm, helper: i32) {
    asm.copy(RDI, R13);
    asm.copy(RSI, R12);
    asm.call_through(entry(helper));
}

/// Is called: comes back, or goes elsewhere without coming back.
fn step(asm: &mut Asm, go: Label) {
    let elsewhere = asm.label();
    asm.grow_stack(8);
    ask(asm, table::ANY);
    asm.grow_stack(-8);
    asm.test(RAX);
    asm.jump_if(Cond::NotEqual, elsewhere);
    asm.ret();
    asm.bind(elsewhere);
    asm.grow_stack(-8);
    asm.jump(go);
}
