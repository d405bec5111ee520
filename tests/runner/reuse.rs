//! What an edit costs the code that it does not touch: nothing. Evaluate, edit one function, evaluate again.
//!
//! The worker does the same over its pipe (`server/tests/delta.rs`). Both variants are tested: the one that records, which
//! automatic evaluations run, and the plain one, where callers that contain the edited function are compiled again.

use minilive_jit::engine::tier::Tier;
use minilive_jit::engine::{End, Engine, EngineConfig, Entry, LoadError, RunOutcome, RunRequest, TierPolicy};
use minilive_jit::stats::FunctionStats;
use minilive_mir::ir::UnitKey;
use minilive_mir::program::Program;
use minilive_tests::modes::{Variant, evaluate, lowered};

const BEFORE: &str = "
square = function(n)
  return n * n
end function
twist = function(n)
  m = n % 7
  return m + 1
end function
area = function(n)
  s = 0
  i = 0
  while i < n
    s = s + square(i) - twist(i)
    i += 1
  end while
  return s
end function
total = 0
for k in range(1, 40)
  total = total + area(60)
end for
print total
";

fn engine() -> Engine {
    let tier = TierPolicy::Tiered { baseline: Some(100), threshold: 400 };
    Engine::new(EngineConfig { tier, synchronous: true, ..EngineConfig::default() })
}

fn run(engine: &mut Engine, program: &Program, variant: Variant) -> RunOutcome {
    printed(engine, program, variant).1
}

/// A run with what it printed.
fn printed(engine: &mut Engine, program: &Program, variant: Variant) -> (String, RunOutcome) {
    let record = variant == Variant::Recording;
    let loaded = if record { engine.load_recording(program) } else { engine.load(program) };
    let request = RunRequest { record, ..RunRequest::new(Entry::Main) };
    let (output, outcome) = evaluate(engine, &loaded.expect("loads"), request, |_| {});
    assert_eq!(outcome.end, End::Finished(String::new()));
    (output, outcome)
}

/// The program as the server sends it to a worker that holds these units already.
fn delta(program: &Program, known: &Program) -> Program {
    let mut program = program.clone();
    let holds = |unit: &minilive_mir::program::ProgramUnit| {
        known.units.iter().any(|it| (it.key, it.fingerprint) == (unit.key, unit.fingerprint))
    };
    program.units.iter_mut().filter(|unit| holds(unit)).for_each(|unit| unit.mir = None);
    program
}

fn exits(stats: &FunctionStats) -> u64 {
    stats.exits.iter().map(|exit| exit.count).sum()
}

fn of<'a>(outcome: &'a RunOutcome, name: &str) -> &'a FunctionStats {
    outcome.functions.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name} ran"))
}

/// Evaluates, edits, evaluates; gives the statistics before and after.
fn edited(variant: Variant, from: &str, to: &str) -> (RunOutcome, RunOutcome, UnitKey) {
    let (before, after) = (lowered(BEFORE, "test.ms"), lowered(&BEFORE.replacen(from, to, 1), "test.ms"));
    let mut engine = engine();
    // Guards that fail at first teach; after a few runs nothing is learned any more.
    let warm = (0..4).map(|_| run(&mut engine, &before, variant)).last().expect("ran");
    let (compiles, exits) = (engine.stats().compiles, engine.stats().exits);
    let settled = run(&mut engine, &before, variant);
    assert_eq!((engine.stats().compiles, engine.stats().exits), (compiles, exits), "{warm:#?}");

    let sent = delta(&after, &before);
    let with_code: Vec<UnitKey> = sent.units.iter().filter(|it| it.mir.is_some()).map(|it| it.key).collect();
    assert_eq!(with_code.len(), 1, "one unit changed, so one is sent");
    let mut bare = after.clone();
    bare.units.iter_mut().for_each(|unit| unit.mir = None);
    let missing = engine.load(&bare).expect_err("the new code is not known");
    assert!(matches!(missing, LoadError::Missing(units) if units.len() == 1 && units[0].0 == with_code[0]));
    let outcome = run(&mut engine, &sent, variant);
    (settled, outcome, with_code[0])
}

fn check(variant: Variant, from: &str, to: &str, changed: &str) {
    let (before, after, key) = edited(variant, from, to);
    assert_eq!(of(&after, changed).key, key);
    assert_ne!(of(&after, changed).calls, 0);
    for stats in after.functions.iter().filter(|it| it.key != key) {
        let old = before.functions.iter().find(|it| it.key == stats.key).expect("ran before");
        assert_eq!((stats.tier, &stats.loops), (old.tier, &old.loops), "{}", stats.name);
        assert_eq!(stats.compiles, old.compiles, "{} was compiled again", stats.name);
        assert_eq!(exits(stats), exits(old), "compiled code of {} was left: {:?}", stats.name, stats.exits);
        assert_eq!(stats.recording, variant == Variant::Recording);
    }
    for name in ["square", "twist", "area"].into_iter().filter(|it| *it != changed) {
        assert_eq!(of(&after, name).tier, Tier::Optimised, "{name}");
    }
}

#[test]
fn an_edited_function_leaves_the_others_and_its_callers_compiled() {
    let variant = Variant::Recording;
    check(variant, "return n * n", "return n * n + 1", "square");
    check(variant, "return m + 1", "return m + 2", "twist");
    check(variant, "i += 1", "i += 2", "area");
}

#[test]
fn an_edited_function_is_edited_where_it_is_part_of_its_callers() {
    for (from, to) in [("return n * n", "return n + n"), ("return m + 1", "return m - n"), ("i += 1", "i += 2")] {
        let (old, new) = (lowered(BEFORE, "test.ms"), lowered(&BEFORE.replacen(from, to, 1), "test.ms"));
        let (expected, fresh) = printed(&mut engine(), &new, Variant::Plain);
        let mut engine = engine();
        (0..4).for_each(|_| drop(run(&mut engine, &old, Variant::Plain)));
        let (output, edited) = printed(&mut engine, &delta(&new, &old), Variant::Plain);
        assert_eq!(output, expected, "{to}");
        assert_eq!((&edited.counts, edited.fuel), (&fresh.counts, fresh.fuel), "{to}");
    }
}

#[test]
fn going_back_finds_the_old_code_compiled() {
    for variant in [Variant::Plain, Variant::Recording] {
        let (old, new) =
            (lowered(BEFORE, "test.ms"), lowered(&BEFORE.replacen("return n * n", "return n + n", 1), "test.ms"));
        let mut engine = engine();
        let (said, first) = (0..5).map(|_| printed(&mut engine, &old, variant)).last().expect("ran");
        let (other, _) = (0..5).map(|_| printed(&mut engine, &new, variant)).last().expect("ran");
        assert_ne!(said, other);
        let (compiles, exits) = (engine.stats().compiles, engine.stats().exits);
        let (output, again) = printed(&mut engine, &delta(&old, &old), variant);
        assert_eq!(output, said);
        assert_eq!((again.fuel, &again.counts, &again.recording), (first.fuel, &first.counts, &first.recording));
        // Where `square` is part of `area`, `area` and what it is part of are compiled again.
        let more = engine.stats().compiles - compiles;
        assert!(more <= if variant == Variant::Plain { 2 } else { 0 }, "{more}");
        assert_eq!(engine.stats().exits, exits);
        assert!(variant == Variant::Plain || of(&again, "square").tier == Tier::Optimised);
    }
}

#[test]
fn a_function_with_other_parameters_is_called_rightly() {
    for variant in [Variant::Plain, Variant::Recording] {
        let text = BEFORE.replace("print total", "print square(3)");
        for parameters in ["n", "n, m=2", "n=5", "n, m=3"] {
            let mut engine = engine();
            let old = lowered(&text, "test.ms");
            (0..3).for_each(|_| drop(run(&mut engine, &old, variant)));
            let edited = text.replacen(
                "square = function(n)\n  return n * n",
                &format!("square = function({parameters})\n  return n * n"),
                1,
            );
            let edited = lowered(&edited, "test.ms");
            let fresh = run(&mut self::engine(), &edited, variant);
            let edited = run(&mut engine, &edited, variant);
            assert_eq!((&edited.counts, edited.fuel), (&fresh.counts, fresh.fuel), "{parameters}");
            assert_eq!(edited.recording, fresh.recording, "{parameters}");
        }
    }
}

/// What is put aside at an edit goes once there is too much of it, and only then.
#[test]
fn thousands_of_edits_leave_no_more_than_the_tables_hold() {
    const ROOM: usize = 512 << 10;
    let text = |i: usize| {
        format!(
            "f = function(n)\n  s = 0\n  i = 0\n  while i < n\n    s = s + i % {}\n    i += 1\n  end while\n  return s\nend function\n\
             for k in range(1, 30)\n  x = f(40)\nend for\nprint x\n",
            i + 2
        )
    };
    let expected = |i: usize| (0..40).map(|k| k % (i + 2)).sum::<usize>().to_string();
    let tier = TierPolicy::Tiered { baseline: Some(100), threshold: 400 };
    let mut engine = Engine::new(EngineConfig { tier, synchronous: true, max_native: ROOM, ..EngineConfig::default() });
    let (mut most, mut most_exits) = (0, 0);
    for i in 0..2500 {
        let program = lowered(&text(i), "test.ms");
        let (output, outcome) = printed(&mut engine, &program, Variant::Plain);
        assert_eq!(output.trim_end(), expected(i));
        assert_eq!(of(&outcome, "f").tier, Tier::Optimised, "edit {i}: {:?}", of(&outcome, "f").refusal);
        most = most.max(engine.stats().native_bytes);
        most_exits = most_exits.max(engine.stats().exits_known);
    }
    let stats = engine.stats();
    assert!(stats.compiles > 100 && most > ROOM / 2, "so few: {stats:?}, {most}");
    assert!(most <= ROOM && most_exits > 100 && most_exits < 1000, "{stats:?}, {most}, {most_exits}");
    assert!(stats.codes < 2500, "{stats:?}");
    // An edit undone finds its code, unless all went just now.
    (2497..2500).for_each(|i| drop(printed(&mut engine, &lowered(&text(i), "test.ms"), Variant::Plain)));
    let before = engine.stats().compiles;
    let (output, _) = printed(&mut engine, &lowered(&text(2497), "test.ms"), Variant::Plain);
    assert_eq!((output.trim_end(), engine.stats().compiles), (&*expected(2497), before));
}
