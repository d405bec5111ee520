//! Open documents: text, tree and line index, and how a client's edits change them.
//!
//! `world` owns them and hands the results to the database. Invariant: text, tree and line index always belong together,
//! and equal what a fresh parse and a fresh index of the text would give, whatever positions a client sends.

use crate::db::File;
use crate::line_index::{Encoding, LineColumn, LineIndex};
use minilive_syntax::{Parse, Sharing, TextEdit, TextRange, TextSize};
use std::sync::Arc;

/// More changes than this in one message are cheaper to parse at once than one by one.
const PARSE_AT_ONCE: usize = 16;

/// One change of a message, as the client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is replaced; `None` means all.
    pub range: Option<(LineColumn, LineColumn)>,
    /// The new text.
    pub text: String,
}

/// A document at one moment, as readers and notices see it.
#[derive(Debug, Clone)]
pub struct DocumentView {
    /// The client's name for it.
    pub uri: Arc<str>,
    /// The client's version number.
    pub version: i32,
    /// How many messages about this document had been applied.
    pub revision: u64,
    /// The database's name for it.
    pub file: File,
    /// The text.
    pub text: Arc<str>,
    /// Its lines.
    pub index: Arc<LineIndex>,
}

/// An open document.
#[derive(Debug)]
pub struct Document {
    /// What readers see.
    pub view: Arc<DocumentView>,
    /// The tree of the text.
    pub parse: Arc<Parse>,
}

impl Document {
    /// A document that was just opened.
    pub fn new(uri: Arc<str>, version: i32, revision: u64, file: File, content: Content) -> Document {
        let Content { text, parse, index } = content;
        Document { view: Arc::new(DocumentView { uri, version, revision, file, text, index }), parse }
    }

    /// Applies one message; tells what became of the lines.
    pub fn apply(&mut self, version: i32, revision: u64, changes: &[Change], encoding: Encoding) -> Vec<LineSplice> {
        let view = &self.view;
        let mut content = Content { text: view.text.clone(), parse: self.parse.clone(), index: view.index.clone() };
        let splices = content.apply(changes, encoding);
        let (uri, file) = (view.uri.clone(), view.file);
        *self = Document::new(uri, version, revision, file, content);
        splices
    }
}

/// An edit in terms of lines: `touched` lines from `first` on are gone or different, those behind moved by `shift`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSplice {
    /// The first line that may be different.
    pub first: u32,
    /// How many old lines are different; 0 where whole lines were put between.
    pub touched: u32,
    /// By how much the lines behind moved.
    pub shift: i32,
}

impl LineSplice {
    /// Where an untouched line stands after the edit; `None` for a touched one.
    pub fn moved(self, line: u32) -> Option<u32> {
        if line < self.first {
            Some(line)
        } else if line < self.first + self.touched {
            None
        } else {
            line.checked_add_signed(self.shift)
        }
    }
}

/// A text with everything derived from it that is updated by hand.
#[derive(Debug, Clone)]
pub struct Content {
    /// The text.
    pub text: Arc<str>,
    /// Its tree.
    pub parse: Arc<Parse>,
    /// Its lines.
    pub index: Arc<LineIndex>,
}

impl Content {
    /// Reads a whole text.
    pub fn new(text: &str) -> Content {
        Content::sharing(text.into(), &mut Sharing::default())
    }

    /// Reads one text of many.
    pub fn sharing(text: Arc<str>, sharing: &mut Sharing) -> Content {
        let parse = Arc::new(minilive_syntax::parse_sharing(&text, sharing));
        let index = Arc::new(LineIndex::new(&text));
        Content { text, parse, index }
    }

    /// Applies the changes of one message in order; tells what became of the lines.
    pub fn apply(&mut self, changes: &[Change], encoding: Encoding) -> Vec<LineSplice> {
        let at_once = changes.len() > PARSE_AT_ONCE;
        let splices = changes.iter().map(|change| self.apply_one(change, encoding, !at_once)).collect();
        if at_once {
            self.parse = Arc::new(minilive_syntax::parse(&self.text));
        }
        splices
    }

    fn apply_one(&mut self, change: &Change, encoding: Encoding, reparse: bool) -> LineSplice {
        let Some((from, to)) = change.range else {
            let (range, insert) = difference(&self.text, &change.text);
            return self.replace(range, insert, reparse);
        };
        let a = self.index.from_client(from, &self.text, encoding);
        let b = self.index.from_client(to, &self.text, encoding);
        self.replace(TextRange::new(a.min(b), a.max(b)), &change.text, reparse)
    }

    fn replace(&mut self, range: TextRange, insert: &str, reparse: bool) -> LineSplice {
        let lines_before = self.index.line_count();
        let (first, touched) = touched_lines(&self.index, range, insert);

        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        let mut text = String::with_capacity(self.text.len() + insert.len());
        text.push_str(&self.text[..start]);
        text.push_str(insert);
        text.push_str(&self.text[end..]);
        if reparse {
            let edit = TextEdit { range, insert: insert.to_owned() };
            self.parse = Arc::new(minilive_syntax::reparse(&self.parse, &self.text, &edit, &text));
        }
        Arc::make_mut(&mut self.index).edit(range, insert.len(), &text);
        self.text = Arc::from(text);
        self.splice(first, touched, lines_before)
    }

    fn splice(&self, first: u32, touched: u32, lines_before: u32) -> LineSplice {
        let shift = i64::from(self.index.line_count()) - i64::from(lines_before);
        LineSplice { first, touched, shift: shift as i32 }
    }
}

/// What of the old text a client that sends whole texts has replaced, and by what: all but the common start and end, so that
/// such a client keeps trees and values as others do.
fn difference<'a>(old: &str, new: &'a str) -> (TextRange, &'a str) {
    let common = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(a, b)| a == b).count();
    let mut start = common(&mut old.bytes().zip(new.bytes()));
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = common(&mut old.bytes().skip(start).rev().zip(new.bytes().skip(start).rev()));
    while !old.is_char_boundary(old.len() - end) || !new.is_char_boundary(new.len() - end) {
        end -= 1;
    }
    let range = TextRange::new(TextSize::of(&old[..start]), TextSize::of(&old[..old.len() - end]));
    (range, &new[start..new.len() - end])
}

/// The lines of the old text that an edit makes different: first and number.
fn touched_lines(index: &LineIndex, range: TextRange, insert: &str) -> (u32, u32) {
    let (first, last) = (index.line_of(range.start()), index.line_of(range.end()));
    let whole_lines = index.line_start(first) == range.start()
        && index.line_start(last) == range.end()
        && (insert.is_empty() || insert.ends_with('\n'));
    (first, last - first + u32::from(!whole_lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> Change {
        let at = |(line, column)| LineColumn { line, column };
        Change { range: Some((at(from), at(to))), text: text.into() }
    }

    #[track_caller]
    fn check(text: &str, changes: &[Change], expected: &str) -> Vec<LineSplice> {
        let mut content = Content::new(text);
        let splices = content.apply(changes, Encoding::Utf16);
        assert_eq!(&*content.text, expected);
        assert_eq!(*content.index, LineIndex::new(expected));
        assert_eq!(*content.parse, minilive_syntax::parse(expected));
        splices
    }

    #[test]
    fn changes_apply_one_after_the_other() {
        check("a = 1\nb = 2\n", &[change((0, 4), (0, 5), "10"), change((0, 6), (0, 6), "0")], "a = 100\nb = 2\n");
        check("x", &[change((9, 9), (9, 9), " = 1")], "x = 1");
        check("x = 1", &[change((0, 5), (0, 4), "2")], "x = 2");
        check("x", &[Change { range: None, text: "y = 2".into() }], "y = 2");
    }

    #[test]
    fn surrogate_pairs_are_never_cut() {
        check("s = \"𝄞\"", &[change((0, 6), (0, 7), "b")], "s = \"b\"");
        check("s = \"𝄞\"", &[change((0, 7), (0, 7), "b")], "s = \"𝄞b\"");
    }

    #[test]
    fn a_whole_text_replaces_what_is_different() {
        let whole = |text: &str| Change { range: None, text: text.into() };
        for [old, new] in
            [["a\nb\nc\n", "a\nx\nc\n"], ["", "a"], ["a", ""], ["aa", "aaa"], ["é", "è"], ["𝄞é", "𝄞𝄞é"], ["", ""]]
        {
            check(old, &[whole(new)], new);
        }
        let splices = check("a\nb\nc\n", &[whole("a\nx\nc\n")], "a\nx\nc\n");
        assert_eq!([0, 1, 2].map(|line| splices[0].moved(line)), [Some(0), None, Some(2)]);
    }

    #[test]
    fn untouched_lines_move_and_touched_lines_go() {
        let splices = check("a\nb\nc\n", &[change((1, 0), (1, 0), "x = 1\n")], "a\nx = 1\nb\nc\n");
        assert_eq!([0, 1, 2].map(|line| splices[0].moved(line)), [Some(0), Some(2), Some(3)]);
        let splices = check("a\nb\nc\n", &[change((1, 1), (2, 1), "")], "a\nb\n");
        assert_eq!([0, 1, 2, 3].map(|line| splices[0].moved(line)), [Some(0), None, None, Some(2)]);
        let splices = check("a\nb\nc\n", &[change((1, 0), (2, 0), "")], "a\nc\n");
        assert_eq!([0, 1, 2].map(|line| splices[0].moved(line)), [Some(0), None, Some(1)]);
    }
}
