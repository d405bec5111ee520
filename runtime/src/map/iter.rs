//! Going through a map by position, as `for` does, and all at once, as intrinsics do.
//!
//! A position is a number that the interpreter keeps in a register: the rank among the live entries, or for globals the
//! place in the order of resolution (LANGUAGE 6.6). Invariants are those of `map.rs`.

use super::{MapLayout, MapRef};
use crate::fault::Eval;
use crate::realm::Realm;
use crate::value::Value;

/// What a positional step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapStep {
    /// The position for the next step.
    pub next: usize,
    /// The entry's key.
    pub key: Value,
    /// The entry's value.
    pub value: Value,
}

impl MapRef {
    /// Number of entries.
    pub fn len(self, realm: &Realm) -> usize {
        let extras = self.table().map_or(0, |table| table.len());
        match self.layout() {
            MapLayout::Shaped => self.object().len as usize,
            MapLayout::Dict => extras,
            MapLayout::Env => self.assigned_slots().count() + extras,
            MapLayout::Globals => realm.cells.assigned() + extras,
        }
    }

    /// Whether it is `{}`.
    pub fn is_empty(self, realm: &Realm) -> bool {
        self.len(realm) == 0
    }

    fn assigned_slots(self) -> impl Iterator<Item = usize> {
        (0..self.object().len as usize).filter(move |slot| !self.slot(*slot).is_absent())
    }

    /// The entry at a position, or the next one behind it; `None` at the end. Steps cost amortised O(1).
    pub fn iter_from(self, realm: &Realm, position: usize) -> Option<MapStep> {
        match self.layout() {
            MapLayout::Shaped => {
                (position < self.object().len as usize).then(|| self.step_at(realm, position, position))
            }
            MapLayout::Dict => self.table_step(position, 0),
            MapLayout::Env => match self.assigned_slots().nth(position) {
                Some(slot) => Some(self.step_at(realm, position, slot)),
                None => {
                    let before = self.assigned_slots().count();
                    self.table_step(position - before, before)
                }
            },
            MapLayout::Globals => self.view_step(realm, position),
        }
    }

    fn step_at(self, realm: &Realm, position: usize, slot: usize) -> MapStep {
        let name = realm.shared.shapes.get(self.shape()).key(slot);
        MapStep { next: position + 1, key: realm.shared.name_value(name), value: self.slot(slot) }
    }

    fn table_step(self, rank: usize, before: usize) -> Option<MapStep> {
        let (key, value) = self.table()?.at(rank)?;
        Some(MapStep { next: before + rank + 1, key, value })
    }

    fn view_step(self, realm: &Realm, position: usize) -> Option<MapStep> {
        let order = realm.cells.order();
        for (at, cell) in order.iter().enumerate().skip(position) {
            let value = realm.cells.get(*cell);
            if !value.is_absent() {
                let key = realm.shared.name_value(realm.shared.cell_name(*cell));
                return Some(MapStep { next: at + 1, key, value });
            }
        }
        let before = order.len();
        self.table_step(position.saturating_sub(before), before)
    }

    /// All entries as they are now, in order. They stay alive as long as the map holds them.
    pub fn entries(self, realm: &Realm) -> Vec<(Value, Value)> {
        let key_of = |slot: usize| realm.shared.name_value(realm.shared.shapes.get(self.shape()).key(slot));
        let mut entries: Vec<(Value, Value)> = match self.layout() {
            MapLayout::Shaped | MapLayout::Env => {
                self.assigned_slots().map(|slot| (key_of(slot), self.slot(slot))).collect()
            }
            MapLayout::Dict => Vec::new(),
            MapLayout::Globals => realm.global_entries(),
        };
        entries.extend(self.table().into_iter().flat_map(|table| table.iter()));
        entries
    }

    /// Removes and returns the first entry.
    pub fn pop_first(self, realm: &mut Realm) -> Eval<Option<(Value, Value)>> {
        if self.is_empty(realm) {
            return Ok(None);
        }
        self.check_mutable(realm)?;
        if self.layout() == MapLayout::Shaped {
            self.make_dict(realm);
        }
        if self.layout() == MapLayout::Dict {
            let first = self.edit_table(realm, |table| table.pop_first());
            if let Some((key, value)) = first {
                realm.overwritten(key);
                realm.overwritten(value);
            }
            return Ok(first);
        }
        let Some(step) = self.iter_from(realm, 0) else {
            return Ok(None);
        };
        self.remove(realm, step.key)?;
        Ok(Some((step.key, step.value)))
    }
}
