//! Short texts of values for the editor: bounded in depth, characters and work, never failing.
//!
//! The recorder and hover call [`describe`]. Invariant: the work is bounded by the character limit, not by the value's size, and
//! no budget is charged, so that recording changes nothing in a run.

use super::{error_message, push_function, push_number, push_quoted};
use crate::realm::Realm;
use crate::value::{Unpacked, Value};

/// How much of a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Levels of lists and maps.
    pub depth: u32,
    /// Characters of the whole text; longer ones end in `…`.
    pub chars: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { depth: 3, chars: 40 }
    }
}

/// The value as a program would write it, cut to the bounds.
pub fn describe(realm: &mut Realm, value: Value, bounds: Bounds) -> String {
    let mut writer = Writer { realm, out: String::new(), limit: bounds.chars };
    writer.push(value, bounds.depth);
    let mut out = writer.out;
    if let Some((cut, _)) = out.char_indices().nth(bounds.chars) {
        // Room for the mark itself: the text with it has as many characters as allowed.
        let keep = out[..cut].char_indices().next_back().map_or(0, |(at, _)| at);
        out.truncate(keep);
        out.push('…');
    }
    out
}

struct Writer<'a> {
    realm: &'a mut Realm,
    out: String,
    limit: usize,
}

impl Writer<'_> {
    /// Whether nothing more will be shown: every character takes at least one byte and at most four.
    fn is_full(&self) -> bool {
        self.out.len() > self.limit * 4 || (self.out.len() > self.limit && self.out.chars().count() > self.limit)
    }

    fn push(&mut self, value: Value, depth: u32) {
        match value.unpack() {
            Unpacked::Null | Unpacked::Internal => self.out.push_str("null"),
            Unpacked::Number(number) => push_number(&mut self.out, number),
            Unpacked::String(text) => {
                let shown: String = text.as_str().chars().take(self.limit + 1).collect();
                push_quoted(&mut self.out, &shown);
            }
            Unpacked::List(list) if depth == 0 && !list.is_empty() => self.out.push_str("[…]"),
            Unpacked::Map(map) if depth == 0 && map.len(self.realm) > 0 => self.out.push_str("{…}"),
            Unpacked::List(list) => {
                self.out.push('[');
                for index in 0..list.len() {
                    if self.separate(index) {
                        break;
                    }
                    self.push(list.get(index).unwrap_or(Value::NULL), depth - 1);
                }
                self.out.push(']');
            }
            Unpacked::Map(map) => {
                self.out.push('{');
                let (mut position, mut index) = (0, 0);
                while let Some(step) = map.iter_from(self.realm, position) {
                    if self.separate(index) {
                        break;
                    }
                    self.push(step.key, depth - 1);
                    self.out.push_str(": ");
                    self.push(step.value, depth - 1);
                    (position, index) = (step.next, index + 1);
                }
                self.out.push('}');
            }
            Unpacked::Function(function) => push_function(self.realm, &mut self.out, function),
            Unpacked::Error(error) => {
                self.out.push_str("error: ");
                self.out.push_str(&error_message(error));
            }
            Unpacked::Handle(_) => self.out.push_str("<value>"),
        }
    }

    /// Writes a comma before all elements but the first; true if there is no room for another.
    fn separate(&mut self, index: usize) -> bool {
        if index > 0 {
            self.out.push_str(", ");
        }
        self.is_full()
    }
}
