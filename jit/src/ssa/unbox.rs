//! Parameters that only numbers come to, each boxed on its way: they are passed as doubles, and boxed behind.
//!
//! `escape` makes such parameters of the slots of maps. Behind it `gvn` finds that what is unboxed there need not have been boxed.
//! Invariant: the boxed value stays defined, at the start of the parameter's block, under its old name.

use super::boxes::{Source, sources};
use super::{Func, Inst, Op, Rep, StateVal, Val};
use minilive_mir::ir::InstId;
use rustc_hash::FxHashMap;

/// Passes numbers as doubles where they were boxed only to be passed.
pub fn unbox_params(func: &mut Func) {
    let sources = sources(func);
    let doubles = find(func, &sources);
    if doubles.is_empty() {
        return;
    }
    let unboxed: FxHashMap<Val, Val> = doubles.into_iter().map(|param| (param, func.new_val(Rep::F64))).collect();
    for block in func.block_ids() {
        pass_doubles(func, block.0 as usize, &sources, &unboxed);
    }
    for block in func.block_ids() {
        let at = func[block].insts.first().map_or(InstId(0), |inst| inst.at);
        let mut boxing = Vec::new();
        for param in &mut func[block].params {
            if let Some(&double) = unboxed.get(param) {
                let result = Some(std::mem::replace(param, double));
                boxing.push(Inst { op: Op::Box, args: vec![double], result, exit: None, at });
            }
        }
        func[block].insts.splice(0..0, boxing);
    }
    for state in &mut func.states {
        let slots = state.objects.iter_mut().flat_map(|it| &mut it.slots);
        for val in state.regs.iter_mut().map(|(_, val)| val).chain(slots) {
            if let StateVal::Val(val) = val {
                *val = unboxed.get(val).copied().unwrap_or(*val);
            }
        }
    }
}

/// The parameters that nothing else comes to: those that stay when all others are struck out.
fn find(func: &Func, sources: &FxHashMap<Val, Source>) -> Vec<Val> {
    let mut found: FxHashMap<Val, bool> = FxHashMap::default();
    for block in func.blocks.iter().skip(1) {
        found.extend(block.params.iter().filter(|&&param| func.rep(param) == Rep::Boxed).map(|&param| (param, false)));
    }
    let mut changed = true;
    while changed {
        changed = false;
        for block in &func.blocks {
            for edge in block.end.edges() {
                for (arg, param) in edge.args.iter().zip(&func.blocks[edge.to as usize].params) {
                    let Some(&computed) = found.get(param) else { continue };
                    let also = match (sources.get(arg), found.get(arg)) {
                        (Some(Source::Number(_)), _) => true,
                        (Some(Source::Constant(_)), _) => computed,
                        (None, Some(&also)) => also | computed,
                        (None, None) => {
                            found.remove(param);
                            changed = true;
                            continue;
                        }
                    };
                    // Constants alone are as well passed boxed.
                    if also != computed {
                        found.insert(*param, also);
                        changed = true;
                    }
                    if let Some(it) = found.get_mut(arg).filter(|it| **it != also) {
                        *it = also;
                        changed = true;
                    }
                }
            }
        }
    }
    let mut kept: Vec<Val> = found.into_iter().filter(|it| it.1).map(|it| it.0).collect();
    kept.sort_unstable();
    kept
}

fn pass_doubles(func: &mut Func, from: usize, sources: &FxHashMap<Val, Source>, unboxed: &FxHashMap<Val, Val>) {
    let at = func.blocks[from].insts.last().map_or(InstId(0), |inst| inst.at);
    let params: Vec<Vec<Val>> =
        func.blocks[from].end.edges().map(|edge| func.blocks[edge.to as usize].params.clone()).collect();
    let mut end = func.blocks[from].end.clone();
    for (edge, params) in end.edges_mut().zip(params) {
        let doubles = edge.args.iter_mut().zip(params).filter(|(_, param)| unboxed.contains_key(param));
        for arg in doubles.map(|(arg, _)| arg) {
            let (op, args) = match (unboxed.get(arg), sources.get(arg)) {
                (Some(&double), _) => {
                    *arg = double;
                    continue;
                }
                (None, Some(&Source::Number(number))) if func.rep(number) == Rep::F64 => {
                    *arg = number;
                    continue;
                }
                (None, Some(&Source::Number(number))) => (Op::ToF64, vec![number]),
                (None, Some(&Source::Constant(bits))) => (Op::F64(bits), Vec::new()),
                (None, None) => continue,
            };
            let double = func.new_val(Rep::F64);
            func.blocks[from].insts.push(Inst { op, args, result: Some(double), exit: None, at });
            *arg = double;
        }
    }
    func.blocks[from].end = end;
}
