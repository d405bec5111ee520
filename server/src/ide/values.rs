//! Values at lines: recordings brought together with the places of their instructions.
//!
//! The inlay hints, the hover and the scheduler (for values that have become stale) use it. Invariants: a value is placed by
//! instruction, through the layout of the revision it is shown in or was recorded in; only fresh recordings are placed in
//! the present text.

use crate::db::{self, Layout, LiveDb, MarkerItem, MarkerUse};
use crate::document::DocumentView;
use crate::evaluate::is_fresh;
use crate::recording::{End, EvaluationId, Outcome, Recorded, Value};
use minilive_mir::ir::{InstId, RecordKind, UnitKey, UnitKind};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// No value is longer than this on its line: editors cut at about as many characters.
const SHORT: usize = 40;

/// What a shown value is the value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// An assignment, a loop variable, a result.
    Value,
    /// A watch or an example.
    Watch,
}

/// One value at one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LineValue {
    /// The instruction that gave it.
    pub unit: UnitKey,
    /// Of that unit.
    pub inst: InstId,
    /// Whether the unit is a top-level statement.
    pub is_top_level: bool,
    /// The line, from zero.
    pub line: u32,
    /// What it is.
    pub kind: ValueKind,
    /// The value, short, with its count.
    pub text: String,
    /// More about it.
    pub details: String,
}

impl LineValue {
    /// Whether the evaluation that saw it is the one to show it: top-level statements also run as definitions of watches and
    /// examples, but what is shown of them is the run of the file.
    pub fn is_of(&self, evaluation: EvaluationId) -> bool {
        !self.is_top_level || evaluation == EvaluationId::TopLevel
    }

    /// The instruction, of which only one value is shown; none for the result of a watch or an example.
    pub fn place(&self) -> Option<(UnitKey, InstId)> {
        (self.kind == ValueKind::Value).then_some((self.unit, self.inst))
    }
}

/// Brings what a run saw to the lines of the text that ran. `marker_line` is where a watch or example stands.
pub fn line_values(
    document: &DocumentView,
    layout: &Layout,
    outcome: &Outcome,
    marker_line: Option<u32>,
) -> Vec<LineValue> {
    let seen: FxHashMap<_, _> = outcome.values.iter().map(|value| ((value.unit, value.inst), value)).collect();
    let mut values = Vec::new();
    if let (Some(line), End::Finished(Some(value))) = (marker_line, &outcome.end) {
        let (unit, inst) = (UnitKey(0), InstId(0));
        let (text, details) = (shorten(value), format!("`{value}`"));
        values.push(LineValue { unit, inst, is_top_level: false, line, kind: ValueKind::Watch, text, details });
    }
    for unit in &layout.units {
        for record in &unit.code.unit.records {
            let Some(value) = seen.get(&(unit.key, record.inst)) else {
                continue;
            };
            let is_noise = match record.kind {
                RecordKind::Statement => value.type_name == "null",
                RecordKind::Assign => value.type_name == "funcRef" || value.type_name == "function",
                _ => false,
            };
            let Some(range) = unit.range_of(record.inst).filter(|_| !is_noise) else {
                continue;
            };
            let line = match record.kind {
                // The instruction stands for the whole loop; its value belongs to the header.
                RecordKind::ForVariable => {
                    let lines = &unit.places.lines;
                    unit.info.base_line - 1 + lines.get(record.inst.0 as usize).copied().unwrap_or(0)
                }
                _ => document.index.line_of(range.end()),
            };
            values.push(LineValue {
                unit: unit.key,
                inst: record.inst,
                is_top_level: unit.kind != UnitKind::Function,
                line,
                kind: ValueKind::Value,
                text: short(value),
                details: details(value),
            });
        }
    }
    values
}

fn short(value: &Value) -> String {
    let times = if value.count > 1 { format!(" ×{}", value.count) } else { String::new() };
    format!("{}{times}", shorten(&value.text))
}

/// The first characters of a text, on one line.
fn shorten(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= SHORT {
        return text;
    }
    let head: String = text.chars().take(SHORT - 1).collect();
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

/// Examples tell most, then the top level, then watches.
fn rank(markers: &[Arc<MarkerItem>], evaluation: EvaluationId) -> Option<(u8, usize)> {
    match evaluation {
        EvaluationId::TopLevel => Some((1, 0)),
        EvaluationId::Marker(id) => {
            let index = markers.iter().position(|marker| marker.id == id)?;
            Some((if markers[index].usage == MarkerUse::Example { 0 } else { 2 }, index))
        }
    }
}

/// The recordings of a document that hold for its present text, the more telling ones first: examples, the top level, watches.
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
        let fresh = |recorded: &Recorded| {
            let marker = match recorded.evaluation {
                EvaluationId::TopLevel => None,
                EvaluationId::Marker(id) => Some(markers.iter().find(|marker| marker.id == id)?.code.fingerprint),
            };
            is_fresh(recorded, &layout, marker).then_some(())
        };
        let ranked = recorded.iter().enumerate().filter_map(|(index, it)| {
            fresh(it)?;
            Some((rank(&markers, it.evaluation)?, index))
        });
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_unstable();
        let order = ranked.into_iter().map(|(_, index)| index).collect();
        FreshRecordings { layout, markers, recorded, order }
    }

    /// Where an evaluation stands in the order; `None` if the text does not ask for it.
    pub fn rank(&self, evaluation: EvaluationId) -> Option<(u8, usize)> {
        rank(&self.markers, evaluation)
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

    /// What was seen at an instruction, in the most telling recording that has been there.
    pub fn value(&self, unit: UnitKey, inst: InstId) -> Option<&Value> {
        let mut values = self.iter().flat_map(|recorded| &recorded.outcome.values);
        values.find(|value| value.unit == unit && value.inst == inst)
    }
}
