//! What values are used for: whether as integers, and whether anything computes with them at all.
//!
//! The builder asks before it guards a value that it has read. Invariant: an answer is a guess of what pays; no code relies on it to be
//! right.

use super::arith::compare_of;
use super::{Builder, Input};
use crate::feedback::{Kinds, Target};
use crate::ssa::flow::{Flow, NodeId, RegSet};
use crate::ssa::types::Ty;
use minilive_mir::ir::{BinaryOp, BlockId, Const, ConstId, Inst, InstId, Reg, UnaryOp};

/// What serves as an integer in a body.
pub(super) struct IntUses {
    /// Registers that hold such values, at the begin of each node.
    before: Vec<RegSet>,
    counters: RegSet,
}

/// Looks for what serves as an integer: backward data flow as that of liveness.
pub(super) fn int_uses(input: &Input<'_>, flow: &Flow) -> IntUses {
    let body = input.body;
    let counters = counters(input);
    let mut uses = vec![RegSet::new(body.unit.n_regs); flow.nodes.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for node in (0..flow.nodes.len()).rev() {
            let mut set = uses_behind(input, flow, &uses, node);
            insts_of(input, flow, node).rev().for_each(|at| step_back(input, &counters, at, &mut set));
            if set != uses[node] {
                uses[node] = set;
                changed = true;
            }
        }
    }
    IntUses { before: uses, counters }
}

/// The instructions of a node.
fn insts_of(input: &Input<'_>, flow: &Flow, node: NodeId) -> impl DoubleEndedIterator<Item = InstId> + use<> {
    let block = flow.nodes[node].block.map(|block| &input.body.unit.blocks[block.0 as usize]);
    block.map_or(0..0, |block| block.first..block.end).map(InstId)
}

/// The same at the end of a node.
fn uses_behind(input: &Input<'_>, flow: &Flow, uses: &[RegSet], node: NodeId) -> RegSet {
    let mut set = RegSet::new(input.body.unit.n_regs);
    if flow.nodes[node].leaves.is_some() {
        return set;
    }
    let last = insts_of(input, flow, node).next_back();
    let edge_def = last.and_then(|at| input.body.unit.insts[at.0 as usize].write_on_way());
    for (i, &succ) in flow.nodes[node].succs.iter().enumerate() {
        match edge_def.filter(|it| it.0 == i) {
            Some((_, reg)) => {
                let mut without = uses[succ].clone();
                without.remove(reg);
                set.join(&without);
            }
            None => set.join(&uses[succ]),
        }
    }
    set
}

/// What serves as an integer before an instruction, given what does so behind it.
fn step_back(input: &Input<'_>, counters: &RegSet, at: InstId, set: &mut RegSet) {
    let inst = &input.body.unit.insts[at.0 as usize];
    let passed = passed_to(inst).is_some_and(|dst| set.has(dst));
    if let Some(frame) = input.body.entered(at) {
        input.body.regs_of(frame).for_each(|reg| set.remove(reg));
    }
    inst.sure_writes().into_iter().flatten().for_each(|reg| set.remove(reg));
    if passed {
        sources(inst).into_iter().flatten().for_each(|reg| set.add(reg));
    }
    direct_uses(input, at, inst, &mut |reg| set.add(reg));
    // What an integer is compared with is one, too: the bound of a counter.
    if let Inst::Binary { op, a, b, .. } = *inst
        && compare_of(op).is_some()
        && [a, b].into_iter().any(|reg| set.has(reg) || counters.has(reg))
    {
        [a, b].into_iter().for_each(|reg| set.add(reg));
    }
}

/// Registers to which something is added in place: in loops, most of these count.
fn counters(input: &Input<'_>) -> RegSet {
    let unit = &input.body.unit;
    let mut counters = RegSet::new(unit.n_regs);
    for block in 0..unit.blocks.len() {
        let insts = unit.block_insts(BlockId(block as u32));
        for (i, inst) in insts.iter().enumerate() {
            let &Inst::Binary { op: BinaryOp::Add | BinaryOp::Sub, dst, a, b, .. } = inst else { continue };
            let step = giver(&insts[..i], b);
            let whole = matches!(step, Some(Inst::Const { value, .. })
                if matches!(unit.consts[value.0 as usize], Const::Number(n) if n.fract() == 0.0));
            if dst == a && whole {
                counters.add(dst);
            }
        }
    }
    counters
}

/// The registers that one instruction uses as integers: by which it finds elements, divides with remainder, counts, or decides.
fn direct_uses(input: &Input<'_>, at: InstId, inst: &Inst, add: &mut dyn FnMut(Reg)) {
    match *inst {
        Inst::GetIndex { key, .. } | Inst::SetIndex { key, .. } | Inst::RefIndex { key, .. } => add(key),
        Inst::Slice { from, to, .. } => [from, to].into_iter().for_each(add),
        Inst::Binary { op: BinaryOp::Mod | BinaryOp::And | BinaryOp::Or, a, b, .. } => {
            [a, b].into_iter().for_each(add);
        }
        Inst::AndTest { a: reg, .. } | Inst::OrTest { a: reg, .. } | Inst::Unary { op: UnaryOp::Not, src: reg, .. } => {
            add(reg)
        }
        Inst::Branch { cond, .. } if !input.body.picks.contains_key(&at) => add(cond),
        Inst::Call { args, .. } => {
            let target = input.seen.call(at).and_then(|it| it.target);
            if let Some(Target::Intrinsic(id)) = target
                && (input.intrinsic_name)(id).is_some_and(counts)
            {
                args.iter().for_each(add);
            }
        }
        _ => {}
    }
}

/// Whether an intrinsic takes integers.
fn counts(intrinsic: &str) -> bool {
    matches!(intrinsic, "range" | "bitAnd" | "bitOr" | "bitXor" | "char" | "slice")
}

/// Where an instruction puts a copy, a sum, a difference or a product of its operands.
fn passed_to(inst: &Inst) -> Option<Reg> {
    match *inst {
        Inst::Move { dst, .. } | Inst::AutoCall { dst, .. } | Inst::LoadLocal { dst, .. } => Some(dst),
        Inst::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, dst, .. } => Some(dst),
        _ => None,
    }
}

/// The operands that [`passed_to`] speaks of.
fn sources(inst: &Inst) -> [Option<Reg>; 2] {
    match *inst {
        Inst::Move { src, .. } | Inst::AutoCall { src, .. } => [Some(src), None],
        Inst::LoadLocal { local, .. } => [Some(local), None],
        Inst::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, a, b, .. } => [Some(a), Some(b)],
        _ => [None, None],
    }
}

/// The last of some instructions that writes a register.
pub(super) fn giver(insts: &[Inst], reg: Reg) -> Option<&Inst> {
    insts.iter().rev().find(|inst| inst.writes().any(|it| it == reg))
}

impl Builder<'_> {
    /// Whether the value that a register holds behind the current instruction serves as an integer.
    pub(super) fn is_int_use(&mut self, reg: Reg) -> bool {
        if self.uses_cache.is_empty() {
            let mut set = uses_behind(self.input, &self.flow, &self.int_uses.before, self.node);
            let mut all = vec![set.clone()];
            for at in insts_of(self.input, &self.flow, self.node).rev() {
                step_back(self.input, &self.int_uses.counters, at, &mut set);
                all.push(set.clone());
            }
            all.reverse();
            self.uses_cache = all;
        }
        let behind = (self.idx + 1).min(self.uses_cache.len() - 1);
        self.uses_cache[behind].has(reg)
    }

    /// The instruction that gave a register what it holds, if that is in this block.
    fn giver(&self, reg: Reg) -> Option<&Inst> {
        let unit = &self.input.body.unit;
        let first = self.at.0 as usize - self.idx;
        giver(&unit.insts[first..self.at.0 as usize], reg)
    }

    /// The variable that a register was copied from in this block, if it still holds the same and is no function: reading that would have called it.
    pub(super) fn copied_from(&self, reg: Reg) -> Option<Reg> {
        let first = self.at.0 as usize - self.idx;
        let insts = &self.input.body.unit.insts[first..self.at.0 as usize];
        let at = insts.iter().rposition(|inst| inst.writes().any(|it| it == reg))?;
        let src = match insts[at] {
            Inst::Move { src, .. } | Inst::AutoCall { src, .. } => src,
            Inst::LoadLocal { local, .. } => local,
            _ => return None,
        };
        let stays = !insts[at..].iter().any(|inst| inst.writes().any(|it| it == src));
        (stays && self.reg(src).ty.never_calls()).then_some(src)
    }

    /// The constant that a register got in this block, if it got nothing since.
    pub(super) fn constant_of(&self, reg: Reg) -> Option<ConstId> {
        match self.giver(reg) {
            Some(&Inst::Const { value, .. }) => Some(value),
            _ => None,
        }
    }

    /// Whether a register got the map of globals in this block.
    pub(super) fn is_globals(&self, reg: Reg) -> bool {
        matches!(self.giver(reg), Some(Inst::LoadGlobals { .. }))
    }

    /// Whether all that happens to a value that the current instruction gives are comparisons, in this block: for those, zero has no sign.
    pub(super) fn is_only_compared(&mut self, dst: Reg) -> bool {
        self.is_only_used(dst, |inst| matches!(inst, Inst::Binary { op, .. } if compare_of(*op).is_some()))
    }

    /// Whether all that happens to a value that the current instruction gives, in this block, are such uses.
    fn is_only_used(&mut self, dst: Reg, is_one: fn(&Inst) -> bool) -> bool {
        let Some(block) = self.flow.nodes[self.node].block else { return false };
        let insts = self.input.body.unit.block_insts(block);
        for inst in &insts[self.idx + 1..] {
            let mut reads = false;
            inst.for_each_read(|reg| reads |= reg == dst);
            if reads && !is_one(inst) {
                return false;
            }
            if inst.sure_writes().contains(&Some(dst)) {
                return true;
            }
        }
        !self.live_at(insts.len()).has(dst)
    }

    /// What a value from a list or map is likely to be, if something computes with it; a value that is only passed on is left as it is.
    pub(crate) fn guess_used(&mut self, dst: Reg, kinds: Kinds) -> Ty {
        if self.is_only_used(dst, |inst| matches!(inst, Inst::Unary { op: UnaryOp::Not, .. })) {
            return Ty::Any;
        }
        // What only decides is as well told of a double.
        if kinds.only_numbers() && self.is_only_used(dst, |inst| matches!(inst, Inst::Branch { .. })) {
            return self.guess(kinds.union(Kinds::FLOAT));
        }
        let is_int = self.is_int_use(dst);
        if !is_int && self.result_kinds(dst).is_empty() { Ty::Any } else { self.guess_loaded(is_int, kinds) }
    }

    /// What a value of these kinds is likely to be. A number is taken for an integer only where it serves as one: as a double it is as
    /// fast to compute with, and the first fraction among many integers does no harm.
    pub(crate) fn guess_loaded(&self, is_int: bool, kinds: Kinds) -> Ty {
        match self.guess(kinds) {
            Ty::Int(..) if !is_int => self.guess(kinds.union(Kinds::FLOAT)),
            ty => ty,
        }
    }

    /// What a parameter or result is likely to be, if all its uses met numbers or all met lists.
    pub(crate) fn guess_given(&self, is_int: bool, kinds: Kinds) -> Ty {
        let alike = kinds.within(Kinds::NUMBER) || kinds == Kinds::LIST;
        if alike { self.guess_loaded(is_int, kinds) } else { Ty::Any }
    }

    /// As what a value that goes from a variable to `dst` is guarded, given the kinds that its uses met.
    pub(crate) fn guess_read(&mut self, dst: Reg, src: Option<Reg>, kinds: Kinds) -> Ty {
        let is_int = self.is_int_use(dst) || src.is_some_and(|src| self.is_int_use(src));
        self.guess_loaded(is_int, kinds)
    }
}
