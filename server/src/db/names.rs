//! Names in the database: what each unit says about names, and all of a file's units together.
//!
//! Built on the skeletons of `queries`, so an edit looks at the names of the edited function alone; `ide` resolves and infers with
//! the results. Invariants: [`file_facts`] holds no places, so moving code and editing expressions that name nothing new keep it;
//! its units are in the order of [`super::units`], so an index means the same in both.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::queries::{FileUnit, cut, skeleton, units};
use super::skeleton::real_range;
use super::{Db, File};
use minilive_mir::checks::{Finding, check};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{NameUse, Sym, Symbol, UnitFacts, UnitNames, collect};
use minilive_syntax::ast::{AstNode, Expr, Stmt, Suffix};
use minilive_syntax::{TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

type Collected = (Arc<UnitNames>, Arc<UnitFacts>);

/// Both at once, since they are found in one walk.
#[salsa::tracked(no_eq, returns(clone))]
fn collected<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Collected {
    let (names, facts) = collect(&skeleton(db, unit).0, unit.kind(db));
    (Arc::new(names), Arc::new(facts))
}

/// Where the names of a unit stand, relative to its start.
#[salsa::tracked(no_eq, returns(clone))]
pub fn unit_names<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Arc<UnitNames> {
    let names = collected(db, unit).0;
    let cut = cut(db, unit);
    if cut.holes.is_empty() {
        return names;
    }
    // Uses and holes are in source order, and no name spans a hole.
    let (mut holes, mut shift) = (cut.holes.iter().peekable(), TextSize::new(0));
    let mut real = |range: TextRange| {
        while let Some(hole) = holes.next_if(|hole| hole.at.end() <= range.start()) {
            shift += hole.len - hole.at.len();
        }
        range + shift
    };
    let uses = names.uses.iter().map(|it| NameUse { range: real(it.range), ..it.clone() }).collect();
    let calls = names.calls.iter().map(|&range| real_range(&cut.holes, range)).collect();
    Arc::new(UnitNames { uses, calls })
}

/// What is odd about the tree of a unit, relative to its start.
#[salsa::tracked(returns(clone))]
pub fn unit_checks<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Arc<[Finding]> {
    let found = check(&skeleton(db, unit).0);
    if found.is_empty() {
        return Arc::default();
    }
    let holes = &cut(db, unit).holes;
    found.into_iter().map(|it| Finding { range: real_range(holes, it.range), ..it }).collect()
}

/// What a unit says about names. A query to stop invalidation: most edits keep it.
#[salsa::tracked(returns(clone))]
pub fn unit_facts<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Arc<UnitFacts> {
    collected(db, unit).1
}

/// A unit and the one around it, without places.
#[derive(Debug, Clone, PartialEq, Eq, salsa::SalsaValue)]
struct TreeUnit<'db> {
    unit: FileUnit<'db>,
    parent: Option<u32>,
    name: SmolStr,
}

/// The units of a file and which stands in which. A query to stop invalidation: moving code keeps it.
#[salsa::tracked(returns(deref))]
fn unit_tree<'db>(db: &'db dyn Db, file: File) -> Vec<TreeUnit<'db>> {
    let unit = |it: &super::PlacedUnit<'db>| TreeUnit { unit: it.unit, parent: it.parent, name: it.name.clone() };
    units(db, file).iter().map(unit).collect()
}

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

/// What all units of a file say. Work of one pass over units, done again only if one of them says something else.
#[salsa::tracked(no_eq, returns(clone))]
pub fn file_facts(db: &dyn Db, file: File) -> Arc<FileFacts> {
    let mut all = FileFacts::default();
    for TreeUnit { unit, parent, name } in unit_tree(db, file) {
        let index = all.units.len() as u32;
        if let Some(parent) = parent {
            all.units[*parent as usize].children.push(index);
        }
        let (facts, kind) = (unit_facts(db, *unit), unit.kind(db));
        all.units.push(FactsUnit {
            facts,
            kind,
            parent: *parent,
            children: Vec::new(),
            name: name.clone(),
            made: FxHashSet::default(),
        });
    }
    for index in 0..all.units.len() {
        all.index(index as u32);
    }
    Arc::new(all)
}

impl FileFacts {
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
