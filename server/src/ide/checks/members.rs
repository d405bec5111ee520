//! Whether what names say of members is certain: no code out of sight may make members of such names.
//!
//! Part of `checks`; the database finds members that no map literal and no assignment of the file gives. Invariants: a name that stands in a
//! string may be a key; where keys are worked out, where a host gives values, or where other files import this one, nothing is certain.

use super::dictionaries::{self, Dictionary};
use super::{is_imported, nearest};
use crate::db::{self, FileFacts, LiveDb, NameFinding, NameProblem};
use crate::document::DocumentView;
use crate::guide::types as guide;
use crate::settings::Checks;
use minilive_mir::names::{Place, Sym, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextSize};

/// Answers for one document, looking only when somebody asks.
pub struct Told<'a> {
    db: &'a LiveDb,
    document: &'a DocumentView,
    settings: &'a Checks,
    findings: &'a [NameFinding],
    /// Once asked for: the maps of which more is not known; none if nothing is.
    open: Option<Option<Vec<Dictionary>>>,
}

impl<'a> Told<'a> {
    /// Nothing has been looked at yet.
    pub fn new(
        db: &'a LiveDb,
        document: &'a DocumentView,
        settings: &'a Checks,
        findings: &'a [NameFinding],
    ) -> Told<'a> {
        Told { db, document, settings, findings, open: None }
    }

    /// Whether nobody gives a member of a name that the text gives to nothing: it may still be a key in a string.
    pub fn is_nowhere(&mut self, name: &str) -> bool {
        self.are_in_sight() && !self.stands_in_string(name)
    }

    /// Whether all members that things have are given in the text of the file, under names that stand there: of all things but those that
    /// [`Told::may_have_more`] names.
    pub fn are_in_sight(&mut self) -> bool {
        if self.open.is_none() {
            self.open = Some(self.look());
        }
        matches!(self.open, Some(Some(_)))
    }

    /// Whether what stands before a dot is a map whose keys are worked out.
    pub fn may_have_more(&self, facts: &FileFacts, unit: u32, owner: &Symbol) -> bool {
        self.open.iter().flatten().flatten().any(|it| it.is(facts, unit, owner))
    }

    fn stands_in_string(&self, name: &str) -> bool {
        let root = SyntaxNode::new_root(self.document.file.parse(self.db).green.clone());
        let (text, is_part) = (&self.document.text, |c: char| c == '_' || c.is_alphanumeric());
        let in_string = |(at, _): (usize, &str)| {
            let part = text[..at].ends_with(is_part) || text[at + name.len()..].starts_with(is_part);
            let tokens = root.token_at_offset(TextSize::new(at as u32));
            !part && tokens.right_biased().is_some_and(|it| it.kind() == SyntaxKind::StringLit)
        };
        text.match_indices(name).any(in_string)
    }

    fn look(&self) -> Option<Vec<Dictionary>> {
        let file = self.document.file;
        let facts = db::file_facts(self.db, file);
        let is_closed = db::makes_its_maps(&facts) && !self.has_host() && !is_imported(self.db, file);
        if is_closed { dictionaries::of(self.db, file, &facts) } else { None }
    }

    /// Whether the program works with values of a host: with names that it gives, or unknown ones that are more than half-typed words.
    fn has_host(&self) -> bool {
        let unknown = self.findings.iter().filter(|it| it.problem == NameProblem::Unknown);
        unknown.into_iter().any(|it| self.settings.knows(&it.name) || self.is_worked_with(it))
    }

    fn is_worked_with(&self, unknown: &NameFinding) -> bool {
        let units = db::units(self.db, self.document.file);
        let Some(placed) = units.get(unknown.unit as usize) else { return true };
        let is_it = |symbol: &Sym| root_of(symbol).is_some_and(|name| name == unknown.name);
        let uses = &db::unit_names(self.db, placed.unit).uses;
        let facts = db::file_facts(self.db, self.document.file);
        let says = &facts.unit(unknown.unit).facts;
        uses.iter().any(|it| matches!(&it.place, Place::Member(owner) if is_it(owner)))
            || says.news.iter().chain(says.calls.iter().map(|(callee, _)| callee)).any(is_it)
    }
}

/// The name at which a chain begins.
fn root_of(symbol: &Symbol) -> Option<&str> {
    match symbol {
        Symbol::Name(name) => Some(name),
        Symbol::Member(of, _) | Symbol::Element(of) | Symbol::Slice(of) | Symbol::Call(of) | Symbol::Ref(of) => {
            root_of(of)
        }
        _ => None,
    }
}

/// Whether a chain names a member that nothing has.
pub fn has_missing(facts: &FileFacts, chain: &Symbol) -> bool {
    match chain {
        Symbol::Member(of, name) => {
            !facts.has_member(name) && !guide::is_made_by_language(name) || has_missing(facts, of)
        }
        Symbol::Element(of) | Symbol::Slice(of) | Symbol::Call(of) | Symbol::Ref(of) => has_missing(facts, of),
        _ => false,
    }
}

/// The member that is most like one that nothing has.
pub fn did_you_mean(facts: &FileFacts, name: &str) -> Option<String> {
    let given = facts.member_names().chain(facts.key_names()).map(|it| it.as_str());
    let methods = ["map", "list", "string"].into_iter().flat_map(|it| intrinsics::type_methods(it).iter());
    nearest(name, given.chain(methods.map(|it| &**it)))
}
