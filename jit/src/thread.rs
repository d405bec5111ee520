//! The thread that runs programs: a large native stack, of which the system commits only what is used.
//!
//! `engine` runs every evaluation through [`on_vm_thread`]. Calls between tiers recurse natively, so depth is bounded by this
//! stack; the engine compares addresses with [`native_limit`] before each such call. Invariant: below the limit there is
//! room for any intrinsic and for reporting the error.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

/// Sizes tried in turn, in bytes; a system that does not reserve lazily may refuse the larger ones.
const SIZES: [usize; 3] = [256 << 20, 64 << 20, 8 << 20];

/// What is left for intrinsics and error reports.
const RESERVE: usize = 1 << 20;

/// What the thread that asks for work does until that is done, where it has better to do than to sleep: one thread less is started.
pub struct Meanwhile {
    /// Does it, and returns soon after it was told to.
    pub wait: Box<dyn FnOnce()>,
    /// Tells it to return: called at the end of the work, on its thread.
    pub wake: Box<dyn FnOnce() + Send>,
}

impl Meanwhile {
    /// What to do, and what tells of the end of the work when it is dropped, which may be by a panic.
    pub(crate) fn split(self) -> (Box<dyn FnOnce()>, Wake) {
        (self.wait, Wake(Some(self.wake)))
    }
}

/// Tells of the end of the work when it is dropped.
pub(crate) struct Wake(Option<Box<dyn FnOnce() + Send>>);

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(wake) = self.0.take() {
            wake();
        }
    }
}

/// Runs `work` on a fresh thread with a large stack; it gets the stack's size. A panic inside is passed on.
pub fn on_vm_thread<T: Send>(work: impl FnOnce(usize) -> T + Send) -> T {
    on_vm_thread_meanwhile(None, work)
}

/// As [`on_vm_thread`], doing something else meanwhile.
pub(crate) fn on_vm_thread_meanwhile<T: Send>(
    wait: Option<Box<dyn FnOnce()>>,
    work: impl FnOnce(usize) -> T + Send,
) -> T {
    // A failed spawn drops its closure, so the work itself stays here until a thread takes it.
    let work = Mutex::new(Some(work));
    let start = |size| work.lock().unwrap_or_else(PoisonError::into_inner).take().map(|work| work(size));
    let start = &start;
    std::thread::scope(|scope| {
        for size in SIZES {
            let builder = Builder::new().name("vm".to_owned()).stack_size(size);
            let Ok(handle) = builder.spawn_scoped(scope, move || start(size)) else {
                continue;
            };
            if let Some(wait) = wait {
                wait();
            }
            return match handle.join() {
                Ok(result) => result.expect("the work is taken once"),
                Err(panic) => std::panic::resume_unwind(panic),
            };
        }
        panic!("the system gives no thread to run programs on")
    })
}

/// Ends the process from any thread.
pub fn end_process(code: ExitCode) -> ! {
    // There is no other way from a code to its number.
    std::process::exit((0..=u8::MAX).find(|&number| ExitCode::from(number) == code).map_or(1, i32::from))
}

/// The lowest address that the stack pointer may have, on a thread with a stack of `size` bytes whose top is near here.
pub fn native_limit(size: usize) -> usize {
    let marker = 0u8;
    (std::ptr::from_ref(&marker) as usize).saturating_sub(size - RESERVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_on_a_deep_stack() {
        fn sum(n: u64) -> u64 {
            if n == 0 { 0 } else { std::hint::black_box(n) + sum(n - 1) }
        }
        assert_eq!(on_vm_thread(|_| sum(1_000_000)), 500_000_500_000);
    }

    #[test]
    fn whoever_waits_is_woken_even_by_a_panic() {
        let done = |fails: bool| {
            let (told, heard) = std::sync::mpsc::channel();
            let meanwhile = Meanwhile {
                wait: Box::new(move || heard.recv().expect("the work ends")),
                wake: Box::new(move || told.send(()).expect("somebody waits")),
            };
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let (wait, wake) = meanwhile.split();
                on_vm_thread_meanwhile(Some(wait), move |_| {
                    let _wake = wake;
                    assert!(!fails, "a test made it fail");
                });
            }))
        };
        assert!(done(false).is_ok());
        assert!(done(true).is_err());
    }

    #[test]
    fn the_limit_lies_below() {
        let marker = 0u8;
        assert!(native_limit(8 << 20) < std::ptr::from_ref(&marker) as usize);
    }
}
