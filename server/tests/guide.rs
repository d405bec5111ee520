//! The examples in the guide to built-in functions do what the guide says.

mod common;

use common::program;
use minilive::ide::guide::{GUIDE, paragraphs};
use minilive_runtime::intrinsics::IntrinsicId;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// What they give is there in interactive sessions only: the example is what a person enters.
const OF_SESSIONS: [&str; 2] = ["_in", "_out"];

/// What an example prints in a folder of its own, for a person who answers a question with `Ann`.
fn printed(name: &str, example: &str) -> String {
    let folder = std::env::temp_dir().join(format!("minilive-guide-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let mut command = Command::new(program());
    let of_session = OF_SESSIONS.contains(&name);
    let (arguments, typed): (&[&str], _) = match name {
        _ if of_session => (&["repl"], format!("{example}\n")),
        "input" => (&["run", "-c", example], "Ann\n".to_owned()),
        _ => (&["run", "-c", example], String::new()),
    };
    let input = if typed.is_empty() { Stdio::null() } else { Stdio::piped() };
    let mut child = command
        .args(arguments)
        .current_dir(&folder)
        .stdin(input)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(typed.as_bytes()).expect("it reads");
    }
    let run = child.wait_with_output().expect("it ends");
    fs::remove_dir_all(&folder).expect("our own folder");
    String::from_utf8(run.stdout).expect("UTF-8")
}

#[test]
fn every_example_prints_what_stands_beside_it() {
    for (name, _, example, prints) in GUIDE {
        assert_eq!(printed(name, example), *prints, "{name}: {example}");
    }
}

#[test]
fn every_function_is_explained_and_has_an_example() {
    for id in IntrinsicId::all() {
        let name = id.def().full_name();
        let told = paragraphs(id);
        assert!(told[0].len() > 10 && told[0].ends_with('.'), "{name}: {told:?}");
        assert!(told.iter().any(|it| it.contains("```miniscript\n")), "{name}: {told:?}");
    }
}
