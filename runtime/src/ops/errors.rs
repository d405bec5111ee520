//! Error values made by operators and intrinsics.
//!
//! An operator knows no call stack, so its errors have none until the engine calls [`attach_stack`]. Invariant: errors of the
//! system have the realm's internal prototype as `__isa`; errors made by `err` have what the program says.

use crate::list::ListRef;
use crate::machine::Machine;
use crate::realm::{Realm, Singleton};
use crate::value::Value;

/// A new error value of the system, without stack.
#[cold]
pub fn new_error(realm: &mut Realm, message: &str) -> Value {
    new_error_with_stack(realm, message, Value::NULL)
}

/// A new error value of the system.
#[cold]
pub fn new_error_with_stack(realm: &mut Realm, message: &str, stack: Value) -> Value {
    let isa = prototype(realm);
    let message = realm.string_value(message);
    realm.new_error(message, Value::NULL, stack, isa).value()
}

/// The error that all errors of the system have as `__isa`.
fn prototype(realm: &mut Realm) -> Value {
    let known = realm.singleton(Singleton::ErrorPrototype);
    if !known.is_null() {
        return known;
    }
    let message = realm.intern("Runtime Error");
    let made = realm.new_error(message, Value::NULL, Value::NULL, Value::NULL).value();
    realm.set_singleton(Singleton::ErrorPrototype, made);
    made
}

/// The current stack as `e.stack` shows it: a new frozen list of texts, innermost first.
pub fn stack_list(realm: &mut Realm, machine: &dyn Machine) -> ListRef {
    let lines = machine.stack(realm);
    let list = realm.new_list(&[]);
    for line in lines {
        let text = realm.string_value(&line.text());
        if list.push(realm, text).is_err() {
            // A stack too large for memory is cut; the memory limit ends the program at its next step.
            break;
        }
    }
    list.freeze();
    list
}

/// Gives an error that an operator has just returned its stack. Other values, and errors that have one, stay as they are.
#[cold]
pub fn attach_stack(realm: &mut Realm, machine: &dyn Machine, value: Value) -> Value {
    match value.as_error() {
        Some(error) if error.stack().is_null() => {
            let stack = stack_list(realm, machine).value();
            realm.new_error(error.message(), error.inner(), stack, error.isa()).value()
        }
        _ => value,
    }
}
