//! Steps from token to token.
//!
//! Completion, signatures and on-type formatting walk tokens with these. Invariant: empty nodes, which broken and empty blocks leave
//! in the tree, do not end the walk (the tree's own steps end at them).

use minilive_syntax::{SyntaxNode, SyntaxToken};

fn root(token: &SyntaxToken) -> Option<SyntaxNode> {
    token.parent_ancestors().last()
}

/// The token right before.
pub fn previous(token: &SyntaxToken) -> Option<SyntaxToken> {
    let start = token.text_range().start();
    root(token)?.token_at_offset(start).left_biased().filter(|it| it.text_range().end() == start)
}

/// The token right behind.
pub fn next(token: &SyntaxToken) -> Option<SyntaxToken> {
    let end = token.text_range().end();
    root(token)?.token_at_offset(end).right_biased().filter(|it| it.text_range().start() == end)
}

/// The token before, blanks and comments left out.
pub fn before(token: &SyntaxToken) -> Option<SyntaxToken> {
    std::iter::successors(previous(token), previous).find(|token| !token.kind().is_trivia())
}
