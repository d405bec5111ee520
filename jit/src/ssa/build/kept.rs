//! What is known at the start of a node, as it is kept between the walks over the graph: only what is live there.
//!
//! `edges` makes one of the environment where an edge arrives; the walk over the node starts from it. A function with spliced callees has
//! hundreds of registers and names, of which few are alive at any one place; kept whole, what is known everywhere took more memory
//! than all else that compiling needs.

use super::{CellState, Env, RangeParts, Slot};
use crate::ssa::flow::RegSet;
use minilive_mir::ir::Reg;

/// The live part of an [`Env`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kept {
    /// Live registers, in order.
    pub(super) regs: Vec<(Reg, Slot)>,
    /// Globals that are in values, in order.
    pub(super) cells: Vec<(usize, CellState)>,
    pub(super) ranges: Vec<(Reg, RangeParts)>,
    pub(super) facts: Facts,
}

/// What is known beside values, each as in [`Env`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Facts {
    globals_ok: bool,
    elements_ok: bool,
    constants_ok: bool,
    types_ok: u8,
}

impl Facts {
    fn of(env: &Env) -> Facts {
        let &Env { globals_ok, elements_ok, constants_ok, types_ok, .. } = env;
        Facts { globals_ok, elements_ok, constants_ok, types_ok }
    }

    /// What is known on both ways.
    pub(super) fn join(self, other: Facts) -> Facts {
        Facts {
            globals_ok: self.globals_ok & other.globals_ok,
            elements_ok: self.elements_ok & other.elements_ok,
            constants_ok: self.constants_ok & other.constants_ok,
            types_ok: self.types_ok & other.types_ok,
        }
    }
}

impl Kept {
    /// What an environment knows that matters where these registers are live.
    pub(super) fn of(env: &Env, live: &RegSet) -> Kept {
        let cells = env.cells.iter().enumerate().filter(|(_, cell)| **cell != CellState::Memory);
        Kept {
            regs: live.iter().map(|reg| (reg, env.regs[reg.0 as usize])).collect(),
            cells: cells.map(|(name, cell)| (name, *cell)).collect(),
            ranges: env.ranges.clone(),
            facts: Facts::of(env),
        }
    }

    /// Makes it the environment.
    pub(super) fn restore(&self, env: &mut Env) {
        env.regs.fill(Slot::NEVER);
        for &(reg, slot) in &self.regs {
            env.regs[reg.0 as usize] = slot;
        }
        env.cells.fill(CellState::Memory);
        for &(name, cell) in &self.cells {
            env.cells[name] = cell;
        }
        env.ranges.clone_from(&self.ranges);
        let Facts { globals_ok, elements_ok, constants_ok, types_ok } = self.facts;
        (env.globals_ok, env.elements_ok, env.constants_ok, env.types_ok) =
            (globals_ok, elements_ok, constants_ok, types_ok);
    }

    /// A register; nothing is known of those that are not live.
    pub(super) fn reg(&self, reg: Reg) -> Slot {
        self.regs.binary_search_by_key(&reg.0, |it| it.0.0).map_or(Slot::NEVER, |i| self.regs[i].1)
    }

    /// Where a global's newest value stands.
    pub(super) fn cell(&self, name: usize) -> CellState {
        self.cells.binary_search_by_key(&name, |it| it.0).map_or(CellState::Memory, |i| self.cells[i].1)
    }

    /// The parts of the counted loop whose object a register holds.
    pub(super) fn range(&self, reg: Reg) -> Option<RangeParts> {
        self.ranges.iter().find(|it| it.0 == reg).map(|it| it.1)
    }
}
