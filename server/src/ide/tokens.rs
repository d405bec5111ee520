//! Steps from token to token.
//!
//! Completion, signatures and on-type formatting walk tokens with these. Invariant: empty nodes, which broken and empty blocks leave
//! in the tree, do not end the walk (the tree's own steps end at them).

use minilive_syntax::{SyntaxElement, SyntaxNode, SyntaxToken};
use rowan::NodeOrToken;

/// The first token that is reached by going on from sibling to sibling, up where there is none, and down into each node.
fn step(
    token: &SyntaxToken,
    sibling: fn(&SyntaxElement) -> Option<SyntaxElement>,
    child: fn(&SyntaxNode) -> Option<SyntaxElement>,
) -> Option<SyntaxToken> {
    let mut at: SyntaxElement = token.clone().into();
    loop {
        let Some(found) = sibling(&at) else {
            at = at.parent()?.into();
            continue;
        };
        at = found;
        while let NodeOrToken::Node(node) = &at {
            let Some(inside) = child(node) else { break };
            at = inside;
        }
        if let NodeOrToken::Token(token) = at {
            return Some(token);
        }
    }
}

/// The token right before.
pub fn previous(token: &SyntaxToken) -> Option<SyntaxToken> {
    step(token, SyntaxElement::prev_sibling_or_token, SyntaxNode::last_child_or_token)
}

/// The token right behind.
pub fn next(token: &SyntaxToken) -> Option<SyntaxToken> {
    step(token, SyntaxElement::next_sibling_or_token, SyntaxNode::first_child_or_token)
}

/// The token before, blanks and comments left out.
pub fn before(token: &SyntaxToken) -> Option<SyntaxToken> {
    std::iter::successors(previous(token), previous).find(|token| !token.kind().is_trivia())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_meet_every_token_both_ways() {
        for text in
            ["if a then\nend if\nx = [1, f(2)]\n", "foo[] = 1\nif then\nelse\nend if\n(", "", "while\n\nend while"]
        {
            let root = minilive_syntax::parse(text).syntax();
            let all: Vec<_> = root.descendants_with_tokens().filter_map(NodeOrToken::into_token).collect();
            let Some((first, last)) = all.first().zip(all.last()) else { continue };
            assert_eq!(std::iter::successors(Some(first.clone()), next).collect::<Vec<_>>(), all);
            let mut back: Vec<_> = std::iter::successors(Some(last.clone()), previous).collect();
            back.reverse();
            assert_eq!(back, all);
        }
    }
}
