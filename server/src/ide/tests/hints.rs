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
              sum‹: string or error› = a + "x"
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
        "Account = {\"n\": 0}\nAccount.make = function(x)\n  made = new Account\n  made.n = x\n  return made\nend function\nacc = Account.make(1)\nprint acc.n\n",
        Show { types: true, ..Show::default() },
        &expect![[r#"
            Account = {"n": 0}
            Account.make = function(x)
              made‹: Account› = new Account
              made.n = x
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
    assert_eq!(types("x = 1\nx$0 = \"a\"\n"), "type: string");
    assert_eq!(types("for i$0 in range(1, 3)\n  i = \"a\"\nend for\n"), "type: number");
    assert_eq!(
        types("f = function(p)\n  q$0 = p + \"a\"\n  q = 1\n  return q\nend function\n"),
        "type: string or error"
    );
    assert_eq!(types("x = [1, 2]\nprint x$0\n"), "type: list of number");
    assert_eq!(types("m = {\"a\": 1, \"b\": 2}\nm.c = 3\nprint m$0\n"), "type: map `m` with a, b, c");
    assert_eq!(types("f = function(p)\n  return p$0 + 1\nend function\nprint f(2)\n"), "likely: number");
    assert_eq!(types("f = function(p)\n  return p$0\nend function\n"), "");
    let map = "m = {\"x\": 1, \"y\": 2}\n";
    for (value, expected) in [
        ("range(1, 3)", "list of number"),
        ("\"a b\".split", "list of string"),
        ("[3, 1].sort", "list of number"),
        ("m.indexes", "list of string"),
        ("m.values", "list of number"),
        ("{\"x\": 1, \"y\": \"a\"}.values", "list"),
        ("[\"a\"].indexes", "list of number"),
        ("(new m).values", "list"),
        ("{}.values", "list"),
        ("[[1]][0]", "list of number"),
        ("[] + [\"a\"]", "list of string"),
        ("[1] + [\"a\"]", "list or error"),
    ] {
        let told = types(&format!("{map}x = {value}\nprint x$0\n"));
        assert!(told.ends_with(expected), "{value}: {told}");
    }
    assert_eq!(types("f = function\n  return [1]\nend function\nx = f\nprint x$0\n"), "type: list of number");
}
