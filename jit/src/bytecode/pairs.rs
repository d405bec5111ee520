//! Two MIR instructions as one of bytecode: a read with its call test, a comparison with its branch.
//!
//! `build` tries it before it treats an instruction alone. Invariant: the value between the two is nobody else's, so that it need
//! not stand in a register.

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
        let dst = first.dst()?;
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
            (Inst::Binary { .. }, &Inst::Branch { cond, then, els }) if private && cond == dst => {
                self.compare_and_go(first, 0, (then, els))?;
            }
            // Nobody reads the value of this `or`.
            (Inst::Binary { .. }, &Inst::OrTest { a, rhs, done, .. })
                if private && a == dst && !self.facts.leaves[at + 1] =>
            {
                self.compare_and_go(first, aux::LENIENT, (done, rhs))?;
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
        self.emit_tested(word, &Inst::Const { dst: call.dst().expect("a call has a result"), value: ConstId(0) });
        self.site_pc[self.at + 1] = self.pc();
        self.at += 1;
        self.emit(Word::new(Op::Ext, 0, 0, 0, 0));
    }

    /// A comparison and what it decides: where truth and falsehood go. `flags` go into its word.
    fn compare_and_go(&mut self, compare: &Inst, flags: u8, (on_true, on_false): (BlockId, BlockId)) -> Option<()> {
        let Inst::Binary { op, a, b, .. } = *compare else { return None };
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge) {
            return None;
        }
        self.hold_back(compare);
        let (holds, fails, swapped, x, y) = self.compare_operands(op, a, b);
        // The first half of an `or` jumps if it holds: an error does not.
        let (op, taken, fall) = if flags & aux::LENIENT != 0 || self.falls_to(on_false) {
            (holds, on_true, on_false)
        } else {
            (fails, on_false, on_true)
        };
        self.emit_tested(Word::new(op, flags | swapped, x, y, 0), compare);
        self.site_pc[self.at + 1] = self.pc() - 1;
        self.finish_branch(taken, fall, Fix::Short);
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
