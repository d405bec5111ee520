//! How programs move between the tiers: what ran late is compiled after it ran twice, and nothing is compiled without end.
//!
//! Counts of compilations and exits are exact, since tests compile on the thread that runs. The rules stand in `jit/src/optimise.rs`.
#![cfg(not(minilive_portable))]

use minilive_jit::engine::tier::Tier;
use minilive_jit::engine::{End, Engine, EngineConfig, Entry, RunRequest, TierPolicy};
use minilive_jit::events::{CodeEvent, EntryPoint, Happened};
use minilive_jit::reason::{ExitReason, Invalidation, Refusal};
use minilive_jit::stats::FunctionStats;
use minilive_tests::modes::{Mode, evaluate, lowered, run};
use std::sync::{Arc, Mutex};

/// Runs a program tiered; the statistics of its function `f`.
#[track_caller]
fn f_of(program: &str, output: &str) -> FunctionStats {
    f_in(Mode::Tiered, program, output)
}

#[track_caller]
fn f_in(mode: Mode, program: &str, output: &str) -> FunctionStats {
    let ran = run(program, "tiering.ms", mode);
    assert_eq!(ran.output, output);
    let outcome = ran.outcome.expect("it compiles");
    outcome.functions.into_iter().find(|it| it.name == "f").expect("it was called")
}

fn exits(function: &FunctionStats) -> u64 {
    function.exits.iter().map(|it| it.count).sum()
}

#[test]
fn a_part_that_first_runs_when_its_function_is_compiled_is_compiled_soon() {
    let f = f_of(
        "f = function(n)\n  s = 0\n  i = 0\n  while i < n\n    s += i\n    i += 1\n  end while\n\
         for k in range(1, n)\n    if k % 3 == 0 then s += 1\n  end for\n  return s\nend function\n\
         for r in range(1, 2000)\n  x = f(300)\nend for\nprint x\n",
        "44950\n",
    );
    assert_eq!(f.tier, Tier::Optimised);
    assert!(f.compiles <= 6, "compiled {} times", f.compiles);
    // Calls take the way through baseline code to the loops some hundred times, and leave the first one at its end each time.
    assert!(exits(&f) <= 400, "left {} times: {:?}", exits(&f), f.exits);
}

#[test]
fn parts_that_run_one_after_the_other_are_compiled_together_when_the_first_one_does() {
    let f = f_of(
        "add = function(a, b)\n  return {\"x\": a.x + b.x}\nend function\n\
         f = function(n, p)\n  if n > 2000 then\n    q = add(p, p)\n    n = floor(q.x / 3) * 2 - q.x % 7\n    n = n * 2 + abs(q.x)\n  end if\n\
         if p.x > 3000 then\n    q = add(p, add(p, p))\n    n += floor(q.x / 4) % 5\n    if n == 0 then n = p.x\n    n = n - q.x\n  end if\n\
         return n + p.x\nend function\n\
         s = 0\nfor i in range(1, 4000)\n  s += f(i, {\"x\": i})\nend for\nprint s\n",
        "27493496\n",
    );
    assert_eq!(f.tier, Tier::Optimised);
    assert_eq!(f.compiles, 2, "{:?}", f.exits);
}

#[test]
fn a_little_that_has_not_run_is_compiled_at_once() {
    let f = f_of(
        "f = function(n)\n  s = n * 2 + n % 3 - n / 2\n  s = s * s + n - s / 7 + n * 3\n  if n > 3000 then s = abs(s) + 1\n  return s\nend function\n\
         s = 0\nfor i in range(1, 4000)\n  s += f(i) % 10\nend for\nprint floor(s)\n",
        "19821\n",
    );
    assert_eq!(f.tier, Tier::Optimised);
    assert_eq!((f.compiles, exits(&f)), (1, 0), "{:?}", f.exits);
}

#[test]
fn computed_lists_are_read_and_written_where_they_are_found() {
    let f = f_of(
        "f = function(n)\n  a = range(1, n)\n  b = [0] * n\n  s = 0\n  for i in range(1, n - 1)\n    b[i] = a[i] + a[i - 1]\n    s += b[i]\n\
         end for\n  return s\nend function\nfor r in range(1, 2000)\n  x = f(50)\nend for\nprint x\n",
        "2499\n",
    );
    assert_eq!(f.tier, Tier::Optimised);
    let outside = f.exits.iter().filter(|it| it.reason == ExitReason::IndexOutOfRange);
    assert_eq!(outside.map(|it| it.count).sum::<u64>(), 0, "{:?}", f.exits);
    assert!(f.compiles <= 6, "compiled {} times", f.compiles);
}

#[test]
fn a_range_with_a_variable_step_is_counted() {
    let f = f_of(
        "f = function(n, step)\n  s = 0\n  for i in range(step * step, n, step)\n    s += i\n  end for\n  return s\nend function\n\
         for r in range(1, 3000)\n  x = f(100, r % 5 + 2)\nend for\nprint x\nprint f(10, 0)\nprint f(9, 2)\n",
        "2548\n0\n18\n",
    );
    assert_eq!(f.tier, Tier::Optimised);
    // The error of a step of 0 is the interpreter's to make.
    assert_eq!(
        f.exits.iter().filter(|it| it.reason == ExitReason::RangeStep).map(|it| it.count).sum::<u64>(),
        1,
        "{:?}",
        f.exits
    );
    assert!(f.exits.iter().all(|it| it.reason != ExitReason::IndexOutOfRange), "{:?}", f.exits);
}

#[test]
fn a_function_of_many_loops_has_them_all_compiled() {
    let mut program = "f = function(n)\n  s = 0\n".to_string();
    for _ in 0..20 {
        program += "  for i in range(1, n)\n    s += i\n  end for\n";
    }
    program += "  return s\nend function\nprint f(2000)\n";
    let f = f_of(&program, "40020000\n");
    assert_eq!(f.refusal, None);
    assert_eq!(f.loops.len(), 20);
}

#[test]
fn loops_that_follow_compiled_ones_are_compiled_as_soon_as_they_are_hot() {
    let mut program = "f = function(n)\n  s = 0\n".to_string();
    for i in 0..60 {
        program += &format!("  for i in range(1, n)\n    s += i % {}\n  end for\n", i + 2);
    }
    program += "  return s\nend function\nx = f(150)\nprint x > 0\n";
    let f = f_of(&program, "1\n");
    // None of them is a way to another, so none waits for what it would cost to go such ways.
    assert_eq!(f.loops.len(), 60);
}

#[test]
fn values_of_ever_other_kinds_do_not_make_it_compile_without_end() {
    let f = f_of(
        "f = function(a, b)\n  return a + b\nend function\n\
         for r in range(1, 300)\n  for k in range(1, 40)\n    x = f(k, r)\n    x = f(k / 7, r)\n    y = f(\"a\", k)\n    z = f([k], [])\n  end for\nend for\n\
         print x\nprint y\nprint z\n",
        "305.714286\na40\n[40]\n",
    );
    assert!(f.compiles <= 8, "compiled {} times", f.compiles);
    assert!(exits(&f) <= 60, "left {} times: {:?}", exits(&f), f.exits);
}

#[test]
fn guards_that_fail_at_random_fail_more_than_once_and_at_the_same_moments_for_a_seed() {
    let program = "f = function(n)\n  s = 0\n  for i in range(1, n)\n    s = s + i % 7\n  end for\n  return s\nend function\n\
                   for r in range(1, 60)\n  x = f(50)\nend for\nprint x\n";
    let left = |mode| exits(&f_in(mode, program, "148\n"));
    let once = left(Mode::GuardsFail);
    assert!(once > 0);
    let random: Vec<u64> = (1..=4).map(|seed| left(Mode::RandomGuards(seed))).collect();
    assert!(random.iter().all(|&exits| exits > 2 * once), "{random:?} against {once}");
    assert!(random.iter().any(|&exits| exits != random[0]), "{random:?}");
    let again: Vec<u64> = (1..=4).map(|seed| left(Mode::RandomGuards(seed))).collect();
    assert_eq!(again, random);
}

#[test]
fn the_thread_beside_the_program_compiles_what_it_is_asked_for() {
    let program = "f = function(n)\n  s = 0\n  for i in range(1, n)\n    s = s + i % 7\n  end for\n  return s\nend function\n\
                   for r in range(1, 400)\n  x = f(5000)\nend for\nprint x\n";
    // The program does not wait for its code, so on a busy machine one run may be over first.
    let compiled = (0..20).any(|_| {
        let f = f_in(Mode::Background, program, "14997\n");
        assert_eq!(f.refusal, None);
        f.tier == Tier::Optimised && f.compiles > 0
    });
    assert!(compiled, "nothing was compiled in twenty runs");
}

/// Where there are templates for baseline code.
const HAS_BASELINE: bool = minilive_jit::baseline::AVAILABLE;

#[test]
fn baseline_code_is_made_of_every_function_and_of_nothing_else() {
    if !HAS_BASELINE {
        return;
    }
    let f = f_in(
        Mode::Baseline,
        "f = function(n)\n  g = function(x)\n    return x + outer.n\n  end function\n  s = \"\"\n  for c in \"abc\"\n\
           s += c + g(n)\n  end for\n  locals.z = s\n  return z\nend function\nprint f(3)\nprint f(4)\n",
        "a6b6c6\na8b8c8\n",
    );
    assert_eq!((f.tier, f.compiles, exits(&f)), (Tier::Baseline, 0, 0));
    assert!(f.baseline_bytes > 0 && f.bytes == f.baseline_bytes && !f.baseline_time.is_zero());
}

/// What happened to the code of `f`, in order.
fn history(tier: TierPolicy, program: &str) -> Vec<Happened> {
    history_in(EngineConfig { tier, ..EngineConfig::default() }, program)
}

fn history_in(config: EngineConfig, program: &str) -> Vec<Happened> {
    let mut engine = Engine::new(config);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    engine.watch_code(Box::new(move |event| match event {
        CodeEvent::Tier(event) if event.name == "f" => told.lock().expect("nobody panics").push(event.what),
        _ => {}
    }));
    let loaded = engine.load(&lowered(program, "history.ms")).expect("it loads");
    let (_, outcome) = evaluate(&mut engine, &loaded, RunRequest::new(Entry::Main), |_| {});
    assert_eq!(outcome.end, End::Finished(String::new()));
    seen.lock().expect("nobody panics").clone()
}

#[test]
fn a_function_gets_baseline_code_first_and_optimised_code_after_more_work() {
    if !HAS_BASELINE {
        return;
    }
    let program = "f = function(n)\n  s = 0\n  for i in range(1, n)\n    s += i\n  end for\n  return s\nend function\n\
                   for i in range(1, 300)\n  x = f(5)\nend for\n";
    let tier = |baseline, threshold| TierPolicy::Tiered { baseline, threshold };
    let entries = |tier| -> Vec<EntryPoint> {
        let compiled = |it| if let Happened::Compiled { entry, .. } = it { Some(entry) } else { None };
        history(tier, program).into_iter().filter_map(compiled).collect()
    };
    let of_optimiser = entries(tier(None, 500));
    assert!(of_optimiser.contains(&EntryPoint::Calls) && !of_optimiser.contains(&EntryPoint::Anywhere));
    let of_all = entries(tier(Some(50), 500));
    assert_eq!(of_all.first(), Some(&EntryPoint::Anywhere));
    assert!(of_all.contains(&EntryPoint::Calls) && !of_all[1..].contains(&EntryPoint::Anywhere), "{of_all:?}");
    assert_eq!(entries(tier(Some(50), 1_000_000)), [EntryPoint::Anywhere]);
    assert_eq!(entries(TierPolicy::Baseline { threshold: 1_000_000 }), []);
}

/// `g` is called once a round of a loop in `f`, whose rounds weigh so much that the call has not run often by the time that the loop is hot.
fn heavy_rounds(last: &str) -> String {
    let plain: String = (0..6).map(|i| format!("    a{i} = (a{i} * 3 + i) % 1000\n")).collect();
    let vars: String = (0..6).map(|i| format!("  a{i} = 1\n")).collect();
    format!(
        "g = function(o)\n  if o.x < 0 then return 0\n  return o.x + 1\nend function\nf = function(n)\n{vars}  s = 0\n\
           \x20 for i in range(1, n)\n{plain}    s += g({{\"x\":i}})\n  end for\n  return s\nend function\n{last}"
    )
}

#[test]
fn what_runs_long_is_compiled_again_with_what_it_calls() {
    let told = |work_to_outgrow| {
        history_in(EngineConfig { work_to_outgrow, ..EngineConfig::default() }, &heavy_rounds("x = f(100000)\n"))
    };
    let replaced = |it: &&Happened| matches!(it, Happened::Dropped { why: Invalidation::Replaced, .. });
    let left = |it: &&Happened| matches!(it, Happened::Left(left) if left.reason == ExitReason::Outgrown);
    let (soon, never) = (told(100_000), told(u64::MAX));
    assert_eq!(soon.iter().filter(replaced).count(), 1, "{soon:?}");
    assert_eq!(soon.iter().filter(left).count(), 1, "{soon:?}");
    assert_eq!(never.iter().filter(|it| replaced(it) || left(it)).count(), 0, "{never:?}");
}

#[test]
fn a_loop_that_ran_long_is_not_compiled_again_from_calls_of_its_function() {
    // The first call enters the loop's own code; the others, from a compiled loop, code for calls, in which slices end as well.
    let last = "x = f(4000)\nfor i in range(1, 5000)\n  x += f(60)\nend for\nprint x\n";
    let work_to_outgrow = 100_000;
    for synchronous in [true, false] {
        let happened =
            history_in(EngineConfig { work_to_outgrow, synchronous, ..EngineConfig::default() }, &heavy_rounds(last));
        let is_failure = |it: &&Happened| matches!(it, Happened::Refused { .. });
        assert_eq!(happened.iter().filter(is_failure).count(), 0, "{happened:?}");
        let for_calls = |it: &&Happened| matches!(it, Happened::Compiled { entry: EntryPoint::Calls, .. });
        assert!(happened.iter().filter(for_calls).count() >= usize::from(synchronous), "{happened:?}");
    }
}

#[test]
fn sites_that_had_settled_look_again_before_their_function_is_compiled() {
    let program = "f = function(o)\n  return o.x\nend function\na = {\"x\":1}\nb = {\"y\":0, \"x\":2}\nc = {\"z\":0, \"y\":0, \"x\":3}\n\
                   for i in range(1, 300)\n  s = f(a) + f(b)\nend for\nfor i in range(1, 3000)\n  s = f(a) + f(c)\nend for\n";
    let happened = history(TierPolicy::default(), program);
    let left = |it: &Happened| matches!(it, Happened::Left(_) | Happened::Dropped { .. });
    assert!(!happened.iter().any(left), "{happened:?}");
    let for_calls = |it: &&Happened| matches!(it, Happened::Compiled { entry: EntryPoint::Calls, .. });
    assert_eq!(happened.iter().filter(for_calls).count(), 1, "{happened:?}");
}

#[test]
fn what_the_optimiser_refuses_stays_in_baseline_code() {
    if !HAS_BASELINE {
        return;
    }
    let divisors = 2..3000u64;
    let lines: String = divisors.clone().map(|k| format!("  s = s + n % {k}\n")).collect();
    let program = format!(
        "f = function(n)\n  s = 0\n{lines}  return s\nend function\n\
         x = 0\nfor i in range(1, 300)\n  x += f(i)\nend for\nprint x\n"
    );
    let sum: u64 = (1..=300).flat_map(|n| divisors.clone().map(move |k| n % k)).sum();
    let f = f_of(&program, &format!("{sum}\n"));
    assert_eq!((f.tier, f.refusal), (Tier::Baseline, Some(Refusal::TooLarge)));
}

#[test]
fn code_that_is_dropped_leaves_the_function_in_baseline_code() {
    if !HAS_BASELINE {
        return;
    }
    // It is too long to become a part of the loop.
    let tests: String = (1001..1020).map(|n| format!("  if a == {n} then return {n}\n")).collect();
    let program = format!(
        "f = function(a)\n{tests}  return a + a\nend function\n\
         for k in range(1, 600)\n  x = f(k)\nend for\n\
         for k in range(1, 200)\n  x = f(\"a\")\nend for\nprint x\n"
    );
    let f = f_of(&program, "aa\n");
    assert!(f.invalidation.is_some() && f.compiles > 0, "{f:?}");
    assert_eq!(f.tier, Tier::Baseline);
}

#[test]
fn calls_in_baseline_code_take_no_native_stack() {
    let program = "f = function(n)\n  if n == 0 then return 0\n  return 1 + f(n - 1)\nend function\nprint f(400000)\n";
    let tier = TierPolicy::Baseline { threshold: 0 };
    let mut engine = Engine::new(EngineConfig { tier, ..EngineConfig::default() });
    let loaded = engine.load(&lowered(program, "deep.ms")).expect("it loads");
    let (output, outcome) = evaluate(&mut engine, &loaded, RunRequest::new(Entry::Main), |_| {});
    assert_eq!((output.as_str(), outcome.end), ("400000\n", End::Finished(String::new())));
}

#[test]
fn code_that_relied_on_a_replaced_function_is_made_anew_without_that() {
    let program = |replaces: &str| {
        format!(
            "g = function(x)\n  return x + 1\nend function\nh = function(x)\n  return x + 2\nend function\n\
             f = function(n)\n  s = 0\n  for i in range(1, n)\n    s += g(i)\n  end for\n  return s\nend function\n\
             for r in range(1, 200)\n  x = f(20)\nend for\n{replaces}\nfor r in range(1, 2500)\n  x = f(20)\nend for\nprint x\n"
        )
    };
    let changed = |f: &FunctionStats| -> u64 {
        f.exits.iter().filter(|it| it.reason == ExitReason::GlobalChanged).map(|it| it.count).sum()
    };
    let f = f_of(&program("globals.g = @h"), "250\n");
    assert_eq!(f.tier, Tier::Optimised, "{f:?}");
    assert!((1..=60).contains(&changed(&f)), "left {} times: {:?}", changed(&f), f.exits);
    // The same function again changes nothing, nor does another global.
    let f = f_of(&program("globals.g = @g\nglobals.k = @h"), "230\n");
    assert_eq!(changed(&f), 0, "{:?}", f.exits);
}

#[test]
fn a_global_that_holds_ever_other_functions_does_not_make_it_compile_without_end() {
    let f = f_of(
        "a = function(x)\n  return x + 1\nend function\nb = function(x)\n  return x + 2\nend function\ng = @a\n\
         f = function(i)\n  return g(i) + g(i + 1)\nend function\n\
         for r in range(1, 100)\n  if r % 2 == 0 then g = @a else g = @b\n  for i in range(1, 50)\n    x = f(i)\n  end for\nend for\nprint x\n",
        "103\n",
    );
    assert!(f.compiles <= 4, "compiled {} times", f.compiles);
}
