//! The variables of one function or module: which names are local, who else can reach them, where they are certainly assigned.
//!
//! Takes the unit's own tree; `lower` asks it at every name, the editor takes its diagnostics. The order in which it walks a body
//! *is* the rule of LANGUAGE 5.4, so change nothing here without the differential test. Invariant: a read that is called
//! definite finds its variable assigned on every path that reaches it, as long as no one else can reach the variable.
//!
//! Nested functions are opaque: of them only `self` and `super` are looked for.

mod assigned;
mod flow;
mod infer;

use crate::diagnostic::Diagnostic;
use crate::ir::UnitKind;
use crate::source_map::LineStarts;
use crate::types::TypeSet;
use minilive_syntax::ast::{AstNode, FunctionExpr, NameExpr, Stmt};
use minilive_syntax::{MiniScript, SyntaxKind, SyntaxNode, TextSize};
use rowan::{GreenNodeData, Language, NodeOrToken};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// What is known about one read of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The variable is certainly assigned here.
    pub definite: bool,
    /// The read needs the run-time check of LANGUAGE 5.5.
    pub deferred: bool,
}

/// A variable of the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: SmolStr,
    /// The types of everything the unit assigns to it; anything for parameters and for what others can reach.
    pub types: TypeSet,
}

/// What a unit's own text mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mentions {
    /// `self`, in nested functions too.
    pub self_: bool,
    /// `super`, in nested functions too.
    pub super_: bool,
    /// `locals`.
    pub locals: bool,
    /// A function literal.
    pub function: bool,
    /// The name `import`, which at run time binds a name among the caller's variables.
    pub import: bool,
}

impl Mentions {
    /// Whether other code can reach the variables of a call.
    pub fn exposes(self) -> bool {
        self.locals || self.function || self.import
    }
}

/// The variables of one function or module.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// Parameters first, then others in order of first assignment. Names may repeat among parameters only.
    pub variables: Vec<Variable>,
    /// How many of them are parameters.
    pub n_params: usize,
    /// What the text mentions.
    pub mentions: Mentions,
    /// Broken rules; places relative to the unit.
    pub diagnostics: Vec<Diagnostic>,
    by_name: FxHashMap<SmolStr, u32>,
    reads: FxHashMap<TextSize, Read>,
}

impl Scope {
    /// Analyses a unit, if it is a function: for whoever asks for its names and lowers it, too.
    pub fn of_unit(unit: &GreenNodeData, kind: UnitKind) -> Option<Scope> {
        let root = || SyntaxNode::new_root(unit.to_owned());
        let function = (kind == UnitKind::Function).then(root).and_then(FunctionExpr::cast)?;
        Some(Scope::of_function(&function, &LineStarts::of_tree(unit)))
    }

    /// Analyses a function literal.
    pub fn of_function(function: &FunctionExpr, lines: &LineStarts) -> Scope {
        let mentions = mentions(function.syntax());
        let params = function.params().filter_map(|param| param.name_token());
        let mut scope = Scope::with_params(params.map(|token| SmolStr::new(token.text())), mentions);
        let statements: Vec<Stmt> = function.body().into_iter().flat_map(|body| body.statements()).collect();
        scope.analyse(&statements, lines, !mentions.exposes());
        scope
    }

    /// Analyses the top level of a module.
    pub fn of_module(file: &minilive_syntax::ast::SourceFile, lines: &LineStarts) -> Scope {
        let mut scope = Scope::with_params(std::iter::empty(), mentions(file.syntax()));
        let statements: Vec<Stmt> = file.statements().collect();
        scope.analyse(&statements, lines, false);
        scope
    }

    /// The scope of a statement or expression in file scope: it has no variables of its own.
    pub fn of_file_scope(node: &SyntaxNode) -> Scope {
        Scope::with_params(std::iter::empty(), mentions(node))
    }

    fn with_params(params: impl Iterator<Item = SmolStr>, mentions: Mentions) -> Scope {
        let mut scope = Scope {
            variables: Vec::new(),
            n_params: 0,
            mentions,
            diagnostics: Vec::new(),
            by_name: FxHashMap::default(),
            reads: FxHashMap::default(),
        };
        for name in params {
            // Of equal names the last one wins.
            scope.by_name.insert(name.clone(), crate::tables::index(scope.n_params));
            scope.variables.push(Variable { name, types: TypeSet::ANY });
            scope.n_params += 1;
        }
        scope
    }

    fn analyse(&mut self, statements: &[Stmt], lines: &LineStarts, private: bool) {
        assigned::collect(self, statements);
        flow::analyse(self, statements, lines);
        if private {
            infer::infer(self, statements);
        } else {
            self.variables.iter_mut().for_each(|it| it.types = TypeSet::ANY);
        }
    }

    /// The variable a name stands for, if the unit has one of that name.
    pub fn variable(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// What is known about the read of a variable by this name token.
    pub fn read_at(&self, start: TextSize) -> Read {
        self.reads.get(&start).copied().unwrap_or(Read { definite: false, deferred: false })
    }

    /// Adds a variable at its first assignment.
    fn add_variable(&mut self, name: &str) {
        if self.variable(name).is_none() {
            self.by_name.insert(SmolStr::new(name), crate::tables::index(self.variables.len()));
            self.variables.push(Variable { name: SmolStr::new(name), types: TypeSet::NONE });
        }
    }
}

/// Looks through a unit's text once. The unit's own node may be a function literal. Functions around others all look through the
/// innermost one's text, so this goes over green nodes, which costs a fraction of a walk over places.
fn mentions(unit: &SyntaxNode) -> Mentions {
    let kind_of = |kind| MiniScript::kind_from_raw(kind);
    let green = unit.green();
    let mut found = Mentions::default();
    // What is open: the rest of its children, and whether it is a name.
    let mut open = vec![(green.children(), NameExpr::can_cast(unit.kind()), false)];
    while let Some((children, is_name, nested)) = open.last_mut() {
        let (is_name, nested) = (*is_name, *nested);
        match children.next() {
            None => drop(open.pop()),
            Some(NodeOrToken::Node(node)) => {
                let kind = kind_of(node.kind());
                let is_function = kind == SyntaxKind::FunctionExpr;
                found.function |= is_function;
                open.push((node.children(), NameExpr::can_cast(kind), nested || is_function));
            }
            Some(NodeOrToken::Token(token)) => match kind_of(token.kind()) {
                SyntaxKind::SelfKw => found.self_ = true,
                SyntaxKind::SuperKw => found.super_ = true,
                SyntaxKind::LocalsKw => found.locals |= !nested,
                SyntaxKind::Ident if is_name && !nested => found.import |= token.text() == "import",
                _ => {}
            },
        }
    }
    found
}
