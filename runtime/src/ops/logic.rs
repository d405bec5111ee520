//! Truth and fuzzy logic (LANGUAGE 3.2, 3.8): `not`, `and`, `or`, conditions, dropped errors.
//!
//! `and` and `or` come in two halves, so that the engine can skip the right operand: [`and_test`]/[`or_test`] decide or let
//! it be evaluated, [`and_final`]/[`or_final`] combine. Invariant: results are numbers, or the error that decided.

use crate::fault::{Eval, FatalError};
use crate::realm::Realm;
use crate::text;
use crate::value::{Unpacked, Value};

/// What the left operand of `and` or `or` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// This is the result; the right operand is not evaluated.
    Decided(Value),
    /// The right operand decides.
    EvaluateRight,
}

/// Whether a value counts as true; errors do.
#[inline]
pub fn is_truthy(realm: &Realm, value: Value) -> bool {
    match value.as_number() {
        Some(number) => number != 0.0,
        None => is_truthy_slow(realm, value),
    }
}

fn is_truthy_slow(realm: &Realm, value: Value) -> bool {
    match value.unpack() {
        Unpacked::Null | Unpacked::Internal => false,
        Unpacked::String(text) => !text.is_empty(),
        Unpacked::List(list) => !list.is_empty(),
        Unpacked::Map(map) => !map.is_empty(realm),
        _ => true,
    }
}

/// The truth of a condition; an error value ends the program.
#[inline]
pub fn truth(realm: &Realm, value: Value) -> Eval<bool> {
    match value.as_number() {
        Some(number) => Ok(number != 0.0),
        None => truth_slow(realm, value),
    }
}

#[inline(never)]
fn truth_slow(realm: &Realm, value: Value) -> Eval<bool> {
    match value.as_error() {
        Some(error) => Err(FatalError::ErrorInCondition(text::error_message(error)).into()),
        None => Ok(is_truthy_slow(realm, value)),
    }
}

/// Ends the program with `Uncaught …` if a statement's value is an error.
#[inline]
pub fn check_uncaught(value: Value) -> Eval<()> {
    match value.as_error() {
        Some(error) => Err(FatalError::Uncaught(text::error_message(error)).into()),
        None => Ok(()),
    }
}

/// The degree of truth: a number itself, else 1 or 0.
#[inline]
fn degree(realm: &Realm, value: Value) -> f64 {
    value.as_number().unwrap_or_else(|| f64::from(u8::from(is_truthy_slow(realm, value))))
}

/// Degrees have a size of at most 1 in results.
#[inline(always)]
pub fn clamp(degree: f64) -> f64 {
    // `f64::min` would turn not-a-number into 1.
    let size = degree.abs();
    if size > 1.0 { 1.0 } else { size }
}

/// `not a`
pub fn not(realm: &Realm, a: Value) -> Value {
    if a.is_error() { a } else { Value::number(1.0 - clamp(degree(realm, a))) }
}

/// First half of `a and b`.
#[inline]
pub fn and_test(realm: &Realm, a: Value) -> Decision {
    if a.is_error() {
        Decision::Decided(a)
    } else if is_truthy(realm, a) {
        Decision::EvaluateRight
    } else {
        Decision::Decided(Value::ZERO)
    }
}

/// First half of `a or b`.
#[inline]
pub fn or_test(realm: &Realm, a: Value) -> Decision {
    if !a.is_error() && degree(realm, a).abs() >= 1.0 { Decision::Decided(Value::ONE) } else { Decision::EvaluateRight }
}

/// Second half of `a and b`, where `a` is true to some degree.
pub fn and_final(realm: &Realm, a: Value, b: Value) -> Value {
    if b.is_error() { b } else { Value::number(clamp(degree(realm, a) * degree(realm, b))) }
}

/// Second half of `a or b`. An error on the left gives way to the right operand as it is.
pub fn or_final(realm: &Realm, a: Value, b: Value) -> Value {
    if a.is_error() || b.is_error() {
        return b;
    }
    let (x, y) = (degree(realm, a), degree(realm, b));
    Value::number(clamp(x + y - x * y))
}
