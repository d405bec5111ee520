//! Values that exits of inner loops find in memory, where they were stored once, before the loop.
//!
//! The walk in `lower` asks which they are and stores each where it is defined; exits name the place instead of storing the value again, and
//! so do slices of the budget that end. A value that only exits of a loop want would else keep a register all through it, or be moved
//! in and out of one. Invariant: a value with a home is defined outside of every loop whose exits read it there, so that the home holds
//! this very value.

use super::lent::Lent;
use crate::ssa::{BlockData, End, Exit, Func, Op, Rep, StateId, StateVal, Val, effects};
use rustc_hash::{FxHashMap, FxHashSet};

/// Which values have a home, by the number of its word behind those of exits.
#[derive(Debug, Default)]
pub(super) struct Homes(FxHashMap<Val, u32>);

impl Homes {
    /// Looks through the inner loops of a function.
    pub(super) fn of(func: &Func, lent: &Lent, late: &FxHashMap<Val, (Val, i64)>) -> Homes {
        let mut homes = Homes::default();
        if func.loops.is_empty() {
            return homes;
        }
        let outside = definitions(func, late);
        let mut seen: FxHashSet<(StateId, u32)> = FxHashSet::default();
        for block in &func.blocks {
            let Some(inner) = block.in_loop.filter(|&it| func.loops[it as usize].innermost) else { continue };
            let states = exits(block).map(|it| it.state).filter(|&state| seen.insert((state, inner)));
            let in_states = states.flat_map(|state| not_lent(func, lent, state));
            for val in kept(block).chain(in_states) {
                if outside.get(&val).is_some_and(|&defined_in| !is_within(func, defined_in, inner)) {
                    let next = homes.0.len() as u32;
                    homes.0.entry(val).or_insert(next);
                }
            }
        }
        homes
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The home of a value.
    pub(super) fn of_value(&self, val: Val) -> Option<u32> {
        self.0.get(&val).copied()
    }
}

/// The ways out of a block.
fn exits(block: &BlockData) -> impl Iterator<Item = Exit> {
    let end = match block.end {
        End::Leave(exit) => Some(exit),
        _ => None,
    };
    block.insts.iter().filter_map(|inst| inst.exit).chain(end)
}

/// What a loop's head keeps alive at the end of a slice of the budget.
fn kept(block: &BlockData) -> impl Iterator<Item = Val> {
    block.insts.iter().filter(|inst| matches!(inst.op, Op::EnterLoop { .. })).flat_map(|inst| inst.args.iter().copied())
}

/// The values that a state has to store.
fn not_lent<'f>(func: &'f Func, lent: &'f Lent, state: StateId) -> impl Iterator<Item = Val> + 'f {
    func.states[state.0 as usize].regs.iter().filter_map(|&(reg, val)| {
        let (frame, own) = func.body.reg_origin(reg);
        match val {
            StateVal::Val(found) => Some(found).filter(|_| frame != 0 || !lent.holds(own, &val)),
            _ => None,
        }
    })
}

/// The loop that each value is defined in. What is made where it is needed is left out, and what exits do not store as it is held.
fn definitions(func: &Func, late: &FxHashMap<Val, (Val, i64)>) -> FxHashMap<Val, Option<u32>> {
    let mut found = FxHashMap::default();
    for block in &func.blocks {
        let results = block.insts.iter().filter(|inst| !effects::is_constant(inst.op)).filter_map(|inst| inst.result);
        for val in block.params.iter().copied().chain(results) {
            if !late.contains_key(&val) && matches!(func.rep(val), Rep::Boxed | Rep::Int | Rep::F64 | Rep::Object) {
                found.insert(val, block.in_loop);
            }
        }
    }
    found
}

/// Whether a loop is another one or inside of it.
fn is_within(func: &Func, mut inner: Option<u32>, outer: u32) -> bool {
    while let Some(it) = inner {
        if it == outer {
            return true;
        }
        inner = func.loops[it as usize].parent;
    }
    false
}
