//! Maps of all representations against a list of pairs, with a collection at every allocation.

use super::*;
use crate::heap::tests::realm;
use crate::names;
use crate::rng::Rng;
use crate::shape::{MAX_COMPUTED_SLOTS, MAX_SLOTS, ShapeKey};

#[test]
fn the_layout_is_what_compiled_code_expects() {
    assert_eq!([MAP_SHAPE, MAP_LEN, MAP_CAPACITY, MAP_SLOTS, MAP_TABLE, MAP_BYTES], [0, 8, 12, 16, 24, 32]);
}

fn env_of(realm: &mut Realm, names: &[&str]) -> MapRef {
    let keys: Vec<ShapeKey> = names
        .iter()
        .map(|text| {
            let name = realm.shared.intern(text);
            ShapeKey { name, hash: realm.shared.name_hash(name) }
        })
        .collect();
    let shape = realm.shared.shapes.environment(&keys);
    realm.new_env(shape)
}

/// A random key: names, texts that are no names, numbers.
fn random_key(realm: &mut Realm, rng: &mut Rng, kinds: usize, spread: usize) -> (Value, String) {
    let index = rng.next_index(spread);
    match rng.next_index(kinds) {
        0 => (realm.intern(&format!("n{index}")), format!("n{index}")),
        1 => (realm.string_value(&format!("n{index}")), format!("n{index}")),
        2 => (realm.string_value(&format!("data text {index}")), format!("data text {index}")),
        _ => (Value::number(index as f64), format!("#{index}")),
    }
}

/// Runs random operations; `ordered` says whether a key that comes back goes to the end.
fn compare(realm: &mut Realm, map: MapRef, kinds: usize, spread: usize, removals: bool, ordered: bool) {
    let mut rng = Rng::new(kinds as u64 * 100 + spread as u64);
    let mut model: Vec<(String, f64)> = Vec::new();
    for round in 0..2000 {
        let (key, text) = random_key(realm, &mut rng, kinds, spread);
        let at = model.iter().position(|(known, _)| *known == text);
        match rng.next_index(if removals { 4 } else { 3 }) {
            0 | 1 => {
                map.set(realm, key, Value::number(f64::from(round))).expect("not frozen");
                match at {
                    Some(at) => model[at].1 = f64::from(round),
                    None => model.push((text, f64::from(round))),
                }
            }
            2 => {
                let expected = at.map(|at| Value::number(model[at].1));
                assert_eq!(map.get(realm, key), expected);
                let name = key.as_string().and_then(|text| realm.shared.lookup(text.as_str()));
                if let Some(name) = name {
                    assert_eq!(map.get_by_name(realm, name), expected);
                }
            }
            _ => {
                assert_eq!(map.remove(realm, key), Ok(at.is_some()));
                at.map(|at| model.remove(at));
            }
        }
        assert_eq!(map.len(realm), model.len());
    }
    check_entries(realm, map, model, ordered);
}

fn check_entries(realm: &mut Realm, map: MapRef, mut model: Vec<(String, f64)>, ordered: bool) {
    let text_of = |key: Value| match (key.as_string(), key.as_number()) {
        (Some(text), _) => text.as_str().to_owned(),
        (_, number) => format!("#{}", number.expect("keys are texts and numbers")),
    };
    let pair = |(key, value): (Value, Value)| (text_of(key), value.as_number().expect("values are numbers"));
    let mut found: Vec<(String, f64)> = map.entries(realm).into_iter().map(pair).collect();
    let mut stepped = Vec::new();
    let mut position = 0;
    while let Some(step) = map.iter_from(realm, position) {
        stepped.push(pair((step.key, step.value)));
        position = step.next;
    }
    assert_eq!(found, stepped);
    if !ordered {
        found.sort_by(|a, b| a.0.cmp(&b.0));
        model.sort_by(|a, b| a.0.cmp(&b.0));
    }
    assert_eq!(found, model);
}

#[test]
fn shaped_maps_behave_like_pairs_in_order() {
    realm(true).enter(|realm| {
        let map = realm.new_map();
        compare(realm, map, 1, 30, false, true);
        assert_eq!(map.layout(), MapLayout::Shaped);
    });
}

#[test]
fn maps_that_become_tables_behave_like_pairs_in_order() {
    for stress in [true, false] {
        realm(stress).enter(|realm| {
            for (kinds, spread) in [(1, 10), (1, 200), (2, 40), (3, 50), (4, 100)] {
                let map = realm.new_map();
                compare(realm, map, kinds, spread, true, true);
                assert_eq!(map.layout(), MapLayout::Dict);
            }
        });
    }
}

#[test]
fn environments_behave_like_maps_whose_keys_keep_their_place() {
    realm(true).enter(|realm| {
        let map = env_of(realm, &["n0", "n1", "n2"]);
        assert_eq!(map.len(realm), 0);
        compare(realm, map, 4, 40, true, false);
        assert_eq!(map.layout(), MapLayout::Env);
        let other = env_of(realm, &["n0", "n1", "n2"]);
        assert_ne!(other.shape(), map.shape());
        let large: Vec<String> = (0..300).map(|index| format!("v{index}")).collect();
        let map = env_of(realm, &large.iter().map(String::as_str).collect::<Vec<_>>());
        map.set_slot(realm, 299, Value::ONE);
        realm.collect();
        let last = realm.shared.intern("v299");
        assert_eq!(map.get_by_name(realm, last), Some(Value::ONE));
        assert_eq!(map.len(realm), 1);
    });
}

#[test]
fn globals_behave_like_a_map_in_the_order_of_resolution() {
    realm(true).enter(|realm| {
        let map = realm.globals();
        compare(realm, map, 4, 40, true, false);
    });
    realm(false).enter(|realm| {
        let [b, a] = ["b", "a"].map(|text| realm.shared.cell(realm.shared.intern(text)));
        realm.resolve(&[b, a]);
        realm.set_cell(a, Value::number(1.0));
        let key_b = realm.string_value("b");
        let globals = realm.globals();
        assert_eq!(globals.get(realm, key_b), None);
        globals.set(realm, key_b, Value::number(2.0)).expect("not frozen");
        assert_eq!(realm.cell(b), Value::number(2.0));
        check_entries(realm, globals, vec![("b".into(), 2.0), ("a".into(), 1.0)], true);
        assert_eq!(globals.remove(realm, key_b), Ok(true));
        realm.set_cell(b, Value::number(3.0));
        check_entries(realm, globals, vec![("b".into(), 3.0), ("a".into(), 1.0)], true);
    });
}

#[test]
fn a_global_set_by_an_unknown_text_is_found_by_code_that_comes_later() {
    realm(true).enter(|realm| {
        let key = realm.string_value("never heard of");
        let globals = realm.globals();
        globals.set(realm, key, Value::number(9.0)).expect("not frozen");
        let cell = realm.shared.cell(realm.shared.intern("never heard of"));
        realm.resolve(&[cell]);
        assert_eq!(realm.cell(cell), Value::number(9.0));
        assert_eq!(globals.len(realm), 1);
    });
}

#[test]
fn frozen_globals_and_maps_refuse_changes() {
    realm(false).enter(|realm| {
        let frozen = Err(FatalError::FrozenMap.into());
        let key = realm.intern("x");
        for map in [realm.globals(), realm.new_map()] {
            map.set(realm, key, Value::ONE).expect("not frozen");
            map.freeze(realm);
            assert_eq!(map.set(realm, key, Value::ZERO), frozen);
            assert_eq!(map.remove(realm, Value::NULL).map(|_| ()), frozen);
            assert_eq!(map.clear(realm), frozen);
            assert_eq!(map.get(realm, key), Some(Value::ONE));
        }
        assert_ne!(realm.head.globals_guarded, 0);
    });
}

#[test]
fn iterating_sees_changes_as_the_language_says() {
    realm(false).enter(|realm| {
        let map = realm.new_map();
        for text in ["a", "b", "c", "d"] {
            let key = realm.intern(text);
            map.set(realm, key, Value::ONE).expect("not frozen");
        }
        let mut seen = String::new();
        let mut position = 0;
        while let Some(step) = map.iter_from(realm, position) {
            let key = step.key.as_string().expect("a text");
            if key.as_str() == "b" {
                map.remove(realm, step.key).expect("not frozen");
            }
            seen.push_str(key.as_str());
            position = step.next;
        }
        assert_eq!(seen, "abd");
    });
}

#[test]
fn walking_a_table_with_tombstones_is_linear() {
    realm(false).enter(|realm| {
        let map = realm.new_map();
        for index in 0..200_000 {
            map.put(realm, Value::number(f64::from(index)), Value::NULL);
        }
        for index in 0..60_000 {
            map.remove(realm, Value::number(f64::from(index * 3))).expect("not frozen");
        }
        let mut position = 0;
        while let Some(step) = map.iter_from(realm, position) {
            position = step.next;
        }
        assert_eq!(position, 140_000);
        while map.pop_first(realm).expect("not frozen").is_some() {}
        assert!(map.is_empty(realm));
    });
}

#[test]
fn equal_literals_share_a_shape_and_slots_are_direct() {
    realm(true).enter(|realm| {
        let [x, y] = ["x", "y"].map(|text| realm.shared.intern(text));
        let maps: Vec<Value> = (0..2)
            .map(|_| {
                let map = realm.new_map();
                map.put_by_name(realm, x, Value::ONE);
                map.put_by_name(realm, y, Value::NULL);
                realm.push_root(map.value());
                map.value()
            })
            .collect();
        let [a, b] = [maps[0], maps[1]].map(|value| value.as_map().expect("a map"));
        assert_eq!(a.shape(), b.shape());
        assert_eq!(a.slot_of(realm, y), Some(1));
        a.set_slot(realm, 1, Value::ZERO);
        assert_eq!(a.get_by_name(realm, y), Some(Value::ZERO));
        let made = realm.new_map_of(a.shape(), &[Value::NULL, Value::ONE]);
        assert_eq!(made.get_by_name(realm, x), Some(Value::NULL));
    });
}

#[test]
fn a_map_grows_out_of_its_cell_and_back_into_a_table() {
    realm(true).enter(|realm| {
        let (named, worked_out) = (realm.new_map(), realm.new_map());
        let number = |index: usize| Value::number(index as f64);
        for index in 0..300 {
            let name = realm.shared.intern(&format!("field{index}"));
            named.put_by_name(realm, name, number(index));
            let key = realm.shared.name_value(name);
            worked_out.put(realm, key, number(index));
            for (map, most) in [(named, MAX_SLOTS), (worked_out, MAX_COMPUTED_SLOTS)] {
                let expected = if index < most { MapLayout::Shaped } else { MapLayout::Dict };
                assert_eq!(map.layout(), expected);
            }
        }
        for index in 0..300 {
            let name = realm.shared.intern(&format!("field{index}"));
            assert_eq!(named.get_by_name(realm, name), Some(number(index)));
            assert_eq!(worked_out.get_by_name(realm, name), Some(number(index)));
        }
    });
}

#[test]
fn permanent_maps_are_frozen_and_never_collected() {
    realm(true).enter(|realm| {
        let key = realm.shared.permanent_string("key of a default");
        let value = realm.shared.permanent_map(&[(key, Value::ONE), (Value::ONE, key), (key, Value::ZERO)]);
        realm.collect();
        let map = value.as_map().expect("a map");
        assert!(map.is_frozen());
        assert_eq!(map.entries(realm), [(key, Value::ZERO), (Value::ONE, key)]);
    });
}

#[test]
fn instances_get_the_room_that_earlier_ones_needed() {
    realm(true).enter(|realm| {
        let class = realm.new_map();
        let mut bytes = Vec::new();
        for _ in 0..2 {
            let instance = realm.new_instance(class.value());
            for index in 0..7 {
                let name = realm.shared.intern(&format!("field{index}"));
                instance.put_by_name(realm, name, Value::ONE);
            }
            assert_eq!(instance.get_by_name(realm, names::ISA), Some(class.value()));
            bytes.push(instance.is_inline());
        }
        assert_eq!(bytes, [false, true]);
    });
}

#[test]
fn an_environment_with_a_name_in_its_table_has_another_shape() {
    realm(true).enter(|realm| {
        let map = env_of(realm, &["n0", "n1"]);
        let declared = map.shape();
        let key = realm.intern("n0");
        map.put(realm, key, Value::number(7.0));
        assert_eq!(map.shape(), declared);
        // No more shapes: the name has to go to the table.
        realm.fresh_shapes = 0;
        let added = realm.intern("n2");
        map.put(realm, added, Value::number(8.0));
        let opened = map.shape();
        assert_ne!(opened, declared);
        assert_eq!([map.get(realm, key), map.get(realm, added)], [7.0, 8.0].map(|it| Some(Value::number(it))));
        let again = realm.intern("n3");
        map.put(realm, again, Value::ONE);
        assert_eq!(map.shape(), opened);
        let other = env_of(realm, &["n0", "n1"]);
        assert_eq!(other.shape(), declared);
        other.put(realm, again, Value::ONE);
        assert_eq!(other.shape(), opened);
    });
}

#[test]
fn a_map_like_an_object_stays_shaped_when_a_key_goes_or_is_worked_out() {
    realm(true).enter(|realm| {
        let names = ["a", "b", "c"].map(|text| realm.shared.intern(text));
        let (map, other) = (realm.new_map(), realm.new_map());
        for name in names {
            map.put_by_name(realm, name, Value::ONE);
        }
        for name in [names[0], names[2]] {
            other.put_by_name(realm, name, Value::ONE);
        }
        let full = map.shape();
        let key = realm.string_value("b");
        for _ in 0..3 {
            assert_eq!(map.remove(realm, key), Ok(true));
            assert_eq!(map.remove(realm, key), Ok(false));
            assert_eq!(map.shape(), other.shape());
            map.put(realm, key, Value::ONE);
            assert_eq!(map.entries(realm).len(), 3);
            assert_eq!(map.iter_from(realm, 2).map(|step| step.key), Some(realm.shared.name_value(names[1])));
            map.remove(realm, realm.shared.name_value(names[2])).expect("not frozen");
            map.put_by_name(realm, names[2], Value::ONE);
        }
        assert_eq!(map.shape(), full);
        let worked_out = realm.string_value("on_something_1");
        map.put(realm, worked_out, Value::ZERO);
        assert_eq!((map.is_dict(), map.get(realm, worked_out)), (false, Some(Value::ZERO)));
        // A text that is no member's name is a key of a table.
        let text = realm.string_value("on something");
        map.put(realm, text, Value::ZERO);
        assert_eq!((map.is_dict(), map.len(realm)), (true, 5));
    });
}

#[test]
fn keys_of_data_bring_few_names() {
    realm(false).enter(|realm| {
        let before = realm.fresh_names;
        let mut maps = Vec::new();
        for round in 0..100 {
            let map = realm.new_map();
            for index in 0..10 {
                let key = realm.string_value(&format!("key_{round}_{index}"));
                map.put(realm, key, Value::ONE);
            }
            maps.push(map.is_dict());
        }
        assert!(before - realm.fresh_names < 200, "{} names", before - realm.fresh_names);
        assert!(maps[99]);
    });
}
