//! What compiled code calls for elements of lists and strings, and for loops over anything.
//!
//! `helpers` puts the addresses into the table. Invariant: as of all helpers, values that are not kept alive by something else stand on the
//! native stack.

use super::{give, realm_at, realm_of, value};
use minilive_runtime::ops;
use minilive_runtime::value::{TAG_LIST, TAG_SHIFT, Value};

pub(super) extern "C" fn list_get(_: *mut u8, _: u64, list: u64, index: u64) -> u64 {
    let index = Value::number(index as i64 as f64);
    value(list).as_list().map_or(Value::NULL, |list| ops::list_element(list, index)).bits()
}

/// The number of elements that stand in a list object's array, where a short rule's are stored before. Compiled code is not ready for a
/// collection here.
pub(super) extern "C" fn stored_len(ctx: *mut u8, object: u64) -> u64 {
    let Some(list) = value(TAG_LIST << TAG_SHIFT | object).as_list() else { return 0 };
    realm_of(ctx).without_collecting(|realm| list.settle(realm));
    list.stored() as u64
}

/// The next element of a loop, absent behind the last one; the realm's head takes the position behind it.
pub(super) extern "C" fn iter_next(ctx: *mut u8, site: u64, object: u64, position: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let result = ops::iter_next(realm, value(object), Value::number(position as f64)).map(|step| {
        let (element, next) = step.unwrap_or((Value::ABSENT, Value::ZERO));
        realm.head.native_status = next.to_f64_lossy() as u64;
        element
    });
    give(realm, site, result)
}

pub(super) extern "C" fn iter_entry(ctx: *mut u8, site: u64, map: u64, position: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let step = value(map).as_map().and_then(|map| map.iter_from(realm, position as usize));
    step.map_or(Value::ABSENT, |step| {
        realm.head.native_status = step.next as u64;
        realm.head.entry_value = step.value.bits();
        step.key
    })
    .bits()
}

pub(super) extern "C" fn list_set(ctx: *mut u8, site: u64, list: u64, index: u64, element: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let index = Value::number(index as i64 as f64);
    let result = ops::index_set(realm, value(list), index, value(element));
    give(realm, site, result.map(|()| Value::NULL))
}

/// `string[index]`
pub(super) extern "C" fn str_char(ctx: *mut u8, site: u64, string: u64, index: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let index = Value::number(index as i64 as f64);
    value(string).as_string().map_or(Value::NULL, |text| ops::string_element(realm, text, index)).bits()
}

/// The code of a string's first character, as an integer.
pub(super) extern "C" fn str_code(_: *mut u8, string: u64) -> u64 {
    let text = value(string).as_string();
    text.and_then(|text| text.as_str().chars().next()).map_or(0, u64::from)
}

/// The string of a character that is not ASCII.
pub(super) extern "C" fn char_of(ctx: *mut u8, site: u64, code: u64) -> u64 {
    let realm = realm_at(ctx, site);
    let code = ops::number_to_index(code as i64 as f64);
    let character = u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    realm.char_string(character).value().bits()
}
