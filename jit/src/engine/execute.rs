//! One evaluation: a fresh realm, the entry's units in order, and the outcome as plain data.
//!
//! [`Engine::run`] calls [`run`] on the VM thread. Invariant: all names that the top level mentions get their places among the
//! globals before its first statement, those of a function at its first call (LANGUAGE 5.2).

use super::outcome::{COMPAT_DEPTH, End, Entry, Location, RunOutcome, RunRequest};
use super::unit::{CallFlags, CodeId};
use super::{Engine, Loaded};
use crate::interp::budget::Meter;
use crate::interp::calls::resolve;
use crate::interp::frame::CodeRef;
use crate::interp::{Run, Site};
use crate::record;
use crate::stats::{UnitCounts, all_functions};
use minilive_mir::ir::{Inst, Unit};
use minilive_runtime::fault::{Eval, Fault};
use minilive_runtime::heap::HeapConfig;
use minilive_runtime::host::Host;
use minilive_runtime::limits::Limits;
use minilive_runtime::machine::FunctionNames;
use minilive_runtime::realm::{Realm, RealmConfig};
use minilive_runtime::text;
use minilive_runtime::value::Value;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// So many bytes of the native stack are for calls whatever memory is limited to.
const LEAST_STACK: usize = 8 << 20;

/// Runs a request to its end, in a realm of its own, which is given back.
pub(super) fn run(
    engine: &mut Engine,
    loaded: &Loaded,
    request: RunRequest,
    host: Box<dyn Host>,
    native_stack: usize,
) -> (RunOutcome, Box<Realm>) {
    let mut limits = request.limits;
    if request.compat && limits.depth == u32::MAX {
        limits.depth = COMPAT_DEPTH;
    }
    let mut realm = new_realm(engine, limits, Arc::clone(&request.cancel), host, native_stack);
    engine.codes.start_realm(&loaded.linked.units);
    let shows = matches!(request.entry, Entry::Expression(_));
    let outcome = run_in(engine, &mut realm, loaded, request, |realm, value| {
        if shows { text::code(realm, value, 3, text::Names::None) } else { Ok(String::new()) }
    });
    (outcome, realm)
}

/// A realm for the thread that this is called on.
pub(super) fn new_realm(
    engine: &Engine,
    limits: Limits,
    cancel: Arc<AtomicBool>,
    host: Box<dyn Host>,
    native_stack: usize,
) -> Box<Realm> {
    let config = RealmConfig {
        heap: HeapConfig { stress: engine.config.gc_stress, ..HeapConfig::default() },
        stack_slots: engine.config.stack_slots,
        limits,
        host,
        cancel,
    };
    let mut realm = Realm::new(Arc::clone(engine.codes.shared()), config);
    let names: Arc<dyn FunctionNames> = Arc::<super::names::NameTable>::clone(&engine.names);
    realm.set_function_names(names);
    // The activation of the top-level statement is counted with the others, but is no call.
    realm.head.max_depth = limits.depth.saturating_add(1);
    // What calls take counts as memory, too: no more of the stack is for them than that is limited to.
    let for_calls =
        usize::try_from(limits.memory).map_or(native_stack, |memory| memory.max(LEAST_STACK).min(native_stack));
    realm.head.native_limit = crate::thread::native_limit(for_calls);
    realm
}

/// Runs a request to its end in a realm. What becomes of the value is up to `finish`; its text is that of [`End::Finished`].
pub(super) fn run_in(
    engine: &mut Engine,
    realm: &mut Realm,
    loaded: &Loaded,
    request: RunRequest,
    finish: impl FnOnce(&mut Realm, Value) -> Eval<String>,
) -> RunOutcome {
    let linked = &loaded.linked;
    for code in engine.codes.iter() {
        engine.codes.unresolve(code);
        code.set_call_flag(CallFlags::WAITING, code.tier.has_dependencies());
        code.reset_counts();
    }
    engine.codes.set_running(true);
    engine.tiering.start_run(&engine.codes, realm);
    let mut run = Run::new(
        &mut engine.codes,
        &mut *engine.tiering,
        &mut *engine.loader,
        &engine.names,
        Meter::new(request.limits.fuel, request.limits.time, request.pace, request.progress),
        request.record,
    );
    run.lent.globals = realm.globals().value();
    run.meter.grant(realm);
    let units = chosen(loaded, request.entry, &linked.main, &linked.units);
    let ended = realm.enter(|realm| {
        let value = run_units(&mut run, realm, &linked.main, &units)?;
        finish(realm, value)
    });
    run.meter.settle(realm);
    let end = end(ended, run.site.take(), loaded);
    realm.host().flush();
    let outcome = outcome(run, realm, end, engine.config.counted);
    engine.codes.set_running(false);
    let names_seen = engine.names.take_shown();
    RunOutcome { position_dependent: outcome.position_dependent || names_seen, ..outcome }
}

/// The units of an entry, in order.
fn chosen(loaded: &Loaded, entry: Entry, main: &[CodeId], all: &[CodeId]) -> Vec<CodeId> {
    if entry == Entry::Main {
        return main.to_vec();
    }
    let definitions = main.iter().zip(&loaded.definitions).filter(|(_, is_definition)| **is_definition);
    let expression = match entry {
        Entry::Expression(index) => all.get(index as usize).copied(),
        _ => None,
    };
    definitions.map(|(&id, _)| id).chain(expression).collect()
}

fn run_units(run: &mut Run<'_>, realm: &mut Realm, main: &[CodeId], units: &[CodeId]) -> Eval<Value> {
    for &unit in main.iter().chain(units) {
        let code = CodeRef::new(run.codes.get(unit));
        if code.call_flags.get() & CallFlags::UNRESOLVED != 0 {
            resolve(realm, code);
        }
    }
    let globals = realm.globals().value();
    let mut value = Value::NULL;
    for &unit in units {
        if run.recording && !main.contains(&unit) {
            // What an expression shows is what it did itself, not what the definitions before it did.
            record::forget(run.codes, realm);
        }
        value = run.call_unit(realm, unit, globals)?;
        // `End` gives nothing; a `return` at top level ends the program.
        if !value.is_absent() {
            break;
        }
    }
    Ok(if value.is_absent() { Value::NULL } else { value })
}

fn end(ended: Eval<String>, site: Option<Site>, loaded: &Loaded) -> End {
    let fault = match ended {
        Ok(text) => return End::Finished(text),
        Err(fault) => fault,
    };
    let stack: Vec<Location> = match &site {
        Some(site) => site.stack.iter().map(|line| Location { file: line.file.clone(), line: line.line }).collect(),
        None => Vec::new(),
    };
    let at = stack.first().cloned().unwrap_or(Location { file: loaded.file.clone(), line: 1 });
    let site = site.map(|site| (site.key, site.inst));
    match *fault {
        Fault::Fatal(error) => {
            let lacks = super::Lack::of(&error);
            End::Error(super::ReportedError { message: error.to_string(), at, site, stack, lacks })
        }
        Fault::Limit(kind) => End::Cut { limit: kind.into(), at, stack, site },
        Fault::Exit(code) => End::Exit(code),
        Fault::Blocked(name) => End::Blocked { name, at, stack, site },
        Fault::Cancelled => End::Cancelled,
    }
}

fn outcome(run: Run<'_>, realm: &mut Realm, end: End, counted: bool) -> RunOutcome {
    let codes = &*run.codes;
    let recording = record::take(codes, realm);
    let ran = || codes.iter().filter(|code| !code.is_untouched());
    let mut counts: Vec<_> =
        ran().filter(|_| counted).map(|code| UnitCounts { key: code.key, blocks: code.block_counts() }).collect();
    counts.sort_by_key(|it| it.key);
    let mut functions = all_functions(&ran().collect::<Vec<_>>());
    functions.sort_by_key(|function| (std::cmp::Reverse(function.work), function.key));
    let heap = realm.heap_stats();
    RunOutcome {
        position_dependent: run.lines_seen.get() || matches!(end, End::Error(_)),
        end,
        recording,
        counts,
        functions,
        imports: run.modules.seen,
        elapsed: run.meter.elapsed(),
        fuel: run.meter.fuel(),
        collections: heap.collections,
        heap: heap.counted_bytes,
        allocated: heap.allocated_bytes,
        pauses: heap.pauses.into(),
        compiler_failures: run.tiering.take_failures(),
    }
}

impl<'e> Run<'e> {
    fn new(
        codes: &'e mut super::table::CodeTable,
        tiering: &'e mut dyn super::policy::Tiering,
        loader: &'e mut dyn super::modules::ModuleLoader,
        names: &'e super::names::NameTable,
        meter: Meter,
        recording: bool,
    ) -> Run<'e> {
        let shared = codes.shared();
        let well_known = crate::interp::WellKnown { this: shared.intern("self"), parent: shared.intern("super") };
        Run {
            codes,
            modules: super::modules::Modules::new(loader),
            names,
            frames: crate::interp::frame::Stack::new(),
            natives: crate::interp::frame::Stack::new(),
            lent: crate::interp::Lent::new(tiering.baseline_ways()),
            gave_back: false,
            tiering,
            meter,
            site: None,
            well_known,
            recording,
            lines_seen: Cell::new(false),
        }
    }
}

/// Whether a top-level statement defines something (DESIGN 9): assignments and `import`, and blocks made only of such.
///
/// It is judged by the unit's instructions: a call whose value is dropped is a statement of its own, and makes it none,
/// unless it calls `import`; loops that contain no such call are definitions too.
pub(super) fn is_definition(unit: &Unit) -> bool {
    let stores = unit.insts.iter().any(|inst| {
        matches!(
            inst,
            Inst::StoreGlobal { .. } | Inst::StoreEnv { .. } | Inst::SetMember { .. } | Inst::SetIndex { .. }
        )
    });
    let calls_import = unit.insts.iter().any(|inst| match inst {
        Inst::LoadFree { name, .. } => unit.name(*name) == "import",
        _ => false,
    });
    let drops_value = unit.insts.iter().any(|inst| matches!(inst, Inst::CheckUncaught { .. }));
    if drops_value { calls_import } else { stores }
}
