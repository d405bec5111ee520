//! The candidates of a completion, and what is told of one when a person looks at it.
//!
//! Part of completion. Invariant: an item says enough about itself for [`documentation`] to find it again in a newer text, or to find
//! that it is gone.

use super::super::Live;
use super::super::actions::Edit;
use super::super::describe;
use super::super::guide;
use super::super::hosts::{Hosts, Imported};
use super::super::infer::{Infer, Kind, Member, UnitRef, type_map};
use super::super::narrow;
use super::context::Behind;
use super::{seen, used, written};
use crate::db::{self, File, LiveDb};
use crate::document::DocumentView;
use crate::host_profile::{Host, Told};
use crate::modules::Places;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{NameUse, Place, Sym, Symbol, TYPE_MAPS};
use minilive_runtime::intrinsics::{self, IntrinsicId};
use minilive_syntax::kind::ALL;
use minilive_syntax::{SyntaxKind, SyntaxToken, TextRange, TextSize};
use smol_str::SmolStr;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A variable.
    Variable,
    /// A parameter.
    Parameter,
    /// A function.
    Function,
    /// A function of a map or type.
    Method,
    /// A member that is no function.
    Field,
    /// A word of the language.
    Keyword,
    /// A file.
    Module,
    /// Code with places to fill.
    Snippet,
}

/// How to find an item again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Data {
    /// There is no more to tell.
    Nothing,
    /// The built-in function of that full name.
    Intrinsic(String),
    /// The function of a unit of the document, with its name.
    Function(u32, String),
    /// A variable as a unit of the document sees it.
    Variable(u32, String),
    /// The function of a unit of another file.
    Elsewhere(String, u32, String),
    /// A member that is assigned in a unit of a file.
    Field(String, u32, String),
    /// What a host profile tells under these names, each a member of the one before.
    Host(Vec<String>),
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is shown and typed.
    pub label: String,
    /// What it is.
    pub kind: ItemKind,
    /// A few words behind the label.
    pub detail: Option<String>,
    /// What is inserted, if that is not the label; for [`ItemKind::Snippet`] in the syntax of the protocol.
    pub insert: Option<String>,
    /// What choosing it changes elsewhere in the document.
    pub also: Option<Edit>,
    /// What it replaces, if that is more than the word.
    pub replace: Option<TextRange>,
    /// Smaller is better.
    pub rank: u32,
    /// How to find it again.
    pub data: Data,
}

/// Ranks, by how near a name is defined.
pub(super) mod rank {
    pub const LOCAL: u32 = 0;
    pub const OUTER: u32 = 1;
    pub const GLOBAL: u32 = 2;
    pub const TYPED_KEYWORD: u32 = 3;
    pub const INTRINSIC: u32 = 4;
    /// Modules that are not imported yet.
    pub const MODULE: u32 = 5;
    pub const KEYWORD: u32 = 6;
    pub const SNIPPET: u32 = 7;
    /// Members that are less likely meant than others.
    pub const LESS: u32 = 50;
    /// Names that hosts and the interactive session have for themselves.
    pub const INTERNAL: u32 = 40;
    /// What is no map, where one is wanted.
    pub const NO_CLASS: u32 = 10;

    /// Members that were seen in runs come behind those that the text shows, and before what all values have.
    pub const SEEN: u32 = 60;
    /// What imported modules have comes behind what the file itself can name.
    pub const IMPORTED: u32 = 2000;
    /// What modules have that are not imported yet comes behind everything else.
    pub const UNIMPORTED: u32 = 3000;
    /// Whatever fits better, items of a later tier come behind those of earlier ones.
    pub fn tier(rank: u32) -> u32 {
        u32::from(rank >= IMPORTED) + u32::from(rank >= UNIMPORTED)
    }

    /// Methods of a type that was seen.
    pub const SEEN_TYPE: u32 = 99;
    /// Of what nothing is known, members of anything.
    pub const GUESSED: u32 = 101;
}

/// Whether a label has the typed letters in this order, the first at its start or at a hump.
pub fn fits(label: &str, typed: &str) -> bool {
    closeness(label, typed).is_some()
}

/// How well a label fits what is typed; less is better: it begins so, it does in other cases, a hump does, the letters are scattered.
pub fn closeness(label: &str, typed: &str) -> Option<u32> {
    if label.starts_with(typed) {
        return Some(0);
    }
    let humps = humps(label);
    let begins = |from: usize| {
        let mut letters = label[from..].chars().flat_map(char::to_lowercase);
        typed.chars().flat_map(char::to_lowercase).all(|wanted| letters.next() == Some(wanted))
    };
    if begins(0) {
        return Some(1);
    }
    if humps.iter().any(|&from| begins(from)) {
        return Some(2);
    }
    humps.iter().any(|&from| is_scattered(&label[from..], typed)).then_some(3)
}

/// Where the words of a label begin.
fn humps(label: &str) -> Vec<usize> {
    let mut before = None;
    let begins = |(at, c): (usize, char)| {
        let is_hump = match before.replace(c) {
            None => true,
            Some(it) => {
                !it.is_alphanumeric() || c.is_uppercase() && !it.is_uppercase() || c.is_numeric() != it.is_numeric()
            }
        };
        (is_hump && c.is_alphanumeric() || at == 0).then_some(at)
    };
    label.char_indices().filter_map(begins).collect()
}

/// Whether a text begins with the first of these letters and has the others behind it, in their order.
fn is_scattered(text: &str, typed: &str) -> bool {
    let mut letters = text.chars().flat_map(char::to_lowercase);
    let mut wanted = typed.chars().flat_map(char::to_lowercase);
    let Some(first) = wanted.next() else { return true };
    letters.next() == Some(first) && wanted.all(|wanted| letters.any(|it| it == wanted))
}

/// Where a word stands in its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordPlace {
    /// At its start.
    Statement,
    /// Where an operand is wanted.
    Operand,
    /// Behind an operand.
    Behind(Behind),
}

impl WordPlace {
    /// Whether a name may stand there.
    pub fn takes_names(self) -> bool {
        !matches!(self, WordPlace::Behind(Behind::Condition | Behind::Value))
    }

    fn takes(self, word: SyntaxKind) -> bool {
        use SyntaxKind::{
            AndKw, ElseKw, FunctionKw, GlobalsKw, InKw, IsaKw, LocalsKw, NewKw, NotKw, OrKw, OuterKw, SelfKw, SuperKw,
            ThenKw,
        };
        let is_operand = matches!(word, NotKw | NewKw | FunctionKw | SelfKw | SuperKw | LocalsKw | OuterKw | GlobalsKw);
        let goes_on = matches!(word, AndKw | OrKw | IsaKw | ThenKw | ElseKw);
        match self {
            WordPlace::Statement => !matches!(word, AndKw | OrKw | IsaKw | ThenKw | InKw),
            WordPlace::Operand => is_operand,
            WordPlace::Behind(Behind::Callee) => is_operand || goes_on,
            WordPlace::Behind(Behind::Condition) => goes_on && word != ElseKw,
            WordPlace::Behind(Behind::Value) => goes_on && word != ThenKw,
        }
    }
}

/// Collects candidates.
pub struct Collect<'a> {
    pub db: &'a LiveDb,
    /// Names that the host gives.
    pub host: &'a Host,
    pub file: File,
    pub unit: UnitRef,
    pub typed: &'a str,
    /// Where the word begins.
    pub offset: TextSize,
}

impl Collect<'_> {
    pub(super) fn item(&self, label: &str, kind: ItemKind, rank: u32, data: Data) -> Item {
        Item { label: label.to_owned(), kind, detail: None, insert: None, also: None, replace: None, rank, data }
    }

    /// A name that the host gives, or a member of such.
    fn of_host(&self, name: &str, told: Told<'_>) -> Item {
        let kind = if told.it.params.is_some() { ItemKind::Function } else { ItemKind::Variable };
        let detail = told.it.params.as_ref().map(|params| format!("({})", params.join(", ")));
        let rank = rank::INTRINSIC + internal(name);
        Item { detail, ..self.item(name, kind, rank, Data::Host(told.path)) }
    }

    /// Members of a map that the host gives, or that has such a map behind it.
    fn host_members(&self, infer: &mut Infer<'_>, owner: &Sym) -> Vec<Item> {
        let hosts = Hosts { host: self.host, db: self.db, places: infer.places() };
        let own = hosts.told(&infer.facts(self.file), self.unit.unit, owner).map(|it| (it, 0));
        let behind = hosts.behind(infer, self.unit, owner);
        let behind = behind.into_iter().map(|it| (it, rank::LESS));
        let mut found: Vec<Item> = Vec::new();
        for (of, rank) in own.into_iter().chain(behind) {
            for (name, it) in self.host.members(&of) {
                if fits(name, self.typed) && !found.iter().any(|it| it.label == *name) {
                    found.push(Item { rank: rank + internal(name), ..self.of_host(name, it) });
                }
            }
        }
        found
    }

    /// All names that code at the cursor can read, nearest first.
    pub fn names(&self, infer: &mut Infer<'_>, uncalled: bool) -> Vec<Item> {
        let facts = infer.facts(self.file);
        let mut found: Vec<Item> = Vec::new();
        let Some(unit) = facts.units.get(self.unit.unit as usize) else { return self.intrinsics(&found) };
        let add = |found: &mut Vec<Item>, item: Item| {
            if fits(&item.label, self.typed) && !found.iter().any(|it| it.label == item.label) {
                found.push(item);
            }
        };
        for (name, _) in &unit.facts.params {
            add(&mut found, self.item(name, ItemKind::Parameter, rank::LOCAL, self.variable(name)));
        }
        let around = facts.enclosing_function(self.unit.unit);
        for (owner, rank) in [(Some(self.unit.unit), rank::LOCAL), (around, rank::OUTER)] {
            let Some(owner) = owner else { continue };
            for name in &facts.unit(owner).facts.variables {
                let assigned = facts.unit(owner).facts.assigned.iter().find(|(it, _)| it == name);
                let value = assigned.map(|(_, value)| (owner, value));
                add(&mut found, self.named(&facts, name, value, rank));
            }
        }
        let mut globals: Vec<_> = facts.global_names().filter(|name| fits(name, self.typed)).collect();
        globals.sort_unstable();
        let nearer = found.len();
        for name in globals {
            if !found[..nearer].iter().any(|it| it.label == **name) {
                found.push(self.named(&facts, name, facts.globals(name).next(), rank::GLOBAL));
            }
        }
        for name in self.given_by_modules(infer) {
            add(&mut found, self.item(&name, ItemKind::Variable, rank::GLOBAL, self.variable(&name)));
        }
        for (name, kind) in self.given_by_importers(infer) {
            add(&mut found, self.item(&name, kind, rank::GLOBAL, self.variable(&name)));
        }
        let imported = LazyCell::new(|| Imported::behind(self.db, self.file, infer.places()));
        let given = self.host.names.keys().filter(|name| self.host.gives(name, |module| imported.has(module)));
        for told in given.filter_map(|name| self.host.name(name)) {
            add(&mut found, self.of_host(&told.path[0].clone(), told));
        }
        let intrinsics = self.intrinsics(&found);
        found.extend(intrinsics);
        if uncalled {
            // Behind `@`, functions are what is meant.
            for item in &mut found {
                item.rank += if item.kind == ItemKind::Function { 0 } else { 10 };
            }
        }
        found
    }

    fn variable(&self, name: &str) -> Data {
        Data::Variable(self.unit.unit, name.to_owned())
    }

    /// The names that programs give which import the file.
    fn given_by_importers(&self, infer: &mut Infer<'_>) -> BTreeMap<SmolStr, ItemKind> {
        let mut found = BTreeMap::new();
        for &file in infer.importers(self.file).iter() {
            let facts = infer.facts(file);
            for name in facts.global_names().filter(|name| fits(name, self.typed)) {
                let is_function = facts.globals(name).any(|(_, value)| matches!(**value, Symbol::Function(_)));
                let is_module = facts.globals(name).any(|(_, value)| matches!(**value, Symbol::Import(_)));
                let kind = match (is_function, is_module) {
                    (true, _) => ItemKind::Function,
                    (_, true) => ItemKind::Module,
                    _ => ItemKind::Variable,
                };
                found.entry(name.clone()).or_insert(kind);
            }
        }
        found
    }

    /// The names that modules give the program by `globals.name`.
    fn given_by_modules(&self, infer: &mut Infer<'_>) -> BTreeSet<SmolStr> {
        let others: Vec<File> = infer.program().iter().copied().filter(|&file| file != self.file).collect();
        let given = others.into_iter().flat_map(|file| {
            let facts = infer.facts(file);
            let names = facts.units.iter().flat_map(|unit| &unit.facts.globals).map(|(name, _)| name.clone());
            names.filter(|name| fits(name, self.typed)).collect::<Vec<_>>()
        });
        given.collect()
    }

    /// A name, by what is assigned to it first.
    fn named(&self, facts: &db::FileFacts, name: &SmolStr, value: Option<(u32, &Sym)>, rank: u32) -> Item {
        let function = value.and_then(|(unit, value)| match **value {
            Symbol::Function(number) => facts.child(unit, number),
            _ => None,
        });
        match (function, value) {
            (Some(unit), _) => {
                self.item(name, ItemKind::Function, rank, Data::Function(unit, facts.unit(unit).name.to_string()))
            }
            (None, Some((_, value))) if matches!(**value, Symbol::Import(_)) => {
                self.item(name, ItemKind::Module, rank, Data::Nothing)
            }
            _ => self.item(name, ItemKind::Variable, rank, self.variable(name)),
        }
    }

    /// Puts what holds a map, and the type maps, before all other names; what is being assigned is hardly made of itself.
    pub fn classes_first(&self, infer: &mut Infer<'_>, assigned: Option<&str>, items: &mut [Item]) {
        for item in items {
            let is_class = match &item.data {
                Data::Variable(..) => {
                    let known = infer.value(self.unit, &Symbol::Name(item.label.as_str().into()).into());
                    known.objects().any(|it| !it.is_of_language())
                }
                Data::Intrinsic(name) => TYPE_MAPS.contains(&&**name),
                _ => self.host.names.get(&item.label).is_some_and(|it| it.params.is_none() && !it.members.is_empty()),
            };
            let is_class = is_class && assigned != Some(&item.label);
            // Names of classes begin with a capital by custom.
            let is_small = item.label.starts_with(char::is_lowercase);
            item.rank += if is_class { u32::from(is_small) } else { rank::NO_CLASS };
        }
    }

    fn intrinsics(&self, hidden: &[Item]) -> Vec<Item> {
        let visible = IntrinsicId::globals().filter(|id| {
            let name = id.def().name;
            fits(name, self.typed) && !hidden.iter().any(|it| it.label == name)
        });
        visible.map(|id| self.intrinsic(id, false, rank::INTRINSIC)).collect()
    }

    pub(super) fn intrinsic(&self, id: IntrinsicId, as_method: bool, rank: u32) -> Item {
        let kind = if as_method { ItemKind::Method } else { ItemKind::Function };
        let detail = Some(describe::intrinsic_detail(id, as_method));
        let rank = rank + internal(id.def().name);
        Item { detail, ..self.item(id.def().name, kind, rank, Data::Intrinsic(id.def().full_name())) }
    }

    /// The word behind the variable of a `for`.
    pub fn in_word(&self) -> Vec<Item> {
        vec![self.item("in", ItemKind::Keyword, 0, Data::Nothing)]
    }

    /// The words of the language that may stand at a place; at the start of a statement also whole blocks.
    pub fn keywords(&self, place: WordPlace, snippets: bool) -> Vec<Item> {
        let fitting = ALL.iter().filter(|kind| kind.is_keyword() && place.takes(**kind));
        let words = fitting.filter_map(|kind| word(*kind));
        let constants = ["true", "false", "null"].into_iter().filter(|_| place.takes_names());
        // There are few of them: a letter or two mean them sooner than a built-in function.
        let rank = if self.typed.is_empty() { rank::KEYWORD } else { rank::TYPED_KEYWORD };
        let all = words.chain(constants);
        let mut found: Vec<_> = all.map(|word| self.item(word, ItemKind::Keyword, rank, Data::Nothing)).collect();
        if snippets && place == WordPlace::Statement {
            const BLOCKS: [(&str, &str); 5] = [
                ("if … end if", "if ${1:condition} then\n\t$0\nend if"),
                ("if … else … end if", "if ${1:condition} then\n\t$2\nelse\n\t$0\nend if"),
                ("while … end while", "while ${1:condition}\n\t$0\nend while"),
                ("for … end for", "for ${1:i} in ${2:range(1, 10)}\n\t$0\nend for"),
                ("function … end function", "${1:name} = function($2)\n\t$0\nend function"),
            ];
            found.extend(BLOCKS.iter().map(|(label, code)| Item {
                insert: Some((*code).to_owned()),
                ..self.item(label, ItemKind::Snippet, rank::SNIPPET, Data::Nothing)
            }));
        }
        found
    }

    /// A whole function as a value.
    pub fn function_snippet(&self) -> Item {
        let insert = Some("function($1)\n\t$0\nend function".to_owned());
        Item { insert, ..self.item("function … end function", ItemKind::Snippet, rank::SNIPPET, Data::Nothing) }
    }

    /// The end of the block that is open, as a whole: it stands as far in as the line on which the block begins.
    pub fn whole_end(&self, opener: &SyntaxToken, text: &str, replace: TextRange) -> Option<Item> {
        let label = format!("end {}", word(opener.kind())?);
        let line = |at: TextSize| {
            let start = text[..usize::from(at)].rfind('\n').map_or(0, |at| at + 1);
            let indent = text[start..].find(|it| it != ' ' && it != '\t').unwrap_or(text.len() - start);
            (start, &text[start..start + indent])
        };
        let ((start, own), (_, wanted)) = (line(replace.start()), line(opener.text_range().start()));
        let begins_line = start + own.len() == usize::from(replace.start());
        let too_far = own.len() > wanted.len() && own.starts_with(wanted);
        let from = TextSize::new((start + wanted.len()) as u32);
        let replace = (begins_line && too_far).then(|| TextRange::new(from, replace.end()));
        Some(Item { replace, ..self.item(&label, ItemKind::Keyword, 0, Data::Nothing) })
    }

    /// The words that may stand behind `end`, the fitting one first.
    pub fn end_words(&self, fitting: Option<SyntaxKind>) -> Vec<Item> {
        use SyntaxKind::{ForKw, FunctionKw, IfKw, WhileKw};
        let words = [IfKw, WhileKw, ForKw, FunctionKw];
        let item = |kind: SyntaxKind| {
            let rank = u32::from(Some(kind) != fitting);
            Some(self.item(word(kind)?, ItemKind::Keyword, rank, Data::Nothing))
        };
        words.into_iter().filter_map(item).collect()
    }

    /// The members of a value, or the keys that a map is known to have.
    pub fn members(&self, infer: &mut Infer<'_>, owner: &Sym, keys: bool) -> Vec<Item> {
        let of_host = self.host_members(infer, owner);
        let mut known = narrow::value(infer, self.db, self.unit, owner, self.offset);
        if known.kinds.is_empty() {
            let hosts = Hosts { host: self.host, db: self.db, places: infer.places() };
            known.kinds.extend(hosts.kind(&infer.facts(self.file), self.unit.unit, owner));
        }
        if known.kinds.is_empty() && !of_host.is_empty() {
            return of_host;
        }
        let is_self = matches!(**owner, Symbol::SelfValue);
        let members = if is_self { infer.members_of_self(&known) } else { infer.members(&known) };
        let wanted = members.into_iter().filter(|member| {
            let is_key = member.value.is_some() || member.intrinsic.is_none();
            (!keys || is_key) && (keys || is_name(&member.name)) && fits(&member.name, self.typed)
        });
        let mut found: Vec<_> = wanted.collect();
        // What is half typed would be the first of all.
        let half_typed = written::only_here(self, infer);
        let is_half_typed = |name: &str| half_typed.as_deref() == Some(name);
        found.retain(|it| !is_half_typed(&it.name));
        // What a profile says of a name goes before what the command line has under it.
        let less = if of_host.iter().any(|it| it.rank == 0) { rank::LESS } else { 0 };
        let mut items = of_host;
        for member in &found {
            if !items.iter().any(|it| it.label == *member.name) {
                let item = self.member(infer, member);
                items.push(Item { rank: item.rank + less, ..item });
            }
        }
        let hosts = Hosts { host: self.host, db: self.db, places: infer.places() };
        for of in known.kinds.iter().filter_map(type_map).filter(|_| !keys) {
            for (name, it) in hosts.added(self.file, of) {
                if !items.iter().any(|it| it.label == *name) {
                    items.push(self.of_host(name, it));
                }
            }
        }
        let is_text = known.kinds.iter().any(|kind| matches!(kind, Kind::Text | Kind::List(_)));
        let mut seen =
            seen::Offer { collect: self, keys, type_methods: !keys && !is_text }.members(infer, owner, &items);
        seen.retain(|it| !is_half_typed(&it.label));
        let is_unknown = items.is_empty() && seen.is_empty();
        items.extend(seen);
        if known.open {
            let used = used::members(self, infer, owner, keys, &items);
            items.extend(used);
        }
        let is_null = known.kinds.iter().all(|kind| *kind == Kind::Null);
        if !keys && (is_null || is_unknown && known.open) {
            let any = self.members_of_anything(infer, &items);
            items.extend(any.into_iter().filter(|it| !is_half_typed(&it.label)));
        }
        items
    }

    pub(super) fn member(&self, infer: &mut Infer<'_>, member: &Member) -> Item {
        let rank = member.distance;
        if let Some(id) = member.intrinsic {
            return self.intrinsic(id, true, rank);
        }
        let known = match &member.value {
            Some((unit, value)) => infer.value(*unit, value),
            None => infer.member(&Kind::Map(member.owner), &member.name),
        };
        let function = known.kinds.iter().find_map(|kind| match kind {
            Kind::Function(function) => Some(*function),
            _ => None,
        });
        let rank = if member.name == "__isa" { 1000 } else { rank };
        match function {
            Some(function) => {
                let name = infer.facts(function.file).unit(function.unit).name.to_string();
                let data = if function.file == self.file {
                    Data::Function(function.unit, name)
                } else {
                    Data::Elsewhere(function.file.path(self.db).to_owned(), function.unit, name)
                };
                let detail = Some(describe::params_text(self.db, function));
                Item { detail, ..self.item(&member.name, ItemKind::Method, rank, data) }
            }
            None => {
                let detail = describe::type_text(infer, self.db, &known);
                let data = member.value.as_ref().map_or(Data::Nothing, |(at, _)| {
                    Data::Field(at.file.path(self.db).to_owned(), at.unit, member.name.to_string())
                });
                Item { detail, ..self.item(&member.name, ItemKind::Field, rank, data) }
            }
        }
    }

    /// Where nothing is known of the owner: every member that the file assigns, then the methods of all types.
    fn members_of_anything(&self, infer: &mut Infer<'_>, known: &[Item]) -> Vec<Item> {
        let facts = infer.facts(self.file);
        let entries = facts.units.iter().flat_map(|unit| unit.facts.maps.iter().flatten().map(|(name, _)| name));
        let mut names: Vec<_> = facts.member_names().chain(entries).filter(|name| is_name(name)).collect();
        names.sort_unstable();
        names.dedup();
        let mut found: Vec<_> = names
            .into_iter()
            .filter(|name| *name != "__isa" && fits(name, self.typed) && !known.iter().any(|it| it.label == **name))
            .map(|name| self.item(name, ItemKind::Field, rank::GUESSED, Data::Nothing))
            .collect();
        for owner in ["map", "list", "string"] {
            for name in intrinsics::type_methods(owner) {
                let id = intrinsics::find(name);
                if let Some(id) = id.filter(|_| !found.iter().chain(known).any(|it| it.label == *name)) {
                    found.push(self.intrinsic(id, true, rank::GUESSED + 1));
                }
            }
        }
        found
    }

    /// The same where no string is begun yet.
    pub fn quoted_modules(&self, places: &Places) -> Vec<Item> {
        let quoted = |it: Item| Item { insert: Some(format!("\"{}\"", it.label)), ..it };
        self.modules(places).into_iter().map(quoted).collect()
    }

    /// Files that an import finds: those of the workspace that stand where imports look.
    pub fn modules(&self, places: &Places) -> Vec<Item> {
        let mut names = Vec::new();
        for file in self.db.files().iter().filter(|&&file| file != self.file) {
            let Some(path) = crate::modules::path_of(file.path(self.db)) else { continue };
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else { continue };
            if places.lookup(&name).contains(&path) && !names.contains(&name) {
                names.push(name);
            }
        }
        names.extend(self.host.module_names().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
        names.iter().map(|name| self.item(name, ItemKind::Module, 0, Data::Nothing)).collect()
    }
}

/// How much less likely a name is meant that is given: those that begin with `_` are not for programs.
fn internal(name: &str) -> u32 {
    if name.starts_with('_') { rank::INTERNAL } else { 0 }
}

/// Shows the parameters of the document's own functions behind their names.
pub(super) fn add_parameters(db: &LiveDb, file: File, items: &mut [Item]) {
    for item in items.iter_mut().filter(|it| it.detail.is_none()) {
        if let Data::Function(unit, _) = item.data {
            item.detail = Some(describe::params_text(db, UnitRef { file, unit }));
        }
    }
}

/// Whether a key can stand behind a dot.
pub(super) fn is_name(key: &str) -> bool {
    let mut chars = key.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
    starts && chars.all(|c| c == '_' || c.is_alphanumeric()) && SyntaxKind::keyword(key).is_none()
}

/// The text of a keyword.
fn word(kind: SyntaxKind) -> Option<&'static str> {
    const WORDS: &str = "and or not while for in if then else break continue function return end new isa self super locals outer globals";
    WORDS.split(' ').find(|word| SyntaxKind::keyword(word) == Some(kind))
}

/// What is told of an item when a person looks at it: title as code, then paragraphs.
pub fn documentation(db: &LiveDb, document: &DocumentView, live: &Live, data: &Data) -> Option<(String, Vec<String>)> {
    let places = &*live.places;
    match data {
        Data::Host(path) => {
            let it = live.checks.host.at(path)?;
            let doc = Some(it.doc.clone()).filter(|doc| !doc.is_empty());
            // Kinds of value and modules are named by a word before their name.
            let shown = path.iter().map(|it| it.rsplit(' ').next().unwrap_or(it)).collect::<Vec<_>>().join(".");
            Some((it.title(&shown), doc.into_iter().collect()))
        }
        Data::Nothing => None,
        Data::Intrinsic(name) => {
            let id = IntrinsicId::all().find(|id| id.def().full_name() == *name)?;
            Some((guide::title(id), guide::paragraphs(id)))
        }
        Data::Function(unit, name) => function_documentation(db, places, document.file, *unit, name),
        Data::Elsewhere(path, unit, name) => function_documentation(db, places, file_at(db, path)?, *unit, name),
        Data::Field(path, unit, name) => {
            let file = if path == document.file.path(db) { document.file } else { file_at(db, path)? };
            let placed = db::units(db, file).get(*unit as usize)?;
            let uses = &db::unit_names(db, placed.unit).uses;
            let is_it = |it: &&NameUse| it.name == *name && it.access.writes() && !matches!(it.place, Place::Bare);
            let start = uses.iter().find(is_it).or_else(|| uses.iter().find(|it| it.name == *name))?.range.start();
            let comment = describe::comment_about(db, file, start + placed.start)?;
            Some((name.clone(), vec![comment]))
        }
        Data::Variable(unit, name) => {
            let mut infer = Infer::with_importers(db, places);
            let facts = infer.facts(document.file);
            ((*unit as usize) < facts.units.len()).then_some(())?;
            let at = UnitRef { file: document.file, unit: *unit };
            let known = infer.value(at, &Symbol::Name(name.into()).into());
            let types = describe::type_text(&mut infer, db, &known)?;
            Some((format!("{name}: {types}"), Vec::new()))
        }
    }
}

fn file_at(db: &LiveDb, path: &str) -> Option<File> {
    db.files().iter().copied().find(|file| file.path(db) == path)
}

fn function_documentation(
    db: &LiveDb,
    places: &Places,
    file: File,
    unit: u32,
    name: &str,
) -> Option<(String, Vec<String>)> {
    let mut infer = Infer::with_importers(db, places);
    let facts = infer.facts(file);
    // The text may have changed since the list was made.
    let is_it = |(_, it): &(u32, &Arc<db::FactsUnit>)| it.kind == UnitKind::Function && it.name == *name;
    let same = facts.units.get(unit as usize).map(|it| (unit, it)).filter(is_it);
    let (unit, _) = same.or_else(|| (0u32..).zip(&facts.units).find(is_it))?;
    let function = UnitRef { file, unit };
    let mut told: Vec<_> = describe::documentation(db, function).into_iter().collect();
    told.extend(describe::types_of_function(&infer, db, function));
    Some((describe::function_title(db, function), told))
}
