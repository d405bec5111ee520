//! Hover: what a name is, what its type is known and seen to be, its last value, and what its code is.
//!
//! Reads the tree for the name under the cursor, the layout for types, recordings for values, the running state for tiers.
//! Invariant: the card has a fixed order (what it is, types, value and trail, examples, tier); nothing stale is shown as fresh.

mod member;
mod open;
mod words;

use super::hosts::Hosts;
use super::infer::{Infer, Kind, Object, UnitRef, type_map};
use super::names::{Named, Target, named_at, units_at};
use super::seen::{self, Seen};
use super::tiers::{cost, report, usage, why};
use super::values::{FreshRecordings, ValueSource};
use super::{Live, describe, guide, types};
use crate::db::{self, Layout, LayoutUnit, LiveDb, MarkerUse};
use crate::document::DocumentView;
use crate::evaluate::needs_text;
use crate::recording::{End, EvaluationId, Value};
use minilive_mir::ir::{Const, InstId, RecordKind, RecordPoint, Ty, Unit};
use minilive_mir::names::{Place, Symbol, TYPE_MAPS, symbol_before};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AssignStmt, AstNode, ForStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};

/// What is known about the text under the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The text it is about.
    pub range: TextRange,
    /// What it is, as code.
    pub title: String,
    /// What is known, a paragraph each.
    pub sections: Vec<String>,
}

impl Hover {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let title = format!("```miniscript\n{}\n```", self.title);
        std::iter::once(title).chain(self.sections.iter().cloned()).collect::<Vec<_>>().join("\n\n")
    }

    /// As plain text.
    pub fn plain(&self) -> String {
        let sections = self.sections.iter().map(|section| section.replace('`', ""));
        std::iter::once(self.title.clone()).chain(sections).collect::<Vec<_>>().join("\n")
    }
}

/// The card for a place.
pub fn hover(db: &LiveDb, document: &DocumentView, live: &Live, offset: TextSize) -> Option<Hover> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let offset = offset.min(root.text_range().end());
    let token = root.token_at_offset(offset).max_by_key(|token| rank(token.kind()))?;
    let fresh = FreshRecordings::of(db, document);
    let card = Card { db, document, live, fresh: &fresh, token: &token };
    let mut found = match token.kind() {
        SyntaxKind::Ident => card.name(),
        SyntaxKind::FunctionKw => card.function_literal().or_else(|| card.word()),
        SyntaxKind::MarkerComment => card.marker(),
        SyntaxKind::StringLit => card.quoted(),
        kind if kind.is_keyword() => card.word(),
        _ => None,
    }?;
    let is_opener = matches!(token.text(), "locals" | "outer" | "globals" | "import");
    found.sections.extend(is_opener.then(|| open::reason(db, document, &token)).flatten());
    Some(found)
}

fn rank(kind: SyntaxKind) -> u8 {
    match kind {
        SyntaxKind::Ident => 3,
        kind if kind.is_keyword() => 2,
        SyntaxKind::MarkerComment | SyntaxKind::StringLit => 1,
        _ => 0,
    }
}

struct Card<'a> {
    db: &'a LiveDb,
    document: &'a DocumentView,
    live: &'a Live,
    fresh: &'a FreshRecordings,
    token: &'a SyntaxToken,
}

impl Card<'_> {
    fn layout(&self) -> &Layout {
        &self.fresh.layout
    }

    fn name(&self) -> Option<Hover> {
        let range = self.token.text_range();
        let name = self.token.text();
        let is_member = self.token.parent().is_some_and(|node| node.kind() == SyntaxKind::MemberSuffix);
        if is_member {
            let told = self.of_host(range, name, true).or_else(|| self.member());
            let told = told.or_else(|| self.method_of_given(range, name));
            let told = told.or_else(|| self.any_member(range, name)).or_else(|| self.added_by_host(range, name));
            return self.with_seen(told);
        }
        if words::CONSTANTS.iter().any(|(it, _)| *it == name) {
            return self.word();
        }
        if let Some(card) = self.module_of_host(range, name).or_else(|| self.in_scope(range, name)) {
            return Some(card);
        }
        if let Some(card) = self.given_from_around() {
            return Some(card);
        }
        let intrinsic = intrinsics::find(name);
        let intrinsic = intrinsic.map(|id| Hover { range, title: guide::title(id), sections: guide::paragraphs(id) });
        self.of_host(range, name, false).or(intrinsic).or_else(|| self.module())
    }

    /// A variable, a parameter or a function, as the rules of scope find it from here, also behind `locals`, `outer` and `globals`.
    fn in_scope(&self, range: TextRange, name: &str) -> Option<Hover> {
        let (mut infer, named) = self.named()?;
        let file = self.document.file;
        let (unit, held) = match named.target {
            Target::Variable(unit) => {
                (self.layout().nth(unit as usize), infer.variable_of(UnitRef { file, unit }, name))
            }
            Target::Global => (self.layout().at(range.start()), infer.global(file, name)),
            _ => return None,
        };
        let functions = held.kinds.iter().filter_map(|kind| match kind {
            Kind::Function(function) => Some(*function),
            _ => None,
        });
        let held_functions: Vec<UnitRef> = functions.collect();
        let own = held_functions.iter().filter(|it| it.file == file).map(|it| it.unit);
        let mut numbers: Vec<u32> = own.collect();
        // A function goes by the name of a variable that it is defined under; in any other it is only held.
        let is_parameter = matches!(named.target, Target::Variable(_))
            && unit.as_ref().is_some_and(|unit| parameter(unit.code(), name).is_some());
        let is_own = |it: u32| {
            let named = self.layout().nth(it as usize);
            !is_parameter && named.is_some_and(|it| it.name.rsplit('.').next() == Some(name))
        };
        numbers.sort_by_key(|&it| !is_own(it));
        let mut functions: Vec<_> = numbers.iter().filter_map(|&unit| self.layout().nth(unit as usize)).collect();
        let are_all = !held_functions.is_empty() && held_functions.len() == held.kinds.len();
        if are_all && (functions.len() < held_functions.len() || !is_own(numbers[0])) {
            let scope = match (&named.target, is_parameter) {
                (_, true) => "parameter",
                (Target::Variable(_), _) => "local",
                _ => "global",
            };
            return Some(self.held_functions(range, &format!("({scope}) {name}"), &held_functions));
        }
        if are_all {
            // Those that are defined under other names are taken from somewhere, and which of them is not known here.
            let others = numbers.iter().zip(&functions).skip(1).filter(|(_, it)| it.name != name).map(|(&unit, _)| {
                format!("may also be `{}`", describe::function_title(self.db, UnitRef { file, unit }))
            });
            let others: Vec<_> = others.collect();
            let meant = if others.is_empty() { self.meant(range, &mut functions) } else { functions.swap_remove(0) };
            let mut card = self.function_card(range, &meant);
            card.sections.extend(others);
            return Some(card);
        }
        let is_module = held.objects().any(|it| matches!(it, Object::Module(_)));
        if named.of.quoted {
            return Some(member::through(&mut infer, self.db, file, &named, &held));
        }
        if matches!(named.target, Target::Variable(_)) {
            let unit = unit?;
            if let Some(inst) = self.assignment(&unit, name) {
                return Some(self.variable_card(range, name, &unit, inst));
            }
            let Some(parameter) = parameter(unit.code(), name) else {
                return (!is_module).then(|| member::through(&mut infer, self.db, file, &named, &held));
            };
            let default = constant(unit.code(), parameter);
            let default = if default == "null" { String::new() } else { format!(" = {default}") };
            let sections = self.types(range).into_iter().chain(self.seen()).collect();
            return Some(Hover { range, title: format!("(parameter) {name}{default}"), sections });
        }
        match self.variable(unit, name) {
            Some((unit, inst)) => Some(self.variable_card(range, name, &unit, inst)),
            // What a module gives is told by its own card.
            None if held.kinds.is_empty() || is_module => None,
            None => Some(member::through(&mut infer, self.db, file, &named, &held)),
        }
    }

    /// The card of something that holds functions which are defined under other names, under none, or in other files.
    fn held_functions(&self, range: TextRange, title: &str, functions: &[UnitRef]) -> Hover {
        let told = |it: UnitRef| member::function_text(self.db, self.document.file, it);
        if let [only] = *functions {
            // What is known of it is worth telling here, too.
            let about = match self.layout().nth(only.unit as usize).filter(|_| only.file == self.document.file) {
                Some(unit) => self.function_card(range, &unit).sections,
                None => member::about_function(&Infer::with_importers(self.db, &self.live.places), self.db, only),
            };
            let sections = std::iter::once(format!("likely {}", told(only))).chain(about).collect();
            return Hover {
                range,
                title: format!("{title}: function{}", describe::params_text(self.db, only)),
                sections,
            };
        }
        let about = |it: UnitRef| {
            let documentation = describe::documentation(self.db, it);
            let first = documentation.as_deref().and_then(|it| it.lines().next()).map(|it| format!(": {it}"));
            format!("may be {}{}", told(it), first.unwrap_or_default())
        };
        let sections = functions.iter().map(|&it| about(it)).collect();
        Hover { range, title: format!("{title}: function"), sections }
    }

    /// The function that an assignment gives its target, if the cursor stands at the end of that.
    fn given_here(&self, range: TextRange) -> Option<LayoutUnit<'_>> {
        let statement = self.token.parent_ancestors().find_map(AssignStmt::cast)?;
        let is_target = statement.target().is_some_and(|it| it.range().end() == range.end());
        let start = statement.value().filter(|_| is_target)?.range().start();
        self.layout().functions().find(|it| it.range.start() == start)
    }

    /// Of the functions that a name is given one after the other the one that is given here, else the last before this place.
    fn meant<'b>(&self, range: TextRange, all: &mut Vec<LayoutUnit<'b>>) -> LayoutUnit<'b> {
        all.sort_by_key(|unit| unit.range.start());
        let statement = self.token.parent_ancestors().find_map(AssignStmt::cast);
        let given = statement.filter(|it| it.target().is_some_and(|target| target.range() == range));
        let until = given.and_then(|it| it.value()).map_or(range.start(), |value| value.range().start());
        let last = all.iter().rposition(|unit| unit.range.start() <= until);
        all.swap_remove(last.unwrap_or(all.len() - 1))
    }

    /// The module that a variable holds because of an `import`.
    fn module(&self) -> Option<Hover> {
        let (mut infer, named) = self.named()?;
        let facts = infer.facts(self.document.file);
        let is_import = |value: &Symbol| matches!(value, Symbol::Import(it) if *it == named.name);
        let holds = match named.target {
            Target::Global => facts.globals(&named.name).any(|(_, value)| is_import(value)),
            Target::Variable(unit) => facts.unit(unit).facts.assigned.iter().any(|(_, value)| is_import(value)),
            _ => false,
        };
        holds.then(|| member::module(&mut infer, self.db, &named))?
    }

    /// What the expression that ends with the name was seen to be, as a paragraph; nothing of functions, which speak for themselves.
    fn seen(&self) -> Option<String> {
        let end = self.token.text_range().end();
        let unit = units_at(self.db, self.document.file, end).next()?;
        let placed = db::units(self.db, self.document.file).get(unit as usize)?;
        let symbol = symbol_before(&placed.unit.green, placed.unit.kind, end.checked_sub(placed.start)?)?;
        let (at, mut infer) =
            (UnitRef { file: self.document.file, unit }, Infer::with_importers(self.db, &self.live.places));
        let is_function = |kind: &Kind| matches!(kind, Kind::Function(_) | Kind::Intrinsic(_));
        if infer.uncalled(at, &symbol).kinds.iter().any(is_function) {
            return None;
        }
        seen::text(&Seen::of(self.db, self.document.file).values(&mut infer, at, &symbol))
    }

    /// A card of a member, with what was seen of it.
    fn with_seen(&self, card: Option<Hover>) -> Option<Hover> {
        let Some(seen) = self.seen() else { return card };
        let (range, title) = (self.token.text_range(), format!("(member) {}", self.token.text()));
        let mut card = card.unwrap_or(Hover { range, title, sections: Vec::new() });
        card.sections.push(seen);
        Some(card)
    }

    fn named(&self) -> Option<(Infer<'_>, Named)> {
        let mut infer = Infer::with_importers(self.db, &self.live.places);
        let quote = if self.token.kind() == SyntaxKind::StringLit { TextSize::of('"') } else { TextSize::new(0) };
        let start = self.token.text_range().start() + quote;
        let named = named_at(&mut infer, self.db, self.document.file, start)?;
        self.token.text_range().contains_range(named.range).then_some((infer, named))
    }

    /// A member whose owner inference knows something of.
    fn member(&self) -> Option<Hover> {
        let (mut infer, named) = self.named()?;
        if matches!(named.target, Target::Variable(_) | Target::Global) {
            return self.in_scope(named.range, &named.name).or_else(|| self.given_from_around());
        }
        match member::member(&mut infer, self.db, self.document.file, &named)? {
            member::Told::Card(card) => Some(card),
            member::Told::Own(unit) => self.own_member(&named, unit),
            member::Told::Functions(title, functions) => Some(match self.given_here(named.range) {
                Some(unit) => self.function_card(named.range, &unit),
                None => self.held_functions(named.range, &title, &functions),
            }),
        }
    }

    /// A member that is a function of the document. One that stands in a map literal has no name but its key.
    fn own_member(&self, named: &Named, unit: u32) -> Option<Hover> {
        let unit = self.layout().nth(unit as usize)?;
        let mut card = self.function_card(named.range, &unit);
        if unit.name.starts_with('@')
            && let Some(rest) = card.title.strip_prefix(unit.name.as_str())
        {
            card.title = format!("{}{rest}", named.name);
        }
        Some(card)
    }

    /// The function of that name where only one map has such a function.
    fn any_member(&self, range: TextRange, name: &str) -> Option<Hover> {
        let fits = |unit: &LayoutUnit<'_>| unit.name.rsplit_once('.').is_some_and(|(_, last)| last == name);
        let mut all = self.layout().functions().filter(fits);
        let only = all.next().filter(|_| all.next().is_none())?;
        Some(self.function_card(range, &only))
    }

    /// A key of a map, or the module of an `import`.
    fn quoted(&self) -> Option<Hover> {
        let (range, imports) = (self.token.text_range(), db::module_imports(self.db, self.document.file));
        if let Some(import) = imports.iter().find(|it| it.range == range)
            && let Some(card) = self.module_of_host(range, &import.name)
        {
            return Some(card);
        }
        let (mut infer, named) = self.named().filter(|(_, named)| named.of.quoted)?;
        if matches!(named.target, Target::Variable(_) | Target::Global) && named.of.place != Place::Bare {
            return self.in_scope(named.range, &named.name).or_else(|| self.given_from_around());
        }
        match member::member(&mut infer, self.db, self.document.file, &named)? {
            member::Told::Card(card) => Some(card),
            member::Told::Own(unit) => self.own_member(&named, unit),
            member::Told::Functions(title, functions) => Some(match self.given_here(named.range) {
                Some(unit) => self.function_card(named.range, &unit),
                None => self.held_functions(named.range, &title, &functions),
            }),
        }
    }

    /// A word of the language.
    fn word(&self) -> Option<Hover> {
        let range = self.token.text_range();
        let meaning = words::meaning(self.token.text())?;
        let mut sections = vec![
            words::ended(self.token, &self.document.text, &self.document.index).unwrap_or_else(|| meaning.to_owned()),
        ];
        let symbol = match self.token.kind() {
            SyntaxKind::SelfKw => Some(Symbol::SelfValue),
            SyntaxKind::SuperKw => Some(Symbol::Super),
            _ => None,
        };
        if let Some(symbol) = symbol {
            let unit = units_at(self.db, self.document.file, range.start()).next()?;
            let mut infer = Infer::new(self.db, &self.live.places);
            let known = infer.value(UnitRef { file: self.document.file, unit }, &symbol.into());
            let types = describe::type_text(&mut infer, self.db, &known);
            // A method knows the map that it stands in by that map's name.
            let own =
                known.objects().next().filter(|_| known.kinds.len() == 1 && self.token.kind() == SyntaxKind::SelfKw);
            let own = own.and_then(|it| infer.name_of(it)).map(|name| format!("map `{name}`"));
            let types = own.filter(|_| types.as_ref().is_some_and(|it| it.starts_with("map"))).or(types);
            sections.extend(types.map(|types| format!("likely: {types}{}", types::members(&mut infer, &known))));
        }
        Some(Hover { range, title: format!("(keyword) {}", self.token.text()), sections })
    }

    fn hosts(&self) -> Hosts<'_> {
        Hosts { host: &self.live.checks.host, db: self.db, places: &self.live.places }
    }

    /// A module that the host brings and the file imports, in its `import` or where its variable stands.
    fn module_of_host(&self, range: TextRange, name: &str) -> Option<Hover> {
        let module = self.hosts().module(name)?;
        let imports = db::module_imports(self.db, self.document.file);
        let doc = Some(module.it.doc.clone()).filter(|doc| !doc.is_empty());
        let is_imported = imports.iter().any(|it| it.name == name);
        is_imported.then(|| Hover { range, title: format!("module {name}"), sections: doc.into_iter().collect() })
    }

    /// What others give the file under a name: modules that it imports by `globals.name`, programs that import it.
    fn given_from_around(&self) -> Option<Hover> {
        let (mut infer, named) = self.named()?;
        let is_own = match named.target {
            Target::Unknown => false,
            Target::Global => infer.facts(self.document.file).is_global(&named.name),
            _ => true,
        };
        if is_own { None } else { member::given(&mut infer, self.db, self.document.file, &named) }
    }

    /// A method that a module of the host gives to all values of a type, if one has that name.
    fn added_by_host(&self, range: TextRange, name: &str) -> Option<Hover> {
        let added = |of| self.hosts().added(self.document.file, of).into_iter().find(|(it, _)| *it == name);
        let (of, told) = TYPE_MAPS.into_iter().find_map(|of| Some((of, added(of)?.1)))?;
        let doc = Some(told.it.doc.clone()).filter(|doc| !doc.is_empty());
        Some(Hover { range, title: told.it.title(&format!("{of}.{name}")), sections: doc.into_iter().collect() })
    }

    /// A method of the language, of a list or the like that the host gives.
    fn method_of_given(&self, range: TextRange, name: &str) -> Option<Hover> {
        let (mut infer, named) = self.named()?;
        let Place::Member(owner) = &named.of.place else { return None };
        let kind = self.hosts().kind(&infer.facts(self.document.file), named.unit, owner)?;
        let id = guide::types::method(type_map(&kind)?, name)?;
        Some(Hover { range, title: guide::title(id), sections: guide::paragraphs(id) })
    }

    /// A name or member that the host gives.
    fn of_host(&self, range: TextRange, name: &str, is_member: bool) -> Option<Hover> {
        let hosts = self.hosts();
        let (title, it) = if is_member {
            let unit = units_at(self.db, self.document.file, range.start()).next()?;
            let placed = db::units(self.db, self.document.file).get(unit as usize)?;
            let end = range.end().checked_sub(placed.start)?;
            let symbol = symbol_before(&placed.unit.green, placed.unit.kind, end)?;
            let facts = db::file_facts(self.db, self.document.file);
            (symbol.to_string(), hosts.told(&facts, unit, &symbol)?.it)
        } else {
            (name.to_owned(), hosts.host.name(name)?.it)
        };
        let mut sections: Vec<_> = Some(it.doc.clone()).filter(|doc| !doc.is_empty()).into_iter().collect();
        sections.extend(
            it.gives.as_ref().map(|kind| format!("{} `{kind}`", if it.params.is_some() { "gives" } else { "is" })),
        );
        Some(Hover { range, title: it.title(&title), sections })
    }

    /// Where a variable is assigned: in the unit, else in any top-level statement.
    fn variable<'b>(&'b self, unit: Option<LayoutUnit<'b>>, name: &str) -> Option<(LayoutUnit<'b>, InstId)> {
        let here = unit.into_iter().filter_map(|unit| Some((unit, self.assignment(&unit, name)?)));
        let everywhere = self.layout().main().filter_map(|unit| Some((unit, self.assignment(&unit, name)?)));
        here.chain(everywhere).next()
    }

    fn variable_card(&self, range: TextRange, name: &str, unit: &LayoutUnit<'_>, inst: InstId) -> Hover {
        let scope = if unit.kind == minilive_mir::ir::UnitKind::Function { "local" } else { "global" };
        let mut sections = Vec::new();
        sections.extend(
            self.named()
                .and_then(|(mut infer, named)| member::comment(&mut infer, self.db, self.document.file, &named)),
        );
        let known = unit.code().types.get(ix(inst)).copied().unwrap_or_default();
        let seen = self.fresh.value(ValueSource::of(unit, inst));
        sections.extend(self.types(range).or_else(|| (known != Ty::Any).then(|| static_type(known))));
        // What is read elsewhere may have been changed since: there it is told whose value this is.
        let line = unit.range_of(inst).map_or(0, |it| self.document.index.line_of(it.end())) + 1;
        let is_here = self.record_here(unit).is_some_and(|it| it.inst == inst);
        sections.extend(seen.map(|seen| value_section(seen, (!is_here).then_some(line))));
        Hover { range, title: format!("({scope}) {name}"), sections }
    }

    /// The recorded instruction of a unit that gives a variable the value to tell of: the one under the cursor; else one before this place
    /// that has been seen, the nearest first; else any that has been seen.
    fn assignment(&self, unit: &LayoutUnit<'_>, name: &str) -> Option<InstId> {
        if let Some(here) = self.record_here(unit) {
            return Some(here.inst);
        }
        let code = unit.code();
        let assigns = code.records.iter().filter(|record| code.variable_of(record) == Some(name));
        let mut all: Vec<InstId> = assigns.map(|record| record.inst).collect();
        let first = *all.first()?;
        let start = self.token.text_range().start();
        let is_before = |inst: &InstId| unit.range_of(*inst).is_some_and(|it| it.end() <= start);
        // A stable sort: those behind this place keep their order.
        all.sort_by_key(|inst| match is_before(inst) {
            true => std::cmp::Reverse(unit.range_of(*inst).map(|it| u32::from(it.end()))),
            false => std::cmp::Reverse(None),
        });
        let is_seen = |inst: &InstId| self.fresh.value(ValueSource::of(unit, *inst)).is_some();
        Some(all.into_iter().find(is_seen).unwrap_or(first))
    }

    /// The type of the expression that a name stands for: what is certain there, with what is likely where that says more.
    fn types(&self, range: TextRange) -> Option<String> {
        let unit = self.layout().at(range.start())?;
        let relative = range.checked_sub(unit.range.start())?;
        let read = || unit.places().ranges.iter().rposition(|&it| it == relative);
        let at = self.assigned_here(&unit).or_else(read);
        let index = self.layout().index_of(unit.key)?;
        let certain = at.and_then(|at| types::certain(self.db, self.document.file, index).get(at).copied());
        types::text(self.db, self.document.file, &self.live.places, (index, range.end()), self.token.text(), certain)
    }

    /// What is recorded where the cursor stands on the name of a variable that is given a value.
    fn record_here<'b>(&self, unit: &LayoutUnit<'b>) -> Option<&'b RecordPoint> {
        let (range, name) = (self.token.text_range(), self.token.text());
        let mut around = self.token.parent_ancestors();
        let statement = around.find(|node| matches!(node.kind(), SyntaxKind::AssignStmt | SyntaxKind::ForStmt))?;
        let assigned = AssignStmt::cast(statement.clone()).and_then(|it| it.target()).map(|it| it.range());
        let counted = ForStmt::cast(statement.clone()).and_then(|it| it.variable()).map(|it| it.text_range());
        (assigned.or(counted) == Some(range)).then_some(())?;
        let code = unit.code();
        let kind = if counted.is_some() { RecordKind::ForVariable } else { RecordKind::Assign };
        let is_it = |record: &&RecordPoint| {
            let place = unit.range_of(record.inst).filter(|&place| statement.text_range().contains_range(place));
            record.kind == kind && place.is_some() && code.variable_of(record) == Some(name)
        };
        // Inside of a loop others may be given to the same name; the loop's own comes first.
        code.records.iter().find(is_it)
    }

    /// The instruction whose value a variable is given where the cursor stands on its name.
    fn assigned_here(&self, unit: &LayoutUnit<'_>) -> Option<usize> {
        let (code, record) = (unit.code(), self.record_here(unit)?);
        let block = code.blocks.iter().find(|block| (block.first..block.end).contains(&record.inst.0))?;
        let makes = |at: &u32| {
            let inst = &code.insts[*at as usize];
            inst.dst().or(inst.write_on_way().map(|(_, dst)| dst)) == Some(record.value)
        };
        // A loop's next element comes from the end of the block before.
        let first = if record.kind == RecordKind::ForVariable { 0 } else { block.first };
        (first..=record.inst.0).rev().find(makes).map(|at| at as usize)
    }

    fn function_literal(&self) -> Option<Hover> {
        let start = self.token.text_range().start();
        let unit = self.layout().functions().find(|unit| unit.range.start() == start)?;
        Some(self.function_card(self.token.text_range(), &unit))
    }

    fn function_card(&self, range: TextRange, unit: &LayoutUnit<'_>) -> Hover {
        let mut sections = Vec::new();
        let index = self.layout().index_of(unit.key);
        let function = index.map(|index| UnitRef { file: self.document.file, unit: index as u32 });
        sections.extend(function.and_then(|it| describe::documentation(self.db, it)));
        let infer = Infer::with_importers(self.db, &self.live.places);
        sections.extend(function.and_then(|it| describe::types_of_function(&infer, self.db, it)));
        let examples =
            self.fresh.markers.iter().filter(|it| it.usage == MarkerUse::Example && it.function == Some(unit.key));
        for example in examples {
            let recorded = self.fresh.get(EvaluationId::Marker(example.id));
            let result = recorded.map_or_else(|| "…".to_owned(), |recorded| end_text(&recorded.outcome.end));
            sections.push(format!("`{}` ⇒ {result}", example.text));
        }
        if let Some(report) = report(self.live, unit.key, unit.fingerprint) {
            sections.push(usage(report));
            sections.extend(why(report).into_iter().chain(cost(report)));
        }
        let params = function.map(|it| describe::params_text(self.db, it)).unwrap_or_default();
        Hover { range, title: format!("{} = function{params}", unit.name), sections }
    }

    fn marker(&self) -> Option<Hover> {
        let range = self.token.text_range();
        let marker = self.fresh.markers.iter().find(|marker| marker.range == range)?;
        let mut sections = Vec::new();
        match self.fresh.get(EvaluationId::Marker(marker.id)) {
            Some(recorded) => sections.push(end_text(&recorded.outcome.end)),
            None if marker.code.trouble.is_some() => sections.extend(marker.code.trouble.clone()),
            None => sections.push("not evaluated yet".to_owned()),
        }
        Some(Hover { range, title: marker.text.clone(), sections })
    }
}

fn ix(inst: InstId) -> usize {
    inst.0 as usize
}

fn parameter(code: &Unit, name: &str) -> Option<usize> {
    code.params.iter().position(|param| code.name(param.name) == name)
}

fn constant(code: &Unit, param: usize) -> String {
    let default = code.params.get(param).and_then(|param| code.consts.get(param.default.0 as usize));
    default.map_or_else(|| "null".to_owned(), const_code)
}

fn const_code(value: &Const) -> String {
    match value {
        Const::Null => "null".to_owned(),
        Const::Number(number) => number.to_string(),
        Const::Str(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        Const::List(items) => format!("[{}]", items.iter().map(const_code).collect::<Vec<_>>().join(", ")),
        Const::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", const_code(key), const_code(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn static_type(ty: Ty) -> String {
    format!("type: {}", seen::word(ty).unwrap_or("anything"))
}

/// What was seen where a variable is given a value: here, or on another line.
fn value_section(value: &Value, line: Option<u32>) -> String {
    let place = line.map(|line| format!(" in line {line}")).unwrap_or_default();
    let mut text =
        format!("seen{place}: {} ×{} · last value `{}`", value.type_name, value.count, value.text.replace('`', "'"));
    if !value.trail.is_empty() {
        text += &format!(" · before: {}", value.trail.join(", ").replace('`', "'"));
    }
    text
}

fn end_text(end: &End) -> String {
    match end {
        End::Finished(Some(value)) => format!("`{}`", value.replace('`', "'")),
        End::Finished(None) => "done".to_owned(),
        End::Error { message, .. } => format!("error: {message}"),
        End::Cut { limit, .. } => format!("cut: {limit}"),
        End::Blocked { name, .. } => format!("blocked: {name}"),
        End::Needs { what, .. } => needs_text(what),
        End::Exit(code) => format!("exit code {code}"),
        End::Cancelled => "stopped".to_owned(),
    }
}
