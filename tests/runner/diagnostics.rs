//! Each code of a compile diagnostic has a spec that brings it about.
//!
//! The specs are the cases of `tests/spec` with an attribute `code`; that they print the reference's text is checked where all
//! specs are. What the compiler may say at all is listed beside what says it, and a code that is not listed there fails in any debug
//! build that meets it. docs/diagnostics.md explains the codes; the server's tests run its programs.

use minilive_mir::diagnostic::Diagnostic;
use minilive_mir::lower::{lower_expression, lower_file};
use minilive_tests::files::{below, root};
use minilive_tests::spec::{Case, read};
use std::fs;

fn diagnosed(program: &str) -> Vec<Diagnostic> {
    lower_file(&minilive_syntax::parse(program), "spec.ms").1
}

/// The codes a file may have.
fn codes() -> impl Iterator<Item = &'static str> {
    let all = minilive_syntax::CODES.iter().chain(minilive_mir::diagnostic::CODES).copied();
    all.filter(|code| *code != "not-an-expression")
}

fn cases() -> Vec<Case> {
    let files = below(&root().join("tests/spec"), "md");
    let cases = files.iter().flat_map(|path| {
        let text = fs::read_to_string(path).expect("specs are UTF-8");
        read(path, &text).unwrap_or_else(|error| panic!("{error}"))
    });
    let too_deep = Case {
        file: root().join(file!()),
        title: "nested-too-deeply".into(),
        line: line!() as usize,
        program: format!("x = {}1{}\n", "(".repeat(600), ")".repeat(600)),
        output: String::new(),
        attributes: vec![("code".into(), "nested-too-deeply".into())],
    };
    let too_large = Case {
        title: "too-large".into(),
        line: line!() as usize,
        program: format!("x = [0]\nx.push({}1)\n", "1, ".repeat(70_000)),
        attributes: vec![("code".into(), "too-large".into())],
        ..too_deep.clone()
    };
    cases.chain([too_deep, too_large]).filter(|case| case.attribute("code").is_some()).collect()
}

#[test]
fn every_code_has_its_spec() {
    let cases = cases();
    for code in codes() {
        let case = cases.iter().find(|case| case.attribute("code") == Some(code));
        let case = case.unwrap_or_else(|| panic!("no spec has `code={code}`"));
        let found = diagnosed(&case.program);
        assert_eq!(found.first().map(|it| it.code), Some(code), "{}:{} says {found:?}", case.file.display(), case.line);
    }
    for case in &cases {
        let code = case.attribute("code").expect("they have one");
        assert!(codes().any(|it| it == code), "{}:{}: there is no code `{code}`", case.file.display(), case.line);
    }
    let (_, found) = lower_expression("x = 1");
    assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), ["not-an-expression"]);
}
