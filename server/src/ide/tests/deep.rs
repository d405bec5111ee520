//! Functions of a module that stand too deep to see its variables.

use super::checks::{check, codes};
use crate::settings::Checks;
use expect_test::expect;

const LIB: &str = "//- lib.ms\nK = 5\nmake = function\n  return function\n    return K\n  end function\nend function\n";

fn is_told(source: &str) -> bool {
    codes(source, &Checks::default()).contains(&"unknown-name")
}

#[test]
fn a_module_s_variable_is_not_seen_two_functions_deep() {
    check(
        &format!("{LIB}//- main.ms\nimport \"lib\"\nf = lib.make\nprint f\n"),
        &expect![[r#"
            |     return K
            |            ^ unknown-name: where this file is imported, `K` is unknown here: a function sees the variables of the function around it, and no further
        "#]],
    );
    assert!(
        is_told(&format!("{LIB}//- main.ms\nimport \"a\"\n//- a.ms\nimport \"lib\"\n")),
        "by a module of a program"
    );
}

#[test]
fn where_it_is_not_certain_nothing_is_told() {
    assert!(!is_told(LIB), "nobody imports it");
    for main in [
        "K = 1\nimport \"lib\"\n",
        "import \"lib\"\nglobals.K = 2\n",
        "import \"lib\"\nm = globals\nm.K = 2\n",
        "import \"lib\"\nglobals[rnd] = 2\n",
        "import \"lib\"\nimport \"nowhere\"\n",
        "import \"lib\"\nk = \"a\" + \"b\"\nimport k\n",
        "import \"lib\"\nimport \"other\"\n//- other.ms\nglobals.K = 1\n",
        "import \"lib\"\nimport \"other\"\n//- other.ms\nouter.K = 1\n",
    ] {
        assert!(!is_told(&format!("{LIB}//- main.ms\n{main}")), "{main}");
    }
    let with = |from: &str, to: &str| is_told(&format!("{}//- main.ms\nimport \"lib\"\n", LIB.replacen(from, to, 1)));
    assert!(with("x", "x"), "it is told as it stands");
    assert!(!with("return K", "K = 1\n    return K"));
    assert!(!with("  return function", "  K = 1\n  return function"));
    assert!(!with("make = function\n", "make = function(K)\n"));
    assert!(!with("return function\n", "return function(K)\n"));
    assert!(!with("K = 5\n", "globals.K = 5\n"));
    assert!(!with("K = 5\n", "K = 5\nglobals.K = K\n"));
    assert!(!with("    return K\n", "    if globals.hasIndex(\"K\") then return K\n"));
    assert!(!with("  return function", "  m = locals\n  return function"));
    assert!(!with("    return K\n  end function\n", "    return 1\n  end function\n  return K\n"), "one function deep");
}
