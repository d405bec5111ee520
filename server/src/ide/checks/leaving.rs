//! Whether the end of a function is reached where its last calls may be of functions that never come back: those that end the program.
//!
//! `types` asks before it tells of a missing `return`. Invariant: a call is taken for one that comes back only if what is called is known,
//! and neither it nor any function that it names reads `exit` or runs for ever. The test to read first is
//! `calls_that_may_not_come_back_need_no_return` in `ide/tests/leaving.rs`.

use crate::db::{self, Binding, File, FileFacts, LiveDb, Located, PlacedUnit, binding};
use crate::modules::Places;
use minilive_mir::names::{Sym, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::SyntaxNode;
use minilive_syntax::ast::{AstNode, Block, BreakStmt, Expr, FunctionExpr, IfStmt, Stmt, Suffix, WhileStmt};
use rustc_hash::FxHashSet;

/// Whether the end of a function of a file may be reached, taking calls for what they may be.
pub fn reaches_end(db: &LiveDb, file: File, places: &Places, unit: u32, placed: &PlacedUnit<'_>) -> bool {
    let root = SyntaxNode::new_root(placed.unit.green.clone());
    let body = root.descendants().find_map(FunctionExpr::cast).and_then(|it| it.body());
    let mut way = Way { file, unit, look: Look { db, places, seen: FxHashSet::default() } };
    body.is_none_or(|it| way.passes_block(&it))
}

/// The way through the statements of one function.
struct Way<'a> {
    file: File,
    unit: u32,
    look: Look<'a>,
}

impl Way<'_> {
    fn passes_block(&mut self, block: &Block) -> bool {
        block.statements().all(|it| self.passes(&it))
    }

    fn passes(&mut self, it: &Stmt) -> bool {
        match it {
            Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_) => false,
            Stmt::If(it) => self.passes_if(it),
            Stmt::While(it) => !is_endless(it),
            Stmt::Call(it) => !it.callee().is_some_and(|it| self.leaves(&it)),
            Stmt::Expr(it) => !it.expr().is_some_and(|it| self.leaves(&it)),
            Stmt::For(_) | Stmt::Assign(_) => true,
        }
    }

    fn passes_if(&mut self, it: &IfStmt) -> bool {
        let mut bodies: Vec<_> = it.branches().map(|it| it.body()).collect();
        let Some(last) = it.else_branch() else { return true };
        bodies.push(last.body());
        bodies.into_iter().any(|it| it.is_none_or(|it| self.passes_block(&it)))
    }

    /// Whether what a statement calls may never come back.
    fn leaves(&mut self, callee: &Expr) -> bool {
        let facts = db::file_facts(self.look.db, self.file);
        self.look.seen.clear();
        match callee {
            Expr::Name(it) => it.name_token().is_none_or(|it| {
                let name = it.text();
                self.look.of_name((self.file, &facts), self.unit, name).unwrap_or(true)
            }),
            Expr::Postfix(chain) => {
                let mut suffixes: Vec<_> = chain.suffixes().collect();
                suffixes.pop_if(|it| matches!(it, Suffix::Call(_)));
                match (suffixes.pop(), chain.base()) {
                    (Some(Suffix::Member(it)), _) => it.name_token().is_none_or(|it| {
                        let name = it.text();
                        self.look.of_member((self.file, &facts), name).unwrap_or(true)
                    }),
                    (None, Some(base)) => self.leaves(&base),
                    _ => true,
                }
            }
            Expr::Paren(it) => it.inner().is_none_or(|it| self.leaves(&it)),
            _ => false,
        }
    }
}

/// Whether a loop goes on until it is left by more than `break`.
fn is_endless(it: &WhileStmt) -> bool {
    let is_true = match it.condition() {
        Some(Expr::Literal(_)) => true,
        Some(Expr::Name(it)) => it.name_token().is_some_and(|it| it.text() == "true"),
        _ => false,
    };
    is_true && !it.syntax().descendants().any(|it| BreakStmt::cast(it).is_some())
}

/// A look through the functions that are called.
struct Look<'a> {
    db: &'a LiveDb,
    places: &'a Places,
    seen: FxHashSet<(File, u32)>,
}

impl Look<'_> {
    /// Whether what a bare name holds may not come back when it is called; none if it is not known what it holds.
    fn of_name(&mut self, (file, facts): (File, &FileFacts), unit: u32, name: &str) -> Option<bool> {
        let values: Vec<_> = match binding(facts, unit, name) {
            Binding::Intrinsic(_) => return Some(name == "exit"),
            Binding::Unknown => return None,
            Binding::Global => facts.globals(name).map(|(unit, value)| (unit, value.clone())).collect(),
            Binding::Variable(owner) => {
                let says = &facts.unit(owner).facts;
                if says.params.iter().any(|(it, _)| it == name) {
                    return None;
                }
                let assigned = says.assigned.iter().filter(|(it, _)| it == name);
                assigned.map(|(_, value)| (owner, value.clone())).collect()
            }
        };
        let known: Vec<_> = values.iter().map(|(unit, value)| self.of_value((file, facts), *unit, value)).collect();
        if known.contains(&Some(true)) {
            return Some(true);
        }
        (!known.is_empty() && !known.contains(&None)).then_some(false)
    }

    /// The same of a member, whatever has it.
    fn of_member(&mut self, (file, facts): (File, &FileFacts), name: &str) -> Option<bool> {
        let mut known = vec![self.given((file, facts), name)];
        for import in &*db::module_imports(self.db, file) {
            let Located::At(module) = db::locate(self.db, &self.places.lookup(&import.name)) else { return None };
            let facts = db::file_facts(self.db, module);
            known.push(self.given((module, &facts), name));
            if facts.is_global(name) {
                known.push(self.of_name((module, &facts), 0, name).or(Some(true)));
            }
        }
        let known: Vec<_> = known.into_iter().flatten().collect();
        let is_method = || intrinsics::find(name).is_some();
        if known.is_empty() { is_method().then_some(false) } else { Some(known.contains(&true)) }
    }

    /// The same of what a file gives under the name of a member; none if it gives nothing.
    fn given(&mut self, (file, facts): (File, &FileFacts), name: &str) -> Option<bool> {
        let members = facts.members(name).map(|(unit, _, value)| (unit, value.clone()));
        let values: Vec<_> = members.chain(facts.keys(name).map(|(unit, value)| (unit, value.clone()))).collect();
        let mut leaves = |(unit, value): &(u32, Sym)| self.of_value((file, facts), *unit, value).unwrap_or(true);
        (!values.is_empty()).then(|| values.iter().any(&mut leaves))
    }

    fn of_value(&mut self, (file, facts): (File, &FileFacts), unit: u32, value: &Symbol) -> Option<bool> {
        match value {
            Symbol::Function(number) => {
                let function = facts.child(unit, *number)?;
                Some(self.of_function((file, facts), function))
            }
            Symbol::Null | Symbol::Number | Symbol::Text | Symbol::List(_) | Symbol::Map(_) | Symbol::New(_) => {
                Some(false)
            }
            _ => None,
        }
    }

    /// Whether a function may not come back. Of what it names itself, what is not known counts as coming back.
    fn of_function(&mut self, (file, facts): (File, &FileFacts), unit: u32) -> bool {
        if !self.seen.insert((file, unit)) {
            return false;
        }
        let says = &facts.unit(unit).facts;
        says.reads.contains("exit")
            || says.read_through.contains("exit")
            || says.always_returns && says.returns.is_empty()
            || says.reads.iter().any(|it| self.of_name((file, facts), unit, it) == Some(true))
            || says.member_reads.iter().any(|it| self.of_member((file, facts), it) == Some(true))
    }
}
