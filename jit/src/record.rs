//! What a recording run keeps: per record point how often, first and last values, bounds, the last ten.
//!
//! Every code object of the recording variant has a [`Point`] for each record point of its unit. The interpreter adds to it by
//! [`Point::add_number`] and [`Point::add`]; compiled code adds numbers itself and calls [`Point::add`] for the rest;
//! [`take`] turns what was seen into plain data for the editor and leaves the points empty for the next run.
//! Invariants: the memory per point is bounded; a list or map is kept as it was when it was seen, although its text is only
//! made when the run is over or right before it changes; a point reads the same whichever tier filled it.

mod held;

pub use held::{Held, HeldMember};

use crate::engine::table::CodeTable;
use crate::feedback::Kinds;
use held::Look;
use minilive_mir::ir::{InstId, RecordKind, RecordPoint, Ty, Unit, UnitKey};
use minilive_runtime::observe::Observation;
use minilive_runtime::realm::Realm;
use minilive_runtime::text::{self, Bounds};
use minilive_runtime::value::{Value, ValueKind};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem::offset_of;

/// How many of the latest values a point keeps.
pub const RING: usize = 10;

/// Places for the latest numbers: [`RING`] rounded up to a power of two, so that finding the next one takes no division.
pub const ROOM: usize = RING.next_power_of_two();

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
    /// Smallest and largest number, if all values were numbers and not all of them NaN.
    pub range: Option<(f64, f64)>,
    /// Kinds of the values seen ([`Kinds`]); a number counts as every kind of number.
    pub kinds: u8,
    /// Which of those that [`Kinds`] does not tell apart were among them.
    pub others: Others,
    /// The variable whose value this is, if it has a name.
    pub name: Option<SmolStr>,
    /// What the last value held in the end that was no number or string; if all were, their type.
    pub held: Held,
}

/// Values seen that are [`Kinds::OTHER`] to compiled code, and something to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Others {
    /// Null.
    pub null: bool,
    /// An error value.
    pub error: bool,
    /// An object of the host.
    pub handle: bool,
}

impl Others {
    fn see(&mut self, kind: ValueKind) {
        self.null |= kind == ValueKind::Null;
        self.error |= kind == ValueKind::Error;
        self.handle |= kind == ValueKind::Handle;
    }
}

/// Everything a run recorded, by unit and instruction.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Recording {
    /// Points that were reached, sorted by unit and instruction.
    pub points: Vec<RecordedPoint>,
}

/// What one record point saw so far in this run. Where all values are numbers, the bulk, nothing but this struct is touched.
#[derive(Debug)]
#[repr(C)]
pub struct Point {
    count: Cell<u64>,
    low: Cell<f64>,
    high: Cell<f64>,
    /// The latest numbers; the n-th, counted from 0, stands at n modulo [`ROOM`].
    ring: [Cell<f64>; ROOM],
    /// 1 if there was a value and all were numbers, so that a further number needs no more than the fields above.
    numbers: Cell<u8>,
    first: Cell<f64>,
    /// Takes over at the first value that is no number.
    mixed: RefCell<Option<Box<Mixed>>>,
}

/// Offset of a [`Point`]'s count.
pub const POINT_COUNT: usize = offset_of!(Point, count);
/// Offset of its smallest number.
pub const POINT_LOW: usize = offset_of!(Point, low);
/// Offset of its largest number.
pub const POINT_HIGH: usize = offset_of!(Point, high);
/// Offset of its latest numbers.
pub const POINT_RING: usize = offset_of!(Point, ring);
/// Offset of the byte that tells whether numbers may be added in place.
pub const POINT_NUMBERS: usize = offset_of!(Point, numbers);

/// Values of several kinds.
#[derive(Debug)]
struct Mixed {
    first: Seen,
    last: VecDeque<Seen>,
    /// The last list or map, for [`Held`].
    kept: Option<Observation>,
    kinds: Kinds,
    others: Others,
}

/// A value that was seen.
#[derive(Debug)]
enum Seen {
    Number(f64),
    Text(Box<str>),
    Watched(Observation),
}

impl Default for Point {
    fn default() -> Point {
        Point {
            count: Cell::new(0),
            low: Cell::new(f64::INFINITY),
            high: Cell::new(f64::NEG_INFINITY),
            ring: Default::default(),
            numbers: Cell::new(0),
            first: Cell::new(0.0),
            mixed: RefCell::default(),
        }
    }
}

impl Point {
    /// Adds a number, if a number was all there was before; compiled code has the same few instructions of its own.
    #[inline(always)]
    pub(crate) fn add_number(&self, number: f64) -> bool {
        if self.numbers.get() == 0 {
            return false;
        }
        let count = self.count.get();
        self.ring[count as usize % ROOM].set(number);
        self.count.set(count + 1);
        if number < self.low.get() {
            self.low.set(number);
        }
        if number > self.high.get() {
            self.high.set(number);
        }
        true
    }

    /// Adds any value. The mark of an unassigned variable is none.
    #[inline(never)]
    pub(crate) fn add(&self, realm: &mut Realm, value: Value) {
        if value.is_absent() {
            return;
        }
        match value.as_number() {
            Some(number) if self.count.get() == 0 => {
                self.numbers.set(1);
                self.first.set(number);
                self.add_number(number);
            }
            Some(number) if self.add_number(number) => {}
            _ => self.add_mixed(realm, value),
        }
    }

    fn add_mixed(&self, realm: &mut Realm, value: Value) {
        let mut mixed = self.mixed.borrow_mut();
        let kinds = if value.is_number() { Kinds::NUMBER } else { crate::interp::kinds_of(value) };
        let log = mixed.get_or_insert_with(|| match self.count.get() {
            // First and last hold the value on their own.
            0 => {
                let first = see(realm, value);
                Box::new(Mixed { first, last: VecDeque::new(), kept: None, kinds, others: Others::default() })
            }
            _ => {
                let last = self.numbers_seen().map(Seen::Number).collect();
                let first = Seen::Number(self.first.get());
                Box::new(Mixed { first, last, kept: None, kinds: Kinds::NUMBER, others: Others::default() })
            }
        });
        self.numbers.set(0);
        self.count.set(self.count.get() + 1);
        log.kinds = log.kinds.union(kinds);
        log.others.see(value.kind());
        if log.last.len() == RING
            && let Some(Seen::Watched(observation)) = log.last.pop_front()
        {
            realm.release(observation);
        }
        let seen = see(realm, value);
        if let Seen::Watched(observation) = seen
            && log.kept != Some(observation)
        {
            realm.keep(observation);
            if let Some(before) = log.kept.replace(observation) {
                realm.let_go(before);
            }
        }
        log.last.push_back(seen);
    }

    /// The latest numbers, oldest first.
    fn numbers_seen(&self) -> impl Iterator<Item = f64> {
        let count = self.count.get();
        let first = count.saturating_sub(RING as u64);
        (first..count).map(|n| self.ring[n as usize % ROOM].get())
    }

    /// Takes out what was seen, as texts; `None` if the point was not reached.
    fn take(&self, look: &mut Look<'_>, (key, unit): (UnitKey, &Unit), place: &RecordPoint) -> Option<RecordedPoint> {
        let Point { count, low, high, first, mixed, .. } = self;
        let (mixed, count) = (mixed.take(), count.get());
        if mixed.is_none() && count == 0 {
            return None;
        }
        let kinds = mixed.as_ref().map_or(Kinds::NUMBER, |mixed| mixed.kinds);
        let others = mixed.as_ref().map_or_else(Others::default, |mixed| mixed.others);
        let kept = mixed.as_ref().and_then(|mixed| look.realm().kept_value(mixed.kept?));
        let held = kept.map_or_else(|| Held { ty: type_of(kinds), ..Held::default() }, |value| look.at(value));
        let realm = look.realm();
        let (first, last, range) = match mixed {
            None => {
                let last = self.numbers_seen().map(|number| number_text(realm, number)).collect();
                let range = (low.get() <= high.get()).then(|| (low.get(), high.get()));
                (number_text(realm, first.get()), last, range)
            }
            Some(mixed) => {
                let last = mixed.last.iter().map(|seen| shown(realm, seen)).collect();
                (shown(realm, &mixed.first), last, None)
            }
        };
        self.reset();
        let name = unit.variable_of(place).map(SmolStr::new);
        let RecordPoint { inst, kind, .. } = *place;
        Some(RecordedPoint { key, inst, kind, count, first, last, range, kinds: kinds.0, others, name, held })
    }

    fn reset(&self) {
        self.count.set(0);
        self.low.set(f64::INFINITY);
        self.high.set(f64::NEG_INFINITY);
        self.numbers.set(0);
    }

    /// Forgets what was seen.
    fn forget(&self, realm: &mut Realm) {
        let Mixed { first, last, kept, .. } = match self.mixed.take() {
            Some(mixed) => *mixed,
            None => return self.reset(),
        };
        if let Some(kept) = kept {
            realm.let_go(kept);
        }
        for seen in std::iter::once(first).chain(last) {
            if let Seen::Watched(observation) = seen {
                realm.release(observation);
            }
        }
        self.reset();
    }
}

/// Forgets what all points saw.
pub(crate) fn forget(codes: &CodeTable, realm: &mut Realm) {
    codes.iter().flat_map(|code| &code.points).for_each(|point| point.forget(realm));
}

/// Takes out what all points saw, as texts.
pub(crate) fn take(codes: &CodeTable, realm: &mut Realm) -> Recording {
    let mut points = Vec::new();
    let mut look = Look::new(codes, realm);
    for code in codes.iter() {
        for (point, place) in code.points.iter().zip(&code.unit.records) {
            points.extend(point.take(&mut look, (code.key, &code.unit), place));
        }
    }
    points.sort_by_key(|point| (point.key, point.inst, point.kind as u8));
    Recording { points }
}

/// The type of values that are all of one kind and no lists or maps.
fn type_of(kinds: Kinds) -> Ty {
    match kinds {
        Kinds::NUMBER => Ty::Number,
        Kinds::STRING => Ty::String,
        Kinds::FUNCTION => Ty::Function,
        _ => Ty::Any,
    }
}

fn number_text(realm: &mut Realm, number: f64) -> String {
    text::describe(realm, Value::number(number), Bounds::default())
}

fn shown(realm: &mut Realm, seen: &Seen) -> String {
    match seen {
        Seen::Number(number) => number_text(realm, *number),
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

#[cfg(test)]
mod tests {
    use super::*;
    use minilive_runtime::host::CaptureHost;
    use minilive_runtime::realm::RealmConfig;
    use minilive_runtime::shared::Shared;
    use std::sync::Arc;

    fn realm(stress: bool) -> Box<Realm> {
        let mut config = RealmConfig::new(Box::new(CaptureHost::new()));
        config.heap.stress = stress;
        Realm::new(Arc::new(Shared::new()), config)
    }

    fn taken(point: &Point, realm: &mut Realm) -> RecordedPoint {
        taken_if_reached(point, realm).expect("reached")
    }

    fn taken_if_reached(point: &Point, realm: &mut Realm) -> Option<RecordedPoint> {
        let codes = CodeTable::new(Arc::new(Shared::new()), 0);
        let (program, _) = minilive_mir::lower::lower_file(&minilive_syntax::parse("x = y\n"), "test.ms");
        let unit = program.units[0].mir.as_ref().expect("lowered");
        point.take(&mut Look::new(&codes, realm), (UnitKey(1), unit), &unit.records[0])
    }

    #[test]
    fn numbers_keep_count_bounds_first_and_the_latest() {
        realm(false).enter(|realm| {
            let point = Point::default();
            for n in [3.0, -1.0, f64::NAN, 7.5] {
                point.add(realm, Value::number(n));
            }
            for n in 0..20 {
                assert!(point.add_number(f64::from(n)), "only numbers so far");
            }
            let seen = taken(&point, realm);
            assert_eq!((seen.count, seen.first.as_str(), seen.range), (24, "3", Some((-1.0, 19.0))));
            assert_eq!(seen.last, ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"]);
            assert!(taken_if_reached(&point, realm).is_none(), "it is empty again");
        });
    }

    #[test]
    fn another_kind_takes_over_with_all_that_was_seen() {
        realm(true).enter(|realm| {
            let point = Point::default();
            point.add(realm, Value::ABSENT);
            for n in 0..12 {
                point.add(realm, Value::number(f64::from(n)));
            }
            let list = realm.new_list(&[Value::ONE]);
            point.add(realm, list.value());
            list.push(realm, Value::ZERO).expect("not frozen");
            point.add(realm, list.value());
            assert!(!point.add_number(5.0), "numbers no longer have the short way");
            point.add(realm, Value::number(5.0));
            let seen = taken(&point, realm);
            assert_eq!((seen.count, seen.first.as_str(), seen.range), (15, "0", None));
            assert_eq!(seen.last, ["5", "6", "7", "8", "9", "10", "11", "[1]", "[1, 0]", "5"]);
            assert_eq!(Kinds(seen.kinds), Kinds::NUMBER.union(Kinds::LIST));
        });
    }

    #[test]
    fn without_a_number_that_compares_there_is_no_range() {
        realm(false).enter(|realm| {
            let point = Point::default();
            point.add(realm, Value::number(f64::NAN));
            assert_eq!(taken(&point, realm).range, None);
        });
    }
}
