//! Where one text stands in another, again and again: what `split`, `replace` and `indexOf` search with.
//!
//! `strings.rs` makes a [`Search`] a call. Most searches are for a character or two, and short: they look for the first byte, since a
//! searcher made for the whole text would cost more than it saves. Invariant: what is found is the first occurrence; the work
//! grows with the length of the haystack alone, as a text whose first byte misleads gets a searcher after all.

use memchr::{memchr, memmem};

/// How often the first byte may mislead.
const MOST_MISSES: u32 = 16;

/// A text to search for, and what was learnt about searching for it.
pub(super) struct Search<'n> {
    needle: &'n [u8],
    misses: u32,
    finder: Option<memmem::Finder<'n>>,
}

impl<'n> Search<'n> {
    pub(super) fn new(needle: &'n [u8]) -> Search<'n> {
        Search { needle, misses: 0, finder: None }
    }

    /// The offset of the first occurrence.
    #[inline]
    pub(super) fn find(&mut self, haystack: &[u8]) -> Option<usize> {
        match self.needle {
            [] => Some(0),
            [byte] => memchr(*byte, haystack),
            [first, rest @ ..] => self.find_text(haystack, *first, rest),
        }
    }

    fn find_text(&mut self, haystack: &[u8], first: u8, rest: &[u8]) -> Option<usize> {
        let mut from = 0;
        while self.finder.is_none() {
            let behind = from + memchr(first, &haystack[from..])? + 1;
            if haystack[behind..].starts_with(rest) {
                return Some(behind - 1);
            }
            from = behind;
            self.misses += 1;
            if self.misses == MOST_MISSES {
                self.finder = Some(memmem::Finder::new(self.needle));
            }
        }
        let finder = self.finder.as_ref()?;
        finder.find(&haystack[from..]).map(|at| from + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn every_occurrence_is_found_in_order() {
        let mut rng = Rng::new(5);
        for _ in 0..3000 {
            let mut text = |most: usize| -> Vec<u8> {
                let len = rng.next_index(most);
                (0..len).map(|_| b"aab"[rng.next_index(3)]).collect()
            };
            let (haystack, needle) = (text(200), text(5));
            let mut search = Search::new(&needle);
            let mut from = 0;
            while from <= haystack.len() {
                let expected = (from..=haystack.len()).find(|&at| haystack[at..].starts_with(&needle));
                let found = search.find(&haystack[from..]).map(|at| from + at);
                assert_eq!(found, expected, "{needle:?} in {haystack:?} from {from}");
                let Some(at) = found else { break };
                from = at + 1;
            }
        }
    }
}
