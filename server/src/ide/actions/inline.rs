//! A variable's value in the places where it is read, and the assignment gone.
//!
//! Part of `actions`. Invariants: a value goes where it is read only if it is the same there (it is made of literals, and of variables that
//! never change), or if it is read once, at once, behind nothing that could tell the difference; values that may be functions stay, since
//! reading a variable calls them.

use super::context::{Context, statement_of};
use super::effects::{Judge, evaluated_once_in, unparen};
use super::extract::uses_in;
use super::{Action, ActionKind, Edit};
use crate::ide::infer::Infer;
use crate::ide::names::{Found, Target, named_at, uses};
use minilive_mir::names::{Access, Place};
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, Stmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};

/// A variable with its only assignment.
struct Variable {
    name: String,
    assign: AssignStmt,
    value: Expr,
    reads: Vec<Found>,
    unit: u32,
}

/// The action, on the assignment or on any read.
pub(super) fn variable(ctx: &Context<'_>) -> Option<Action> {
    let it = find(ctx)?;
    let judge = Judge::of(ctx, it.unit)?;
    let value = unparen(it.value.clone());
    // What is no number is equal to itself where a variable holds it, but not where it is worked out.
    if minilive_mir::folded_number(&value).is_some_and(f64::is_nan) {
        return None;
    }
    let is_function = matches!(value, Expr::Function(_)) || judge.may_be_function(&value);
    let shown_by_name = judge.is_of_file() && judge.may_be_container(&value);
    if is_function || shown_by_name || !ctx.is_closed(it.unit) {
        return None;
    }
    if !is_stable(ctx, &judge, &it, &value) && !is_read_at_once(ctx, &judge, &it) {
        return None;
    }
    let text = ctx.text(value.range()).to_owned();
    let mut edits = Vec::new();
    let mut parents = Vec::new();
    for (number, read) in it.reads.iter().enumerate() {
        let place = ctx.root.covering_element(read.range);
        let node = place.ancestors().find(|it| it.kind() == SyntaxKind::NameExpr)?;
        let parent = node.parent()?;
        let insert = in_place(&value, &text, &node, parent.kind())?;
        edits.push(Edit { range: read.range, insert });
        parents.push((number, parent.kind()));
    }
    edits.push(Edit { range: whole_line(ctx, it.assign.syntax())?, insert: String::new() });
    let edits = ctx.checked(edits, &parents)?;
    Some(Action::rewrite(ActionKind::Inline, format!("Inline `{}`", it.name), edits))
}

/// The variable under the cursor, if it has one assignment and everything that reads it is known.
fn find(ctx: &Context<'_>) -> Option<Variable> {
    let file = ctx.document.file;
    let mut infer = Infer::new(ctx.db, &ctx.live.places);
    let named = named_at(&mut infer, ctx.db, file, ctx.at.start())?;
    if !matches!(named.target, Target::Variable(_) | Target::Global) || named.of.place != Place::Bare {
        return None;
    }
    let found = uses(&mut infer, ctx.db, file, &named.name, &named.target);
    let (writes, reads): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.access != Access::Read);
    let [write] = &*writes else { return None };
    let alike = |it: &Found| it.certain && !it.quoted && is_bare(ctx, it);
    if !alike(write) || reads.is_empty() || !reads.iter().all(alike) {
        return None;
    }
    let node = ctx.root.covering_element(write.range);
    let Stmt::Assign(assign) = node.ancestors().find_map(Stmt::cast)? else { return None };
    if named.target == Target::Global && ctx.others.may_name(&named.name) {
        return None;
    }
    let is_target = assign.target()?.range() == write.range && assign.operator() == Some(SyntaxKind::Eq);
    let value = assign.value().filter(|_| is_target)?;
    let unit = write.unit;
    Some(Variable { name: named.name.to_string(), assign, value, reads, unit })
}

/// Whether a use is a name by itself, neither a member nor behind `@`.
fn is_bare(ctx: &Context<'_>, found: &Found) -> bool {
    let node = ctx.root.covering_element(found.range);
    let name = node.ancestors().find(|it| it.kind() == SyntaxKind::NameExpr);
    name.is_some_and(|it| {
        it.text_range() == found.range && it.parent().is_some_and(|it| it.kind() != SyntaxKind::RefExpr)
    })
}

/// Whether a value is the same wherever the variable is read.
fn is_stable(ctx: &Context<'_>, judge: &Judge, it: &Variable, value: &Expr) -> bool {
    let facts = ctx.facts();
    let at_top = it.assign.syntax().parent().is_some_and(|it| it.kind() == SyntaxKind::SourceFile);
    let in_function = facts.unit(it.unit).kind == minilive_mir::ir::UnitKind::Function;
    let reached = it.reads.iter().all(|read| {
        let is_statement = facts.unit(read.unit).kind == minilive_mir::ir::UnitKind::Statement;
        if in_function {
            read.unit == it.unit && is_definite(ctx, read)
        } else {
            at_top && is_statement && read.range.start() > it.assign.range().end()
        }
    });
    reached && is_immutable(value) && judge.harmless(value.range()) && names_are_fixed(ctx, it, value)
}

fn is_definite(ctx: &Context<'_>, read: &Found) -> bool {
    uses_in(ctx, read.unit, read.range).iter().all(|it| it.definite)
}

/// Whether an expression gives a number or a string whenever it is evaluated, and the same one as long as its names hold the same.
fn is_immutable(value: &Expr) -> bool {
    value.syntax().descendants().all(|node| {
        use SyntaxKind::*;
        matches!(node.kind(), LiteralExpr | NameExpr | ParenExpr | BinaryExpr | CompareExpr | UnaryExpr)
    }) && !value.syntax().descendants_with_tokens().any(|it| it.kind() == SyntaxKind::NewKw)
        && (matches!(value, Expr::Literal(_))
            || value.syntax().descendants().any(|it| it.kind() == SyntaxKind::LiteralExpr))
}

/// Whether all names of the value hold the same from the assignment on.
fn names_are_fixed(ctx: &Context<'_>, it: &Variable, value: &Expr) -> bool {
    let mut infer = Infer::new(ctx.db, &ctx.live.places);
    let names = uses_in(ctx, it.unit, value.range());
    names.iter().all(|name| {
        let named = named_at(&mut infer, ctx.db, ctx.document.file, name.range.start());
        let Some(named) = named.filter(|it| matches!(it.target, Target::Variable(_) | Target::Global)) else {
            return false;
        };
        if named.target == Target::Global && ctx.others.may_write(&named.name) {
            return false;
        }
        let found = uses(&mut infer, ctx.db, ctx.document.file, &named.name, &named.target);
        let writes: Vec<_> = found.iter().filter(|it| it.access != Access::Read).collect();
        let [write] = &*writes else { return false };
        let in_loop = ctx
            .root
            .covering_element(write.range)
            .ancestors()
            .any(|it| matches!(it.kind(), SyntaxKind::WhileStmt | SyntaxKind::ForStmt));
        write.certain && !in_loop && write.range.end() < it.assign.range().start()
    })
}

/// Whether the variable is read once, by the statement right behind its assignment, before anything else happens there.
fn is_read_at_once(ctx: &Context<'_>, judge: &Judge, it: &Variable) -> bool {
    let [read] = &*it.reads else { return false };
    let node = ctx.root.covering_element(read.range);
    let Some(name) = node.ancestors().find(|it| it.kind() == SyntaxKind::NameExpr) else { return false };
    let Some(statement) = evaluated_once_in(&name) else { return false };
    let next = std::iter::successors(it.assign.syntax().next_sibling(), |it| it.next_sibling())
        .find(|it| Stmt::can_cast(it.kind()));
    if next.as_ref() != Some(statement.syntax()) {
        return false;
    }
    let judge_of_read = if read.unit == it.unit { None } else { Judge::of(ctx, read.unit) };
    let by = judge_of_read.as_ref().unwrap_or(judge);
    let same_function = statement_of(&name).is_some_and(|it| it.range() == statement.range());
    // Behind effects an expression may go only if it has none itself and they cannot change it.
    same_function && (by.nothing_before(read.range, statement.range()) || is_constant(ctx, it))
}

fn is_constant(ctx: &Context<'_>, it: &Variable) -> bool {
    uses_in(ctx, it.unit, it.value.range()).is_empty()
        && it.value.syntax().descendants().all(|node| {
            use SyntaxKind::*;
            matches!(
                node.kind(),
                LiteralExpr | ParenExpr | BinaryExpr | CompareExpr | UnaryExpr | ListExpr | MapExpr | MapEntry
            )
        })
}

/// A value as it is written in the place of a name.
pub(super) fn in_place(value: &Expr, text: &str, name: &SyntaxNode, parent: SyntaxKind) -> Option<String> {
    let is_base = parent == SyntaxKind::PostfixExpr
        || parent == SyntaxKind::CallStmt && name.parent()?.first_child().as_ref() == Some(name);
    let is_called = is_base
        && name.next_sibling().is_some_and(|it| matches!(it.kind(), SyntaxKind::CallSuffix | SyntaxKind::ArgList));
    if is_called {
        return None;
    }
    let closed = matches!(value, Expr::Name(_) | Expr::Postfix(_) | Expr::List(_) | Expr::Map(_))
        || matches!(value, Expr::Literal(_)) && !is_base;
    let is_alone = matches!(
        parent,
        SyntaxKind::AssignStmt
            | SyntaxKind::ReturnStmt
            | SyntaxKind::ParenExpr
            | SyntaxKind::ListExpr
            | SyntaxKind::MapEntry
            | SyntaxKind::IndexSuffix
            | SyntaxKind::SliceSuffix
            | SyntaxKind::IfBranch
            | SyntaxKind::ForStmt
    );
    let in_call = parent == SyntaxKind::ArgList && name.parent()?.parent()?.kind() == SyntaxKind::CallSuffix;
    Some(if closed || is_alone || in_call { text.to_owned() } else { format!("({text})") })
}

/// A statement's line with its end, if nothing else stands on it.
pub(super) fn whole_line(ctx: &Context<'_>, statement: &SyntaxNode) -> Option<TextRange> {
    ctx.whole_lines(statement.text_range())
}
