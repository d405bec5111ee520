//! Handles: opaque host objects (open files, raw data) that a program holds inside file maps.
//!
//! Host intrinsics make and open them; the collector drops what nobody holds any more.
//! Invariant (besides those of `value.rs` and `heap.rs`): `payload` is a leaked box that is dropped when the object dies;
//! the object's finalise bit is set.
#![expect(unsafe_code, reason = "layout of heap objects")]

use crate::heap::block::{Block, set_bit};
use crate::heap::{Header, kind};
use crate::realm::Realm;
use crate::value::{TAG_OTHER, Value};
use std::any::Any;
use std::ptr::NonNull;

/// A handle object.
#[derive(Debug)]
#[repr(C)]
pub struct HandleObject {
    header: Header,
    payload: *mut Payload,
    /// What the payload takes outside the heap.
    bytes: usize,
}

struct Payload {
    content: Box<dyn Any + Send>,
}

/// A reference to a handle object that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct HandleRef(pub(crate) NonNull<HandleObject>);

impl HandleRef {
    /// The handle as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_object(TAG_OTHER, self.0)
    }

    /// Runs `action` on the content, if it is a `T`. The realm is held, so that nothing else opens the same handle.
    pub fn with<T: 'static, R>(self, realm: &mut Realm, action: impl FnOnce(&mut T) -> R) -> Option<R> {
        let _exclusive = realm;
        // SAFETY: the payload lives as long as the object, and the realm's exclusive borrow makes this the only access.
        let payload = unsafe { &mut *self.0.as_ref().payload };
        payload.content.downcast_mut::<T>().map(action)
    }
}

impl Realm {
    /// A handle on a host object that takes about so many bytes.
    pub fn new_handle(&mut self, content: Box<dyn Any + Send>, bytes: usize) -> HandleRef {
        let payload = Box::into_raw(Box::new(Payload { content }));
        let object = self.alloc(size_of::<HandleObject>()).cast::<HandleObject>();
        // SAFETY: heap invariant 2: a fresh cell of this size.
        unsafe { object.write(HandleObject { header: Header::new(kind::HANDLE, 0, 0), payload, bytes }) };
        set_finalise(object.cast());
        self.account(0, bytes);
        HandleRef(object)
    }
}

/// Says that a cell owns memory outside the heap (heap invariant 5).
pub(crate) fn set_finalise(object: NonNull<Header>) {
    let block = Block::of(object);
    let cell = block.cell_index(object.as_ptr() as usize).expect("an object stands in a cell");
    set_bit(&mut block.header().finalise, cell);
}

/// Drops the host object of a dead handle; returns its bytes.
pub(crate) fn finalise(object: NonNull<HandleObject>) -> u64 {
    // SAFETY: heap invariant 5: called once, when nobody refers to the object any more.
    let (payload, bytes) = unsafe { (Box::from_raw(object.as_ref().payload), object.as_ref().bytes) };
    drop(payload);
    bytes as u64
}
