//! Text forms of everything but numbers, which have their own tables.

use super::*;
use crate::realm::Realm;
use crate::testing::{call, in_realm, set_global, value};

#[track_caller]
fn check(rows: &[(&str, &str)]) {
    in_realm(|realm| {
        for (source, expected) in rows {
            let shown = value(realm, source);
            assert_eq!(named(realm, shown).expect("small"), *expected, "print {source}");
        }
    });
}

#[test]
fn values_print_to_depth_three() {
    check(&[
        ("null", "null"),
        (r#""say""#, "say"),
        (r#"["say", null, 1.50]"#, r#"["say", null, 1.5]"#),
        ("[1, [2, [3, [4, [5]]]]]", "[1, [2, [3, [...]]]]"),
        ("[[[[]]]]", "[[[[...]]]]"),
        (r#"{"a": {"b": {"c": {}}}}"#, r#"{"a": {"b": {"c": {...}}}}"#),
        (r#"{"__isa": {"a": {"b": 1}}}"#, r#"{"__isa": {"a": {...}}}"#),
        (r#"{"__isa": [[1]]}"#, r#"{"__isa": [[...]]}"#),
        ("@print", "FuncRef(print)"),
        (r#"err("oh")"#, "error: oh"),
        (r#"[err("oh")]"#, "[error: oh]"),
    ]);
}

#[test]
fn quotes_are_doubled_inside_containers() {
    in_realm(|realm| {
        let text = realm.string_value(r#"say "hi""#);
        let list = realm.new_list(&[text]).value();
        assert_eq!(named(realm, list).expect("small"), r#"["say ""hi"""]"#);
        assert_eq!(named(realm, text).expect("small"), r#"say "hi""#);
    });
}

#[test]
fn nested_containers_show_the_first_global_that_holds_them() {
    in_realm(|realm| {
        let a = value(realm, "[1, 2]");
        set_global(realm, "first", a);
        set_global(realm, "second", a);
        let list = realm.new_list(&[a, Value::number(3.0)]).value();
        assert_eq!(named(realm, list).expect("small"), "[first, 3]");
        assert_eq!(plain(realm, list).expect("small"), "[[1, 2], 3]");
        assert_eq!(named(realm, a).expect("small"), "[1, 2]");
        let number = call(realm, "number", &[]).expect("a type map");
        let list = realm.new_list(&[number]).value();
        assert_eq!(named(realm, list).expect("small"), "[number]");
    });
}

#[test]
fn cyclic_values_end() {
    in_realm(|realm| {
        let list = realm.new_list(&[]);
        list.push(realm, list.value()).expect("fresh");
        assert_eq!(plain(realm, list.value()).expect("small"), "[[[[...]]]]");
        set_global(realm, "l", list.value());
        assert_eq!(named(realm, list.value()).expect("small"), "[l]");
    });
}

#[track_caller]
fn described(realm: &mut Realm, value: Value, depth: u32, chars: usize) -> String {
    describe(realm, value, Bounds { depth, chars })
}

#[test]
fn descriptions_stay_inside_their_bounds() {
    in_realm(|realm| {
        let long = realm.new_range(1.0, 1.0, 1_000_000_000).value();
        let text = described(realm, long, 3, 20);
        assert_eq!(text, "[1, 2, 3, 4, 5, 6, …");
        assert_eq!(text.chars().count(), 20);
        let nested = value(realm, r#"[1, [2, [3, [4]]], {}]"#);
        assert_eq!(described(realm, nested, 2, 40), "[1, [2, […]], {}]");
        let wide = realm.string_value(&"語".repeat(1000));
        assert_eq!(described(realm, wide, 3, 5), "\"語語語…");
        let cyclic = realm.new_list(&[]);
        cyclic.push(realm, cyclic.value()).expect("fresh");
        assert_eq!(described(realm, cyclic.value(), 3, 40), "[[[[…]]]]");
    });
}

#[test]
fn bounded_work_ignores_size() {
    in_realm(|realm| {
        let before = realm.head.budget;
        let many = realm.new_range(0.0, 1.0, 100_000_000).value();
        let list = realm.new_list(&[many, many, many]).value();
        described(realm, list, 3, 40);
        assert_eq!(realm.head.budget, before);
    });
}
