//! The table behind maps that are no longer shaped: entries in insertion order, and an index to find them by (`dict/index.rs`).
//!
//! `map.rs` owns it and charges its bytes. Removed entries leave tombstones until the next rebuild.
//! Invariants: every live entry is found through the index; no tombstone stands before `first`; the cursor, if set, is the rank of a
//! live entry; the view says where entries and index stand now.
//! Read `tests::it_behaves_like_a_list_of_pairs` first.

mod index;

use crate::value::Value;
pub use index::{CELL_EMPTY, HASH_FACTOR, TABLE_NONE};
use index::{Index, IndexView};
use std::cell::Cell;
use std::mem::offset_of;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// One entry; a removed one has an absent key.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
}

/// Where entries and index stand, for compiled code: it reads and replaces values of keys that it finds, and leaves all else to [`Dict`].
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct TableView {
    entries: *const Entry,
    index: IndexView,
    n_entries: u32,
    hides: bool,
    /// See [`text_bit`].
    texts: u64,
}

impl Default for TableView {
    fn default() -> TableView {
        TableView { entries: std::ptr::null(), index: IndexView::default(), n_entries: 0, hides: false, texts: 0 }
    }
}

/// In a table: offset of the address of its entries, tombstones among them.
pub const TABLE_ENTRIES: usize = offset_of!(Dict, view.entries);
/// Offset of their number (u32).
pub const TABLE_LEN: usize = offset_of!(Dict, view.n_entries);
/// Offset of how many of them are no tombstones (u64).
pub const TABLE_LIVE: usize = offset_of!(Dict, live);
/// Offset of whether a key may come before a method that all maps have, or is `__isa` (u8).
pub const TABLE_HIDES: usize = offset_of!(Dict, view.hides);
/// Offset of the bits of all strings that were ever keys (u64): a string whose bit is not set is none. The bit has the number that the upper bits of
/// the hash from [`TEXT_BIT_SHIFT`] on are.
pub const TABLE_TEXTS: usize = offset_of!(Dict, view.texts);
/// See [`TABLE_TEXTS`].
pub const TEXT_BIT_SHIFT: u32 = 26;
/// Offset of the address of the index of hashed keys, which is null if all entries are to be compared.
pub const TABLE_CELLS: usize = offset_of!(Dict, view.index.cells);
/// Offset of what a hash is masked with for its first cell (u32).
pub const TABLE_MASK: usize = offset_of!(Dict, view.index.mask);
/// Offset of the address of the entries of whole numbers (u32 each, [`TABLE_NONE`] for no entry).
pub const TABLE_COUNTED: usize = offset_of!(Dict, view.index.counted);
/// Offset of the first whole number that is hashed (u32).
pub const TABLE_COUNTED_END: usize = offset_of!(Dict, view.index.n_counted);
/// Offset of the number of the entry that was found last, which may be none any more (u32).
pub const TABLE_LAST: usize = offset_of!(Dict, last);
/// Bytes of an entry; its key stands first.
pub const ENTRY_BYTES: usize = size_of::<Entry>();
/// Offset of an entry's value.
pub const ENTRY_VALUE: usize = offset_of!(Entry, value);

/// The table.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Dict {
    view: TableView,
    entries: Vec<Entry>,
    index: Index,
    /// The bits of all strings that were ever inserted.
    texts: u64,
    /// Whether a key was ever inserted that comes before a method that all maps have, or `__isa`.
    hides: bool,
    /// The entry that was found last, or where a loop has come to: what is asked for, read and changed in turn is looked up once, and what
    /// is asked for in the order of the entries not at all.
    last: AtomicU32,
    live: usize,
    /// No live entry stands before this one.
    first: usize,
    /// (rank, entry): the entry that is the rank-th live one; where the last positional access ended.
    /// Never touched while there are no tombstones, so that permanent tables may be read by many threads.
    cursor: Cell<Option<(usize, usize)>>,
}

/// Whether a key of this text comes before a method that all maps have, or leads to a map that may. Written out, the names of
/// the methods are a comparison or two for each new key; a test compares them with the table of intrinsics.
fn hides(text: &str) -> bool {
    matches!(
        text,
        "__isa"
            | "hasIndex"
            | "indexes"
            | "indexOf"
            | "len"
            | "pop"
            | "push"
            | "pull"
            | "shuffle"
            | "sum"
            | "remove"
            | "replace"
            | "values"
    )
}

/// The bit of a string's hash in the word that tells which strings are no keys.
fn text_bit(hash: u32) -> u64 {
    1 << (hash >> TEXT_BIT_SHIFT)
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
        size_of::<Dict>() + self.entries.capacity() * size_of::<Entry>() + self.index.bytes()
    }

    /// Whether an own entry, or one of maps up a chain, may come before a method that all maps have.
    #[inline]
    pub(crate) fn hides_methods(&self) -> bool {
        self.hides
    }

    #[inline]
    fn find(&self, key: Value) -> Option<usize> {
        if let Some(found) = self.index.find_counted(key) {
            return found;
        }
        let last = self.last.load(Relaxed) as usize;
        if self.entries.get(last).is_some_and(|entry| entry.key == key) {
            return Some(last);
        }
        if self.entries.get(last + 1).is_some_and(|entry| entry.key == key) {
            self.last.store(last as u32 + 1, Relaxed);
            return Some(last + 1);
        }
        let found = self.index.find_hashed(key, &self.entries);
        if let Some(at) = found {
            self.last.store(at as u32, Relaxed);
        }
        found
    }

    /// The number of a key's entry.
    pub(crate) fn place_of(&self, key: Value) -> Option<usize> {
        self.find(key)
    }

    /// The entry of a key: the key as it stands there, and its value.
    #[inline]
    pub(crate) fn entry(&self, key: Value) -> Option<(Value, Value)> {
        self.find(key).map(|at| (self.entries[at].key, self.entries[at].value))
    }

    #[inline]
    pub(crate) fn get(&self, key: Value) -> Option<Value> {
        self.entry(key).map(|(_, value)| value)
    }

    /// As [`Dict::get`], for a name.
    #[inline]
    pub(crate) fn get_text(&self, name: Value) -> Option<Value> {
        let text = name.as_string()?;
        if self.texts & text_bit(text.hash()) == 0 { None } else { self.get(name) }
    }

    /// Sets a value; a new key goes to the end. Returns the value before.
    pub(crate) fn insert(&mut self, key: Value, value: Value) -> Option<Value> {
        if let Some(at) = self.find(key) {
            return Some(std::mem::replace(&mut self.entries[at].value, value));
        }
        if !self.index.link(key, self.entries.len()) {
            self.rebuild(self.live * 2 + 4);
            let fits = self.index.link(key, self.entries.len());
            debug_assert!(fits, "a rebuild makes room");
        }
        self.append(key, value);
        None
    }

    /// Adds an entry whose key is in the index already.
    #[inline]
    fn append(&mut self, key: Value, value: Value) {
        if let Some(text) = key.as_string() {
            self.hides |= hides(text.as_str());
            // Compiled code tells by it that a key of a small table is another one, too.
            self.texts |= text_bit(text.hash());
        }
        self.entries.push(Entry { key, value });
        self.live += 1;
        self.show();
    }

    /// Shows compiled code what stands where now.
    #[inline]
    fn show(&mut self) {
        let index = self.index.view();
        let (entries, n_entries) = (self.entries.as_ptr(), self.entries.len() as u32);
        self.view = TableView { entries, index, n_entries, hides: self.hides, texts: self.texts };
    }

    /// As [`Dict::insert`], unless that takes more memory: then nothing is done. Of a new key the value before is null.
    #[inline]
    pub(crate) fn insert_in_place(&mut self, key: Value, value: Value) -> Option<Value> {
        if let Some(at) = self.find(key) {
            return Some(std::mem::replace(&mut self.entries[at].value, value));
        }
        let fits = self.entries.len() < self.entries.capacity() && self.index.link(key, self.entries.len());
        fits.then(|| {
            self.append(key, value);
            Value::NULL
        })
    }

    /// Drops tombstones and makes room for `capacity` entries.
    fn rebuild(&mut self, capacity: usize) {
        self.index.rebuild(&mut self.entries, capacity);
        self.cursor.set(self.cursor.get().map(|(rank, _)| (rank, rank)));
        self.first = 0;
        self.show();
    }

    /// Removes a key; returns the entry as it was.
    pub(crate) fn remove(&mut self, key: Value) -> Option<(Value, Value)> {
        let at = self.find(key)?;
        let Entry { key, value } = self.entries[at];
        self.remove_at(at);
        Some((key, value))
    }

    fn remove_at(&mut self, at: usize) {
        self.index.unlink(self.entries[at].key);
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
            self.show();
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
        self.last.store(at as u32, Relaxed);
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
    use crate::intrinsics;
    use crate::rng::Rng;

    /// What compiled code sees is what is there.
    fn assert_is_shown(dict: &Dict) {
        let TableView { entries, index, n_entries, hides, texts } = dict.view;
        let known = dict.index.view();
        assert_eq!((entries, n_entries as usize, hides), (dict.entries.as_ptr(), dict.entries.len(), dict.hides));
        let keys = dict.iter().filter_map(|(key, _)| key.as_string());
        assert!(keys.map(|text| text_bit(text.hash())).all(|bit| texts & bit != 0));
        assert_eq!((index.cells, index.counted), (known.cells, known.counted));
        assert_eq!((index.mask, index.n_counted), (known.mask, known.n_counted));
    }

    #[test]
    fn it_behaves_like_a_list_of_pairs() {
        let mut rng = Rng::new(1);
        let mut dict = Dict::with_capacity(0);
        let mut model: Vec<(u64, u64)> = Vec::new();
        for step in 0..60_000u64 {
            let key = rng.next_index(if step / 10_000 % 2 == 0 { 300 } else { 20 }) as u64;
            let value = Value::number(key as f64);
            match rng.next_index(6) {
                0..=2 => {
                    dict.insert(value, Value::number(step as f64));
                    match model.iter_mut().find(|(known, _)| *known == key) {
                        Some(entry) => entry.1 = step,
                        None => model.push((key, step)),
                    }
                }
                3 => {
                    let removed = dict.remove(value);
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
            assert_is_shown(&dict);
        }
        let keys: Vec<f64> = dict.iter().filter_map(|(key, _)| key.as_number()).collect();
        assert_eq!(keys, model.iter().map(|(key, _)| *key as f64).collect::<Vec<_>>());
    }

    #[test]
    fn what_hides_methods_is_known() {
        let methods = intrinsics::type_methods("map");
        assert!(methods.iter().all(|method| hides(method)) && hides("__isa"));
        assert!(!["", "le", "lenx", "name", "sort"].iter().any(|text| hides(text)));
    }

    #[test]
    fn numbers_of_every_kind_are_keys() {
        let mut rng = Rng::new(7);
        let mut dict = Dict::default();
        let mut model: Vec<(f64, f64)> = Vec::new();
        for step in 0..40_000u32 {
            // From dense to sparse and back, so that keys move between the two halves of the index.
            let spread = [400, 400, 1 << 30, 50][step as usize / 2000 % 4];
            let base = f64::from(rng.next_index(spread) as u32);
            let key = match rng.next_index(12) {
                0 => base + 0.5,
                1 => -base,
                2 => base * 1024.0,
                3 => base * 4_294_967_296.0,
                _ => base,
            };
            let (found, at) = (Value::number(key), model.iter().position(|(known, _)| *known == key));
            if rng.next_index(5) < 3 {
                let before = dict.insert(found, Value::number(f64::from(step)));
                assert_eq!(before, at.map(|at| Value::number(model[at].1)));
                match at {
                    Some(at) => model[at].1 = f64::from(step),
                    None => model.push((key, f64::from(step))),
                }
            } else {
                let removed = dict.remove(found).map(|(_, value)| value);
                assert_eq!(removed, at.map(|at| Value::number(model.remove(at).1)));
            }
            if model.len() > 600 {
                let (key, _) = model.remove(0);
                assert_eq!(dict.pop_first().map(|(found, _)| found), Some(Value::number(key)));
            }
            assert_eq!(dict.len(), model.len());
        }
        let pairs: Vec<(f64, f64)> =
            dict.iter().filter_map(|(key, value)| key.as_number().zip(value.as_number())).collect();
        assert_eq!(pairs, model);
    }

    #[test]
    fn a_table_of_counted_keys_takes_other_keys_at_no_more_than_constant_cost() {
        let mut dict = Dict::default();
        for number in 0..100_000 {
            dict.insert(Value::number(f64::from(number)), Value::ONE);
        }
        let before = dict.index.rebuilds();
        for number in 0..100_000 {
            let key = Value::number(f64::from(number) + 0.5);
            dict.insert(key, Value::ONE);
            dict.remove(key);
        }
        assert!(dict.index.rebuilds() - before < 20, "{} rebuilds", dict.index.rebuilds() - before);
    }

    #[test]
    fn zero_and_minus_zero_are_one_key() {
        let mut dict = Dict::default();
        dict.insert(Value::number(0.0), Value::ONE);
        assert_eq!(dict.get(Value::number(-0.0)), Some(Value::ONE));
        assert_eq!(dict.get(Value::NULL), None);
    }
}
