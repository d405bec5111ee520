//! Each code of a compile diagnostic has a spec that brings it about, and docs/diagnostics.md shows them all.
//!
//! The specs are the cases of `tests/spec` with an attribute `code`; that they print the reference's text is checked where all
//! specs are. The page is made from them: `UPDATE_EXPECT=1` rewrites it. What the compiler may say at all is listed beside what
//! says it, and a code that is not listed there fails in any debug build that meets it.

use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_mir::lower::{lower_expression, lower_file};
use minilive_tests::files::{below, root};
use minilive_tests::spec::{Case, read};
use std::fmt::Write;
use std::fs;

const PAGE: &str = "docs/diagnostics.md";

const HEAD: &str = "# Diagnostics

What MiniLive says about the text of a program, by code: the least program that brings it about, our sentence with the columns it
points at, and what the reference prints (`run --compat` prints the same, the first error alone). This page is made from
`tests/spec/diagnostics.md`; a test compares.

";

const TAIL: &str = "## Only in the editor

| Code | Said of |
|---|---|
| `not-an-expression` | a watch or example that is more than an expression or a call |
| `import-not-found` | an `import` whose module is nowhere on the path |
| `import-broken` | an `import` whose module does not compile |
| `import-circle` | an `import` that leads back to its own file |
| `marker` | a watch or example that cannot be read |
| `runtime-error` | a line at which an evaluation failed |
| `evaluation-cut` | a line at which an evaluation used up its budget |

## Warnings of the editor

The reference says nothing of these; editors and `minilive check` do. They hold for programs that run, so nothing is said where names
come from places that the text does not show: `locals`, `outer` or `globals` used as maps, an `import` whose name is no literal, a file that other files import.

| Code | Said of | Fix |
|---|---|---|
| `called-instead` | an argument that names a function with parameters, which is called without them; only information | `@` before it |
| `duplicate-key` | a key that stands twice in one map literal | |
| `fixed-comparison` | a comparison of types that are never equal, or have no order, so that it always comes out the same | |
| `frozen-value` | an assignment into what `freeze` froze just before | |
| `loop-variable` | an assignment to the variable of a `for` in its own body; only information | |
| `missing-member` | a member that no number, string, list or function has, and that the file gives to nothing | |
| `missing-return` | the end of a function that gives a value elsewhere; only information | |
| `no-result` | an operator that gives null for the types of its operands, such as a list minus a number | |
| `not-a-function` | a call with arguments of what only ever holds numbers, strings, lists or maps | |
| `possibly-unassigned` | a variable that has a value on some ways only; not said unless a setting gives it a level | |
| `shadowed-intrinsic` | a global with the name of a built-in function; not said unless a setting gives it a level | |
| `too-many-arguments` | a call with more arguments than the function has parameters | |
| `unassigned-variable` | a variable that has no value yet on any way to where it is read | |
| `unknown-name` | a name that nothing in the file gives a value; with the most similar known name | change to that name |
| `unreachable-code` | statements behind `return`, `break` or `continue` in the same block; drawn faintly | |
| `unused-import` | a module that is never used; drawn faintly | remove its line, and with it whatever the module does when it is loaded |
| `unused-local` | a variable of a function that is never read; drawn faintly | remove the assignment, if its value does nothing and cannot fail |
| `unused-parameter` | a parameter that is never read, unless its name starts with `_`; not said unless a setting gives it a level | put `_` before its name |
| `useless-reference` | an `@` before what nothing would call; drawn faintly | remove it |
| `wrong-argument` | a first argument of a type for which a built-in function gives an error | |

Types are followed through the flow of each function and statement, from variables, results of functions and globals of the same file. What
is told of them is certain: parameters, members, elements and whatever a module or an open scope may change count as anything. Tests run
thousands of programs and compare the types of their values with those that were inferred.

A comment `// minilive: allow CODE, CODE` silences codes: before all code for the whole file, else for its own line and the next. The
setting `minilive.diagnostics.allow` is a list of codes that are never shown, `minilive.diagnostics.levels` says for each code whether it is
shown as `error`, `warning`, `information`, `hint` or not at all (`off`). Both hold for `unqualified-local`, for what is only said in the editor,
and for all warnings; errors of the language stay errors. `minilive.host.names` is a list of names that the host gives to programs, so that
they are not unknown.
";

fn diagnosed(program: &str) -> Vec<Diagnostic> {
    lower_file(&minilive_syntax::parse(program), "spec.ms").1
}

/// The codes a file may have, in the order of the page.
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

#[test]
fn the_page_shows_what_is_said() {
    let page = page();
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, page, "UPDATE_EXPECT=1 rewrites {PAGE}");
}

fn page() -> String {
    let cases = cases();
    let mut page = HEAD.to_owned();
    for code in codes() {
        let Some(case) = cases.iter().find(|case| case.attribute("code") == Some(code)) else { continue };
        let Some(first) = diagnosed(&case.program).into_iter().next() else { continue };
        page += &section(case, &first);
    }
    page + TAIL
}

fn section(case: &Case, diagnostic: &Diagnostic) -> String {
    let mut out = format!("## `{}`\n\n", diagnostic.code);
    let kind = if diagnostic.severity == Severity::Error { "Error" } else { "Warning" };
    let at = place(&case.program, diagnostic);
    let said = writeln!(out, "{kind}, {at}: {}.\n", diagnostic.message);
    said.expect("strings take everything");
    if case.program.len() < 200 {
        out += &format!("```miniscript\n{}```\n\n", case.program);
    }
    out += &match &diagnostic.reference {
        Some(text) => format!("Reference: `Compiler Error: {text} [line {}]`\n\n", diagnostic.reference_line),
        None => "Reference: says nothing.\n\n".to_owned(),
    };
    out
}

/// Line and columns, from 1.
fn place(text: &str, diagnostic: &Diagnostic) -> String {
    let (start, end) = (usize::from(diagnostic.range.start()), usize::from(diagnostic.range.end()));
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[..start].matches('\n').count() + 1;
    let column = |at: usize| text[line_start..at.max(line_start)].chars().count() + 1;
    format!("line {line}, columns {} to {}", column(start), column(end))
}
