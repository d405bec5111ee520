//! The same said in another way: `x += y` for `x = x + y`, and a default for a parameter that has none.
//!
//! Part of `actions`. Invariant: a rewrite gives code that does the same, for the first kind the very same MIR.

use super::context::Context;
use super::{Action, ActionKind, Edit};
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, Param};
use minilive_syntax::{SyntaxKind, TextRange};

/// `x = x + y` as `x += y`.
pub(super) fn shorter(ctx: &Context<'_>) -> Option<Action> {
    let covering = ctx.root.token_at_offset(ctx.at.start()).right_biased()?;
    let assign = covering.parent_ancestors().find_map(AssignStmt::cast)?;
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
    let edit = Edit { range, insert: format!("{word} ") };
    Some(Action::rewrite(ActionKind::Rewrite, format!("Write `{} {word}`", name.text()), vec![edit]))
}

/// `a=null` for a parameter `a`: what it is anyway where a call gives nothing, ready to be changed.
pub(super) fn parameter_default(ctx: &Context<'_>) -> Option<Action> {
    let param = ctx.token()?.parent_ancestors().find_map(Param::cast)?;
    let name = param.name_token().filter(|_| param.default().is_none())?;
    let edit = Edit { range: TextRange::empty(name.text_range().end()), insert: "=null".to_owned() };
    let edits = ctx.parsing(vec![edit])?;
    Some(Action::rewrite(ActionKind::Rewrite, format!("Give `{}` a default", name.text()), edits))
}
