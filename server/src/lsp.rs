//! The language server: tower-lsp's service behind our own transport.
//!
//! `cli::lsp` calls [`serve`] with the process's standard streams, tests with pipes. tower-lsp and lsp-types are used here and
//! nowhere else. Invariant: a handler converts, sends to the world before its first await, and hands back; it computes
//! nothing and waits for no evaluation.

mod answer;
mod backend;
mod capabilities;
mod docs;
mod ext;
mod from_proto;
mod hierarchy;
mod notices;
mod sweep;
mod to_proto;
mod tokens;
mod transport;
mod watchers;

use crate::evaluate::WorkerFactory;
use backend::Backend;
use std::io::{Read, Write};
use tower_lsp::LspService;

/// Serves one client until it says `exit` or closes its end; returns the exit code of the protocol.
///
/// # Errors
/// If the system gives no event loop.
pub fn serve(
    workers: Box<dyn WorkerFactory>,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> std::io::Result<i32> {
    // Handlers only hand on; all work is done by the world and its readers, so one thread is enough.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let code = runtime.block_on(async {
        let (wire, frames) = transport::wire();
        let service = LspService::build(|client| Backend::new(client, workers, wire.sender()))
            .custom_method(ext::DID_CHANGE_TRUST, Backend::did_change_trust);
        let (service, socket) = service.finish();
        transport::serve(service, socket, input, output, (wire, frames)).await
    });
    runtime.shutdown_background();
    Ok(code)
}
