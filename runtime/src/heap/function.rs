//! Function references: which code, and the variables it captured.
//!
//! The engine makes them and reads them at calls; intrinsics are function references too, permanent and without variables.
//! Invariant (besides those of `value.rs` and `heap.rs`): `outer` is a map or null and never changes.
#![expect(unsafe_code, reason = "layout of heap objects")]

use crate::heap::mark::Marker;
use crate::heap::permanent::PermanentArena;
use crate::heap::{Header, flags, kind};
use crate::realm::Realm;
use crate::value::{TAG_FUNCTION, Value};
use std::mem::offset_of;
use std::ptr::NonNull;

/// A function object.
#[derive(Debug)]
#[repr(C)]
pub struct FunctionObject {
    header: Header,
    code: u32,
    slot: u32,
    outer: Value,
}

/// Offset of the code id (u32); call guards compare it.
pub const FUNCTION_CODE: usize = offset_of!(FunctionObject, code);
/// Offset of the engine's slot (u32).
pub const FUNCTION_SLOT: usize = offset_of!(FunctionObject, slot);
/// Offset of the captured map.
pub const FUNCTION_OUTER: usize = offset_of!(FunctionObject, outer);
/// Bytes of a function object.
pub const FUNCTION_BYTES: usize = size_of::<FunctionObject>();
/// This bit of a code id says that the rest is an index into the table of intrinsics.
pub const INTRINSIC: u32 = 1 << 31;

/// A reference to a function object that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct FunctionRef(pub(crate) NonNull<FunctionObject>);

impl FunctionRef {
    /// The function as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_object(TAG_FUNCTION, self.0)
    }

    #[inline(always)]
    fn object(&self) -> &FunctionObject {
        // SAFETY: value invariant 2.
        unsafe { self.0.as_ref() }
    }

    /// The code id: the engine's, or an intrinsic's with the bit [`INTRINSIC`].
    #[inline(always)]
    pub fn code(self) -> u32 {
        self.object().code
    }

    /// The index in the table of intrinsics, if this is one.
    #[inline(always)]
    pub fn intrinsic(self) -> Option<u32> {
        let code = self.code();
        if code & INTRINSIC != 0 { Some(code & !INTRINSIC) } else { None }
    }

    /// The engine's slot: which unit this is, whatever code it has now.
    #[inline(always)]
    pub fn slot(self) -> u32 {
        self.object().slot
    }

    /// The captured map, or null for intrinsics.
    #[inline(always)]
    pub fn outer(self) -> Value {
        self.object().outer
    }
}

impl Realm {
    /// A new function reference.
    pub fn new_function(&mut self, code: u32, slot: u32, outer: Value) -> FunctionRef {
        let object = self.alloc_protecting(FUNCTION_BYTES, &[outer]).cast::<FunctionObject>();
        // SAFETY: heap invariant 2: a fresh cell of this size.
        unsafe { object.write(FunctionObject { header: Header::new(kind::FUNCTION, 0, 0), code, slot, outer }) };
        FunctionRef(object)
    }
}

/// An intrinsic in permanent memory.
pub(crate) fn permanent_intrinsic(arena: &PermanentArena, index: u32) -> Value {
    let header = Header::new(kind::FUNCTION, flags::PERMANENT, 0);
    let object = arena.allocate(FUNCTION_BYTES).cast::<FunctionObject>();
    // SAFETY: heap/permanent invariant 1: fresh memory of this size.
    unsafe { object.write(FunctionObject { header, code: INTRINSIC | index, slot: u32::MAX, outer: Value::NULL }) };
    FunctionRef(object).value()
}

/// Marks what a function refers to.
pub(crate) fn trace(object: NonNull<FunctionObject>, marker: &mut Marker<'_>) {
    marker.value(FunctionRef(object).outer());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_fits_the_smallest_cell() {
        assert_eq!(FUNCTION_BYTES, 24);
        assert_eq!([FUNCTION_CODE, FUNCTION_SLOT, FUNCTION_OUTER], [8, 12, 16]);
    }
}
