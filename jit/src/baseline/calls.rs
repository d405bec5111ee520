//! Calls and returns between functions in baseline code: what the dispatch loop does for plain calls, without leaving machine code.
//!
//! A call site puts what it knows into registers ([`Emit::call`]); shared code (`ways`) finds the callee's entry by its number and
//! notes it; the entry ([`Emit::entry`]) tests what the interpreter tests, makes window and frame, and goes on. Whatever is not
//! plain has the interpreter's handler run the whole instruction, unless it is but a call of the optimiser's code, which needs no window. Registers of a call: RAX the callee, RDI where to go on
//! behind it, RSI `self` or absent, R8 the arguments, R9 how many, R10 the last word of the frame, R11 the calling instruction.
//! Invariant: nothing is changed before all tests have passed.

use super::emit::{Emit, Way, entry, reg};
use super::table;
use super::x64::{Cond, Gpr, Label, Mem, R8, R9, R10, R11, R12, R13, R14, RAX, RBX, RCX, RDI, RDX, RSI};
use crate::bytecode::{Word, aux};
use crate::counters::Counters;
use crate::engine::slot::Slot;
use crate::engine::tier::TierState;
use crate::engine::unit::{CallFlags, Code};
use crate::feedback::FeedbackCell;
use crate::interp::frame::{Frame, HEADER, SLACK, STACK_END, STACK_NEXT};
use crate::interp::{LENT_GLOBALS, RUN_FRAMES};
use minilive_runtime::function::FUNCTION_OUTER;
use minilive_runtime::heap::HEADER_SHAPE;
use minilive_runtime::map::MAP_SLOTS;
use minilive_runtime::realm::{HEAD_BUDGET, HEAD_DEPTH, HEAD_MAX_DEPTH, HEAD_STACK_LIMIT, HEAD_STACK_TOP};
use std::mem::offset_of;

/// A field of the frame whose end is at an address in a register.
pub(super) const fn frame_field(offset: usize) -> i32 {
    offset as i32 - size_of::<Frame>() as i32
}

/// Where the run's list of frames ends.
pub(super) const NEXT_FRAME: Mem = Mem(R13, (RUN_FRAMES + STACK_NEXT) as i32);
const END_OF_FRAMES: Mem = Mem(R13, (RUN_FRAMES + STACK_END) as i32);

/// Where the optimiser's code takes what it is given, behind the realm in RDI; one that takes more is called by the handler.
const INPUTS: [Gpr; 5] = [RSI, RDX, RCX, R8, R9];

/// So many registers are cleared one by one.
const MOST_UNROLLED: u16 = 16;

/// A call, as its instruction tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    /// The register for the result.
    pub(super) to: u16,
    /// Words of the instruction; the feedback of the call is that of the last one.
    pub(super) words: u8,
    /// The first argument's register.
    pub(super) first: u16,
    /// How many arguments.
    pub(super) count: u16,
    /// The receiver's register.
    pub(super) this: Option<u16>,
    /// The entry of the table through which it goes.
    pub(super) through: i32,
}

impl Site {
    /// A call without arguments, of what a name or a member holds.
    pub(super) fn of_read(to: u16, words: u8, this: Option<u16>) -> Site {
        let through = if words == 1 { table::CALL_READ } else { table::CALL_NAMED };
        Site { to, words, first: 0, count: 0, this, through }
    }
}

impl Emit<'_> {
    /// Calls what RAX holds. Behind it, the slots of this unit are at hand again.
    pub(super) fn call(&mut self, site: Site, pc: u32) {
        let back = self.asm.label();
        self.asm.address(R11, Self::slot(pc, 0));
        self.asm.address(R8, reg(site.first));
        self.asm.bits(R9, u64::from(site.count));
        self.asm.bits(R10, u64::from(site.to) | u64::from(site.words) << 16);
        match site.this {
            Some(this) => self.asm.load(RSI, reg(this)),
            None => self.asm.load(RSI, entry(table::ABSENT)),
        }
        self.asm.address_of(RDI, back);
        self.asm.jump_through(entry(site.through));
        self.asm.bind(back);
        self.own_slots();
    }

    fn own_slots(&mut self) {
        self.asm.bits(R14, self.code.slots.as_ptr() as u64);
    }

    /// The entry for plain calls, if the unit may be called so: falls through to its first instruction.
    pub(super) fn entry(&mut self) -> bool {
        let code = self.code;
        if code.env_shape.is_some() || !code.is_call {
            return false;
        }
        let slow = self.asm.label();
        let on = self.asm.label();
        self.entry_tests(slow);
        self.entry_frame();
        self.entry_registers();
        self.asm.jump(on);
        self.asm.bind(slow);
        self.entry_of_compiled();
        self.asm.bind(on);
        true
    }

    /// The entry for all other calls: the optimiser's code is entered, without a window, if that is all there is to do. It counts and
    /// charges the call itself. RCX is the unit's code.
    fn entry_of_compiled(&mut self) {
        let code = self.code;
        let slow = self.asm.label();
        if code.unit.n_inputs() <= INPUTS.len() {
            let weight = code.weights.call as i32;
            self.asm.compare_byte(Mem(RCX, offset_of!(Code, call_flags) as i32), CallFlags::COMPILED as i8);
            self.asm.jump_if(Cond::NotEqual, slow);
            self.asm.compare32(R9, i32::from(code.n_params));
            self.asm.jump_if(Cond::NotEqual, slow);
            if code.unit.super_reg.is_some() {
                self.asm.compare(RSI, entry(table::ABSENT));
                self.asm.jump_if(Cond::NotEqual, slow);
            }
            self.asm.load(RDX, Mem(RCX, (offset_of!(Code, tier) + offset_of!(TierState, entry)) as i32));
            self.asm.test(RDX);
            self.asm.jump_if(Cond::Equal, slow);
            self.asm.compare_mem(Mem(R12, HEAD_BUDGET as i32), weight);
            self.asm.jump_if(Cond::LessOrEqual, slow);
            self.asm.compare_mem(Mem(RCX, Self::heat()), weight);
            self.asm.jump_if(Cond::Less, slow);
            let on = self.asm.label();
            self.asm.address_of(R9, on);
            self.asm.jump_through(entry(table::CALL_COMPILED));
            self.asm.bind(on);
            self.asm.bits(RCX, std::ptr::from_ref(code) as u64);
            self.asm.sub_mem(Mem(RCX, Self::heat()), weight);
            self.pass_inputs();
            self.asm.jump_through(entry(table::ENTER_COMPILED));
        }
        self.asm.bind(slow);
        self.asm.jump_through(entry(table::CALL_SLOWLY));
    }

    /// Puts what the optimiser's code takes where it takes it: the arguments at R11, and RSI as `self`.
    fn pass_inputs(&mut self) {
        let unit = &self.code.unit;
        if let Some(this) = unit.self_reg
            && INPUTS[this.0 as usize] != RSI
        {
            self.asm.copy(INPUTS[this.0 as usize], RSI);
        }
        if let Some(parent) = unit.super_reg {
            self.asm.load(INPUTS[parent.0 as usize], entry(table::ABSENT));
        }
        for (param, &input) in INPUTS.iter().enumerate().take(usize::from(self.code.n_params)) {
            self.asm.load(input, Mem(R11, param as i32 * 8));
        }
    }

    /// RCX = the unit's code, RDX = where its frame comes.
    fn entry_tests(&mut self, slow: Label) {
        let code = self.code;
        let weight = code.weights.call as i32;
        self.asm.bits(RCX, std::ptr::from_ref(code) as u64);
        self.asm.compare_byte(Mem(RCX, offset_of!(Code, call_flags) as i32), 0);
        self.asm.jump_if(Cond::NotEqual, slow);
        self.asm.compare32(R9, i32::from(code.n_params));
        self.asm.jump_if(Cond::NotEqual, slow);
        if code.unit.super_reg.is_some() {
            // Only the handler knows `super` of a method.
            self.asm.compare(RSI, entry(table::ABSENT));
            self.asm.jump_if(Cond::NotEqual, slow);
        }
        self.asm.load32(RDX, Mem(R12, HEAD_DEPTH as i32));
        self.asm.compare32_with(RDX, Mem(R12, HEAD_MAX_DEPTH as i32));
        self.asm.jump_if(Cond::AboveOrEqual, slow);
        self.asm.load(RDX, Mem(R12, HEAD_STACK_LIMIT as i32));
        self.asm.sub_from(RDX, Mem(R12, HEAD_STACK_TOP as i32));
        let room = (usize::from(code.bytecode.n_regs) + HEADER + SLACK) * 8;
        self.asm.compare64(RDX, room as i32);
        self.asm.jump_if(Cond::Below, slow);
        self.asm.compare_mem(Mem(R12, HEAD_BUDGET as i32), weight);
        self.asm.jump_if(Cond::LessOrEqual, slow);
        self.asm.compare_mem(Mem(RCX, Self::heat()), weight);
        self.asm.jump_if(Cond::Less, slow);
        self.asm.load(RDX, NEXT_FRAME);
        self.asm.compare(RDX, END_OF_FRAMES);
        self.asm.jump_if(Cond::Equal, slow);
    }

    fn heat() -> i32 {
        (offset_of!(Code, counters) + offset_of!(Counters, heat)) as i32
    }

    /// Charges and counts the call, and makes its frame. RBX and R14 are the callee's from now on.
    fn entry_frame(&mut self) {
        let weight = self.code.weights.call as i32;
        self.asm.sub_mem(Mem(R12, HEAD_BUDGET as i32), weight);
        self.asm.sub_mem(Mem(RCX, Self::heat()), weight);
        self.asm.add_word(Mem(R12, HEAD_DEPTH as i32), 1);
        self.asm.store(Mem(RDX, frame_field(offset_of!(Frame, ip))), R11);
        self.own_slots();
        self.count(0);
        self.asm.load(RBX, Mem(R12, HEAD_STACK_TOP as i32));
        self.asm.add(RBX, (HEADER * 8) as i32);
        self.asm.store(Mem(RDX, offset_of!(Frame, code) as i32), RCX);
        self.asm.store(Mem(RDX, offset_of!(Frame, window) as i32), RBX);
        self.asm.store(Mem(RDX, offset_of!(Frame, ip) as i32), R14);
        // Result, words, and that it is no boundary.
        self.asm.store32(Mem(RDX, offset_of!(Frame, ret) as i32), R10);
        self.asm.store(Mem(RDX, offset_of!(Frame, back) as i32), RDI);
        self.asm.add(RDX, size_of::<Frame>() as i32);
        self.asm.store(NEXT_FRAME, RDX);
    }

    /// Header, parameters, receiver; everything else is absent.
    fn entry_registers(&mut self) {
        let (params, n_regs) = (self.code.n_params, self.code.bytecode.n_regs);
        self.asm.load(RDX, Mem(RAX, FUNCTION_OUTER as i32));
        // The bits of null are where those of numbers end.
        self.asm.compare(RDX, entry(table::NUMBERS_END));
        self.asm.only_if(Cond::Equal, |asm| asm.load(RDX, Mem(R13, LENT_GLOBALS as i32)));
        self.asm.load(RCX, entry(table::ABSENT));
        self.asm.store(Mem(RBX, -8), RDX);
        self.asm.store(Mem(RBX, -16), RCX);
        self.asm.store(Mem(RBX, -24), RDX);
        for param in 0..params {
            self.asm.load(RDX, Mem(R8, i32::from(param) * 8));
            self.asm.store(reg(param), RDX);
        }
        self.asm.address(RDX, reg(n_regs));
        self.asm.store(Mem(R12, HEAD_STACK_TOP as i32), RDX);
        if n_regs - params <= MOST_UNROLLED {
            (params..n_regs).for_each(|number| self.asm.store(reg(number), RCX));
        } else {
            self.asm.address(RAX, reg(params));
            let again = self.asm.label();
            self.asm.bind(again);
            self.asm.store(Mem(RAX, 0), RCX);
            self.asm.add(RAX, 8);
            self.asm.compare_regs(RAX, RDX);
            self.asm.jump_if(Cond::Below, again);
        }
        if let Some(this) = self.code.unit.self_reg {
            self.asm.store(reg(this.0 as u16), RSI);
        }
    }

    // ---- methods -------------------------------------------------------------------------------------------------------

    /// RAX = a member: a map's own goes on at `own`, what its `__isa` map or a type has or what had to be looked up goes on here.
    pub(super) fn find_member(&mut self, object: u16, name: u16, own: Label, slow: Label) {
        let (other, inherited, found) = (self.asm.label(), self.asm.label(), self.asm.label());
        let of_type = self.asm.label();
        self.value(RAX, object);
        self.object_or(table::MAP, of_type);
        self.own_or(other, inherited);
        self.member_in_slot(slow);
        self.asm.jump(own);
        self.asm.bind(of_type);
        self.asm.address(RSI, self.cell(0));
        self.asm.call_through(entry(table::FIND_OF_TYPE));
        self.present_or(slow);
        self.asm.jump(found);
        self.asm.bind(other);
        self.look_up(name, slow);
        self.asm.jump(found);
        self.asm.bind(inherited);
        self.asm.sub(RCX, 4);
        self.asm.compare32(RCX, 1);
        self.asm.jump_if(Cond::Above, other);
        self.inherited_member(slow);
        self.asm.bind(found);
    }

    /// RAX = the member that the cache knows in the `__isa` map of the map in RAX.
    fn inherited_member(&mut self, slow: Label) {
        self.asm.load8(RCX, self.cell(FeedbackCell::ISA_SLOT_AT));
        self.asm.load(RAX, Mem(RAX, MAP_SLOTS as i32));
        self.asm.load_indexed(RAX, RAX, RCX);
        self.object_or(table::MAP, slow);
        self.asm.load32(RCX, Mem(RAX, HEADER_SHAPE as i32));
        self.asm.compare32_with(RCX, self.cell(FeedbackCell::HOLDER_SHAPE_AT));
        self.asm.jump_if(Cond::NotEqual, slow);
        self.member_in_slot(slow);
    }

    /// RAX = the slot of the map in RAX whose number is the high byte of RDX.
    fn member_in_slot(&mut self, slow: Label) {
        self.asm.shift_right32(RDX, 24);
        self.asm.load(RCX, Mem(RAX, MAP_SLOTS as i32));
        self.asm.load_indexed(RAX, RCX, RDX);
        self.present_or(slow);
    }

    pub(super) fn get_member(&mut self, word: &Word, pc: u32) {
        let slow = self.slow(Way::Call);
        let this = self.second().a();
        // A call that was put off may have to come before this one: then plain code takes over.
        let call = Way::Function(Site::of_read(word.a(), 2, Some(this)));
        let function = self.slow(if word.aux() & aux::CROSSED == 0 { call } else { Way::Call });
        let own = self.asm.label();
        self.find_member(word.b(), word.c(), own, slow);
        self.no_function_or(function);
        // That such a value is not called is noted once.
        self.asm
            .test_byte(Self::slot(pc + 1, offset_of!(Slot, cell) + FeedbackCell::BITS_AT), FeedbackCell::NOT_FUNCTION);
        self.asm.jump_if(Cond::Equal, slow);
        self.asm.bind(own);
        self.no_function_or(function);
        self.asm.store(reg(word.a()), RAX);
    }

    /// What a map has under a constant name, not invoked.
    pub(super) fn get_key(&mut self, word: &Word) {
        let slow = self.slow(Way::Step);
        let own = self.asm.label();
        self.find_member(word.b(), word.c(), own, slow);
        self.asm.bind(own);
        self.asm.store(reg(word.a()), RAX);
    }

    pub(super) fn call_method(&mut self, word: &Word, pc: u32) {
        let slow = self.slow(Way::Call);
        let x = *self.second();
        let own = self.asm.label();
        self.find_member(word.b(), word.c(), own, slow);
        self.asm.bind(own);
        self.call(
            Site { to: word.a(), words: 2, first: x.b(), count: x.c(), this: Some(x.a()), through: table::CALL_METHOD },
            pc,
        );
    }

    /// Returns RAX from the instruction at a word.
    pub(super) fn leave(&mut self, pc: u32) {
        self.asm.address(RDX, Self::slot(pc, 0));
        self.asm.jump_through(entry(table::RETURN));
    }
}
