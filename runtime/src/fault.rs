//! What ends a program: fatal errors with the exact texts of the language reference, limits, `exit`, refusals.
//!
//! Operators and intrinsics return them as `Err`; the engine adds locations and hands them to whoever started the run.
//! Invariant: a MiniScript *error value* is never a fault; it is an ordinary value.

use crate::limits::LimitKind;
use std::fmt;

/// The result of anything that may end the program. The fault is boxed, so that the good way stays small.
pub type Eval<T> = Result<T, Box<Fault>>;

/// Why a program ends before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A run-time error that a program cannot catch.
    Fatal(FatalError),
    /// A limit was reached.
    Limit(LimitKind),
    /// `exit`, with the exit code.
    Exit(i32),
    /// The host refused an effect; the name of the intrinsic.
    Blocked(String),
    /// The run was cancelled from outside.
    Cancelled,
}

/// A fatal run-time error. `Display` gives the reference's text without `Runtime Error: ` and location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FatalError {
    /// A name that nothing defines.
    UndefinedIdentifier(String),
    /// A local that is read before it is assigned where the language forbids looking further.
    UndefinedLocal(String),
    /// A missing key or member; the key as text without quotes.
    KeyNotFound(String),
    /// Indexing something that has no elements; its text.
    CantIndex(String),
    /// Storing into something that has no elements; its text.
    CantSetIndex(String),
    /// Slicing something that is neither list nor string; its text.
    CantSlice(String),
    /// Changing a frozen list.
    FrozenList,
    /// Changing a frozen map.
    FrozenMap,
    /// More arguments than parameters.
    TooManyArguments {
        /// How many were given.
        got: usize,
        /// How many there may be.
        expected: usize,
    },
    /// Calling something that is no function.
    NotAFunction,
    /// Too many nested calls.
    CallStackOverflow,
    /// No room for the registers of another call.
    StackOverflow,
    /// An error value used as a condition; its message.
    ErrorInCondition(String),
    /// An error value that nobody looked at; its message.
    Uncaught(String),
    /// An unknown member of an error value.
    UndefinedErrorField(String),
    /// Storing into an error value.
    AssignIntoError,
    /// `@` on a member of an error value.
    ReferenceIntoError,
    /// `error.err …` on the type map itself.
    ErrOnNonError,
    /// An `__isa` chain of errors that would form a cycle.
    ErrorCycle,
    /// Code that has no meaning yet, reached; the message says what.
    Unsupported(String),
}

impl fmt::Display for FatalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FatalError::UndefinedIdentifier(name) => {
                write!(f, "Undefined Identifier: '{name}' is unknown in this context")
            }
            FatalError::UndefinedLocal(name) => {
                write!(f, "Undefined Local Identifier: '{name}' is not yet assigned in this scope")
            }
            FatalError::KeyNotFound(key) => write!(f, "Key Not Found: '{key}' not found in map"),
            FatalError::CantIndex(text) => write!(f, "Can't index into {text}"),
            FatalError::CantSetIndex(text) => write!(f, "Can't set indexed value in {text}"),
            FatalError::CantSlice(text) => write!(f, "Can't slice {text}"),
            FatalError::FrozenList => write!(f, "Attempt to modify a frozen list"),
            FatalError::FrozenMap => write!(f, "Attempt to modify a frozen map"),
            FatalError::TooManyArguments { got, expected } => {
                write!(f, "Too many arguments: got {got}, expected {expected}")
            }
            FatalError::NotAFunction => write!(f, "ARGBLK/CALL: Not a function reference"),
            FatalError::CallStackOverflow => write!(f, "Call stack overflow"),
            FatalError::StackOverflow => write!(f, "Stack Overflow"),
            FatalError::ErrorInCondition(message) => write!(f, "Error used in conditional: error: {message}"),
            FatalError::Uncaught(message) => write!(f, "Uncaught {message}"),
            FatalError::UndefinedErrorField(name) => write!(f, "Undefined error field '{name}'"),
            FatalError::AssignIntoError => write!(f, "Cannot assign into an error value"),
            FatalError::ReferenceIntoError => write!(f, "Cannot take reference into an error value"),
            FatalError::ErrOnNonError => write!(f, "err method called on non-error value"),
            FatalError::ErrorCycle => write!(f, "err: __isa chain would form a cycle"),
            FatalError::Unsupported(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Fatal(error) => error.fmt(f),
            Fault::Limit(kind) => kind.fmt(f),
            Fault::Exit(code) => write!(f, "exit {code}"),
            Fault::Blocked(name) => write!(f, "blocked: {name}"),
            Fault::Cancelled => write!(f, "cancelled"),
        }
    }
}

impl From<FatalError> for Box<Fault> {
    fn from(error: FatalError) -> Box<Fault> {
        Box::new(Fault::Fatal(error))
    }
}

impl From<LimitKind> for Box<Fault> {
    fn from(kind: LimitKind) -> Box<Fault> {
        Box::new(Fault::Limit(kind))
    }
}
