//! Linked editing: the word that opens a block and the same word behind its `end`.
//!
//! Walks the tree alone. Editors ask for it where a setting turns it on, and then change both words as one is typed, so that `while` becomes
//! `if` and `end while` becomes `end if`. Invariants: there are two places or none, with equal texts; `if` behind `else` and blocks
//! without an `end` of their own have none.

use crate::db::LiveDb;
use crate::document::DocumentView;
use minilive_syntax::ast::{AstNode, ForStmt, FunctionExpr, IfStmt, WhileStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};

/// The two words, if a cursor is at one of them.
pub fn linked(db: &LiveDb, document: &DocumentView, offset: TextSize) -> Option<[TextRange; 2]> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let offset = offset.min(root.text_range().end());
    let word = root.token_at_offset(offset).find(|it| is_word(it.kind()))?;
    word.parent_ancestors().take(2).filter_map(|node| words(&node)).find_map(|(open, close)| {
        let is_one = word == open || word == close;
        (is_one && open.text() == close.text()).then(|| [open.text_range(), close.text_range()])
    })
}

fn is_word(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::WhileKw | SyntaxKind::ForKw | SyntaxKind::IfKw | SyntaxKind::FunctionKw)
}

/// The word that opens a block, and the one behind its `end`.
fn words(node: &SyntaxNode) -> Option<(SyntaxToken, SyntaxToken)> {
    let (open, end) = match node.kind() {
        SyntaxKind::WhileStmt => {
            let it = WhileStmt::cast(node.clone())?;
            (it.while_token(), it.end_token())
        }
        SyntaxKind::ForStmt => {
            let it = ForStmt::cast(node.clone())?;
            (it.for_token(), it.end_token())
        }
        SyntaxKind::FunctionExpr => {
            let it = FunctionExpr::cast(node.clone())?;
            (it.function_token(), it.end_token())
        }
        SyntaxKind::IfStmt => {
            let it = IfStmt::cast(node.clone())?;
            (it.branches().next()?.if_token(), it.end_token())
        }
        _ => return None,
    };
    let end = end?;
    let close = std::iter::successors(end.next_token(), |it| it.next_token()).find(|it| !it.kind().is_trivia())?;
    Some((open?, close)).filter(|(_, close)| close.parent().as_ref() == Some(node))
}
