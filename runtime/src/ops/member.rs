//! Member lookup (LANGUAGE 3.12, 6.3–6.5): own entries, the `__isa` chain, type maps; raw fetches; method lookup.
//!
//! `obj.name` comes here when inline caches do not know the answer. Besides the value it gives the `__isa` of the map in which
//! it was found, since that is `super` during a method call. Invariant: chains end after [`MAX_CHAIN`] steps.

use super::index::{cant_index, key_not_found, list_element, missing_key, string_element, type_entry};
use super::{MAX_CHAIN, index_get};
use crate::fault::{Eval, FatalError};
use crate::map::{MapLayout, MapRef};
use crate::names;
use crate::realm::{Realm, TypeMap};
use crate::shared::Name;
use crate::value::{Unpacked, Value};

/// What a lookup found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberFound {
    /// The value.
    pub value: Value,
    /// `__isa` of the map that holds it: `super` of a method call. Null if it has none, or a type map holds it.
    pub origin_isa: Value,
    /// How many steps up the `__isa` chain it was found; 0 for an own entry, `None` for a type map or an error's field.
    pub depth: Option<u32>,
}

impl MemberFound {
    fn outside(value: Value) -> MemberFound {
        MemberFound { value, origin_isa: Value::NULL, depth: None }
    }
}

/// `obj.name`, without invocation.
pub fn member_get(realm: &mut Realm, object: Value, name: Name) -> Eval<MemberFound> {
    let kind = match object.unpack() {
        Unpacked::Map(map) => {
            if let Some(found) = find_by_name(realm, map, name) {
                return Ok(found);
            }
            TypeMap::Map
        }
        Unpacked::String(_) => TypeMap::String,
        Unpacked::List(_) => TypeMap::List,
        Unpacked::Number(_) => TypeMap::Number,
        Unpacked::Error(_) => return error_member(realm, object, name),
        _ => return cant_index(realm, object),
    };
    match realm.type_map(kind).get_by_name(realm, name) {
        Some(value) => Ok(MemberFound::outside(value)),
        None => Err(FatalError::KeyNotFound(realm.shared.name_text(name).to_owned()).into()),
    }
}

/// Looks a name up in a map and along its `__isa` chain. Shaped maps, which nearly all are, need one probe a step.
fn find_by_name(realm: &mut Realm, map: MapRef, name: Name) -> Option<MemberFound> {
    let mut at = map;
    for depth in 0..=MAX_CHAIN {
        let (value, isa) = if at.layout() == MapLayout::Shaped {
            let slots = realm.slots_of(at.shape(), name);
            (slots.own.map(|slot| at.slot(slot)), slots.isa.map(|slot| at.slot(slot)))
        } else {
            (at.get_by_name(realm, name), at.get_by_name(realm, names::ISA))
        };
        if let Some(value) = value {
            return Some(MemberFound { value, origin_isa: isa.unwrap_or(Value::NULL), depth: Some(depth) });
        }
        at = isa?.as_map()?;
    }
    None
}

/// `__isa` of a map itself, or null: `super` in a method that the map holds.
pub fn isa_of(realm: &mut Realm, map: MapRef) -> Value {
    let isa = if map.layout() == MapLayout::Shaped {
        realm.slots_of(map.shape(), names::ISA).own.map(|slot| map.slot(slot))
    } else {
        map.get_by_name(realm, names::ISA)
    };
    isa.unwrap_or(Value::NULL)
}

/// Looks a key up in a map and along its `__isa` chain. Where shapes have `__isa` is noted for compiled code, which walks the chain next time.
#[inline]
fn find_on_chain(realm: &mut Realm, map: MapRef, get: impl Fn(MapRef, &Realm) -> Option<Value>) -> Option<MemberFound> {
    let mut at = map;
    for depth in 0..=MAX_CHAIN {
        let (found, isa) = (get(at, realm), isa_of(realm, at));
        if let Some(value) = found {
            return Some(MemberFound { value, origin_isa: isa, depth: Some(depth) });
        }
        at = isa.as_map()?;
    }
    None
}

fn error_member(realm: &mut Realm, object: Value, name: Name) -> Eval<MemberFound> {
    let Some(error) = object.as_error() else {
        return cant_index(realm, object);
    };
    let field = if name == names::MESSAGE {
        Some(error.message())
    } else if name == names::INNER {
        Some(error.inner())
    } else if name == names::STACK {
        Some(error.stack())
    } else if name == names::ISA {
        Some(error.isa())
    } else {
        realm.type_map(TypeMap::Error).get_by_name(realm, name)
    };
    match field {
        Some(value) => Ok(MemberFound::outside(value)),
        None => Err(FatalError::UndefinedErrorField(realm.shared.name_text(name).to_owned()).into()),
    }
}

/// `map[key]`: own entry, chain, type map.
pub(crate) fn map_index(realm: &mut Realm, map: MapRef, key: Value) -> Eval<Value> {
    match map.get(realm, key) {
        Some(value) => Ok(value),
        None => Ok(map_lookup(realm, map, key)?.value),
    }
}

fn map_lookup(realm: &mut Realm, map: MapRef, key: Value) -> Eval<MemberFound> {
    if let Some(found) = find_on_chain(realm, map, |map, realm| map.get(realm, key)) {
        return Ok(found);
    }
    match type_entry(realm, TypeMap::Map, key) {
        Some(value) => Ok(MemberFound::outside(value)),
        None => missing_key(realm, map.value(), key),
    }
}

/// The lookup of `obj[key](…)`: as `obj[key]`, but for maps with what `super` needs.
pub fn method_by_key(realm: &mut Realm, object: Value, key: Value) -> Eval<MemberFound> {
    match object.as_map() {
        Some(map) => map_lookup(realm, map, key),
        None => Ok(MemberFound::outside(index_get(realm, object, key)?)),
    }
}

/// `@obj.name`: raw, without type maps.
pub fn ref_member(realm: &mut Realm, object: Value, name: Name) -> Eval<Value> {
    let key = realm.shared.name_value(name);
    ref_index(realm, object, key)
}

/// `@obj[key]`: raw, without type maps.
pub fn ref_index(realm: &mut Realm, object: Value, key: Value) -> Eval<Value> {
    match object.unpack() {
        Unpacked::Map(map) => match find_on_chain(realm, map, |map, realm| map.get(realm, key)) {
            Some(found) => Ok(found.value),
            None => key_not_found(realm, key),
        },
        Unpacked::List(list) => Ok(list_element(list, key)),
        Unpacked::String(text) => Ok(string_element(realm, text, key)),
        Unpacked::Error(_) => Err(FatalError::ReferenceIntoError.into()),
        _ => cant_index(realm, object),
    }
}

/// `obj.name = value`
pub fn member_set(realm: &mut Realm, object: Value, name: Name, value: Value) -> Eval<()> {
    match object.as_map() {
        Some(map) => map.set_by_name(realm, name, value),
        None => {
            let key = realm.shared.name_value(name);
            super::index_set(realm, object, key, value)
        }
    }
}
