//! Member access with inline caches: own slots, slots of the `__isa` map, entries of type maps (LANGUAGE 3.12, 6.3–6.5).
//!
//! `step` and `calls` come here; the cache is the site's feedback cell, which the compiler reads too. A cache holds shapes and
//! slots, never values, so a changed class is seen at once. Invariant: what a cache answers is what `ops::member_get` would.

use super::Run;
use super::values::{kinds_of, kinds_of_fast};
use crate::engine::unit::NameEntry;
use crate::feedback::{FeedbackCell, Holder, Kinds, Property, Variety};
use minilive_runtime::fault::Eval;
use minilive_runtime::map::{MapLayout, MapRef};
use minilive_runtime::ops;
use minilive_runtime::realm::{Realm, TypeMap};
use minilive_runtime::shape::ShapeId;
use minilive_runtime::value::{Value, ValueKind};

/// What a member lookup found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) value: Value,
    /// The map that holds it, if it is the receiver or on its chain; its `__isa` is `super`.
    holder: Option<MapRef>,
    /// `super`, if the slow path told it already.
    origin_isa: Value,
}

impl Member {
    /// `super` of a call of this member.
    pub(super) fn parent(self, realm: &mut Realm) -> Value {
        match self.holder {
            Some(map) => ops::isa_of(realm, map),
            None => self.origin_isa,
        }
    }
}

/// The slot of an own member if the cell's last receiver had the same shape.
#[inline(always)]
pub(super) fn own_slot(map: MapRef, cell: &FeedbackCell) -> Option<Value> {
    let slot = cell.own_slot(map.shape().0)?;
    Some(map.slot(slot)).filter(|value| !value.is_absent())
}

fn type_map_of(kind: ValueKind) -> Option<TypeMap> {
    Some(match kind {
        ValueKind::Number => TypeMap::Number,
        ValueKind::String => TypeMap::String,
        ValueKind::List => TypeMap::List,
        ValueKind::Map => TypeMap::Map,
        _ => return None,
    })
}

/// Whether slots of maps with this shape are found by it alone.
fn cacheable(map: MapRef) -> bool {
    matches!(map.layout(), MapLayout::Shaped | MapLayout::Env)
}

fn cached(realm: &Realm, object: Value, cell: &FeedbackCell) -> Option<Member> {
    let seen = cell.property();
    if !matches!(seen.variety, Variety::Mono | Variety::Poly) || !seen.receiver.meets(kinds_of_fast(object)) {
        return None;
    }
    let receiver = object.as_map();
    if receiver.is_some_and(|map| map.shape().0 != seen.shape) {
        return None;
    }
    let holder = match seen.holder {
        Holder::Own => receiver?,
        Holder::Parent => receiver?.slot(usize::from(seen.isa_slot)).as_map()?,
        Holder::TypeMap => realm.type_map(type_map_of(object.kind())?),
        Holder::Added => return None,
    };
    if holder.shape().0 != seen.holder_shape {
        return None;
    }
    let value = holder.slot(usize::from(seen.slot));
    if value.is_absent() {
        return None;
    }
    let holder = (seen.holder != Holder::TypeMap).then_some(holder);
    Some(Member { value, holder, origin_isa: Value::NULL })
}

impl Run<'_> {
    /// `object.name`, without invocation.
    #[inline(never)]
    pub(super) fn get_member(
        &mut self,
        realm: &mut Realm,
        object: Value,
        entry: NameEntry,
        cell: &FeedbackCell,
    ) -> Eval<Member> {
        if let Some(found) = cached(realm, object, cell) {
            return Ok(found);
        }
        if let Some(map) = object.as_map().filter(|map| map.is_globals()) {
            let value = realm.cell(entry.cell);
            if !value.is_absent() {
                cell.set_megamorphic();
                return Ok(Member { value, holder: Some(map), origin_isa: Value::NULL });
            }
        }
        if let Some(map) = object.as_map().filter(|map| map.layout() == MapLayout::Shaped)
            && let Some(slot) = realm.slots_of(map.shape(), entry.name).own
        {
            let value = map.slot(slot);
            if cell.see_other_own(map.shape().0, slot, kinds_of(value)) {
                return Ok(Member { value, holder: Some(map), origin_isa: Value::NULL });
            }
        }
        let found = ops::member_get(realm, object, entry.name)?;
        if cell.is_megamorphic_for(kinds_of(found.value)) {
            return Ok(Member { value: found.value, holder: None, origin_isa: found.origin_isa });
        }
        self.remember(realm, object, entry, found.depth, found.value, cell);
        Ok(Member { value: found.value, holder: None, origin_isa: found.origin_isa })
    }

    fn remember(
        &self,
        realm: &Realm,
        object: Value,
        entry: NameEntry,
        depth: Option<u32>,
        value: Value,
        cell: &FeedbackCell,
    ) {
        match self.describe(realm, object, entry, depth) {
            Some(seen) => cell.see_property(Property { value: kinds_of(value), ..seen }),
            None => cell.set_megamorphic(),
        }
    }

    /// The way to a member as a cache can repeat it.
    fn describe(&self, realm: &Realm, object: Value, entry: NameEntry, depth: Option<u32>) -> Option<Property> {
        let receiver = object.as_map();
        if receiver.is_some_and(|map| !cacheable(map)) {
            return None;
        }
        let isa_slot = receiver.and_then(|map| map.slot_of(realm, self.well_known.isa));
        let (holder, map) = match (depth, receiver) {
            (Some(0), Some(map)) => (Holder::Own, map),
            (Some(1), Some(map)) => (Holder::Parent, map.slot(isa_slot?).as_map()?),
            // The chain's maps could get the member later, and only the receiver's shape is tested.
            (None, Some(_)) if isa_slot.is_some() => return None,
            (None, _) if !object.is_error() => (Holder::TypeMap, realm.type_map(type_map_of(object.kind())?)),
            _ => return None,
        };
        if !cacheable(map) {
            return None;
        }
        Some(Property {
            variety: Variety::Mono,
            holder,
            receiver: kinds_of_fast(object),
            shape: receiver.map_or(ShapeId::NONE.0, |map| map.shape().0),
            slot: u8::try_from(map.slot_of(realm, entry.name)?).ok()?,
            isa_slot: isa_slot.and_then(|slot| u8::try_from(slot).ok()).unwrap_or(0),
            holder_shape: map.shape().0,
            value: Kinds::NONE,
        })
    }

    /// `object.name = value`
    #[inline(never)]
    pub(super) fn set_member(
        &mut self,
        realm: &mut Realm,
        object: Value,
        entry: NameEntry,
        value: Value,
        cell: &FeedbackCell,
    ) -> Eval<()> {
        let Some(map) = object.as_map() else {
            return ops::member_set(realm, object, entry.name, value);
        };
        if map.is_globals() && realm.head.globals_guarded == 0 {
            cell.set_megamorphic();
            realm.set_cell(entry.cell, value);
            return Ok(());
        }
        let before = map.shape();
        let seen = cell.property();
        if seen.variety != Variety::None && seen.holder == Holder::Added && seen.shape == before.0 && !map.is_guarded()
        {
            map.add_slot(realm, ShapeId(seen.holder_shape), value);
            return Ok(());
        }
        let plain = cacheable(map);
        ops::member_set(realm, object, entry.name, value)?;
        let slot = map.slot_of(realm, entry.name).and_then(|slot| u8::try_from(slot).ok());
        match slot.filter(|_| plain && cacheable(map)) {
            Some(slot) => cell.see_property(Property {
                variety: Variety::Mono,
                holder: if map.shape() == before { Holder::Own } else { Holder::Added },
                receiver: Kinds::MAP,
                shape: before.0,
                slot,
                isa_slot: 0,
                holder_shape: map.shape().0,
                value: kinds_of(value),
            }),
            None => cell.set_megamorphic(),
        }
        Ok(())
    }
}
