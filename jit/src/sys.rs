//! Memory that can hold machine code: the only part of the compiled tier that talks to the operating system.
//!
//! `code` asks for one region at start-up and cuts functions from it. Where executable memory cannot be had, the answer is a
//! reason in words, and the interpreter alone goes on running everything.
//!
//! Invariants
//! 1. Both views of a [`DualMap`] show the same `len` bytes and stay mapped until the value is dropped; nobody else unmaps them.
//! 2. No page is ever writable and executable at once: bytes are written through `write`, run through `run`.
#![cfg_attr(
    all(target_os = "linux", not(minilive_portable)),
    expect(unsafe_code, reason = "maps pages through the operating system")
)]

/// One region of memory seen twice: writable at one address, executable at another.
#[derive(Debug)]
pub struct DualMap {
    /// Addresses, so that the region may move between threads.
    write: usize,
    run: usize,
    len: usize,
}

impl DualMap {
    /// Maps `len` bytes (rounded up to whole pages), or says why this system does not let us.
    pub fn new(len: usize) -> Result<DualMap, String> {
        imp::map(len)
    }

    /// First byte of the writable view.
    pub fn write(&self) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.write)
    }

    /// First byte of the executable view.
    pub fn run(&self) -> *const u8 {
        std::ptr::with_exposed_provenance(self.run)
    }

    /// Bytes in the region.
    pub fn size(&self) -> usize {
        self.len
    }
}

impl Drop for DualMap {
    fn drop(&mut self) {
        imp::unmap(self);
    }
}

#[cfg(all(target_os = "linux", not(minilive_portable)))]
mod imp {
    use super::DualMap;
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
    use rustix::mm::{MapFlags, MprotectFlags, MremapFlags, ProtFlags, mmap, mmap_anonymous, mprotect, mremap, munmap};
    use std::ptr::{null_mut, with_exposed_provenance_mut};

    const PAGE: usize = 4096;
    const WRITABLE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

    /// The views are of shared anonymous memory: that is what profilers know as memory of generated code.
    pub(super) fn map(len: usize) -> Result<DualMap, String> {
        let len = len.next_multiple_of(PAGE);
        let why = |what: &str| {
            let what = what.to_owned();
            move |error: rustix::io::Errno| format!("{what}: {error}")
        };
        let write = new_view(len).map_err(why("no room for machine code"))?;
        match second_view(write, len).or_else(|_| views_of_file(write, len)) {
            Ok(run) => Ok(DualMap { write, run, len }),
            Err(error) => {
                drop_view(write, len);
                Err(why("executable memory is forbidden here")(error))
            }
        }
    }

    fn new_view(len: usize) -> rustix::io::Result<usize> {
        // SAFETY: invariant 1. A fresh mapping at an address the system chooses; it aliases nothing that Rust knows of.
        let view = unsafe { mmap_anonymous(null_mut(), len, WRITABLE, MapFlags::SHARED) };
        view.map(|view| view.expose_provenance())
    }

    /// Maps the pages of a view once more, to be run.
    fn second_view(write: usize, len: usize) -> rustix::io::Result<usize> {
        // SAFETY: invariant 1. An old length of 0 leaves the mapping as it is and maps its pages once more, at an address the system
        // chooses.
        let run = unsafe { mremap(with_exposed_provenance_mut(write), 0, len, MremapFlags::MAYMOVE) }?;
        // SAFETY: invariant 1. The view was mapped right above with this length, and nobody has seen it.
        let done = unsafe { mprotect(run, len, MprotectFlags::READ | MprotectFlags::EXEC) };
        done.map(|()| run.expose_provenance()).inspect_err(|_| drop_view(run.expose_provenance(), len))
    }

    /// The same where a mapping cannot be doubled (Valgrind): both views become those of a file without a name.
    fn views_of_file(write: usize, len: usize) -> rustix::io::Result<usize> {
        let file = memfd_create("minilive", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, len as u64)?;
        let executable = ProtFlags::READ | ProtFlags::EXEC;
        // SAFETY: invariant 1. A fresh mapping at an address the system chooses.
        let run = unsafe { mmap(null_mut(), len, executable, MapFlags::SHARED, &file, 0) }?.expose_provenance();
        let place = with_exposed_provenance_mut(write);
        // SAFETY: invariant 1. The view of this length was mapped for this, nobody has seen it, and it stays the caller's.
        let done = unsafe { mmap(place, len, WRITABLE, MapFlags::SHARED | MapFlags::FIXED, &file, 0) };
        done.map(|_| run).inspect_err(|_| drop_view(run, len))
    }

    fn drop_view(view: usize, len: usize) {
        // SAFETY: invariant 1. The view was mapped by `map` with this length, and its owner gives it up.
        let _ = unsafe { munmap(with_exposed_provenance_mut(view), len) };
    }

    pub(super) fn unmap(map: &mut DualMap) {
        for view in [map.write, map.run] {
            drop_view(view, map.len);
        }
    }
}

#[cfg(not(all(target_os = "linux", not(minilive_portable))))]
mod imp {
    use super::DualMap;

    pub(super) fn map(_len: usize) -> Result<DualMap, String> {
        Err(format!("machine code is not supported on {} by this build", std::env::consts::OS))
    }

    pub(super) fn unmap(_map: &mut DualMap) {}
}
