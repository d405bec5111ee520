//! Which maps and lists may be done without, as far as the places tell where they are used.
//!
//! `escape` asks; `shapes` strikes out those whose uses do not fit their shapes. Invariant: a candidate that is not lost is used by
//! nothing but what `rewrite` can do without it.

use super::made_shape;
use crate::ssa::dom::Dominators;
use crate::ssa::{Block, End, Func, Inst, Op, Rep, StateId, StateVal, Val, dce};
use minilive_runtime::value::{TAG_LIST, TAG_MAP};

/// A map or list that may be done without.
pub(super) struct Candidate {
    /// What it is first known as: the result of what makes it, or a parameter.
    pub(super) root: Val,
    /// Where that is defined.
    pub(super) block: Block,
    /// Whether `root` is a parameter.
    pub(super) is_param: bool,
    /// By block, whether it is used there or later without being defined there first.
    pub(super) live_in: Vec<bool>,
    /// Whether one of its slots is written outside of `block`.
    pub(super) changes: bool,
    /// It must be made after all.
    pub(super) lost: bool,
}

/// All candidates.
pub(super) struct Candidates {
    pub(super) all: Vec<Candidate>,
    /// By value, the candidate that it is.
    of: Vec<Option<u32>>,
}

impl Candidates {
    /// The candidate that a value is, unless it is lost.
    pub(super) fn of(&self, val: Val) -> Option<usize> {
        let i = (*self.of.get(val.0 as usize)?)? as usize;
        (!self.all[i].lost).then_some(i)
    }

    /// The candidates that are not lost.
    pub(super) fn kept(&self) -> impl Iterator<Item = (usize, &Candidate)> {
        self.all.iter().enumerate().filter(|it| !it.1.lost)
    }

    fn lose(&mut self, val: Val) {
        if let Some(i) = self.of(val) {
            self.all[i].lost = true;
        }
    }
}

/// What an instruction does to the map or list that its first operand is.
pub(super) enum Use {
    /// Gives the same one, its object, or where its slots are.
    Alias,
    /// Tests its shape, reads a slot or its length, or asks whether stores need the barrier.
    Look,
    /// Stores this value into a slot.
    Store(Val),
    /// Tests whether it is another value, too.
    Same,
    /// Anything else.
    Escape,
}

/// What an instruction does to what is its first operand, and of stores some others, too.
pub(super) fn use_of(inst: &Inst) -> Use {
    match inst.op {
        Op::GuardTag(tag) if [TAG_MAP, TAG_LIST].contains(&u64::from(tag)) => Use::Alias,
        Op::GuardNotFunction | Op::GuardNotBits(_) | Op::Object | Op::Slots | Op::Elements => Use::Alias,
        Op::GuardShape(_) | Op::HasShape(_) | Op::LoadSlot(_) | Op::NeedsBarrier | Op::GuardStorable => Use::Look,
        Op::StoredLen { .. } | Op::ListLen | Op::LoadElement => Use::Look,
        Op::StoreSlot(..) | Op::AddSlot { .. } => Use::Store(inst.args[2]),
        Op::StoreElement { .. } => Use::Store(inst.args[3]),
        Op::SameBits => Use::Same,
        _ => Use::Escape,
    }
}

/// Finds the candidates.
pub(super) fn find(func: &Func, dominators: &Dominators) -> Candidates {
    let mut found = roots(func, dominators);
    check_edges(func, dominators, &mut found);
    for &block in &dominators.order {
        for inst in &func[block].insts {
            check_use(inst, block, &mut found);
            inst.exit.into_iter().for_each(|exit| check_cells(func, exit.state, &mut found));
        }
        match &func[block].end {
            End::Return(val) => found.lose(*val),
            End::Leave(exit) => check_cells(func, exit.state, &mut found),
            End::Jump(_) | End::Branch { .. } => {}
        }
    }
    check_edges(func, dominators, &mut found);
    add_liveness(func, dominators, &mut found);
    check_apart(func, dominators, &mut found);
    found
}

/// Everything that may be one: maps and lists that are made, and parameters; with what is the same as they are.
fn roots(func: &Func, dominators: &Dominators) -> Candidates {
    let mut found = Candidates { all: Vec::new(), of: vec![None; func.reps.len()] };
    for &block in &dominators.order {
        for &param in func[block].params.iter().filter(|&&param| func.rep(param) == Rep::Boxed) {
            add(&mut found, param, block, true);
        }
        for inst in &func[block].insts {
            let Some(result) = inst.result else { continue };
            match use_of(inst) {
                Use::Alias => found.of[result.0 as usize] = found.of[inst.args[0].0 as usize],
                _ if made_shape(inst).is_some() => add(&mut found, result, block, false),
                _ => {}
            }
        }
    }
    found
}

fn add(found: &mut Candidates, root: Val, block: Block, is_param: bool) {
    found.of[root.0 as usize] = Some(found.all.len() as u32);
    found.all.push(Candidate { root, block, is_param, live_in: Vec::new(), changes: false, lost: false });
}

/// Strikes out parameters that something else may come to, and what comes to parameters that are struck out.
pub(super) fn check_edges(func: &Func, dominators: &Dominators, found: &mut Candidates) {
    let mut changed = true;
    while changed {
        changed = false;
        for &block in &dominators.order {
            for edge in func[block].end.edges() {
                for (&arg, &param) in edge.args.iter().zip(&func[edge.target()].params) {
                    if found.of(arg).is_some() != found.of(param).is_some() {
                        found.lose(arg);
                        found.lose(param);
                        changed = true;
                    }
                }
            }
        }
    }
}

fn check_use(inst: &Inst, block: Block, found: &mut Candidates) {
    let others = match use_of(inst) {
        Use::Alias | Use::Look => return,
        Use::Same => return,
        Use::Store(stored) => {
            if let Some(i) = found.of(inst.args[0]) {
                found.all[i].changes |= found.all[i].block != block;
                // All other operands but the name, or the index, are the same.
                found.lose(stored);
                return;
            }
            &inst.args[..]
        }
        Use::Escape => &inst.args[..],
    };
    others.iter().for_each(|&arg| found.lose(arg));
}

/// Cells are written by compiled code itself when it is left.
fn check_cells(func: &Func, state: StateId, found: &mut Candidates) {
    func.states[state.0 as usize].cells.iter().for_each(|&(_, val)| found.lose(val));
}

/// Finds where candidates are used later.
fn add_liveness(func: &Func, dominators: &Dominators, found: &mut Candidates) {
    for candidate in found.all.iter_mut().filter(|it| !it.lost) {
        candidate.live_in = vec![false; func.blocks.len()];
    }
    for &block in &dominators.order {
        let data = &func[block];
        for inst in &data.insts {
            inst.args.iter().for_each(|&arg| used_in(dominators, found, arg, block));
            if let Some(exit) = inst.exit {
                used_by_state(func, dominators, found, exit.state, block);
            }
        }
        if let End::Leave(exit) = data.end {
            used_by_state(func, dominators, found, exit.state, block);
        }
        data.end.edges().flat_map(|edge| &edge.args).for_each(|&arg| used_in(dominators, found, arg, block));
    }
}

fn used_by_state(func: &Func, dominators: &Dominators, found: &mut Candidates, state: StateId, block: Block) {
    for val in func.states[state.0 as usize].vals() {
        used_in(dominators, found, val, block);
    }
}

fn used_in(dominators: &Dominators, found: &mut Candidates, val: Val, block: Block) {
    let Some(i) = found.of(val) else { return };
    let candidate = &mut found.all[i];
    let mut work = vec![block];
    while let Some(block) = work.pop() {
        if block != candidate.block && !std::mem::replace(&mut candidate.live_in[block.0 as usize], true) {
            work.extend(&dominators.preds[block.0 as usize]);
        }
    }
}

/// Strikes out parameters that would be the same map as what comes to them while that is used later, too, or as another parameter.
fn check_apart(func: &Func, dominators: &Dominators, found: &mut Candidates) {
    for &block in &dominators.order {
        for edge in func[block].end.edges() {
            let passed: Vec<Option<usize>> = edge.args.iter().map(|&arg| found.of(arg)).collect();
            for (n, i) in passed.iter().enumerate() {
                let Some(i) = *i else { continue };
                let twice = passed.iter().filter(|&&it| it == Some(i)).count() > 1;
                if twice || found.all[i].live_in[edge.to as usize] {
                    found.lose(func[edge.target()].params[n]);
                }
            }
        }
    }
    check_edges(func, dominators, found);
}

/// Whether a state names a candidate.
pub(super) fn is_named(func: &Func, state: StateId, found: &Candidates) -> bool {
    let state = &func.states[state.0 as usize];
    let slots = state.objects.iter().flat_map(|it| &it.slots);
    let mut vals = state.regs.iter().map(|(_, val)| val).chain(slots);
    vals.any(|val| matches!(val, StateVal::Val(val) if found.of(*val).is_some()))
}

/// The value behind a boxed one: states take values as they are held.
pub(super) fn unboxed(func_boxes: &[Option<Val>], same: &[Val], val: Val) -> Val {
    let val = dce::find(same, val);
    func_boxes.get(val.0 as usize).copied().flatten().unwrap_or(val)
}
