//! What there is to evaluate, which of it an edit reaches, and when it runs.
//!
//! `plan` reads a snapshot and says what a document's text asks for; the [`Scheduler`] (owned by `world`) compares that with
//! what was recorded, sends requests to workers and turns their answers into recordings and running state.
//! Invariants: evaluated code never runs in this process; nothing here waits; a recording counts as fresh only if every
//! unit it depended on is unchanged.

mod budget;
pub mod handle;
mod needs;
mod plan;
mod schedule;
mod state;

pub use budget::asked as asked_budget;
pub use handle::{
    Budget, EntryPoint, EventSink, Purpose, Request, RunId, Trust, WorkerEvent, WorkerFactory, WorkerHandle,
};
pub use needs::text as needs_text;
pub use plan::{Plan, Planned, is_fresh, plan};
pub use schedule::{CommandReply, RunTarget, Scheduler, milliseconds};
