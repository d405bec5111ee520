//! What one symbol gives as seen from its unit, by what is known of names so far.
//!
//! Part of `summary`. Invariant: what is given grows with what is read: of what has no value yet nothing is given.

use super::super::super::names::FileFacts;
use super::super::Around;
use super::{NONE, Summary};
use crate::guide::types as guide;
use minilive_mir::names::{Sym, Symbol};
use minilive_mir::types::{self, TypeSet};
use minilive_mir::typing::{Free, Given};
use minilive_runtime::intrinsics;
use smol_str::SmolStr;

/// Symbols within symbols are followed so far.
const MOST_DEPTH: u32 = 100;

/// A look at symbols for a task, which is noted wherever it reads; or for none.
pub struct Look<'a> {
    pub summary: &'a mut Summary,
    pub facts: &'a FileFacts,
    pub task: u32,
    /// What stands around the statement whose symbols these are, if that is known: then names are what they are where it begins.
    pub around: Option<&'a Around>,
}

impl Look<'_> {
    fn read(&mut self, cell: u32) -> Free {
        if self.task != NONE {
            self.summary.reads(self.task, cell);
        }
        self.summary.cells[cell as usize].now
    }

    /// What a name is in a unit that has no variable of it, or none that is assigned.
    pub fn further_out(&mut self, unit: u32, name: &SmolStr) -> Free {
        let says = &self.facts.unit(unit).facts;
        if let Some(stored) = self.around.and_then(|it| it.stored(name))
            // What a loop or an `if` assigns itself may be read behind that.
            && (says.is_assignment || !says.assigned.iter().any(|(it, _)| it == name))
        {
            return stored;
        }
        let open = says.open;
        if open.locals || open.import {
            return Free::ANY;
        }
        let outer = self.facts.enclosing_function(unit);
        let global = self.global(name);
        match outer.filter(|&it| self.facts.has_variable(it, name)) {
            Some(outer) => join(self.variable(outer, name), global),
            // Somebody may have put more into the variables that are seen.
            None if outer.is_some_and(|it| self.is_reached(it)) => Free::ANY,
            None => global,
        }
    }

    /// What a name is wherever it is found from a unit.
    fn named(&mut self, unit: u32, name: &SmolStr) -> Free {
        let further = self.further_out(unit, name);
        let outer = self.facts.enclosing_function(unit);
        if self.facts.has_variable(unit, name) {
            join(self.variable(unit, name), further)
        } else if outer.is_some_and(|it| self.facts.has_variable(it, name)) || self.is_given(name) {
            further
        } else {
            // Nothing in the text gives it a value, so a host may.
            Free::ANY
        }
    }

    /// Whether the file or the language gives a global of that name a value.
    fn is_given(&self, name: &str) -> bool {
        self.facts.is_global(name) || intrinsics::find(name).is_some()
    }

    fn global(&mut self, name: &SmolStr) -> Free {
        if !self.summary.closed {
            return Free::ANY;
        }
        let intrinsic = intrinsics::find(name);
        let built_in = intrinsic.map_or(Free::NOTHING, |id| Free {
            set: TypeSet::FUNCTION,
            result: TypeSet::ANY,
            intrinsic: Some(id.0),
        });
        let cell = match self.task {
            NONE => self.summary.globals.get(name).copied(),
            _ => Some(self.summary.global_cell(name)),
        };
        let assigned = cell.map(|cell| self.read(cell)).filter(|_| self.facts.is_global(name));
        match assigned {
            // Before it is assigned, and after it is removed, the name means the intrinsic.
            Some(assigned) => Free { intrinsic: None, ..join(assigned, built_in) },
            None => built_in,
        }
    }

    /// Whether somebody else may assign any variable of a function.
    fn is_reached(&self, unit: u32) -> bool {
        let it = self.facts.unit(unit);
        let by_closures = self.facts.children(unit).any(|child| self.facts.unit(child).facts.open.outer);
        it.facts.open.locals || it.facts.open.import || by_closures
    }

    /// A variable of a function: parameters are what callers give.
    fn variable(&mut self, unit: u32, name: &SmolStr) -> Free {
        let it = self.facts.unit(unit);
        let is_param = it.facts.params.iter().any(|(param, _)| param == name);
        if is_param || it.made.contains(name) || self.is_reached(unit) {
            return Free::ANY;
        }
        self.summary.variable_cell(unit, name).map_or(Free::NOTHING, |cell| self.read(cell))
    }

    /// What calling a function of the file gives.
    fn result(&mut self, unit: u32) -> TypeSet {
        let cell = self.summary.units[unit as usize].result;
        cell.map_or(TypeSet::NONE, |cell| self.read(cell).set)
    }

    /// What an expression gives.
    pub fn value(&mut self, unit: u32, symbol: &Sym, depth: u32) -> Free {
        if depth > MOST_DEPTH {
            return Free::ANY;
        }
        match &**symbol {
            Symbol::Null => only(TypeSet::NULL),
            Symbol::Number => only(TypeSet::NUMBER),
            Symbol::Text => only(TypeSet::STRING),
            Symbol::List(_) => only(TypeSet::LIST),
            Symbol::Map(_) | Symbol::New(_) | Symbol::Locals | Symbol::Outer | Symbol::Globals => only(TypeSet::MAP),
            Symbol::Function(number) => match self.facts.child(unit, *number) {
                Some(child) => Free { result: self.result(child), ..only(TypeSet::FUNCTION) },
                None => Free::ANY,
            },
            Symbol::Name(_) | Symbol::Member(..) => only(self.call(unit, symbol, &[], depth).set),
            Symbol::Ref(of) => match &**of {
                Symbol::Name(name) => Free { intrinsic: None, ..self.named(unit, name) },
                _ => Free::ANY,
            },
            Symbol::Call(of, args) => only(self.call(unit, of, args, depth).set),
            Symbol::Iterated(of) => match &**of {
                Symbol::Call(callee, args) => only(self.iterated_call(unit, callee, args, depth)),
                Symbol::Member(..) => only(self.iterated_call(unit, of, &[], depth)),
                _ => match self.part(unit, of, depth) {
                    // The entries of a map, each a map of key and value.
                    (_, TypeSet::MAP) => only(TypeSet::MAP),
                    (part, _) => part,
                },
            },
            Symbol::Element(of) => self.part(unit, of, depth).0,
            Symbol::Slice(of) => {
                let (sliced, of) = (TypeSet::LIST | TypeSet::STRING, self.set(unit, of, depth));
                only(if of.is_within(sliced) { of } else { sliced })
            }
            Symbol::Binary(op, a, b) => {
                let (a, b) = (self.set(unit, a, depth), self.set(unit, b, depth));
                only(types::binary(*op, a, b))
            }
            Symbol::Unary(op, a) => only(types::unary(*op, self.set(unit, a, depth))),
            Symbol::Unknown | Symbol::SelfValue | Symbol::Super | Symbol::Import(_) => Free::ANY,
        }
    }

    /// The types of a symbol within a symbol.
    fn set(&mut self, unit: u32, symbol: &Sym, depth: u32) -> TypeSet {
        self.value(unit, symbol, depth + 1).set
    }

    /// An element: of a string, a string. With the types of what it is an element of.
    fn part(&mut self, unit: u32, of: &Sym, depth: u32) -> (Free, TypeSet) {
        let of = self.set(unit, of, depth);
        let part = match of {
            TypeSet::NONE => Free::NOTHING,
            TypeSet::STRING => only(TypeSet::STRING),
            _ => Free::ANY,
        };
        (part, of)
    }

    /// The elements of what a call gives.
    fn iterated_call(&mut self, unit: u32, callee: &Sym, args: &[Sym], depth: u32) -> TypeSet {
        let given = self.call(unit, callee, args, depth);
        match (given.set, given.elements) {
            (TypeSet::NONE, _) => TypeSet::NONE,
            (TypeSet::STRING, _) => TypeSet::STRING,
            (TypeSet::MAP, _) => TypeSet::MAP,
            (_, TypeSet::NONE) => TypeSet::ANY,
            (_, elements) => elements,
        }
    }

    /// What a call gives. As long as nothing is known of an argument, nothing is given.
    fn call(&mut self, unit: u32, callee: &Sym, args: &[Sym], depth: u32) -> Given {
        let args: Vec<_> = args.iter().map(|arg| self.set(unit, arg, depth)).collect();
        match &**callee {
            Symbol::Name(name) => {
                let named = self.named(unit, name);
                match named.intrinsic {
                    Some(_) if args.contains(&TypeSet::NONE) => Given::NOTHING,
                    Some(id) => guide::given(intrinsics::IntrinsicId(id), &args),
                    None => Given { set: called(named), elements: TypeSet::NONE },
                }
            }
            Symbol::Member(of, name) => {
                let of = self.set(unit, of, depth);
                if of == TypeSet::NONE || args.contains(&TypeSet::NONE) {
                    return Given::NOTHING;
                }
                self.method(of, name, &args)
            }
            _ => Given::ANY,
        }
    }

    /// What a method of values of these types gives.
    fn method(&mut self, of: TypeSet, name: &SmolStr, args: &[TypeSet]) -> Given {
        if !self.summary.closed || self.task == NONE {
            return Given::ANY;
        }
        let given = self.summary.member_cell(self.facts, name);
        match self.read(given) {
            // Who asks null for a member ends the program, and so it is with most of errors.
            Free::NOTHING if !guide::has_members(of, name) => Given::NOTHING,
            Free::NOTHING => guide::member(of, name, args),
            _ => Given::ANY,
        }
    }
}

/// A value of certain types.
fn only(set: TypeSet) -> Free {
    let result = if set.may_be(TypeSet::FUNCTION) { TypeSet::ANY } else { TypeSet::NONE };
    Free { set, result, intrinsic: None }
}

/// What reading a value gives: functions are called.
fn called(free: Free) -> TypeSet {
    match free.intrinsic {
        Some(id) => guide::given(intrinsics::IntrinsicId(id), &[]).set,
        None if free.set.may_be(TypeSet::FUNCTION) => free.set.without(TypeSet::FUNCTION) | free.result,
        None => free.set,
    }
}

/// What is one or the other.
pub fn join(a: Free, b: Free) -> Free {
    let intrinsic = match (a.set, b.set) {
        (TypeSet::NONE, _) => b.intrinsic,
        (_, TypeSet::NONE) => a.intrinsic,
        _ => a.intrinsic.filter(|_| a.intrinsic == b.intrinsic),
    };
    Free { set: a.set | b.set, result: a.result | b.result, intrinsic }
}
