//! What intrinsics ask the engine: the call stack, facts about functions, `import`.
//!
//! The runtime's intrinsics call it through [`Machine`]. Invariant: stack lines are those of statements, innermost call first,
//! whatever tier each call runs in.

use super::Run;
use crate::engine::modules::ModuleAnswer;
use crate::engine::unit::CallFlags;
use minilive_mir::ir::Const;
use minilive_runtime::fault::{Eval, Fault};
use minilive_runtime::function::FunctionRef;
use minilive_runtime::machine::{FunctionFacts, Machine, StackLine};
use minilive_runtime::ops;
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;

impl Machine for Run<'_> {
    fn stack(&self) -> Vec<StackLine> {
        self.lines_seen.set(true);
        self.stack_lines()
    }

    fn function_facts(&mut self, _: &mut Realm, function: FunctionRef) -> FunctionFacts {
        let code = self.code(function.code());
        let note = code.unit.note.and_then(|id| match &code.unit.consts[id.0 as usize] {
            Const::Str(text) => Some(text.to_string()),
            _ => None,
        });
        let params = code.unit.params.iter().map(|param| {
            let name = code.unit.name(param.name).to_owned();
            (name, code.consts[param.default.0 as usize])
        });
        FunctionFacts { note, params: params.collect() }
    }

    fn import(&mut self, realm: &mut Realm, name: &str) -> Eval<Value> {
        let program = match self.modules.load(name) {
            ModuleAnswer::Found(program) => program,
            ModuleAnswer::Blocked => return Err(Box::new(Fault::Blocked("import".to_owned()))),
            ModuleAnswer::NotFound => {
                return Ok(self.error(realm, &format!("File error: import: library not found: {name}")));
            }
            ModuleAnswer::Broken { message, file, line } => return Ok(self.broken(realm, &message, &file, line)),
        };
        let linked = match self.codes.load(&program, self.recording) {
            Ok(linked) => linked,
            Err(error) => return Ok(self.error(realm, &error.to_string())),
        };
        for &unit in &linked.units {
            self.codes.get(unit).set_call_flag(CallFlags::UNRESOLVED, true);
        }
        let globals = realm.globals().value();
        let mut value = Value::NULL;
        for &unit in &linked.main {
            value = self.run_module(realm, unit, globals)?;
        }
        let key = realm.shared.intern(name);
        self.inject(realm, key, value)?;
        Ok(value)
    }
}

impl Run<'_> {
    /// The lines of the active calls, innermost first.
    pub fn stack_lines(&self) -> Vec<StackLine> {
        let line = |frame: &super::frame::Frame| StackLine {
            file: frame.code.file.borrow().to_string(),
            line: frame.code.line_at(frame.pc()),
        };
        self.frames.iter().rev().map(line).collect()
    }

    fn error(&mut self, realm: &mut Realm, message: &str) -> Value {
        let error = ops::new_error(realm, message);
        ops::attach_stack(realm, self, error)
    }

    /// The error value of a module that does not compile: says where, and holds the compiler's own.
    fn broken(&mut self, realm: &mut Realm, message: &str, file: &str, line: u32) -> Value {
        let inner = self.error(realm, message);
        let text = realm.string_value(&format!("in {file} line {line}: {message}"));
        match self.error(realm, "").as_error() {
            Some(outer) => realm.new_error(text, inner, outer.stack(), outer.isa()).value(),
            None => inner,
        }
    }
}
