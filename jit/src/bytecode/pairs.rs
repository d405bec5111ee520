//! Two MIR instructions as one of bytecode: a read with its call test, a comparison with its branch.
//!
//! `build` tries it before it treats an instruction alone. Invariant: the value between the two is nobody else's, so that it need
//! not stand in a register.

use super::analysis::writes;
use super::build::{Builder, Fix, Operand, reg16};
use super::words::{jump, jump_constant, mirrored};
use super::{Op, Word, aux};
use minilive_mir::ir::{BinaryOp, BlockId, ConstId, Inst, Reg, UnaryOp};

impl Builder<'_> {
    /// Fuses the instruction with the next one if they are such a pair; tells how many were taken.
    pub(super) fn fuse_pair(&mut self, at: usize) -> Option<usize> {
        let (_, end) = self.bounds(self.block);
        if at + 1 >= end || !self.recorded[at + 1].is_empty() {
            return None;
        }
        let unit = self.unit;
        let (first, second) = (&unit.insts[at], &unit.insts[at + 1]);
        let [Some(dst), None] = writes(first) else { return None };
        let private = !self.facts.leaves[at] && self.facts.uses[at] == 1;
        match (first, second) {
            (Inst::LoadFree { name, .. }, Inst::AutoCall { dst: to, src }) if private && *src == dst => {
                let word = Word::wide(Op::LoadName, 0, reg16(*to), name.0);
                self.read_with_call(word, second);
            }
            (Inst::LoadEnv { slot, deferred, .. }, Inst::AutoCall { dst: to, src }) if private && *src == dst => {
                let flag = if *deferred { aux::DEFERRED } else { 0 };
                let word = Word::new(Op::LoadEnvCall, flag, reg16(*to), slot.0 as u16, 0);
                self.read_with_call(word, second);
            }
            (&Inst::Binary { op, a, b, .. }, &Inst::Branch { cond, then, els }) if private && cond == dst => {
                self.compare_and_branch(op, first, (a, b), (then, els))?;
            }
            (&Inst::Binary { op, a, b, .. }, &Inst::OrTest { a: left, rhs, done, .. })
                if private && left == dst && !self.facts.leaves[at + 1] =>
            {
                self.compare_and_or(op, first, (a, b), (rhs, done))?;
            }
            (&Inst::Unary { op: UnaryOp::Not, src, .. }, &Inst::Branch { cond, then, els })
                if private && cond == dst =>
            {
                self.not_and_branch(first, src, (then, els));
            }
            _ => return None,
        }
        Some(2)
    }

    fn read_with_call(&mut self, word: Word, call: &Inst) {
        self.cross(call);
        self.emit_tested(word, &Inst::Const { dst: writes(call)[0].expect("a call has a result"), value: ConstId(0) });
        self.site_pc[self.at + 1] = self.pc();
        self.at += 1;
        self.emit(Word::new(Op::Ext, 0, 0, 0, 0));
    }

    fn compare_and_branch(
        &mut self,
        op: BinaryOp,
        compare: &Inst,
        (a, b): (Reg, Reg),
        (then, els): (BlockId, BlockId),
    ) -> Option<()> {
        if !is_comparison(op) {
            return None;
        }
        self.hold_back(compare);
        let (on_true, on_false, flag, x, y) = self.compare_operands(op, a, b);
        let (op, taken, fall) = if self.falls_to(els) { (on_true, then, els) } else { (on_false, els, then) };
        let word = Word::new(op, flag, x, y, 0);
        self.emit_tested(word, compare);
        self.site_pc[self.at + 1] = self.pc() - 1;
        self.finish_branch(taken, fall, Fix::Short);
        Some(())
    }

    /// A comparison whose truth decides an `or` that nobody reads the value of.
    fn compare_and_or(
        &mut self,
        op: BinaryOp,
        compare: &Inst,
        (a, b): (Reg, Reg),
        (rhs, done): (BlockId, BlockId),
    ) -> Option<()> {
        if !is_comparison(op) {
            return None;
        }
        self.hold_back(compare);
        let (on_true, _, flag, x, y) = self.compare_operands(op, a, b);
        self.emit_tested(Word::new(on_true, flag | aux::LENIENT, x, y, 0), compare);
        self.site_pc[self.at + 1] = self.pc() - 1;
        self.finish_branch(done, rhs, Fix::Short);
        Some(())
    }

    fn not_and_branch(&mut self, not: &Inst, src: Reg, (then, els): (BlockId, BlockId)) {
        self.hold_back(not);
        let src = self.operand(src);
        let (op, taken, fall) =
            if self.falls_to(els) { (Op::JumpPartly, then, els) } else { (Op::JumpWholly, els, then) };
        self.emit_tested(Word::wide(op, 0, src, 0), not);
        self.site_pc[self.at + 1] = self.pc() - 1;
        self.finish_branch(taken, fall, Fix::Wide);
    }

    /// Operations for "jump if it holds" and "jump if not", the flags and the operand fields.
    fn compare_operands(&mut self, op: BinaryOp, a: Reg, b: Reg) -> (Op, Op, u8, u16, u16) {
        if let Operand::Number(k) = self.number_operand(b) {
            let (on_true, on_false) = jump_constant(op);
            return (on_true, on_false, 0, self.operand(a), k);
        }
        if let Operand::Number(k) = self.number_operand(a) {
            let (on_true, on_false) = jump_constant(mirrored(op));
            return (on_true, on_false, aux::SWAPPED, self.operand(b), k);
        }
        let (a, b) = (self.operand(a), self.operand(b));
        let (on_true, on_false) = jump(op);
        match op {
            BinaryOp::Gt | BinaryOp::Ge => (on_true, on_false, aux::SWAPPED, b, a),
            _ => (on_true, on_false, 0, a, b),
        }
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
}
