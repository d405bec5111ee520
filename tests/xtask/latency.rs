//! `cargo xtask latency [--server PROGRAM] [--edits N]`: how long a person waits for the server and the server for its worker.
//!
//! Prints one row of Markdown a measurement for docs/performance.md: start to `initialize`, an edit to its values, a worker's start,
//! a warm evaluation, a stop by flag and a stop by ending the process; edits by what they change, token deltas, questions about a part and
//! cancelled requests of a large file; folders of many files. Nothing is judged here; figures depend on the machine.

mod requests;
mod workspace;

use super::editors::build_server;
use minilive::evaluate::{
    Budget, EntryPoint, Purpose, Request, RunId, Trust, WorkerEvent, WorkerFactory, WorkerHandle,
};
use minilive::worker::client::ProcessFactory;
use minilive_tests::client::Client;
use minilive_tests::files::root;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

const URI: &str = "file:///latency.ms";
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures and prints.
pub fn carry_out(arguments: &[String]) -> Result<(), String> {
    let (mut server, mut edits) = (None, 300);
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        match (option.as_str(), rest.next()) {
            ("--server", Some(path)) => server = Some(PathBuf::from(path)),
            ("--edits", Some(number)) => edits = number.parse().map_err(|_| format!("no number: {number}"))?,
            _ => return Err("usage: cargo xtask latency [--server PROGRAM] [--edits N]".into()),
        }
    }
    let server = match server {
        Some(path) => path,
        None => build_server(&root())?,
    };
    println!("| What | p50 | p95 | p99 | n |\n|---|---|---|---|---|");
    row("start → `initialize` answered", &mut starts(&server, 20)?);
    let (mut all, mut whole) = (edits_to_values(&server, edits, true)?, edits_to_values(&server, edits, false)?);
    row("didChange → values of 3 examples pushed, 1000 lines", &mut all);
    row("didChange → the same by asking for hints again and again", &mut whole);
    row("worker: start → first run ended", &mut first_runs(&server, 20)?);
    let mut bench = Worker::connect(&ProcessFactory::new(server.clone(), vec!["worker".into()]));
    row("worker: run sent → ended, warm", &mut (0..200).map(|_| bench.run("print 1")).collect::<Result<Vec<_>, _>>()?);
    let endless = "print 1\nwhile true\nend while";
    row("stop a `while true` by its flag", &mut (0..50).map(|_| bench.stop(endless)).collect::<Result<Vec<_>, _>>()?);
    let nested = "print 1\nf = function(n)\n  if n > 0 then return f(n - 1)\n  return 0\nend function\nwhile true\n  f 90\nend while";
    row("stop calls in a loop by their flag", &mut (0..50).map(|_| bench.stop(nested)).collect::<Result<Vec<_>, _>>()?);
    row("stop a worker that does not listen, by ending it", &mut kills(10)?);
    for lines in [100, 1000, 10_000, 50_000] {
        for (name, line, column, text) in requests::EDITS {
            let mut taken = requests::edits(&server, lines / 4, (line, column, text), edits / 3)?;
            row(&format!("didChange → diagnostics, {lines} lines, {name}"), &mut taken);
        }
    }
    for lines in [100, 1000, 10_000, 50_000] {
        let mut taken = requests::deltas(&server, lines / 4, 100)?;
        row(&format!("semantic token delta after an edit, {lines} lines"), &mut taken);
    }
    for lines in [100, 1000, 10_000, 50_000] {
        for question in requests::QUESTIONS {
            let mut taken = requests::questions(&server, lines / 4, question, 100)?;
            row(&format!("{}, {lines} lines", question.0), &mut taken);
        }
    }
    row("cancel four requests in work → all answered, and a hover", &mut requests::cancels(&server, 50)?);
    for files in [500, 5000] {
        let (rows, memory) = workspace::measure(&server, files)?;
        rows.into_iter().for_each(|(what, mut times)| row(&what, &mut times));
        let memory = memory.map_or("not known".into(), |mib| format!("{mib:.0} MiB"));
        println!("| memory of the server then, {files} files | {memory} | | | |");
    }
    Ok(())
}

/// A short session of what is measured here, for `release`, which trains on it.
pub fn session(server: &Path) -> Result<(), String> {
    starts(server, 3)?;
    edits_to_values(server, 20, true)?;
    edits_to_values(server, 20, false)?;
    for lines in [1000, 10_000] {
        for (_, line, column, text) in requests::EDITS {
            requests::edits(server, lines / 4, (line, column, text), 10)?;
        }
    }
    requests::deltas(server, 250, 20)?;
    for question in requests::QUESTIONS {
        requests::questions(server, 2500, question, 10)?;
    }
    requests::cancels(server, 5)?;
    Ok(())
}

/// One row: milliseconds.
fn row(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
        format!("{:.2} ms", times[index].as_secs_f64() * 1000.0)
    };
    println!("| {what} | {} | {} | {} | {} |", at(0.5), at(0.95), at(0.99), times.len());
}

fn start(server: &Path) -> Result<(Client, std::process::Child), String> {
    Client::start(server, &["lsp"]).map_err(|error| format!("{}: {error}", server.display()))
}

fn starts(server: &Path, times: usize) -> Result<Vec<Duration>, String> {
    let mut taken = Vec::new();
    for _ in 0..times {
        let begun = Instant::now();
        let (mut client, mut child) = start(server)?;
        client.initialize(json!({}), json!({}));
        taken.push(begun.elapsed());
        client.shut_down();
        child.wait().map_err(|error| error.to_string())?;
    }
    Ok(taken)
}

/// A thousand lines, in their middle a function with three examples; and the line of its constant.
fn program() -> (String, u32) {
    let other = |k: usize| format!("f{k} = function(a)\n  b = a * {k} + 1\n  return b\nend function\n");
    let before: String = (0..124).map(other).collect();
    let edited = "//@ example: g(1)\n//@ example: g(2)\n//@ example: g(3)\ng = function(n)\n  k = 1\n  return n * k\nend function\n";
    let line = (before.matches('\n').count() + 4) as u32;
    let after: String = (124..248).map(other).collect();
    (before + edited + &after, line)
}

/// From the moment an edit is written until the new values of all three examples have been read.
fn edits_to_values(server: &Path, edits: i64, pushed: bool) -> Result<Vec<Duration>, String> {
    let (mut client, mut child) = start(server)?;
    let ours = json!({ "experimental": { "minilive": { "values": pushed } } });
    client.initialize(ours, json!({ "trust": "full" }));
    let (text, line) = program();
    client.open(URI, &text);
    let mut taken = Vec::new();
    let mut width = 1;
    for version in 2..edits + 2 {
        let constant = (version + 1000).to_string();
        let wanted: Vec<_> = (1..=3).map(|n| format!("⇒ {}", n * (version + 1000))).collect();
        std::thread::sleep(Duration::from_millis(20));
        client.listen();
        let since = client.heard.len();
        let begun = Instant::now();
        client.change(URI, version, [line, 6, line, 6 + width], &constant);
        width = constant.len() as u32;
        if pushed {
            let mut missing = wanted;
            let number = client.wait_for(since, "minilive/values", |params| {
                if params["version"] == version {
                    let items = params["items"].as_array().cloned().unwrap_or_default();
                    missing.retain(|text| !items.iter().any(|item| item["text"] == text.as_str()));
                }
                missing.is_empty()
            });
            taken.push(client.heard[number].at - begun);
        } else {
            taken.push(ask_until(&mut client, line, &wanted, begun)?);
        }
    }
    client.shut_down();
    child.wait().map_err(|error| error.to_string())?;
    Ok(taken)
}

/// Asks for the hints around the function until they are the wanted ones.
fn ask_until(client: &mut Client, line: u32, wanted: &[String], begun: Instant) -> Result<Duration, String> {
    let range = minilive_tests::client::range_of([line - 4, 0, line + 2, 0]);
    let params = json!({ "textDocument": { "uri": URI }, "range": range });
    while begun.elapsed() < PATIENCE {
        // A question that an edit or a recording overtook is asked again.
        if let Ok(hints) = client.request("textDocument/inlayHint", params.clone()) {
            let hints = hints.as_array().cloned().unwrap_or_default();
            if wanted.iter().all(|text| hints.iter().any(|hint| hint["label"] == text.as_str())) {
                return Ok(begun.elapsed());
            }
        }
    }
    Err(format!("the hints {wanted:?} do not come"))
}

/// One worker, driven as the server drives it.
struct Worker {
    handle: Box<dyn WorkerHandle>,
    events: mpsc::Receiver<WorkerEvent>,
    last: u64,
}

impl Worker {
    fn connect(factory: &ProcessFactory) -> Worker {
        let (sender, events) = mpsc::channel();
        // A worker that outlives its measurement has nobody to tell.
        let sink = Arc::new(move |event| drop(sender.send(event)));
        Worker { handle: factory.connect(Purpose::Asked, sink), events, last: 0 }
    }

    fn send(&mut self, text: &str) -> RunId {
        let (program, _) = minilive_mir::lower::lower_file(&minilive_syntax::parse(text), "latency.ms");
        self.last += 1;
        let run = RunId(self.last);
        self.handle.send(Request {
            run,
            program: Arc::new(program),
            entry: EntryPoint::Main,
            budget: Budget { wall: PATIENCE, fuel: u64::MAX, memory: 1 << 28, output: 1 << 20, frames: 3 },
            trust: Trust::Full,
            effects: false,
            seed: Some(1),
            input: Vec::new(),
            variables: Vec::new(),
        });
        run
    }

    /// Waits for an event that fits; gives the time since `begun`.
    fn wait(&self, begun: Instant, fits: impl Fn(&WorkerEvent) -> bool) -> Result<Duration, String> {
        loop {
            let event = self.events.recv_timeout(PATIENCE).map_err(|_| "the worker says nothing".to_string())?;
            match event {
                _ if fits(&event) => return Ok(begun.elapsed()),
                // As a worker of another build does, which reads other messages.
                WorkerEvent::Died { reason, .. } => return Err(format!("the worker has ended: {reason}")),
                _ => {}
            }
        }
    }

    fn run(&mut self, text: &str) -> Result<Duration, String> {
        let begun = Instant::now();
        self.send(text);
        self.wait(begun, |event| matches!(event, WorkerEvent::Finished { .. }))
    }

    /// Starts a program that prints and never ends, and stops it.
    fn stop(&mut self, text: &str) -> Result<Duration, String> {
        let run = self.send(text);
        self.wait(Instant::now(), |event| matches!(event, WorkerEvent::Output { .. }))?;
        let begun = Instant::now();
        self.handle.cancel(run);
        self.wait(begun, |event| matches!(event, WorkerEvent::Finished { .. }))
    }
}

fn first_runs(server: &Path, times: usize) -> Result<Vec<Duration>, String> {
    let factory = ProcessFactory::new(server.to_path_buf(), vec!["worker".into()]);
    (0..times).map(|_| Worker::connect(&factory).run("print 1")).collect()
}

/// From asking for a stop until the process is gone and the loss is told.
fn kills(times: usize) -> Result<Vec<Duration>, String> {
    let deaf = ProcessFactory::new("/bin/sh".into(), vec!["-c".into(), "cat >/dev/null".into()]);
    let mut worker = Worker::connect(&deaf);
    let mut kill = || {
        let run = worker.send("print 1");
        let begun = Instant::now();
        worker.handle.cancel(run);
        worker.wait(begun, |event| matches!(event, WorkerEvent::Died { .. }))
    };
    (0..times).map(|_| kill()).collect()
}
