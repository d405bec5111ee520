//! Members that a variable's maps certainly lack, though other maps of the program have them.
//!
//! Part of `checks`; `db/lacking.rs` finds the reads and says what is certain of them, `members` answers whether all members that maps have are
//! given under names in the text. Invariant: a name that stands in a string may be a key. So whoever else has got hold of the map, the member
//! is not there.

use super::super::narrow::conditions;
use super::members::Told;
use super::{Check, Weight};
use crate::db::{self, File, LiveDb};
use crate::document::DocumentView;
use minilive_mir::names::Symbol;
use minilive_syntax::ast::{AstNode, BinaryExpr, Expr, MapEntry};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextSize};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// No more members are looked for in all strings.
const MOST_ASKED: usize = 100;

/// Adds the warnings of a document.
pub(super) fn add(db: &LiveDb, document: &DocumentView, told: &mut Told<'_>, found: &mut Vec<Check>) {
    let lacking = db::lacking_members(db, document.file);
    if lacking.is_empty() {
        return;
    }
    let (units, facts) = (db::units(db, document.file), db::file_facts(db, document.file));
    let texts = std::cell::OnceCell::new();
    let is_a_text = |name: &str| texts.get_or_init(|| Texts::of(db, document.file)).may_be(name);
    let reads = lacking.iter().flat_map(|(unit, reads)| reads.iter().map(move |read| (*unit, read)));
    for (unit, read) in reads.take(MOST_ASKED) {
        let (placed, owner, name) = (units.at(unit), &read.owner, &read.name);
        let range = read.range + placed.start;
        // The read may never run with maps of which a condition before it asks something, as of which kind they are. The variable of the
        // read itself ends where the member's dot stands.
        let is_asked = || {
            let root = SyntaxNode::new_root(placed.unit.green.clone());
            let dot = read.range.start().checked_sub(TextSize::of('.')).unwrap_or_default();
            conditions::ask_before(&root, owner, dot)
        };
        let is_told = found.iter().any(|it| it.code == "missing-member" && it.range == range);
        let is_certain = || !is_a_text(name) && !is_a_text("__isa") && !is_asked();
        if !is_told
            && told.is_seen_whole()
            && is_certain()
            && !told.may_have_more(&facts, unit, &Symbol::Name(owner.clone()))
        {
            let message = format!("`{owner}` is a map that nothing gives a member `{name}`");
            found.push(Check { range, code: "missing-member", weight: Weight::Warning, message, fix: None });
        }
    }
}

/// What strings of a file may be as keys, beside those that are keys of map literals.
#[derive(Default)]
struct Texts {
    /// Literals are put together, so that it may be anything.
    are_made: bool,
    words: FxHashSet<SmolStr>,
}

impl Texts {
    fn of(db: &LiveDb, file: File) -> Texts {
        let root = SyntaxNode::new_root(file.parse(db).green.clone());
        let mut texts = Texts::default();
        for token in root.descendants_with_tokens().filter_map(|it| it.into_token()) {
            let Some(literal) = token.parent().filter(|_| token.kind() == SyntaxKind::StringLit) else { continue };
            texts.are_made |= literal.parent().is_some_and(|it| is_constant(&it));
            if !is_key(&literal) {
                let words = token.text().split(|it: char| it != '_' && !it.is_alphanumeric());
                texts.words.extend(words.map(SmolStr::from));
            }
        }
        texts
    }

    /// Whether a name stands in a string that is no key of a map literal, or may be one that literals make together.
    fn may_be(&self, name: &str) -> bool {
        self.are_made || self.words.contains(name)
    }
}

/// Whether an operation has nothing but literals as its operands.
fn is_constant(operation: &SyntaxNode) -> bool {
    let chain = BinaryExpr::cast(operation.clone());
    chain.is_some_and(|it| it.operands().all(|it| matches!(it, Expr::Literal(_) | Expr::Paren(_))))
}

/// Whether a literal is the key of an entry.
fn is_key(literal: &SyntaxNode) -> bool {
    let entry = literal.parent().and_then(MapEntry::cast);
    entry.and_then(|it| it.key()).is_some_and(|key: Expr| key.syntax() == literal)
}
