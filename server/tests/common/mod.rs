//! Shared by the server's tests: real workers behind a gate that notes and can hold what is sent to them, and servers in this
//! process.
//!
//! Invariant: a held request is neither lost nor answered before the gate opens, so that tests can look at the time in between
//! without waiting for it by the clock.
#![allow(dead_code, reason = "each test binary uses its own part")]

use minilive::evaluate::{EventSink, Purpose, Request, RunId, WorkerEvent, WorkerFactory, WorkerHandle};
use minilive::ide;
use minilive::recording::{End, Outcome};
use minilive::worker::client::ProcessFactory;
use minilive::world::{Kind, Snapshot, WorldHandle};
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_tests::client::Client;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The binary under test.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_minilive"))
}

/// Workers as the server starts them.
pub fn workers() -> ProcessFactory {
    ProcessFactory::new(program(), vec!["worker".into()])
}

/// A server on threads of this process, and a client of it.
pub fn serve(workers: impl WorkerFactory + 'static) -> Client {
    let (server_input, client_output) = std::io::pipe().expect("a pipe");
    let (client_input, server_output) = std::io::pipe().expect("a pipe");
    std::thread::spawn(move || minilive::lsp::serve(Box::new(workers), server_input, server_output));
    Client::new(client_output, client_input)
}

/// A server of its own process, in a folder or in none, that runs nothing, for a client of these capabilities with these settings.
pub fn start(folder: Option<&Folder>, capabilities: Value, settings: Value) -> (Client, Child) {
    let (mut client, child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let root = folder.map(|it| format!("file://{}", it.0.display()));
    let options = json!({ "trust": "off", "minilive": settings });
    let params =
        json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
    client.ask("initialize", params);
    client.notify("initialized", json!({}));
    (client, child)
}

/// What any question about a place needs.
pub fn at(folder: &Folder, file: &str, line: u32, character: u32) -> Value {
    json!({
        "textDocument": { "uri": &*folder.uri(file) }, "position": { "line": line, "character": character },
        "context": { "includeDeclaration": true, "triggerKind": 1 }, "newName": "renamed"
    })
}

/// Waits until a world has done all it was told.
pub fn settle(world: &WorldHandle) {
    world.settled().blocking_recv().expect("the world lives");
}

/// What a world's snapshot shows of a document.
pub fn see<T: Send + 'static>(
    world: &WorldHandle,
    uri: Arc<str>,
    reader: impl FnMut(&Snapshot) -> T + Send + 'static,
) -> T {
    let (answer, _guard) = world.ask(uri, Kind::WholeDocument, reader);
    answer.blocking_recv().expect("the world lives").expect("an answer")
}

/// The hint at the end of a line (from 1), without tiers; empty if there is none.
pub fn hint(world: &WorldHandle, uri: Arc<str>, line: u32) -> String {
    let hints = see(world, uri, |it| {
        let hints = ide::inlay_hints(&it.db, &it.document, &it.live, None);
        let hints = hints.into_iter().filter(|hint| hint.kind != ide::HintKind::Tier);
        hints.map(|hint| (it.document.index.line_of(hint.offset) + 1, hint.label)).collect::<Vec<_>>()
    });
    hints.into_iter().find(|(at, _)| *at == line).map(|(_, label)| label).unwrap_or_default()
}

/// What a test sees of the requests, and the gate in their way.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    closed: bool,
    sent: Vec<Request>,
    workers: Vec<Arc<Mutex<Held>>>,
}

struct Held {
    worker: Box<dyn WorkerHandle>,
    requests: Vec<Request>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().expect("no test panics with this lock")
}

impl Gate {
    /// Workers behind this gate.
    pub fn workers(&self) -> GatedWorkers {
        GatedWorkers { gate: self.clone(), inner: workers() }
    }

    /// Holds all requests from now on.
    pub fn close(&self) {
        lock(&self.0).closed = true;
    }

    /// Lets held requests and all later ones through.
    pub fn open(&self) {
        let workers = {
            let mut state = lock(&self.0);
            state.closed = false;
            state.workers.clone()
        };
        for worker in workers {
            let mut held = lock(&worker);
            for request in std::mem::take(&mut held.requests) {
                held.worker.send(request);
            }
        }
    }

    /// The requests since the last call.
    pub fn take_sent(&self) -> Vec<Request> {
        std::mem::take(&mut lock(&self.0).sent)
    }
}

/// Makes workers behind a gate.
pub struct GatedWorkers {
    gate: Gate,
    inner: ProcessFactory,
}

impl WorkerFactory for GatedWorkers {
    fn connect(&self, purpose: Purpose, sink: EventSink) -> Box<dyn WorkerHandle> {
        let worker = self.inner.connect(purpose, sink.clone());
        let held = Arc::new(Mutex::new(Held { worker, requests: Vec::new() }));
        lock(&self.gate.0).workers.push(held.clone());
        Box::new(GatedWorker { gate: self.gate.clone(), held, sink })
    }
}

struct GatedWorker {
    gate: Gate,
    held: Arc<Mutex<Held>>,
    sink: EventSink,
}

impl WorkerHandle for GatedWorker {
    fn send(&mut self, request: Request) {
        let closed = {
            let mut state = lock(&self.gate.0);
            state.sent.push(request.clone());
            state.closed
        };
        let mut held = lock(&self.held);
        if closed {
            held.requests.push(request);
        } else {
            held.worker.send(request);
        }
    }

    fn answer(&mut self, run: RunId, reply: ModuleAnswer) {
        lock(&self.held).worker.answer(run, reply);
    }

    fn cancel(&mut self, run: RunId) {
        let mut held = lock(&self.held);
        let before = held.requests.len();
        held.requests.retain(|request| request.run != run);
        if held.requests.len() == before {
            held.worker.cancel(run);
        } else {
            (self.sink)(WorkerEvent::Finished { run, outcome: Box::new(cancelled()) });
        }
    }

    fn restart(&mut self) {
        lock(&self.held).worker.restart();
    }
}

/// The end of a run that was stopped before it began.
pub fn cancelled() -> Outcome {
    Outcome {
        end: End::Cancelled,
        values: Vec::new(),
        functions: Vec::new(),
        executed: None,
        position_dependent: false,
        elapsed: Duration::ZERO,
        fuel: 0,
    }
}

/// A folder that goes when the test ends.
pub struct Folder(pub PathBuf);

impl Folder {
    /// Writes these files into a new folder.
    pub fn new(name: &str, files: &[(&str, &str)]) -> Folder {
        let path = std::env::temp_dir().join(format!("minilive-test-{}-{name}", std::process::id()));
        for (file, text) in files {
            let file = path.join(file);
            std::fs::create_dir_all(file.parent().expect("in a folder")).expect("a folder for the test");
            std::fs::write(file, text).expect("a file of the test");
        }
        Folder(path)
    }

    /// A client's name for a file of it.
    pub fn uri(&self, file: &str) -> Arc<str> {
        format!("file://{}", self.0.join(file).display()).into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now stays in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
