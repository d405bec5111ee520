//! `minilive lsp`: the language server on standard input and output.

use super::Failure;
use crate::worker::client::ProcessFactory;
use clap::Args;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Arguments of `lsp`.
#[derive(Debug, Args)]
pub struct Lsp {
    /// Accepted for editors that pass it; there is no other way to talk to the server.
    #[arg(long)]
    stdio: bool,
    /// What to log to standard error, such as `debug` or `minilive=trace`.
    #[arg(long, default_value = "warn", value_name = "FILTER")]
    log: String,
}

impl Lsp {
    /// Serves until the client says `exit`; the exit code is the protocol's.
    pub fn carry_out(self) -> Result<ExitCode, Failure> {
        let filter = EnvFilter::try_new(&self.log).map_err(|error| Failure(format!("--log {}: {error}", self.log)))?;
        // Standard output belongs to the protocol.
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
        let workers = Box::new(ProcessFactory::of_this_executable()?);
        let code = crate::lsp::serve(workers, std::io::stdin(), std::io::stdout())?;
        // The reading thread may still wait for input that will never come; leaving main would not end it.
        std::process::exit(code);
    }
}
