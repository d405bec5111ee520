//! The examples in the guide to built-in functions do what the guide says.

mod common;

use common::program;
use minilive::ide::guide::GUIDE;
use std::process::Command;

#[test]
fn every_example_prints_what_stands_beside_it() {
    for (name, _, example, prints) in GUIDE.iter().filter(|it| !it.2.is_empty()) {
        let run = Command::new(program()).args(["run", "-c", example]).output().expect("the binary starts");
        assert_eq!(String::from_utf8_lossy(&run.stdout), *prints, "{name}: {example}");
    }
}
