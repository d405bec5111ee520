//! Tier 0: runs bytecode, watches what it sees, counts what it runs.
//!
//! `engine` makes a [`Run`] for each evaluation and calls [`Run::call_unit`] for its units; `exits` calls [`resume`] when compiled
//! code gives up. The parts: `frame` (activations), `step` (the dispatch loop), `calls`, `names`, `members`, `values` (slow paths),
//! `budget` (limits, the clock, the tiers), `machine` (what intrinsics ask). Invariants: calls between interpreted functions
//! do not use the native stack; every fault is located where it happened before it leaves the frame.

mod around;
pub mod budget;
pub mod calls;
pub(crate) mod drive;
pub mod frame;
pub mod machine;
mod members;
mod names;
mod step;
#[cfg(test)]
mod tests;
pub(crate) mod values;

#[cfg(not(minilive_portable))]
pub(crate) use around::{make_map, store_variable};
#[cfg(not(minilive_portable))]
pub(crate) use calls::make_env;
#[cfg(not(minilive_portable))]
pub(crate) use values::compare_strings;
pub(crate) use values::kinds_of;

use crate::engine::modules::Modules;
use crate::engine::names::NameTable;
use crate::engine::policy::Tiering;
use crate::engine::table::CodeTable;
use crate::engine::unit::{Code, CodeId};
use budget::Meter;
use calls::{Receiver, Ret};
use frame::{CodeRef, Frame, Frames, Ip, NativeEntry, Stack, Window};
use minilive_mir::ir::{InstId, UnitKey};
use minilive_runtime::fault::{Eval, FatalError, Fault};
use minilive_runtime::machine::StackLine;
use minilive_runtime::realm::Realm;
use minilive_runtime::shared::Name;
use minilive_runtime::value::Value;
use std::cell::Cell;
#[cfg(not(minilive_portable))]
use std::mem::offset_of;

/// Where a fault happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The unit.
    pub key: UnitKey,
    /// The instruction.
    pub inst: InstId,
    /// File and line, innermost call first.
    pub stack: Vec<StackLine>,
}

/// Everything of one evaluation that is not the realm.
pub struct Run<'e> {
    /// The engine's code.
    pub codes: &'e mut CodeTable,
    /// When to compile.
    pub tiering: &'e mut dyn Tiering,
    /// How `import` finds modules.
    pub modules: Modules<'e>,
    /// What functions are called; a module brings more.
    pub(crate) names: &'e NameTable,
    /// Active calls of the interpreter, innermost last.
    pub frames: Frames,
    /// The ways from the interpreter into compiled code that have not come back, innermost last.
    pub(crate) natives: Stack<NativeEntry>,
    /// What baseline code and its helpers hand each other.
    pub(crate) lent: Lent,
    /// A compiled loop has just given its activation back to the interpreter.
    #[cfg_attr(minilive_portable, expect(dead_code, reason = "nothing is compiled there"))]
    pub(crate) gave_back: bool,
    /// Fuel, clock, progress.
    pub meter: Meter,
    /// Where the pending fault happened.
    pub site: Option<Site>,
    /// Names the interpreter itself looks up.
    pub(crate) well_known: WellKnown,
    /// The codes of all programs loaded in this run, whose flags are reset at its start.
    pub(crate) recording: bool,
    /// Whether the program saw line numbers.
    pub(crate) lines_seen: Cell<bool>,
}

/// What baseline code and its helpers hand each other, at fixed places.
#[cfg_attr(minilive_portable, expect(dead_code, reason = "nothing is compiled there"))]
#[derive(Debug)]
pub(crate) struct Lent {
    /// The window in which code goes on.
    pub(crate) window: Window,
    /// The slots of its unit.
    pub(crate) slots: Ip,
    /// The map of globals.
    pub(crate) globals: Value,
    /// The way into baseline code; 0 where there is none.
    pub(crate) enter: usize,
    /// The way out.
    pub(crate) exit: usize,
    /// Why it came back.
    pub(crate) result: Eval<Option<Value>>,
}

impl Lent {
    /// Nothing yet, with the ways in and out.
    pub(crate) fn new((enter, exit): (usize, usize)) -> Lent {
        Lent { window: Window::NONE, slots: Ip::NONE, globals: Value::NULL, enter, exit, result: Ok(None) }
    }
}

/// Where in a run baseline code finds these.
#[cfg(not(minilive_portable))]
pub(crate) const LENT_WINDOW: usize = offset_of!(Run<'static>, lent) + offset_of!(Lent, window);
#[cfg(not(minilive_portable))]
pub(crate) const LENT_SLOTS: usize = offset_of!(Run<'static>, lent) + offset_of!(Lent, slots);
#[cfg(not(minilive_portable))]
pub(crate) const LENT_GLOBALS: usize = offset_of!(Run<'static>, lent) + offset_of!(Lent, globals);
#[cfg(not(minilive_portable))]
pub(crate) const RUN_FRAMES: usize = offset_of!(Run<'static>, frames);
#[cfg(not(minilive_portable))]
pub(crate) const RUN_NATIVES: usize = offset_of!(Run<'static>, natives);
#[cfg(not(minilive_portable))]
pub(crate) const RUN_LAST_SLICE: usize = offset_of!(Run<'static>, meter) + offset_of!(Meter, last_slice);

/// Names the interpreter itself looks up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WellKnown {
    pub(crate) this: Name,
    pub(crate) parent: Name,
}

/// How a call began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Called {
    /// An activation was pushed; the dispatch loop goes on in it.
    Frame,
    /// The callee ran to its end; this is its result.
    Value(Value),
}

impl Run<'_> {
    /// Runs one unit from its start to its end, in a fresh activation without arguments.
    pub fn call_unit(&mut self, realm: &mut Realm, code: CodeId, outer: Value) -> Eval<Value> {
        let code = CodeRef::new(self.codes.get(code));
        let height = self.frames.len();
        match self.enter(realm, code, outer, &[], None, Ret::BOUNDARY)? {
            Called::Value(value) => Ok(value),
            Called::Frame => self.run_to(realm, height),
        }
    }

    /// Runs the innermost activations until the frame stack is `height` high again.
    fn run_to(&mut self, realm: &mut Realm, height: usize) -> Eval<Value> {
        let result = drive::execute(self, realm);
        if result.is_err() {
            self.unwind(realm, height);
        }
        result
    }

    /// Drops the activations above `height`, after a fault.
    fn unwind(&mut self, realm: &mut Realm, height: usize) {
        if let Some(frame) = self.frames.get(height) {
            frame::pop_window(realm, frame.window);
        }
        let dropped = self.frames.len() - height;
        realm.head.depth = realm.head.depth.saturating_sub(dropped as u32);
        self.frames.truncate(height);
    }

    /// Notes where a fault happened, unless an inner call did already.
    pub(crate) fn locate(&mut self, realm: &Realm) {
        if let Some(frame) = self.frames.last() {
            self.locate_at(realm, frame.code.bytecode.inst_at(frame.pc()));
        }
    }

    /// As [`Run::locate`], at an instruction of the innermost activation near its position.
    pub(crate) fn locate_at(&mut self, realm: &Realm, inst: InstId) {
        if self.site.is_some() {
            return;
        }
        if let Some(frame) = self.frames.last() {
            let mut stack = self.stack_lines(realm);
            if let Some(here) = stack.first_mut() {
                here.line = frame.code.line(inst);
            }
            self.site = Some(Site { key: frame.code.key, inst, stack });
        }
    }

    /// Runs a call of compiled code to an interpreted function (or an intrinsic) to its end.
    pub fn call_value(
        &mut self,
        realm: &mut Realm,
        callee: Value,
        args: &[Value],
        receiver: Option<Receiver>,
    ) -> Eval<Value> {
        let height = self.frames.len();
        match self.call(realm, callee, args, receiver, Ret::BOUNDARY)? {
            Called::Value(value) => Ok(value),
            Called::Frame => self.run_to(realm, height),
        }
    }

    /// A native recursion is about to happen: an error if the native stack is nearly used up.
    pub(crate) fn check_native(&self, realm: &Realm) -> Eval<()> {
        let marker = 0u8;
        if (std::ptr::from_ref(&marker) as usize) < realm.head.native_limit {
            return Err(FatalError::CallStackOverflow.into());
        }
        Ok(())
    }
}

/// Runs one activation on from an instruction to its end, for compiled code that gave up there.
///
/// `registers` writes the live MIR registers into the fresh window, whose others are absent, one by one, so that collections find
/// them there; `outer` and `env` are the activation's. The call was charged and counted when compiled code entered it. The result is the activation's.
pub fn resume(
    run: &mut Run<'_>,
    realm: &mut Realm,
    code: &Code,
    inst: InstId,
    (outer, env): (Value, Value),
    registers: impl FnOnce(&mut Realm, Window),
) -> Eval<Value> {
    run.check_native(realm)?;
    let code = CodeRef::new(code);
    let window = frame::push_window(realm, &code, outer, std::ptr::null(), 0)
        .ok_or_else(|| Box::<Fault>::from(FatalError::CallStackOverflow))?;
    registers(realm, window);
    if !env.is_absent() {
        window.set_env(env);
    }
    let height = run.frames.len();
    let ip = Ip::at(&code, code.bytecode.pc_of(inst));
    run.frames.push(Frame { code, window, ip, ret: 0, skip: 0, boundary: true, back: 0 });
    realm.head.depth += 1;
    run.run_to(realm, height)
}
