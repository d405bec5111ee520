//! `minilive explain`: what a code of a diagnostic means, as docs/diagnostics.md has it.
//!
//! The page is part of the binary, so it fits the codes of this build. Invariants: a section is printed as it is written; without a code,
//! every code is listed with its first sentence.

use super::Failure;
use crate::ide::checks::nearest;
use clap::Args;
use std::io::Write;
use std::process::ExitCode;

/// The page, a section a code.
const PAGE: &str = include_str!("../../../docs/diagnostics.md");

/// No more codes than this are offered for one that is not known.
const MOST_OFFERED: usize = 4;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code that stands in the brackets of a message, as in `warning[unknown-name]`; without it, all codes are listed.
    code: Option<String>,
}

impl Explain {
    /// Prints the section, or the list.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let text = match &self.code {
            Some(code) => section(code).ok_or_else(|| unknown(code))?.to_owned(),
            None => list(),
        };
        writeln!(std::io::stdout().lock(), "{}", text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Code and text of each section, the heading left out.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("\n## `").skip(1).filter_map(|part| part.split_once("`\n"))
}

/// A section with its heading.
fn section(code: &str) -> Option<String> {
    let (code, text) = sections().find(|(it, _)| *it == code)?;
    Some(format!("# {code}\n{text}"))
}

/// All codes, each with the first sentence about it.
fn list() -> String {
    let width = sections().map(|(code, _)| code.len()).max().unwrap_or(0);
    let row = |(code, text): (&str, &str)| {
        let first = text.trim_start().lines().next().unwrap_or_default();
        let end = first.find(". ").map_or(first.len(), |at| at + 1);
        format!("{code:<width$}  {}\n", &first[..end])
    };
    sections().map(row).collect()
}

fn unknown(code: &str) -> Failure {
    let near = near(code);
    let offered = match &*near {
        [] => String::new(),
        _ => format!("; did you mean {}?", near.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")),
    };
    Failure(format!("there is no code `{code}`{offered} `minilive explain` lists all codes"))
}

/// Codes that may be meant: nearly the same first, then those with a word in common.
fn near(code: &str) -> Vec<String> {
    let code = code.trim().to_lowercase().replace(['_', ' '], "-");
    let codes = || sections().map(|(it, _)| it);
    let mut near: Vec<_> = nearest(&code, codes()).into_iter().collect();
    let shares_a_word =
        |it: &&str| it.split('-').any(|word| word.len() > 2 && code.split('-').any(|said| said == word));
    for it in codes().filter(|it| *it == code).chain(codes().filter(shares_a_word)) {
        if !near.iter().any(|known| known == it) {
            near.push(it.to_owned());
        }
    }
    near.truncate(MOST_OFFERED);
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_end_where_the_next_begins() {
        let text = section("unused-local").expect("there is one");
        assert!(text.starts_with("# unused-local\n") && text.contains("```miniscript"), "{text}");
        assert_eq!(text.matches("\n## ").count(), 0, "{text}");
        assert_eq!(sections().count(), PAGE.matches("\n## ").count());
    }

    #[test]
    fn what_is_nearly_a_code_or_shares_a_word_is_offered() {
        assert_eq!(near("unknwon-name")[0], "unknown-name");
        assert_eq!(near("Unused_Local")[0], "unused-local");
        assert!(near("unused").contains(&"unused-import".to_owned()));
        assert!(near("zzz").is_empty());
    }
}
