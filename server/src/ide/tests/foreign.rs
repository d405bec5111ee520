//! What other languages write: the fixes, and what they make of a text.

use super::Fixture;
use crate::ide::{ActionKind, actions, diagnostics};
use minilive_syntax::TextRange;

/// Applies the first fix for the first error until there is none; gives the titles and the text.
pub(super) fn mended(source: &str) -> (Vec<String>, String) {
    let (mut text, mut titles) = (source.to_owned(), Vec::new());
    loop {
        let it = Fixture::new(&text);
        let errors = it.document.file.parse(&it.db).errors.clone();
        let live = it.live();
        let found = errors.iter().find_map(|error| {
            let fixes = actions(&it.db, &it.document, &live, TextRange::empty(error.range.start()));
            let answers = |range| move |it: &crate::ide::Diagnostic| it.range == range;
            fixes
                .into_iter()
                .find(|it| it.kind == ActionKind::Fix && it.answers.as_ref().is_some_and(answers(error.range)))
        });
        let Some(action) = found else { return (titles, text) };
        let mut new = text.clone();
        for edit in action.edits.iter().rev() {
            new.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.insert);
        }
        (text, titles) = (new, [titles, vec![action.title]].concat());
        assert!(titles.len() < 50, "it ends: {text}");
    }
}

/// The fixes of these titles make `after` of `before`, one after the other.
#[track_caller]
pub(super) fn check(before: &str, titles: &[&str], after: &str) {
    let (found, text) = mended(before);
    assert_eq!(text, after);
    assert_eq!(found, titles);
    let crlf = before.replace('\n', "\r\n");
    assert_eq!(mended(&crlf).1, after.replace('\n', "\r\n"), "with the other line ends");
}

#[test]
fn words_and_operators_of_other_languages() {
    check(
        "if x then\n  print 1\nelseif y then\n  print 2\nelif z:\n  print 3\nelse:\n  print 4\nend if\n",
        &["Write `else if`", "Write `else if`", "Remove `:`"],
        "if x then\n  print 1\nelse if y then\n  print 2\nelse if z then\n  print 3\nelse\n  print 4\nend if\n",
    );
    check(
        "x++\nm.a[0]--\n++y\nif x then x++\nx--\n",
        &["Write `+= 1`", "Write `-= 1`", "Write `+= 1`", "Write `+= 1`", "Write `-= 1`"],
        "x += 1\nm.a[0] -= 1\ny += 1\nif x then x += 1\nx -= 1\n",
    );
    check(
        "if a&&b || !c === d then print 1\nif x<>3 or y !== 2 then print 2\nx = 2 ** 3\ny := !x\n",
        &["Write `and`", "Write `!=`", "Write `^`", "Write `=`"],
        "if a and b or (not c) == d then print 1\nif x!=3 or y != 2 then print 2\nx = 2 ^ 3\ny = not x\n",
    );
    check(
        "print 'a' + 'say \"hi\"' + 'it\\'s'\nif x == 'then function' then print ''\n",
        &["Write double quotes", "Write double quotes"],
        "print \"a\" + \"say \"\"hi\"\"\" + \"it's\"\nif x == \"then function\" then print \"\"\n",
    );
    check("var x = 3\nlocal y = x\n", &["Remove `var`", "Remove `local`"], "x = 3\ny = x\n");
    check("print don't\n", &[], "print don't\n");
}

#[test]
fn comments_of_other_languages() {
    check(
        "# one, function (\nx = [1, # two\n  # 'three'\n  2]\n-- four words of it\ny = 2 -- and five words\n",
        &["Write `//`", "Write `//`", "Write `//`", "Write `//`", "Write `//`"],
        "// one, function (\nx = [1, // two\n  // 'three'\n  2]\n// four words of it\ny = 2 // and five words\n",
    );
    check(
        "/* one */\nx = 1 /* two\n * for three\n */\n/* if\n  four */\nprint x\n",
        &["Write `//`", "Write `//`", "Write `//`"],
        "// one\nx = 1 // two\n // for three\n// if\n  // four\nprint x\n",
    );
    check("print 1 /* one */ + 2\n", &[], "print 1 /* one */ + 2\n");
}

#[test]
fn headers_of_other_languages() {
    check(
        "for i = 1 to n\n  print i\nend for\nfor i = 10, 1, -1 do\n  print i\nend for\nfor (x of [1]) {\n  print x\n}\n",
        &["Write `for … in`", "Write `for … in`", "Write `for … in`"],
        "for i in range(1, n)\n  print i\nend for\nfor i in range(10, 1, -1)\n  print i\nend for\nfor x in [1]\n  print x\nend for\n",
    );
    check(
        "for (i = 0; i < 10; i++) {\n  print i\n}\nfor (var i = n; i >= 0; i--)\n  print i\nend for\nfor (int i = 0; i < l.len; i += 2) {\n  print i\n}\n",
        &["Write `for … in`", "Write `for … in`", "Write `for … in`"],
        "for i in range(0, 9)\n  print i\nend for\nfor i in range(n, 0, -1)\n  print i\nend for\nfor i in range(0, l.len - 1, 2)\n  print i\nend for\n",
    );
    // What it counts is not told by the header.
    check("for (i = 0; f(i); i++)\nend for\n", &[], "for (i = 0; f(i); i++)\nend for\n");
    check(
        "while x do\n  x = 0\nend while\nfor y in x:\n  print y\nend for\nif x: print 1\nif x:\n  print 2\nend if\n",
        &["Remove `do`", "Remove `:`", "Write `then`", "Write `then`"],
        "while x\n  x = 0\nend while\nfor y in x\n  print y\nend for\nif x then print 1\nif x then\n  print 2\nend if\n",
    );
    check(
        "function foo(x)\n  return x\nend function\ndef bar(x, y=2):\n  return x\nend function\nlocal function qux\n  x = 1\nend function\n",
        &["Write `foo = function`", "Write `bar = function`", "Write `qux = function`"],
        "foo = function(x)\n  return x\nend function\nbar = function(x, y=2)\n  return x\nend function\nqux = function\n  x = 1\nend function\n",
    );
}

#[test]
fn blocks_in_braces() {
    let title = "Write the block without braces";
    check(
        "if (x) {\n  while (y) {\n    y = 0\n  }\n} else if (z && y) {\n  print 2\n}\nelse {\n  print 3\n}\nf = function(a) {\n  return a\n}\nif (x) { print 1 }\n",
        &[title, title, title, title],
        "if (x) then\n  while (y)\n    y = 0\n  end while\nelse if (z and y) then\n  print 2\nelse\n  print 3\nend if\nf = function(a)\n  return a\nend function\nif (x) then print 1\n",
    );
    check(
        "function foo(x) {\n  return x\n}\nfunc bar(x) {\n  return x\n}\n",
        &["Write `foo = function`", "Write `bar = function`"],
        "foo = function(x)\n  return x\nend function\nbar = function(x)\n  return x\nend function\n",
    );
}

/// As those write them who end statements with `;`.
#[test]
fn blocks_in_braces_within_others() {
    let title = "Write the block without braces";
    check(
        "f = function(n) {\n  if (n <= 1) { return 1; }\n  return n;\n}\n",
        &[title, title],
        "f = function(n)\n  if (n <= 1) then return 1\n  return n;\nend function\n",
    );
    check(
        "function f(n)\n{\n  if (n) { return 1; } else { return 2; }\n}\n",
        &["Write `f = function`", title, title],
        "f = function(n)\n  if (n) then return 1 else return 2\nend function\n",
    );
    check("if (x) {\n  print 1 }\n", &[title], "if (x) then\n  print 1\nend if\n");
    check(
        "while x { x = false }\nfor y in [1] { print y; print 2 }\nif (x) { a = 1; b = 2 } else { c = {\"a\": 1} }\n",
        &[title, title, title],
        "while x\n    x = false\nend while\nfor y in [1]\n    print y\n    print 2\nend for\nif (x) then\n    a = 1\n    b = 2\nelse\n    c = {\"a\": 1}\nend if\n",
    );
    check(
        "if (x) {\n  a = 1\n} // one\nelse {\n  b = 2\n}\n",
        &[title],
        "if (x) then\n  a = 1\n // one\nelse\n  b = 2\nend if\n",
    );
}

#[test]
fn doubled_quotes_are_one() {
    check("s = 'don''t'\nt = ''\n", &["Write double quotes", "Write double quotes"], "s = \"don't\"\nt = \"\"\n");
    check("m = {'a': 1, 'b': 2}\n", &["Write double quotes"], "m = {\"a\": 1, \"b\": 2}\n");
    check("x = `a`\n", &["Write double quotes"], "x = \"a\"\n");
}

/// What MiniScript writes in another shape.
#[test]
fn other_shapes() {
    check(
        "x = y ? 1 : f(2)\nreturn a == b ? c : d\n",
        &["Write `if … then … else …`", "Write `if … then … else …`"],
        "if y then x = 1 else x = f(2)\nif a == b then return c else return d\n",
    );
    check(
        "x = (5 mod 2)\nif x is null then print 1\nif x is not null then print 2\nx **= 2\n",
        &["Write `%`", "Write `==`", "Write `!=`", "Write `^=`"],
        "x = (5 % 2)\nif x == null then print 1\nif x != null then print 2\nx ^= 2\n",
    );
    check("x = p->name\ny = Foo::bar\n", &["Write `.`", "Write `.`"], "x = p.name\ny = Foo.bar\n");
    check("print \"a\" & b\n", &["Write `+`"], "print \"a\" + b\n");
    check(
        "f = function a, b\n  return a\nend function\n",
        &["Write `(…)`"],
        "f = function(a, b)\n  return a\nend function\n",
    );
    check("if x then print 1 end if\n", &["Remove `end if`"], "if x then print 1\n");
    check(
        "' a comment\nx = 1 ' and one more\n",
        &["Write `//`", "Write `//`"],
        "// a comment\nx = 1 // and one more\n",
    );
    check(
        "for i = 10 downto 1 do\n  print i\nend for\n",
        &["Write `for … in`"],
        "for i in range(10, 1, -1)\n  print i\nend for\n",
    );
    check("for i in [1]\n  print i\nnext i\n", &["Write `end for`"], "for i in [1]\n  print i\nend for\n");
    check("foreach x in y\n  print x\nend foreach\n", &["Write `for`"], "for x in y\n  print x\nend for\n");
}

/// What there is no short word for is one error with plain words.
#[test]
fn what_is_only_told() {
    for source in [
        "x = y ?? 3\n",
        "f = x => x + 1\n",
        "f = (x) => x + 1\n",
        "f = () => 3\n",
        "f = lambda x: x + 1\n",
        "for i in 1..10\n  print i\nend for\n",
        "if x in [1, 2] then print 1\n",
        "if x not in [1, 2] then print 1\n",
        "print f\"a {x}\"\n",
        "x = `a ${b}`\n",
        "x = a & b\n",
        "switch (x) {\n  case 1:\n    print 1;\n    break;\n}\nprint 2\n",
        "try {\n  x = 1\n} catch (e) {\n  print e\n}\nprint 2\n",
        "class Foo {\n  bar() { return 1; }\n}\nprint 2\n",
        "class Foo extends Bar {\n  bar() { return 1; }\n}\nprint 2\n",
        "do {\n  x = 1\n} while (x < 5)\nprint 2\n",
        "from lib import x\n",
    ] {
        let it = Fixture::new(source);
        let errors = it.document.file.parse(&it.db).errors.clone();
        assert!(matches!(&*errors, [one] if one.code == "foreign-syntax"), "{source}: {errors:#?}");
        assert_eq!(mended(source).0, [""; 0], "{source}");
    }
}

/// As C# and others have them.
#[test]
fn braces_on_lines_of_their_own() {
    let title = "Write the block without braces";
    check(
        "while x\n{\n  print 1\n}\nif x then\n{\n  x = 1\n}\nelse\n{\n  return 2\n}\nf = function(a)\n{\n  return a\n}\n",
        &[title, title, title],
        "while x\n  print 1\nend while\nif x then\n  x = 1\nelse\n  return 2\nend if\nf = function(a)\n  return a\nend function\n",
    );
    check("if x then {\n  x = 1\n}\nprint 1\n", &[title], "if x then\n  x = 1\nend if\nprint 1\n");
    check("if (x)\n{\n  x += 1\n}\n", &["Add `then`", title], "if (x) then\n  x += 1\nend if\n");
    // Maps are none.
    check(
        "if x then\n{\n  \"a\": 1}\nend if\nwhile x\n{\n  f(1): 2}\nend while\n",
        &[],
        "if x then\n{\n  \"a\": 1}\nend if\nwhile x\n{\n  f(1): 2}\nend while\n",
    );
}

#[test]
fn more_words_and_operators() {
    check(
        "foreach x in y\n  break\nend for\nIf x then\n  print 1\nend if\nif x then:\n  print 1\nend if\n",
        &["Write `for`", "Write `if`", "Remove `:`"],
        "for x in y\n  break\nend for\nif x then\n  print 1\nend if\nif x then\n  print 1\nend if\n",
    );
    check(
        "if x =< 3 or y => 2 then print 1\nx = a ~= b\nprint \"a\" .. b\n",
        &["Write `<=`", "Write `!=`", "Write `+`"],
        "if x <= 3 or y >= 2 then print 1\nx = a != b\nprint \"a\" + b\n",
    );
}

#[test]
fn ends_of_other_languages() {
    check(
        "if x then\n  for i in x\n    print i\n  next\n  while i\n    i = 0\n  endwhile\nendif\nf = function\n  if x then\n    x = 1\n  fi\nend function\n",
        &["Write `end for`", "Write `end while`", "Write `end if`", "Write `end if`"],
        "if x then\n  for i in x\n    print i\n  end for\n  while i\n    i = 0\n  end while\nend if\nf = function\n  if x then\n    x = 1\n  end if\nend function\n",
    );
    // Names are left alone.
    check("endif = 1\nif x then\n  endif\n", &["Add `end if`"], "endif = 1\nif x then\n  endif\nend if\n");
    check("next\nfor i in x\n  next\n", &["Add `end for`"], "next\nfor i in x\n  next\nend for\n");
}

#[test]
fn what_is_missing_is_added() {
    check(
        "if x\n  print 1\nend if\nif x print 2\n",
        &["Add `then`", "Add `then`"],
        "if x then\n  print 1\nend if\nif x then print 2\n",
    );
    check(
        "print (1 + 2\nprint len(\"a\"\nl = [1, 2\nm = {\"a\": 1 \"b\": 2}\nm = {\"a\" 1}\nprint m[\"a\"\nf = function(a\nend function\n",
        &["Add `)`", "Add `)`", "Add `]`", "Add `,`", "Add `:`", "Add `]`", "Add `)`"],
        "print (1 + 2)\nprint len(\"a\")\nl = [1, 2]\nm = {\"a\": 1, \"b\": 2}\nm = {\"a\": 1}\nprint m[\"a\"]\nf = function(a)\nend function\n",
    );
    check("l = [1,\n  2 3]\n", &["Add `,`"], "l = [1,\n  2, 3]\n");
}

/// One error a slip: nothing that follows is told, too.
#[test]
fn a_slip_is_one_error() {
    for (source, count) in [
        ("x++\nprint 1\nx--\nfoo = function\nend function\n", 2),
        ("for (i = 0; i < 3; i++) {\n  if (i) {\n    print i\n  }\n}\nprint 1\n", 2),
        ("# it's (one\nprint 1\n/* function\nif x then\n*/\nprint 2\n", 2),
        ("def f(x, y=2):\n  return 'a'\nend function\nprint 1\n", 2),
        ("if x then\n  print 1\nendif\nprint 2\n", 1),
        // What stands in the comment was meant.
        ("a = 1\nb = #3", 1),
        ("a = 1\nb = #3\n\n", 1),
        ("b = #3\nprint 1\n", 1),
        ("b = #3\nc = 4\n", 1),
        ("b = /* 3 */", 1),
        ("print [1, # 2]\n", 1),
        ("if 1 then\n  b = # 3\n", 2),
        ("b = 1 + # one\n2\nprint b\n", 1),
        // A comma in the next line.
        ("f = function(a, b)\nend function\nf(1\n,2)\nprint 3\n", 1),
        ("x = [\n  1\n  , 2]\nprint x\n", 1),
        ("x = {\"a\": 1\n,\"b\": 2}\n", 1),
        ("f = function(a\n, b)\nend function\nf 1\n", 1),
    ] {
        let it = Fixture::new(source);
        let found = diagnostics(&it.db, &it.document, &it.live());
        let found: Vec<_> = found.iter().filter(|it| it.severity == diagnostics::Severity::Error).collect();
        assert_eq!(found.len(), count, "{source}: {found:#?}");
    }
}
