//! What people write who come from another language: `elif`, `x++`, `'text'`, braces, and what MiniScript writes instead.
//!
//! The parser asks when it reports the first error of a line, so a text without errors never comes here, and what the reference says
//! of it stays. Invariant: an answer depends on the words of the statement and the lines that the slip takes, and looks at the end
//! of a run only through [`Slips::line_end`], which says so: `reparse` lives off that.

mod other;

use crate::errors::Problem;
use crate::input::Word;
use crate::kind::SyntaxKind::{self, *};
use rowan::TextRange;

/// Another language's way of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// `elif` and the like.
    ElseIf(String),
    /// `++` or `--`.
    Step(&'static str),
    /// `'text'`
    Quotes,
    /// A comment that begins like this.
    Comment(&'static str),
    /// `for i = 1 to 10`
    CountingFor,
    /// `for (…)`
    ForInParentheses,
    /// `do` or `then` behind the header of a loop.
    HeaderWord(String),
    /// `:` behind the header of a block of this word.
    Colon(SyntaxKind),
    /// `{` behind the header of a block of this word.
    Brace(SyntaxKind),
    /// An operator, and what MiniScript has for it.
    Operator(&'static str, &'static str),
    /// `def foo(x)`, `function foo(x)`: the name.
    Function(String),
    /// `foreach x in list`, `If x then`: the word, and what MiniScript has for it.
    Header(String, SyntaxKind),
    /// `var x = 3`: the word before the name.
    Declaration(String),
    /// `function a, b`
    BareParams,
    /// `end if` on the line of a single-line `if`.
    EndOnLine,
    /// Something that there is no short word for, with what is said of it.
    Says(String),
    /// `endif` and the like for the `end` of a block of this word.
    End(String, SyntaxKind),
}

impl Foreign {
    /// Our sentence.
    pub(crate) fn message(&self) -> String {
        let ended = |keyword: &SyntaxKind| format!("`end {}` ends it", crate::errors::spelling(*keyword));
        match self {
            Foreign::ElseIf(word) => format!("MiniScript writes `else if` for `{word}`"),
            Foreign::Step("++") => "MiniScript has no `++`; a statement `x += 1` does that".to_owned(),
            Foreign::Step(_) => "MiniScript has no `--`; a statement `x -= 1` does that".to_owned(),
            Foreign::Quotes => "strings stand in double quotes, not in single ones".to_owned(),
            Foreign::Comment(begin) => format!("comments begin with `//`, not with `{begin}`"),
            Foreign::CountingFor => "`for` counts through a range: `for i in range(1, 10)`".to_owned(),
            Foreign::ForInParentheses => {
                "`for` has no parentheses: `for item in list`, or `for i in range(1, 10)` to count".to_owned()
            }
            Foreign::HeaderWord(word) => format!("no `{word}` stands here: the block starts on the next line"),
            Foreign::Colon(IfKw) => "MiniScript writes `then` for the `:` behind a condition".to_owned(),
            Foreign::Colon(ElseKw) => "no `:` stands here: the block starts on the next line".to_owned(),
            Foreign::Colon(keyword) => {
                format!("no `:` stands here: the block starts on the next line, and {}", ended(keyword))
            }
            Foreign::Brace(IfKw) => "blocks have no braces: `then` starts this one, and `end if` ends it".to_owned(),
            Foreign::Brace(ElseKw) => {
                "blocks have no braces: this one starts on the next line, and `end if` ends it".to_owned()
            }
            Foreign::Brace(keyword) => {
                format!("blocks have no braces: this one starts on the next line, and {}", ended(keyword))
            }
            Foreign::Operator(found, ours) => format!("MiniScript writes `{ours}` for `{found}`"),
            Foreign::Function(name) => format!("a function gets its name by an assignment: `{name} = function(…)`"),
            Foreign::Header(word, keyword) => {
                format!("MiniScript writes `{}` for `{word}`", crate::errors::spelling(*keyword))
            }
            Foreign::BareParams => "parameters stand in parentheses: `function(a, b)`".to_owned(),
            Foreign::EndOnLine => "a single-line `if` has no `end if`".to_owned(),
            Foreign::Says(says) => says.clone(),
            Foreign::Declaration(word) => format!("no `{word}` is needed: an assignment makes the variable"),
            Foreign::End(word, keyword) => {
                format!("MiniScript writes `end {}` for `{word}`", crate::errors::spelling(*keyword))
            }
        }
    }
}

/// A slip at a place.
pub(crate) struct Slip {
    pub(crate) what: Foreign,
    /// Where to show it.
    pub(crate) range: TextRange,
    /// Up to this word nothing is MiniScript.
    pub(crate) until: usize,
    /// The word before which the line ends, though its last word lets it go on.
    pub(crate) line_end: usize,
}

/// The words around an error.
pub(crate) struct Slips<'a> {
    pub(crate) text: &'a str,
    pub(crate) words: &'a [Word],
    /// The word at which the error is detected.
    pub(crate) at: usize,
    /// The first word of the statement.
    pub(crate) statement: usize,
    /// The end of the words was looked at.
    pub(crate) saw_end: bool,
}

impl Slips<'_> {
    fn kind(&self, at: usize) -> SyntaxKind {
        self.words.get(at).map_or(Eof, |word| word.kind)
    }

    fn text(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &self.text[word.start as usize..(word.start + word.len) as usize])
    }

    fn range(&self, first: usize, last: usize) -> TextRange {
        let (first, last) = (self.words[first], self.words[last]);
        TextRange::new(first.start.into(), (last.start + last.len).into())
    }

    /// Whether nothing stands between a word and the one behind it.
    fn touches_next(&self, at: usize) -> bool {
        let (word, next) = (self.words.get(at), self.words.get(at + 1));
        word.zip(next).is_some_and(|(word, next)| word.start + word.len == next.start)
    }

    /// Two words that make one operator elsewhere.
    fn pair(&self, at: usize, first: SyntaxKind, second: SyntaxKind) -> bool {
        self.kind(at) == first && self.kind(at + 1) == second && self.touches_next(at)
    }

    fn is_unknown(&self, at: usize, text: &str) -> bool {
        self.kind(at) == Unknown && self.text(at) == text
    }

    /// The first word of the line of a word; of a line of thousands of errors only so many words are looked at for each.
    fn line_start(&self, at: usize) -> usize {
        const MOST: usize = 1000;
        let starts = |&it: &usize| it == 0 || self.words[it].after_line_break || self.kind(it - 1).is_line_end();
        let first = at.saturating_sub(MOST);
        (first..=at).rev().find(starts).unwrap_or(first)
    }

    /// The word before which the line of a word ends. A `;` is a line end for statements, but not for what is no MiniScript.
    fn line_end(&mut self, from: usize, at_semicolon: bool) -> usize {
        let last = self.words.len() - 1;
        let ends = |&it: &usize| {
            let word = self.words[it];
            let end = word.kind == Newline || word.kind == Semicolon && at_semicolon;
            it == last || end || word.after_line_break && it > from
        };
        let found = (from..=last).find(ends).unwrap_or(last);
        self.saw_end |= found == last;
        found
    }

    fn slip(&mut self, what: Foreign, range: TextRange) -> Slip {
        let line_end = self.line_end(self.at, true);
        Slip { what, range, until: self.at, line_end }
    }

    /// What of another language is the cause of a problem.
    pub(crate) fn find(&mut self, problem: &Problem) -> Option<Slip> {
        use Problem::{Foreign, OpenString, StringGoesOn, TooDeep};
        if matches!(problem, OpenString | TooDeep | StringGoesOn(..) | Foreign(..)) {
            return None;
        }
        let simple = self.comment().or_else(|| self.step()).or_else(|| self.statement());
        let simple = simple.or_else(|| self.word_of_statement(problem));
        if matches!(problem, Problem::NotClosed(..)) {
            return simple;
        }
        simple.or_else(|| self.header(problem)).or_else(|| self.shape(problem)).or_else(|| {
            let at = self.at;
            self.quotes(at).or_else(|| self.operator(at)).or_else(|| self.word_operator()).or_else(|| self.other())
        })
    }

    /// `# …`, `-- …`, `/* … */`
    fn comment(&mut self) -> Option<Slip> {
        let at = self.at;
        if self.is_unknown(at, "#") {
            return Some(self.up_to_line_end("#", at, at));
        }
        if self.is_unknown(at, "'") && self.is_basic_comment(at) {
            return Some(self.up_to_line_end("'", at, at));
        }
        if self.pair(at, Slash, Star) {
            return Some(self.block_comment(at));
        }
        if at > 0 && self.pair(at - 1, Slash, Star) {
            return Some(self.block_comment(at - 1));
        }
        let first = self.line_start(at);
        let is_begin = |&it: &usize| {
            let dashes = matches!(self.kind(it), Minus | StrongMinus) && self.kind(it + 1) == Minus;
            let behind = self.words.get(it + 2).is_some_and(|word| word.after_space);
            dashes && self.touches_next(it) && (it == first || self.words[it].after_space && behind)
        };
        let begin = (first..at).find(is_begin).filter(|begin| begin + 2 <= at)?;
        Some(self.up_to_line_end("--", begin, begin + 1))
    }

    /// Whether a quote begins a comment, as in BASIC: no other one follows in the line.
    fn is_basic_comment(&mut self, at: usize) -> bool {
        let end = self.line_end(at, false);
        let starts = at == 0 || self.kind(at - 1).is_line_end() || self.words[at].after_line_break;
        (starts || self.words[at].after_space) && !(at + 1..end).any(|it| self.is_unknown(it, "'"))
    }

    fn up_to_line_end(&mut self, begin: &'static str, first: usize, last: usize) -> Slip {
        let end = self.line_end(self.at, false);
        Slip { what: Foreign::Comment(begin), range: self.range(first, last), until: end, line_end: end }
    }

    /// Without an end it goes on to the end of the text, as in the languages that it comes from.
    fn block_comment(&mut self, begin: usize) -> Slip {
        let last = self.words.len() - 1;
        let end = (begin + 2..last).find(|&it| self.pair(it, Star, Slash));
        self.saw_end |= end.is_none();
        let until = end.map_or(last, |end| end + 2);
        let line_end = self.line_end(until, true).min(last);
        let line_end = if self.words[until].after_line_break { until } else { line_end };
        Slip { what: Foreign::Comment("/*"), range: self.range(begin, begin + 1), until, line_end }
    }

    /// `x++` and `x--` at the end of a line, `++x` at its start.
    fn step(&mut self) -> Option<Slip> {
        let at = self.at;
        let (behind, on_line) =
            if self.words[at].after_line_break || self.kind(at).is_line_end() || self.kind(at) == Eof {
                (at, true)
            } else {
                let next = self.words[(at + 1).min(self.words.len() - 1)];
                self.saw_end |= at + 1 >= self.words.len() - 1;
                (at + 1, next.after_line_break || next.kind.is_line_end() || next.kind == Eof)
            };
        // A word of the line behind may have been read before the error was seen.
        let first = self.line_start(at);
        let places = [(behind, on_line), (first, self.words[first].after_line_break)];
        // Where a statement starts, the line before is done with.
        let statement = self.statement;
        for (behind, _) in places.into_iter().filter(|&(behind, ends)| ends && behind >= 3 && behind != statement) {
            let (word, sign) = match (self.kind(behind - 2), self.kind(behind - 1)) {
                (Plus, Plus) => ("++", behind - 2),
                (Minus | StrongMinus, Minus) => ("--", behind - 2),
                _ => continue,
            };
            let target = matches!(self.kind(sign - 1), Ident | RBracket) && self.touches_next(sign - 1);
            if target && self.touches_next(sign) {
                let range = self.range(sign, sign + 1);
                let line_end = if behind > at { behind } else { self.line_end(at, true) };
                let line_end = if self.words[at].after_line_break && behind == at { at } else { line_end };
                return Some(Slip { what: Foreign::Step(word), range, until: at, line_end });
            }
        }
        let prefix = self.pair(at, Plus, Plus) && self.kind(at + 2) == Ident && self.touches_next(at + 1);
        let starts = at == self.statement;
        (prefix && starts).then(|| self.slip(Foreign::Step("++"), self.range(at, at + 1)))
    }

    /// What is told by the first words of a statement.
    fn statement(&mut self) -> Option<Slip> {
        let first = self.line_start(self.at);
        let starts = first == self.statement || first == 0 || self.kind(first - 1).is_line_end();
        if !starts || self.kind(first) != Ident || first == self.at {
            return None;
        }
        let word = self.text(first).to_owned();
        match &*word {
            "elif" | "elseif" | "elsif" | "elseIf" | "ElseIf" | "Elseif" => {
                Some(self.slip(Foreign::ElseIf(word), self.range(first, first)))
            }
            "def" | "func" | "fn" | "fun" | "sub" | "proc" if self.pair(first + 1, Ident, LParen) => {
                let what = Foreign::Function(self.text(first + 1).to_owned());
                let mut slip = self.slip(what, self.range(first, first + 1));
                slip.until = slip.line_end;
                Some(slip)
            }
            "foreach" | "Foreach" | "ForEach" | "For" | "FOR" if self.kind(self.at) == InKw => {
                Some(self.slip(Foreign::Header(word, ForKw), self.range(first, first)))
            }
            "If" | "IF" if self.kind(self.at) == ThenKw => {
                Some(self.slip(Foreign::Header(word, IfKw), self.range(first, first)))
            }
            "var" | "let" | "local" | "const" | "int" | "float" | "double" | "string" | "bool" | "auto" | "my"
            | "dim"
                if self.kind(first + 1) == Ident && self.kind(first + 2) == Eq && self.at == first + 2 =>
            {
                Some(self.slip(Foreign::Declaration(word), self.range(first, first)))
            }
            _ => None,
        }
    }

    /// What a header has too much, or instead of what it needs.
    fn header(&mut self, problem: &Problem) -> Option<Slip> {
        let at = self.at;
        let keyword = match problem {
            Problem::ExpectedKeyword(ThenKw, _) => IfKw,
            Problem::LineEndAfterElse(_) => ElseKw,
            // `then:`
            Problem::ExpectedExpression(_) if self.kind(at) == Colon && at > 0 && self.kind(at - 1) == ThenKw => ElseKw,
            Problem::LineEndAfterWhile(_) => WhileKw,
            Problem::LineEndAfterFor(_) => ForKw,
            Problem::LineEndAfterParams(_) => FunctionKw,
            Problem::ForVariable(_) if self.kind(at) == LParen => {
                let end = self.line_end(at, false);
                let range = self.range(at, end.max(at + 1) - 1);
                // A brace that opens the block is left to it.
                let until = if self.kind(end - 1) == LBrace { end - 1 } else { end };
                return Some(Slip { what: Foreign::ForInParentheses, range, until, line_end: end });
            }
            Problem::ExpectedKeyword(InKw, _) if self.kind(at) == Eq => {
                return Some(self.slip(Foreign::CountingFor, self.range(at, at)));
            }
            _ => return None,
        };
        let what = match (self.kind(at), self.text(at)) {
            (Colon, _) if !self.pair(at, Colon, Eq) => Foreign::Colon(keyword),
            (LBrace, _) => return Some(self.brace(keyword)),
            (Ident, word @ "do") | (ThenKw, word) if matches!(keyword, WhileKw | ForKw) => {
                Foreign::HeaderWord(word.to_owned())
            }
            (Ident, name) if keyword == FunctionKw && self.names_function(at) => {
                let what = Foreign::Function(name.to_owned());
                return Some(self.slip(what, self.range(at - 1, at)));
            }
            _ => return None,
        };
        Some(self.slip(what, self.range(at, at)))
    }

    /// A brace that opens a block, with all of that if it ends on the same line.
    fn brace(&mut self, keyword: SyntaxKind) -> Slip {
        let at = self.at;
        let end = self.line_end(at, false);
        let mut slip = self.slip(Foreign::Brace(keyword), self.range(at, at));
        if end > at && self.kind(end - 1) == RBrace {
            (slip.until, slip.line_end) = (end, end);
        }
        slip
    }

    /// Whether a word is the name in `function foo(x)`, at the start of a statement or behind `local`.
    fn names_function(&self, at: usize) -> bool {
        let Some(keyword) = at.checked_sub(1).filter(|&it| self.kind(it) == FunctionKw) else { return false };
        let first = self.line_start(keyword);
        keyword == first || keyword == first + 1 && self.text(first) == "local"
    }

    fn quotes(&mut self, at: usize) -> Option<Slip> {
        if !self.is_unknown(at, "'") {
            return None;
        }
        let end = self.line_end(at, false);
        let escaped = |it: usize| self.is_unknown(it - 1, "\\") && self.touches_next(it - 1);
        let mut quotes = (at + 1..end).filter(|&it| self.is_unknown(it, "'") && !escaped(it));
        let mut close = quotes.next()?;
        // A doubled quote is one of the string's own.
        while self.is_unknown(close + 1, "'") && self.touches_next(close) && close > at + 1 {
            quotes.next();
            let Some(next) = quotes.next() else { break };
            close = next;
        }
        let line_end = self.line_end(close, true);
        Some(Slip { what: Foreign::Quotes, range: self.range(at, close), until: close + 1, line_end })
    }

    fn is_after_space(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.after_space)
    }

    /// Whether the line of a word begins with a condition.
    fn in_condition(&self, at: usize) -> bool {
        matches!(self.kind(self.line_start(at)), IfKw | WhileKw | ElseKw)
    }

    fn operator(&mut self, at: usize) -> Option<Slip> {
        let before = at.checked_sub(1);
        let behind = |first, second| before.is_some_and(|before| self.pair(before, first, second));
        let twice = |text| self.is_unknown(at, text) && self.is_unknown(at + 1, text) && self.touches_next(at);
        let (found, ours, first) = if behind(Less, Greater) {
            ("<>", "!=", at - 1)
        } else if behind(EqEq, Eq) {
            ("===", "==", at - 1)
        } else if behind(NotEq, Eq) {
            ("!==", "!=", at - 1)
        } else if behind(Star, Star) {
            ("**", "^", at - 1)
        } else if twice("&") {
            ("&&", "and", at)
        } else if twice("|") {
            ("||", "or", at)
        } else if self.is_unknown(at, "!") {
            ("!", "not", at)
        } else if self.pair(at, Colon, Eq) {
            (":=", "=", at)
        } else if self.pair(at, Colon, Colon) && self.kind(at + 2) == Ident {
            ("::", ".", at)
        } else if behind(Star, StarEq) {
            ("**=", "^=", at - 1)
        } else if behind(Minus, Greater) && at > 1 && self.touches_next(at - 2) && self.touches_next(at) {
            ("->", ".", at - 1)
        } else if self.is_unknown(at, "&")
            && (self.kind(at + 1) == StringLit || before.is_some_and(|it| self.kind(it) == StringLit))
        {
            ("&", "+", at)
        } else if self.is_unknown(at, "~") && self.kind(at + 1) == Eq && self.touches_next(at) {
            ("~=", "!=", at)
        } else if behind(Dot, Dot) && self.words[at - 1].after_space && self.is_after_space(at + 1) {
            ("..", "+", at - 1)
        } else if self.in_condition(at) && (self.pair(at, Eq, Greater) || behind(Eq, Greater)) {
            ("=>", ">=", if self.kind(at) == Eq { at } else { at - 1 })
        } else if self.in_condition(at) && (self.pair(at, Eq, Less) || behind(Eq, Less)) {
            ("=<", "<=", if self.kind(at) == Eq { at } else { at - 1 })
        } else {
            return None;
        };
        let start = self.words[first].start;
        let range = TextRange::at(start.into(), rowan::TextSize::of(found));
        Some(self.slip(Foreign::Operator(found, ours), range))
    }
}

/// The words that end a block elsewhere, in small letters, and the openers of the blocks that they may end.
const ENDS: [(&str, &[SyntaxKind]); 16] = [
    ("endif", &[IfKw]),
    ("end_if", &[IfKw]),
    ("fi", &[IfKw]),
    ("endwhile", &[WhileKw]),
    ("end_while", &[WhileKw]),
    ("wend", &[WhileKw]),
    ("endfor", &[ForKw]),
    ("end_for", &[ForKw]),
    ("next", &[ForKw]),
    ("endfunction", &[FunctionKw]),
    ("end_function", &[FunctionKw]),
    ("endfunc", &[FunctionKw]),
    ("endsub", &[FunctionKw]),
    ("done", &[WhileKw, ForKw]),
    ("od", &[WhileKw, ForKw]),
    ("loop", &[WhileKw, ForKw]),
];

/// The blocks that a word ends elsewhere.
fn ended_by(word: &str) -> Option<&'static [SyntaxKind]> {
    let longest = "end_function".len();
    let found = || ENDS.iter().find(|(it, _)| it.eq_ignore_ascii_case(word));
    if word.len() > longest { None } else { found().map(|(_, keywords)| *keywords) }
}

/// Whether a text may have a word that ends a block elsewhere.
pub(crate) fn has_end_word(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| ended_by(word).is_some())
}

/// The words that stand alone as statements and end a block elsewhere. To the grammar they are names, and may be: so they are looked at only
/// in a text in which a block has no end, and never if the same word stands somewhere in the text in another way, as what is assigned does.
pub(crate) fn lone_ends(text: &str, words: &[Word]) -> Vec<usize> {
    let text_of = |at: usize| &text[words[at].start as usize..(words[at].start + words[at].len) as usize];
    let ends = |at: usize| words[at].kind.is_line_end() || words[at].kind == Eof;
    // `next i`
    let with_name = |at: usize| text_of(at).eq_ignore_ascii_case("next") && words[at + 1].kind == Ident && ends(at + 2);
    let is_lone = |at: usize| (at == 0 || ends(at - 1)) && (ends(at + 1) || with_name(at));
    let named: Vec<_> = (0..words.len())
        .filter(|&at| words[at].kind == Ident && ended_by(text_of(at)).is_some())
        .map(|at| (at, is_lone(at)))
        .collect();
    let is_name = |word: &str| named.iter().any(|&(at, lone)| !lone && text_of(at) == word);
    named.iter().filter(|&&(at, lone)| lone && !is_name(text_of(at))).map(|&(at, _)| at).collect()
}

/// Whether a lone word may end the block that `opener` begins. Words that could well be somebody's functions do so only where they stand as
/// far to the left as the block's first line.
pub(crate) fn may_end(text: &str, word: TextRange, keyword: SyntaxKind, opener: TextRange) -> bool {
    let indent = |range: TextRange| {
        let before = &text[..usize::from(range.start())];
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        text[line..].len() - text[line..].trim_start_matches([' ', '\t']).len()
    };
    let spelled = &text[word];
    let is_plain = !spelled.get(..3).is_some_and(|it| it.eq_ignore_ascii_case("end"));
    ended_by(spelled).is_some_and(|it| it.contains(&keyword)) && (!is_plain || indent(word) <= indent(opener))
}
