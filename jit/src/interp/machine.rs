//! What intrinsics ask the engine: the call stack, facts about functions, `import`.
//!
//! The runtime's intrinsics call it through [`Machine`]. Invariant: stack lines are those of statements, innermost call first,
//! whatever tier each call runs in.

use super::Run;
use super::frame::NativePlace;
use crate::engine::modules::ModuleAnswer;
use crate::engine::outcome::MODULE_NOT_FOUND;
use crate::engine::unit::Code;
use minilive_mir::ir::{Const, InstId};
use minilive_runtime::fault::{Eval, Fault};
use minilive_runtime::function::FunctionRef;
use minilive_runtime::machine::{FunctionFacts, Machine, StackLine};
use minilive_runtime::ops;
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;
use std::collections::VecDeque;
#[cfg(not(minilive_portable))]
use std::ops::ControlFlow;

/// The most lines a stack shows: half of them innermost, half outermost. Without bound, errors made deep in a recursion would
/// take more memory than the program.
const MOST_LINES: usize = 10_000;

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

    fn import(&mut self, realm: &mut Realm, name: &str, folders: &[String]) -> Eval<Value> {
        let program = match self.modules.load(name, folders) {
            ModuleAnswer::Found(program) => program,
            ModuleAnswer::Blocked => return Err(Box::new(Fault::Blocked("import".to_owned()))),
            ModuleAnswer::Cancelled => return Err(Box::new(Fault::Cancelled)),
            ModuleAnswer::NotFound => {
                return Ok(self.error(realm, &format!("{MODULE_NOT_FOUND}{name}")));
            }
            ModuleAnswer::Broken { message, file, line } => return Ok(self.broken(realm, &message, &file, line)),
        };
        let linked = match self.codes.load(&program, self.recording) {
            Ok(linked) => linked,
            Err(error) => return Ok(self.error(realm, &error.to_string())),
        };
        self.names.extend(self.codes);
        for &unit in &linked.units {
            self.codes.unresolve(self.codes.get(unit));
        }
        let globals = realm.globals().value();
        let mut value = Value::NULL;
        for &unit in &linked.main {
            value = self.call_unit(realm, unit, globals)?;
        }
        let key = realm.shared.intern(name);
        self.inject(realm, key, value)?;
        Ok(value)
    }
}

/// The places of active calls, innermost first: all, or both ends of very many.
#[derive(Default)]
struct Places<'a> {
    innermost: Vec<(&'a Code, InstId)>,
    outermost: VecDeque<(&'a Code, InstId)>,
}

impl<'a> Places<'a> {
    fn push(&mut self, code: &'a Code, inst: InstId) {
        if self.innermost.len() < MOST_LINES / 2 {
            self.innermost.push((code, inst));
            return;
        }
        if self.outermost.len() == MOST_LINES / 2 {
            self.outermost.pop_front();
        }
        self.outermost.push_back((code, inst));
    }

    fn lines(self) -> Vec<StackLine> {
        let line =
            |(code, inst): (&Code, InstId)| StackLine { file: code.file.borrow().to_string(), line: code.line(inst) };
        self.innermost.into_iter().chain(self.outermost).map(line).collect()
    }
}

impl Run<'_> {
    /// The lines of the active calls, innermost first, whatever tier each runs in; of very many the ends.
    pub fn stack_lines(&self, realm: &Realm) -> Vec<StackLine> {
        let mut places = Places::default();
        let mut above = self.frames.len();
        let mut at = NativePlace::of(realm);
        for entry in self.natives.iter().rev() {
            self.interpreted_places(entry.height(), above, &mut places);
            self.compiled_places(at, &mut places);
            // A compiled loop is the same activation as the frame below it, which stands still at the loop's head.
            above = entry.height() - usize::from(entry.osr);
            at = entry.before;
        }
        self.interpreted_places(0, above, &mut places);
        places.lines()
    }

    fn interpreted_places<'a>(&'a self, from: usize, to: usize, places: &mut Places<'a>) {
        for frame in self.frames.get(from..to).unwrap_or_default().iter().rev() {
            places.push(&frame.code, frame.code.bytecode.inst_at(frame.pc()));
        }
    }

    #[cfg(not(minilive_portable))]
    fn compiled_places<'a>(&'a self, at: NativePlace, places: &mut Places<'a>) {
        at.calls().into_iter().for_each(|(code, inst)| places.push(self.codes.get(code), inst));
        super::frame::native_callers(at, |code, inst| {
            places.push(self.codes.get(code), inst);
            ControlFlow::Continue(())
        });
    }

    #[cfg(minilive_portable)]
    fn compiled_places<'a>(&'a self, _: NativePlace, _: &mut Places<'a>) {}

    fn error(&mut self, realm: &mut Realm, message: &str) -> Value {
        let error = ops::new_error(realm, message);
        ops::attach_stack(realm, self, error)
    }

    /// The error value of a module that does not compile: says where, and holds the compiler's own.
    fn broken(&mut self, realm: &mut Realm, message: &str, file: &str, line: u32) -> Value {
        let place = StackLine { file: file.to_owned(), line };
        let stack = realm.new_list(&[]);
        let at = realm.string_value(&place.text());
        // A list of one element has room for it.
        let pushed = stack.push(realm, at);
        debug_assert!(pushed.is_ok());
        stack.freeze();
        let inner = ops::new_error_with_stack(realm, message, stack.value());
        let text = realm.string_value(&format!("in {}: {message}", place.text()));
        match self.error(realm, "").as_error() {
            Some(outer) => realm.new_error(text, inner, outer.stack(), outer.isa()).value(),
            None => inner,
        }
    }
}
