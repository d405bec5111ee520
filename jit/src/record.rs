//! What a recording run keeps: per record point how often, first and last values, bounds, the last ten.
//!
//! The interpreter's `Record` instructions call [`Run::record`]; [`Recorder::finish`] turns it into plain data for the editor.
//! Invariants: the memory per point is bounded; a list or map is kept as it was when it was seen, although its text is only
//! made when the run is over or right before it changes.

use crate::engine::unit::CodeId;
use crate::interp::Run;
use crate::interp::frame::CodeRef;
use minilive_mir::ir::{InstId, RecordKind, UnitKey};
use minilive_runtime::observe::Observation;
use minilive_runtime::realm::Realm;
use minilive_runtime::text::{self, Bounds};
use minilive_runtime::value::{Value, ValueKind};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many of the latest values a point keeps.
pub const RING: usize = 10;

/// What one record point saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedPoint {
    /// The unit.
    pub key: UnitKey,
    /// The instruction.
    pub inst: InstId,
    /// Why it is shown.
    pub kind: RecordKind,
    /// How many values there were.
    pub count: u64,
    /// Text of the first.
    pub first: String,
    /// Texts of the latest, oldest first.
    pub last: Vec<String>,
    /// Smallest and largest number, if all values were numbers.
    pub range: Option<(f64, f64)>,
    /// Kinds of the values seen ([`crate::feedback::Kinds`]).
    pub kinds: u8,
}

/// Everything a run recorded, by unit and instruction.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Recording {
    /// Points that were reached, sorted by unit and instruction.
    pub points: Vec<RecordedPoint>,
}

/// A value that was seen. Numbers, the bulk, need no room on the heap.
#[derive(Debug, Clone)]
enum Seen {
    Number(f64),
    Text(Box<str>),
    Watched(Observation),
}

#[derive(Debug)]
struct Log {
    inst: InstId,
    kind: RecordKind,
    count: u64,
    first: Seen,
    last: VecDeque<Seen>,
    range: Option<(f64, f64)>,
    kinds: u8,
}

/// Collects during a run.
#[derive(Debug, Default)]
pub struct Recorder {
    logs: FxHashMap<(CodeId, u32), Log>,
}

impl Recorder {
    /// Turns what was seen into texts.
    pub fn finish(&mut self, realm: &mut Realm, key_of: impl Fn(CodeId) -> UnitKey) -> Recording {
        let mut points: Vec<RecordedPoint> = self
            .logs
            .drain()
            .map(|((code, _), log)| RecordedPoint {
                key: key_of(code),
                inst: log.inst,
                kind: log.kind,
                count: log.count,
                first: shown(realm, &log.first),
                last: log.last.iter().map(|seen| shown(realm, seen)).collect(),
                range: log.range,
                kinds: log.kinds,
            })
            .collect();
        points.sort_by_key(|point| (point.key, point.inst, point.kind as u8));
        Recording { points }
    }
}

fn shown(realm: &mut Realm, seen: &Seen) -> String {
    match seen {
        Seen::Number(number) => text::describe(realm, Value::number(*number), Bounds::default()),
        Seen::Text(text) => text.to_string(),
        Seen::Watched(observation) => realm.observed_text(*observation),
    }
}

fn see(realm: &mut Realm, value: Value) -> Seen {
    match value.kind() {
        ValueKind::Number => Seen::Number(value.to_f64_lossy()),
        ValueKind::List | ValueKind::Map => Seen::Watched(realm.observe(value)),
        _ => Seen::Text(text::describe(realm, value, Bounds::default()).into()),
    }
}

fn forget(realm: &mut Realm, seen: &Seen) {
    if let Seen::Watched(observation) = seen {
        realm.release(*observation);
    }
}

impl Run<'_> {
    /// Keeps a value that a record point saw.
    pub(crate) fn record(&mut self, realm: &mut Realm, code: CodeRef, point: u32, value: Value) {
        if value.is_absent() {
            return;
        }
        let kinds = crate::interp::kinds_of(value).0;
        let number = value.as_number();
        let seen = see(realm, value);
        let place = &code.unit.records[point as usize];
        let log = self.recorder.logs.entry((code.id, point)).or_insert_with(|| Log {
            inst: place.inst,
            kind: place.kind,
            count: 0,
            first: seen.clone(),
            last: VecDeque::with_capacity(1),
            range: number.map(|it| (it, it)),
            kinds: 0,
        });
        if log.count == 0
            && let Seen::Watched(_) = log.first
        {
            // First and last hold the value on their own.
            log.first = see(realm, value);
        }
        log.count += 1;
        log.kinds |= kinds;
        log.range = match (log.range, number) {
            (Some((low, high)), Some(it)) => Some((low.min(it), high.max(it))),
            _ => None,
        };
        if log.last.len() == RING
            && let Some(old) = log.last.pop_front()
        {
            forget(realm, &old);
        }
        log.last.push_back(seen);
    }
}
