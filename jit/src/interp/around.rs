//! What surrounds the dispatch loop: loading and leaving activations, failing at a position, the rarer operations.
//!
//! `step` calls these; they need no unchecked access. Invariant: a position is written back to its frame before a fault is
//! located.

use super::Run;
use super::frame::{self, CodeRef, Window};
use crate::bytecode::Word;
use crate::feedback::FeedbackCell;
use minilive_mir::ir::BlockId;
use minilive_runtime::fault::{Eval, Fault};
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;
use std::cell::Cell;

/// What the loop keeps of the innermost frame.
pub(super) struct Loaded {
    pub(super) code: CodeRef,
    pub(super) window: Window,
    pub(super) pc: u32,
}

pub(super) type Parts = (CodeRef, Window, *const Word, *const FeedbackCell, *const Cell<u64>, u32);

impl Loaded {
    #[inline(always)]
    pub(super) fn parts(&self) -> Parts {
        let code = self.code;
        let tables = (code.bytecode.words.as_ptr(), code.feedback.as_ptr(), code.counters.words().as_ptr());
        (code, self.window, tables.0, tables.1, tables.2, self.pc)
    }
}

#[inline(always)]
pub(super) fn load(run: &Run<'_>) -> Loaded {
    let frame = run.frames.last().expect("the loop runs inside an activation");
    Loaded { code: frame.code, window: frame.window, pc: frame.pc }
}

#[inline(always)]
pub(super) fn set_pc(run: &mut Run<'_>, pc: u32) {
    if let Some(frame) = run.frames.last_mut() {
        frame.pc = pc;
    }
}

/// Ends the innermost activation. The caller's registers and position are updated; `Some` if the loop ends too.
#[inline(always)]
pub(super) fn leave(run: &mut Run<'_>, realm: &mut Realm, value: Value) -> Option<Value> {
    let frame = run.frames.pop().expect("the loop runs inside an activation");
    frame::pop_window(realm, frame.window);
    realm.head.depth -= 1;
    if frame.boundary {
        return Some(value);
    }
    let caller = run.frames.last_mut().expect("only a boundary frame has no caller");
    caller.window.set(frame.ret, value);
    caller.pc += u32::from(frame.skip);
    None
}

#[cold]
#[inline(never)]
pub(super) fn fail(run: &mut Run<'_>, pc: u32, fault: Box<Fault>) -> Box<Fault> {
    set_pc(run, pc);
    run.locate();
    fault
}

/// The budget slow path, at a position.
#[cold]
#[inline(never)]
pub(super) fn check_at(run: &mut Run<'_>, pc: u32, realm: &mut Realm) -> Eval<()> {
    run.refill(realm).map_err(|fault| fail(run, pc, fault))
}

/// Where plain code takes over, if a register that the instruction took untested holds a function.
#[cold]
#[inline(never)]
pub(super) fn untested_function(code: CodeRef, window: Window, pc: u32) -> Option<u32> {
    let fallback = code.bytecode.fallback(pc)?;
    fallback.regs.iter().any(|&reg| window.get(reg).is_function()).then_some(fallback.plain)
}

/// Runs compiled code of a loop to the end of the activation, if there is some and it may run now.
#[inline(never)]
pub(super) fn loop_entry(
    run: &mut Run<'_>,
    realm: &mut Realm,
    code: CodeRef,
    window: Window,
    block: BlockId,
) -> Option<Eval<Value>> {
    let entry = code.tier.osr_entry(block)?;
    (!run.meter.last_slice).then(|| run.enter_loop(realm, code, window, entry))
}

#[inline(always)]
pub(super) fn numbers_equal(x: f64, y: f64) -> bool {
    x == y || (x.is_nan() && y.is_nan())
}

pub(super) fn store_env(realm: &mut Realm, window: Window, word: Word) {
    if let Some(map) = window.env().as_map() {
        if map.is_guarded() {
            realm.before_mutation(map.value());
        }
        map.set_slot(usize::from(word.a()), window.get(word.b()));
    }
}

pub(super) fn make_map(realm: &mut Realm, pairs: &[Value]) -> Eval<Value> {
    let map = realm.new_map_with_capacity(pairs.len() / 2);
    for pair in pairs.chunks_exact(2) {
        map.set(realm, pair[0], pair[1])?;
    }
    Ok(map.value())
}
