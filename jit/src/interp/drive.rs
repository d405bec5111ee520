//! The two ways into the dispatch loop: an activation to its end, or one instruction for baseline code.
//!
//! [`Run`] calls [`execute`], the helpers of baseline code call [`one`]; `step` does the work of both. Invariant: both are the same
//! text, so an instruction means and notes the same in either.

use super::Run;
#[cfg(not(minilive_portable))]
use super::frame::Ip;
use super::step::steps;
use minilive_runtime::fault::Eval;
use minilive_runtime::realm::Realm;
use minilive_runtime::value::Value;

/// What became of one instruction.
#[derive(Debug)]
pub(crate) enum Stepped {
    /// The next one follows.
    Next,
    /// The innermost activation goes on where its frame says.
    Moved,
    /// The boundary frame returned this.
    Ended(Value),
}

/// For [`one`]: an instruction whose operation is not known beforehand.
pub(crate) const ANY: u8 = u8::MAX - 1;
/// For [`steps`]: all instructions up to the end.
pub(super) const ALL: u8 = u8::MAX;

/// Runs the innermost activation to its end, calls included, and gives its result.
pub(super) fn execute(run: &mut Run<'_>, realm: &mut Realm) -> Eval<Value> {
    match steps::<ALL>(run, realm, None)? {
        Stepped::Ended(value) => Ok(value),
        Stepped::Next | Stepped::Moved => unreachable!("the loop ends with its boundary frame"),
    }
}

#[cfg(minilive_portable)]
impl Run<'_> {
    /// A portable build has no baseline code, so nobody comes here.
    pub(super) fn run_baseline(&mut self, _: &mut Realm, _: usize) -> Eval<Option<Value>> {
        Ok(None)
    }
}

/// Carries out the instruction at a position of the innermost activation. `OP` is its operation, or [`ANY`].
#[cfg(not(minilive_portable))]
#[inline(always)]
pub(crate) fn one<const OP: u8>(run: &mut Run<'_>, realm: &mut Realm, ip: Ip) -> Eval<Stepped> {
    steps::<OP>(run, realm, Some(ip))
}
