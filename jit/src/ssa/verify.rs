//! Checks the invariants of [`super::Func`] in tests and debug builds.
//!
//! `build` and every pass are followed by it there. What it checks: every value has one definition, which dominates its uses
//! (operands, edge arguments, and the states of exits); edges match parameters in number and representation; operations that
//! may exit have an exit, and no others; entry parameters stand in the entry block, which nothing jumps to.

use super::dom::Dominators;
use super::{Block, End, Func, Op, Rep, Val, dce};

/// What is wrong, in words that name block and value.
pub type VerifyError = String;

/// Checks a function.
pub fn verify(func: &Func) -> Result<(), Vec<VerifyError>> {
    let mut errors = Vec::new();
    let reachable = dce::reachable(func);
    let (def_block, def_index) = definitions(func, &mut errors);
    let dominators = Dominators::of(func);
    let check = |val: Val, block: Block, index: usize, errors: &mut Vec<VerifyError>| {
        let ok = val.0 != u32::MAX
            && def_block[val.0 as usize].is_some_and(|def| {
                if def == block { def_index[val.0 as usize] <= index } else { dominators.dominates(def, block) }
            });
        if !ok {
            errors.push(format!("block{}: v{} is used where it is not defined", block.0, val.0));
        }
    };
    for block in func.block_ids().filter(|block| reachable[block.0 as usize]) {
        let data = &func[block];
        for (i, inst) in data.insts.iter().enumerate() {
            inst.args.iter().for_each(|&arg| check(arg, block, i, &mut errors));
            if let Some(exit) = inst.exit {
                func.states[exit.state.0 as usize].vals().for_each(|val| check(val, block, i, &mut errors));
            }
            if inst.op.may_exit() && inst.exit.is_none() {
                errors.push(format!("block{}: {:?} has no exit", block.0, inst.op));
            }
            if matches!(inst.op, Op::Param(_) | Op::Window(_) | Op::Captured | Op::Environment) && block.0 != 0 {
                errors.push(format!("block{}: {:?} outside of the entry", block.0, inst.op));
            }
        }
        let behind = data.insts.len();
        match &data.end {
            End::Branch { cond, .. } => {
                check(*cond, block, behind, &mut errors);
                if cond.0 != u32::MAX && func.rep(*cond) != Rep::Bool {
                    errors.push(format!("block{}: condition v{} is no truth value", block.0, cond.0));
                }
            }
            End::Return(val) => check(*val, block, behind, &mut errors),
            End::Leave(exit) => {
                func.states[exit.state.0 as usize].vals().for_each(|val| check(val, block, behind, &mut errors));
            }
            End::Jump(_) => {}
        }
        for edge in data.end.edges() {
            if edge.to == 0 {
                errors.push(format!("block{}: a jump to the entry", block.0));
            }
            let params = &func[edge.target()].params;
            if params.len() != edge.args.len() {
                errors.push(format!("block{} -> block{}: wrong number of arguments", block.0, edge.to));
            }
            for (&arg, &param) in edge.args.iter().zip(params) {
                check(arg, block, behind, &mut errors);
                if arg.0 != u32::MAX && func.rep(arg) != func.rep(param) {
                    errors.push(format!("block{} -> block{}: v{} for v{}", block.0, edge.to, arg.0, param.0));
                }
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Where each value is defined: block, and the index from which on it may be used.
fn definitions(func: &Func, errors: &mut Vec<VerifyError>) -> (Vec<Option<Block>>, Vec<usize>) {
    let mut blocks = vec![None; func.reps.len()];
    let mut indexes = vec![0; func.reps.len()];
    let mut define = |val: Val, block: Block, index: usize| {
        if blocks[val.0 as usize].replace(block).is_some() {
            errors.push(format!("v{} is defined twice", val.0));
        }
        indexes[val.0 as usize] = index;
    };
    for block in func.block_ids() {
        func[block].params.iter().for_each(|&param| define(param, block, 0));
        for (i, inst) in func[block].insts.iter().enumerate() {
            inst.result.into_iter().for_each(|result| define(result, block, i + 1));
        }
    }
    (blocks, indexes)
}
