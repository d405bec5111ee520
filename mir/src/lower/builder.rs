//! Puts a unit together: instructions in the order in which they are emitted, blocks, tables, source map.
//!
//! Driven by the other files of `lower`; `finish` gives the unit. Invariants: blocks are numbered in the order in which their code
//! is emitted; nothing is emitted behind a terminator without a block being opened for it, so blocks tile the instructions.

use crate::ir::{
    Block, BlockId, Const, ConstId, Inst, InstId, Local, MAX_OPERAND, NameId, Param, RecordKind, RecordPoint, Reg, Ty,
    Unit, UnitKey, UnitKind,
};
use crate::source_map::SourceMap;
use crate::tables::{Consts, Names, index};
use crate::types::TypeSet;
use minilive_syntax::TextRange;

/// A place in the code that jumps go to; a [`BlockId`] holds its number until the unit is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(u32);

impl Label {
    /// The label as instructions name it while the unit is built.
    pub(super) fn target(self) -> BlockId {
        BlockId(self.0)
    }
}

/// A unit with so many names takes no more constant keys for names: they have 16 bits, and tables by name should stay small.
const MOST_NAMES: u32 = 1 << 12;

/// What is known of a label.
#[derive(Debug, Clone, Copy, Default)]
struct LabelState {
    /// Whether an instruction emitted so far names it.
    is_target: bool,
    /// The block it stands for, once placed.
    block: Option<BlockId>,
}

/// What a unit has besides code.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) params: Vec<Param>,
    pub(super) self_reg: Option<Reg>,
    pub(super) super_reg: Option<Reg>,
    pub(super) locals: Vec<Local>,
    pub(super) env: Option<Vec<NameId>>,
    pub(super) note: Option<ConstId>,
    pub(super) children: Vec<UnitKey>,
}

/// A unit under construction.
#[derive(Debug, Default)]
pub(super) struct Builder {
    insts: Vec<Inst>,
    types: Vec<Ty>,
    blocks: Vec<Block>,
    labels: Vec<LabelState>,
    names: Names,
    consts: Consts,
    records: Vec<RecordPoint>,
    map: SourceMap,
    /// Whether the last block still lacks its terminator.
    open: bool,
    /// The line that instructions belong to.
    line: u32,
    /// The first register that holds nothing of importance.
    next_temp: u32,
    n_regs: u32,
    /// The text at which it became larger than the engine can address.
    too_large_at: Option<TextRange>,
}

impl Builder {
    /// Sets the line of the statement that the next instructions belong to; the one before it.
    pub(super) fn set_line(&mut self, line: u32) -> u32 {
        std::mem::replace(&mut self.line, line)
    }

    /// The id of a name.
    pub(super) fn name(&mut self, name: &str) -> NameId {
        self.names.intern(name)
    }

    /// Whether names may be taken for what could be a constant as well: their numbers have 16 bits, and other names need some.
    pub(super) fn has_room_for_names(&self) -> bool {
        self.names.len() < MOST_NAMES
    }

    /// The id of a constant.
    pub(super) fn constant(&mut self, value: Const) -> ConstId {
        self.consts.intern(value)
    }

    /// A fresh register; temporaries are given back in reverse order by [`Builder::release`].
    pub(super) fn temp(&mut self) -> Reg {
        let reg = Reg(self.next_temp);
        self.next_temp += 1;
        self.n_regs = self.n_regs.max(self.next_temp);
        reg
    }

    /// What [`Builder::release`] goes back to.
    pub(super) fn mark(&self) -> u32 {
        self.next_temp
    }

    /// Gives back all temporaries made since the mark.
    pub(super) fn release(&mut self, mark: u32) {
        self.next_temp = mark;
    }

    /// Emits an instruction whose result has these types.
    pub(super) fn emit(&mut self, inst: Inst, types: TypeSet, range: TextRange) -> InstId {
        if self.too_large_at.is_none() && (self.n_regs > MAX_OPERAND || self.names.len() > MAX_OPERAND) {
            self.too_large_at = Some(range);
        }
        if !self.open {
            self.open_block();
        }
        for target in inst.targets() {
            self.labels[target.0 as usize].is_target = true;
        }
        let id = InstId(index(self.insts.len()));
        let ty = if inst.dst().is_some() { types.ty() } else { Ty::Any };
        self.open = !inst.is_terminator();
        self.insts.push(inst);
        self.types.push(ty);
        self.map.ranges.push(range);
        self.map.lines.push(self.line);
        if let Some(block) = self.blocks.last_mut() {
            block.end = id.0 + 1;
        }
        id
    }

    /// The text at which it became larger than the engine can address, if it did.
    pub(super) fn too_large_at(&self) -> Option<TextRange> {
        self.too_large_at
    }

    /// The last instruction, if it writes this register.
    pub(super) fn last_write(&self, reg: Reg) -> Option<InstId> {
        let writes = self.insts.last()?.writes().any(|written| written == reg);
        writes.then(|| InstId(index(self.insts.len() - 1)))
    }

    /// Records a register at an instruction.
    pub(super) fn record(&mut self, inst: InstId, value: Reg, kind: RecordKind) {
        self.records.push(RecordPoint { inst, value, kind });
    }

    /// A new label.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(LabelState::default());
        Label(index(self.labels.len() - 1))
    }

    /// Goes to a label.
    pub(super) fn jump(&mut self, to: Label, range: TextRange) {
        self.emit(Inst::Jump { to: to.target() }, TypeSet::NONE, range);
    }

    /// Puts a label here. Without jumps to it, code goes on as if it were not there.
    pub(super) fn place(&mut self, label: Label, range: TextRange) {
        if self.labels[label.0 as usize].is_target {
            self.place_head(label, range);
        }
    }

    /// Puts a label here that later code may jump to.
    pub(super) fn place_head(&mut self, label: Label, range: TextRange) {
        if self.open || self.blocks.is_empty() {
            self.jump(label, range);
        }
        self.labels[label.0 as usize].block = Some(BlockId(index(self.blocks.len())));
        self.open_block();
    }

    /// Whether code emitted here can be reached.
    pub(super) fn is_reachable(&self) -> bool {
        self.open || self.blocks.is_empty()
    }

    fn open_block(&mut self) {
        let at = index(self.insts.len());
        self.blocks.push(Block { first: at, end: at, loop_head: false });
        self.open = true;
    }

    /// The finished unit. Every label that was jumped to has been placed and the last block has its terminator.
    pub(super) fn finish(mut self, kind: UnitKind, header: Header) -> (Unit, SourceMap) {
        debug_assert!(!self.open, "the last block lacks a terminator");
        for (at, block) in self.blocks.clone().iter().enumerate() {
            let labels = &self.labels;
            let blocks = &mut self.blocks;
            self.insts[block.end as usize - 1].for_each_target_mut(|target| {
                *target = labels[target.0 as usize].block.expect("lowering places every label it jumps to");
                if target.0 as usize <= at {
                    blocks[target.0 as usize].loop_head = true;
                }
            });
        }
        // Units are kept for long.
        self.insts.shrink_to_fit();
        self.types.shrink_to_fit();
        self.blocks.shrink_to_fit();
        self.records.shrink_to_fit();
        let unit = Unit {
            kind,
            params: header.params,
            self_reg: header.self_reg,
            super_reg: header.super_reg,
            locals: header.locals,
            env: header.env,
            n_regs: self.n_regs,
            insts: self.insts,
            types: self.types,
            blocks: self.blocks,
            names: self.names.into_list(),
            consts: self.consts.into_list(),
            children: header.children,
            records: self.records,
            note: header.note,
        };
        (unit, self.map)
    }
}
