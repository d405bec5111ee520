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
use std::ffi::OsString;
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

/// `run FILE` and nothing else, as most programs are started: a parser for all commands takes a fifteenth of what a short program takes in all.
fn plain_run(mut arguments: impl Iterator<Item = OsString>) -> Option<Command> {
    let (_, command, file) = (arguments.next()?, arguments.next()?, arguments.next()?);
    let plain = command == "run" && !file.is_empty() && !file.as_encoded_bytes().starts_with(b"-");
    (plain && arguments.next().is_none()).then(|| Command::Run(run::Run::of_file(file.into())))
}

/// Carries out the command that the process was started with.
pub fn main() -> ExitCode {
    let command = plain_run(std::env::args_os()).unwrap_or_else(|| Arguments::parse().command);
    let done = match command {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_alone_is_run_as_the_parser_would_have_it() {
        let given = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let plain = |words: &[&str]| plain_run(given(words).into_iter());
        for file in ["a.ms", "run", "a b/ü.ms", "--"] {
            let words = ["minilive", "run", file];
            let parsed = Arguments::try_parse_from(words).map(|it| format!("{:?}", it.command)).ok();
            assert_eq!(plain(&words).map(|it| format!("{it:?}")), parsed, "{file}");
        }
        for others in [
            &[][..],
            &["run"],
            &["run", ""],
            &["run", "-"],
            &["run", "--stats"],
            &["run", "a.ms", "b"],
            &["check", "a.ms"],
        ] {
            assert!(plain(&[&["minilive"], others].concat()).is_none(), "{others:?}");
        }
    }
}
