//! A parameter that is never read goes, and with it what calls give for it.
//!
//! Part of `actions`. Invariants: the function stands under one name that is read for calls alone, so every call of it is known; what calls
//! give is worked out without effects and cannot fail; who looks at functions from outside (`@`, maps of variables, other files) keeps
//! the parameter where it is.

use super::context::Context;
use super::unused::does_nothing;
use super::{Action, ActionKind, Edit};
use crate::db;
use crate::ide::infer::Infer;
use crate::ide::names::{Found, Target, named_at, uses};
use minilive_mir::names::{Access, Place};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AssignStmt, AstNode, CallStmt, Expr, FunctionExpr, Param, PostfixExpr, RefExpr, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};

/// The action, on the parameter.
pub(super) fn removal(ctx: &Context<'_>) -> Option<Action> {
    let param = ctx.token()?.parent_ancestors().find_map(Param::cast)?;
    let name = param.name_token()?;
    let function = param.syntax().ancestors().find_map(FunctionExpr::cast)?;
    let params: Vec<_> = function.params().collect();
    let index = params.iter().position(|it| it.range() == param.range())?;
    if !is_unused(ctx, name.text(), name.text_range())
        || params.iter().filter(|it| is_named(it, name.text())).count() > 1
    {
        return None;
    }
    let calls = calls(ctx, &function)?;
    let ranges: Vec<_> = params.iter().map(Param::range).collect();
    let mut edits = vec![without(ctx, &ranges, index, None)?];
    for call in &calls {
        edits.extend(without_argument(ctx, call, index, params.len())?);
    }
    let title = match edits.len() {
        1 => format!("Remove the parameter `{}`", name.text()),
        _ => format!("Remove the parameter `{}`, and what calls give for it", name.text()),
    };
    Some(Action::rewrite(ActionKind::Rewrite, title, ctx.running(edits)?))
}

fn is_named(param: &Param, name: &str) -> bool {
    param.name_token().is_some_and(|it| it.text() == name)
}

/// Whether a parameter is named nowhere but where it is declared, and nothing reaches it through a map of variables.
fn is_unused(ctx: &Context<'_>, name: &str, declared: TextRange) -> bool {
    let facts = ctx.facts();
    let Some(unit) = ctx.unit_at(declared.start()) else { return false };
    let children: Vec<_> = facts.children(unit).collect();
    let names_it = |unit: u32| {
        let placed = db::units(ctx.db, ctx.document.file).at(unit);
        let names = db::unit_names(ctx.db, placed.unit);
        let is_it = |it: &minilive_mir::names::NameUse| it.name == name && !matches!(it.place, Place::Member(_));
        names.uses.iter().any(|it| is_it(it) && it.range + placed.start != declared)
    };
    ctx.is_closed(unit) && !names_it(unit) && !children.into_iter().any(names_it)
}

/// All reads of the one name under which a function is known; none if it may be called from elsewhere.
fn calls(ctx: &Context<'_>, function: &FunctionExpr) -> Option<Vec<Found>> {
    let assign = AssignStmt::cast(function.syntax().parent()?)?;
    let target = assign.target().filter(|_| assign.operator() == Some(SyntaxKind::Eq))?;
    let Expr::Name(name) = &target else { return None };
    let (file, text) = (ctx.document.file, name.name_token()?.text().to_owned());
    // A module that this file imports sees its globals.
    let is_alone = !ctx.others.may_import() && db::module_imports(ctx.db, file).is_empty();
    if !is_alone || intrinsics::find(&text).is_some() || !ctx.is_closed(ctx.unit_at(target.range().start())?) {
        return None;
    }
    let mut infer = Infer::new(ctx.db, &ctx.live.places);
    let named = named_at(&mut infer, ctx.db, file, target.range().start())?;
    if !matches!(named.target, Target::Variable(_) | Target::Global) {
        return None;
    }
    let found = uses(&mut infer, ctx.db, file, &named.name, &named.target);
    let (reads, writes): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.access == Access::Read);
    let is_only = matches!(&*writes, [write] if write.range == target.range());
    let is_plain = |it: &Found| it.certain && !it.quoted && node_of(ctx, it).is_some_and(|it| !is_reference(&it));
    (is_only && reads.iter().all(is_plain)).then_some(reads)
}

/// The name by itself; none if it is named through a map of variables.
fn node_of(ctx: &Context<'_>, read: &Found) -> Option<SyntaxNode> {
    let element = ctx.root.covering_element(read.range);
    element.ancestors().find(|it| it.kind() == SyntaxKind::NameExpr && it.text_range() == read.range)
}

/// `@f`: the function goes elsewhere.
fn is_reference(name: &SyntaxNode) -> bool {
    name.parent().is_some_and(|it| RefExpr::can_cast(it.kind()))
}

/// What a read of the function needs, to be a call without the argument: none if that would change what the program does.
fn without_argument(ctx: &Context<'_>, read: &Found, index: usize, most: usize) -> Option<Option<Edit>> {
    let name = node_of(ctx, read)?;
    let around = name.parent()?;
    let (list, callee) = if let Some(call) =
        CallStmt::cast(around.clone()).filter(|it| it.callee().is_some_and(|it| it.syntax() == &name))
    {
        (call.arg_list(), Some(name.text_range()))
    } else {
        let chain = PostfixExpr::cast(around).filter(|it| it.base().is_some_and(|it| it.syntax() == &name));
        match chain.and_then(|it| it.suffixes().next()) {
            Some(Suffix::Call(call)) => (call.arg_list(), None),
            // Reading the name calls the function without arguments.
            _ => return Some(None),
        }
    };
    let args: Vec<_> = list.into_iter().flat_map(|it| it.args()).collect();
    // More than are taken are an error, which stays one.
    if args.len() > most {
        return None;
    }
    let Some(arg) = args.get(index) else { return Some(None) };
    does_nothing(ctx, read.unit, arg)?;
    // Behind a name, `- 2` would be taken from it.
    let is_minus = |next: &Expr| ctx.text(next.range()).starts_with("- ");
    if callee.is_some() && index == 0 && args.get(1).is_some_and(is_minus) {
        return None;
    }
    let ranges: Vec<_> = args.iter().map(Expr::range).collect();
    without(ctx, &ranges, index, callee).map(Some)
}

/// The removal of one of several with the comma that goes with it; behind a name without parentheses the blank goes, too.
fn without(ctx: &Context<'_>, all: &[TextRange], index: usize, callee: Option<TextRange>) -> Option<Edit> {
    let own = all[index];
    let range = match (all.get(index + 1), index.checked_sub(1), callee) {
        (Some(next), ..) => TextRange::new(own.start(), next.start()),
        (None, Some(before), _) => TextRange::new(all[before].end(), own.end()),
        (None, None, Some(callee)) => TextRange::new(callee.end(), own.end()),
        (None, None, None) => own,
    };
    (!ctx.text(range).contains("//")).then(|| Edit { range, insert: String::new() })
}
