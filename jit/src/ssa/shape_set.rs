//! Sets of shapes with numbers near each other, which one instruction tests for.
//!
//! `build::member` makes them of ways that go on alike, guards and tests of [`super::Op`] carry them, `translate` compares with one
//! shape or looks a bit up. Invariant: bit 0 of a set's mask is set, so that equal sets are equal data.

use std::fmt;

/// A set of shapes that is not empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeSet {
    /// The lowest shape.
    pub base: u32,
    /// Which of the 64 shapes from that one on.
    pub mask: u64,
}

impl ShapeSet {
    /// The set of one shape.
    pub fn one(shape: u32) -> ShapeSet {
        ShapeSet { base: shape, mask: 1 }
    }

    /// The sets that these shapes, which rise, take.
    pub fn of(shapes: impl IntoIterator<Item = u32>) -> Vec<ShapeSet> {
        let mut sets: Vec<ShapeSet> = Vec::new();
        for shape in shapes {
            match sets.last_mut() {
                Some(last) if shape - last.base < u64::BITS => last.mask |= 1 << (shape - last.base),
                _ => sets.push(ShapeSet::one(shape)),
            }
        }
        sets
    }

    /// The shape, if it is one.
    pub fn single(self) -> Option<u32> {
        (self.mask == 1).then_some(self.base)
    }

    /// Whether a shape is one of them.
    pub fn contains(self, shape: u32) -> bool {
        shape.checked_sub(self.base).is_some_and(|bit| self.mask.checked_shr(bit).is_some_and(|it| it & 1 != 0))
    }

    /// The shapes.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..u64::BITS).filter(move |bit| self.mask >> bit & 1 != 0).map(move |bit| self.base + bit)
    }

    /// Whether all of them are in another set.
    pub fn is_within(self, other: ShapeSet) -> bool {
        self.iter().all(|shape| other.contains(shape))
    }

    /// Whether one of them is in another set.
    pub fn meets(self, other: ShapeSet) -> bool {
        self.iter().any(|shape| other.contains(shape))
    }
}

impl fmt::Debug for ShapeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes: Vec<String> = self.iter().map(|shape| shape.to_string()).collect();
        f.write_str(&shapes.join("|"))
    }
}

#[cfg(test)]
mod tests {
    use super::ShapeSet;

    #[test]
    fn far_shapes_take_another_set() {
        let sets = ShapeSet::of([3, 5, 66, 67, 200]);
        assert_eq!(format!("{sets:?}"), "[3|5|66, 67, 200]");
        assert!(sets[0].contains(66) && !sets[0].contains(4) && !sets[0].contains(67) && !sets[0].contains(2));
        assert_eq!((sets[0].single(), sets[1].single()), (None, Some(67)));
    }

    #[test]
    fn sets_compare() {
        let (few, many) = (ShapeSet::of([5, 9])[0], ShapeSet::of([3, 5, 9])[0]);
        assert!(few.is_within(many) && !many.is_within(few) && many.meets(few));
        assert!(!few.meets(ShapeSet::of([3, 6])[0]));
    }
}
