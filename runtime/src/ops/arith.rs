//! Arithmetic beyond two numbers: concatenation, repetition, removal, and null for everything that makes no sense
//! (LANGUAGE 3.5, 3.6).
//!
//! Called by the inlined fast paths in `ops.rs`. Invariant: no operand type is a fatal error; error values win, left first.

use super::errors::new_error;
use crate::fault::Eval;
use crate::list::{ListRef, MAX_LIST};
use crate::map::MapRef;
use crate::realm::Realm;
use crate::string::{MAX_STRING, StringRef};
use crate::text::{self, WholeText};
use crate::value::{Unpacked, Value};

/// How many elements are copied between two looks at the budget.
pub(crate) const CHUNK: usize = 1 << 16;

/// The error operand that decides the result, if there is one.
#[inline]
fn error_operand(a: Value, b: Value) -> Option<Value> {
    if a.is_error() {
        Some(a)
    } else if b.is_error() {
        Some(b)
    } else {
        None
    }
}

/// `a + b` unless both are numbers.
#[inline(never)]
pub fn add_slow(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    match (a.unpack(), b.unpack()) {
        (Unpacked::String(x), Unpacked::String(y)) => concat(realm, x, y),
        (Unpacked::Error(_), _) => Ok(a),
        (_, Unpacked::Error(_)) => Ok(b),
        (Unpacked::String(_), Unpacked::Null) => Ok(a),
        (Unpacked::Null, Unpacked::String(_)) => Ok(b),
        (Unpacked::String(x), Unpacked::Number(y)) if x.byte_len() <= SHORT_TEXT => append_number(realm, x, y),
        (Unpacked::String(x), _) => {
            let text = text::value_string(realm, b)?;
            concat(realm, x, text)
        }
        (Unpacked::Number(x), Unpacked::String(y)) if y.byte_len() <= SHORT_TEXT => prepend_number(realm, x, y),
        (_, Unpacked::String(y)) => {
            let text = text::value_string(realm, a)?;
            concat(realm, text, y)
        }
        (Unpacked::List(x), Unpacked::List(y)) => concat_lists(realm, x, y),
        (Unpacked::Map(x), Unpacked::Map(y)) => merge_maps(realm, x, y),
        _ => Ok(Value::NULL),
    }
}

/// Texts up to this length become short strings with a number beside them.
const SHORT_TEXT: usize = 32;

/// `a + b` of a short string and a number, whose text needs no string of its own.
fn append_number(realm: &mut Realm, a: StringRef, b: f64) -> Eval<Value> {
    if let Some(digits) = WholeText::of(b).filter(|_| !a.is_empty()) {
        realm.charge(1 + (digits.as_bytes().len() >> 4) as u64)?;
        return Ok(realm.with_ascii(a, digits.as_bytes(), false).value());
    }
    let mut text = realm.take_scratch();
    text.push_str(a.as_str());
    text::push_number(&mut text, b);
    realm.charge(1 + ((text.len() - a.byte_len()) >> 4) as u64)?;
    Ok(realm.string_from_scratch(text).value())
}

/// The same of a number and a short string.
fn prepend_number(realm: &mut Realm, a: f64, b: StringRef) -> Eval<Value> {
    if let Some(digits) = WholeText::of(a).filter(|_| !b.is_empty()) {
        realm.charge(1 + (b.byte_len() >> 4) as u64)?;
        return Ok(realm.with_ascii(b, digits.as_bytes(), true).value());
    }
    let mut text = realm.take_scratch();
    text::push_number(&mut text, a);
    text.push_str(b.as_str());
    realm.charge(1 + (b.byte_len() >> 4) as u64)?;
    Ok(realm.string_from_scratch(text).value())
}

/// `a + b` of two strings; an error value if that is longer than strings get.
pub fn concat(realm: &mut Realm, a: StringRef, b: StringRef) -> Eval<Value> {
    if a.byte_len() + b.byte_len() > MAX_STRING {
        return string_too_large(realm);
    }
    realm.charge(1 + (b.byte_len() >> 4) as u64)?;
    Ok(realm.concat(a, b)?.value())
}

fn concat_lists(realm: &mut Realm, a: ListRef, b: ListRef) -> Eval<Value> {
    let len = a.len() + b.len();
    if len > MAX_LIST {
        return list_too_large(realm);
    }
    let joined = realm.new_list_with_capacity(len)?;
    append_elements(realm, joined, a, 0, a.len())?;
    append_elements(realm, joined, b, 0, b.len())?;
    Ok(joined.value())
}

/// Appends the elements `from..to` of one list to another that nobody else knows yet.
pub(crate) fn append_elements(realm: &mut Realm, target: ListRef, source: ListRef, from: usize, to: usize) -> Eval<()> {
    for start in (from..to).step_by(CHUNK) {
        let end = to.min(start + CHUNK);
        realm.charge((end - start) as u64)?;
        for index in start..end {
            target.push(realm, source.get(index).unwrap_or(Value::NULL))?;
        }
    }
    Ok(())
}

fn merge_maps(realm: &mut Realm, a: MapRef, b: MapRef) -> Eval<Value> {
    let merged = realm.new_map();
    copy_entries(realm, merged, a)?;
    copy_entries(realm, merged, b)?;
    Ok(merged.value())
}

/// Sets all entries of one map in another that nobody else knows yet.
pub(crate) fn copy_entries(realm: &mut Realm, target: MapRef, source: MapRef) -> Eval<()> {
    let mut position = 0;
    let mut copied = 0usize;
    while let Some(step) = source.iter_from(realm, position) {
        if copied.is_multiple_of(CHUNK) {
            realm.charge(source.len(realm).min(CHUNK) as u64)?;
        }
        target.set(realm, step.key, step.value)?;
        position = step.next;
        copied += 1;
    }
    Ok(())
}

/// `a - b` unless both are numbers.
#[inline(never)]
pub fn sub_slow(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    if let Some(error) = error_operand(a, b) {
        return Ok(error);
    }
    let (Some(text), Some(end)) = (a.as_string(), b.as_string()) else {
        return Ok(Value::NULL);
    };
    if end.is_empty() || !text.as_bytes().ends_with(end.as_bytes()) {
        return Ok(a);
    }
    realm.charge(1 + (text.byte_len() >> 4) as u64)?;
    Ok(text.byte_slice(realm, 0, text.byte_len() - end.byte_len()).value())
}

/// `a * b` unless both are numbers.
#[inline(never)]
pub fn mul_slow(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    if let Some(error) = error_operand(a, b) {
        return Ok(error);
    }
    match b.as_number() {
        Some(count) => repeat(realm, a, count),
        None => Ok(Value::NULL),
    }
}

/// `a / b` unless both are numbers.
#[inline(never)]
pub fn div_slow(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    if let Some(error) = error_operand(a, b) {
        return Ok(error);
    }
    match b.as_number() {
        Some(divisor) => repeat(realm, a, 1.0 / divisor),
        None => Ok(Value::NULL),
    }
}

/// What `%` and `^` give unless both are numbers; unary minus with a first operand that is no error.
#[inline(never)]
pub fn null_or_error(a: Value, b: Value) -> Value {
    error_operand(a, b).unwrap_or(Value::NULL)
}

/// How often something of a length is repeated: whole copies, then a part of one.
struct Repetition {
    copies: usize,
    rest: usize,
}

/// `None` if the count is no finite number; counts beyond all limits become the largest.
fn repetition(len: usize, count: f64) -> Option<Repetition> {
    if !count.is_finite() {
        return None;
    }
    let count = count.max(0.0);
    let whole = count.floor();
    let rest = (len as f64 * (count - whole)).trunc();
    Some(Repetition { copies: whole as usize, rest: rest as usize })
}

fn repeat(realm: &mut Realm, value: Value, count: f64) -> Eval<Value> {
    match value.unpack() {
        Unpacked::String(text) => match repetition(text.len(), count) {
            Some(times) => repeat_string(realm, text, &times),
            None => Ok(Value::NULL),
        },
        Unpacked::List(list) => match repetition(list.len(), count) {
            Some(times) => repeat_list(realm, list, &times),
            None => Ok(Value::NULL),
        },
        _ => Ok(Value::NULL),
    }
}

fn repeat_string(realm: &mut Realm, text: StringRef, times: &Repetition) -> Eval<Value> {
    let rest_end = text.byte_offset(realm, times.rest);
    let len = text.byte_len().saturating_mul(times.copies).saturating_add(rest_end);
    if len > MAX_STRING {
        return string_too_large(realm);
    }
    realm.charge(1 + (len >> 4) as u64)?;
    let copies = realm.repeat(text, times.copies)?;
    let rest = text.slice(realm, 0, times.rest);
    Ok(realm.concat(copies, rest)?.value())
}

fn repeat_list(realm: &mut Realm, list: ListRef, times: &Repetition) -> Eval<Value> {
    let len = list.len().saturating_mul(times.copies).saturating_add(times.rest);
    if len > MAX_LIST {
        return list_too_large(realm);
    }
    if let (1, true, Some(only)) = (list.len(), len > 0, list.get(0).filter(|only| is_immutable(*only))) {
        return Ok(realm.new_repeated(only, len).value());
    }
    let repeated = realm.new_list_with_capacity(len)?;
    for _ in 0..if list.is_empty() { 0 } else { times.copies } {
        append_elements(realm, repeated, list, 0, list.len())?;
    }
    append_elements(realm, repeated, list, 0, times.rest)?;
    Ok(repeated.value())
}

/// Whether sharing a value can never be noticed: then a repeated list need not hold its elements.
fn is_immutable(value: Value) -> bool {
    match value.unpack() {
        Unpacked::Number(_) | Unpacked::String(_) | Unpacked::Null => true,
        Unpacked::List(list) => list.is_frozen(),
        Unpacked::Map(map) => map.is_frozen(),
        _ => false,
    }
}

/// The error value for a string beyond the largest size.
#[cold]
pub(crate) fn string_too_large(realm: &mut Realm) -> Eval<Value> {
    Ok(new_error(realm, "string too large (exceeds maximum size)"))
}

/// The error value for a list beyond the largest size.
#[cold]
pub(crate) fn list_too_large(realm: &mut Realm) -> Eval<Value> {
    Ok(new_error(realm, "list too large (exceeds maximum size)"))
}
