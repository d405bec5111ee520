//! Runs a program in every tier and stress mode that exists, as `minilive run --compat` would.
//!
//! Specs, the conformance suite and the differential tests call [`run`]. Invariant: a mode that this build cannot have (compiled
//! code in a portable build) is not in [`Mode::all`], so no test passes by silently running the interpreter instead.

use crate::modules::Known;
use minilive_jit::engine::{
    End, Engine, EngineConfig, Entry, GuardMode, Loaded, Pace, RunOutcome, RunRequest, TierPolicy,
};
use minilive_mir::diagnostic::Severity;
use minilive_mir::program::Program;
use minilive_runtime::host::{CaptureHost, Effects, SharedHost};
use minilive_runtime::limits::Limits;
use std::fmt;

/// How a program is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The interpreter alone.
    Interpreter,
    /// Every function in baseline code at first sight, and never in another.
    Baseline,
    /// Every function and loop compiled by the optimiser at first sight.
    Eager,
    /// Compiled after a little work, so that programs move between the tiers.
    Tiered,
    /// Compiled after this little work, so that code knows next to nothing of what it will meet; with a threshold of 2, no code embeds
    /// addresses.
    Mixed(u32),
    /// Compiled after very little work by a thread that compiles beside the program, so that code comes at other moments in every run.
    Background,
    /// Compiled after a little work, and optimised code counts nothing, as `minilive run` has it.
    Uncounted,
    /// Compiled after a little work, and again with what it calls after a little more, in small slices.
    Outgrowing,
    /// Compiled after a little work, in small slices and in so little memory for machine code that it is freed, and made again, all the time.
    Cramped,
    /// Compiled, and every guard fails.
    GuardsFail,
    /// Compiled, and guards fail at random, as this seed decides.
    RandomGuards(u64),
    /// The interpreter, with a collection at every allocation and poisoned freed cells.
    InterpreterStress,
    /// Baseline code, with a collection at every allocation.
    BaselineStress,
    /// Compiled at first sight, with a collection at every allocation.
    EagerStress,
}

/// Bytes of machine code in [`Mode::Cramped`]: what all code shares takes some of them.
const CRAMPED: usize = 20 << 10;

impl Mode {
    /// The modes of this build.
    pub fn all() -> &'static [Mode] {
        if cfg!(minilive_portable) {
            &[Mode::Interpreter, Mode::InterpreterStress]
        } else {
            &[
                Mode::Interpreter,
                Mode::Baseline,
                Mode::Eager,
                Mode::Tiered,
                Mode::Mixed(1),
                Mode::Mixed(2),
                Mode::Background,
                Mode::Uncounted,
                Mode::Outgrowing,
                Mode::Cramped,
                Mode::GuardsFail,
                Mode::RandomGuards(1),
                Mode::RandomGuards(2),
                Mode::InterpreterStress,
                Mode::BaselineStress,
                Mode::EagerStress,
            ]
        }
    }

    /// The mode, with chance that depends on a program's seed.
    pub fn seeded(self, seed: u64) -> Mode {
        match self {
            Mode::RandomGuards(_) => Mode::RandomGuards(seed),
            other => other,
        }
    }

    /// The engine's settings for this mode. Compilation is synchronous but in one, so that a failure can be repeated.
    pub fn config(self) -> EngineConfig {
        let tier = match self {
            Mode::Interpreter | Mode::InterpreterStress => TierPolicy::InterpretOnly,
            Mode::Baseline | Mode::BaselineStress => TierPolicy::Baseline { threshold: 0 },
            Mode::Tiered | Mode::Uncounted | Mode::Outgrowing | Mode::Cramped => {
                TierPolicy::Tiered { baseline: Some(100), threshold: 400 }
            }
            Mode::Background => TierPolicy::Tiered { baseline: Some(10), threshold: 50 },
            Mode::Mixed(threshold) => TierPolicy::Tiered { baseline: Some(threshold), threshold },
            // What leaves code of even seeds goes on in baseline code, of odd ones in the interpreter.
            Mode::RandomGuards(seed) if seed % 2 == 0 => TierPolicy::Tiered { baseline: Some(1), threshold: 2 },
            Mode::Eager | Mode::GuardsFail | Mode::RandomGuards(_) | Mode::EagerStress => TierPolicy::Eager,
        };
        let guards = match self {
            Mode::GuardsFail => GuardMode::AlwaysFail,
            Mode::RandomGuards(seed) => GuardMode::Random(seed),
            _ => GuardMode::Normal,
        };
        let gc_stress = matches!(self, Mode::InterpreterStress | Mode::BaselineStress | Mode::EagerStress);
        // One mode has relocations where the others have addresses.
        let symbolic = self == Mode::Mixed(2);
        EngineConfig {
            tier,
            guards,
            gc_stress,
            synchronous: self != Mode::Background,
            // Some is compiled beside the program, and some is not.
            most_here: 20,
            counted: self != Mode::Uncounted,
            work_to_outgrow: if self == Mode::Outgrowing { 1 } else { EngineConfig::default().work_to_outgrow },
            symbolic,
            max_native: if self == Mode::Cramped { CRAMPED } else { EngineConfig::default().max_native },
            ..EngineConfig::default()
        }
    }

    /// How the budget is granted.
    pub fn pace(self) -> Pace {
        let whole = Pace::default();
        let slice = match self {
            Mode::Outgrowing => 100,
            Mode::Cramped => 1000,
            _ => whole.slice,
        };
        Pace { slice, ..whole }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Mixed(threshold) => return write!(f, "threshold {threshold}"),
            Mode::RandomGuards(seed) => return write!(f, "guards fail at random, seed {seed}"),
            Mode::Interpreter => "interpreter",
            Mode::Baseline => "baseline",
            Mode::Eager => "eager",
            Mode::Tiered => "tiered",
            Mode::Background => "compiled in the background",
            Mode::Uncounted => "uncounted",
            Mode::Outgrowing => "compiled again",
            Mode::Cramped => "in little memory for machine code",
            Mode::GuardsFail => "guards-fail",
            Mode::InterpreterStress => "interpreter, collecting always",
            Mode::BaselineStress => "baseline, collecting always",
            Mode::EagerStress => "eager, collecting always",
        })
    }
}

/// Which code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// As `minilive run` runs it.
    Plain,
    /// The variant that keeps values for the editor.
    Recording,
}

/// What a run printed, and how it went.
#[derive(Debug)]
pub struct Ran {
    /// Everything on standard output, error line included.
    pub output: String,
    /// The engine's account; `None` if the program did not compile.
    pub outcome: Option<RunOutcome>,
}

impl Ran {
    /// What broke inside the compiler: a bug whatever the program printed, since the interpreter stepped in for it.
    pub fn compiler_failures(&self) -> &[String] {
        self.outcome.as_ref().map(|it| it.compiler_failures.as_slice()).unwrap_or_default()
    }
}

/// Steps after which a test program is taken to hang.
pub const FUEL: u64 = 2_000_000_000;

/// Runs a program under the reference's rules.
pub fn run(text: &str, file: &str, mode: Mode) -> Ran {
    run_with(text, file, mode, Variant::Plain, FUEL)
}

/// As [`run`], in either variant and with another step limit.
pub fn run_with(text: &str, file: &str, mode: Mode, variant: Variant, fuel: u64) -> Ran {
    let mut engine = Engine::new(mode.config());
    engine.set_loader(Box::new(Known));
    run_in(&mut engine, text, file, variant, fuel, mode.pace())
}

/// As [`run_with`], in an engine that may have run other programs, at a pace.
pub fn run_in(engine: &mut Engine, text: &str, file: &str, variant: Variant, fuel: u64, pace: Pace) -> Ran {
    let parse = minilive_syntax::parse(text);
    let (program, diagnostics) = minilive_mir::lower::lower_file(&parse, file);
    let mut errors = diagnostics.iter().filter(|it| it.severity == Severity::Error);
    if let Some(first) = errors.next() {
        let text = first.reference.as_ref().unwrap_or(&first.message);
        return Ran {
            output: format!("Compiler Error: {text} [{file} line {}]\n", first.reference_line),
            outcome: None,
        };
    }
    let record = variant == Variant::Recording;
    let loaded = if record { engine.load_recording(&program) } else { engine.load(&program) };
    let loaded = loaded.expect("a whole program is taken in");
    let limits = Limits { fuel, memory: 1 << 30, output: 16 << 20, ..Limits::NONE };
    let request = RunRequest { limits, record, compat: true, pace, ..RunRequest::new(Entry::Main) };
    let (mut output, outcome) = evaluate(engine, &loaded, request, |_| {});
    match &outcome.end {
        End::Finished(_) | End::Exit(_) => {}
        End::Error(error) => output += &format!("{error}\n"),
        other => output += &format!("[{other:?}]\n"),
    }
    Ran { output, outcome: Some(outcome) }
}

/// The program of a text without errors.
///
/// # Panics
/// If the text has some.
pub fn lowered(text: &str, file: &str) -> Program {
    let (program, diagnostics) = minilive_mir::lower::lower_file(&minilive_syntax::parse(text), file);
    let errors: Vec<_> = diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?} in\n{text}");
    program
}

/// Runs a loaded program; gives what it printed, too. `on_write` is told of each piece as it is printed.
pub fn evaluate(
    engine: &mut Engine,
    loaded: &Loaded,
    request: RunRequest,
    on_write: impl FnMut(&str) + Send + 'static,
) -> (String, RunOutcome) {
    let host = SharedHost::new(CaptureHost::allowing(Effects::ALL).told(on_write));
    let outcome = engine.run(loaded, request, Box::new(host.clone()));
    let output = std::mem::take(&mut host.lock().output);
    (output, outcome)
}
