//! What the window still holds of an activation that lent itself to a compiled loop.
//!
//! The walk in `lower` asks once, exits leave those registers out. A loop entered from the interpreter reads its registers from the
//! activation's window and never writes there, so a register that an exit gives the value it had at the entry is right already.
//! Invariant: two registers are the same here only if no bit of what the interpreter reads could tell them apart.

use crate::ssa::{Func, Inst, Op, StateVal, Val};
use minilive_mir::ir::Reg;
use rustc_hash::FxHashMap;

/// Which registers of the window hold which values.
#[derive(Debug, Default)]
pub(super) struct Lent {
    /// The register that a value was read from; guards give what they were given.
    read: FxHashMap<Val, u32>,
    /// The register whose computed list a value is the base or the count of.
    parts: FxHashMap<Val, u32>,
}

impl Lent {
    /// Looks through a function; one that is entered by calls has no window.
    pub(super) fn of(func: &Func) -> Lent {
        let mut lent = Lent::default();
        if func.osr {
            func.blocks.iter().flat_map(|block| &block.insts).for_each(|inst| lent.see(inst));
        }
        lent
    }

    fn see(&mut self, inst: &Inst) {
        let Some(result) = inst.result else { return };
        if let Op::Window(reg) = inst.op {
            self.read.insert(result, reg);
            return;
        }
        let Some(given) = inst.args.first() else { return };
        match inst.op {
            Op::GuardNum
            | Op::GuardInt
            | Op::GuardTag(_)
            | Op::GuardNotFunction
            | Op::GuardCode(_)
            | Op::GuardBits(_)
            | Op::GuardNotBits(_)
            | Op::GuardComputed => {
                if let Some(&reg) = self.read.get(given) {
                    self.read.insert(result, reg);
                }
                if let Some(&reg) = self.parts.get(given) {
                    self.parts.insert(result, reg);
                }
            }
            Op::RangeBase | Op::ListLen => {
                if let Some(&reg) = self.read.get(given) {
                    self.parts.insert(result, reg);
                }
            }
            _ => {}
        }
    }

    /// Whether a register of the outermost activation still holds this.
    pub(super) fn holds(&self, reg: Reg, val: &StateVal) -> bool {
        match val {
            StateVal::Val(val) => self.read.get(val) == Some(&reg.0),
            StateVal::Range(base, _, count) => [base, count].into_iter().all(|it| self.parts.get(it) == Some(&reg.0)),
            StateVal::Object(_) => false,
        }
    }
}
