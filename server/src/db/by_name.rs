//! What the units of a file say of each name, kept up to date unit by unit.
//!
//! Part of `names`. Invariants: entries of a name are in the order of their units; a name without entries is not there; a clone shares
//! everything, and a changed unit copies no more than the table and its own names; units that only move concern nobody here, since entries
//! know them by their numbers.

use super::ids::{Ids, UnitId};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// What one unit says of a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// The unit.
    pub unit: UnitId,
    /// What it says.
    pub says: T,
}

/// Entries with their names.
pub type Named<T> = Vec<(SmolStr, Entry<T>)>;

/// Entries by name.
#[derive(Debug, Clone)]
pub struct ByName<T>(Arc<FxHashMap<SmolStr, Arc<Vec<Entry<T>>>>>);

impl<T> Default for ByName<T> {
    fn default() -> ByName<T> {
        ByName(Arc::default())
    }
}

impl<T: Clone + PartialEq> ByName<T> {
    /// All entries, given in the order of units.
    pub fn of(entries: impl Iterator<Item = (SmolStr, Entry<T>)>) -> ByName<T> {
        let mut all = FxHashMap::<SmolStr, Vec<Entry<T>>>::default();
        for (name, entry) in entries {
            all.entry(name).or_default().push(entry);
        }
        ByName(Arc::new(all.into_iter().map(|(name, entries)| (name, Arc::new(entries))).collect()))
    }

    /// The entries of a name.
    pub fn get(&self, name: &str) -> &[Entry<T>] {
        self.0.get(name).map_or(&[], |entries| entries.as_slice())
    }

    /// Whether it has any.
    pub fn contains_key(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All names, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &SmolStr> {
        self.0.keys()
    }

    /// Whether both are the same object.
    pub fn is(&self, other: &ByName<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// With other entries in the place of some: for each unit of which something is different, those it had and those it has.
    pub fn with(&self, ids: &Ids, units: impl Iterator<Item = (Named<T>, Named<T>)>) -> ByName<T> {
        let units: Vec<_> = units.filter(|(before, now)| before != now).collect();
        let mut with = self.clone();
        if units.is_empty() {
            return with;
        }
        let all = Arc::make_mut(&mut with.0);
        // A place among others is found by where their units are, so units that are gone go first.
        for (name, entry) in units.iter().flat_map(|(before, _)| before) {
            if let Some(entries) = all.get_mut(name).filter(|it| it.iter().any(|it| it.unit == entry.unit)) {
                Arc::make_mut(entries).retain(|it| it.unit != entry.unit);
                if entries.is_empty() {
                    all.remove(name);
                }
            }
        }
        for (name, entry) in units.into_iter().flat_map(|(_, now)| now) {
            let entries = Arc::make_mut(all.entry(name).or_default());
            let unit = ids.index(entry.unit);
            let at = entries.partition_point(|it| ids.index(it.unit) <= unit);
            entries.insert(at, entry);
        }
        with
    }
}
