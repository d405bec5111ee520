//! What baseline code calls: the interpreter's handler of one instruction, and the way on from there.
//!
//! `baseline` puts the addresses of [`HELPERS`] into its table; [`Run::run_baseline`] enters the code. Invariants of the unsafe code here
//! 1. `run` and `realm` are those that [`Run::run_baseline`] was called with, which waits until the code comes back; nobody else
//!    uses them meanwhile.
//! 2. The position is one of an instruction of the innermost activation's code.
//! 3. An address that is entered, or given back to code, is that of an instruction in live baseline code of the innermost
//!    activation's unit, or the way out; the trampoline is the way in of the engine's baseline compiler.
//! 4. A call passes the address of as many registers of the innermost window as it says.
//! 5. No panic leaves a helper: `extern "C"` aborts on one.
//! 6. A cell is that of an instruction of live code.
#![expect(unsafe_code, reason = "called from generated code with raw words")]

use crate::bytecode::Op;
use crate::feedback::FeedbackCell;
use crate::interp::Run;
use crate::interp::drive::{ANY, Stepped, one};
use crate::interp::frame::{Ip, with_run};
use crate::interp::values::equal_quickly;
use minilive_runtime::fault::Eval;
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;

/// What is neither true nor false.
pub(crate) const UNKNOWN: u64 = 2;

/// A function that baseline code calls.
type Helper = extern "C" fn(*mut Run<'static>, *mut Realm, Ip) -> usize;

/// Lists the operations with helpers of their own, which need not find out what they are.
macro_rules! helpers {
    ($($op:ident),*) => {
        /// The helper for any operation, then those for these.
        pub(crate) const HELPERS: &[Helper] = &[step::<ANY>, $(step::<{ Op::$op as u8 }>),*];

        /// The number of an operation's helper among [`HELPERS`].
        pub(crate) fn number_of(op: Op) -> usize {
            const OWN: &[Op] = &[$(Op::$op),*];
            OWN.iter().position(|&it| it == op).map_or(0, |number| number + 1)
        }
    };
}

// Measured: what runs often and leaves its template often, or has none.
helpers!(
    Call,
    CallMethod,
    GetMember,
    SetMember,
    GetIndex,
    SetIndex,
    LoadName,
    LoadFree,
    AutoCall,
    JumpEq,
    JumpNe,
    Add,
    IterNext,
    Return,
    ReturnConst,
    MakeList,
    MakeMap,
    JumpIf,
    JumpIfNot,
    Record
);

/// Has one instruction carried out: 0 if the next one follows, else where to go on.
extern "C" fn step<const OP: u8>(run: *mut Run<'static>, realm: *mut Realm, at: Ip) -> usize {
    // SAFETY: invariant 1.
    let (run, realm) = unsafe { (&mut *run, &mut *realm) };
    match one::<OP>(run, realm, at) {
        Ok(Stepped::Next) => 0,
        Ok(Stepped::Moved) => go_on(run),
        Ok(Stepped::Ended(value)) => leave(run, Ok(Some(value))),
        Err(fault) => leave(run, Err(fault)),
    }
}

/// The optimiser's code that the innermost activation called has left a fault: where to go on.
pub(crate) extern "C" fn call_failed(run: *mut Run<'static>, realm: *mut Realm) -> usize {
    // SAFETY: invariant 1.
    let (run, realm) = unsafe { (&mut *run, &mut *realm) };
    let fault = run.call_failed(realm);
    leave(run, Err(fault))
}

/// Calls an intrinsic for the instruction at a position: 0 if the result is where that wants it, else where to go on.
pub(crate) extern "C" fn call_intrinsic(
    run: *mut Run<'static>,
    realm: *mut Realm,
    at: Ip,
    number: u64,
    args: *const Value,
    this: Value,
    count: usize,
) -> usize {
    // SAFETY: invariant 1.
    let (run, realm) = unsafe { (&mut *run, &mut *realm) };
    // SAFETY: invariant 4.
    let args = unsafe { std::slice::from_raw_parts(args, count) };
    match run.call_intrinsic_at(realm, at, number as u32, args, this) {
        Ok(()) => 0,
        Err(fault) => leave(run, Err(fault)),
    }
}

/// Whether two values that are not both numbers are equal: the truth, or [`UNKNOWN`] where the handler of the instruction is to tell.
pub(crate) extern "C" fn equal(a: Value, b: Value, cell: *const FeedbackCell) -> u64 {
    // SAFETY: invariant 6.
    let cell = unsafe { &*cell };
    equal_quickly(cell, a, b).map_or(UNKNOWN, u64::from)
}

/// The innermost activation goes on in its own baseline code, or else in the interpreter.
#[inline(always)]
fn go_on(run: &mut Run<'_>) -> usize {
    let frame = run.frames.last().expect("what moved goes on somewhere");
    match frame.code.baseline_at(frame.ip) {
        Some(address) => {
            (run.lent.window, run.lent.slots) = (frame.window, Ip::start(&frame.code));
            address
        }
        None => leave(run, Ok(None)),
    }
}

#[cold]
fn leave(run: &mut Run<'_>, result: Eval<Option<Value>>) -> usize {
    run.lent.result = result;
    run.lent.exit
}

impl Run<'_> {
    /// Runs the innermost activation on in its baseline code, whose address at its position this is: until the boundary frame
    /// returns, whose result it gives, or until an activation goes on that has no such code.
    pub(crate) fn run_baseline(&mut self, realm: &mut Realm, address: usize) -> Eval<Option<Value>> {
        let frame = self.frames.last().expect("somebody is to go on");
        (self.lent.window, self.lent.slots) = (frame.window, Ip::start(&frame.code));
        let enter = self.lent.enter;
        // Baseline code enters the optimiser's, which finds the run where that is published.
        with_run(self, |run| {
            let run = std::ptr::from_mut(run).cast::<u64>();
            // SAFETY: invariant 3.
            unsafe { crate::code::enter(enter, address, std::ptr::from_mut(realm).cast(), run) }
        });
        std::mem::replace(&mut self.lent.result, Ok(None))
    }
}
