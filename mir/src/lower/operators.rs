//! Operators: prefix operators, chains of one precedence level, comparison chains, `and` and `or`.
//!
//! Called by `expressions`. Invariants: operands are evaluated from left to right, each once; chains are walked in a loop however
//! long they are; constant prefixes are folded as LANGUAGE 5.9 says.

use super::{Lowerer, Operand};
use crate::fold;
use crate::ir::{BinaryOp, Inst, Reg};
use crate::operators::{binary_op, unary_op};
use crate::types::{self, TypeSet};
use minilive_syntax::ast::{AstNode, BinaryExpr, CompareExpr, Expr, UnaryExpr};
use minilive_syntax::{SyntaxKind, TextRange};

impl Lowerer {
    /// `-e`, `not e`, `new e`
    pub(super) fn unary_into(&mut self, dst: Reg, unary: &UnaryExpr) -> TypeSet {
        let range = unary.range();
        if let Some(types) = self.folded_into(dst, &Expr::Unary(unary.clone())) {
            return types;
        }
        let (Some(op), Some(operand)) = (unary.operator().and_then(unary_op), unary.operand()) else {
            return self.broken(range);
        };
        let mark = self.builder.mark();
        let operand = self.operand(&operand);
        self.builder.release(mark);
        let types = types::unary(op, operand.types);
        let src = operand.reg;
        self.builder.emit(Inst::Unary { op, dst, src }, types, range);
        types
    }

    /// `a op b op c …`
    pub(super) fn binary_into(&mut self, dst: Reg, chain: &BinaryExpr) -> TypeSet {
        let range = chain.range();
        let mut links = Links::new(chain);
        let folded = fold::fold_prefix(chain);
        // Intermediate results must not touch a variable that later operands may read.
        let mark = self.builder.mark();
        let acc = if self.is_variable(dst) { self.builder.temp() } else { dst };
        let mut left = match folded {
            Some((value, used)) => {
                let covered = links.skip(used);
                let whole = links.is_done();
                let reg = if whole { dst } else { acc };
                let types = self.constant_into(reg, value, TextRange::new(range.start(), covered.end()));
                if whole {
                    self.builder.release(mark);
                    return types;
                }
                Operand { reg, types }
            }
            None => match links.first() {
                Some(first) => self.operand(&first),
                None => return self.broken(range),
            },
        };
        while let Some((operator, right)) = links.next() {
            let Some(op) = binary_op(operator) else {
                return self.broken(range);
            };
            let range = TextRange::new(range.start(), right.range().end());
            let to = if links.is_done() { dst } else { acc };
            left = match op {
                BinaryOp::And | BinaryOp::Or => self.logic(op, to, left, &right, range),
                _ => self.arithmetic(op, to, left, &right, range),
            };
        }
        self.builder.release(mark);
        if !links.was_whole() {
            return self.broken(range);
        }
        left.types
    }

    /// One step of a chain that evaluates its right operand always.
    fn arithmetic(&mut self, op: BinaryOp, dst: Reg, left: Operand, right: &Expr, range: TextRange) -> Operand {
        let mark = self.builder.mark();
        let right = self.operand(right);
        self.builder.release(mark);
        let types = types::binary(op, left.types, right.types);
        let (a, b) = (left.reg, right.reg);
        self.builder.emit(Inst::Binary { op, dst, a, b }, types, range);
        Operand { reg: dst, types }
    }

    /// One step of `and` or `or`, which may leave out its right operand.
    fn logic(&mut self, op: BinaryOp, dst: Reg, left: Operand, right: &Expr, range: TextRange) -> Operand {
        let (rhs, done) = (self.builder.label(), self.builder.label());
        let a = left.reg;
        let test = if op == BinaryOp::And {
            Inst::AndTest { dst, a, rhs: rhs.target(), done: done.target() }
        } else {
            Inst::OrTest { dst, a, rhs: rhs.target(), done: done.target() }
        };
        self.builder.emit(test, TypeSet::ANY, range);
        self.builder.place(rhs, range);
        let result = self.arithmetic(op, dst, left, right, range);
        self.builder.place(done, range);
        result
    }

    /// `a < b`, and `a < b <= c …`: all operands first, then the comparisons, then their product.
    pub(super) fn compare_into(&mut self, dst: Reg, chain: &CompareExpr) -> TypeSet {
        let range = chain.range();
        if let Some(types) = self.folded_into(dst, &Expr::Compare(chain.clone())) {
            return types;
        }
        let operators: Vec<_> = chain.operators().filter_map(binary_op).collect();
        let exprs: Vec<Expr> = chain.operands().collect();
        if operators.is_empty() || exprs.len() != operators.len() + 1 {
            return self.broken(range);
        }
        let mark = self.builder.mark();
        let acc = if self.is_variable(dst) && operators.len() > 1 { self.builder.temp() } else { dst };
        let operands: Vec<Operand> = exprs.iter().map(|expr| self.operand(expr)).collect();
        let mut product: Option<Operand> = None;
        for (at, (&op, pair)) in operators.iter().zip(operands.windows(2)).enumerate() {
            let is_last = at + 1 == operators.len();
            let part_types = types::binary(op, pair[0].types, pair[1].types);
            let part = match product {
                None if is_last => dst,
                None => acc,
                Some(_) => self.builder.temp(),
            };
            let (a, b) = (pair[0].reg, pair[1].reg);
            self.builder.emit(Inst::Binary { op, dst: part, a, b }, part_types, range);
            let result = match product {
                None => Operand { reg: part, types: part_types },
                Some(before) => {
                    let types = types::binary(BinaryOp::Mul, before.types, part_types);
                    let reg = if is_last { dst } else { acc };
                    let inst = Inst::Binary { op: BinaryOp::Mul, dst: reg, a: before.reg, b: part };
                    self.builder.emit(inst, types, range);
                    Operand { reg, types }
                }
            };
            product = Some(result);
        }
        self.builder.release(mark);
        product.map_or(TypeSet::ANY, |product| product.types)
    }
}

/// The operands and operators of a chain, one step at a time, with a look ahead.
struct Links {
    operands: std::vec::IntoIter<Expr>,
    operators: std::vec::IntoIter<SyntaxKind>,
}

impl Links {
    fn new(chain: &BinaryExpr) -> Links {
        Links {
            operands: chain.operands().collect::<Vec<_>>().into_iter(),
            operators: chain.operators().collect::<Vec<_>>().into_iter(),
        }
    }

    /// The leftmost operand.
    fn first(&mut self) -> Option<Expr> {
        self.operands.next()
    }

    /// Leaves out the first operands and the operators between them; the text of the last of them.
    fn skip(&mut self, operands: usize) -> TextRange {
        let last = self.operands.nth(operands - 1);
        if operands >= 2 {
            self.operators.nth(operands - 2);
        }
        last.map_or(TextRange::default(), |last| last.range())
    }

    /// The next step; an operator whose right operand is missing stays.
    fn next(&mut self) -> Option<(SyntaxKind, Expr)> {
        let right = self.operands.next()?;
        Some((self.operators.next()?, right))
    }

    /// Whether every operator had its right operand.
    fn was_whole(&self) -> bool {
        self.operators.as_slice().is_empty()
    }

    fn is_done(&self) -> bool {
        self.operators.as_slice().is_empty() || self.operands.as_slice().is_empty()
    }
}
