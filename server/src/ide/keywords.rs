//! The words of a construct: those of a branch, of a loop with what leaves it or goes on, of a function with its returns.
//!
//! Walks the tree alone, for highlights. Invariant: from each of these words the same ones are found; words of constructs inside are not
//! among them.

use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use rowan::NodeOrToken;

/// The words that belong to the one at an offset, in order; none where there is no such word.
pub fn words_at(root: &SyntaxNode, offset: TextSize) -> Vec<TextRange> {
    let offset = offset.min(root.text_range().end());
    let found = root.token_at_offset(offset).find_map(|word| construct(&word));
    found.map_or_else(Vec::new, |node| {
        let mut found = Vec::new();
        collect(&node, node.kind(), &mut found);
        found
    })
}

/// The construct that a word belongs to.
fn construct(word: &SyntaxToken) -> Option<SyntaxNode> {
    use SyntaxKind::*;
    let around = || word.parent_ancestors();
    let is_loop = |it: &SyntaxNode| matches!(it.kind(), WhileStmt | ForStmt);
    match word.kind() {
        IfKw | ThenKw | ElseKw | WhileKw | ForKw | InKw | FunctionKw | EndKw => {
            around().find(|it| matches!(it.kind(), IfStmt | WhileStmt | ForStmt | FunctionExpr))
        }
        BreakKw | ContinueKw => around().take_while(|it| it.kind() != FunctionExpr).find(is_loop),
        ReturnKw => around().find(|it| it.kind() == FunctionExpr),
        _ => None,
    }
}

/// The words of a construct in a node of it.
fn collect(node: &SyntaxNode, of: SyntaxKind, found: &mut Vec<TextRange>) {
    use SyntaxKind::*;
    for child in node.children_with_tokens() {
        match child {
            NodeOrToken::Token(word) => {
                let belongs = match word.kind() {
                    BreakKw | ContinueKw => of != FunctionExpr && of != IfStmt,
                    ReturnKw => of == FunctionExpr,
                    IfKw | ThenKw | ElseKw | WhileKw | ForKw | InKw | FunctionKw | EndKw => is_own(node, of),
                    _ => false,
                };
                if belongs {
                    found.push(word.text_range());
                }
            }
            NodeOrToken::Node(inside) => {
                let leaves = matches!(inside.kind(), FunctionExpr)
                    || of == IfStmt && !matches!(inside.kind(), IfBranch | ElseBranch)
                    || of != FunctionExpr && matches!(inside.kind(), WhileStmt | ForStmt);
                if !leaves {
                    collect(&inside, of, found);
                }
            }
        }
    }
}

/// Whether the words that stand in a node are the construct's own.
fn is_own(node: &SyntaxNode, of: SyntaxKind) -> bool {
    node.kind() == of
        || of == SyntaxKind::IfStmt && matches!(node.kind(), SyntaxKind::IfBranch | SyntaxKind::ElseBranch)
}
