//! Which registers an MIR instruction reads and writes.
//!
//! Liveness, loop analysis and the builder ask here, so that the answer stands once. Invariant: `uses` names every register
//! whose value the interpreter would read, so that a state that holds the live ones is complete.

use minilive_mir::ir::{Inst, Reg, RegRange};

/// Calls `f` with every register the instruction reads.
pub fn uses(inst: &Inst, f: &mut dyn FnMut(Reg)) {
    let range = |range: RegRange, f: &mut dyn FnMut(Reg)| range.iter().for_each(f);
    match *inst {
        Inst::Move { src, .. }
        | Inst::StoreEnv { src, .. }
        | Inst::StoreGlobal { src, .. }
        | Inst::AutoCall { src, .. }
        | Inst::Unary { src, .. }
        | Inst::IterInit { src, .. }
        | Inst::CheckUncaught { src }
        | Inst::Return { src } => f(src),
        Inst::LoadLocal { local, .. } => f(local),
        Inst::Binary { a, b, .. } => [a, b].into_iter().for_each(f),
        Inst::GetMember { obj, this, .. } => [obj, this].into_iter().for_each(f),
        Inst::GetIndex { obj, key, .. } | Inst::RefIndex { obj, key, .. } => [obj, key].into_iter().for_each(f),
        Inst::RefMember { obj, .. } => f(obj),
        Inst::SetMember { obj, src, .. } => [obj, src].into_iter().for_each(f),
        Inst::SetIndex { obj, key, src } => [obj, key, src].into_iter().for_each(f),
        Inst::Slice { obj, from, to, .. } => [obj, from, to].into_iter().for_each(f),
        Inst::Call { callee, args, .. } => {
            f(callee);
            range(args, f);
        }
        Inst::CallMethod { obj, this, args, .. } => {
            [obj, this].into_iter().for_each(&mut *f);
            range(args, f);
        }
        Inst::CallIndex { obj, this, key, args, .. } => {
            [obj, this, key].into_iter().for_each(&mut *f);
            range(args, f);
        }
        Inst::MakeList { elems, .. } => range(elems, f),
        Inst::AppendList { list, elems } => {
            f(list);
            range(elems, f);
        }
        Inst::MakeMap { pairs, .. } => range(pairs, f),
        Inst::Branch { cond, .. } => f(cond),
        Inst::AndTest { a, .. } | Inst::OrTest { a, .. } => f(a),
        Inst::IterNext { obj, pos, .. } => [obj, pos].into_iter().for_each(f),
        _ => {}
    }
}

/// The registers the instruction writes on every way out of it.
pub fn defs(inst: &Inst) -> [Option<Reg>; 2] {
    match *inst {
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
        | Inst::MakeFunction { dst, .. } => [Some(dst), None],
        Inst::IterInit { obj, pos, .. } => [Some(obj), Some(pos)],
        Inst::IterNext { pos, .. } => [Some(pos), None],
        _ => [None, None],
    }
}

/// The register a terminator writes on only one of its edges, with the number of that edge (in [`targets`] order).
pub fn edge_def(inst: &Inst) -> Option<(usize, Reg)> {
    match *inst {
        Inst::AndTest { dst, .. } | Inst::OrTest { dst, .. } => Some((1, dst)),
        Inst::IterNext { dst, .. } => Some((0, dst)),
        _ => None,
    }
}

/// The blocks to which a terminator may go: then before else, right operand before done, body before done.
pub fn targets(inst: &Inst) -> Vec<minilive_mir::ir::BlockId> {
    match *inst {
        Inst::Jump { to } => vec![to],
        Inst::Branch { then, els, .. } => vec![then, els],
        Inst::AndTest { rhs, done, .. } | Inst::OrTest { rhs, done, .. } => vec![rhs, done],
        Inst::IterNext { body, done, .. } => vec![body, done],
        _ => Vec::new(),
    }
}
