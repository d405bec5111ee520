//! `minilive check`: every diagnostic of the given files, pointing into the source.
//!
//! Runs nothing. `check/together.rs` finds what an editor would show; this only prints it.

mod together;

use super::Failure;
use super::colour::Colour;
use super::source::Source;
use crate::host_profile::{Host, IN_WORKSPACE, load};
use crate::modules::programs_below;
use crate::settings::{Checks, Settings};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use clap::{Args, ValueEnum};
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_syntax::TextRange;
use rustc_hash::FxHashSet;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Files to check, and folders, of which all programs are; `-` is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to print what is found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Do not warn of this; may be given several times.
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
    /// A profile of the host that runs the programs, a file or `mini-micro`; may be given several times.
    #[arg(long, value_name = "PROFILE")]
    host: Vec<PathBuf>,
    /// A folder in which modules are as well; may be given several times.
    #[arg(long, value_name = "FOLDER")]
    import_path: Vec<String>,
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
    fn host_names(&self) -> Result<Host, Failure> {
        let lying = IN_WORKSPACE.iter().map(PathBuf::from).filter(|path| path.is_file());
        let mut host = Host::default();
        for path in lying.chain(self.host.iter().cloned()) {
            host.extend(load(&path, Path::new("")).map_err(Failure)?);
        }
        Ok(host)
    }

    /// Exit code 1 if any file has an error.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let mut out = std::io::stdout().lock();
        let colours = self.colour.is_wanted(&out);
        let mut counts = Counts::default();
        let files = self.programs()?;
        let sources = files.iter().map(|file| Source::read(file)).collect::<Result<Vec<_>, _>>()?;
        let host = Arc::new(self.host_names()?);
        let roots = self.files.iter().filter(|it| it.is_dir()).filter_map(|it| std::path::absolute(it).ok()).collect();
        let also = Settings { import_paths: self.import_path, ..Settings::default() }.import_folders(&[]);
        let settings = Checks { allow: self.allow, host, ..Checks::default() };
        let together = together::Together::new(&sources, roots, also);
        for (at, source) in sources.iter().enumerate() {
            for found in &together.findings(at, &settings) {
                counts.add(found);
                let text = match self.format {
                    Format::Text => found.rendered(source, colours),
                    Format::Json => found.as_json(source).to_string(),
                };
                writeln!(out, "{text}")?;
            }
        }
        if self.format == Format::Text {
            writeln!(out, "{}", counts.summary(files.len()))?;
        }
        Ok(ExitCode::from(u8::from(counts.errors > 0)))
    }

    /// The files of the command line, and all programs below its folders.
    fn programs(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for path in &self.files {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let before = files.len();
            programs_below(vec![path.clone()], |_| {}, &mut |found| {
                files.push(found);
                true
            });
            if files.len() == before {
                return Err(Failure(format!("there are no programs (*.ms) in {}", path.display())));
            }
        }
        let mut seen = FxHashSet::default();
        files.retain(|path| seen.insert(path.clone()));
        Ok(files)
    }
}

/// What was found at one place.
struct Found {
    diagnostic: Diagnostic,
    /// Something to know; the program may well mean it.
    is_advice: bool,
}

impl Found {
    fn warning(diagnostic: Diagnostic) -> Found {
        Found { diagnostic, is_advice: false }
    }

    fn rendered(&self, source: &Source, colours: bool) -> String {
        let it = &self.diagnostic;
        if self.is_advice {
            return rendered(source, Level::INFO, it.code, &it.message, it.range, colours);
        }
        rendered_diagnostic(source, it, colours)
    }

    fn as_json(&self, source: &Source) -> serde_json::Value {
        let it = &self.diagnostic;
        let start = place(source, usize::from(it.range.start()));
        let end = place(source, usize::from(it.range.end()));
        let severity = match it.severity {
            Severity::Error => "error",
            Severity::Warning if self.is_advice => "information",
            Severity::Warning => "warning",
        };
        json!({
            "file": source.shown_name(),
            "severity": severity,
            "code": it.code,
            "message": it.message,
            "start": { "line": start.0, "column": start.1 },
            "end": { "line": end.0, "column": end.1 },
        })
    }
}

/// How much was found.
#[derive(Default)]
struct Counts {
    errors: usize,
    warnings: usize,
    advice: usize,
}

impl Counts {
    fn add(&mut self, found: &Found) {
        match found.diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning if found.is_advice => self.advice += 1,
            Severity::Warning => self.warnings += 1,
        }
    }

    fn summary(&self, files: usize) -> String {
        let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let advice =
            if self.advice > 0 { format!(", {} of advice", counted(self.advice, "piece")) } else { String::new() };
        let (errors, warnings) = (counted(self.errors, "error"), counted(self.warnings, "warning"));
        format!("checked {}: {errors}, {warnings}{advice}", counted(files, "file"))
    }
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
    let line = source.line_of(first) + 1;
    let annotation = AnnotationKind::Primary.span(start - first..end - first);
    let path = source.shown_name();
    let snippet = Snippet::source(&text[first..last]).line_start(line).path(path).annotation(annotation);
    let report = [level.primary_title(message).id(code).element(snippet)];
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&report)
}

/// Line and column, both from 1; columns count code points.
fn place(source: &Source, offset: usize) -> (usize, usize) {
    let before = &source.text[..offset.min(source.text.len())];
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    (source.line_of(line_start) + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_code_points_from_one() {
        let place = |text: &str, offset| place(&Source::from_input(text), offset);
        assert_eq!(place("é\nàb", 6), (2, 3));
        assert_eq!(place("", 0), (1, 1));
    }
}
