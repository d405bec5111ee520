//! The map `key`: single key presses (LANGUAGE 8.7).
//!
//! Called through the table after the host's gate. Invariant: waiting for a key polls the cancel flag.

use super::{fill_members, once, own, put};
use crate::host::KeyPress;
use crate::intrinsics::{Answer, IntrinsicCall};
use crate::ops;
use crate::realm::{Realm, Singleton};
use crate::value::Value;

/// `key`
pub(crate) fn module(call: &mut IntrinsicCall) -> Answer {
    Ok(module_map(call.realm))
}

fn module_map(realm: &mut Realm) -> Value {
    let map = once(realm, Singleton::Key, |realm, map| {
        fill_members(realm, map, "key");
        put(realm, map, "raw", Value::ZERO);
    });
    map.value()
}

/// `key.available`
pub(crate) fn available(call: &mut IntrinsicCall) -> Answer {
    Ok(Value::boolean(call.realm.host().key_waits()))
}

/// `key.get`
pub(crate) fn get(call: &mut IntrinsicCall) -> Answer {
    let map = module_map(call.realm);
    let raw = ops::is_truthy(call.realm, own(call.realm, map, "raw"));
    loop {
        call.realm.check_stop()?;
        match call.realm.host().read_key(raw) {
            KeyPress::Nothing => {}
            KeyPress::Code(code) => {
                let character = char::from_u32(code).filter(|character| *character != '\0');
                return Ok(match character {
                    Some(character) => call.realm.char_string(character).value(),
                    None => call.realm.shared.empty_string(),
                });
            }
            KeyPress::Unknown | KeyPress::End => return Ok(call.realm.shared.empty_string()),
        }
    }
}
