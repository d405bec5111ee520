//! MIR to bytecode: blocks in order, frequent sequences fused, and a plain version behind them of every block that was fused.
//!
//! `engine` calls [`build`] for each loaded unit; `verify` checks the result. Plain code stands one to one for the MIR, so
//! fused code goes on there when a put-off read turns out to hold a function, and compiled code when a guard fails.
//! Invariant: fused code between a put-off read and its test writes only registers that plain code writes again.

use super::analysis::Facts;
use super::fuse::{Entry, Pending, PendingList};
use super::words::{binary, commutative_constant_form, constant_form, range, unary};
use super::{Bytecode, Fallback, Op, Word, aux};
use crate::engine::weight::Weights;
use minilive_mir::ir::{BinaryOp, BlockId, Const, ConstId, Inst, MAX_OPERAND, Reg, RegRange, Unit};

/// Units with more instructions than this use long jumps only.
const MAX_SHORT: usize = 4000;

/// More results than this are not put off at a time: each instruction looks through them.
const MAX_PENDING: usize = 64;

/// The unit has more registers or names than bytecode can address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// Makes the bytecode of a unit. `recording` adds the unit's record points.
pub fn build(unit: &Unit, weights: &Weights, recording: bool) -> Result<Bytecode, TooLarge> {
    let too_many = |n: usize| n > MAX_OPERAND as usize;
    if too_many(unit.n_regs as usize) || too_many(unit.names.len()) || too_many(unit.env.as_ref().map_or(0, Vec::len)) {
        return Err(TooLarge);
    }
    let mut builder = Builder::new(unit, weights, recording);
    for block in 0..unit.blocks.len() {
        builder.fast_block(block);
    }
    for block in 0..unit.blocks.len() {
        if builder.fused[block] {
            builder.plain_block(block);
        }
    }
    Ok(builder.finish())
}

/// Which field of which word waits for a block's position.
pub(super) enum Fix {
    Wide(u32),
    Short(u32),
}

pub(super) struct Builder<'u> {
    pub(super) unit: &'u Unit,
    weights: &'u Weights,
    pub(super) recorded: Vec<Vec<u32>>,
    pub(super) facts: Facts,
    words: Vec<Word>,
    inst_of: Vec<u32>,
    block_pc: Vec<u32>,
    resume_pc: Vec<u32>,
    pub(super) site_pc: Vec<u32>,
    plain_pc: Vec<u32>,
    fixes: Vec<(Fix, BlockId)>,
    fallbacks: Vec<Retreat>,
    pub(super) fused: Vec<bool>,
    pub(super) pending: PendingList,
    /// The current instruction.
    pub(super) at: usize,
    pub(super) block: usize,
    plain: bool,
    /// Something was computed since the first untested read.
    crossed: bool,
}

/// A fallback in the making.
struct Retreat {
    /// The fused instruction.
    pc: u32,
    /// The instruction at which plain code takes over.
    first: u32,
    /// The registers to test.
    regs: Vec<Reg>,
    /// Constants and copies that plain code expects in their registers.
    owed: Vec<Entry>,
}

/// An operand as fused code takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Reg(u16),
    /// A number constant.
    Number(u16),
}

pub(super) fn reg16(reg: Reg) -> u16 {
    reg.0 as u16
}

impl<'u> Builder<'u> {
    fn new(unit: &'u Unit, weights: &'u Weights, recording: bool) -> Builder<'u> {
        let n_insts = unit.insts.len();
        let mut recorded = vec![Vec::new(); n_insts];
        if recording {
            for (i, point) in unit.records.iter().enumerate() {
                recorded[point.inst.0 as usize].push(i as u32);
            }
        }
        Builder {
            unit,
            weights,
            recorded,
            facts: Facts::of(unit),
            words: Vec::with_capacity(n_insts * 2),
            inst_of: Vec::with_capacity(n_insts * 2),
            block_pc: Vec::with_capacity(unit.blocks.len()),
            resume_pc: vec![0; n_insts],
            site_pc: vec![0; n_insts],
            plain_pc: vec![0; n_insts],
            fixes: Vec::new(),
            fallbacks: Vec::new(),
            fused: vec![false; unit.blocks.len()],
            pending: PendingList::default(),
            at: 0,
            block: 0,
            plain: false,
            crossed: false,
        }
    }

    fn fast_block(&mut self, block: usize) {
        self.block = block;
        self.plain = false;
        self.pending.clear();
        self.block_pc.push(self.pc());
        let (first, end) = self.bounds(block);
        self.at = first;
        while self.at < end {
            let at = self.at;
            self.resume_pc[at] = self.pc();
            let taken = self.fast(at);
            self.at = at + taken;
        }
    }

    /// One instruction of the fast version, or several fused; tells how many.
    fn fast(&mut self, at: usize) -> usize {
        let unit = self.unit;
        let inst = &unit.insts[at];
        if !self.recorded[at].is_empty() {
            self.settle(inst);
            self.one_to_one(at);
            return 1;
        }
        if self.put_off(inst) {
            self.fused[self.block] = true;
            return 1;
        }
        if let Some(taken) = self.fuse_pair(at) {
            self.fused[self.block] = true;
            return taken;
        }
        match *inst {
            Inst::Binary { op, dst, a, b } => self.fast_binary(op, dst, a, b),
            Inst::Unary { .. } | Inst::GetIndex { .. } | Inst::GetKey { .. } | Inst::LoadLocal { .. } => {
                self.cross(inst);
                self.tested(inst);
            }
            Inst::SetIndex { .. }
            | Inst::SetMember { .. }
            | Inst::GetMember { .. }
            | Inst::Branch { .. }
            | Inst::Return { .. }
            | Inst::IterInit { .. }
            | Inst::CheckUncaught { .. } => {
                self.hold_back(inst);
                self.tested(inst);
            }
            Inst::AutoCall { dst, src } => {
                self.test_now(None);
                let word = Word::new(Op::AutoCall, 0, reg16(dst), self.operand(src), 0);
                self.emit_tested(word, inst);
            }
            _ => {
                self.settle(inst);
                self.one_to_one(at);
            }
        }
        1
    }

    fn plain_block(&mut self, block: usize) {
        self.block = block;
        self.plain = true;
        self.pending.clear();
        let (first, end) = self.bounds(block);
        for at in first..end {
            // A block's start is the same point in both versions, and the fast one is faster.
            if at != first {
                self.resume_pc[at] = self.pc();
            }
            self.at = at;
            self.plain_pc[at] = self.pc();
            self.one_to_one(at);
        }
    }

    pub(super) fn bounds(&self, block: usize) -> (usize, usize) {
        let block = &self.unit.blocks[block];
        (block.first as usize, block.end as usize)
    }

    pub(super) fn pc(&self) -> u32 {
        self.words.len() as u32
    }

    pub(super) fn emit(&mut self, word: Word) {
        self.words.push(word);
        self.inst_of.push(self.at as u32);
    }

    /// Emits the word whose feedback tells of the current instruction.
    fn emit_site(&mut self, word: Word) {
        if !self.plain {
            self.site_pc[self.at] = self.pc();
        }
        self.emit(word);
    }

    // ---- putting off ------------------------------------------------------------------------------------------------

    /// Puts the result of a constant, a copy or a read off, if that is all the instruction is.
    fn put_off(&mut self, inst: &Inst) -> bool {
        // An untested read that is copied on is tested now, so that calls keep their order.
        if let Some(src) = source(inst)
            && matches!(self.pending.get(src), Some(Pending::Auto(_)))
        {
            self.test_now(Some(src));
        }
        // A read that is tested later leads back to here if it calls, where plain code reads what was copied.
        if let Inst::AutoCall { src, .. } = *inst
            && self.pending.get(src).is_some()
            && matches!(self.auto_of(src), Pending::Auto(_))
        {
            self.test_now(None);
            self.up_to_date(src);
        }
        let (dst, value) = match *inst {
            Inst::Const { dst, value } => (dst, Pending::Const(value)),
            Inst::Move { dst, src } => (dst, self.copy_of(src)),
            Inst::AutoCall { dst, src } => (dst, self.auto_of(src)),
            _ => return false,
        };
        let uses = self.facts.uses[self.at];
        let known = !matches!(value, Pending::Auto(_));
        if self.facts.leaves[self.at] || uses == 0 || dst_is_source(dst, value) {
            return known && self.move_now(inst, dst, value);
        }
        if self.pending.len() >= MAX_PENDING {
            self.test_now(None);
            self.pending.known().into_iter().for_each(|entry| self.up_to_date(entry.reg));
        }
        self.before_write(dst);
        if let Some(src) = source(inst) {
            self.pending.consume(src);
        }
        let inst = self.at as u32;
        self.pending.push(Entry { reg: dst, value, uses, inst });
        true
    }

    /// A copy or constant whose register other blocks read: done now, from wherever the value comes.
    fn move_now(&mut self, inst: &Inst, dst: Reg, value: Pending) -> bool {
        let Some(src) = source(inst) else { return false };
        if matches!(inst, Inst::Move { .. }) && self.pending.get(src).is_none() {
            return false;
        }
        self.test_now(None);
        self.pending.consume(src);
        self.before_write(dst);
        self.materialize(Entry { reg: dst, value, uses: 0, inst: self.at as u32 });
        true
    }

    fn copy_of(&self, src: Reg) -> Pending {
        self.pending.get(src).unwrap_or(Pending::Copy(src))
    }

    fn auto_of(&self, src: Reg) -> Pending {
        match self.copy_of(src) {
            Pending::Copy(reg) if !self.facts.never_function[reg.0 as usize] => Pending::Auto(reg),
            other => other,
        }
    }

    /// Computes a constant or a copy.
    fn materialize(&mut self, entry: Entry) {
        let dst = reg16(entry.reg);
        match entry.value {
            Pending::Const(value) => self.emit(Word::wide(Op::Const, 0, dst, value.0)),
            Pending::Copy(src) => self.emit(Word::new(Op::Move, 0, dst, reg16(src), 0)),
            Pending::Auto(_) => unreachable!("untested reads go through test_now"),
        }
    }

    /// Does the untested reads, up to that of `last` or all. What was computed since must be computed again if one of them
    /// calls, so they retreat to plain code then.
    fn test_now(&mut self, last: Option<Reg>) {
        let Some((first, _)) = self.pending.autos() else { return };
        let owed = self.pending.known();
        for entry in self.pending.take_autos(last) {
            let Pending::Auto(src) = entry.value else { continue };
            let at = std::mem::replace(&mut self.at, entry.inst as usize);
            let mut flag = 0;
            if self.crossed {
                flag = aux::AUTO;
                self.fallbacks.push(Retreat { pc: self.pc(), first, regs: vec![src], owed: owed.clone() });
            }
            self.emit_site(Word::new(Op::AutoCall, flag, reg16(entry.reg), reg16(src), 0));
            self.at = at;
        }
        self.crossed &= self.pending.has_autos();
    }

    /// Makes a register hold its value.
    fn up_to_date(&mut self, reg: Reg) {
        if matches!(self.pending.get(reg), Some(Pending::Auto(_))) {
            self.test_now(Some(reg));
        } else if let Some(entry) = self.pending.take(reg) {
            self.materialize(entry);
        }
    }

    /// Saves put-off copies of a register that is about to be overwritten, and forgets what it was to hold itself.
    fn before_write(&mut self, dst: Reg) {
        if self.pending.has_auto_of(dst) {
            self.test_now(None);
        }
        self.pending.take(dst);
        for entry in self.pending.take_copies_of(dst) {
            self.materialize(entry);
        }
    }

    // ---- three ways to treat put-off reads at an instruction ----------------------------------------------------------

    /// For an instruction that has no effect but its result: untested reads may stay so, unless plain code could not
    /// run this instruction a second time.
    pub(super) fn cross(&mut self, inst: &Inst) {
        let Some((first, _)) = self.pending.autos() else { return };
        if inst.writes().all(|reg| self.is_repeatable(first, reg)) {
            self.save_overwritten(inst);
        } else {
            self.hold_back(inst);
        }
    }

    /// Whether the instructions from `first` to the current one, run again, give the same although this one wrote `reg`: none
    /// of them reads what the register held before.
    fn is_repeatable(&self, first: u32, reg: Reg) -> bool {
        for inst in &self.unit.insts[first as usize..=self.at] {
            let mut reads_old = false;
            inst.for_each_read(|it| reads_old |= it == reg);
            if reads_old {
                return false;
            }
            if inst.writes().any(|it| it == reg) {
                return true;
            }
        }
        true
    }

    /// For an instruction with an effect that tests its own operands: all other untested reads are done now.
    pub(super) fn hold_back(&mut self, inst: &Inst) {
        let mut mentioned = Vec::new();
        inst.for_each_read(|reg| mentioned.push(reg));
        if let Some(last) = self.pending.last_auto_not_in(&mentioned) {
            self.test_now(Some(last));
        }
        self.save_overwritten(inst);
    }

    /// If an untested read of a register that the instruction overwrites is needed after it, tests come first.
    fn save_overwritten(&mut self, inst: &Inst) {
        let mut mentioned = Vec::new();
        inst.for_each_read(|reg| mentioned.push(reg));
        for dst in inst.writes() {
            if self.pending.auto_outlives(dst, &mentioned) {
                self.test_now(None);
            }
        }
    }

    /// For an instruction that takes its operands as they are: everything it mentions is computed.
    fn settle(&mut self, inst: &Inst) {
        self.test_now(None);
        let mut mentioned = Vec::new();
        inst.for_each_read(|reg| mentioned.push(reg));
        mentioned.sort_unstable();
        mentioned.dedup();
        mentioned.into_iter().for_each(|reg| self.up_to_date(reg));
        if matches!(inst, Inst::Call { .. } | Inst::CallMethod { .. } | Inst::CallIndex { .. }) {
            // The callee may be `import`, which assigns a variable of this call.
            let copies = self.pending.take_copies_if(|source| self.facts.exposed[source.0 as usize]);
            copies.into_iter().for_each(|entry| self.materialize(entry));
        }
        for reg in inst.writes() {
            self.before_write(reg);
        }
    }

    /// The register in which fused code finds an operand; constants are computed.
    pub(super) fn operand(&mut self, reg: Reg) -> u16 {
        match self.pending.get(reg) {
            None => reg16(reg),
            Some(Pending::Const(_)) => {
                self.up_to_date(reg);
                reg16(reg)
            }
            Some(Pending::Copy(source) | Pending::Auto(source)) => reg16(source),
        }
    }

    pub(super) fn number_operand(&mut self, reg: Reg) -> Operand {
        if let Some(Pending::Const(id)) = self.pending.get(reg)
            && let Some(k) = self.number_constant(id)
        {
            return Operand::Number(k);
        }
        Operand::Reg(self.operand(reg))
    }

    /// The constant that a register is to hold, if the operand field has room for it.
    fn constant_operand(&self, reg: Reg) -> Option<u16> {
        match self.pending.get(reg) {
            Some(Pending::Const(id)) if id.0 < MAX_OPERAND => Some(id.0 as u16),
            _ => None,
        }
    }

    fn number_constant(&self, id: ConstId) -> Option<u16> {
        match self.unit.consts[id.0 as usize] {
            Const::Number(_) if id.0 < MAX_OPERAND => Some(id.0 as u16),
            _ => None,
        }
    }

    /// Emits a word that tests the untested reads it passes: sets its flag and notes where plain code takes over.
    pub(super) fn emit_tested(&mut self, word: Word, inst: &Inst) {
        let autos = self.pending.autos();
        let owed = self.pending.known();
        inst.for_each_read(|reg| self.pending.consume(reg));
        // Copies of what this instruction overwrites are saved before it runs.
        for reg in inst.writes() {
            self.before_write(reg);
        }
        self.crossed = self.pending.has_autos();
        let Some((first, regs)) = autos else {
            return self.emit_site(word);
        };
        self.fallbacks.push(Retreat { pc: self.pc(), first, regs, owed });
        let flags = if self.crossed { aux::AUTO | aux::CROSSED } else { aux::AUTO };
        self.emit_site(word.with_aux(flags));
    }

    fn fast_binary(&mut self, op: BinaryOp, dst: Reg, a: Reg, b: Reg) {
        let inst = Inst::Binary { op, dst, a, b };
        self.cross(&inst);
        let word = self.binary_word(op, dst, a, b);
        self.emit_tested(word, &inst);
    }

    fn binary_word(&mut self, op: BinaryOp, dst: Reg, a: Reg, b: Reg) -> Word {
        let dst = reg16(dst);
        if let Some(op) = constant_form(op)
            && let Operand::Number(k) = self.number_operand(b)
        {
            return Word::new(op, 0, dst, self.operand(a), k);
        }
        if let Some(op) = commutative_constant_form(op)
            && let Operand::Number(k) = self.number_operand(a)
        {
            return Word::new(op, aux::SWAPPED, dst, self.operand(b), k);
        }
        let (a, b) = (self.operand(a), self.operand(b));
        binary(op, dst, a, b)
    }

    /// Emits an instruction whose operation tests its operands, from wherever they are.
    fn tested(&mut self, inst: &Inst) {
        let word = match *inst {
            Inst::Branch { cond, then, els } => {
                let cond = self.operand(cond);
                return self.branch(inst, cond, then, els);
            }
            Inst::GetMember { dst, obj, this, name } => {
                if obj != this {
                    self.up_to_date(this);
                }
                let (obj, this) = (self.operand(obj), self.operand(this));
                self.emit_tested(Word::new(Op::GetMember, 0, reg16(dst), obj, name.0 as u16), inst);
                return self.emit(Word::new(Op::Ext, 0, this, 0, 0));
            }
            Inst::Unary { op, dst, src } => unary(op, reg16(dst), self.operand(src)),
            Inst::GetIndex { dst, obj, key } => match self.number_operand(key) {
                Operand::Number(k) => Word::new(Op::GetIndexK, 0, reg16(dst), self.operand(obj), k),
                Operand::Reg(key) => Word::new(Op::GetIndex, 0, reg16(dst), self.operand(obj), key),
            },
            Inst::GetKey { dst, obj, name } => Word::new(Op::GetKey, 0, reg16(dst), self.operand(obj), name.0 as u16),
            Inst::LoadLocal { dst, local, name, deferred } => {
                self.up_to_date(local);
                let flag = if deferred { aux::DEFERRED } else { 0 };
                Word::new(Op::LoadLocal, flag, reg16(dst), self.operand(local), name.0 as u16)
            }
            Inst::SetIndex { obj, key, src } => match self.constant_operand(src) {
                Some(k) => Word::new(Op::SetIndexK, 0, self.operand(obj), self.operand(key), k),
                None => Word::new(Op::SetIndex, 0, self.operand(obj), self.operand(key), self.operand(src)),
            },
            Inst::SetMember { obj, name, src } => {
                Word::new(Op::SetMember, 0, self.operand(obj), name.0 as u16, self.operand(src))
            }
            Inst::Return { src } => match self.pending.get(src) {
                Some(Pending::Const(id)) => Word::wide(Op::ReturnConst, 0, 0, id.0),
                _ => Word::new(Op::Return, 0, self.operand(src), 0, 0),
            },
            Inst::IterInit { obj, pos, src } => Word::new(Op::IterInit, 0, reg16(obj), reg16(pos), self.operand(src)),
            Inst::CheckUncaught { src } => Word::new(Op::CheckUncaught, 0, self.operand(src), 0, 0),
            _ => unreachable!("only called for instructions that test their operands"),
        };
        self.emit_tested(word, inst);
    }

    // ---- one to one ------------------------------------------------------------------------------------------------------

    /// One instruction as it stands, with its record points.
    fn one_to_one(&mut self, at: usize) {
        let unit = self.unit;
        let inst = &unit.insts[at];
        let after = !inst.is_terminator() || matches!(inst, Inst::IterNext { .. });
        if after {
            self.translate(inst, at);
        } else {
            self.records(at);
            self.translate(inst, at);
        }
        if after && !matches!(inst, Inst::IterNext { .. }) {
            self.records(at);
        }
    }

    fn records(&mut self, at: usize) {
        for i in 0..self.recorded[at].len() {
            let index = self.recorded[at][i];
            let value = self.unit.records[index as usize].value;
            self.emit(Word::wide(Op::Record, 0, reg16(value), index));
        }
    }

    fn translate(&mut self, inst: &Inst, at: usize) {
        let word = match *inst {
            Inst::Const { dst, value } => Word::wide(Op::Const, 0, reg16(dst), value.0),
            Inst::Move { dst, src } => Word::new(Op::Move, 0, reg16(dst), reg16(src), 0),
            Inst::LoadLocal { .. }
            | Inst::Unary { .. }
            | Inst::GetMember { .. }
            | Inst::GetIndex { .. }
            | Inst::GetKey { .. }
            | Inst::SetMember { .. }
            | Inst::SetIndex { .. }
            | Inst::IterInit { .. }
            | Inst::CheckUncaught { .. }
            | Inst::Branch { .. }
            | Inst::Return { .. } => return self.tested(inst),
            Inst::LoadEnv { dst, slot, deferred } => {
                let flag = if deferred { aux::DEFERRED } else { 0 };
                Word::new(Op::LoadEnv, flag, reg16(dst), slot.0 as u16, 0)
            }
            Inst::StoreEnv { slot, src } => Word::new(Op::StoreEnv, 0, slot.0 as u16, reg16(src), 0),
            Inst::LoadFree { dst, name } => Word::wide(Op::LoadFree, 0, reg16(dst), name.0),
            Inst::StoreGlobal { name, src } => Word::wide(Op::StoreGlobal, 0, reg16(src), name.0),
            Inst::LoadSelf { dst } => Word::new(Op::LoadSelf, 0, reg16(dst), 0, 0),
            Inst::LoadSuper { dst } => Word::new(Op::LoadSuper, 0, reg16(dst), 0, 0),
            Inst::LoadLocals { dst } => Word::new(Op::LoadLocals, 0, reg16(dst), 0, 0),
            Inst::LoadOuter { dst } => Word::new(Op::LoadOuter, 0, reg16(dst), 0, 0),
            Inst::LoadGlobals { dst } => Word::new(Op::LoadGlobals, 0, reg16(dst), 0, 0),
            Inst::AutoCall { dst, src } => Word::new(Op::AutoCall, 0, reg16(dst), reg16(src), 0),
            Inst::Binary { op, dst, a, b } => binary(op, reg16(dst), reg16(a), reg16(b)),
            Inst::RefMember { dst, obj, name } => Word::new(Op::RefMember, 0, reg16(dst), reg16(obj), name.0 as u16),
            Inst::RefIndex { dst, obj, key } => Word::new(Op::RefIndex, 0, reg16(dst), reg16(obj), reg16(key)),
            Inst::Slice { dst, obj, from, to } => {
                self.emit_site(Word::new(Op::Slice, 0, reg16(dst), reg16(obj), reg16(from)));
                Word::new(Op::Ext, 0, reg16(to), 0, 0)
            }
            Inst::Call { dst, callee, args } => return self.call(dst, callee, args),
            Inst::CallMethod { dst, obj, this, name, args } => {
                self.emit_site(Word::new(Op::CallMethod, 0, reg16(dst), reg16(obj), name.0 as u16));
                Word::new(Op::Ext, 0, reg16(this), reg16(args.first), args.count as u16)
            }
            Inst::CallIndex { dst, obj, this, key, args } => {
                self.emit_site(Word::new(Op::CallIndex, 0, reg16(dst), reg16(obj), reg16(key)));
                Word::new(Op::Ext, 0, reg16(this), reg16(args.first), args.count as u16)
            }
            Inst::MakeList { dst, elems } => range(Op::MakeList, dst, elems),
            Inst::AppendList { list, elems } => range(Op::AppendList, list, elems),
            Inst::MakeMap { dst, pairs } => range(Op::MakeMap, dst, pairs),
            Inst::MakeFunction { dst, child } => Word::wide(Op::MakeFunction, 0, reg16(dst), child.0),
            Inst::Unsupported { message } => Word::wide(Op::Unsupported, 0, 0, message.0),
            Inst::Jump { to } => return self.go_to(to),
            Inst::AndTest { dst, a, rhs, done } => return self.logic(Op::AndTest, dst, a, rhs, done),
            Inst::OrTest { dst, a, rhs, done } => return self.logic(Op::OrTest, dst, a, rhs, done),
            Inst::IterNext { obj, pos, dst, body, done } => return self.iterate(at, (obj, pos, dst), body, done),
            Inst::End => Word::new(Op::End, 0, 0, 0, 0),
        };
        if word.op() == Some(Op::Ext) { self.emit(word) } else { self.emit_site(word) }
    }

    fn call(&mut self, dst: Reg, callee: Reg, args: RegRange) {
        if args.count <= u32::from(u8::MAX) {
            return self.emit_site(Word::new(Op::Call, args.count as u8, reg16(dst), reg16(callee), reg16(args.first)));
        }
        self.emit_site(Word::new(Op::CallWide, 0, reg16(dst), reg16(callee), reg16(args.first)));
        self.emit(Word::wide(Op::Ext, 0, 0, args.count));
    }

    fn logic(&mut self, op: Op, dst: Reg, a: Reg, rhs: BlockId, done: BlockId) {
        self.emit_site(Word::new(op, 0, reg16(dst), reg16(a), 0));
        self.finish_branch(done, rhs, Fix::Short);
    }

    fn iterate(&mut self, at: usize, (obj, pos, dst): (Reg, Reg, Reg), body: BlockId, done: BlockId) {
        self.emit_site(Word::new(Op::IterNext, 0, reg16(obj), reg16(pos), reg16(dst)));
        let ext = self.pc();
        self.emit(Word::wide(Op::Ext, 0, 0, 0));
        self.records(at);
        let direct = !self.is_loop_head(done);
        if direct {
            self.fixes.push((Fix::Wide(ext), done));
        }
        if !self.falls_to(body) || !self.recorded[at].is_empty() || !direct {
            self.go_to(body);
        }
        if !direct {
            self.words[ext as usize] = with_target(Word::wide(Op::Ext, 0, 0, 0), true, ext, self.pc());
            self.go_to(done);
        }
    }

    // ---- jumps -----------------------------------------------------------------------------------------------------------

    fn is_loop_head(&self, block: BlockId) -> bool {
        self.unit.blocks[block.0 as usize].loop_head
    }

    /// Whether the next word will be the start of a block that may be entered by running into it.
    pub(super) fn falls_to(&self, block: BlockId) -> bool {
        !self.plain && block.0 as usize == self.block + 1 && !self.is_loop_head(block)
    }

    fn go_to(&mut self, to: BlockId) {
        self.fixes.push((Fix::Wide(self.pc()), to));
        if self.is_loop_head(to) {
            let weight = self.weights.block(to);
            let first = self.unit.blocks[to.0 as usize].first as usize;
            let op = if matches!(self.unit.insts[first], Inst::IterNext { .. }) { Op::LoopNext } else { Op::Loop };
            self.emit(Word::wide(op, 0, weight as u16, 0));
        } else {
            self.emit(Word::wide(Op::Jump, 0, 0, 0));
        }
    }

    fn branch(&mut self, inst: &Inst, cond: u16, then: BlockId, els: BlockId) {
        let (op, taken, fall) = if self.falls_to(els) { (Op::JumpIf, then, els) } else { (Op::JumpIfNot, els, then) };
        self.emit_tested(Word::wide(op, 0, cond, 0), inst);
        self.finish_branch(taken, fall, Fix::Wide);
    }

    /// Behind a conditional jump: its target, and the way to the other block.
    pub(super) fn finish_branch(&mut self, taken: BlockId, fall: BlockId, fix: fn(u32) -> Fix) {
        let jump = self.pc() - 1;
        let wide = matches!(fix(jump), Fix::Wide(_));
        let near = wide || self.unit.insts.len() <= MAX_SHORT;
        if near && !self.is_loop_head(taken) {
            self.fixes.push((fix(jump), taken));
            if !self.falls_to(fall) {
                self.go_to(fall);
            }
            return;
        }
        let word = self.words[jump as usize];
        self.words[jump as usize] = with_target(word, wide, jump, jump + 2);
        self.go_to(fall);
        self.go_to(taken);
    }

    /// The way to plain code: at once, or over a few words that compute what it expects in registers.
    fn fallback(&mut self, it: Retreat) -> Fallback {
        let regs = it.regs.iter().copied().map(reg16).collect();
        let target = self.plain_pc[it.first as usize];
        if it.owed.is_empty() {
            return Fallback { pc: it.pc, plain: target, regs };
        }
        let plain = self.pc();
        self.at = it.first as usize;
        it.owed.into_iter().for_each(|entry| self.materialize(entry));
        self.emit(with_target(Word::wide(Op::Jump, 0, 0, 0), true, self.pc(), target));
        Fallback { pc: it.pc, plain, regs }
    }

    fn finish(mut self) -> Bytecode {
        for (fix, block) in std::mem::take(&mut self.fixes) {
            let target = self.block_pc[block.0 as usize];
            let (pc, wide) = match fix {
                Fix::Wide(pc) => (pc, true),
                Fix::Short(pc) => (pc, false),
            };
            self.words[pc as usize] = with_target(self.words[pc as usize], wide, pc, target);
        }
        let fallbacks: Vec<Fallback> =
            std::mem::take(&mut self.fallbacks).into_iter().map(|it| self.fallback(it)).collect();
        Bytecode {
            fallbacks: fallbacks.into(),
            words: self.words.into(),
            block_pc: self.block_pc.into(),
            inst_of: self.inst_of.into(),
            resume_pc: self.resume_pc.into(),
            site_pc: self.site_pc.into(),
            n_regs: self.unit.n_regs as u16,
        }
    }
}

fn with_target(word: Word, wide: bool, pc: u32, target: u32) -> Word {
    if wide {
        word.with_bc(target.wrapping_sub(pc))
    } else {
        let distance = (target as i64 - i64::from(pc)) as i16;
        debug_assert_eq!(i64::from(pc) + i64::from(distance), i64::from(target), "short units fit short jumps");
        word.with_c(distance as u16)
    }
}

fn dst_is_source(dst: Reg, value: Pending) -> bool {
    matches!(value, Pending::Copy(src) | Pending::Auto(src) if src == dst)
}

fn source(inst: &Inst) -> Option<Reg> {
    match *inst {
        Inst::Move { src, .. } | Inst::AutoCall { src, .. } => Some(src),
        _ => None,
    }
}
