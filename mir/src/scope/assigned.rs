//! The names a body assigns, in order.
//!
//! Called by `scope` for the whole body, by `flow` for each loop. Invariant: nested functions are not entered.

use super::Scope;
use minilive_syntax::SyntaxNode;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, ForStmt, Stmt};
use minilive_syntax::{SyntaxKind, SyntaxToken};
use rowan::WalkEvent;

/// Makes a variable of every name that the statements assign, in order of first assignment.
pub(super) fn collect(scope: &mut Scope, statements: &[Stmt]) {
    for statement in statements {
        for_each(statement.syntax(), |name| scope.add_variable(name.text()));
    }
}

/// Calls `found` with the name of every assignment and `for` variable below a node, in source order.
pub(super) fn for_each(node: &SyntaxNode, mut found: impl FnMut(&SyntaxToken)) {
    let mut walk = node.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        let name = match node.kind() {
            SyntaxKind::FunctionExpr => {
                walk.skip_subtree();
                None
            }
            SyntaxKind::AssignStmt => AssignStmt::cast(node).and_then(|statement| assigned_name(&statement)),
            SyntaxKind::ForStmt => ForStmt::cast(node).and_then(|statement| statement.variable()),
            _ => None,
        };
        if let Some(name) = name {
            found(&name);
        }
    }
}

/// The name an assignment assigns, if its target is a bare name.
pub(super) fn assigned_name(statement: &AssignStmt) -> Option<SyntaxToken> {
    match statement.target()? {
        Expr::Name(name) => name.name_token(),
        _ => None,
    }
}
