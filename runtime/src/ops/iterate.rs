//! The steps of `for` (LANGUAGE 6.6): each step reads the collection as it is now.
//!
//! The engine keeps the iterated object and a position, a number that only this file reads. Invariant: a position never goes
//! back, so every loop over a collection that stops growing ends.

use crate::fault::Eval;
use crate::map::MapRef;
use crate::realm::Realm;
use crate::string::StringRef;
use crate::value::{Unpacked, Value};

/// Where a `for` starts.
pub const ITER_START: Value = Value::ZERO;

/// The next element of a `for`, and where to go on behind it; `None` at the end.
///
/// The position of a list is an index, of a string a byte offset, of a map the number of entries passed, of `globals` a slot.
#[inline]
pub fn iter_next(realm: &mut Realm, object: Value, position: Value) -> Eval<Option<(Value, Value)>> {
    let at = position.to_f64_lossy() as usize;
    match object.as_list() {
        Some(list) => Ok(list.get(at).map(|element| (element, Value::number((at + 1) as f64)))),
        None => iter_next_slow(realm, object, at),
    }
}

#[inline(never)]
fn iter_next_slow(realm: &mut Realm, object: Value, at: usize) -> Eval<Option<(Value, Value)>> {
    match object.unpack() {
        Unpacked::String(text) => Ok(next_character(realm, text, at)),
        Unpacked::Map(map) => Ok(next_entry(realm, map, at)),
        _ => Ok(None),
    }
}

fn next_character(realm: &mut Realm, text: StringRef, at: usize) -> Option<(Value, Value)> {
    let character = text.as_str()[at..].chars().next()?;
    let next = at + character.len_utf8();
    Some((realm.char_string(character).value(), Value::number(next as f64)))
}

fn next_entry(realm: &mut Realm, map: MapRef, at: usize) -> Option<(Value, Value)> {
    let step = map.iter_from(realm, at)?;
    let pair = realm.new_pair(step.key, step.value);
    Some((pair.value(), Value::number(step.next as f64)))
}
