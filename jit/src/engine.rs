//! The engine: what is loaded, and how an evaluation of it goes from request to outcome.
//!
//! `server` (command line or worker) calls [`Engine::load`] and [`Engine::run`]; every run gets a fresh realm on a thread of its
//! own, while code, feedback and counters stay in the engine's table. The parts: `table` (codes by fingerprint), `unit`, `tier`,
//! `history`, `weight`, `policy` (when to compile), `modules` (import), `outcome` (plain data), `execute` (one run).
//! Invariant: nothing of one run but code, feedback and shapes reaches the next.

mod execute;
mod history;
mod imported;
pub mod inlined;
pub mod members;
pub mod modules;
pub mod names;
pub mod outcome;
pub mod policy;
pub mod session;
pub mod slot;
pub mod table;
pub mod tier;
pub mod unit;
pub mod ways;
pub mod weight;

pub use outcome::{End, Entry, Lack, Location, Pace, ReportedError, RunOutcome, RunRequest};
pub use table::LoadError;
pub use unit::{Code, CodeId};

use crate::events::{CodeEvent, CodeWatcher};
use crate::interp::budget::ProgressSink;
use crate::passes::Passes;
use crate::stats::{EngineStats, function_stats};
use crate::thread::{Meanwhile, end_process, on_vm_thread, on_vm_thread_meanwhile};
use minilive_mir::program::Program;
use minilive_runtime::host::Host;
use minilive_runtime::shared::Shared;
use modules::{ModuleLoader, NoModules};
use names::NameTable;
use policy::{InterpretOnly, NEVER_HOT, Tiering};
use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use table::{CodeTable, Linked};

/// Which tiers an engine uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TierPolicy {
    /// The interpreter alone.
    InterpretOnly,
    /// The interpreter and baseline code.
    Baseline {
        /// Weighted work after which there is baseline code.
        threshold: u32,
    },
    /// All tiers.
    Tiered {
        /// Weighted work after which there is baseline code; the interpreter goes on without if there is none.
        baseline: Option<u32>,
        /// Weighted work after which the optimiser compiles large functions; small ones sooner.
        threshold: u32,
    },
    /// The optimiser compiles at once; what it refuses, the interpreter runs.
    Eager,
}

impl TierPolicy {
    /// Work after which there is baseline code.
    pub fn baseline(self) -> Option<u32> {
        match self {
            TierPolicy::Baseline { threshold } => Some(threshold),
            TierPolicy::Tiered { baseline, .. } => baseline,
            TierPolicy::InterpretOnly | TierPolicy::Eager => None,
        }
    }

    /// Work after which the optimiser compiles code of so many instructions: it takes that much longer, so it must be that much hotter.
    pub fn optimised(self, insts: usize) -> Option<u32> {
        /// Measured: 1200 is as good, 2000 less so.
        const WORK_AN_INST: usize = 1600;
        /// What feedback is worth after less is little.
        const LEAST_WORK: usize = 10_000;
        let work = (insts.saturating_mul(WORK_AN_INST)).max(LEAST_WORK);
        match self {
            TierPolicy::Tiered { threshold, .. } => Some(threshold.min(u32::try_from(work).unwrap_or(u32::MAX))),
            TierPolicy::Eager => Some(0),
            TierPolicy::InterpretOnly | TierPolicy::Baseline { .. } => None,
        }
    }
}

impl Default for TierPolicy {
    /// Compile what is hot.
    fn default() -> TierPolicy {
        TierPolicy::Tiered { baseline: Some(2000), threshold: 80_000 }
    }
}

/// Whether guards do their work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GuardMode {
    /// They test.
    #[default]
    Normal,
    /// Each fails at its first execution: a test of side exits.
    AlwaysFail,
    /// Each fails again and again, after numbers of executions that this seed decides: a test of side exits out of hot code.
    Random(u64),
}

/// How to make an engine.
#[derive(Debug, Clone, Copy)]
pub struct EngineConfig {
    /// Which tiers.
    pub tier: TierPolicy,
    /// How guards behave.
    pub guards: GuardMode,
    /// Collect at every allocation and poison freed cells.
    pub gc_stress: bool,
    /// Bytes of machine code at most.
    pub max_native: usize,
    /// Compile on the thread that runs the program, so that tiers are deterministic. Otherwise, where there is a second processor, a thread
    /// beside it compiles while the program goes on in the interpreter.
    pub synchronous: bool,
    /// What has at most so many instructions of SSA is compiled on that thread even otherwise: it is soon done, and until then the program
    /// would run slowly, and the processor twice.
    pub most_here: usize,
    /// Weighted work after which a small piece of compiled code has run long, large ones after more: then it is compiled again with calls in
    /// it that were not worth a place before.
    pub work_to_outgrow: u64,
    /// Slots of the VM stack of a run; reserved, not committed.
    pub stack_slots: usize,
    /// Keep the text of everything that is compiled, for [`Engine::take_dumps`].
    pub dump: bool,
    /// Keep with it how the optimiser's form stood behind each stage.
    pub dump_stages: bool,
    /// Have Cranelift check what it is given. It costs a third of compiling, so it is for development and tests.
    pub verify: bool,
    /// Optimised code counts how often its blocks run. Without it, outcomes have no counts, and what their functions say of calls, rounds
    /// and work leaves out what optimised code did; steps are exact all the same.
    pub counted: bool,
    /// Compiled code embeds no addresses but has relocations for them, as object files need it; for tests.
    pub symbolic: bool,
    /// What is done to improve compiled code.
    pub passes: Passes,
}

impl Default for EngineConfig {
    fn default() -> EngineConfig {
        EngineConfig {
            tier: TierPolicy::default(),
            guards: GuardMode::Normal,
            gc_stress: false,
            max_native: 64 << 20,
            synchronous: true,
            most_here: 300,
            work_to_outgrow: 4_000_000,
            stack_slots: 8 << 20,
            dump: false,
            dump_stages: false,
            verify: cfg!(debug_assertions),
            counted: true,
            symbolic: false,
            passes: Passes::default(),
        }
    }
}

/// A program the engine holds, ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    linked: Linked,
    definitions: Vec<bool>,
    file: String,
}

/// The engine.
pub struct Engine {
    config: EngineConfig,
    codes: CodeTable,
    names: Arc<NameTable>,
    tiering: Box<dyn Tiering>,
    loader: Box<dyn ModuleLoader>,
    runs: u64,
}

impl Engine {
    /// An engine without programs, whose programs find no modules.
    ///
    /// It brings its compiler along, unless the configuration or the build leaves the interpreter alone.
    pub fn new(config: EngineConfig) -> Engine {
        Engine::with_tiering(config, compiler(config))
    }

    /// An engine with a compiler behind it.
    pub fn with_tiering(config: EngineConfig, tiering: Box<dyn Tiering>) -> Engine {
        let baseline = config.tier.baseline().filter(|_| tiering.baseline_ways().0 != 0);
        let heat = baseline.or(config.tier.optimised(usize::MAX)).map_or(NEVER_HOT, i64::from);
        let shared = Arc::new(Shared::new());
        Engine {
            config,
            codes: CodeTable::new(shared, heat),
            names: Arc::default(),
            tiering,
            loader: Box::new(NoModules),
            runs: 0,
        }
    }

    /// Sets how `import` finds modules.
    pub fn set_loader(&mut self, loader: Box<dyn ModuleLoader>) {
        self.loader = loader;
    }

    /// Takes a program in: known units are found again with their feedback, others are made.
    pub fn load(&mut self, program: &Program) -> Result<Loaded, LoadError> {
        self.load_variant(program, false)
    }

    /// As [`Engine::load`], in the variant for runs that record. Whoever records all runs never has the other one.
    pub fn load_recording(&mut self, program: &Program) -> Result<Loaded, LoadError> {
        self.load_variant(program, true)
    }

    fn load_variant(&mut self, program: &Program, recording: bool) -> Result<Loaded, LoadError> {
        let linked = self.codes.load(program, recording)?;
        self.names.update(&self.codes);
        let definitions = linked.main.iter().map(|&id| execute::is_definition(&self.codes.get(id).unit)).collect();
        Ok(Loaded { linked, definitions, file: program.file.to_string() })
    }

    /// Runs a loaded program in a fresh realm, on a thread with a large stack, to its end.
    pub fn run(&mut self, loaded: &Loaded, request: RunRequest, host: Box<dyn Host>) -> RunOutcome {
        self.runs += 1;
        on_vm_thread(|stack| execute::run(self, loaded, request, host, stack).0)
    }

    /// Runs a loaded program as the last thing that the process does, on a thread with a large stack, while the calling one does something else.
    ///
    /// The process ends there with the code that `ended` makes of what came of it: what it holds is taken back by the system at once, not
    /// piece by piece.
    pub fn run_at_last(
        mut self,
        loaded: &Loaded,
        request: RunRequest,
        host: Box<dyn Host>,
        meanwhile: Meanwhile,
        ended: impl FnOnce(RunOutcome) -> ExitCode + Send,
    ) -> ! {
        self.runs += 1;
        let (wait, wake) = meanwhile.split();
        match on_vm_thread_meanwhile::<Infallible>(Some(wait), move |stack| {
            let (outcome, mut realm) = execute::run(&mut self, loaded, request, host, stack);
            drop(wake);
            realm.host().share_terminal();
            end_process(ended(outcome))
        }) {}
    }

    /// All code objects, for the compiler's statistics and dumps.
    pub fn codes(&self) -> &CodeTable {
        &self.codes
    }

    /// From now on `watcher` is told what happens to code, as it happens.
    pub fn watch_code(&mut self, mut watcher: CodeWatcher) {
        self.tiering.shared_pieces().into_iter().for_each(|piece| watcher(CodeEvent::Shared(piece)));
        self.codes.log.watch(watcher);
    }

    /// What was compiled since the last call, in order, if the configuration asks for dumps.
    pub fn take_dumps(&mut self) -> Vec<crate::dump::Dump> {
        self.tiering.take_dumps()
    }

    /// Totals.
    pub fn stats(&self) -> EngineStats {
        let mut stats = EngineStats { codes: self.codes.len(), runs: self.runs, ..EngineStats::default() };
        let footprint = self.tiering.footprint();
        (stats.native_bytes, stats.exits_known) = (footprint.native_bytes, footprint.exits);
        (stats.freed_pieces, stats.freed_bytes) = (footprint.freed.pieces, footprint.freed.bytes);
        for code in self.codes.versions() {
            let function = function_stats(code);
            stats.compiled += usize::from(function.tier != tier::Tier::Interpreter);
            stats.compiles += u64::from(function.compiles);
            stats.exits += function.exits.iter().map(|exit| exit.count).sum::<u64>();
        }
        stats
    }
}

/// What compiles for an engine of this configuration.
#[cfg(not(minilive_portable))]
fn compiler(config: EngineConfig) -> Box<dyn Tiering> {
    match config.tier {
        TierPolicy::InterpretOnly => Box::new(InterpretOnly),
        _ => Box::new(crate::optimise::Optimiser::new(config)),
    }
}

/// A portable build has no compiler.
#[cfg(minilive_portable)]
fn compiler(_: EngineConfig) -> Box<dyn Tiering> {
    Box::new(InterpretOnly)
}

/// Takes progress reports of a run.
pub type Progress = ProgressSink;

#[cfg(test)]
mod tests {
    use super::TierPolicy;

    #[test]
    fn small_code_is_optimised_sooner_large_code_when_the_threshold_says() {
        let usual = TierPolicy::default();
        let after = |insts| usual.optimised(insts).expect("there is an optimiser");
        assert!(after(1) < after(20) && after(20) < after(40));
        assert_eq!((after(0), after(100), after(usize::MAX)), (after(1), 80_000, 80_000));
        let soon = TierPolicy::Tiered { baseline: None, threshold: 2 };
        assert_eq!(soon.optimised(1), Some(2));
        assert_eq!((TierPolicy::Eager.optimised(9), TierPolicy::InterpretOnly.optimised(9)), (Some(0), None));
    }
}
