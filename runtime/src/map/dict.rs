//! The table behind maps that are no longer shaped: entries in insertion order, and an index by hash.
//!
//! `map.rs` owns it and charges its bytes. Removed entries leave tombstones until the next rebuild.
//! Invariants: `index` holds entry numbers and has more cells than entries; every live entry is found from its hash without
//! crossing an empty cell; no tombstone stands before `first`; the cursor, if set, is the rank of a live entry.
//! Read `tests::it_behaves_like_a_list_of_pairs` first.

use crate::intrinsics;
use crate::value::{Unpacked, Value};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// One entry; a removed one has an absent key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
    hash: u32,
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Dict {
    entries: Vec<Entry>,
    /// Hash in the high half, entry number in the low, so that a probe looks only at entries of its own hash.
    index: Vec<u64>,
    /// Whether a string was ever inserted: without one, no name is a key.
    has_texts: bool,
    /// Whether a key was ever inserted that comes before a method that all maps have, or `__isa`.
    hides: bool,
    /// The entry that was found last: what is asked for, read and changed in turn is looked up once.
    last: AtomicU32,
    live: usize,
    /// No live entry stands before this one.
    first: usize,
    /// (rank, entry): the entry that is the rank-th live one; where the last positional access ended.
    /// Never touched while there are no tombstones, so that permanent tables may be read by many threads.
    cursor: Cell<Option<(usize, usize)>>,
}

const EMPTY: u64 = u64::MAX;

/// The hash of a key: by content for strings, by value for numbers (0 and -0 alike), else by identity.
#[inline]
pub(crate) fn key_hash(key: Value) -> u32 {
    match key.unpack() {
        Unpacked::String(string) => string.hash(),
        Unpacked::Number(0.0) => mix(0),
        _ => mix(key.bits()),
    }
}

fn mix(bits: u64) -> u32 {
    let mixed = (bits ^ bits >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32
}

/// Whether two keys are the same key (LANGUAGE 6.2, with 0 and -0 as one).
#[inline]
pub(crate) fn same_key(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    match (a.unpack(), b.unpack()) {
        (Unpacked::String(a), Unpacked::String(b)) => a.same_text(b),
        (Unpacked::Number(a), Unpacked::Number(b)) => a == b,
        _ => false,
    }
}

/// Whether a key of this text comes before a method that all maps have, or leads to a map that may.
fn hides(text: &str) -> bool {
    text == "__isa" || intrinsics::type_methods("map").contains(&text)
}

impl Dict {
    pub(crate) fn with_capacity(capacity: usize) -> Dict {
        let mut dict = Dict { entries: Vec::with_capacity(capacity), ..Dict::default() };
        dict.rebuild(capacity);
        dict
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// Entries with tombstones.
    pub(crate) fn raw_len(&self) -> usize {
        self.entries.len()
    }

    /// Keys and values of up to `most` entries from a place on.
    pub(crate) fn references_in(&self, from: usize, most: usize) -> impl Iterator<Item = Value> {
        let entries = self.entries.iter().skip(from).take(most);
        entries.filter(|entry| !entry.key.is_absent()).flat_map(|entry| [entry.key, entry.value])
    }

    /// All keys and values.
    pub(crate) fn references(&self) -> impl Iterator<Item = Value> {
        self.references_in(0, usize::MAX)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Dict>() + self.entries.capacity() * size_of::<Entry>() + self.index.capacity() * 8
    }

    /// Whether an own entry, or one of maps up a chain, may come before a method that all maps have.
    pub(crate) fn hides_methods(&self) -> bool {
        self.hides
    }

    #[inline]
    fn find(&self, key: Value, hash: u32) -> Option<usize> {
        let last = self.last.load(Relaxed) as usize;
        if self.entries.get(last).is_some_and(|entry| entry.key == key) {
            return Some(last);
        }
        let found = self.probe(key, hash);
        if let Some(at) = found {
            self.last.store(at as u32, Relaxed);
        }
        found
    }

    #[inline]
    fn probe(&self, key: Value, hash: u32) -> Option<usize> {
        if self.index.is_empty() {
            return None;
        }
        let mask = self.index.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let cell = self.index[at];
            if cell == EMPTY {
                return None;
            }
            if (cell >> 32) as u32 == hash {
                let number = cell as u32 as usize;
                let known = self.entries[number].key;
                if !known.is_absent() && same_key(known, key) {
                    return Some(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    pub(crate) fn get(&self, key: Value, hash: u32) -> Option<Value> {
        self.find(key, hash).map(|at| self.entries[at].value)
    }

    /// As [`Dict::get`], for a name.
    #[inline]
    pub(crate) fn get_text(&self, key: Value, hash: u32) -> Option<Value> {
        if self.has_texts { self.get(key, hash) } else { None }
    }

    /// Sets a value; a new key goes to the end. Returns the value before.
    pub(crate) fn insert(&mut self, key: Value, hash: u32, value: Value) -> Option<Value> {
        if let Some(at) = self.find(key, hash) {
            return Some(std::mem::replace(&mut self.entries[at].value, value));
        }
        if (self.entries.len() + 1) * 4 > self.index.len() * 3 {
            self.rebuild(self.live * 2 + 4);
        }
        self.link(hash, self.entries.len() as u32);
        if let Some(text) = key.as_string() {
            self.has_texts = true;
            self.hides |= hides(text.as_str());
        }
        self.entries.push(Entry { key, value, hash });
        self.live += 1;
        None
    }

    /// Sets the value of a key that is there; returns the value before.
    #[inline]
    pub(crate) fn replace(&mut self, key: Value, value: Value) -> Option<Value> {
        let at = self.find(key, key_hash(key))?;
        Some(std::mem::replace(&mut self.entries[at].value, value))
    }

    fn link(&mut self, hash: u32, number: u32) {
        let mask = self.index.len() - 1;
        let mut at = hash as usize & mask;
        while self.index[at] != EMPTY {
            at = (at + 1) & mask;
        }
        self.index[at] = u64::from(hash) << 32 | u64::from(number);
    }

    /// Drops tombstones and makes room for `capacity` entries.
    fn rebuild(&mut self, capacity: usize) {
        self.entries.retain(|entry| !entry.key.is_absent());
        self.cursor.set(self.cursor.get().map(|(rank, _)| (rank, rank)));
        self.first = 0;
        let size = (capacity.max(self.live + 1) * 4 / 3 + 1).next_power_of_two().max(8);
        self.index.clear();
        self.index.resize(size, EMPTY);
        for number in 0..self.entries.len() {
            self.link(self.entries[number].hash, number as u32);
        }
    }

    /// Removes a key; returns the entry as it was.
    pub(crate) fn remove(&mut self, key: Value, hash: u32) -> Option<(Value, Value)> {
        let at = self.find(key, hash)?;
        let Entry { key, value, .. } = self.entries[at];
        self.remove_at(at);
        Some((key, value))
    }

    fn remove_at(&mut self, at: usize) {
        self.entries[at].key = Value::ABSENT;
        self.entries[at].value = Value::NULL;
        self.live -= 1;
        if at == self.first {
            self.first = self.next_live(at + 1).unwrap_or(self.entries.len());
        }
        self.cursor.set(match self.cursor.get() {
            Some((rank, entry)) if at < entry => Some((rank - 1, entry)),
            Some((rank, entry)) if at == entry => self.next_live(at + 1).map(|next| (rank, next)),
            other => other,
        });
        let dead = self.entries.len() - self.live;
        if dead > 32 && dead > self.live * 2 {
            self.rebuild(self.live * 2);
            self.entries.shrink_to(self.live * 4);
        }
    }

    /// The first entry, removed.
    pub(crate) fn pop_first(&mut self) -> Option<(Value, Value)> {
        let entry = *self.entries.get(self.first)?;
        self.remove_at(self.first);
        Some((entry.key, entry.value))
    }

    fn next_live(&self, from: usize) -> Option<usize> {
        (from..self.entries.len()).find(|at| !self.entries[*at].key.is_absent())
    }

    /// The live entry with a rank; walking ranks upwards costs amortised O(1) a step.
    pub(crate) fn at(&self, rank: usize) -> Option<(Value, Value)> {
        if rank >= self.live {
            return None;
        }
        let mut at = rank;
        if self.live < self.entries.len() {
            at = self.walk_to(rank);
            self.cursor.set(Some((rank, at)));
        }
        let entry = self.entries[at];
        Some((entry.key, entry.value))
    }

    fn walk_to(&self, rank: usize) -> usize {
        let (mut at_rank, mut at) = match self.cursor.get() {
            Some((known, entry)) if known <= rank => (known, entry),
            _ => (0, self.first),
        };
        while at_rank < rank {
            at = self.next_live(at + 1).expect("the rank is below the number of live entries");
            at_rank += 1;
        }
        at
    }

    /// Live entries in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Value, Value)> {
        self.entries.iter().filter(|entry| !entry.key.is_absent()).map(|entry| (entry.key, entry.value))
    }

    pub(crate) fn clear(&mut self) {
        *self = Dict::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn it_behaves_like_a_list_of_pairs() {
        let mut rng = Rng::new(1);
        let mut dict = Dict::default();
        let mut model: Vec<(u64, u64)> = Vec::new();
        for step in 0..60_000u64 {
            let key = rng.next_index(if step / 10_000 % 2 == 0 { 300 } else { 20 }) as u64;
            let value = Value::number(key as f64);
            match rng.next_index(6) {
                0..=2 => {
                    dict.insert(value, key_hash(value), Value::number(step as f64));
                    match model.iter_mut().find(|(known, _)| *known == key) {
                        Some(entry) => entry.1 = step,
                        None => model.push((key, step)),
                    }
                }
                3 => {
                    let removed = dict.remove(value, key_hash(value));
                    let at = model.iter().position(|(known, _)| *known == key);
                    let expected = at.map(|at| Value::number(model.remove(at).1 as f64));
                    assert_eq!(removed.map(|(_, value)| value), expected);
                }
                4 if step % 3 == 0 => {
                    let expected = (!model.is_empty()).then(|| model.remove(0).0 as f64);
                    assert_eq!(dict.pop_first().map(|(key, _)| key), expected.map(Value::number));
                }
                _ => {
                    let rank = rng.next_index(model.len() + 1);
                    let expected = model.get(rank).map(|(key, value)| (*key as f64, *value as f64));
                    assert_eq!(dict.at(rank), expected.map(|(key, value)| (Value::number(key), Value::number(value))));
                }
            }
            assert_eq!(dict.len(), model.len());
        }
        let keys: Vec<f64> = dict.iter().filter_map(|(key, _)| key.as_number()).collect();
        assert_eq!(keys, model.iter().map(|(key, _)| *key as f64).collect::<Vec<_>>());
    }

    #[test]
    fn zero_and_minus_zero_are_one_key() {
        let mut dict = Dict::default();
        dict.insert(Value::number(0.0), key_hash(Value::number(0.0)), Value::ONE);
        assert_eq!(dict.get(Value::number(-0.0), key_hash(Value::number(-0.0))), Some(Value::ONE));
        assert_eq!(dict.get(Value::NULL, key_hash(Value::NULL)), None);
    }
}
