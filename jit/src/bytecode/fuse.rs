//! Results that the fused version of a block has not computed yet: constants, copies, and reads of variables that might hold
//! a function.
//!
//! `build` asks it before each instruction. Reading a variable calls a function found there (LANGUAGE 5.6), but nearly always
//! finds a number; so the call test is put off to the instruction that uses the value, whose fast path proves that it was
//! none. Invariant: a register is either up to date or listed here, never both.

use minilive_mir::ir::{ConstId, Reg};

/// How to get a value that has not been computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// A constant.
    Const(ConstId),
    /// A copy of another register.
    Copy(Reg),
    /// A copy of another register, if that holds no function; nobody has tested it yet.
    Auto(Reg),
}

/// One put-off result.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The register that the MIR says holds it.
    pub reg: Reg,
    /// How to get it.
    pub value: Pending,
    /// Mentions of it that are still to come.
    pub uses: u32,
    /// The instruction that should have computed it.
    pub inst: u32,
}

/// All put-off results, in program order.
#[derive(Debug, Default)]
pub struct PendingList {
    entries: Vec<Entry>,
}

impl PendingList {
    /// Puts off a result.
    pub fn push(&mut self, entry: Entry) {
        debug_assert!(self.get(entry.reg).is_none(), "a register is put off once");
        self.entries.push(entry);
    }

    /// How many results are put off.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How to get a register, if it is put off.
    pub fn get(&self, reg: Reg) -> Option<Pending> {
        self.entries.iter().find(|it| it.reg == reg).map(|it| it.value)
    }

    /// Notes one mention that was served. Tested reads become plain copies; the last mention removes the entry.
    pub fn consume(&mut self, reg: Reg) {
        let Some(i) = self.entries.iter().position(|it| it.reg == reg) else {
            return;
        };
        let entry = &mut self.entries[i];
        if let Pending::Auto(source) = entry.value {
            entry.value = Pending::Copy(source);
        }
        entry.uses = entry.uses.saturating_sub(1);
        if entry.uses == 0 {
            self.entries.remove(i);
        }
    }

    /// Takes a register's entry out.
    pub fn take(&mut self, reg: Reg) -> Option<Entry> {
        let i = self.entries.iter().position(|it| it.reg == reg)?;
        Some(self.entries.remove(i))
    }

    /// Takes out all untested reads up to and including that of `last`, or all if `None`, in program order.
    pub fn take_autos(&mut self, last: Option<Reg>) -> Vec<Entry> {
        let end = match last {
            Some(reg) => self.entries.iter().position(|it| it.reg == reg).map_or(0, |i| i + 1),
            None => self.entries.len(),
        };
        let mut taken = Vec::new();
        let mut i = 0;
        self.entries.retain(|it| {
            let take = i < end && matches!(it.value, Pending::Auto(_));
            i += 1;
            if take {
                taken.push(*it);
            }
            !take
        });
        taken
    }

    /// Takes out the plain copies of a register that is about to be overwritten.
    pub fn take_copies_of(&mut self, reg: Reg) -> Vec<Entry> {
        self.take_copies_if(|source| source == reg)
    }

    /// Takes out the plain copies whose source passes the test.
    pub fn take_copies_if(&mut self, test: impl Fn(Reg) -> bool) -> Vec<Entry> {
        let (taken, kept) =
            self.entries.iter().partition(|it| matches!(it.value, Pending::Copy(source) if test(source)));
        self.entries = kept;
        taken
    }

    /// What is put off and is no untested read.
    pub fn known(&self) -> Vec<Entry> {
        self.entries.iter().filter(|it| !matches!(it.value, Pending::Auto(_))).copied().collect()
    }

    /// Whether there is an untested read of a register.
    pub fn has_auto_of(&self, reg: Reg) -> bool {
        self.entries.iter().any(|it| it.value == Pending::Auto(reg))
    }

    /// Whether an untested read of `source` is needed by more than the mentions of one instruction.
    pub fn auto_outlives(&self, source: Reg, mentioned: &[Reg]) -> bool {
        self.entries.iter().any(|it| {
            let served = mentioned.iter().filter(|&&reg| reg == it.reg).count();
            it.value == Pending::Auto(source) && it.uses as usize > served
        })
    }

    /// The last untested read that an instruction with these operands does not use.
    pub fn last_auto_not_in(&self, mentioned: &[Reg]) -> Option<Reg> {
        let foreign = |it: &&Entry| matches!(it.value, Pending::Auto(_)) && !mentioned.contains(&it.reg);
        self.entries.iter().rev().find(foreign).map(|it| it.reg)
    }

    /// The untested reads: the instruction of the first, and all their registers.
    pub fn autos(&self) -> Option<(u32, Vec<Reg>)> {
        let mut autos = self.entries.iter().filter_map(|it| match it.value {
            Pending::Auto(reg) => Some((it.inst, reg)),
            _ => None,
        });
        let (inst, first) = autos.next()?;
        Some((inst, std::iter::once(first).chain(autos.map(|it| it.1)).collect()))
    }

    /// Whether there are untested reads.
    pub fn has_autos(&self) -> bool {
        self.entries.iter().any(|it| matches!(it.value, Pending::Auto(_)))
    }

    /// Forgets everything; at the end of a block only results that nobody reads are left.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
