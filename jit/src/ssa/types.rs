//! What the builder knows of a value: its kind, and of integers their range.
//!
//! `build` joins these at merges and narrows them at guards and branches; the representation of a value follows from its type.
//! Invariant: the order of [`Ty::join`] has no endless climbs: ranges widen to fixed steps.

use super::Rep;
use crate::feedback::{Kinds, Target};
use minilive_runtime::realm::TypeMap;

/// Largest magnitude of a [`Rep::Int`] value.
pub const INT_MAX: i64 = 1 << 53;
/// Largest magnitude that a conversion from a double lets through.
pub const CONVERTED_MAX: i64 = (1 << 51) - 1;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ty {
    /// No value reaches here yet (bottom).
    Never,
    /// An integer in a range (both ends included).
    Int(i64, i64),
    /// Any number, held as a double.
    Num,
    /// null
    Null,
    /// The mark of an unassigned variable.
    Absent,
    /// A string.
    Str,
    /// A list.
    List,
    /// A map.
    Map,
    /// The map of methods that all values of a type have, to ask with `isa`.
    TypeMap(TypeMap),
    /// A function that is known.
    Function(Target),
    /// The object of a counted loop: base, step and count stand in side registers.
    Range,
    /// Anything but a function or a marker; reading it calls nothing.
    Plain,
    /// Anything, markers included.
    Any,
}

impl Ty {
    /// An integer of which only the general range is known.
    pub const ANY_INT: Ty = Ty::Int(-INT_MAX, INT_MAX);
    /// An integer that 32 bits hold.
    pub const SMALL_INT: Ty = Ty::Int(i32::MIN as i64, i32::MAX as i64);
    /// 0 or 1.
    pub const BOOL: Ty = Ty::Int(0, 1);

    /// How a value of this type is held.
    pub fn rep(self) -> Rep {
        match self {
            Ty::Int(..) => Rep::Int,
            Ty::Num => Rep::F64,
            _ => Rep::Boxed,
        }
    }

    /// Whether every value of the type is a number.
    pub fn is_number(self) -> bool {
        matches!(self, Ty::Int(..) | Ty::Num)
    }

    /// The range, if this is an integer type.
    pub fn range(self) -> Option<(i64, i64)> {
        match self {
            Ty::Int(lo, hi) => Some((lo, hi)),
            _ => None,
        }
    }

    /// Whether no value of the type is a function or a marker, so that reading it calls nothing.
    pub fn never_calls(self) -> bool {
        !matches!(self, Ty::Any | Ty::Function(_) | Ty::Absent)
    }

    /// The smallest type of ours above both.
    pub fn join(self, other: Ty) -> Ty {
        use Ty::*;
        match (self, other) {
            (Never, it) | (it, Never) => it,
            (a, b) if a == b => a,
            (Int(a, b), Int(c, d)) => Int(a.min(c), b.max(d)),
            (Int(..) | Num, Int(..) | Num) => Num,
            // Where the list is needed on one of two ways, it is made on the other.
            (Range, it) | (it, Range) => List.join(it),
            (Any | Absent | Function(_), _) | (_, Any | Absent | Function(_)) => Any,
            _ => Plain,
        }
    }

    /// Like [`Ty::join`], but a growing range jumps to the next step, so that loops settle.
    pub fn widen(self, other: Ty) -> Ty {
        const STEPS: [i64; 6] = [0, 1, 255, i32::MAX as i64, CONVERTED_MAX, INT_MAX];
        let joined = self.join(other);
        let (Int(lo, hi), Int(old_lo, old_hi)) = (joined, self) else {
            return joined;
        };
        use Ty::Int;
        let up = |n: i64| STEPS.into_iter().find(|&step| step >= n).unwrap_or(INT_MAX);
        let lo = if lo < old_lo { if lo >= 0 { 0 } else { -up(-lo) } } else { lo };
        let hi = if hi > old_hi { if hi <= 0 { 0 } else { up(hi) } } else { hi };
        Int(lo, hi)
    }

    /// The type to speculate on when a place was seen to hold these kinds.
    pub fn of_kinds(kinds: Kinds) -> Ty {
        if kinds.is_empty() {
            Ty::Any
        } else if kinds.only_ints() {
            Ty::SMALL_INT
        } else if kinds.within(Kinds::NUMBER) {
            Ty::Num
        } else if kinds == Kinds::LIST {
            Ty::List
        } else if kinds == Kinds::STRING {
            Ty::Str
        } else if kinds == Kinds::MAP {
            Ty::Map
        } else {
            Ty::Any
        }
    }
}

/// Adds two bounds within what an integer may be.
pub fn clamp(n: i128) -> i64 {
    n.clamp(-i128::from(INT_MAX), i128::from(INT_MAX)) as i64
}

/// Whether a computed range needs no check.
pub fn fits(lo: i128, hi: i128) -> bool {
    lo >= -i128::from(INT_MAX) && hi <= i128::from(INT_MAX)
}
