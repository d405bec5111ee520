//! Limits, cancelling and crashes in every tier: each ends a run with its own message and leaves the engine as it was.
//!
//! Steps, depth, memory and output are counted by ourselves, so every tier must end at the same instruction; the clock and a
//! cancel are looked at once a slice of work.

use minilive_jit::engine::outcome::Limit;
use minilive_jit::engine::{End, Engine, Entry, Pace, RunOutcome, RunRequest};
use minilive_runtime::host::{CaptureHost, Effects, SharedHost};
use minilive_runtime::limits::Limits;
use minilive_tests::generate::Rng;
use minilive_tests::modes::{Mode, Variant, evaluate, lowered};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The modes that differ in what runs; collecting at every allocation would take too long here.
fn modes() -> impl Iterator<Item = Mode> {
    let compares = |mode: &Mode| !mode.config().gc_stress && mode.config().counted;
    Mode::all().iter().copied().filter(compares)
}

const VARIANTS: [Variant; 2] = [Variant::Plain, Variant::Recording];

/// One run in an engine that is kept.
fn run_in(engine: &mut Engine, text: &str, variant: Variant, limits: Limits) -> (String, RunOutcome) {
    let record = variant == Variant::Recording;
    let program = lowered(text, "test.ms");
    let loaded = if record { engine.load_recording(&program) } else { engine.load(&program) };
    let request = RunRequest { record, limits, ..RunRequest::new(Entry::Main) };
    evaluate(engine, &loaded.expect("loads"), request, |_| {})
}

fn run(text: &str, mode: Mode, variant: Variant, limits: Limits) -> (String, RunOutcome) {
    run_in(&mut Engine::new(mode.config()), text, variant, limits)
}

#[track_caller]
fn is_cut(outcome: &RunOutcome, limit: Limit, message: &str) {
    assert!(matches!(&outcome.end, End::Cut { limit: it, .. } if *it == limit), "{:?}", outcome.end);
    assert_eq!(limit.to_string(), message);
}

/// What must not depend on the tier.
fn account(outcome: RunOutcome) -> impl PartialEq + std::fmt::Debug {
    (outcome.end, outcome.fuel, outcome.counts, outcome.recording)
}

const WORK: [&str; 4] = [
    "
f = function(n)
  s = 0
  i = 0
  while i < n
    s = s + i % 3
    i += 1
  end while
  return s
end function
t = 0
for k in range(1, 30)
  t = t + f(k)
end for
print t
",
    "
fib = function(n)
  if n < 2 then return n
  return fib(n - 1) +
    fib(n - 2)
end function
print fib(11)
",
    "
list = []
for i in range(0, 40)
  list.push i * 2
end for
sum = function(items)
  s = 0
  for it in items
    if it % 4 == 0 then s = s + it
  end for
  return s
end function
for k in range(1, 12)
  x = sum(list)
end for
print x
",
    "
acc = 0
for i in range(1, 20)
  for j in range(1, 10)
    acc = acc + i * j
    if acc > 1000 and
      j == 5 then acc = acc / 2
  end for
end for
print acc
",
];

#[test]
fn steps_run_out_at_the_same_instruction_in_every_tier() {
    let mut rng = Rng::new(5);
    for text in WORK {
        let whole = run(text, Mode::Interpreter, Variant::Plain, Limits::NONE).1.fuel;
        for _ in 0..25 {
            let limits = Limits { fuel: 1 + rng.below(whole), ..Limits::NONE };
            for variant in VARIANTS {
                let expected = account(run(text, Mode::Interpreter, variant, limits).1);
                for mode in modes() {
                    assert_eq!(account(run(text, mode, variant, limits).1), expected, "{mode} {variant:?} {limits:?}");
                }
            }
        }
    }
}

#[test]
fn steps_run_out_exactly_around_the_ends_of_slices() {
    let text = "f = function(n)\n  i = 0\n  while i < n\n    i += 1\n  end while\n  return i\nend function\n\
        s = 0\nwhile true\n  s = s + f(900)\nend while";
    for slices in [1, 2, 5] {
        for around in [-3, -1, 0, 1, 2, 1234] {
            let fuel = (slices * 200_000 + around) as u64;
            let limits = Limits { fuel, ..Limits::NONE };
            let (_, expected) = run(text, Mode::Interpreter, Variant::Recording, limits);
            assert_eq!(expected.fuel, fuel);
            is_cut(&expected, Limit::Fuel, "step limit reached");
            let expected = account(expected);
            for mode in modes() {
                assert_eq!(account(run(text, mode, Variant::Recording, limits).1), expected, "{mode} {fuel}");
            }
        }
    }
}

#[test]
fn calls_nest_exactly_so_deep_in_every_tier() {
    let text = "
depth = 0
even = function(n)
  globals.depth = globals.depth + 1
  return odd(n + 1)
end function
odd = function(n)
  m = n * 2 - n
  return even(m)
end function
even 0
";
    for most in [1, 2, 17, 255, 4000] {
        let limits = Limits { depth: most, ..Limits::NONE };
        let (_, expected) = run(text, Mode::Interpreter, Variant::Recording, limits);
        let End::Error(error) = &expected.end else { panic!("{:?}", expected.end) };
        assert_eq!(error.message, "Call stack overflow");
        assert_eq!(error.stack.len(), most as usize + 1);
        let expected = account(expected);
        for mode in modes() {
            assert_eq!(account(run(text, mode, Variant::Recording, limits).1), expected, "{mode} {most}");
        }
    }
}

/// Runs an endless program that only ever takes memory, in every tier.
#[track_caller]
fn hoards(text: &str) {
    let most = 8 << 20;
    for variant in VARIANTS {
        for mode in modes() {
            let limits = Limits { memory: most, fuel: 400_000_000, ..Limits::NONE };
            let (_, outcome) = run(text, mode, variant, limits);
            assert!(matches!(outcome.end, End::Cut { limit: Limit::Memory, .. }), "{mode}: {:?}", outcome.end);
            assert!(outcome.heap <= 2 * most, "{mode}: {} bytes", outcome.heap);
        }
    }
    assert_eq!(Limit::Memory.to_string(), "memory limit reached");
}

#[test]
fn lists_are_limited_by_the_collectors_own_count() {
    hoards("l = []\nwhile true\n  l.push [1, 2, 3]\nend while");
}

#[test]
fn maps_are_limited_by_the_collectors_own_count() {
    hoards("f = function(keep)\n  while true\n    keep = {\"next\": keep}\n  end while\nend function\nf null");
}

#[test]
fn strings_are_limited_by_the_collectors_own_count() {
    hoards("s = \"x\"\nwhile true\n  s = s + s\nend while");
}

#[test]
fn nested_lists_of_a_compiled_loop_are_limited_by_the_collectors_own_count() {
    hoards("list = []\nwhile true\n  for i in range(1, 100)\n    list = [list, i * 1.5]\n  end for\nend while");
}

#[test]
fn output_is_limited_in_every_tier() {
    let text = "say = function(n)\n  print \"0123456789\" * 10 + n\nend function\nwhile true\n  say 1\nend while";
    let expected = run(text, Mode::Interpreter, Variant::Plain, Limits { output: 10_000, ..Limits::NONE }).0;
    assert!(expected.len() <= 10_000, "{} bytes", expected.len());
    for variant in VARIANTS {
        for mode in modes() {
            let (output, outcome) = run(text, mode, variant, Limits { output: 10_000, ..Limits::NONE });
            is_cut(&outcome, Limit::Output, "output limit reached");
            assert_eq!(output, expected, "{mode}");
        }
    }
}

#[test]
fn the_clock_ends_endless_loops_and_recursion_in_every_tier() {
    for text in [
        "while true\nend while",
        "f = function(n)\n  while n > 0\n    n = n + 1\n  end while\nend function\nf 1",
        "g = function(n)\n  if n < 1 then return 0\n  return g(n - 1) + g(n - 1)\nend function\nprint g(60)",
        "l = [1, 2, 3]\nwhile true\n  l = l + [4]\n  l.pull\nend while",
    ] {
        for mode in modes() {
            let started = Instant::now();
            let limits = Limits { time: Some(Duration::from_millis(20)), ..Limits::NONE };
            let (_, outcome) = run(text, mode, Variant::Plain, limits);
            is_cut(&outcome, Limit::Time, "time limit reached");
            // A generous bound for busy machines: without the clock these never end.
            assert!(started.elapsed() < Duration::from_secs(20), "{mode}");
        }
    }
}

const LONG: &str = "
work = function(n)
  s = 0
  i = 0
  while i < n
    s = s + i
    i += 1
  end while
  return s
end function
list = []
for k in range(1, 400)
  list.push work(800)
  if list.len > 50 then list = [k]
  if k % 4 == 0 then print k
end for
print list.len
";

#[test]
fn a_cancelled_engine_goes_on_as_if_nothing_had_been() {
    let mut rng = Rng::new(11);
    for mode in modes() {
        for variant in VARIANTS {
            let (output, whole) = run(LONG, mode, variant, Limits::NONE);
            assert_eq!(whole.end, End::Finished(String::new()));
            let mut engine = Engine::new(mode.config());
            for _ in 0..4 {
                let (said, outcome) = cancelled(&mut engine, variant, 1 + rng.below(90));
                assert_eq!(outcome.end, End::Cancelled, "{mode}");
                assert!(output.starts_with(&said) && said.len() < output.len(), "{mode}");
            }
            let (again, outcome) = run_in(&mut engine, LONG, variant, Limits::NONE);
            assert_eq!(again, output, "{mode}");
            assert_eq!((outcome.fuel, &outcome.counts), (whole.fuel, &whole.counts), "{mode}");
            assert_eq!(outcome.recording, whole.recording, "{mode}");
            assert!(outcome.heap <= whole.heap + (1 << 20), "{mode}: {} after {}", outcome.heap, whole.heap);
        }
    }
}

/// A run that is cancelled while it prints for the n-th time.
fn cancelled(engine: &mut Engine, variant: Variant, nth: u64) -> (String, RunOutcome) {
    let record = variant == Variant::Recording;
    let program = lowered(LONG, "test.ms");
    let loaded = if record { engine.load_recording(&program) } else { engine.load(&program) };
    let cancel: Arc<AtomicBool> = Arc::default();
    let request = RunRequest { record, cancel: cancel.clone(), ..RunRequest::new(Entry::Main) };
    let mut printed = 0;
    evaluate(engine, &loaded.expect("loads"), request, move |_| {
        printed += 1;
        if printed == nth {
            cancel.store(true, Ordering::Relaxed);
        }
    })
}

/// Whatever slice of its budget a program is cancelled in, all tiers stop it at the same instruction, and the engine is as before.
#[test]
fn a_program_is_cancelled_at_the_end_of_any_slice() {
    let mut rng = Rng::new(23);
    let next = "print \"next\"\nfor i in range(1, 2000)\n  x = i * 2\nend for\nprint x\n";
    for mode in modes() {
        let mut engine = Engine::new(mode.config());
        for text in WORK.iter().chain([&LONG]) {
            for variant in VARIANTS {
                let used = run(text, Mode::Interpreter, variant, Limits::NONE).1.fuel;
                let slice = (100 + rng.below(used / 4)) as i64;
                // A slice ends at the first loop head or call behind its weight, so there are fewer than the whole divided by it.
                let last = 1 + rng.below(used / slice.unsigned_abs() * 3 / 4);
                let pace = Pace { slice, cancel_at: Some(last) };
                let (said, expected) = paced(&mut Engine::new(Mode::Interpreter.config()), text, variant, pace);
                assert_eq!(expected.end, End::Cancelled, "{pace:?} of {used}");
                let (also, outcome) = paced(&mut engine, text, variant, pace);
                assert_eq!((also, account(outcome)), (said, account(expected)), "{mode} {variant:?} {pace:?}");
                let (output, outcome) = run_in(&mut engine, next, variant, Limits::NONE);
                let (same, fresh) = run(next, mode, variant, Limits::NONE);
                assert_eq!((output, outcome.heap), (same, fresh.heap), "{mode} {variant:?} {pace:?}");
                assert_eq!(account(outcome), account(fresh), "{mode} {variant:?} {pace:?}");
            }
        }
    }
}

fn paced(engine: &mut Engine, text: &str, variant: Variant, pace: Pace) -> (String, RunOutcome) {
    let record = variant == Variant::Recording;
    let program = lowered(text, "test.ms");
    let loaded = if record { engine.load_recording(&program) } else { engine.load(&program) };
    evaluate(engine, &loaded.expect("loads"), RunRequest { record, pace, ..RunRequest::new(Entry::Main) }, |_| {})
}

/// In a session the heap outlives its programs: what a cancelled one held only in its calls and loops is free afterwards.
#[test]
fn what_a_cancelled_program_held_is_freed() {
    let define = "build = function(n, depth)\n  l = []\n  for i in range(1, n)\n    l.push {\"i\": i, \"s\": \"text \" + i}\n  end for\n  \
                  if depth > 0 then x = build(n, depth - 1)\n  return l.len\nend function\n\
                  count = function\n  gc.collect\n  return gc.stats.total\nend function\n\
                  deep = function(n)\n  if n > 0 then x = deep(n - 1)\n  return [n]\nend function\n";
    let mut rng = Rng::new(31);
    for mode in modes() {
        let mut engine = Engine::new(mode.config());
        let host = SharedHost::new(CaptureHost::allowing(Effects::ALL));
        let output = host.clone();
        engine.interactive(Limits::NONE, false, Arc::default(), Box::new(host), |session| {
            let mut run = |text: &str, pace: Pace| {
                session.set_pace(pace);
                session.run(text, &lowered(text, "")).expect("loads").end
            };
            let count = |run: &mut dyn FnMut(&str, Pace) -> End| {
                output.lock().output.clear();
                assert_eq!(run("print count", Pace::default()), End::Finished(String::new()));
                output.lock().output.trim().parse::<f64>().expect("a number")
            };
            run(define, Pace::default());
            run("build 200, 3", Pace::default());
            let start = count(&mut run);
            for _ in 0..6 {
                let pace = Pace { slice: 500 + rng.below(500) as i64, cancel_at: Some(10 + rng.below(60)) };
                assert_eq!(run("build 2000, 20", pace), End::Cancelled, "{mode} {pace:?}");
                // The stack is read conservatively: a word that nobody has written over since may hold a whole list, until calls go as deep.
                let mut left = count(&mut run);
                for _ in 0..4 {
                    if left >= start + 60.0 {
                        run("deep 60", Pace::default());
                        left = count(&mut run);
                    }
                }
                // The history of inputs grows by some.
                assert!(left < start + 60.0, "{mode} {pace:?}: {left} objects, {start} at the start");
            }
        });
    }
}

/// Names the process in which [`a_panic_in_a_helper_ends_the_process`] panics.
const CHILD: &str = "MINILIVE_TEST_PANICS";

#[cfg(all(unix, not(minilive_portable)))]
#[test]
fn a_panic_in_a_helper_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    if std::env::var_os(CHILD).is_some() {
        panic_below_compiled_code();
    }
    let name = "a_panic_in_a_helper_ends_the_process";
    let mut child = std::process::Command::new(std::env::current_exe().expect("known"));
    let child = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().expect("starts");
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(said.contains("the host panics on purpose"), "{said}");
    assert!(child.status.signal().is_some(), "unwound through generated code: {:?}\n{said}", child.status);
}

/// Prints from compiled code into a host that panics.
#[cfg(all(unix, not(minilive_portable)))]
fn panic_below_compiled_code() {
    let text = "say = function(n)\n  print n\nend function\nfor i in range(1, 400)\n  say i\nend for";
    let mut engine = Engine::new(Mode::Tiered.config());
    let program = lowered(text, "test.ms");
    let loaded = engine.load(&program).expect("loads");
    let runs = (0..3).map(|_| evaluate(&mut engine, &loaded, RunRequest::new(Entry::Main), |_| {}).1);
    let outcome = runs.last().expect("three runs");
    let say = outcome.functions.iter().find(|it| it.name == "say").expect("ran");
    if say.tier == minilive_jit::engine::tier::Tier::Interpreter {
        println!("`say` is not compiled: {:?}", say.refusal);
        std::process::exit(0);
    }
    evaluate(&mut engine, &loaded, RunRequest::new(Entry::Main), |_| panic!("the host panics on purpose"));
    println!("the program went on after the panic");
    std::process::exit(0);
}

#[test]
fn calls_by_nothing_but_a_name_that_double_at_each_step_end_by_their_limit() {
    // The locals stand for the globals of their names, since they have no value. Not looked at, the budget would be left behind 2^40 calls later.
    let link = |i: usize| {
        format!(
            "f{i} = function\n  if 0 then g{i} = 1\n  a = g{i}\n  b = g{i}\n  return 1\nend function\ng{i} = @f{}\n",
            i + 1
        )
    };
    let links: String = (0..40).rev().map(link).collect();
    let text = format!("f40 = function\n  return 1\nend function\n{links}f0\n");
    for mode in modes() {
        for variant in VARIANTS {
            let (_, outcome) = run(&text, mode, variant, Limits { fuel: 300_000, ..Limits::NONE });
            is_cut(&outcome, Limit::Fuel, &Limit::Fuel.to_string());
        }
    }
}
