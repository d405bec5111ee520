//! A whole program as the engine takes it: units by key and fingerprint, names and lines in side tables.
//!
//! Made by `lower::lower_file` (command line) or by the salsa database (editor); handed to `jit`, in-process or as bytes
//! through the worker's pipe. Invariant: names and line tables never influence a fingerprint, so moving code keeps it hot.

use crate::ir::{Unit, UnitKey};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;

/// Hash of a unit's MIR: no positions, no `@fN` names, nested functions by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub u128);

/// Names and positions of one unit. They may change without cooling the unit's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitInfo {
    /// The function's name as its text form shows it (`f`, `m.f`, `@f3`); empty for statements.
    pub name: SmolStr,
    /// Line (1-based, in the file) on which the unit's text starts.
    pub base_line: u32,
    /// Per instruction: the line of the statement it belongs to, relative to `base_line`.
    pub lines: Arc<[u32]>,
}

/// One unit of a program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramUnit {
    /// Stable identity.
    pub key: UnitKey,
    /// Hash of the content.
    pub fingerprint: Fingerprint,
    /// The code. `None` on the wire where the receiver is known to hold this (key, fingerprint) already.
    pub mir: Option<Arc<Unit>>,
    /// Names and lines.
    pub info: Arc<UnitInfo>,
}

/// A program: every unit of one file, in source order, outer before inner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Base name of the file as error messages show it (`name.ms`); empty for text without a file (`[line N]`).
    pub file: SmolStr,
    /// All units.
    pub units: Vec<ProgramUnit>,
    /// Indices (into `units`) of the top-level statements in order; a module has exactly one, of kind `Module`.
    pub main: Vec<u32>,
}
