//! `indexOf` and `replace` on strings, lists and maps (LANGUAGE 8.3, 8.4).
//!
//! Called through the table; the string halves are in `strings.rs`. Invariant: values compare as `==` does; a container that
//! holds no match is not touched, frozen or not.

use super::call::{Answer, Early, IntrinsicCall};
use super::kernels;
use super::strings;
use crate::list::ListRef;
use crate::map::MapRef;
use crate::ops;
use crate::value::{Unpacked, Value};

/// How many elements are compared between two looks at the budget.
const CHUNK: usize = 1 << 12;

/// Counts a step of a long search.
#[inline]
fn tick(call: &mut IntrinsicCall, index: usize) -> Result<(), Early> {
    if index % CHUNK == CHUNK - 1 {
        call.realm.charge(CHUNK as u64)?;
    }
    Ok(())
}

pub(super) fn index_of(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) => {
            let from = search_start(call, list.len());
            index_in_list(call, list, from)
        }
        Unpacked::String(text) => {
            let from = search_start(call, text.len());
            strings::find_text(call, text, from)
        }
        Unpacked::Map(map) => key_in_map(call, map),
        _ => Err(call.type_error("list, string, or map", call.arg(0))),
    }
}

/// Where a search starts: behind the index `after`. Null and -1 mean the start, other negative indexes count from the end.
fn search_start(call: &IntrinsicCall, len: usize) -> usize {
    if call.arg(2).is_null() {
        return 0;
    }
    let after = i64::from(call.index(2));
    let after = if after < -1 { after + len as i64 } else { after };
    (after + 1).max(0) as usize
}

fn index_in_list(call: &mut IntrinsicCall, list: ListRef, from: usize) -> Answer {
    let wanted = call.arg(1);
    if let Some(number) = wanted.as_number().filter(|it| !it.is_nan() && !list.is_computed()) {
        return index_of_number(call, list, (number, from));
    }
    let mut index = from;
    while let Some(element) = list.get(index) {
        tick(call, index)?;
        if ops::eq(call.realm, element, wanted)? {
            return Ok(Value::number(index as f64));
        }
        index += 1;
    }
    Ok(Value::NULL)
}

/// The same for a number in a list whose elements stand in memory.
fn index_of_number(call: &mut IntrinsicCall, list: ListRef, (number, from): (f64, usize)) -> Answer {
    for start in (from..list.len()).step_by(CHUNK) {
        let range = start..list.len().min(start + CHUNK);
        let full = range.len() == CHUNK;
        if let Some(at) = list.of_stored(range, |values| kernels::position_of(number, values)).flatten() {
            return Ok(Value::number((start + at) as f64));
        }
        if full {
            call.realm.charge(CHUNK as u64)?;
        }
    }
    Ok(Value::NULL)
}

fn key_in_map(call: &mut IntrinsicCall, map: MapRef) -> Answer {
    let (wanted, after) = (call.arg(1), call.arg(2));
    let mut passed = after.is_null();
    let mut position = 0;
    while let Some(step) = map.iter_from(call.realm, position) {
        tick(call, position)?;
        if passed && ops::eq(call.realm, step.value, wanted)? {
            return Ok(step.key);
        }
        passed = passed || is_key(call, step.key, after)?;
        position = step.next;
    }
    Ok(Value::NULL)
}

/// Whether two keys are one: strings and numbers by content, the rest by identity.
fn is_key(call: &mut IntrinsicCall, key: Value, wanted: Value) -> Result<bool, Early> {
    if key == wanted {
        return Ok(true);
    }
    let by_content = (key.is_string() && wanted.is_string()) || (key.is_number() && wanted.is_number());
    Ok(by_content && ops::eq(call.realm, key, wanted)?)
}

pub(super) fn replace(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    let most = usize::try_from(call.index(3)).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
    match call.arg(0).unpack() {
        Unpacked::List(list) => replace_in_list(call, list, most),
        Unpacked::Map(map) => replace_in_map(call, map, most),
        Unpacked::String(text) => strings::replace_text(call, text, most),
        _ => Err(call.type_error("list, map, or string", call.arg(0))),
    }
}

fn replace_in_list(call: &mut IntrinsicCall, list: ListRef, most: usize) -> Answer {
    let (old, new) = (call.arg(1), call.arg(2));
    let (mut index, mut replaced) = (0, 0);
    while let (Some(element), true) = (list.get(index), replaced < most) {
        tick(call, index)?;
        if ops::eq(call.realm, element, old)? {
            list.set(call.realm, index, new)?;
            replaced += 1;
        }
        index += 1;
    }
    Ok(list.value())
}

fn replace_in_map(call: &mut IntrinsicCall, map: MapRef, most: usize) -> Answer {
    let (old, new) = (call.arg(1), call.arg(2));
    let (mut position, mut replaced) = (0, 0);
    while let (Some(step), true) = (map.iter_from(call.realm, position), replaced < most) {
        tick(call, position)?;
        if ops::eq(call.realm, step.value, old)? {
            map.set(call.realm, step.key, new)?;
            replaced += 1;
        }
        position = step.next;
    }
    Ok(map.value())
}
