//! The other places that diagnostics are about.

use super::Fixture;
use crate::ide::diagnostics;
use expect_test::{Expect, expect};

fn check(code: &str, source: &str, expected: &Expect) {
    let fixture = Fixture::new(source);
    let found = diagnostics(&fixture.db, &fixture.document, &fixture.live());
    let found: Vec<_> = found.iter().filter(|it| it.code == code).collect();
    assert!(!found.is_empty(), "nothing is told");
    let mut places = Vec::new();
    for it in found {
        places.push((fixture.document.file, it.range, code.to_owned()));
        for other in &it.related {
            let uri = other.file.as_ref().map_or(&*fixture.document.uri, |it| &*it.path);
            let file = *fixture.db.files().iter().find(|it| it.path(&fixture.db) == uri).expect("a file");
            places.push((file, other.range, other.message.clone()));
        }
    }
    expected.assert_eq(&fixture.draw_all(&places));
}

#[test]
fn the_first_of_two_is_told() {
    check(
        "duplicate-key",
        "d = {\"a\": 1, \"b\": 2, \"a\": 3}\n",
        &expect![[r#"
        | d = {"a": 1, "b": 2, "a": 3}
        |      ^^^ the first one
        |                      ^^^ duplicate-key
    "#]],
    );
    check(
        "duplicate-parameter",
        "f = function(a, b, a)\n  return a + b\nend function\n",
        &expect![[r#"
        | f = function(a, b, a)
        |              ^ the first one
        |                    ^ duplicate-parameter
    "#]],
    );
}

#[test]
fn what_goes_before_is_told() {
    check(
        "unreachable-code",
        "f = function(a)\n  return a\n  // why\n  print a\n  print a\nend function\n",
        &expect![[r#"
            |   return a
            |   ^^^^^^^^ here it is left for good
            |   print a
            |   ^^^^^^^ unreachable-code
        "#]],
    );
    check(
        "frozen-value",
        "m = {}\nfreeze m\nx = 1\nm.a = x\n",
        &expect![[r#"
        | freeze m
        | ^^^^^^^^ it is frozen here
        | m.a = x
        | ^^^ frozen-value
    "#]],
    );
    check(
        "unassigned-variable",
        "f = function\n  print x\n  x = 2\n  return x\nend function\n",
        &expect![[r#"
            |   print x
            |         ^ unassigned-variable
            |   x = 2
            |   ^ here it gets a value
        "#]],
    );
}

#[test]
fn a_circle_is_told_with_its_imports() {
    check(
        "import-circle",
        "//- main.ms\nimport \"a\"\n//- a.ms\n// first\nimport \"b\"\n//- b.ms\nimport \"main\"\n",
        &expect![[r#"
            //- main.ms
            | import "a"
            |        ^^^ import-circle
            //- a.ms
            | import "b"
            |        ^^^ `a.ms` imports `b`
            //- b.ms
            | import "main"
            |        ^^^^^^ `b.ms` imports `main`
        "#]],
    );
}

#[test]
fn what_a_function_gives_and_takes_is_told() {
    check(
        "missing-return",
        "f = function(a)\n  g = function\n    return 1\n  end function\n  print g\n  if a then return 2\nend function\nprint f(1)\n",
        &expect![[r#"
            |   if a then return 2
            |             ^^^^^^^^ here it gives a value
            | end function
            | ^^^^^^^^^^^^ missing-return
        "#]],
    );
    check(
        "too-many-arguments",
        "f = function(a, b)\n  return a + b\nend function\nprint f(1, 2, 3)\n",
        &expect![[r#"
        | f = function(a, b)
        |     ^^^^^^^^^^^^^^ what it takes
        | print f(1, 2, 3)
        |       ^ too-many-arguments
    "#]],
    );
    check(
        "too-many-arguments",
        "m = {}\nm.f = function\n  return 1\nend function\nprint m.f(1)\n",
        &expect![[r#"
        | m.f = function
        |       ^^^^^^^^ what it takes
        | print m.f(1)
        |       ^^^ too-many-arguments
    "#]],
    );
    check(
        "too-many-arguments",
        "//- main.ms\nimport \"lib\"\nlib.f 1, 2\n//- lib.ms\nx = 1\nf = function(a)\n  print a\nend function\n",
        &expect![[r#"
            //- main.ms
            | lib.f 1, 2
            | ^^^^^ too-many-arguments
            //- lib.ms
            | f = function(a)
            |     ^^^^^^^^^^^ what it takes
        "#]],
    );
    check(
        "too-many-arguments",
        "print abs(1, 2)\n",
        &expect![[r#"
        | print abs(1, 2)
        |       ^^^ too-many-arguments
    "#]],
    );
}
