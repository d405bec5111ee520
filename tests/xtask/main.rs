//! `cargo xtask`: what cannot be a plain test, since it needs more than the clone and Rust.
//!
//! Each task fails when its material is missing; none is skipped in silence.
#![forbid(unsafe_code)]

mod conformance;
mod differential;
mod editors;
mod fuzz;
mod latency;
mod release;

const USAGE: &str = "usage: cargo xtask TASK

conformance FILE [FOLDER]            run the official test suite in every mode; no false alarm about it and programs
differential [--seeds N] [--from N]  run generated programs in every mode
fuzz TARGET [--seconds N] [--seed S] feed mutated inputs to parser, reparse, mir or lsp
editors                              test the extensions in real editors
latency [--server PROGRAM]           measure how long editors and the server wait
release                              the release build, with a profile of the project's own programs";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = arguments.split_first().map_or(("", &[][..]), |(task, rest)| (task.as_str(), rest));
    let done = match task {
        "conformance" => conformance::carry_out(rest),
        "differential" => differential::carry_out(rest),
        "fuzz" => fuzz::carry_out(rest),
        "editors" => editors::run(rest),
        "latency" => latency::carry_out(rest),
        "release" => release::carry_out(rest),
        _ => Err(USAGE.to_string()),
    };
    if let Err(sentence) = done {
        eprintln!("{sentence}");
        std::process::exit(1);
    }
}
