//! No false alarm: programs that run are not warned about, unless they are made to fail in just that way.

use minilive::db::{File, LiveDb};
use minilive::document::{Content, DocumentView};
use minilive::ide::checks::{Weight, checks};
use minilive::settings::Checks;
use minilive_tests::files::{below, root};
use minilive_tests::{generate, spec};
use std::fs;

/// Codes and lines of a program's warnings.
fn warnings(text: &str) -> Vec<(&'static str, String)> {
    let db = LiveDb::default();
    let Content { text, parse, index } = Content::new(text);
    if !parse.errors.is_empty() {
        return Vec::new();
    }
    let file: File = db.add_file("file:///w/x.ms".into(), text.clone(), parse);
    let document =
        DocumentView { uri: "file:///w/x.ms".into(), version: 1, revision: 1, file, text: text.clone(), index };
    let found = checks(&db, &document, &Checks::default());
    let warnings = found.iter().filter(|it| it.weight == Weight::Warning);
    warnings.map(|it| (it.code, format!("{}: {}", &text[it.range], it.message))).collect()
}

#[test]
fn specs_are_warned_about_only_where_they_fail() {
    let mut wrong = Vec::new();
    for path in below(&root().join("tests/spec"), "md") {
        let text = fs::read_to_string(&path).expect("specs are UTF-8");
        for case in spec::read(&path, &text).unwrap_or_else(|error| panic!("{error}")) {
            for (code, message) in warnings(&case.program) {
                let fails = |words: &[&str]| words.iter().any(|word| case.output.contains(word));
                let deserved = match code {
                    "unknown-name" => fails(&["Undefined Identifier"]),
                    "too-many-arguments" => fails(&["Too many arguments"]),
                    "not-a-function" => fails(&["Not a function reference"]),
                    // The specs of duplicate keys say that the last one wins.
                    _ => code == "duplicate-key",
                };
                if !deserved {
                    wrong.push(format!("{}:{} {code}: {message}", case.file.display(), case.line));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn examples_and_generated_programs_are_clean() {
    for path in below(&root().join("examples"), "ms") {
        let text = fs::read_to_string(&path).expect("examples are UTF-8");
        assert_eq!(warnings(&text), [], "{}", path.display());
    }
    for seed in 0..300 {
        let program = generate::program(seed);
        assert_eq!(warnings(&program), [], "seed {seed}:\n{program}");
    }
}
