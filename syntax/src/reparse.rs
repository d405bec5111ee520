//! Parsing after an edit: only the statements that the edit touches, in the smallest body that allows it.
//!
//! The world thread calls [`reparse`] with the last parse; the result replaces it. Law: the result equals `parse(new_text)`, tree
//! and errors. Why it holds: between two line ends that separate statements of one body, neither lexer nor grammar look
//! outside, save for what [`Context`] says; whenever the new statements would (an `end` too many, an open string, an open
//! block), the parser says so and the next larger body is tried, at last the whole file. The fuzz test of the parser goldens
//! checks the law.

use crate::errors::Problem;
use crate::foreign::has_end_word;
use crate::kind::SyntaxKind::{self, *};
use crate::lexer::{lex, lex_part};
use crate::lines::{line_at_end, line_ends};
use crate::parser::{Context, RawError};
use crate::{Parse, Run, SyntaxElement, SyntaxError, SyntaxNode, SyntaxToken, parse, parse_tokens, with_lines};
use rowan::{NodeOrToken, TextRange, TextSize};

/// How many bodies around an edit are tried before the whole file is parsed.
const MAX_ATTEMPTS: usize = 4;

/// A change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What goes, in the old text.
    pub range: TextRange,
    /// What comes instead.
    pub insert: String,
}

/// Parses `new_text`, which is `old_text` (whose parse is `old`) after `edit`.
pub fn reparse(old: &Parse, old_text: &str, edit: &TextEdit, new_text: &str) -> Parse {
    // A block without an end makes words for ends of other languages be looked at, all over the text.
    let is_decided = |it: &Parse| !it.errors.iter().any(|it| it.code == "unclosed-block") || !has_end_word(new_text);
    reparse_part(old, old_text, edit, new_text).filter(is_decided).unwrap_or_else(|| parse(new_text))
}

/// The new parse, if a part of the file decides it.
fn reparse_part(old: &Parse, old_text: &str, edit: &TextEdit, new_text: &str) -> Option<Parse> {
    let fits = usize::from(edit.range.end()) <= old_text.len()
        && old_text.len() - usize::from(edit.range.len()) + edit.insert.len() == new_text.len();
    if !fits || old.errors.iter().any(|error| matches!(error.code, "nested-too-deeply" | "foreign-end")) {
        return None;
    }
    let root = old.syntax();
    let touched = match root.covering_element(edit.range) {
        NodeOrToken::Node(node) => node,
        NodeOrToken::Token(token) => token.parent()?,
    };
    let bodies = touched.ancestors().filter(is_body);
    bodies.take(MAX_ATTEMPTS).find_map(|body| reparse_in(old, old_text, edit, new_text, &body))
}

/// The file, or a body on its own lines.
fn is_body(node: &SyntaxNode) -> bool {
    match node.kind() {
        SourceFile => true,
        Block => node.prev_sibling_or_token().is_some_and(|before| before.kind().is_line_end()),
        _ => false,
    }
}

/// Whether an error at the last line end of `before` gave its line by the word behind it, which may move.
fn names_line_behind(error: &SyntaxError, before: &str) -> bool {
    let at = usize::from(error.at);
    let looks_on = error.code.starts_with("unclosed-") || error.code == "expected-colon";
    (looks_on || matches!(error.code, "expected-expression" | "foreign-syntax"))
        && at < before.len()
        && matches!(&before[at..], "\n" | "\r\n" | "\r" | ";")
}

/// Whether a word of a block without a first line stands among the statements of a body: what else is there of the block depends on it.
fn is_lost_in(body: &SyntaxNode, error: &SyntaxError) -> bool {
    let inside = error.at + TextSize::new(1);
    error.code == "stray-keyword"
        && body.text_range().contains_inclusive(inside)
        && child_at(body, inside).is_some_and(|it| it.kind() == Error)
}

/// A run of children of a body, between two line ends that separate statements.
struct Stretch {
    /// Indices of the children.
    children: std::ops::Range<usize>,
    /// Their text range in the old text.
    range: TextRange,
    /// It reaches to the end of the file.
    is_rest: bool,
}

/// Tries to decide the new parse from the touched statements of one body.
fn reparse_in(old: &Parse, old_text: &str, edit: &TextEdit, new_text: &str, body: &SyntaxNode) -> Option<Parse> {
    let stretch = stretch(body, edit.range)?;
    let start = usize::from(stretch.range.start());
    let old_len = usize::from(stretch.range.len());
    let new_len = old_len - usize::from(edit.range.len()) + edit.insert.len();
    let text = new_text.get(start..start + new_len)?;
    if text.starts_with('\n') && new_text[..start].ends_with('\r') {
        return None;
    }
    let tokens = if start == 0 { lex(text) } else { lex_part(text) };
    let ends_well = stretch.is_rest || tokens.last().is_none_or(|token| token.kind.is_line_end());
    if !ends_well {
        return None;
    }
    // What follows on the last line is indented as that line is, and errors may have been told by that.
    if !stretch.is_rest && text.ends_with(';') && !old.errors.is_empty() {
        return None;
    }
    if old.errors.iter().any(|error| names_line_behind(error, &old_text[..start])) {
        return None;
    }
    if old.errors.iter().any(|error| error.code == "unterminated-string" || is_lost_in(body, error)) {
        return None;
    }
    let mut foreign = old.errors.iter().filter(|error| error.code == "foreign-syntax").peekable();
    if foreign.peek().is_some() {
        let before = statement_before(body, &stretch);
        if foreign.any(|error| before.contains_inclusive(error.at)) {
            return None;
        }
    }
    let starts_line = new_text[..start].is_empty() || new_text[..start].ends_with(['\n', '\r']);
    let context = context(body, &stretch).starting_line(starts_line);
    let run = parse_tokens(text, &tokens, context, &mut rowan::NodeCache::default())?;
    if ends_depend_on(old, &stretch, &run.errors) {
        return None;
    }
    let open = |error: &RawError| matches!(error.problem, Problem::StringGoesOn(..) | Problem::OpenString);
    let forgives = old.errors.iter().any(|error| error.code == "stray-keyword");
    if run.errors.iter().any(open) || !run.checks.is_empty() && forgives {
        return None;
    }
    let children = run.green.children().map(|child| child.to_owned());
    let green = body.green().splice_children(stretch.children.clone(), children);
    let moved = Moved {
        start: stretch.range.start(),
        old_end: stretch.range.end(),
        new_end: TextSize::of(&new_text[..start + new_len]),
        old_lines: line_ends(&old_text[start..start + old_len]),
        new_lines: line_ends(text),
        is_rest: stretch.is_rest,
        new_text,
    };
    Some(Parse { green: body.replace_with(green), errors: moved.merge(&old.errors, text, run) })
}

/// The statement before the touched ones, or the header before the body if they are its first: what another language's comment in there may
/// go on with stands among them.
fn statement_before(body: &SyntaxNode, stretch: &Stretch) -> TextRange {
    let mut at = stretch.children.start.checked_sub(1).and_then(|it| body.children_with_tokens().nth(it));
    let mut seen = false;
    while let Some(element) = &at {
        if is_separator(element) && seen {
            return TextRange::new(element.text_range().end(), stretch.range.start());
        }
        seen |= element.as_node().is_some();
        at = element.prev_sibling_or_token();
    }
    let around = body.parent().filter(|_| !seen).unwrap_or_else(|| body.clone());
    TextRange::new(around.text_range().start(), stretch.range.start())
}

/// Whether what is told of blocks behind the touched statements depends on what is open in these: of several blocks without an end the one
/// that lacks it is told, and that the others have none follows.
fn ends_depend_on(old: &Parse, stretch: &Stretch, errors: &[RawError]) -> bool {
    let leaves_open = |error: &RawError| {
        matches!(error.problem, Problem::OpenAtEnd(_) | Problem::LeftOpen(..) | Problem::LeftOpenAtElse(..))
    };
    let is_end = |error: &SyntaxError| matches!(error.code, "unclosed-block" | "wrong-end" | "stray-keyword");
    let opens = errors.iter().any(leaves_open);
    let mut behind = old.errors.iter().filter(|error| error.at >= stretch.range.end());
    behind.any(|error| error.follows || opens && is_end(error))
}

/// The touched statements of `body`. `None` if they reach to the end of a body other than the file.
fn stretch(body: &SyntaxNode, edit: TextRange) -> Option<Stretch> {
    let mut before = child_at(body, edit.start());
    while let Some(element) = &before {
        if element.text_range().end() <= edit.start() && is_separator(element) {
            break;
        }
        before = element.prev_sibling_or_token();
    }
    let mut after = child_at(body, edit.start());
    while let Some(element) = &after {
        if element.text_range().start() >= edit.end() && is_separator(element) {
            break;
        }
        after = element.next_sibling_or_token();
    }
    if after.is_none() && body.kind() != SourceFile {
        return None;
    }
    let (first, start) = before.map_or((0, body.text_range().start()), |it| (it.index() + 1, it.text_range().end()));
    let is_rest = after.is_none();
    let (last, end) = match after {
        Some(it) => (it.index() + 1, it.text_range().end()),
        None => (body.green().children().len(), body.text_range().end()),
    };
    Some(Stretch { children: first..last, range: TextRange::new(start, end), is_rest })
}

/// A child of `body` that touches `offset`: the left one of two.
fn child_at(body: &SyntaxNode, offset: TextSize) -> Option<SyntaxElement> {
    body.child_or_token_at_range(TextRange::empty(offset))
}

/// A line end that separates statements, not one that is skipped because the line goes on.
fn is_separator(element: &SyntaxElement) -> bool {
    let NodeOrToken::Token(token) = element else {
        return false;
    };
    token.kind().is_line_end() && !word_before(token).is_some_and(SyntaxKind::continues_line)
}

/// The kind of the last token before this one that means something.
fn word_before(token: &SyntaxToken) -> Option<SyntaxKind> {
    let mut before = token.prev_token()?;
    while before.kind().is_trivia() || before.kind().is_line_end() {
        before = before.prev_token()?;
    }
    Some(before.kind())
}

/// What stands around the stretch.
fn context(body: &SyntaxNode, stretch: &Stretch) -> Context {
    let around =
        body.ancestors().map(|node| node.kind()).find(|kind| matches!(kind, WhileStmt | ForStmt | FunctionExpr));
    Context {
        depth: if body.kind() == SourceFile { 0 } else { body.ancestors().count().try_into().unwrap_or(u32::MAX) },
        in_loop: matches!(around, Some(WhileStmt | ForStmt)),
        inside_body: body.kind() != SourceFile,
        goes_on: !stretch.is_rest,
        is_part: true,
        starts_line: true,
    }
}

/// How what stands outside of the stretch moves.
struct Moved<'a> {
    start: TextSize,
    old_end: TextSize,
    new_end: TextSize,
    old_lines: u32,
    new_lines: u32,
    /// The stretch reaches to the end of the file, whose errors it has made anew.
    is_rest: bool,
    new_text: &'a str,
}

impl Moved<'_> {
    /// The old errors before and behind the stretch, and the new ones inside.
    fn merge(&self, old: &[SyntaxError], text: &str, run: Run) -> Vec<SyntaxError> {
        let is_check = |error: &SyntaxError| matches!(error.code, "break-outside-loop" | "continue-outside-loop");
        let checks_start = old.iter().position(is_check).unwrap_or(old.len());
        let (grammar, checks) = old.split_at(checks_start);
        let mut merged = Vec::with_capacity(old.len() + run.errors.len() + run.checks.len());
        for (outside, inside) in [(grammar, run.errors), (checks, run.checks)] {
            merged.extend(outside.iter().filter(|error| error.at < self.start).cloned());
            if !inside.is_empty() {
                merged.extend(self.place(text, inside));
            }
            let behind = outside.iter().filter(|error| error.at >= self.old_end && !self.is_rest);
            merged.extend(behind.map(|error| self.shift(error)));
        }
        merged
    }

    /// The errors of the stretch as errors of the file.
    fn place(&self, text: &str, errors: Vec<RawError>) -> impl Iterator<Item = SyntaxError> {
        let first = 1 + line_ends(&self.new_text[..usize::from(self.start)]);
        let is_last = usize::from(self.new_end) == self.new_text.len();
        let last = || {
            if is_last { line_at_end(self.new_text) } else { first + self.new_lines }
        };
        with_lines(text, errors, first, last).into_iter().map(|mut error| {
            error.at += self.start;
            error.range += self.start;
            error
        })
    }

    /// An error behind the stretch; the construct that it is about may have started before.
    fn shift(&self, error: &SyntaxError) -> SyntaxError {
        let offset = |at: TextSize| {
            if at >= self.old_end { at - self.old_end + self.new_end } else { at }
        };
        let mut error = error.clone();
        error.at = offset(error.at);
        error.range = TextRange::new(offset(error.range.start()), offset(error.range.end()));
        error.reference_line = if usize::from(error.at) == self.new_text.len() {
            line_at_end(self.new_text)
        } else {
            error.reference_line - self.old_lines + self.new_lines
        };
        error
    }
}
