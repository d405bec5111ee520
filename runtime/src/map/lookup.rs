//! Where shapes keep names: small tables in front of the shapes' own indexes, for lookups along `__isa` chains and for texts.
//!
//! `ops::member` asks it at each step of a chain, the engine for `super`, compiled code at sites that met many shapes. An answer depends on the shape alone and shapes never
//! change, so nothing is ever taken back. Invariant: an entry is what the shape itself would answer.

use crate::names;
use crate::realm::Realm;
use crate::shape::ShapeId;
use crate::shared::Name;
use crate::string::StringRef;
use std::cell::Cell;
use std::mem::offset_of;

/// Entries of the table; a power of two.
pub const LOOKUP_ENTRIES: usize = 512;
/// What a shape and a turned name are multiplied with, as 32 bits; the place is in the upper half.
pub const LOOKUP_FACTOR: u32 = 0x9E37_79B1;
/// By how many bits a name is turned to the left.
pub const LOOKUP_TURN: u32 = 16;
/// By how many bits the product is shifted to the right.
pub const LOOKUP_SHIFT: u32 = 16;
/// Bytes of an entry.
pub const LOOKUP_BYTES: usize = size_of::<Entry>();
/// Offset of an entry's shape (u32).
pub const LOOKUP_SHAPE: usize = offset_of!(Entry, shape);
/// Offset of an entry's name (u32).
pub const LOOKUP_NAME: usize = offset_of!(Entry, name);
/// Offset of the name's slot (u16), [`NOWHERE`] if the shape has none.
pub const LOOKUP_SLOT: usize = offset_of!(Entry, slot);
/// Offset of the slot of `__isa` (u16), likewise.
pub const LOOKUP_ISA: usize = offset_of!(Entry, isa);

/// In the table of keys, whose entries are found by a shape and a hash as those above by a shape and a name: offset of the key's name (u32).
pub const KEY_NAME: usize = offset_of!(KeyEntry, name);
/// Offset of the key's slot (u16), [`NOWHERE`] if the shape has no key of the hash.
pub const KEY_SLOT: usize = offset_of!(KeyEntry, slot);

const _: () = {
    assert!(size_of::<KeyEntry>() == LOOKUP_BYTES);
    assert!(offset_of!(KeyEntry, shape) == LOOKUP_SHAPE && offset_of!(KeyEntry, hash) == LOOKUP_NAME);
};

/// No slot.
pub const NOWHERE: u16 = u16::MAX;

#[derive(Debug, Clone, Copy)]
#[repr(C, align(16))]
struct Entry {
    shape: ShapeId,
    name: Name,
    slot: u16,
    isa: u16,
}

/// Slots of a shape that a step along a chain needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// The slot of the name.
    pub own: Option<usize>,
    /// The slot of `__isa`.
    pub isa: Option<usize>,
}

/// The table; one a realm, made at the first lookup.
#[derive(Debug, Default)]
pub(crate) struct SlotCache {
    entries: Option<Box<[Entry; LOOKUP_ENTRIES]>>,
}

/// Where maps of a shape have the key of a text, for indexes. Interior, since reading a map changes nothing else.
#[derive(Debug)]
pub(crate) struct KeyCache {
    entries: Box<[Cell<KeyEntry>; LOOKUP_ENTRIES]>,
}

impl Default for KeyCache {
    fn default() -> KeyCache {
        // The shape of no map, so that it matches no question.
        let empty = KeyEntry { shape: ShapeId::NONE, hash: 0, name: Name(0), slot: NOWHERE };
        KeyCache { entries: Box::new(std::array::from_fn(|_| Cell::new(empty))) }
    }
}

impl KeyCache {
    /// Where compiled code finds it.
    pub(crate) fn address(&self) -> *const u8 {
        self.entries.as_ptr().cast()
    }
}

/// What a shape answers to texts of a hash: the one key that has it, or none.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct KeyEntry {
    shape: ShapeId,
    hash: u32,
    name: Name,
    slot: u16,
}

#[inline(always)]
fn place(shape: ShapeId, name: Name) -> usize {
    let product = (shape.0 ^ name.0.rotate_left(LOOKUP_TURN)).wrapping_mul(LOOKUP_FACTOR);
    (product >> LOOKUP_SHIFT) as usize & (LOOKUP_ENTRIES - 1)
}

fn packed(slot: Option<usize>) -> Option<u16> {
    slot.map_or(Some(NOWHERE), |slot| u16::try_from(slot).ok().filter(|&slot| slot != NOWHERE))
}

#[inline(always)]
fn unpacked(slot: u16) -> Option<usize> {
    (slot != NOWHERE).then_some(usize::from(slot))
}

impl Realm {
    /// The slots of a name and of `__isa` in maps of a shape.
    #[inline]
    pub fn slots_of(&mut self, shape: ShapeId, name: Name) -> Slots {
        match self.slot_cache.entries.as_ref().map(|entries| &entries[place(shape, name)]) {
            Some(entry) if entry.shape == shape && entry.name == name => {
                Slots { own: unpacked(entry.slot), isa: unpacked(entry.isa) }
            }
            _ => self.find_slots(shape, name),
        }
    }

    #[inline(never)]
    fn find_slots(&mut self, shape: ShapeId, name: Name) -> Slots {
        let keys = self.shared.shapes.get(shape);
        let slots = Slots { own: keys.slot_of(name), isa: keys.slot_of(names::ISA) };
        // The shape of no map, so that it matches no question.
        let empty = Entry { shape: ShapeId::NONE, name, slot: NOWHERE, isa: NOWHERE };
        let entries = self.slot_cache.entries.get_or_insert_with(|| Box::new([empty; LOOKUP_ENTRIES]));
        self.head.lookups = entries.as_ptr().cast();
        if let (Some(slot), Some(isa)) = (packed(slots.own), packed(slots.isa)) {
            entries[place(shape, name)] = Entry { shape, name, slot, isa };
        }
        slots
    }

    /// The slot of the key with this text in maps of a shape.
    #[inline]
    pub(crate) fn slot_of_text(&self, shape: ShapeId, text: StringRef) -> Option<usize> {
        let hash = text.hash();
        let entry = self.key_cache.entries[place(shape, Name(hash))].get();
        if entry.shape == shape && entry.hash == hash {
            if entry.slot == NOWHERE {
                return None;
            }
            if text.known_name().map_or_else(|| self.is_name(entry.name, text), |name| name == entry.name) {
                return Some(usize::from(entry.slot));
            }
        }
        self.find_slot_of_text(shape, text)
    }

    /// Whether a text is that of a name, which it remembers.
    fn is_name(&self, name: Name, text: StringRef) -> bool {
        let same = self.shared.name_value(name).as_string().is_some_and(|known| known.same_text(text));
        if same {
            text.learn_name(name);
        }
        same
    }

    #[inline(never)]
    fn find_slot_of_text(&self, shape: ShapeId, text: StringRef) -> Option<usize> {
        let (hash, keys) = (text.hash(), self.shared.shapes.get(shape));
        let found = match text.known_name() {
            Some(name) => keys.slot_of(name),
            None => keys.keys().iter().position(|known| known.hash == hash && self.is_name(known.name, text)),
        };
        // Of several keys with one hash, none may be taken for the only one; and that there is none is true of all texts of the hash.
        let is_only = || keys.keys().iter().filter(|known| known.hash == hash).count() == usize::from(found.is_some());
        if let Some(slot) = packed(found).filter(|_| is_only()) {
            let name = found.map_or(Name(0), |slot| keys.key(slot));
            self.key_cache.entries[place(shape, Name(hash))].set(KeyEntry { shape, hash, name, slot });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_realm;
    use crate::value::Value;

    #[test]
    fn answers_are_those_of_the_shape_the_second_time_too() {
        in_realm(|realm| {
            let map = realm.new_map();
            let (a, b) = (realm.shared.intern("a"), realm.shared.intern("b"));
            map.put_by_name(realm, a, Value::ONE);
            map.put_by_name(realm, names::ISA, Value::NULL);
            for _ in 0..2 {
                assert_eq!(realm.slots_of(map.shape(), a), Slots { own: Some(0), isa: Some(1) });
                assert_eq!(realm.slots_of(map.shape(), b), Slots { own: None, isa: Some(1) });
                assert_eq!(realm.slots_of(ShapeId::EMPTY, a), Slots { own: None, isa: None });
            }
        });
    }
}
