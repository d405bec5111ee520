//! What compiled code contains of other code objects: callees that became part of their callers.
//!
//! The compiler notes it in the caller's tier state; the engine asks before compiled code is entered or kept. Invariants: code
//! that contains a callee is entered only when the callee's names have their places among the globals of the realm, as if it had
//! been called (LANGUAGE 5.2); it is dropped when another version takes the callee's number over.

use super::table::CodeTable;
use super::unit::{CallFlags, Code, CodeId};
use minilive_mir::program::Fingerprint;

/// A spliced callee, as its caller's code depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inlined {
    /// Its number.
    pub id: CodeId,
    /// Its content.
    pub fingerprint: Fingerprint,
    /// Whose variables it captures.
    pub captures: Option<CodeId>,
}

impl Inlined {
    /// A code object as it is now.
    pub fn of(code: &Code) -> Inlined {
        Inlined { id: code.id, fingerprint: code.fingerprint, captures: code.captures.get() }
    }
}

/// Whether everything that compiled code contains is as it was when it was compiled.
pub fn is_current(codes: &CodeTable, code: &Code) -> bool {
    code.tier.inlined.borrow().iter().all(|it| Inlined::of(codes.get(it.id)) == *it)
}

/// Whether the names of all that compiled code contains have their places in this realm, so that it may be entered.
pub fn is_ready(codes: &CodeTable, code: &Code) -> bool {
    let resolved = |code: &Code| code.call_flags.get() & CallFlags::UNRESOLVED == 0;
    resolved(code) && code.tier.inlined.borrow().iter().all(|it| resolved(codes.get(it.id)))
}

/// Whether a function's compiled code may be entered by a call now. It may not at first in a realm, if it contains others.
pub fn is_enterable(codes: &CodeTable, code: &Code) -> bool {
    let flags = code.call_flags.get();
    if flags & CallFlags::WAITING != 0 && is_ready(codes, code) {
        code.set_call_flag(CallFlags::WAITING, false);
    }
    code.call_flags.get() & (CallFlags::COMPILED | CallFlags::WAITING) == CallFlags::COMPILED
}
