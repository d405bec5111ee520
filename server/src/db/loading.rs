//! Whether loading a file may do more than make its variables: what statements at its top evaluate, where that may call something.
//!
//! `summary` asks of each statement; who tells that an import is never used asks `summary`. Invariant: it errs on the side of doing
//! something, but for the functions of the language that only give a value, and for what runs only where the file is the program itself
//! (`locals == globals`). Unlike `plain` it takes names into account that the file gives values which are no functions. The test to read
//! first is `modules_that_may_do_something_when_they_are_loaded` in `ide/tests/loading.rs`.

use super::names::FileFacts;
use super::pieces::StatementPlace;
use super::queries::is_import;
use minilive_mir::ir::BinaryOp;
use minilive_mir::names::Symbol;
use minilive_runtime::host::EffectClass;
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{
    AssignStmt, AstNode, BinaryExpr, Block, CallStmt, CompareExpr, Expr, IfStmt, PostfixExpr, RefExpr, Stmt, Suffix,
};
use minilive_syntax::{SyntaxKind, SyntaxNode};

/// Functions of the language that change what they are given.
const CHANGING: [&str; 9] = ["freeze", "insert", "pop", "pull", "push", "remove", "replace", "shuffle", "sort"];

/// Whether a statement at the top of a file may do more than define or decide.
pub fn does_something(facts: &FileFacts, it: &StatementPlace) -> bool {
    match it.kind {
        SyntaxKind::CallStmt => !is_import(&it.green),
        SyntaxKind::AssignStmt | SyntaxKind::IfStmt | SyntaxKind::ReturnStmt => {
            let statement = Stmt::cast(SyntaxNode::new_root(it.green.clone()));
            statement.is_some_and(|it| Load { facts }.does(&it))
        }
        kind => matches!(kind, SyntaxKind::ExprStmt | SyntaxKind::WhileStmt | SyntaxKind::ForStmt),
    }
}

/// A look at what runs when a file is loaded.
struct Load<'f> {
    facts: &'f FileFacts,
}

impl Load<'_> {
    fn does(&self, it: &Stmt) -> bool {
        match it {
            Stmt::Assign(it) => self.assigns(it),
            Stmt::If(it) => self.decides(it),
            Stmt::Return(it) => self.any(it.value()),
            Stmt::Call(it) => !imports(it),
            Stmt::Break(_) | Stmt::Continue(_) => false,
            Stmt::While(_) | Stmt::For(_) | Stmt::Expr(_) => true,
        }
    }

    fn block(&self, it: Option<Block>) -> bool {
        it.is_some_and(|it| it.statements().any(|it| self.does(&it)))
    }

    fn assigns(&self, it: &AssignStmt) -> bool {
        let into = match it.target() {
            Some(Expr::Postfix(chain)) => chain.suffixes().any(|it| match it {
                Suffix::Index(it) => self.any(it.index()),
                Suffix::Call(_) | Suffix::Slice(_) => true,
                Suffix::Member(_) => false,
            }),
            _ => false,
        };
        into || self.any(it.value())
    }

    /// A decision, of whose ways those do not count that are there for the file as the program.
    fn decides(&self, it: &IfStmt) -> bool {
        for branch in it.branches() {
            let condition = branch.condition();
            if condition.as_ref().is_some_and(is_for_program) {
                continue;
            }
            let is_certain = condition.as_ref().is_some_and(|it| asks(it, SyntaxKind::NotEq));
            if self.any(condition) || self.block(branch.body()) {
                return true;
            }
            if is_certain {
                return false;
            }
        }
        self.block(it.else_branch().and_then(|it| it.body()))
    }

    fn any(&self, it: Option<Expr>) -> bool {
        it.is_some_and(|it| self.calls(&it))
    }

    /// Whether evaluating an expression may call what is no plain function of the language.
    fn calls(&self, it: &Expr) -> bool {
        match it {
            Expr::Literal(_) | Expr::Function(_) | Expr::Keyword(_) => false,
            Expr::Name(it) => it.name_token().is_none_or(|it| !self.is_plain_name(it.text())),
            Expr::Paren(it) => self.any(it.inner()),
            Expr::List(it) => it.elements().any(|it| self.calls(&it)),
            Expr::Map(it) => it.entries().any(|it| self.any(it.key()) || self.any(it.value())),
            Expr::Ref(it) => self.refers(it),
            Expr::Unary(it) => self.any(it.operand()),
            Expr::Binary(it) => it.operands().any(|it| self.calls(&it)),
            Expr::Compare(it) => it.operands().any(|it| self.calls(&it)),
            Expr::Postfix(it) => self.follows(it),
            Expr::Error(_) => true,
        }
    }

    /// `@name` is not called.
    fn refers(&self, it: &RefExpr) -> bool {
        it.operand().is_none_or(|it| !matches!(it, Expr::Name(_)) && self.calls(&it))
    }

    /// Whether reading a name calls nothing, or a function of the language that only gives a value.
    fn is_plain_name(&self, name: &str) -> bool {
        if self.facts.is_global(name) {
            return self.facts.globals(name).all(|(_, value)| is_no_function(value));
        }
        let gives_value = |id: intrinsics::IntrinsicId| {
            matches!(id.def().class, EffectClass::Pure | EffectClass::Chance) || id.def().name == "time"
        };
        matches!(name, "true" | "false" | "null") || intrinsics::find(name).is_some_and(gives_value)
    }

    /// A chain: calls of functions of the language, their methods of strings and lists, parts of those, and members that are no functions.
    fn follows(&self, chain: &PostfixExpr) -> bool {
        let mut suffixes = chain.suffixes().peekable();
        let Some(base) = chain.base() else { return true };
        // Whether what stands before is a string, number or list: it has no members of its own.
        let mut is_value = matches!(base, Expr::Literal(_) | Expr::List(_));
        if let (Expr::Name(name), Some(Suffix::Call(call))) = (&base, suffixes.peek()) {
            let name = name.name_token();
            let is_plain = name.is_some_and(|it| it.text() == "import" || self.is_plain_function(it.text()));
            if !is_plain || call.arg_list().is_some_and(|it| it.args().any(|it| self.calls(&it))) {
                return true;
            }
            suffixes.next();
        } else if self.calls(&base) {
            return true;
        } else if let Expr::Name(name) = &base {
            let name = name.name_token();
            is_value = name.is_some_and(|it| {
                let mut values = self.facts.globals(it.text()).map(|(_, value)| value);
                self.facts.is_global(it.text())
                    && values.all(|it| matches!(&**it, Symbol::Number | Symbol::Text | Symbol::List(_)))
            });
        }
        while let Some(suffix) = suffixes.next() {
            match suffix {
                Suffix::Member(it) => {
                    let Some(name) = it.name_token() else { return true };
                    let is_method = is_value && self.is_plain_function(name.text());
                    if !is_method && (is_value || !self.is_plain_member(name.text())) {
                        return true;
                    }
                    if let Some(Suffix::Call(call)) = suffixes.next_if(|it| matches!(it, Suffix::Call(_)))
                        && (!is_method || call.arg_list().is_some_and(|it| it.args().any(|it| self.calls(&it))))
                    {
                        return true;
                    }
                    is_value = false;
                }
                Suffix::Slice(it) if is_value => {
                    if self.any(it.from()) || self.any(it.to()) {
                        return true;
                    }
                }
                Suffix::Slice(_) | Suffix::Index(_) | Suffix::Call(_) => return true,
            }
        }
        false
    }

    /// Whether a call of a name, or of a method of a string or list, is one of a function of the language that only gives a value.
    fn is_plain_function(&self, name: &str) -> bool {
        let facts = self.facts;
        let is_own = facts.is_global(name) || facts.has_member(name) || facts.keys(name).next().is_some();
        let found = intrinsics::find(name).filter(|_| !is_own && !CHANGING.contains(&name));
        found.is_some_and(|id| id.def().class == EffectClass::Pure)
    }

    /// Whether all that the file gives under the name of a member, at least once, is no function.
    fn is_plain_member(&self, name: &str) -> bool {
        let members = self.facts.members(name).map(|(.., value)| value);
        let mut values = members.chain(self.facts.keys(name).map(|(_, value)| value)).peekable();
        values.peek().is_some() && values.all(|it| is_no_function(it))
    }
}

/// Whether a value is certainly no function.
fn is_no_function(value: &Symbol) -> bool {
    match value {
        Symbol::Null
        | Symbol::Number
        | Symbol::Text
        | Symbol::List(_)
        | Symbol::Map(_)
        | Symbol::New(_)
        | Symbol::Import(_)
        | Symbol::Unary(..) => true,
        // Of the operators `or` alone gives what it was given.
        Symbol::Binary(op, left, right) => *op != BinaryOp::Or || is_no_function(left) && is_no_function(right),
        _ => false,
    }
}

fn imports(it: &CallStmt) -> bool {
    matches!(it.callee(), Some(Expr::Name(name)) if name.name_token().is_some_and(|it| it.text() == "import"))
}

/// Whether a condition holds only where the file is the program: `locals == globals`, by itself or with more behind `and`.
fn is_for_program(condition: &Expr) -> bool {
    match condition {
        Expr::Binary(it) => is_and(it) && it.operands().next().is_some_and(|it| is_for_program(&it)),
        it => asks(it, SyntaxKind::EqEq),
    }
}

fn is_and(it: &BinaryExpr) -> bool {
    it.operators().all(|it| it == SyntaxKind::AndKw)
}

/// Whether a condition compares `locals` and `globals` by an operator.
fn asks(condition: &Expr, operator: SyntaxKind) -> bool {
    let is_map = |it: &Expr, kind| matches!(it, Expr::Keyword(it) if it.keyword() == Some(kind));
    let compares = |it: &CompareExpr| match &*it.operands().collect::<Vec<_>>() {
        [a, b] => {
            let (locals, globals) = (SyntaxKind::LocalsKw, SyntaxKind::GlobalsKw);
            is_map(a, locals) && is_map(b, globals) || is_map(a, globals) && is_map(b, locals)
        }
        _ => false,
    };
    match condition {
        Expr::Paren(it) => it.inner().is_some_and(|it| asks(&it, operator)),
        Expr::Compare(it) => it.operators().eq([operator]) && compares(it),
        _ => false,
    }
}
