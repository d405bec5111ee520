//! Removal of what nobody needs: parameters that always get the same value, and pure instructions without uses.
//!
//! Runs right after `build`, which makes parameters generously. Invariant: what a state names counts as used only if an exit
//! of a kept instruction names the state.

use super::{End, Func, Inst, Op, StateId, StateVal, Val};

/// Replaces parameters that receive one value (besides themselves) by that value; whether there were any.
pub fn prune_params(func: &mut Func) -> bool {
    let entries = edges_into(func);
    let mut same: Vec<Val> = (0..func.reps.len() as u32).map(Val).collect();
    let mut kept: Vec<Vec<bool>> = func.blocks.iter().map(|block| vec![true; block.params.len()]).collect();
    let mut any = false;
    let mut changed = true;
    while changed {
        changed = false;
        for target in func.block_ids().skip(1) {
            let at = target.0 as usize;
            for (i, &param) in func[target].params.iter().enumerate().filter(|_| !entries[at].is_empty()) {
                if !kept[at][i] {
                    continue;
                }
                if let Some(only) = only_source(func, &entries[at], i, param, &same) {
                    same[param.0 as usize] = only;
                    kept[at][i] = false;
                    changed = true;
                }
            }
        }
        any |= changed;
    }
    if any {
        keep_params(func, &kept);
        rename(func, |val| find(&same, val));
    }
    any
}

/// Per block: the blocks whose ends lead to it, and by which of their edges.
fn edges_into(func: &Func) -> Vec<Vec<(usize, usize)>> {
    let mut entries = vec![Vec::new(); func.blocks.len()];
    for (from, block) in func.blocks.iter().enumerate() {
        for (n, edge) in block.end.edges().enumerate() {
            entries[edge.to as usize].push((from, n));
        }
    }
    entries
}

/// The value that takes the place of another one, if need be over several steps.
pub fn find(same: &[Val], mut val: Val) -> Val {
    while val.0 != u32::MAX && same[val.0 as usize] != val {
        val = same[val.0 as usize];
    }
    val
}

/// The one value that all edges pass for a parameter, if there is one.
fn only_source(func: &Func, entries: &[(usize, usize)], i: usize, param: Val, same: &[Val]) -> Option<Val> {
    let mut only = None;
    for &(from, n) in entries {
        let edge = func.blocks[from].end.edges().nth(n)?;
        let arg = find(same, edge.args[i]);
        if arg != param && only.is_some_and(|it| it != arg) {
            return None;
        }
        if arg != param {
            only = Some(arg);
        }
    }
    only
}

/// Replaces every use of a value.
pub fn rename(func: &mut Func, f: impl Fn(Val) -> Val) {
    for block in &mut func.blocks {
        for inst in &mut block.insts {
            inst.args.iter_mut().for_each(|arg| *arg = f(*arg));
        }
        match &mut block.end {
            End::Branch { cond, .. } => *cond = f(*cond),
            End::Return(val) => *val = f(*val),
            _ => {}
        }
        for edge in block.end.edges_mut() {
            edge.args.iter_mut().for_each(|arg| *arg = f(*arg));
        }
    }
    for state in &mut func.states {
        let slots = state.objects.iter_mut().flat_map(|it| &mut it.slots);
        for val in state.regs.iter_mut().map(|(_, val)| val).chain(slots) {
            match val {
                StateVal::Val(a) => *a = f(*a),
                StateVal::Range(a, b, c) => [a, b, c].into_iter().for_each(|it| *it = f(*it)),
                StateVal::Object(_) => {}
            }
        }
        state.cells.iter_mut().for_each(|(_, val)| *val = f(*val));
    }
}

/// Makes a jump of a branch whose condition is a constant.
pub fn fold_branches(func: &mut Func) {
    for block in &mut func.blocks {
        let End::Branch { cond, then, els } = &mut block.end else { continue };
        let known = block.insts.iter().rev().find(|inst| inst.result == Some(*cond));
        if let Some(Inst { op: Op::Bool(truth), .. }) = known {
            let edge = std::mem::take(if *truth { then } else { els });
            block.end = End::Jump(edge);
        }
    }
}

/// Drops pure instructions and parameters that nothing kept uses, and unreachable blocks' contents.
pub fn drop_dead(func: &mut Func) {
    let reachable = reachable(func);
    for (block, live) in func.blocks.iter_mut().zip(&reachable) {
        if !live {
            block.insts.clear();
            block.params.clear();
            block.end = End::Return(Val(u32::MAX));
        }
    }
    let used = used(func, &reachable);
    let is_used = |val: Val| val.0 != u32::MAX && used[val.0 as usize];
    let kept: Vec<Vec<bool>> =
        func.blocks.iter().map(|block| block.params.iter().map(|&param| is_used(param)).collect()).collect();
    keep_params(func, &kept);
    for block in &mut func.blocks {
        block.insts.retain(|inst| !removable(inst) || inst.result.is_some_and(is_used));
    }
}

/// Keeps these parameters of each block, and what edges pass for them.
fn keep_params(func: &mut Func, kept: &[Vec<bool>]) {
    for (block, kept_here) in func.blocks.iter_mut().zip(kept) {
        retain_at(&mut block.params, kept_here);
        block.end.edges_mut().for_each(|edge| retain_at(&mut edge.args, &kept[edge.to as usize]));
    }
}

/// Keeps the values in these places.
fn retain_at(vals: &mut Vec<Val>, kept: &[bool]) {
    if kept.contains(&false) {
        let mut it = kept.iter();
        vals.retain(|_| *it.next().expect("parallel"));
    }
}

fn removable(inst: &Inst) -> bool {
    inst.op.is_pure() || matches!(inst.op, Op::F64ToInt)
}

/// Blocks that can be reached from the entry.
pub fn reachable(func: &Func) -> Vec<bool> {
    let mut seen = vec![false; func.blocks.len()];
    let mut work = vec![0];
    while let Some(block) = work.pop() {
        if !std::mem::replace(&mut seen[block as usize], true) {
            work.extend(func.blocks[block as usize].end.edges().map(|edge| edge.to));
        }
    }
    seen
}

fn used(func: &Func, reachable: &[bool]) -> Vec<bool> {
    let mut marks = Marks {
        func,
        used: vec![false; func.reps.len()],
        states: vec![false; func.states.len()],
        work: Vec::new(),
        givers: vec![None; func.reps.len()],
    };
    let mut sources: Vec<Vec<Val>> = vec![Vec::new(); func.reps.len()];
    for (block, _) in func.blocks.iter().zip(reachable).filter(|it| *it.1) {
        for inst in &block.insts {
            match inst.result {
                Some(result) if removable(inst) => marks.givers[result.0 as usize] = Some(inst),
                _ => marks.needs_of(inst),
            }
        }
        match &block.end {
            End::Branch { cond, .. } => marks.work.push(*cond),
            End::Return(val) => marks.work.push(*val),
            End::Leave(exit) => marks.state(exit.state),
            End::Jump(_) => {}
        }
        for edge in block.end.edges() {
            for (&arg, &param) in edge.args.iter().zip(&func.blocks[edge.to as usize].params) {
                sources[param.0 as usize].push(arg);
            }
        }
    }
    while let Some(val) = marks.work.pop() {
        if val.0 != u32::MAX && !std::mem::replace(&mut marks.used[val.0 as usize], true) {
            marks.work.extend(&sources[val.0 as usize]);
            if let Some(inst) = marks.givers[val.0 as usize] {
                marks.needs_of(inst);
            }
        }
    }
    marks.used
}

/// What is found to be used.
struct Marks<'a> {
    func: &'a Func,
    used: Vec<bool>,
    /// By state, whether its values are among those found.
    states: Vec<bool>,
    work: Vec<Val>,
    /// By value, the removable instruction that gives it.
    givers: Vec<Option<&'a Inst>>,
}

impl Marks<'_> {
    fn needs_of(&mut self, inst: &Inst) {
        self.work.extend(&inst.args);
        if let Some(exit) = inst.exit {
            self.state(exit.state);
        }
    }

    fn state(&mut self, state: StateId) {
        if !std::mem::replace(&mut self.states[state.0 as usize], true) {
            self.work.extend(self.func.states[state.0 as usize].vals());
        }
    }
}
