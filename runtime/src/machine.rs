//! What an intrinsic needs from the engine that runs it: the call stack, facts about user functions, and `import`.
//!
//! The engine implements [`Machine`] and hands it to each intrinsic call. Invariant: the runtime calls no user code by itself;
//! whatever must run a program goes through this trait.

use crate::fault::Eval;
use crate::function::FunctionRef;
use crate::realm::{Realm, Singleton};
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
        let file = if self.file.is_empty() { "(current program)" } else { &self.file };
        format!("{file} line {}", self.line)
    }
}

/// What `info(@f)` tells of a user function beyond its name.
pub struct FunctionFacts {
    /// The docstring.
    pub note: Option<String>,
    /// Parameters in order, each with its default.
    pub params: Vec<(String, Value)>,
}

/// The names of user functions, which are no part of their code. Text forms ask for them at the moment they are shown.
pub trait FunctionNames: Send + Sync {
    /// The name of the function with this slot (and this code id), as `FuncRef(NAME, closure)` shows it.
    fn function_name(&self, slot: u32, code: u32) -> String;
}

/// The engine as intrinsics see it.
pub trait Machine {
    /// The active calls, innermost first, the calling statement included.
    fn stack(&self, realm: &Realm) -> Vec<StackLine>;

    /// What is known of a user function.
    fn function_facts(&mut self, realm: &mut Realm, function: FunctionRef) -> FunctionFacts;

    /// Finds a module in one of the folders, runs it, stores what it returns among the caller's variables, and returns it.
    /// Failures that the program may handle are error values.
    fn import(&mut self, realm: &mut Realm, name: &str, folders: &[String]) -> Eval<Value>;

    /// The history list of an interactive session (inputs, or results if `output`); null elsewhere.
    fn history(&mut self, realm: &mut Realm, output: bool) -> Value {
        realm.singleton(if output { Singleton::HistoryOut } else { Singleton::HistoryIn })
    }
}
