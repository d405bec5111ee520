//! The typed SSA form of the optimising tier: data and its invariants; the steps that make and change it stand in `ssa/`.
//!
//! `ssa::build` makes a [`Func`] from a MIR unit and what the interpreter saw; the passes improve it; `translate` turns it into
//! machine code. Whatever may leave compiled code names a [`State`]: where the interpreter goes on, with which values.
//!
//! Invariants (checked by `ssa::verify`):
//! 1. Every value is defined once, by an instruction or as a block parameter, and its definition dominates its uses.
//! 2. Operands have the representation their operation wants; edges pass as many arguments as the target has parameters, of
//!    the same representations.
//! 3. A state names a resume point at which all effects before it are done and none after it: re-execution starts there.
//! 4. An [`Op`] for which [`Op::may_exit`] holds has an exit.
//! 5. [`Rep::Int`] values lie within ±2^53 and are never minus zero; so conversion to a double and back loses nothing.

pub mod body;
pub mod bounds;
pub mod boxes;
pub mod build;
pub mod carry;
pub mod dce;
pub mod dom;
pub mod effects;
pub mod escape;
pub mod flow;
pub mod fold;
pub mod gvn;
pub mod helper;
pub mod improve;
pub mod induction;
pub mod licm;
pub mod linear;
mod numbers;
pub mod places;
pub mod preheader;
pub mod print;
pub mod seen;
pub mod shape_set;
pub mod splice;
pub mod staged;
pub mod subsume;
pub mod types;
pub mod unbox;
pub mod verify;

use crate::engine::inlined::Assumed;
use crate::reason::ExitReason;
use body::Body;
pub use helper::{Helper, MemberSite};
use minilive_mir::ir::{BlockId, InstId, Reg};
use minilive_runtime::realm::TypeMap;
use shape_set::ShapeSet;
use std::sync::Arc;

/// A value: the result of an instruction or a block parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Val(pub u32);

/// A block of the SSA function; 0 is the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block(pub u32);

/// An entry of [`Func::states`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);

/// How a value is held in a machine register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rep {
    /// Any value, as its 64 bits.
    Boxed,
    /// A double.
    F64,
    /// An integer within ±2^53.
    Int,
    /// 0 or 1.
    Bool,
    /// The address of a heap object or of its array, without a tag. No state and no edge holds one.
    Object,
    /// Nothing: the operation is for its effect only.
    None,
}

/// Comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cmp {
    /// Equal; of doubles also equal bits (a NaN equals itself).
    Eq,
    /// Not [`Cmp::Eq`].
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

impl Cmp {
    /// The same with the operands in the other order.
    #[must_use]
    pub fn swapped(self) -> Cmp {
        match self {
            Cmp::Eq => Cmp::Eq,
            Cmp::Ne => Cmp::Ne,
            Cmp::Lt => Cmp::Gt,
            Cmp::Le => Cmp::Ge,
            Cmp::Gt => Cmp::Lt,
            Cmp::Ge => Cmp::Le,
        }
    }
}

/// A pure function of one double.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Math {
    /// Absolute value.
    Abs,
    /// Largest integer not above.
    Floor,
    /// Smallest integer not below.
    Ceil,
    /// Nearest integer, halves away from zero.
    Round,
    /// Square root.
    Sqrt,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Tangent.
    Tan,
    /// Arc sine.
    Asin,
    /// Arc cosine.
    Acos,
    /// Arc tangent.
    Atan,
    /// Sign.
    Sign,
}

/// What a store has to ask before it may be no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Barrier {
    /// What [`Op::NeedsBarrier`] found, the last operand.
    Found,
    /// Whether the collector marks; all else was guarded.
    Marking,
    /// Nothing: it was guarded, and what stood there before is no reference.
    None,
}

/// A function of the bits of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bits {
    /// What both have.
    And,
    /// What at least one has.
    Or,
    /// What exactly one has.
    Xor,
}

/// What an instruction computes. Operands stand beside it, in [`Inst::args`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Entry argument `n`, boxed.
    Param(u32),
    /// On-stack replacement: register `n` of the interpreter's window, boxed.
    Window(u32),
    /// The map that the running function captured: left by its caller, or in the header of the interpreter's window.
    Captured,
    /// On-stack replacement: the environment object of the interpreter's activation.
    Environment,
    /// The map that a function value captured.
    CapturedOf,
    /// A double, by its bits.
    F64(u64),
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// An immediate or a pinned literal, by its bits.
    Boxed(u64),
    /// The function value of an intrinsic.
    Intrinsic(u32),
    /// A constant of the unit that is not an immediate; the code keeps it pinned.
    Literal(u32),
    /// The number of a name of the unit; interned names outlive realms.
    Name(u32),

    /// Boxes a double, an integer or a truth value.
    Box,
    /// Integer or truth value to double.
    ToF64,
    /// Truth value to integer.
    ToInt,
    /// Boxed to double; leaves unless it is a number.
    GuardNum,
    /// Boxed to integer; leaves unless it is a number that 32 bits hold, and not minus zero.
    GuardInt,
    /// Boxed to double; leaves unless it is a number or null. Null keeps its bits, which are those of a NaN that no number is.
    GuardNumOrNull,
    /// Boxed to truth value; leaves unless it is 0 or a number of magnitude 1 or more, which are all that is wholly false or true.
    GuardTruth,
    /// The same, or null, which is wholly false.
    GuardTruthOrNull,
    /// Double to integer; leaves unless integral, not minus zero and below 2^51.
    F64ToInt,
    /// Whether a boxed value has this tag.
    HasTag(u16),
    /// The same boxed value, which a test found to have this tag.
    OfTag(u16),
    /// The same boxed value; leaves unless it has this tag.
    GuardTag(u16),
    /// Leaves if the boxed value is a function (or a marker); else the same value.
    GuardNotFunction,
    /// Leaves unless the boxed value is a function of this code; else the same value.
    GuardCode(u32),
    /// The code of a boxed value that is a function, or what no code is.
    CodeOf,
    /// Whether what [`Op::CodeOf`] gave is this code.
    IsCode(u32),
    /// Leaves unless the boxed value is exactly this; else the same value.
    GuardBits(u64),
    /// Leaves if the boxed value is exactly this; else the same value.
    GuardNotBits(u64),
    /// Whether a map object has one of these shapes.
    HasShape(ShapeSet),
    /// Leaves unless the map object has one of these shapes.
    GuardShape(ShapeSet),
    /// Leaves unless the list is computed; else the same value. Only on entry to a loop over it.
    GuardComputed,
    /// Leaves if the call whose feedback stands at this word of the bytecode has ever called anything but this intrinsic. Only
    /// on entry to a loop over what it gave.
    GuardOnlyIntrinsic {
        /// The word.
        word: u32,
        /// The intrinsic's number.
        id: u32,
    },
    /// Base of a computed list, boxed.
    RangeBase,
    /// Step of a computed list, boxed.
    RangeStep,
    /// Leaves if the truth value is 0. The reason is the exit's.
    GuardTrue,

    /// Sum of doubles.
    FAdd,
    /// Difference of doubles.
    FSub,
    /// Product of doubles.
    FMul,
    /// Quotient of doubles.
    FDiv,
    /// C `fmod` with an inline path for integers.
    FRem,
    /// C `pow`.
    FPow,
    /// What a double is, boxed, unless one of the other operands is null: then null. It was computed of those, which are doubles or null.
    UnlessNull,
    /// `atan2` of two doubles.
    FAtan2,
    /// A function of one double.
    FMath(Math),
    /// Sum; with an exit if it may leave ±2^53.
    IAdd,
    /// Difference; with an exit if it may leave ±2^53.
    ISub,
    /// Product; with an exit if it may leave ±2^53, or be minus zero (`zero`).
    IMul {
        /// Whether a zero product of a negative operand is possible.
        zero: bool,
        /// Whether the product may not even fit 64 bits.
        wide: bool,
    },
    /// Remainder with the sign of the dividend; with an exit if the divisor may be zero or the result minus zero.
    IRem {
        /// Whether the divisor may be zero.
        by_zero: bool,
        /// Whether the dividend may be negative.
        negative: bool,
        /// Whether zero serves for minus zero.
        signless: bool,
        /// Whether both operands fit 32 bits.
        small: bool,
        /// Whether the product of both, if neither is negative, fits 64 bits.
        fits: bool,
    },
    /// Exact quotient by a power of two; leaves if there is a remainder.
    IShift(u8),
    /// Quotient by a constant that is not zero, towards zero.
    IDiv(i64),
    /// Quotient by a constant above 1, towards minus infinity.
    IFloorDiv(i64),
    /// Absolute value of an integer.
    IAbs,
    /// Bits of two integers that are not negative.
    IBits(Bits),
    /// The index that a double means, its whole part; leaves unless 32 bits hold that.
    F64ToIndex,
    /// Comparison of doubles.
    FCmp(Cmp),
    /// Comparison of integers.
    ICmp(Cmp),
    /// Whether two boxed words are the same bits.
    SameBits,
    /// The map of methods that all values of a type have.
    TypeMap(TypeMap),
    /// Whether a boxed value is of a type, or a map that has the type's map in its chain: value, the type's map.
    IsKind(TypeMap),
    /// Negation of a truth value.
    Not,
    /// Whether a double is not zero (NaN is truthy).
    FTruth,
    /// Whether an integer is not zero.
    ITruth,
    /// One of two values of the same representation: condition, then, else.
    Select,

    /// Value of a global cell, absent included.
    LoadCell(u32),
    /// Stores a boxed value in a global cell whose name is resolved.
    StoreCell(u32),
    /// Leaves if the globals map is frozen or observed.
    GuardGlobals,
    /// Leaves if the type map of lists may hide elements.
    GuardElements,
    /// Leaves if what a global held that compiled code relies on was replaced in this realm.
    GuardConstants,
    /// Leaves if one of these bits of the head's `changed_types` is set: a method of a type map may have been replaced.
    GuardTypes(u8),
    /// List element at an integer index, null when out of range: list, index, the list's object, number of stored elements.
    ListGet {
        /// Whether the list may be one that counts.
        computed: bool,
    },
    /// Stores a list element at an integer index: list, index, value. Fatal when frozen.
    ListSet,
    /// The object of a boxed value that was guarded to be one.
    Object,
    /// Number of elements that stand in a list object's array: its length, but 0 if it is computed.
    StoredLen {
        /// Whether the elements of a short computed list are stored there before, of which a program sees nothing.
        settles: bool,
    },
    /// Leaves unless an index is at least 0 and below a number of elements: index, number.
    GuardIndex,
    /// Where the array of a list object begins: object, and the number of elements that stand there, which is found out before.
    Elements,
    /// Where the slots of a map object begin.
    Slots,
    /// Whether a store into a list or map object takes more than a store: it is frozen or observed, or the collector marks, which must
    /// be handed the reference that goes. Of a list, as with `Elements`, the number of elements is found out before.
    NeedsBarrier,
    /// Element of a list object's array at a guarded index: object, index, array.
    LoadElement,
    /// Leaves if a store into this list or map object takes more than a store, whatever the collector does.
    GuardStorable,
    /// Stores an element of a list object's array at a guarded index: object, index, list, value, array, and by the barrier whether it
    /// needs that. Fatal when frozen.
    StoreElement {
        /// What to ask before.
        barrier: Barrier,
        /// Whether a list of numbers alone stays one.
        fits: bool,
    },
    /// Length of a list.
    ListLen,
    /// Appends to a list: list, value. Fatal when frozen.
    ListPush,
    /// Takes the last element off a list; null if there is none. Fatal when frozen.
    ListPop,
    /// Takes the first element off a list; null if there is none. Fatal when frozen.
    ListPull,
    /// Whether a map and its chain have nothing under a name of the unit, which all maps have a method of; no may mean that this is not known.
    ShowsMethod(u32),
    /// Number of entries of a map that is no environment and not the map of globals.
    MapLen,
    /// Number of characters of a string.
    StrLen,
    /// Number of bytes of a string.
    StrBytes,
    /// A character of a string at an integer index, the empty string when out of range: string, index.
    StrChar,
    /// The code of a string's first character, 0 if it has none.
    StrCode,
    /// The string of the character with an integer as its code.
    CharOf,
    /// Comparison of two strings.
    StrCmp(Cmp),
    /// Value of a slot of a map object whose shape was guarded: object, slots.
    LoadSlot(u8),
    /// Stores into a slot of a map whose shape was guarded: object, name, value, map, slots, and by the barrier whether it needs that.
    /// Fatal when frozen.
    StoreSlot(u8, Barrier),
    /// Adds a slot to a map object whose shape was guarded, which gets another shape: object, name, value, map. Fatal when frozen.
    AddSlot {
        /// The slot.
        slot: u8,
        /// The shape behind it.
        shape: u32,
    },
    /// Stores into a slot of an environment object, frozen or not: object, value, map, slots, whether it needs the barrier.
    StoreVariable(u8),
    /// Where a loop goes on behind the element that [`Helper::IterNext`] right before it has given.
    IterPosition,
    /// The value of the entry whose key [`Helper::IterEntry`] right before it has given.
    IterValue,
    /// How many numbers a range of integers has, or a number below 1 if none: what lies between its ends, step. Leaves if the step is 0.
    RangeCount,

    /// Near call of the function itself: callee (boxed function; absent where the code captures nothing), arguments.
    CallSelf,
    /// Call of known code through the entry table: callee (boxed function), arguments.
    CallCode(u32),
    /// A generic operation.
    Helper(Helper),
    /// The begin of an activation: takes the call's weight off the budget, tests that there is room for one more call, and
    /// counts the block, in this order. What fails is the call, so the fault is the caller's.
    Enter {
        /// The weight.
        weight: u32,
        /// Whether the budget is looked at: not for leaves.
        checked: bool,
        /// The unit's first block.
        block: BlockId,
    },
    /// The begin of an activation whose code is part of the function: as [`Op::Enter`], without native stack. Its block counts
    /// itself. What fails is the call.
    EnterInlined {
        /// The weight.
        weight: u32,
        /// Whether the budget is looked at: not for leaves.
        checked: bool,
        /// The callee's code.
        code: u32,
    },
    /// The end of such an activation.
    LeaveInlined,
    /// A loop head is reached: takes its weight off the budget and counts it. Its exit leaves behind that, in tests. Its operands,
    /// boxed values or objects, are kept alive at the end of a slice of the budget.
    EnterLoop {
        /// The weight.
        weight: u32,
        /// The head.
        block: BlockId,
    },
    /// Adds one to the execution counter of a MIR block.
    Count(BlockId),
    /// Adds a value of any representation to a record point of the unit. It changes no variable and never fails, but a list
    /// or map, and all that is in it, may be observed behind it: what a guard knew of that is void.
    Record(u32),
}

/// Where an instruction leaves to, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exit {
    /// The state to resume from.
    pub state: StateId,
    /// Why.
    pub reason: ExitReason,
    /// The instruction that was speculated on.
    pub at: InstId,
}

/// One instruction with its operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// Operands.
    pub args: Vec<Val>,
    /// Its result, if it has one.
    pub result: Option<Val>,
    /// Where it leaves to, if it may.
    pub exit: Option<Exit>,
    /// The MIR instruction it belongs to: names the line of errors.
    pub at: InstId,
}

/// A jump to a block with values for its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    /// Target.
    pub to: u32,
    /// One value per parameter.
    pub args: Vec<Val>,
}

/// How a block ends.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Goes on.
    Jump(Edge),
    /// Goes by a truth value.
    Branch {
        /// The condition, [`Rep::Bool`].
        cond: Val,
        /// If 1.
        then: Edge,
        /// If 0.
        els: Edge,
    },
    /// Returns a boxed value to the caller.
    Return(Val),
    /// Leaves compiled code for good.
    Leave(Exit),
}

/// One basic block.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Val>,
    /// Instructions.
    pub insts: Vec<Inst>,
    /// The end.
    pub end: End,
    /// The innermost loop, an index into [`Func::loops`].
    pub in_loop: Option<u32>,
    /// Whether it can only be reached in rare cases.
    pub cold: bool,
}

/// A loop of the SSA function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopData {
    /// Its header.
    pub head: Block,
    /// The loop around it.
    pub parent: Option<u32>,
    /// Whether it has no loops inside.
    pub innermost: bool,
}

/// How the interpreter gets one register's value at an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateVal {
    /// A value of any representation; boxed on the way out.
    Val(Val),
    /// The list of a counted loop that was never made: base, step, count as values.
    Range(Val, Val, Val),
    /// One of the state's objects, by its place.
    Object(u32),
}

/// A map or list that compiled code never made, as an exit has to make it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StateObject {
    /// Its shape; that of what is no map if it is a list.
    pub shape: u32,
    /// What its slots hold: values, or other such objects, which never lead back to it.
    pub slots: Vec<StateVal>,
}

/// What the interpreter needs to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The instruction it executes next.
    pub resume: InstId,
    /// Live registers with their values; all others are absent.
    pub regs: Vec<(Reg, StateVal)>,
    /// Globals whose newest value is not in memory yet.
    pub cells: Vec<(u32, Val)>,
    /// The maps and lists that registers hold and that were never made.
    pub objects: Vec<StateObject>,
}

/// A function in SSA form.
#[derive(Debug, Clone)]
pub struct Func {
    /// What it was built from: whose instructions its own belong to.
    pub body: Arc<Body>,
    /// Blocks; 0 is the entry.
    pub blocks: Vec<BlockData>,
    /// Representation of every value.
    pub reps: Vec<Rep>,
    /// States that exits name.
    pub states: Vec<State>,
    /// Loops, outer before inner.
    pub loops: Vec<LoopData>,
    /// Number of boxed arguments of the entry (0 for on-stack replacement).
    pub params: u32,
    /// Whether it is entered from the middle of an interpreted activation.
    pub osr: bool,
    /// Whether calls can nest natively through it.
    pub calls: bool,
    /// The global cells that are relied on, and what they hold.
    pub assumed: Vec<Assumed>,
    /// Values that are never the mark of an unassigned variable.
    pub assigned: Vec<Val>,
    /// Whether calls would be spliced in if it runs long: then its loops can be left when their budget is used up.
    pub outgrows: bool,
}

impl Func {
    /// An empty function for a body.
    pub fn new(body: Arc<Body>) -> Func {
        Func {
            body,
            blocks: Vec::new(),
            reps: Vec::new(),
            states: Vec::new(),
            loops: Vec::new(),
            params: 0,
            osr: false,
            calls: false,
            assumed: Vec::new(),
            assigned: Vec::new(),
            outgrows: false,
        }
    }

    /// Representation of a value.
    pub fn rep(&self, val: Val) -> Rep {
        self.reps[val.0 as usize]
    }

    /// A new value.
    pub fn new_val(&mut self, rep: Rep) -> Val {
        self.reps.push(rep);
        Val(self.reps.len() as u32 - 1)
    }

    /// Blocks in order.
    pub fn block_ids(&self) -> impl Iterator<Item = Block> + use<> {
        (0..self.blocks.len() as u32).map(Block)
    }
}

impl std::ops::Index<Block> for Func {
    type Output = BlockData;
    fn index(&self, block: Block) -> &BlockData {
        &self.blocks[block.0 as usize]
    }
}

impl std::ops::IndexMut<Block> for Func {
    fn index_mut(&mut self, block: Block) -> &mut BlockData {
        &mut self.blocks[block.0 as usize]
    }
}

impl Edge {
    /// An edge.
    pub fn new(to: Block, args: Vec<Val>) -> Edge {
        Edge { to: to.0, args }
    }

    /// Its target.
    pub fn target(&self) -> Block {
        Block(self.to)
    }
}

impl End {
    /// The edges out of the block.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        let (a, b) = match self {
            End::Jump(edge) => (Some(edge), None),
            End::Branch { then, els, .. } => (Some(then), Some(els)),
            End::Return(_) | End::Leave(_) => (None, None),
        };
        a.into_iter().chain(b)
    }

    /// The edges out of the block, to change.
    pub fn edges_mut(&mut self) -> impl Iterator<Item = &mut Edge> {
        let (a, b) = match self {
            End::Jump(edge) => (Some(edge), None),
            End::Branch { then, els, .. } => (Some(then), Some(els)),
            End::Return(_) | End::Leave(_) => (None, None),
        };
        a.into_iter().chain(b)
    }
}

impl StateVal {
    /// The values it needs.
    pub fn vals(self) -> impl Iterator<Item = Val> {
        let vals = match self {
            StateVal::Val(a) => [Some(a), None, None],
            StateVal::Range(a, b, c) => [Some(a), Some(b), Some(c)],
            StateVal::Object(_) => [None; 3],
        };
        vals.into_iter().flatten()
    }
}

impl State {
    /// All values the state needs.
    pub fn vals(&self) -> impl Iterator<Item = Val> + '_ {
        let slots = self.objects.iter().flat_map(|it| &it.slots);
        let regs = self.regs.iter().map(|(_, it)| it);
        regs.chain(slots).flat_map(|it| it.vals()).chain(self.cells.iter().map(|&(_, val)| val))
    }
}

impl Op {
    /// Whether the operation needs an exit.
    pub fn may_exit(self) -> bool {
        matches!(
            self,
            Op::GuardNum
                | Op::GuardNumOrNull
                | Op::GuardInt
                | Op::GuardTruth
                | Op::GuardTruthOrNull
                | Op::F64ToInt
                | Op::F64ToIndex
                | Op::GuardTag(_)
                | Op::GuardNotFunction
                | Op::GuardCode(_)
                | Op::GuardBits(_)
                | Op::GuardNotBits(_)
                | Op::GuardShape(_)
                | Op::GuardComputed
                | Op::GuardOnlyIntrinsic { .. }
                | Op::GuardTrue
                | Op::GuardGlobals
                | Op::GuardElements
                | Op::GuardStorable
                | Op::GuardConstants
                | Op::GuardTypes(_)
                | Op::GuardIndex
                | Op::IShift(_)
                | Op::RangeCount
                | Op::EnterLoop { .. }
                | Op::EnterInlined { .. }
        )
    }

    /// Whether the operation may be dropped when nobody uses its result.
    pub fn is_pure(self) -> bool {
        match self {
            // It is the same map all the time.
            Op::Helper(Helper::LoadGlobals) => true,
            Op::Param(_)
            | Op::Window(_)
            | Op::Captured
            | Op::Environment
            | Op::CapturedOf
            | Op::F64(_)
            | Op::Int(_)
            | Op::Bool(_)
            | Op::Boxed(_) => true,
            Op::Intrinsic(_) | Op::Literal(_) | Op::Name(_) | Op::Box | Op::ToF64 | Op::ToInt => true,
            Op::FAdd
            | Op::FSub
            | Op::FMul
            | Op::FDiv
            | Op::FRem
            | Op::FPow
            | Op::FAtan2
            | Op::FMath(_)
            | Op::UnlessNull => true,
            Op::FCmp(_) | Op::ICmp(_) | Op::SameBits | Op::Not | Op::FTruth | Op::ITruth => true,
            Op::Select | Op::IAbs | Op::IBits(_) | Op::LoadCell(_) | Op::ListLen => true,
            Op::TypeMap(_) | Op::IsKind(_) | Op::HasTag(_) | Op::OfTag(_) => true,
            Op::RangeBase | Op::RangeStep | Op::LoadSlot(_) | Op::HasShape(_) | Op::CodeOf | Op::IsCode(_) => true,
            Op::StrLen | Op::StrBytes | Op::StrChar | Op::StrCode | Op::CharOf | Op::StrCmp(_) => true,
            Op::IterPosition
            | Op::IterValue
            | Op::Object
            | Op::StoredLen { .. }
            | Op::LoadElement
            | Op::Elements
            | Op::Slots
            | Op::NeedsBarrier => true,
            // A dropped overflow check would only have led to the interpreter, which computes the same.
            Op::IAdd
            | Op::ISub
            | Op::IMul { .. }
            | Op::IRem { .. }
            | Op::IShift(_)
            | Op::IDiv(_)
            | Op::IFloorDiv(_)
            | Op::ListGet { .. } => true,
            _ => false,
        }
    }
}
