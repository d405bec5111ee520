//! Warnings of what many a good program does: which of them are told unasked, and which where a setting asks.

use super::checks::{check, codes};
use crate::ide::checks::PARTLY_QUIET;
use crate::settings::Checks;
use expect_test::expect;

/// The settings that ask for all that is not always told.
fn asked() -> Checks {
    let levels = PARTLY_QUIET.iter().map(|code| ((*code).to_owned(), crate::settings::Level::Hint));
    Checks { levels: levels.collect(), ..Checks::default() }
}

#[test]
fn what_good_programs_do_is_told_where_a_setting_asks() {
    let source = "val = 1\nf = function(a, b, _c)\n  for i in a\n    x = i\n  end for\n  return x\nend function\nprint f(val)\ng = @f\n";
    assert_eq!(codes(source, &Checks::default()), [""; 0]);
    let asked = asked();
    assert_eq!(codes(source, &asked), ["shadowed-intrinsic", "unused-parameter", "possibly-unassigned"]);
    let sure =
        "f = function(a)\n  if a then\n    x = 1\n  else\n    x = 2\n  end if\n  return x\nend function\nprint f(1)\n";
    assert_eq!(codes(sure, &asked), [""; 0]);
    assert_eq!(codes(&format!("x = 5\n{}", source.replace("val", "v")), &asked), ["unused-parameter"], "a global `x`");
    let hides =
        "f = function(str, b)\n  len = b\n  for key in str\n    print key + len\n  end for\nend function\nf [1], 2\n";
    assert_eq!(codes(hides, &Checks::default()), [""; 0]);
    assert_eq!(codes(hides, &asked), ["shadowed-intrinsic"; 3]);
}

#[test]
fn a_built_in_function_that_is_hidden_and_called_is_told() {
    check(
        "len = 5\nf = function(l)\n  return len(l) + len\nend function\nprint f([1])\ng = function(l)\n  sum = 0\n  for x in l\n    sum += x\n  end for\n  return sum + sum(l)\nend function\nprint g([1])\n",
        &expect![[r#"
            | len = 5
            | ^^^ shadowed-intrinsic: this hides the built-in `len` from the whole file
            |   sum = 0
            |   ^^^ shadowed-intrinsic: this hides the built-in `sum` in this function
            |   return sum + sum(l)
            |                ^^^^^^ not-a-function: this is null, a number, a string or an error, not a function, so it cannot be called
        "#]],
    );
    for good in [
        "len = function(l)\n  return 1\nend function\nprint len([1])\n",
        "print len([1])\nlen = 5\nprint len\n",
        "f = function(l)\n  n = len(l)\n  len = 3\n  return n + len\nend function\nprint f([1])\n",
        "len = 5\nf = function(l, len)\n  return len(l)\nend function\nprint f([1], @str)\nprint l.len(1)\nl = {}\nl.len = @f\n",
        "f = function(l)\n  sum = @len\n  return sum(l)\nend function\nprint f([1])\n",
        "len = 5\nglobals.len = @str\nf = function(l)\n  return len(l)\nend function\nprint f(2)\n",
        "len = 3\nf = function\n  if @len isa funcRef then return len([1])\n  return 1\nend function\nprint f\n",
        "f = function(l)\n  sum = 0\n  g = function\n    outer.remove \"sum\"\n  end function\n  g\n  return sum(l)\nend function\nprint f([2])\n",
        "f = function(l)\n  sum = 0\n  g = function\n    o = outer\n    o.sum = @str\n  end function\n  g\n  return sum(l)\nend function\nprint f([2])\n",
        "f = function(l)\n  sum = 0\n  locals.remove \"sum\"\n  return sum(l)\nend function\nprint f([2])\n",
    ] {
        let found = codes(good, &Checks::default());
        assert!(!found.contains(&"shadowed-intrinsic"), "{good}: {found:?}");
    }
}

#[test]
fn a_parameter_that_is_never_read_is_told_of_functions_with_one_name() {
    let f = |rest: &str| format!("f = function(a, b)\n  return b\nend function\nprint f(1, 2)\n{rest}");
    let found = |rest: &str| codes(&f(rest), &Checks::default());
    assert_eq!(found(""), ["unused-parameter"]);
    assert_eq!(found("fn = 1\nprint @fn\n").iter().filter(|it| **it == "unused-parameter").count(), 1);
    for rest in [
        "x = @f\nx 1\n",
        "x = @ f\nx 1\n",
        "x = @(f)\nx 1\n",
        "x = @globals.f\nx 1\n",
        "e = globals\nx = @e.f\nx 1\n",
        "print globals.values[0](1, 2)\n",
        "m = new globals\nprint m.f(1)\n",
        "print globals[\"f\"](1, 2)\n",
        "f = function(a, b)\n  return a + b\nend function\n",
    ] {
        assert!(!found(rest).contains(&"unused-parameter"), "{rest}");
    }
    let none = |text: &str| assert!(!codes(text, &Checks::default()).contains(&"unused-parameter"), "{text}");
    none("m = {}\nm.f = function(a)\n  return 1\nend function\nprint m.f(1)\n");
    none("m = {\"f\": function(a)\n  return 1\nend function}\nprint m.f(1)\n");
    none("g = function(h)\n  return h(1)\nend function\nprint g(function(a)\n  return 1\nend function)\n");
    let inside = |rest: &str| {
        format!(
            "mk = function\n  f = function(a, b)\n    return b\n  end function\n{rest}end function\nq = mk\nprint q\n"
        )
    };
    assert!(codes(&inside("  return f(1, 2)\n"), &Checks::default()).contains(&"unused-parameter"));
    none(&inside("  return locals\n"));
    none(&inside("  g = function\n    return outer\n  end function\n  return g\n"));
    none(&format!("//- main.ms\n{}//- other.ms\nimport \"main\"\nmain.f 1, 2\n", f("")));
}

#[test]
fn conditions_that_go_together_leave_no_variable_without_a_value() {
    let told = |text: &str| codes(text, &asked()).iter().filter(|it| **it == "possibly-unassigned").count();
    let f = |body: &str| format!("f = function(l, a)\n{body}end function\nprint f([1], 2)\n");
    let both = |body: &str| {
        let top = body.replace("  return ", "  print ");
        (told(&f(body)), told(&format!("l = [rnd]\na = rnd\n{top}")))
    };
    let first = "  first = true\n  for x in l\n    if first then\n      best = x\n      first = false\n    else if x > best then\n      best = x\n    end if\n  end for\n";
    assert_eq!(both(first), (0, 0));
    assert_eq!(both(&first.replace("first = false", "first = a")), (1, 1), "the flag may be anything");
    assert_eq!(
        both(
            &first
                .replace("      first = false\n", "")
                .replace("for x in l\n", "for x in l\n    if a > 1 then first = false\n")
        ),
        (1, 1)
    );
    let found =
        "  found = false\n  for x in l\n    if x > 1 then\n      found = true\n      hit = x\n    end if\n  end for\n";
    assert_eq!(both(&format!("{found}  if found then print hit\n  return a\n")), (0, 0));
    assert_eq!(both(&format!("{found}  if not found then print 1 else print hit\n")), (0, 0));
    assert_eq!(both(&format!("{found}  print found and hit > 1\n")), (0, 0));
    assert_eq!(both(&format!("{found}  if found or l then print hit\n")), (1, 1));
    assert_eq!(both(&format!("{found}  if a then found = 1\n  if found then print hit\n")), (1, 1));
    let twice = "  if a then\n    x = 1\n  end if\n  print 2\n  if a then print x\n";
    assert_eq!(both(twice), (0, 0));
    assert_eq!(both(&twice.replace("print 2", "a = 1")), (1, 1));
    assert_eq!(both(&twice.replace("if a then print", "if l then print")), (1, 1));
    // Loops that certainly run.
    assert_eq!(both("  for i in range(0, 3)\n    x = i\n  end for\n  print x + i\n"), (0, 0));
    assert_eq!(both("  for i in [1, 2]\n    if i > 1 then break\n    x = i\n  end for\n  print x\n"), (1, 1));
    assert_eq!(both("  for i in l\n    x = i\n  end for\n  print x\n"), (1, 1));
    assert_eq!(both("  for i in range(3, 1, 1)\n    x = i\n  end for\n  print x\n"), (1, 1));
    // A function may set the flag.
    let elsewhere = "found = false\nset = function\n  globals.found = true\nend function\nif rnd > 0.5 then\n  found = true\n  hit = 1\nend if\nset\nif found then print hit\n";
    assert_eq!(told(elsewhere), 1);
    assert_eq!(told(&elsewhere.replace("globals.found = true", "print 1")), 0);
}

#[test]
fn globals_that_have_a_value_on_some_ways_only_are_told_where_a_setting_asks() {
    let it = |text: &str| codes(text, &asked()).iter().filter(|it| **it == "possibly-unassigned").count();
    let text = "if rnd > 0.5 then y = 1\nprint y\nprint y\n";
    assert_eq!(it(text), 1, "once");
    assert_eq!(codes(text, &Checks::default()), ["possibly-unassigned"], "unasked as well");
    assert_eq!(it("if rnd > 0.5 then y = 1 else y = 2\nprint y\n"), 0);
    assert_eq!(it("if rnd > 0.5 then y = 1\nf = function\n  return y\nend function\nprint f\n"), 0, "in a function");
    for more in [
        "f = function\n  globals.y = 1\nend function\nf\n",
        "globals.y = 1\n",
        "if globals.hasIndex(\"y\") then print 1\n",
        "for kv in globals\nend for\n",
        "if rnd > 0.7 then exit\n",
        "import \"lib\"\n",
    ] {
        assert_eq!(it(&format!("{more}{text}")), 0, "{more}");
    }
    let with = |lib: &str| it(&format!("//- main.ms\nimport \"lib\"\n{text}print lib\n//- lib.ms\n{lib}"));
    assert_eq!(with("x = 1\n"), 1);
    assert_eq!(with("globals.y = 1\n"), 0);
    assert_eq!(with("globals[rnd] = 1\n"), 0);
    assert_eq!(
        it(&format!("//- main.ms\n{text}//- user.ms\ny = 1\nimport \"main\"\nprint main\n")),
        0,
        "it is imported"
    );
}
