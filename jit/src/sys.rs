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
    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
    use std::ptr::{null_mut, with_exposed_provenance_mut};

    const PAGE: usize = 4096;

    pub(super) fn map(len: usize) -> Result<DualMap, String> {
        let len = len.next_multiple_of(PAGE);
        let why = |what: &str| {
            let what = what.to_owned();
            move |error: rustix::io::Errno| format!("{what}: {error}")
        };
        let file =
            memfd_create("minilive-code", MemfdFlags::CLOEXEC).map_err(why("no anonymous file for machine code"))?;
        ftruncate(&file, len as u64).map_err(why("no room for machine code"))?;
        let view = |protection| {
            // SAFETY: invariant 1. A fresh mapping at an address the system chooses; it aliases nothing that Rust knows of.
            unsafe { mmap(null_mut(), len, protection, MapFlags::SHARED, &file, 0) }
        };
        let write = view(ProtFlags::READ | ProtFlags::WRITE).map_err(why("cannot map code for writing"))?;
        match view(ProtFlags::READ | ProtFlags::EXEC) {
            Ok(run) => Ok(DualMap { write: write.expose_provenance(), run: run.expose_provenance(), len }),
            Err(error) => {
                // SAFETY: invariant 1. The view was mapped above with this length and has no other owner.
                let _ = unsafe { munmap(write, len) };
                Err(why("executable memory is forbidden here")(error))
            }
        }
    }

    pub(super) fn unmap(map: &mut DualMap) {
        for view in [map.write, map.run] {
            // SAFETY: invariant 1. Both views were mapped by `map` with this length, and the owner is being dropped.
            let _ = unsafe { munmap(with_exposed_provenance_mut(view), map.len) };
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
