//! Some seconds of fuzzing with every test run: parser, incremental parsing and MIR reader. The server's turn is in
//! `server/tests/fuzz.rs`; `cargo xtask fuzz` goes on for as long as wanted and makes failing inputs small.

use minilive_tests::fuzz::{Fuzzer, Target};
use std::path::Path;

fn some_of(target: Target, inputs: u64) {
    const SEED: u64 = 1;
    let fuzzer = Fuzzer::new(target, Path::new("no server is asked"));
    let mut lengths = 0;
    for number in 0..inputs {
        let input = fuzzer.input(SEED, number);
        lengths += input.len();
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fuzzer.check(&input)));
        assert!(checked.is_ok(), "run `cargo xtask fuzz {target} --seed {SEED} --from {number}` to see and shrink it");
    }
    assert!(lengths as u64 > inputs * 50, "inputs of that length test nothing");
}

#[test]
fn any_text_is_parsed_and_lowered() {
    some_of(Target::Parser, 1500);
}

#[test]
fn any_edit_keeps_the_law_of_reparse() {
    some_of(Target::Reparse, 1500);
}

#[test]
fn any_mir_is_refused_or_becomes_bytecode() {
    some_of(Target::Mir, 1500);
}

#[test]
fn equal_numbers_give_equal_inputs() {
    for target in Target::ALL {
        let (one, other) = (Fuzzer::new(target, Path::new("")), Fuzzer::new(target, Path::new("")));
        assert_eq!(one.input(3, 5), other.input(3, 5), "{target}");
        assert_ne!(one.input(3, 5), one.input(3, 6), "{target}");
    }
}
