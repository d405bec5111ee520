//! Selection ranges: from the word under the cursor outwards through expression, statement, block and function.
//!
//! Walks the tree alone. Invariant: each range is strictly inside the next one, and the last is the whole text.

use crate::db::LiveDb;
use crate::document::DocumentView;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};

/// The ranges around an offset, the innermost first.
pub fn selection(db: &LiveDb, document: &DocumentView, offset: TextSize) -> Vec<TextRange> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let offset = offset.min(root.text_range().end());
    let word = |kind: SyntaxKind| !kind.is_trivia() && !kind.is_line_end();
    let token =
        root.token_at_offset(offset).max_by_key(|token| (word(token.kind()), token.kind() == SyntaxKind::Ident));
    let Some(token) = token else { return vec![root.text_range()] };
    let mut ranges: Vec<TextRange> = Vec::new();
    if matches!(token.kind(), SyntaxKind::StringLit) && token.text().len() > 2 {
        let one = TextSize::of('"');
        let inner = TextRange::new(token.text_range().start() + one, token.text_range().end() - one);
        ranges.extend(inner.contains_inclusive(offset).then_some(inner));
    }
    if !token.kind().is_line_end() && token.kind() != SyntaxKind::Whitespace {
        ranges.push(token.text_range());
    }
    for node in token.parent_ancestors() {
        let range = node.text_range();
        // A block reaches into the blanks around its statements.
        let trimmed = (node.kind() == SyntaxKind::Block).then(|| trimmed(&node)).flatten();
        for range in trimmed.into_iter().chain([range]).filter(|range| !range.is_empty()) {
            if ranges.last().is_none_or(|last| range.contains_range(*last) && range != *last) {
                ranges.push(range);
            }
        }
    }
    if ranges.last() != Some(&root.text_range()) {
        ranges.push(root.text_range());
    }
    ranges
}

/// From the first statement to the last.
fn trimmed(block: &SyntaxNode) -> Option<TextRange> {
    let (first, last) = (block.first_child()?, block.last_child()?);
    Some(TextRange::new(first.text_range().start(), last.text_range().end()))
}
