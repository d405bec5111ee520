//! What the builder may speculate on: the interpreter's feedback by MIR instruction, and what earlier guards refuted.
//!
//! The engine hands a snapshot in; `build` asks. Invariant: an instruction without a cell of its own (fused into another one)
//! has seen nothing, never its neighbour's samples.

use super::body::Body;
use super::flow::RegSet;
use crate::feedback::targets::Targets;
use crate::feedback::ways::{MOST_WAYS, Way, Ways};
use crate::feedback::{Arith, Call, Global, Index, Kinds, Property, Snapshot, Variety};
use crate::reason::ExitReason;
use minilive_mir::ir::{BinaryOp, Inst, InstId, Reg, Unit};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Feedback of one code object.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The cells.
    pub snapshot: Snapshot,
    /// Per MIR instruction: the word whose cell tells of it.
    pub site_pc: Box<[u32]>,
    /// The same in the plain version of its block.
    pub plain_pc: Box<[u32]>,
    /// Per word: the instruction it stands for.
    pub inst_of: Box<[u32]>,
    /// Of words that look members up: the ways they met.
    pub ways: FxHashMap<u32, Ways>,
    /// Of words that make map literals: the shape of the last one that was made, and its number of slots.
    pub literals: FxHashMap<u32, (u32, usize)>,
    /// Guards that failed before: do not speculate there again.
    pub rejected: FxHashSet<(InstId, ExitReason)>,
}

impl View {
    /// The words that stand for an instruction: in the fused version of its block, and in the plain one, where the interpreter
    /// goes on when compiled code was left. Both saw a part of what there was to see.
    pub(crate) fn sites(&self, inst: InstId) -> impl Iterator<Item = u32> + use<> {
        let word = |table: &[u32]| {
            let pc = *table.get(inst.0 as usize)?;
            (self.inst_of.get(pc as usize) == Some(&inst.0)).then_some(pc)
        };
        let (fused, plain) = (word(&self.site_pc), word(&self.plain_pc));
        fused.into_iter().chain(plain.filter(move |&pc| Some(pc) != fused))
    }

    /// The call view of an instruction, `None` if it has no cell of its own.
    pub fn call(&self, inst: InstId) -> Option<Call> {
        self.sites(inst).map(|pc| self.snapshot.call(pc)).reduce(Call::merge)
    }

    /// The functions of the program that a call met.
    pub fn targets(&self, inst: InstId) -> Targets {
        self.sites(inst).map(|pc| self.snapshot.targets(pc)).fold(Targets::default(), Targets::merge)
    }

    /// What a member instruction called: the view of its second word.
    pub fn method(&self, inst: InstId) -> Call {
        self.sites(inst).map(|pc| self.snapshot.call(pc + 1)).fold(Call::default(), Call::merge)
    }

    /// The way to a member that an instruction reads or writes, or whose method it calls.
    pub fn property(&self, inst: InstId) -> Property {
        self.sites(inst).map(|pc| self.snapshot.property(pc)).fold(Property::default(), Property::merge)
    }

    /// The ways to a member that an instruction met, in the order in which it met them; `None` if they are too many to tell apart.
    pub fn ways(&self, inst: InstId) -> Option<Vec<Way>> {
        if let Some(way) = self.property(inst).way() {
            return Some(vec![way]);
        }
        let mut all: Vec<Way> = Vec::new();
        for ways in self.sites(inst).filter_map(|pc| self.ways.get(&pc)) {
            let Ways::Known(ways) = ways else { return None };
            for way in ways {
                if !all.iter().any(|it| it.is_same(way)) {
                    all.push(way.clone());
                }
            }
        }
        Some(all).filter(|it| !it.is_empty() && it.len() <= MOST_WAYS)
    }

    /// The shape of what a map literal made last, and its number of slots.
    pub fn literal(&self, inst: InstId) -> Option<(u32, usize)> {
        self.sites(inst).find_map(|pc| self.literals.get(&pc).copied())
    }

    /// The free-name view of an instruction.
    pub fn global(&self, inst: InstId) -> Global {
        self.sites(inst).map(|pc| self.snapshot.global(pc)).fold(Global::default(), Global::merge)
    }
}

/// Feedback of a body.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whose instructions it tells of.
    pub body: Arc<Body>,
    /// The feedback of each frame's code.
    pub views: Vec<View>,
    /// So many guards failed that what has not run yet is expected to run, and integers are expected to be fractions.
    pub cautious: bool,
}

impl Seen {
    /// The view that tells of an instruction, and the instruction's number there.
    fn view(&self, at: InstId) -> (&View, InstId) {
        let (frame, inst) = self.body.origin(at);
        (&self.views[frame], inst)
    }

    /// The words of the body that stand for an instruction.
    pub(crate) fn sites(&self, at: InstId) -> impl Iterator<Item = u32> + use<> {
        let (view, inst) = self.view(at);
        let first = self.body.frame_at(at).first_word;
        view.sites(inst).map(move |pc| pc + first)
    }

    /// The operator view of an instruction.
    pub fn arith(&self, at: InstId) -> Arith {
        let (view, inst) = self.view(at);
        view.sites(inst).map(|pc| view.snapshot.arith(pc)).fold(Arith::default(), Arith::merge)
    }

    /// The index view of an instruction.
    pub fn index(&self, at: InstId) -> Index {
        let (view, inst) = self.view(at);
        view.sites(inst).map(|pc| view.snapshot.index(pc)).fold(Index::default(), Index::merge)
    }

    /// The call view of an instruction, `None` if it has no cell of its own.
    pub fn call(&self, at: InstId) -> Option<Call> {
        let (view, inst) = self.view(at);
        view.call(inst)
    }

    /// The way to a member that an instruction reads or writes, or whose method it calls.
    pub fn property(&self, at: InstId) -> Property {
        let (view, inst) = self.view(at);
        view.property(inst)
    }

    /// The ways to a member that an instruction met.
    pub fn ways(&self, at: InstId) -> Option<Vec<Way>> {
        let (view, inst) = self.view(at);
        view.ways(inst)
    }

    /// The shape of what a map literal made last, and its number of slots.
    pub fn literal(&self, at: InstId) -> Option<(u32, usize)> {
        let (view, inst) = self.view(at);
        view.literal(inst)
    }

    /// What a member instruction called.
    pub fn method(&self, at: InstId) -> Call {
        let (view, inst) = self.view(at);
        view.method(inst)
    }

    /// The free-name view of an instruction.
    pub fn global(&self, at: InstId) -> Global {
        let (view, inst) = self.view(at);
        view.global(inst)
    }

    /// Whether a guard of this kind failed here before.
    pub fn is_rejected(&self, at: InstId, reason: ExitReason) -> bool {
        let doubtful = matches!(reason, ExitReason::ColdPath | ExitReason::NotInteger);
        let (view, inst) = self.view(at);
        (self.cautious && doubtful) || view.rejected.contains(&(inst, reason))
    }

    /// Per register: the kinds that operators met when they used it. Empty where nobody tells.
    pub fn kinds_of_uses(&self, unit: &Unit) -> Vec<Kinds> {
        let mut kinds = vec![Kinds::NONE; unit.n_regs as usize];
        for (i, inst) in unit.insts.iter().enumerate() {
            self.uses_in(InstId(i as u32), inst, &mut |reg, seen| {
                let old = &mut kinds[reg.0 as usize];
                *old = old.union(seen);
            });
        }
        // A value that is only passed on is used as its copy is used; two rounds reach copies of copies.
        let none = RegSet::new(unit.n_regs);
        for _ in 0..2 {
            for block in &unit.blocks {
                for i in block.first..block.end {
                    if let Inst::Move { dst, src } | Inst::AutoCall { dst, src } = unit.insts[i as usize] {
                        let behind = (InstId(i + 1), &unit.insts[i as usize + 1..block.end as usize]);
                        let passed = self.kinds_of_copy(dst, behind, &none, &kinds);
                        let kinds = &mut kinds[src.0 as usize];
                        *kinds = kinds.union(passed);
                    }
                }
            }
        }
        kinds
    }

    /// What the uses of a copy met. Registers of temporaries serve many values, each of which is used in its own block; what is not is
    /// a variable's.
    fn kinds_of_copy(&self, reg: Reg, behind: (InstId, &[Inst]), none: &RegSet, anywhere: &[Kinds]) -> Kinds {
        let mut is_used = false;
        behind.1.iter().for_each(|inst| inst.for_each_read(|it| is_used |= it == reg));
        if is_used { self.kinds_of_value(reg, behind, none, anywhere) } else { anywhere[reg.0 as usize] }
    }

    /// Calls `add` with each register that an instruction's feedback tells of, and what it was.
    fn uses_in(&self, at: InstId, inst: &Inst, add: &mut dyn FnMut(Reg, Kinds)) {
        match *inst {
            Inst::Binary { op, a, b, .. } => {
                let seen = self.arith(at);
                let swapped = matches!(op, BinaryOp::Gt | BinaryOp::Ge);
                let (left, right) = if swapped { (seen.b, seen.a) } else { (seen.a, seen.b) };
                add(a, left);
                add(b, right);
            }
            Inst::Unary { src, .. } => add(src, self.arith(at).a),
            Inst::GetIndex { obj, key, .. } | Inst::CallIndex { obj, key, .. } => {
                add(obj, self.index(at).container);
                add(key, self.index(at).key);
            }
            Inst::SetIndex { obj, key, .. } => {
                add(obj, self.index(at).container);
                add(key, self.index(at).key);
            }
            Inst::Slice { obj, from, to, .. } => {
                let seen = self.index(at);
                add(obj, seen.container);
                add(from, seen.key);
                add(to, seen.value);
            }
            Inst::GetMember { obj, .. }
            | Inst::CallMethod { obj, .. }
            | Inst::SetMember { obj, .. }
            | Inst::GetKey { obj, .. }
            | Inst::RefMember { obj, .. } => {
                let seen = self.property(at);
                if seen.variety == Variety::Mono {
                    add(obj, seen.receiver);
                }
            }
            _ => {}
        }
    }

    /// What the uses of a value met that an instruction has just put into a register. `behind` are the instructions up to the end
    /// of its block, `live` says what is read behind that, and `anywhere` what [`Seen::kinds_of_uses`] knows.
    pub fn kinds_of_value(&self, reg: Reg, behind: (InstId, &[Inst]), live: &RegSet, anywhere: &[Kinds]) -> Kinds {
        let (first, insts) = behind;
        let mut kinds = Kinds::NONE;
        for (i, inst) in insts.iter().enumerate() {
            self.uses_in(InstId(first.0 + i as u32), inst, &mut |used, seen| {
                if used == reg {
                    kinds = kinds.union(seen);
                }
            });
            if let Inst::Move { dst, src } | Inst::AutoCall { dst, src } = *inst
                && src == reg
                && dst != reg
            {
                // The copy is often a temporary's register, which serves many values.
                let rest = (InstId(first.0 + i as u32 + 1), &insts[i + 1..]);
                kinds = kinds.union(self.kinds_of_value(dst, rest, live, anywhere));
            }
            if inst.sure_writes().contains(&Some(reg)) {
                return kinds;
            }
        }
        if live.has(reg) { kinds.union(anywhere[reg.0 as usize]) } else { kinds }
    }

    /// Registers that some instruction writes.
    pub fn written(unit: &Unit) -> Vec<bool> {
        let mut written = vec![false; unit.n_regs as usize];
        for inst in &unit.insts {
            inst.writes().for_each(|reg| written[reg.0 as usize] = true);
        }
        written
    }
}
