//! The functions that a call site met beyond one: by their codes, as long as they are few.
//!
//! The interpreter notes them in the second word of a call's cell, `optimise::inline` asks which callees become part of the caller.
//! Invariant: what is in the list was called from that site; who is not in it may have been called all the same, by code that notes nothing.

/// More functions than this are not told apart.
pub const MOST_TARGETS: usize = 3;
/// Codes with more bits than this are not noted.
const CODE_BITS: u32 = 20;
const CODE_MASK: u64 = (1 << CODE_BITS) - 1;
const COUNT_SHIFT: u32 = MOST_TARGETS as u32 * CODE_BITS;
/// What stands for the count where there were more.
const TOO_MANY: u64 = MOST_TARGETS as u64 + 1;

/// A list of codes in one word: each in its field, the first one lowest, their number above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Targets(u64);

impl Targets {
    /// The list in a cell's word.
    pub fn from_word(word: u64) -> Targets {
        Targets(word)
    }

    /// As a cell keeps it.
    pub fn word(self) -> u64 {
        self.0
    }

    /// The codes in the order in which they were met; `None` if they are too many.
    pub fn codes(self) -> Option<impl Iterator<Item = u32>> {
        let count = self.0 >> COUNT_SHIFT;
        let code = move |i: u64| (self.0 >> (i as u32 * CODE_BITS) & CODE_MASK) as u32;
        (count != TOO_MANY).then(|| (0..count).map(code))
    }

    /// The list with one code more.
    #[must_use]
    pub fn with(self, code: u32) -> Targets {
        let Some(mut codes) = self.codes() else { return self };
        let count = self.0 >> COUNT_SHIFT;
        if codes.any(|it| it == code) {
            return self;
        }
        if count == MOST_TARGETS as u64 || u64::from(code) > CODE_MASK {
            return Targets(TOO_MANY << COUNT_SHIFT);
        }
        let codes = self.0 & ((1 << COUNT_SHIFT) - 1);
        Targets(codes | u64::from(code) << (count as u32 * CODE_BITS) | (count + 1) << COUNT_SHIFT)
    }

    /// What two places met.
    #[must_use]
    pub fn merge(self, other: Targets) -> Targets {
        match (self.codes(), other.codes()) {
            (Some(_), Some(codes)) => codes.fold(self, Targets::with),
            (None, _) => self,
            _ => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(codes: &[u32]) -> Targets {
        codes.iter().fold(Targets::default(), |list, &code| list.with(code))
    }

    fn codes(list: Targets) -> Option<Vec<u32>> {
        list.codes().map(Iterator::collect)
    }

    #[test]
    fn a_few_functions_are_told_apart_one_more_is_too_many() {
        assert_eq!(codes(list(&[])), Some(vec![]));
        assert_eq!(codes(list(&[7, 0, 7, CODE_MASK as u32])), Some(vec![7, 0, CODE_MASK as u32]));
        assert_eq!(codes(list(&[1, 2, 3, 4])), None);
        assert_eq!(codes(list(&[1, 2, 3, 4, 1])), None);
        assert_eq!(codes(list(&[CODE_MASK as u32 + 1])), None);
    }

    #[test]
    fn what_two_places_met_is_put_together() {
        assert_eq!(codes(list(&[1, 2]).merge(list(&[2, 3]))), Some(vec![1, 2, 3]));
        assert_eq!(codes(list(&[1, 2]).merge(list(&[3, 4]))), None);
        assert_eq!(codes(list(&[1]).merge(list(&[1, 2, 3, 4]))), None);
        assert_eq!(codes(list(&[1, 2, 3, 4]).merge(list(&[1]))), None);
    }
}
