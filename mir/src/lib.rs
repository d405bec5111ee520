//! MIR: what stands between the syntax tree and everything that runs or explains a program.
//!
//! `syntax` hands it trees; the server's database and the engine take units from it.
//! Invariant: this crate knows no salsa, no Cranelift and no runtime values.
#![forbid(unsafe_code)]

pub mod ir;
pub mod program;

pub mod operands;
pub mod types;

pub mod diagnostic;
pub mod source_map;

pub mod checks;
pub mod frozen;
pub mod names;
pub mod scope;
pub mod typing;
pub mod units;

pub mod lower;

pub mod parse;
pub mod print;
pub mod verify;

pub mod fingerprint;

pub mod bits;
mod fold;
pub use fold::number as folded_number;
mod operators;
mod tables;
