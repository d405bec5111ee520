//! What programs do to files, processes, keys and dates (LANGUAGE 8.7), the same for every host that allows it.
//!
//! The table of intrinsics calls these functions after the host's gate. The parts: `files` (the map `file`), `handles` (open
//! files), `raw` (byte buffers), `process` (`exec`, `env`, `shellArgs`), `keys`, `dates`, `modules` (where `import` looks),
//! `console` (standard input for hosts), `sys` (what differs between systems). Invariants: failures are error values with the
//! reference's texts; memory that a program asks for here counts against its limit.

pub(crate) mod console;
pub(crate) mod dates;
pub(crate) mod files;
pub(crate) mod handles;
pub(crate) mod keys;
pub(crate) mod modules;
pub(crate) mod process;
pub(crate) mod raw;
mod sys;

pub(crate) use sys::total_memory;

use crate::intrinsics::{Answer, Early, IntrinsicCall, IntrinsicId};
use crate::map::MapRef;
use crate::realm::{Realm, Singleton};
use crate::text;
use crate::value::Value;

/// The entry under which an object of a host class keeps its handle.
const HANDLE: &str = "_handle";

/// An object that exists once a realm, made at the first need by `fill`.
fn once(realm: &mut Realm, which: Singleton, fill: impl FnOnce(&mut Realm, MapRef)) -> MapRef {
    if let Some(known) = realm.singleton(which).as_map() {
        return known;
    }
    let map = realm.new_map();
    realm.set_singleton(which, map.value());
    fill(realm, map);
    map
}

/// Gives a map all intrinsics that are members of `owner`.
fn fill_members(realm: &mut Realm, map: MapRef, owner: &str) {
    for id in IntrinsicId::all().filter(|id| id.def().member_of == Some(owner)) {
        let function = realm.shared.intrinsic(id.0);
        put(realm, map, id.def().name, function);
    }
}

fn put(realm: &mut Realm, map: MapRef, key: &str, value: Value) {
    let name = realm.shared.intern(key);
    map.put_by_name(realm, name, value);
}

fn own(realm: &Realm, map: Value, key: &str) -> Value {
    let value = map.as_map().and_then(|map| map.get_by_name(realm, realm.shared.intern(key)));
    value.unwrap_or(Value::NULL)
}

/// An argument as text.
fn text_arg(call: &mut IntrinsicCall, index: usize) -> Result<String, Early> {
    Ok(text::plain(call.realm, call.arg(index))?)
}

/// Ends early with an error value of the file functions.
fn file_error(call: &mut IntrinsicCall, message: &str) -> Early {
    call.error(&format!("File error: {message}"))
}

/// A text from outside as a value, within the limits.
fn outside_text(realm: &mut Realm, text: &str) -> Answer {
    if text.len() > crate::string::MAX_STRING {
        return Ok(crate::ops::string_too_large(realm)?);
    }
    realm.reserve(text.len() as u64)?;
    Ok(realm.string_value(text))
}
