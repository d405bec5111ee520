//! Flow-sensitive types of one unit: what each instruction may give, and what certainly goes wrong.
//!
//! Takes a unit's MIR and an [`Outside`] that knows what stands around it; the database keeps the result per unit, hover and warnings
//! read it. Invariants: a set names every type that the value can have at run time (a test compares with recordings); a finding is
//! made only where no run of the instruction can go well; sets only grow, so the fixpoint ends, and a unit too large for it has no
//! types rather than wrong ones. The tests to read first stand below.

mod find;
mod narrow;
mod state;
mod step;

use crate::ir::{BinaryOp, ChildId, InstId, NameId, Unit};
use crate::types::TypeSet;
use smol_str::SmolStr;
use state::State;
use std::collections::BTreeSet;

/// Units with more registers and names times blocks are left alone.
const MOST_CELLS: usize = 2_000_000;

/// What a name gives that is no variable of the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Free {
    /// What it may be; nothing if it is certain that nobody gives it a value.
    pub set: TypeSet,
    /// What calling it gives, if it is a function.
    pub result: TypeSet,
    /// The number of the intrinsic that it certainly is.
    pub intrinsic: Option<u32>,
}

impl Free {
    /// Anything.
    pub const ANY: Free = Free { set: TypeSet::ANY, result: TypeSet::ANY, intrinsic: None };
    /// Nothing at all.
    pub const NOTHING: Free = Free { set: TypeSet::NONE, result: TypeSet::NONE, intrinsic: None };
}

/// What calling an intrinsic or a member gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// What it may be.
    pub set: TypeSet,
    /// What the elements are, if it is a new list.
    pub elements: TypeSet,
}

impl Given {
    /// Anything.
    pub const ANY: Given = Given { set: TypeSet::ANY, elements: TypeSet::NONE };
    /// No value at all: it does not come back, or is never called.
    pub const NOTHING: Given = Given { set: TypeSet::NONE, elements: TypeSet::NONE };
}

/// What stands around a unit.
pub trait Outside {
    /// A name that the unit has no variable of, or one that is not assigned yet.
    fn free(&self, name: &str) -> Free;
    /// Whether a name is a global that the statements of the file alone give values, one after the other: what one of them stores is there
    /// until another is stored. [`Outside::free`] then says what it is where the statement begins.
    fn is_followed(&self, name: &str) -> bool;
    /// What calling a nested function gives.
    fn child(&self, child: ChildId) -> TypeSet;
    /// What an intrinsic gives for arguments of these types.
    fn call(&self, intrinsic: u32, args: &[TypeSet]) -> Given;
    /// The number of the first argument that the intrinsic certainly does nothing sensible with.
    fn refuses(&self, intrinsic: u32, args: &[TypeSet]) -> Option<usize>;
    /// Whether the intrinsic certainly refuses a string as that argument if it reads as no number.
    fn refuses_word(&self, intrinsic: u32, args: &[TypeSet], argument: usize) -> bool;
    /// The number of the intrinsic that a method of all values of these types certainly is.
    fn method(&self, of: TypeSet, name: &str) -> Option<u32>;
    /// What reading or calling a member gives, with these arguments.
    fn member(&self, of: TypeSet, name: &str, args: &[TypeSet]) -> Given;
    /// Whether no value of these types has such a member.
    fn lacks(&self, of: TypeSet, name: &str) -> bool;
}

/// How elements are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// One of them.
    Element,
    /// A part, by a slice.
    Part,
    /// One after the other, by a `for`.
    Each,
}

/// What is certainly wrong at an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// What is called is no function.
    NotAFunction {
        /// What it is.
        is: TypeSet,
    },
    /// A variable that has no value yet on any way to here.
    Unassigned {
        /// Which.
        name: NameId,
    },
    /// A variable that has no value yet on some ways to here, and that nothing further out has.
    Unsure {
        /// Which.
        name: NameId,
    },
    /// A comparison that always comes out the same.
    Decided {
        /// Which.
        op: BinaryOp,
        /// Its operands.
        operands: (TypeSet, TypeSet),
    },
    /// A comparison that asks whether what `indexOf` gives is negative, which it never is: where nothing is found it is null.
    NotFound {
        /// Which.
        op: BinaryOp,
    },
    /// An operator that gives null for such operands.
    NoResult {
        /// Its operands; of one operand the first is nothing.
        operands: (TypeSet, TypeSet),
    },
    /// An argument that an intrinsic does nothing sensible with.
    Refused {
        /// The intrinsic.
        intrinsic: u32,
        /// The number of the argument; as a method, the receiver is the first.
        argument: usize,
        /// What it is.
        is: TypeSet,
        /// What the first argument is.
        first: TypeSet,
    },
    /// A member that nothing of this kind has.
    NoMember {
        /// Its name.
        name: SmolStr,
        /// What has it not.
        of: TypeSet,
    },
    /// Elements are wanted of what has none.
    NoElements {
        /// What it is.
        of: TypeSet,
        /// What is done with it.
        wanted: Wanted,
    },
    /// An assignment to a member or an element of what cannot be changed.
    NotAssignable {
        /// What it is.
        of: TypeSet,
    },
    /// The function gives null here, though it gives a value elsewhere. Where nothing is written, it is the end of its text.
    NoReturn,
}

impl Wrong {
    /// Whether it is that something is null.
    fn is_about_null(&self) -> bool {
        let (Wrong::NoMember { of, .. } | Wrong::NoElements { of, .. } | Wrong::NotAssignable { of }) = self else {
            return false;
        };
        *of == TypeSet::NULL
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeFinding {
    /// Where.
    pub inst: InstId,
    /// What.
    pub wrong: Wrong,
}

/// The types of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitTypes {
    /// Per instruction: what its result may be; nothing for those that are never reached. Empty if the unit is too large.
    pub results: Vec<TypeSet>,
    /// What goes wrong, in the order of the instructions.
    pub findings: Vec<TypeFinding>,
    /// Where maps may get members whose names do not stand in the text as such.
    pub opens_maps: Vec<InstId>,
    /// Where a value of a map may be taken, or put elsewhere in it, without its name standing in the text.
    pub unnamed: Vec<InstId>,
}

impl UnitTypes {
    /// Whether maps may get such members in the unit; of one that is too large nobody knows.
    pub fn may_open_maps(&self) -> bool {
        self.results.is_empty() || !self.opens_maps.is_empty()
    }
}

/// Finds the types of a unit.
pub fn infer(unit: &Unit, outside: &dyn Outside) -> UnitTypes {
    if unit.blocks.len().saturating_mul(unit.n_regs as usize + unit.names.len() + 1) > MOST_CELLS {
        return UnitTypes::default();
    }
    let entries = entries(unit, outside);
    find::look(unit, outside, &entries)
}

/// The state at the start of each block; none where no way leads.
fn entries(unit: &Unit, outside: &dyn Outside) -> Vec<Option<State>> {
    let mut entries: Vec<Option<State>> = vec![None; unit.blocks.len()];
    entries[0] = Some(State::at_entry(unit, outside));
    // Blocks are numbered as they stand in the text, so that what leads to a block is mostly looked at before it.
    let mut work = BTreeSet::from([0usize]);
    while let Some(from) = work.pop_first() {
        let block = &unit.blocks[from];
        let mut state = entries[from].clone().expect("only reached blocks are on the list");
        let alive = (block.first..block.end).all(|at| step::step(unit, outside, InstId(at), &mut state));
        if !alive {
            continue;
        }
        let end = &unit.insts[block.end as usize - 1];
        for (way, to) in end.targets().enumerate() {
            let Some(mut arriving) = step::leave(end, way, &state) else { continue };
            if !narrow::narrow(unit, outside, (block.first, block.end), way, &mut arriving) {
                continue;
            }
            let to = to.0 as usize;
            let changed = match &mut entries[to] {
                Some(entry) => entry.join(&arriving),
                entry @ None => {
                    *entry = Some(arriving);
                    true
                }
            };
            if changed {
                work.insert(to);
            }
        }
    }
    entries
}

#[cfg(test)]
mod tests;
