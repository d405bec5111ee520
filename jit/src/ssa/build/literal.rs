//! Map literals whose keys are known: made with their shape at once.
//!
//! `step` comes here. Invariant: a map is made of a shape only if the literal's keys are those of the shape, in its order.

use super::{Builder, Slot, Step, Stop};
use crate::ssa::types::Ty;
use crate::ssa::{Helper, Rep};
use minilive_mir::ir::{Const, Inst, Reg, RegRange};
use minilive_runtime::shape::ShapeId;

impl Builder<'_> {
    pub(crate) fn make_map(&mut self, dst: Reg, pairs: RegRange) -> Step<()> {
        if let Some(shape) = self.literal_shape(pairs) {
            let vals = self.boxed_regs(pairs.iter().skip(1).step_by(2));
            let val = self.helper(Helper::MakeMapOf(shape), &vals, Rep::Boxed);
            self.set(dst, Slot { ty: Ty::Map, val });
            return Ok(());
        }
        let word = self.input.seen.sites(self.at).next().ok_or(Stop::Broken("a map literal without a cell"))?;
        self.generic(Some(dst), Helper::MakeMap(word), &[], pairs, Ty::Map)
    }

    /// The shape of what a literal makes, if its keys tell.
    fn literal_shape(&self, pairs: RegRange) -> Option<u32> {
        if pairs.count == 0 {
            return Some(ShapeId::EMPTY.0);
        }
        let shape = self.input.seen.literal_shape(self.at);
        let keys: Option<Vec<&str>> = pairs.iter().step_by(2).map(|key| self.constant_text(key)).collect();
        (shape != ShapeId::NONE.0 && (self.input.has_keys)(shape, &keys?)).then_some(shape)
    }

    /// The text that the current block put into a register.
    fn constant_text(&self, reg: Reg) -> Option<&str> {
        let unit = &self.input.body.unit;
        let block = self.flow.nodes[self.node].block?;
        let before = &unit.block_insts(block)[..self.idx];
        match *before.iter().rev().find(|inst| inst.writes().any(|it| it == reg))? {
            Inst::Const { value, .. } => match &unit.consts[value.0 as usize] {
                Const::Str(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }
}
