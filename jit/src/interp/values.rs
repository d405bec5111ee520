//! Operators off their fast paths: what they saw goes into feedback, errors get their stack.
//!
//! `step` comes here when an operand is no number, and for the first samples. Invariant: operands are noted in source order.

use super::Run;
use crate::feedback::{FeedbackCell, INDEX_COMPUTED, INDEX_MIXED, INDEX_OUT_OF_RANGE, INDEX_SETTLED, Kinds};
use minilive_mir::ir::BinaryOp;
use minilive_runtime::fault::Eval;
use minilive_runtime::ops::{self, Ordering};
use minilive_runtime::realm::{Realm, TypeMap};
use minilive_runtime::value::{Value, ValueKind};

/// The kind of a value, as feedback notes it.
pub(crate) fn kinds_of(value: Value) -> Kinds {
    match value.kind() {
        ValueKind::Number => Kinds::of_number(value.to_f64_lossy()),
        ValueKind::String => Kinds::STRING,
        ValueKind::List => Kinds::LIST,
        ValueKind::Map => Kinds::MAP,
        ValueKind::Function => Kinds::FUNCTION,
        _ => Kinds::OTHER,
    }
}

/// Notes one sample of an operator.
#[cold]
#[inline(never)]
pub(super) fn sample(cell: &FeedbackCell, a: Value, b: Value, result: Value) {
    cell.see_arith(kinds_of(a), kinds_of(b), kinds_of(result));
}

/// Notes one sample of an index access that took its fast path.
#[cold]
#[inline(never)]
pub(super) fn sample_index(cell: &FeedbackCell, container: Value, key: Value, value: Value) {
    cell.see_index(kinds_of(container), kinds_of(key), kinds_of(value), index_flags(container, key));
}

/// `container[from:to]`; the end is noted as a value.
pub(super) fn slice(realm: &mut Realm, cell: &FeedbackCell, of: Value, from: Value, to: Value) -> Eval<Value> {
    if !cell.is_sampled() {
        sample_index(cell, of, from, to);
    }
    ops::slice(realm, of, from, to)
}

fn is_computed(container: Value) -> bool {
    container.as_list().is_some_and(|list| list.is_computed())
}

/// Notes one sample of an index access that is done; `computed`: whether the container was a computed list before.
fn see_index(cell: &FeedbackCell, container: Value, key: Value, value: Value, computed: bool) {
    let settled = if computed && !is_computed(container) { INDEX_SETTLED } else { 0 };
    let flags = index_flags(container, key) | settled;
    cell.see_index(kinds_of(container), kinds_of(key), kinds_of(value), flags);
}

fn index_flags(container: Value, key: Value) -> u8 {
    let Some(list) = container.as_list() else { return 0 };
    let mut flags = 0;
    if list.is_computed() {
        flags |= INDEX_COMPUTED;
    }
    if !list.all_numbers() {
        flags |= INDEX_MIXED;
    }
    let index = key.to_f64_lossy();
    if !(index >= 0.0 && index < list.len() as f64) {
        flags |= INDEX_OUT_OF_RANGE;
    }
    flags
}

/// The next element of a `for`, and where to go on behind it; off the fast path of lists, at whose end this is called, too. What is no
/// list of elements is noted.
#[inline(never)]
pub(super) fn next_element(
    realm: &mut Realm,
    object: Value,
    at: Value,
    cell: &FeedbackCell,
) -> Eval<Option<(Value, Value)>> {
    let computed = object.as_list().map(|list| list.is_computed());
    if !cell.is_sampled() && computed != Some(false) {
        let flags = if computed == Some(true) { INDEX_COMPUTED } else { 0 };
        cell.see_index(kinds_of(object), Kinds::NONE, Kinds::NONE, flags);
    }
    ops::iter_next(realm, object, at)
}

/// A map's own entry, where the cell has nothing to learn from it.
#[inline(never)]
pub(super) fn known_entry(realm: &Realm, container: Value, key: Value, cell: &FeedbackCell) -> Option<Value> {
    let map = container.as_map()?;
    if cell.is_sampled() && cell.index().container.meets(Kinds::MAP) { map.get(realm, key) } else { None }
}

/// What `object[key](…)` calls. Noted as what `object[key]` reads.
#[inline(never)]
pub(super) fn called_by_key(
    realm: &mut Realm,
    object: Value,
    key: Value,
    cell: &FeedbackCell,
) -> Eval<ops::MemberFound> {
    let found = ops::method_by_key(realm, object, key)?;
    if !cell.is_sampled() {
        sample_index(cell, object, key, found.value);
    }
    Ok(found)
}

/// Equality of strings, and with null, where the cell has nothing to learn from it.
#[inline]
pub(crate) fn equal_quickly(cell: &FeedbackCell, a: Value, b: Value) -> Option<bool> {
    if !cell.is_sampled() {
        return None;
    }
    if a.is_null() || b.is_null() {
        return cell.knows(kinds_of_fast(a), kinds_of_fast(b)).then_some(a == b);
    }
    let (x, y) = (a.as_string()?, b.as_string()?);
    cell.knows(Kinds::STRING, Kinds::STRING).then(|| x.same_text(y))
}

/// Order has no such shortcut.
#[inline(always)]
pub(super) fn never_quickly(_: &FeedbackCell, _: Value, _: Value) -> Option<bool> {
    None
}

/// As [`kinds_of`], without telling integers from other numbers.
#[inline]
pub(super) fn kinds_of_fast(value: Value) -> Kinds {
    if value.is_number() { Kinds::NUMBER } else { kinds_of(value) }
}

/// A comparison, if both operands are strings: the most frequent one that is not about numbers.
pub(crate) fn compare_strings(op: BinaryOp, a: Value, b: Value) -> Option<bool> {
    let (x, y) = (a.as_string()?, b.as_string()?);
    Some(match op {
        BinaryOp::Eq => x.same_text(y),
        BinaryOp::Ne => !x.same_text(y),
        BinaryOp::Lt => ops::order_strings(Ordering::Less, x, y),
        BinaryOp::Le => ops::order_strings(Ordering::LessOrEqual, x, y),
        BinaryOp::Gt => ops::order_strings(Ordering::Greater, x, y),
        BinaryOp::Ge => ops::order_strings(Ordering::GreaterOrEqual, x, y),
        _ => return None,
    })
}

impl Run<'_> {
    /// An operator on any two values.
    #[inline(never)]
    pub(super) fn binary(
        &mut self,
        realm: &mut Realm,
        op: BinaryOp,
        (a, b): (Value, Value),
        cell: &FeedbackCell,
    ) -> Eval<Value> {
        if cell.is_sampled()
            && cell.knows(Kinds::STRING, Kinds::STRING)
            && let Some(holds) = compare_strings(op, a, b)
        {
            return Ok(Value::boolean(holds));
        }
        let result = match op {
            BinaryOp::Add => ops::add(realm, a, b)?,
            BinaryOp::Sub => ops::sub(realm, a, b)?,
            BinaryOp::Mul => ops::mul(realm, a, b)?,
            BinaryOp::Div => ops::div(realm, a, b)?,
            BinaryOp::Mod => ops::rem(a, b),
            BinaryOp::Pow => ops::pow(a, b),
            BinaryOp::Eq => Value::boolean(ops::eq(realm, a, b)?),
            BinaryOp::Ne => Value::boolean(!ops::eq(realm, a, b)?),
            BinaryOp::Lt => ops::lt(a, b),
            BinaryOp::Le => ops::le(a, b),
            BinaryOp::Gt => ops::gt(a, b),
            BinaryOp::Ge => ops::ge(a, b),
            BinaryOp::Isa => Value::boolean(ops::isa(realm, a, b)),
            BinaryOp::And => ops::and_final(realm, a, b),
            BinaryOp::Or => ops::or_final(realm, a, b),
        };
        cell.see_arith(kinds_of(a), kinds_of(b), kinds_of(result));
        if result.is_error() {
            return Ok(ops::attach_stack(realm, self, result));
        }
        Ok(result)
    }

    /// `container[key]` off its fast path.
    #[inline(never)]
    pub(super) fn get_index(
        &mut self,
        realm: &mut Realm,
        container: Value,
        key: Value,
        cell: &FeedbackCell,
    ) -> Eval<Value> {
        if cell.is_sampled()
            && cell.index().container.meets(Kinds::STRING)
            && let Some(text) = container.as_string().filter(|_| key.is_number())
            && !realm.type_map(TypeMap::String).is_dict()
        {
            return Ok(ops::string_element(realm, text, key));
        }
        let computed = is_computed(container);
        let value = ops::index_get(realm, container, key)?;
        see_index(cell, container, key, value, computed);
        Ok(value)
    }

    /// `container[key] = value` off its fast path.
    #[inline(never)]
    pub(super) fn set_index(
        &mut self,
        realm: &mut Realm,
        (container, key, value): (Value, Value, Value),
        cell: &FeedbackCell,
    ) -> Eval<()> {
        if cell.is_sampled()
            && cell.index().container.meets(Kinds::MAP)
            && let Some(map) = container.as_map()
        {
            return map.set(realm, key, value);
        }
        // Its elements may stand in memory already: it is a rule to the program until now.
        let computed = container.as_list().is_some_and(|list| list.is_computed() || list.counts_as_computed());
        ops::index_set(realm, container, key, value)?;
        see_index(cell, container, key, value, computed);
        Ok(())
    }
}
