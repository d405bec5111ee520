//! Which operation and which word an operator of MIR becomes.
//!
//! `build` calls these. Invariant: pure tables; nothing here knows the unit that is being translated.

use super::build::reg16;
use super::{Op, Word, aux};
use minilive_mir::ir::{BinaryOp, Reg, RegRange};

pub(super) fn range(op: Op, dst: Reg, regs: RegRange) -> Word {
    Word::new(op, 0, reg16(dst), reg16(regs.first), regs.count as u16)
}

pub(super) fn unary(op: minilive_mir::ir::UnaryOp, dst: u16, src: u16) -> Word {
    use minilive_mir::ir::UnaryOp;
    let op = match op {
        UnaryOp::Neg => Op::Neg,
        UnaryOp::Not => Op::Not,
        UnaryOp::New => Op::New,
    };
    Word::new(op, 0, dst, src, 0)
}

pub(super) fn binary(op: BinaryOp, dst: u16, a: u16, b: u16) -> Word {
    let (op, flag, a, b) = match op {
        BinaryOp::Add => (Op::Add, 0, a, b),
        BinaryOp::Sub => (Op::Sub, 0, a, b),
        BinaryOp::Mul => (Op::Mul, 0, a, b),
        BinaryOp::Div => (Op::Div, 0, a, b),
        BinaryOp::Mod => (Op::Mod, 0, a, b),
        BinaryOp::Eq => (Op::Eq, 0, a, b),
        BinaryOp::Ne => (Op::Ne, 0, a, b),
        BinaryOp::Lt => (Op::Lt, 0, a, b),
        BinaryOp::Le => (Op::Le, 0, a, b),
        BinaryOp::Gt => (Op::Lt, aux::SWAPPED, b, a),
        BinaryOp::Ge => (Op::Le, aux::SWAPPED, b, a),
        BinaryOp::And => (Op::And, 0, a, b),
        BinaryOp::Or => (Op::Or, 0, a, b),
        BinaryOp::Pow | BinaryOp::Isa => (Op::Binary, super::operator_number::of(op).expect("has a number"), a, b),
    };
    Word::new(op, flag, dst, a, b)
}

pub(super) fn constant_form(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add => Op::AddK,
        BinaryOp::Sub => Op::SubK,
        BinaryOp::Mul => Op::MulK,
        BinaryOp::Div => Op::DivK,
        BinaryOp::Mod => Op::ModK,
        _ => return None,
    })
}

pub(super) fn commutative_constant_form(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add => Op::AddK,
        BinaryOp::Mul => Op::MulK,
        _ => return None,
    })
}

pub(super) fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

pub(super) fn jump(op: BinaryOp) -> (Op, Op) {
    match op {
        BinaryOp::Eq => (Op::JumpEq, Op::JumpNe),
        BinaryOp::Ne => (Op::JumpNe, Op::JumpEq),
        BinaryOp::Lt | BinaryOp::Gt => (Op::JumpLt, Op::JumpNotLt),
        _ => (Op::JumpLe, Op::JumpNotLe),
    }
}

pub(super) fn jump_constant(op: BinaryOp) -> (Op, Op) {
    match op {
        BinaryOp::Eq => (Op::JumpEqK, Op::JumpNeK),
        BinaryOp::Ne => (Op::JumpNeK, Op::JumpEqK),
        BinaryOp::Lt => (Op::JumpLtK, Op::JumpNotLtK),
        BinaryOp::Le => (Op::JumpLeK, Op::JumpNotLeK),
        BinaryOp::Gt => (Op::JumpGtK, Op::JumpNotGtK),
        _ => (Op::JumpGeK, Op::JumpNotGeK),
    }
}
