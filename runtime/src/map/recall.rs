//! Texts that tables are asked for again: `d.hasIndex(word)`, then `d[word]`, then a store there.
//!
//! A text that was made just now is another object than the key it is equal to, so each of these would compare the two again, byte by byte. `map.rs`
//! asks here first, and so does compiled code, by the realm's head. Invariant: what was asked for and the key that was found are the same text. Both are
//! forgotten when a sweep begins, before the cells of either can become another text; and when marking begins, since a key that nothing refers to by then
//! would be freed though a table is given it again.

use super::dict::Dict;
use crate::realm::Realm;
use crate::value::Value;

impl Realm {
    /// The key to look for: that of a table, if this text was found as one last.
    #[inline(always)]
    pub(super) fn key_for(&self, key: Value) -> Value {
        if self.head.asked.get() == key { self.head.asked_key.get() } else { key }
    }

    /// A collection marks or sweeps from now on.
    pub(crate) fn forget_asked(&self) {
        self.head.asked.set(Value::ABSENT);
    }

    /// What a table has at a key. A text that is no name is noted even if the table has this very object: shared code knows no others.
    #[inline]
    pub(super) fn find_in(&self, table: &Dict, key: Value) -> Option<Value> {
        let known = self.key_for(key);
        let (found, value) = table.entry(known)?;
        if known == key && key.as_string().is_some_and(|text| text.name().is_none()) {
            self.head.asked.set(key);
            self.head.asked_key.set(found);
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use crate::map::MapRef;
    use crate::realm::Realm;
    use crate::testing::in_realm;
    use crate::value::Value;

    fn text(realm: &mut Realm, of: &str) -> Value {
        realm.new_string(of).value()
    }

    fn table_of(realm: &mut Realm, key: &str) -> MapRef {
        let map = realm.new_map();
        // A number makes it a table.
        map.put(realm, Value::ONE, Value::NULL);
        let key = text(realm, key);
        map.put(realm, key, Value::ZERO);
        map
    }

    #[test]
    fn a_text_found_once_is_found_by_its_key_in_any_table() {
        in_realm(|realm| {
            let (map, other) = (table_of(realm, "word"), table_of(realm, "other"));
            let asked = text(realm, "word");
            assert_eq!(map.get(realm, asked), Some(Value::ZERO));
            assert_eq!(realm.head.asked.get(), asked);
            assert_ne!(realm.key_for(asked), asked);
            assert_eq!(map.get(realm, asked), Some(Value::ZERO));
            assert_eq!(other.get(realm, asked), None);
            map.put(realm, asked, Value::ONE);
            assert_eq!((map.get(realm, asked), map.len(realm)), (Some(Value::ONE), 2));
            assert_eq!(map.remove(realm, asked), Ok(true));
            assert_eq!(map.get(realm, asked), None);
        });
    }

    #[test]
    fn a_key_that_was_removed_comes_back_alive() {
        in_realm(|realm| {
            let map = table_of(realm, "a word of some length");
            let asked = text(realm, "a word of some length");
            assert_eq!(map.get(realm, asked), Some(Value::ZERO));
            assert_eq!(map.remove(realm, asked), Ok(true));
            map.put(realm, asked, Value::ONE);
            realm.collect();
            let other = text(realm, "another of such length");
            let again = text(realm, "a word of some length");
            assert_eq!((map.get(realm, other), map.get(realm, again)), (None, Some(Value::ONE)));
        });
    }

    #[test]
    fn a_sweep_forgets_it() {
        in_realm(|realm| {
            let map = table_of(realm, "word");
            let asked = text(realm, "word");
            assert_eq!(map.get(realm, asked), Some(Value::ZERO));
            realm.collect();
            assert_eq!(realm.head.asked.get(), Value::ABSENT);
            assert_eq!(map.get(realm, asked), Some(Value::ZERO));
        });
    }
}
