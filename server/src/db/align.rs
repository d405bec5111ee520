//! Which units of a file are those of an earlier state of it.
//!
//! `names` asks, so that what is known of units goes on from what was known of them, wherever they stand now. Invariants: units that are
//! found again are of one kind and in the order they had; a unit whose text and key are what they were is found again unless it has
//! changed places with others; of what is the same at the start or at the end, so are the units around it and inside of it.

use super::pieces::{FileUnits, PlacedUnit};
use minilive_mir::ir::{UnitKey, UnitKind};
use rustc_hash::FxHashMap;

/// Where units were before: the first and the last of them are the objects that they were.
#[derive(Debug, PartialEq, Eq)]
pub struct Alignment {
    /// So many are the same at the start.
    pub start: usize,
    /// Which units those between them were before.
    pub from: Vec<Option<u32>>,
    /// So many are the same at the end.
    pub end: usize,
}

/// Finds the units again that stood in a file before.
pub fn align(before: &FileUnits, now: &FileUnits) -> Alignment {
    let start = before.same_start(now);
    let end = before.same_end(now, start);
    // What is inside of a unit that is another belongs to another unit.
    let inside = now.range(now.len() - end..now.len()).take_while(|it| it.parent.is_some()).count();
    let end = end - inside;
    let old: Vec<_> = before.range(start..before.len() - end).collect();
    let new: Vec<_> = now.range(start..now.len() - end).collect();
    let mut from = vec![None; new.len()];
    let alike = |(a, b): &(&PlacedUnit<'_>, &PlacedUnit<'_>)| is_alike(a, b);
    let first = old.iter().zip(&new).take_while(alike).count();
    let last = old[first..].iter().rev().zip(new[first..].iter().rev()).take_while(alike).count();
    let index = |at: usize| Some((start + at) as u32);
    (0..first).for_each(|at| from[at] = index(at));
    (1..=last).for_each(|at| from[new.len() - at] = index(old.len() - at));
    let (old, new) = (&old[first..old.len() - last], &new[first..new.len() - last]);
    let mut pairs = in_order(old, new);
    pairs.reverse();
    for (was, is) in statements_between(old, new, &pairs).into_iter().chain(pairs) {
        from[first + is] = index(first + was);
    }
    Alignment { start, from, end }
}

/// Whether two units can be one: by their key, or because both are one piece of a tree, which may have another number among equal ones.
fn is_alike(a: &PlacedUnit<'_>, b: &PlacedUnit<'_>) -> bool {
    let is_one_tree = || std::ptr::eq::<rowan::GreenNodeData>(&*a.unit.green, &*b.unit.green);
    a.unit.kind == b.unit.kind && (a.unit.key == b.unit.key || is_one_tree())
}

/// Statements that stand between units which are found again, where as many stood before: their indexes before and now. Who types in one
/// gives it another key.
fn statements_between(old: &[PlacedUnit<'_>], new: &[PlacedUnit<'_>], pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let statements = |all: &[PlacedUnit<'_>], from: usize, to: usize| -> Vec<usize> {
        (from..to).filter(|&at| all[at].unit.kind == UnitKind::Statement).collect()
    };
    let (mut was, mut is) = (0, 0);
    let mut found = Vec::new();
    for &(next_was, next_is) in pairs.iter().chain([&(old.len(), new.len())]) {
        let (before, now) = (statements(old, was, next_was), statements(new, is, next_is));
        if before.len() == now.len() {
            found.extend(before.into_iter().zip(now));
        }
        (was, is) = (next_was + 1, next_is + 1);
    }
    found
}

/// As many units of the same key as stand in the same order in both: their indexes before and now.
fn in_order(old: &[PlacedUnit<'_>], new: &[PlacedUnit<'_>]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let by_key: FxHashMap<UnitKey, usize> = old.iter().enumerate().map(|(at, it)| (it.unit.key, at)).collect();
    let found = new.iter().enumerate().filter_map(|(is, it)| Some((*by_key.get(&it.unit.key)?, is)));
    let pairs: Vec<_> = found.filter(|&(was, is)| old[was].unit.kind == new[is].unit.kind).collect();
    // For each length the row that ends earliest, and for each pair the one before it in its row.
    let (mut ends, mut previous): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::with_capacity(pairs.len()));
    for (at, (was, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].0 < *was);
        previous.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let row = std::iter::successors(ends.last().copied(), |&at| previous[at]);
    row.map(|at| pairs[at]).collect()
}
