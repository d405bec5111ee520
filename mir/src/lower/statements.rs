//! Statements: assignments, branches, loops, returns, and expressions for their effect.
//!
//! Called by `unit` for bodies. Invariants: temporaries made in a statement are given back at its end; a variable's register is
//! written by the last instruction of an assignment only; the order of evaluation is that of LANGUAGE 3.10.

use super::{Label, LoopLabels, Lowerer, Operand, Place, is_stepwise};
use crate::fold;
use crate::ir::{BinaryOp, Inst, InstId, RecordKind, Reg, UnitKind};
use crate::operators::assign_op;
use crate::types::{self, TypeSet};
use minilive_syntax::ast::{
    AssignStmt, AstNode, Block, Expr, ForStmt, IfStmt, NameExpr, PostfixExpr, ReturnStmt, Stmt, Suffix, WhileStmt,
};
use minilive_syntax::{SyntaxKind, TextRange};

impl Lowerer {
    /// Lowers a statement.
    pub(super) fn statement(&mut self, statement: &Stmt) {
        let line = self.lines.line_of(statement.range().start());
        let outer_line = self.builder.set_line(line);
        let mark = self.builder.mark();
        let range = statement.range();
        match statement {
            Stmt::While(statement) => self.while_loop(statement),
            Stmt::For(statement) => self.for_loop(statement),
            Stmt::If(statement) => self.branches(statement),
            Stmt::Break(_) => self.leave("break", range),
            Stmt::Continue(_) => self.leave("continue", range),
            Stmt::Return(statement) => self.return_(statement),
            Stmt::Assign(statement) => self.assignment(statement),
            Stmt::Call(statement) => {
                let dst = self.builder.temp();
                let types = self.call_statement_into(dst, statement);
                self.discard(Operand { reg: dst, types }, range);
            }
            Stmt::Expr(statement) => match statement.expr() {
                Some(expr) => {
                    let value = self.operand(&expr);
                    self.discard(value, range);
                }
                None => {
                    self.broken(range);
                }
            },
        }
        self.builder.release(mark);
        self.builder.set_line(outer_line);
    }

    fn block(&mut self, block: Option<Block>) {
        if let Some(block) = block {
            block.statements().for_each(|statement| self.statement(&statement));
        }
    }

    /// The end of an expression statement.
    fn discard(&mut self, value: Operand, range: TextRange) {
        let inst = self.builder.emit(Inst::CheckUncaught { src: value.reg }, TypeSet::NONE, range);
        if value.types != TypeSet::NULL {
            self.builder.record(inst, value.reg, RecordKind::Statement);
        }
    }

    fn return_(&mut self, statement: &ReturnStmt) {
        let value = match statement.value() {
            Some(value) => self.operand(&value),
            None => Operand { reg: self.null(statement.range()), types: TypeSet::NULL },
        };
        let inst = self.builder.emit(Inst::Return { src: value.reg }, TypeSet::NONE, statement.range());
        if value.types != TypeSet::NULL {
            self.builder.record(inst, value.reg, RecordKind::Return);
        }
    }

    /// `break` and `continue`.
    fn leave(&mut self, word: &'static str, range: TextRange) {
        match self.loops.last() {
            Some(&labels) => {
                let to = if word == "break" { labels.out } else { labels.on };
                self.builder.jump(to, range);
            }
            None => {
                // The parser reports it.
                self.unsupported(&format!("`{word}` stands outside of any loop"), range);
            }
        }
    }
}

/// Branches and loops.
impl Lowerer {
    fn branches(&mut self, statement: &IfStmt) {
        let range = statement.range();
        let done = self.builder.label();
        let mut branches = statement.branches().peekable();
        let otherwise = statement.else_branch();
        while let Some(branch) = branches.next() {
            // An `else if` is a statement of its own.
            if let Some(token) = branch.if_token() {
                let line = self.lines.line_of(token.text_range().start());
                self.builder.set_line(line);
            }
            let then = self.builder.label();
            let is_last = branches.peek().is_none() && otherwise.is_none();
            let els = if is_last { done } else { self.builder.label() };
            let condition_range = branch.condition().map_or(branch.range(), |condition| condition.range());
            self.condition_or_broken(branch.condition(), (then, els), branch.range());
            self.builder.place(then, condition_range);
            self.block(branch.body());
            if !is_last {
                if self.builder.is_reachable() {
                    self.builder.jump(done, range);
                }
                self.builder.place(els, range);
            }
        }
        if let Some(otherwise) = otherwise {
            self.block(otherwise.body());
        }
        self.builder.place(done, range);
    }

    /// As [`Lowerer::condition`], for a part of the tree that may be missing.
    fn condition_or_broken(&mut self, condition: Option<Expr>, (then, els): (Label, Label), range: TextRange) {
        match condition {
            Some(condition) => self.condition(&condition, then, els, condition.range()),
            None => {
                let mark = self.builder.mark();
                let cond = self.operand_or_broken(None, range).reg;
                self.builder.release(mark);
                self.branch(cond, then, els, range);
            }
        }
    }

    pub(super) fn branch(&mut self, cond: Reg, then: Label, els: Label, range: TextRange) {
        let inst = Inst::Branch { cond, then: then.target(), els: els.target() };
        self.builder.emit(inst, TypeSet::NONE, range);
    }

    fn while_loop(&mut self, statement: &WhileStmt) {
        let range = statement.range();
        let (head, body, out) = (self.builder.label(), self.builder.label(), self.builder.label());
        let condition_range = statement.condition().map_or(range, |condition| condition.range());
        self.builder.place_head(head, condition_range);
        let condition = statement.condition();
        let endless = condition.as_ref().is_some_and(fold::is_always_true);
        let is_constant = condition.as_ref().is_some_and(|condition| fold::constant(condition).is_some());
        if endless && !is_constant {
            // A literal that is never empty is made for the effects in it only: no way leads out here.
            let mark = self.builder.mark();
            self.operand_or_broken(condition, range);
            self.builder.release(mark);
        } else if !endless {
            self.condition_or_broken(condition, (body, out), range);
            self.builder.place(body, condition_range);
        }
        self.loop_body(statement.body(), LoopLabels { on: head, out }, range);
        self.builder.place(out, range);
    }

    fn for_loop(&mut self, statement: &ForStmt) {
        let range = statement.range();
        let (head, body, out) = (self.builder.label(), self.builder.label(), self.builder.label());
        let iterable_range = statement.iterable().map_or(range, |iterable| iterable.range());
        let (obj, pos) = (self.builder.temp(), self.builder.temp());
        let mark = self.builder.mark();
        let src = self.operand_or_broken(statement.iterable(), range).reg;
        self.builder.release(mark);
        self.builder.emit(Inst::IterInit { obj, pos, src }, TypeSet::NONE, iterable_range);
        self.builder.place_head(head, iterable_range);
        let Some(variable) = statement.variable() else {
            // The loop is broken; what it iterates has been looked at.
            self.broken(range);
            self.builder.place(out, range);
            return;
        };
        let place = self.place(variable.text());
        let dst = match place {
            Place::Register(reg) => reg,
            Place::Env(_) | Place::Free => self.builder.temp(),
        };
        let next = Inst::IterNext { obj, pos, dst, body: body.target(), done: out.target() };
        let inst = self.builder.emit(next, TypeSet::ANY, variable.text_range());
        if matches!(place, Place::Register(_)) {
            self.builder.record(inst, dst, RecordKind::ForVariable);
        }
        self.builder.place(body, range);
        if !matches!(place, Place::Register(_)) {
            let inst = self.store(variable.text(), dst, variable.text_range());
            self.builder.record(inst, dst, RecordKind::ForVariable);
        }
        self.builder.release(mark);
        self.loop_body(statement.body(), LoopLabels { on: head, out }, range);
        self.builder.place(out, range);
    }

    /// The body of a loop and the way back to its head.
    fn loop_body(&mut self, body: Option<Block>, labels: LoopLabels, range: TextRange) {
        self.loops.push(labels);
        self.block(body);
        self.loops.pop();
        if self.builder.is_reachable() {
            self.builder.jump(labels.on, range);
        }
    }
}

/// Assignments.
impl Lowerer {
    fn assignment(&mut self, statement: &AssignStmt) {
        let range = statement.range();
        let op = match statement.operator() {
            Some(SyntaxKind::Eq) => None,
            Some(operator) => assign_op(operator),
            None => {
                self.broken(range);
                return;
            }
        };
        match (statement.target(), statement.value()) {
            (Some(Expr::Name(name)), Some(value)) => self.assign_name(&name, op, &value, range),
            (Some(Expr::Postfix(target)), Some(value)) => self.assign_element(&target, op, &value, range),
            _ => {
                self.broken(range);
            }
        }
    }

    /// `x = e` and `x op= e`
    fn assign_name(&mut self, name: &NameExpr, op: Option<BinaryOp>, value: &Expr, range: TextRange) {
        let Some(token) = name.name_token() else {
            self.broken(range);
            return;
        };
        let Place::Register(local) = self.place(token.text()) else {
            let mark = self.builder.mark();
            let dst = self.builder.temp();
            match op {
                None => {
                    self.into(dst, value);
                }
                Some(op) => self.update(op, dst, name, value, range),
            }
            let inst = self.store(token.text(), dst, range);
            self.builder.record(inst, dst, RecordKind::Assign);
            self.builder.release(mark);
            return;
        };
        match op {
            Some(op) => self.update(op, local, name, value, range),
            None if is_stepwise(value) => {
                let mark = self.builder.mark();
                let complete = self.operand(value);
                let step = Inst::Move { dst: local, src: complete.reg };
                self.builder.emit(step, complete.types, range);
                self.builder.release(mark);
            }
            None => {
                self.into(local, value);
            }
        }
        self.record_last_write(local);
    }

    /// Records a variable at the instruction that has just written its register.
    fn record_last_write(&mut self, local: Reg) {
        if let Some(inst) = self.builder.last_write(local) {
            self.builder.record(inst, local, RecordKind::Assign);
        }
    }

    /// `dst` = the old value of `name`, combined with `value`.
    fn update(&mut self, op: BinaryOp, dst: Reg, name: &NameExpr, value: &Expr, range: TextRange) {
        let mark = self.builder.mark();
        let a = self.operand(&Expr::Name(name.clone()));
        let b = self.operand(value);
        self.combine(op, dst, a, b, range);
        self.builder.release(mark);
    }

    fn combine(&mut self, op: BinaryOp, dst: Reg, a: Operand, b: Operand, range: TextRange) -> TypeSet {
        let types = types::binary(op, a.types, b.types);
        let inst = Inst::Binary { op, dst, a: a.reg, b: b.reg };
        self.builder.emit(inst, types, range);
        types
    }

    /// Stores into a variable that has no register.
    fn store(&mut self, name: &str, src: Reg, range: TextRange) -> InstId {
        let inst = match self.place(name) {
            Place::Env(slot) => Inst::StoreEnv { slot, src },
            Place::Register(dst) => Inst::Move { dst, src },
            Place::Free => {
                debug_assert_eq!(self.kind, UnitKind::Statement, "elsewhere every assigned name is a variable");
                let name = self.builder.name(name);
                Inst::StoreGlobal { name, src }
            }
        };
        self.builder.emit(inst, TypeSet::ANY, range)
    }

    /// `a.b = e`, `a[i] = e` and their updates, which evaluate the target a second time.
    fn assign_element(&mut self, target: &PostfixExpr, op: Option<BinaryOp>, value: &Expr, range: TextRange) {
        let mark = self.builder.mark();
        match self.chain_but_last(target) {
            Some((obj, Suffix::Member(member))) if member.name_token().is_some() => {
                let src = self.element_value(target, op, value, range);
                let token = member.name_token().expect("looked at a line ago");
                let name = self.builder.name(token.text());
                let inst = self.builder.emit(Inst::SetMember { obj, name, src }, TypeSet::NONE, range);
                self.builder.record(inst, src, RecordKind::Assign);
            }
            Some((obj, Suffix::Index(index))) if let Some(name) = self.constant_key(&index) => {
                let src = self.element_value(target, op, value, range);
                let inst = self.builder.emit(Inst::SetMember { obj, name, src }, TypeSet::NONE, range);
                self.builder.record(inst, src, RecordKind::Assign);
            }
            Some((obj, Suffix::Index(index))) => {
                let key = self.operand_or_broken(index.index(), index.range()).reg;
                let src = self.element_value(target, op, value, range);
                let inst = self.builder.emit(Inst::SetIndex { obj, key, src }, TypeSet::NONE, range);
                self.builder.record(inst, src, RecordKind::Assign);
            }
            _ => {
                self.broken(range);
            }
        }
        self.builder.release(mark);
    }

    /// What is stored into an element.
    fn element_value(&mut self, target: &PostfixExpr, op: Option<BinaryOp>, value: &Expr, range: TextRange) -> Reg {
        let Some(op) = op else {
            return self.operand(value).reg;
        };
        let dst = self.builder.temp();
        let mark = self.builder.mark();
        let a = self.operand(&Expr::Postfix(target.clone()));
        let b = self.operand(value);
        self.combine(op, dst, a, b, range);
        self.builder.release(mark);
        dst
    }
}
