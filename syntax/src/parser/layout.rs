//! What the layout of the lines says where words alone leave a text open: how far lines are indented, and what the next one looks like.
//!
//! Part of the parser's cursor. Asked only where there is an error whatever the answer is, so a text without errors is never read by its
//! layout. Invariant: where an answer depends on what is outside of a run, the run says that it needs its surroundings.

use super::{Context, Opener, Parser, TextSize, starts_argument, word_range};
use crate::errors::{Found, Problem};
use crate::foreign::Foreign;
use crate::kind::SyntaxKind::{self, *};
use rowan::TextRange;

/// Of a longer line it is not looked how far it is indented, so that a line of thousands of blocks costs no more for each.
const LONGEST: usize = 1000;

/// A bracket that is open, or was when an expression began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bracket {
    pub(crate) range: TextRange,
    /// What it opens.
    pub(crate) of: Bracketed,
}

/// What a bracket opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bracketed {
    Paren,
    Args,
    Params,
    Index,
    List,
    Map,
}

impl Bracketed {
    /// What the reference says if it is not closed; in a map that depends on the word before.
    pub(crate) fn problem(self, before: SyntaxKind) -> Problem {
        match self {
            Bracketed::Paren => Problem::ParenClose,
            Bracketed::Args => Problem::ArgsClose,
            Bracketed::Params => Problem::ParamsClose,
            Bracketed::Index => Problem::IndexClose,
            Bracketed::List => Problem::ListClose,
            Bracketed::Map if before == Colon => Problem::MapClose,
            Bracketed::Map => Problem::MapColon,
        }
    }
}

impl Parser<'_> {
    /// Where the blanks before the line of a place begin and end.
    fn indent(&mut self, at: TextSize) -> Option<(usize, usize)> {
        let (bytes, at) = (self.text.as_bytes(), usize::from(at));
        let first = at.saturating_sub(LONGEST);
        let line = match bytes[first..at].iter().rposition(|it| matches!(it, b'\n' | b'\r')) {
            Some(end) => first + end + 1,
            None if first > 0 => return None,
            None => {
                self.needs_context |= !self.context.starts_line;
                0
            }
        };
        let len = bytes[line..].iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
        Some((line, line + len))
    }

    /// The blanks before the current word, if it is the first one on its line.
    pub(crate) fn own_indent(&mut self) -> Option<String> {
        let (line, end) = self.indent(self.range().start())?;
        (end == usize::from(self.range().start())).then(|| self.text[line..end].to_owned())
    }

    /// Whether the current word is the first one on its line, and that is indented more than the line of an opening word.
    pub(crate) fn is_deeper(&mut self, opener: Opener) -> bool {
        let Some(own) = self.own_indent() else { return false };
        let Some((line, end)) = self.indent(opener.range.start()) else { return false };
        let outer = &self.text[line..end];
        own.len() > outer.len() && own.starts_with(outer)
    }

    /// Whether the run is less than a file.
    pub(crate) fn is_part(&self) -> bool {
        self.context.is_part
    }

    /// How many problems beyond the grammar there are.
    pub(crate) fn checks(&self) -> usize {
        self.checks.len()
    }

    /// Takes back what was said beyond the grammar since there were so many.
    pub(crate) fn forget_checks(&mut self, since: usize) {
        self.checks.truncate(since);
    }

    /// How many words from the current one the sign of an assignment stands, if a name, or a chain of members and elements, is assigned to.
    pub(crate) fn assignment_ahead(&mut self) -> Option<usize> {
        const MOST: usize = 30;
        if !matches!(self.current(), Ident | SelfKw | SuperKw | LocalsKw | OuterKw | GlobalsKw) {
            return None;
        }
        let (mut at, mut depth) = (1, 0);
        while at < MOST {
            let kind = self.nth(at);
            let word = self.word(at);
            if word.after_line_break {
                return None;
            }
            match kind {
                LBracket if depth > 0 || !word.after_space => depth += 1,
                RBracket if depth > 0 => depth -= 1,
                Newline | Semicolon | Eof | FunctionKw => return None,
                _ if depth > 0 => {}
                Dot if self.nth(at + 1) == Ident => at += 1,
                _ if kind.is_assign_op() => return Some(at),
                _ => return None,
            }
            at += 1;
        }
        None
    }

    /// Whether the line of the current word ends as one does that goes on with what is in brackets.
    fn line_goes_on_in_brackets(&mut self) -> bool {
        const MOST: usize = 200;
        let (mut depth, mut last) = (0, Eof);
        for ahead in 0..MOST {
            let kind = self.nth(ahead);
            if matches!(kind, Newline | Semicolon | Eof) || ahead > 0 && self.word(ahead).after_line_break {
                return last == Comma;
            }
            match kind {
                LParen | LBracket | LBrace => depth += 1,
                RParen | RBracket | RBrace if depth == 0 => return true,
                RParen | RBracket | RBrace => depth -= 1,
                _ => {}
            }
            last = kind;
        }
        true
    }

    /// Whether what stands in brackets ends with the line before the current word: that can only be a statement of its own.
    pub(crate) fn at_statement_in_brackets(&mut self) -> bool {
        let word = self.word(0);
        if !word.after_line_break || self.at == 0 || self.at == self.statement_start || self.bracket.is_none() {
            return false;
        }
        // Where arguments have names, as other languages have them, that was told, and this is one more.
        let named = |it: &super::RawError| matches!(it.problem, Problem::AssignmentInExpression);
        let is_inside = |it: &super::RawError| self.bracket.is_some_and(|open| it.at > open.range.start());
        if self.errors.last().is_some_and(|it| named(it) && is_inside(it)) {
            return false;
        }
        let before = self.words[self.at - 1].kind;
        if !matches!(before, Comma | LParen | LBracket | LBrace | Colon) {
            return false;
        }
        let next = self.nth(1);
        let is_call = self.at(Ident) && !self.word(1).after_line_break && starts_argument(next) && next != LBrace;
        (self.assignment_ahead().is_some() || is_call) && !self.line_goes_on_in_brackets()
    }

    /// Reports the innermost bracket as not closed: the line of the current word is a statement.
    pub(crate) fn error_not_closed(&mut self, bracket: Bracket) {
        let before = self.at.checked_sub(1).map_or(Eof, |it| self.words[it].kind);
        let ahead = match self.assignment_ahead() {
            Some(ahead) => ahead,
            None => usize::from(self.at(Ident)),
        };
        let word = self.word(ahead);
        let found = Found::new(word.kind, &self.text[word.start as usize..(word.start + word.len) as usize]);
        let follows = match ahead {
            0 => Problem::ExpectedExpression(found),
            1 if word.kind == Eq && bracket.of != Bracketed::Params => Problem::AssignmentInExpression,
            _ => bracket.of.problem(before),
        };
        let text = self.text[std::ops::Range::<usize>::from(bracket.range)].to_owned();
        self.error(bracket.range, Problem::NotClosed(text, bracket.of, Box::new(follows)));
        self.slip_line_end = Some(self.at);
    }

    /// Whether at the end of a line what stands in brackets goes on in the next one, though no comma says so.
    pub(crate) fn at_missing_comma(&mut self, of: Bracketed) -> bool {
        const MOST: usize = 200;
        if !self.at(Newline) || self.nth(1).is_line_end() {
            return false;
        }
        let own = match of {
            Bracketed::Map => RBrace,
            Bracketed::List => RBracket,
            _ => RParen,
        };
        if self.nth(1) == own {
            return true;
        }
        if of == Bracketed::Map {
            return matches!(self.nth(1), StringLit | Number | Ident) && self.nth(2) == Colon;
        }
        let closer = if of == Bracketed::List { RBracket } else { RParen };
        if !starts_argument(self.nth(1)) && !matches!(self.nth(1), LParen | LBracket | Minus | FunctionKw) {
            return false;
        }
        let (mut depth, mut last) = (0, Eof);
        for ahead in 1..MOST {
            let kind = self.nth(ahead);
            if ahead > 1 && self.word(ahead).after_line_break && depth == 0 {
                return last == Comma;
            }
            match kind {
                Eof | Semicolon | FunctionKw => return false,
                Newline if self.nth(ahead + 1) == closer => return depth == 0,
                Newline => return false,
                LParen | LBracket | LBrace => depth += 1,
                RParen | RBracket | RBrace if depth == 0 => return kind == closer,
                RParen | RBracket | RBrace => depth -= 1,
                // What is called or assigned is a statement.
                _ if depth == 0 && (kind.is_assign_op() || self.is_argument_of_call(ahead)) => return false,
                _ => {}
            }
            last = kind;
        }
        false
    }

    /// Whether a word begins arguments without parentheses.
    fn is_argument_of_call(&mut self, ahead: usize) -> bool {
        let word = self.word(ahead);
        ahead > 1 && word.after_space && starts_argument(word.kind) && matches!(self.nth(ahead - 1), Ident)
    }

    /// Reports a comma that is missing at the end of a line, and goes on in the next one.
    pub(crate) fn skip_missing_comma(&mut self, problem: Problem) {
        let is_told = self.errors.last().is_some_and(|it| it.at == self.range().start());
        if !is_told {
            self.error_here(problem);
        }
        self.panicking = false;
        self.bump();
    }

    /// Whether what stands in brackets goes on in the next line with its comma, as some like it in other languages.
    pub(crate) fn at_comma_on_next_line(&mut self) -> bool {
        self.at(Newline) && self.nth(1) == Comma
    }

    /// Reports a comma in the next line, and goes on behind it.
    pub(crate) fn skip_to_comma(&mut self, problem: Problem) {
        let says = "a line does not go on with a comma; put it at the end of the line before".to_owned();
        let comma = word_range(self.word(1));
        self.error(comma, Problem::Foreign(Foreign::Says(says), Box::new(problem)));
        self.panicking = false;
        self.bump();
        self.bump();
    }

    /// Whether behind the line ends at the cursor something stands that may belong to the line before. The end of the text does not, nor
    /// does, outside of brackets, what can only be a statement.
    pub(crate) fn goes_on_behind_line_ends(&mut self) -> bool {
        let mut ahead = 0;
        while self.nth(ahead) == Newline {
            ahead += 1;
        }
        let (first, second) = (self.nth(ahead), self.nth(ahead + 1));
        if first == Eof || ahead == 0 || self.inside == super::Inside::Brackets {
            return first != Eof;
        }
        let is_keyword = matches!(first, EndKw | ElseKw | WhileKw | ForKw | IfKw | BreakKw | ContinueKw | ReturnKw);
        let is_simple = first == Ident && (second.is_assign_op() || starts_argument(second));
        !is_keyword && !is_simple
    }

    /// A statement that stands behind `else if … then` on its line, and so ended its `if`.
    pub(crate) fn note_short_else(&mut self, from: usize) {
        let (first, last) = (self.words[from], self.words[self.at.saturating_sub(1).max(from)]);
        self.short_else = Some(word_range(first).cover(word_range(last)));
    }

    /// Whether a function in one line goes on here, as other languages have them: `x => x + 1`.
    pub(crate) fn at_arrow(&mut self) -> bool {
        self.at(Eq) && self.nth(1) == Greater && !self.word(1).after_space && !self.word(1).after_line_break
    }

    /// Reports a word of another language for the end of a block, with the name behind it.
    pub(crate) fn error_foreign_end(&mut self, keyword: SyntaxKind, reference: Problem) {
        let (mut range, mut text) = (self.range(), self.word_text().to_owned());
        if self.nth(1) == Ident {
            range = range.cover(word_range(self.word(1)));
            text = self.text[std::ops::Range::<usize>::from(range)].to_owned();
        }
        self.error(range, Problem::Foreign(Foreign::End(text, keyword), Box::new(reference)));
    }

    /// Whether the word before the current one is a line end.
    pub(crate) fn behind_line_end(&self) -> bool {
        self.at > 0 && self.words[self.at - 1].kind == Newline
    }

    /// The current word, and how many errors there are.
    pub(crate) fn here(&self) -> (usize, usize) {
        (self.at, self.errors.len())
    }

    /// Whether there has been an error since, in what stands there before any body or other statement.
    pub(crate) fn is_broken_since(&self, (first, errors): (usize, usize)) -> bool {
        let before = |at: TextSize| self.words[first..].iter().take_while(move |it| it.start < u32::from(at));
        self.errors.get(errors).is_some_and(|it| !before(it.at).any(|word| word.kind.is_line_end()))
    }

    /// Whether what would be told at a place comes from the error before: one at the same place, or a string without its end.
    pub(super) fn follows(&self, at: TextSize) -> bool {
        let statement = self.words.get(self.statement_start).map_or(0, |word| word.start);
        self.errors.last().is_some_and(|it| {
            let is_string = matches!(it.problem, Problem::OpenString) && u32::from(it.range.start()) >= statement;
            it.at == at || is_string
        })
    }

    /// Whether an error was told of the header of a block without an end, or of a block inside that is indented as it is, and took its end.
    pub(super) fn is_told(&mut self, opener: Opener) -> bool {
        if opener.broken {
            return true;
        }
        let last = self.at_end_errors.last().or(self.errors.last());
        let Some((keyword, range)) = last.and_then(|it| match it.problem {
            Problem::OpenAtEnd(keyword) | Problem::LeftOpen(keyword, _) | Problem::LeftOpenAtElse(keyword, _) => {
                Some((keyword, it.range))
            }
            _ => None,
        }) else {
            return false;
        };
        let (own, inner) = (self.indent(opener.range.start()), self.indent(range.start()));
        let blanks = |it: Option<(usize, usize)>| it.map(|(line, end)| &self.text[line..end]);
        let is_inside = range.start() > opener.range.start();
        is_inside && keyword == opener.keyword && own != inner && own.is_some() && blanks(own) == blanks(inner)
    }

    /// Says of the last error that it comes from another one.
    pub(crate) fn last_follows(&mut self) {
        if let Some(last) = self.errors.last_mut() {
            last.follows = true;
        }
    }

    /// The blanks before the line of a word.
    pub(crate) fn indent_of(&mut self, index: usize) -> Option<String> {
        let (line, end) = self.indent(self.words[index].start.into())?;
        Some(self.text[line..end].to_owned())
    }

    /// Whether at the end of a line a closing bracket follows that belongs to a bracket further out, or to this one.
    pub(crate) fn at_closing_line(&mut self) -> bool {
        let next = if self.at(Newline) { self.nth(1) } else { Eof };
        let closes = |of: &Bracketed| match of {
            Bracketed::Map => next == RBrace,
            Bracketed::List | Bracketed::Index => next == RBracket,
            Bracketed::Paren | Bracketed::Args | Bracketed::Params => next == RParen,
        };
        matches!(next, RBrace | RBracket | RParen) && self.brackets.iter().any(closes)
    }

    /// Index of the current word.
    pub(crate) fn index(&self) -> usize {
        self.at
    }

    /// What [`Parser::note_short_else`] noted, once.
    pub(crate) fn take_short_else(&mut self) -> Option<TextRange> {
        self.short_else.take()
    }

    /// Reports `end` or `else` without a block; an `end` with its word.
    pub(crate) fn error_surplus(&mut self, opener: Option<Opener>, short_else: Option<TextRange>) {
        let (range, found) = (self.range(), self.found());
        if self.at(ElseKw) {
            let problem = Problem::StrayKeyword(found);
            return match short_else {
                Some(range) => self.error(range, Problem::ShortElseIf(Box::new(problem))),
                None => self.error(range, problem),
            };
        }
        let word = self.word(1);
        let both = range.cover(word_range(word));
        let text = &self.text[word.start as usize..(word.start + word.len) as usize];
        let problem = match opener {
            Some(opener) => Problem::WrongEnd(opener.keyword, Found::new(word.kind, text)),
            None => Problem::StrayKeyword(found),
        };
        let problem = match short_else {
            Some(_) => Problem::ShortElseIf(Box::new(problem)),
            None => Problem::StrayEnd(text.to_owned(), Box::new(problem)),
        };
        let range = short_else.unwrap_or(both);
        if opener.is_none() || self.panicking || self.gave_up {
            return self.error(range, problem);
        }
        self.errors.push(super::RawError::new(word.start.into(), range, problem));
        self.panicking = true;
    }
}

impl Context {
    /// The first statement of a run may stand behind others on its line.
    pub(crate) fn starting_line(self, starts_line: bool) -> Context {
        Context { starts_line, ..self }
    }
}
