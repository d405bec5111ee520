//! Equality, ordering and `isa` (LANGUAGE 3.3, 3.7, 3.11).
//!
//! Called by the inlined fast paths in `ops.rs` and by intrinsics that search. Invariants: deep equality uses its own work
//! list, never the native stack, and ends on cycles; ordering of unequal types is 0, never an error.

use super::{MAX_CHAIN, isa_of};
use crate::fault::Eval;
use crate::list::ListRef;
use crate::map::MapRef;
use crate::realm::{Realm, TypeMap};
use crate::string::StringRef;
use crate::value::{Unpacked, Value};
use rustc_hash::FxHashSet;

/// How many elements are compared between two looks at the budget.
const CHUNK: usize = 1 << 14;

/// Whether two numbers are equal: as IEEE says, and not-a-number equals itself.
#[inline(always)]
pub(crate) fn numbers_equal(x: f64, y: f64) -> bool {
    x == y || (x.is_nan() && y.is_nan())
}

/// `a == b` unless both are numbers.
#[inline(never)]
pub fn eq_slow(realm: &mut Realm, a: Value, b: Value) -> Eval<bool> {
    match shallow_eq(a, b) {
        Some(equal) => Ok(equal),
        None => DeepEq::default().run(realm, a, b),
    }
}

/// The answer, unless it needs a look into two lists or two maps.
#[inline]
fn shallow_eq(a: Value, b: Value) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    match (a.unpack(), b.unpack()) {
        (Unpacked::Number(x), Unpacked::Number(y)) => Some(numbers_equal(x, y)),
        (Unpacked::String(x), Unpacked::String(y)) => Some(x.same_text(y)),
        (Unpacked::List(x), Unpacked::List(y)) if x.len() == y.len() => None,
        (Unpacked::Map(_), Unpacked::Map(_)) => None,
        _ => Some(false),
    }
}

/// A comparison of two structures: pairs still to compare, and pairs that were met already and so count as equal.
#[derive(Default)]
struct DeepEq {
    work: Vec<(Value, Value)>,
    met: FxHashSet<(Value, Value)>,
    steps: usize,
}

impl DeepEq {
    fn run(mut self, realm: &mut Realm, a: Value, b: Value) -> Eval<bool> {
        self.work.push((a, b));
        while let Some((a, b)) = self.work.pop() {
            let equal = match (a.unpack(), b.unpack()) {
                (Unpacked::List(x), Unpacked::List(y)) => self.lists(realm, x, y)?,
                (Unpacked::Map(x), Unpacked::Map(y)) => self.maps(realm, x, y)?,
                _ => false,
            };
            if !equal {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Compares two elements; lists and maps are put off.
    fn pair(&mut self, realm: &mut Realm, a: Value, b: Value) -> Eval<bool> {
        self.steps += 1;
        if self.steps.is_multiple_of(CHUNK) {
            realm.charge(CHUNK as u64)?;
        }
        if let Some(equal) = shallow_eq(a, b) {
            return Ok(equal);
        }
        if self.met.insert((a, b)) {
            self.work.push((a, b));
        }
        Ok(true)
    }

    fn lists(&mut self, realm: &mut Realm, x: ListRef, y: ListRef) -> Eval<bool> {
        for index in 0..x.len() {
            let (Some(a), Some(b)) = (x.get(index), y.get(index)) else {
                return Ok(false);
            };
            if !self.pair(realm, a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn maps(&mut self, realm: &mut Realm, x: MapRef, y: MapRef) -> Eval<bool> {
        if x.len(realm) != y.len(realm) {
            return Ok(false);
        }
        let mut position = 0;
        while let Some(step) = x.iter_from(realm, position) {
            let Some(other) = y.get(realm, step.key) else {
                return Ok(false);
            };
            if !self.pair(realm, step.value, other)? {
                return Ok(false);
            }
            position = step.next;
        }
        Ok(true)
    }
}

/// An ordering operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Ordering {
    /// What two comparable things give.
    #[inline(always)]
    pub fn holds<T: PartialOrd + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Ordering::Less => a < b,
            Ordering::LessOrEqual => a <= b,
            Ordering::Greater => a > b,
            Ordering::GreaterOrEqual => a >= b,
        }
    }
}

/// An ordering unless both are numbers: 1, 0 or an error operand.
#[inline(never)]
pub fn order_slow(ordering: Ordering, a: Value, b: Value) -> Value {
    // `a > b` is `b < a`, also for which of two errors wins.
    let (first, second) = match ordering {
        Ordering::Less | Ordering::LessOrEqual => (a, b),
        Ordering::Greater | Ordering::GreaterOrEqual => (b, a),
    };
    if first.is_error() {
        return first;
    }
    match (a.unpack(), b.unpack()) {
        _ if second.is_error() => second,
        (Unpacked::String(x), Unpacked::String(y)) => Value::boolean(order_strings(ordering, x, y)),
        _ => Value::ZERO,
    }
}

/// Strings are ordered by their bytes, which is the order of their code points.
#[inline]
pub fn order_strings(ordering: Ordering, x: StringRef, y: StringRef) -> bool {
    ordering.holds(x.as_bytes(), y.as_bytes())
}

/// `a isa b`.
pub fn isa(realm: &mut Realm, a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    let is_type = |kind| b == realm.type_map(kind).value();
    match a.unpack() {
        Unpacked::Number(x) => b.as_number().map_or_else(|| is_type(TypeMap::Number), |y| numbers_equal(x, y)),
        Unpacked::String(x) => b.as_string().map_or_else(|| is_type(TypeMap::String), |y| x.same_text(y)),
        Unpacked::List(_) => is_type(TypeMap::List),
        Unpacked::Function(_) => is_type(TypeMap::Function),
        Unpacked::Map(map) => is_type(TypeMap::Map) || (b.is_map() && is_on_map_chain(realm, map, b)),
        Unpacked::Error(error) => is_type(TypeMap::Error) || is_on_error_chain(error.isa(), b),
        Unpacked::Null | Unpacked::Handle(_) | Unpacked::Internal => false,
    }
}

fn is_on_map_chain(realm: &mut Realm, map: MapRef, wanted: Value) -> bool {
    let mut at = map;
    for _ in 0..MAX_CHAIN {
        let parent = isa_of(realm, at);
        if parent == wanted {
            return true;
        }
        let Some(next) = parent.as_map() else { return false };
        at = next;
    }
    false
}

fn is_on_error_chain(first: Value, wanted: Value) -> bool {
    let mut at = first;
    for _ in 0..MAX_CHAIN {
        let Some(error) = at.as_error() else { return false };
        if at == wanted {
            return true;
        }
        at = error.isa();
    }
    false
}
