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

#[test]
fn keys_that_literals_make_together_are_names() {
    silent("missing-member", "n = {}\nn[\"g\" + \"o\"] = 1\nprint n.go\nm = {\"g\" + \"a\": 1}\nprint m.ga\n");
    silent(
        "too-many-arguments",
        "f = function(a)\nend function\ng = function(a, b)\nend function\nn = {\"go\": @f}\nn[\"g\" + \"o\"] = @g\nn.go(1, 2)\n",
    );
}

#[test]
fn what_replace_finds_may_be_any_member() {
    silent(
        "too-many-arguments",
        "f = function(a)\nend function\ng = function(a, b)\nend function\nm = {\"go\": @f}\nm.replace @f, @g\nm.go(1, 2)\n",
    );
}

#[test]
fn what_may_be_a_function_is_called_at_each_look() {
    silent("fixed-comparison", "f = function(next)\n  return next == next\nend function\nprint f(@rnd)\n");
    silent(
        "fixed-comparison",
        "f = function(a = 1)\n  if a != a or a < 2 and a > 5 then print a\nend function\nf @rnd\n",
    );
    silent("fixed-comparison", "x = [@rnd].pull\nif x != x then print 1\n");
    silent("fixed-comparison", "x = pull([@rnd])\nif x != x then print 1\n");
    silent("fixed-comparison", "x = err(\"a\") or @rnd\nif x != x then print 1\n");
}

#[test]
fn conditions_that_are_constant_leave_nothing_unassigned() {
    silent(
        "possibly-unassigned",
        "if (true) then y = 1\nif not false then w = 1\nif 1 == 1 then v = 1\nif -1 then u = 1\nprint y + w + v + u\n",
    );
}

#[test]
fn comparisons_that_come_out_the_same_by_what_stands_in_them_are_told() {
    check(
        "x = 1\nif x != x then print 1\nif 1 > 2 then print 2\nif x < 2 and x > 5 then print 3\nif {} isa list then print 4\nf = function(a)\n  if a isa number then\n    if a == \"b\" then return 1\n  end if\n  c = 1\n  if c != 1 or c != 2 then return 2\n  return 5 < c < 2\nend function\nprint f(1)\n",
        &expect![[r#"
            | if x != x then print 1
            |    ^^^^^^ fixed-comparison: this is never true: a value is equal to itself, even NaN
            | if 1 > 2 then print 2
            |    ^^^^^ fixed-comparison: this is never true: both sides are constants
            | if x < 2 and x > 5 then print 3
            |    ^^^^^^^^^^^^^^^ fixed-comparison: this is never true: no value of `x` is both
            | if {} isa list then print 4
            |    ^^^^^^^^^^^ fixed-comparison: this is never true: a map is never a list
            |     if a == "b" then return 1
            |        ^^^^^^^^ fixed-comparison: this is never true: a number is never equal to a string
            |   if c != 1 or c != 2 then return 2
            |      ^^^^^^^^^^^^^^^^ fixed-comparison: this is always true: `c` cannot be equal to both, so it differs from one of them
            |   return 5 < c < 2
            |          ^^^^^^^^^ fixed-comparison: this is never true: no value of `c` is both
        "#]],
    );
}

#[test]
fn what_may_be_another_value_at_the_second_look_is_not_told() {
    let silent = |source: &str| silent("fixed-comparison", source);
    silent("while true\n  if rnd == rnd then break\nend while\n");
    silent("DEBUG = 0\nif DEBUG == 1 then print 1\nif DEBUG then print 2\n");
    silent("roll = @rnd\nif roll < 0.2 and roll > 0.5 then print 1\n");
    silent("roll = function\n  return rnd\nend function\nprint roll == roll\n");
    silent("make = function\n  return @rnd\nend function\nroll = make\nprint roll == roll\n");
    silent("f = function(next)\n  print @next\n  return next == next\nend function\nprint f(@rnd)\n");
    silent("f = function(next)\n  x = next(1)\n  return next == next + x\nend function\nprint f(@rnd)\n");
    silent("for roll in [@rnd]\n  print roll == roll\nend for\n");
    silent("roll = 1\nf = function\n  globals.roll = @rnd\nend function\nf\nprint roll == roll\n");
    silent("roll = 1\nglobals[\"ro\" + \"l\" * 2] = @rnd\nprint roll == roll\n");
    silent(
        "f = function\n  x = 1\n  g = function\n    outer.x = @rnd\n  end function\n  g\n  return x == x\nend function\nprint f\n",
    );
    silent("//- a.ms\nroll = 1\nprint roll == roll\n//- b.ms\nimport \"a\"\na.roll = @rnd\n");
    silent("//- a.ms\nimport \"b\"\nroll = 1\nprint roll == roll\n//- b.ms\nglobals.roll = @rnd\n");
    let of_host = Checks { host_names: vec!["roll".into()], ..Checks::default() };
    assert_eq!(codes("roll = 1\nprint roll == roll\n", &of_host), [""; 0]);
}

#[test]
fn a_value_that_one_way_of_an_if_misses_is_told() {
    check(
        "if rnd < 0.5 then z = 1\nprint z\nif rnd < 0.5 then\n  print 2\nelse\n  y = 1\nend if\nfor i in [1]\n  print i\nend for\nx = y + 1\nf = function(a)\n  if a > 1 then\n    b = 1\n    c = 1\n  else if a > 0 then\n    b = 2\n  else\n    b = 3\n  end if\n  if c > b then return 1\n  return b\nend function\nprint f(x)\n",
        &expect![[r#"
            | print z
            |       ^ possibly-unassigned: `z` may have no value here: it gets one on some ways only
            | x = y + 1
            |     ^ possibly-unassigned: `y` may have no value here: it gets one on some ways only
            |   if c > b then return 1
            |      ^ possibly-unassigned: `c` may have no value here: it gets one on some ways only
        "#]],
    );
}

#[test]
fn a_value_that_is_missed_by_no_certain_way_is_not_told() {
    let silent = |source: &str| silent("possibly-unassigned", source);
    let both = |body: &str| {
        silent(&format!("a = rnd\nok = rnd\n{}", body.replace("return x", "print x")));
        silent(&format!("f = function(a, ok)\n{body}end function\nprint f(1, 2)\n"));
    };
    for body in [
        "if a then x = 1\nif a then print 2\nif ok then print x\n",
        "if a then x = 1\nprint a and x\n",
        "if a then x = 1\nif not a then return\nreturn x\n",
        "if not a then return\nif a then x = 1\nreturn x\n",
        "if a then x = 1 else return\nreturn x\n",
        "if a then x = 1 else fail \"a\"\nreturn x\n",
        "if a then x = 1 else stop\nreturn x\n",
        "if a then x = 1\nassert a\nreturn x\n",
        "if a then x = 1\nif ok then fail\nreturn x\n",
        "if a == 1 then\n  x = 1\nelse if a == 2 then\n  x = 2\nend if\nreturn x\n",
        "while ok\n  if a then x = 1\n  print x\nend while\n",
        "for i in [1, 2]\n  if a then x = 1\n  print x\nend for\n",
        "if ok then\n  if a then x = 1\n  print x\nend if\n",
        "if a then x = 1\nif not a then x = 2\nreturn x\n",
        "x = 1\nif a then x = 2\nreturn x\n",
        "if a then x = 1 else x = 2\nreturn x\n",
        "if true then x = 1\nreturn x\n",
        "if a then x = 1\nlocals.x = 2\nreturn x\n",
        "if a then x = 1\nif locals.hasIndex(\"x\") then print 1\nreturn x\n",
        "if a then x = 1\ng = function\n  outer.x = 2\nend function\ng\nreturn x\n",
        "if a then x = 1\nif a > 5 then exit\nreturn x\n",
        "if a then len = 1\nprint len\n",
    ] {
        both(body);
    }
    let text = "if rnd > 0.5 then y = 1\nprint y\n";
    silent(&format!("f = function\n  globals.y = 1\nend function\nf\n{text}"));
    silent(&format!("//- a.ms\nimport \"b\"\n{text}//- b.ms\nglobals.y = 2\n"));
    silent(&format!("//- a.ms\n{text}//- b.ms\nglobals.y = 1\nimport \"a\"\n"));
    silent("y = 2\nf = function(a)\n  if a then y = 1\n  return y\nend function\nprint f(1)\n");
    let of_host = Checks { host_names: vec!["y".into()], ..Checks::default() };
    assert_eq!(codes(text, &of_host), [""; 0]);
}
