//! What compiled code depends on: callees that became part of their callers, and what globals are relied on to hold.
//!
//! The compiler notes it in the caller's tier state; the engine asks before compiled code is entered or kept. Invariants: code
//! that contains a callee is entered only when the callee's names have their places among the globals of the realm, as if it had
//! been called (LANGUAGE 5.2); it is dropped when another version takes the callee's number over; code that relies on a global is
//! entered only when the global holds that and is watched.

use super::table::CodeTable;
use super::unit::{CallFlags, Code, CodeId};
use crate::reason::Invalidation;
use minilive_mir::program::Fingerprint;
use minilive_runtime::globals::Held;
use minilive_runtime::realm::Realm;
use minilive_runtime::shared::CellId;

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

/// A global, and what compiled code relies on it to hold.
pub type Assumed = (CellId, Held);

/// Whether everything that compiled code contains is as it was when it was compiled.
pub fn is_current(codes: &CodeTable, code: &Code) -> bool {
    code.tier.inlined.borrow().iter().all(|it| Inlined::of(codes.get(it.id)) == *it)
}

/// Whether compiled code may be entered in this realm: the names of all that it contains have their places, and the globals that it relies
/// on hold their functions. Code that relies on something else than what there is, is dropped.
pub fn is_ready(codes: &CodeTable, realm: &mut Realm, code: &Code) -> bool {
    // What is relied on is watched from then on, so that one look is enough.
    if code.tier.ready.get() == Some(codes.unresolved()) {
        return true;
    }
    let resolved = |code: &Code| code.call_flags.get() & CallFlags::UNRESOLVED == 0;
    if !resolved(code) || !code.tier.inlined.borrow().iter().all(|it| resolved(codes.get(it.id))) {
        return false;
    }
    if realm.head.redefined != 0 {
        // Whatever relies on a global leaves at its own guard, and learns from that.
        return true;
    }
    let assumed = code.tier.assumed.borrow();
    let mut others = assumed.iter().filter(|it| !realm.watch_cell(it.0, it.1));
    let Some(other) = others.next() else {
        code.tier.ready.set(Some(codes.unresolved()));
        return true;
    };
    // A global without a value may still get the right one.
    let is_wrong = !realm.cell(other.0).is_absent();
    drop(assumed);
    if is_wrong {
        code.dropped_all(Invalidation::GlobalAssigned);
        code.counters.heat.set(0);
    }
    false
}

/// Whether a function's compiled code may be entered by a call now. It may not at first in a realm, if it contains others.
pub fn is_enterable(codes: &CodeTable, realm: &mut Realm, code: &Code) -> bool {
    let flags = code.call_flags.get();
    if flags & CallFlags::WAITING != 0 && is_ready(codes, realm, code) {
        code.set_call_flag(CallFlags::WAITING, false);
    }
    code.call_flags.get() & (CallFlags::COMPILED | CallFlags::WAITING) == CallFlags::COMPILED
}
