//! Any text as MIR: what is read prints to the same, the verifier judges it, and what it accepts becomes bytecode.

use minilive_jit::bytecode::build::build;
use minilive_jit::bytecode::verify::verify as verify_bytecode;
use minilive_jit::engine::weight::Weights;
use minilive_mir::ir::Unit;
use minilive_mir::parse::{parse_unit, parse_units};
use minilive_mir::print::{print, print_units};
use minilive_mir::verify::verify;

/// Printing and reading a unit gives the same unit.
pub(super) fn read_back(unit: &Unit) {
    let text = print(unit);
    match parse_unit(&text) {
        Ok(read) => assert!(read == *unit, "printed and read differs:\n{text}\n--- read\n{}", print(&read)),
        Err(error) => panic!("what is printed cannot be read: {error}\n{text}"),
    }
}

/// Reads a text as units and as one unit.
pub(super) fn check(text: &str) {
    if let Ok(unit) = parse_unit(text) {
        check_unit(&unit);
    }
    let Ok(units) = parse_units(text) else { return };
    let printed = print_units(units.iter().map(|(key, unit)| (*key, unit)));
    let read =
        parse_units(&printed).unwrap_or_else(|error| panic!("what is printed cannot be read: {error}\n{printed}"));
    assert!(read == units, "printed and read differs:\n{printed}");
    units.iter().for_each(|(_, unit)| check_unit(unit));
}

fn check_unit(unit: &Unit) {
    // Only what is a unit need print to something that can be read.
    if verify(unit).is_err() {
        return;
    }
    read_back(unit);
    let weights = Weights::of(unit);
    for recording in [false, true] {
        if let Ok(bytecode) = build(unit, &weights, recording) {
            verify_bytecode(&bytecode, unit).unwrap_or_else(|error| {
                panic!("bytecode of verified MIR is malformed at {}: {}", error.pc, error.message)
            });
        }
    }
}
