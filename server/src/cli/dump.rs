//! `minilive dump`: what stands between source and machine.
//!
//! Lowers the file as `run` does and prints the wanted form of each unit; nothing is run.

use super::Failure;
use super::check::rendered_diagnostic;
use super::source::Source;
use clap::Args;
use minilive_jit::bytecode;
use minilive_jit::engine::weight::Weights;
use minilive_mir::diagnostic::Severity;
use minilive_mir::ir::{Unit, UnitKind};
use minilive_mir::print::print;
use minilive_mir::program::ProgramUnit;
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
    /// Only the function of this name.
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
}

#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = false)]
struct Form {
    /// The middle representation: a control-flow graph on virtual registers.
    #[arg(long)]
    mir: bool,
    /// What the interpreter runs.
    #[arg(long)]
    bytecode: bool,
}

impl Dump {
    /// Exit code 1 if the file has errors; what could be lowered is printed all the same.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let source = Source::read(&self.file)?;
        let parse = minilive_syntax::parse(&source.text);
        let (program, diagnostics) = minilive_mir::lower::lower_file(&parse, &source.name);
        let errors: Vec<_> = diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
        for error in &errors {
            eprintln!("{}", rendered_diagnostic(&source, error, false));
        }
        let wanted = |unit: &&ProgramUnit| self.function.as_ref().is_none_or(|name| unit.info.name == name.as_str());
        let mut text = String::new();
        for unit in program.units.iter().filter(wanted) {
            let Some(mir) = &unit.mir else { continue };
            writeln!(text, "// {}, line {}", title(unit, mir), unit.info.base_line)?;
            text += &self.form.of(mir)?;
            text.push('\n');
        }
        if let Some(name) = self.function.filter(|_| text.is_empty()) {
            return Err(Failure(format!("there is no function named {name} in {}", source.shown_name())));
        }
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(ExitCode::from(u8::from(!errors.is_empty())))
    }
}

impl Form {
    fn of(self, unit: &Unit) -> Result<String, Failure> {
        if self.mir {
            return Ok(print(unit));
        }
        let code = bytecode::build::build(unit, &Weights::of(unit), false)
            .map_err(|_| Failure("a unit is too large for bytecode".to_string()))?;
        Ok(bytecode::listing::listing(&code, unit))
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
