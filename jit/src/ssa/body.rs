//! What one entry compiles: a MIR unit, with the units of functions it calls spliced in where that pays.
//!
//! `optimise::inline` decides and splices; `flow` and `build` walk the result as if it were one unit; `translate` finds out
//! through it which activation of which code an instruction belongs to. A *frame* is one activation: frame 0 is the unit's own,
//! the others are callees. Invariants: each frame has registers, constants, blocks and words of its own, in ranges in frame order; a
//! name stands once, whoever mentions it, so that a global is known by one name; blocks of frame 0 keep their numbers.

use super::flow::RegSet;
use minilive_mir::ir::{BlockId, ChildId, ConstId, Inst, InstId, NameId, Reg, Unit};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Where the variables stand that a function's free names are looked up in before globals.
#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    /// The register of the body that holds the captured map.
    pub reg: Reg,
    /// The shape that the map has unless variables were added or removed.
    pub shape: u32,
    /// Slots of the shape, by name.
    pub slots: Vec<(NameId, u8)>,
}

impl Captured {
    /// The slot of a name.
    pub fn slot(&self, name: NameId) -> Option<u8> {
        self.slots.iter().find(|it| it.0 == name).map(|it| it.1)
    }
}

/// The environment object of an activation, in which its variables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Environment {
    /// The register of the body that holds it.
    pub reg: Reg,
    /// The shape that it is made with. Variables that are added later get other slots, and it another shape.
    pub shape: u32,
    /// How many slots it is made with.
    pub slots: u8,
}

/// The call that a frame belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// The calling frame.
    pub frame: usize,
    /// The call, in the numbering of the caller's unit.
    pub inst: InstId,
    /// Where the result goes, in the numbering of the caller's unit.
    pub result: Reg,
}

/// One activation whose code is part of the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its code.
    pub code: u32,
    /// Its unit.
    pub unit: Arc<Unit>,
    /// Who calls it; `None` for the first.
    pub caller: Option<CallSite>,
    /// How many frames are around it.
    pub depth: u32,
    /// What its call takes off the budget.
    pub weight: u32,
    /// Whether that is looked at then.
    pub checked: bool,
    /// The captured map, if the frame looks anything up in one.
    pub captured: Option<Captured>,
    /// The environment object, if its variables are in one.
    pub env: Option<Environment>,
    /// The first of its nested functions.
    pub first_child: u32,
    /// The first of its registers.
    pub first_reg: u32,
    /// The first of its constants.
    pub first_const: u32,
    /// The first word of its bytecode.
    pub first_word: u32,
}

/// The code of one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// All of it as one unit.
    pub unit: Arc<Unit>,
    /// The activations.
    pub frames: Vec<Frame>,
    /// Frame and own number of every instruction; empty if there is one frame whose unit is used as it is.
    pub(crate) origins: Vec<(usize, InstId)>,
    /// Frame and own number of every block; blocks that only go on behind a call have none. Empty as above.
    pub(crate) block_origins: Vec<Option<(usize, BlockId)>>,
    /// Calls that enter a frame.
    pub(crate) enters: FxHashMap<InstId, usize>,
    /// Branches that test whether what is called is a function of this code.
    pub(crate) picks: FxHashMap<InstId, u32>,
    /// Instructions that hand over a frame's result.
    pub(crate) leaves: FxHashMap<InstId, usize>,
}

impl Body {
    /// A unit alone.
    pub fn plain(frame: Frame) -> Body {
        Body {
            unit: Arc::clone(&frame.unit),
            frames: vec![frame],
            origins: Vec::new(),
            block_origins: Vec::new(),
            enters: FxHashMap::default(),
            picks: FxHashMap::default(),
            leaves: FxHashMap::default(),
        }
    }

    /// The frame of an instruction, and its number there.
    pub fn origin(&self, at: InstId) -> (usize, InstId) {
        match self.origins.get(at.0 as usize) {
            Some(&origin) => origin,
            None => (0, at),
        }
    }

    /// The frame of an instruction.
    pub fn frame_at(&self, at: InstId) -> &Frame {
        &self.frames[self.origin(at).0]
    }

    /// How many spliced calls are around an instruction.
    pub fn depth_at(&self, at: InstId) -> u32 {
        self.frame_at(at).depth
    }

    /// The active calls at an instruction, innermost first: code, and the instruction it is at.
    pub fn chain(&self, at: InstId) -> Vec<(u32, InstId)> {
        let (frame, inst) = self.origin(at);
        let mut chain = vec![(self.frames[frame].code, inst)];
        let mut it = self.frames[frame].caller.as_ref();
        while let Some(call) = it {
            let frame = &self.frames[call.frame];
            chain.push((frame.code, call.inst));
            it = frame.caller.as_ref();
        }
        chain
    }

    /// The frame that a call enters, if its callee is spliced in.
    pub fn entered(&self, at: InstId) -> Option<usize> {
        self.enters.get(&at).copied()
    }

    /// Frame and own number of a block that counts; `None` behind a call.
    pub fn block_origin(&self, block: BlockId) -> Option<(usize, BlockId)> {
        if self.block_origins.is_empty() {
            return Some((0, block));
        }
        self.block_origins[block.0 as usize]
    }

    /// The frame of a register, and its number there.
    pub fn reg_origin(&self, reg: Reg) -> (usize, Reg) {
        let frame = self.frames.partition_point(|it| it.first_reg <= reg.0) - 1;
        (frame, Reg(reg.0 - self.frames[frame].first_reg))
    }

    /// The frame of a constant, and its number there.
    pub fn const_origin(&self, id: u32) -> (usize, ConstId) {
        let frame = self.frames.partition_point(|it| it.first_const <= id) - 1;
        (frame, ConstId(id - self.frames[frame].first_const))
    }

    /// The frame of a nested function, and its number there.
    pub fn child_origin(&self, child: u32) -> (usize, ChildId) {
        let frame = self.frames.partition_point(|it| it.first_child <= child) - 1;
        (frame, ChildId(child - self.frames[frame].first_child))
    }

    /// The frame of a word of bytecode, and its number there.
    pub fn word_origin(&self, word: u32) -> (usize, u32) {
        let frame = self.frames.partition_point(|it| it.first_word <= word) - 1;
        (frame, word - self.frames[frame].first_word)
    }

    /// Registers that hold something from a frame's begin to its end, whether instructions name them or not: the receivers, which
    /// `self` and `super` read, and the captured map and the environment object, which the interpreter needs.
    pub fn lasting(&self, frame: usize) -> impl Iterator<Item = Reg> {
        let frame = &self.frames[frame];
        let receivers = frame.unit.receivers().map(|reg| Reg(reg.0 + frame.first_reg));
        receivers.chain(frame.captured.iter().map(|it| it.reg)).chain(frame.env.iter().map(|it| it.reg))
    }

    /// The registers of a frame.
    pub fn regs_of(&self, frame: usize) -> impl Iterator<Item = Reg> + use<> {
        let end = self.frames.get(frame + 1).map_or(self.unit.n_regs, |it| it.first_reg);
        (self.frames[frame].first_reg..end).map(Reg)
    }

    /// Liveness before an instruction, given liveness behind it.
    pub fn step_back(&self, at: InstId, live: &mut RegSet) {
        let inst = &self.unit.insts[at.0 as usize];
        if let Some(frame) = self.entered(at) {
            self.regs_of(frame).for_each(|reg| live.remove(reg));
        }
        inst.sure_writes().into_iter().flatten().for_each(|reg| live.remove(reg));
        inst.for_each_read(|reg| live.add(reg));
    }

    /// Adds what lasts through a block's frame and the frames around it.
    pub fn add_lasting(&self, block: BlockId, live: &mut RegSet) {
        let first = InstId(self.unit.blocks[block.0 as usize].first);
        let mut frame = self.origin(first).0;
        loop {
            self.lasting(frame).for_each(|reg| live.add(reg));
            match &self.frames[frame].caller {
                Some(call) => frame = call.frame,
                None => return,
            }
        }
    }

    /// Registers that an instruction may write, those of an entered frame included.
    pub fn writes(&self, at: InstId) -> impl Iterator<Item = Reg> {
        let inst: &Inst = &self.unit.insts[at.0 as usize];
        inst.writes().chain(self.entered(at).into_iter().flat_map(|frame| self.regs_of(frame)))
    }
}
