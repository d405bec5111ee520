//! Takes candidates away: their slots become values, and parameters where ways meet.
//!
//! `escape` comes here with what `candidates` and `shapes` found. Invariant: what a state described of a candidate is what its slots hold
//! at the exit that names the state, so exits that share a state get several where slots differ.

use super::candidates::{Candidates, Use, is_named, unboxed, use_of};
use super::shapes::Known;
use super::{Index, indexes, made_shape};
use crate::ssa::dom::Dominators;
use crate::ssa::{Block, End, Func, Inst, Op, Rep, State, StateId, StateObject, StateVal, Val, dce};
use rustc_hash::FxHashMap;

/// A candidate's shape, and what its slots hold.
#[derive(Debug, Clone)]
struct Fields {
    shape: u32,
    slots: Vec<Val>,
}

/// What is known of candidates, by their numbers.
type AllFields = FxHashMap<usize, Fields>;

/// A block's parameters for one candidate's slots.
struct Added {
    candidate: usize,
    /// The parameter that the candidate was, by its place.
    instead_of: Option<usize>,
    params: Vec<Val>,
}

/// Rewrites a function without its candidates.
pub(super) fn rewrite(func: &mut Func, dominators: &Dominators, found: &Candidates, known: &Known) {
    let mut pass = Pass {
        same: (0..func.reps.len() as u32).map(Val).collect(),
        boxes: boxes(func),
        indexes: indexes(func),
        ends: vec![AllFields::default(); func.blocks.len()],
        added: func.blocks.iter().map(|_| Vec::new()).collect(),
        states: FxHashMap::default(),
        found,
        known,
    };
    for &block in &dominators.order {
        match &known.starts[block.0 as usize] {
            Some(_) => pass.block(func, dominators, block),
            None => {
                func[block].insts.clear();
                func[block].end = End::Return(Val(u32::MAX));
            }
        }
    }
    pass.pass_fields(func, dominators);
    let same = pass.same;
    dce::rename(func, |val| dce::find(&same, val));
}

/// By value, what was boxed to make it.
fn boxes(func: &Func) -> Vec<Option<Val>> {
    let mut boxes = vec![None; func.reps.len()];
    for inst in func.blocks.iter().flat_map(|block| &block.insts).filter(|inst| inst.op == Op::Box) {
        if let Some(result) = inst.result {
            boxes[result.0 as usize] = Some(inst.args[0]);
        }
    }
    boxes
}

struct Pass<'a> {
    /// By value, the one that takes its place.
    same: Vec<Val>,
    boxes: Vec<Option<Val>>,
    indexes: Vec<Option<Index>>,
    /// By block, what slots hold at its end.
    ends: Vec<AllFields>,
    /// By block, its new parameters.
    added: Vec<Vec<Added>>,
    /// What states were rewritten to.
    states: FxHashMap<StateId, Vec<StateId>>,
    found: &'a Candidates,
    known: &'a Known,
}

impl Pass<'_> {
    fn block(&mut self, func: &mut Func, dominators: &Dominators, block: Block) {
        let mut fields = self.start(func, dominators, block);
        let mut insts = std::mem::take(&mut func[block].insts);
        insts.retain_mut(|inst| {
            let keep = self.step(inst, &mut fields);
            if keep && let Some(exit) = &mut inst.exit {
                exit.state = self.state(func, exit.state, &fields);
            }
            keep
        });
        func[block].insts = insts;
        if let End::Leave(mut exit) = func[block].end {
            exit.state = self.state(func, exit.state, &fields);
            func[block].end = End::Leave(exit);
        }
        if let End::Branch { cond, then, els } = &func[block].end
            && let Some(&truth) = self.known.decided.get(cond)
        {
            func[block].end = End::Jump(if truth { then.clone() } else { els.clone() });
        }
        self.ends[block.0 as usize] = fields;
    }

    /// What slots hold at a block's start; makes parameters where that differs by the way there.
    fn start(&mut self, func: &mut Func, dominators: &Dominators, block: Block) -> AllFields {
        let forms = self.known.starts[block.0 as usize].as_ref().expect("only blocks that are reached");
        let mut numbers: Vec<usize> = forms.keys().copied().collect();
        numbers.sort_unstable();
        let meets = dominators.preds[block.0 as usize].len() > 1;
        let mut fields = AllFields::default();
        for i in numbers {
            let candidate = &self.found.all[i];
            let here = candidate.is_param && candidate.block == block;
            let is_settled_above = !meets || !candidate.changes;
            if !here && is_settled_above {
                let above = dominators.idom(block).expect("the entry has no parameters");
                let above = self.ends[above.0 as usize].get(&i).expect("it is used here, so it is known above");
                fields.insert(i, above.clone());
                continue;
            }
            let instead_of = if here { func[block].params.iter().position(|&it| it == candidate.root) } else { None };
            let (shape, count) = forms[&i];
            let slots: Vec<Val> = (0..count).map(|_| func.new_val(Rep::Boxed)).collect();
            self.added[block.0 as usize].push(Added { candidate: i, instead_of, params: slots.clone() });
            fields.insert(i, Fields { shape, slots });
        }
        let known = self.same.len() as u32;
        self.same.extend((known..func.reps.len() as u32).map(Val));
        fields
    }

    /// Whether an instruction is needed. What it did to a candidate happens to the slots.
    fn step(&mut self, inst: &mut Inst, fields: &mut AllFields) -> bool {
        if let (Some(shape), Some(i)) = (made_shape(inst), inst.result.and_then(|it| self.found.of(it))) {
            fields.insert(i, Fields { shape, slots: inst.args.clone() });
            return false;
        }
        if let Some(&truth) = inst.result.and_then(|result| self.known.decided.get(&result)) {
            inst.op = Op::Bool(truth);
            inst.args.clear();
            return true;
        }
        let Some(i) = inst.args.first().and_then(|&arg| self.found.of(arg)) else { return true };
        if inst.op == Op::NeedsBarrier {
            // Only stores that go ask.
            inst.op = Op::Bool(false);
            inst.args.clear();
            return true;
        }
        let fields = fields.get_mut(&i).expect("settled: its form is known");
        match (inst.op, use_of(inst)) {
            (Op::LoadSlot(slot), _) => {
                if let Some(result) = inst.result {
                    self.same[result.0 as usize] = fields.slots[usize::from(slot)];
                }
            }
            (Op::StoreSlot(slot, _), _) => fields.slots[usize::from(slot)] = inst.args[2],
            (Op::StoredLen { .. } | Op::ListLen, _) => {
                inst.op = Op::Int(fields.slots.len() as i64);
                inst.args.clear();
                return true;
            }
            (Op::LoadElement, _) => {
                if let Some(result) = inst.result {
                    self.same[result.0 as usize] = fields.slots[self.element(inst, fields.slots.len())];
                }
            }
            (Op::StoreElement { .. }, _) => {
                let element = self.element(inst, fields.slots.len());
                fields.slots[element] = inst.args[3];
            }
            (Op::AddSlot { shape, .. }, _) => {
                fields.shape = shape;
                fields.slots.push(inst.args[2]);
            }
            (Op::GuardShape(_) | Op::GuardStorable, _) | (_, Use::Alias) => {}
            _ => return true,
        }
        false
    }

    /// Which element an instruction reads or writes.
    fn element(&self, inst: &Inst, len: usize) -> usize {
        let index = self.indexes[inst.args[1].0 as usize];
        index.and_then(|it| it.element(len, |_| true)).expect("settled: the index is known")
    }

    /// A state with descriptions in the place of candidates.
    fn state(&mut self, func: &mut Func, id: StateId, fields: &AllFields) -> StateId {
        if !is_named(func, id, self.found) {
            return id;
        }
        let mut state = func.states[id.0 as usize].clone();
        let mut places: Vec<(usize, u32)> = Vec::new();
        let mut made: Vec<StateObject> = Vec::new();
        let first = state.objects.len();
        let State { regs, objects, .. } = &mut state;
        let slots = objects.iter_mut().flat_map(|it| &mut it.slots);
        for val in regs.iter_mut().map(|(_, val)| val).chain(slots) {
            let StateVal::Val(named) = *val else { continue };
            let Some(i) = self.found.of(named) else { continue };
            let place = places.iter().find(|it| it.0 == i).map(|it| it.1).unwrap_or_else(|| {
                let place = (first + made.len()) as u32;
                places.push((i, place));
                made.push(self.object(fields.get(&i).expect("settled: its form is known")));
                place
            });
            *val = StateVal::Object(place);
        }
        state.objects.extend(made);
        let known = self.states.entry(id).or_default();
        if let Some(&same) = known.iter().find(|it| func.states[it.0 as usize] == state) {
            return same;
        }
        let new = StateId(func.states.len() as u32);
        known.push(new);
        func.states.push(state);
        new
    }

    fn object(&self, fields: &Fields) -> StateObject {
        let slot = |&val: &Val| StateVal::Val(unboxed(&self.boxes, &self.same, val));
        StateObject { shape: fields.shape, slots: fields.slots.iter().map(slot).collect() }
    }

    /// Passes slots along edges, in the place of candidates.
    fn pass_fields(&mut self, func: &mut Func, dominators: &Dominators) {
        for &block in &dominators.order {
            let ends = &self.ends[block.0 as usize];
            let (added, found) = (&self.added, self.found);
            for edge in func[block].end.edges_mut() {
                let added = &added[edge.to as usize];
                let mut slots: Vec<Val> = Vec::new();
                for it in added {
                    let from = match it.instead_of {
                        Some(n) => found.of(edge.args[n]).expect("only candidates come to one"),
                        None => it.candidate,
                    };
                    slots.extend(&ends.get(&from).expect("it is used behind the edge, so it is known before").slots);
                }
                edge.args = without(&edge.args, added);
                edge.args.extend(slots);
            }
        }
        for &block in &dominators.order {
            let added = &self.added[block.0 as usize];
            let mut params = without(&func[block].params, added);
            params.extend(added.iter().flat_map(|it| &it.params));
            func[block].params = params;
        }
    }
}

fn without(vals: &[Val], added: &[Added]) -> Vec<Val> {
    let kept = vals.iter().enumerate().filter(|it| !added.iter().any(|added| added.instead_of == Some(it.0)));
    kept.map(|it| *it.1).collect()
}
