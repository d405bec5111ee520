//! Rename: every place that names the same thing, or a reason why not.
//!
//! Made of [`super::names`]. Invariants: an edit is made only if afterwards every name means what it meant before, as far as the
//! text tells; places that may mean the thing are told, never edited.

mod doubts;
mod globals;
mod texts;

use super::Live;
use super::family::{self, Family, Wanted};
use super::hosts::Hosts;
use super::importers::Importers;
use super::infer::{Infer, Object, UnitRef};
use super::meetings::Meetings;
use super::names::{Found, Named, Target, further_out, named_at, scope_target};
use super::navigation::all_uses;
use super::shared;
use super::wholes;
use crate::db::{self, File, FileFacts, LiveDb};
use crate::document::DocumentView;
use crate::line_index::LineIndex;
use minilive_mir::names::{Access, NameUse, Place, Symbol};
use minilive_syntax::lexer::lex;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rustc_hash::FxHashSet;

/// What a rename does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The places where the new name goes, without quotes around it.
    pub edits: Vec<Found>,
    /// Places that may mean the same and are left alone.
    pub possible: Vec<Found>,
    /// Places at which no edit would certainly be right.
    pub doubts: Vec<Doubt>,
}

/// Why something is not renamed: a sentence.
pub type Reason = String;

/// A place that is not edited, or whose edit may be wrong, and nothing can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// The place.
    pub place: Found,
    /// Why.
    pub why: Why,
}

/// What is not known of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Names are worked out there, of which one may be what is renamed.
    WorkedOut,
    /// It is what is renamed or something else of that name, depending on how the program runs.
    Either,
}

/// What would be renamed: its place, and the name it has.
pub fn prepare_rename(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    offset: TextSize,
) -> Result<(TextRange, String), Reason> {
    let (named, _) = planned(db, document, live, offset, &New { name: "", may_show_built_in: false })?;
    Ok((named.range, named.name.to_string()))
}

/// Renames what is under the cursor.
pub fn rename(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    offset: TextSize,
    new: &str,
) -> Result<Renamed, Reason> {
    renamed(db, document, live, offset, &New { name: new, may_show_built_in: false })
}

/// The same for something that hides a built-in function, by who knows which of its uses mean that.
pub fn rename_hiding(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    offset: TextSize,
    new: &str,
) -> Result<Renamed, Reason> {
    renamed(db, document, live, offset, &New { name: new, may_show_built_in: true })
}

fn renamed(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    offset: TextSize,
    new: &New<'_>,
) -> Result<Renamed, Reason> {
    check_name(new.name)?;
    Ok(planned(db, document, live, offset, new)?.1)
}

/// What something is to be called.
struct New<'a> {
    /// The name; none if it is only asked whether there may be one.
    name: &'a str,
    /// Uses that mean a built-in function now and then do not matter.
    may_show_built_in: bool,
}

fn planned(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    offset: TextSize,
    new: &New<'_>,
) -> Result<(Named, Renamed), Reason> {
    let importers = Importers::of(db, &live.places);
    let mut infer = importers.infer(document.file);
    let named = renamable(&mut infer, db, document.file, live, offset)?;
    if named.name == new.name {
        return Err(format!("it is called `{}` already", new.name));
    }
    let file = document.file;
    if let Some(home) = shared::home(file, &named.target) {
        let asked = globals::Asked { db, live, file, home, name: &named.name, new: new.name };
        let renamed = globals::rename(&asked, &importers, &mut infer, new.may_show_built_in)?;
        return Ok((named, renamed));
    }
    let wanted = if new.name.is_empty() { Wanted::Certain } else { Wanted::Possible };
    let family = all_uses(&mut infer, db, file, &named, wanted);
    let check = Check { db, file, named: &named, new: new.name };
    if let Some(it) = family.of_type {
        let line = check.line(it.file, it.range.start());
        return Err(format!("`{}` on line {line} may also be what all values of a type have", named.name));
    }
    let Family { mut found, holders, either, .. } = family;
    if let Target::Member(holders) = &named.target
        && of_types(holders).next().is_some()
    {
        let hosts = Hosts { host: &live.checks.host, db, places: &live.places };
        if of_types(holders).any(|of| is_added(&hosts, file, of, new.name)) {
            return Err(format!("a module of the host gives `{}` already", new.name));
        }
        // Programs that have nothing to do with this one give their own to values of the type.
        let program = infer.program();
        found.iter_mut().for_each(|it| it.certain &= program.contains(&it.file));
    }
    check.in_broken_code()?;
    match &named.target {
        Target::Variable(owner) => {
            check.variable(&mut infer, *owner, &found)?;
            if !new.may_show_built_in {
                check.shows_nothing(&importers, live, *owner)?;
            }
        }
        Target::Member(own) => check.member(&mut infer, if holders.is_empty() { own } else { &holders }, &found)?,
        Target::Global | Target::Intrinsic(_) | Target::Unknown => {}
    }
    if new.name.is_empty() {
        return Ok((named, Renamed::of(found)));
    }
    let mut doubts: Vec<Doubt> = either.into_iter().map(|place| Doubt { place, why: Why::Either }).collect();
    match &named.target {
        Target::Member(own) => {
            found.extend(texts::texts(db, &named.name));
            let holders = if holders.is_empty() { own } else { &holders };
            doubts.extend(doubts::of_types(&mut infer, db, new.name));
            let worked_out = wholes::worked_out(&mut infer, db, holders);
            doubts.extend(worked_out.into_iter().map(|place| Doubt { place, why: Why::WorkedOut }));
        }
        Target::Variable(owner) => {
            doubts.extend(doubts::of_variable(db, file, (*owner, &named.name), live, &found));
        }
        Target::Global | Target::Intrinsic(_) | Target::Unknown => {}
    }
    let mut renamed = Renamed { doubts, ..Renamed::of(found) };
    renamed.leave_strangers(&mut Meetings::of(db, &importers, live.is_unread_around), file);
    Ok((named, renamed))
}

impl Renamed {
    fn of(found: Vec<Found>) -> Renamed {
        let (edits, possible) = found.into_iter().partition(|it| it.certain);
        Renamed { edits, possible, doubts: Vec::new() }
    }

    /// What no program runs together with what is renamed never sees it.
    fn leave_strangers(&mut self, meetings: &mut Meetings<'_>, own: File) {
        meetings.keep_possible(&self.edits, own, &mut self.possible);
    }
}

/// The name at an offset, if what it stands for can be renamed at all.
fn renamable(infer: &mut Infer<'_>, db: &LiveDb, file: File, live: &Live, offset: TextSize) -> Result<Named, Reason> {
    let mut named = named_at(infer, db, file, offset).ok_or("there is no name here")?;
    if let Target::Member(holders) = &named.target {
        named.target = variable_behind(db, file, &named.name, holders)?.unwrap_or(named.target);
    }
    let name = &named.name;
    check_word(name)?;
    let hosts = Hosts { host: &live.checks.host, db, places: &live.places };
    if hosts.has_member(infer, file, &named) {
        return Err(format!("`{name}` is a member of a map of the host, which looks for it by that name"));
    }
    match &named.target {
        Target::Intrinsic(_) => Err(format!("`{name}` is a built-in function")),
        Target::Global if is_module(&infer.facts(file), name) => Err(is_file(name)),
        Target::Member(_) if name == "__isa" => Err("`__isa` is a name of the language".to_owned()),
        Target::Member(holders) if holders.is_empty() => {
            Err(format!("it is not known which map the member `{name}` belongs to"))
        }
        Target::Member(holders) if is_of_language(infer, holders, name) => Err(of_language(name)),
        Target::Member(holders) if of_types(holders).any(|of| is_added(&hosts, file, of, name)) => {
            Err(format!("`{name}` comes from a module of the host"))
        }
        _ => Ok(named),
    }
}

/// The variable of a function that a member of the map of those is.
fn variable_behind(db: &LiveDb, file: File, name: &str, holders: &[Object]) -> Result<Option<Target>, Reason> {
    let locals = |it: &Object| match it {
        Object::Locals(of) => Some(*of),
        _ => None,
    };
    let Some(UnitRef { file: home, unit }) = holders.iter().find_map(locals) else { return Ok(None) };
    if home != file {
        return Err(format!("`{name}` is a variable of a function in {}; rename it there", base_name(db, home)));
    }
    match holders.len() {
        1 => Ok(Some(Target::Variable(unit))),
        _ => {
            let line = db::units(db, home).at(unit).base_line;
            Err(format!("`{name}` may also be a variable of the function on line {line}"))
        }
    }
}

/// Whether the language has a member under its name; a method that the program gives to all values of a type is the program's.
fn is_of_language(infer: &mut Infer<'_>, holders: &[Object], name: &str) -> bool {
    holders.iter().any(|&it| it.is_of_language() && !infer.is_given_to_type(it, name))
}

/// The types among the maps that have a member, by the names of their type maps.
fn of_types(holders: &[Object]) -> impl Iterator<Item = &'static str> + '_ {
    holders.iter().filter_map(|it| match it {
        Object::Host(name) => Some(*name),
        _ => None,
    })
}

/// Whether a module of the host gives all values of a type a member.
fn is_added(hosts: &Hosts<'_>, file: File, of: &'static str, name: &str) -> bool {
    hosts.added(file, of).iter().any(|(it, _)| *it == name)
}

fn of_language(name: &str) -> Reason {
    format!("`{name}` belongs to a map of the language")
}

/// Whether a global is the variable of an import.
fn is_module(facts: &FileFacts, name: &str) -> bool {
    facts.globals(name).any(|(_, value)| matches!(**value, Symbol::Import(_)))
}

fn base_name(db: &LiveDb, file: File) -> &str {
    crate::modules::base_name(file.path(db))
}

fn is_file(name: &str) -> Reason {
    format!("`{name}` is the name of a module's file")
}

/// A new name must be one name and no word of the language.
fn check_name(new: &str) -> Result<(), Reason> {
    let tokens = lex(new);
    check_word(new)?;
    match &*tokens {
        [token] if token.kind == SyntaxKind::Ident => Ok(()),
        _ => Err(format!("`{new}` is not a name: letters, digits and `_`, not starting with a digit")),
    }
}

/// What is a key by the name of a word is looked for by that.
fn check_word(name: &str) -> Result<(), Reason> {
    match SyntaxKind::keyword(name).is_some() || matches!(name, "true" | "false" | "null") {
        true => Err(format!("`{name}` is a word of the language")),
        false => Ok(()),
    }
}

struct Check<'a> {
    db: &'a LiveDb,
    file: File,
    named: &'a Named,
    new: &'a str,
}

impl Check<'_> {
    fn line(&self, file: File, at: TextSize) -> u32 {
        LineIndex::new(&file.text(self.db)).line_of(at) + 1
    }

    /// Tokens that the parser could make nothing of are not among the uses.
    fn in_broken_code(&self) -> Result<(), Reason> {
        let parse = self.file.parse(self.db);
        if parse.errors.is_empty() {
            return Ok(());
        }
        let root = SyntaxNode::new_root(parse.green.clone());
        let errors = root.descendants().filter(|node| node.kind() == SyntaxKind::Error);
        let mut tokens = errors.flat_map(|node| node.descendants_with_tokens()).filter_map(|it| it.into_token());
        match tokens.find(|token| token.kind() == SyntaxKind::Ident && token.text() == self.named.name) {
            Some(token) => {
                let line = self.line(self.file, token.text_range().start());
                Err(format!("line {line} has a syntax error beside `{}`; repair it first", self.named.name))
            }
            None => Ok(()),
        }
    }

    /// Uses that mean one thing or another, depending on how the program runs, are named with both.
    fn certain(&self, facts: &FileFacts, found: &[Found]) -> Result<(), Reason> {
        let Some(it) = found.iter().find(|it| !it.certain) else { return Ok(()) };
        let (name, line) = (&self.named.name, self.line(it.file, it.range.start()));
        let own = self.variable_of(it.unit);
        let other = match further_out(facts, it.unit, name) {
            Target::Variable(owner) => self.variable_of(owner),
            _ => match facts.globals(name).next() {
                Some((unit, _)) => format!("the global of the code that starts on line {}", self.first_line(unit)),
                None => "a global".to_owned(),
            },
        };
        Err(format!(
            "`{name}` on line {line} is {own} if that has a value by then, else {other}; give it a value before, or write what is meant"
        ))
    }

    fn variable_of(&self, unit: u32) -> String {
        format!("the variable of the function on line {}", self.first_line(unit))
    }

    fn first_line(&self, unit: u32) -> u32 {
        db::units(self.db, self.file).at(unit).base_line
    }

    fn no_import(&self, facts: &FileFacts, units: impl Iterator<Item = u32>) -> Result<(), Reason> {
        for unit in units {
            let names = db::unit_names(self.db, db::units(self.db, self.file).at(unit).unit);
            let bound = |it: &&NameUse| {
                it.quoted && it.place == Place::Bare && it.access == Access::Write && it.name == self.named.name
            };
            if names.uses.iter().any(|it| bound(&it)) {
                return Err(is_file(&self.named.name));
            }
            if facts.unit(unit).facts.open.import {
                return Err("a module is imported whose name does not stand in the text".to_owned());
            }
        }
        Ok(())
    }

    /// A variable that may have no value yet shows what has its name further out; of a variable in the same file [`Check::certain`] knows.
    fn shows_nothing(&self, importers: &Importers<'_>, live: &Live, owner: u32) -> Result<(), Reason> {
        let (name, placed) = (&self.named.name, db::units(self.db, self.file).at(owner));
        let unset =
            |it: &&NameUse| it.name == *name && it.place == Place::Bare && it.access != Access::Write && !it.definite;
        let Some(it) = db::unit_names(self.db, placed.unit).uses.iter().find(unset) else { return Ok(()) };
        let line = self.line(self.file, it.range.start() + placed.start);
        let given = |file: &&File| db::file_facts(self.db, **file).is_global(name);
        let other = if doubts::is_known_anyway(live, name) {
            "what is built in under that name".to_owned()
        } else if let Some(&file) = importers.all(self.file).iter().find(given) {
            format!("the global of {}", base_name(self.db, file))
        } else {
            return Ok(());
        };
        let own = self.variable_of(owner);
        Err(format!(
            "`{name}` on line {line} is {own} if that has a value by then, else {other}; give it a value before"
        ))
    }

    fn used_as_map(&self, word: &str, unit: u32) -> Reason {
        let start = db::units(self.db, self.file).at(unit).start;
        let line = self.line(self.file, start);
        format!("the code that starts on line {line} uses `{word}` as a map, in which names are keys")
    }

    /// Nothing called by the new name may be seen, or hidden, where the old one is.
    fn variable(&self, infer: &mut Infer<'_>, owner: u32, found: &[Found]) -> Result<(), Reason> {
        let facts = infer.facts(self.file);
        self.certain(&facts, found)?;
        self.no_import(&facts, std::iter::once(owner))?;
        if facts.unit(owner).facts.open.locals {
            return Err(self.used_as_map("locals", owner));
        }
        let children: Vec<_> = facts.children(owner).collect();
        if let Some(&child) = children.iter().find(|&&it| facts.unit(it).facts.open.outer) {
            return Err(self.used_as_map("outer", child));
        }
        if facts.has_variable(owner, self.new) {
            return Err(format!("there is a variable `{}` in the same function", self.new));
        }
        let users: FxHashSet<u32> = found.iter().map(|it| it.unit).collect();
        if let Some(unit) = users.iter().find(|&&it| it != owner && facts.has_variable(it, self.new)) {
            let line = self.line(self.file, db::units(self.db, self.file).at(*unit).start);
            return Err(format!("the function on line {line} has a variable `{}` of its own", self.new));
        }
        self.nothing_captured(&facts, std::iter::once(owner).chain(children), Some(owner))
    }

    fn would_change(&self, file: File, at: TextSize) -> Reason {
        let (line, new) = (self.line(file, at), self.new);
        if file == self.file {
            format!("`{new}` on line {line} would then mean something else")
        } else {
            let file = base_name(self.db, file);
            format!("`{new}` on line {line} of {file} would then mean something else")
        }
    }

    /// Uses of the new name that would mean the renamed thing from now on.
    fn nothing_captured(
        &self,
        facts: &FileFacts,
        units: impl Iterator<Item = u32>,
        owner: Option<u32>,
    ) -> Result<(), Reason> {
        for unit in units {
            let placed = db::units(self.db, self.file).at(unit);
            let names = db::unit_names(self.db, placed.unit);
            let uses = names.uses.iter().filter(|it| it.name == self.new && !matches!(it.place, Place::Member(_)));
            for of in uses {
                let means = scope_target(facts, unit, of);
                // A variable of the unit itself hides what is further out, once it has a value.
                let is_hidden = of.definite || of.access == Access::Write || of.place != Place::Bare;
                if owner != Some(unit) && means == Target::Variable(unit) && is_hidden {
                    continue;
                }
                if owner.is_some() && of.place == Place::Globals {
                    continue;
                }
                return Err(self.would_change(self.file, of.range.start() + placed.start));
            }
        }
        Ok(())
    }

    fn member(&self, infer: &mut Infer<'_>, holders: &[Object], found: &[Found]) -> Result<(), Reason> {
        for &holder in holders {
            if infer.chain(holder).into_iter().any(|(it, _)| infer.has(it, self.new)) {
                return Err(format!("there is a member `{}` already", self.new));
            }
        }
        let at_top = holders.iter().find_map(|it| match it {
            Object::Globals(file) | Object::Module(file) => Some(*file),
            _ => None,
        });
        if at_top.is_some() {
            return Err(format!("`{}` is a global variable of a module; rename it there", self.named.name));
        }
        if is_of_language(infer, holders, &self.named.name) {
            return Err(of_language(&self.named.name));
        }
        if of_types(holders).next().is_some() {
            self.not_hidden(infer, found)?;
        }
        if found.iter().all(|it| !it.access.writes()) {
            return Err(format!("no assignment to `{}` was found", self.named.name));
        }
        self.nothing_found(infer, holders, found)
    }

    /// What all values of a type have is not found where a map has a member of the name itself.
    fn not_hidden(&self, infer: &mut Infer<'_>, found: &[Found]) -> Result<(), Reason> {
        for it in found.iter().filter(|it| it.certain) {
            let placed = db::units(self.db, it.file).at(it.unit);
            let uses = &db::unit_names(self.db, placed.unit).uses;
            let Some(of) = uses.iter().find(|of| of.range + placed.start == it.range) else { continue };
            let Place::Member(owner) = &of.place else { continue };
            let objects: Vec<Object> = infer.value(UnitRef { file: it.file, unit: it.unit }, owner).objects().collect();
            let mut hides = |it: &Object| !matches!(it, Object::Host(_)) && !infer.definers(*it, self.new).is_empty();
            if objects.iter().any(&mut hides) {
                let line = self.line(it.file, it.range.start());
                return Err(format!("on line {line}, `{}` is a member of the map itself", self.new));
            }
        }
        Ok(())
    }

    /// Uses of the new name on the same maps, which find something else now, such as a method of all maps.
    fn nothing_found(&self, infer: &mut Infer<'_>, holders: &[Object], found: &[Found]) -> Result<(), Reason> {
        let files: FxHashSet<File> = found.iter().map(|it| it.file).chain([self.file]).collect();
        let mut candidates = Vec::new();
        for file in files.into_iter().filter(|_| !self.new.is_empty()) {
            family::candidates(infer, self.db, file, (self.new, Wanted::Certain), &mut candidates);
        }
        let reaching = family::reaching(infer, &candidates, holders);
        match reaching.iter().min_by_key(|it| (it.file != self.file, it.range.start())) {
            Some(it) => Err(self.would_change(it.file, it.range.start())),
            None => Ok(()),
        }
    }
}
