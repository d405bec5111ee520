//! Shared parts of the tests and of `cargo xtask`: where the project lies, how specs and the conformance suite are read.
//!
//! `runner/*.rs` (the tests) and `xtask/*.rs` (what needs more than the clone) use it; nothing of the product does.
#![forbid(unsafe_code)]

pub mod client;
pub mod conformance;
pub mod differential;
pub mod files;
pub mod fuzz;
pub mod generate;
pub mod modes;
pub mod modules;
pub mod random;
pub mod reference;
pub mod shrink;
pub mod spec;
pub mod types;
pub mod warnings;
