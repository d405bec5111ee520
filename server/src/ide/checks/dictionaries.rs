//! Maps whose keys are worked out, as those that count words: what their members are nobody knows, but it is known which maps they are.
//!
//! Part of `checks`; types tell where a map gets a key that is no text of the program. Invariant: such a map is followed only if it is made
//! by a literal for one variable and never goes elsewhere, so that every use of it stands behind that variable's name; where any other map
//! may get such a key, nothing is known of all of them.

use super::super::infer::{Binding, binding};
use crate::db::{self, File, FileFacts, LiveDb, PlacedUnit};
use minilive_mir::ir::InstId;
use minilive_mir::names::{Access, NameUse, Place, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AssignStmt, AstNode, CallStmt, Expr, ForStmt, PostfixExpr, Suffix};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use smol_str::SmolStr;

/// Methods that give nobody the map itself.
const METHODS: [&str; 9] = ["hasIndex", "indexes", "indexOf", "len", "pop", "pull", "remove", "sum", "values"];
/// Functions that do not keep their argument.
const FUNCTIONS: [&str; 3] = ["len", "print", "str"];

/// A variable that alone has its map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    of: Binding,
    name: SmolStr,
}

impl Dictionary {
    /// Whether a name means it.
    pub fn is(&self, of: Binding, name: &str) -> bool {
        self.of == of && self.name == name
    }
}

/// The maps of a file whose keys are worked out; none if they may be any.
pub fn of(db: &LiveDb, file: File, facts: &FileFacts) -> Option<Vec<Dictionary>> {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let look = Look { db, facts, root, units: db::units(db, file) };
    let mut found: Vec<Dictionary> = Vec::new();
    for (unit, types) in &*db::units_with_findings(db, file) {
        if types.results.is_empty() {
            return None;
        }
        for &inst in &types.opens_maps {
            let name = look.stored_into(*unit, inst)?;
            let of = binding(facts, *unit, &name);
            if !found.iter().any(|it| it.is(of, &name)) {
                look.is_alone(of, &name).then_some(())?;
                found.push(Dictionary { of, name });
            }
        }
    }
    Some(found)
}

struct Look<'a> {
    db: &'a LiveDb,
    facts: &'a FileFacts,
    root: SyntaxNode,
    units: &'a [PlacedUnit],
}

impl Look<'_> {
    /// The variable into whose map an instruction stores, if it is an assignment to one of its elements.
    fn stored_into(&self, unit: u32, inst: InstId) -> Option<SmolStr> {
        let placed = self.units.get(unit as usize)?;
        let range = *db::unit_places(self.db, &placed.unit).ranges.get(inst.0 as usize)? + placed.start;
        let element = self.root.covering_element(range);
        let assign = element.ancestors().find_map(AssignStmt::cast).filter(|it| it.range() == range)?;
        let Expr::Postfix(chain) = assign.target()? else { return None };
        let suffixes: Vec<_> = chain.suffixes().collect();
        match (chain.base()?, &*suffixes) {
            (Expr::Name(name), [Suffix::Index(_)]) => Some(name.name_token()?.text().into()),
            _ => None,
        }
    }

    /// Whether a variable holds nothing but maps that literals make for it, and no other name leads to them.
    fn is_alone(&self, of: Binding, name: &SmolStr) -> bool {
        let is_made = |value: &Symbol| matches!(value, Symbol::Map(_));
        let holds_made = match of {
            Binding::Global => self.facts.globals(name).all(|(_, value)| is_made(value)),
            Binding::Variable(owner) => {
                let says = &self.facts.unit(owner).facts;
                let is_param = says.params.iter().any(|(it, _)| it == name);
                let own = says.assigned.iter().filter(|(it, _)| it == name);
                !is_param
                    && own.into_iter().all(|(_, value)| is_made(value))
                    && !self.facts.unit(owner).made.contains(name)
            }
            Binding::Intrinsic(_) | Binding::Unknown => false,
        };
        holds_made
            && !self.facts.units.iter().any(|it| it.facts.read_through.contains(name))
            && self
                .facts
                .readers(name)
                .filter(|&unit| binding(self.facts, unit, name) == of)
                .all(|it| self.keeps(it, name))
    }

    /// Whether a unit gives nobody what a variable holds.
    fn keeps(&self, unit: u32, name: &SmolStr) -> bool {
        let Some(placed) = self.units.get(unit as usize) else { return false };
        let uses = &db::unit_names(self.db, &placed.unit).uses;
        let is_read = |it: &&NameUse| it.name == *name && it.place == Place::Bare && it.access != Access::Write;
        uses.iter().filter(is_read).all(|it| self.is_harmless(it.range + placed.start))
    }

    fn is_harmless(&self, name: TextRange) -> bool {
        let element = self.root.covering_element(name);
        let Some(node) = element.ancestors().find(|it| it.kind() == SyntaxKind::NameExpr) else { return false };
        let Some(around) = node.parent() else { return false };
        match around.kind() {
            SyntaxKind::PostfixExpr => PostfixExpr::cast(around).is_some_and(|it| is_look_up(&it, &node)),
            SyntaxKind::ForStmt => {
                ForStmt::cast(around).and_then(|it| it.iterable()).is_some_and(|it| it.syntax() == &node)
            }
            SyntaxKind::BinaryExpr | SyntaxKind::CompareExpr | SyntaxKind::IfStmt | SyntaxKind::WhileStmt => true,
            SyntaxKind::ArgList => self.is_taken_by_nobody(&around),
            _ => false,
        }
    }

    /// Whether the arguments are those of a function that does not keep them.
    fn is_taken_by_nobody(&self, args: &SyntaxNode) -> bool {
        let Some(call) = args.parent() else { return false };
        let callee = match CallStmt::cast(call.clone()) {
            Some(statement) => statement.callee(),
            None => call
                .parent()
                .and_then(PostfixExpr::cast)
                .filter(|it| it.suffixes().count() == 1)
                .and_then(|it| it.base()),
        };
        let Some(Expr::Name(name)) = callee else { return false };
        let Some(name) = name.name_token() else { return false };
        let name = name.text();
        let is_built_in = !self.facts.is_global(name) && intrinsics::find(name).is_some();
        let is_variable = (0..self.facts.units.len() as u32).any(|unit| self.facts.has_variable(unit, name));
        FUNCTIONS.contains(&name) && is_built_in && !is_variable
    }
}

/// Whether a chain takes something out of a map, asks it, or puts something under a name.
fn is_look_up(chain: &PostfixExpr, base: &SyntaxNode) -> bool {
    let suffixes: Vec<_> = chain.suffixes().collect();
    let is_target = chain.syntax().parent().and_then(AssignStmt::cast).and_then(|it| it.target());
    let is_target = is_target.is_some_and(|it| it.range() == chain.range());
    chain.base().is_some_and(|it| it.syntax() == base)
        && match &*suffixes {
            [Suffix::Index(_), Suffix::Call(_), ..] => false,
            [Suffix::Index(_), ..] => true,
            [Suffix::Member(_)] if is_target => true,
            [Suffix::Member(member), ..] => member.name_token().is_some_and(|it| METHODS.contains(&it.text())),
            _ => false,
        }
}
