//! Lowers every program in `tests/mir` and compares its MIR with the golden file beside it; `UPDATE_EXPECT=1` rewrites them.
//!
//! On the way everything lowered is verified, printed, read back, and compared with the list of units it was made from.
//! `module_*.ms` are lowered as imported files, `expression_*.ms` as an expression of the editor, all others as main programs.

use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_mir::ir::{Inst, Unit, UnitKey, UnitKind};
use minilive_mir::program::ProgramUnit;
use minilive_mir::{lower, parse, print, units, verify};
use minilive_tests::files::{below, relative, root};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Lowers a program the way its file name asks for.
fn lowered(path: &Path, text: &str) -> (Vec<ProgramUnit>, Vec<Diagnostic>) {
    let name = path.file_name().expect("a golden has a name").to_string_lossy();
    let tree = minilive_syntax::parse(text);
    if name.starts_with("expression_") {
        return lower::lower_expression(text.trim_end());
    }
    let (program, diagnostics) =
        if name.starts_with("module_") { lower::lower_module(&tree, &name) } else { lower::lower_file(&tree, &name) };
    (program.units, diagnostics)
}

fn unit_of(unit: &ProgramUnit) -> &Unit {
    unit.mir.as_deref().expect("lowering gives the code with every unit")
}

/// The golden text: units with names and lines as comments, then diagnostics as comments.
fn render(units: &[ProgramUnit], diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for unit in units {
        let name = if unit.info.name.is_empty() { String::new() } else { format!("{}, ", unit.info.name) };
        let lines: Vec<_> = unit.info.lines.iter().map(|line| line + unit.info.base_line).collect();
        let _ = writeln!(out, "; {name}line {}, lines {}", unit.info.base_line, runs(&lines));
        let _ = writeln!(out, "{}", print::print_units([(unit.key, unit_of(unit))]));
    }
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let Diagnostic { code, range, message, .. } = diagnostic;
        let _ = writeln!(out, "; {severity} {code} at {range:?}: {message}");
        if let Some(reference) = &diagnostic.reference {
            let _ = writeln!(out, ";   {reference} [line {}]", diagnostic.reference_line);
        }
    }
    out
}

/// `1×3 2 1` for 1, 1, 1, 2, 1.
fn runs(lines: &[u32]) -> String {
    let parts: Vec<_> = lines
        .chunk_by(|a, b| a == b)
        .map(|run| match run {
            [line] => line.to_string(),
            run => format!("{}×{}", run[0], run.len()),
        })
        .collect();
    parts.join(" ")
}

/// What must hold for everything lowered.
fn check_units(path: &str, units: &[ProgramUnit]) {
    for unit in units {
        let mir = unit_of(unit);
        let key = unit.key;
        if let Err(errors) = verify::verify(mir) {
            let errors: Vec<_> = errors.iter().map(|error| format!("  {error}\n")).collect();
            panic!("{path}, unit {key}:\n{}{}", errors.concat(), print::print(mir));
        }
        assert_eq!(unit.info.lines.len(), mir.insts.len(), "{path}, unit {key}: the line table is parallel");
    }
    let text = print::print_units(units.iter().map(|unit| (unit.key, unit_of(unit))));
    let read = parse::parse_units(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    for (unit, (key, mir)) in units.iter().zip(&read) {
        assert_eq!((unit.key, unit_of(unit)), (*key, mir), "{path}: printed and read");
    }
    assert_eq!(units.len(), read.len());
    let keys: BTreeSet<UnitKey> = units.iter().map(|unit| unit.key).collect();
    assert_eq!(keys.len(), units.len(), "{path}: keys are distinct");
    for unit in units {
        for child in &unit_of(unit).children {
            assert!(keys.contains(child), "{path}: child {child} is a unit of the program");
        }
    }
}

fn programs() -> Vec<PathBuf> {
    below(&root().join("tests/mir"), "ms")
}

#[test]
fn goldens() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut stale = Vec::new();
    for path in programs() {
        let text = fs::read_to_string(&path).expect("goldens are UTF-8");
        let (units, diagnostics) = lowered(&path, &text);
        check_units(&relative(&path), &units);
        let actual = render(&units, &diagnostics);
        let golden = path.with_extension("mir");
        if update {
            fs::write(&golden, &actual).expect("goldens can be written");
        } else if fs::read_to_string(&golden).ok().as_deref() != Some(&actual) {
            eprintln!("{} is now:\n{actual}", relative(&golden));
            stale.push(relative(&golden));
        }
    }
    assert!(stale.is_empty(), "UPDATE_EXPECT=1 rewrites: {stale:?}");
}

/// Golden files hold nothing but units and comments, so they are input for other tests.
#[test]
fn goldens_can_be_read() {
    for path in below(&root().join("tests/mir"), "mir") {
        let text = fs::read_to_string(&path).expect("goldens are UTF-8");
        if let Err(error) = parse::parse_units(&text) {
            panic!("{}: {error}", relative(&path));
        }
    }
}

/// A name for each kind of instruction: the word of its text form.
fn word(unit: &Unit, inst: &Inst) -> String {
    let text = print::print_inst(unit, inst);
    let text = text.split(" = ").last().expect("split gives at least one part");
    let stored = print::print_inst(unit, inst);
    let text = if stored.starts_with("store_") || stored.starts_with("set_") { stored.as_str() } else { text };
    text.split([' ', '.']).next().expect("split gives at least one part").to_owned()
}

#[test]
fn goldens_show_every_instruction() {
    let mut seen = BTreeSet::new();
    for path in programs() {
        let text = fs::read_to_string(&path).expect("goldens are UTF-8");
        for unit in lowered(&path, &text).0 {
            let mir = unit_of(&unit);
            seen.extend(mir.insts.iter().map(|inst| word(mir, inst)));
        }
    }
    let all = "add and and_test append_list auto_call branch call call_index call_method check_uncaught const div end eq ge get_index \
        get_key get_member gt isa iter_init iter_next jump le load_env load_free load_globals load_local load_locals load_outer load_self \
        load_super lt make_function make_list make_map mod move mul ne neg new not or or_test pow ref_index ref_member return \
        set_index set_member slice store_env store_global sub unsupported";
    let missing: Vec<_> = all.split_whitespace().filter(|word| !seen.contains(*word)).collect();
    assert!(missing.is_empty(), "no golden has {missing:?}");
}

/// The units of a file and what lowering makes of them name the same nested functions.
#[test]
fn units_and_children_agree() {
    for path in programs() {
        let text = fs::read_to_string(&path).expect("goldens are UTF-8");
        let tree = minilive_syntax::parse(&text);
        for mode in [units::FileMode::Program, units::FileMode::Module("it.ms")] {
            let list = units::units(&tree.green, mode);
            for (at, unit) in (0u32..).zip(&list) {
                let listed: Vec<_> = list.iter().filter(|it| it.parent == Some(at)).map(|it| it.key).collect();
                let lowered = lower::lower_unit(&unit.green, unit.kind, unit.key);
                assert_eq!(lowered.unit.children, listed, "{}", relative(&path));
                let own = text[usize::from(unit.start)..].starts_with(&unit.green.to_string());
                assert!(own, "{}: a unit's tree is the text at its start", relative(&path));
                let line = 1 + text[..usize::from(unit.start)].matches('\n').count();
                assert_eq!(unit.base_line as usize, line, "{}", relative(&path));
            }
            let mains = list.iter().filter(|unit| unit.kind != UnitKind::Function).count();
            assert!(mode == units::FileMode::Program || mains == 1);
        }
    }
}
