//! Standard input as lines and as keys, from one buffer.
//!
//! [`crate::host::StdHost`] owns it. Invariants: bytes are read from the system here alone; while keys are read the terminal
//! neither edits lines nor echoes, and it is as before once lines are read, another program starts, or the console goes.

use super::sys;
use crate::host::KeyPress;
use std::collections::VecDeque;

/// How long the second byte of an escape sequence may take.
const SEQUENCE_MS: u32 = 40;

/// How long one wait for a key takes, so that a cancelled program ends soon.
const NAP_MS: u32 = 5;

/// Bytes read at once.
const PIECE: usize = 4096;

/// Standard input.
#[derive(Default)]
pub(crate) struct Console {
    pending: VecDeque<u8>,
    ended: bool,
    key_mode: Option<sys::KeyMode>,
}

impl Console {
    /// The next line without its end; `None` at the end of input.
    pub(crate) fn read_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.pending.drain(..=end).collect();
                line.pop();
                return Some(text_of(&line));
            }
            if !self.fill() {
                let rest: Vec<u8> = self.pending.drain(..).collect();
                return (!rest.is_empty()).then(|| text_of(&rest));
            }
        }
    }

    /// Whether a line, or the end, comes soon.
    pub(crate) fn line_waits(&mut self) -> bool {
        let is_whole = |console: &Console| console.ended || console.pending.contains(&b'\n');
        is_whole(self) || (sys::console_ready(NAP_MS) && (!self.fill() || is_whole(self)))
    }

    /// Reads what there is; false at the end.
    fn fill(&mut self) -> bool {
        // A line that no string can hold ends where a string would.
        if self.pending.len() > crate::string::MAX_STRING - PIECE {
            return false;
        }
        if !self.ended {
            let mut piece = [0; PIECE];
            let count = sys::read_console(&mut piece);
            self.pending.extend(&piece[..count]);
            self.ended = count == 0;
        }
        !self.ended
    }

    fn fill_within(&mut self, milliseconds: u32) -> bool {
        !self.pending.is_empty() || (!self.ended && sys::console_ready(milliseconds) && self.fill())
    }

    fn enter_keys(&mut self) {
        if self.key_mode.is_none() {
            self.key_mode = sys::KeyMode::enter();
        }
    }

    /// The terminal is for lines again.
    pub(crate) fn leave_keys(&mut self) {
        self.key_mode = None;
    }

    /// Whether a key press waits.
    pub(crate) fn key_waits(&mut self) -> bool {
        self.enter_keys();
        self.fill_within(0)
    }

    /// The next key press, if it comes soon.
    pub(crate) fn read_key(&mut self, raw: bool) -> KeyPress {
        self.enter_keys();
        if !self.fill_within(NAP_MS) {
            return if self.ended { KeyPress::End } else { KeyPress::Nothing };
        }
        let Some(first) = self.pending.pop_front() else { return KeyPress::Nothing };
        match first {
            _ if raw => KeyPress::Code(u32::from(first)),
            0x7F => KeyPress::Code(keys::BACKSPACE),
            b'\r' => KeyPress::Code(keys::ENTER),
            0x1B => self.escape(),
            0..=0x7F => KeyPress::Code(u32::from(first)),
            _ => self.character(first),
        }
    }

    /// A character of several bytes.
    fn character(&mut self, first: u8) -> KeyPress {
        let mut bytes = vec![first];
        while std::str::from_utf8(&bytes).is_err() && bytes.len() < 4 && self.fill_within(SEQUENCE_MS) {
            bytes.extend(self.pending.pop_front());
        }
        let character = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next());
        character.map_or(KeyPress::Unknown, |character| KeyPress::Code(u32::from(character)))
    }

    fn soon(&mut self) -> Option<u8> {
        if self.fill_within(SEQUENCE_MS) { self.pending.pop_front() } else { None }
    }

    /// The escape key, or a key that the terminal sends as a sequence.
    fn escape(&mut self) -> KeyPress {
        let code = match self.soon() {
            None => return KeyPress::Code(keys::ESCAPE),
            Some(b'[') => self.control_sequence(),
            Some(b'O') => self.soon().and_then(keys::of_letter),
            Some(_) => None,
        };
        code.map_or(KeyPress::Unknown, KeyPress::Code)
    }

    /// What stands behind `ESC [`: parameters, then one final byte.
    fn control_sequence(&mut self) -> Option<u32> {
        let mut parameter = 0u32;
        for _ in 0..8 {
            match self.soon()? {
                digit @ b'0'..=b'9' => parameter = parameter * 10 + u32::from(digit - b'0'),
                b'~' => return keys::of_number(parameter),
                last @ 0x40..=0x7E => return keys::of_letter(last),
                _ => {}
            }
        }
        None
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The code points that keys without a character have (LANGUAGE 8.7).
mod keys {
    pub(super) const BACKSPACE: u32 = 8;
    pub(super) const ENTER: u32 = 10;
    pub(super) const ESCAPE: u32 = 27;
    const HOME: u32 = 1;
    const END: u32 = 5;
    const LEFT: u32 = 17;
    const RIGHT: u32 = 18;
    const UP: u32 = 19;
    const DOWN: u32 = 20;
    const PAGE_UP: u32 = 21;
    const PAGE_DOWN: u32 = 22;
    const DELETE: u32 = 127;

    /// The key whose sequence ends with a letter.
    pub(super) fn of_letter(last: u8) -> Option<u32> {
        Some(match last {
            b'A' => UP,
            b'B' => DOWN,
            b'C' => RIGHT,
            b'D' => LEFT,
            b'H' => HOME,
            b'F' => END,
            _ => return None,
        })
    }

    /// The key whose sequence is a number and `~`.
    pub(super) fn of_number(number: u32) -> Option<u32> {
        Some(match number {
            1 | 7 => HOME,
            4 | 8 => END,
            3 => DELETE,
            5 => PAGE_UP,
            6 => PAGE_DOWN,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of some bytes, as if no more could come.
    fn pressed(bytes: &[u8], raw: bool) -> Vec<KeyPress> {
        let mut console = Console { pending: bytes.iter().copied().collect(), ended: true, key_mode: None };
        std::iter::from_fn(|| Some(console.read_key(raw)).filter(|key| *key != KeyPress::End)).collect()
    }

    #[test]
    fn sequences_are_one_key() {
        let codes = |codes: &[u32]| codes.iter().map(|code| KeyPress::Code(*code)).collect::<Vec<_>>();
        assert_eq!(pressed(b"a\r\x7f", false), codes(&[97, 10, 8]));
        assert_eq!(pressed(b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1bOF", false), codes(&[19, 20, 18, 17, 1, 5]));
        assert_eq!(pressed(b"\x1b[1~\x1b[8~\x1b[3~\x1b[5~\x1b[6~", false), codes(&[1, 5, 127, 21, 22]));
        assert_eq!(pressed("é日".as_bytes(), false), codes(&[0xE9, 0x65E5]));
        assert_eq!(pressed(b"\x1b", false), codes(&[27]));
        assert_eq!(pressed(b"\x1b[Zx", false), [KeyPress::Unknown, KeyPress::Code(120)]);
        assert_eq!(pressed(b"\x1b[A", true), codes(&[27, 91, 65]));
    }

    #[test]
    fn lines_and_keys_share_the_bytes() {
        let mut console = Console { pending: b"one\ntwo\nx".iter().copied().collect(), ended: true, key_mode: None };
        assert_eq!(console.read_line().as_deref(), Some("one"));
        assert_eq!(console.read_key(false), KeyPress::Code(u32::from(b't')));
        assert_eq!(console.read_line().as_deref(), Some("wo"));
        assert_eq!(console.read_line().as_deref(), Some("x"));
        assert_eq!(console.read_line(), None);
    }
}
