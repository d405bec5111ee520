//! What the units of a file say of each name, kept up to date unit by unit.
//!
//! Part of `names`. Invariants: entries of a name are in the order of their units; a name without entries is not there; a clone shares
//! everything, and a changed unit copies no more than its own names and those of the last edits; units that only move concern nobody here, since entries
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

/// What a unit had of a name, and what it has.
type Change<T> = (Vec<Entry<T>>, Vec<Entry<T>>);

type Map<T> = FxHashMap<SmolStr, Arc<Vec<Entry<T>>>>;

/// Entries by name. A clone shares everything.
#[derive(Debug, Clone)]
pub struct ByName<T> {
    /// All of them, as they were at some time.
    all: Arc<Map<T>>,
    /// What stands in their place by now; under a name without entries, nothing.
    since: Arc<Map<T>>,
}

/// With more names than this that changed, all are put together: a copy of all names costs more than most edits.
const MOST_SINCE: usize = 64;

impl<T> Default for ByName<T> {
    fn default() -> ByName<T> {
        ByName { all: Arc::default(), since: Arc::default() }
    }
}

impl<T: Clone + PartialEq> ByName<T> {
    /// All entries, given in the order of units.
    pub fn of(entries: impl Iterator<Item = (SmolStr, Entry<T>)>) -> ByName<T> {
        let mut all = FxHashMap::<SmolStr, Vec<Entry<T>>>::default();
        for (name, entry) in entries {
            all.entry(name).or_default().push(entry);
        }
        let all = all.into_iter().map(|(name, entries)| (name, Arc::new(entries))).collect();
        ByName { all: Arc::new(all), since: Arc::default() }
    }

    fn find(&self, name: &str) -> Option<&Arc<Vec<Entry<T>>>> {
        self.since.get(name).or_else(|| self.all.get(name)).filter(|it| !it.is_empty())
    }

    /// The entries of a name.
    pub fn get(&self, name: &str) -> &[Entry<T>] {
        self.find(name).map_or(&[], |entries| entries.as_slice())
    }

    /// Whether it has any.
    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// All names, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &SmolStr> {
        let old = self.all.keys().filter(|name| !self.since.contains_key(*name));
        old.chain(self.since.iter().filter(|(_, entries)| !entries.is_empty()).map(|(name, _)| name))
    }

    /// Whether both are the same object.
    pub fn is(&self, other: &ByName<T>) -> bool {
        Arc::ptr_eq(&self.all, &other.all) && Arc::ptr_eq(&self.since, &other.since)
    }

    /// With other entries in the place of some: for each unit of which something is different, those it had and those it has.
    pub fn with(&self, ids: &Ids, units: impl Iterator<Item = (Named<T>, Named<T>)>) -> ByName<T> {
        let mut changed = Vec::new();
        for (before, now) in units.filter(|(before, now)| before != now) {
            let mut names: FxHashMap<SmolStr, Change<T>> = FxHashMap::default();
            before.into_iter().for_each(|(name, it)| names.entry(name).or_default().0.push(it));
            now.into_iter().for_each(|(name, it)| names.entry(name).or_default().1.push(it));
            changed.extend(names.into_iter().filter(|(_, (before, now))| before != now));
        }
        if changed.is_empty() {
            return self.clone();
        }
        let mut since = (*self.since).clone();
        // A place among others is found by where their units are, so units that are gone go first.
        for (name, (before, _)) in &changed {
            let entries = since.entry(name.clone()).or_insert_with(|| self.all.get(name).cloned().unwrap_or_default());
            if let Some(first) = before.first() {
                Arc::make_mut(entries).retain(|it| it.unit != first.unit);
            }
        }
        for (name, (_, now)) in changed {
            let entries = since.entry(name.clone()).or_insert_with(|| self.all.get(&name).cloned().unwrap_or_default());
            if let Some(first) = now.first() {
                let unit = ids.index(first.unit);
                let at = entries.partition_point(|it| ids.index(it.unit) <= unit);
                Arc::make_mut(entries).splice(at..at, now);
            }
        }
        if since.len() > MOST_SINCE {
            self.in_one(since)
        } else {
            ByName { all: self.all.clone(), since: Arc::new(since) }
        }
    }

    fn in_one(&self, since: Map<T>) -> ByName<T> {
        let mut all = (*self.all).clone();
        for (name, entries) in since {
            if entries.is_empty() {
                all.remove(&name);
            } else {
                all.insert(name, entries);
            }
        }
        ByName { all: Arc::new(all), since: Arc::default() }
    }
}
