//! Checks a unit. Everyone who runs, translates or reads a unit may rely on what stands here.
//!
//! Called by tests on everything lowered, by debug builds, and by the engine on everything that comes through a pipe. It only
//! reads. The invariants, by the number that an error names:
//!
//! 1. The header fits the kind: only functions have parameters, `self`, `super` and register locals; modules have an environment,
//!    functions may, statements and expressions have none; a unit with an environment has no register locals.
//! 2. The registers of a header are in order and without gaps from r0: parameters, `self`, `super`, locals. An environment starts
//!    with the parameters' names; its names are distinct.
//! 3. Names are distinct, constants are distinct (by bits), the note is a string.
//! 4. There is a block; blocks cover the instructions in order without gaps; each is non-empty.
//! 5. A block's last instruction is a terminator and no other is.
//! 6. Targets are blocks of the unit; block 0 is no target; `loop_head` is set for exactly the targets of back edges (a jump to
//!    the same or an earlier block).
//! 7. Registers and runs of registers lie below `n_regs`; an empty run starts at r0. There are no more registers than the header
//!    names and instructions can write: what is made per register stays in proportion to the unit.
//! 8. Names, constants, nested functions and slots exist; the message of `unsupported` is a string.
//! 9. Types are parallel to instructions; only instructions with a result have one, and a constant's type is its own.
//! 10. Instructions fit the kind: `load_local` needs a register local (or parameter) of that register and name; `load_env` and
//!     `store_env` need an environment; `store_global` and `end` occur in statements only; a function that makes functions or
//!     reads `locals` has an environment.
//! 11. Records are sorted by instruction, and each shows a register that its instruction reads or writes.
//! 12. A register is written before it is read on every path from the entry, except as the local of `load_local`.

mod flow;

use crate::ir::{BlockId, Const, ConstId, Inst, InstId, NameId, Reg, RegRange, Ty, Unit, UnitKind};
use crate::tables::index;
use rustc_hash::FxHashSet;
use std::fmt::{Display, Formatter, Result as FmtResult};

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// Which invariant of the list at the top of this file.
    pub invariant: u8,
    /// The block it was found in, if in one.
    pub block: Option<BlockId>,
    /// The instruction it was found at, if at one.
    pub inst: Option<InstId>,
    /// What is wrong.
    pub message: String,
}

impl Display for VerifyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        write!(f, "invariant {}", self.invariant)?;
        if let Some(block) = self.block {
            write!(f, ", {block}")?;
        }
        if let Some(inst) = self.inst {
            write!(f, ", {inst}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for VerifyError {}

/// Checks all invariants; the errors of one group may hide those of later groups that rest on it.
pub fn verify(unit: &Unit) -> Result<(), Vec<VerifyError>> {
    let mut verifier = Verifier { unit, errors: Vec::new(), block: None, inst: None };
    verifier.header();
    verifier.layout();
    verifier.tables();
    if verifier.blocks() {
        verifier.insts();
        verifier.loop_heads();
    }
    verifier.records();
    if verifier.errors.is_empty() {
        verifier.definite_writes();
    }
    if verifier.errors.is_empty() { Ok(()) } else { Err(verifier.errors) }
}

struct Verifier<'a> {
    unit: &'a Unit,
    errors: Vec<VerifyError>,
    block: Option<BlockId>,
    inst: Option<InstId>,
}

impl Verifier<'_> {
    fn error(&mut self, invariant: u8, message: impl Into<String>) {
        self.errors.push(VerifyError { invariant, block: self.block, inst: self.inst, message: message.into() });
    }

    fn check(&mut self, holds: bool, invariant: u8, message: &str) {
        if !holds {
            self.error(invariant, message);
        }
    }

    /// Invariant 1.
    fn header(&mut self) {
        let unit = self.unit;
        let function = unit.kind == UnitKind::Function;
        let registers =
            unit.params.is_empty() && unit.self_reg.is_none() && unit.super_reg.is_none() && unit.locals.is_empty();
        self.check(function || registers, 1, "only functions have parameters, self, super and locals");
        match unit.kind {
            UnitKind::Module => self.check(unit.env.is_some(), 1, "a module has an environment"),
            UnitKind::Statement | UnitKind::Expression => {
                self.check(unit.env.is_none(), 1, "only calls have an environment")
            }
            UnitKind::Function => {}
        }
        let both = unit.env.is_some() && !unit.locals.is_empty();
        self.check(!both, 1, "locals stand in registers or in the environment, not in both");
    }

    /// Invariant 2.
    fn layout(&mut self) {
        let unit = self.unit;
        let mut next = index(unit.params.len());
        let named = unit.self_reg.into_iter().chain(unit.super_reg);
        for reg in named.chain(unit.locals.iter().map(|local| local.reg)) {
            if reg != Reg(next) {
                self.error(2, format!("{reg} stands where r{next} belongs"));
            }
            next += 1;
        }
        self.check(next <= unit.n_regs, 2, "the header names more registers than there are");
        let most = next.saturating_add(index(unit.insts.len()).saturating_mul(2));
        self.check(unit.n_regs <= most, 7, "there are registers that nothing could ever write");
        if let Some(env) = &unit.env {
            let params = unit.params.iter().map(|param| param.name);
            let starts = env.len() >= unit.params.len() && params.zip(env).all(|(param, &slot)| param == slot);
            self.check(starts, 2, "an environment starts with the parameters");
            let distinct: FxHashSet<_> = env.iter().collect();
            self.check(distinct.len() == env.len(), 2, "a name has two slots");
        }
        let named = unit.params.iter().map(|param| param.name);
        let named = named.chain(unit.locals.iter().map(|local| local.name));
        for name in named.chain(unit.env.iter().flatten().copied()) {
            self.name(name);
        }
        for param in &unit.params {
            self.constant(param.default);
        }
    }

    /// Invariant 3.
    fn tables(&mut self) {
        let unit = self.unit;
        let distinct: FxHashSet<_> = unit.names.iter().collect();
        self.check(distinct.len() == unit.names.len(), 3, "a name stands in the table twice");
        // Numbers and strings are compared by hash; the rest are few.
        let mut numbers = FxHashSet::default();
        let mut strings = FxHashSet::default();
        let mut others: Vec<&Const> = Vec::new();
        for value in &unit.consts {
            let new = match value {
                Const::Number(number) => numbers.insert(number.to_bits()),
                Const::Str(text) => strings.insert(text),
                Const::Null | Const::List(_) | Const::Map(_) => {
                    let new = !others.contains(&value);
                    others.push(value);
                    new
                }
            };
            self.check(new, 3, "a constant stands in the table twice");
        }
        if let Some(note) = unit.note {
            self.string(note, 3);
        }
    }

    /// Invariants 4 and 5; false if later checks could not even find their way.
    fn blocks(&mut self) -> bool {
        let unit = self.unit;
        let n_insts = index(unit.insts.len());
        let before = self.errors.len();
        self.check(!unit.blocks.is_empty(), 4, "a unit has at least one block");
        self.check(unit.types.len() == unit.insts.len(), 9, "there is a type for each instruction");
        let mut next = 0;
        for (id, block) in (0..).map(BlockId).zip(&unit.blocks) {
            self.block = Some(id);
            self.check(block.first == next, 4, "a block starts where the one before it ends");
            let tiles = block.first < block.end && block.end <= n_insts;
            self.check(tiles, 4, "a block has instructions of its own");
            next = block.end;
            if tiles {
                for at in block.first..block.end {
                    self.inst = Some(InstId(at));
                    let last = at + 1 == block.end;
                    let terminator = unit.insts[at as usize].is_terminator();
                    self.check(terminator == last, 5, "terminators stand at the end of blocks and nowhere else");
                }
                self.inst = None;
            }
        }
        self.block = None;
        self.check(next == n_insts, 4, "blocks cover all instructions");
        self.errors.len() == before
    }

    /// Invariant 6, second half.
    fn loop_heads(&mut self) {
        let unit = self.unit;
        let mut is_head = vec![false; unit.blocks.len()];
        for (from, block) in (0..).map(BlockId).zip(&unit.blocks) {
            for to in unit.insts[block.end as usize - 1].targets() {
                if to <= from
                    && let Some(head) = is_head.get_mut(to.0 as usize)
                {
                    *head = true;
                }
            }
        }
        for (id, (block, is_head)) in unit.blocks.iter().zip(is_head).enumerate() {
            self.block = Some(BlockId(index(id)));
            self.check(block.loop_head == is_head, 6, "loop_head is set for exactly the targets of back edges");
        }
        self.block = None;
    }

    /// Invariants 6 (first half) to 10, instruction by instruction.
    fn insts(&mut self) {
        let unit = self.unit;
        for (id, block) in (0..).map(BlockId).zip(&unit.blocks) {
            self.block = Some(id);
            for at in block.first..block.end {
                self.inst = Some(InstId(at));
                let inst = &unit.insts[at as usize];
                for target in inst.targets() {
                    let exists = (target.0 as usize) < unit.blocks.len();
                    self.check(exists && target != BlockId(0), 6, "targets are blocks, and never the entry");
                }
                self.registers(inst);
                self.ids(inst);
                self.ty(inst, unit.types[at as usize]);
                self.fits_kind(inst);
            }
        }
        self.block = None;
        self.inst = None;
    }

    /// Invariant 7.
    fn registers(&mut self, inst: &Inst) {
        let run = match *inst {
            Inst::Call { args, .. } | Inst::CallMethod { args, .. } | Inst::CallIndex { args, .. } => args,
            Inst::MakeList { elems, .. } | Inst::AppendList { elems, .. } => elems,
            Inst::MakeMap { pairs, .. } => pairs,
            _ => RegRange::EMPTY,
        };
        let n_regs = self.unit.n_regs;
        let end = run.first.0.checked_add(run.count);
        if run.count == 0 {
            self.check(run.first == Reg(0), 7, "an empty run starts at r0");
        } else if end.is_none_or(|end| end > n_regs) {
            // Walking the run below could take forever.
            self.error(7, "a run of registers ends behind the last register");
            return;
        }
        let mut out_of_range = None;
        let mut look = |reg: Reg| {
            if reg.0 >= n_regs {
                out_of_range = Some(reg);
            }
        };
        inst.for_each_read(&mut look);
        inst.writes().for_each(&mut look);
        if let Some(reg) = out_of_range {
            self.error(7, format!("{reg} is not below {n_regs}"));
        }
        if let Inst::MakeMap { pairs, .. } = inst {
            self.check(pairs.count.is_multiple_of(2), 7, "keys and values come in pairs");
        }
    }

    /// Invariant 8.
    fn ids(&mut self, inst: &Inst) {
        let unit = self.unit;
        match *inst {
            Inst::Const { value, .. } => self.constant(value),
            Inst::Unsupported { message } => self.string(message, 8),
            Inst::LoadLocal { name, .. }
            | Inst::LoadFree { name, .. }
            | Inst::StoreGlobal { name, .. }
            | Inst::GetMember { name, .. }
            | Inst::GetKey { name, .. }
            | Inst::RefMember { name, .. }
            | Inst::SetMember { name, .. }
            | Inst::CallMethod { name, .. } => self.name(name),
            Inst::MakeFunction { child, .. } => {
                let exists = (child.0 as usize) < unit.children.len();
                self.check(exists, 8, "no such nested function");
            }
            Inst::LoadEnv { slot, .. } | Inst::StoreEnv { slot, .. } => {
                let exists = unit.env.as_ref().is_some_and(|env| (slot.0 as usize) < env.len());
                self.check(exists || unit.env.is_none(), 8, "no such slot");
            }
            _ => {}
        }
    }

    fn name(&mut self, name: NameId) {
        let exists = (name.0 as usize) < self.unit.names.len();
        self.check(exists, 8, "no such name");
    }

    fn constant(&mut self, value: ConstId) {
        let exists = (value.0 as usize) < self.unit.consts.len();
        self.check(exists, 8, "no such constant");
    }

    fn string(&mut self, value: ConstId, invariant: u8) {
        let is_string = matches!(self.unit.consts.get(value.0 as usize), Some(Const::Str(_)));
        self.check(is_string, invariant, "a message or note is a string");
    }

    /// Invariant 9.
    fn ty(&mut self, inst: &Inst, ty: Ty) {
        self.check(ty == Ty::Any || inst.dst().is_some(), 9, "only an instruction with a result has a type");
        if let Inst::Const { value, .. } = *inst
            && let Some(value) = self.unit.consts.get(value.0 as usize)
        {
            self.check(ty == const_ty(value), 9, "a constant has its own type");
        }
    }

    /// Invariant 10.
    fn fits_kind(&mut self, inst: &Inst) {
        let unit = self.unit;
        match *inst {
            Inst::LoadLocal { local, name, .. } => {
                let is_param =
                    unit.env.is_none() && unit.params.get(local.0 as usize).is_some_and(|param| param.name == name);
                let is_local = unit.locals.iter().any(|it| it.reg == local && it.name == name);
                self.check(is_param || is_local, 10, "not a register local of that name");
            }
            Inst::LoadEnv { .. } | Inst::StoreEnv { .. } => {
                self.check(unit.env.is_some(), 10, "there is no environment")
            }
            Inst::StoreGlobal { .. } | Inst::End => {
                self.check(unit.kind == UnitKind::Statement, 10, "only statements store globals and end");
            }
            Inst::MakeFunction { .. } | Inst::LoadLocals { .. } => {
                let exposed = unit.kind != UnitKind::Function || unit.env.is_some();
                self.check(exposed, 10, "a function whose variables are reachable has an environment");
            }
            _ => {}
        }
    }

    /// Invariant 11.
    fn records(&mut self) {
        let unit = self.unit;
        let sorted = unit.records.is_sorted_by_key(|record| record.inst);
        self.check(sorted, 11, "records are sorted by instruction");
        for record in &unit.records {
            self.inst = Some(record.inst);
            let mut touches = false;
            if let Some(inst) = unit.insts.get(record.inst.0 as usize) {
                inst.for_each_read(|reg| touches |= reg == record.value);
                touches |= inst.writes().any(|reg| reg == record.value);
            }
            self.check(touches, 11, "a record shows a register of its instruction");
        }
        self.inst = None;
    }

    /// Invariant 12.
    fn definite_writes(&mut self) {
        for (block, inst, reg) in flow::unwritten_reads(self.unit) {
            self.block = Some(block);
            self.inst = Some(inst);
            self.error(12, format!("{reg} may be read before it is written"));
        }
    }
}

/// The type of a constant.
pub(crate) fn const_ty(value: &Const) -> Ty {
    match value {
        Const::Null => Ty::Null,
        Const::Number(_) => Ty::Number,
        Const::Str(_) => Ty::String,
        Const::List(_) => Ty::List,
        Const::Map(_) => Ty::Map,
    }
}
