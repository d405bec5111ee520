//! Proves bytecode safe to run without bounds checks.
//!
//! `engine` calls it for everything it loads; `interp/step` relies on it. What holds afterwards:
//! 1. Every word reachable as an instruction start has a known operation; two-word operations are followed by an `Ext` word,
//!    which is no jump target, and `Ext` words stand nowhere else.
//! 2. Every register operand, also of ranges, is below `n_regs`; every name, constant, child, environment slot and record
//!    point is one of the unit's; number-constant operands are numbers.
//! 3. Every jump, fallback, block and resume position is the start of an instruction; `LoopNext` leads to an `IterNext`.
//! 4. The last instruction neither falls off the end nor is a two-word jump without a successor.
//! 5. The tables are as long as the words or the unit's instructions.

use super::{Bytecode, Op, Word, operator_number};
use minilive_mir::ir::{Const, Unit};

/// What is wrong, and at which word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// The word.
    pub pc: u32,
    /// What was found.
    pub message: String,
}

/// Checks the bytecode of a unit.
pub fn verify(code: &Bytecode, unit: &Unit) -> Result<(), VerifyError> {
    let starts = starts(code)?;
    let checker = Checker { code, unit, starts };
    checker.tables()?;
    let mut pc = 0;
    while (pc as usize) < code.words.len() {
        pc += checker.instruction(pc)?;
    }
    checker.falls_off()
}

fn fail<T>(pc: u32, message: impl Into<String>) -> Result<T, VerifyError> {
    Err(VerifyError { pc, message: message.into() })
}

/// Which words start an instruction.
fn starts(code: &Bytecode) -> Result<Vec<bool>, VerifyError> {
    let mut starts = vec![false; code.words.len()];
    let mut pc = 0;
    while pc < code.words.len() {
        let Some(op) = code.words[pc].op() else {
            return fail(pc as u32, "unknown operation");
        };
        if op == Op::Ext {
            return fail(pc as u32, "second word without a first");
        }
        starts[pc] = true;
        if op.words() == 2 && code.words.get(pc + 1).and_then(|word| word.op()) != Some(Op::Ext) {
            return fail(pc as u32, "the second word is missing");
        }
        pc += op.words() as usize;
    }
    Ok(starts)
}

struct Checker<'a> {
    code: &'a Bytecode,
    unit: &'a Unit,
    starts: Vec<bool>,
}

impl Checker<'_> {
    fn tables(&self) -> Result<(), VerifyError> {
        let (code, unit) = (self.code, self.unit);
        let n_insts = unit.insts.len();
        let lengths_match = code.inst_of.len() == code.words.len()
            && code.resume_pc.len() == n_insts
            && code.site_pc.len() == n_insts
            && code.block_pc.len() == unit.blocks.len()
            && u32::from(code.n_regs) == unit.n_regs;
        if !lengths_match || code.block_pc.is_empty() || code.block_pc[0] != 0 {
            return fail(0, "a table has the wrong length");
        }
        let is_start = |pc: &u32| self.starts.get(*pc as usize) == Some(&true);
        let positions = code.block_pc.iter().chain(&code.resume_pc);
        let fallbacks = code.fallbacks.iter().flat_map(|it| [&it.pc, &it.plain]);
        if let Some(&pc) = positions.chain(fallbacks).find(|pc| !is_start(pc)) {
            return fail(pc, "a position is no start of an instruction");
        }
        if code.site_pc.iter().any(|&pc| pc as usize >= code.words.len()) {
            return fail(0, "a feedback position is outside");
        }
        if !code.fallbacks.is_sorted_by_key(|it| it.pc) {
            return fail(0, "fallbacks are not sorted");
        }
        for it in &code.fallbacks {
            it.regs.iter().try_for_each(|&reg| self.reg(it.pc, reg))?;
        }
        if unit.params.len() > unit.n_regs as usize {
            return fail(0, "more parameters than registers");
        }
        [unit.self_reg, unit.super_reg].into_iter().flatten().try_for_each(|reg| self.reg(0, reg.0 as u16))
    }

    fn falls_off(&self) -> Result<(), VerifyError> {
        let Some(last) = self.starts.iter().rposition(|&start| start) else {
            return fail(0, "no instructions");
        };
        match self.code.words[last].op() {
            Some(Op::Jump | Op::Loop | Op::LoopNext | Op::Return | Op::ReturnConst | Op::End | Op::Unsupported) => {
                Ok(())
            }
            _ => fail(last as u32, "runs off the end"),
        }
    }

    fn reg(&self, pc: u32, reg: u16) -> Result<(), VerifyError> {
        if reg < self.code.n_regs { Ok(()) } else { fail(pc, format!("no register {reg}")) }
    }

    fn regs<const N: usize>(&self, pc: u32, regs: [u16; N]) -> Result<(), VerifyError> {
        regs.into_iter().try_for_each(|reg| self.reg(pc, reg))
    }

    fn range(&self, pc: u32, first: u16, count: u32) -> Result<(), VerifyError> {
        if count == 0 || u32::from(first) + count <= u32::from(self.code.n_regs) {
            Ok(())
        } else {
            fail(pc, format!("no registers {first}..+{count}"))
        }
    }

    fn below(&self, pc: u32, what: &str, index: u32, len: usize) -> Result<(), VerifyError> {
        if (index as usize) < len { Ok(()) } else { fail(pc, format!("no {what} {index}")) }
    }

    fn name(&self, pc: u32, name: u32) -> Result<(), VerifyError> {
        self.below(pc, "name", name, self.unit.names.len())
    }

    fn constant(&self, pc: u32, id: u32) -> Result<(), VerifyError> {
        self.below(pc, "constant", id, self.unit.consts.len())
    }

    fn number(&self, pc: u32, id: u16) -> Result<(), VerifyError> {
        match self.unit.consts.get(usize::from(id)) {
            Some(Const::Number(_)) => Ok(()),
            _ => fail(pc, "not a number constant"),
        }
    }

    fn slot(&self, pc: u32, slot: u16) -> Result<(), VerifyError> {
        self.below(pc, "environment slot", u32::from(slot), self.unit.env.as_ref().map_or(0, Vec::len))
    }

    fn target(&self, pc: u32, target: i64) -> Result<(), VerifyError> {
        match usize::try_from(target).ok().and_then(|target| self.starts.get(target)) {
            Some(true) => Ok(()),
            _ => fail(pc, format!("jumps to {target}")),
        }
    }

    /// Checks one instruction and tells its length.
    fn instruction(&self, pc: u32) -> Result<u32, VerifyError> {
        let word = self.code.words[pc as usize];
        let op = word.op().expect("starts() knew all operations");
        let second = if op.words() == 2 { self.code.words[pc as usize + 1] } else { Word::default() };
        self.operands(pc, op, word, second)?;
        Ok(op.words())
    }

    fn operands(&self, pc: u32, op: Op, word: Word, x: Word) -> Result<(), VerifyError> {
        let (a, b, c, bc) = (word.a(), word.b(), word.c(), word.bc());
        let near = i64::from(pc) + i64::from(word.distance());
        let far = i64::from(pc) + i64::from(word.far());
        match op {
            Op::Ext => fail(pc, "second word as instruction"),
            Op::Const => self.reg(pc, a).and(self.constant(pc, bc)),
            Op::Unsupported | Op::ReturnConst => self.constant(pc, bc),
            Op::LoadLocal | Op::GetKey | Op::RefMember => self.regs(pc, [a, b]).and(self.name(pc, u32::from(c))),
            Op::LoadEnv | Op::LoadEnvCall => self.reg(pc, a).and(self.slot(pc, b)),
            Op::StoreEnv => self.reg(pc, b).and(self.slot(pc, a)),
            Op::LoadFree | Op::LoadName | Op::StoreGlobal => self.reg(pc, a).and(self.name(pc, bc)),
            Op::LoadSelf
            | Op::LoadSuper
            | Op::LoadLocals
            | Op::LoadOuter
            | Op::LoadGlobals
            | Op::CheckUncaught
            | Op::Return => self.reg(pc, a),
            Op::Move | Op::AutoCall | Op::Not | Op::Neg | Op::New => self.regs(pc, [a, b]),
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::Mod
            | Op::Lt
            | Op::Le
            | Op::Eq
            | Op::Ne
            | Op::And
            | Op::Or
            | Op::GetIndex
            | Op::RefIndex
            | Op::SetIndex
            | Op::IterInit => self.regs(pc, [a, b, c]),
            Op::Binary => match operator_number::operator(word.aux()) {
                Some(_) => self.regs(pc, [a, b, c]),
                None => fail(pc, "unknown operator"),
            },
            Op::AddK | Op::SubK | Op::MulK | Op::DivK | Op::ModK => self.regs(pc, [a, b]).and(self.number(pc, c)),
            Op::GetMember => self.regs(pc, [a, b, x.a()]).and(self.name(pc, u32::from(c))),
            Op::SetMember => self.regs(pc, [a, c]).and(self.name(pc, u32::from(b))),
            Op::Slice => self.regs(pc, [a, b, c, x.a()]),
            Op::Call => self.regs(pc, [a, b]).and(self.range(pc, c, u32::from(word.aux()))),
            Op::CallWide => self.regs(pc, [a, b]).and(self.range(pc, c, x.bc())),
            Op::CallMethod => {
                self.regs(pc, [a, b, x.a()])?;
                self.name(pc, u32::from(c)).and(self.range(pc, x.b(), u32::from(x.c())))
            }
            Op::CallIndex => self.regs(pc, [a, b, c, x.a()]).and(self.range(pc, x.b(), u32::from(x.c()))),
            Op::MakeList | Op::AppendList => self.reg(pc, a).and(self.range(pc, b, u32::from(c))),
            Op::MakeMap if c % 2 != 0 => fail(pc, "a key without a value"),
            Op::MakeMap => self.reg(pc, a).and(self.range(pc, b, u32::from(c))),
            Op::MakeFunction => self.reg(pc, a).and(self.below(pc, "child", bc, self.unit.children.len())),
            Op::IterNext => self.regs(pc, [a, b, c]).and(self.target(pc, i64::from(pc) + 1 + i64::from(x.far()))),
            Op::GetIndexK => self.regs(pc, [a, b]).and(self.number(pc, c)),
            Op::SetIndexK => self.regs(pc, [a, b]).and(self.constant(pc, u32::from(c))),
            Op::Jump | Op::Loop => self.target(pc, far),
            Op::LoopNext => {
                self.target(pc, far)?;
                let head = self.code.words[far as usize].op();
                if head == Some(Op::IterNext) { Ok(()) } else { fail(pc, "the loop head is no IterNext") }
            }
            Op::JumpIf | Op::JumpIfNot | Op::JumpPartly | Op::JumpWholly => self.reg(pc, a).and(self.target(pc, far)),
            Op::JumpLt
            | Op::JumpNotLt
            | Op::JumpLe
            | Op::JumpNotLe
            | Op::JumpEq
            | Op::JumpNe
            | Op::AndTest
            | Op::OrTest => self.regs(pc, [a, b]).and(self.target(pc, near)),
            Op::JumpLtK
            | Op::JumpNotLtK
            | Op::JumpLeK
            | Op::JumpNotLeK
            | Op::JumpGtK
            | Op::JumpNotGtK
            | Op::JumpGeK
            | Op::JumpNotGeK
            | Op::JumpEqK
            | Op::JumpNeK => self.reg(pc, a).and(self.number(pc, b)).and(self.target(pc, near)),
            Op::End => Ok(()),
            Op::Record => self.reg(pc, a).and(self.below(pc, "record point", bc, self.unit.records.len())),
        }
    }
}
