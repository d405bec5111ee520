//! Fixes of what is not needed: the assignment of a variable that is never read, an import, a parameter.
//!
//! Part of `actions`; the warnings say what is unused. Invariants: an assignment goes only if evaluating its value does nothing and cannot
//! fail; an import whose module may do something when it is loaded goes only where a person has read that; a statement goes with its line or not at all; a parameter keeps its place, since calls give arguments by place.

use super::context::{Context, is_only_a_value};
use super::effects::Judge;
use super::extract::uses_in;
use super::inline::whole_line;
use super::{Action, Edit};
use crate::db;
use crate::ide::checks::{Behind, Check};
use crate::ide::diagnostics::Diagnostic;
use minilive_mir::names::Place;
use minilive_syntax::ast::{AstNode, Expr, Stmt};
use minilive_syntax::{SyntaxKind, TextRange};

/// The fix of a warning about something unused.
pub(super) fn action(ctx: &Context<'_>, check: &Check) -> Option<Action> {
    let name = ctx.text(check.range);
    let mut may_differ = false;
    let (title, edit) = match check.code {
        "unused-local" => (format!("Remove the assignment of `{name}`"), assignment(ctx, check.range)?),
        "unused-import" => {
            may_differ = !only_defines(ctx, check);
            let more = if may_differ { ", and what it may do when it is loaded" } else { "" };
            (format!("Remove the import of `{name}`{more}"), import(ctx, check.range)?)
        }
        "unused-parameter" => (format!("Rename it to `_{name}`"), parameter(ctx, check.range)?),
        _ => return None,
    };
    let edits = ctx.parsing(vec![edit])?;
    Some(Action { may_differ, ..Action::fix(title, edits, Diagnostic::of_check(check.clone())) })
}

/// Whether the module of an import that is not needed certainly does nothing but define: then the program does the same without it.
pub(super) fn only_defines(ctx: &Context<'_>, check: &Check) -> bool {
    let imports = db::module_imports(ctx.db, ctx.document.file);
    let import = imports.iter().find(|import| import.range.contains_range(check.range));
    import.is_some_and(|it| Behind::new(ctx.db, ctx.document.file, &ctx.live.places).only_defines(&it.name))
}

fn assignment(ctx: &Context<'_>, name: TextRange) -> Option<Edit> {
    let statement = statement_at(ctx, name)?;
    let Stmt::Assign(assign) = &statement else { return None };
    // Of a program that does not compile nobody can say that it does the same.
    if !ctx.runs() || assign.target()?.range() != name || assign.operator() != Some(SyntaxKind::Eq) {
        return None;
    }
    let unit = ctx.unit_at(name.start())?;
    does_nothing(ctx, unit, &assign.value()?)?;
    without(ctx, &statement)
}

/// Some if evaluating a value does nothing and cannot fail.
pub(super) fn does_nothing(ctx: &Context<'_>, unit: u32, value: &Expr) -> Option<()> {
    if matches!(value, Expr::Function(_)) {
        return Some(());
    }
    // A name that has no value fails where it is read.
    let known = uses_in(ctx, unit, value.range()).iter().all(|it| it.place == Place::Bare && it.definite);
    (known && Judge::of(ctx, unit)?.never_fails(value.range())).then_some(())
}

fn import(ctx: &Context<'_>, name: TextRange) -> Option<Edit> {
    let statement = statement_at(ctx, name)?;
    // More than the name is in the statement where the import is part of something else.
    let alone = ctx.text(statement.range()).strip_prefix("import")?.trim_matches(|c| " \t()\"".contains(c));
    (alone == ctx.text(name)).then(|| without(ctx, &statement))?
}

fn parameter(ctx: &Context<'_>, name: TextRange) -> Option<Edit> {
    let unit = ctx.unit_at(name.start())?;
    let placed = db::units(ctx.db, ctx.document.file).get(unit as usize)?;
    let text = ctx.text(name);
    let new = format!("_{text}");
    let names = db::unit_names(ctx.db, placed.unit);
    let named = names.uses.iter().filter(|it| it.name == text).count();
    // What is assigned to the parameter would become another variable.
    let alone = named == 1 && ctx.runs() && ctx.fresh_name(&new) == new;
    alone.then(|| Edit { range: TextRange::empty(name.start()), insert: "_".to_owned() })
}

fn statement_at(ctx: &Context<'_>, name: TextRange) -> Option<Stmt> {
    ctx.root.covering_element(name).ancestors().find_map(Stmt::cast)
}

/// The removal of a statement with its line.
fn without(ctx: &Context<'_>, statement: &Stmt) -> Option<Edit> {
    let next = statement.syntax().next_sibling().and_then(Stmt::cast);
    if next.is_some_and(|it| is_only_a_value(&it)) {
        return None;
    }
    let range = whole_line(ctx, statement.syntax())?;
    Some(Edit { range, insert: String::new() })
}
