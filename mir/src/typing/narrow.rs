//! What a condition says about a variable on each of the ways behind it.
//!
//! Part of `typing`: `entries` asks it for each way out of a block. Invariant: what a way is left with names every type that the value can
//! have when the way is taken. A variable that may hold a function is not what the condition tests, which is what calling that gives.

use super::Outside;
use super::state::{State, Value, What};
use super::step::is_variable;
use crate::ir::{BinaryOp, Inst, Reg, UnaryOp, Unit};
use crate::types::TypeSet;

/// What may be false, or hold in part only.
const FALSY: TypeSet = TypeSet::NULL.with(TypeSet::NUMBER).with(TypeSet::STRING).with(TypeSet::LIST).with(TypeSet::MAP);

/// Takes in what the end of a block, given by its first instruction and what is behind its last, says on one of its ways; whether that way is
/// ever taken.
pub fn narrow(unit: &Unit, outside: &dyn Outside, block: (u32, u32), way: usize, state: &mut State) -> bool {
    let insts = &unit.insts[block.0 as usize..block.1 as usize];
    let Some((end, before)) = insts.split_last() else { return true };
    let look = Look { unit, outside };
    match *end {
        Inst::Branch { cond, .. } => look.condition(before, cond, way == 0, state),
        Inst::AndTest { a, .. } if way == 0 => look.condition(before, a, true, state),
        // What is worked out behind an error is the right operand.
        Inst::OrTest { a, .. } if way == 0 => look.keep(before, a, FALSY | TypeSet::ERROR, state),
        _ => true,
    }
}

struct Look<'a> {
    unit: &'a Unit,
    outside: &'a dyn Outside,
}

impl Look<'_> {
    /// A register holds as a condition, or does not; an error would end the program, or what the condition is part of.
    fn condition(&self, before: &[Inst], cond: Reg, holds: bool, state: &mut State) -> bool {
        let Some(at) = before.iter().rposition(|it| it.dst() == Some(cond)) else {
            return self.truth(before, cond, holds, state);
        };
        match before[at] {
            Inst::Unary { op: UnaryOp::Not, src, .. } => self.condition(&before[..at], src, !holds, state),
            Inst::Binary { op: BinaryOp::Eq, dst, a, b } => self.equal(&before[..at], (dst, a, b), holds, state),
            Inst::Binary { op: BinaryOp::Ne, dst, a, b } => self.equal(&before[..at], (dst, a, b), !holds, state),
            Inst::Binary { op: BinaryOp::Isa, dst, a, b } if b != dst => match state.get(b).what {
                // A map may be made of any type map.
                What::Type(of) if holds => {
                    let is_open = self.read_from(&before[..at], a).filter(|it| state.get(*it).set == TypeSet::ANY);
                    let goes_on = self.keep(&before[..at], a, of | TypeSet::MAP, state);
                    if let Some(variable) = is_open.filter(|_| of != TypeSet::FUNCTION) {
                        let what = What::Tested(of | TypeSet::MAP);
                        state.set(variable, Value { what, ..state.get(variable) });
                    }
                    goes_on
                }
                What::Type(of) => self.keep(&before[..at], a, TypeSet::ANY.without(of), state),
                _ => true,
            },
            Inst::Binary { op: BinaryOp::And, a, b, .. } if holds => {
                self.condition(&before[..at], a, true, state) && self.condition(&before[..at], b, true, state)
            }
            // An error on the left gives way to the right operand.
            Inst::Binary { op: BinaryOp::Or, a, b, .. } if !holds => {
                let left = self.keep(&before[..at], a, FALSY | TypeSet::ERROR, state);
                left && self.condition(&before[..at], b, false, state)
            }
            _ => self.truth(before, cond, holds, state),
        }
    }

    fn truth(&self, before: &[Inst], cond: Reg, holds: bool, state: &mut State) -> bool {
        let kept = if holds { TypeSet::ANY.without(TypeSet::NULL | TypeSet::ERROR) } else { FALSY };
        self.keep(before, cond, kept, state)
    }

    /// Values of different types are never equal, and null is equal to itself alone.
    fn equal(&self, before: &[Inst], (dst, a, b): (Reg, Reg, Reg), holds: bool, state: &mut State) -> bool {
        let known = |it: Reg, state: &State| if it == dst { TypeSet::ANY } else { state.get(it).set };
        let (left, right) = (known(a, state), known(b, state));
        let kept = |other: TypeSet| match holds {
            true => other,
            false if other == TypeSet::NULL => TypeSet::ANY.without(TypeSet::NULL),
            false => TypeSet::ANY,
        };
        self.keep(before, a, kept(right), state) && self.keep(before, b, kept(left), state)
    }

    /// What a register holds is one of these types; whether that can be.
    fn keep(&self, before: &[Inst], reg: Reg, types: TypeSet, state: &mut State) -> bool {
        let Some(variable) = self.read_from(before, reg) else { return true };
        let value = state.get(variable);
        let set = value.set.only(types.with(TypeSet::FUNCTION));
        state.set(variable, Value { set, ..value });
        set != TypeSet::NONE || value.absent || value.set == TypeSet::NONE
    }

    /// The variable that was read into a register, or that it is.
    fn read_from(&self, before: &[Inst], reg: Reg) -> Option<Reg> {
        let Some(at) = before.iter().rposition(|it| it.dst() == Some(reg)) else {
            return is_variable(self.unit, reg).then_some(reg);
        };
        match before[at] {
            _ if is_variable(self.unit, reg) => Some(reg),
            Inst::AutoCall { src, .. } | Inst::Move { src, .. } => self.read_from(&before[..at], src),
            Inst::LoadLocal { local, .. } => Some(local),
            Inst::LoadFree { name, .. } => State::global(self.unit, self.outside, name),
            _ => None,
        }
    }
}
