//! Comments behind the code of consecutive lines that stand in one column do so when the code has become longer or shorter.
//!
//! Part of formatting; follows the columns of the old and of the new text from token to token. Invariant: where nothing is in its column any
//! more the column moves as little as the longest line wants, so that formatting again moves nothing.

use super::FormatEdit;
use minilive_syntax::{TextRange, TextSize};

/// A comment behind code.
struct Comment {
    /// Its line in the old text.
    line: usize,
    /// The blanks before it.
    range: TextRange,
    blanks: String,
    /// Its column in the old text.
    column: usize,
    /// Where the code before it ends in the old text, and in the new one.
    ends: (usize, usize),
}

/// The columns of the old and the new text at one place.
pub struct Columns {
    tab: usize,
    line: usize,
    old: usize,
    new: usize,
    comments: Vec<Comment>,
}

impl Columns {
    /// A tab is as wide as a level.
    pub fn new(tab: u32) -> Columns {
        Columns { tab: tab as usize, line: 0, old: 0, new: 0, comments: Vec::new() }
    }

    /// Where a text ends that begins in a column.
    fn behind(&self, from: usize, text: &str) -> usize {
        let (from, last) = match text.rfind(['\n', '\r']) {
            Some(at) => (0, &text[at + 1..]),
            None => (from, text),
        };
        from + last.chars().map(|it| if it == '\t' { self.tab } else { 1 }).sum::<usize>()
    }

    /// Goes past a token, which stays what it is.
    pub fn token(&mut self, text: &str) {
        (self.old, self.new) = (self.behind(self.old, text), self.behind(self.new, text));
        self.line += text.matches('\n').count();
    }

    /// Goes past white space that becomes another.
    pub fn gap(&mut self, old: &str, new: &str) {
        (self.old, self.new) = (self.behind(self.old, old), self.behind(self.new, new));
        self.line += old.matches('\n').count();
    }

    /// Notes that a comment stands behind blanks that begin here.
    pub fn comment(&mut self, start: TextSize, blanks: &str) {
        self.comments.push(Comment {
            line: self.line,
            range: TextRange::at(start, TextSize::of(blanks)),
            blanks: blanks.to_owned(),
            column: self.behind(self.old, blanks),
            ends: (self.old, self.new),
        });
    }

    /// Puts comments that stood in one column into one again.
    pub fn align(&self, edits: &mut Vec<FormatEdit>) {
        let goes_on = |a: &Comment, b: &Comment| a.line + 1 == b.line && a.column == b.column;
        // A tab would stand in another column once the code before it has moved, perhaps in that of its neighbour.
        let is_kept = |it: &[Comment]| it.len() == 1 && !it[0].blanks.contains('\t');
        for column in self.comments.chunk_by(goes_on).filter(|it| !is_kept(it)) {
            let gap = column.iter().map(|it| it.column - it.ends.0).min().unwrap_or(1).max(1);
            let target = column.iter().map(|it| it.ends.1).max().unwrap_or(0) + gap;
            for it in column {
                put(edits, it, " ".repeat(target - it.ends.1));
            }
        }
    }
}

/// Makes blanks what they are to be.
fn put(edits: &mut Vec<FormatEdit>, comment: &Comment, blanks: String) {
    let at = edits.partition_point(|it| it.range.start() < comment.range.start());
    let is_there = edits.get(at).is_some_and(|it| it.range == comment.range);
    match (is_there, blanks == comment.blanks) {
        (true, true) => drop(edits.remove(at)),
        (true, false) => edits[at].text = blanks,
        (false, true) => {}
        (false, false) => edits.insert(at, FormatEdit { range: comment.range, text: blanks }),
    }
}
