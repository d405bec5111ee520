//! What a seen value holds: its members, those behind `__isa` included, and what its elements are.
//!
//! `record` asks when a run is over, about the last list, map or function of each point, for completion after `x.`: what code adds to a
//! map after it was assigned counts, too. Invariants: the work for one run is bounded, however large or cyclic values are; nothing
//! is called and nothing changes.

use crate::engine::table::CodeTable;
use crate::engine::unit::CodeId;
use minilive_mir::ir::{Ty, UnitKey};
use minilive_runtime::function::FunctionRef;
use minilive_runtime::names;
use minilive_runtime::realm::Realm;
use minilive_runtime::value::{Unpacked, Value};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Members that one run tells.
const MOST_IN_RUN: usize = 8_000;
/// Members that one map tells, those behind `__isa` included.
const MOST_IN_MAP: usize = 64;
/// Entries of one map that are looked at.
const MOST_STEPS: usize = 4 * MOST_IN_MAP;
/// Maps within maps are looked into so far.
const MOST_DEPTH: u32 = 3;
/// Chains of `__isa` are followed so far.
const MOST_PARENTS: u32 = 8;
/// Longer keys are no names that somebody would choose from a list.
const LONGEST_KEY: usize = 60;

/// A value that was seen, as far as it says what may be written behind it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Held {
    /// Its type; [`Ty::Any`] for errors and what the host gives.
    pub ty: Ty,
    /// The unit of a function of the program.
    pub function: Option<UnitKey>,
    /// The members of a map, nearest first.
    pub members: Vec<HeldMember>,
    /// The first element of a list.
    pub element: Option<Box<Held>>,
}

/// A member of a map.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeldMember {
    /// Its key.
    pub name: SmolStr,
    /// How many steps of `__isa` away it is.
    pub distance: u32,
    /// Its value.
    pub value: Held,
}

/// Looks into values until a run's share is used up.
pub(crate) struct Look<'a> {
    codes: &'a CodeTable,
    realm: &'a mut Realm,
    left: usize,
}

impl<'a> Look<'a> {
    pub fn new(codes: &'a CodeTable, realm: &'a mut Realm) -> Look<'a> {
        Look { codes, realm, left: MOST_IN_RUN }
    }

    /// The realm, for other questions in between.
    pub fn realm(&mut self) -> &mut Realm {
        self.realm
    }

    /// What a value holds.
    pub fn at(&mut self, value: Value) -> Held {
        self.into(value, MOST_DEPTH)
    }

    fn into(&mut self, value: Value, depth: u32) -> Held {
        let plain = |ty| Held { ty, ..Held::default() };
        match value.unpack() {
            Unpacked::Null => plain(Ty::Null),
            Unpacked::Number(_) => plain(Ty::Number),
            Unpacked::String(_) => plain(Ty::String),
            Unpacked::List(list) => {
                let first = list.get(0).filter(|_| depth > 0);
                Held { element: first.map(|it| Box::new(self.into(it, depth - 1))), ..plain(Ty::List) }
            }
            Unpacked::Map(_) => Held { members: self.members(value, depth), ..plain(Ty::Map) },
            Unpacked::Function(function) => Held { function: self.unit(function), ..plain(Ty::Function) },
            Unpacked::Error(_) | Unpacked::Handle(_) | Unpacked::Internal => Held::default(),
        }
    }

    fn unit(&self, function: FunctionRef) -> Option<UnitKey> {
        function.intrinsic().is_none().then(|| self.codes.get(CodeId(function.code())).key)
    }

    fn members(&mut self, of: Value, depth: u32) -> Vec<HeldMember> {
        let mut found: Vec<HeldMember> = Vec::new();
        let mut at = of.as_map().filter(|_| depth > 0);
        for distance in 0..MOST_PARENTS {
            let Some(map) = at else { break };
            let (mut position, mut steps) = (0, 0);
            while let Some(step) = map.iter_from(self.realm, position) {
                if self.left == 0 || found.len() >= MOST_IN_MAP {
                    return found;
                }
                // A table of data has keys that are no strings, and many of them.
                if steps == MOST_STEPS {
                    break;
                }
                (position, steps) = (step.next, steps + 1);
                let key = step.key.as_string();
                let Some(key) = key.as_ref().map(|it| it.as_str()).filter(|it| it.len() <= LONGEST_KEY) else {
                    continue;
                };
                if found.iter().any(|it| it.name == key) {
                    continue;
                }
                let name = SmolStr::new(key);
                self.left -= 1;
                // What `__isa` holds is told as members of the map itself.
                let inside = if name == "__isa" { 0 } else { depth - 1 };
                let value = self.into(step.value, inside);
                found.push(HeldMember { name, distance, value });
            }
            at = map.get_by_name(self.realm, names::ISA).and_then(Value::as_map);
        }
        found
    }
}
