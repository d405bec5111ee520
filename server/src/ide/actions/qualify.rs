//! The fix of an assignment that means a variable outside: `outer.` or `globals.` before its name.
//!
//! Part of `actions`, asked only for programs that do not compile. Invariants: all assignments of the name in the function get the same
//! prefix, so that no local variable of that name is left; the variable outside stands in the text; the program has fewer errors then.

use super::context::{Context, statement_of};
use super::{Action, Edit};
use crate::db;
use crate::ide::diagnostics::{Diagnostic, text_diagnostics};
use minilive_mir::lower::lower_file;
use minilive_mir::names::{NameUse, Place};
use minilive_syntax::ast::{AstNode, Expr, Stmt};
use minilive_syntax::{TextRange, TextSize};

/// The fixes for the selection.
pub(super) fn actions(ctx: &Context<'_>) -> Vec<Action> {
    let said = text_diagnostics(ctx.db, ctx.document).into_iter();
    let touched = said.filter(|it| it.code == "unqualified-local" && it.range.intersect(ctx.at).is_some());
    touched.filter_map(|it| action(ctx, &it)).collect()
}

fn action(ctx: &Context<'_>, said: &Diagnostic) -> Option<Action> {
    let name = ctx.text(said.range);
    let (unit, facts) = (ctx.unit_at(said.range.start())?, ctx.facts());
    let around = facts.enclosing_function(unit).filter(|&it| facts.has_variable(it, name));
    let prefix = match around {
        Some(_) => "outer",
        None if facts.is_global(name) => "globals",
        None => return None,
    };
    // What a closure calls `outer` is what this function has.
    let by_closure = |child: u32| {
        let says = &facts.unit(child).facts;
        says.open.outer || says.read_through.contains(name) || says.outer.iter().any(|(it, _)| it == name)
    };
    if facts.children(unit).any(by_closure) {
        return None;
    }
    let placed = db::units(ctx.db, ctx.document.file).get(unit as usize)?;
    let names = db::unit_names(ctx.db, placed.unit);
    let written = names.uses.iter().filter(|it| it.name == name && it.access.writes());
    let edits: Option<Vec<_>> = written.map(|it| edit(ctx, it, placed.start, prefix)).collect();
    let edits = edits?;
    let errors = |text: &minilive_syntax::Parse| lower_file(text, "").1.len();
    let fewer = errors(&ctx.parsed(&edits).0) < errors(&ctx.parse);
    let title = format!("Write `{prefix}.{name}`");
    fewer.then_some(Action::fix(title, edits, said.clone()))
}

/// The prefix before one assignment; nothing if the name is a parameter's or a loop's.
fn edit(ctx: &Context<'_>, written: &NameUse, start: TextSize, prefix: &str) -> Option<Edit> {
    let range = written.range + start;
    let node = ctx.root.covering_element(range);
    let statement = node.ancestors().next().and_then(|it| statement_of(&it))?;
    let Stmt::Assign(assign) = statement else { return None };
    let is_target = written.place == Place::Bare && matches!(assign.target()?, Expr::Name(it) if it.range() == range);
    is_target.then(|| Edit { range: TextRange::empty(range.start()), insert: format!("{prefix}.") })
}
