//! What ends a program from outside: the interrupt key and the system's request to stop.
//!
//! `run` and the interactive session install it. Invariants: a running program is asked to stop first, so that its output and
//! its place are told; one that does not look (it waits for input) is ended with its output written; a second signal ends it at
//! once.

use minilive_runtime::host::StandardOutput;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// The exit code of a program whose output nobody reads any more, as shells have it for programs that the system ends then.
pub const OUTPUT_CLOSED: u8 = 128 + 13;

/// The signal that came, 0 before.
static CAME: AtomicU8 = AtomicU8::new(0);

/// The exit code of a program that a signal stopped, as shells have it.
pub fn exit_code() -> u8 {
    match CAME.load(Ordering::Relaxed) {
        0 => 1,
        signal => 128 + signal,
    }
}

/// Sets `cancel` when the process is told to stop; writes out `output` and ends the process if that has no effect.
#[cfg(unix)]
pub fn stop_on_signals(cancel: Arc<AtomicBool>, output: StandardOutput) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    /// How long a program has to notice. It looks every few milliseconds.
    const GRACE: std::time::Duration = std::time::Duration::from_millis(150);
    // Without handlers the system's own way to end a process is left, which only loses what was not written yet.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        CAME.store(u8::try_from(signal).unwrap_or(0), Ordering::Relaxed);
        cancel.store(true, Ordering::Relaxed);
        std::thread::sleep(GRACE);
        output.flush();
        std::process::exit(i32::from(exit_code()));
    });
}

/// Other systems end the process themselves.
#[cfg(not(unix))]
pub fn stop_on_signals(_cancel: Arc<AtomicBool>, _output: StandardOutput) {}

/// Sets `cancel` at each interrupt, for as long as the process lives: it stops the running input, not the session.
#[cfg(unix)]
pub fn interrupt_sets(cancel: &Arc<AtomicBool>) {
    // Without a handler an interrupt ends the session, as it ends other programs.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(cancel));
}

/// Other systems end the process themselves.
#[cfg(not(unix))]
pub fn interrupt_sets(_cancel: &Arc<AtomicBool>) {}
