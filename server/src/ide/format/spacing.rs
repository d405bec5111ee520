//! What stands between two tokens of one line.
//!
//! Part of formatting. Invariant: no space is added or taken away where that would make other tokens or another tree; the places
//! where it would are named.

use minilive_syntax::{SyntaxKind, SyntaxToken};

/// White space between two tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// None.
    None,
    /// One blank.
    One,
    /// What is there.
    Keep,
    /// One blank if there is any.
    KeepOne,
}

fn parent(token: &SyntaxToken) -> SyntaxKind {
    token.parent().map_or(SyntaxKind::Error, |node| node.kind())
}

/// Decides by the two tokens and the nodes they belong to.
pub fn between(left: &SyntaxToken, right: &SyntaxToken) -> Space {
    use SyntaxKind::{
        At, Colon, Comma, Comment, Dot, Eq, LBrace, LBracket, LParen, MarkerComment, Minus, Number, Param, RBrace,
        RBracket, RParen, Semicolon, SliceSuffix, StrongMinus, UnaryExpr,
    };
    let (l, r) = (left.kind(), right.kind());
    match (l, r) {
        // Comments may be aligned with others.
        (_, Comment | MarkerComment) if left.text_range().end() == right.text_range().start() => Space::One,
        (_, Comment | MarkerComment) => Space::Keep,
        (_, Comma | Semicolon | RParen | RBracket | RBrace) => Space::None,
        (LParen | LBracket | LBrace, _) => Space::None,
        // `1 .x` is a number and a member; without the blank it is still, but nobody should have to know.
        (Number, Dot) => Space::KeepOne,
        (Dot, _) | (_, Dot) | (At, _) => Space::None,
        (Eq, _) if parent(left) == Param => Space::None,
        (_, Eq) if parent(right) == Param => Space::None,
        (Colon, _) if parent(left) == SliceSuffix => Space::None,
        (_, Colon) => Space::None,
        // A minus that starts an operand is told from one between two by the blanks around it.
        (StrongMinus, _) if parent(left) == UnaryExpr => Space::None,
        (Minus, _) if parent(left) == UnaryExpr => Space::KeepOne,
        (_, LParen) => before_paren(right),
        (_, LBracket) => before_bracket(right),
        _ => Space::One,
    }
}

/// A call's parenthesis follows its function; any other starts an operand.
fn before_paren(right: &SyntaxToken) -> Space {
    match parent(right) {
        SyntaxKind::ArgList | SyntaxKind::CallSuffix | SyntaxKind::ParamList => Space::None,
        _ => Space::One,
    }
}

/// An index follows what it indexes; a list starts an operand.
fn before_bracket(right: &SyntaxToken) -> Space {
    match parent(right) {
        SyntaxKind::IndexSuffix | SyntaxKind::SliceSuffix => Space::None,
        _ => Space::One,
    }
}
