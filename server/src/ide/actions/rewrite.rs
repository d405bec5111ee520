//! The same said in another way: `x += y` for `x = x + y`, and a default for a parameter that has none.
//!
//! Part of `actions`. Invariant: a rewrite gives code that does the same, for the first kind the very same MIR unless it joins strings.

use super::context::Context;
use super::effects::Judge;
use super::{Action, ActionKind, Edit};
use minilive_syntax::ast::{AssignStmt, AstNode, BinaryExpr, Expr, Param};
use minilive_syntax::{SyntaxKind, TextRange};
use smol_str::SmolStr;

/// `x = x + y` as `x += y`, also where `x` is an element: either way its parts are evaluated once for the old value and once for the new.
pub(super) fn shorter(ctx: &Context<'_>) -> Option<Action> {
    let covering = ctx.root.token_at_offset(ctx.at.start()).right_biased()?;
    let assign = covering.parent_ancestors().find_map(AssignStmt::cast)?;
    let (target, operator) = (assign.target()?, assign.operator_token()?);
    let Expr::Binary(chain) = assign.value().filter(|_| operator.kind() == SyntaxKind::Eq)? else { return None };
    let word = match chain.operators().next()? {
        SyntaxKind::Plus => "+=",
        SyntaxKind::Minus => "-=",
        SyntaxKind::Star => "*=",
        SyntaxKind::Slash => "/=",
        SyntaxKind::Percent => "%=",
        SyntaxKind::Caret => "^=",
        _ => return None,
    };
    let mut operands = chain.operands();
    let (left, right) = (operands.next()?, operands.next()?);
    let range = TextRange::new(operator.text_range().start(), right.range().start());
    let (text, shown) = (ctx.text(target.range()), ctx.text(range));
    let is_same = matches!(target, Expr::Name(_) | Expr::Postfix(_)) && tokens(&target) == tokens(&left);
    // A function in it would have another number.
    let is_plain = !text.contains(['\n', '\r']) && !shown.contains("//") && !text.contains("function");
    if !is_same || !is_plain || operands.next().is_some() && !rest_comes_first(ctx, &chain) {
        return None;
    }
    let edit = Edit { range, insert: format!("{word} ") };
    Some(Action::rewrite(ActionKind::Rewrite, format!("Write `{text} {word}`"), vec![edit]))
}

/// The words of an expression.
fn tokens(expr: &Expr) -> Vec<SmolStr> {
    let all = expr.syntax().descendants_with_tokens().filter_map(|it| it.into_token());
    all.filter(|it| !it.kind().is_trivia()).map(|it| it.text().into()).collect()
}

/// Whether `a + b + c` is `a + (b + c)`: so it is if `b` is a string, since then all of them are strings or become such ones, which for `a`
/// must not be a list or a map that evaluating `c` may change.
fn rest_comes_first(ctx: &Context<'_>, chain: &BinaryExpr) -> bool {
    let operands: Vec<_> = chain.operands().collect();
    let [left, second, third, ..] = &*operands else { return false };
    let judge = ctx.unit_at(chain.range().start()).and_then(|unit| Judge::of(ctx, unit));
    let is_sure = |it: Judge| {
        let first_sum = TextRange::new(left.range().start(), second.range().end());
        let rest = TextRange::new(third.range().start(), chain.range().end());
        it.is_string(second) && (it.harmless(rest) || !it.left_may_be_container(first_sum))
    };
    chain.operators().all(|it| it == SyntaxKind::Plus) && judge.is_some_and(is_sure)
}

/// `a=null` for a parameter `a`: what it is anyway where a call gives nothing, ready to be changed.
pub(super) fn parameter_default(ctx: &Context<'_>) -> Option<Action> {
    let param = ctx.token()?.parent_ancestors().find_map(Param::cast)?;
    let name = param.name_token().filter(|_| param.default().is_none())?;
    let edit = Edit { range: TextRange::empty(name.text_range().end()), insert: "=null".to_owned() };
    let edits = ctx.parsing(vec![edit])?;
    Some(Action::rewrite(ActionKind::Rewrite, format!("Give `{}` a default", name.text()), edits))
}
