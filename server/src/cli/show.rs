//! `minilive show`: a file with what an editor would show beside each line, through the same database, worker and features.
//!
//! Opens the file in a world of its own, waits until nothing is left to evaluate, asks for hints, lenses and diagnostics, and
//! prints them. Invariant: nothing is computed here that an editor would not get.

use super::Failure;
use super::source::Source;
use crate::evaluate::Trust;
use crate::ide::{self, InlayHint};
use crate::line_index::Encoding;
use crate::worker::client::ProcessFactory;
use crate::world::{Kind, WorldConfig, WorldHandle, spawn};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Nothing that is evaluated by itself may take longer than this all together.
const PATIENCE: Duration = Duration::from_secs(60);

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// How far to trust it: all tiers, the interpreter alone, or no evaluation.
    #[arg(long, value_enum, default_value_t = Level::Full)]
    trust: Level,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    /// All tiers.
    Full,
    /// The interpreter alone, with a small budget.
    InterpretOnly,
    /// No evaluation.
    Off,
}

/// What the world answers about the file.
struct Shown {
    hints: Vec<InlayHint>,
    diagnostics: Vec<ide::Diagnostic>,
    tiers: Vec<ide::FunctionTier>,
}

impl Show {
    /// Exit code 1 if the file has errors.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let source = Source::read(&self.file)?;
        let trust = match self.trust {
            Level::Full => Trust::Full,
            Level::InterpretOnly => Trust::InterpretOnly,
            Level::Off => Trust::Off,
        };
        let config = WorldConfig { trust: Some(trust), encoding: Encoding::Utf8, ..WorldConfig::default() };
        let world = spawn(config, Box::new(ProcessFactory::of_this_executable()?), Arc::new(drop))?;
        let shown = ask(&world, &source)?;
        world.end();
        let mut out = std::io::stdout().lock();
        out.write_all(annotated(&source.text, &shown).as_bytes())?;
        let failed = shown.diagnostics.iter().any(|it| it.severity == ide::Severity::Error);
        Ok(ExitCode::from(u8::from(failed)))
    }
}

fn ask(world: &WorldHandle, source: &Source) -> Result<Shown, Failure> {
    let uri: Arc<str> = source.shown_name().into();
    world.open(uri.clone(), 1, source.text.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let settled = tokio::time::timeout(PATIENCE, world.settled()).await;
        settled.map_err(|_| Failure("the evaluations did not come to an end".to_string()))??;
        let (answer, _guard) = world.ask(uri, Kind::WholeDocument, |snapshot| Shown {
            hints: ide::inlay_hints(&snapshot.db, &snapshot.document, &snapshot.live, None),
            diagnostics: ide::diagnostics(&snapshot.db, &snapshot.document, &snapshot.live),
            tiers: ide::function_tiers(&snapshot.db, &snapshot.document, &snapshot.live),
        });
        answer.await?.map_err(|refused| Failure(format!("the file could not be shown: {refused:?}")))
    })
}

/// Each line with its hints behind it, then what is wrong, then the functions.
fn annotated(text: &str, shown: &Shown) -> String {
    let mut notes: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for hint in &shown.hints {
        notes.entry(line_of(text, usize::from(hint.offset))).or_default().push(&hint.label);
    }
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0).min(72);
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        match notes.get(&number) {
            None => out += line,
            Some(notes) => out += &format!("{line:<width$}  {}", notes.join("  ")),
        }
        out.push('\n');
    }
    for diagnostic in &shown.diagnostics {
        let line = line_of(text, usize::from(diagnostic.range.start())) + 1;
        out += &format!("\n{:?}, line {line}: {}", diagnostic.severity, diagnostic.message);
    }
    if !shown.tiers.is_empty() {
        out.push('\n');
    }
    for function in &shown.tiers {
        out += &format!("{} {}: {}\n", function.label, function.name, function.explanation().replace("\n\n", " · "));
    }
    out
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|it| **it == b'\n').count()
}
