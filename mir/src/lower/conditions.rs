//! Conditions of `if` and `while`: `and`, `or` and `not` become branches where nobody can see their value.
//!
//! Called by `statements`. A value of `and` is a product of degrees (LANGUAGE 3.8), but where the left operand is *crisp* (0, 1 or an
//! error, as comparisons are) the right operand alone decides, and no product has to be made. Invariant: each way through the
//! branches evaluates the same operands in the same order as the value would, and ends with the same error.

use super::{Label, Lowerer, Operand};
use crate::fold;
use crate::ir::{BinaryOp, Const, Inst, Reg, UnaryOp};
use crate::operators::{binary_op, unary_op};
use crate::types::{self, TypeSet};
use minilive_syntax::TextRange;
use minilive_syntax::ast::{BinaryExpr, Expr};

/// Nested deeper than this, an operand is not looked into any more.
const MAX_NESTING: u32 = 16;

impl Lowerer {
    /// Goes to `then` if an expression is true, else to `els`. `range` is the statement's condition.
    pub(super) fn condition(&mut self, expr: &Expr, then: Label, els: Label, range: TextRange) {
        self.condition_within(expr, (then, els), range, MAX_NESTING);
    }

    fn condition_within(&mut self, expr: &Expr, (then, els): (Label, Label), range: TextRange, nesting: u32) {
        if nesting > 0 && fold::fold(expr).is_none() {
            match expr {
                Expr::Paren(paren) => {
                    if let Some(inner) = paren.inner() {
                        return self.condition_within(&inner, (then, els), range, nesting - 1);
                    }
                }
                Expr::Unary(unary) if unary.operator().and_then(unary_op) == Some(UnaryOp::Not) => {
                    if let Some(operand) = unary.operand().filter(|it| Crisp::of(it, nesting).is_some()) {
                        return self.condition_within(&operand, (els, then), range, nesting - 1);
                    }
                }
                Expr::Binary(chain) if fold::fold_prefix(chain).is_none() => match chain_of(chain) {
                    Some(BinaryOp::And) => return self.conjunction(chain, (then, els), range, nesting),
                    Some(BinaryOp::Or) => return self.disjunction(chain, (then, els), range, nesting),
                    _ => {}
                },
                _ => {}
            }
        }
        let mark = self.builder.mark();
        let cond = self.operand(expr).reg;
        self.builder.release(mark);
        self.branch(cond, then, els, range);
    }

    /// `a and b and c …`: falsehood leaves at once. `acc` is the value so far, once an operand was not crisp; before, it is 1.
    fn conjunction(&mut self, chain: &BinaryExpr, (then, els): (Label, Label), range: TextRange, nesting: u32) {
        let mark = self.builder.mark();
        let to = self.builder.temp();
        let mut acc: Option<Operand> = None;
        let mut operands = chain.operands().peekable();
        let mut is_first = true;
        while let Some(operand) = operands.next() {
            let is_last = operands.peek().is_none();
            let on = if is_last { then } else { self.builder.label() };
            if acc.is_none() && (is_last || Crisp::of(&operand, nesting).is_some()) {
                self.condition_within(&operand, (on, els), range, nesting - 1);
            } else {
                let left = if is_first || acc.is_some() { acc } else { Some(self.number_into(to, 1.0, range)) };
                let value = self.combined(BinaryOp::And, to, left, &operand, range);
                self.branch(value.reg, on, els, range);
                acc = Some(value);
            }
            if !is_last {
                self.builder.place(on, range);
            }
            is_first = false;
        }
        self.builder.release(mark);
    }

    /// `a or b or c …`: truth leaves at once. `acc` is the value so far, once it has to be known; before, it is 0, or an error,
    /// which gives way to the next operand.
    fn disjunction(&mut self, chain: &BinaryExpr, (then, els): (Label, Label), range: TextRange, nesting: u32) {
        let mark = self.builder.mark();
        let to = self.builder.temp();
        let operands: Vec<Expr> = chain.operands().collect();
        let crisp: Vec<_> = operands.iter().map(|operand| Crisp::of(operand, nesting)).collect();
        let last = operands.len() - 1;
        let all_crisp = crisp[..last].iter().all(Option::is_some);
        let mut acc: Option<Operand> = None;
        for (i, operand) in operands.iter().enumerate() {
            let on = if i == last { els } else { self.builder.label() };
            if acc.is_none() && (crisp[i] == Some(Crisp::NoError) || (i == last && (all_crisp || i == 0))) {
                self.condition_within(operand, (then, on), range, nesting - 1);
            } else if all_crisp && i < last {
                let mark = self.builder.mark();
                let value = self.operand(operand);
                self.builder.release(mark);
                self.or_test(to, value, then, on, range);
            } else {
                let left = if i == 0 || acc.is_some() { acc } else { Some(self.number_into(to, 0.0, range)) };
                let value = self.combined(BinaryOp::Or, to, left, operand, range);
                if i == last {
                    self.branch(value.reg, then, els, range);
                } else {
                    self.or_test(to, value, then, on, range);
                }
                acc = Some(value);
            }
            if i < last {
                self.builder.place(on, range);
            }
        }
        self.builder.release(mark);
    }

    fn or_test(&mut self, dst: Reg, value: Operand, done: Label, rhs: Label, range: TextRange) {
        let test = Inst::OrTest { dst, a: value.reg, rhs: rhs.target(), done: done.target() };
        self.builder.emit(test, TypeSet::ANY, range);
    }

    /// The value of an operand, combined in `dst` with what stands on its left.
    fn combined(&mut self, op: BinaryOp, dst: Reg, left: Option<Operand>, right: &Expr, range: TextRange) -> Operand {
        let Some(left) = left else { return self.operand(right) };
        let mark = self.builder.mark();
        let right = self.operand(right);
        self.builder.release(mark);
        let types = types::binary(op, left.types, right.types);
        self.builder.emit(Inst::Binary { op, dst, a: left.reg, b: right.reg }, types, range);
        Operand { reg: dst, types }
    }

    fn number_into(&mut self, reg: Reg, number: f64, range: TextRange) -> Operand {
        let types = self.constant_into(reg, Const::Number(number), range);
        Operand { reg, types }
    }
}

/// The operator of a chain that consists of `and` or of `or` alone.
fn chain_of(chain: &BinaryExpr) -> Option<BinaryOp> {
    let mut operators = chain.operators();
    let first = binary_op(operators.next()?)?;
    let is_whole = chain.operands().count() == chain.operators().count() + 1;
    let alike = operators.all(|it| binary_op(it) == Some(first));
    (is_whole && alike && matches!(first, BinaryOp::And | BinaryOp::Or)).then_some(first)
}

/// What is known of an expression whose value is never a number other than 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crisp {
    /// It is 0 or 1.
    NoError,
    /// It may also be an error.
    MayBeError,
}

impl Crisp {
    fn of(expr: &Expr, nesting: u32) -> Option<Crisp> {
        let nesting = nesting.checked_sub(1)?;
        match expr {
            Expr::Paren(paren) => Crisp::of(&paren.inner()?, nesting),
            Expr::Unary(unary) if unary.operator().and_then(unary_op)? == UnaryOp::Not => {
                Crisp::of(&unary.operand()?, nesting)
            }
            Expr::Compare(chain) => {
                let equality = |op| matches!(binary_op(op), Some(BinaryOp::Eq | BinaryOp::Ne));
                Some(if chain.operators().all(equality) { Crisp::NoError } else { Crisp::MayBeError })
            }
            Expr::Binary(chain) if chain.operators().last().and_then(binary_op) == Some(BinaryOp::Isa) => {
                Some(Crisp::NoError)
            }
            Expr::Binary(chain) => {
                chain_of(chain)?;
                let mut all = Crisp::NoError;
                for operand in chain.operands() {
                    if Crisp::of(&operand, nesting)? == Crisp::MayBeError {
                        all = Crisp::MayBeError;
                    }
                }
                Some(all)
            }
            _ => None,
        }
    }
}
