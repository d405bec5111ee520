//! The tables of names and constants of a unit under construction, without duplicates.
//!
//! Filled by `lower` and by the reader of the text form; their lists become [`crate::ir::Unit::names`] and
//! [`crate::ir::Unit::consts`]. Invariant: an id is handed out once per name or constant, in order of first mention.

use crate::ir::{Const, ConstId, NameId};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Names in order of first mention.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: FxHashMap<SmolStr, NameId>,
    list: Vec<SmolStr>,
}

impl Names {
    /// The id of a name, new or old.
    pub(crate) fn intern(&mut self, name: &str) -> NameId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = NameId(index(self.list.len()));
        let name = SmolStr::new(name);
        self.ids.insert(name.clone(), id);
        self.list.push(name);
        id
    }

    /// The id of a name that is in the table.
    pub(crate) fn get(&self, name: &str) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u32 {
        index(self.list.len())
    }

    /// The table's final form.
    pub(crate) fn into_list(self) -> Vec<SmolStr> {
        self.list
    }
}

/// Constants in order of first mention; numbers are told apart by their bits.
#[derive(Debug, Default)]
pub(crate) struct Consts {
    numbers: FxHashMap<u64, ConstId>,
    strings: FxHashMap<SmolStr, ConstId>,
    /// null, lists and maps, found by looking through them: they occur as defaults and are few.
    others: Vec<ConstId>,
    list: Vec<Const>,
}

impl Consts {
    /// The id of a constant, new or old.
    pub(crate) fn intern(&mut self, value: Const) -> ConstId {
        if let Some(id) = self.get(&value) {
            return id;
        }
        let id = ConstId(index(self.list.len()));
        match &value {
            Const::Number(number) => {
                self.numbers.insert(number.to_bits(), id);
            }
            Const::Str(text) => {
                self.strings.insert(text.clone(), id);
            }
            Const::Null | Const::List(_) | Const::Map(_) => self.others.push(id),
        }
        self.list.push(value);
        id
    }

    /// The id of a constant that is in the table.
    pub(crate) fn get(&self, value: &Const) -> Option<ConstId> {
        match value {
            Const::Number(number) => self.numbers.get(&number.to_bits()).copied(),
            Const::Str(text) => self.strings.get(text).copied(),
            Const::Null | Const::List(_) | Const::Map(_) => {
                self.others.iter().copied().find(|&id| self.list[id.0 as usize] == *value)
            }
        }
    }

    /// The table's final form.
    pub(crate) fn into_list(self) -> Vec<Const> {
        self.list
    }
}

/// Equality by bits: -0 differs from 0, and a NaN equals itself.
impl PartialEq for Const {
    fn eq(&self, other: &Const) -> bool {
        match (self, other) {
            (Const::Null, Const::Null) => true,
            (Const::Number(a), Const::Number(b)) => a.to_bits() == b.to_bits(),
            (Const::Str(a), Const::Str(b)) => a == b,
            (Const::List(a), Const::List(b)) => a == b,
            (Const::Map(a), Const::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Const {}

/// A table index as the ids hold it.
pub(crate) fn index(n: usize) -> u32 {
    u32::try_from(n).expect("a unit's text is shorter than 4 GiB, so no table reaches 2^32 entries")
}
