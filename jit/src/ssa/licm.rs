//! Loop-invariant code motion: what gives the same in every round of a loop is computed once before it.
//!
//! Runs behind `gvn`. What moves goes to the end of the block that dominates the loop's head: what may be carried out although the
//! loop's body might not be (computations without an exit, and reads of what the loop does not change), and of what every round does, guards,
//! too, and reads behind them. Where an array stands is known as long as what it belongs to is alive, which the heads of the loop then have to
//! see to. Invariants: what an instruction needs dominates the place it moves to; no read overtakes the guard that makes it right.

use super::dom::{Dominators, NaturalLoop};
use super::effects::{self, Memory};
use super::gvn::{written_in_blocks, written_in_loop};
use super::places::Places;
use super::seen::Seen;
use super::{Block, Exit, Func, Inst, Op, StateId, Val, preheader};
use crate::reason::ExitReason;
use minilive_mir::ir::InstId;
use rustc_hash::{FxHashMap, FxHashSet};

/// Moves invariant instructions out of loops; `loops` are inner before outer.
pub fn hoist(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop], places: &Places, seen: &Seen) {
    if loops.is_empty() {
        return;
    }
    let written = written_in_blocks(func, places);
    let mut pass = Pass { places, home: homes(func), constants: constants_of(func), boxed: boxed_objects(func) };
    for it in loops {
        let Some(before) = dominators.idom(it.head) else { continue };
        let is_only_way =
            dominators.preds[it.head.0 as usize].iter().all(|&pred| pred == before || it.contains[pred.0 as usize]);
        // Something between may change what is read.
        let changed = if is_only_way { written_in_loop(it, &written) } else { Memory::ALL };
        let inside: Vec<Block> =
            dominators.order.iter().copied().filter(|block| it.contains[block.0 as usize]).collect();
        let mut rounds = Rounds::of(func, dominators, it, seen);
        let mut owners = Vec::new();
        for &block in &inside {
            let in_each = dominators.latches(it).all(|latch| dominators.dominates(block, latch));
            let insts = std::mem::take(&mut func[block].insts);
            let (mut moved, mut kept) = (Vec::new(), Vec::with_capacity(insts.len()));
            for inst in insts {
                let moves = pass.is_invariant(&inst, it, changed)
                    && (effects::may_be_early(&inst) || in_each && rounds.may_begin_with(&inst));
                if moves {
                    let exit = inst.exit.and_then(|exit| rounds.exit_before(exit));
                    owners.extend(pass.owner(&inst));
                    pass.move_out(func, Inst { exit, ..inst }, it, before, &mut moved);
                } else {
                    rounds.note_kept(&inst);
                    kept.push(inst);
                }
            }
            func[block].insts = kept;
            func[before].insts.extend(moved);
        }
        keep_alive(func, &inside, &owners);
    }
}

struct Pass<'a> {
    places: &'a Places,
    /// By value, the block that defines it.
    home: Vec<Option<Block>>,
    constants: FxHashMap<Val, Op>,
    /// By object, its boxed value.
    boxed: FxHashMap<Val, Val>,
}

impl Pass<'_> {
    /// Whether an instruction gives the same in each round of a loop that changes so much.
    fn is_invariant(&self, inst: &Inst, around: &NaturalLoop, changed: Memory) -> bool {
        let is_there = |arg: &Val| self.constants.contains_key(arg) || outside(&self.home, around, *arg);
        !effects::is_constant(inst.op) && self.stays(inst, changed) && telling(inst).iter().all(is_there)
    }

    /// Whether an instruction gives the same after so much has changed, as long as the loop keeps alive what it asks about.
    fn stays(&self, inst: &Inst, changed: Memory) -> bool {
        let found = self.places.reads(inst.op, &inst.args);
        let found = if effects::is_array(inst.op) { found.without(Memory::SLICE) } else { found };
        !found.meets(changed)
    }

    /// What has to be kept alive for an instruction's result to stay right.
    fn owner(&self, inst: &Inst) -> Option<Val> {
        let owner = *inst.args.first().filter(|_| effects::is_array(inst.op))?;
        Some(self.boxed.get(&owner).copied().unwrap_or(owner))
    }

    /// Adds an instruction to what moves before a loop, and with it what it needs and is not there.
    fn move_out(
        &mut self,
        func: &mut Func,
        mut inst: Inst,
        around: &NaturalLoop,
        before: Block,
        moved: &mut Vec<Inst>,
    ) {
        let object = inst.args.first().copied();
        for arg in &mut inst.args {
            if outside(&self.home, around, *arg) {
                continue;
            }
            let constant = self.constants.get(arg).copied();
            *arg = match (constant, object) {
                (None, Some(object)) => again(func, Op::Slots, &[object], *arg, moved),
                (constant, _) => again(func, constant.expect("only constants move"), &[], *arg, moved),
            };
            self.constants.extend(constant.map(|op| (*arg, op)));
            self.home.push(Some(before));
        }
        if let Some(result) = inst.result {
            self.home[result.0 as usize] = Some(before);
        }
        moved.push(inst);
    }
}

/// What a loop does in each round, and what of that may be done once before all.
struct Rounds<'a> {
    seen: &'a Seen,
    /// From where compiled code is left before the loop, if it can be there.
    state: Option<StateId>,
    /// Maps whose shapes are asked in the loop, and whether indexes are: what is right only behind that stays, too.
    asked: FxHashSet<Val>,
    asks_indexes: bool,
}

impl<'a> Rounds<'a> {
    fn of(func: &Func, dominators: &Dominators, around: &NaturalLoop, seen: &'a Seen) -> Rounds<'a> {
        let state =
            dominators.preheader(func, around).and_then(|before| preheader::resume_state(func, dominators, before));
        Rounds { seen, state, asked: FxHashSet::default(), asks_indexes: false }
    }

    /// Whether what every round of the loop does, on what it does not change, may be done before the first one. Leaving before the
    /// loop is a guess, since a round may end sooner; where experience speaks against it, guards stay.
    fn may_begin_with(&self, inst: &Inst) -> bool {
        let is_right = match inst.op {
            Op::LoadSlot(_) => !self.asked.contains(&inst.args[0]),
            Op::LoadElement => !self.asks_indexes,
            _ => true,
        };
        let may_leave =
            inst.exit.is_none_or(|exit| self.state.is_some() && !self.seen.is_rejected(exit.at, ExitReason::LoopGuard));
        is_right && may_leave && effects::may_be_before(inst)
    }

    /// The exit before the loop that takes the place of one in it.
    fn exit_before(&self, exit: Exit) -> Option<Exit> {
        self.state.map(|state| Exit { state, reason: ExitReason::LoopGuard, at: exit.at })
    }

    fn note_kept(&mut self, inst: &Inst) {
        match inst.op {
            Op::GuardShape(_) | Op::HasShape(_) => {
                self.asked.insert(inst.args[0]);
            }
            Op::GuardIndex => self.asks_indexes = true,
            _ => {}
        }
    }
}

/// Has the loop heads among these blocks keep alive what arrays belong to.
fn keep_alive(func: &mut Func, blocks: &[Block], owners: &[Val]) {
    for &block in blocks {
        let heads = func[block].insts.iter_mut().filter(|inst| matches!(inst.op, Op::EnterLoop { .. }));
        for head in heads {
            owners.iter().for_each(|owner| {
                if !head.args.contains(owner) {
                    head.args.push(*owner);
                }
            });
        }
    }
}

/// Whether a value is defined outside of a loop.
pub fn outside(home: &[Option<Block>], around: &NaturalLoop, val: Val) -> bool {
    home[val.0 as usize].is_some_and(|at| !around.has(at))
}

/// The constants of a function.
fn constants_of(func: &Func) -> FxHashMap<Val, Op> {
    let insts = func.blocks.iter().flat_map(|block| &block.insts);
    insts.filter(|inst| effects::is_constant(inst.op)).filter_map(|inst| Some((inst.result?, inst.op))).collect()
}

/// The boxed values of objects. These are what loop heads keep alive, since their exits most often need them anyway.
fn boxed_objects(func: &Func) -> FxHashMap<Val, Val> {
    let insts = func.blocks.iter().flat_map(|block| &block.insts);
    insts.filter(|inst| inst.op == Op::Object).filter_map(|inst| Some((inst.result?, inst.args[0]))).collect()
}

/// What must be there for an instruction to move: where the slots of a map stand can be found out again.
fn telling(inst: &Inst) -> &[Val] {
    match inst.op {
        Op::LoadSlot(_) => &inst.args[..1],
        _ => &inst.args,
    }
}

/// Computes a value once more, where what needs it moves to.
fn again(func: &mut Func, op: Op, args: &[Val], val: Val, moved: &mut Vec<Inst>) -> Val {
    let at = moved.last().map_or(InstId(0), |inst| inst.at);
    let made = func.new_val(func.rep(val));
    moved.push(Inst { op, args: args.to_vec(), result: Some(made), exit: None, at });
    made
}

/// The block that defines each value.
pub fn homes(func: &Func) -> Vec<Option<Block>> {
    let mut homes = vec![None; func.reps.len()];
    for block in func.block_ids() {
        let data = &func[block];
        let defined: Vec<Val> =
            data.params.iter().copied().chain(data.insts.iter().filter_map(|inst| inst.result)).collect();
        defined.into_iter().for_each(|val| homes[val.0 as usize] = Some(block));
    }
    homes
}
