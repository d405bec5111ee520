//! Fixes of what is unused: what they make of a text, and where there is none.

use super::Fixture;
use crate::ide::checks::PARTLY_QUIET;
use crate::ide::{Action, ActionKind, actions, source_actions};
use crate::settings::{Checks, Level};
use minilive_syntax::TextRange;

/// The fixes under the cursor, all warnings being said: their titles and the texts they make.
fn fixes(source: &str) -> Vec<(String, String)> {
    let it = Fixture::new(source);
    let levels = PARTLY_QUIET.iter().map(|code| ((*code).to_owned(), Level::Hint));
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
    // What may do something is not taken away without a word about that.
    let careful = |lib: &str| format!("//- main.ms\nimport \"$0lib\"\nprint 1\n//- lib.ms\n{lib}");
    for lib in ["x = rnd\n", "if locals == globals then print 1\n", "y = {\"z\": 1}\nx = y.z\n", "return {}\n"] {
        check(&careful(lib), "Remove the import of `lib`, and what it may do when it is loaded", "print 1\n");
    }
    none(&careful("print 1\n"));
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

#[test]
fn an_entry_that_is_replaced_goes() {
    let title = "Remove the entry of \"a\" before";
    check("m = {\"a\": 1, \"b\": 2, $0\"a\": 3}\n", title, "m = {\"b\": 2, \"a\": 3}\n");
    check("m = {\"a\": 1, \"a\": 2, $0\"a\": 3}\n", title, "m = {\"a\": 1, \"a\": 3}\n");
    let lines = |code: &str| format!("m = {{\n{code}  \"a\": 3,\n}}\n");
    check(&lines("  \"a\": [1],\n").replace("\"a\": 3", "$0\"a\": 3"), title, &lines(""));
    // It calls, may fail, or is explained.
    for first in ["\"a\": g", "\"a\": g()", "\"a\": [1][2]", "\"a\": nobody"] {
        let found = fixes(&format!("g = function\n  return 1\nend function\nm = {{{first}, $0\"a\": 3}}\n"));
        assert!(found.iter().all(|it| it.0 != title), "{first}: {found:?}");
    }
    none("m = {\n  \"a\": 1, // the first\n  $0\"a\": 3,\n}\n");
}

#[test]
fn what_is_never_reached_goes_with_its_lines() {
    let title = "Remove what is never reached";
    check(
        &body("  return a\n  $0print 1\n  if a then\n    print 2\n  end if\n").replace("  return a\nend", "end"),
        title,
        &body(""),
    );
    check("while 1\r\n  break\r\n  $0x = 1\r\nend while\r\n", title, "while 1\r\n  break\r\nend while\r\n");
    none("while 1\n  break; $0x = 1\nend while\n");
    none("while 1\n  break\n  $0x = 1 // one\nend while\n");
}

#[test]
fn an_assignment_of_a_variable_outside_says_so() {
    let global = |code: &str| format!("n = 1\nf = function\n{code}end function\nf\n");
    check(&global("  n = $0n + 1\n"), "Write `globals.n`", &global("  globals.n = n + 1\n"));
    check(&global("  $0n += 1\n"), "Write `globals.n`", &global("  globals.n += 1\n"));
    check(&global("  n = $0n + 1\n  n = 2\n"), "Write `globals.n`", &global("  globals.n = n + 1\n  globals.n = 2\n"));
    let around = |code: &str| {
        format!("f = function(n)\n  g = function\n    {code}\n  end function\n  g\n  return n\nend function\nf 1\n")
    };
    check(&around("n = $0n + 1"), "Write `outer.n`", &around("outer.n = n + 1"));
    // Nothing outside has the name, a loop assigns it too, or a closure means this function's.
    none("f = function\n  n = $0n + 1\nend function\nf\n");
    none(&global("  n = $0n + 1\n  for n in [1]\n  end for\n"));
    none(&global("  n = $0n + 1\n  g = function\n    outer.n = 2\n  end function\n  g\n"));
}

#[test]
fn a_condition_that_assigns_compares() {
    for code in
        ["if x $0= 5 then print 1\n", "while x and (y $0= 5)\nend while\n", "if x then\nelse if x $0= 1 then\nend if\n"]
    {
        check(code, "Write `==`", &code.replace("$0=", "=="));
    }
    // Of two in a line, the one at the cursor.
    check("if x $0= 5 or y = 6 then print 1\n", "Write `==`", "if x == 5 or y = 6 then print 1\n");
    for code in ["x = y $0= 5\n", "f(x $0= 5)\n", "if f(x $0= 5) then print 1\n", "if 1 then print x $0= 5\n"] {
        none(code);
    }
}

#[test]
fn a_fix_is_preferred_if_it_is_the_only_one_for_what_is_said() {
    let preferred = |source: &str| {
        let it = Fixture::new(source);
        let found = actions(&it.db, &it.document, &it.live(), TextRange::empty(it.offset));
        found.into_iter().map(|it| (it.title, it.preferred)).collect::<Vec<_>>()
    };
    assert_eq!(preferred("prin$0tt 1\n"), [("Change to `print`".to_owned(), true)]);
    let two = preferred("//- main.ms\ncuont = 1\nprint coun$0t\n//- lib.ms\ncount = 3\n");
    assert_eq!(two.len(), 2, "{two:?}");
    assert!(two.iter().all(|(_, preferred)| !preferred), "{two:?}");
    let import = |lib: &str| preferred(&format!("//- main.ms\nimport \"$0lib\"\nprint 1\n//- lib.ms\n{lib}"));
    assert_eq!(import("x = 1\n"), [("Remove the import of `lib`".to_owned(), true)]);
    assert!(matches!(&*import("x = rnd\n"), [(_, false)]), "{:?}", import("x = rnd\n"));
    assert!(preferred("x$0 = 3\nprint x + 1\n").iter().all(|(_, preferred)| !preferred), "a rewrite mends nothing");
}

/// The text after an action for the whole file; none if there is none.
fn whole(source: &str, kind: ActionKind) -> Option<String> {
    let it = Fixture::new(source);
    let found = source_actions(&it.db, &it.document, &it.live(), &[kind]);
    let mut text = it.document.text.to_string();
    for edit in found.first()?.edits.iter().rev() {
        text.replace_range(std::ops::Range::<usize>::from(edit.range), &edit.insert);
    }
    Some(text)
}

#[test]
fn a_file_is_put_right_as_a_whole() {
    let lib = "//- lib.ms\nx = 1\n//- b.ms\ny = 1\n//- loud.ms\nprint 1\nz = 1\n//- reads.ms\nif globals.hasIndex(\"b\") then r = 1 else r = 2\n";
    let all = |text: &str, kind| whole(&format!("//- main.ms\n{text}{lib}"), kind);
    let text = "import \"lib\"\nimport \"b\"\nn = 1\nm = @n\nprint b.y + m\n";
    assert_eq!(all(text, ActionKind::FixAll).as_deref(), Some("import \"b\"\nn = 1\nm = n\nprint b.y + m\n"));
    // What may be something else is left to the person who knows.
    assert_eq!(all("n = 1\nif n == \"1\" then print 2\nprnt 3\n", ActionKind::FixAll), None);
    let organized = |text: &str| all(text, ActionKind::OrganizeImports);
    assert_eq!(
        organized("// Mine.\nimport \"lib\"\nimport \"b\"\nprint lib.x + b.y\n").as_deref(),
        Some("// Mine.\nimport \"b\"\nimport \"lib\"\nprint lib.x + b.y\n")
    );
    assert_eq!(organized("import \"b\"\nimport \"lib\"\nprint lib.x + b.y\n"), None);
    assert_eq!(
        organized("import \"lib\"\nimport \"b\"\nprint lib.x\n").as_deref(),
        Some("import \"lib\"\nprint lib.x\n")
    );
    // Something stands between them, one does something when it is loaded, or looks at what is there.
    assert_eq!(organized("import \"lib\"\n// Why.\nimport \"b\"\nprint lib.x + b.y\n"), None);
    assert_eq!(organized("import \"lib\"\nprint 1\nimport \"b\"\nprint lib.x + b.y\n"), None);
    assert_eq!(organized("import \"loud\"\nimport \"b\"\nprint loud.z + b.y\n"), None);
    assert_eq!(organized("import \"reads\"\nimport \"b\"\nprint reads.r + b.y\n"), None);
    assert_eq!(organized("import \"nowhere\"\nimport \"b\"\nprint nowhere.r + b.y\n"), None);
    assert_eq!(
        organized("import \"loud\"\nimport \"lib\"\nimport \"b\"\nprint loud.z + b.y\n").as_deref(),
        Some("import \"loud\"\nimport \"b\"\nprint loud.z + b.y\n")
    );
}

/// Whether the actions for a whole file leave an import that the file does not use. `lib` is what it imports, `more` is other files.
fn keeps(lib: &str, more: &str) -> bool {
    let source = format!("//- main.ms\nimport \"lib\"\nconfig = {{}}\nprint config\n//- lib.ms\n{lib}{more}");
    let found = [ActionKind::FixAll, ActionKind::OrganizeImports].map(|kind| whole(&source, kind));
    assert!(found[0] == found[1], "{lib:?}");
    found[0].as_deref().is_none_or(|it| it.contains("import"))
}

#[test]
fn unused_modules_that_only_define_go_with_all_fixes() {
    for lib in [
        "x = 1\ny = \"a\" + \"b\" + 1\nz = -(2 + 3) * 4\nt = true\n",
        "f = function(a, b=2, c=[])\n  print a\nend function\ng = @f\nl = [1, [2], {\"a\": function\nend function}]\n",
        "A = {\"n\": 1}\nA.go = function\n  self.n += 1\nend function\nA[\"key\"] = 3\nB = new A\nB.go = function\nend function\n",
        "",
    ] {
        assert!(!keeps(lib, ""), "{lib:?}");
    }
    let sub = "import \"sub\"\nx = 1\n";
    assert!(!keeps(sub, "//- sub.ms\ny = 1\n"));
    assert!(keeps(sub, "//- sub.ms\ny = config\n"));
    assert!(keeps(sub, "//- sub.ms\nimport \"lib\"\n"));
    assert!(keeps(sub, ""));
}

#[test]
fn unused_modules_that_may_do_more_stay_with_all_fixes() {
    for lib in [
        "X = config\nX.n = 5\n",
        "y = config\ny[0] = 4\n",
        "m = map\nm.zz = 7\n",
        "X = {}\nX.m = number\nX.m.q = 4\n",
        "x = config.pop\n",
        "go = function\n  print 1\nend function\nx = [go]\n",
        "go = function\n  print 1\nend function\nm = {}\nm.f = @go\nx = m.f\n",
        "go = function\nend function\nm = {\"a\": go}\n",
        "go = function\nend function\nm = new go\n",
        "x = \"a\".hi\n",
        "x = input(\"?\")\n",
        "v = rnd(7)\n",
        "v = rnd\n",
        "x = (\n",
        "x = [1][4]\n",
        "x = \"a\" - 1\n",
        "x = [1] * 1e9\n",
        "x = 1\nx += 1\n",
        "l = [1]\nl[4] = 2\n",
        "X = {}\nX = 5\nX.n = 1\n",
        "X = {}\nX.__isa = 1\n",
        "list.q = 5\n",
        "list = {}\nlist.q = 5\n",
        "if locals == globals then x = 1\n",
        "for i in [1]\nend for\n",
    ] {
        assert!(keeps(lib, ""), "{lib:?}");
    }
}

#[test]
fn a_file_of_imports_is_no_empty_one_on_save() {
    let lib = "//- main.ms\nimport \"lib\"\n//- lib.ms\nx = 1\n";
    assert_eq!(whole(lib, ActionKind::FixAll), None);
    assert_eq!(whole(lib, ActionKind::OrganizeImports), None);
}

#[test]
fn imports_stay_where_they_are_if_their_order_shows() {
    let main = |rest: &str| format!("//- main.ms\nimport \"b\"\nimport \"a\"\nprint a.v + b.v\n{rest}");
    let organized = |rest: &str, b: &str| {
        whole(&format!("{}//- b.ms\n{b}//- a.ms\nv = 1\n", main(rest)), ActionKind::OrganizeImports)
    };
    assert!(organized("", "v = 1\n").is_some());
    assert_eq!(organized("print globals\n", "v = 1\n"), None);
    assert_eq!(organized("for kv in globals\n  print kv.key\nend for\n", "v = 1\n"), None);
    assert_eq!(organized("", "v = rnd(7)\n"), None);
    let imported = |user: &str| {
        whole(
            &format!("{}//- b.ms\nv = 1\n//- a.ms\nv = 1\n//- user.ms\nimport \"main\"\n{user}", main("")),
            ActionKind::OrganizeImports,
        )
    };
    assert!(imported("print main.a.v\n").is_some());
    assert_eq!(imported("for kv in main\n  print kv.key\nend for\n"), None);
}
