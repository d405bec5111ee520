//! The walk over a body in source order that decides, at every read, what is certainly assigned (LANGUAGE 5.4).
//!
//! Called by `scope` once its variables are known; leaves its answers in the scope. Numbers in comments are the rule's steps.
//! Invariant: `assigned` (the rule's DA) only grows inside a body and goes back to what it was where bodies end.

use super::assigned::{assigned_name, for_each};
use super::{Read, Scope};
use crate::bits::Bits;
use crate::diagnostic::{Diagnostic, Severity};
use crate::fold;
use crate::ir::Const;
use crate::source_map::LineStarts;
use minilive_syntax::ast::{
    AssignStmt, AstNode, Block, Expr, ForStmt, IfStmt, NameExpr, PostfixExpr, Stmt, Suffix, WhileStmt,
};
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange};
use rowan::WalkEvent;

/// Walks the statements of a body.
pub(super) fn analyse(scope: &mut Scope, statements: &[Stmt], lines: &LineStarts) {
    let capacity = crate::tables::index(scope.variables.len());
    let mut params = Bits::empty(capacity);
    (0..crate::tables::index(scope.n_params)).for_each(|param| params.insert(param));
    let mut flow = Flow {
        scope,
        lines,
        // 1.
        assigned: params.clone(),
        claimed: params,
        loops: Vec::new(),
    };
    flow.statements(statements.iter().cloned());
}

struct Flow<'a> {
    scope: &'a mut Scope,
    lines: &'a LineStarts,
    /// Certainly assigned here: DA.
    assigned: Bits,
    /// Assigned anywhere earlier in the source.
    claimed: Bits,
    loops: Vec<OpenLoop>,
}

struct OpenLoop {
    /// Names that are first assigned in this loop.
    reserved: Bits,
    /// What is certainly assigned at all `break`s so far.
    at_breaks: Option<Bits>,
}

impl Flow<'_> {
    /// Walks statements; whether the last one ends abruptly.
    fn statements(&mut self, statements: impl Iterator<Item = Stmt>) -> bool {
        let mut abrupt = false;
        for statement in statements {
            abrupt = self.statement(&statement);
        }
        abrupt
    }

    fn block(&mut self, block: Option<Block>) -> bool {
        block.is_some_and(|block| self.statements(block.statements()))
    }

    /// Walks a statement; whether it ends abruptly.
    fn statement(&mut self, statement: &Stmt) -> bool {
        match statement {
            Stmt::While(statement) => self.while_loop(statement),
            Stmt::For(statement) => self.for_loop(statement),
            Stmt::If(statement) => return self.branches(statement),
            Stmt::Assign(statement) => self.assignment(statement),
            Stmt::Break(_) => {
                if let Some(innermost) = self.loops.last_mut() {
                    match &mut innermost.at_breaks {
                        Some(at_breaks) => {
                            at_breaks.intersect(&self.assigned);
                        }
                        at_breaks @ None => *at_breaks = Some(self.assigned.clone()),
                    }
                }
                return true;
            }
            Stmt::Continue(_) => return true,
            Stmt::Return(_) => {
                self.reads(statement.syntax(), None);
                return true;
            }
            Stmt::Call(_) | Stmt::Expr(_) => {
                self.reads(statement.syntax(), None);
            }
        }
        false
    }

    fn assignment(&mut self, statement: &AssignStmt) {
        let Some(name) = assigned_name(statement) else {
            self.reads(statement.syntax(), None);
            self.assignment_through_locals(statement);
            return;
        };
        let Some(variable) = self.scope.variable(name.text()) else {
            return;
        };
        // 2.
        let reads_itself = self.reads_of(statement, &name);
        let known = self.assigned.contains(variable);
        let earlier_iteration = self.loops.iter().any(|open| open.reserved.contains(variable));
        let deferred = !known && self.claimed.contains(variable) && earlier_iteration;
        if !known
            && !deferred
            && let Some(read) = reads_itself
        {
            self.unqualified_local(statement, &name, read);
        }
        if let Some(value) = statement.value() {
            self.reads(value.syntax(), deferred.then(|| name.text()));
        }
        if statement.operator() != Some(SyntaxKind::Eq) {
            // The target is the first thing that is read.
            self.note(&name, deferred);
        }
        self.assigned.insert(variable);
        self.claimed.insert(variable);
    }

    /// The first place where an assignment's value reads the assigned name itself.
    fn reads_of(&self, statement: &AssignStmt, name: &SyntaxToken) -> Option<TextRange> {
        if statement.operator() != Some(SyntaxKind::Eq) {
            return Some(name.text_range());
        }
        let mut first = None;
        names(statement.value()?.syntax(), |read, called| {
            if !called && read.text() == name.text() && first.is_none() {
                first = Some(read.text_range());
            }
        });
        first
    }

    fn unqualified_local(&mut self, statement: &AssignStmt, name: &SyntaxToken, read: TextRange) {
        let name = name.text();
        self.scope.diagnostics.push(Diagnostic {
            range: read,
            code: "unqualified-local",
            severity: Severity::Error,
            message: format!(
                "`{name}` becomes a local variable here, so its first value cannot be made from `{name}`: write `outer.{name}` or `globals.{name}`"
            ),
            reference: Some(format!("illegal assignment to unqualified local '{name}' based on nonlocal")),
            reference_line: self.lines.line_of(statement.range().start()),
            found_at: read.start(),
        });
    }

    /// 3. `locals.x = …` and `locals["x"] = …`
    fn assignment_through_locals(&mut self, statement: &AssignStmt) {
        let name = statement.target().and_then(|target| match target {
            Expr::Postfix(chain) => member_of_locals(&chain),
            _ => None,
        });
        if let Some(variable) = name.and_then(|name| self.scope.variable(&name)) {
            self.assigned.insert(variable);
        }
    }

    /// Steps 4 and 5: a chain of arms is an `if` within the `else` of an `if`. All arms start from the same state; what those that
    /// go on agree on is kept (if none goes on, what all agree on), and an `else` that is missing adds nothing.
    fn branches(&mut self, statement: &IfStmt) -> bool {
        let before = self.assigned.clone();
        let mut after: Option<Bits> = None;
        let mut all_abrupt = true;
        let mut arm_ends = |flow: &mut Flow<'_>, abrupt: bool| {
            let at_end = std::mem::replace(&mut flow.assigned, before.clone());
            if all_abrupt && !abrupt {
                after = Some(at_end);
                all_abrupt = false;
            } else if abrupt == all_abrupt {
                match &mut after {
                    Some(after) => {
                        after.intersect(&at_end);
                    }
                    None => after = Some(at_end),
                }
            }
        };
        for branch in statement.branches() {
            if let Some(condition) = branch.condition() {
                self.reads(condition.syntax(), None);
            }
            let abrupt = self.block(branch.body());
            arm_ends(self, abrupt);
        }
        let abrupt = match statement.else_branch() {
            Some(otherwise) => self.block(otherwise.body()),
            None => false,
        };
        arm_ends(self, abrupt);
        if let Some(after) = after {
            self.assigned = after;
        }
        all_abrupt
    }

    fn while_loop(&mut self, statement: &WhileStmt) {
        let condition = statement.condition();
        if let Some(condition) = &condition {
            self.reads(condition.syntax(), None);
        }
        let before = self.assigned.clone();
        let at_breaks = self.loop_body(statement.body());
        // 7.
        let endless = condition.is_some_and(|condition| fold::is_always_true(&condition));
        self.assigned = match at_breaks {
            Some(at_breaks) if endless => at_breaks,
            _ => before,
        };
    }

    fn for_loop(&mut self, statement: &ForStmt) {
        if let Some(iterable) = statement.iterable() {
            self.reads(iterable.syntax(), None);
        }
        let before = self.assigned.clone();
        // 6.
        if let Some(variable) = statement.variable().and_then(|name| self.scope.variable(name.text())) {
            self.claimed.insert(variable);
            self.assigned.insert(variable);
        }
        self.loop_body(statement.body());
        self.assigned = before;
    }

    /// Walks the body of a loop; what is certainly assigned at its own `break`s, if it has any.
    fn loop_body(&mut self, body: Option<Block>) -> Option<Bits> {
        let body = body?;
        // 6.
        let mut reserved = Bits::empty(crate::tables::index(self.scope.variables.len()));
        for_each(body.syntax(), |name| {
            if let Some(variable) = self.scope.variable(name.text()) {
                let taken =
                    self.claimed.contains(variable) || self.loops.iter().any(|open| open.reserved.contains(variable));
                if !taken {
                    reserved.insert(variable);
                }
            }
        });
        self.loops.push(OpenLoop { reserved, at_breaks: None });
        self.statements(body.statements());
        self.loops.pop().and_then(|done| done.at_breaks)
    }

    /// Notes every read below a node; those of `deferred` get the run-time check.
    fn reads(&mut self, node: &SyntaxNode, deferred: Option<&str>) {
        names(node, |name, called| {
            let check = !called && deferred == Some(name.text());
            self.note(name, check);
        });
    }

    fn note(&mut self, name: &SyntaxToken, deferred: bool) {
        if let Some(variable) = self.scope.variable(name.text()) {
            let read = Read { definite: self.assigned.contains(variable), deferred };
            self.scope.reads.insert(name.text_range().start(), read);
        }
    }
}

/// Calls `found` with every bare name below a node, nested functions excepted, and whether it is the name in `name(…)`.
fn names(node: &SyntaxNode, mut found: impl FnMut(&SyntaxToken, bool)) {
    let mut walk = node.preorder();
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        match node.kind() {
            SyntaxKind::FunctionExpr => walk.skip_subtree(),
            SyntaxKind::NameExpr => {
                let called = is_called(&node);
                if let Some(name) = NameExpr::cast(node).and_then(|name| name.name_token()) {
                    found(&name, called);
                }
            }
            _ => {}
        }
    }
}

/// Whether a name is what an argument list in parentheses follows directly.
fn is_called(name: &SyntaxNode) -> bool {
    let chain = name.parent().and_then(PostfixExpr::cast);
    chain.is_some_and(|chain| {
        let is_base = chain.base().is_some_and(|base| base.syntax() == name);
        is_base && matches!(chain.suffixes().next(), Some(Suffix::Call(_)))
    })
}

/// The name in `locals.name` and `locals["name"]`.
fn member_of_locals(chain: &PostfixExpr) -> Option<String> {
    let Expr::Keyword(base) = fold::unparen(chain.base()?) else {
        return None;
    };
    let mut suffixes = chain.suffixes();
    let (Some(suffix), None) = (suffixes.next(), suffixes.next()) else {
        return None;
    };
    if base.keyword() != Some(SyntaxKind::LocalsKw) {
        return None;
    }
    match suffix {
        Suffix::Member(member) => Some(member.name_token()?.text().to_owned()),
        Suffix::Index(index) => match fold::fold(&index.index()?)? {
            Const::Str(text) => Some(text.to_string()),
            _ => None,
        },
        Suffix::Slice(_) | Suffix::Call(_) => None,
    }
}
