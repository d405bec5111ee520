//! A text under construction: asks for memory before it takes it.
//!
//! Used wherever a program's values decide how long a text gets. Invariant: what is written was asked for, so the memory limit
//! stops a text before it exists.

use crate::fault::Eval;
use crate::limits::LimitKind;
use crate::realm::Realm;
use crate::string::{MAX_STRING, StringRef};

/// Texts up to this length are not asked for.
const SMALL: usize = 1 << 12;

/// The most bytes that are kept for the next text.
const KEPT: usize = 1 << 16;

impl Realm {
    /// An empty text to write into, with memory that the last one left. Whoever does not give it back costs the next one its start.
    #[inline]
    pub(crate) fn take_scratch(&mut self) -> String {
        std::mem::take(&mut self.scratch)
    }

    /// The string of a text that was written into what [`Realm::take_scratch`] gave.
    #[inline]
    pub(crate) fn string_from_scratch(&mut self, mut text: String) -> StringRef {
        let string = self.new_string(&text);
        if text.capacity() <= KEPT {
            text.clear();
            self.scratch = text;
        }
        string
    }
}

/// How much of a text was asked for.
#[derive(Debug)]
pub(crate) struct Growing {
    granted: usize,
}

impl Growing {
    /// A text that is short so far.
    pub(crate) fn new() -> Growing {
        Growing { granted: SMALL }
    }

    /// Asks for a text of this length; an error if that is more than the program may have.
    #[inline]
    pub(crate) fn up_to(&mut self, realm: &mut Realm, len: usize) -> Eval<()> {
        if len <= self.granted { Ok(()) } else { self.ask(realm, len) }
    }

    #[cold]
    fn ask(&mut self, realm: &mut Realm, len: usize) -> Eval<()> {
        if len > MAX_STRING {
            return Err(LimitKind::Memory.into());
        }
        // The text's own memory doubles when it grows, and the value made of it is one more copy.
        realm.reserve(len as u64 * 3)?;
        self.granted = (len * 2).min(MAX_STRING);
        Ok(())
    }
}
