//! `cargo xtask differential [--seeds N] [--from N]`: generated programs in every mode against the interpreter;
//! with `--reference PROGRAM`, what the interpreter prints against what another implementation prints;
//! `cargo xtask differential --print SEED`: the program of a seed; `--file PATH`: one program of any origin, in both variants.

use minilive_tests::differential::{Tally, check, compare, modes_of};
use minilive_tests::generate;
use minilive_tests::modes::Mode;
use minilive_tests::reference::{Reference, Verdict};
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

/// One seed in this many is run in every mode, so also with a collection at every allocation.
const STRESS_ONE_IN: u64 = 10;

const USAGE: &str = "usage: cargo xtask differential [--seeds N] [--from N] [--reference PROGRAM]
       cargo xtask differential --print SEED | --file PATH";

/// Runs the seeds.
pub fn carry_out(arguments: &[String]) -> Result<(), String> {
    let (mut seeds, mut from, mut reference) = (2000, 1, None);
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{option} needs a value\n{USAGE}"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{option} {value}: not a number\n{USAGE}"));
        match option.as_str() {
            "--seeds" => seeds = number()?,
            "--from" => from = number()?,
            "--reference" => reference = Some(Reference::at(Path::new(value))?),
            "--file" => return one_file(value),
            "--print" => {
                print!("{}", generate::program(number()?));
                return Ok(());
            }
            _ => return Err(format!("no option {option}\n{USAGE}")),
        }
    }
    match reference {
        Some(reference) => against(&reference, from..from + seeds),
        None => among_modes(from..from + seeds),
    }
}

/// Compares what we print with what the reference prints.
fn against(reference: &Reference, seeds: Range<u64>) -> Result<(), String> {
    let (started, count) = (Instant::now(), seeds.end - seeds.start);
    let (mut different, mut skipped) = (0, 0);
    for seed in seeds {
        let (verdict, program) = reference.check(seed)?;
        match verdict {
            Verdict::Equal => {}
            Verdict::Skipped(why) => {
                skipped += 1;
                println!("seed {seed} is skipped: the reference says nothing, {why}");
            }
            Verdict::Different(theirs, ours) => {
                different += 1;
                println!("seed {seed} differs:\n{program}\n--- reference\n{theirs}--- ours\n{ours}");
            }
        }
    }
    println!("{count} seeds, {skipped} skipped, {different} differ in {:.0} s", started.elapsed().as_secs_f64());
    if different == 0 { Ok(()) } else { Err(format!("{different} programs differ from the reference")) }
}

/// Compares the modes with the interpreter.
fn among_modes(seeds: Range<u64>) -> Result<(), String> {
    let count = seeds.end - seeds.start;
    let started = Instant::now();
    let (mut tally, mut failed) = (Tally::default(), 0);
    for seed in seeds {
        let modes = if seed % STRESS_ONE_IN == 0 { Mode::all().to_vec() } else { modes_of(seed) };
        if let Err(found) = check(seed, &modes, &mut tally) {
            failed += 1;
            println!("seed {} differs in mode {} ({:?}):\n{}", found.seed, found.mode, found.variant, found.program);
            println!("--- interpreter\n{}--- {}\n{}", found.expected, found.mode, found.printed);
        }
    }
    println!("{tally:?} in {:.0} s", started.elapsed().as_secs_f64());
    println!("differential: {} passed, {failed} failed", count - failed);
    if failed == 0 { Ok(()) } else { Err(format!("{failed} seeds differ")) }
}

/// Compares what one program does in all modes.
fn one_file(path: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let found = compare(&text);
    found.iter().for_each(|it| println!("{it}"));
    if found.is_empty() { Ok(()) } else { Err(format!("{path} differs in {} modes", found.len())) }
}
