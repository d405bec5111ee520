//! The stack of interpreter registers: one reserved region of values that the system commits page by page.
//!
//! The engine's frames stand in `[base, top)`; the realm's head holds the addresses. Collections scan that part.
//!
//! Invariants:
//! 1. The region is `slots` values long, zeroed (the number 0) at first, and lives as long as its realm.
//! 2. `top` is always inside the region; slots below it were written or are still zero.
#![expect(unsafe_code, reason = "owns raw memory")]

use crate::value::Value;
use std::alloc::Layout;
use std::ptr::NonNull;

pub(crate) struct VmStack {
    base: NonNull<Value>,
    slots: usize,
}

// SAFETY: invariant 1: the region belongs to one realm.
unsafe impl Send for VmStack {}

fn layout(slots: usize) -> Layout {
    Layout::array::<Value>(slots).expect("a stack is smaller than the address space")
}

impl VmStack {
    /// A stack for `slots` values (at least one).
    pub(crate) fn new(slots: usize) -> VmStack {
        let slots = slots.max(1);
        // SAFETY: the layout is not empty.
        let memory = unsafe { std::alloc::alloc_zeroed(layout(slots)) };
        match NonNull::new(memory.cast()) {
            Some(base) => VmStack { base, slots },
            None => std::alloc::handle_alloc_error(layout(slots)),
        }
    }

    pub(crate) fn base(&self) -> *mut Value {
        self.base.as_ptr()
    }

    pub(crate) fn limit(&self) -> *mut Value {
        self.base.as_ptr().wrapping_add(self.slots)
    }

    /// Calls `visit` with every slot below `top`.
    pub(crate) fn scan(&self, top: *mut Value, visit: &mut dyn FnMut(Value)) {
        debug_assert!(self.base() <= top && top <= self.limit());
        let mut at = self.base();
        while at < top.min(self.limit()) {
            // SAFETY: invariants 1 and 2: `at` is inside the region.
            visit(unsafe { at.read() });
            at = at.wrapping_add(1);
        }
    }
}

impl Drop for VmStack {
    fn drop(&mut self) {
        // SAFETY: invariant 1: allocated with this layout, freed once.
        unsafe { std::alloc::dealloc(self.base.as_ptr().cast(), layout(self.slots)) }
    }
}
