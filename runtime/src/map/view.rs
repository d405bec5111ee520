//! The map of globals: a view on the realm's cells, and a table for keys that are no names.
//!
//! `map.rs` dispatches here. Order: cells as they were resolved in this realm, then the table.

use super::{Dict, MapRef};
use crate::realm::Realm;
use crate::value::Value;

impl MapRef {
    pub(super) fn view_get(self, realm: &Realm, key: Value) -> Option<Value> {
        let cell = self.known_name(realm, key).and_then(|name| realm.cells.resolved_cell(&realm.shared, name));
        match cell {
            Some(cell) => Some(realm.cells.get(cell)).filter(|value| !value.is_absent()),
            None => self.table()?.get(key),
        }
    }

    pub(super) fn view_put(self, realm: &mut Realm, key: Value, value: Value) {
        match self.known_name(realm, key) {
            Some(name) => {
                let cell = realm.shared.cell(name);
                realm.resolve(&[cell]);
                realm.set_cell(cell, value);
            }
            None => self.table_put(realm, key, value),
        }
    }

    pub(super) fn view_remove(self, realm: &mut Realm, key: Value) -> bool {
        let cell = self.known_name(realm, key).and_then(|name| realm.cells.resolved_cell(&realm.shared, name));
        match cell {
            Some(cell) => {
                let was = realm.cells.get(cell);
                realm.set_cell(cell, Value::ABSENT);
                !was.is_absent()
            }
            None => self.table_remove(realm, key),
        }
    }

    pub(super) fn view_clear(self, realm: &mut Realm) {
        for index in 0..realm.cells.order().len() {
            let cell = realm.cells.order()[index];
            realm.set_cell(cell, Value::ABSENT);
        }
    }

    /// Takes the value of a key out of the table of the globals: its name gets a cell now.
    pub(crate) fn take_extra(self, realm: &mut Realm, key: Value) -> Option<Value> {
        if self.table().is_none_or(|table| table.len() == 0) {
            return None;
        }
        // What is taken out becomes a cell, which the cycle that may run now has looked at already.
        let (key, value) = self.edit_table(realm, |table: &mut Dict| table.remove(key))?;
        realm.overwritten(key);
        realm.overwritten(value);
        Some(value)
    }
}
