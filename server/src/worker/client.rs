//! The server's side of a worker process: starts it, feeds it, stops what does not stop by itself, and tells of its death.
//!
//! `evaluate` holds a [`ProcessHandle`] and sends requests; a supervisor thread owns the process. Invariants: no method of the
//! handle waits for the process; every request ends in one `Finished` or is named in one `Died`; a cancelled run that does not
//! end within [`GRACE`] ends with its process, as does one that outlives its wall-clock budget by [`OVERTIME`].

use super::protocol::{self, FromWorker, ToWorker, WireModule, WireRun};
use crate::evaluate::handle::{EventSink, Purpose, Request, RunId, Trust, WorkerEvent, WorkerFactory, WorkerHandle};
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_mir::ir::UnitKey;
use minilive_mir::program::{Fingerprint, Program};
use rustc_hash::{FxHashMap, FxHashSet};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How long a cancelled run may take to notice.
pub const GRACE: Duration = Duration::from_millis(100);

/// How far a run may outlive its wall-clock budget before its process is ended; the worker itself keeps the budget.
pub const OVERTIME: Duration = Duration::from_millis(1000);

/// How much of a dying worker's last words is kept.
const LAST_WORDS: usize = 4096;

/// Starts workers from an executable.
#[derive(Debug, Clone)]
pub struct ProcessFactory {
    program: PathBuf,
    arguments: Vec<String>,
}

impl ProcessFactory {
    /// Workers of this very executable.
    ///
    /// # Errors
    /// If the system cannot tell where the executable lies.
    pub fn of_this_executable() -> std::io::Result<ProcessFactory> {
        let path = std::env::current_exe()?;
        // An update may put another file there, whose workers would speak another protocol. The system knows which one is running.
        let program = if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { path };
        Ok(ProcessFactory::new(program, vec!["worker".to_string()]))
    }

    /// Workers of any executable that speaks the protocol; tests name broken ones.
    pub fn new(program: PathBuf, arguments: Vec<String>) -> ProcessFactory {
        ProcessFactory { program, arguments }
    }

    /// A child with pipes of its own and no environment: evaluated code must not see what the editor's environment holds.
    fn spawn(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

impl WorkerFactory for ProcessFactory {
    fn connect(&self, purpose: Purpose, sink: EventSink) -> Box<dyn WorkerHandle> {
        let (messages, inbox) = mpsc::channel();
        let supervisor = Supervisor {
            factory: self.clone(),
            sink,
            inbox,
            messages: messages.clone(),
            worker: None,
            generation: 0,
            next_program: 0,
        };
        let name = format!("worker-{purpose:?}").to_lowercase();
        thread::Builder::new().name(name).spawn(move || supervisor.run()).expect("the system gives us one more thread");
        Box::new(ProcessHandle { messages })
    }
}

/// One worker process, restarted when needed. Dropping it ends the process.
#[derive(Debug)]
pub struct ProcessHandle {
    messages: Sender<Message>,
}

impl WorkerHandle for ProcessHandle {
    fn send(&mut self, request: Request) {
        self.tell(Message::Send(Box::new(request)));
    }

    fn answer(&mut self, run: RunId, reply: ModuleAnswer) {
        self.tell(Message::Answer(run, Box::new(reply)));
    }

    fn cancel(&mut self, run: RunId) {
        self.tell(Message::Cancel(run));
    }

    fn restart(&mut self) {
        self.tell(Message::Restart);
    }
}

impl ProcessHandle {
    fn tell(&self, message: Message) {
        // The supervisor lives as long as this handle; if it is gone, its panic was reported already.
        if self.messages.send(message).is_err() {
            tracing::error!("the worker's supervisor is gone");
        }
    }
}

impl Drop for ProcessHandle {
    fn drop(&mut self) {
        self.tell(Message::Close);
    }
}

#[derive(Debug)]
enum Message {
    Send(Box<Request>),
    Answer(RunId, Box<ModuleAnswer>),
    Cancel(RunId),
    Restart,
    Close,
    /// From the process of that generation.
    Said(u64, Box<FromWorker>),
    /// The process of that generation closed its output; with what was wrong in its last message, if anything.
    Silent(u64, Option<String>),
}

struct Supervisor {
    factory: ProcessFactory,
    sink: EventSink,
    inbox: Receiver<Message>,
    messages: Sender<Message>,
    worker: Option<Worker>,
    generation: u64,
    next_program: u64,
}

/// A running process and what is known of it.
struct Worker {
    child: Child,
    writer: Sender<Vec<u8>>,
    last_words: Arc<Mutex<Vec<u8>>>,
    /// Disconnected when all of them have been read.
    silenced: Receiver<()>,
    /// Units whose code the process holds, in its engine of all tiers and in that of the interpreter alone.
    known: Known,
    /// The modules it holds.
    modules: Modules,
    runs: FxHashMap<RunId, Running>,
    /// Order of arrival; the first is the one that runs.
    queue: Vec<RunId>,
}

/// The modules that a process holds, by their numbers there. Here only their owner keeps them: a text that was edited is another module.
#[derive(Default)]
struct Modules {
    sent: Vec<(u64, Weak<Program>)>,
    next: u64,
}

impl Modules {
    /// A module as it travels, and what the process may forget.
    fn wire(&mut self, reply: ModuleAnswer) -> (WireModule, Vec<u64>) {
        let ModuleAnswer::Found(program) = reply else { return (WireModule::Answer(reply), Vec::new()) };
        let is_gone = |it: &(u64, Weak<Program>)| it.1.strong_count() == 0;
        let gone: Vec<_> = self.sent.iter().filter(|it| is_gone(it)).map(|it| it.0).collect();
        self.sent.retain(|it| !is_gone(it));
        let known = self.sent.iter().find(|(_, it)| std::ptr::eq(it.as_ptr(), Arc::as_ptr(&program)));
        let wire = match known {
            Some((number, _)) => WireModule::Known(*number),
            None => {
                self.next += 1;
                self.sent.push((self.next, Arc::downgrade(&program)));
                WireModule::New(self.next, program)
            }
        };
        (wire, gone)
    }
}

/// Which code the two engines of a process hold: neither sees what the other has.
#[derive(Default)]
struct Known {
    full: FxHashSet<(UnitKey, Fingerprint)>,
    interpreter: FxHashSet<(UnitKey, Fingerprint)>,
}

impl Known {
    fn of(&mut self, trust: Trust) -> &mut FxHashSet<(UnitKey, Fingerprint)> {
        match trust {
            Trust::Full => &mut self.full,
            Trust::Off | Trust::InterpretOnly => &mut self.interpreter,
        }
    }
}

struct Running {
    request: Box<Request>,
    program: u64,
    /// When the process is ended if this run has not; set when it comes to the front or is cancelled.
    deadline: Option<Instant>,
    cancelled: bool,
}

impl Supervisor {
    fn run(mut self) {
        loop {
            let message = match self.next_deadline() {
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match message {
                Ok(Message::Send(request)) => self.send(request),
                Ok(Message::Answer(run, reply)) => self.answer(run, *reply),
                Ok(Message::Cancel(run)) => self.cancel(run),
                Ok(Message::Restart) => self.end("it was restarted"),
                Ok(Message::Said(generation, said)) if generation == self.generation => self.said(*said),
                Ok(Message::Silent(generation, why)) if generation == self.generation => self.died(why),
                Ok(Message::Said(..) | Message::Silent(..)) => {}
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.overdue(),
            }
        }
        self.end("the server closed it");
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.worker.as_ref()?.runs.values().filter_map(|it| it.deadline).min()
    }

    fn send(&mut self, request: Box<Request>) {
        if self.worker.is_none()
            && let Err(error) = self.start()
        {
            let reason = format!("The worker process could not be started: {error}.");
            (self.sink)(WorkerEvent::Died { reason, runs: vec![request.run] });
            return;
        }
        self.next_program += 1;
        let program = self.next_program;
        let worker = self.worker.as_mut().expect("started above");
        worker.queue.push(request.run);
        worker.runs.insert(request.run, Running { request, program, deadline: None, cancelled: false });
        let run = *worker.queue.last().expect("pushed above");
        worker.submit(run);
        worker.mind_the_first();
    }

    fn start(&mut self) -> std::io::Result<()> {
        let mut child = self.factory.spawn()?;
        self.generation += 1;
        let (writer, frames) = mpsc::channel::<Vec<u8>>();
        let mut stdin = child.stdin.take().expect("piped");
        thread::Builder::new().name("worker-in".into()).spawn(move || {
            use std::io::Write;
            // A worker that no longer reads is dead or dying; its reader tells.
            while let Ok(frame) = frames.recv()
                && stdin.write_all(&frame).is_ok()
            {}
        })?;
        let (mut stdout, generation, messages) =
            (child.stdout.take().expect("piped"), self.generation, self.messages.clone());
        thread::Builder::new().name("worker-out".into()).spawn(move || {
            let mut reader = std::io::BufReader::new(&mut stdout);
            let wrong = loop {
                match protocol::read::<FromWorker>(&mut reader) {
                    Ok(Some(said)) => {
                        if messages.send(Message::Said(generation, Box::new(said))).is_err() {
                            return;
                        }
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error.to_string()),
                }
            };
            // If the supervisor is gone nobody needs to know.
            let _ = messages.send(Message::Silent(generation, wrong));
        })?;
        let last_words = Arc::new(Mutex::new(Vec::new()));
        let (mut stderr, words) = (child.stderr.take().expect("piped"), last_words.clone());
        let (speaking, silenced) = mpsc::channel();
        thread::Builder::new().name("worker-err".into()).spawn(move || {
            keep_last_words(&mut stderr, &words);
            drop(speaking);
        })?;
        self.worker = Some(Worker {
            child,
            writer,
            last_words,
            silenced,
            known: Known::default(),
            modules: Modules::default(),
            runs: FxHashMap::default(),
            queue: Vec::new(),
        });
        Ok(())
    }

    /// A process that has ended meanwhile waits for nothing.
    fn answer(&mut self, run: RunId, reply: ModuleAnswer) {
        if let Some(worker) = self.worker.as_mut().filter(|worker| worker.runs.contains_key(&run)) {
            let (reply, gone) = worker.modules.wire(reply);
            if !gone.is_empty() {
                worker.write(&ToWorker::Forget(gone));
            }
            worker.write(&ToWorker::Module { run, reply });
        }
    }

    fn cancel(&mut self, run: RunId) {
        let Some(worker) = &mut self.worker else { return };
        let Some(running) = worker.runs.get_mut(&run) else {
            return;
        };
        running.cancelled = true;
        // A queued run need not hurry: it ends when it comes to the front.
        if worker.queue.first() == Some(&run) {
            running.deadline = Some(Instant::now() + GRACE);
        }
        worker.write(&ToWorker::Cancel(run));
    }

    fn said(&mut self, said: FromWorker) {
        let Some(worker) = &mut self.worker else { return };
        match said {
            FromWorker::Ready(report) => tracing::info!(%report, "worker is locked down"),
            FromWorker::Missing { id, keys } => {
                tracing::info!(units = keys.len(), "the worker no longer holds this code and asks for it");
                worker.submit_again(id);
            }
            FromWorker::Output { run, text } => (self.sink)(WorkerEvent::Output { run, text }),
            FromWorker::Import { run, name, folders } => (self.sink)(WorkerEvent::Import { run, name, folders }),
            FromWorker::Progress { run, line, fuel, functions } => {
                (self.sink)(WorkerEvent::Progress { run, line, fuel, functions });
            }
            FromWorker::Finished { run, outcome } => {
                worker.runs.remove(&run);
                worker.queue.retain(|it| *it != run);
                worker.mind_the_first();
                (self.sink)(WorkerEvent::Finished { run, outcome: Box::new(outcome) });
            }
        }
    }

    fn overdue(&mut self) {
        let Some(worker) = &self.worker else { return };
        let now = Instant::now();
        let late = worker.runs.values().find(|it| it.deadline.is_some_and(|at| at <= now));
        match late.map(|it| it.cancelled) {
            Some(true) => self.end("a stopped program did not stop, so its process was ended"),
            Some(false) => self.end("a program ran far beyond its time limit, so its process was ended"),
            None => {}
        }
    }

    /// Ends the process if there is one, and tells of the runs that die with it.
    fn end(&mut self, why: &str) {
        let Some(mut worker) = self.worker.take() else { return };
        self.generation += 1;
        // It may have ended by itself a moment ago; then there is nothing to kill.
        let _ = worker.child.kill();
        let _ = worker.child.wait();
        self.tell_of_death(format!("The worker process was ended: {why}."), worker.queue);
    }

    /// The process closed its output by itself.
    fn died(&mut self, wrong: Option<String>) {
        let Some(mut worker) = self.worker.take() else { return };
        let _ = worker.child.kill();
        let status = worker.child.wait();
        let words = worker.last_words();
        let mut reason = format!("The worker process crashed ({})", status.map_or_else(|it| it.to_string(), describe));
        if let Some(wrong) = wrong {
            reason += &format!("; its last message could not be read: {wrong}");
        }
        if !words.is_empty() {
            reason += &format!("; it said: {words}");
        }
        reason += ". A new one starts with the next evaluation.";
        self.tell_of_death(reason, worker.queue);
    }

    fn tell_of_death(&self, reason: String, runs: Vec<RunId>) {
        (self.sink)(WorkerEvent::Died { reason, runs });
    }
}

impl Worker {
    /// What an ended process wrote on its way out. Its pipe may be read later than its end is known, and a process of its own may
    /// keep it open, so the wait for it is short.
    fn last_words(&self) -> String {
        let _ = self.silenced.recv_timeout(GRACE);
        self.last_words.lock().map(|it| String::from_utf8_lossy(&it).trim().to_string()).unwrap_or_default()
    }

    /// Sends a run again with all of its code. It stands behind the others now, and the process has forgotten that it was stopped.
    fn submit_again(&mut self, program: u64) {
        let Some((&run, running)) = self.runs.iter_mut().find(|(_, it)| it.program == program) else {
            return;
        };
        running.deadline = None;
        let (cancelled, trust) = (running.cancelled, running.request.trust);
        self.known.of(trust).clear();
        self.queue.retain(|it| *it != run);
        self.queue.push(run);
        self.submit(run);
        if cancelled {
            self.write(&ToWorker::Cancel(run));
        }
        self.mind_the_first();
    }

    /// Sends a run's program, without code that the process holds, and the run itself.
    fn submit(&mut self, run: RunId) {
        let Some(Running { request, program: id, .. }) = self.runs.get(&run) else {
            return;
        };
        let known = self.known.of(request.trust);
        let program = delta(&request.program, known);
        known.extend(program.units.iter().map(|it| (it.key, it.fingerprint)));
        let wire = WireRun {
            run,
            program: *id,
            entry: request.entry,
            budget: request.budget,
            trust: request.trust,
            effects: request.effects,
            seed: request.seed,
            input: request.input.clone(),
            variables: request.variables.clone(),
        };
        let id = *id;
        self.write(&ToWorker::Program { id, program });
        self.write(&ToWorker::Run(wire));
    }

    /// Gives the run at the front of the queue its deadline.
    fn mind_the_first(&mut self) {
        let Some(running) = self.queue.first().and_then(|run| self.runs.get_mut(run)) else {
            return;
        };
        let most = if running.cancelled { GRACE } else { running.request.budget.wall + OVERTIME };
        running.deadline.get_or_insert_with(|| Instant::now() + most);
    }

    fn write(&self, message: &ToWorker) {
        match protocol::encode(message) {
            // If the writer is gone the process is too, which its reader reports.
            Ok(frame) => drop(self.writer.send(frame)),
            Err(error) => tracing::error!(%error, "a message to the worker was not sent"),
        }
    }
}

/// A program without the code that is known.
fn delta(program: &Program, known: &FxHashSet<(UnitKey, Fingerprint)>) -> Program {
    let mut program = program.clone();
    for unit in program.units.iter_mut().filter(|unit| known.contains(&(unit.key, unit.fingerprint))) {
        unit.mir = None;
    }
    program
}

fn keep_last_words(stderr: &mut impl Read, words: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut chunk) {
        let Ok(mut words) = words.lock() else { return };
        words.extend_from_slice(&chunk[..read]);
        let surplus = words.len().saturating_sub(LAST_WORDS);
        words.drain(..surplus);
    }
}

#[cfg(unix)]
fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => status.to_string(),
    }
}

#[cfg(not(unix))]
fn describe(status: ExitStatus) -> String {
    status.to_string()
}
