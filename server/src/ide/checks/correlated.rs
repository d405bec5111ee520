//! Whether the conditions around a read say that a variable has a value, which ways through the code alone do not.
//!
//! Part of `checks`, asked where a variable has a value on some ways only. Three habits are known: a flag that is set beside the variable
//! (`first = false`), a condition that is asked twice, and a loop that certainly runs (`for i in range(1, 9)`). Invariant: a flag is a
//! variable that only statements of the same function, or of the file, give a value; who asks sees to that.

use super::super::narrow::conditions::{conditions, parts};
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, ForStmt, FunctionExpr, IfStmt, LiteralValue, NameExpr, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::WalkEvent;

/// What is known of a flag inside a piece of code: it is true there, or it is not.
struct Known {
    flag: String,
    holds: bool,
    inside: SyntaxNode,
}

/// Whether a read certainly finds a value because of the conditions around it; `is_own` says of which variables all values are seen.
pub(super) fn has_value(read: &NameExpr, is_own: impl Fn(&str) -> bool) -> bool {
    let Some(name) = read.name_token() else { return false };
    let node = read.syntax();
    let scope = node.ancestors().find(|it| FunctionExpr::can_cast(it.kind()) || it.parent().is_none());
    let Some(scope) = scope else { return false };
    let look = Look { scope: &scope, name: name.text(), read: node.text_range() };
    if look.is_given_by_loop() {
        return true;
    }
    let known = conditions_around(node, &scope);
    known.iter().filter(|it| is_own(&it.flag)).any(|it| {
        let values = assignments(&scope, &it.flag);
        let is_set_inside = values.iter().any(|value| it.inside.text_range().contains_range(value.range));
        !is_set_inside && (look.is_set_beside(it, &values) || look.is_asked_before(it, &values))
    })
}

/// An assignment of a variable: by a statement, or by a loop.
pub(super) struct Assigned {
    /// Where; of a loop, its beginning.
    pub(super) range: TextRange,
    statement: Option<AssignStmt>,
}

/// The assignments of a name in a function's own code, or in the file's.
pub(super) fn assignments(scope: &SyntaxNode, name: &str) -> Vec<Assigned> {
    let (mut found, mut walk) = (Vec::new(), scope.preorder());
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        if FunctionExpr::can_cast(node.kind()) && node != *scope {
            walk.skip_subtree();
        }
        let range = node.text_range();
        if ForStmt::cast(node.clone()).and_then(|it| it.variable()).is_some_and(|it| it.text() == name) {
            found.push(Assigned { range: TextRange::at(range.start(), TextSize::new(1)), statement: None });
        }
        let assign = AssignStmt::cast(node).filter(|it| it.target().is_some_and(|it| is_name(&it, name)));
        found.extend(assign.map(|it| Assigned { range, statement: Some(it) }));
    }
    found
}

pub(super) fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Name(it) if it.name_token().is_some_and(|it| it.text() == name))
}

struct Look<'a> {
    scope: &'a SyntaxNode,
    name: &'a str,
    read: TextRange,
}

impl Look<'_> {
    /// Whether a loop before, in a block around the read, certainly runs and gives the variable a value in its first round.
    fn is_given_by_loop(&self) -> bool {
        assignments(self.scope, self.name).iter().any(|it| {
            let assign = it.statement.as_ref().map(|it| it.syntax().clone());
            let around = match &assign {
                Some(assign) => assign.parent().and_then(|block| block.parent()),
                None => self.scope.covering_element(it.range).ancestors().find(|it| ForStmt::can_cast(it.kind())),
            };
            let Some(around) = around.and_then(ForStmt::cast) else { return false };
            let is_before = around.range().end() <= self.read.start();
            let block = around.syntax().parent();
            let is_around = block.is_some_and(|it| it.text_range().contains_range(self.read));
            is_before
                && is_around
                && around.iterable().is_some_and(|it| has_elements(&it))
                && assign.is_none_or(|it| !leaves_before(&around, &it))
        })
    }

    /// Whether the flag gets its value by constants alone, and beside each that makes it what it is the variable gets one.
    fn is_set_beside(&self, known: &Known, values: &[Assigned]) -> bool {
        let is_param = FunctionExpr::cast(self.scope.clone()).is_some_and(|it| {
            let mut names = it.params().filter_map(|it| it.name_token());
            names.any(|it| it.text() == known.flag)
        });
        let fits = |it: &Assigned| {
            let Some(statement) = &it.statement else { return false };
            let truth = statement.value().filter(|_| statement.operator() == Some(SyntaxKind::Eq));
            match truth.and_then(|it| truth_of(&it)) {
                Some(truth) => truth != known.holds || self.is_assigned_beside(statement.syntax()),
                None => false,
            }
        };
        !is_param && !values.is_empty() && values.iter().all(fits)
    }

    /// Whether a statement of the same block assigns the variable, and nothing between can lead elsewhere.
    fn is_assigned_beside(&self, flag: &SyntaxNode) -> bool {
        let is_plain =
            |it: &SyntaxNode| matches!(it.kind(), SyntaxKind::AssignStmt | SyntaxKind::CallStmt | SyntaxKind::ExprStmt);
        let assigns = |it: &SyntaxNode| {
            let target = AssignStmt::cast(it.clone()).and_then(|it| it.target());
            target.is_some_and(|it| is_name(&it, self.name)) && !it.text_range().contains_range(self.read)
        };
        let side = |next: fn(&SyntaxNode) -> Option<SyntaxNode>| {
            let mut others = std::iter::successors(next(flag), next).take_while(is_plain);
            others.any(|it| assigns(&it))
        };
        side(|it| it.prev_sibling()) || side(|it| it.next_sibling())
    }

    /// Whether an `if` before, in a block around the read, asked the same and assigned the variable then; the flag has kept its value since.
    fn is_asked_before(&self, known: &Known, values: &[Assigned]) -> bool {
        let before = |it: &SyntaxNode| it.text_range().end() <= self.read.start();
        let own = assignments(self.scope, self.name);
        let assigns = own.iter().filter_map(|it| it.statement.as_ref()).map(AssignStmt::syntax);
        assigns.filter(|it| before(it)).any(|it| {
            let Some(branch) = it.parent().and_then(|block| block.parent()) else { return false };
            let Some(asked) = branch.parent().and_then(IfStmt::cast).map(|it| it.syntax().clone()) else {
                return false;
            };
            let is_around = asked.parent().is_some_and(|it| it.text_range().contains_range(self.read));
            let same = conditions_around(it, &asked).iter().any(|it| it.flag == known.flag && it.holds == known.holds);
            let kept = values.iter().all(|it| it.range.end() <= asked.text_range().start());
            before(&asked) && is_around && same && kept
        })
    }
}

/// Whether something in a loop's body may lead elsewhere before one of its statements.
fn leaves_before(around: &ForStmt, statement: &SyntaxNode) -> bool {
    let leaves = |it: &SyntaxNode| matches!(it.kind(), SyntaxKind::BreakStmt | SyntaxKind::ContinueStmt);
    let before = |it: &SyntaxNode| it.text_range().end() <= statement.text_range().start();
    around.syntax().descendants().any(|it| leaves(&it) && before(&it))
}

/// Whether what a loop goes over certainly has elements: a list literal with some, or a `range` without a step, which has one at least.
fn has_elements(iterable: &Expr) -> bool {
    match iterable {
        Expr::List(list) => list.elements().next().is_some(),
        Expr::Postfix(chain) => {
            let suffixes: Vec<_> = chain.suffixes().collect();
            let [Suffix::Call(call)] = &*suffixes else { return false };
            let count = call.arg_list().into_iter().flat_map(|it| it.args()).count();
            (1..=2).contains(&count) && chain.base().is_some_and(|it| is_name(&it, "range"))
        }
        _ => false,
    }
}

/// What the conditions between a piece of code and what is around it say of variables. What an `if` before it asked is left out: the flag may
/// have been given another value since.
fn conditions_around(node: &SyntaxNode, around: &SyntaxNode) -> Vec<Known> {
    let mut found = Vec::new();
    let mut inside = node.clone();
    while inside != *around {
        let Some(outer) = inside.parent() else { break };
        let here = if outer.kind() == SyntaxKind::Block { Vec::new() } else { conditions(&outer, &inside) };
        for (part, holds) in here.iter().flat_map(|(condition, holds)| parts(condition, *holds)) {
            let Expr::Name(name) = part else { continue };
            let flag = name.name_token().map(|it| it.text().to_owned());
            found.extend(flag.map(|flag| Known { flag, holds, inside: inside.clone() }));
        }
        inside = outer;
    }
    found
}

/// Whether a constant is true as a condition.
fn truth_of(value: &Expr) -> Option<bool> {
    match value {
        Expr::Name(name) => match name.name_token()?.text() {
            "true" => Some(true),
            "false" | "null" => Some(false),
            _ => None,
        },
        Expr::Literal(literal) => match literal.value()? {
            LiteralValue::Number(number) => Some(number != 0.0),
            LiteralValue::String(text) => Some(!text.is_empty()),
        },
        _ => None,
    }
}
