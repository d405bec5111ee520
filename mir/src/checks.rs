//! What a unit's text says that its author hardly meant, though it runs: found in its tree alone.
//!
//! The database asks for each unit; the editor shows the results as warnings. Invariants: nested functions are opaque; nothing is
//! reported that a program may reasonably contain.

use crate::fold;
use crate::ir::Const;
use minilive_syntax::ast::{
    AssignStmt, AstNode, BinaryExpr, Block, CompareExpr, Expr, ForStmt, MapEntry, MapExpr, RefExpr, SourceFile, Stmt,
    Suffix,
};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use rowan::{GreenNodeData, WalkEvent};

/// The codes of everything here, in alphabetical order.
pub static CODES: &[&str] = &[
    "called-instead",
    "duplicate-key",
    "loop-variable",
    "unreachable-code",
    "useless-comparison",
    "useless-reference",
];

/// One finding, relative to the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The text it is about.
    pub range: TextRange,
    /// Stable identity.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

/// Looks through a unit.
pub fn check(unit: &GreenNodeData) -> Vec<Finding> {
    let root = SyntaxNode::new_root(unit.to_owned());
    let mut found = Vec::new();
    let mut walk = root.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        match node.kind() {
            SyntaxKind::FunctionExpr if node != root => walk.skip_subtree(),
            SyntaxKind::Block => in_block(Block::cast(node).into_iter().flat_map(|it| it.statements()), &mut found),
            SyntaxKind::SourceFile => {
                in_block(SourceFile::cast(node).into_iter().flat_map(|it| it.statements()), &mut found);
            }
            SyntaxKind::MapExpr => duplicate_keys(&node, &mut found),
            SyntaxKind::ForStmt => loop_variable(&node, &mut found),
            SyntaxKind::RefExpr => useless_reference(&node, &mut found),
            SyntaxKind::BinaryExpr => function_test(&node, &mut found),
            SyntaxKind::ExprStmt => useless_comparison(&node, &mut found),
            _ => {}
        }
    }
    found
}

/// What stands behind a `return` of the program itself. Its statements are units of their own, so this is asked of all of them.
pub fn behind_return(statements: impl Iterator<Item = (SyntaxKind, TextRange)>) -> Option<Finding> {
    let mut behind = statements.skip_while(|&(kind, _)| kind != SyntaxKind::ReturnStmt).skip(1).map(|(_, range)| range);
    let first = behind.next()?;
    Some(never_reached(behind.fold(first, TextRange::cover), "return"))
}

/// What statements mean that stand side by side.
fn in_block(statements: impl Iterator<Item = Stmt>, found: &mut Vec<Finding>) {
    let statements: Vec<_> = statements.collect();
    unreachable(&statements, found);
}

fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.name_token()?.text().to_owned()),
        _ => None,
    }
}

/// Assignments to a loop's variable in its own body: the next round does not know of them.
fn loop_variable(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let Some((variable, body)) = ForStmt::cast(node.clone()).and_then(|it| it.variable().zip(it.body())) else {
        return;
    };
    let mut walk = body.syntax().preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        if node.kind() == SyntaxKind::FunctionExpr {
            walk.skip_subtree();
        }
        let target = AssignStmt::cast(node).and_then(|it| it.target());
        if target.as_ref().and_then(name_of).as_deref() == Some(variable.text()) {
            found.push(Finding {
                range: target.map_or_else(TextRange::default, |it| it.range()),
                code: "loop-variable",
                message: format!("the loop gives `{}` its next element, whatever is assigned here", variable.text()),
            });
        }
    }
}

/// `x == 1` by itself, where `x = 1` is meant.
fn useless_comparison(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let Some(chain) = node.first_child().and_then(CompareExpr::cast).filter(|it| it.operators().count() == 1) else {
        return;
    };
    let is_target = match chain.operands().next() {
        Some(Expr::Name(_)) => true,
        Some(Expr::Postfix(chain)) => matches!(chain.suffixes().last(), Some(Suffix::Member(_) | Suffix::Index(_))),
        _ => false,
    };
    let operators = chain.syntax().children_with_tokens().filter_map(|it| it.into_token());
    let operator = operators.into_iter().find(|it| it.kind() == SyntaxKind::EqEq);
    if let Some(operator) = operator.filter(|_| is_target) {
        found.push(Finding {
            range: operator.text_range(),
            code: "useless-comparison",
            message: "this compares and does nothing with the answer; `=` gives a value".to_owned(),
        });
    }
}

/// `@` before what nothing would call.
fn useless_reference(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let operand = RefExpr::cast(node.clone()).and_then(|it| it.operand());
    let useless = match &operand {
        Some(Expr::Literal(_) | Expr::List(_) | Expr::Map(_) | Expr::Function(_)) => true,
        Some(Expr::Postfix(chain)) => matches!(chain.suffixes().last(), Some(Suffix::Call(_) | Suffix::Slice(_))),
        _ => false,
    };
    if let (true, Some(operand)) = (useless, operand) {
        found.push(Finding {
            range: TextRange::new(node.text_range().start(), operand.range().start()),
            code: "useless-reference",
            message: "`@` keeps the name of a function from calling it; here is nothing that would be called"
                .to_owned(),
        });
    }
}

/// `f isa funcRef` calls `f`, and what that gives hardly is a function.
fn function_test(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let Some(chain) = BinaryExpr::cast(node.clone()).filter(|it| it.operators().eq([SyntaxKind::IsaKw])) else {
        return;
    };
    let mut operands = chain.operands();
    let (Some(of), Some(class)) = (operands.next(), operands.next()) else { return };
    let is_named = match &of {
        Expr::Name(_) => true,
        Expr::Postfix(chain) => matches!(chain.suffixes().last(), Some(Suffix::Member(_))),
        _ => false,
    };
    if is_named && name_of(&class).as_deref() == Some("funcRef") {
        let text = of.syntax().text();
        found.push(Finding {
            range: of.range(),
            code: "called-instead",
            message: format!("if `{text}` is a function, this calls it; `@{text}` asks about the function itself"),
        });
    }
}

/// Statements behind one that never goes on.
fn unreachable(statements: &[Stmt], found: &mut Vec<Finding>) {
    let ends = |statement: &Stmt| matches!(statement, Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_));
    let Some(end) = statements.iter().position(ends) else { return };
    let (Some(first), Some(last)) = (statements.get(end + 1), statements.last()) else { return };
    let word = statements[end].syntax().first_token().map_or_else(String::new, |token| token.text().to_owned());
    found.push(never_reached(TextRange::new(first.range().start(), last.range().end()), &word));
}

fn never_reached(range: TextRange, word: &str) -> Finding {
    Finding { range, code: "unreachable-code", message: format!("this is never reached: `{word}` comes before it") }
}

/// Keys that a later entry of the same literal overwrites.
fn duplicate_keys(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let entries = MapExpr::cast(node.clone()).into_iter().flat_map(|map| map.entries());
    let keys: Vec<(TextRange, Const)> = entries.filter_map(|entry| constant(&entry.key()?)).collect();
    for (at, (range, key)) in keys.iter().enumerate() {
        if keys[..at].iter().any(|(_, before)| before == key) {
            found.push(Finding {
                range: *range,
                code: "duplicate-key",
                message: "this key stands in the literal already; the value here replaces the one before".to_owned(),
            });
        }
    }
}

/// Whether two entries of a literal certainly have the same key.
pub fn is_same_key(one: &MapEntry, other: &MapEntry) -> bool {
    let key = |it: &MapEntry| constant(&it.key()?).map(|it| it.1);
    key(one).is_some_and(|it| Some(it) == key(other))
}

fn constant(key: &Expr) -> Option<(TextRange, Const)> {
    match fold::fold(key)? {
        value @ (Const::Number(_) | Const::Str(_)) => Some((key.range(), value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(text: &str, expected: &[(&str, &str)]) {
        let parse = minilive_syntax::parse(text);
        let found = check(&parse.green);
        let found: Vec<_> = found.iter().map(|it| (it.code, &text[it.range])).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_behind_a_jump_is_never_reached() {
        found("while 1\n  break\n  x = 1\n  y = 2\nend while\n", &[("unreachable-code", "x = 1\n  y = 2")]);
        found("while 1\n  if a then break\n  x = 1\nend while\n", &[]);
        found("return\nprint 1\n", &[("unreachable-code", "print 1")]);
        found("if a then\n  return\nelse\n  x = 1\nend if\ny = 2\n", &[]);
    }

    #[test]
    fn a_return_of_the_program_ends_it() {
        let behind = |text: &str| {
            let statements = SourceFile::cast(minilive_syntax::parse(text).syntax())?.statements();
            let places = statements.map(|it| (it.syntax().kind(), it.syntax().text_range()));
            behind_return(places).map(|it| text[it.range].to_owned())
        };
        assert_eq!(
            behind("x = 1\nreturn\n// why\nprint 1\nf = function\n  return\nend function\n// end\n").as_deref(),
            Some("print 1\nf = function\n  return\nend function")
        );
        assert_eq!(behind("if x then return\nprint 1\n"), None);
        assert_eq!(behind("f = function\n  return 1\nend function\nprint f\nreturn\n// done\n"), None);
    }

    #[test]
    fn loops_keep_their_variables() {
        found(
            "for i in a\n  if i then i = 2\n  j = 1\n  f = function\n    i = 3\n  end function\nend for\ni = 4\n",
            &[("loop-variable", "i")],
        );
        found("for i in a\n  i.x = 1\nend for\n", &[]);
    }

    #[test]
    fn a_comparison_by_itself_is_hardly_meant() {
        found(
            "x == 1\nif a then\n  m.n[0] == x\nend if\n",
            &[("useless-comparison", "=="), ("useless-comparison", "==")],
        );
        found("x = y == 1\nif x == 1 then print 1\nx != 1\n1 == x\nf(1) == 2\nx == y == z\nprint x == 1\n", &[]);
    }

    #[test]
    fn a_reference_to_nothing_that_is_called() {
        found(
            "x = @5 + @f(1) + @f + @m.g + @a[1] + @[1]\n",
            &[("useless-reference", "@"), ("useless-reference", "@"), ("useless-reference", "@")],
        );
    }

    #[test]
    fn a_test_for_functions_needs_the_function_itself() {
        found("x = f isa funcRef\n", &[("called-instead", "f")]);
        found("if m.cb isa funcRef and @g isa funcRef then print 1\n", &[("called-instead", "m.cb")]);
        found("x = @f isa funcRef or m[\"f\"] isa funcRef or f(1) isa funcRef or f isa map\n", &[]);
    }

    #[test]
    fn a_key_twice_is_told_at_the_second_place() {
        found(
            "m = {\"a\": 1, \"b\": 2, \"a\": 3, 1: 4, 1.0: 5, x: 1, x: 2}\n",
            &[("duplicate-key", "\"a\""), ("duplicate-key", "1.0")],
        );
    }
}
