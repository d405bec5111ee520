//! The passes over what `build` made, in their order.
//!
//! `build` hands a function over and gets it back, ready for `translate`. Invariant: what it means stays as it is.

use super::dom::Dominators;
use super::places::Places;
use super::seen::Seen;
use super::{Func, bounds, carry, dce, escape, gvn, induction, licm, numbers, preheader, subsume};
use crate::passes::{Pass, Passes};

/// Improves what `build` made, given what was seen of the function before.
pub fn improve(func: &mut Func, passes: Passes, seen: &Seen) {
    dce::prune_params(func);
    dce::drop_dead(func);
    if passes.has(Pass::Escape) {
        escape::remove_objects(func);
    }
    if passes.has(Pass::Numbers) {
        numbers::divide_integers(func);
    }
    let mut dominators = Dominators::of(func);
    let mut loops = dominators.loops();
    if preheader::split(func, &dominators, &loops) {
        dominators = Dominators::of(func);
        loops = dominators.loops();
    }
    let places = Places::of(func);
    if passes.has(Pass::Induction) {
        induction::unify(func, &dominators, &loops);
    }
    if passes.has(Pass::Numbering) {
        gvn::number_values(func, &dominators, &loops, &places);
        dce::fold_branches(func);
        // What was passed on behind a guard that went is one value now, of which more is known.
        if subsume::drop_weaker(func) && dce::prune_params(func) {
            gvn::number_values(func, &dominators, &loops, &places);
        }
    }
    if passes.has(Pass::Hoisting) {
        licm::hoist(func, &dominators, &loops, &places, seen);
    }
    if passes.has(Pass::Carrying) {
        carry::carry(func, &dominators, &loops, &places, seen);
    }
    if passes.has(Pass::Induction) {
        bounds::check_early(func, &dominators, &loops, seen);
    }
    dce::drop_dead(func);
    if passes.has(Pass::Numbers) {
        numbers::keep_doubles(func);
    }
}
