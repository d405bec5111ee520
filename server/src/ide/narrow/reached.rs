//! What a variable holds at a place, and what a member of its map does, by the assignments that reach the place.
//!
//! Part of `narrow`. Which assignments these are the unit's tree tells; statements at the top go on from those before them. Invariant: where
//! other code may give the variable or member something, nothing is said here, and all that it is given anywhere counts.

use crate::db::{self, FileFacts, LiveDb};
use crate::ide::infer::{Binding, Infer, Known, UnitRef, binding, is_name};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Arrival, Place, Reaching, Slot, Sym, Symbol};
use minilive_syntax::TextSize;
use smol_str::SmolStr;

/// So many values are followed to what they are taken from, for one place.
const MOST_FOLLOWED: u32 = 16;

/// More statements that give a member something are not gone through.
const MOST_UNITS: usize = 64;

/// Finds out what reaches places, one from the other.
pub struct Reached<'a> {
    db: &'a LiveDb,
    /// How many values may still be followed.
    left: u32,
}

impl<'a> Reached<'a> {
    pub fn new(db: &'a LiveDb) -> Reached<'a> {
        Reached { db, left: MOST_FOLLOWED }
    }

    /// What a symbol is at an offset of the file, functions being left as they are; none where nothing more is known than that it is one of
    /// those that it is given anywhere.
    pub fn value(&mut self, infer: &mut Infer<'_>, at: UnitRef, symbol: &Symbol, offset: TextSize) -> Option<Known> {
        match symbol {
            Symbol::Name(name) => match binding(&infer.facts(at.file), at.unit, name) {
                Binding::Variable(owner) if owner == at.unit => self.local(infer, at, name, offset),
                Binding::Global => self.global(infer, at, name, offset),
                _ => None,
            },
            Symbol::Member(owner, name) => match &**owner {
                Symbol::Name(owner) => self.member(infer, at, (owner, name), offset),
                _ => None,
            },
            _ => None,
        }
    }

    fn reaching(&self, infer: &mut Infer<'_>, at: UnitRef, slot: Slot<'_>, offset: TextSize) -> Option<Reaching> {
        let placed = db::units(self.db, at.file).get(at.unit as usize)?;
        infer.assignments(at).reaching(&placed.unit.green, slot, offset.checked_sub(placed.start)?)
    }

    /// A variable of the function that the place stands in.
    fn local(&mut self, infer: &mut Infer<'_>, at: UnitRef, name: &SmolStr, offset: TextSize) -> Option<Known> {
        let facts = infer.facts(at.file);
        let unit = facts.unit(at.unit);
        let values: Vec<_> = unit.facts.assigned.iter().filter(|(it, _)| it == name).map(|(_, value)| value).collect();
        let param = unit.facts.params.iter().rposition(|(it, _)| it == name);
        let around = around(&facts, at.unit, name).filter(|_| param.is_none());
        let is_one_of_several = values.len() + usize::from(param.is_some()) > 1;
        if !is_one_of_several && !values.iter().any(|it| leads_on(it)) || values.iter().any(|it| is_import(it)) {
            return None;
        }
        let is_open = unit.facts.open.locals || facts.children(at.unit).any(|it| facts.unit(it).facts.open.outer);
        if is_open || unit.made.contains(name) || unit.facts.writes_through && self.writes_local(at, name) {
            return None;
        }
        let found = self.reaching(infer, at, Slot::Variable(name), offset)?;
        let mut known = Known::default();
        for arrival in &found.arrivals {
            known.join(self.arrived(infer, at, arrival));
        }
        if let Some(param) = param.filter(|_| found.from_before) {
            known.join(infer.parameter(at, param, usize::MAX));
        }
        // Until it is assigned, its name means what it does around the function.
        match around.filter(|_| found.from_before) {
            Some(Binding::Variable(unit)) => known.join(infer.variable_of(UnitRef { unit, ..at }, name)),
            Some(_) => known.join(infer.global(at.file, name)),
            None => {}
        }
        (known != Known::default()).then(|| infer.held_by_variable(known, at, name))
    }

    /// Whether a function gives a variable of its own something through `locals`.
    fn writes_local(&self, at: UnitRef, name: &str) -> bool {
        let placed = db::units(self.db, at.file).at(at.unit);
        let uses = &db::unit_names(self.db, placed.unit).uses;
        uses.iter().any(|it| it.place == Place::Locals && it.access.writes() && it.name == name)
    }

    /// A global that statements alone give values, one after the other.
    fn global(&mut self, infer: &mut Infer<'_>, at: UnitRef, name: &SmolStr, offset: TextSize) -> Option<Known> {
        let facts = infer.facts(at.file);
        let own: Vec<_> = facts.globals(name).filter(|(unit, _)| *unit == at.unit).map(|(_, value)| value).collect();
        let is_own = !own.is_empty() && !facts.unit(at.unit).facts.is_assignment;
        let leads_on = facts.globals(name).any(|(_, value)| leads_on(value));
        if !is_own && !leads_on || own.iter().any(|it| is_import(it)) {
            return None;
        }
        let before = infer.stores_before(at, name, 1)?;
        let found = match is_own {
            true => self.reaching(infer, at, Slot::Variable(name), offset)?,
            false => Reaching { arrivals: Vec::new(), from_before: true },
        };
        let mut known = Known::default();
        for arrival in &found.arrivals {
            known.join(self.arrived(infer, at, arrival));
        }
        for store in before.iter().filter(|_| found.from_before) {
            let unit = UnitRef { unit: store.unit, ..at };
            // Only of an assignment is known where it stands.
            let is_plain = facts.unit(store.unit).facts.is_assignment;
            let end = db::units(self.db, at.file).at(store.unit).range().end();
            let stored =
                if is_plain { self.followed(infer, unit, &store.value, end) } else { infer.value(unit, &store.value) };
            known.join(store.left_of(stored));
        }
        (known != Known::default()).then(|| infer.with_elements_of_variable(known, at.file, None, name))
    }

    /// A member of a map that a variable holds, and that nobody else gets hold of.
    fn member(
        &mut self,
        infer: &mut Infer<'_>,
        at: UnitRef,
        (owner, name): (&SmolStr, &SmolStr),
        offset: TextSize,
    ) -> Option<Known> {
        let facts = infer.facts(at.file);
        let is_statement = facts.unit(at.unit).kind == UnitKind::Statement;
        let givers = facts.members(name).filter(|(_, of, _)| is_name(of, owner)).map(|(unit, ..)| unit);
        let mut units: Vec<_> = givers.filter(|&it| is_statement || it == at.unit).take(MOST_UNITS + 1).collect();
        if units.is_empty() || units.len() > MOST_UNITS || !infer.is_apart(at, owner) {
            return None;
        }
        let slot = Slot::Member(owner, name);
        let mut found = self.reaching(infer, at, slot, offset)?;
        let mut known = self.arrived_members(infer, at, &found, name)?;
        if is_statement {
            units.extend(facts.globals(owner).map(|(unit, _)| unit));
            units.retain(|&it| it < at.unit);
            units.sort_unstable_by(|a, b| b.cmp(a));
            units.dedup();
            for unit in units {
                if !found.from_before {
                    break;
                }
                let placed = db::units(self.db, at.file).at(unit);
                let behind = UnitRef { unit, ..at };
                found = infer.assignments(behind).left_behind(&placed.unit.green, slot)?;
                known.join(self.arrived_members(infer, behind, &found, name)?);
            }
        }
        (known != Known::default() && !found.from_before).then_some(known)
    }

    /// The values of a member that reach a place; none if some map there has no such member of its own.
    fn arrived_members(&mut self, infer: &mut Infer<'_>, at: UnitRef, found: &Reaching, name: &str) -> Option<Known> {
        let facts = infer.facts(at.file);
        let mut known = Known::default();
        for arrival in &found.arrivals {
            known.join(match *arrival.value {
                Symbol::Map(number) if arrival.is_owner => {
                    let entries = facts.unit(at.unit).facts.maps.get(number as usize)?;
                    let (_, value) = entries.iter().rfind(|(it, _)| it == name)?;
                    infer.value(at, value)
                }
                _ if arrival.is_owner => return None,
                _ => self.arrived(infer, at, arrival),
            });
        }
        Some(known)
    }

    fn arrived(&mut self, infer: &mut Infer<'_>, at: UnitRef, arrival: &Arrival) -> Known {
        let start = db::units(self.db, at.file).at(at.unit).start;
        self.followed(infer, at, &arrival.value, start + arrival.end)
    }

    /// What a value is that is taken from something else at an offset.
    fn followed(&mut self, infer: &mut Infer<'_>, at: UnitRef, value: &Sym, offset: TextSize) -> Known {
        if leads_on(value) && self.left > 0 {
            self.left -= 1;
            if let Some(known) = self.value(infer, at, value, offset) {
                return infer.called_plainly(&known);
            }
        }
        infer.value(at, value)
    }
}

/// The variable that a name of a function's own means where the function has not assigned it yet.
fn around(facts: &FileFacts, unit: u32, name: &str) -> Option<Binding> {
    match facts.enclosing_function(unit).filter(|&it| facts.has_variable(it, name)) {
        Some(outer) => Some(Binding::Variable(outer)),
        None => facts.is_global(name).then_some(Binding::Global),
    }
}

/// Whether what a value is may depend on where it is read.
fn leads_on(value: &Sym) -> bool {
    match &**value {
        Symbol::Name(_) => true,
        Symbol::Member(of, _) => matches!(**of, Symbol::Name(_)),
        _ => false,
    }
}

fn is_import(value: &Sym) -> bool {
    matches!(**value, Symbol::Import(_))
}
