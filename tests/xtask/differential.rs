//! `cargo xtask differential [--seeds N] [--from N]`: generated programs in every mode against the interpreter;
//! `cargo xtask differential --print SEED`: the program of a seed; `--file PATH`: one program of any origin, in both variants.

use minilive_tests::differential::{Tally, check, compare};
use minilive_tests::generate;
use minilive_tests::modes::Mode;
use std::time::Instant;

/// One seed in this many is also run with guards that fail and with a collection at every allocation.
const STRESS_ONE_IN: u64 = 10;

/// Runs the seeds.
pub fn carry_out(arguments: &[String]) -> Result<(), String> {
    let (mut seeds, mut from) = (2000, 1);
    if let [option, path] = arguments
        && option == "--file"
    {
        return one_file(path);
    }
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        let value = rest.next().and_then(|it| it.parse().ok());
        match (option.as_str(), value) {
            ("--seeds", Some(value)) => seeds = value,
            ("--from", Some(value)) => from = value,
            ("--print", Some(seed)) => {
                print!("{}", generate::program(seed));
                return Ok(());
            }
            _ => {
                return Err(
                    "usage: cargo xtask differential [--seeds N] [--from N] [--print SEED] [--file PATH]".into()
                );
            }
        }
    }
    let started = Instant::now();
    let (mut tally, mut failed) = (Tally::default(), 0);
    for seed in from..from + seeds {
        let modes = if seed % STRESS_ONE_IN == 0 { Mode::all() } else { quick() };
        if let Err(found) = check(seed, modes, &mut tally) {
            failed += 1;
            println!("seed {} differs in mode {} ({:?}):\n{}", found.seed, found.mode, found.variant, found.program);
            println!("--- interpreter\n{}--- {}\n{}", found.expected, found.mode, found.printed);
        }
    }
    println!("{tally:?} in {:.0} s", started.elapsed().as_secs_f64());
    println!("differential: {} passed, {failed} failed", seeds - failed);
    if failed == 0 { Ok(()) } else { Err(format!("{failed} seeds differ")) }
}

/// Compares what one program does in all modes.
fn one_file(path: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let found = compare(&text);
    found.iter().for_each(|it| println!("{it}"));
    if found.is_empty() { Ok(()) } else { Err(format!("{path} differs in {} modes", found.len())) }
}

/// The modes without stress.
fn quick() -> &'static [Mode] {
    &Mode::all()[..Mode::all().len().min(3)]
}
