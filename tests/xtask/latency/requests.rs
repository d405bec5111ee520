//! What a large file costs a person who types: diagnostics, tokens and answers after an edit, and work that is no longer wanted.
//!
//! Part of `latency`. The file has 10 000 lines, or as many as a row says. Times of diagnostics run from the edit, times of tokens and questions from the question, sent 50 ms after the edit's diagnostics, as
//! editors wait for a pause; times of cancelling from the cancel, sent while the server is at work on the request.

use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const URI: &str = "file:///large.ms";
const FUNCTIONS: u32 = 2500;

/// Edits by what they change: a name, the line it stands on within its function (or 4: behind it), where on that line, and the text that
/// comes and goes.
pub const EDITS: [(&str, u32, u32, &str); 5] = [
    ("a constant", 1, 10, "1"),
    ("a name that is read", 1, 7, "b + "),
    ("a variable of a function", 2, 0, "  c = a\n"),
    ("a statement at the top level", 4, 0, "x = f7\n"),
    ("a function", 4, 0, "f = function(a)\n  return a\nend function\n"),
];

/// A server with these options, with the file open.
fn opened(server: &Path, functions: u32, options: Value) -> Result<(Client, std::process::Child), String> {
    let (mut client, child) = super::start(server)?;
    client.initialize(json!({}), options);
    let function = |k: u32| format!("f{k} = function(a)\n  b = a + {k}\n  return b\nend function\n");
    client.open(URI, &(0..functions).map(function).collect::<String>());
    client.diagnostics(URI, 1);
    Ok((client, child))
}

fn document() -> Value {
    json!({ "textDocument": { "uri": URI } })
}

/// Diagnostics after each of as many edits of a kind, in a file of 4 lines a function.
pub fn edits(server: &Path, functions: u32, edit: (u32, u32, &str), times: i64) -> Result<Vec<Duration>, String> {
    let (mut client, mut child) = opened(server, functions, json!({}))?;
    let ((line, column, text), first) = (edit, functions / 2 * 4);
    let (lines, width) = (text.matches('\n').count() as u32, text.len() as u32);
    let end = if lines > 0 { [first + line + lines, 0] } else { [first + line, column + width] };
    let mut taken = Vec::new();
    for version in 2..times + 2 {
        std::thread::sleep(Duration::from_millis(30));
        let [from, to] = [[first + line, column], if version % 2 == 0 { [first + line, column] } else { end }];
        let begun = Instant::now();
        client.change(URI, version, [from[0], from[1], to[0], to[1]], if version % 2 == 0 { text } else { "" });
        client.diagnostics(URI, version);
        taken.push(begun.elapsed());
    }
    client.shut_down();
    child.wait().map_err(|error| error.to_string())?;
    Ok(taken)
}

/// A delta of semantic tokens for each edit of one function, in a file of 4 lines a function.
pub fn deltas(server: &Path, functions: u32, edits: i64) -> Result<Vec<Duration>, String> {
    let (mut client, mut child) = opened(server, functions, json!({}))?;
    let full = client.ask("textDocument/semanticTokens/full", document());
    let mut before = full["resultId"].clone();
    let mut taken = Vec::new();
    let line = functions / 2 * 4 + 1;
    for version in 2..edits + 2 {
        // A letter more or less in the name of the variable.
        let (range, text) = if version % 2 == 0 { ([line, 3, line, 3], "c") } else { ([line, 3, line, 4], "") };
        client.change(URI, version, range, text);
        client.diagnostics(URI, version);
        std::thread::sleep(Duration::from_millis(50));
        let mut params = document();
        params["previousResultId"] = before;
        let begun = Instant::now();
        let answer = client.ask("textDocument/semanticTokens/full/delta", params);
        taken.push(begun.elapsed());
        if !answer["edits"].is_array() {
            return Err(format!("no delta, but {}", answer.to_string().chars().take(80).collect::<String>()));
        }
        before = answer["resultId"].clone();
    }
    client.shut_down();
    child.wait().map_err(|error| error.to_string())?;
    Ok(taken)
}

/// Questions about a part of the file: a name, the method, and what they ask about, of the first line of a function in the middle.
pub const QUESTIONS: [Question; 3] = [
    (
        "inlay hints of 60 lines",
        "textDocument/inlayHint",
        |line| json!({ "range": range_of([line - 30, 0, line + 30, 0]) }),
    ),
    (
        "selection ranges of three places",
        "textDocument/selectionRange",
        |line| json!({ "positions": [place(line, 6), place(line + 1, 7), place(line + 2, 10)] }),
    ),
    ("on-type formatting behind a new line", "textDocument/onTypeFormatting", |line| {
        let options = json!({ "tabSize": 4, "insertSpaces": true });
        json!({ "position": place(line + 2, 0), "ch": "\n", "options": options })
    }),
];

/// See [`QUESTIONS`].
pub type Question = (&'static str, &'static str, fn(u32) -> Value);

fn place(line: u32, character: u32) -> Value {
    json!({ "line": line, "character": character })
}

/// The same question after each of as many edits of a constant of the function in the middle; right before it stand 30 calls, so that there
/// are values to be shown.
pub fn questions(server: &Path, (_, method, about): Question, edits: i64) -> Result<Vec<Duration>, String> {
    let (mut client, mut child) = opened(server, FUNCTIONS, json!({ "trust": "full" }))?;
    let first = FUNCTIONS / 2 * 4;
    let calls: String = (0..30).map(|k| format!("x{k} = f{k}({k})\n")).collect();
    client.change(URI, 2, [first, 0, first, 0], &calls);
    let line = first + 30;
    let mut params = about(line);
    params["textDocument"] = document()["textDocument"].clone();
    wait_for_answer(&mut client, method, &params)?;
    let mut taken = Vec::new();
    for version in 3..edits + 3 {
        let (range, text) =
            if version % 2 == 1 { ([line + 1, 10, line + 1, 10], "1") } else { ([line + 1, 10, line + 1, 11], "") };
        client.change(URI, version, range, text);
        client.diagnostics(URI, version);
        std::thread::sleep(Duration::from_millis(50));
        let begun = Instant::now();
        client.ask(method, params.clone());
        taken.push(begun.elapsed());
    }
    client.shut_down();
    child.wait().map_err(|error| error.to_string())?;
    Ok(taken)
}

/// Waits until there is something to answer: values come when the program has run.
fn wait_for_answer(client: &mut Client, method: &str, params: &Value) -> Result<(), String> {
    for _ in 0..200 {
        if client.ask(method, params.clone()).as_array().is_some_and(|it| !it.is_empty()) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(format!("{method} has nothing to say"))
}

/// From a cancel until the request has its answer and the server has answered another question.
pub fn cancels(server: &Path, times: usize) -> Result<Vec<Duration>, String> {
    let (mut client, mut child) = opened(server, FUNCTIONS, json!({}))?;
    let mut params = document();
    params["options"] = json!({ "tabSize": 2, "insertSpaces": true });
    let mut hover = document();
    hover["position"] = json!({ "line": 0, "character": 1 });
    let mut taken = Vec::new();
    for _ in 0..times {
        let slow: Vec<_> = (0..4).map(|_| client.post("textDocument/formatting", params.clone())).collect();
        // All readers are at work by then. Nothing is to be changed, so that no answer is large.
        std::thread::sleep(Duration::from_millis(3));
        let begun = Instant::now();
        for id in &slow {
            client.notify("$/cancelRequest", json!({ "id": id }));
        }
        let next = client.post("textDocument/hover", hover.clone());
        for id in slow {
            // What was finished before the cancel came is no less right.
            let _ = client.wait(id);
        }
        client.wait(next).map_err(|failed| format!("{failed:?}"))?;
        taken.push(begun.elapsed());
    }
    client.shut_down();
    child.wait().map_err(|error| error.to_string())?;
    Ok(taken)
}
