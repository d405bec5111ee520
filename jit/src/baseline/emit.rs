//! From bytecode to baseline code: one template an instruction, in the order of the words.
//!
//! [`emit`] is given a code object and writes position-independent code with the way in to every instruction. The templates: numbers
//! and jumps here, `objects` for what reaches into the heap. Registers: RBX the window, R12 the realm's head, R13 the run, R14 the
//! slots, R15 the [`table`]. Invariants: a template changes nothing until it is sure to do the whole instruction, so that its
//! slow path is the interpreter's whole instruction; blocks are counted where the interpreter counts them.

use super::calls::Site;
use super::table;
use super::x64::{
    Asm, Cond, Gpr, Label, Mem, R12, R13, R14, R15, RAX, RBX, RCX, RDI, RDX, RSI, Sse, XMM0, XMM1, XMM2, Xmm,
};
use crate::bytecode::{Op, Word, aux};
use crate::engine::slot::Slot;
use crate::engine::tier::NOWHERE;
use crate::engine::unit::Code;
use crate::feedback::{FeedbackCell, SAMPLES};
use crate::helpers::baseline::UNKNOWN;
use minilive_runtime::ops::ITER_START;
use minilive_runtime::realm::HEAD_BUDGET;
use minilive_runtime::value::Value;
use std::mem::offset_of;

/// What [`emit`] gives.
#[derive(Debug)]
pub(super) struct Emitted {
    /// The code.
    pub(super) bytes: Vec<u8>,
    /// By word: where its instruction begins; [`NOWHERE`] for second words.
    pub(super) positions: Box<[u32]>,
    /// Where the slow paths begin.
    pub(super) slow_paths: u32,
    /// Whether the entry for calls stands first.
    pub(super) has_entry: bool,
}

/// Writes the code of a unit.
pub(super) fn emit(code: &Code) -> Emitted {
    let mut asm = Asm::default();
    let words = &code.bytecode.words;
    let labels = words.iter().map(|_| asm.label()).collect();
    let leave = asm.label();
    let mut emit = Emit { asm, code, pc: 0, labels, slow: Vec::new(), equalities: Vec::new(), leave };
    let mut positions = vec![NOWHERE; words.len()].into_boxed_slice();
    let has_entry = emit.entry();
    while let Some(word) = words.get(emit.pc as usize) {
        positions[emit.pc as usize] = emit.asm.here();
        emit.asm.bind(emit.labels[emit.pc as usize]);
        let op = word.op().expect("verified bytecode has known operations");
        emit.instruction(op, word);
        emit.pc += op.words();
    }
    let slow_paths = emit.asm.here();
    emit.slow_paths();
    Emitted { bytes: emit.asm.finish(), positions, slow_paths, has_entry }
}

/// How an instruction goes on outside of its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The next instruction nearly always follows.
    Step,
    /// It jumps.
    Jump,
    /// It may begin a call.
    Call,
    /// What RAX holds is called.
    Function(Site),
}

/// What stands behind the code for the sake of an instruction.
struct Slow {
    at: Label,
    pc: u32,
    way: Way,
    next: Option<Label>,
}

/// What stands behind the code for a comparison of what is no number.
struct Equality {
    at: Label,
    /// Where the conditions that it leaves are looked at.
    back: Label,
    slow: Label,
    pc: u32,
    /// Registers.
    operands: (u16, u16),
}

/// The state of one translation.
pub(super) struct Emit<'a> {
    pub(super) asm: Asm,
    pub(super) code: &'a Code,
    /// The instruction's word.
    pc: u32,
    labels: Vec<Label>,
    slow: Vec<Slow>,
    equalities: Vec<Equality>,
    /// Goes on where a helper said.
    leave: Label,
}

/// A constant or a helper of the table.
pub(super) fn entry(index: i32) -> Mem {
    Mem(R15, index * 8)
}

/// A register of the window.
pub(super) fn reg(number: u16) -> Mem {
    Mem(RBX, i32::from(number) * 8)
}

/// An operand of arithmetic or of a comparison.
#[derive(Debug, Clone, Copy)]
enum Operand {
    Reg(u16),
    Const(u16),
}

impl Emit<'_> {
    // ---- places --------------------------------------------------------------------------------------------------------

    /// A field of a slot.
    pub(super) fn slot(pc: u32, field: usize) -> Mem {
        Mem(R14, (pc as usize * size_of::<Slot>() + field) as i32)
    }

    /// A part of the instruction's feedback.
    pub(super) fn cell(&self, offset: usize) -> Mem {
        Self::slot(self.pc, offset_of!(Slot, cell) + offset)
    }

    fn target(&self, distance: i32) -> u32 {
        self.pc.wrapping_add_signed(distance)
    }

    fn label_of(&self, pc: u32) -> Label {
        self.labels[pc as usize]
    }

    // ---- slow paths ----------------------------------------------------------------------------------------------------

    /// Where the instruction is done by the interpreter's own handler.
    pub(super) fn slow(&mut self, way: Way) -> Label {
        if let Some(known) = self.slow.iter().rev().take(2).find(|it| it.pc == self.pc && it.way == way) {
            return known.at;
        }
        let at = self.asm.label();
        let op = self.code.bytecode.words[self.pc as usize].op();
        let next = self.labels.get((self.pc + op.map_or(1, Op::words)) as usize).copied();
        self.slow.push(Slow { at, pc: self.pc, way, next });
        at
    }

    fn slow_paths(&mut self) {
        for equality in std::mem::take(&mut self.equalities) {
            self.equality(&equality);
        }
        for slow in std::mem::take(&mut self.slow) {
            self.asm.bind(slow.at);
            self.out_of_line(slow.pc, slow.way);
            // What falls off the end was refused by the verifier.
            if let Some(next) = slow.next.filter(|_| slow.way != Way::Jump) {
                self.asm.jump(next);
            }
        }
        self.asm.bind(self.leave);
        self.asm.jump_through(entry(table::GO));
    }

    /// Has the interpreter's handler do an instruction.
    fn out_of_line(&mut self, pc: u32, way: Way) {
        let op = self.code.bytecode.words[pc as usize].op().expect("verified bytecode has known operations");
        let helper = table::helper(op);
        let way = if way == Way::Step && helper != table::HELPERS { Way::Call } else { way };
        if !matches!(way, Way::Function(_)) {
            self.asm.address(RDX, Self::slot(pc, 0));
        }
        match way {
            Way::Step => self.asm.call_through(entry(table::STEP)),
            Way::Jump if helper == table::HELPERS => self.asm.jump_through(entry(table::MOVE)),
            Way::Jump => {
                self.ask(helper);
                self.asm.jump_through(entry(table::GO));
            }
            Way::Call => {
                self.ask(helper);
                self.asm.test(RAX);
                self.asm.jump_if(Cond::NotEqual, self.leave);
            }
            Way::Function(site) => self.call(site, pc),
        }
    }

    fn ask(&mut self, helper: i32) {
        self.asm.copy(RDI, R13);
        self.asm.copy(RSI, R12);
        self.asm.call_through(entry(helper));
    }

    /// The slow path, unless the site has given its samples.
    pub(super) fn sampled_or(&mut self, slow: Label) {
        self.asm.compare_word(self.cell(FeedbackCell::SAMPLES_AT), SAMPLES as i8);
        self.asm.jump_if(Cond::Below, slow);
    }

    // ---- instructions --------------------------------------------------------------------------------------------------

    fn instruction(&mut self, op: Op, word: &Word) {
        let (a, b, c) = (word.a(), word.b(), word.c());
        match op {
            Op::Const => self.constant(a, self.code.consts[word.bc() as usize].bits()),
            Op::Move => self.copy(a, b),
            Op::Add => self.arithmetic(Sse::Add, word, Operand::Reg(c)),
            Op::Sub => self.arithmetic(Sse::Sub, word, Operand::Reg(c)),
            Op::Mul => self.arithmetic(Sse::Mul, word, Operand::Reg(c)),
            Op::Div => self.arithmetic(Sse::Div, word, Operand::Reg(c)),
            Op::AddK => self.arithmetic(Sse::Add, word, Operand::Const(c)),
            Op::SubK => self.arithmetic(Sse::Sub, word, Operand::Const(c)),
            Op::MulK => self.arithmetic(Sse::Mul, word, Operand::Const(c)),
            Op::DivK => self.arithmetic(Sse::Div, word, Operand::Const(c)),
            Op::Mod => self.remainder(word, Operand::Reg(c)),
            Op::ModK => self.remainder(word, Operand::Const(c)),
            Op::Lt => self.compare(word, Cond::Below),
            Op::Le => self.compare(word, Cond::BelowOrEqual),
            Op::Eq => self.compare(word, Cond::Equal),
            Op::Ne => self.compare(word, Cond::NotEqual),
            Op::JumpLt => self.compare_jump(word, Cond::Below, Operand::Reg(b)),
            Op::JumpNotLt => self.compare_jump(word, Cond::AboveOrEqual, Operand::Reg(b)),
            Op::JumpLe => self.compare_jump(word, Cond::BelowOrEqual, Operand::Reg(b)),
            Op::JumpNotLe => self.compare_jump(word, Cond::Above, Operand::Reg(b)),
            Op::JumpEq => self.compare_jump(word, Cond::Equal, Operand::Reg(b)),
            Op::JumpNe => self.compare_jump(word, Cond::NotEqual, Operand::Reg(b)),
            Op::JumpLtK | Op::JumpNotGeK => self.compare_jump(word, Cond::Below, Operand::Const(b)),
            Op::JumpNotLtK | Op::JumpGeK => self.compare_jump(word, Cond::AboveOrEqual, Operand::Const(b)),
            Op::JumpLeK | Op::JumpNotGtK => self.compare_jump(word, Cond::BelowOrEqual, Operand::Const(b)),
            Op::JumpNotLeK | Op::JumpGtK => self.compare_jump(word, Cond::Above, Operand::Const(b)),
            Op::JumpEqK => self.compare_jump(word, Cond::Equal, Operand::Const(b)),
            Op::JumpNeK => self.compare_jump(word, Cond::NotEqual, Operand::Const(b)),
            Op::Neg => self.negate(word),
            Op::Not => self.not(word),
            Op::Jump => self.go(self.target(word.far())),
            Op::Loop | Op::LoopNext => self.loop_back(word),
            Op::JumpIf => self.truth_jump(word, true),
            Op::JumpIfNot => self.truth_jump(word, false),
            Op::JumpPartly => self.wholly_jump(word, false),
            Op::JumpWholly => self.wholly_jump(word, true),
            Op::AndTest => self.and_test(word),
            Op::OrTest => self.or_test(word),
            Op::IterInit => {
                let slow = self.slow(Way::Step);
                self.asm.load(RAX, reg(c));
                self.no_function_or(slow);
                self.asm.store(reg(a), RAX);
                self.constant(b, ITER_START.bits());
            }
            Op::Call => {
                self.value(RAX, b);
                let count = u16::from(word.aux());
                self.call(Site { to: a, words: 1, first: c, count, this: None, through: table::CALL }, self.pc);
            }
            Op::CallMethod => self.call_method(word, self.pc),
            Op::GetMember => self.get_member(word, self.pc),
            Op::CallWide | Op::CallIndex => self.out_of_line(self.pc, Way::Call),
            Op::Return => {
                self.value(RAX, a);
                if Self::is_auto(word) {
                    let slow = self.slow(Way::Jump);
                    self.no_function_or(slow);
                }
                self.leave(self.pc);
            }
            Op::ReturnConst => {
                let bits = self.code.consts[word.bc() as usize].bits();
                self.asm.bits(RAX, bits);
                self.leave(self.pc);
            }
            Op::End | Op::Unsupported => self.out_of_line(self.pc, Way::Jump),
            _ => {
                if !self.object_instruction(op, word) {
                    self.out_of_line(self.pc, Way::Step);
                }
            }
        }
    }

    pub(super) fn constant(&mut self, to: u16, bits: u64) {
        self.asm.bits(RAX, bits);
        self.asm.store(reg(to), RAX);
    }

    fn copy(&mut self, to: u16, from: u16) {
        self.asm.load(RAX, reg(from));
        self.asm.store(reg(to), RAX);
    }

    /// RAX is no function.
    pub(super) fn no_function_or(&mut self, slow: Label) {
        self.asm.copy(RCX, RAX);
        self.asm.shift_right(RCX, minilive_runtime::value::TAG_SHIFT as u8);
        self.asm.compare32(RCX, minilive_runtime::value::TAG_FUNCTION as i32);
        self.asm.jump_if(Cond::Equal, slow);
    }

    fn operand(&mut self, to: Xmm, operand: Operand) {
        match operand {
            Operand::Reg(number) => self.asm.load_float(to, reg(number)),
            Operand::Const(index) => {
                let bits = self.code.consts[usize::from(index)].bits();
                self.asm.bits(RAX, bits);
                self.asm.float_from_bits(to, RAX);
            }
        }
    }

    /// A result that is a number proves that both operands were.
    fn arithmetic(&mut self, op: Sse, word: &Word, second: Operand) {
        let slow = self.slow(Way::Step);
        self.asm.load_float(XMM0, reg(word.b()));
        match second {
            Operand::Reg(number) => self.asm.float_op(op, XMM0, reg(number)),
            Operand::Const(_) => {
                self.operand(XMM1, second);
                self.asm.float_op_regs(op, XMM0, XMM1);
            }
        }
        self.asm.compare_floats(XMM0, XMM0);
        self.asm.jump_if(Cond::Unordered, slow);
        self.sampled_or(slow);
        self.asm.store_float(reg(word.a()), XMM0);
    }

    /// Of whole numbers, neither negative: there `fmod` and the processor's division agree.
    fn remainder(&mut self, word: &Word, second: Operand) {
        let slow = self.slow(Way::Step);
        self.asm.load_float(XMM0, reg(word.b()));
        self.operand(XMM1, second);
        self.asm.truncate(RAX, XMM0);
        self.asm.truncate(RCX, XMM1);
        self.asm.float_from_int(XMM2, RAX);
        self.asm.compare_floats(XMM2, XMM0);
        self.asm.jump_if(Cond::Unordered, slow);
        self.asm.jump_if(Cond::NotEqual, slow);
        self.asm.float_from_int(XMM2, RCX);
        self.asm.compare_floats(XMM2, XMM1);
        self.asm.jump_if(Cond::Unordered, slow);
        self.asm.jump_if(Cond::NotEqual, slow);
        // Of minus zero, the remainder is minus zero.
        self.asm.float_to_bits(RDX, XMM0);
        self.asm.test(RDX);
        self.asm.jump_if(Cond::Sign, slow);
        self.asm.test(RCX);
        self.asm.jump_if(Cond::LessOrEqual, slow);
        self.sampled_or(slow);
        self.divide();
        self.asm.float_from_int(XMM0, RDX);
        self.asm.store_float(reg(word.a()), XMM0);
    }

    /// RDX = RAX % RCX. Division of 32 bits is much faster.
    fn divide(&mut self) {
        let (wide, done) = (self.asm.label(), self.asm.label());
        self.asm.copy(RDX, RAX);
        self.asm.or_regs(RDX, RCX);
        self.asm.shift_right(RDX, 32);
        self.asm.jump_if(Cond::NotEqual, wide);
        // RDX is 0 here.
        self.asm.divide(false, RCX);
        self.asm.jump(done);
        self.asm.bind(wide);
        self.asm.bits(RDX, 0);
        self.asm.divide(true, RCX);
        self.asm.bind(done);
    }

    fn negate(&mut self, word: &Word) {
        let slow = self.slow(Way::Step);
        self.asm.zero_float(XMM0);
        self.asm.float_op(Sse::Sub, XMM0, reg(word.b()));
        self.asm.compare_floats(XMM0, XMM0);
        self.asm.jump_if(Cond::Unordered, slow);
        self.sampled_or(slow);
        self.asm.store_float(reg(word.a()), XMM0);
    }

    /// 1 less the size of a number, which counts as 1 at most.
    fn not(&mut self, word: &Word) {
        let slow = self.slow(Way::Step);
        self.sampled_or(slow);
        self.compare_size(word.b(), slow);
        self.asm.only_if(Cond::Above, |asm| asm.load(RAX, entry(table::ONE)));
        self.asm.float_from_bits(XMM1, RAX);
        self.asm.load_float(XMM0, entry(table::ONE));
        self.asm.float_op_regs(Sse::Sub, XMM0, XMM1);
        self.asm.store_float(reg(word.a()), XMM0);
    }

    /// Two numbers compared, as conditions of unsigned numbers tell it.
    fn compare_operands(&mut self, first: u16, second: Operand, slow: Label) {
        self.asm.load_float(XMM0, reg(first));
        match second {
            Operand::Reg(number) => self.asm.compare_float(XMM0, reg(number)),
            Operand::Const(_) => {
                self.operand(XMM1, second);
                self.asm.compare_floats(XMM0, XMM1);
            }
        }
        self.asm.jump_if(Cond::Unordered, slow);
    }

    /// Two values compared, likewise. Whether they are equal is asked of texts and null, too.
    fn compare_values(&mut self, (first, second): (u16, Operand), cond: Cond, slow: Label) {
        let (Operand::Reg(other), Cond::Equal | Cond::NotEqual) = (second, cond) else {
            return self.compare_operands(first, second, slow);
        };
        let (at, back) = (self.asm.label(), self.asm.label());
        self.compare_operands(first, second, at);
        self.asm.bind(back);
        self.equalities.push(Equality { at, back, slow, pc: self.pc, operands: (first, other) });
    }

    /// What stands behind the code for comparisons of what is no number.
    fn equality(&mut self, it: &Equality) {
        self.asm.bind(it.at);
        self.asm.load(RDI, reg(it.operands.0));
        self.asm.load(RSI, reg(it.operands.1));
        self.asm.address(RDX, Self::slot(it.pc, offset_of!(Slot, cell)));
        self.asm.call_through(entry(table::EQUAL));
        self.asm.compare32(RAX, UNKNOWN as i32);
        self.asm.jump_if(Cond::Equal, it.slow);
        self.asm.compare32(RAX, 1);
        self.asm.jump(it.back);
    }

    fn compare(&mut self, word: &Word, cond: Cond) {
        let slow = self.slow(Way::Step);
        self.sampled_or(slow);
        self.compare_values((word.b(), Operand::Reg(word.c())), cond, slow);
        self.asm.set_rax(cond);
        // All bits, or none, of the number 1.
        self.asm.negate(RAX);
        self.asm.and(RAX, entry(table::ONE));
        self.asm.store(reg(word.a()), RAX);
    }

    // ---- jumps ---------------------------------------------------------------------------------------------------------

    pub(super) fn count(&mut self, pc: u32) {
        self.asm.increment(Self::slot(pc, offset_of!(Slot, count)));
    }

    /// Goes to a block.
    fn go(&mut self, target: u32) {
        self.count(target);
        if target != self.pc + 1 {
            self.asm.jump(self.label_of(target));
        }
    }

    /// Goes to a target if the condition holds, else on; either is a block.
    fn branch(&mut self, cond: Cond, target: u32) {
        let label = self.label_of(target);
        self.asm.only_if(cond, |asm| {
            asm.increment(Self::slot(target, offset_of!(Slot, count)));
            asm.jump(label);
        });
        self.count(self.pc + 1);
    }

    fn compare_jump(&mut self, word: &Word, cond: Cond, second: Operand) {
        let slow = self.slow(Way::Jump);
        self.sampled_or(slow);
        self.compare_values((word.a(), second), cond, slow);
        self.branch(cond, self.target(i32::from(word.distance())));
    }

    fn truth_jump(&mut self, word: &Word, wanted: bool) {
        let slow = self.slow(Way::Jump);
        self.asm.zero_float(XMM0);
        self.asm.compare_float(XMM0, reg(word.a()));
        self.asm.jump_if(Cond::Unordered, slow);
        self.branch(if wanted { Cond::NotEqual } else { Cond::Equal }, self.target(word.far()));
    }

    /// Compares the size of a number with 1.
    fn compare_size(&mut self, number: u16, slow: Label) {
        self.number_or(number, slow);
        self.asm.load(RAX, reg(number));
        self.asm.and(RAX, entry(table::SIZE));
        // Sizes of numbers are ordered as their bits are.
        self.asm.compare(RAX, entry(table::ONE));
    }

    fn wholly_jump(&mut self, word: &Word, wanted: bool) {
        let slow = self.slow(Way::Jump);
        self.sampled_or(slow);
        self.compare_size(word.a(), slow);
        let cond = if wanted { Cond::AboveOrEqual } else { Cond::Below };
        self.branch(cond, self.target(word.far()));
    }

    /// A register is a number, and not the one that is not a number.
    fn number_or(&mut self, number: u16, slow: Label) {
        self.asm.load_float(XMM0, reg(number));
        self.asm.compare_floats(XMM0, XMM0);
        self.asm.jump_if(Cond::Unordered, slow);
    }

    fn and_test(&mut self, word: &Word) {
        let slow = self.slow(Way::Jump);
        let on = self.asm.label();
        self.asm.zero_float(XMM0);
        self.asm.compare_float(XMM0, reg(word.b()));
        self.asm.jump_if(Cond::Unordered, slow);
        self.asm.jump_if(Cond::NotEqual, on);
        self.decided(word, Value::ZERO, on);
    }

    fn or_test(&mut self, word: &Word) {
        let slow = self.slow(Way::Jump);
        let on = self.asm.label();
        self.compare_size(word.b(), slow);
        self.asm.jump_if(Cond::Below, on);
        self.decided(word, Value::ONE, on);
    }

    /// The first half gave the result; or the second half goes on.
    fn decided(&mut self, word: &Word, result: Value, on: Label) {
        self.constant(word.a(), result.bits());
        let target = self.target(i32::from(word.distance()));
        self.count(target);
        self.asm.jump(self.label_of(target));
        self.asm.bind(on);
        self.count(self.pc + 1);
    }

    /// Charges a round and goes to the loop's head, unless the budget or the heat is used up.
    fn loop_back(&mut self, word: &Word) {
        let slow = self.slow(Way::Jump);
        let (budget, weight) = (Mem(R12, HEAD_BUDGET as i32), i32::from(word.a()));
        self.asm.bits(RDX, std::ptr::from_ref(&self.code.counters.heat) as u64);
        let heat = Mem(RDX, 0);
        self.asm.load(RAX, budget);
        self.asm.sub(RAX, weight);
        self.asm.jump_if(Cond::LessOrEqual, slow);
        self.asm.load(RCX, heat);
        self.asm.sub(RCX, weight);
        self.asm.jump_if(Cond::Sign, slow);
        self.asm.store(budget, RAX);
        self.asm.store(heat, RCX);
        self.go(self.target(word.far()));
    }

    /// Goes behind a two-word instruction, to a block.
    pub(super) fn go_behind(&mut self) {
        self.count(self.pc + 2);
    }

    pub(super) fn is_auto(word: &Word) -> bool {
        word.aux() & aux::AUTO != 0
    }

    /// The word behind the current one.
    pub(super) fn second(&self) -> &Word {
        &self.code.bytecode.words[self.pc as usize + 1]
    }

    /// The value of a constant's or register's bits into a register of the processor.
    pub(super) fn value(&mut self, to: Gpr, number: u16) {
        self.asm.load(to, reg(number));
    }
}
