//! `sort` and `shuffle` (LANGUAGE 8.4).
//!
//! Called through the table. Invariants: sorting is stable and looks at no user code; the draws of `shuffle` are part of the
//! language; both poll the budget at least every 64 Ki elements.

use super::call::{Answer, IntrinsicCall};
use crate::fault::Eval;
use crate::list::ListRef;
use crate::map::MapRef;
use crate::ops;
use crate::realm::Realm;
use crate::value::{Unpacked, Value};
use std::cmp::Ordering;

/// How many elements are sorted or merged between two looks at the budget.
const RUN: usize = 1 << 16;

/// An element with what it is sorted by.
#[derive(Clone, Copy)]
struct Item {
    key: Value,
    element: Value,
}

pub(super) fn sort(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    let Some(list) = call.arg(0).as_list() else {
        return Err(call.type_error("list", call.arg(0)));
    };
    if list.len() < 2 {
        return Ok(call.arg(0));
    }
    list.check_mutable(call.realm)?;
    let by_key = call.arg(1);
    let descending = !ops::is_truthy(call.realm, call.arg(2));
    // Long lists are merged from one copy into another.
    call.realm.reserve(2 * list.len() as u64 * size_of::<Item>() as u64)?;
    call.realm.charge(list.len() as u64)?;
    // Keys and elements stay reachable through the list as long as they are here.
    let mut items = Vec::with_capacity(list.len());
    items.extend(list.iter().map(|element| Item { key: sort_key(call.realm, element, by_key), element }));
    sort_items(call.realm, &mut items, descending)?;
    list.materialise(call.realm)?;
    for (index, item) in items.iter().enumerate() {
        list.set(call.realm, index, item.element)?;
    }
    Ok(call.arg(0))
}

/// What an element is sorted by: itself, or its entry or element under the key; null if it has none.
fn sort_key(realm: &mut Realm, element: Value, by_key: Value) -> Value {
    if by_key.is_null() {
        return element;
    }
    match element.unpack() {
        Unpacked::Map(map) => map.get(realm, by_key).unwrap_or(Value::NULL),
        Unpacked::List(list) if by_key.is_number() => ops::list_element(list, by_key),
        _ => Value::NULL,
    }
}

/// Sorts runs with the standard library, then merges them, so that the program can be stopped in between.
fn sort_items(realm: &mut Realm, items: &mut Vec<Item>, descending: bool) -> Eval<()> {
    let compare = |a: &Item, b: &Item| {
        let order = compare_keys(a.key, b.key);
        if descending { order.reverse() } else { order }
    };
    for run in items.chunks_mut(RUN) {
        realm.charge(run.len() as u64 * 4)?;
        run.sort_by(compare);
    }
    let mut width = RUN;
    while width < items.len() {
        let mut merged = Vec::with_capacity(items.len());
        for pair in items.chunks(width * 2) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge(realm, left, right, &mut merged, compare)?;
        }
        *items = merged;
        width *= 2;
    }
    Ok(())
}

fn merge(
    realm: &mut Realm,
    mut left: &[Item],
    mut right: &[Item],
    out: &mut Vec<Item>,
    compare: impl Fn(&Item, &Item) -> Ordering,
) -> Eval<()> {
    while let (Some(first), Some(second)) = (left.first(), right.first()) {
        if out.len().is_multiple_of(RUN) {
            realm.charge(RUN as u64)?;
        }
        if compare(first, second) == Ordering::Greater {
            out.push(*second);
            right = &right[1..];
        } else {
            out.push(*first);
            left = &left[1..];
        }
    }
    out.extend_from_slice(left);
    out.extend_from_slice(right);
    Ok(())
}

/// Numbers before strings before everything else, which is equal among itself; not-a-number behind the other numbers.
fn compare_keys(a: Value, b: Value) -> Ordering {
    match (a.unpack(), b.unpack()) {
        (Unpacked::Number(x), Unpacked::Number(y)) => x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan())),
        (Unpacked::String(x), Unpacked::String(y)) => x.as_str().cmp(y.as_str()),
        _ => sort_class(a).cmp(&sort_class(b)),
    }
}

fn sort_class(value: Value) -> u8 {
    match value.unpack() {
        Unpacked::Number(_) => 0,
        Unpacked::String(_) => 1,
        _ => 2,
    }
}

pub(super) fn shuffle(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    match call.arg(0).unpack() {
        Unpacked::List(list) => shuffle_list(call, list),
        Unpacked::Map(map) => shuffle_map(call, map),
        _ => Err(call.type_error("list or map", call.arg(0))),
    }
}

fn shuffle_list(call: &mut IntrinsicCall, list: ListRef) -> Answer {
    list.check_mutable(call.realm)?;
    let len = list.len();
    for last in (1..len).rev() {
        if last.is_multiple_of(RUN) || last + 1 == len {
            call.realm.charge(last.min(RUN) as u64)?;
        }
        let other = call.realm.rng().next_index(last + 1);
        list.swap(call.realm, last, other)?;
    }
    Ok(Value::NULL)
}

/// Permutes the values among the keys, with the draws that a list of them would take.
fn shuffle_map(call: &mut IntrinsicCall, map: MapRef) -> Answer {
    map.check_mutable(call.realm)?;
    let (keys, mut values): (Vec<Value>, Vec<Value>) = map.entries(call.realm).into_iter().unzip();
    call.realm.charge(values.len() as u64)?;
    for last in (1..values.len()).rev() {
        let other = call.realm.rng().next_index(last + 1);
        values.swap(last, other);
    }
    // Keys and values stay in the map all the time or are put back before anything is allocated.
    for (key, value) in keys.into_iter().zip(values) {
        map.set(call.realm, key, value)?;
    }
    Ok(Value::NULL)
}
