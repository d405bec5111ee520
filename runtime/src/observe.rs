//! Values that a recorder keeps by reference: their text is made when somebody looks, or right before they change.
//!
//! The engine's recorder calls [`Realm::observe`] and later [`Realm::observed_text`]; lists and maps report their first
//! mutation through the flag OBSERVED. Invariants: an observed object is alive as long as its observation; every container
//! that the text of an observation may show has the flag set until the observation has its text.

use crate::heap::{flags, read_header};
use crate::realm::Realm;
use crate::value::{Unpacked, Value};
use rustc_hash::FxHashMap;

/// A value as it was when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Observation(u32);

/// How deep the text of a recorded value looks into containers.
pub const OBSERVED_DEPTH: usize = 3;
/// How many containers one observation watches at most, in the order of the text, and how many members of each. More never fit
/// the forty characters of a text: a container takes at least two of them, and the comma before it two more.
const MAX_WATCHED: usize = 24;

#[derive(Debug)]
struct Entry {
    value: Value,
    text: Option<String>,
    holders: u32,
    /// Those of them who want the value itself.
    keepers: u32,
}

/// All observations of a realm.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    entries: FxHashMap<u32, Entry>,
    next: u32,
    /// Address of a watched container to the observations whose text may show it.
    watchers: FxHashMap<usize, Vec<u32>>,
    /// How many numbers stand in `watchers`, those of observations that are gone included.
    watches: usize,
}

impl Observations {
    pub(crate) fn each_root(&self, visit: &mut dyn FnMut(Value)) {
        let needed = self.entries.values().filter(|entry| entry.text.is_none() || entry.keepers > 0);
        needed.for_each(|entry| visit(entry.value));
    }
}

impl Realm {
    /// Remembers a value as it is now. Numbers, strings and functions cost little; containers are watched.
    pub fn observe(&mut self, value: Value) -> Observation {
        if let Some(known) = self.current_observation(value) {
            let entry = self.observations.entries.get_mut(&known).expect("watchers name living observations");
            entry.holders += 1;
            return Observation(known);
        }
        let id = self.observations.next;
        self.observations.next += 1;
        self.observations.entries.insert(id, Entry { value, text: None, holders: 1, keepers: 0 });
        let mut left = MAX_WATCHED;
        self.watch(value, id, OBSERVED_DEPTH, &mut left);
        Observation(id)
    }

    /// An observation of the same container whose text was not fixed since.
    fn current_observation(&self, value: Value) -> Option<u32> {
        let watching = self.observations.watchers.get(&value.address()?)?;
        watching.iter().copied().find(|id| {
            self.observations.entries.get(id).is_some_and(|entry| entry.value == value && entry.text.is_none())
        })
    }

    fn watch(&mut self, value: Value, id: u32, depth: usize, left: &mut usize) {
        let (Unpacked::List(_) | Unpacked::Map(_)) = value.unpack() else {
            return;
        };
        if depth == 0 || *left == 0 || is_permanent(value) {
            return;
        }
        *left -= 1;
        let address = value.address().expect("containers are objects");
        let watching = self.observations.watchers.entry(address).or_default();
        // Numbers grow, so this one can only be the last.
        if watching.last() == Some(&id) {
            return;
        }
        watching.push(id);
        self.observations.watches += 1;
        self.set_observed(value, true);
        for child in self.children(value, *left) {
            self.watch(child, id, depth - 1, left);
        }
    }

    fn children(&self, value: Value, most: usize) -> Vec<Value> {
        let most = most.min(MAX_WATCHED);
        match value.unpack() {
            Unpacked::List(list) if !list.all_numbers() => list.iter().take(most).collect(),
            Unpacked::Map(map) => {
                let mut children = Vec::new();
                let mut step = map.iter_from(self, 0);
                while let Some(here) = step.filter(|_| children.len() < 2 * most) {
                    children.extend([here.key, here.value]);
                    step = map.iter_from(self, here.next);
                }
                children
            }
            _ => Vec::new(),
        }
    }

    fn set_observed(&mut self, value: Value, observed: bool) {
        match value.unpack() {
            Unpacked::List(list) => list.set_observed(observed),
            Unpacked::Map(map) => map.set_observed(self, observed),
            _ => {}
        }
    }

    /// A container with the flag OBSERVED is about to change: texts that may show it are made now.
    #[cold]
    pub fn before_mutation(&mut self, value: Value) {
        self.note_type_map_change(value);
        let address = value.address().expect("only containers are observed");
        let watching = self.observations.watchers.remove(&address).unwrap_or_default();
        self.observations.watches -= watching.len();
        watching.into_iter().for_each(|id| self.fix_text(id));
        self.set_observed(value, self.is_type_map(value));
    }

    fn fix_text(&mut self, id: u32) {
        let Some(entry) = self.observations.entries.get(&id) else {
            return;
        };
        if entry.text.is_none() {
            let value = entry.value;
            let text = self.describe(value);
            self.observations.entries.entry(id).and_modify(|entry| entry.text = Some(text));
        }
    }

    /// The text of a value as it was when it was observed.
    pub fn observed_text(&mut self, observation: Observation) -> String {
        match self.observations.entries.get(&observation.0) {
            Some(Entry { text: Some(text), .. }) => text.clone(),
            Some(Entry { value, .. }) => {
                let value = *value;
                self.describe(value)
            }
            None => String::new(),
        }
    }

    /// From now on the recorder wants the observed value itself, too, as it is when it asks.
    pub fn keep(&mut self, observation: Observation) {
        if let Some(entry) = self.observations.entries.get_mut(&observation.0) {
            entry.holders += 1;
            entry.keepers += 1;
        }
    }

    /// It no longer does.
    pub fn let_go(&mut self, observation: Observation) {
        if let Some(entry) = self.observations.entries.get_mut(&observation.0) {
            entry.keepers -= 1;
        }
        self.release(observation);
    }

    /// The value that is kept, with what it holds now.
    pub fn kept_value(&self, observation: Observation) -> Option<Value> {
        self.observations.entries.get(&observation.0).filter(|entry| entry.keepers > 0).map(|entry| entry.value)
    }

    /// The recorder no longer needs an observation.
    pub fn release(&mut self, observation: Observation) {
        if let Some(entry) = self.observations.entries.get_mut(&observation.0) {
            entry.holders -= 1;
            if entry.holders == 0 {
                self.observations.entries.remove(&observation.0);
            }
        }
        // At least half of them are idle then, so looking at all costs little for each.
        if self.observations.watches > 1024 + 2 * MAX_WATCHED * self.observations.entries.len() {
            self.drop_idle_watchers();
        }
    }

    /// Forgets who watched what for observations that are gone. Flags stay; the next mutation clears them.
    fn drop_idle_watchers(&mut self) {
        let entries = &self.observations.entries;
        self.observations.watchers.retain(|_, ids| {
            ids.retain(|id| entries.get(id).is_some_and(|entry| entry.text.is_none()));
            !ids.is_empty()
        });
        self.observations.watches = self.observations.watchers.values().map(Vec::len).sum();
    }
}

fn is_permanent(value: Value) -> bool {
    value.header().is_some_and(|object| read_header(object).flags & flags::PERMANENT != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::tests::realm;

    #[test]
    fn an_observed_list_shows_what_it_was() {
        realm(true).enter(|realm| {
            let list = realm.new_list(&[Value::ONE]);
            let before = realm.observe(list.value());
            let same = realm.observe(list.value());
            assert_eq!(before, same);
            list.push(realm, Value::ZERO).expect("not frozen");
            let after = realm.observe(list.value());
            assert_ne!(before, after);
            assert_eq!(realm.observed_text(before), "[1]");
            assert_eq!(realm.observed_text(after), "[1, 0]");
        });
    }

    #[test]
    fn a_change_deep_inside_is_noticed() {
        realm(true).enter(|realm| {
            let inner = realm.new_map();
            let middle = realm.new_list(&[inner.value()]);
            let outer = realm.new_list(&[middle.value(), Value::ONE]);
            let seen = realm.observe(outer.value());
            let key = realm.intern("a");
            inner.set(realm, key, Value::ONE).expect("not frozen");
            inner.set(realm, key, Value::ZERO).expect("not frozen");
            middle.pop(realm).expect("not frozen");
            assert_eq!(realm.observed_text(seen), "[[{}], 1]");
            let now = realm.observe(outer.value());
            assert_eq!(realm.observed_text(now), "[[], 1]");
        });
    }

    #[test]
    fn every_container_that_a_text_shows_is_watched() {
        for ways in [[1, 80], [80, 1], [2, 40], [9, 9]] {
            realm(false).enter(|realm| {
                let outer = realm.new_list(&[]);
                let mut all = vec![outer];
                for _ in 0..ways[0] {
                    let middle = realm.new_list(&[]);
                    outer.push(realm, middle.value()).expect("not frozen");
                    all.push(middle);
                    for _ in 0..ways[1] {
                        let inner = realm.new_list(&[]);
                        middle.push(realm, inner.value()).expect("not frozen");
                        all.push(inner);
                    }
                }
                let seen = realm.observe(outer.value());
                let text = realm.observed_text(seen);
                for list in all.into_iter().rev() {
                    list.push(realm, Value::ONE).expect("not frozen");
                    assert_eq!(realm.observed_text(seen), text, "{ways:?}");
                }
            });
        }
    }

    #[test]
    fn an_observed_object_lives_until_it_is_released() {
        realm(true).enter(|realm| {
            let seen = observe_fresh(realm);
            realm.collect();
            assert_eq!(realm.observed_text(seen), "[\"a text only observed\"]");
            realm.release(seen);
            assert_eq!(realm.observed_text(seen), "");
        });
    }

    #[inline(never)]
    fn observe_fresh(realm: &mut Realm) -> Observation {
        let text = realm.string_value("a text only observed");
        let list = realm.new_list(&[text]);
        realm.observe(list.value())
    }

    #[test]
    fn a_kept_value_lives_on_with_what_it_becomes() {
        realm(true).enter(|realm| {
            let seen = observe_fresh(realm);
            realm.keep(seen);
            realm.release(seen);
            let list = realm.kept_value(seen).and_then(Value::as_list).expect("kept");
            list.push(realm, Value::ONE).expect("not frozen");
            realm.collect();
            let list = realm.kept_value(seen).and_then(Value::as_list).expect("kept");
            assert_eq!((list.len(), realm.observed_text(seen)), (2, "[\"a text only observed\"]".to_owned()));
            realm.let_go(seen);
            assert_eq!(realm.kept_value(seen), None);
        });
    }

    #[test]
    fn the_last_few_of_many_observations_are_enough() {
        realm(false).enter(|realm| {
            let mut last = None;
            for index in 0..10_000 {
                let list = realm.new_list(&[Value::number(f64::from(index))]);
                let seen = realm.observe(list.value());
                if let Some(previous) = last.replace(seen) {
                    realm.release(previous);
                }
            }
            assert!(realm.observations.watches < 1500);
            assert_eq!(realm.observed_text(last.expect("observed")), "[9999]");
        });
    }

    #[test]
    fn a_container_that_changes_after_each_look_keeps_no_watches_on_what_it_holds() {
        realm(false).enter(|realm| {
            let list = realm.new_list(&[]);
            let mut seen = Vec::new();
            for _ in 0..5_000 {
                let inner = realm.new_list(&[Value::ONE]).value();
                list.push(realm, inner).expect("not frozen");
                seen.push(realm.observe(list.value()));
                if seen.len() > 10 {
                    let oldest = seen.remove(0);
                    realm.release(oldest);
                }
            }
            assert!(realm.observations.watches < 5_000, "{}", realm.observations.watches);
        });
    }

    #[test]
    fn changing_a_type_map_counts_its_epoch() {
        use crate::realm::TypeMap;
        realm(false).enter(|realm| {
            let map = realm.type_map(TypeMap::List);
            let key = realm.intern("second");
            for expected in 1..4 {
                map.set(realm, key, Value::ONE).expect("not frozen");
                assert_eq!(realm.type_epoch(TypeMap::List), expected);
            }
            assert_eq!(realm.type_epoch(TypeMap::Map), 0);
        });
    }
}
