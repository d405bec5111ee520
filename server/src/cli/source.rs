//! Where a command's program text comes from: a file, standard input, or the command line itself.
//!
//! Handed to `run`, `check`, `show` and `dump`. Invariant: the text is what the language sees, so byte-order mark and carriage
//! returns are gone, and the line end at the end of a file (LANGUAGE 1.1), and offsets count in that text.

use super::Failure;
use crate::modules::valid_text;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A program's text and the name errors give it.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path as it was given; `None` for code from the command line or standard input.
    pub path: Option<PathBuf>,
    /// Base name, empty where there is no file.
    pub name: String,
    /// What messages call it where there is no file.
    called: &'static str,
    /// The text.
    pub text: String,
    /// Where its lines start, once somebody asks.
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    /// Code from the command line: line ends of any kind count as one.
    pub fn from_code(code: &str) -> Source {
        let mut source = Source::without_file("(command line)", code);
        // The last line end of a file starts no line, that of code does.
        if source.text.ends_with('\n') {
            source.text.push('\n');
        }
        source
    }

    /// What was entered in an interactive session.
    pub fn from_input(input: &str) -> Source {
        Source::without_file("(input)", input)
    }

    fn without_file(called: &'static str, code: &str) -> Source {
        Source {
            path: None,
            name: String::new(),
            called,
            text: code.replace("\r\n", "\n").replace('\r', "\n"),
            lines: OnceLock::new(),
        }
    }

    /// A file, or standard input if the path is `-`.
    pub fn read(path: &Path) -> Result<Source, Failure> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            let text = decode(&bytes, "standard input")?;
            return Ok(Source {
                path: None,
                name: String::new(),
                called: "(standard input)",
                text,
                lines: OnceLock::new(),
            });
        }
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| Failure(format!("cannot read {shown}: {error}")))?;
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let text = decode(&bytes, &shown.to_string())?;
        Ok(Source { path: Some(path.to_path_buf()), name, called: "", text, lines: OnceLock::new() })
    }

    /// The line of an offset, from 0.
    pub fn line_of(&self, offset: usize) -> usize {
        let starts = || self.text.match_indices('\n').map(|(at, _)| at + 1).collect();
        self.lines.get_or_init(starts).partition_point(|start| *start <= offset)
    }

    /// The name for messages that need one.
    pub fn shown_name(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => self.called.to_string(),
        }
    }
}

fn decode(bytes: &[u8], shown: &str) -> Result<String, Failure> {
    let text = valid_text(bytes)
        .map_err(|line| Failure(format!("{shown} is not UTF-8 text: there is a stray byte on line {line}")))?;
    Ok(text.replace('\r', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_returns_are_no_part_of_the_program() {
        assert_eq!(decode("\u{feff}a\r\nb\r\n".as_bytes(), "x").ok(), Some("a\nb\n".to_string()));
        assert_eq!(Source::from_code("a\r\nb\rc").text, "a\nb\nc");
        assert_eq!(Source::from_code("a\n").text, "a\n\n");
    }

    #[test]
    fn a_stray_byte_is_named_with_its_line() {
        let Err(Failure(sentence)) = decode(b"ok\nb\xffd", "x.ms") else { panic!("must fail") };
        assert!(sentence.contains("line 2"), "{sentence}");
    }
}
