//! Variables at the top of files, wherever in the workspace they are named.
//!
//! What a file assigns at its top are members of the module that others import; what it names by `globals.x`, and bare names that it gives no
//! value, are the globals of whatever program imports it. So the uses of one variable stand in several files, and one use may mean variables
//! of several: that of each program which imports a module, or of each module that something may be. References and rename take all of
//! them. Invariant: from every use of such a family the same family is found; a use of which nobody knows whose it is belongs to none, and
//! is told as one that may.

use super::family::Wanted;
use super::importers::Importers;
use super::infer::{Infer, Object, UnitRef};
use super::names::{Found, Target, further_out, scope_target};
use crate::db::{self, File, FileFacts, LiveDb};
use crate::modules::Places;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, NameUse, Place, Symbol};
use minilive_syntax::TextSize;
use rustc_hash::{FxHashMap, FxHashSet};

/// A family of such uses.
#[derive(Debug, Default)]
pub struct Shared {
    /// The uses, in no particular order; certain if they cannot mean anything else.
    pub found: Vec<Found>,
    /// The files whose variable it is, or to whose program it belongs.
    pub files: FxHashSet<File>,
    /// Files that name it without giving it a value.
    pub readers: Vec<File>,
    /// A use that may be a member of something else, too.
    pub mixed: Option<Found>,
    /// Modules among those files that programs use as values, not only to name their members.
    pub values: Vec<File>,
    /// Uses in modules that mean another variable of the name, which has no value there at first.
    pub either: Vec<Found>,
}

/// A use, and whose variable it is.
struct Use {
    found: Found,
    of: Whose,
}

enum Whose {
    /// The file's in which it stands, and that of its program.
    Home,
    /// That of these files, as a member.
    Of(Vec<File>),
    /// Nobody knows.
    Unknown,
}

/// What a file says of a name.
struct Look {
    file: File,
    uses: Vec<Use>,
    /// It names a variable of the program that imports it.
    is_beyond: bool,
    /// It gives one a value.
    writes_beyond: bool,
    /// Files of whose programs it names a variable.
    beyond_others: Vec<File>,
    /// Uses of the module's own variable that mean the program's where that has no value yet.
    early: Vec<Found>,
    /// Uses of variables of functions that mean the program's where those have no value yet.
    unset: Vec<Found>,
    mixed: Option<(Found, Vec<File>)>,
}

/// The uses of a name in the workspace as a variable of files.
pub struct Names<'a> {
    db: &'a LiveDb,
    importers: &'a Importers<'a>,
    looks: Vec<Look>,
    parents: FxHashMap<File, File>,
}

/// Where modules are looked for by the files that name something.
pub fn folders(importers: &Importers<'_>, files: &[File]) -> Vec<Places> {
    let mut found: Vec<Places> = Vec::new();
    for &file in files {
        for script in importers.folders(file).iter() {
            if !found.iter().any(|it| it.script == *script) {
                found.push(importers.places_in(script.clone()));
            }
        }
    }
    found
}

impl<'a> Names<'a> {
    /// Looks at all uses of a name in some files, with what is known of values in each of the folders.
    pub fn of(
        db: &'a LiveDb,
        importers: &'a Importers<'a>,
        infers: &mut [Infer<'_>],
        files: &[File],
        (name, wanted): (&str, Wanted),
    ) -> Names<'a> {
        let mut names = Names { db, importers, looks: Vec::new(), parents: FxHashMap::default() };
        for &file in files {
            db.poll();
            let folders = importers.folders(file);
            let mut own: Vec<_> = infers.iter_mut().filter(|it| folders.contains(&it.places().script)).collect();
            names.looks.push(Look::of(&mut own, db, file, (name, wanted)));
        }
        names.drop_foreign_members(name);
        names.join_all();
        names
    }

    /// What a module does not have is no member of it.
    fn drop_foreign_members(&mut self, name: &str) {
        let mut having: FxHashSet<File> = FxHashSet::default();
        for look in &self.looks {
            if db::file_facts(self.db, look.file).is_module_variable(name) {
                having.insert(look.file);
            }
            for it in look.uses.iter().filter(|it| it.found.access.writes()) {
                if let Whose::Of(files) = &it.of {
                    having.extend(files);
                }
            }
            having.extend(&look.beyond_others);
        }
        for look in &mut self.looks {
            for it in &mut look.uses {
                if let Whose::Of(files) = &mut it.of {
                    files.retain(|file| having.contains(file));
                }
            }
            look.uses.retain(|it| !matches!(&it.of, Whose::Of(files) if files.is_empty()));
        }
    }

    fn join_all(&mut self) {
        let mut joined: Vec<(File, File)> = Vec::new();
        for look in &self.looks {
            if look.is_beyond {
                joined.extend(self.programs(look.file).into_iter().map(|it| (look.file, it)));
            }
            for &other in &look.beyond_others {
                joined.extend(self.programs(other).into_iter().map(|it| (other, it)));
            }
            for it in &look.uses {
                if let Whose::Of(files) = &it.of {
                    joined.extend(files.windows(2).map(|pair| (pair[0], pair[1])));
                }
            }
        }
        for (a, b) in joined {
            let (a, b) = (self.root(a), self.root(b));
            if a != b {
                self.parents.insert(a, b);
            }
        }
    }

    /// The programs whose variable a file names that is not its own: those that nobody imports; and those that give it a value where no
    /// other does.
    fn programs(&self, file: File) -> Vec<File> {
        let all = self.importers.all(file);
        let gives = |it: &File| {
            let look = self.looks.iter().find(|look| look.file == *it);
            look.is_some_and(Look::gives)
        };
        let (mut found, others): (Vec<_>, Vec<_>) =
            all.iter().copied().partition(|&it| self.importers.direct(it).is_empty());
        let is_given = found.iter().any(gives) || self.looks.iter().any(|it| it.writes_beyond);
        if found.is_empty() || !is_given {
            found.extend(others.into_iter().filter(gives));
        }
        found
    }

    fn root(&self, file: File) -> File {
        let mut at = file;
        while let Some(&parent) = self.parents.get(&at) {
            at = parent;
        }
        at
    }

    /// The family of a file's variable.
    pub fn family(&self, file: File) -> Shared {
        let root = self.root(file);
        let is_in = |it: File| self.root(it) == root;
        let mut shared = Shared::default();
        shared.files.insert(file);
        shared.files.extend(self.parents.keys().copied().filter(|&it| is_in(it)));
        shared.files.insert(root);
        let modules: Vec<File> = shared.files.iter().copied().collect();
        shared.values = modules.into_iter().filter(|&it| self.is_value(it)).collect();
        let may_be_module = !shared.values.is_empty();
        for look in &self.looks {
            let mut is_reader = false;
            for it in &look.uses {
                let belongs = match &it.of {
                    Whose::Home => is_in(look.file),
                    Whose::Of(files) => files.iter().any(|&it| is_in(it)),
                    Whose::Unknown => may_be_module,
                };
                if belongs {
                    shared.found.push(it.found);
                    is_reader |= matches!(it.of, Whose::Home);
                }
            }
            if is_reader && !look.gives() {
                shared.readers.push(look.file);
            }
            let is_program_in = || self.programs_of(look.file).into_iter().any(is_in);
            if !look.unset.is_empty() && (is_in(look.file) || is_program_in()) {
                shared.found.extend(&look.unset);
            }
            if !look.early.is_empty() && self.is_early(look, &is_in) {
                match is_in(look.file) {
                    true => shared.either.extend(&look.early),
                    false => shared.found.extend(look.early.iter().map(|it| Found { certain: false, ..*it })),
                }
            }
            if let Some((found, files)) = &look.mixed
                && files.iter().any(|&it| is_in(it))
            {
                shared.mixed.get_or_insert(*found);
            }
        }
        shared
    }

    /// Whether early uses of a module mean a variable of a program of which only one is in the family.
    fn is_early(&self, look: &Look, is_in: &impl Fn(File) -> bool) -> bool {
        let own = is_in(look.file);
        let gives = |it: &File| self.looks.iter().any(|look| look.file == *it && look.gives());
        self.programs_of(look.file).iter().any(|it| is_in(*it) != own && gives(it))
    }

    /// The first use that means a variable of one of these files or of their programs.
    pub fn first_in(&self, files: &FxHashSet<File>) -> Option<Found> {
        let is_in = |it: &File| files.contains(it);
        let mut all = self.looks.iter().flat_map(|look| look.uses.iter().map(move |it| (look, it)));
        let found = all.find(|(look, it)| match &it.of {
            Whose::Home => is_in(&look.file) || look.is_beyond && self.programs_of(look.file).iter().any(is_in),
            Whose::Of(of) => of.iter().any(is_in),
            Whose::Unknown => false,
        });
        found.map(|(_, it)| it.found)
    }

    /// All programs that a file is part of and that nobody imports.
    fn programs_of(&self, file: File) -> Vec<File> {
        let all = self.importers.all(file);
        all.iter().copied().filter(|&it| self.importers.direct(it).is_empty()).collect()
    }

    /// Whether some importer uses a module otherwise than to name one of its members, or may import it by a name that is worked out.
    fn is_value(&self, module: File) -> bool {
        if db::importers_out_of_sight(self.db).iter().any(|it| *it != module) {
            return true;
        }
        let name = crate::modules::base_name(module.path(self.db)).strip_suffix(".ms").unwrap_or_default();
        self.importers.direct(module).iter().any(|&file| uses_as_value(self.db, file, name))
    }
}

fn uses_as_value(db: &LiveDb, file: File, name: &str) -> bool {
    let text = file.text(db);
    db::units(db, file).iter().any(|placed| {
        let uses = &db::unit_names(db, placed.unit).uses;
        uses.iter().filter(|it| it.name == name).any(|it| {
            let range = it.range + placed.start;
            let (before, behind) = (&text[..usize::from(range.start())], &text[usize::from(range.end())..]);
            if it.quoted && it.access == Access::Write {
                let line = before.rsplit('\n').next().unwrap_or_default();
                return !line.trim_start().starts_with("import");
            }
            it.access != Access::Write && !behind.starts_with('.') && !behind.starts_with("[\"")
        })
    })
}

impl Look {
    /// Whether the file gives the variable a value.
    fn gives(&self) -> bool {
        self.uses.iter().any(|it| matches!(it.of, Whose::Home) && it.found.access.writes())
    }

    fn of(infers: &mut [&mut Infer<'_>], db: &LiveDb, file: File, (name, wanted): (&str, Wanted)) -> Look {
        let mut look = Look {
            file,
            uses: Vec::new(),
            is_beyond: false,
            writes_beyond: false,
            beyond_others: Vec::new(),
            early: Vec::new(),
            unset: Vec::new(),
            mixed: None,
        };
        let facts = db::file_facts(db, file);
        let is_own = facts.is_module_variable(name);
        let is_module = is_own && !db::direct_importers(db, file).is_empty();
        let given = if is_module { first_given(db, file, name) } else { None };
        for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
            for of in db::unit_names(db, placed.unit).uses.iter().filter(|it| it.name == name) {
                let range = of.range + placed.start;
                let found = Found { file, unit, range, access: of.access, certain: true, quoted: of.quoted };
                let at = UnitRef { file, unit };
                if matches!(of.place, Place::Member(_)) {
                    look.member(infers, at, of, found, wanted);
                } else if is_unset(&facts, unit, of) {
                    look.unset.push(Found { certain: false, ..found });
                } else if let Some(certain) = names_variable(&facts, unit, of) {
                    look.uses.push(Use { found: Found { certain, ..found }, of: Whose::Home });
                    let is_bare = of.place == Place::Bare && of.access != Access::Write;
                    if is_module && is_bare && given.is_none_or(|given| placed.start < given) {
                        look.early.push(found);
                    }
                    if is_beyond(&facts, unit, of, is_own) {
                        look.is_beyond = true;
                        look.writes_beyond |= of.access.writes();
                    }
                }
            }
        }
        look
    }

    fn member(&mut self, infers: &mut [&mut Infer<'_>], at: UnitRef, of: &NameUse, found: Found, wanted: Wanted) {
        let Place::Member(owner) = &of.place else { return };
        let (mut files, mut others, mut is_settled): (Vec<File>, bool, bool) = (Vec::new(), false, true);
        for infer in infers {
            let known = infer.value(at, owner);
            for object in known.objects().collect::<Vec<_>>() {
                // A map may have a module behind it.
                let definers = match object {
                    Object::Module(_) | Object::Globals(_) => vec![object],
                    other => infer.definers(other, &of.name),
                };
                for definer in definers {
                    let file = match definer {
                        Object::Module(file) => file,
                        Object::Globals(file) => {
                            self.is_beyond |= file == at.file;
                            self.writes_beyond |= file == at.file && of.access.writes();
                            self.beyond_others.push(file);
                            file
                        }
                        _ => {
                            others = true;
                            continue;
                        }
                    };
                    if !files.contains(&file) {
                        files.push(file);
                    }
                }
            }
            is_settled = is_settled && (wanted == Wanted::Certain || infer.is_settled(at, owner));
        }
        if !files.is_empty() {
            if others {
                self.mixed.get_or_insert((found, files.clone()));
            }
            self.uses.push(Use { found, of: Whose::Of(files) });
        } else if !is_settled {
            self.uses.push(Use { found: Found { certain: false, ..found }, of: Whose::Unknown });
        }
    }
}

/// Whether a use that is no member means a variable at the top, its own or that of the program; and if so, whether that is certain.
fn names_variable(facts: &FileFacts, unit: u32, of: &NameUse) -> Option<bool> {
    match scope_target(facts, unit, of) {
        Target::Global => Some(true),
        Target::Unknown => Some(true),
        Target::Intrinsic(_) => (of.place == Place::Bare).then_some(true),
        // A local that may not be assigned yet lets the variable further out be seen.
        Target::Variable(owner) if owner == unit && of.place == Place::Bare => {
            let looks_through =
                of.access != Access::Write && !of.definite && further_out(facts, unit, &of.name) == Target::Global;
            looks_through.then_some(false)
        }
        _ => None,
    }
}

/// Whether a use of a function's own variable lets the program's be seen, of which the file itself knows nothing, while that has no value.
fn is_unset(facts: &FileFacts, unit: u32, of: &NameUse) -> bool {
    let may_look = of.place == Place::Bare && of.access != Access::Write && !of.definite;
    may_look
        && scope_target(facts, unit, of) == Target::Variable(unit)
        && further_out(facts, unit, &of.name) == Target::Unknown
}

/// Where the first statement at the top of a file begins that gives a variable a value, whatever happens.
pub fn first_given(db: &LiveDb, file: File, name: &str) -> Option<TextSize> {
    let (facts, text) = (db::file_facts(db, file), file.text(db));
    let gives = |unit: u32, placed: db::PlacedUnit<'_>| {
        let it = facts.unit(unit);
        let is_sure = it.facts.is_assignment || text[placed.range()].starts_with("import");
        it.kind == UnitKind::Statement && is_sure && it.facts.assigned.iter().any(|(it, _)| it == name)
    };
    let mut units = (0u32..).zip(db::units(db, file).iter());
    units.find(|(unit, placed)| gives(*unit, *placed)).map(|(_, placed)| placed.start)
}

/// Whether a file, as a module, has a use of a name, of a kind, that may mean a variable of the program that imports it.
pub fn names_beyond(db: &LiveDb, file: File, name: &str, how: impl Fn(Access) -> bool) -> bool {
    if !file.text(db).contains(name) {
        return false;
    }
    db.poll();
    let facts = db::file_facts(db, file);
    let is_own = facts.is_module_variable(name) && !is_read_first(db, file, name);
    (0u32..).zip(db::units(db, file).iter()).any(|(unit, placed)| {
        let mut uses = db::unit_names(db, placed.unit).uses.iter().filter(|it| it.name == name && how(it.access));
        // A local that has no value yet lets the program's be seen, whatever else has the name.
        let looks_through = |of: &NameUse| of.place == Place::Bare && of.access != Access::Write && !of.definite;
        let is_meant = |of: &NameUse| match scope_target(&facts, unit, of) {
            Target::Variable(owner) => owner == unit && looks_through(of),
            _ => names_variable(&facts, unit, of).is_some() && is_beyond(&facts, unit, of, is_own),
        };
        uses.any(is_meant)
    })
}

/// Whether the first statement at the top of a module that names one of its variables does more than give it a value: what it reads, or what
/// is read behind it, may be the program's.
fn is_read_first(db: &LiveDb, file: File, name: &str) -> bool {
    let (facts, text) = (db::file_facts(db, file), file.text(db));
    let names_it = |of: &&NameUse| of.name == name && of.place == Place::Bare;
    let at_top = (0u32..).zip(db::units(db, file).iter()).filter(|(it, _)| facts.unit(*it).kind == UnitKind::Statement);
    let uses = |placed: db::PlacedUnit<'_>| {
        let found = db::unit_names(db, placed.unit).uses.iter().filter(names_it).cloned().collect::<Vec<_>>();
        (!found.is_empty()).then_some((found, text[placed.range()].starts_with("import")))
    };
    let first = at_top.map(|(_, placed)| placed).find_map(uses);
    first.is_some_and(|(found, is_import)| {
        let gives = |of: &NameUse| of.access == Access::Write && (is_import || of.range.start() == TextSize::new(0));
        found.len() != 1 || !found.iter().all(gives)
    })
}

/// Whether such a use means, in a module, a variable of the program that imports it.
fn is_beyond(facts: &FileFacts, unit: u32, of: &NameUse, is_own: bool) -> bool {
    match of.place {
        Place::Globals => true,
        Place::Outer => facts.unit(unit).kind == UnitKind::Statement,
        // Functions within functions do not see the variables of their module.
        Place::Bare => !is_own || facts.enclosing_function(unit).is_some(),
        _ => false,
    }
}

/// The file whose variable a name is, if it is one at the top of some.
pub fn home(file: File, target: &Target) -> Option<File> {
    match target {
        Target::Global | Target::Unknown => Some(file),
        Target::Member(holders) => {
            let of_file = |it: &Object| match it {
                Object::Module(file) | Object::Globals(file) => Some(*file),
                _ => None,
            };
            let files: Option<Vec<File>> = holders.iter().map(of_file).collect();
            files.and_then(|it| it.first().copied())
        }
        _ => None,
    }
}

/// Whether a global of a file is the variable of an import.
pub fn is_import(facts: &FileFacts, name: &str) -> bool {
    facts.globals(name).any(|(_, value)| matches!(**value, Symbol::Import(_)))
}
