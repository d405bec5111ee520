//! Names that the runtime itself looks up, with ids fixed at compile time.
//!
//! [`crate::shared::Shared::new`] interns them right after the one-character strings, so that operators and compiled code
//! use constants instead of lookups. Invariant: the constants and [`TEXTS`] are in the same order.

use crate::shared::{Name, Shared};

/// Interned before: `""` and the 128 ASCII characters.
const FIRST: u32 = 129;

macro_rules! names {
    ($($(#[$doc:meta])* $constant:ident = $index:literal $text:literal;)*) => {
        $($(#[$doc])* pub const $constant: Name = Name(FIRST + $index);)*
        /// The texts in order.
        const TEXTS: &[&str] = &[$($text),*];
        #[cfg(test)]
        const CONSTANTS: &[Name] = &[$($constant),*];
    };
}

names! {
    /// `__isa`
    ISA = 0 "__isa";
    /// `key`
    KEY = 1 "key";
    /// `value`
    VALUE = 2 "value";
    /// `message`
    MESSAGE = 3 "message";
    /// `inner`
    INNER = 4 "inner";
    /// `stack`
    STACK = 5 "stack";
    /// `number`
    NUMBER = 6 "number";
    /// `string`
    STRING = 7 "string";
    /// `list`
    LIST = 8 "list";
    /// `map`
    MAP = 9 "map";
    /// `funcRef`
    FUNC_REF = 10 "funcRef";
    /// `error`
    ERROR = 11 "error";
    /// `self`
    SELF = 12 "self";
    /// `super`
    SUPER = 13 "super";
}

/// Gives all of them their ids.
pub(crate) fn intern_all(shared: &Shared) {
    for (index, text) in TEXTS.iter().enumerate() {
        assert_eq!(shared.intern(text), Name(FIRST + index as u32), "nothing else was interned before");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_have_the_ids_of_their_texts() {
        let shared = Shared::new();
        for (constant, text) in CONSTANTS.iter().zip(TEXTS) {
            assert_eq!(shared.name_text(*constant), *text);
        }
    }
}
