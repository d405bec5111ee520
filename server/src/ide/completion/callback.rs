//! Where a function itself is wanted, not what calling it gives: there a chosen name is inserted with `@`.
//!
//! Part of completion; the callee comes from signature help, its parameters from the facts of its file. Invariants: `@` is added only
//! where the callee calls the parameter and the name is the whole argument; where a call would give a function as well, the text does
//! not say which is meant, and nothing is added.

use super::super::guide;
use super::super::infer::{Infer, Kind, UnitRef};
use super::super::names::units_at;
use super::super::signature::{Callee, callee_at};
use super::super::tokens::{before, next};
use super::items::{Data, Item, ItemKind};
use crate::db::{File, LiveDb};
use crate::document::DocumentView;
use minilive_mir::names::{Sym, Symbol};
use minilive_runtime::intrinsics::IntrinsicId;
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange};
use smol_str::SmolStr;

/// Adds `@` to the functions among the items and puts them first, if the argument that the word is must be a function, or what is stored under
/// a name by which the file calls something with arguments.
pub fn refer(infer: &mut Infer<'_>, db: &LiveDb, document: &DocumentView, word: TextRange, items: &mut [Item]) {
    let at = match argument_of(db, document, word) {
        Some(callee) => Some(callee.at).filter(|_| wants_function(infer, &callee)),
        None => units_at(db, document.file, word.start()).next().and_then(|unit| {
            let name = stored_under(db, document, word)?;
            is_called(infer, document.file, &name).then_some(UnitRef { file: document.file, unit })
        }),
    };
    let Some(at) = at else { return };
    for item in items.iter_mut().filter(|item| item.kind == ItemKind::Function) {
        if is_reference(infer, at, item) {
            item.insert = Some(format!("@{}", item.label));
        }
    }
    // What may be meant comes first.
    items.sort_by_key(|item| item.insert.is_none());
}

/// The call of which the word is a whole argument.
fn argument_of(db: &LiveDb, document: &DocumentView, word: TextRange) -> Option<Callee> {
    let (opener, follower) = around(db, document, word)?;
    // What goes on is a call, a member, or an operand.
    let ends = |kind: SyntaxKind| kind.is_line_end() || matches!(kind, SyntaxKind::Comma | SyntaxKind::RParen);
    if !follower.is_none_or(ends) {
        return None;
    }
    let callee = callee_at(db, document, word.end())?;
    let is_argument = match opener.kind() {
        // The comma of a list or map inside of an argument is not the call's.
        SyntaxKind::Comma => opener.parent()?.kind() == SyntaxKind::ArgList,
        SyntaxKind::LParen => before(&opener)?.text_range().end() == callee.end,
        _ => opener.text_range().end() == callee.end,
    };
    is_argument.then_some(callee)
}

/// The tokens before and behind a word, blanks aside: what is behind it by its kind.
fn around(db: &LiveDb, document: &DocumentView, word: TextRange) -> Option<(SyntaxToken, Option<SyntaxKind>)> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let is_text = |token: &SyntaxToken| !token.kind().is_trivia();
    let left = root.token_at_offset(word.start()).left_biased()?;
    let opener = if is_text(&left) { left } else { before(&left)? };
    // At the end of the text the word is on both sides.
    let right = root.token_at_offset(word.end()).right_biased().filter(|it| it.text_range().start() >= word.end());
    Some((opener, std::iter::successors(right, next).find(is_text).map(|it| it.kind())))
}

/// The name of the member or key whose whole value the word is.
fn stored_under(db: &LiveDb, document: &DocumentView, word: TextRange) -> Option<String> {
    let (opener, follower) = around(db, document, word)?;
    let key = before(&opener)?;
    let is_stored = match opener.kind() {
        SyntaxKind::Eq => key.kind() == SyntaxKind::Ident && before(&key)?.kind() == SyntaxKind::Dot,
        SyntaxKind::Colon => opener.parent()?.kind() == SyntaxKind::MapEntry && key.kind() == SyntaxKind::StringLit,
        _ => false,
    };
    let ends = |kind: SyntaxKind| kind.is_line_end() || matches!(kind, SyntaxKind::Comma | SyntaxKind::RBrace);
    (is_stored && follower.is_none_or(ends)).then(|| key.text().trim_matches('"').to_owned())
}

/// Whether a file calls a member of that name with arguments.
fn is_called(infer: &mut Infer<'_>, file: File, name: &str) -> bool {
    let facts = infer.facts(file);
    facts.calls(name).any(|(unit, number)| {
        let call = facts.unit(unit).facts.calls.get(number as usize);
        call.is_some_and(|(callee, args)| matches!(**callee, Symbol::Member(..)) && !args.is_empty())
    })
}

/// Whether everything that may be called calls the argument that is being written.
fn wants_function(infer: &mut Infer<'_>, callee: &Callee) -> bool {
    let known = infer.uncalled(callee.at, &callee.symbol);
    let calls = |kind: &Kind| match kind {
        Kind::Function(function) => calls_parameter(infer, *function, callee.active),
        Kind::Intrinsic(id) => guide::takes_function(*id, callee.active),
        _ => false,
    };
    !known.kinds.is_empty() && known.kinds.iter().all(calls)
}

/// Whether a function, or one inside it, calls what it is given for a parameter.
fn calls_parameter(infer: &mut Infer<'_>, function: UnitRef, parameter: u32) -> bool {
    let facts = infer.facts(function.file);
    let own = facts.unit(function.unit);
    let Some((name, _)) = own.facts.params.get(parameter as usize) else { return false };
    // What is called may be what the function itself put there.
    if own.facts.assigned.iter().any(|(it, _)| it == name) || own.made.contains(name) {
        return false;
    }
    let is_it = |callee: &Sym| matches!(&**callee, Symbol::Name(it) if it == name);
    let calls = |unit: u32| facts.unit(unit).facts.calls.iter().any(|(callee, _)| is_it(callee));
    let sees = |unit: u32, name: &SmolStr| !facts.has_variable(unit, name);
    calls(function.unit) || facts.children(function.unit).any(|child| sees(child, name) && calls(child))
}

/// Whether a function can only be meant itself: what it gives is no function, and it is no constant of the language.
fn is_reference(infer: &mut Infer<'_>, at: UnitRef, item: &Item) -> bool {
    if let Data::Intrinsic(name) = &item.data {
        let id = IntrinsicId::all().find(|id| id.def().full_name() == *name);
        return id.is_some_and(|id| !id.def().params.is_empty());
    }
    let called = infer.value(at, &Symbol::Name(item.label.as_str().into()).into());
    !called.kinds.iter().any(|kind| matches!(kind, Kind::Function(_) | Kind::Intrinsic(_)))
}
