//! Code actions keep what a program does: each is applied, and the program is run before and after.
//!
//! The first tests show what single actions make of a text; `$0…$0` marks the selection, one `$0` the cursor. The last applies every
//! rewrite that is offered anywhere in the programs of `tests/spec` and compares what is printed.

#[path = "actions/modules.rs"]
mod modules;
#[path = "actions/rewrites.rs"]
mod rewrites;

use minilive::db::{File, Known, LiveDb};
use minilive::document::{Content, DocumentView};
use minilive::ide::checks::PARTLY_QUIET;
use minilive::ide::{Action, ActionKind, FormatOptions, Live, actions};
use minilive::line_index::LineIndex;
use minilive::modules::Places;
use minilive::settings::{Checks, Level};
use minilive_syntax::ast::{AstNode, Expr, Stmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use minilive_tests::files::{below, root};
use minilive_tests::modes::{Mode, run};
use minilive_tests::spec::read;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A document among other files.
struct Workspace {
    db: LiveDb,
    document: DocumentView,
    live: Live,
}

impl Workspace {
    fn new(text: &str, others: &[(&str, &str)]) -> Workspace {
        let mut db = LiveDb::default();
        let (mut files, mut known) = (Vec::new(), BTreeMap::new());
        for (name, text) in [("main.ms", text)].iter().chain(others) {
            let content = Content::new(text);
            let file: File = db.add_file(format!("file:///w/{name}"), content.text, content.parse);
            known.insert(PathBuf::from(format!("/w/{name}")), Known::At(file));
            files.push(file);
        }
        let main = files[0];
        db.set_known_files(Arc::new(known.into_iter().collect()));
        db.set_files(Arc::new(files), Arc::default());
        let places = Places { script: Some("/w".into()), roots: vec!["/w".into()], ..Places::default() };
        let text: Arc<str> = text.into();
        let index = Arc::new(LineIndex::new(&text));
        let document =
            DocumentView { uri: "file:///w/main.ms".into(), version: 1, revision: 1, file: main, text, index };
        let levels = PARTLY_QUIET.iter().map(|code| ((*code).to_owned(), Level::Hint)).collect();
        let checks = Arc::new(Checks { levels, ..Checks::default() });
        Workspace { db, document, live: Live { places: Arc::new(places), checks, ..Live::default() } }
    }

    fn actions(&self, at: TextRange) -> Vec<Action> {
        actions(&self.db, &self.document, &self.live, at)
    }

    /// The text after an action.
    fn apply(&self, action: &Action) -> String {
        let mut edits = action.edits.clone();
        edits.sort_by_key(|it| (it.range.start(), it.range.end()));
        for pair in edits.windows(2) {
            assert!(pair[0].range.end() <= pair[1].range.start(), "edits touch each other: {action:?}");
        }
        let mut text = self.document.text.to_string();
        for edit in edits.iter().rev() {
            text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.insert);
        }
        text
    }
}

/// A text without its marks, and what they mark.
fn marked(source: &str) -> (String, TextRange) {
    let first = source.find("$0").expect("a mark");
    let text = source.replacen("$0", "", 1);
    let second = text.find("$0").unwrap_or(first);
    let text = text.replacen("$0", "", 1);
    (text, TextRange::new(TextSize::new(first as u32), TextSize::new(second as u32)))
}

fn offered(source: &str, others: &[(&str, &str)]) -> Vec<(String, String)> {
    let (text, at) = marked(source);
    let it = Workspace::new(&text, others);
    it.actions(at).iter().map(|action| (action.title.clone(), it.apply(action))).collect()
}

/// The action of this title makes `after` of `before`, and both print the same.
#[track_caller]
fn check(title: &str, before: &str, after: &str) {
    let found = offered(before, &[]);
    let (_, made) = found.iter().find(|(it, _)| it == title).unwrap_or_else(|| panic!("only {found:#?}"));
    assert_eq!(made, after);
    let (text, _) = marked(before);
    assert_eq!(run(&text, "main.ms", Mode::Interpreter).output, run(made, "main.ms", Mode::Interpreter).output);
}

/// No action of this title is offered.
#[track_caller]
fn refuses(title: &str, source: &str) {
    let found = offered(source, &[]);
    assert!(found.iter().all(|(it, _)| it != title), "{found:#?}");
}

const VARIABLE: &str = "Extract into a variable";
const FUNCTION: &str = "Extract into a function";
const WRAP: &str = "Wrap in a function";
const REMOVE: &str = "Remove the assignment of ";
const NULL: &str = "Add `return null`";
const FIRST: &str = "Give `x` the value null before";
const OWN: &str = "Use a variable of its own, ";
const RENAME: &str = "Rename it to ";

#[test]
fn a_parameter_goes_with_what_calls_give_for_it() {
    let removed = |source: &str| {
        let found = offered(source, &[]);
        found.into_iter().find(|(title, _)| title.starts_with("Remove the parameter")).map(|(_, text)| text)
    };
    let calls = "print f(1, 2, \"b\") + f(1) + f\nf 1, 2\nf 1, 2, 3\nx = f(f(1, 2), 5)\n";
    assert_eq!(
        removed(&format!("f = function(a, b$0=7, c=0)\n  if a then f a - 1, 2, c\n  return a\nend function\n{calls}"))
            .as_deref(),
        Some(
            "f = function(a, c=0)\n  if a then f a - 1, c\n  return a\nend function\nprint f(1, \"b\") + f(1) + f\nf 1\nf 1, 3\nx = f(f(1))\n"
        )
    );
    assert_eq!(
        removed("f = function(a$0)\n  return 1\nend function\nf 1\nf(2)\nprint f([3])\nf\n").as_deref(),
        Some("f = function()\n  return 1\nend function\nf\nf()\nprint f()\nf\n")
    );
    assert_eq!(removed("g = function\n  f = function(a$0, b)\n    return b\n  end function\n  return f(1, 2)\nend function\nprint g\n").as_deref(), Some("g = function\n  f = function(b)\n    return b\n  end function\n  return f(2)\nend function\nprint g\n"));
    let function = "f = function(a$0, b)\n  return b\nend function\n";
    for rest in [
        "x = @f\n",
        "m = {\"f\": @f}\n",
        "f print, 2\n",
        "f g(1), 2\n",
        "f 1, 2, 3\n",
        "f = 2\n",
        "print globals[\"f\" + \"\"]\n",
        "f 1, - 2\n",
        "f(1, // one\n  2)\n",
        "import \"lib\"\n",
        "print globals.f\n",
    ] {
        assert_eq!(removed(&format!("{function}{rest}")), None, "{rest}");
    }
    assert_eq!(removed("f = function(a$0)\n  return a\nend function\n"), None, "it is read");
    assert_eq!(
        removed("f = function(a$0)\n  return function\n    return a\n  end function\nend function\n"),
        None,
        "inside, too"
    );
    assert_eq!(removed("f = function(a$0)\n  return locals\nend function\n"), None);
    assert_eq!(removed("m = {}\nm.f = function(a$0)\nend function\n"), None, "methods are called by any name");
    assert_eq!(removed("len = function(a$0)\nend function\n"), None);
}

#[test]
fn the_left_part_of_a_chain_of_conditions_becomes_a_variable() {
    let f = "f = function(a, b, c)\n";
    let end = "end function\nprint f(1, 2, 3)\n";
    let whole = |line: &str| format!("{f}{line}{end}");
    check(
        VARIABLE,
        &whole("  return $0a > 1 and b > 1$0 and c\n"),
        &whole("  value = a > 1 and b > 1\n  return value and c\n"),
    );
    // Its parts are compared in pairs.
    refuses(VARIABLE, &whole("  return $0a < b$0 < c\n"));
    refuses(VARIABLE, &whole("  return $0a or b$0 or c\n"));
}

#[test]
fn an_expression_becomes_a_variable() {
    check(VARIABLE, "x = 2\nprint $0x * 3$0 + 1\n", "x = 2\nvalue = x * 3\nprint value + 1\n");
    check(
        VARIABLE,
        "f = function(n)\n  if n then\n    return $0[1, 2].len$0 + n\n  end if\nend function\nprint f(1)\n",
        "f = function(n)\n  if n then\n    value = [1, 2].len\n    return value + n\n  end if\nend function\nprint f(1)\n",
    );
    check(VARIABLE, "x = 1; print $0x + 1$0\n", "x = 1; value = x + 1; print value\n");
    check(
        VARIABLE,
        "value = 1\r\nif value then\r\n\tprint $0value + 1$0\r\nend if\r\n",
        "value = 1\r\nif value then\r\n\tvalue2 = value + 1\r\n\tprint value2\r\nend if\r\n",
    );
    check(
        VARIABLE,
        "f = function(n)\n  print n\n  return n + 0\nend function\nprint $0f(1)$0 + f(2)\n",
        "f = function(n)\n  print n\n  return n + 0\nend function\nvalue = f(1)\nprint value + f(2)\n",
    );
    check(
        VARIABLE,
        "f = function\n  return @print\nend function\ng = [$0f()$0]\nprint g.len\n",
        "f = function\n  return @print\nend function\nvalue = f()\ng = [@value]\nprint g.len\n",
    );
}

/// Chains are flat in the tree; what stands before one of their operators is an expression nevertheless.
#[test]
fn the_left_part_of_a_chain_is_an_expression() {
    check(
        VARIABLE,
        "f = function(a, b, c)\n  return $0a + b$0 + c\nend function\nprint f(1, 2, 3)\n",
        "f = function(a, b, c)\n  value = a + b\n  return value + c\nend function\nprint f(1, 2, 3)\n",
    );
    check(
        VARIABLE,
        "name = \"Bob\"\nprint $0\"Hello \" + name$0 + \"!\"\n",
        "name = \"Bob\"\nvalue = \"Hello \" + name\nprint value + \"!\"\n",
    );
    check(VARIABLE, "x = 9\ny = $0x - 2$0 - 3\nprint y\n", "x = 9\nvalue = x - 2\ny = value - 3\nprint y\n");
    check(
        FUNCTION,
        "f = function(a, b, c)\n  return $0a * b$0 * c\nend function\nprint f(1, 2, 3)\n",
        "newFunction = function(a, b)\n  return a * b\nend function\n\nf = function(a, b, c)\n  return newFunction(a, b) * c\nend function\nprint f(1, 2, 3)\n",
    );
    let f = "f = function(n)\n  print n\n  return n\nend function\n";
    for source in [
        // The right part is none, nor are parts of words and of comparisons.
        "x = 9\nprint x - $02 - 3$0\n".to_owned(),
        "x = 9\nprint x + $01 + 2$0\n".to_owned(),
        "x = 9\nprint $0x + $01 + 2\n".to_owned(),
        "x = 9\nprint $0x < 1$0 < 2\n".to_owned(),
        // Behind an effect.
        format!("{f}x = 1\nprint f(1), $0x + f(2)$0 + 3\n"),
    ] {
        refuses(VARIABLE, &source);
    }
}

#[test]
fn what_is_evaluated_later_or_more_often_stays() {
    let f = "f = function(n)\n  print n\n  return n\nend function\n";
    for source in [
        // Behind an effect.
        format!("{f}print f(1) + $0f(2)$0\n"),
        format!("{f}x = 1\nx += f(1) * $0f(2)$0\n"),
        // Not always, or more than once.
        format!("{f}print 1 and $0f(2)$0\n"),
        format!("{f}print 1 < 0 < $0f(2)$0\n"),
        format!("{f}while $0f(0) + 0$0\nend while\n"),
        format!("{f}if 1 then\nelse if $0f(2)$0 then\nend if\n"),
        format!("{f}if 1 then print $0f(2)$0\n"),
        // Not a value of its own.
        format!("{f}$0f(1)$0\n"),
        format!("{f}$0f$0(1)\n"),
        "m = {}\n$0m[\"a\"]$0 = 1\n".to_owned(),
        "f = function(a=$01$0)\nend function\n".to_owned(),
        // A variable more would be seen.
        "print [$0[1]$0]\n".to_owned(),
        "x = 2\nprint $0x * 3$0\nprint globals.len\n".to_owned(),
        "f = function(n)\n  x = $0n + 1$0\n  return locals\nend function\n".to_owned(),
    ] {
        refuses(VARIABLE, &source);
    }
}

#[test]
fn an_expression_becomes_a_function() {
    check(
        FUNCTION,
        "area = function(w, h)\n\treturn $0w * h / 2$0 + 1\nend function\nprint area(3, 4)\n",
        "newFunction = function(w, h)\n\treturn w * h / 2\nend function\n\narea = function(w, h)\n\treturn newFunction(w, h) + 1\nend function\nprint area(3, 4)\n",
    );
    check(
        FUNCTION,
        "f = function\n  n = 3\n  print $0n * n$0\nend function\nf\n",
        "newFunction = function(n)\n  return n * n\nend function\n\nf = function\n  n = 3\n  print newFunction(n)\nend function\nf\n",
    );
    check(
        FUNCTION,
        "x = 2\nprint $0x * 3$0 + 1\n",
        "x = 2\nnewFunction = function\n    return x * 3\nend function\n\nprint newFunction() + 1\n",
    );
    // Read twice, it is called twice if it is a function.
    check(
        FUNCTION,
        "f = function(n, m)\n  return $0n * n - m$0\nend function\nprint f(3, 4)\n",
        "newFunction = function(n, m)\n  return n * n - m\nend function\n\nf = function(n, m)\n  return newFunction(@n, m)\nend function\nprint f(3, 4)\n",
    );
    refuses(FUNCTION, "f = function\n  print $0self.a + 1$0\nend function\n");
    refuses(
        FUNCTION,
        "f = function(n)\n  g = function\n    outer.n = 2\n  end function\n  print $0n + g$0\nend function\n",
    );
    refuses(FUNCTION, "f = function(c)\n  if c then x = 1\n  print $0c and x$0\nend function\n");
    // Of a loop that may not be carried out nothing behind it has a value for certain, and then the program would not run.
    let endless = |condition: &str| {
        let body = format!("  while {condition}\n    n = 7\n    break\n  end while\n  n = n + 1\n  return n\n");
        format!("f = function\n{body}end function\nprint f\n")
    };
    refuses(FUNCTION, &endless("$01$0"));
    refuses(FUNCTION, &endless("$01 + 1$0"));
}

/// A text that has no indented line yet is indented as the client does it.
#[test]
fn code_is_indented_as_the_client_does_it() {
    let (text, at) = marked("$0print 1$0\nif 1 then print 2\n");
    let mut it = Workspace::new(&text, &[]);
    it.live.indent = Some(FormatOptions { width: 2, tabs: true });
    let action = it.actions(at).into_iter().find(|it| it.title == WRAP).expect("it is offered");
    assert_eq!(
        it.apply(&action),
        "newFunction = function\n\tprint 1\nend function\n\nnewFunction\nif 1 then print 2\n"
    );
}

#[test]
fn statements_are_wrapped_in_a_function() {
    check(
        WRAP,
        "$0print 1\nprint 2$0\n",
        "newFunction = function\n    print 1\n    print 2\nend function\n\nnewFunction\n",
    );
    check(
        WRAP,
        "f = function(a)\n  b = a + 1\n  $0c = b * 2\n  if c > 3 then\n    c = 3\n  end if$0\n  return c\nend function\nprint f(1), f(5)\n".replace(", f(5)", "").as_str(),
        "newFunction = function(b)\n  c = b * 2\n  if c > 3 then\n    c = 3\n  end if\n  return c\nend function\n\nf = function(a)\n  b = a + 1\n  c = newFunction(b)\n  return c\nend function\nprint f(1)\n",
    );
    check(
        WRAP,
        "t = 0\n$0for i in [1, 2]\n\tt += i\nend for$0\nprint t\n",
        "t = 0\nnewFunction = function(t)\n\tfor i in [1, 2]\n\t\tt += i\n\tend for\n\treturn t\nend function\n\nt = newFunction(t)\nprint t\n",
    );
    check(
        WRAP,
        "$0t = 1 + 2\nprint t$0\nprint t\n",
        "newFunction = function\n    t = 1 + 2\n    print t\n    return t\nend function\n\nt = newFunction\nprint t\n",
    );
    check(
        WRAP,
        "$0t = @print$0\nt 1\n",
        "newFunction = function\n    t = @print\n    return @t\nend function\n\nt = newFunction\nt 1\n",
    );
    for source in [
        "f = function\n  $0return 1$0\nend function\n",
        "while 1\n  $0break$0\nend while\n",
        "a = 0\nb = 0\n$0a = 1\nb = 2$0\nprint a + b\n",
        "g = function\n  return x\nend function\n$0x = 1$0\nprint g\n",
        "f = function(c)\n  $0if c then x = 1$0\n  print x\nend function\n",
        "f = function\n  $0g = function\n  end function$0\nend function\n",
        "$0print \"a\nb\"$0\n",
        "$0print 1$0 // one\n",
        "$0import \"x\"$0\n",
    ] {
        refuses(WRAP, source);
    }
}

#[test]
fn a_variable_is_inlined() {
    check("Inline `x`", "x = 2 + 3\nprint $0x * x\n", "print (2 + 3) * (2 + 3)\n");
    check("Inline `x`", "$0x = \"a\"\nprint x.len\nprint x\n", "print (\"a\").len\nprint \"a\"\n");
    let many = |read: &str| read.repeat(12);
    check("Inline `x`", &format!("$0x = 2 + 3\n{}", many("print x * 2\n")), &many("print (2 + 3) * 2\n"));
    check(
        "Inline `x`",
        "f = function(n)\n  k = 4\n  x = k * 2\n  print 1\n  return $0x\nend function\nprint f(1)\n",
        "f = function(n)\n  k = 4\n  print 1\n  return k * 2\nend function\nprint f(1)\n",
    );
    check(
        "Inline `x`",
        "f = function(n)\n  print n\n  return n + 0\nend function\nx = f(1) + 1\nprint $0x\n",
        "f = function(n)\n  print n\n  return n + 0\nend function\nprint (f(1) + 1)\n",
    );
    // What a parameter holds may have to be called, once and as soon as before.
    let function = |code: &str| format!("f = function(a, b)\n{code}end function\nprint f(1, 2)\n");
    check("Inline `t`", &function("  $0t = a + 1\n  return t * 2\n"), &function("  return (a + 1) * 2\n"));
    check("Inline `t`", &function("  t = \"x\" + a\n  return $0t\n"), &function("  return \"x\" + a\n"));
    check("Inline `t`", &function("  $0t = a + b\n  print t\n"), &function("  print (a + b)\n"));
    check("Inline `t`", &function("  $0t = a + b\n  if t then print 1\n"), &function("  if a + b then print 1\n"));
    for code in [
        "  $0t = a\n  return t\n",
        "  $0t = a + 1\n  print b\n  return t\n",
        "  $0t = a + 1\n  return t * t\n",
        "  $0t = a + 1\n  return str(b) + t\n",
        "  $0t = a + 1\n  return b + t\n",
        "  $0t = a + 1\n  return b and t\n",
        "  $0t = a + 1\n  while t\n    break\n  end while\n",
    ] {
        refuses("Inline `t`", &function(code));
    }
    for (name, source) in [
        ("x", "x = [1]\nx.push 2\nprint $0x\n"),
        ("x", "x = 1\nx = 2\nprint $0x\n"),
        ("x", "y = 1\nx = y + 1\ny = 2\nprint $0x\n"),
        ("x", "f = function\n  return @print\nend function\nx = f()\nprint $0x\n"),
        ("x", "f = function(n)\n  print n\n  return n\nend function\nx = f(1) + 1\nprint f(2) + $0x\n"),
        ("x", "x = 1\nf = function\n  return x\nend function\nprint f + $0x\n"),
        ("x", "x = 1\nprint $0x\nprint globals\n"),
        ("x", "x = function\n  return 1\nend function\nprint $0x\n"),
        ("n", "n = 0/0\nprint $0n == n\n"),
        ("n", "n = 0 / 0 + 1\nprint $0n == 2\n"),
    ] {
        refuses(&format!("Inline `{name}`"), source);
    }
}

#[test]
fn a_call_is_inlined() {
    let half = "half = function(n, by=2)\n  return n / by\nend function\n";
    let title = "Inline this call of `half`";
    check(title, &format!("{half}print 1 + $0half(8)\n"), &format!("{half}print 1 + (8 / 2)\n"));
    check(title, &format!("{half}k = 3\nx = $0half(k, 4) \nprint x\n"), &format!("{half}k = 3\nx = k / 4 \nprint x\n"));
    refuses(title, &format!("{half}print $0half(print)\n"));
    refuses(title, &format!("{half}half = 1\nprint $0half(8)\n"));
    refuses(title, "half = function(n)\n  print n\n  return n\nend function\nprint $0half(8)\n");
    refuses(
        title,
        "k = 2\nhalf = function(n)\n  return n / k\nend function\nf = function(k)\n  return $0half(8)\nend function\n",
    );
}

#[test]
fn a_missing_end_is_added() {
    let made = |source: &str| offered(source, &[]);
    let one = |title: &str, text: &str| vec![(title.to_owned(), text.to_owned())];
    assert_eq!(made("$0while 1\n  print 1\n"), one("Add `end while`", "while 1\n  print 1\nend while\n"));
    assert_eq!(made("$0while 1\n  print 1"), one("Add `end while`", "while 1\n  print 1\nend while\n"));
    assert_eq!(
        made("f = $0function\n  print 1\n\nprint 2\n"),
        one("Add `end function`", "f = function\n  print 1\nend function\n\nprint 2\n")
    );
    assert_eq!(
        made("f = function\r\n\tif 1 then$0\r\n\t\tprint 1\r\n\telse\r\n\t\tprint 2\r\nend function\r\n"),
        one(
            "Add `end if`",
            "f = function\r\n\tif 1 then\r\n\t\tprint 1\r\n\telse\r\n\t\tprint 2\r\n\tend if\r\nend function\r\n"
        )
    );
    assert_eq!(made("$0for i in [1]\nprint i\n"), one("Add `end for`", "for i in [1]\nprint i\nend for\n"));
    assert_eq!(
        made("while 1\n  break\n$0end if\nprint 1\n"),
        one("Write `end while`", "while 1\n  break\nend while\nprint 1\n")
    );
    assert_eq!(made("x = $0)\n"), []);
}

#[test]
fn unknown_names_are_looked_for_in_other_files() {
    let lib = ("lib.ms", "twice = function(n)\n  return n * 2\nend function\n");
    let made = |source: &str| offered(source, &[lib, ("other-file.ms", "twice = 1\n")]);
    let one = |title: &str, text: &str| vec![(title.to_owned(), text.to_owned())];
    assert_eq!(
        made("// About this file.\n\nprint $0twice(1)\n"),
        one("Import `lib` and write `lib.twice`", "// About this file.\n\nimport \"lib\"\nprint lib.twice(1)\n")
    );
    assert_eq!(made("print $0lib.twice(1)\n"), one("Import `lib`", "import \"lib\"\nprint lib.twice(1)\n"));
    assert_eq!(
        made("import \"lib\" // ours\nprint lib.twice(1) + $0twice(2)\n"),
        one("Change to `lib.twice`", "import \"lib\" // ours\nprint lib.twice(1) + lib.twice(2)\n")
    );
    assert_eq!(
        made("import \"lib\"\nprint lib.twice(1) + $0twicee(2)\n"),
        one("Change to `lib.twice`", "import \"lib\"\nprint lib.twice(1) + lib.twice(2)\n")
    );
    let zzz = ("zzz.ms", "a = 1\n");
    let (title, text) = &offered("import \"zzz\"\nprint $0twice(2) + zzz.a\n", &[lib, zzz])[0];
    assert_eq!(title, "Import `lib` and write `lib.twice`");
    assert_eq!(text, "import \"zzz\"\nimport \"lib\"\nprint lib.twice(2) + zzz.a\n");
    assert_eq!(made("lib = 1\nprint $0twice(2)\n"), []);
}

#[test]
fn arguments_that_are_too_many_go() {
    let f = "f = function(a)\n  return a\nend function\n";
    let made = |call: &str| {
        let found = offered(&format!("{f}{call}"), &[]);
        let fixed = found.into_iter().find(|(title, _)| title.starts_with("Remove the extra"));
        fixed.map(|(title, text)| (title, text[f.len()..].to_owned()))
    };
    let one = |text: &str| Some(("Remove the extra argument".to_owned(), text.to_owned()));
    let more = |text: &str| Some(("Remove the extra arguments".to_owned(), text.to_owned()));
    assert_eq!(made("$0f 1, 2\n"), one("f 1\n"));
    assert_eq!(made("x = 1\nprint $0f(1, x + 1, [2]) + 1\n"), more("x = 1\nprint f(1) + 1\n"));
    assert_eq!(made("g = function\nend function\n$0g 1\ng\n"), one("g = function\nend function\ng\ng\n"));
    assert_eq!(
        made("g = function\nend function\nprint [$0g(1, 2)]\n"),
        more("g = function\nend function\nprint [g()]\n")
    );
    assert_eq!(
        made("m = {}\nm.go = function(a)\nend function\n$0m.go 1, 2\n").map(|it| it.1).as_deref(),
        Some("m = {}\nm.go = function(a)\nend function\nm.go 1\n")
    );
    assert_eq!(made("print $0abs(1, 2)\n"), one("print abs(1)\n"));
    for call in
        ["$0f 1, f(2)\n", "$0f 1, f\n", "$0f(1, // one\n  2)\n", "g = function\nend function\nx = @g\n$0f 1, x\n"]
    {
        assert_eq!(made(call), None, "{call}");
    }
}

#[test]
fn a_function_that_ends_without_a_value_gives_null() {
    let f = |body: &str, end: &str| format!("f = function(n)\n{body}{end}\nprint f(1)\nprint f(0)\n");
    check(
        NULL,
        &f("  if n > 0 then return \"more\"\n", "end$0 function"),
        &f("  if n > 0 then return \"more\"\n  return null\n", "end function"),
    );
    check(
        NULL,
        "m = {}\r\nm.f = function(n)\r\n\tif n then\r\n\t\treturn 1\r\n\tend if\r\n\r\nend$0 function\r\nprint m.f(0)\r\n",
        "m = {}\r\nm.f = function(n)\r\n\tif n then\r\n\t\treturn 1\r\n\tend if\r\n\r\n\treturn null\r\nend function\r\nprint m.f(0)\r\n",
    );
    refuses(NULL, &f("  if n > 0 then return \"more\"", "; end$0 function"));
}

#[test]
fn a_variable_gets_a_first_value() {
    let f = |body: &str| format!("f = function(a)\n{body}end function\nprint f(1)\n");
    check(
        FIRST,
        &f("  print 1\n  if a then x = 1\n  return $0x\n"),
        &f("  print 1\n  x = null\n  if a then x = 1\n  return x\n"),
    );
    // In a loop it keeps what the round before gave it.
    check(
        FIRST,
        &f("  while a < 3\n    a += 1\n    if a > 2 then print $0x\n    x = a\n  end while\n"),
        &f("  x = null\n  while a < 3\n    a += 1\n    if a > 2 then print x\n    x = a\n  end while\n"),
    );
    check(
        FIRST,
        "print 1\nif rnd > 2 then\n  x = 1\nend if\nif 1 then print 2\nif rnd < 0 then print $0x\n",
        "print 1\nx = null\nif rnd > 2 then\n  x = 1\nend if\nif 1 then print 2\nif rnd < 0 then print x\n",
    );
    let read = "  if a then x = 1\n  return $0x\n";
    for more in ["x = 5\n", "print globals.hasIndex(\"x\")\n", "globals[\"\" + \"x\"] = 1\n", "import \"lib\"\n"] {
        refuses(FIRST, &format!("{}{more}", f(read)));
    }
    refuses(FIRST, &f("  if a then x = 1\n  print locals.hasIndex(\"x\")\n  return $0x\n"));
    refuses(FIRST, &f("  print 1; if a then x = 1\n  return $0x\n"));
    let imported = Workspace::new(&marked(&f(read)).0, &[("other.ms", "import \"main\"\nx = 1\n")]);
    let at = marked(&f(read)).1;
    assert!(imported.actions(at).iter().all(|it| it.title != FIRST), "another file may have the name");
}

#[test]
fn what_is_assigned_to_the_variable_of_a_loop_has_its_own() {
    let title = |new: &str| format!("{OWN}`{new}`");
    check(
        &title("i2"),
        "for i in range(1, 3)\n  print i\n  i$0 = i + 1\n  print i\n  if i > 2 then print i\nend for\n",
        "for i in range(1, 3)\n  print i\n  i2 = i + 1\n  print i2\n  if i2 > 2 then print i2\nend for\n",
    );
    check(
        &title("w3"),
        "f = function(l, w2)\n  for w in l\n    w$0 = w.upper\n    print w\n  end for\n  for w in l\n    print w\n  end for\nend function\nf [\"a\"]\n",
        "f = function(l, w2)\n  for w in l\n    w3 = w.upper\n    print w3\n  end for\n  for w in l\n    print w\n  end for\nend function\nf [\"a\"]\n",
    );
    for source in [
        // It is read behind the loop, before in the next round, by a function, or not at all.
        "for i in [1]\n  i$0 = i + 1\n  print i\nend for\nprint i\n",
        "i = 0\nwhile i < 9\n  for i in [1]\n    i$0 = i + 9\n    print i\n  end for\nend while\n",
        "f = function\n  return i\nend function\nfor i in [1]\n  i$0 = i + 1\n  print i + f\nend for\n",
        "for i in [1]\n  i$0 = i + 1\nend for\n",
        // On some ways only, or twice.
        "for i in [1]\n  if i then\n    i$0 = i + 1\n  end if\n  print i\nend for\n",
        "for i in [1]\n  i$0 = i + 1\n  print i\n  i = 2\n  print i\nend for\n",
        "for i in [1]\n  i$0 += 1\n  print i\nend for\n",
        // Seen from outside.
        "for i in [1]\n  i$0 = i + 1\n  print i\nend for\nprint globals\n",
        "for i in [1]\n  i$0 = [i]\n  print [i]\nend for\n",
        "for i in i\n  i$0 = i + 1\n  print i\nend for\ni = 3\nprint i\n",
    ] {
        let found = offered(source, &[]);
        assert!(found.iter().all(|(it, _)| !it.starts_with(OWN)), "{source}: {found:#?}");
    }
}

#[test]
fn a_variable_that_hides_a_built_in_function_has_another_name() {
    let title = |new: &str| format!("{RENAME}`{new}`");
    check(
        &title("val_"),
        "va$0l = 3\nf = function\n  return val + globals.val\nend function\nprint val + f\n",
        "val_ = 3\nf = function\n  return val_ + globals.val_\nend function\nprint val_ + f\n",
    );
    // What is called with arguments is the built-in function.
    check(
        &title("val_"),
        "f = function\n  return val(\"3\")\nend function\nprint f\nva$0l = 3\nprint val\n",
        "f = function\n  return val(\"3\")\nend function\nprint f\nval_ = 3\nprint val_\n",
    );
    check(
        &title("str_"),
        "f = function(st$0r, n)\n  if str then return str + n\n  return str\nend function\nprint f(\"a\", 1)\n",
        "f = function(str_, n)\n  if str_ then return str_ + n\n  return str_\nend function\nprint f(\"a\", 1)\n",
    );
    for source in [
        "print val\nval$0 = 3\nprint val\n",
        "f = function\n  return val\nend function\nval$0 = 3\nprint val\n",
        "val$0 = @str\nprint val(3)\nf = function\n  print globals.hasIndex(\"val\")\nend function\n",
        "if true then val$0 = 3\nprint val\n",
        "val$0 = 3\nprint val\nimport \"lib\"\n",
        "val$0 = [1]\nprint {\"a\": val}\n",
        "z = [1]\nval$0 = z\nprint [val]\n",
        "val$0 = 5\nval = function(x)\n  return 2\nend function\nprint @val\n",
        "val$0 = 3\nfor kv in globals\n  print kv.key\nend for\n",
    ] {
        let found = offered(source, &[("lib.ms", "x = val\n")]);
        assert!(found.iter().all(|(it, _)| !it.starts_with(RENAME)), "{source}: {found:#?}");
    }
}

#[test]
fn what_stands_on_a_line_with_something_else_gets_its_own() {
    let line = "Put it on a line of its own";
    let made = |source: &str| offered(source, &[]);
    let one = |title: &str, text: &str| vec![(title.to_owned(), text.to_owned())];
    assert_eq!(made("if x then\n  y = 1 $0z = 2\nend if\n"), one(line, "if x then\n  y = 1\n  z = 2\nend if\n"));
    assert_eq!(made("x = 1 $0if x then print 2\n"), one(line, "x = 1\nif x then print 2\n"));
    assert_eq!(made("print 1 $02\n"), []);
    assert_eq!(made("if 0 then x = 1 $0y = 2\n"), [], "it may belong to the condition");
    assert_eq!(made("if 1 then print 1 else x = 2 $0y = 3\n"), []);
    assert_eq!(made("print x $0y\n"), []);
    assert_eq!(made("while 0 $0print 1\nend while\n"), one(line, "while 0\n    print 1\nend while\n"));
    assert_eq!(made("for i in [1] $0print i\nend for\n"), one(line, "for i in [1]\n    print i\nend for\n"));
    assert_eq!(
        made("f = function(x) $0return x\nend function\n"),
        one(line, "f = function(x)\n    return x\nend function\n")
    );
    assert_eq!(
        made("if 0 then\n  print 1\nelse $0print 2\nend if\n"),
        one(line, "if 0 then\n  print 1\nelse\n  print 2\nend if\n")
    );
    assert_eq!(made("for i $0[1]\nend for\n"), one("Add `in`", "for i in [1]\nend for\n"));
    assert_eq!(made("m = {}\nm.$0end = 1\n"), one("Write `[\"end\"]`", "m = {}\nm[\"end\"] = 1\n"));
    assert_eq!(made("m = {}\nm.$03 = 1\n"), []);
}

#[test]
fn a_literal_of_another_type_becomes_one_of_the_same() {
    let f = |test: &str| format!("for n in range(1, 3)\n  if {test} then print n\nend for\n");
    let made = |test: &str| offered(&f(test), &[]).into_iter().find(|it| it.0.starts_with("Write `"));
    assert_eq!(made("n $0== \"2\""), Some(("Write `2`".to_owned(), f("n == 2"))));
    assert_eq!(made("\"1.5\" $0> n"), Some(("Write `1.5`".to_owned(), f("1.5 > n"))));
    assert_eq!(made("str(n) $0!= 2"), Some(("Write `\"2\"`".to_owned(), f("str(n) != \"2\""))));
    assert_eq!(made("n $0== \"two\""), None);
    assert_eq!(made("n $0== []"), None);
}

/// Where a person might ask for actions: on every expression and statement as a whole, on runs of statements, on every name.
fn selections(text: &str) -> BTreeSet<(u32, u32)> {
    let root = SyntaxNode::new_root(minilive_syntax::parse(text).green);
    let pair = |range: TextRange| (range.start().into(), range.end().into());
    let mut found = BTreeSet::new();
    for element in root.descendants_with_tokens() {
        match element {
            rowan::NodeOrToken::Node(node) => {
                if Expr::can_cast(node.kind()) || Stmt::can_cast(node.kind()) {
                    found.insert(pair(node.text_range()));
                }
                let next = node.next_sibling().filter(|it| Stmt::can_cast(it.kind()) && Stmt::can_cast(node.kind()));
                found.extend(next.map(|it| pair(TextRange::new(node.text_range().start(), it.text_range().end()))));
            }
            rowan::NodeOrToken::Token(token) if token.kind() == SyntaxKind::Ident => {
                found.insert(pair(TextRange::empty(token.text_range().start())));
            }
            rowan::NodeOrToken::Token(_) => {}
        }
    }
    found
}

/// What is printed, without the numbers of lines and of nameless functions.
fn printed(text: &str) -> String {
    let output = run(text, "main.ms", Mode::Interpreter).output;
    let without_numbers = |text: &str, before: &str| {
        let mut shown = String::new();
        for (number, part) in text.split(before).enumerate() {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            shown += &if number == 0 { part.to_owned() } else { format!("{before}{rest}") };
        }
        shown
    };
    // Folding makes of `-0` what it comes upon first.
    without_numbers(&without_numbers(&output, "line "), "FuncRef(@f").replace("-Inf", "Inf")
}

/// Programs that look at what no rewrite keeps: how deep calls are, which functions they are in, what `reset` takes,
/// which global an element of a list is, which call's variable `import` assigns that goes by another name.
fn looks_behind(program: &str, output: &str) -> bool {
    let words = ["stack", "Trace", "reset", "freeze", "@import", "\"import\""];
    words.iter().any(|it| program.contains(it)) || output.contains("Call stack overflow")
}

#[test]
fn rewrites_keep_what_programs_do() {
    let (mut counts, mut wrong) = (BTreeMap::<String, u32>::new(), Vec::new());
    for path in below(&root().join("tests/spec"), "md") {
        let text = std::fs::read_to_string(&path).expect("specs are UTF-8");
        // Its programs print lists in lists, which are shown by the names of globals.
        if path.ends_with("text-form.md") {
            continue;
        }
        for case in read(&path, &text).expect("specs have their form") {
            let before = printed(&case.program);
            if looks_behind(&case.program, "") {
                continue;
            }
            let it = Workspace::new(&case.program, &[]);
            let mut made = BTreeMap::new();
            for (start, end) in selections(&case.program) {
                let at = TextRange::new(TextSize::new(start), TextSize::new(end));
                // Of the fixes these must not change what the program does.
                let keeping = [REMOVE, NULL, FIRST, OWN, RENAME];
                let keeps =
                    |it: &Action| it.kind != ActionKind::Fix || keeping.iter().any(|title| it.title.starts_with(title));
                let rewrites = it.actions(at).into_iter().filter(keeps);
                made.extend(rewrites.map(|action| (it.apply(&action), action.title)));
            }
            for (after, title) in made {
                let kind = title.split('`').next().unwrap_or_default().to_owned();
                *counts.entry(kind).or_default() += 1;
                let now = printed(&after);
                if now != before && !looks_behind("", &now) {
                    let place = format!("{}:{}", case.file.display(), case.line);
                    wrong.push(format!("{place} {title}\n{after}-- printed before:\n{before}-- and after:\n{now}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {counts:?}:\n{}", wrong.len(), wrong[..wrong.len().min(200)].join("\n----\n"));
    assert!(counts.contains_key(REMOVE), "no assignment is removed: {counts:?}");
    assert!(counts.contains_key(RENAME), "nothing has another name: {counts:?}");
    for kind in [VARIABLE, FUNCTION, WRAP, "Inline ", "Inline this call of ", "Give ", "Write "] {
        assert!(counts.get(kind).is_some_and(|&count| count > 3), "{kind} is hardly tested: {counts:?}");
    }
}
