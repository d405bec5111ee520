//! What code that has not run yet is expected to meet: the functions that its names mean, numbers where it computes, and members where other
//! code found those of the same name.
//!
//! `inline` asks where a function is compiled again because a part of it ran that had been left out: the other parts come next, and each
//! of them would have all of it compiled once more. Invariant: only instructions that have seen nothing get something, and what they get
//! is no more than feedback, which guards check.

use crate::engine::unit::{Code, NameEntry};
use crate::feedback::{Call, FeedbackCell, Holder, Kinds, Place, Property, Target, Variety};
use crate::interp::kinds_of;
use crate::ssa::seen::View;
use minilive_mir::ir::{BinaryOp, BlockId, Const, Inst, InstId, NameId, Reg, UnaryOp};
use minilive_runtime::realm::Realm;
use minilive_runtime::shared::Name;
use minilive_runtime::value::Value;
use rustc_hash::FxHashMap;

/// Half of a function may be foreseen before anything of that has run. Measured: of a quarter raytrace takes 1.035 as many instructions.
const PART_THAT_MAY_MISS: usize = 2;

/// Whether what has not run of a function is compiled, too: if something of that kind made it leave its code before, or if it is little.
pub(super) fn pays(code: &Code) -> bool {
    let unit = &code.unit;
    let blocks = (0..unit.blocks.len() as u32).map(BlockId).filter(|&block| code.block_word(block).get() == 0);
    let missing: usize = blocks.map(|block| unit.block_insts(block).len()).sum();
    code.tier.unforeseen.get() || missing <= unit.insts.len() / PART_THAT_MAY_MISS
}

/// Fills in what the parts of a function are expected to meet that have not run.
pub(super) fn foresee(from: (&Realm, &Found), code: &Code, view: &mut View) {
    let mut foresight = Foresight { from: Some(from), code, view, known: FxHashMap::default() };
    for block in (0..code.unit.blocks.len() as u32).map(BlockId).filter(|&block| code.block_word(block).get() == 0) {
        foresight.block(block);
    }
}

/// Fills in numbers for operators behind calls that have not come back, in blocks that were entered: of a function that is compiled during
/// its first deep recursion, that is all behind it, and code without a guard there would never be left and made better.
pub(super) fn foresee_behind_calls(code: &Code, view: &mut View) {
    let mut foresight = Foresight { from: None, code, view, known: FxHashMap::default() };
    for block in (0..code.unit.blocks.len() as u32).map(BlockId).filter(|&block| code.block_word(block).get() > 0) {
        foresight.block(block);
    }
}

/// What a register holds, as far as the block tells.
#[derive(Clone, Copy)]
enum Known {
    Function(Target),
    Number,
    Other,
}

struct Foresight<'a> {
    /// Where what names mean and where members are is found out, if that is to be foreseen.
    from: Option<(&'a Realm, &'a Found)>,
    code: &'a Code,
    view: &'a mut View,
    known: FxHashMap<Reg, Known>,
}

impl Foresight<'_> {
    fn block(&mut self, block: BlockId) {
        self.known.clear();
        let unit = &self.code.unit;
        let place = &unit.blocks[block.0 as usize];
        let mut begins = self.from.is_some();
        for at in (place.first..place.end).map(InstId) {
            let inst = &unit.insts[at.0 as usize];
            let is_call = matches!(inst, Inst::Call { .. } | Inst::CallMethod { .. } | Inst::CallIndex { .. });
            if !begins && !matches!(inst, Inst::Const { .. }) {
                begins = is_call;
                inst.writes().for_each(|reg| {
                    self.known.remove(&reg);
                });
                continue;
            }
            let gives = self.inst(at, inst);
            inst.writes().for_each(|reg| {
                self.known.remove(&reg);
            });
            self.known.extend(gives);
        }
    }

    /// Fills in what an instruction is expected to meet. The result is what it gives, where that helps.
    fn inst(&mut self, at: InstId, inst: &Inst) -> Option<(Reg, Known)> {
        match *inst {
            Inst::Const { dst, value } => {
                let is_number = matches!(self.code.unit.consts[value.0 as usize], Const::Number(_));
                return Some((dst, if is_number { Known::Number } else { Known::Other }));
            }
            Inst::LoadFree { dst, name } => {
                let target = self.name(at, name)?;
                return Some((dst, Known::Function(target)));
            }
            Inst::Call { callee, .. } => {
                if let Some(&Known::Function(target)) = self.known.get(&callee) {
                    self.fill(at, 0, |cell| cell.see_call(target));
                }
            }
            Inst::Binary { op, dst, a, b } => {
                self.operator(at, op, (a, b));
                let gives = !matches!(op, BinaryOp::Add | BinaryOp::Isa);
                return gives.then_some((dst, Known::Number));
            }
            Inst::Unary { op: UnaryOp::Neg, .. } => {
                self.fill(at, 0, |cell| cell.see_arith(Kinds::FLOAT, Kinds::NONE, Kinds::FLOAT));
            }
            Inst::GetMember { name, .. } | Inst::CallMethod { name, .. } => {
                if let Some((_, Some(target))) = self.member(at, name, false) {
                    self.fill(at, 1, |cell| cell.see_call(target));
                }
            }
            Inst::SetMember { name, .. } => {
                self.member(at, name, true);
            }
            Inst::GetKey { name, .. } => {
                self.member(at, name, false);
            }
            _ => {}
        }
        None
    }

    /// Writes into the cell of an instruction, or so many words behind it, if that has seen nothing.
    fn fill(&mut self, at: InstId, behind: u32, see: impl FnOnce(&FeedbackCell)) {
        let Some(word) = self.view.sites(at).next() else { return };
        self.view.snapshot.fill(word + behind, see);
    }

    /// A name means what it means now. The result is the function that this is.
    fn name(&mut self, at: InstId, name: NameId) -> Option<Target> {
        let (realm, _) = self.from?;
        if self.code.unit.env.is_some() || self.code.captures.get().is_some() {
            return None;
        }
        let NameEntry { cell, intrinsic, .. } = self.code.names[name.0 as usize];
        let (place, value) = match realm.cell(cell) {
            value if !value.is_absent() => (Place::Global, value),
            _ if !intrinsic.is_absent() => (Place::Intrinsic, intrinsic),
            _ => return None,
        };
        let target = target_of(value);
        self.fill(at, 0, |cell| cell.see_global(place, kinds_of(value), target));
        target
    }

    fn operator(&mut self, at: InstId, op: BinaryOp, (a, b): (Reg, Reg)) {
        let known = |reg| self.known.get(&reg).copied();
        let is_other = |it| matches!(it, Some(Known::Other | Known::Function(_)));
        let is_number = |it| matches!(it, Some(Known::Number));
        let (x, y) = (known(a), known(b));
        let equality = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
        let numbers = if equality { is_number(x) || is_number(y) } else { !is_other(x) && !is_other(y) };
        let kinds = if numbers { Kinds::FLOAT } else { Kinds::OTHER };
        let compares = equality || matches!(op, BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
        let result = match (compares, numbers) {
            (true, _) => Kinds::INT,
            (false, true) => Kinds::FLOAT,
            (false, false) => Kinds::NONE,
        };
        if op != BinaryOp::Isa {
            self.fill(at, 0, |cell| cell.see_arith(kinds, kinds, result));
        }
    }

    /// A member is where one of its name was always found.
    fn member(&mut self, at: InstId, name: NameId, stores: bool) -> Option<Member> {
        let name = self.code.names[name.0 as usize].name;
        let member = (*self.from?.1.0.get(&(name, stores))?)?;
        self.fill(at, 0, |cell| cell.see_property(member.0));
        Some(member)
    }
}

/// A member as a site found it, and the function that it called.
type Member = (Property, Option<Target>);

/// Where compiled code found members, and where it stored them, by their names; `None` for names of which that differs.
#[derive(Debug, Default)]
pub(super) struct Found(FxHashMap<(Name, bool), Option<Member>>);

impl Found {
    /// Adds what the sites of a function have found that is to be compiled.
    pub(super) fn note(&mut self, code: &Code) {
        for (i, inst) in code.unit.insts.iter().enumerate() {
            let (name, stores) = match *inst {
                Inst::GetMember { name, .. } | Inst::CallMethod { name, .. } => (name, false),
                Inst::SetMember { name, .. } => (name, true),
                _ => continue,
            };
            let word = code.bytecode.site_pc[i] as usize;
            // The cell of what is part of another instruction means something else.
            if code.bytecode.inst_of.get(word) != Some(&(i as u32)) {
                continue;
            }
            let seen = code.slots[word].cell.property();
            if seen.variety == Variety::None {
                continue;
            }
            let called = if stores { Call::default() } else { code.slots[word + 1].cell.call() };
            let always =
                seen.variety == Variety::Mono && seen.holder != Holder::Added && called.variety != Variety::Mega;
            // A method is always called; a value is no function.
            let is_one = always && !(called.not_function && called.variety != Variety::None);
            let member = is_one.then_some((Property { ways: 0, value: Kinds::NONE, ..seen }, called.target));
            let name = code.names[name.0 as usize].name;
            let known = self.0.entry((name, stores)).or_insert(member);
            if *known != member {
                *known = None;
            }
        }
    }
}

/// The function that a value is.
fn target_of(value: Value) -> Option<Target> {
    let function = value.as_function()?;
    Some(match function.intrinsic() {
        Some(index) => Target::Intrinsic(index),
        None => Target::Code(function.code()),
    })
}
