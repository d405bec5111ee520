//! Intrinsics on any value (LANGUAGE 8.5): types, errors, frozen values, identity, facts about values and the program.
//!
//! Called through the table. Invariants: freezing and copying use their own work list and end on cycles; maps that exist once
//! a realm are made at the first need and stay the same object.

use super::call::{Answer, Early, IntrinsicCall};
use super::numbers::fnv1a;
use super::{IntrinsicId, find_member};
use crate::error_value::ErrorRef;
use crate::fault::{Eval, FatalError};
use crate::function::FunctionRef;
use crate::map::MapRef;
use crate::ops;
use crate::realm::{Realm, Singleton, TypeMap};
use crate::text;
use crate::value::{Unpacked, Value};
use rustc_hash::FxHashMap;

pub(super) fn list_type(call: &mut IntrinsicCall) -> Answer {
    type_map(call, TypeMap::List)
}

pub(super) fn string_type(call: &mut IntrinsicCall) -> Answer {
    type_map(call, TypeMap::String)
}

pub(super) fn map_type(call: &mut IntrinsicCall) -> Answer {
    type_map(call, TypeMap::Map)
}

pub(super) fn number_type(call: &mut IntrinsicCall) -> Answer {
    type_map(call, TypeMap::Number)
}

pub(super) fn function_type(call: &mut IntrinsicCall) -> Answer {
    type_map(call, TypeMap::Function)
}

pub(super) fn error_type(call: &mut IntrinsicCall) -> Answer {
    type_map(call, TypeMap::Error)
}

fn type_map(call: &mut IntrinsicCall, kind: TypeMap) -> Answer {
    Ok(call.realm.type_map(kind).value())
}

pub(super) fn err(call: &mut IntrinsicCall) -> Answer {
    make_error(call, call.arg(0), call.arg(1), Value::NULL)
}

pub(super) fn err_method(call: &mut IntrinsicCall) -> Answer {
    if !call.arg(0).is_error() {
        return Err(FatalError::ErrOnNonError.into());
    }
    make_error(call, call.arg(1), call.arg(2), call.arg(0))
}

fn make_error(call: &mut IntrinsicCall, message: Value, inner: Value, isa: Value) -> Answer {
    let message = text::value_string(call.realm, message)?.value();
    let stack = ops::stack_list(call.realm, call.machine).value();
    Ok(call.realm.new_error(message, inner, stack, isa).value())
}

pub(super) fn stack_trace(call: &mut IntrinsicCall) -> Answer {
    Ok(ops::stack_list(call.realm, call.machine).value())
}

pub(super) fn freeze(call: &mut IntrinsicCall) -> Answer {
    call.no_error(0)?;
    freeze_deep(call.realm, call.arg(0))?;
    Ok(Value::NULL)
}

/// Freezes a value and all that it reaches. What is frozen already is taken to be so all through.
fn freeze_deep(realm: &mut Realm, value: Value) -> Eval<()> {
    let mut work = vec![value];
    while let Some(value) = work.pop() {
        match value.unpack() {
            Unpacked::List(list) if !list.is_frozen() => {
                list.freeze();
                realm.charge(1 + list.len() as u64)?;
                if !list.is_computed() && !list.all_numbers() {
                    work.extend(list.iter().filter(|element| is_container(*element)));
                }
            }
            Unpacked::Map(map) if !map.is_frozen() => {
                map.freeze(realm);
                let entries = map.entries(realm);
                realm.charge(1 + entries.len() as u64)?;
                work.extend(
                    entries.into_iter().flat_map(|(key, value)| [key, value]).filter(|part| is_container(*part)),
                );
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_container(value: Value) -> bool {
    value.is_list() || value.is_map()
}

fn is_frozen_value(value: Value) -> bool {
    value.as_list().is_some_and(|list| list.is_frozen()) || value.as_map().is_some_and(|map| map.is_frozen())
}

pub(super) fn is_frozen(call: &mut IntrinsicCall) -> Answer {
    call.pass_error(0)?;
    Ok(Value::boolean(is_frozen_value(call.arg(0))))
}

pub(super) fn frozen_copy(call: &mut IntrinsicCall) -> Answer {
    let value = call.arg(0);
    if !is_container(value) || is_frozen_value(value) {
        return Ok(value);
    }
    let copy = FrozenCopy::default().run(call.realm, value)?;
    freeze_deep(call.realm, copy)?;
    Ok(copy)
}

/// A deep copy under way. Every copy hangs in the copy of its parent as soon as it exists, so the root keeps all alive.
#[derive(Default)]
struct FrozenCopy {
    copies: FxHashMap<Value, Value>,
    work: Vec<(Value, Value)>,
}

impl FrozenCopy {
    fn run(mut self, realm: &mut Realm, root: Value) -> Eval<Value> {
        let copy = self.copy_of(realm, root);
        while let Some((source, target)) = self.work.pop() {
            if let (Some(source), Some(target)) = (source.as_list(), target.as_list()) {
                for element in source.iter() {
                    realm.charge(1)?;
                    let element = self.copy_of(realm, element);
                    target.push(realm, element)?;
                }
            } else if let (Some(source), Some(target)) = (source.as_map(), target.as_map()) {
                self.copy_entries(realm, source, target)?;
            }
        }
        copy.keep_alive();
        Ok(copy)
    }

    fn copy_entries(&mut self, realm: &mut Realm, source: MapRef, target: MapRef) -> Eval<()> {
        let mut position = 0;
        while let Some(step) = source.iter_from(realm, position) {
            realm.charge(1)?;
            let key = self.copy_of(realm, step.key);
            let value = self.copy_of(realm, step.value);
            target.set(realm, key, value)?;
            position = step.next;
        }
        Ok(())
    }

    /// The copy of a container, empty until its turn comes; anything else is its own copy.
    fn copy_of(&mut self, realm: &mut Realm, value: Value) -> Value {
        if !is_container(value) || is_frozen_value(value) {
            return value;
        }
        if let Some(known) = self.copies.get(&value) {
            return *known;
        }
        let copy = if value.is_list() { realm.new_list(&[]).value() } else { realm.new_map().value() };
        self.copies.insert(value, copy);
        self.work.push((value, copy));
        copy
    }
}

pub(super) fn ref_equals(call: &mut IntrinsicCall) -> Answer {
    let (a, b) = (call.arg(0), call.arg(1));
    let same = match (a.unpack(), b.unpack()) {
        // Which strings are one object is the engine's business, so equal ones always count as one.
        (Unpacked::String(x), Unpacked::String(y)) => x.same_text(y),
        (Unpacked::Number(x), Unpacked::Number(y)) => a == b || (x.is_nan() && y.is_nan()),
        _ => a == b,
    };
    Ok(Value::boolean(same))
}

/// What `hash` gives for null.
const HASH_OF_NULL: f64 = 1_280_601_449.0;

pub(super) fn hash(call: &mut IntrinsicCall) -> Answer {
    let value = call.arg(0);
    let hash = match value.unpack() {
        Unpacked::Null | Unpacked::Internal => return Ok(Value::number(HASH_OF_NULL)),
        Unpacked::String(text) => {
            super::strings::charge_bytes(call.realm, text.byte_len())?;
            fnv1a(text.as_bytes())
        }
        // 0 and -0 are equal and one key, so they have one hash; so do all that are no number.
        Unpacked::Number(number) => fnv1a(&Value::number(number + 0.0).bits().to_le_bytes()),
        _ => fnv1a(&identity(value).to_le_bytes()),
    };
    Ok(Value::number(f64::from(hash)))
}

/// The place of an object inside its block: tells objects apart and does not depend on where memory happens to be.
fn identity(value: Value) -> u64 {
    const BLOCK_MASK: u64 = (1 << 20) - 1;
    value.tag() << 20 | value.bits() & BLOCK_MASK
}

pub(super) fn info(call: &mut IntrinsicCall) -> Answer {
    let value = call.arg(0);
    let facts = call.realm.new_map();
    put_text(call.realm, facts, "type", value.type_name());
    match value.unpack() {
        Unpacked::List(list) => {
            put(call.realm, facts, "computed", Value::boolean(list.counts_as_computed()));
            put(call.realm, facts, "frozen", Value::boolean(list.is_frozen()));
        }
        Unpacked::Map(map) => put(call.realm, facts, "frozen", Value::boolean(map.is_frozen())),
        Unpacked::Function(function) => function_info(call, facts, function)?,
        Unpacked::Error(error) => error_info(call.realm, facts, error),
        _ => {}
    }
    facts.freeze(call.realm);
    Ok(facts.value())
}

fn put(realm: &mut Realm, map: MapRef, key: &str, value: Value) {
    let name = realm.shared.intern(key);
    map.put_by_name(realm, name, value);
}

fn put_text(realm: &mut Realm, map: MapRef, key: &str, text: &str) {
    let text = realm.string_value(text);
    put(realm, map, key, text);
}

fn error_info(realm: &mut Realm, facts: MapRef, error: ErrorRef) {
    put(realm, facts, "message", error.message());
    put(realm, facts, "inner", error.inner());
    put(realm, facts, "stack", error.stack());
    put(realm, facts, "isa", error.isa());
}

fn function_info(call: &mut IntrinsicCall, facts: MapRef, function: FunctionRef) -> Result<(), Early> {
    let params = call.realm.new_list(&[]);
    let (name, note) = match function.intrinsic() {
        Some(index) => {
            let def = IntrinsicId(index).def();
            for (name, default) in def.params {
                let default = super::default_value(call.realm, *default);
                push_param(call.realm, params.value(), name, default)?;
            }
            (def.name.to_owned(), String::new())
        }
        None => {
            let known = call.machine.function_facts(call.realm, function);
            for (name, default) in &known.params {
                push_param(call.realm, params.value(), name, *default)?;
            }
            (call.realm.function_name(function), known.note.unwrap_or_default())
        }
    };
    put_text(call.realm, facts, "name", &name);
    put_text(call.realm, facts, "note", &note);
    params.freeze();
    put(call.realm, facts, "params", params.value());
    put(call.realm, facts, "closure", Value::boolean(function.intrinsic().is_none()));
    Ok(())
}

fn push_param(realm: &mut Realm, params: Value, name: &str, default: Value) -> Eval<()> {
    let param = realm.new_map();
    put_text(realm, param, "name", name);
    put(realm, param, "default", default);
    param.freeze(realm);
    match params.as_list() {
        Some(list) => list.push(realm, param.value()),
        None => Ok(()),
    }
}

/// An object that exists once a realm: made by `fill` at the first need, frozen then.
fn once(call: &mut IntrinsicCall, which: Singleton, fill: fn(&mut Realm, MapRef)) -> Answer {
    let known = call.realm.singleton(which);
    if !known.is_null() {
        return Ok(known);
    }
    let map = call.realm.new_map();
    fill(call.realm, map);
    map.freeze(call.realm);
    call.realm.set_singleton(which, map.value());
    Ok(map.value())
}

pub(super) fn intrinsics(call: &mut IntrinsicCall) -> Answer {
    once(call, Singleton::Intrinsics, |realm, map| {
        for id in IntrinsicId::globals() {
            let function = realm.shared.intrinsic(id.0);
            put(realm, map, id.def().name, function);
        }
    })
}

pub(super) fn gc(call: &mut IntrinsicCall) -> Answer {
    once(call, Singleton::Gc, |realm, map| {
        for name in ["collect", "stats"] {
            if let Some(id) = find_member("gc", name) {
                let function = realm.shared.intrinsic(id.0);
                put(realm, map, name, function);
            }
        }
    })
}

/// The day of the build, if the build tells it.
const BUILD_DATE: &str = match option_env!("MINILIVE_BUILD_DATE") {
    Some(date) => date,
    None => "2026-11-20",
};

pub(super) fn version(call: &mut IntrinsicCall) -> Answer {
    once(call, Singleton::Version, |realm, map| {
        put_text(realm, map, "miniscript", "2.0");
        put_text(realm, map, "buildDate", BUILD_DATE);
        put_text(realm, map, "platform", std::env::consts::OS);
        put_text(realm, map, "host", env!("CARGO_PKG_VERSION"));
        put_text(realm, map, "hostName", "MiniLive");
        put_text(realm, map, "hostInfo", "");
    })
}

pub(super) fn gc_collect(call: &mut IntrinsicCall) -> Answer {
    call.realm.collect();
    Ok(Value::NULL)
}

pub(super) fn gc_stats(call: &mut IntrinsicCall) -> Answer {
    let census = call.realm.census();
    let counts = [
        ("bigStrings", census.long_strings),
        ("internedStrings", census.short_strings),
        ("lists", census.lists),
        ("maps", census.maps),
        ("errors", census.errors),
        ("functions", census.functions),
    ];
    let facts = call.realm.new_map();
    for (key, count) in counts {
        put(call.realm, facts, key, Value::number(count as f64));
    }
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    put(call.realm, facts, "total", Value::number(total as f64));
    facts.freeze(call.realm);
    Ok(facts.value())
}
