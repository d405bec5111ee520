//! What instructions read and change of memory, by kinds that do not overlap.
//!
//! `places`, which knows maps better, asks for `gvn`, `licm` and `carry`: is a value that was read still the one in memory? Invariant: code that may run the program, and whatever
//! may change more than one kind of a container's parts, changes everything.

use super::{Helper, Inst, Op};

/// A set of kinds of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory(u32);

impl Memory {
    /// Cells of global variables.
    pub const CELLS: Memory = Memory(1);
    /// How many elements lists have, and where these stand.
    pub const LISTS: Memory = Memory(2);
    /// Elements of lists.
    pub const ELEMENTS: Memory = Memory(4);
    /// Values in slots of maps, whichever these are; what a store changes of them is besides told by [`Memory::slot`].
    pub const SLOTS: Memory = Memory(8);
    /// Shapes of maps, likewise by [`Memory::shape`].
    pub const SHAPES: Memory = Memory(16);
    /// What type maps have.
    pub const TYPES: Memory = Memory(32);
    /// What a collection may change: where arrays are that still belong to something, and whether stores need the barrier. Where an
    /// array is keeps nothing alive.
    pub const HEAP: Memory = Memory(64);
    /// The same at the end of a slice of the budget in a loop. A loop head keeps alive what it is given, and arrays stay where they
    /// are as long as what they belong to is alive.
    pub const SLICE: Memory = Memory(128);
    /// All.
    pub const ALL: Memory = Memory(u32::MAX);
    /// None.
    pub const NONE: Memory = Memory(0);
    /// How many kinds there are.
    pub const KINDS: usize = u32::BITS as usize;
    /// The first of the kinds that slots are told apart by, and how many there are.
    const FIRST_SLOT: u32 = 8;
    const SLOT_KINDS: u32 = 16;
    /// The same for shapes.
    const FIRST_SHAPE: u32 = Memory::FIRST_SLOT + Memory::SLOT_KINDS;
    const SHAPE_KINDS: u32 = Memory::KINDS as u32 - Memory::FIRST_SHAPE;
    /// All slots of all maps.
    pub const EACH_SLOT: Memory = Memory(((1 << Memory::SLOT_KINDS) - 1) << Memory::FIRST_SLOT).and(Memory::SLOTS);
    /// The shapes of all maps.
    pub const EACH_SHAPE: Memory = Memory(((1 << Memory::SHAPE_KINDS) - 1) << Memory::FIRST_SHAPE).and(Memory::SHAPES);
    /// Nothing that is read may change with more kinds.
    pub const MOST_READ: usize = 3;

    /// The values in one slot of maps of a family (see `places`); some share a kind.
    pub const fn slot(family: u32, slot: u8) -> Memory {
        // Families begin a few slots apart, so that the first slots of some have kinds of their own.
        Memory(1 << (Memory::FIRST_SLOT + (family * 5 + slot as u32) % Memory::SLOT_KINDS))
    }

    /// The shapes of maps of a family.
    pub const fn shape(family: u32) -> Memory {
        Memory(1 << (Memory::FIRST_SHAPE + family % Memory::SHAPE_KINDS))
    }

    /// Both.
    pub const fn and(self, other: Memory) -> Memory {
        Memory(self.0 | other.0)
    }

    /// These without others.
    pub const fn without(self, other: Memory) -> Memory {
        Memory(self.0 & !other.0)
    }

    /// Whether they have a kind in common.
    pub const fn meets(self, other: Memory) -> bool {
        self.0 & other.0 != 0
    }

    /// The numbers of its kinds.
    pub fn kinds(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let kind = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (kind < u32::BITS).then_some(kind as usize)
        })
    }
}

/// What an operation reads that may change, without what [`super::places::Places`] knows of maps.
pub fn reads(op: Op) -> Memory {
    match op {
        Op::LoadCell(_) => Memory::CELLS,
        Op::ListLen | Op::StoredLen { .. } | Op::GuardComputed | Op::RangeBase | Op::RangeStep => Memory::LISTS,
        Op::LoadElement | Op::ListGet { .. } => Memory::LISTS.and(Memory::ELEMENTS),
        // A map's chain of `__isa`.
        Op::IsKind(_) => Memory::SLOTS.and(Memory::SHAPES),
        Op::Elements => Memory::LISTS.and(Memory::HEAP).and(Memory::SLICE),
        Op::Slots => Memory::HEAP.and(Memory::SLICE),
        Op::NeedsBarrier => Memory::HEAP.and(Memory::SLICE),
        // What replaces what a global holds may change anything else, too.
        Op::GuardElements | Op::GuardConstants => Memory::TYPES,
        // So may what freezes or watches something.
        Op::GuardStorable => Memory::TYPES,
        // A method that is in a slot of its type map may be replaced there.
        Op::GuardTypes(_) => Memory::TYPES.and(Memory::SLOTS),
        _ => Memory::NONE,
    }
}

/// Whether an operation tells where an array is that its operand owns.
pub fn is_array(op: Op) -> bool {
    matches!(op, Op::Elements | Op::Slots)
}

/// What an instruction may change, likewise.
pub fn writes(inst: &Inst) -> Memory {
    match inst.op {
        Op::StoreCell(_) => Memory::CELLS,
        Op::StoreElement { .. } => Memory::ELEMENTS,
        Op::ListSet | Op::ListPush | Op::ListPop | Op::ListPull => {
            Memory::LISTS.and(Memory::ELEMENTS).and(Memory::HEAP)
        }
        Op::StoreSlot(..) | Op::StoreVariable(_) => Memory::SLOTS,
        Op::AddSlot { .. } => Memory::SLOTS.and(Memory::SHAPES).and(Memory::HEAP),
        Op::EnterInlined { checked: false, .. } => Memory::NONE,
        Op::EnterLoop { .. } => Memory::SLICE,
        Op::Enter { .. } | Op::EnterInlined { .. } | Op::StrChar | Op::CharOf => Memory::HEAP,
        Op::CallSelf | Op::CallCode(_) | Op::Record(_) => Memory::ALL,
        // Of a map with a table, which may be a type's.
        Op::Helper(Helper::PutInTable { .. }) => Memory::HEAP.and(Memory::TYPES),
        Op::Helper(helper) if helper.writes() || matches!(helper, Helper::LoadFree(_)) => Memory::ALL,
        Op::Helper(helper) if helper != Helper::LoadGlobals => Memory::HEAP,
        _ => Memory::NONE,
    }
}

/// How many of an instruction's operands tell what it does; those behind are known from these and from memory.
pub fn telling_args(op: Op) -> usize {
    match op {
        Op::LoadSlot(_) | Op::Elements | Op::NeedsBarrier => 1,
        Op::LoadElement => 2,
        _ => usize::MAX,
    }
}

/// Whether two instructions of this operation on the same operands, with nothing changed that it reads, give the same, and the second
/// one needs no exit if the first one was not left through its own.
pub fn repeats(op: Op) -> bool {
    // These tell of one moment, or have an effect.
    let momentary = matches!(
        op,
        Op::GuardComputed
            | Op::GuardOnlyIntrinsic { .. }
            | Op::GuardGlobals
            | Op::EnterLoop { .. }
            | Op::EnterInlined { .. }
    );
    // What is found at the entry is found once; a computed list's parts are read behind its guard alone.
    let once = matches!(
        op,
        Op::Param(_)
            | Op::Window(_)
            | Op::Captured
            | Op::Environment
            | Op::RangeBase
            | Op::RangeStep
            | Op::IterPosition
            | Op::IterValue
    );
    op.may_exit() && !momentary || op.is_pure() && !once
}

/// Whether an instruction may be carried out where it would not have been: it gives a value, needs no exit, takes little time, and
/// needs no more of its operands than what they are.
pub fn may_be_early(inst: &Inst) -> bool {
    let heavy = matches!(
        inst.op,
        Op::FRem
            | Op::FPow
            | Op::FAtan2
            | Op::FMath(_)
            | Op::IDiv(_)
            | Op::IFloorDiv(_)
            | Op::IRem { .. }
            | Op::ListGet { .. }
            | Op::StrChar
            | Op::CharOf
            | Op::IsKind(_)
            | Op::StrCmp(_)
    );
    // Its operand is right only behind a guard or a test.
    let guarded = matches!(inst.op, Op::LoadElement | Op::LoadSlot(_) | Op::HasShape(_) | Op::OfTag(_));
    inst.exit.is_none() && inst.result.is_some() && repeats(inst.op) && !inst.op.may_exit() && !heavy && !guarded
}

/// Whether an instruction may be carried out before others of its round, if that round comes to it: it changes nothing, and gives the
/// same again. Whether its operands are right before is another matter.
pub fn may_be_before(inst: &Inst) -> bool {
    repeats(inst.op) && writes(inst) == Memory::NONE && !matches!(inst.op, Op::HasShape(_))
}

/// Whether the result is the operand, unchanged.
pub fn hands_on(op: Op) -> bool {
    matches!(
        op,
        Op::OfTag(_)
            | Op::GuardTag(_)
            | Op::GuardNotFunction
            | Op::GuardCode(_)
            | Op::GuardBits(_)
            | Op::GuardNotBits(_)
    )
}

/// Whether it is a constant, which costs nothing where it is needed and a register where it is kept.
pub fn is_constant(op: Op) -> bool {
    matches!(op, Op::F64(_) | Op::Int(_) | Op::Bool(_) | Op::Boxed(_) | Op::Intrinsic(_) | Op::Literal(_) | Op::Name(_))
}
