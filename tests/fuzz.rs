//! Fuzzing of everything that reads text from outside: parser and lowering, incremental parsing, the MIR reader, the server.
//!
//! `cargo xtask fuzz` runs it for as long as wanted and in a process of its own, `runner/fuzz.rs` and `server/tests/fuzz.rs` for
//! some seconds with every test run. Inputs are mutations of a corpus (specs, goldens, recorded sessions). Invariants: an input
//! depends on target, seed and number only, so that whatever happens to the process, it can be made again; a check panics, or
//! worse, exactly if the code under test is wrong.

mod corpus;
mod edits;
pub mod lsp;
mod mir;
mod mutate;
mod program;

use crate::random::Random;
use corpus::Corpus;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use edits::{Edits, check_law};
pub use program::check_invariants;

/// What is fuzzed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Any text is parsed, and what it lowers to is verified.
    Parser,
    /// `reparse` equals `parse` of the new text.
    Reparse,
    /// Text of MIR is read, printed, verified, and becomes bytecode.
    Mir,
    /// A conversation with the server.
    Lsp,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 4] = [Target::Parser, Target::Reparse, Target::Mir, Target::Lsp];
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Parser => "parser",
            Target::Reparse => "reparse",
            Target::Mir => "mir",
            Target::Lsp => "lsp",
        })
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(word: &str) -> Result<Target, String> {
        let known = Target::ALL.into_iter().find(|target| target.to_string() == word);
        known.ok_or_else(|| format!("no target `{word}`; there are parser, reparse, mir and lsp"))
    }
}

/// Makes inputs for one target and checks them.
pub struct Fuzzer {
    target: Target,
    corpus: Corpus,
    server: PathBuf,
}

impl Fuzzer {
    /// A fuzzer over the project's own corpus. `server` is the binary that the LSP target talks to.
    pub fn new(target: Target, server: &Path) -> Fuzzer {
        Fuzzer { target, corpus: Corpus::of(target), server: server.to_path_buf() }
    }

    /// The input of that number.
    pub fn input(&self, seed: u64, number: u64) -> Vec<u8> {
        let mut random =
            Random::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03));
        match self.target {
            Target::Parser | Target::Mir => self.corpus.mutated(&mut random),
            Target::Reparse => edits::input(&self.corpus, &mut random),
            Target::Lsp => lsp::input(&self.corpus, &mut random),
        }
    }

    /// Runs one input.
    ///
    /// # Panics
    /// If the code under test is wrong; a stack overflow or an endless loop does worse.
    pub fn check(&self, input: &[u8]) {
        let text = || String::from_utf8_lossy(input);
        match self.target {
            Target::Parser => program::check(&text()),
            Target::Reparse => edits::check(&text()),
            Target::Mir => mir::check(&text()),
            Target::Lsp => lsp::check(&self.server, input),
        }
    }

    /// The parts of an input that are dropped together while it is made smaller, coarse ones first.
    pub fn pieces(&self, input: &[u8], fine: bool) -> Vec<Vec<u8>> {
        match (self.target, fine) {
            (Target::Lsp, false) => lsp::frames(input),
            (Target::Lsp, true) => input.chunks(8).map(<[u8]>::to_vec).collect(),
            (_, false) => input.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect(),
            (_, true) => {
                let text = String::from_utf8_lossy(input);
                crate::shrink::tokens(&text).into_iter().map(|token| token.as_bytes().to_vec()).collect()
            }
        }
    }
}
