//! What actions must leave as it is because other files see it: the variables of a program that modules read and write, and those of a module.
//!
//! Part of the tests of code actions. Whether a program keeps what it does is not shown by running it here, since what is run has no files:
//! the texts that actions make are compared.

use super::{FUNCTION, VARIABLE, WRAP, check, offered, refuses};

/// The text of an action of this title, if it is offered.
fn made(title: &str, source: &str, others: &[(&str, &str)]) -> Option<String> {
    offered(source, others).into_iter().find(|(it, _)| it == title).map(|(_, text)| text)
}

/// The same text with the cursor at its start.
fn at_start(source: &str) -> String {
    format!("$0{}", source.replace("$0", ""))
}

/// Of a module only functions at its top level see its variables, so what is called in one that stands in another is made in the other.
#[test]
fn a_function_is_made_where_the_code_sees_it() {
    let main = [("prog.ms", "import \"main\"\nf = main.adder(2)\nprint f(3)\n")];
    for others in [&main[..], &[]] {
        assert_eq!(
            made(
                FUNCTION,
                "adder = function(n)\n  return function(x)\n    return $0x * 2$0 + 1\n  end function\nend function\n",
                others
            )
            .as_deref(),
            Some(
                "adder = function(n)\n  newFunction = function(x)\n    return x * 2\n  end function\n\n  return function(x)\n    return newFunction(x) + 1\n  end function\nend function\n"
            )
        );
    }
    check(
        WRAP,
        "make = function\n  // What it gives.\n  o = {}\n  o.f = function(a)\n    $0b = a * 2\n\n    if b then\n      b += 1\n    end if$0\n    return b\n  end function\n  return o\nend function\no = make\nprint o.f(3)\n",
        "make = function\n  // What it gives.\n  o = {}\n  newFunction = function(a)\n    b = a * 2\n\n    if b then\n      b += 1\n    end if\n    return b\n  end function\n\n  o.f = function(a)\n    b = newFunction(@a)\n    return b\n  end function\n  return o\nend function\no = make\nprint o.f(3)\n",
    );
    // Three deep, into the second; before the whole statement, of which the loop is one.
    check(
        FUNCTION,
        "f = function\n  g = function\n    while true\n      h = function(x)\n        return $0x * 2$0 + 1\n      end function\n      return h(1)\n    end while\n  end function\n  return g\nend function\nprint f\n",
        "f = function\n  g = function\n    newFunction = function(x)\n      return x * 2\n    end function\n\n    while true\n      h = function(x)\n        return newFunction(x) + 1\n      end function\n      return h(1)\n    end while\n  end function\n  return g\nend function\nprint f\n",
    );
    // Somebody looks at all variables of the function around it, or there is no line for it.
    let inner = |first: &str, last: &str| {
        format!(
            "f = function\n{first}  g = function(x)\n    return $0x * 2$0 + 1\n  end function\n{last}  return g(1)\nend function\nprint f\n"
        )
    };
    refuses(FUNCTION, &inner("", "  print locals.len\n"));
    refuses(FUNCTION, &inner("  h = function\n    return outer\n  end function\n", ""));
    refuses(FUNCTION, &inner("  k = 1; ", "").replace(";   g", "; g"));
    assert!(offered(&inner("", ""), &[]).iter().any(|(it, _)| it == FUNCTION));
    refuses(
        FUNCTION,
        "f = function(g=function(x)\n  return $0x * 2$0 + 1\nend function)\n  return g(1)\nend function\n",
    );
}

/// A module reads and writes the variables of the program that imports it.
#[test]
fn what_modules_name_of_the_program_stays() {
    let count = |rest: &str| format!("$0total = 0$0\nimport \"lib\"\nlib.add 5\nprint total{rest}\n");
    let actions = |source: &str, lib: &str| {
        let others = [("lib.ms", lib), ("deep.ms", "show = function\n  print speed\nend function\n")];
        [made("Inline `total`", &at_start(source), &others).is_some(), made(WRAP, source, &others).is_some()]
    };
    let add = |line: &str| format!("add = function(n)\n  {line}\nend function\n");
    for line in [
        "globals.total += n",
        "globals.total = n",
        "globals[\"total\"] = n",
        "print total",
        "print total.len",
        "print globals.total",
        "if total then print n",
        "if n then total = 1; print total",
        "f = function; return total; end function",
        "g = globals; g.total = n",
        "globals[\"tot\" + \"al\"] = n",
        "print globals.len",
    ] {
        assert_eq!(actions(&count(""), &add(line)), [false, false], "{line}");
    }
    for lib in [
        "outer.total = 1\n",
        "if total then x = 1\n",
        "total = total + 1\n",
        "if 0 then total = 1\nadd = function(n)\n  print total\nend function\n",
        // A function within a function does not see the module's.
        "total = 1\nadd = function(n)\n  f = function\n    return total\n  end function\nend function\n",
        "import \"unknown\"\n",
        "import \"a\" + \"b\"\n",
        "add = function(\n",
    ] {
        assert_eq!(actions(&count(""), lib), [false, false], "{lib}");
    }
    // What has the name is the module's own.
    for lib in [
        &*add("total = n; print total"),
        &*add("print {\"total\": n}.total"),
        "total = 1\nadd = function(n)\n  print total\nend function\n",
        "add = function(total)\n  print total\nend function\n",
        "import \"deep\"\nadd = function(n)\n  deep.show\nend function\n",
    ] {
        assert_eq!(actions(&count(""), lib), [true, true], "{lib}");
    }
    // Behind a module there are others.
    let speed = "$0speed = 2$0\nimport \"lib\"\nprint speed\n";
    let others = [("lib.ms", "import \"deep\"\n"), ("deep.ms", "show = function\n  print speed\nend function\n")];
    assert_eq!(made(WRAP, speed, &others), None);
    assert_eq!(made("Inline `speed`", &at_start(speed), &others), None);
    assert!(made(WRAP, speed, &[("lib.ms", "x = 1\n")]).is_some());
}

#[test]
fn a_function_that_modules_replace_is_not_inlined() {
    let called = |lib: &str| {
        let source = "f = function(a)\n  return a + 1\nend function\nimport \"lib\"\nlib.patch\nprint $0f(1) * 2\n";
        made("Inline this call of `f`", source, &[("lib.ms", lib)]).is_some()
    };
    assert!(called("patch = function\n  print f(2)\nend function\n"));
    assert!(!called("patch = function\n  globals.f = @str\nend function\n"));
}

/// A name that is worked out may be that of any file.
#[test]
fn what_may_be_imported_keeps_its_variables() {
    let id = "$0id = \"A\"$0\nprint id\n";
    let both = |others: &[(&str, &str)]| {
        [made("Inline `id`", &at_start(id), others).is_some(), made(WRAP, id, others).is_some()]
    };
    assert_eq!(
        both(&[("prog.ms", "load = function(n)\n  return import(n)\nend function\nprint load(\"main\").id\n")]),
        [false, false]
    );
    assert_eq!(both(&[("prog.ms", "import \"main\"\n")]), [false, false]);
    assert_eq!(both(&[("prog.ms", "import \"other\"\n")]), [true, true]);
}

#[test]
fn new_names_are_none_that_modules_look_for() {
    let lib = [(
        "lib.ms",
        "get = function\n  if globals.hasIndex(\"value\") then return newFunction\n  return 0\nend function\n",
    )];
    let source = "import \"lib\"\nprint $02 * 3$0 + lib.get\n";
    assert_eq!(
        made(VARIABLE, source, &lib).as_deref(),
        Some("import \"lib\"\nvalue2 = 2 * 3\nprint value2 + lib.get\n")
    );
    assert_eq!(
        made(FUNCTION, source, &lib).as_deref(),
        Some(
            "import \"lib\"\nnewFunction2 = function\n    return 2 * 3\nend function\n\nprint newFunction2() + lib.get\n"
        )
    );
}

/// Without the name nobody knows what is imported.
#[test]
fn names_of_imports_stand_where_they_are() {
    for source in [
        "import $0\"lib\"$0\n",
        "f = function\n  import $0\"lib\"$0\nend function\n",
        "m = import($0\"lib\"$0)\n",
        "ensureImport [$0\"lib\"$0]\n",
        "u.ensureImport $0\"lib\"$0\n",
    ] {
        let found = offered(source, &[("lib.ms", "x = 1\n")]);
        assert!(found.iter().all(|(it, _)| it != VARIABLE && it != FUNCTION), "{source}: {found:#?}");
    }
    assert!(made(VARIABLE, "x = 1\nprint $0\"lib\"$0\n", &[]).is_some());
}
