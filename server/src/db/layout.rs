//! The layout of a file: its units with code and places, and its markers, as plain data of one revision.
//!
//! Made by `queries`; read by `evaluate` to put programs together and by `ide` to turn instructions into places.
//! Invariant: everything in one layout belongs to the same text.

use minilive_mir::ir::{InstId, Unit, UnitKey, UnitKind};
use minilive_mir::program::{Fingerprint, ProgramUnit, UnitInfo};
use minilive_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::{Arc, OnceLock};
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

/// One unit of a file.
#[derive(Debug, Clone)]
pub struct LayoutUnit {
    /// Stable identity.
    pub key: UnitKey,
    /// What it is.
    pub kind: UnitKind,
    /// The unit around it, an index into the same list.
    pub parent: Option<u32>,
    /// Its text.
    pub range: TextRange,
    /// A function's name; empty for others.
    pub name: SmolStr,
    /// Whether it is a top-level statement that only defines: it runs before examples and watches.
    pub is_definition: bool,
    /// Its code.
    pub code: Code,
    /// Where its instructions come from.
    pub places: Arc<Places>,
    /// The line (1-based) on which it starts.
    pub base_line: u32,
}

impl LayoutUnit {
    /// The text an instruction was made from, in the file.
    pub fn range_of(&self, inst: InstId) -> Option<TextRange> {
        self.places.ranges.get(inst.0 as usize).map(|&range| range + self.range.start())
    }

    /// Names and lines for the engine.
    pub fn info(&self) -> UnitInfo {
        UnitInfo { name: self.name.clone(), base_line: self.base_line, lines: self.places.lines.clone() }
    }
}

/// All units of a file, in source order, outer before inner.
#[derive(Debug, Default)]
pub struct Layout {
    /// The units.
    pub units: Vec<LayoutUnit>,
    /// Made when somebody asks for a unit.
    by_key: OnceLock<FxHashMap<UnitKey, u32>>,
}

impl Layout {
    /// A layout of these units.
    pub fn new(units: Vec<LayoutUnit>) -> Layout {
        Layout { units, by_key: OnceLock::new() }
    }

    /// The unit of that key.
    pub fn get(&self, key: UnitKey) -> Option<&LayoutUnit> {
        let all = || (0u32..).zip(&self.units).map(|(index, unit)| (unit.key, index)).collect();
        self.by_key.get_or_init(all).get(&key).map(|&index| &self.units[index as usize])
    }

    /// The top-level statements in order.
    pub fn main(&self) -> impl Iterator<Item = &LayoutUnit> {
        self.units.iter().filter(|unit| unit.kind != UnitKind::Function)
    }

    /// The function literals in order.
    pub fn functions(&self) -> impl Iterator<Item = &LayoutUnit> {
        self.units.iter().filter(|unit| unit.kind == UnitKind::Function)
    }

    /// The innermost unit whose text holds an offset.
    pub fn at(&self, offset: TextSize) -> Option<&LayoutUnit> {
        // Outer units come before inner ones, so the last one that holds the offset is the innermost.
        let behind = self.units.partition_point(|unit| unit.range.start() <= offset);
        self.units[..behind].iter().rev().find(|unit| unit.range.contains_inclusive(offset))
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
