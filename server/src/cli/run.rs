//! `minilive run`: a program, in this process, without database or server.
//!
//! Text → tree → MIR → engine. Invariants: output printed before an error stays printed, in order; errors go to standard error with
//! exit code 1, or under `--compat` to standard output with exit code 0, as the reference does it.

mod stats;
mod tiers;
mod watch;

use super::Failure;
use super::check::rendered_diagnostic;
use super::modules::DiskModules;
use super::signals;
use super::source::Source;
use clap::Args;
use minilive_jit::engine::outcome::Location;
use minilive_jit::engine::{End, Engine, EngineConfig, Entry, RunRequest};
use minilive_jit::passes::{Pass, Passes};
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_runtime::host::{Effects, StdHost};
use minilive_runtime::limits::{Limits, default_memory};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tiers::Tiers;
use watch::Watch;

/// Arguments of `run`.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// The program's file; `-` reads it from standard input.
    #[arg(required_unless_present = "code")]
    file: Option<PathBuf>,
    /// Run this text instead of a file.
    #[arg(short, long, value_name = "CODE")]
    code: Option<String>,
    /// Behave to the byte like the reference: errors on standard output, exit code 0, calls nest 255 deep.
    #[arg(long)]
    compat: bool,
    /// How deep calls may nest.
    #[arg(long, value_name = "N")]
    max_depth: Option<u32>,
    /// How much memory the program may use, in mebibytes. Without it, three quarters of what the computer has.
    #[arg(long, value_name = "MIB")]
    max_memory: Option<u64>,
    #[command(flatten)]
    tiers: Tiers,
    /// Say on standard error, when the program has ended, how its functions ran.
    #[arg(long)]
    stats: bool,
    /// Compile on the program's own thread even where another processor is free, so that tiers change at the same moments in each run.
    #[arg(long)]
    synchronous: bool,
    /// Keep the execution counters in optimised code although nobody asks for `--stats`, to measure what they cost.
    #[arg(long, hide = true)]
    counted: bool,
    /// Leave a pass of the optimising compiler out, to measure what it is worth.
    #[arg(long, hide = true, value_name = "PASS")]
    without: Vec<Pass>,
    #[command(flatten)]
    watch: Watch,
    /// Passed on to the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Run {
    /// The program of a file, with nothing else said.
    pub fn of_file(file: PathBuf) -> Run {
        Run { file: Some(file), ..Run::default() }
    }

    /// Runs the program; the exit code is the program's own where it sets one.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let source = match self.source() {
            Ok(source) => source,
            Err(Failure(_)) if self.compat => {
                let path = self.file.as_deref().unwrap_or_else(|| "".as_ref()).display();
                say(&format!("Error: Could not open file {path}\nNo lines read from file."));
                return Ok(ExitCode::SUCCESS);
            }
            Err(failure) => return Err(failure),
        };
        let parse = minilive_syntax::parse(&source.text);
        let (program, diagnostics) = minilive_mir::lower::lower_file(&parse, &source.name);
        if diagnostics.iter().any(|it| it.severity == Severity::Error) {
            return Ok(self.does_not_compile(&source, &diagnostics));
        }
        let mut engine = Engine::new(EngineConfig {
            tier: self.tiers.policy(),
            // Who does not see the counts need not pay for them.
            counted: self.stats || self.counted,
            passes: self.without.iter().fold(Passes::default(), |passes, &pass| passes.without(pass)),
            synchronous: self.synchronous,
            ..EngineConfig::default()
        });
        if let Some(watcher) = self.watch.open()? {
            engine.watch_code(watcher);
        }
        let loaded = engine.load(&program).map_err(|error| Failure(error.to_string()))?;
        let request = RunRequest { limits: self.limits(), compat: self.compat, ..RunRequest::new(Entry::Main) };
        let cancel = Arc::clone(&request.cancel);
        engine.set_loader(Box::new(DiskModules::default()));
        let host =
            StdHost::new(Effects::ALL).with_arguments(self.program_arguments()).with_script(source.path.as_deref());
        let output = host.output();
        output.cancel_when_closed(Arc::clone(&cancel));
        let watch = signals::stop_on_signals(&cancel, output.clone());
        engine.run_at_last(&loaded, request, Box::new(host), watch, |outcome| {
            if self.stats {
                stats::print(&outcome);
            }
            // What was written last may be what nobody takes.
            output.flush();
            if output.is_closed() {
                return ExitCode::from(signals::OUTPUT_CLOSED);
            }
            let code = self.ended(&source, &outcome.end);
            // The process ends: the system takes back at once what would be freed piece by piece.
            std::mem::forget(outcome);
            match output.failure() {
                Some(why) => {
                    super::colour::say_error(&format!("some of the output was lost: {why}"));
                    if code == ExitCode::SUCCESS { ExitCode::FAILURE } else { code }
                }
                None => code,
            }
        })
    }

    fn source(&self) -> Result<Source, Failure> {
        match (&self.code, &self.file) {
            (Some(code), _) => Ok(Source::from_code(code)),
            (None, Some(file)) => Source::read(file),
            (None, None) => Err(Failure("name a file, or give code with -c".to_string())),
        }
    }

    /// What the program gets: with `-c` everything behind the code.
    fn program_arguments(&self) -> Vec<String> {
        let file = self.file.iter().filter(|_| self.code.is_some()).map(|file| file.to_string_lossy().into_owned());
        file.chain(self.arguments.iter().cloned()).collect()
    }

    fn limits(&self) -> Limits {
        let memory = self.max_memory.map_or_else(default_memory, |mebibytes| mebibytes.saturating_mul(1 << 20));
        Limits { depth: self.max_depth.unwrap_or(Limits::NONE.depth), memory, ..Limits::NONE }
    }

    fn does_not_compile(&self, source: &Source, diagnostics: &[Diagnostic]) -> ExitCode {
        let errors = diagnostics.iter().filter(|it| it.severity == Severity::Error);
        if self.compat {
            // The reference reports only the first error that it knows.
            if let Some((error, text)) = errors.clone().find_map(|it| Some((it, it.reference.as_ref()?))) {
                say(&format!("Compiler Error: {text} [{}]", location(&source.name, error.reference_line)));
                return ExitCode::SUCCESS;
            }
        }
        for error in errors {
            eprintln!("{}", rendered_diagnostic(source, error, super::colour::on_stderr()));
        }
        ExitCode::from(1)
    }

    fn ended(&self, source: &Source, end: &End) -> ExitCode {
        match end {
            End::Finished(_) => ExitCode::SUCCESS,
            End::Exit(code) => ExitCode::from((code & 255) as u8),
            End::Error(error) if self.compat => {
                say(&error.to_string());
                ExitCode::SUCCESS
            }
            End::Error(error) => {
                super::colour::say_error(&format!("Runtime Error: {} [{}]", error.message, error.at));
                show_callers(&error.stack);
                show_line(source, error.at.line, &error.at.file);
                ExitCode::from(1)
            }
            End::Cut { limit, at, .. } => stopped(&format!("{limit} [{at}]")),
            End::Blocked { name, at, .. } => stopped(&format!("'{name}' is not available here [{at}]")),
            End::Cancelled => {
                eprintln!("Stopped: the program was stopped");
                ExitCode::from(signals::exit_code())
            }
        }
    }
}

/// Writes a line to standard output. Whoever closed it does not want to read it.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Callers that are shown at each end of a long stack.
const SHOWN_CALLERS: usize = 10;

/// Shows where calls came from, innermost first.
pub(super) fn show_callers(stack: &[Location]) {
    let callers = stack.get(1..).unwrap_or_default();
    let hidden = callers.len().saturating_sub(2 * SHOWN_CALLERS);
    for (at, caller) in callers.iter().enumerate() {
        match at.checked_sub(SHOWN_CALLERS) {
            Some(0) if hidden > 0 => eprintln!("  …"),
            Some(beyond) if beyond < hidden => {}
            _ => eprintln!("  called from {caller}"),
        }
    }
}

fn stopped(why: &str) -> ExitCode {
    eprintln!("Stopped: {why}");
    ExitCode::from(1)
}

fn location(name: &str, line: u32) -> String {
    if name.is_empty() { format!("line {line}") } else { format!("{name} line {line}") }
}

/// The source line an error names, if it is one of this file's.
fn show_line(source: &Source, line: u32, file: &str) {
    let text = source.text.lines().nth((line as usize).saturating_sub(1));
    if let Some(text) = text.filter(|it| file == source.name && !it.trim().is_empty()) {
        eprintln!("{line:>5} | {}", text.trim_end());
    }
}
