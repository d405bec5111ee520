//! The optimising compiler as the engine's policy calls it: what is hot becomes SSA, machine code, and an entry.
//!
//! [`Optimiser`] stands behind [`Tiering`]. It makes SSA on the thread that runs the program, from a snapshot of feedback, and machine
//! code there or on a thread of its own (`background`); guards
//! that failed too often are remembered and not speculated on again. Invariants: an entry in a tier state or the entry table
//! is live code of that code object, or a stub; memory is freed when no activation can be in it (`room`).

mod background;
mod baseline;
mod foresee;
pub(crate) mod inline;
mod install;
mod nest;
mod outgrow;
mod room;

use crate::baseline::Baseline;
use crate::dump::{Dump, Line, Stages};
use crate::engine::inlined::Inlined;
use crate::engine::policy::{Footprint, Memory, NEVER_HOT, Place, Tiering};
use crate::engine::table::CodeTable;
use crate::engine::tier::{Placed, Tier};
use crate::engine::unit::{CallFlags, Code, CodeId};
use crate::engine::ways;
use crate::engine::{EngineConfig, TierPolicy};
use crate::events::{FailedGuard, SharedPiece};
use crate::exits::{self, Shared};
use crate::feedback::Target;
use crate::helpers;
use crate::passes::Passes;
use crate::reason::{ExitReason, Invalidation, Refusal, Refused};
use crate::ssa::Func;
use crate::ssa::build::{Callee, Input, Unbuilt, WindowKind, build};
use crate::ssa::flow::EntryAt;
use crate::ssa::print;
use crate::ssa::seen::Seen;
use crate::ssa::staged::Observer;
use crate::translate::{self, Compiled, HelperTable, Workspace};
use background::{Finished, Job, Progress, Worker};
use cranelift_codegen::isa::OwnedTargetIsa;
use foresee::Found;
use inline::Banned;
use minilive_mir::ir::{BlockId, Inst, InstId, Unit, UnitKind};
use minilive_runtime::globals::Held;
use minilive_runtime::intrinsics::IntrinsicId;
use minilive_runtime::names;
use minilive_runtime::realm::Realm;
use minilive_runtime::shape::ShapeId;
use minilive_runtime::shared::CellId;
use room::Room;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

/// After so many exits at one place the code is compiled again without that speculation.
const EXITS_TO_RECOMPILE: u64 = 10;
/// A part that was left out because it had not run is compiled, too, when it runs again: once may have been the end of a loop.
const COLD_EXITS_TO_RECOMPILE: u64 = 2;
/// Large code takes longer to compile again than small code takes to be left, so it takes one exit more for so many bytes.
const BYTES_A_MORE_EXIT: u64 = 30;
/// The same for what had not run.
const BYTES_A_COLD_EXIT: u64 = 200;
/// After so many droppings a code object is compiled without speculation on what may still be learned elsewhere.
const DROPS_TO_CAUTION: u32 = 8;
/// After so many droppings a code object is compiled no more. Each teaches one site, and four of them make the wait for the next compiling
/// sixteen times as long, so what learns slowly has time to settle at little cost.
const MAX_DROPS: u32 = 64;
/// Work after which dropped code is compiled again, so that its feedback tells of what it met; doubled at every dropping.
const HEAT_AFTER_DROP: i64 = 1000;
/// As much of it for each byte there was: what took long to compile may take longer to learn.
const HEAT_A_BYTE: i64 = 10;
/// But no more than this.
const MOST_HEAT_AFTER_DROP: i64 = 50_000;

/// Sites that had stopped noting what they meet do so again for such a part of the work that made their code hot.
const PART_TO_LOOK_AGAIN: i64 = 8;

/// Work between two looks for entries, in code of which some loops were refused.
const REFUSED_HEAT: i64 = 2000;
/// Work between two looks for what the compiler's thread has finished: some ten microseconds of it.
const BUSY_HEAT: i64 = 5000;

/// Loops of a function that was called so often are left to its next call.
const CALLS_BEFORE_LOOPS: u64 = 4;

/// The compiler and what it made.
pub struct Optimiser {
    config: EngineConfig,
    /// `Err` says why there is no machine code here.
    backend: Result<Backend, String>,
    /// When to look for memory that machine code can do without.
    room: Room,
    /// Failures of the compiler itself since somebody asked.
    failures: Vec<String>,
}

/// What compiling needs.
pub(crate) struct Backend {
    pub(crate) shared: Arc<Shared>,
    pub(crate) isa: OwnedTargetIsa,
    pub(crate) helpers: HelperTable,
    pub(crate) count_depth: bool,
    pub(crate) counted: bool,
    symbolic: bool,
    passes: Passes,
    /// What makes baseline code, where that is possible.
    baseline: Option<Baseline>,
    tier: TierPolicy,
    /// Where members were found.
    found: RefCell<Found>,
    /// A thread beside the program's is to compile, and was not started yet: short programs do without.
    beside: bool,
    /// The most instructions of what the program's own thread compiles all the same.
    most_here: usize,
    /// The thread that compiles, unless the program's own does.
    worker: Option<Worker>,
    /// What the program's own thread compiles with.
    workspace: Workspace,
    /// The number of the run.
    run: u64,
    /// What was compiled, if it is to be kept.
    pub(crate) dumps: Option<Vec<Dump>>,
    /// Whether with it is kept how it stood behind each stage.
    dump_stages: bool,
}

impl Optimiser {
    /// A compiler for an engine of this configuration.
    pub fn new(config: EngineConfig) -> Optimiser {
        let backend = translate::host_isa(config.verify).and_then(|isa| {
            let shared = Shared::new(config.max_native, config.guards)?;
            Ok(Backend {
                baseline: config.tier.baseline().and_then(|_| baseline::compiler(&shared)),
                shared,
                isa,
                helpers: helpers::table(),
                count_depth: false,
                counted: config.counted,
                symbolic: config.symbolic,
                passes: config.passes,
                tier: config.tier,
                found: RefCell::default(),
                beside: !config.synchronous,
                most_here: config.most_here,
                worker: None,
                workspace: Workspace::default(),
                run: 0,
                dumps: config.dump.then(Vec::new),
                dump_stages: config.dump && config.dump_stages,
            })
        });
        Optimiser { config, backend, room: Room::new(config.max_native), failures: Vec::new() }
    }

    /// Why nothing is compiled here, if so.
    pub fn unavailable(&self) -> Option<&str> {
        self.backend.as_ref().err().map(String::as_str)
    }

    /// Compiles one entry and links it; notes the refusal otherwise.
    fn compile(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, at: EntryAt) {
        let place = place_of(at);
        if !code.is_worth_compiling(place) {
            return;
        }
        let result = match &mut self.backend {
            Ok(backend) => backend.compile(codes, realm, code, at),
            Err(_) => Err(Refusal::NoExecutableMemory.into()),
        };
        match result {
            Ok(()) => self.note_memory(),
            Err(refused) => self.note_refusal(code, at, refused),
        }
    }

    /// Something may have been placed.
    fn note_memory(&mut self) {
        if let Ok(backend) = &self.backend {
            self.room.note(backend.shared.native().arena.used());
        }
    }

    /// Whether code is to run a little more before it is compiled, since some of its member sites had stopped noting what they meet.
    fn looks_again(&self, codes: &CodeTable, code: &Code, place: Place, heat: i64) -> bool {
        let (work, compiles) = (heat / PART_TO_LOOK_AGAIN, code.tier.compiles.get());
        let Ok(backend) = &self.backend else { return false };
        if work == 0 || code.tier.refreshed.get() == Some(compiles) {
            return false;
        }
        code.tier.refreshed.set(Some(compiles));
        let again = backend.refresh(codes, code, place);
        if again {
            code.counters.heat.set(work);
        }
        again
    }

    fn note_refusal(&mut self, code: &Code, at: EntryAt, refused: Refused) {
        if refused.refusal == Refusal::ArenaFull && self.room.puts_off() {
            code.counters.heat.set(0);
            return;
        }
        code.refused(place_of(at), refused.refusal);
        if refused.refusal == Refusal::CompilerFailed {
            let (name, line) = (code.info.borrow().name.clone(), code.line(InstId(0)));
            self.failures.push(format!("‘{name}’, line {line}, {at:?}: {}", refused.detail));
        }
    }

    /// Whether a job is on its way, so that no other can be handed over.
    fn is_busy(&self) -> bool {
        self.backend.as_ref().is_ok_and(|backend| backend.worker.as_ref().is_some_and(Worker::is_busy))
    }

    /// Publishes what the compiler's thread has finished, if it still holds.
    fn look_for_finished(&mut self, codes: &CodeTable, realm: &mut Realm) {
        let Ok(backend) = &mut self.backend else { return };
        let Some(worker) = &mut backend.worker else { return };
        match worker.progress() {
            Progress::Idle | Progress::Busy => {}
            Progress::Finished(finished) => {
                let (id, at, run) = (finished.job.code, finished.job.at, finished.job.run);
                let result = backend.finish(codes, realm, *finished);
                if run == backend.run {
                    let code = codes.get(id);
                    // The next call or loop head finds the entry, or asks anew.
                    code.counters.heat.set(0);
                    match result {
                        Ok(()) => self.note_memory(),
                        Err(refused) => self.note_refusal(code, at, refused),
                    }
                }
            }
            Progress::Broken(id) => {
                let name = codes.get(id).info.borrow().name.clone();
                self.failures.push(format!("‘{name}’: the compiler's thread panicked"));
                codes.get(id).counters.heat.set(NEVER_HOT);
            }
        }
    }
}

impl Optimiser {
    /// A code object's heat is used up.
    fn got_hot(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, place: Place) {
        self.look_for_finished(codes, realm);
        if self.stays_in_baseline(code, place) {
            return;
        }
        let heat = i64::from(self.config.tier.optimised(code.unit.insts.len()).unwrap_or(0));
        realm.recheck_types();
        // Loop entries are looked for only when heat is used up.
        code.counters.heat.set(0);
        match place {
            Place::Loop(block) if code.tier.osr_entry(block).is_some() => {
                self.compile_outgrown(codes, realm, code, place);
                return;
            }
            Place::Call if code.tier.entry.get() != 0 => {
                code.counters.heat.set(heat.max(1));
                return;
            }
            _ if takes_detour(code, place) => return,
            _ => {}
        }
        if code.tier.drops.get() >= MAX_DROPS {
            code.refused(place, Refusal::TooManyExits);
            code.counters.heat.set(NEVER_HOT);
            return;
        }
        if self.looks_again(codes, code, place, heat) {
            return;
        }
        if self.is_busy() {
            code.counters.heat.set(BUSY_HEAT);
            return;
        }
        // In its first activation only a part of a function has run: then its loop is enough.
        let called = place == Place::Call || code.calls() > 1;
        // Of two jobs the loop comes first: this activation is in it. The next call asks for the function's begin. But what was called
        // often by now is soon called again, and code for the rest of one activation would hardly run.
        let loop_first =
            !self.config.synchronous && matches!(place, Place::Loop(_)) && code.calls() < CALLS_BEFORE_LOOPS;
        if called && !loop_first && code.tier.entry.get() == 0 && code.unit.kind == UnitKind::Function {
            self.compile(codes, realm, code, EntryAt::Start);
            if code.tier.entry.get() != 0 && place != Place::Call {
                // The next call enters it; the loop gets an entry of its own if this activation stays in it.
                code.counters.heat.set(heat.max(1));
                return;
            }
        }
        if let Place::Loop(block) = place
            && !self.is_busy()
        {
            if waits_for_outer(code, block) {
                code.counters.heat.set(0);
                return;
            }
            let missing = nest::missing_work(code, block, heat);
            if missing > 0 {
                code.counters.heat.set(missing);
                return;
            }
            self.compile(codes, realm, code, EntryAt::Loop(block));
        }
        if self.is_busy() {
            code.counters.heat.set(BUSY_HEAT);
            return;
        }
        let compiled = match place {
            Place::Loop(block) => code.tier.osr_entry(block).is_some(),
            Place::Call => code.tier.entry.get() != 0,
        };
        if !compiled {
            let has_loops = code.tier.osr.iter().any(|entry| entry.get() != 0);
            // Other loops of this code are still to be entered, which is looked for when heat is used up.
            code.counters.heat.set(if has_loops { REFUSED_HEAT } else { NEVER_HOT });
        }
    }
}

impl Tiering for Optimiser {
    fn hot(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, place: Place) -> Memory {
        code.tier.was_entered.set(true);
        self.got_hot(codes, realm, code, place);
        self.room.memory()
    }

    fn poll(&mut self, codes: &CodeTable, realm: &mut Realm, _: bool) -> Memory {
        self.look_for_finished(codes, realm);
        self.room.slice_ended()
    }

    fn make_room(&mut self, codes: &CodeTable, realm: &Realm, returns: &mut dyn Iterator<Item = usize>) {
        self.look_for_room(codes, realm, returns);
    }

    fn runs_long(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, weight: u64) -> bool {
        self.outgrow(codes, realm, code, weight)
    }

    fn take_dumps(&mut self) -> Vec<Dump> {
        let kept = self.backend.as_mut().ok().and_then(|backend| backend.dumps.as_mut());
        kept.map(std::mem::take).unwrap_or_default()
    }

    fn take_failures(&mut self) -> Vec<String> {
        std::mem::take(&mut self.failures)
    }

    fn baseline_ways(&self) -> (usize, usize) {
        let baseline = self.backend.as_ref().ok().and_then(|backend| backend.baseline.as_ref());
        baseline.map_or((0, 0), |it| (it.enter, it.exit))
    }

    fn start_run(&mut self, codes: &CodeTable, realm: &mut Realm) {
        let Ok(backend) = &mut self.backend else { return };
        exits::publish(&backend.shared);
        backend.shared.words.context.store(std::ptr::from_ref(&realm.head) as u64, Relaxed);
        self.start_run_of(codes, realm.head.max_depth != u32::MAX);
    }

    fn shared_pieces(&self) -> Vec<SharedPiece> {
        self.backend.iter().flat_map(|backend| backend.shared.native().pieces.clone()).collect()
    }

    fn footprint(&self) -> Footprint {
        let Ok(backend) = &self.backend else { return Footprint::default() };
        let native = backend.shared.native();
        Footprint { native_bytes: native.arena.used(), exits: native.known_exits(), freed: native.freed }
    }
}

/// A guard failed. Too often at one place: the code is dropped and compiled again without speculating there.
pub(crate) fn exited(shared: &Shared, codes: &CodeTable, exit: u32) {
    let mut native = shared.native();
    let (entry, count) = (native.exit(exit), native.count_exit(exit));
    let bytes = native.bytes_at(entry.address);
    let most = match entry.info.reason {
        ExitReason::ColdPath => COLD_EXITS_TO_RECOMPILE + bytes as u64 / BYTES_A_COLD_EXIT,
        _ => EXITS_TO_RECOMPILE + bytes as u64 / BYTES_A_MORE_EXIT,
    };
    // What has another shape at one site goes on to the others: all note what they meet, long before the code is made anew.
    if count == 1 && entry.info.reason == ExitReason::Shape {
        ways::rearm_all(codes.get(CodeId(entry.info.at.0)));
    }
    let code = codes.get(entry.code);
    // Each call that came to a loop by a detour leaves it at its end.
    let most = most + if entry.address == code.tier.entry.get() { 0 } else { u64::from(code.tier.detours.get()) };
    // Activations of code that was dropped before still run; they tell nothing new of the code that took its place.
    if count < most || !helpers::teaches(entry.info.reason) || !code.tier.is_linked(entry.address) {
        return;
    }
    let (blamed, at) = entry.info.at;
    let blamed = codes.get(CodeId(blamed));
    // A member of another shape is one way more to tell apart, as long as these are few.
    let learns = entry.info.reason == ExitReason::Shape
        && code.tier.drops.get() < DROPS_TO_CAUTION
        && ways::are_known(codes, blamed, at);
    if !learns {
        blamed.tier.rejected.borrow_mut().insert((at, entry.info.reason));
    }
    if entry.info.reason == ExitReason::ColdPath && blamed.id == code.id {
        code.tier.unforeseen.set(true);
    }
    if entry.address == code.tier.entry.get() {
        shared.set_entry(code, native.stub_of(code));
        code.set_call_flag(CallFlags::COMPILED | CallFlags::WAITING, false);
    }
    let guard = FailedGuard { reason: entry.info.reason, line: blamed.line(at), count };
    code.dropped(entry.address, Invalidation::ManyExits, guard);
    let drops = code.tier.drops.get();
    code.tier.drops.set(drops + 1);
    let heat = (HEAT_A_BYTE * bytes as i64).clamp(HEAT_AFTER_DROP, MOST_HEAT_AFTER_DROP);
    code.counters.heat.set(heat << drops.min(4));
}

impl Backend {
    /// Has member sites of a code object, and of what would be part of its code, note ways again. False if all still do.
    fn refresh(&self, codes: &CodeTable, code: &Code, place: Place) -> bool {
        let at = match place {
            Place::Loop(block) if code.calls() <= 1 || code.unit.kind != UnitKind::Function => EntryAt::Loop(block),
            _ => EntryAt::Start,
        };
        let Ok(plan) = inline::plan((codes, None), code, at, self.terms(code), &Banned::default()) else {
            return false;
        };
        let parts = plan.inlined.iter().map(|it| codes.get(it.id));
        parts.fold(ways::refresh(codes, code), |again, part| ways::refresh(codes, part) || again)
    }

    /// On which terms an entry of a code object is planned.
    fn terms(&self, code: &Code) -> inline::Terms {
        inline::Terms {
            cautious: code.tier.drops.get() >= DROPS_TO_CAUTION,
            passes: self.passes,
            least_runs: least_runs(self.tier, code.unit.insts.len()),
            outgrown: code.tier.outgrown.get(),
        }
    }

    fn compile(&mut self, codes: &CodeTable, realm: &mut Realm, code: &Code, at: EntryAt) -> Result<(), Refused> {
        let started = Instant::now();
        let (func, inlined, stages) = self.ssa(codes, realm, code, at)?;
        // A function that breaks the invariants of its own form would compute something else: the interpreter keeps it.
        if let Err(errors) = crate::ssa::verify::verify(&func) {
            return Err(Refused::failed(format!("{}\n{}", errors.join("\n"), print::print(&func))));
        }
        self.provide_keeping_stub(codes)?;
        let beside = func.blocks.iter().map(|block| block.insts.len()).sum::<usize>() > self.most_here;
        if beside && std::mem::take(&mut self.beside) {
            self.worker = Worker::start(Arc::clone(&self.isa));
        }
        self.provide_lookups(codes, &func)?;
        let job = Job {
            code: code.id,
            at,
            addresses: self.addresses(codes, realm, code, &func)?,
            func,
            inlined,
            stages,
            version: code.tier.version.get(),
            run: self.run,
            time: started.elapsed(),
        };
        match &mut self.worker {
            Some(worker) if beside => {
                worker.take(job);
                Ok(())
            }
            _ => {
                let finished = job.carry_out(&self.isa, &mut self.workspace);
                self.finish(codes, realm, finished)
            }
        }
    }

    /// Publishes what a job gave, unless what it was made from has changed meanwhile: then it is forgotten.
    fn finish(&mut self, codes: &CodeTable, realm: &mut Realm, finished: Finished) -> Result<(), Refused> {
        let Finished { job, result } = finished;
        if job.run != self.run {
            return Ok(());
        }
        let code = codes.get(job.code);
        let holds = job.version == code.tier.version.get()
            && job.inlined.iter().all(|it| Inlined::of(codes.get(it.id)) == *it)
            && job.func.assumed.iter().all(|&(cell, held)| may_assume(codes, realm, cell) == Some(held));
        if !holds {
            return Ok(());
        }
        let mut compiled = result?;
        let entry = self.publish(codes, realm, code, &job, &mut compiled)?;
        let bytes = compiled.bytes.len();
        if let Some(dumps) = &mut self.dumps {
            dumps.push(dump(codes, code, &job, compiled));
        }
        let placed = Placed { address: entry, bytes, place: place_of(job.at), outgrows: job.func.outgrows };
        code.compiled(placed, job.time);
        Ok(())
    }

    /// The SSA form of one entry, what is spliced into it, and how it stood behind each stage if that is kept. A callee that cannot be compiled there stays outside.
    pub(crate) fn ssa(
        &self,
        codes: &CodeTable,
        realm: &Realm,
        code: &Code,
        at: EntryAt,
    ) -> Result<(Func, Vec<Inlined>, Stages), Refused> {
        let window: Vec<WindowKind> = match at {
            EntryAt::Start => Vec::new(),
            EntryAt::Loop(_) => helpers::window_kinds(realm, code),
        };
        let terms = self.terms(code);
        self.found.borrow_mut().note(code);
        let found = self.found.borrow();
        let mut banned = Banned::default();
        loop {
            let plan = inline::plan((codes, Some((realm, &*found))), code, at, terms, &banned)?;
            let stages = RefCell::new(Stages::new());
            let note = |stage, func: &Func| stages.borrow_mut().push((stage, print::lines(func)));
            let observer: Observer<'_> = if self.dump_stages { Some(&note) } else { None };
            let Unbuilt { refused, frame } =
                match build_plan((codes, realm), code, (at, self.passes, observer), &window, &plan.seen) {
                    Ok(mut func) => {
                        func.outgrows = plan.holds_back;
                        return Ok((func, plan.inlined, stages.take()));
                    }
                    Err(unbuilt) => unbuilt,
                };
            let body = &plan.seen.body;
            if frame > 0 {
                banned.ban(body, frame);
            } else if refused.refusal == Refusal::TooLarge && body.frames.len() > 1 {
                banned.all = true;
            } else {
                return Err(refused);
            }
        }
    }
}

/// Whether a loop around this one is compiled, or is to be, and will come round soon.
fn waits_for_outer(code: &Code, block: BlockId) -> bool {
    // The nest is looked at once, not at each head that is passed.
    let (outer, passed) = match code.tier.waits.get() {
        Some((inner, outer, passed)) if inner == block => (outer, passed),
        other => (nest::worthiest(code, block), other.map_or(0, |it| it.2)),
    };
    let refused = code.tier.refused.borrow().iter().any(|it| it.place == Place::Loop(outer));
    let waits = outer != block && !refused && passed < nest::MOST_WAITS;
    code.tier.waits.set(waits.then_some((block, outer, passed + 1)));
    waits
}

/// Whether a call, or a round of a loop without an entry of its own, goes to the function's compiled loops by way of lower tiers once
/// more: one entry more would be most of that code again, and costs as much as many of these ways.
fn takes_detour(code: &Code, place: Place) -> bool {
    // How many of them an instruction of the function is worth. Measured: 3 and 10 differ little for calls, 1 is too few.
    let worth = if place == Place::Call { 8 } else { 4 };
    let detours = code.tier.detours.get();
    let few = ((detours - code.tier.detours_before.get()) as usize) < code.unit.insts.len() * worth;
    let leads_there = || match place {
        Place::Call => code.tier.osr.iter().any(|entry| entry.get() != 0),
        Place::Loop(head) => code.tier.entry.get() != 0 || nest::has_compiled_inside(code, head),
    };
    let takes = few && leads_there();
    code.tier.detours.set(detours + u32::from(takes));
    takes
}

/// How often a call must have run for its callee to be spliced into code of so many instructions: what is compiled at once, as tests
/// do, has not run yet.
fn least_runs(tier: TierPolicy, insts: usize) -> u64 {
    /// Work until code is compiled, for each time that a call must have run by then. Measured: less selective, programs of a tenth of a
    /// second lose more by compiling than they gain.
    const WORK_A_RUN: u32 = 20;
    tier.optimised(insts).map_or(0, |work| u64::from(work / WORK_A_RUN))
}

/// Builds the SSA form of a planned entry.
fn build_plan(
    (codes, realm): (&CodeTable, &Realm),
    code: &Code,
    (at, passes, observer): (EntryAt, Passes, Observer<'_>),
    window: &[WindowKind],
    seen: &Seen,
) -> Result<Func, Unbuilt> {
    let body = &seen.body;
    let name_of = |text: &SmolStr| codes.shared().cell(codes.shared().intern(text)).0;
    let cells: Vec<u32> = body.unit.names.iter().map(name_of).collect();
    let weight = |block| match body.block_origin(BlockId(block)) {
        Some((frame, own)) => codes.get(CodeId(body.frames[frame].code)).weights.blocks[own.0 as usize],
        None => 0,
    };
    let stored = stored_by(&body.unit, &cells);
    let constant = |cell| may_assume(codes, realm, CellId(cell)).filter(|_| !stored.contains(&cell));
    let block_weights: Vec<u32> = (0..body.unit.blocks.len() as u32).map(weight).collect();
    build(&Input {
        body,
        at,
        seen,
        window,
        code: code.id.0,
        cells: &cells,
        call_weight: code.weights.call,
        checks_call: code.weights.checks_call,
        block_weights: &block_weights,
        passes,
        observer,
        recording: code.recording,
        callees: &callees(codes, seen),
        constant: &constant,
        imports_unseen: codes.imports_unseen.get(),
        natural: &|cell| helpers::is_natural(realm.cell(CellId(cell))),
        isa_slot: &|shape| {
            let slot = codes.shared().shapes.get(ShapeId(shape)).slot_of(names::ISA)?;
            u8::try_from(slot).ok()
        },
        is_env: &|shape| codes.shared().shapes.get(ShapeId(shape)).is_env(),
        instance_shape: codes.shared().instance_shape().map(|it| it.0),
        pair_shape: codes.shared().pair_shape().map(|it| it.0),
        intrinsic_name: &|id| Some(IntrinsicId(id).def().name).filter(|_| IntrinsicId(id).def().member_of.is_none()),
    })
}

/// What a global holds, if compiled code may rely on it to go on holding that.
fn may_assume(codes: &CodeTable, realm: &Realm, cell: CellId) -> Option<Held> {
    if realm.head.redefined != 0 || codes.stored.borrow().contains(&cell) {
        return None;
    }
    Held::of(realm.cell(cell))
}

/// The global cells that a unit may store to, by its names' cells.
fn stored_by(unit: &Unit, cells: &[u32]) -> FxHashSet<u32> {
    let name = |inst: &Inst| match inst {
        Inst::StoreGlobal { name, .. } | Inst::SetMember { name, .. } => Some(cells[name.0 as usize]),
        _ => None,
    };
    unit.insts.iter().filter_map(name).collect()
}

/// No compiled code of this code object is entered any more; it is compiled again at the next occasion.
fn drop_compiled(code: &Code, why: Invalidation) {
    if code.tier.tier.get() == Tier::Optimised {
        code.dropped_all(why);
        code.counters.heat.set(0);
    }
}

fn place_of(at: EntryAt) -> Place {
    match at {
        EntryAt::Start => Place::Call,
        EntryAt::Loop(block) => Place::Loop(block),
    }
}

fn dump(codes: &CodeTable, code: &Code, job: &Job, compiled: Compiled) -> Dump {
    let func = &job.func;
    // Instructions are numbered through the body; people know those of units.
    let placed = |mut lines: Vec<Line>| {
        for line in &mut lines {
            let Some((frame, own)) = line.inst.map(|inst| func.body.origin(inst)) else { continue };
            let unit = codes.get(CodeId(func.body.frames[frame].code)).key;
            (line.inst, line.unit) = (Some(own), Some(unit));
        }
        lines
    };
    let loop_head = match job.at {
        EntryAt::Start => None,
        EntryAt::Loop(block) => Some(InstId(code.unit.blocks[block.0 as usize].first)),
    };
    Dump {
        key: code.key,
        tier: Tier::Optimised,
        loop_head,
        ssa: placed(print::lines(func)),
        stages: job.stages.iter().map(|(stage, lines)| (*stage, placed(lines.clone()))).collect(),
        clif: placed(compiled.clif),
        asm: placed(compiled.asm),
        bytes: compiled.bytes.len(),
    }
}

/// The functions that feedback names, with what calling them takes.
fn callees(codes: &CodeTable, seen: &Seen) -> FxHashMap<u32, Callee> {
    let mut callees = FxHashMap::default();
    let mut add = |target: Option<Target>| {
        let Some(Target::Code(id)) = target else { return };
        let callee = codes.get(CodeId(id));
        let defaults =
            callee.unit.params.iter().map(|param| Some(callee.consts[param.default.0 as usize].bits())).collect();
        callees.insert(id, Callee { defaults, receivers: callee.unit.receivers().count() });
    };
    for (i, inst) in seen.body.unit.insts.iter().enumerate() {
        let at = InstId(i as u32);
        match inst {
            Inst::Call { .. } | Inst::AutoCall { .. } => add(seen.call(at).and_then(|it| it.target)),
            Inst::GetMember { .. } | Inst::CallMethod { .. } | Inst::CallIndex { .. } => add(seen.method(at).target),
            Inst::LoadFree { .. } => add(seen.global(at).target),
            _ => {}
        }
    }
    callees
}
