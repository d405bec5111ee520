//! Whether a function's text can be run to its end, by its statements alone, and whether anything behind a statement is reached.
//!
//! Part of `names`; `checks` asks, too. Invariant: "never" is certain; what depends on values counts as possible.

use crate::fold;
use crate::ir::Const;
use minilive_syntax::SyntaxKind;
use minilive_syntax::ast::{AstNode, Block, Expr, FunctionExpr, IfStmt, Stmt, WhileStmt};
use rowan::WalkEvent;

/// Nested deeper than this, statements are not looked into.
const MAX_NESTING: u32 = 64;

/// Whether every way through a function ends with a `return`.
pub fn always_returns(function: &FunctionExpr) -> bool {
    function.body().is_some_and(|body| never_ends(&body, MAX_NESTING))
}

fn never_ends(block: &Block, nesting: u32) -> bool {
    nesting > 0 && block.statements().any(|statement| leaves(&statement, nesting - 1))
}

/// Whether no way through a statement leads to the next one.
pub fn never_goes_on(statement: &Stmt) -> bool {
    leaves(statement, MAX_NESTING)
}

fn leaves(statement: &Stmt, nesting: u32) -> bool {
    match statement {
        // Those two stand in loops, of which nobody asks whether their bodies end.
        Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_) => true,
        Stmt::If(statement) => all_branches(statement, nesting),
        Stmt::While(statement) => is_endless(statement),
        _ => false,
    }
}

fn all_branches(statement: &IfStmt, nesting: u32) -> bool {
    let ends = |body: Option<Block>| body.is_some_and(|body| never_ends(&body, nesting));
    statement.else_branch().is_some_and(|branch| ends(branch.body()))
        && statement.branches().all(|branch| ends(branch.body()))
}

/// `while` with a constant that is true and without a `break` of its own.
fn is_endless(statement: &WhileStmt) -> bool {
    let truth = statement.condition().and_then(|it| match &it {
        Expr::Name(name) => fold::named_constant(name.name_token()?.text()),
        other => fold::fold(other),
    });
    let always = matches!(truth, Some(Const::Number(number)) if number != 0.0);
    always && statement.body().is_some_and(|body| !breaks(&body))
}

fn breaks(body: &Block) -> bool {
    let mut walk = body.syntax().preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        match node.kind() {
            SyntaxKind::BreakStmt => return true,
            SyntaxKind::WhileStmt | SyntaxKind::ForStmt => walk.skip_subtree(),
            kind if Expr::can_cast(kind) => walk.skip_subtree(),
            _ => {}
        }
    }
    false
}
