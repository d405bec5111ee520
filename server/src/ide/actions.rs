//! Code actions: the fixes of warnings, and small rewrites that keep what a program does.
//!
//! Reads the warnings and the tree around the selection. Invariant: a rewrite gives code that lowers to the same MIR; what would
//! not is not offered.

use super::checks::{Check, Fix, checks};
use super::live::Live;
use crate::db::LiveDb;
use crate::document::DocumentView;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};

/// One action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The edit and its title.
    pub fix: Fix,
    /// The warning that it answers; none for a rewrite.
    pub check: Option<Check>,
}

/// The actions for a selection.
pub fn actions(db: &LiveDb, document: &DocumentView, live: &Live, at: TextRange) -> Vec<Action> {
    let touched = checks(db, document, &live.checks).into_iter().filter(|it| it.range.intersect(at).is_some());
    let fixes = touched.filter_map(|check| Some(Action { fix: check.fix.clone()?, check: Some(check) }));
    let mut found: Vec<_> = fixes.collect();
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let covering = root.token_at_offset(at.start().min(root.text_range().end())).right_biased();
    let statement = covering.and_then(|token| token.parent_ancestors().find_map(AssignStmt::cast));
    found.extend(statement.and_then(|it| shorter(&it)).map(|fix| Action { fix, check: None }));
    found
}

/// `x = x + y` as `x += y`.
fn shorter(assign: &AssignStmt) -> Option<Fix> {
    let (target, operator) = (assign.target()?, assign.operator_token()?);
    let Expr::Binary(sum) = assign.value().filter(|_| operator.kind() == SyntaxKind::Eq)? else { return None };
    let operands: Vec<_> = sum.operands().collect();
    let [left, right] = &*operands else { return None };
    let word = match sum.operators().next()? {
        SyntaxKind::Plus => "+=",
        SyntaxKind::Minus => "-=",
        SyntaxKind::Star => "*=",
        SyntaxKind::Slash => "/=",
        SyntaxKind::Percent => "%=",
        SyntaxKind::Caret => "^=",
        _ => return None,
    };
    // A chain is evaluated once more for its old value either way, but only a name is certainly the same thing twice.
    let (Expr::Name(target), Expr::Name(left)) = (&target, left) else { return None };
    let name = target.name_token()?;
    (left.name_token()?.text() == name.text()).then_some(())?;
    let range = TextRange::new(operator.text_range().start(), right.range().start());
    Some(Fix { title: format!("Write `{} {word}`", name.text()), range, insert: format!("{word} ") })
}
