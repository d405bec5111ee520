//! What certainly goes wrong, once the types are known.
//!
//! Part of `typing`: one more walk over the reached blocks. Invariant: nothing is said of a value that may be anything; [`Wrong::Unsure`]
//! alone is about what may go well.

use super::state::{State, What};
use super::{Outside, TypeFinding, UnitTypes, Wrong, step};
use crate::ir::{BinaryOp, Inst, InstId, NameId, RecordKind, Reg, Unit, UnitKind};
use crate::types::{self, TypeSet};

/// Collects types and findings.
pub fn look(unit: &Unit, outside: &dyn Outside, entries: &[Option<State>]) -> UnitTypes {
    let mut found = UnitTypes { results: vec![TypeSet::NONE; unit.insts.len()], findings: Vec::new() };
    let mut ends = Ends::default();
    for (block, entry) in unit.blocks.iter().zip(entries) {
        let Some(mut state) = entry.clone() else { continue };
        for at in block.first..block.end {
            let inst = &unit.insts[at as usize];
            if let Some(wrong) = wrong(unit, outside, inst, &state) {
                found.findings.push(TypeFinding { inst: InstId(at), wrong });
            }
            if let Inst::Return { src } = *inst {
                ends.add(unit, InstId(at), src, &state);
            }
            let goes_on = step::step(unit, outside, InstId(at), &mut state);
            found.results[at as usize] = match inst.write_on_way() {
                Some((way, dst)) => step::leave(inst, way, &state).map_or(TypeSet::NONE, |it| it.get(dst).set),
                None => inst.dst().map_or(TypeSet::NONE, |dst| state.get(dst).set),
            };
            if !goes_on {
                break;
            }
        }
    }
    if let (UnitKind::Function, true, Some(inst)) = (unit.kind, ends.gives_value, ends.without) {
        found.findings.push(TypeFinding { inst, wrong: Wrong::NoReturn });
        found.findings.sort_by_key(|it| it.inst);
    }
    found
}

/// How a function ends.
#[derive(Default)]
struct Ends {
    gives_value: bool,
    /// The end of its text, if it is reached.
    without: Option<InstId>,
}

impl Ends {
    fn add(&mut self, unit: &Unit, inst: InstId, src: Reg, state: &State) {
        let is_written = unit.records.iter().any(|it| it.inst == inst && it.kind == RecordKind::Return);
        if is_written {
            self.gives_value |= state.get(src).set != TypeSet::NULL;
        } else {
            self.without = Some(inst);
        }
    }
}

fn wrong(unit: &Unit, outside: &dyn Outside, inst: &Inst, state: &State) -> Option<Wrong> {
    match *inst {
        Inst::LoadLocal { local, name, deferred, .. } => {
            let value = state.get(local);
            let further = !deferred && outside.free(unit.name(name)).set != TypeSet::NONE;
            let wrong = if value.is_absent() { Wrong::Unassigned { name } } else { Wrong::Unsure { name } };
            (value.absent && !further).then_some(wrong)
        }
        Inst::Call { callee, args, .. } => {
            let callee = state.get(callee);
            if let What::Intrinsic(intrinsic) = callee.what {
                return refused(outside, intrinsic, &step::sets(args, state));
            }
            let never = callee.set != TypeSet::NONE && !callee.set.may_be(TypeSet::FUNCTION);
            (never && args.count > 0).then_some(Wrong::NotAFunction { is: callee.set })
        }
        Inst::Binary { op, a, b, .. } => operator(op, state.get(a).set, state.get(b).set),
        Inst::Unary { op, src, .. } => {
            let operand = state.get(src).set;
            let nothing = operand != TypeSet::NONE && types::unary(op, operand) == TypeSet::NULL;
            nothing.then_some(Wrong::NoResult { operands: (TypeSet::NONE, operand) })
        }
        Inst::GetMember { obj, name, .. } => lacking(unit, outside, name, state.get(obj).set),
        Inst::CallMethod { obj, this, name, args, .. } => {
            let of = state.get(obj).set;
            lacking(unit, outside, name, of).or_else(|| {
                // With others the call does not come about.
                let mut sets = vec![state.get(this).set.without(TypeSet::NULL | TypeSet::ERROR)];
                sets.extend(step::sets(args, state));
                refused(outside, outside.method(of, unit.name(name))?, &sets)
            })
        }
        _ => None,
    }
}

fn refused(outside: &dyn Outside, intrinsic: u32, sets: &[TypeSet]) -> Option<Wrong> {
    let argument = outside.refuses(intrinsic, sets)?;
    Some(Wrong::Refused { intrinsic, argument, is: sets[argument], first: sets[0] })
}

fn lacking(unit: &Unit, outside: &dyn Outside, name: NameId, of: TypeSet) -> Option<Wrong> {
    (of != TypeSet::NONE && outside.lacks(of, unit.name(name))).then_some(Wrong::NoMember { name, of })
}

fn operator(op: BinaryOp, a: TypeSet, b: TypeSet) -> Option<Wrong> {
    if a == TypeSet::NONE || b == TypeSet::NONE {
        return None;
    }
    match op {
        BinaryOp::Eq | BinaryOp::Ne => (!a.may_be(b)).then_some(Wrong::Decided { op, operands: (a, b) }),
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            let ordered = [TypeSet::NUMBER, TypeSet::STRING].iter().any(|&it| a.may_be(it) && b.may_be(it));
            let error = (a | b).may_be(TypeSet::ERROR);
            (!ordered && !error).then_some(Wrong::Decided { op, operands: (a, b) })
        }
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod | BinaryOp::Pow => {
            (types::binary(op, a, b) == TypeSet::NULL).then_some(Wrong::NoResult { operands: (a, b) })
        }
        BinaryOp::Isa | BinaryOp::And | BinaryOp::Or => None,
    }
}
