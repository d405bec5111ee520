//! What certainly goes wrong, once the types are known.
//!
//! Part of `typing`: one more walk over the reached blocks. Invariant: nothing is said of a value that may be anything; [`Wrong::Unsure`]
//! alone is about what may go well.

use super::state::{State, Value, What};
use super::{Outside, TypeFinding, UnitTypes, Wanted, Wrong, step};
use crate::ir::{BinaryOp, Const, Inst, InstId, NameId, RecordKind, Reg, Unit, UnitKind};
use crate::names::ANY_KEY;
use crate::types::{self, TypeSet};

/// What has no elements and takes none.
const BARE: TypeSet = TypeSet::NULL.with(TypeSet::NUMBER).with(TypeSet::FUNCTION);

/// The method that adds a key to a map.
const PUSH: &str = "push";

/// Functions that give the values of a map, or let them change places.
const MOVING: [&str; 2] = ["shuffle", "values"];

/// Collects types and findings.
pub fn look(unit: &Unit, outside: &dyn Outside, entries: &[Option<State>]) -> UnitTypes {
    let results = vec![TypeSet::NONE; unit.insts.len()];
    let mut found = UnitTypes { results, findings: Vec::new(), opens_maps: Vec::new(), unnamed: Vec::new() };
    let mut ends = Ends::default();
    let guarded = guarded(unit);
    for (number, (block, entry)) in unit.blocks.iter().zip(entries).enumerate() {
        let Some(mut state) = entry.clone() else { continue };
        for at in block.first..block.end {
            let inst = &unit.insts[at as usize];
            let before = &unit.insts[block.first as usize..at as usize];
            let found_here = wrong(unit, outside, (before, inst), &state);
            let is_guarded = |it: &Wrong| it.is_about_null() && guarded[number];
            if let Some(wrong) = found_here.filter(|it| !is_guarded(it)) {
                found.findings.push(TypeFinding { inst: InstId(at), wrong });
            }
            if opens_maps(unit, (before, inst), &state) {
                found.opens_maps.push(InstId(at));
            }
            if is_unnamed(unit, outside, (before, inst), &state) {
                found.unnamed.push(InstId(at));
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
    if let (UnitKind::Function, Some(inst)) = (unit.kind, ends.forgotten()) {
        found.findings.push(TypeFinding { inst, wrong: Wrong::NoReturn });
        found.findings.sort_by_key(|it| it.inst);
    }
    found
}

/// Whether an instruction may give a map a member whose name is worked out: stored under a key, or pushed.
fn opens_maps(unit: &Unit, (before, inst): (&[Inst], &Inst), state: &State) -> bool {
    let is_name = |key: Reg| state.get(key).set.may_be(TypeSet::STRING) && constant_key(unit, before, key).is_none();
    match *inst {
        Inst::SetIndex { obj, key, .. } => state.get(obj).set.may_be(TypeSet::MAP) && is_name(key),
        Inst::MakeMap { pairs, .. } => pairs.iter().step_by(2).any(is_name),
        Inst::CallMethod { obj, name, args, .. } if unit.name(name) == PUSH => {
            state.get(obj).set.may_be(TypeSet::MAP) && args.iter().next().is_some_and(is_name)
        }
        Inst::LoadFree { name, .. } | Inst::LoadLocal { name, .. } | Inst::RefMember { name, .. } => {
            unit.name(name) == PUSH
        }
        _ => false,
    }
}

/// Whether an instruction may take a value of a map, or put it elsewhere, without naming it: by a key that is worked out, a loop, or a method.
fn is_unnamed(unit: &Unit, outside: &dyn Outside, (before, inst): (&[Inst], &Inst), state: &State) -> bool {
    let may_be_map = |of: Reg| state.get(of).set.may_be(TypeSet::MAP);
    let moves = |name: NameId| MOVING.contains(&unit.name(name));
    match *inst {
        Inst::GetIndex { obj, key, .. } | Inst::RefIndex { obj, key, .. } | Inst::CallIndex { obj, key, .. } => {
            may_be_map(obj) && state.get(key).set.may_be(TypeSet::STRING) && constant_key(unit, before, key).is_none()
        }
        Inst::IterInit { src, .. } => may_be_map(src),
        Inst::GetMember { obj, name, .. } | Inst::RefMember { obj, name, .. } | Inst::CallMethod { obj, name, .. } => {
            moves(name) && may_be_map(obj)
        }
        // Whatever the function is called on then.
        Inst::LoadFree { name, .. } => moves(name) && outside.free(unit.name(name)).intrinsic.is_some(),
        Inst::LoadLocal { local, name, .. } => moves(name) && state.get(local).absent,
        _ => false,
    }
}

/// Per block: whether it works out the right operand of `and` or `or`. What stands there mostly is kept from running by the left one.
fn guarded(unit: &Unit) -> Vec<bool> {
    let mut guarded = vec![false; unit.blocks.len()];
    for inst in &unit.insts {
        if let Inst::AndTest { rhs, .. } | Inst::OrTest { rhs, .. } = *inst {
            guarded[rhs.0 as usize] = true;
        }
    }
    guarded
}

/// How a function ends.
#[derive(Default)]
struct Ends {
    /// It gives what is certainly something.
    gives_value: bool,
    /// It gives null on purpose.
    gives_null: bool,
    /// The end of its text, if it is reached.
    without: Option<InstId>,
}

impl Ends {
    /// The end of a function that gives something elsewhere, and nowhere null on purpose.
    fn forgotten(&self) -> Option<InstId> {
        self.without.filter(|_| self.gives_value && !self.gives_null)
    }

    fn add(&mut self, unit: &Unit, inst: InstId, src: Reg, state: &State) {
        let is_written = unit.records.iter().any(|it| it.inst == inst && it.kind == RecordKind::Return);
        if is_written {
            let given = state.get(src).set;
            self.gives_null |= given == TypeSet::NULL;
            // Who returns an error gives up; the other ways may well have nothing to give.
            self.gives_value |= given.without(TypeSet::ERROR) != TypeSet::NONE && !given.may_be(TypeSet::NULL);
        } else {
            // One is the end of the text; the others somebody wrote, without a value or with null.
            self.gives_null |= self.without.replace(inst).is_some();
        }
    }
}

/// What is wrong at an instruction; `before` are those before it in its block.
fn wrong(unit: &Unit, outside: &dyn Outside, (before, inst): (&[Inst], &Inst), state: &State) -> Option<Wrong> {
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
                return refused(outside, intrinsic, args.iter().map(|reg| state.get(reg)));
            }
            let never = callee.set != TypeSet::NONE && !callee.set.may_be(TypeSet::FUNCTION);
            never.then_some(Wrong::NotAFunction { is: callee.set })
        }
        Inst::Binary { op: BinaryOp::Isa, a, b, .. } if is_plain_map(unit, before, a) => match state.get(b).what {
            What::Type(wanted) if !wanted.may_be(TypeSet::MAP) => {
                Some(Wrong::Decided { op: BinaryOp::Isa, operands: (TypeSet::MAP, wanted) })
            }
            _ => None,
        },
        Inst::Binary { op: BinaryOp::Isa, a, b, .. } => never_is(state.get(a).set, state.get(b).what),
        Inst::Binary { op, a, b, .. } => {
            let (left, right) = (state.get(a), state.get(b));
            let decided = operator(op, left.set, right.set).or_else(|| tested(op, left, right));
            decided.or_else(|| not_found(op, (left, constant(unit, before, b)), (right, constant(unit, before, a))))
        }
        Inst::Unary { op, src, .. } => {
            let operand = state.get(src).set;
            let nothing = operand != TypeSet::NONE && types::unary(op, operand) == TypeSet::NULL;
            nothing.then_some(Wrong::NoResult { operands: (TypeSet::NONE, operand) })
        }
        Inst::GetMember { obj, name, .. } => lacking(outside, unit.name(name), state.get(obj).set),
        Inst::CallMethod { obj, this, name, args, .. } => {
            let of = state.get(obj).set;
            lacking(outside, unit.name(name), of).or_else(|| {
                // With others the call does not come about.
                let this = state.get(this);
                let this = Value { set: this.set.without(TypeSet::NULL | TypeSet::ERROR), ..this };
                let all = std::iter::once(this).chain(args.iter().map(|reg| state.get(reg)));
                refused(outside, outside.method(of, unit.name(name))?, all)
            })
        }
        Inst::GetIndex { obj, key, .. } => {
            let (of, by) = (state.get(obj).set, state.get(key).set);
            let name = constant_key(unit, before, key);
            let lacking = name.and_then(|name| lacking(outside, name, of));
            lacking.or_else(|| no_element(outside, of, by).then_some(Wrong::NoElements { of, wanted: Wanted::Element }))
        }
        Inst::GetKey { obj, name, .. } => {
            let of = state.get(obj).set;
            let lacking = lacking(outside, unit.name(name), of);
            let none = || no_element(outside, of, TypeSet::STRING);
            lacking.or_else(|| none().then_some(Wrong::NoElements { of, wanted: Wanted::Element }))
        }
        Inst::Slice { obj, .. } => {
            let of = state.get(obj).set;
            let never = of != TypeSet::NONE && of.is_within(BARE);
            never.then_some(Wrong::NoElements { of, wanted: Wanted::Part })
        }
        // Over null a loop is not carried out, which may be what is meant.
        Inst::IterInit { src, .. } => {
            let of = state.get(src).set;
            (of == TypeSet::NUMBER).then_some(Wrong::NoElements { of, wanted: Wanted::Each })
        }
        Inst::SetMember { obj, .. } | Inst::SetIndex { obj, .. } => {
            let of = state.get(obj).set;
            let never = of != TypeSet::NONE && of.is_within(BARE | TypeSet::STRING | TypeSet::ERROR);
            never.then_some(Wrong::NotAssignable { of })
        }
        _ => None,
    }
}

/// Whether reading such an element of this certainly fails: numbers have what their type map has, errors some fields.
fn no_element(outside: &dyn Outside, of: TypeSet, by: TypeSet) -> bool {
    let by_number = by == TypeSet::NUMBER && outside.lacks(TypeSet::NUMBER, ANY_KEY);
    let bare = if by_number { BARE | TypeSet::ERROR } else { BARE.without(TypeSet::NUMBER) };
    of != TypeSet::NONE && of.is_within(bare)
}

/// The text that a key certainly is, if the instructions before say so.
fn constant_key<'u>(unit: &'u Unit, before: &[Inst], key: Reg) -> Option<&'u str> {
    match made_of(unit, before, key)? {
        Const::Str(text) => Some(text),
        _ => None,
    }
}

/// The number that a register certainly holds, likewise.
fn constant(unit: &Unit, before: &[Inst], reg: Reg) -> Option<f64> {
    match made_of(unit, before, reg)? {
        Const::Number(number) => Some(*number),
        _ => None,
    }
}

fn made_of<'u>(unit: &'u Unit, before: &[Inst], reg: Reg) -> Option<&'u Const> {
    let made = before.iter().rev().find(|it| it.dst() == Some(reg))?;
    let Inst::Const { value, .. } = *made else { return None };
    Some(&unit.consts[value.0 as usize])
}

fn refused(outside: &dyn Outside, intrinsic: u32, args: impl Iterator<Item = Value>) -> Option<Wrong> {
    let (sets, words): (Vec<_>, Vec<_>) = args.map(|it| (it.set, it.what == What::Word)).unzip();
    let is_refused = |&at: &usize| words[at] && outside.refuses_word(intrinsic, &sets, at);
    let argument = outside.refuses(intrinsic, &sets).or_else(|| (0..sets.len()).find(is_refused))?;
    Some(Wrong::Refused { intrinsic, argument, is: sets[argument], first: sets[0] })
}

/// A member that is not there; null has none at all.
fn lacking(outside: &dyn Outside, name: &str, of: TypeSet) -> Option<Wrong> {
    let lacks = of == TypeSet::NULL || of != TypeSet::NONE && outside.lacks(of, name);
    lacks.then(|| Wrong::NoMember { name: name.into(), of })
}

/// A test for a type that the value never has. Maps and errors may be made of anything, and a test that always holds may be one of care.
fn never_is(of: TypeSet, what: What) -> Option<Wrong> {
    let What::Type(wanted) = what else { return None };
    let plain = TypeSet::NULL | TypeSet::NUMBER | TypeSet::STRING | TypeSet::LIST | TypeSet::FUNCTION;
    let never = of != TypeSet::NONE && of.is_within(plain) && step::isa(of, what).what == What::Truth(false);
    never.then_some(Wrong::Decided { op: BinaryOp::Isa, operands: (of, wanted) })
}

/// Whether a register holds what a map literal without a class gives. A variable may have been given one meanwhile.
fn is_plain_map(unit: &Unit, before: &[Inst], reg: Reg) -> bool {
    let made = before.iter().rposition(|it| it.dst() == Some(reg)).filter(|_| !step::is_variable(unit, reg));
    let Some((at, Inst::MakeMap { pairs, .. })) = made.map(|at| (at, &before[at])) else { return false };
    pairs.iter().step_by(2).all(|key| constant_key(unit, &before[..at], key).is_some_and(|key| key != "__isa"))
}

/// A comparison that comes out the same if an operand is of the types that were found by `isa`. Most are no maps that are made of a type.
fn tested(op: BinaryOp, a: Value, b: Value) -> Option<Wrong> {
    let types = |it: Value| if let What::Tested(types) = it.what { types } else { it.set };
    let shown = |it: Value| match it.what {
        What::Tested(types) if types != TypeSet::MAP => types.without(TypeSet::MAP),
        What::Tested(types) => types,
        _ => it.set,
    };
    let is_compared =
        matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
    let is_tested = matches!(a.what, What::Tested(_)) || matches!(b.what, What::Tested(_));
    operator(op, types(a), types(b))
        .filter(|_| is_compared && is_tested)
        .map(|_| Wrong::Decided { op, operands: (shown(a), shown(b)) })
}

/// A position is compared with what no position is. Null is not equal to a number, and less than none.
fn not_found(op: BinaryOp, left: (Value, Option<f64>), right: (Value, Option<f64>)) -> Option<Wrong> {
    let with = |(position, other): (Value, Option<f64>)| other.filter(|_| position.what == What::Position);
    let never = match op {
        BinaryOp::Eq | BinaryOp::Ne => with(left).or(with(right)).is_some_and(|it| it < 0.0),
        BinaryOp::Lt => with(left).is_some_and(|it| it <= 0.0),
        BinaryOp::Le => with(left).is_some_and(|it| it < 0.0),
        BinaryOp::Gt => with(right).is_some_and(|it| it <= 0.0),
        BinaryOp::Ge => with(right).is_some_and(|it| it < 0.0),
        _ => false,
    };
    never.then_some(Wrong::NotFound { op })
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
            // An error goes on through the operator; what else there may be gives nothing.
            let but_error = |set: TypeSet| if set == TypeSet::ERROR { set } else { set.without(TypeSet::ERROR) };
            let (a, b) = (but_error(a), but_error(b));
            (types::binary(op, a, b) == TypeSet::NULL).then_some(Wrong::NoResult { operands: (a, b) })
        }
        BinaryOp::Isa | BinaryOp::And | BinaryOp::Or => None,
    }
}
