//! From instructions back to the text they were made from. Kept apart from the MIR so that moving code changes no fingerprint.
//!
//! Made by `lower` together with each unit; read by error messages, inlay hints, heat and the views.
//! Invariant: both tables are parallel to [`crate::ir::Unit::insts`], and all places are relative to the unit's own text.

use crate::ir::InstId;
use minilive_syntax::{TextRange, TextSize};
use rowan::{GreenNodeData, NodeOrToken};

/// Where each instruction of one unit comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceMap {
    /// Per instruction: the text of the expression or statement it was made from.
    pub ranges: Vec<TextRange>,
    /// Per instruction: the line (0-based) on which the *statement* it belongs to starts; what run-time errors name.
    pub lines: Vec<u32>,
}

impl SourceMap {
    /// The text an instruction was made from.
    pub fn range(&self, inst: InstId) -> Option<TextRange> {
        self.ranges.get(inst.0 as usize).copied()
    }

    /// The line of an instruction's statement.
    pub fn line(&self, inst: InstId) -> Option<u32> {
        self.lines.get(inst.0 as usize).copied()
    }

    /// The instructions made from exactly this piece of text, in order of execution.
    pub fn insts_at(&self, range: TextRange) -> impl Iterator<Item = InstId> + '_ {
        (0u32..).zip(&self.ranges).filter(move |&(_, &it)| it == range).map(|(index, _)| InstId(index))
    }
}

/// The starts of a text's lines, for turning offsets into line numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineStarts(Vec<TextSize>);

impl LineStarts {
    /// Collects the line starts of a text given in pieces. LF, CR LF and a lone CR all end a line.
    pub fn of<'a>(pieces: impl IntoIterator<Item = &'a str>) -> LineStarts {
        let mut starts = vec![TextSize::new(0)];
        let mut offset = 0u32;
        let mut after_cr = false;
        for piece in pieces {
            for byte in piece.bytes() {
                offset += 1;
                let continues_crlf = after_cr && byte == b'\n';
                after_cr = byte == b'\r';
                if continues_crlf {
                    // The line started behind CR; the LF belongs to the same line end.
                    *starts.last_mut().expect("there is always the first line") = TextSize::new(offset);
                } else if byte == b'\n' || byte == b'\r' {
                    starts.push(TextSize::new(offset));
                }
            }
        }
        LineStarts(starts)
    }

    /// Collects the line starts of a tree's text.
    pub fn of_tree(tree: &GreenNodeData) -> LineStarts {
        let mut open = vec![tree.children()];
        let mut tokens = std::iter::from_fn(move || {
            while let Some(children) = open.last_mut() {
                match children.next() {
                    None => drop(open.pop()),
                    Some(NodeOrToken::Node(node)) => open.push(node.children()),
                    Some(NodeOrToken::Token(token)) => return Some(token.text()),
                }
            }
            None
        });
        LineStarts::of(&mut tokens)
    }

    /// The line (0-based) that an offset lies on.
    pub fn line_of(&self, offset: TextSize) -> u32 {
        let behind = self.0.partition_point(|&start| start <= offset);
        u32::try_from(behind - 1).expect("a text of less than 4 GiB has fewer lines than that")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_counts_once() {
        let lines = LineStarts::of(["a\nb\r", "\nc\rd"]);
        let line = |offset| lines.line_of(TextSize::new(offset));
        assert_eq!([line(0), line(1), line(2), line(5), line(7), line(8)], [0, 0, 1, 2, 3, 3]);
    }
}
