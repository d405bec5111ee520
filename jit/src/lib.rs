//! The engine: a register-bytecode interpreter with feedback, and a compiler for what runs hot.
//!
//! `server` hands in a [`minilive_mir::program::Program`], a budget and a host; outcomes, recordings and statistics come back
//! as plain data. The ways between the tiers: `interp` counts and asks `engine`, which has `ssa` and `translate` make code;
//! `interp` enters it at calls and loop heads; a failing guard comes back through `exits` to [`interp::resume`].
//! Invariant: MIR is the only meaning; every tier charges the same budget at the same instructions.
#![deny(unsafe_code)]

pub mod bytecode;
pub mod code;
pub mod counters;
pub mod engine;
pub mod exits;
pub mod feedback;
pub mod helpers;
pub mod interp;
pub mod optimise;
pub mod reason;
pub mod record;
pub mod ssa;
pub mod stats;
pub mod sys;
pub mod thread;
pub mod translate;
