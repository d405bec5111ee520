//! `c[k]`, `c[k] = v` and slices (LANGUAGE 3.12–3.14), and how a number becomes an index.
//!
//! Called by the inlined fast paths in `ops.rs`. Invariant: reading never invokes a function, and never changes anything.

use super::member;
use crate::fault::{Eval, FatalError};
use crate::list::ListRef;
use crate::realm::{Realm, TypeMap};
use crate::string::StringRef;
use crate::text;
use crate::value::{Unpacked, Value};

/// A number cut to a whole one of 32 bits, the nearest one if it is too large. Not-a-number is an index that never exists.
#[inline(always)]
pub fn number_to_index(number: f64) -> i32 {
    if number.is_nan() { i32::MIN } else { number as i32 }
}

/// A number as an index; anything else is 0.
#[inline(always)]
pub fn to_index(value: Value) -> i32 {
    value.as_number().map_or(0, number_to_index)
}

/// The position that an index means, negative ones counting from the end; `None` if out of range.
#[inline(always)]
pub fn position(index: i32, len: usize) -> Option<usize> {
    let index = i64::from(index);
    let at = if index < 0 { index + len as i64 } else { index };
    if at >= 0 && at < len as i64 { Some(at as usize) } else { None }
}

/// An element by index; null out of range.
#[inline]
pub fn list_element(list: ListRef, index: Value) -> Value {
    position(to_index(index), list.len()).and_then(|at| list.get(at)).unwrap_or(Value::NULL)
}

/// A character by index; `""` out of range.
pub fn string_element(realm: &mut Realm, text: StringRef, index: Value) -> Value {
    match position(to_index(index), text.len()) {
        Some(at) => text.char_at(realm, at).value(),
        None => realm.shared.empty_string(),
    }
}

/// `c[k]` beyond a list and a number.
#[inline(never)]
pub fn index_get_slow(realm: &mut Realm, container: Value, key: Value) -> Eval<Value> {
    match container.unpack() {
        Unpacked::Map(map) => member::map_index(realm, map, key),
        Unpacked::String(text) => match type_entry(realm, TypeMap::String, key) {
            Some(entry) => Ok(entry),
            None if key.is_number() => Ok(string_element(realm, text, key)),
            None => key_not_found(realm, key),
        },
        Unpacked::List(list) => match type_entry(realm, TypeMap::List, key) {
            Some(entry) => Ok(entry),
            None if key.is_number() => Ok(list_element(list, key)),
            None => key_not_found(realm, key),
        },
        Unpacked::Number(_) => match type_entry(realm, TypeMap::Number, key) {
            Some(entry) => Ok(entry),
            None => missing_key(realm, container, key),
        },
        _ => cant_index(realm, container),
    }
}

/// An entry of a type map.
#[inline]
pub(crate) fn type_entry(realm: &Realm, kind: TypeMap, key: Value) -> Option<Value> {
    let map = realm.type_map(kind);
    // Only a table has keys that are numbers.
    if key.is_number() && !map.is_dict() { None } else { map.get(realm, key) }
}

/// Nothing under this key: for number keys the container is to blame.
#[cold]
pub(crate) fn missing_key<T>(realm: &mut Realm, container: Value, key: Value) -> Eval<T> {
    if key.is_number() { cant_index(realm, container) } else { key_not_found(realm, key) }
}

#[cold]
pub(crate) fn key_not_found<T>(realm: &mut Realm, key: Value) -> Eval<T> {
    Err(FatalError::KeyNotFound(text::plain(realm, key)?).into())
}

#[cold]
pub(crate) fn cant_index<T>(realm: &mut Realm, container: Value) -> Eval<T> {
    Err(FatalError::CantIndex(text::plain(realm, container)?).into())
}

/// `c[k] = v` beyond a list and a number.
#[inline(never)]
pub fn index_set_slow(realm: &mut Realm, container: Value, key: Value, value: Value) -> Eval<()> {
    match container.unpack() {
        Unpacked::List(list) => match position(to_index(key), list.len()) {
            Some(at) => list.set(realm, at, value),
            None => list.check_mutable(realm),
        },
        Unpacked::Map(map) => map.set(realm, key, value),
        Unpacked::Error(_) => Err(FatalError::AssignIntoError.into()),
        _ => Err(FatalError::CantSetIndex(text::plain(realm, container)?).into()),
    }
}

/// `c[from:to]`; null bounds mean start and end.
#[inline]
pub fn slice(realm: &mut Realm, container: Value, from: Value, to: Value) -> Eval<Value> {
    match container.as_string().filter(|_| from.is_number() && (to.is_number() || to.is_null())) {
        Some(text) => slice_text(realm, text, from, to),
        None => slice_any(realm, container, from, to),
    }
}

fn slice_text(realm: &mut Realm, text: StringRef, from: Value, to: Value) -> Eval<Value> {
    let (start, end) = bounds(from, to, text.len());
    realm.charge(1 + (end - start) as u64 / 16)?;
    Ok(text.slice(realm, start, end).value())
}

fn slice_any(realm: &mut Realm, container: Value, from: Value, to: Value) -> Eval<Value> {
    for operand in [container, from, to] {
        super::check_uncaught(operand)?;
    }
    match container.unpack() {
        Unpacked::String(text) => slice_text(realm, text, from, to),
        Unpacked::List(list) => {
            let (start, end) = bounds(from, to, list.len());
            slice_list(realm, list, start, end)
        }
        _ => Err(FatalError::CantSlice(text::plain(realm, container)?).into()),
    }
}

/// Start and end inside `0..=len`, start not behind end.
#[inline]
fn bounds(from: Value, to: Value, len: usize) -> (usize, usize) {
    let place = |bound: Value, missing: i64| {
        if bound.is_null() {
            return missing;
        }
        let index = i64::from(to_index(bound));
        if index < 0 { index + len as i64 } else { index }
    };
    let start = place(from, 0).max(0);
    let end = place(to, len as i64).min(len as i64);
    if start >= end { (0, 0) } else { (start as usize, end as usize) }
}

fn slice_list(realm: &mut Realm, list: ListRef, start: usize, end: usize) -> Eval<Value> {
    let part = realm.new_list_with_capacity(end - start)?;
    super::arith::append_elements(realm, part, list, start, end)?;
    Ok(part.value())
}
