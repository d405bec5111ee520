//! The other places that a diagnostic is about: the first of two, what goes before, what leads back.
//!
//! `diagnostics` adds them, `lsp` tells them to clients that show such. Invariant: only what the message speaks of is looked for, near the place it
//! is about, so a file without such findings costs nothing.

use super::diagnostics::Diagnostic;
use super::infer::{Binding, binding};
use super::names::units_at;
use crate::db::{self, File, FileFacts, LiveDb, Located};
use crate::document::DocumentView;
use crate::modules::{Places, base_name};
use minilive_mir::checks::is_same_key;
use minilive_mir::names::{Access, Place, Sym, Symbol};
use minilive_syntax::ast::{AstNode, FunctionExpr, MapEntry, MapExpr, ReturnStmt, Stmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use std::sync::Arc;

/// Another place that a diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Related {
    /// The place.
    pub range: TextRange,
    /// What is there.
    pub message: String,
    /// The other file in which it is.
    pub file: Option<Elsewhere>,
}

/// Another file, with the text in which the place is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Elsewhere {
    /// Its path, or the client's name for it.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// The first of two keys is looked for among so many entries: long literals may have as many to look for.
const MOST_ENTRIES: usize = 300;

/// What leads to a change of what is frozen stands near it.
const NEAR: usize = 4000;

/// The other places of a diagnostic of this file.
pub fn related(db: &LiveDb, document: &DocumentView, places: &Places, it: &Diagnostic) -> Vec<Related> {
    if it.code == "too-many-arguments" {
        return head(db, document, places, it.range).into_iter().collect();
    }
    let found = match it.code {
        "duplicate-key" => first_key(db, document, it.range).map(|range| (range, "the first one")),
        "duplicate-parameter" => first_parameter(db, document, it.range).map(|range| (range, "the first one")),
        "unreachable-code" => what_leaves(db, document, it.range).map(|range| (range, "here it is left for good")),
        "frozen-value" => freezing(db, document, it.range).map(|range| (range, "it is frozen here")),
        "missing-return" => returned(db, document, it.range).map(|range| (range, "here it gives a value")),
        "unassigned-variable" | "possibly-unassigned" => {
            first_value(db, document, it.range).map(|range| (range, "here it gets a value"))
        }
        _ => None,
    };
    let place = |(range, message): (TextRange, &str)| Related { range, message: message.to_owned(), file: None };
    found.map(place).into_iter().collect()
}

/// The `import`s behind one that lead on, by their names: where each stands.
pub fn way(db: &LiveDb, from: File, names: &[String], (document, places): (&DocumentView, &Places)) -> Vec<Related> {
    let (mut at, mut found) = (from, Vec::new());
    for name in names {
        let imports = db::module_imports(db, at);
        let Some(import) = imports.iter().find(|it| it.name == *name) else { break };
        let message = format!("`{}` imports `{name}`", base_name(at.path(db)));
        let file = (at != document.file).then(|| Elsewhere { path: at.path(db).into(), text: at.text(db) });
        found.push(Related { range: import.range, message, file });
        let Located::At(next) = db::locate(db, &places.lookup(name)) else { break };
        at = next;
    }
    found
}

fn root(db: &LiveDb, document: &DocumentView) -> SyntaxNode {
    SyntaxNode::new_root(document.file.parse(db).green.clone())
}

/// The token in which a place begins. Looked for by its range, which divides the children of long nodes instead of going through them.
fn token_at(db: &LiveDb, document: &DocumentView, range: TextRange) -> Option<SyntaxToken> {
    let root = root(db, document);
    let first = TextRange::at(range.start(), TextSize::of(' '));
    root.text_range().contains_range(first).then(|| root.covering_element(first))?.into_token()
}

fn text_of(document: &DocumentView, range: TextRange) -> &str {
    document.text.get(std::ops::Range::<usize>::from(range)).unwrap_or_default()
}

/// The entry of a map with the key that another one has again.
fn first_key(db: &LiveDb, document: &DocumentView, range: TextRange) -> Option<TextRange> {
    let token = token_at(db, document, range)?;
    let is_it = |it: &MapEntry| it.key().is_some_and(|key| key.range().contains_range(range));
    let again = token.parent_ancestors().filter_map(MapEntry::cast).find(is_it)?;
    let map = again.syntax().parent().and_then(MapExpr::cast)?;
    let mut before = map.entries().take(MOST_ENTRIES).take_while(|it| it.syntax() != again.syntax());
    before.find(|it| is_same_key(it, &again))?.key().map(|key| key.range())
}

/// The parameter whose name another one has again.
fn first_parameter(db: &LiveDb, document: &DocumentView, range: TextRange) -> Option<TextRange> {
    let function = token_at(db, document, range)?.parent_ancestors().find_map(FunctionExpr::cast)?;
    let mut names = function.params().filter_map(|it| it.name_token());
    let first = names.find(|it| it.text() == text_of(document, range))?;
    (first.text_range() != range).then(|| first.text_range())
}

/// The statement behind which nothing comes.
fn what_leaves(db: &LiveDb, document: &DocumentView, range: TextRange) -> Option<TextRange> {
    let inside = token_at(db, document, range)?.parent_ancestors().filter(|it| Stmt::can_cast(it.kind()));
    let statement = inside.filter(|it| it.text_range().start() >= range.start()).last()?;
    let mut before = std::iter::successors(statement.prev_sibling(), SyntaxNode::prev_sibling);
    before.find(|it| Stmt::can_cast(it.kind())).map(|it| it.text_range())
}

/// Where a function gives a value whose end is told.
fn returned(db: &LiveDb, document: &DocumentView, range: TextRange) -> Option<TextRange> {
    let function = token_at(db, document, range)?.parent_ancestors().find_map(FunctionExpr::cast)?;
    let own = |it: &ReturnStmt| it.syntax().ancestors().find_map(FunctionExpr::cast).as_ref() == Some(&function);
    let mut returns = function.syntax().descendants().filter_map(ReturnStmt::cast);
    returns.find(|it| it.value().is_some() && own(it)).map(|it| it.range())
}

/// The word `function` and the parameters of what is called at a place, if the file, or the module whose member that is, has one such function.
fn head(db: &LiveDb, document: &DocumentView, places: &Places, range: TextRange) -> Option<Related> {
    let (file, facts) = (document.file, db::file_facts(db, document.file));
    let (unit, called) = units_at(db, file, range.start()).find_map(|unit| {
        let placed = db::units(db, file).get(unit as usize)?;
        let calls = &db::unit_names(db, placed.unit).calls;
        Some((unit, calls.iter().position(|it| *it + placed.start == range)?))
    })?;
    let (callee, _) = facts.unit(unit).facts.calls.get(called)?;
    let module = module_of(db, (&facts, unit), places, callee);
    let there = module.map(|it| db::file_facts(db, it));
    let values: Vec<(u32, &Sym)> = match &**callee {
        Symbol::Name(name) => {
            let around = [Some(unit), facts.enclosing_function(unit)];
            match around.into_iter().flatten().find(|&it| facts.has_variable(it, name)) {
                Some(owner) => {
                    let assigned = facts.unit(owner).facts.assigned.iter().filter(|(it, _)| it == name);
                    assigned.map(|(_, value)| (owner, value)).collect()
                }
                None => facts.globals(name).collect(),
            }
        }
        Symbol::Member(_, name) if module.is_some() => there.iter().flat_map(|it| it.globals(name)).collect(),
        Symbol::Member(_, name) => {
            facts.members(name).map(|(unit, _, value)| (unit, value)).chain(facts.keys(name)).collect()
        }
        _ => return None,
    };
    let [(made_in, value)] = &*values else { return None };
    let Symbol::Function(number) = &***value else { return None };
    let (file, facts) = (module.unwrap_or(file), there.as_ref().unwrap_or(&facts));
    let function = db::units(db, file).get(facts.child(*made_in, *number)? as usize)?;
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let first = root.token_at_offset(function.range().start()).right_biased()?;
    let node = first.parent_ancestors().find_map(FunctionExpr::cast)?;
    let word = node.syntax().first_token()?;
    let mut tokens = node.syntax().children_with_tokens().filter_map(|it| it.into_token());
    let close = tokens.find(|it| it.kind() == SyntaxKind::RParen);
    let params = node.syntax().children().find(|it| it.kind() == SyntaxKind::ParamList);
    let end = params.map(|it| it.text_range().end()).or(close.map(|it| it.text_range().end()));
    let range = TextRange::new(word.text_range().start(), end.unwrap_or(word.text_range().end()));
    let elsewhere = module.map(|it| Elsewhere { path: it.path(db).into(), text: it.text(db) });
    Some(Related { range, message: "what it takes".to_owned(), file: elsewhere })
}

/// The module of which a unit calls a member, if a global holds that and nothing else.
fn module_of(db: &LiveDb, (facts, unit): (&FileFacts, u32), places: &Places, callee: &Symbol) -> Option<File> {
    let Symbol::Member(owner, _) = callee else { return None };
    let Symbol::Name(owner) = &**owner else { return None };
    if binding(facts, unit, owner) != Binding::Global {
        return None;
    }
    let values: Vec<_> = facts.globals(owner).collect();
    let [(_, value)] = &*values else { return None };
    let Symbol::Import(path) = &***value else { return None };
    match db::locate(db, &places.lookup(path)) {
        Located::At(module) => Some(module),
        _ => None,
    }
}

/// The last call before a place that freezes what has this name, or gives it something frozen.
fn freezing(db: &LiveDb, document: &DocumentView, range: TextRange) -> Option<TextRange> {
    let token = token_at(db, document, range)?;
    let name = name_in(document, range)?;
    let before = std::iter::successors(token.prev_token(), SyntaxToken::prev_token).take(NEAR);
    let calls = before.filter(|it| it.kind() == SyntaxKind::Ident && matches!(it.text(), "freeze" | "frozenCopy"));
    let statement = |it: SyntaxToken| it.parent_ancestors().find(|it| Stmt::can_cast(it.kind()));
    let names = |it: &SyntaxNode| {
        let mut tokens = it.descendants_with_tokens().filter_map(|it| it.into_token());
        tokens.any(|it| it.kind() == SyntaxKind::Ident && it.text() == name)
    };
    calls.filter_map(statement).find(names).map(|it| it.text_range())
}

/// The name at the start of a place.
fn name_in(document: &DocumentView, range: TextRange) -> Option<&str> {
    let text = document.text.get(usize::from(range.start())..)?;
    let end = text.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

/// Where a name is first given a value, in its own function or by a statement of the file.
fn first_value(db: &LiveDb, document: &DocumentView, range: TextRange) -> Option<TextRange> {
    let (file, name) = (document.file, text_of(document, range));
    let own = units_at(db, file, range.start()).next();
    let facts = db::file_facts(db, file);
    let others = facts.globals(name).map(|(unit, _)| unit);
    let write = |unit: u32| {
        let placed = db::units(db, file).get(unit as usize)?;
        let uses = &db::unit_names(db, placed.unit).uses;
        let gives = uses.iter().filter(|it| it.name == *name && it.place == Place::Bare && it.access == Access::Write);
        gives.map(|it| it.range + placed.start).min_by_key(|it| it.start())
    };
    own.into_iter().chain(others).find_map(write).filter(|it| *it != range)
}
