//! Maps in four representations behind one set of methods.
//!
//! *Shaped*: string keys known by name, values in slots in the order of the shape (`shaped.rs`). *Table*: anything else
//! (`dict.rs`). *Environment*: a call's variables, shaped, slots may be absent, unusual keys in a table besides.
//! *Globals*: a view on the realm's cells (`view.rs`). Interpreter and compiled code go to slots directly after comparing
//! the shape; operators and intrinsics use the methods of [`MapRef`].
//!
//! Invariants (besides those of `value.rs` and `heap.rs`):
//! 1. Shaped and environment: `len` is the number of slots of the shape, `len <= capacity`, `slots..slots+len` are
//!    initialised; the array stands behind the object (inline) or was allocated with `capacity` values.
//! 2. `table` is null or a leaked box owned by the object; it is there exactly in table mode, or once an environment or the
//!    globals got a key that is no name. Whoever owns memory outside has its finalise bit set.
//! 3. Slots are absent only in environments.
//! 4. No method that changes a map takes a cell, so none of them can start a collection.
#![expect(unsafe_code, reason = "layout of heap objects")]

mod dict;
mod iter;
pub mod lookup;
pub(crate) mod recall;
mod shaped;
mod view;

pub(crate) use dict::Dict;
pub use dict::{
    CELL_EMPTY, ENTRY_BYTES, ENTRY_VALUE, HASH_FACTOR, TABLE_CELLS, TABLE_COUNTED, TABLE_COUNTED_END, TABLE_ENTRIES,
    TABLE_HIDES, TABLE_LAST, TABLE_LEN, TABLE_LIVE, TABLE_MASK, TABLE_NONE, TABLE_TEXTS, TEXT_BIT_SHIFT,
};
pub use lookup::Slots;
pub(crate) use lookup::{KeyCache, SlotCache};
pub use shaped::MapLayout;

use crate::fault::{Eval, FatalError};
use crate::heap::mark::Marker;
use crate::heap::permanent::PermanentArena;
use crate::heap::{Header, flags, kind};
use crate::names;
use crate::realm::Realm;
use crate::shape::ShapeId;
use crate::shared::Name;
use crate::value::{TAG_MAP, Value};
use std::alloc::Layout;
use std::mem::offset_of;
use std::ptr::NonNull;

/// A map object.
#[derive(Debug)]
#[repr(C)]
pub struct MapObject {
    header: Header,
    len: u32,
    capacity: u32,
    slots: *mut Value,
    table: *mut Dict,
}

/// Offset of the shape id (u32).
pub const MAP_SHAPE: usize = offset_of!(Header, shape);
/// Offset of the number of slots in use (u32).
pub const MAP_LEN: usize = offset_of!(MapObject, len);
/// Offset of the capacity (u32).
pub const MAP_CAPACITY: usize = offset_of!(MapObject, capacity);
/// Offset of the address of slot 0.
pub const MAP_SLOTS: usize = offset_of!(MapObject, slots);
/// Offset of the table (null unless the map has one).
pub const MAP_TABLE: usize = offset_of!(MapObject, table);
/// Bytes of the object; inline slots start here.
pub const MAP_BYTES: usize = size_of::<MapObject>();
/// The most slots that stand in the cell.
pub const MAP_INLINE_MAX: usize = 64;
/// Slots of a map that starts empty.
pub const MAP_INLINE_DEFAULT: usize = 4;

/// Longer chains count as ones that hide methods.
const MOST_SHOWING: usize = 8;

/// A reference to a map that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct MapRef(pub(crate) NonNull<MapObject>);

impl MapRef {
    /// The map as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_object(TAG_MAP, self.0)
    }

    #[inline(always)]
    fn object(&self) -> &MapObject {
        // SAFETY: value invariant 2; the reference ends before anything is written.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    fn edit(&mut self) -> &mut MapObject {
        // SAFETY: value invariant 2; a realm is used by one thread and no reference into the object is kept.
        unsafe { self.0.as_mut() }
    }

    #[inline(always)]
    fn has(self, flag: u8) -> bool {
        self.object().header.flags & flag != 0
    }

    /// Whether it may not be changed.
    #[inline]
    pub fn is_frozen(self) -> bool {
        self.has(flags::FROZEN)
    }

    /// Whether it is a call's environment.
    #[inline]
    pub fn is_env(self) -> bool {
        self.has(flags::ENV)
    }

    /// Whether it is the map of globals.
    #[inline]
    pub fn is_globals(self) -> bool {
        self.has(flags::GLOBALS)
    }

    /// Whether its entries are in a table.
    #[inline]
    pub fn is_dict(self) -> bool {
        self.has(flags::DICT)
    }

    /// The shape, as inline caches compare it.
    #[inline(always)]
    pub fn shape(self) -> ShapeId {
        ShapeId(self.object().header.shape)
    }

    /// The value of a slot below the shape's length. Absent only in environments.
    #[inline(always)]
    pub fn slot(self, slot: usize) -> Value {
        assert!(slot < self.object().len as usize, "the shape has this slot");
        // SAFETY: invariant 1.
        unsafe { self.object().slots.add(slot).read() }
    }

    /// Stores into a slot below the shape's length, whatever the flags say: callers tested [`flags::GUARDED`].
    #[inline(always)]
    pub fn set_slot(self, realm: &mut Realm, slot: usize, value: Value) {
        realm.overwritten(self.slot(slot));
        // SAFETY: invariant 1.
        unsafe { self.object().slots.add(slot).write(value) };
    }

    /// Whether a mutation must take the slow path (frozen or observed).
    #[inline(always)]
    pub fn is_guarded(self) -> bool {
        self.has(flags::GUARDED)
    }

    /// The map's own value of a name.
    #[inline]
    pub fn get_by_name(self, realm: &Realm, name: Name) -> Option<Value> {
        match self.layout() {
            MapLayout::Shaped => self.shaped_get(realm, name),
            MapLayout::Dict => self.table()?.get_text(realm.shared.name_value(name)),
            MapLayout::Env => {
                self.shaped_get(realm, name).or_else(|| self.table()?.get_text(realm.shared.name_value(name)))
            }
            MapLayout::Globals => self.view_get(realm, realm.shared.name_value(name)),
        }
    }

    /// Of a map with a table: the number of the entry that a name has.
    pub fn entry_of(self, realm: &Realm, name: Name) -> Option<usize> {
        self.table()?.place_of(realm.shared.name_value(name))
    }

    /// Of a map with a table: whether an entry of its own, or one of maps up its chain, may come before the type map's.
    #[inline]
    pub fn may_hide(self, realm: &Realm, name: Name) -> bool {
        let has = |name| self.table().is_some_and(|table| table.get_text(realm.shared.name_value(name)).is_some());
        has(name) || has(names::ISA)
    }

    /// Whether the map and its chain have no entry that comes before a method that all maps have.
    #[inline]
    pub fn shows_methods(self, realm: &mut Realm, method: Name) -> bool {
        let mut map = self;
        for _ in 0..MOST_SHOWING {
            match map.layout() {
                MapLayout::Dict => return map.table().is_none_or(|table| !table.hides_methods()),
                MapLayout::Shaped => {
                    let slots = realm.slots_of(map.shape(), method);
                    if slots.own.is_some() {
                        return false;
                    }
                    match slots.isa.and_then(|slot| map.slot(slot).as_map()) {
                        Some(parent) => map = parent,
                        None => return true,
                    }
                }
                MapLayout::Env | MapLayout::Globals => return false,
            }
        }
        false
    }

    /// Sets the value of a key of a map with a table, as [`MapRef::set`] does; false if nothing was done, as there is more to do.
    #[inline]
    pub fn set_in_table(self, realm: &mut Realm, key: Value, value: Value) -> bool {
        if self.layout() != MapLayout::Dict || self.is_guarded() || self.object().table.is_null() {
            return false;
        }
        // SAFETY: invariant 2; nothing else looks at the table meanwhile.
        let table = unsafe { &mut *self.object().table };
        let Some(old) = table.insert_in_place(realm.key_for(key), value) else { return false };
        realm.overwritten(old);
        true
    }

    /// The map's own value of a key.
    #[inline]
    pub fn get(self, realm: &Realm, key: Value) -> Option<Value> {
        match self.layout() {
            MapLayout::Shaped => self.slot_of_key(realm, key).map(|slot| self.slot(slot)),
            MapLayout::Dict => realm.find_in(self.table()?, key),
            MapLayout::Env => match self.slot_of_key(realm, key) {
                Some(slot) => Some(self.slot(slot)).filter(|value| !value.is_absent()),
                None => self.table()?.get(key),
            },
            MapLayout::Globals => self.view_get(realm, key),
        }
    }

    /// Whether the map itself has a key.
    pub fn contains(self, realm: &Realm, key: Value) -> bool {
        self.get(realm, key).is_some()
    }

    /// An error if frozen; else observers hear that the map changes now.
    #[inline]
    pub fn check_mutable(self, realm: &mut Realm) -> Eval<()> {
        if self.is_guarded() { self.check_mutable_slowly(realm) } else { Ok(()) }
    }

    #[cold]
    fn check_mutable_slowly(self, realm: &mut Realm) -> Eval<()> {
        if self.is_frozen() {
            return Err(FatalError::FrozenMap.into());
        }
        realm.before_mutation(self.value());
        Ok(())
    }

    /// Sets a value: an existing key keeps its place, a new one goes to the end.
    #[inline]
    pub fn set(self, realm: &mut Realm, key: Value, value: Value) -> Eval<()> {
        self.check_mutable(realm)?;
        self.put(realm, key, value);
        Ok(())
    }

    /// As [`MapRef::set`], by name.
    #[inline]
    pub fn set_by_name(self, realm: &mut Realm, name: Name, value: Value) -> Eval<()> {
        self.check_mutable(realm)?;
        self.put_by_name(realm, name, value);
        Ok(())
    }

    /// Sets a value by name even if the map is frozen: assignment to a variable ignores the flag.
    pub fn put_by_name(self, realm: &mut Realm, name: Name, value: Value) {
        if !matches!(self.layout(), MapLayout::Shaped | MapLayout::Env) {
            self.put(realm, realm.shared.name_value(name), value);
        } else if !self.shaped_put(realm, name, value) {
            self.table_put(realm, realm.shared.name_value(name), value);
        }
    }

    /// Sets a value even if the map is frozen. For fresh maps and variables.
    pub fn put(self, realm: &mut Realm, key: Value, value: Value) {
        match self.layout() {
            MapLayout::Dict => self.table_put(realm, key, value),
            MapLayout::Globals => self.view_put(realm, key, value),
            MapLayout::Shaped | MapLayout::Env => {
                if let Some(slot) = self.slot_of_key(realm, key) {
                    self.set_slot(realm, slot, value);
                } else if !self.computed_name(realm, key).is_some_and(|name| self.shaped_put(realm, name, value)) {
                    self.table_put(realm, key, value);
                }
            }
        }
    }

    /// Removes a key; says whether it was there.
    pub fn remove(self, realm: &mut Realm, key: Value) -> Eval<bool> {
        self.check_mutable(realm)?;
        Ok(match self.layout() {
            MapLayout::Globals => self.view_remove(realm, key),
            MapLayout::Env => match self.slot_of_key(realm, key) {
                Some(slot) => {
                    let was = self.slot(slot);
                    self.set_slot(realm, slot, Value::ABSENT);
                    !was.is_absent()
                }
                None => self.table_remove(realm, key),
            },
            MapLayout::Dict => self.table_remove(realm, key),
            MapLayout::Shaped => {
                let Some(slot) = self.slot_of_key(realm, key) else { return Ok(false) };
                match realm.shared.shapes.without(self.shape(), slot, &mut realm.fresh_removals) {
                    Some(shape) => self.drop_slot(realm, slot, shape),
                    None => {
                        self.make_dict(realm);
                        self.table_remove(realm, key);
                    }
                }
                true
            }
        })
    }

    /// Removes all entries.
    pub fn clear(self, realm: &mut Realm) -> Eval<()> {
        self.check_mutable(realm)?;
        if self.layout() == MapLayout::Shaped {
            self.make_dict(realm);
        }
        realm.all_overwritten(self.table().into_iter().flat_map(Dict::references));
        self.edit_table(realm, Dict::clear);
        if self.is_globals() {
            self.view_clear(realm);
        }
        if self.is_env() {
            for slot in 0..self.object().len as usize {
                self.set_slot(realm, slot, Value::ABSENT);
            }
        }
        Ok(())
    }

    /// Sets the frozen flag (of this map alone).
    pub fn freeze(self, realm: &mut Realm) {
        if !self.has(flags::PERMANENT) {
            let mut edited = self;
            edited.edit().header.flags |= flags::FROZEN;
            self.mirror_flags(realm);
        }
    }

    pub(crate) fn set_observed(self, realm: &mut Realm, observed: bool) {
        let mut edited = self;
        let object = edited.edit();
        object.header.flags = object.header.flags & !flags::OBSERVED | if observed { flags::OBSERVED } else { 0 };
        self.mirror_flags(realm);
    }

    /// Compiled code tests the flags of the globals in the realm's head.
    fn mirror_flags(self, realm: &mut Realm) {
        if self.is_globals() {
            realm.head.globals_guarded = u32::from(self.object().header.flags & flags::GUARDED);
        }
    }

    /// Which representation this map has now.
    #[inline(always)]
    pub fn layout(self) -> MapLayout {
        match self.object().header.flags & (flags::DICT | flags::ENV | flags::GLOBALS) {
            0 => MapLayout::Shaped,
            flags::DICT => MapLayout::Dict,
            flags::ENV => MapLayout::Env,
            _ => MapLayout::Globals,
        }
    }

    #[inline]
    fn table(&self) -> Option<&Dict> {
        // SAFETY: invariant 2; the reference ends before the table is changed.
        unsafe { self.object().table.as_ref() }
    }

    /// Changes the table, which is made if there is none, and charges the difference in bytes.
    fn edit_table<R>(mut self, realm: &mut Realm, action: impl FnOnce(&mut Dict) -> R) -> R {
        let (mut before, mut entries) = (0, 0);
        if self.object().table.is_null() {
            self.edit().table = Box::into_raw(Box::default());
            crate::handle::set_finalise(self.0.cast());
        } else if let Some(table) = self.table() {
            before = table.bytes();
            entries = table.raw_len();
        }
        // SAFETY: invariant 2: just made if it was null; `action` sees nothing but the table.
        let table = unsafe { &mut *self.object().table };
        let result = action(table);
        if table.raw_len() < entries {
            // It dropped tombstones, at most so many (and may have added one entry since).
            realm.parts_moved(self.0.cast(), entries + 1 - table.raw_len());
        }
        realm.account(before, table.bytes());
        result
    }

    fn table_put(mut self, realm: &mut Realm, key: Value, value: Value) {
        match self.layout() {
            MapLayout::Shaped => self.make_dict(realm),
            // What was compiled for its shape knows all its names.
            MapLayout::Env if key.is_string() => {
                self.edit().header.shape = realm.shared.shapes.opened(self.shape()).0;
            }
            _ => {}
        }
        let key = realm.key_for(key);
        let old = self.edit_table(realm, |table| table.insert(key, value));
        realm.overwritten(old.unwrap_or(Value::NULL));
    }

    fn table_remove(self, realm: &mut Realm, key: Value) -> bool {
        if self.object().table.is_null() {
            return false;
        }
        let key = realm.key_for(key);
        let removed = self.edit_table(realm, |table| table.remove(key));
        if let Some((key, value)) = removed {
            realm.overwritten(key);
            realm.overwritten(value);
        }
        removed.is_some()
    }

    /// Turns a shaped map into one with a table, in place.
    fn make_dict(mut self, realm: &mut Realm) {
        let shape = self.shape();
        let len = self.object().len as usize;
        let mut table = Dict::with_capacity((len + 1).max(4));
        for slot in 0..len {
            let key = realm.shared.shapes.get(shape).keys()[slot];
            table.insert(realm.shared.name_value(key.name), self.slot(slot));
        }
        self.release_slots(realm);
        realm.account(0, table.bytes());
        let object = self.edit();
        object.header.shape = ShapeId::DICT.0;
        object.header.flags |= flags::DICT;
        object.table = Box::into_raw(Box::new(table));
        crate::handle::set_finalise(self.0.cast());
        realm.note_table(self.value());
    }

    fn inline_slots(self) -> *mut Value {
        self.0.as_ptr().wrapping_add(1).cast()
    }

    fn is_inline(self) -> bool {
        std::ptr::eq(self.object().slots, self.inline_slots())
    }

    fn release_slots(mut self, realm: &mut Realm) {
        let bytes = free_slots(self);
        realm.account(bytes, 0);
        let inline = self.inline_slots();
        let object = self.edit();
        object.slots = inline;
        object.capacity = 0;
        object.len = 0;
    }
}

fn slots_layout(capacity: usize) -> Layout {
    Layout::array::<Value>(capacity).expect("capacities are limited")
}

fn free_slots(map: MapRef) -> usize {
    if map.is_inline() {
        return 0;
    }
    let capacity = map.object().capacity as usize;
    // SAFETY: invariant 1: an array outside was allocated with `capacity` values; callers forget it.
    unsafe { std::alloc::dealloc(map.object().slots.cast(), slots_layout(capacity)) };
    capacity * 8
}

/// A frozen map in permanent memory, always with a table.
pub(crate) fn permanent(arena: &PermanentArena, pairs: &[(Value, Value)]) -> Value {
    let mut table = Dict::with_capacity(pairs.len());
    for (key, value) in pairs {
        table.insert(*key, *value);
    }
    let object = arena.allocate(MAP_BYTES).cast::<MapObject>();
    let header = Header::new(kind::MAP, flags::DICT | flags::FROZEN | flags::PERMANENT, ShapeId::DICT.0);
    let slots = object.as_ptr().wrapping_add(1).cast();
    let table = arena.keep(table);
    // SAFETY: heap/permanent invariant 1: fresh memory of this size.
    unsafe { object.write(MapObject { header, len: 0, capacity: 0, slots, table }) };
    MapRef(object).value()
}

/// Marks what a map's slots and up to `most` entries of its table from a place on refer to; says whether there are more.
pub(crate) fn trace(object: NonNull<MapObject>, marker: &mut Marker<'_>, from: usize, most: usize) -> bool {
    let map = MapRef(object);
    if from == 0 {
        (0..map.object().len as usize).for_each(|slot| marker.value(map.slot(slot)));
    }
    let Some(table) = map.table() else { return false };
    table.references_in(from, most).for_each(|value| marker.value(value));
    from.saturating_add(most) < table.raw_len()
}

/// Frees what a dead map owns outside; returns the bytes.
pub(crate) fn finalise(object: NonNull<MapObject>) -> u64 {
    let map = MapRef(object);
    let mut bytes = free_slots(map);
    if let Some(table) = map.table() {
        bytes += table.bytes();
        // SAFETY: invariant 2, heap invariant 5: the box is owned by this object and freed once.
        drop(unsafe { Box::from_raw(map.object().table) });
    }
    bytes as u64
}

#[cfg(test)]
mod tests;
