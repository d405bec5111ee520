//! What a unit's text says that its author hardly meant, though it runs: found in its tree alone.
//!
//! The database asks for each unit; the editor shows the results as warnings. Invariants: nested functions are opaque; nothing is
//! reported that a program may reasonably contain.

mod fixed;

use crate::fold;
use crate::ir::Const;
use crate::names::ends::never_goes_on;
use crate::units::is_below;
use minilive_syntax::ast::{
    ArgList, AssignStmt, AstNode, BinaryExpr, Block, CallStmt, CompareExpr, Expr, ForStmt, LiteralValue, MapEntry,
    MapExpr, PostfixExpr, RefExpr, SourceFile, Stmt, Suffix,
};
use minilive_syntax::{MiniScript, SyntaxKind, SyntaxNode, TextRange};
use rowan::{GreenNodeData, Language as _, NodeOrToken, WalkEvent};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// The codes of everything here, in alphabetical order.
pub static CODES: &[&str] = &[
    "called-instead",
    "duplicate-key",
    "fixed-comparison",
    "loop-variable",
    "too-many-arguments",
    "unreachable-code",
    "useless-comparison",
    "useless-reference",
    "wrong-argument",
];

/// Stands for a code where nothing is told of the statement itself: what follows it at the top level is never reached.
pub const NEVER_GOES_ON: &str = "never-goes-on";

/// Stands for a code where nothing is told of the statement itself: it calls `exit`. Whether that is the function of the language is not to be
/// seen here.
pub const EXITS: &str = "exits";

/// Stands for `unreachable-code` under the same condition.
pub const BEHIND_EXIT: &str = "behind-exit";

/// Stands for `fixed-comparison` about the first variable in the range, if that never holds a function: to read such a one calls it, and it may
/// give something else each time.
pub const ABOUT_VARIABLE: &str = "fixed-unless-called";

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
    if let Some(statement) = Stmt::cast(root.clone()).filter(|it| !matches!(it, Stmt::Return(_)))
        && never_goes_on(&statement)
    {
        found.push(Finding { range: root.text_range(), code: NEVER_GOES_ON, message: end_of(&statement) });
    }
    if let Some(statement) = Stmt::cast(root.clone()).filter(exits) {
        found.push(Finding { range: root.text_range(), code: EXITS, message: end_of(&statement) });
    }
    let mut walk = root.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        let is_simple = matches!(node.kind(), SyntaxKind::AssignStmt | SyntaxKind::CallStmt | SyntaxKind::ExprStmt);
        let simple = is_simple.then(|| node.green().into_owned());
        match node.kind() {
            SyntaxKind::FunctionExpr if node != root => walk.skip_subtree(),
            SyntaxKind::Block => in_block(Block::cast(node).into_iter().flat_map(|it| it.statements()), &mut found),
            SyntaxKind::SourceFile => {
                in_block(SourceFile::cast(node).into_iter().flat_map(|it| it.statements()), &mut found);
            }
            SyntaxKind::MapExpr => duplicate_keys(&node, &mut found),
            SyntaxKind::ForStmt => loop_variable(&node, &mut found),
            SyntaxKind::RefExpr => useless_reference(&node, &mut found),
            SyntaxKind::PostfixExpr => call_of_literal(&node, &mut found),
            SyntaxKind::BinaryExpr if has_isa(&node.green()) => {
                function_test(&node, &mut found);
                quoted_type(&node, &mut found);
            }
            SyntaxKind::BinaryExpr => fixed::conjunction(&node, &mut found),
            SyntaxKind::CompareExpr => fixed::comparison(&node, &mut found),
            SyntaxKind::ExprStmt => {
                useless_comparison(&node, &mut found);
                import_of_nothing(&node, &mut found);
            }
            SyntaxKind::CallStmt => import_of_nothing(&node, &mut found),
            _ => {}
        }
        if simple.is_some_and(|it| !is_below(&it, is_looked_at)) {
            walk.skip_subtree();
        }
    }
    found
}

/// What a check looks for in a statement without others in it. Most have none of it, and a look at kinds alone costs less than one at places.
fn is_looked_at(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::FunctionExpr
            | SyntaxKind::MapExpr
            | SyntaxKind::RefExpr
            | SyntaxKind::IsaKw
            | SyntaxKind::CompareExpr
    )
}

fn has_isa(node: &GreenNodeData) -> bool {
    node.children().any(|it| MiniScript::kind_from_raw(it.kind()) == SyntaxKind::IsaKw)
}

/// Whether the first word of a statement is that one.
fn begins_with(statement: &SyntaxNode, word: &str) -> bool {
    let green = statement.green();
    let mut first: &GreenNodeData = &green;
    loop {
        match first.children().next() {
            Some(NodeOrToken::Node(it)) => first = it,
            Some(NodeOrToken::Token(it)) => return it.text() == word,
            None => return false,
        }
    }
}

/// What stands behind a `return` of the program itself, or behind the statement of which another finding says that it never goes on. Its
/// statements are units of their own, so this is asked of all of them.
pub fn behind_end(
    mut statements: impl Iterator<Item = (SyntaxKind, TextRange)>,
    end: Option<&Finding>,
) -> Option<Finding> {
    let is_end = |range: TextRange| end.filter(|it| it.range.start() == range.start());
    let message = statements.by_ref().find_map(|(kind, range)| match kind {
        SyntaxKind::ReturnStmt => Some("`return` comes before it".to_owned()),
        _ => is_end(range).map(|it| it.message.clone()),
    })?;
    let mut behind = statements.map(|(_, range)| range);
    let first = behind.next()?;
    Some(never_reached(behind.fold(first, TextRange::cover), &message))
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
        let again = ForStmt::cast(node.clone()).and_then(|it| it.variable()).filter(|it| it.text() == variable.text());
        if let Some(again) = again {
            found.push(Finding {
                range: again.text_range(),
                code: "loop-variable",
                message: format!(
                    "the loop around has the same variable; behind this one `{again}` is no element of it"
                ),
            });
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

/// `(function(a) … end function)(1, 2)`: too much for a function that is called where it is made.
fn call_of_literal(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let Some(chain) = PostfixExpr::cast(node.clone()) else { return };
    let (Some(Expr::Paren(paren)), Some(args)) = (chain.base(), first_call(&chain)) else { return };
    let Some(Expr::Function(function)) = paren.inner() else { return };
    let (takes, got) = (function.params().count(), args.args().count());
    if got > takes {
        let message = match takes {
            0 => format!("this function takes no arguments, not {got}"),
            1 => format!("this function takes at most 1 argument, not {got}"),
            _ => format!("this function takes at most {takes} arguments, not {got}"),
        };
        found.push(Finding { range: args.range(), code: "too-many-arguments", message });
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
    let behind = |end: usize| {
        let (first, last) = (statements.get(end + 1)?, statements.last()?);
        let range = TextRange::new(first.range().start(), last.range().end());
        Some(never_reached(range, &end_of(&statements[end])))
    };
    let end = statements.iter().position(never_goes_on);
    found.extend(end.and_then(behind));
    let exit = statements.iter().position(exits).filter(|&exit| end.is_none_or(|end| exit < end));
    found.extend(exit.and_then(behind).map(|it| Finding { code: BEHIND_EXIT, ..it }));
}

/// Whether a statement is a call of what has the name `exit`.
fn exits(statement: &Stmt) -> bool {
    begins_with(statement.syntax(), "exit")
        && called(statement.syntax()).is_some_and(|(callee, _)| name_of(&callee).as_deref() == Some("exit"))
}

/// Why nothing behind a statement is reached.
fn end_of(statement: &Stmt) -> String {
    match statement {
        Stmt::If(_) => "no way through the `if` before it leads here".to_owned(),
        Stmt::While(_) => "the loop before it never ends".to_owned(),
        _ => format!(
            "`{}` comes before it",
            statement.syntax().first_token().map_or_else(String::new, |it| it.to_string())
        ),
    }
}

fn never_reached(range: TextRange, why: &str) -> Finding {
    Finding { range, code: "unreachable-code", message: format!("this is never reached: {why}") }
}

/// `x isa "string"`: what stands right is a value like any other, and nothing but that text is one of its kind.
fn quoted_type(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let Some(chain) = BinaryExpr::cast(node.clone()).filter(|it| it.operators().eq([SyntaxKind::IsaKw])) else {
        return;
    };
    let Some(Expr::Literal(class)) = chain.operands().nth(1) else { return };
    if matches!(class.value(), Some(LiteralValue::String(_))) {
        let range = class.syntax().text_range();
        let text = class.syntax().text();
        let message =
            format!("`isa` takes a type or a class itself, without quotes: this is true of the text {text} alone");
        found.push(Finding { range, code: "fixed-comparison", message });
    }
}

/// `import` without the name of a module.
fn import_of_nothing(node: &SyntaxNode, found: &mut Vec<Finding>) {
    if !begins_with(node, "import") {
        return;
    }
    let is_import = |(callee, _): &(Expr, _)| name_of(callee).as_deref() == Some("import");
    let Some((callee, args)) = called(node).filter(is_import) else { return };
    let range = match args.as_ref().and_then(|it| it.args().next()) {
        None => callee.range(),
        Some(Expr::Literal(name)) if matches!(name.value(), Some(LiteralValue::String(it)) if it.is_empty()) => {
            name.syntax().text_range()
        }
        Some(_) => return,
    };
    let message = "`import` takes the name of a module, as in `import \"listUtil\"`; this gives an error".to_owned();
    found.push(Finding { range, code: "wrong-argument", message });
}

/// What a statement calls, and with what.
fn called(statement: &SyntaxNode) -> Option<(Expr, Option<ArgList>)> {
    if let Some(call) = CallStmt::cast(statement.clone()) {
        return Some((call.callee()?, call.arg_list()));
    }
    (statement.kind() == SyntaxKind::ExprStmt).then_some(())?;
    match statement.first_child().and_then(Expr::cast)? {
        Expr::Postfix(chain) => Some((chain.base()?, first_call(&chain))),
        other => Some((other, None)),
    }
}

fn first_call(chain: &PostfixExpr) -> Option<ArgList> {
    match chain.suffixes().next() {
        Some(Suffix::Call(call)) => call.arg_list(),
        _ => None,
    }
}

/// Keys that a later entry of the same literal overwrites.
fn duplicate_keys(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let entries = MapExpr::cast(node.clone()).into_iter().flat_map(|map| map.entries());
    let (mut simple, mut others): (FxHashSet<SimpleKey>, Vec<Const>) = Default::default();
    for (range, key) in entries.filter_map(|entry| constant(&entry.key()?)) {
        let again = match SimpleKey::of(&key) {
            Some(key) => !simple.insert(key),
            None if others.contains(&key) => true,
            None => {
                others.push(key);
                false
            }
        };
        if again {
            found.push(Finding {
                range,
                code: "duplicate-key",
                message: "this key stands in the literal already; the value here replaces the one before".to_owned(),
            });
        }
    }
}

/// A key as literals mostly have them: one of ten thousand is found without a look at each of the others.
#[derive(PartialEq, Eq, Hash)]
enum SimpleKey {
    Text(SmolStr),
    /// Bits of a number.
    Number(u64),
}

impl SimpleKey {
    /// `None` for keys of other types, and for numbers that equal others of other bits, or not even themselves.
    fn of(key: &Const) -> Option<SimpleKey> {
        match key {
            Const::Str(text) => Some(SimpleKey::Text(text.clone())),
            Const::Number(number) if *number != 0.0 && !number.is_nan() => Some(SimpleKey::Number(number.to_bits())),
            _ => None,
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
        found(
            "while b\n  if a then\n    return\n  else if c then\n    break\n  else\n    continue\n  end if\n  y = 2\nend while\n",
            &[("unreachable-code", "y = 2")],
        );
        found("while true\n  x = 1\nend while\ny = 2\n", &[("unreachable-code", "y = 2")]);
        found("while true\n  if x then break\nend while\ny = 2\n", &[]);
        found("while true\n  for i in x\n    break\n  end for\nend while\ny = 2\n", &[("unreachable-code", "y = 2")]);
        found("while x\n  x = 1\nend while\ny = 2\n", &[]);
        found("if a then return 1 else return 2\ny = 2\n", &[("unreachable-code", "y = 2")]);
        found("exit\nprint 1\n", &[("behind-exit", "print 1")]);
        found("exit 1\nprint 1\n", &[("behind-exit", "print 1")]);
        found("exit(1)\nprint 1\n", &[("behind-exit", "print 1")]);
        found("x = exit\nif a then exit\n@exit\nm.exit\n[exit]\nprint exit\nprint 1\n", &[]);
    }

    #[test]
    fn a_return_of_the_program_ends_it() {
        let behind = |text: &str| {
            let statements = SourceFile::cast(minilive_syntax::parse(text).syntax())?.statements();
            let places = statements.map(|it| (it.syntax().kind(), it.syntax().text_range()));
            let statements = SourceFile::cast(minilive_syntax::parse(text).syntax())?.statements();
            let findings = statements.flat_map(|it| {
                let start = it.range().start();
                check(&it.syntax().green()).into_iter().map(move |at| Finding { range: at.range + start, ..at })
            });
            let end = findings.into_iter().find(|it| it.code == NEVER_GOES_ON);
            behind_end(places, end.as_ref()).map(|it| text[it.range].to_owned())
        };
        assert_eq!(
            behind("x = 1\nreturn\n// why\nprint 1\nf = function\n  return\nend function\n// end\n").as_deref(),
            Some("print 1\nf = function\n  return\nend function")
        );
        assert_eq!(behind("if x then return\nprint 1\n"), None);
        assert_eq!(behind("f = function\n  return 1\nend function\nprint f\nreturn\n// done\n"), None);
        assert_eq!(
            behind("while 1\n  x = 1\nend while\nprint 1\nreturn\nprint 2\n").as_deref(),
            Some("print 1\nreturn\nprint 2")
        );
        assert_eq!(behind("if x then\n  return\nelse\n  return\nend if\nprint 1\n").as_deref(), Some("print 1"));
        assert_eq!(behind("while 1\n  if x then break\nend while\nprint 1\n"), None);
    }

    #[test]
    fn loops_keep_their_variables() {
        found(
            "for i in a\n  if i then i = 2\n  j = 1\n  f = function\n    i = 3\n  end function\nend for\ni = 4\n",
            &[("loop-variable", "i")],
        );
        found("for i in a\n  i.x = 1\nend for\n", &[]);
        found("for i in a\n  for i in b\n    print i\n  end for\nend for\n", &[("loop-variable", "i")]);
        found("for i in a\n  for j in b\n  end for\nend for\nfor i in a\nend for\n", &[]);
    }

    #[test]
    fn a_function_is_called_where_it_is_made() {
        found("x = (function(a)\nend function)(1, 2)\n", &[("too-many-arguments", "(1, 2)")]);
        found("x = (function(a)\nend function)(1)\ny = (@f)(1, 2)\nz = (function(a)\nend function).b(1, 2)\n", &[]);
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
    fn a_type_is_no_text() {
        found("x = y isa \"string\" and z isa string\n", &[("fixed-comparison", "\"string\"")]);
        found("x = y == \"string\"\n", &[]);
    }

    #[test]
    fn an_import_names_its_module() {
        found("import\n", &[("wrong-argument", "import")]);
        found(
            "import()\nimport \"\"\nimport(\"\")\n",
            &[("wrong-argument", "import"), ("wrong-argument", "\"\""), ("wrong-argument", "\"\"")],
        );
        found("import \"a\"\nimport a\nx = @import\n", &[]);
    }

    #[test]
    fn a_key_twice_is_told_at_the_second_place() {
        found(
            "m = {\"a\": 1, \"b\": 2, \"a\": 3, 1: 4, 1.0: 5, x: 1, x: 2}\n",
            &[("duplicate-key", "\"a\""), ("duplicate-key", "1.0")],
        );
    }
}
