//! The remainder of two doubles, which is what C's `fmod` gives, to the bit.
//!
//! `ops::rem` and helpers of compiled code come here. C's function may work bit by bit, which takes a hundred nanoseconds where a
//! generator of random numbers asks for the rest of a product. Every step here is exact: whole numbers below 2^63 are divided as
//! integers, which doubles hold without loss; where quotient and divisor have few bits, their product is exact; all else is long division
//! of the two mantissas.
//! Invariant: the result is that of Rust's `%` for all operands (NaN for NaN). Read the tests first.

/// Bits of a mantissa that are stored.
const STORED: u32 = f64::MANTISSA_DIGITS - 1;
/// 2^63, where integers of 64 bits end.
const END: f64 = 9_223_372_036_854_775_808.0;

/// `x % y`
#[inline]
pub fn remainder(x: f64, y: f64) -> f64 {
    let (a, b) = (x.abs(), y.abs());
    // Not so of NaN.
    if a < END && (1.0..END).contains(&b) {
        // Signed, since the hardware converts those in one step. A rest is exact: above 2^53 both are multiples of what it is one of.
        let (whole_a, whole_b) = (a as i64, b as i64);
        if whole_a as f64 == a && whole_b as f64 == b {
            let rest = if (whole_a | whole_b) >> 32 == 0 {
                f64::from(whole_a as u32 % whole_b as u32)
            } else {
                (whole_a as u64 % whole_b as u64) as i64 as f64
            };
            return rest.copysign(x);
        }
    }
    match by_quotient(a, b) {
        Some(rest) => rest.copysign(x),
        None => divide(x, y),
    }
}

/// The remainder of absolute values by their quotient, if the divisor has at most 26 bits and the quotient 26: `x % 1`, `x % 0.25`.
///
/// Their product then has no more than 53. What it leaves of `a` is below the divisor and a multiple of the divisor's last bit, so both
/// steps are exact, also where the rounded quotient was one too large.
#[inline]
fn by_quotient(a: f64, b: f64) -> Option<f64> {
    const LOWER: u64 = (1 << 27) - 1;
    const NORMAL: std::ops::Range<f64> = 1e-290..1e290;
    let quotient = a / b;
    // Not so of NaN.
    if b.to_bits() & LOWER != 0 || !(NORMAL.contains(&b) && quotient < f64::from(1 << 26)) {
        return None;
    }
    let rest = a - f64::from(quotient as u32) * b;
    Some(if rest < 0.0 { rest + b } else { rest })
}

/// Long division of the mantissas, as many bits a step as the integer has room for.
#[inline(never)]
fn divide(x: f64, y: f64) -> f64 {
    let (a, b) = (x.abs(), y.abs());
    // Not so of NaN.
    if !(a < f64::INFINITY && b > 0.0) {
        return f64::NAN;
    }
    if a < b {
        return x;
    }
    let (mut rest, exponent_a) = parts(a);
    let (mut divisor, mut exponent) = parts(b);
    // Both as multiples of one power of two: the larger that is, the fewer steps.
    let common = divisor.trailing_zeros().min(exponent_a - exponent);
    divisor >>= common;
    exponent += common;
    let mut left = exponent_a - exponent;
    rest %= divisor;
    while left > 0 && rest != 0 {
        // Below the divisor, so that it has room for as many bits as that.
        let step = divisor.leading_zeros().min(left);
        rest = (rest << step) % divisor;
        left -= step;
    }
    assemble(rest, exponent).copysign(x)
}

/// A number from 0 up as mantissa * 2^exponent, exponents counted from that of the smallest number.
fn parts(number: f64) -> (u64, u32) {
    let bits = number.to_bits();
    let (mantissa, exponent) = (bits & ((1 << STORED) - 1), (bits >> STORED) as u32);
    if exponent == 0 { (mantissa, 0) } else { (mantissa | 1 << STORED, exponent - 1) }
}

/// The double of a mantissa of at most 53 bits and an exponent, as [`parts`] counts it; the caller knows that it is one.
fn assemble(mantissa: u64, exponent: u32) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    // As far to the left as the exponent allows.
    let shift = (mantissa.leading_zeros() - (u64::BITS - f64::MANTISSA_DIGITS)).min(exponent);
    let (mantissa, exponent) = (mantissa << shift, exponent - shift);
    let is_normal = u64::from(mantissa >> STORED != 0);
    f64::from_bits((u64::from(exponent) + is_normal) << STORED | mantissa & ((1 << STORED) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[track_caller]
    fn check(x: f64, y: f64) {
        let (ours, exact) = (remainder(x, y), x % y);
        let same = ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan();
        assert!(same, "{x:e} % {y:e} is {exact:e}, not {ours:e}");
    }

    #[test]
    fn it_is_fmod_at_the_edges() {
        let mut edges =
            vec![0.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY, f64::NAN, 0.1, 3.5, 1e300, 1e-300];
        let wholes = [1.0, 2.0, 3.0, 7.0, 10.0, 16807.0, 1e15, 1e18, 1e19, 1e22];
        let powers = [31, 32, 51, 52, 53, 62, 63, 64, 65, 1000].map(|n| 2f64.powi(n));
        for middle in wholes.into_iter().chain(powers).chain([f64::MIN_POSITIVE, 0.1]) {
            edges.extend([middle.next_down(), middle, middle.next_up(), middle - 1.0, middle + 1.0, 1.0 / middle]);
        }
        for x in &edges {
            for y in &edges {
                [(*x, *y), (-x, *y), (*x, -y), (-x, -y)].into_iter().for_each(|(x, y)| check(x, y));
            }
        }
    }

    #[test]
    fn it_is_fmod_of_all_kinds_of_numbers() {
        let mut rng = Rng::new(11);
        let mut bits = |n: u32| (0..n.div_ceil(16)).fold(0u64, |bits, _| bits << 16 | rng.next_index(1 << 16) as u64);
        for round in 0..200_000 {
            let (x, y) = (f64::from_bits(bits(64)), f64::from_bits(bits(64)));
            check(x, y);
            // Near in size, whole numbers of any size, and a product's rest.
            let near = f64::from_bits(y.to_bits() & !(0x3F << STORED) | x.to_bits() & 0x3F << STORED);
            check(x, near);
            let (a, b) = (bits(64) >> (round % 64), bits(64) >> (round / 64 % 64));
            check(a as f64, b as f64);
            check(-(a as f64), b as f64 + 0.5);
            // Divisors of few bits, and what is just below or above a multiple of one.
            let few = f64::from_bits(y.to_bits() & !((1 << 27) - 1));
            check(f64::from_bits(few.to_bits() & !(0x3F << STORED) | x.to_bits() & 0x3F << STORED), few);
            let (short, times) = ((bits(26) + 1) as f64 / 1024.0, bits(27) as f64);
            [times * short, (times * short).next_down(), (times * short).next_up()]
                .into_iter()
                .for_each(|x| check(x, short));
            check(-f64::from_bits(x.to_bits() >> 12 | 0x3FF << STORED) * times, short);
            check(a as f64 * 1_103_515_245.0, 4_294_967_296.0);
            check(a as f64, 1.0 / (b as f64 + 1.0));
        }
    }
}
