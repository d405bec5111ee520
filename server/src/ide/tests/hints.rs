//! Inlay hints of the code itself, and types in hovers.

use super::Fixture;
use crate::ide::{Live, code_hints, hover};
use crate::settings::Show;
use expect_test::{Expect, expect};
use minilive_syntax::{TextRange, TextSize};
use std::sync::Arc;

fn check(source: &str, show: Show, expected: &Expect) {
    let it = Fixture::new(source);
    let live = Live { show, places: Arc::new(it.places.clone()), ..Live::default() };
    let all = TextRange::up_to(TextSize::of(&*it.document.text));
    let found = code_hints(&it.db, &it.document, &live, all);
    // Shown in the text, as editors do.
    let mut text = it.document.text.to_string();
    for hint in found.iter().rev() {
        text.insert_str(usize::from(hint.offset), &format!("‹{}›", hint.label));
    }
    expected.assert_eq(&text);
}

const SOURCE: &str = "pair = function(a, b)
  sum = a + \"x\"
  n = 5
  n = n + 1
  m = n * 2
  return [sum, m]
end function
for i in range(1, 3)
  both = pair(i, 2)
  print both, \"\"
  print i
end for
";

#[test]
fn types_stand_behind_first_assignments() {
    let show = Show { types: true, ..Show::default() };
    check(
        SOURCE,
        show,
        &expect![[r#"
            pair = function(a, b)
              sum‹: string› = a + "x"
              n = 5
              n = n + 1
              m‹: number› = n * 2
              return [sum, m]
            end function
            for i‹: number› in range(1, 3)
              both‹: list› = pair(i, 2)
              print both, ""
              print i
            end for
        "#]],
    );
}

#[test]
fn instances_are_of_their_class() {
    check(
        "Account = {\"n\": 0}\nAccount.make = function(x)\n  made = new Account\n  made.n = x\n  same = made\n  return made\nend function\nacc = Account.make(1)\nprint acc.n\n",
        Show { types: true, ..Show::default() },
        &expect![[r#"
            Account = {"n": 0}
            Account.make = function(x)
              made = new Account
              made.n = x
              same‹: Account› = made
              return made
            end function
            acc = Account.make(1)
            print acc.n
        "#]],
    );
}

#[test]
fn names_of_parameters_stand_before_arguments() {
    let show = Show { parameters: true, ..Show::default() };
    check(
        SOURCE,
        show,
        &expect![[r#"
            pair = function(a, b)
              sum = a + "x"
              n = 5
              n = n + 1
              m = n * 2
              return [sum, m]
            end function
            for i in range(‹from:›1, ‹to:›3)
              both = pair(‹a:›i, ‹b:›2)
              print both, ‹delimiter:›""
              print i
            end for
        "#]],
    );
    check(
        "f = function(x, y)\nend function\nx = 1\nf x, 2\n",
        show,
        &expect![[r#"
        f = function(x, y)
        end function
        x = 1
        f x, ‹y:›2
    "#]],
    );
}

#[test]
fn hints_of_the_code_are_off_unless_asked_for() {
    check(
        "x = 1 + 1\nprint x, 1\n",
        Show::default(),
        &expect![[r#"
        x = 1 + 1
        print x, 1
    "#]],
    );
}

fn types(source: &str) -> String {
    let it = Fixture::new(source);
    let live = Live { places: Arc::new(it.places.clone()), ..Live::default() };
    let card = hover(&it.db, &it.document, &live, it.offset).expect("a card");
    card.sections.into_iter().find(|it| it.starts_with("type:") || it.starts_with("likely:")).unwrap_or_default()
}

#[test]
fn hovers_tell_what_is_certain_and_what_is_likely() {
    assert_eq!(types("x = 1\nif x then x = \"a\"\nprint x$0\n"), "type: number or string");
    assert_eq!(types("y$0 = 5\n"), "type: number");
    let total = "t = 0\nf = function(p)\n  globals.t = globals.t + p.x\nend function\n";
    assert_eq!(types(&format!("{total}print t$0\n")), "likely: number", "nearly anything tells nothing");
    // Where it is known that there may be an error, it is told.
    assert_eq!(types("e = \"a\"\nif rnd then e = err(1)\nq$0 = \"a\" + e\n"), "type: string or error");
    assert_eq!(types("f = function(p)\n  q$0 = \"  \" * p\nend function\n"), "type: string or null");
    assert_eq!(types("f = function(p)\n  q$0 = str(p) + self.name\nend function\n"), "type: string");
    assert_eq!(types("x = 1\nx$0 = \"a\"\n"), "type: string");
    assert_eq!(types("for i$0 in range(1, 3)\n  i = \"a\"\nend for\n"), "type: number");
    assert_eq!(types("f = function(p)\n  q$0 = p + \"a\"\n  q = 1\n  return q\nend function\n"), "type: string");
    assert_eq!(types("x = [1, 2]\nprint x$0\n"), "type: list; likely list of number");
    assert_eq!(types("m = {\"a\": 1, \"b\": 2}\nm.c = 3\nprint m$0\n"), "type: map; likely map `m` with a, b, c");
    assert_eq!(types("f = function(p)\n  return p$0 + 1\nend function\nprint f(2)\n"), "likely: number");
    assert_eq!(types("f = function(p)\n  return p$0\nend function\n"), "");
    let map = "m = {\"x\": 1, \"y\": 2}\n";
    for (value, expected) in [
        ("range(1, 3)", "list of number"),
        ("\"a b\".split", "list of string"),
        ("[3, 1].sort", "list of number"),
        ("m.indexes", "list of string"),
        ("m.values", "list of number"),
        ("{\"x\": 1, \"y\": \"a\"}.values", "list of number or string"),
        ("[\"a\"].indexes", "list of number"),
        ("(new m).values", "list"),
        ("{}.values", "list"),
        ("[[1]][0]", "list of number"),
        ("[] + [\"a\"]", "list of string"),
        ("[1] + [\"a\"]", "list of number or string"),
        ("[1, \"a\"]", "list of number or string"),
        ("[1, \"a\", null, {}]", "list"),
    ] {
        let told = types(&format!("{map}x = {value}\nprint x$0\n"));
        assert!(told.ends_with(expected), "{value}: {told}");
    }
    assert_eq!(
        types("f = function\n  return [1]\nend function\nx = f\nprint x$0\n"),
        "type: list; likely list of number"
    );
}

/// At the top as in functions, each place has the type that the statements before it leave; functions see all that is ever there.
#[test]
fn types_follow_the_statements_at_the_top() {
    let (a, b) = ("x = 1\n", "x = \"a\"\n");
    for (source, expected) in [
        (format!("{a}print x$0\n{b}print x\n"), "type: number"),
        (format!("{a}print x\n{b}print x$0\n"), "type: string"),
        (format!("{a}f = function\n  return x$0\nend function\n{b}"), "type: number or string"),
        (format!("{a}if rnd then\n  {b}end if\nprint x$0\n"), "type: number or string"),
        (format!("{a}if rnd then\n  {b}  print x$0\nend if\n"), "type: string"),
        (format!("{a}while rnd\n  print x$0\n  {b}end while\n"), "type: number or string"),
        (format!("{a}y = x\n{b}print y$0\n"), "type: number"),
        (format!("{a}x += x\n{b}x = x + x\nprint x$0\n"), "type: string"),
        (
            format!("{a}f = function\n  globals.x = [1]\nend function\n{b}print x$0\n"),
            "type: number or string or list; likely number or string or list of number",
        ),
        (format!("{a}f = function\n  outer.x = null\nend function\n{b}print x$0\n"), "type: number or string or null"),
        (format!("{a}import \"lib\"\n{b}print x$0\n"), "likely: string"),
        ("x = {\"a\": 1}\nprint x.a\nx = {\"b\": 2}\nprint x$0\n".to_owned(), "type: map; likely map `x` with b"),
        ("x = null\nif x == null then x = 3\nprint x$0\n".to_owned(), "type: number"),
        ("x = null\nif rnd then x = 3\nif x == null then exit\nprint x$0\n".to_owned(), "type: number or null"),
        ("x = null\nif rnd then x = 3\nif x != null then print x$0\n".to_owned(), "type: number"),
        ("x = null\nif rnd then x = 3\nprint x and x$0\n".to_owned(), "type: number"),
    ] {
        assert_eq!(types(&source), expected, "{source}");
    }
}

#[test]
fn what_is_filled_where_it_is_null_is_not_null() {
    for (fill, expected) in [
        ("if not x then x = \"b\"\n", "string"),
        ("if x == null then\n  print 1\n  x = \"b\"\nend if\n", "string"),
        ("if null == x or rnd > 0.5 then x = 3\n", "string or number"),
        ("if not x then x = null\n", "string or null"),
        ("if not x then\n  if rnd > 0.5 then x = \"b\"\nend if\n", "string or null"),
        ("if rnd > 0.5 and x == null then x = \"b\"\n", "string or null"),
        ("if x then x = \"b\"\n", "string or null"),
        ("if not x then x = \"b\" else x = null\n", "string or null"),
    ] {
        let source = format!("x = null\nif rnd > 0.5 then x = \"a\"\n{fill}print x$0\n");
        let told = types(&source);
        let words = |text: &str| {
            let mut words: Vec<_> = text.trim_start_matches("type: ").split(" or ").map(str::to_owned).collect();
            words.sort();
            words
        };
        assert_eq!(words(&told), words(expected), "{source}");
    }
}

#[test]
fn conditions_around_a_loop_say_what_it_goes_through() {
    let call = "end function\nf [1]\nf {\"a\": \"x\"}\nf \"s\"\n";
    let list = "  if v isa list then\n    for x in v\n";
    for (body, expected) in [
        (format!("{list}      print x$0\n    end for\n  end if\n"), "number"),
        (format!("{list}      y = x + 1\n      print x$0\n    end for\n  end if\n"), "number"),
        ("  if v isa list then\n    for x$0 in v\n      print x\n    end for\n  end if\n".to_owned(), "number"),
        ("  if not v isa map then return\n  for kv in v\n    print kv.val$0ue\n  end for\n".to_owned(), "string"),
        (
            "  if v isa list then\n    for x in v\n      print x$0\n      x = v\n    end for\n  end if\n".to_owned(),
            "number or map of `key` and `value` or string",
        ),
    ] {
        let source = format!("f = function(v)\n{body}{call}");
        assert_eq!(types(&source), format!("likely: {expected}"), "{source}");
    }
}

#[test]
fn conditions_say_what_is_likely_behind_them() {
    let call = "end function\nf 1, 0\nf \"a\", 0\nf [1], 0\nf null, 0\n";
    let all = "number or string or null or list of number";
    for (body, expected) in [
        ("  print v$0\n", all),
        ("  if v isa number or v isa string then print v$0\n", "number or string"),
        ("  if not (v isa number or v isa string) then return\n  print v$0\n", "number or string"),
        ("  if v isa number then return\n  print v$0\n", "string or null or list of number"),
        ("  if v isa number then\n    print 1\n  else if v isa string then\n    print v$0\n  end if\n", "string"),
        ("  if v isa number then\n    print 1\n  else\n    print v$0\n  end if\n", "string or null or list of number"),
        ("  if v == null then return\n  print v$0\n", "number or string or list of number"),
        ("  if v != null then print v$0\n", "number or string or list of number"),
        ("  if null == v then print v$0\n", "null"),
        ("  if not v then return\n  print v$0\n", "number or string or list of number"),
        ("  if v then print v$0\n", "number or string or list of number"),
        ("  if w and v then print v$0\n", "number or string or list of number"),
        ("  if v == null or v$0 then return\n", "number or string or list of number"),
        ("  if v and v$0 then return\n", "number or string or list of number"),
        ("  if v then\n    w = 1\n  else\n    return\n  end if\n  print v$0\n", "number or string or list of number"),
        ("  if v == null then\n    v = w\n    print v$0\n  end if\n", "number"),
        ("  while v\n    print v$0\n    v = v.next\n  end while\n", "number or string or list of number"),
        (
            "  if v then\n    while w\n      print v$0\n      v = w\n    end while\n  end if\n",
            "number or string or null or list of number",
        ),
    ] {
        let source = format!("f = function(v, w)\n{body}{call}");
        let told = types(&source);
        assert_eq!(told, format!("likely: {expected}"), "{source}");
    }
}

#[test]
fn built_in_functions_give_what_they_can_give() {
    for (value, expected) in [
        ("str(3)", "string"),
        ("\"A\".lower", "string"),
        ("\"A\" + 1", "string"),
        ("time", "number"),
        ("hash(\"a\")", "number"),
        ("refEquals(1, 2)", "number"),
        ("[1].indexOf(2)", "number or null"),
        ("range(1, 5)", "list; likely list of number"),
        ("[\"a\"].join(\"-\")", "string"),
        ("slice(\"abc\", 1)", "string"),
        ("round(2.5, 1)", "number"),
        ("rnd", "number"),
        ("char(65)", "string"),
        ("val(\"1\")", "number"),
    ] {
        assert_eq!(types(&format!("x = {value}\nprint x$0\n")), format!("type: {expected}"), "{value}");
    }
}

#[test]
fn a_class_needs_no_hint_of_its_own_name() {
    check(
        "Account = {\"sum\": 0}\nSavings = new Account\ns = new Savings\nt = s\nsavings = t\nn = [1]\nlist = n\n",
        Show { types: true, ..Show::default() },
        &expect![[r#"
            Account = {"sum": 0}
            Savings = new Account
            s = new Savings
            t‹: Savings› = s
            savings = t
            n = [1]
            list = n
        "#]],
    );
}
