//! The syntax of MiniScript 2.0: text in, lossless tree and all syntax errors out.
//!
//! `parse` and `reparse` are the two ways in; lowering and the editor read the tree through the typed views of [`ast`].
//! The crate knows nobody else of the project. Invariant: the tree's text is the input, byte for byte, whatever the input.
#![forbid(unsafe_code)]

pub mod ast;
pub mod kind;

pub use ast::AstNode;
pub use kind::{MiniScript, SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};
pub use rowan::{TextRange, TextSize};
