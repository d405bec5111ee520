//! What the names of a file certainly are and its functions give: the least fixpoint over the facts of its units, kept from edit to edit.
//!
//! Part of `types`. Each value that is assigned or returned is a *task*, which joins what it gives into a *cell*; who has read a cell that
//! grows is at work again. After an edit, the cells that changed units write, and all that was worked out from them, start from nothing
//! again; others stay. Invariants: cells only grow and what a task gives grows with what it reads, so the end does not depend on the order
//! and is what a summary made anew would say; a cell grows some sixteen times at most, which bounds the work by the number of facts; a
//! variable that code out of sight may assign is anything.

mod value;

use super::super::Db;
use super::super::names::{Edit, FactsUnit, FileFacts};
use super::super::wanted::{Wanted, while_wanted};
use super::Around;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{ANY_KEY, Openness, Sym, Symbol, UnitFacts};
use minilive_mir::types::TypeSet;
use minilive_mir::typing::Free;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use value::Look;

/// No cell, task or edge.
const NONE: u32 = u32::MAX;

/// What a cell is about.
#[derive(Debug, Clone)]
enum Of {
    Global(SmolStr),
    Variable(u32),
    Result(u32),
    /// Whether something is given members of a name: then it is anything.
    Member,
    /// Of a unit that is not there any more.
    Nothing,
}

#[derive(Debug)]
struct Cell {
    of: Of,
    /// What it holds before any task has given something.
    base: Free,
    now: Free,
    /// The first of the tasks that write it.
    writers: u32,
    /// The first edge to a task that has read it.
    readers: u32,
}

#[derive(Debug)]
struct Task {
    unit: u32,
    value: Sym,
    cell: u32,
    /// What is returned, of which only the types count.
    is_result: bool,
    /// The next task that writes the same cell.
    next: u32,
    is_alive: bool,
    is_due: bool,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    task: u32,
    next: u32,
}

/// The cells and tasks of a unit.
#[derive(Debug, Default)]
struct UnitCells {
    result: Option<u32>,
    /// By name.
    variables: Vec<(SmolStr, u32)>,
    tasks: std::ops::Range<u32>,
}

/// What an edit made different.
#[derive(Debug, Default)]
pub struct Different {
    /// Globals that are something else.
    pub globals: FxHashSet<SmolStr>,
    /// Units around which something is different, apart from globals.
    pub units: FxHashSet<u32>,
}

/// What is certain about a file.
#[derive(Debug)]
pub struct Summary {
    closed: bool,
    cells: Vec<Cell>,
    tasks: Vec<Task>,
    edges: Vec<Edge>,
    /// The first edge that is not in use.
    free_edges: u32,
    globals: FxHashMap<SmolStr, u32>,
    members: FxHashMap<SmolStr, u32>,
    units: Vec<UnitCells>,
    /// How much was in use when it was made.
    fresh: usize,
}

impl Summary {
    /// Works it out.
    pub fn of(db: &dyn Db, facts: &FileFacts) -> Summary {
        let mut summary = Summary {
            closed: is_closed(facts),
            cells: Vec::new(),
            tasks: Vec::new(),
            edges: Vec::new(),
            free_edges: NONE,
            globals: FxHashMap::default(),
            members: FxHashMap::default(),
            units: Vec::with_capacity(facts.units.len()),
            fresh: 0,
        };
        summary.units.resize_with(facts.units.len(), UnitCells::default);
        for unit in while_wanted(db, 0..facts.units.len() as u32) {
            summary.add(facts, unit);
        }
        let all = (0..summary.tasks.len() as u32).collect();
        summary.come_to_rest(db, facts, all);
        summary.fresh = summary.in_use();
        summary
    }

    /// Takes in what became of the units; none if that is no less work than to begin anew.
    pub fn update(
        &mut self,
        db: &dyn Db,
        (before_facts, facts): (&FileFacts, &FileFacts),
        edit: &Edit,
    ) -> Option<Different> {
        let pairs = || edit.pairs(before_facts, facts);
        if !pairs().all(|(before, now)| is_open_alike(before, now)) || self.in_use() > 4 * self.fresh + 1000 {
            return None;
        }
        if pairs().any(|(before, now)| imports(before) != imports(now)) && is_closed(facts) != self.closed {
            return None;
        }
        let mut cells = Vec::new();
        for &unit in &edit.gone {
            self.cells_of(unit, &mut cells);
            self.remove(unit);
        }
        self.move_units(edit, facts.units.len());
        for &(_, unit) in &edit.changed {
            self.cells_of(unit, &mut cells);
            // Functions inside see its variables.
            facts.children(unit).for_each(|child| self.cells_of(child, &mut cells));
            self.remove(unit);
            cells.extend(facts.assigned_globals(unit).map(|(name, _)| self.global_cell(name)));
        }
        if !facts.has_members_of(before_facts) {
            self.look_at_members(facts, &mut cells);
        }
        let were = self.reset(cells);
        let mut due = self.writers(were.keys());
        for &(_, unit) in &edit.changed {
            self.add(facts, unit);
            due.extend(self.units[unit as usize].tasks.clone());
        }
        self.come_to_rest(db, facts, due);
        let mut different = Different::default();
        for &(_, unit) in &edit.changed {
            different.units.insert(unit);
            different.units.extend(facts.children(unit));
        }
        for (cell, before) in were {
            self.tell((facts, before_facts), (cell, before), &mut different);
        }
        Some(different)
    }

    /// Knows units by their indexes of now.
    fn move_units(&mut self, edit: &Edit, count: usize) {
        if !edit.moves() {
            return;
        }
        for cell in &mut self.cells {
            let (Of::Variable(unit) | Of::Result(unit)) = &mut cell.of else { continue };
            match edit.now(*unit) {
                Some(now) => *unit = now,
                None => cell.of = Of::Nothing,
            }
        }
        for task in self.tasks.iter_mut().filter(|it| it.is_alive) {
            task.unit = edit.now(task.unit).unwrap_or(NONE);
        }
        self.units = edit.carried(std::mem::take(&mut self.units), count, UnitCells::default);
    }

    /// Whether no code out of sight takes part in the program.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What calling a function gives.
    pub fn result(&self, unit: u32) -> TypeSet {
        self.units[unit as usize].result.map_or(TypeSet::NONE, |cell| self.cells[cell as usize].now.set)
    }

    /// What a name is in a unit that has no variable of it, or none that is assigned.
    pub fn further_out(&mut self, facts: &FileFacts, unit: u32, name: &SmolStr) -> Free {
        Look { summary: self, facts, task: NONE, around: None }.further_out(unit, name)
    }

    /// What a statement stores, by what stands around it.
    pub fn value_at(&mut self, facts: &FileFacts, around: &Around, unit: u32, value: &Sym) -> Free {
        Look { summary: self, facts, task: NONE, around: Some(around) }.value(unit, value, 0)
    }

    fn in_use(&self) -> usize {
        self.cells.len() + self.tasks.len() + self.edges.len()
    }

    fn cell(&mut self, of: Of, base: Free) -> u32 {
        self.cells.push(Cell { of, base, now: base, writers: NONE, readers: NONE });
        self.cells.len() as u32 - 1
    }

    /// The cell of a global; who reads a name that nobody assigns is told when somebody does.
    fn global_cell(&mut self, name: &SmolStr) -> u32 {
        if let Some(&cell) = self.globals.get(name) {
            return cell;
        }
        let cell = self.cell(Of::Global(name.clone()), Free::NOTHING);
        self.globals.insert(name.clone(), cell);
        cell
    }

    /// The cell that tells whether the file gives members of that name to things.
    fn member_cell(&mut self, facts: &FileFacts, name: &SmolStr) -> u32 {
        if let Some(&cell) = self.members.get(name) {
            return cell;
        }
        let cell = self.cell(Of::Member, member_given(facts, name));
        self.members.insert(name.clone(), cell);
        cell
    }

    /// Finds the names of members that are given now and were not, or the other way round.
    fn look_at_members(&mut self, facts: &FileFacts, changed: &mut Vec<u32>) {
        for (name, &cell) in &self.members {
            let now = member_given(facts, name);
            if std::mem::replace(&mut self.cells[cell as usize].base, now) != now {
                changed.push(cell);
            }
        }
    }

    fn task(&mut self, unit: u32, value: &Sym, cell: u32, is_result: bool) {
        let it = &mut self.cells[cell as usize];
        let task =
            Task { unit, value: value.clone(), cell, is_result, next: it.writers, is_alive: true, is_due: false };
        it.writers = self.tasks.len() as u32;
        self.tasks.push(task);
    }

    /// Adds the cells and tasks of a unit.
    fn add(&mut self, facts: &FileFacts, unit: u32) {
        let first = self.tasks.len() as u32;
        for (name, value) in facts.assigned_globals(unit) {
            let cell = self.global_cell(name);
            self.task(unit, value, cell, false);
        }
        if facts.unit(unit).kind == UnitKind::Function {
            self.add_function(unit, &facts.unit(unit).facts);
        }
        self.units[unit as usize].tasks = first..self.tasks.len() as u32;
    }

    fn add_function(&mut self, unit: u32, says: &UnitFacts) {
        let mut names: Vec<_> = says.assigned.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        let cells = names.into_iter().map(|name| (name.clone(), self.cell(Of::Variable(unit), Free::NOTHING)));
        self.units[unit as usize].variables = cells.collect();
        for (name, value) in &says.assigned {
            if let Some(cell) = self.variable_cell(unit, name) {
                self.task(unit, value, cell, false);
            }
        }
        let end = if says.always_returns { TypeSet::NONE } else { TypeSet::NULL };
        let base = Free { set: end, ..Free::NOTHING };
        let result = match self.units[unit as usize].result {
            Some(result) => result,
            None => self.cell(Of::Result(unit), base),
        };
        self.cells[result as usize].base = base;
        self.cells[result as usize].now = base;
        self.units[unit as usize].result = Some(result);
        for value in &says.returns {
            self.task(unit, value, result, true);
        }
    }

    fn variable_cell(&self, unit: u32, name: &str) -> Option<u32> {
        let variables = &self.units[unit as usize].variables;
        let at = variables.binary_search_by(|(it, _)| it.as_str().cmp(name)).ok()?;
        Some(variables[at].1)
    }

    /// Takes out the tasks of a unit.
    fn remove(&mut self, unit: u32) {
        for task in self.units[unit as usize].tasks.clone() {
            self.tasks[task as usize].is_alive = false;
        }
    }

    /// The cells that a unit writes.
    fn cells_of(&self, unit: u32, cells: &mut Vec<u32>) {
        let it = &self.units[unit as usize];
        cells.extend(it.tasks.clone().map(|task| self.tasks[task as usize].cell));
        cells.extend(it.result.into_iter().chain(it.variables.iter().map(|(_, cell)| *cell)));
    }

    /// Lets cells start from nothing again, and all that was worked out from them. Tells what they held.
    fn reset(&mut self, mut cells: Vec<u32>) -> FxHashMap<u32, Free> {
        let mut were = FxHashMap::default();
        while let Some(cell) = cells.pop() {
            let Entry::Vacant(place) = were.entry(cell) else { continue };
            let it = &mut self.cells[cell as usize];
            place.insert(std::mem::replace(&mut it.now, it.base));
            self.take_readers(cell, |_, task| cells.push(task.cell));
        }
        were
    }

    /// The living tasks that write to cells.
    fn writers<'c>(&self, cells: impl Iterator<Item = &'c u32>) -> Vec<u32> {
        let mut found = Vec::new();
        for &cell in cells {
            let mut at = self.cells[cell as usize].writers;
            while let Some(task) = self.tasks.get(at as usize) {
                if task.is_alive {
                    found.push(at);
                }
                at = task.next;
            }
        }
        found
    }

    /// Notes that a task has read a cell.
    fn reads(&mut self, task: u32, cell: u32) {
        let first = &mut self.cells[cell as usize].readers;
        if self.edges.get(*first as usize).is_some_and(|edge| edge.task == task) {
            return;
        }
        let edge = Edge { task, next: *first };
        match self.edges.get_mut(self.free_edges as usize) {
            Some(unused) => {
                *first = self.free_edges;
                self.free_edges = unused.next;
                *unused = edge;
            }
            None => {
                *first = self.edges.len() as u32;
                self.edges.push(edge);
            }
        }
    }

    /// Takes out the living tasks that have read a cell: they will read it again.
    fn take_readers(&mut self, cell: u32, mut take: impl FnMut(u32, &mut Task)) {
        let mut at = std::mem::replace(&mut self.cells[cell as usize].readers, NONE);
        while let Some(edge) = self.edges.get_mut(at as usize) {
            let Edge { task: index, next } = *edge;
            edge.next = std::mem::replace(&mut self.free_edges, at);
            let task = &mut self.tasks[index as usize];
            if task.is_alive {
                take(index, task);
            }
            at = next;
        }
    }

    /// Carries out tasks, and again those that have read what has grown.
    fn come_to_rest(&mut self, db: &dyn Db, facts: &FileFacts, tasks: Vec<u32>) {
        let mut due = VecDeque::with_capacity(tasks.len());
        due.extend(tasks.into_iter().filter(|&task| !std::mem::replace(&mut self.tasks[task as usize].is_due, true)));
        let mut wanted = Wanted::new(db);
        while let Some(index) = due.pop_front() {
            wanted.round();
            let task = &mut self.tasks[index as usize];
            task.is_due = false;
            let (unit, value, cell, is_result) = (task.unit, task.value.clone(), task.cell, task.is_result);
            let found = Look { summary: self, facts, task: index, around: None }.value(unit, &value, 0);
            let found = if is_result { Free { set: found.set, ..Free::NOTHING } } else { found };
            let it = &mut self.cells[cell as usize];
            let now = value::join(it.now, found);
            if std::mem::replace(&mut it.now, now) != now {
                self.take_readers(cell, |index, task| {
                    if !std::mem::replace(&mut task.is_due, true) {
                        due.push_back(index);
                    }
                });
            }
        }
    }

    /// Notes who sees that a cell holds something else than before.
    fn tell(&self, (now, before): (&FileFacts, &FileFacts), (cell, was): (u32, Free), different: &mut Different) {
        let it = &self.cells[cell as usize];
        match &it.of {
            Of::Global(name) => {
                // What nobody assigns may still be an intrinsic.
                if it.now != was || now.is_global(name) != before.is_global(name) {
                    different.globals.insert(name.clone());
                }
            }
            Of::Result(unit) if it.now != was => different.units.extend(now.parent(*unit)),
            Of::Variable(unit) if it.now != was => different.units.extend(now.children(*unit)),
            Of::Result(_) | Of::Variable(_) | Of::Member | Of::Nothing => {}
        }
    }
}

fn member_given(facts: &FileFacts, name: &str) -> Free {
    if facts.gives_member(name) || facts.gives_member(ANY_KEY) { Free::ANY } else { Free::NOTHING }
}

/// Whether a unit that changed, came or went can be reached by code out of sight as much as before.
fn is_open_alike(before: Option<&FactsUnit>, now: Option<&FactsUnit>) -> bool {
    let [was, is] = [before, now].map(|it| it.map_or(Openness::default(), |it| it.facts.open));
    // How far `outer` opens the file depends on what is around.
    let is_there = || matches!((before, now), (Some(before), Some(now)) if before.is_where(now));
    was == is && (is == Openness::default() || is_there())
}

fn imports(unit: Option<&FactsUnit>) -> bool {
    unit.is_some_and(|it| it.facts.assigned.iter().any(|(_, value)| matches!(**value, Symbol::Import(_))))
}

/// Whether all code that can assign the globals of a file stands in it.
fn is_closed(facts: &FileFacts) -> bool {
    facts.units.iter().enumerate().all(|(index, unit)| {
        let (open, at_top) = (unit.facts.open, unit.kind == UnitKind::Statement);
        let outer = open.outer && facts.enclosing_function(index as u32).is_none();
        !(open.globals || outer || at_top && open.locals || open.import || imports(Some(unit)))
    })
}
