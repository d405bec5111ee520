//! The running state: what is queued, running, not fresh any more, or known about tiers. Never part of the database.
//!
//! The scheduler in `evaluate` writes it, one [`Live`] per document; the features read it beside the database.
//! Invariant: everything here belongs to the document's present revision; lines are moved with each edit.

use super::diagnostics::Last;
use super::{FormatOptions, LineValue};
use crate::evaluate::{RunId, Trust};
use crate::modules::Places;
use crate::recording::{EvaluationId, FunctionReport};
use crate::settings::{Checks, Show};
use minilive_mir::ir::UnitKey;
use minilive_mir::program::Fingerprint;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;

/// How far an automatic evaluation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It waits for the worker, or runs.
    Pending,
    /// Nothing is under way: its recording is the last word, fresh or not.
    Settled,
}

/// One automatic evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EvaluationState {
    /// Which.
    pub evaluation: EvaluationId,
    /// How far it is.
    pub phase: Phase,
}

/// A value that was true for an earlier text, at the line where its statement stands now.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StaleLine {
    /// The evaluation that saw it.
    pub evaluation: EvaluationId,
    /// The value, at the line where it stands now.
    pub value: LineValue,
}

/// Where a run stopped that did not reach its end, as lines (from zero) of the present text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stop {
    /// Which evaluation.
    pub evaluation: EvaluationId,
    /// Where it was.
    pub at: Option<u32>,
    /// The outermost call around that place.
    pub from: Option<u32>,
}

/// The run a person asked for and that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AskedRun {
    /// Its name.
    pub run: RunId,
    /// What runs.
    pub evaluation: EvaluationId,
    /// For how long, as of the last report.
    pub elapsed: Duration,
    /// Where it was then (1-based line).
    pub line: Option<u32>,
}

/// The last run of its kind that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndedRun {
    /// What ran.
    pub evaluation: EvaluationId,
    /// A few words on how it ended, if not well.
    pub trouble: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
    /// Functions in compiled code.
    pub native: usize,
    /// Functions that ran.
    pub functions: usize,
}

/// What one evaluation made of a unit's code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TierState {
    /// Which evaluation.
    pub evaluation: EvaluationId,
    /// The code it is known about; another fingerprint is cold.
    pub fingerprint: Fingerprint,
    /// What is known.
    pub report: FunctionReport,
}

/// The running state of one document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// The folder's level.
    pub trust: Trust,
    /// What hints show.
    pub show: Show,
    /// How the client indents, if it has said so; a text that has indented lines says it itself.
    pub indent: Option<FormatOptions>,
    /// What is warned about.
    pub checks: Arc<Checks>,
    /// Where modules may be.
    pub places: Arc<Places>,
    /// Files around the document are being read for the first time: what it seems to lack may stand in one of them.
    pub is_unread_around: bool,
    /// Automatic evaluations of the present text.
    pub evaluations: Vec<EvaluationState>,
    /// Values of the last recordings, at the lines where they stand now; shown where a recording is not fresh.
    pub stale: Vec<StaleLine>,
    /// Where the last recordings ended, if they did not reach their end.
    pub stops: Vec<Stop>,
    /// Asked runs that go on.
    pub asked: Option<AskedRun>,
    /// Asked runs that have ended, the last of each evaluation.
    pub ended: Vec<EndedRun>,
    /// Code, by unit, as the last run of each evaluation left it.
    pub tiers: FxHashMap<UnitKey, Vec<TierState>>,
    /// What the text was told last.
    pub told: Arc<Last>,
}

impl Live {
    /// Where an evaluation stopped, if it did not reach its end.
    pub fn stop(&self, evaluation: EvaluationId) -> Option<Stop> {
        self.stops.iter().copied().find(|stop| stop.evaluation == evaluation)
    }

    /// Whether an evaluation waits or runs.
    pub fn is_pending(&self, evaluation: EvaluationId) -> bool {
        self.evaluations.iter().any(|it| it.evaluation == evaluation && it.phase == Phase::Pending)
    }
}

/// What the server does, for a status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusState {
    /// Nothing.
    Idle,
    /// Automatic evaluations.
    Evaluating,
    /// A run that was asked for.
    Running,
    /// The last evaluation was cut.
    Cut,
    /// The last evaluation was refused something.
    Blocked,
    /// Evaluation is switched off.
    Off,
}

/// The status of the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Status {
    /// What it does.
    pub state: StatusState,
    /// A few words, ready to show.
    pub text: String,
    /// The folder's level.
    pub trust: Trust,
    /// How often a worker had to be started anew.
    pub worker_restarts: u32,
}
