//! What surrounds the dispatch loop: leaving activations, failing at a position, operators off their fast path.
//!
//! `step` calls these; they need no unchecked access. Invariant: a position is written back to its frame before anything that
//! may look at it.

use super::Run;
use super::frame::{self, CodeRef, Frame, Ip, Window};
use crate::bytecode::{Op, Word, aux, operator_number};
use crate::engine::inlined::is_ready;
use crate::engine::policy::Place;
use crate::feedback::FeedbackCell;
use minilive_mir::ir::{BinaryOp, InstId};
use minilive_runtime::fault::{Eval, Fault};
use minilive_runtime::map::{MapLayout, MapRef};
use minilive_runtime::ops;
use minilive_runtime::realm::Realm;
use minilive_runtime::shape::ShapeId;
use minilive_runtime::value::Value;

/// Why a slow path gives no value.
pub(super) enum Miss {
    /// A function is among the operands that were taken untested: plain code goes on there.
    Plain(Ip),
    /// The program ends.
    Fault(Box<Fault>),
}

#[inline(always)]
pub(super) fn innermost<'r>(run: &'r Run<'_>) -> &'r Frame {
    run.frames.last().expect("the loop runs inside an activation")
}

#[inline(always)]
pub(super) fn set_ip(run: &mut Run<'_>, ip: Ip) {
    if let Some(frame) = run.frames.last_mut() {
        frame.ip = ip;
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
    caller.ip = caller.ip.step(u32::from(frame.skip));
    None
}

#[cold]
#[inline(never)]
pub(super) fn fail(run: &mut Run<'_>, realm: &Realm, ip: Ip, fault: Box<Fault>) -> Box<Fault> {
    set_ip(run, ip);
    run.locate(realm);
    fault
}

/// The budget slow path, at a position.
#[cold]
#[inline(never)]
pub(super) fn refill_at(run: &mut Run<'_>, ip: Ip, realm: &mut Realm) -> Eval<()> {
    set_ip(run, ip);
    let frame = innermost(run);
    let at = (frame.code.id, frame.code.bytecode.inst_at(frame.pc()));
    run.refill(realm, at).map_err(|fault| fail(run, realm, ip, fault))
}

/// The budget slow path at a loop head. The word there may stand for a later instruction; the head is at its first.
#[cold]
#[inline(never)]
pub(super) fn refill_head(run: &mut Run<'_>, head: Ip, realm: &mut Realm) -> Eval<()> {
    set_ip(run, head);
    let code = innermost(run).code;
    let block = code.block_at(head.pc(&code)).expect("loops go to blocks");
    let inst = InstId(code.unit.blocks[block.0 as usize].first);
    run.refill(realm, (code.id, inst)).inspect_err(|_| run.locate_at(realm, inst))
}

/// Where plain code takes over, if a register that the instruction took untested holds a function.
#[cold]
#[inline(never)]
pub(super) fn untested_function(run: &Run<'_>, ip: Ip) -> Option<Ip> {
    let frame = innermost(run);
    let fallback = frame.code.bytecode.fallback(ip.pc(&frame.code))?;
    let calls = fallback.regs.iter().any(|&reg| frame.window.get(reg).is_function());
    calls.then(|| Ip::at(&frame.code, fallback.plain))
}

/// The operator of an instruction with two operands, and whether they stand the other way round in the source.
fn operator(word: &Word) -> (BinaryOp, bool) {
    let swapped = word.aux() & aux::SWAPPED != 0;
    let op = match word.op() {
        Some(Op::Add | Op::AddK) => BinaryOp::Add,
        Some(Op::Sub | Op::SubK) => BinaryOp::Sub,
        Some(Op::Mul | Op::MulK) => BinaryOp::Mul,
        Some(Op::Div | Op::DivK) => BinaryOp::Div,
        Some(Op::Mod | Op::ModK) => BinaryOp::Mod,
        Some(Op::Lt | Op::JumpLt | Op::JumpNotLt | Op::JumpLtK | Op::JumpNotLtK) if swapped => BinaryOp::Gt,
        Some(Op::Lt | Op::JumpLt | Op::JumpNotLt | Op::JumpLtK | Op::JumpNotLtK) => BinaryOp::Lt,
        Some(Op::Le | Op::JumpLe | Op::JumpNotLe | Op::JumpLeK | Op::JumpNotLeK) if swapped => BinaryOp::Ge,
        Some(Op::Le | Op::JumpLe | Op::JumpNotLe | Op::JumpLeK | Op::JumpNotLeK) => BinaryOp::Le,
        Some(Op::JumpGtK | Op::JumpNotGtK) if swapped => BinaryOp::Lt,
        Some(Op::JumpGtK | Op::JumpNotGtK) => BinaryOp::Gt,
        Some(Op::JumpGeK | Op::JumpNotGeK) if swapped => BinaryOp::Le,
        Some(Op::JumpGeK | Op::JumpNotGeK) => BinaryOp::Ge,
        Some(Op::Ne) => BinaryOp::Ne,
        Some(Op::And) => BinaryOp::And,
        Some(Op::Or) => BinaryOp::Or,
        Some(Op::Binary) => operator_number::operator(word.aux()).unwrap_or(BinaryOp::Pow),
        // Jumps on equality and on its opposite both ask for equality.
        _ => BinaryOp::Eq,
    };
    (op, swapped && word.op() != Some(Op::Binary))
}

/// An operator off its fast path: other operands than numbers, or a sample to note.
#[inline(never)]
pub(super) fn binary_slowly(run: &mut Run<'_>, realm: &mut Realm, ip: Ip, a: Value, b: Value) -> Result<Value, Miss> {
    let word = ip.word();
    let suspect = a.is_function() || b.is_function() || word.aux() & aux::CROSSED != 0;
    if word.aux() & aux::AUTO != 0
        && suspect
        && let Some(plain) = untested_function(run, ip)
    {
        return Err(Miss::Plain(plain));
    }
    set_ip(run, ip);
    let (op, swapped) = operator(word);
    let operands = if swapped { (b, a) } else { (a, b) };
    run.binary(realm, op, operands, ip.cell()).map_err(|fault| Miss::Fault(fail(run, realm, ip, fault)))
}

/// A comparison off its fast path, as a condition.
#[inline(never)]
pub(super) fn test_slowly(run: &mut Run<'_>, realm: &mut Realm, ip: Ip, a: Value, b: Value) -> Result<bool, Miss> {
    let value = binary_slowly(run, realm, ip, a, b)?;
    if ip.word().aux() & aux::LENIENT != 0 && value.is_error() {
        return Ok(false);
    }
    ops::truth(realm, value).map_err(|fault| Miss::Fault(fail(run, realm, ip, fault)))
}

/// What became of a hot loop.
pub(super) enum Looped {
    /// The interpreter goes on with the loop.
    No,
    /// Compiled code ran the activation to its end, with this result.
    Ended(Value),
    /// Compiled code ran for a while; the activation is at another instruction, whose block was counted.
    Moved,
}

/// A loop's code is hot: asks for compilation, and lets compiled code run it if it can.
#[inline(never)]
pub(super) fn hot_loop(run: &mut Run<'_>, realm: &mut Realm, head: Ip) -> Eval<Looped> {
    set_ip(run, head);
    let Frame { code, window, .. } = *innermost(run);
    let (mut looped, mut at) = (Looped::No, head);
    // An inner loop may end right at the head of the loop around it.
    while let Some(block) = code.loop_at(innermost(run).pc()) {
        if has_injected(&code, window) {
            break;
        }
        run.got_hot(realm, code, Place::Loop(block));
        let entry = code.tier.osr_entry(block).filter(|_| !run.meter.last_slice);
        let Some(entry) = entry.filter(|_| is_ready(run.codes, realm, &code)) else {
            break;
        };
        if matches!(looped, Looped::No) {
            head.count();
        }
        let result = run.enter_loop(realm, code, window, entry);
        let stays = innermost(run).ip == at;
        match result {
            Ok(Some(value)) => return Ok(Looped::Ended(value)),
            Ok(None) => looped = Looped::Moved,
            Err(fault) => {
                run.locate(realm);
                return Err(fault);
            }
        }
        if stays {
            // The entry's own guards failed. The interpreter brings the loop on before it is tried again.
            break;
        }
        at = innermost(run).ip;
    }
    Ok(looped)
}

/// Whether an `import` gave this activation variables that its unit has no place for. Compiled code takes what it finds in no register
/// for a global, so it must not go on here; where there is an environment, it looks there first.
fn has_injected(code: &CodeRef, window: Window) -> bool {
    code.env_shape.is_none() && !window.env().is_absent()
}

#[inline(always)]
pub(super) fn numbers_equal(x: f64, y: f64) -> bool {
    x == y || (x.is_nan() && y.is_nan())
}

pub(super) fn store_env(realm: &mut Realm, window: Window, word: &Word) {
    if let Some(map) = window.env().as_map() {
        store_variable(realm, map, usize::from(word.a()), window.get(word.b()));
    }
}

/// Assigns a variable of an environment object, frozen or not.
pub(crate) fn store_variable(realm: &mut Realm, env: MapRef, slot: usize, value: Value) {
    if env.is_guarded() {
        realm.before_mutation(env.value());
    }
    env.set_slot(realm, slot, value);
}

/// A new map of keys and values in turn. The cell knows the shape of the last one, which nearly always is that of the next.
pub(crate) fn make_map(realm: &mut Realm, pairs: &[Value], cell: &FeedbackCell) -> Eval<Value> {
    if let Some(map) = realm.new_map_like(ShapeId(cell.literal_shape()), pairs) {
        return Ok(map.value());
    }
    let map = realm.new_map_with_capacity(pairs.len() / 2);
    for pair in pairs.chunks_exact(2) {
        map.set(realm, pair[0], pair[1])?;
    }
    if map.layout() == MapLayout::Shaped {
        cell.see_literal(map.shape().0);
    }
    Ok(map.value())
}

/// A new function value of a nested unit, with the variables it captures.
pub(super) fn make_function(realm: &mut Realm, code: CodeRef, window: Window, child: u32) -> Value {
    let child = code.children[child as usize].get();
    let captured = if code.env_shape.is_some() { window.env() } else { realm.globals().value() };
    realm.new_function(child.0, child.0, captured).value()
}
