//! Warnings about what beginners, and those who come from other languages, write: the first value that is missing, names that are called
//! otherwise here, quotes and `@` that are forgotten.

use super::Fixture;
use super::checks::{check, codes, right, wrong};
use crate::ide::checks::checks;
use crate::settings::Checks;
use expect_test::expect;

/// The text after the only fix of a program.
#[track_caller]
pub(super) fn fixed(source: &str, title: &str, after: &str) {
    let it = Fixture::new(source);
    let found = checks(&it.db, &it.document, &Checks::default(), &it.places);
    let fixes: Vec<_> = found.into_iter().filter_map(|it| it.fix).collect();
    let [fix] = &*fixes else { panic!("{source:?}: {fixes:?}") };
    let mut text = it.document.text.to_string();
    text.replace_range(std::ops::Range::<usize>::from(fix.range), &fix.insert);
    assert_eq!((fix.title.as_str(), text.as_str()), (title, after));
}

#[test]
fn a_first_value_that_is_made_from_itself_is_told() {
    check(
        "x = x + 1\nfor g in [1, 2]\n  tries += 1\nend for\nwhile n < 3\n  n = n + 1\nend while\n",
        &expect![[r#"
            | x = x + 1
            |     ^ unassigned-variable: `x` has no value yet, so its first one cannot be made from it: give it one before
            |   tries += 1
            |   ^^^^^ unassigned-variable: `tries` has no value yet, so its first one cannot be made from it: give it one before
            | while n < 3
            |       ^ unassigned-variable: `n` has no value here: it gets one only further down
        "#]],
    );
    for text in ["s = s + \"a\"", "x = x.len", "x = [x]", "if x then x = 1", "for i in i\nend for"] {
        assert_eq!(codes(&format!("{text}\n"), &Checks::default()), ["unassigned-variable"], "{text}");
    }
}

/// Somebody else gives it one, or an earlier round does.
#[test]
fn keywords_of_other_languages_are_no_slips_of_functions() {
    check(
        "x = 0\nrepeat\n  x += 1\nuntil x > 3\nprint x isa int\n",
        &expect![[r#"
            | repeat
            | ^^^^^^ unknown-name: nothing gives `repeat` a value; a loop is `while … end while`, and `if … then break` leaves it
            | until x > 3
            | ^^^^^ unknown-name: nothing gives `until` a value; a loop is `while … end while`, and `if … then break` leaves it
            | print x isa int
            |             ^^^ unknown-name: nothing gives `int` a value; MiniScript calls it `number`
        "#]],
    );
}

/// A call that gives a function, or of one that provides for it, may be meant.
#[test]
fn a_call_without_arguments_may_be_meant() {
    for maker in [
        "make = function(_n)\n  f = function(x)\n    return x\n  end function\n  return @f\nend function\n",
        "make = function(n)\n  if n == null then return 1\n  return 2\nend function\n",
        "make = function(n)\n  if n == null then n = \"you\"\n  return \"a\" + n\nend function\n",
        "make = function(n)\n  if not n then return 1\n  return 2\nend function\n",
    ] {
        right(&format!("{maker}apply = function(f)\n  return @f\nend function\nprint apply(make)\n"));
    }
    wrong(
        "double = function(n)\n  return 2 * n\nend function\nprint [1].map(double)\n"
            .replace("[1].map(double)", "str(double)")
            .as_str(),
        "called-instead",
    );
}

#[test]
fn a_value_that_may_be_there_is_not_missed() {
    let right = |text: &str| assert_eq!(codes(text, &Checks::default()), [""; 0], "{text}");
    right("x = 0\nx = x + 1\n");
    right("set = function\n  globals.x = 1\nend function\nset\nx = x + 1\n");
    right("set = function\n  outer.x = 1\nend function\nset\nx += 1\n");
    right("rnd = rnd * 2\n");
    right("if not globals.hasIndex(\"x\") then x = 0\nx = x + 1\n");
    right("for i in [0, 1]\n  if i > 0 then print last\n  last = i\nend for\n");
    right("for i in [0, 1]\n  if i then\n    sum += i\n  else\n    sum = 0\n  end if\nend for\n");
    right("globals[\"\" + \"x\"] = 1\nx = x + 1\n");
    right("//- main.ms\nimport \"lib\"\nx = x + lib.y\n//- lib.ms\nglobals.x = 1\ny = 2\n");
    right("//- lib.ms\nx = x + 1\n//- main.ms\nimport \"lib\"\nprint lib.x\n");
    right("f = function\n  return x\nend function\nx = 1\nprint f\n");
    let mut settings = Checks::default();
    settings.host_names.push("x".to_owned());
    assert_eq!(codes("x = x + 1\n", &settings), [""; 0]);
}

#[test]
fn an_import_wants_a_name_in_quotes() {
    check(
        "import lib\nscore = 1\nprint scroe\n",
        &expect![[r#"
        | import lib
        |        ^^^ unknown-name: nothing gives `lib` a value; `import` takes the name of a module in quotes: `"lib"`
        | print scroe
        |       ^^^^^ unknown-name: nothing gives `scroe` a value; did you mean `score`?
    "#]],
    );
    check(
        "import\nimport \"\"\nprint scroe\n",
        &expect![[r#"
        | import
        | ^^^^^^ wrong-argument: `import` takes the name of a module, as in `import "listUtil"`; this gives an error
        | import ""
        |        ^^ wrong-argument: `import` takes the name of a module, as in `import "listUtil"`; this gives an error
        | print scroe
        |       ^^^^^ unknown-name: nothing gives `scroe` a value
    "#]],
    );
    fixed("import lib\n", "Change to `\"lib\"`", "import \"lib\"\n");
    right("name = \"lib\"\nimport name\nprint zzz\n");
    right("f = function(name)\n  import name\n  return zzz\nend function\nprint f(\"lib\")\n");
    right("import str(1)\nprint zzz\n");
    right("import = function(a=1)\n  return a\nend function\nimport\nimport \"\"\n");
    let mut settings = Checks::default();
    settings.host_names.push("lib".to_owned());
    assert_eq!(codes("import lib\nprint zzz\n", &settings), [""; 0], "the host gives it a name");
}

#[test]
fn a_built_in_that_is_hidden_is_none_to_call() {
    check(
        "print = 3\nprint 4\nstr = \"a\"\nx = str(3)\n",
        &expect![[r#"
        | print 4
        | ^^^^^ not-a-function: `print` is no function, so it cannot be called
        | x = str(3)
        |     ^^^ not-a-function: `str` is no function, so it cannot be called
    "#]],
    );
    // It may not be assigned yet, or not any more.
    right("f = function\n  return len(\"a\")\nend function\nprint f\nlen = 3\n");
    right("if rnd > 0.5 then len = 3\nprint len(\"a\")\n");
    right("len = 3\nglobals.remove \"len\"\nprint len(\"a\")\n");
    right("len = function(a)\n  return a\nend function\nprint len(\"a\")\n");
}

#[test]
fn names_of_other_languages_are_translated() {
    check(
        "print True or None\nx = parseInt(\"3\") + math.floor(3.4) + math.hypot(3)\nconsole.log \"a\"\nl = [1]\nl.append 3\nprint l.length\nif l.contains(1) then print \"abc\".substring(1)\nprint l.pusj(2)\n",
        &expect![[r#"
            | print True or None
            |       ^^^^ unknown-name: nothing gives `True` a value; MiniScript writes `true`
            |               ^^^^ unknown-name: nothing gives `None` a value; MiniScript writes `null`
            | x = parseInt("3") + math.floor(3.4) + math.hypot(3)
            |     ^^^^^^^^ unknown-name: nothing gives `parseInt` a value; MiniScript calls it `val`
            |                     ^^^^ unknown-name: nothing gives `math` a value; MiniScript writes `floor` for `math.floor`
            |                                       ^^^^ unknown-name: nothing gives `math` a value; MiniScript's own functions have names of their own, such as `floor`
            | console.log "a"
            | ^^^^^^^ unknown-name: nothing gives `console` a value; MiniScript calls it `print`
            | l.append 3
            | ^^^^^^^^^^ missing-member: a list has no member `append`; MiniScript calls it `push`
            | print l.length
            |       ^^^^^^^^ missing-member: a list has no member `length`; MiniScript calls it `len`
            | if l.contains(1) then print "abc".substring(1)
            |    ^^^^^^^^^^^^^ missing-member: a list has no member `contains`; MiniScript calls it `indexOf`, which gives null for what is not there
            |                             ^^^^^^^^^^^^^^^^^^ missing-member: a string has no member `substring`; a part is taken by `[from:to]`
            | print l.pusj(2)
            |       ^^^^^^^^^ missing-member: a list has no member `pusj`; did you mean `push`?
        "#]],
    );
    fixed("print True\n", "Change to `true`", "print true\n");
    fixed("x = math.floor(3.4)\n", "Change to `floor`", "x = floor(3.4)\n");
    fixed("l = [1]\nl.append 3\n", "Change to `push`", "l = [1]\nl.push 3\n");
    fixed("print \"abc\".toUpperCase\n", "Change to `upper`", "print \"abc\".upper\n");
    fixed("m = {\"b\": 1}\nprint m.length\n", "Change to `len`", "m = {\"b\": 1}\nprint m.len\n");
    // Who makes them has them.
    right(
        "True = 1\nprint True\nm = {\"length\": 3}\nprint m.length\nlist.append = function(x)\n  self.push x\nend function\n[1].append 2\n",
    );
}

#[test]
fn what_is_hardly_alike_is_not_offered() {
    let said = |text: &str| {
        let it = Fixture::new(text);
        let found = checks(&it.db, &it.document, &Checks::default(), &it.places);
        found.into_iter().map(|it| it.message).collect::<Vec<_>>().join("|")
    };
    for name in ["Point", "max", "sun"] {
        assert_eq!(said(&format!("x = {name}(1)\n")), format!("nothing gives `{name}` a value"));
    }
    assert!(said("Print 1\n").ends_with("did you mean `print`?"));
    assert!(said("x = sgin(1)\n").ends_with("did you mean `sign`?"));
    assert!(said("x = abd(1)\n").ends_with("a value"), "of three letters another one makes another word");
    assert!(said("x = asb(1)\n").ends_with("did you mean `abs`?"));
}

#[test]
fn a_built_in_that_is_given_without_its_sign_is_called() {
    check(
        "apply = function(f, x)\n  return f(x)\nend function\nprint apply(abs, -3)\nm = {\"p\": str}\nprint m.p(3)\nshow = print\nshow \"x\"\n",
        &expect![[r#"
            | print apply(abs, -3)
            |             ^^^ called-instead: this calls `abs` without arguments; `@abs` passes the function itself
            | m = {"p": str}
            |           ^^^ called-instead: this calls `str` without arguments; `@str` stores the function itself, for which `p` is called with some
            | show = print
            |        ^^^^^ called-instead: this calls `print` without arguments; `@print` stores the function itself, for which `show` is called with some
            | show "x"
            | ^^^^^^^^ not-a-function: this is null, not a function, so it cannot be called
        "#]],
    );
    check(
        "hit = function(n)\n  return n * 2\nend function\nh = {}\nh[\"go\"] = hit\nh.go 3\n",
        &expect![[r#"
        | h["go"] = hit
        |           ^^^ called-instead: this calls `hit` without arguments; `@hit` stores the function itself, for which `go` is called with some
    "#]],
    );
    right("print rnd + val(input) + range(pi).len + str(time)\n");
    right("abs = [1, 2]\nf = function(l)\n  return l.len\nend function\nprint f(abs)\n");
}

#[test]
fn a_sign_before_a_plain_value_does_nothing() {
    check(
        "y = 5\nx = @y\nf = function\n  z = [1]\n  return @z\nend function\nprint x + f\n",
        &expect![[r#"
        | x = @y
        |     ^ useless-reference: `@` keeps a function from being called, and `y` never holds one
        |   return @z
        |          ^ useless-reference: `@` keeps a function from being called, and `z` never holds one
        | print x + f
        |       ^^^^^ no-result: this gives null: the operator does nothing for a number and a list
    "#]],
    );
    fixed("y = 5\nx = @y\nprint x\n", "Remove `@`", "y = 5\nx = y\nprint x\n");
    right("y = 5\ny = function\n  return 1\nend function\nx = @y\nprint x\n");
    right("f = function(a)\n  x = @a\n  return x\nend function\nprint f(1)\n");
    right("f = function(a)\n  if a then y = 1\n  return @y\nend function\ny = @f\nprint f(1)\n");
}

#[test]
fn a_type_in_quotes_is_a_text() {
    check(
        "print \"a\" isa \"string\"\n",
        &expect![[r#"
        | print "a" isa "string"
        |               ^^^^^^^^ fixed-comparison: `isa` takes a type or a class itself, without quotes: this is true of the text "string" alone
    "#]],
    );
    fixed("x = 1\nprint x isa \"number\"\n", "Write `number`", "x = 1\nprint x isa number\n");
    fixed(
        "f = function(g)\n  return g isa funcRef\nend function\nprint f(1)\n",
        "Write `@g`",
        "f = function(g)\n  return @g isa funcRef\nend function\nprint f(1)\n",
    );
}

#[test]
fn what_is_left_out_or_comes_to_nothing() {
    check(
        "print range(3) - 1\nprint val([1])\nfor i in [1]\n  for i in [2]\n    print i\n  end for\nend for\nwhile true\n  print 1\nend while\nprint 2\n",
        &expect![[r#"
            | print range(3) - 1
            |       ^^^^^^^^^^^^ no-result: this gives null: the operator does nothing for a list and a number
            | print val([1])
            |       ^^^^^^^^ wrong-argument: `val` takes a string, not a list; this gives null
            |   for i in [2]
            |       ^ loop-variable: the loop around has the same variable; behind this one `i` is no element of it
            | print 2
            | ^^^^^^^ unreachable-code: this is never reached: the loop before it never ends
        "#]],
    );
    // Who gives up with an error has nothing else to give.
    right("f = function(bad)\n  if bad then return err(\"no\")\n  print 1\nend function\nf 1\n");
    wrong(
        "f = function(bad)\n  if bad then return err(\"no\")\n  if bad > 1 then return 1\nend function\nprint f(1)\n",
        "missing-return",
    );
}

#[test]
fn a_map_of_ones_own_has_no_member_of_the_languages() {
    check(
        "p = {\"a\": 1}\nprint p.name\n",
        &expect![[r#"
        | print p.name
        |         ^^^^ missing-member: `p` is a map that nothing gives a member `name`
    "#]],
    );
    right("p = {\"a\": 1}\nq = p\nq.name = 2\nprint p.name\n");
    right("p = {\"a\": 1}\nprint p.len + info(@print).name\n");
    right("p = {\"a\": 1}\np = info(@print)\nprint p.name\n");
    right("p = {\"a\": 1}\nk = \"name\"\np[k] = 1\nprint p.name\n");
    right("f = function(p)\n  return p.name\nend function\nprint f({})\n");
}

#[test]
fn calls_of_what_modules_make_are_looked_at() {
    let lib = "//- lib.ms\nv = 3\nf = function(a)\n  return a\nend function\nC = {\"n\": 1}\nC.make = function(x)\n  c = new C\n  c.x = x\n  return c\nend function\nC.hit = function(n)\n  self.x -= n\nend function\n";
    check(
        &format!(
            "//- main.ms\nimport \"lib\"\nc = lib.C.make(1, 2)\nd = new lib.C\nd.hit 1, 2\nprint lib.v(1) + lib.f(1, 2)\nd.n 3\n{lib}"
        ),
        &expect![[r#"
            | c = lib.C.make(1, 2)
            |     ^^^^^^^^^^ too-many-arguments: `make` takes at most 1 argument, not 2
            | d.hit 1, 2
            | ^^^^^ too-many-arguments: `hit` takes at most 1 argument, not 2
            | print lib.v(1) + lib.f(1, 2)
            |       ^^^^^ not-a-function: `v` is a plain value wherever this program has one, so it cannot be called
            |                  ^^^^^ too-many-arguments: `f` takes at most 1 argument, not 2
            | d.n 3
            | ^^^ not-a-function: `n` is a plain value wherever this program has one, so it cannot be called
        "#]],
    );
    for main in [
        "c = lib.C.make(1)\nc.hit 2\nprint lib.v + lib.f(1)\n",
        "lib.C.hit = function(a, b)\n  return a + b\nend function\nd = new lib.C\nd.hit 1, 2\n",
        "lib.v = @lib.f\nprint lib.v(1)\n",
        "m = {\"hit\": @print}\nm.hit 1, \"\"\n",
        "m = {}\nm[input] = 1\nx = m\nx.hit 1, 2\n",
    ] {
        assert_eq!(
            codes(&format!("//- main.ms\nimport \"lib\"\nprint lib\n{main}{lib}"), &Checks::default()),
            [""; 0],
            "{main}"
        );
    }
}

#[test]
fn a_step_down_at_the_end_of_a_line_is_told_once() {
    check(
        "x = 3\nx--\nprint x\nm = {\"a\": 1}\nm.a--  \nprint 1\n",
        &expect![[r#"
        | x--
        | ^^^ no-result: `x--` goes on with the next line, whose negative it takes away; a statement `x -= 1` takes one away
        | m.a--
        | ^^^^^ no-result: `m.a--` goes on with the next line, whose negative it takes away; a statement `m.a -= 1` takes one away
    "#]],
    );
    check(
        "f = function(n, l)\n  n--\n  print n\n  l[0]--\n  print l\nend function\nf 3, [1]\n",
        &expect![[r#"
        |   n--
        |   ^^^ no-result: `n--` goes on with the next line, whose negative it takes away; a statement `n -= 1` takes one away
        |   l[0]--
        |   ^^^^^^ no-result: `l[0]--` goes on with the next line, whose negative it takes away; a statement `l[0] -= 1` takes one away
    "#]],
    );
    fixed("x = 3\nx--\nprint x\n", "Write `x -= 1`", "x = 3\nx -= 1\nprint x\n");
    // What goes on with a number or with what nobody knows may be meant.
    right("x = 3\ny = 4\nz = x--\ny\nprint z\n");
    right("f = function(x)\n  return x --\n  1\nend function\nprint f(1)\n");
    assert_eq!(codes("x = 3\nz = x - -[1]\nprint z\n", &Checks::default()), ["no-result", "no-result"]);
}

#[test]
fn a_loop_on_one_line_has_one_error() {
    let said = |source: &str| {
        let it = Fixture::new(source);
        let found = crate::ide::diagnostics(&it.db, &it.document, &it.live());
        found.iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(said("x = 3\nwhile x: x = 0\nprint x\n"), ["foreign-syntax"]);
    assert_eq!(said("for i in [1]: print i\n"), ["foreign-syntax"]);
    assert_eq!(said("while true\n  while true: print 1\n  break\nend while\n"), ["unclosed-block", "foreign-syntax"]);
    // What follows on other lines is a block, whose end comes with the fix.
    assert_eq!(said("while true:\n  print 1\n"), ["foreign-syntax"]);
    assert_eq!(said("while true: // all the time\n  print 1\n"), ["foreign-syntax"]);
    assert_eq!(said("while true: print 1\nend while\n"), ["foreign-syntax"]);
}

/// A method of maps that `locals`, `outer` or `globals` is asked for works on all variables: it reads them, or makes and changes some.
#[test]
fn methods_of_maps_reach_all_variables() {
    for method in ["locals.len", "locals.indexes", "locals.values", "locals.hasIndex(s)", "locals.sum", "@locals.pop"] {
        right(&format!("f = function(s)\n  z = 1\n  print {method}\n  return s\nend function\nprint f(1)\n"));
    }
    right(
        "f = function\n  z = 1\n  g = function\n    return outer.len\n  end function\n  return g\nend function\nprint f\n",
    );
    wrong("f = function(s)\n  z = 1\n  return locals.s\nend function\nprint f(1)\n", "unused-local");
    right("globals.push \"q\"\nprint q\nq += 1\n");
    right("f = function\n  locals.push \"q\"\n  print q\nend function\nf\n");
    right("x = 1\nglobals.replace 1, \"a\"\nprint x.upper\nif x == \"a\" then print 1\n");
    for word in ["globals", "outer"] {
        right(&format!(
            "x = 1\nf = function\n  {word}.replace 1, \"a\"\nend function\nf\nprint x.upper\nif x == \"a\" then print 1\n"
        ));
    }
    for reach in [
        "g = globals\ng.x = \"a\"",
        "for it in globals\n  it.x = \"a\"\nend for",
        "push globals, \"x\"",
        "(globals).replace 1, \"a\"",
    ] {
        right(&format!("x = 1\n{reach}\nprint x.upper\nif x == \"a\" then print 1\n"));
    }
}

#[test]
fn what_another_file_puts_in_the_place_of_a_function_may_take_more() {
    let go = "go = function\n  cb 1, 2\nend function\n";
    let more = "function(a, b)\n  print a + b\nend function\n";
    for (cb, code) in [("cb = function\nend function\n", "too-many-arguments"), ("cb = 0\n", "not-a-function")] {
        let lib = format!("//- lib.ms\n{cb}{go}//- main.ms\nimport \"lib\"\n");
        right(&format!("{lib}lib.cb = {more}lib.go\n"));
        wrong(&format!("{lib}lib.go\n"), code);
        let main = format!("//- main.ms\nimport \"lib\"\n{cb}lib.go\ncb 1, 2\n//- lib.ms\ngo = function\n");
        right(&format!("{main}globals.cb = {more}end function\n"));
        wrong(&format!("{main}end function\n"), code);
    }
}

#[test]
fn where_very_many_names_are_unknown_the_first_alone_are_compared() {
    let text: String = (0..150).map(|i| format!("name{i} = 1\nprint nbme{i}\n")).collect();
    let it = Fixture::new(&text);
    let found = checks(&it.db, &it.document, &Checks::default(), &it.places);
    assert_eq!(found.iter().filter(|it| it.code == "unknown-name").count(), 150);
    assert_eq!(found.iter().filter(|it| it.message.contains("did you mean")).count(), 100);
}

#[test]
fn a_test_for_a_type_that_a_value_never_has_is_told() {
    check(
        "x = 5\nif x isa string then print 6\ny = [1]\nprint y isa string\nz = null\nprint z isa list\n",
        &expect![[r#"
            | if x isa string then print 6
            |    ^^^^^^^^^^^^ fixed-comparison: this is never true: a number is never a string
            | print y isa string
            |       ^^^^^^^^^^^^ fixed-comparison: this is never true: a list is never a string
            | print z isa list
            |       ^^^^^^^^^^ fixed-comparison: this is never true: null is never a list
        "#]],
    );
    let valid = [
        "x = 5\nprint x isa number\n",
        "x = {}\nprint x isa string\n",
        "x = new string\nprint x isa string\n",
        "x = 5\nstring = {}\nprint x isa string\n",
        "x = 5\nglobals[\"x\"] = \"a\"\nprint x isa string\n",
        "x = 5\nf = function\n  globals.x = \"a\"\nend function\nf\nprint x isa string\n",
        "f = function(x=5)\n  return x isa string\nend function\nprint f\n",
        "for x in [1, \"a\"]\n  print x isa string\nend for\n",
    ];
    valid.into_iter().for_each(right);
}

#[test]
fn exit_ends_the_program_where_it_is_that_of_the_language() {
    check(
        "f = function(c)\n  if c then\n    exit 1\n    print 2\n    return 3\n    print 4\n  end if\nend function\nf 0\nexit\nprint 2\n",
        &expect![[r#"
            |     print 2
            |     ^^^^^^^ unreachable-code: this is never reached: `exit` comes before it
            | print 2
            | ^^^^^^^ unreachable-code: this is never reached: `exit` comes before it
        "#]],
    );
    let valid = [
        "if rnd > 0.5 then exit\nprint 1\n",
        "exit = function\nend function\nexit\nprint 1\n",
        "f = function(exit)\n  exit\n  print 1\nend function\nf @print\n",
        "f = function\n  exit = @print\n  exit\n  print 1\nend function\nf\n",
        "globals[\"ex\" + \"it\"] = @print\nexit\nprint 1\n",
        "m = {\"exit\": 1}\nprint m.exit\nprint 1\n",
        "//- lib.ms\nexit\nprint 1\n//- main.ms\nexit = @print\nimport \"lib\"\nlib\n",
    ];
    for text in valid {
        assert!(!codes(text, &Checks::default()).contains(&"unreachable-code"), "{text}");
    }
    let host = Checks { host_names: vec!["exit".to_owned()], ..Checks::default() };
    assert!(!codes("exit\nprint 1\n", &host).contains(&"unreachable-code"));
}

#[test]
fn what_a_literal_holds_and_is_called_wants_its_sign() {
    let go = "go = function(a)\n  print a\nend function\n";
    let told = |source: &str| {
        let it = Fixture::new(source);
        let all = checks(&it.db, &it.document, &Checks::default(), &it.places);
        let told = all.iter().filter(|it| it.code == "called-instead");
        told.map(|it| it.message.rsplit("itself, ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    for (source, expected) in [
        ("cmds = {\"go\": go}\ncmds.go \"x\"\n", "for which `go` is called with some"),
        ("m = {}\nm.go = go\nm.go 3\n", "for which `go` is called with some"),
        ("cmds = {\"walk\": go}\nverb = \"walk\"\ncmds[verb](1)\n", "as what `cmds` holds is called with some"),
        ("l = [go]\nl[0] 3\n", "as what `l` holds is called with some"),
        ("f = function\n  l = [go, @go]\n  return l[1](3)\nend function\n", "as what `l` holds is called with some"),
        (
            "cmds = {\"a\": go}\nrun = function(verb)\n  cmds[verb] 1\nend function\n",
            "as what `cmds` holds is called with some",
        ),
    ] {
        assert_eq!(told(&format!("{go}{source}")), [expected], "{source}");
        assert!(told(&format!("go = function(a)\n  return @print\nend function\n{source}")).is_empty(), "{source}");
        assert!(told(&format!("go = function(a=1)\n  print a\nend function\n{source}")).is_empty(), "{source}");
        assert!(
            told(
                &format!("{go}{source}")
                    .replace("go}", "@go}")
                    .replace("go,", "@go,")
                    .replace("[go]", "[@go]")
                    .replace("= go", "= @go")
            )
            .is_empty(),
            "{source}"
        );
    }
    for source in [
        "cmds = {\"go\": go}\nother = {\"go\": @go}\nother.go 1\n",
        "cmds = {\"a\": go}\nrun = function(cmds)\n  cmds[0] 1\nend function\n",
        "l = [go]\nprint l[0]\n",
    ] {
        assert!(told(&format!("{go}{source}")).is_empty(), "{source}");
    }
    let back = "back = function(x)\n  return x\nend function\n";
    assert_eq!(told(&format!("{back}m = {{}}\nm.on = back\nm.on 3\n")), ["for which `on` is called with some"]);
    for other in [
        "back = function(x=print)\n  return x\nend function\n",
        "back = function(x)\n  set = function\n    outer.x = @print\n  end function\n  set\n  return x\nend function\n",
    ] {
        assert!(told(&format!("{other}m = {{}}\nm.on = back\nm.on 3\n")).is_empty(), "{other}");
    }
}
