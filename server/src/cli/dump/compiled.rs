//! The forms of compiled code: a run makes code hot, and what was compiled of it is printed beside its source.
//!
//! `dump` calls [`text`]. Invariants: the run has no effects and an end; its output is not printed; each function and loop is shown
//! as it was compiled last, and what was not compiled is named with the reason.

use super::{Failure, Source, title};
use minilive_jit::dump::{Dump, Line};
use minilive_jit::engine::tier::Tier;
use minilive_jit::engine::{End, Engine, EngineConfig, Entry, RunOutcome, RunRequest};
use minilive_mir::ir::InstId;
use minilive_mir::print::print_inst;
use minilive_mir::program::{Program, ProgramUnit};
use minilive_runtime::host::CaptureHost;
use minilive_runtime::limits::Limits;
use std::fmt::Write as _;
use std::time::Duration;

/// The run that is watched ends after so much time …
const WATCH_TIME: Duration = Duration::from_secs(10);
/// … or so many bytes of heap or output.
const WATCH_BYTES: u64 = 1 << 30;

/// What is printed of each entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The optimiser's form.
    Ssa,
    /// Cranelift's input.
    Clif,
    /// The optimiser's machine code.
    Asm,
    /// Baseline code.
    BaselineAsm,
}

impl Form {
    fn tier(self) -> Tier {
        if self == Form::BaselineAsm { Tier::Baseline } else { Tier::Optimised }
    }
}

/// The compiled code of the units that are wanted.
///
/// # Errors
/// If this build or machine cannot compile, or the engine does not take the program.
pub fn text(
    source: &Source,
    program: &Program,
    form: Form,
    wanted: &dyn Fn(&ProgramUnit) -> bool,
) -> Result<String, Failure> {
    if cfg!(minilive_portable) {
        return Err(Failure("this build interprets only, so there is no compiled code to show".to_string()));
    }
    // What is shown is what `run` runs.
    let config = EngineConfig { dump: true, synchronous: true, counted: false, ..EngineConfig::default() };
    let mut engine = Engine::new(config);
    let loaded = engine.load(program).map_err(|error| Failure(error.to_string()))?;
    let limits = Limits { time: Some(WATCH_TIME), memory: WATCH_BYTES, output: WATCH_BYTES, ..Limits::NONE };
    let request = RunRequest { limits, ..RunRequest::new(Entry::Main) };
    let outcome = engine.run(&loaded, request, Box::new(CaptureHost::new()));
    if let Some(how) = early_end(&outcome.end) {
        eprintln!("note: the run that was watched ended early: {how}");
    }
    let dumps = engine.take_dumps();
    let mut text = String::new();
    for unit in program.units.iter().filter(|unit| wanted(unit)) {
        let mut entries: Vec<&Dump> = Vec::new();
        for dump in dumps.iter().filter(|dump| dump.key == unit.key && dump.tier == form.tier()) {
            entries.retain(|earlier| earlier.loop_head != dump.loop_head);
            entries.push(dump);
        }
        for dump in &entries {
            entry(&mut text, source, &Shown { program, unit }, dump, form)?;
        }
        if entries.is_empty() {
            let is_callee = |dump: &Dump| dump.ssa.iter().any(|line| line.unit == Some(unit.key));
            not_compiled(&mut text, unit, &outcome, dumps.iter().any(is_callee))?;
        }
    }
    Ok(text)
}

fn early_end(end: &End) -> Option<String> {
    match end {
        End::Finished(_) | End::Exit(_) => None,
        End::Error(error) => Some(error.to_string()),
        End::Cut { limit, at, .. } => Some(format!("{limit} ({at})")),
        End::Blocked { name, at, .. } => Some(format!("it asked for {name} ({at})")),
        End::Cancelled => Some("it was stopped".to_string()),
    }
}

/// The unit whose code is shown, and the program that callees are looked up in.
struct Shown<'a> {
    program: &'a Program,
    unit: &'a ProgramUnit,
}

fn entry(
    text: &mut String,
    source: &Source,
    shown: &Shown<'_>,
    dump: &Dump,
    form: Form,
) -> Result<(), std::fmt::Error> {
    let unit = shown.unit;
    let Some(mir) = &unit.mir else { return Ok(()) };
    let place = match dump.loop_head {
        None => String::new(),
        Some(head) => format!(", entered at the loop in line {}", line_of(unit, head)),
    };
    writeln!(text, "// {}, line {}{place}: {} bytes", title(unit, mir), unit.info.base_line, dump.bytes)?;
    match form {
        Form::Ssa => interleaved(text, source, shown, &dump.ssa)?,
        Form::Clif => interleaved(text, source, shown, &dump.clif)?,
        Form::Asm | Form::BaselineAsm => interleaved(text, source, shown, &dump.asm)?,
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push('\n');
    Ok(())
}

/// Lines with their source line above each group, and the MIR instruction where it changes. Code of a callee that became part of the
/// unit names that callee.
fn interleaved(text: &mut String, source: &Source, shown: &Shown<'_>, lines: &[Line]) -> Result<(), std::fmt::Error> {
    let (mut shown_line, mut shown_inst) = (None, None);
    for line in lines {
        if let (Some(inst), Some(key)) = (line.inst, line.unit)
            && shown_inst != Some((key, inst))
        {
            shown_inst = Some((key, inst));
            match shown.program.units.iter().find(|unit| unit.key == key) {
                Some(unit) => {
                    let number = line_of(unit, inst);
                    if shown_line != Some((key, number)) {
                        shown_line = Some((key, number));
                        let callee =
                            if key == shown.unit.key { String::new() } else { format!(" in {}", unit.info.name) };
                        let code = source.text.lines().nth(number as usize - 1).unwrap_or_default();
                        writeln!(text, "; line {number}{callee}: {}", code.trim())?;
                    }
                    if let Some(mir) = &unit.mir
                        && let Some(code) = mir.insts.get(inst.0 as usize)
                    {
                        writeln!(text, ";     @{} {}", inst.0, print_inst(mir, code).trim())?;
                    }
                }
                None => writeln!(text, "; code of another file")?,
            }
        }
        writeln!(text, "{}", line.text)?;
    }
    Ok(())
}

/// `inlined`: other code contains it.
fn not_compiled(
    text: &mut String,
    unit: &ProgramUnit,
    outcome: &RunOutcome,
    inlined: bool,
) -> Result<(), std::fmt::Error> {
    let Some(mir) = &unit.mir else { return Ok(()) };
    let stats = outcome.functions.iter().find(|it| it.key == unit.key);
    let why = match stats {
        None => "it did not run".to_string(),
        Some(stats) => match stats.refusal {
            Some(refusal) => refusal.to_string(),
            None if inlined => "it is part of the code of its callers".to_string(),
            None => format!("it was not hot: {} calls, {} loop rounds", stats.calls, stats.rounds),
        },
    };
    writeln!(text, "// {}, line {}: not compiled: {why}\n", title(unit, mir), unit.info.base_line)
}

fn line_of(unit: &ProgramUnit, inst: InstId) -> u32 {
    unit.info.base_line + unit.info.lines.get(inst.0 as usize).copied().unwrap_or(0)
}
