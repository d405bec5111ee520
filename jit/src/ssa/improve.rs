//! The passes over what `build` made, in their order.
//!
//! `build` hands a function over and gets it back, ready for `translate`. Invariant: what it means stays as it is.

use super::dom::Dominators;
use super::{Func, dce, escape, gvn, licm};
use crate::passes::{Pass, Passes};

/// Improves what `build` made.
pub fn improve(func: &mut Func, passes: Passes) {
    dce::prune_params(func);
    dce::drop_dead(func);
    if passes.has(Pass::Escape) {
        escape::remove_maps(func);
    }
    let dominators = Dominators::of(func);
    let loops = dominators.loops();
    if passes.has(Pass::Numbering) {
        gvn::number_values(func, &dominators, &loops);
    }
    if passes.has(Pass::Hoisting) {
        licm::hoist(func, &dominators, &loops);
    }
    dce::drop_dead(func);
}
