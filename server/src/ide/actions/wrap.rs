//! Whole statements become the body of a new function, which is called in their place.
//!
//! Part of `actions`. What the statements read of the function around them is passed in, what they give a value to comes back if it is
//! used behind them. Invariants: one value at most comes back; what leaves the statements (`return`, `break`) or depends on the call they
//! stand in stays where it is; code that is not sure to have a value is not moved.

use super::context::{Context, is_only_a_value};
use super::effects::{CONTAINER, Judge};
use super::extract::{Home, argument, stays_the_same_elsewhere, uses_in};
use super::{Action, ActionKind, Edit};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, NameUse, Place};
use minilive_mir::types::TypeSet;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, ForStmt, Stmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use smol_str::SmolStr;

/// Statements that stand side by side and are selected as a whole.
struct Selected {
    statements: Vec<SyntaxNode>,
    range: TextRange,
}

/// The action.
pub(super) fn statements(ctx: &Context<'_>) -> Option<Action> {
    let selected = selected(ctx)?;
    let first = selected.statements.first()?;
    let indent = ctx.indent_of(first)?;
    if !ctx.line_after(selected.range.end()).trim().is_empty() || !selected.statements.iter().all(may_move) {
        return None;
    }
    let unit = ctx.unit_at(selected.range.start())?;
    let in_function = ctx.facts().unit(unit).kind == UnitKind::Function;
    if !ctx.is_closed(unit) || !in_function && first.parent()?.kind() != SyntaxKind::SourceFile {
        return None;
    }
    let (inputs, output) = if in_function { of_function(ctx, unit, &selected)? } else { of_file(ctx, &selected)? };
    let (judge, home) = (Judge::of(ctx, unit)?, Home::of(ctx, unit, first)?);
    let name = ctx.fresh_name("newFunction");
    let arguments: Vec<_> = inputs.iter().map(|it| argument(&judge, it)).collect();
    let call = if arguments.is_empty() { name.clone() } else { format!("{name}({})", arguments.join(", ")) };
    let call = output.as_ref().map_or_else(|| call.clone(), |output| format!("{output} = {call}"));
    let result = output.map(|it| if may_be_function(ctx, &judge, &it) { format!("@{it}") } else { it.to_string() });
    let header = if inputs.is_empty() { name } else { format!("{name}({})", inputs.join(", ")) };
    let body = body(ctx, &selected, indent, result.as_deref());
    let edits = vec![Edit { range: selected.range, insert: call }, home.definition(ctx, &header, &body)];
    Some(Action::rewrite(ActionKind::Extract, "Wrap in a function", ctx.running(edits)?))
}

/// Whether a variable that the statements give a value may hold a function: of the file's, whatever any statement gives it.
fn may_be_function(ctx: &Context<'_>, judge: &Judge, name: &str) -> bool {
    if !judge.is_of_file() {
        return judge.name_may_be_function(name);
    }
    let facts = ctx.facts();
    let mut units = facts.globals(name).map(|(unit, _)| unit).peekable();
    units.peek().is_none()
        || units.any(|unit| Judge::of(ctx, unit).is_none_or(|it| it.may_store(name, TypeSet::FUNCTION)))
}

fn selected(ctx: &Context<'_>) -> Option<Selected> {
    let range = ctx.trimmed();
    if range.is_empty() {
        return None;
    }
    let covering = ctx.root.covering_element(range);
    let holders = covering.ancestors().filter(|it| matches!(it.kind(), SyntaxKind::Block | SyntaxKind::SourceFile));
    holders.take(2).find_map(|holder| {
        let statements = holder.children().filter(|it| Stmt::can_cast(it.kind()));
        let statements: Vec<_> =
            statements.filter(|it| range.intersect(it.text_range()).is_some_and(|it| !it.is_empty())).collect();
        let whole = TextRange::new(statements.first()?.text_range().start(), statements.last()?.text_range().end());
        (whole == range).then_some(Selected { statements, range })
    })
}

/// Whether a statement can stand in a function of its own.
fn may_move(statement: &SyntaxNode) -> bool {
    if Stmt::cast(statement.clone()).is_none_or(|it| is_only_a_value(&it)) {
        return false;
    }
    let leaves = statement.descendants().any(|it| match it.kind() {
        SyntaxKind::ReturnStmt => true,
        SyntaxKind::BreakStmt | SyntaxKind::ContinueStmt => {
            let loops = it.ancestors().take_while(|node| node != statement).chain([statement.clone()]);
            !loops.into_iter().any(|node| matches!(node.kind(), SyntaxKind::WhileStmt | SyntaxKind::ForStmt))
        }
        _ => false,
    });
    let mut tokens = statement.descendants_with_tokens().filter_map(|it| it.into_token());
    // Lines inside of a string cannot be indented.
    let long = tokens.any(|it| it.kind() == SyntaxKind::StringLit && it.text().contains(['\n', '\r']));
    !leaves && !long && stays_the_same_elsewhere(statement)
}

/// What goes in and what comes out.
type Flow = (Vec<SmolStr>, Option<SmolStr>);

/// Of statements in a function.
fn of_function(ctx: &Context<'_>, unit: u32, selected: &Selected) -> Option<Flow> {
    let facts = ctx.facts();
    let it = facts.unit(unit);
    let inside = uses_in(ctx, unit, selected.range);
    let placed = crate::db::units(ctx.db, ctx.document.file).get(unit as usize)?;
    let whole = placed.range();
    let outside: Vec<_> =
        uses_in(ctx, unit, whole).into_iter().filter(|it| !selected.range.contains_range(it.range)).collect();
    // Where a function around this one has such a variable too, the new function would see that.
    let around = facts.enclosing_function(unit);
    if around.is_some_and(|around| inside.iter().any(|use_| facts.has_variable(around, &use_.name))) {
        return None;
    }
    let own: Vec<_> = inside.into_iter().filter(|use_| facts.has_variable(unit, &use_.name)).collect();
    let by_children = |name: &SmolStr| {
        let child = |child: u32| {
            let says = &facts.unit(child).facts;
            says.reads.contains(name) || says.read_through.contains(name)
        };
        it.made.contains(name) || facts.children(unit).any(child)
    };
    // Without a value yet, a name means what is further out; with `locals.x` somebody looks at the variables.
    let unsure = |use_: &NameUse| use_.access != Access::Write && !use_.definite;
    if !it.facts.read_through.is_empty() || own.iter().any(|use_| unsure(use_) || by_children(&use_.name)) {
        return None;
    }
    flow(selected, &own, &outside)
}

/// Of statements of the file, whose variables are seen by everybody.
fn of_file(ctx: &Context<'_>, selected: &Selected) -> Option<Flow> {
    let units = crate::db::units(ctx.db, ctx.document.file);
    let facts = ctx.facts();
    let (mut inside, mut outside, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    let mut selected_units = Vec::new();
    for (index, placed) in units.iter().enumerate() {
        let range = placed.range();
        let uses = uses_in(ctx, index as u32, range);
        if facts.unit(index as u32).kind == UnitKind::Function {
            shared.extend(uses);
        } else if selected.range.contains_range(range) {
            inside.extend(uses);
            selected_units.push(index as u32);
        } else {
            outside.extend(uses);
        }
    }
    let written: Vec<_> = inside.iter().filter(|it| it.access.writes()).map(|it| it.name.clone()).collect();
    let is_shared = shared.iter().any(|it| written.contains(&it.name));
    if is_shared || written.iter().any(|it| ctx.others.may_name(it)) {
        return None;
    }
    // Lists and maps are shown by the names of globals inside of others, by those of a function's variables never.
    let gives_container = |unit: &u32| {
        ctx.db.poll();
        Judge::of(ctx, *unit).is_none_or(|it| written.iter().any(|name| it.may_store(name, CONTAINER)))
    };
    if selected_units.iter().any(gives_container) {
        return None;
    }
    inside.retain(|it| written.contains(&it.name));
    flow(selected, &inside, &outside)
}

/// What of variables must go in and come out. `inside` and `outside` are uses of the same scope.
fn flow(selected: &Selected, inside: &[NameUse], outside: &[NameUse]) -> Option<Flow> {
    let mut names: Vec<SmolStr> = Vec::new();
    for it in inside {
        if it.place != Place::Bare || matches!(&*it.name, "true" | "false" | "null") {
            return None;
        }
        if !names.contains(&it.name) {
            names.push(it.name.clone());
        }
    }
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for name in names {
        let is_outside = outside.iter().any(|it| it.name == name);
        let writes = inside.iter().any(|it| it.name == name && it.access.writes());
        let has_value_before = has_value_before(selected, outside, &name);
        if is_outside && !has_value_before && !has_value_after(selected, &name) {
            return None;
        }
        let reads = inside.iter().any(|it| it.name == name && it.access != Access::Write);
        if has_value_before && (reads || !has_value_after(selected, &name)) {
            inputs.push(name.clone());
        }
        let is_new = || is_assigned_first(selected, inside, &name) || is_of_loop(selected, inside, &name);
        if reads && !has_value_before && !is_new() {
            return None;
        }
        if writes && is_outside {
            outputs.push(name);
        }
    }
    (outputs.len() <= 1).then(|| (inputs, outputs.pop()))
}

/// Whether the first statement that names a variable gives it a value without looking at it.
fn is_assigned_first(selected: &Selected, inside: &[NameUse], name: &str) -> bool {
    let of = |statement: &SyntaxNode| {
        inside.iter().filter(|it| it.name == name && statement.text_range().contains_range(it.range)).count()
    };
    let first = selected.statements.iter().find(|it| of(it) > 0);
    first.is_some_and(|it| assigns(it, name) && of(it) == 1)
}

/// Whether a variable is a loop's, and named in its body only.
fn is_of_loop(selected: &Selected, inside: &[NameUse], name: &str) -> bool {
    let mut loops = selected.statements.iter().flat_map(|it| it.descendants()).filter_map(ForStmt::cast);
    loops.any(|it| {
        let Some((variable, iterable)) = it.variable().zip(it.iterable()) else { return false };
        let fits =
            |use_: &NameUse| it.range().contains_range(use_.range) && !iterable.range().contains_range(use_.range);
        variable.text() == name && inside.iter().filter(|use_| use_.name == name).all(fits)
    })
}

/// Whether a variable certainly has a value where the selection starts: it is a parameter, or a statement on the way gives it one.
fn has_value_before(selected: &Selected, outside: &[NameUse], name: &str) -> bool {
    let is_param = outside.iter().any(|it| it.name == name && it.place == Place::Param);
    let Some(first) = selected.statements.first() else { return false };
    let same_function = |node: &SyntaxNode| node.kind() != SyntaxKind::FunctionExpr;
    let mut on_the_way = first
        .ancestors()
        .take_while(same_function)
        .flat_map(|node| std::iter::successors(node.prev_sibling(), |it| it.prev_sibling()).collect::<Vec<_>>());
    is_param || on_the_way.any(|it| assigns(&it, name))
}

/// Whether the selection certainly gives a variable a value.
fn has_value_after(selected: &Selected, name: &str) -> bool {
    selected.statements.iter().any(|it| assigns(it, name))
}

fn assigns(statement: &SyntaxNode, name: &str) -> bool {
    let Some(assign) = AssignStmt::cast(statement.clone()) else { return false };
    let Some(Expr::Name(target)) = assign.target().filter(|_| assign.operator() == Some(SyntaxKind::Eq)) else {
        return false;
    };
    target.name_token().is_some_and(|it| it.text() == name)
}

/// The lines of the new function, without its own indentation.
fn body(ctx: &Context<'_>, selected: &Selected, indent: &str, result: Option<&str>) -> Vec<String> {
    let lines = ctx.text(selected.range).lines().enumerate().map(|(number, line)| {
        let line = line.trim_end_matches('\r');
        if number == 0 { line } else { line.strip_prefix(indent).unwrap_or(line.trim_start()) }.to_owned()
    });
    lines.chain(result.map(|it| format!("return {it}"))).collect()
}
