//! Rename: every place that names the same thing, or a reason why not.
//!
//! Made of [`super::names`]. Invariants: an edit is made only if afterwards every name means what it meant before, as far as the
//! text tells; places that may mean the thing are told, never edited.

mod globals;

use super::Live;
use super::family::{self, Family, Wanted};
use super::hosts::Hosts;
use super::importers::Importers;
use super::infer::{Infer, Object};
use super::meetings::Meetings;
use super::names::{Found, Named, Target, further_out, named_at, scope_target, units_at};
use super::navigation::{all_uses, names_of};
use super::shared;
use crate::db::{self, File, FileFacts, LiveDb};
use crate::document::DocumentView;
use crate::line_index::LineIndex;
use minilive_mir::names::{Access, NameUse, Place, Symbol};
use minilive_syntax::lexer::lex;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::NodeOrToken;
use rustc_hash::FxHashSet;

/// What a rename does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The places where the new name goes, without quotes around it.
    pub edits: Vec<Found>,
    /// Places that may mean the same and are left alone.
    pub possible: Vec<Found>,
}

/// Why something is not renamed: a sentence.
pub type Reason = String;

/// What would be renamed: its place, and the name it has.
pub fn prepare_rename(
    db: &LiveDb,
    document: &DocumentView,
    live: &Live,
    offset: TextSize,
) -> Result<(TextRange, String), Reason> {
    let importers = Importers::of(db, &live.places);
    let mut infer = importers.infer(document.file);
    let named = renamable(&mut infer, db, document.file, live, offset)?;
    if let Some(home) = shared::home(document.file, &named.target) {
        let shared = names_of(db, &importers, home, (&named.name, Wanted::Certain)).family(home);
        let asked = globals::Asked { db, live, file: document.file, home, name: &named.name, new: "" };
        asked.is_ours(&shared)?;
    }
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
    check_name(new)?;
    let importers = Importers::of(db, &live.places);
    let mut infer = importers.infer(document.file);
    let named = renamable(&mut infer, db, document.file, live, offset)?;
    if named.name == new {
        return Err(format!("it is called `{new}` already"));
    }
    let file = document.file;
    if let Some(home) = shared::home(file, &named.target) {
        let asked = globals::Asked { db, live, file, home, name: &named.name, new };
        return globals::rename(&asked, &importers);
    }
    let Family { mut found, holders, .. } = all_uses(&mut infer, db, file, &named, Wanted::Possible);
    if matches!(named.target, Target::Member(_)) {
        found.extend(keys_in_strings(db, &named.name, &found));
    }
    if let Target::Member(holders) = &named.target
        && of_types(holders).next().is_some()
    {
        let hosts = Hosts { host: &live.checks.host, db, places: &live.places };
        if of_types(holders).any(|of| is_added(&hosts, file, of, new)) {
            return Err(format!("a module of the host gives `{new}` already"));
        }
        // Programs that have nothing to do with this one give their own to values of the type.
        let program = infer.program();
        found.iter_mut().for_each(|it| it.certain &= program.contains(&it.file));
    }
    let check = Check { db, file, named: &named, new };
    check.in_broken_code()?;
    match &named.target {
        Target::Variable(owner) => check.variable(&mut infer, *owner, &found)?,
        Target::Member(own) => check.member(&mut infer, if holders.is_empty() { own } else { &holders }, &found)?,
        Target::Global | Target::Intrinsic(_) | Target::Unknown => {}
    }
    let mut renamed = Renamed::of(found);
    renamed.leave_strangers(&mut Meetings::of(db, &importers, live.is_unread_around), file);
    Ok(renamed)
}

impl Renamed {
    fn of(found: Vec<Found>) -> Renamed {
        let (edits, possible) = found.into_iter().partition(|it| it.certain);
        Renamed { edits, possible }
    }

    /// What no program runs together with what is renamed never sees it.
    fn leave_strangers(&mut self, meetings: &mut Meetings<'_>, own: File) {
        meetings.keep_possible(&self.edits, own, &mut self.possible);
    }
}

/// Strings that are the name of a member, in the files that name it, and no keys of something that is seen: each of them may be a key that is
/// worked out, or the name by which elements are sorted.
fn keys_in_strings(db: &LiveDb, name: &str, found: &[Found]) -> Vec<Found> {
    let mut files: Vec<File> = Vec::new();
    for it in found.iter().filter(|it| it.certain) {
        if !files.contains(&it.file) {
            files.push(it.file);
        }
    }
    keys_in(db, name, files)
}

/// The same in some files.
fn keys_in(db: &LiveDb, name: &str, files: Vec<File>) -> Vec<Found> {
    let mut strings = Vec::new();
    for file in files {
        db.poll();
        let (text, root) = (file.text(db), SyntaxNode::new_root(file.parse(db).green.clone()));
        for (at, whole) in text.match_indices(&format!("\"{name}\"")) {
            let range = TextRange::at(TextSize::new(at as u32), TextSize::of(whole));
            let inside = TextRange::new(range.start() + TextSize::of('"'), range.end() - TextSize::of('"'));
            if !is_key(db, file, inside) && is_string(&root, range) {
                let (range, access) = (inside, Access::Read);
                strings.push(Found { file, unit: 0, range, access, certain: false, quoted: true });
            }
        }
    }
    strings
}

/// Whether a string literal stands there, and nothing else. Goes down the tree without a look at what stands beside the way, which may be
/// thousands of statements.
fn is_string(root: &SyntaxNode, range: TextRange) -> bool {
    let mut around = root.clone();
    loop {
        match around.child_or_token_at_range(range) {
            Some(NodeOrToken::Node(inner)) => around = inner,
            Some(NodeOrToken::Token(it)) => return it.kind() == SyntaxKind::StringLit && it.text_range() == range,
            None => return false,
        }
    }
}

/// Whether the string there is a key where it stands.
fn is_key(db: &LiveDb, file: File, range: TextRange) -> bool {
    let units = db::units(db, file);
    units_at(db, file, range.start()).any(|unit| {
        let placed = units.at(unit);
        let uses = &db::unit_names(db, placed.unit).uses;
        range.start().checked_sub(placed.start).is_some_and(|start| {
            let at = uses.partition_point(|it| it.range.start() < start);
            uses.get(at).is_some_and(|it| it.quoted && it.range.start() == start)
        })
    })
}

/// The name at an offset, if what it stands for can be renamed at all.
fn renamable(infer: &mut Infer<'_>, db: &LiveDb, file: File, live: &Live, offset: TextSize) -> Result<Named, Reason> {
    let named = named_at(infer, db, file, offset).ok_or("there is no name here")?;
    let name = &named.name;
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
    let is_name = matches!(&*tokens, [token] if token.kind == SyntaxKind::Ident);
    if SyntaxKind::keyword(new).is_some() || matches!(new, "true" | "false" | "null") {
        Err(format!("`{new}` is a word of the language"))
    } else if is_name {
        Ok(())
    } else {
        Err(format!("`{new}` is not a name: letters, digits and `_`, not starting with a digit"))
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
                // A variable of the unit itself hides what is further out, now and then.
                if owner != Some(unit) && means == Target::Variable(unit) {
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
        if found.iter().all(|it| !it.access.writes()) {
            return Err(format!("no assignment to `{}` was found", self.named.name));
        }
        self.nothing_found(infer, holders, found)
    }

    /// Uses of the new name on the same maps, which find something else now, such as a method of all maps.
    fn nothing_found(&self, infer: &mut Infer<'_>, holders: &[Object], found: &[Found]) -> Result<(), Reason> {
        let files: FxHashSet<File> = found.iter().map(|it| it.file).chain([self.file]).collect();
        let mut candidates = Vec::new();
        for file in files {
            family::candidates(infer, self.db, file, (self.new, Wanted::Certain), &mut candidates);
        }
        let reaching = family::reaching(infer, &candidates, holders);
        match reaching.iter().min_by_key(|it| (it.file != self.file, it.range.start())) {
            Some(it) => Err(self.would_change(it.file, it.range.start())),
            None => Ok(()),
        }
    }
}
