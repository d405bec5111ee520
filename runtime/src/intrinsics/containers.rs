//! Intrinsics on lists and maps (LANGUAGE 8.4), but for searching and sorting.
//!
//! Called through the table. Invariants: a mutation of something frozen is fatal; what is returned anew is never frozen; long
//! work polls the budget.

use super::call::{Answer, IntrinsicCall};
use super::kernels::Sum;
use super::strings;
use crate::fault::Eval;
use crate::list::{ListRef, MAX_LIST};
use crate::map::MapRef;
use crate::ops;
use crate::realm::Realm;
use crate::value::{Unpacked, Value};

/// How many elements are handled between two looks at the budget.
const CHUNK: usize = 1 << 12;

pub(super) fn len(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let len = match call.arg(0).unpack() {
        Unpacked::String(text) => text.len(),
        Unpacked::List(list) => list.len(),
        Unpacked::Map(map) => map.len(call.realm),
        _ => return Ok(Value::NULL),
    };
    Ok(Value::number(len as f64))
}

pub(super) fn push(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) if list.len() >= MAX_LIST => return Ok(ops::list_too_large(call.realm)?),
        Unpacked::List(list) => list.push(call.realm, call.args[1])?,
        Unpacked::Map(map) => map.set(call.realm, call.args[1], Value::ONE)?,
        _ => return Err(call.type_error("list or map", call.arg(0))),
    }
    Ok(call.arg(0))
}

pub(super) fn pop(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) => Ok(list.pop(call.realm)?.unwrap_or(Value::NULL)),
        Unpacked::Map(map) => pop_key(call.realm, map),
        _ => Err(call.type_error("list or map", call.arg(0))),
    }
}

pub(super) fn pull(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) if list.is_empty() => Ok(Value::NULL),
        Unpacked::List(list) => Ok(list.remove(call.realm, 0)?),
        Unpacked::Map(map) => pop_key(call.realm, map),
        _ => Err(call.type_error("list or map", call.arg(0))),
    }
}

fn pop_key(realm: &mut Realm, map: MapRef) -> Answer {
    Ok(map.pop_first(realm)?.map_or(Value::NULL, |(key, _)| key))
}

pub(super) fn insert(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) if list.len() >= MAX_LIST => Ok(ops::list_too_large(call.realm)?),
        Unpacked::List(list) => {
            let at = strings::insertion_point(call.index(1), list.len());
            list.insert(call.realm, at, call.args[2])?;
            Ok(call.arg(0))
        }
        Unpacked::String(text) => strings::insert_text(call, text),
        _ => Err(call.type_error("list or string", call.arg(0))),
    }
}

pub(super) fn remove(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) => {
            list.check_mutable(call.realm)?;
            let Some(at) = ops::position(call.index(1), list.len()) else {
                return Ok(Value::ZERO);
            };
            list.remove(call.realm, at)?;
            Ok(Value::ONE)
        }
        Unpacked::Map(map) => Ok(Value::boolean(map.remove(call.realm, call.args[1])?)),
        _ => Err(call.type_error("list or map", call.arg(0))),
    }
}

pub(super) fn has_index(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let index = call.arg(1);
    let len = match call.arg(0).unpack() {
        Unpacked::List(list) => list.len(),
        Unpacked::String(text) => text.len(),
        Unpacked::Map(map) => return Ok(Value::boolean(map.contains(call.realm, index))),
        _ => return Err(call.type_error("list, string, or map", call.arg(0))),
    };
    Ok(Value::boolean(index.is_number() && ops::position(call.index(1), len).is_some()))
}

pub(super) fn indexes(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) => Ok(call.realm.new_count(list.len()).value()),
        Unpacked::String(text) => Ok(call.realm.new_count(text.len()).value()),
        Unpacked::Map(map) => collect_entries(call.realm, map, |key, _| key),
        _ => Err(call.type_error("list, string, or map", call.arg(0))),
    }
}

fn collect_entries(realm: &mut Realm, map: MapRef, pick: fn(Value, Value) -> Value) -> Answer {
    let list = realm.new_list_with_capacity(map.len(realm))?;
    let mut position = 0;
    while let Some(step) = map.iter_from(realm, position) {
        if list.len().is_multiple_of(CHUNK) {
            realm.charge(CHUNK.min(map.len(realm)) as u64)?;
        }
        list.push(realm, pick(step.key, step.value))?;
        position = step.next;
    }
    Ok(list.value())
}

pub(super) fn values(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(_) => Ok(call.arg(0)),
        Unpacked::String(text) => {
            let list = call.realm.new_list_with_capacity(text.len())?;
            strings::split_characters(call.realm, text, usize::MAX, list)?;
            Ok(list.value())
        }
        Unpacked::Map(map) => collect_entries(call.realm, map, |_, value| value),
        _ => Err(call.type_error("list, string, or map", call.arg(0))),
    }
}

pub(super) fn sum(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let total = match call.arg(0).unpack() {
        Unpacked::List(list) => sum_list(call.realm, list)?,
        Unpacked::Map(map) => sum_map(call.realm, map)?,
        _ => 0.0,
    };
    Ok(Value::number(total))
}

fn sum_list(realm: &mut Realm, list: ListRef) -> Eval<f64> {
    let mut sum = Sum::new();
    for start in (0..list.len()).step_by(CHUNK) {
        let range = start..list.len().min(start + CHUNK);
        realm.charge(range.len() as u64)?;
        if list.of_stored(range.clone(), |values| sum.add(values)).is_none() {
            sum.add(&range.filter_map(|index| list.get(index)).collect::<Vec<_>>());
        }
    }
    Ok(sum.total())
}

fn sum_map(realm: &mut Realm, map: MapRef) -> Eval<f64> {
    let mut total = 0.0;
    let mut position = 0;
    while let Some(step) = map.iter_from(realm, position) {
        realm.charge(1)?;
        total += step.value.as_number().unwrap_or(0.0);
        position = step.next;
    }
    Ok(total)
}

pub(super) fn slice(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    let sequence = call.arg(0);
    if !sequence.is_list() && !sequence.is_string() {
        return Err(call.type_error("list or string", sequence));
    }
    // Bounds that are no numbers count as 0; errors among them are not special here.
    let number_or_null = |bound: Value| {
        if bound.is_null() { bound } else { Value::number(f64::from(ops::to_index(bound))) }
    };
    let (from, to) = (number_or_null(call.arg(1)), number_or_null(call.arg(2)));
    Ok(ops::slice(call.realm, sequence, from, to)?)
}

pub(super) fn range(call: &mut IntrinsicCall) -> Answer {
    call.pass_any_error()?;
    let (from, to) = (call.number(0)?, call.number(1)?);
    let step = match call.arg(2) {
        step if step.is_null() => {
            if to < from {
                -1.0
            } else {
                1.0
            }
        }
        _ => call.number(2)?,
    };
    if step == 0.0 {
        return Err(call.error("range() step may not be zero"));
    }
    let count = ((to - from) / step).trunc() + 1.0;
    if count.is_nan() || count > MAX_LIST as f64 {
        return Err(call.error("range() result too large (exceeds maximum list size)"));
    }
    Ok(call.realm.new_range(from, step, count.max(0.0) as usize).value())
}
