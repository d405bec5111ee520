//! Fixes of what is unused: what they make of a text, and where there is none.

use super::Fixture;
use crate::ide::checks::QUIET;
use crate::ide::{Action, ActionKind, actions};
use crate::settings::{Checks, Level};
use minilive_syntax::TextRange;

/// The fixes under the cursor, all warnings being said: their titles and the texts they make.
fn fixes(source: &str) -> Vec<(String, String)> {
    let it = Fixture::new(source);
    let levels = QUIET.iter().map(|code| ((*code).to_owned(), Level::Hint));
    let mut live = it.live();
    live.checks = std::sync::Arc::new(Checks { levels: levels.collect(), ..Checks::default() });
    let found = actions(&it.db, &it.document, &live, TextRange::empty(it.offset));
    let made = |action: Action| {
        let mut text = it.document.text.to_string();
        for edit in action.edits.iter().rev() {
            text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.insert);
        }
        (action.title, text)
    };
    found.into_iter().filter(|it| it.kind == ActionKind::Fix).map(made).collect()
}

#[track_caller]
fn check(source: &str, title: &str, after: &str) {
    assert_eq!(fixes(source), [(title.to_owned(), after.to_owned())]);
}

#[track_caller]
fn none(source: &str) {
    assert_eq!(fixes(source), [], "{source:?}");
}

/// The body of a function with one parameter.
fn body(code: &str) -> String {
    format!("g = function\n  print 1\n  return 2\nend function\nf = function(a)\n{code}  return a\nend function\nf 1\n")
}

#[test]
fn an_assignment_goes_if_its_value_does_nothing() {
    for code in [
        "  $0x = 1\n",
        "  $0x = \"a\" + \"b\"\n",
        "  $0x = [1, {\"a\": 2}]\n",
        "  $0x = function\n    print 3\n  end function\n",
        "  $0x = -(2 + 3)   \n",
        // It gives null, but does not fail.
        "  $0x = \"a\" - 1\n",
    ] {
        check(&body(code), "Remove the assignment of `x`", &body(""));
    }
    check(&body("  y = 1\n  $0x = y\n"), "Remove the assignment of `x`", &body("  y = 1\n"));
    let crlf = |code: &str| body(code).replace('\n', "\r\n");
    check(&crlf("  $0x = 1\n"), "Remove the assignment of `x`", &crlf(""));
    check(
        &body("  if a then\n    $0x = 1\n  end if\n"),
        "Remove the assignment of `x`",
        &body("  if a then\n  end if\n"),
    );
}

#[test]
fn an_assignment_stays_if_its_value_may_do_something() {
    for code in [
        // It calls, or may call.
        "  $0x = g\n",
        "  $0x = g()\n",
        "  $0x = [g]\n",
        "  $0x = a\n",
        "  $0x = print(1)\n",
        // It may fail.
        "  $0x = nobody\n",
        "  $0x = [1][5]\n",
        "  y = [1]\n  print y\n  $0x = y[a]\n",
        "  $0x = {}.key\n",
        // What follows reads it.
        "  $0x = 1\n  x += 1\n",
        "  $0x = [1]\n  x[0] = 2\n",
        "  $0x = {}\n  x.a = 2\n",
        // Something else is in the line.
        "  $0x = 1; print 2\n",
        "  $0x = 1 // one\n",
        "  if a then $0x = 1\n",
        // What follows would become what is said about the function.
        "  $0x = 1\n  \"About it.\"\n",
    ] {
        let found = fixes(&body(code));
        assert!(found.iter().all(|(title, _)| !title.starts_with("Remove")), "{code:?}: {found:?}");
    }
}

#[test]
fn an_unused_import_goes_with_its_line() {
    let with = |main: &str| format!("//- main.ms\n{main}//- lib.ms\nx = 1\n");
    check(&with("import \"$0lib\"\nprint 1\n"), "Remove the import of `lib`", "print 1\n");
    check(&with("print 1\nimport(\"$0lib\")\n"), "Remove the import of `lib`", "print 1\n");
    none(&with("import \"$0lib\"; print 1\n"));
    none(&with("import \"$0lib\" // ours\nprint 1\n"));
    none(&with("import \"$0lib\"\nprint lib.x\n"));
}

#[test]
fn an_unused_parameter_is_marked_as_such() {
    check(
        "f = function($0a, b)\n  return b\nend function\nprint f(1, 2)\n",
        "Rename it to `_a`",
        "f = function(_a, b)\n  return b\nend function\nprint f(1, 2)\n",
    );
    check(
        "f = function(a, $0b=2)\n  return a\nend function\nprint f(1)\n",
        "Rename it to `_b`",
        "f = function(a, _b=2)\n  return a\nend function\nprint f(1)\n",
    );
    // It is read, assigned, or the new name means something.
    none("f = function($0a)\n  return a\nend function\nprint f(1)\n");
    none("f = function($0a)\n  a = 2\n  return 1\nend function\nprint f(1)\n");
    none("_a = 3\nf = function($0a)\n  return _a\nend function\nprint f(1)\n");
    none("f = function($0a)\n  return locals\nend function\nprint f(1)\n");
}
