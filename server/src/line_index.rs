//! Lines of a text: byte offsets to line and column in UTF-8 or UTF-16 units, and back.
//!
//! `world` keeps one per open document and updates it with each edit; `lsp` converts positions with it.
//! Invariant: after [`LineIndex::edit`] the index equals `LineIndex::new` of the new text. Every conversion is total:
//! what lies outside the text is moved to the nearest place inside it, never in the middle of a character.

use rowan::{TextRange, TextSize};

/// In which units a client counts columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// 16-bit units, the protocol's default.
    #[default]
    Utf16,
}

/// A place as a client names it: both parts count from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// Line.
    pub line: u32,
    /// Column in units of the negotiated [`Encoding`].
    pub column: u32,
}

/// Where lines start, and which of them hold more than ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    wide: Vec<bool>,
    len: u32,
}

impl LineIndex {
    /// Indexes a text.
    pub fn new(text: &str) -> LineIndex {
        let (mut starts, mut wide) = (Vec::new(), Vec::new());
        scan(text.as_bytes(), 0, true, &mut starts, &mut wide);
        LineIndex { starts, wide, len: text.len() as u32 }
    }

    /// How many lines; a text always has at least one.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line that holds an offset.
    pub fn line_of(&self, offset: TextSize) -> u32 {
        let offset = u32::from(offset);
        (self.starts.partition_point(|&start| start <= offset) - 1) as u32
    }

    /// Where a line starts; the end of the text for lines behind it.
    pub fn line_start(&self, line: u32) -> TextSize {
        TextSize::new(self.starts.get(line as usize).copied().unwrap_or(self.len))
    }

    /// A line without its line end.
    pub fn line_range(&self, line: u32, text: &str) -> TextRange {
        let start = self.line_start(line);
        let end = self.line_start(line.saturating_add(1));
        let content = text.get(usize::from(start)..usize::from(end)).unwrap_or_default();
        let content = content.strip_suffix('\n').unwrap_or(content);
        let content = content.strip_suffix('\r').unwrap_or(content);
        TextRange::at(start, TextSize::of(content))
    }

    /// The client's name for an offset.
    pub fn to_client(&self, offset: TextSize, text: &str, encoding: Encoding) -> LineColumn {
        let offset = floor_boundary(text, usize::from(offset).min(text.len()));
        let line = self.line_of(TextSize::new(offset as u32));
        let start = self.starts[line as usize] as usize;
        let column = match encoding {
            Encoding::Utf16 if self.wide[line as usize] => {
                text[start..offset].chars().map(|c| c.len_utf16() as u32).sum()
            }
            _ => (offset - start) as u32,
        };
        LineColumn { line, column }
    }

    /// Names offsets of a text one after the other; those that go up cost little each.
    pub fn cursor<'a>(&'a self, text: &'a str, encoding: Encoding) -> LineCursor<'a> {
        LineCursor { index: self, text, encoding, line: 0 }
    }

    /// The offset a client means. A column behind the end of its line means the line's end.
    pub fn from_client(&self, at: LineColumn, text: &str, encoding: Encoding) -> TextSize {
        let line = self.line_range(at.line, text);
        let content = &text[usize::from(line.start())..usize::from(line.end())];
        let column = match encoding {
            Encoding::Utf16 if self.wide.get(at.line as usize).copied().unwrap_or(false) => {
                utf16_column(content, at.column)
            }
            _ => floor_boundary(content, (at.column as usize).min(content.len())),
        };
        line.start() + TextSize::new(column as u32)
    }

    /// Follows an edit that replaced `range` of the old text; `new_text` is the whole text after it.
    pub fn edit(&mut self, range: TextRange, insert_len: usize, new_text: &str) {
        let mut first = self.line_of(range.start()) as usize;
        // A line end may grow or fall apart over the edge: `\r` before the edit and `\n` in it belong together.
        if self.starts[first] == u32::from(range.start()) {
            first = first.saturating_sub(1);
        }
        let last = self.line_of(range.end()) as usize;
        let shift = insert_len as i64 - i64::from(u32::from(range.len()));
        let from = self.starts[first];
        let is_last_line = last + 1 == self.starts.len();
        let to = if is_last_line { new_text.len() } else { (i64::from(self.starts[last + 1]) + shift) as usize };

        let (mut starts, mut wide) = (Vec::new(), Vec::new());
        scan(&new_text.as_bytes()[from as usize..to], from, is_last_line, &mut starts, &mut wide);
        if shift != 0 {
            for start in &mut self.starts[last + 1..] {
                *start = (i64::from(*start) + shift) as u32;
            }
        }
        self.starts.splice(first..=last, starts);
        self.wide.splice(first..=last, wide);
        self.len = new_text.len() as u32;
    }
}

/// Finds lines from where it was last.
#[derive(Debug)]
pub struct LineCursor<'a> {
    index: &'a LineIndex,
    text: &'a str,
    encoding: Encoding,
    line: usize,
}

/// So many lines are gone through one by one before they are searched.
const NEAR: usize = 16;

impl LineCursor<'_> {
    /// The same as [`LineIndex::to_client`].
    pub fn to_client(&mut self, offset: TextSize) -> LineColumn {
        let starts = &self.index.starts;
        let at = u32::from(offset);
        let behind = starts[self.line..].iter().skip(1).take(NEAR).take_while(|&&start| start <= at).count();
        let is_near = starts[self.line] <= at && behind < NEAR;
        self.line = if is_near { self.line + behind } else { self.index.line_of(offset) as usize };
        if self.index.wide[self.line] {
            return self.index.to_client(offset, self.text, self.encoding);
        }
        LineColumn { line: self.line as u32, column: at.min(self.index.len) - starts[self.line] }
    }
}

/// Appends the lines of `bytes`, which stand at `base`. An empty rest counts as a line only if `open_end` says that the
/// text ends here.
fn scan(bytes: &[u8], base: u32, open_end: bool, starts: &mut Vec<u32>, wide: &mut Vec<bool>) {
    let (mut start, mut is_wide, mut i) = (0, false, 0);
    while i < bytes.len() {
        let byte = bytes[i];
        i += 1;
        is_wide |= byte >= 0x80;
        if byte == b'\n' || byte == b'\r' {
            if byte == b'\r' && bytes.get(i) == Some(&b'\n') {
                i += 1;
            }
            starts.push(base + start as u32);
            wide.push(is_wide);
            (start, is_wide) = (i, false);
        }
    }
    if open_end || start < bytes.len() {
        starts.push(base + start as u32);
        wide.push(is_wide);
    }
}

fn utf16_column(content: &str, column: u32) -> usize {
    let mut units = 0;
    for (at, c) in content.char_indices() {
        units += c.len_utf16() as u32;
        if units > column {
            return at;
        }
    }
    content.len()
}

fn floor_boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> LineColumn {
        LineColumn { line, column }
    }

    #[test]
    fn columns_count_in_the_negotiated_units() {
        let text = "a = \"ä𝄞\"\nb";
        let index = LineIndex::new(text);
        assert_eq!(index.to_client(TextSize::new(11), text, Encoding::Utf16), at(0, 8));
        assert_eq!(index.to_client(TextSize::new(11), text, Encoding::Utf8), at(0, 11));
        assert_eq!(index.from_client(at(0, 8), text, Encoding::Utf16), TextSize::new(11));
        assert_eq!(index.from_client(at(0, 7), text, Encoding::Utf16), TextSize::new(7), "inside a surrogate pair");
        assert_eq!(index.from_client(at(0, 9), text, Encoding::Utf8), TextSize::new(7), "inside a character");
    }

    #[test]
    fn places_outside_the_text_move_inside() {
        let text = "ab\r\ncd";
        let index = LineIndex::new(text);
        assert_eq!(index.from_client(at(0, 99), text, Encoding::Utf16), TextSize::new(2));
        assert_eq!(index.from_client(at(99, 3), text, Encoding::Utf16), TextSize::new(6));
        assert_eq!(index.to_client(TextSize::new(99), text, Encoding::Utf16), at(1, 2));
        assert_eq!(LineIndex::new("").from_client(at(0, 1), "", Encoding::Utf8), TextSize::new(0));
    }

    #[test]
    fn a_cursor_finds_what_a_search_does() {
        let text = format!("one\r\nä𝄞b\n\n{}three\r", "\nx\n".repeat(40));
        let index = LineIndex::new(&text);
        let all: Vec<_> = (0..text.len() as u32 + 3).collect();
        let jumps: Vec<_> = all.iter().map(|it| it * 37 % (text.len() as u32 + 3)).collect();
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for offsets in [&all, &jumps] {
                let mut cursor = index.cursor(&text, encoding);
                for &offset in offsets {
                    let offset = TextSize::new(offset);
                    assert_eq!(cursor.to_client(offset), index.to_client(offset, &text, encoding), "{offset:?}");
                }
            }
        }
    }

    #[test]
    fn an_edited_index_equals_a_new_one() {
        let mut seed = 7u64;
        let mut random = move |n: usize| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as usize % n.max(1)
        };
        let pieces = ["", "\n", "\r", "\r\n", "x", "ä", "long piece\n", "𝄞\r\n\r", "\n\n"];
        let mut text = String::from("one\r\ntwo\n\nthree");
        let mut index = LineIndex::new(&text);
        for _ in 0..20_000 {
            let a = floor_boundary(&text, random(text.len() + 1));
            let b = floor_boundary(&text, (a + random(6)).min(text.len())).max(a);
            let insert = pieces[random(pieces.len())];
            text.replace_range(a..b, insert);
            index.edit(TextRange::new(TextSize::new(a as u32), TextSize::new(b as u32)), insert.len(), &text);
            assert_eq!(index, LineIndex::new(&text), "after {a}..{b} became {insert:?}: {text:?}");
            if text.len() > 200 {
                text.truncate(floor_boundary(&text, 50));
                index = LineIndex::new(&text);
            }
        }
    }
}
