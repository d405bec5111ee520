//! The passes over what `build` made, in their order.
//!
//! `build` hands a function over and gets it back, ready for `translate`. Invariant: what it means stays as it is.

use super::dom::Dominators;
use super::places::Places;
use super::seen::Seen;
use super::staged::Staged;
use super::{bounds, carry, dce, escape, gvn, induction, licm, numbers, preheader, subsume};
use crate::passes::{Pass, Passes};
use crate::stage::Stage;

/// Improves what `build` made, given what was seen of the function before.
pub fn improve(it: &mut Staged<'_>, passes: Passes, seen: &Seen) {
    it.step(Stage::TrivialPhis, dce::prune_params);
    it.step(Stage::DeadCode, dce::drop_dead);
    if passes.has(Pass::Escape) {
        escape::remove_objects(it, passes);
    }
    if passes.has(Pass::Division) {
        it.step(Stage::IntDivision, numbers::divide_integers);
    }
    let mut dominators = Dominators::of(it.func());
    let mut loops = dominators.loops();
    if it.step(Stage::Preheaders, |func| preheader::split(func, &dominators, &loops)) {
        dominators = Dominators::of(it.func());
        loops = dominators.loops();
    }
    let places = Places::of(it.func());
    if passes.has(Pass::Induction) {
        it.step(Stage::Induction, |func| induction::unify(func, &dominators, &loops));
    }
    if passes.has(Pass::Numbering) {
        it.step(Stage::ValueNumbering, |func| gvn::number_values(func, &dominators, &loops, &places));
        if passes.has(Pass::Folding) {
            it.step(Stage::BranchFolding, dce::fold_branches);
        }
        // What was passed on behind a guard that went is one value now, of which more is known.
        if passes.has(Pass::Subsumption)
            && it.step(Stage::GuardSubsumption, subsume::drop_weaker)
            && it.step(Stage::LateTrivialPhis, dce::prune_params)
        {
            it.step(Stage::LateValueNumbering, |func| gvn::number_values(func, &dominators, &loops, &places));
        }
    }
    if passes.has(Pass::Hoisting) {
        it.step(Stage::LoopInvariants, |func| licm::hoist(func, &dominators, &loops, &places, seen));
    }
    if passes.has(Pass::Carrying) {
        it.step(Stage::ScalarPromotion, |func| carry::carry(func, &dominators, &loops, &places, seen));
    }
    if passes.has(Pass::RangeChecks) {
        it.step(Stage::RangeChecks, |func| bounds::check_early(func, &dominators, &loops, seen));
    }
    it.step(Stage::LateDeadCode, dce::drop_dead);
}
