//! `minilive check`: every diagnostic of the given files, pointing into the source.
//!
//! Runs nothing. Syntax and lowering find the errors, `check/warnings.rs` what an editor would warn of, and `check/imports.rs` modules
//! that are not there; this only prints them.

mod imports;
mod warnings;

use super::Failure;
use super::colour::Colour;
use super::source::Source;
use crate::host_profile::{HostNames, IN_WORKSPACE, read_file};
use crate::settings::Checks;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use clap::{Args, ValueEnum};
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_syntax::TextRange;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Files to check; `-` is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to print what is found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Do not warn of this; may be given several times.
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
    /// A profile of the host that runs the programs; may be given several times.
    #[arg(long, value_name = "FILE")]
    host: Vec<PathBuf>,
    #[command(flatten)]
    colour: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object a line, for other tools.
    Json,
}

impl Check {
    /// The names of the host: those of the profiles of the command line, behind one that lies in the current folder.
    fn host_names(&self) -> Result<HostNames, Failure> {
        let lying = IN_WORKSPACE.iter().map(PathBuf::from).filter(|path| path.is_file());
        let mut names = HostNames::new();
        for path in lying.chain(self.host.iter().cloned()) {
            names.extend(read_file(&path).map_err(Failure)?);
        }
        Ok(names)
    }

    /// Exit code 1 if any file has an error.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let mut out = std::io::stdout().lock();
        let colours = self.colour.is_wanted(&out);
        let (mut errors, mut warnings) = (0, 0);
        let sources = self.files.iter().map(|file| Source::read(file)).collect::<Result<Vec<_>, _>>()?;
        let host = Arc::new(self.host_names()?);
        let settings = Checks { allow: self.allow, host, ..Checks::default() };
        let together = warnings::Together::new(&sources);
        for (at, source) in sources.iter().enumerate() {
            let parse = together.parse(at);
            let (_, mut diagnostics) = minilive_mir::lower::lower_file(&parse, &source.name);
            diagnostics.extend(imports::warnings(source, &parse).into_iter().filter(|it| !settings.allows(it.code)));
            if !diagnostics.iter().any(|it| it.severity == Severity::Error) {
                diagnostics.extend(together.warnings(at, &settings));
                diagnostics.sort_by_key(|it| it.range.start());
            }
            for diagnostic in &diagnostics {
                match diagnostic.severity {
                    Severity::Error => errors += 1,
                    Severity::Warning => warnings += 1,
                }
                let text = match self.format {
                    Format::Text => rendered_diagnostic(source, diagnostic, colours),
                    Format::Json => as_json(source, diagnostic).to_string(),
                };
                writeln!(out, "{text}")?;
            }
        }
        if self.format == Format::Text {
            writeln!(out, "{}", summary(self.files.len(), errors, warnings))?;
        }
        Ok(ExitCode::from(u8::from(errors > 0)))
    }
}

fn summary(files: usize, errors: usize, warnings: usize) -> String {
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    format!("checked {}: {}, {}", counted(files, "file"), counted(errors, "error"), counted(warnings, "warning"))
}

/// A diagnostic of the compiler as people read it.
pub fn rendered_diagnostic(source: &Source, diagnostic: &Diagnostic, colours: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    rendered(source, level, diagnostic.code, &diagnostic.message, diagnostic.range, colours)
}

/// A message with the source line it is about.
pub fn rendered(
    source: &Source,
    level: Level<'_>,
    code: &str,
    message: &str,
    range: TextRange,
    colours: bool,
) -> String {
    // The renderer looks through all it is given, so it gets the lines in question only.
    let text = source.text.as_str();
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let first = text[..start].rfind('\n').map_or(0, |it| it + 1);
    let last = text[end..].find('\n').map_or(text.len(), |it| end + it + 1);
    let line = text[..first].matches('\n').count() + 1;
    let annotation = AnnotationKind::Primary.span(start - first..end - first);
    let path = source.shown_name();
    let snippet = Snippet::source(&text[first..last]).line_start(line).path(path).annotation(annotation);
    let report = [level.primary_title(message).id(code).element(snippet)];
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&report)
}

fn as_json(source: &Source, diagnostic: &Diagnostic) -> serde_json::Value {
    let start = place(&source.text, usize::from(diagnostic.range.start()));
    let end = place(&source.text, usize::from(diagnostic.range.end()));
    json!({
        "file": source.shown_name(),
        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "code": diagnostic.code,
        "message": diagnostic.message,
        "start": { "line": start.0, "column": start.1 },
        "end": { "line": end.0, "column": end.1 },
    })
}

/// Line and column, both from 1; columns count code points.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_code_points_from_one() {
        assert_eq!(place("é\nàb", 6), (2, 3));
        assert_eq!(place("", 0), (1, 1));
    }
}
