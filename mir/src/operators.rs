//! Which operator of the MIR a token of the source stands for.
//!
//! Used by `lower` and by the inference in `scope`. Invariant: every operator of the grammar is here.

use crate::ir::{BinaryOp, UnaryOp};
use minilive_syntax::SyntaxKind;

/// The operator in an assignment operator other than `=`.
pub(crate) fn assign_op(operator: SyntaxKind) -> Option<BinaryOp> {
    Some(match operator {
        SyntaxKind::PlusEq => BinaryOp::Add,
        SyntaxKind::MinusEq => BinaryOp::Sub,
        SyntaxKind::StarEq => BinaryOp::Mul,
        SyntaxKind::SlashEq => BinaryOp::Div,
        SyntaxKind::PercentEq => BinaryOp::Mod,
        SyntaxKind::CaretEq => BinaryOp::Pow,
        _ => return None,
    })
}

/// The operator of a chain or comparison.
pub(crate) fn binary_op(operator: SyntaxKind) -> Option<BinaryOp> {
    Some(match operator {
        SyntaxKind::Plus => BinaryOp::Add,
        SyntaxKind::Minus => BinaryOp::Sub,
        SyntaxKind::Star => BinaryOp::Mul,
        SyntaxKind::Slash => BinaryOp::Div,
        SyntaxKind::Percent => BinaryOp::Mod,
        SyntaxKind::Caret => BinaryOp::Pow,
        SyntaxKind::IsaKw => BinaryOp::Isa,
        SyntaxKind::AndKw => BinaryOp::And,
        SyntaxKind::OrKw => BinaryOp::Or,
        SyntaxKind::EqEq => BinaryOp::Eq,
        SyntaxKind::NotEq => BinaryOp::Ne,
        SyntaxKind::Less => BinaryOp::Lt,
        SyntaxKind::LessEq => BinaryOp::Le,
        SyntaxKind::Greater => BinaryOp::Gt,
        SyntaxKind::GreaterEq => BinaryOp::Ge,
        _ => return None,
    })
}

/// The operator of a prefix expression.
pub(crate) fn unary_op(operator: SyntaxKind) -> Option<UnaryOp> {
    Some(match operator {
        SyntaxKind::Minus => UnaryOp::Neg,
        SyntaxKind::NotKw => UnaryOp::Not,
        SyntaxKind::NewKw => UnaryOp::New,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_assignment_operator_but_the_plain_one_has_an_operator() {
        for &kind in minilive_syntax::kind::ALL {
            let updates = kind.is_assign_op() && kind != SyntaxKind::Eq;
            assert_eq!(assign_op(kind).is_some(), updates, "{kind:?}");
        }
    }
}
