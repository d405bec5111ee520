//! `minilive repl`: an interactive session, one realm that every input runs in.
//!
//! Lines come from `repl/editor.rs`, which also completes (`repl/complete.rs`); `repl/input.rs` says when they make a whole input and cuts it into what
//! runs and what is shown; `repl/help.rs` answers `?name`. Invariants: an error or an interrupt ends the input and not the session;
//! the end of input ends it with exit code 0; `exit` with its own.

mod complete;
mod editor;
mod help;
mod input;

use super::Failure;
use super::check::rendered_diagnostic;
use super::modules::DiskModules;
use super::signals;
use super::source::Source;
use clap::Args;
use editor::{Editor, Line};
use input::Input;
use minilive_jit::engine::session::Session;
use minilive_jit::engine::{End, Engine, EngineConfig};
use minilive_runtime::host::{Effects, SharedHost, StdHost};
use minilive_runtime::limits::{Limits, default_memory};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `repl`.
#[derive(Debug, Args)]
pub struct Repl {
    /// How deep calls may nest.
    #[arg(long, value_name = "N")]
    max_depth: Option<u32>,
    /// How much memory the session may use, in mebibytes. Without it, three quarters of what the computer has.
    #[arg(long, value_name = "MIB")]
    max_memory: Option<u64>,
    /// Say nothing at the start.
    #[arg(short, long)]
    quiet: bool,
}

impl Repl {
    /// Reads and runs inputs until there are no more.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let mut engine = Engine::new(EngineConfig::default());
        engine.set_loader(Box::new(DiskModules::default()));
        let host = SharedHost::new(StdHost::new(Effects::ALL));
        let cancel = Arc::default();
        signals::interrupt_sets(&cancel);
        let memory = self.max_memory.map_or_else(default_memory, |mebibytes| mebibytes.saturating_mul(1 << 20));
        let limits = Limits { depth: self.max_depth.unwrap_or(Limits::NONE.depth), memory, ..Limits::NONE };
        if !self.quiet && std::io::stdin().is_terminal() {
            println!("MiniLive {}: `?name` explains a name, Ctrl-D ends.", env!("CARGO_PKG_VERSION"));
        }
        let shared = host.clone();
        engine.interactive(limits, false, cancel, Box::new(shared), |session| converse(session, &host))
    }
}

/// The session from its first input to its last.
fn converse(session: &mut Session<'_>, host: &SharedHost<StdHost>) -> Result<ExitCode, Failure> {
    let session = RefCell::new(session);
    let mut editor = Editor::new(&session)?;
    let mut pending = String::new();
    let mut ended = false;
    while !ended {
        let line = match editor.read(!pending.is_empty())? {
            Line::Text(line) => line,
            Line::Interrupted => {
                pending.clear();
                continue;
            }
            Line::End if pending.trim().is_empty() => return Ok(ExitCode::SUCCESS),
            Line::End => {
                ended = true;
                String::new()
            }
        };
        if let Some(name) = line.strip_prefix('?').filter(|_| pending.is_empty()) {
            println!("{}", help::about(name.trim(), &session.borrow_mut().globals()));
            continue;
        }
        pending.push_str(&line);
        match Input::of(&pending, !ended) {
            Input::Open => pending.push('\n'),
            Input::Nothing => pending.clear(),
            Input::Wrong(errors) => {
                let source = Source::from_input(&pending);
                for error in &errors {
                    eprintln!("{}", rendered_diagnostic(&source, error, super::colour::on_stderr()));
                }
                editor.remember(&pending);
                pending.clear();
            }
            Input::Whole(program) => {
                host.lock().restart_clock();
                let outcome =
                    session.borrow_mut().run(&pending, &program).map_err(|error| Failure(error.to_string()))?;
                host.lock().end_line();
                if let Some(code) = shown(&outcome.end) {
                    return Ok(code);
                }
                editor.remember(&pending);
                pending.clear();
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows how an input ended; the exit code if that ends the session.
fn shown(end: &End) -> Option<ExitCode> {
    match end {
        End::Finished(text) if text.is_empty() => {}
        End::Finished(text) => println!("{text}"),
        End::Exit(code) => return Some(ExitCode::from((code & 255) as u8)),
        End::Error(error) => {
            super::colour::say_error(&format!("Runtime Error: {} [{}]", error.message, error.at));
            super::run::show_callers(&error.stack);
        }
        End::Cut { limit, at, .. } => eprintln!("Stopped: {limit} [{at}]"),
        End::Blocked { name, at, .. } => eprintln!("Stopped: '{name}' is not available here [{at}]"),
        End::Cancelled => eprintln!("Stopped"),
    }
    None
}
