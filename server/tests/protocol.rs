//! The binary as a language server, driven over pipes by a scripted client: every method, positions, broken input, order,
//! cancellation, endings.
//!
//! What needs control over time or over workers stands in `world.rs`, `live.rs` and `trust.rs`; how frames are read, in
//! `server/src/lsp/transport.rs`.

mod common;

use common::{Folder, program};
use minilive_tests::client::{Answer, Client, frame, range_of};
use minilive_tests::random::Random;
use serde_json::{Value, json};
use std::process::Child;
use std::time::Duration;

const URI: &str = "file:///test.ms";

const PROGRAM: &str = "x = 5
double = function(n)
  return n * 2
end function
//@ example two: double(2)
triple = function(n)
  return n * 3
end function
y = double(x)
print \"y is \" + y
//> triple(x)
";

const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const PARSE_ERROR: i64 = -32700;
const NOT_INITIALIZED: i64 = -32002;
const CANCELLED: i64 = -32800;
const CONTENT_MODIFIED: i64 = -32801;
const REQUEST_FAILED: i64 = -32803;

fn start() -> (Client, Child) {
    Client::start(&program(), &["lsp"]).expect("the binary starts")
}

/// A server for a client without any capabilities, in a trusted folder.
fn bare() -> (Client, Child) {
    let (mut client, child) = start();
    client.initialize(json!({}), json!({ "trust": "full" }));
    (client, child)
}

fn exit_code(mut child: Child) -> Option<i32> {
    for _ in 0..6000 {
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("a child can be killed");
    panic!("the server does not end");
}

fn document(uri: &str) -> Value {
    json!({ "textDocument": { "uri": uri } })
}

fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } })
}

fn in_range(uri: &str, range: [u32; 4]) -> Value {
    json!({ "textDocument": { "uri": uri }, "range": range_of(range) })
}

/// The labels of all hints with their lines.
fn hints(client: &mut Client) -> Vec<(u64, String)> {
    let hints = client.ask("textDocument/inlayHint", in_range(URI, [0, 0, 999, 0]));
    let hint = |hint: &Value| {
        let line = hint["position"]["line"].as_u64().expect("a line");
        (line, hint["label"].as_str().expect("a label").to_owned())
    };
    hints.as_array().expect("a list").iter().map(hint).collect()
}

/// Asks for hints until a line has this one.
fn wait_for_hint(client: &mut Client, line: u64, label: &str) {
    for _ in 0..3000 {
        if hints(client).contains(&(line, label.to_owned())) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("line {line} never shows {label:?}: {:?}", hints(client));
}

fn code(answer: Answer) -> i64 {
    answer.expect_err("an error").code
}

#[test]
fn a_bare_client_can_use_every_method() {
    let (mut client, child) = bare();
    client.open(URI, PROGRAM);
    let (_, diagnostics) = client.diagnostics(URI, 1);
    assert_eq!(diagnostics, json!([]));
    wait_for_hint(&mut client, 8, "= 10");
    wait_for_hint(&mut client, 10, "⇒ 15");

    let hover = client.ask("textDocument/hover", at(URI, 8, 0));
    let card = hover["contents"]["value"].as_str().expect("a text");
    assert_eq!(hover["contents"]["kind"], "plaintext", "it has not said that it reads Markdown");
    for part in ["(global) y", "number", "10"] {
        assert!(card.contains(part), "{part:?} is missing: {card}");
    }

    let symbols = client.ask("textDocument/documentSymbol", document(URI));
    let names: Vec<_> = symbols.as_array().expect("a list").iter().map(|it| it["name"].as_str()).collect();
    assert_eq!(names, [Some("x"), Some("double"), Some("triple"), Some("y")]);
    assert!(symbols[0]["location"]["uri"] == URI, "a flat list for a client that takes no tree: {symbols}");

    let lenses = client.ask("textDocument/codeLens", document(URI));
    let titles: Vec<_> = lenses.as_array().expect("a list").iter().map(|it| it["command"]["title"].as_str()).collect();
    assert_eq!(titles, [Some("Run"), Some("Run example two")]);

    let since = client.heard.len();
    let run = &lenses[0]["command"];
    let reply =
        client.ask("workspace/executeCommand", json!({ "command": run["command"], "arguments": run["arguments"] }));
    assert_eq!(reply["state"], "started");
    client.wait_for(since, "window/logMessage", |params| params["message"] == "y is 10");

    let report = client.ask("textDocument/diagnostic", document(URI));
    assert_eq!(report["kind"], "full");
    let again = json!({ "textDocument": { "uri": URI }, "previousResultId": report["resultId"] });
    assert_eq!(client.ask("textDocument/diagnostic", again)["kind"], "unchanged");

    for command in ["minilive.stop", "minilive.trust", "minilive.restartWorker", "minilive.stopAll"] {
        let reply = client.ask("workspace/executeCommand", json!({ "command": command, "arguments": [URI] }));
        assert!(reply["state"].is_string(), "{command}: {reply}");
    }
    client.notify("textDocument/didSave", document(URI));
    client.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    client.notify("minilive/didChangeTrust", json!({ "trust": "interpretOnly" }));
    client.notify("textDocument/didClose", document(URI));
    assert_eq!(code(client.request("textDocument/hover", at(URI, 0, 0))), INVALID_PARAMS);
    client.shut_down();
    assert_eq!(exit_code(child), Some(0));
    let asked: Vec<_> =
        client.heard.iter().filter(|it| it.message.get("id").is_some() && !it.method().is_empty()).collect();
    assert!(asked.is_empty(), "a client that can do nothing is asked for nothing: {asked:?}");
}

#[test]
fn a_changed_constant_gives_a_new_value() {
    let (mut client, _child) = bare();
    client.open(URI, PROGRAM);
    wait_for_hint(&mut client, 8, "= 10");
    client.change(URI, 2, [0, 4, 0, 5], "7");
    wait_for_hint(&mut client, 8, "= 14");
    wait_for_hint(&mut client, 0, "= 7");
    client.shut_down();
}

#[test]
fn what_a_client_can_do_decides_what_it_gets() {
    let (mut client, _child) = start();
    let capabilities = json!({
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "textDocument": {
            "hover": { "contentFormat": ["markdown"] },
            "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
            "diagnostic": {}
        },
        "workspace": { "inlayHint": { "refreshSupport": true }, "diagnostics": { "refreshSupport": true } },
        "experimental": { "minilive": { "output": true, "status": true, "values": true, "tiers": true } }
    });
    let server = client.initialize(capabilities, json!({ "minilive": { "trust": "full" } }));
    assert_eq!(server["positionEncoding"], "utf-8");
    assert!(server["diagnosticProvider"].is_object());
    client.open(URI, "s = \"𝄞\"\nf = function\n  g = function\n  end function\nend function\nprint s\n");
    client.wait_for(0, "workspace/inlayHint/refresh", |_| true);
    client.wait_for(0, "minilive/values", |params| params["uri"] == URI && params["version"] == 1);
    client.wait_for(0, "minilive/status", |params| params["state"] == "idle" && params["trust"] == "full");
    let symbols = client.ask("textDocument/documentSymbol", document(URI));
    assert_eq!(symbols[1]["children"][0]["name"], "g", "{symbols}");
    assert_eq!(symbols[0]["range"], range_of([0, 0, 0, 10]), "columns are bytes");
    let run = json!({ "command": "minilive.run", "arguments": [URI] });
    let reply = client.ask("workspace/executeCommand", run);
    client.wait_for(0, "minilive/output", |params| {
        params["run"] == reply["run"] && params["kind"] == "out" && params["text"] == "𝄞\n"
    });
    let pushed = client.heard.iter().any(|said| said.method() == "textDocument/publishDiagnostics");
    assert!(!pushed, "a client that pulls diagnostics is not pushed any");
    client.shut_down();
}

#[test]
fn diagnostics_are_pushed_to_those_who_do_not_pull_and_answered_to_those_who_do() {
    let codes = |found: &Value| {
        let found = found.as_array().expect("a list").iter();
        found.map(|it| it["code"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let (mut client, _child) = bare();
    client.open(URI, "print nobody\n");
    // Its first run may have ended by then.
    assert!(codes(&client.diagnostics(URI, 1).1).contains(&"unknown-name".to_owned()));
    client.change(URI, 2, [0, 6, 0, 12], "1");
    assert_eq!(codes(&client.diagnostics(URI, 2).1), [""; 0]);
    client.shut_down();

    let (mut client, _child) = start();
    // One that cannot be told to ask again is pushed them as well.
    let capabilities = json!({
        "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } }
    });
    client.initialize(capabilities, json!({ "trust": "off" }));
    client.open(URI, "print nobody\n");
    let report = client.ask("textDocument/diagnostic", document(URI));
    assert_eq!(codes(&report["items"]), ["unknown-name"]);
    client.change(URI, 2, [0, 6, 0, 12], "1");
    let report = client.ask("textDocument/diagnostic", document(URI));
    assert_eq!(codes(&report["items"]), [""; 0]);
    client.shut_down();
    let pushed = client.heard.iter().any(|said| said.method() == "textDocument/publishDiagnostics");
    assert!(!pushed, "a client that pulls diagnostics is not pushed any");
}

/// What is said of a file depends on others: a client that pulls is told to ask again, one that does not is told at once.
#[test]
fn diagnostics_follow_the_files_they_depend_on() {
    let folder = Folder::new("related", &[("main.ms", ""), ("util.ms", "")]);
    let (main, util) = (folder.uri("main.ms"), folder.uri("util.ms"));
    let capabilities = json!({
        "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } }
    });
    for capabilities in [capabilities, json!({})] {
        let pulls = capabilities["textDocument"].is_object();
        let (mut client, _child) = start();
        let server = client.initialize(capabilities, json!({ "trust": "off" }));
        assert_eq!(server["diagnosticProvider"]["interFileDependencies"] == true, pulls);
        client.open(&util, "b = 1\nprint given\n");
        client.open(&main, "import \"util\"\nprint util.a\n");
        let says = |client: &mut Client, since: usize, uri: &str, expected: &[&str]| {
            let codes = |found: &Value| {
                let found = found.as_array().map(Vec::as_slice).unwrap_or_default().iter();
                found.map(|it| it["code"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
            };
            if !pulls {
                let is_it = |it: &Value| it["uri"] == *uri && codes(&it["diagnostics"]) == expected;
                client.wait_for(since, "textDocument/publishDiagnostics", is_it);
                return;
            }
            let mut since = since;
            while codes(&client.ask("textDocument/diagnostic", document(uri))["items"]) != expected {
                since = client.wait_for(since, "workspace/diagnostic/refresh", |_| true) + 1;
            }
        };
        // Whoever is imported may get names from elsewhere.
        says(&mut client, 0, &main, &["missing-member"]);
        says(&mut client, 0, &util, &[]);
        let since = client.heard.len();
        client.change(&util, 2, [0, 0, 0, 1], "a");
        says(&mut client, since, &main, &[]);
        let since = client.heard.len();
        client.change(&main, 2, [0, 0, 1, 12], "print 1");
        says(&mut client, since, &util, &["unknown-name"]);
        client.shut_down();
    }
}

/// The range of the only diagnostic after an edit.
fn place_of_error(encoding: &str, text: &str, change: [u32; 4], insert: &str) -> Value {
    let (mut client, _child) = start();
    client.initialize(json!({ "general": { "positionEncodings": [encoding] } }), json!({ "trust": "off" }));
    client.open(URI, text);
    client.change(URI, 2, change, insert);
    let (_, diagnostics) = client.diagnostics(URI, 2);
    assert_eq!(diagnostics.as_array().map(Vec::len), Some(1), "{diagnostics}");
    client.shut_down();
    diagnostics[0]["range"]["start"].clone()
}

#[test]
fn positions_count_in_the_agreed_units_over_every_kind_of_line_end() {
    let text = "a = \"ä𝄞\"\r\nb = \"𝄞𝄞\" + 1\rc = 1\n";
    // The `+` becomes a `)` behind two characters outside the basic plane.
    assert_eq!(place_of_error("utf-16", text, [1, 11, 1, 12], ")"), json!({ "line": 1, "character": 11 }));
    assert_eq!(place_of_error("utf-8", text, [1, 15, 1, 16], ")"), json!({ "line": 1, "character": 15 }));
}

#[test]
fn positions_outside_the_text_mean_the_nearest_place_in_it() {
    let (mut client, _child) = bare();
    client.open(URI, "x = 1\n");
    client.change(URI, 2, [900, 7, 4_000_000_000, 4_000_000_000], "y = 2\n");
    client.change(URI, 3, [0, 900, 0, 900], "0");
    client.change(URI, 4, [1, 5, 1, 4], "3");
    let symbols = client.ask("textDocument/documentSymbol", document(URI));
    assert_eq!(symbols[1]["location"]["range"], range_of([1, 0, 1, 5]), "{symbols}");
    wait_for_hint(&mut client, 0, "= 10");
    wait_for_hint(&mut client, 1, "= 3");
    for position in [[0, 4_000_000_000], [4_000_000_000, 0], [7, 7]] {
        let answer = client.request("textDocument/hover", at(URI, position[0], position[1]));
        assert!(answer.is_ok(), "{answer:?}");
    }
    let lost = json!({ "textDocument": { "uri": URI }, "position": { "line": -1, "character": 0 } });
    assert_eq!(code(client.request("textDocument/hover", lost)), INVALID_PARAMS);
    client.shut_down();
}

#[test]
fn broken_messages_are_answered_and_cost_nothing_else() {
    let (mut client, child) = start();
    assert_eq!(code(client.request("textDocument/hover", at(URI, 0, 0))), NOT_INITIALIZED);
    client.initialize(json!({}), json!({ "trust": "off" }));
    client.open(URI, "x = 1\n");
    let broken: [(&[u8], i64); 5] = [
        (b"{\"jsonrpc\": \"2.0\", ", PARSE_ERROR),
        (b"{}", INVALID_REQUEST),
        (b"[]", INVALID_REQUEST),
        (b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}]", INVALID_REQUEST),
        (b"\xff\xfe", PARSE_ERROR),
    ];
    for (body, expected) in broken {
        client.send_raw(&frame(body));
        let since = client.heard.len();
        client.ask("textDocument/documentSymbol", document(URI));
        let errors = client.heard[since..].iter().filter(|said| said.message["id"].is_null());
        let codes: Vec<_> = errors.filter_map(|said| said.message["error"]["code"].as_i64()).collect();
        assert_eq!(codes, [expected], "{}", String::from_utf8_lossy(body));
    }
    client.send_raw(b"Content-Length: 7\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\nhello!!");
    client.send_raw(b"Content-Type: text/plain\r\n\r\n");
    client.send_raw(b"no header at all\r\n\r\n");
    assert_eq!(code(client.request("textDocument/nonsense", json!({}))), METHOD_NOT_FOUND);
    assert_eq!(code(client.request("textDocument/hover", json!({ "textDocument": 3 }))), INVALID_PARAMS);
    assert_eq!(code(client.request("initialize", json!({ "capabilities": {} }))), INVALID_REQUEST);
    assert_eq!(code(client.request("textDocument/hover", at("file:///unknown.ms", 0, 0))), INVALID_PARAMS);
    let command = json!({ "command": "minilive.nonsense", "arguments": [] });
    assert_eq!(code(client.request("workspace/executeCommand", command)), INVALID_PARAMS);
    assert_eq!(
        code(client.request("workspace/executeCommand", json!({ "command": "minilive.run", "arguments": [7] }))),
        INVALID_PARAMS
    );
    // Notifications that make no sense are passed over.
    client.notify("textDocument/didChange", json!({ "contentChanges": 7 }));
    client.change("file:///unknown.ms", 2, [0, 0, 0, 0], "x");
    client.notify("$/unknown", json!({}));
    client.notify("$/cancelRequest", json!({ "id": 4711 }));
    client.notify("minilive/didChangeTrust", json!({ "trust": "a lot" }));
    // An answer to a question that was never asked.
    client.send(&json!({ "jsonrpc": "2.0", "id": 99, "result": null }));
    client.ask("textDocument/documentSymbol", document(URI));
    client.shut_down();
    assert_eq!(exit_code(child), Some(0));
}

#[test]
fn exit_codes_tell_whether_shutdown_came_first() {
    let (mut client, child) = bare();
    client.notify("exit", Value::Null);
    client.listen_to_the_end();
    assert_eq!(exit_code(child), Some(1));

    let (mut client, child) = bare();
    client.ask("shutdown", Value::Null);
    assert_eq!(code(client.request("textDocument/hover", at(URI, 0, 0))), INVALID_REQUEST);
    client.notify("exit", Value::Null);
    client.listen_to_the_end();
    assert_eq!(exit_code(child), Some(0));

    let (client, child) = bare();
    drop(client);
    assert_eq!(exit_code(child), Some(1), "a client that goes away without a word");
}

#[test]
fn a_cancelled_request_says_so() {
    let (mut client, _child) = bare();
    client.open(URI, &long_program(3000));
    // All are sent in one piece, so the server reads the cancels while the first requests are still being worked on.
    let mut wire = Vec::new();
    let ids: Vec<_> = (1000..1064).collect();
    for id in &ids {
        let request =
            json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/documentSymbol", "params": document(URI) });
        wire.extend(frame(request.to_string().as_bytes()));
    }
    for id in &ids {
        let cancel = json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": id } });
        wire.extend(frame(cancel.to_string().as_bytes()));
    }
    client.send_raw(&wire);
    let answers: Vec<_> = ids.iter().map(|&id| client.wait(id)).collect();
    let cancelled = answers.iter().filter(|answer| answer.as_ref().is_err_and(|it| it.code == CANCELLED)).count();
    let answered = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(cancelled + answered, ids.len(), "{answers:?}");
    assert!(cancelled > 32, "most were cancelled before they were worked on, but only {cancelled} say so");
    client.shut_down();
}

/// A program of functions that is slow to look through.
fn long_program(functions: usize) -> String {
    (0..functions).map(|k| format!("f{k} = function(a)\n  b = a + {k}\n  return b\nend function\n")).collect()
}

#[test]
fn requests_that_an_edit_overtakes_are_answered_for_the_new_text_or_refused() {
    let (mut client, _child) = bare();
    client.open(URI, &long_program(300));
    client.diagnostics(URI, 1);
    for round in 0..5 {
        let (version, name) = (round + 2, format!("g{round}"));
        let whole: Vec<_> = (0..32).map(|_| client.post("textDocument/documentSymbol", document(URI))).collect();
        let places: Vec<_> = (0..32).map(|_| client.post("textDocument/hover", at(URI, 0, 0))).collect();
        client.change(URI, version, [0, 0, 0, 2], &name);
        client.diagnostics(URI, version);
        for id in whole {
            match client.wait(id) {
                Ok(symbols) => assert_eq!(symbols.as_array().map(Vec::len), Some(300), "never an empty result"),
                Err(failed) => assert_eq!(failed.code, CONTENT_MODIFIED, "{failed:?}"),
            }
        }
        for id in places {
            match client.wait(id) {
                Ok(hover) => assert!(hover.is_object(), "never an empty result: {hover}"),
                Err(failed) => assert_eq!(failed.code, CONTENT_MODIFIED, "{failed:?}"),
            }
        }
    }
    client.shut_down();
}

/// One object with the members of both.
fn merged(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

#[test]
fn two_thousand_requests_among_edits_are_all_answered() {
    let (mut client, child) = bare();
    client.open(URI, PROGRAM);
    let mut random = Random::new(11);
    let mut version = 1;
    let mut ids = Vec::new();
    for _ in 0..2000 {
        let (line, column) = (random.below(12) as u32, random.below(20) as u32);
        let place = at(URI, line, column);
        let with = |more: Value| merged(at(URI, line, column), more);
        ids.push(match random.below(24) {
            0 => client.post("textDocument/hover", at(URI, line, column)),
            1 => client.post("textDocument/documentSymbol", document(URI)),
            2 => client.post("textDocument/codeLens", document(URI)),
            3 => client.post("textDocument/inlayHint", in_range(URI, [0, 0, line, column])),
            4 => client.post("textDocument/diagnostic", document(URI)),
            5 => client.post("workspace/executeCommand", json!({ "command": "minilive.run", "arguments": [URI] })),
            6 => client.post("textDocument/completion", place),
            7 => client.post("textDocument/signatureHelp", place),
            8 => client.post("textDocument/definition", place),
            9 => client.post("textDocument/documentHighlight", place),
            10 => client.post("textDocument/linkedEditingRange", place),
            11 => client.post("textDocument/references", with(json!({ "context": { "includeDeclaration": true } }))),
            12 => client.post("textDocument/rename", with(json!({ "newName": "renamed" }))),
            13 => client.post("textDocument/prepareCallHierarchy", place),
            14 => client.post("textDocument/semanticTokens/full", document(URI)),
            15 => client.post("textDocument/semanticTokens/range", in_range(URI, [0, 0, line, column])),
            16 => client.post("textDocument/foldingRange", document(URI)),
            17 => client.post("textDocument/documentLink", document(URI)),
            18 => client.post("textDocument/codeAction", {
                merged(in_range(URI, [line, 0, line, column]), json!({ "context": { "diagnostics": [] } }))
            }),
            19 => client.post("textDocument/formatting", {
                merged(document(URI), json!({ "options": { "tabSize": 4, "insertSpaces": true } }))
            }),
            20 => client.post(
                "textDocument/selectionRange",
                merged(document(URI), json!({ "positions": [place["position"]] })),
            ),
            21 => client.post("workspace/symbol", json!({ "query": "f" })),
            22 => client.post("textDocument/semanticTokens/full/delta", {
                merged(document(URI), json!({ "previousResultId": "none" }))
            }),
            _ => client.post("workspace/executeCommand", json!({ "command": "minilive.stop", "arguments": [URI] })),
        });
        if random.below(2) == 0 {
            version += 1;
            client.change(URI, version, [0, 4, 0, 5], ["5", "7", ")", "9"][random.below(4)]);
        }
        if random.below(10) == 0 {
            let id = ids[random.below(ids.len())];
            client.notify("$/cancelRequest", json!({ "id": id }));
        }
    }
    for id in ids {
        if let Err(failed) = client.wait(id) {
            // What cannot be renamed is refused with a reason.
            assert!([CANCELLED, CONTENT_MODIFIED, REQUEST_FAILED].contains(&failed.code), "{failed:?}");
        }
    }
    client.change(URI, version + 1, [0, 4, 0, 5], "6");
    wait_for_hint(&mut client, 8, "= 12");
    client.shut_down();
    assert_eq!(exit_code(child), Some(0));
}

/// Columns of a line in UTF-16 units.
fn utf16(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

/// A place in a text as the client names it.
fn place(text: &str, offset: usize, wide: bool) -> [u32; 2] {
    let starts = |at: usize| at == 0 || text.ends_at_line(at);
    let start = (0..=offset).rev().find(|&at| text.is_char_boundary(at) && starts(at)).expect("0 starts a line");
    let line = (1..=start).filter(|&at| text.is_char_boundary(at) && text.ends_at_line(at)).count() as u32;
    let column = &text[start..offset];
    [line, if wide { utf16(column) } else { column.len() as u32 }]
}

trait Lines {
    /// Whether a line end stands right before.
    fn ends_at_line(&self, at: usize) -> bool;
}

impl Lines for str {
    fn ends_at_line(&self, at: usize) -> bool {
        let bytes = self.as_bytes();
        match bytes[..at].last() {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at) != Some(&b'\n'),
            _ => false,
        }
    }
}

/// A text as a client keeps it, and its edits since it last told them.
struct Copy {
    text: String,
    wide: bool,
    changes: Vec<Value>,
}

/// What is typed into the sessions: whole lines, and what breaks them or makes them grow together.
const PIECES: [&str; 24] = [
    "v = 1\n",
    "va = \"ä\"\r\n",
    "vb = \"𝄞𝄞\" // 𝄞\r",
    "vc = [1, 2]\n",
    "vé = 2\r\n",
    "f = function(a)\n",
    "end function\r\n",
    "𝄞",
    "𝄞é",
    "日本",
    "\t",
    "  ",
    "\n",
    "\r\n",
    "\r",
    "\"",
    "// ",
    "x",
    "v1",
    ".",
    "(",
    "]",
    " = ",
    " then\n",
];

impl Copy {
    /// One of the names of a place: columns behind the end of a line mean its end, those within a character its start.
    fn named(&self, offset: usize, random: &mut Random) -> [u32; 2] {
        let [line, column] = place(&self.text, offset, self.wide);
        let further = match self.text[offset..].chars().next() {
            None | Some('\r' | '\n') => [0, 0, 9][random.below(3)],
            Some(c) => random.below(if self.wide { c.len_utf16() } else { c.len_utf8() }) as u32,
        };
        [line, column + further]
    }

    fn replace(&mut self, from: usize, to: usize, insert: &str, random: &mut Random) {
        let ([l, c], [m, d]) = (self.named(from, random), self.named(to, random));
        self.changes.push(json!({ "range": range_of([l, c, m, d]), "text": insert }));
        self.text.replace_range(from..to, insert);
    }

    /// Puts in, takes out or replaces, mostly a few characters.
    fn edit(&mut self, random: &mut Random) {
        let bytes = self.text.as_bytes();
        // Between the two halves of a line end there is no place that has a name.
        let has_name = |at: usize| at == 0 || bytes[at - 1] != b'\r' || bytes.get(at) != Some(&b'\n');
        let places: Vec<_> = (0..=bytes.len()).filter(|&at| self.text.is_char_boundary(at) && has_name(at)).collect();
        let first = random.below(places.len());
        let most = [1, 1, 2, 3, 8, places.len()][random.below(6)];
        let gone = random.below(most);
        let (from, to) = (places[first], places[(first + gone).min(places.len() - 1)]);
        let insert: String = (0..random.below(4)).map(|_| random.pick(&PIECES)).collect();
        self.replace(from, to, &insert, random);
    }

    /// Makes each line a comment between bars; the card of the function behind them shows it.
    fn reveal(&mut self, random: &mut Random) {
        let starts = (0..=self.text.len())
            .filter(|&at| at == 0 || (self.text.is_char_boundary(at) && self.text.ends_at_line(at)));
        for start in starts.collect::<Vec<_>>().into_iter().rev() {
            let length = self.text[start..].find(['\r', '\n']).unwrap_or(self.text.len() - start);
            self.replace(start + length, start + length, "|", random);
            self.replace(start, start, "//|", random);
        }
        let end = self.text.len();
        self.replace(end, end, "\nvq = function\nend function\nvq", random);
        // What a file begins with might be about the file.
        self.replace(0, 0, "vz = 0\n", random);
    }

    /// What the card must say. (Cards have lines that end in `\n`; a lone `\r` stays where it is.)
    fn revealed(&self) -> String {
        let lines = self.text.split('\n').filter_map(|line| line.trim().strip_prefix("//"));
        format!("vq = function()\n{}", lines.collect::<Vec<_>>().join("\n"))
    }

    /// Tells the edits.
    fn tell(&mut self, client: &mut Client, uri: &str, version: &mut i64) {
        *version += 1;
        client.change_all(uri, *version, std::mem::take(&mut self.changes));
    }
}

/// What is said of a whole document, without the names of the answers.
fn whole_answers(client: &mut Client, uri: &str) -> Vec<Value> {
    let options = json!({ "options": { "tabSize": 2, "insertSpaces": true } });
    let methods = ["semanticTokens/full", "documentSymbol", "foldingRange", "formatting", "diagnostic"];
    let answers = methods.map(|method| {
        let mut answer = client.ask(&format!("textDocument/{method}"), merged(document(uri), options.clone()));
        if let Some(answer) = answer.as_object_mut() {
            answer.remove("resultId");
        }
        answer
    });
    answers.into()
}

/// Asks the server that has seen all edits and one that is given the text as it is now, then has the text itself shown.
fn check_text(
    client: &mut Client,
    fresh: &mut Client,
    uri: &str,
    version: &mut i64,
    copy: &mut Copy,
    random: &mut Random,
) {
    let text = copy.text.clone();
    fresh.open(uri, &text);
    assert_eq!(whole_answers(client, uri), whole_answers(fresh, uri), "{uri}: {text:?}");
    fresh.notify("textDocument/didClose", document(uri));

    copy.reveal(random);
    copy.tell(client, uri, version);
    let [line, column] = place(&copy.text, copy.text.len(), copy.wide);
    let card = client.ask("textDocument/hover", at(uri, line, column));
    assert_eq!(card["contents"]["value"], copy.revealed(), "{uri}: {text:?}");
    copy.changes.push(json!({ "text": text }));
    copy.text = text;
    copy.tell(client, uri, version);
}

#[test]
fn a_hundred_random_sessions_leave_server_and_client_with_the_same_text() {
    for encoding in ["utf-16", "utf-8"] {
        let [(mut client, _child), (mut fresh, _other)] = [start(), start()];
        for client in [&mut client, &mut fresh] {
            client.initialize(json!({ "general": { "positionEncodings": [encoding] } }), json!({ "trust": "off" }));
        }
        for session in 0..50u64 {
            let uri = format!("file:///session{session}-{encoding}.ms");
            let mut random = Random::new(session + 1);
            let text: String = (0..random.below(12)).map(|_| random.pick(&PIECES)).collect();
            client.open(&uri, &text);
            let mut copy = Copy { text, wide: encoding == "utf-16", changes: Vec::new() };
            let mut version = 1;
            for message in 1..=12 {
                for _ in 0..=random.below(4) {
                    copy.edit(&mut random);
                }
                copy.tell(&mut client, &uri, &mut version);
                if message % 4 == 0 {
                    check_text(&mut client, &mut fresh, &uri, &mut version, &mut copy, &mut random);
                }
            }
        }
        client.shut_down();
        fresh.shut_down();
    }
}

/// With more arguments than parameters no parameter is the one that is written, and a function that has enough of them comes first.
#[test]
fn no_parameter_is_marked_for_an_argument_too_many() {
    let (mut client, _child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    client.initialize(json!({}), json!({ "trust": "off" }));
    let text = "f = function(a, b)\nend function\ng = function(a)\nend function\nif rnd then\n  g = function(a, b)\n  end function\nend if\nf 1, 2\nf 1, 2, 3\ng 1, 2\n";
    client.open("file:///signature.ms", text);
    let mut help = |line: u32, character: u32| {
        let place = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": "file:///signature.ms" }, "position": place });
        let mut help = client.ask("textDocument/signatureHelp", params);
        for signature in help["signatures"].as_array_mut().expect("a list") {
            let count = signature["parameters"].as_array().map(Vec::len);
            signature["parameters"] = count.into();
        }
        help
    };
    let two =
        |name: &str| json!({ "label": format!("{name}(a: number, b: number)"), "parameters": 2, "activeParameter": 1 });
    let inside = help(8, 6);
    assert_eq!(inside, json!({ "signatures": [two("f")], "activeSignature": 0, "activeParameter": 1 }));
    let behind = help(9, 9);
    assert_eq!(
        behind,
        json!({ "signatures": [{ "label": "f(a: number, b: number)", "parameters": null }], "activeSignature": 0 })
    );
    let either = help(10, 6);
    let short = json!({ "label": "g(a: number)", "parameters": null });
    assert_eq!(either, json!({ "signatures": [short, two("g")], "activeSignature": 1, "activeParameter": 1 }));
    client.shut_down();
}

/// The first key of two, and the page of the code; clients that show neither get neither.
#[test]
fn diagnostics_lead_to_other_places_and_to_their_page() {
    let text = "d = {\"a\": 1, \"a\": 2}\n";
    let shown = |publish: Value, docs: Value| {
        let (mut client, _child) = start();
        let options = json!({ "trust": "off", "docs": docs });
        client.initialize(json!({ "textDocument": { "publishDiagnostics": publish } }), options);
        client.open(URI, text);
        let found = client.diagnostics(URI, 1).1;
        client.shut_down();
        (found[0]["codeDescription"]["href"].clone(), found[0]["relatedInformation"].clone())
    };
    let all = json!({ "relatedInformation": true, "codeDescriptionSupport": true });
    let page = "https://example.org/diagnostics";
    let first = json!([{ "location": { "uri": URI, "range": range_of([0, 5, 0, 8]) }, "message": "the first one" }]);
    assert_eq!(shown(all.clone(), json!(page)), (json!(format!("{page}#duplicate-key")), first.clone()));
    assert_eq!(shown(all, Value::Null), (Value::Null, first));
    assert_eq!(shown(json!({}), json!(page)), (Value::Null, Value::Null));
}
