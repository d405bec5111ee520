//! Programs that make new code as long as they run, in little memory for it: what is dropped is freed while they run, and they stay fast.
//!
//! The memory that is freed is filled with instructions that end the process, so code that was freed too soon would not go unnoticed in any
//! of these tests. The rules stand in `jit/src/optimise/room.rs`.
#![cfg(not(minilive_portable))]

use minilive_jit::engine::modules::{ModuleAnswer, ModuleLoader};
use minilive_jit::engine::tier::Tier;
use minilive_jit::engine::{End, Engine, EngineConfig, Entry, Pace, RunOutcome, RunRequest};
use minilive_jit::events::{CodeEvent, FreedCode, Happened};
use minilive_jit::reason::{Invalidation, Refusal};
use minilive_jit::stats::EngineStats;
use minilive_tests::modes::{Mode, evaluate, lowered};
use std::sync::{Arc, Mutex};

/// Finds a module of any number, each with code of its own.
struct Versions;

impl ModuleLoader for Versions {
    fn load(&mut self, name: &str, _: &[String]) -> ModuleAnswer {
        let number: u32 = name.trim_start_matches('v').parse().expect("versions have numbers");
        let text = VERSION.replace("MODULUS", &(number + 2).to_string());
        let (program, diagnostics) = minilive_mir::lower::lower_module(&minilive_syntax::parse(&text), name);
        assert!(diagnostics.is_empty(), "{name}: {diagnostics:?}");
        ModuleAnswer::Found(Arc::new(program))
    }
}

/// `step` is hot soon. `nest` is left at every level when it gets a text, so that its code is dropped while calls of it wait for those inside.
const VERSION: &str = "
step = function(n, x)
  s = x
  i = 0
  while i < n
    s = s + i % MODULUS
    i += 1
  end while
  return s
end function
nest = function(n, x)
  if n == 0 then return churn(x)
  y = x + n
  return nest(n - 1, x) + y
end function
";

/// What happened to code in a run, beside what it printed.
struct Watched {
    output: String,
    outcome: RunOutcome,
    stats: EngineStats,
    events: Vec<CodeEvent>,
}

impl Watched {
    fn count(&self, is_it: impl Fn(&Happened) -> bool) -> usize {
        let tiers = self.events.iter().filter_map(|event| match event {
            CodeEvent::Tier(event) => Some(&event.what),
            _ => None,
        });
        tiers.filter(|what| is_it(what)).count()
    }

    fn freed(&self) -> impl Iterator<Item = &FreedCode> {
        self.events.iter().filter_map(|event| match event {
            CodeEvent::Freed(freed) => Some(freed),
            _ => None,
        })
    }

    fn without_memory(&self) -> usize {
        self.count(|what| matches!(what, Happened::Refused { refusal: Refusal::ArenaFull, .. }))
    }
}

fn run(text: &str, mode: Mode, room: usize, slice: i64) -> Watched {
    let mut engine = Engine::new(EngineConfig { max_native: room, ..mode.config() });
    engine.set_loader(Box::new(Versions));
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    engine.watch_code(Box::new(move |event| told.lock().expect("nobody panicked").push(event)));
    let loaded = engine.load(&lowered(text, "test.ms")).expect("loads");
    let request = RunRequest { pace: Pace { slice, ..Pace::default() }, ..RunRequest::new(Entry::Main) };
    let (output, outcome) = evaluate(&mut engine, &loaded, request, |_| {});
    assert_eq!(outcome.end, End::Finished(String::new()), "{mode}: {output}");
    assert_eq!(outcome.compiler_failures, Vec::<String>::new(), "{mode}");
    let events = std::mem::take(&mut *events.lock().expect("nobody panicked"));
    Watched { output, outcome, stats: engine.stats(), events }
}

/// Loads versions one after the other and has each called until it is hot.
fn versions(count: u32) -> String {
    format!(
        "churn = function(x)\n  return x\nend function\n\
         load = function(i)\n  globals.current = import(\"v\" + i)\nend function\n\
         total = 0\n\
         for i in range(1, {count})\n  load i\n  m = current\n  for k in range(1, 40)\n    total = (total + m.step(20, k)) % 1000003\n  end for\n\
         end for\nprint total\n"
    )
}

#[test]
fn a_program_that_loads_thousands_of_versions_of_a_module_stays_compiled() {
    const ROOM: usize = 256 << 10;
    let text = versions(3000);
    let ran = run(&text, Mode::Tiered, ROOM, 5000);
    assert_eq!(ran.output, run(&text, Mode::Interpreter, ROOM, 5000).output);
    let compiled = ran.count(|what| matches!(what, Happened::Compiled { .. }));
    assert!(compiled > 5900, "{compiled}, {} refusals, {:?}", ran.without_memory(), ran.stats);
    assert!(ran.stats.freed_bytes > 8 * ROOM as u64 && ran.stats.freed_pieces > 5000, "{:?}", ran.stats);
    let told: usize = ran.freed().map(|it| it.pieces.len()).sum();
    assert_eq!(told as u64, ran.stats.freed_pieces);
    assert!(ran.stats.native_bytes <= ROOM && ran.freed().all(|it| it.used < ROOM));
    // Its exits and the chains of its calls go with the code.
    assert!(ran.stats.exits_known < ROOM / 64, "{:?}", ran.stats);
    // The last version has just been hot, and has the code that the first one had.
    let mut steps: Vec<_> = ran.outcome.functions.iter().filter(|it| it.name == "step").collect();
    steps.sort_by_key(|it| it.compiles);
    assert_eq!(steps.len(), 3000);
    let compiled = steps.iter().filter(|it| it.compiles > 0).count();
    assert!(compiled > 2900, "only {compiled} of 3000 versions were ever compiled; {} refusals", ran.without_memory());
    let refused = ran.outcome.functions.iter().filter(|it| it.refusal == Some(Refusal::ArenaFull)).count();
    assert!(refused < 100, "{refused} functions are left without memory");
    assert!(ran.outcome.functions.iter().any(|it| it.name == "step" && it.tier == Tier::Optimised));
    assert!(ran.count(|what| matches!(what, Happened::Dropped { why: Invalidation::Evicted, .. })) > 2000);
}

/// Code of every version is dropped, freed and made again while calls of it are active at many levels: below a guard that failed, below
/// calls between compiled functions, and below calls of baseline code.
fn nested(rounds: u32) -> String {
    format!(
        "fresh = 0\ndepth = 0\n\
         load = function\n  globals.fresh = fresh + 1\n  return import(\"v\" + fresh)\nend function\n\
         churn = function(x)\n  m = load\n  for k in range(1, 12)\n    s = m.step(8, k)\n  end for\n  s = m.step(8, \"a\")\n\
         if depth < 2 then\n    globals.depth = depth + 1\n    s = s + m.nest(4, 1) + m.nest(5, \"b\")\n    globals.depth = depth - 1\n  end if\n\
         return x\nend function\n\
         twist = function(x)\n  return x + 1\nend function\n\
         for i in range(1, {rounds})\n  m = load\n  for k in range(1, 10)\n    s = m.nest(3, k)\n  end for\n\
         t = m.nest(14, \"c\")\n  if i % 7 == 3 then\n    twist = function(x)\n      return x + 2\n    end function\n  end if\n  s = twist(s)\n\
         print s + t\nend for\n"
    )
}

#[test]
fn code_that_is_active_is_not_freed_in_any_mode() {
    const ROOM: usize = 96 << 10;
    let mut kept = Vec::new();
    for &mode in Mode::all() {
        let compiles_much = !matches!(mode, Mode::Tiered | Mode::Baseline | Mode::Background | Mode::Uncounted);
        let rounds = if mode.config().gc_stress || compiles_much { 3 } else { 12 };
        let text = nested(rounds);
        let expected = run(&text, Mode::Interpreter, ROOM, 1000);
        let ran = run(&text, mode, ROOM, 1000);
        assert_eq!(ran.output, expected.output, "{mode}");
        assert!(ran.stats.native_bytes <= ROOM, "{mode}: {:?}", ran.stats);
        if matches!(mode, Mode::Interpreter | Mode::InterpreterStress) {
            continue;
        }
        assert!(ran.stats.freed_pieces > 10, "{mode}: {:?}", ran.stats);
        kept.push((mode, ran.freed().filter(|it| it.kept > 0).count()));
    }
    // Dropped code was still running when other code was freed, in the modes that drop some.
    let drop_some = kept.iter().filter(|(_, times)| *times > 0).count();
    assert!(drop_some >= 5, "{kept:?}");
}

#[test]
fn code_that_is_run_is_kept_where_memory_is_short() {
    const ROOM: usize = 128 << 10;
    // `hot` is called all the time, and by itself, so that it is no part of its callers.
    let text = versions(800).replace(
        "total = 0\n",
        "hot = function(n)\n  if n < 1 then return 0\n  return n % 3 + hot(n - 1)\nend function\ntotal = hot(500)\n",
    );
    let text = text.replace("m = current\n", "m = current\n  total += hot(30) + hot(40)\n");
    let ran = run(&text, Mode::Tiered, ROOM, 5000);
    assert_eq!(ran.output, run(&text, Mode::Interpreter, ROOM, 5000).output);
    assert!(ran.stats.freed_bytes > 2 * ROOM as u64, "{:?}", ran.stats);
    let hot = ran.outcome.functions.iter().find(|it| it.name == "hot").expect("it ran");
    assert!(hot.tier == Tier::Optimised && hot.compiles <= 4, "{hot:?}, {} refusals", ran.without_memory());
}
