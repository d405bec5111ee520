//! What the globals are where each statement of a file begins: what the statements before it have stored, if nobody else stores anything.
//!
//! Part of `types`. Functions may be called at any time and see whatever a global ever holds; statements are carried out one after the other.
//! Invariant: what stands around a statement follows from what stands around those before it and from the cells of `summary`, so they are
//! looked at in their order, and after an edit again as far as something else is stored.

use super::super::names::{Edit, FactsUnit, FileFacts};
use super::Around;
use super::summary::Summary;
use minilive_mir::ir::UnitKind;
use minilive_mir::types::TypeSet;
use minilive_mir::typing::Free;
use minilive_runtime::intrinsics;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

/// Behind more assignments that may or may not be carried out than this, a global is whatever it ever holds.
const MOST_STORES: usize = 64;

/// Finds what stands around units.
pub struct Flow<'a> {
    facts: &'a FileFacts,
    summary: &'a mut Summary,
    followed: FxHashMap<SmolStr, bool>,
}

impl<'a> Flow<'a> {
    pub fn new(facts: &'a FileFacts, summary: &'a mut Summary) -> Flow<'a> {
        Flow { facts, summary, followed: FxHashMap::default() }
    }

    /// What stands around a unit, by what stands around those before it.
    pub fn around(&mut self, before: &[Arc<Around>], unit: u32) -> Around {
        let it = self.facts.unit(unit).clone();
        // A variable of the unit that is not assigned yet lets what is further out be seen.
        let mut names: Vec<_> = it.facts.reads.iter().cloned().collect();
        names.sort_unstable();
        let free = names.into_iter().map(|name| match self.stored(before, unit, &name) {
            Some(stored) => (name, stored, true),
            None => {
                let free = self.summary.further_out(self.facts, unit, &name);
                (name, free, false)
            }
        });
        let free = free.collect();
        Around { free, children: self.facts.children(unit).map(|child| self.summary.result(child)).collect() }
    }

    /// What the statements before a statement may have stored in a global last; none if that does not tell what it is.
    fn stored(&mut self, before: &[Arc<Around>], unit: u32, name: &SmolStr) -> Option<Free> {
        if self.facts.unit(unit).kind != UnitKind::Statement || !self.is_followed(name) {
            return None;
        }
        let (mut stored, mut filled) = (Free::NOTHING, None);
        for (at, (store, value)) in self.facts.globals_before(name, unit).enumerate() {
            if at == MOST_STORES {
                return None;
            }
            let found = self.summary.value_at(self.facts, &before[store as usize], store, value);
            // What is null is given a value by the statement that was passed on the way here.
            let is_null_gone = filled.is_some_and(|it| it != store);
            let set = if is_null_gone { found.set.without(TypeSet::NULL) } else { found.set };
            stored = Free { set: stored.set | set, result: stored.result | found.result, intrinsic: None };
            let says = &self.facts.unit(store).facts;
            if says.is_assignment {
                break;
            }
            if says.filled.contains(name) {
                filled.get_or_insert(store);
            }
        }
        let ever = self.summary.further_out(self.facts, unit, name);
        // Who reads it here ends the program; what is shown is what it is meant to be.
        if stored.set == TypeSet::NONE {
            return Some(ever);
        }
        Some(Free { set: stored.set.only(ever.set), result: stored.result.only(ever.result), intrinsic: None })
    }

    /// Whether the statements of the file alone give a global values, by its bare name.
    fn is_followed(&mut self, name: &SmolStr) -> bool {
        if !self.summary.is_closed() {
            return false;
        }
        if let Some(known) = self.followed.get(name) {
            return *known;
        }
        let mut stores = self.facts.globals(name).map(|(unit, _)| self.facts.unit(unit)).peekable();
        let is_followed = stores.peek().is_some() && stores.all(|it| is_plain(it)) && intrinsics::find(name).is_none();
        self.followed.insert(name.clone(), is_followed);
        is_followed
    }
}

impl Around {
    /// What a name is that is followed, where the unit begins.
    pub fn stored(&self, name: &str) -> Option<Free> {
        self.read(name).and_then(|(free, is_followed)| is_followed.then_some(free))
    }
}

/// Whether what a unit gives to globals is assigned to their bare names, by a statement.
fn is_plain(unit: &FactsUnit) -> bool {
    unit.kind == UnitKind::Statement && !unit.facts.writes_through
}

/// How far the readers of each name are told already that what they begin with may be something else.
pub type Told = FxHashMap<SmolStr, u32>;

/// The statements that may begin with what a statement stores, but for those that are told. Statements are asked for in their order.
pub fn behind(facts: &FileFacts, unit: u32, told: &mut Told) -> Vec<u32> {
    if facts.unit(unit).kind != UnitKind::Statement {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, _) in &facts.unit(unit).facts.assigned {
        let ends = |it: u32| is_plain(facts.unit(it)) && facts.unit(it).facts.is_assignment;
        // Behind so many more nobody looks back as far as this.
        let stores = facts.globals_behind(name, unit).map(|(it, _)| it).enumerate();
        let end = stores.into_iter().find(|&(count, it)| count + 1 == MOST_STORES || ends(it));
        let end = end.map_or(u32::MAX, |(_, it)| it);
        let from = told.entry(name.clone()).or_insert(unit);
        let start = unit.max(*from);
        found.extend(facts.readers_behind(name, start).take_while(|&it| it <= end));
        *from = end.max(start);
    }
    found
}

/// The units that may begin with something else since what changed units assign to globals is something else, or they come or go.
pub fn followers(before: &FileFacts, now: &FileFacts, edit: &Edit) -> FxHashSet<u32> {
    let mut found = FxHashSet::default();
    for &(was, is) in &edit.changed {
        let old = was.map(|was| before.unit(was));
        let is_local = is_plain(now.unit(is)) && old.is_some_and(|it| is_plain(it));
        let names = |facts: &'_ FileFacts, unit: u32| -> Vec<SmolStr> {
            facts.assigned_globals(unit).map(|(name, _)| name.clone()).collect()
        };
        let (were, are) = (was.map(|was| names(before, was)).unwrap_or_default(), names(now, is));
        // Where the same names are assigned as often, it is enough to look behind the unit as it is.
        if !is_local || were != are || old.is_some_and(|it| it.facts.is_assignment != now.unit(is).facts.is_assignment)
        {
            found.extend(were.iter().chain(&are).flat_map(|name| now.readers(name)));
        }
    }
    for &was in &edit.gone {
        found.extend(before.assigned_globals(was).flat_map(|(name, _)| now.readers(name)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::{LiveDb, file_facts};
    use super::*;
    use minilive_syntax::parse;

    /// The facts of a file that gives a global its value, then often perhaps another one, and whatever comes behind.
    fn facts(stores: usize, behind: &str) -> Arc<FileFacts> {
        let lines: String = (0..stores).map(|k| format!("if g > {k} then g = {k}\n")).collect();
        let text = format!("g = 1\n{lines}{behind}");
        let db = LiveDb::new(None);
        let file = db.add_file("test.ms".into(), text.as_str().into(), Arc::new(parse(&text)));
        file_facts(&db, file)
    }

    fn behind_first(facts: &FileFacts) -> Vec<u32> {
        behind(facts, 0, &mut Told::default())
    }

    #[test]
    fn what_is_stored_is_told_as_far_as_somebody_looks_back() {
        assert_eq!(behind_first(&facts(3, "print g\ng = 2\nprint g\n")), [1, 2, 3, 4]);
        assert_eq!(behind_first(&facts(0, "g = g + 1\nprint g\n")), [1]);
        let far = MOST_STORES as u32;
        assert_eq!(behind_first(&facts(3 * MOST_STORES, "print g\n")), (1..=far).collect::<Vec<_>>());
    }

    #[test]
    fn each_reader_is_told_once() {
        for stores in [10, 100, 1000] {
            let (facts, mut told) = (facts(stores, "print g\n"), Told::default());
            let count = |unit| behind(&facts, unit, &mut told).len();
            assert_eq!((0..facts.units.len() as u32).map(count).sum::<usize>(), stores + 1);
        }
    }
}
