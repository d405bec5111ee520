//! What a large file costs a person who types: tokens after an edit, and work that is no longer wanted.
//!
//! Part of `latency`. The file has 10 000 lines. Times of tokens run from the question, sent 50 ms after the edit's diagnostics, as
//! editors wait for a pause; times of cancelling from the cancel, sent while the server is at work on the request.

use minilive_tests::client::Client;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const URI: &str = "file:///large.ms";
const FUNCTIONS: u32 = 2500;

/// A server with the file open.
fn opened(server: &Path) -> Result<(Client, std::process::Child), String> {
    let (mut client, child) = super::start(server)?;
    client.initialize(json!({}), json!({}));
    let function = |k: u32| format!("f{k} = function(a)\n  b = a + {k}\n  return b\nend function\n");
    client.open(URI, &(0..FUNCTIONS).map(function).collect::<String>());
    client.diagnostics(URI, 1);
    Ok((client, child))
}

fn document() -> Value {
    json!({ "textDocument": { "uri": URI } })
}

/// A delta of semantic tokens for each edit of one function.
pub fn deltas(server: &Path, edits: i64) -> Result<Vec<Duration>, String> {
    let (mut client, mut child) = opened(server)?;
    let full = client.ask("textDocument/semanticTokens/full", document());
    let mut before = full["resultId"].clone();
    let mut taken = Vec::new();
    let line = FUNCTIONS / 2 * 4 + 1;
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

/// From a cancel until the request has its answer and the server has answered another question.
pub fn cancels(server: &Path, times: usize) -> Result<Vec<Duration>, String> {
    let (mut client, mut child) = opened(server)?;
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
