//! Text to tokens, trivia included; `input.rs` takes them from here, `parse` and `reparse` keep them for the tree.
//!
//! Invariants: the lengths add up to the text, whatever the text; a token depends on nothing before it but on whether the
//! character before a `-` is white space, and on nothing after a line end. `reparse` lives off the second one.

use crate::kind::SyntaxKind::{self, *};
use crate::marker;

/// A piece of text with its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: SyntaxKind,
    /// Its length in bytes.
    pub len: u32,
}

/// Splits a whole file into tokens. A byte order mark at its start counts as white space, and a first line that begins with `#!`, which tells
/// Unix systems what runs the file, as a comment.
pub fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 2 + 2);
    if text.starts_with("#!") {
        let line = line_len(text);
        tokens.push(Token { kind: Comment, len: to_len(line) });
        lex_into(&text[line..], &mut tokens);
        return tokens;
    }
    let bom = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let blanks = bom + blank_len(&text[bom..]);
    if blanks > 0 {
        tokens.push(Token { kind: Whitespace, len: to_len(blanks) });
    }
    lex_into(&text[blanks..], &mut tokens);
    tokens
}

/// Splits text that starts behind a line end.
pub(crate) fn lex_part(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 2 + 2);
    lex_into(text, &mut tokens);
    tokens
}

/// Lexes `text` behind the tokens that are there already.
fn lex_into(text: &str, tokens: &mut Vec<Token>) {
    let mut rest = text;
    let mut after_space = tokens.last().is_some_and(|token| token.kind == Whitespace);
    while !rest.is_empty() {
        let (kind, len) = next_token(rest, after_space);
        debug_assert!(len > 0, "a token is never empty");
        tokens.push(Token { kind, len: to_len(len) });
        after_space = kind == Whitespace;
        rest = &rest[len..];
    }
}

/// Texts beyond 4 GiB have no `TextSize`, so they cannot have a tree.
fn to_len(len: usize) -> u32 {
    u32::try_from(len).expect("a text that has a tree is shorter than 4 GiB")
}

/// The token at the start of `rest` (which is not empty) and its length.
fn next_token(rest: &str, after_space: bool) -> (SyntaxKind, usize) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied();
    let or_eq = |plain, with_eq| if second == Some(b'=') { (with_eq, 2) } else { (plain, 1) };
    match bytes[0] {
        b'\n' => (Newline, 1),
        b'\r' => (Newline, if second == Some(b'\n') { 2 } else { 1 }),
        b';' => (Semicolon, 1),
        b' ' | b'\t' | 0x0B | 0x0C => (Whitespace, blank_len(rest)),
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => word(rest),
        b'0'..=b'9' => (Number, number_len(bytes)),
        b'"' => string(bytes),
        b'/' if second == Some(b'/') => comment(rest),
        b'-' => minus(rest, after_space),
        b'+' => or_eq(Plus, PlusEq),
        b'*' => or_eq(Star, StarEq),
        b'/' => or_eq(Slash, SlashEq),
        b'%' => or_eq(Percent, PercentEq),
        b'^' => or_eq(Caret, CaretEq),
        b'=' => or_eq(Eq, EqEq),
        b'!' => or_eq(Unknown, NotEq),
        b'<' => or_eq(Less, LessEq),
        b'>' => or_eq(Greater, GreaterEq),
        b'(' => (LParen, 1),
        b')' => (RParen, 1),
        b'[' => (LBracket, 1),
        b']' => (RBracket, 1),
        b'{' => (LBrace, 1),
        b'}' => (RBrace, 1),
        b',' => (Comma, 1),
        b':' => (Colon, 1),
        b'.' => (Dot, 1),
        b'@' => (At, 1),
        0..=0x7F => (Unknown, 1),
        _ if blank_len(rest) > 0 => (Whitespace, blank_len(rest)),
        _ => word(rest),
    }
}

/// White space within a line (LANGUAGE 1.2). Line ends are tokens of their own.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | '\u{B}' | '\u{C}' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{2000}'
            ..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
    )
}

/// Length of the blanks at the start.
fn blank_len(rest: &str) -> usize {
    let ascii = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match rest.as_bytes().get(ascii) {
        Some(0x0B | 0x0C | 0x80..) => rest.find(|c| !is_blank(c)).unwrap_or(rest.len()),
        _ => ascii,
    }
}

/// The tokens of a text in which the string at an offset ends with its line, though it has no quote there.
pub(crate) fn without_line_end(text: &str, tokens: &[Token], offset: usize) -> Vec<Token> {
    let mut at = 0;
    let before = tokens.iter().take_while(|token| {
        let is_before = at < offset;
        at += token.len as usize;
        is_before
    });
    let mut split: Vec<_> = before.copied().collect();
    let len = line_len(&text[offset..]);
    split.push(Token { kind: OpenStringLit, len: len as u32 });
    split.extend(lex_part(&text[offset + len..]));
    split
}

/// Whether a name may go on with this character.
fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && !is_blank(c))
}

/// A name or keyword.
fn word(rest: &str) -> (SyntaxKind, usize) {
    let ascii = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let len = match rest.as_bytes().get(ascii) {
        Some(0x80..) => rest.find(|c| !is_word_char(c)).unwrap_or(rest.len()),
        _ => ascii,
    };
    let longest_keyword = "continue".len();
    let keyword = if len <= longest_keyword { SyntaxKind::keyword(&rest[..len]) } else { None };
    (keyword.unwrap_or(Ident), len)
}

/// Length of the number at the start: digits, a fraction only with a digit behind the dot, an exponent only with digits.
fn number_len(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut len = digits(0);
    if bytes.get(len) == Some(&b'.') && digits(len + 1) > 0 {
        len += 1 + digits(len + 1);
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let start = (len + 1 + sign).min(bytes.len());
        if digits(start) > 0 {
            len = start + digits(start);
        }
    }
    len
}

/// A string; a doubled quote inside is part of it, line ends too.
fn string(bytes: &[u8]) -> (SyntaxKind, usize) {
    let mut at = 1;
    while let Some(quote) = bytes[at..].iter().position(|byte| *byte == b'"') {
        at += quote + 1;
        if bytes.get(at) != Some(&b'"') {
            return (StringLit, at);
        }
        at += 1;
    }
    (OpenStringLit, bytes.len())
}

/// Length of the line at the start, without its end.
fn line_len(rest: &str) -> usize {
    rest.bytes().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
}

/// A comment, without the line end.
fn comment(rest: &str) -> (SyntaxKind, usize) {
    let len = line_len(rest);
    (if marker::is_marker(&rest[..len]) { MarkerComment } else { Comment }, len)
}

/// `-=`, or a minus that is strong with white space before and none behind (LANGUAGE 1.5).
fn minus(rest: &str, after_space: bool) -> (SyntaxKind, usize) {
    match rest[1..].chars().next() {
        Some('=') => (MinusEq, 2),
        Some(c) if after_space && !is_blank(c) && !matches!(c, '\n' | '\r') => (StrongMinus, 1),
        _ => (Minus, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[SyntaxKind]) {
        let tokens = lex(text);
        let sum: usize = tokens.iter().map(|token| token.len as usize).sum();
        assert_eq!(sum, text.len(), "{text:?}");
        let kinds: Vec<_> = tokens.iter().map(|token| token.kind).filter(|kind| *kind != Whitespace).collect();
        assert_eq!(kinds, expected, "{text:?}");
    }

    #[test]
    fn numbers_take_only_complete_fractions_and_exponents() {
        check("1e5 1E+5 2.5e-3 00012", &[Number; 4]);
        check("5.", &[Number, Dot]);
        check(".5", &[Dot, Number]);
        check("1e", &[Number, Ident]);
        check("1e+", &[Number, Ident, Plus]);
        check("0x10", &[Number, Ident]);
        check("1.5.5", &[Number, Dot, Number]);
    }

    #[test]
    fn minus_is_strong_between_space_and_none() {
        check("a - b", &[Ident, Minus, Ident]);
        check("a- b", &[Ident, Minus, Ident]);
        check("a-b", &[Ident, Minus, Ident]);
        check("a -b", &[Ident, StrongMinus, Ident]);
        check("a\u{A0}-b", &[Ident, StrongMinus, Ident]);
        check("a -", &[Ident, Minus]);
        check("a -=b", &[Ident, MinusEq, Ident]);
        check("\n-b", &[Newline, Minus, Ident]);
    }

    #[test]
    fn strings_run_over_lines_and_double_their_quotes() {
        check("\"a\"\"b\nc\" x", &[StringLit, Ident]);
        check("\"a\"\"", &[OpenStringLit]);
        check("\"", &[OpenStringLit]);
    }

    #[test]
    fn line_ends_and_byte_order_mark() {
        check("\u{FEFF}a\r\nb\rc;d", &[Ident, Newline, Ident, Newline, Ident, Semicolon, Ident]);
        check("a \u{FEFF}", &[Ident, Ident]);
        check("\u{FEFF} -x", &[StrongMinus, Ident]);
        check("// c\r\n", &[Comment, Newline]);
        check("#!/usr/bin/env minilive run\nx\n#!", &[Comment, Newline, Ident, Newline, Unknown, Unknown]);
    }

    #[test]
    fn odd_characters_are_tokens_too() {
        check("\0 ! # é日本", &[Unknown, Unknown, Unknown, Ident]);
    }
}
