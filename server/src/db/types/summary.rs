//! What the names of a file certainly are and its functions give: one fixpoint over the facts of its units.
//!
//! Part of `types`. Invariants: sets only grow; what does not come to rest soon is anything, so the work is bounded by the number of facts;
//! a variable that code out of sight may assign is anything.

use super::super::names::{Assigned, FileFacts};
use crate::guide::types as guide;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Sym, Symbol};
use minilive_mir::types::{self, TypeSet};
use minilive_mir::typing::Free;
use minilive_runtime::intrinsics;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};

/// What has not come to rest by then is anything.
const MOST_ROUNDS: usize = 8;
/// Symbols within symbols are followed so far.
const MOST_DEPTH: u32 = 100;

/// What is certain about a file.
pub struct Summary<'a> {
    facts: &'a FileFacts,
    closed: bool,
    /// What is known of each thing by now.
    cells: Vec<Free>,
    /// Cells of globals.
    globals: FxHashMap<&'a SmolStr, u32>,
    /// Cells of variables of functions, by unit and name.
    variables: FxHashMap<(u32, &'a SmolStr), u32>,
    /// The cell of the first unit's result; those of the others follow.
    results: u32,
    /// By cell: the tasks that have read it.
    readers: RefCell<Vec<Vec<u32>>>,
    /// The task that is at work.
    at_work: Cell<Option<u32>>,
}

/// Something to look at: once, and again whenever something is different that was read for it.
#[derive(Clone, Copy)]
enum Task<'a> {
    Global(&'a [Assigned], u32),
    Function(u32),
}

impl<'a> Summary<'a> {
    /// Works it out.
    pub fn of(facts: &'a FileFacts) -> Summary<'a> {
        let (mut globals, mut variables) = (FxHashMap::default(), FxHashMap::default());
        let (mut tasks, mut cells) = (Vec::new(), 0..);
        let mut cell = || cells.next().unwrap_or_default();
        for (name, values) in &facts.globals {
            let cell = cell();
            globals.insert(name, cell);
            tasks.push(Task::Global(values, cell));
        }
        for (unit, it) in (0u32..).zip(&facts.units).filter(|(_, it)| it.kind == UnitKind::Function) {
            for (name, _) in &it.facts.assigned {
                variables.entry((unit, name)).or_insert_with(&mut cell);
            }
            tasks.push(Task::Function(unit));
        }
        let results = cell();
        let count = results as usize + facts.units.len();
        let mut summary = Summary {
            facts,
            closed: is_closed(facts),
            cells: vec![Free::NOTHING; count],
            globals,
            variables,
            results,
            readers: RefCell::new(vec![Vec::new(); count]),
            at_work: Cell::new(None),
        };
        if !summary.comes_to_rest(&tasks) {
            summary.cells.fill(Free::ANY);
        }
        summary
    }

    /// Whether no code out of sight takes part in the program.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What calling a function gives.
    pub fn result(&self, unit: u32) -> TypeSet {
        self.read(self.results + unit).set
    }

    /// What is known by now; whoever reads it looks again when it is more.
    fn read(&self, cell: u32) -> Free {
        if let Some(task) = self.at_work.get() {
            let readers = &mut self.readers.borrow_mut()[cell as usize];
            if readers.last() != Some(&task) {
                readers.push(task);
            }
        }
        self.cells[cell as usize]
    }

    /// Looks at everything, then at what is different, for as many rounds as are allowed.
    fn comes_to_rest(&mut self, tasks: &[Task<'a>]) -> bool {
        let mut due = vec![true; tasks.len()];
        for _ in 0..MOST_ROUNDS {
            let mut changed = Vec::new();
            for (index, task) in (0u32..).zip(tasks) {
                if !std::mem::take(&mut due[index as usize]) {
                    continue;
                }
                self.at_work.set(Some(index));
                self.look(*task, &mut changed);
                for cell in changed.drain(..) {
                    // Who has read it and is still to come reads it in this round.
                    let readers = std::mem::take(&mut self.readers.get_mut()[cell as usize]);
                    readers.into_iter().for_each(|reader| due[reader as usize] = true);
                }
            }
            self.at_work.set(None);
            if !due.contains(&true) {
                return true;
            }
        }
        false
    }

    /// Notes what a cell holds now.
    fn write(&mut self, cell: u32, now: Free, changed: &mut Vec<u32>) {
        let known = &mut self.cells[cell as usize];
        if *known != now {
            *known = now;
            changed.push(cell);
        }
    }

    fn look(&mut self, task: Task<'a>, changed: &mut Vec<u32>) {
        let facts = self.facts;
        match task {
            Task::Global(values, cell) => {
                let value = |(unit, value): &Assigned| self.value(*unit, value, 0);
                let joined = values.iter().map(value).fold(Free::NOTHING, join);
                self.write(cell, joined, changed);
            }
            Task::Function(unit) => {
                self.variables_of(unit, changed);
                let it = &facts.unit(unit).facts;
                let end = if it.always_returns { TypeSet::NONE } else { TypeSet::NULL };
                let set = it.returns.iter().fold(end, |sum, value| sum | self.value(unit, value, 0).set);
                self.write(self.results + unit, Free { set, ..Free::NOTHING }, changed);
            }
        }
    }

    /// The variables of a function. Each is looked at by itself, so that no question leads back to itself.
    fn variables_of(&mut self, unit: u32, changed: &mut Vec<u32>) {
        let facts = self.facts;
        let assigned = &facts.unit(unit).facts.assigned;
        // The variables of a function have cells one behind the other, in the order in which they are first assigned.
        let Some(first) = assigned.first().map(|(name, _)| self.variables[&(unit, name)]) else { return };
        let mut sums: Vec<Free> = Vec::new();
        for (name, value) in assigned {
            let (at, value) = ((self.variables[&(unit, name)] - first) as usize, self.value(unit, value, 0));
            match sums.get_mut(at) {
                Some(sum) => *sum = join(*sum, value),
                None => sums.push(join(Free::NOTHING, value)),
            }
        }
        for (cell, sum) in (first..).zip(sums) {
            self.write(cell, sum, changed);
        }
    }

    /// What a name is in a unit that has no variable of it, or none that is assigned.
    pub fn further_out(&self, unit: u32, name: &SmolStr) -> Free {
        let facts = self.facts.unit(unit).facts.clone();
        if facts.open.locals || facts.open.import {
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
    fn named(&self, unit: u32, name: &SmolStr) -> Free {
        let further = self.further_out(unit, name);
        if self.facts.has_variable(unit, name) { join(self.variable(unit, name), further) } else { further }
    }

    fn global(&self, name: &SmolStr) -> Free {
        if !self.closed {
            return Free::ANY;
        }
        let intrinsic = intrinsics::find(name);
        let built_in = intrinsic.map_or(Free::NOTHING, |id| Free {
            set: TypeSet::FUNCTION,
            result: TypeSet::ANY,
            intrinsic: Some(id.0),
        });
        match self.globals.get(name) {
            // Before it is assigned, and after it is removed, the name means the intrinsic.
            Some(&cell) => Free { intrinsic: None, ..join(self.read(cell), built_in) },
            None => built_in,
        }
    }

    /// Whether somebody else may assign any variable of a function.
    fn is_reached(&self, unit: u32) -> bool {
        let it = self.facts.unit(unit);
        let by_closures = it.children.iter().any(|&child| self.facts.unit(child).facts.open.outer);
        it.facts.open.locals || it.facts.open.import || by_closures
    }

    /// A variable of a function: parameters are what callers give.
    fn variable(&self, unit: u32, name: &SmolStr) -> Free {
        let it = self.facts.unit(unit);
        let is_param = it.facts.params.iter().any(|(param, _)| param == name);
        if is_param || it.made.contains(name) || self.is_reached(unit) {
            return Free::ANY;
        }
        self.variables.get(&(unit, name)).map_or(Free::NOTHING, |&cell| self.read(cell))
    }

    /// What an expression gives.
    fn value(&self, unit: u32, symbol: &Sym, depth: u32) -> Free {
        if depth > MOST_DEPTH {
            return Free::ANY;
        }
        let set = |set: TypeSet| {
            let result = if set.may_be(TypeSet::FUNCTION) { TypeSet::ANY } else { TypeSet::NONE };
            Free { set, result, intrinsic: None }
        };
        let inner = |symbol: &Sym| self.value(unit, symbol, depth + 1).set;
        match &**symbol {
            Symbol::Null => set(TypeSet::NULL),
            Symbol::Number => set(TypeSet::NUMBER),
            Symbol::Text => set(TypeSet::STRING),
            Symbol::List(_) => set(TypeSet::LIST),
            Symbol::Map(_) | Symbol::New(_) | Symbol::Locals | Symbol::Outer | Symbol::Globals => set(TypeSet::MAP),
            Symbol::Function(number) => match self.facts.unit(unit).children.get(*number as usize) {
                Some(&child) => Free { result: self.result(child), ..set(TypeSet::FUNCTION) },
                None => Free::ANY,
            },
            Symbol::Name(name) => set(called(self.named(unit, name))),
            Symbol::Ref(of) => match &**of {
                Symbol::Name(name) => Free { intrinsic: None, ..self.named(unit, name) },
                _ => Free::ANY,
            },
            Symbol::Call(of) => match &**of {
                Symbol::Name(name) => set(called(self.named(unit, name))),
                _ => Free::ANY,
            },
            Symbol::Iterated(of) => match &**of {
                Symbol::Call(callee) => set(self.iterated_call(unit, callee)),
                _ if inner(of) == TypeSet::STRING => set(TypeSet::STRING),
                _ => Free::ANY,
            },
            Symbol::Element(of) if inner(of) == TypeSet::STRING => set(TypeSet::STRING),
            Symbol::Slice(of) => {
                let (sliced, of) = (TypeSet::LIST | TypeSet::STRING, inner(of));
                set(if of.is_within(sliced) { of } else { sliced })
            }
            Symbol::Binary(op, a, b) => set(types::binary(*op, inner(a), inner(b))),
            Symbol::Unary(op, a) => set(types::unary(*op, inner(a))),
            Symbol::Unknown
            | Symbol::SelfValue
            | Symbol::Super
            | Symbol::Member(..)
            | Symbol::Element(_)
            | Symbol::Import(_) => Free::ANY,
        }
    }

    /// The elements of a list that an intrinsic has just made.
    fn iterated_call(&self, unit: u32, callee: &Sym) -> TypeSet {
        let Symbol::Name(name) = &**callee else { return TypeSet::ANY };
        let intrinsic = self.named(unit, name).intrinsic.map(intrinsics::IntrinsicId);
        let elements = intrinsic.map_or(TypeSet::NONE, |id| guide::given(id, &[]).elements);
        if elements == TypeSet::NONE { TypeSet::ANY } else { elements }
    }
}

/// What reading a value gives: functions are called.
fn called(free: Free) -> TypeSet {
    match free.intrinsic {
        Some(id) => guide::given(intrinsics::IntrinsicId(id), &[]).set,
        None if free.set.may_be(TypeSet::FUNCTION) => free.set.without(TypeSet::FUNCTION) | free.result,
        None => free.set,
    }
}

fn join(a: Free, b: Free) -> Free {
    let intrinsic = match (a.set, b.set) {
        (TypeSet::NONE, _) => b.intrinsic,
        (_, TypeSet::NONE) => a.intrinsic,
        _ => a.intrinsic.filter(|_| a.intrinsic == b.intrinsic),
    };
    Free { set: a.set | b.set, result: a.result | b.result, intrinsic }
}

/// Whether all code that can assign the globals of a file stands in it.
fn is_closed(facts: &FileFacts) -> bool {
    facts.units.iter().enumerate().all(|(index, unit)| {
        let (open, at_top) = (unit.facts.open, unit.kind == UnitKind::Statement);
        let outer = open.outer && facts.enclosing_function(index as u32).is_none();
        let imports = unit.facts.assigned.iter().any(|(_, value)| matches!(**value, Symbol::Import(_)));
        !(open.globals || outer || at_top && open.locals || open.import || imports)
    })
}
