//! Fixes of warnings that add or rename something: `return null`, a first value, a variable of its own, a name that hides nothing.
//!
//! Part of `actions`. Invariants: a program that runs without an error does the same afterwards; what a name means is changed only where all
//! its uses are known, so nothing is offered where other files or maps of variables may reach it.

use super::context::Context;
use super::effects::Judge;
use super::{Action, Edit};
use crate::db;
use crate::ide::checks::{Behind, Check, Fix};
use crate::ide::diagnostics::Diagnostic;
use crate::ide::infer::Infer;
use crate::ide::names::{Found, Target, further_out, named_at, uses};
use crate::ide::rename::rename_hiding;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AssignStmt, AstNode, CallStmt, ForStmt, FunctionExpr, PostfixExpr, Stmt, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};

/// The fix of such a warning.
pub(super) fn action(ctx: &Context<'_>, check: &Check) -> Option<Action> {
    // Of a program that does not compile nobody can say that it does the same.
    let known = ["missing-return", "possibly-unassigned", "loop-variable", "shadowed-intrinsic"];
    if !known.contains(&check.code) || !ctx.runs() {
        return None;
    }
    let name = ctx.text(check.range);
    let (title, edits) = match check.code {
        "missing-return" => ("Add `return null`".to_owned(), vec![null_at_end(ctx, check.range)?]),
        "possibly-unassigned" => (format!("Give `{name}` the value null before"), vec![null_before(ctx, check.range)?]),
        "loop-variable" => own_variable(ctx, check.range)?,
        _ => other_name(ctx, check.range)?,
    };
    let edits = ctx.running(edits)?;
    Some(Action::fix(title, edits, Diagnostic::of_check(check.clone())))
}

/// Whether the fix that came with a warning takes nothing away but values: arguments that are too many go only if working them out does
/// nothing else.
pub(super) fn may_go(ctx: &Context<'_>, check: &Check, fix: &Fix) -> bool {
    if check.code != "too-many-arguments" {
        return true;
    }
    let judge = || Judge::of(ctx, ctx.unit_at(fix.range.start())?);
    !ctx.text(fix.range).contains("//") && judge().is_some_and(|it| it.harmless(fix.range))
}

/// `return null` before the `end function` that stands there: what falling off the end gives.
fn null_at_end(ctx: &Context<'_>, end: TextRange) -> Option<Edit> {
    let element = ctx.root.covering_element(end);
    let function = element.ancestors().find_map(FunctionExpr::cast).filter(|it| it.range().end() == end.end())?;
    let before = ctx.line_before(end.start());
    let last = function.body()?.statements().last()?;
    let indent = ctx.indent_of(last.syntax()).filter(|_| before.trim().is_empty())?;
    let start = end.start() - minilive_syntax::TextSize::of(before);
    Some(Edit { range: TextRange::empty(start), insert: format!("{indent}return null{}", ctx.line_end()) })
}

/// `x = null` before everything that the function, or the file, does with a name that nothing further out has: reads that were an error give
/// null then.
fn null_before(ctx: &Context<'_>, read: TextRange) -> Option<Edit> {
    let (name, unit) = (ctx.text(read), ctx.unit_at(read.start())?);
    let is_elsewhere = intrinsics::find(name).is_some() || ctx.live.checks.knows(name);
    let is_further_out =
        ctx.facts().unit(unit).kind == UnitKind::Function && further_out(&ctx.facts(), unit, name) != Target::Unknown;
    if is_elsewhere || is_further_out || !is_alone(ctx, unit) {
        return None;
    }
    let first = all_uses(ctx, read)?.into_iter().map(|it| it.range).min_by_key(|it| it.start())?;
    let place = db::units(ctx.db, ctx.document.file).get(unit as usize)?.range();
    let mut statements: Vec<Stmt> = match ctx.facts().unit(unit).kind {
        UnitKind::Statement => ctx.root.children().filter_map(Stmt::cast).collect(),
        _ => {
            let function = ctx.root.covering_element(place).ancestors().find_map(FunctionExpr::cast);
            function?.body()?.statements().collect()
        }
    };
    statements.retain(|it| it.range().contains_range(first));
    let statement = statements.first()?;
    let indent = ctx.indent_of(statement.syntax())?;
    let insert = format!("{name} = null{}{indent}", ctx.line_end());
    Some(Edit { range: TextRange::empty(statement.range().start()), insert })
}

/// A variable of its own for what a loop's body assigns to the loop's variable, if all that the body does with it stands behind that.
fn own_variable(ctx: &Context<'_>, target: TextRange) -> Option<(String, Vec<Edit>)> {
    let assign = ctx.root.covering_element(target).ancestors().find_map(AssignStmt::cast)?;
    let is_it = assign.operator() == Some(SyntaxKind::Eq) && assign.target()?.range() == target;
    let around = assign.syntax().parent()?.parent().and_then(ForStmt::cast).filter(|_| is_it)?;
    let (name, body, unit) = (ctx.text(target), around.body()?, ctx.unit_at(target.start())?);
    let judge = Judge::of(ctx, unit)?;
    // Of globals lists and maps are shown by their names inside of others.
    if around.variable()?.text() != name
        || judge.is_of_file() && judge.may_be_container(&assign.value()?)
        || !is_alone(ctx, unit)
    {
        return None;
    }
    let all = all_uses(ctx, target)?;
    let (own, others): (Vec<&Found>, Vec<&Found>) = all.iter().partition(|it| around.range().contains_range(it.range));
    let is_assigned_once = own.iter().filter(|it| it.access.writes()).count() == 2;
    let in_loop =
        |it: &&Found| it.unit == unit && (body.range().contains_range(it.range) || it.access == Access::Write);
    let is_of_other_loop = |it: &&Found| it.unit == unit && has_own_loop(ctx, it.range, name);
    if !is_assigned_once || !own.iter().all(in_loop) || !others.iter().all(is_of_other_loop) {
        return None;
    }
    let behind: Vec<_> = own.iter().filter(|it| it.range.start() >= assign.range().end()).collect();
    if behind.is_empty() {
        return None;
    }
    let new = ctx.fresh_name(name);
    let renamed = std::iter::once(target).chain(behind.iter().map(|it| it.range));
    let edits = renamed.map(|range| Edit { range, insert: new.clone() }).collect();
    Some((format!("Use a variable of its own, `{new}`"), edits))
}

/// Whether a use is the variable of a loop, or stands in the body of one that has the name.
fn has_own_loop(ctx: &Context<'_>, place: TextRange, name: &str) -> bool {
    let loops = ctx.root.covering_element(place).ancestors().filter_map(ForStmt::cast).collect::<Vec<_>>();
    loops.iter().any(|it| {
        let is_named = it.variable().is_some_and(|it| it.text() == name);
        let iterated = it.iterable().is_some_and(|it| it.range().contains_range(place));
        is_named && !iterated
    })
}

/// Another name for a variable that hides a built-in function. Where it is never a function itself, calls with arguments mean the other one.
fn other_name(ctx: &Context<'_>, declared: TextRange) -> Option<(String, Vec<Edit>)> {
    let (name, unit) = (ctx.text(declared), ctx.unit_at(declared.start())?);
    if !is_alone(ctx, unit)
        || !db::module_imports(ctx.db, ctx.document.file).is_empty()
        || !is_never_shown(ctx, unit, name)
    {
        return None;
    }
    let is_plain = is_never_function(ctx, unit, name);
    let is_meant = |range: TextRange| !is_plain || !is_called(ctx, range);
    if ctx.facts().unit(unit).kind == UnitKind::Statement {
        let first = ctx.root.children().find(|it| it.text_range().contains_range(declared))?;
        // What is read before there is a variable, or where a function may be called before, is the built-in function.
        let behind = |it: &Found| it.range == declared || it.range.start() >= first.text_range().end();
        let uses = all_uses(ctx, declared)?;
        let mut meant = uses.iter().filter(|it| is_meant(it.range));
        if !is_plain_assignment(&first, declared) || !meant.all(behind) {
            return None;
        }
    }
    let new = ctx.fresh_name(&format!("{name}_"));
    let renamed = rename_hiding(ctx.db, ctx.document, ctx.live, declared.start(), &new).ok()?;
    let is_sure = renamed.possible.is_empty() && renamed.doubts.is_empty();
    let is_here = is_sure && renamed.edits.iter().all(|it| it.file == ctx.document.file);
    let edits = renamed.edits.into_iter().filter(|it| is_meant(it.range));
    let edits = edits.map(|it| Edit { range: it.range, insert: new.clone() }).collect();
    is_here.then(|| (format!("Rename it to `{new}`"), edits))
}

/// Whether nothing that a variable is given is shown by its name inside of others, as lists, maps and functions are.
fn is_never_shown(ctx: &Context<'_>, unit: u32, name: &str) -> bool {
    let facts = ctx.facts();
    let is_scalar = |value: &Symbol| matches!(value, Symbol::Number | Symbol::Text | Symbol::Null);
    match facts.unit(unit).kind {
        UnitKind::Statement => facts.globals(name).all(|(_, value)| is_scalar(value)),
        _ => facts.unit(unit).facts.assigned.iter().filter(|(it, _)| it == name).all(|(_, value)| is_scalar(value)),
    }
}

/// Whether all that a variable of a unit is given are plain values.
fn is_never_function(ctx: &Context<'_>, unit: u32, name: &str) -> bool {
    let facts = ctx.facts();
    let says = &facts.unit(unit).facts;
    match facts.unit(unit).kind {
        UnitKind::Statement => facts.globals(name).all(|(_, value)| db::is_plain(value)),
        _ => {
            let is_param = says.params.iter().any(|(it, _)| it == name);
            let by_closure = facts.children(unit).any(|it| facts.unit(it).facts.outer.iter().any(|(it, _)| it == name));
            let mut own = says.assigned.iter().filter(|(it, _)| it == name);
            !is_param && !by_closure && own.all(|(_, value)| db::is_plain(value))
        }
    }
}

/// Whether a name is called with arguments there.
fn is_called(ctx: &Context<'_>, name: TextRange) -> bool {
    let element = ctx.root.covering_element(name);
    let Some(around) = element.ancestors().find(|it| it.kind() != SyntaxKind::NameExpr) else { return false };
    if let Some(call) = CallStmt::cast(around.clone()) {
        return call.callee().is_some_and(|it| it.range() == name);
    }
    let Some(chain) = PostfixExpr::cast(around).filter(|it| it.base().is_some_and(|it| it.range() == name)) else {
        return false;
    };
    let first = chain.suffixes().next();
    matches!(first, Some(Suffix::Call(call)) if call.arg_list().is_some_and(|it| it.args().next().is_some()))
}

fn is_plain_assignment(statement: &SyntaxNode, target: TextRange) -> bool {
    let assign = AssignStmt::cast(statement.clone());
    assign.is_some_and(|it| it.target().is_some_and(|it| it.range() == target))
}

/// Whether all code that can reach the names of a unit is in this file, and names them itself.
fn is_alone(ctx: &Context<'_>, unit: u32) -> bool {
    let file = ctx.document.file;
    let behind = Behind::new(ctx.db, file, &ctx.live.places);
    ctx.is_closed(unit) && !ctx.others.may_import() && !behind.may_give_more()
}

/// All uses of the variable that is named there; none if one may mean something else.
fn all_uses(ctx: &Context<'_>, at: TextRange) -> Option<Vec<Found>> {
    let mut infer = Infer::new(ctx.db, &ctx.live.places);
    let named = named_at(&mut infer, ctx.db, ctx.document.file, at.start())?;
    if !matches!(named.target, Target::Variable(_) | Target::Global) {
        return None;
    }
    let found = uses(&mut infer, ctx.db, ctx.document.file, &named.name, &named.target);
    found.iter().all(|it| it.certain && !it.quoted).then_some(found)
}
