//! What a private variable can hold: the union over everything assigned to it, flow-insensitively, to a fixpoint.
//!
//! Called by `scope` for functions whose variables nobody else reaches. It is what lets `i = i + 1` run without asking whether
//! `i` is a function to be called. Invariant: sets only grow, and a read that may find no variable may find anything.

use super::Scope;
use super::assigned::assigned_name;
use crate::fold;
use crate::ir::BinaryOp;
use crate::operators::{assign_op, binary_op, unary_op};
use crate::types::{self, TypeSet};
use minilive_syntax::ast::{AssignStmt, AstNode, BinaryExpr, CompareExpr, Expr, ForStmt, PostfixExpr, Stmt, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxToken, TextSize};
use rowan::WalkEvent;

/// One assignment to a variable.
struct Assignment {
    variable: u32,
    value: Value,
}

enum Value {
    /// `x = e`
    Plain(Expr),
    /// `x op= e`; where `x` stands.
    Update(BinaryOp, TextSize, Expr),
    /// `for x in …`, or something that is broken anyway.
    Any,
}

/// Fills in the types of all variables.
pub(super) fn infer(scope: &mut Scope, statements: &[Stmt]) {
    let assignments = assignments(scope, statements);
    loop {
        let mut changed = false;
        for assignment in &assignments {
            let types = match &assignment.value {
                Value::Plain(value) => expr(scope, value),
                Value::Update(op, name, value) => {
                    let old = read(scope, assignment.variable, *name);
                    types::binary(*op, old, expr(scope, value))
                }
                Value::Any => TypeSet::ANY,
            };
            let known = &mut scope.variables[assignment.variable as usize].types;
            changed |= !types.is_within(*known);
            *known |= types;
        }
        if !changed {
            return;
        }
    }
}

/// All assignments of a body, nested functions excepted.
fn assignments(scope: &Scope, statements: &[Stmt]) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut add = |name: SyntaxToken, value: Value| {
        if let Some(variable) = scope.variable(name.text()) {
            found.push(Assignment { variable, value });
        }
    };
    for statement in statements {
        let mut walk = statement.syntax().preorder();
        while let Some(event) = walk.next() {
            let WalkEvent::Enter(node) = event else { continue };
            if node.kind() == SyntaxKind::FunctionExpr {
                walk.skip_subtree();
            } else if let Some(statement) = AssignStmt::cast(node.clone()) {
                if let Some(name) = assigned_name(&statement) {
                    let value = assigned_value(&statement, &name);
                    add(name, value);
                }
            } else if let Some(name) = ForStmt::cast(node).and_then(|statement| statement.variable()) {
                add(name, Value::Any);
            }
        }
    }
    found
}

fn assigned_value(statement: &AssignStmt, name: &SyntaxToken) -> Value {
    match (statement.operator(), statement.value()) {
        (Some(SyntaxKind::Eq), Some(value)) => Value::Plain(value),
        (Some(operator), Some(value)) => match assign_op(operator) {
            Some(op) => Value::Update(op, name.text_range().start(), value),
            None => Value::Any,
        },
        _ => Value::Any,
    }
}

/// The types of a read variable, called if it is a function.
fn read(scope: &Scope, variable: u32, at: TextSize) -> TypeSet {
    let types = scope.variables[variable as usize].types;
    let read = scope.read_at(at);
    if read.definite && !types.may_be(TypeSet::FUNCTION) { types } else { TypeSet::ANY }
}

/// The types an expression may have, as far as it is made of literals, operators and private variables.
fn expr(scope: &Scope, it: &Expr) -> TypeSet {
    match it {
        Expr::Paren(paren) => opt(scope, paren.inner()),
        Expr::Name(name) => match name.name_token() {
            Some(token) => named(scope, &token),
            None => TypeSet::ANY,
        },
        Expr::List(_) => TypeSet::LIST,
        Expr::Map(_) => TypeSet::MAP,
        Expr::Function(_) => TypeSet::FUNCTION,
        Expr::Literal(_) => fold::fold(it).map_or(TypeSet::ANY, |value| TypeSet::of_const(&value)),
        Expr::Unary(unary) => match unary.operator().and_then(unary_op) {
            Some(op) => types::unary(op, opt(scope, unary.operand())),
            None => TypeSet::ANY,
        },
        Expr::Binary(chain) => binary_chain(scope, chain),
        Expr::Compare(chain) => comparison(scope, chain),
        Expr::Postfix(chain) => postfix(chain),
        Expr::Keyword(_) | Expr::Ref(_) | Expr::Error(_) => TypeSet::ANY,
    }
}

fn opt(scope: &Scope, it: Option<Expr>) -> TypeSet {
    it.map_or(TypeSet::ANY, |it| expr(scope, &it))
}

fn named(scope: &Scope, name: &SyntaxToken) -> TypeSet {
    if let Some(value) = fold::named_constant(name.text()) {
        return TypeSet::of_const(&value);
    }
    match scope.variable(name.text()) {
        Some(variable) => read(scope, variable, name.text_range().start()),
        None => TypeSet::ANY,
    }
}

fn binary_chain(scope: &Scope, chain: &BinaryExpr) -> TypeSet {
    let mut operands = chain.operands();
    let mut result = opt(scope, operands.next());
    for (operator, operand) in chain.operators().zip(operands) {
        let operand = expr(scope, &operand);
        result = binary_op(operator).map_or(TypeSet::ANY, |op| types::binary(op, result, operand));
    }
    result
}

fn comparison(scope: &Scope, chain: &CompareExpr) -> TypeSet {
    let operands: Vec<_> = chain.operands().map(|it| expr(scope, &it)).collect();
    let mut result = TypeSet::NONE;
    for (operator, pair) in chain.operators().zip(operands.windows(2)) {
        result |= binary_op(operator).map_or(TypeSet::ANY, |op| types::binary(op, pair[0], pair[1]));
    }
    if result == TypeSet::NONE && operands.is_empty() { TypeSet::ANY } else { result }
}

/// Of all suffixes only a slice says something about its result.
fn postfix(chain: &PostfixExpr) -> TypeSet {
    match chain.suffixes().last() {
        Some(Suffix::Slice(_)) => TypeSet::LIST | TypeSet::STRING,
        _ => TypeSet::ANY,
    }
}
