//! Numbers that the units of a file keep while others come and go.
//!
//! `names` gives them and keeps what units say of names under them; outside of it a unit is known by its place in the list of units, which
//! changes with every function that comes or goes before it. Invariants: tables that share a counter never use a number for two units; of
//! two units with numbers of one counter, the one that stood before the other stands before it for as long as both are there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The number of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitId(u32);

/// No unit.
const NONE: u32 = u32::MAX;

/// The numbers of the units of a file. A clone shares everything.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    next: Arc<AtomicU32>,
    table: Arc<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// By index.
    ids: Vec<UnitId>,
    /// By number.
    indexes: Vec<u32>,
}

impl Ids {
    /// Numbers for so many units.
    pub fn new(count: usize) -> Ids {
        let indexes: Vec<_> = (0..count as u32).collect();
        let table = Table { ids: indexes.iter().map(|&index| UnitId(index)).collect(), indexes };
        Ids { next: Arc::new(AtomicU32::new(count as u32)), table: Arc::new(table) }
    }

    /// Numbers where some units came and others went: the first `start` and the last `end` are those that were; between them stand
    /// those that had these indexes, and new ones. None if so many came and went that numbers hardly are in use.
    pub fn with(&self, start: usize, from: &[Option<u32>], end: usize) -> Option<Ids> {
        let before = &self.table.ids;
        let is_same = start + from.len() + end == before.len()
            && (0u32..).zip(from).all(|(at, from)| *from == Some(start as u32 + at));
        if is_same {
            return Some(self.clone());
        }
        let mut ids = Vec::with_capacity(start + from.len() + end);
        ids.extend_from_slice(&before[..start]);
        ids.extend(from.iter().map(|from| match from {
            Some(index) => before[*index as usize],
            None => UnitId(self.next.fetch_add(1, Ordering::Relaxed)),
        }));
        ids.extend_from_slice(&before[before.len() - end..]);
        let most = self.next.load(Ordering::Relaxed) as usize;
        if most > 4 * ids.len() + 1000 {
            return None;
        }
        let mut indexes = vec![NONE; most];
        for (index, id) in (0u32..).zip(&ids) {
            indexes[id.0 as usize] = index;
        }
        Some(Ids { next: self.next.clone(), table: Arc::new(Table { ids, indexes }) })
    }

    /// The number of the unit at an index.
    pub fn id(&self, index: u32) -> UnitId {
        self.table.ids[index as usize]
    }

    /// Where the unit of that number is now.
    pub fn index(&self, id: UnitId) -> Option<u32> {
        self.table.indexes.get(id.0 as usize).copied().filter(|&index| index != NONE)
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.table.ids.len()
    }

    /// Whether a number means the same unit in both.
    pub fn are_comparable(&self, other: &Ids) -> bool {
        Arc::ptr_eq(&self.next, &other.next)
    }

    /// Whether both have the same units.
    pub fn are_same(&self, other: &Ids) -> bool {
        Arc::ptr_eq(&self.table, &other.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_keep_their_numbers_while_others_come_and_go() {
        let first = Ids::new(4);
        let more = first.with(1, &[Some(1), None], 2).expect("few numbers are in use");
        assert_eq!((more.len(), more.id(1), more.id(3)), (5, first.id(1), first.id(2)));
        assert_eq!(first.index(more.id(2)), None);
        let less = more.with(0, &[Some(2)], 1).expect("few numbers are in use");
        assert_eq!(
            (less.index(more.id(2)), less.index(first.id(3)), less.index(first.id(0))),
            (Some(0), Some(1), None)
        );
        assert!(less.are_comparable(&first) && !Ids::new(4).are_comparable(&first));
        assert!(more.with(0, &[Some(0), Some(1)], 3).is_some_and(|same| same.are_same(&more)));
    }

    #[test]
    fn a_number_is_never_given_twice() {
        let mut ids = Ids::new(2);
        let (mut seen, mut rounds) = (vec![ids.id(0), ids.id(1)], 0);
        while let Some(next) = ids.with(1, &[None], 0) {
            assert!(!seen.contains(&next.id(1)), "{:?} again", next.id(1));
            seen.push(next.id(1));
            (ids, rounds) = (next, rounds + 1);
        }
        assert!(rounds > 500, "numbers ran out after {rounds} units");
    }
}
