//! The only door out: what a running program sees of the world around it (LIVE 7.11).
//!
//! The embedder gives a [`Host`] to each realm; intrinsics write, read, sleep and ask for permission through it.
//! Invariant: no intrinsic touches standard streams, clocks or files by itself, so a run with [`CaptureHost`] depends on
//! nothing but the program and the host's own settings.

use std::collections::VecDeque;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What kind of effect an intrinsic has on the world, or the world on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectClass {
    /// None: the result depends on the arguments alone.
    Pure,
    /// Writes output.
    Output,
    /// Draws random numbers.
    Chance,
    /// Reads the clock or waits.
    Clock,
    /// Reads from the user.
    Input,
    /// Reads or writes files.
    Files,
    /// Starts, ends or inspects processes.
    Process,
    /// Anything else that an embedder adds.
    Host,
}

impl EffectClass {
    /// All classes.
    pub const ALL: [EffectClass; 8] = [
        EffectClass::Pure,
        EffectClass::Output,
        EffectClass::Chance,
        EffectClass::Clock,
        EffectClass::Input,
        EffectClass::Files,
        EffectClass::Process,
        EffectClass::Host,
    ];

    /// The name that settings and messages use.
    pub fn name(self) -> &'static str {
        match self {
            EffectClass::Pure => "pure",
            EffectClass::Output => "output",
            EffectClass::Chance => "chance",
            EffectClass::Clock => "clock",
            EffectClass::Input => "input",
            EffectClass::Files => "files",
            EffectClass::Process => "process",
            EffectClass::Host => "host",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of effect classes that a host allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects(u8);

impl Effects {
    /// Nothing but pure intrinsics.
    pub const NONE: Effects = Effects(0);

    /// Everything.
    pub const ALL: Effects = Effects(u8::MAX);

    /// Those that an automatic run in an editor may have: everything that stays inside the run.
    pub fn automatic() -> Effects {
        Effects::NONE
            .with(EffectClass::Output)
            .with(EffectClass::Chance)
            .with(EffectClass::Clock)
            .with(EffectClass::Input)
    }

    /// The set with one more class.
    pub fn with(self, class: EffectClass) -> Effects {
        Effects(self.0 | class.bit())
    }

    /// Whether the class is in the set. Pure always is.
    pub fn contains(self, class: EffectClass) -> bool {
        class == EffectClass::Pure || self.0 & class.bit() != 0
    }
}

/// How a pause went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pause {
    /// It is over.
    Over,
    /// So many seconds are left; the program polls its cancel flag and asks again.
    Left(f64),
    /// The host wants no more frames: the run ends here.
    Stop,
}

/// The world of one run.
pub trait Host: Send {
    /// Writes text to the program's output; `line_end` adds a line end.
    fn write(&mut self, text: &str, line_end: bool);

    /// Writes a prompt for `input`; by default it is output without line end.
    fn write_prompt(&mut self, text: &str) {
        self.write(text, false);
    }

    /// The next line of input without its end; `None` at the end of input.
    fn read_line(&mut self) -> Option<String>;

    /// Seconds since the program started.
    fn now(&mut self) -> f64;

    /// Waits, but at most a few milliseconds at a time.
    fn sleep(&mut self, seconds: f64) -> Pause;

    /// Ends a frame: gives control to whoever shows the program's picture until the next one is due.
    fn next_frame(&mut self) -> Pause;

    /// Whether the named intrinsic may have its effect now.
    fn gate(&mut self, class: EffectClass, name: &str) -> bool;

    /// The seed of a run whose random numbers the program did not seed.
    fn seed(&mut self) -> u64;

    /// Passes on everything written so far.
    fn flush(&mut self) {}
}

/// The longest uninterrupted sleep, so that a cancelled program ends soon.
const NAP: f64 = 0.005;

/// The host of a program run from the command line: standard streams, the real clock, everything allowed.
pub struct StdHost {
    started: Instant,
    output: std::io::BufWriter<std::io::Stdout>,
    allowed: Effects,
}

impl StdHost {
    /// A host that allows the given effects.
    pub fn new(allowed: Effects) -> StdHost {
        StdHost {
            started: Instant::now(),
            output: std::io::BufWriter::with_capacity(1 << 16, std::io::stdout()),
            allowed,
        }
    }

    /// A closed pipe is no reason to stop the program: its other effects may still matter.
    fn put(&mut self, bytes: &[u8]) {
        let _ = self.output.write_all(bytes);
    }
}

impl Host for StdHost {
    fn write(&mut self, text: &str, line_end: bool) {
        self.put(text.as_bytes());
        if line_end {
            self.put(b"\n");
        }
    }

    fn read_line(&mut self) -> Option<String> {
        self.flush();
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_until(b'\n', &mut bytes).ok()?;
        if read == 0 {
            return None;
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn now(&mut self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn sleep(&mut self, seconds: f64) -> Pause {
        self.flush();
        let nap = seconds.min(NAP);
        std::thread::sleep(Duration::from_secs_f64(nap.max(0.0)));
        if seconds > nap { Pause::Left(seconds - nap) } else { Pause::Over }
    }

    fn next_frame(&mut self) -> Pause {
        self.flush();
        std::thread::yield_now();
        Pause::Over
    }

    fn gate(&mut self, class: EffectClass, _name: &str) -> bool {
        self.allowed.contains(class)
    }

    fn seed(&mut self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_nanos() as u64
    }

    fn flush(&mut self) {
        let _ = self.output.flush();
    }
}

impl Drop for StdHost {
    fn drop(&mut self) {
        self.flush();
    }
}

/// A silent host: output is kept, time is virtual, chance is seeded, input is given beforehand.
#[derive(Debug)]
pub struct CaptureHost {
    /// Everything the program has written.
    pub output: String,
    /// Lines that `input` will read.
    pub input: VecDeque<String>,
    /// What `input` meets behind the given lines: the end of input (true), or a refusal (false).
    pub input_ends: bool,
    /// What the program may do.
    pub allowed: Effects,
    /// Seed of its random numbers.
    pub seed: u64,
    /// How many times `yield` and `wait` go on before the run ends; `None` for no end.
    pub frames: Option<u32>,
    clock: f64,
}

/// What one frame lasts on the virtual clock.
const FRAME_SECONDS: f64 = 1.0 / 60.0;

impl CaptureHost {
    /// A host with the effects of an automatic run, no input and no end of frames.
    pub fn new() -> CaptureHost {
        CaptureHost {
            output: String::new(),
            input: VecDeque::new(),
            input_ends: true,
            allowed: Effects::automatic(),
            seed: 1,
            frames: None,
            clock: 0.0,
        }
    }

    fn pause(&mut self, seconds: f64) -> Pause {
        match &mut self.frames {
            Some(0) => return Pause::Stop,
            Some(frames) => *frames -= 1,
            None => {}
        }
        self.clock += seconds;
        Pause::Over
    }
}

impl Default for CaptureHost {
    fn default() -> CaptureHost {
        CaptureHost::new()
    }
}

impl Host for CaptureHost {
    fn write(&mut self, text: &str, line_end: bool) {
        self.output.push_str(text);
        if line_end {
            self.output.push('\n');
        }
    }

    fn read_line(&mut self) -> Option<String> {
        self.input.pop_front()
    }

    fn now(&mut self) -> f64 {
        self.clock
    }

    fn sleep(&mut self, seconds: f64) -> Pause {
        self.pause(seconds.max(0.0))
    }

    fn next_frame(&mut self) -> Pause {
        self.pause(FRAME_SECONDS)
    }

    fn gate(&mut self, class: EffectClass, _name: &str) -> bool {
        let needs_more_input = class == EffectClass::Input && self.input.is_empty() && !self.input_ends;
        self.allowed.contains(class) && !needs_more_input
    }

    fn seed(&mut self) -> u64 {
        self.seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_distinct_bits_and_names() {
        for (i, class) in EffectClass::ALL.into_iter().enumerate() {
            let only = Effects::NONE.with(class);
            for (j, other) in EffectClass::ALL.into_iter().enumerate() {
                let expected = i == j || other == EffectClass::Pure;
                assert_eq!(only.contains(other), expected);
                assert_eq!(class.name() == other.name(), i == j);
            }
        }
    }

    #[test]
    fn virtual_time_moves_only_by_pauses_and_frames_run_out() {
        let mut host = CaptureHost { frames: Some(2), ..CaptureHost::new() };
        assert_eq!(host.now(), 0.0);
        assert_eq!(host.sleep(1.5), Pause::Over);
        assert_eq!(host.now(), 1.5);
        assert_eq!(host.next_frame(), Pause::Over);
        assert_eq!(host.next_frame(), Pause::Stop);
    }

    #[test]
    fn input_that_was_not_given_is_refused_or_ends() {
        let mut host = CaptureHost { input: VecDeque::from(["a".to_owned()]), input_ends: false, ..CaptureHost::new() };
        assert!(host.gate(EffectClass::Input, "input"));
        assert_eq!(host.read_line().as_deref(), Some("a"));
        assert!(!host.gate(EffectClass::Input, "input"));
        host.input_ends = true;
        assert!(host.gate(EffectClass::Input, "input"));
        assert_eq!(host.read_line(), None);
    }
}
