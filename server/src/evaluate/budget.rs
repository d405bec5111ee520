//! What runs may use, by who asked for them and how far the folder is trusted.

use super::handle::{Budget, Trust};
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// The budget of an evaluation that nobody asked for: below a tenth of a second, so that a loop never feels like a hang.
pub fn automatic(trust: Trust, frames: u32) -> Budget {
    match trust {
        Trust::Full => {
            Budget { wall: Duration::from_millis(100), fuel: 20_000_000, memory: 256 * MIB, output: MIB, frames }
        }
        _ => Budget { wall: Duration::from_millis(20), fuel: 2_000_000, memory: 64 * MIB, output: MIB, frames },
    }
}

/// The budget of a run that a person asked for and can stop.
pub fn asked(trust: Trust) -> Budget {
    match trust {
        Trust::Full => Budget {
            wall: Duration::from_secs(3600),
            fuel: u64::MAX,
            memory: 1024 * MIB,
            output: 64 * MIB,
            frames: u32::MAX,
        },
        _ => Budget { wall: Duration::from_secs(10), fuel: u64::MAX, memory: 64 * MIB, output: MIB, frames: u32::MAX },
    }
}
