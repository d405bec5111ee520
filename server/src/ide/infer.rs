//! What names and expressions stand for: kinds of values, and for maps which map, found on demand from the facts of files.
//!
//! Takes facts from the database; completion, definitions, rename, signatures and hover ask it. It follows assignments whatever
//! their order (the order is what [`minilive_mir::scope`] knows) and is a guide for a reader, never a proof: [`Known::open`] says
//! that there may be more. Invariants: every question ends (what needs itself begins anew with what is known by then, a few times, and work is bounded); equal
//! databases give equal answers.

mod apart;
mod elements;
mod given;
mod handed;
mod members;
mod settled;
mod values;
mod wherever;

use super::guide::{self, Gives};
use crate::db::{self, File, FileFacts, LiveDb};
use crate::modules::Places;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Assignments, Sym, Symbol};
use minilive_runtime::intrinsics::IntrinsicId;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

pub use crate::db::{Binding, binding};
pub use apart::is_name;
pub use members::{Member, type_map};

/// A sum of more maps is not followed.
const MOST_PARTS: usize = 4;
/// Unions grow no larger.
const MOST_KINDS: usize = 8;
/// One question asks no more than so many others.
const MOST_STEPS: u32 = 50_000;
/// What is shown by the way is worth so many.
const FEW_STEPS: u32 = 3_000;
/// Chains of `__isa` are followed so far.
const MOST_PARENTS: usize = 32;
/// Of a program of more files the rest gives nothing to the values of a type.
const MOST_MODULES: usize = 32;
/// Of more programs that import a file the others say nothing of what its functions are given.
const MOST_IMPORTERS: usize = 16;
/// What needs itself is worked out so often again, with what is known of it by then.
const MOST_ROUNDS: u32 = 8;
/// A global that is assigned more often is not followed from statement to statement.
const MOST_STORES: usize = 64;
/// Symbols within symbols are followed so far; queries run on threads whose stacks have room for it.
const MOST_DEPTH: u32 = 200;

/// A unit of some file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitRef {
    /// The file.
    pub file: File,
    /// Its index among the file's units.
    pub unit: u32,
}

/// A map that code makes, told apart by where it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// A map literal of a unit.
    Literal(UnitRef, u32),
    /// A `new` of a unit.
    New(UnitRef, u32),
    /// What `new self` in a method makes where that is called on another map than the one it stands in: as [`Object::New`], with that map
    /// behind it.
    Born(UnitRef, u32, Made),
    /// What `+` makes of maps in a file: as if all of them were behind it, the last one first.
    Sum(File, Parts),
    /// The variables of an imported file.
    Module(File),
    /// The globals of a program.
    Globals(File),
    /// The variables of a function.
    Locals(UnitRef),
    /// A map of the host or a type map, by the name of its intrinsic.
    Host(&'static str),
    /// What a `for` over a map gives: a map of a key and its value. Of which map, if that is known.
    Entry(Option<Made>),
}

/// Where a map is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Made {
    /// As [`Object::Literal`].
    Literal(UnitRef, u32),
    /// As [`Object::New`].
    New(UnitRef, u32),
}

impl Object {
    /// Whether its members have their names from the language.
    pub fn is_of_language(self) -> bool {
        matches!(self, Object::Host(_) | Object::Entry(_))
    }

    /// The map by the place that makes it, on whatever the method was called that does so.
    pub fn maker(self) -> Object {
        match self {
            Object::Born(at, number, _) => Object::New(at, number),
            it => it,
        }
    }

    /// The file in which code makes it.
    pub fn made_in(self) -> Option<File> {
        match self {
            Object::Literal(at, _) | Object::New(at, _) | Object::Born(at, ..) => Some(at.file),
            Object::Sum(file, ..) => Some(file),
            _ => None,
        }
    }

    /// The maps that code makes as one each, of which it is the sum, or itself.
    fn parts(self) -> Vec<Made> {
        match self {
            Object::Sum(_, parts) => parts.0.into_iter().flatten().collect(),
            it => it.made().into_iter().collect(),
        }
    }

    /// The same, if code makes it as one.
    fn made(self) -> Option<Made> {
        match self.maker() {
            Object::Literal(at, number) => Some(Made::Literal(at, number)),
            Object::New(at, number) => Some(Made::New(at, number)),
            _ => None,
        }
    }
}

/// Some maps, in the order in which `+` joins them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parts([Option<Made>; MOST_PARTS]);

impl Parts {
    /// Those of a sum of two maps, each of which may be such a sum itself; none if these are one map, or too many.
    fn of(a: Object, b: Object) -> Option<Parts> {
        let all: Vec<Made> = a.parts().into_iter().chain(b.parts()).collect();
        let is_known = !a.parts().is_empty() && !b.parts().is_empty();
        // What is added once more is nearest.
        let different = all.iter().enumerate().filter(|(at, it)| !all[at + 1..].contains(it)).map(|(_, it)| *it);
        let mut parts = [None; MOST_PARTS];
        let count = different.clone().count();
        (is_known && (2..=MOST_PARTS).contains(&count)).then(|| {
            parts.iter_mut().zip(different).for_each(|(to, it)| *to = Some(it));
            Parts(parts)
        })
    }

    /// The maps.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Object> {
        self.0.into_iter().flatten().map(Object::from)
    }
}

impl From<Made> for Object {
    fn from(made: Made) -> Object {
        match made {
            Made::Literal(at, number) => Object::Literal(at, number),
            Made::New(at, number) => Object::New(at, number),
        }
    }
}

/// One kind of value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// null
    Null,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A list; what its elements may be, if anything is known.
    List(Vec<Kind>),
    /// A map that is not known by its maker.
    AnyMap,
    /// Among what the elements of a list may be: something of which nothing is known.
    Unknown,
    /// A map.
    Map(Object),
    /// A function of a program.
    Function(UnitRef),
    /// A built-in function.
    Intrinsic(IntrinsicId),
    /// An error value.
    Error,
}

impl Kind {
    /// Any value of a type, by the name of its type map.
    pub fn of_type(name: &str) -> Option<Kind> {
        Some(match name {
            "number" => Kind::Number,
            "string" => Kind::Text,
            "list" => Kind::List(Vec::new()),
            "map" => Kind::AnyMap,
            "error" => Kind::Error,
            _ => return None,
        })
    }
}

/// What is known about a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// What it may be.
    pub kinds: Vec<Kind>,
    /// It may be something else, too.
    pub open: bool,
    /// Of something that it may be by the text, as what one of its assignments gives, nothing is known.
    pub vague: bool,
}

impl Known {
    /// Some kinds; whether it may be something else, too.
    pub fn new(kinds: Vec<Kind>, open: bool) -> Known {
        Known { kinds, open, vague: false }
    }

    /// The same without what is known.
    pub fn rest(&self) -> Known {
        Known { kinds: Vec::new(), ..*self }
    }

    /// Anything.
    pub fn anything() -> Known {
        Known { vague: true, ..Known::open() }
    }

    /// Nothing so far, and whatever more.
    fn open() -> Known {
        Known::new(Vec::new(), true)
    }

    /// What is one of these, which are the elements of something; if there are none, nobody knows what they are.
    fn any_of(mut kinds: Vec<Kind>) -> Known {
        let count = kinds.len();
        kinds.retain(|kind| *kind != Kind::Unknown);
        match kinds.is_empty() {
            true => Known::anything(),
            false => Known { vague: kinds.len() < count, ..Known::new(kinds, false) },
        }
    }

    /// The same the other way round: what elements may be that are this.
    fn into_elements(self) -> Vec<Kind> {
        let mut kinds = self.kinds;
        if self.vague && !kinds.contains(&Kind::Unknown) {
            kinds.push(Kind::Unknown);
        }
        kinds
    }

    /// The same where nothing of what it may be was found: that it may be anything is all that is known then.
    fn or_anything(self) -> Known {
        if self.kinds.is_empty() { Known::anything() } else { self }
    }

    fn one(kind: Kind) -> Known {
        Known::new(vec![kind], false)
    }

    /// Adds one more kind that it may be.
    fn add(&mut self, kind: Kind) {
        if self.kinds.contains(&kind) {
        } else if self.kinds.len() < MOST_KINDS {
            self.kinds.push(kind);
        } else {
            self.open = true;
        }
    }

    /// Adds all that another value may be.
    pub fn join(&mut self, other: Known) {
        self.open |= other.open;
        self.vague |= other.vague;
        other.kinds.into_iter().for_each(|kind| self.add(kind));
    }

    /// The maps among it.
    pub fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        self.kinds.iter().filter_map(|kind| match kind {
            Kind::Map(object) => Some(*object),
            _ => None,
        })
    }
}

/// One question in progress or answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// What an expression of a unit is; whether functions are left uncalled.
    Expression(UnitRef, Sym, bool),
    /// What a global of a file is to code that does not go by the order of statements, uncalled.
    Global(File, SmolStr),
    /// What a map's own member is, uncalled.
    Own(Object, SmolStr),
}

/// A member that is given to something: where, to what, which value.
type Given = (UnitRef, Sym, Sym);

/// A member that is given to all values of a type: by the name of its type map, where, which value.
type GivenToType = (&'static str, UnitRef, Sym);

/// A question in progress.
struct Active {
    depth: u32,
    /// What is known of its answer so far.
    known: Known,
    /// Something within it asked for it.
    is_needed: bool,
}

/// Questions within questions, from an outermost one on.
struct Progress {
    /// Questions in progress.
    active: FxHashMap<Key, Active>,
    /// Answers that hold as long as the answers of questions in progress are what is known of them, with the outermost one that was needed.
    drafts: FxHashMap<Key, (u32, Known)>,
    /// The questions of drafts in the order in which they were answered.
    drafted: Vec<Key>,
    /// What was known of questions that were answered within others, for the next round of those.
    seeds: FxHashMap<Key, Known>,
    /// Some draft may lack what was found out behind it.
    is_stale: bool,
    /// Some answer was cut short.
    is_cut: bool,
    /// How often the outermost of them may still begin anew.
    rounds: u32,
    /// The outermost question in progress whose answer was needed by itself.
    cycle: u32,
    /// How many questions of others are in progress around them.
    around: u32,
}

impl Progress {
    fn within(around: u32) -> Progress {
        Progress {
            active: FxHashMap::default(),
            drafts: FxHashMap::default(),
            drafted: Vec::new(),
            seeds: FxHashMap::default(),
            is_stale: false,
            is_cut: false,
            rounds: 0,
            cycle: u32::MAX,
            around,
        }
    }
}

/// A piece of work was done. Tests look at how many become how many.
pub fn count() {
    #[cfg(test)]
    COUNTED.set(COUNTED.get() + 1);
}

#[cfg(test)]
thread_local! {
    /// How many pieces of work were done on this thread.
    pub static COUNTED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Answers questions about one revision of the database.
pub struct Infer<'a> {
    db: &'a LiveDb,
    places: &'a Places,
    facts: FxHashMap<File, Arc<FileFacts>>,
    /// The file of the first question.
    home: Option<File>,
    /// Whether names that a module has not got are also those of the programs that import it.
    sees_importers: bool,
    /// Those of each file that was asked about.
    importers: FxHashMap<File, Arc<[File]>>,
    /// That file and the modules behind it, once somebody asked.
    program: Option<Arc<[File]>>,
    /// Somebody said which files these are.
    is_given_program: bool,
    /// Those of them that no other imports, once somebody asked.
    main_files: Option<Arc<[File]>>,
    stores: FxHashMap<File, Arc<elements::Stores>>,
    writes: settled::Writes,
    /// Members that are given to what other files make, by name.
    given_outside: FxHashMap<SmolStr, Arc<[Given]>>,
    /// Members that are given to all values of a type, by name.
    given_to_types: FxHashMap<SmolStr, Arc<[GivenToType]>>,
    /// Whether code of a file gives globals values by names that are worked out.
    opens: FxHashMap<File, bool>,
    /// Calls of what was taken from lists and maps, by file.
    indirect: FxHashMap<File, Arc<[(u32, u32)]>>,
    answers: FxHashMap<Key, Known>,
    progress: Progress,
    /// The first statement of each file.
    statements: FxHashMap<File, Option<u32>>,
    /// Whether a global of a file may be another thing from statement to statement.
    followed: FxHashMap<(File, SmolStr), bool>,
    /// What members of a name are given, by file; nothing while that is found out.
    given: FxHashMap<(File, SmolStr), Option<Arc<given::ByMap>>>,
    /// Whether nobody else gets hold of the maps that a variable holds: by file, function and name.
    apart: FxHashMap<(File, Option<u32>, SmolStr), bool>,
    /// The maps that functions are handed to, once somebody asked.
    handed: Option<Arc<handed::Handed>>,
    /// What units assign of which somebody asked what reaches a place.
    assignments: FxHashMap<UnitRef, Arc<Assignments>>,
    steps: u32,
}

impl std::fmt::Debug for Infer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Infer").field("answers", &self.answers.len()).finish_non_exhaustive()
    }
}

impl<'a> Infer<'a> {
    /// Nothing is known yet. `places` says where imports lead.
    pub fn new(db: &'a LiveDb, places: &'a Places) -> Infer<'a> {
        Infer {
            db,
            places,
            facts: FxHashMap::default(),
            home: None,
            sees_importers: false,
            importers: FxHashMap::default(),
            program: None,
            is_given_program: false,
            main_files: None,
            stores: FxHashMap::default(),
            writes: settled::Writes::default(),
            given_outside: FxHashMap::default(),
            given_to_types: FxHashMap::default(),
            opens: FxHashMap::default(),
            indirect: FxHashMap::default(),
            answers: FxHashMap::default(),
            progress: Progress::within(0),
            statements: FxHashMap::default(),
            followed: FxHashMap::default(),
            given: FxHashMap::default(),
            apart: FxHashMap::default(),
            handed: None,
            assignments: FxHashMap::default(),
            steps: 0,
        }
    }

    /// As [`Infer::new`], for what a person is shown: names that a module has not got are also what the programs give that import it. It
    /// takes a look at every file of the workspace.
    pub fn with_importers(db: &'a LiveDb, places: &'a Places) -> Infer<'a> {
        Infer { sees_importers: true, ..Infer::new(db, places) }
    }

    /// The same for what is shown by the way: it gives up early.
    pub fn brief(&self) -> Infer<'a> {
        let (db, places) = (self.db, self.places);
        Infer {
            sees_importers: self.sees_importers,
            home: self.home,
            steps: MOST_STEPS - FEW_STEPS,
            ..Infer::new(db, places)
        }
    }

    /// Whether some answers were cut short by the number of questions.
    pub fn is_exhausted(&self) -> bool {
        self.steps >= MOST_STEPS
    }

    /// The files that import another and are not among those of the program; none where nobody asks for them.
    pub fn importers(&mut self, file: File) -> Arc<[File]> {
        if !self.sees_importers {
            return Arc::default();
        }
        if let Some(known) = self.importers.get(&file) {
            return known.clone();
        }
        let program = self.program();
        let others = db::direct_importers(self.db, file);
        let found: Arc<[File]> = others.iter().copied().filter(|it| !program.contains(it)).collect();
        self.importers.insert(file, found.clone());
        found
    }

    /// The same with some files for the program, which need not be those behind the first that is asked for.
    pub fn of_program(db: &'a LiveDb, places: &'a Places, files: Arc<[File]>) -> Infer<'a> {
        Infer { program: Some(files), is_given_program: true, ..Infer::new(db, places) }
    }

    /// The facts of a file.
    pub fn facts(&mut self, file: File) -> Arc<FileFacts> {
        self.home.get_or_insert(file);
        self.facts.entry(file).or_insert_with(|| db::file_facts(self.db, file)).clone()
    }

    /// The files that take part in the program, as far as imports lead: what one of them gives to all lists, all lists have.
    pub fn program(&mut self) -> Arc<[File]> {
        if let Some(known) = &self.program {
            return known.clone();
        }
        let mut files: Vec<File> = self.home.into_iter().collect();
        let mut next = 0;
        while let Some(&file) = files.get(next).filter(|_| files.len() < MOST_MODULES) {
            next += 1;
            for import in db::module_imports(self.db, file).iter() {
                let module = self.module(&import.name).filter(|it| !files.contains(it));
                files.extend(module);
            }
        }
        self.program.insert(files.into()).clone()
    }

    /// The file that an import of that name leads to.
    pub fn module(&self, name: &str) -> Option<File> {
        db::likely_module(self.db, &self.places.lookup(name))
    }

    /// The database that is asked.
    pub fn db(&self) -> &'a LiveDb {
        self.db
    }

    /// Where imports lead.
    pub fn places(&self) -> &'a Places {
        self.places
    }

    /// What an expression of a unit is, functions being called as reading a name calls them.
    pub fn value(&mut self, at: UnitRef, symbol: &Sym) -> Known {
        self.ask_about(at, symbol, false)
    }

    /// The same with functions left as they are.
    pub fn uncalled(&mut self, at: UnitRef, symbol: &Sym) -> Known {
        self.ask_about(at, symbol, true)
    }

    fn ask_about(&mut self, at: UnitRef, symbol: &Sym, uncalled: bool) -> Known {
        self.home.get_or_insert(at.file);
        match &**symbol {
            Symbol::Unknown => Known::anything(),
            Symbol::Null => Known::one(Kind::Null),
            Symbol::Number => Known::one(Kind::Number),
            Symbol::Text => Known::one(Kind::Text),
            _ => {
                let at = self.wherever(at, symbol);
                self.ask(Key::Expression(at, symbol.clone(), uncalled))
            }
        }
    }

    fn ask(&mut self, key: Key) -> Known {
        count();
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        if let Some(active) = self.progress.active.get_mut(&key) {
            active.is_needed = true;
            self.progress.cycle = self.progress.cycle.min(active.depth);
            return active.known.clone();
        }
        if let Some((outermost, draft)) = self.progress.drafts.get(&key) {
            self.progress.cycle = self.progress.cycle.min(*outermost);
            return draft.clone();
        }
        let depth = self.progress.active.len() as u32;
        if self.steps >= MOST_STEPS || self.progress.around + depth >= MOST_DEPTH {
            // What is cut short must not be taken for a whole answer.
            self.progress.cycle = 0;
            self.progress.is_cut = true;
            return Known::anything();
        }
        self.steps += 1;
        if self.steps.is_multiple_of(256) {
            self.db.poll();
        }
        if depth == 0 {
            self.progress.rounds = MOST_ROUNDS;
            self.progress.is_cut = false;
            self.progress.seeds.clear();
        }
        let around = std::mem::replace(&mut self.progress.cycle, u32::MAX);
        let answer = self.answer(&key, depth);
        self.progress.active.remove(&key);
        if self.progress.cycle >= depth {
            self.progress.cycle = around;
            self.answers.insert(key, answer.clone());
        } else {
            self.progress.drafts.insert(key.clone(), (self.progress.cycle, answer.clone()));
            self.progress.drafted.push(key);
            self.progress.cycle = self.progress.cycle.min(around);
        }
        answer
    }

    /// Takes out the drafts that were made since there were so many; whole ones hold whatever else is asked.
    fn end_drafts(&mut self, since: usize, are_whole: bool) {
        for key in self.progress.drafted.drain(since..) {
            let draft = self.progress.drafts.remove(&key);
            if let Some((_, answer)) = draft.filter(|_| are_whole) {
                self.answers.insert(key, answer);
            }
        }
    }

    /// Answers a question; if that needs its own answer, again and again until nothing new comes. Only maps and lists can bring more: what
    /// they hold is found by what they are. Each round answers what it needs once: what holds while the questions in progress have the
    /// answers that are known so far is kept as a draft, or a program whose maps are each other's parents would take exponential time.
    fn answer(&mut self, key: &Key, depth: u32) -> Known {
        let mut known = self.progress.seeds.get(key).cloned().unwrap_or_default();
        let (drafted, around) = (self.progress.drafted.len(), std::mem::take(&mut self.progress.is_stale));
        loop {
            self.progress.active.insert(key.clone(), Active { depth, known: known.clone(), is_needed: false });
            let answer = self.find_out(key);
            let is_new = answer != known && self.progress.active.get(key).is_some_and(|it| it.is_needed);
            let holds = answer.kinds.iter().any(|kind| matches!(kind, Kind::Map(_) | Kind::List(_)));
            if self.progress.cycle < depth {
                // Whoever is needed further out begins anew, and this one then with what is known of it now.
                if is_new && holds {
                    self.progress.seeds.insert(key.clone(), answer.clone());
                    self.progress.is_stale = true;
                }
                self.progress.is_stale |= around;
                return answer;
            }
            let brings_more = self.progress.is_stale || is_new && holds;
            if !brings_more || self.progress.cycle > depth || self.progress.rounds == 0 || self.steps >= MOST_STEPS {
                let is_whole = !is_new && !self.progress.is_stale && !self.progress.is_cut;
                self.end_drafts(drafted, is_whole);
                self.progress.is_stale = around;
                return answer;
            }
            self.end_drafts(drafted, false);
            self.progress.rounds -= 1;
            (self.progress.cycle, self.progress.is_stale) = (u32::MAX, false);
            known = answer;
        }
    }
}
