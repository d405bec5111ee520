//! The numbers by which machine code names its exits and its chains of calls: taken with a piece of code, given back with it.
//!
//! `exits` keeps one table for each kind. Code embeds its numbers before it is known how many there are, so they are asked for first and
//! taken when it is placed. Invariant: no number belongs to two pieces of code that are installed.

use std::collections::BTreeMap;

/// Numbers that are left free behind the last one before gaps are looked for: more than one piece of code ever takes.
const SPARE: u32 = 1 << 16;

/// Who has which numbers, up to a limit.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Runs of numbers by the first of them: the first one behind, and the address of the code that has them.
    taken: BTreeMap<u32, (u32, usize)>,
    limit: u32,
}

impl Numbers {
    /// None is taken; all are below a limit.
    pub(super) fn below(limit: usize) -> Numbers {
        Numbers { taken: BTreeMap::new(), limit: u32::try_from(limit).unwrap_or(u32::MAX) }
    }

    /// Where free numbers begin: behind all that are taken, or in the widest gap.
    pub(super) fn first_free(&self) -> u32 {
        let end = self.taken.last_key_value().map_or(0, |(_, &(end, _))| end);
        if self.limit.saturating_sub(end) >= SPARE {
            return end;
        }
        let mut gap = (self.limit.saturating_sub(end), end);
        let mut from = 0;
        for (&first, &(end, _)) in &self.taken {
            gap = gap.max((first - from, from));
            from = end;
        }
        gap.1
    }

    /// Takes so many numbers for the code at an address, unless some of them are another's.
    pub(super) fn take(&mut self, first: u32, count: usize, address: usize) -> bool {
        let fits = self.fit(first, count);
        if fits && count > 0 {
            self.taken.insert(first, (first + count as u32, address));
        }
        fits
    }

    /// Whether so many numbers are free.
    pub(super) fn fit(&self, first: u32, count: usize) -> bool {
        let end = u64::from(first) + count as u64;
        let next = self.taken.range(first..).next().map_or(self.limit, |it| *it.0);
        let before = self.taken.range(..first).next_back().map_or(0, |(_, &(end, _))| end);
        before <= first && end <= u64::from(next)
    }

    /// Gives a run of numbers back.
    pub(super) fn give_back(&mut self, first: u32, count: usize) {
        if count > 0 {
            self.taken.remove(&first);
        }
    }

    /// Whose a number is: the address of the code, and which of its numbers it is.
    pub(super) fn find(&self, number: u32) -> Option<(usize, usize)> {
        let (&first, &(end, address)) = self.taken.range(..=number).next_back()?;
        (number < end).then_some((address, (number - first) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_belongs_to_the_code_that_took_it() {
        let mut numbers = Numbers::below(1 << 20);
        assert!(numbers.take(0, 3, 64) && numbers.take(3, 2, 128) && numbers.take(5, 0, 192));
        let found: Vec<_> = (0..6).map(|number| numbers.find(number)).collect();
        assert_eq!(found, [Some((64, 0)), Some((64, 1)), Some((64, 2)), Some((128, 0)), Some((128, 1)), None]);
        assert_eq!(numbers.first_free(), 5);
        numbers.give_back(0, 3);
        assert_eq!((numbers.find(2), numbers.find(3)), (None, Some((128, 0))));
        numbers.give_back(3, 2);
        assert_eq!(numbers.first_free(), 0);
    }

    #[test]
    fn numbers_of_another_are_not_taken() {
        let mut numbers = Numbers::below(1 << 20);
        assert!(numbers.take(10, 10, 64));
        assert!(!numbers.take(15, 1, 128) && !numbers.take(5, 6, 128) && !numbers.take(10, 1, 128));
        assert!(numbers.take(5, 5, 128) && numbers.take(20, 5, 192));
        assert!(!numbers.fit((1 << 20) - 1, 2) && numbers.fit((1 << 20) - 1, 1));
    }

    #[test]
    fn where_all_are_near_the_limit_the_widest_gap_is_used() {
        let limit = 4 * SPARE;
        let mut numbers = Numbers::below(limit as usize);
        let part = SPARE as usize / 2;
        (0..8).for_each(|i| assert!(numbers.take(i * SPARE / 2, part, 64 * (i as usize + 1))));
        assert!(!numbers.fit(numbers.first_free(), 1));
        for i in [1, 4, 5, 7] {
            numbers.give_back(i * SPARE / 2, part);
        }
        assert_eq!(numbers.first_free(), 2 * SPARE);
        assert!(numbers.take(2 * SPARE, 2 * part, 64) && !numbers.take(2 * SPARE + 1, 1, 64));
    }
}
