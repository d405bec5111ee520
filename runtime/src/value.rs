//! The one file that knows the bits of a value.
//!
//! Everybody hands [`Value`]s around; compiled code reads the tag constants below. A number is its own bits, everything
//! else is a tag in bits 48–63 and a payload in the low 48. Read `tests::every_kind_has_its_own_bits` first.
//!
//! Invariants of the unsafe code here and in the layout files:
//! 1. A value with a pointer tag was made from the address of a heap object of exactly that kind.
//! 2. A value is used only while its object lives: it is reachable from a root of its realm (VM stack, globals, temporary
//!    roots, native stack between the recorded base and the stack pointer) or it is permanent.
//! 3. No number has bits at or above [`NUMBER_END`]: not-a-number is canonicalised where it enters.
#![expect(unsafe_code, reason = "a value is a tagged address")]

use crate::error_value::{ErrorObject, ErrorRef};
use crate::function::{FunctionObject, FunctionRef};
use crate::handle::{HandleObject, HandleRef};
use crate::heap::Header;
use crate::list::{ListObject, ListRef};
use crate::map::{MapObject, MapRef};
use crate::string::{StringObject, StringRef};
use std::fmt;
use std::ptr::NonNull;

/// How far the tag stands to the left.
pub const TAG_SHIFT: u32 = 48;
/// A value is a number if and only if its bits are below this.
pub const NUMBER_END: u64 = TAG_IMMEDIATE << TAG_SHIFT;
/// Tag of null and of the internal markers.
pub const TAG_IMMEDIATE: u64 = 0xFFF9;
/// Tag of strings.
pub const TAG_STRING: u64 = 0xFFFA;
/// Tag of lists.
pub const TAG_LIST: u64 = 0xFFFB;
/// Tag of maps.
pub const TAG_MAP: u64 = 0xFFFC;
/// Tag of function references.
pub const TAG_FUNCTION: u64 = 0xFFFD;
/// Tag of error values.
pub const TAG_ERROR: u64 = 0xFFFE;
/// Tag of other heap objects (handles).
pub const TAG_OTHER: u64 = 0xFFFF;
/// The low 48 bits.
pub const PAYLOAD_MASK: u64 = (1 << TAG_SHIFT) - 1;
/// The only not-a-number that leaves [`Value::number`].
pub const CANONICAL_NAN: u64 = 0x7FF8_0000_0000_0000;

/// A MiniScript value, or one of the internal markers [`Value::ABSENT`] and [`Value::EXC`].
///
/// Comparing two of them with `==` compares bits: identity, not MiniScript equality.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

/// What a value is, as [`Value::kind`] tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// null
    Null,
    /// A double.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// A map.
    Map,
    /// A function reference.
    Function,
    /// An error value.
    Error,
    /// An opaque host object.
    Handle,
    /// [`Value::ABSENT`] or [`Value::EXC`]; never seen by a program.
    Internal,
}

/// A value taken apart, for `match`.
#[derive(Debug, Clone, Copy)]
pub enum Unpacked {
    /// null
    Null,
    /// A double.
    Number(f64),
    /// A string.
    String(StringRef),
    /// A list.
    List(ListRef),
    /// A map.
    Map(MapRef),
    /// A function reference.
    Function(FunctionRef),
    /// An error value.
    Error(ErrorRef),
    /// An opaque host object.
    Handle(HandleRef),
    /// [`Value::ABSENT`] or [`Value::EXC`].
    Internal,
}

impl Value {
    /// null
    pub const NULL: Value = Value(NUMBER_END);
    /// The mark of an unassigned variable, a deleted slot, a missing argument. Never reaches a program.
    pub const ABSENT: Value = Value(NUMBER_END | 1);
    /// What calls return when an error or a limit unwinds; the cause is in the realm.
    /// It is above all values, so that one comparison tells errors and it from most of them.
    pub const EXC: Value = Value(u64::MAX);
    /// The number 0, which is also false.
    pub const ZERO: Value = Value(0);
    /// The number 1, which is also true.
    pub const ONE: Value = Value(0x3FF0_0000_0000_0000);

    /// A number; every not-a-number becomes the canonical one.
    #[inline(always)]
    pub fn number(number: f64) -> Value {
        if number.is_nan() { Value(CANONICAL_NAN) } else { Value(number.to_bits()) }
    }

    /// 1 or 0.
    #[inline(always)]
    pub fn boolean(truth: bool) -> Value {
        if truth { Value::ONE } else { Value::ZERO }
    }

    /// The bits.
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The value of bits that compiled code or a constant table holds.
    ///
    /// # Safety
    /// The bits come from [`Value::bits`] of a value that is still alive, or are those of a number below [`NUMBER_END`].
    #[inline(always)]
    pub const unsafe fn from_bits(bits: u64) -> Value {
        Value(bits)
    }

    /// A number that arithmetic on two numbers gave: the hardware's own not-a-number is a number already.
    ///
    /// # Safety
    /// The number is not a foreign not-a-number (invariant 3).
    #[inline(always)]
    pub unsafe fn number_unchecked(number: f64) -> Value {
        Value(number.to_bits())
    }

    /// The tag: bits 48–63.
    #[inline(always)]
    pub const fn tag(self) -> u64 {
        self.0 >> TAG_SHIFT
    }

    /// Whether this is a number.
    #[inline(always)]
    pub const fn is_number(self) -> bool {
        self.0 < NUMBER_END
    }

    /// Whether this is null.
    #[inline(always)]
    pub const fn is_null(self) -> bool {
        self.0 == Value::NULL.0
    }

    /// Whether this is the mark of something unassigned.
    #[inline(always)]
    pub const fn is_absent(self) -> bool {
        self.0 == Value::ABSENT.0
    }

    /// Whether this is the mark of unwinding.
    #[inline(always)]
    pub const fn is_exc(self) -> bool {
        self.0 == Value::EXC.0
    }

    /// Whether this is a string.
    #[inline(always)]
    pub const fn is_string(self) -> bool {
        self.tag() == TAG_STRING
    }

    /// Whether this is a list.
    #[inline(always)]
    pub const fn is_list(self) -> bool {
        self.tag() == TAG_LIST
    }

    /// Whether this is a map.
    #[inline(always)]
    pub const fn is_map(self) -> bool {
        self.tag() == TAG_MAP
    }

    /// Whether this is a function reference.
    #[inline(always)]
    pub const fn is_function(self) -> bool {
        self.tag() == TAG_FUNCTION
    }

    /// Whether this is an error value.
    #[inline(always)]
    pub const fn is_error(self) -> bool {
        self.tag() == TAG_ERROR
    }

    /// Whether this is a handle.
    #[inline(always)]
    pub const fn is_handle(self) -> bool {
        self.tag() == TAG_OTHER
    }

    /// Whether this refers to a heap object, or is the mark of unwinding.
    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.0 >= TAG_STRING << TAG_SHIFT
    }

    /// The double, if this is a number.
    #[inline(always)]
    pub fn as_number(self) -> Option<f64> {
        if self.is_number() { Some(f64::from_bits(self.0)) } else { None }
    }

    /// The double's bits read as a double whatever this is; anything but a number reads as not-a-number.
    #[inline(always)]
    pub fn to_f64_lossy(self) -> f64 {
        f64::from_bits(self.0)
    }

    /// The string, if this is one.
    #[inline(always)]
    pub fn as_string(self) -> Option<StringRef> {
        self.pointer_if::<StringObject>(TAG_STRING).map(StringRef)
    }

    /// The list, if this is one.
    #[inline(always)]
    pub fn as_list(self) -> Option<ListRef> {
        self.pointer_if::<ListObject>(TAG_LIST).map(ListRef)
    }

    /// The map, if this is one.
    #[inline(always)]
    pub fn as_map(self) -> Option<MapRef> {
        self.pointer_if::<MapObject>(TAG_MAP).map(MapRef)
    }

    /// The function reference, if this is one.
    #[inline(always)]
    pub fn as_function(self) -> Option<FunctionRef> {
        self.pointer_if::<FunctionObject>(TAG_FUNCTION).map(FunctionRef)
    }

    /// The error value, if this is one.
    #[inline(always)]
    pub fn as_error(self) -> Option<ErrorRef> {
        self.pointer_if::<ErrorObject>(TAG_ERROR).map(ErrorRef)
    }

    /// The handle, if this is one.
    #[inline(always)]
    pub fn as_handle(self) -> Option<HandleRef> {
        self.pointer_if::<HandleObject>(TAG_OTHER).map(HandleRef)
    }

    /// What this is.
    #[inline]
    pub fn kind(self) -> ValueKind {
        if self.is_number() {
            return ValueKind::Number;
        }
        match self.tag() {
            TAG_STRING => ValueKind::String,
            TAG_LIST => ValueKind::List,
            TAG_MAP => ValueKind::Map,
            TAG_FUNCTION => ValueKind::Function,
            TAG_ERROR => ValueKind::Error,
            TAG_OTHER if !self.is_exc() => ValueKind::Handle,
            _ if self.is_null() => ValueKind::Null,
            _ => ValueKind::Internal,
        }
    }

    /// This, taken apart.
    #[inline]
    pub fn unpack(self) -> Unpacked {
        if self.is_number() {
            return Unpacked::Number(f64::from_bits(self.0));
        }
        match self.tag() {
            TAG_STRING => Unpacked::String(StringRef(self.pointer())),
            TAG_LIST => Unpacked::List(ListRef(self.pointer())),
            TAG_MAP => Unpacked::Map(MapRef(self.pointer())),
            TAG_FUNCTION => Unpacked::Function(FunctionRef(self.pointer())),
            TAG_ERROR => Unpacked::Error(ErrorRef(self.pointer())),
            TAG_OTHER if !self.is_exc() => Unpacked::Handle(HandleRef(self.pointer())),
            _ if self.is_null() => Unpacked::Null,
            _ => Unpacked::Internal,
        }
    }

    /// The name of the type as `info(v).type` and type errors show it.
    pub fn type_name(self) -> &'static str {
        match self.kind() {
            ValueKind::Null | ValueKind::Internal => "null",
            ValueKind::Number => "number",
            ValueKind::String => "string",
            ValueKind::List => "list",
            ValueKind::Map => "map",
            ValueKind::Function => "funcRef",
            ValueKind::Error => "error",
            ValueKind::Handle => "handle",
        }
    }

    /// The object's address, if this refers to one. Identity of what it refers to as long as it lives.
    #[inline(always)]
    pub fn address(self) -> Option<usize> {
        if self.is_object() { Some((self.0 & PAYLOAD_MASK) as usize) } else { None }
    }

    /// The object's header, if this refers to an object.
    #[inline(always)]
    pub(crate) fn header(self) -> Option<NonNull<Header>> {
        if self.is_object() { Some(self.pointer()) } else { None }
    }

    /// Keeps the value where the collector's scan of the native stack finds it, until here.
    ///
    /// Call it after the last allocation behind which a *derived* pointer (a text slice) of the value is used.
    #[inline(always)]
    pub fn keep_alive(self) {
        std::hint::black_box(self);
    }

    /// A reference to an object.
    #[inline(always)]
    pub(crate) fn from_object<T>(tag: u64, object: NonNull<T>) -> Value {
        let address = object.as_ptr().expose_provenance() as u64;
        debug_assert!(address & !PAYLOAD_MASK == 0, "addresses have 48 bits");
        Value(tag << TAG_SHIFT | address)
    }

    #[inline(always)]
    fn pointer_if<T>(self, tag: u64) -> Option<NonNull<T>> {
        if self.tag() == tag { Some(self.pointer()) } else { None }
    }

    #[inline(always)]
    fn pointer<T>(self) -> NonNull<T> {
        let pointer = std::ptr::with_exposed_provenance_mut((self.0 & PAYLOAD_MASK) as usize);
        // SAFETY: invariant 1: pointer tags are only put on addresses of objects, which are not null.
        unsafe { NonNull::new_unchecked(pointer) }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::boolean(truth)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unpack() {
            Unpacked::Null => write!(f, "null"),
            Unpacked::Number(number) => write!(f, "{number}"),
            Unpacked::String(string) => write!(f, "{:?}", string.as_str()),
            _ if self.is_absent() => write!(f, "absent"),
            _ if self.is_exc() => write!(f, "exc"),
            _ => write!(f, "{}@{:x}", self.type_name(), self.0 & PAYLOAD_MASK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_word() {
        assert_eq!(size_of::<Value>(), 8);
        assert_eq!(size_of::<Option<StringRef>>(), 8);
    }

    #[test]
    fn every_kind_has_its_own_bits() {
        for number in [0.0, -0.0, 1.5, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE] {
            let value = Value::number(number);
            assert!(value.is_number());
            assert_eq!(value.as_number().map(f64::to_bits), Some(number.to_bits()));
        }
        for value in [Value::NULL, Value::ABSENT] {
            assert!(!value.is_number() && !value.is_object());
        }
        assert!(!Value::EXC.is_number());
        assert_eq!(Value::EXC.kind(), ValueKind::Internal);
        assert_eq!(Value::NULL.kind(), ValueKind::Null);
        assert_eq!(Value::ABSENT.kind(), ValueKind::Internal);
        assert_eq!(Value::ONE.as_number(), Some(1.0));
    }

    #[test]
    fn a_foreign_nan_is_made_canonical() {
        for tag in TAG_IMMEDIATE..=TAG_OTHER {
            let forged = f64::from_bits(tag << TAG_SHIFT | 0x1234);
            assert_eq!(Value::number(forged).bits(), CANONICAL_NAN);
        }
        assert!(Value::number(f64::NAN).is_number());
    }
}
