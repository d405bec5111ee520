//! Values at lines: recordings brought together with the places of their instructions.
//!
//! The inlay hints, the hover and the scheduler (for values that have become stale) use it. Invariants: a value is placed by
//! instruction, through the layout of the revision it is shown in or was recorded in; only fresh recordings are placed in
//! the present text.

use crate::db::{self, Layout, LayoutUnit, LiveDb, MarkerItem, MarkerUse};
use crate::document::DocumentView;
use crate::evaluate::is_fresh;
use crate::recording::{End, EvaluationId, Outcome, Recorded, Value};
use minilive_mir::ir::{InstId, RecordKind, UnitKey, UnitKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// No value is longer than this on its line, with its count: editors cut at about as many characters.
const SHORT: usize = 40;

/// What a shown value is the value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueSource {
    /// An instruction of a function.
    Function(UnitKey, InstId),
    /// An instruction of a top-level statement.
    TopLevel(UnitKey, InstId),
    /// The watch or example that the evaluation belongs to.
    Marker,
}

impl ValueSource {
    /// An instruction of a unit.
    pub fn of(unit: &LayoutUnit<'_>, inst: InstId) -> ValueSource {
        match unit.kind {
            UnitKind::Function => ValueSource::Function(unit.key, inst),
            UnitKind::Statement | UnitKind::Module | UnitKind::Expression => ValueSource::TopLevel(unit.key, inst),
        }
    }
}

/// One value at one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LineValue {
    /// What gave it.
    pub source: ValueSource,
    /// The line, from zero.
    pub line: u32,
    /// The value, short, with its count.
    pub text: String,
    /// More about it.
    pub details: String,
}

impl LineValue {
    /// Whether the evaluation that saw it may show it: top-level statements also run as definitions of watches and examples,
    /// but what is shown of them is the run of the file.
    pub fn is_of(&self, evaluation: EvaluationId) -> bool {
        !matches!(self.source, ValueSource::TopLevel(..)) || evaluation == EvaluationId::TopLevel
    }
}

/// Brings what a run saw to the lines of the text that ran. `marker_line` is where a watch or example stands.
pub fn line_values(
    document: &DocumentView,
    layout: &Layout,
    outcome: &Outcome,
    marker_line: Option<u32>,
) -> Vec<LineValue> {
    // Of a run of a large file most values are its functions, which are not shown: only units that show something are looked at.
    let shown = || outcome.values.iter().filter(|value| !is_noise(value));
    let seen: FxHashMap<_, _> = shown().map(|value| ((value.unit, value.inst), value)).collect();
    let speaking: FxHashSet<_> = shown().map(|value| value.unit).collect();
    let mut values = Vec::new();
    if let (Some(line), End::Finished(Some(value))) = (marker_line, &outcome.end) {
        let (text, details) = (shorten(value, SHORT), format!("`{}`", value.replace('`', "'")));
        values.push(LineValue { source: ValueSource::Marker, line, text, details });
    }
    if seen.is_empty() {
        return values;
    }
    let units = (0..).zip(layout.entries()).filter(|(_, entry)| speaking.contains(&entry.key));
    for unit in units.filter_map(|(index, _)| layout.nth(index)) {
        for record in &unit.code().records {
            let Some(value) = seen.get(&(unit.key, record.inst)) else {
                continue;
            };
            let Some(range) = unit.range_of(record.inst) else {
                continue;
            };
            let line = match record.kind {
                // The instruction stands for the whole loop; its value belongs to the header.
                RecordKind::ForVariable => {
                    let lines = &unit.places().lines;
                    unit.base_line - 1 + lines.get(record.inst.0 as usize).copied().unwrap_or(0)
                }
                _ => document.index.line_of(range.end()),
            };
            let source = ValueSource::of(&unit, record.inst);
            values.push(LineValue { source, line, text: short(value), details: details(value) });
        }
    }
    values
}

/// What nobody wants to see on a line: that a statement gave nothing, that a name is a function.
fn is_noise(value: &Value) -> bool {
    match value.kind {
        RecordKind::Statement => value.type_name == "null",
        RecordKind::Assign => value.type_name == "funcRef" || value.type_name == "function",
        _ => false,
    }
}

/// A value and its count, short enough for a line.
fn short(value: &Value) -> String {
    let times = if value.count > 1 { format!(" ×{}", value.count) } else { String::new() };
    format!("{}{times}", shorten(&value.text, SHORT - times.chars().count()))
}

/// The first characters of a text, on one line.
fn shorten(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= most {
        return text;
    }
    let head: String = text.chars().take(most - 1).collect();
    head + "…"
}

/// A value with its type, count and the values before it.
pub fn details(value: &Value) -> String {
    let mut text = format!("`{}`\n\n{}", value.text.replace('`', "'"), value.type_name);
    if value.count > 1 {
        text += &format!(" · seen {} times", value.count);
    }
    if !value.trail.is_empty() {
        text += &format!(" · before: {}", value.trail.join(", ").replace('`', "'"));
    }
    text
}

/// The recordings of a document that hold for its present text.
pub struct FreshRecordings {
    /// The document's units.
    pub layout: Arc<Layout>,
    /// Its markers.
    pub markers: Arc<[Arc<MarkerItem>]>,
    recorded: Arc<Vec<Recorded>>,
    /// Indices of fresh ones.
    order: Vec<usize>,
}

impl FreshRecordings {
    /// Looks for them.
    pub fn of(db: &LiveDb, document: &DocumentView) -> FreshRecordings {
        let layout = db::file_layout(db, document.file);
        let markers = db::marker_items(db, document.file);
        let recorded = document.file.recordings(db).list(db);
        let print = |lookup: &[PathBuf]| db::module_print(db, lookup);
        let holds = |recorded: &Recorded| match recorded.evaluation {
            EvaluationId::TopLevel => is_fresh(recorded, &layout, None, &print),
            EvaluationId::Marker(id) => markers
                .iter()
                .find(|marker| marker.id == id)
                .is_some_and(|marker| is_fresh(recorded, &layout, Some(marker.code.fingerprint), &print)),
        };
        let mut order: Vec<_> = (0..recorded.len()).filter(|&index| holds(&recorded[index])).collect();
        order.sort_unstable_by_key(|&index| recorded[index].evaluation);
        FreshRecordings { layout, markers, recorded, order }
    }

    /// The fresh recordings in order.
    pub fn iter(&self) -> impl Iterator<Item = &Recorded> {
        self.order.iter().map(|&index| &self.recorded[index])
    }

    /// The fresh recording of an evaluation.
    pub fn get(&self, evaluation: EvaluationId) -> Option<&Recorded> {
        self.iter().find(|recorded| recorded.evaluation == evaluation)
    }

    /// The marker of an evaluation.
    pub fn marker(&self, evaluation: EvaluationId) -> Option<&Arc<MarkerItem>> {
        match evaluation {
            EvaluationId::TopLevel => None,
            EvaluationId::Marker(id) => self.markers.iter().find(|marker| marker.id == id),
        }
    }

    /// How telling an evaluation is about a place, the least number most; `None` if it has nothing to say there.
    ///
    /// A function is shown as its own example ran it, else as the program did, else as other examples and watches did.
    pub fn rank(&self, evaluation: EvaluationId, source: ValueSource) -> Option<(u8, usize)> {
        match (source, evaluation) {
            (ValueSource::Marker, EvaluationId::Marker(_)) | (ValueSource::TopLevel(..), EvaluationId::TopLevel) => {
                Some((0, 0))
            }
            (ValueSource::Marker, EvaluationId::TopLevel) | (ValueSource::TopLevel(..), EvaluationId::Marker(_)) => {
                None
            }
            (ValueSource::Function(..), EvaluationId::TopLevel) => Some((1, 0)),
            (ValueSource::Function(unit, _), EvaluationId::Marker(id)) => {
                let index = self.markers.iter().position(|marker| marker.id == id)?;
                let marker = &self.markers[index];
                let is_example = marker.usage == MarkerUse::Example;
                let group = if !is_example {
                    3
                } else if marker.function == Some(unit) {
                    0
                } else {
                    2
                };
                Some((group, index))
            }
        }
    }

    /// What was seen at a place, in the most telling recording that has been there.
    pub fn value(&self, source: ValueSource) -> Option<&Value> {
        let (ValueSource::Function(unit, inst) | ValueSource::TopLevel(unit, inst)) = source else {
            return None;
        };
        let seen = self.iter().filter_map(|recorded| {
            let rank = self.rank(recorded.evaluation, source)?;
            let value = recorded.outcome.values.iter().find(|value| value.unit == unit && value.inst == inst)?;
            Some((rank, value))
        });
        seen.min_by_key(|&(rank, _)| rank).map(|(_, value)| value)
    }
}
