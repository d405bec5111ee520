//! Constant folding: operations whose result is known when the code is made.
//!
//! `gvn` asks, since it knows which operands are constants. Invariant: a folded integer lies within what [`super::Rep::Int`] may hold, and a
//! product that may be minus zero is not folded.

use super::types::INT_MAX;
use super::{Cmp, Op};

/// The constant that an operation gives, if its first two operands tell.
pub fn constant(op: Op, a: Option<Op>, b: Option<Op>) -> Option<Op> {
    match (op, a, b) {
        (Op::IAdd, Some(Op::Int(a)), Some(Op::Int(b))) => int(a.checked_add(b)?),
        (Op::ISub, Some(Op::Int(a)), Some(Op::Int(b))) => int(a.checked_sub(b)?),
        (Op::IMul { zero: false, .. }, Some(Op::Int(a)), Some(Op::Int(b))) => int(a.checked_mul(b)?),
        (Op::IMul { zero: false, .. }, Some(Op::Int(0)), _) | (Op::IMul { zero: false, .. }, _, Some(Op::Int(0))) => {
            int(0)
        }
        (Op::IAbs, Some(Op::Int(a)), _) => int(a.abs()),
        (Op::ICmp(cmp), Some(Op::Int(a)), Some(Op::Int(b))) => Some(Op::Bool(compare(cmp, a, b))),
        (Op::ITruth, Some(Op::Int(a)), _) => Some(Op::Bool(a != 0)),
        (Op::Not, Some(Op::Bool(truth)), _) => Some(Op::Bool(!truth)),
        (Op::ToInt, Some(Op::Bool(truth)), _) => int(i64::from(truth)),
        (Op::ToF64, Some(Op::Int(a)), _) => Some(Op::F64((a as f64).to_bits())),
        (Op::Box, Some(Op::F64(bits)), _) => Some(Op::Boxed(bits)),
        (Op::Box, Some(Op::Int(a)), _) => Some(Op::Boxed((a as f64).to_bits())),
        _ => None,
    }
}

/// The operand, by its place, that an operation gives back.
pub fn same(op: Op, a: Option<Op>, b: Option<Op>) -> Option<usize> {
    match (op, a, b) {
        (Op::IAdd | Op::ISub, _, Some(Op::Int(0))) | (Op::IMul { .. }, _, Some(Op::Int(1))) => Some(0),
        (Op::IAdd, Some(Op::Int(0)), _) | (Op::IMul { .. }, Some(Op::Int(1)), _) => Some(1),
        (Op::Select, Some(Op::Bool(truth)), _) => Some(if truth { 1 } else { 2 }),
        _ => None,
    }
}

fn int(n: i64) -> Option<Op> {
    (n.abs() <= INT_MAX).then_some(Op::Int(n))
}

fn compare(cmp: Cmp, a: i64, b: i64) -> bool {
    match cmp {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_minus_zero_or_too_large_is_left() {
        let (n, zero) = (Some(Op::Int(-3)), Some(Op::Int(0)));
        assert_eq!(constant(Op::IMul { zero: false, wide: false }, zero, None), Some(Op::Int(0)));
        assert_eq!(constant(Op::IMul { zero: true, wide: false }, zero, n), None);
        assert_eq!(constant(Op::IAdd, Some(Op::Int(INT_MAX)), Some(Op::Int(1))), None);
        assert_eq!(constant(Op::ISub, n, n), Some(Op::Int(0)));
        assert_eq!(constant(Op::ICmp(Cmp::Lt), n, zero), Some(Op::Bool(true)));
    }

    #[test]
    fn neutral_operands_leave_the_other() {
        assert_eq!(same(Op::IAdd, Some(Op::Int(0)), None), Some(1));
        assert_eq!(same(Op::ISub, Some(Op::Int(0)), None), None);
        assert_eq!(same(Op::ISub, None, Some(Op::Int(0))), Some(0));
        assert_eq!(same(Op::Select, Some(Op::Bool(false)), None), Some(2));
    }
}
