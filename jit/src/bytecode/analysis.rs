//! What fusing needs to know about a unit: who reads and writes which register, which values leave their block, what is no function.
//!
//! `build` asks; nothing is kept. Invariant: answers err on the side of "may be read" and "may be a function".

use minilive_mir::bits::Bits;
use minilive_mir::ir::{BinaryOp, BlockId, Inst, Reg, Unit};

/// Units with more blocks times registers than this count every register that crosses blocks as live at the end of all of them.
const MAX_LIVENESS: usize = 1 << 24;

/// Facts about the registers of one unit.
pub struct Facts {
    /// Read in some block before that block writes it: the value may come from another block.
    pub exposed: Vec<bool>,
    /// No instruction puts a function into it, and it is no parameter.
    pub never_function: Vec<bool>,
    /// Per instruction that writes a register: how many mentions read that very value inside the block.
    pub uses: Vec<u32>,
    /// Per instruction that writes a register: whether that very value may be read after the block's end.
    pub leaves: Vec<bool>,
}

impl Facts {
    /// Looks through a unit.
    pub fn of(unit: &Unit) -> Facts {
        let n_regs = unit.n_regs as usize;
        let mut facts = Facts {
            exposed: vec![false; n_regs],
            never_function: vec![true; n_regs],
            uses: vec![0; unit.insts.len()],
            leaves: vec![false; unit.insts.len()],
        };
        facts.find_exposed(unit);
        facts.find_functions(unit);
        for reg in [unit.self_reg, unit.super_reg].into_iter().flatten() {
            facts.exposed[reg.0 as usize] = true;
        }
        facts.find_leaving(unit);
        facts
    }

    fn find_exposed(&mut self, unit: &Unit) {
        const NOBODY: usize = usize::MAX;
        let mut writer = vec![NOBODY; self.exposed.len()];
        for block in &unit.blocks {
            let mut written = Vec::new();
            for i in block.first as usize..block.end as usize {
                unit.insts[i].for_each_read(|reg| match writer[reg.0 as usize] {
                    NOBODY => self.exposed[reg.0 as usize] = true,
                    writer => self.uses[writer] += 1,
                });
                for reg in unit.insts[i].writes() {
                    writer[reg.0 as usize] = i;
                    written.push(reg);
                }
            }
            written.into_iter().for_each(|reg| writer[reg.0 as usize] = NOBODY);
        }
    }

    /// Walks each block backwards from what is live at its end.
    fn find_leaving(&mut self, unit: &Unit) {
        let liveness = Liveness::of(unit, &self.exposed);
        let mut overwritten = vec![false; self.exposed.len()];
        for block in &unit.blocks {
            let insts = &unit.insts[block.first as usize..block.end as usize];
            let end = insts.last().expect("blocks have a terminator");
            let mut written = Vec::new();
            for (inst, leaves) in insts.iter().zip(&mut self.leaves[block.first as usize..]).rev() {
                for reg in inst.sure_writes().into_iter().flatten() {
                    *leaves |= !overwritten[reg.0 as usize] && liveness.at_end(end, reg);
                    overwritten[reg.0 as usize] = true;
                    written.push(reg);
                }
                if let Some((way, reg)) = inst.write_on_way() {
                    *leaves |= inst.targets().nth(way).is_some_and(|to| liveness.at_start(to, reg));
                }
            }
            written.into_iter().for_each(|reg| overwritten[reg.0 as usize] = false);
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
                // The second register of the iteration's two is a position, which is a number.
                let first = if let Inst::IterInit { obj, .. } = *inst { Some(obj) } else { inst.dst() };
                let Some(dst) = first else { continue };
                let harmless = match inst {
                    Inst::Move { src, .. } | Inst::IterInit { src, .. } => self.never_function[src.0 as usize],
                    other => makes_no_function(other),
                };
                if !harmless && self.never_function[dst.0 as usize] {
                    self.never_function[dst.0 as usize] = false;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// Which registers may be read from the start of each block on, by backward data flow over those that cross blocks.
struct Liveness {
    /// Number of a register among those that cross blocks, or `None`.
    numbers: Vec<Option<u32>>,
    /// How many have one.
    count: u32,
    /// Read without being mentioned.
    implied: Vec<Reg>,
    /// Per block; nothing if the unit is too large, and then all of them are live everywhere.
    starts: Option<Vec<Bits>>,
}

impl Liveness {
    fn of(unit: &Unit, exposed: &[bool]) -> Liveness {
        let mut count = 0u32;
        let mut numbers = Vec::with_capacity(exposed.len());
        for &exposed in exposed {
            numbers.push(exposed.then_some(count));
            count += u32::from(exposed);
        }
        let implied = [unit.self_reg, unit.super_reg].into_iter().flatten().collect();
        let small = count as usize * unit.blocks.len() <= MAX_LIVENESS;
        let starts = small.then(|| vec![Bits::empty(count); unit.blocks.len()]);
        let mut live = Liveness { numbers, count, implied, starts };
        while live.round(unit) {}
        live
    }

    /// The sets grow until nothing changes. Blocks are laid out in order, so a few rounds do.
    fn round(&mut self, unit: &Unit) -> bool {
        let Some(mut starts) = self.starts.take() else { return false };
        let mut changed = false;
        for (b, block) in unit.blocks.iter().enumerate().rev() {
            let insts = &unit.insts[block.first as usize..block.end as usize];
            let mut now = Bits::empty(self.count);
            let crossing = |reg: Reg| self.numbers[reg.0 as usize];
            let end = insts.last().expect("blocks have a terminator");
            for (way, to) in end.targets().enumerate() {
                let mut start = starts[to.0 as usize].clone();
                if let Some((only, reg)) = end.write_on_way()
                    && only == way
                {
                    crossing(reg).into_iter().for_each(|n| start.remove(n));
                }
                now.join(&start);
            }
            for inst in insts.iter().rev() {
                inst.sure_writes().into_iter().flatten().filter_map(crossing).for_each(|n| now.remove(n));
                inst.for_each_read(|reg| crossing(reg).into_iter().for_each(|n| now.insert(n)));
            }
            self.implied.iter().copied().filter_map(crossing).for_each(|n| now.insert(n));
            changed |= starts[b] != now;
            starts[b] = now;
        }
        self.starts = Some(starts);
        changed
    }

    fn at_start(&self, block: BlockId, reg: Reg) -> bool {
        let Some(number) = self.numbers[reg.0 as usize] else { return false };
        self.starts.as_ref().is_none_or(|starts| starts[block.0 as usize].contains(number))
    }

    /// Whether what a register holds at the end of a block may be read after it.
    fn at_end(&self, end: &Inst, reg: Reg) -> bool {
        let read_at = |(way, to)| end.write_on_way() != Some((way, reg)) && self.at_start(to, reg);
        self.implied.contains(&reg) || end.targets().enumerate().any(read_at)
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
