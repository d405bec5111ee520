//! MIR and feedback to SSA: one walk over the flow graph that first infers types, then emits.
//!
//! The engine hands in an [`Input`]; `translate` gets the [`Func`]. The same transfer code runs in both phases: while inferring
//! it emits nothing, so types and code cannot disagree. Invariant: an environment never forgets what the interpreter
//! would need; a guard's state is taken from it before the guarded instruction has any effect.
//! The tests to read first are in `tests/spec/hot.md`.

mod arith;
mod call;
mod edges;
mod emit;
mod environment;
mod globals;
mod guard;
mod inline;
mod iterate;
mod kept;
mod kinds;
mod member;
mod methods;
mod record;
mod step;
mod uses;

use super::body::{Body, Frame};
use super::flow::{EntryAt, Flow, NodeId, RegSet, flow_of};
use super::seen::Seen;
use super::shape_set::ShapeSet;
use super::staged::{Observer, Staged};
use super::types::Ty;
use super::{Block, BlockData, Cmp, End, Exit, Func, StateId, Val};
use crate::feedback::Kinds;
use crate::passes::Passes;
use crate::reason::{ExitReason, Refusal, Refused};
use kept::Kept;
use minilive_mir::ir::{BlockId, InstId, Reg, UnitKind};
use minilive_runtime::globals::Held;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A function that compiled code may call directly.
#[derive(Debug, Clone, PartialEq)]
pub struct Callee {
    /// Bits of the defaults, parallel to the parameters; `None` where a default is made per realm.
    pub defaults: Vec<Option<u64>>,
    /// What it takes behind its parameters: nothing, `self`, or `self` and `super`.
    pub receivers: usize,
}

/// What a register of the interpreter's window holds at on-stack replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowKind {
    /// The kind of its value.
    pub kinds: Kinds,
    /// Whether it is a computed list.
    pub computed: bool,
    /// Whether its elements go up by one.
    pub unit_step: bool,
    /// Whether it is a small integer and not below zero; of a computed list, whether its first element is, and none is larger.
    pub natural: bool,
}

/// Everything that compiling one entry of one unit depends on. Plain data: no heap pointers but pinned literals.
pub struct Input<'a> {
    /// The code.
    pub body: &'a Arc<Body>,
    /// Where it is entered.
    pub at: EntryAt,
    /// What the interpreter saw.
    pub seen: &'a Seen,
    /// For on-stack replacement: kinds of the window's registers now.
    pub window: &'a [WindowKind],
    /// The unit's own code id.
    pub code: u32,
    /// Global cell of each of the unit's names.
    pub cells: &'a [u32],
    /// Budget weight of a call and of each block.
    pub call_weight: u32,
    /// Whether a call looks at the budget.
    pub checks_call: bool,
    /// Budget weight of each block; 0 unless it is a loop head.
    pub block_weights: &'a [u32],
    /// What is done to improve it.
    pub passes: Passes,
    /// Who looks at it meanwhile.
    pub observer: Observer<'a>,
    /// Whether record points are to be kept.
    pub recording: bool,
    /// Functions that feedback names.
    pub callees: &'a FxHashMap<u32, Callee>,
    /// What a global cell holds, if that may be relied on.
    pub constant: &'a dyn Fn(u32) -> Option<Held>,
    /// Whether a global cell holds a small integer now that is not below zero.
    pub natural: &'a dyn Fn(u32) -> bool,
    /// Whether a call of anything may be one of `import`.
    pub imports_unseen: bool,
    /// The slot of `__isa` in a shape.
    pub isa_slot: &'a dyn Fn(u32) -> Option<u8>,
    /// Whether a shape is one of environments, whose slots may be unassigned.
    pub is_env: &'a dyn Fn(u32) -> bool,
    /// The shape of what `new` makes.
    pub instance_shape: Option<u32>,
    /// The shape of what a loop over a map gives.
    pub pair_shape: Option<u32>,
    /// Name of an intrinsic by its number.
    pub intrinsic_name: &'a dyn Fn(u32) -> Option<&'static str>,
}

/// A value in the environment: its type, and in the emitting phase its SSA value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slot {
    pub(crate) ty: Ty,
    pub(crate) val: Val,
}

impl Slot {
    const NEVER: Slot = Slot { ty: Ty::Never, val: Val(u32::MAX) };
}

/// Where the newest value of a global stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum CellState {
    /// In its memory cell only.
    Memory,
    /// In this value; `dirty` if memory is behind.
    Loaded { slot: Slot, dirty: bool },
}

/// The parts of a counted loop's list that was never made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RangeParts {
    pub(crate) base: Slot,
    pub(crate) step: Slot,
    pub(crate) count: Slot,
    /// Type of its elements.
    pub(crate) elem: Ty,
}

impl RangeParts {
    /// What the list is made from, in the order in which exits and helpers take it.
    pub(crate) fn slots(self) -> [Slot; 3] {
        [self.base, self.step, self.count]
    }

    /// What is known where two ways meet.
    pub(crate) fn join(self, other: RangeParts, widen: bool) -> RangeParts {
        let ty = |a: Ty, b: Ty| if widen { a.widen(b) } else { a.join(b) };
        let slot = |a: Slot, b: Slot| Slot { ty: ty(a.ty, b.ty), ..a };
        RangeParts {
            base: slot(self.base, other.base),
            step: slot(self.step, other.step),
            count: slot(self.count, other.count),
            elem: ty(self.elem, other.elem),
        }
    }
}

/// What is known at one point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Env {
    pub(crate) regs: Vec<Slot>,
    pub(crate) cells: Vec<CellState>,
    pub(crate) ranges: Vec<(Reg, RangeParts)>,
    /// The map of globals is known to be neither frozen nor observed.
    pub(crate) globals_ok: bool,
    /// No type map is known to hide elements of lists.
    pub(crate) elements_ok: bool,
    /// Globals that are relied on are known to hold what they held.
    pub(crate) constants_ok: bool,
    /// Type maps that are known to have their own methods, as bits of the head's `changed_types`.
    pub(crate) types_ok: u8,
}

/// Why straight-line building stops before the block's end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stop {
    /// The rest cannot be reached in compiled code: leave here.
    Leave(Exit),
    /// The unit is not compiled.
    Refuse(Refusal),
    /// The builder contradicts itself: says where.
    Broken(&'static str),
}

pub(crate) type Step<T> = Result<T, Stop>;

/// A comparison whose result a branch may refine its operands by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared {
    result: Reg,
    cmp: Cmp,
    a: Reg,
    b: Reg,
    /// Operands that may be null, and, if the comparison holds, are these numbers.
    numbers: [Option<(Reg, Slot)>; 4],
}

pub(crate) struct Builder<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) flow: Flow,
    pub(crate) func: Func,
    pub(crate) emitting: bool,
    pub(crate) env: Env,
    /// Joined environments at node starts: types while inferring, values while emitting.
    entries: Vec<Option<Kept>>,
    visits: Vec<u32>,
    /// By node, whether what is known at its start has changed since inference last ran it.
    stale: Vec<bool>,
    pub(crate) node: NodeId,
    /// Index of the current instruction in its block.
    pub(crate) idx: usize,
    pub(crate) at: InstId,
    /// The block that receives instructions.
    pub(crate) cur: Block,
    live_cache: Vec<RegSet>,
    /// The state from which all may be repeated up to here: nothing behind it had an effect.
    anchor: Option<StateId>,
    pub(crate) compared: Option<Compared>,
    /// Maps whose shape was guarded in this block, behind the last thing that could change it.
    pub(crate) shapes: Vec<(Val, ShapeSet)>,
    int_uses: uses::IntUses,
    /// Within the current node, before each of its instructions and at its end.
    uses_cache: Vec<RegSet>,
    /// Per register: kinds its uses met.
    pub(crate) use_kinds: Vec<Kinds>,
    loop_facts: Vec<edges::LoopFacts>,
    /// While emitting: the settled types at node starts.
    types: Vec<Option<Kept>>,
    /// What each node's parameters stand for.
    keys: Vec<Vec<edges::Key>>,
    /// The record points of the current instruction stand already.
    recorded: bool,
    widening: bool,
    /// Some type was widened, so types may be narrower than they were found to be.
    widened: bool,
    clobbers_changed: bool,
    pub(crate) refusal: Option<Refused>,
}

/// More SSA instructions than this are not compiled at once.
const MAX_INSTS: usize = 4000;
/// Rounds of inference before ranges are given up; types climb a low ladder, so this is never reached by honest code.
const MAX_ROUNDS: usize = 60;

/// Why there is no SSA form of a body.
#[derive(Debug)]
pub struct Unbuilt {
    /// Why.
    pub refused: Refused,
    /// The frame whose code is to blame.
    pub frame: usize,
}

impl From<Refusal> for Unbuilt {
    fn from(refusal: Refusal) -> Unbuilt {
        Unbuilt { refused: refusal.into(), frame: 0 }
    }
}

/// Builds the SSA form of one entry of a unit, or says why not.
pub fn build(input: &Input<'_>) -> Result<Func, Unbuilt> {
    if input.at == EntryAt::Start && input.body.unit.kind != UnitKind::Function {
        return Err(Refusal::TopLevel.into());
    }
    let flow = flow_of(input.body, input.at);
    let mut builder = Builder::new(input, flow);
    let built = builder.infer().and_then(|()| builder.emit_all());
    if let Err(refused) = built {
        let frame = builder.input.body.origin(builder.at).0;
        return Err(Unbuilt { refused, frame });
    }
    let mut func = builder.func;
    super::improve::improve(&mut Staged::new(&mut func, input.observer), input.passes, input.seen);
    if func.blocks.iter().map(|block| block.insts.len()).sum::<usize>() > MAX_INSTS {
        return Err(Refusal::TooLarge.into());
    }
    Ok(func)
}

impl<'a> Builder<'a> {
    fn new(input: &'a Input<'a>, flow: Flow) -> Builder<'a> {
        let n = flow.nodes.len();
        let loop_facts = edges::loop_facts(input.body, &flow);
        let env = Env {
            regs: vec![Slot::NEVER; input.body.unit.n_regs as usize],
            cells: vec![CellState::Memory; input.body.unit.names.len()],
            ranges: Vec::new(),
            globals_ok: false,
            elements_ok: false,
            constants_ok: false,
            types_ok: 0,
        };
        Builder {
            input,
            int_uses: uses::int_uses(input, &flow),
            flow,
            func: Func::new(Arc::clone(input.body)),
            emitting: false,
            env,
            entries: vec![None; n],
            visits: vec![0; n],
            stale: vec![false; n],
            node: 0,
            idx: 0,
            at: InstId(0),
            cur: Block(0),
            live_cache: Vec::new(),
            uses_cache: Vec::new(),
            anchor: None,
            compared: None,
            shapes: Vec::new(),
            use_kinds: input.seen.kinds_of_uses(&input.body.unit),
            loop_facts,
            types: Vec::new(),
            keys: vec![Vec::new(); n],
            recorded: false,
            widening: true,
            widened: false,
            clobbers_changed: false,
            refusal: None,
        }
    }

    /// Finds the types at the start of every node: climbs to a fixed point with widening, then descends as long as that holds.
    fn infer(&mut self) -> Result<(), Refused> {
        let start = Kept::of(&self.env, &self.flow.live_in[0]);
        loop {
            self.climb(&start)?;
            if self.widened {
                self.narrow_types(&start)?;
            }
            if !self.clobbers_changed {
                return Ok(());
            }
        }
    }

    fn climb(&mut self, start: &Kept) -> Result<(), Refused> {
        self.forget();
        for _ in 0..MAX_ROUNDS {
            self.clobbers_changed = false;
            if self.entries[0].is_none() {
                self.entries[0] = Some(start.clone());
                self.stale[0] = true;
            }
            self.infer_round()?;
            if self.clobbers_changed {
                // What is read before loops depends on it: start over.
                self.forget();
            } else if !self.stale.contains(&true) {
                return Ok(());
            }
        }
        Err(Refused::failed("types did not settle"))
    }

    fn forget(&mut self) {
        self.entries.fill(None);
        self.visits.fill(0);
        self.stale.fill(false);
        self.widened = false;
    }

    /// One round over the nodes at which something has changed, as emitting will go: nodes that one edge leads to start from what
    /// arrived on it last.
    fn infer_round(&mut self) -> Result<(), Refused> {
        for node in 0..self.flow.nodes.len() {
            if !std::mem::take(&mut self.stale[node]) {
                continue;
            }
            let before = self.take_what_it_leads_to(node);
            if let Some(kept) = &self.entries[node] {
                kept.restore(&mut self.env);
                self.visits[node] += 1;
                self.run_node(node)?;
            }
            for (succ, kept) in before {
                self.stale[succ] |= self.entries[succ] != kept;
            }
        }
        Ok(())
    }

    /// Takes what was known at nodes to which this one alone leads.
    fn take_what_it_leads_to(&mut self, node: NodeId) -> Vec<(NodeId, Option<Kept>)> {
        let succs = &self.flow.nodes[node].succs;
        let alone = succs.iter().copied().filter(|&succ| self.flow.nodes[succ].preds.len() == 1);
        alone.map(|succ| (succ, self.entries[succ].take())).collect()
    }

    fn has_one_way_in(&self, node: NodeId) -> bool {
        self.flow.nodes[node].preds.len() == 1
    }

    /// Narrows settled types. Narrower is not always sound: an instruction that nobody has seen run yet is left before when its
    /// operands may be anything, and carried out, with all that follows, when they are numbers for sure. So types are taken
    /// only if a round that starts from them arrives at nothing wider.
    fn narrow_types(&mut self, start: &Kept) -> Result<(), Refused> {
        self.widening = false;
        let mut sound = std::mem::take(&mut self.entries);
        let mut narrower = self.descend(start, &sound)?;
        for _ in 0..2 {
            let after = self.descend(start, &narrower)?;
            if !self.covers(&narrower, &after) {
                break;
            }
            sound = std::mem::replace(&mut narrower, after);
        }
        self.entries = sound;
        self.widening = true;
        Ok(())
    }

    /// One round from the given types, in which what arrives is joined afresh.
    fn descend(&mut self, start: &Kept, from: &[Option<Kept>]) -> Result<Vec<Option<Kept>>, Refused> {
        self.entries = vec![None; self.flow.nodes.len()];
        self.entries[0] = Some(start.clone());
        for (node, kept) in from.iter().enumerate() {
            let kept = if self.has_one_way_in(node) { &self.entries[node] } else { kept };
            if let Some(kept) = kept {
                kept.restore(&mut self.env);
                self.run_node(node)?;
            }
        }
        Ok(std::mem::take(&mut self.entries))
    }

    fn emit_all(&mut self) -> Result<(), Refused> {
        self.types = std::mem::replace(&mut self.entries, vec![None; self.flow.nodes.len()]);
        self.emitting = true;
        self.func.osr = self.input.at != EntryAt::Start;
        self.func.params = if self.func.osr { 0 } else { self.input.body.frames[0].unit.n_inputs() as u32 };
        for node in 0..self.flow.nodes.len() {
            let place = &self.flow.nodes[node];
            self.func.blocks.push(BlockData {
                params: Vec::new(),
                insts: Vec::new(),
                end: End::Jump(super::Edge::default()),
                in_loop: place.in_loop.map(|it| it as u32),
                cold: false,
            });
        }
        self.add_loops();
        self.entries[0] = self.types[0].clone();
        for node in 0..self.flow.nodes.len() {
            let Some(kept) = &self.entries[node] else {
                continue;
            };
            kept.restore(&mut self.env);
            self.cur = Block(node as u32);
            self.run_node(node)?;
            if let Some(refusal) = self.refusal.take() {
                return Err(refusal);
            }
        }
        Ok(())
    }

    fn add_loops(&mut self) {
        for (i, it) in self.flow.loops.iter().enumerate() {
            self.func.loops.push(super::LoopData {
                head: Block(it.head as u32),
                parent: it.parent.map(|it| it as u32),
                innermost: !self.flow.loops.iter().any(|other| other.parent == Some(i)),
            });
        }
    }

    /// Runs one node from the environment at its start to its edges.
    fn run_node(&mut self, node: NodeId) -> Result<(), Refused> {
        self.node = node;
        self.compared = None;
        self.effect();
        self.shapes.clear();
        self.live_cache.clear();
        self.uses_cache.clear();
        let result = if node == 0 { self.enter() } else { self.walk(node) };
        match result {
            Ok(()) => Ok(()),
            Err(Stop::Leave(exit)) => {
                if self.emitting {
                    self.func[self.cur].end = End::Leave(exit);
                }
                Ok(())
            }
            Err(Stop::Refuse(refusal)) => Err(refusal.into()),
            Err(Stop::Broken(what)) => Err(Refused::failed(format!("{what} at instruction {}", self.at.0))),
        }
    }

    fn walk(&mut self, node: NodeId) -> Step<()> {
        self.count_entry(node)?;
        let Some(block) = self.flow.nodes[node].block else {
            return self.go(0);
        };
        if self.flow.nodes[node].leaves.is_some() {
            return Err(self.leave(ExitReason::LoopEnd));
        }
        let first = self.input.body.unit.blocks[block.0 as usize].first;
        let n = self.input.body.unit.block_insts(block).len();
        for idx in 0..n {
            self.idx = idx;
            self.at = InstId(first + idx as u32);
            self.recorded = false;
            let inst = self.input.body.unit.insts[self.at.0 as usize].clone();
            if inst.is_terminator() {
                self.terminate(&inst)?;
            } else {
                let elements_ok = self.env.elements_ok;
                self.step(&inst)?;
                self.record();
                if elements_ok {
                    self.elements_are_plain(Self::exit_after);
                }
            }
        }
        Ok(())
    }

    /// The activation that the current instruction belongs to.
    pub(crate) fn frame(&self) -> &'a Frame {
        self.input.body.frame_at(self.at)
    }

    /// The first instruction of a block.
    pub(crate) fn first_of(&self, block: BlockId) -> InstId {
        InstId(self.input.body.unit.blocks[block.0 as usize].first)
    }

    /// The MIR instruction behind the current one, for states after it.
    pub(crate) fn next_inst(&self) -> InstId {
        InstId(self.at.0 + 1)
    }
}
