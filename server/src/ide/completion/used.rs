//! Members that a function uses of a value of which nobody knows what it is, as of a parameter that no call in sight gives anything.
//!
//! Part of completion. Invariants: only code that sees the same variable is looked at; what is offered already is not offered again.

use super::super::infer::Infer;
use super::items::{Collect, Data, Item, ItemKind, fits, is_name, rank};
use crate::db;
use minilive_mir::names::{Place, Sym, Symbol};
use smol_str::SmolStr;

/// The members that the function around the cursor names of `owner`, without those that are `known`.
pub fn members(collect: &Collect<'_>, infer: &mut Infer<'_>, owner: &Sym, keys: bool, known: &[Item]) -> Vec<Item> {
    let facts = infer.facts(collect.file);
    let Some(root) = owner.root_name() else { return Vec::new() };
    let around = [Some(collect.unit.unit), facts.enclosing_function(collect.unit.unit)];
    let Some(function) = around.into_iter().flatten().find(|&it| facts.has_variable(it, root)) else {
        return Vec::new();
    };
    let units = db::units(collect.db, collect.file);
    let rank = if known.is_empty() { rank::LOCAL } else { rank::LESS };
    let mut found: Vec<Item> = Vec::new();
    let sees = facts.children(function).filter(|&it| !facts.has_variable(it, root));
    for unit in std::iter::once(function).chain(sees) {
        let placed = units.at(unit);
        for it in &db::unit_names(collect.db, placed.unit).uses {
            let is_its = matches!(&it.place, Place::Member(of) if of == owner);
            let is_typed = it.range.contains_inclusive(collect.offset.checked_sub(placed.start).unwrap_or_default());
            let is_new = |name: &SmolStr| !found.iter().chain(known).any(|it| it.label == **name);
            if !is_its
                || is_typed
                || !(keys || is_name(&it.name))
                || !fits(&it.name, collect.typed)
                || !is_new(&it.name)
            {
                continue;
            }
            let member: Sym = Symbol::Member(owner.clone(), it.name.clone()).into();
            let is_called = facts.unit(unit).facts.calls.iter().any(|(callee, _)| *callee == member);
            let kind = if is_called { ItemKind::Method } else { ItemKind::Field };
            found.push(collect.item(&it.name, kind, rank, Data::Nothing));
        }
    }
    found
}
