//! Intrinsics on numbers (LANGUAGE 8.2): the C library, rounding, bits, random numbers and `hash`.
//!
//! Called through the table in `intrinsics/table.rs`. Invariant: arguments go through [`IntrinsicCall::number`], which takes
//! numeric strings and turns everything else into the documented error value.

use super::call::{Answer, IntrinsicCall};
use crate::ops;
use crate::rng::Rng;
use crate::value::Value;

type Call<'a, 'b> = &'a mut IntrinsicCall<'b>;

/// Defines an intrinsic of one number.
fn unary(call: Call, op: fn(f64) -> f64) -> Answer {
    let x = call.number(0)?;
    Ok(Value::number(op(x)))
}

pub(super) fn abs(call: Call) -> Answer {
    unary(call, f64::abs)
}

pub(super) fn acos(call: Call) -> Answer {
    unary(call, f64::acos)
}

pub(super) fn asin(call: Call) -> Answer {
    unary(call, f64::asin)
}

pub(super) fn ceil(call: Call) -> Answer {
    unary(call, f64::ceil)
}

pub(super) fn cos(call: Call) -> Answer {
    unary(call, f64::cos)
}

pub(super) fn floor(call: Call) -> Answer {
    unary(call, f64::floor)
}

pub(super) fn sin(call: Call) -> Answer {
    unary(call, f64::sin)
}

pub(super) fn sqrt(call: Call) -> Answer {
    unary(call, f64::sqrt)
}

pub(super) fn tan(call: Call) -> Answer {
    unary(call, f64::tan)
}

pub(super) fn sign(call: Call) -> Answer {
    unary(call, |x| f64::from(i8::from(x > 0.0) - i8::from(x < 0.0)))
}

pub(super) fn pi(_call: Call) -> Answer {
    Ok(Value::number(std::f64::consts::PI))
}

pub(super) fn atan(call: Call) -> Answer {
    let (y, x) = call.two_numbers()?;
    Ok(Value::number(if x == 1.0 { y.atan() } else { y.atan2(x) }))
}

/// A base that is e with six decimals, as programs write it, means the natural logarithm.
const NATURAL_BASE: f64 = 2_718_282e-6;

pub(super) fn log(call: Call) -> Answer {
    let (x, base) = call.two_numbers()?;
    let natural = (base - NATURAL_BASE).abs() < 0.000001;
    Ok(Value::number(if natural { x.ln() } else { x.ln() / base.ln() }))
}

pub(super) fn round(call: Call) -> Answer {
    let (x, places) = call.two_numbers()?;
    Ok(Value::number(round_to(x, ops::number_to_index(places))))
}

/// Scales, rounds half away from zero, scales back. Compiled code does the same with the factor.
fn round_to(x: f64, places: i32) -> f64 {
    if places >= 0 {
        let factor = ops::decimal_factor(places.unsigned_abs());
        (x * factor).round() / factor
    } else {
        let factor = 10f64.powf(-f64::from(places));
        (x / factor).round() * factor
    }
}

pub(super) fn bit_and(call: Call) -> Answer {
    bitwise(call, |a, b| a & b)
}

pub(super) fn bit_or(call: Call) -> Answer {
    bitwise(call, |a, b| a | b)
}

pub(super) fn bit_xor(call: Call) -> Answer {
    bitwise(call, |a, b| a ^ b)
}

/// Sign and magnitude apart: both go through the same operation.
fn bitwise(call: Call, op: fn(u64, u64) -> u64) -> Answer {
    let (i, j) = call.two_numbers()?;
    let magnitude = op(magnitude(i), magnitude(j)) as f64;
    let negative = op(u64::from(i < 0.0), u64::from(j < 0.0)) != 0;
    Ok(Value::number(if negative { -magnitude } else { magnitude }))
}

/// The whole part without sign; numbers too large for 64 bits have no bits left.
fn magnitude(x: f64) -> u64 {
    let size = x.abs();
    if size < 18_446_744_073_709_551_616.0 { size as u64 } else { 0 }
}

pub(super) fn rnd(call: Call) -> Answer {
    call.no_error(0)?;
    if !call.arg(0).is_null() {
        let seed = call.number(0)?;
        *call.realm.rng() = Rng::from_number(seed);
    }
    Ok(Value::number(call.realm.rng().next_number()))
}

const FNV_OFFSET: u32 = 2_166_136_261;
const FNV_PRIME: u32 = 16_777_619;

/// 32-bit FNV-1a, never zero.
pub(super) fn fnv1a(bytes: &[u8]) -> u32 {
    let hash = bytes.iter().fold(FNV_OFFSET, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(FNV_PRIME));
    if hash == 0 { 1 } else { hash }
}
