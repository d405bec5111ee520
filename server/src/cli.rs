//! The command line: one subcommand a file below `cli/`, their arguments here.
//!
//! `main` calls [`main`] and exits with what it returns. Invariants: exit code 0 is success, 1 a program or a check that
//! failed, 2 a command that was not understood or could not be carried out; results go to standard output, all else to
//! standard error (`run --compat` excepted, which does as the reference does).

mod check;
mod colour;
mod dump;
mod explain;
mod lsp;
mod modules;
mod repl;
mod run;
mod show;
mod signals;
mod source;
mod worker;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// MiniLive: run MiniScript 2.0, and see in the editor what each line does and how fast it runs.
#[derive(Debug, Parser)]
#[command(name = "minilive", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a program.
    Run(run::Run),
    /// Enter programs line by line and see what they give.
    Repl(repl::Repl),
    /// Look for errors without running anything.
    Check(check::Check),
    /// Explain a diagnostic by its code, or list all codes.
    Explain(explain::Explain),
    /// Print a file as an editor would show it: values, tiers, examples.
    Show(show::Show),
    /// Print what stands between source and machine: MIR, bytecode, SSA, CLIF or assembly.
    Dump(dump::Dump),
    /// Serve an editor over standard input and output.
    Lsp(lsp::Lsp),
    /// Evaluate programs for a server (started by it, of no use by hand).
    #[command(hide = true)]
    Worker,
}

/// Something that kept a command from being carried out: a sentence for the person who typed it.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure(error.to_string())
    }
}

/// Carries out the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Run(it) => it.carry_out(),
        Command::Repl(it) => it.carry_out(),
        Command::Check(it) => it.carry_out(),
        Command::Explain(it) => it.carry_out(),
        Command::Show(it) => it.carry_out(),
        Command::Dump(it) => it.carry_out(),
        Command::Lsp(it) => it.carry_out(),
        Command::Worker => worker::carry_out(),
    };
    done.unwrap_or_else(|Failure(sentence)| {
        eprintln!("minilive: {sentence}");
        ExitCode::from(2)
    })
}
