//! Escape analysis: a map that nobody outside of the code sees is not made; its slots are values like any others.
//!
//! Runs behind `build`, before `gvn`, which makes use of what the slots turn out to be. A *candidate* is a map that is made of a known
//! shape, or a parameter that only candidates come to. It qualifies if all it is used for is loads and stores of its slots, tests of
//! its shape, and states: these then describe the map ([`super::StateObject`]), and an exit makes it. The parts: `candidates` (which
//! maps qualify), `shapes` (what is known of them at each place), `rewrite` (takes them away).
//!
//! Invariants: at no place two candidates that are used later are the same map, so that each state describes a map once; what is
//! stored in a candidate's slot is no candidate of the same round. A map inside another one qualifies in the round after.

mod candidates;
mod rewrite;
mod shapes;

use super::dom::Dominators;
use super::{Func, Helper, Op, dce, unbox};

/// Maps nest so deep that are taken away, less one.
const MOST_ROUNDS: usize = 4;

/// Takes maps away that do not escape.
pub fn remove_maps(func: &mut Func) {
    for _ in 0..MOST_ROUNDS {
        if !makes_maps(func) {
            return;
        }
        let dominators = Dominators::of(func);
        let mut found = candidates::find(func, &dominators);
        let Some(known) = shapes::settle(func, &dominators, &mut found) else { return };
        rewrite::rewrite(func, &dominators, &found, &known);
        dce::prune_params(func);
        unbox::unbox_params(func);
        dce::drop_dead(func);
    }
}

fn makes_maps(func: &Func) -> bool {
    func.blocks.iter().flat_map(|block| &block.insts).any(|inst| made_shape(inst.op).is_some())
}

/// The shape of what an operation makes of its operands, if it is a map of a known one.
fn made_shape(op: Op) -> Option<u32> {
    match op {
        Op::Helper(Helper::MakeShaped(shape) | Helper::NewInstance(shape)) => Some(shape),
        _ => None,
    }
}
