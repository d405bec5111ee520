//! Semantic tokens: what each name is, and which names are parameters, globals, built in or changed.
//!
//! Reads names by unit and resolves each; keywords, numbers and comments are left to the grammar of the editor, strings that are
//! keys included, but comments that are about a variable are told. Invariant: tokens come in source order, none overlaps another, each lies on one line.

use super::folding::RegionMark;
use super::names::{Target, scope_target};
use crate::db::{self, File, FileFacts, FileUnits, LiveDb, UnitText};
use crate::document::DocumentView;
use crate::host_profile::{Host, HostName};
use crate::modules::Places;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, NameUse, Place, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::{MiniScript, SyntaxKind, TextRange, TextSize};
use rowan::{Language, NodeOrToken};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A variable.
    Variable,
    /// A parameter.
    Parameter,
    /// A function.
    Function,
    /// A function of a map or type.
    Method,
    /// A member that is no function.
    Property,
    /// A map with members of its own, from which others are made.
    Class,
    /// A module.
    Namespace,
    /// A comment about what stands below it.
    Comment,
}

impl TokenKind {
    /// All kinds, in the order of their numbers, with the protocol's names.
    pub const ALL: [(TokenKind, &'static str); 8] = [
        (TokenKind::Variable, "variable"),
        (TokenKind::Parameter, "parameter"),
        (TokenKind::Function, "function"),
        (TokenKind::Method, "method"),
        (TokenKind::Property, "property"),
        (TokenKind::Class, "class"),
        (TokenKind::Namespace, "namespace"),
        (TokenKind::Comment, "comment"),
    ];
}

/// What else is to be said of a name, as bits in this order.
pub const MODIFIERS: [&str; 7] =
    ["declaration", "modification", "defaultLibrary", "global", "definition", "readonly", "documentation"];

const DECLARATION: u32 = 1;
const MODIFICATION: u32 = 2;
const DEFAULT_LIBRARY: u32 = 4;
const GLOBAL: u32 = 8;
/// A variable is declared where it is first given a value, which is its definition.
const DEFINITION: u32 = DECLARATION | 16;
/// Names of the language, and constants by their name: written in capitals, and given a value once.
const READONLY: u32 = 32;
const DOCUMENTATION: u32 = 64;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SemanticToken {
    /// Where it stands.
    pub range: TextRange,
    /// What it is.
    pub kind: TokenKind,
    /// Bits of [`MODIFIERS`].
    pub modifiers: u32,
}

/// The tokens of a document.
pub fn semantic_tokens(db: &LiveDb, document: &DocumentView, host: &Arc<Host>, places: &Places) -> Vec<SemanticToken> {
    Tokens::new(db, document, (host, places), None).all(db)
}

/// The tokens of the units that touch a range, as far as they are in it.
pub fn semantic_tokens_within(
    db: &LiveDb,
    document: &DocumentView,
    (host, places): (&Host, &Places),
    within: TextRange,
) -> Vec<SemanticToken> {
    let facts = db::file_facts(db, document.file);
    let modules = Modules::of(db, document.file, &facts, places);
    let mut look = Look { facts: &facts, host, modules: &modules, globals: FxHashMap::default() };
    let mut found: Vec<_> = doc_comments(db, document).filter(|it| within.intersect(it.range).is_some()).collect();
    for (unit, placed) in (0u32..).zip(db::units(db, document.file).iter()) {
        if within.intersect(placed.range()).is_some() {
            let tokens = look.unit(unit, &db::unit_names(db, placed.unit).uses);
            let placed = tokens.map(|it| SemanticToken { range: it.range + placed.start, ..it });
            found.extend(placed.filter(|it| within.intersect(it.range).is_some()));
        }
    }
    found.sort_by_key(|it| it.range.start());
    found
}

/// The tokens of a file by unit, for the next ones to be made of: those of a unit stay what they
/// are while its text does, unless the facts about its names are others.
#[derive(Debug)]
pub struct Tokens {
    facts: Arc<FileFacts>,
    host: Arc<Host>,
    modules: Modules,
    units: Arc<FileUnits>,
    /// Where the tokens of each unit end.
    ends: Vec<u32>,
    /// With places within their units.
    tokens: Vec<SemanticToken>,
    /// Those that stand in no unit, with places in the file.
    comments: Vec<SemanticToken>,
    /// Of so many units they were taken over.
    #[cfg(test)]
    pub taken: usize,
}

impl Tokens {
    /// Those of a document, made of earlier ones of the same file.
    pub fn new(
        db: &LiveDb,
        document: &DocumentView,
        (host, places): (&Arc<Host>, &Places),
        before: Option<&Tokens>,
    ) -> Tokens {
        let (facts, units) = (db::file_facts(db, document.file), db::shared_units(db, document.file));
        let modules = Modules::of(db, document.file, &facts, places);
        let before = before.filter(|it| Arc::ptr_eq(&it.host, host) && it.modules.are(&modules));
        let before = before.and_then(|it| Some((it, due(&facts, &it.facts)?)));
        let mut look = Look { facts: &facts, host, modules: &modules, globals: FxHashMap::default() };
        let (mut ends, mut tokens) = (Vec::with_capacity(units.len()), Vec::new());
        #[cfg(test)]
        let mut taken = 0;
        for (unit, placed) in (0u32..).zip(db.while_wanted(units.iter())) {
            let known = before.as_ref().filter(|(_, due)| !due.contains(&unit));
            match known.and_then(|(before, _)| before.of_same_unit(&facts, unit, placed.unit)) {
                Some(same) => {
                    tokens.extend_from_slice(same);
                    #[cfg(test)]
                    (taken += 1);
                }
                None => tokens.extend(look.unit(unit, &db::unit_names(db, placed.unit).uses)),
            }
            ends.push(tokens.len() as u32);
        }
        Tokens {
            host: host.clone(),
            modules,
            facts,
            units,
            ends,
            tokens,
            comments: doc_comments(db, document).collect(),
            #[cfg(test)]
            taken,
        }
    }

    /// The tokens of a unit of now, if its text is what it was.
    fn of_same_unit(&self, now: &FileFacts, unit: u32, text: &Arc<UnitText>) -> Option<&[SemanticToken]> {
        let was = now.before(&self.facts, unit)?;
        Arc::ptr_eq(self.units.get(was as usize)?.unit, text).then(|| self.of_unit(was as usize))
    }

    /// How many units the next tokens have to look at again; none if all.
    #[cfg(test)]
    pub fn due_for(&self, next: &Tokens) -> Option<usize> {
        due(&next.facts, &self.facts).map(|due| due.len())
    }

    fn of_unit(&self, unit: usize) -> &[SemanticToken] {
        let start = unit.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.tokens[start as usize..self.ends[unit] as usize]
    }

    /// All of them at their places.
    pub fn all(&self, db: &LiveDb) -> Vec<SemanticToken> {
        let mut found = self.comments.clone();
        found.reserve(self.tokens.len());
        for (unit, placed) in db.while_wanted(self.units.iter()).enumerate() {
            let tokens = self.of_unit(unit).iter();
            found.extend(tokens.map(|it| SemanticToken { range: it.range + placed.start, ..*it }));
        }
        found.sort_by_key(|it| it.range.start());
        found
    }
}

/// The units whose names may be something else than in earlier facts, though their texts are what they were; none if that may be all.
fn due(now: &FileFacts, before: &FileFacts) -> Option<FxHashSet<u32>> {
    if std::ptr::eq(now, before) {
        return Some(FxHashSet::default());
    }
    let edit = now.since(before)?;
    let mut due = FxHashSet::default();
    let (mut globals, mut members) = (FxHashSet::default(), FxHashSet::default());
    let mut gives = |facts: &FileFacts, unit: u32| {
        globals.extend(facts.assigned_globals(unit).map(|(name, _)| name.clone()));
        members.extend(facts.unit(unit).facts.members.iter().map(|(_, name, _)| name.clone()));
    };
    for &(was, is) in &edit.changed {
        // Functions inside of it look for their names in it.
        due.extend(now.children(is).chain([is]));
        gives(now, is);
        was.into_iter().for_each(|was| gives(before, was));
    }
    edit.gone.iter().for_each(|&was| gives(before, was));
    // Where the first value is given now, or was before: behind those that have changed.
    let is_changed = |unit: u32| edit.changed.iter().any(|&(_, is)| is == unit);
    for name in &globals {
        due.extend(first_and_changed(now.globals(name).map(|(unit, _)| unit), &is_changed));
    }
    for name in &members {
        due.extend(first_and_changed(now.members(name).map(|(unit, ..)| unit), &is_changed));
    }
    let look = |facts: &FileFacts, name: &str| (global_kind(facts, name), is_constant(facts, name));
    for name in globals.iter().filter(|name| look(now, name) != look(before, name)) {
        let through = (0u32..).zip(&now.units).filter(|(_, it)| it.facts.read_through.contains(name));
        due.extend(through.map(|(unit, _)| unit));
        due.extend(now.readers(name).chain(now.globals(name).map(|(unit, _)| unit)));
    }
    for name in members.iter().filter(|name| is_method(now, name) != is_method(before, name)) {
        due.extend(now.member_readers(name).chain(now.members(name).map(|(unit, ..)| unit)));
    }
    Some(due)
}

/// Units up to the first that has not changed.
fn first_and_changed(units: impl Iterator<Item = u32>, is_changed: &impl Fn(u32) -> bool) -> Vec<u32> {
    let mut found = Vec::new();
    for unit in units {
        found.push(unit);
        if !is_changed(unit) {
            break;
        }
    }
    found
}

/// The modules that globals of a file hold and nothing else, by the names of these.
#[derive(Debug)]
struct Modules(Vec<(SmolStr, Arc<FileFacts>)>);

impl Modules {
    fn of(db: &LiveDb, file: File, facts: &FileFacts, places: &Places) -> Modules {
        let mut found: Vec<(SmolStr, Arc<FileFacts>)> = Vec::new();
        for import in &*db::module_imports(db, file) {
            let name = import.name.rsplit('/').next().unwrap_or_default();
            let mut values = facts.globals(name).map(|(_, value)| value).peekable();
            let is_only = values.peek().is_some() && values.all(|it| matches!(&**it, Symbol::Import(_)));
            if is_only
                && found.iter().all(|(it, _)| it != name)
                && let Some(module) = db::likely_module(db, &places.lookup(&import.name))
            {
                found.push((name.into(), db::file_facts(db, module)));
            }
        }
        Modules(found)
    }

    /// Whether others say the same.
    fn are(&self, others: &Modules) -> bool {
        let mut pairs = self.0.iter().zip(&others.0);
        self.0.len() == others.0.len() && pairs.all(|(a, b)| a.0 == b.0 && Arc::ptr_eq(&a.1, &b.1))
    }
}

/// What a global is; none if nothing is assigned to it.
fn global_kind(facts: &FileFacts, name: &str) -> Option<TokenKind> {
    let kind = facts.globals(name).next().map(|(_, value)| kind_of(value))?;
    // A map is a class to its author if its name says so.
    let is_class = name.starts_with(char::is_uppercase);
    Some(if kind == TokenKind::Class && !is_class { TokenKind::Variable } else { kind })
}

/// Whether a global is a constant to its author: it is written in capitals, and is given one value.
fn is_constant(facts: &FileFacts, name: &str) -> bool {
    let is_capital = |it: char| it == '_' || it.is_ascii_digit() || it.is_uppercase();
    let is_named_so = name.chars().filter(|it| it.is_uppercase()).count() > 1 && name.chars().all(is_capital);
    is_named_so && {
        let mut values = facts.globals(name);
        let is_statement = |unit: u32| {
            let it = facts.unit(unit);
            it.kind == UnitKind::Statement && it.facts.is_assignment
        };
        values.next().is_some_and(|(unit, _)| is_statement(unit)) && values.next().is_none()
    }
}

/// The comments right above what is assigned at the top of a file. One that begins a region may stand between.
fn doc_comments(db: &LiveDb, document: &DocumentView) -> impl Iterator<Item = SemanticToken> {
    let (mut found, mut pending) = (Vec::new(), Vec::new());
    let mut behind_mark = false;
    let (mut at, mut newlines) = (TextSize::new(0), 1);
    for child in db.while_wanted(document.file.parse(db).green.children()) {
        let range = TextRange::at(at, child.text_len());
        at = range.end();
        match child {
            NodeOrToken::Token(token) => match MiniScript::kind_from_raw(token.kind()) {
                SyntaxKind::Whitespace => {}
                SyntaxKind::Newline => newlines += 1,
                SyntaxKind::Comment if newlines > 0 => {
                    let mark = RegionMark::of(token.text());
                    if newlines > 1 || behind_mark && mark.is_none() || mark == Some(RegionMark::End) {
                        pending.clear();
                    }
                    if mark.is_none() {
                        pending.push(range);
                    }
                    behind_mark = mark == Some(RegionMark::Start);
                    newlines = 0;
                }
                _ => {
                    pending.clear();
                    newlines = 0;
                }
            },
            NodeOrToken::Node(node) => {
                if newlines == 1 && node.kind() == SyntaxKind::AssignStmt.into() {
                    found.append(&mut pending);
                }
                pending.clear();
                newlines = 0;
            }
        }
    }
    let token = |range| SemanticToken { range, kind: TokenKind::Comment, modifiers: DOCUMENTATION };
    found.into_iter().map(token)
}

/// Whether a function is assigned to members of a name; none if nothing is.
fn is_method(facts: &FileFacts, name: &str) -> Option<bool> {
    let mut assigned = facts.members(name).map(|(_, _, value)| matches!(**value, Symbol::Function(_))).peekable();
    assigned.peek()?;
    Some(assigned.any(|is_function| is_function))
}

struct Look<'a> {
    facts: &'a FileFacts,
    host: &'a Host,
    modules: &'a Modules,
    /// What globals are, each found out once.
    globals: FxHashMap<SmolStr, (TokenKind, u32)>,
}

impl Look<'_> {
    /// The tokens of a unit, with places in it.
    fn unit(&mut self, unit: u32, uses: &[NameUse]) -> impl Iterator<Item = SemanticToken> {
        let mut given = FxHashSet::default();
        uses.iter().filter(|of| !of.quoted).filter_map(move |of| {
            let (kind, mut modifiers) = self.token(unit, of)?;
            // What is given its first value here is defined, and no other value is changed.
            let is_member = matches!(of.place, Place::Member(_));
            if of.access == Access::Write && given.insert((is_member, &of.name)) && self.is_definition(unit, of) {
                modifiers = modifiers & !MODIFICATION | DEFINITION;
            }
            Some(SemanticToken { range: of.range, kind, modifiers })
        })
    }

    fn token(&mut self, unit: u32, of: &NameUse) -> Option<(TokenKind, u32)> {
        if let Place::Member(_) = of.place {
            let (kind, modifiers) = self.member(of);
            return Some((self.of_module(unit, of).unwrap_or(kind), modifiers));
        }
        let written = if of.access.writes() { MODIFICATION } else { 0 };
        match scope_target(self.facts, unit, of) {
            Target::Variable(owner) => {
                let says = &self.facts.unit(owner).facts;
                if says.params.iter().any(|(name, _)| *name == of.name) {
                    let declared = if of.place == Place::Param { DECLARATION } else { written };
                    return Some((TokenKind::Parameter, declared));
                }
                let mut values = says.assigned.iter().filter(|(name, _)| *name == of.name).map(|(_, value)| value);
                let kind = values.next().map_or(TokenKind::Variable, |value| kind_of(value));
                Some((if kind == TokenKind::Class { TokenKind::Variable } else { kind }, written))
            }
            Target::Global => {
                let (kind, modifiers) = self.global(&of.name);
                Some((kind, written | modifiers | GLOBAL))
            }
            Target::Intrinsic(_) => Some((TokenKind::Function, DEFAULT_LIBRARY | READONLY)),
            Target::Unknown => {
                Some((kind_of_host(&of.name, self.host.names.get(&*of.name)?), DEFAULT_LIBRARY | READONLY))
            }
            Target::Member(_) => None,
        }
    }

    /// Whether the first value that a unit gives to a name is the first of all; of methods each that is given is one of its own.
    fn is_definition(&self, unit: u32, of: &NameUse) -> bool {
        if let Place::Member(owner) = &of.place {
            // A module has defined its variable itself.
            if self.module(unit, owner).is_some_and(|it| it.is_module_variable(&of.name)) {
                return false;
            }
            let own = &self.facts.unit(unit).facts.members;
            let is_method =
                own.iter().any(|(_, name, value)| *name == of.name && matches!(**value, Symbol::Function(_)));
            return is_method || self.facts.members(&of.name).next().is_some_and(|(first, ..)| first == unit);
        }
        match scope_target(self.facts, unit, of) {
            Target::Variable(owner) => {
                owner == unit && self.facts.unit(owner).facts.params.iter().all(|(name, _)| *name != of.name)
            }
            Target::Global => self.facts.globals(&of.name).next().is_some_and(|(first, _)| first == unit),
            _ => false,
        }
    }

    /// What a module has under a name, if the file names it as its member.
    fn of_module(&self, unit: u32, of: &NameUse) -> Option<TokenKind> {
        let Place::Member(owner) = &of.place else { return None };
        let module = self.module(unit, owner)?;
        let kind = global_kind(module, &of.name).filter(|_| module.is_module_variable(&of.name))?;
        (kind != TokenKind::Variable).then_some(kind)
    }

    /// The module that an expression of a unit is.
    fn module(&self, unit: u32, owner: &Symbol) -> Option<&FileFacts> {
        let Symbol::Name(name) = owner else { return None };
        let (_, module) = self.modules.0.iter().find(|(it, _)| it == name)?;
        (!self.facts.has_variable(unit, name)).then_some(module)
    }

    fn global(&mut self, name: &SmolStr) -> (TokenKind, u32) {
        if let Some(&known) = self.globals.get(name) {
            return known;
        }
        let kind = global_kind(self.facts, name).unwrap_or(TokenKind::Variable);
        let look = (kind, if is_constant(self.facts, name) { READONLY } else { 0 });
        self.globals.insert(name.clone(), look);
        look
    }

    fn member(&self, of: &NameUse) -> (TokenKind, u32) {
        let written = if of.access.writes() { MODIFICATION } else { 0 };
        match is_method(self.facts, &of.name) {
            Some(true) => (TokenKind::Method, written),
            Some(false) => (TokenKind::Property, written),
            None if is_type_method(&of.name) => (TokenKind::Method, written | DEFAULT_LIBRARY),
            None => (TokenKind::Property, written),
        }
    }
}

/// What a name of the host is: a map that is written large has members for others to inherit.
fn kind_of_host(name: &str, it: &HostName) -> TokenKind {
    match (&it.params, it.members.is_empty()) {
        (Some(_), _) => TokenKind::Function,
        (None, false) if name.starts_with(char::is_uppercase) => TokenKind::Class,
        (None, _) => TokenKind::Variable,
    }
}

fn is_type_method(name: &str) -> bool {
    ["map", "list", "string"].iter().any(|owner| intrinsics::type_methods(owner).contains(&name))
}

fn kind_of(value: &Symbol) -> TokenKind {
    match value {
        Symbol::Function(_) => TokenKind::Function,
        Symbol::Import(_) => TokenKind::Namespace,
        Symbol::Map(_) | Symbol::New(_) => TokenKind::Class,
        _ => TokenKind::Variable,
    }
}
