//! The conditions around a place in a unit, and what they say of an expression.
//!
//! Part of `narrow`; checks ask it, too. Goes from the place outwards, so the nearest condition comes first. Invariant: trees of other units
//! are not looked at.

use crate::db::{self, LiveDb};
use crate::ide::infer::UnitRef;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Sym, Symbol, symbol_before};
use minilive_syntax::ast::{
    AssignStmt, AstNode, BinaryExpr, CompareExpr, ElseBranch, Expr, ForStmt, IfBranch, IfStmt, NameExpr, UnaryExpr,
    WhileStmt,
};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::{GreenNode, WalkEvent};
use smol_str::SmolStr;

/// What a condition says of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It is one of a class, or of one of some.
    OneOf(Vec<Sym>),
    /// It is none of a class.
    NoneOf(Sym),
    /// It is null.
    Null,
    /// It is not.
    NotNull,
    /// It holds as a condition.
    True,
    /// It does not.
    False,
}

/// What the conditions around a place say of a symbol, the nearest first.
pub fn tests(db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Vec<Test> {
    found(db, at, symbol, offset).unwrap_or_default()
}

fn found(db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Option<Vec<Test>> {
    let placed = db::units(db, at.file).get(at.unit as usize)?;
    let look = Look::new((&placed.unit.green, placed.unit.kind), symbol)?;
    let root = SyntaxNode::new_root(placed.unit.green.clone());
    let offset = offset.checked_sub(placed.start)?.min(root.text_range().end());
    let (mut below, mut looped): (Option<SyntaxNode>, Option<TextRange>) = (None, None);
    let mut tests = Vec::new();
    for node in root.token_at_offset(offset).left_biased()?.parent_ancestors() {
        if node.kind() == SyntaxKind::FunctionExpr {
            break;
        }
        if let Some(below) = &below {
            for (condition, holds) in conditions(&node, below) {
                let said = if look.mentions(&condition) { look.says(&condition, holds) } else { Vec::new() };
                let between = TextRange::new(condition.range().end().min(offset), offset);
                let is_replaced =
                    || look.is_assigned(&root, between) || looped.is_some_and(|it| look.is_assigned(&root, it));
                if !said.is_empty() && !is_replaced() {
                    tests.extend(said);
                }
            }
        }
        if matches!(node.kind(), SyntaxKind::WhileStmt | SyntaxKind::ForStmt) {
            looped = Some(node.text_range());
        }
        below = Some(node);
    }
    Some(tests)
}

/// What the nearest loop around a place goes through whose variable has that name, and where that stands; none if the variable may hold
/// something else by then.
pub fn iterated(db: &LiveDb, at: UnitRef, name: &SmolStr, offset: TextSize) -> Option<(Sym, TextSize)> {
    let placed = db::units(db, at.file).get(at.unit as usize)?;
    let root = SyntaxNode::new_root(placed.unit.green.clone());
    let offset = offset.checked_sub(placed.start)?.min(root.text_range().end());
    let token = root.token_at_offset(offset).left_biased()?;
    let around = token.parent_ancestors().take_while(|it| it.kind() != SyntaxKind::FunctionExpr);
    let loops = around.filter_map(ForStmt::cast);
    let it = loops.into_iter().find(|it| it.variable().is_some_and(|it| it.text() == name))?;
    let (of, variable) = (it.iterable()?.range().end(), it.variable()?.text_range());
    // Not where it is only about to be given its first element.
    if offset > variable.end() && offset <= of {
        return None;
    }
    let symbol: Sym = Symbol::Name(name.clone()).into();
    let look = Look::new((&placed.unit.green, placed.unit.kind), &symbol)?;
    let body = it.body()?.syntax().text_range();
    if look.is_assigned(&root, body) {
        return None;
    }
    Some((symbol_before(&placed.unit.green, placed.unit.kind, of)?, of + placed.start))
}

/// The conditions that come out one way in a part of a node because it stands there, the nearest first.
pub fn conditions(node: &SyntaxNode, below: &SyntaxNode) -> Vec<(Expr, bool)> {
    match node.kind() {
        SyntaxKind::IfBranch if below.kind() == SyntaxKind::Block => {
            IfBranch::cast(node.clone()).and_then(|it| it.condition()).map(|it| (it, true)).into_iter().collect()
        }
        SyntaxKind::IfStmt => {
            let before = std::iter::successors(below.prev_sibling(), SyntaxNode::prev_sibling);
            before.filter_map(IfBranch::cast).filter_map(|it| it.condition()).map(|it| (it, false)).collect()
        }
        SyntaxKind::WhileStmt if below.kind() == SyntaxKind::Block => {
            WhileStmt::cast(node.clone()).and_then(|it| it.condition()).map(|it| (it, true)).into_iter().collect()
        }
        SyntaxKind::BinaryExpr => {
            let Some(chain) = BinaryExpr::cast(node.clone()) else { return Vec::new() };
            let holds = is_all(&chain, SyntaxKind::AndKw);
            if !holds && !is_all(&chain, SyntaxKind::OrKw) {
                return Vec::new();
            }
            let is_before = |it: &Expr| it.range().end() <= below.text_range().start();
            chain.operands().filter(is_before).map(|it| (it, holds)).collect()
        }
        SyntaxKind::Block => {
            let before = std::iter::successors(below.prev_sibling(), SyntaxNode::prev_sibling);
            before.filter_map(IfStmt::cast).flat_map(|it| behind(&it)).collect()
        }
        _ => Vec::new(),
    }
}

/// What came out one way behind an `if` of which some branches leave.
fn behind(statement: &IfStmt) -> Vec<(Expr, bool)> {
    let leaves = |body: Option<minilive_syntax::ast::Block>| {
        let last = body.and_then(|it| it.syntax().children().last());
        let leaving = [SyntaxKind::ReturnStmt, SyntaxKind::ContinueStmt, SyntaxKind::BreakStmt];
        last.is_some_and(|it| leaving.contains(&it.kind()))
    };
    let branches: Vec<_> = statement.branches().collect();
    if branches.iter().all(|it| leaves(it.body())) {
        return branches.iter().filter_map(IfBranch::condition).map(|it| (it, false)).collect();
    }
    match (&*branches, statement.else_branch()) {
        ([only], Some(other)) if leaves(ElseBranch::body(&other)) => {
            only.condition().map(|it| (it, true)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What comes out one way because a condition does: itself, or what `not`, `and` and `or` make it of.
pub fn parts(condition: &Expr, holds: bool) -> Vec<(Expr, bool)> {
    match condition {
        Expr::Paren(paren) => paren.inner().map(|it| parts(&it, holds)).unwrap_or_default(),
        Expr::Unary(not) if UnaryExpr::operator(not) == Some(SyntaxKind::NotKw) => {
            not.operand().map(|it| parts(&it, !holds)).unwrap_or_default()
        }
        // All of them hold, or none does.
        Expr::Binary(chain) if is_all(chain, if holds { SyntaxKind::AndKw } else { SyntaxKind::OrKw }) => {
            chain.operands().flat_map(|it| parts(&it, holds)).collect()
        }
        _ => vec![(condition.clone(), holds)],
    }
}

/// Whether a condition anywhere in a unit names a variable, before a place.
pub fn ask_before(root: &SyntaxNode, name: &str, end: TextSize) -> bool {
    let conditions = root.descendants().filter_map(|it| match it.kind() {
        SyntaxKind::IfBranch => IfBranch::cast(it)?.condition(),
        SyntaxKind::WhileStmt => WhileStmt::cast(it)?.condition(),
        SyntaxKind::BinaryExpr => is_choice(&it).then(|| Expr::cast(it))?,
        _ => None,
    });
    let is_it = |it: NameExpr| it.range().end() < end && it.name_token().is_some_and(|it| it.text() == name);
    conditions.into_iter().any(|it| it.syntax().descendants().filter_map(NameExpr::cast).any(is_it))
}

/// Whether an operation takes its right side only where its left side says so.
fn is_choice(operation: &SyntaxNode) -> bool {
    let mut tokens = operation.children_with_tokens().filter_map(|it| it.into_token());
    tokens.any(|it| matches!(it.kind(), SyntaxKind::AndKw | SyntaxKind::OrKw))
}

fn is_all(chain: &BinaryExpr, operator: SyntaxKind) -> bool {
    chain.operators().all(|it| it == operator)
}

/// Looks for a symbol in a unit.
struct Look<'a> {
    unit: (&'a GreenNode, UnitKind),
    symbol: &'a Sym,
    /// The names in it, the last first; nothing is known of what has none.
    names: Vec<SmolStr>,
}

impl<'a> Look<'a> {
    fn new(unit: (&'a GreenNode, UnitKind), symbol: &'a Sym) -> Option<Look<'a>> {
        let (mut names, mut at): (Vec<SmolStr>, &Symbol) = (Vec::new(), symbol);
        loop {
            match at {
                Symbol::Name(name) => {
                    names.push(name.clone());
                    break;
                }
                Symbol::Member(of, name) => {
                    names.push(name.clone());
                    at = of;
                }
                Symbol::Ref(of) | Symbol::Element(of) => at = of,
                Symbol::SelfValue | Symbol::Super | Symbol::Locals | Symbol::Outer | Symbol::Globals => break,
                _ => return None,
            }
        }
        (!names.is_empty() || **symbol == Symbol::SelfValue).then_some(Look { unit, symbol, names })
    }

    /// Whether the last name of the symbol stands in a condition at all, which is quickly seen.
    fn mentions(&self, condition: &Expr) -> bool {
        let Some(name) = self.names.first() else { return true };
        let mut tokens = condition.syntax().descendants_with_tokens().filter_map(|it| it.into_token());
        tokens.any(|it| it.kind() == SyntaxKind::Ident && it.text() == name)
    }

    /// Whether something that the symbol names is assigned in a range.
    fn is_assigned(&self, root: &SyntaxNode, range: TextRange) -> bool {
        let names = |token: Option<minilive_syntax::SyntaxToken>| {
            token.is_some_and(|it| self.names.iter().any(|name| name == it.text()))
        };
        let is_outside = |it: &SyntaxNode| range.intersect(it.text_range()).is_none_or(TextRange::is_empty);
        let assigns = |node: SyntaxNode| {
            let starts_within = range.contains(node.text_range().start());
            let target = AssignStmt::cast(node.clone()).and_then(|it| it.target()).filter(|_| starts_within);
            let is_target = target.is_some_and(|it| {
                let tokens = it.syntax().descendants_with_tokens().filter_map(|it| it.into_token());
                names(tokens.filter(|it| it.kind() == SyntaxKind::Ident).last())
            });
            is_target || starts_within && ForStmt::cast(node).is_some_and(|it| names(it.variable()))
        };
        // Units may be long, and the range is mostly a small part of one.
        let mut walk = root.preorder();
        while let Some(event) = walk.next() {
            match event {
                WalkEvent::Enter(node) if is_outside(&node) => walk.skip_subtree(),
                WalkEvent::Enter(node) if assigns(node.clone()) => return true,
                _ => {}
            }
        }
        false
    }

    fn is_it(&self, expr: &Expr) -> bool {
        symbol_before(self.unit.0, self.unit.1, expr.range().end()).is_some_and(|it| it == *self.symbol)
    }

    /// What it says of the symbol that a condition holds, or does not.
    fn says(&self, condition: &Expr, holds: bool) -> Vec<Test> {
        parts(condition, holds).iter().filter_map(|(part, holds)| self.test(part, *holds)).collect()
    }

    /// The same of a condition that is not put together of others.
    fn test(&self, condition: &Expr, holds: bool) -> Option<Test> {
        match condition {
            // One of them holds.
            Expr::Binary(chain) if is_all(chain, SyntaxKind::OrKw) => self.one_of(chain),
            Expr::Binary(chain) if is_all(chain, SyntaxKind::IsaKw) => self.is_one(chain, holds),
            Expr::Compare(chain) => self.is_null(chain, holds),
            Expr::Name(_) | Expr::Postfix(_) => {
                self.is_it(condition).then_some(if holds { Test::True } else { Test::False })
            }
            _ => None,
        }
    }

    fn one_of(&self, chain: &BinaryExpr) -> Option<Test> {
        let mut all = Vec::new();
        for operand in chain.operands() {
            match &*self.says(&operand, true) {
                [Test::OneOf(classes)] => all.extend(classes.iter().cloned()),
                _ => return None,
            }
        }
        Some(Test::OneOf(all))
    }

    fn is_one(&self, chain: &BinaryExpr, holds: bool) -> Option<Test> {
        let mut operands = chain.operands();
        let (of, class) = (operands.next()?, operands.next()?);
        let class = symbol_before(self.unit.0, self.unit.1, class.range().end()).filter(|_| self.is_it(&of))?;
        Some(if holds { Test::OneOf(vec![class]) } else { Test::NoneOf(class) })
    }

    /// `x == null` and `x != null`, either way round.
    fn is_null(&self, chain: &CompareExpr, holds: bool) -> Option<Test> {
        let operands: Vec<_> = chain.operands().collect();
        let operators: Vec<_> = chain.operators().collect();
        let ([a, b], [operator]) = (&*operands, &*operators) else { return None };
        let is_null =
            |it: &Expr| matches!(it, Expr::Name(name) if name.name_token().is_some_and(|it| it.text() == "null"));
        let of = if is_null(b) { a } else { Some(b).filter(|_| is_null(a))? };
        let equal = match operator {
            SyntaxKind::EqEq => holds,
            SyntaxKind::NotEq => !holds,
            _ => return None,
        };
        self.is_it(of).then_some(if equal { Test::Null } else { Test::NotNull })
    }
}
