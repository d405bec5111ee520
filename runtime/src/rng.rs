//! The generator behind `rnd` and `shuffle`: xoshiro256+, seeded through splitmix64 (LANGUAGE 8.2).
//!
//! Each realm owns one; the host gives the first seed. Invariant: the sequence for a seed never changes, programs test it.

/// A random generator with a reproducible sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The generator for a seed.
    pub fn new(seed: u64) -> Rng {
        let mut x = seed;
        Rng { state: std::array::from_fn(|_| split_mix(&mut x)) }
    }

    /// The generator for the argument of `rnd`: the number cut to a whole one.
    pub fn from_number(seed: f64) -> Rng {
        Rng::new(seed as i64 as u64)
    }

    /// The next number in [0, 1).
    pub fn next_number(&mut self) -> f64 {
        let [s0, s1, s2, s3] = &mut self.state;
        let result = s0.wrapping_add(*s3);
        let t = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= t;
        *s3 = s3.rotate_left(45);
        (result >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// The next index below `count` (which is not zero), as `shuffle` draws it.
    pub fn next_index(&mut self, count: usize) -> usize {
        (self.next_number() * count as f64) as usize
    }
}

fn split_mix(x: &mut u64) -> u64 {
    *x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *x;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::number_text;

    #[test]
    fn seeded_sequences_are_those_programs_rely_on() {
        let mut rng = Rng::from_number(42.0);
        let drawn: Vec<String> = (0..3).map(|_| number_text(rng.next_number())).collect();
        assert_eq!(drawn, ["0.085756", "0.310411", "0.06257"]);
        assert_eq!(number_text(Rng::from_number(-5.0).next_number()), "0.936051");
    }
}
