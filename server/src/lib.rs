//! MiniLive: the language server, the worker that evaluates for it, and the command line, as a library.
//!
//! `main.rs` is [`cli::main`] and nothing else; tests use the parts. Inside, `lsp` knows `world`, `world` knows `ide` and
//! `evaluate`, those know `db`, and nobody the other way round.
#![forbid(unsafe_code)]

pub mod cli;
pub mod db;
pub mod document;
pub mod evaluate;
pub mod guide;
pub mod host_profile;
pub mod ide;
pub mod line_index;
pub mod lsp;
pub mod modules;
pub mod recording;
pub mod settings;
pub mod worker;
pub mod world;
