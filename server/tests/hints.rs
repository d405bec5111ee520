//! What stands at the ends of lines: whole files with their hints, as an editor would draw them.
//!
//! [`check`] is the only place that touches the features. The hints stand behind `│`; tiers are left out, since they depend on how
//! hot the code became.

mod common;

use expect_test::{Expect, expect};
use minilive::evaluate::Trust;
use minilive::ide::{self, HintKind, InlayHint};
use minilive::world::{WorldConfig, spawn};
use std::collections::HashSet;
use std::sync::Arc;

const URI: &str = "file:///test.ms";

/// The hints of a text when everything has been evaluated, with the line of each.
fn hints(text: &str) -> Vec<(u32, InlayHint)> {
    let config = WorldConfig { trust: Some(Trust::Full), ..WorldConfig::default() };
    let world = spawn(config, Box::new(common::workers()), Arc::new(drop)).expect("threads");
    world.open(URI.into(), 1, text.into());
    common::settle(&world);
    let hints = common::see(&world, URI.into(), |it| {
        let hints = ide::inlay_hints(&it.db, &it.document, &it.live, None).into_iter();
        hints.map(|hint| (it.document.index.line_of(hint.offset), hint)).collect()
    });
    world.end();
    hints
}

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let hints: Vec<_> = hints(text).into_iter().filter(|(_, hint)| hint.kind != HintKind::Tier).collect();
    let ids: HashSet<_> = hints.iter().map(|(_, hint)| &hint.id).collect();
    assert_eq!(ids.len(), hints.len(), "each hint has an id of its own: {hints:?}");
    let mut shown = String::new();
    for (number, line) in (0..).zip(text.lines()) {
        let labels = hints.iter().filter(|(at, _)| *at == number).map(|(_, hint)| &*hint.label);
        shown += &format!("{line:<40}│ {}", labels.collect::<Vec<_>>().join("  "));
        shown.truncate(shown.trim_end().len());
        shown.push('\n');
    }
    expected.assert_eq(&shown);
}

#[test]
fn assignments_loops_and_results_show_their_last_value_and_count() {
    check(
        "height = 28
total = 0
for i in range(1, 3)
    total += i
end for
list = []
list.push total
print list
",
        &expect![[r#"
            height = 28                             │ = 28
            total = 0                               │ = 0
            for i in range(1, 3)                    │ = 3 ×3
                total += i                          │ = 6 ×3
            end for                                 │
            list = []                               │ = []
            list.push total                         │ = [6]
            print list                              │
        "#]],
    );
}

#[test]
fn a_constant_shows_its_value_where_examples_define_it_too() {
    check(
        "height = 28
//> height + 1
//@ example two: double(2)
double = function(n)
    return n * height
end function
",
        &expect![[r#"
            height = 28                             │ = 28
            //> height + 1                          │ ⇒ 29
            //@ example two: double(2)              │ ⇒ 56
            double = function(n)                    │
                return n * height                   │ = 56
            end function                            │
        "#]],
    );
}

#[test]
fn one_evaluation_speaks_for_all_lines_of_a_function() {
    check(
        "//@ example small: sign(1)
sign = function(n)
    if n < 0 then return -1
    kept = n
    return half(kept)
end function
//@ example never: half(100)
half = function(n)
    return n / 2
end function
helper = function(n)
    return n + 1
end function
//> helper(5)
a = sign(-3)
b = sign(10)
c = helper(1)
",
        &expect![[r#"
            //@ example small: sign(1)              │ ⇒ 0.5
            sign = function(n)                      │
                if n < 0 then return -1             │
                kept = n                            │ = 1
                return half(kept)                   │ = 0.5
            end function                            │
            //@ example never: half(100)            │ ⇒ 50
            half = function(n)                      │
                return n / 2                        │ = 50
            end function                            │
            helper = function(n)                    │
                return n + 1                        │ = 2
            end function                            │
            //> helper(5)                           │ ⇒ 6
            a = sign(-3)                            │ = -1
            b = sign(10)                            │ = 5
            c = helper(1)                           │ = 2
        "#]],
    );
}

#[test]
fn an_error_stands_where_it_happened_and_at_the_example_that_made_it() {
    check(
        "//@ example ok: first([\"a\"])
//@ example bad: first([])
first = function(list)
    x = list[0].len
    return x
end function
",
        &expect![[r#"
            //@ example ok: first(["a"])            │ ⇒ 1
            //@ example bad: first([])              │ ! Can't index into null, line 4
            first = function(list)                  │
                x = list[0].len                     │ ! Can't index into null
                return x                            │ = 1
            end function                            │
        "#]],
    );
}

#[test]
fn a_refused_call_is_named() {
    check(
        "lines = 3
f = file.open(\"notes.txt\")
",
        &expect![[r#"
            lines = 3                               │ = 3
            f = file.open("notes.txt")              │ ! blocked: file.open
        "#]],
    );
}

#[test]
fn a_loop_without_end_is_cut_with_what_it_saw() {
    let hints = hints("n = 0\nwhile true\n    n += 1\nend while\n");
    let labels: Vec<_> = hints.iter().map(|(line, hint)| (*line, &*hint.label)).collect();
    assert!(labels.iter().any(|(line, label)| *line == 2 && label.starts_with("= ")), "{labels:?}");
    assert!(labels.iter().any(|(_, label)| label.contains("⧗ ")), "{labels:?}");
}

#[test]
fn where_a_run_was_cut_is_told_at_the_call_too() {
    let hints = hints("spin = function(n)\n    while true\n        n += 1\n    end while\nend function\nx = spin(1)\n");
    let labels: Vec<_> = hints.iter().filter(|(_, hint)| hint.kind == HintKind::Cut).collect();
    let (at, label) = labels.last().map(|(line, hint)| (*line, &*hint.label)).expect("it is cut");
    assert_eq!(at, 5, "{hints:?}");
    assert!(label.starts_with("⧗ ") && label.contains(", line "), "{label}");
}

#[test]
fn no_value_is_longer_than_editors_show() {
    for text in ["x = \"ab\" * 500\n", "for i in range(1, 50000)\n    x = \"ab\" * 500\nend for\n"] {
        let hints = hints(text);
        let longest = hints.iter().map(|(_, hint)| hint.label.chars().count()).max();
        assert_eq!(longest, Some(42), "{hints:?}");
    }
}
