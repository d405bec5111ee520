//! Compares what programs print under `--compat` with what another implementation prints: the reference, which is no part of
//! this project and is named by its path.
//!
//! `xtask differential --reference` uses it; no test does. Invariant: byte for byte; a program that the reference does not end in
//! time counts as skipped and never as equal.

use crate::differential::FILE;
use crate::generate;
use crate::modes::{Mode, Variant, run_with};
use crate::shrink::{shrink, tokens};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The reference gets as long for one program.
const PATIENCE: Duration = Duration::from_secs(60);

/// Steps after which ours is cut.
const FUEL: u64 = 200_000_000;

/// Another implementation.
#[derive(Debug)]
pub struct Reference {
    program: PathBuf,
    folder: PathBuf,
}

/// What a comparison says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Both print the same.
    Equal,
    /// The reference did not end, or ended in a way that no program can ask for.
    Skipped(String),
    /// What the reference prints, and what we do.
    Different(String, String),
}

impl Reference {
    /// The program at this path, tried out.
    ///
    /// # Errors
    /// If it is not there or does not run MiniScript.
    pub fn at(program: &Path) -> Result<Reference, String> {
        let missing =
            |error: String| format!("{} is no MiniScript 2.0 that could be compared with: {error}", program.display());
        let program = program.canonicalize().map_err(|error| missing(error.to_string()))?;
        let folder = std::env::temp_dir().join(format!("minilive-reference-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let reference = Reference { program, folder };
        match reference.output("print 6 * 7\n")? {
            Ok(text) if text == "42\n" => Ok(reference),
            Ok(text) => Err(missing(format!("it prints {text:?} for `print 6 * 7`"))),
            Err(why) => Err(missing(why)),
        }
    }

    /// What it prints for a program, or why that says nothing.
    fn output(&self, program: &str) -> Result<Result<String, String>, String> {
        let (source, printed) = (self.folder.join(FILE), self.folder.join("printed"));
        let broken = |error: std::io::Error| format!("{}: {error}", self.folder.display());
        fs::write(&source, program).map_err(broken)?;
        // Into a file, since a pipe that nobody reads would stop it.
        let out = File::create(&printed).map_err(broken)?;
        let started = Command::new(&self.program)
            .arg(&source)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.map_err(|error| format!("{} cannot be started: {error}", self.program.display()))?;
        let end = Instant::now() + PATIENCE;
        loop {
            match child.try_wait().map_err(broken)? {
                Some(status) if status.success() => break,
                Some(status) => return Ok(Err(format!("it ends with {status}"))),
                None if Instant::now() > end => {
                    child.kill().and_then(|()| child.wait()).map_err(broken)?;
                    return Ok(Err("it does not end".to_owned()));
                }
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        let text = fs::read(&printed).map_err(broken)?;
        Ok(Ok(String::from_utf8_lossy(&text).into_owned()))
    }

    /// Compares one program.
    ///
    /// # Errors
    /// If the reference cannot be run.
    pub fn compare(&self, program: &str) -> Result<Verdict, String> {
        let theirs = match self.output(program)? {
            Ok(text) => text,
            Err(why) => return Ok(Verdict::Skipped(why)),
        };
        let ours = run_with(program, FILE, Mode::Interpreter, Variant::Plain, FUEL).output;
        Ok(if ours == theirs { Verdict::Equal } else { Verdict::Different(theirs, ours) })
    }

    /// Compares the program of a seed; a difference comes with the smallest program that shows it.
    ///
    /// # Errors
    /// If the reference cannot be run.
    pub fn check(&self, seed: u64) -> Result<(Verdict, String), String> {
        let program = generate::program(seed);
        let verdict = self.compare(&program)?;
        if !matches!(verdict, Verdict::Different(..)) {
            return Ok((verdict, program));
        }
        let shows = |text: String| match self.compare(&text) {
            // What cannot be compiled, or what only one of them refuses, is no smaller form of this difference.
            Ok(found @ Verdict::Different(..)) if !says(&found, "Compiler Error") => Some((text, found)),
            _ => None,
        };
        let lines: Vec<&str> = program.split_inclusive('\n').collect();
        let Some((_, (text, found))) = shrink(lines, |lines| shows(lines.concat())) else {
            return Ok((verdict, program));
        };
        let Some((_, (text, found))) = shrink(tokens(&text), |tokens| shows(tokens.concat())) else {
            return Ok((found, text));
        };
        Ok((found, text))
    }
}

fn says(verdict: &Verdict, what: &str) -> bool {
    matches!(verdict, Verdict::Different(theirs, ours) if theirs.contains(what) || ours.contains(what))
}

impl Drop for Reference {
    fn drop(&mut self) {
        // A folder of temporary files that stays is no failure.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
