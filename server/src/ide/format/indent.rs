//! How far lines are indented, from the tokens before them.
//!
//! Part of formatting. Blocks and brackets that are open when a line starts count one level for each *line* on which some of them
//! were opened, so `f([function` is one level. Invariant: depends on tokens alone, so it works while code is being typed.

use super::super::tokens;
use minilive_syntax::{SyntaxKind, SyntaxToken};

/// What is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    kind: SyntaxKind,
    /// The level of the line on which it was opened.
    level: usize,
}

/// The state between two tokens.
#[derive(Debug, Clone, Default)]
pub struct Indents {
    open: Vec<Open>,
    /// The level of the current line.
    level: usize,
    /// The level of the line on which the current statement starts.
    statement: usize,
    /// The last token, blanks and comments left out.
    last: Option<SyntaxKind>,
    /// The last one that is no line end either.
    word: Option<SyntaxKind>,
}

impl Indents {
    /// Starts a line with this token; gives its level.
    pub fn line(&mut self, first: &SyntaxToken) -> usize {
        self.level = match first.kind() {
            SyntaxKind::EndKw | SyntaxKind::ElseKw => self.open.last().map_or(0, |open| open.level),
            SyntaxKind::RParen | SyntaxKind::RBracket | SyntaxKind::RBrace => {
                self.open.last().map_or(0, |open| open.level)
            }
            _ => self.empty_line(),
        };
        if !self.is_within_statement() {
            self.statement = self.level;
        }
        self.level
    }

    /// The level of a line on which nothing stands yet.
    pub fn empty_line(&self) -> usize {
        let inside = self.open.last().map_or(0, |open| open.level + 1);
        inside + usize::from(!self.is_in_brackets() && self.continues())
    }

    fn is_in_brackets(&self) -> bool {
        self.open.last().is_some_and(|open| is_bracket(open.kind))
    }

    fn continues(&self) -> bool {
        self.word.is_some_and(SyntaxKind::continues_line)
    }

    /// Whether a line that starts here goes on with what stands before.
    fn is_within_statement(&self) -> bool {
        self.is_in_brackets() || self.continues()
    }

    /// Goes past a token that is no blank and no comment.
    pub fn pass(&mut self, token: &SyntaxToken) {
        let kind = token.kind();
        match kind {
            SyntaxKind::LParen | SyntaxKind::LBracket | SyntaxKind::LBrace => self.push(kind),
            SyntaxKind::RParen | SyntaxKind::RBracket | SyntaxKind::RBrace
                if self.open.last().is_some_and(|open| is_bracket(open.kind)) =>
            {
                self.open.pop();
            }
            SyntaxKind::WhileKw | SyntaxKind::ForKw | SyntaxKind::FunctionKw | SyntaxKind::IfKw
                if self.last == Some(SyntaxKind::EndKw) =>
            {
                self.close();
            }
            SyntaxKind::WhileKw | SyntaxKind::ForKw | SyntaxKind::FunctionKw => self.push(kind),
            // Whether an `if` is a block is known behind its `then`; `else if` goes on with the block that is open.
            // Its condition may have taken more than one line.
            SyntaxKind::ThenKw if ends_line(token) && !self.in_else_if(token) => {
                self.open.push(Open { kind: SyntaxKind::IfKw, level: self.statement });
            }
            _ => {}
        }
        if kind != SyntaxKind::Newline {
            self.word = Some(kind);
        }
        self.last = Some(kind);
    }

    fn push(&mut self, kind: SyntaxKind) {
        self.open.push(Open { kind, level: self.level });
    }

    /// `end` and its word close what is open, and brackets that were never closed inside it.
    fn close(&mut self) {
        while self.open.pop().is_some_and(|open| is_bracket(open.kind)) {}
    }

    /// Whether a `then` belongs to the `else if` of an open block.
    fn in_else_if(&self, then: &SyntaxToken) -> bool {
        let mut walk = std::iter::successors(tokens::before(then), tokens::before);
        let found = walk.find(|token| matches!(token.kind(), SyntaxKind::IfKw));
        let before = found.and_then(|token| tokens::before(&token));
        before.is_some_and(|token| token.kind() == SyntaxKind::ElseKw)
            && self.open.last().is_some_and(|open| open.kind == SyntaxKind::IfKw)
    }
}

fn is_bracket(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::LParen | SyntaxKind::LBracket | SyntaxKind::LBrace)
}

/// Whether nothing but a comment stands behind a token on its line; `;` ends a line, too.
fn ends_line(token: &SyntaxToken) -> bool {
    let mut walk = std::iter::successors(tokens::next(token), tokens::next).filter(|it| !it.kind().is_trivia());
    walk.next().is_none_or(|it| it.kind().is_line_end())
}
