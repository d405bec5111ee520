//! What each instruction does to what is known.
//!
//! Part of `typing`. Invariant: the match has no wildcard arm for instructions with results, so a new one cannot be forgotten.

use super::state::{State, Value, What};
use super::{Given, Outside};
use crate::ir::{BinaryOp, Const, Inst, InstId, Reg, RegRange, UnaryOp, Unit};
use crate::names::ANY_KEY;
use crate::types::{self, TypeSet};

/// The function that tells where something stands.
const INDEX_OF: &str = "indexOf";

/// Carries out an instruction; whether the program goes on behind it.
pub fn step(unit: &Unit, outside: &dyn Outside, at: InstId, state: &mut State) -> bool {
    let inst = &unit.insts[at.0 as usize];
    if let Inst::AppendList { list, elems } = *inst {
        let value = state.get(list);
        if let What::ListOf(elements) = value.what {
            let elements = elems.iter().fold(elements, |sum, it| sum | state.get(it).set);
            state.set(list, Value { what: What::ListOf(elements), ..value });
        }
        return true;
    }
    if let Inst::IterInit { obj, pos, src } = *inst {
        state.set(obj, state.get(src));
        state.set(pos, Value::of(TypeSet::NUMBER));
        return true;
    }
    if let Inst::StoreGlobal { name, src } = *inst {
        if let Some(global) = State::global(unit, outside, name) {
            state.set(global, kept(unit, global, state.get(src)));
        }
        return true;
    }
    if matches!(inst, Inst::AndTest { .. } | Inst::OrTest { .. } | Inst::IterNext { .. }) {
        // They write on one of their ways only.
        return true;
    }
    let (Some(dst), Some(value)) = (inst.dst(), result(unit, outside, inst, state)) else { return true };
    let stops = match *inst {
        // A read that finds nothing stops the program, as a built-in function does that gives nothing.
        Inst::LoadLocal { .. } => true,
        Inst::Call { callee: called, .. } | Inst::AutoCall { src: called, .. } => {
            matches!(state.get(called).what, What::Intrinsic(_))
        }
        _ => false,
    };
    state.set(dst, value);
    !stops || value.set != TypeSet::NONE
}

/// The state on one way out of a block; none if that way is never taken.
pub fn leave(end: &Inst, way: usize, state: &State) -> Option<State> {
    let mut arriving = state.clone();
    match *end {
        Inst::Branch { cond, .. } if truth(state.get(cond)).is_some_and(|truth| truth != (way == 0)) => return None,
        Inst::AndTest { a, .. } if way == 0 && ends_and(state.get(a)) => return None,
        Inst::OrTest { a, .. } if way == 0 && truth(state.get(a)) == Some(true) => return None,
        Inst::OrTest { a, .. } if way == 1 && truth(state.get(a)) == Some(false) => return None,
        Inst::AndTest { dst, a, .. } | Inst::OrTest { dst, a, .. } if way == 1 => {
            let a = state.get(a).set;
            let error =
                if matches!(end, Inst::AndTest { .. }) { types::binary(BinaryOp::And, a, a) } else { TypeSet::NUMBER };
            arriving.set(dst, Value::of(error | TypeSet::NUMBER));
        }
        Inst::IterNext { obj, dst, .. } if way == 0 => arriving.set(dst, element(state.get(obj))),
        _ => {}
    }
    Some(arriving)
}

/// Whether a condition certainly holds or not; none if either may be.
fn truth(cond: Value) -> Option<bool> {
    match cond.what {
        What::Truth(truth) => Some(truth),
        What::Word => Some(true),
        _ => (cond.set == TypeSet::NULL).then_some(false),
    }
}

/// Whether `and` is done with such a left operand: an error is its result, too.
fn ends_and(a: Value) -> bool {
    let nothing = TypeSet::NULL | TypeSet::ERROR;
    truth(a) == Some(false) || a.set != TypeSet::NONE && a.set.is_within(nothing)
}

/// What iterating gives.
fn element(of: Value) -> Value {
    match of.what {
        What::ListOf(elements) => Value::of(elements),
        _ if of.set == TypeSet::STRING => Value::of(TypeSet::STRING),
        // Its entries, each a map of key and value.
        _ if of.set == TypeSet::MAP => Value::of(TypeSet::MAP),
        _ => Value::ANY,
    }
}

/// The types in a run of registers.
pub fn sets(args: RegRange, state: &State) -> Vec<TypeSet> {
    args.iter().map(|reg| state.get(reg).set).collect()
}

fn result(unit: &Unit, outside: &dyn Outside, inst: &Inst, state: &State) -> Option<Value> {
    let of = |set: TypeSet| Some(Value::of(set));
    match *inst {
        Inst::Const { value, .. } => Some(constant(&unit.consts[value.0 as usize])),
        Inst::Move { dst, src } => Some(kept(unit, dst, state.get(src))),
        Inst::LoadLocal { local, name, deferred, .. } => {
            let value = state.get(local);
            if !value.absent || deferred {
                return Some(Value { absent: false, ..value });
            }
            let free = free(outside, unit.name(name));
            let what = if value.is_absent() { free.what } else { What::Anything };
            Some(Value { set: value.set | free.set, result: value.result | free.result, absent: false, what })
        }
        Inst::LoadFree { name, .. } => {
            let value = match State::global(unit, outside, name) {
                Some(global) => state.get(global),
                None => free(outside, unit.name(name)),
            };
            // A name that nobody gives a value is told by its own check.
            Some(if value.set == TypeSet::NONE { Value::ANY } else { value })
        }
        Inst::AutoCall { src, .. } => {
            let value = state.get(src);
            match value.what {
                What::Type(_) => Some(Value { what: value.what, ..Value::of(TypeSet::MAP) }),
                What::Tested(_) => Some(Value { what: value.what, ..Value::of(called(outside, value)) }),
                _ if value.set.may_be(TypeSet::FUNCTION) => of(called(outside, value)),
                what => Some(Value { what, ..Value::of(value.set) }),
            }
        }
        Inst::Binary { op: BinaryOp::Isa, a, b, .. } => Some(isa(state.get(a).set, state.get(b).what)),
        Inst::Binary { op, a, b, .. } => {
            let (a, b) = (state.get(a).set, state.get(b).set);
            let value = Value::of(types::binary(op, a, b));
            // A variable that only ever holds null is one whose tests for null keep code from running.
            let is_null = a == TypeSet::NULL && b == TypeSet::NULL;
            match op {
                BinaryOp::Eq | BinaryOp::Ne if is_null => {
                    Some(Value { what: What::Truth(op == BinaryOp::Eq), ..value })
                }
                _ => Some(value),
            }
        }
        Inst::Unary { op: UnaryOp::Not, src, .. } if state.get(src).set == TypeSet::NULL => {
            Some(Value { what: What::Truth(true), ..Value::of(TypeSet::NUMBER) })
        }
        Inst::Unary { op, src, .. } => of(types::unary(op, state.get(src).set)),
        Inst::GetMember { dst, obj, name, .. } => {
            Some(given(unit, dst, outside.member(state.get(obj).set, unit.name(name), &[])))
        }
        Inst::CallMethod { dst, obj, name, args, .. } => {
            let (of, name) = (state.get(obj).set, unit.name(name));
            let value = given(unit, dst, outside.member(of, name, &sets(args, state)));
            let searches = name == INDEX_OF && outside.method(of, name).is_some() && has_positions(of);
            Some(if searches { Value { what: What::Position, ..value } } else { value })
        }
        Inst::GetIndex { obj, .. } | Inst::GetKey { obj, .. } if state.get(obj).set == TypeSet::STRING => {
            of(TypeSet::STRING)
        }
        Inst::GetIndex { obj, key, .. } => Some(at_index(outside, state.get(obj), state.get(key).set)),
        Inst::GetKey { obj, .. } => Some(at_index(outside, state.get(obj), TypeSet::STRING)),
        Inst::Slice { obj, .. } => {
            let sliced = TypeSet::LIST | TypeSet::STRING;
            let set = state.get(obj).set;
            of(if set != TypeSet::NONE && set.is_within(sliced) { set } else { sliced })
        }
        Inst::Call { dst, callee, args } => Some(call(unit, outside, state, (dst, callee, args))),
        Inst::MakeList { dst, elems } => {
            let elements = elems.iter().fold(TypeSet::NONE, |sum, it| sum | state.get(it).set);
            Some(kept(unit, dst, Value { what: What::ListOf(elements), ..Value::of(TypeSet::LIST) }))
        }
        Inst::MakeMap { .. } | Inst::LoadLocals { .. } | Inst::LoadOuter { .. } | Inst::LoadGlobals { .. } => {
            of(TypeSet::MAP)
        }
        Inst::MakeFunction { child, .. } => {
            Some(Value { result: outside.child(child), ..Value::of(TypeSet::FUNCTION) })
        }
        Inst::LoadEnv { .. }
        | Inst::LoadSelf { .. }
        | Inst::LoadSuper { .. }
        | Inst::RefMember { .. }
        | Inst::RefIndex { .. }
        | Inst::CallIndex { .. }
        | Inst::AndTest { .. }
        | Inst::OrTest { .. }
        | Inst::IterNext { .. } => Some(Value::ANY),
        Inst::StoreEnv { .. }
        | Inst::StoreGlobal { .. }
        | Inst::SetMember { .. }
        | Inst::SetIndex { .. }
        | Inst::AppendList { .. }
        | Inst::IterInit { .. }
        | Inst::CheckUncaught { .. }
        | Inst::Unsupported { .. }
        | Inst::Jump { .. }
        | Inst::Branch { .. }
        | Inst::Return { .. }
        | Inst::End => None,
    }
}

fn constant(value: &Const) -> Value {
    let truth = match value {
        Const::Null => Some(false),
        // A fraction holds as a condition, and does not end an `or`.
        Const::Number(number) => (*number == 0.0 || number.abs() >= 1.0).then_some(*number != 0.0),
        Const::Str(text) if is_word(text) => return Value { what: What::Word, ..Value::of(TypeSet::STRING) },
        Const::Str(text) => Some(!text.is_empty()),
        Const::List(items) => Some(!items.is_empty()),
        Const::Map(entries) => Some(!entries.is_empty()),
    };
    let what = truth.map_or(What::Anything, What::Truth);
    Value { what, ..Value::of(TypeSet::of_const(value)) }
}

/// Whether a text certainly reads as no number, however numbers may be written: `inf` and `nan` are some.
fn is_word(text: &str) -> bool {
    let text = text.to_lowercase();
    text.starts_with(char::is_alphabetic) && !text.starts_with("inf") && !text.starts_with("nan")
}

fn free(outside: &dyn Outside, name: &str) -> Value {
    let free = outside.free(name);
    let what = match free.intrinsic {
        Some(id) => type_map(name).map_or(What::Intrinsic(id), What::Type),
        None => What::Anything,
    };
    Value { set: free.set, result: free.result, absent: false, what }
}

/// The types whose type map has this name.
fn type_map(name: &str) -> Option<TypeSet> {
    Some(match name {
        "number" => TypeSet::NUMBER,
        "string" => TypeSet::STRING,
        "list" => TypeSet::LIST,
        "funcRef" => TypeSet::FUNCTION,
        "map" => TypeSet::MAP,
        _ => return None,
    })
}

/// A test of a type that is known already comes out as it must. Maps may be made of anything, type maps included.
pub(super) fn isa(of: TypeSet, what: What) -> Value {
    let number = Value::of(TypeSet::NUMBER);
    let plain = TypeSet::NULL | TypeSet::NUMBER | TypeSet::STRING | TypeSet::LIST | TypeSet::FUNCTION | TypeSet::ERROR;
    match what {
        What::Type(wanted) if of != TypeSet::NONE && of.is_within(plain) => {
            if of == wanted {
                Value { what: What::Truth(true), ..number }
            } else if !of.may_be(wanted) {
                Value { what: What::Truth(false), ..number }
            } else {
                number
            }
        }
        _ => number,
    }
}

/// What reading a value gives: functions are called.
fn called(outside: &dyn Outside, value: Value) -> TypeSet {
    if let What::Intrinsic(id) = value.what {
        return outside.call(id, &[]).set;
    }
    if value.set.may_be(TypeSet::FUNCTION) { value.set.without(TypeSet::FUNCTION) | value.result } else { value.set }
}

fn call(unit: &Unit, outside: &dyn Outside, state: &State, (dst, callee, args): (Reg, Reg, RegRange)) -> Value {
    let callee = state.get(callee);
    if let What::Intrinsic(id) = callee.what {
        let sets = sets(args, state);
        let value = given(unit, dst, outside.call(id, &sets));
        let searches = sets.first().is_some_and(|&of| has_positions(of) && outside.method(of, INDEX_OF) == Some(id));
        return if searches { Value { what: What::Position, ..value } } else { value };
    }
    // Who calls what is no function ends the program.
    Value::of(called(outside, callee))
}

/// Whether what `indexOf` finds in these types is counted. In a map it finds a key.
fn has_positions(of: TypeSet) -> bool {
    of != TypeSet::NONE && of.is_within(TypeSet::STRING | TypeSet::LIST)
}

/// What a built-in function gives.
fn given(unit: &Unit, dst: Reg, given: Given) -> Value {
    let is_new = given.elements != TypeSet::NONE;
    let what = if is_new { What::ListOf(given.elements) } else { What::Anything };
    kept(unit, dst, Value { what, ..Value::of(given.set) })
}

/// Whether a register is that of a variable.
pub fn is_variable(unit: &Unit, reg: Reg) -> bool {
    (reg.0 as usize) < unit.n_inputs() || reg.0 >= unit.n_regs || unit.locals.iter().any(|local| local.reg == reg)
}

/// What is known of a value in a register. A variable can be given to others, who may change the list.
fn kept(unit: &Unit, dst: Reg, value: Value) -> Value {
    let is_variable = is_variable(unit, dst);
    match value.what {
        What::ListOf(_) if is_variable => Value { what: What::Anything, ..value },
        _ => value,
    }
}

/// An element of what nobody else has; behind its end there is null.
fn at_index(outside: &dyn Outside, of: Value, key: TypeSet) -> Value {
    match of.what {
        What::ListOf(elements)
            if of.set == TypeSet::LIST && key == TypeSet::NUMBER && outside.lacks(TypeSet::LIST, ANY_KEY) =>
        {
            Value::of(elements | TypeSet::NULL)
        }
        _ => Value::ANY,
    }
}
