//! Maps whose keys are worked out, as those that count words: what their members are nobody knows, but it is known which maps they are.
//!
//! Part of `checks`; types tell where a map gets a key that is no text of the program. Invariant: such a map is followed only if it is made
//! by a literal for one variable or member and is given to nobody, so that every use of it stands behind that name; where any other map may
//! get such a key, or where a map that holds such a one is looked into without names, nothing is known of all of them.

mod unnamed;

use super::super::infer::{Binding, binding};
use crate::db::{self, File, FileFacts, FileUnits, LiveDb};
use crate::guide::types as guide;
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

/// What alone has its map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dictionary {
    /// A variable.
    Variable(Binding, SmolStr),
    /// All members of that name.
    Member(SmolStr),
}

impl Dictionary {
    /// Whether what stands before a dot in a unit is it.
    pub fn is(&self, facts: &FileFacts, unit: u32, owner: &Symbol) -> bool {
        match (self, owner) {
            (Dictionary::Variable(of, name), Symbol::Name(it)) => it == name && binding(facts, unit, it) == *of,
            (Dictionary::Member(name), Symbol::Member(_, it)) => it == name,
            _ => false,
        }
    }

    /// Whether code of another file may mean it.
    pub fn is_named_in(&self, facts: &FileFacts) -> bool {
        match self {
            Dictionary::Variable(Binding::Global, name) => facts.is_read(name) || facts.is_read_through(name),
            Dictionary::Variable(..) => false,
            Dictionary::Member(name) => facts.has_member(name) || facts.member_readers(name).next().is_some(),
        }
    }
}

/// What gets an element at an instruction.
enum Store {
    /// A map that is followed.
    Into(Dictionary),
    /// A list, which has no names.
    List,
}

/// The maps of a file whose keys are worked out; none if they may be any.
pub fn of(db: &LiveDb, file: File, facts: &FileFacts) -> Option<Vec<Dictionary>> {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let look = Look { db, file, facts, root, units: db::units(db, file) };
    let mut found: Vec<Dictionary> = Vec::new();
    for (unit, types) in &*db::units_with_findings(db, file) {
        if types.results.is_empty() {
            return None;
        }
        for &inst in &types.opens_maps {
            let Store::Into(it) = look.store(*unit, inst)? else { continue };
            if !found.contains(&it) {
                look.is_alone(&it).then_some(())?;
                found.push(it);
            }
        }
    }
    (!look.is_any_reached(&found)).then_some(found)
}

struct Look<'a> {
    db: &'a LiveDb,
    file: File,
    facts: &'a FileFacts,
    root: SyntaxNode,
    units: &'a FileUnits,
}

impl Look<'_> {
    /// What an instruction stores into; none if that may be anything.
    fn store(&self, unit: u32, inst: InstId) -> Option<Store> {
        let placed = self.units.get(unit as usize)?;
        let range = *db::unit_places(self.db, placed.unit).ranges.get(inst.0 as usize)? + placed.start;
        let element = self.root.covering_element(range);
        if let Some(assign) = element.ancestors().find_map(AssignStmt::cast).filter(|it| it.range() == range) {
            let Expr::Postfix(chain) = assign.target()? else { return None };
            return self.element_of(unit, &chain).map(Store::Into);
        }
        let chain = element.ancestors().find_map(|it| match CallStmt::cast(it.clone()).and_then(|it| it.callee()) {
            Some(Expr::Postfix(chain)) => Some(chain),
            _ => PostfixExpr::cast(it),
        })?;
        self.pushes_to_list(&chain).then_some(Store::List)
    }

    /// The map of which a chain names an element.
    fn element_of(&self, unit: u32, chain: &PostfixExpr) -> Option<Dictionary> {
        let suffixes: Vec<_> = chain.suffixes().collect();
        match (chain.base()?, &*suffixes) {
            (Expr::Name(name), [Suffix::Index(_)]) => {
                let name = SmolStr::new(name.name_token()?.text());
                Some(Dictionary::Variable(binding(self.facts, unit, &name), name))
            }
            (_, [.., Suffix::Member(member), Suffix::Index(_)]) => {
                Some(Dictionary::Member(member.name_token()?.text().into()))
            }
            _ => None,
        }
    }

    /// Whether `push` is called on members that are never maps. That other maps get no members out of sight is what is being found out:
    /// the first one to get some would have to be such a member.
    fn pushes_to_list(&self, chain: &PostfixExpr) -> bool {
        let members: Vec<_> = chain.suffixes().take_while(|it| !matches!(it, Suffix::Call(_))).collect();
        let [.., Suffix::Member(list), Suffix::Member(_)] = &*members else { return false };
        let Some(name) = list.name_token() else { return false };
        let is_plain = |value: &Symbol| {
            matches!(value, Symbol::List(_) | Symbol::Number | Symbol::Text | Symbol::Null | Symbol::Function(_))
        };
        chain.suffixes().count() <= members.len() + 1 && self.is_given(name.text(), is_plain)
    }

    /// Whether the members of a name are all of a kind.
    fn is_given(&self, name: &str, is_it: impl Fn(&Symbol) -> bool) -> bool {
        let assigned = self.facts.members(name).map(|(_, _, value)| value);
        !guide::is_made_by_language(name)
            && assigned.chain(self.facts.keys(name).map(|(_, value)| value)).all(|value| is_it(value))
    }

    /// Whether a variable or member holds nothing but maps that literals make for it, and no other name leads to them.
    fn is_alone(&self, it: &Dictionary) -> bool {
        match it {
            Dictionary::Variable(of, name) => self.is_variable_alone(*of, name),
            Dictionary::Member(name) => {
                let is_made = |value: &Symbol| matches!(value, Symbol::Map(_) | Symbol::Null);
                let is_it = |it: &NameUse| matches!(it.place, Place::Member(_));
                self.is_given(name, is_made)
                    && !self.is_quoted(name)
                    && self.facts.member_readers(name).all(|unit| self.keeps(unit, name, is_it))
            }
        }
    }

    fn is_variable_alone(&self, of: Binding, name: &SmolStr) -> bool {
        let is_made = |value: &Symbol| matches!(value, Symbol::Map(_));
        let holds_made = match of {
            Binding::Global => self.facts.globals(name).all(|(_, value)| is_made(value)),
            Binding::Variable(owner) => {
                let says = &self.facts.unit(owner).facts;
                let is_param = says.params.iter().any(|(it, _)| it == name);
                let mut own = says.assigned.iter().filter(|(it, _)| it == name);
                !is_param && own.all(|(_, value)| is_made(value)) && !self.facts.unit(owner).made.contains(name)
            }
            Binding::Intrinsic(_) | Binding::Unknown => false,
        };
        let is_it = |it: &NameUse| it.place == Place::Bare;
        holds_made
            && !self.facts.is_read_through(name)
            && self
                .facts
                .readers(name)
                .filter(|&unit| binding(self.facts, unit, name) == of)
                .all(|unit| self.keeps(unit, name, is_it))
    }

    /// Whether a member is read as `x["name"]`.
    fn is_quoted(&self, name: &str) -> bool {
        let is_it = |it: &NameUse| it.quoted && it.name == *name && it.access != Access::Write;
        self.file.text(self.db).contains(&format!("\"{name}\""))
            && self.units.iter().any(|placed| db::unit_names(self.db, placed.unit).uses.iter().any(is_it))
    }

    /// Whether a unit gives nobody what a name holds.
    fn keeps(&self, unit: u32, name: &SmolStr, is_it: impl Fn(&NameUse) -> bool) -> bool {
        let Some(placed) = self.units.get(unit as usize) else { return false };
        let uses = &db::unit_names(self.db, placed.unit).uses;
        let is_read = |it: &&NameUse| it.name == *name && is_it(it) && it.access != Access::Write && !it.quoted;
        uses.iter().filter(is_read).all(|it| self.is_harmless(it.range + placed.start))
    }

    fn is_harmless(&self, name: TextRange) -> bool {
        let element = self.root.covering_element(name);
        let is_operand = |it: &SyntaxNode| matches!(it.kind(), SyntaxKind::NameExpr | SyntaxKind::MemberSuffix);
        let Some(node) = element.ancestors().find(is_operand) else { return false };
        let Some(mut around) = node.parent() else { return false };
        let mut whole = node.clone();
        if let Some(chain) = PostfixExpr::cast(around.clone()) {
            let behind: Vec<_> = chain.suffixes().filter(|it| it.range().start() >= node.text_range().end()).collect();
            if !behind.is_empty() {
                return is_look_up(&chain, &behind);
            }
            whole = around;
            let Some(parent) = whole.parent() else { return false };
            around = parent;
        }
        match around.kind() {
            SyntaxKind::ForStmt => {
                ForStmt::cast(around).and_then(|it| it.iterable()).is_some_and(|it| *it.syntax() == whole)
            }
            SyntaxKind::BinaryExpr => !makes_map(&around),
            SyntaxKind::CompareExpr | SyntaxKind::IfStmt | SyntaxKind::WhileStmt => true,
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

/// Whether an operator makes another map of the same members; beside a text `+` makes a text.
fn makes_map(operation: &SyntaxNode) -> bool {
    let is_plus = operation.children_with_tokens().any(|it| it.kind() == SyntaxKind::Plus);
    let is_text = |it: SyntaxNode| it.first_token().is_some_and(|it| it.kind() == SyntaxKind::StringLit);
    let is_beside_text = operation.children().any(|it| it.kind() == SyntaxKind::LiteralExpr && is_text(it));
    is_plus && !is_beside_text
}

/// Whether what stands behind a map in a chain takes something out of it, asks it, or puts something under a name.
fn is_look_up(chain: &PostfixExpr, behind: &[Suffix]) -> bool {
    let target = chain.syntax().parent().and_then(AssignStmt::cast).and_then(|it| it.target());
    let is_target = target.is_some_and(|it| it.range() == chain.range());
    match behind {
        [Suffix::Index(_), Suffix::Call(_), ..] => false,
        [Suffix::Index(_), ..] => true,
        [Suffix::Member(_)] if is_target => true,
        [Suffix::Member(member), ..] => member.name_token().is_some_and(|it| METHODS.contains(&it.text())),
        _ => false,
    }
}
