//! The examples in the guide to built-in functions do what the guide says.

mod common;

use common::program;
use minilive::ide::guide::{GUIDE, paragraphs};
use minilive_runtime::intrinsics::IntrinsicId;
use std::process::Command;

#[test]
fn every_example_prints_what_stands_beside_it() {
    for (name, _, example, prints) in GUIDE.iter().filter(|it| !it.2.is_empty()) {
        let run = Command::new(program()).args(["run", "-c", example]).output().expect("the binary starts");
        assert_eq!(String::from_utf8_lossy(&run.stdout), *prints, "{name}: {example}");
    }
}

/// What a program shows of them depends on the person, the machine or other files; sessions alone have the names with `_`.
const WITHOUT_EXAMPLE: [&str; 10] =
    ["input", "_in", "_out", "gc", "FileHandle", "key", "exec", "_dateVal", "_dateStr", "import"];

#[test]
fn every_function_is_explained_and_has_an_example() {
    for id in IntrinsicId::globals() {
        let name = id.def().name;
        let told = paragraphs(id);
        assert!(told[0].len() > 10 && told[0].ends_with('.'), "{name}: {told:?}");
        let shown = told.iter().any(|it| it.contains("```miniscript\n"));
        assert_eq!(shown, !WITHOUT_EXAMPLE.contains(&name), "{name}: {told:?}");
    }
}
