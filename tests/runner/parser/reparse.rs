//! The law of `reparse`: it equals `parse` of the new text, tree and errors. Checked by random edits.
//!
//! Part of `runner/parser.rs`. Texts are the goldens and random soup of lines and tokens; each is edited many times in a row,
//! so that edits also hit texts that are broken already.

use super::{check_invariants, goldens};
use minilive_syntax::{Parse, TextEdit, TextRange, TextSize, parse, reparse};
use minilive_tests::random::Random;
use std::time::{Duration, Instant};

/// Pieces that edits insert and soup is made of.
const PIECES: &[&str] = &[
    "x",
    "y.z",
    "f(1)",
    "a[0]",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    ";",
    "\t",
    "1",
    "2.5",
    "\"s\"",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "@",
    "+",
    "-",
    " -",
    "- ",
    "*",
    "/",
    "^",
    "==",
    "<",
    "=",
    " = ",
    "+=",
    "and ",
    " or ",
    "not ",
    " isa ",
    "new ",
    "while ",
    "for i in ",
    "if ",
    " then",
    " then\n",
    "else",
    "else if ",
    "\nelse\n",
    "break",
    "continue\n",
    "function",
    "function(a)\n",
    "return ",
    "end ",
    "\nend if\n",
    "end while\n",
    "\nend for",
    "\nend function\n",
    "self",
    "locals",
    "// c",
    "//> x",
    "// \"",
    "\u{FEFF}",
    "é",
    "\u{A0}",
    "\0",
    "'",
    "print ",
    "print 1\n",
];

/// Lines that soup is made of.
const LINES: &[&str] = &[
    "x = 1",
    "print x, y",
    "while x",
    "end while",
    "if x then",
    "else if y then",
    "else",
    "end if",
    "for i in x",
    "end for",
    "f = function(a, b=1)",
    "  end function",
    "return x",
    "break",
    "continue",
    "x.y = 3",
    "x[1] = {1:2}",
    "if x then y = 1 else z = 2",
    "if x then f 1",
    "y = [1,",
    "2, 3]",
    "m = {",
    "\"k\": 1,",
    "}",
    "// note",
    "print x -1",
    "x = 1 +",
    "x = )",
    "if x",
    "while",
    "",
    "",
];

/// A text of random lines and tokens.
fn soup(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(25) {
        if random.below(5) > 0 {
            text.push_str(random.pick(&["", "  ", "\t"]));
            text.push_str(random.pick(LINES));
        } else {
            for _ in 0..random.below(6) {
                text.push_str(random.pick(PIECES));
            }
        }
        text.push_str(random.pick(&["\n", "\n", "\n", "\r\n", "; ", " // c\n", "\n\n"]));
    }
    text
}

/// A place between two characters.
fn place(random: &mut Random, text: &str, near: usize) -> usize {
    let mut at =
        if random.below(3) == 0 { random.below(text.len() + 1) } else { (near + random.below(12)).min(text.len()) };
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A small random edit, and the text after it.
fn edit(random: &mut Random, text: &str) -> (TextEdit, String) {
    let start = random.below(text.len() + 1);
    let start = place(random, text, start);
    let end = if random.below(2) == 0 { start } else { place(random, text, start).max(start) };
    let mut insert = String::new();
    for _ in 0..[1, 1, 1, 2, 0][random.below(5)] {
        insert.push_str(random.pick(PIECES));
    }
    let size = |at: usize| TextSize::try_from(at).expect("short texts");
    let mut new_text = text.to_owned();
    new_text.replace_range(start..end, &insert);
    (TextEdit { range: TextRange::new(size(start), size(end)), insert }, new_text)
}

/// `reparse` after checking that it keeps the law.
#[track_caller]
fn check_law(old: &Parse, old_text: &str, edit: &TextEdit, new_text: &str) -> Parse {
    let incremental = reparse(old, old_text, edit, new_text);
    let full = parse(new_text);
    check_invariants(new_text, &full);
    let case = || format!("{old_text:?}\nedit {edit:?}");
    assert_eq!(incremental.errors, full.errors, "errors differ: {}", case());
    assert!(
        incremental.green == full.green,
        "trees differ: {}\nincremental {:#?}\nfull {:#?}",
        case(),
        incremental.syntax(),
        full.syntax()
    );
    incremental
}

#[test]
fn random_edits_keep_the_law() {
    let asked = std::env::var("MINILIVE_FUZZ_ITERATIONS").ok().and_then(|number| number.parse().ok());
    let iterations: usize = asked.unwrap_or(20_000);
    let seed = std::env::var("MINILIVE_FUZZ_SEED").ok().and_then(|number| number.parse().ok());
    let mut random = Random::new(seed.unwrap_or(2026));
    let texts: Vec<String> = ["ok", "err"].into_iter().flat_map(goldens).map(|(_, text)| text).collect();
    let mut done = 0;
    while done < iterations {
        let mut text = if random.below(2) == 0 { texts[random.below(texts.len())].clone() } else { soup(&mut random) };
        let mut parsed = parse(&text);
        for _ in 0..16 {
            let (edit, new_text) = edit(&mut random, &text);
            parsed = check_law(&parsed, &text, &edit, &new_text);
            text = new_text;
            done += 1;
        }
    }
}

/// Replaces the first `from` by `to`.
fn replace(text: &str, from: &str, to: &str) -> (TextEdit, String) {
    let at = TextSize::try_from(text.find(from).expect("the text to replace is there")).expect("short texts");
    let edit = TextEdit { range: TextRange::at(at, TextSize::of(from)), insert: to.to_owned() };
    (edit, text.replacen(from, to, 1))
}

#[track_caller]
fn check_replace(text: &str, from: &str, to: &str) {
    let (edit, new_text) = replace(text, from, to);
    check_law(&parse(text), text, &edit, &new_text);
}

#[test]
fn edits_that_reach_out_of_their_lines_keep_the_law() {
    check_replace("f = function\n  x = 1\n  y = 2\nend function\n", "x = 1", "end function");
    check_replace("while a\n  b\nend while\nc\n", "b", "break\n  end while\nbreak");
    check_replace("while a\n  b\nend while\nc\n", "b", "f = function\nbreak");
    check_replace("if a then\n  b\nend if\n", "  b", "else\n  b");
    check_replace("x = 1\ny = 2\nz = \"s\"\n", "1", "\"");
    check_replace("x = 1\ny = 2\n", "1", "1 +");
    check_replace("x = 1 +\ny = 2\n", " +", "");
    check_replace("while\ny = 2\n", "y", "\n\ny");
    check_replace("x = not\ny = 2\n", "x", "x.z");
    check_replace("x = 1\ry = 2\n", "y", "\ny");
    check_replace("x = 1\nwhile b\n  if c then\n", "x = 1", "x =\n\n 1");
    check_replace("f = function\nend function\nbreak\n", "end", "x = )\nend");
}

/// A file of functions, ten thousand lines long.
fn large_file() -> String {
    let body = "  total = alpha * 2 + beta ^ 2\n  if total > 10 and beta < 3 then\n    print \"value \" + total, [1, 2]\n  end if\n".repeat(12);
    (0..200).map(|k| format!("f{k} = function(alpha, beta=2)\n{body}end function\n")).collect()
}

#[test]
fn an_edit_inside_a_function_keeps_the_other_functions() {
    let text = large_file();
    let parsed = parse(&text);
    let (edit, new_text) = replace(&text, "alpha * 2", "alpha * 23");
    let after = check_law(&parsed, &text, &edit, &new_text);
    let children = |parsed: &Parse| {
        let nodes = parsed.green.children().filter_map(|child| child.into_node());
        nodes.map(std::ptr::from_ref).collect::<Vec<_>>()
    };
    let changed = children(&parsed).into_iter().zip(children(&after)).filter(|(old, new)| old != new).count();
    assert_eq!(changed, 1);
}

#[test]
fn an_edit_of_one_letter_takes_less_than_a_millisecond() {
    let text = large_file();
    let parsed = parse(&text);
    let (edit, new_text) =
        replace(&text, "f150 = function(alpha, beta=2)\n  total", "f150 = function(alpha, beta=2)\n  totals");
    let run = |_| {
        let start = Instant::now();
        let after = reparse(&parsed, &text, &edit, &new_text);
        (start.elapsed(), after).0
    };
    assert!((0..50).map(run).any(|time| time < Duration::from_millis(1)), "no run was fast enough");
}
