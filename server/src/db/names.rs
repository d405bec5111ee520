//! Names in the database: what each unit says about names, and all of a file's units together.
//!
//! Put together from what `units` knows of each, so an edit looks at the names of the edited function alone; `ide` resolves and infers with
//! the results. Invariants: [`file_facts`] holds no places, so moving code and editing expressions that name nothing new keep it, as
//! the same object; its units are in the order of [`super::units`], so an index means the same in both.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::by_name::ByName;
use super::units::{PlacedUnit, unit_facts, units};
use super::{Db, File};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Sym, Symbol, UnitFacts};
use rustc_hash::FxHashSet;
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

/// Something that is assigned to a member: unit, owner, value.
pub type AssignedMember = (u32, Sym, Sym);

/// What a file says about names.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// Its units.
    pub units: Vec<Arc<FactsUnit>>,
    /// What is assigned to each global.
    pub globals: ByName<Assigned>,
    /// What is assigned to members of each name.
    pub members: ByName<AssignedMember>,
    /// Calls by the last name of what is called: unit, number among the unit's calls.
    pub calls: ByName<(u32, u32)>,
}

/// More changed units than this are looked at together with all others.
const MOST_CHANGED: usize = 64;

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
#[salsa::tracked(returns(ref), lru = 64)]
fn facts_of(db: &dyn Db, file: File) -> Same {
    let (units, kept) = (units(db, file), file.kept(db));
    let now = match kept.facts.get() {
        Some(before) => match before.changed(db, units) {
            Some(changed) if changed.is_empty() => before,
            Some(changed) => {
                db.makes("file_facts", None);
                Arc::new(before.with(db, units, &changed))
            }
            None => Arc::new(FileFacts::of(db, units)),
        },
        None => Arc::new(FileFacts::of(db, units)),
    };
    if kept.is_open() {
        kept.facts.set(now.clone());
    }
    Same(now)
}

/// What all units of a file say. Where the units are those that were, the work is that of the units which say something else.
pub fn file_facts(db: &dyn Db, file: File) -> Arc<FileFacts> {
    facts_of(db, file).0.clone()
}

impl FileFacts {
    fn of(db: &dyn Db, placed: &[PlacedUnit]) -> FileFacts {
        db.makes("all_facts", None);
        let mut units: Vec<FactsUnit> = Vec::with_capacity(placed.len());
        for placed in placed {
            let index = units.len() as u32;
            if index.is_multiple_of(64) {
                db.unwind_if_revision_cancelled();
            }
            if let Some(parent) = placed.parent {
                units[parent as usize].children.push(index);
            }
            units.push(FactsUnit {
                facts: unit_facts(db, &placed.unit).clone(),
                kind: placed.unit.kind,
                parent: placed.parent,
                children: Vec::new(),
                name: placed.name.clone(),
                made: FxHashSet::default(),
            });
        }
        for index in 0..units.len() {
            let outer = units[index].parent.filter(|&it| units[it as usize].kind == UnitKind::Function);
            if let Some(outer) = outer {
                let facts = units[index].facts.clone();
                units[outer as usize].made.extend(facts.outer.iter().map(|(name, _)| name.clone()));
            }
        }
        let mut all = FileFacts { units: units.into_iter().map(Arc::new).collect(), ..FileFacts::default() };
        let indexes = 0..all.units.len() as u32;
        let entries =
            |unit: u32| all.assigned_globals(unit).map(move |(name, value)| (name.clone(), (unit, value.clone())));
        let globals = ByName::of(indexes.clone().flat_map(entries));
        let entries = |unit: u32| {
            let members = all.unit(unit).facts.members.iter();
            members.map(move |(owner, name, value)| (name.clone(), (unit, owner.clone(), value.clone())))
        };
        let members = ByName::of(indexes.clone().flat_map(entries));
        let entries =
            |unit: u32| called(&all.unit(unit).facts).map(move |(name, number)| (name.clone(), (unit, number)));
        let calls = ByName::of(indexes.flat_map(entries));
        (all.globals, all.members, all.calls) = (globals, members, calls);
        all
    }

    /// The units that say something else now; none if the units themselves are not those that were.
    fn changed(&self, db: &dyn Db, units: &[PlacedUnit]) -> Option<Vec<u32>> {
        if self.units.len() != units.len() {
            return None;
        }
        let mut changed = Vec::new();
        for (index, (it, placed)) in (0u32..).zip(self.units.iter().zip(units)) {
            let is_there = (it.kind, it.parent) == (placed.unit.kind, placed.parent) && it.name == placed.name;
            if !is_there || changed.len() > MOST_CHANGED {
                return None;
            }
            if !Arc::ptr_eq(&it.facts, unit_facts(db, &placed.unit)) {
                changed.push(index);
            }
        }
        Some(changed)
    }

    /// The facts with what some units say now.
    fn with(&self, db: &dyn Db, units: &[PlacedUnit], changed: &[u32]) -> FileFacts {
        let mut all = FileFacts {
            units: self.units.clone(),
            globals: self.globals.clone(),
            members: self.members.clone(),
            calls: self.calls.clone(),
        };
        for &unit in changed {
            let facts = unit_facts(db, &units[unit as usize].unit).clone();
            all.units[unit as usize] = Arc::new(FactsUnit { facts, ..(**self.unit(unit)).clone() });
        }
        for &unit in changed {
            let (before, now) = (&self.unit(unit).facts, all.unit(unit).facts.clone());
            if let Some(outer) = self.enclosing_function(unit).filter(|_| before.outer != now.outer) {
                let made = all.made_by_closures(outer);
                all.units[outer as usize] = Arc::new(FactsUnit { made, ..(**all.unit(outer)).clone() });
            }
            if !self.assigned_globals(unit).eq(all.assigned_globals(unit)) {
                let entries: Vec<_> =
                    all.assigned_globals(unit).map(|(name, value)| (name.clone(), value.clone())).collect();
                let before = self.assigned_globals(unit).map(|(name, _)| name);
                all.globals.replace(unit, before, entries.iter().map(|(name, value)| (name, (unit, value.clone()))));
            }
            if before.members != now.members {
                let entries =
                    now.members.iter().map(|(owner, name, value)| (name, (unit, owner.clone(), value.clone())));
                all.members.replace(unit, before.members.iter().map(|(_, name, _)| name), entries);
            }
            if !called(before).eq(called(&now)) {
                let entries = called(&now).map(|(name, number)| (name, (unit, number)));
                all.calls.replace(unit, called(before).map(|(name, _)| name), entries);
            }
        }
        all
    }

    /// What a unit assigns to globals.
    pub(super) fn assigned_globals(&self, unit: u32) -> impl Iterator<Item = &(SmolStr, Sym)> {
        let facts = &self.unit(unit).facts;
        let is_statement = self.unit(unit).kind == UnitKind::Statement;
        let outer_is_global = self.enclosing_function(unit).is_none();
        let at_top = facts.assigned.iter().filter(move |_| is_statement);
        at_top.chain(&facts.globals).chain(facts.outer.iter().filter(move |_| outer_is_global))
    }

    fn made_by_closures(&self, unit: u32) -> FxHashSet<SmolStr> {
        let outer = |&child: &u32| self.unit(child).facts.outer.iter().map(|(name, _)| name.clone());
        self.unit(unit).children.iter().flat_map(outer).collect()
    }

    /// Which units are other objects than they were; none if they are many, or not the units that were.
    pub(super) fn differing(&self, before: &FileFacts) -> Option<Vec<u32>> {
        if self.units.len() != before.units.len() {
            return None;
        }
        let mut differing = Vec::new();
        for (index, (now, before)) in (0u32..).zip(self.units.iter().zip(&before.units)) {
            if Arc::ptr_eq(now, before) {
                continue;
            }
            if differing.len() > MOST_CHANGED || (now.kind, now.parent) != (before.kind, before.parent) {
                return None;
            }
            differing.push(index);
        }
        Some(differing)
    }

    /// Of the globals that some units assign or did before, those to which something else is assigned now.
    pub(super) fn differing_globals(&self, before: &FileFacts, units: &[u32]) -> FxHashSet<SmolStr> {
        let mut names = FxHashSet::default();
        if !self.globals.is(&before.globals) {
            for &unit in units {
                names.extend(
                    self.assigned_globals(unit).chain(before.assigned_globals(unit)).map(|(name, _)| name.clone()),
                );
            }
            names.retain(|name| self.globals.get(name) != before.globals.get(name));
        }
        names
    }

    /// A unit by its index.
    pub fn unit(&self, index: u32) -> &Arc<FactsUnit> {
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

/// The calls of something that has a name: the last one, and the call's number.
fn called(facts: &UnitFacts) -> impl Iterator<Item = (&SmolStr, u32)> {
    (0u32..).zip(&facts.calls).filter_map(|(number, (callee, _))| match &**callee {
        Symbol::Name(name) | Symbol::Member(_, name) => Some((name, number)),
        _ => None,
    })
}
