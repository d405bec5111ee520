//! Sets of types that a value may have, and what operators make of them (LANGUAGE 3.5 to 3.11).
//!
//! `scope` uses them to find variables that never hold a function, `lower` to fill [`crate::ir::Unit::types`] and to leave out
//! calls that cannot happen. Invariant: a set names every type the value can have at run time; naming more is allowed.

use crate::ir::{BinaryOp, Const, Ty, UnaryOp};
use std::ops::{BitOr, BitOrAssign};

/// Of what may be of more types nothing is known that would tell anything.
const MOST_KNOWN: usize = 3;

/// A set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeSet(u16);

impl TypeSet {
    /// No value at all: code that is never reached.
    pub const NONE: TypeSet = TypeSet(0);
    /// null
    pub const NULL: TypeSet = TypeSet(1);
    /// Doubles.
    pub const NUMBER: TypeSet = TypeSet(2);
    /// Strings.
    pub const STRING: TypeSet = TypeSet(4);
    /// Lists.
    pub const LIST: TypeSet = TypeSet(8);
    /// Maps.
    pub const MAP: TypeSet = TypeSet(16);
    /// Function references.
    pub const FUNCTION: TypeSet = TypeSet(32);
    /// Error values.
    pub const ERROR: TypeSet = TypeSet(64 | 256);
    /// Of those, the ones that hardly ever come about: a text or a list would be too large, or an operand is one of which nothing is known.
    pub const RARE_ERROR: TypeSet = TypeSet(256);
    /// Anything, host handles included.
    pub const ANY: TypeSet = TypeSet(511);

    /// Whether all of `self` is in `other`.
    pub fn is_within(self, other: TypeSet) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether a value may be of one of these types.
    pub fn may_be(self, other: TypeSet) -> bool {
        self.0 & other.0 != 0
    }

    /// All but those of the other.
    pub fn without(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 & !other.0)
    }

    /// The types in both.
    pub fn only(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 & other.0)
    }

    /// The types of both.
    pub const fn with(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }

    /// The errors that come through an operation on such a value.
    pub fn errors(self) -> TypeSet {
        self.only(if self.is_unknown() { TypeSet::RARE_ERROR } else { TypeSet::ERROR })
    }

    /// Whether it may be so many types that nothing is known.
    fn is_unknown(self) -> bool {
        let types = [
            TypeSet::NULL,
            TypeSet::NUMBER,
            TypeSet::STRING,
            TypeSet::LIST,
            TypeSet::MAP,
            TypeSet::FUNCTION,
            TypeSet::ERROR,
        ];
        types.into_iter().filter(|it| self.may_be(*it)).count() > MOST_KNOWN
    }

    /// The one type of the value, as instructions state it.
    pub fn ty(self) -> Ty {
        match self {
            TypeSet::NULL => Ty::Null,
            TypeSet::NUMBER => Ty::Number,
            TypeSet::STRING => Ty::String,
            TypeSet::LIST => Ty::List,
            TypeSet::MAP => Ty::Map,
            TypeSet::FUNCTION => Ty::Function,
            _ => Ty::Any,
        }
    }

    /// The type of a constant.
    pub fn of_const(value: &Const) -> TypeSet {
        match value {
            Const::Null => TypeSet::NULL,
            Const::Number(_) => TypeSet::NUMBER,
            Const::Str(_) => TypeSet::STRING,
            Const::List(_) => TypeSet::LIST,
            Const::Map(_) => TypeSet::MAP,
        }
    }
}

impl BitOr for TypeSet {
    type Output = TypeSet;
    fn bitor(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }
}

impl BitOrAssign for TypeSet {
    fn bitor_assign(&mut self, other: TypeSet) {
        self.0 |= other.0;
    }
}

/// What an operator may give for operands of these types.
pub fn binary(op: BinaryOp, a: TypeSet, b: TypeSet) -> TypeSet {
    if a == TypeSet::NONE || b == TypeSet::NONE {
        return TypeSet::NONE;
    }
    let errors = a.errors() | b.errors();
    match op {
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Isa => TypeSet::NUMBER,
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::And => TypeSet::NUMBER | errors,
        // An error on the left gives the right operand, whatever it is.
        BinaryOp::Or if a.may_be(TypeSet::ERROR) => TypeSet::NUMBER | b,
        BinaryOp::Or => TypeSet::NUMBER | errors,
        BinaryOp::Add => match (a.without(TypeSet::ERROR), b.without(TypeSet::ERROR)) {
            (TypeSet::NONE, _) | (_, TypeSet::NONE) => errors,
            (a, b) => add(a, b) | errors,
        },
        BinaryOp::Sub => arithmetic(a, b, TypeSet::NUMBER | TypeSet::STRING) | errors,
        BinaryOp::Mul | BinaryOp::Div => repeat(op, a, b) | errors,
        BinaryOp::Mod | BinaryOp::Pow => arithmetic(a, b, TypeSet::NUMBER) | errors,
    }
}

/// `+` apart from errors among the operands. Strings swallow everything, lists and maps join, all other mixtures give null.
fn add(a: TypeSet, b: TypeSet) -> TypeSet {
    let mut result = TypeSet::NONE;
    if (a | b).may_be(TypeSet::STRING) {
        // Too long a text is an error value.
        result |= TypeSet::STRING | TypeSet::RARE_ERROR;
    }
    if a.is_within(TypeSet::STRING) || b.is_within(TypeSet::STRING) {
        return result;
    }
    for (ty, makes) in [
        (TypeSet::NUMBER, TypeSet::NUMBER),
        (TypeSet::LIST, TypeSet::LIST | TypeSet::RARE_ERROR),
        (TypeSet::MAP, TypeSet::MAP),
    ] {
        if a.may_be(ty) && b.may_be(ty) {
            result |= makes;
        }
        if a.is_within(ty) && b.is_within(ty) {
            return result;
        }
    }
    result | TypeSet::NULL
}

/// Operators that keep the types in `kept` when both operands are of the same one, and give null for other pairs.
fn arithmetic(a: TypeSet, b: TypeSet, kept: TypeSet) -> TypeSet {
    let same = a.only(b).only(kept);
    let uniform = a == b && same == a && same.0.is_power_of_two();
    if uniform { same } else { same | TypeSet::NULL }
}

/// `*` and `/`: numbers, and strings and lists repeated by a number.
fn repeat(op: BinaryOp, a: TypeSet, b: TypeSet) -> TypeSet {
    debug_assert!(matches!(op, BinaryOp::Mul | BinaryOp::Div));
    if a.is_within(TypeSet::NUMBER) && b.is_within(TypeSet::NUMBER) {
        return TypeSet::NUMBER;
    }
    let mut result = TypeSet::NULL;
    if b.may_be(TypeSet::NUMBER) {
        result |= a.only(TypeSet::NUMBER | TypeSet::STRING | TypeSet::LIST);
        if a.may_be(TypeSet::STRING | TypeSet::LIST) {
            result |= TypeSet::RARE_ERROR;
        }
    }
    result
}

/// What an operator may give for an operand of these types.
pub fn unary(op: UnaryOp, a: TypeSet) -> TypeSet {
    match op {
        _ if a == TypeSet::NONE => TypeSet::NONE,
        UnaryOp::New => TypeSet::MAP,
        UnaryOp::Not => TypeSet::NUMBER | a.errors(),
        UnaryOp::Neg => binary(BinaryOp::Sub, TypeSet::NUMBER, a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_stays_a_number() {
        assert_eq!(binary(BinaryOp::Add, TypeSet::NUMBER, TypeSet::NUMBER), TypeSet::NUMBER);
        assert_eq!(binary(BinaryOp::Mul, TypeSet::NUMBER, TypeSet::NUMBER), TypeSet::NUMBER);
        assert_eq!(unary(UnaryOp::Neg, TypeSet::NUMBER), TypeSet::NUMBER);
    }

    #[test]
    fn no_operator_but_or_gives_a_function() {
        use BinaryOp::*;
        for op in [Add, Sub, Mul, Div, Mod, Pow, Eq, Ne, Lt, Le, Gt, Ge, Isa, And] {
            assert!(!binary(op, TypeSet::ANY, TypeSet::ANY).may_be(TypeSet::FUNCTION), "{op}");
        }
        assert!(binary(Or, TypeSet::ERROR, TypeSet::FUNCTION).may_be(TypeSet::FUNCTION));
        assert!(!binary(Or, TypeSet::NUMBER, TypeSet::FUNCTION).may_be(TypeSet::FUNCTION));
    }

    #[test]
    fn errors_of_unknown_operands_are_rare_ones() {
        let sum = |a, b| binary(BinaryOp::Add, a, b);
        assert_eq!(sum(TypeSet::STRING, TypeSet::ANY), TypeSet::STRING | TypeSet::RARE_ERROR);
        assert_eq!(sum(TypeSet::ANY.without(TypeSet::NULL), TypeSet::STRING), TypeSet::STRING | TypeSet::RARE_ERROR);
        let known = TypeSet::STRING | TypeSet::ERROR;
        assert_eq!(sum(TypeSet::STRING, known), known);
        assert_eq!(sum(TypeSet::ANY, known), known);
        assert!(sum(TypeSet::STRING, TypeSet::ANY).may_be(TypeSet::ERROR), "it is possible all the same");
        assert_eq!(unary(UnaryOp::Not, TypeSet::ANY), TypeSet::NUMBER | TypeSet::RARE_ERROR);
    }

    #[test]
    fn mixtures_may_give_null() {
        assert!(binary(BinaryOp::Add, TypeSet::NUMBER, TypeSet::LIST).may_be(TypeSet::NULL));
        assert!(binary(BinaryOp::Sub, TypeSet::NUMBER | TypeSet::STRING, TypeSet::NUMBER).may_be(TypeSet::NULL));
        assert!(!binary(BinaryOp::Add, TypeSet::STRING, TypeSet::ANY).may_be(TypeSet::NULL));
    }
}
