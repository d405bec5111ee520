//! Why a function is not compiled, why compiled code was left, and why code was dropped.
//!
//! The compiler, the exits and the engine produce these; `stats` counts them and the editor shows their texts beside the function.
//! Invariant: every value of each enum is in its `ALL`, has a text of its own, and is read back from that text.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Declares an enum of reasons with its texts, the list of all values, `Display` and `FromStr`.
macro_rules! reasons {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value, in declaration order, so that `ALL[x as usize] == x`.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The text for the person who reads the annotation.
            pub const fn text(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text())
            }
        }

        impl FromStr for $name {
            type Err = UnknownReason;
            fn from_str(text: &str) -> Result<Self, UnknownReason> {
                Self::ALL.iter().copied().find(|it| it.text() == text).ok_or(UnknownReason)
            }
        }
    };
}

/// A text that names no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownReason;

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such reason")
    }
}

impl std::error::Error for UnknownReason {}

reasons! {
    /// Why a function or loop was not compiled. It runs in the interpreter then.
    Refusal {
        /// The run asked for the interpreter only.
        InterpreterOnly => "compiling is switched off",
        /// The process may not make memory executable.
        NoExecutableMemory => "executable memory is not available here",
        /// The code arena is full.
        ArenaFull => "the memory for compiled code is full",
        /// It would become more than the compiler's limit.
        TooLarge => "too large to compile at once",
        /// It keeps more variables in an environment, which other code can reach, than compiled code can address.
        Environment => "has too many variables that `locals` or nested functions can reach",
        /// It reads variables of the function around it, or may have to look there; compiled code knows nothing of that one.
        Captured => "reads variables of the function around it",
        /// It is the top level of a file: only its loops are compiled.
        TopLevel => "top-level code runs once; only its loops are compiled",
        /// It was left too often and compiled again too often.
        TooManyExits => "its assumptions failed too often",
        /// It uses an operation that this tier does not translate.
        UnsupportedOperation => "uses an operation that is not compiled yet",
        /// The compiler reported a failure of its own.
        CompilerFailed => "the compiler failed on it",
    }
}

/// A refusal with what only the compiler's developers can use: its own failures in words, with the code they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason.
    pub refusal: Refusal,
    /// Of a [`Refusal::CompilerFailed`]: what broke. Empty otherwise.
    pub detail: String,
}

impl Refused {
    /// A failure of the compiler itself.
    pub fn failed(detail: impl Into<String>) -> Refused {
        Refused { refusal: Refusal::CompilerFailed, detail: detail.into() }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        Refused { refusal, detail: String::new() }
    }
}

reasons! {
    /// Why compiled code went back to the interpreter.
    ExitReason {
        /// An operand of arithmetic was not a number.
        NotNumber => "a value is not a number",
        /// An operand that was a number or null before was neither.
        NotNumberOrNull => "a value is neither a number nor null",
        /// A number was expected to be a small integer.
        NotInteger => "a number is not a small integer",
        /// An integer computation left its range.
        Overflow => "an integer became too large",
        /// A value was expected to be a string.
        NotString => "a value is not a string",
        /// What was compared with a text was neither one nor null.
        NotStringOrNull => "a value is neither a string nor null",
        /// A value was expected to be a list.
        NotList => "a value is not a list",
        /// A value was expected to be a map.
        NotMap => "a value is not a map",
        /// A value was expected not to be a function.
        IsFunction => "a variable holds a function",
        /// A value was expected to be a function.
        NotFunction => "a called value is not a function",
        /// The called function is another one than before.
        OtherFunction => "a different function is called",
        /// A list index was negative, fractional or behind the end.
        IndexOutOfRange => "a list index is out of range",
        /// A list index would leave its list before the loop that counts it ends.
        LoopIndex => "a list index would leave its list in the course of a loop",
        /// What every round of a loop relies on did not hold before it.
        LoopGuard => "what a loop relies on did not hold before it",
        /// A list was in another representation than before.
        ListKind => "a list holds other values than before",
        /// A map had other keys than before.
        Shape => "a map has other keys than before",
        /// A prototype or type map had changed.
        Prototype => "a class or type map changed",
        /// A container was frozen or observed, or a list that is a rule until something is stored.
        Frozen => "a list or map is frozen, being watched, or still a range",
        /// A variable was not assigned.
        Unassigned => "a variable is not assigned",
        /// A global that was relied on to hold a function, or nothing, was assigned.
        GlobalChanged => "a function that a global held, or an intrinsic, was replaced",
        /// An intrinsic had been replaced.
        IntrinsicShadowed => "an intrinsic function was replaced",
        /// A part that had never run was reached.
        ColdPath => "code that had not run before was reached",
        /// A division by zero or a remainder that needs care.
        SlowRemainder => "a remainder needs the general method",
        /// A loop inside another one ended; the loop around it has, or will get, an entry of its own.
        LoopEnd => "an inner loop ended",
        /// A range was expected to run upwards, and ran downwards, or the other way round.
        RangeDirection => "a range runs in the other direction",
        /// A range has a step of 0, which is an error.
        RangeStep => "the step of a range is 0",
        /// A number was expected to be zero or more, as it was when the code was made.
        Negative => "a number is below zero, which it was not before",
        /// A loop over a string took it for ASCII.
        NotAscii => "a string has other characters than ASCII",
        /// `import` is called, which assigns a variable of the call that does it.
        Import => "an import is to assign a variable",
        /// Code that has run long, and was compiled again with more of the functions it calls.
        Outgrown => "it runs long: a version with the functions it calls takes its place",
        /// A test asked for it.
        Forced => "a test made the guard fail",
    }
}

reasons! {
    /// Why compiled code was thrown away.
    Invalidation {
        /// Its guards failed too often; it is profiled anew.
        ManyExits => "its guards failed too often",
        /// A global it relied on was assigned.
        GlobalAssigned => "a global variable it relied on was assigned",
        /// The function's text was edited.
        Edited => "the function was edited",
        /// A better version took its place.
        Replaced => "a better version took its place",
        /// The arena needed its room.
        Evicted => "it was not used and its memory was needed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[track_caller]
    fn check<T: Copy + PartialEq + fmt::Debug + fmt::Display + FromStr<Err = UnknownReason>>(
        all: &[T],
        index: fn(T) -> usize,
    ) {
        let mut texts = HashSet::new();
        for (i, &it) in all.iter().enumerate() {
            assert_eq!(index(it), i);
            assert_eq!(it.to_string().parse::<T>(), Ok(it));
            assert!(texts.insert(it.to_string()), "{it} stands twice");
        }
        assert_eq!("".parse::<T>(), Err(UnknownReason));
    }

    #[test]
    fn every_reason_has_its_own_text_and_reads_back() {
        check(Refusal::ALL, |it| it as usize);
        check(ExitReason::ALL, |it| it as usize);
        check(Invalidation::ALL, |it| it as usize);
    }
}
