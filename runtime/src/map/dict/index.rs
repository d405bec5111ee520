//! How a table finds the entry of a key: by counting, or by hash.
//!
//! `dict.rs` keeps the entries and tells this index what it adds and removes. Whole numbers from 0 up, if there are many close together,
//! stand in an array by number, as small as it gets and found without a hash; a rebuild decides how far that array reaches, which is
//! where at least a third of the numbers below are keys. All other keys are hashed, but in a small table, which has no index: its keys
//! are compared one after the other.
//! Invariants: a key that `counted` reaches is found there, any other through `cells`; cells hold numbers of entries, and some are empty;
//! a removed key's cell stays until the next rebuild, and its entry's key is absent. Without cells there are at most [`SMALL`] entries.

use super::Entry;
use crate::string::StringRef;
use crate::value::{Unpacked, Value};

/// The index.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The entry of each whole number.
    counted: Vec<u32>,
    /// Hash in the high half, entry in the low, so that a probe looks only at entries of its own hash.
    cells: Vec<u64>,
    /// Cells that are not empty.
    used: usize,
    #[cfg(test)]
    rebuilds: usize,
}

/// Where its parts stand, for compiled code.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct IndexView {
    pub(super) cells: *const u64,
    pub(super) counted: *const u32,
    pub(super) mask: u32,
    pub(super) n_counted: u32,
}

impl Default for IndexView {
    fn default() -> IndexView {
        IndexView { cells: std::ptr::null(), counted: std::ptr::null(), mask: 0, n_counted: 0 }
    }
}

/// A cell that no key has. In others the hash is the upper half, the number of the entry the lower.
pub const CELL_EMPTY: u64 = u64::MAX;
/// No entry, of a whole number that is counted.
pub const TABLE_NONE: u32 = u32::MAX;
/// The hash of a number other than 0: its bits, combined with their upper half by exclusive or, times this; the upper half of that.
pub const HASH_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The most entries of a table without an index.
const SMALL: usize = 4;
/// Fewer numbers than this are hashed.
const LEAST_COUNTED: usize = 4;

/// The hash of a key: by content for strings, by value for numbers (0 and -0 alike), else by identity.
#[inline]
fn key_hash(key: Value) -> u32 {
    match key.unpack() {
        Unpacked::String(string) => string.hash(),
        Unpacked::Number(0.0) => mix(0),
        _ => mix(key.bits()),
    }
}

#[inline(always)]
fn mix(bits: u64) -> u32 {
    let mixed = (bits ^ bits >> 32).wrapping_mul(HASH_FACTOR);
    (mixed >> 32) as u32
}

#[inline(never)]
fn compare_all(key: Value, entries: &[Entry]) -> Option<usize> {
    entries.iter().position(|entry| same_key(entry.key, key))
}

/// Whether two keys are the same key (LANGUAGE 6.2, with 0 and -0 as one).
#[inline]
fn same_key(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    match (a.unpack(), b.unpack()) {
        (Unpacked::String(a), Unpacked::String(b)) => a.same_text(b),
        (Unpacked::Number(a), Unpacked::Number(b)) => a == b,
        _ => false,
    }
}

/// A key that is a whole number from 0 up. Told from the bits: conversions there and back take as long as a lookup.
#[inline(always)]
fn whole(key: Value) -> Option<u32> {
    const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = key.bits();
    // With a sign, or of anything but a number, this is far more.
    let exponent = (bits >> MANTISSA_BITS).wrapping_sub(1023);
    if exponent >= u64::from(u32::BITS) {
        let is_zero = bits << 1 == 0;
        return is_zero.then_some(0);
    }
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1) | 1 << MANTISSA_BITS;
    let below = MANTISSA_BITS - exponent as u32;
    let whole = mantissa >> below;
    (whole << below == mantissa).then_some(whole as u32)
}

impl Index {
    /// The entry of a key that is counted, if it has one; `None` for keys that are hashed.
    #[inline(always)]
    pub(super) fn find_counted(&self, key: Value) -> Option<Option<usize>> {
        let entry = *self.counted.get(whole(key)? as usize)?;
        Some((entry != TABLE_NONE).then_some(entry as usize))
    }

    /// The entry of a key that is not counted.
    #[inline(never)]
    pub(super) fn find_hashed(&self, key: Value, entries: &[Entry]) -> Option<usize> {
        if self.cells.is_empty() {
            return compare_all(key, entries);
        }
        match key.unpack() {
            Unpacked::String(text) => self.find_text(text, entries),
            Unpacked::Number(0.0) => self.probe(mix(0), |entry| entries[entry].key.as_number() == Some(0.0)),
            _ => self.probe(mix(key.bits()), |entry| entries[entry].key == key),
        }
    }

    #[inline]
    fn find_text(&self, text: StringRef, entries: &[Entry]) -> Option<usize> {
        self.probe(text.hash(), |entry| {
            entries[entry].key.as_string().is_some_and(|known| known.same_hashed_text(text))
        })
    }

    #[inline(always)]
    fn probe(&self, hash: u32, is_key: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.cells.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        loop {
            let cell = *self.cells.get(at)?;
            if (cell >> 32) as u32 == hash && cell != CELL_EMPTY && is_key(cell as u32 as usize) {
                return Some(cell as u32 as usize);
            }
            if cell == CELL_EMPTY {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a key that is not there yet; false if there is no room.
    #[inline]
    pub(super) fn link(&mut self, key: Value, entry: usize) -> bool {
        if let Some(counted) = whole(key).and_then(|number| self.counted.get_mut(number as usize)) {
            *counted = entry as u32;
            return true;
        }
        if self.cells.is_empty() {
            return entry < SMALL;
        }
        if (self.used + 1) * 4 > self.cells.len() * 3 {
            return false;
        }
        self.link_hash(key_hash(key), entry);
        true
    }

    fn link_hash(&mut self, hash: u32, entry: usize) {
        let mask = self.cells.len() - 1;
        let mut at = hash as usize & mask;
        while self.cells[at] != CELL_EMPTY {
            at = (at + 1) & mask;
        }
        self.cells[at] = u64::from(hash) << 32 | entry as u64;
        self.used += 1;
    }

    /// Forgets a key whose entry becomes a tombstone.
    #[inline]
    pub(super) fn unlink(&mut self, key: Value) {
        if let Some(counted) = whole(key).and_then(|number| self.counted.get_mut(number as usize)) {
            *counted = TABLE_NONE;
        }
    }

    /// Drops tombstones and links what is left anew, with room for `capacity` entries.
    pub(super) fn rebuild(&mut self, entries: &mut Vec<Entry>, capacity: usize) {
        #[cfg(test)]
        (self.rebuilds += 1);
        // Texts are not looked at again for their hashes, if these are known here.
        let mut hashes = vec![0; if self.cells.is_empty() { 0 } else { entries.len() }];
        for cell in self.cells.iter().filter(|cell| **cell != CELL_EMPTY) {
            hashes[*cell as u32 as usize] = (cell >> 32) as u32;
        }
        self.make_room(entries, capacity);
        let mut left = 0;
        for from in 0..entries.len() {
            let entry = entries[from];
            match whole(entry.key).and_then(|number| self.counted.get_mut(number as usize)) {
                _ if entry.key.is_absent() => continue,
                Some(counted) => *counted = left as u32,
                None if self.cells.is_empty() => {}
                None if entry.key.is_number() || hashes.is_empty() => self.link_hash(key_hash(entry.key), left),
                None => self.link_hash(hashes[from], left),
            }
            entries[left] = entry;
            left += 1;
        }
        entries.truncate(left);
    }

    /// Empties both halves, as large as these entries will need them.
    fn make_room(&mut self, entries: &[Entry], capacity: usize) {
        let live = entries.iter().filter(|entry| !entry.key.is_absent()).count();
        self.used = 0;
        if capacity <= SMALL || live * 4 <= SMALL * 3 && live > 0 {
            (self.counted, self.cells) = (Vec::new(), Vec::new());
            return;
        }
        let (reach, n_counted) = reach(entries);
        self.counted = vec![TABLE_NONE; reach];
        let (hashed, more) = (live - n_counted, capacity.saturating_sub(live).max(1));
        // Where most keys are counted, more of them are to come; but the next rebuild shall be far in any case.
        let room = if n_counted == 0 { hashed + more } else { hashed + (hashed + 4).max(more / 8) };
        self.cells = vec![CELL_EMPTY; (room * 4 / 3 + 1).next_power_of_two().max(8)];
    }

    /// Where its parts stand now. Most cells are 2^32, since entries are numbered in 32 bits.
    #[inline]
    pub(super) fn view(&self) -> IndexView {
        let cells = if self.cells.is_empty() { std::ptr::null() } else { self.cells.as_ptr() };
        let mask = self.cells.len().wrapping_sub(1) as u32;
        IndexView { cells, counted: self.counted.as_ptr(), mask, n_counted: self.counted.len() as u32 }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.counted.capacity() * 4 + self.cells.capacity() * 8
    }

    #[cfg(test)]
    pub(super) fn rebuilds(&self) -> usize {
        self.rebuilds
    }
}

/// How far keys are worth counting, and how many keys that are.
fn reach(entries: &[Entry]) -> (usize, usize) {
    // Keys by the number of their bits: those of up to n bits are below 2^n.
    let mut of_bits = [0; 33];
    for number in entries.iter().filter_map(|entry| whole(entry.key)) {
        of_bits[(u32::BITS - number.leading_zeros()) as usize] += 1;
    }
    let (mut best, mut below) = ((0, 0), 0);
    for (bits, n_keys) in of_bits.iter().enumerate().take(u32::BITS as usize) {
        below += n_keys;
        if below >= LEAST_COUNTED && below * 3 >= 1 << bits {
            best = (1 << bits, below);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_from_0_up_are_told_from_all_else() {
        let mut numbers = vec![0.0, -0.0, 0.5, 4_294_967_295.0, 4_294_967_296.0, 4_294_967_295.5, 1e300, f64::INFINITY];
        numbers.extend((0..2000).flat_map(|at| {
            let near = f64::from(1u32 << (at % 32)) + f64::from(at / 32) / 4.0 - 8.0;
            [near, -near]
        }));
        for number in numbers {
            let expected =
                (number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0).then_some(number as u32);
            assert_eq!(whole(Value::number(number)), expected, "{number}");
        }
        for other in [Value::NULL, Value::ABSENT, Value::EXC, Value::number(f64::NAN)] {
            assert_eq!(whole(other), None);
        }
    }
}
