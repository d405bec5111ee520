//! Files that only define: to load one as a module does nothing but make its variables, and does not fail.
//!
//! Actions ask that take an `import` away or move it. Invariant: only what is certain is said; whatever is not on the short list of statements
//! here counts as doing something, be it that a name is read, which may call what it holds.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::modules::module_code;
use super::{Db, File};
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_runtime::intrinsics;
use minilive_syntax::SyntaxKind;
use minilive_syntax::ast::{
    AssignStmt, AstNode, BinaryExpr, CallStmt, Expr, FunctionExpr, LiteralValue, NameExpr, PostfixExpr, SourceFile,
    Stmt, Suffix, UnaryExpr,
};
use rustc_hash::FxHashMap;

/// What the key of a map's parent is: it is no member like others.
const PARENT: &str = "__isa";

/// The value of an expression whose evaluation does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Number,
    Text,
    /// A map that was made here.
    Map,
    Other,
}

/// Whether loading a file does nothing but make its variables, provided that the same holds for the modules that it imports.
#[salsa::tracked(returns(copy))]
pub fn only_defines(db: &dyn Db, file: File) -> bool {
    if !matches!(module_code(db, file).reply, ModuleAnswer::Found(_)) {
        return false;
    }
    let mut scope = Scope::default();
    let root = SourceFile::cast(file.parse(db).syntax());
    root.is_some_and(|it| it.statements().all(|it| scope.only_defines(&it)))
}

/// The variables that statements of a file made so far.
#[derive(Default)]
struct Scope(FxHashMap<String, Value>);

impl Scope {
    fn only_defines(&mut self, statement: &Stmt) -> bool {
        let made = match statement {
            Stmt::Assign(it) => self.assigned(it),
            Stmt::Call(it) => self.imported(it),
            _ => None,
        };
        made.is_some()
    }

    /// Makes a variable. What is built in keeps its name, as others may mean that.
    fn make(&mut self, name: &str, value: Value) -> Option<()> {
        (intrinsics::find(name).is_none() && !is_constant(name)).then(|| {
            self.0.insert(name.to_owned(), value);
        })
    }

    fn assigned(&mut self, it: &AssignStmt) -> Option<()> {
        let value = self.value(&it.value()?).filter(|_| it.operator() == Some(SyntaxKind::Eq))?;
        match it.target()? {
            Expr::Name(name) => self.make(name.name_token()?.text(), value),
            Expr::Postfix(chain) => self.is_own_member(&chain).then_some(()),
            _ => None,
        }
    }

    /// Whether it is a member of a map that was made here.
    fn is_own_member(&self, chain: &PostfixExpr) -> bool {
        let mut suffixes = chain.suffixes();
        let is_key = match (suffixes.next(), suffixes.next()) {
            (Some(Suffix::Member(it)), None) => it.name_token().is_some_and(|it| it.text() != PARENT),
            (Some(Suffix::Index(it)), None) => match it.index() {
                Some(Expr::Literal(key)) => key.value().is_some_and(|it| it != LiteralValue::String(PARENT.to_owned())),
                _ => false,
            },
            _ => false,
        };
        is_key && matches!(chain.base(), Some(Expr::Name(it)) if self.get(&it) == Some(Value::Map))
    }

    fn imported(&mut self, it: &CallStmt) -> Option<()> {
        let Some(Expr::Name(callee)) = it.callee() else { return None };
        let args: Vec<Expr> = it.arg_list()?.args().collect();
        let [Expr::Literal(path)] = &*args else { return None };
        let Some(LiteralValue::String(path)) = path.value() else { return None };
        let name = path.rsplit('/').next().filter(|_| callee.name_token().is_some_and(|it| it.text() == "import"))?;
        self.make(name, Value::Other)
    }

    fn get(&self, name: &NameExpr) -> Option<Value> {
        self.0.get(name.name_token()?.text()).copied()
    }

    /// What an expression gives; none if evaluating it may do something.
    fn value(&self, it: &Expr) -> Option<Value> {
        match it {
            Expr::Literal(it) => match it.value()? {
                LiteralValue::Number(_) => Some(Value::Number),
                LiteralValue::String(_) => Some(Value::Text),
            },
            Expr::Name(it) => is_constant(it.name_token()?.text()).then_some(Value::Other),
            Expr::Paren(it) => self.value(&it.inner()?),
            Expr::List(it) => it.elements().all(|it| self.value(&it).is_some()).then_some(Value::Other),
            Expr::Map(it) => {
                let is_plain = |it: Option<Expr>| it.is_some_and(|it| self.value(&it).is_some());
                let is_literal = |it: Option<Expr>| matches!(it, Some(Expr::Literal(_)));
                it.entries().all(|it| is_literal(it.key()) && is_plain(it.value())).then_some(Value::Map)
            }
            Expr::Function(it) => self.makes(it).then_some(Value::Other),
            Expr::Ref(it) => match it.operand()? {
                Expr::Name(name) => self.get(&name).map(|_| Value::Other),
                _ => None,
            },
            Expr::Unary(it) => self.unary(it),
            Expr::Binary(it) => self.binary(it),
            _ => None,
        }
    }

    fn makes(&self, function: &FunctionExpr) -> bool {
        function.params().filter_map(|it| it.default()).all(|it| self.value(&it).is_some())
    }

    fn unary(&self, it: &UnaryExpr) -> Option<Value> {
        match (it.operator()?, it.operand()?) {
            (SyntaxKind::Minus | SyntaxKind::StrongMinus, operand) => {
                self.value(&operand).filter(|it| *it == Value::Number)
            }
            (SyntaxKind::NewKw, Expr::Name(name)) => self.get(&name).filter(|it| *it == Value::Map),
            _ => None,
        }
    }

    /// Numbers are calculated with, texts are put together.
    fn binary(&self, it: &BinaryExpr) -> Option<Value> {
        let operands: Vec<Value> = it.operands().map(|it| self.value(&it)).collect::<Option<_>>()?;
        let is_arithmetic = |it: SyntaxKind| {
            use SyntaxKind::{Caret, Minus, Percent, Plus, Slash, Star};
            matches!(it, Plus | Minus | Star | Slash | Percent | Caret)
        };
        if operands.iter().all(|it| *it == Value::Number) {
            return it.operators().all(is_arithmetic).then_some(Value::Number);
        }
        let are_texts = operands.iter().all(|it| matches!(it, Value::Number | Value::Text));
        (are_texts && it.operators().all(|it| it == SyntaxKind::Plus)).then_some(Value::Text)
    }
}

/// Whether a name stands for a value that nobody can change.
fn is_constant(name: &str) -> bool {
    matches!(name, "true" | "false" | "null")
}
