//! Shapes: which names a map's slots have, in which order. Shared by all realms, append-only, read without locks.
//!
//! `map` walks transitions when a key is added; inline caches compare ids; the compile thread reads shapes by id.
//! Invariants: a shape never changes but for its outgoing transitions; slot i of a map has the name `key(i)` of its shape;
//! shapes of environments have their own root, so that a guard on an ordinary shape proves every slot to be assigned.

use crate::append::AppendTable;
use crate::shared::Name;
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A shape's index; what stands in the header of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId(pub u32);

impl ShapeId {
    /// Of objects that are no maps.
    pub const NONE: ShapeId = ShapeId(0);
    /// Of maps with a table.
    pub const DICT: ShapeId = ShapeId(1);
    /// Of the map of globals.
    pub const GLOBALS: ShapeId = ShapeId(2);
    /// The empty map.
    pub const EMPTY: ShapeId = ShapeId(3);
    /// An environment without variables.
    pub const EMPTY_ENV: ShapeId = ShapeId(4);
}

/// The most slots of an ordinary map before it becomes a table, if the program names its keys.
pub const MAX_SLOTS: usize = 250;
/// The same if it works them out.
pub const MAX_COMPUTED_SLOTS: usize = 64;
/// The most slots an environment may grow to by names added at run time.
pub const MAX_ENV_SLOTS: usize = 4096;
/// How many shapes there may be at all, environments declared by code aside.
const MAX_SHAPES: u32 = 1 << 16;
/// How many new shapes the maps of one realm may bring.
pub const REALM_SHAPES: u32 = 8192;
/// How many different keys may follow one shape before maps turn into tables instead.
const MAX_TRANSITIONS: usize = 256;
/// So many ways from a shape, and keys that the program works out are taken for data: they make tables.
const MAX_COMPUTED: usize = 12;
/// How many names and shapes one realm may bring by keys that it works out, and by removals.
pub const REALM_COMPUTED: u32 = 512;
/// A map of more slots becomes a table when a key is removed, unless that is the last one.
const MAX_CLOSED_UP: usize = 16;
/// From this many keys on a shape has an index.
const INDEXED_FROM: usize = 9;

/// One shape.
#[derive(Debug)]
pub struct Shape {
    keys: Box<[ShapeKey]>,
    /// Power-of-two table of slot + 1, by name; empty for few keys.
    index: Box<[u16]>,
    env: bool,
    /// Its environments have names in a table besides.
    opened: bool,
    /// The last transition taken: name + 1 in the high half, shape in the low.
    last: AtomicU64,
    transitions: Mutex<FxHashMap<Name, ShapeId>>,
    /// The shapes without one of the keys.
    removals: Mutex<FxHashMap<Name, ShapeId>>,
}

/// A key of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeKey {
    /// The name.
    pub name: Name,
    /// The hash of its text.
    pub hash: u32,
}

#[inline(always)]
fn spread(name: Name) -> usize {
    name.0.wrapping_mul(0x9E37_79B1) as usize >> 8
}

impl Shape {
    fn new(keys: Box<[ShapeKey]>, env: bool) -> Shape {
        let index = if keys.len() < INDEXED_FROM { Box::default() } else { Shape::build_index(&keys) };
        Shape {
            keys,
            index,
            env,
            opened: false,
            last: AtomicU64::new(0),
            transitions: Mutex::default(),
            removals: Mutex::default(),
        }
    }

    fn build_index(keys: &[ShapeKey]) -> Box<[u16]> {
        let size = (keys.len() * 2).next_power_of_two();
        let mut index = vec![0u16; size].into_boxed_slice();
        for (slot, key) in keys.iter().enumerate() {
            let mut at = spread(key.name) & (size - 1);
            while index[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            index[at] = slot as u16 + 1;
        }
        index
    }

    /// How many slots there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no slots.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether slots may be absent.
    pub fn is_env(&self) -> bool {
        self.env
    }

    /// The name of a slot.
    #[inline(always)]
    pub fn key(&self, slot: usize) -> Name {
        self.keys[slot].name
    }

    /// All keys in slot order.
    #[inline(always)]
    pub fn keys(&self) -> &[ShapeKey] {
        &self.keys
    }

    /// The slot of a name.
    #[inline]
    pub fn slot_of(&self, name: Name) -> Option<usize> {
        if self.index.is_empty() {
            return self.keys.iter().position(|key| key.name == name);
        }
        let mask = self.index.len() - 1;
        let mut at = spread(name) & mask;
        loop {
            let slot = self.index[at].checked_sub(1)? as usize;
            if self.keys[slot].name == name {
                return Some(slot);
            }
            at = (at + 1) & mask;
        }
    }
}

/// All shapes of an engine.
#[derive(Debug)]
pub struct Shapes {
    all: AppendTable<Shape>,
    /// Environments whose names are declared at once, by their names.
    declared: Mutex<FxHashMap<Box<[Name]>, ShapeId>>,
    /// See [`Shapes::opened`].
    opened: Mutex<FxHashMap<ShapeId, ShapeId>>,
}

impl Default for Shapes {
    fn default() -> Shapes {
        let all = AppendTable::default();
        for id in 0..=ShapeId::EMPTY_ENV.0 {
            all.push(Shape::new(Box::default(), id == ShapeId::EMPTY_ENV.0));
        }
        Shapes { all, declared: Mutex::default(), opened: Mutex::default() }
    }
}

impl Shapes {
    /// The shape with an id.
    #[inline(always)]
    pub fn get(&self, id: ShapeId) -> &Shape {
        self.all.get(id.0).expect("shape ids come from this table")
    }

    /// How many shapes there are.
    pub fn len(&self) -> u32 {
        self.all.len()
    }

    /// Never: the fixed shapes are always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The shape with one more name, or `None` if maps should turn into tables instead. A new shape is taken off `fresh`:
    /// maps whose keys come in ever new orders are data, not objects.
    pub fn transition(&self, from: ShapeId, key: ShapeKey, fresh: &mut u32) -> Option<ShapeId> {
        let shape = self.get(from);
        let last = shape.last.load(Ordering::Acquire);
        if last >> 32 == u64::from(key.name.0) + 1 {
            return Some(ShapeId(last as u32));
        }
        let mut transitions = shape.transitions.lock().unwrap_or_else(PoisonError::into_inner);
        let most = if shape.env { MAX_ENV_SLOTS } else { MAX_SLOTS };
        let to = match transitions.get(&key.name) {
            Some(&known) => known,
            None if shape.len() >= most || transitions.len() >= MAX_TRANSITIONS => return None,
            None if *fresh == 0 || self.all.len() >= MAX_SHAPES => return None,
            None => {
                *fresh -= 1;
                let keys = shape.keys.iter().copied().chain([key]).collect();
                let made = ShapeId(self.all.push(Shape::new(keys, shape.env)));
                transitions.insert(key.name, made);
                made
            }
        };
        shape.last.store((u64::from(key.name.0) + 1) << 32 | u64::from(to.0), Ordering::Release);
        Some(to)
    }

    /// Whether the shape may have one more name that a program worked out, which is no name yet.
    pub fn takes_computed(&self, from: ShapeId) -> bool {
        let shape = self.get(from);
        let transitions = shape.transitions.lock().unwrap_or_else(PoisonError::into_inner);
        shape.len() < MAX_COMPUTED_SLOTS && transitions.len() < MAX_COMPUTED
    }

    /// The shape of ordinary maps that lost the key of a slot, or `None` if they should turn into tables instead.
    pub fn without(&self, from: ShapeId, slot: usize, fresh: &mut u32) -> Option<ShapeId> {
        let shape = self.get(from);
        let mut removals = shape.removals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = removals.get(&shape.key(slot)) {
            return Some(known);
        }
        let is_last = slot + 1 == shape.len();
        if *fresh == 0 || shape.len() > MAX_CLOSED_UP && !is_last {
            return None;
        }
        let left = shape.keys.iter().enumerate().filter(|(at, _)| *at != slot);
        let to = left.map(|(_, key)| *key).try_fold(ShapeId::EMPTY, |at, key| self.transition(at, key, fresh))?;
        removals.insert(shape.key(slot), to);
        Some(to)
    }

    /// The shape of environments like these that have names in a table besides: what was compiled for the variables of a shape alone
    /// does not fit it.
    pub fn opened(&self, from: ShapeId) -> ShapeId {
        if self.get(from).opened {
            return from;
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        *opened.entry(from).or_insert_with(|| {
            let shape = Shape::new(self.get(from).keys.clone(), true);
            ShapeId(self.all.push(Shape { opened: true, ..shape }))
        })
    }

    /// The shape of an environment with the given variables, which all start absent.
    pub fn environment(&self, keys: &[ShapeKey]) -> ShapeId {
        if keys.is_empty() {
            return ShapeId::EMPTY_ENV;
        }
        let names: Box<[Name]> = keys.iter().map(|key| key.name).collect();
        let mut declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        *declared.entry(names).or_insert_with(|| ShapeId(self.all.push(Shape::new(keys.into(), true))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(index: u32) -> ShapeKey {
        ShapeKey { name: Name(index), hash: index * 7 }
    }

    #[test]
    fn equal_ways_lead_to_equal_shapes() {
        let shapes = Shapes::default();
        let mut ends = Vec::new();
        let mut fresh = 40;
        for _ in 0..2 {
            let mut at = ShapeId::EMPTY;
            for index in 0..40 {
                at = shapes.transition(at, key(index), &mut fresh).expect("room for it");
                assert_eq!(shapes.get(at).slot_of(Name(index)), Some(index as usize));
                assert_eq!(shapes.get(at).slot_of(Name(index + 1)), None);
            }
            ends.push(at);
        }
        assert_eq!(ends[0], ends[1]);
        assert!((0..40).all(|index| shapes.get(ends[0]).slot_of(Name(index)) == Some(index as usize)));
    }

    #[test]
    fn too_many_slots_or_ways_make_a_table() {
        let shapes = Shapes::default();
        let mut fresh = 1000;
        let mut at = ShapeId::EMPTY;
        for index in 0..MAX_SLOTS as u32 {
            at = shapes.transition(at, key(index), &mut fresh).expect("room for it");
        }
        assert_eq!(shapes.transition(at, key(1000), &mut fresh), None);
        let ways =
            (0..1000).filter(|index| shapes.transition(ShapeId::EMPTY, key(*index), &mut fresh).is_some()).count();
        assert_eq!(ways, MAX_TRANSITIONS);
    }

    #[test]
    fn a_realm_brings_only_so_many_shapes() {
        let shapes = Shapes::default();
        let mut fresh = 2;
        let made = (0..5).filter(|index| shapes.transition(ShapeId::EMPTY, key(*index), &mut fresh).is_some()).count();
        assert_eq!(made, 2);
        assert!(shapes.transition(ShapeId::EMPTY, key(1), &mut fresh).is_some());
    }

    #[test]
    fn a_key_less_is_the_shape_of_the_other_keys() {
        let shapes = Shapes::default();
        let of = |keys: &[u32]| {
            keys.iter().fold(ShapeId::EMPTY, |at, index| shapes.transition(at, key(*index), &mut 99).expect("room"))
        };
        let abc = of(&[1, 2, 3]);
        for _ in 0..2 {
            assert_eq!(shapes.without(abc, 2, &mut 1), Some(of(&[1, 2])));
            assert_eq!(shapes.without(abc, 0, &mut 9), Some(of(&[2, 3])));
        }
        assert_eq!(shapes.without(abc, 1, &mut 0), None);
        let many: Vec<u32> = (0..40).collect();
        assert_eq!(shapes.without(of(&many), 39, &mut 1), Some(of(&many[..39])));
        assert_eq!(shapes.without(of(&many), 3, &mut 99), None);
    }

    #[test]
    fn environments_have_shapes_of_their_own() {
        let shapes = Shapes::default();
        let env = shapes.environment(&[key(1), key(2)]);
        assert_eq!(shapes.environment(&[key(1), key(2)]), env);
        assert!(shapes.get(env).is_env());
        assert!(!shapes.get(shapes.transition(ShapeId::EMPTY, key(1), &mut 1).expect("room")).is_env());
    }
}
