//! What is known about the registers of a unit at one moment, and in a statement about the globals that it names.
//!
//! Part of `typing`. Invariant: joining only makes values less known.

use super::{Free, Outside};
use crate::ir::{NameId, Reg, Unit, UnitKind};
use crate::types::TypeSet;

/// What is known beyond types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Nothing.
    Anything,
    /// It is this intrinsic.
    Intrinsic(u32),
    /// The type map of these types, called or not.
    Type(TypeSet),
    /// It is true or false in a condition, and wholly so: no fraction.
    Truth(bool),
    /// A text of letters, which certainly reads as no number; as a condition it is true.
    Word,
    /// Where `indexOf` has found something, counted from 0, or null.
    Position,
    /// A list that nobody else has, of elements of these types.
    ListOf(TypeSet),
    /// Nothing was known of it, and `isa` has found these types. It may still be a function, which gives something else when it is called again;
    /// whoever tests it so hardly means that, so comparisons are told by them, but nothing is concluded.
    Tested(TypeSet),
}

/// What is known about a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// What it may hold.
    pub set: TypeSet,
    /// What calling it gives, if it is a function.
    pub result: TypeSet,
    /// It may hold nothing yet.
    pub absent: bool,
    /// More than that.
    pub what: What,
}

impl Value {
    /// Anything.
    pub const ANY: Value = Value { set: TypeSet::ANY, result: TypeSet::ANY, absent: false, what: What::Anything };
    const ABSENT: Value = Value { set: TypeSet::NONE, result: TypeSet::NONE, absent: true, what: What::Anything };

    /// Something of these types, of which nobody knows what calling it gives.
    pub fn of(set: TypeSet) -> Value {
        let result = if set.may_be(TypeSet::FUNCTION) { TypeSet::ANY } else { TypeSet::NONE };
        Value { set, result, absent: false, what: What::Anything }
    }

    /// It certainly holds nothing yet.
    pub fn is_absent(self) -> bool {
        self.absent && self.set == TypeSet::NONE
    }

    fn join(self, other: Value) -> Value {
        Value {
            set: self.set | other.set,
            result: self.result | other.result,
            absent: self.absent || other.absent,
            // What holds nothing says nothing.
            what: match (self.what, other.what) {
                (a, b) if a == b => a,
                (What::ListOf(a), What::ListOf(b)) => What::ListOf(a | b),
                (What::Word, What::Truth(true)) | (What::Truth(true), What::Word) => What::Truth(true),
                (a, _) if other.is_absent() => a,
                (_, b) if self.is_absent() => b,
                _ => What::Anything,
            },
        }
    }
}

/// The registers, and behind them the globals of the names of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State(Vec<Value>);

impl State {
    /// Where a unit starts: arguments may be anything.
    pub fn at_entry(unit: &Unit, outside: &dyn Outside) -> State {
        let mut values = vec![Value::ABSENT; unit.n_regs as usize];
        values.iter_mut().take(unit.n_inputs()).for_each(|it| *it = Value::ANY);
        if unit.kind == UnitKind::Statement {
            values.extend(unit.names.iter().map(|name| {
                let Free { set, result, .. } = outside.free(name);
                Value { set, result, absent: false, what: What::Anything }
            }));
        }
        State(values)
    }

    /// What a register holds.
    pub fn get(&self, reg: Reg) -> Value {
        self.0[reg.0 as usize]
    }

    /// Puts something into a register.
    pub fn set(&mut self, reg: Reg, value: Value) {
        self.0[reg.0 as usize] = value;
    }

    /// Where a global stands that nobody but the statements of the file gives a value.
    pub fn global(unit: &Unit, outside: &dyn Outside, name: NameId) -> Option<Reg> {
        let is_followed = unit.kind == UnitKind::Statement && outside.is_followed(unit.name(name));
        is_followed.then(|| Reg(unit.n_regs + name.0))
    }

    /// Takes in another way to the same place; whether that changed anything.
    pub fn join(&mut self, other: &State) -> bool {
        let mut changed = false;
        for (value, other) in self.0.iter_mut().zip(&other.0) {
            let joined = value.join(*other);
            changed |= joined != *value;
            *value = joined;
        }
        changed
    }
}
