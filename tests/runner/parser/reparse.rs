//! The law of `reparse`: it equals `parse` of the new text, tree and errors. Checked by random edits.
//!
//! Part of `runner/parser.rs`. Texts are the goldens and random soup of lines and tokens; each is edited many times in a row,
//! so that edits also hit texts that are broken already.

use super::goldens;
use minilive_syntax::{Parse, TextEdit, TextRange, TextSize, parse, reparse};
use minilive_tests::fuzz::{Edits, check_law};
use minilive_tests::random::Random;
use std::time::{Duration, Instant};

#[test]
fn random_edits_keep_the_law() {
    let asked = std::env::var("MINILIVE_FUZZ_ITERATIONS").ok().and_then(|number| number.parse().ok());
    let iterations: usize = asked.unwrap_or(20_000);
    let seed = std::env::var("MINILIVE_FUZZ_SEED").ok().and_then(|number| number.parse().ok());
    let mut random = Random::new(seed.unwrap_or(2026));
    let texts: Vec<String> = ["ok", "err"].into_iter().flat_map(goldens).map(|(_, text)| text).collect();
    let mut done = 0;
    while done < iterations {
        let mut text =
            if random.below(2) == 0 { texts[random.below(texts.len())].clone() } else { Edits::soup(&mut random) };
        let mut parsed = parse(&text);
        for _ in 0..16 {
            let (edit, new_text) = Edits::edit(&mut random, &text);
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
    check_replace("x = #1\nz = 5\n", "= 5", "while 5");
    check_replace("while # a\nz = 5\nend while\n", "= 5", "+ 5");
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
