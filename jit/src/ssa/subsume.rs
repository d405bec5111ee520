//! Drops guards behind which a stronger one of the same value stands, with nothing between them that has an effect.
//!
//! `improve` calls it once values are numbered. Reading a variable guards it to be no function, and to be assigned, since the interpreter
//! would call it or complain; reading a member of what was read guards it to be a map, which says both. Invariant: both guards
//! leave with the same state, so whoever fails the weaker one leaves there all the same.

use super::dce::{find, rename};
use super::{Func, Inst, Op, StateId, Val};
use minilive_runtime::value::{TAG_FUNCTION, TAG_IMMEDIATE, Value};

/// A guard that only says what a value is not.
struct Weak {
    at: usize,
    arg: Val,
    result: Val,
    state: StateId,
}

/// Drops them in all blocks; whether there were any.
pub fn drop_weaker(func: &mut Func) -> bool {
    let mut same: Vec<Val> = (0..func.reps.len() as u32).map(Val).collect();
    let mut changed = false;
    for block in &mut func.blocks {
        let dropped = weaker(&block.insts, &mut same);
        if !dropped.is_empty() {
            changed = true;
            let mut at = 0;
            block.insts.retain(|_| {
                at += 1;
                !dropped.contains(&(at - 1))
            });
        }
    }
    if changed {
        rename(func, |val| find(&same, val));
    }
    changed
}

/// The places of the guards that a stronger one follows; what they hand on is the same as what they were given.
fn weaker(insts: &[Inst], same: &mut [Val]) -> Vec<usize> {
    let mut weak: Vec<Weak> = Vec::new();
    let mut dropped = Vec::new();
    for (at, inst) in insts.iter().enumerate() {
        let state = inst.exit.map(|exit| exit.state);
        if says_more(inst.op) {
            let mut arg = inst.args[0];
            // There may be several, each of what the one before hands on.
            while let Some(i) = weak.iter().position(|it| it.result == arg && Some(it.state) == state) {
                let guard = weak.swap_remove(i);
                same[guard.result.0 as usize] = guard.arg;
                arg = guard.arg;
                dropped.push(guard.at);
            }
        } else if let (true, Some(result), Some(state)) = (says_little(inst.op), inst.result, state) {
            weak.push(Weak { at, arg: inst.args[0], result, state });
        } else if !inst.op.is_pure() && !only_guards(inst.op) {
            weak.clear();
        }
    }
    dropped
}

/// Whether a guard only says that a value is no function, or not unassigned.
fn says_little(op: Op) -> bool {
    matches!(op, Op::GuardNotFunction) || op == Op::GuardNotBits(Value::ABSENT.bits())
}

/// Whether a guard says so, too, and more.
fn says_more(op: Op) -> bool {
    match op {
        Op::GuardNum | Op::GuardNumOrNull | Op::GuardInt | Op::GuardTruthOrNull => true,
        Op::GuardTag(tag) => u64::from(tag) > TAG_IMMEDIATE && u64::from(tag) != TAG_FUNCTION,
        _ => false,
    }
}

/// Whether an operation does nothing but leave in some cases.
fn only_guards(op: Op) -> bool {
    op.may_exit() && !matches!(op, Op::EnterLoop { .. } | Op::EnterInlined { .. })
}
