//! What intrinsics ask the engine: the call stack, facts about functions, `import`.
//!
//! The runtime's intrinsics call it through [`Machine`]. Invariant: stack lines are those of statements, innermost call first,
//! whatever tier each call runs in.

use super::Run;
use super::frame::NativePlace;
use crate::engine::modules::ModuleAnswer;
use crate::engine::unit::{CallFlags, Code};
use minilive_mir::ir::{Const, InstId};
use minilive_runtime::fault::{Eval, Fault};
use minilive_runtime::function::FunctionRef;
use minilive_runtime::machine::{FunctionFacts, Machine, StackLine};
use minilive_runtime::ops;
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;

impl Machine for Run<'_> {
    fn stack(&self, realm: &Realm) -> Vec<StackLine> {
        self.lines_seen.set(true);
        self.stack_lines(realm)
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

fn line_of(code: &Code, inst: InstId) -> StackLine {
    StackLine { file: code.file.borrow().to_string(), line: code.line(inst) }
}

impl Run<'_> {
    /// The lines of the active calls, innermost first, whatever tier each runs in.
    pub fn stack_lines(&self, realm: &Realm) -> Vec<StackLine> {
        let mut lines = Vec::new();
        let mut above = self.frames.len();
        let mut at = NativePlace::of(realm);
        for entry in self.natives.iter().rev() {
            self.interpreted_lines(entry.height, above, &mut lines);
            self.compiled_lines(at, &mut lines);
            // A compiled loop is the same activation as the frame below it, which stands still at the loop's head.
            above = entry.height - usize::from(entry.osr);
            at = entry.before;
        }
        self.interpreted_lines(0, above, &mut lines);
        lines
    }

    fn interpreted_lines(&self, from: usize, to: usize, lines: &mut Vec<StackLine>) {
        let frames = self.frames.get(from..to).unwrap_or_default();
        lines.extend(frames.iter().rev().map(|frame| line_of(&frame.code, frame.code.bytecode.inst_at(frame.pc()))));
    }

    #[cfg(not(minilive_portable))]
    fn compiled_lines(&self, at: NativePlace, lines: &mut Vec<StackLine>) {
        let calls = at.site().into_iter().chain(super::frame::native_callers(at));
        lines.extend(calls.map(|(code, inst)| line_of(self.codes.get(code), inst)));
    }

    #[cfg(minilive_portable)]
    fn compiled_lines(&self, _: NativePlace, _: &mut Vec<StackLine>) {}

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
