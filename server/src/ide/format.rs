//! Formatting: one style, with the client's indent.
//!
//! Walks the tokens once and decides what stands between each two of them; what it changes is white space alone. Invariants:
//! formatting twice changes nothing more; tokens stay what they are, so spacing that has a meaning (`f (x)`, `x [0]`, `f -x`)
//! stays, too; a text with syntax errors is left alone, except for the indent of the line that is being typed.

mod columns;
mod indent;
mod range;
mod spacing;
mod typing;

pub use typing::format_on_type;

use crate::db::LiveDb;
use crate::document::DocumentView;
use crate::line_index::LineIndex;
use columns::Columns;
use indent::Indents;
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use rowan::NodeOrToken;
use spacing::Space;

/// Blank lines in a row that stay.
const MOST_BLANK_LINES: usize = 2;

/// How lines are indented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatOptions {
    /// Columns a level, where spaces are used.
    pub width: u32,
    /// Tabs are used.
    pub tabs: bool,
}

/// A piece of white space and what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatEdit {
    /// The old one.
    pub range: TextRange,
    /// The new one.
    pub text: String,
}

/// Formats a document, or the lines of a range alone.
pub fn format(
    db: &LiveDb,
    document: &DocumentView,
    options: FormatOptions,
    within: Option<TextRange>,
) -> Vec<FormatEdit> {
    let parse = document.file.parse(db);
    if !parse.errors.is_empty() {
        return Vec::new();
    }
    let root = parse.syntax();
    let mut edits = edits_of(db.while_wanted(tokens(&root)), &root, options);
    if let Some(within) = within {
        keep_within(&mut edits, (&document.text, &document.index), within);
    }
    edits
}

/// The edits of a text without errors that change the lines of a range and no others.
pub fn edits_within(
    root: &SyntaxNode,
    options: FormatOptions,
    text: (&str, &LineIndex),
    within: TextRange,
) -> Vec<FormatEdit> {
    let mut edits = edits(root, options);
    keep_within(&mut edits, text, within);
    edits
}

fn keep_within(edits: &mut Vec<FormatEdit>, (text, index): (&str, &LineIndex), within: TextRange) {
    let first = index.line_start(index.line_of(within.start()));
    let mut last = index.line_of(within.end());
    // A selection of whole lines ends where the next line begins.
    if last > index.line_of(within.start()) && index.line_start(last) == within.end() {
        last -= 1;
    }
    let last = index.line_range(last, text).end();
    let lines = TextRange::new(first, last);
    *edits = edits.drain(..).filter_map(|edit| range::cut(edit, text, lines)).collect();
}

impl FormatOptions {
    /// The blanks of a level.
    pub fn indent(self, level: usize) -> String {
        if self.tabs { "\t".repeat(level) } else { " ".repeat(level * self.width as usize) }
    }
}

fn tokens(root: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    root.descendants_with_tokens().filter_map(NodeOrToken::into_token)
}

/// All edits of a text without errors.
pub fn edits(root: &SyntaxNode, options: FormatOptions) -> Vec<FormatEdit> {
    edits_of(tokens(root), root, options)
}

fn edits_of(tokens: impl Iterator<Item = SyntaxToken>, root: &SyntaxNode, options: FormatOptions) -> Vec<FormatEdit> {
    let columns = Columns::new(options.width);
    let mut format =
        Formatter { options, indents: Indents::default(), edits: Vec::new(), last: None, gap: Gap::default(), columns };
    tokens.for_each(|token| format.token(token));
    format.end(root.text_range().end());
    format.columns.align(&mut format.edits);
    format.edits
}

/// What stands between two tokens.
#[derive(Default)]
struct Gap {
    start: TextSize,
    text: String,
    /// Line ends in it, as they are written.
    line_ends: Vec<String>,
}

struct Formatter {
    options: FormatOptions,
    indents: Indents,
    edits: Vec<FormatEdit>,
    /// The last token that is neither blank nor line end.
    last: Option<SyntaxToken>,
    gap: Gap,
    columns: Columns,
}

impl Formatter {
    fn token(&mut self, token: SyntaxToken) {
        match token.kind() {
            SyntaxKind::Whitespace => self.gap.text += token.text(),
            SyntaxKind::Newline => {
                self.gap.text += token.text();
                self.gap.line_ends.push(token.text().to_owned());
                self.indents.pass(&token);
            }
            kind => {
                self.between(&token);
                if !kind.is_trivia() {
                    self.indents.pass(&token);
                }
                // Blanks at the end of a comment belong to its token, and to nothing else.
                let text = token.text();
                let kept = if kind == SyntaxKind::Comment { text.trim_end_matches([' ', '\t']) } else { text };
                self.columns.token(kept);
                let start = token.text_range().start() + TextSize::of(kept);
                self.gap = Gap { start, text: text[kept.len()..].to_owned(), line_ends: Vec::new() };
                self.last = Some(token);
            }
        }
    }

    /// Decides what stands before a token.
    fn between(&mut self, token: &SyntaxToken) {
        let wanted = match &self.last {
            None => {
                // A byte order mark is no blank.
                let mark = if self.gap.text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
                self.indents.line(token);
                mark.to_owned()
            }
            Some(last) if self.gap.line_ends.is_empty() => match spacing::between(last, token) {
                Space::None => String::new(),
                Space::One => " ".to_owned(),
                Space::Keep => self.gap.text.clone(),
                Space::KeepOne => if self.gap.text.is_empty() { "" } else { " " }.to_owned(),
            },
            Some(_) => {
                let level = if token.kind().is_trivia() { self.comment_level(token) } else { self.indents.line(token) };
                let kept = self.gap.line_ends.len().min(MOST_BLANK_LINES + 1);
                self.gap.line_ends[..kept].concat() + &self.options.indent(level)
            }
        };
        let is_behind_code = self.last.is_some() && self.gap.line_ends.is_empty();
        if is_behind_code && matches!(token.kind(), SyntaxKind::Comment | SyntaxKind::MarkerComment) {
            self.columns.comment(self.gap.start, &self.gap.text);
        }
        self.replace(wanted);
    }

    /// A comment stands where the code below it would, and at the end of a block or a literal where what is in it does.
    fn comment_level(&self, comment: &SyntaxToken) -> usize {
        use SyntaxKind::{ElseKw, EndKw, RBrace, RBracket, RParen};
        let next = std::iter::successors(super::tokens::next(comment), super::tokens::next);
        let next = next.into_iter().find(|token| !token.kind().is_trivia() && token.kind() != SyntaxKind::Newline);
        match next {
            Some(next) if !matches!(next.kind(), EndKw | ElseKw | RBrace | RBracket | RParen) => {
                self.indents.clone().line(&next)
            }
            _ => self.indents.empty_line(),
        }
    }

    fn end(&mut self, end: TextSize) {
        let wanted = match (&self.last, self.gap.line_ends.first()) {
            (None, _) => String::new(),
            (Some(_), Some(line_end)) => line_end.clone(),
            (Some(_), None) => "\n".to_owned(),
        };
        debug_assert_eq!(self.gap.start + TextSize::of(&*self.gap.text), end);
        self.replace(wanted);
    }

    fn replace(&mut self, wanted: String) {
        self.columns.gap(&self.gap.text, &wanted);
        if wanted != self.gap.text {
            let range = TextRange::at(self.gap.start, TextSize::of(&*self.gap.text));
            self.edits.push(FormatEdit { range, text: wanted });
        }
    }
}
