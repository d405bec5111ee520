//! The only door out: what a running program sees of the world around it (LIVE 7.11).
//!
//! The embedder gives a [`Host`] to each realm; intrinsics write, read, sleep and ask for permission through it.
//! Invariant: no intrinsic touches standard streams, clocks or files before the host's gate let it, so a run with
//! [`CaptureHost`] depends on nothing but the program and the host's own settings.

mod capture;
mod shared;
mod standard;

pub use capture::CaptureHost;
pub use shared::SharedHost;
pub use standard::{StandardOutput, StdHost};

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

/// Where on the earth a date is turned into text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Nowhere in particular: the same everywhere.
    Utc,
    /// Where this computer is.
    System,
}

/// What the keyboard gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPress {
    /// A key, as a code point (LANGUAGE 8.7).
    Code(u32),
    /// A key that means nothing to programs.
    Unknown,
    /// None yet; the program polls its cancel flag and asks again.
    Nothing,
    /// There will be no more.
    End,
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

    /// Whether [`Host::read_line`] would answer at once. May wait a few milliseconds, so that a cancelled program ends soon.
    fn line_waits(&mut self) -> bool {
        true
    }

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

    /// The arguments that the program was started with.
    fn arguments(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// The environment variables that the program sees. `MS_SCRIPT_DIR` and `MS_EXE_DIR` say where modules are looked for.
    fn environment(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The date, in seconds since the start of 1970 in UTC.
    fn date(&mut self) -> f64;

    /// The time zone of dates as texts.
    fn zone(&self) -> Zone {
        Zone::Utc
    }

    /// Whether a key press waits to be read.
    fn key_waits(&mut self) -> bool;

    /// The next key press, untranslated if `raw`.
    fn read_key(&mut self, raw: bool) -> KeyPress;

    /// Another program is about to use the terminal: output goes out, and lines are edited and echoed again.
    fn share_terminal(&mut self) {
        self.flush();
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
}
