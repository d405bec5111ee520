//! Variables that other code can reach: reads and assignments of the environment object, and the functions that capture it.
//!
//! `step` comes here. The object is an ordinary value of the body, in a register of its own that lasts as long as the activation.
//! Invariants: a variable that the unit declares keeps its slot for ever, whatever shape the object gets; a name that the unit does
//! not declare is looked up behind it only while the object has the shape it was made with.

use super::{Builder, Slot, Step, Stop};
use crate::feedback::Kinds;
use crate::reason::{ExitReason, Refusal};
use crate::ssa::shape_set::ShapeSet;
use crate::ssa::types::Ty;
use crate::ssa::{Helper, Op, Rep};
use minilive_mir::ir::{ChildId, EnvSlot, NameId, Reg, RegRange, UnitKind};

impl Builder<'_> {
    /// The environment object of an activation that begins. Its first variables are the registers that the call filled.
    pub(crate) fn make_env(&mut self, frame: usize) {
        let frame = &self.input.body.frames[frame];
        let Some(env) = frame.env else { return };
        let inputs = (0..frame.unit.n_inputs() as u32).map(|i| Reg(frame.first_reg + i));
        let vals = self.boxed_regs(inputs);
        let val = self.helper(Helper::MakeEnv { shape: env.shape, slots: env.slots }, &vals, Rep::Boxed);
        self.set(env.reg, Slot { ty: Ty::Map, val });
    }

    pub(crate) fn load_env(&mut self, dst: Reg, slot: EnvSlot, deferred: bool) -> Step<()> {
        if !deferred && !self.may(ExitReason::Unassigned) {
            // At times it is unassigned, and then the name means something else.
            let name = self.variable_name(slot)?;
            let found = self.look_up_free(name);
            self.set(dst, found);
            return Ok(());
        }
        let env = self.env_object()?;
        let val = self.load_slot(env.val, slot.0 as u8);
        let slot = Slot { ty: Ty::Any, val };
        let kinds = self.result_kinds(dst);
        let want = if kinds.meets(Kinds::FUNCTION) { Ty::Any } else { self.guess_read(dst, None, kinds) };
        let slot = if want == Ty::Any { self.guard_assigned(slot)? } else { self.narrow(slot, want, Self::exit)? };
        self.set(dst, slot);
        Ok(())
    }

    pub(crate) fn store_env(&mut self, slot: EnvSlot, src: Reg) -> Step<()> {
        let env = self.env_object()?;
        let value = self.boxed_regs([src])[0];
        let object = self.object(env.val);
        let slots = self.op(Op::Slots, &[object], Rep::Object);
        let barrier = self.op(Op::NeedsBarrier, &[object], Rep::Bool);
        self.op(Op::StoreVariable(slot.0 as u8), &[object, value, env.val, slots, barrier], Rep::None);
        self.effect();
        Ok(())
    }

    /// `locals`
    pub(crate) fn load_locals(&mut self, dst: Reg) -> Step<()> {
        if self.frame().env.is_some() {
            let env = self.env_object()?;
            self.set(dst, env);
            return Ok(());
        }
        if matches!(self.frame().unit.kind, UnitKind::Statement | UnitKind::Expression) {
            return self.generic(Some(dst), Helper::LoadGlobals, &[], RegRange::EMPTY, Ty::Map);
        }
        Err(Stop::Refuse(Refusal::UnsupportedOperation))
    }

    /// A function value of a nested unit. Which code that has is read when it is made: linking may change it.
    pub(crate) fn make_function(&mut self, dst: Reg, child: ChildId) -> Step<()> {
        let frame = self.frame();
        let captured = match frame.env {
            Some(env) => self.reg(env.reg).val,
            None => self.helper(Helper::LoadGlobals, &[], Rep::Boxed),
        };
        let val = self.helper(Helper::MakeFunction(frame.first_child + child.0), &[captured], Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        Ok(())
    }

    /// Leaves if a variable was added to the environment object, which would hide what a free name means.
    pub(crate) fn need_closed_env(&mut self) {
        if let Some(env) = self.frame().env {
            self.guard_shape(self.reg(env.reg).val, ShapeSet::one(env.shape));
        }
    }

    /// A free name that means different things at times: looked up by the full rules.
    pub(crate) fn look_up_free(&mut self, name: NameId) -> Slot {
        let env = match self.frame().env {
            Some(env) => self.reg(env.reg).val,
            None => self.absent().val,
        };
        let captured = match &self.frame().captured {
            Some(captured) => self.reg(captured.reg).val,
            None => self.helper(Helper::LoadGlobals, &[], Rep::Boxed),
        };
        let val = self.helper(Helper::LoadFree(name.0), &[env, captured], Rep::Boxed);
        Slot { ty: Ty::Any, val }
    }

    /// The body's number of a variable's name.
    fn variable_name(&self, slot: EnvSlot) -> Step<NameId> {
        let unit = &self.frame().unit;
        let name = unit.env.as_ref().and_then(|names| names.get(slot.0 as usize)).map(|&name| unit.name(name));
        let at = self.input.body.unit.names.iter().position(|it| Some(it.as_str()) == name);
        at.map(|at| NameId(at as u32)).ok_or(Stop::Broken("a variable without a name"))
    }

    fn env_object(&mut self) -> Step<Slot> {
        let env = self.frame().env.ok_or(Stop::Broken("a variable of an environment in a unit without one"))?;
        Ok(self.reg(env.reg))
    }
}
