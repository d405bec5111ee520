//! Whether a map whose keys are worked out may be reached past its name: through a loop, a key or a method of the map that holds it.
//!
//! Part of `dictionaries`; types tell where values are taken of a map that they do not name. Invariant: a way past the name is overlooked
//! only where what is looked into certainly holds none of those maps.

use super::{Dictionary, Look};
use crate::db::{self, PlacedUnit};
use crate::guide::{Gives, gives};
use minilive_mir::ir::{Inst, InstId};
use minilive_mir::names::Symbol;
use minilive_runtime::intrinsics::IntrinsicId;
use minilive_syntax::TextRange;
use minilive_syntax::ast::{AssignStmt, AstNode, CallStmt, Expr, ForStmt, PostfixExpr, Suffix};
use smol_str::SmolStr;

impl Look<'_> {
    /// Whether any of these maps may be had without its name. One that a variable holds has no other name.
    pub(super) fn is_any_reached(&self, found: &[Dictionary]) -> bool {
        let is_member = |it: &Dictionary| matches!(it, Dictionary::Member(_));
        if !found.iter().any(is_member) {
            return false;
        }
        let takes_of_entries = self.file.text(self.db).contains("value");
        let around = db::surroundings(self.db, self.file);
        (0u32..).zip(self.units.iter()).any(|(unit, placed)| {
            let types = db::unit_types(self.db, placed.unit, &around.units[unit as usize], &around.members);
            types.unnamed.iter().any(|&inst| {
                let is_loop = self.is_loop(placed, inst);
                (!is_loop || takes_of_entries) && !self.is_harmless_look((unit, placed), (inst, is_loop), found)
            })
        })
    }

    fn is_loop(&self, placed: PlacedUnit<'_>, inst: InstId) -> bool {
        matches!(db::function_mir(self.db, placed.unit).unit.insts[inst.0 as usize], Inst::IterInit { .. })
    }

    /// Whether what an instruction looks into holds none of these maps.
    fn is_harmless_look(
        &self,
        (unit, placed): (u32, PlacedUnit<'_>),
        (inst, is_loop): (InstId, bool),
        found: &[Dictionary],
    ) -> bool {
        let range = db::unit_places(self.db, placed.unit).ranges.get(inst.0 as usize);
        let Some(owner) = range.and_then(|range| self.looked_into(*range + placed.start, is_loop)) else {
            return false;
        };
        let is_it = |it: &&Dictionary| match (it, &owner) {
            (Dictionary::Variable(of, name), Owner::Variable(it)) => {
                it == name && super::binding(self.facts, unit, it) == *of
            }
            (Dictionary::Member(name), Owner::Member(it)) => it == name,
            _ => false,
        };
        match (found.iter().find(is_it), &owner) {
            (Some(it), _) => !self.holds_any(it, found),
            (None, Owner::Member(name)) => self.is_given(name, is_no_map) || self.gives_list(name),
            (None, Owner::Variable(_)) => false,
        }
    }

    /// Whether members of that name are nothing but methods of the language that make a list.
    fn gives_list(&self, name: &str) -> bool {
        let is_list = |id| matches!(gives(id), Gives::Numbers | Gives::Texts | Gives::Indexes | Gives::Elements);
        let mut all = IntrinsicId::all().filter(|id| id.def().name == name).peekable();
        !self.facts.has_member(name) && all.peek().is_some() && all.all(is_list)
    }

    /// What stands before the key or the method at a place, or is gone through there, if it has a name.
    fn looked_into(&self, range: TextRange, is_loop: bool) -> Option<Owner> {
        let element = self.root.covering_element(range);
        if is_loop {
            let whole = element.ancestors().find_map(ForStmt::cast)?.iterable().filter(|it| it.range() == range)?;
            return Owner::of(&whole, usize::MAX);
        }
        if let Some(assign) = element.ancestors().find_map(AssignStmt::cast).filter(|it| it.range() == range) {
            let Expr::Postfix(chain) = assign.target()? else { return None };
            let last = chain.suffixes().count().checked_sub(1)?;
            return Owner::of(&Expr::Postfix(chain), last);
        }
        let chain = element.ancestors().find_map(|it| match CallStmt::cast(it.clone()).and_then(|it| it.callee()) {
            Some(Expr::Postfix(chain)) => Some(chain),
            _ => PostfixExpr::cast(it),
        })?;
        let suffixes: Vec<_> = chain.suffixes().collect();
        let last = suffixes.iter().position(|it| it.range().end() == range.end())?;
        let is_call = matches!(suffixes[last], Suffix::Call(_));
        Owner::of(&Expr::Postfix(chain), if is_call { last.checked_sub(1)? } else { last })
    }

    /// Whether one of these maps has another of them as a member with a name.
    fn holds_any(&self, it: &Dictionary, found: &[Dictionary]) -> bool {
        let (Dictionary::Variable(_, own) | Dictionary::Member(own)) = it;
        let is_own = |owner: &Symbol| matches!(owner, Symbol::Name(it) | Symbol::Member(_, it) if it == own);
        found.iter().any(|other| {
            let Dictionary::Member(name) = other else { return false };
            self.facts.members(name).any(|(_, owner, _)| is_own(owner))
                || self.facts.keys(name).next().is_some() && self.is_full(own)
        })
    }

    /// Whether a literal with entries is given to a name.
    fn is_full(&self, name: &SmolStr) -> bool {
        let units = self.facts.units.iter().map(|it| &it.facts);
        units.into_iter().any(|says| {
            let members = says.members.iter().map(|(_, name, value)| (name, value));
            let keys = says.maps.iter().flatten().map(|(name, value)| (name, value));
            let variables =
                says.assigned.iter().chain(&says.outer).chain(&says.globals).map(|(name, value)| (name, value));
            let mut given = members.chain(keys).chain(variables).filter(|(it, _)| *it == name);
            given.any(|(_, value)| match **value {
                Symbol::Map(number) => says.maps.get(number as usize).is_none_or(|entries| !entries.is_empty()),
                _ => false,
            })
        })
    }
}

/// What something is taken of.
enum Owner {
    Variable(SmolStr),
    Member(SmolStr),
}

impl Owner {
    /// The name at the end of a chain that is cut before one of its suffixes.
    fn of(whole: &Expr, before: usize) -> Option<Owner> {
        let name = |token: Option<minilive_syntax::SyntaxToken>| token.map(|it| SmolStr::new(it.text()));
        match whole {
            Expr::Name(it) => name(it.name_token()).map(Owner::Variable),
            Expr::Postfix(chain) => match (chain.base()?, chain.suffixes().take(before).last()) {
                (_, Some(Suffix::Member(member))) => name(member.name_token()).map(Owner::Member),
                (Expr::Name(it), None) => name(it.name_token()).map(Owner::Variable),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_no_map(value: &Symbol) -> bool {
    matches!(value, Symbol::List(_) | Symbol::Number | Symbol::Text | Symbol::Null | Symbol::Function(_))
}
