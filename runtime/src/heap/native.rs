//! The conservative scan of the native stack: every word between the stack pointer and a recorded base.
//!
//! Rust locals, helper frames and compiled code keep values in registers and stack slots; none of them registers roots.
//! Registers that a callee must preserve may hold values of frames above, so they are first spilled into an array that is
//! scanned with the rest. `mark` hands in the closure that resolves words.
//!
//! Invariants:
//! 1. `base` was recorded by a frame that is still active, on the thread that scans, so that all addresses from the spill
//!    array up to `base` are mapped stack memory.
//! 2. Words are read volatile and only compared against the heap's tables: what they mean is decided there.
#![expect(unsafe_code, reason = "reads the native stack and registers")]

/// How many words the preserved registers take.
#[cfg(all(target_arch = "x86_64", not(windows)))]
const SPILLED: usize = 6;
#[cfg(all(target_arch = "x86_64", windows))]
const SPILLED: usize = 8;
#[cfg(target_arch = "aarch64")]
const SPILLED: usize = 20;

/// Calls `visit` with every word of the native stack below `base`; nothing if no base was recorded.
#[inline(never)]
pub(crate) fn scan_stack(base: usize, visit: &mut dyn FnMut(usize)) {
    if base == 0 {
        return;
    }
    let mut registers = [0usize; SPILLED];
    spill(&mut registers);
    let mut at: *const usize = registers.as_ptr();
    while (at as usize) < base {
        // SAFETY: invariants 1 and 2: `at` runs upwards over mapped, aligned stack words.
        unsafe {
            visit(at.read_volatile());
            at = at.wrapping_add(1);
        }
    }
}

/// An address above every frame that is called from here on.
#[inline(always)]
pub(crate) fn base_here(anchor: &usize) -> usize {
    std::ptr::from_ref(anchor) as usize & !(size_of::<usize>() - 1)
}

#[cfg(all(target_arch = "x86_64", not(windows)))]
#[inline(always)]
fn spill(registers: &mut [usize; SPILLED]) {
    // SAFETY: writes exactly the six words of the array (invariant 2: read as plain words).
    unsafe {
        std::arch::asm!(
            "mov [{to}], rbx", "mov [{to} + 8], rbp", "mov [{to} + 16], r12",
            "mov [{to} + 24], r13", "mov [{to} + 32], r14", "mov [{to} + 40], r15",
            to = in(reg) registers.as_mut_ptr(), options(nostack, preserves_flags)
        );
    }
}

#[cfg(all(target_arch = "x86_64", windows))]
#[inline(always)]
fn spill(registers: &mut [usize; SPILLED]) {
    // SAFETY: writes exactly the eight words of the array (invariant 2: read as plain words).
    unsafe {
        std::arch::asm!(
            "mov [{to}], rbx", "mov [{to} + 8], rbp", "mov [{to} + 16], r12", "mov [{to} + 24], r13",
            "mov [{to} + 32], r14", "mov [{to} + 40], r15", "mov [{to} + 48], rsi", "mov [{to} + 56], rdi",
            to = in(reg) registers.as_mut_ptr(), options(nostack, preserves_flags)
        );
    }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn spill(registers: &mut [usize; SPILLED]) {
    // SAFETY: writes exactly the twenty words of the array (invariant 2: read as plain words).
    unsafe {
        std::arch::asm!(
            "stp x19, x20, [{to}]", "stp x21, x22, [{to}, #16]", "stp x23, x24, [{to}, #32]",
            "stp x25, x26, [{to}, #48]", "stp x27, x28, [{to}, #64]", "stp x29, x30, [{to}, #80]",
            "stp d8, d9, [{to}, #96]", "stp d10, d11, [{to}, #112]",
            "stp d12, d13, [{to}, #128]", "stp d14, d15, [{to}, #144]",
            to = in(reg) registers.as_mut_ptr(), options(nostack, preserves_flags)
        );
    }
}
