//! What the builder may speculate on: the interpreter's feedback by MIR instruction, and what earlier guards refuted.
//!
//! The engine hands a snapshot in; `build` asks. Invariant: an instruction without a cell of its own (fused into another one)
//! has seen nothing, never its neighbour's samples.

use super::operands;
use crate::feedback::{Arith, Call, Global, Index, Kinds, Property, Snapshot};
use crate::reason::ExitReason;
use minilive_mir::ir::{BinaryOp, Inst, InstId, Reg, Unit};
use rustc_hash::FxHashSet;

/// Feedback of one unit.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The cells.
    pub snapshot: Snapshot,
    /// Per MIR instruction: the word whose cell tells of it.
    pub site_pc: Box<[u32]>,
    /// Per word: the instruction it stands for.
    pub inst_of: Box<[u32]>,
    /// Guards that failed before: do not speculate there again.
    pub rejected: FxHashSet<(InstId, ExitReason)>,
}

impl Seen {
    fn site(&self, inst: InstId) -> Option<u32> {
        let site = *self.site_pc.get(inst.0 as usize)?;
        (self.inst_of.get(site as usize) == Some(&inst.0)).then_some(site)
    }

    /// The operator view of an instruction.
    pub fn arith(&self, inst: InstId) -> Arith {
        self.site(inst).map(|pc| self.snapshot.arith(pc)).unwrap_or_default()
    }

    /// The index view of an instruction.
    pub fn index(&self, inst: InstId) -> Index {
        self.site(inst).map(|pc| self.snapshot.index(pc)).unwrap_or_default()
    }

    /// The call view of an instruction, `None` if it has no cell of its own.
    pub fn call(&self, inst: InstId) -> Option<Call> {
        self.site(inst).map(|pc| self.snapshot.call(pc))
    }

    /// The free-name view of an instruction.
    pub fn global(&self, inst: InstId) -> Global {
        self.site(inst).map(|pc| self.snapshot.global(pc)).unwrap_or_default()
    }

    /// The property view of an instruction.
    pub fn property(&self, inst: InstId) -> Property {
        self.site(inst).map(|pc| self.snapshot.property(pc)).unwrap_or_default()
    }

    /// Whether a guard of this kind failed here before.
    pub fn is_rejected(&self, inst: InstId, reason: ExitReason) -> bool {
        self.rejected.contains(&(inst, reason))
    }

    /// Per register: the kinds that operators met when they used it. Empty where nobody tells.
    pub fn kinds_of_uses(&self, unit: &Unit) -> Vec<Kinds> {
        let mut kinds = vec![Kinds::NONE; unit.n_regs as usize];
        let mut add = |reg: Reg, seen: Kinds| {
            let old = &mut kinds[reg.0 as usize];
            *old = old.union(seen);
        };
        for (i, inst) in unit.insts.iter().enumerate() {
            let at = InstId(i as u32);
            match *inst {
                Inst::Binary { op, a, b, .. } => {
                    let seen = self.arith(at);
                    let swapped = matches!(op, BinaryOp::Gt | BinaryOp::Ge);
                    let (left, right) = if swapped { (seen.b, seen.a) } else { (seen.a, seen.b) };
                    add(a, left);
                    add(b, right);
                }
                Inst::Unary { src, .. } => add(src, self.arith(at).a),
                Inst::GetIndex { obj, key, .. } => {
                    add(obj, self.index(at).container);
                    add(key, self.index(at).key);
                }
                Inst::SetIndex { obj, key, src } => {
                    add(obj, self.index(at).container);
                    add(key, self.index(at).key);
                    add(src, self.index(at).value);
                }
                _ => {}
            }
        }
        // A value that is only passed on is used as its copy is used; two rounds reach copies of copies.
        for _ in 0..2 {
            for inst in &unit.insts {
                if let Inst::Move { dst, src } | Inst::AutoCall { dst, src } = *inst {
                    let passed = kinds[dst.0 as usize];
                    let kinds = &mut kinds[src.0 as usize];
                    *kinds = kinds.union(passed);
                }
            }
        }
        kinds
    }

    /// Registers that some instruction writes.
    pub fn written(unit: &Unit) -> Vec<bool> {
        let mut written = vec![false; unit.n_regs as usize];
        for inst in &unit.insts {
            let edge = operands::edge_def(inst).map(|(_, reg)| reg);
            for reg in operands::defs(inst).into_iter().flatten().chain(edge) {
                written[reg.0 as usize] = true;
            }
        }
        written
    }
}
