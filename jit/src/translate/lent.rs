//! What the window still holds of an activation that lent itself to a compiled loop.
//!
//! The walk in `lower` asks once, exits leave those registers out. A loop entered from the interpreter reads its registers from the
//! activation's window and never writes there, so a register that an exit gives the value it had at the entry is right already.
//! Invariant: two registers are the same here only if no bit of what the interpreter reads could tell them apart.

use crate::ssa::{Func, Inst, Op, StateVal, Val};
use minilive_mir::ir::Reg;
use rustc_hash::FxHashMap;

/// What a value has of a register of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// It is what the register holds; guards give what they were given.
    All,
    /// It is the base or the count of the computed list there.
    Part,
}

/// Which registers of the window hold which values.
#[derive(Debug, Default)]
pub(super) struct Lent(FxHashMap<Val, (u32, Share)>);

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
        let given = inst.args.first().and_then(|given| self.0.get(given)).copied();
        let held = match (inst.op, given) {
            (Op::Window(reg), _) => Some((reg, Share::All)),
            (
                Op::GuardNum
                | Op::GuardNumOrNull
                | Op::GuardInt
                | Op::OfTag(_)
                | Op::GuardTag(_)
                | Op::GuardNotFunction
                | Op::GuardCode(_)
                | Op::GuardBits(_)
                | Op::GuardNotBits(_)
                | Op::GuardComputed,
                given,
            ) => given,
            (Op::RangeBase | Op::ListLen, Some((reg, Share::All))) => Some((reg, Share::Part)),
            _ => None,
        };
        if let (Some(result), Some(held)) = (inst.result, held) {
            self.0.insert(result, held);
        }
    }

    /// Whether a register of the outermost activation still holds this.
    pub(super) fn holds(&self, reg: Reg, val: &StateVal) -> bool {
        let has = |val: &Val, share| self.0.get(val) == Some(&(reg.0, share));
        match val {
            StateVal::Val(val) => has(val, Share::All),
            StateVal::Range(base, _, count) => has(base, Share::Part) && has(count, Share::Part),
            StateVal::Object(_) => false,
        }
    }
}
