//! The cursor that the grammar moves over the words, with the events, errors and limits of one parse.
//!
//! `parse` and `reparse` make one, the grammar drives it, `finish` hands events and errors on. Invariants: the cursor never
//! goes back; nesting never exceeds [`MAX_DEPTH`], so neither the grammar nor anyone who walks the tree recurses without bound;
//! after an error nothing more is reported until the next line end (`panicking`).

mod headers;
mod layout;

pub(crate) use layout::{Bracket, Bracketed};

use crate::errors::{Found, Problem};
use crate::event::Event;
use crate::foreign::{Foreign, Slips, may_end};
use crate::input::Word;
use crate::kind::SyntaxKind::{self, *};
use rowan::{TextRange, TextSize};

/// How deep statements and expressions may nest.
pub(crate) const MAX_DEPTH: u32 = 500;

/// An error as the grammar finds it: without line numbers, which are counted at the end.
#[derive(Debug)]
pub(crate) struct RawError {
    /// Start of the word at which the problem was detected.
    pub(crate) at: TextSize,
    /// Start of the word whose line the reference names; the end of the text stands for whatever follows.
    pub(crate) line_at: TextSize,
    pub(crate) range: TextRange,
    pub(crate) problem: Problem,
    /// It comes from another error.
    pub(crate) follows: bool,
}

impl RawError {
    fn new(at: TextSize, range: TextRange, problem: Problem) -> RawError {
        RawError { at, line_at: at, range, problem, follows: false }
    }
}

/// A construct that waits for its `end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opener {
    /// The word that must follow `end`.
    pub(crate) keyword: SyntaxKind,
    /// Where the opening word stands.
    pub(crate) range: TextRange,
    /// Whether `else` may end the body.
    pub(crate) accepts_else: bool,
    /// The body stands in braces, as in other languages: `}` ends it.
    pub(crate) braces: bool,
    /// Something is wrong with the header.
    pub(crate) broken: bool,
}

/// What stands around the text to parse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// Nesting depth at the start (an upper bound is enough).
    pub(crate) depth: u32,
    /// Whether `break` and `continue` are allowed.
    pub(crate) in_loop: bool,
    /// The text is a run of statements inside a body: `end` and `else` would close something outside.
    pub(crate) inside_body: bool,
    /// The text goes on behind the last word: whoever looks at the end needed more than the run.
    pub(crate) goes_on: bool,
    /// The text is part of a file.
    pub(crate) is_part: bool,
    /// The text begins with a line.
    pub(crate) starts_line: bool,
}

impl Context {
    /// A whole file.
    pub(crate) const FILE: Context =
        Context { depth: 0, in_loop: false, inside_body: false, goes_on: false, is_part: false, starts_line: true };
}

/// What an expression stands in directly, which decides what must follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    /// A statement: a line end.
    Statement,
    /// The head of a statement: a line end, or arguments.
    Head,
    /// The header that this word begins.
    Header(SyntaxKind),
    /// Brackets of some kind.
    Brackets,
}

/// What a parse leaves.
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) errors: Vec<RawError>,
    /// Problems beyond the grammar; they come after all errors of the grammar.
    pub(crate) checks: Vec<RawError>,
}

/// One parse.
pub(crate) struct Parser<'a> {
    text: &'a str,
    words: &'a [Word],
    at: usize,
    events: Vec<Event>,
    errors: Vec<RawError>,
    at_end_errors: Vec<RawError>,
    checks: Vec<RawError>,
    pub(crate) openers: Vec<Opener>,
    /// Where the blocks begin that the statements around the cursor started, closed ones too.
    opened: Vec<TextSize>,
    pub(crate) context: Context,
    pub(crate) inside: Inside,
    /// The innermost bracket that is open in this statement.
    pub(crate) bracket: Option<Bracket>,
    /// What the brackets open that are open in this statement.
    pub(crate) brackets: Vec<Bracketed>,
    /// A statement behind `else if … then` that ended its `if`.
    short_else: Option<TextRange>,
    panicking: bool,
    /// What is taken up to here is no MiniScript, whatever it looks like.
    slip_until: usize,
    /// The word before which a line ends that holds another language's way of writing.
    slip_line_end: Option<usize>,
    /// The word that another language starts a block with.
    slip_block: Option<usize>,
    /// A header in another language's words, whose body may follow, with the word that must end it.
    slip_header: Option<(SyntaxKind, TextRange)>,
    /// Words that stand alone and end blocks elsewhere; none but in a second look at a text in which a block has no end.
    lone_ends: &'a [usize],
    /// Index of the first word of the statement that was started last.
    statement_start: usize,
    /// Index of an `end` or `else` that was left to a construct further out.
    left_over: Option<usize>,
    gave_up: bool,
    operand_missing_at_end: bool,
    /// The run cannot be parsed apart from what stands around it.
    needs_context: bool,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, words: &'a [Word], context: Context) -> Parser<'a> {
        Parser {
            text,
            words,
            at: 0,
            events: Vec::with_capacity(words.len() * 3),
            errors: Vec::new(),
            at_end_errors: Vec::new(),
            checks: Vec::new(),
            openers: Vec::new(),
            opened: Vec::new(),
            context,
            inside: Inside::Statement,
            bracket: None,
            brackets: Vec::new(),
            short_else: None,
            panicking: false,
            slip_until: 0,
            slip_line_end: None,
            slip_block: None,
            slip_header: None,
            lone_ends: &[],
            statement_start: usize::MAX,
            left_over: None,
            gave_up: false,
            operand_missing_at_end: false,
            needs_context: false,
        }
    }

    /// Takes lone words for ends of blocks.
    pub(crate) fn with_lone_ends(self, lone_ends: &'a [usize]) -> Parser<'a> {
        Parser { lone_ends, ..self }
    }

    /// Events and errors; `None` if the text cannot be parsed apart from what stands around it.
    pub(crate) fn finish(mut self) -> Option<Outcome> {
        if self.needs_context || self.context.goes_on && self.gave_up {
            return None;
        }
        let end = self.eof().start;
        let reported_at_end = self.errors.last().is_some_and(|error| u32::from(error.at) == end);
        if self.operand_missing_at_end && !reported_at_end && !self.gave_up {
            let range = self.range_before(self.words.len() - 1);
            self.at = self.words.len() - 1;
            let (range, problem) = self.as_slip(range, Problem::OperandMissingAtEnd);
            self.errors.push(RawError::new(end.into(), range, problem));
        }
        self.errors.append(&mut self.at_end_errors);
        Some(Outcome { events: self.events, errors: self.errors, checks: self.checks })
    }

    // ---- looking ----------------------------------------------------------------------------------------------

    fn eof(&self) -> Word {
        *self.words.last().expect("the words end with Eof")
    }

    /// A word further on. Once the parser has given up, the text ends here for all that is open.
    fn word(&self, ahead: usize) -> Word {
        if self.gave_up {
            return self.eof();
        }
        self.words.get(self.at + ahead).copied().unwrap_or_else(|| self.eof())
    }

    /// The kind of the current word.
    pub(crate) fn current(&mut self) -> SyntaxKind {
        self.nth(0)
    }

    /// The kind of a word further on.
    pub(crate) fn nth(&mut self, ahead: usize) -> SyntaxKind {
        let kind = self.word(ahead).kind;
        if kind == Eof && self.context.goes_on {
            self.needs_context = true;
        }
        kind
    }

    pub(crate) fn at(&mut self, kind: SyntaxKind) -> bool {
        self.current() == kind
    }

    /// Between statements the end of the text is nothing special.
    pub(crate) fn at_end_of_statements(&self) -> bool {
        self.word(0).kind == Eof
    }

    pub(crate) fn at_line_end(&mut self) -> bool {
        let kind = self.current();
        kind.is_line_end() || kind == Eof
    }

    /// The start of a line that can only be a new statement, though the line before should go on: that line is broken, and better
    /// taken as ended.
    pub(crate) fn at_soft_line_end(&mut self) -> bool {
        let word = self.word(0);
        if !word.after_line_break || self.at == self.statement_start {
            return false;
        }
        if self.slip_line_end == Some(self.at) {
            return true;
        }
        let is_statement =
            matches!(word.kind, EndKw | ElseKw | WhileKw | ForKw | IfKw | BreakKw | ContinueKw | ReturnKw);
        is_statement || self.behind_operator() && self.at_simple_statement()
    }

    /// Whether the word before the current one wants an operand behind it.
    fn behind_operator(&self) -> bool {
        let brackets = |kind| matches!(kind, Comma | LParen | LBracket | LBrace | Colon);
        self.behind_continuing_word() && !brackets(self.words[self.at - 1].kind)
    }

    /// A name that is assigned to, or called without parentheses: no operand looks like that.
    fn at_simple_statement(&mut self) -> bool {
        let next = self.nth(1);
        self.at(Ident) && starts_argument(next) || self.assignment_ahead().is_some()
    }

    pub(crate) fn after_space(&self) -> bool {
        self.word(0).after_space
    }

    /// Whether the word before the current one lets a line go on.
    pub(crate) fn behind_continuing_word(&self) -> bool {
        self.at > 0 && self.words[self.at - 1].kind.continues_line()
    }

    /// The range of the current word.
    pub(crate) fn range(&self) -> TextRange {
        word_range(self.word(0))
    }

    /// Where to show that something is missing at a line end: on the word before.
    fn range_before(&self, at: usize) -> TextRange {
        let before = at.checked_sub(1).map(|at| self.words[at]);
        match before {
            Some(word) if !word.kind.is_line_end() => word_range(word),
            _ => TextRange::empty(word_range(self.words[at]).start()),
        }
    }

    // ---- moving -----------------------------------------------------------------------------------------------

    /// Puts the current word into the tree. At the end of the text nothing happens.
    pub(crate) fn bump(&mut self) {
        if self.at + 1 < self.words.len() && !self.gave_up {
            self.events.push(Event::Word);
            self.at += 1;
        }
    }

    pub(crate) fn eat(&mut self, kind: SyntaxKind) -> bool {
        let here = self.at(kind);
        if here {
            self.bump();
        }
        here
    }

    /// A statement starts at the cursor.
    pub(crate) fn start_statement(&mut self) {
        self.statement_start = self.at;
    }

    // ---- nodes ------------------------------------------------------------------------------------------------

    pub(crate) fn start(&mut self) -> Marker {
        let at = self.events.len();
        self.events.push(Event::Nothing);
        Marker { at }
    }

    /// Runs `inner` one level deeper; past the limit it reports that once, and the rest of the text is not read.
    pub(crate) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.context.depth >= MAX_DEPTH {
            self.give_up();
            return None;
        }
        self.context.depth += 1;
        let result = inner(self);
        self.context.depth -= 1;
        result
    }

    fn give_up(&mut self) {
        if self.gave_up {
            return;
        }
        self.panicking = false;
        self.error_here(Problem::TooDeep);
        self.gave_up = true;
    }

    /// Puts what was not read into the tree, as a part of no statement: units that nest deeply would all hold it.
    pub(crate) fn take_unread(&mut self) {
        if std::mem::take(&mut self.gave_up) {
            let node = self.start();
            while self.at + 1 < self.words.len() {
                self.bump();
            }
            node.complete(self, Error);
            self.gave_up = true;
        }
    }

    // ---- errors -----------------------------------------------------------------------------------------------

    /// Whether an error was reported on this line already.
    pub(crate) fn panicking(&self) -> bool {
        self.panicking
    }

    /// Leaves the `end` or `else` at the cursor to a construct further out.
    pub(crate) fn leave_over(&mut self) {
        self.left_over = Some(self.at);
        self.panicking = false;
    }

    /// Whether the word at the cursor was left to a construct further out.
    pub(crate) fn at_left_over(&self) -> bool {
        self.left_over == Some(self.at)
    }

    /// The rest of the line is known to be good again.
    pub(crate) fn recover(&mut self) {
        self.panicking = false;
    }

    /// The text of the current word, as error messages show it.
    pub(crate) fn found(&self) -> Found {
        Found::new(self.word(0).kind, self.word_text())
    }

    /// The text of the current word.
    pub(crate) fn word_text(&self) -> &str {
        let word = self.word(0);
        &self.text[word.start as usize..(word.start + word.len) as usize]
    }

    /// Reports a problem with the current word and stays silent up to the next line end.
    pub(crate) fn error_here(&mut self, problem: Problem) {
        let word = self.word(0);
        let at_line_end = word.kind.is_line_end() || word.kind == Eof;
        if let Some(string) = self.string_that_goes_on() {
            let problem = Problem::StringGoesOn(Box::new(problem), self.found());
            return self.error(string, problem);
        }
        let range = if at_line_end { self.range_before(self.at) } else { word_range(word) };
        self.error(range, problem);
    }

    /// The first line of a string of several lines that ends directly before the current word: mostly it was not meant to go on.
    fn string_that_goes_on(&self) -> Option<TextRange> {
        let string = *self.words.get(self.at.checked_sub(1)?)?;
        let word = self.word(0);
        let follows = !word.kind.is_line_end() && word.kind != Eof && !word.after_line_break;
        let line = self.first_line(string);
        (follows && string.kind == StringLit && line.len() < string.len.into()).then_some(line)
    }

    /// The first line of a word.
    fn first_line(&self, word: Word) -> TextRange {
        let text = &self.text[word.start as usize..(word.start + word.len) as usize];
        let line = text.split(['\r', '\n']).next().unwrap_or(text);
        TextRange::at(word.start.into(), TextSize::of(line))
    }

    /// Reports a string without an end at the line in which it begins.
    pub(crate) fn error_open_string(&mut self) {
        let was = self.panicking;
        self.error(self.first_line(self.word(0)), Problem::OpenString);
        self.panicking = was;
    }

    /// Reports that a line ends behind the word before the current one, though an operand must follow.
    pub(crate) fn error_operand_missing(&mut self) {
        let operator = self.words[self.at - 1];
        let range = word_range(operator);
        let text = self.text[range.start().into()..range.end().into()].to_owned();
        if let Some(open) = self.bracket.filter(|_| self.inside == Inside::Brackets)
            && matches!(operator.kind, Comma | LParen | LBracket | LBrace | Colon)
        {
            return self.error_not_closed(open);
        }
        let ahead = self.assignment_ahead().unwrap_or(usize::from(self.at(Ident)));
        let word = self.word(ahead);
        let found = Found::new(word.kind, &self.text[word.start as usize..(word.start + word.len) as usize]);
        let brackets = |_| self.bracket.map_or(Problem::ParenClose, |open| open.of.problem(operator.kind));
        if ahead > 1 && self.inside == Inside::Brackets {
            return self.error(range, Problem::OperandMissing(text, Box::new(brackets(found))));
        }
        let follows: fn(Found) -> Problem = match (ahead, word.kind, self.inside) {
            (0, ..) | (1, Eq, _) => Problem::ExpectedExpression,
            (_, _, Inside::Header(WhileKw)) => Problem::LineEndAfterWhile,
            (_, _, Inside::Header(ForKw)) => Problem::LineEndAfterFor,
            (_, _, Inside::Header(_)) => |found| Problem::ExpectedKeyword(ThenKw, found),
            _ => Problem::ExpectedLineEnd,
        };
        self.error(range, Problem::OperandMissing(text, Box::new(follows(found))));
    }

    /// Reports a problem detected at the current word but better shown elsewhere.
    pub(crate) fn error(&mut self, range: TextRange, problem: Problem) {
        if !self.panicking && !self.gave_up {
            let at = self.range().start();
            let line_at = if problem.is_behind_its_token() { self.word(1).start.into() } else { at };
            let (range, problem) = self.as_slip(range, problem);
            // What a slip brings about further on is told with it.
            let is_told = |error: &RawError| error.range == range && matches!(error.problem, Problem::Foreign(..));
            if self.errors.last().is_some_and(is_told) && matches!(problem, Problem::Foreign(..)) {
                self.panicking = true;
                return;
            }
            let follows = self.follows(at);
            self.errors.push(RawError { at, line_at, range, problem, follows });
        }
        self.panicking = true;
    }

    /// A problem as the slip that it comes from, if another language writes so; what follows is read accordingly.
    fn as_slip(&mut self, range: TextRange, problem: Problem) -> (TextRange, Problem) {
        let (text, words, statement) = (self.text, self.words, self.statement_start);
        let mut slips = Slips { text, words, at: self.at, statement, saw_end: false };
        let slip = slips.find(&problem);
        self.needs_context |= slips.saw_end && self.context.goes_on;
        let Some(slip) = slip else { return (range, problem) };
        self.slip_until = slip.until;
        self.slip_line_end = Some(slip.line_end);
        match &slip.what {
            Foreign::Brace(_) | Foreign::Colon(_) => self.slip_block = Some(self.at),
            Foreign::Function(_) if !matches!(problem, Problem::LineEndAfterParams(_)) => {
                self.slip_header = Some((FunctionKw, slip.range));
            }
            Foreign::Header(_, keyword) => {
                let last = slip.line_end.checked_sub(1).map(|it| self.words[it].kind);
                // What stands behind `then` is all that belongs to it.
                let is_block = *keyword != IfKw || last == Some(ThenKw);
                self.slip_header = is_block.then_some((*keyword, slip.range));
            }
            _ => {}
        }
        (slip.range, Problem::Foreign(slip.what, Box::new(problem)))
    }

    /// Whether the current word belongs to something that is no MiniScript.
    pub(crate) fn in_slip(&self) -> bool {
        self.at < self.slip_until && !self.gave_up
    }

    /// Whether the current word was told to be what other languages start a block with.
    pub(crate) fn at_slip_block(&self) -> bool {
        self.slip_block == Some(self.at)
    }

    /// Whether a block in braces ends before the current word, on the line on which it began.
    pub(crate) fn behind_closed_braces(&self) -> bool {
        self.slip_block.is_some() && self.slip_line_end == Some(self.at) && self.words[self.at - 1].kind == RBrace
    }

    /// Whether the last word before a body is a brace.
    pub(crate) fn behind_brace(&self) -> bool {
        self.at > 0 && self.words[self.at - 1].kind == LBrace
    }

    /// A header that another language writes so, once, with the word that must end its body.
    pub(crate) fn take_slip_header(&mut self) -> Option<(SyntaxKind, TextRange)> {
        self.slip_header.take()
    }

    /// Whether a brace at the cursor opens a block, as in other languages: what stands in it can only be a statement, and no entry of a map.
    pub(crate) fn at_block_brace(&mut self) -> bool {
        if !self.at(LBrace) || self.nth(1) == Eof || !self.word(1).after_line_break {
            return false;
        }
        let (first, second) = (self.nth(1), self.nth(2));
        let is_keyword = matches!(first, WhileKw | ForKw | IfKw | BreakKw | ContinueKw | ReturnKw);
        is_keyword || first == Ident && (second.is_assign_op() || starts_argument(second))
    }

    /// Whether a body may start at the cursor whose header is not part of this run.
    pub(crate) fn may_start_body(&self) -> bool {
        self.at == 0 && self.context.inside_body
    }

    /// Reports a brace that opens a block: what the reference says is what it finds in the place of a map's entry.
    pub(crate) fn error_block_brace(&mut self, keyword: SyntaxKind) {
        let range = self.range();
        let (first, second) = (self.nth(1), self.nth(2));
        let (ahead, reference): (usize, fn(Found) -> Problem) = match (first, second) {
            (Ident, Eq) => (2, |_| Problem::AssignmentInExpression),
            (Ident, _) => (2, |_| Problem::MapColon),
            _ => (1, Problem::ExpectedExpression),
        };
        let word = self.word(ahead);
        let found = Found::new(word.kind, &self.text[word.start as usize..(word.start + word.len) as usize]);
        let problem = reference(found);
        let line_at = if problem.is_behind_its_token() { self.word(ahead + 1) } else { word };
        if !self.panicking && !self.gave_up {
            let problem = Problem::Foreign(Foreign::Brace(keyword), Box::new(problem));
            let (at, line_at) = (range.start(), line_at.start.into());
            self.errors.push(RawError { at, line_at, range, problem, follows: false });
        }
        self.slip_line_end = Some(self.at + 1);
        self.slip_block = None;
    }

    /// Whether a word at the cursor ends the innermost block elsewhere.
    pub(crate) fn at_foreign_end(&self, opener: Opener) -> bool {
        !self.lone_ends.is_empty()
            && self.lone_ends.binary_search(&self.at).is_ok()
            && may_end(self.text, self.range(), opener.keyword, opener.range)
    }

    /// Whether a comment of another language starts here, where an operand must stand and the line goes on.
    pub(crate) fn at_foreign_comment(&mut self) -> bool {
        if self.at == self.statement_start || !self.behind_continuing_word() {
            return false;
        }
        let block = self.at(Slash) && self.nth(1) == Star && self.word(0).start + 1 == self.word(1).start;
        block || self.at(Unknown) && self.word_text() == "#"
    }

    /// The line goes on behind something that is no MiniScript.
    pub(crate) fn go_on(&mut self) {
        self.slip_line_end = None;
        self.panicking = false;
    }

    /// Reports `end` with the wrong word behind it; the cursor is at `end`. Where it closes something further out, the error
    /// is shown at the opening word that lost its end.
    pub(crate) fn error_at_end_word(&mut self, opener: Opener, closes_outer: bool) {
        let end = self.range();
        self.at += 1;
        let (word, found) = (self.range(), self.found());
        let at_line_end = self.at_line_end();
        self.at -= 1;
        let (range, problem) = match (closes_outer, at_line_end) {
            (true, _) => (opener.range, Problem::LeftOpen(opener.keyword, found)),
            (false, true) => (end, Problem::WrongEnd(opener.keyword, found)),
            (false, false) => (end.cover(word), Problem::WrongEnd(opener.keyword, found)),
        };
        if !self.panicking && !self.gave_up {
            let follows = closes_outer && self.is_told(opener);
            self.errors.push(RawError { follows, ..RawError::new(word.start(), range, problem) });
        }
        self.panicking = true;
    }

    /// Reports something that does not disturb the parse.
    pub(crate) fn mild_error(&mut self, problem: Problem) {
        let was = self.panicking;
        self.error_here(problem);
        self.panicking = was;
    }

    /// Reports a construct that is still open at the end of the text.
    pub(crate) fn error_open_at_end(&mut self, opener: Opener) {
        if !self.panicking && !self.gave_up {
            let follows = self.is_told(opener);
            let error = RawError::new(self.range().start(), opener.range, Problem::OpenAtEnd(opener.keyword));
            self.at_end_errors.push(RawError { follows, ..error });
        }
    }

    /// An operand is missing where the text ends behind a continuing word. Said last, and only if nothing else is.
    pub(crate) fn note_operand_missing_at_end(&mut self) {
        self.operand_missing_at_end = true;
    }

    /// Reports a problem beyond the grammar.
    pub(crate) fn check(&mut self, problem: Problem) {
        if !self.gave_up {
            let range = self.range();
            self.checks.push(RawError::new(range.start(), range, problem));
        }
    }

    /// Says that only a larger piece of text can decide here; a whole file never says so.
    pub(crate) fn need_context(&mut self) {
        self.needs_context = true;
    }
}

/// Whether a word starts an argument, and neither goes on with an expression.
fn starts_argument(kind: SyntaxKind) -> bool {
    matches!(kind, Number | StringLit | OpenStringLit | Ident | LBrace | At | NotKw | NewKw)
        || matches!(kind, SelfKw | SuperKw | LocalsKw | OuterKw | GlobalsKw)
}

fn word_range(word: Word) -> TextRange {
    TextRange::at(word.start.into(), word.len.into())
}

/// A node that was started and must be completed or given up.
#[must_use]
pub(crate) struct Marker {
    at: usize,
}

impl Marker {
    pub(crate) fn complete(self, p: &mut Parser<'_>, kind: SyntaxKind) -> Completed {
        p.events[self.at] = Event::Start { kind, parent: 0, loose: false };
        p.events.push(Event::Finish);
        Completed { at: self.at, kind, ends_in_place: false }
    }

    /// Completes a node that takes in the trivia at its ends.
    pub(crate) fn complete_loose(self, p: &mut Parser<'_>, kind: SyntaxKind) {
        p.events[self.at] = Event::Start { kind, parent: 0, loose: true };
        p.events.push(Event::Finish);
    }

    /// Drops the node; what was put into it belongs to the one around.
    pub(crate) fn abandon(self, p: &mut Parser<'_>) {
        p.events[self.at] = Event::Nothing;
    }
}

/// A complete node that may still be wrapped.
#[derive(Clone, Copy)]
pub(crate) struct Completed {
    at: usize,
    pub(crate) kind: SyntaxKind,
    /// A postfix chain whose last suffix is a member or an index.
    pub(crate) ends_in_place: bool,
}

impl Completed {
    /// Starts a node around this one.
    pub(crate) fn precede(self, p: &mut Parser<'_>) -> Marker {
        let marker = p.start();
        let distance = u32::try_from(marker.at - self.at).expect("no more events than a few per byte");
        match &mut p.events[self.at] {
            Event::Start { parent, .. } => *parent = distance,
            _ => unreachable!("a completed node has its start event"),
        }
        marker
    }
}
