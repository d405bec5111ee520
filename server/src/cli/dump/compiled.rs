//! The forms of compiled code: a run makes code hot, and what was compiled of it is printed beside its source.
//!
//! `dump` calls [`watch`] and asks for the text. Invariants: the run has no effects and an end; its output is not printed; each function and loop is shown
//! as it was compiled last, and what was not compiled is named with the reason.

use super::super::modules::WatchedModules;
use super::{Failure, Source, title};
use minilive_jit::dump::{Dump, Line};
use minilive_jit::engine::tier::Tier;
use minilive_jit::engine::{End, Engine, EngineConfig, Entry, RunOutcome, RunRequest};
use minilive_jit::stage::Stage;
use minilive_mir::ir::{InstId, UnitKey};
use minilive_mir::print::print_inst;
use minilive_mir::program::{Program, ProgramUnit};
use minilive_runtime::host::CaptureHost;
use minilive_runtime::limits::Limits;
use std::fmt::Write as _;
use std::sync::Arc;
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
    /// How it stood behind a stage.
    SsaAfter(Stage),
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

/// What a run made hot: the program and the modules it imported, with their compiled code.
pub struct Watched {
    files: Vec<WatchedFile>,
    dumps: Vec<Dump>,
    outcome: RunOutcome,
}

/// The program's file, or a module's.
struct WatchedFile {
    /// The name of a module's file.
    module: Option<String>,
    text: String,
    program: Arc<Program>,
}

/// Runs a program, and keeps what is compiled, if asked for also how it stood behind each stage.
///
/// # Errors
/// If this build or machine cannot compile, or the engine does not take the program.
pub fn watch(source: &Source, program: Program, dump_stages: bool) -> Result<Watched, Failure> {
    if cfg!(minilive_portable) {
        return Err(Failure("this build interprets only, so there is no compiled code to show".to_string()));
    }
    // What is shown is what `run` runs.
    let config = EngineConfig { dump: true, dump_stages, synchronous: true, counted: false, ..EngineConfig::default() };
    let mut engine = Engine::new(config);
    let loaded = engine.load(&program).map_err(|error| Failure(error.to_string()))?;
    let modules = WatchedModules::of(source.path.as_deref());
    engine.set_loader(Box::new(modules.clone()));
    let limits = Limits { time: Some(WATCH_TIME), memory: WATCH_BYTES, output: WATCH_BYTES, ..Limits::NONE };
    let request = RunRequest { limits, ..RunRequest::new(Entry::Main) };
    let outcome = engine.run(&loaded, request, Box::new(CaptureHost::new()));
    if let Some(how) = early_end(&outcome.end) {
        eprintln!("note: the run that was watched ended early: {how}");
    }
    let own = WatchedFile { module: None, text: source.text.clone(), program: Arc::new(program) };
    let imported = modules.imported().into_iter();
    let imported = imported.map(|it| WatchedFile { module: Some(it.file), text: it.text, program: it.program });
    Ok(Watched { files: std::iter::once(own).chain(imported).collect(), dumps: engine.take_dumps(), outcome })
}

impl Watched {
    /// The program, and those of the modules.
    pub fn programs(&self) -> Vec<&Program> {
        self.files.iter().map(|it| &*it.program).collect()
    }

    /// The compiled code of the units that are wanted.
    ///
    /// # Errors
    /// Never, but writing a text may fail by its type.
    pub fn text(&self, form: Form, wanted: &dyn Fn(&ProgramUnit) -> bool) -> Result<String, Failure> {
        let mut text = String::new();
        for file in &self.files {
            for unit in file.program.units.iter().filter(|unit| wanted(unit)) {
                self.unit(&mut text, &Shown { file, unit }, form)?;
            }
        }
        Ok(text)
    }

    fn unit(&self, text: &mut String, shown: &Shown<'_>, form: Form) -> Result<(), std::fmt::Error> {
        let key = shown.unit.key;
        let mut entries: Vec<&Dump> = Vec::new();
        for dump in self.dumps.iter().filter(|dump| dump.key == key && dump.tier == form.tier()) {
            entries.retain(|earlier| earlier.loop_head != dump.loop_head);
            entries.push(dump);
        }
        for dump in &entries {
            self.entry(text, shown, dump, form)?;
        }
        if entries.is_empty() {
            let is_callee = |dump: &Dump| dump.ssa.iter().any(|line| line.unit == Some(key));
            not_compiled(text, shown, &self.outcome, self.dumps.iter().any(is_callee))?;
        }
        Ok(())
    }

    /// The unit of a key, and its file.
    fn find(&self, key: UnitKey) -> Option<Shown<'_>> {
        self.files.iter().find_map(|file| {
            let unit = file.program.units.iter().find(|unit| unit.key == key)?;
            Some(Shown { file, unit })
        })
    }

    fn entry(&self, text: &mut String, shown: &Shown<'_>, dump: &Dump, form: Form) -> Result<(), std::fmt::Error> {
        let Some(head) = shown.head() else { return Ok(()) };
        let place = match dump.loop_head {
            None => String::new(),
            Some(head) => format!(", entered at the loop in line {}", line_of(shown.unit, head)),
        };
        match form {
            Form::SsaAfter(stage) => writeln!(text, "// {head}{place}: after {stage}{}", changed_nothing(dump, stage))?,
            _ => writeln!(text, "// {head}{place}: {} bytes", dump.bytes)?,
        }
        match form {
            Form::SsaAfter(stage) => self.interleaved(text, shown, after(dump, stage))?,
            Form::Ssa => self.interleaved(text, shown, &dump.ssa)?,
            Form::Clif => self.interleaved(text, shown, &dump.clif)?,
            Form::Asm | Form::BaselineAsm => self.interleaved(text, shown, &dump.asm)?,
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push('\n');
        Ok(())
    }

    /// Lines with their source line above each group, and the MIR instruction where it changes. Code of a callee that became part of the
    /// unit names that callee.
    fn interleaved(&self, text: &mut String, shown: &Shown<'_>, lines: &[Line]) -> Result<(), std::fmt::Error> {
        let (mut shown_line, mut shown_inst) = (None, None);
        for line in lines {
            if let (Some(inst), Some(key)) = (line.inst, line.unit)
                && shown_inst != Some((key, inst))
            {
                shown_inst = Some((key, inst));
                let Some(Shown { file, unit }) = self.find(key) else { continue };
                let number = line_of(unit, inst);
                if shown_line != Some((key, number)) {
                    shown_line = Some((key, number));
                    let callee = if key == shown.unit.key { String::new() } else { format!(" in {}", unit.info.name) };
                    let code = file.text.lines().nth(number as usize - 1).unwrap_or_default();
                    writeln!(text, "; line {number}{callee}: {}", code.trim())?;
                }
                if let Some(mir) = &unit.mir
                    && let Some(code) = mir.insts.get(inst.0 as usize)
                {
                    writeln!(text, ";     @{} {}", inst.0, print_inst(mir, code).trim())?;
                }
            }
            writeln!(text, "{}", line.text)?;
        }
        Ok(())
    }
}

/// The form behind a stage: behind the last that ran, if it did not.
fn after(dump: &Dump, stage: Stage) -> &[Line] {
    let last = dump.stages.iter().rfind(|it| it.0 <= stage);
    last.map_or(&[], |it| &it.1)
}

/// A note if a stage did nothing for what is shown.
fn changed_nothing(dump: &Dump, stage: Stage) -> &'static str {
    let before = std::iter::once(&[][..]).chain(dump.stages.iter().map(|it| &it.1[..]));
    let changed = before.zip(&dump.stages).any(|(before, it)| it.0 == stage && it.1 != before);
    if changed { "" } else { ", which changed nothing" }
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

/// The unit whose code is shown, and its file.
struct Shown<'a> {
    file: &'a WatchedFile,
    unit: &'a ProgramUnit,
}

impl Shown<'_> {
    /// What it is, and where it stands.
    fn head(&self) -> Option<String> {
        let title = title(self.unit, self.unit.mir.as_ref()?);
        let of = self.file.module.as_ref().map_or_else(String::new, |module| format!(" of {module}"));
        Some(format!("{title}{of}, line {}", self.unit.info.base_line))
    }
}

/// `inlined`: other code contains it.
fn not_compiled(
    text: &mut String,
    shown: &Shown<'_>,
    outcome: &RunOutcome,
    inlined: bool,
) -> Result<(), std::fmt::Error> {
    let Some(head) = shown.head() else { return Ok(()) };
    let stats = outcome.functions.iter().find(|it| it.key == shown.unit.key);
    let why = match stats {
        None => "it did not run".to_string(),
        Some(stats) => match stats.refusal {
            Some(refusal) => refusal.to_string(),
            None if inlined => "it is part of the code of its callers".to_string(),
            None => format!("it was not hot: {} calls, {} loop rounds", stats.calls, stats.rounds),
        },
    };
    writeln!(text, "// {head}: not compiled: {why}\n")
}

fn line_of(unit: &ProgramUnit, inst: InstId) -> u32 {
    unit.info.base_line + unit.info.lines.get(inst.0 as usize).copied().unwrap_or(0)
}
