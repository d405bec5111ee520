//! Memory from the system: blocks of it, and large pages where it has them.
//!
//! `block` takes its memory here, as the system gives it: zero, and not touched yet, which an allocator would write to and zero once more.
//! `block`, `large` and `list` say which memory a program is going to fill. Touching it page by page costs the system more than the
//! program's own first writes: a page of two mebibytes is one interruption in the place of 512.
//! Invariants: 1. what [`map`] gave is the caller's alone until it goes to [`unmap`]; 2. large pages are advice, nothing but time and
//! resident memory depends on it.
#![expect(unsafe_code, reason = "asks the system for memory and passes address ranges to it")]

use std::ptr::NonNull;

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

/// Fresh memory, a large page of zeroes that begins where one may.
#[cfg(target_os = "linux")]
pub(crate) fn map() -> Option<NonNull<u8>> {
    let lucky = reserve(LARGE_PAGE)?;
    if (lucky as usize).is_multiple_of(LARGE_PAGE) {
        return NonNull::new(lucky);
    }
    // Only newer kernels place it well by themselves: of twice as much, one part is.
    give_up(lucky, LARGE_PAGE);
    let memory = reserve(2 * LARGE_PAGE)?;
    let before = (memory as usize).next_multiple_of(LARGE_PAGE) - memory as usize;
    let page = memory.wrapping_add(before);
    give_up(memory, before);
    give_up(page.wrapping_add(LARGE_PAGE), LARGE_PAGE - before);
    NonNull::new(page)
}

/// Gives back what [`map`] gave.
#[cfg(target_os = "linux")]
pub(crate) fn unmap(page: NonNull<u8>) {
    give_up(page.as_ptr(), LARGE_PAGE);
}

#[cfg(target_os = "linux")]
fn reserve(bytes: usize) -> Option<*mut u8> {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
    // SAFETY: a fresh mapping at an address the system chooses; it aliases nothing that Rust knows of.
    let memory =
        unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    memory.ok().map(<*mut _>::cast)
}

#[cfg(target_os = "linux")]
fn give_up(memory: *mut u8, bytes: usize) {
    if bytes > 0 {
        // SAFETY: invariant 1: part of a mapping of this module's, which its owner gives up.
        let _ = unsafe { rustix::mm::munmap(memory.cast(), bytes) };
    }
}

#[cfg(not(target_os = "linux"))]
const LAYOUT: std::alloc::Layout = match std::alloc::Layout::from_size_align(LARGE_PAGE, LARGE_PAGE) {
    Ok(layout) => layout,
    Err(_) => panic!("the size is a power of two"),
};

/// Fresh memory, a large page of zeroes that begins where one may.
#[cfg(not(target_os = "linux"))]
pub(crate) fn map() -> Option<NonNull<u8>> {
    // SAFETY: the layout is not empty.
    NonNull::new(unsafe { std::alloc::alloc_zeroed(LAYOUT) })
}

/// Gives back what [`map`] gave.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unmap(page: NonNull<u8>) {
    // SAFETY: invariant 1: allocated by `map` with the same layout.
    unsafe { std::alloc::dealloc(page.as_ptr(), LAYOUT) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zero_and_aligned_and_goes_back() {
        let pages: Vec<_> = (0..5).map(|_| map().expect("there is memory")).collect();
        for (at, page) in pages.iter().enumerate() {
            assert_eq!(page.as_ptr() as usize % LARGE_PAGE, 0);
            assert!(!pages[..at].contains(page));
            // SAFETY: invariant 1.
            let bytes = unsafe { std::slice::from_raw_parts_mut(page.as_ptr(), LARGE_PAGE) };
            assert!(bytes.iter().all(|&byte| byte == 0));
            (bytes[0], bytes[LARGE_PAGE - 1]) = (1, 2);
        }
        pages.into_iter().for_each(unmap);
    }
}
