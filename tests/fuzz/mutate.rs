//! Mutations of texts and bytes: small ones at random places, and those that make an input deep, wide or long.
//!
//! `corpus` applies them to programs and MIR, `lsp` to frames and documents. Invariant: a result stays below [`MOST_BYTES`].

use crate::random::Random;
use crate::shrink::tokens;

/// No input is longer.
pub(super) const MOST_BYTES: usize = 200_000;

/// Some mutations of `text`, with pieces of `other` and of the dictionary.
pub(super) fn mutate(random: &mut Random, text: &[u8], other: &[u8], dictionary: &[&str]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..[1, 1, 1, 2, 3, 5, 9][random.below(7)] {
        text = match random.below(16) {
            0..=3 => by_tokens(random, &text, dictionary),
            4..=6 => {
                let word = random_word(random, dictionary);
                insert(random, &text, word.as_bytes())
            }
            7 | 8 => by_lines(random, &text, other),
            9 => splice(random, &text, other),
            10 => without(random, &text),
            11 => copied(random, &text),
            12 => with_bytes(random, &text),
            13 => repeated(random, &text, dictionary),
            14 => wrapped(random, &text, dictionary),
            _ => with_number(random, &text),
        };
        text.truncate(MOST_BYTES);
    }
    text
}

/// Numbers at which something may change: small, at borders of types, absurd.
pub(super) const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "7",
    "15",
    "16",
    "127",
    "128",
    "255",
    "256",
    "400",
    "4000",
    "32767",
    "32768",
    "65519",
    "65520",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "18446744073709551615",
    "1e308",
    "1e999",
    "0.1",
    "00012",
    "5e-324",
    "1e",
    "99999999999999999999999999",
];

fn random_word<'a>(random: &mut Random, dictionary: &[&'a str]) -> &'a str {
    dictionary[random.below(dictionary.len())]
}

/// A range, mostly short.
fn range(random: &mut Random, len: usize) -> (usize, usize) {
    let start = random.below(len + 1);
    let most = if random.below(3) == 0 { len - start } else { (len - start).min(12) };
    (start, start + random.below(most + 1))
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn insert(random: &mut Random, text: &[u8], piece: &[u8]) -> Vec<u8> {
    let at = random.below(text.len() + 1);
    joined(&[&text[..at], piece, &text[at..]])
}

fn without(random: &mut Random, text: &[u8]) -> Vec<u8> {
    let (start, end) = range(random, text.len());
    joined(&[&text[..start], &text[end..]])
}

fn copied(random: &mut Random, text: &[u8]) -> Vec<u8> {
    let (start, end) = range(random, text.len());
    insert(random, text, &text[start..end])
}

/// A token goes, comes twice, or becomes another.
fn by_tokens(random: &mut Random, text: &[u8], dictionary: &[&str]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let mut all = tokens(&text);
    if all.is_empty() {
        return random_word(random, dictionary).as_bytes().to_vec();
    }
    let at = random.below(all.len());
    let from = random.below(all.len());
    match random.below(5) {
        0 => drop(all.remove(at)),
        1 => all.insert(at, all[from]),
        2 => all.swap(at, from),
        3 => all[at] = all[from],
        _ => all[at] = random_word(random, dictionary),
    }
    all.concat().into_bytes()
}

/// A line goes, moves, comes twice, or one of the other text comes.
fn by_lines(random: &mut Random, text: &[u8], other: &[u8]) -> Vec<u8> {
    let lines =
        |text: &'_ [u8]| -> Vec<Vec<u8>> { text.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect() };
    let (mut mine, theirs) = (lines(text), lines(other));
    if mine.is_empty() {
        return other.to_vec();
    }
    let (at, from) = (random.below(mine.len()), random.below(mine.len()));
    match random.below(5) {
        0 => drop(mine.remove(at)),
        1 => mine.insert(at, mine[from].clone()),
        2 => mine.swap(at, from),
        _ if theirs.is_empty() => mine.truncate(at),
        _ => mine.insert(at, theirs[random.below(theirs.len())].clone()),
    }
    mine.concat()
}

/// The start of one and the end of the other.
fn splice(random: &mut Random, text: &[u8], other: &[u8]) -> Vec<u8> {
    let (at, from) = (random.below(text.len() + 1), random.below(other.len() + 1));
    joined(&[&text[..at], &other[from..]])
}

/// Single bytes change or come.
fn with_bytes(random: &mut Random, text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=random.below(3) {
        let byte = [random.bits() as u8, 0, 0x80, 0xff, b'"', b'\r', b'\n'][random.below(7)];
        let at = random.below(text.len() + 1);
        match text.get_mut(at) {
            Some(old) if random.below(2) == 0 => *old = byte,
            _ => text.insert(at, byte),
        }
    }
    text
}

/// A piece many times: deep where it opens something, else wide.
fn repeated(random: &mut Random, text: &[u8], dictionary: &[&str]) -> Vec<u8> {
    let (start, end) = range(random, text.len());
    let piece = if random.below(2) == 0 { &text[start..end] } else { random_word(random, dictionary).as_bytes() };
    let most = if random.below(8) == 0 { MOST_BYTES / 4 } else { 2_000 };
    let times = (1 + random.below(most)).min(MOST_BYTES / piece.len().max(1));
    insert(random, text, &piece.repeat(times))
}

/// A piece in brackets or blocks, many deep.
fn wrapped(random: &mut Random, text: &[u8], dictionary: &[&str]) -> Vec<u8> {
    const PAIRS: &[(&str, &str)] = &[
        ("(", ")"),
        ("[", "]"),
        ("{1:", "}"),
        ("f(", ")"),
        ("a[", "]"),
        ("-", ""),
        ("not ", ""),
        ("new ", ""),
        ("@", ""),
        ("while 1\n", "\nend while\n"),
        ("if 1 then\n", "\nend if\n"),
        ("for i in x\n", "\nend for\n"),
        ("f = function(a)\n", "\nend function\n"),
        ("\"", "\""),
        ("if 1 then ", " else 2"),
        ("{", "}"),
        ("[[", "]]"),
    ];
    let (open, close) = PAIRS[random.below(PAIRS.len())];
    let (start, end) = range(random, text.len());
    let inner = if random.below(2) == 0 { &text[start..end] } else { random_word(random, dictionary).as_bytes() };
    let times = [1, 2, 3, 60, 450, 5_000][random.below(6)];
    joined(&[&text[..start], open.repeat(times).as_bytes(), inner, close.repeat(times).as_bytes(), &text[end..]])
}

/// A number becomes another one.
fn with_number(random: &mut Random, text: &[u8]) -> Vec<u8> {
    let is_start = |at: usize| text[at].is_ascii_digit() && (at == 0 || !text[at - 1].is_ascii_digit());
    let starts: Vec<usize> = (0..text.len()).filter(|&at| is_start(at)).collect();
    let number = random_word(random, NUMBERS).as_bytes();
    if starts.is_empty() {
        return insert(random, text, number);
    }
    let start = starts[random.below(starts.len())];
    let end = start + text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    joined(&[&text[..start], number, &text[end..]])
}
