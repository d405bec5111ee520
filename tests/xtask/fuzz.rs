//! `cargo xtask fuzz TARGET [--seconds N] [--seed S] [--from N]`: feeds mutated inputs to what reads text from outside;
//! `cargo xtask fuzz TARGET --file PATH` checks one input again.
//!
//! The inputs run in a process of their own (this binary with `--run FOLDER`), which notes the number of each before it starts.
//! So a panic, a stack overflow, an endless loop and a lost process are all found by their input, which is then made smaller,
//! written to a file and reported. Invariant: it fails if anything was found.

use super::editors::build_server;
use minilive_tests::files::root;
use minilive_tests::fuzz::{Fuzzer, Target};
use minilive_tests::shrink::shrink;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const USAGE: &str =
    "usage: cargo xtask fuzz parser|reparse|mir|lsp [--seconds N] [--seed S] [--from N] [--server PROGRAM]
       cargo xtask fuzz TARGET --file PATH";

/// An input that uses more processor time hangs.
const HANG: Duration = Duration::from_secs(20);
/// So does one that takes longer by the clock, as far as processor time does not tell. Conversations have a patience of their own.
const STANDSTILL: Duration = Duration::from_secs(600);
/// Making one input smaller takes no longer than this.
const SHRINKING: Duration = Duration::from_secs(240);
/// After so many different failures it is time to mend some.
const MOST_FAILURES: usize = 20;

struct Options {
    target: Target,
    seconds: u64,
    seed: u64,
    from: u64,
    file: Option<PathBuf>,
    run: Option<PathBuf>,
    server: Option<PathBuf>,
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let (target, rest) = arguments.split_first().ok_or(USAGE)?;
    let target = target.parse().map_err(|error| format!("{error}\n{USAGE}"))?;
    let mut options = Options { target, seconds: 60, seed: 1, from: 0, file: None, run: None, server: None };
    let mut rest = rest.iter();
    while let Some(option) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{option} needs a value\n{USAGE}"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{option} {value}: not a number\n{USAGE}"));
        match option.as_str() {
            "--seconds" => options.seconds = number()?,
            "--seed" => options.seed = number()?,
            "--from" => options.from = number()?,
            "--file" => options.file = Some(value.into()),
            "--run" => options.run = Some(value.into()),
            "--server" => options.server = Some(value.into()),
            _ => return Err(format!("no option {option}\n{USAGE}")),
        }
    }
    if target == Target::Lsp && options.server.is_none() {
        options.server = Some(build_server(&root())?);
    }
    Ok(options)
}

/// Fuzzes, or does its part in a child process.
pub fn carry_out(arguments: &[String]) -> Result<(), String> {
    let options = options(arguments)?;
    let fuzzer = Fuzzer::new(options.target, options.server.as_deref().unwrap_or(Path::new("")));
    if let Some(file) = &options.file {
        let input = fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        fuzzer.check(&input);
        println!("{}: no failure", file.display());
        return Ok(());
    }
    match &options.run {
        Some(folder) => run_inputs(&fuzzer, &options, folder),
        None => watch(&fuzzer, &options),
    }
}

/// The child: one input after the other until the time is over.
fn run_inputs(fuzzer: &Fuzzer, options: &Options, folder: &Path) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut place = File::create(folder.join("number")).map_err(broken)?;
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let mut number = options.from;
    while Instant::now() < end {
        place.seek(SeekFrom::Start(0)).and_then(|_| place.write_all(&number.to_le_bytes())).map_err(broken)?;
        let input = fuzzer.input(options.seed, number);
        fuzzer.check(&input);
        number += 1;
    }
    place.seek(SeekFrom::Start(0)).and_then(|_| place.write_all(&number.to_le_bytes())).map_err(broken)
}

/// How a child ended.
enum Ending {
    Well,
    Failed(String),
}

/// The parent: starts the child again behind each failure.
fn watch(fuzzer: &Fuzzer, options: &Options) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("minilive-fuzz-{}-{}", options.target, std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (started, mut from, mut found) = (Instant::now(), options.from, Vec::<String>::new());
    let mut repeated = 0;
    loop {
        let left = options.seconds.saturating_sub(started.elapsed().as_secs());
        if left == 0 || found.len() >= MOST_FAILURES {
            break;
        }
        let ending = one_child(options, &folder, left, from)?;
        from = number(&folder)?;
        let Ending::Failed(why) = ending else { break };
        let kind = kind_of(&why);
        if found.contains(&kind) {
            repeated += 1;
        } else {
            report(fuzzer, options, &folder, from, &why)?;
            found.push(kind);
        }
        from += 1;
    }
    let inputs = from - options.from;
    println!(
        "fuzz {}: seed {}, {inputs} inputs in {} s, {} different failures, {repeated} repeated",
        options.target,
        options.seed,
        started.elapsed().as_secs(),
        found.len()
    );
    if found.is_empty() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        return Ok(());
    }
    Err(format!("{} different failures; their inputs are in {}", found.len(), folder.display()))
}

fn number(folder: &Path) -> Result<u64, String> {
    let bytes = fs::read(folder.join("number")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let bytes: [u8; 8] = bytes.try_into().map_err(|_| "the child died before its first input".to_owned())?;
    Ok(u64::from_le_bytes(bytes))
}

fn child(options: &Options, folder: &Path, more: &[String]) -> Result<Child, String> {
    let errors = File::create(folder.join("errors")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let this = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let mut command = Command::new(this);
    command.args(["fuzz", &options.target.to_string()]).args(more).stdout(Stdio::null()).stderr(errors);
    if let Some(server) = &options.server {
        command.arg("--server").arg(server);
    }
    command.spawn().map_err(|error| format!("cannot start a process: {error}"))
}

/// Runs a child until it ends or stands still.
fn one_child(options: &Options, folder: &Path, seconds: u64, from: u64) -> Result<Ending, String> {
    let more = ["--run".into(), folder.display().to_string(), "--seed".into(), options.seed.to_string()];
    let times = ["--seconds".into(), seconds.to_string(), "--from".into(), from.to_string()];
    // A file of an earlier child would be taken for progress of this one.
    fs::write(folder.join("number"), from.to_le_bytes()).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut child = child(options, folder, &[&more[..], &times].concat())?;
    let (mut last, mut watch) = (from, Watch::start(&child));
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(if status.success() {
                Ending::Well
            } else {
                Ending::Failed(words(folder, &status.to_string()))
            });
        }
        // While the child replaces the number, the file may be read half.
        let now = number(folder).unwrap_or(last);
        if now != last {
            (last, watch) = (now, Watch::start(&child));
        }
        if watch.is_over(&child) {
            end(&mut child)?;
            return Ok(Ending::Failed("it hangs".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Tells when a child has worked on one input for too long, however little of a busy machine it gets.
struct Watch {
    since: Instant,
    consumed: Duration,
}

impl Watch {
    fn start(child: &Child) -> Watch {
        Watch { since: Instant::now(), consumed: consumed(child) }
    }

    fn is_over(&self, child: &Child) -> bool {
        consumed(child).saturating_sub(self.consumed) > HANG || self.since.elapsed() > STANDSTILL
    }
}

/// Processor time that a child has used; nothing where the system does not tell.
fn consumed(child: &Child) -> Duration {
    let told = fs::read_to_string(format!("/proc/{}/schedstat", child.id())).unwrap_or_default();
    let nanoseconds = told.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn end(child: &mut Child) -> Result<(), String> {
    child.kill().and_then(|()| child.wait()).map(drop).map_err(|error| error.to_string())
}

/// How it ended and what it wrote, shortened.
fn words(folder: &Path, status: &str) -> String {
    let errors = fs::read(folder.join("errors")).unwrap_or_default();
    let errors = String::from_utf8_lossy(&errors);
    format!("{status}: {}", errors.chars().take(3_000).collect::<String>())
}

/// The place in the code, or the whole sentence: two failures of one kind are one.
fn kind_of(why: &str) -> String {
    let place = why.lines().find(|line| line.contains("panicked at"));
    let place = place.and_then(|line| line.split("panicked at ").nth(1)).unwrap_or(why);
    place.chars().take(200).collect()
}

/// Makes the failing input small, writes it down, and says so.
fn report(fuzzer: &Fuzzer, options: &Options, folder: &Path, number: u64, why: &str) -> Result<(), String> {
    let whole = fuzzer.input(options.seed, number);
    let path = folder.join(format!("{}-{}-{number}", options.target, options.seed));
    let end = Instant::now() + SHRINKING;
    let mut fails = |pieces: &[Vec<u8>]| {
        let input = pieces.concat();
        (Instant::now() < end && fails_alone(options, folder, &input)).then_some(())
    };
    let mut input = whole.clone();
    if let Some((pieces, ())) = shrink(fuzzer.pieces(&input, false), &mut fails) {
        input = pieces.concat();
        if let Some((pieces, ())) = shrink(fuzzer.pieces(&input, true), &mut fails) {
            input = pieces.concat();
        }
    }
    fs::write(&path, &input).map_err(|error| format!("{}: {error}", path.display()))?;
    let shown: String = String::from_utf8_lossy(&input).chars().take(1_500).collect();
    println!(
        "failure: {why}\nseed {}, input {number}, {} of {} bytes:\n{shown}",
        options.seed,
        input.len(),
        whole.len()
    );
    println!("again with: cargo xtask fuzz {} --file {}\n", options.target, path.display());
    Ok(())
}

/// Whether an input fails in a process of its own.
fn fails_alone(options: &Options, folder: &Path, input: &[u8]) -> bool {
    let path = folder.join("candidate");
    if fs::write(&path, input).is_err() {
        return false;
    }
    let Ok(mut child) = child(options, folder, &["--file".into(), path.display().to_string()]) else { return false };
    let watch = Watch::start(&child);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return !status.success(),
            Ok(None) if watch.is_over(&child) => return end(&mut child).is_ok(),
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(_) => return false,
        }
    }
}
