//! Which callees become part of their callers, and what the compiler is told of all of them.
//!
//! `Backend::ssa` asks for a [`Plan`]; `ssa::splice` does the splicing. Callees are taken if a call was seen to call only a few functions,
//! and if they are small. Invariants: what is spliced in is noted in the caller's tier state, so that an edit of it drops the
//! caller's code and waits for its names (`engine::inlined`).

use super::foresee::Found;
use super::{foresee, nest};
use crate::engine::inlined::Inlined;
use crate::engine::table::CodeTable;
use crate::engine::unit::{CallFlags, Code, CodeId};
use crate::engine::ways::{literal_words, member_words};
use crate::feedback::{FeedbackCell, Snapshot, Target, Variety};
use crate::passes::{Pass, Passes};
use crate::reason::{ExitReason, Refusal};
use crate::ssa::body::{Body, Frame};
use crate::ssa::flow::EntryAt;
use crate::ssa::seen::{Seen, View};
use crate::ssa::splice::{Choice, Part, Policy, splice};
use minilive_mir::ir::{BlockId, Const, Inst, InstId, Unit, UnitKind};
use minilive_runtime::realm::Realm;
use minilive_runtime::shape::ShapeId;
use rustc_hash::FxHashSet;
use std::ops::Range;
use std::sync::Arc;

/// A callee of so many instructions is small.
const MAX_CALLEE: usize = 40;
/// Two rounds of recursion within a function of so many instructions pay, else one.
const MAX_TWICE: usize = 20;
/// One of several callees is small if it has so many: each has its test, and its copy of what follows.
const MAX_PICKED: usize = 24;
/// All callees of a body together have so many instructions at most.
const MAX_GROWTH: usize = 200;
/// All of them that work on maps as values may have so many.
const MAX_VALUE_GROWTH: usize = 600;
/// Calls of those need run this many times less often.
const VALUES_PAY: u64 = 16;
/// Calls of those that have neither members nor calls in them need run this many times less often.
const PLAIN_PAYS: u64 = 10;
/// In code that has run long, calls are spliced that run once in so many rounds.
const ROUNDS_A_USUAL_CALL: u64 = 4;
/// Spliced calls nest so deep.
const MAX_DEPTH: u32 = 4;

/// The body of an entry, and what was seen of it.
pub(super) struct Plan {
    pub(super) seen: Seen,
    pub(super) inlined: Vec<Inlined>,
    /// Whether calls stay outside only since they did not run often enough yet.
    pub(super) holds_back: bool,
}

/// On which terms an entry is planned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Guards failed often: see [`Seen::cautious`].
    pub(super) cautious: bool,
    /// What is done to improve the code.
    pub(super) passes: Passes,
    /// Calls that ran less often keep their callees outside.
    pub(super) least_runs: u64,
    /// It has run long: all calls that are usual in it are worth a place.
    pub(super) outgrown: bool,
}

/// Plans an entry. What has not run is foreseen, where it is said from what. Calls in `banned` (by code and instruction) keep their callees outside.
pub(super) fn plan(
    (codes, foresight): (&CodeTable, Option<(&Realm, &Found)>),
    code: &Code,
    at: EntryAt,
    terms: Terms,
    banned: &Banned,
) -> Result<Plan, Refusal> {
    let Terms { cautious, passes, outgrown, .. } = terms;
    let (within, head) = match at {
        EntryAt::Start => (0..code.unit.insts.len() as u32, BlockId(0)),
        EntryAt::Loop(head) => (insts_of_loop(&code.unit, head), head),
    };
    // Of what has run long, not how often a call ran by the time that was hot, but in how many rounds it ran.
    let usual = (code.block_word(head).get() / ROUNDS_A_USUAL_CALL).max(1);
    let terms = if outgrown { Terms { least_runs: usual, ..terms } } else { terms };
    let mut chooser = Chooser {
        codes,
        foresight,
        banned,
        terms,
        within,
        views: Vec::new(),
        growth: [0; 2],
        inlined: Vec::new(),
        holds_back: false,
    };
    chooser.add_view(code);
    if code.unit.env.as_ref().is_some_and(|names| names.len() > usize::from(u8::MAX)) {
        return Err(Refusal::Environment);
    }
    let outer = part(codes, code).ok_or(Refusal::Captured)?;
    let body = if code.recording || !passes.has(Pass::Inlining) {
        // Record points are kept per code, in the place where its own blocks run.
        splice(outer, &mut Nothing)
    } else {
        splice(outer, &mut chooser)
    };
    let Chooser { views, inlined, holds_back, .. } = chooser;
    Ok(Plan { seen: Seen { body: Arc::new(body), views, cautious }, inlined, holds_back })
}

/// Calls that are not replaced by their callees.
#[derive(Debug, Default)]
pub(super) struct Banned {
    /// By the caller's code and the instruction.
    pub(super) calls: FxHashSet<(u32, InstId)>,
    /// All of them.
    pub(super) all: bool,
}

impl Banned {
    /// The call that a frame belongs to.
    pub(super) fn ban(&mut self, body: &Body, frame: usize) {
        if let Some(call) = &body.frames[frame].caller {
            self.calls.insert((body.frames[call.frame].code, call.inst));
        }
        // Each round costs a compilation.
        self.all |= self.calls.len() > 6;
    }
}

/// The instructions from a loop's head to where it last goes back.
fn insts_of_loop(unit: &Unit, head: BlockId) -> Range<u32> {
    let last = nest::last_of(unit, head);
    unit.blocks[head.0 as usize].first..unit.blocks[last.0 as usize].end
}

/// How often an instruction's block ran.
fn runs(code: &Code, at: InstId) -> u64 {
    let block = code.unit.blocks.iter().position(|block| (block.first..block.end).contains(&at.0));
    block.map_or(0, |block| code.block_word(BlockId(block as u32)).get())
}

struct Nothing;

impl Policy for Nothing {
    fn choose(&mut self, _: &[Frame], _: usize, _: InstId, _: usize) -> Option<Choice> {
        None
    }
}

struct Chooser<'a> {
    codes: &'a CodeTable,
    foresight: Option<(&'a Realm, &'a Found)>,
    banned: &'a Banned,
    terms: Terms,
    /// The instructions of the entry's own code that it is about: calls elsewhere keep their callees outside.
    within: Range<u32>,
    views: Vec<View>,
    /// Instructions of callees so far: of those that work on maps as values, and of others.
    growth: [usize; 2],
    /// Whether a call was left out only since it did not run often enough.
    holds_back: bool,
    inlined: Vec<Inlined>,
}

impl Policy for Chooser<'_> {
    fn choose(&mut self, frames: &[Frame], frame: usize, at: InstId, from: usize) -> Option<Choice> {
        let caller = &frames[frame];
        if frame == 0 && !self.within.contains(&at.0) {
            return None;
        }
        if self.banned.all || caller.depth >= MAX_DEPTH || self.banned.calls.contains(&(caller.code, at)) {
            return None;
        }
        if let Some(only) = self.target(frame, caller, at) {
            let part = self.part_of(frames, (frame, at), only, MAX_CALLEE)?;
            return Some(Choice { part, others: None });
        }
        let (targets, given) = self.targets(frame, caller, at)?;
        targets.iter().enumerate().skip(from).find_map(|(i, &target)| {
            let part = self.part_of(frames, (frame, at), (target, given), MAX_PICKED)?;
            Some(Choice { part, others: Some(i + 1) })
        })
    }
}

impl Chooser<'_> {
    /// Adds what was seen of a code object, with what it is expected to see.
    fn add_view(&mut self, code: &Code) {
        let mut view = view(self.codes, code);
        if let Some(foresight) = self.foresight.filter(|_| foresee::pays(code)) {
            foresee::foresee(foresight, code, &mut view);
        }
        foresee::foresee_behind_calls(code, &mut view);
        self.views.push(view);
    }

    /// A callee of so many arguments that a call is to have in its place, if it is worth that and small.
    fn part_of(
        &mut self,
        frames: &[Frame],
        (frame, at): (usize, InstId),
        (callee, given): (CodeId, usize),
        most: usize,
    ) -> Option<Part> {
        let caller = &frames[frame];
        let callee = self.codes.get(callee);
        // A function that calls itself is hot, and so are these calls.
        let rounds = if callee.unit.insts.len() <= MAX_TWICE { 2 } else { 1 };
        let itself = caller.depth < rounds && is_of_itself(frames, frame, callee.id) && only_computes(callee);
        let values = self.terms.passes.has(Pass::Escape) && is_of_values(callee);
        let pays = if values {
            VALUES_PAY
        } else if is_plain(callee) {
            PLAIN_PAYS
        } else {
            1
        };
        let least_runs = self.terms.least_runs / pays;
        let of = self.codes.get(CodeId(caller.code));
        let runs = runs(of, at);
        // What is foreseen is expected to run as often as such callees are worth.
        let foreseen = self.foresight.is_some() && runs == 0 && pays > 1 && foresee::pays(of);
        let is_rare = !itself && !foreseen && runs < least_runs;
        if is_rare && runs == 0 {
            return None;
        }
        let growth = self.growth[usize::from(!values)] + callee.unit.insts.len();
        let again = !itself && is_active(frames, frame, callee.id);
        let small = callee.unit.insts.len() <= most && growth <= if values { MAX_VALUE_GROWTH } else { MAX_GROWTH };
        let lacks_super = callee.unit.super_reg.is_some() && !self.tells_super(frame, caller, at);
        if again || lacks_super || !small || given > callee.unit.params.len() || !is_spliceable(callee) {
            return None;
        }
        if is_rare {
            self.holds_back |= !self.terms.outgrown;
            return None;
        }
        let part = part(self.codes, callee)?;
        self.growth[usize::from(!values)] = growth;
        self.add_view(callee);
        if !self.inlined.iter().any(|it| it.id == callee.id) {
            self.inlined.push(Inlined::of(callee));
        }
        Some(part)
    }

    /// Whether it is known where a method is found, and so what `super` is in it.
    fn tells_super(&self, frame: usize, caller: &Frame, at: InstId) -> bool {
        let view = &self.views[frame];
        let doubtful = [ExitReason::Shape, ExitReason::NotMap].iter().any(|&it| view.rejected.contains(&(at, it)));
        match caller.unit.insts[at.0 as usize] {
            Inst::CallMethod { .. } | Inst::GetMember { .. } => {
                !doubtful && view.ways(at).is_some_and(|ways| matches!(&ways[..], [way] if !way.is_table()))
            }
            _ => true,
        }
    }

    /// The callees of a call that was seen to have a few, with the number of its arguments.
    fn targets(&self, frame: usize, caller: &Frame, at: InstId) -> Option<(Vec<CodeId>, usize)> {
        let given = match caller.unit.insts[at.0 as usize] {
            Inst::Call { args, .. } => args.count,
            Inst::AutoCall { .. } => 0,
            _ => return None,
        };
        let codes: Vec<CodeId> = self.views[frame].targets(at).codes()?.map(CodeId).collect();
        (codes.len() > 1).then_some((codes, given as usize))
    }

    /// The one callee that a call was seen to have, with the number of its arguments.
    fn target(&self, frame: usize, caller: &Frame, at: InstId) -> Option<(CodeId, usize)> {
        let view = &self.views[frame];
        let (seen, given) = match caller.unit.insts[at.0 as usize] {
            Inst::Call { args, .. } => (view.call(at)?, args.count),
            Inst::AutoCall { .. } => (view.call(at).filter(|it| !it.not_function)?, 0),
            Inst::CallMethod { args, .. } => (view.method(at), args.count),
            Inst::GetMember { .. } => (Some(view.method(at)).filter(|it| !it.not_function)?, 0),
            _ => return None,
        };
        let known = seen.variety == Variety::Mono && !view.rejected.contains(&(at, ExitReason::OtherFunction));
        match seen.target {
            Some(Target::Code(id)) if known => Some((CodeId(id), given as usize)),
            _ => None,
        }
    }
}

/// Whether all that is active where a frame runs is a code that called itself.
fn is_of_itself(frames: &[Frame], mut frame: usize, id: CodeId) -> bool {
    loop {
        if frames[frame].code != id.0 {
            return false;
        }
        match &frames[frame].caller {
            Some(call) => frame = call.frame,
            None => return true,
        }
    }
}

/// Whether a code is active where a frame runs: recursion is a call.
fn is_active(frames: &[Frame], mut frame: usize, id: CodeId) -> bool {
    loop {
        if frames[frame].code == id.0 {
            return true;
        }
        match &frames[frame].caller {
            Some(call) => frame = call.frame,
            None => return false,
        }
    }
}

/// Whether a function works on values alone and touches no objects, so that calling it is a good part of its work: then one round of
/// recursion within it pays.
fn only_computes(code: &Code) -> bool {
    code.unit.insts.iter().all(|inst| computes(inst) || matches!(inst, Inst::Jump { .. } | Inst::Branch { .. }))
}

/// Whether a function makes a value of the members of others, as vectors and points are worked with: next to its caller's code, the
/// maps and lists that it takes and gives need not be made (`ssa::escape`).
fn is_of_values(code: &Code) -> bool {
    let of_values = |inst: &Inst| {
        matches!(inst, Inst::GetMember { .. } | Inst::GetKey { .. } | Inst::MakeMap { .. } | Inst::MakeList { .. })
    };
    let fits = |inst: &Inst| computes(inst) || of_values(inst) || matches!(inst, Inst::GetIndex { .. });
    let insts = &code.unit.insts;
    insts.iter().all(fits) && insts.iter().any(of_values)
}

/// Whether a function calls nothing and touches no members, whose shapes would have to be guarded: its code is hardly longer than a call.
fn is_plain(code: &Code) -> bool {
    let plain = |inst: &Inst| match inst {
        Inst::Call { .. } => false,
        Inst::GetIndex { .. } | Inst::SetIndex { .. } | Inst::AndTest { .. } | Inst::OrTest { .. } => true,
        Inst::Jump { .. } | Inst::Branch { .. } => true,
        inst => computes(inst),
    };
    code.unit.insts.iter().all(plain)
}

/// Whether an instruction touches no object and goes nowhere else in its unit.
fn computes(inst: &Inst) -> bool {
    matches!(
        inst,
        Inst::Const { .. }
            | Inst::Move { .. }
            | Inst::LoadLocal { .. }
            | Inst::LoadFree { .. }
            | Inst::Binary { .. }
            | Inst::Unary { .. }
            | Inst::Call { .. }
            | Inst::AutoCall { .. }
            | Inst::Return { .. }
    )
}

/// Whether a function can be part of another one's code.
fn is_spliceable(code: &Code) -> bool {
    let unit = &code.unit;
    let simple = |constant: &Const| matches!(constant, Const::Null | Const::Number(_) | Const::Str(_));
    let compiles = |inst: &Inst| {
        !matches!(
            inst,
            Inst::LoadEnv { .. }
                | Inst::StoreEnv { .. }
                | Inst::StoreGlobal { .. }
                | Inst::MakeFunction { .. }
                | Inst::LoadLocals { .. }
                | Inst::Unsupported { .. }
                | Inst::End
        )
    };
    unit.kind == UnitKind::Function
        && unit.env.is_none()
        && code.call_flags.get() & CallFlags::UNRESOLVED == 0
        && code.tier.refusal.get().is_none()
        && unit.params.iter().all(|param| simple(&unit.consts[param.default.0 as usize]))
        && unit.insts.iter().all(compiles)
}

/// A code object as a frame; `None` if what it captured cannot be told.
fn part(codes: &CodeTable, code: &Code) -> Option<Part> {
    let captures = code.captures.get().filter(|_| code.unit.insts.iter().any(may_read_captured));
    let captured = match captures {
        Some(parent) => {
            let parent = codes.get(parent);
            let names = parent.unit.env.as_ref().filter(|names| names.len() < usize::from(u8::MAX))?;
            let names = names.iter().map(|&name| parent.unit.name(name).into()).collect();
            Some((parent.env_shape?.0, names))
        }
        None => None,
    };
    let env = match (&code.unit.env, code.env_shape) {
        (Some(names), Some(shape)) => Some((shape.0, u8::try_from(names.len()).ok()?)),
        _ => None,
    };
    Some(Part {
        code: code.id.0,
        unit: Arc::clone(&code.unit),
        weight: code.weights.call,
        checked: code.weights.checks_call,
        words: code.slots.len() as u32,
        captured,
        env,
    })
}

/// Whether an instruction may look a name up in the map that the running function captured. (An exit hands that map to the
/// interpreter, so instructions that are never reached in compiled code count, too.)
fn may_read_captured(inst: &Inst) -> bool {
    matches!(
        inst,
        Inst::LoadFree { .. }
            | Inst::LoadLocal { deferred: false, .. }
            | Inst::LoadEnv { deferred: false, .. }
            | Inst::LoadOuter { .. }
            | Inst::LoadSelf { .. }
            | Inst::LoadSuper { .. }
    )
}

/// What the interpreter saw of a code object.
fn view(codes: &CodeTable, code: &Code) -> View {
    View {
        snapshot: Snapshot::of(code.slots.iter().map(|slot| &slot.cell)),
        site_pc: code.bytecode.site_pc.clone(),
        plain_pc: code.bytecode.resume_pc.clone(),
        inst_of: code.bytecode.inst_of.clone(),
        ways: member_words(code)
            .filter_map(|(word, cell)| Some((word, codes.ways.get(cell.property().ways)?)))
            .collect(),
        literals: literal_words(code).filter_map(|(word, cell)| Some((word, literal(codes, cell)?))).collect(),
        rejected: code.tier.rejected.borrow().clone(),
    }
}

/// The shape that a cell of a map literal knows, and its number of slots.
fn literal(codes: &CodeTable, cell: &FeedbackCell) -> Option<(u32, usize)> {
    let shape = ShapeId(cell.literal_shape());
    let is_known = shape != ShapeId::NONE && shape.0 != u32::MAX;
    is_known.then(|| (shape.0, codes.shared().shapes.get(shape).len()))
}
