//! Guards: what they check, what they leave for, and the states they leave with.

use super::{Builder, CellState, Slot, Step, Stop};
use crate::feedback::{Kinds, Target};
use crate::reason::ExitReason;
use crate::ssa::flow::RegSet;
use crate::ssa::types::{CONVERTED_MAX, Ty};
use crate::ssa::{Exit, Op, Rep, State, StateId, StateVal};
use minilive_mir::ir::{InstId, Reg};
use minilive_runtime::value::{TAG_LIST, TAG_MAP, TAG_STRING, Value};

impl Builder<'_> {
    /// An exit that repeats the current instruction, or more.
    pub(crate) fn exit(&mut self, reason: ExitReason) -> Exit {
        let state = self.state_before();
        Exit { state, reason, at: self.at }
    }

    /// An exit that goes on behind the current instruction, unless that may be repeated, too.
    pub(crate) fn exit_after(&mut self, reason: ExitReason) -> Exit {
        let (idx, inst) = (self.idx + 1, self.next_inst());
        let state = self.anchored(|it| {
            let live = it.live_at(idx);
            it.new_state(inst, &live)
        });
        Exit { state, reason, at: self.at }
    }

    /// The state before the current instruction, or an earlier one from which all may be repeated.
    pub(crate) fn state_before(&mut self) -> StateId {
        let (idx, inst) = (self.idx, self.at);
        self.anchored(|it| {
            let live = it.live_at(idx);
            it.new_state(inst, &live)
        })
    }

    /// The unconditional way out: the rest of the block is not compiled.
    pub(crate) fn leave(&mut self, reason: ExitReason) -> Stop {
        Stop::Leave(self.exit(reason))
    }

    /// A state from the current environment.
    pub(crate) fn new_state(&mut self, resume: InstId, live: &RegSet) -> StateId {
        let mut regs = Vec::new();
        for reg in live.iter() {
            let slot = self.reg(reg);
            match slot.ty {
                Ty::Never | Ty::Absent => {}
                Ty::Range => {
                    if let Some(parts) = self.env.range(reg) {
                        regs.push((reg, StateVal::Range(parts.base.val, parts.step.val, parts.count.val)));
                    }
                }
                _ => regs.push((reg, StateVal::Val(slot.val))),
            }
        }
        let mut cells = Vec::new();
        for (name, cell) in self.env.cells.iter().enumerate() {
            if let CellState::Loaded { slot, dirty: true } = cell {
                cells.push((self.input.cells[name], slot.val));
            }
        }
        self.func.states.push(State { resume, regs, cells, objects: Vec::new() });
        StateId(self.func.states.len() as u32 - 1)
    }

    /// Registers live before the `idx`-th instruction of the current block.
    pub(crate) fn live_at(&mut self, idx: usize) -> RegSet {
        if let Some(live) = &self.flow.nodes[self.node].leaves {
            return live.clone();
        }
        if self.live_cache.is_empty() {
            let body = self.input.body;
            let insts = self.flow.nodes[self.node].block.map_or(0..0, |block| {
                let block = &body.unit.blocks[block.0 as usize];
                block.first..block.end
            });
            let mut live = self.flow.live_before(body, self.node, insts.len());
            let mut all = vec![live.clone()];
            for at in insts.rev().map(InstId) {
                body.step_back(at, &mut live);
                all.push(live.clone());
            }
            all.reverse();
            self.live_cache = all;
        }
        self.live_cache[idx].clone()
    }

    /// Whether a guard of this kind may be placed here: it has not failed before.
    pub(crate) fn may(&self, reason: ExitReason) -> bool {
        !self.input.seen.is_rejected(self.at, reason)
    }

    /// The type to speculate on for these kinds, given what failed here before.
    pub(crate) fn guess(&self, kinds: Kinds) -> Ty {
        match Ty::of_kinds(kinds) {
            Ty::Int(..) if !self.may(ExitReason::NotInteger) => self.guess(kinds.union(Kinds::FLOAT)),
            Ty::Num if !self.may(ExitReason::NotNumber) => Ty::Any,
            Ty::List if !self.may(ExitReason::NotList) => Ty::Any,
            Ty::Str if !self.may(ExitReason::NotString) => Ty::Any,
            Ty::Map if !self.may(ExitReason::NotMap) => Ty::Any,
            ty => ty,
        }
    }

    /// A value as an instance of `want`; leaves through an exit made by `exit` if it is none.
    pub(crate) fn narrow(&mut self, slot: Slot, want: Ty, exit: fn(&mut Self, ExitReason) -> Exit) -> Step<Slot> {
        let unknown = matches!(slot.ty, Ty::Any | Ty::Plain);
        match (want, slot.ty) {
            (Ty::Int(..), Ty::Int(..)) | (Ty::Num, Ty::Int(..) | Ty::Num) => Ok(slot),
            (Ty::Int(..), Ty::Num) => {
                let exit = exit(self, ExitReason::NotInteger);
                Ok(self.slot(Op::F64ToInt, &[slot.val], Ty::Int(-CONVERTED_MAX, CONVERTED_MAX), Some(exit)))
            }
            (Ty::Int(..), _) if unknown => {
                let exit = exit(self, ExitReason::NotInteger);
                Ok(self.slot(Op::GuardInt, &[slot.val], Ty::SMALL_INT, Some(exit)))
            }
            (Ty::Num, _) if unknown => {
                let exit = exit(self, ExitReason::NotNumber);
                Ok(self.slot(Op::GuardNum, &[slot.val], Ty::Num, Some(exit)))
            }
            (Ty::Any, _) => Ok(slot),
            (a, b) if a == b => Ok(slot),
            (Ty::List | Ty::Str | Ty::Map, _) => {
                let (tag, reason) = match want {
                    Ty::List => (TAG_LIST, ExitReason::NotList),
                    Ty::Str => (TAG_STRING, ExitReason::NotString),
                    _ => (TAG_MAP, ExitReason::NotMap),
                };
                let exit = exit(self, reason);
                if !unknown {
                    return Err(Stop::Leave(exit));
                }
                Ok(self.slot(Op::GuardTag(tag as u16), &[slot.val], want, Some(exit)))
            }
            (Ty::Int(..) | Ty::Num, _) => {
                let exit = exit(self, ExitReason::NotNumber);
                Err(Stop::Leave(exit))
            }
            _ => Ok(slot),
        }
    }

    /// A register as an instance of `want`, known as such from here on.
    pub(crate) fn narrow_reg(&mut self, reg: Reg, want: Ty) -> Step<Slot> {
        let slot = self.narrow(self.reg(reg), want, Self::exit)?;
        self.refine(reg, slot);
        Ok(slot)
    }

    /// The fresh result of the current instruction, narrowed to what it was seen to be, stored in `dst`.
    pub(crate) fn set_narrowed(&mut self, dst: Reg, slot: Slot, want: Ty) -> Step<()> {
        self.set(dst, slot);
        // The guard leaves for the next instruction, behind the record points of this one.
        self.record();
        if want == Ty::Any || want == slot.ty {
            return Ok(());
        }
        let narrowed = self.narrow(slot, want, Self::exit_after)?;
        self.refine(dst, narrowed);
        Ok(())
    }

    /// A value that is a known function from here on.
    pub(crate) fn guard_target(&mut self, slot: Slot, target: Target) -> Step<Slot> {
        if slot.ty == Ty::Function(target) {
            return Ok(slot);
        }
        if !matches!(slot.ty, Ty::Any) {
            return Err(self.leave(ExitReason::NotFunction));
        }
        let code = match target {
            Target::Code(id) => id,
            Target::Intrinsic(id) => id | minilive_runtime::function::INTRINSIC,
        };
        let exit = self.exit(ExitReason::OtherFunction);
        let val = self.op_exit(Op::GuardCode(code), &[slot.val], Rep::Boxed, Some(exit));
        Ok(Slot { ty: Ty::Function(target), val })
    }

    /// A value that is not the mark of an unassigned variable.
    pub(crate) fn guard_assigned(&mut self, slot: Slot) -> Step<Slot> {
        match slot.ty {
            Ty::Absent => Err(self.leave(ExitReason::Unassigned)),
            Ty::Any => {
                let exit = self.exit(ExitReason::Unassigned);
                let op = Op::GuardNotBits(Value::ABSENT.bits());
                Ok(Slot { ty: Ty::Any, val: self.op_exit(op, &[slot.val], Rep::Boxed, Some(exit)) })
            }
            _ => Ok(slot),
        }
    }
}
