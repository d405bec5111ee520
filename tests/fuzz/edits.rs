//! Edits of texts, and the law of `reparse`: it equals `parse` of the new text, tree and errors.
//!
//! `runner/parser/reparse.rs` and the reparse target use it. An input is a text and behind it edits, each behind a record
//! separator as `START:END:INSERT`; places are taken modulo the text, so that every input means something.

use super::corpus::{Corpus, WORDS};
use super::mutate::mutate;
use super::program::check_invariants;
use crate::random::Random;
use minilive_syntax::{Parse, TextEdit, TextRange, TextSize, parse, reparse};
use std::fmt::Write;

/// Stands before each edit of an input.
const SEPARATOR: char = '\u{1E}';

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

/// Makes texts and edits of them.
#[derive(Debug)]
pub struct Edits;

impl Edits {
    /// A text of random lines and tokens.
    pub fn soup(random: &mut Random) -> String {
        let mut text = String::new();
        for _ in 0..random.below(25) {
            if random.below(5) > 0 {
                text.push_str(random.pick(&["", "  ", "\t"]));
                text.push_str(random.pick(LINES));
            } else {
                for _ in 0..random.below(6) {
                    text.push_str(random.pick(WORDS));
                }
            }
            text.push_str(random.pick(&["\n", "\n", "\n", "\r\n", "; ", " // c\n", "\n\n"]));
        }
        text
    }

    /// A small random edit, and the text after it.
    pub fn edit(random: &mut Random, text: &str) -> (TextEdit, String) {
        let start = random.below(text.len() + 1);
        let start = place(random, text, start);
        let end = if random.below(2) == 0 { start } else { place(random, text, start).max(start) };
        let mut insert = String::new();
        for _ in 0..[1, 1, 1, 2, 0][random.below(5)] {
            insert.push_str(random.pick(WORDS));
        }
        applied(text, start, end, &insert)
    }
}

/// A place between two characters.
fn place(random: &mut Random, text: &str, near: usize) -> usize {
    let at =
        if random.below(3) == 0 { random.below(text.len() + 1) } else { (near + random.below(12)).min(text.len()) };
    text.floor_char_boundary(at)
}

fn applied(text: &str, start: usize, end: usize, insert: &str) -> (TextEdit, String) {
    let size = |at: usize| TextSize::try_from(at).expect("short texts");
    let mut new_text = text.to_owned();
    new_text.replace_range(start..end, insert);
    (TextEdit { range: TextRange::new(size(start), size(end)), insert: insert.to_owned() }, new_text)
}

/// `reparse` after checking that it keeps the law.
#[track_caller]
pub fn check_law(old: &Parse, old_text: &str, edit: &TextEdit, new_text: &str) -> Parse {
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

/// A text, mutated now and then, with some edits.
pub(super) fn input(corpus: &Corpus, random: &mut Random) -> Vec<u8> {
    let mut text = match random.below(4) {
        0 => Edits::soup(random).into_bytes(),
        1 => corpus.mutated(random),
        _ => corpus.any(random).to_vec(),
    };
    text.truncate(20_000);
    let mut input = String::from_utf8_lossy(&text).replace(SEPARATOR, "");
    let length = input.len() + 1;
    for _ in 0..=random.below(8) {
        let start = random.below(length);
        let most = [0, 0, 0, 12, 12, length][random.below(6)];
        let end = start + random.below(most);
        let insert = match random.below(8) {
            0 => {
                let other = corpus.any(random);
                let mutated = mutate(random, b"x = 1\n", other, corpus.dictionary);
                String::from_utf8_lossy(&mutated).into_owned()
            }
            1 => String::new(),
            _ => (0..=random.below(2)).map(|_| random.pick(WORDS)).collect(),
        };
        let insert: String = insert.replace(SEPARATOR, "").chars().take(4_000).collect();
        write!(input, "{SEPARATOR}{start}:{end}:{insert}").expect("writing to a String cannot fail");
    }
    input.into_bytes()
}

/// Applies the edits of an input one after the other.
pub(super) fn check(input: &str) {
    let mut parts = input.split(SEPARATOR);
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut parsed = parse(&text);
    check_invariants(&text, &parsed);
    for part in parts {
        let mut fields = part.splitn(3, ':');
        let mut number = || fields.next().and_then(|field| field.parse::<usize>().ok()).unwrap_or_default();
        let (start, end) = (number(), number());
        let insert = fields.next().unwrap_or_default();
        let place = |at: usize| text.floor_char_boundary(at % (text.len() + 1));
        let (start, end) = (place(start), place(end));
        let (edit, new_text) = applied(&text, start.min(end), start.max(end), insert);
        parsed = check_law(&parsed, &text, &edit, &new_text);
        text = new_text;
    }
}
