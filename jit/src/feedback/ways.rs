//! The ways to members of sites that met several: by which shapes, how far up the `__isa` chain, in which slot.
//!
//! The interpreter's slow path notes them, the compiler tests for one after the other. A cell holds the number of its list.
//! Invariants: a way depends on shapes alone, never on a map; of maps with tables it says only that they or their chains have the
//! member, and in which entry it may stand, so a list has one such way at most; a list that would grow too long, or a site that found something a way
//! cannot tell, says so for good.

use minilive_runtime::shape::ShapeId;
use std::cell::RefCell;

/// More ways than this are not told apart.
pub const MOST_WAYS: usize = 16;
/// A way leads so many steps up.
pub const MOST_STEPS: usize = 3;

/// One step up a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The slot of `__isa` where the step begins.
    pub isa_slot: u8,
    /// The shape of the map that is found there.
    pub shape: u32,
}

/// A way to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The receiver's shape.
    pub shape: u32,
    /// The steps from the receiver to the holder.
    pub steps: Box<[Step]>,
    /// The slot in the holder; of a table, the entry that it probably is.
    pub slot: u8,
    /// The holder's shape behind a store that adds the member.
    pub added: Option<u32>,
}

impl Way {
    /// The way to what a map with a table has, in an entry of this number or elsewhere, perhaps up its chain.
    pub fn of_table(entry: usize) -> Way {
        let slot = u8::try_from(entry).unwrap_or(u8::MAX);
        Way { shape: ShapeId::DICT.0, steps: Box::default(), slot, added: None }
    }

    /// Whether it is that of maps with a table.
    pub fn is_table(&self) -> bool {
        self.shape == ShapeId::DICT.0
    }

    /// Whether it leads from the same maps to the same place as another one.
    pub fn is_same(&self, other: &Way) -> bool {
        self == other || self.is_table() && other.is_table()
    }

    /// The shape of the map that so many steps lead to.
    pub fn shape_at(&self, depth: usize) -> u32 {
        if depth == 0 { self.shape } else { self.steps[depth - 1].shape }
    }
}

/// What a site's list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ways {
    /// All that were seen.
    Known(Vec<Way>),
    /// Too many, or not only ways.
    Any,
}

/// What became of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is in the list now.
    New,
    /// It was in the list.
    Known,
    /// The site is generic.
    Nothing,
}

/// The lists of all sites.
#[derive(Debug)]
pub struct WaysTable {
    lists: RefCell<Vec<Ways>>,
}

impl Default for WaysTable {
    fn default() -> WaysTable {
        // Number 0 stands for no list.
        WaysTable { lists: RefCell::new(vec![Ways::Any]) }
    }
}

impl WaysTable {
    /// Adds a way to a list, or tells that the site found something else. The result is the list's number, which is a new one for
    /// 0, and what came of it.
    pub fn add(&self, number: u32, way: Option<Way>) -> (u32, Noted) {
        let mut lists = self.lists.borrow_mut();
        let number = if number == 0 {
            lists.push(Ways::Known(Vec::new()));
            lists.len() - 1
        } else {
            number as usize
        };
        let list = &mut lists[number];
        let noted = match (&mut *list, way) {
            (Ways::Known(ways), Some(way)) if ways.iter().any(|it| it.is_same(&way)) => Noted::Known,
            (Ways::Known(ways), Some(way)) if ways.len() < MOST_WAYS => {
                ways.push(way);
                Noted::New
            }
            _ => {
                *list = Ways::Any;
                Noted::Nothing
            }
        };
        (number as u32, noted)
    }

    /// A list by its number.
    pub fn get(&self, number: u32) -> Option<Ways> {
        (number != 0).then(|| self.lists.borrow()[number as usize].clone())
    }

    /// How many lists there are.
    pub fn len(&self) -> usize {
        self.lists.borrow().len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all lists but those of these numbers, which get new ones: from 1 on, in this order.
    pub fn keep_only(&self, numbers: &[u32]) {
        let mut lists = self.lists.borrow_mut();
        let kept = numbers.iter().map(|&number| lists[number as usize].clone());
        *lists = std::iter::once(Ways::Any).chain(kept.collect::<Vec<_>>()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(shape: u32) -> Way {
        Way { shape, steps: Box::new([Step { isa_slot: 0, shape: 100 }]), slot: 3, added: None }
    }

    #[test]
    fn a_few_ways_are_told_apart_one_more_is_too_many() {
        let table = WaysTable::default();
        let (list, _) = table.add(0, Some(way(1)));
        let most = MOST_WAYS as u32;
        for shape in 2..=most {
            assert_eq!(table.add(list, Some(way(shape))), (list, Noted::New));
            assert_eq!(table.add(list, Some(way(shape - 1))), (list, Noted::Known));
        }
        assert_eq!(table.get(list), Some(Ways::Known((1..=most).map(way).collect())));
        assert_eq!(table.add(list, Some(way(most + 1))), (list, Noted::Nothing));
        assert_eq!(table.add(list, Some(way(1))), (list, Noted::Nothing));
        assert_eq!(table.get(list), Some(Ways::Any));
    }

    #[test]
    fn tables_are_one_way_wherever_the_member_stands() {
        let table = WaysTable::default();
        let (list, _) = table.add(0, Some(way(7)));
        assert_eq!(table.add(list, Some(Way::of_table(3))), (list, Noted::New));
        assert_eq!(table.add(list, Some(Way::of_table(700))), (list, Noted::Known));
        assert_eq!(table.get(list), Some(Ways::Known(vec![way(7), Way::of_table(3)])));
    }

    #[test]
    fn what_is_no_way_is_noted_for_good() {
        let table = WaysTable::default();
        let (list, noted) = table.add(0, None);
        assert_eq!(noted, Noted::Nothing);
        assert_eq!(table.add(list, Some(way(1))), (list, Noted::Nothing));
        let (other, _) = table.add(0, Some(way(7)));
        table.keep_only(&[other]);
        assert_eq!((table.get(0), table.get(1)), (None, Some(Ways::Known(vec![way(7)]))));
    }
}
