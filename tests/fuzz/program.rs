//! Any text as a program: the parser keeps its promises, and whatever comes out lowers to code that verifies.

use super::mir::read_back;
use minilive_mir::lower::{lower_expression, lower_file, lower_module};
use minilive_mir::verify::verify;
use minilive_syntax::{Parse, parse};
use std::collections::BTreeSet;

/// What holds for the parse of any text whatever.
#[track_caller]
pub fn check_invariants(text: &str, parsed: &Parse) {
    assert!(parsed.syntax().text() == text, "the tree's text is the input: {text:?}");
    let lines = u32::try_from(text.split('\n').count() + text.matches('\r').count()).expect("short texts");
    for error in &parsed.errors {
        assert!(usize::from(error.range.end()) <= text.len(), "{error:?} in {text:?}");
        assert!((1..=lines).contains(&error.reference_line), "{error:?} in {text:?}");
    }
}

/// Parses and lowers a text, as a program, as a module and as an expression.
pub(super) fn check(text: &str) {
    let parsed = parse(text);
    check_invariants(text, &parsed);
    let programs =
        [lower_file(&parsed, "fuzz.ms").0.units, lower_module(&parsed, "fuzz.ms").0.units, lower_expression(text).0];
    for units in programs {
        let keys: BTreeSet<_> = units.iter().map(|unit| unit.key).collect();
        assert_eq!(keys.len(), units.len(), "keys are distinct");
        for unit in &units {
            let mir = unit.mir.as_deref().expect("lowering gives the code with every unit");
            verify(mir).unwrap_or_else(|errors| panic!("unit {} does not verify: {errors:?}", unit.key));
            assert_eq!(unit.info.lines.len(), mir.insts.len(), "the line table of unit {} is parallel", unit.key);
            assert!(mir.children.iter().all(|child| keys.contains(child)), "children of unit {} exist", unit.key);
            read_back(mir);
        }
    }
}
