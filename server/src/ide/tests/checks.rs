//! Warnings about names and trees, how to silence them, and code actions.

use super::Fixture;
use crate::ide::checks::{CODES, checks};
use crate::ide::{Live, actions};
use crate::settings::Checks;
use expect_test::{Expect, expect};
use minilive_mir::lower::lower_file;
use minilive_syntax::{TextRange, parse};
use std::sync::Arc;

pub(super) fn check(source: &str, expected: &Expect) {
    let it = Fixture::new(source);
    let found = checks(&it.db, &it.document, &Checks::default(), &it.places);
    expected.assert_eq(&it.draw(found.iter().map(|at| (at.range, format!("{}: {}", at.code, at.message)))));
}

pub(super) fn codes(source: &str, settings: &Checks) -> Vec<&'static str> {
    let it = Fixture::new(source);
    checks(&it.db, &it.document, settings, &it.places).iter().map(|it| it.code).collect()
}

#[test]
fn unknown_names_are_told_with_what_may_be_meant() {
    check(
        "speed = 1\nprint sped\nf = function(count)\n  return cuont + prnit + zzz\nend function\n",
        &expect![[r#"
        | print sped
        |       ^^^^ unknown-name: nothing gives `sped` a value; did you mean `speed`?
        | f = function(count)
        |              ^^^^^ unused-parameter: the parameter `count` is never read
        |   return cuont + prnit + zzz
        |          ^^^^^ unknown-name: nothing gives `cuont` a value; did you mean `count`?
        |                  ^^^^^ unknown-name: nothing gives `prnit` a value; did you mean `print`?
        |                          ^^^ unknown-name: nothing gives `zzz` a value
    "#]],
    );
}

#[test]
fn calls_that_must_fail_are_told() {
    check(
        "f = function(a, b)\nend function\nf 1, 2, 3\nprint f(1, 2)\nx = 5\nx 3\nprint 1, 2, 3\ng = function\n  h = function(a)\n  end function\n  return h(1, 2)\nend function\ng 1\n",
        &expect![[r#"
            | f 1, 2, 3
            | ^ too-many-arguments: `f` takes at most 2 arguments, not 3
            | x 3
            | ^ not-a-function: `x` is no function, so it cannot be called
            | print 1, 2, 3
            | ^^^^^ too-many-arguments: `print` takes at most 2 arguments, not 3
            | ^^^^^^^^^^^^^ wrong-argument: `print` takes a string as `delimiter`, not a number; it is not written, and neither is the end of the line
            |   return h(1, 2)
            |          ^ too-many-arguments: `h` takes at most 1 argument, not 2
            | g 1
            | ^ too-many-arguments: `g` takes no arguments, not 1
        "#]],
    );
}

#[test]
fn what_is_not_used_is_told_faintly() {
    check(
        "//- main.ms\nimport \"lib\"\nf = function(a)\n  x = 1\n  y = 2\n  z = 3\n  for i in [1]\n  end for\n  g = function\n    return y + outer.z\n  end function\n  return @g\nend function\nunused = 1\n//- lib.ms\nx = 1\n",
        &expect![[r#"
            | import "lib"
            |         ^^^ unused-import: the module `lib` is never used
            | f = function(a)
            |              ^ unused-parameter: the parameter `a` is never read
            |   x = 1
            |   ^ unused-local: the value of `x` is never used
        "#]],
    );
}

#[test]
fn a_module_that_is_used_where_it_is_imported_is_used() {
    let none = Checks::default();
    let codes = |line: &str| codes(&format!("//- main.ms\n{line}\n//- lib.ms\nx = 1\n"), &none);
    assert_eq!(codes("import \"lib\""), ["unused-import"]);
    assert_eq!(codes("import(\"lib\")"), ["unused-import"]);
    assert_eq!(codes("print import(\"lib\").x"), [""; 0]);
    assert_eq!(codes("import(\"lib\").x"), [""; 0]);
    assert_eq!(codes("m = import(\"lib\")"), [""; 0]);
}

#[test]
fn trees_are_looked_through() {
    check(
        "f = function\n  return {\"a\": 1, \"a\": 2}\n  print 1 // one\n  print 2\nend function\n",
        &expect![[r#"
        |   return {"a": 1, "a": 2}
        |                   ^^^ duplicate-key: this key stands in the literal already; the value here replaces the one before
        |   print 1 // one
        |   ^^^^^^^^^^^^^^ unreachable-code: this is never reached: `return` comes before it
    "#]],
    );
}

#[test]
fn what_types_foretell_is_told() {
    check(
        "names = [\"Ann\"]\ntotal = 0\nprint names - 1\nprint -names\nif total == \"0\" then print 1\nif names < 3 then print 1\nprint abs(names)\nprint total.foo\n",
        &expect![[r#"
            | print names - 1
            |       ^^^^^^^^^ no-result: this gives null: the operator does nothing for a list and a number
            | print -names
            |       ^^^^^^ no-result: this gives null: a list has no negative
            | if total == "0" then print 1
            |    ^^^^^^^^^^^^ fixed-comparison: this is never true: a number is never equal to a string
            | if names < 3 then print 1
            |    ^^^^^^^^^ fixed-comparison: this is never true: there is no order between a list and a number
            | print abs(names)
            |       ^^^^^^^^^^ wrong-argument: `abs` takes a number, not a list; this gives an error
            | print total.foo
            |             ^^^ missing-member: a number has no member `foo`
        "#]],
    );
    check(
        "f = function(a)\n  n = 5\n  if a then return n(1)\n  if a > 1 then return 1\nend function\ng = function(a)\n  print x\n  x = a\n  print x\nend function\nprint f(1) + g(1)\n",
        &expect![[r#"
            |   if a then return n(1)
            |                    ^ not-a-function: `n` is no function, so it cannot be called
            | end function
            | ^^^^^^^^^^^^ missing-return: the function gives a value elsewhere; here it ends and gives null
            |   print x
            |         ^ unassigned-variable: `x` has no value here: it gets one only further down
            | print f(1) + g(1)
            |       ^^^^^^^^^^^ no-result: this gives null: the operator does nothing for null or a number and null
        "#]],
    );
}

#[test]
fn every_argument_of_a_function_and_of_a_method_is_looked_at() {
    check(
        "parts = \"a,b\".split(1)\nprint [1, 2].join(3)\nlist1 = [4, 5]\nlist1.remove \"x\"\nlist1.insert [], 1\nprint \"abc\".replace(\"a\", 5)\nprint range(1, [])\nprint \"total\", 5\nx = 7\nprint round(x, null) + [1].sum\n",
        &expect![[r#"
            | parts = "a,b".split(1)
            |         ^^^^^^^^^^^^^^ wrong-argument: `split` takes a string as `delimiter`, not a number; this gives null
            | list1.remove "x"
            | ^^^^^^^^^^^^^^^^ wrong-argument: `remove` takes a number as `index`, not a string; it counts as 0
            | list1.insert [], 1
            | ^^^^^^^^^^^^^^^^^^ wrong-argument: `insert` takes a number as `index`, not a list; it counts as 0
            | print "abc".replace("a", 5)
            |       ^^^^^^^^^^^^^^^^^^^^^ wrong-argument: `replace` takes a string as `newval`, not a number; this gives null
            | print range(1, [])
            |       ^^^^^^^^^^^^ wrong-argument: `range` takes a number as `to`, not a list; this gives an error
            | print "total", 5
            | ^^^^^^^^^^^^^^^^ wrong-argument: `print` takes a string as `delimiter`, not a number; it is not written, and neither is the end of the line
            | print round(x, null) + [1].sum
            |       ^^^^^^^^^^^^^^ wrong-argument: `round` takes a number as `decimalPlaces`, not null; this gives an error
        "#]],
    );
}

/// Numbers in strings, defaults that are said, and methods that a program gives its own.
#[test]
fn arguments_that_make_sense_are_left_alone() {
    check(
        "print abs(\"5\") + range(\"1\", \"3\").sum\nprint [1].join(2) + \"a\".split(\"\").len\nprint [1, 2].indexOf(1, null)\nprint slice([1], null, null)\nprint \"a\", \"\"\nprint \"a\", null\n{}.remove \"x\"\n",
        &expect![""],
    );
    check("string.split = function(n)\n  return n\nend function\nprint \"a\".split(1)\n", &expect![""]);
    check("split = function(_a, n)\n  return n\nend function\nprint split(\"a\", 1)\n", &expect![""]);
    check(
        "f = function(a, b)\n  print a.split(b)\n  print b.join(5)\n  return [1].remove(a)\nend function\nf \"a\", 5\n",
        &expect![""],
    );
}

#[test]
fn what_is_frozen_stays_so_along_the_program() {
    check(
        "x = [1]\nprint 1\nfreeze x\nif x.len then\n  x.push 2\nend if\ny = {}\nfreeze y\nz = y\nf = function\n  z.a = 1\nend function\nf\nz.b = 1\ny = {}\ny.c = 1\nwhile x\n  push x, 3\nend while\n",
        &expect![[r#"
            |   x.push 2
            |   ^^^^^^ frozen-value: `x` is frozen here, so this is an error
            | z.b = 1
            | ^^^ frozen-value: `z` is frozen here, so this is an error
        "#]],
    );
    check(
        "f = function(m)\n  freeze m\n  print m\n  m.a = 1\n  g = function\n    outer.m = 1\n  end function\nend function\nf 1\n",
        &expect![[r#"
            |   g = function
            |   ^ unused-local: the value of `g` is never used
        "#]],
    );
}

#[test]
fn who_asks_whether_something_is_frozen_is_not_told_that_it_is() {
    check(
        "m = {\"a\": 1}\nfreeze m\nif not isFrozen(m) then m.a = 2\nif isFrozen(m) then\n  m = m + {\"a\": 3}\nelse\n  m.a = 3\nend if\nm.a = 4\nfreeze m\nif m.len then m.a = 5\nf = function(x)\n  freeze x\n  if isFrozen(x) then return x\n  x.a = 6\nend function\nprint f(m)\n",
        &expect![""],
    );
    let may = "may = function(x)\n  return not isFrozen(x)\nend function\n";
    let main = "m = {}\nfreeze m\nif may(m) then m.a = 1\nm.b = 1\n";
    let none = Checks::default();
    assert_eq!(codes(&format!("{may}{main}"), &none), [""; 0]);
    assert_eq!(codes(&format!("{}{main}", may.replace("isFrozen", "len")), &none), ["frozen-value"]);
    let main = "f = function(m)\n  freeze m\n  if lib.may(m) then m.a = 1\n  m.b = 1\nend function\nf {}\n";
    assert_eq!(codes(&format!("//- main.ms\nimport \"lib\"\n{main}//- lib.ms\n{may}"), &none), [""; 0]);
    let plain = may.replace("isFrozen", "len");
    assert_eq!(codes(&format!("//- main.ms\nimport \"lib\"\n{main}//- lib.ms\n{plain}"), &none), ["frozen-value"]);
}

/// A function, another file, or the program itself may have given the variable another value.
#[test]
fn what_others_may_change_is_not_taken_for_frozen() {
    check("x = {}\nset = function\n  globals.x = {}\nend function\nfreeze x\nset\nx.a = 1\n", &expect![""]);
    check("x = {}\nfreeze x\nset = function\n  outer.x = {}\nend function\nset\nx.a = 1\n", &expect![""]);
    check("x = {}\nfreeze x\nglobals[\"\" + \"x\"] = {}\nx.a = 1\n", &expect![""]);
    check("freeze = function(a)\nend function\nx = {}\nfreeze x\nx.a = 1\n", &expect![""]);
    check("list.push = function(a)\nend function\nx = []\nfreeze x\nx.push 1\n", &expect![""]);
    check("//- a.ms\nx = {}\nfreeze x\nx.a = 1\n//- b.ms\nimport \"a\"\nprint a\n", &expect![""]);
}

#[test]
fn types_come_from_results_and_globals() {
    let none = Checks::default();
    let length = "size = function(a)\n  return \"\" + a\nend function\n";
    assert_eq!(codes(&format!("{length}print size(1) < 3\n"), &none), [""; 0], "too long a text is an error value");
    let pair = "pair = function(a)\n  return [a, a]\nend function\n";
    assert_eq!(codes(&format!("{pair}print pair(1) == 3\n"), &none), ["fixed-comparison"]);
    assert_eq!(codes(&format!("{pair}pair = 3\nprint pair == 3\n"), &none), [""; 0]);
    assert_eq!(
        codes(&format!("{pair}f = function\n  outer.pair = 3\nend function\nprint pair(1) == 3\n"), &none),
        [""; 0]
    );
    assert_eq!(codes(&format!("{pair}globals[pair(1)[0]] = 3\nprint pair(1) == 3\n"), &none), [""; 0]);
    assert_eq!(codes("n = 0\nwhile n < 9\n  n = n + 1\nend while\nprint n == \"9\"\n", &none), ["fixed-comparison"]);
    assert_eq!(codes("number.foo = 1\nn = 0\nprint n.foo\n", &none), [""; 0]);
    // Another file may give its names other values.
    let lib = "//- lib.ms\nn = 0\nf = function\n  return n == \"9\"\nend function\n";
    assert_eq!(codes(lib, &none), ["fixed-comparison"]);
    assert_eq!(codes(&format!("{lib}//- main.ms\nimport \"lib\"\nlib.n = \"9\"\nprint lib.f\n"), &none), [""; 0]);
    assert_eq!(
        codes("//- main.ms\nimport \"lib\"\nn = 0\nprint n == \"9\" + lib.x\n//- lib.ms\nx = 1\n", &none),
        [""; 0]
    );
    // A variable that the host gives.
    let early = "f = function\n  print zzz\n  zzz = 1\n  print zzz\nend function\nf\n";
    assert_eq!(codes(early, &none), ["unassigned-variable"]);
    assert_eq!(codes(early, &Checks { host_names: vec!["zzz".into()], ..Checks::default() }), [""; 0]);
}

#[test]
fn open_code_is_not_judged() {
    let none = Checks::default();
    assert_eq!(codes("globals[\"a\" + 1] = 2\nprint unknown\n", &none), [""; 0]);
    assert_eq!(codes("for k in globals\n  print k\nend for\nprint unknown\n", &none), [""; 0]);
    assert_eq!(
        codes(
            "f = function(m)\n  g locals\n  return unknown\nend function\ng = function(m)\n  m.unknown = 1\nend function\n",
            &none
        ),
        [""; 0]
    );
    assert_eq!(codes("f = function\n  import name\n  return unknown\nend function\nname = 1\n", &none), [""; 0]);
    assert_eq!(codes("//- lib.ms\nprint shared\n//- main.ms\nshared = 1\nimport \"lib\"\n", &none), [""; 0]);
    assert_eq!(codes("f = function\n  globals.made = 1\nend function\nprint made\n", &none), [""; 0]);
    assert_eq!(codes("f = function(f2)\n  f2 1, 2, 3\nend function\n", &none), [""; 0]);
    assert_eq!(codes("f = function(a)\nend function\nf = function(a, b)\nend function\nf 1, 2\n", &none), [""; 0]);
}

#[test]
fn settings_and_comments_silence() {
    let source = "x = 1\nprint zzz\nprint yyy\n";
    assert_eq!(codes(source, &Checks::default()), ["unknown-name", "unknown-name"]);
    let allow = Checks { allow: vec!["unknown-name".into()], ..Checks::default() };
    assert_eq!(codes(source, &allow), [""; 0]);
    let host = Checks { host_names: vec!["zzz".into()], ..Checks::default() };
    assert_eq!(codes(source, &host), ["unknown-name"]);
    let none = Checks::default();
    assert_eq!(codes("// minilive: allow unknown-name\nprint zzz\nprint yyy\n", &none), [""; 0]);
    assert_eq!(codes("x = 1\nprint zzz // minilive: allow unknown-name\n\nprint yyy\n", &none), ["unknown-name"]);
    assert_eq!(
        codes("x = 1\n// minilive: allow unused-local, unknown-name\nprint zzz\nprint yyy\n", &none),
        ["unknown-name"]
    );
    assert_eq!(codes("x = 1\n// minilive: allow unused-local\nprint zzz\n", &none), ["unknown-name"]);
}

#[test]
fn fixes_and_rewrites_are_offered() {
    let offered = |source: &str| {
        let it = Fixture::new(source);
        let found = actions(&it.db, &it.document, &Live::default(), TextRange::empty(it.offset));
        let apply = |action: &crate::ide::Action| {
            let mut text = it.document.text.to_string();
            let edit = &action.edits[0];
            text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.insert);
            (action.title.clone(), text)
        };
        found.iter().map(apply).collect::<Vec<_>>()
    };
    let one = |title: &str, text: &str| vec![(title.to_owned(), text.to_owned())];
    assert_eq!(offered("speed = 1\nspeed = 2\nprint spe$0ed + speeed\n"), []);
    assert_eq!(offered("speed = 1\nprint spee$0ed\n"), one("Change to `speed`", "speed = 1\nprint speed\n"));
    assert_eq!(offered("x = 1\nx$0 = x + 2 * 3\n"), one("Write `x +=`", "x = 1\nx += 2 * 3\n"));
    assert_eq!(offered("x = 1\nx$0 = x - 2 - 3\n"), []);
    assert_eq!(offered("x = 1\nx$0 = 2 + x\n"), []);
    let (before, after) = ("x = 1\nx = x ^ 2\n", "x = 1\nx ^= 2\n");
    let code = |text: &str| lower_file(&parse(text), "m").0.units.iter().map(|it| it.fingerprint).collect::<Vec<_>>();
    assert_eq!(code(before), code(after), "the rewrite is the same code");
    assert_eq!(offered("x = 1\nx = x$0 ^ 2\n"), one("Write `x ^=`", after));
}

#[test]
fn functions_that_are_called_where_they_should_be_passed_are_told() {
    check(
        "apply = function(f, x)\n  return f(x)\nend function\ntwice = function(n)\n  return n * 2\nend function\nten = function\n  return 10\nend function\nprint apply(twice, ten)\nprint apply(@twice, twice(1))\n",
        &expect![[r#"
            | print apply(twice, ten)
            |             ^^^^^ called-instead: this calls `twice` without arguments; `@twice` passes the function itself
        "#]],
    );
    assert_eq!(codes("f = function(n=1)\n  return n\nend function\nprint f\n", &Checks::default()), [""; 0]);
}

#[test]
fn frozen_values_loop_variables_and_useless_references_are_told() {
    check(
        "f = function(a)\n  freeze a\n  a[0] = 2\n  for i in a\n    i = 3\n  end for\n  return @a.join(i)\nend function\nprint f([1])\n",
        &expect![[r#"
            |   a[0] = 2
            |   ^^^^ frozen-value: `a` is frozen here, so this is an error
            |     i = 3
            |     ^ loop-variable: the loop gives `i` its next element, whatever is assigned here
            |   return @a.join(i)
            |          ^ useless-reference: `@` keeps the name of a function from calling it; here is nothing that would be called
        "#]],
    );
    let own = "freeze = function(x)\nend function\nf = function(a)\n  freeze a\n  a[0] = 2\nend function\nf [1]\n";
    assert_eq!(codes(own, &Checks::default()), ["unused-parameter"; 0]);
}

#[test]
fn every_code_is_listed() {
    let mut tree: Vec<_> = minilive_mir::checks::CODES.to_vec();
    tree.extend(["not-a-function", "too-many-arguments", "unknown-name", "unused-import", "unused-local"]);
    tree.extend(["fixed-comparison", "missing-member", "missing-return", "no-result", "unassigned-variable"]);
    tree.extend([
        "wrong-argument",
        "frozen-value",
        "called-instead",
        "not-assignable",
        "not-indexable",
        "possibly-unassigned",
        "shadowed-intrinsic",
        "unused-parameter",
    ]);
    tree.sort_unstable();
    tree.dedup();
    assert_eq!(tree, CODES);
}

/// Programs that people get wrong, each beside one that looks alike and is right; the reference implementation decided which is which.
#[test]
fn comparisons_that_come_out_the_same_are_told_apart_from_those_that_do_not() {
    wrong("word = \"7\"\nif word.val == \"7\" then print \"lucky\"\n", "fixed-comparison");
    wrong("names = [\"a\", \"b\"]\nif names.len > \"1\" then print \"many\"\n", "fixed-comparison");
    wrong("m = {\"a\": 1}\nfor kv in m\n  if kv == \"a\" then print \"found\"\nend for\n", "fixed-comparison");
    wrong("if \"abc\".indexOf(\"x\") == -1 then print \"no x\"\n", "fixed-comparison");
    wrong("if indexOf([1, 2], 3) < 0 then print \"no 3\"\n", "fixed-comparison");
    right("if \"abc\".indexOf(\"b\") > -1 then print \"b\"\nif {-1: 2}.indexOf(2) == -1 then print \"key\"\n");
    right(
        "string.indexOf = function(x)\n  return -1\nend function\nif \"abc\".indexOf(\"x\") == -1 then print \"no x\"\n",
    );
    right("x = \"5\"\nif x.val == 5 then print \"five\"\n");
    right(
        "find = function(s)\n  p = s.indexOf(\"x\")\n  if p == null then return -1\n  return p\nend function\nprint find(\"abx\")\n",
    );
    right(
        "x = 1\nif rnd > 0.5 then x = \"a\"\nif x == \"a\" then print \"a\"\nif [1] == [1] and {} == {} then print \"eq\"\n",
    );
    right("m = {\"a\": 1}\nfor kv in m\n  if kv.key == \"a\" then print kv\nend for\n");
}

#[test]
fn functions_that_forget_to_return_are_told_apart_from_those_that_do_not() {
    wrong(
        "f = function(n)\n  if n > 0 then return 1\n  if n < 0 then return -1\nend function\nprint f(0)\n",
        "missing-return",
    );
    wrong(
        "f = function(a)\n  if a then\n    return \"x\"\n  else\n    print a\n  end if\nend function\nprint f(1)\n",
        "missing-return",
    );
    // Who looks for something gives null if it is not there; what another function gives may be nothing.
    right("f = function(l, x)\n  for i in l\n    if i == x then return 1\n  end for\nend function\nprint f([1], 2)\n");
    right(
        "f = function(a)\n  while a\n    a = a - 1\n    if a == 5 then return \"five\"\n  end while\nend function\nprint f(3)\n",
    );
    right(
        "g = function(a)\n  print a\nend function\nf = function(a)\n  if a then return g(a)\n  print a\nend function\nf 1\n",
    );
    right("f = function(a)\n  if a then\n    return 1\n  else\n    return 2\n  end if\nend function\nprint f(1)\n");
    right(
        "f = function(a)\n  while true\n    a += 1\n    if a > 5 then return a\n  end while\nend function\nprint f(1)\n",
    );
    right("f = function(a)\n  if a > 5 then return\n  print a\nend function\nf 3\n");
    right("g = function(a)\n  if a then return 1\n  exit\nend function\nprint g(1)\n");
    right("g = function(a)\n  if a then return 1\n  exit 3\nend function\nprint g(1)\n");
}

#[test]
fn variables_without_a_value_on_some_ways_are_told_apart_from_those_with_one() {
    let unsure = |source: &str| {
        let levels = [("possibly-unassigned".to_owned(), crate::settings::Level::Warning)].into_iter().collect();
        codes(source, &Checks { levels, ..Checks::default() })
    };
    let wrong = |body: &str| {
        assert_eq!(unsure(&format!("f = function(c)\n{body}end function\nf 2\n")), ["possibly-unassigned"], "{body}")
    };
    let right =
        |body: &str| assert_eq!(unsure(&format!("f = function(c)\n{body}end function\nf 2\n")), [""; 0], "{body}");
    wrong("  if c then total = 1\n  return total\n");
    wrong("  for i in c\n    last = i\n  end for\n  return last\n");
    wrong("  while c > 0\n    r = c\n    c = c - 1\n  end while\n  print r\n");
    right("  if c then\n    t = 1\n  else\n    t = 2\n  end if\n  return t\n");
    right("  while true\n    t = c\n    if t then break\n  end while\n  return t\n");
    right("  if c then\n    t = 1\n  else\n    exit\n  end if\n  return t\n");
}

#[test]
fn functions_that_are_called_or_passed_by_mistake_are_told_apart_from_those_that_are_meant() {
    let apply = "apply = function(f, v)\n  return f(v)\nend function\n";
    wrong(
        &format!("{apply}double = function(x)\n  return x * 2\nend function\nprint apply(double, 4)\n"),
        "called-instead",
    );
    wrong("x = @5\nprint x\n", "useless-reference");
    wrong("f = function(a)\n  return a\nend function\nprint @f(1)\n", "useless-reference");
    right("f = function(opts=null)\n  if opts == null then return 1\n  return opts\nend function\nprint f\n");
    right("ten = function\n  return 10\nend function\nx = ten\nf = @ten\nprint x + f\n");
    right("m = {\"f\": function(a)\n  return a\nend function}\ng = @m.f\nprint g(2)\n");
    right(&format!("{apply}ten = function\n  return @abs\nend function\nprint apply(ten, 4)\n"));
}

#[test]
fn calls_of_what_is_no_function_are_told_apart_from_those_of_functions() {
    wrong("count = 5\nprint count(1)\n", "not-a-function");
    wrong("l = [1, 2]\nprint l(0)\n", "not-a-function");
    wrong("s = \"abc\"\nprint s.len()(2)\n", "not-a-function");
    wrong("s = \"abc\"\nprint s()\n", "not-a-function");
    right("f = @rnd\nprint f() + rnd() + (f)()\n");
    right("f = function(x)\n  return x\nend function\nl = [@f]\nprint l[0](3)\n");
    right("f = 5\nf = function(x)\n  return x\nend function\nprint f(1)\n");
    right(
        "make = function\n  return function(x)\n    return x + 1\n  end function\nend function\ng = make\nprint g(1)\n",
    );
}

#[test]
fn members_that_are_missing_are_told_apart_from_those_that_are_there() {
    wrong("s = \"hello\"\nprint s.length\n", "missing-member");
    wrong("l = [3, 1]\nl.append 4\n", "missing-member");
    wrong("n = 4\nprint n.abs\n", "missing-member");
    wrong("f = function\n  parts = \"a b\".split(\" \")\n  print parts.size\nend function\nf\n", "missing-member");
    right("string.shout = function\n  return self.upper + \"!\"\nend function\nprint \"a\".shout\n");
    right("p = {}\np[\"z\"] = 1\nprint p.z\nB = {\"q\": 1}\nc = new B\nprint c.q\n");
    right(
        "f = function(m)\n  return m.anything\nend function\nprint f({\"anything\": 1})\nprint [1].len\nprint \"x\".values.join\n",
    );
    right("f = function(t)\n  t = abs(t)\n  if t isa string then t = t.size\n  return t\nend function\nprint f(1)\n");
    right("e = err(\"a\")\nprint e.message + e.stack.join\n");
}

#[test]
fn elements_of_what_has_none_are_told_apart_from_those_that_are_there() {
    check(
        "x = null\nn = 5\ns = \"abc\"\nprint x.foo\nprint x[0]\nx.foo = 1\nx.n += 1\nprint n[0] + n[1:2]\ns[0] = \"x\"\nfor i in n\n  print i\nend for\nprint [1][\"first\"]\n",
        &expect![[r#"
            | print x.foo
            |       ^^^^^ missing-member: null has no member `foo`
            | print x[0]
            |       ^^^^ not-indexable: null has no elements
            | x.foo = 1
            | ^^^^^ not-assignable: null has nothing that can be assigned to
            | x.n += 1
            |   ^ missing-member: null has no member `n`
            | print n[0] + n[1:2]
            |       ^^^^ not-indexable: a number has no elements
            |              ^^^^^^ not-indexable: a number has no parts: slices are of lists and strings
            | s[0] = "x"
            | ^^^^ not-assignable: a string cannot be changed; make a new one and assign that
            | for i in n
            |          ^ not-indexable: this loop never runs: a number has no elements; to count, go over a `range`
            | print [1]["first"]
            |       ^^^^^^^^^^^^ missing-member: a list has no member `first`; the first element is `[0]`
        "#]],
    );
    wrong("f = function\n  x = null\n  return x.name\nend function\nprint f\n", "missing-member");
    wrong(
        "f = function(s)\n  s = s.upper + \"\"\n  s[0] = \"a\"\n  return s\nend function\nprint f(\"a\")\n",
        "not-assignable",
    );
    wrong("e = err(\"a\")\nprint e[0]\n", "not-indexable");
    wrong("for i in 10\n  print i\nend for\n", "not-indexable");
    right(
        "o = {\"foo\": 1, \"next\": 2}\nx = null\nif x then print x.foo\nif x != null then print x.foo\nif not x == null then x.foo = 1\n",
    );
    right(
        "o = {\"foo\": 1, \"next\": 2}\nx = null\nif x and x.foo then print 1\nif not x or x.foo then print 2\nwhile x\n  x = x.next\nend while\n",
    );
    right("o = {\"foo\": 1, \"next\": 2}\nx = null\nif not x then x = {\"n\": 1}\nprint x.n\n");
    right("head = null\nfor i in range(3)\n  head = {\"next\": head}\nend for\nprint head.next\n");
    right(
        "f = function(list)\n  found = null\n  for it in list\n    if it.ok then found = it\n  end for\n  if found == null then return null\n  return found.name\nend function\nprint f([{\"ok\": 1, \"name\": 2}])\n",
    );
    right(
        "number.half = function\n  return self / 2\nend function\nprint 5[\"half\"]\nprint [1][\"len\"]\nfor i in null\nend for\n",
    );
    // That the test never holds is told, and nothing of what it keeps from running.
    wrong("x = abs(-1)\nif x isa list then x[0] = 1\nfor c in \"abc\"\n  print c[0]\nend for\n", "fixed-comparison");
}

#[test]
fn functions_that_are_called_where_they_should_be_stored_are_told() {
    check(
        "byName = function(a, b)\n  return a.name < b.name\nend function\nm = {\"name\": 1, \"order\": byName}\nm.sorter = byName\nsorter = byName\nprint m.sorter(m, m) + m.order(m, m) + sorter(m, m)\n",
        &expect![[r#"
            | m = {"name": 1, "order": byName}
            |                          ^^^^^^ called-instead: this calls `byName` without arguments; `@byName` stores the function itself, for which `order` is called with some
            | m.sorter = byName
            |            ^^^^^^ called-instead: this calls `byName` without arguments; `@byName` stores the function itself, for which `sorter` is called with some
            | sorter = byName
            |          ^^^^^^ called-instead: this calls `byName` without arguments; `@byName` stores the function itself, for which `sorter` is called with some
            | print m.sorter(m, m) + m.order(m, m) + sorter(m, m)
            |                                        ^^^^^^^^^^^^ not-a-function: this is a number or an error, not a function, so it cannot be called
        "#]],
    );
    let program = |store: &str| {
        format!(
            "f = function(n)\n  return n * 2\nend function\nmake = function(_n)\n  return @f\nend function\nm = {{}}\n{store}\n"
        )
    };
    right(&program("m.x = f\nprint m.x"));
    right(&program("m.x = @f\nprint m.x(1)"));
    right(&program("m.x = make\nprint m.x(1)"));
    right(&program("m.x = f(2)\nprint m.x"));
    right("f = function(n=1)\n  return n * 2\nend function\nm = {\"x\": f}\ng = {}\ng.x = @f\nprint g.x(1) + m.x\n");
}

#[test]
fn what_is_behind_the_end_of_the_program_is_told() {
    check(
        "print 1\nreturn\nprint 2\nf = function\nend function\n",
        &expect![[r#"
            | print 2
            | ^^^^^^^ unreachable-code: this is never reached: `return` comes before it
        "#]],
    );
    right("if rnd > 0.5 then return\nprint 1\n");
}

/// A program with one mistake.
#[track_caller]
pub(super) fn wrong(source: &str, code: &str) {
    assert_eq!(codes(source, &Checks::default()), [code], "{source}");
}

#[track_caller]
pub(super) fn right(source: &str) {
    assert_eq!(codes(source, &Checks::default()), [""; 0], "{source}");
}

#[test]
fn methods_take_no_more_than_their_parameters() {
    check(
        "A = {}\nA.go = function(x, y)\n  self.hit 1, 2\nend function\nA.hit = function(n=1)\nend function\na = new A\na.go 1, 2, 3\na.go 1, 2\nxs = []\nxs.push 1, 2\nxs.insert 0, 1\n",
        &expect![[r#"
            |   self.hit 1, 2
            |   ^^^^^^^^ too-many-arguments: `hit` takes at most 1 argument, not 2
            | a.go 1, 2, 3
            | ^^^^ too-many-arguments: `go` takes at most 2 arguments, not 3
            | xs.push 1, 2
            | ^^^^^^^ too-many-arguments: `push` takes at most 1 argument, not 2
        "#]],
    );
    // One of that name takes as many, or may.
    for source in [
        "A = {}\nA.go = function(x)\nend function\nB = {}\nB.go = function(x, y)\nend function\nf = function(it)\n  it.go 1, 2\nend function\n",
        "A = {}\nA.go = function(x)\nend function\nh = function(x, y)\nend function\nB = {\"go\": @h}\nB.go 1, 2\n",
        "A = {}\nA.push = function(x)\nend function\nx = \"a,b\".split(\",\", 1)\nx.sort \"a\", 0\n",
    ] {
        assert!(codes(source, &Checks::default()).is_empty(), "{source}");
    }
    check(
        "//- main.ms\nimport \"lib\"\nprint lib.twice(1, 2)\nprint lib.twice(1)\n//- lib.ms\ntwice = function(n)\n  return n * 2\nend function\nif locals == globals then print twice(2)\n",
        &expect![[r#"
            | print lib.twice(1, 2)
            |       ^^^^^^^^^ too-many-arguments: `twice` takes at most 1 argument, not 2
        "#]],
    );
}

#[test]
fn what_is_only_ever_changed_is_not_there() {
    check(
        "A = {\"health\": 3}\nA.hurt = function(n)\n  self.helth -= n\nend function\nA.hurt A.health\n",
        &expect![[r#"
            |   self.helth -= n
            |        ^^^^^ missing-member: nothing in this program has a member `helth`; did you mean `health`?
        "#]],
    );
    let counted = "c = {}\nif not c.hasIndex(\"n\") then c[\"n\"] = 0\nc.n += 1\n";
    assert!(codes(counted, &Checks::default()).is_empty());
}

#[test]
fn globals_that_come_too_late_are_told() {
    check(
        "main\nprint later.x\nmain = function\n  print later\nend function\nlater = {\"x\": 1}\nprint later\n",
        &expect![[r#"
            | main
            | ^^^^ unassigned-variable: `main` has no value here: it gets one only further down
            | print later.x
            |       ^^^^^ unassigned-variable: `later` has no value here: it gets one only further down
        "#]],
    );
    for source in [
        "init = function\n  globals.q = 1\nend function\ninit\nprint q\nq = 2\n",
        "if globals.hasIndex(\"q\") then print q\nq = 1\n",
        "if globals.hasIndex(\"debug\") then print debug\n",
        "for i in range(2)\n  if i then print last\n  last = i\nend for\n",
        "print = 1\nf = function\n  return q\nend function\nq = 1\n",
        "print val\nval = 1\n",
    ] {
        assert!(codes(source, &Checks::default()).is_empty(), "{source}");
    }
}

#[test]
fn a_test_for_functions_is_mended_with_an_at() {
    check(
        "f = function(cb)\n  if cb isa funcRef then return 1\n  return @cb isa funcRef\nend function\nprint f(1)\n",
        &expect![[r#"
            |   if cb isa funcRef then return 1
            |      ^^ called-instead: if `cb` is a function, this calls it; `@cb` asks about the function itself
        "#]],
    );
}

#[test]
fn a_profile_says_what_a_name_is_that_the_command_line_has_as_well() {
    let profile = "host = \"a console\"\n[names.Sprite.members]\nimage = { doc = \"What it shows.\" }\n[names.key]\ndoc = \"The keys.\"\n[names.key.members]\npressed = { params = [\"name\"], doc = \"Whether it is down.\" }\n[names.wait]\nparams = [\"seconds\", \"mode\"]\n";
    let host = Arc::new(crate::host_profile::read(profile, crate::host_profile::Format::Toml).expect("a profile"));
    let settings = Checks { host, ..Checks::default() };
    assert!(codes("m = {\"a\": 1}\nprint m.a\nif key.pressed(\"x\") then wait 1, 2\n", &settings).is_empty());
    assert_eq!(codes("key.pressed 1, 2\nwait 1, 2, 3\n", &settings), ["too-many-arguments"; 2]);
    let live = |it: &Fixture| Live { checks: Arc::new(settings.clone()), ..it.live() };
    let labels = |source: &str| {
        let it = Fixture::new(source);
        let found = crate::ide::completion::completions(&it.db, &it.document, &live(&it), it.offset, false);
        found.items.into_iter().map(|item| item.label).collect::<Vec<_>>()
    };
    let first = |source: &str| labels(source).into_iter().next().unwrap_or_default();
    assert_eq!(first("key.$0\n"), "pressed");
    assert_eq!(first("s = new Sprite\ns.$0\n"), "image");
    assert_eq!(first("Ship = new Sprite\nShip.hp = 1\ns = new Ship\ns.im$0\n"), "image");
    let offered = labels("amount = 1\nprint new $0\n");
    let place = |name: &str| offered.iter().position(|it| it == name).expect("it is offered");
    assert!(place("Sprite") < place("amount") && place("Sprite") < place("wait"));
    let it = Fixture::new("print key.pre$0ssed(\"x\")\n");
    let card = crate::ide::hover(&it.db, &it.document, &live(&it), it.offset).expect("a card");
    assert!(card.plain().contains("Whether it is down."), "{}", card.plain());
}

#[test]
fn what_methods_and_built_in_functions_give_is_known() {
    wrong("x = \"a,b\".split(\",\")\nprint x + 1\n", "no-result");
    wrong("words = \"a b\".split\nn = words.len\nprint n + [1]\n", "no-result");
    wrong("y = round(2.5)\nprint y + [1]\n", "no-result");
    wrong("f = function\n  s = [1, 2].join(\"-\")\n  return s.len\nend function\nprint f - []\n", "no-result");
    wrong("for c in \"a b\".split\n  print c - 1\nend for\n", "no-result");
    // Somebody gives strings another method, or may; `split` gives null for what it cannot split by.
    let own = "string.split = function(by)\n  return 1\nend function\n";
    right(&format!("{own}x = \"a,b\".split(\",\")\nprint x + 1\n"));
    right("k = \"split\"\nstring[k] = @val\nx = \"a,b\".split(\",\")\nprint x + 1\n");
    wrong("x = \"a,b\".split(5)\nif x == null then print \"none\"\n", "wrong-argument");
    right("m = {\"split\": 3}\nx = m.split\nprint x + 1\n");
}

#[test]
fn letters_are_no_numbers() {
    wrong("print sqrt(\"abc\")\n", "wrong-argument");
    wrong("print range(1, \"ten\")\n", "wrong-argument");
    right("print sqrt(\"16\") + abs(\" -2\") + val(\"abc\") + \"abc\".len\nprint floor(\"inf\")\n");
}

#[test]
fn defaults_and_comparisons_that_do_nothing_are_told() {
    wrong("f = function(l=[])\n  l.push 1\n  return l\nend function\nprint f([])\n", "frozen-value");
    right("f = function(l=null)\n  if l == null then l = []\n  l.push 1\n  return l\nend function\nprint f([])\n");
    right("f = function(l=[])\n  l = l[:]\n  l.push 1\n  return l\nend function\nprint f([])\n");
    wrong("x = 1\nx == 2\nprint x\n", "useless-comparison");
    right("x = 1\nprint x == 2\nx\n1 + 1\n");
    // What a call gives is compared; the function must not be replaced.
    let fixes = |text: &str| {
        let it = Fixture::new(text);
        let found = checks(&it.db, &it.document, &Checks::default(), &it.places);
        found.into_iter().filter(|it| it.code == "useless-comparison").map(|it| it.fix.is_some()).collect::<Vec<_>>()
    };
    let hit = "hit = function\n  return 2\nend function\n";
    assert_eq!(fixes("x = 1\nx == 2\nprint x\n"), [true]);
    assert_eq!(fixes(&format!("{hit}hit == 2\n")), [false]);
    assert_eq!(fixes(&format!("m = {{}}\nm.{hit}m.hit == 2\n")), [false]);
    assert_eq!(fixes(&format!("f = function\n{hit}hit == 2\nend function\nf\n")), [false]);
}

#[test]
fn errors_make_others_around_them() {
    right(
        "x = \"s\"\nif rnd > -1 then x = err(\"no\")\nprint x.err(\"a\").message\nif x isa error then print x.err(\"b\")\n",
    );
    wrong("e = err(\"a\")\nprint e.foo\n", "missing-member");
}

#[test]
fn what_modules_give_the_program_is_known() {
    let program = |main: &str, lib: &str| format!("//- main.ms\nimport \"lib\"\n{main}//- lib.ms\n{lib}");
    for lib in ["outer.zed = 3\n", "outer[\"zed\"] = 3\n", "o = outer\no.zed = 3\n", "m = globals\nm.zed = 3\n"] {
        right(&program("print zed\n", lib));
    }
    // Of a name that only an alias of the globals makes nothing is told, whatever it looks like.
    right(&program("val = 1\nprint val + val3\n", "f = function\n  g = globals\n  g.val3 = 4\nend function\nf\n"));
    right(&program("val = 1\nlib.G.val3 = 4\nprint val + val3\n", "G = globals\n"));
    wrong(
        &program("val = 1\nprint val + vall\n", "f = function\n  g = globals\n  g.val3 = 4\nend function\nf\n"),
        "unknown-name",
    );
    wrong(&program("print lib.w\n", "globals.w = 3\nx = 1\n"), "missing-member");
}

#[test]
fn modules_that_a_module_hands_on_are_used() {
    let lib = "//- lib.ms\nimport \"sub\"\ny = 1\n//- sub.ms\nx = 1\n";
    wrong(lib, "unused-import");
    wrong(&format!("{lib}//- main.ms\nimport \"lib\"\nprint lib.y\n"), "unused-import");
    right(&format!("{lib}//- main.ms\nimport \"lib\"\nprint lib.sub.x\n"));
    right(&format!("{lib}//- main.ms\nimport \"lib\"\nprint lib[\"sub\"].x\n"));
    let all = lib.replace("y = 1\n", "");
    wrong(&all, "unused-import");
    right(&format!("{all}//- main.ms\nimport \"lib\"\nprint lib\n"));
}

#[test]
fn imports_that_other_modules_may_read_are_used() {
    let program =
        |a: &str| format!("//- main.ms\nimport \"c\"\nimport \"a\"\nprint a.v\n//- c.ms\nv = 3\n//- a.ms\n{a}");
    wrong(&program("v = 1\n"), "unused-import");
    wrong(&program("import \"c\"\nv = 1\n"), "unused-import");
    for a in [
        "v = c.v\n",
        "v = function\n  return c.v\nend function\n",
        "v = globals.c.v\n",
        "v = globals[\"c\"].v\n",
        "k = \"c\"\nv = globals[k].v\n",
        "v = globals.hasIndex(\"c\")\n",
        "v = function\n  g = globals\n  return g.len\nend function\n",
        "v = function\n  return self.c.v\nend function\n",
        "v = (\n",
        "import \"nowhere\"\nv = 1\n",
    ] {
        right(&program(a));
    }
    right(&format!("{}//- b.ms\nx = c.v\n", program("import \"b\"\nv = b.x\n")));
    // What an import in a function makes is nobody else's.
    wrong(
        "//- main.ms\nimport \"a\"\nf = function\n  import \"c\"\nend function\nf\nprint a.v\n//- c.ms\nv = 3\n//- a.ms\nv = 1\nw = function\n  return c.v\nend function\n",
        "unused-import",
    );
}

#[test]
fn imports_of_a_module_that_its_program_may_read_are_used() {
    let program =
        |main: &str| format!("//- a.ms\nimport \"c\"\nx = 1\n//- c.ms\nv = 1\n//- main.ms\nimport \"a\"\n{main}");
    wrong(&program("print a.x\n"), "unused-import");
    for main in [
        "for kv in a\n  print kv.key\nend for\n",
        "k = \"c\"\nprint a[k].v\n",
        "m = a\nprint m.c.v\n",
        "f = function(m)\n  return m.len\nend function\nprint f(a)\n",
        "print a.x\nprint globals\n",
        "print a.x\nimport \"nowhere\"\n",
    ] {
        right(&program(main));
    }
    right(
        "//- a.ms\nimport \"c\"\nf = function\n  return self.len\nend function\ng = function(k)\n  return self[k]\nend function\n//- c.ms\nv = 1\n//- main.ms\nimport \"a\"\nprint a.f + a.g(\"f\")\n",
    );
}
