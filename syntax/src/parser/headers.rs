//! Which blocks a broken line may have been meant to start: `fi x then`, `whil b do`, `f = functio a, b`.
//!
//! Part of the parser's cursor. Asked only of statements with an error, so a text without errors is never read so. Invariant: an answer
//! depends on the words of the line alone, and on which of them did start a block.

use super::Parser;
use crate::errors::Problem;
use crate::foreign::Foreign;
use crate::input::Word;
use crate::kind::SyntaxKind::{self, *};
use rowan::TextSize;

/// Of a longer line no more words are looked at.
const MOST: usize = 60;

/// The words that start blocks.
const ALL: [SyntaxKind; 4] = [IfKw, WhileKw, ForKw, FunctionKw];

/// First words of headers in other languages, with the words that may have been meant.
const OTHERS: [(&str, &[SyntaxKind]); 14] = [
    ("elif", &[IfKw]),
    ("elseif", &[IfKw]),
    ("elsif", &[IfKw]),
    ("unless", &[IfKw]),
    ("when", &[IfKw]),
    ("switch", &[IfKw]),
    ("foreach", &[ForKw]),
    ("repeat", &[WhileKw, ForKw]),
    ("loop", &[WhileKw, ForKw]),
    ("do", &[WhileKw, ForKw]),
    ("until", &[WhileKw]),
    ("def", &[FunctionKw]),
    ("fn", &[FunctionKw]),
    ("sub", &[FunctionKw]),
];

impl Parser<'_> {
    /// A block starts whose first word is there.
    pub(crate) fn open(&mut self, opener: super::Opener) {
        self.openers.push(opener);
        self.opened.push(opener.range.start());
    }

    /// How many blocks were started, for [`Parser::forget_opened`].
    pub(crate) fn opened(&self) -> usize {
        self.opened.len()
    }

    /// Which blocks a statement started is of no interest behind it.
    pub(crate) fn forget_opened(&mut self, since: usize) {
        self.opened.truncate(since);
    }

    /// Whether a statement started a block since there were so many of them.
    pub(crate) fn has_opened(&self, since: usize) -> bool {
        self.opened.len() > since
    }

    /// The first word of the line of a place.
    pub(crate) fn first_on_line(&self, at: TextSize) -> usize {
        let at = self.words.partition_point(|it| it.start < u32::from(at));
        let first = at.saturating_sub(MOST);
        let behind_end = |&it: &usize| it == 0 || self.words[it - 1].kind == Newline;
        (first..=at).rev().find(behind_end).unwrap_or(first)
    }

    /// The words of blocks that the line that begins with a word may have been meant to start, beyond those that it did start.
    pub(crate) fn may_head(&self, first: usize) -> Vec<SyntaxKind> {
        let line = &self.words[first..];
        let ends = |it: &Word| it.kind.is_line_end() || it.kind == Eof || self.is_comment(*it);
        let line = &line[..line.iter().take(MOST).take_while(|it| !ends(it)).count()];
        if line.iter().any(|it| it.kind == StringLit && self.text_of(*it).contains(['\n', '\r'])) {
            // A quote is missing, and the lines in it may be headers.
            return ALL.to_vec();
        }
        let has = |kind| line.iter().any(|it| it.kind == kind);
        let mut found: Vec<SyntaxKind> = Vec::new();
        for (at, word) in line.iter().enumerate() {
            let before = at.checked_sub(1).map(|it| line[it].kind);
            match word.kind {
                kind if ALL.contains(&kind) && before != Some(EndKw) => {
                    found.extend((!self.opened.contains(&word.start.into())).then_some(kind));
                }
                ThenKw if !has(IfKw) => found.push(IfKw),
                InKw if !has(ForKw) => found.push(ForKw),
                Ident if !line.get(at + 1).is_some_and(|it| it.kind.is_assign_op()) => {
                    self.word_may_head(*word, before, &mut found);
                }
                // Most likely a function was to follow.
                Eq if at + 1 == line.len() => found.push(FunctionKw),
                _ => {}
            }
        }
        found
    }

    /// What a name at some place in a line may have been meant as.
    fn word_may_head(&self, word: Word, before: Option<SyntaxKind>, found: &mut Vec<SyntaxKind>) {
        let text = self.text_of(word);
        let starts_value = matches!(before, None | Some(Eq | Colon | Comma | LParen | LBracket));
        let meant =
            |kind: &&SyntaxKind| before.is_none() && **kind != FunctionKw || starts_value && **kind == FunctionKw;
        if before.is_some() && text == "do" {
            found.extend([WhileKw, ForKw]);
        }
        let others = OTHERS.iter().filter(|it| it.0.eq_ignore_ascii_case(text)).flat_map(|it| it.1);
        let alike = ALL.iter().filter(|kind| is_slip(text, crate::errors::spelling(**kind)));
        found.extend(others.chain(alike).filter(meant));
    }

    /// Whether what was said to be another language's comment, or to be a string in its quotes, begins with a word: nothing in there is a header.
    fn is_comment(&self, word: Word) -> bool {
        let is_it = |what: &Foreign| matches!(what, Foreign::Comment(_) | Foreign::Quotes);
        let found = self.errors.iter().rev().take(MOST).find(|it| it.range.start() == word.start.into());
        found.is_some_and(|it| matches!(&it.problem, Problem::Foreign(what, _) if is_it(what)))
    }

    fn text_of(&self, word: Word) -> &str {
        &self.text[word.start as usize..(word.start + word.len) as usize]
    }
}

/// Whether a word may be a slip for a keyword: its first letters, its letters in another order, with one more, or, of a long one, with one that
/// is missing or another.
fn is_slip(word: &str, keyword: &str) -> bool {
    if word.len() + 1 < keyword.len() && word.len() < 3 || word.len() > keyword.len() + 1 {
        return false;
    }
    let word = word.to_ascii_lowercase();
    let sorted = |it: &str| {
        let mut letters = it.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    if sorted(&word) == sorted(keyword) || word.len() > 1 && keyword.starts_with(&word) {
        return true;
    }
    let (a, b) = (word.as_bytes(), keyword.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - same;
    let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count().min(rest);
    // `foo` is no slip for `for`.
    let may_differ = keyword.len() >= 5 || a.len() > b.len();
    may_differ && a.len().max(b.len()) - same - same_end <= 1
}
