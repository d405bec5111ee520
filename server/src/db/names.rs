//! Names in the database: what each unit says about names, and all of a file's units together.
//!
//! Put together from what `units` knows of each, so an edit looks at the names of the edited function alone; `ide` resolves and infers with
//! the results. Where statements and functions come and go, `align` says which of the others are those that were, and `ids` gives them the
//! numbers they had, so that what is said of them stays. Invariants: [`file_facts`] holds no places, so moving code and editing expressions
//! that name nothing new keep it, as the same object; its units are in the order of [`super::units`], so an index means the same in both; a
//! unit that says what it said is the same object, wherever it stands.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::align::align;
use super::by_name::{ByName, Entry, Named};
use super::ids::{Ids, UnitId};
use super::pieces::FileUnits;
use super::units::{file_units, unit_facts};
use super::wanted::while_wanted;
use super::{Db, File};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Openness, Sym, Symbol, UnitFacts};
use minilive_runtime::intrinsics::{self, IntrinsicId};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::sync::{Arc, Weak};

/// One unit among the facts of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FactsUnit {
    /// What it says.
    pub facts: Arc<UnitFacts>,
    /// What it is.
    pub kind: UnitKind,
    /// A function's name.
    pub name: SmolStr,
    /// Variables that closures make through `outer`.
    pub made: FxHashSet<SmolStr>,
    parent: Option<UnitId>,
    children: Vec<UnitId>,
}

/// What a file says about names.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// Its units.
    pub units: Vec<Arc<FactsUnit>>,
    ids: Ids,
    /// What is assigned to each global.
    globals: ByName<Sym>,
    /// What is assigned to members of each name: owner, value.
    members: ByName<(Sym, Sym)>,
    /// What map literals hold under each name.
    keys: ByName<Sym>,
    /// Who reads members of each name.
    member_readers: ByName<()>,
    /// Calls by the last name of what is called: the number among the unit's calls.
    calls: ByName<u32>,
    /// Who reads a bare name.
    readers: ByName<()>,
    /// Parameters whose defaults are lists or maps.
    frozen: ByName<()>,
    /// Who reads a name through `locals`, `outer` or `globals`.
    through: ByName<()>,
    /// Variables and members that are given a reference to what has a name.
    referring: ByName<()>,
    /// Units of which one of a few things holds, by what that is: looks at all units find these again and again.
    having: ByName<()>,
    /// The facts that these were made from, and what became of their units.
    from: Option<(Weak<FileFacts>, Edit)>,
}

/// The facts that were found last, and the units they were found in.
#[derive(Debug)]
pub struct KeptFacts {
    units: Arc<FileUnits>,
    facts: Arc<FileFacts>,
}

/// What became of the units of a file since earlier facts.
#[derive(Debug, Clone)]
pub struct Edit {
    /// Units that are new or say something else, by their indexes now: each with its index before.
    pub changed: Vec<(Option<u32>, u32)>,
    /// Units that are not there any more, by their indexes before.
    pub gone: Vec<u32>,
    /// None if all units are where they were.
    moved: Option<Moved>,
}

/// Where units of earlier facts are: those at the start where they were, those from `end` on as far off as all of them.
#[derive(Debug, Clone)]
struct Moved {
    start: u32,
    end: u32,
    shift: i32,
    /// Of those between, the indexes of now.
    between: Vec<Option<u32>>,
}

impl Moved {
    fn now(&self, before: u32) -> Option<u32> {
        if before < self.start {
            Some(before)
        } else if before >= self.end {
            before.checked_add_signed(self.shift)
        } else {
            self.between[(before - self.start) as usize]
        }
    }
}

/// Units that are open in any way.
const OPENS: &str = "opens";
/// Functions that give a function.
const GIVES_FUNCTION: &str = "gives a function";
/// Statements of the file that are no assignments and assign something.
const DECIDES: &str = "decides";

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

/// What all units of a file say. A query to stop invalidation: it glances at all units after each edit, and mostly finds nothing new.
#[salsa::tracked(returns(ref), lru = 64)]
fn facts_of(db: &dyn Db, file: File) -> Same {
    let (units, kept) = (file_units(db, file), file.kept(db));
    let before = kept.facts.get();
    let facts = before.and_then(|before| before.updated(db, units)).unwrap_or_else(|| {
        db.makes("all_facts", None);
        Arc::new(FileFacts::of(db, units))
    });
    if kept.is_open() {
        kept.facts.set(Arc::new(KeptFacts { units: units.clone(), facts: facts.clone() }));
    }
    Same(facts)
}

/// What all units of a file say. Where most units are those that were, the work is that of the units which say something else.
pub fn file_facts(db: &dyn Db, file: File) -> Arc<FileFacts> {
    facts_of(db, file).0.clone()
}

impl KeptFacts {
    /// The facts with what some units say now; none if they are many.
    fn updated(&self, db: &dyn Db, now: &FileUnits) -> Option<Arc<FileFacts>> {
        let (before, alignment) = (&self.facts, align(&self.units, now));
        let ids = before.ids.with(alignment.start, &alignment.from, alignment.end)?;
        let middle = alignment.start..alignment.start + alignment.from.len();
        let mut units = Vec::with_capacity(now.len());
        units.extend_from_slice(&before.units[..alignment.start]);
        let mut changed = Vec::new();
        for (it, from) in facts_units(db, now, middle, &ids).into_iter().zip(&alignment.from) {
            match from.map(|from| &before.units[from as usize]) {
                Some(before) if **before == it => units.push(before.clone()),
                _ => {
                    changed.push((*from, units.len() as u32));
                    units.push(Arc::new(it));
                }
            }
            if changed.len() > MOST_CHANGED {
                return None;
            }
        }
        units.extend_from_slice(&before.units[before.units.len() - alignment.end..]);
        if changed.is_empty() && ids.are_same(&before.ids) {
            return Some(before.clone());
        }
        let gone = alignment.start as u32..(before.units.len() - alignment.end) as u32;
        let gone: Vec<_> = gone.filter(|&unit| ids.index(before.ids.id(unit)).is_none()).collect();
        if changed.len() + gone.len() > MOST_CHANGED {
            return None;
        }
        db.makes("file_facts", None);
        let (start, end) = (alignment.start as u32, (before.units.len() - alignment.end) as u32);
        let moved = (!ids.are_same(&before.ids)).then(|| Moved {
            start,
            end,
            shift: units.len() as i32 - before.units.len() as i32,
            between: (start..end).map(|unit| ids.index(before.ids.id(unit))).collect(),
        });
        let mut all = before.with(FileFacts { units, ids, ..FileFacts::default() }, &changed, &gone);
        all.from = Some((Arc::downgrade(before), Edit { changed, gone, moved }));
        Some(Arc::new(all))
    }
}

/// The units of a range of a file, which are whole statements.
fn facts_units(db: &dyn Db, placed: &FileUnits, range: std::ops::Range<usize>, ids: &Ids) -> Vec<FactsUnit> {
    let first = range.start;
    let mut units: Vec<FactsUnit> = Vec::with_capacity(range.len());
    for (index, placed) in range.clone().zip(placed.range(range)) {
        let id = ids.id(index as u32);
        let facts = unit_facts(db, placed.unit).clone();
        if let Some(parent) = placed.parent {
            let around = &mut units[parent as usize - first];
            around.children.push(id);
            if around.kind == UnitKind::Function {
                around.made.extend(facts.outer.iter().map(|(name, _)| name.clone()));
            }
        }
        units.push(FactsUnit {
            facts,
            kind: placed.unit.kind,
            name: placed.name.clone(),
            made: FxHashSet::default(),
            parent: placed.parent.map(|parent| ids.id(parent)),
            children: Vec::new(),
        });
    }
    units
}

impl FileFacts {
    fn of(db: &dyn Db, placed: &FileUnits) -> FileFacts {
        let ids = Ids::new(placed.len());
        let units = facts_units(db, placed, 0..placed.len(), &ids).into_iter().map(Arc::new).collect();
        let mut all = FileFacts { units, ids, ..FileFacts::default() };
        let indexes = || while_wanted(db, 0..all.units.len() as u32);
        let globals = ByName::of(indexes().flat_map(|unit| all.global_entries(unit)));
        let members = ByName::of(indexes().flat_map(|unit| all.member_entries(unit)));
        let keys = ByName::of(indexes().flat_map(|unit| all.key_entries(unit)));
        let member_readers = ByName::of(indexes().flat_map(|unit| all.member_reader_entries(unit)));
        let calls = ByName::of(indexes().flat_map(|unit| all.call_entries(unit)));
        let frozen = ByName::of(indexes().flat_map(|unit| all.frozen_entries(unit)));
        let through = ByName::of(indexes().flat_map(|unit| all.through_entries(unit)));
        let referring = ByName::of(indexes().flat_map(|unit| all.referring_entries(unit)));
        let having = ByName::of(indexes().flat_map(|unit| all.having_entries(unit)));
        let readers = ByName::of(indexes().flat_map(|unit| all.reader_entries(unit)));
        (all.globals, all.members, all.calls, all.readers) = (globals, members, calls, readers);
        (all.keys, all.member_readers, all.frozen) = (keys, member_readers, frozen);
        (all.through, all.referring, all.having) = (through, referring, having);
        all
    }

    /// `all` with what its units say of each name, of which most say what they said.
    fn with(&self, mut all: FileFacts, changed: &[(Option<u32>, u32)], gone: &[u32]) -> FileFacts {
        let globals = self.globals.with(&all.ids, self.entries(&all, changed, gone, FileFacts::global_entries));
        let members = self.members.with(&all.ids, self.entries(&all, changed, gone, FileFacts::member_entries));
        let keys = self.keys.with(&all.ids, self.entries(&all, changed, gone, FileFacts::key_entries));
        let entries = self.entries(&all, changed, gone, FileFacts::member_reader_entries);
        let member_readers = self.member_readers.with(&all.ids, entries);
        let calls = self.calls.with(&all.ids, self.entries(&all, changed, gone, FileFacts::call_entries));
        let readers = self.readers.with(&all.ids, self.entries(&all, changed, gone, FileFacts::reader_entries));
        (all.globals, all.members, all.calls, all.readers) = (globals, members, calls, readers);
        let frozen = self.frozen.with(&all.ids, self.entries(&all, changed, gone, FileFacts::frozen_entries));
        (all.keys, all.member_readers, all.frozen) = (keys, member_readers, frozen);
        let through = self.through.with(&all.ids, self.entries(&all, changed, gone, FileFacts::through_entries));
        let referring = self.referring.with(&all.ids, self.entries(&all, changed, gone, FileFacts::referring_entries));
        let having = self.having.with(&all.ids, self.entries(&all, changed, gone, FileFacts::having_entries));
        (all.through, all.referring, all.having) = (through, referring, having);
        all
    }

    /// What changed units said and say.
    fn entries<T>(
        &self,
        now: &FileFacts,
        changed: &[(Option<u32>, u32)],
        gone: &[u32],
        of: fn(&FileFacts, u32) -> Named<T>,
    ) -> impl Iterator<Item = (Named<T>, Named<T>)> {
        let before = move |unit: Option<u32>| unit.map_or_else(Vec::new, |unit| of(self, unit));
        let changed = changed.iter().map(move |&(was, is)| (before(was), of(now, is)));
        changed.chain(gone.iter().map(move |&was| (before(Some(was)), Vec::new())))
    }

    fn global_entries(&self, unit: u32) -> Named<Sym> {
        let id = self.ids.id(unit);
        self.assigned_globals(unit)
            .map(|(name, value)| (name.clone(), Entry { unit: id, says: value.clone() }))
            .collect()
    }

    fn member_entries(&self, unit: u32) -> Named<(Sym, Sym)> {
        let id = self.ids.id(unit);
        let entry = |(owner, name, value): &(Sym, SmolStr, Sym)| {
            (name.clone(), Entry { unit: id, says: (owner.clone(), value.clone()) })
        };
        self.unit(unit).facts.members.iter().map(entry).collect()
    }

    fn key_entries(&self, unit: u32) -> Named<Sym> {
        let id = self.ids.id(unit);
        let entries = self.unit(unit).facts.maps.iter().flatten();
        entries.map(|(name, value)| (name.clone(), Entry { unit: id, says: value.clone() })).collect()
    }

    fn member_reader_entries(&self, unit: u32) -> Named<()> {
        let id = self.ids.id(unit);
        let names = self.unit(unit).facts.member_reads.iter();
        names.map(|name| (name.clone(), Entry { unit: id, says: () })).collect()
    }

    fn call_entries(&self, unit: u32) -> Named<u32> {
        let id = self.ids.id(unit);
        called(&self.unit(unit).facts).map(|(name, says)| (name.clone(), Entry { unit: id, says })).collect()
    }

    fn reader_entries(&self, unit: u32) -> Named<()> {
        self.entries_of(unit, self.unit(unit).facts.reads.iter())
    }

    fn through_entries(&self, unit: u32) -> Named<()> {
        self.entries_of(unit, self.unit(unit).facts.read_through.iter())
    }

    fn referring_entries(&self, unit: u32) -> Named<()> {
        let says = &self.unit(unit).facts;
        let variables = says.assigned.iter().chain(&says.outer).chain(&says.globals);
        let members = says.members.iter().map(|(_, name, value)| (name, value));
        let given = variables.chain(says.maps.iter().flatten()).map(|(name, value)| (name, value)).chain(members);
        let is_reference = |value: &Symbol| matches!(value, Symbol::Ref(of) if matches!(**of, Symbol::Name(_)));
        self.entries_of(unit, given.filter(|(_, value)| is_reference(value)).map(|(name, _)| name))
    }

    fn having_entries(&self, unit: u32) -> Named<()> {
        let it = self.unit(unit);
        let gives_function = || it.facts.returns.iter().any(|it| matches!(**it, Symbol::Function(_) | Symbol::Ref(_)));
        let is_decision = it.kind == UnitKind::Statement && !it.facts.is_assignment && !it.facts.assigned.is_empty();
        let has =
            [(OPENS, it.facts.open != Openness::default()), (GIVES_FUNCTION, gives_function()), (DECIDES, is_decision)];
        let unit = self.ids.id(unit);
        let held = has.into_iter().filter(|(_, holds)| *holds);
        held.map(|(what, _)| (SmolStr::new_static(what), Entry { unit, says: () })).collect()
    }

    /// A unit under each of some names once.
    fn entries_of<'s>(&self, unit: u32, names: impl Iterator<Item = &'s SmolStr>) -> Named<()> {
        let unit = self.ids.id(unit);
        let mut names: Vec<_> = names.cloned().collect();
        // What says the same is to be equal.
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| (name, Entry { unit, says: () })).collect()
    }

    fn frozen_entries(&self, unit: u32) -> Named<()> {
        let id = self.ids.id(unit);
        let params = self.unit(unit).facts.params.iter();
        let frozen = params.filter(|(_, default)| matches!(**default, Symbol::List(_) | Symbol::Map(_)));
        frozen.map(|(name, _)| (name.clone(), Entry { unit: id, says: () })).collect()
    }

    fn index(&self, id: UnitId) -> Option<u32> {
        self.ids.index(id)
    }

    /// What is assigned to a global, in the order of the units that do.
    pub fn globals(&self, name: &str) -> impl Iterator<Item = (u32, &Sym)> {
        self.globals.get(name).iter().filter_map(|it| Some((self.index(it.unit)?, &it.says)))
    }

    /// What units before one assign to a global, the last first.
    pub fn globals_before(&self, name: &str, unit: u32) -> impl Iterator<Item = (u32, &Sym)> {
        let entries = self.globals.get(name);
        let end = entries.partition_point(|it| self.index(it.unit) < Some(unit));
        entries[..end].iter().rev().filter_map(|it| Some((self.index(it.unit)?, &it.says)))
    }

    /// What units behind one assign to a global, the next first.
    pub(super) fn globals_behind(&self, name: &str, unit: u32) -> impl Iterator<Item = (u32, &Sym)> {
        let entries = self.globals.get(name);
        let start = entries.partition_point(|it| self.index(it.unit) <= Some(unit));
        entries[start..].iter().filter_map(|it| Some((self.index(it.unit)?, &it.says)))
    }

    /// The units whose variables come from places that the text does not show, in any way.
    pub fn open_units(&self) -> impl Iterator<Item = u32> {
        self.having(OPENS)
    }

    /// Whether some function gives a function.
    pub fn gives_function(&self) -> bool {
        self.having.contains_key(GIVES_FUNCTION)
    }

    /// The statements of the file that assign something inside, as an `if` does.
    pub fn decisions(&self) -> impl Iterator<Item = u32> {
        self.having(DECIDES)
    }

    fn having(&self, what: &str) -> impl Iterator<Item = u32> {
        self.having.get(what).iter().filter_map(|it| self.index(it.unit))
    }

    /// Whether some code uses `globals` in a way that may give any of them a value.
    pub fn opens_globals(&self) -> bool {
        self.open_units().any(|unit| self.unit(unit).facts.open.globals)
    }

    /// Whether some code reads a name through `locals`, `outer` or `globals`.
    pub fn is_read_through(&self, name: &str) -> bool {
        self.through.contains_key(name)
    }

    /// The units that do.
    pub fn readers_through(&self, name: &str) -> impl Iterator<Item = u32> {
        self.through.get(name).iter().filter_map(|it| self.index(it.unit))
    }

    /// The names of variables and members that some code gives a reference to a name, in no particular order.
    pub fn referring(&self) -> impl Iterator<Item = &SmolStr> {
        self.referring.keys()
    }

    /// Whether a unit imports a module whose name does not stand in the text. A name that nothing gives a value imports none.
    pub fn imports_out_of_sight(&self, unit: u32) -> bool {
        let says = &self.unit(unit).facts;
        let around = [Some(unit), self.enclosing_function(unit)];
        let may_name = |name: &SmolStr| {
            name.is_empty()
                || self.is_global(name)
                || intrinsics::find(name).is_some()
                || around.into_iter().flatten().any(|it| self.has_variable(it, name))
        };
        says.open.import && (says.imported_by.is_empty() || says.imported_by.iter().any(may_name))
    }

    /// Whether a file imports by names at all: what they open depends on who gives those a value.
    pub(super) fn imports_by_name(&self) -> bool {
        self.readers("import").any(|unit| !self.unit(unit).facts.imported_by.is_empty())
    }

    /// Whether anything is assigned to a global.
    pub fn is_global(&self, name: &str) -> bool {
        self.globals.contains_key(name)
    }

    /// All globals, in no particular order.
    pub fn global_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.globals.keys()
    }

    /// What is assigned to members of a name, in the order of the units that do: unit, owner, value.
    pub fn members(&self, name: &str) -> impl Iterator<Item = (u32, &Sym, &Sym)> {
        self.members.get(name).iter().filter_map(|it| Some((self.index(it.unit)?, &it.says.0, &it.says.1)))
    }

    /// What map literals hold under a name, in the order of their units.
    pub fn keys(&self, name: &str) -> impl Iterator<Item = (u32, &Sym)> {
        self.keys.get(name).iter().filter_map(|it| Some((self.index(it.unit)?, &it.says)))
    }

    /// The functions of which a parameter has a list or a map as its default, which is frozen from the start; some perhaps more than once.
    pub fn with_frozen_defaults(&self) -> impl Iterator<Item = u32> {
        self.frozen.keys().flat_map(|name| self.frozen.get(name)).filter_map(|it| self.index(it.unit))
    }

    /// All names under which map literals hold something, in no particular order.
    pub fn key_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.keys.keys()
    }

    /// Whether any map gets a member of that name in the text.
    pub fn has_member(&self, name: &str) -> bool {
        self.members.contains_key(name) || self.keys.contains_key(name)
    }

    /// The parameters that values have at most which units give: none of any unless all are functions that stand there, none of no values.
    pub fn most_parameters<'s>(&self, mut values: impl Iterator<Item = (u32, &'s Sym)>) -> Option<Option<u32>> {
        values.try_fold(None, |most: Option<u32>, (unit, value)| {
            let Symbol::Function(number) = **value else { return None };
            let function = self.child(unit, number)?;
            Some(most.max(Some(self.unit(function).facts.params.len() as u32)))
        })
    }

    /// Whether something is assigned to members of that name.
    pub(super) fn gives_member(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Whether the text gives other values to members of a name than before.
    pub(super) fn differs_in_member(&self, before: &FileFacts, name: &str) -> bool {
        self.members.get(name) != before.members.get(name) || self.keys.get(name) != before.keys.get(name)
    }

    /// The units that read a member of that name.
    pub fn member_readers(&self, name: &str) -> impl Iterator<Item = u32> {
        self.member_readers.get(name).iter().filter_map(|it| self.index(it.unit))
    }

    /// All members that are assigned, in no particular order.
    pub fn member_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.members.keys()
    }

    /// Whether members are what they were in other facts.
    pub(super) fn has_members_of(&self, other: &FileFacts) -> bool {
        self.members.is(&other.members)
    }

    /// Calls of something whose last name that is: unit, number among its calls.
    pub fn calls(&self, name: &str) -> impl Iterator<Item = (u32, u32)> {
        self.calls.get(name).iter().filter_map(|it| Some((self.index(it.unit)?, it.says)))
    }

    /// The units that read a bare name.
    pub fn readers(&self, name: &str) -> impl Iterator<Item = u32> {
        self.readers.get(name).iter().filter_map(|it| self.index(it.unit))
    }

    /// Those behind one, the next first.
    pub(super) fn readers_behind(&self, name: &str, unit: u32) -> impl Iterator<Item = u32> {
        let entries = self.readers.get(name);
        let start = entries.partition_point(|it| self.index(it.unit) <= Some(unit));
        entries[start..].iter().filter_map(|it| self.index(it.unit))
    }

    /// Whether a unit reads a bare name.
    pub fn is_read(&self, name: &str) -> bool {
        self.readers.contains_key(name)
    }

    /// What a unit assigns to globals.
    pub fn assigned_globals(&self, unit: u32) -> impl Iterator<Item = &(SmolStr, Sym)> {
        let facts = &self.unit(unit).facts;
        let is_statement = self.unit(unit).kind == UnitKind::Statement;
        let outer_is_global = self.enclosing_function(unit).is_none();
        let at_top = facts.assigned.iter().filter(move |_| is_statement);
        at_top.chain(&facts.globals).chain(facts.outer.iter().filter(move |_| outer_is_global))
    }

    /// What is given to the whole program under a name, and in which unit: by `globals.name`, and by `outer.name` at the top, which is
    /// outside of a module.
    pub fn given_to_program<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (u32, &'a Sym)> {
        self.globals(name).filter(move |&(unit, value)| {
            let unit = self.unit(unit);
            let outer = unit.facts.outer.iter().filter(|_| unit.kind == UnitKind::Statement);
            unit.facts.globals.iter().chain(outer).any(|(it, given)| it == name && given == value)
        })
    }

    /// Whether a file that is imported has a variable of that name itself, which is a member of the module.
    pub fn is_module_variable(&self, name: &str) -> bool {
        self.globals(name).any(|(unit, _)| self.of_module(unit).iter().any(|(it, _)| it == name))
    }

    /// What a file assigns, where it is imported, to variables of its own under a name, and in which unit.
    pub fn module_variable<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (u32, &'a Sym)> {
        self.globals(name)
            .filter(move |&(unit, value)| self.of_module(unit).iter().any(|(it, given)| it == name && given == value))
    }

    /// What a unit assigns to variables of the module.
    fn of_module(&self, unit: u32) -> &[(SmolStr, Sym)] {
        let facts = &self.unit(unit).facts;
        match self.unit(unit).kind {
            UnitKind::Statement => &facts.assigned,
            _ if self.enclosing_function(unit).is_none() => &facts.outer,
            _ => &[],
        }
    }

    /// What became of the units since other facts; none if many are others, or nothing is known of that.
    pub fn since(&self, before: &FileFacts) -> Option<Edit> {
        if !self.ids.are_comparable(&before.ids) {
            return None;
        }
        if let Some((from, edit)) = &self.from
            && std::ptr::eq(from.as_ptr(), before)
        {
            return Some(edit.clone());
        }
        let mut changed = Vec::new();
        for (index, now) in (0u32..).zip(&self.units) {
            let was = self.before(before, index);
            if !was.is_some_and(|was| Arc::ptr_eq(before.unit(was), now)) {
                changed.push((was, index));
                if changed.len() > MOST_CHANGED {
                    return None;
                }
            }
        }
        let end = before.ids.len() as u32;
        let now = |unit: u32| self.index(before.ids.id(unit));
        let moved = (!self.ids.are_same(&before.ids)).then(|| Moved {
            start: 0,
            end,
            shift: 0,
            between: (0..end).map(now).collect(),
        });
        let is_gone = |(unit, now): (u32, &Option<u32>)| now.is_none().then_some(unit);
        let gone: Vec<_> = (0..).zip(moved.iter().flat_map(|it| &it.between)).filter_map(is_gone).collect();
        (gone.len() <= MOST_CHANGED).then_some(Edit { changed, gone, moved })
    }

    /// Where a unit was before; none if it is new.
    pub fn before(&self, before: &FileFacts, unit: u32) -> Option<u32> {
        before.index(self.ids.id(unit))
    }

    /// Whether something else is assigned to a global than before, or in other units.
    pub(super) fn differs_in(&self, before: &FileFacts, name: &str) -> bool {
        self.globals.get(name) != before.globals.get(name)
    }

    /// A unit by its index.
    pub fn unit(&self, index: u32) -> &Arc<FactsUnit> {
        &self.units[index as usize]
    }

    /// The unit around a unit.
    pub fn parent(&self, index: u32) -> Option<u32> {
        self.unit(index).parent.and_then(|parent| self.index(parent))
    }

    /// The functions directly inside a unit, in source order.
    pub fn children(&self, index: u32) -> impl Iterator<Item = u32> {
        self.unit(index).children.iter().filter_map(|&child| self.index(child))
    }

    /// One of them.
    pub fn child(&self, index: u32, number: u32) -> Option<u32> {
        self.unit(index).children.get(number as usize).and_then(|&child| self.index(child))
    }

    /// The function around a function: the one level that `outer` reaches.
    pub fn enclosing_function(&self, index: u32) -> Option<u32> {
        self.parent(index).filter(|&parent| self.unit(parent).kind == UnitKind::Function)
    }

    /// Whether a unit has a variable of its own of that name.
    pub fn has_variable(&self, index: u32, name: &str) -> bool {
        let unit = self.unit(index);
        unit.facts.variables.contains(name) || unit.made.contains(name)
    }
}

impl FactsUnit {
    /// Whether a unit is inside of the same one as another.
    pub(super) fn is_where(&self, other: &FactsUnit) -> bool {
        self.parent == other.parent
    }
}

impl Edit {
    /// What changed units said and say: one of both is missing for those that have come or gone.
    pub(super) fn pairs<'f>(
        &'f self,
        before: &'f FileFacts,
        now: &'f FileFacts,
    ) -> impl Iterator<Item = (Option<&'f FactsUnit>, Option<&'f FactsUnit>)> {
        let changed = self.changed.iter().map(|(was, is)| (was.map(|was| &**before.unit(was)), Some(&**now.unit(*is))));
        changed.chain(self.gone.iter().map(|&was| (Some(&**before.unit(was)), None)))
    }

    /// Where a unit is that was at an index; none if it is gone.
    pub fn now(&self, before: u32) -> Option<u32> {
        self.moved.as_ref().map_or(Some(before), |moved| moved.now(before))
    }

    /// Whether units are at other indexes than they were.
    pub fn moves(&self) -> bool {
        self.moved.is_some()
    }

    /// What was kept for each unit, at its index of now; for new ones `new`.
    pub fn carried<T>(&self, mut all: Vec<T>, count: usize, new: impl Fn() -> T) -> Vec<T> {
        let Some(Moved { start, end, between, .. }) = &self.moved else { return all };
        let mut behind = all.split_off(*end as usize);
        let moving: Vec<_> = all.drain(*start as usize..).zip(between).collect();
        for (it, index) in moving {
            if let Some(index) = index {
                // Those that stay do so in their order.
                all.resize_with(*index as usize, &new);
                all.push(it);
            }
        }
        all.resize_with(count - behind.len(), &new);
        all.append(&mut behind);
        all
    }
}

/// What a bare name in a unit is, by the rules of LANGUAGE 5.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Binding {
    /// A variable of this unit (the unit itself, or the function around it).
    Variable(u32),
    /// A global.
    Global,
    /// A built-in function.
    Intrinsic(IntrinsicId),
    /// Nothing in this file.
    Unknown,
}

/// The names that code of a unit means.
pub fn binding(facts: &FileFacts, unit: u32, name: &str) -> Binding {
    let around = facts.enclosing_function(unit);
    if let Some(owner) = [Some(unit), around].into_iter().flatten().find(|&it| facts.has_variable(it, name)) {
        Binding::Variable(owner)
    } else if facts.is_global(name) {
        Binding::Global
    } else {
        intrinsics::find(name).map_or(Binding::Unknown, Binding::Intrinsic)
    }
}

/// The calls of something that has a name: the last one, and the call's number.
fn called(facts: &UnitFacts) -> impl Iterator<Item = (&SmolStr, u32)> {
    (0u32..).zip(&facts.calls).filter_map(|(number, (callee, _))| match &**callee {
        Symbol::Name(name) | Symbol::Member(_, name) => Some((name, number)),
        _ => None,
    })
}
