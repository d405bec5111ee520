//! What an intrinsic needs from the engine that runs it: the call stack, facts about user functions, and `import`.
//!
//! The engine implements [`Machine`] and hands it to each intrinsic call. Invariant: the runtime calls no user code by itself;
//! whatever must run a program goes through this trait.

use crate::fault::Eval;
use crate::realm::Realm;
use crate::value::Value;

/// One frame of the call stack as error values show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackLine {
    /// Base name of the file; empty for text without a file.
    pub file: String,
    /// The 1-based line of the statement being executed.
    pub line: u32,
}

impl StackLine {
    /// The entry of `e.stack` for this frame.
    pub fn text(&self) -> String {
        let file = if self.file.is_empty() {
            "(current program)"
        } else {
            &self.file
        };
        format!("{file} line {}", self.line)
    }
}

/// One parameter of a user function.
#[derive(Debug, Clone, Copy)]
pub struct ParamInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// The value of a missing argument.
    pub default: Value,
}

/// What `info(@f)` tells of a user function beyond its name.
pub struct FunctionFacts {
    /// The docstring.
    pub note: Option<String>,
    /// Parameters in order, each with its default.
    pub params: Vec<(String, Value)>,
}

/// The engine as intrinsics see it.
pub trait Machine {
    /// The active calls, innermost first, the calling statement included.
    fn stack(&self) -> Vec<StackLine>;

    /// What is known of a user function by its code id.
    fn function_facts(&mut self, realm: &mut Realm, function: Value) -> FunctionFacts;

    /// Finds a module, runs it, stores what it returns among the caller's variables, and returns it.
    /// Failures that the program may handle are error values.
    fn import(&mut self, realm: &mut Realm, name: &str) -> Eval<Value>;
}
