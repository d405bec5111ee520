//! What the counting build of `cargo xtask release` runs, so that its counts say what matters: programs as people write them, in the tiers
//! as they come, and a server that somebody types into.
//!
//! `release` calls [`train`] and merges what it has left. Invariants: only material of this clone is used; what is run to measure is not run here,
//! nor is what is like it, so examples are only edited. Weights are numbers of runs: programs that live long enough to be compiled come
//! first, since there the engine's own time is what a person waits for; specs and generated programs reach what those do not.

use super::evaluations;
use minilive_tests::client::{Client, range_of};
use minilive_tests::files::{below, root};
use minilive_tests::{generate, spec};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// How often each of the programs runs that are there to train on.
const RUNS: usize = 10;

/// How many generated programs there are.
const SEEDS: u64 = 200;

/// Runs everything. Processes add what they counted to the files of those before them in the folder `raw` as they end.
pub fn train(minilive: &Path, raw: &Path) -> Result<(), String> {
    let (examples, training) = (programs("examples")?, programs("tests/training")?);
    for path in (0..RUNS).flat_map(|_| &training) {
        let status = run_file(minilive, path)?;
        if !status.success() {
            return Err(format!("{} ended with {status}", path.display()));
        }
    }
    evaluations::evaluate(minilive, raw, &training)?;
    for text in spec_programs()?.into_iter().chain((1..=SEEDS).map(generate::program)) {
        run_text(minilive, &text)?;
    }
    for path in &examples {
        for command in ["check", "show"] {
            started(Command::new(minilive).arg(command).arg(path).stdin(Stdio::null()).stdout(Stdio::null()))?;
        }
    }
    crate::latency::session(minilive)?;
    questions(minilive, &examples)
}

/// The programs of a folder; a folder without any is an error, so that none is forgotten by moving it.
fn programs(folder: &str) -> Result<Vec<PathBuf>, String> {
    let found = below(&root().join(folder), "ms");
    if found.is_empty() { Err(format!("no programs in {folder}")) } else { Ok(found) }
}

fn spec_programs() -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    for path in below(&root().join("tests/spec"), "md") {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        texts.extend(spec::read(&path, &text)?.into_iter().map(|case| case.program));
    }
    Ok(texts)
}

fn run_file(minilive: &Path, program: &Path) -> Result<ExitStatus, String> {
    let folder = program.parent().ok_or("a program lies in a folder")?;
    let mut command = Command::new(minilive);
    command.arg("run").arg(program).current_dir(folder);
    started(command.stdin(Stdio::null()).stdout(Stdio::null()))
}

/// Runs a program that may end with an error, as some are meant to.
fn run_text(minilive: &Path, text: &str) -> Result<(), String> {
    let mut command = Command::new(minilive);
    command.args(["run", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", minilive.display()))?;
    let mut input = child.stdin.take().ok_or("no way to hand the program over")?;
    input.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    drop(input);
    ended(child.wait().map_err(|error| error.to_string())?).map(drop)
}

fn started(command: &mut Command) -> Result<ExitStatus, String> {
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    ended(status)
}

/// A process that a signal ended has written no counts.
fn ended(status: ExitStatus) -> Result<ExitStatus, String> {
    if status.code().is_some() { Ok(status) } else { Err(format!("a program of the training ended with {status}")) }
}

/// What editors ask about a place.
const OF_PLACES: [&str; 7] = [
    "textDocument/hover",
    "textDocument/completion",
    "textDocument/signatureHelp",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/prepareRename",
];

/// What editors ask about a file.
const OF_FILES: [&str; 6] = [
    "textDocument/semanticTokens/full",
    "textDocument/documentSymbol",
    "textDocument/foldingRange",
    "textDocument/codeLens",
    "textDocument/formatting",
    "textDocument/documentLink",
];

/// Every file opened in one server, and asked about as an editor does while somebody reads it.
fn questions(minilive: &Path, files: &[PathBuf]) -> Result<(), String> {
    let (mut client, mut server) = Client::start(minilive, &["lsp"]).map_err(|error| error.to_string())?;
    client.initialize(json!({}), json!({ "trust": "full" }));
    for (number, path) in files.iter().enumerate() {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let uri = format!("file:///training/{number}.ms");
        client.open(&uri, &text);
        client.diagnostics(&uri, 1);
        ask_about(&mut client, &uri, &text);
    }
    client.shut_down();
    server.wait().map_err(|error| error.to_string())?;
    Ok(())
}

fn ask_about(client: &mut Client, uri: &str, text: &str) {
    let document = json!({ "uri": uri });
    // Whatever is answered, it has been worked out.
    let mut ask = |method: &str, params| drop(client.request(method, params));
    for method in OF_FILES {
        ask(method, json!({ "textDocument": document, "options": { "tabSize": 4, "insertSpaces": true } }));
    }
    let lines = text.lines().count() as u32;
    ask("textDocument/inlayHint", json!({ "textDocument": document, "range": range_of([0, 0, lines, 0]) }));
    for (line, content) in text.lines().enumerate().step_by(5) {
        let position = json!({ "line": line, "character": content.chars().count() / 2 });
        for method in OF_PLACES {
            let params =
                json!({ "textDocument": document, "position": position, "context": { "includeDeclaration": true } });
            ask(method, params);
        }
        let range = json!({ "start": position, "end": position });
        ask(
            "textDocument/codeAction",
            json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minilive_jit::engine::End;
    use minilive_tests::modes::{FUEL, Mode, Variant, run_with};

    #[test]
    fn programs_to_train_on_end_well_and_print_the_same_in_all_tiers() {
        for path in programs("tests/training").expect("programs") {
            let text = std::fs::read_to_string(&path).expect("programs are UTF-8");
            let ran = |mode| run_with(&text, "training.ms", mode, Variant::Plain, FUEL);
            let interpreted = ran(Mode::Interpreter);
            let ended_well = interpreted.outcome.as_ref().is_some_and(|it| matches!(it.end, End::Finished(_)));
            assert!(ended_well, "{}: {}", path.display(), interpreted.output);
            for mode in Mode::all().iter().filter(|it| matches!(it, Mode::Baseline | Mode::Eager | Mode::Tiered)) {
                assert_eq!(ran(*mode).output, interpreted.output, "{} ({mode})", path.display());
            }
        }
    }

    #[test]
    fn every_kind_of_material_is_there() {
        assert!(programs("examples").is_ok() && programs("tests/no-such-folder").is_err());
        assert!(spec_programs().expect("specs").len() > 80);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_a_signal_ends_is_an_error_and_one_that_fails_is_none() {
        let shell = |text: &str| started(Command::new("/bin/sh").args(["-c", text]));
        assert!(shell("kill -9 $$").is_err());
        assert!(shell("exit 1").is_ok_and(|it| !it.success()));
    }
}
