//! No false alarm: programs that run are not warned about, unless they are made to fail in just that way.

use minilive_tests::files::{below, root};
use minilive_tests::modes::{Mode, run};
use minilive_tests::warnings::{false_alarms, false_alarms_where_it_ran, has_errors, warnings};
use minilive_tests::{generate, spec};
use std::fs;

#[test]
fn specs_are_warned_about_only_where_they_fail() {
    let mut wrong = Vec::new();
    for path in below(&root().join("tests/spec"), "md") {
        let text = fs::read_to_string(&path).expect("specs are UTF-8");
        for case in spec::read(&path, &text).unwrap_or_else(|error| panic!("{error}")) {
            let found = if has_errors(&case.program) { Vec::new() } else { false_alarms(&case.program, &case.output) };
            wrong.extend(found.iter().map(|it| format!("{}:{} {it}", case.file.display(), case.line)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn examples_and_generated_programs_are_clean() {
    for path in below(&root().join("examples"), "ms") {
        let text = fs::read_to_string(&path).expect("examples are UTF-8");
        assert!(!has_errors(&text), "{}", path.display());
        assert_eq!(warnings(&text), [], "{}", path.display());
    }
    for seed in 0..300 {
        let program = generate::program(seed);
        if warnings(&program).is_empty() {
            continue;
        }
        // Some programs end with a run-time error, as they are meant to.
        let found = false_alarms_where_it_ran(&program, &run(&program, "", Mode::Interpreter));
        assert_eq!(found, [""; 0], "seed {seed}:\n{program}");
    }
}
