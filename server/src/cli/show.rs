//! `minilive show`: a file with what an editor would show beside each line, through the same database, worker and features.
//!
//! Opens the file in a world of its own, waits until nothing is left to evaluate, asks for hints, tiers and diagnostics, and
//! prints them. Invariant: nothing is computed here that an editor would not get; only the budget is larger, since a person
//! waits for this and nothing else.

use super::Failure;
use super::check::rendered;
use super::colour::Colour;
use super::source::Source;
use crate::evaluate::{Trust, asked_budget, milliseconds};
use crate::ide::{self, FunctionTier, HintKind, InlayHint};
use crate::line_index::Encoding;
use crate::recording::Tier;
use crate::worker::client::ProcessFactory;
use crate::world::{Kind, WorldConfig, WorldHandle, spawn};
use annotate_snippets::Level;
use clap::builder::styling::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One evaluation that is longer than this is cut.
const PATIENCE: Duration = Duration::from_secs(10);
/// All of them together; what is longer has a fault of its own.
const GIVE_UP: Duration = Duration::from_secs(600);
/// Lines that are longer do not push the hints of all others to the right.
const WIDEST: usize = 76;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// How far to trust it: all tiers, the interpreter alone, or no evaluation.
    #[arg(long, value_enum, default_value_t = TrustLevel::Full)]
    trust: TrustLevel,
    #[command(flatten)]
    colour: Colour,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TrustLevel {
    /// All tiers.
    Full,
    /// The interpreter alone.
    InterpretOnly,
    /// No evaluation.
    Off,
}

/// What the world answers about the file.
struct Shown {
    hints: Vec<InlayHint>,
    diagnostics: Arc<[ide::Diagnostic]>,
    tiers: Vec<FunctionTier>,
    evaluations: usize,
    elapsed: Duration,
}

impl Show {
    /// Exit code 1 if the file has errors, of its text or of its evaluation.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let source = Source::read(&self.file)?;
        let trust = match self.trust {
            TrustLevel::Full => Trust::Full,
            TrustLevel::InterpretOnly => Trust::InterpretOnly,
            TrustLevel::Off => Trust::Off,
        };
        let mut budget = asked_budget(trust);
        budget.wall = budget.wall.min(PATIENCE);
        let config = WorldConfig {
            trust: Some(trust),
            encoding: Encoding::Utf8,
            automatic: Some(budget),
            ..WorldConfig::default()
        };
        let world = spawn(config, Box::new(ProcessFactory::of_this_executable()?), Arc::new(drop))?;
        let shown = ask(&world, &source)?;
        world.end();
        let mut out = std::io::stdout().lock();
        let paint = Paint(self.colour.is_wanted(&out));
        out.write_all(report(&source, &shown, paint).as_bytes())?;
        let failed = shown.diagnostics.iter().any(|it| it.severity == ide::Severity::Error);
        Ok(ExitCode::from(u8::from(failed)))
    }
}

fn ask(world: &WorldHandle, source: &Source) -> Result<Shown, Failure> {
    let uri: Arc<str> = source.shown_name().into();
    let started = Instant::now();
    world.open(uri.clone(), 1, source.text.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let settled = tokio::time::timeout(GIVE_UP, world.settled()).await;
        settled.map_err(|_| Failure("the evaluations did not come to an end".to_string()))??;
        let elapsed = started.elapsed();
        let (answer, _guard) = world.ask(uri, Kind::WholeDocument, move |snapshot| Shown {
            hints: ide::inlay_hints(&snapshot.db, &snapshot.document, &snapshot.live, None),
            diagnostics: ide::diagnostics(&snapshot.db, &snapshot.document, &snapshot.live),
            tiers: ide::function_tiers(&snapshot.db, &snapshot.document, &snapshot.live),
            evaluations: snapshot.document.file.recordings(&snapshot.db).list(&snapshot.db).len(),
            elapsed,
        });
        answer.await?.map_err(|refused| Failure(format!("the file could not be shown: {refused:?}")))
    })
}

/// Text with colours, or without.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn text(self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn hint(self, hint: &InlayHint, tiers: &[FunctionTier]) -> String {
        let style = match hint.kind {
            HintKind::Tier => {
                let tier = tiers.iter().find(|tier| hint.id.ends_with(&tier.id)).map(|tier| tier.tier);
                tier_style(tier.unwrap_or(Tier::Interpreter))
            }
            HintKind::Fresh if hint.label.starts_with('⇒') => AnsiColor::Cyan.on_default(),
            HintKind::Fresh => AnsiColor::BrightBlue.on_default(),
            HintKind::Pending | HintKind::Stale => Style::new().dimmed(),
            HintKind::Cut | HintKind::Blocked => AnsiColor::Yellow.on_default(),
            HintKind::Error => AnsiColor::Red.on_default(),
        };
        self.text(style, &hint.label)
    }
}

fn tier_style(tier: Tier) -> Style {
    match tier {
        Tier::Interpreter => Style::new().dimmed(),
        Tier::Baseline => AnsiColor::Green.on_default(),
        Tier::Native => AnsiColor::Green.on_default().bold(),
        Tier::Left => AnsiColor::Yellow.on_default(),
    }
}

/// Each line with its hints behind it, then what is wrong, then the functions.
fn report(source: &Source, shown: &Shown, paint: Paint) -> String {
    let mut out = annotated(&source.text, shown, paint);
    for diagnostic in &*shown.diagnostics {
        let level = match diagnostic.severity {
            ide::Severity::Error => Level::ERROR,
            ide::Severity::Warning => Level::WARNING,
            ide::Severity::Information | ide::Severity::Hint => Level::INFO,
        };
        let text = rendered(source, level, diagnostic.code, &diagnostic.message, diagnostic.range, paint.0);
        out += &format!("\n{text}\n");
    }
    if !shown.tiers.is_empty() {
        out += &format!("\n{}\n", summary(shown));
        out += &functions(&shown.tiers, paint);
    }
    out
}

fn annotated(text: &str, shown: &Shown, paint: Paint) -> String {
    let mut notes: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for hint in &shown.hints {
        let line = line_of(text, usize::from(hint.offset));
        notes.entry(line).or_default().push(paint.hint(hint, &shown.tiers));
    }
    let lengths = text.lines().map(|line| line.chars().count());
    let width = lengths.filter(|&length| length <= WIDEST).max().unwrap_or(0);
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        match notes.get(&number) {
            None => out += line,
            Some(notes) => out += &format!("{line:<width$}  {}", notes.join("  ")),
        }
        out.push('\n');
    }
    out
}

fn summary(shown: &Shown) -> String {
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let tiers = [
        (Tier::Native, "optimised"),
        (Tier::Baseline, "baseline"),
        (Tier::Interpreter, "interpreted"),
        (Tier::Left, "left"),
    ];
    let parts = tiers.iter().filter_map(|(tier, word)| {
        let n = shown.tiers.iter().filter(|it| it.tier == *tier).count();
        (n > 0).then(|| format!("{word} {n}"))
    });
    format!(
        "{} in {} · {} of {}",
        counted(shown.evaluations, "evaluation"),
        milliseconds(shown.elapsed),
        parts.collect::<Vec<_>>().join(", "),
        counted(shown.tiers.len(), "function")
    )
}

/// A table of the functions that ran.
fn functions(tiers: &[FunctionTier], paint: Paint) -> String {
    let widest = |of: fn(&FunctionTier) -> &str| tiers.iter().map(|tier| of(tier).chars().count()).max().unwrap_or(0);
    let (labels, names) = (widest(|tier| &tier.label), widest(|tier| &tier.name));
    let rows = tiers.iter().map(|tier| {
        let label = paint.text(tier_style(tier.tier), &format!("{:<labels$}", tier.label));
        let reason = tier.reason.as_ref().map(|reason| format!(" · {reason}")).unwrap_or_default();
        format!("  {label}  {:<names$}  {}{reason}\n", tier.name, tier.counts)
    });
    rows.collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|it| **it == b'\n').count()
}
