//! What the operating system gives: waiting for bytes, the terminal's mode, and the shell that runs commands.
//!
//! Used by `console` and `process`. Invariant: this is the only file of the runtime that differs between systems; where a
//! system offers less, what it lacks is written at the function.

pub(crate) use memory::total_memory;
pub(super) use system::{KeyMode, console_ready, output_ready, read_console, shell};

#[cfg(target_os = "linux")]
mod memory {
    /// Bytes of memory the computer has.
    pub(crate) fn total_memory() -> Option<u64> {
        let facts = rustix::system::sysinfo();
        Some(facts.totalram as u64 * u64::from(facts.mem_unit))
    }
}

#[cfg(not(target_os = "linux"))]
mod memory {
    /// Not asked for on this system.
    pub(crate) fn total_memory() -> Option<u64> {
        None
    }
}

#[cfg(unix)]
mod system {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
    use std::io;
    use std::os::fd::AsFd;
    use std::process::{ChildStdout, Command};

    /// Whether bytes can be read without waiting longer than this.
    fn ready(handle: impl AsFd, milliseconds: u32) -> bool {
        let mut watched = [PollFd::new(&handle, PollFlags::IN)];
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(milliseconds) * 1_000_000 };
        // What goes wrong here goes wrong at the read that follows, too, and is told there.
        poll(&mut watched, Some(&timeout)).is_ok_and(|count| count > 0)
    }

    /// Whether standard input has bytes, or its end, within some milliseconds.
    pub(in crate::shell) fn console_ready(milliseconds: u32) -> bool {
        ready(io::stdin(), milliseconds)
    }

    /// Reads bytes from standard input; none at its end.
    pub(in crate::shell) fn read_console(buffer: &mut [u8]) -> usize {
        loop {
            match rustix::io::read(rustix::stdio::stdin(), &mut *buffer) {
                Err(rustix::io::Errno::INTR) => {}
                result => return result.unwrap_or(0),
            }
        }
    }

    /// Waits for output of a command, some milliseconds at most.
    pub(in crate::shell) fn output_ready(output: &ChildStdout, milliseconds: u32) -> bool {
        ready(output, milliseconds)
    }

    /// The system's shell with a command.
    pub(in crate::shell) fn shell(command: &str) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(command);
        shell
    }

    /// The terminal without line editing and echo; as it was before when this goes.
    pub(in crate::shell) struct KeyMode(Termios);

    impl KeyMode {
        /// Changes the terminal, if standard input is one.
        pub(in crate::shell) fn enter() -> Option<KeyMode> {
            let input = rustix::stdio::stdin();
            if !isatty(input) {
                return None;
            }
            let before = tcgetattr(input).ok()?;
            let mut keys = before.clone();
            keys.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            tcsetattr(input, OptionalActions::Now, &keys).ok()?;
            Some(KeyMode(before))
        }
    }

    impl Drop for KeyMode {
        fn drop(&mut self) {
            // A terminal that is gone needs no mode any more.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &self.0);
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io::{self, Read};
    use std::process::{ChildStdout, Command};

    /// Reading waits for a whole line here, and so does this.
    pub(in crate::shell) fn console_ready(_milliseconds: u32) -> bool {
        true
    }

    /// Reads bytes from standard input; none at its end.
    pub(in crate::shell) fn read_console(buffer: &mut [u8]) -> usize {
        io::stdin().lock().read(buffer).unwrap_or(0)
    }

    /// Reading waits here: a command is not interrupted before it writes something or ends.
    pub(in crate::shell) fn output_ready(_output: &ChildStdout, _milliseconds: u32) -> bool {
        true
    }

    /// The system's shell with a command.
    pub(in crate::shell) fn shell(command: &str) -> Command {
        let mut shell = Command::new("cmd");
        shell.arg("/C").arg(command);
        shell
    }

    /// Keys come with their line here.
    pub(in crate::shell) struct KeyMode;

    impl KeyMode {
        /// Changes nothing.
        pub(in crate::shell) fn enter() -> Option<KeyMode> {
            None
        }
    }
}
