//! Register bytecode, the form in which tier 0 runs a unit.
//!
//! [`build`](build::build) makes it from MIR when a unit is loaded, [`verify`](verify::verify) proves it safe to run without
//! bounds checks, `interp/step` runs it, [`listing`](listing::listing) shows it. Register numbers equal those of the MIR.
//! One instruction is one 64-bit word, `op u8 | aux u8 | a u16 | b u16 | c u16`, or two where operands need more room.
//! Invariant: for every MIR instruction there is a position from which running on needs nothing but MIR registers
//! ([`Bytecode::pc_of`]), although frequent sequences are fused into one instruction.

pub mod analysis;
pub mod build;
mod fuse;
pub mod listing;
mod pairs;
pub mod verify;
mod words;

use minilive_mir::ir::InstId;

/// Declares the operations with their numbers, the list of all, and their names.
macro_rules! ops {
    ($($(#[$doc:meta])* $op:ident,)*) => {
        /// An operation. The doc comments name operands by field: `a`, `b`, `c`, `bc` (32 bits), `x.…` (second word).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $op,)* }

        impl Op {
            /// All operations; `ALL[op as usize] == op`.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];

            /// Its name in listings.
            pub const fn name(self) -> &'static str {
                match self { $(Op::$op => stringify!($op)),* }
            }
        }
    };
}

ops! {
    /// The second word of an instruction. Never run.
    Ext,
    /// `a` = constant `bc`.
    Const,
    /// `a` = `b`.
    Move,
    /// `a` = local `b`, or the free name `c` if it is absent. `aux`: [`aux::DEFERRED`].
    LoadLocal,
    /// `a` = environment slot `b`, or its name as a free name. `aux`: [`aux::DEFERRED`].
    LoadEnv,
    /// As `LoadEnv`, and calls what it read if that is a function. Two words.
    LoadEnvCall,
    /// Environment slot `a` = `b`.
    StoreEnv,
    /// `a` = free name `bc`.
    LoadFree,
    /// As `LoadFree`, and calls what it read if that is a function. Two words.
    LoadName,
    /// Global name `bc` = `a`.
    StoreGlobal,
    /// `a` = self.
    LoadSelf,
    /// `a` = super.
    LoadSuper,
    /// `a` = locals.
    LoadLocals,
    /// `a` = outer.
    LoadOuter,
    /// `a` = globals.
    LoadGlobals,
    /// `a` = `b`, called if it is a function.
    AutoCall,
    /// `a` = `b` + `c`.
    Add,
    /// `a` = `b` - `c`.
    Sub,
    /// `a` = `b` * `c`.
    Mul,
    /// `a` = `b` / `c`.
    Div,
    /// `a` = `b` % `c`.
    Mod,
    /// `a` = `b` + number constant `c`. `aux`: [`aux::SWAPPED`].
    AddK,
    /// `a` = `b` - number constant `c`.
    SubK,
    /// `a` = `b` * number constant `c`. `aux`: [`aux::SWAPPED`].
    MulK,
    /// `a` = `b` / number constant `c`.
    DivK,
    /// `a` = `b` % number constant `c`.
    ModK,
    /// `a` = `b` < `c`. `aux`: [`aux::SWAPPED`] means the source said `c` > `b`.
    Lt,
    /// `a` = `b` <= `c`. `aux`: as `Lt`.
    Le,
    /// `a` = `b` == `c`.
    Eq,
    /// `a` = `b` != `c`.
    Ne,
    /// `a` = `b` and `c`, where `b` is true to some degree.
    And,
    /// `a` = `b` or `c`, where `b` is not wholly true.
    Or,
    /// `a` = `b` op `c`; `aux` holds the operator ([`operator_number`]).
    Binary,
    /// `a` = not `b`.
    Not,
    /// `a` = 0 - `b`.
    Neg,
    /// `a` = new `b`.
    New,
    /// `a` = `b`.`x.b` with automatic call; the receiver is `x.a`. Two words.
    GetMember,
    /// `a` = `b`[`c`].
    GetIndex,
    /// `a` = `b`[number constant `c`].
    GetIndexK,
    /// `a = b.c`, a constant text as key, not invoked.
    GetKey,
    /// `a` = @`b`.name `c`.
    RefMember,
    /// `a` = @`b`[`c`].
    RefIndex,
    /// `a`.name `b` = `c`.
    SetMember,
    /// `a`[`b`] = `c`.
    SetIndex,
    /// `a`[`b`] = constant `c`.
    SetIndexK,
    /// `a` = `b`[`c`:`x.a`]. Two words.
    Slice,
    /// `a` = `b`(`aux` arguments from `c`).
    Call,
    /// `a` = `b`(`x.bc` arguments from `c`). Two words.
    CallWide,
    /// `a` = `b`.name `c`(`x.c` arguments from `x.b`); the receiver is `x.a`. Two words.
    CallMethod,
    /// `a` = `b`[`c`](`x.c` arguments from `x.b`); the receiver is `x.a`. Two words.
    CallIndex,
    /// `a` = list of `c` registers from `b`.
    MakeList,
    /// Appends `c` registers from `b` to list `a`.
    AppendList,
    /// `a` = map of `c` registers from `b`.
    MakeMap,
    /// `a` = new function of child `bc`.
    MakeFunction,
    /// Iteration over `c`: object in `a`, position in `b`.
    IterInit,
    /// Next element into `c` and on, or `x.bc` further than that word; object in `a`, position in `b`. Two words.
    IterNext,
    /// Stops if `a` is an error.
    CheckUncaught,
    /// Stops with message constant `bc`.
    Unsupported,
    /// `bc` further.
    Jump,
    /// `bc` further to a loop head, charging `a`.
    Loop,
    /// As `Loop`, to a head that is an `IterNext`, and runs that, too.
    LoopNext,
    /// `bc` further if `a` is true.
    JumpIf,
    /// `bc` further if `a` is false.
    JumpIfNot,
    /// `bc` further if not `a` is true: `a` is less than wholly true.
    JumpPartly,
    /// `bc` further if not `a` is false: `a` is wholly true.
    JumpWholly,
    /// `c` further if `a` < `b`. `aux`: as `Lt`. It and the other jumps that compare: [`aux::LENIENT`].
    JumpLt,
    /// `c` further if not `a` < `b`.
    JumpNotLt,
    /// `c` further if `a` <= `b`.
    JumpLe,
    /// `c` further if not `a` <= `b`.
    JumpNotLe,
    /// `c` further if `a` == `b`.
    JumpEq,
    /// `c` further if `a` != `b`.
    JumpNe,
    /// `c` further if `a` < constant `b`.
    JumpLtK,
    /// `c` further if not `a` < constant `b`.
    JumpNotLtK,
    /// `c` further if `a` <= constant `b`.
    JumpLeK,
    /// `c` further if not `a` <= constant `b`.
    JumpNotLeK,
    /// `c` further if `a` > constant `b`.
    JumpGtK,
    /// `c` further if not `a` > constant `b`.
    JumpNotGtK,
    /// `c` further if `a` >= constant `b`.
    JumpGeK,
    /// `c` further if not `a` >= constant `b`.
    JumpNotGeK,
    /// `c` further if `a` == constant `b`.
    JumpEqK,
    /// `c` further if `a` != constant `b`.
    JumpNeK,
    /// First half of `and`: decided, `a` = the result and `c` further; else on. The operand is `b`.
    AndTest,
    /// First half of `or`, as `AndTest`.
    OrTest,
    /// Leaves the unit with `a`.
    Return,
    /// Leaves the unit with constant `bc`.
    ReturnConst,
    /// Ends a statement.
    End,
    /// Records register `a` at record point `bc`.
    Record,
}

/// Bits of the `aux` field.
pub mod aux {
    /// An absent local is an error instead of a free name.
    pub const DEFERRED: u8 = 1;
    /// The operands stand the other way round in the source.
    pub const SWAPPED: u8 = 2;
    /// The operand registers may hold functions that the source calls before: see `Bytecode::fallbacks`.
    pub const AUTO: u8 = 4;
    /// An error counts as false: the jump stands for the first half of an `or`.
    pub const LENIENT: u8 = 16;
    /// With [`AUTO`]: not only the instruction's own operands may be such registers.
    pub const CROSSED: u8 = 32;
}

impl Op {
    /// How many words its instructions take.
    pub const fn words(self) -> u32 {
        match self {
            Op::LoadEnvCall
            | Op::LoadName
            | Op::GetMember
            | Op::Slice
            | Op::CallWide
            | Op::CallMethod
            | Op::CallIndex
            | Op::IterNext => 2,
            _ => 1,
        }
    }
}

/// The numbers of the operators that have no operation of their own, for `Op::Binary`.
pub mod operator_number {
    use minilive_mir::ir::BinaryOp;

    const SHIFT: u32 = 6;
    const ALL: [BinaryOp; 2] = [BinaryOp::Pow, BinaryOp::Isa];

    /// The number of an operator.
    pub fn of(op: BinaryOp) -> Option<u8> {
        ALL.iter().position(|&it| it == op).map(|i| (i as u8) << SHIFT)
    }

    /// The operator of a number; the low bits are other `aux` bits.
    pub fn operator(number: u8) -> Option<BinaryOp> {
        ALL.get(usize::from(number >> SHIFT)).copied()
    }
}

/// One word of bytecode.
///
/// It has fields, not one number that is shifted: the dispatch loop then reads each operand from memory with one instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C, align(8))]
pub struct Word {
    op: u8,
    aux: u8,
    a: u16,
    b: u16,
    c: u16,
}

impl Word {
    /// A word from its fields.
    pub const fn new(op: Op, aux: u8, a: u16, b: u16, c: u16) -> Word {
        Word { op: op as u8, aux, a, b, c }
    }

    /// A word whose `b` and `c` are one 32-bit operand.
    pub const fn wide(op: Op, aux: u8, a: u16, bc: u32) -> Word {
        Word { op: op as u8, aux, a, b: bc as u16, c: (bc >> 16) as u16 }
    }

    /// The same word with more auxiliary bits.
    pub const fn with_aux(self, aux: u8) -> Word {
        Word { aux: self.aux | aux, ..self }
    }

    /// The same word with another operand `bc`.
    pub const fn with_bc(self, bc: u32) -> Word {
        Word { b: bc as u16, c: (bc >> 16) as u16, ..self }
    }

    /// The same word with another operand `c`.
    pub const fn with_c(self, c: u16) -> Word {
        Word { c, ..self }
    }

    /// The operation's number.
    #[inline(always)]
    pub const fn op_number(&self) -> u8 {
        self.op
    }

    /// The operation, if the number is one.
    pub fn op(&self) -> Option<Op> {
        Op::ALL.get(usize::from(self.op_number())).copied()
    }

    /// The auxiliary bits.
    #[inline(always)]
    pub const fn aux(&self) -> u8 {
        self.aux
    }

    /// Operand `a`.
    #[inline(always)]
    pub const fn a(&self) -> u16 {
        self.a
    }

    /// Operand `b`.
    #[inline(always)]
    pub const fn b(&self) -> u16 {
        self.b
    }

    /// Operand `c`.
    #[inline(always)]
    pub const fn c(&self) -> u16 {
        self.c
    }

    /// Operands `b` and `c` as one.
    #[inline(always)]
    pub const fn bc(&self) -> u32 {
        self.b as u32 | (self.c as u32) << 16
    }

    /// Operand `bc` as a signed distance.
    #[inline(always)]
    pub const fn far(&self) -> i32 {
        self.bc() as i32
    }

    /// Operand `c` as a signed distance.
    #[inline(always)]
    pub const fn distance(&self) -> i16 {
        self.c as i16
    }
}

/// Where a fused instruction goes on unfused, because an operand it took as it is holds a function to be called first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The fused instruction.
    pub pc: u32,
    /// The same program point in plain code, before the first call that was put off.
    pub plain: u32,
    /// The registers that must not hold functions.
    pub regs: Box<[u16]>,
}

/// The bytecode of one unit, with its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytecode {
    /// The words. Blocks in order, then plain versions of the blocks that were fused.
    pub words: Box<[Word]>,
    /// First word of each block.
    pub block_pc: Box<[u32]>,
    /// Per word: the MIR instruction it stands for.
    pub inst_of: Box<[u32]>,
    /// Per MIR instruction: where a window that holds all live MIR registers may go on.
    pub resume_pc: Box<[u32]>,
    /// Per MIR instruction: the word whose feedback cell tells of it in the fast version.
    pub site_pc: Box<[u32]>,
    /// Sorted by `pc`.
    pub fallbacks: Box<[Fallback]>,
    /// Number of registers of a window.
    pub n_regs: u16,
}

impl Bytecode {
    /// The instruction that a word stands for.
    pub fn inst_at(&self, pc: u32) -> InstId {
        InstId(self.inst_of.get(pc as usize).copied().unwrap_or(0))
    }

    /// Where to go on at an instruction, given a window with all its live registers.
    pub fn pc_of(&self, inst: InstId) -> u32 {
        self.resume_pc[inst.0 as usize]
    }

    /// The fallback of a fused instruction.
    pub fn fallback(&self, pc: u32) -> Option<&Fallback> {
        self.fallbacks.binary_search_by_key(&pc, |it| it.pc).ok().map(|i| &self.fallbacks[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minilive_mir::ir::BinaryOp;

    #[test]
    fn operations_know_their_numbers() {
        for (i, &op) in Op::ALL.iter().enumerate() {
            assert_eq!(op as usize, i);
            assert_eq!(Word::new(op, 0, 1, 2, 3).op(), Some(op));
        }
        assert_eq!(Word { op: 0xFF, ..Word::default() }.op(), None);
    }

    #[test]
    fn words_keep_their_fields() {
        let word = Word::new(Op::Add, 0x80, 0xFFFE, 2, 0x8001);
        assert_eq!((word.aux(), word.a(), word.b(), word.c()), (0x80, 0xFFFE, 2, 0x8001));
        assert_eq!(Word::wide(Op::Jump, 0, 0, 0xDEAD_BEEF).bc(), 0xDEAD_BEEF);
        assert_eq!(Word::new(Op::JumpEq, 0, 0, 0, -3i16 as u16).distance(), -3);
    }

    #[test]
    fn operators_without_an_operation_have_numbers() {
        for op in [BinaryOp::Pow, BinaryOp::Isa] {
            let number = operator_number::of(op).expect("listed");
            assert_eq!(operator_number::operator(number | aux::AUTO | aux::CROSSED), Some(op));
        }
        assert_eq!(operator_number::of(BinaryOp::Add), None);
    }
}
