//! Values that exits of inner loops find in memory, where they were stored once, before the loop.
//!
//! The walk in `lower` asks which they are and stores each where it is defined; exits name the place instead of storing the value again, and
//! so do slices of the budget that end. A value that only exits of a loop want would else keep a register all through it, or be moved
//! in and out of one. Invariant: a value with a home is defined outside of every loop whose exits read it there, so that the home holds
//! this very value.

use super::lent::Lent;
use crate::ssa::{End, Func, Op, Rep, StateId, StateVal, Val, effects};
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
            let mut want = |val: Val| {
                if outside.get(&val).is_some_and(|&defined_in| !is_within(func, defined_in, inner)) {
                    let next = homes.0.len() as u32;
                    homes.0.entry(val).or_insert(next);
                }
            };
            for inst in &block.insts {
                if matches!(inst.op, Op::EnterLoop { .. }) {
                    inst.args.iter().copied().for_each(&mut want);
                }
            }
            let end = match block.end {
                End::Leave(exit) => Some(exit),
                _ => None,
            };
            let exits = block.insts.iter().filter_map(|inst| inst.exit).chain(end);
            for exit in exits.filter(|exit| seen.insert((exit.state, inner))) {
                let state = &func.states[exit.state.0 as usize];
                for &(reg, val) in &state.regs {
                    let (frame, own) = func.body.reg_origin(reg);
                    if let StateVal::Val(val) = val
                        && !(frame == 0 && lent.holds(own, &StateVal::Val(val)))
                    {
                        want(val);
                    }
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
