//! Lists against `Vec`, with a collection at every allocation, and the layout that compiled code relies on.

use super::*;
use crate::heap::tests::realm;
use crate::rng::Rng;

fn number(value: usize) -> Value {
    Value::number(value as f64)
}

#[test]
fn the_layout_is_what_compiled_code_expects() {
    assert_eq!([LIST_CAPACITY, LIST_LEN, LIST_STORED, LIST_ELEMENTS, LIST_BYTES], [0, 8, 12, 16, 24]);
    assert_eq!(offset_of!(ListObject, header), 0);
    assert_eq!(offset_of!(Header, kind), 4);
    assert_eq!(offset_of!(Header, flags), 5);
}

/// One random operation on both.
fn step(realm: &mut Realm, rng: &mut Rng, list: ListRef, model: &mut Vec<Value>) {
    let value = match rng.next_index(4) {
        0 => realm.string_value("a text of some length"),
        1 => realm.new_list(&[Value::ONE]).value(),
        _ => number(rng.next_index(100)),
    };
    let at = rng.next_index(model.len() + 1);
    match rng.next_index(9) {
        0..=2 => {
            list.push(realm, value).expect("not frozen");
            model.push(value);
        }
        3 => {
            list.insert(realm, at, value).expect("not frozen");
            model.insert(at, value);
        }
        4 if at < model.len() => assert_eq!(list.remove(realm, at), Ok(model.remove(at))),
        5 => assert_eq!(list.pop(realm), Ok(model.pop())),
        6 if at < model.len() => {
            list.set(realm, at, value).expect("not frozen");
            model[at] = value;
        }
        7 if at < model.len() => {
            list.swap(realm, at, 0).expect("not frozen");
            model.swap(at, 0);
        }
        8 if model.len() > 60 => {
            list.truncate(realm, at).expect("not frozen");
            model.truncate(at);
        }
        _ => {}
    }
}

#[test]
fn it_behaves_like_a_vec() {
    for stress in [true, false] {
        realm(stress).enter(|realm| {
            let mut rng = Rng::new(7);
            let list = realm.new_list(&[]);
            let mut model = Vec::new();
            for _ in 0..if stress { 3_000 } else { 30_000 } {
                step(realm, &mut rng, list, &mut model);
                assert_eq!(list.len(), model.len());
                assert!(!list.all_numbers() || model.iter().all(|value| value.is_number()));
            }
            assert_eq!(list.to_vec(), model);
        });
    }
}

#[test]
fn a_range_costs_nothing_until_it_is_changed() {
    realm(false).enter(|realm| {
        let range = realm.new_range(1.0, 0.5, 1_000_000_000);
        assert!(range.is_computed() && !range.all_numbers());
        assert_eq!(range.get(3), Some(Value::number(2.5)));
        assert_eq!(range.pop(realm), Ok(Some(Value::number(1.0 + 0.5 * 999_999_999.0))));
        assert_eq!(range.len(), 999_999_999);
        let short = realm.new_range(0.0, 2.0, 4);
        short.push(realm, Value::NULL).expect("not frozen");
        assert!(!short.is_computed() && !short.all_numbers());
        assert_eq!(short.to_vec(), [number(0), number(2), number(4), number(6), Value::NULL]);
        let steps = realm.new_range(0.0, 0.1, 4);
        assert_eq!(steps.get(3), Some(Value::number(0.1 * 3.0)));
    });
}

#[test]
fn a_rule_whose_elements_were_stored_is_one_to_the_program_until_it_is_changed() {
    for stress in [true, false] {
        realm(stress).enter(|realm| {
            let text = realm.string_value("not a single character");
            let list = realm.new_repeated(text, 50);
            list.settle(realm);
            assert!(!list.is_computed() && list.counts_as_computed() && !list.all_numbers());
            assert_eq!((list.stored(), list.stored_at(49.0), list.stored_at(50.0)), (50, Some(text), None));
            // Neither is a change of the rule: the last one goes, and somebody looks at the list.
            assert_eq!(list.pop(realm), Ok(Some(text)));
            list.set_observed(true);
            list.set_observed(false);
            assert!(list.counts_as_computed());
            assert!(!list.try_set(realm, 0.0, Value::ONE), "the first change takes the slow path");
            list.set(realm, 0, Value::ONE).expect("not frozen");
            assert!(!list.counts_as_computed());
            assert!(list.try_set(realm, 1.0, Value::ONE));
            let numbers = realm.new_range(1.0, 1.0, 3);
            numbers.settle(realm);
            assert!(numbers.all_numbers());
            numbers.freeze();
            assert_eq!(numbers.push(realm, Value::ONE), Err(FatalError::FrozenList.into()));
            assert!(numbers.counts_as_computed());
            let long = realm.new_range(1.0, 1.0, 1_000_000_000);
            long.settle(realm);
            assert_eq!((long.is_computed(), long.stored()), (true, 0));
        });
    }
}

#[test]
fn what_changes_cost_does_not_depend_on_when_elements_were_stored() {
    type Change = fn(&mut Realm, ListRef);
    let changes: [Change; 4] = [
        |realm, list| list.set(realm, 1, Value::ONE).expect("not frozen"),
        |realm, list| list.push(realm, Value::ONE).expect("not frozen"),
        |realm, list| list.insert(realm, 0, Value::ONE).expect("not frozen"),
        |realm, list| assert_eq!(list.remove(realm, 0), Ok(Value::ZERO)),
    ];
    realm(false).enter(|realm| {
        for change in changes {
            let [early, late] = [true, false].map(|early| {
                let list = realm.new_range(0.0, 1.0, 500);
                if early {
                    list.settle(realm);
                }
                let before = realm.head.budget;
                change(realm, list);
                before - realm.head.budget
            });
            assert_eq!(early, late);
            assert!(early > 0);
        }
    });
}

#[test]
fn elements_can_be_stored_without_a_collection() {
    realm(true).enter(|realm| {
        let list = realm.new_range(1.0, 1.0, 3);
        let before = realm.heap.collections;
        realm.without_collecting(|realm| list.settle(realm));
        assert_eq!((realm.heap.collections, list.stored()), (before, 3));
    });
}

#[test]
fn repeating_a_value_keeps_it_alive() {
    realm(true).enter(|realm| {
        let text = realm.string_value("not a single character");
        let list = realm.new_repeated(text, 5);
        realm.collect();
        list.set(realm, 2, Value::ONE).expect("not frozen");
        let texts = list.iter().filter_map(|value| value.as_string().map(|text| text.as_str().to_owned()));
        assert_eq!(texts.collect::<Vec<_>>(), ["not a single character"; 4]);
    });
}

#[test]
fn a_frozen_list_refuses_every_change() {
    realm(false).enter(|realm| {
        let list = realm.new_list(&[Value::ONE]);
        let frozen = Err(FatalError::FrozenList.into());
        list.freeze();
        assert_eq!(list.push(realm, Value::ONE), frozen);
        assert_eq!(list.set(realm, 0, Value::ONE), frozen);
        assert_eq!(list.set(realm, 5, Value::ONE), frozen);
        assert_eq!(list.pop(realm).map(|_| ()), frozen);
        assert_eq!(list.remove(realm, 0).map(|_| ()), frozen);
        assert_eq!(list.insert(realm, 0, Value::ONE), frozen);
        assert_eq!(list.truncate(realm, 0), frozen);
        assert_eq!(list.to_vec(), [Value::ONE]);
        let empty = realm.new_list(&[]);
        empty.freeze();
        assert_eq!(empty.pop(realm), Ok(None));
    });
}

#[test]
fn the_number_flag_follows_the_elements() {
    realm(false).enter(|realm| {
        assert!(realm.new_list(&[]).all_numbers());
        assert!(!realm.new_list(&[Value::ONE, Value::NULL]).all_numbers());
        let long: Vec<Value> = (0..40).map(number).collect();
        let list = realm.new_list(&long);
        assert!(list.all_numbers());
        list.set(realm, 39, Value::NULL).expect("not frozen");
        assert!(!list.all_numbers());
        list.assign(realm, &long).expect("not frozen");
        assert!(list.all_numbers());
        list.extend_from(realm, list).expect("not frozen");
        assert_eq!(list.len(), 80);
        assert_eq!(list.get(79), Some(number(39)));
    });
}

#[test]
fn permanent_lists_are_frozen_and_never_collected() {
    realm(true).enter(|realm| {
        let text = realm.shared.permanent_string("default");
        let value = realm.shared.permanent_list(&[text, Value::ONE]);
        let list = value.as_list().expect("a list");
        realm.collect();
        assert!(list.is_frozen());
        assert_eq!(list.to_vec(), [text, Value::ONE]);
    });
}

#[test]
fn a_queue_moves_no_element_to_give_its_first() {
    realm(false).enter(|realm| {
        let list = realm.new_list(&[]);
        for index in 0..10_000 {
            list.push(realm, Value::number(f64::from(index))).expect("no limit");
        }
        let second = list.object().elements.wrapping_add(1);
        assert_eq!(list.remove(realm, 0), Ok(Value::ZERO));
        assert_eq!(list.object().elements, second);
        let capacity = list.capacity() + list.gap();
        for index in 0..100_000 {
            list.push(realm, Value::number(f64::from(index + 10_000))).expect("no limit");
            assert_eq!(list.remove(realm, 0), Ok(Value::number(f64::from(index + 1))));
        }
        assert_eq!(list.len(), 9_999);
        assert!(list.capacity() + list.gap() <= capacity * 2, "the array does not grow with the traffic");
        assert_eq!(list.get(9_998), Some(Value::number(109_999.0)));
        while !list.is_empty() {
            list.remove(realm, 0).expect("not frozen");
        }
        list.push(realm, Value::NULL).expect("no limit");
        assert_eq!(list.to_vec(), [Value::NULL]);
    });
}
