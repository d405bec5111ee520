//! Cards of members, of what modules give, and the comments above definitions.
//!
//! Part of hover; made of names, inference and descriptions, as definitions and completion are. Invariant: a card is about what the name
//! leads to in this text; where nobody knows whose member it is, only what is certain of all is told.

use super::Hover;
use crate::db::{self, File, LiveDb};
use crate::ide::describe::{self, object_text, type_text};
use crate::ide::guide;
use crate::ide::infer::{Infer, Kind, Known, Object, UnitRef};
use crate::ide::names::{Named, Target};
use crate::ide::narrow;
use crate::ide::navigation::definitions;
use crate::ide::types;
use crate::modules::base_name;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Place, Sym, Symbol};

/// What a member's name leads to.
pub enum Told {
    /// A function of the document that is defined under that name, by its index among the units.
    Own(u32),
    /// Functions that are defined under other names, or of which it may be each: with the title of what holds them.
    Functions(String, Vec<UnitRef>),
    /// A finished card.
    Card(Hover),
}

/// The card of a member, a key, or the name of a module in an `import`.
pub fn member(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named) -> Option<Told> {
    if named.of.quoted && named.of.place == Place::Bare {
        return module(infer, db, named).map(Told::Card);
    }
    if let Target::Intrinsic(id) = &named.target {
        let (title, sections) = (guide::title(*id), guide::paragraphs(*id));
        return Some(Told::Card(Hover { range: named.range, title, sections }));
    }
    let Place::Member(owner) = &named.of.place else { return None };
    let at = UnitRef { file, unit: named.unit };
    let holders = match &named.target {
        Target::Member(holders) => holders.clone(),
        _ => Vec::new(),
    };
    let symbol: Sym = Symbol::Member(owner.clone(), named.name.clone()).into();
    let known = narrow::uncalled(infer, db, at, &symbol, named.range.start());
    let functions: Vec<UnitRef> = functions(&known).collect();
    match *functions {
        [] => {}
        [function] if is_defined_as(infer, function, &named.name) => {
            return Some(if function.file == file {
                Told::Own(function.unit)
            } else {
                let (title, sections) = (describe::function_title(db, function), about_function(infer, db, function));
                Told::Card(Hover { range: named.range, title, sections })
            });
        }
        _ => return Some(Told::Functions(title(infer, &holders, &named.name), functions)),
    }
    // Whose it is is not known, and so is what it is.
    if holders.is_empty() && known.kinds.is_empty() {
        return None;
    }
    let first = &holders[..holders.len().min(1)];
    let title = title(infer, first, &named.name);
    let mut sections: Vec<_> = comment(infer, db, file, named).into_iter().collect();
    sections.extend(type_text(infer, db, &known).map(|types| format!("likely: {types}")));
    Some(Told::Card(Hover { range: named.range, title, sections }))
}

/// What a member is called: with its owner, if that is one map.
fn title(infer: &mut Infer<'_>, holders: &[Object], name: &str) -> String {
    let whose = if let [only] = holders { owner_text(infer, *only) } else { None };
    match whose {
        Some(whose) => format!("(member) {whose}.{name}"),
        None => format!("(member) {name}"),
    }
}

fn functions(known: &Known) -> impl Iterator<Item = UnitRef> {
    known.kinds.iter().filter_map(|kind| match kind {
        Kind::Function(function) => Some(*function),
        _ => None,
    })
}

/// Whether a function is written down under a name: assigned to it, or as the entry of a map literal.
fn is_defined_as(infer: &mut Infer<'_>, function: UnitRef, name: &str) -> bool {
    let facts = infer.facts(function.file);
    let own = &facts.unit(function.unit).name;
    if !own.starts_with('@') {
        return own.rsplit('.').next() == Some(name);
    }
    let Some(parent) = facts.parent(function.unit) else { return false };
    let number = facts.children(parent).position(|it| it == function.unit);
    let is_it = |value: &Sym| matches!(**value, Symbol::Function(it) if Some(it as usize) == number);
    facts.unit(parent).facts.maps.iter().flatten().any(|(key, value)| key == name && is_it(value))
}

/// What is told of a function, wherever it stands.
pub fn about_function(infer: &Infer<'_>, db: &LiveDb, function: UnitRef) -> Vec<String> {
    let documentation = describe::documentation(db, function);
    documentation.into_iter().chain(describe::types_of_function(infer, db, function)).collect()
}

/// A function in words, as somebody who looks at a file is told of it.
pub fn function_text(db: &LiveDb, seen_from: File, function: UnitRef) -> String {
    let units = db::units(db, function.file);
    let it = units.at(function.unit);
    let text = match it.name.starts_with('@') {
        true => {
            let text = function.file.text(db);
            let line = text[..usize::from(it.start)].matches('\n').count() + 1;
            format!("`function{}` of line {line}", describe::params_text(db, function))
        }
        false => format!("`{}`", describe::function_title(db, function)),
    };
    match function.file == seen_from {
        true => text,
        false => format!("{text} of `{}`", base_name(function.file.path(db))),
    }
}

/// The card of a variable that is named as a key of a map of variables, or that only code which does so gives a value.
pub fn through(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named, held: &Known) -> Hover {
    let scope = if matches!(named.target, Target::Variable(_)) { "local" } else { "global" };
    let mut sections: Vec<_> = comment(infer, db, file, named).into_iter().collect();
    sections.extend(types::with_members(infer, db, held).map(|types| format!("likely: {types}")));
    Hover { range: named.range, title: format!("({scope}) {}", named.name), sections }
}

/// The card of a variable that others give the file.
pub fn given(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named) -> Option<Hover> {
    let known = infer.given_from_around(UnitRef { file, unit: named.unit }, &named.name);
    let mut functions = functions(&known);
    let (title, mut sections) = match functions.next() {
        Some(function) => {
            let others = functions.map(|it| format!("may also be `{}`", describe::function_title(db, it)));
            let others: Vec<_> = others.collect();
            let mut sections = about_function(infer, db, function);
            sections.extend(others);
            (describe::function_title(db, function), sections)
        }
        None => {
            let mut sections: Vec<_> = comment(infer, db, file, named).into_iter().collect();
            sections.extend(types::with_members(infer, db, &known).map(|types| format!("likely: {types}")));
            (format!("(global) {}", named.name), sections)
        }
    };
    let importers = infer.importers(file);
    let givers: Vec<_> = importers.iter().filter(|&&it| infer.facts(it).is_global(&named.name)).collect();
    if !givers.is_empty() {
        let givers: Vec<_> = givers.iter().map(|it| format!("`{}`", base_name(it.path(db)))).collect();
        sections.push(format!("given by programs that import this file: {}", some(&givers)));
    }
    (!sections.is_empty()).then_some(Hover { range: named.range, title, sections })
}

/// A few of them.
fn some(names: &[String]) -> String {
    const MOST: usize = 3;
    let rest = names.len().saturating_sub(MOST);
    let shown = names[..names.len() - rest].join(", ");
    if rest > 0 { format!("{shown} and {rest} more") } else { shown }
}

/// The name under which a map is made.
fn owner_text(infer: &mut Infer<'_>, owner: Object) -> Option<String> {
    if owner.made_in().is_some()
        && let Some(name) = infer.name_of(owner)
    {
        return Some(name.to_string());
    }
    let text = object_text(infer, owner);
    text.strip_prefix("map `").and_then(|rest| rest.strip_suffix('`')).map(str::to_owned)
}

/// The module that an `import` names: the comment at the top of its file, and what it gives.
pub fn module(infer: &mut Infer<'_>, db: &LiveDb, named: &Named) -> Option<Hover> {
    let file = infer.module(&named.name)?;
    let mut sections: Vec<_> = describe::comment_at_start(db, file).into_iter().collect();
    let facts = infer.facts(file);
    // What it puts into the map of globals is the program's, not its own.
    let assigns = |unit: u32, name: &str| {
        let it = facts.unit(unit);
        it.kind == UnitKind::Statement && it.facts.assigned.iter().any(|(assigned, _)| assigned == name)
    };
    let is_own = |name: &str| facts.globals(name).any(|(unit, _)| assigns(unit, name));
    let mut names: Vec<_> = facts.global_names().filter(|it| is_own(it)).map(ToString::to_string).collect();
    names.sort_unstable();
    if !names.is_empty() {
        sections.push(format!("gives {}", names.join(", ")));
    }
    Some(Hover { range: named.range, title: format!("(module) {}", named.name), sections })
}

/// The comment above the place where what a name stands for is first given a value.
pub fn comment(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named) -> Option<String> {
    let places = definitions(infer, db, file, named);
    places.iter().find_map(|it| describe::comment_about(db, it.file, it.range.start()))
}
