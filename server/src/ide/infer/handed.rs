//! Functions that code hands on: by `@name` they become members of maps beside the one that they stand in, and `self` is those as well.
//!
//! Part of `infer.rs`. Families of names ask; types go by the map that a function stands in. Invariant: what a function is handed to is found
//! out for all functions of a program together, once, and not while something else is being found out.

use super::{Infer, Kind, Object, Symbol, UnitRef};
use minilive_mir::ir::UnitKind;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The maps by the functions that they are given.
pub(super) type Handed = FxHashMap<UnitRef, Vec<Object>>;

impl Infer<'_> {
    /// The maps that a function, or the one around it, is handed to.
    pub fn handed_to(&mut self, function: UnitRef) -> Vec<Object> {
        let facts = self.facts(function.file);
        if facts.unit(function.unit).kind != UnitKind::Function {
            return Vec::new();
        }
        let handed = self.handed();
        let around = facts.enclosing_function(function.unit).map(|unit| UnitRef { unit, ..function });
        let all = std::iter::once(function).chain(around);
        all.filter_map(|it| handed.get(&it)).flatten().copied().collect()
    }

    fn handed(&mut self) -> Arc<Handed> {
        if let Some(known) = &self.handed {
            return known.clone();
        }
        let mut found = Handed::default();
        for &file in self.program().iter() {
            let facts = self.facts(file);
            for (unit, it) in (0u32..).zip(&facts.units) {
                let at = UnitRef { file, unit };
                for (number, entries) in (0u32..).zip(&it.facts.maps) {
                    for (_, value) in entries.iter().filter(|(_, value)| is_reference(value)) {
                        self.add_handed(at, value, &[Object::Literal(at, number)], &mut found);
                    }
                }
                for (owner, _, value) in it.facts.members.iter().filter(|(_, _, value)| is_reference(value)) {
                    let owners: Vec<Object> = self.value(at, owner).objects().map(Object::maker).collect();
                    self.add_handed(at, value, &owners, &mut found);
                }
            }
        }
        self.handed.insert(Arc::new(found)).clone()
    }

    fn add_handed(&mut self, at: UnitRef, value: &super::Sym, owners: &[Object], found: &mut Handed) {
        for kind in self.uncalled(at, value).kinds {
            let Kind::Function(function) = kind else { continue };
            let known = found.entry(function).or_default();
            for &owner in owners {
                if !known.contains(&owner) {
                    known.push(owner);
                }
            }
        }
    }
}

fn is_reference(value: &Symbol) -> bool {
    matches!(value, Symbol::Ref(_))
}
