//! Members that a variable's maps certainly lack, though other maps of the program have them.
//!
//! Part of `checks`; `members` answers whether all members that maps have are given under names in the text. Invariants: the variable holds
//! nothing but maps that literals and `new` make for it, and so does whatever stands behind `new`; all code that gives a member of that name
//! gives it to variables which hold other such maps; a name that stands in a string may be a key. So whoever else has got hold of the map,
//! the member is not there.

use super::super::infer::{Binding, binding};
use super::super::narrow::conditions;
use super::members::Told;
use super::{Check, Weight};
use crate::db::{self, File, FileFacts, LiveDb};
use crate::document::DocumentView;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{ANY_KEY, Access, NameUse, Place, Sym, Symbol};
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AstNode, BinaryExpr, Expr, MapEntry};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cell::{OnceCell, RefCell};

/// Of a program of more statements and functions nothing is looked for, so that what an edit costs does not grow with it.
const MOST_UNITS: usize = 5000;
/// Nor are so many members looked for in all strings.
const MOST_ASKED: usize = 100;
/// More maps behind a variable are not followed, nor a variable that its function assigns among more than ten times as many.
const MOST_MAPS: usize = 16;
/// A member that is given in more places is not judged.
const MOST_GIVEN: usize = 100;

/// A variable.
type Variable = (Binding, SmolStr);
/// The unit whose own a variable is, the variable, and a member of what it holds.
type Member = (Option<u32>, SmolStr, SmolStr);

/// Adds the warnings of a document.
pub(super) fn add(db: &LiveDb, document: &DocumentView, told: &mut Told<'_>, found: &mut Vec<Check>) {
    let facts = db::file_facts(db, document.file);
    if facts.units.len() > MOST_UNITS || facts.members(ANY_KEY).next().is_some() {
        return;
    }
    let through = facts.units.iter().flat_map(|it| &it.facts.read_through).collect();
    let (made, lacking, texts) = (RefCell::default(), RefCell::default(), OnceCell::new());
    let look = Look { db, file: document.file, facts: &facts, through, made, lacking, texts };
    let mut asked = 0;
    for unit in 0..facts.units.len() as u32 {
        let says = &facts.unit(unit).facts;
        // Without members that are read there is nothing to be missed, and without such a variable nobody to miss it of.
        if says.member_reads.is_empty() || !says.reads.iter().any(|name| look.is_made(unit, name)) {
            continue;
        }
        for (range, owner, name) in look.reads(unit) {
            if asked >= MOST_ASKED || !look.lacks(unit, &owner, &name) {
                continue;
            }
            asked += 1;
            let is_told = found.iter().any(|it| it.code == "missing-member" && it.range == range);
            let is_certain =
                || !look.is_a_text(&name) && !look.is_a_text("__isa") && !look.is_asked(unit, &owner, range);
            if !is_told && told.is_seen_whole() && is_certain() {
                let symbol = Symbol::Name(owner.clone());
                if !told.may_have_more(&facts, unit, &symbol) {
                    let message = format!("`{owner}` is a map that nothing gives a member `{name}`");
                    found.push(Check { range, code: "missing-member", weight: Weight::Warning, message, fix: None });
                }
            }
        }
    }
}

struct Look<'a> {
    db: &'a LiveDb,
    file: File,
    facts: &'a FileFacts,
    /// Names that are read through `locals`, `outer` or `globals`.
    through: FxHashSet<&'a SmolStr>,
    /// Whether globals that were asked about are given nothing but such maps.
    made: RefCell<FxHashMap<SmolStr, bool>>,
    /// Whether what a variable holds lacks a member.
    lacking: RefCell<FxHashMap<Member, bool>>,
    texts: OnceCell<Texts>,
}

/// What strings of a file may be as keys, beside those that are keys of map literals.
#[derive(Default)]
struct Texts {
    /// Literals are put together, so that it may be anything.
    are_made: bool,
    words: FxHashSet<SmolStr>,
}

impl Look<'_> {
    /// The members that a unit reads of variables by a dot: place, variable, name.
    fn reads(&self, unit: u32) -> Vec<(TextRange, SmolStr, SmolStr)> {
        let Some(placed) = db::units(self.db, self.file).get(unit as usize) else { return Vec::new() };
        let read = |it: &NameUse| match &it.place {
            Place::Member(owner) if it.access != Access::Write && !it.quoted => match &**owner {
                Symbol::Name(of) => Some((it.range + placed.start, of.clone(), it.name.clone())),
                _ => None,
            },
            _ => None,
        };
        db::unit_names(self.db, placed.unit).uses.iter().filter_map(read).collect()
    }

    /// Whether that is known of the variable that a name means in a unit. Globals are asked about again and again.
    fn is_made(&self, unit: u32, name: &SmolStr) -> bool {
        if self.facts.unit(unit).kind == UnitKind::Function {
            return self.made(unit, name).is_some();
        }
        if let Some(&known) = self.made.borrow().get(name) {
            return known;
        }
        let is_made = self.made(unit, name).is_some();
        self.made.borrow_mut().insert(name.clone(), is_made);
        is_made
    }

    /// The variable that a name means in a unit, if all that it is ever given are maps made in that place; what they are, and where.
    fn made(&self, unit: u32, name: &SmolStr) -> Option<(Variable, Vec<(u32, &Sym)>)> {
        let facts = self.facts;
        if intrinsics::find(name).is_some() || self.through.contains(name) {
            return None;
        }
        let of = binding(facts, unit, name);
        let values: Vec<_> = match of {
            // Before it has a value its name may mean a global.
            Binding::Variable(owner) if owner == unit && !facts.is_global(name) => {
                let says = &facts.unit(owner).facts;
                let is_param = says.params.iter().any(|(it, _)| it == name);
                let by_closure =
                    facts.children(owner).any(|it| facts.unit(it).facts.outer.iter().any(|(it, _)| it == name));
                let around = facts.enclosing_function(owner).is_some_and(|it| facts.has_variable(it, name));
                if is_param || by_closure || around || says.assigned.len() > 10 * MOST_MAPS {
                    return None;
                }
                says.assigned.iter().filter(|(it, _)| it == name).map(|(_, value)| (owner, value)).collect()
            }
            Binding::Global => facts.globals(name).take(MOST_MAPS + 1).collect(),
            _ => return None,
        };
        let is_made = |value: &Symbol| matches!(value, Symbol::Map(_) | Symbol::New(_));
        let fits = !values.is_empty() && values.len() <= MOST_MAPS && values.iter().all(|(_, it)| is_made(it));
        fits.then(|| ((of, name.clone()), values))
    }

    /// Whether no map that a variable may hold, nor one behind it, is given a member of that name.
    fn lacks(&self, unit: u32, owner: &SmolStr, name: &SmolStr) -> bool {
        if name == "__isa" || intrinsics::type_methods("map").contains(&&**name) {
            return false;
        }
        let own = (binding(self.facts, unit, owner) != Binding::Global).then_some(unit);
        let key = (own, owner.clone(), name.clone());
        if let Some(&known) = self.lacking.borrow().get(&key) {
            return known;
        }
        let mut holders: Vec<Variable> = Vec::new();
        let mut seen = FxHashSet::default();
        let lacks = self.follow(unit, owner, name, &mut holders, &mut seen)
            && self.goes_elsewhere(name, &holders)
            && self.goes_elsewhere("__isa", &holders);
        self.lacking.borrow_mut().insert(key, lacks);
        lacks
    }

    /// Collects the variables whose maps are behind one; whether all are known, and no literal has the member.
    fn follow(
        &self,
        unit: u32,
        owner: &SmolStr,
        name: &SmolStr,
        holders: &mut Vec<Variable>,
        seen: &mut FxHashSet<SmolStr>,
    ) -> bool {
        if !seen.insert(owner.clone()) {
            return true;
        }
        let Some((variable, values)) = self.made(unit, owner).filter(|_| holders.len() < MOST_MAPS) else {
            return false;
        };
        holders.push(variable);
        values.into_iter().all(|(at, value)| match **value {
            Symbol::Map(number) => self
                .facts
                .unit(at)
                .facts
                .maps
                .get(number as usize)
                .is_some_and(|entries| entries.iter().all(|(key, _)| key != name && key != "__isa")),
            Symbol::New(number) => match self.facts.unit(at).facts.news.get(number as usize).map(|it| &**it) {
                Some(Symbol::Name(base)) => self.follow(at, base, name, holders, seen),
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether all code that gives a member of that name gives it to variables of other maps.
    fn goes_elsewhere(&self, name: &str, holders: &[Variable]) -> bool {
        self.facts.members(name).nth(MOST_GIVEN).is_none()
            && self.facts.members(name).all(|(unit, owner, _)| {
                let Symbol::Name(owner) = &**owner else { return false };
                self.made(unit, owner).is_some_and(|(variable, _)| !holders.contains(&variable))
            })
    }

    /// Whether a condition before a read asks something of the variable, as of which kind its map is: then the read may never run with others.
    fn is_asked(&self, unit: u32, owner: &SmolStr, read: TextRange) -> bool {
        let Some(placed) = db::units(self.db, self.file).get(unit as usize) else { return true };
        let root = SyntaxNode::new_root(placed.unit.green.clone());
        // The variable of the read itself ends where the member's dot stands.
        let dot = (read.start() - placed.start).checked_sub(TextSize::of('.')).unwrap_or_default();
        conditions::ask_before(&root, owner, dot)
    }

    /// Whether a name stands in a string that is no key of a map literal, or may be one that literals make together.
    fn is_a_text(&self, name: &str) -> bool {
        let texts = self.texts.get_or_init(|| Texts::of(&SyntaxNode::new_root(self.file.parse(self.db).green.clone())));
        texts.are_made || texts.words.contains(name)
    }
}

impl Texts {
    fn of(root: &SyntaxNode) -> Texts {
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
