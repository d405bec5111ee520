//! The sizes of cells. Compiled code computes the class of an object whose size it knows.
//!
//! Invariant: sizes grow, all are multiples of 16, and [`class_of`] gives the smallest that fits.

/// Cell sizes in bytes.
pub const CLASS_SIZES: [usize; 24] = [
    32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048,
    4096,
];
/// How many size classes there are.
pub const CLASS_COUNT: usize = CLASS_SIZES.len();
/// The largest object that lives in a cell.
pub const MAX_CELL: usize = CLASS_SIZES[CLASS_COUNT - 1];

const LOOKUP: [u8; MAX_CELL / 16 + 1] = lookup();

const fn lookup() -> [u8; MAX_CELL / 16 + 1] {
    let mut table = [0; MAX_CELL / 16 + 1];
    let mut class = 0;
    let mut units = 0;
    while units < table.len() {
        if units * 16 > CLASS_SIZES[class] {
            class += 1;
        }
        table[units] = class as u8;
        units += 1;
    }
    table
}

/// The size class for an object of `bytes`, which is at most [`MAX_CELL`].
#[inline(always)]
pub const fn class_of(bytes: usize) -> usize {
    LOOKUP[bytes.div_ceil(16)] as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_the_smallest_class_that_fits() {
        for bytes in 0..=MAX_CELL {
            let class = class_of(bytes);
            assert!(CLASS_SIZES[class] >= bytes);
            assert!(class == 0 || CLASS_SIZES[class - 1] < bytes);
        }
        assert!(CLASS_SIZES.is_sorted() && CLASS_SIZES.iter().all(|size| size % 16 == 0));
    }
}
