//! `minilive worker`: the process in which a server evaluates programs.

use super::Failure;
use std::process::ExitCode;

/// Serves until the server closes the pipe.
pub fn carry_out() -> Result<ExitCode, Failure> {
    crate::worker::child::serve()?;
    Ok(ExitCode::SUCCESS)
}
