//! What the grammar looks at: the tokens that mean something, each with the flag `afterSpace`.
//!
//! Made from the lexer's tokens; read by the parser's cursor. Line ends behind a token that continues the line mean nothing
//! and are left out here (LANGUAGE 1.3); the tree builder puts them back together with the trivia.

use crate::kind::SyntaxKind;
use crate::lexer::Token;

/// A token that means something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) kind: SyntaxKind,
    /// White space stands directly before it.
    pub(crate) after_space: bool,
    /// It is the first one on its line, though the line before goes on.
    pub(crate) after_line_break: bool,
    /// Index among the lexer's tokens.
    pub(crate) raw: u32,
    /// Where it starts.
    pub(crate) start: u32,
    /// Its length.
    pub(crate) len: u32,
}

/// The tokens that mean something, closed by one `Eof`.
pub(crate) fn words(tokens: &[Token]) -> Vec<Word> {
    let mut words = Vec::with_capacity(tokens.len() * 2 / 3 + 1);
    let mut start = 0;
    let mut after_space = false;
    let mut continues = false;
    let mut after_line_break = false;
    for (raw, &Token { kind, len }) in (0..).zip(tokens) {
        if kind.is_line_end() && continues {
            after_line_break = true;
        } else if !kind.is_trivia() {
            words.push(Word { kind, after_space, after_line_break, raw, start, len });
            continues = kind.continues_line();
            after_line_break = false;
        }
        after_space = kind == SyntaxKind::Whitespace;
        start += len;
    }
    let raw = u32::try_from(tokens.len()).expect("no more tokens than bytes");
    words.push(Word { kind: SyntaxKind::Eof, after_space, after_line_break, raw, start, len: 0 });
    words
}
