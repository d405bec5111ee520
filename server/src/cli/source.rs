//! Where a command's program text comes from: a file, standard input, or the command line itself.
//!
//! Handed to `run`, `check`, `show` and `dump`. Invariant: the text is what the language sees, so byte-order mark and carriage
//! returns are gone, and the line end at the end of a file (LANGUAGE 1.1), and offsets count in that text.

use super::Failure;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A program's text and the name errors give it.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path as it was given; `None` for code from the command line or standard input.
    pub path: Option<PathBuf>,
    /// Base name, empty where there is no file.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// Code from the command line: line ends of any kind count as one.
    pub fn from_code(code: &str) -> Source {
        Source { path: None, name: String::new(), text: code.replace("\r\n", "\n").replace('\r', "\n") }
    }

    /// A file, or standard input if the path is `-`.
    pub fn read(path: &Path) -> Result<Source, Failure> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            return Ok(Source { path: None, name: String::new(), text: decode(&bytes, "standard input")? });
        }
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| Failure(format!("cannot read {shown}: {error}")))?;
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Source { path: Some(path.to_path_buf()), name, text: decode(&bytes, &shown.to_string())? })
    }

    /// The name for messages that need one.
    pub fn shown_name(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "(command line)".to_string(),
        }
    }
}

fn decode(bytes: &[u8], shown: &str) -> Result<String, Failure> {
    let text = valid(bytes)
        .map_err(|line| Failure(format!("{shown} is not UTF-8 text: there is a stray byte on line {line}")))?;
    let text = text.replace('\r', "");
    // The last line's end is no empty line behind it.
    Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
}

/// The text of a module's file; carriage returns are line ends there. The line of a stray byte if it is no text.
pub fn decode_module(bytes: &[u8]) -> Result<String, u32> {
    Ok(valid(bytes)?.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The text without its byte-order mark, or the line of the first byte that belongs to none.
fn valid(bytes: &[u8]) -> Result<&str, u32> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let ends = bytes[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count();
        u32::try_from(ends + 1).unwrap_or(u32::MAX)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_returns_are_no_part_of_the_program() {
        assert_eq!(decode("\u{feff}a\r\nb\r\n".as_bytes(), "x").ok(), Some("a\nb".to_string()));
        assert_eq!(Source::from_code("a\r\nb\rc").text, "a\nb\nc");
    }

    #[test]
    fn a_stray_byte_is_named_with_its_line() {
        let Err(Failure(sentence)) = decode(b"ok\nb\xffd", "x.ms") else { panic!("must fail") };
        assert!(sentence.contains("line 2"), "{sentence}");
    }
}
