//! What meets maps without naming their members: keys that are worked out, and values that are compared or added as wholes.
//!
//! Part of the walk in `collect.rs`; rename asks, which must not change in one map what has to be the same in another. Invariant: what cannot be a map by its
//! form alone (a number, a text, a difference) is not told.

use super::collect::{Collector, constant_name};
use super::{Alike, KeyUse, Sym, Symbol};
use crate::fold;
use minilive_syntax::ast::{AssignStmt, AstNode, BinaryExpr, CompareExpr, Expr};
use minilive_syntax::{SyntaxKind, SyntaxNode};

impl Collector {
    /// `m[k]`, where `k` is no literal.
    pub(super) fn add_keyed(&mut self, owner: &Sym, key: &Expr) {
        if matches!(**owner, Symbol::Unknown | Symbol::Locals | Symbol::Outer | Symbol::Globals) {
            return;
        }
        if matches!(key, Expr::Literal(it) if constant_name(it).is_none()) {
            return;
        }
        let symbol = self.symbol(key);
        if *symbol != Symbol::Number {
            self.names.keyed.push(KeyUse { range: key.range(), owner: owner.clone(), key: symbol });
        }
    }

    /// `a == b` and `a != b`
    pub(super) fn compared(&mut self, node: &SyntaxNode) {
        let Some(chain) = CompareExpr::cast(node.clone()) else { return };
        let operands: Vec<Expr> = chain.operands().collect();
        for (pair, operator) in operands.windows(2).zip(chain.operators()) {
            if matches!(operator, SyntaxKind::EqEq | SyntaxKind::NotEq) {
                self.add_alike(&pair[0], &pair[1], false);
            }
        }
    }

    /// `a + b`
    pub(super) fn added(&mut self, node: &SyntaxNode) {
        let Some(chain) = BinaryExpr::cast(node.clone()) else { return };
        if !chain.operators().all(|it| it == SyntaxKind::Plus) {
            return;
        }
        let operands: Vec<Expr> = chain.operands().collect();
        if let Some((first, others)) = operands.split_first() {
            others.iter().for_each(|other| self.add_alike(first, other, true));
        }
    }

    /// `a += b`
    pub(super) fn added_to(&mut self, assign: &AssignStmt, target: &Expr) {
        if assign.operator() == Some(SyntaxKind::PlusEq)
            && let Some(value) = assign.value()
        {
            self.add_alike(target, &value, true);
        }
    }

    /// `l.indexOf(x)` and `l.replace(x, y)` compare with each element.
    pub(super) fn looked_for(&mut self, callee: &Sym, args: &[Expr]) {
        let (owner, wanted) = match (&**callee, args) {
            (Symbol::Member(owner, name), [wanted, ..]) if is_search(name) => (owner.clone(), wanted),
            (Symbol::Name(name), [owner, wanted, ..]) if is_search(name) => (self.symbol(owner), wanted),
            _ => return,
        };
        if may_be_map(wanted) {
            let (one, other) = (Symbol::Element(owner).into(), self.symbol(wanted));
            self.names.alike.push(Alike { one, other, is_sum: false });
        }
    }

    fn add_alike(&mut self, one: &Expr, other: &Expr, is_sum: bool) {
        if may_be_map(one) && may_be_map(other) {
            let (one, other) = (self.symbol(one), self.symbol(other));
            if one != other {
                self.names.alike.push(Alike { one, other, is_sum });
            }
        }
    }
}

fn is_search(method: &str) -> bool {
    matches!(method, "indexOf" | "replace")
}

/// Whether an expression may be a map or hold one, by its form.
fn may_be_map(it: &Expr) -> bool {
    match it {
        Expr::Name(name) => name.name_token().is_some_and(|it| fold::named_constant(it.text()).is_none()),
        Expr::Keyword(_) | Expr::Map(_) | Expr::List(_) | Expr::Postfix(_) | Expr::Paren(_) | Expr::Ref(_) => true,
        Expr::Unary(unary) => unary.operator() == Some(SyntaxKind::NewKw),
        _ => false,
    }
}
