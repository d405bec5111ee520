//! The reads of members that the maps of a variable certainly lack, by unit.
//!
//! The variable holds nothing but maps that literals and `new` make for it, and so does whatever stands behind `new`; all code that gives a
//! member of that name gives it to variables which hold other such maps. What strings may be keys is asked by `ide/checks/literals.rs`, which
//! tells the reads. Kept as in `told`: a unit that is the object it was is looked at again only where it may see something else. Invariant: the
//! list holds what a look at every unit would find.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::names::{Binding, Edit, FileFacts, binding, file_facts};
use super::pieces::PlacedUnit;
use super::told::{KeptTold, Others, Units};
use super::units::{file_units, unit_names};
use super::{Db, File};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{ANY_KEY, Access, NameUse, Place, Sym, Symbol, UnitFacts};
use minilive_runtime::intrinsics;
use minilive_syntax::TextRange;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

/// Of a program of more statements and functions nothing is looked for, so that what an edit costs does not grow with it.
const MOST_UNITS: usize = 5000;
/// More maps behind a variable are not followed, nor a variable that its function assigns among more than ten times as many.
const MOST_MAPS: usize = 16;
/// A member that is given in more places is not judged.
const MOST_GIVEN: usize = 100;

/// A read of a member that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// Where the member's name stands, relative to the unit.
    pub range: TextRange,
    /// The variable whose map is asked for it.
    pub owner: SmolStr,
    /// The member.
    pub name: SmolStr,
}

/// What was found last, and the facts it was found with.
#[derive(Debug)]
pub struct KeptLacking {
    facts: Arc<FileFacts>,
    told: KeptTold<Arc<[Lacking]>>,
}

/// A variable.
type Variable = (Binding, SmolStr);
/// The unit whose own a variable is, the variable, and a member of what it holds.
type Member = (Option<u32>, SmolStr, SmolStr);

/// The units that read such members.
#[salsa::tracked(no_eq, returns(clone), lru = 64)]
pub fn lacking_members(db: &dyn Db, file: File) -> Units<Arc<[Lacking]>> {
    let (facts, kept) = (file_facts(db, file), &file.kept(db).lacking);
    if facts.units.len() > MOST_UNITS || facts.members(ANY_KEY).next().is_some() {
        return Arc::default();
    }
    let last = kept.get();
    let before = last.as_deref().and_then(|it| Some((&it.told, due(&it.facts, &facts)?)));
    let others = before.as_ref().map(|(_, due)| {
        |units: Range<usize>, _: &dyn Fn(usize) -> usize| {
            let at = |unit: usize| due.partition_point(|&it| it < unit);
            due[at(units.start)..at(units.end)].to_vec()
        }
    });
    let others = others.as_ref().map(|it| it as &Others<'_>);
    let look = Look::of(&facts);
    let told = before.as_ref().map(|(told, _)| *told);
    let told = KeptTold::of(told, file_units(db, file), others, |it, unit| look.lacking(db, it, unit as u32));
    let found = told.told();
    if file.kept(db).is_open() {
        kept.set(Arc::new(KeptLacking { facts: facts.clone(), told }));
    }
    found
}

/// The units that may see other variables or other members than before, though their texts are what they were; none if all of them may.
fn due(before: &FileFacts, now: &FileFacts) -> Option<Vec<usize>> {
    let edit = now.since(before)?;
    if edit.pairs(before, now).any(|(was, is)| {
        let nothing = UnitFacts::default();
        let [was, is] = [was, is].map(|it| it.map_or(&nothing, |it| &it.facts));
        was.read_through != is.read_through
            || was.members != is.members
            || was.maps != is.maps
            || was.news != is.news
            || was.writes_through != is.writes_through
    }) {
        return None;
    }
    if !other_globals(before, now, &edit).all(|name| is_apart(before, now, name)) {
        return None;
    }
    // A variable of the function around hides what is a function's own; the variables of statements are globals. What is around an edited
    // unit is another object itself.
    let mut due = FxHashSet::default();
    for &(_, unit) in edit.changed.iter().filter(|(_, unit)| is_function(now, *unit)) {
        due.extend(now.children(unit).chain([unit]));
    }
    // What a variable of theirs holds is asked by all who read a member that one of them gives to it.
    let gives = |unit: &u32| now.unit(*unit).facts.members.iter().any(|(owner, ..)| matches!(**owner, Symbol::Name(_)));
    if due.iter().any(gives) {
        return None;
    }
    let mut due: Vec<_> = due.into_iter().map(|unit| unit as usize).collect();
    due.sort_unstable();
    Some(due)
}

fn is_function(facts: &FileFacts, unit: u32) -> bool {
    facts.unit(unit).kind == UnitKind::Function
}

/// The globals that units give something else than before.
fn other_globals<'f>(before: &'f FileFacts, now: &'f FileFacts, edit: &'f Edit) -> impl Iterator<Item = &'f SmolStr> {
    let was = edit.changed.iter().filter_map(|(was, _)| *was).chain(edit.gone.iter().copied());
    let were = was.flat_map(|unit| before.assigned_globals(unit));
    let are = edit.changed.iter().flat_map(|&(_, unit)| now.assigned_globals(unit));
    were.chain(are).map(|(name, _)| name).filter(|name| now.differs_in(before, name))
}

/// Whether no map is ever in a global that is given something else now, and no function has a variable which that could hide.
fn is_apart(before: &FileFacts, now: &FileFacts, name: &str) -> bool {
    let is_local = |unit: u32| now.has_variable(unit, name);
    !before.globals(name).chain(now.globals(name)).any(|(_, value)| is_map(value))
        && (before.is_global(name) == now.is_global(name) || !now.readers(name).any(is_local))
}

/// Whether a map is made where a value is given.
fn is_map(value: &Symbol) -> bool {
    matches!(value, Symbol::Map(_) | Symbol::New(_))
}

struct Look<'a> {
    facts: &'a FileFacts,
    /// Whether globals that were asked about are given nothing but such maps.
    made: RefCell<FxHashMap<SmolStr, bool>>,
    /// Whether what a variable holds lacks a member.
    lacking: RefCell<FxHashMap<Member, bool>>,
}

impl<'a> Look<'a> {
    fn of(facts: &'a FileFacts) -> Look<'a> {
        Look { facts, made: RefCell::default(), lacking: RefCell::default() }
    }

    /// What a unit reads that is not there; none if that is nothing.
    fn lacking(&self, db: &dyn Db, placed: PlacedUnit<'_>, unit: u32) -> Option<Arc<[Lacking]>> {
        db.makes("lacking_of", Some(placed.unit.key));
        let says = &self.facts.unit(unit).facts;
        // Without members that are read there is nothing to be missed, and without such a variable nobody to miss it of.
        if says.member_reads.is_empty() || !says.reads.iter().any(|name| self.is_made(unit, name)) {
            return None;
        }
        let read = |it: &NameUse| match &it.place {
            Place::Member(owner) if it.access != Access::Write && !it.quoted => match &**owner {
                Symbol::Name(of) => Some(Lacking { range: it.range, owner: of.clone(), name: it.name.clone() }),
                _ => None,
            },
            _ => None,
        };
        let reads = unit_names(db, placed.unit).uses.iter().filter_map(read);
        let found: Vec<_> = reads.filter(|it| self.lacks(unit, &it.owner, &it.name)).collect();
        (!found.is_empty()).then(|| found.into())
    }

    /// Whether that is known of the variable that a name means in a unit. Globals are asked about again and again.
    fn is_made(&self, unit: u32, name: &SmolStr) -> bool {
        if is_function(self.facts, unit) {
            return self.made(unit, name).is_some();
        }
        if let Some(&known) = self.made.borrow().get(name) {
            return known;
        }
        let is_made = self.made(unit, name).is_some();
        self.made.borrow_mut().insert(name.clone(), is_made);
        is_made
    }

    /// The variable that a name means in a unit, if all that it is ever given are maps made in that place; what they are, and where.
    fn made(&self, unit: u32, name: &SmolStr) -> Option<(Variable, Vec<(u32, &Sym)>)> {
        let facts = self.facts;
        if intrinsics::find(name).is_some() {
            return None;
        }
        let of = binding(facts, unit, name);
        let values: Vec<_> = match of {
            // Before it has a value its name may mean a global.
            Binding::Variable(owner) if owner == unit && !facts.is_global(name) => {
                let says = &facts.unit(owner).facts;
                let is_param = says.params.iter().any(|(it, _)| it == name);
                let by_closure =
                    facts.children(owner).any(|it| facts.unit(it).facts.outer.iter().any(|(it, _)| it == name));
                let around = facts.enclosing_function(owner).is_some_and(|it| facts.has_variable(it, name));
                if is_param || by_closure || around || says.assigned.len() > 10 * MOST_MAPS {
                    return None;
                }
                says.assigned.iter().filter(|(it, _)| it == name).map(|(_, value)| (owner, value)).collect()
            }
            Binding::Global => facts.globals(name).take(MOST_MAPS + 1).collect(),
            _ => return None,
        };
        let fits = !values.is_empty() && values.len() <= MOST_MAPS && values.iter().all(|(_, it)| is_map(it));
        (fits && !self.facts.is_read_through(name)).then(|| ((of, name.clone()), values))
    }

    /// Whether no map that a variable may hold, nor one behind it, is given a member of that name.
    fn lacks(&self, unit: u32, owner: &SmolStr, name: &SmolStr) -> bool {
        if name == "__isa" || intrinsics::type_methods("map").contains(&&**name) {
            return false;
        }
        let own = (binding(self.facts, unit, owner) != Binding::Global).then_some(unit);
        let key = (own, owner.clone(), name.clone());
        if let Some(&known) = self.lacking.borrow().get(&key) {
            return known;
        }
        let mut holders: Vec<Variable> = Vec::new();
        let mut seen = FxHashSet::default();
        let lacks = self.follow(unit, owner, name, &mut holders, &mut seen)
            && self.goes_elsewhere(name, &holders)
            && self.goes_elsewhere("__isa", &holders);
        self.lacking.borrow_mut().insert(key, lacks);
        lacks
    }

    /// Collects the variables whose maps are behind one; whether all are known, and no literal has the member.
    fn follow(
        &self,
        unit: u32,
        owner: &SmolStr,
        name: &SmolStr,
        holders: &mut Vec<Variable>,
        seen: &mut FxHashSet<SmolStr>,
    ) -> bool {
        if !seen.insert(owner.clone()) {
            return true;
        }
        let Some((variable, values)) = self.made(unit, owner).filter(|_| holders.len() < MOST_MAPS) else {
            return false;
        };
        holders.push(variable);
        values.into_iter().all(|(at, value)| match **value {
            Symbol::Map(number) => self
                .facts
                .unit(at)
                .facts
                .maps
                .get(number as usize)
                .is_some_and(|entries| entries.iter().all(|(key, _)| key != name && key != "__isa")),
            Symbol::New(number) => match self.facts.unit(at).facts.news.get(number as usize).map(|it| &**it) {
                Some(Symbol::Name(base)) => self.follow(at, base, name, holders, seen),
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether all code that gives a member of that name gives it to variables of other maps.
    fn goes_elsewhere(&self, name: &str, holders: &[Variable]) -> bool {
        self.facts.members(name).nth(MOST_GIVEN).is_none()
            && self.facts.members(name).all(|(unit, owner, _)| {
                let Symbol::Name(owner) = &**owner else { return false };
                self.made(unit, owner).is_some_and(|(variable, _)| !holders.contains(&variable))
            })
    }
}
