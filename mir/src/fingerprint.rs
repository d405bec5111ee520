//! The hash of a unit's meaning, under which its code, feedback and recordings are kept.
//!
//! Computed by the database and by `lower_file`; compared by the engine. Invariant: equal units have equal fingerprints, and
//! since a unit holds no positions, moving code or editing white space keeps its fingerprint.

use crate::ir::Unit;
use crate::program::Fingerprint;

/// Changes whenever the meaning of stored MIR changes, so that caches on disk or in a newer worker never mix versions.
const FORMAT: &str = "minilive mir 2";

/// The fingerprint of a unit.
pub fn fingerprint(unit: &Unit) -> Fingerprint {
    let bytes = postcard::to_stdvec(unit).expect("plain data without maps or borrowed parts always serialises");
    let mut hasher = blake3::Hasher::new();
    hasher.update(FORMAT.as_bytes());
    hasher.update(&bytes);
    let hash = hasher.finalize();
    let (head, _) = hash.as_bytes().split_first_chunk::<16>().expect("a BLAKE3 hash has 32 bytes");
    Fingerprint(u128::from_le_bytes(*head))
}
