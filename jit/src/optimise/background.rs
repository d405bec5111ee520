//! Compiling beside the program: a thread makes machine code of SSA while the program goes on in the interpreter.
//!
//! `optimise` hands over a [`Job`] and takes back what is [`Finished`], which it publishes on the thread that runs the program, if all
//! that it was made from still holds. Invariants: a job owns all it needs and refers to no heap object but permanent ones; one job is
//! on its way at a time, so that exits are numbered by those that are published.

use super::install::Addresses;
use crate::dump::Stages;
use crate::engine::inlined::Inlined;
use crate::engine::unit::CodeId;
use crate::reason::Refused;
use crate::ssa::Func;
use crate::ssa::flow::EntryAt;
use crate::translate::{Compiled, Workspace};
use cranelift_codegen::isa::OwnedTargetIsa;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// The compiler's own stack; what of it is not used takes no memory.
const STACK: usize = 64 << 20;

/// An entry to compile.
pub(super) struct Job {
    /// Whose.
    pub(super) code: CodeId,
    /// Which.
    pub(super) at: EntryAt,
    /// What it computes.
    pub(super) func: Func,
    /// The callees that are part of it.
    pub(super) inlined: Vec<Inlined>,
    /// How it stood behind each stage, if that is to be shown.
    pub(super) stages: Stages,
    /// What its code refers to.
    pub(super) addresses: Addresses,
    /// The version of the code object's tier state that it was made from.
    pub(super) version: u32,
    /// The run it belongs to.
    pub(super) run: u64,
    /// How long making it took.
    pub(super) time: Duration,
}

impl Job {
    /// Makes the machine code, on whatever thread this is.
    pub(super) fn carry_out(mut self, isa: &OwnedTargetIsa, workspace: &mut Workspace) -> Finished {
        let started = Instant::now();
        let result = self.addresses.translate(isa, workspace, &self.func);
        self.time += started.elapsed();
        Finished { job: self, result }
    }
}

/// A job that was carried out.
pub(super) struct Finished {
    /// The job.
    pub(super) job: Job,
    /// What it gave.
    pub(super) result: Result<Compiled, Refused>,
}

/// The thread, as the one that runs programs sees it. It ends when this is dropped and its last job is done.
pub(super) struct Worker {
    jobs: Sender<Job>,
    finished: Receiver<Option<Finished>>,
    /// What is on its way.
    waiting_for: Option<CodeId>,
}

/// How a worker stands.
pub(super) enum Progress {
    /// It has nothing to do.
    Idle,
    /// A job is on its way.
    Busy,
    /// A job was carried out.
    Finished(Box<Finished>),
    /// The compiler panicked on a job for this code.
    Broken(CodeId),
}

impl Worker {
    /// Starts the thread; `None` if the system gives none, or has no second processor to run it on. How many there are is asked of several
    /// files, so not before there is something to compile.
    pub(super) fn start(isa: OwnedTargetIsa) -> Option<Worker> {
        if std::thread::available_parallelism().is_ok_and(|processors| processors.get() == 1) {
            return None;
        }
        let (jobs, todo) = channel::<Job>();
        let (done, finished) = channel();
        let work = move || {
            let mut workspace = Workspace::default();
            for job in todo {
                // A panic is a bug of the compiler, as which it is reported; the program does not suffer from it.
                let result = catch_unwind(AssertUnwindSafe(|| job.carry_out(&isa, &mut workspace))).ok();
                if result.is_none() {
                    workspace = Workspace::default();
                }
                if done.send(result).is_err() {
                    return;
                }
            }
        };
        Builder::new().name("compiler".to_owned()).stack_size(STACK).spawn(work).ok()?;
        Some(Worker { jobs, finished, waiting_for: None })
    }

    /// Hands over a job. The worker must be idle.
    pub(super) fn take(&mut self, job: Job) {
        debug_assert!(self.waiting_for.is_none(), "exits are numbered one job after the other");
        self.waiting_for = Some(job.code);
        // If the thread is gone, the next look says so.
        let _ = self.jobs.send(job);
    }

    /// Whether a job is on its way.
    pub(super) fn is_busy(&self) -> bool {
        self.waiting_for.is_some()
    }

    /// Looks for a finished job, without waiting.
    pub(super) fn progress(&mut self) -> Progress {
        let Some(code) = self.waiting_for else { return Progress::Idle };
        let progress = match self.finished.try_recv() {
            Err(TryRecvError::Empty) => return Progress::Busy,
            Ok(Some(finished)) => Progress::Finished(Box::new(finished)),
            Ok(None) | Err(TryRecvError::Disconnected) => Progress::Broken(code),
        };
        self.waiting_for = None;
        progress
    }
}
