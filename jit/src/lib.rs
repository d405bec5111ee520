//! The engine: a register-bytecode interpreter with feedback, and a compiler for what runs hot.
//!
//! `server` hands in a [`minilive_mir::program::Program`], a budget and a host; outcomes, recordings and statistics come back
//! as plain data. The ways between the tiers: `interp` counts and asks `engine`, which has `ssa` and `translate` make code;
//! `interp` enters it at calls and loop heads; a failing guard comes back through `exits` to [`interp::resume`].
//! Invariant: MIR is the only meaning; every tier charges the same budget at the same instructions.
#![deny(unsafe_code)]

#[cfg(not(minilive_portable))]
pub mod baseline;
pub mod bytecode;
#[cfg(not(minilive_portable))]
pub mod code;
pub mod counters;
#[cfg(all(target_os = "linux", not(minilive_portable)))]
pub mod debugger;
#[cfg(not(minilive_portable))]
mod disassemble;
pub mod dump;
pub mod engine;
pub mod events;
#[cfg(not(minilive_portable))]
pub mod exits;
pub mod feedback;
#[cfg(not(minilive_portable))]
pub mod helpers;
pub mod interp;
#[cfg(not(minilive_portable))]
pub mod optimise;
pub mod passes;
pub mod reason;
pub mod record;
#[cfg(not(minilive_portable))]
pub mod ssa;
pub mod stage;
pub mod stats;
#[cfg(not(minilive_portable))]
pub mod sys;
pub mod thread;
#[cfg(not(minilive_portable))]
pub mod translate;
