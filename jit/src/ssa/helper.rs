//! Generic operations that one call into the runtime does, and what they may do beside their result.
//!
//! `build` puts them where nothing better is known, `effects` and `translate` ask what they touch. Invariant: what is not told of a helper here,
//! it does not do.

use super::Val;
use minilive_mir::ir::{NameId, Unit};
use minilive_runtime::intrinsics;

/// What is looked up under a name, without invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Lookup {
    /// `object.name`
    Member,
    /// `object["name"]`
    Key,
    /// `@object.name`
    Reference,
}

impl Lookup {
    /// By number.
    pub(crate) const ALL: [Lookup; 3] = [Lookup::Member, Lookup::Key, Lookup::Reference];
}

/// Which member instruction a helper works for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberSite {
    /// The member, a name of the unit.
    pub name: u32,
    /// The word of the bytecode with the instruction's cache.
    pub word: u32,
    /// Whether what is called there is likely to be a function of the program.
    pub calls_program: bool,
    /// What is looked up, where it is only read.
    pub how: Lookup,
}

/// A generic operation done by one call into the runtime: boxed operands, boxed result, all in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Helper {
    /// A binary operator of MIR (its number), on anything.
    Binary(minilive_mir::ir::BinaryOp),
    /// A unary operator of MIR.
    Unary(minilive_mir::ir::UnaryOp),
    /// `obj[key]`.
    GetIndex,
    /// The same, probably of a map and a text.
    GetKey,
    /// `obj[key] = value`.
    SetIndex,
    /// The same, probably of a map and a text.
    SetKey,
    /// `obj.name` through the interpreter's cache of that place, called if it is a function; operands obj, this.
    GetMember(MemberSite),
    /// What `obj.name` finds, not invoked, through the interpreter's cache of that place.
    FindMember(MemberSite),
    /// `obj.name = value` through the interpreter's cache of that place; operands obj, value.
    PutMember(MemberSite),
    /// As [`Helper::FindMember`], of a map with a table.
    FindInTable {
        /// The instruction.
        site: MemberSite,
        /// The entry that it probably is; [`Helper::NO_ENTRY`] if it is not the map's own.
        entry: u8,
    },
    /// As [`Helper::PutMember`], likewise.
    PutInTable {
        /// The instruction.
        site: MemberSite,
        /// The entry that it probably is.
        entry: u8,
    },
    /// `@obj[key]`.
    RefIndex,
    /// `obj[from:to]`.
    Slice,
    /// The same of a string, with integers as ends.
    SliceText,
    /// A list of the operands.
    MakeList,
    /// Appends operands to a literal's list.
    AppendList,
    /// A map of the operands, alternating; the word of the bytecode knows the shape of the last one.
    MakeMap(u32),
    /// A map of a shape, whose slots are the operands.
    MakeShaped(u32),
    /// `new`: a map of the shape that has nothing but `__isa`, which is the operand.
    NewInstance(u32),
    /// Calls an unknown callee, which is probably an intrinsic: callee, arguments.
    Call,
    /// Calls an unknown callee, which is probably a function of the program: callee, arguments.
    CallAny,
    /// Calls what `obj.name` finds through the interpreter's cache of that place: obj, this, arguments.
    CallMethod(MemberSite),
    /// Invokes what was found as `obj.name` if it is a function: obj, this, what was found, what is `super` in it (absent if the helper
    /// is to find that out).
    InvokeFound(MemberSite),
    /// Calls what was found as the method `obj.name`: obj, this, arguments, what was found, `super` likewise.
    CallFound(MemberSite),
    /// Calls an element: obj, this, key, arguments.
    CallIndex,
    /// The same, of a function that was found: obj, this, key, arguments, what was found.
    CallIndexed,
    /// Invokes the operand if it is a function.
    AutoCall,
    /// Reads a free name by the full rules; operands the environment object (or absent) and the captured map (or that of globals).
    LoadFree(u32),
    /// The end check of an expression statement.
    CheckUncaught,
    /// First half of `and`: the result if the operand decides it, absent if the right side is to be computed.
    AndTest,
    /// First half of `or`, likewise.
    OrTest,
    /// Truth of a value for a condition: result is the number 1 or 0; error values are fatal.
    Truth,
    /// Number of elements of a string, list or map as the intrinsic `len` counts them.
    Len,
    /// A new function object of a nested unit, by the body's number of it; operand the map it captures.
    MakeFunction(u32),
    /// The environment object of an activation that begins; operands its first variables.
    MakeEnv {
        /// Its shape.
        shape: u32,
        /// How many slots that has.
        slots: u8,
    },
    /// The map of globals.
    LoadGlobals,
    /// Stores a global by cell, checking for frozenness; operands cell number, value.
    StoreGlobal,
    /// Next element of a loop over anything, absent at its end; operands obj, pos as an integer. [`Op::IterPosition`] follows.
    IterNext,
    /// Key of the next entry of a loop over a map, absent at its end; operands map, pos as an integer. [`Op::IterPosition`] and
    /// [`Op::IterValue`] follow.
    IterEntry,
    /// Materialises the list of `range(base, base + step * (count - 1), step)`; operands base, step, count.
    MakeRange,
    /// `rnd` without a seed: the next random number, if the host allows it.
    Random,
    /// An intrinsic by number, through its table entry; operands its arguments, a receiver first.
    Intrinsic(u32),
    /// The same, of one that changes nothing a program could see.
    ReadingIntrinsic(u32),
}

impl Helper {
    /// No entry that is worth a look.
    pub const NO_ENTRY: u8 = u8::MAX;

    /// Whether it is a call `map.hasIndex(key)`: of the object itself, with one argument.
    pub fn asks_for_key(self, unit: &Unit, args: &[Val]) -> bool {
        let Helper::CallMethod(site) = self else { return false };
        matches!(*args, [object, this, _] if object == this)
            && unit.name(NameId(site.name)) == intrinsics::HAS_INDEX.def().name
    }

    /// Whether it may run code of the program, which may read and write globals.
    pub fn calls(self) -> bool {
        matches!(
            self,
            Helper::GetMember(_)
                | Helper::Call
                | Helper::CallAny
                | Helper::CallMethod(_)
                | Helper::InvokeFound(_)
                | Helper::CallFound(_)
                | Helper::CallIndex
                | Helper::CallIndexed
                | Helper::AutoCall
        )
    }

    /// Whether it may change a global, a list or anything else that loads may have seen.
    pub fn writes(self) -> bool {
        self.calls()
            || matches!(
                self,
                Helper::SetIndex
                    | Helper::SetKey
                    | Helper::PutMember(_)
                    | Helper::AppendList
                    | Helper::StoreGlobal
                    | Helper::Intrinsic(_)
            )
    }

    /// Whether it may look at globals: calls, formatting of containers, the map of globals, error texts.
    pub fn sees_globals(self) -> bool {
        match self {
            Helper::Binary(op) => op == minilive_mir::ir::BinaryOp::Add,
            Helper::Unary(_) | Helper::MakeList | Helper::AppendList => false,
            Helper::MakeMap(_) | Helper::MakeShaped(_) | Helper::NewInstance(_) => false,
            Helper::MakeRange
            | Helper::MakeFunction(_)
            | Helper::MakeEnv { .. }
            | Helper::Truth
            | Helper::AndTest
            | Helper::OrTest => false,
            _ => true,
        }
    }

    /// Whether it may change globals behind the compiled code's back.
    pub fn clobbers_globals(self) -> bool {
        self.calls()
            || matches!(
                self,
                Helper::SetIndex | Helper::SetKey | Helper::PutMember(_) | Helper::StoreGlobal | Helper::Intrinsic(_)
            )
    }

    /// Whether its result may be the mark of unwinding.
    pub fn may_fail(self) -> bool {
        match self {
            Helper::Binary(op) => {
                use minilive_mir::ir::BinaryOp::{And, Ge, Gt, Isa, Le, Lt, Mod, Or, Pow};
                !matches!(op, Lt | Le | Gt | Ge | Isa | And | Or | Mod | Pow)
            }
            Helper::Unary(op) => op == minilive_mir::ir::UnaryOp::New,
            Helper::MakeList | Helper::MakeFunction(_) | Helper::MakeEnv { .. } | Helper::MakeShaped(_) => false,
            Helper::NewInstance(_) => false,
            Helper::IterEntry => false,
            Helper::MakeRange | Helper::LoadGlobals | Helper::AndTest | Helper::OrTest => false,
            _ => true,
        }
    }
}
