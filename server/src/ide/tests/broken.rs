//! Texts with errors: what is told beside them, how many errors a slip is, and what mends it.

use super::Fixture;
use super::checks::codes;
use super::foreign::check as mends;
use crate::ide::diagnostics::Severity;
use crate::ide::{actions, diagnostics};
use crate::settings::Checks;
use minilive_syntax::TextRange;

/// The codes of all that is told of a text.
fn told(source: &str) -> Vec<&'static str> {
    let it = Fixture::new(source);
    diagnostics(&it.db, &it.document, &it.live()).iter().map(|it| it.code).collect()
}

/// The errors of a text, each with its line and sentence.
#[track_caller]
fn errors(source: &str, expected: &[&str]) {
    let it = Fixture::new(source);
    let found = diagnostics(&it.db, &it.document, &it.live());
    let found = found.iter().filter(|it| it.severity == Severity::Error);
    let found: Vec<_> =
        found.map(|at| format!("{}: {}", it.document.index.line_of(at.range.start()) + 1, at.message)).collect();
    assert_eq!(found, expected, "{source}");
}

#[test]
fn warnings_stay_while_a_statement_is_broken() {
    let source = "d = {\"a\": 1, \"a\": 2}\nprint foz\nf = function(a)\n  x = 1\n  return a\nend function\nf 1, 2\n";
    let well = ["duplicate-key", "unknown-name", "unused-local", "too-many-arguments"];
    assert_eq!(told(source), well);
    for broken in ["y = \n", "y = (1\n", "y =\nz.a = 2\n", "if y\n", "print \"a\nprint \"b\"\n", "y = z++ +\n"] {
        let found = told(&format!("{source}{broken}"));
        let (errors, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| !CODES_KEPT.contains(it));
        assert_eq!(warnings, well, "{broken}");
        assert_eq!(errors.len(), 1, "{broken}: {errors:?}");
    }
    // Behind a blank line no operand is meant.
    let found = told("f = function(a)\n  return a\nend function\ny = 1 +\n\nf 1, 2\nf 3\n");
    assert_eq!(found, ["expected-expression", "too-many-arguments"]);
    // In the same function, too.
    assert_eq!(
        told("f = function(a)\n  x = 1\n  print foz\n  y = (a\n  return y\nend function\nf 1\n"),
        ["unused-local", "unknown-name", "unclosed-parenthesis"]
    );
}

const CODES_KEPT: [&str; 4] = ["duplicate-key", "unknown-name", "unused-local", "too-many-arguments"];

/// What a broken statement may have defined or used is unknown.
#[test]
fn nothing_follows_from_what_is_broken() {
    for source in [
        // It may give it a value, or another one.
        "speed = = 3\nprint speed\n",
        "f = function(a)\nend function\nf = 3 4\nf 1, 2\n",
        "x = 3\ny = x\nx = \"a\" \"b\"\nprint y.len\n",
        "x = 3\nf = function\n  return x.len\nend function\nx = [1 2]\nprint f\n",
        "A = {}\nA.hit = function(n)\nend function\nA.hit = 3 3\na = new A\na.hit 1, 2\n",
        "import \"lib\" x\nprint lib.y\nprint other\n",
        "for speed on [1]\n  print speed\nend for\n",
        "fun = functoin(speed)\n  print speed\nend function\nprint speed\n",
        "f = functio(speed, count)\n  total = speed + count\n  return total\nend function\nprint f(1, 2)\n",
        "globals[\"x\" = 3\nprint x\n",
        "f = function(speed, \n  print speed + count\nend function\n",
        "for\n  print speed\nend for\n",
        "  print speed\nend for\n",
        // It may use it.
        "f = function(a)\n  x = 1\n  print (x\n  return a\nend function\nf 1\n",
        "//- main.ms\nimport \"lib\"\nprint lib.x +\n//- lib.ms\nx = 1\n",
        // A line that is gone gave the names a place.
        "  total = speed + count\n  return total\nend function\nprint f(1, 2)\n",
        "f = function(speed)\n  if speed then\n    print 1\nprint speed\n",
        "s = \"abc\nspeed = 3\nprint speed\n",
    ] {
        let found = codes(source, &Checks::default());
        assert_eq!(found, [""; 0], "{source}");
    }
}

#[test]
fn fixes_of_warnings_are_there_beside_an_error() {
    let it = Fixture::new("speed = 1\nprint spe$0ed1\nx = \n");
    let titles: Vec<_> =
        actions(&it.db, &it.document, &it.live(), TextRange::empty(it.offset)).into_iter().map(|it| it.title).collect();
    assert_eq!(titles, ["Change to `speed`"]);
}

#[test]
fn a_missing_first_line_of_a_block_is_one_error() {
    let method = |lines: &str| format!("A = {{}}\nA.go = function(n)\n{lines}end function\nprint 1\n");
    errors(
        &method("    x = 1\n  else if n then\n    x = 2\n  else\n    x = 3\n  end if\n  return x\n"),
        &["4: `else` belongs to nothing that is open here"],
    );
    errors(
        &method("  while n\n    break\n    end for\n    continue\n  end while\n"),
        &["5: `end for` belongs to nothing that is open here"],
    );
    errors(&method("    x = 1\n    break\n  end while\n"), &["5: `end while` belongs to nothing that is open here"]);
    errors(
        &method("  if n then\n      x = 1\n    end if\n  else\n    x = 2\n  end if\n"),
        &["6: `else` belongs to nothing that is open here"],
    );
    errors("  return 1\nend function\nprint 2\n", &["2: `end function` belongs to nothing that is open here"]);
    errors("x = 1\nelse\n  x = 2\nend if\n", &["2: `else` belongs to nothing that is open here"]);
    // Without indentation it may as well be the wrong word.
    errors("f = function\nwhile 1\nend if\nend function\n", &["3: expected `end while`, found `end` and `if`"]);
}

/// What cannot have been the first line of a block excuses no end of one.
#[test]
fn an_end_without_a_block_is_told_beside_other_errors() {
    let behind = |line: usize, word: &str| format!("{line}: `{word}` belongs to nothing that is open here");
    let told = |source: &str, expected: &[(usize, &str)]| {
        let it = Fixture::new(source);
        let found = diagnostics(&it.db, &it.document, &it.live());
        let found = found.iter().filter(|it| it.severity == Severity::Error && it.code == "stray-keyword");
        let found: Vec<_> =
            found.map(|at| format!("{}: {}", it.document.index.line_of(at.range.start()) + 1, at.message)).collect();
        let expected: Vec<_> = expected.iter().map(|(line, word)| behind(*line, word)).collect();
        assert_eq!(found, expected, "{source}");
    };
    told("x = 5 5\nprint x\nend while\n", &[(3, "end while")]);
    told("x = )\nprint x\n\n\nf = function\nend function\nend if\n", &[(7, "end if")]);
    told("x = 5 5\nelse\n  print x\nend for\n", &[(2, "else"), (4, "end for")]);
    told("if a the\n  print 1\nend if\nwhil b\n  print 2\nend while\n", &[(6, "end while")]);
    told("white = 5 5\nprint white\nend while\n", &[(3, "end while")]);
    told("foo 1 2\nprint 1\nend for\n", &[(3, "end for")]);
    told("x = 3 # for the player\nend for\n", &[(2, "end for")]);
    told("x = 5 5 // if\nend if\n", &[(2, "end if")]);
    // Of a block of another kind.
    told("fi x then\nprint 1\nend while\n", &[(3, "end while")]);
    told("f = functio a, b\nprint 1\nend if\n", &[(3, "end if")]);
    // Once.
    told("fi x then\nprint 1\nend if\nend if\n", &[(4, "end if")]);
    told("x = (\n  print 1\nend while\nend while\n", &[(4, "end while")]);
    // Something else stands between.
    told("x = )\n  print 1\nprint 2\nend while\n", &[(4, "end while")]);
    // In a block whose own first line is wrong.
    told("while x 3\n  print 1\n  end if\nend while\n", &[(3, "end if")]);
}

/// What may have been the first line of a block is told, and the end of that block is not.
#[test]
fn the_end_of_a_block_with_a_broken_first_line_is_not_told() {
    let one = |source: &str| {
        let it = Fixture::new(source);
        let found = diagnostics(&it.db, &it.document, &it.live());
        let found: Vec<_> = found.iter().filter(|it| it.severity == Severity::Error).collect();
        assert_eq!(found.len(), 1, "{source}: {found:#?}");
    };
    for source in [
        "fi x then\nprint 1\nend if\n",
        "fi x then\nprint 1\nelse\nprint 2\nend if\n",
        "fi x then\n  print 1\nelse if 3 then\n  print 2\nelse\n  print 3\nend if\n",
        "x == 3 then\nprint 1\nend if\n",
        "whil b do\nprint 1\nend while\n",
        "While b and c\nprint 1\nend while\n",
        "fo i in [1]\nprint i\nend for\n",
        "foreach i in [1]\nprint i\nend for\n",
        "f = functio a, b\nprint 1\nend function\n",
        "f =\nend function\n",
        "m = {\"f\": functio a}\nend function\n",
        "for x in [1] if x then\n  print 1\n  end if\nend for\n",
        // Its body is indented.
        "x = (\n  print 1\nend while\n",
        "f = function\n  ??? x\n    print 1\n  end for\nend function\n",
    ] {
        one(source);
    }
    // Each has its own.
    errors(
        "fi x then\n  fi y then\n    print 1\n  end if\nend if\n",
        &["1: expected the end of the statement, found `then`", "2: expected the end of the statement, found `then`"],
    );
}

#[test]
fn a_statement_behind_else_if_is_told_where_it_stands() {
    let source = "if a then\n  b = 1\nelse if c then print 3\nelse\n  b = 2\nend if\n";
    errors(source, &["3: a statement behind `else if … then` ends the whole `if`; put it on a line of its own"]);
    mends(
        source,
        &["Put it on a line of its own"],
        "if a then\n  b = 1\nelse if c then\n  print 3\nelse\n  b = 2\nend if\n",
    );
}

#[test]
fn a_missing_comma_is_one_error() {
    for (source, closer) in [
        ("m = {\n  \"a\": 1,\n  \"b\": 2\n  \"c\": 3,\n}\n", "}"),
        ("m = {\n  \"f\": function(a)\n    return a\n  end function\n  \"g\": 2,\n}\nprint m\n", "}"),
        ("l = [\n  1,\n  2\n  3,\n]\n", "]"),
        ("print max(1,\n  2\n  3)\nprint 4\n", ")"),
    ] {
        let it = Fixture::new(source);
        let errors = it.document.file.parse(&it.db).errors.clone();
        assert_eq!(errors.len(), 1, "{source}: {errors:?}");
        assert!(errors[0].reference.contains(&format!("'{closer}'")), "{errors:?}");
        let (titles, text) = super::foreign::mended(source);
        assert_eq!(titles, ["Add `,`"], "{source}");
        assert!(minilive_syntax::parse(&text).errors.is_empty(), "{text}");
    }
}

#[test]
fn an_open_bracket_is_told_at_the_bracket() {
    for (source, after) in [
        ("enemies = [\nscore = 0\n", "enemies = []\nscore = 0\n"),
        ("foo(\nscore = 0\n", "foo()\nscore = 0\n"),
        ("m = {\nself.hp -= 1\n", "m = {}\nself.hp -= 1\n"),
        ("m = {\"b\": 2,\nprint 1\n", "m = {\"b\": 2,}\nprint 1\n"),
        ("foo(1,\nx = 3\n", "foo(1)\nx = 3\n"),
        ("f = function(\n  e = new Enemy\nend function\n", "f = function()\n  e = new Enemy\nend function\n"),
        ("x = [1,\nif x then print 2\n", "x = [1,]\nif x then print 2\n"),
    ] {
        let it = Fixture::new(source);
        let errors = it.document.file.parse(&it.db).errors.clone();
        assert!(matches!(&*errors, [one] if one.message.ends_with("is not closed")), "{source}: {errors:?}");
        assert_eq!(super::foreign::mended(source).1, after);
    }
    // Arguments with names are no statements.
    errors(
        "foo(\n  x=1,\n  y=2)\n",
        &[
            "2: `=` assigns and cannot stand inside an expression; compare with `==`",
            "3: `=` assigns and cannot stand inside an expression; compare with `==`",
        ],
    );
}

#[test]
fn a_missing_operand_before_a_member_is_told_on_its_line() {
    let says = |line: &str| format!("1: expected an expression behind `{line}`, found the end of the line");
    errors("a.b = \nd.e = 4\n", &[&says("=")]);
    errors("x =\nself.hp -= 3\n", &[&says("=")]);
    errors("x +=\nd[0].a = 3\n", &[&says("+=")]);
    errors("f 1 +\nd[0] = 3\n", &[&says("+")]);
}

#[test]
fn a_missing_quote_is_one_error_with_a_fix() {
    let title = "Add `\"`";
    mends(
        "f = function(x)\n  if x == 1 then\n    print \"a\n  end if\n  print \"b\"\nend function\n",
        &[title],
        "f = function(x)\n  if x == 1 then\n    print \"a\"\n  end if\n  print \"b\"\nend function\n",
    );
    mends(
        "if x == \"a then\n  print 1\nend if\nprint \"b\"\n",
        &[title],
        "if x == \"a\" then\n  print 1\nend if\nprint \"b\"\n",
    );
    errors("print \"a\nx = \"b\"\nif x then\n  print \"c\"\nend if\n", &["1: this string has no closing quote"]);
    mends("print (\"a\nx = 1\n", &[title, "Add `)`"], "print (\"a\")\nx = 1\n");
}

/// What a broken line makes of the lines that follow is not told, too.
#[test]
fn a_half_typed_line_is_one_error() {
    for line in ["if", "if x", "if x >", "if x == 1", "while", "while x +", "for", "for i", "for i in"] {
        let it = Fixture::new(&format!("f = function(x)\n  {line}\n  y = 1\n  print y\nend function\nf 1\nprint 2\n"));
        let found = diagnostics(&it.db, &it.document, &it.live());
        let count = found.iter().filter(|it| it.severity == Severity::Error).count();
        assert_eq!(count, 1, "{line}: {found:?}");
    }
    let method = |line: &str| {
        format!("A = {{}}\n{line}\n  if n then\n    return 1\n  else\n    return 2\n  end if\nend function\n")
    };
    for line in ["A.", "A.go =", "A.go = function(n", "A.go = function n, m", "A.go = functio(n, m)"] {
        assert_eq!(told(&method(line)).len(), 1, "{line}: {:?}", told(&method(line)));
    }
    errors("m = {\n  \"a\": 1,\n  \"b\": [2, 3\n}\n", &["3: expected `]` after the elements of the list"]);
    errors("m = {\n  \"a\"\n  \"b\": 2,\n}\n", &["2: expected `:` after the key"]);
    errors("m = {\n  \"a\": 1\n}\n", &["2: expected `}` after the entries of the map"]);
    // A comma wants another argument.
    errors("print max(1, )\n", &["1: expected an expression, found `)`"]);
}

/// The result of a call is nothing to replace a function by.
#[test]
fn a_comparison_with_a_call_has_no_fix() {
    let fixes = |source: &str| {
        let it = Fixture::new(source);
        let found = crate::ide::checks::checks(&it.db, &it.document, &Checks::default(), &it.places);
        found.into_iter().filter_map(|it| it.fix).map(|it| it.title).collect::<Vec<_>>()
    };
    assert_eq!(fixes("x = 1\nx == 2\nprint x\n"), ["Write `=`"]);
    assert_eq!(fixes("hit = function\n  return 1\nend function\nhit == 2\n"), [""; 0]);
    assert_eq!(fixes("m = {}\nm.g = function\n  return 1\nend function\nm.g == 1\n"), [""; 0]);
}
