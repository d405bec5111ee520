//! Inlining: makes the [`Body`] of an entry by putting the units of callees in the place of their calls.
//!
//! `optimise::inline` says which calls; `build` guards the callee where the call stood and goes on in its code. Invariants: the
//! call stays as the instruction that enters the frame, so that an exit before it repeats it; behind it stand the moves that fill the
//! callee's registers, none of which can be left; a spliced `return` is a move into the call's result. Of several callees, each call
//! stands behind a test of what is called, which touches nothing, and the last one calls whatever else it may be.

use super::body::{Body, CallSite, Captured, Environment, Frame};
use minilive_mir::ir::{Block, BlockId, Const, ConstId, Inst, InstId, NameId, Param, Reg, RegRange, Unit};
use minilive_mir::operands::Renumber;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// A unit that becomes a frame.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its code.
    pub code: u32,
    /// Its unit.
    pub unit: Arc<Unit>,
    /// What a call takes off the budget.
    pub weight: u32,
    /// Whether that is looked at then.
    pub checked: bool,
    /// How many words its bytecode has.
    pub words: u32,
    /// Shape and names of the map it captured, if it may look anything up there.
    pub captured: Option<(u32, Vec<SmolStr>)>,
    /// Shape and number of slots of the environment object, if its variables are in one.
    pub env: Option<(u32, u8)>,
}

/// A callee that takes the place of a call.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its unit.
    pub part: Part,
    /// Unless it is the only one: where the others begin, among those that the call met.
    pub others: Option<usize>,
}

/// Decides which calls are replaced by their callees.
pub trait Policy {
    /// A callee of a call in one of the frames (by its number in the frame's unit), if it is to be spliced in there. It becomes
    /// the next frame. The first question is for callees from 0 on, the next one for what the last choice left.
    fn choose(&mut self, frames: &[Frame], frame: usize, at: InstId, from: usize) -> Option<Choice>;
}

/// Makes the body of an entry into a unit.
pub fn splice(outer: Part, policy: &mut dyn Policy) -> Body {
    let own = Arc::clone(&outer.unit);
    let mut splicer = Splicer::default();
    let frame = splicer.add_frame(outer, None);
    splicer.frame(frame, None, policy);
    if splicer.frames.len() == 1 && splicer.frames[0].captured.is_none() && splicer.frames[0].env.is_none() {
        return Body::plain(splicer.frames.remove(0));
    }
    splicer.finish(&own)
}

/// A block in the making.
#[derive(Default)]
struct Draft {
    insts: Vec<(Inst, usize, InstId)>,
    origin: Option<(usize, BlockId)>,
    loop_head: bool,
}

#[derive(Default)]
struct Splicer {
    frames: Vec<Frame>,
    drafts: Vec<Draft>,
    names: Vec<SmolStr>,
    name_ids: FxHashMap<SmolStr, NameId>,
    consts: Vec<Const>,
    n_regs: u32,
    words: u32,
    children: u32,
    /// Calls that enter a frame, by block and place in it.
    enters: Vec<(usize, usize, usize)>,
    /// Tests of what is called, likewise, with its code.
    picks: Vec<(usize, usize, usize)>,
    leaves: Vec<(usize, usize, usize)>,
}

/// Into the numbers of a frame.
struct Into<'a> {
    splicer: &'a mut Splicer,
    frame: usize,
}

impl Renumber for Into<'_> {
    fn reg(&mut self, reg: Reg) -> Reg {
        Reg(reg.0 + self.splicer.frames[self.frame].first_reg)
    }

    fn name(&mut self, name: NameId) -> NameId {
        let text = self.splicer.frames[self.frame].unit.names[name.0 as usize].clone();
        self.splicer.name(text)
    }

    fn constant(&mut self, constant: ConstId) -> ConstId {
        ConstId(constant.0 + self.splicer.frames[self.frame].first_const)
    }
}

impl Splicer {
    fn name(&mut self, text: SmolStr) -> NameId {
        if let Some(&id) = self.name_ids.get(&text) {
            return id;
        }
        let id = NameId(self.names.len() as u32);
        self.name_ids.insert(text.clone(), id);
        self.names.push(text);
        id
    }

    fn add_frame(&mut self, part: Part, caller: Option<CallSite>) -> usize {
        let depth = caller.as_ref().map_or(0, |it| self.frames[it.frame].depth + 1);
        let first_reg = self.n_regs;
        self.n_regs += part.unit.n_regs;
        part.unit.names.iter().for_each(|name| {
            self.name(name.clone());
        });
        let captured = part.captured.map(|(shape, names)| {
            let slots = names.into_iter().zip(0..=u8::MAX).map(|(name, slot)| (self.name(name), slot)).collect();
            let reg = Reg(self.n_regs);
            self.n_regs += 1;
            Captured { reg, shape, slots }
        });
        let env = part.env.map(|(shape, slots)| {
            let reg = Reg(self.n_regs);
            self.n_regs += 1;
            Environment { reg, shape, slots }
        });
        let first_child = self.children;
        self.children += part.unit.children.len() as u32;
        let first_const = self.consts.len() as u32;
        self.consts.extend(part.unit.consts.iter().cloned());
        let first_word = self.words;
        self.words += part.words;
        let (code, unit, weight, checked) = (part.code, part.unit, part.weight, part.checked);
        self.frames.push(Frame {
            code,
            unit,
            caller,
            depth,
            weight,
            checked,
            captured,
            env,
            first_child,
            first_reg,
            first_const,
            first_word,
        });
        self.frames.len() - 1
    }

    /// Writes the blocks of a frame; a spliced one hands its result to a register and goes on at a block.
    fn frame(&mut self, frame: usize, back: Option<(Reg, BlockId)>, policy: &mut dyn Policy) -> BlockId {
        let unit = Arc::clone(&self.frames[frame].unit);
        let first_block = self.drafts.len();
        for (i, block) in unit.blocks.iter().enumerate() {
            let origin = Some((frame, BlockId(i as u32)));
            self.drafts.push(Draft { origin, loop_head: block.loop_head, ..Draft::default() });
        }
        for (i, block) in unit.blocks.iter().enumerate() {
            let mut at = first_block + i;
            for inst in (block.first..block.end).map(InstId) {
                at = self.inst(frame, inst, (at, first_block), back, policy);
            }
        }
        BlockId(first_block as u32)
    }

    /// Writes one instruction of a frame into a block; the result is the block in which the next one stands.
    fn inst(
        &mut self,
        frame: usize,
        inst: InstId,
        (at, first_block): (usize, usize),
        back: Option<(Reg, BlockId)>,
        policy: &mut dyn Policy,
    ) -> usize {
        let mut it = self.frames[frame].unit.insts[inst.0 as usize].clone();
        it.renumber(&mut Into { splicer: self, frame });
        it.for_each_target_mut(|block| block.0 += first_block as u32);
        let origin = (frame, inst);
        if let (Inst::Return { src }, Some((dst, to))) = (&it, back) {
            self.leaves.push((at, self.drafts[at].insts.len(), frame));
            self.put(at, Inst::Move { dst, src: *src }, origin);
            self.put(at, Inst::Jump { to }, origin);
            return at;
        }
        let result = it.dst();
        let called =
            matches!(it, Inst::Call { .. } | Inst::CallMethod { .. } | Inst::GetMember { .. } | Inst::AutoCall { .. });
        let (Some(result), true) = (result, called) else {
            self.put(at, it, origin);
            return at;
        };
        match policy.choose(&self.frames, frame, inst, 0) {
            None => {
                self.put(at, it, origin);
                at
            }
            Some(Choice { part, others: None }) => self.call(frame, (inst, it, result), at, part, policy),
            first => self.calls(frame, (inst, it, result), at, first, policy),
        }
    }

    fn put(&mut self, at: usize, inst: Inst, (frame, id): (usize, InstId)) {
        self.drafts[at].insts.push((inst, frame, id));
    }

    /// Puts callees in the place of a call that met several, each behind its test, and the call itself behind them all; the result is
    /// the block in which all go on.
    fn calls(
        &mut self,
        frame: usize,
        (id, call, result): (InstId, Inst, Reg),
        mut at: usize,
        mut choice: Option<Choice>,
        policy: &mut dyn Policy,
    ) -> usize {
        let (origin, next) = ((frame, id), (frame, InstId(id.0 + 1)));
        let behind = self.draft();
        let to = BlockId(behind as u32);
        while let (Some(Choice { part, others }), Some(cond)) = (choice, called_value(&call)) {
            let (then, els) = (self.draft(), self.draft());
            self.picks.push((at, self.drafts[at].insts.len(), part.code as usize));
            self.put(at, Inst::Branch { cond, then: BlockId(then as u32), els: BlockId(els as u32) }, origin);
            let end = self.call(frame, (id, call.clone(), result), then, part, policy);
            self.put(end, Inst::Jump { to }, next);
            at = els;
            choice = others.and_then(|from| policy.choose(&self.frames, frame, id, from));
        }
        self.put(at, call, origin);
        self.put(at, Inst::Jump { to }, next);
        behind
    }

    /// A block that does not count.
    fn draft(&mut self) -> usize {
        self.drafts.push(Draft::default());
        self.drafts.len() - 1
    }

    /// Puts a callee in the place of its call; the result is the block behind it.
    fn call(
        &mut self,
        frame: usize,
        (id, call, result): (InstId, Inst, Reg),
        at: usize,
        part: Part,
        policy: &mut dyn Policy,
    ) -> usize {
        let own_result = Reg(result.0 - self.frames[frame].first_reg);
        let callee = self.add_frame(part, Some(CallSite { frame, inst: id, result: own_result }));
        let origin = (frame, id);
        self.enters.push((at, self.drafts[at].insts.len(), callee));
        self.put(at, call.clone(), origin);
        let (args, this) = match call {
            Inst::Call { args, .. } => (args, None),
            Inst::CallMethod { args, this, .. } => (args, Some(this)),
            Inst::GetMember { this, .. } => (RegRange::EMPTY, Some(this)),
            _ => (RegRange::EMPTY, None),
        };
        let unit = Arc::clone(&self.frames[callee].unit);
        let first = self.frames[callee].first_reg;
        for (i, src) in args.iter().enumerate() {
            self.put(at, Inst::Move { dst: Reg(first + i as u32), src }, origin);
        }
        for (i, &Param { default, .. }) in unit.params.iter().enumerate().skip(args.count as usize) {
            let value = ConstId(self.frames[callee].first_const + default.0);
            self.put(at, Inst::Const { dst: Reg(first + i as u32), value }, origin);
        }
        if let (Some(src), Some(reg)) = (this, unit.self_reg) {
            self.put(at, Inst::Move { dst: Reg(first + reg.0), src }, origin);
        }
        let behind = self.draft();
        let to = self.frame(callee, Some((result, BlockId(behind as u32))), policy);
        self.put(at, Inst::Jump { to }, origin);
        behind
    }

    fn finish(self, own: &Unit) -> Body {
        let mut unit = Unit {
            n_regs: self.n_regs,
            names: self.names,
            consts: self.consts,
            insts: Vec::new(),
            types: Vec::new(),
            blocks: Vec::new(),
            locals: Vec::new(),
            ..own.clone()
        };
        let mut body_at = Vec::with_capacity(self.drafts.len());
        let (mut origins, mut block_origins) = (Vec::new(), Vec::new());
        for draft in self.drafts {
            let first = unit.insts.len() as u32;
            body_at.push(first);
            for (inst, frame, id) in draft.insts {
                unit.insts.push(inst);
                origins.push((frame, id));
            }
            unit.blocks.push(Block { first, end: unit.insts.len() as u32, loop_head: draft.loop_head });
            block_origins.push(draft.origin);
        }
        let at = |&(block, place, frame): &(usize, usize, usize)| (InstId(body_at[block] + place as u32), frame);
        Body {
            enters: self.enters.iter().map(at).collect(),
            picks: self.picks.iter().map(at).map(|(inst, code)| (inst, code as u32)).collect(),
            leaves: self.leaves.iter().map(at).collect(),
            unit: Arc::new(unit),
            frames: self.frames,
            origins,
            block_origins,
        }
    }
}

/// The register whose value a call calls as it is.
fn called_value(call: &Inst) -> Option<Reg> {
    match *call {
        Inst::Call { callee: reg, .. } | Inst::AutoCall { src: reg, .. } => Some(reg),
        _ => None,
    }
}
