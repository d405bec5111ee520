//! Range checks out of loops: where a loop counts an index, the first and the last one are checked before it, and none in it.
//!
//! Runs behind `licm`, which brought the lengths of lists before the loops that do not change them. An index qualifies if it is an
//! induction variable of its loop plus what the loop does not change, and the condition by which the loop goes on bounds the variable:
//! then all indexes lie between the first one and that bound. Leaving before the loop is a guess, since it might have ended sooner;
//! where experience speaks against it, the check stays in the loop. Invariant: behind this pass as before, an element is read or written only
//! where its index was found inside.

use super::dom::{Dominators, NaturalLoop};
use super::linear::{Linear, Sums};
use super::seen::Seen;
use super::{Block, Cmp, End, Exit, Func, Inst, Op, Val, licm, preheader};
use crate::reason::ExitReason;
use rustc_hash::FxHashMap;

/// How a loop counts one of its head's parameters.
struct Counted {
    /// What it is at first.
    first: Linear,
    /// What it is never beyond.
    last: Linear,
}

/// Checks indexes before loops.
pub fn check_early(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop], seen: &Seen) {
    let mut sums: Option<Sums> = None;
    for it in loops {
        if !it.blocks().any(|block| func[block].insts.iter().any(is_range_check)) {
            continue;
        }
        let Some(before) = dominators.preheader(func, it) else { continue };
        let home = licm::homes(func);
        let checks = checks_of(func, dominators, it, &home, seen);
        if checks.is_empty() {
            continue;
        }
        let Some(state) = preheader::resume_state(func, dominators, before) else { continue };
        let sums = sums.get_or_insert_with(|| Sums::of(func));
        let mut pass = Pass { sums, around: it, home, counted: FxHashMap::default(), done: Vec::new() };
        for (block, inst) in checks {
            if pass.move_check(func, dominators, before, &inst) {
                func[block].insts.retain(|it| !(is_range_check(it) && it.args == inst.args));
            }
        }
        for inst in std::mem::take(&mut pass.done) {
            let exit = inst.exit.map(|exit| Exit { state, reason: ExitReason::LoopIndex, at: exit.at });
            func[before].insts.push(Inst { exit, ..inst });
        }
    }
}

fn is_range_check(inst: &Inst) -> bool {
    inst.op == Op::GuardIndex
}

/// The range checks that each round of a loop makes against a length that it does not change.
fn checks_of(
    func: &Func,
    dominators: &Dominators,
    around: &NaturalLoop,
    home: &[Option<Block>],
    seen: &Seen,
) -> Vec<(Block, Inst)> {
    let mut checks = Vec::new();
    for block in around.blocks() {
        if !dominators.latches(around).all(|latch| dominators.dominates(block, latch)) {
            continue;
        }
        for inst in func[block].insts.iter().filter(|inst| is_range_check(inst)) {
            let rejected = inst.exit.is_none_or(|exit| seen.is_rejected(exit.at, ExitReason::LoopIndex));
            let outside = home[inst.args[1].0 as usize].is_some_and(|at| !around.has(at));
            if outside && !rejected {
                checks.push((block, inst.clone()));
            }
        }
    }
    checks
}

struct Pass<'a> {
    sums: &'a mut Sums,
    around: &'a NaturalLoop,
    home: Vec<Option<Block>>,
    /// By parameter of the head, how it is counted, if that is known.
    counted: FxHashMap<Val, Option<Counted>>,
    /// What goes before the loop.
    done: Vec<Inst>,
}

impl Pass<'_> {
    fn is_outside(&self, val: Val) -> bool {
        // What this pass makes stands before the loop.
        self.home.get(val.0 as usize).is_none_or(|at| at.is_some_and(|at| !self.around.has(at)))
    }

    /// Makes the check before the loop; whether that can be.
    fn move_check(&mut self, func: &mut Func, dominators: &Dominators, before: Block, inst: &Inst) -> bool {
        let index = self.sums.linear(inst.args[0]);
        let inner: Vec<(Val, i64)> = index.terms.iter().copied().filter(|it| !self.is_outside(it.0)).collect();
        let ends = match inner[..] {
            [] => vec![index],
            [(val, 1)] if func[self.around.head].params.contains(&val) => {
                if !self.counted.contains_key(&val) {
                    let counted = self.count(func, dominators, before, val);
                    self.counted.insert(val, counted);
                }
                let Some(Some(counted)) = self.counted.get(&val) else { return false };
                let (first, last) = (index.clone().with(val, &counted.first), index.with(val, &counted.last));
                // If the last one lies inside, there is an element with index 0.
                if first.as_constant() == Some(0) { vec![last] } else { vec![first, last] }
            }
            _ => return false,
        };
        if ends.iter().any(|end| end.terms.iter().any(|it| it.1.abs() != 1)) {
            return false;
        }
        for end in ends {
            let mut made = Vec::new();
            let end =
                self.sums.emit(func, &end, &mut |inst| made.push(inst), inst).expect("its factors were looked at");
            self.done.append(&mut made);
            self.done.push(Inst { args: vec![end, inst.args[1]], ..inst.clone() });
        }
        true
    }

    /// How the loop counts a parameter of its head.
    fn count(&self, func: &Func, dominators: &Dominators, before: Block, val: Val) -> Option<Counted> {
        let head = self.around.head;
        let place = func[head].params.iter().position(|&it| it == val)?;
        let End::Jump(entry) = &func[before].end else { return None };
        let first = self.sums.linear(entry.args[place]);
        let mut last: Option<Linear> = None;
        for latch in dominators.latches(self.around) {
            let End::Branch { cond, then, els } = &func[latch].end else { return None };
            let (edge, holds) = match (then.target() == head, els.target() == head) {
                (true, false) => (then, true),
                (false, true) => (els, false),
                _ => return None,
            };
            let step = match self.sums.linear(edge.args[place]).offset()? {
                (from, step) if from == val && step != 0 => step,
                _ => return None,
            };
            let bound = self.bound(func, *cond, holds, val, step)?;
            if last.as_ref().is_some_and(|last| *last != bound) {
                return None;
            }
            last = Some(bound);
        }
        Some(Counted { first, last: last? })
    }

    /// What a condition under which the loop goes on tells of the next value of a parameter that is counted by a step.
    fn bound(&self, func: &Func, cond: Val, holds: bool, val: Val, step: i64) -> Option<Linear> {
        let (cmp, args) = self.comparison(func, cond)?;
        let difference = self.sums.linear(args[0]).plus(&self.sums.linear(args[1]), -1);
        let factor = difference.factor(val);
        let rest = difference.plus(&Linear::of(val), -factor);
        if factor.abs() != 1 || !rest.terms.iter().all(|it| self.is_outside(it.0)) {
            return None;
        }
        let cmp = if factor == 1 { cmp } else { cmp.swapped() };
        // val <cmp> -rest * factor, or not so.
        let most = Linear::constant(step).plus(&rest, -factor);
        let strict = match (cmp, holds) {
            (Cmp::Lt, true) | (Cmp::Ge, false) if step > 0 => -1,
            (Cmp::Le, true) | (Cmp::Gt, false) if step > 0 => 0,
            (Cmp::Gt, true) | (Cmp::Le, false) if step < 0 => 1,
            (Cmp::Ge, true) | (Cmp::Lt, false) if step < 0 => 0,
            _ => return None,
        };
        Some(most.plus(&Linear::constant(strict), 1))
    }

    fn comparison(&self, func: &Func, cond: Val) -> Option<(Cmp, [Val; 2])> {
        let block = self.home[cond.0 as usize]?;
        let inst = func[block].insts.iter().find(|inst| inst.result == Some(cond))?;
        match inst.op {
            Op::ICmp(cmp) => Some((cmp, [inst.args[0], inst.args[1]])),
            _ => None,
        }
    }
}
