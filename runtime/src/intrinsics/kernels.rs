//! Loops over elements that stand next to each other, some at once, as vector instructions do them.
//!
//! `containers.rs` and `search.rs` hand in pieces of lists. The loops are written over lanes that do not depend on each other, which the
//! compiler turns into vector instructions of any processor. Invariant: results are bit for bit those of one element after the other.

use crate::value::Value;

/// Elements that are handled together.
const LANES: usize = 8;
/// A whole number of at most 2^51 added to it stands in the lowest bits of the sum as an integer.
const SHIFTING: f64 = 1.5 * (1_u64 << 52) as f64;
/// Larger numbers are added one after the other.
const MOST_EXACT: i64 = 1 << 38;
/// So many of them have a sum of at most 2^52.
const MOST_VALUES: usize = 1 << 14;

/// Adds the numbers of a list up, piece by piece. What is no number is left out.
#[derive(Debug)]
pub(super) struct Sum {
    total: f64,
    /// Whether all so far were whole numbers, so the next ones probably are.
    whole: bool,
}

impl Sum {
    pub(super) fn new() -> Sum {
        Sum { total: 0.0, whole: true }
    }

    pub(super) fn total(&self) -> f64 {
        self.total
    }

    pub(super) fn add(&mut self, values: &[Value]) {
        // As long as all are whole and small, no sum of any of them needs more than 53 bits, so their order is nothing to the result.
        let is_exact = self.whole && self.total.abs() <= (1_u64 << 52) as f64 && values.len() <= MOST_VALUES;
        match is_exact.then(|| sum_of_whole(values)).flatten() {
            Some(sum) => self.total += sum as f64,
            None => {
                self.whole = false;
                self.total = values.iter().filter_map(|it| it.as_number()).fold(self.total, |sum, number| sum + number);
            }
        }
    }
}

/// The sum of numbers that are whole, not larger than [`MOST_EXACT`], and not minus zero; `None` if some are not.
fn sum_of_whole(values: &[Value]) -> Option<i64> {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = Lanes::default();
    for chunk in chunks {
        lanes.add(chunk);
    }
    let mut last = [Value::ZERO; LANES];
    last[..rest.len()].copy_from_slice(rest);
    lanes.add(&last);
    lanes.sum()
}

/// What is known of the elements that have the same place in each chunk.
#[derive(Default)]
struct Lanes {
    sums: [i64; LANES],
    /// Bits in which numbers differ from whole ones.
    fractions: [u64; LANES],
    /// Bits of all sizes.
    sizes: [u64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn add(&mut self, chunk: &[Value; LANES]) {
        for (lane, value) in chunk.iter().enumerate() {
            // The bits of what is no number are not a number, which no whole one equals.
            let number = value.to_f64_lossy();
            let shifted = number + SHIFTING;
            let whole = (shifted.to_bits() as i64).wrapping_sub(SHIFTING.to_bits() as i64);
            self.sums[lane] = self.sums[lane].wrapping_add(whole);
            self.fractions[lane] |= (shifted - SHIFTING).to_bits() ^ number.to_bits();
            self.sizes[lane] |= whole.wrapping_add(MOST_EXACT) as u64;
        }
    }

    fn sum(self) -> Option<i64> {
        let fits = self.fractions.iter().all(|&it| it == 0) && self.sizes.iter().all(|&it| it < 2 * MOST_EXACT as u64);
        fits.then(|| self.sums.iter().sum())
    }
}

/// The first place of a number, which is not not-a-number.
pub(super) fn position_of(number: f64, values: &[Value]) -> Option<usize> {
    let is_it = |value: &Value| value.to_f64_lossy() == number;
    let (chunks, _) = values.as_chunks::<LANES>();
    let before = chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |any, it| any | is_it(it))).count() * LANES;
    values[before..].iter().position(is_it).map(|at| before + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Numbers of a kind, with a few of other kinds among them.
    fn numbers(rng: &mut Rng) -> Vec<Value> {
        let scale = [1.0, 1e6, 1e15, 3e15, 0.25, 1e300][rng.next_index(6)];
        let odd = [f64::NAN, f64::INFINITY, -0.0, 0.1, 9e15][rng.next_index(5)];
        let each = 1 + rng.next_index(5000);
        (0..rng.next_index(200))
            .map(|_| match rng.next_index(each) {
                0 => Value::number(odd),
                1 => Value::NULL,
                _ => Value::number((rng.next_index(2001) as f64 - 1000.0) * scale),
            })
            .collect()
    }

    #[test]
    fn sums_are_those_of_one_after_the_other() {
        let mut rng = Rng::new(11);
        let mut exact = 0;
        for _ in 0..4000 {
            let pieces: Vec<Vec<Value>> = (0..1 + rng.next_index(4)).map(|_| numbers(&mut rng)).collect();
            let plain = pieces.iter().flatten().filter_map(|it| it.as_number()).fold(0.0, |sum, it| sum + it);
            let mut sum = Sum::new();
            pieces.iter().for_each(|piece| sum.add(piece));
            exact += usize::from(sum.whole);
            assert_eq!(sum.total().to_bits(), plain.to_bits(), "{pieces:?}");
        }
        assert!((300..3700).contains(&exact), "both ways are tried: {exact}");
    }

    #[test]
    fn positions_are_those_of_one_after_the_other() {
        let mut rng = Rng::new(12);
        for _ in 0..4000 {
            let values = numbers(&mut rng);
            let wanted = [0.0, -0.0, 3.0, 250.0][rng.next_index(4)];
            let plain = values.iter().position(|it| it.as_number() == Some(wanted));
            assert_eq!(position_of(wanted, &values), plain, "{wanted} in {values:?}");
        }
    }
}
