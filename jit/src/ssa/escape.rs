//! Escape analysis: a map or a short list that nobody outside of the code sees is not made; its slots are values like any others.
//!
//! Runs behind `build`, before `gvn`, which makes use of what the slots turn out to be. A *candidate* is a map that is made of a known
//! shape, a list of given elements, or a parameter that only candidates come to. It qualifies if all it is used for is loads and stores of
//! its slots (of a list: of elements whose indexes are known), tests of its shape, and states: these then describe it
//! ([`super::StateObject`]), and an exit makes it. A list has the shape of what is no map. The parts: `candidates` (which
//! maps qualify), `shapes` (what is known of them at each place), `rewrite` (takes them away).
//!
//! Invariants: at no place two candidates that are used later are the same map, so that each state describes a map once; what is
//! stored in a candidate's slot is no candidate of the same round. A map inside another one qualifies in the round after.

mod candidates;
mod rewrite;
mod shapes;

use super::dom::Dominators;
use super::staged::Staged;
use super::{Func, Helper, Inst, Op, Val, dce, unbox};
use crate::passes::{Pass, Passes};
use crate::stage::Stage;
use minilive_runtime::shape::ShapeId;

/// Maps and lists nest so deep that are taken away, less one.
const MOST_ROUNDS: usize = 4;

/// A list of more elements is made.
const MOST_ELEMENTS: usize = 16;
/// The shape of lists.
pub(crate) const LIST: u32 = ShapeId::NONE.0;

/// Takes maps and lists away that do not escape.
pub fn remove_objects(it: &mut Staged<'_>, passes: Passes) {
    for _ in 0..MOST_ROUNDS {
        if !makes_objects(it.func()) {
            return;
        }
        let dominators = Dominators::of(it.func());
        let mut found = candidates::find(it.func(), &dominators);
        let Some(known) = shapes::settle(it.func(), &dominators, &mut found) else { return };
        it.step(Stage::Escape, |func| {
            rewrite::rewrite(func, &dominators, &found, &known);
            dce::prune_params(func);
        });
        if passes.has(Pass::Unboxing) {
            it.step(Stage::Unboxing, unbox::unbox_params);
        }
        it.step(Stage::EscapeDeadCode, dce::drop_dead);
    }
}

fn makes_objects(func: &Func) -> bool {
    func.blocks.iter().flat_map(|block| &block.insts).any(|inst| made_shape(inst).is_some())
}

/// The shape of what an instruction makes of its operands, if it is a map of a known one, or a list.
fn made_shape(inst: &Inst) -> Option<u32> {
    match inst.op {
        Op::Helper(Helper::MakeShaped(shape) | Helper::NewInstance(shape)) => Some(shape),
        Op::Helper(Helper::MakeList) if inst.args.len() <= MOST_ELEMENTS => Some(LIST),
        _ => None,
    }
}

/// An index that is known when code is made.
#[derive(Debug, Clone, Copy)]
enum Index {
    /// From the beginning.
    At(i64),
    /// What is added to the length of a list.
    FromEnd(Val, i64),
}

impl Index {
    /// Which of so many elements of a list it means; `is_same` says whether a value is that list.
    fn element(self, len: usize, is_same: impl Fn(Val) -> bool) -> Option<usize> {
        let index = match self {
            Index::At(index) => index,
            Index::FromEnd(list, distance) => distance.checked_add(len as i64).filter(|_| is_same(list))?,
        };
        usize::try_from(index).ok().filter(|&it| it < len)
    }
}

/// By value, the index that it is, if that is known.
fn indexes(func: &Func) -> Vec<Option<Index>> {
    let mut indexes = vec![None; func.reps.len()];
    let mut lengths = vec![None; func.reps.len()];
    for inst in func.blocks.iter().flat_map(|block| &block.insts) {
        let Some(result) = inst.result.map(|it| it.0 as usize) else { continue };
        match inst.op {
            Op::Int(constant) => indexes[result] = Some(Index::At(constant)),
            Op::StoredLen { .. } => lengths[result] = Some(inst.args[0]),
            Op::IAdd => {
                let [len, distance] = [0, 1].map(|i| inst.args[i].0 as usize);
                if let (Some(list), Some(Index::At(distance))) = (lengths[len], indexes[distance]) {
                    indexes[result] = Some(Index::FromEnd(list, distance));
                }
            }
            _ => {}
        }
    }
    indexes
}
