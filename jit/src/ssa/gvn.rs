//! Global value numbering: what was computed, read or guarded on every way to a place is not done again there.
//!
//! Runs behind `build`, before `licm`. It walks the dominator tree with a table of what is known (as Briggs, Cooper and Simpson have it);
//! what is read from memory is known by the version of that memory, too: two places have the same version of a kind of memory if
//! nothing on any way between them changes it. Invariant: instructions are removed, none is moved, so that exits stay as they are.

use super::boxes::{Boxes, Folded};
use super::dom::{Dominators, NaturalLoop};
use super::effects::{self, Memory, hands_on};
use super::places::Places;
use super::shape_set::ShapeSet;
use super::{Barrier, Block, Func, Inst, Op, Rep, Val, dce, fold};
use minilive_runtime::value::Value;
use rustc_hash::FxHashMap;

/// Instructions that can be known have no more operands.
const MOST_ARGS: usize = 4;

/// A version of each kind of memory.
type Versions = [u32; Memory::KINDS];

/// What makes two instructions the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    op: Op,
    /// Numbers of its operands.
    args: [Val; MOST_ARGS],
    /// Versions of what it reads, kind by kind; 0 behind them.
    versions: [u32; Memory::MOST_READ],
}

/// What an instruction that was met gave: its value, or nothing.
#[derive(Debug, Clone, Copy)]
struct Known {
    val: Option<Val>,
    block: Block,
}

/// What a block changed in the tables: keys with what stood there before.
#[derive(Default)]
struct Undo {
    known: Vec<(Key, Option<Known>)>,
    shapes: Vec<(Key, Option<ShapeSet>)>,
}

/// Removes what is known already.
pub fn number_values(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop], places: &Places) {
    let versions = versions(func, dominators, loops, places);
    let mut pass = Pass {
        places,
        same: (0..func.reps.len() as u32).map(Val).collect(),
        number: (0..func.reps.len() as u32).map(Val).collect(),
        constants: FxHashMap::default(),
        meanings: FxHashMap::default(),
        boxes: Boxes::default(),
        known: FxHashMap::default(),
        shapes: FxHashMap::default(),
        taken: FxHashMap::default(),
        next: u32::MAX,
    };
    let mut scopes: Vec<(Block, Undo)> = Vec::new();
    for block in preorder(dominators) {
        while scopes.last().is_some_and(|(top, _)| Some(*top) != dominators.idom(block)) {
            let (_, undo) = scopes.pop().expect("just seen");
            pass.forget(undo);
        }
        let undo = pass.block(func, block, &versions[block.0 as usize]);
        scopes.push((block, undo));
    }
    let same = pass.same;
    dce::rename(func, |val| if val.0 == u32::MAX { val } else { same[val.0 as usize] });
}

struct Pass<'a> {
    places: &'a Places,
    /// By value, the one that takes its place.
    same: Vec<Val>,
    /// By value, what stands for all that are equal; constants of different blocks stay where they are but have one number.
    number: Vec<Val>,
    constants: FxHashMap<Op, Val>,
    /// By the number of a constant, which one it is.
    meanings: FxHashMap<Val, Op>,
    boxes: Boxes,
    known: FxHashMap<Key, Known>,
    /// By a map object as it is, the shapes of which it has one.
    shapes: FxHashMap<Key, ShapeSet>,
    /// By the number of a value that was read from a list, that list as it was.
    taken: FxHashMap<Val, Key>,
    /// Versions that only stores make, counted down from above those of [`versions`].
    next: u32,
}

impl Pass<'_> {
    fn forget(&mut self, undo: Undo) {
        for (key, before) in undo.known.into_iter().rev() {
            match before {
                Some(known) => self.known.insert(key, known),
                None => self.known.remove(&key),
            };
        }
        for (key, before) in undo.shapes.into_iter().rev() {
            match before {
                Some(shapes) => self.shapes.insert(key, shapes),
                None => self.shapes.remove(&key),
            };
        }
    }

    /// Goes through a block; gives what it changed in the table.
    fn block(&mut self, func: &mut Func, block: Block, around: &Around) -> Undo {
        let mut undo = Undo::default();
        let mut versions = around.start;
        let mut insts = std::mem::take(&mut func[block].insts);
        let mut left = [0; Memory::KINDS];
        insts.iter().flat_map(|inst| self.places.writes(inst).kinds()).for_each(|kind| left[kind] += 1);
        insts.retain_mut(|inst| {
            self.simplify(inst);
            let keep = !self.holds(inst)
                && !self.has_guarded_shape(inst, &versions, &mut undo)
                && !self.unboxes(inst, &func.reps)
                && !self.is_known(inst, block, &versions, &mut undo);
            if keep {
                self.ease_store(inst, &versions);
                self.places.writes(inst).kinds().for_each(|kind| {
                    left[kind] -= 1;
                    versions[kind] = if left[kind] == 0 { around.end[kind] } else { self.next };
                    self.next -= 1;
                });
                self.note_stored(inst, block, &versions, &mut undo);
            }
            keep
        });
        func[block].insts = insts;
        undo
    }

    /// Whether an instruction is a guard of an index that constants tell to be inside.
    fn holds(&self, inst: &Inst) -> bool {
        let constant = |val: Val| self.meanings.get(&self.number[val.0 as usize]).copied();
        match (inst.op, &inst.args[..]) {
            (Op::GuardIndex, &[index, len]) => {
                matches!((constant(index), constant(len)), (Some(Op::Int(index)), Some(Op::Int(len))) if (0..len).contains(&index))
            }
            _ => false,
        }
    }

    /// Whether an instruction guards a shape that a guard before has told. A test of one may become a constant.
    fn has_guarded_shape(&mut self, inst: &mut Inst, versions: &Versions, undo: &mut Undo) -> bool {
        let (Op::GuardShape(asked) | Op::HasShape(asked)) = inst.op else { return false };
        let key = Key { op: Op::Object, ..self.key(inst.op, &inst.args, versions) };
        let known = self.shapes.get(&key).copied();
        if let (Op::HasShape(_), Some(known)) = (inst.op, known) {
            let (always, never) = (known.is_within(asked), !known.meets(asked));
            if always || never {
                inst.op = Op::Bool(always);
                inst.args.clear();
            }
            return false;
        }
        if matches!(inst.op, Op::GuardShape(_)) {
            if known.is_some_and(|known| known.is_within(asked)) {
                return true;
            }
            undo.shapes.push((key.clone(), self.shapes.insert(key, asked)));
        }
        false
    }

    /// Computes what constants tell of an instruction.
    fn simplify(&self, inst: &mut Inst) {
        let constant = |i: usize| {
            let val = *inst.args.get(i)?;
            self.meanings.get(&self.number[val.0 as usize]).copied()
        };
        if let Some(op) = fold::constant(inst.op, constant(0), constant(1)) {
            (inst.op, inst.exit) = (op, None);
            inst.args.clear();
        }
    }

    /// Whether an instruction only undoes what was boxed, so that its value is known; else it may become a simpler one.
    fn unboxes(&mut self, inst: &mut Inst, reps: &[Rep]) -> bool {
        let (Some(result), Some(&arg)) = (inst.result, inst.args.first()) else { return false };
        let number = self.number[arg.0 as usize];
        if inst.op == Op::GuardNotFunction && self.boxes.is_boxed_number(number) {
            self.is(result, arg);
            return true;
        }
        let constant = self.meanings.get(&number).copied();
        match self.boxes.fold(inst.op, number, constant, |val| reps[val.0 as usize] == Rep::F64) {
            Some(Folded::Same(val)) => {
                self.is(result, val);
                return true;
            }
            Some(Folded::Computed(op, args)) => (inst.op, inst.args, inst.exit) = (op, args, None),
            None => {}
        }
        false
    }

    /// A value is another one.
    fn is(&mut self, result: Val, val: Val) {
        let val = self.same[val.0 as usize];
        self.same[result.0 as usize] = val;
        self.number[result.0 as usize] = self.number[val.0 as usize];
    }

    /// The operand that an instruction gives back as it is, whatever that is.
    fn same_as_operand(&self, inst: &Inst) -> Option<usize> {
        let constant = |i: usize| self.meanings.get(&self.number[inst.args.get(i)?.0 as usize]).copied();
        fold::same(inst.op, constant(0), constant(1))
    }

    fn key(&self, op: Op, args: &[Val], versions: &Versions) -> Key {
        // Where a list is read first, its elements are stored, if anywhere.
        let op = if let Op::StoredLen { .. } = op { Op::StoredLen { settles: false } } else { op };
        let mut key = Key { op, args: [Val(u32::MAX); MOST_ARGS], versions: [0; Memory::MOST_READ] };
        for (slot, arg) in key.args.iter_mut().zip(args).take(effects::telling_args(op)) {
            *slot = self.number[arg.0 as usize];
        }
        self.places.reads(op, args).kinds().enumerate().for_each(|(i, kind)| key.versions[i] = versions[kind]);
        key
    }

    /// Whether an instruction's value is known; else it is from here on.
    fn is_known(&mut self, inst: &Inst, block: Block, versions: &Versions, undo: &mut Undo) -> bool {
        if !effects::repeats(inst.op) || inst.args.len() > MOST_ARGS {
            return false;
        }
        if let (Some(result), Some(i)) = (inst.result, self.same_as_operand(inst)) {
            self.is(result, inst.args[i]);
            return true;
        }
        let key = self.key(inst.op, &inst.args, versions);
        let known = self.known.get(&key).copied();
        if effects::is_constant(inst.op) {
            let result = inst.result.expect("a constant has a value");
            let number = *self.constants.entry(inst.op).or_insert(result);
            self.number[result.0 as usize] = number;
            self.meanings.insert(number, inst.op);
            // Elsewhere it is made again, which is cheaper than to keep it.
            if let Some(known) = known.filter(|it| it.block == block) {
                self.same[result.0 as usize] = known.val.expect("a constant has a value");
                return true;
            }
        } else if let Some(known) = known {
            if let (Some(result), Some(val)) = (inst.result, known.val) {
                self.is(result, val);
            }
            return true;
        }
        let val = inst.result;
        if let Some(result) = val {
            self.boxes.note(inst, self.number[result.0 as usize], &self.number);
        }
        undo.known.push((key.clone(), self.known.insert(key, Known { val, block })));
        if let (Op::LoadElement, Some(result)) = (inst.op, val) {
            self.taken.insert(result, self.list_key(inst.args[0], versions));
        }
        // A guard hands its operand on in the same form: whatever is known of the one is known of the other.
        if let Some(result) = val
            && hands_on(inst.op)
        {
            self.number[result.0 as usize] = self.number[inst.args[0].0 as usize];
        }
        false
    }

    /// A list object with what it is: values come and go, but what it says of all of them stays as long as they fit.
    fn list_key(&self, object: Val, versions: &Versions) -> Key {
        self.key(Op::StoredLen { settles: false }, &[object], versions)
    }

    /// Has a store ask no more than it must. The collector need not hear of a number that goes, and what a list holds may be stored in
    /// it again without a look at whether it holds numbers alone.
    fn ease_store(&self, inst: &mut Inst, versions: &Versions) {
        let before = |load, place: &[Val]| self.known.get(&self.key(load, place, versions)).and_then(|it| it.val);
        match inst.op {
            Op::StoreSlot(slot, Barrier::Marking) => {
                let old = before(Op::LoadSlot(slot), &inst.args[..1]);
                if old.is_some_and(|old| self.is_number(old) || self.is_nothing(old)) {
                    inst.op = Op::StoreSlot(slot, Barrier::None);
                }
            }
            Op::StoreElement { barrier, .. } => {
                let old = before(Op::LoadElement, &inst.args[..2]);
                let plain = old.is_some_and(|old| self.is_number(old) || self.is_nothing(old));
                let barrier = if barrier == Barrier::Marking && plain { Barrier::None } else { barrier };
                let number = self.number[inst.args[3].0 as usize];
                let was_there = self.taken.get(&number) == Some(&self.list_key(inst.args[0], versions));
                inst.op = Op::StoreElement { barrier, fits: was_there || self.is_number(inst.args[3]) };
            }
            _ => {}
        }
    }

    /// Whether a boxed value is a number for sure.
    fn is_number(&self, val: Val) -> bool {
        let number = self.number[val.0 as usize];
        let is_guarded = |op| {
            let args = [number, Val(u32::MAX), Val(u32::MAX), Val(u32::MAX)];
            self.known.contains_key(&Key { op, args, versions: [0; Memory::MOST_READ] })
        };
        let is_constant = || matches!(self.meanings.get(&number), Some(&Op::Boxed(bits)) if bits < Value::NULL.bits());
        self.boxes.is_boxed_number(number)
            || is_constant()
            || [Op::GuardNum, Op::GuardInt, Op::GuardTruth].into_iter().any(is_guarded)
    }

    /// Whether it is null.
    fn is_nothing(&self, val: Val) -> bool {
        self.meanings.get(&self.number[val.0 as usize]) == Some(&Op::Boxed(Value::NULL.bits()))
    }

    /// What was stored is what a read behind it gives.
    fn note_stored(&mut self, inst: &Inst, block: Block, versions: &Versions, undo: &mut Undo) {
        let (load, args, val) = match inst.op {
            Op::StoreSlot(slot, _) => (Op::LoadSlot(slot), &inst.args[..1], inst.args[2]),
            Op::StoreVariable(slot) => (Op::LoadSlot(slot), &inst.args[..1], inst.args[1]),
            Op::StoreElement { .. } => (Op::LoadElement, &inst.args[..2], inst.args[3]),
            Op::StoreCell(cell) => (Op::LoadCell(cell), &inst.args[..0], inst.args[0]),
            _ => return,
        };
        let key = self.key(load, args, versions);
        let val = Some(self.same[val.0 as usize]);
        undo.known.push((key.clone(), self.known.insert(key, Known { val, block })));
    }
}

/// Blocks such that each one's dominators come before it, and what it dominates right behind.
fn preorder(dominators: &Dominators) -> Vec<Block> {
    let mut children: FxHashMap<Block, Vec<Block>> = FxHashMap::default();
    for &block in dominators.order.iter().rev() {
        if let Some(up) = dominators.idom(block) {
            children.entry(up).or_default().push(block);
        }
    }
    let (mut work, mut order) = (vec![Block(0)], Vec::new());
    while let Some(block) = work.pop() {
        order.push(block);
        work.extend(children.remove(&block).unwrap_or_default());
    }
    order
}

/// The versions of each kind of memory around a block.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    start: Versions,
    end: Versions,
    /// Whether the block was looked at.
    is_known: bool,
}

/// The versions around every block.
fn versions(func: &Func, dominators: &Dominators, loops: &[NaturalLoop], places: &Places) -> Vec<Around> {
    let written = written_in_blocks(func, places);
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next
    };
    let mut found: Vec<Around> = vec![Around::default(); func.blocks.len()];
    for &block in &dominators.order {
        let around = loops.iter().find(|it| it.head == block);
        let changed = around.map_or(Memory::NONE, |it| written_in_loop(it, &written));
        let mut start: Option<Versions> = None;
        for &pred in &dominators.preds[block.0 as usize] {
            let arriving = match &found[pred.0 as usize] {
                it if it.is_known => it.end,
                // Along a back edge arrives what the loop leaves alone.
                _ if around.is_some_and(|it| it.contains[pred.0 as usize]) => continue,
                _ => std::array::from_fn(|_| fresh()),
            };
            start = Some(match start {
                None => arriving,
                Some(start) => std::array::from_fn(|i| if start[i] == arriving[i] { start[i] } else { fresh() }),
            });
        }
        let mut start = start.unwrap_or_default();
        changed.kinds().for_each(|kind| start[kind] = fresh());
        let mut end = start;
        written[block.0 as usize].kinds().for_each(|kind| end[kind] = fresh());
        found[block.0 as usize] = Around { start, end, is_known: true };
    }
    found
}

/// What each block changes.
pub fn written_in_blocks(func: &Func, places: &Places) -> Vec<Memory> {
    let written = |insts: &[Inst]| insts.iter().map(|inst| places.writes(inst)).fold(Memory::NONE, Memory::and);
    func.blocks.iter().map(|block| written(&block.insts)).collect()
}

/// What a loop changes.
pub fn written_in_loop(around: &NaturalLoop, written: &[Memory]) -> Memory {
    let inside = around.contains.iter().zip(written).filter(|it| *it.0);
    inside.map(|it| *it.1).fold(Memory::NONE, Memory::and)
}
