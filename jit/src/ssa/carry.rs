//! Numbers in slots of maps and in globals that a loop reads and writes are carried from round to round in registers.
//!
//! Runs behind `licm`, which brought the guards of the map before the loop. The place is read once there, and from then on what a store
//! puts into it is known: a read needs neither memory nor a guard. Stores stay where they are, so memory is right at every exit. This is
//! load elimination across the back edge, with block parameters where ways meet. Invariants: between the read before the loop and the loop's end
//! nothing but the stores that were looked at changes the place; an integer that a guard promised to fit 32 bits is guarded to do so
//! where it was.

use super::boxes::{Source, constant_int, sources};
use super::dom::{Dominators, NaturalLoop};
use super::effects::Memory;
use super::gvn::{written_in_blocks, written_in_loop};
use super::places::Places;
use super::seen::Seen;
use super::{Block, Exit, Func, Inst, Op, Rep, StateId, StateVal, Val, dce, licm, preheader};
use crate::reason::ExitReason;
use minilive_mir::ir::InstId;
use rustc_hash::FxHashMap;

/// So many places at most are carried through a loop: each takes a register.
const MOST_CARRIED: usize = 6;

/// A place in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A slot of a map object.
    Slot { object: Val, slot: u8 },
    /// The cell of a global.
    Cell(u32),
}

impl Place {
    /// The kind of memory in which it is.
    fn memory(self, known: &Places) -> Memory {
        match self {
            Place::Slot { object, slot } => known.slot(object, slot),
            Place::Cell(_) => Memory::CELLS,
        }
    }

    /// Whether it may be another name of the same place.
    fn may_be(self, other: Place, known: &Places) -> bool {
        match (self, other) {
            (Place::Slot { object, slot }, Place::Slot { object: other, slot: in_other }) => {
                slot == in_other && !known.differ(object, other)
            }
            _ => self == other,
        }
    }
}

/// A place that can be carried, and how.
#[derive(Debug, Clone, Copy)]
struct Carried {
    place: Place,
    rep: Rep,
    /// What a read of it, in every round, belongs to.
    at: InstId,
}

/// Carries places through loops; `loops` are inner before outer.
pub fn carry(func: &mut Func, dominators: &Dominators, loops: &[NaturalLoop], places: &Places, seen: &Seen) {
    if !func.blocks.iter().flat_map(|block| &block.insts).any(|inst| stored(inst).is_some()) {
        return;
    }
    // What is made here changes nothing in memory.
    let written = written_in_blocks(func, places);
    for it in loops {
        let Some(before) = dominators.preheader(func, it) else { continue };
        let found = find(func, dominators, it, (places, written_in_loop(it, &written)), seen);
        if found.is_empty() {
            continue;
        }
        let Some(state) = preheader::resume_state(func, dominators, before) else { continue };
        for carried in found {
            let mut pass = Pass { around: it, dominators, carried, boxed: sources(func), out: FxHashMap::default() };
            pass.rewrite(func, before, state);
        }
    }
}

/// The place that an instruction writes, and the value.
fn stored(inst: &Inst) -> Option<(Place, Val)> {
    match inst.op {
        Op::StoreSlot(slot, _) => Some((Place::Slot { object: inst.args[0], slot }, inst.args[2])),
        Op::StoreVariable(slot) => Some((Place::Slot { object: inst.args[0], slot }, inst.args[1])),
        Op::StoreCell(cell) => Some((Place::Cell(cell), inst.args[0])),
        _ => None,
    }
}

/// The place that an instruction reads.
fn loaded(inst: &Inst) -> Option<Place> {
    match inst.op {
        Op::LoadSlot(slot) => Some(Place::Slot { object: inst.args[0], slot }),
        Op::LoadCell(cell) => Some(Place::Cell(cell)),
        _ => None,
    }
}

/// The places that a loop reads in every round and writes, and that nothing else in it can change.
fn find(
    func: &Func,
    dominators: &Dominators,
    around: &NaturalLoop,
    (known, changed): (&Places, Memory),
    seen: &Seen,
) -> Vec<Carried> {
    let insts = || around.blocks().flat_map(|block| &func[block].insts);
    let mut places: Vec<Place> = Vec::new();
    for (place, _) in insts().filter_map(stored) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        return Vec::new();
    }
    let home = licm::homes(func);
    let boxed = sources(func);
    let mut found = Vec::new();
    for place in places {
        // A map has to be the same all the time, and known to be one that has the slot.
        let is_known = match place {
            Place::Slot { object, .. } => {
                let asked =
                    |inst: &Inst| matches!(inst.op, Op::GuardShape(_) | Op::HasShape(_)) && inst.args[0] == object;
                let stays = !changed.meets(known.shape(object));
                stays && licm::outside(&home, around, object) && !insts().any(asked)
            }
            Place::Cell(_) => true,
        };
        if !is_known || insts().any(|inst| may_change(inst, place, known)) {
            continue;
        }
        let Some(at) = read_in_each_round(func, dominators, around, place) else { continue };
        let rep = rep_of(func, around, place, &boxed);
        if let Some(rep) = rep.filter(|_| !seen.is_rejected(at, ExitReason::LoopGuard)) {
            found.push(Carried { place, rep, at });
        }
    }
    found.truncate(MOST_CARRIED);
    found
}

/// Whether an instruction changes a place, or may change it, in another way than by a store into just that.
fn may_change(inst: &Inst, place: Place, known: &Places) -> bool {
    match stored(inst) {
        Some((other, _)) => other != place && other.may_be(place, known),
        None => known.writes(inst).meets(place.memory(known)),
    }
}

/// What a read of the place belongs to that every round of a loop comes to.
fn read_in_each_round(func: &Func, dominators: &Dominators, around: &NaturalLoop, place: Place) -> Option<InstId> {
    let mut in_each =
        around.blocks().filter(|&block| dominators.latches(around).all(|latch| dominators.dominates(block, latch)));
    in_each.find_map(|block| func[block].insts.iter().find(|inst| loaded(inst) == Some(place)).map(|inst| inst.at))
}

/// How the place's numbers are held such that what reads and what stores them takes them so; `None` if they need not be numbers.
fn rep_of(func: &Func, around: &NaturalLoop, place: Place, boxed: &FxHashMap<Val, Source>) -> Option<Rep> {
    let insts = || around.blocks().flat_map(|block| &func[block].insts);
    let mut only_ints = true;
    for (_, val) in insts().filter_map(stored).filter(|it| it.0 == place) {
        only_ints &= match *boxed.get(&val)? {
            Source::Number(number) if func.rep(number) == Rep::Bool => return None,
            Source::Number(number) => func.rep(number) == Rep::Int,
            Source::Constant(bits) => constant_int(bits).is_some(),
        };
    }
    let loads: Vec<Val> = insts().filter(|inst| loaded(inst) == Some(place)).filter_map(|inst| inst.result).collect();
    let guards = |op: Op| insts().filter(|inst| inst.op == op && loads.contains(&inst.args[0])).count();
    match (guards(Op::GuardNum), guards(Op::GuardInt)) {
        (0, 0) => None,
        (0, _) if only_ints => Some(Rep::Int),
        (0, _) => None,
        _ => Some(Rep::F64),
    }
}

/// Carries one place through one loop.
struct Pass<'a> {
    around: &'a NaturalLoop,
    dominators: &'a Dominators,
    carried: Carried,
    boxed: FxHashMap<Val, Source>,
    /// By block, the place's number at its end.
    out: FxHashMap<Block, Val>,
}

impl Pass<'_> {
    fn rewrite(&mut self, func: &mut Func, before: Block, state: StateId) {
        let first = self.read_before(func, before, state);
        let head = self.around.head;
        let inside: Vec<Block> =
            self.dominators.order.iter().copied().filter(|&block| self.around.has(block)).collect();
        let mut params = Vec::new();
        // By what was read, the number that it is.
        let mut reads: FxHashMap<Val, Val> = FxHashMap::default();
        for &block in &inside {
            let start = match self.arriving(block) {
                Some(val) if block != head => val,
                _ => {
                    let param = func.new_val(self.carried.rep);
                    func[block].params.push(param);
                    params.push((block, param));
                    param
                }
            };
            let end = self.block(func, block, start, &mut reads);
            self.out.insert(block, end);
        }
        for &(block, _) in &params {
            for pred in preds_of(self.dominators, block) {
                let val = self.out.get(&pred).copied().unwrap_or(first);
                func[pred].end.edges_mut().filter(|edge| edge.target() == block).for_each(|edge| edge.args.push(val));
            }
        }
        self.use_numbers(func, &inside, &reads);
        drop_doubled(func, self.dominators, &params);
    }

    /// Reads the place before the loop.
    fn read_before(&self, func: &mut Func, before: Block, state: StateId) -> Val {
        let Carried { place, rep, at } = self.carried;
        let mut add = |op, args: &[Val], rep, exit| {
            let result = func.new_val(rep);
            func[before].insts.push(Inst { op, args: args.to_vec(), result: Some(result), exit, at });
            result
        };
        let val = match place {
            Place::Slot { object, slot } => {
                let slots = add(Op::Slots, &[object], Rep::Object, None);
                add(Op::LoadSlot(slot), &[object, slots], Rep::Boxed, None)
            }
            Place::Cell(cell) => add(Op::LoadCell(cell), &[], Rep::Boxed, None),
        };
        let guard = if rep == Rep::Int { Op::GuardInt } else { Op::GuardNum };
        add(guard, &[val], rep, Some(Exit { state, reason: ExitReason::LoopGuard, at }))
    }

    /// The number with which all ways into a block come, if these were looked at and agree.
    fn arriving(&self, block: Block) -> Option<Val> {
        let mut preds = self.dominators.preds[block.0 as usize].iter().map(|pred| self.out.get(pred).copied());
        let first = preds.next()??;
        preds.all(|it| it == Some(first)).then_some(first)
    }

    /// Goes through a block at whose start the place holds a number; gives the one at its end.
    fn block(&self, func: &mut Func, block: Block, start: Val, reads: &mut FxHashMap<Val, Val>) -> Val {
        let mut now = start;
        let insts = std::mem::take(&mut func[block].insts);
        let mut made = Vec::with_capacity(insts.len());
        for mut inst in insts {
            if loaded(&inst) == Some(self.carried.place) {
                let result = inst.result.expect("a read gives a value");
                reads.insert(result, now);
                (inst.op, inst.args) = (Op::Box, vec![now]);
            } else if let Some((_, val)) = stored(&inst).filter(|it| it.0 == self.carried.place) {
                now = self.number(func, val, inst.at, &mut made);
            }
            made.push(inst);
        }
        func[block].insts = made;
        now
    }

    /// What is stored, as it is carried.
    fn number(&self, func: &mut Func, val: Val, at: InstId, made: &mut Vec<Inst>) -> Val {
        let rep = self.carried.rep;
        let (op, args) = match self.boxed[&val] {
            Source::Number(number) if func.rep(number) == rep => return number,
            Source::Number(number) => (Op::ToF64, vec![number]),
            Source::Constant(bits) if rep == Rep::F64 => (Op::F64(bits), Vec::new()),
            Source::Constant(bits) => (Op::Int(constant_int(bits).expect("looked at")), Vec::new()),
        };
        let result = func.new_val(rep);
        made.push(Inst { op, args, result: Some(result), exit: None, at });
        result
    }

    /// Has guards and states take the numbers themselves.
    fn use_numbers(&self, func: &mut Func, inside: &[Block], reads: &FxHashMap<Val, Val>) {
        let mut same: Vec<Val> = (0..func.reps.len() as u32).map(Val).collect();
        for &block in inside {
            let insts = std::mem::take(&mut func[block].insts);
            let mut made = Vec::with_capacity(insts.len());
            for inst in insts {
                let number = inst.args.first().and_then(|arg| reads.get(arg)).copied();
                match (inst.op, number, inst.result) {
                    (Op::GuardNum, Some(number), Some(result)) => same[result.0 as usize] = number,
                    (Op::GuardInt, Some(number), Some(result)) if self.carried.rep == Rep::Int => {
                        same[result.0 as usize] = number;
                        made.extend(is_small(func, number, &inst));
                    }
                    _ => made.push(inst),
                }
            }
            func[block].insts = made;
        }
        same.extend((same.len() as u32..func.reps.len() as u32).map(Val));
        dce::rename(func, |val| dce::find(&same, val));
        for state in &mut func.states {
            let slots = state.objects.iter_mut().flat_map(|it| &mut it.slots);
            for val in state.regs.iter_mut().map(|(_, val)| val).chain(slots) {
                if let StateVal::Val(val) = val {
                    *val = reads.get(val).copied().unwrap_or(*val);
                }
            }
        }
    }
}

/// Guards an integer to fit 32 bits, as what it takes the place of did.
fn is_small(func: &mut Func, number: Val, guard: &Inst) -> [Inst; 4] {
    let [half, whole, moved] = std::array::from_fn(|_| func.new_val(Rep::Int));
    let inst = |op, args, result, exit| Inst { op, args, result, exit, at: guard.at };
    [
        inst(Op::Int(1 << 31), Vec::new(), Some(half), None),
        inst(Op::Int(1 << 32), Vec::new(), Some(whole), None),
        inst(Op::IAdd, vec![number, half], Some(moved), None),
        inst(Op::GuardIndex, vec![moved, whole], None, guard.exit),
    ]
}

/// The blocks that lead to a block, each once.
fn preds_of(dominators: &Dominators, block: Block) -> Vec<Block> {
    let mut preds = dominators.preds[block.0 as usize].clone();
    preds.dedup();
    preds
}

/// Drops parameters that always get one value, or what another one of their block gets: a loop inside carried the place before.
fn drop_doubled(func: &mut Func, dominators: &Dominators, params: &[(Block, Val)]) {
    for &(block, param) in params.iter().rev() {
        let preds = preds_of(dominators, block);
        let place = func[block].params.iter().position(|&it| it == param).expect("it was made");
        let Some(same) = same_as(func, &preds, block, place) else { continue };
        func[block].params.remove(place);
        for pred in preds {
            func[pred].end.edges_mut().filter(|edge| edge.target() == block).for_each(|edge| {
                edge.args.remove(place);
            });
        }
        dce::rename(func, |val| if val == param { same } else { val });
    }
}

/// The value that a parameter of a block always is, if there is one.
fn same_as(func: &Func, preds: &[Block], block: Block, place: usize) -> Option<Val> {
    let edges = || {
        let edges = preds.iter().flat_map(|pred| func[*pred].end.edges());
        edges.filter(|edge| edge.target() == block).map(|edge| &edge.args)
    };
    let params = &func[block].params;
    let param = params[place];
    let mut given = edges().map(|args| args[place]).filter(|&arg| arg != param);
    let first = given.next();
    if let Some(only) = first.filter(|&first| given.all(|it| it == first)) {
        return Some(only);
    }
    let is_twin = |i: usize| {
        let own = [params[i], param];
        let same = |args: &Vec<Val>| args[i] == args[place] || own.contains(&args[i]) && own.contains(&args[place]);
        i != place && func.rep(own[0]) == func.rep(param) && edges().all(same)
    };
    (0..params.len()).find(|&i| is_twin(i)).map(|i| params[i])
}
