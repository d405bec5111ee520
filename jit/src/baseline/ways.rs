//! The machine code that all baseline code shares: the way in, the way out, and the ways through the interpreter's handlers.
//!
//! [`Baseline::new`](super::Baseline::new) places it once. Invariants: the stack pointer is a multiple of 16 in baseline code; a
//! handler's answer is 0, or where to go on after what was lent is taken over.

use super::calls::{NEXT_FRAME, frame_field};
use super::emit::entry;
use super::find::{find, find_of_type};
use super::table;
use super::x64::{Asm, Cond, Label, Mem, R8, R9, R10, R11, R12, R13, R14, R15, RAX, RBX, RCX, RDI, RDX, RSI, RSP};
use crate::bytecode::Op;
use crate::engine::slot::Slot;
use crate::exits::MAX_CODES;
use crate::feedback::FeedbackCell;
use crate::interp::frame::{Frame, HEADER, NativeEntry, NativePlace, STACK_END, STACK_FIRST, STACK_NEXT};
use crate::interp::{LENT_GLOBALS, LENT_SLOTS, LENT_WINDOW, RUN_FRAMES, RUN_LAST_SLICE, RUN_NATIVES};
use minilive_runtime::function::{FUNCTION_CODE, FUNCTION_OUTER, INTRINSIC};
use minilive_runtime::realm::{
    HEAD_DEPTH, HEAD_MAX_DEPTH, HEAD_NATIVE_FRAME, HEAD_NATIVE_LIMIT, HEAD_NATIVE_SITE, HEAD_STACK_TOP,
};
use minilive_runtime::value::{TAG_SHIFT, Value};
use std::mem::offset_of;

/// Behind the last way into the optimiser's code.
const NEXT_NATIVE: Mem = Mem(R13, (RUN_NATIVES + STACK_NEXT) as i32);

/// Where such a way keeps what the realm's head says of compiled code further out.
const PLACE: [(usize, usize); 2] = {
    let before = offset_of!(NativeEntry, before);
    [
        (HEAD_NATIVE_FRAME, before + offset_of!(NativePlace, frame)),
        (HEAD_NATIVE_SITE, before + offset_of!(NativePlace, site)),
    ]
};

/// The code, and the offsets of what it consists of.
pub(super) struct Ways {
    /// The code; the way in stands first.
    pub(super) bytes: Vec<u8>,
    /// Entries of the table with offsets.
    pub(super) shared: Vec<(i32, u32)>,
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
    ask(&mut asm, table::HELPERS);
    asm.jump(go);
    let at_return = asm.here();
    leave(&mut asm, go);
    let mut shared =
        vec![(table::GO, at_go), (table::STEP, at_step), (table::MOVE, at_move), (table::RETURN, at_return)];
    let calls = [
        (table::CALL, 0, table::helper(Op::Call)),
        (table::CALL_READ, 0, table::helper(Op::AutoCall)),
        (table::CALL_METHOD, size_of::<Slot>(), table::helper(Op::CallMethod)),
        (table::CALL_NAMED, size_of::<Slot>(), table::HELPERS),
    ];
    for (index, behind, helper) in calls {
        shared.push((index, asm.here()));
        call(&mut asm, behind, helper, go);
    }
    shared.push((table::FIND, asm.here()));
    find(&mut asm);
    shared.push((table::FIND_OF_TYPE, asm.here()));
    find_of_type(&mut asm);
    shared.push((table::ENTER_COMPILED, asm.here()));
    enter_compiled(&mut asm, go);
    shared.push((table::CALL_COMPILED, asm.here()));
    call_compiled(&mut asm);
    shared.push((table::CALL_SLOWLY, asm.here()));
    call_slowly(&mut asm, table::HELPERS, go);
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
    ask(asm, table::HELPERS);
    asm.grow_stack(-8);
    asm.test(RAX);
    asm.jump_if(Cond::NotEqual, elsewhere);
    asm.ret();
    asm.bind(elsewhere);
    asm.grow_stack(-8);
    asm.jump(go);
}

/// Ends the innermost activation with RAX and goes on behind the call, if baseline code made that.
fn leave(asm: &mut Asm, go: Label) {
    let slow = asm.label();
    asm.load(RCX, NEXT_FRAME);
    asm.load(RDI, Mem(RCX, frame_field(offset_of!(Frame, back))));
    asm.test(RDI);
    asm.jump_if(Cond::Equal, slow);
    asm.sub(RBX, (HEADER * 8) as i32);
    asm.store(Mem(R12, HEAD_STACK_TOP as i32), RBX);
    asm.add_word(Mem(R12, HEAD_DEPTH as i32), -1);
    asm.load16(RDX, Mem(RCX, frame_field(offset_of!(Frame, ret))));
    asm.sub(RCX, size_of::<Frame>() as i32);
    asm.store(NEXT_FRAME, RCX);
    asm.load(RBX, Mem(RCX, frame_field(offset_of!(Frame, window))));
    asm.store_indexed(RBX, RDX, RAX);
    asm.jump_to(RDI);
    asm.bind(slow);
    ask(asm, table::HELPERS);
    asm.jump(go);
}

/// Finds the entry of the function in RAX and notes it; the feedback's slot is so far behind the instruction. What has no entry is left
/// to a helper, and an intrinsic to its own.
fn call(asm: &mut Asm, behind: usize, helper: i32, go: Label) {
    let cell = |offset: usize| Mem(R11, (behind + offset_of!(Slot, cell) + offset) as i32);
    let (slow, other, linked, intrinsic) = (asm.label(), asm.label(), asm.label(), asm.label());
    asm.xor(RAX, entry(table::FUNCTION));
    asm.copy(RCX, RAX);
    asm.shift_right(RCX, TAG_SHIFT as u8);
    asm.jump_if(Cond::NotEqual, slow);
    asm.load32(RCX, Mem(RAX, FUNCTION_CODE as i32));
    // Intrinsics have greater numbers.
    asm.compare32(RCX, MAX_CODES as i32);
    asm.jump_if(Cond::AboveOrEqual, intrinsic);
    asm.load32(RDX, cell(FeedbackCell::BITS_AT));
    asm.and32(RDX, FeedbackCell::TARGETS_MASK);
    asm.compare32(RDX, FeedbackCell::ONE_TARGET);
    asm.jump_if(Cond::NotEqual, other);
    asm.compare32_with(RCX, cell(FeedbackCell::SAMPLES_AT));
    asm.jump_if(Cond::NotEqual, slow);
    asm.bind(linked);
    asm.load(RDX, entry(table::ENTRIES));
    asm.load_indexed(RDX, RDX, RCX);
    asm.test(RDX);
    asm.jump_if(Cond::Equal, slow);
    asm.jump_to(RDX);
    asm.bind(other);
    asm.compare32(RDX, FeedbackCell::TARGETS);
    asm.jump_if(Cond::NotEqual, slow);
    asm.store32(cell(FeedbackCell::SAMPLES_AT), RCX);
    asm.jump(linked);
    asm.bind(intrinsic);
    asm.and32(RCX, !INTRINSIC as i32);
    asm.load32(RDX, cell(FeedbackCell::BITS_AT));
    asm.and32(RDX, FeedbackCell::TARGETS_MASK);
    asm.compare32(RDX, FeedbackCell::ONE_INTRINSIC);
    asm.jump_if(Cond::NotEqual, slow);
    asm.compare32_with(RCX, cell(FeedbackCell::SAMPLES_AT));
    asm.jump_if(Cond::NotEqual, slow);
    call_intrinsic(asm, go);
    asm.bind(slow);
    call_slowly(asm, helper, go);
}

/// Has a helper call the intrinsic whose number is in RCX, and goes on behind the call or elsewhere. The registers are those of a call.
fn call_intrinsic(asm: &mut Asm, go: Label) {
    asm.push(RDI);
    // How many arguments there are is passed on the stack.
    asm.push(R9);
    asm.copy(R9, RSI);
    asm.copy(RDX, R11);
    ask(asm, table::CALL_INTRINSIC);
    asm.pop(RCX);
    asm.pop(RDI);
    asm.test(RAX);
    asm.jump_if(Cond::NotEqual, go);
    asm.jump_to(RDI);
}

/// Prepares the call of the optimiser's code at RDX of the function whose object RAX is, and goes on at R9 with the code in RAX and the
/// arguments in R11; what is not plain falls through. The other registers are those of a call.
fn call_compiled(asm: &mut Asm) {
    let slow = asm.label();
    asm.load32(RCX, Mem(R12, HEAD_DEPTH as i32));
    asm.compare32_with(RCX, Mem(R12, HEAD_MAX_DEPTH as i32));
    asm.jump_if(Cond::AboveOrEqual, slow);
    asm.compare(RSP, Mem(R12, HEAD_NATIVE_LIMIT as i32));
    asm.jump_if(Cond::Below, slow);
    asm.compare_byte(Mem(R13, RUN_LAST_SLICE as i32), 0);
    asm.jump_if(Cond::NotEqual, slow);
    asm.load(RCX, NEXT_NATIVE);
    asm.compare(RCX, Mem(R13, (RUN_NATIVES + STACK_END) as i32));
    asm.jump_if(Cond::Equal, slow);
    asm.push(RDI);
    asm.push(R10);
    // As `Run::run_native` notes it.
    asm.load(R10, NEXT_FRAME);
    asm.store(Mem(R10, frame_field(offset_of!(Frame, ip))), R11);
    asm.sub_from(R10, Mem(R13, (RUN_FRAMES + STACK_FIRST) as i32));
    asm.store(Mem(RCX, offset_of!(NativeEntry, below) as i32), R10);
    asm.bits(R10, 0);
    asm.store(Mem(RCX, offset_of!(NativeEntry, osr) as i32), R10);
    for (in_head, in_entry) in PLACE {
        asm.load(R10, Mem(R12, in_head as i32));
        asm.store(Mem(RCX, in_entry as i32), R10);
    }
    asm.add(RCX, size_of::<NativeEntry>() as i32);
    asm.store(NEXT_NATIVE, RCX);
    asm.load(RCX, Mem(RAX, FUNCTION_OUTER as i32));
    // The bits of null are where those of numbers end.
    asm.compare(RCX, entry(table::NUMBERS_END));
    asm.only_if(Cond::Equal, |asm| asm.load(RCX, Mem(R13, LENT_GLOBALS as i32)));
    asm.load(R10, entry(table::CALLEE_WORD));
    asm.store(Mem(R10, 0), RCX);
    asm.copy(RAX, RDX);
    asm.copy(R11, R8);
    asm.jump_to(R9);
    asm.bind(slow);
}

/// Enters the code in RAX, whose inputs are where it takes them, and goes on behind the call.
fn enter_compiled(asm: &mut Asm, go: Label) {
    let failed = asm.label();
    asm.copy(RDI, R12);
    asm.call_to(RAX);
    asm.load(RCX, NEXT_NATIVE);
    asm.sub(RCX, size_of::<NativeEntry>() as i32);
    asm.store(NEXT_NATIVE, RCX);
    for (in_head, in_entry) in PLACE {
        asm.load(RDX, Mem(RCX, in_entry as i32));
        asm.store(Mem(R12, in_head as i32), RDX);
    }
    asm.pop(RDX);
    asm.pop(RDI);
    asm.compare64(RAX, Value::EXC.bits() as i32);
    asm.jump_if(Cond::Equal, failed);
    asm.and32(RDX, i32::from(u16::MAX));
    asm.store_indexed(RBX, RDX, RAX);
    asm.jump_to(RDI);
    asm.bind(failed);
    ask(asm, table::CALL_FAILED);
    asm.jump(go);
}

/// Has the handler run the calling instruction at R11, and goes on behind it or elsewhere.
fn call_slowly(asm: &mut Asm, helper: i32, go: Label) {
    asm.copy(RDX, R11);
    asm.push(RDI);
    asm.grow_stack(8);
    ask(asm, helper);
    asm.grow_stack(-8);
    asm.pop(RDI);
    asm.test(RAX);
    asm.jump_if(Cond::NotEqual, go);
    asm.jump_to(RDI);
}
