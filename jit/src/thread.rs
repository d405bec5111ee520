//! The thread that runs programs: a large native stack, of which the system commits only what is used.
//!
//! `engine` runs every evaluation through [`on_vm_thread`]. Calls between tiers recurse natively, so depth is bounded by this
//! stack; the engine compares addresses with [`native_limit`] before each such call. Invariant: below the limit there is
//! room for any intrinsic and for reporting the error.

use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

/// Sizes tried in turn, in bytes; a system that does not reserve lazily may refuse the larger ones.
const SIZES: [usize; 4] = [1 << 30, 256 << 20, 64 << 20, 8 << 20];

/// What is left for intrinsics and error reports.
const RESERVE: usize = 1 << 20;

/// Runs `work` on a fresh thread with a large stack; it gets the stack's size. A panic inside is passed on.
pub fn on_vm_thread<T: Send>(work: impl FnOnce(usize) -> T + Send) -> T {
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
            return match handle.join() {
                Ok(result) => result.expect("the work is taken once"),
                Err(panic) => std::panic::resume_unwind(panic),
            };
        }
        panic!("the system gives no thread to run programs on")
    })
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
    fn the_limit_lies_below() {
        let marker = 0u8;
        assert!(native_limit(8 << 20) < std::ptr::from_ref(&marker) as usize);
    }
}
