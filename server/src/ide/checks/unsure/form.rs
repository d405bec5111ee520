//! Which variables that have a value on some ways only are told without a setting: those where the form of the code leaves no doubt that the
//! other way is there.
//!
//! Part of `unsure`. The form: one `if`, directly in a function or the file, gives the variable a value in some of its branches and nothing
//! else does so anywhere; another branch goes on without one, or there is no `else`; a statement behind it reads the variable whatever
//! happens. Invariants: nothing between the two leaves or may look at what the `if` asked; where a row of `else if` has no `else`, it may
//! name all cases, so it is not told.

use super::super::correlated::{assignments, is_name};
use minilive_syntax::ast::{
    AstNode, BinaryExpr, Block, CallStmt, Expr, FunctionExpr, IfBranch, IfStmt, NameExpr, Stmt, WhileStmt,
};
use minilive_syntax::{SyntaxKind, SyntaxNode};
use rowan::WalkEvent;
use rustc_hash::FxHashSet;

/// A read that stands more statements behind the `if` is not looked at.
const MOST_BETWEEN: usize = 50;

/// The `if` that gives the variable of a read its only values, and leaves it without one on another way that certainly leads to the read.
pub(super) fn missed_by(read: &NameExpr) -> Option<IfStmt> {
    let name = read.name_token()?;
    let name = name.text();
    let reader = statement_around(read)?;
    let directly_in = reader.parent().filter(is_outermost)?;
    let before = std::iter::successors(reader.prev_sibling(), SyntaxNode::prev_sibling).take(MOST_BETWEEN);
    let mut between = Vec::new();
    for node in before {
        if assignments(&node, name).is_empty() {
            between.push(node);
            continue;
        }
        let statement = IfStmt::cast(node)?;
        let asked = asked(&statement);
        let is_missed = is_missed(&statement, name)
            && !asked.contains(name)
            && between.iter().all(|it| goes_on(it, &asked))
            && !leaves_before(&directly_in, &statement);
        return is_missed.then_some(statement);
    }
    None
}

/// The statement that works out a read whatever happens.
fn statement_around(read: &NameExpr) -> Option<SyntaxNode> {
    let mut node = read.syntax().clone();
    loop {
        let parent = node.parent()?;
        match parent.kind() {
            SyntaxKind::Block | SyntaxKind::SourceFile => return Some(node),
            // Functions run at other times.
            SyntaxKind::FunctionExpr => return None,
            SyntaxKind::BinaryExpr if is_behind_logic(&parent, &node) => return None,
            // Of several conditions the first one alone is certainly asked.
            SyntaxKind::IfBranch if IfBranch::cast(parent.clone())?.condition()?.syntax() != &node => return None,
            SyntaxKind::IfStmt if IfStmt::cast(parent.clone())?.branches().next()?.syntax() != &node => return None,
            _ => node = parent,
        }
    }
}

fn is_behind_logic(chain: &SyntaxNode, operand: &SyntaxNode) -> bool {
    let Some(chain) = BinaryExpr::cast(chain.clone()) else { return false };
    let is_logic = chain.operators().any(|it| matches!(it, SyntaxKind::AndKw | SyntaxKind::OrKw));
    is_logic && chain.operands().next().is_some_and(|it| it.syntax() != operand)
}

/// Whether a row of statements is that of a function or the file.
fn is_outermost(row: &SyntaxNode) -> bool {
    row.kind() == SyntaxKind::SourceFile || row.parent().is_some_and(|it| FunctionExpr::can_cast(it.kind()))
}

/// Whether a branch gives a variable no value and goes on, though another one gives it some.
fn is_missed(statement: &IfStmt, name: &str) -> bool {
    let bodies: Vec<_> = statement.branches().map(|it| it.body()).collect();
    let lacks = |body: &Option<Block>| {
        body.as_ref().is_some_and(|it| assignments(it.syntax(), name).is_empty() && is_calm(it.syntax()))
    };
    match statement.else_branch() {
        Some(branch) => lacks(&branch.body()) || bodies.iter().any(lacks),
        None => bodies.len() == 1 && statement.branches().all(|it| it.condition().is_some_and(|it| is_open(&it))),
    }
}

/// Whether a condition is not just a constant.
fn is_open(condition: &Expr) -> bool {
    match condition {
        Expr::Name(_) => !["true", "false", "null"].iter().any(|it| is_name(condition, it)),
        Expr::Literal(_) | Expr::List(_) | Expr::Map(_) | Expr::Function(_) | Expr::Error(_) => false,
        _ => !condition.syntax().descendants().filter_map(NameExpr::cast).all(|it| is_constant(&it)),
    }
}

/// Whether a name is one of the language's constants.
fn is_constant(name: &NameExpr) -> bool {
    name.name_token().is_some_and(|it| ["true", "false", "null"].contains(&it.text()))
}

/// All names in the conditions of an `if`.
fn asked(statement: &IfStmt) -> FxHashSet<String> {
    let conditions = statement.branches().filter_map(|it| it.condition());
    conditions.flat_map(|it| names(it.syntax())).collect()
}

fn names(node: &SyntaxNode) -> Vec<String> {
    let tokens = node.descendants_with_tokens().filter_map(|it| it.into_token());
    tokens.filter(|it| it.kind() == SyntaxKind::Ident).map(|it| it.text().to_owned()).collect()
}

/// Whether the program certainly goes on behind a statement, also if what was asked came out otherwise. A call may end it, as `check ok` does.
fn goes_on(statement: &SyntaxNode, asked: &FxHashSet<String>) -> bool {
    match Stmt::cast(statement.clone()) {
        Some(Stmt::Assign(_)) => true,
        Some(Stmt::Call(_) | Stmt::Expr(_)) => {
            is_print(statement) || !names(statement).iter().any(|it| asked.contains(it))
        }
        Some(Stmt::If(_) | Stmt::While(_) | Stmt::For(_)) => is_calm(statement),
        _ => false,
    }
}

/// Whether code has no `return`, no jump, no endless loop, and no statement that calls something but `print`.
fn is_calm(code: &SyntaxNode) -> bool {
    let mut walk = code.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        match node.kind() {
            SyntaxKind::FunctionExpr => walk.skip_subtree(),
            SyntaxKind::ReturnStmt | SyntaxKind::BreakStmt | SyntaxKind::ContinueStmt | SyntaxKind::Error => {
                return false;
            }
            SyntaxKind::CallStmt | SyntaxKind::ExprStmt if !is_print(&node) => return false,
            SyntaxKind::WhileStmt => {
                let condition = WhileStmt::cast(node).and_then(|it| it.condition());
                if !condition.is_some_and(|it| is_open(&it)) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

fn is_print(statement: &SyntaxNode) -> bool {
    let callee = match CallStmt::cast(statement.clone()) {
        Some(call) => call.callee(),
        None => statement.first_child().and_then(Expr::cast).and_then(|it| match it {
            Expr::Postfix(chain) if chain.suffixes().count() == 1 => chain.base(),
            other => Some(other),
        }),
    };
    callee.is_some_and(|it| is_name(&it, "print"))
}

/// Whether something before the `if`, in its row, may leave, so that what is asked is certain.
fn leaves_before(row: &SyntaxNode, statement: &IfStmt) -> bool {
    let mut before = row.children().take_while(|it| it != statement.syntax());
    before.any(|it| {
        let is_compound = matches!(it.kind(), SyntaxKind::IfStmt | SyntaxKind::WhileStmt | SyntaxKind::ForStmt);
        let mut returns = it.descendants().filter(|it| it.kind() == SyntaxKind::ReturnStmt);
        is_compound
            && returns.any(|it| !it.ancestors().take_while(|it| it != row).any(|it| FunctionExpr::can_cast(it.kind())))
    })
}
