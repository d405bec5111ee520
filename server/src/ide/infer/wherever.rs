//! Expressions that are the same in every statement of a file, as `point.x + 1`, are asked about once.
//!
//! Part of `infer.rs`. Thousands of statements at the top of a file say the same of few globals. Invariant: what is taken for the same has the
//! same answer: it makes nothing that is known by its unit, and names no global that is followed from statement to statement.

use super::{File, Infer, MOST_STORES, Sym, Symbol, UnitRef};
use minilive_mir::ir::UnitKind;
use smol_str::SmolStr;

impl Infer<'_> {
    /// The unit in the place of which an expression may be asked about: the first statement of its file, if it is the same in all of them.
    pub(super) fn wherever(&mut self, at: UnitRef, symbol: &Sym) -> UnitRef {
        let facts = self.facts(at.file);
        let is_statement = facts.units.get(at.unit as usize).is_some_and(|it| it.kind == UnitKind::Statement);
        if !is_statement || !self.is_anywhere(at.file, symbol) {
            return at;
        }
        let first = self.statements.entry(at.file).or_insert_with(|| {
            (0u32..).zip(&facts.units).find(|(_, it)| it.kind == UnitKind::Statement).map(|(unit, _)| unit)
        });
        UnitRef { unit: first.unwrap_or(at.unit), ..at }
    }

    fn is_anywhere(&mut self, file: File, symbol: &Symbol) -> bool {
        match symbol {
            Symbol::Map(_) | Symbol::New(_) | Symbol::Function(_) => false,
            Symbol::Name(name) => !self.may_be_followed(file, name),
            _ => symbol.parts().all(|it| self.is_anywhere(file, it)),
        }
    }

    /// Whether a global may be another thing from statement to statement.
    fn may_be_followed(&mut self, file: File, name: &SmolStr) -> bool {
        let key = (file, name.clone());
        if let Some(&known) = self.followed.get(&key) {
            return known;
        }
        let stores = self.facts(file).globals(name).take(MOST_STORES + 1).count();
        let is_followed = (2..=MOST_STORES).contains(&stores);
        self.followed.insert(key, is_followed);
        is_followed
    }
}
