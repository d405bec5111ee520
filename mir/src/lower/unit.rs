//! A unit's header and frame: parameters, registers, environment, docstring, and what happens where its text ends.
//!
//! `lower_unit` is the way in for the database; `program` calls it for whole files. Invariant: registers come in the order that
//! `ir.rs` promises, and an environment starts with the parameters.

use super::builder::{Builder, Header};
use super::{Lowered, Lowerer, Place};
use crate::diagnostic::Severity;
use crate::fold;
use crate::ir::{ChildId, Const, EnvSlot, Inst, Local, MAX_OPERAND, Param, RecordKind, Reg, UnitKey, UnitKind};
use crate::scope::Scope;
use crate::source_map::LineStarts;
use crate::tables::index;
use crate::types::TypeSet;
use crate::units::direct_functions;
use minilive_syntax::ast::{AstNode, Expr, FunctionExpr, SourceFile, Stmt};
use minilive_syntax::{SyntaxNode, TextRange};
use rowan::GreenNodeData;
use smol_str::SmolStr;
use std::sync::Arc;

/// Lowers a unit from its own tree. Places in the result are relative to the unit.
///
/// The tree is a statement, a function literal, a file (for a module) or any expression or statement (for an expression unit).
pub fn lower_unit(green: &GreenNodeData, kind: UnitKind, key: UnitKey) -> Lowered {
    lower_in_scope(green, kind, key, Scope::of_unit(green, kind).map(Arc::new))
}

/// The same where the variables of a function are known.
pub fn lower_in_scope(green: &GreenNodeData, kind: UnitKind, key: UnitKey, scope: Option<Arc<Scope>>) -> Lowered {
    let node = &SyntaxNode::new_root(green.to_owned());
    let lines = LineStarts::of_tree(green);
    let function = FunctionExpr::cast(node.clone()).filter(|_| kind == UnitKind::Function);
    let scope = scope.unwrap_or_else(|| match SourceFile::cast(node.clone()) {
        Some(file) if kind == UnitKind::Module => Arc::new(Scope::of_module(&file, &lines)),
        _ => Arc::new(Scope::of_file_scope(node)),
    });
    let functions = direct_functions(node, key);
    let mut lowerer = Lowerer {
        builder: Builder::default(),
        kind,
        diagnostics: scope.diagnostics.clone(),
        scope,
        places: Vec::new(),
        children: (0..).map(ChildId).zip(&functions).map(|(id, &(start, _))| (start, id)).collect(),
        lines,
        loops: Vec::new(),
        first_temp: 0,
    };
    let mut header = lowerer.header(function.as_ref());
    header.children = functions.into_iter().map(|(_, key)| key).collect();
    lowerer.body(node, function.as_ref());
    lowerer.refuse_if_too_large(node, &mut header);
    let (unit, map) = lowerer.builder.finish(kind, header);
    let mut diagnostics = lowerer.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.range.start());
    Lowered { unit, map, diagnostics }
}

impl Lowerer {
    /// Puts a stub in the place of code that the engine could not address.
    fn refuse_if_too_large(&mut self, node: &SyntaxNode, header: &mut Header) {
        let Some(range) = self.builder.too_large_at() else { return };
        let what = match self.kind {
            UnitKind::Function => "function",
            UnitKind::Module => "module's top level",
            UnitKind::Statement | UnitKind::Expression => "statement",
        };
        let message = format!(
            "this {what} needs more than {MAX_OPERAND} variables and intermediate values at once; \
             split it up, or pass values in a list"
        );
        let reference = Some("too many variables in one function".to_owned());
        self.report(range, node.text_range().start(), "too-large", Severity::Error, message, reference);
        self.builder = Builder::default();
        *header = Header { children: std::mem::take(&mut header.children), ..Header::default() };
        self.broken(range);
    }

    /// Lays out registers and environment.
    fn header(&mut self, function: Option<&FunctionExpr>) -> Header {
        let mut header = Header::default();
        if let Some(function) = function {
            self.params(function, &mut header);
        }
        let is_call = matches!(self.kind, UnitKind::Function | UnitKind::Module);
        let mentions = self.scope.mentions;
        if self.kind == UnitKind::Function {
            // `super.f` passes the current `self` on, so `super` needs `self` as well.
            header.self_reg = (mentions.self_ || mentions.super_).then(|| self.builder.temp());
            header.super_reg = mentions.super_.then(|| self.builder.temp());
        }
        if self.kind == UnitKind::Module || is_call && mentions.exposes() {
            self.environment(&mut header);
        } else {
            self.registers(&mut header);
        }
        header.note = function
            .and_then(|function| function.body())
            .and_then(|body| fold::docstring(&body))
            .map(|text| self.builder.constant(Const::Str(text)));
        self.first_temp = self.builder.mark();
        header
    }

    /// Parameters with their defaults.
    fn params(&mut self, function: &FunctionExpr, header: &mut Header) {
        let mut names: Vec<SmolStr> = Vec::new();
        for param in function.params() {
            let Some(token) = param.name_token() else { continue };
            let default = match param.default() {
                None => Const::Null,
                Some(default) => fold::constant(&default).unwrap_or_else(|| {
                    self.not_constant(function, token.text(), default.range());
                    Const::Null
                }),
            };
            if names.iter().any(|name| name == token.text()) {
                let message = format!("there are two parameters `{}`; the last one is meant", token.text());
                let statement = function.range().start();
                self.report(token.text_range(), statement, "duplicate-parameter", Severity::Warning, message, None);
            }
            names.push(SmolStr::new(token.text()));
            let default = self.builder.constant(default);
            let name = self.builder.name(token.text());
            header.params.push(Param { name, default });
            self.builder.temp();
        }
        // In an environment every slot needs a name of its own; one that no source text can mention hides a parameter.
        for at in 0..names.len() {
            if names[at + 1..].contains(&names[at]) {
                let hidden = format!("{} ({at})", names[at]);
                header.params[at].name = self.builder.name(&hidden);
            }
        }
    }

    fn not_constant(&mut self, function: &FunctionExpr, name: &str, range: TextRange) {
        let message =
            format!("the default of parameter `{name}` must be a constant; assign it in the function's body instead");
        let reference = format!("Default value for parameter '{name}' must be a constant");
        let statement = function.range().start();
        let code = "default-not-constant";
        self.report(range, statement, code, Severity::Error, message, Some(reference));
        // The reference looks at defaults once it has been through the body.
        if let Some(diagnostic) = self.diagnostics.last_mut() {
            diagnostic.found_at = function.range().end();
        }
    }

    /// All variables live in an object that other code can hold.
    fn environment(&mut self, header: &mut Header) {
        let mut slots: Vec<_> = header.params.iter().map(|param| param.name).collect();
        if header.self_reg.is_some() {
            slots.push(self.builder.name("self"));
        }
        if header.super_reg.is_some() {
            slots.push(self.builder.name("super"));
        }
        for (at, variable) in self.scope.variables.iter().enumerate() {
            let slot = if at < self.scope.n_params {
                index(at)
            } else {
                slots.push(self.builder.name(&variable.name));
                index(slots.len() - 1)
            };
            self.places.push(Place::Env(EnvSlot(slot)));
        }
        header.env = Some(slots);
    }

    /// All variables live in registers.
    fn registers(&mut self, header: &mut Header) {
        for (at, variable) in self.scope.variables.iter().enumerate() {
            let reg = if at < self.scope.n_params {
                Reg(index(at))
            } else {
                let reg = self.builder.temp();
                let name = self.builder.name(&variable.name);
                header.locals.push(Local { name, reg });
                reg
            };
            self.places.push(Place::Register(reg));
        }
    }

    /// The code, and what ends it.
    fn body(&mut self, node: &SyntaxNode, function: Option<&FunctionExpr>) {
        let end = TextRange::empty(node.text_range().end());
        match self.kind {
            UnitKind::Function => {
                let body = function.and_then(|function| function.body());
                let is_note = |statement: &Stmt| matches!(statement, Stmt::Expr(_));
                let has_note = body.as_ref().is_some_and(|body| fold::docstring(body).is_some());
                let mut statements = body.into_iter().flat_map(|body| body.statements()).peekable();
                if has_note {
                    statements.next_if(is_note);
                }
                statements.for_each(|statement| self.statement(&statement));
                self.fall_through(end);
            }
            UnitKind::Module => {
                let file = SourceFile::cast(node.clone());
                let statements = file.into_iter().flat_map(|file| file.statements());
                statements.for_each(|statement| self.statement(&statement));
                self.fall_through(end);
            }
            UnitKind::Statement => {
                if let Some(statement) = Stmt::cast(node.clone()) {
                    self.statement(&statement);
                }
                if self.builder.is_reachable() {
                    self.builder.emit(Inst::End, TypeSet::NONE, end);
                }
            }
            UnitKind::Expression => self.expression_unit(node),
        }
    }

    /// The end of a call without `return`: null, or a module's variables.
    fn fall_through(&mut self, end: TextRange) {
        if !self.builder.is_reachable() {
            return;
        }
        self.builder.set_line(self.lines.line_of(end.start()));
        let src = if self.kind == UnitKind::Module {
            let dst = self.builder.temp();
            self.builder.emit(Inst::LoadLocals { dst }, TypeSet::MAP, end);
            dst
        } else {
            self.null(end)
        };
        self.builder.emit(Inst::Return { src }, TypeSet::NONE, end);
    }

    /// One value for the editor: of an expression, or of a call written as a statement.
    fn expression_unit(&mut self, node: &SyntaxNode) {
        let range = node.text_range();
        let src = self.builder.temp();
        let statement = Stmt::cast(node.clone());
        let types = match (statement, Expr::cast(node.clone())) {
            (Some(Stmt::Call(call)), _) => self.call_statement_into(src, &call),
            (Some(Stmt::Expr(statement)), _) => match statement.expr() {
                Some(expr) => self.into(src, &expr),
                None => self.broken(range),
            },
            (None, Some(expr)) => self.into(src, &expr),
            _ => self.broken(range),
        };
        // Behind something broken there is nothing to return, but code that is never reached does no harm.
        let _ = types;
        let inst = self.builder.emit(Inst::Return { src }, TypeSet::NONE, range);
        self.builder.record(inst, src, RecordKind::Expression);
    }
}
