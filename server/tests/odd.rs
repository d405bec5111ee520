//! Sources of an odd form: nested far too deeply, in one line without end, of very many lines. Each is handled or refused with a
//! clear message by the command line and by the language server; none ends a process or holds it up for long.

mod common;

use common::program;
use minilive_tests::client::Client;
use serde_json::json;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const DEEP: usize = 10_000;

/// Repeats a text.
fn times(text: &str) -> String {
    text.repeat(DEEP)
}

/// Programs with something nested, or one after the other, ten thousand times.
fn odd() -> Vec<(&'static str, String)> {
    let around = |open: &str, middle: &str, close: &str| format!("x = {}{middle}{}\n", times(open), times(close));
    let blocks = |open: &str, close: &str| format!("{}\nx = 1\n{}", times(open), times(close));
    vec![
        ("parentheses", around("(", "1", ")")),
        ("lists", around("[", "1", "]")),
        ("maps", around("{1:", "1", "}")),
        ("not", around("not ", "1", "")),
        ("minus", around("-", "1", "")),
        ("new", around("new ", "{}", "")),
        ("references", format!("f = 1\n{}", around("@", "f", ""))),
        ("sums", around("", "1", " + 1")),
        ("powers", around("", "1", " ^ 1")),
        ("comparisons", around("", "1", " < 2")),
        ("and", around("", "1", " and 1")),
        ("or and", around("", "0", " or 1 and 1")),
        ("conditions", format!("y = 1\nif {}1 then x = 1\n", times("y == 1 and "))),
        ("nested conditions", format!("y = 1\nif {}1{} then x = 1\n", times("(y == 1 or "), times(")"))),
        ("members", format!("m = {{}}\nm.a = m\n{}", around("", "m", ".a"))),
        ("indexes", format!("m = {{}}\nm[0] = m\n{}", around("", "m", "[0]"))),
        ("slices", around("", "\"abc\"", "[0:]")),
        ("calls", format!("f = function(x)\n  return x\nend function\n{}", around("f(", "1", ")"))),
        ("calls of results", format!("f = function\n  return @f\nend function\n{}", around("", "f", "()"))),
        ("if", blocks("if true then\n", "end if\n")),
        ("while", blocks("while true\n", "break\nend while\n")),
        ("for", blocks("for i in [1]\n", "end for\n")),
        ("functions", format!("{}{}", "f = function\n".repeat(1000), "end function\n".repeat(1000))),
        ("else if", format!("x = 0\nif x then\nx = 1\n{}end if\n", times("else if x then\nx = 1\n"))),
        ("if on one line", format!("{}x = 1\n", times("if 1 then "))),
        ("closing brackets", format!("x = 1{}\n", times(")"))),
        ("ends of nothing", times("end if\n")),
        ("opening brackets in lines", times("x = (\n")),
        ("functions in a file that goes on", format!("{}{}", times("f = function\n"), times("x = 1\n"))),
        ("functions with much inside", {
            let (open, close) = ("f = function\n".repeat(200), "end function\n".repeat(200));
            format!("{open}{}{close}", times("y = 1\nx = y + 1\n"))
        }),
        ("long list", format!("x = [{}]\n", times("1, "))),
        ("long map", format!("x = {{{}}}\n", times("1: 1, "))),
        ("arguments", format!("x = [0]\nx.push({}1)\n", times("1, "))),
        ("arguments beyond all bounds", format!("x = [0]\nx.push({}1)\n", times("1, ").repeat(10))),
        ("names beyond all bounds", {
            let names = (0..70_000).map(|i| format!("name{i} + ")).collect::<String>();
            format!("x = {names}1\n")
        }),
        ("one long line", times("x = 1; ")),
        ("a long name", format!("{} = 1\n", times("name"))),
        ("a long text", format!("x = \"{}\"\n", times("text and more of it "))),
        ("a text without end", format!("x = \"{}", times("text "))),
        ("comments", times("// comment\n")),
    ]
}

fn minilive(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    let input = input.to_owned();
    // A program that refuses its input may end before it has read all.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    output
}

#[test]
fn the_command_line_handles_or_refuses_odd_sources() {
    for (name, text) in odd() {
        for arguments in [
            &["check", "-"][..],
            &["run", "--max-memory", "256", "-"],
            &["dump", "--mir", "-"],
            &["dump", "--bytecode", "-"],
        ] {
            let output = minilive(arguments, &text);
            let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            let code = output.status.code().unwrap_or_else(|| panic!("{name}: {arguments:?} died: {}", output.status));
            assert!(code == 0 || code == 1, "{name}: {arguments:?} ended with {code}: {said:.500}");
            assert!(
                code == 0 || said.contains("line") || said.contains("-->"),
                "{name}: {arguments:?} said: {said:.500}"
            );
        }
    }
}

/// What keeps a program from running is told by `check`, with its code, and not only by `run`.
#[test]
fn check_and_run_refuse_the_same_sources() {
    for (name, text) in odd() {
        let check = minilive(&["check", "--format", "json", "-"], &text);
        let run = minilive(&["run", "--max-memory", "256", "-"], &text);
        let said = String::from_utf8_lossy(&run.stderr);
        let refused = said.contains("error[");
        assert_eq!(check.status.code(), Some(i32::from(refused)), "{name}: {said:.500}");
        assert!(run.status.code() != Some(2), "{name}: {said:.500}");
        if name.ends_with("beyond all bounds") {
            let found = String::from_utf8_lossy(&check.stdout);
            assert!(refused && found.contains("\"too-large\""), "{name}: {found:.500}");
        }
    }
}

#[test]
fn the_server_answers_about_odd_sources() {
    let (mut client, mut child) = Client::start(&program(), &["lsp"]).expect("the server starts");
    client.initialize(json!({}), json!({ "trust": "full" }));
    for (i, (name, text)) in odd().into_iter().enumerate() {
        let uri = format!("file:///odd{i}.ms");
        client.open(&uri, &text);
        let (_, said) = client.diagnostics(&uri, 1);
        if name.ends_with("beyond all bounds") {
            assert!(said.to_string().contains("\"too-large\""), "{name}: {said}");
        }
        let document = json!({ "uri": uri });
        let last = text.lines().count() as u32;
        let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": last, "character": 0 } });
        let here = json!({ "textDocument": document, "position": { "line": 0, "character": 1 } });
        for (method, params) in [
            ("textDocument/hover", here.clone()),
            ("textDocument/documentSymbol", json!({ "textDocument": document })),
            ("textDocument/inlayHint", json!({ "textDocument": document, "range": whole })),
            ("textDocument/codeLens", json!({ "textDocument": document })),
        ] {
            let answer = client.request(method, params);
            assert!(answer.is_ok(), "{name}: {method}: {answer:?}");
        }
        // An edit in the middle goes through the incremental parser.
        client.change(&uri, 2, [last / 2, 0, last / 2, 0], " ");
        client.diagnostics(&uri, 2);
        client.notify("textDocument/didClose", json!({ "textDocument": document }));
    }
    client.shut_down();
    assert!(child.wait().expect("the server ends").success());
}

#[test]
fn a_hundred_thousand_lines_and_a_line_of_a_megabyte_are_handled() {
    let lines: String = (0..100_000).map(|i| format!("x{} = {i}\n", i % 1000)).collect();
    let line = format!("x = 0{}\nprint x\n", " + 1".repeat(250_000));
    let statements = "x = 1; ".repeat(150_000) + "print x\n";
    for (text, printed) in [(lines + "print x999\n", "99999\n"), (line, "250000\n"), (statements, "1\n")] {
        assert!(minilive(&["check", "-"], &text).status.success());
        let output = minilive(&["run", "-"], &text);
        assert_eq!(String::from_utf8_lossy(&output.stdout), printed, "{}", String::from_utf8_lossy(&output.stderr));
    }
}
