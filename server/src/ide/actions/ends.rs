//! Fixes of syntax errors: the `end` that a block has not got, the word that belongs behind one, `==` in a condition, a bracket or `then`
//! that is missing, and what other languages write (`foreign.rs`).
//!
//! Part of `actions`, asked only for texts with syntax errors. Where an `end` goes is told by indentation first, since that is what the
//! writer saw, and by the parser where the text has none. Invariant: a fix leaves fewer errors than there were.

use super::super::diagnostics::{Diagnostic, Severity};
use super::context::Context;
use super::{Action, Edit, foreign, one_line};
use minilive_syntax::ast::{AstNode, ForStmt, FunctionExpr, IfBranch, IfStmt, Stmt, WhileStmt};
use minilive_syntax::{SyntaxError, SyntaxKind, SyntaxNode, TextRange, TextSize};

/// The fixes of the errors that the selection touches.
pub(super) fn actions(ctx: &Context<'_>) -> Vec<Action> {
    let (first, last) = (ctx.document.index.line_of(ctx.at.start()), ctx.document.index.line_of(ctx.at.end()));
    // What the selection touches itself comes before what is elsewhere on its lines.
    let is_touched = |error: &SyntaxError| error.range.intersect(ctx.at).is_some();
    let is_exact = ctx.parse.errors.iter().any(is_touched);
    let told = ctx.parse.errors.iter().filter(|error| !error.follows);
    let mut touched = told.filter(|error| {
        if is_exact {
            return is_touched(error);
        }
        let from = ctx.document.index.line_of(error.range.start());
        let to = ctx.document.index.line_of(error.range.end());
        from <= last && first <= to
    });
    let fix = |error: &SyntaxError| match error.code {
        "unclosed-block" => add_end(ctx, error),
        "wrong-end" => right_word(ctx, error),
        "assignment-in-expression" => compare(ctx, error),
        "foreign-end" => {
            let (_, ours) = error.message.split_once("writes `")?;
            let (ours, _) = ours.split_once('`')?;
            action(ctx, error, format!("Write `{ours}`"), vec![Edit { range: error.range, insert: ours.to_owned() }])
        }
        "foreign-syntax" => {
            let (title, edits) = foreign::fix(ctx, error)?;
            action(ctx, error, title, edits)
        }
        "stray-keyword" if error.message.starts_with("a statement") => own_line(ctx, error, true),
        "expected-end-of-line" if begins_statement(ctx, error) && !is_behind_then(ctx, error) => {
            own_line(ctx, error, false)
        }
        "expected-end-of-line-after-else"
        | "expected-end-of-line-after-while"
        | "expected-end-of-line-after-for"
        | "expected-end-of-line-after-parameters" => own_line(ctx, error, true),
        "expected-member-name" => in_brackets(ctx, error),
        "unterminated-string" => quote(ctx, error),
        _ if error.message.ends_with("is not closed") => close_bracket(ctx, error),
        "expected-then" => missing(ctx, error, &[" then"]),
        "expected-in" => missing(ctx, error, &[" in"]),
        "unclosed-parameters" | "unclosed-parenthesis" | "unclosed-arguments" => missing(ctx, error, &[")", ","]),
        "unclosed-list" => missing(ctx, error, &["]", ","]),
        "unclosed-index" | "unclosed-slice" => missing(ctx, error, &["]"]),
        "unclosed-map" => missing(ctx, error, &["}", ","]),
        "expected-colon" => missing(ctx, error, &[":"]),
        _ => None,
    };
    touched.by_ref().filter_map(fix).collect()
}

fn action(ctx: &Context<'_>, error: &SyntaxError, title: String, edits: Vec<Edit>) -> Option<Action> {
    let better = ctx.parsed(&edits).0.errors.len() < ctx.parse.errors.len();
    let answers = Diagnostic {
        range: error.range,
        severity: Severity::Error,
        unused: false,
        code: error.code,
        source: "minilive",
        message: error.message.clone(),
        related: Vec::new(),
    };
    better.then_some(Action::fix(title, edits, answers))
}

/// What is missing behind the last word before the place of an error: that of some which leaves the fewest errors.
fn missing(ctx: &Context<'_>, error: &SyntaxError, wanted: &[&str]) -> Option<Action> {
    let token = ctx.root.token_at_offset(error.at).right_biased();
    let mut before = match token {
        Some(token) => token.prev_token()?,
        None => ctx.root.last_token()?,
    };
    while before.kind().is_trivia() || before.kind() == SyntaxKind::Newline {
        before = before.prev_token()?;
    }
    let at = TextRange::empty(before.text_range().end());
    let edits = |text: &str| vec![Edit { range: at, insert: text.to_owned() }];
    let best = wanted.iter().min_by_key(|text| ctx.parsed(&edits(text)).0.errors.len())?;
    action(ctx, error, format!("Add `{}`", best.trim()), edits(best))
}

/// A bracket behind what stands before the next statement, for a comma if that is no end of arguments.
fn close_bracket(ctx: &Context<'_>, error: &SyntaxError) -> Option<Action> {
    let closer = match ctx.text(error.range) {
        "(" => ")",
        "[" => "]",
        _ => "}",
    };
    let mut before = ctx.root.token_at_offset(error.at).right_biased()?.prev_token()?;
    while before.kind().is_trivia() || before.kind() == SyntaxKind::Newline {
        before = before.prev_token()?;
    }
    let range = before.text_range();
    let behind = vec![Edit { range: TextRange::empty(range.end()), insert: closer.to_owned() }];
    let instead = vec![Edit { range, insert: closer.to_owned() }];
    let is_comma = before.kind() == SyntaxKind::Comma;
    let errors = |edits: &[Edit]| ctx.parsed(edits).0.errors.len();
    let edits = if is_comma && errors(&instead) < errors(&behind) { instead } else { behind };
    action(ctx, error, format!("Add `{closer}`"), edits)
}

/// The quote at the end of a line, or before what seems to follow the string in it.
fn quote(ctx: &Context<'_>, error: &SyntaxError) -> Option<Action> {
    let line = ctx.text(error.range).trim_end();
    let ends = [" then", ")", "]", "}", ","].into_iter().filter_map(|it| line.strip_suffix(it));
    let places = std::iter::once(line).chain(ends).filter(|it| it.len() > 1).map(TextSize::of);
    let edits =
        |len: TextSize| vec![Edit { range: TextRange::empty(error.range.start() + len), insert: "\"".to_owned() }];
    let best = places.min_by_key(|len| ctx.parsed(&edits(*len)).0.errors.len())?;
    action(ctx, error, "Add `\"`".to_owned(), edits(best))
}

/// A line of its own for a statement behind `else if … then` or the first line of a block, in which it is, or behind another one.
fn own_line(ctx: &Context<'_>, error: &SyntaxError, is_inside: bool) -> Option<Action> {
    let before = ctx.line_before(error.range.start());
    let blanks = before.len() - before.trim_end().len();
    let indent = &before[..before.len() - before.trim_start_matches([' ', '\t']).len()];
    let range = TextRange::new(error.range.start() - TextSize::new(blanks as u32), error.range.start());
    let insert = if is_inside { one_line::inner_line(ctx, indent) } else { format!("{}{indent}", ctx.line_end()) };
    action(ctx, error, "Put it on a line of its own".to_owned(), vec![Edit { range, insert }])
}

/// Whether what follows a statement on its line is certainly one of its own: an assignment, or one that a word begins.
fn begins_statement(ctx: &Context<'_>, error: &SyntaxError) -> bool {
    let rest = minilive_syntax::parse(ctx.line_after(error.range.start()));
    let first = SyntaxNode::new_root(rest.green).children().find_map(Stmt::cast);
    // Of a block the line is the first one only.
    let has_word = matches!(first, Some(Stmt::While(_) | Stmt::For(_) | Stmt::If(_)));
    let is_whole = matches!(first, Some(Stmt::Assign(_) | Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_)));
    has_word || is_whole && rest.errors.is_empty()
}

/// Whether a condition stands before it on its line, to which it may belong.
fn is_behind_then(ctx: &Context<'_>, error: &SyntaxError) -> bool {
    let before = ctx.line_before(error.range.start());
    before.split(|it: char| !it.is_alphanumeric() && it != '_').any(|it| it == "then" || it == "else")
}

/// `["end"]` for `.end`: a word of the language is no name of a member, but can be a key.
fn in_brackets(ctx: &Context<'_>, error: &SyntaxError) -> Option<Action> {
    let word = ctx.text(error.range);
    let is_word = SyntaxKind::keyword(word).is_some();
    let at = ctx.line_before(error.range.start()).ends_with('.').then(|| error.range.start() - TextSize::of('.'))?;
    let insert = format!("[\"{word}\"]");
    let edit = Edit { range: TextRange::new(at, error.range.end()), insert: insert.clone() };
    is_word.then(|| action(ctx, error, format!("Write `{insert}`"), vec![edit]))?
}

/// `end while` and the like on a line of its own.
fn add_end(ctx: &Context<'_>, error: &SyntaxError) -> Option<Action> {
    let word = ctx.text(error.range).split_whitespace().next().filter(|it| block_word(it))?;
    let (start, title) = (error.range.start(), format!("Add `end {word}`"));
    let by_indentation = place_by_indentation(ctx, start);
    let places = by_indentation.into_iter().chain([line_start(ctx, error.at), ctx.root.text_range().end()]);
    let before = ctx.line_before(start);
    let indent: String = before.chars().take_while(|it| matches!(it, ' ' | '\t')).collect();
    let line_end = ctx.line_end();
    let mut actions = places.filter(|at| *at > start).filter_map(|at| {
        let apart = if ctx.line_before(at).is_empty() { "" } else { line_end };
        let insert = format!("{apart}{indent}end {word}{line_end}");
        action(ctx, error, title.clone(), vec![Edit { range: TextRange::empty(at), insert }])
    });
    actions.next()
}

fn block_word(word: &str) -> bool {
    matches!(word, "while" | "for" | "if" | "function")
}

/// The start of the first line behind a block that is not indented more than the block's own first line; none if there is nothing in it.
fn place_by_indentation(ctx: &Context<'_>, opener: TextSize) -> Option<TextSize> {
    let index = &ctx.document.index;
    let depth = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let first = index.line_of(opener);
    let own = depth(&ctx.document.text[index.line_range(first, &ctx.document.text)]);
    let mut behind = None;
    for line in first + 1..index.line_count() {
        let text = &ctx.document.text[index.line_range(line, &ctx.document.text)];
        if text.trim().is_empty() {
            continue;
        }
        let is_branch = depth(text) == own && text.trim_start().starts_with("else");
        if depth(text) <= own && !is_branch {
            break;
        }
        behind = Some(line);
    }
    let line = behind? + 1;
    if line >= index.line_count() { Some(ctx.root.text_range().end()) } else { Some(index.line_start(line)) }
}

fn line_start(ctx: &Context<'_>, at: TextSize) -> TextSize {
    at - TextSize::of(ctx.line_before(at))
}

/// `==` for `=` in the condition of an `if` or a `while`; elsewhere it may be meant as an assignment or a named argument.
fn compare(ctx: &Context<'_>, error: &SyntaxError) -> Option<Action> {
    let token = ctx.root.token_at_offset(error.range.start()).find(|it| it.kind() == SyntaxKind::Eq)?;
    let around = token.parent_ancestors().find(|it| {
        let kind = it.kind();
        let other = matches!(kind, SyntaxKind::ArgList | SyntaxKind::Block | SyntaxKind::FunctionExpr);
        other || Stmt::can_cast(kind) || IfBranch::can_cast(kind)
    })?;
    let in_condition =
        IfBranch::can_cast(around.kind()) || matches!(around.kind(), SyntaxKind::WhileStmt | SyntaxKind::IfStmt);
    let edit = Edit { range: token.text_range(), insert: "==".to_owned() };
    in_condition.then(|| action(ctx, error, "Write `==`".to_owned(), vec![edit]))?
}

/// `end while` for an `end if` that closes a `while`.
fn right_word(ctx: &Context<'_>, error: &SyntaxError) -> Option<Action> {
    let end = ctx.root.token_at_offset(error.range.start()).find(|it| it.kind() == SyntaxKind::EndKw)?;
    let word = end.parent_ancestors().find_map(|node| match node.kind() {
        kind if WhileStmt::can_cast(kind) => Some("while"),
        kind if ForStmt::can_cast(kind) => Some("for"),
        kind if IfStmt::can_cast(kind) => Some("if"),
        kind if FunctionExpr::can_cast(kind) => Some("function"),
        _ => None,
    })?;
    let mut behind = std::iter::successors(end.next_token(), |it| it.next_token());
    let found = behind.find(|it| !it.kind().is_trivia())?;
    let range = if found.kind().is_line_end() {
        TextRange::empty(end.text_range().end())
    } else {
        TextRange::new(end.text_range().end(), found.text_range().end())
    };
    action(ctx, error, format!("Write `end {word}`"), vec![Edit { range, insert: format!(" {word}") }])
}
