//! Error values: message, inner value, stack and parent. Immutable once made.
//!
//! Operators and intrinsics make them; `member_get` reads them. Invariants are those of `value.rs` and `heap.rs`.
#![expect(unsafe_code, reason = "layout of heap objects")]

use crate::heap::mark::Marker;
use crate::heap::{Header, kind};
use crate::realm::Realm;
use crate::value::{TAG_ERROR, Value};
use std::ptr::NonNull;

/// An error object.
#[derive(Debug)]
#[repr(C)]
pub struct ErrorObject {
    header: Header,
    message: Value,
    inner: Value,
    stack: Value,
    isa: Value,
}

/// A reference to an error object that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct ErrorRef(pub(crate) NonNull<ErrorObject>);

impl ErrorRef {
    /// The error as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_object(TAG_ERROR, self.0)
    }

    #[inline(always)]
    fn object(&self) -> &ErrorObject {
        // SAFETY: value invariant 2.
        unsafe { self.0.as_ref() }
    }

    /// The message, a string.
    pub fn message(self) -> Value {
        self.object().message
    }

    /// The inner value, or null.
    pub fn inner(self) -> Value {
        self.object().inner
    }

    /// The frozen list of stack lines, or null if nobody gave one.
    pub fn stack(self) -> Value {
        self.object().stack
    }

    /// The parent error, or null.
    pub fn isa(self) -> Value {
        self.object().isa
    }
}

impl Realm {
    /// A new error value.
    pub fn new_error(&mut self, message: Value, inner: Value, stack: Value, isa: Value) -> ErrorRef {
        let bytes = size_of::<ErrorObject>();
        let object = self.alloc_protecting(bytes, &[message, inner, stack, isa]).cast::<ErrorObject>();
        let header = Header::new(kind::ERROR, 0, 0);
        // SAFETY: heap invariant 2: a fresh cell of this size.
        unsafe { object.write(ErrorObject { header, message, inner, stack, isa }) };
        ErrorRef(object)
    }
}

/// Marks what an error refers to.
pub(crate) fn trace(object: NonNull<ErrorObject>, marker: &mut Marker<'_>) {
    let error = ErrorRef(object);
    for value in [error.message(), error.inner(), error.stack(), error.isa()] {
        marker.value(value);
    }
}
