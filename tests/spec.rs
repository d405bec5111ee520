//! Reads literate specs: Markdown in which a heading names a case, prose tells the rule, and two blocks stand side by side.
//!
//! `runner/spec.rs` runs every case in every tier and stress mode. Invariant: a file in which a program has no output block,
//! or an output block no program, is an error, so that no case is lost by a typing slip.

use std::path::{Path, PathBuf};

/// One program and what it must print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The file it stands in.
    pub file: PathBuf,
    /// The heading above it.
    pub title: String,
    /// Line of the program's first line in that file.
    pub line: usize,
    /// The program.
    pub program: String,
    /// The expected output, line ends included.
    pub output: String,
    /// Attributes behind ```` ```miniscript ````, such as `exits=0`.
    pub attributes: Vec<(String, String)>,
}

impl Case {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// All cases of one file.
///
/// # Errors
/// Names the line at which the file breaks the form.
pub fn read(file: &Path, text: &str) -> Result<Vec<Case>, String> {
    let mut reader = Reader { file: file.to_path_buf(), title: String::new(), pending: None, cases: Vec::new() };
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().map(|(_, it)| it).take_while(|it| *it != "```").collect();
            reader.block(number + 1, info.trim(), &body)?;
        } else if line.starts_with('#') {
            reader.finish()?;
            reader.title = line.trim_start_matches('#').trim().to_string();
        }
    }
    reader.finish()?;
    Ok(reader.cases)
}

struct Reader {
    file: PathBuf,
    title: String,
    pending: Option<Case>,
    cases: Vec<Case>,
}

impl Reader {
    fn block(&mut self, line: usize, info: &str, body: &[&str]) -> Result<(), String> {
        let mut words = info.split_whitespace();
        let mut text = body.join("\n");
        if !body.is_empty() {
            text.push('\n');
        }
        match words.next() {
            Some("miniscript") => {
                self.finish()?;
                let attributes = words.map(attribute).collect();
                let title = self.title.clone();
                let file = self.file.clone();
                self.pending =
                    Some(Case { file, title, line: line + 1, program: text, output: String::new(), attributes });
                Ok(())
            }
            Some("output") => {
                let missing = || format!("{}:{line}: an output block without a program before it", self.file.display());
                let mut case = self.pending.take().ok_or_else(missing)?;
                case.output = text;
                self.cases.push(case);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        match self.pending.take() {
            Some(case) => Err(format!("{}:{}: a program without an output block", case.file.display(), case.line)),
            None => Ok(()),
        }
    }
}

fn attribute(word: &str) -> (String, String) {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    (name.to_string(), value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_has_its_heading_program_output_and_attributes() {
        let text = "# One\nprose\n```miniscript exits=0\nprint 1\n```\n```output\n1\n```\n";
        let cases = read(Path::new("a.md"), text).expect("well formed");
        assert_eq!(cases.len(), 1);
        assert_eq!((cases[0].title.as_str(), cases[0].line), ("One", 4));
        assert_eq!((cases[0].program.as_str(), cases[0].output.as_str()), ("print 1\n", "1\n"));
        assert_eq!(cases[0].attribute("exits"), Some("0"));
    }

    #[test]
    fn a_program_without_output_is_an_error() {
        let error = read(Path::new("a.md"), "```miniscript\nprint 1\n```\n# next\n").expect_err("must not pass");
        assert!(error.contains("a.md:2"), "{error}");
    }

    #[test]
    fn an_output_without_program_is_an_error() {
        assert!(read(Path::new("a.md"), "```output\n1\n```\n").is_err());
    }
}
