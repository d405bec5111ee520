//! What an instruction reads, writes and where it may go: one place that knows the operands of every [`Inst`].
//!
//! The verifier, the engine's translators and every pass ask here instead of matching all variants themselves.
//! Invariant: the matches below have no wildcard arm for variants with operands, so a new instruction cannot be forgotten.

use crate::ir::{BlockId, Inst, Reg, RegRange};

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
            Inst::RefMember { obj, .. } => all(&[obj], RegRange::EMPTY),
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
}
