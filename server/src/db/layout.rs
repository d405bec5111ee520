//! The layout of a file: its units with code and places, and its markers, as plain data of one revision.
//!
//! Made by `queries`; read by `evaluate` to put programs together and by `ide` to turn instructions into places.
//! Invariant: everything in one layout belongs to the same text.

use super::pieces::{FileUnits, Piece, PlacedUnit};
use super::units::UnitText;
use minilive_mir::ir::{InstId, Unit, UnitKey, UnitKind};
use minilive_mir::program::{Fingerprint, ProgramUnit, UnitInfo};
use minilive_syntax::{TextRange, TextSize};
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;

/// The code of a unit, without places. Equal fingerprints mean equal code.
#[derive(Debug, Clone)]
pub struct Code {
    /// The MIR.
    pub unit: Arc<Unit>,
    /// Its hash.
    pub fingerprint: Fingerprint,
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Code {}

/// Where a unit's instructions come from, relative to its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Per instruction: the text it was made from.
    pub ranges: Box<[TextRange]>,
    /// Per instruction: the line of its statement.
    pub lines: Arc<[u32]>,
}

/// What all readers of a layout ask of each unit, beside each other in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeEntry {
    /// Stable identity.
    pub key: UnitKey,
    /// The hash of its code.
    pub fingerprint: Fingerprint,
    /// What it is.
    pub kind: UnitKind,
    /// Whether it is a top-level statement that only defines: it runs before examples and watches.
    pub is_definition: bool,
}

/// One unit of a file.
#[derive(Debug, Clone, Copy)]
pub struct LayoutUnit<'a> {
    /// Stable identity.
    pub key: UnitKey,
    /// What it is.
    pub kind: UnitKind,
    /// The unit around it, an index into the same list.
    pub parent: Option<u32>,
    /// Its text.
    pub range: TextRange,
    /// A function's name; empty for others.
    pub name: &'a SmolStr,
    /// Whether it is a top-level statement that only defines: it runs before examples and watches.
    pub is_definition: bool,
    /// The hash of its code.
    pub fingerprint: Fingerprint,
    /// The line (1-based) on which it starts.
    pub base_line: u32,
    unit: &'a UnitText,
}

impl<'a> LayoutUnit<'a> {
    fn new(placed: PlacedUnit<'a>, entry: &CodeEntry) -> LayoutUnit<'a> {
        LayoutUnit {
            key: entry.key,
            kind: entry.kind,
            parent: placed.parent,
            range: placed.range(),
            name: placed.name,
            is_definition: entry.is_definition,
            fingerprint: entry.fingerprint,
            base_line: placed.base_line,
            unit: placed.unit,
        }
    }

    /// Its code.
    pub fn code(&self) -> &'a Arc<Unit> {
        &self.unit.known_code().unit
    }

    /// Where its instructions come from.
    pub fn places(&self) -> &'a Arc<Places> {
        self.unit.known_places()
    }

    /// The text an instruction was made from, in the file.
    pub fn range_of(&self, inst: InstId) -> Option<TextRange> {
        self.places().ranges.get(inst.0 as usize).map(|&range| range + self.range.start())
    }

    /// Names and lines for the engine.
    pub fn info(&self) -> UnitInfo {
        UnitInfo { name: self.name.clone(), base_line: self.base_line, lines: self.places().lines.clone() }
    }
}

/// All units of a file with their code, in source order, outer before inner.
#[derive(Debug, Default)]
pub struct Layout {
    units: Arc<FileUnits>,
}

impl Layout {
    /// A layout of units whose code and places have been made.
    pub(super) fn new(units: Arc<FileUnits>) -> Layout {
        Layout { units }
    }

    /// The unit of that key.
    pub fn get(&self, key: UnitKey) -> Option<LayoutUnit<'_>> {
        self.nth(self.units.index_of(key)?)
    }

    /// The unit of an index.
    pub fn nth(&self, index: usize) -> Option<LayoutUnit<'_>> {
        let (piece, at) = self.units.find(index)?;
        Some(LayoutUnit::new(self.units.get(index)?, &piece.codes()[at - piece.units.start as usize]))
    }

    /// The index of the unit of that key.
    pub fn index_of(&self, key: UnitKey) -> Option<usize> {
        self.units.index_of(key)
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// What all units are, without a look at any.
    pub fn entries(&self) -> impl Iterator<Item = &CodeEntry> {
        self.units.pieces.iter().flat_map(Piece::codes)
    }

    /// All units.
    pub fn units(&self) -> impl Iterator<Item = LayoutUnit<'_>> {
        self.units.iter().zip(self.entries()).map(|(placed, entry)| LayoutUnit::new(placed, entry))
    }

    /// The units from an index on.
    pub fn units_from(&self, index: usize) -> impl Iterator<Item = LayoutUnit<'_>> {
        (index..self.len()).filter_map(|index| self.nth(index))
    }

    /// The top-level statements in order.
    pub fn main(&self) -> impl Iterator<Item = LayoutUnit<'_>> {
        self.units().filter(|unit| unit.kind != UnitKind::Function)
    }

    /// What they are, without a look at any.
    pub fn main_entries(&self) -> impl Iterator<Item = &CodeEntry> {
        self.entries().filter(|entry| entry.kind != UnitKind::Function)
    }

    /// The function literals in order.
    pub fn functions(&self) -> impl Iterator<Item = LayoutUnit<'_>> {
        self.units().filter(|unit| unit.kind == UnitKind::Function)
    }

    /// The innermost unit whose text holds an offset.
    pub fn at(&self, offset: TextSize) -> Option<LayoutUnit<'_>> {
        // Outer units come before inner ones, so the last one that holds the offset is the innermost.
        let holds = |&index: &usize| self.units.get(index).is_some_and(|it| it.range().contains_inclusive(offset));
        self.nth((0..self.units.started(offset)).rev().find(holds)?)
    }
}

/// What a marker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkerUse {
    /// `//>`: show the value.
    Watch,
    /// `//>!`: show the value when asked to.
    AskedWatch,
    /// `//@ example`: call the function with these arguments.
    Example,
}

/// The options of an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MarkerOptions {
    /// The seed of `rnd`.
    pub seed: Option<u64>,
    /// What `input` gives.
    pub input: Vec<String>,
    /// Frames of virtual time.
    pub frames: u32,
    /// Wall-clock time, if less than usual.
    pub budget: Option<Duration>,
}

impl Default for MarkerOptions {
    fn default() -> MarkerOptions {
        MarkerOptions { seed: None, input: Vec::new(), frames: 3, budget: None }
    }
}

/// The code of a marker's expression.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerCode {
    /// The expression, then function literals inside it; empty if it cannot be read.
    pub units: Arc<[ProgramUnit]>,
    /// Hash of all of them.
    pub fingerprint: Fingerprint,
    /// The first error.
    pub trouble: Option<String>,
}

/// A watch or an example of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerItem {
    /// Stable identity: a hash of what it says, and its number among equal ones.
    pub id: u64,
    /// What it asks for.
    pub usage: MarkerUse,
    /// An example's name.
    pub name: Option<String>,
    /// The expression.
    pub text: String,
    /// Where the expression stands.
    pub expr_range: TextRange,
    /// Where the comment stands.
    pub range: TextRange,
    /// The comment's line, from zero.
    pub line: u32,
    /// The function an example belongs to.
    pub function: Option<UnitKey>,
    /// Its name.
    pub function_name: Option<String>,
    /// Options.
    pub options: MarkerOptions,
    /// The lowered expression.
    pub code: MarkerCode,
}

impl MarkerItem {
    /// The identity as clients carry it.
    pub fn id_text(&self) -> String {
        format!("{:016x}", self.id)
    }
}
