//! What expressions mean that begin with a name of the host.
//!
//! Hover, completion, signatures and warnings ask; the profiles of the host know. Invariant: a name to which the program gives a value is the
//! program's own.

use super::infer::{Binding, binding};
use crate::db::FileFacts;
use crate::host_profile::{HostName, HostNames};
use minilive_mir::names::Symbol;

/// What a profile says of an expression of a unit.
pub fn told<'h>(host: &'h HostNames, facts: &FileFacts, unit: u32, symbol: &Symbol) -> Option<&'h HostName> {
    match symbol {
        Symbol::Name(name) => {
            let it = host.get(name.as_str())?;
            (binding(facts, unit, name) == Binding::Unknown).then_some(it)
        }
        Symbol::Member(of, name) => told(host, facts, unit, of)?.members.get(name.as_str()),
        _ => None,
    }
}
