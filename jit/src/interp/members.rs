//! Member access with inline caches: own slots, slots of the `__isa` map, entries of type maps (LANGUAGE 3.12, 6.3–6.5).
//!
//! `step` and `calls` come here; the cache is the site's feedback cell, which the compiler reads too. A cache holds shapes and
//! slots, never values, so a changed class is seen at once; of a map with a table it holds that fact, and the table is asked
//! whether it hides the type map's entry. Invariant: what a cache answers is what `ops::member_get` would.

use super::Run;
use super::values::{kinds_of, kinds_of_fast};
use crate::engine::unit::NameEntry;
use crate::feedback::ways::{MOST_STEPS, Step, Way, WaysTable};
use crate::feedback::{FeedbackCell, Holder, Kinds, Property, Variety};
use minilive_runtime::fault::Eval;
use minilive_runtime::map::{MapLayout, MapRef};
use minilive_runtime::names;
use minilive_runtime::ops;
use minilive_runtime::realm::{Realm, TypeMap};
use minilive_runtime::shape::ShapeId;
use minilive_runtime::shared::Name;
use minilive_runtime::value::{Value, ValueKind};

/// What a member lookup found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) value: Value,
    /// The map that holds it, if it is the receiver or on its chain; its `__isa` is `super`.
    holder: Option<MapRef>,
    /// `super`, if the slow path told it already.
    origin_isa: Value,
}

impl Member {
    /// `super` of a call of this member.
    pub(crate) fn parent(self, realm: &mut Realm) -> Value {
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

/// What the cell knows, if it fits this receiver.
#[inline(always)]
fn cached(realm: &Realm, object: Value, name: Name, cell: &FeedbackCell) -> Option<Member> {
    let seen = cell.property();
    if !matches!(seen.variety, Variety::Mono | Variety::Poly) {
        return None;
    }
    let holder = match (object.as_map(), seen.holder) {
        (Some(map), _) if map.shape().0 != seen.shape => return None,
        (Some(map), Holder::Own) => map,
        (Some(map), Holder::Parent) => map.slot(usize::from(seen.isa_slot)).as_map()?,
        // A shape tells by itself that nothing hides the type map's entry; of a table it must be asked.
        (Some(map), Holder::TypeMap) if map.is_dict() && map.may_hide(realm, name) => return None,
        (Some(_), Holder::TypeMap) => realm.type_map(TypeMap::Map),
        (None, Holder::TypeMap) if seen.receiver.meets(kinds_of_fast(object)) => {
            realm.type_map(type_map_of(object.kind())?)
        }
        _ => return None,
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

/// A member found along a chain of shaped maps.
struct Found {
    value: Value,
    holder: MapRef,
    /// Its slot in the holder.
    slot: usize,
    /// How many steps up the chain the holder is.
    depth: u32,
    /// The slot of `__isa` in the receiver, where the holder is not the receiver.
    isa_slot: usize,
}

/// Looks a name up in a map and along its chain, as long as that consists of shaped maps.
#[inline]
fn find_shaped(realm: &mut Realm, map: MapRef, name: Name) -> Option<Found> {
    let (mut holder, mut isa_slot) = (map, 0);
    for depth in 0..=ops::MAX_CHAIN {
        if holder.layout() != MapLayout::Shaped {
            return None;
        }
        let slots = realm.slots_of(holder.shape(), name);
        if let Some(slot) = slots.own {
            return Some(Found { value: holder.slot(slot), holder, slot, depth, isa_slot });
        }
        let isa = slots.isa?;
        if depth == 0 {
            isa_slot = isa;
        }
        holder = holder.slot(isa).as_map()?;
    }
    None
}

/// The way to a member that was found along a chain, if a site can note it.
fn way_to(realm: &mut Realm, receiver: MapRef, name: Name, found: &Found) -> Option<Way> {
    if found.depth as usize > MOST_STEPS {
        return None;
    }
    let mut steps = Vec::new();
    let mut map = receiver;
    for _ in 0..found.depth {
        let isa_slot = realm.slots_of(map.shape(), name).isa?;
        map = map.slot(isa_slot).as_map()?;
        steps.push(Step { isa_slot: u8::try_from(isa_slot).ok()?, shape: map.shape().0 });
    }
    let slot = u8::try_from(found.slot).ok()?;
    Some(Way { shape: receiver.shape().0, steps: steps.into(), slot, added: None })
}

/// The way of a store that adds the member to a map of this shape.
fn adding_way(before: ShapeId, slot: u8, after: u32) -> Way {
    Way { shape: before.0, steps: Box::default(), slot, added: Some(after) }
}

/// Notes the way to a member of a map as the cell can repeat it.
#[inline]
fn see_found(cell: &FeedbackCell, receiver: MapRef, found: &Found) {
    if cell.is_megamorphic_for(Kinds::MAP, kinds_of_fast(found.value)) {
        return;
    }
    let holder = match found.depth {
        0 => Holder::Own,
        1 => Holder::Parent,
        _ => return cell.set_megamorphic(Kinds::MAP),
    };
    let (Ok(slot), Ok(isa_slot)) = (u8::try_from(found.slot), u8::try_from(found.isa_slot)) else {
        return cell.set_megamorphic(Kinds::MAP);
    };
    cell.see_property(Property {
        variety: Variety::Mono,
        holder,
        receiver: Kinds::MAP,
        shape: receiver.shape().0,
        slot,
        isa_slot,
        holder_shape: found.holder.shape().0,
        ways: 0,
        value: kinds_of(found.value),
    });
}

/// Notes a member that a map with a table has itself: of these, a cell knows no way, but the site's list does.
#[inline]
fn see_table(ways: &WaysTable, cell: &FeedbackCell, (realm, map, name): (&Realm, MapRef, Name), value: Value) {
    if !cell.is_megamorphic_for(Kinds::MAP, kinds_of_fast(value)) {
        cell.see_way(ways, || map.entry_of(realm, name).map(Way::of_table));
        cell.see_table(kinds_of(value));
    }
}

/// The way to a variable of an environment as a cell can repeat it.
fn own_way(realm: &Realm, object: Value, name: Name) -> Option<Property> {
    let map = object.as_map().filter(|map| map.is_env())?;
    Some(Property {
        variety: Variety::Mono,
        holder: Holder::Own,
        receiver: Kinds::MAP,
        shape: map.shape().0,
        slot: u8::try_from(map.slot_of(realm, name)?).ok()?,
        isa_slot: 0,
        holder_shape: map.shape().0,
        ways: 0,
        value: Kinds::NONE,
    })
}

/// The way to an entry of a type map as a cell can repeat it.
fn type_map_way(realm: &Realm, object: Value, name: Name) -> Option<Property> {
    let receiver = object.as_map();
    // An environment may hide the entry later without another shape; the chain's maps could get the name, and only the
    // receiver is looked at.
    let tells = |map: MapRef| match map.layout() {
        MapLayout::Shaped => map.slot_of(realm, names::ISA).is_none(),
        MapLayout::Dict => !map.may_hide(realm, name),
        MapLayout::Env | MapLayout::Globals => false,
    };
    if object.is_error() || !receiver.is_none_or(tells) {
        return None;
    }
    let map = realm.type_map(type_map_of(object.kind())?);
    if !cacheable(map) {
        return None;
    }
    Some(Property {
        variety: Variety::Mono,
        holder: Holder::TypeMap,
        receiver: kinds_of_fast(object),
        shape: receiver.map_or(ShapeId::NONE.0, |map| map.shape().0),
        slot: u8::try_from(map.slot_of(realm, name)?).ok()?,
        isa_slot: 0,
        holder_shape: map.shape().0,
        ways: 0,
        value: Kinds::NONE,
    })
}

impl Run<'_> {
    /// `object.name`, without invocation.
    #[inline(never)]
    pub(crate) fn get_member(
        &mut self,
        realm: &mut Realm,
        object: Value,
        entry: NameEntry,
        cell: &FeedbackCell,
    ) -> Eval<Member> {
        if let Some(found) = cached(realm, object, entry.name, cell) {
            return Ok(found);
        }
        if let Some(map) = object.as_map() {
            if map.is_dict()
                && let Some(value) = map.get_by_name(realm, entry.name)
            {
                see_table(&self.codes.ways, cell, (realm, map, entry.name), value);
                return Ok(Member { value, holder: Some(map), origin_isa: Value::NULL });
            }
            if let Some(found) = find_shaped(realm, map, entry.name) {
                cell.see_way(&self.codes.ways, || way_to(realm, map, entry.name, &found));
                see_found(cell, map, &found);
                return Ok(Member { value: found.value, holder: Some(found.holder), origin_isa: Value::NULL });
            }
            if map.is_globals() {
                let value = realm.cell(entry.cell);
                if !value.is_absent() {
                    cell.see_way(&self.codes.ways, || None);
                    cell.set_megamorphic(Kinds::MAP);
                    return Ok(Member { value, holder: Some(map), origin_isa: Value::NULL });
                }
            }
        }
        self.get_other_member(realm, object, entry.name, cell)
    }

    /// `object["name"]`, which unlike `object.name` reads no fields of errors.
    pub(crate) fn get_key(
        &mut self,
        realm: &mut Realm,
        object: Value,
        entry: NameEntry,
        cell: &FeedbackCell,
    ) -> Eval<Value> {
        if object.is_error() {
            let key = realm.shared.name_value(entry.name);
            return ops::index_get(realm, object, key);
        }
        self.get_member(realm, object, entry, cell).map(|found| found.value)
    }

    /// `@object.name`: of a map what it or its chain has, as [`Run::get_member`] finds it, but nothing of its type.
    pub(crate) fn ref_member(
        &mut self,
        realm: &mut Realm,
        object: Value,
        entry: NameEntry,
        cell: &FeedbackCell,
    ) -> Eval<Value> {
        if let Some(found) = cached(realm, object, entry.name, cell) {
            return Ok(found.value);
        }
        if let Some(map) = object.as_map() {
            if map.is_dict()
                && let Some(value) = map.get_by_name(realm, entry.name)
            {
                see_table(&self.codes.ways, cell, (realm, map, entry.name), value);
                return Ok(value);
            }
            if let Some(found) = find_shaped(realm, map, entry.name) {
                cell.see_way(&self.codes.ways, || way_to(realm, map, entry.name, &found));
                see_found(cell, map, &found);
                return Ok(found.value);
            }
        }
        cell.see_way(&self.codes.ways, || None);
        let value = ops::ref_member(realm, object, entry.name)?;
        let receiver = kinds_of_fast(object);
        match own_way(realm, object, entry.name) {
            _ if cell.is_megamorphic_for(receiver, kinds_of_fast(value)) => {}
            Some(seen) => cell.see_property(Property { value: kinds_of(value), ..seen }),
            None => cell.set_megamorphic(receiver),
        }
        Ok(value)
    }

    /// Members of type maps, environments, tables, errors, and what is no member at all.
    #[inline(never)]
    fn get_other_member(&mut self, realm: &mut Realm, object: Value, name: Name, cell: &FeedbackCell) -> Eval<Member> {
        let found = ops::member_get(realm, object, name)?;
        let member = Member { value: found.value, holder: None, origin_isa: found.origin_isa };
        let receiver = kinds_of_fast(object);
        if object.as_map().is_some_and(MapRef::is_dict) && found.depth.is_some() {
            cell.see_way(&self.codes.ways, || Some(Way::of_table(usize::MAX)));
            cell.see_table(kinds_of(found.value));
            return Ok(member);
        }
        cell.see_way(&self.codes.ways, || None);
        if cell.is_megamorphic_for(receiver, kinds_of_fast(found.value)) {
            return Ok(member);
        }
        let value = kinds_of(found.value);
        let way = match found.depth {
            None => type_map_way(realm, object, name),
            Some(0) => own_way(realm, object, name),
            Some(_) => None,
        };
        match way {
            Some(seen) => cell.see_property(Property { value, ..seen }),
            None => cell.set_megamorphic(receiver),
        }
        Ok(member)
    }

    /// `object.name = value`
    #[inline(never)]
    pub(crate) fn set_member(
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
            cell.see_way(&self.codes.ways, || None);
            cell.set_megamorphic(Kinds::MAP);
            realm.set_cell(entry.cell, value);
            return Ok(());
        }
        if map.is_dict() && map.set_in_table(realm, realm.shared.name_value(entry.name), value) {
            see_table(&self.codes.ways, cell, (realm, map, entry.name), value);
            return Ok(());
        }
        let before = map.shape();
        let seen = cell.property();
        if seen.variety != Variety::None && seen.holder == Holder::Added && seen.shape == before.0 && !map.is_guarded()
        {
            cell.see_way(&self.codes.ways, || Some(adding_way(before, seen.slot, seen.holder_shape)));
            map.add_slot(realm, ShapeId(seen.holder_shape), value);
            return Ok(());
        }
        if map.layout() == MapLayout::Shaped
            && !map.is_guarded()
            && let Some(slot) = realm.slots_of(before, entry.name).own
        {
            map.set_slot(realm, slot, value);
            let found = Found { value, holder: map, slot, depth: 0, isa_slot: 0 };
            cell.see_way(&self.codes.ways, || way_to(realm, map, entry.name, &found));
            see_found(cell, map, &found);
            return Ok(());
        }
        let plain = cacheable(map);
        ops::member_set(realm, object, entry.name, value)?;
        let slot = map.slot_of(realm, entry.name).and_then(|slot| u8::try_from(slot).ok());
        let slot = slot.filter(|_| plain && cacheable(map));
        let adds = map.layout() == MapLayout::Shaped && map.shape() != before;
        cell.see_way(&self.codes.ways, || slot.filter(|_| adds).map(|slot| adding_way(before, slot, map.shape().0)));
        match slot {
            Some(slot) => cell.see_property(Property {
                variety: Variety::Mono,
                holder: if map.shape() == before { Holder::Own } else { Holder::Added },
                receiver: Kinds::MAP,
                shape: before.0,
                slot,
                isa_slot: 0,
                holder_shape: map.shape().0,
                ways: 0,
                value: kinds_of(value),
            }),
            None => cell.set_megamorphic(Kinds::MAP),
        }
        Ok(())
    }
}
