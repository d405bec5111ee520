//! One call of an intrinsic as its function sees it: arguments, realm, engine, and the checks that many share.
//!
//! Made by [`super::invoke`], which has filled in defaults, asked the host, and counted the call. Invariant: `args` has
//! exactly as many values as the table entry has parameters.

use super::table::IntrinsicDef;
use crate::fault::{FatalError, Fault};
use crate::machine::Machine;
use crate::ops;
use crate::realm::Realm;
use crate::text::{parse_number, trailing_for_argument};
use crate::value::{Unpacked, Value};

/// What an intrinsic returns: its result, or the reason to end early.
pub type Answer = Result<Value, Early>;

/// Why an intrinsic ends before its normal end.
#[derive(Debug)]
pub enum Early {
    /// It has a result already; mostly an error value that says what is wrong with an argument.
    Value(Value),
    /// The program ends.
    Fault(Box<Fault>),
}

impl From<Box<Fault>> for Early {
    fn from(fault: Box<Fault>) -> Early {
        Early::Fault(fault)
    }
}

impl From<FatalError> for Early {
    fn from(error: FatalError) -> Early {
        Early::Fault(error.into())
    }
}

/// One call.
pub struct IntrinsicCall<'a> {
    /// The evaluation it belongs to.
    pub realm: &'a mut Realm,
    /// The engine that runs it.
    pub machine: &'a mut dyn Machine,
    /// All arguments, defaults filled in, the receiver first.
    pub args: &'a [Value],
    /// The table entry.
    pub def: &'static IntrinsicDef,
}

impl IntrinsicCall<'_> {
    /// An argument.
    #[inline]
    pub fn arg(&self, index: usize) -> Value {
        self.args[index]
    }

    /// An argument as a number: numbers, and strings that are numbers; else the documented error value.
    #[inline]
    pub fn number(&mut self, index: usize) -> Result<f64, Early> {
        match self.args[index].as_number() {
            Some(number) => Ok(number),
            None => self.coerced_number(index),
        }
    }

    #[cold]
    fn coerced_number(&mut self, index: usize) -> Result<f64, Early> {
        let value = self.args[index];
        match value.unpack() {
            Unpacked::Error(_) => Err(Early::Value(value)),
            Unpacked::String(string) => match parse_number(string.as_str(), trailing_for_argument) {
                Some(number) => Ok(number),
                None => {
                    let message = format!("Format error: '{}' is not a valid number", string.as_str());
                    Err(self.error(&message))
                }
            },
            _ => Err(self.type_error("number", value)),
        }
    }

    /// An argument as an index or count: a number cut to 32 bits; anything else counts as 0.
    #[inline]
    pub fn index(&self, index: usize) -> i32 {
        ops::to_index(self.args[index])
    }

    /// Ends early with an error argument: it is the result.
    #[inline]
    pub fn pass_error(&self, index: usize) -> Result<(), Early> {
        if self.args[index].is_error() { Err(Early::Value(self.args[index])) } else { Ok(()) }
    }

    /// Ends early with the first error among all arguments: several numbers are looked at together.
    #[inline]
    pub fn pass_any_error(&self) -> Result<(), Early> {
        match self.args.iter().find(|arg| arg.is_error()) {
            Some(error) => Err(Early::Value(*error)),
            None => Ok(()),
        }
    }

    /// Two arguments as numbers.
    #[inline]
    pub fn two_numbers(&mut self) -> Result<(f64, f64), Early> {
        match (self.args[0].as_number(), self.args[1].as_number()) {
            (Some(first), Some(second)) => Ok((first, second)),
            _ => {
                self.pass_any_error()?;
                Ok((self.number(0)?, self.number(1)?))
            }
        }
    }

    /// Ends the program if an argument that must not be dropped is an error.
    #[inline]
    pub fn no_error(&self, index: usize) -> Result<(), Early> {
        ops::check_uncaught(self.args[index]).map_err(Early::Fault)
    }

    /// Ends early with `Type error: … required`.
    #[cold]
    pub fn type_error(&mut self, expected: &str, value: Value) -> Early {
        self.error(&format!("Type error: {expected} required, but got {}", value.type_name()))
    }

    /// Ends early with an error value made here.
    #[cold]
    pub fn error(&mut self, message: &str) -> Early {
        let stack = ops::stack_list(self.realm, self.machine).value();
        Early::Value(ops::new_error_with_stack(self.realm, message, stack))
    }
}
