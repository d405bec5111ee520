//! What runs may use, by who asked for them and how far the folder is trusted.

use super::handle::{Budget, Trust};
use crate::settings::Settings;
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// The budget of an evaluation that nobody asked for: as set, by default below a tenth of a second, so that a loop never feels like
/// a hang; and never more than a little in a folder without trust.
pub fn automatic(trust: Trust, settings: &Settings, frames: u32) -> Budget {
    let Settings { wall, operations: fuel, memory, .. } = *settings;
    match trust {
        Trust::Full => Budget { wall, fuel, memory, output: MIB, frames },
        _ => Budget {
            wall: wall.min(Duration::from_millis(20)),
            fuel: fuel.min(2_000_000),
            memory: memory.min(64 * MIB),
            output: MIB,
            frames,
        },
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
