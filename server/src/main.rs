//! The binary `minilive`: [`minilive::cli::main`] and nothing else.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    minilive::cli::main()
}
