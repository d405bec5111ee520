//! Calls with more arguments than are taken: what is said, and which text its fix takes away.
//!
//! Part of `checks`; who finds such a call knows how many arguments are taken. Invariant: the fix leaves the arguments that are taken as
//! they are; whether the others may go is judged by `actions`, which know what evaluating them does.

use super::{Check, Fix, Weight};
use crate::db::{File, LiveDb};
use minilive_syntax::ast::{ArgList, AstNode, CallStmt, Expr, PostfixExpr, Suffix};
use minilive_syntax::{SyntaxNode, TextRange};

/// The warning of a call whose callee stands at `callee`.
pub(super) fn too_many(db: &LiveDb, file: File, callee: TextRange, (name, expected, got): (&str, u32, u32)) -> Check {
    let message = format!("`{name}` takes {}, not {got}", arguments(expected));
    let range = extra(db, file, callee, expected as usize);
    let title = if got == expected + 1 { "Remove the extra argument" } else { "Remove the extra arguments" };
    let fix = range.map(|range| Fix { title: title.to_owned(), range, insert: String::new() });
    Check { range: callee, code: "too-many-arguments", weight: Weight::Warning, message, fix }
}

/// The arguments behind those that are taken, with what parts them from these.
fn extra(db: &LiveDb, file: File, callee: TextRange, expected: usize) -> Option<TextRange> {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let element = root.covering_element(callee);
    let (args, in_parentheses) = element.ancestors().find_map(|it| arguments_of(&it, callee))?;
    let args: Vec<_> = args.args().collect();
    let start = match expected.checked_sub(1) {
        Some(last) => args.get(last)?.range().end(),
        None if in_parentheses => args.first()?.range().start(),
        None => callee.end(),
    };
    Some(TextRange::new(start, args.get(expected..)?.last()?.range().end()))
}

/// The arguments that a node gives what stands at `callee`, and whether they are in parentheses.
fn arguments_of(node: &SyntaxNode, callee: TextRange) -> Option<(ArgList, bool)> {
    if let Some(call) = CallStmt::cast(node.clone()) {
        let is_it = call.callee().is_some_and(|it: Expr| it.range() == callee);
        return call.arg_list().filter(|_| is_it).map(|it| (it, false));
    }
    let calls = PostfixExpr::cast(node.clone())?.suffixes().filter_map(|it| match it {
        Suffix::Call(call) => Some(call),
        _ => None,
    });
    let call = calls.into_iter().find(|it| it.range().start() == callee.end())?;
    call.arg_list().map(|it| (it, true))
}

fn arguments(count: u32) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "at most 1 argument".to_owned(),
        more => format!("at most {more} arguments"),
    }
}
