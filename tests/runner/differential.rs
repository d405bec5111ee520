//! A few generated programs in every mode; `cargo xtask differential` runs thousands.

use minilive_tests::differential::{Tally, check, modes_of};
use minilive_tests::modes::Mode;

#[test]
fn generated_programs_do_the_same_in_every_mode() {
    let mut tally = Tally::default();
    // The last one polled its memory at other moments in compiled code, and was cancelled elsewhere.
    for seed in (1..=40).chain([507_971]) {
        let modes = if seed <= 8 { Mode::all().to_vec() } else { modes_of(seed) };
        if let Err(found) = check(seed, &modes, &mut tally) {
            let found = *found;
            panic!(
                "seed {} differs in mode {} ({:?}):\n{}\n--- interpreter\n{}--- {}\n{}",
                found.seed, found.mode, found.variant, found.program, found.expected, found.mode, found.printed
            );
        }
    }
    println!("{tally:?}");
    let cancelled = if cfg!(minilive_portable) { 8 } else { 40 };
    assert!(tally.cancelled >= cancelled / 2, "{tally:?}");
    assert!(tally.cut < tally.programs / 4, "too many programs were cut to test anything: {tally:?}");
}
