//! What ends a program from outside: the interrupt key and the system's request to stop.
//!
//! `run` and the interactive session install it. Invariants: a running program is asked to stop first, so that its output and
//! its place are told; one that does not look (it waits for input) is ended with its output written; a second signal ends it at
//! once.

use minilive_jit::thread::Meanwhile;
use minilive_runtime::host::StandardOutput;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
#[cfg(unix)]
use std::time::{Duration, Instant};

/// The exit code of a program whose output nobody reads any more, as shells have it for programs that the system ends then.
pub const OUTPUT_CLOSED: u8 = 128 + 13;

/// The signal that came, 0 before.
static CAME: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// The exit code of a program that a signal stopped, as shells have it.
pub fn exit_code() -> u8 {
    match CAME.load(Ordering::Relaxed) {
        0 => 1,
        signal => 128 + u8::try_from(signal).unwrap_or(0),
    }
}

/// How long a program has to notice. It looks every few milliseconds.
#[cfg(unix)]
const GRACE: Duration = Duration::from_millis(150);
/// How often whoever waits for the program looks whether a signal came. The program is told by the signal itself.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(50);

/// What the thread that waits for a program does: where a signal, which sets `cancel`, has no effect, it writes out `output` and ends the
/// process. From the second signal on, and behind the program, signals end the process as the system does it.
#[cfg(unix)]
pub fn stop_on_signals(cancel: &Arc<AtomicBool>, output: StandardOutput) -> Meanwhile {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    let (done, by_default) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    for (signal, number) in [(SIGHUP, 1), (SIGINT, 2), (SIGTERM, 15)] {
        // Without handlers the system's own way to end a process is left, which only loses what was not written yet.
        let _ = flag::register_conditional_default(signal, Arc::clone(&by_default))
            .and_then(|_| flag::register(signal, Arc::clone(&by_default)))
            .and_then(|_| flag::register_usize(signal, Arc::clone(&CAME), number))
            .and_then(|_| flag::register(signal, Arc::clone(cancel)));
    }
    let ended = Arc::clone(&done);
    Meanwhile {
        wait: Box::new(move || wait_for_end(&ended, &output)),
        wake: Box::new(move || {
            by_default.store(true, Ordering::Relaxed);
            // Whoever waits looks soon, and has nothing to do before the process ends: waking it would take time.
            done.store(true, Ordering::Release);
        }),
    }
}

/// Returns when the program has ended, unless a signal comes that it does not notice.
#[cfg(unix)]
fn wait_for_end(ended: &AtomicBool, output: &StandardOutput) {
    let mut came = None;
    while !ended.load(Ordering::Acquire) {
        std::thread::sleep(LOOK);
        if CAME.load(Ordering::Relaxed) != 0 && came.get_or_insert_with(Instant::now).elapsed() > GRACE {
            output.flush();
            std::process::exit(i32::from(exit_code()));
        }
    }
}

/// Other systems end the process themselves.
#[cfg(not(unix))]
pub fn stop_on_signals(_cancel: &Arc<AtomicBool>, _output: StandardOutput) -> Meanwhile {
    Meanwhile { wait: Box::new(|| ()), wake: Box::new(|| ()) }
}

/// Sets `cancel` at each interrupt, for as long as the process lives: it stops the running input, not the session.
#[cfg(unix)]
pub fn interrupt_sets(cancel: &Arc<AtomicBool>) {
    // Without a handler an interrupt ends the session, as it ends other programs.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(cancel));
}

/// Other systems end the process themselves.
#[cfg(not(unix))]
pub fn interrupt_sets(_cancel: &Arc<AtomicBool>) {}
