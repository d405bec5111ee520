//! Names in the database: what each unit says about names, and all of a file's units together.
//!
//! Put together from what `units` knows of each, so an edit looks at the names of the edited function alone; `ide` resolves and infers with
//! the results. Invariants: [`file_facts`] holds no places, so moving code and editing expressions that name nothing new keep it, as
//! the same object; its units are in the order of [`super::units`], so an index means the same in both.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::units::{PlacedUnit, unit_facts, units};
use super::{Db, File};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Sym, Symbol, UnitFacts};
use minilive_syntax::TextRange;
use minilive_syntax::ast::{AstNode, Expr, Stmt, Suffix};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

/// One unit among the facts of a file.
#[derive(Debug, Clone)]
pub struct FactsUnit {
    /// What it says.
    pub facts: Arc<UnitFacts>,
    /// What it is.
    pub kind: UnitKind,
    /// The unit around it.
    pub parent: Option<u32>,
    /// The functions directly inside it, in source order.
    pub children: Vec<u32>,
    /// A function's name.
    pub name: SmolStr,
    /// Variables that closures make through `outer`.
    pub made: FxHashSet<SmolStr>,
}

/// Something that is assigned, and the unit in which it is.
pub type Assigned = (u32, Sym);

/// What a file says about names.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// Its units.
    pub units: Vec<FactsUnit>,
    /// What is assigned to each global.
    pub globals: FxHashMap<SmolStr, Vec<Assigned>>,
    /// What is assigned to members of each name: unit, owner, value.
    pub members: FxHashMap<SmolStr, Vec<(u32, Sym, Sym)>>,
    /// Calls by the last name of what is called: unit, callee, number among the unit's calls.
    pub calls: FxHashMap<SmolStr, Vec<(u32, u32)>>,
}

/// Facts that are equal to themselves alone: comparing them takes a glance.
#[derive(Debug, Clone)]
struct Same(Arc<FileFacts>);

impl PartialEq for Same {
    fn eq(&self, other: &Same) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Same {}

/// What all units of a file say. A query to stop invalidation: it looks at all units after each edit, and mostly finds nothing new.
#[salsa::tracked(returns(ref))]
fn facts_of(db: &dyn Db, file: File) -> Same {
    let (units, kept) = (units(db, file), file.kept(db));
    let before = kept.facts.get().filter(|before| before.is_of(db, units));
    let now = before.unwrap_or_else(|| {
        db.makes("file_facts", None);
        Arc::new(FileFacts::of(db, units))
    });
    kept.facts.set(now.clone());
    Same(now)
}

/// What all units of a file say. Work of one pass over units, done again only if one of them says something else.
pub fn file_facts(db: &dyn Db, file: File) -> Arc<FileFacts> {
    facts_of(db, file).0.clone()
}

impl FileFacts {
    fn of(db: &dyn Db, units: &[PlacedUnit]) -> FileFacts {
        let mut all = FileFacts::default();
        for placed in units {
            let index = all.units.len() as u32;
            if index.is_multiple_of(64) {
                db.unwind_if_revision_cancelled();
            }
            if let Some(parent) = placed.parent {
                all.units[parent as usize].children.push(index);
            }
            all.units.push(FactsUnit {
                facts: unit_facts(db, &placed.unit).clone(),
                kind: placed.unit.kind,
                parent: placed.parent,
                children: Vec::new(),
                name: placed.name.clone(),
                made: FxHashSet::default(),
            });
        }
        for index in 0..all.units.len() {
            all.index(index as u32);
        }
        all
    }

    /// Whether these are the facts of such units.
    fn is_of(&self, db: &dyn Db, units: &[PlacedUnit]) -> bool {
        let same = |(it, placed): (&FactsUnit, &PlacedUnit)| {
            Arc::ptr_eq(&it.facts, unit_facts(db, &placed.unit))
                && (it.kind, it.parent) == (placed.unit.kind, placed.parent)
                && it.name == placed.name
        };
        self.units.len() == units.len() && self.units.iter().zip(units).all(same)
    }

    fn index(&mut self, index: u32) {
        let facts = self.units[index as usize].facts.clone();
        let is_statement = self.units[index as usize].kind == UnitKind::Statement;
        let outer_is_global = self.enclosing_function(index).is_none();
        let at_top = facts.assigned.iter().filter(|_| is_statement);
        let through_outer = facts.outer.iter().filter(|_| outer_is_global);
        for (name, value) in at_top.chain(&facts.globals).chain(through_outer) {
            self.globals.entry(name.clone()).or_default().push((index, value.clone()));
        }
        if let Some(outer) = self.enclosing_function(index) {
            self.units[outer as usize].made.extend(facts.outer.iter().map(|(name, _)| name.clone()));
        }
        for (owner, name, value) in &facts.members {
            self.members.entry(name.clone()).or_default().push((index, owner.clone(), value.clone()));
        }
        for (number, (callee, _)) in (0u32..).zip(&facts.calls) {
            if let Symbol::Name(name) | Symbol::Member(_, name) = &**callee {
                self.calls.entry(name.clone()).or_default().push((index, number));
            }
        }
    }

    /// A unit by its index.
    pub fn unit(&self, index: u32) -> &FactsUnit {
        &self.units[index as usize]
    }

    /// The function around a function: the one level that `outer` reaches.
    pub fn enclosing_function(&self, index: u32) -> Option<u32> {
        self.unit(index).parent.filter(|&parent| self.unit(parent).kind == UnitKind::Function)
    }

    /// Whether a unit has a variable of its own of that name.
    pub fn has_variable(&self, index: u32, name: &str) -> bool {
        let unit = self.unit(index);
        unit.facts.variables.contains(name) || unit.made.contains(name)
    }
}

/// A symbol of a file for those who look through many files: a global, or a function that is a member of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSymbol {
    /// Its name.
    pub name: SmolStr,
    /// The map whose member it is.
    pub container: Option<SmolStr>,
    /// Where its name stands.
    pub range: TextRange,
    /// It is a function.
    pub is_function: bool,
}

/// The symbols at the top level of a file. From its tree alone, since a search goes through files that nobody has opened.
#[salsa::tracked(no_eq, returns(clone))]
pub fn file_symbols(db: &dyn Db, file: File) -> Arc<[FileSymbol]> {
    let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
    for statement in file.parse(db).root().statements() {
        let Stmt::Assign(assign) = statement else { continue };
        let is_function = matches!(assign.value(), Some(Expr::Function(_)));
        let Some(symbol) = assign.target().and_then(|target| symbol(&target, is_function)) else { continue };
        if seen.insert((symbol.container.clone(), symbol.name.clone())) {
            found.push(symbol);
        }
    }
    found.into()
}

fn symbol(target: &Expr, is_function: bool) -> Option<FileSymbol> {
    match target {
        Expr::Name(name) => {
            let token = name.name_token()?;
            Some(FileSymbol { name: token.text().into(), container: None, range: token.text_range(), is_function })
        }
        Expr::Postfix(chain) if is_function => {
            let Suffix::Member(member) = chain.suffixes().last()? else { return None };
            let token = member.name_token()?;
            let dot = member.range().start() - chain.range().start();
            let owner = chain.syntax().text().to_string();
            let container = owner.get(..usize::from(dot)).map(|owner| owner.trim().into());
            Some(FileSymbol { name: token.text().into(), container, range: token.text_range(), is_function })
        }
        _ => None,
    }
}
