//! Entries and edges: what is known where blocks meet, and the code that adapts values on the way.
//!
//! While inferring, an edge joins its environment into its target's; while emitting, it makes the target's parameters on the
//! first arrival and passes arguments. Invariant: both phases decide by the settled types, so the numbers of arguments agree.

use super::iterate::LONGEST;
use super::kept::Kept;
use super::uses::giver;
use super::{Builder, CellState, RangeParts, Slot, Step, Stop, WindowKind};
use crate::feedback::{Global, Kinds, Target, Variety};
use crate::reason::{ExitReason, Refused};
use crate::ssa::body::Body;
use crate::ssa::flow::{EntryAt, Flow, NodeId, RegSet};
use crate::ssa::types::{INT_MAX, Ty};
use crate::ssa::{Block, BlockData, Edge, End, Exit, Helper, Op, Rep, Val};
use minilive_mir::ir::{BlockId, Inst, InstId, NameId, Reg};

/// What a loop does to registers and globals.
pub(crate) struct LoopFacts {
    /// Registers that some instruction in it writes.
    writes: RegSet,
    /// Global names it reads, with the instruction that tells how.
    reads: Vec<(NameId, InstId)>,
    /// Global names it assigns.
    stores: Vec<NameId>,
    /// Reads by index in it.
    indexes: Vec<InstId>,
    /// Inference found a point in it that forgets what globals hold.
    clobbers: bool,
}

/// The facts of every loop of a graph.
pub(crate) fn loop_facts(body: &Body, flow: &Flow) -> Vec<LoopFacts> {
    let unit = &*body.unit;
    flow.loops
        .iter()
        .map(|it| {
            let mut facts = LoopFacts {
                writes: RegSet::new(unit.n_regs),
                reads: Vec::new(),
                stores: Vec::new(),
                indexes: Vec::new(),
                clobbers: false,
            };
            for block in it.body.iter().filter_map(|&node| flow.nodes[node].block) {
                let first = unit.blocks[block.0 as usize].first;
                for (i, inst) in unit.block_insts(block).iter().enumerate() {
                    let at = InstId(first + i as u32);
                    body.writes(at).for_each(|reg| facts.writes.add(reg));
                    match *inst {
                        Inst::LoadFree { name, .. } if !facts.reads.iter().any(|it| it.0 == name) => {
                            let captured = body.frame_at(at).captured.as_ref();
                            if captured.is_none_or(|it| it.slot(name).is_none()) {
                                facts.reads.push((name, at));
                            }
                        }
                        Inst::StoreGlobal { name, .. } => facts.stores.push(name),
                        Inst::SetMember { obj, name, .. }
                            if matches!(giver(&unit.block_insts(block)[..i], obj), Some(Inst::LoadGlobals { .. })) =>
                        {
                            facts.stores.push(name);
                        }
                        Inst::GetIndex { .. } => facts.indexes.push(at),
                        _ => {}
                    }
                }
            }
            facts
        })
        .collect()
}

/// What a block parameter stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Key {
    Reg(Reg),
    Cell(usize),
    /// Base, step and count of a counted loop's list that was never made.
    Range(Reg),
}

impl Builder<'_> {
    /// Notes that all loops around the current node forget globals.
    pub(crate) fn note_clobber(&mut self) {
        let mut it = self.flow.nodes[self.node].in_loop;
        while let Some(i) = it {
            self.clobbers_changed |= !self.loop_facts[i].clobbers;
            self.loop_facts[i].clobbers = true;
            it = self.flow.loops[i].parent;
        }
    }

    // ---- the entry -----------------------------------------------------------------------------------------------------

    /// The entry node: arguments or the interpreter's window, guarded.
    pub(crate) fn enter(&mut self) -> Step<()> {
        let first = self.entry_block();
        self.idx = 0;
        self.at = self.first_of(first);
        let live = self.flow.live_in[self.flow.nodes[0].succs[0]].clone();
        match self.input.at {
            EntryAt::Start => self.enter_function(first)?,
            EntryAt::Loop(_) => self.enter_loop(&live)?,
        }
        self.go(0)
    }

    fn entry_block(&self) -> BlockId {
        match self.input.at {
            EntryAt::Start => BlockId(0),
            EntryAt::Loop(block) => block,
        }
    }

    fn enter_function(&mut self, first: BlockId) -> Step<()> {
        let unit = &self.frame().unit;
        let absent = self.absent();
        self.env.regs.fill(absent);
        for i in 0..unit.n_inputs() {
            let param = self.slot(Op::Param(i as u32), &[], Ty::Any, None);
            self.env.regs[i] = param;
        }
        let captured = self.frame().captured.as_ref().map(|it| it.reg);
        if let Some(reg) = captured {
            self.env.regs[reg.0 as usize] = self.slot(Op::Captured, &[], Ty::Any, None);
        }
        let (weight, checked) = (self.input.call_weight, self.input.checks_call);
        self.op(Op::Enter { weight, checked, block: first }, &[], Rep::None);
        self.make_env(0);
        // Variables of an environment are guarded where they are read.
        let in_registers = if unit.env.is_some() { 0 } else { unit.params.len() };
        for i in 0..in_registers {
            let kinds = self.use_kinds[i];
            let is_int = self.is_int_use(Reg(i as u32));
            let want = self.guess_given(is_int, kinds);
            self.env.regs[i] = self.narrow(self.env.regs[i], want, Self::exit_entry)?;
        }
        self.enter_captured()
    }

    /// An integer that is to be zero or more.
    pub(crate) fn guard_natural(&mut self, slot: Slot, exit: fn(&mut Self, ExitReason) -> Exit) -> Slot {
        let Ty::Int(lo, hi) = slot.ty else { return slot };
        if lo >= 0 || hi < 0 {
            return slot;
        }
        let end = self.int(hi + 1);
        let exit = exit(self, ExitReason::Negative);
        self.op_exit(Op::GuardIndex, &[slot.val, end.val], Rep::None, Some(exit));
        Slot { ty: Ty::Int(0, hi), val: slot.val }
    }

    /// Numbers from `base` on, `count` of them, that are to be small integers, as those are of which a range is made; the largest one.
    fn guard_small_end(&mut self, base: Slot, count: Slot) -> i64 {
        let most = i64::from(i32::MAX);
        let start = self.as_int(base);
        let end = self.op(Op::IAdd, &[start, count.val], Rep::Int);
        let limit = self.int(most + 1);
        let exit = self.exit_entry(ExitReason::Overflow);
        self.op_exit(Op::GuardIndex, &[end, limit.val], Rep::None, Some(exit));
        most
    }

    fn enter_loop(&mut self, live: &RegSet) -> Step<()> {
        let absent = self.absent();
        self.env.regs.fill(absent);
        let captured = self.frame().captured.as_ref().map(|it| it.reg);
        let env = self.frame().env.map(|it| it.reg);
        for reg in live.iter() {
            let (op, ty) = match reg {
                _ if Some(reg) == captured => (Op::Captured, Ty::Any),
                _ if Some(reg) == env => (Op::Environment, Ty::Map),
                _ => (Op::Window(reg.0), Ty::Any),
            };
            let slot = self.slot(op, &[], ty, None);
            self.env.regs[reg.0 as usize] = slot;
        }
        self.enter_captured()?;
        for reg in live.iter().filter(|&reg| Some(reg) != captured && Some(reg) != env) {
            let slot = self.reg(reg);
            let seen = self.input.window.get(reg.0 as usize).copied().unwrap_or_default();
            if seen.computed
                && self.may(ExitReason::ListKind)
                && let Some((made, id)) = self.private_range(reg)
            {
                self.guard_only_intrinsic(made, id);
                self.enter_range(reg, slot, seen)?;
                continue;
            }
            let is_int = self.is_int_use(reg);
            let want = if self.is_position(reg) { Ty::ANY_INT } else { self.guess_loaded(is_int, seen.kinds) };
            let mut narrowed = self.narrow(slot, want, Self::exit_entry)?;
            if seen.natural && self.may(ExitReason::Negative) {
                narrowed = self.guard_natural(narrowed, Self::exit_entry);
            }
            self.refine(reg, narrowed);
        }
        if self.loop_facts.iter().any(|facts| !facts.indexes.is_empty()) {
            self.elements_are_plain(Self::exit_entry);
        }
        Ok(())
    }

    /// The captured map of the entry's own activation is a map.
    fn enter_captured(&mut self) -> Step<()> {
        if let Some(captured) = &self.frame().captured {
            let map = self.narrow(self.reg(captured.reg), Ty::Map, Self::exit_entry)?;
            self.refine(captured.reg, map);
        }
        Ok(())
    }

    /// Whether a register is the position of a loop, which is always a small integer.
    fn is_position(&self, reg: Reg) -> bool {
        self.input.body.unit.insts.iter().any(|inst| matches!(inst, Inst::IterNext { pos, .. } if *pos == reg))
    }

    /// The call of `range` that made the list in a register for a loop alone, so that nobody else can see or change it, and the
    /// number of that intrinsic.
    fn private_range(&self, reg: Reg) -> Option<(InstId, u32)> {
        let insts = &self.input.body.unit.insts;
        let (i, src) = self.only_init(reg)?;
        let call = i.checked_sub(1).filter(|&it| matches!(insts[it], Inst::Call { dst, .. } if dst == src))?;
        let id = self.calls_range(InstId(call as u32))?;
        (src == reg || self.is_dead_behind(i, src)).then_some((InstId(call as u32), id))
    }

    /// The beginning of the loop that is being entered, or of one around it, whose object is in a register. Loops that follow each other
    /// have theirs in the same register: only one of them may lead here.
    fn only_init(&self, reg: Reg) -> Option<(usize, Reg)> {
        let insts = self.input.body.unit.insts.iter().enumerate();
        let mut inits = insts.filter_map(|(i, inst)| match *inst {
            Inst::IterInit { obj, src, .. } if obj == reg => self.leads_here(i, reg).then_some((i, src)),
            _ => None,
        });
        inits.next().filter(|_| inits.next().is_none())
    }

    /// Whether there is a way from the beginning of a loop to the entry on which no other loop's object gets into the register.
    fn leads_here(&self, init: usize, reg: Reg) -> bool {
        let unit = &self.input.body.unit;
        let begins = |inst: &Inst| matches!(*inst, Inst::IterInit { obj, .. } if obj == reg);
        let behind = |id: BlockId| unit.block_insts(id).last().into_iter().flat_map(Inst::targets);
        let holds = |id: &BlockId| {
            let block = &unit.blocks[id.0 as usize];
            (block.first as usize..block.end as usize).contains(&init)
        };
        let mut open: Vec<BlockId> =
            (0..unit.blocks.len() as u32).map(BlockId).filter(holds).flat_map(behind).collect();
        let mut seen = vec![false; unit.blocks.len()];
        while let Some(id) = open.pop() {
            if id == self.entry_block() {
                return true;
            }
            if !std::mem::replace(&mut seen[id.0 as usize], true) && !unit.block_insts(id).iter().any(begins) {
                open.extend(behind(id));
            }
        }
        false
    }

    /// What call sites saw tells of the list in the window only if it still is so at each entry, and if no compiled code ever made
    /// the call without noting it.
    fn guard_only_intrinsic(&mut self, call: InstId, id: u32) {
        let words: Vec<u32> = self.input.seen.sites(call).collect();
        for word in words {
            let exit = self.exit_entry(ExitReason::ListKind);
            self.op_exit(Op::GuardOnlyIntrinsic { word, id }, &[], Rep::None, Some(exit));
        }
    }

    /// Whether a register is not read behind an instruction that a jump to a loop head follows.
    fn is_dead_behind(&self, i: usize, reg: Reg) -> bool {
        let Some(&Inst::Jump { to }) = self.input.body.unit.insts.get(i + 1) else {
            return false;
        };
        let heads = self.flow.nodes.iter().zip(&self.flow.live_in).filter(|(node, _)| node.block == Some(to));
        let mut live = heads.map(|(_, live)| live.has(reg)).peekable();
        live.peek().is_some() && live.all(|it| !it)
    }

    /// The number of the intrinsic `range` if a call was seen to call that and nothing else. Cautious code calls what it has not
    /// seen without noting it, so nothing is known of the calls it made.
    fn calls_range(&self, at: InstId) -> Option<u32> {
        let seen = self.input.seen.call(at).unwrap_or_default();
        match seen.target {
            Some(Target::Intrinsic(id)) if seen.variety == Variety::Mono && !self.input.seen.cautious => {
                ((self.input.intrinsic_name)(id) == Some("range")).then_some(id)
            }
            _ => None,
        }
    }

    /// Takes the list of a counted loop apart.
    fn enter_range(&mut self, reg: Reg, slot: Slot, seen: WindowKind) -> Step<()> {
        let list = self.narrow(slot, Ty::List, Self::exit_entry)?;
        let exit = self.exit_entry(ExitReason::ListKind);
        let val = self.op_exit(Op::GuardComputed, &[list.val], Rep::Boxed, Some(exit));
        let base = self.slot(Op::RangeBase, &[val], Ty::Any, None);
        let mut base = self.narrow(base, Ty::ANY_INT, Self::exit_entry)?;
        if seen.natural && self.may(ExitReason::Negative) {
            base = self.guard_natural(base, Self::exit_entry);
        }
        let step = self.slot(Op::RangeStep, &[val], Ty::Any, None);
        let count = self.slot(Op::ListLen, &[val], Ty::Int(0, LONGEST), None);
        let (step, elem) = if seen.unit_step {
            let exit = self.exit_entry(ExitReason::ListKind);
            self.op_exit(Op::GuardBits(1f64.to_bits()), &[step.val], Rep::Boxed, Some(exit));
            let (lo, hi) = base.ty.range().unwrap_or((-INT_MAX, INT_MAX));
            let most = if seen.natural && lo >= 0 && self.may(ExitReason::Overflow) {
                self.guard_small_end(base, count)
            } else {
                hi.saturating_add(LONGEST).min(INT_MAX)
            };
            (self.int(1), Ty::Int(lo, most))
        } else {
            // The elements lie between two numbers that passed the same guard when the range was made.
            (self.narrow(step, Ty::ANY_INT, Self::exit_entry)?, Ty::ANY_INT)
        };
        self.env.set_range(reg, RangeParts { base, step, count, elem });
        self.refine(reg, Slot { ty: Ty::Range, val: base.val });
        Ok(())
    }

    /// An exit before the first instruction.
    fn exit_entry(&mut self, reason: ExitReason) -> Exit {
        let state = self.anchored(|it| {
            let live = it.flow.live_in[it.flow.nodes[0].succs[0]].clone();
            it.new_state(it.at, &live)
        });
        Exit { state, reason, at: self.at }
    }

    // ---- edges ---------------------------------------------------------------------------------------------------------

    /// A fresh block that receives instructions from now on.
    pub(crate) fn new_block(&mut self) -> Block {
        if self.emitting {
            let in_loop = self.func[self.cur].in_loop;
            self.func.blocks.push(BlockData {
                params: Vec::new(),
                insts: Vec::new(),
                end: End::Jump(Edge::default()),
                in_loop,
                cold: false,
            });
            self.cur = Block(self.func.blocks.len() as u32 - 1);
        }
        self.cur
    }

    /// The `i`-th edge of the current node with the current environment; code that it needs gets a block of its own.
    pub(crate) fn edge(&mut self, i: usize) -> Step<Edge> {
        let succ = self.flow.nodes[self.node].succs[i];
        let block = self.new_block();
        let arrived = self.before_loop(succ);
        if let Err(Stop::Leave(exit)) = arrived {
            if self.emitting {
                self.func[block].end = End::Leave(exit);
                self.func[block].cold = true;
            }
            return Ok(Self::plain_edge(block.0 as usize));
        }
        arrived?;
        if i == 0 {
            self.record_element();
        }
        if !self.emitting {
            self.join_into(succ);
            return Ok(Edge::default());
        }
        let edge = self.pass(succ)?;
        if self.func[block].insts.is_empty() {
            self.func.blocks.pop();
            return Ok(edge);
        }
        self.place_edge_block(block, succ);
        self.func[block].end = End::Jump(edge);
        Ok(Self::plain_edge(block.0 as usize))
    }

    /// Edge code stands in the innermost loop that holds both ends.
    fn place_edge_block(&mut self, block: Block, succ: NodeId) {
        let mut it = self.flow.nodes[self.node].in_loop;
        while let Some(i) = it {
            if self.flow.is_within(self.flow.nodes[succ].in_loop, i) {
                break;
            }
            it = self.flow.loops[i].parent;
        }
        self.func[block].in_loop = it.map(|i| i as u32);
    }

    /// The loop that an edge enters, if it does.
    fn entered_loop(&self, succ: NodeId) -> Option<usize> {
        let i = self.flow.nodes[succ].in_loop?;
        let enters = self.flow.loops[i].head == succ && !self.flow.is_within(self.flow.nodes[self.node].in_loop, i);
        enters.then_some(i)
    }

    /// Reads what a loop keeps in registers before it is entered.
    fn before_loop(&mut self, succ: NodeId) -> Step<()> {
        let Some(i) = self.entered_loop(succ) else {
            return Ok(());
        };
        let facts = &self.loop_facts[i];
        let elements = facts.indexes.iter().any(|&at| self.input.seen.index(at).container == Kinds::LIST);
        let mut reads: Vec<(NameId, Global)> = Vec::new();
        let mut stored: Vec<NameId> = Vec::new();
        if !facts.clobbers {
            reads.extend(facts.reads.iter().map(|&(name, at)| (name, self.input.seen.global(at))));
            stored.extend(&facts.stores);
        }
        if reads.is_empty() && stored.is_empty() && !elements {
            return Ok(());
        }
        if self.node == 0 || self.flow.nodes[self.node].block.is_none() {
            return Ok(());
        }
        self.preload(&reads, &stored)?;
        if elements {
            self.elements_are_plain(Self::exit);
        }
        Ok(())
    }

    /// Whether something keeps its value around a loop whose header is `node`, so that the header needs no parameter for it.
    fn is_steady(&self, node: NodeId, key: Key) -> bool {
        let Some(i) = self.flow.nodes[node].in_loop.filter(|&i| self.flow.loops[i].head == node) else {
            return false;
        };
        let inside = |pred: &&NodeId| self.flow.is_within(self.flow.nodes[**pred].in_loop, i);
        if self.flow.nodes[node].preds.iter().filter(|pred| !inside(pred)).count() != 1 {
            return false;
        }
        let facts = &self.loop_facts[i];
        match key {
            Key::Reg(reg) | Key::Range(reg) => !facts.writes.has(reg),
            Key::Cell(name) => !facts.clobbers && !facts.stores.contains(&NameId(name as u32)),
        }
    }

    fn is_back_edge(&self, succ: NodeId) -> bool {
        let head = self.flow.nodes[succ].in_loop.filter(|&i| self.flow.loops[i].head == succ);
        head.is_some_and(|i| self.flow.is_within(self.flow.nodes[self.node].in_loop, i))
    }

    /// Joins the current types into a node's.
    fn join_into(&mut self, succ: NodeId) {
        let arriving = Kept::of(&self.env, &self.flow.live_in[succ]);
        let Some(mut kept) = self.entries[succ].take() else {
            // Of a node to which this one alone leads, the round compares all that arrived with what was known.
            self.stale[succ] |= self.flow.nodes[succ].preds.len() != 1;
            self.entries[succ] = Some(arriving);
            return;
        };
        let widen = succ <= self.node && self.widening && self.visits[succ] > 2;
        if self.join(succ, &mut kept, &arriving, self.is_back_edge(succ), widen) {
            self.stale[succ] = true;
            self.widened |= widen;
        }
        self.entries[succ] = Some(kept);
    }

    /// Adds what arrives, by a back edge or not, to what is known at a node's start; whether that changed it.
    fn join(&self, succ: NodeId, old: &mut Kept, new: &Kept, back: bool, widen: bool) -> bool {
        let mut changed = false;
        for ((reg, was), (_, new)) in old.regs.iter_mut().zip(&new.regs) {
            if !(back && self.is_steady(succ, Key::Reg(*reg))) {
                let ty = if widen { was.ty.widen(new.ty) } else { was.ty.join(new.ty) };
                changed |= ty != was.ty;
                was.ty = ty;
            }
        }
        // What is in memory already stays there.
        old.cells.retain_mut(|(name, was)| {
            if !(back && self.is_steady(succ, Key::Cell(*name))) {
                let cell = join_cells(*was, new.cell(*name), widen);
                changed |= cell != *was;
                *was = cell;
            }
            *was != CellState::Memory
        });
        if !old.ranges.is_empty() {
            let ranges = std::mem::take(&mut old.ranges);
            old.ranges = ranges
                .iter()
                .filter(|&&(reg, _)| old.reg(reg).ty == Ty::Range)
                .filter_map(|&(reg, parts)| {
                    let steady = back && self.is_steady(succ, Key::Range(reg));
                    let joined = if steady { parts } else { parts.join(new.range(reg)?, widen) };
                    Some((reg, joined))
                })
                .collect();
            changed |= ranges != old.ranges;
        }
        let before = old.facts;
        old.facts = before.join(new.facts);
        changed | (old.facts != before)
    }

    /// Whether all that arrives where ways meet is known there already.
    pub(super) fn covers(&self, known: &[Option<Kept>], arriving: &[Option<Kept>]) -> bool {
        let covered = |node: NodeId| match (&known[node], &arriving[node]) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(known), Some(new)) => !self.join(node, &mut known.clone(), new, false, false),
        };
        (0..known.len()).filter(|&node| self.flow.nodes[node].preds.len() != 1).all(covered)
    }

    /// Passes the current values to a node; the first arrival makes its parameters.
    fn pass(&mut self, succ: NodeId) -> Step<Edge> {
        let Some(types) = self.types[succ].take() else {
            return Err(Stop::Broken("an edge to a place that inference never reached"));
        };
        for name in 0..self.env.cells.len() {
            if types.cell(name) == CellState::Memory {
                self.flush_cell(name);
            }
        }
        if self.entries[succ].is_none() {
            let kept = self.start_params(succ, &types);
            self.entries[succ] = Some(kept);
        }
        let keys = std::mem::take(&mut self.keys[succ]);
        let args = self.args(&keys, &types);
        self.keys[succ] = keys;
        self.types[succ] = Some(types);
        Ok(Edge { to: succ as u32, args: args? })
    }

    /// The current values for a node's parameters.
    fn args(&mut self, keys: &[Key], types: &Kept) -> Step<Vec<Val>> {
        let mut args = Vec::with_capacity(keys.len());
        for &key in keys {
            let (slot, ty) = match key {
                Key::Reg(reg) => {
                    let ty = types.reg(reg).ty;
                    (self.arriving(reg, ty)?, ty)
                }
                Key::Range(reg) => {
                    let Some(parts) = self.env.range(reg) else {
                        return Err(Stop::Broken("a counted loop without its parts"));
                    };
                    args.extend(parts.slots().map(|slot| self.as_int(slot)));
                    continue;
                }
                Key::Cell(name) => match (self.env.cells[name], types.cell(name)) {
                    (CellState::Loaded { slot, .. }, CellState::Loaded { slot: want, .. }) => (slot, want.ty),
                    _ => return Err(Stop::Broken("a global that its target wants loaded is in memory")),
                },
            };
            args.push(self.coerce(slot, ty));
        }
        Ok(args)
    }

    /// A register on its way to where it is known as `ty`: the list of a counted loop is made if it must be one there.
    fn arriving(&mut self, reg: Reg, ty: Ty) -> Step<Slot> {
        let slot = self.reg(reg);
        if slot.ty != Ty::Range || ty == Ty::Range {
            return Ok(slot);
        }
        let Some(parts) = self.env.range(reg) else {
            return Err(Stop::Broken("a counted loop without its parts"));
        };
        let parts = parts.slots().map(|slot| self.boxed(slot));
        let val = self.helper(Helper::MakeRange, &parts, Rep::Boxed);
        let made = Slot { ty: Ty::List, val };
        self.refine(reg, made);
        Ok(made)
    }

    /// What is known at a node's start, with parameters for all that may differ between its predecessors.
    fn start_params(&mut self, succ: NodeId, types: &Kept) -> Kept {
        let mut kept = Kept::of(&self.env, &self.flow.live_in[succ]);
        kept.facts = types.facts;
        if self.flow.nodes[succ].preds.len() == 1 {
            return kept;
        }
        let mut keys = Vec::new();
        for (reg, slot) in &mut kept.regs {
            let reg = *reg;
            let ty = types.reg(reg).ty;
            if self.is_steady(succ, Key::Reg(reg)) || ty == Ty::Never {
                // Its value is that of the only way in.
            } else if ty == Ty::Range {
                let Some(parts) = types.range(reg) else {
                    self.refusal = Some(Refused::failed("a counted loop without its parts"));
                    continue;
                };
                let [base, step, count] =
                    parts.slots().map(|slot| Slot { ty: slot.ty, val: self.param(succ, slot.ty) });
                *slot = Slot { ty, val: base.val };
                kept.ranges.retain(|it| it.0 != reg);
                kept.ranges.push((reg, RangeParts { base, step, count, elem: parts.elem }));
                keys.push(Key::Range(reg));
            } else {
                *slot = Slot { ty, val: self.param(succ, ty) };
                keys.push(Key::Reg(reg));
            }
        }
        let arriving = std::mem::take(&mut kept.cells);
        let was = |name| arriving.iter().find(|it| it.0 == name).map(|it| it.1);
        for &(name, cell) in &types.cells {
            let CellState::Loaded { slot, dirty } = cell else { continue };
            if !self.is_steady(succ, Key::Cell(name)) {
                let slot = Slot { ty: slot.ty, val: self.param(succ, slot.ty) };
                kept.cells.push((name, CellState::Loaded { slot, dirty }));
                keys.push(Key::Cell(name));
            } else if let Some(CellState::Loaded { slot, dirty: old }) = was(name) {
                kept.cells.push((name, CellState::Loaded { slot, dirty: old | dirty }));
            }
        }
        self.keys[succ] = keys;
        kept
    }

    fn param(&mut self, node: NodeId, ty: Ty) -> Val {
        let val = self.func.new_val(ty.rep());
        self.func.blocks[node].params.push(val);
        val
    }
}

fn join_cells(a: CellState, b: CellState, widen: bool) -> CellState {
    match (a, b) {
        (CellState::Memory, _) | (_, CellState::Memory) => CellState::Memory,
        (CellState::Loaded { slot, dirty }, CellState::Loaded { slot: other, dirty: also }) => {
            let ty = if widen { slot.ty.widen(other.ty) } else { slot.ty.join(other.ty) };
            CellState::Loaded { slot: Slot { ty, ..slot }, dirty: dirty | also }
        }
    }
}
