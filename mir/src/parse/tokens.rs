//! The tokens of one line of MIR text.
//!
//! `parse.rs` reads line by line through a [`Line`]. Invariant: every `take` either consumes exactly what it returns or fails with
//! a sentence that names what was expected and what stands there.

use super::ParseError;
use crate::ir::{BlockId, ChildId, EnvSlot, Reg, RegRange};
use crate::print::is_bare_name;

/// One token.
#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    /// Letters, digits, `_` and everything beyond ASCII; a number with fraction and exponent is one word, too.
    Word(&'a str),
    /// A string without quotes and escapes.
    Str(String),
    /// One character, or `..=`.
    Punct(&'a str),
}

/// The rest of one line.
pub(super) struct Line<'a> {
    number: u32,
    tokens: Vec<Token<'a>>,
    next: usize,
}

impl<'a> Line<'a> {
    /// Splits a line into tokens; `;` starts a comment.
    pub(super) fn new(number: u32, text: &'a str) -> Result<Line<'a>, ParseError> {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() && !rest.starts_with(';') {
            let len = if rest.starts_with('"') {
                let (string, len) = string(rest)
                    .ok_or_else(|| ParseError::new(number, "a string without end or with a wrong escape"))?;
                tokens.push(Token::Str(string));
                len
            } else if let Some(len) = word_len(rest) {
                tokens.push(Token::Word(&rest[..len]));
                len
            } else {
                let len = if rest.starts_with("..=") { 3 } else { rest.chars().next().map_or(0, char::len_utf8) };
                tokens.push(Token::Punct(&rest[..len]));
                len
            };
            rest = rest[len..].trim_start();
        }
        Ok(Line { number, tokens, next: 0 })
    }

    /// Whether nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.next == self.tokens.len()
    }

    /// The line's end, or an error.
    pub(super) fn end(&self) -> Result<(), ParseError> {
        if self.at_end() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }

    /// An error that says what should stand here.
    pub(super) fn expected(&self, what: &str) -> ParseError {
        let found = match self.tokens.get(self.next) {
            None => "the end of the line".to_owned(),
            Some(Token::Word(text) | Token::Punct(text)) => format!("`{text}`"),
            Some(Token::Str(text)) => format!("{text:?}"),
        };
        ParseError::new(self.number, &format!("expected {what}, found {found}"))
    }

    /// An error about the line as a whole.
    pub(super) fn error(&self, message: &str) -> ParseError {
        ParseError::new(self.number, message)
    }

    /// Consumes a punctuation mark if it stands here.
    pub(super) fn eat(&mut self, punct: &str) -> bool {
        let found = self.tokens.get(self.next) == Some(&Token::Punct(punct));
        self.next += usize::from(found);
        found
    }

    /// Consumes a punctuation mark.
    pub(super) fn punct(&mut self, punct: &str) -> Result<(), ParseError> {
        if self.eat(punct) { Ok(()) } else { Err(self.expected(&format!("`{punct}`"))) }
    }

    /// Consumes a given word if it stands here.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.next) == Some(&Token::Word(word));
        self.next += usize::from(found);
        found
    }

    /// Consumes a given word.
    pub(super) fn keyword(&mut self, word: &str) -> Result<(), ParseError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    /// Consumes any word.
    pub(super) fn word(&mut self) -> Result<&'a str, ParseError> {
        match self.tokens.get(self.next) {
            Some(&Token::Word(text)) => {
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.expected("a word")),
        }
    }

    /// The next token's string, if it is one.
    pub(super) fn eat_str(&mut self) -> Option<String> {
        match self.tokens.get(self.next) {
            Some(Token::Str(text)) => {
                self.next += 1;
                Some(text.clone())
            }
            _ => None,
        }
    }

    /// A name, bare or quoted.
    pub(super) fn name(&mut self) -> Result<String, ParseError> {
        if let Some(text) = self.eat_str() {
            return Ok(text);
        }
        match self.tokens.get(self.next) {
            Some(&Token::Word(text)) if is_bare_name(text) => {
                self.next += 1;
                Ok(text.to_owned())
            }
            _ => Err(self.expected("a name")),
        }
    }

    /// A number in decimal.
    pub(super) fn count(&mut self) -> Result<u32, ParseError> {
        let error = self.expected("a number");
        self.word()?.parse().map_err(|_| error)
    }

    /// A number behind a letter: `r4`, `b0`. Consumes nothing on failure, so that callers may try something else.
    fn id(&mut self, letter: char, what: &str) -> Result<u32, ParseError> {
        let found = match self.tokens.get(self.next) {
            Some(Token::Word(word)) => word.strip_prefix(letter).and_then(|digits| digits.parse().ok()),
            _ => None,
        };
        self.next += usize::from(found.is_some());
        found.ok_or_else(|| self.expected(what))
    }

    /// `r4`
    pub(super) fn reg(&mut self) -> Result<Reg, ParseError> {
        self.id('r', "a register").map(Reg)
    }

    /// `b4`
    pub(super) fn block(&mut self) -> Result<BlockId, ParseError> {
        self.id('b', "a block").map(BlockId)
    }

    /// `f4`
    pub(super) fn child(&mut self) -> Result<ChildId, ParseError> {
        self.id('f', "a nested function").map(ChildId)
    }

    /// `$4`
    pub(super) fn slot(&mut self) -> Result<EnvSlot, ParseError> {
        self.punct("$")?;
        self.count().map(EnvSlot)
    }

    /// Nothing, `r4` or `r4..=r7`, up to and with the closing mark.
    pub(super) fn run(&mut self, close: &str) -> Result<RegRange, ParseError> {
        if self.eat(close) {
            return Ok(RegRange::EMPTY);
        }
        let first = self.reg()?;
        let last = if self.eat("..=") { self.reg()? } else { first };
        self.punct(close)?;
        let count = last.0.checked_sub(first.0).and_then(|n| n.checked_add(1));
        let count = count.ok_or_else(|| self.error("a run of registers that ends before it starts"))?;
        Ok(RegRange { first, count })
    }
}

/// The length of the word at the start of the text, if one stands there.
fn word_len(text: &str) -> Option<usize> {
    let is_word =
        |c: char| c == '_' || c.is_ascii_alphanumeric() || c > '\u{7f}' && !c.is_whitespace() && !c.is_control();
    let number = text.starts_with(|c: char| c.is_ascii_digit());
    let mut len = 0;
    let mut chars = text.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        let digit_follows = chars.peek().is_some_and(char::is_ascii_digit);
        let inside_number = number && digit_follows && (c == '.' || c == '-' && previous == 'e');
        if !is_word(c) && !inside_number {
            break;
        }
        len += c.len_utf8();
        previous = c;
    }
    (len > 0).then_some(len)
}

/// The string at the start of the text and the length of its literal.
fn string(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    loop {
        match chars.next()? {
            (at, '"') => return Some((out, at + 1)),
            (_, '\\') => match chars.next()?.1 {
                'n' => out.push('\n'),
                'u' => {
                    let (open, _) = chars.next().filter(|&(_, c)| c == '{')?;
                    let (close, _) = chars.find(|&(_, c)| c == '}')?;
                    let code = u32::from_str_radix(&text[open + 1..close], 16).ok()?;
                    out.push(char::from_u32(code)?);
                }
                c @ ('"' | '\\') => out.push(c),
                _ => return None,
            },
            (_, c) => out.push(c),
        }
    }
}
