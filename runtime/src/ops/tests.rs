//! Tables of operands and results for every operator.

use super::*;
use crate::names;
use crate::realm::TypeMap;
use crate::testing::{call, in_realm, set_global, shown, value};

#[track_caller]
fn check(op: &str, rows: &[(&str, &str, &str)]) {
    in_realm(|realm| {
        for (left, right, expected) in rows {
            let (a, b) = (value(realm, left), value(realm, right));
            let result = binary(realm, op, a, b);
            assert_eq!(shown(realm, result), *expected, "{left} {op} {right}");
        }
    });
}

fn binary(realm: &mut Realm, op: &str, a: Value, b: Value) -> Eval<Value> {
    Ok(match op {
        "+" => add(realm, a, b)?,
        "-" => sub(realm, a, b)?,
        "*" => mul(realm, a, b)?,
        "/" => div(realm, a, b)?,
        "%" => rem(a, b),
        "^" => pow(a, b),
        "<" => lt(a, b),
        "<=" => le(a, b),
        ">" => gt(a, b),
        ">=" => ge(a, b),
        "==" => Value::boolean(eq(realm, a, b)?),
        "isa" => Value::boolean(isa(realm, a, b)),
        "[]" => index_get(realm, a, b)?,
        "@[]" => ref_index(realm, a, b)?,
        "and" => match and_test(realm, a) {
            Decision::Decided(value) => value,
            Decision::EvaluateRight => and_final(realm, a, b),
        },
        "or" => match or_test(realm, a) {
            Decision::Decided(value) => value,
            Decision::EvaluateRight => or_final(realm, a, b),
        },
        _ => panic!("no operator {op}"),
    })
}

#[test]
fn plus_adds_concatenates_and_merges() {
    check(
        "+",
        &[
            ("1", "2.5", "3.5"),
            (r#""a""#, r#""b""#, r#""ab""#),
            (r#""a""#, "null", r#""a""#),
            ("null", r#""a""#, r#""a""#),
            (r#""a""#, "1.50", r#""a1.5""#),
            ("[1]", r#""a""#, r#""[1]a""#),
            ("[1]", "[2, 3]", "[1, 2, 3]"),
            (r#"{"a": 1}"#, r#"{"b": 2, "a": 3}"#, r#"{"a": 3, "b": 2}"#),
            (r#"err("l")"#, r#"err("r")"#, "error: l"),
            (r#""a""#, r#"err("r")"#, "error: r"),
            ("null", "1", "null"),
            ("null", "null", "null"),
            ("[1]", "{}", "null"),
            ("@len", "1", "null"),
            ("@len", r#""!""#, r#""FuncRef(len)!""#),
        ],
    );
}

#[test]
fn minus_subtracts_or_removes_a_suffix() {
    check(
        "-",
        &[
            ("1", "2.5", "-1.5"),
            (r#""aaa""#, r#""a""#, r#""aa""#),
            (r#""日本x""#, r#""本x""#, r#""日""#),
            (r#""abc""#, r#""x""#, r#""abc""#),
            (r#""abc""#, r#""""#, r#""abc""#),
            (r#""abc5""#, "5", "null"),
            ("[1]", "[1]", "null"),
            ("1", r#"err("r")"#, "error: r"),
        ],
    );
    assert_eq!(neg(Value::ZERO).as_number().map(f64::to_bits), Some(0));
}

#[test]
fn times_and_divided_by_repeat_strings_and_lists() {
    check(
        "*",
        &[
            ("3", "-0.5", "-1.5"),
            (r#""abc""#, "2.4", r#""abcabca""#),
            (r#""日本""#, "1.5", r#""日本日""#),
            (r#""ab""#, "-1", r#""""#),
            (r#""ab""#, "inf", "null"),
            (r#""ab""#, "NaN", "null"),
            ("[1, 2, 3]", "1.5", "[1, 2, 3, 1]"),
            ("[]", "1e30", "[]"),
            ("[7]", "3", "[7, 7, 7]"),
            ("[[]]", "2", "[[], []]"),
            (r#""a""#, "1e30", "error: string too large (exceeds maximum size)"),
            ("[0]", "1e30", "error: list too large (exceeds maximum size)"),
            ("3", r#""ab""#, "null"),
            (r#""a""#, r#""b""#, "null"),
            ("{}", "2", "null"),
        ],
    );
    check(
        "/",
        &[
            ("1", "0", "Inf"),
            ("0", "0", "NaN"),
            (r#""abcd""#, "2", r#""ab""#),
            ("[1, 2, 3, 4]", "0.5", "[1, 2, 3, 4, 1, 2, 3, 4]"),
            ("[1, 2]", "0", "null"),
        ],
    );
    check("%", &[("-7", "3", "-1"), ("5.5", "2", "1.5"), ("1", "0", "NaN"), (r#""a""#, "2", "null")]);
    check("^", &[("2", "10", "1024"), ("0", "0", "1"), ("-8", "0.5", "NaN"), ("null", "2", "null")]);
}

#[test]
fn one_immutable_element_repeats_as_a_rule() {
    in_realm(|realm| {
        for (element, count, computed) in
            [("[5]", 3.0, true), ("[5]", 0.0, false), ("[[]]", 3.0, false), (r#"["a"]"#, 1.0, true)]
        {
            let list = value(realm, element);
            let repeated = mul(realm, list, Value::number(count)).expect("small");
            assert_eq!(repeated.as_list().map(|list| list.is_computed()), Some(computed), "{element} * {count}");
        }
    });
}

#[test]
fn ordering_is_for_numbers_and_strings() {
    check(
        "<",
        &[
            ("1", "2", "1"),
            ("NaN", "1", "0"),
            (r#""a""#, r#""ab""#, "1"),
            (r#""z""#, r#""é""#, "1"),
            (r#""a""#, "5", "0"),
            ("[1]", "[2]", "0"),
            (r#"err("l")"#, r#"err("r")"#, "error: l"),
        ],
    );
    check("<=", &[("null", "null", "0"), ("2", "2", "1"), ("1", r#"err("r")"#, "error: r")]);
    check(">", &[(r#"err("l")"#, r#"err("r")"#, "error: r"), ("2", "1", "1")]);
    check(">=", &[("[]", "[]", "0"), (r#""b""#, r#""a""#, "1")]);
}

#[test]
fn equality_looks_into_lists_and_maps() {
    check(
        "==",
        &[
            ("0", "-0", "1"),
            ("NaN", "NaN", "1"),
            (r#""a""#, r#""a""#, "1"),
            ("1", r#""1""#, "0"),
            ("null", "0", "0"),
            ("[1, [2]]", "[1, [2]]", "1"),
            ("[1, [2]]", "[1, [3]]", "0"),
            (r#"{"a": 1, "b": [2]}"#, r#"{"b": [2], "a": 1}"#, "1"),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#, "0"),
            (r#"err("a")"#, r#"err("a")"#, "0"),
            ("@len", "@len", "1"),
            ("@len", "@print", "0"),
        ],
    );
}

#[test]
fn equality_ends_on_cycles_and_needs_no_native_stack() {
    in_realm(|realm| {
        let (a, b) = (realm.new_list(&[]), realm.new_list(&[]));
        a.push(realm, a.value()).expect("fresh");
        b.push(realm, b.value()).expect("fresh");
        assert_eq!(eq(realm, a.value(), b.value()), Ok(true));

        let nested = |realm: &mut Realm| {
            let mut inner = realm.new_list(&[]).value();
            for _ in 0..200_000 {
                inner = realm.new_list(&[inner]).value();
            }
            inner
        };
        let (a, b) = (nested(realm), nested(realm));
        assert_eq!(eq(realm, a, b), Ok(true));
    });
}

#[test]
fn and_or_are_fuzzy_and_skip_by_value() {
    check(
        "and",
        &[
            ("0.5", "0.5", "0.25"),
            ("2", "0.25", "0.5"),
            ("1.5", "0.5", "0.75"),
            ("-1", "1", "1"),
            (r#""x""#, "[1]", "1"),
            ("0", r#"err("r")"#, "0"),
            ("1", r#"err("r")"#, "error: r"),
            (r#"err("l")"#, "0", "error: l"),
            ("NaN", "0", "NaN"),
        ],
    );
    check(
        "or",
        &[
            ("0.5", "0.5", "0.75"),
            ("-0.5", "0.5", "0.25"),
            ("0", "0.5", "0.5"),
            ("-2", r#"err("r")"#, "1"),
            (r#"err("l")"#, r#""d""#, r#""d""#),
            ("0", r#"err("r")"#, "error: r"),
            ("[]", "{}", "0"),
        ],
    );
    in_realm(|realm| {
        for (operand, skips) in [("0.9", false), ("1", true), ("-1", true), (r#""a""#, true), (r#"err("e")"#, false)] {
            let operand_value = value(realm, operand);
            assert_eq!(or_test(realm, operand_value) != Decision::EvaluateRight, skips, "{operand} or …");
        }
        for (operand, expected) in
            [("0.25", "0.75"), ("-2", "0"), ("null", "1"), ("[0]", "0"), (r#"err("e")"#, "error: e")]
        {
            let operand_value = value(realm, operand);
            let result = not(realm, operand_value);
            assert_eq!(shown(realm, Ok(result)), expected, "not {operand}");
        }
    });
}

#[test]
fn conditions_and_statements_do_not_drop_errors() {
    in_realm(|realm| {
        let error = value(realm, r#"err("lost")"#);
        let fault = truth(realm, error).expect_err("errors are no conditions");
        assert_eq!(fault.to_string(), "Error used in conditional: error: lost");
        let fault = check_uncaught(error).expect_err("errors may not be dropped");
        assert_eq!(fault.to_string(), "Uncaught lost");
        for (condition, expected) in
            [("-0", false), ("NaN", true), (r#""0""#, true), (r#""""#, false), ("{}", false), ("@len", true)]
        {
            let condition_value = value(realm, condition);
            assert_eq!(truth(realm, condition_value), Ok(expected), "if {condition}");
        }
    });
}

#[test]
fn isa_follows_chains_and_type_maps() {
    in_realm(|realm| {
        let rows = [
            ("5", "number", true),
            (r#""a""#, "string", true),
            ("[]", "list", true),
            ("{}", "map", true),
            ("@len", "funcRef", true),
            (r#"err("e")"#, "error", true),
            ("[]", "map", false),
            ("null", "map", false),
        ];
        for (operand, kind, expected) in rows {
            let (a, b) = (value(realm, operand), call(realm, kind, &[]).expect("a type map"));
            assert_eq!(isa(realm, a, b), expected, "{operand} isa {kind}");
        }
        let base = realm.new_map().value();
        let middle = new_object(realm, base).expect("small");
        let leaf = new_object(realm, middle).expect("small");
        assert!(isa(realm, leaf, base) && isa(realm, leaf, leaf) && !isa(realm, base, leaf));
        let number = call(realm, "number", &[]).expect("a type map");
        let made = new_object(realm, number).expect("small");
        assert!(isa(realm, made, number));
    });
    check("isa", &[("null", "null", "1"), ("5", "5", "1"), ("5", "6", "0"), (r#"err("a")"#, r#"err("a")"#, "0")]);
}

#[test]
fn brackets_read_elements_entries_and_type_maps() {
    check(
        "[]",
        &[
            ("[1, 2, 3]", "-1", "3"),
            ("[1, 2, 3]", "1.9", "2"),
            ("[1, 2, 3]", "7", "null"),
            ("[1, 2, 3]", "NaN", "null"),
            ("[1, 2, 3]", "-4", "null"),
            (r#""日本""#, "1", r#""本""#),
            (r#""abc""#, "5", r#""""#),
            (r#""abc""#, r#""len""#, "FuncRef(len)"),
            ("[1]", r#""x""#, "! Key Not Found: 'x' not found in map"),
            ("[1]", r#"err("e")"#, "! Key Not Found: 'error: e' not found in map"),
            (r#"{"a": 1}"#, r#""a""#, "1"),
            (r#"{"__isa": {"a": 2}}"#, r#""a""#, "2"),
            ("{}", r#""len""#, "FuncRef(len)"),
            ("{}", "1", "! Can't index into {}"),
            ("{}", r#"["k"]"#, r#"! Key Not Found: '["k"]' not found in map"#),
            ("5", "1", "! Can't index into 5"),
            ("5", r#""x""#, "! Key Not Found: 'x' not found in map"),
            ("null", r#""x""#, "! Can't index into null"),
            (r#"err("e")"#, r#""message""#, "! Can't index into error: e"),
        ],
    );
    check(
        "@[]",
        &[
            ("[1, 2]", r#""len""#, "1"),
            (r#""ab""#, r#""len""#, r#""a""#),
            ("{}", r#""len""#, "! Key Not Found: 'len' not found in map"),
            (r#"{"__isa": {"a": 2}}"#, r#""a""#, "2"),
            ("5", "0", "! Can't index into 5"),
            (r#"err("e")"#, r#""message""#, "! Cannot take reference into an error value"),
        ],
    );
}

#[test]
fn number_keys_of_type_maps_come_before_elements() {
    in_realm(|realm| {
        let kind = realm.type_map(TypeMap::List);
        kind.set(realm, Value::ZERO, Value::number(5.0)).expect("not frozen");
        let list = value(realm, "[1, 2]");
        assert_eq!(index_get(realm, list, Value::ZERO), Ok(Value::number(5.0)));
        assert_eq!(index_get(realm, list, Value::ONE), Ok(Value::number(2.0)));
    });
}

#[test]
fn stores_set_ignore_or_fail() {
    in_realm(|realm| {
        let rows = [
            ("[1, 2, 3]", "-1", "[1, 2, 9]"),
            ("[1, 2, 3]", "1.9", "[1, 9, 3]"),
            ("[1, 2, 3]", "7", "[1, 2, 3]"),
            ("[1, 2, 3]", r#""q""#, "[9, 2, 3]"),
            ("{}", r#""q""#, r#"{"q": 9}"#),
            ("null", "0", "! Can't set indexed value in null"),
            (r#""abc""#, "0", "! Can't set indexed value in abc"),
            (r#"err("e")"#, "0", "! Cannot assign into an error value"),
        ];
        for (container, key, expected) in rows {
            let (object, key_value) = (value(realm, container), value(realm, key));
            let stored = index_set(realm, object, key_value, Value::number(9.0)).map(|()| object);
            assert_eq!(shown(realm, stored), expected, "{container}[{key}] = 9");
        }
        for (container, expected) in
            [("[1]", "! Attempt to modify a frozen list"), ("{}", "! Attempt to modify a frozen map")]
        {
            let object = value(realm, container);
            call(realm, "freeze", &[object]).expect("freezing works");
            let stored = index_set(realm, object, Value::number(9.0), Value::ONE).map(|()| object);
            assert_eq!(shown(realm, stored), expected);
        }
    });
}

#[test]
fn slices_clamp_and_never_share() {
    in_realm(|realm| {
        let rows = [
            ("[1, 2, 3, 4]", "1", "3", "[2, 3]"),
            ("[1, 2, 3, 4]", "-2", "null", "[3, 4]"),
            ("[1, 2, 3, 4]", "null", "-1", "[1, 2, 3]"),
            ("[1, 2, 3, 4]", "3", "1", "[]"),
            ("[1, 2]", "-9", "9", "[1, 2]"),
            (r#""日本語""#, "1", "null", r#""本語""#),
            (r#""abc""#, "null", "null", r#""abc""#),
            ("null", "0", "1", "! Can't slice null"),
            (r#"{"a": 1}"#, "0", "1", r#"! Can't slice {"a": 1}"#),
            ("[1]", r#"err("e")"#, "1", "! Uncaught e"),
        ];
        for (container, from, to, expected) in rows {
            let (object, from_value, to_value) = (value(realm, container), value(realm, from), value(realm, to));
            let result = slice(realm, object, from_value, to_value);
            assert_eq!(shown(realm, result), expected, "{container}[{from}:{to}]");
        }
        let list = value(realm, "[1, 2]");
        assert_ne!(slice(realm, list, Value::NULL, Value::NULL), Ok(list));
    });
}

#[test]
fn members_tell_where_they_were_found() {
    in_realm(|realm| {
        let base = value(realm, r#"{"__isa": {"deep": 1}, "name": 2}"#);
        let grand = index_get(realm, base, realm.shared.name_value(names::ISA)).expect("it is there");
        let object = new_object(realm, base).expect("small");
        let (name, deep, len) = (realm.shared.intern("name"), realm.shared.intern("deep"), realm.shared.intern("len"));
        let found = member_get(realm, object, name).expect("inherited");
        assert_eq!((found.value, found.origin_isa, found.depth), (Value::number(2.0), grand, Some(1)));
        let found = member_get(realm, object, deep).expect("inherited twice");
        assert_eq!((found.value, found.origin_isa, found.depth), (Value::ONE, Value::NULL, Some(2)));
        let found = member_get(realm, object, len).expect("in the type map");
        assert_eq!((found.origin_isa, found.depth), (Value::NULL, None));
        let missing = realm.shared.intern("nowhere");
        let fault = member_get(realm, object, missing).expect_err("nowhere");
        assert_eq!(fault.to_string(), "Key Not Found: 'nowhere' not found in map");
    });
}

#[test]
fn a_cyclic_chain_ends() {
    in_realm(|realm| {
        let object = realm.new_map();
        object.set_by_name(realm, names::ISA, object.value()).expect("not frozen");
        let missing = realm.shared.intern("nowhere");
        assert!(member_get(realm, object.value(), missing).is_err());
        let other = realm.new_map().value();
        assert!(!isa(realm, object.value(), other));
    });
}

#[test]
fn errors_have_fields_and_methods() {
    in_realm(|realm| {
        let error = value(realm, r#"err("boom")"#);
        let rows = [
            ("message", r#""boom""#),
            ("inner", "null"),
            ("stack", r#"["test.ms line 7"]"#),
            ("err", "FuncRef(err)"),
            ("other", "! Undefined error field 'other'"),
        ];
        for (field, expected) in rows {
            let name = realm.shared.intern(field);
            let result = member_get(realm, error, name).map(|found| found.value);
            assert_eq!(shown(realm, result), expected, "e.{field}");
        }
    });
}

#[test]
fn errors_of_operators_get_their_stack_from_the_engine() {
    in_realm(|realm| {
        let text = value(realm, r#""a""#);
        let error = mul(realm, text, Value::number(1e30)).expect("an error value");
        let error = attach_stack(realm, &crate::testing::NoEngine, error);
        let stack = error.as_error().expect("still an error").stack();
        assert_eq!(shown(realm, Ok(stack)), r#"["test.ms line 7"]"#);
    });
}

#[track_caller]
fn check_loop(start: &str, mut step: impl FnMut(&mut Realm, Value, usize), expected: &str) {
    in_realm(|realm| {
        let object = value(realm, start);
        let seen = realm.new_list(&[]);
        let mut position = ITER_START;
        while let Some((element, next)) = iter_next(realm, object, position).expect("small") {
            seen.push(realm, element).expect("fresh");
            step(realm, object, seen.len());
            position = next;
        }
        assert_eq!(shown(realm, Ok(seen.value())), expected, "for … in {start}");
    });
}

#[test]
fn loops_read_the_collection_as_it_is() {
    let nothing = |_: &mut Realm, _: Value, _: usize| {};
    check_loop("[1, 2]", nothing, "[1, 2]");
    check_loop(r#""a日""#, nothing, r#"["a", "日"]"#);
    check_loop(r#"{"a": 1}"#, nothing, r#"[{"key": "a", "value": 1}]"#);
    check_loop("null", nothing, "[]");
    check_loop("5", nothing, "[]");
    check_loop(r#"err("e")"#, nothing, "[]");
    check_loop(
        "[1, 2, 3]",
        |realm, list, seen| {
            if seen == 1 {
                call(realm, "remove", &[list, Value::ZERO]).expect("not frozen");
            }
        },
        "[1, 3]",
    );
    check_loop(
        "[1]",
        |realm, list, seen| {
            if seen < 3 {
                call(realm, "push", &[list, Value::number(seen as f64)]).expect("not frozen");
            }
        },
        "[1, 1, 2]",
    );
    check_loop(
        r#"{"a": 1, "b": 2, "c": 3, "d": 4}"#,
        |realm, map, seen| {
            if seen == 2 {
                let key = value(realm, r#""b""#);
                call(realm, "remove", &[map, key]).expect("not frozen");
            }
        },
        r#"[{"key": "a", "value": 1}, {"key": "b", "value": 2}, {"key": "d", "value": 4}]"#,
    );
}

#[test]
fn concatenation_knows_short_names() {
    in_realm(|realm| {
        let inner = value(realm, "[1]");
        set_global(realm, "inner", inner);
        let outer = realm.new_list(&[inner]).value();
        let text = value(realm, r#""""#);
        let named = add(realm, text, outer).expect("small");
        assert_eq!(shown(realm, Ok(named)), r#""[inner]""#);
    });
}

#[test]
fn whole_powers_are_those_of_pow() {
    let wholes = (-300..300).map(f64::from);
    let others = [-0.0, 0.5, 1.5, 1e15, 9_007_199_254_740_991.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    for x in wholes.chain(others) {
        for y in (-3..60).map(f64::from).chain([0.5, 1e9, f64::INFINITY, f64::NAN]) {
            let (ours, theirs) = (power(x, y), x.powf(y));
            let same = ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan();
            assert!(same, "{x:e} ^ {y:e} is {theirs:e}, not {ours:e}");
        }
    }
}
