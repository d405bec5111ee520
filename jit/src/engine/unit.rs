//! One unit as the engine runs it: MIR, bytecode, feedback, counters and tier state under one id.
//!
//! `engine` makes it when a unit is loaded; the interpreter, the compiler and the exits share it. It outlives realms.
//! Invariant: everything but the cells is fixed from birth; an edited unit is another `Code`. Names and lines may be
//! replaced, since they never change what runs.

use super::slot::Slot;
use super::tier::{Tier, TierState};
use super::weight::Weights;
use crate::bytecode::Bytecode;
use crate::counters::Counters;
use crate::events::CodeLog;
use crate::feedback::FeedbackCell;
use crate::interp::frame::Ip;
use crate::reason::Invalidation;
use crate::record::Point;
use minilive_mir::ir::{BlockId, InstId, Unit, UnitKey};
use minilive_mir::program::{Fingerprint, UnitInfo};
use minilive_runtime::intrinsics::IntrinsicId;
use minilive_runtime::shape::ShapeId;
use minilive_runtime::shared::{CellId, Name};
use minilive_runtime::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// The engine's number of a code object; function values carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(transparent)]
pub struct CodeId(pub u32);

/// The number of a nested function before its unit is linked.
pub const UNLINKED: CodeId = CodeId(u32::MAX);

/// A name, resolved as far as it can be without a realm.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct NameEntry {
    /// The intrinsic function of that name, or absent.
    pub intrinsic: Value,
    /// The engine-wide number of the global of that name.
    pub cell: CellId,
    /// The interned name.
    pub name: Name,
    /// The intrinsic that is a method of this name, and of which types it is one, as bits of [`TypeMap`].
    pub method: Option<(IntrinsicId, u8)>,
}

/// One unit, ready to run.
#[derive(Debug)]
pub struct Code {
    /// Its number.
    pub id: CodeId,
    /// The unit's identity.
    pub key: UnitKey,
    /// Hash of its content.
    pub fingerprint: Fingerprint,
    /// Whether this is the recording variant (a code object of its own, with its own feedback).
    pub recording: bool,
    /// The MIR.
    pub unit: Arc<Unit>,
    /// What tier 0 runs.
    pub bytecode: Bytecode,
    /// What tier 0 runs: the words with feedback and counts.
    pub slots: Box<[Slot]>,
    /// Number of parameters.
    pub n_params: u16,
    /// How hot it is.
    pub counters: Counters,
    /// How much budget its calls and loop heads take.
    pub weights: Weights,
    /// What the record points of the recording variant saw in this run; empty in the other variant.
    pub points: Box<[Point]>,
    /// Compiled entries and their history.
    pub tier: TierState,
    /// Codes of nested functions, parallel to the unit's children. Compiled code reads them here.
    pub children: Box<[Cell<CodeId>]>,
    /// The code that makes this function, if that has an environment object, in which free names are looked up first.
    pub captures: Cell<Option<CodeId>>,
    /// Whether functions of the running realm may be made of it.
    pub is_living: Cell<bool>,
    /// What each of the unit's names means to the engine.
    pub names: Box<[NameEntry]>,
    /// The values of the unit's constants; all permanent.
    pub consts: Box<[Value]>,
    /// Shape of the environment object, if the unit has one.
    pub env_shape: Option<ShapeId>,
    /// Whether running it is a nested call: functions and modules, not statements of the program itself.
    pub is_call: bool,
    /// Bits of [`CallFlags`] that take a call off its fast path.
    pub call_flags: Cell<u8>,
    /// Name and lines.
    pub info: RefCell<Arc<UnitInfo>>,
    /// The file it belongs to, as messages show it.
    pub file: RefCell<SmolStr>,
    /// Where what happens to its compiled code is told.
    pub log: Arc<CodeLog>,
}

/// Why a call cannot take the shortest way.
pub struct CallFlags;

impl CallFlags {
    /// The unit has an environment object to make.
    pub const ENVIRONMENT: u8 = 1;
    /// Its global names have not been resolved in this realm.
    pub const UNRESOLVED: u8 = 2;
    /// It has compiled code.
    pub const COMPILED: u8 = 4;
    /// Its compiled code contains others, and it was not looked yet whether their names are resolved in this realm.
    pub const WAITING: u8 = 8;
}

impl Code {
    /// Sets or clears one of the [`CallFlags`].
    pub fn set_call_flag(&self, flag: u8, on: bool) {
        let flags = self.call_flags.get();
        self.call_flags.set(if on { flags | flag } else { flags & !flag });
    }

    /// Notes what makes this function. An edit of that may change it, and then code compiled for the other case is wrong.
    pub fn set_captures(&self, captures: Option<CodeId>, heat: i64) {
        if self.captures.replace(captures) == captures {
            return;
        }
        self.tier.outdate();
        if self.tier.tier.get() == Tier::Optimised {
            self.dropped_all(Invalidation::Edited);
            self.counters.heat.set(heat);
        }
    }

    /// Whether it has baseline code.
    #[cfg(not(minilive_portable))]
    #[inline(always)]
    pub(crate) fn has_baseline(&self) -> bool {
        self.tier.baseline.get() != 0
    }

    /// The address of the baseline code at a position of it, if it has some.
    #[inline(always)]
    pub(crate) fn baseline_at(&self, ip: Ip) -> Option<usize> {
        match self.tier.baseline.get() {
            0 => None,
            start => self.tier.baseline_of(start, ip.pc(self)),
        }
    }

    /// The 1-based line of the statement that an instruction belongs to.
    pub fn line(&self, inst: InstId) -> u32 {
        let info = self.info.borrow();
        info.base_line + info.lines.get(inst.0 as usize).copied().unwrap_or(0)
    }

    /// The line of the instruction at a bytecode position.
    pub fn line_at(&self, pc: u32) -> u32 {
        self.line(self.bytecode.inst_at(pc))
    }

    /// Feedback cell of the first word that stands for an instruction.
    pub fn feedback_of(&self, inst: InstId) -> &FeedbackCell {
        &self.slots[self.bytecode.site_pc[inst.0 as usize] as usize].cell
    }

    /// The loop whose head starts at `pc`, if one does.
    pub fn loop_at(&self, pc: u32) -> Option<BlockId> {
        self.block_at(pc).filter(|block| self.unit.blocks[block.0 as usize].loop_head)
    }

    /// The block whose first instruction is at `pc`, if any is.
    pub fn block_at(&self, pc: u32) -> Option<BlockId> {
        self.bytecode.block_pc.binary_search(&pc).ok().map(|i| BlockId(i as u32))
    }
}
