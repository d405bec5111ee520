//! Warnings of what is certain by what a program's own text gives: functions by reference, constant comparisons, and values that one way misses.

use super::checks::{check, codes};
use crate::settings::Checks;
use expect_test::expect;

/// Nothing of that code is said about a program.
#[track_caller]
fn silent(code: &str, source: &str) {
    let found = codes(source, &Checks::default());
    assert!(!found.contains(&code), "{source}: {found:?}");
}

#[test]
fn too_many_arguments_are_told_through_references() {
    check(
        "f = function(a)\n  return a\nend function\ng = @f\ng 1, 2\nprint g(1)\nh = @g\nprint h(1, 2)\nm = {\"go\": @f}\nm.go 1, 2\nm.up = @abs\nprint m.up(1, 2, 3)\nprint (function(a)\n  return a\nend function)(1, 2)\nk = function\n  run = @f\n  return run(1, 2)\nend function\nprint k\n",
        &expect![[r#"
            | g 1, 2
            | ^ too-many-arguments: `g` takes at most 1 argument, not 2
            | print h(1, 2)
            |       ^ too-many-arguments: `h` takes at most 1 argument, not 2
            | m.go 1, 2
            | ^^^^ too-many-arguments: `go` takes at most 1 argument, not 2
            | print m.up(1, 2, 3)
            |       ^^^^ too-many-arguments: `up` takes at most 1 argument, not 3
            | end function)(1, 2)
            |              ^^^^^^ too-many-arguments: this function takes at most 1 argument, not 2
            |   return run(1, 2)
            |          ^^^ too-many-arguments: `run` takes at most 1 argument, not 2
        "#]],
    );
}

#[test]
fn what_else_a_reference_may_be_is_not_told() {
    let silent = |source: &str| silent("too-many-arguments", source);
    let f = "f = function(a)\n  return a\nend function\n";
    silent(&format!("{f}g = @f\nif rnd > 2 then g = function(a, b)\nend function\ng 1, 2\n"));
    silent(&format!("{f}g = @f\nf = function(a, b)\nend function\ng 1, 2\n"));
    silent(&format!("{f}k = function(g)\n  if not @g then g = @f\n  g 1, 2\nend function\nk @atan\n"));
    silent(&format!("{f}g = @f\ng = @m.b\ng 1, 2\n"));
    silent(&format!("{f}m = {{\"go\": @f}}\nm[f(2)] = @atan\nprint m.go(1, 2)\n"));
    silent(&format!("{f}m = {{\"go\": @f}}\nn = {{\"go\": @atan}}\nprint m.go(1, 2)\n"));
    silent(&format!("{f}g = @f\nset = function\n  globals.g = @atan\nend function\nset\nprint g(1, 2)\n"));
    silent(&format!("{f}g = @f\nglobals[\"g\" + 1] = 1\nprint g(1, 2)\n"));
    silent(&format!("//- a.ms\n{f}g = @f\nprint g(1, 2)\n//- b.ms\nimport \"a\"\na.f = @atan\n"));
    silent(&format!("//- a.ms\nimport \"b\"\n{f}g = @f\nprint g(1, 2)\n//- b.ms\nglobals.f = @atan\n"));
    silent("a = @b\nb = @a\na 1, 2\n");
    silent("abs = @atan\ng = @abs\nprint g(1, 2)\n");
    // Before the function gives it a value, the name means the global.
    silent(&format!("{f}g = function(a, b)\nend function\nk = function\n  g 1, 2\n  g = @f\n  g 1\nend function\nk\n"));
}
