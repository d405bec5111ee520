//! Some mutated conversations with the server; `cargo xtask fuzz lsp` goes on for as long as wanted.

mod common;

use minilive_tests::fuzz::{Fuzzer, Target};

#[test]
fn a_server_survives_mutated_sessions() {
    let fuzzer = Fuzzer::new(Target::Lsp, &common::program());
    for number in 0..40 {
        let input = fuzzer.input(1, number);
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fuzzer.check(&input)));
        assert!(checked.is_ok(), "run `cargo xtask fuzz lsp --seed 1 --from {number}` to see and shrink it");
    }
}
