//! Views of statements and of what holds them: file, block, branches.
//!
//! Read by lowering, analysis and the editor features; see `ast.rs` for the rules all views keep.

use super::{AstNode, Expr, ast_enum, ast_node, child, children, token, token_by, tokens};
use crate::kind::{MiniScript, SyntaxKind, SyntaxToken};
use rowan::Language as _;

ast_node! {
    /// The whole file.
    SourceFile
}
ast_node! {
    /// The statements of a body; one statement in a single-line `if`.
    Block
}
ast_node! {
    /// `while COND … end while`
    WhileStmt
}
ast_node! {
    /// `for NAME in EXPR … end for`
    ForStmt
}
ast_node! {
    /// A whole `if`/`else if`/`else` chain, block or single-line.
    IfStmt
}
ast_node! {
    /// `[else] if COND then …`
    IfBranch
}
ast_node! {
    /// `else …`
    ElseBranch
}
ast_node! {
    /// `break`
    BreakStmt
}
ast_node! {
    /// `continue`
    ContinueStmt
}
ast_node! {
    /// `return [EXPR]`
    ReturnStmt
}
ast_node! {
    /// `TARGET OP EXPR`
    AssignStmt
}
ast_node! {
    /// A call statement without parentheses: `print x, y`.
    CallStmt
}
ast_node! {
    /// An expression as a statement.
    ExprStmt
}

ast_enum! {
    /// A statement.
    Stmt {
        /// `while`
        While(WhileStmt),
        /// `for`
        For(ForStmt),
        /// `if`
        If(IfStmt),
        /// `break`
        Break(BreakStmt),
        /// `continue`
        Continue(ContinueStmt),
        /// `return`
        Return(ReturnStmt),
        /// An assignment.
        Assign(AssignStmt),
        /// A call without parentheses.
        Call(CallStmt),
        /// Any other expression.
        Expr(ExprStmt),
    }
}

impl SourceFile {
    /// The top-level statements in order.
    pub fn statements(&self) -> impl Iterator<Item = Stmt> + use<> {
        children(&self.0)
    }
}

impl Block {
    /// The statements in order.
    pub fn statements(&self) -> impl Iterator<Item = Stmt> + use<> {
        children(&self.0)
    }
}

impl WhileStmt {
    /// The condition.
    pub fn condition(&self) -> Option<Expr> {
        child(&self.0)
    }
    /// The body.
    pub fn body(&self) -> Option<Block> {
        child(&self.0)
    }
    /// The leading `while`.
    pub fn while_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::WhileKw)
    }
    /// The closing `end`.
    pub fn end_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::EndKw)
    }
}

impl ForStmt {
    /// The loop variable's name.
    pub fn variable(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::Ident)
    }
    /// What is iterated.
    pub fn iterable(&self) -> Option<Expr> {
        child(&self.0)
    }
    /// The body.
    pub fn body(&self) -> Option<Block> {
        child(&self.0)
    }
    /// The leading `for`.
    pub fn for_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::ForKw)
    }
    /// The closing `end`.
    pub fn end_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::EndKw)
    }
}

impl IfStmt {
    /// The `if` and all `else if` branches in order; the first is the leading `if`.
    pub fn branches(&self) -> impl Iterator<Item = IfBranch> + use<> {
        children(&self.0)
    }
    /// The final `else`.
    pub fn else_branch(&self) -> Option<ElseBranch> {
        child(&self.0)
    }
    /// The closing `end`; a chain that ends in a single-line form has none.
    pub fn end_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::EndKw)
    }
}

impl IfBranch {
    /// The condition.
    pub fn condition(&self) -> Option<Expr> {
        child(&self.0)
    }
    /// What runs when it holds.
    pub fn body(&self) -> Option<Block> {
        child(&self.0)
    }
    /// The branch's `if`.
    pub fn if_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::IfKw)
    }
    /// The `else` before it, unless it is the first branch.
    pub fn else_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::ElseKw)
    }
    /// Whether the body stands on the line of `then`.
    pub fn is_single_line(&self) -> bool {
        !tokens(&self.0).any(|token| token.kind().is_line_end())
    }
}

impl ElseBranch {
    /// What runs when no condition held.
    pub fn body(&self) -> Option<Block> {
        child(&self.0)
    }
    /// Its `else`.
    pub fn else_token(&self) -> Option<SyntaxToken> {
        token(&self.0, SyntaxKind::ElseKw)
    }
}

impl ReturnStmt {
    /// The value, if one is given.
    pub fn value(&self) -> Option<Expr> {
        child(&self.0)
    }
}

impl AssignStmt {
    /// The target: a name, or a postfix chain that ends in a member or an index.
    pub fn target(&self) -> Option<Expr> {
        let operator = self.operator_token()?;
        children::<Expr>(&self.0).find(|expr| expr.range().end() <= operator.text_range().start())
    }
    /// The operator token, `=` or `+=` and so on.
    pub fn operator_token(&self) -> Option<SyntaxToken> {
        token_by(&self.0, SyntaxKind::is_assign_op)
    }
    /// The kind of the operator token.
    pub fn operator(&self) -> Option<SyntaxKind> {
        let green = self.0.green();
        let mut kinds = green.children().map(|it| MiniScript::kind_from_raw(it.kind()));
        kinds.find(|it| it.is_assign_op())
    }
    /// The right-hand side.
    pub fn value(&self) -> Option<Expr> {
        let operator = self.operator_token()?;
        children::<Expr>(&self.0).find(|expr| expr.range().start() >= operator.text_range().end())
    }
}

impl CallStmt {
    /// What is called.
    pub fn callee(&self) -> Option<Expr> {
        child(&self.0)
    }
    /// The arguments, at least one in a tree without errors.
    pub fn arg_list(&self) -> Option<super::ArgList> {
        child(&self.0)
    }
}

impl ExprStmt {
    /// The expression.
    pub fn expr(&self) -> Option<Expr> {
        child(&self.0)
    }
}
