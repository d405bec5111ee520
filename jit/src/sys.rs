//! Memory that can hold machine code, where debuggers look for it, and how the process begins: the only part of the compiled tier that talks
//! to the operating system.
//!
//! `code` asks for one region at start-up and cuts functions from it. Where executable memory cannot be had, the answer is a
//! reason in words, and the interpreter alone goes on running everything. `main.rs` of the binary takes its beginning from [`entry_point`](crate::entry_point).
//!
//! Invariants
//! 1. Both views of a [`DualMap`] show the same `len` bytes and stay mapped until the value is dropped; nobody else unmaps them.
//! 2. No page is ever writable and executable at once: bytes are written through `write`, run through `run`.
//! 3. The two exported names of `debug` are no others' in this program, and what the list there points to lives until it is taken out.
//! 4. `main` is defined by [`entry_point`](crate::entry_point) once, in a binary that has no other one; nothing runs before [`start`].
#![cfg_attr(
    all(target_os = "linux", not(minilive_portable)),
    expect(unsafe_code, reason = "maps pages through the operating system")
)]

#[cfg(all(target_os = "linux", target_env = "gnu", not(minilive_portable)))]
use std::{fs::File, process::ExitCode};

/// Defines `main` of a binary: a function without arguments that gives an exit code, behind as little as possible.
///
/// Where it can, the C library calls it directly (`#![no_main]` belongs to it there, but not where tests have a `main` of their own):
/// Rust's own start reads the list of the process's mappings to tell overflows of the stack by name, which takes a twentieth of what a
/// short program takes in all.
#[macro_export]
macro_rules! entry_point {
    ($main:path) => {
        #[cfg(all(target_os = "linux", target_env = "gnu", not(minilive_portable), not(test)))]
        // SAFETY: invariant 4 of `minilive_jit::sys`.
        #[unsafe(no_mangle)]
        extern "C" fn main() -> ::core::ffi::c_int {
            $crate::sys::start($main)
        }

        #[cfg(not(all(target_os = "linux", target_env = "gnu", not(minilive_portable), not(test))))]
        fn main() -> ::std::process::ExitCode {
            $main()
        }
    };
}

/// What Rust's own start does, but for the handler of stack overflows: those still end the process, at the page below each stack.
#[cfg(all(target_os = "linux", target_env = "gnu", not(minilive_portable)))]
pub fn start(main: fn() -> ExitCode) -> ! {
    open_standard_streams();
    // SAFETY: invariant 4: no other thread looks at what a signal does. Whoever writes to a closed pipe is to be told so by an error.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let code = std::panic::catch_unwind(main).unwrap_or(ExitCode::from(PANICKED));
    crate::thread::end_process(code)
}

/// As Rust's own start has it.
#[cfg(all(target_os = "linux", target_env = "gnu", not(minilive_portable)))]
const PANICKED: u8 = 101;

/// A file that is opened later must not become the standard output of a process that was started without one.
#[cfg(all(target_os = "linux", target_env = "gnu", not(minilive_portable)))]
fn open_standard_streams() {
    for stream in 0..=2 {
        // SAFETY: asks about a number, whatever stands for it.
        let closed = unsafe { libc::fcntl(stream, libc::F_GETFD) } == -1;
        if closed && let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") {
            // The lowest free number is this stream's.
            std::mem::forget(nothing);
        }
    }
}

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

/// The list of object files in memory that debuggers read: names and layout are those of gdb's “JIT Compilation Interface”, version 1.
#[cfg(all(target_os = "linux", not(minilive_portable)))]
pub(crate) mod debug {
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering::SeqCst};
    use std::sync::{Mutex, PoisonError};

    /// A file in the list.
    #[derive(Debug)]
    #[repr(C)]
    struct Entry {
        next: AtomicPtr<Entry>,
        previous: AtomicPtr<Entry>,
        file: *const u8,
        bytes: u64,
    }

    #[repr(C)]
    struct Descriptor {
        version: u32,
        action: AtomicU32,
        relevant: AtomicPtr<Entry>,
        first: AtomicPtr<Entry>,
    }

    const ADD: u32 = 1;
    const REMOVE: u32 = 2;

    // SAFETY: invariant 3.
    #[unsafe(no_mangle)]
    static __jit_debug_descriptor: Descriptor = Descriptor {
        version: 1,
        action: AtomicU32::new(0),
        relevant: AtomicPtr::new(null_mut()),
        first: AtomicPtr::new(null_mut()),
    };

    /// Debuggers stop here to read the descriptor.
    // SAFETY: invariant 3.
    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn __jit_debug_register_code() {
        std::hint::black_box(&__jit_debug_descriptor);
    }

    /// Changes of the list.
    static CHANGES: Mutex<()> = Mutex::new(());

    /// An object file that debuggers know of, until this is dropped.
    #[derive(Debug)]
    pub(crate) struct Announced {
        entry: Box<Entry>,
        _file: Box<[u8]>,
    }

    // SAFETY: invariant 3. The pointers are to the file, which is only read, and to entries, which only change under the lock.
    unsafe impl Send for Announced {}

    impl Announced {
        pub(crate) fn new(file: Vec<u8>) -> Announced {
            let file = file.into_boxed_slice();
            let _changes = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
            let list = &__jit_debug_descriptor;
            let next = list.first.load(SeqCst);
            let entry = Box::new(Entry {
                next: AtomicPtr::new(next),
                previous: AtomicPtr::new(null_mut()),
                file: file.as_ptr(),
                bytes: file.len() as u64,
            });
            let own = std::ptr::from_ref(&*entry).cast_mut();
            // SAFETY: invariant 3.
            if let Some(next) = unsafe { next.as_ref() } {
                next.previous.store(own, SeqCst);
            }
            list.first.store(own, SeqCst);
            tell(ADD, own);
            Announced { entry, _file: file }
        }
    }

    impl Drop for Announced {
        fn drop(&mut self) {
            let _changes = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
            let (next, previous) = (self.entry.next.load(SeqCst), self.entry.previous.load(SeqCst));
            // SAFETY: invariant 3.
            let (after, before) = unsafe { (next.as_ref(), previous.as_ref()) };
            before.map_or(&__jit_debug_descriptor.first, |it| &it.next).store(next, SeqCst);
            if let Some(after) = after {
                after.previous.store(previous, SeqCst);
            }
            tell(REMOVE, std::ptr::from_ref(&*self.entry).cast_mut());
        }
    }

    /// How many files debuggers find when they walk the list from its first one.
    #[cfg(test)]
    pub(crate) fn found() -> usize {
        let mut at = __jit_debug_descriptor.first.load(SeqCst);
        // SAFETY: invariant 3; the caller changes nothing meanwhile.
        std::iter::from_fn(|| unsafe { at.as_ref() }.inspect(|it| at = it.next.load(SeqCst))).count()
    }

    fn tell(action: u32, entry: *mut Entry) {
        let list = &__jit_debug_descriptor;
        list.relevant.store(entry, SeqCst);
        list.action.store(action, SeqCst);
        __jit_debug_register_code();
        list.action.store(0, SeqCst);
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
