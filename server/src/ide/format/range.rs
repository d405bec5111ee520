//! Of all edits of a text those of some of its lines, cut at the first and behind the last one.
//!
//! Part of `format`. Invariants: no other line changes; cutting what is formatted already gives nothing. White space that reaches over
//! the first or last line is cut there: blank lines outside stay, those inside become as few as formatting leaves anywhere.

use super::{FormatEdit, MOST_BLANK_LINES};
use minilive_syntax::{TextRange, TextSize};

/// Cuts an edit of a text to whole lines; nothing if it changes none of them.
pub(super) fn cut(edit: FormatEdit, text: &str, lines: TextRange) -> Option<FormatEdit> {
    let range = edit.range.intersect(lines)?;
    if range == edit.range {
        return Some(edit);
    }
    let (starts_before, ends_behind) = (edit.range.start() < range.start(), edit.range.end() > range.end());
    let old = &text[range];
    let inside = line_ends(old);
    // Without the line of the code around it, only blank lines are left.
    let most = match (starts_before, ends_behind) {
        (true, true) => MOST_BLANK_LINES - 1,
        _ if edit.range.end() == TextSize::of(text) => 0,
        _ => MOST_BLANK_LINES,
    };
    let mut wanted = inside[..inside.len().min(most)].concat();
    if !ends_behind {
        wanted += edit.text.rsplit(['\n', '\r']).next().unwrap_or_default();
    }
    (wanted != old).then_some(FormatEdit { range, text: wanted })
}

fn line_ends(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, end) in text.match_indices(['\n', '\r']) {
        match (end, found.last_mut()) {
            ("\n", Some(last)) if *last == "\r" && text[..at].ends_with('\r') => *last = &text[at - 1..=at],
            _ => found.push(end),
        }
    }
    found
}
