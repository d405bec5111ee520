//! The shaped side of maps and environments: slots in the order of a shape.
//!
//! `map.rs` dispatches here. Invariants are those of `map.rs`.
#![expect(unsafe_code, reason = "layout of heap objects")]

use super::{MAP_BYTES, MAP_INLINE_DEFAULT, MAP_INLINE_MAX, MapObject, MapRef, slots_layout};
use crate::handle::set_finalise;
use crate::heap::classes::{CLASS_SIZES, class_of};
use crate::heap::{Header, flags, kind};
use crate::names;
use crate::realm::Realm;
use crate::shape::{MAX_COMPUTED_SLOTS, ShapeId, ShapeKey};
use crate::shared::Name;
use crate::value::Value;
use std::ptr::NonNull;

/// How a map keeps its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapLayout {
    /// Slots in the order of a shape.
    Shaped,
    /// A table.
    Dict,
    /// A call's variables.
    Env,
    /// A view on the realm's cells.
    Globals,
}

impl MapRef {
    #[inline]
    pub(super) fn shaped_get(self, realm: &Realm, name: Name) -> Option<Value> {
        let slot = realm.shared.shapes.get(self.shape()).slot_of(name)?;
        Some(self.slot(slot)).filter(|value| !value.is_absent())
    }

    /// The slot of a name in a shaped map or environment, whether assigned or not.
    #[inline]
    pub fn slot_of(self, realm: &Realm, name: Name) -> Option<usize> {
        realm.shared.shapes.get(self.shape()).slot_of(name)
    }

    /// The slot of a key that may be any value.
    #[inline]
    pub(super) fn slot_of_key(self, realm: &Realm, key: Value) -> Option<usize> {
        realm.slot_of_text(self.shape(), key.as_string()?)
    }

    /// The name that a key may become a slot by. A text that is no name yet is a key of the data, not of the program: such
    /// keys make tables, so that names do not pile up.
    pub(super) fn known_name(self, realm: &Realm, key: Value) -> Option<Name> {
        let text = key.as_string()?;
        text.name().or_else(|| realm.shared.lookup(text.as_str()))
    }

    /// As [`MapRef::known_name`], but a text that looks like a member's name becomes one, if the map is like an object: few other keys
    /// follow its own, and it has not many already. A program that works out the names of members uses few of them; one that collects data, many.
    pub(super) fn computed_name(self, realm: &mut Realm, key: Value) -> Option<Name> {
        const LONGEST: usize = 32;
        if self.layout() == MapLayout::Shaped && self.object().len as usize >= MAX_COMPUTED_SLOTS {
            return None;
        }
        let known = self.known_name(realm, key);
        if known.is_some() || realm.fresh_names == 0 || self.layout() != MapLayout::Shaped {
            return known;
        }
        let text = key.as_string()?;
        let bytes = text.as_bytes();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let fits = bytes.len() <= LONGEST && !bytes.first()?.is_ascii_digit() && bytes.iter().all(is_word);
        if !fits || !realm.shared.shapes.takes_computed(self.shape()) {
            return None;
        }
        realm.fresh_names -= 1;
        realm.shared.intern_computed(text.as_str())
    }

    /// Goes to the shape without a slot, whose value is forgotten.
    pub(super) fn drop_slot(mut self, realm: &mut Realm, slot: usize, shape: ShapeId) {
        realm.overwritten(self.slot(slot));
        let object = self.edit();
        let behind = object.len as usize - slot - 1;
        // SAFETY: map invariant 1: all slots up to the length are initialised.
        unsafe { object.slots.add(slot).copy_from(object.slots.add(slot + 1), behind) };
        object.len -= 1;
        object.header.shape = shape.0;
    }

    /// Stores by name, adding a slot if the name is new; `false` if the map must become a table for it.
    pub(super) fn shaped_put(self, realm: &mut Realm, name: Name, value: Value) -> bool {
        if let Some(slot) = self.slot_of(realm, name) {
            self.set_slot(realm, slot, value);
            return true;
        }
        let in_table = || self.table()?.get(realm.shared.name_value(name));
        if self.is_env() && in_table().is_some() {
            return false;
        }
        let key = ShapeKey { name, hash: realm.shared.name_hash(name) };
        let Some(shape) = realm.shared.shapes.transition(self.shape(), key, &mut realm.fresh_shapes) else {
            return false;
        };
        self.add_slot(realm, shape, value);
        true
    }

    /// Goes to a shape with one more slot and stores into that slot. The shape is a transition of the map's own.
    pub fn add_slot(mut self, realm: &mut Realm, shape: ShapeId, value: Value) {
        if self.object().len == self.object().capacity {
            self.grow_slots(realm);
        }
        let object = self.edit();
        // SAFETY: map invariant 1: there is room for one more.
        unsafe { object.slots.add(object.len as usize).write(value) };
        object.len += 1;
        object.header.shape = shape.0;
    }

    #[cold]
    fn grow_slots(mut self, realm: &mut Realm) {
        let len = self.object().len as usize;
        let before = if self.is_inline() { 0 } else { self.object().capacity as usize };
        let capacity = (len * 2).max(8);
        let layout = slots_layout(capacity);
        // SAFETY: the layout is not empty.
        let memory = unsafe { std::alloc::alloc(layout) };
        let Some(array) = NonNull::new(memory.cast::<Value>()) else { std::alloc::handle_alloc_error(layout) };
        // SAFETY: map invariant 1: `len` slots are initialised; the arrays are different.
        unsafe { array.as_ptr().copy_from_nonoverlapping(self.object().slots, len) };
        super::free_slots(self);
        let object = self.edit();
        object.slots = array.as_ptr();
        object.capacity = capacity as u32;
        set_finalise(self.0.cast());
        realm.account(before * 8, capacity * 8);
        self.tell_prototype(realm, capacity);
    }

    /// An instance outgrew its cell: the prototype remembers, so that the next instance gets a larger one.
    fn tell_prototype(self, realm: &Realm, capacity: usize) {
        let first = realm.shared.shapes.get(self.shape()).keys().first();
        if first.is_none_or(|key| key.name != names::ISA) {
            return;
        }
        if let Some(mut prototype) = self.slot(0).as_map()
            && !prototype.has(flags::PERMANENT)
        {
            let header = &mut prototype.edit().header;
            header.spare = header.spare.max(capacity.min(INSTANCE_MAX) as u16);
        }
    }
}

/// The most slots that a prototype's hint gives an instance.
const INSTANCE_MAX: usize = 32;

impl Realm {
    /// A new empty map.
    #[inline]
    pub fn new_map(&mut self) -> MapRef {
        self.new_map_with_capacity(MAP_INLINE_DEFAULT)
    }

    /// A new empty map with room for some slots.
    pub fn new_map_with_capacity(&mut self, capacity: usize) -> MapRef {
        self.new_shaped(ShapeId::EMPTY, 0, capacity, &[])
    }

    /// A new map whose `__isa` is `prototype`, with room for as many fields as earlier instances needed.
    pub fn new_instance(&mut self, prototype: Value) -> MapRef {
        let hint = prototype.as_map().map_or(0, |map| map.object().header.spare as usize);
        let map = self.new_shaped(ShapeId::EMPTY, 0, hint.max(MAP_INLINE_DEFAULT), &[prototype]);
        match self.instance_shape() {
            Some(shape) => map.add_slot(self, shape, prototype),
            None => map.put_by_name(self, names::ISA, prototype),
        }
        map
    }

    /// The shape of a map with nothing but `__isa`, found once: every other way from the empty shape would push it out of the
    /// transition that was taken last.
    fn instance_shape(&mut self) -> Option<ShapeId> {
        if self.instance_shape.is_none() {
            let key = ShapeKey { name: names::ISA, hash: self.shared.name_hash(names::ISA) };
            self.instance_shape = self.shared.shapes.transition(ShapeId::EMPTY, key, &mut self.fresh_shapes);
        }
        self.instance_shape
    }

    /// What a loop over a map gives for an entry: a new map with `key` and `value`.
    pub fn new_pair(&mut self, key: Value, value: Value) -> MapRef {
        if self.pair_shape.is_none() {
            self.pair_shape = self.shared.pair_shape();
        }
        match self.pair_shape {
            Some(shape) => self.new_map_of(shape, &[key, value]),
            None => self.protecting(&[key, value], |realm| {
                let pair = realm.new_map();
                pair.put_by_name(realm, names::KEY, key);
                pair.put_by_name(realm, names::VALUE, value);
                pair
            }),
        }
    }

    /// A new map of keys and values in turn, if the keys are those of a shape (of an ordinary map), in its order.
    pub fn new_map_like(&mut self, shape: ShapeId, pairs: &[Value]) -> Option<MapRef> {
        let keys = self.shared.shapes.get(shape).keys();
        let same =
            |(pair, key): (&[Value], &ShapeKey)| pair[0].as_string().is_some_and(|text| text.name() == Some(key.name));
        let fits = shape != ShapeId::NONE && keys.len() * 2 == pairs.len() && pairs.chunks_exact(2).zip(keys).all(same);
        if !fits {
            return None;
        }
        let map = self.new_shaped(shape, 0, (pairs.len() / 2).max(MAP_INLINE_DEFAULT), pairs);
        map.fill(pairs.iter().skip(1).step_by(2).copied());
        Some(map)
    }

    /// A new map of a shape (of an ordinary map, not an environment) with a value for each of its slots.
    pub fn new_map_of(&mut self, shape: ShapeId, values: &[Value]) -> MapRef {
        debug_assert_eq!(self.shared.shapes.get(shape).len(), values.len());
        let map = self.new_shaped(shape, 0, values.len().max(MAP_INLINE_DEFAULT), values);
        map.fill(values.iter().copied());
        map
    }

    /// A new environment: a map of a declared shape whose slots all start absent.
    pub fn new_env(&mut self, shape: ShapeId) -> MapRef {
        debug_assert!(self.shared.shapes.get(shape).is_env());
        let len = self.shared.shapes.get(shape).len();
        let map = self.new_shaped(shape, flags::ENV, len, &[]);
        map.fill(std::iter::repeat_n(Value::ABSENT, len));
        map
    }

    /// The map of globals; made once a realm.
    pub(crate) fn new_globals_map(&mut self) -> MapRef {
        self.new_shaped(ShapeId::GLOBALS, flags::GLOBALS, 0, &[])
    }

    /// A map without slots in use, of a shape that may have some: the caller fills them at once.
    fn new_shaped(&mut self, shape: ShapeId, extra: u8, capacity: usize, values: &[Value]) -> MapRef {
        let inline = capacity <= MAP_INLINE_MAX;
        let bytes = CLASS_SIZES[class_of(MAP_BYTES + if inline { capacity * 8 } else { 0 })];
        let object = self.alloc_protecting(bytes, values).cast::<MapObject>();
        let slots = object.as_ptr().wrapping_add(1).cast();
        let room = ((bytes - MAP_BYTES) / 8) as u32;
        let header = Header::new(kind::MAP, extra, shape.0);
        let table = std::ptr::null_mut();
        // SAFETY: heap invariant 2: a fresh cell of this size.
        unsafe { object.write(MapObject { header, len: 0, capacity: room, slots, table }) };
        let map = MapRef(object);
        if !inline {
            map.move_outside(self, capacity);
        }
        map
    }
}

impl MapRef {
    /// Gives a fresh map room for `capacity` slots outside its cell.
    fn move_outside(mut self, realm: &mut Realm, capacity: usize) {
        let layout = slots_layout(capacity);
        // SAFETY: the layout is not empty.
        let memory = unsafe { std::alloc::alloc(layout) };
        let Some(array) = NonNull::new(memory.cast::<Value>()) else { std::alloc::handle_alloc_error(layout) };
        let object = self.edit();
        object.slots = array.as_ptr();
        object.capacity = capacity as u32;
        set_finalise(self.0.cast());
        realm.account(0, capacity * 8);
    }

    /// Initialises the slots of a fresh map.
    fn fill(mut self, values: impl ExactSizeIterator<Item = Value>) {
        let object = self.edit();
        assert!(values.len() <= object.capacity as usize, "made with room for its shape");
        object.len = values.len() as u32;
        for (slot, value) in values.enumerate() {
            // SAFETY: map invariant 1: the slot is inside the capacity.
            unsafe { object.slots.add(slot).write(value) };
        }
    }
}
