//! The worker process itself: reads programs and runs from its standard input, answers on its standard output.
//!
//! `cli/worker.rs` calls [`serve`]; `report` turns the engine's outcomes into what the server keeps. Invariants: one run at a
//! time, in the order of arrival; a cancel reaches a running program through its flag, since another thread reads the pipe; the
//! process ends when the pipe does; code and feedback stay in the engines from run to run.

use super::lockdown;
use super::protocol::{self, FromWorker, ToWorker, WireModule, WireRun};
use super::report;
use crate::evaluate::handle::{EntryPoint, RunId, Trust};
use crate::recording::End;
use minilive_jit::engine::modules::{ModuleAnswer, ModuleLoader};
use minilive_jit::engine::{Engine, EngineConfig, Entry, LoadError, RunRequest, TierPolicy};
use minilive_mir::program::Program;
use minilive_runtime::host::{CaptureHost, EffectClass, Effects, Host, KeyPress, Pause};
use minilive_runtime::limits::Limits;
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Address space of the process: the collector's own limit is far below; this holds the reservations of stacks and code too.
const ADDRESS_SPACE: u64 = 12 << 30;

/// After so many versions of functions and statements the engine starts anew, lest hours of typing fill the memory.
const MOST_CODES: u64 = 20_000;

/// Output is passed on in pieces of about this size …
const PIECE: usize = 8 << 10;

/// … or after this time.
const PIECE_TIME: Duration = Duration::from_millis(16);

type Answers = Arc<Mutex<io::Stdout>>;
type Flags = Arc<Mutex<HashMap<RunId, Arc<AtomicBool>>>>;
type Modules = Sender<(RunId, ModuleAnswer)>;

/// Serves until the server closes the pipe.
///
/// # Errors
/// If a pipe breaks or carries what is no message.
pub fn serve() -> io::Result<()> {
    let report = lockdown::before_threads(ADDRESS_SPACE);
    let answers: Answers = Arc::new(Mutex::new(io::stdout()));
    let flags: Flags = Arc::default();
    let (queue, inbox) = mpsc::channel();
    let (modules, replies) = mpsc::channel();
    let reader_flags = flags.clone();
    let (start, started) = mpsc::channel::<()>();
    let reader = thread::Builder::new().name("pipe".into()).spawn(move || {
        // The first message is read when the filter is in force on this thread too.
        started.recv().map_err(io::Error::other)?;
        read(&queue, &modules, &reader_flags)
    })?;
    let output = Output::start(answers.clone())?;
    let report = lockdown::after_threads(report);
    say(&answers, &FromWorker::Ready(report))?;
    start.send(()).map_err(io::Error::other)?;
    let asking = Asking { answers: answers.clone(), run: Arc::default(), replies: Arc::new(Mutex::new(replies)) };
    Worker { answers, output, flags, asking, programs: HashMap::new(), full: None, interpreter: None }.work(&inbox)?;
    reader.join().unwrap_or_else(|_| Err(io::Error::other("the reading thread panicked")))
}

/// Sets cancel flags and hands over modules at once, and queues everything else.
fn read(queue: &Sender<ToWorker>, modules: &Modules, flags: &Flags) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut known: HashMap<u64, Arc<Program>> = HashMap::new();
    while let Some(message) = protocol::read::<ToWorker>(&mut input)? {
        match &message {
            ToWorker::Module { run, reply } => {
                if modules.send((*run, module(reply, &mut known))).is_err() {
                    break;
                }
                continue;
            }
            ToWorker::Forget(gone) => {
                known.retain(|number, _| !gone.contains(number));
                continue;
            }
            ToWorker::Cancel(run) => {
                flag(flags, *run).store(true, Ordering::Relaxed);
                // It may wait for a module.
                if modules.send((*run, ModuleAnswer::Cancelled)).is_err() {
                    break;
                }
            }
            ToWorker::Run(run) => drop(flag(flags, run.run)),
            ToWorker::Program { .. } => {}
        }
        if queue.send(message).is_err() {
            break;
        }
    }
    Ok(())
}

/// What a run gets, by what came over the pipe and before.
fn module(reply: &WireModule, known: &mut HashMap<u64, Arc<Program>>) -> ModuleAnswer {
    match reply {
        WireModule::Answer(answer) => answer.clone(),
        WireModule::New(number, program) => {
            known.insert(*number, program.clone());
            ModuleAnswer::Found(program.clone())
        }
        // The server names only what it has sent to this process.
        WireModule::Known(number) => {
            known.get(number).map_or(ModuleAnswer::NotFound, |it| ModuleAnswer::Found(it.clone()))
        }
    }
}

fn flag(flags: &Flags, run: RunId) -> Arc<AtomicBool> {
    flags.lock().unwrap_or_else(PoisonError::into_inner).entry(run).or_default().clone()
}

fn say(answers: &Answers, message: &FromWorker) -> io::Result<()> {
    let mut out = answers.lock().unwrap_or_else(PoisonError::into_inner);
    protocol::write(&mut *out, message)
}

struct Worker {
    answers: Answers,
    output: Output,
    flags: Flags,
    asking: Asking,
    programs: HashMap<u64, Program>,
    /// All tiers.
    full: Option<Engine>,
    /// For folders that are not trusted: makes no memory executable.
    interpreter: Option<Engine>,
}

impl Worker {
    fn work(mut self, inbox: &Receiver<ToWorker>) -> io::Result<()> {
        for message in inbox {
            match message {
                ToWorker::Program { id, program } => drop(self.programs.insert(id, program)),
                ToWorker::Run(run) => self.run(run)?,
                // The reading thread has seen to it.
                ToWorker::Module { .. } | ToWorker::Forget(_) => {}
                ToWorker::Cancel(run) => {
                    self.flags.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, run: WireRun) -> io::Result<()> {
        let Some(program) = self.programs.remove(&run.program) else {
            return say(&self.answers, &FromWorker::Missing { id: run.program, keys: Vec::new() });
        };
        let (place, tier) = match run.trust {
            Trust::Full => (&mut self.full, TierPolicy::default()),
            _ => (&mut self.interpreter, TierPolicy::InterpretOnly),
        };
        self.asking.run.store(run.run.0, Ordering::Relaxed);
        let asking = &self.asking;
        let engine = place.get_or_insert_with(|| engine(tier, asking));
        if engine.codes().made() > MOST_CODES.max(16 * program.units.len() as u64) {
            // The names and literals of all code that was ever loaded stay. A fresh engine asks for those of the present one.
            *engine = self::engine(tier, asking);
        }
        let loaded = match engine.load_recording(&program) {
            Ok(loaded) => loaded,
            Err(LoadError::Missing(units)) => {
                let keys = units.into_iter().map(|(key, _)| key).collect();
                return say(&self.answers, &FromWorker::Missing { id: run.program, keys });
            }
            Err(error) => {
                let outcome = report::refused(error.to_string());
                return say(&self.answers, &FromWorker::Finished { run: run.run, outcome });
            }
        };
        let cancel = flag(&self.flags, run.run);
        if cancel.load(Ordering::Relaxed) {
            // Stopped while it waited: nothing of it runs, however short it is. Its code is loaded: the server counts on that.
            let outcome = report::ended(End::Cancelled);
            return say(&self.answers, &FromWorker::Finished { run: run.run, outcome });
        }
        let host = Box::new(WorkerHost::new(&run, self.output.clone()));
        let request = RunRequest {
            limits: limits(&run),
            record: true,
            cancel,
            progress: Some(progress(run.run, program.file.to_string(), self.answers.clone())),
            ..RunRequest::new(entry(run.entry))
        };
        let outcome = engine.run(&loaded, request, host);
        let outcome = report::outcome(outcome, &program.file);
        self.flags.lock().unwrap_or_else(PoisonError::into_inner).remove(&run.run);
        say(&self.answers, &FromWorker::Finished { run: run.run, outcome })
    }
}

fn engine(tier: TierPolicy, asking: &Asking) -> Engine {
    let mut engine = Engine::new(EngineConfig { tier, ..EngineConfig::default() });
    engine.set_loader(Box::new(asking.clone()));
    engine
}

fn entry(entry: EntryPoint) -> Entry {
    match entry {
        EntryPoint::Main => Entry::Main,
        EntryPoint::Expression(unit) => Entry::Expression(unit),
    }
}

fn limits(run: &WireRun) -> Limits {
    Limits {
        fuel: run.budget.fuel,
        time: Some(run.budget.wall),
        memory: run.budget.memory,
        output: run.budget.output,
        ..Limits::NONE
    }
}

fn progress(run: RunId, file: String, answers: Answers) -> minilive_jit::engine::Progress {
    Box::new(move |progress| {
        // A line of an imported module would be taken for one of the document.
        let line = (progress.at.file == file).then_some(progress.at.line);
        let functions = report::functions(&progress.functions);
        let message = FromWorker::Progress { run, line, fuel: progress.fuel, functions };
        // A broken pipe ends the process through its reader; the program need not know.
        let _ = say(&answers, &message);
    })
}

/// Asks the server for modules, which knows the texts that are being edited. The run waits meanwhile.
#[derive(Clone)]
struct Asking {
    answers: Answers,
    /// The run that goes on.
    run: Arc<AtomicU64>,
    replies: Arc<Mutex<Receiver<(RunId, ModuleAnswer)>>>,
}

impl ModuleLoader for Asking {
    fn load(&mut self, name: &str, folders: &[String]) -> ModuleAnswer {
        let run = RunId(self.run.load(Ordering::Relaxed));
        let asked = FromWorker::Import { run, name: name.to_owned(), folders: folders.to_vec() };
        if say(&self.answers, &asked).is_err() {
            return ModuleAnswer::Cancelled;
        }
        let replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match replies.recv() {
                Ok((of, reply)) if of == run => return reply,
                // Of a run that was stopped before its answer came.
                Ok(_) => {}
                // The pipe is closed, and the process about to end.
                Err(_) => return ModuleAnswer::Cancelled,
            }
        }
    }
}

/// What programs have written and the server has not been told. A thread passes it on after [`PIECE_TIME`], so that a person
/// sees what a program wrote before it computes for long.
#[derive(Clone)]
struct Output {
    answers: Answers,
    pending: Arc<(Mutex<Pending>, Condvar)>,
}

#[derive(Default)]
struct Pending {
    run: RunId,
    text: String,
}

impl Output {
    fn start(answers: Answers) -> io::Result<Output> {
        let output = Output { answers, pending: Arc::default() };
        let mine = output.clone();
        thread::Builder::new().name("output".into()).spawn(move || {
            loop {
                mine.wait();
                thread::sleep(PIECE_TIME);
                mine.send();
            }
        })?;
        Ok(output)
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something is to be passed on.
    fn wait(&self) {
        let is_empty = |pending: &mut Pending| pending.text.is_empty();
        drop(self.pending.1.wait_while(self.lock(), is_empty));
    }

    fn write(&self, run: RunId, text: &str, line_end: bool) {
        let mut pending = self.lock();
        let was_empty = pending.text.is_empty();
        pending.run = run;
        pending.text.push_str(text);
        if line_end {
            pending.text.push('\n');
        }
        if pending.text.len() >= PIECE {
            self.send_locked(&mut pending);
        } else if was_empty {
            self.pending.1.notify_one();
        }
    }

    fn send(&self) {
        self.send_locked(&mut self.lock());
    }

    /// The lock is kept while the message is written, so that pieces arrive in order.
    fn send_locked(&self, pending: &mut Pending) {
        if !pending.text.is_empty() {
            let message = FromWorker::Output { run: pending.run, text: std::mem::take(&mut pending.text) };
            // As for progress: a broken pipe ends the process through its reader.
            let _ = say(&self.answers, &message);
        }
    }
}

/// The world of an evaluated program: output becomes messages; input is what came with the request; the clock is virtual unless a
/// person asked for the run.
struct WorkerHost {
    run: RunId,
    output: Output,
    world: CaptureHost,
    variables: Vec<(String, String)>,
    started: Option<Instant>,
}

/// What a program in a folder without trust may do.
fn untrusted_effects() -> Effects {
    Effects::NONE.with(EffectClass::Output)
}

impl WorkerHost {
    fn new(run: &WireRun, output: Output) -> WorkerHost {
        let mut world = CaptureHost::new();
        world.input = run.input.iter().cloned().collect();
        world.input_ends = run.effects;
        world.allowed = if run.trust == Trust::Full { Effects::automatic() } else { untrusted_effects() };
        world.seed = run.seed.unwrap_or(0);
        world.frames = (run.budget.frames != u32::MAX).then_some(run.budget.frames);
        let started = run.effects.then(Instant::now);
        WorkerHost { run: run.run, output, world, variables: run.variables.clone(), started }
    }
}

/// The longest uninterrupted pause, so that a stopped program notices.
const NAP: f64 = 0.002;

impl Host for WorkerHost {
    fn write(&mut self, text: &str, line_end: bool) {
        self.output.write(self.run, text, line_end);
    }

    fn read_line(&mut self) -> Option<String> {
        self.world.read_line()
    }

    fn now(&mut self) -> f64 {
        match self.started {
            Some(started) => started.elapsed().as_secs_f64(),
            None => self.world.now(),
        }
    }

    fn sleep(&mut self, seconds: f64) -> Pause {
        if self.started.is_none() {
            return self.world.sleep(seconds);
        }
        self.output.send();
        let nap = seconds.min(NAP);
        thread::sleep(Duration::from_secs_f64(nap.max(0.0)));
        if seconds > nap { Pause::Left(seconds - nap) } else { Pause::Over }
    }

    fn next_frame(&mut self) -> Pause {
        match self.started {
            Some(_) => self.sleep(1.0 / 60.0),
            None => self.world.next_frame(),
        }
    }

    fn gate(&mut self, class: EffectClass, name: &str) -> bool {
        self.world.gate(class, name)
    }

    fn date(&mut self) -> f64 {
        match self.started {
            Some(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
            None => self.world.date(),
        }
    }

    fn key_waits(&mut self) -> bool {
        self.world.key_waits()
    }

    fn read_key(&mut self, raw: bool) -> KeyPress {
        self.world.read_key(raw)
    }

    fn environment(&mut self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    fn seed(&mut self) -> u64 {
        self.world.seed()
    }

    fn flush(&mut self) {
        self.output.send();
    }
}

impl Drop for WorkerHost {
    fn drop(&mut self) {
        self.output.send();
    }
}
