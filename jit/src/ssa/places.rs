//! Which maps cannot be the same: those of different families of shapes.
//!
//! `improve` makes it once a function, `gvn`, `licm` and `carry` ask what instructions read and change of memory. A family is what guards
//! and tests of one map name, with all shapes that another such set has in common with it, and with those that stores of new members
//! lead to. Whatever touches slots of a map stands behind a guard or test of its shape, and between two such places nothing changes shapes but stores of
//! new members and what changes everything; so two maps of different families are two, as in type-based alias analysis (Diwan, McKinley and
//! Moss). The environment object of an activation is the exception: its variables keep their slots whatever shape it gets, so its own
//! code asks for none. Invariant: a map of which no shape is known, or that may be such an object, may be any other.

use super::effects::{self, Memory, hands_on};
use super::{Func, Inst, Op, Val};
use crate::ssa::Helper;
use rustc_hash::{FxHashMap, FxHashSet};

/// Families of the map objects of a function.
#[derive(Debug)]
pub struct Places {
    /// By value of an object, its family.
    families: FxHashMap<Val, u32>,
}

impl Places {
    /// The families of a function.
    pub fn of(func: &Func) -> Places {
        let roots = roots(func);
        let root = |mut val: Val| {
            while let Some(&from) = roots.get(&val) {
                val = from;
            }
            val
        };
        let mut joined = Joined::default();
        // By where an object comes from, one of its shapes.
        let mut shapes: FxHashMap<Val, u32> = FxHashMap::default();
        let mut objects: Vec<Val> = Vec::new();
        for inst in func.blocks.iter().flat_map(|block| &block.insts) {
            let (val, named): (Option<Val>, Vec<u32>) = match inst.op {
                Op::GuardShape(set) | Op::HasShape(set) => (inst.args.first().copied(), set.iter().collect()),
                Op::AddSlot { shape, .. } => (inst.args.first().copied(), vec![shape]),
                Op::Helper(Helper::MakeShaped(shape) | Helper::NewInstance(shape)) => (inst.result, vec![shape]),
                Op::Object => {
                    objects.extend(inst.result);
                    continue;
                }
                _ => continue,
            };
            let Some(val) = val else { continue };
            for shape in named {
                let first = *shapes.entry(root(val)).or_insert(shape);
                joined.join(first, shape);
            }
        }
        for own in environments(func, &root) {
            shapes.remove(&own);
        }
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        let mut family = |val: Val| {
            let shape = joined.find(*shapes.get(&root(val))?);
            let next = numbers.len() as u32;
            Some((val, *numbers.entry(shape).or_insert(next)))
        };
        Places { families: objects.into_iter().filter_map(&mut family).collect() }
    }

    fn family(&self, object: Val) -> Option<u32> {
        self.families.get(&object).copied()
    }

    /// Whether two objects are not the same for sure.
    pub fn differ(&self, a: Val, b: Val) -> bool {
        matches!((self.family(a), self.family(b)), (Some(a), Some(b)) if a != b)
    }

    /// What a slot of an object is in, as something that is read.
    pub fn slot(&self, object: Val, slot: u8) -> Memory {
        self.family(object).map_or(Memory::SLOTS, |family| Memory::slot(family, slot))
    }

    /// What the shape of an object is in, as something that is read.
    pub fn shape(&self, object: Val) -> Memory {
        self.family(object).map_or(Memory::SHAPES, Memory::shape)
    }

    /// What an operation reads that may change.
    pub fn reads(&self, op: Op, args: &[Val]) -> Memory {
        match (op, args) {
            (Op::LoadSlot(slot), &[object, ..]) => self.slot(object, slot).and(self.shape(object)),
            (Op::HasShape(_) | Op::GuardShape(_) | Op::Slots, &[object, ..]) => {
                self.shape(object).and(effects::reads(op))
            }
            _ => effects::reads(op),
        }
    }

    /// What an instruction may change.
    pub fn writes(&self, inst: &Inst) -> Memory {
        let family = || inst.args.first().and_then(|&object| self.family(object));
        let slots = |slot: u8| family().map_or(Memory::EACH_SLOT, |family| Memory::slot(family, slot));
        let here = match inst.op {
            Op::StoreSlot(slot, _) | Op::StoreVariable(slot) => slots(slot),
            Op::AddSlot { slot, .. } => slots(slot).and(family().map_or(Memory::EACH_SHAPE, Memory::shape)),
            _ => Memory::NONE,
        };
        here.and(effects::writes(inst))
    }
}

/// By value, the one that it is the same as, or the address of.
fn roots(func: &Func) -> FxHashMap<Val, Val> {
    let insts = func.blocks.iter().flat_map(|block| &block.insts);
    let same = insts.filter(|inst| inst.op == Op::Object || hands_on(inst.op));
    same.filter_map(|inst| Some((inst.result?, inst.args[0]))).collect()
}

/// Where objects come from that may be the environments of the function's own activations. Their code alone stores variables.
fn environments(func: &Func, root: &dyn Fn(Val) -> Val) -> FxHashSet<Val> {
    let insts = || func.blocks.iter().flat_map(|block| &block.insts);
    let is_made = |inst: &&Inst| matches!(inst.op, Op::Environment | Op::Helper(Helper::MakeEnv { .. }));
    let mut found: FxHashSet<Val> = insts().filter(is_made).filter_map(|inst| inst.result).collect();
    found.extend(insts().filter(|inst| matches!(inst.op, Op::StoreVariable(_))).map(|inst| root(inst.args[0])));
    let mut known = usize::MAX;
    while !found.is_empty() && known != found.len() {
        known = found.len();
        for edge in func.blocks.iter().flat_map(|block| block.end.edges()) {
            let params = &func.blocks[edge.to as usize].params;
            let passed = edge.args.iter().zip(params).filter(|(arg, _)| found.contains(&root(**arg)));
            let passed: Vec<Val> = passed.map(|(_, &param)| param).collect();
            found.extend(passed);
        }
    }
    found
}

/// Sets of shapes that are joined.
#[derive(Debug, Default)]
struct Joined {
    /// By shape, another one of its set; none for the one that stands for the set.
    up: FxHashMap<u32, u32>,
}

impl Joined {
    fn find(&self, mut shape: u32) -> u32 {
        while let Some(&up) = self.up.get(&shape) {
            shape = up;
        }
        shape
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        if a != b {
            self.up.insert(a, b);
        }
    }
}
