//! Large memory in large pages, where the system has them.
//!
//! `block`, `large` and `list` say which memory a program is going to fill. Touching it page by page costs the system more than the
//! program's own first writes: a page of two mebibytes is one interruption in the place of 512.
//! Invariant: this is advice; nothing but time and resident memory depends on it.
#![expect(unsafe_code, reason = "passes an address range to the system")]

/// The size of a large page, and its alignment.
pub(crate) const LARGE_PAGE: usize = 2 << 20;

/// Asks for large pages for the part of an allocation that consists of whole ones.
pub(crate) fn prefer_large_pages(memory: *mut u8, bytes: usize) {
    let start = (memory as usize).next_multiple_of(LARGE_PAGE);
    let end = (memory as usize + bytes) & !(LARGE_PAGE - 1);
    if start < end {
        advise(memory.wrapping_add(start - memory as usize), end - start);
    }
}

#[cfg(target_os = "linux")]
fn advise(memory: *mut u8, bytes: usize) {
    // SAFETY: the range is inside an allocation of the caller; this advice keeps what memory holds.
    let advised = unsafe { rustix::mm::madvise(memory.cast(), bytes, rustix::mm::Advice::LinuxHugepage) };
    // Kernels without large pages refuse; small ones do as well.
    advised.ok();
}

#[cfg(not(target_os = "linux"))]
fn advise(_: *mut u8, _: usize) {}
