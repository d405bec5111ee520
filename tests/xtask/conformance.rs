//! `cargo xtask conformance FILE [FOLDER]`: every block of the official test suite, in every mode, and no false alarm about any of them
//! or about the programs of a folder.
//!
//! Deviations are listed by the first line of their program, each with its reason; one that passes after all is an error too.

use minilive_tests::conformance::{Block, read};
use minilive_tests::files::below;
use minilive_tests::modes::{Mode, Ran, run};
use minilive_tests::warnings::{false_alarms, has_errors, warnings};
use std::path::Path;

/// Blocks that do not print what the suite says, each with the verdict of LANGUAGE 12 that it rests on.
const DEVIATIONS: &[(&str, &str)] = &[];

/// Runs the suite.
pub fn carry_out(arguments: &[String]) -> Result<(), String> {
    let (file, folder) = match arguments {
        [file] => (file, None),
        [file, folder] => (file, Some(folder)),
        _ => return Err("usage: cargo xtask conformance FILE [FOLDER]".into()),
    };
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
    let blocks = read(&text);
    if blocks.is_empty() {
        return Err(format!("{file} holds no test blocks"));
    }
    let (mut passed, mut failed) = (0, 0);
    for mode in Mode::all() {
        for block in &blocks {
            if passes(block, *mode) != is_deviation(block) {
                passed += 1;
            } else {
                failed += 1;
                report(block, *mode);
            }
        }
    }
    println!("{} blocks in {} modes, {} named deviations", blocks.len(), Mode::all().len(), DEVIATIONS.len());
    println!("conformance: {passed} passed, {failed} failed");
    if failed > 0 {
        return Err(format!("{failed} runs of the suite failed"));
    }
    let mut alarms = Vec::new();
    for block in &blocks {
        alarms
            .extend(false_alarms(&block.program, &block.output).iter().map(|it| format!("line {}: {it}", block.line)));
    }
    if let Some(folder) = folder {
        alarms.extend(alarms_in(folder)?);
    }
    println!("false alarms: {}", alarms.len());
    if alarms.is_empty() { Ok(()) } else { Err(format!("false alarms:\n{}", alarms.join("\n"))) }
}

/// All that is said of the programs in a folder: they are whole programs, so nothing is to be said, faintly or not.
fn alarms_in(folder: &str) -> Result<Vec<String>, String> {
    let programs = below(Path::new(folder), "ms");
    if programs.is_empty() {
        return Err(format!("{folder} holds no programs"));
    }
    let mut alarms = Vec::new();
    for path in programs {
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        alarms.extend(has_errors(&text).then(|| format!("{}: errors", path.display())));
        alarms.extend(warnings(&text).iter().map(|it| format!("{}: {}: {}", path.display(), it.code, it.message)));
    }
    Ok(alarms)
}

fn is_deviation(block: &Block) -> bool {
    DEVIATIONS.iter().any(|(program, _)| block.program.starts_with(program))
}

/// The suite's runner gives no file name and compares without the final line ends.
fn printed(ran: &Ran) -> String {
    ran.output.replace(" [ line", " [line")
}

fn passes(block: &Block, mode: Mode) -> bool {
    let ran = run(&block.program, "", mode);
    printed(&ran).trim_end() == block.output.trim_end() && ran.compiler_failures().is_empty()
}

fn report(block: &Block, mode: Mode) {
    let ran = run(&block.program, "", mode);
    println!(
        "line {} ({mode}):\n{}\n--- expected\n{}\n--- printed\n{}",
        block.line,
        block.program,
        block.output,
        printed(&ran)
    );
    for failure in ran.compiler_failures() {
        println!("--- the compiler failed\n{failure}");
    }
}
