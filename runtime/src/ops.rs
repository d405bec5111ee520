//! The meaning of every operator, once, for all tiers (LANGUAGE 3).
//!
//! The interpreter and the helpers of compiled code call these functions; what is inlined here is what compiled code repeats
//! as its fast path. The parts: `arith`, `compare`, `logic`, `index` (brackets and slices), `member` (dots and methods),
//! `iterate` (`for`), `errors`. Invariants: an operator never calls user code; wrong operand types give values, never
//! faults, except where the language says "fatal"; long work polls the budget.

mod arith;
mod compare;
mod errors;
mod index;
mod iterate;
mod logic;
mod member;
mod remainder;
#[cfg(test)]
mod tests;

pub use arith::{add_slow, concat, div_slow, mul_slow, null_or_error, sub_slow};
pub(crate) use arith::{list_too_large, string_too_large};
pub use compare::{Ordering, eq_slow, isa, order_slow, order_strings};
pub use errors::{attach_stack, new_error, new_error_with_stack, stack_list};
pub use index::{
    index_get_slow, index_set_slow, list_element, number_to_index, position, slice, string_element, to_index,
};
pub use iterate::{ITER_START, iter_next};
pub use logic::{Decision, and_final, and_test, check_uncaught, clamp, is_truthy, not, or_final, or_test, truth};
pub use member::{MemberFound, isa_of, member_get, member_set, method_by_key, ref_index, ref_member};
pub use remainder::remainder;

use crate::fault::Eval;
use crate::realm::Realm;
use crate::value::Value;

/// How many steps an `__isa` chain is followed.
pub const MAX_CHAIN: u32 = 256;

/// `a + b`
#[inline(always)]
pub fn add(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Ok(Value::number(x + y)),
        _ => add_slow(realm, a, b),
    }
}

/// `a - b`
#[inline(always)]
pub fn sub(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Ok(Value::number(x - y)),
        _ => sub_slow(realm, a, b),
    }
}

/// `a * b`
#[inline(always)]
pub fn mul(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Ok(Value::number(x * y)),
        _ => mul_slow(realm, a, b),
    }
}

/// `a / b`
#[inline(always)]
pub fn div(realm: &mut Realm, a: Value, b: Value) -> Eval<Value> {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Ok(Value::number(x / y)),
        _ => div_slow(realm, a, b),
    }
}

/// `a % b`: C's `fmod`, with the sign of the left operand.
#[inline(always)]
pub fn rem(a: Value, b: Value) -> Value {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Value::number(remainder(x, y)),
        _ => null_or_error(a, b),
    }
}

/// `a ^ b`: [`power`].
#[inline(always)]
pub fn pow(a: Value, b: Value) -> Value {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Value::number(power(x, y)),
        _ => null_or_error(a, b),
    }
}

/// C's `pow`, but a square is the product, which is rounded right and costs a tenth.
#[inline(always)]
pub fn power(x: f64, y: f64) -> f64 {
    if y == 2.0 { x * x } else { whole_power(x, y).unwrap_or_else(|| any_power(x, y)) }
}

/// Out of line: LLVM takes `pow` to be cheap enough to compute before it is known to be wanted.
#[inline(never)]
fn any_power(x: f64, y: f64) -> f64 {
    x.powf(y)
}

/// A power of whole numbers that doubles hold exactly: then products of them are exact, too, and are what `pow` gives.
#[inline]
fn whole_power(x: f64, y: f64) -> Option<f64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    // Not so of NaN.
    if !((0.0..=53.0).contains(&y) && f64::from(y as u32) == y && x as i64 as f64 == x) {
        return None;
    }
    let (mut base, mut left, mut product) = (x, y as u32, 1.0);
    while left != 0 {
        if left & 1 != 0 {
            product *= base;
        }
        left >>= 1;
        // Too large for exact products, it would make the result too large as well.
        base *= base;
    }
    (product.abs() <= EXACT).then_some(product)
}

/// More decimals than this mean nothing in a double.
pub const MOST_DECIMALS: u32 = 15;

/// What a number is multiplied with before it is rounded to so many decimals, and divided by after it.
pub fn decimal_factor(places: u32) -> f64 {
    10f64.powi(places.min(MOST_DECIMALS).cast_signed())
}

/// `-a`, which is `0 - a`.
#[inline(always)]
pub fn neg(a: Value) -> Value {
    match a.as_number() {
        Some(x) => Value::number(0.0 - x),
        None => null_or_error(a, Value::NULL),
    }
}

/// `new a`: a map whose `__isa` is `a`.
pub fn new_object(realm: &mut Realm, prototype: Value) -> Eval<Value> {
    Ok(realm.new_instance(prototype).value())
}

/// `a == b`
#[inline(always)]
pub fn eq(realm: &mut Realm, a: Value, b: Value) -> Eval<bool> {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Ok(compare::numbers_equal(x, y)),
        _ => eq_slow(realm, a, b),
    }
}

/// An ordering operator: 1, 0, or an error operand.
#[inline(always)]
pub fn order(ordering: Ordering, a: Value, b: Value) -> Value {
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => Value::boolean(ordering.holds(&x, &y)),
        _ => order_slow(ordering, a, b),
    }
}

/// `a < b`
#[inline(always)]
pub fn lt(a: Value, b: Value) -> Value {
    order(Ordering::Less, a, b)
}

/// `a <= b`
#[inline(always)]
pub fn le(a: Value, b: Value) -> Value {
    order(Ordering::LessOrEqual, a, b)
}

/// `a > b`
#[inline(always)]
pub fn gt(a: Value, b: Value) -> Value {
    order(Ordering::Greater, a, b)
}

/// `a >= b`
#[inline(always)]
pub fn ge(a: Value, b: Value) -> Value {
    order(Ordering::GreaterOrEqual, a, b)
}

/// `container[key]`, which never invokes what it finds.
#[inline(always)]
pub fn index_get(realm: &mut Realm, container: Value, key: Value) -> Eval<Value> {
    match container.as_list().filter(|_| realm.is_element_key(key)) {
        Some(list) => {
            list.settle(realm);
            Ok(list_element(list, key))
        }
        None => index_get_slow(realm, container, key),
    }
}

/// `container[key] = value`
#[inline(always)]
pub fn index_set(realm: &mut Realm, container: Value, key: Value, value: Value) -> Eval<()> {
    if let (Some(list), Some(number)) = (container.as_list(), key.as_number()) {
        let at = number as usize;
        if number >= 0.0 && at < list.len() {
            return list.set(realm, at, value);
        }
    }
    index_set_slow(realm, container, key, value)
}
