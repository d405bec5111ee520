//! What fusing needs to know about a unit: who reads and writes which register, what crosses block borders, what is no function.
//!
//! `build` asks; nothing is kept. Invariant: answers err on the side of "may be read" and "may be a function".

use minilive_mir::ir::{BinaryOp, Inst, Reg, Unit};

/// Calls `f` with each register that an instruction reads, once per mention.
pub fn reads(inst: &Inst, mut f: impl FnMut(Reg)) {
    let mut all = |regs: &[Reg]| regs.iter().copied().for_each(&mut f);
    match inst {
        Inst::Move { src, .. }
        | Inst::StoreEnv { src, .. }
        | Inst::StoreGlobal { src, .. }
        | Inst::AutoCall { src, .. }
        | Inst::Unary { src, .. }
        | Inst::IterInit { src, .. }
        | Inst::CheckUncaught { src }
        | Inst::Return { src } => all(&[*src]),
        Inst::LoadLocal { local, .. } => all(&[*local]),
        Inst::Binary { a, b, .. } => all(&[*a, *b]),
        Inst::GetMember { obj, this, .. } => all(&[*obj, *this]),
        Inst::GetIndex { obj, key, .. } | Inst::RefIndex { obj, key, .. } => all(&[*obj, *key]),
        Inst::RefMember { obj, .. } => all(&[*obj]),
        Inst::SetMember { obj, src, .. } => all(&[*obj, *src]),
        Inst::SetIndex { obj, key, src } => all(&[*obj, *key, *src]),
        Inst::Slice { obj, from, to, .. } => all(&[*obj, *from, *to]),
        Inst::Call { callee, args, .. } => {
            all(&[*callee]);
            args.iter().for_each(f);
        }
        Inst::CallMethod { obj, this, args, .. } => {
            all(&[*obj, *this]);
            args.iter().for_each(f);
        }
        Inst::CallIndex { obj, this, key, args, .. } => {
            all(&[*obj, *this, *key]);
            args.iter().for_each(f);
        }
        Inst::MakeList { elems, .. } => elems.iter().for_each(f),
        Inst::AppendList { list, elems } => {
            all(&[*list]);
            elems.iter().for_each(f);
        }
        Inst::MakeMap { pairs, .. } => pairs.iter().for_each(f),
        Inst::Branch { cond, .. } => all(&[*cond]),
        Inst::AndTest { a, .. } | Inst::OrTest { a, .. } => all(&[*a]),
        // The loop variable keeps its value when the loop ends, so it is read and written.
        Inst::IterNext { obj, pos, dst, .. } => all(&[*obj, *pos, *dst]),
        Inst::LoadSelf { .. } | Inst::LoadSuper { .. } => {}
        Inst::Const { .. }
        | Inst::LoadEnv { .. }
        | Inst::LoadFree { .. }
        | Inst::LoadLocals { .. }
        | Inst::LoadOuter { .. }
        | Inst::LoadGlobals { .. }
        | Inst::MakeFunction { .. }
        | Inst::Unsupported { .. }
        | Inst::Jump { .. }
        | Inst::End => {}
    }
}

/// The register that an instruction writes first, and the second one of those that write two.
pub fn writes(inst: &Inst) -> [Option<Reg>; 2] {
    match inst {
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
        | Inst::OrTest { dst, .. } => [Some(*dst), None],
        Inst::IterInit { obj, pos, .. } => [Some(*obj), Some(*pos)],
        Inst::IterNext { dst, pos, .. } => [Some(*dst), Some(*pos)],
        _ => [None, None],
    }
}

/// Facts about the registers of one unit.
pub struct Facts {
    /// Read in some block before that block writes it: the value may come from another block.
    pub exposed: Vec<bool>,
    /// No instruction puts a function into it, and it is no parameter.
    pub never_function: Vec<bool>,
    /// Per instruction that writes a register: how many mentions read that very value inside the block.
    pub uses: Vec<u32>,
}

impl Facts {
    /// Looks through a unit.
    pub fn of(unit: &Unit) -> Facts {
        let n_regs = unit.n_regs as usize;
        let mut facts =
            Facts { exposed: vec![false; n_regs], never_function: vec![true; n_regs], uses: vec![0; unit.insts.len()] };
        facts.find_exposed(unit);
        facts.find_functions(unit);
        for reg in [unit.self_reg, unit.super_reg].into_iter().flatten() {
            facts.exposed[reg.0 as usize] = true;
        }
        facts
    }

    fn find_exposed(&mut self, unit: &Unit) {
        const NOBODY: usize = usize::MAX;
        let mut writer = vec![NOBODY; self.exposed.len()];
        for block in &unit.blocks {
            let mut written = Vec::new();
            for i in block.first as usize..block.end as usize {
                reads(&unit.insts[i], |reg| match writer[reg.0 as usize] {
                    NOBODY => self.exposed[reg.0 as usize] = true,
                    writer => self.uses[writer] += 1,
                });
                for reg in writes(&unit.insts[i]).into_iter().flatten() {
                    writer[reg.0 as usize] = i;
                    written.push(reg);
                }
            }
            written.into_iter().for_each(|reg| writer[reg.0 as usize] = NOBODY);
        }
    }

    fn find_functions(&mut self, unit: &Unit) {
        for reg in 0..unit.params.len() {
            self.never_function[reg] = false;
        }
        for reg in [unit.self_reg, unit.super_reg].into_iter().flatten() {
            self.never_function[reg.0 as usize] = false;
        }
        loop {
            let mut changed = false;
            for inst in &unit.insts {
                let [Some(dst), second] = writes(inst) else { continue };
                let harmless = match inst {
                    Inst::Move { src, .. } | Inst::IterInit { src, .. } => self.never_function[src.0 as usize],
                    other => makes_no_function(other),
                };
                if !harmless && self.never_function[dst.0 as usize] {
                    self.never_function[dst.0 as usize] = false;
                    changed = true;
                }
                // The second register is a loop position, which is a number.
                debug_assert!(second.is_none() || matches!(inst, Inst::IterInit { .. } | Inst::IterNext { .. }));
            }
            if !changed {
                return;
            }
        }
    }
}

fn makes_no_function(inst: &Inst) -> bool {
    match inst {
        // `error or f` is f itself.
        Inst::Binary { op, .. } => *op != BinaryOp::Or,
        Inst::Const { .. }
        | Inst::Unary { .. }
        | Inst::MakeList { .. }
        | Inst::MakeMap { .. }
        | Inst::Slice { .. }
        | Inst::LoadLocals { .. }
        | Inst::LoadOuter { .. }
        | Inst::LoadGlobals { .. }
        | Inst::AndTest { .. }
        | Inst::OrTest { .. } => true,
        _ => false,
    }
}
