//! The seam between the scheduler and whatever runs programs: a worker process, or a stand-in in tests.
//!
//! `evaluate` sends [`Request`]s through a [`WorkerHandle`]; what happens comes back as [`WorkerEvent`]s through a sink.
//! All of it is plain data. Invariants: no method of a handle waits for the worker; every accepted request ends in exactly
//! one `Finished` or is named in one `Died`; events of one run come in order.

use crate::recording::{FunctionReport, Outcome};
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_mir::program::Program;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Names one run of one program; never used twice in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// How far a folder is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Trust {
    /// Nothing is evaluated.
    Off,
    /// The interpreter alone, pure code and output, small budget.
    #[default]
    InterpretOnly,
    /// All tiers; effects where a person asked for the run.
    Full,
}

impl Trust {
    /// The name used in settings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Trust::Off => "off",
            Trust::InterpretOnly => "interpretOnly",
            Trust::Full => "full",
        }
    }

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Trust> {
        [Trust::Off, Trust::InterpretOnly, Trust::Full].into_iter().find(|trust| trust.name() == name)
    }
}

/// What a run may use before it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Budget {
    /// Wall clock.
    pub wall: Duration,
    /// Operations.
    pub fuel: u64,
    /// Bytes of the program's heap.
    pub memory: u64,
    /// Bytes of output.
    pub output: u64,
    /// How many `yield`s of virtual time pass before the run ends.
    pub frames: u32,
}

/// What of a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EntryPoint {
    /// The statements of `Program::main`.
    Main,
    /// The statements of `Program::main`, then this unit (an index into `Program::units`), whose value is the result.
    Expression(u32),
}

/// One run that is wanted.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub run: RunId,
    /// All of the program; the handle sends what its worker lacks.
    pub program: Arc<Program>,
    /// What of it.
    pub entry: EntryPoint,
    /// How much.
    pub budget: Budget,
    /// The folder's level.
    pub trust: Trust,
    /// Whether a person asked for this run: then files and processes are open to it in a trusted folder.
    pub effects: bool,
    /// The seed of `rnd`; `None` takes a fresh one.
    pub seed: Option<u64>,
    /// The lines that `input` gives; behind them it is refused.
    pub input: Vec<String>,
    /// What the program sees of its environment.
    pub variables: Vec<(String, String)>,
}

/// What a worker tells.
#[derive(Debug, Clone)]
pub enum WorkerEvent {
    /// The program wrote something.
    Output {
        /// By which run.
        run: RunId,
        /// What, with its own line ends.
        text: String,
    },
    /// A run goes on; sent about every 100 ms.
    Progress {
        /// Which.
        run: RunId,
        /// Where it is (1-based line).
        line: Option<u32>,
        /// Operations so far.
        fuel: u64,
        /// Code so far.
        functions: Vec<FunctionReport>,
    },
    /// A run waits for a module; [`WorkerHandle::answer`] lets it go on.
    Import {
        /// Which.
        run: RunId,
        /// The name that `import` was given.
        name: String,
        /// The folders to look into, in order.
        folders: Vec<String>,
    },
    /// A run has ended.
    Finished {
        /// Which.
        run: RunId,
        /// How.
        outcome: Box<Outcome>,
    },
    /// The worker is gone. Its handle starts another one with the next request.
    Died {
        /// Why, for the person at the editor.
        reason: String,
        /// The runs that will never finish.
        runs: Vec<RunId>,
    },
}

/// Takes events from a worker's threads.
pub type EventSink = Arc<dyn Fn(WorkerEvent) + Send + Sync>;

/// One worker. It runs requests in the order in which they come.
pub trait WorkerHandle: Send {
    /// Queues a run.
    fn send(&mut self, request: Request);
    /// Answers the `import` for which a run waits.
    fn answer(&mut self, run: RunId, reply: ModuleAnswer);
    /// Stops a run: by its flag, and if that is ignored, with the process.
    fn cancel(&mut self, run: RunId);
    /// Ends the worker; the next request starts another one.
    fn restart(&mut self);
}

/// What a worker is for. Each has its own process, since they are locked down differently and must not wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Evaluations while a person types.
    Automatic,
    /// Runs that a person asked for.
    Asked,
}

/// Makes workers.
pub trait WorkerFactory: Send {
    /// A handle; it need not start a process before the first request.
    fn connect(&self, purpose: Purpose, sink: EventSink) -> Box<dyn WorkerHandle>;
}
