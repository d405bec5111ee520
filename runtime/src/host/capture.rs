//! The silent host of evaluations and tests: nothing in it depends on the world outside.
//!
//! Invariants: output is kept, time is virtual, chance is seeded, input is given beforehand.

use super::{EffectClass, Effects, Host, KeyPress, Pause};
use std::collections::VecDeque;

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
    listener: Option<Listener>,
}

/// Who is told of each piece of output as it is written.
struct Listener(Box<dyn FnMut(&str) + Send>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

/// What one frame lasts on the virtual clock.
const FRAME_SECONDS: f64 = 1.0 / 60.0;

/// The date at which the virtual clock starts.
const START_OF_2000: f64 = 946_684_800.0;

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
            listener: None,
        }
    }

    /// The same with other effects.
    pub fn allowing(allowed: Effects) -> CaptureHost {
        CaptureHost { allowed, ..CaptureHost::new() }
    }

    /// The same with somebody who is told of each piece of output as it is written.
    #[must_use]
    pub fn told(self, listener: impl FnMut(&str) + Send + 'static) -> CaptureHost {
        CaptureHost { listener: Some(Listener(Box::new(listener))), ..self }
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
        if let Some(Listener(listener)) = &mut self.listener {
            listener(text);
        }
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

    fn date(&mut self) -> f64 {
        START_OF_2000 + self.clock
    }

    fn key_waits(&mut self) -> bool {
        !self.input.is_empty()
    }

    /// The given lines, key by key.
    fn read_key(&mut self, _raw: bool) -> KeyPress {
        let Some(line) = self.input.front_mut() else { return KeyPress::End };
        if line.is_empty() {
            self.input.pop_front();
            return KeyPress::Code(u32::from('\n'));
        }
        KeyPress::Code(u32::from(line.remove(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn given_lines_are_keys_too() {
        let mut host = CaptureHost::new();
        host.input = VecDeque::from(["aé".to_owned(), String::new()]);
        let keys: Vec<KeyPress> = (0..5).map(|_| host.read_key(false)).collect();
        let codes = [97, 0xE9, 10, 10].map(KeyPress::Code);
        assert_eq!((&keys[..4], keys[4]), (&codes[..], KeyPress::End));
        assert!(!host.key_waits());
    }
}
