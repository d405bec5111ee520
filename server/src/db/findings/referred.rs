//! Calls of functions that variables and members have by reference, `g = @f` or `{"f": @f}`, with more arguments than these take.
//!
//! Part of `findings`, and asked for apart: what a call finds rests on variables that its unit does not name. Invariant: told only where every
//! value that the name ever has is a function of the text or of the language, whichever of them it is at the time.

use super::{FileFacts, Look, Values, gets_globals_out_of_sight};
use crate::guide::types as guide;
use minilive_mir::names::{Sym, Symbol};
use minilive_runtime::intrinsics;
use smol_str::SmolStr;

/// References to references are followed so far.
const MOST_LINKS: usize = 8;

/// A call that gives more arguments than any function takes which may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferredCall {
    /// The unit.
    pub unit: u32,
    /// The call's number in its unit.
    pub call: u32,
    /// The last name of what is called.
    pub name: SmolStr,
    /// The member of what, if it is one.
    pub owner: Option<Sym>,
    /// The variables that stand for the functions, and whose values had to be known.
    pub through: Vec<SmolStr>,
    /// How many arguments it gives.
    pub got: u32,
    /// How many are taken at most.
    pub expected: u32,
}

/// Those of a file.
pub fn calls_by_reference(facts: &FileFacts) -> Vec<ReferredCall> {
    let mut names: Vec<_> = facts.referring().collect();
    if names.is_empty() {
        return Vec::new();
    }
    names.sort_unstable();
    let look = Look::of(facts, gets_globals_out_of_sight(facts));
    names
        .into_iter()
        .flat_map(|name| facts.calls(name).filter_map(|it| look.referred(it, name)).collect::<Vec<_>>())
        .collect()
}

impl Look<'_> {
    fn referred(&self, (unit, call): (u32, u32), name: &SmolStr) -> Option<ReferredCall> {
        let (callee, args) = self.facts.unit(unit).facts.calls.get(call as usize)?;
        let (got, mut through) = (args.len() as u32, Vec::new());
        let (expected, owner) = match &**callee {
            Symbol::Name(_) => (self.takes(unit, name, &mut through)?, None),
            Symbol::Member(owner, _) => {
                let assigned = self.facts.members(name).map(|(unit, _, value)| (unit, value));
                let own = self.most(Box::new(assigned.chain(self.facts.keys(name))), &mut through)?;
                (own.max(guide::most_arguments_of_language(name)?.unwrap_or(0)), Some(owner.clone()))
            }
            _ => return None,
        };
        (got > expected).then(|| ReferredCall { unit, call, name: name.clone(), owner, through, got, expected })
    }

    /// The parameters that a name has at most, as code of a unit sees it: none unless it is always a function.
    fn takes(&self, unit: u32, name: &SmolStr, through: &mut Vec<SmolStr>) -> Option<u32> {
        if through.len() == MOST_LINKS {
            return None;
        }
        through.push(name.clone());
        let built_in = intrinsics::find(name).map(|id| id.def().params.len() as u32);
        let is_global = self.facts.is_global(name);
        match self.owner(unit, name) {
            None if !self.is_open && !is_global => built_in,
            // Before it has a value, the name of a variable means the global.
            Some(_) if is_global => None,
            // Before it has a value, and after it is removed, the name means what is built in.
            _ => Some(self.most(self.values(unit, name)?, through)?.max(built_in.unwrap_or(0))),
        }
    }

    fn most(&self, values: Values<'_>, through: &mut Vec<SmolStr>) -> Option<u32> {
        let mut most = None;
        for (unit, value) in values {
            let takes = match &**value {
                Symbol::Function(number) => self.facts.unit(self.facts.child(unit, *number)?).facts.params.len() as u32,
                Symbol::Ref(of) => match &**of {
                    Symbol::Name(name) => self.takes(unit, name, through)?,
                    _ => return None,
                },
                _ => return None,
            };
            most = most.max(Some(takes));
        }
        most
    }
}
