//! Emitting instructions, and the representations of slots.

use super::{Builder, Env, Slot};
use crate::reason::{Refusal, Refused};
use crate::ssa::types::{INT_MAX, Ty};
use crate::ssa::{Exit, Helper, Inst, Op, Rep, StateId, Val};
use minilive_mir::ir::Reg;
use minilive_runtime::value::Value;

/// What stands for a value while nothing is emitted.
const NOTHING: Val = Val(u32::MAX);

impl Builder<'_> {
    /// Emits an operation without an exit.
    pub(crate) fn op(&mut self, op: Op, args: &[Val], rep: Rep) -> Val {
        self.op_exit(op, args, rep, None)
    }

    /// Emits an operation.
    pub(crate) fn op_exit(&mut self, op: Op, args: &[Val], rep: Rep, exit: Option<Exit>) -> Val {
        if !self.emitting {
            return NOTHING;
        }
        let result = (rep != Rep::None).then(|| self.func.new_val(rep));
        let inst = Inst { op, args: args.to_vec(), result, exit, at: self.at };
        let cur = self.cur;
        self.func[cur].insts.push(inst);
        result.unwrap_or(NOTHING)
    }

    /// Emits an operation that gives a slot of this type.
    ///
    /// A checked result whose type leaves one value is not taken for that constant, since the check would go with it: `x % 1`
    /// is 0 only if the divisor, known to be 0 or 1, is not 0.
    pub(crate) fn slot(&mut self, op: Op, args: &[Val], ty: Ty, exit: Option<Exit>) -> Slot {
        let ty = match ty {
            Ty::Int(n, m) if n == m && exit.is_some() => Ty::Int(n.min(INT_MAX - 1), m.max(n.min(INT_MAX - 1) + 1)),
            ty => ty,
        };
        Slot { ty, val: self.op_exit(op, args, ty.rep(), exit) }
    }

    /// A truth value as a slot.
    pub(crate) fn truth_slot(&mut self, op: Op, args: &[Val]) -> Slot {
        Slot { ty: Ty::BOOL, val: self.op(op, args, Rep::Bool) }
    }

    /// The number constant.
    pub(crate) fn number(&mut self, number: f64) -> Slot {
        let int = number as i64;
        let exact = (int as f64).to_bits() == number.to_bits() && int.unsigned_abs() <= 1 << 53;
        if exact { self.int(int) } else { self.slot(Op::F64(number.to_bits()), &[], Ty::Num, None) }
    }

    /// The integer constant.
    pub(crate) fn int(&mut self, n: i64) -> Slot {
        self.slot(Op::Int(n), &[], Ty::Int(n, n), None)
    }

    /// null
    pub(crate) fn null(&mut self) -> Slot {
        self.slot(Op::Boxed(Value::NULL.bits()), &[], Ty::Null, None)
    }

    /// The mark of an unassigned variable.
    pub(crate) fn absent(&mut self) -> Slot {
        self.slot(Op::Boxed(Value::ABSENT.bits()), &[], Ty::Absent, None)
    }

    /// The slot as a double; it must be a number.
    pub(crate) fn as_f64(&mut self, slot: Slot) -> Val {
        match (self.emitting, slot.ty) {
            (false, _) => NOTHING,
            (_, Ty::Num) => slot.val,
            (_, Ty::Int(n, m)) if n == m => self.op(Op::F64((n as f64).to_bits()), &[], Rep::F64),
            _ => self.op(Op::ToF64, &[slot.val], Rep::F64),
        }
    }

    /// The slot as an integer; its type must be one.
    pub(crate) fn as_int(&mut self, slot: Slot) -> Val {
        if self.emitting && self.func.rep(slot.val) == Rep::Bool {
            return self.op(Op::ToInt, &[slot.val], Rep::Int);
        }
        slot.val
    }

    /// The slot as a boxed value.
    pub(crate) fn boxed(&mut self, slot: Slot) -> Val {
        if !self.emitting {
            return NOTHING;
        }
        match slot.ty {
            Ty::Int(n, m) if n == m => self.op(Op::Boxed((n as f64).to_bits()), &[], Rep::Boxed),
            Ty::Int(..) | Ty::Num => self.op(Op::Box, &[slot.val], Rep::Boxed),
            Ty::Range => {
                self.refusal = Some(Refusal::UnsupportedOperation.into());
                self.op(Op::Boxed(Value::NULL.bits()), &[], Rep::Boxed)
            }
            _ => slot.val,
        }
    }

    /// The slot in the representation of a type that is not below its own.
    pub(crate) fn coerce(&mut self, slot: Slot, ty: Ty) -> Val {
        if !self.emitting {
            return NOTHING;
        }
        match (ty.rep(), slot.ty) {
            (Rep::Int, Ty::Int(..)) => self.as_int(slot),
            (Rep::F64, Ty::Int(..) | Ty::Num) => self.as_f64(slot),
            (Rep::Boxed, _) if ty != Ty::Range || slot.ty == Ty::Range => {
                if slot.ty == Ty::Range {
                    slot.val
                } else {
                    self.boxed(slot)
                }
            }
            _ => {
                self.refusal = Some(Refused::failed(format!("{:?} does not fit {ty:?} at {}", slot.ty, self.at.0)));
                self.op(Op::Boxed(Value::NULL.bits()), &[], Rep::Boxed)
            }
        }
    }

    /// What a register holds.
    pub(crate) fn reg(&self, reg: Reg) -> Slot {
        self.env.regs[reg.0 as usize]
    }

    /// A register gets a value.
    pub(crate) fn set(&mut self, reg: Reg, slot: Slot) {
        self.env.regs[reg.0 as usize] = slot;
        if self.compared.is_some_and(|it| it.tells_of(reg)) {
            self.compared = None;
        }
    }

    /// A register is known better; its value is the same.
    pub(crate) fn refine(&mut self, reg: Reg, slot: Slot) {
        self.env.regs[reg.0 as usize] = slot;
    }

    /// A generic operation on boxed operands. Globals in registers are written back before it if it may see them, and read
    /// again behind it if it may change them.
    pub(crate) fn helper(&mut self, helper: Helper, args: &[Val], rep: Rep) -> Val {
        self.before_helper(helper);
        let val = self.op(Op::Helper(helper), args, rep);
        self.after_helper(helper);
        val
    }

    /// What comes before a generic operation.
    pub(crate) fn before_helper(&mut self, helper: Helper) {
        // Compiled functions may be called straight from here, on this stack.
        self.func.calls |= helper.calls();
        if helper.sees_globals() {
            self.flush_cells();
        }
    }

    /// What a generic operation leaves behind.
    pub(crate) fn after_helper(&mut self, helper: Helper) {
        if helper.clobbers_globals() {
            self.forget_cells();
        }
        if helper.writes() {
            self.shapes.clear();
        }
        self.effect();
    }

    /// Something happened that must not be repeated: exits from here on leave to a later place.
    pub(crate) fn effect(&mut self) {
        self.anchor = None;
    }

    /// The state to leave with: the last one, if nothing has happened since, else a new one. Sharing keeps exits few and short, and
    /// what they need alive; the interpreter repeats what was computed meanwhile.
    pub(crate) fn anchored(&mut self, make: impl FnOnce(&mut Self) -> StateId) -> StateId {
        if !self.emitting {
            return StateId(0);
        }
        if let Some(state) = self.anchor {
            return state;
        }
        let state = make(self);
        self.anchor = Some(state);
        state
    }
}

impl Env {
    /// The parts of the counted loop whose object a register holds.
    pub(crate) fn range(&self, reg: Reg) -> Option<super::RangeParts> {
        self.ranges.iter().find(|it| it.0 == reg).map(|it| it.1)
    }

    /// Notes the parts of a counted loop.
    pub(crate) fn set_range(&mut self, reg: Reg, parts: super::RangeParts) {
        self.ranges.retain(|it| it.0 != reg);
        self.ranges.push((reg, parts));
    }
}
