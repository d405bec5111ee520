//! What the counting build of `cargo xtask release` does as a worker: programs are evaluated with their values recorded, as while somebody types.
//!
//! `train` calls [`evaluate`]. A server ends its workers before they could write what they have counted, and workers may open no file. So this one has
//! no server, is told by `LLVM_PROFILE_FILE` where to write, which it may in builds that count (`server/src/worker/lockdown.rs`), and ends by itself when
//! nothing more comes. Invariant: a worker that has evaluated less than it was given, or has left no counts, is an error.

use minilive::evaluate::{Budget, EntryPoint, RunId, Trust};
use minilive::worker::protocol::{self, FromWorker, ToWorker, WireRun};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// How often somebody changes each program.
const EDITS: u64 = 5;

/// What a worker's file of counts begins with, which tells it from those of other processes.
const FILE: &str = "worker";

/// Has a worker evaluate the programs, each as it stands and after each of some edits.
pub fn evaluate(minilive: &Path, raw: &Path, programs: &[PathBuf]) -> Result<(), String> {
    let mut messages = Vec::new();
    for path in programs {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        messages.extend((0..=EDITS).map(|edit| format!("{text}\nprint {edit}\n")));
    }
    let mut worker = Command::new(minilive);
    worker.arg("worker").env("LLVM_PROFILE_FILE", raw.join(format!("{FILE}_%m.profraw")));
    let evaluated =
        converse(&mut worker, &messages).map_err(|error| format!("{} worker: {error}", minilive.display()))?;
    if evaluated != messages.len() {
        return Err(format!("the worker of the training evaluated {evaluated} programs of {}", messages.len()));
    }
    let has_written = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(FILE);
    let written = std::fs::read_dir(raw).map_err(|error| format!("{}: {error}", raw.display()))?;
    if written.flatten().any(has_written) {
        Ok(())
    } else {
        Err(format!("the worker of the training has left no counts in {}", raw.display()))
    }
}

/// Sends all programs to a worker and waits for its end; gives the number of those that it has evaluated.
fn converse(worker: &mut Command, texts: &[String]) -> io::Result<usize> {
    let mut child = worker.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let reader = thread::spawn(move || output.map_or(Ok(0), finished));
    let sent =
        input.map_or(Ok(()), |mut input| texts.iter().zip(1..).try_for_each(|(text, id)| send(&mut input, id, text)));
    let evaluated = reader.join().unwrap_or_else(|_| Err(io::Error::other("the reading thread panicked")));
    let status = child.wait()?;
    if !status.success() {
        return Err(io::Error::other(format!("ended with {status}")));
    }
    sent?;
    evaluated
}

fn send(worker: &mut impl Write, id: u64, text: &str) -> io::Result<()> {
    let (program, _) = minilive_mir::lower::lower_file(&minilive_syntax::parse(text), "training.ms");
    protocol::write(worker, &ToWorker::Program { id, program })?;
    let second = Duration::from_secs(1);
    protocol::write(
        worker,
        &ToWorker::Run(WireRun {
            run: RunId(id),
            program: id,
            entry: EntryPoint::Main,
            budget: Budget { wall: 60 * second, fuel: u64::MAX, memory: 1 << 30, output: 1 << 20, frames: 3 },
            trust: Trust::Full,
            effects: false,
            seed: Some(1),
            input: Vec::new(),
            variables: Vec::new(),
        }),
    )
}

/// How many runs the worker says it has finished, when it has said everything.
fn finished(mut output: impl Read) -> io::Result<usize> {
    let mut number = 0;
    while let Some(message) = protocol::read::<FromWorker>(&mut output)? {
        number += usize::from(matches!(message, FromWorker::Finished { .. }));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_worker_that_says_nothing_has_evaluated_nothing_and_one_that_fails_is_an_error() {
        let texts = ["print 1".to_string()];
        let shell = |text: &str| converse(Command::new("/bin/sh").args(["-c", text]), &texts);
        assert!(shell("cat >/dev/null").is_ok_and(|it| it == 0));
        assert!(shell("cat >/dev/null; exit 3").is_err_and(|error| error.to_string().contains("exit status: 3")));
    }
}
