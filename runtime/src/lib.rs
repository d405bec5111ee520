//! The runtime of MiniLive: values, heap and collector, strings, lists, maps, operators, intrinsics, limits and the host.
//!
//! The engine makes a [`realm::Realm`] for each evaluation and calls operators and intrinsics on [`value::Value`]s. This crate
//! knows no syntax, no code and no editor. Start with `value.rs`, then `realm.rs`, then `heap.rs`.
#![deny(unsafe_code)]

pub mod value;

pub mod append;
pub mod fault;
pub mod globals;
pub mod heap;
pub use heap::{error_value, function, handle};
pub mod limits;
pub mod list;
pub mod map;
pub mod observe;
pub mod realm;
pub mod shape;
pub mod shared;
pub mod string;

pub mod host;
pub mod intrinsics;
pub mod machine;
pub mod names;
pub mod ops;
pub mod rng;
mod shell;
pub mod text;

#[cfg(test)]
mod testing;
