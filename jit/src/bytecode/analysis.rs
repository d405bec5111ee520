//! What fusing needs to know about a unit: who reads and writes which register, which values leave their block, what is no function.
//!
//! `build` asks; nothing is kept. Invariant: answers err on the side of "may be read" and "may be a function".

use minilive_mir::ir::{BinaryOp, BlockId, Inst, Reg, Unit};

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
                for reg in writes(&unit.insts[i]).into_iter().flatten() {
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
        for (b, block) in unit.blocks.iter().enumerate() {
            let mut written = Vec::new();
            for i in (block.first as usize..block.end as usize).rev() {
                let sure = writes_for_sure(&unit.insts[i]);
                for reg in writes(&unit.insts[i]).into_iter().flatten() {
                    self.leaves[i] |= if sure {
                        !overwritten[reg.0 as usize] && liveness.at_end(b, reg)
                    } else {
                        unit.insts[i].targets().any(|to| liveness.at_start(to, reg))
                    };
                    overwritten[reg.0 as usize] |= sure;
                    written.push(reg);
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

/// Whether an instruction writes its results on every way out of it.
fn writes_for_sure(inst: &Inst) -> bool {
    !matches!(inst, Inst::AndTest { .. } | Inst::OrTest { .. } | Inst::IterNext { .. })
}

/// The result of a terminator that writes it on the way to one of its targets only.
fn written_on_the_way(inst: &Inst, target: BlockId) -> Option<Reg> {
    match *inst {
        Inst::AndTest { dst, rhs, done, .. } | Inst::OrTest { dst, rhs, done, .. } => {
            (target == done && rhs != done).then_some(dst)
        }
        Inst::IterNext { dst, body, done, .. } => (target == body && body != done).then_some(dst),
        _ => None,
    }
}

/// Which registers may be read after the end of each block, by backward data flow over the crossing ones.
struct Liveness {
    /// Number of a register among those that cross blocks, or `None`.
    numbers: Vec<Option<u32>>,
    /// Per block one set, in words of 64 registers.
    ends: Vec<u64>,
    /// As `ends`, for the blocks' starts.
    starts: Vec<u64>,
    words: usize,
}

impl Liveness {
    fn of(unit: &Unit, exposed: &[bool]) -> Liveness {
        let mut count = 0u32;
        let mut numbers = Vec::with_capacity(exposed.len());
        for &exposed in exposed {
            numbers.push(exposed.then_some(count));
            count += u32::from(exposed);
        }
        let words = (count as usize).div_ceil(64);
        let size = words * unit.blocks.len();
        if size * 64 > MAX_LIVENESS {
            let all = vec![u64::MAX; size];
            return Liveness { numbers, ends: all.clone(), starts: all, words };
        }
        let mut live = Liveness { numbers, ends: vec![0; size], starts: vec![0; size], words };
        live.solve(unit);
        live
    }

    /// The sets at the blocks' ends grow until nothing changes. Blocks are laid out in order, so a few rounds do.
    fn solve(&mut self, unit: &Unit) {
        let implied: Vec<Reg> = [unit.self_reg, unit.super_reg].into_iter().flatten().collect();
        let mut changed = true;
        while changed {
            changed = false;
            for (b, block) in unit.blocks.iter().enumerate().rev() {
                let mut now = vec![0; self.words];
                implied.iter().for_each(|&reg| self.put(&mut now, reg, true));
                let end = &unit.insts[block.end as usize - 1];
                for to in end.targets() {
                    let mut start = self.starts[to.0 as usize * self.words..][..self.words].to_vec();
                    if let Some(written) = written_on_the_way(end, to) {
                        self.put(&mut start, written, false);
                    }
                    now.iter_mut().zip(start).for_each(|(now, start)| *now |= start);
                }
                self.ends[b * self.words..][..self.words].copy_from_slice(&now);
                for inst in unit.insts[block.first as usize..block.end as usize].iter().rev() {
                    if writes_for_sure(inst) {
                        inst.for_each_write(|reg| self.put(&mut now, reg, false));
                    }
                    inst.for_each_read(|reg| self.put(&mut now, reg, true));
                }
                let start = &mut self.starts[b * self.words..][..self.words];
                changed |= start != now;
                start.copy_from_slice(&now);
            }
        }
    }

    fn put(&self, set: &mut [u64], reg: Reg, on: bool) {
        if let Some(number) = self.numbers[reg.0 as usize] {
            let (word, bit) = (number as usize / 64, 1 << (number % 64));
            if on { set[word] |= bit } else { set[word] &= !bit }
        }
    }

    fn at_end(&self, block: usize, reg: Reg) -> bool {
        self.has(&self.ends, block, reg)
    }

    fn at_start(&self, block: BlockId, reg: Reg) -> bool {
        self.has(&self.starts, block.0 as usize, reg)
    }

    fn has(&self, sets: &[u64], block: usize, reg: Reg) -> bool {
        let word = |number: u32| sets[block * self.words + number as usize / 64];
        self.numbers[reg.0 as usize].is_some_and(|number| word(number) & 1 << (number % 64) != 0)
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
