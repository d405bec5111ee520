//! Line numbers for errors: counted when an error is made, since a text rarely has any.
//!
//! `lib.rs` and `reparse.rs` ask. LF, CR LF and a lone CR end a line, as in the lexer.

/// How many lines end in `text`.
pub(crate) fn line_ends(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut count = 0u32;
    for chunk in bytes.chunks(4096) {
        count += chunk.iter().map(|byte| u32::from(matches!(byte, b'\n' | b'\r'))).sum::<u32>();
    }
    if count > 0 && bytes.contains(&b'\r') {
        count -= u32::try_from(text.matches("\r\n").count()).expect("fewer lines than bytes");
    }
    count
}

/// The line (1-based) that the reference gives the end of the text: it drops a final line end.
pub(crate) fn line_at_end(text: &str) -> u32 {
    1 + line_ends(text) - u32::from(text.ends_with(['\n', '\r']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_counts_once() {
        assert_eq!(line_ends("a\nb\r\nc\rd"), 3);
        assert_eq!(line_at_end("a\nb"), 2);
        assert_eq!(line_at_end("a\nb\n"), 2);
        assert_eq!(line_at_end("a\r\n"), 1);
        assert_eq!(line_at_end(""), 1);
    }
}
