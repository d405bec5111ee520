//! Every case of every spec, in every tier and stress mode, recording and not: all must print what the spec says, and record
//! what the interpreter records.
//!
//! The cases stand in `tests/spec`; a failure names the file, the case, the mode, and shows both outputs. A case with the attribute
//! `compiled` must also have run compiled code in eager mode, so that it cannot test the interpreter by mistake. A failure inside
//! the compiler fails its case even if the output is right, since only the interpreter made it so.

use minilive_jit::engine::tier::Tier;
use minilive_tests::files::{below, relative, root};
use minilive_tests::modes::{FUEL, Mode, Ran, Variant, run_with};
use minilive_tests::spec::{Case, read};

fn cases() -> Vec<Case> {
    let files = below(&root().join("tests/spec"), "md");
    let read_file = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("specs are UTF-8");
        read(path, &text).unwrap_or_else(|error| panic!("{error}"))
    };
    files.iter().flat_map(read_file).collect()
}

fn complaint(case: &Case, mode: Mode, ran: &Ran, interpreted: &Ran) -> Option<String> {
    let place = format!("{}:{} ‘{}’ ({mode})", relative(&case.file), case.line, case.title);
    if ran.output != case.output {
        return Some(format!("{place}\n--- expected\n{}--- printed\n{}", case.output, ran.output));
    }
    let points = |ran: &Ran| ran.outcome.as_ref().map(|it| it.recording.points.clone()).unwrap_or_default();
    let (mine, theirs) = (points(ran), points(interpreted));
    if mine != theirs {
        let extra = mine.iter().filter(|it| !theirs.contains(it));
        let lacking = theirs.iter().filter(|it| !mine.contains(it));
        return Some(format!(
            "{place}\n--- recorded, unlike the interpreter\n{:#?}\n--- not recorded\n{:#?}",
            extra.collect::<Vec<_>>(),
            lacking.collect::<Vec<_>>()
        ));
    }
    if let Some(failure) = ran.compiler_failures().first() {
        return Some(format!("{place}: the compiler failed: {failure}"));
    }
    let compiled = || {
        let functions = ran.outcome.iter().flat_map(|it| &it.functions);
        functions.into_iter().any(|it| it.compiles > 0 || it.tier != Tier::Interpreter)
    };
    if mode == Mode::Eager && case.attribute("compiled").is_some() && !compiled() {
        return Some(format!("{place}: nothing was compiled"));
    }
    None
}

#[test]
fn every_spec_holds_in_every_mode() {
    let cases = cases();
    assert!(cases.len() > 80, "only {} cases found", cases.len());
    let mut failed = Vec::new();
    let mut passed = 0;
    for case in &cases {
        for variant in [Variant::Plain, Variant::Recording] {
            let run = |mode| run_with(&case.program, "spec.ms", mode, variant, FUEL);
            let interpreted = run(Mode::Interpreter);
            for mode in Mode::all() {
                match complaint(case, *mode, &run(*mode), &interpreted) {
                    Some(complaint) => failed.push(complaint),
                    None => passed += 1,
                }
            }
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{} runs failed:\n{}", failed.len(), failed.join("\n\n"));
}
