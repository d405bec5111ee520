//! Chains of suffixes: members, elements, slices and calls, with the rules for receivers.
//!
//! Called by `expressions` and `statements`. Invariants: receiver, then arguments, then lookup (LANGUAGE 3.10); `super` starts a
//! lookup but `self` stays the receiver (6.5); parentheses around a part of a chain change nothing, but for `(f)(x)`, which calls
//! what `f` gives.

use super::{Lowerer, Operand, Place};
use crate::fold::{self, unparen};
use crate::ir::{Const, Inst, NameId, Reg};
use crate::types::TypeSet;
use minilive_syntax::ast::{ArgList, AstNode, CallStmt, Expr, IndexSuffix, PostfixExpr, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxToken, TextRange};

/// What a chain starts with.
enum Base {
    /// A name that an argument list follows directly: what it holds is called.
    Callee(SyntaxToken),
    /// `super`
    Super(Expr),
    /// Any other value.
    Value(Expr),
}

/// One step of a chain: a suffix, together with the argument list behind it if that makes a method call.
struct Step {
    suffix: Suffix,
    args: Option<Vec<Expr>>,
    range: TextRange,
}

/// A whole chain without the parentheses around its parts.
struct Chain {
    base: Base,
    steps: Vec<Step>,
}

impl Lowerer {
    /// `a.b(c)[d]…`
    pub(super) fn postfix_into(&mut self, dst: Reg, expr: &PostfixExpr) -> TypeSet {
        match chain(expr, None) {
            Some(chain) => self.chain_into(dst, chain),
            None => self.broken(expr.range()),
        }
    }

    /// `f x, y`: the argument list is one more suffix.
    pub(super) fn call_statement_into(&mut self, dst: Reg, statement: &CallStmt) -> TypeSet {
        let range = statement.range();
        let (Some(callee), Some(args)) = (statement.callee(), statement.arg_list()) else {
            return self.broken(range);
        };
        let args: Vec<Expr> = args.args().collect();
        let is_paren = matches!(callee, Expr::Paren(_));
        match unparen(callee) {
            Expr::Postfix(expr) => match chain(&expr, Some((args, range))) {
                Some(chain) => self.chain_into(dst, chain),
                None => self.broken(range),
            },
            Expr::Name(name) if !is_paren => match name.name_token() {
                Some(token) => self.call_name(dst, &token, &args, range),
                None => self.broken(range),
            },
            callee => {
                let mark = self.builder.mark();
                let callee = self.operand(&callee).reg;
                let types = self.call_value(dst, callee, &args, range);
                self.builder.release(mark);
                types
            }
        }
    }

    /// `@a.b` and `@a[k]`: the last step fetches without invocation and without type maps.
    pub(super) fn ref_chain_into(&mut self, dst: Reg, expr: &PostfixExpr) -> TypeSet {
        let range = expr.range();
        let Some(mut parts) = chain(expr, None) else {
            return self.broken(range);
        };
        let is_fetch = parts.steps.last().is_some_and(|last| last.args.is_none());
        let fetched = match parts.steps.last().map(|last| &last.suffix) {
            Some(suffix @ (Suffix::Member(_) | Suffix::Index(_))) if is_fetch => suffix.clone(),
            _ => return self.chain_into(dst, parts),
        };
        parts.steps.pop();
        let mark = self.builder.mark();
        let obj = self.chain_operand(parts).reg;
        let inst = match fetched {
            Suffix::Member(member) => match member.name_token() {
                Some(token) => Inst::RefMember { dst, obj, name: self.builder.name(token.text()) },
                None => return self.broken(range),
            },
            Suffix::Index(index) => match self.constant_key(&index) {
                Some(name) => Inst::RefMember { dst, obj, name },
                None => Inst::RefIndex { dst, obj, key: self.operand_or_broken(index.index(), range).reg },
            },
            Suffix::Slice(_) | Suffix::Call(_) => return self.broken(range),
        };
        self.builder.release(mark);
        self.builder.emit(inst, TypeSet::ANY, range);
        TypeSet::ANY
    }

    /// What an assignment stores into: the value of all but the last suffix, and that suffix.
    pub(super) fn chain_but_last(&mut self, expr: &PostfixExpr) -> Option<(Reg, Suffix)> {
        let mut parts = chain(expr, None)?;
        let last = parts.steps.pop()?;
        let obj = self.chain_operand(parts).reg;
        last.args.is_none().then_some((obj, last.suffix))
    }

    /// The register that holds a chain's value.
    fn chain_operand(&mut self, chain: Chain) -> Operand {
        if let (Base::Value(base) | Base::Super(base), true) = (&chain.base, chain.steps.is_empty()) {
            return self.operand(base);
        }
        let reg = self.builder.temp();
        let types = self.chain_into(reg, chain);
        Operand { reg, types }
    }

    fn chain_into(&mut self, dst: Reg, chain: Chain) -> TypeSet {
        let mark = self.builder.mark();
        // Intermediate results must not touch a variable that later arguments may read.
        let acc = if self.is_variable(dst) { self.builder.temp() } else { dst };
        let n_steps = chain.steps.len();
        let mut steps = chain.steps.into_iter().enumerate();
        let mut this = None;
        let mut value = match chain.base {
            Base::Value(base) if n_steps == 0 => return self.into(dst, &base),
            Base::Value(base) => self.operand(&base),
            Base::Super(base) => {
                let value = self.operand(&base);
                this = Some(self.current_self(base.range()));
                value
            }
            Base::Callee(token) => match steps.next() {
                Some((at, Step { args: Some(args), range, .. })) => {
                    let reg = if at + 1 == n_steps { dst } else { acc };
                    let types = self.call_name(reg, &token, &args, range);
                    Operand { reg, types }
                }
                _ => return self.broken(token.text_range()),
            },
        };
        for (at, step) in steps {
            let to = if at + 1 == n_steps { dst } else { acc };
            let types = self.step(to, value.reg, this.take().unwrap_or(value.reg), &step);
            value = Operand { reg: to, types };
        }
        self.builder.release(mark);
        value.types
    }

    /// The current `self`, as the receiver of what `super.name` finds.
    fn current_self(&mut self, range: TextRange) -> Reg {
        let dst = self.builder.temp();
        self.builder.emit(Inst::LoadSelf { dst }, TypeSet::ANY, range);
        dst
    }

    /// Applies one suffix to the value in `obj`.
    fn step(&mut self, dst: Reg, obj: Reg, this: Reg, step: &Step) -> TypeSet {
        let range = step.range;
        let mark = self.builder.mark();
        let mut types = TypeSet::ANY;
        let inst = match &step.suffix {
            Suffix::Member(member) => {
                let Some(token) = member.name_token() else {
                    return self.broken(range);
                };
                match &step.args {
                    Some(args) => {
                        let args = self.values(args);
                        let name = self.builder.name(token.text());
                        Inst::CallMethod { dst, obj, this, name, args }
                    }
                    None => {
                        let name = self.builder.name(token.text());
                        Inst::GetMember { dst, obj, this, name }
                    }
                }
            }
            Suffix::Index(index) => match (&step.args, self.constant_key(index)) {
                (None, Some(name)) => Inst::GetKey { dst, obj, name },
                (None, None) => Inst::GetIndex { dst, obj, key: self.operand_or_broken(index.index(), range).reg },
                (Some(args), _) => {
                    let key = self.operand_or_broken(index.index(), range).reg;
                    let args = self.values(args);
                    Inst::CallIndex { dst, obj, this, key, args }
                }
            },
            Suffix::Slice(slice) => {
                let from = self.bound(slice.from(), range);
                let to = self.bound(slice.to(), range);
                types = TypeSet::LIST | TypeSet::STRING;
                Inst::Slice { dst, obj, from, to }
            }
            Suffix::Call(_) => {
                let args = step.args.as_deref().unwrap_or_default();
                let args = self.values(args);
                Inst::Call { dst, callee: obj, args }
            }
        };
        self.builder.release(mark);
        self.builder.emit(inst, types, range);
        types
    }

    /// The name that an index is if it is a text known now. A unit with very many of them keeps the rest as values: names are counted in 16 bits.
    pub(super) fn constant_key(&mut self, index: &IndexSuffix) -> Option<NameId> {
        match fold::fold(&index.index()?)? {
            Const::Str(text) if self.builder.has_room_for_names() => Some(self.builder.name(&text)),
            _ => None,
        }
    }

    /// A bound of a slice; a missing one is null.
    fn bound(&mut self, bound: Option<Expr>, range: TextRange) -> Reg {
        match bound {
            Some(bound) => self.operand(&bound).reg,
            None => self.null(range),
        }
    }

    /// `f(args)`: what `f` holds is called. A local is read after the arguments, anything else before them. Even `true` is an ordinary
    /// variable here.
    fn call_name(&mut self, dst: Reg, token: &SyntaxToken, args: &[Expr], range: TextRange) -> TypeSet {
        let mark = self.builder.mark();
        let is_local = !matches!(self.place(token.text()), Place::Free);
        let (callee, args) = if is_local {
            let args = self.values(args);
            match self.definite_register(token) {
                Some(reg) => (reg, args),
                None => {
                    // The arguments are still needed: the callee's register lies behind them.
                    (0..args.count).for_each(|_| {
                        self.builder.temp();
                    });
                    let callee = self.builder.temp();
                    self.variable_into(callee, token);
                    (callee, args)
                }
            }
        } else {
            let callee = self.builder.temp();
            self.variable_into(callee, token);
            (callee, self.values(args))
        };
        self.builder.release(mark);
        self.builder.emit(Inst::Call { dst, callee, args }, TypeSet::ANY, range);
        TypeSet::ANY
    }

    /// Calls a value that is in a register.
    fn call_value(&mut self, dst: Reg, callee: Reg, args: &[Expr], range: TextRange) -> TypeSet {
        let args = self.values(args);
        self.builder.emit(Inst::Call { dst, callee, args }, TypeSet::ANY, range);
        TypeSet::ANY
    }
}

/// Takes a chain apart; `args` is the argument list of the call statement it is the callee of. `None` if the tree is broken.
fn chain(expr: &PostfixExpr, args: Option<(Vec<Expr>, TextRange)>) -> Option<Chain> {
    // A chain in parentheses is the beginning of the chain around it.
    let mut nested = vec![expr.clone()];
    let (base, is_paren) = loop {
        let base = nested.last()?.base()?;
        let is_paren = matches!(base, Expr::Paren(_));
        match unparen(base) {
            Expr::Postfix(inner) => nested.push(inner),
            base => break (base, is_paren),
        }
    };
    let mut steps: Vec<Step> = Vec::new();
    for part in nested.iter().rev() {
        for suffix in part.suffixes() {
            let range = part.range_through(&suffix);
            match suffix {
                Suffix::Call(call) => {
                    let args = call.arg_list()?;
                    push_call(&mut steps, Suffix::Call(call), argument_list(&args), range);
                }
                suffix => steps.push(Step { suffix, args: None, range }),
            }
        }
    }
    let base = match base {
        Expr::Name(name) if !is_paren && matches!(steps.first()?.suffix, Suffix::Call(_)) => {
            Base::Callee(name.name_token()?)
        }
        Expr::Keyword(keyword) if keyword.keyword() == Some(SyntaxKind::SuperKw) => Base::Super(Expr::Keyword(keyword)),
        base => Base::Value(base),
    };
    if let Some((args, range)) = args {
        let last = steps.last()?.suffix.clone();
        push_call(&mut steps, last, args, range);
    }
    Some(Chain { base, steps })
}

/// Adds a call: behind a member or element it makes that step a method call, else it is a step of its own.
fn push_call(steps: &mut Vec<Step>, suffix: Suffix, args: Vec<Expr>, range: TextRange) {
    match steps.last_mut() {
        Some(last) if last.args.is_none() && matches!(last.suffix, Suffix::Member(_) | Suffix::Index(_)) => {
            last.args = Some(args);
            last.range = range;
        }
        _ => steps.push(Step { suffix, args: Some(args), range }),
    }
}

fn argument_list(args: &ArgList) -> Vec<Expr> {
    args.args().collect()
}
