//! Record points: in the recording variant, an operation at the place where the interpreter records.
//!
//! A point stands behind its instruction (before it, if that ends a block; on the way into the body, if it fetches the next
//! element of a loop). Invariant: a state that resumes at an instruction is before its points, one that resumes behind it is
//! after them, so that each value is recorded once whoever executes what.

use super::{Builder, Step, Stop};
use crate::reason::Refusal;
use crate::ssa::types::Ty;
use crate::ssa::{Op, Rep};
use minilive_mir::ir::Inst;

impl Builder<'_> {
    /// The record points of the current instruction, unless they stand already.
    pub(crate) fn record(&mut self) {
        if !self.input.recording || std::mem::replace(&mut self.recorded, true) {
            return;
        }
        let records = &self.input.body.unit.records;
        let (first, end) =
            (records.partition_point(|it| it.inst < self.at), records.partition_point(|it| it.inst <= self.at));
        for (i, point) in (first..).zip(&records[first..end]) {
            let slot = self.reg(point.value);
            if matches!(slot.ty, Ty::Never | Ty::Absent) {
                continue;
            }
            if matches!(slot.ty, Ty::List | Ty::Map | Ty::Plain | Ty::Any) {
                self.before_observing();
            }
            let val = if slot.ty.is_number() { slot.val } else { self.boxed(slot) };
            self.op(Op::Record(i as u32), &[val], Rep::None);
            self.effect();
        }
    }

    /// The value may be, or hold, the map of globals: memory must be up to date when it is looked at, and stores to globals
    /// must test anew whether it is observed.
    fn before_observing(&mut self) {
        self.flush_cells();
        self.env.globals_ok = false;
    }

    /// On the way into a loop's body: the points of the instruction that fetched the element.
    pub(crate) fn record_element(&mut self) {
        let fetched = self.flow.nodes[self.node].block.is_some()
            && matches!(self.input.body.unit.insts[self.at.0 as usize], Inst::IterNext { .. });
        if fetched {
            self.record();
        }
    }

    /// The points of an instruction that ends a block. Behind them it must not be repeated, so it must not be left for.
    pub(crate) fn record_end(&mut self, inst: &Inst) -> Step<()> {
        match inst {
            Inst::IterNext { .. } => Ok(()),
            Inst::Return { .. } | Inst::End | Inst::Jump { .. } => {
                self.record();
                Ok(())
            }
            _ if self.has_points() => Err(Stop::Refuse(Refusal::UnsupportedOperation)),
            _ => Ok(()),
        }
    }

    fn has_points(&self) -> bool {
        self.input.recording && self.input.body.unit.records.iter().any(|it| it.inst == self.at)
    }
}
