//! All code objects the engine knows, found by (unit, fingerprint, variant), and the programs loaded from them.
//!
//! `Engine::load` and `import` hand programs in; the interpreter gets [`CodeId`]s. Unchanged units are found again with their
//! feedback and compiled code. An edited function takes over the id of the version before it, which is put aside and comes
//! back if the edit is undone: so callers that guard the callee by its id stay as they are. What callers know of a callee
//! beside its id is its signature; where that changes, the function gets a new id.
//! Invariants: `codes[id].id == id`; a code object keeps its address; while a program runs none is dropped and no id changes
//! its meaning, nor do functions of the running realm change what is inside them, their lines or their file. Of two programs loaded one after the other, only the second is ready to run.

use super::imported;
use super::slot::slots;
use super::tier::TierState;
use super::unit::{CallFlags, Code, CodeId, NameEntry, UNLINKED};
use super::weight::Weights;
use crate::bytecode::build::build;
use crate::bytecode::verify::verify;
use crate::counters::Counters;
use crate::events::CodeLog;
use crate::feedback::ways::WaysTable;
use crate::record::Point;
use minilive_mir::ir::{Const, ConstId, Param, Unit, UnitKey, UnitKind};
use minilive_mir::program::{Fingerprint, Program, ProgramUnit};
use minilive_runtime::intrinsics;
use minilive_runtime::realm::TypeMap;
use minilive_runtime::shape::{ShapeId, ShapeKey};
use minilive_runtime::shared::{CellId, Shared};
use minilive_runtime::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

/// Why a program cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadError {
    /// These units came without MIR and are not known.
    Missing(Vec<(UnitKey, Fingerprint)>),
    /// A unit has more variables or names than the engine can address.
    TooLarge(UnitKey),
    /// A unit's code is malformed; this is a defect of whoever made it.
    Malformed {
        /// The unit.
        key: UnitKey,
        /// What is wrong.
        message: String,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Missing(units) => write!(f, "{} units are not known here", units.len()),
            LoadError::TooLarge(_) => f.write_str("a function has too many variables"),
            LoadError::Malformed { message, .. } => write!(f, "malformed code: {message}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// A program whose units are all in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Codes of all units, parallel to the program's.
    pub units: Vec<CodeId>,
    /// Codes of the top-level statements in order.
    pub main: Vec<CodeId>,
}

/// So many versions are put aside at least before the oldest ones go.
const MOST_ASIDE: usize = 1000;

/// The table.
pub struct CodeTable {
    shared: Arc<Shared>,
    #[expect(clippy::vec_box, reason = "compiled code and frames know code objects by address, so they must not move")]
    codes: Vec<Box<Code>>,
    by_key: FxHashMap<(UnitKey, Fingerprint, bool), CodeId>,
    /// The id that versions of a unit take over from each other, in either variant.
    by_unit: FxHashMap<(UnitKey, bool), CodeId>,
    /// Versions that another one has taken the place of, with how many code objects had been made by then.
    aside: FxHashMap<(UnitKey, Fingerprint, bool), (u64, Box<Code>)>,
    /// How many code objects were ever made.
    made: u64,
    /// A program runs.
    running: bool,
    /// The ways to members that sites met.
    pub ways: WaysTable,
    /// The globals to which compiled code stores without looking at what it replaces: no code relies on these.
    pub stored: RefCell<FxHashSet<CellId>>,
    /// Whether a unit was taken in by which any call may be one of `import`.
    pub imports_unseen: Cell<bool>,
    /// What a fresh code object's heat starts with; very large when nothing is ever compiled.
    pub heat: i64,
    /// Counts the moments at which names were to be given their places anew: what was ready to be entered before may not be now.
    unresolved: Cell<u32>,
    /// Where code objects tell what happens to their compiled code.
    pub log: Arc<CodeLog>,
}

impl CodeTable {
    /// An empty table over the engine's shared names and shapes.
    pub fn new(shared: Arc<Shared>, heat: i64) -> CodeTable {
        CodeTable {
            shared,
            codes: Vec::new(),
            by_key: FxHashMap::default(),
            by_unit: FxHashMap::default(),
            aside: FxHashMap::default(),
            made: 0,
            running: false,
            ways: WaysTable::default(),
            stored: RefCell::default(),
            unresolved: Cell::default(),
            imports_unseen: Cell::default(),
            heat,
            log: Arc::default(),
        }
    }

    /// Names, shapes and cells that all realms share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// A code object.
    #[inline(always)]
    pub fn get(&self, id: CodeId) -> &Code {
        &self.codes[id.0 as usize]
    }

    /// All that can run, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Code> {
        self.codes.iter().map(|code| &**code)
    }

    /// All of them, those that another version has taken the place of included.
    pub fn versions(&self) -> impl Iterator<Item = &Code> {
        self.iter().chain(self.aside())
    }

    /// Those that another version has taken the place of: nothing runs them unless an edit is undone.
    pub fn aside(&self) -> impl Iterator<Item = &Code> {
        self.aside.values().map(|(_, code)| &**code)
    }

    /// How many were ever made. Names and literals of all of them stay.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// How many there are, versions put aside included.
    pub fn len(&self) -> usize {
        self.codes.len() + self.aside.len()
    }

    /// Says when a program runs: as long as a realm holds functions, no other code may take their ids over, be it imported or
    /// typed in later.
    pub(crate) fn set_running(&mut self, running: bool) {
        self.running = running;
    }

    /// A code's names have no places among the globals of the realm until it is called.
    pub(crate) fn unresolve(&self, code: &Code) {
        code.set_call_flag(CallFlags::UNRESOLVED, true);
        self.unresolved.set(self.unresolved.get().wrapping_add(1));
    }

    /// A number that changes when a code's names lose their places.
    pub(crate) fn unresolved(&self) -> u32 {
        self.unresolved.get()
    }

    /// A new realm begins, in which functions of these codes may come into being; those of others are gone.
    pub(crate) fn start_realm(&mut self, codes: &[CodeId]) {
        self.iter().for_each(|code| code.is_living.set(false));
        codes.iter().for_each(|&id| self.get(id).is_living.set(true));
    }

    /// Whether nothing was loaded yet.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Finds or makes the code of every unit of a program and ties functions to their parents.
    pub fn load(&mut self, program: &Program, recording: bool) -> Result<Linked, LoadError> {
        let missing = self.missing(program, recording);
        if !missing.is_empty() {
            return Err(LoadError::Missing(missing));
        }
        let mut units = Vec::with_capacity(program.units.len());
        for unit in &program.units {
            units.push(self.unit(unit, recording)?);
        }
        let mut by_unit: FxHashMap<UnitKey, CodeId> =
            program.units.iter().zip(&units).map(|(unit, &id)| (unit.key, id)).collect();
        if self.running {
            self.part_from_the_living(program, &mut units, &mut by_unit)?;
        }
        for (unit, &id) in program.units.iter().zip(&units) {
            let code = self.get(id);
            let children = children(code, &by_unit)?;
            let captures = code.env_shape.is_some().then_some(id);
            children.iter().for_each(|&child| self.get(child).set_captures(captures, self.heat));
            code.children.iter().zip(&children).for_each(|(cell, &child)| cell.set(child));
            code.info.replace(Arc::clone(&unit.info));
            code.file.replace(program.file.clone());
            code.is_living.set(self.running);
        }
        if !self.running {
            self.forget_ways();
        }
        let main: Option<Vec<CodeId>> = program.main.iter().map(|&i| units.get(i as usize).copied()).collect();
        match main {
            Some(main) => Ok(Linked { units, main }),
            None => {
                Err(LoadError::Malformed { key: UnitKey(0), message: "a top-level statement is missing".to_owned() })
            }
        }
    }

    /// Functions of the running realm keep what they were made with: the functions inside, names, lines and file. So a unit that
    /// differs from a living one in any of these becomes a code object of its own, and with it the units around it.
    fn part_from_the_living(
        &mut self,
        program: &Program,
        units: &mut [CodeId],
        by_unit: &mut FxHashMap<UnitKey, CodeId>,
    ) -> Result<(), LoadError> {
        let mut again = true;
        while again {
            again = false;
            // Inner functions come behind outer ones, so one round is the rule.
            for (unit, id) in program.units.iter().zip(units.iter_mut()).rev() {
                let code = self.get(*id);
                let is_other = || -> Result<bool, LoadError> {
                    Ok(!code.children.iter().map(Cell::get).eq(children(code, by_unit)?)
                        || **code.info.borrow() != *unit.info
                        || *code.file.borrow() != program.file)
                };
                if !code.is_living.get() || !is_other()? {
                    continue;
                }
                let (mir, recording) = (Arc::clone(&code.unit), code.recording);
                let code = self.make(CodeId(self.codes.len() as u32), unit, mir, recording)?;
                *id = self.put(Box::new(code));
                by_unit.insert(unit.key, *id);
                again = true;
            }
        }
        Ok(())
    }

    fn missing(&self, program: &Program, recording: bool) -> Vec<(UnitKey, Fingerprint)> {
        let known = |unit: &ProgramUnit| self.mir(unit, recording).is_some();
        program.units.iter().filter(|unit| !known(unit)).map(|unit| (unit.key, unit.fingerprint)).collect()
    }

    /// The unit's MIR: from the program, or from either variant of its code.
    fn mir(&self, unit: &ProgramUnit, recording: bool) -> Option<Arc<Unit>> {
        let known = |variant| {
            let at = (unit.key, unit.fingerprint, variant);
            let active = self.by_key.get(&at).map(|&id| self.get(id));
            active.or_else(|| self.aside.get(&at).map(|(_, code)| &**code)).map(|code| Arc::clone(&code.unit))
        };
        unit.mir.clone().or_else(|| known(recording)).or_else(|| known(!recording))
    }

    fn unit(&mut self, unit: &ProgramUnit, recording: bool) -> Result<CodeId, LoadError> {
        let at = (unit.key, unit.fingerprint, recording);
        if let Some(&id) = self.by_key.get(&at) {
            return Ok(id);
        }
        if !self.running
            && let Some((_, code)) = self.aside.remove(&at)
        {
            return Ok(self.put(code));
        }
        let mir = self.mir(unit, recording).expect("`missing` found it");
        let before = self.by_unit.get(&(unit.key, recording)).filter(|_| !self.running);
        let before = before.filter(|&&id| same_signature(&self.get(id).unit, &mir)).copied();
        let id = before.unwrap_or(CodeId(self.codes.len() as u32));
        let code = self.make(id, unit, mir, recording)?;
        self.made += 1;
        Ok(self.put(Box::new(code)))
    }

    /// Puts a code object where its id says; what was there is put aside.
    fn put(&mut self, code: Box<Code>) -> CodeId {
        let at = |code: &Code| (code.key, code.fingerprint, code.recording);
        let id = code.id;
        self.by_key.insert(at(&code), id);
        self.by_unit.insert((code.key, code.recording), id);
        match self.codes.get_mut(id.0 as usize) {
            Some(place) => {
                let before = std::mem::replace(place, code);
                // Two living versions may differ in what is inside them alone; then the other one is found.
                if self.by_key.get(&at(&before)) == Some(&id) {
                    self.by_key.remove(&at(&before));
                }
                self.aside.insert(at(&before), (self.made, before));
                self.forget_oldest();
            }
            None => self.codes.push(code),
        }
        id
    }

    /// Versions put aside are kept for undone edits, so the newest half is enough where they are too many.
    fn forget_oldest(&mut self) {
        if self.aside.len() <= MOST_ASIDE.max(self.codes.len()) {
            return;
        }
        let mut stamps: Vec<u64> = self.aside.values().map(|it| it.0).collect();
        let (_, &mut middle, _) = stamps.select_nth_unstable(self.aside.len() / 2);
        self.aside.retain(|_, it| it.0 > middle);
    }

    fn make(&self, id: CodeId, unit: &ProgramUnit, mir: Arc<Unit>, recording: bool) -> Result<Code, LoadError> {
        let mir = imported::with_places(mir);
        if imported::may_be_called_unseen(&mir) {
            self.imports_unseen.set(true);
        }
        let weights = Weights::of(&mir);
        let bytecode = build(&mir, &weights, recording).map_err(|_| LoadError::TooLarge(unit.key))?;
        verify(&bytecode, &mir).map_err(|error| LoadError::Malformed {
            key: unit.key,
            message: format!("{}: {}", error.pc, error.message),
        })?;
        Ok(Code {
            id,
            key: unit.key,
            fingerprint: unit.fingerprint,
            recording,
            slots: slots(&bytecode),
            points: if recording { mir.records.iter().map(|_| Point::default()).collect() } else { Box::default() },
            n_params: mir.params.len() as u16,
            counters: Counters { heat: Cell::new(self.heat) },
            tier: TierState::new(mir.blocks.len()),
            log: Arc::clone(&self.log),
            children: mir.children.iter().map(|_| Cell::new(UNLINKED)).collect(),
            captures: Cell::new(None),
            is_living: Cell::new(false),
            names: mir.names.iter().map(|name| self.name(name)).collect(),
            consts: mir.consts.iter().map(|it| constant(&self.shared, it)).collect(),
            env_shape: self.env_shape(&mir),
            call_flags: Cell::new(if mir.env.is_some() { CallFlags::ENVIRONMENT } else { 0 }),
            info: RefCell::new(Arc::clone(&unit.info)),
            file: RefCell::default(),
            is_call: matches!(mir.kind, UnitKind::Function | UnitKind::Module),
            weights,
            bytecode,
            unit: mir,
        })
    }

    fn name(&self, text: &str) -> NameEntry {
        let name = self.shared.intern(text);
        let intrinsic = match intrinsics::find(text) {
            Some(id) => self.shared.intrinsic(id.0),
            None => Value::ABSENT,
        };
        let has = |kind: &TypeMap| intrinsics::methods_of(*kind).contains(&text);
        let method_of = TypeMap::ALL.iter().filter(|kind| has(kind)).fold(0, |types, kind| types | kind.bit());
        let method = intrinsics::find(text).map(|id| (id, method_of));
        NameEntry { name, cell: self.shared.cell(name), intrinsic, method }
    }

    fn env_shape(&self, unit: &Unit) -> Option<ShapeId> {
        let names = unit.env.as_ref()?;
        let key = |id: &minilive_mir::ir::NameId| {
            let name = self.shared.intern(unit.name(*id));
            ShapeKey { name, hash: self.shared.name_hash(name) }
        };
        let keys: Vec<ShapeKey> = names.iter().map(key).collect();
        Some(self.shared.shapes.environment(&keys))
    }
}

/// The codes of the functions inside a unit.
fn children(code: &Code, by_unit: &FxHashMap<UnitKey, CodeId>) -> Result<Box<[CodeId]>, LoadError> {
    let children: Option<Box<[CodeId]>> = code.unit.children.iter().map(|key| by_unit.get(key).copied()).collect();
    let missing = || LoadError::Malformed { key: code.key, message: "a nested function is missing".to_owned() };
    children.ok_or_else(missing)
}

/// Whether two versions of a unit look the same to compiled callers, which pass defaults themselves.
fn same_signature(a: &Unit, b: &Unit) -> bool {
    let plain = |unit: &Unit, default: ConstId| match &unit.consts[default.0 as usize] {
        Const::Null => Some(Value::NULL.bits()),
        Const::Number(number) => Some(Value::number(*number).bits()),
        // Its identity can be seen, and each version has its own.
        Const::Str(_) | Const::List(_) | Const::Map(_) => None,
    };
    let same =
        |(x, y): (&Param, &Param)| matches!((plain(a, x.default), plain(b, y.default)), (Some(x), Some(y)) if x == y);
    let receivers = |unit: &Unit| (unit.self_reg.is_some(), unit.super_reg.is_some());
    a.kind == b.kind
        && receivers(a) == receivers(b)
        && a.params.len() == b.params.len()
        && a.params.iter().zip(&b.params).all(same)
}

/// The value of a constant: permanent, since code outlives realms. Lists and maps are frozen defaults.
fn constant(shared: &Shared, it: &Const) -> Value {
    match it {
        Const::Null => Value::NULL,
        Const::Number(number) => Value::number(*number),
        Const::Str(text) => shared.permanent_string(text),
        Const::List(elements) => {
            let values: Vec<Value> = elements.iter().map(|element| constant(shared, element)).collect();
            shared.permanent_list(&values)
        }
        Const::Map(pairs) => {
            let pairs: Vec<(Value, Value)> =
                pairs.iter().map(|(key, value)| (constant(shared, key), constant(shared, value))).collect();
            shared.permanent_map(&pairs)
        }
    }
}
