//! Whether a variable that stands by itself is only read there: a function would be called, and may give something else each time.
//!
//! Part of `checks`; trees find comparisons that always come out the same if that is so. Invariant: the variable is given values in the text
//! alone, and nothing there says that one of them may be a function.

use super::super::infer::{Binding, binding};
use super::{Behind, is_replaced};
use crate::db::{self, File, FileFacts, LiveDb};
use crate::document::DocumentView;
use crate::settings::Checks;
use memchr::memchr_iter;
use minilive_mir::ir::BinaryOp;
use minilive_mir::names::{Sym, Symbol};
use minilive_runtime::intrinsics;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::cell::OnceCell;

/// Asks it of a document's variables. What is known of the whole text is found out once, and only if somebody asks.
pub(super) struct Uncalled<'a> {
    db: &'a LiveDb,
    document: &'a DocumentView,
    settings: &'a Checks,
    behind: &'a Behind<'a>,
    /// The names behind `@`.
    referred: OnceCell<FxHashSet<&'a str>>,
}

impl<'a> Uncalled<'a> {
    /// Nothing has been looked at yet.
    pub(super) fn new(
        db: &'a LiveDb,
        document: &'a DocumentView,
        (settings, behind): (&'a Checks, &'a Behind<'a>),
    ) -> Uncalled<'a> {
        Uncalled { db, document, settings, behind, referred: OnceCell::new() }
    }

    /// Whether it holds for a name in a unit.
    pub(super) fn holds(&self, unit: u32, name: &str) -> bool {
        let (db, file) = (self.db, self.document.file);
        let facts = db::file_facts(db, file);
        // Who calls it with arguments, or names it without a call, has a function in mind.
        let referred = self.referred.get_or_init(|| referred(&self.document.text));
        if facts.calls(name).next().is_some() || referred.contains(name) {
            return false;
        }
        if self.settings.knows(name) || intrinsics::find(name).is_some() {
            return false;
        }
        let values = Values { facts: &facts };
        let is_global_plain =
            || values.are_plain(facts.globals(name)) && is_own_global(db, file, &facts, self.behind, name);
        match binding(&facts, unit, name) {
            Binding::Variable(owner) => {
                values.are_plain_of(owner, name) && (!facts.is_global(name) || is_global_plain())
            }
            Binding::Global => is_global_plain(),
            Binding::Intrinsic(_) | Binding::Unknown => false,
        }
    }
}

/// The names behind `@` in a text.
fn referred(text: &str) -> FxHashSet<&str> {
    let name = |at: usize| {
        let rest = text[at + 1..].trim_start_matches([' ', '\t', '(']);
        rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default()
    };
    memchr_iter(b'@', text.as_bytes()).map(name).collect()
}

/// Whether the text alone gives a global values.
fn is_own_global(db: &LiveDb, file: File, facts: &FileFacts, behind: &Behind<'_>, name: &str) -> bool {
    !db::gets_globals_out_of_sight(facts) && !super::is_imported(db, file) && !is_replaced(db, file, behind, name)
}

struct Values<'a> {
    facts: &'a FileFacts,
}

impl Values<'_> {
    fn are_plain<'s>(&self, mut values: impl Iterator<Item = (u32, &'s Sym)>) -> bool {
        values.all(|(_, value)| self.is_plain(value))
    }

    /// The same of a variable of a function.
    fn are_plain_of(&self, owner: u32, name: &str) -> bool {
        let says = &self.facts.unit(owner).facts;
        let is_it = |it: &&(SmolStr, Sym)| it.0 == name;
        let children: Vec<_> = self.facts.children(owner).collect();
        let is_open = |it: u32| self.facts.unit(it).facts.open.outer;
        let by_closures = children.iter().flat_map(|it| &self.facts.unit(*it).facts.outer);
        let values = says.assigned.iter().chain(by_closures).filter(is_it);
        // Of a parameter, callers decide.
        !says.params.iter().any(|it| it.0 == name)
            && !says.open.locals
            && !says.open.import
            && !children.iter().any(|it| is_open(*it))
            && values.map(|(_, value)| value).all(|value| self.is_plain(value))
    }

    fn is_plain(&self, value: &Symbol) -> bool {
        match value {
            // What is read is called, and gives what a function gives.
            Symbol::Name(_) => !self.facts.gives_function(),
            // What is taken out of a list or a map, and what `or` chooses, is not called.
            Symbol::Unknown
            | Symbol::Function(_)
            | Symbol::Ref(_)
            | Symbol::Import(_)
            | Symbol::Member(..)
            | Symbol::Call(..)
            | Symbol::Element(_)
            | Symbol::Binary(BinaryOp::And | BinaryOp::Or, ..) => false,
            Symbol::Iterated(of) => match &**of {
                Symbol::List(items) => items.iter().all(|it| self.is_plain(it)),
                Symbol::Call(callee, _) => matches!(&**callee, Symbol::Name(name) if name == "range"),
                Symbol::Text => true,
                _ => false,
            },
            _ => true,
        }
    }
}
