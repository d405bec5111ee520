//! What the conditions around a place say of a value: inside of `if x isa Foo then`, `x` is one of those.
//!
//! Completion, signatures, hover and definitions ask it for what stands before a dot. Invariant: the nearest condition decides; like all of
//! inference this is a guide, since the value may be replaced between the condition and the place.

use super::infer::{Infer, Kind, Known, Object, UnitRef, type_map};
use crate::db::{self, LiveDb};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Sym, Symbol, symbol_before};
use minilive_syntax::ast::{AstNode, BinaryExpr, Expr, IfBranch, IfStmt, UnaryExpr, WhileStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextSize};
use rowan::GreenNode;

/// What a value is at an offset of the file.
pub fn value(infer: &mut Infer<'_>, db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Known {
    let known = infer.value(at, symbol);
    match tested(db, at, symbol, offset) {
        Some(class) => {
            let class = infer.value(at, &class);
            narrowed(infer, known, &class)
        }
        None => known,
    }
}

/// What is called at an offset, or stands before it: functions are left as they are.
pub fn uncalled(infer: &mut Infer<'_>, db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Known {
    let Symbol::Member(owner, name) = &**symbol else { return infer.uncalled(at, symbol) };
    if tested(db, at, owner, offset).is_none() {
        return infer.uncalled(at, symbol);
    }
    let owner = value(infer, db, at, owner, offset);
    let mut found = Known { kinds: Vec::new(), open: owner.open };
    for kind in &owner.kinds {
        found.join(infer.member(kind, name));
    }
    found
}

/// What is left of a value that is one of a class; the class itself where nothing of what is known is.
fn narrowed(infer: &mut Infer<'_>, known: Known, class: &Known) -> Known {
    let mut kinds = Vec::new();
    for of in &class.kinds {
        let Kind::Map(of) = *of else { return known };
        let is_one = |infer: &mut Infer<'_>, kind: &Kind| match (of, kind) {
            (Object::Host(name), kind) => type_map(kind) == Some(name),
            (_, Kind::Map(it)) => infer.chain(*it).iter().any(|(behind, _)| *behind == of.maker()),
            _ => false,
        };
        let mut fitting: Vec<_> = known.kinds.iter().filter(|kind| is_one(infer, kind)).cloned().collect();
        if fitting.is_empty() {
            fitting.push(match of {
                Object::Host(name) => Kind::of_type(name).unwrap_or(Kind::Map(of)),
                _ => Kind::Map(of),
            });
        }
        kinds.extend(fitting);
    }
    if kinds.is_empty() { known } else { Known { kinds, open: true } }
}

/// The class that the nearest condition around a place says a value is of.
fn tested(db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Option<Sym> {
    let placed = db::units(db, at.file).get(at.unit as usize)?;
    let root = SyntaxNode::new_root(placed.unit.green.clone());
    let offset = offset.checked_sub(placed.start)?.min(root.text_range().end());
    let unit = (&placed.unit.green, placed.unit.kind);
    let mut below: Option<SyntaxNode> = None;
    for node in root.token_at_offset(offset).left_biased()?.parent_ancestors() {
        if let Some(below) = &below {
            let found = conditions(&node, below).into_iter().find_map(|it| says(unit, &it, symbol));
            if found.is_some() {
                return found;
            }
        }
        if node.kind() == SyntaxKind::FunctionExpr {
            return None;
        }
        below = Some(node);
    }
    None
}

/// The conditions that hold in a part of a node because it stands there, the nearest first.
fn conditions(node: &SyntaxNode, below: &SyntaxNode) -> Vec<Expr> {
    match node.kind() {
        SyntaxKind::IfBranch if below.kind() == SyntaxKind::Block => {
            IfBranch::cast(node.clone()).and_then(|it| it.condition()).into_iter().collect()
        }
        SyntaxKind::WhileStmt if below.kind() == SyntaxKind::Block => {
            WhileStmt::cast(node.clone()).and_then(|it| it.condition()).into_iter().collect()
        }
        SyntaxKind::BinaryExpr => {
            let chain = BinaryExpr::cast(node.clone()).filter(|it| is_all(it, SyntaxKind::AndKw));
            let is_before = |it: &Expr| it.range().end() <= below.text_range().start();
            chain.into_iter().flat_map(|it| it.operands()).filter(is_before).collect()
        }
        SyntaxKind::Block => {
            let before = std::iter::successors(below.prev_sibling(), SyntaxNode::prev_sibling);
            before.filter_map(IfStmt::cast).filter_map(|it| behind(&it)).collect()
        }
        _ => Vec::new(),
    }
}

/// What holds behind `if not CONDITION then return`.
fn behind(statement: &IfStmt) -> Option<Expr> {
    let mut branches = statement.branches();
    let branch = branches.next().filter(|_| branches.next().is_none() && statement.else_branch().is_none())?;
    let last = branch.body()?.syntax().children().last()?;
    let leaves = matches!(last.kind(), SyntaxKind::ReturnStmt | SyntaxKind::ContinueStmt | SyntaxKind::BreakStmt);
    let not = branch.condition().and_then(|it| UnaryExpr::cast(it.syntax().clone())).filter(|_| leaves)?;
    not.operand().filter(|_| not.operator() == Some(SyntaxKind::NotKw))
}

fn is_all(chain: &BinaryExpr, operator: SyntaxKind) -> bool {
    chain.operators().all(|it| it == operator)
}

/// The class that a condition says a value is of.
fn says(unit: (&GreenNode, UnitKind), condition: &Expr, symbol: &Sym) -> Option<Sym> {
    match condition {
        Expr::Paren(inner) => says(unit, &inner.inner()?, symbol),
        Expr::Binary(chain) if is_all(chain, SyntaxKind::AndKw) => {
            chain.operands().find_map(|it| says(unit, &it, symbol))
        }
        Expr::Binary(chain) if is_all(chain, SyntaxKind::IsaKw) => {
            let mut operands = chain.operands();
            let (of, class) = (operands.next()?, operands.next()?);
            let is_it = symbol_before(unit.0, unit.1, of.range().end()).is_some_and(|it| it == *symbol);
            is_it.then(|| symbol_before(unit.0, unit.1, class.range().end()))?
        }
        _ => None,
    }
}
