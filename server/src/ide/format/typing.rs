//! Indents of lines while a person types: the line that is typed and the one before, as the lines around them are.
//!
//! Part of formatting; `lsp` asks behind a new line and behind the letters that end words of blocks. It works on code that is not finished, from tokens
//! alone. Invariants: no other lines are changed; the answer is that of a walk over all tokens before, though the walk begins only at
//! the statement of the file's top level before the one that is typed.

use super::{FormatEdit, FormatOptions, Indents, tokens};
use crate::db::LiveDb;
use crate::document::DocumentView;
use minilive_syntax::{Parse, SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use rowan::NodeOrToken;

/// Indents the line of an offset, and the one before when it is complete, while a person types: as the lines around it are. What the letters of words ask for is done
/// only where they have become `end` or `else` at the start of their line.
pub fn format_on_type(
    db: &LiveDb,
    document: &DocumentView,
    options: FormatOptions,
    offset: TextSize,
) -> Vec<FormatEdit> {
    let parse = document.file.parse(db);
    let root = SyntaxNode::new_root(parse.green.clone());
    let line = document.index.line_of(offset);
    let typed = document.text[TextRange::new(document.index.line_start(line), offset)].trim_start();
    if !typed.is_empty() && !ends_block(&root, typed, offset) {
        return Vec::new();
    }
    let first = if typed.is_empty() { line.saturating_sub(1) } else { line };
    let start = statement_before(&root, &parse, document, first);
    let found = match &start {
        Some(start) => levels(tokens_from(start), document, line),
        None => levels(tokens(&root), document, line),
    };
    let mut lines = Lines { document, options, found: &found, typed: Vec::new() };
    let from = found.partition_point(|(it, _)| *it < first);
    (from..found.len()).filter_map(|at| lines.indent(at)).collect()
}

/// Whether what was typed is a word by itself with which a block, or the first part of one, ends.
fn ends_block(root: &SyntaxNode, typed: &str, offset: TextSize) -> bool {
    let word = root.covering_element(TextRange::new(offset - TextSize::of(typed), offset)).into_token();
    word.is_some_and(|it| it.text() == typed && matches!(it.kind(), SyntaxKind::EndKw | SyntaxKind::ElseKw))
}

/// The last statement of the top level that begins a line before this one, and before all that is wrong: nothing is open there, so lines can
/// be counted from it.
fn statement_before(root: &SyntaxNode, parse: &Parse, document: &DocumentView, line: u32) -> Option<SyntaxNode> {
    let at = root.child_or_token_at_range(TextRange::empty(document.index.line_start(line)))?;
    let first_error = parse.errors.iter().map(|it| it.range.start().min(it.at)).min();
    let is_it = |it: &SyntaxNode| {
        let start = it.text_range().start();
        let its = document.index.line_of(start);
        its < line
            && first_error.is_none_or(|at| start < at)
            && !it.text_range().is_empty()
            && document.text[TextRange::new(document.index.line_start(its), start)].trim_start().is_empty()
    };
    let before = std::iter::successors(Some(at), SyntaxElement::prev_sibling_or_token);
    before.filter_map(NodeOrToken::into_node).find(is_it)
}

/// The tokens of a node and of all that follows its beginning beside it.
fn tokens_from(start: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    let rest = std::iter::successors(Some(start.clone().into()), SyntaxElement::next_sibling_or_token);
    rest.flat_map(|it| {
        let (inside, own) = (it.as_node().map(tokens), it.into_token());
        inside.into_iter().flatten().chain(own)
    })
}

/// The first lines of statements up to this one, with their levels.
fn levels(tokens: impl Iterator<Item = SyntaxToken>, document: &DocumentView, line: u32) -> Vec<(u32, usize)> {
    let mut indents = Indents::default();
    let mut found: Vec<(u32, usize)> = Vec::new();
    let mut at = 0;
    for token in tokens.filter(|token| !token.kind().is_trivia()) {
        let start = document.index.line_of(token.text_range().start());
        if start > line {
            break;
        }
        if token.kind() != SyntaxKind::Newline && start >= at {
            found.push((start, indents.line(&token)));
            at = start + 1;
        }
        indents.pass(&token);
    }
    if found.last().is_none_or(|(last, _)| *last < line) {
        found.push((line, indents.empty_line()));
    }
    found
}

/// The first lines of statements up to the one that is typed, with their levels.
struct Lines<'a> {
    document: &'a DocumentView,
    options: FormatOptions,
    found: &'a [(u32, usize)],
    /// What lines will be indented by that are indented anew.
    typed: Vec<(u32, String)>,
}

impl Lines<'_> {
    /// Indents a line as those around it are: as the last one before it of the same level, or so much further than the one that it is in.
    fn indent(&mut self, at: usize) -> Option<FormatEdit> {
        let (line, level) = self.found[at];
        let blank = self.blank(line);
        let above = self.found[..at].iter().rfind(|(_, it)| *it <= level);
        let wanted = match above {
            Some(&(above, its)) => {
                let own = self.typed.iter().find(|(it, _)| *it == above).map(|(_, text)| text.clone());
                let own = own.unwrap_or_else(|| self.document.text[self.blank(above)].to_owned());
                own + &self.options.indent(level - its)
            }
            None => self.options.indent(level),
        };
        self.typed.push((line, wanted.clone()));
        (self.document.text[blank] != wanted).then_some(FormatEdit { range: blank, text: wanted })
    }

    /// The blanks with which a line begins.
    fn blank(&self, line: u32) -> TextRange {
        let range = self.document.index.line_range(line, &self.document.text);
        let text = &self.document.text[range];
        let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
        TextRange::at(range.start(), TextSize::new(blank as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ide::tests::Fixture;

    /// Asks at the start of each line and behind its blanks and words, once as clients are answered and once by all tokens.
    fn compare(text: &str) -> usize {
        let it = Fixture::new(text);
        let root = it.document.file.parse(&it.db).syntax();
        let mut parts = 0;
        for line in 0..it.document.index.line_of(TextSize::of(text)) + 1 {
            let parse = it.document.file.parse(&it.db);
            for first in [line.saturating_sub(1), line] {
                let Some(start) = statement_before(&root, &parse, &it.document, first) else { continue };
                parts += 1;
                let part = levels(tokens_from(&start), &it.document, line);
                let all = levels(tokens(&root), &it.document, line);
                assert_eq!(part[..], all[all.len() - part.len()..], "line {line} of:\n{text}");
                assert_eq!(part[0].1, 0, "line {line} of:\n{text}");
                assert!(part[0].0 < first, "line {line} of:\n{text}");
            }
        }
        parts
    }

    #[test]
    fn a_walk_from_the_statement_before_finds_what_one_over_all_tokens_does() {
        let text = "x = [\n  1,\n]\nf = function(a)\n  if a then\n    while a\n      a = 1 +\n        2\n    end while\n  else if not a and\n    x then\n    y\n  end if\nend function; z = 1\n\n// c\nif x then y = 1 else z = 2\nx = {\"a\": [1,\n  2]}; for i in x; print i; end for\n  if z then // d\n    q\n  end if\nprint x\n";
        assert!(compare(text) > 30);
        // Each of its tokens taken away: blocks without ends, ends without blocks, brackets that stay open.
        let root = minilive_syntax::parse(text).syntax();
        let all: Vec<_> = tokens(&root).map(|it| it.text_range()).collect();
        let mut parts = 0;
        for range in all {
            let mut broken = text.to_owned();
            broken.replace_range(std::ops::Range::<usize>::from(range), "");
            parts += compare(&broken);
        }
        assert!(parts > 500, "{parts}");
    }
}
