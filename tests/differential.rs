//! Compares what generated programs print, count and record in all modes with what the interpreter does, and shrinks what
//! differs.
//!
//! `runner/differential.rs` runs a few seeds, `xtask differential` many. Invariant: a difference is reported with the smallest
//! program that still shows it, so that it can become a spec.

use crate::generate::{self, Rng};
use crate::modes::{Mode, Ran, Variant, run_in, run_with};
use crate::shrink::{shrink, tokens};
use minilive_jit::engine::tier::Tier;
use minilive_jit::engine::{End, Engine, Pace, RunOutcome};
use minilive_jit::interp::budget::SLICE;

/// Steps after which a generated program is cut; the same in every mode.
const FUEL: u64 = 60_000_000;

/// What messages call the program.
pub const FILE: &str = "generated.ms";

/// How many runs of one kind there were, for the closing line: a suite that tests nothing must not look green.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    /// Programs that ran.
    pub programs: u64,
    /// Of these, stopped by a run-time error.
    pub errors: u64,
    /// Of these, cut by the step limit.
    pub cut: u64,
    /// Of these, with at least one compiled function or loop.
    pub compiled: u64,
    /// Side exits taken.
    pub exits: u64,
    /// Runs that were cancelled on the way, with another program behind them.
    pub cancelled: u64,
}

/// A program that does not do the same in two modes.
#[derive(Debug)]
pub struct Difference {
    /// The seed it came from.
    pub seed: u64,
    /// The mode that differs from the interpreter.
    pub mode: Mode,
    /// The variant of the code that differs.
    pub variant: Variant,
    /// The shrunk program.
    pub program: String,
    /// What the interpreter printed.
    pub expected: String,
    /// What the mode printed.
    pub printed: String,
}

/// The modes in which a seed is worth its time: the two common ones, and in turn one of those in which little is known, or in which
/// what is known fails.
pub fn modes_of(seed: u64) -> Vec<Mode> {
    if cfg!(minilive_portable) {
        return Vec::new();
    }
    let second = if seed.is_multiple_of(5) { Mode::Uncounted } else { Mode::Tiered };
    let third = [Mode::Mixed(1), Mode::RandomGuards(seed), Mode::Mixed(2), Mode::Background, Mode::GuardsFail];
    let first = if seed.is_multiple_of(3) { Mode::Eager } else { Mode::Baseline };
    vec![first, second, third[(seed % 5) as usize]]
}

/// Runs one seed in the given modes.
pub fn check(seed: u64, modes: &[Mode], tally: &mut Tally) -> Result<(), Box<Difference>> {
    let program = generate::program(seed);
    // Either variant is code of its own, so each is run; in turn, since a seed says as much about the one as about the other.
    let variant = if (seed + seed / 10).is_multiple_of(2) { Variant::Plain } else { Variant::Recording };
    let expected = run_with(&program, FILE, Mode::Interpreter, variant, FUEL);
    // Such a program would test nothing, and the generator is to blame.
    assert!(expected.outcome.is_some(), "seed {seed} gives no valid program: {}\n{program}", expected.output);
    count(&expected, tally);
    for mode in modes.iter().map(|mode| mode.seeded(seed)).filter(|&mode| mode != Mode::Interpreter) {
        let ran = run_with(&program, FILE, mode, variant, FUEL);
        count_code(&ran, tally);
        if differs(mode, &expected, &ran) {
            // Without the line that ends a loop, a smaller program could run for a long time. The last slice is left to the
            // interpreter, so less would hide what compiled code does.
            let used = expected.outcome.as_ref().map_or(FUEL, |it| it.fuel);
            let fuel = used * 2 + 5 * SLICE.unsigned_abs();
            return Err(Box::new(shrunk(seed, mode, variant, &program, fuel)));
        }
    }
    match modes.last() {
        Some(&mode) => check_cancelling(seed, mode.seeded(seed), variant, &expected, tally),
        None => Ok(()),
    }
}

/// Runs the seed's program in small slices and cancels it at the end of one of them, then runs the next seed's program in the same
/// engine. The one must stop where the interpreter stops; the other must not know of it.
fn check_cancelling(
    seed: u64,
    mode: Mode,
    variant: Variant,
    whole: &Ran,
    tally: &mut Tally,
) -> Result<(), Box<Difference>> {
    let mut rng = Rng::new(seed.wrapping_mul(31));
    let slice = 200 + rng.below(3000) as i64;
    let used = whole.outcome.as_ref().map_or(0, |it| it.fuel);
    let pace = Pace { slice, cancel_at: Some(1 + rng.below(used / slice.unsigned_abs() + 1)) };
    let (first, second) = (generate::program(seed), generate::program(seed + 1));
    let paced = |mode: Mode, program: &str| {
        let mut engine = Engine::new(mode.config());
        let ran = run_in(&mut engine, program, FILE, variant, FUEL, pace);
        (ran, engine)
    };
    let ((stopped, _), (ran, mut engine)) = (paced(Mode::Interpreter, &first), paced(mode, &first));
    tally.cancelled += u64::from(stopped.outcome.as_ref().is_some_and(|it| it.end == End::Cancelled));
    if differs(mode, &stopped, &ran) {
        return Err(Box::new(shrunk_by(seed, mode, variant, &first, &|text| {
            let expected = paced(Mode::Interpreter, text).0;
            (expected, paced(mode, text).0)
        })));
    }
    let next = |engine: &mut Engine, program: &str| {
        let expected = run_with(program, FILE, Mode::Interpreter, variant, FUEL);
        (expected, run_in(engine, program, FILE, variant, FUEL, mode.pace()))
    };
    let (expected, ran) = next(&mut engine, &second);
    if !differs(mode, &expected, &ran) {
        return Ok(());
    }
    let shorter = shrunk_by(seed, mode, variant, &second, &|text| next(&mut paced(mode, &first).1, text));
    let before = shrunk_by(seed, mode, variant, &first, &|text| next(&mut paced(mode, text).1, &shorter.program));
    let program =
        format!("// cancelled at {pace:?}:\n{}\n// and then, in the same engine:\n{}", before.program, shorter.program);
    Err(Box::new(Difference { program, ..before }))
}

/// Runs one program in all modes and both variants; says which differ from the interpreter, and how.
pub fn compare(program: &str) -> Vec<String> {
    let mut found = Vec::new();
    for variant in [Variant::Plain, Variant::Recording] {
        let expected = run_with(program, "program.ms", Mode::Interpreter, variant, FUEL);
        for &mode in Mode::all() {
            let ran = run_with(program, "program.ms", mode, variant, FUEL);
            if differs(mode, &expected, &ran) {
                let (expected, printed) = (account(&expected, &ran), account(&ran, &expected));
                found.push(format!("{mode} ({variant:?})\n--- interpreter\n{expected}--- {mode}\n{printed}"));
            }
        }
    }
    found
}

fn count(ran: &Ran, tally: &mut Tally) {
    tally.programs += 1;
    match ran.outcome.as_ref().map(|it| &it.end) {
        Some(End::Error(_)) => tally.errors += 1,
        Some(End::Cut { .. }) => tally.cut += 1,
        _ => {}
    }
}

fn count_code(ran: &Ran, tally: &mut Tally) {
    let functions = ran.outcome.as_ref().map(|it| it.functions.as_slice()).unwrap_or_default();
    tally.compiled += u64::from(functions.iter().any(|it| it.tier != Tier::Interpreter || !it.loops.is_empty()));
    tally.exits += functions.iter().flat_map(|it| &it.exits).map(|exit| exit.count).sum::<u64>();
}

fn differs(mode: Mode, expected: &Ran, ran: &Ran) -> bool {
    let counted = mode.config().counted;
    let counts = |it: &RunOutcome| if counted { it.counts.clone() } else { Vec::new() };
    let seen = |ran: &Ran| ran.outcome.as_ref().map(|it| (counts(it), it.recording.clone(), it.fuel));
    !ran.compiler_failures().is_empty() || expected.output != ran.output || seen(expected) != seen(ran)
}

/// Drops lines, then tokens, as long as the program still compiles and still shows a difference.
fn shrunk(seed: u64, mode: Mode, variant: Variant, program: &str, fuel: u64) -> Difference {
    let run = |text: &str, mode| run_with(text, FILE, mode, variant, fuel);
    shrunk_by(seed, mode, variant, program, &|text| (run(text, Mode::Interpreter), run(text, mode)))
}

/// As [`shrunk`], where this gives what the interpreter and what the mode does with a program.
fn shrunk_by(seed: u64, mode: Mode, variant: Variant, program: &str, both: &dyn Fn(&str) -> (Ran, Ran)) -> Difference {
    let shows = |text: String| {
        let (expected, ran) = both(&text);
        expected.outcome.as_ref()?;
        differs(mode, &expected, &ran).then_some((text, expected, ran))
    };
    let lines: Vec<&str> = program.split_inclusive('\n').collect();
    let fewer_lines = shrink(lines, |lines| shows(lines.concat()));
    let Some((_, (text, ..))) = fewer_lines else {
        let note = "(a second run did not differ)".to_string();
        return Difference { seed, mode, variant, program: program.to_string(), expected: note.clone(), printed: note };
    };
    let fewer_tokens = shrink(tokens(&text), |tokens| shows(tokens.concat()));
    let (_, (program, expected, ran)) = fewer_tokens.expect("what differed a moment ago differs");
    let (mine, theirs) = (account(&expected, &ran), account(&ran, &expected));
    Difference { seed, mode, variant, program, expected: mine, printed: theirs }
}

/// What a run printed; if that is not what tells the two apart, its fuel, and the counts and values that the other has not.
fn account(ran: &Ran, other: &Ran) -> String {
    let mut text = ran.output.clone();
    if let (Some(mine), Some(theirs)) = (&ran.outcome, &other.outcome)
        && ran.output == other.output
    {
        text += &format!("fuel {}\n", mine.fuel);
        let counts = mine.counts.iter().filter(|it| !theirs.counts.contains(it));
        counts.for_each(|it| text += &format!("counts of {}: {:?}\n", it.key, it.blocks));
        let points = mine.recording.points.iter().filter(|it| !theirs.recording.points.contains(it));
        points.for_each(|it| text += &format!("recorded {it:?}\n"));
    }
    ran.compiler_failures().iter().for_each(|it| text += &format!("the compiler failed: {it}\n"));
    text
}
