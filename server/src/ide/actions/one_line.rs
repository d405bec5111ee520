//! Blocks in braces that stand on one line: `if (x) { a } else { b }`, `while x { a; b }`.
//!
//! Part of `foreign`. A single-line `if` becomes one; all else gets lines of its own. Edits touch braces, the blanks around them and what is
//! between statements, so operators of other languages inside are written anew by others.

use super::Edit;
use super::context::Context;
use super::foreign::Line;
use minilive_syntax::SyntaxKind::{self, *};
use minilive_syntax::{SyntaxToken, TextRange};

/// A block in braces: the tokens that open and close it.
struct Braces {
    open: usize,
    close: usize,
}

/// The edits for a line that ends with such a block; none if it has none.
pub(super) fn edits(ctx: &Context<'_>, line: &Line) -> Option<Vec<Edit>> {
    let tokens = &line.tokens;
    let last = tokens.iter().rposition(|it| it.kind() != Semicolon)?;
    let in_error = |it: &SyntaxToken| it.kind() == LBrace && it.parent().is_some_and(|it| it.kind() == Error);
    let first = tokens.iter().position(in_error)?;
    let word = word(line, first)?;
    let mut blocks = vec![Braces { open: first, close: matching(line, first)? }];
    while let Some(close) = blocks.last().map(|it| it.close).filter(|&it| it < last) {
        let next = (close + 1..last).find(|&it| line.kind(it) == LBrace)?;
        (word == "if" && line.kind(close + 1) == ElseKw).then_some(())?;
        blocks.push(Braces { open: next, close: matching(line, next)? });
    }
    let statements: Vec<_> = blocks.iter().map(|it| statements(line, it)).collect::<Option<_>>()?;
    let fits = |it: &Vec<(usize, usize)>| it.len() == 1 && !(it[0].0..=it[0].1).any(|it| opens_lines(line.kind(it)));
    let single = word == "if" && line.kind(0) == IfKw && statements.iter().all(fits);
    let indent: String = ctx.line_before(tokens[0].text_range().start()).to_owned();
    let (outer, inner) = (format!("{}{indent}", ctx.line_end()), inner_line(ctx, &indent));
    let mut edits = Vec::new();
    let mut gap = |from: usize, to: usize, insert: String| {
        let end =
            tokens.get(to).map_or_else(|| tokens[tokens.len() - 1].text_range().end(), |it| it.text_range().start());
        edits.push(Edit { range: TextRange::new(tokens[from].text_range().end(), end), insert });
    };
    for (block, groups) in blocks.iter().zip(&statements) {
        let is_condition = (0..block.open).rev().find_map(|it| match line.kind(it) {
            IfKw => Some(true),
            RBrace | ThenKw | ElseKw => Some(false),
            _ => None,
        });
        let then = if is_condition == Some(true) { " then" } else { "" };
        let mut before = block.open - 1;
        let mut insert = format!("{then}{}", if single { " " } else { &*inner });
        for &(from, to) in groups {
            gap(before, from, insert);
            (before, insert) = (to, inner.clone());
        }
        let goes_on = block.close < last;
        let end = match (single, goes_on) {
            (true, true) => " ".to_owned(),
            (true, false) => String::new(),
            (false, true) => outer.clone(),
            (false, false) => format!("{outer}end {word}"),
        };
        let next = if goes_on { block.close + 1 } else { tokens.len() };
        let begin = if groups.is_empty() { then } else { "" };
        gap(before, next, format!("{begin}{end}"));
    }
    Some(edits)
}

/// A line end and the blanks of a line in a block.
pub(super) fn inner_line(ctx: &Context<'_>, indent: &str) -> String {
    format!("{}{indent}{}", ctx.line_end(), ctx.indent())
}

/// The word that ends the block.
fn word(line: &Line, open: usize) -> Option<&'static str> {
    let has = |kind: SyntaxKind| (0..open).any(|it| line.kind(it) == kind);
    let words = [(FunctionKw, "function"), (IfKw, "if"), (WhileKw, "while"), (ForKw, "for"), (ElseKw, "if")];
    let named = matches!(line.text(0), "def" | "func" | "fn" | "fun" | "sub" | "proc").then_some("function");
    words.into_iter().find(|(kind, _)| has(*kind)).map(|(_, word)| word).or(named)
}

fn matching(line: &Line, open: usize) -> Option<usize> {
    let mut depth = 0;
    (open..line.tokens.len()).find(|&at| {
        match line.kind(at) {
            LBrace => depth += 1,
            RBrace => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

fn opens_lines(kind: SyntaxKind) -> bool {
    matches!(kind, WhileKw | ForKw | FunctionKw)
}

/// The first and last tokens of the statements in braces; nothing if other blocks stand in them.
fn statements(line: &Line, block: &Braces) -> Option<Vec<(usize, usize)>> {
    let (mut found, mut first, mut depth) = (Vec::new(), block.open + 1, 0);
    for at in block.open + 1..=block.close {
        match line.kind(at) {
            _ if depth == 0 && (at == block.close || line.kind(at) == Semicolon) => {
                if first < at {
                    found.push((first, at - 1));
                }
                first = at + 1;
            }
            LBrace if (block.open + 1..at).any(|it| opens_lines(line.kind(it)) || line.kind(it) == IfKw) => {
                return None;
            }
            LParen | LBracket | LBrace => depth += 1,
            RParen | RBracket | RBrace => depth -= 1,
            _ => {}
        }
    }
    Some(found)
}
