//! An expression gets a name: as a variable before its statement, or as a function before the statement of the file
//! or, in a function within a function, of the outer one.
//!
//! Part of `actions`. Invariants: the expression is evaluated as often as before and after the same effects; a value that may be a
//! function is passed on with `@`, so that it is not called where it was not; a new name means nothing anywhere in the text.

use super::context::{Context, Selected, is_only_a_value, statement_of};
use super::effects::{Judge, evaluated_once_in, unparen};
use super::{Action, ActionKind, Edit};
use crate::ide::infer::{Binding, binding};
use minilive_mir::names::{ENSURE_IMPORT, NameUse, Place};
use minilive_syntax::ast::{AstNode, BinaryExpr, Expr, Stmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rustc_hash::FxHashSet;

/// `value = EXPR` before the statement of an expression.
pub(super) fn variable(ctx: &Context<'_>) -> Option<Action> {
    let selected = ctx.selected_expr().filter(is_worth_it)?;
    let parent = selected.parent().filter(|_| may_be_replaced(&selected))?;
    let (expr, range) = (&selected.expr, selected.range);
    let statement = evaluated_once_in(expr.syntax())?;
    let whole = statement.range();
    let unit = ctx.unit_at(whole.start()).filter(|&it| Some(it) == ctx.unit_at(range.start()))?;
    let judge = Judge::of(ctx, unit)?;
    // What the left part of a chain makes is never an element of another.
    let shown_by_name = judge.is_of_file() && !selected.is_part() && judge.may_be_container(expr);
    if selected.is_part() && may_give_operand(&judge, expr) {
        return None;
    }
    if !ctx.is_closed(unit) || !judge.may_go_first(range, whole) || shown_by_name || is_only_a_value(&statement) {
        return None;
    }
    // `x = x + 1` is no error where `x` has no value yet, but only as it stands there.
    if uses_in(ctx, unit, range).iter().any(|it| ctx.facts().has_variable(unit, &it.name) && !it.definite) {
        return None;
    }
    let name = ctx.fresh_name("value");
    let text = ctx.text(range);
    let before = match ctx.indent_of(statement.syntax()) {
        Some(indent) => format!("{name} = {text}{}{indent}", ctx.line_end()),
        // `a; b` on one line.
        None if ctx.line_before(whole.start()).trim_end().ends_with(';') => format!("{name} = {text}; "),
        None => return None,
    };
    let replaced = Edit { range, insert: by_value(&judge, expr, &name, parent.kind())? };
    let edits = vec![replaced, Edit { range: TextRange::empty(whole.start()), insert: before }];
    let edits = ctx.checked(edits, &[(0, parent.kind())])?;
    Some(Action::rewrite(ActionKind::Extract, "Extract into a variable", edits))
}

/// `name = function(…) return EXPR` at its [`Home`], and a call of it in the place of the expression.
pub(super) fn function(ctx: &Context<'_>) -> Option<Action> {
    let selected = ctx.selected_expr().filter(is_worth_it)?;
    let parent = selected.parent().filter(|_| may_be_replaced(&selected))?;
    let (expr, range) = (&selected.expr, selected.range);
    let statement = statement_of(expr.syntax())?;
    if is_only_a_value(&statement) {
        return None;
    }
    let in_parameters = expr.syntax().ancestors().any(|it| it.kind() == SyntaxKind::ParamList);
    let unit = ctx.unit_at(range.start()).filter(|&it| Some(it) == ctx.unit_at(statement.range().start()))?;
    if in_parameters || !ctx.is_closed(unit) || !stays_the_same_elsewhere(expr.syntax()) {
        return None;
    }
    let (judge, home) = (Judge::of(ctx, unit)?, Home::of(ctx, unit, statement.syntax())?);
    let params = variables_in(ctx, unit, range)?;
    let name = ctx.fresh_name("newFunction");
    let arguments =
        params.iter().map(|it| if is_read_at_once(ctx, expr, range, it) { it.clone() } else { argument(&judge, it) });
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    let call = Edit { range, insert: format!("{name}({arguments})") };
    let header = if params.is_empty() { name } else { format!("{name}({})", params.join(", ")) };
    let made = home.definition(ctx, &header, &[format!("return {}", ctx.text(range))]);
    let edits = vec![call, made];
    let edits = ctx.checked(edits, &[(0, parent.kind())])?;
    Some(Action::rewrite(ActionKind::Extract, "Extract into a function", edits))
}

/// Where a new function stands.
pub(super) struct Home {
    at: TextSize,
    indent: String,
}

impl Home {
    /// Before the statement of the file that holds a node of a unit; of a function within a function, before the statement of the outer one,
    /// since whoever imports the file makes its top level the variables of a module, which the inner one does not see.
    pub fn of(ctx: &Context<'_>, unit: u32, inside: &SyntaxNode) -> Option<Home> {
        let Some(around) = ctx.facts().enclosing_function(unit) else {
            let at = ctx.top_statement(inside)?.text_range().start();
            return ctx.line_before(at).is_empty().then(|| Home { at, indent: String::new() });
        };
        let function = inside.ancestors().find(|it| it.kind() == SyntaxKind::FunctionExpr)?;
        let is_around = |it: &SyntaxNode| matches!(it.kind(), SyntaxKind::FunctionExpr | SyntaxKind::ParamList);
        let in_it = function.ancestors().skip(1).take_while(|it| !is_around(it));
        let statement = in_it.filter(|it| Stmt::can_cast(it.kind())).last()?;
        let at = statement.text_range().start();
        let is_seen = ctx.unit_at(at) == Some(around) && ctx.is_closed(around);
        let indent = ctx.indent_of(&statement).filter(|_| is_seen)?.to_owned();
        Some(Home { at, indent })
    }

    /// A function there: its name with its parameters in parentheses, and the lines of its body. The first line stands behind what the
    /// statement behind it is indented by.
    pub fn definition(&self, ctx: &Context<'_>, header: &str, body: &[String]) -> Edit {
        let (line_end, level, indent) = (ctx.line_end(), ctx.indent(), &self.indent);
        let (name, params) = header.split_at(header.find('(').unwrap_or(header.len()));
        let mut made = format!("{name} = function{params}{line_end}");
        for line in body {
            if !line.trim().is_empty() {
                made += &format!("{indent}{level}{line}");
            }
            made += line_end;
        }
        made += &format!("{indent}end function{line_end}{line_end}{indent}");
        Edit { range: TextRange::empty(self.at), insert: made }
    }
}

/// Whether a part of a chain may be something that must not have a name though the chain is none: behind an error `or` gives its right
/// operand.
fn may_give_operand(judge: &Judge, chain: &Expr) -> bool {
    let Expr::Binary(chain) = chain else { return false };
    let is_odd = |it: Expr| judge.may_be_function(&it) || judge.is_of_file() && judge.may_be_container(&it);
    chain.operators().any(|it| it == SyntaxKind::OrKw) && chain.operands().any(is_odd)
}

/// A name by itself is no reason for another one.
fn is_worth_it(selected: &Selected) -> bool {
    !matches!(unparen(selected.expr.clone()), Expr::Name(_) | Expr::Keyword(_) | Expr::Error(_))
}

/// Whether another expression may stand in its place: it is neither assigned to nor called nor referred to.
fn may_be_replaced(selected: &Selected) -> bool {
    let expr = &selected.expr;
    let Some(parent) = expr.syntax().parent().filter(|_| !names_module(expr.syntax())) else { return false };
    if selected.is_part() {
        return true;
    }
    let is_first = parent.first_child().as_ref() == Some(expr.syntax());
    let by_kind = match parent.kind() {
        SyntaxKind::ExprStmt | SyntaxKind::RefExpr | SyntaxKind::UnaryExpr => false,
        SyntaxKind::PostfixExpr | SyntaxKind::CallStmt => !is_first,
        _ => true,
    };
    let target = expr.syntax().ancestors().find_map(Stmt::cast).and_then(|it| match it {
        Stmt::Assign(assign) => assign.target(),
        _ => None,
    });
    // The whole value of a variable has a name.
    let has_name = parent.kind() == SyntaxKind::AssignStmt && matches!(target, Some(Expr::Name(_)));
    by_kind && !has_name && target.is_none_or(|it| !it.range().contains_range(expr.range()))
}

/// Whether it is the name by which something is imported: that must stand there for whoever reads the program.
fn names_module(expr: &SyntaxNode) -> bool {
    expr.ancestors().skip(1).any(|it| {
        let is_call = matches!(it.kind(), SyntaxKind::CallStmt | SyntaxKind::PostfixExpr);
        let callee = it.first_child().filter(|_| is_call);
        callee.is_some_and(|it| !it.text_range().contains_range(expr.text_range()) && is_import(&it.text().to_string()))
    })
}

fn is_import(callee: &str) -> bool {
    callee == "import" || callee.rsplit('.').next() == Some(ENSURE_IMPORT)
}

/// The name in the place of an expression, without a call of what it holds.
fn by_value(judge: &Judge, expr: &Expr, name: &str, parent: SyntaxKind) -> Option<String> {
    if !judge.may_be_function(expr) {
        return Some(name.to_owned());
    }
    let plain = [
        SyntaxKind::AssignStmt,
        SyntaxKind::ReturnStmt,
        SyntaxKind::ArgList,
        SyntaxKind::ListExpr,
        SyntaxKind::MapEntry,
        SyntaxKind::BinaryExpr,
        SyntaxKind::CompareExpr,
        SyntaxKind::IfBranch,
        SyntaxKind::ForStmt,
    ];
    plain.contains(&parent).then(|| format!("@{name}"))
}

/// Whether code means the same in a function of its own: nothing in it depends on the call it stands in.
pub(super) fn stays_the_same_elsewhere(node: &SyntaxNode) -> bool {
    node.descendants_with_tokens().all(|it| match it.kind() {
        SyntaxKind::SelfKw | SyntaxKind::SuperKw | SyntaxKind::LocalsKw | SyntaxKind::OuterKw => false,
        SyntaxKind::FunctionKw => false,
        SyntaxKind::Ident => it.as_token().is_none_or(|it| it.text() != "import"),
        _ => true,
    })
}

/// The uses of bare names of a unit in a range.
pub(super) fn uses_in(ctx: &Context<'_>, unit: u32, range: TextRange) -> Vec<NameUse> {
    let Some(placed) = crate::db::units(ctx.db, ctx.document.file).get(unit as usize) else { return Vec::new() };
    let names = crate::db::unit_names(ctx.db, placed.unit);
    let placed_uses = names.uses.iter().map(|it| NameUse { range: it.range + placed.start, ..it.clone() });
    placed_uses.filter(|it| range.contains_range(it.range) && !matches!(it.place, Place::Member(_))).collect()
}

/// The variables of functions that an expression reads, in the order in which it does; none if one of them may have no value.
fn variables_in(ctx: &Context<'_>, unit: u32, range: TextRange) -> Option<Vec<String>> {
    let facts = ctx.facts();
    let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
    for it in uses_in(ctx, unit, range) {
        let Binding::Variable(owner) = binding(&facts, unit, &it.name) else { continue };
        // What a closure gives another value while the expression is evaluated is not the same when it is read before.
        let is_made = facts.unit(owner).made.contains(&it.name);
        let from_outside = owner != unit && facts.children(owner).nth(1).is_some();
        if is_made || from_outside || owner == unit && !it.definite {
            return None;
        }
        if seen.insert(it.name.clone()) {
            found.push(it.name.to_string());
        }
    }
    Some(found)
}

/// Whether a variable is read once, by arithmetic that the expression consists of: then what it may hold is called once and in the same
/// order, whether for an argument or by the arithmetic itself.
fn is_read_at_once(ctx: &Context<'_>, expr: &Expr, range: TextRange, name: &str) -> bool {
    let mut nodes = expr.syntax().descendants().filter(|it| range.contains_range(it.text_range()));
    let is_arithmetic = nodes.all(|it| match it.kind() {
        SyntaxKind::NameExpr | SyntaxKind::LiteralExpr | SyntaxKind::ParenExpr => true,
        SyntaxKind::BinaryExpr => BinaryExpr::cast(it).is_some_and(|it| it.operators().all(is_arithmetic_operator)),
        _ => false,
    });
    let of_chain = match expr {
        Expr::Binary(chain) => chain.operators().all(is_arithmetic_operator),
        _ => false,
    };
    let tokens = ctx.root.covering_element(range);
    let tokens = tokens.as_node().into_iter().flat_map(SyntaxNode::descendants_with_tokens);
    let reads =
        tokens.filter(|it| range.contains_range(it.text_range()) && it.as_token().is_some_and(|it| it.text() == name));
    is_arithmetic && of_chain && reads.count() == 1
}

fn is_arithmetic_operator(operator: SyntaxKind) -> bool {
    !matches!(operator, SyntaxKind::AndKw | SyntaxKind::OrKw | SyntaxKind::IsaKw)
}

/// A variable as an argument, without a call of what it holds.
pub(super) fn argument(judge: &Judge, name: &str) -> String {
    if judge.name_may_be_function(name) { format!("@{name}") } else { name.to_owned() }
}
