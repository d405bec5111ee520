//! A call of a small function becomes what the function returns.
//!
//! Part of `actions`. Invariants: the function has one assignment and is nothing but one `return`; its arguments are evaluated without
//! effects, so that it does not matter how often and when; every other name in it means the same where the call stands.

use super::context::Context;
use super::effects::{Judge, unparen};
use super::extract::{stays_the_same_elsewhere, uses_in};
use super::inline::in_place;
use super::{Action, ActionKind, Edit};
use crate::ide::infer::{Binding, Infer, binding};
use crate::ide::names::{Target, named_at, uses};
use minilive_mir::names::{Access, Place};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AstNode, Expr, FunctionExpr, PostfixExpr, Stmt, Suffix};
use minilive_syntax::{SyntaxKind, TextRange};

/// The action, on the name of what is called.
pub(super) fn call(ctx: &Context<'_>) -> Option<Action> {
    let name = ctx.token()?.parent().filter(|it| it.kind() == SyntaxKind::NameExpr)?;
    let call = name.parent().and_then(PostfixExpr::cast)?;
    let suffixes: Vec<_> = call.suffixes().collect();
    let [Suffix::Call(args)] = &*suffixes else { return None };
    if call.base()?.syntax() != &name || ctx.others.may_import() {
        return None;
    }
    let (function, called) = definition(ctx, &name)?;
    let result = only_result(&function)?;
    let unit = ctx.unit_at(call.range().start())?;
    let args: Vec<Expr> = args.arg_list().map(|it| it.args().collect()).unwrap_or_default();
    let (judge, facts) = (Judge::of(ctx, unit)?, ctx.facts());
    let is_plain = |arg: &Expr| {
        judge.harmless(arg.range())
            && (matches!(unparen(arg.clone()), Expr::Literal(_))
                || matches!(unparen(arg.clone()), Expr::Name(_)) && !judge.may_be_function_at(arg.range()))
    };
    if !ctx.is_closed(unit) || !args.iter().all(is_plain) {
        return None;
    }
    let params: Vec<_> = function.params().collect();
    let named = |it: &minilive_syntax::ast::Param| it.name_token().map(|it| it.text().to_owned());
    let mut names: Vec<_> = params.iter().filter_map(named).collect();
    names.sort_unstable();
    // Of equal parameters the last one counts; without the variable, an intrinsic of its name comes back.
    let odd = names.windows(2).any(|it| it[0] == it[1]) || intrinsics::find(&called).is_some();
    if args.len() > params.len() || odd {
        return None;
    }
    let mut text = String::new();
    let mut end = result.range().start();
    let body_unit = ctx.unit_at(result.range().start())?;
    for it in uses_in(ctx, body_unit, result.range()) {
        if it.place != Place::Bare {
            return None;
        }
        let Some(number) =
            params.iter().position(|param| param.name_token().is_some_and(|token| token.text() == it.name))
        else {
            // What is no parameter must be the same thing at the call.
            let means = |unit| binding(&facts, unit, &it.name);
            let is_global = |it| matches!(it, Binding::Global | Binding::Intrinsic(_));
            if means(body_unit) != means(unit) || !is_global(means(unit)) {
                return None;
            }
            continue;
        };
        let (value, written) = match (args.get(number), params[number].default()) {
            (Some(arg), _) => (arg.clone(), ctx.text(arg.range()).to_owned()),
            (None, Some(default)) => (default.clone(), ctx.text(default.range()).to_owned()),
            (None, None) => return None,
        };
        let node = ctx.root.covering_element(it.range).ancestors().find(|it| it.kind() == SyntaxKind::NameExpr)?;
        text += ctx.text(TextRange::new(end, it.range.start()));
        text += &in_place(&value, &written, &node, node.parent()?.kind())?;
        end = it.range.end();
    }
    text += ctx.text(TextRange::new(end, result.range().end()));
    let parent = call.syntax().parent()?.kind();
    let insert = in_place(&result, &text, call.syntax(), parent).filter(|_| parent != SyntaxKind::ExprStmt)?;
    let edits = ctx.checked(vec![Edit { range: call.range(), insert }], &[(0, parent)])?;
    Some(Action::rewrite(ActionKind::Inline, format!("Inline this call of `{called}`"), edits))
}

/// The function that a global certainly is, and its name.
fn definition(ctx: &Context<'_>, name: &minilive_syntax::SyntaxNode) -> Option<(FunctionExpr, String)> {
    let file = ctx.document.file;
    let mut infer = Infer::new(ctx.db, &ctx.live.places);
    let named = named_at(&mut infer, ctx.db, file, name.text_range().start())?;
    if named.target != Target::Global || ctx.others.may_write(&named.name) {
        return None;
    }
    let found = uses(&mut infer, ctx.db, file, &named.name, &named.target);
    let writes: Vec<_> = found.iter().filter(|it| it.access != Access::Read || it.quoted || !it.certain).collect();
    let [write] = &*writes else { return None };
    let Stmt::Assign(assign) = ctx.root.covering_element(write.range).ancestors().find_map(Stmt::cast)? else {
        return None;
    };
    let at_top = assign.syntax().parent()?.kind() == SyntaxKind::SourceFile
        && assign.range().start() < name.text_range().start();
    let is_it = assign.target()?.range() == write.range && assign.operator() == Some(SyntaxKind::Eq) && at_top;
    match assign.value() {
        Some(Expr::Function(function)) if is_it => Some((function, named.name.to_string())),
        _ => None,
    }
}

/// What a function returns whose body is nothing but that.
fn only_result(function: &FunctionExpr) -> Option<Expr> {
    let statements: Vec<_> = function.body()?.statements().collect();
    let [Stmt::Return(only)] = &*statements else { return None };
    let result = only.value()?;
    stays_the_same_elsewhere(result.syntax()).then_some(result)
}
