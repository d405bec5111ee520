//! Maps that nobody but the code around a variable gets hold of: all that is done to them stands there, one statement after the other.
//!
//! Part of `infer.rs`. Types follow what members of such a map are given, as they follow variables. Invariant: a map is apart only if no call, no
//! alias and no key that is worked out can reach it; whoever does not know says no.

use super::{Binding, File, Infer, Kind, MOST_STORES, Sym, Symbol, UnitKind, UnitRef, binding};
use crate::db;
use minilive_mir::names::{Assignments, keeps_to_itself};
use smol_str::SmolStr;
use std::sync::Arc;

impl Infer<'_> {
    /// What a unit assigns.
    pub fn assignments(&mut self, at: UnitRef) -> Arc<Assignments> {
        let db = self.db;
        let gather = || {
            let it = db::units(db, at.file).at(at.unit).unit;
            Arc::new(Assignments::of(&it.green, it.kind))
        };
        self.assignments.entry(at).or_insert_with(gather).clone()
    }

    /// Whether a variable, as a unit sees it, only ever holds maps that are made for it right there, and that nobody else gets hold of: a
    /// variable of the function itself, or a global of which statements at the top alone know.
    pub fn is_apart(&mut self, at: UnitRef, name: &SmolStr) -> bool {
        let facts = self.facts(at.file);
        let owner = match binding(&facts, at.unit, name) {
            Binding::Variable(owner) if owner == at.unit => Some(owner),
            Binding::Global if facts.unit(at.unit).kind == UnitKind::Statement => None,
            _ => return false,
        };
        let key = (at.file, owner, name.clone());
        if let Some(&known) = self.apart.get(&key) {
            return known;
        }
        // While this is found out nobody may rely on it.
        self.apart.insert(key.clone(), false);
        let around = match owner {
            Some(owner) => self.is_own_alone(at.file, owner, name).then(|| vec![owner]),
            None => self.statements_alone(at.file, name),
        };
        let is_apart = around.is_some_and(|units| self.is_kept_by(at.file, &units, name));
        self.apart.insert(key, is_apart);
        is_apart
    }

    /// Whether no code but a function's own can mean a variable of it.
    fn is_own_alone(&mut self, file: File, function: u32, name: &SmolStr) -> bool {
        let facts = self.facts(file);
        let unit = facts.unit(function);
        let knows = |it: u32| {
            let says = &facts.unit(it).facts;
            says.open.outer || says.reads.contains(name) || says.read_through.contains(name)
        };
        let is_through = unit.facts.writes_through || unit.facts.read_through.contains(name);
        let is_param = unit.facts.params.iter().any(|(it, _)| it == name);
        !unit.facts.open.locals
            && !is_through
            && !is_param
            && !unit.made.contains(name)
            && !facts.children(function).any(knows)
    }

    /// The statements that mean a global, if they are few and no other code does.
    fn statements_alone(&mut self, file: File, name: &SmolStr) -> Option<Vec<u32>> {
        let facts = self.facts(file);
        let is_plain = |unit: u32| {
            let it = facts.unit(unit);
            it.kind == UnitKind::Statement && !it.facts.writes_through
        };
        let readers = facts.readers(name).take(MOST_STORES + 1);
        let units: Vec<_> = readers.chain(facts.globals(name).take(MOST_STORES + 1).map(|(unit, _)| unit)).collect();
        let is_seen = units.len() <= MOST_STORES && units.iter().all(|&it| is_plain(it));
        if !is_seen || facts.is_read_through(name) || self.is_given_by_others(file, name) {
            return None;
        }
        let (program, importers) = (self.program(), self.importers(file));
        let knows = |other: File, infer: &mut Self| {
            let facts = infer.facts(other);
            facts.is_read(name) || facts.member_readers(name).next().is_some() || facts.is_read_through(name)
        };
        let is_known = program.iter().chain(importers.iter()).any(|&it| it != file && knows(it, self));
        (!is_known).then_some(units)
    }

    /// Whether some units, which are all that mean a variable, give it nothing but maps that they make for it, and those to nobody.
    fn is_kept_by(&mut self, file: File, units: &[u32], name: &SmolStr) -> bool {
        let (facts, placed) = (self.facts(file), db::units(self.db, file));
        let mut read = Vec::new();
        for &unit in units {
            let says = &facts.unit(unit).facts;
            let is_map =
                says.assigned.iter().filter(|(it, _)| it == name).all(|(_, value)| matches!(**value, Symbol::Map(_)));
            let it = placed.at(unit).unit;
            if !is_map
                || says.assigned.iter().any(|(_, value)| is_name(value, name))
                || !keeps_to_itself(&it.green, name, &mut read)
            {
                return false;
            }
        }
        read.iter().all(|member| self.is_never_called(file, units, name, member))
    }

    /// Whether what a member of the map that a variable holds is given is certainly no function, which reading would call; and it is given
    /// something.
    fn is_never_called(&mut self, file: File, units: &[u32], name: &SmolStr, member: &SmolStr) -> bool {
        let facts = self.facts(file);
        let mut is_given = false;
        for &unit in units {
            let says = facts.unit(unit).facts.clone();
            let stored =
                says.members.iter().filter(|(owner, it, _)| it == member && is_name(owner, name)).map(|it| &it.2);
            let made = says.assigned.iter().filter(|(it, _)| it == name).filter_map(|(_, value)| match **value {
                Symbol::Map(number) => says.maps.get(number as usize),
                _ => None,
            });
            let made = made.flatten().filter(|(it, _)| it == member).map(|it| &it.1);
            for value in stored.chain(made) {
                is_given = true;
                let known = self.uncalled(UnitRef { file, unit }, value);
                let may_call = |it: &Kind| matches!(it, Kind::Function(_) | Kind::Intrinsic(_));
                if known.vague || known.kinds.is_empty() || known.kinds.iter().any(may_call) {
                    return false;
                }
            }
        }
        is_given && member != "__isa"
    }
}

/// Whether an expression is a bare name.
pub fn is_name(symbol: &Sym, name: &str) -> bool {
    matches!(&**symbol, Symbol::Name(it) if it == name)
}
