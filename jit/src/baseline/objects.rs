//! Templates of instructions that reach into the heap: names, members, elements, iteration.
//!
//! `emit` calls [`Emit::object_instruction`]. Layouts are those that the runtime gives as constants. Invariant: as in `emit`; what a
//! template notes nowhere, the interpreter does not note on its fast path either.

use super::calls::Site;
use super::emit::{Emit, Way, entry, reg};
use super::table;
use super::x64::{Cond, Label, Mem, R12, R13, RAX, RBX, RCX, RDX, RSI, Sse, XMM0, XMM1};
use crate::bytecode::{Op, Word};
use crate::feedback::FeedbackCell;
use crate::interp::LENT_GLOBALS;
use minilive_runtime::heap::{HEADER_FLAGS, HEADER_SHAPE, flags};
use minilive_runtime::list::{LIST_ELEMENTS, LIST_LEN, LIST_STORED};
use minilive_runtime::map::MAP_SLOTS;
use minilive_runtime::realm::{HEAD_CELLS, HEAD_ELEMENT_KEYS_END, HEAD_GLOBALS_GUARDED, HEAD_MARKING};
use minilive_runtime::value::{TAG_FUNCTION, TAG_SHIFT};

/// Distances of what stands below a window's first register.
const OUTER: i32 = -8;
const ENV: i32 = -16;
const SCOPE: i32 = -24;

impl Emit<'_> {
    /// Writes the template of an instruction, if it has one.
    pub(super) fn object_instruction(&mut self, op: Op, word: &Word) -> bool {
        match op {
            Op::LoadLocal => self.load_local(word),
            Op::LoadEnv => self.load_env(word, None),
            Op::LoadEnvCall => self.load_env(word, Some(2)),
            Op::StoreEnv => self.store_env(word),
            Op::LoadFree => self.load_free(word, None),
            Op::LoadName => self.load_free(word, Some(2)),
            Op::StoreGlobal => self.store_global(word),
            Op::LoadSelf => return self.load_receiver(word, self.code.unit.self_reg.map(|it| it.0)),
            Op::LoadSuper => return self.load_receiver(word, self.code.unit.super_reg.map(|it| it.0)),
            Op::LoadOuter => {
                self.asm.load(RAX, Mem(RBX, OUTER));
                self.asm.store(reg(word.a()), RAX);
            }
            Op::LoadGlobals => {
                self.asm.load(RAX, Mem(R13, LENT_GLOBALS as i32));
                self.asm.store(reg(word.a()), RAX);
            }
            Op::AutoCall => {
                self.value(RAX, word.b());
                self.end_read(word, Some(1));
            }
            Op::SetMember => self.set_member(word),
            Op::GetKey | Op::RefMember => self.get_key(word),
            Op::GetIndex => self.get_index(word, false),
            Op::GetIndexK => self.get_index(word, true),
            Op::SetIndex => self.set_index(word, false),
            Op::SetIndexK => self.set_index(word, true),
            Op::IterNext => self.iter_next(word),
            Op::CheckUncaught => {
                let slow = self.slow(Way::Step);
                self.value(RAX, word.a());
                self.asm.shift_right(RAX, TAG_SHIFT as u8);
                // Neither a function nor an error, nor what only hosts make.
                self.asm.compare32(RAX, TAG_FUNCTION as i32);
                self.asm.jump_if(Cond::AboveOrEqual, slow);
            }
            _ => return false,
        }
        true
    }

    /// RAX = the object that RAX refers to, if its tag is that of the table's entry.
    pub(super) fn object_or(&mut self, tag: i32, slow: Label) {
        self.asm.xor(RAX, entry(tag));
        self.asm.copy(RCX, RAX);
        self.asm.shift_right(RCX, TAG_SHIFT as u8);
        self.asm.jump_if(Cond::NotEqual, slow);
    }

    pub(super) fn present_or(&mut self, slow: Label) {
        self.asm.compare(RAX, entry(table::ABSENT));
        self.asm.jump_if(Cond::Equal, slow);
    }

    // ---- names ---------------------------------------------------------------------------------------------------------

    fn load_local(&mut self, word: &Word) {
        let slow = self.slow(Way::Step);
        self.value(RAX, word.b());
        self.present_or(slow);
        self.asm.store(reg(word.a()), RAX);
    }

    fn load_receiver(&mut self, word: &Word, own: Option<u32>) -> bool {
        let Some(own) = own.and_then(|it| u16::try_from(it).ok()) else { return false };
        let slow = self.slow(Way::Step);
        self.value(RAX, own);
        self.present_or(slow);
        self.asm.store(reg(word.a()), RAX);
        true
    }

    /// The value read is in RAX; a function is called, if it is said how many words that instruction has.
    fn end_read(&mut self, word: &Word, called: Option<u8>) {
        if let Some(words) = called {
            // A value taken untested before may be a function, too: then plain code takes over.
            let way = Way::Function(Site::of_read(word.a(), words, None));
            let way = if Self::is_auto(word) { Way::Call } else { way };
            let function = self.slow(way);
            self.no_function_or(function);
        }
        self.asm.store(reg(word.a()), RAX);
    }

    fn load_env(&mut self, word: &Word, called: Option<u8>) {
        let slow = self.slow(if called.is_some() { Way::Call } else { Way::Step });
        self.asm.load(RAX, Mem(RBX, ENV));
        self.object_or(table::MAP, slow);
        self.asm.load(RCX, Mem(RAX, MAP_SLOTS as i32));
        self.asm.load(RAX, Mem(RCX, i32::from(word.b()) * 8));
        self.present_or(slow);
        self.end_read(word, called);
    }

    fn store_env(&mut self, word: &Word) {
        let slow = self.slow(Way::Step);
        self.asm.load(RAX, Mem(RBX, ENV));
        self.object_or(table::MAP, slow);
        self.storable_or(flags::GUARDED, slow);
        self.asm.load(RCX, Mem(RAX, MAP_SLOTS as i32));
        self.value(RDX, word.b());
        self.asm.store(Mem(RCX, i32::from(word.a()) * 8), RDX);
    }

    /// A store into the object in RAX is a mere store: none of these flags is set and the collector does not mark.
    fn storable_or(&mut self, mask: u8, slow: Label) {
        self.asm.test_byte(Mem(RAX, HEADER_FLAGS as i32), mask);
        self.asm.jump_if(Cond::NotEqual, slow);
        self.asm.compare_byte(Mem(R12, HEAD_MARKING as i32), 0);
        self.asm.jump_if(Cond::NotEqual, slow);
    }

    fn load_free(&mut self, word: &Word, called: Option<u8>) {
        let slow = self.slow(if called.is_some() { Way::Call } else { Way::Step });
        let name = self.code.names[word.bc() as usize];
        self.asm.load(RAX, Mem(RBX, SCOPE));
        self.asm.compare(RAX, Mem(R13, LENT_GLOBALS as i32));
        self.asm.jump_if(Cond::NotEqual, slow);
        self.asm.compare_byte(self.cell(FeedbackCell::GLOBAL_SAMPLES_AT), FeedbackCell::GLOBAL_SAMPLES_END);
        self.asm.jump_if(Cond::Below, slow);
        self.asm.load(RCX, Mem(R12, HEAD_CELLS as i32));
        self.asm.load(RAX, Mem(RCX, name.cell.0 as i32 * 8));
        if name.intrinsic.is_absent() || called.is_some() {
            self.present_or(slow);
        } else {
            self.asm.compare(RAX, entry(table::ABSENT));
            self.asm.only_if(Cond::Equal, |asm| asm.bits(RAX, name.intrinsic.bits()));
        }
        self.end_read(word, called);
    }

    fn store_global(&mut self, word: &Word) {
        let slow = self.slow(Way::Step);
        let cell = self.code.names[word.bc() as usize].cell;
        self.asm.compare_word(Mem(R12, HEAD_GLOBALS_GUARDED as i32), 0);
        self.asm.jump_if(Cond::NotEqual, slow);
        // Compiled code may rely on a function that goes here, or on there being no value.
        self.asm.load(RCX, Mem(R12, HEAD_CELLS as i32));
        self.asm.load(RAX, Mem(RCX, cell.0 as i32 * 8));
        self.present_or(slow);
        self.no_function_or(slow);
        self.asm.load(RCX, Mem(R12, HEAD_CELLS as i32));
        self.value(RAX, word.a());
        self.asm.store(Mem(RCX, cell.0 as i32 * 8), RAX);
    }

    // ---- members -------------------------------------------------------------------------------------------------------

    /// RDX = the bits of the site's cell, if the map in RAX has the shape that the site saw last, and the member itself. RCX says where
    /// else the member is.
    pub(super) fn own_or(&mut self, other_shape: Label, not_own: Label) {
        self.asm.load32(RCX, Mem(RAX, HEADER_SHAPE as i32));
        self.asm.compare32_with(RCX, self.cell(FeedbackCell::SAMPLES_AT));
        self.asm.jump_if(Cond::NotEqual, other_shape);
        self.asm.load32(RDX, self.cell(FeedbackCell::BITS_AT));
        self.asm.copy(RCX, RDX);
        self.asm.and32(RCX, 0xF);
        // One or several shapes, and the receiver itself (1, 2) or its `__isa` map (5, 6).
        self.asm.sub(RCX, 1);
        self.asm.compare32(RCX, 1);
        self.asm.jump_if(Cond::Above, not_own);
    }

    /// RDX = the slot of the map in RAX, if the site's last receiver had its shape and the member itself.
    fn own_slot_or(&mut self, slow: Label) {
        self.own_or(slow, slow);
        self.asm.shift_right32(RDX, 24);
    }

    fn set_member(&mut self, word: &Word) {
        let slow = self.slow(Way::Step);
        if Self::is_auto(word) {
            self.value(RAX, word.c());
            self.no_function_or(slow);
        }
        self.value(RAX, word.a());
        self.object_or(table::MAP, slow);
        self.storable_or(flags::GUARDED, slow);
        self.own_slot_or(slow);
        self.asm.load(RCX, Mem(RAX, MAP_SLOTS as i32));
        self.value(RSI, word.c());
        self.asm.store_indexed(RCX, RDX, RSI);
    }

    // ---- elements ------------------------------------------------------------------------------------------------------

    /// RCX = a number as index into the list in RAX, if it is below the length at `len`.
    fn index_or(&mut self, len: usize, slow: Label) {
        self.asm.truncate(RCX, XMM0);
        self.asm.load32(RDX, Mem(RAX, len as i32));
        // A negative index is a very large one when its sign is not looked at, and so is that of what is not a number.
        self.asm.compare_regs(RCX, RDX);
        self.asm.jump_if(Cond::AboveOrEqual, slow);
    }

    /// XMM0 = the key of an access, a register or a constant.
    fn key(&mut self, number: u16, constant: bool) {
        if constant {
            let bits = self.code.consts[usize::from(number)].bits();
            self.asm.bits(RDX, bits);
            self.asm.float_from_bits(XMM0, RDX);
        } else {
            self.asm.load_float(XMM0, reg(number));
        }
    }

    fn get_index(&mut self, word: &Word, constant: bool) {
        let slow = self.slow(Way::Step);
        self.sampled_or(slow);
        self.value(RAX, word.b());
        self.object_or(table::LIST, slow);
        self.key(word.c(), constant);
        self.asm.float_to_bits(RDX, XMM0);
        self.asm.compare(RDX, Mem(R12, HEAD_ELEMENT_KEYS_END as i32));
        self.asm.jump_if(Cond::AboveOrEqual, slow);
        self.index_or(LIST_STORED, slow);
        self.asm.load(RDX, Mem(RAX, LIST_ELEMENTS as i32));
        self.asm.load_indexed(RAX, RDX, RCX);
        self.asm.store(reg(word.a()), RAX);
    }

    fn set_index(&mut self, word: &Word, constant: bool) {
        let slow = self.slow(Way::Step);
        self.sampled_or(slow);
        if constant {
            let bits = self.code.consts[usize::from(word.c())].bits();
            self.asm.bits(RSI, bits);
        } else {
            self.value(RSI, word.c());
        }
        self.value(RAX, word.a());
        self.object_or(table::LIST, slow);
        self.key(word.b(), false);
        self.index_or(LIST_STORED, slow);
        self.storable_or(flags::GUARDED, slow);
        // The first element that is no number takes another way.
        let number = self.asm.label();
        self.asm.compare(RSI, entry(table::NUMBERS_END));
        self.asm.jump_if(Cond::Below, number);
        self.asm.test_byte(Mem(RAX, HEADER_FLAGS as i32), flags::ALL_NUMBERS);
        self.asm.jump_if(Cond::NotEqual, slow);
        if Self::is_auto(word) {
            self.asm.copy(RDX, RSI);
            self.asm.shift_right(RDX, TAG_SHIFT as u8);
            self.asm.compare32(RDX, TAG_FUNCTION as i32);
            self.asm.jump_if(Cond::Equal, slow);
        }
        self.asm.bind(number);
        self.asm.load(RDX, Mem(RAX, LIST_ELEMENTS as i32));
        self.asm.store_indexed(RDX, RCX, RSI);
    }

    /// The next element of a list, stored or counted.
    fn iter_next(&mut self, word: &Word) {
        let slow = self.slow(Way::Jump);
        let (counted, done) = (self.asm.label(), self.asm.label());
        self.value(RAX, word.a());
        self.object_or(table::LIST, slow);
        self.asm.load_float(XMM0, reg(word.b()));
        self.index_or(LIST_LEN, slow);
        self.asm.load(RDX, Mem(RAX, LIST_ELEMENTS as i32));
        self.asm.test_byte(Mem(RAX, HEADER_FLAGS as i32), flags::COMPUTED);
        self.asm.jump_if(Cond::NotEqual, counted);
        self.asm.load_indexed(RSI, RDX, RCX);
        self.asm.bind(done);
        self.asm.store(reg(word.c()), RSI);
        self.asm.bits(RCX, minilive_runtime::value::Value::ONE.bits());
        self.asm.float_from_bits(XMM1, RCX);
        self.asm.float_op_regs(Sse::Add, XMM0, XMM1);
        self.asm.store_float(reg(word.b()), XMM0);
        self.go_behind();
        let over = self.asm.label();
        self.asm.jump(over);
        self.asm.bind(counted);
        // Without a step it is no number, and neither is what comes of it.
        self.asm.float_from_int(XMM1, RCX);
        self.asm.float_op(Sse::Mul, XMM1, Mem(RDX, 8));
        self.asm.float_op(Sse::Add, XMM1, Mem(RDX, 0));
        self.asm.compare_floats(XMM1, XMM1);
        self.asm.jump_if(Cond::Unordered, slow);
        self.asm.float_to_bits(RSI, XMM1);
        self.asm.jump(done);
        self.asm.bind(over);
    }
}
