//! Where the elements of a longer list stand: a cell of the heap if they are few, else memory outside.
//!
//! `list.rs` takes and grows arrays here; how large one is tells where it is. A cell costs next to nothing to take and nothing to
//! give back; memory outside grows without being copied, where the system can do that.
//! Invariants: those of `list.rs`. An array of up to [`MOST_IN_CELL`] values stands behind the header of a cell of its own, which the
//! list that refers to it keeps alive.
#![expect(unsafe_code, reason = "layout of heap objects")]

use crate::heap::classes::{CLASS_SIZES, class_of};
use crate::heap::pages::prefer_large_pages;
use crate::heap::{Header, kind};
use crate::realm::Realm;
use crate::value::Value;
use std::alloc::Layout;
use std::ptr::NonNull;

/// The most values of an array in a cell.
pub(super) const MOST_IN_CELL: usize = (640 - HEADER_BYTES) / size_of::<Value>();
const HEADER_BYTES: usize = size_of::<Header>();

/// Memory for so many values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Array {
    pub(super) values: NonNull<Value>,
    pub(super) capacity: usize,
}

impl Array {
    /// An array of at least so many values, that is none of a list yet. A collection may start; `values` live through it.
    pub(super) fn allocate(realm: &mut Realm, capacity: usize, values: &[Value]) -> Array {
        if capacity > MOST_IN_CELL {
            return Array::outside(capacity);
        }
        let bytes = CLASS_SIZES[class_of(HEADER_BYTES + capacity * size_of::<Value>())];
        let object = realm.alloc_protecting(bytes, values);
        // SAFETY: heap invariant 2: a fresh cell of this size; values begin behind the header, inside.
        let values = unsafe {
            object.write(Header::new(kind::ARRAY, 0, 0));
            object.add(1).cast()
        };
        Array { values, capacity: (bytes - HEADER_BYTES) / size_of::<Value>() }
    }

    fn outside(capacity: usize) -> Array {
        // SAFETY: capacities are at least 1.
        let memory = unsafe { std::alloc::alloc(layout(capacity)) };
        prefer_large_pages(memory, capacity * size_of::<Value>());
        Array { values: checked(memory, capacity), capacity }
    }

    /// Whether it stands outside the heap.
    pub(super) fn is_outside(self) -> bool {
        self.capacity > MOST_IN_CELL
    }

    /// Bytes outside the heap.
    pub(super) fn bytes_outside(self) -> usize {
        if self.is_outside() { self.capacity * size_of::<Value>() } else { 0 }
    }

    /// The cell that it stands in.
    pub(super) fn cell(self) -> Option<NonNull<Header>> {
        // SAFETY: an array in a cell stands behind its header.
        (!self.is_outside()).then(|| unsafe { self.values.cast::<Header>().sub(1) })
    }

    /// A larger array with the first `len` values of this one, which is no longer to be used.
    pub(super) fn grow(self, realm: &mut Realm, len: usize, capacity: usize) -> Array {
        if self.is_outside() {
            // SAFETY: allocated with this layout; the new one is larger.
            let memory =
                unsafe { std::alloc::realloc(self.values.as_ptr().cast(), layout(self.capacity), capacity * 8) };
            return Array { values: checked(memory, capacity), capacity };
        }
        let larger = Array::allocate(realm, capacity, &[]);
        // SAFETY: both have room for `len` values; this one was kept alive by its list.
        unsafe { larger.values.copy_from_nonoverlapping(self.values, len) };
        larger
    }

    /// Gives memory outside back.
    pub(super) fn free(self) {
        if self.is_outside() {
            // SAFETY: allocated with this layout; callers forget it.
            unsafe { std::alloc::dealloc(self.values.as_ptr().cast(), layout(self.capacity)) };
        }
    }
}

fn layout(capacity: usize) -> Layout {
    Layout::array::<Value>(capacity).expect("capacities are limited")
}

fn checked(memory: *mut u8, capacity: usize) -> NonNull<Value> {
    NonNull::new(memory.cast()).unwrap_or_else(|| std::alloc::handle_alloc_error(layout(capacity)))
}
