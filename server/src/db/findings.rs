//! What the names of a file say that hardly was meant, without places.
//!
//! Worked out from the facts of all units; `ide` finds the places and adds words. Invariants: what depends on code that the text does not
//! show (open scopes, non-constant imports) is not reported; moving code runs nothing here.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

pub(super) mod referred;

use super::names::{Edit, FactsUnit, FileFacts, file_facts};
use super::wanted::while_wanted;
use super::{Db, File};
use crate::guide::types as guide;
use minilive_mir::ir::{BinaryOp, UnitKind};
use minilive_mir::names::{Early, Openness, Sym, Symbol, UnitFacts};
use minilive_runtime::intrinsics;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameProblem {
    /// Nothing gives it a value.
    Unknown,
    /// A call gives more arguments than are taken; the call's number in its unit.
    TooMany { call: u32, got: u32, expected: u32 },
    /// A call of something that is never a function.
    NotAFunction { call: u32 },
    /// A member that nothing in the file has, see [`makes_its_maps`]; if maps that the language makes have one, of those variables alone that
    /// hold nothing but map literals.
    NoMember { of: Vec<SmolStr> },
    /// A call of a member that is no function in any map of the file, likewise; the call's number in its unit.
    NoMethod { call: u32 },
    /// The same of one that is a function wherever it stands, and takes fewer arguments.
    TooManyForMember { call: u32, got: u32, expected: u32 },
    /// A global that gets its value only in statements behind the one that reads it, or in that one, but later; the number of that read
    /// among those of the name in its unit, and whether the very assignment reads it.
    TooEarly { read: u32, from_itself: bool },
    /// A variable that is never read.
    UnusedLocal,
    /// A module that is never used.
    UnusedImport,
    /// A parameter that is never read.
    UnusedParameter,
    /// A global that hides an intrinsic from the whole file.
    ShadowedIntrinsic,
    /// A parameter or a variable that hides one from its function.
    ShadowedInside { is_param: bool },
    /// An argument of a call that calls a function which wants arguments itself; the call's number in its unit.
    CalledInstead { call: u32 },
    /// A value that is stored by calling such a function, where what is stored is called with arguments.
    StoredInstead { target: SmolStr },
    /// The same of an entry of a literal that a variable holds, of which elements are called with arguments.
    HeldInstead { holder: SmolStr },
    /// `@` before a variable that never holds a function.
    UselessReference,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFinding {
    /// The unit.
    pub unit: u32,
    /// The name.
    pub name: SmolStr,
    /// What is wrong.
    pub problem: NameProblem,
}

/// The findings that were made last, and the facts they were made from.
#[derive(Debug)]
pub struct KeptFindings {
    facts: Arc<FileFacts>,
    is_open: bool,
    found: Arc<[NameFinding]>,
}

/// All findings of a file. A query, so that edits which change no facts do not pay for it.
#[salsa::tracked(no_eq, returns(clone), lru = 64)]
pub fn name_findings(db: &dyn Db, file: File) -> Arc<[NameFinding]> {
    let (facts, kept) = (file_facts(db, file), &file.kept(db).findings);
    let now = kept.get().and_then(|before| before.updated(db, &facts)).unwrap_or_else(|| {
        db.makes("all_findings", None);
        KeptFindings::of(db, facts)
    });
    let found = now.found.clone();
    if file.kept(db).is_open() {
        kept.set(Arc::new(now));
    }
    found
}

impl KeptFindings {
    fn of(db: &dyn Db, facts: Arc<FileFacts>) -> KeptFindings {
        let is_open = gets_globals_out_of_sight(&facts);
        let mut look = Look::of(&facts, is_open);
        let mut shadowed = FxHashSet::default();
        for unit in while_wanted(db, 0..facts.units.len() as u32) {
            look.at(unit);
            look.shadowing(unit, &mut shadowed);
        }
        let found = look.all(db);
        KeptFindings { facts, is_open, found }
    }

    /// The findings of these facts: only units that see something else are looked at. None if all of them may.
    fn updated(&self, db: &dyn Db, facts: &Arc<FileFacts>) -> Option<KeptFindings> {
        let edit = facts.since(&self.facts)?;
        if facts.imports_by_name() || self.facts.imports_by_name() {
            return None;
        }
        if !edit.pairs(&self.facts, facts).all(|(before, now)| is_alike(before, now)) {
            return None;
        }
        let others = self.others(&edit, facts);
        let globals = self.other_globals(&edit, facts, &others);
        if globals.iter().any(|name| intrinsics::find(name).is_some()) {
            return None;
        }
        let mut due = FxHashSet::default();
        for &unit in &others {
            due.extend(facts.children(unit).chain(facts.parent(unit)).chain([unit]));
        }
        due.extend(globals.iter().flat_map(|name| facts.readers(name)));
        // What is read somewhere else now may be a module that was not used.
        let pairs = edit.pairs(&self.facts, facts);
        let reads = pairs.flat_map(|(before, now)| [before, now]).flatten().flat_map(|it| &it.facts.reads);
        for name in reads.filter(|name| facts.is_read(name) != self.facts.is_read(name)) {
            due.extend(facts.globals(name).filter(|(_, value)| is_import(value)).map(|(unit, _)| unit));
        }
        for name in self.other_members(&edit, facts) {
            due.extend(facts.member_readers(&name).chain(facts.calls(&name).map(|(unit, _)| unit)));
        }
        // Functions that take more or less now may be members that somebody calls.
        for &unit in &others {
            let says = &facts.unit(unit).facts;
            let assigned = says.members.iter().map(|(_, name, value)| (name, value));
            for (name, value) in assigned.chain(says.maps.iter().flatten().map(|(name, value)| (name, value))) {
                if matches!(**value, Symbol::Function(_)) {
                    due.extend(facts.calls(name).map(|(unit, _)| unit));
                }
            }
        }
        for name in self.other_calls(&edit, facts) {
            let assigned = facts.members(&name).map(|(unit, ..)| unit).chain(facts.keys(&name).map(|(unit, _)| unit));
            due.extend(assigned.chain(facts.globals(&name).map(|(unit, _)| unit)));
        }
        let mut look = Look::of(facts, self.is_open);
        for &unit in while_wanted(db, &due) {
            db.makes("findings_of", None);
            look.at(unit);
        }
        // Names of intrinsics are assigned where they were.
        let stays = |it: &NameFinding| !due.contains(&it.unit) || it.problem == NameProblem::ShadowedIntrinsic;
        let moved = self.found.iter().filter_map(|it| Some(NameFinding { unit: edit.now(it.unit)?, ..it.clone() }));
        look.found.extend(moved.filter(stays));
        look.found.sort_by_key(|it| (it.unit, it.problem == NameProblem::ShadowedIntrinsic));
        let found = look.all(db);
        Some(KeptFindings { facts: facts.clone(), is_open: self.is_open, found })
    }

    /// The last names of what is called in other places now.
    fn other_calls(&self, edit: &Edit, facts: &FileFacts) -> FxHashSet<SmolStr> {
        let pairs = edit.pairs(&self.facts, facts);
        let says = pairs.flat_map(|(before, now)| [before, now]).flatten().map(|it| &it.facts);
        let called = says.flat_map(|it| it.calls.iter()).filter_map(|(callee, _)| match &**callee {
            Symbol::Name(name) | Symbol::Member(_, name) => Some(name),
            _ => None,
        });
        let called: FxHashSet<&SmolStr> = called.collect();
        let count = |all: &FileFacts, name: &str| all.calls(name).count();
        called.into_iter().filter(|name| count(facts, name) != count(&self.facts, name)).cloned().collect()
    }

    /// The members that are given something else now.
    fn other_members(&self, edit: &Edit, facts: &FileFacts) -> FxHashSet<SmolStr> {
        let pairs = edit.pairs(&self.facts, facts);
        let says = pairs.flat_map(|(before, now)| [before, now]).flatten().map(|it| &it.facts);
        let given = says.flat_map(|it| {
            let assigned = it.members.iter().map(|(_, name, _)| name);
            assigned.chain(it.maps.iter().flatten().map(|(name, _)| name))
        });
        let given: FxHashSet<&SmolStr> = given.collect();
        given.into_iter().filter(|name| facts.differs_in_member(&self.facts, name)).cloned().collect()
    }

    /// The units that are not what they were: changed ones, and those that make a function which takes or gives something else now, since that
    /// is a matter of all who can call it.
    fn others(&self, edit: &Edit, facts: &FileFacts) -> FxHashSet<u32> {
        let mut others = FxHashSet::default();
        for &(was, is) in &edit.changed {
            others.insert(is);
            let (was, now) = (was.map(|was| &self.facts.unit(was).facts), &facts.unit(is).facts);
            if was.is_none_or(|was| {
                was.params != now.params || gives_plain(was) != gives_plain(now) || provides(was) != provides(now)
            }) {
                others.extend(facts.parent(is));
            }
        }
        others
    }

    /// The globals that are something else now, or a function that is.
    fn other_globals(&self, edit: &Edit, facts: &FileFacts, others: &FxHashSet<u32>) -> FxHashSet<SmolStr> {
        let (mut names, mut differing) = (FxHashSet::default(), FxHashMap::default());
        // One statement may assign a name thousands of times.
        let mut differs =
            |name: &SmolStr| *differing.entry(name.clone()).or_insert_with(|| facts.differs_in(&self.facts, name));
        for (unit, was) in others.iter().map(|&unit| (unit, facts.before(&self.facts, unit))) {
            for (name, value) in facts.assigned_globals(unit) {
                let function = |all: &FileFacts, unit: u32| match **value {
                    Symbol::Function(number) => all.child(unit, number).map(|it| Arc::as_ptr(all.unit(it))),
                    _ => None,
                };
                let is_same = was.is_some_and(|was| function(&self.facts, was) == function(facts, unit));
                if !is_same || differs(name) {
                    names.insert(name.clone());
                }
            }
        }
        let was = edit.changed.iter().filter_map(|(was, _)| *was).chain(edit.gone.iter().copied());
        let assigned = was.flat_map(|unit| self.facts.assigned_globals(unit)).map(|(name, _)| name);
        names.extend(assigned.filter(|name| differs(name)).cloned());
        names
    }
}

/// Whether a unit that changed, came or went makes no other unit be seen in another way than by the names in it.
fn is_alike(before: Option<&FactsUnit>, now: Option<&FactsUnit>) -> bool {
    let nothing = UnitFacts::default();
    let [was, is] = [before, now].map(|it| it.map_or(&nothing, |it| &it.facts));
    let is_there = || matches!((before, now), (Some(before), Some(now)) if before.is_where(now));
    was.open == is.open
        && was.read_through == is.read_through
        && was.called_inside == is.called_inside
        // How far `outer` opens the file depends on what is around.
        && (is.open == Openness::default() || is_there())
}

fn is_name(value: &Symbol, wanted: &str) -> bool {
    matches!(value, Symbol::Name(name) if name == wanted)
}

fn is_import(value: &Symbol) -> bool {
    matches!(value, Symbol::Import(_))
}

fn is_unused(problem: &NameProblem) -> bool {
    matches!(problem, NameProblem::UnusedLocal | NameProblem::UnusedImport | NameProblem::UnusedParameter)
}

/// Whether globals may come from code that the text does not show.
pub fn gets_globals_out_of_sight(facts: &FileFacts) -> bool {
    facts.open_units().any(|unit| {
        let (open, at_top) = (facts.unit(unit).facts.open, facts.unit(unit).kind == UnitKind::Statement);
        let outer = open.outer && facts.enclosing_function(unit).is_none();
        open.globals || outer || at_top && (open.locals || facts.imports_out_of_sight(unit))
    })
}

/// The map whose keys the text does not show.
const ENVIRONMENT: &str = "env";

/// Built-in functions that take arguments, and that people ask for a value without any, as those that begin with `_`.
const ASKED: [&str; 3] = ["input", "range", "rnd"];

/// Whether every map that the code of a file sees is made by its text, by modules that it imports, or by a built-in function of which is
/// known what it makes. Else [`NameProblem::NoMember`] and [`NameProblem::NoMethod`] mean nothing.
pub fn makes_its_maps(facts: &FileFacts) -> bool {
    !facts.is_read(ENVIRONMENT) && facts.open_units().next().is_none()
}

/// Whether something is read through `locals`, `outer` or `globals`.
fn is_reached(facts: &FileFacts, finding: &NameFinding) -> bool {
    let reads = |unit: u32| facts.unit(unit).facts.read_through.contains(&finding.name);
    match facts.unit(finding.unit).kind {
        UnitKind::Statement => facts.is_read_through(&finding.name),
        _ => reads(finding.unit) || facts.children(finding.unit).any(reads),
    }
}

/// Whether what stands in the text is certainly a value by itself.
fn is_value(value: &Symbol) -> bool {
    matches!(value, Symbol::Number | Symbol::Text | Symbol::List(_) | Symbol::Map(_) | Symbol::New(_))
}

/// Whether what stands in the text is no function, whatever its names are.
pub fn is_plain(value: &Symbol) -> bool {
    match value {
        Symbol::Binary(op, ..) => *op != BinaryOp::Or,
        Symbol::Number | Symbol::Text | Symbol::List(_) | Symbol::Map(_) | Symbol::New(_) | Symbol::Unary(..) => true,
        _ => false,
    }
}

/// Whether a function gives no function; what gives one may be called to get it.
fn gives_plain(it: &UnitFacts) -> bool {
    it.returns.iter().all(|value| is_plain(value) || **value == Symbol::Null || is_null_alone(it, value))
}

/// Whether a value is a parameter without a default to which the function itself assigns nothing: null, where no argument is given.
fn is_null_alone(it: &UnitFacts, value: &Symbol) -> bool {
    let Symbol::Name(name) = value else { return false };
    let is_it = |(param, default): &(SmolStr, Sym)| param == name && **default == Symbol::Unknown;
    it.params.iter().any(is_it) && !it.open.locals && !it.assigned.iter().any(|(it, _)| it == name)
}

/// Whether a function gives its first parameter a value, or asks whether it has one.
fn provides(it: &UnitFacts) -> bool {
    it.params.first().is_some_and(|(name, _)| it.asked.contains(name) || it.assigned.iter().any(|(it, _)| it == name))
}

/// Values of a name, each with the unit that assigns it.
type Values<'a> = Box<dyn Iterator<Item = (u32, &'a Sym)> + 'a>;

struct Look<'a> {
    facts: &'a FileFacts,
    is_open: bool,
    called_inside: OnceCell<Vec<(u32, SmolStr)>>,
    /// Where in what long units assign each name stands, of those that were asked about: each of their names is asked about again and again.
    assigned: RefCell<FxHashMap<u32, FxHashMap<SmolStr, Vec<u32>>>>,
    found: Vec<NameFinding>,
}

/// In what a unit assigns, a name is sooner looked for than found in an index.
const FEW_ASSIGNED: usize = 32;

impl<'a> Look<'a> {
    fn of(facts: &'a FileFacts, is_open: bool) -> Look<'a> {
        let (called_inside, assigned) = (OnceCell::new(), RefCell::default());
        Look { facts, is_open, called_inside, assigned, found: Vec::new() }
    }
}

impl Look<'_> {
    /// Looks at a unit for everything but shadowed names.
    fn at(&mut self, unit: u32) {
        self.unknown(unit);
        self.calls(unit);
        self.stored_instead(unit);
        self.useless_references(unit);
        self.members(unit);
        self.unused(unit);
        self.parameters(unit);
        self.shadowing_inside(unit);
    }

    /// What was found and holds.
    fn all(self, db: &dyn Db) -> Arc<[NameFinding]> {
        let holds = |it: &NameFinding| !is_unused(&it.problem) || !is_reached(self.facts, it);
        while_wanted(db, self.found).filter(holds).collect()
    }

    fn add(&mut self, unit: u32, name: &SmolStr, problem: NameProblem) {
        self.found.push(NameFinding { unit, name: name.clone(), problem });
    }

    /// The unit that has a name as its variable, as LANGUAGE 5.1 looks for it.
    fn owner(&self, unit: u32, name: &str) -> Option<u32> {
        let around = [Some(unit), self.facts.enclosing_function(unit)];
        around.into_iter().flatten().find(|&it| self.facts.has_variable(it, name))
    }

    fn unknown(&mut self, unit: u32) {
        let around = [Some(unit), self.facts.enclosing_function(unit)];
        let injected = |it: u32| {
            let open = self.facts.unit(it).facts.open;
            open.locals || self.facts.imports_out_of_sight(it)
        };
        if self.is_open || around.into_iter().flatten().any(injected) {
            return;
        }
        let says = self.facts.unit(unit).facts.clone();
        let mut names: Vec<_> = says
            .reads
            .iter()
            .filter(|name| {
                self.owner(unit, name).is_none() && !self.facts.is_global(name) && intrinsics::find(name).is_none()
            })
            .filter(|name| !self.is_asked_for(name))
            .collect();
        names.sort_unstable();
        for name in names {
            self.add(unit, name, NameProblem::Unknown);
        }
        self.too_early(unit);
    }

    /// Globals that a statement reads and that only statements behind it assign, or itself at some later moment.
    fn too_early(&mut self, unit: u32) {
        let it = self.facts.unit(unit);
        if it.kind != UnitKind::Statement {
            return;
        }
        let is_behind = |(other, _): (u32, &Sym)| other > unit && self.facts.unit(other).kind == UnitKind::Statement;
        let says = it.facts.clone();
        let is_early = |name: &&SmolStr| {
            self.facts.is_global(name) && intrinsics::find(name).is_none() && self.facts.globals(name).all(is_behind)
        };
        let mut names: Vec<_> = says.reads.iter().filter(is_early).filter(|name| !self.is_asked_for(name)).collect();
        names.sort_unstable();
        for name in names {
            self.add(unit, name, NameProblem::TooEarly { read: 0, from_itself: false });
        }
        for (name, read, kind) in &says.early {
            let is_own_or_behind = |(other, value): (u32, &Sym)| other == unit || is_behind((other, value));
            if intrinsics::find(name).is_none()
                && self.facts.globals(name).all(is_own_or_behind)
                && !self.is_asked_for(name)
            {
                let from_itself = *kind == Early::FromItself;
                self.add(unit, name, NameProblem::TooEarly { read: *read, from_itself });
            }
        }
    }

    /// Whether the program asks if there is such a name: `globals.hasIndex("name")`.
    fn is_asked_for(&self, name: &str) -> bool {
        self.facts.readers_through("hasIndex").any(|unit| self.facts.unit(unit).facts.read_through.contains(name))
    }

    /// What is assigned to a name as code of a unit sees it; nothing if others may assign it, too.
    fn values<'a>(&'a self, unit: u32, name: &'a SmolStr) -> Option<Values<'a>> {
        match self.owner(unit, name) {
            Some(owner) => {
                let it = self.facts.unit(owner);
                let is_param = it.facts.params.iter().any(|(param, _)| param == name);
                let by_closures = self.facts.children(owner).any(|child| {
                    let says = &self.facts.unit(child).facts;
                    says.open.outer || says.outer.iter().any(|(it, _)| it == name)
                });
                let alone = !is_param && !by_closures && !it.facts.open.locals && !it.facts.open.import;
                alone.then(|| self.assigned_to(owner, name))
            }
            None if self.is_open => None,
            None => self.facts.is_global(name).then(|| Box::new(self.facts.globals(name)) as Values<'a>),
        }
    }

    /// What a unit assigns to a name.
    fn assigned_to<'a>(&'a self, owner: u32, name: &'a SmolStr) -> Values<'a> {
        let all = &self.facts.unit(owner).facts.assigned;
        if all.len() <= FEW_ASSIGNED {
            let own = all.iter().filter(move |(it, _)| it == name);
            return Box::new(own.map(move |(_, value)| (owner, value)));
        }
        let mut known = self.assigned.borrow_mut();
        let index = known.entry(owner).or_insert_with(|| {
            let mut index: FxHashMap<SmolStr, Vec<u32>> = FxHashMap::default();
            for (at, (name, _)) in (0u32..).zip(all) {
                index.entry(name.clone()).or_default().push(at);
            }
            index
        });
        let own = index.get(name).cloned().unwrap_or_default();
        Box::new(own.into_iter().map(move |at| (owner, &all[at as usize].1)))
    }

    /// Whether it is known what is assigned to a name, and all of that is of a kind.
    fn are_all(&self, unit: u32, name: &SmolStr, is_it: impl Fn(&Sym) -> bool) -> bool {
        let mut values = self.values(unit, name).into_iter().flatten().peekable();
        values.peek().is_some() && values.all(|(_, value)| is_it(value))
    }

    fn calls(&mut self, unit: u32) {
        let says = self.facts.unit(unit).facts.clone();
        for (call, (callee, args)) in (0u32..).zip(&says.calls) {
            self.called_instead(unit, call, args);
            let Symbol::Name(name) = &**callee else { continue };
            let got = args.len() as u32;
            let problem = match self.values(unit, name) {
                None if self.owner(unit, name).is_none() && !self.is_open && !self.facts.is_global(name) => {
                    self.too_many_for_intrinsic(name, call, got)
                }
                None => None,
                Some(_) => self.wrong_call(unit, name, (call, got)),
            };
            if let Some(problem) = problem {
                self.add(unit, name, problem);
            }
        }
    }

    /// Members that no map of the program has, and calls of such that are never functions. Where the maps come from is asked later, so that
    /// an `import` makes no unit be looked at again.
    fn members(&mut self, unit: u32) {
        let says = self.facts.unit(unit).facts.clone();
        for name in &says.member_reads {
            if self.is_given(name) {
                continue;
            }
            let is_made = guide::is_made_by_language(name);
            let of = if is_made { self.literal_maps(unit, name) } else { Vec::new() };
            if !is_made || !of.is_empty() {
                self.add(unit, name, NameProblem::NoMember { of });
            }
        }
        for (call, (callee, args)) in (0u32..).zip(&says.calls) {
            if let Symbol::Member(_, name) = &**callee
                && !args.is_empty()
            {
                let (got, most) = (args.len() as u32, self.most_arguments(name));
                if self.is_never_function(name) {
                    self.add(unit, name, NameProblem::NoMethod { call });
                } else if let Some(expected) = most.filter(|&most| got > most) {
                    self.add(unit, name, NameProblem::TooManyForMember { call, got, expected });
                }
            }
        }
    }

    /// The variables that a unit reads and that hold nothing but map literals, which have none of the language's members but methods.
    fn literal_maps(&self, unit: u32, member: &str) -> Vec<SmolStr> {
        if member == "__isa" || intrinsics::type_methods("map").contains(&member) {
            return Vec::new();
        }
        let is_literal = |name: &&SmolStr| {
            // Before it is assigned, the name of a variable may mean a global.
            let is_sure = match self.owner(unit, name) {
                Some(owner) => owner == unit && !self.facts.is_global(name),
                None => true,
            };
            is_sure
                && intrinsics::find(name).is_none()
                && self.are_all(unit, name, |value| matches!(**value, Symbol::Map(_)))
        };
        let mut names: Vec<_> = self.facts.unit(unit).facts.reads.iter().filter(is_literal).cloned().collect();
        names.sort_unstable();
        names
    }

    /// Whether something has a member of that name. What is only ever changed by `x.name += 1` and the like is not there to be read.
    fn is_given(&self, name: &SmolStr) -> bool {
        let is_update = |(_, owner, value): (u32, &Sym, &Sym)| {
            let Symbol::Binary(_, old, _) = &**value else { return false };
            matches!(&**old, Symbol::Member(of, it) if of == owner && it == name)
        };
        self.facts.has_member(name)
            && !(self.facts.keys(name).next().is_none() && self.facts.members(name).all(is_update))
    }

    /// The arguments that the members of a name take at most, if all of them are functions that stand where they are given, or the
    /// language's own.
    fn most_arguments(&self, name: &SmolStr) -> Option<u32> {
        let assigned = self.facts.members(name).map(|(unit, _, value)| (unit, value));
        let own = self.facts.most_parameters(assigned.chain(self.facts.keys(name)))?;
        own.max(guide::most_arguments_of_language(name)?)
    }

    /// Whether the members of a name are all plain values.
    fn is_never_function(&self, name: &SmolStr) -> bool {
        let assigned = self.facts.members(name).map(|(_, _, value)| value);
        let mut values = assigned.chain(self.facts.keys(name).map(|(_, value)| value)).peekable();
        values.peek().is_some() && values.all(|value| is_plain(value)) && !guide::may_be_function_of_language(name)
    }

    /// Arguments that are functions with parameters, named without `@`.
    fn called_instead(&mut self, unit: u32, call: u32, args: &[Sym]) {
        for arg in args {
            let Symbol::Name(name) = &**arg else { continue };
            // What gives a function, or provides for no argument, may well be called to get what is passed.
            if self.wants_arguments(unit, name) == Some(true) {
                self.add(unit, name, NameProblem::CalledInstead { call });
            }
        }
    }

    /// Whether the function that a name certainly is, if it wants arguments, gives no function.
    fn wants_arguments(&self, unit: u32, name: &SmolStr) -> Option<bool> {
        if self.owner(unit, name).is_none() && !self.is_open && !self.facts.is_global(name) {
            let is_asked = ASKED.contains(&name.as_str()) || name.starts_with('_');
            let id = intrinsics::find(name).filter(|_| !is_asked)?;
            return (!id.def().params.is_empty()).then_some(true);
        }
        let mut values = self.values(unit, name)?;
        let (Some((made_in, value)), None) = (values.next(), values.next()) else { return None };
        let Symbol::Function(number) = **value else { return None };
        let function = self.facts.child(made_in, number)?;
        let says = &self.facts.unit(function).facts;
        let wants = |(_, default): &(SmolStr, Sym)| **default == Symbol::Unknown;
        // Closures may give a parameter a value.
        let is_alone = || self.facts.children(function).next().is_none();
        let gives_no_param = || !says.returns.iter().any(|value| is_null_alone(says, value));
        let wants = says.params.first().is_some_and(wants);
        wants.then(|| gives_plain(says) && !provides(says) && (is_alone() || gives_no_param()))
    }

    /// Functions that are named without `@` where they are stored for others to call.
    fn stored_instead(&mut self, unit: u32) {
        let says = self.facts.unit(unit).facts.clone();
        let members = says.members.iter().map(|(_, name, value)| (name, value));
        for (target, value) in members.chain(says.maps.iter().flatten().map(|(name, value)| (name, value))) {
            self.stored(unit, (target, value), |it| matches!(it, Symbol::Member(_, name) if name == target));
        }
        for (target, value) in says.assigned.iter().chain(&says.outer).chain(&says.globals) {
            self.stored(unit, (target, value), |it| matches!(it, Symbol::Name(name) if name == target));
        }
        // A member that is called as the function is must be that of the very map.
        for (owner, target, _) in says.members.iter().filter(|(_, target, value)| is_name(value, target)) {
            self.stored_alike(unit, target, owner);
        }
        for (holder, literal) in says.assigned.iter().chain(&says.globals) {
            self.held(unit, &says, holder, literal);
        }
    }

    /// Entries of a literal that a variable is given.
    fn held(&mut self, unit: u32, says: &UnitFacts, holder: &SmolStr, literal: &Symbol) {
        let owner: Sym = Symbol::Name(holder.clone()).into();
        let entries: Vec<&Sym> = match literal {
            Symbol::Map(number) => {
                let entries = says.maps.get(*number as usize).into_iter().flatten();
                for (target, _) in entries.clone().filter(|(target, value)| is_name(value, target)) {
                    self.stored_alike(unit, target, &owner);
                }
                entries.map(|(_, value)| value).collect()
            }
            Symbol::List(items) => items.iter().collect(),
            _ => return,
        };
        let held_by = self.owner(unit, holder);
        let is_called = |(caller, name): &(u32, SmolStr)| name == holder && self.owner(*caller, name) == held_by;
        if entries.is_empty() || !self.called_inside().iter().any(is_called) {
            return;
        }
        for value in entries {
            let Symbol::Name(name) = &**value else { continue };
            if self.wants_arguments(unit, name) == Some(true) {
                self.add(unit, name, NameProblem::HeldInstead { holder: holder.clone() });
            }
        }
    }

    /// Variables of which elements are called with arguments: where, which.
    fn called_inside(&self) -> &[(u32, SmolStr)] {
        self.called_inside.get_or_init(|| {
            let units = (0u32..).zip(&self.facts.units);
            units.flat_map(|(unit, it)| it.facts.called_inside.iter().map(move |name| (unit, name.clone()))).collect()
        })
    }

    /// What is stored in a map under its own name, if that is called.
    fn stored_alike(&mut self, unit: u32, target: &SmolStr, owner: &Sym) {
        let callee = Symbol::Member(owner.clone(), target.clone());
        if self.is_called(target, |it| *it == callee) && self.wants_arguments(unit, target) == Some(true) {
            self.add(unit, target, NameProblem::StoredInstead { target: target.clone() });
        }
    }

    /// Whether what has that last name is called with arguments somewhere, if it is the right one.
    fn is_called(&self, target: &str, is_it: impl Fn(&Symbol) -> bool) -> bool {
        self.facts.calls(target).any(|(unit, call)| {
            let calls = &self.facts.unit(unit).facts.calls;
            calls.get(call as usize).is_some_and(|(callee, _)| is_it(callee))
        })
    }

    fn stored(&mut self, unit: u32, (target, value): (&SmolStr, &Sym), is_it: impl Fn(&Symbol) -> bool) {
        let Symbol::Name(name) = &**value else { return };
        if name != target && self.is_called(target, is_it) && self.wants_arguments(unit, name) == Some(true) {
            self.add(unit, name, NameProblem::StoredInstead { target: target.clone() });
        }
    }

    fn too_many_for_intrinsic(&self, name: &str, call: u32, got: u32) -> Option<NameProblem> {
        let expected = intrinsics::find(name)?.def().params.len() as u32;
        (got > expected).then_some(NameProblem::TooMany { call, got, expected })
    }

    fn wrong_call(&self, unit: u32, name: &SmolStr, (call, got): (u32, u32)) -> Option<NameProblem> {
        let values = self.values(unit, name).into_iter().flatten();
        if let Some(most) = self.facts.most_parameters(values).flatten() {
            // Before it is assigned, and after it is removed, the name of an intrinsic means that.
            let hidden = intrinsics::find(name).map_or(0, |id| id.def().params.len() as u32);
            let expected = most.max(hidden);
            return (got > expected).then_some(NameProblem::TooMany { call, got, expected });
        }
        let never = self.are_all(unit, name, |value| is_value(value))
            && (intrinsics::find(name).is_none() || self.is_hidden(unit, name));
        never.then_some(NameProblem::NotAFunction { call })
    }

    /// Whether the name of an intrinsic certainly means the global when a statement is carried out: one before it assigns that whatever
    /// happens, and nothing removes variables.
    fn is_hidden(&self, unit: u32, name: &SmolStr) -> bool {
        let is_statement = |it: u32| self.facts.unit(it).kind == UnitKind::Statement;
        let assigns = |(other, _): (u32, &Sym)| {
            let says = &self.facts.unit(other).facts;
            other < unit && is_statement(other) && says.is_assignment && says.assigned.iter().any(|(it, _)| it == name)
        };
        is_statement(unit)
            && self.values(unit, name).into_iter().flatten().any(assigns)
            && !self.facts.is_read_through("remove")
    }

    /// Variables that are referred to with `@` though they hold no functions.
    fn useless_references(&mut self, unit: u32) {
        let says = self.facts.unit(unit).facts.clone();
        let variables = says.assigned.iter().chain(&says.outer).chain(&says.globals).map(|(_, value)| value);
        let stored = says.members.iter().map(|(.., value)| value).chain(says.elements.iter().map(|(_, value)| value));
        let given = says.calls.iter().flat_map(|(_, args)| args).chain(&says.returns);
        let entries = says.maps.iter().flatten().map(|(_, value)| value);
        let mut seen = FxHashSet::default();
        for value in variables.chain(stored).chain(given).chain(entries) {
            let Symbol::Ref(of) = &**value else { continue };
            let Symbol::Name(name) = &**of else { continue };
            if !seen.insert(name) || intrinsics::find(name).is_some() {
                continue;
            }
            // A variable further out than the unit may be read before it is assigned, when the name means another one.
            let is_near = self.owner(unit, name).is_none_or(|it| it == unit);
            if is_near && self.are_all(unit, name, |value| is_value(value)) {
                self.add(unit, name, NameProblem::UselessReference);
            }
        }
    }

    fn parameters(&mut self, unit: u32) {
        let it = self.facts.unit(unit);
        let children: Vec<_> = self.facts.children(unit).map(|child| &self.facts.unit(child).facts).collect();
        let (says, made) = (it.facts.clone(), &it.made);
        if says.open.locals || children.iter().any(|child| child.open.outer) {
            return;
        }
        let is_read =
            |name: &SmolStr| says.reads.contains(name) || children.iter().any(|child| child.reads.contains(name));
        let unused: Vec<_> =
            says.params.iter().map(|(name, _)| name).filter(|it| !is_read(it) && !made.contains(*it)).collect();
        for name in unused.into_iter().filter(|it| !it.starts_with('_')) {
            self.add(unit, name, NameProblem::UnusedParameter);
        }
    }

    fn shadowing(&mut self, unit: u32, seen: &mut FxHashSet<SmolStr>) {
        let it = self.facts.unit(unit);
        if it.kind != UnitKind::Statement {
            return;
        }
        for (name, _) in &it.facts.clone().assigned {
            if intrinsics::find(name).is_some() && seen.insert(name.clone()) {
                self.add(unit, name, NameProblem::ShadowedIntrinsic);
            }
        }
    }

    fn shadowing_inside(&mut self, unit: u32) {
        let it = self.facts.unit(unit);
        if it.kind != UnitKind::Function {
            return;
        }
        let says = it.facts.clone();
        let params = says.params.iter().map(|(name, _)| (name, true));
        let mut seen = FxHashSet::default();
        for (name, is_param) in params.chain(says.assigned.iter().map(|(name, _)| (name, false))) {
            if intrinsics::find(name).is_some() && seen.insert(name) {
                self.add(unit, name, NameProblem::ShadowedInside { is_param });
            }
        }
    }

    fn unused(&mut self, unit: u32) {
        let it = self.facts.unit(unit);
        let says = it.facts.clone();
        let is_statement = it.kind == UnitKind::Statement;
        let children: Vec<_> = self.facts.children(unit).map(|child| self.facts.unit(child).facts.clone()).collect();
        let mentioned = says.open.locals || children.iter().any(|child| child.open.outer);
        if is_statement && self.is_open || !is_statement && mentioned {
            return;
        }
        let mut seen = FxHashSet::default();
        for (name, value) in &says.assigned {
            if !seen.insert(name) {
                continue;
            }
            let read = if is_statement {
                // Of globals only modules are told; others may be for somebody else.
                !is_import(value) || self.facts.is_read(name)
            } else {
                says.reads.contains(name) || children.iter().any(|child| child.reads.contains(name))
            };
            let problem = match **value {
                _ if read => continue,
                Symbol::Import(_) => NameProblem::UnusedImport,
                // A loop needs its variable, and what is global may be for others.
                Symbol::Iterated(_) => continue,
                _ if is_statement || says.params.iter().any(|(param, _)| param == name) => continue,
                // Who writes it so says that nobody reads it.
                _ if name.starts_with('_') => continue,
                _ => NameProblem::UnusedLocal,
            };
            self.add(unit, name, problem);
        }
    }
}
