//! Typed views of the tree: statements here and in `stmt.rs`, expressions in `expr.rs`.
//!
//! A view is a checked `SyntaxNode`; nothing is copied. The parser makes trees for broken text too, so every accessor
//! returns an `Option` (or an iterator over what is there). Invariant: what is one chain in the source (`a + b + c`,
//! `a.b.c`, `else if …`) is one flat node, so walking a tree recurses no deeper than the parser's depth limit.

mod expr;
mod stmt;

pub use expr::*;
pub use stmt::*;

use crate::kind::{SyntaxKind, SyntaxNode, SyntaxToken};
use rowan::TextRange;

/// A typed view of a node.
pub trait AstNode: Sized {
    /// Whether a node of this kind can be seen as `Self`.
    fn can_cast(kind: SyntaxKind) -> bool;
    /// The view, if the node is of the right kind.
    fn cast(node: SyntaxNode) -> Option<Self>;
    /// The node behind the view.
    fn syntax(&self) -> &SyntaxNode;
    /// Where it stands in the tree's text.
    fn range(&self) -> TextRange {
        self.syntax().text_range()
    }
}

/// Declares a view of exactly one node kind.
macro_rules! ast_node {
    ($(#[doc = $doc:literal])+ $name:ident) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(pub(crate) $crate::kind::SyntaxNode);

        impl $crate::ast::AstNode for $name {
            fn can_cast(kind: $crate::kind::SyntaxKind) -> bool {
                kind == $crate::kind::SyntaxKind::$name
            }
            fn cast(node: $crate::kind::SyntaxNode) -> Option<Self> {
                Self::can_cast(node.kind()).then(|| Self(node))
            }
            fn syntax(&self) -> &$crate::kind::SyntaxNode {
                &self.0
            }
        }
    };
}

/// Declares an enum over several views.
macro_rules! ast_enum {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $vdoc:literal])+ $variant:ident($view:ident),)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $vdoc])+ $variant($view),)+
        }

        impl $crate::ast::AstNode for $name {
            fn can_cast(kind: $crate::kind::SyntaxKind) -> bool {
                matches!(kind, $($crate::kind::SyntaxKind::$view)|+)
            }
            fn cast(node: $crate::kind::SyntaxNode) -> Option<Self> {
                match node.kind() {
                    $($crate::kind::SyntaxKind::$view => Some($name::$variant($view(node))),)+
                    _ => None,
                }
            }
            fn syntax(&self) -> &$crate::kind::SyntaxNode {
                match self {
                    $($name::$variant(view) => &view.0,)+
                }
            }
        }
    };
}

pub(crate) use {ast_enum, ast_node};

/// The first child that can be seen as `N`.
fn child<N: AstNode>(node: &SyntaxNode) -> Option<N> {
    // What is of another kind needs no place.
    node.first_child_by_kind(&N::can_cast).and_then(N::cast)
}

/// All children that can be seen as `N`, in order.
fn children<N: AstNode>(node: &SyntaxNode) -> impl Iterator<Item = N> + use<N> {
    node.children().by_kind(N::can_cast).filter_map(N::cast)
}

/// The first direct token of this kind.
fn token(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxToken> {
    token_by(node, |it| it == kind)
}

/// The first direct token of a kind.
fn token_by(node: &SyntaxNode, is_it: impl Fn(SyntaxKind) -> bool) -> Option<SyntaxToken> {
    node.first_child_or_token_by_kind(&is_it).and_then(|element| element.into_token())
}

/// The direct tokens of a kind.
fn tokens_by<F: Fn(SyntaxKind) -> bool>(node: &SyntaxNode, is_it: F) -> impl Iterator<Item = SyntaxToken> + use<F> {
    node.children_with_tokens().by_kind(is_it).filter_map(|element| element.into_token())
}

/// The direct tokens.
fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.children_with_tokens().filter_map(|element| element.into_token())
}
