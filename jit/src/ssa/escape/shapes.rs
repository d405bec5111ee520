//! The shape that each candidate has at each place, and which places are ever reached with that.
//!
//! `escape` has the candidates settled here before `rewrite` takes them away. Invariant: a candidate that is kept has one shape at each
//! place, every guard of its shape holds, and every slot that is read exists.

use super::candidates::{Candidates, check_edges};
use super::{Index, LIST, indexes, made_shape};
use crate::ssa::dom::Dominators;
use crate::ssa::{Block, End, Func, Inst, Op, Val};
use minilive_runtime::value::TAG_LIST;
use rustc_hash::FxHashMap;

/// A candidate's shape, and how many slots it has.
pub(super) type Form = (u32, usize);

/// What is known of candidates, by their numbers.
type Forms = FxHashMap<usize, Form>;

/// What is known at blocks.
pub(super) struct Known {
    /// By block, what is known at its start; `None` if it is never reached.
    pub(super) starts: Vec<Option<Forms>>,
    /// Tests that are decided.
    pub(super) decided: FxHashMap<Val, bool>,
}

/// Strikes out candidates whose uses do not fit their shapes; `None` if none is left.
pub(super) fn settle(func: &Func, dominators: &Dominators, found: &mut Candidates) -> Option<Known> {
    loop {
        let (indexes, decided) = (indexes(func), FxHashMap::default());
        let mut walk = Walk { func, found, indexes, lost: Vec::new(), decided };
        let starts = walk.walk(dominators);
        let Walk { lost, decided, .. } = walk;
        found.kept().next()?;
        if lost.is_empty() {
            return Some(Known { starts, decided });
        }
        lost.into_iter().for_each(|i| found.all[i].lost = true);
        check_edges(func, dominators, found);
    }
}

struct Walk<'a> {
    func: &'a Func,
    found: &'a Candidates,
    indexes: Vec<Option<Index>>,
    lost: Vec<usize>,
    decided: FxHashMap<Val, bool>,
}

impl Walk<'_> {
    /// Goes through all blocks that are reached; gives what is known at their starts.
    fn walk(&mut self, dominators: &Dominators) -> Vec<Option<Forms>> {
        let mut starts: Vec<Option<Forms>> = vec![None; self.func.blocks.len()];
        starts[0] = Some(Forms::default());
        for &block in &dominators.order {
            let Some(mut forms) = starts[block.0 as usize].clone() else { continue };
            for inst in &self.func[block].insts {
                self.step(inst, &mut forms);
            }
            let end = &self.func[block].end;
            let taken = match end {
                End::Branch { cond, .. } => self.decided.get(cond).copied(),
                _ => None,
            };
            for (i, edge) in end.edges().enumerate() {
                if taken.is_none_or(|truth| truth == (i == 0)) {
                    self.arrive(edge.target(), &edge.args, &forms, &mut starts);
                }
            }
        }
        starts
    }

    /// What is known where an edge leads to, or has led to before, when it was followed first.
    fn arrive(&mut self, to: Block, args: &[Val], forms: &Forms, starts: &mut [Option<Forms>]) {
        let mut arriving = Forms::default();
        for (i, candidate) in self.found.kept() {
            let from = if candidate.is_param && candidate.block == to {
                let n = self.func[to].params.iter().position(|&it| it == candidate.root);
                n.and_then(|n| self.found.of(args[n]))
            } else {
                Some(i).filter(|_| candidate.live_in[to.0 as usize])
            };
            if let Some(form) = from.and_then(|from| forms.get(&from)) {
                arriving.insert(i, *form);
            }
        }
        match &starts[to.0 as usize] {
            None => starts[to.0 as usize] = Some(arriving),
            Some(start) => self.lost.extend(start.iter().filter(|it| arriving.get(it.0) != Some(it.1)).map(|it| *it.0)),
        }
    }

    fn step(&mut self, inst: &Inst, forms: &mut Forms) {
        if let (Some(shape), Some(result)) = (made_shape(inst), inst.result) {
            if let Some(i) = self.found.of(result) {
                forms.insert(i, (shape, inst.args.len()));
            }
            return;
        }
        if inst.op == Op::SameBits {
            let [a, b] = [0, 1].map(|i| self.found.of(inst.args[i]));
            if a.or(b).is_some() {
                // Nobody else knows the map.
                self.decide(inst, a == b);
            }
            return;
        }
        let Some(i) = inst.args.first().and_then(|&arg| self.found.of(arg)) else { return };
        let Some(&(shape, slots)) = forms.get(&i) else {
            self.lost.push(i);
            return;
        };
        let is_list = shape == LIST;
        let fits = match inst.op {
            Op::GuardTag(tag) => is_list == (u64::from(tag) == TAG_LIST),
            Op::LoadElement | Op::StoreElement { .. } => {
                let index = self.indexes[inst.args[1].0 as usize];
                is_list && index.is_some_and(|it| it.element(slots, |list| self.found.of(list) == Some(i)).is_some())
            }
            Op::GuardShape(shapes) => shapes.contains(shape),
            Op::LoadSlot(slot) | Op::StoreSlot(slot, _) => !is_list && usize::from(slot) < slots,
            Op::AddSlot { slot, shape } => {
                forms.insert(i, (shape, slots + 1));
                !is_list && usize::from(slot) == slots
            }
            Op::HasShape(shapes) => {
                self.decide(inst, shapes.contains(shape));
                true
            }
            _ => true,
        };
        if !fits {
            self.lost.push(i);
        }
    }

    fn decide(&mut self, inst: &Inst, truth: bool) {
        self.decided.extend(inst.result.map(|result| (result, truth)));
    }
}
