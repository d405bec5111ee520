//! What the units of a file say of each name, kept up to date unit by unit.
//!
//! Part of `names`. Invariants: entries of a name are in the order of their units; a name without entries is not there; a clone shares
//! everything, and a changed unit copies no more than the table and its own names.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// An entry that belongs to a unit.
pub trait OfUnit: Clone {
    /// The unit.
    fn unit(&self) -> u32;
}

impl<T: Clone> OfUnit for (u32, T) {
    fn unit(&self) -> u32 {
        self.0
    }
}

impl<T: Clone, U: Clone> OfUnit for (u32, T, U) {
    fn unit(&self) -> u32 {
        self.0
    }
}

/// Entries by name.
#[derive(Debug, Clone)]
pub struct ByName<T>(Arc<FxHashMap<SmolStr, Arc<Vec<T>>>>);

impl<T> Default for ByName<T> {
    fn default() -> ByName<T> {
        ByName(Arc::default())
    }
}

impl<T: OfUnit> ByName<T> {
    /// All entries, given in the order of units.
    pub fn of(entries: impl Iterator<Item = (SmolStr, T)>) -> ByName<T> {
        let mut all = FxHashMap::<SmolStr, Vec<T>>::default();
        for (name, entry) in entries {
            all.entry(name).or_default().push(entry);
        }
        ByName(Arc::new(all.into_iter().map(|(name, entries)| (name, Arc::new(entries))).collect()))
    }

    /// The entries of a name.
    pub fn get(&self, name: &str) -> Option<&[T]> {
        self.0.get(name).map(|entries| entries.as_slice())
    }

    /// Whether it has any.
    pub fn contains_key(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All names, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &SmolStr> {
        self.0.keys()
    }

    /// All names with their entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, &[T])> {
        self.0.iter().map(|(name, entries)| (name, entries.as_slice()))
    }

    /// Whether both are the same object.
    pub fn is(&self, other: &ByName<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Puts other entries in the place of those of a unit, which stand under the names `before`.
    pub fn replace<'a>(
        &mut self,
        unit: u32,
        before: impl Iterator<Item = &'a SmolStr>,
        now: impl Iterator<Item = (&'a SmolStr, T)>,
    ) {
        let all = Arc::make_mut(&mut self.0);
        for name in before {
            if let Some(entries) = all.get_mut(name).filter(|it| it.iter().any(|entry| entry.unit() == unit)) {
                Arc::make_mut(entries).retain(|entry| entry.unit() != unit);
                if entries.is_empty() {
                    all.remove(name);
                }
            }
        }
        for (name, entry) in now {
            let entries = Arc::make_mut(all.entry(name.clone()).or_default());
            let at = entries.partition_point(|it| it.unit() <= unit);
            entries.insert(at, entry);
        }
    }
}
