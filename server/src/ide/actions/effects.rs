//! What evaluating a piece of code may do beside giving a value, judged by its MIR and by types that are certain.
//!
//! Read by the actions that move code. Invariants: code that may call a program's function is not harmless, and reading a name calls what
//! it holds unless types rule that out; whatever is not known is taken for the worst.

use super::context::Context;
use crate::db::{self, FileFacts};
use minilive_mir::ir::{Inst, Reg, Unit, UnitKind};
use minilive_mir::names::Symbol;
use minilive_mir::types::TypeSet;
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AstNode, BinaryExpr, CompareExpr, Expr, IfBranch, Param, Stmt, WhileStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use std::sync::Arc;

/// What is shown by the name of a global that holds it, inside of others.
pub(super) const CONTAINER: TypeSet = TypeSet::LIST.with(TypeSet::MAP);

/// The code of one unit with places and types.
pub(super) struct Judge {
    unit: Arc<Unit>,
    /// Per instruction, in the file.
    ranges: Vec<TextRange>,
    /// Per instruction: what it gives; empty if nothing is known.
    types: Vec<TypeSet>,
    facts: Arc<FileFacts>,
}

impl Judge {
    /// The judge of a unit.
    pub fn of(ctx: &Context<'_>, unit: u32) -> Option<Judge> {
        let file = ctx.document.file;
        let placed = db::units(ctx.db, file).get(unit as usize)?;
        let ranges = db::unit_places(ctx.db, placed.unit).ranges.iter().map(|it| *it + placed.start).collect();
        // Who imports this file may change what its names hold.
        let code = db::function_mir(ctx.db, placed.unit).unit.clone();
        let types = if ctx.others.may_import() {
            db::unit_types_alone(&code).results
        } else {
            super::super::types::certain(ctx.db, file, unit as usize)
        };
        Some(Judge { unit: code, ranges, types, facts: ctx.facts() })
    }

    fn within(&self, range: TextRange) -> impl Iterator<Item = usize> + '_ {
        // Where a unit ends nothing is written.
        (0..self.ranges.len()).filter(move |&it| range.contains_range(self.ranges[it]) && !self.ranges[it].is_empty())
    }

    fn gives(&self, inst: usize) -> TypeSet {
        match self.types.get(inst) {
            Some(&set) if set != TypeSet::NONE => set,
            _ => TypeSet::ANY,
        }
    }

    /// Whether it does not matter when an instruction is carried out: a constant, or a function by its only name.
    fn is_fixed(&self, at: usize) -> bool {
        match self.unit.insts[at] {
            Inst::Const { .. } | Inst::Jump { .. } => true,
            Inst::LoadFree { name, .. } => match &*self.facts.globals(self.unit.name(name)).take(2).collect::<Vec<_>>()
            {
                [] => intrinsics::find(self.unit.name(name)).is_some(),
                [(unit, value)] => {
                    self.facts.unit(*unit).kind == UnitKind::Statement && matches!(***value, Symbol::Function(_))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an instruction only makes a value out of others.
    fn is_harmless(&self, at: usize) -> bool {
        match self.unit.insts[at] {
            Inst::Const { .. }
            | Inst::Move { .. }
            | Inst::LoadLocal { .. }
            | Inst::LoadEnv { .. }
            | Inst::LoadFree { .. }
            | Inst::Binary { .. }
            | Inst::Unary { .. }
            | Inst::GetIndex { .. }
            | Inst::GetKey { .. }
            | Inst::Slice { .. }
            | Inst::MakeList { .. }
            | Inst::AppendList { .. }
            | Inst::MakeMap { .. }
            | Inst::MakeFunction { .. }
            | Inst::Jump { .. }
            | Inst::Branch { .. }
            | Inst::AndTest { .. }
            | Inst::OrTest { .. }
            | Inst::CheckUncaught { .. } => true,
            Inst::AutoCall { src, .. } => !self.may_hold(src, at, TypeSet::FUNCTION),
            _ => false,
        }
    }

    /// Whether a register may hold a value of one of these types where an instruction reads it.
    fn may_hold(&self, reg: Reg, at: usize, types: TypeSet) -> bool {
        let writes = |&it: &usize| self.unit.insts[it].dst() == Some(reg);
        let is_one = |it: usize| self.gives(it).may_be(types);
        if (reg.0 as usize) < self.unit.params.len() {
            return true;
        }
        if self.unit.locals.iter().any(|it| it.reg == reg) {
            // Any of its assignments may be the last one before.
            return (0..self.ranges.len()).filter(|it| writes(it)).any(is_one);
        }
        (0..at).rev().find(writes).is_none_or(is_one)
    }

    /// Whether evaluating an expression does nothing but give a value.
    pub fn harmless(&self, range: TextRange) -> bool {
        self.within(range).all(|it| self.is_harmless(it))
    }

    /// Whether evaluating an expression does nothing but give a value, which is no error.
    pub fn never_fails(&self, range: TextRange) -> bool {
        let fails = |it: usize| match self.unit.insts[it] {
            Inst::Binary { .. } | Inst::Unary { .. } => self.gives(it).may_be(TypeSet::ERROR),
            // What is not there ends the program.
            Inst::GetIndex { .. } | Inst::GetKey { .. } | Inst::Slice { .. } => true,
            _ => false,
        };
        self.within(range).all(|it| self.is_harmless(it) && !fails(it))
    }

    /// Whether the value of an expression may be a function.
    pub fn may_be_function(&self, expr: &Expr) -> bool {
        let expr = unparen(expr.clone());
        // Of the operators `or` alone gives what it was given.
        let by_operator = match &expr {
            Expr::Literal(_) | Expr::List(_) | Expr::Map(_) | Expr::Compare(_) | Expr::Unary(_) => false,
            Expr::Binary(chain) => chain.operators().any(|it| it == SyntaxKind::OrKw),
            _ => true,
        };
        if !by_operator {
            return false;
        }
        let last = self.last_of(expr.range());
        last.is_none_or(|it| self.gives(it).may_be(TypeSet::FUNCTION))
    }

    /// Whether an expression may give a list or a map: of globals these are shown by their names inside of others. What is not known may be
    /// one.
    pub fn may_be_container(&self, expr: &Expr) -> bool {
        let last = self.last_of(unparen(expr.clone()).range());
        last.is_none_or(|it| self.gives(it).may_be(CONTAINER))
    }

    /// Whether an expression certainly gives a string.
    pub fn is_string(&self, expr: &Expr) -> bool {
        let last = self.last_of(unparen(expr.clone()).range());
        last.is_some_and(|it| self.gives(it).is_within(TypeSet::STRING))
    }

    /// Whether the left operand of an operator, which with its operands takes up a range, may be a list or a map.
    pub fn left_may_be_container(&self, range: TextRange) -> bool {
        self.last_of(range).is_none_or(|at| match self.unit.insts[at] {
            Inst::Binary { a, .. } => self.may_hold(a, at, CONTAINER),
            _ => true,
        })
    }

    /// The instruction that gives the value of an expression.
    fn last_of(&self, range: TextRange) -> Option<usize> {
        (0..self.ranges.len()).rev().find(|&it| self.ranges[it] == range && self.unit.insts[it].dst().is_some())
    }

    /// Whether this is a statement of the file, whose variables are globals.
    pub fn is_of_file(&self) -> bool {
        self.unit.kind == UnitKind::Statement
    }

    /// Whether a name of this unit may hold a function wherever it is read.
    pub fn name_may_be_function(&self, name: &str) -> bool {
        if self.unit.params.iter().any(|it| self.unit.name(it.name) == name) {
            return true;
        }
        if let Some(local) = self.unit.locals.iter().find(|it| self.unit.name(it.name) == name) {
            return self.may_hold(local.reg, self.ranges.len(), TypeSet::FUNCTION);
        }
        let reads = (0..self.ranges.len()).filter(|&it| match self.unit.insts[it] {
            Inst::LoadFree { name: it, .. } => self.unit.name(it) == name,
            _ => false,
        });
        let mut sets = reads.map(|it| self.gives(it)).peekable();
        sets.peek().is_none() || sets.any(|it| it.may_be(TypeSet::FUNCTION))
    }

    /// Whether a global may be given a value of one of these types here.
    pub fn may_store(&self, name: &str, types: TypeSet) -> bool {
        (0..self.ranges.len()).any(|at| match self.unit.insts[at] {
            Inst::StoreGlobal { name: it, src } => self.unit.name(it) == name && self.may_hold(src, at, types),
            _ => false,
        })
    }

    /// Whether whatever stands at a place may be a function.
    pub fn may_be_function_at(&self, range: TextRange) -> bool {
        let mut loads = self.within(range).filter(|&it| self.unit.insts[it].dst().is_some()).peekable();
        // A variable that is used in place has no instruction of its own: it is one that holds no function.
        loads.any(|it| self.gives(it).may_be(TypeSet::FUNCTION))
    }

    /// Whether nothing is evaluated in a statement before a part of it.
    pub fn nothing_before(&self, part: TextRange, statement: TextRange) -> bool {
        let Some(first) = self.within(part).min().or_else(|| self.reader_of(part, statement)) else { return false };
        let mut before = self.within(statement).filter(|&it| it < first);
        before.all(|it| self.is_fixed(it))
    }

    /// The instruction that reads a variable in place: of those whose text holds it, the last one of the shortest.
    fn reader_of(&self, part: TextRange, statement: TextRange) -> Option<usize> {
        let holders = self.within(statement).filter(|&it| self.ranges[it].contains_range(part));
        holders.min_by_key(|&it| (self.ranges[it].len(), std::cmp::Reverse(it)))
    }

    /// Whether an expression can be evaluated before everything else in its statement, as it would be behind a statement before.
    pub fn may_go_first(&self, expr: TextRange, statement: TextRange) -> bool {
        let Some(first) = self.within(expr).min() else { return true };
        let mut before = self.within(statement).filter(|&it| it < first && !expr.contains_range(self.ranges[it]));
        let mut nothing = true;
        let harmless = before.all(|it| {
            nothing &= self.is_fixed(it);
            self.is_harmless(it)
        });
        nothing || harmless && self.harmless(expr)
    }
}

/// Without parentheses around it.
pub(super) fn unparen(mut expr: Expr) -> Expr {
    while let Expr::Paren(paren) = &expr {
        let Some(inner) = paren.inner() else { break };
        expr = inner;
    }
    expr
}

/// The statement of which an expression is evaluated exactly once whenever the statement is carried out.
pub(super) fn evaluated_once_in(expr: &SyntaxNode) -> Option<Stmt> {
    let mut inner = expr.clone();
    loop {
        let outer = inner.parent()?;
        let index = || outer.children().position(|it| it == inner);
        match outer.kind() {
            SyntaxKind::BinaryExpr => {
                let logic = BinaryExpr::cast(outer.clone())?
                    .operators()
                    .any(|it| matches!(it, SyntaxKind::AndKw | SyntaxKind::OrKw));
                if logic && index()? > 0 {
                    return None;
                }
            }
            SyntaxKind::CompareExpr if CompareExpr::can_cast(outer.kind()) && index()? > 1 => return None,
            kind if Param::can_cast(kind) || WhileStmt::can_cast(kind) => return None,
            kind if IfBranch::can_cast(kind) && IfBranch::cast(outer.clone())?.else_token().is_some() => return None,
            _ => {}
        }
        if let Some(statement) = Stmt::cast(outer.clone()) {
            return Some(statement);
        }
        if outer.kind() == SyntaxKind::Block {
            return None;
        }
        inner = outer;
    }
}
