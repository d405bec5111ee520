//! Induction variables: of several that a loop counts in step, one is kept and the others are computed from it.
//!
//! Runs before `gvn`, which cleans up behind it, on loops that `dom` found. Two parameters of a loop's head go in step if their difference is the
//! same, and made of values from outside of the loop, on each edge to the head. Invariant: a parameter that goes keeps its value's number:
//! an instruction at the begin of the head defines it.

use super::dom::{Dominators, NaturalLoop};
use super::linear::{Linear, Sums};
use super::{Block, Cmp, Func, Inst, Op, Rep, Val};
use minilive_mir::ir::InstId;
use rustc_hash::FxHashMap;

/// Leaves one induction variable of those that go in step.
pub fn unify(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop]) {
    if loops.iter().all(|it| ints_of(func, it.head).len() < 2) {
        return;
    }
    let mut sums = Sums::of(func);
    let home = super::licm::homes(func);
    for it in loops {
        let mut gone = FxHashMap::default();
        while let Some((val, kept, distance)) = in_step(func, dominators, it, &sums, &home) {
            replace(func, it, &mut sums, (val, kept, &distance));
            gone.insert(val, Linear::of(kept).plus(&distance, 1));
        }
        if !gone.is_empty() {
            rewrite_uses(func, it, &mut sums, &gone, &home);
        }
    }
}

fn ints_of(func: &Func, head: Block) -> Vec<Val> {
    func[head].params.iter().copied().filter(|&it| func.rep(it) == Rep::Int).collect()
}

/// A parameter of the head that may go, the one to compute it from, and their difference.
fn in_step(
    func: &Func,
    dominators: &Dominators,
    around: &NaturalLoop,
    sums: &Sums,
    home: &[Option<Block>],
) -> Option<(Val, Val, Linear)> {
    let params = ints_of(func, around.head);
    for (i, &a) in params.iter().enumerate() {
        for &b in &params[i + 1..] {
            if let Some(distance) = distance(func, dominators, around, sums, home, (a, b)) {
                // The one that finds elements or is computed with stays.
                let (uses_a, uses_b) = (uses(func, around, a), uses(func, around, b));
                return Some(if uses_a >= uses_b {
                    (b, a, distance)
                } else {
                    (a, b, Linear::default().plus(&distance, -1))
                });
            }
        }
    }
    None
}

/// `b - a` if it is the same on every way to the head.
fn distance(
    func: &Func,
    dominators: &Dominators,
    around: &NaturalLoop,
    sums: &Sums,
    home: &[Option<Block>],
    (a, b): (Val, Val),
) -> Option<Linear> {
    let head = around.head;
    let place = |val: Val| func[head].params.iter().position(|&it| it == val).expect("a parameter of the head");
    let (at_a, at_b) = (place(a), place(b));
    let mut found: Option<Linear> = None;
    let preds = &dominators.preds[head.0 as usize];
    let (back, entering): (Vec<Block>, Vec<Block>) = preds.iter().partition(|&&it| around.has(it));
    for (pred, is_back) in entering.into_iter().map(|it| (it, false)).chain(back.into_iter().map(|it| (it, true))) {
        for edge in func[pred].end.edges().filter(|edge| edge.target() == head) {
            let mut it = sums.linear(edge.args[at_b]).plus(&sums.linear(edge.args[at_a]), -1);
            if is_back && let Some(found) = &found {
                it = it.with(b, &Linear::of(a).plus(found, 1));
            }
            let outside =
                |val: Val| home[val.0 as usize].is_some_and(|at| !around.has(at) && dominators.dominates(at, head));
            let plain = it.terms.iter().all(|&(val, times)| times.abs() == 1 && outside(val));
            if !plain || found.as_ref().is_some_and(|found| *found != it) {
                return None;
            }
            found = Some(it);
        }
    }
    found
}

/// How many instructions of a loop do more with a value than to count on or compare it.
fn uses(func: &Func, around: &NaturalLoop, val: Val) -> usize {
    let counts = |inst: &&Inst| !matches!(inst.op, Op::IAdd | Op::ISub | Op::ICmp(_)) && inst.args.contains(&val);
    around.blocks().map(|block| func[block].insts.iter().filter(counts).count()).sum()
}

/// Has an instruction define a parameter.
fn replace(func: &mut Func, around: &NaturalLoop, sums: &mut Sums, (val, kept, distance): (Val, Val, &Linear)) {
    let head = around.head;
    let i = func[head].params.iter().position(|&it| it == val).expect("a parameter of the head");
    func[head].params.remove(i);
    for block in &mut func.blocks {
        block.end.edges_mut().filter(|edge| edge.target() == head).for_each(|edge| {
            edge.args.remove(i);
        });
    }
    let at = func[head].insts.first().map_or(InstId(0), |inst| inst.at);
    let like = Inst { op: Op::IAdd, args: Vec::new(), result: Some(val), exit: None, at };
    let mut made = Vec::new();
    let distance = sums.emit(func, distance, &mut |inst| made.push(inst), &like).expect("its factors were looked at");
    let inst = Inst { args: vec![kept, distance], ..like };
    sums.update(&inst);
    made.push(inst);
    func[head].insts.splice(0..0, made);
}

/// Lets what was computed from a parameter that has gone, or compared it, do that with the one that stayed.
fn rewrite_uses(
    func: &mut Func,
    around: &NaturalLoop,
    sums: &mut Sums,
    gone: &FxHashMap<Val, Linear>,
    home: &[Option<Block>],
) {
    let inside: Vec<Block> = around.blocks().collect();
    for block in inside {
        let insts = std::mem::take(&mut func[block].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for mut inst in insts {
            let defines = inst.result.is_some_and(|it| gone.contains_key(&it));
            if !defines && inst.args.iter().any(|arg| gone.contains_key(arg)) {
                match inst.op {
                    Op::IAdd | Op::ISub if inst.exit.is_none() => shorten(func, sums, &mut inst, &mut kept),
                    // What differs by a constant is as good as the one that stays.
                    Op::ICmp(_) if inst.args.iter().all(|it| gone.get(it).is_none_or(|it| it.offset().is_some())) => {}
                    Op::ICmp(cmp) => compare(func, sums, (&mut inst, cmp), &mut kept, &|val| {
                        home.get(val.0 as usize).is_some_and(|at| at.is_some_and(|at| !around.has(at)))
                    }),
                    _ => {}
                }
            }
            kept.push(inst);
        }
        func[block].insts = kept;
    }
}

/// Makes a sum one of a value and a constant, if it is that.
fn shorten(func: &mut Func, sums: &mut Sums, inst: &mut Inst, before: &mut Vec<Inst>) {
    let result = inst.result.expect("a sum has a value");
    let Some((val, constant)) = sums.linear(result).offset().filter(|it| it.0 != result) else { return };
    let constant = sums.emit(func, &Linear::constant(constant), &mut |inst| before.push(inst), inst);
    inst.op = Op::IAdd;
    inst.args = vec![val, constant.expect("a constant has no factors")];
    sums.update(inst);
}

/// Makes a comparison one of a value of the loop with what is known outside of it, if it is that.
fn compare(
    func: &mut Func,
    sums: &mut Sums,
    (inst, cmp): (&mut Inst, Cmp),
    before: &mut Vec<Inst>,
    outside: &dyn Fn(Val) -> bool,
) {
    let difference = sums.linear(inst.args[0]).plus(&sums.linear(inst.args[1]), -1);
    let mut inner = difference.terms.iter().filter(|it| !outside(it.0));
    let (Some(&(val, factor)), None) = (inner.next(), inner.next()) else { return };
    if factor.abs() != 1 {
        return;
    }
    // val * factor + rest <cmp> 0
    let rest = difference.plus(&Linear::of(val), -factor);
    let bound = Linear::default().plus(&rest, -factor);
    let Some(bound) = sums.emit(func, &bound, &mut |inst| before.push(inst), inst) else { return };
    inst.op = Op::ICmp(if factor == 1 { cmp } else { cmp.swapped() });
    inst.args = vec![val, bound];
}
