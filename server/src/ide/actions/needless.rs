//! Fixes of what has no effect: statements that are never reached, and entries of map literals that a later one replaces.
//!
//! Part of `actions`; the warnings say what it is. Invariants: statements go with their lines or not at all; an entry goes only if
//! evaluating its value does nothing and cannot fail; no comment goes unseen.

use super::context::Context;
use super::unused::does_nothing;
use super::{Action, Edit};
use crate::ide::checks::Check;
use crate::ide::diagnostics::Diagnostic;
use minilive_mir::checks::is_same_key;
use minilive_syntax::ast::{AstNode, MapEntry, MapExpr};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};

/// The fix of a warning about something without effect.
pub(super) fn action(ctx: &Context<'_>, check: &Check) -> Option<Action> {
    let (title, range) = match check.code {
        "duplicate-key" => (format!("Remove the entry of {} before", ctx.text(check.range)), entry(ctx, check.range)?),
        "unreachable-code" => ("Remove what is never reached".to_owned(), ctx.whole_lines(check.range)?),
        _ => return None,
    };
    let edits = ctx.parsing(vec![Edit { range, insert: String::new() }])?;
    Some(Action::fix(title, edits, Diagnostic::of_check(check.clone())))
}

/// The last entry before a key that has the same key, up to the next one.
fn entry(ctx: &Context<'_>, key: TextRange) -> Option<TextRange> {
    let element = ctx.root.covering_element(key);
    let own = element.ancestors().filter_map(MapEntry::cast).find(|it| it.key().is_some_and(|it| it.range() == key))?;
    let entries: Vec<_> = MapExpr::cast(own.syntax().parent()?)?.entries().collect();
    let at = entries.iter().position(|it| it.range() == own.range())?;
    let before = entries[..at].iter().rposition(|it| is_same_key(it, &own))?;
    let (gone, next) = (&entries[before], &entries[before + 1]);
    // Of a program that does not compile nobody can say what it does.
    ctx.runs().then_some(())?;
    does_nothing(ctx, ctx.unit_at(gone.range().start())?, &gone.value()?)?;
    let range = TextRange::new(gone.range().start(), next.range().start());
    (!has_comment(gone.syntax().parent()?, range)).then_some(range)
}

fn has_comment(node: SyntaxNode, range: TextRange) -> bool {
    let tokens = node.descendants_with_tokens().filter_map(|it| it.into_token());
    let comments = [SyntaxKind::Comment, SyntaxKind::MarkerComment];
    tokens.into_iter().any(|it| comments.contains(&it.kind()) && range.contains_range(it.text_range()))
}
