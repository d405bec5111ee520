//! Side exits: the interpreter takes over the activations of compiled code whose guard failed.
//!
//! Code comes here with an exit's number and the words that it stored; the exit's entry in the table tells what these are. Maps that
//! compiled code did without are made first, then each activation runs on, innermost first. Invariants of the unsafe code here
//! 1. `words` are those that the exit's code stored, as many as the exit's lists name, in the frame of the code that is left, which
//!    stays until the helper returns: so the collector sees them.
//! 2. No panic leaves the helper: `extern "C"` aborts on one.
#![expect(unsafe_code, reason = "called from generated code with raw words")]

use super::{realm_at, run, value};
use crate::engine::unit::CodeId;
use crate::exits::{self, ExitEntry};
use crate::interp::frame::{Ip, Window};
use crate::interp::{Run, resume};
use crate::reason::ExitReason;
use crate::translate::{ExitFrame, ExitObject, Restored};
use minilive_runtime::fault::Eval;
use minilive_runtime::realm::{NO_SITE, Realm};
use minilive_runtime::shape::ShapeId;
use minilive_runtime::value::Value;

/// A guard failed. The interpreter runs the activations to their ends, innermost first, or takes back the outermost one, if it had
/// lent that to a compiled loop.
pub(super) extern "C" fn deopt(ctx: *mut u8, exit: u64, words: *mut u64) -> u64 {
    let realm = realm_at(ctx, NO_SITE);
    let entry = exits::shared().native().exit(exit as u32);
    let run = run();
    for counted in entry.info.counted.iter() {
        let block = run.codes.get(CodeId(counted.code)).block_word(counted.block);
        // SAFETY: invariant 1.
        block.set(block.get() + unsafe { *words.add(counted.word as usize) });
    }
    make_objects(realm, &entry.info.objects, words);
    note_exit(run, realm, exit, &entry);
    match take_over(run, realm, &entry, words) {
        Ok(Some(value)) => value.bits(),
        Ok(None) => Value::EXC.bits(),
        Err(fault) => {
            realm.pending = Some(fault);
            Value::EXC.bits()
        }
    }
}

/// Makes the maps and lists that compiled code did without. Each is left in its word at once: there the collector sees it, and whoever holds it
/// takes it from there.
fn make_objects(realm: &mut Realm, objects: &[ExitObject], words: *mut u64) {
    for object in objects {
        let slots: Vec<Value> = object.slots.iter().map(|&it| restored(realm, it, words)).collect();
        let made = match ShapeId(object.shape) {
            ShapeId::NONE => realm.new_list(&slots).value(),
            shape => realm.new_map_of(shape, &slots).value(),
        };
        // SAFETY: invariant 1: the exit keeps this word for the object.
        unsafe { *words.add(object.word as usize) = made.bits() };
    }
}

/// Runs the activations of an exit on. The result is that of the outermost; `None` if the interpreter goes on with that.
fn take_over(run: &mut Run<'_>, realm: &mut Realm, entry: &ExitEntry, words: *const u64) -> Eval<Option<Value>> {
    let frames = &entry.info.frames;
    // Calls around the one that runs are active, too: each counts itself only when the interpreter goes on with it.
    let resumed = frames.len() as u32 - u32::from(entry.osr);
    realm.head.depth += resumed.saturating_sub(1);
    let place = realm.head.native_frame;
    let mut result = None;
    for (i, frame) in frames.iter().enumerate() {
        let outer = frames.get(i + 1);
        if outer.is_none() && entry.osr {
            give_back(run, realm, (frame, result), words);
            return Ok(None);
        }
        (realm.head.native_frame, realm.head.native_site) = (place, outer.map_or(NO_SITE, |it| it.site));
        let waiting = resumed - 1 - i as u32;
        realm.head.depth -= u32::from(i > 0);
        let ended = resume_call(run, realm, (frame, result), words);
        if ended.is_err() {
            realm.head.depth -= waiting;
        }
        result = Some(ended?);
    }
    Ok(result)
}

fn note_exit(run: &mut Run<'_>, realm: &mut Realm, exit: u64, entry: &ExitEntry) {
    exits::shared().failed(exit as usize);
    if entry.info.reason == ExitReason::LoopEnd {
        return;
    }
    let (code, at) = entry.info.at;
    let blamed = run.codes.get(CodeId(code));
    blamed.left(at, entry.info.reason);
    match entry.info.reason {
        ExitReason::Shape => crate::engine::ways::rearm(blamed, at),
        ExitReason::Prototype => realm.recheck_types(),
        _ => {}
    }
    crate::optimise::exited(&exits::shared(), run.codes, exit as u32);
}

/// An activation of an exit, with the result of the one inside.
type Left<'a> = (&'a ExitFrame, Option<Value>);

fn resume_call(run: &mut Run<'_>, realm: &mut Realm, left: Left<'_>, words: *const u64) -> Eval<Value> {
    let code = crate::interp::frame::CodeRef::new(run.codes.get(CodeId(left.0.code)));
    let outer = match left.0.captured {
        Some(how) => restored(realm, how, words),
        None => realm.globals().value(),
    };
    let env = left.0.env.map_or(Value::ABSENT, |how| restored(realm, how, words));
    resume(run, realm, &code, left.0.resume, (outer, env), |realm, window| {
        restore(realm, left, words, window);
    })
}

/// The activation that entered the loop is the innermost of the interpreter: it gets its registers and goes on.
fn give_back(run: &mut Run<'_>, realm: &mut Realm, left: Left<'_>, words: *const u64) {
    let window = run.frames.last().expect("a loop is entered from its activation").window;
    restore(realm, left, words, window);
    let frame = run.frames.last_mut().expect("a loop is entered from its activation");
    frame.ip = Ip::at(&frame.code, frame.code.bytecode.pc_of(left.0.resume));
    run.gave_back = true;
}

/// Writes the registers of an activation. Each value goes to the window at once: the next one's allocation may collect.
fn restore(realm: &mut Realm, (frame, result): Left<'_>, words: *const u64, window: Window) {
    if let (Some(reg), Some(result)) = (frame.result, result) {
        window.set(reg.0 as u16, result);
    }
    for &(reg, how) in &frame.regs {
        let value = restored(realm, how, words);
        window.set(reg.0 as u16, value);
    }
}

/// A value of an exit.
fn restored(realm: &mut Realm, how: Restored, words: *const u64) -> Value {
    // SAFETY: invariant 1: the exit stored every word that its list names.
    let word = |i: u32| unsafe { *words.add(i as usize) };
    match how {
        Restored::Word(i) => value(word(i)),
        Restored::Bits(bits) => value(bits),
        Restored::Int(i) => Value::number(word(i) as i64 as f64),
        Restored::Range { first, ints } => {
            let number = |i| match ints >> i & 1 {
                0 => f64::from_bits(word(first + i)),
                _ => word(first + i) as i64 as f64,
            };
            realm.new_range(number(0), number(1), number(2).max(0.0) as usize).value()
        }
    }
}
