//! Calls whose callee is part of the body: the callee is guarded, its frame begins, and the walk goes on in its blocks.
//!
//! `step` comes here where the body says that a call enters a frame, and where a frame hands over its result. Invariant: what can
//! be left stands before the frame begins, so that leaving repeats the call.

use super::{Builder, Slot, Step, Stop};
use crate::feedback::Target;
use crate::feedback::ways::Way;
use crate::reason::ExitReason;
use crate::ssa::types::Ty;
use crate::ssa::{Op, Rep, Val};
use minilive_mir::ir::{Inst, Reg};

impl Builder<'_> {
    /// A call that enters a frame: its registers are unassigned until the moves behind the call fill them.
    pub(crate) fn enter_inlined(&mut self, frame: usize, call: &Inst) -> Step<()> {
        let body = self.input.body;
        let entered = &body.frames[frame];
        let function = self.guard_callee(call, entered.code)?;
        let parent = self.parent_of_entered(frame, call)?;
        let captured = match &entered.captured {
            Some(captured) => {
                let map = self.slot(Op::CapturedOf, &[function], Ty::Any, None);
                Some((captured.reg, self.narrow(map, Ty::Map, Self::exit)?))
            }
            None => None,
        };
        let exit = self.exit(ExitReason::Forced);
        let op = Op::EnterInlined { weight: entered.weight, checked: entered.checked, code: entered.code };
        self.op_exit(op, &[], Rep::None, Some(exit));
        self.effect();
        let absent = self.absent();
        body.regs_of(frame).for_each(|reg| self.set(reg, absent));
        for (reg, value) in captured.into_iter().chain(parent) {
            self.set(reg, value);
        }
        Ok(())
    }

    /// A test of what a call of several functions calls: goes to the call of a function of this code, or to what else there is.
    pub(crate) fn pick(&mut self, callee: Reg, code: u32) -> Step<()> {
        let slot = self.reg(callee);
        match slot.ty {
            Ty::Function(target) => self.go(usize::from(target != Target::Code(code))),
            Ty::Any => {
                let found = self.op(Op::CodeOf, &[slot.val], Rep::Int);
                let is_it = self.op(Op::IsCode(code), &[found], Rep::Bool);
                let mut yes = self.env.clone();
                yes.regs[callee.0 as usize].ty = Ty::Function(Target::Code(code));
                self.fork(is_it, Some(yes), None)
            }
            _ => self.go(1),
        }
    }

    /// The function that is called, which must be of this code.
    fn guard_callee(&mut self, call: &Inst, code: u32) -> Step<Val> {
        match *call {
            Inst::Call { callee: reg, .. } | Inst::AutoCall { src: reg, .. } => {
                let slot = self.guard_target(self.reg(reg), Target::Code(code))?;
                self.refine(reg, slot);
                Ok(slot.val)
            }
            Inst::CallMethod { obj, name, .. } | Inst::GetMember { obj, name, .. } => {
                let ways = self.ways(obj)?;
                let site = self.site(name)?;
                let function = self.find(obj, site, ways.as_deref())?;
                let exit = self.exit(ExitReason::OtherFunction);
                Ok(self.op_exit(Op::GuardCode(code), &[function], Rep::Boxed, Some(exit)))
            }
            _ => Err(Stop::Broken("something else than a call enters a frame")),
        }
    }

    /// `super` of a method that is entered, with its register, if it has one.
    fn parent_of_entered(&mut self, frame: usize, call: &Inst) -> Step<Option<(Reg, Slot)>> {
        let entered = &self.input.body.frames[frame];
        let (Inst::CallMethod { obj, .. } | Inst::GetMember { obj, .. }, Some(reg)) = (call, entered.unit.super_reg)
        else {
            return Ok(None);
        };
        let ways = self.ways(*obj)?;
        let Some([way]) = ways.as_deref().filter(|ways| !ways.iter().any(Way::is_table)) else {
            return Err(self.leave(ExitReason::NotMap));
        };
        Ok(Some((Reg(entered.first_reg + reg.0), self.parent(*obj, way)?)))
    }

    /// A frame has handed over its result.
    pub(crate) fn leave_inlined(&mut self) {
        self.op(Op::LeaveInlined, &[], Rep::None);
        self.effect();
    }
}
