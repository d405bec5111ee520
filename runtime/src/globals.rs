//! The global variables of one realm: a cell per engine-wide id, and the order in which names were resolved here.
//!
//! The engine resolves the names of a unit before the unit runs for the first time; interpreter and compiled code then read
//! and write cells by index through the realm's head. The map of globals (`map/view.rs`) is a view on this.
//! Compiled code may rely on a global to hold a certain function, or to have no value, so that its name means an intrinsic: it has the
//! cell watched, and [`crate::realm::Head::redefined`] tells it when that changes.
//! Invariants: a cell that was not resolved in this realm is absent; `order` has each resolved cell once; a watched cell's function is
//! not replaced by anything else than a function of the same code, and one without a value gets none, without being counted.

use crate::realm::Realm;
use crate::shared::{CellId, Name, Shared};
use crate::value::Value;

/// What compiled code may rely on a cell to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// No value.
    Nothing,
    /// A function of this code.
    Function(u32),
}

impl Held {
    /// What a value is of these.
    pub fn of(value: Value) -> Option<Held> {
        match value.as_function() {
            Some(function) => Some(Held::Function(function.code())),
            None => value.is_absent().then_some(Held::Nothing),
        }
    }
}

/// The cells of one realm.
#[derive(Debug, Default)]
pub struct Cells {
    values: Vec<Value>,
    resolved: Vec<bool>,
    order: Vec<CellId>,
    /// The cells that compiled code relies on.
    watched: Vec<CellId>,
}

impl Cells {
    /// The value of a cell; absent if unassigned.
    #[inline(always)]
    pub fn get(&self, cell: CellId) -> Value {
        self.values.get(cell.0 as usize).copied().unwrap_or(Value::ABSENT)
    }

    /// The resolved cells in order: the order of `globals`, assigned or not.
    pub fn order(&self) -> &[CellId] {
        &self.order
    }

    /// Number of assigned variables.
    pub fn assigned(&self) -> usize {
        self.order.iter().filter(|cell| !self.get(**cell).is_absent()).count()
    }

    /// The cell of a name if it was resolved in this realm.
    pub(crate) fn resolved_cell(&self, shared: &Shared, name: Name) -> Option<CellId> {
        let cell = shared.known_cell(name)?;
        self.resolved.get(cell.0 as usize).copied().unwrap_or(false).then_some(cell)
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    fn ensure(&mut self, count: usize) {
        if self.values.len() < count {
            self.values.resize(count, Value::ABSENT);
            self.resolved.resize(count, false);
        }
    }
}

impl Realm {
    /// Gives names their places in the order of globals, those that have none yet, in the given order.
    pub fn resolve(&mut self, cells: &[CellId]) {
        for &cell in cells {
            if !self.cells.resolved.get(cell.0 as usize).copied().unwrap_or(false) {
                self.resolve_fresh(cell);
            }
        }
    }

    fn resolve_fresh(&mut self, cell: CellId) {
        self.cells.ensure(self.shared.cell_count().max(cell.0 + 1) as usize);
        self.head.cells = self.cells.values.as_mut_ptr();
        self.head.cell_count = self.cells.values.len() as u32;
        self.cells.resolved[cell.0 as usize] = true;
        self.cells.order.push(cell);
        let key = self.shared.name_value(self.shared.cell_name(cell));
        if let Some(value) = self.globals().take_extra(self, key) {
            self.set_cell(cell, value);
        }
    }

    /// The value of a global variable; absent if unassigned.
    #[inline(always)]
    pub fn cell(&self, cell: CellId) -> Value {
        self.cells.get(cell)
    }

    /// Assigns a global variable that was resolved, or unassigns it with [`Value::ABSENT`]. Frozen globals are the caller's
    /// concern (see [`crate::realm::Head::globals_guarded`]).
    #[inline(always)]
    pub fn set_cell(&mut self, cell: CellId, value: Value) {
        let old = std::mem::replace(&mut self.cells.values[cell.0 as usize], value);
        if old.is_function() || old.is_absent() {
            self.replaced(cell, old, value);
        }
    }

    /// A function in a cell was replaced, or the cell had no value.
    #[cold]
    #[inline(never)]
    fn replaced(&mut self, cell: CellId, old: Value, new: Value) {
        if Held::of(old) != Held::of(new) && self.cells.watched.contains(&cell) {
            self.head.redefined = self.head.redefined.saturating_add(1);
        }
    }

    /// Whether a cell holds this. If it does, the cell is watched from now on.
    pub fn watch_cell(&mut self, cell: CellId, held: Held) -> bool {
        let holds = Held::of(self.cell(cell)) == Some(held);
        if holds && !self.cells.watched.contains(&cell) {
            self.cells.watched.push(cell);
        }
        holds
    }

    /// Compiled code that does not look at what it replaces will store to a cell: nobody may rely on its function any more.
    pub fn store_blindly(&mut self, cell: CellId) {
        if self.cells.watched.contains(&cell) {
            self.head.redefined = self.head.redefined.saturating_add(1);
        }
    }

    /// The global variables of this realm, for short names and the map `globals`.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Assigned global variables in order.
    pub fn global_entries(&self) -> Vec<(Value, Value)> {
        let pairs = self.cells.order.iter().map(|cell| (*cell, self.cells.get(*cell)));
        let assigned = pairs.filter(|(_, value)| !value.is_absent());
        assigned.map(|(cell, value)| (self.shared.name_value(self.shared.cell_name(cell)), value)).collect()
    }

    /// Unassigns all globals, as `reset` does.
    pub fn reset_globals(&mut self) {
        self.cells.values.fill(Value::ABSENT);
        if !self.cells.watched.is_empty() {
            self.head.redefined = self.head.redefined.saturating_add(1);
        }
    }
}
