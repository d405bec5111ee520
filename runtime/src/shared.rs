//! What outlives every realm: names, shapes, global cell ids, permanent objects, spare blocks.
//!
//! The engine owns one [`Shared`] in an `Arc`; realms and the compile thread read it. Compiled code embeds its ids.
//! Invariant: ids and permanent values are never taken back while the `Shared` lives.

use crate::append::AppendTable;
use crate::function;
use crate::heap::block::BlockPool;
use crate::heap::permanent::PermanentArena;
use crate::list;
use crate::map;
use crate::names;
use crate::shape::{ShapeId, ShapeKey, Shapes};
use crate::string::{self, text_hash};
use crate::value::Value;
use hashbrown::HashTable;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{RwLock, RwLockReadGuard};

/// An interned name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub u32);

/// A global variable's index in every realm's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);

/// The engine-wide tables.
pub struct Shared {
    /// All shapes.
    pub shapes: Shapes,
    pub(crate) blocks: BlockPool,
    pub(crate) permanent: PermanentArena,
    names: AppendTable<NameEntry>,
    by_text: RwLock<HashTable<u32>>,
    cells: AppendTable<Name>,
    intrinsics: AppendTable<Value>,
    ascii: [Value; 128],
    empty: Value,
    /// How many names programs have worked out.
    computed: AtomicU32,
}

struct NameEntry {
    value: Value,
    hash: u32,
    cell: std::sync::OnceLock<CellId>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared::new()
    }
}

impl Shared {
    /// Fresh tables.
    pub fn new() -> Shared {
        let mut shared = Shared {
            shapes: Shapes::default(),
            blocks: BlockPool::default(),
            permanent: PermanentArena::default(),
            names: AppendTable::default(),
            by_text: RwLock::default(),
            cells: AppendTable::default(),
            intrinsics: AppendTable::default(),
            ascii: [Value::NULL; 128],
            empty: Value::NULL,
            computed: AtomicU32::new(0),
        };
        shared.empty = shared.permanent_string("");
        for code in 0..128u8 {
            shared.ascii[usize::from(code)] = shared.permanent_string(char::from(code).encode_utf8(&mut [0; 4]));
        }
        names::intern_all(&shared);
        shared
    }

    fn read_texts(&self) -> RwLockReadGuard<'_, HashTable<u32>> {
        self.by_text.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn find(&self, table: &HashTable<u32>, text: &str, hash: u32) -> Option<Name> {
        let same = |index: &u32| {
            let entry = self.names.get(*index).expect("every interned name has an entry");
            entry.hash == hash && entry.value.as_string().is_some_and(|known| known.as_str() == text)
        };
        table.find(u64::from(hash) << 32 | u64::from(hash), same).map(|index| Name(*index))
    }

    /// The name with this text, made if it is new.
    pub fn intern(&self, text: &str) -> Name {
        let hash = text_hash(text.as_bytes());
        let known = self.find(&self.read_texts(), text, hash);
        if let Some(name) = known {
            return name;
        }
        let mut table = self.by_text.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(name) = self.find(&table, text, hash) {
            return name;
        }
        let index = self.names.push_with(|index| NameEntry {
            value: string::permanent(&self.permanent, text, Some(Name(index))),
            hash,
            cell: std::sync::OnceLock::new(),
        });
        let spread = |hash: u32| u64::from(hash) << 32 | u64::from(hash);
        table.insert_unique(spread(hash), index, |index| {
            spread(self.names.get(*index).expect("every interned name has an entry").hash)
        });
        Name(index)
    }

    /// As [`Shared::intern`], for a text that a program worked out: such names stay for good, so that there are only so many.
    pub fn intern_computed(&self, text: &str) -> Option<Name> {
        const MOST: u32 = 1 << 14;
        let counted = self.computed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < MOST).then_some(n + 1));
        counted.is_ok().then(|| self.intern(text))
    }

    /// The name with this text, if it was ever interned.
    pub fn lookup(&self, text: &str) -> Option<Name> {
        self.find(&self.read_texts(), text, text_hash(text.as_bytes()))
    }

    /// The permanent string of a name.
    #[inline]
    pub fn name_value(&self, name: Name) -> Value {
        self.names.get(name.0).expect("names come from `intern`").value
    }

    /// The text of a name.
    pub fn name_text(&self, name: Name) -> &str {
        string::permanent_text(self.name_value(name))
    }

    /// The hash of a name's text, as strings cache it.
    #[inline]
    pub fn name_hash(&self, name: Name) -> u32 {
        self.names.get(name.0).expect("names come from `intern`").hash
    }

    /// The shape of what `new` makes: of a map with nothing but `__isa`. `None` before the first one was made.
    pub fn instance_shape(&self) -> Option<ShapeId> {
        let key = ShapeKey { name: names::ISA, hash: self.name_hash(names::ISA) };
        self.shapes.transition(ShapeId::EMPTY, key, &mut 0)
    }

    /// The shape of what a loop over a map gives: of a map with `key` and `value`. `None` before the first one was made.
    pub fn pair_shape(&self) -> Option<ShapeId> {
        let mut at = ShapeId::EMPTY;
        for name in [names::KEY, names::VALUE] {
            let key = ShapeKey { name, hash: self.name_hash(name) };
            at = self.shapes.transition(at, key, &mut 0)?;
        }
        Some(at)
    }

    /// The cell of the global variable with this name, made if it is new.
    pub fn cell(&self, name: Name) -> CellId {
        let entry = self.names.get(name.0).expect("names come from `intern`");
        *entry.cell.get_or_init(|| CellId(self.cells.push(name)))
    }

    /// The cell of the global variable with this name, if any code ever mentioned it.
    pub fn known_cell(&self, name: Name) -> Option<CellId> {
        self.names.get(name.0).and_then(|entry| entry.cell.get().copied())
    }

    /// The name of a cell.
    pub fn cell_name(&self, cell: CellId) -> Name {
        *self.cells.get(cell.0).expect("cells come from `cell`")
    }

    /// How many cells there are.
    pub fn cell_count(&self) -> u32 {
        self.cells.len()
    }

    /// A string that is never collected; also a literal of a program. Equal texts give the same object.
    pub fn permanent_string(&self, text: &str) -> Value {
        self.name_value(self.intern(text))
    }

    /// A frozen list of permanent values that is never collected (a default argument).
    pub fn permanent_list(&self, values: &[Value]) -> Value {
        list::permanent(&self.permanent, values)
    }

    /// A frozen map of permanent values that is never collected (a default argument).
    pub fn permanent_map(&self, pairs: &[(Value, Value)]) -> Value {
        map::permanent(&self.permanent, pairs)
    }

    /// The function reference of the intrinsic with this index in the table of intrinsics: always the same object.
    pub fn intrinsic(&self, index: u32) -> Value {
        while self.intrinsics.len() <= index {
            self.intrinsics.push_with(|at| function::permanent_intrinsic(&self.permanent, at));
        }
        *self.intrinsics.get(index).expect("just made")
    }

    /// The string of one ASCII character.
    #[inline]
    pub(crate) fn ascii(&self, code: u8) -> Value {
        self.ascii[usize::from(code)]
    }

    /// The table of strings of one ASCII character, by code. It stays where it is.
    pub fn ascii_table(&self) -> *const Value {
        self.ascii.as_ptr()
    }

    /// The empty string.
    #[inline]
    pub fn empty_string(&self) -> Value {
        self.empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interning_gives_one_name_and_one_object_a_text() {
        let shared = Shared::new();
        let a = shared.intern("alpha");
        assert_eq!(shared.intern("alpha"), a);
        assert_ne!(shared.intern("beta"), a);
        assert_eq!(shared.name_text(a), "alpha");
        assert_eq!(shared.lookup("alpha"), Some(a));
        assert_eq!(shared.lookup("gamma"), None);
        assert_eq!(shared.name_value(a).as_string().and_then(|string| string.name()), Some(a));
    }

    #[test]
    fn many_threads_may_intern_at_once() {
        let shared = Shared::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for index in 0..2000 {
                        let name = shared.intern(&format!("n{index}"));
                        assert_eq!(shared.name_text(name), format!("n{index}"));
                        let cell = shared.cell(name);
                        assert_eq!(shared.cell_name(cell), name);
                    }
                });
            }
        });
        assert_eq!(shared.cell_count(), 2000);
    }
}
