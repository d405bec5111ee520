//! Globals and free names: values kept out of memory between points that could notice.
//!
//! A global is read from its cell once and written back before anything that may look at it: calls, formatting, exits, the end.

use super::{Builder, CellState, Slot, Step, Stop};
use crate::feedback::{Global, Kinds, Place, Target, Variety};
use crate::reason::{ExitReason, Refusal};
use crate::ssa::shape_set::ShapeSet;
use crate::ssa::types::Ty;
use crate::ssa::{Helper, Op, Rep, Val};
use minilive_mir::ir::{Inst, InstId, NameId, Reg, RegRange};
use minilive_runtime::globals::Held;
use minilive_runtime::shared::CellId;
use minilive_runtime::value::Value;

impl Builder<'_> {
    pub(crate) fn load_free(&mut self, dst: Reg, name: NameId) -> Step<()> {
        let seen = self.input.seen.global(self.at);
        let slot = self.free_name(dst, name, seen)?;
        self.set(dst, slot);
        Ok(())
    }

    /// The value of a free name, by where it was found before.
    fn free_name(&mut self, dst: Reg, name: NameId, seen: Global) -> Step<Slot> {
        let scoped = self.frame().captured.is_some() || self.frame().env.is_some();
        if scoped && seen.place == Place::Unknown && self.may(ExitReason::ColdPath) {
            return Err(self.leave(ExitReason::ColdPath));
        }
        if scoped && !self.may(ExitReason::Shape) {
            return Ok(self.look_up_free(name));
        }
        self.need_closed_env();
        if let Some(captured) = &self.frame().captured {
            let map = self.guard_shape(self.reg(captured.reg).val, ShapeSet::one(captured.shape));
            if let Some(slot) = captured.slot(name) {
                return self.read_captured(dst, (map, slot), name, seen);
            }
        }
        match seen.place {
            Place::Unknown => match self.env.cells[name.0 as usize] {
                CellState::Loaded { .. } => self.read_cell(name, seen),
                _ if self.may(ExitReason::ColdPath) => Err(self.leave(ExitReason::ColdPath)),
                _ => Ok(self.look_up_free(name)),
            },
            Place::Global => self.read_cell(name, seen),
            Place::Intrinsic if self.may(ExitReason::IntrinsicShadowed) => self.read_intrinsic(name, seen.target),
            Place::Intrinsic => Ok(self.look_up_free(name)),
            // Both may be right at times; which one, the interpreter decides.
            Place::Mixed if !scoped && seen.value.meets(Kinds::NUMBER) => {
                self.read_cell(name, Global { target: None, ..seen })
            }
            Place::Mixed | Place::Outer { .. } => Ok(self.look_up_free(name)),
        }
    }

    /// A variable of the captured map, whose shape was guarded.
    fn read_captured(&mut self, dst: Reg, (map, slot): (Val, u8), name: NameId, seen: Global) -> Step<Slot> {
        if !matches!(seen.place, Place::Outer { .. }) || !self.may(ExitReason::Unassigned) {
            // At times it is unassigned, and then the name means something else.
            return Ok(self.look_up_free(name));
        }
        let val = self.load_slot(map, slot);
        let is_int = self.is_int_use(dst);
        // Each closure has functions of its own here: what the call met is known better.
        let target = seen.target.filter(|_| !self.calls_several(dst));
        self.narrow_global(Slot { ty: Ty::Any, val }, Global { target, ..seen }, is_int)
    }

    /// Whether the function that goes to a register now is what a call behind it calls, which met several.
    fn calls_several(&self, dst: Reg) -> bool {
        let (frame, own) = self.input.body.origin(self.at);
        let callee = Reg(dst.0 - self.frame().first_reg);
        let behind = (own.0 + 1..).map(InstId).zip(self.frame().unit.insts.iter().skip(own.0 as usize + 1));
        for (at, inst) in behind {
            match *inst {
                Inst::Call { callee: reg, .. } | Inst::AutoCall { src: reg, .. } if reg == callee => {
                    let seen = self.input.seen.views[frame].call(at).unwrap_or_default();
                    return seen.variety == Variety::Mega;
                }
                _ if inst.is_terminator() || inst.sure_writes().contains(&Some(callee)) => return false,
                _ => {}
            }
        }
        false
    }

    /// `outer`: the captured map, or that of globals.
    pub(crate) fn load_outer(&mut self, dst: Reg) -> Step<()> {
        match &self.frame().captured {
            Some(captured) => {
                let map = self.reg(captured.reg);
                self.set(dst, map);
                Ok(())
            }
            None => self.generic(Some(dst), Helper::LoadGlobals, &[], RegRange::EMPTY, Ty::Map),
        }
    }

    /// A name that no variable has: its cell must be unassigned.
    fn read_intrinsic(&mut self, name: NameId, target: Option<Target>) -> Step<Slot> {
        let Some(Target::Intrinsic(id)) = target else {
            return Err(Stop::Refuse(Refusal::UnsupportedOperation));
        };
        if !self.may(ExitReason::IntrinsicShadowed) {
            return Err(Stop::Refuse(Refusal::TooManyExits));
        }
        let is_loaded = self.env.cells[name.0 as usize] != CellState::Memory;
        let cell = match is_loaded || !self.relies_on(name, Held::Nothing) {
            true => self.load_cell(name),
            false => Slot { ty: Ty::Absent, val: self.absent().val },
        };
        if cell.ty != Ty::Absent {
            let exit = self.exit(ExitReason::IntrinsicShadowed);
            let op = Op::GuardBits(Value::ABSENT.bits());
            let val = self.op_exit(op, &[cell.val], Rep::Boxed, Some(exit));
            self.keep_cell(name, Slot { ty: Ty::Absent, val });
        }
        Ok(self.slot(Op::Intrinsic(id), &[], Ty::Function(Target::Intrinsic(id)), None))
    }

    /// The value of a global, narrowed to what it was seen to be.
    fn read_cell(&mut self, name: NameId, seen: Global) -> Step<Slot> {
        let slot = self.load_cell(name);
        if slot.ty == Ty::Absent {
            return Err(self.leave(ExitReason::Unassigned));
        }
        if slot.ty != Ty::Any {
            return Ok(slot);
        }
        // What is known of a global holds for all that read it.
        let slot = match self.constant_function(name, seen) {
            Some(target) => Slot { ty: Ty::Function(target), val: slot.val },
            None => self.narrow_global(slot, seen, true)?,
        };
        self.keep_cell(name, slot);
        Ok(slot)
    }

    /// The function that a global held whenever it was read, if it may be relied on to hold that.
    fn constant_function(&mut self, name: NameId, seen: Global) -> Option<Target> {
        let target = seen.target.filter(|_| !seen.unstable && seen.value == Kinds::FUNCTION)?;
        let Target::Code(code) = target else { return None };
        self.relies_on(name, Held::Function(code)).then_some(target)
    }

    /// Whether a global may be relied on to hold this: nothing is compared then, but assigning it ends all code that relies on it.
    fn relies_on(&mut self, name: NameId, held: Held) -> bool {
        let cell = self.input.cells[name.0 as usize];
        if !self.may(ExitReason::GlobalChanged) || (self.input.constant)(cell) != Some(held) {
            return false;
        }
        if !self.env.constants_ok {
            let exit = self.exit(ExitReason::GlobalChanged);
            self.op_exit(Op::GuardConstants, &[], Rep::None, Some(exit));
            self.env.constants_ok = true;
        }
        let assumed = (CellId(cell), held);
        if !self.func.assumed.contains(&assumed) {
            self.func.assumed.push(assumed);
        }
        true
    }

    fn narrow_global(&mut self, slot: Slot, seen: Global, is_int: bool) -> Step<Slot> {
        if let Some(target) = seen.target
            && !seen.unstable
            && seen.value == Kinds::FUNCTION
            && self.may(ExitReason::OtherFunction)
        {
            return self.guard_target(slot, target);
        }
        match self.guess_loaded(is_int, seen.value) {
            Ty::Any => self.guard_assigned(slot),
            want => self.narrow(slot, want, Self::exit),
        }
    }

    /// What is known of a global now; reads its cell if nothing is.
    pub(crate) fn load_cell(&mut self, name: NameId) -> Slot {
        if let CellState::Loaded { slot, .. } = self.env.cells[name.0 as usize] {
            return slot;
        }
        let cell = self.input.cells[name.0 as usize];
        let slot = self.slot(Op::LoadCell(cell), &[], Ty::Any, None);
        self.env.cells[name.0 as usize] = CellState::Loaded { slot, dirty: false };
        slot
    }

    /// A global is known better; its value is the same.
    pub(super) fn keep_cell(&mut self, name: NameId, slot: Slot) {
        let dirty = matches!(self.env.cells[name.0 as usize], CellState::Loaded { dirty: true, .. });
        self.env.cells[name.0 as usize] = CellState::Loaded { slot, dirty };
    }

    pub(crate) fn store_global(&mut self, name: NameId, src: Reg) -> Step<()> {
        self.need_open_globals()?;
        let slot = self.reg(src);
        if slot.ty == Ty::Range {
            return Err(Stop::Refuse(Refusal::UnsupportedOperation));
        }
        self.env.cells[name.0 as usize] = CellState::Loaded { slot, dirty: true };
        self.effect();
        Ok(())
    }

    /// Assignments are only compiled while the map of globals is neither frozen nor observed.
    pub(crate) fn need_open_globals(&mut self) -> Step<()> {
        if !self.env.globals_ok {
            if !self.may(ExitReason::Frozen) {
                return Err(Stop::Refuse(Refusal::TooManyExits));
            }
            let exit = self.exit(ExitReason::Frozen);
            self.op_exit(Op::GuardGlobals, &[], Rep::None, Some(exit));
            self.env.globals_ok = true;
        }
        Ok(())
    }

    /// Writes every changed global back to its cell.
    pub(crate) fn flush_cells(&mut self) {
        for name in 0..self.env.cells.len() {
            self.flush_cell(name);
        }
        self.effect();
    }

    /// Writes one global back if it changed.
    pub(crate) fn flush_cell(&mut self, name: usize) {
        if let CellState::Loaded { slot, dirty: true } = self.env.cells[name] {
            let val = self.boxed(slot);
            self.op(Op::StoreCell(self.input.cells[name]), &[val], Rep::None);
            self.env.cells[name] = CellState::Loaded { slot, dirty: false };
        }
    }

    /// Forgets what globals hold, because foreign code ran.
    pub(crate) fn forget_cells(&mut self) {
        self.env.cells.fill(CellState::Memory);
        self.note_clobber();
        self.env.globals_ok = false;
        self.env.elements_ok = false;
        self.env.constants_ok = false;
        self.env.types_ok = 0;
    }

    /// Reads the globals that a loop uses before it is entered, so that they stay in registers inside.
    pub(crate) fn preload(&mut self, names: &[(NameId, Global)], stored: &[NameId]) -> Step<()> {
        for &(name, seen) in names {
            match (self.env.cells[name.0 as usize], seen.place) {
                (CellState::Loaded { slot, .. }, _) if stored.contains(&name) => self.expect_natural(name, slot),
                (CellState::Loaded { .. }, _) => {}
                (_, Place::Global) if !seen.value.is_empty() => {
                    let slot = self.read_cell(name, seen)?;
                    if stored.contains(&name) {
                        self.expect_natural(name, slot);
                    }
                }
                (_, Place::Intrinsic) => {
                    self.read_intrinsic(name, seen.target)?;
                }
                _ => {}
            }
        }
        if !stored.is_empty() {
            self.need_open_globals()?;
        }
        Ok(())
    }

    /// What a loop counts with mostly begins at or above zero, and then stays there: no sum of two such needs a check on that side, and
    /// remainders need none for a sign.
    fn expect_natural(&mut self, name: NameId, slot: Slot) {
        let cell = self.input.cells[name.0 as usize];
        if slot.ty.range().is_some() && (self.input.natural)(cell) && self.may(ExitReason::Negative) {
            let natural = self.guard_natural(slot, Self::exit);
            self.keep_cell(name, natural);
        }
    }
}
