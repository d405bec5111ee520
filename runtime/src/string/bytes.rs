//! Hash, comparison and copies of text bytes. Most texts are short: both ends are read as words, which overlap.
//!
//! `string.rs` calls this for its objects. Invariant: two texts are equal exactly if their lengths and bytes are, and equal texts have the
//! same hash.

/// The hash that strings cache; never 0.
#[inline]
pub fn text_hash(bytes: &[u8]) -> u32 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = bytes.len() as u64 ^ FACTOR;
    let mut rest = bytes;
    while rest.len() > 8 {
        hash = (hash ^ u64::from_le_bytes(head(rest))).wrapping_mul(FACTOR);
        hash ^= hash >> 32;
        rest = &rest[8..];
    }
    // The last word overlaps the one before, unless the text is shorter than a word.
    hash = (hash ^ last_word(bytes)).wrapping_mul(FACTOR);
    (((hash ^ hash >> 29) >> 16) as u32).max(1)
}

/// The last eight bytes, or all of a shorter text.
#[inline(always)]
fn last_word(bytes: &[u8]) -> u64 {
    match bytes.len() {
        0 => 0,
        len @ 1..4 => u64::from(bytes[0]) | u64::from(bytes[len / 2]) << 8 | u64::from(bytes[len - 1]) << 16,
        4..8 => u64::from(u32::from_le_bytes(head(bytes))) | u64::from(u32::from_le_bytes(tail(bytes))) << 32,
        _ => u64::from_le_bytes(tail(bytes)),
    }
}

/// The first bytes of a text that has as many.
#[inline(always)]
pub(super) fn head<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut ends = [0; N];
    ends.copy_from_slice(&bytes[..N]);
    ends
}

/// The last bytes of a text that has as many.
#[inline(always)]
pub(super) fn tail<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut ends = [0; N];
    ends.copy_from_slice(&bytes[bytes.len() - N..]);
    ends
}

/// Whether two texts are equal.
#[inline]
pub(super) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    #[inline(always)]
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        head::<N>(a) == head::<N>(b) && tail::<N>(a) == tail::<N>(b)
    }
    let len = a.len();
    if len != b.len() {
        return false;
    }
    let b = &b[..len];
    match len {
        0 => true,
        1 => a[0] == b[0],
        2..4 => ends::<2>(a, b),
        4..8 => ends::<4>(a, b),
        8..=16 => ends::<8>(a, b),
        17..=32 => ends::<16>(a, b),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_in_any_byte() {
        for len in 0..70 {
            let text: Vec<u8> = (0..len).map(|at| b'a' + (at % 7) as u8).collect();
            let copy = text.clone();
            assert!(same_bytes(&text, &copy) && text_hash(&text) == text_hash(&copy));
            assert!(!same_bytes(&text, &[&copy[..], b"a"].concat()));
            for at in 0..len {
                let mut other = copy.clone();
                other[at] = b'z';
                assert!(!same_bytes(&text, &other), "byte {at} of {len}");
                assert_ne!(text_hash(&text), text_hash(&other), "byte {at} of {len}");
            }
        }
    }
}
