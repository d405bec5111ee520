//! Ways of writing that MiniScript has nothing like, or something of another shape: `a ? b : c`, `x => x + 1`, `switch`, `5 mod 2`.
//!
//! Part of `foreign`, asked when nothing simpler is the cause. Same invariant.

use super::{Foreign, Slip, Slips};
use crate::errors::Problem;
use crate::kind::SyntaxKind::*;

/// Words that begin statements elsewhere, and what to say of them.
const WORDS: [(&str, &str); 13] = [
    ("do", "MiniScript has no `do … while`: `while true` with `if … then break` before its end does that"),
    ("switch", "MiniScript has no `switch`: `if … then`, `else if … then` and `else` choose between cases"),
    ("case", "MiniScript has no `case`: `if … then`, `else if … then` and `else` choose between cases"),
    ("default", "MiniScript has no `default`: `else` is for all other cases"),
    ("match", "MiniScript has no `match`: `if … then`, `else if … then` and `else` choose between cases"),
    ("try", "MiniScript has no `try`: functions give `null` or an error value, which `isa error` asks for"),
    ("catch", "MiniScript has no `catch`: functions give `null` or an error value, which `isa error` asks for"),
    ("except", "MiniScript has no `except`: functions give `null` or an error value, which `isa error` asks for"),
    ("finally", "MiniScript has no `finally`: what follows is just carried out"),
    ("class", "a class is a map: `Name = {}`, or `Name = new Base`, and `Name.method = function(…)`"),
    ("struct", "a record is a map: `{\"name\": value}`"),
    ("enum", "MiniScript has no `enum`: a map of numbers, `{\"RED\": 0, \"GREEN\": 1}`, does that"),
    ("from", "`import \"name\"` gives the whole module, whose members are `name.member`"),
];

/// What is said of functions in one line.
const ARROW: &str = "a function stands on lines of its own: `function(x)`, then `return …`, then `end function`";

impl Slips<'_> {
    fn says(&mut self, says: &str, first: usize, last: usize) -> Slip {
        let end = self.line_end(self.at, false);
        Slip { what: Foreign::Says(says.to_owned()), range: self.range(first, last), until: end, line_end: end }
    }

    /// As `says`, where the line goes on as it is.
    fn told(&mut self, says: &str, first: usize, last: usize) -> Slip {
        let range = self.range(first, last);
        self.slip(Foreign::Says(says.to_owned()), range)
    }

    /// Statements that begin with a word of another language, with what stands in braces behind.
    pub(super) fn word_of_statement(&mut self, problem: &Problem) -> Option<Slip> {
        let (first, at) = (self.statement, self.at);
        let is_alone = first < at && (first == 0 || self.kind(first - 1).is_line_end());
        if !is_alone || self.kind(first) != Ident {
            return None;
        }
        let (_, says) = *WORDS.iter().find(|(word, _)| *word == self.text(first))?;
        let typical = match self.text(first) {
            "from" => self.text(at) == "import" || self.text(first + 2) == "import",
            "class" | "struct" | "enum" => {
                self.kind(first + 1) == Ident && (at == first + 2 || matches!(self.kind(at), LBrace | Colon))
            }
            _ => {
                let is_brace = matches!(problem, Problem::NotClosed(bracket, ..) if bracket == "{");
                is_brace || matches!(self.kind(at), LBrace | Colon)
            }
        };
        if !typical {
            return None;
        }
        let mut slip = self.says(says, first, first);
        // A block in braces is passed over with it.
        let open = (first..slip.until.min(self.words.len())).find(|&it| self.kind(it) == LBrace);
        let mut close = open.and_then(|open| self.matching_brace(open));
        while let Some(at) = close {
            slip.until = slip.until.max(at + 1);
            let is_over = self.words[slip.until].after_line_break;
            slip.line_end = if is_over { slip.until } else { self.line_end(slip.until, false) };
            // `} catch (e) {`
            let next = (slip.until..slip.line_end).find(|&it| self.kind(it) == LBrace);
            close = next.and_then(|open| self.matching_brace(open));
        }
        Some(slip)
    }

    fn matching_brace(&mut self, open: usize) -> Option<usize> {
        let mut depth = 0;
        for at in open..self.words.len() {
            match self.kind(at) {
                LBrace => depth += 1,
                RBrace if depth == 1 => return Some(at),
                RBrace => depth -= 1,
                _ => {}
            }
        }
        self.saw_end = true;
        None
    }

    /// Parameters without parentheses, and `end if` behind a single-line `if`.
    pub(super) fn shape(&mut self, problem: &Problem) -> Option<Slip> {
        let at = self.at;
        if matches!(problem, Problem::LineEndAfterParams(_))
            && self.kind(at) == Ident
            && self.kind(at - 1) == FunctionKw
        {
            let end = self.line_end(at, false);
            let range = self.range(at, end.max(at + 1) - 1);
            return Some(Slip { what: Foreign::BareParams, range, until: end, line_end: end });
        }
        let is_end =
            matches!(problem, Problem::ExpectedLineEnd(_)) && self.kind(at) == EndKw && self.kind(at + 1) == IfKw;
        if is_end && matches!(self.kind(self.line_start(at)), IfKw | ElseKw) {
            return Some(Slip {
                what: Foreign::EndOnLine,
                range: self.range(at, at + 1),
                until: at,
                line_end: self.line_end(at, true),
            });
        }
        None
    }

    /// What stands in expressions elsewhere.
    pub(super) fn other(&mut self) -> Option<Slip> {
        let at = self.at;
        let before = at.checked_sub(1);
        if self.is_unknown(at, "?") {
            if self.is_unknown(at + 1, "?") && self.touches_next(at) {
                let says = "MiniScript has no `??`: `if x == null then x = …` gives a value that is missing";
                return Some(self.told(says, at, at + 1));
            }
            if self.kind(at + 1) == Dot && self.touches_next(at) {
                let says = "MiniScript has no `?.`: ask with `if x != null then` before";
                return Some(self.told(says, at, at + 1));
            }
            let says = "MiniScript has no `? :`: `if … then … else …` chooses between two statements";
            return Some(self.told(says, at, at));
        }
        if self.pair(at, Eq, Greater) {
            return Some(self.says(ARROW, at, at + 1));
        }
        if self.kind(at) == RParen && self.pair(at + 1, Eq, Greater) {
            return Some(self.says(ARROW, at + 1, at + 2));
        }
        if let Some(minus) = before.filter(|&it| self.pair(it, Minus, Greater) || self.pair(it, StrongMinus, Greater)) {
            let is_member =
                minus > 0 && self.touches_next(minus - 1) && self.touches_next(at) && self.kind(at + 1) == Ident;
            if !is_member {
                return Some(self.says(ARROW, minus, at));
            }
        }
        if self.kind(at) == Ident && before.is_some_and(|it| self.kind(it) == Ident && self.text(it) == "lambda") {
            return Some(self.says(ARROW, at - 1, at - 1));
        }
        if let Some(dot) = before.filter(|&it| self.pair(it, Dot, Dot) && it > 0 && self.kind(it - 1) == Number) {
            return Some(self.told("`range(1, 10)` gives the numbers from 1 to 10", dot, at));
        }
        let is_in = |it: usize| self.kind(it) == InKw && self.kind(self.line_start(at)) != ForKw;
        if is_in(at) || matches!(self.text(at), "not") && is_in(at + 1) {
            let says = "`list.indexOf(x) != null` asks whether a list has something, `map.hasIndex(x)` whether a map has a key";
            let last = if self.kind(at) == InKw { at } else { at + 1 };
            return Some(self.told(says, at, last));
        }
        if self.is_unknown(at, "`") {
            let end = self.line_end(at, false);
            let close = (at + 1..end).find(|&it| self.is_unknown(it, "`"))?;
            let range = self.range(at, close);
            if self.text[std::ops::Range::<usize>::from(range)].contains("${") {
                let says = "strings stand in double quotes, and `+` puts values into them: `\"a\" + x`";
                return Some(self.told(says, at, close));
            }
            let line_end = self.line_end(close, true);
            return Some(Slip { what: Foreign::Quotes, range, until: close + 1, line_end });
        }
        let prefix = |it: usize| {
            (self.kind(it) == Ident && matches!(self.text(it), "f" | "F") || self.is_unknown(it, "$"))
                && self.kind(it + 1) == StringLit
                && self.touches_next(it)
        };
        let found = [Some(at), before].into_iter().flatten().find(|&it| prefix(it));
        if let Some(it) = found {
            let word = self.text(it).to_owned();
            let says = format!("strings have no `{word}` before them; `+` puts values into them: `\"a\" + x`");
            return Some(self.told(&says, it, it));
        }
        for (sign, function) in [("&", "bitAnd"), ("|", "bitOr")] {
            let is_text = self.kind(at + 1) == StringLit || before.is_some_and(|it| self.kind(it) == StringLit);
            if self.is_unknown(at, sign) && !is_text {
                let says = format!("MiniScript writes `{function}(a, b)` for `a {sign} b`");
                return Some(self.told(&says, at, at));
            }
        }
        None
    }

    /// Words in the place of operators.
    pub(super) fn word_operator(&mut self) -> Option<Slip> {
        let at = self.at;
        if self.kind(at) != Ident || at == 0 || self.words[at].after_line_break || self.kind(at - 1).is_line_end() {
            return None;
        }
        let (what, last) = match self.text(at) {
            "mod" | "MOD" => (Foreign::Operator("mod", "%"), at),
            "is" if self.kind(at + 1) == NotKw => (Foreign::Operator("is not", "!="), at + 1),
            "is" => (Foreign::Operator("is", "=="), at),
            "xor" => return Some(self.told("MiniScript has no `xor`: `a != b` does that for true and false", at, at)),
            "div" => return Some(self.told("MiniScript has no `div`: `floor(a / b)` does that", at, at)),
            _ => return None,
        };
        let range = self.range(at, last);
        Some(self.slip(what, range))
    }
}
