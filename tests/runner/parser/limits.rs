//! No text makes the parser panic, recurse without bound or take more than linear time.
//!
//! Part of `runner/parser.rs`. The tests run on the test harness's small stacks on purpose.

use super::check_invariants;
use minilive_syntax::ast::{Expr, Stmt};
use minilive_syntax::parse;
use std::time::Instant;

/// Builds, walks and drops the tree of `prefix`, `n` times `part`, `suffix`.
#[track_caller]
fn check(prefix: &str, part: &str, n: usize, suffix: &str, is_too_deep: bool) {
    let text = [prefix, &part.repeat(n), suffix].concat();
    let parsed = parse(&text);
    check_invariants(&text, &parsed);
    let depth = parsed.syntax().descendants().map(|node| node.ancestors().take(5_000).count()).take(20_000).max();
    assert!(depth.is_some_and(|depth| depth < 2_500), "{part:?} nests {depth:?} nodes");
    let reported = parsed.errors.iter().filter(|error| error.code == "nested-too-deeply").count();
    assert_eq!(reported, usize::from(is_too_deep), "{part:?}");
}

#[test]
fn deep_nesting_is_one_error() {
    let parts = [
        "(",
        "[",
        "{",
        "{1:",
        "-",
        "not ",
        "new ",
        "@",
        "2^",
        "f(",
        "a[",
        "a[1:",
        "while 1\n",
        "for i in x\n",
        "if 1 then\n",
        "if 1 then ",
        "f = function\n",
        "f(function\n",
        "f = function(a=",
        "return function\n",
        "x = 1 + (",
        "a or not (",
        "if 1 then while 1\n",
        "x = y = ",
        ") function ",
    ];
    for part in parts {
        check("", part, 20_000, "", true);
    }
    check("x = ", "(", 400, &format!("1{}", ")".repeat(400)), false);
    check("", "while 1\n", 400, &"end while\n".repeat(400), false);
}

#[test]
fn long_chains_stay_flat() {
    for part in ["1 + ", "1 * ", "1 < ", "a or ", "a and ", "a isa "] {
        check("x = ", part, 10_000, "1\n", false);
    }
    check("x = a", ".b(1)[2]", 10_000, "\n", false);
    check("if 1 then\n", "else if 1 then\n", 10_000, "end if\n", false);
    check("if 1 then x=1 ", "else if 1 then x=1 ", 10_000, "\n", false);
    check("", "x = 1\n", 10_000, "", false);
    check("f ", "1,", 10_000, "1\n", false);
    check("x = 1 +", "\n// c", 10_000, "\n2\n", false);
}

#[test]
fn errors_stay_linear() {
    for part in ["end while\n", "else ", "x = )\n", "\"\n", "for ", "if a ", ") ", "while 1\nend if\n"] {
        let text = part.repeat(10_000);
        check_invariants(&text, &parse(&text));
    }
}

#[test]
fn ten_times_the_text_takes_ten_times_the_time() {
    let lines = "f = function(a)\n  x = a.b[1] + g(2, \"c\") * 3\nend function\nif x == 3 then print y else print z\n";
    let (small, large) = (lines.repeat(100), lines.repeat(1_000));
    let time = |text: &str| {
        let start = Instant::now();
        let parsed = parse(text);
        (start.elapsed(), parsed.errors.len()).0
    };
    // Other work on the machine makes single times useless; quadratic work would show a factor of a hundred in all of them.
    let is_linear = |_| time(&large) < time(&small) * 40;
    assert!((0..50).any(is_linear), "the time grows faster than the text");
}

#[test]
fn any_characters_are_kept() {
    let odd = [
        "\0",
        "\r",
        "\r\n",
        "\n",
        "\u{FEFF}",
        "\u{85}",
        "\u{2028}",
        "\u{1F600}",
        "e\u{301}",
        "\"",
        "//",
        "'",
        "\\",
        "\u{7F}",
        "-",
        " ",
    ];
    for first in odd {
        for second in odd {
            for third in odd {
                let text = [first, second, "x", third, " = ", first, "1"].concat();
                check_invariants(&text, &parse(&text));
            }
        }
    }
}

#[test]
fn views_show_flat_chains_in_order() {
    let parsed = parse("x = a - b -c + d.e(1)[2]\n");
    let Some(Stmt::Assign(assign)) = parsed.root().statements().next() else { panic!("an assignment") };
    let Some(Expr::Binary(sum)) = assign.value() else { panic!("a sum") };
    let names: Vec<_> =
        sum.operands().map(|operand| minilive_syntax::AstNode::syntax(&operand).text().to_string()).collect();
    assert_eq!(names, ["a", "b", "c", "d.e(1)[2]"]);
    let operators: Vec<_> = sum.operator_tokens().map(|token| token.text().to_owned()).collect();
    assert_eq!(operators, ["-", "-", "+"]);
}
