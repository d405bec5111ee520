//! Which names a statement gives a value where they are null: `if x == null then x = 1`.
//!
//! Part of `names`. Types of globals follow statements, and behind such a one the global is not null unless the statement itself stores
//! that. Invariant: only the statement's own first condition counts, and only where its branch assigns whatever happens.

use minilive_syntax::SyntaxKind;
use minilive_syntax::ast::{AssignStmt, BinaryExpr, Block, CompareExpr, Expr, Stmt};
use smol_str::SmolStr;

/// The names that a statement gives a value if they are null where it begins.
pub fn filled(statement: &Stmt) -> Vec<SmolStr> {
    let Stmt::If(statement) = statement else { return Vec::new() };
    let Some(first) = statement.branches().next() else { return Vec::new() };
    let (Some(condition), Some(body)) = (first.condition(), first.body()) else { return Vec::new() };
    let mut names = Vec::new();
    nulls(&condition, &mut names);
    names.retain(|name| is_assigned(&body, name));
    names
}

/// The names that are not null where a condition does not hold.
fn nulls(condition: &Expr, found: &mut Vec<SmolStr>) {
    match condition {
        Expr::Paren(inner) => {
            if let Some(inner) = inner.inner() {
                nulls(&inner, found);
            }
        }
        Expr::Unary(not) if not.operator() == Some(SyntaxKind::NotKw) => {
            found.extend(not.operand().and_then(|it| name(&it)).filter(|it| it != "null"));
        }
        Expr::Compare(chain) => found.extend(compared(chain)),
        // If it does not hold, none of them does.
        Expr::Binary(chain) if is_or(chain) => chain.operands().for_each(|it| nulls(&it, found)),
        _ => {}
    }
}

fn is_or(chain: &BinaryExpr) -> bool {
    chain.operators().all(|it| it == SyntaxKind::OrKw)
}

/// `x == null`, either way round.
fn compared(chain: &CompareExpr) -> Option<SmolStr> {
    let (operands, operators): (Vec<_>, Vec<_>) = (chain.operands().collect(), chain.operators().collect());
    let ([a, b], [SyntaxKind::EqEq]) = (&*operands, &*operators) else { return None };
    match (name(a)?, name(b)?) {
        (of, null) | (null, of) if null == "null" && of != "null" => Some(of),
        _ => None,
    }
}

fn name(expr: &Expr) -> Option<SmolStr> {
    match expr {
        Expr::Name(name) => name.name_token().map(|it| SmolStr::new(it.text())),
        Expr::Paren(inner) => name(&inner.inner()?),
        _ => None,
    }
}

/// Whether a statement of the block itself assigns the name.
fn is_assigned(body: &Block, wanted: &str) -> bool {
    let assigns = |it: &AssignStmt| it.target().and_then(|it| name(&it)).is_some_and(|it| it == wanted);
    body.statements().any(|it| matches!(it, Stmt::Assign(it) if assigns(&it)))
}
