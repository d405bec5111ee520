//! Expressions: names, literals, keywords, and where their values go.
//!
//! Called by `statements`; operators and chains of suffixes stand in `operators` and `calls`. Invariants: `into` writes the given
//! register with its last instruction only, unless the register is a temporary; reading a bare name ends with the automatic call
//! of LANGUAGE 5.6 unless the value cannot be a function.

use super::{Lowerer, Operand, Place};
use crate::fold::{self, unparen};
use crate::ir::{Const, Inst, Reg, RegRange};
use crate::scope::Read;
use crate::types::TypeSet;
use minilive_syntax::ast::{AstNode, Expr, KeywordExpr, ListExpr, MapExpr, NameExpr, RefExpr};
use minilive_syntax::{SyntaxKind, SyntaxToken, TextRange};

/// Literals are made in pieces of at most this many values, so that long ones do not need long frames.
pub(super) const PIECE: usize = 64;

impl Lowerer {
    /// Computes an expression into a register.
    pub(super) fn into(&mut self, dst: Reg, expr: &Expr) -> TypeSet {
        let range = expr.range();
        match expr {
            Expr::Literal(_) => match fold::fold(expr) {
                Some(value) => self.constant_into(dst, value, range),
                None => self.broken(range),
            },
            Expr::Paren(paren) => match paren.inner() {
                Some(inner) => self.into(dst, &inner),
                None => self.broken(range),
            },
            Expr::Name(name) => self.name_into(dst, name),
            Expr::Keyword(keyword) => self.keyword_into(dst, keyword),
            Expr::List(list) => self.list_into(dst, list),
            Expr::Map(map) => self.map_into(dst, map),
            Expr::Ref(reference) => self.ref_into(dst, reference),
            Expr::Unary(unary) => self.unary_into(dst, unary),
            Expr::Binary(chain) => self.binary_into(dst, chain),
            Expr::Compare(chain) => self.compare_into(dst, chain),
            Expr::Postfix(chain) => self.postfix_into(dst, chain),
            Expr::Function(_) => {
                let child = self.child(range.start());
                self.builder.emit(Inst::MakeFunction { dst, child }, TypeSet::FUNCTION, range);
                TypeSet::FUNCTION
            }
            Expr::Error(_) => self.broken(range),
        }
    }

    /// The register that holds an expression's value: a variable's own where that is enough, else a fresh temporary.
    pub(super) fn operand(&mut self, expr: &Expr) -> Operand {
        if let Some(operand) = self.variable_operand(expr) {
            return operand;
        }
        let reg = self.builder.temp();
        let types = self.into(reg, expr);
        Operand { reg, types }
    }

    /// As [`Lowerer::operand`], for a part of the tree that may be missing.
    pub(super) fn operand_or_broken(&mut self, expr: Option<Expr>, range: TextRange) -> Operand {
        match expr {
            Some(expr) => self.operand(&expr),
            None => {
                let types = self.broken(range);
                let reg = self.builder.temp();
                Operand { reg, types }
            }
        }
    }

    /// The register of a variable that is certainly assigned and never a function.
    fn variable_operand(&self, expr: &Expr) -> Option<Operand> {
        let name = match expr {
            Expr::Name(name) => name.name_token()?,
            Expr::Paren(paren) => return self.variable_operand(&paren.inner()?),
            _ => return None,
        };
        let variable = self.scope.variable(name.text())?;
        let Place::Register(reg) = self.places[variable as usize] else {
            return None;
        };
        let types = self.scope.variables[variable as usize].types;
        let definite = self.scope.read_at(name.text_range().start()).definite;
        let plain = fold::named_constant(name.text()).is_none() && !types.may_be(TypeSet::FUNCTION);
        (definite && plain).then_some(Operand { reg, types })
    }

    /// The read of a bare name, with automatic invocation.
    fn name_into(&mut self, dst: Reg, name: &NameExpr) -> TypeSet {
        let Some(token) = name.name_token() else {
            return self.broken(name.range());
        };
        let range = name.range();
        if let Some(value) = fold::named_constant(token.text()) {
            return self.constant_into(dst, value, range);
        }
        if let Some(operand) = self.variable_operand(&Expr::Name(name.clone())) {
            let Operand { reg: src, types } = operand;
            self.builder.emit(Inst::Move { dst, src }, types, range);
            return types;
        }
        // A variable's register is not written before the call is over.
        let mark = self.builder.mark();
        let src = match self.definite_register(&token) {
            Some(reg) => reg,
            None => {
                let temp = if self.is_variable(dst) { self.builder.temp() } else { dst };
                self.raw_name_into(temp, &token);
                temp
            }
        };
        self.builder.release(mark);
        self.builder.emit(Inst::AutoCall { dst, src }, TypeSet::ANY, range);
        TypeSet::ANY
    }

    /// The register of a variable that is certainly assigned, whatever it holds.
    pub(super) fn definite_register(&self, token: &SyntaxToken) -> Option<Reg> {
        match self.place(token.text()) {
            Place::Register(reg) if self.scope.read_at(token.text_range().start()).definite => Some(reg),
            _ => None,
        }
    }

    /// The read of a bare name without invocation.
    pub(super) fn raw_name_into(&mut self, dst: Reg, token: &SyntaxToken) -> TypeSet {
        let range = token.text_range();
        if let Some(value) = fold::named_constant(token.text()) {
            return self.constant_into(dst, value, range);
        }
        self.variable_into(dst, token)
    }

    /// What a variable holds, whatever it is called.
    pub(super) fn variable_into(&mut self, dst: Reg, token: &SyntaxToken) -> TypeSet {
        let range = token.text_range();
        let Read { definite, deferred } = self.scope.read_at(range.start());
        let inst = match self.place(token.text()) {
            Place::Register(src) if definite => Inst::Move { dst, src },
            Place::Register(local) => Inst::LoadLocal { dst, local, name: self.builder.name(token.text()), deferred },
            Place::Env(slot) => Inst::LoadEnv { dst, slot, deferred },
            Place::Free => Inst::LoadFree { dst, name: self.builder.name(token.text()) },
        };
        self.builder.emit(inst, TypeSet::ANY, range);
        TypeSet::ANY
    }

    /// `self`, `super`, `locals`, `outer`, `globals`: never invoked.
    fn keyword_into(&mut self, dst: Reg, keyword: &KeywordExpr) -> TypeSet {
        let range = keyword.range();
        let (inst, types) = match keyword.keyword() {
            Some(SyntaxKind::SelfKw) => (Inst::LoadSelf { dst }, TypeSet::ANY),
            Some(SyntaxKind::SuperKw) => (Inst::LoadSuper { dst }, TypeSet::ANY),
            Some(SyntaxKind::LocalsKw) => (Inst::LoadLocals { dst }, TypeSet::MAP),
            Some(SyntaxKind::OuterKw) => (Inst::LoadOuter { dst }, TypeSet::MAP),
            Some(SyntaxKind::GlobalsKw) => (Inst::LoadGlobals { dst }, TypeSet::MAP),
            _ => return self.broken(range),
        };
        self.builder.emit(inst, types, range);
        types
    }

    /// `@ e`: a name, member or element as it is; anything else is just its value.
    fn ref_into(&mut self, dst: Reg, reference: &RefExpr) -> TypeSet {
        let range = reference.range();
        match reference.operand().map(unparen) {
            Some(Expr::Name(name)) => match name.name_token() {
                Some(token) => self.raw_name_into(dst, &token),
                None => self.broken(range),
            },
            Some(Expr::Postfix(chain)) => self.ref_chain_into(dst, &chain),
            Some(other) => self.into(dst, &other),
            None => self.broken(range),
        }
    }

    /// `[a, b, …]`
    fn list_into(&mut self, dst: Reg, list: &ListExpr) -> TypeSet {
        let range = list.range();
        let elements: Vec<Expr> = list.elements().collect();
        let mut pieces = elements.chunks(PIECE);
        let first = pieces.next().unwrap_or_default();
        let elems = self.values(first);
        self.builder.emit(Inst::MakeList { dst, elems }, TypeSet::LIST, range);
        for piece in pieces {
            let mark = self.builder.mark();
            let elems = self.values(piece);
            self.builder.release(mark);
            self.builder.emit(Inst::AppendList { list: dst, elems }, TypeSet::NONE, range);
        }
        TypeSet::LIST
    }

    /// Computes expressions into consecutive temporaries, which are given back: the next instruction has to take them.
    pub(super) fn values(&mut self, exprs: &[Expr]) -> RegRange {
        let mark = self.builder.mark();
        let mut run = RegRange::EMPTY;
        for expr in exprs {
            let reg = self.builder.temp();
            if run.count == 0 {
                run.first = reg;
            }
            run.count += 1;
            self.into(reg, expr);
        }
        self.builder.release(mark);
        run
    }

    /// `{k: v, …}`
    fn map_into(&mut self, dst: Reg, map: &MapExpr) -> TypeSet {
        let range = map.range();
        let mut pairs: Vec<Expr> = Vec::new();
        for entry in map.entries() {
            let (Some(key), Some(value)) = (entry.key(), entry.value()) else {
                return self.broken(range);
            };
            pairs.extend([key, value]);
        }
        let (first, rest) = pairs.split_at(pairs.len().min(PIECE));
        let run = self.values(first);
        self.builder.emit(Inst::MakeMap { dst, pairs: run }, TypeSet::MAP, range);
        for pair in rest.chunks(2) {
            let mark = self.builder.mark();
            let key = self.operand(&pair[0]).reg;
            let src = self.operand(&pair[1]).reg;
            self.builder.release(mark);
            self.builder.emit(Inst::SetIndex { obj: dst, key, src }, TypeSet::NONE, range);
        }
        TypeSet::MAP
    }

    /// A constant that an expression folds to, if it does and is not a literal already.
    pub(super) fn folded_into(&mut self, dst: Reg, expr: &Expr) -> Option<TypeSet> {
        let value: Const = fold::fold(expr)?;
        Some(self.constant_into(dst, value, expr.range()))
    }
}
