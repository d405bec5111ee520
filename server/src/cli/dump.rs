//! `minilive dump`: what stands between source and machine.
//!
//! Lowers the file as `run` does and prints the wanted form of each unit. MIR and bytecode need no run; the forms of compiled code
//! do, since it is made from what a run saw: `compiled` watches one. Invariant: what is printed is what the engine works with.

mod compiled;

use super::Failure;
use super::check::rendered_diagnostic;
use super::source::Source;
use clap::Args;
use minilive_jit::bytecode;
use minilive_jit::engine::weight::Weights;
use minilive_jit::stage::Stage;
use minilive_mir::diagnostic::Severity;
use minilive_mir::ir::{Unit, UnitKind};
use minilive_mir::print::print;
use minilive_mir::program::{Program, ProgramUnit};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `dump`.
#[derive(Debug, Args)]
pub struct Dump {
    /// The program's file; `-` is standard input.
    file: PathBuf,
    #[command(flatten)]
    form: Form,
    /// Of `--asm`: the code of this tier, 1 (baseline) or 2 (optimised).
    #[arg(long, value_name = "TIER", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    tier: u8,
    /// Of `--ssa`: how it stood behind this stage of the optimiser, instead of at the end: build, trivial-phis, dce and so on; one that is
    /// none has all of them listed.
    #[arg(long, value_name = "STAGE", conflicts_with_all = ["mir", "bytecode", "clif", "asm"])]
    after: Option<Stage>,
    /// Only functions of this name, or this member; of compiled code also those of modules that the program imports.
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
}

/// For `--ssa`, `--clif` and `--asm` the program runs first, without effects and for a limited time, since what is compiled and
/// how depends on what a run sees.
#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = false)]
struct Form {
    /// The middle representation: a control-flow graph on virtual registers.
    #[arg(long)]
    mir: bool,
    /// What the interpreter runs.
    #[arg(long)]
    bytecode: bool,
    /// The typed form on which the optimiser works, of what a run makes hot.
    #[arg(long)]
    ssa: bool,
    /// What Cranelift is given, of what a run makes hot.
    #[arg(long)]
    clif: bool,
    /// The machine code, of what a run makes hot.
    #[arg(long)]
    asm: bool,
}

impl Dump {
    /// Exit code 1 if the file has errors; what could be lowered is printed all the same.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let source = Source::read(&self.file)?;
        let parse = minilive_syntax::parse(&source.text);
        let (program, diagnostics) = minilive_mir::lower::lower_file(&parse, &source.name);
        let errors: Vec<_> = diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
        for error in &errors {
            eprintln!("{}", rendered_diagnostic(&source, error, super::colour::on_stderr()));
        }
        let text = match self.form.compiled() {
            None => {
                self.must_be_among(&[&program], &source)?;
                self.lowered(&program)?
            }
            Some(_) if !errors.is_empty() => return Ok(ExitCode::from(1)),
            Some(form) if self.tier == 1 && form != compiled::Form::Asm => {
                return Err(Failure(
                    "baseline code is made of bytecode in one step; --asm shows it, --bytecode what it was made of"
                        .to_string(),
                ));
            }
            Some(form) => {
                let form = match self.after {
                    _ if self.tier == 1 => compiled::Form::BaselineAsm,
                    Some(stage) => compiled::Form::SsaAfter(stage),
                    None => form,
                };
                let watched = compiled::watch(&source, program, self.after.is_some())?;
                self.must_be_among(&watched.programs(), &source)?;
                watched.text(form, &|unit| self.wants(unit))?
            }
        };
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(ExitCode::from(u8::from(!errors.is_empty())))
    }

    fn wants(&self, unit: &ProgramUnit) -> bool {
        self.function.as_ref().is_none_or(|name| is_called(unit, name))
    }

    /// That a function that is asked for by name exists.
    fn must_be_among(&self, programs: &[&Program], source: &Source) -> Result<(), Failure> {
        let Some(name) = &self.function else { return Ok(()) };
        if programs.iter().any(|program| program.units.iter().any(|unit| is_called(unit, name))) {
            return Ok(());
        }
        let known = known_names(programs);
        Err(Failure(format!("there is no function named {name} in {}; {known}", source.shown_name())))
    }

    fn lowered(&self, program: &Program) -> Result<String, Failure> {
        let mut text = String::new();
        for unit in program.units.iter().filter(|unit| self.wants(unit)) {
            let Some(mir) = &unit.mir else { continue };
            writeln!(text, "// {}, line {}", title(unit, mir), unit.info.base_line)?;
            text += &self.form.of(mir)?;
            text.push('\n');
        }
        Ok(text)
    }
}

impl Form {
    fn compiled(self) -> Option<compiled::Form> {
        match self {
            Form { ssa: true, .. } => Some(compiled::Form::Ssa),
            Form { clif: true, .. } => Some(compiled::Form::Clif),
            Form { asm: true, .. } => Some(compiled::Form::Asm),
            _ => None,
        }
    }

    fn of(self, unit: &Unit) -> Result<String, Failure> {
        if self.mir {
            return Ok(print(unit));
        }
        let code = bytecode::build::build(unit, &Weights::of(unit), false)
            .map_err(|_| Failure("a unit is too large for bytecode".to_string()))?;
        Ok(bytecode::listing::listing(&code, unit))
    }
}

/// Whether a function has a name, or is the member of that name of something.
fn is_called(unit: &ProgramUnit, name: &str) -> bool {
    let own = unit.info.name.as_str();
    own == name || own.rsplit_once('.').is_some_and(|(_, member)| member == name)
}

/// So many names are told at most.
const MOST_NAMES: usize = 30;

/// Which functions there are, in a sentence.
fn known_names(programs: &[&Program]) -> String {
    let units = programs.iter().flat_map(|program| &program.units);
    let functions = units.filter(|unit| unit.mir.as_ref().is_some_and(|mir| mir.kind == UnitKind::Function));
    let mut names: Vec<&str> = functions.map(|unit| unit.info.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(MOST_NAMES);
    match (names.len(), more) {
        (0, _) => "it has no functions".to_string(),
        (_, 0) => format!("there are: {}", names.join(", ")),
        _ => format!("there are: {} and {more} more", names[..MOST_NAMES].join(", ")),
    }
}

fn title(unit: &ProgramUnit, mir: &Unit) -> String {
    match mir.kind {
        UnitKind::Function => format!("function {}", unit.info.name),
        UnitKind::Statement => "statement".to_string(),
        UnitKind::Module => "module".to_string(),
        UnitKind::Expression => "expression".to_string(),
    }
}
