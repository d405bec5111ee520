//! What values are used for: whether as integers, and whether anything computes with them at all.
//!
//! The builder asks before it guards a value that it has read. Registers of temporaries serve many values, so uses of one value are
//! looked for behind it, up to the end of its block. Invariant: an answer is a guess of what pays; no code relies on it to be right.

use super::{Builder, Input};
use crate::feedback::{Kinds, Target};
use crate::ssa::flow::RegSet;
use crate::ssa::types::Ty;
use minilive_mir::ir::{BinaryOp, ConstId, Inst, InstId, Reg, UnaryOp};

/// Registers whose values find elements, are conditions, or are divided with remainder, by themselves or after sums and differences.
pub(super) fn int_uses(input: &Input<'_>) -> RegSet {
    let unit = &input.body.unit;
    let mut uses = RegSet::new(unit.n_regs);
    for (i, inst) in unit.insts.iter().enumerate() {
        direct_uses(input, InstId(i as u32), inst, &mut |reg| uses.add(reg));
    }
    // Chains of copies and sums are short.
    for _ in 0..3 {
        for inst in &unit.insts {
            let Some(dst) = passed_to(inst).filter(|&dst| uses.has(dst)) else { continue };
            debug_assert!(inst.writes().any(|reg| reg == dst), "a value is passed to what is written");
            sources(inst).into_iter().flatten().for_each(|reg| uses.add(reg));
        }
    }
    uses
}

/// The registers that one instruction uses as integers.
fn direct_uses(input: &Input<'_>, at: InstId, inst: &Inst, add: &mut dyn FnMut(Reg)) {
    match *inst {
        Inst::GetIndex { key, .. } | Inst::SetIndex { key, .. } | Inst::RefIndex { key, .. } => add(key),
        Inst::Slice { from, to, .. } => [from, to].into_iter().for_each(add),
        Inst::Binary { op: BinaryOp::Mod | BinaryOp::And | BinaryOp::Or, a, b, .. } => {
            [a, b].into_iter().for_each(add);
        }
        Inst::AndTest { a: reg, .. }
        | Inst::OrTest { a: reg, .. }
        | Inst::Branch { cond: reg, .. }
        | Inst::Unary { op: UnaryOp::Not, src: reg, .. } => add(reg),
        Inst::Call { args, .. } => {
            let target = input.seen.call(at).and_then(|it| it.target);
            if matches!(target, Some(Target::Intrinsic(_))) {
                args.iter().for_each(add);
            }
        }
        _ => {}
    }
}

/// Where an instruction puts a copy, a sum, a difference or a product of its operands.
fn passed_to(inst: &Inst) -> Option<Reg> {
    match *inst {
        Inst::Move { dst, .. } | Inst::AutoCall { dst, .. } | Inst::LoadLocal { dst, .. } => Some(dst),
        Inst::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, dst, .. } => Some(dst),
        _ => None,
    }
}

/// The operands that [`passed_to`] speaks of.
fn sources(inst: &Inst) -> [Option<Reg>; 2] {
    match *inst {
        Inst::Move { src, .. } | Inst::AutoCall { src, .. } => [Some(src), None],
        Inst::LoadLocal { local, .. } => [Some(local), None],
        Inst::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, a, b, .. } => [Some(a), Some(b)],
        _ => [None, None],
    }
}

impl Builder<'_> {
    /// Whether the value that the current instruction puts into a register serves as an integer.
    pub(super) fn is_int_use(&mut self, dst: Reg) -> bool {
        let Some(block) = self.flow.nodes[self.node].block else {
            return self.int_uses.has(dst);
        };
        let input = self.input;
        let insts = input.body.unit.block_insts(block);
        for (i, inst) in insts.iter().enumerate().skip(self.idx + 1) {
            let at = InstId(self.at.0 + (i - self.idx) as u32);
            let mut used = false;
            direct_uses(input, at, inst, &mut |reg| used |= reg == dst);
            let passed = passed_to(inst).is_some_and(|to| to != dst && self.int_uses.has(to));
            if used || passed && sources(inst).contains(&Some(dst)) {
                return true;
            }
            if inst.sure_writes().contains(&Some(dst)) {
                return false;
            }
        }
        self.int_uses.has(dst) && self.live_at(insts.len()).has(dst)
    }

    /// The constant that a register got in this block, if it got nothing since.
    pub(super) fn constant_of(&self, reg: Reg) -> Option<ConstId> {
        let unit = &self.input.body.unit;
        let first = self.at.0 as usize - self.idx;
        let mut before = unit.insts[first..self.at.0 as usize].iter().rev();
        match before.find(|inst| inst.writes().any(|it| it == reg)) {
            Some(&Inst::Const { value, .. }) => Some(value),
            _ => None,
        }
    }

    /// Whether the text says a register's value.
    pub(super) fn is_constant(&self, reg: Reg) -> bool {
        self.constant_of(reg).is_some()
    }

    /// What a value from a list or map is likely to be, if something computes with it; a value that is only passed on is left as it is.
    pub(crate) fn guess_used(&mut self, dst: Reg, kinds: Kinds) -> Ty {
        let is_int = self.is_int_use(dst);
        if !is_int && self.result_kinds(dst).is_empty() { Ty::Any } else { self.guess_loaded(is_int, kinds) }
    }

    /// What a value of these kinds is likely to be. A number is taken for an integer only where it serves as one: as a double it is as
    /// fast to compute with, and the first fraction among many integers does no harm.
    pub(crate) fn guess_loaded(&self, is_int: bool, kinds: Kinds) -> Ty {
        match self.guess(kinds) {
            Ty::Int(..) if !is_int => self.guess(kinds.union(Kinds::FLOAT)),
            ty => ty,
        }
    }

    /// As what a value that goes from a variable to `dst` is guarded, given the kinds that its uses met.
    pub(crate) fn guess_read(&mut self, dst: Reg, src: Option<Reg>, kinds: Kinds) -> Ty {
        let is_int = self.is_int_use(dst) || src.is_some_and(|src| self.int_uses.has(src));
        self.guess_loaded(is_int, kinds)
    }
}
