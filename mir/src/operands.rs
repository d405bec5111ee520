//! What an instruction reads, writes and where it may go: one place that knows the operands of every [`Inst`].
//!
//! The verifier, the engine's translators and every pass ask here instead of matching all variants themselves.
//! Invariant: the matches below have no wildcard arm for variants with operands, so a new instruction cannot be forgotten.

use crate::ir::{BlockId, ConstId, Inst, NameId, Reg, RegRange};

/// What the operands of an instruction become when its unit is made part of another one.
pub trait Renumber {
    /// A register.
    fn reg(&mut self, reg: Reg) -> Reg;
    /// A name.
    fn name(&mut self, name: NameId) -> NameId;
    /// A constant.
    fn constant(&mut self, constant: ConstId) -> ConstId;
}

impl Inst {
    /// The register that holds the instruction's result, if it has one. [`Inst::IterInit`] has two results and is not here;
    /// [`Inst::AndTest`], [`Inst::OrTest`] and [`Inst::IterNext`] write theirs on one of their two ways out only.
    pub fn dst(&self) -> Option<Reg> {
        match *self {
            Inst::Const { dst, .. }
            | Inst::Move { dst, .. }
            | Inst::LoadLocal { dst, .. }
            | Inst::LoadEnv { dst, .. }
            | Inst::LoadFree { dst, .. }
            | Inst::LoadSelf { dst }
            | Inst::LoadSuper { dst }
            | Inst::LoadLocals { dst }
            | Inst::LoadOuter { dst }
            | Inst::LoadGlobals { dst }
            | Inst::AutoCall { dst, .. }
            | Inst::Binary { dst, .. }
            | Inst::Unary { dst, .. }
            | Inst::GetMember { dst, .. }
            | Inst::GetIndex { dst, .. }
            | Inst::GetKey { dst, .. }
            | Inst::RefMember { dst, .. }
            | Inst::RefIndex { dst, .. }
            | Inst::Slice { dst, .. }
            | Inst::Call { dst, .. }
            | Inst::CallMethod { dst, .. }
            | Inst::CallIndex { dst, .. }
            | Inst::MakeList { dst, .. }
            | Inst::MakeMap { dst, .. }
            | Inst::MakeFunction { dst, .. }
            | Inst::AndTest { dst, .. }
            | Inst::OrTest { dst, .. }
            | Inst::IterNext { dst, .. } => Some(dst),
            Inst::StoreEnv { .. }
            | Inst::StoreGlobal { .. }
            | Inst::SetMember { .. }
            | Inst::SetIndex { .. }
            | Inst::AppendList { .. }
            | Inst::IterInit { .. }
            | Inst::CheckUncaught { .. }
            | Inst::Unsupported { .. }
            | Inst::Jump { .. }
            | Inst::Branch { .. }
            | Inst::Return { .. }
            | Inst::End => None,
        }
    }

    /// Calls `read` with every register the instruction reads, runs of registers included one by one.
    pub fn for_each_read(&self, mut read: impl FnMut(Reg)) {
        let mut all = |regs: &[Reg], run: RegRange| {
            regs.iter().copied().for_each(&mut read);
            run.iter().for_each(&mut read);
        };
        match *self {
            Inst::Const { .. }
            | Inst::LoadEnv { .. }
            | Inst::LoadFree { .. }
            | Inst::LoadSelf { .. }
            | Inst::LoadSuper { .. }
            | Inst::LoadLocals { .. }
            | Inst::LoadOuter { .. }
            | Inst::LoadGlobals { .. }
            | Inst::MakeFunction { .. }
            | Inst::Unsupported { .. }
            | Inst::Jump { .. }
            | Inst::End => {}
            Inst::Move { src, .. }
            | Inst::StoreEnv { src, .. }
            | Inst::StoreGlobal { src, .. }
            | Inst::AutoCall { src, .. }
            | Inst::Unary { src, .. }
            | Inst::IterInit { src, .. }
            | Inst::CheckUncaught { src }
            | Inst::Return { src } => all(&[src], RegRange::EMPTY),
            Inst::LoadLocal { local, .. } => all(&[local], RegRange::EMPTY),
            Inst::Binary { a, b, .. } => all(&[a, b], RegRange::EMPTY),
            Inst::GetMember { obj, this, .. } => all(&[obj, this], RegRange::EMPTY),
            Inst::GetIndex { obj, key, .. } | Inst::RefIndex { obj, key, .. } => all(&[obj, key], RegRange::EMPTY),
            Inst::GetKey { obj, .. } | Inst::RefMember { obj, .. } => all(&[obj], RegRange::EMPTY),
            Inst::SetMember { obj, src, .. } => all(&[obj, src], RegRange::EMPTY),
            Inst::SetIndex { obj, key, src } => all(&[obj, key, src], RegRange::EMPTY),
            Inst::Slice { obj, from, to, .. } => all(&[obj, from, to], RegRange::EMPTY),
            Inst::Call { callee, args, .. } => all(&[callee], args),
            Inst::CallMethod { obj, this, args, .. } => all(&[obj, this], args),
            Inst::CallIndex { obj, this, key, args, .. } => all(&[obj, this, key], args),
            Inst::MakeList { elems, .. } => all(&[], elems),
            Inst::AppendList { list, elems } => all(&[list], elems),
            Inst::MakeMap { pairs, .. } => all(&[], pairs),
            Inst::Branch { cond, .. } => all(&[cond], RegRange::EMPTY),
            Inst::AndTest { a, .. } | Inst::OrTest { a, .. } => all(&[a], RegRange::EMPTY),
            Inst::IterNext { obj, pos, .. } => all(&[obj, pos], RegRange::EMPTY),
        }
    }

    /// Every register the instruction may write: its result, and the position of a `for`.
    pub fn writes(&self) -> impl Iterator<Item = Reg> + use<> {
        self.sure_writes().into_iter().flatten().chain(self.write_on_way().map(|(_, reg)| reg))
    }

    /// The registers the instruction writes whichever way it goes.
    pub fn sure_writes(&self) -> [Option<Reg>; 2] {
        match *self {
            Inst::AndTest { .. } | Inst::OrTest { .. } => [None, None],
            Inst::IterInit { obj, pos, .. } => [Some(obj), Some(pos)],
            Inst::IterNext { pos, .. } => [Some(pos), None],
            _ => [self.dst(), None],
        }
    }

    /// The register that a terminator writes on one of its ways only, with the number of that way in [`Inst::targets`].
    pub fn write_on_way(&self) -> Option<(usize, Reg)> {
        match *self {
            Inst::AndTest { dst, .. } | Inst::OrTest { dst, .. } => Some((1, dst)),
            Inst::IterNext { dst, .. } => Some((0, dst)),
            _ => None,
        }
    }

    /// The blocks a terminator may go to, in the order in which the text form names them.
    pub fn targets(&self) -> impl Iterator<Item = BlockId> + use<> {
        let (first, second) = match *self {
            Inst::Jump { to } => (Some(to), None),
            Inst::Branch { then, els, .. } => (Some(then), Some(els)),
            Inst::AndTest { rhs, done, .. } | Inst::OrTest { rhs, done, .. } => (Some(rhs), Some(done)),
            Inst::IterNext { body, done, .. } => (Some(body), Some(done)),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// Calls `edit` with every block a terminator names, for whoever renumbers blocks.
    pub fn for_each_target_mut(&mut self, mut edit: impl FnMut(&mut BlockId)) {
        match self {
            Inst::Jump { to } => edit(to),
            Inst::Branch { then, els, .. } => {
                edit(then);
                edit(els);
            }
            Inst::AndTest { rhs, done, .. } | Inst::OrTest { rhs, done, .. } => {
                edit(rhs);
                edit(done);
            }
            Inst::IterNext { body, done, .. } => {
                edit(body);
                edit(done);
            }
            _ => {}
        }
    }

    /// Renumbers registers, names and constants. Blocks, environment slots and nested functions keep their numbers.
    pub fn renumber(&mut self, to: &mut impl Renumber) {
        self.renumber_entries(to);
        let mut all = |regs: &mut [&mut Reg], run: Option<&mut RegRange>| {
            regs.iter_mut().for_each(|reg| **reg = to.reg(**reg));
            if let Some(run) = run.filter(|it| it.count > 0) {
                run.first = to.reg(run.first);
            }
        };
        match self {
            Inst::Jump { .. } | Inst::End | Inst::Unsupported { .. } => {}
            Inst::Const { dst, .. }
            | Inst::LoadEnv { dst, .. }
            | Inst::LoadFree { dst, .. }
            | Inst::LoadSelf { dst }
            | Inst::LoadSuper { dst }
            | Inst::LoadLocals { dst }
            | Inst::LoadOuter { dst }
            | Inst::LoadGlobals { dst }
            | Inst::MakeFunction { dst, .. } => all(&mut [dst], None),
            Inst::StoreEnv { src, .. }
            | Inst::StoreGlobal { src, .. }
            | Inst::CheckUncaught { src }
            | Inst::Return { src } => all(&mut [src], None),
            Inst::Move { dst, src } | Inst::AutoCall { dst, src } | Inst::Unary { dst, src, .. } => {
                all(&mut [dst, src], None);
            }
            Inst::LoadLocal { dst, local, .. } => all(&mut [dst, local], None),
            Inst::Binary { dst, a, b, .. } => all(&mut [dst, a, b], None),
            Inst::GetMember { dst, obj, this, .. } => all(&mut [dst, obj, this], None),
            Inst::GetIndex { dst, obj, key } | Inst::RefIndex { dst, obj, key } => all(&mut [dst, obj, key], None),
            Inst::GetKey { dst, obj, .. } | Inst::RefMember { dst, obj, .. } => all(&mut [dst, obj], None),
            Inst::SetMember { obj, src, .. } => all(&mut [obj, src], None),
            Inst::SetIndex { obj, key, src } => all(&mut [obj, key, src], None),
            Inst::Slice { dst, obj, from, to } => all(&mut [dst, obj, from, to], None),
            Inst::Call { dst, callee, args } => all(&mut [dst, callee], Some(args)),
            Inst::CallMethod { dst, obj, this, args, .. } => all(&mut [dst, obj, this], Some(args)),
            Inst::CallIndex { dst, obj, this, key, args } => all(&mut [dst, obj, this, key], Some(args)),
            Inst::MakeList { dst, elems } => all(&mut [dst], Some(elems)),
            Inst::AppendList { list, elems } => all(&mut [list], Some(elems)),
            Inst::MakeMap { dst, pairs } => all(&mut [dst], Some(pairs)),
            Inst::IterInit { obj, pos, src } => all(&mut [obj, pos, src], None),
            Inst::Branch { cond, .. } => all(&mut [cond], None),
            Inst::AndTest { dst, a, .. } | Inst::OrTest { dst, a, .. } => all(&mut [dst, a], None),
            Inst::IterNext { obj, pos, dst, .. } => all(&mut [obj, pos, dst], None),
        }
    }

    /// Renumbers what stands in the unit's tables: names and constants.
    fn renumber_entries(&mut self, to: &mut impl Renumber) {
        match self {
            Inst::Const { value, .. } => *value = to.constant(*value),
            Inst::Unsupported { message } => *message = to.constant(*message),
            Inst::LoadLocal { name, .. }
            | Inst::LoadFree { name, .. }
            | Inst::StoreGlobal { name, .. }
            | Inst::GetMember { name, .. }
            | Inst::GetKey { name, .. }
            | Inst::RefMember { name, .. }
            | Inst::SetMember { name, .. }
            | Inst::CallMethod { name, .. } => *name = to.name(*name),
            _ => {}
        }
    }
}
