//! Every method of the server over the wire: at every place of an awkward text, about files that are not open, with messages that make no
//! sense. What the answers say is tested beside the features; here it is that there is one, and that each place in it is a place of the text.

mod common;

use common::program;
use minilive_tests::client::{Answer, Client, range_of};
use serde_json::{Value, json};
use std::process::Child;

const URI: &str = "file:///test.ms";
const INVALID_PARAMS: i64 = -32602;
const REQUEST_FAILED: i64 = -32803;

/// Characters outside the basic plane, every kind of line end, and something for each method to find.
const TEXT: &str = "s = \"𝄞é\" + name // 𝄞\r\nname = \"ä𝄞\"\rf = function(a, b=2)\r\n  x𝄞 = 1\r\n  return a + s.len + f(1) // 𝄞\nend function\r\nm = {\"𝄞\": @f, \"k\": {}}\r\nprint f(name, m.k) + \"𝄞\"; print m[\"𝄞\"]\r\nif s == \"𝄞\" then\r\n  import \"𝄞\"\rend if\nC = new m\n//@ example: f(1)";

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    /// A place in a document.
    Place,
    /// A document, or a part of it.
    Document,
    /// An item of an earlier answer, whose file need not be open.
    Item,
    /// No document, or one among others.
    Workspace,
}

use About::{Document, Item, Place, Workspace};

/// The server's functions that answer requests, and their methods.
const REQUESTS: [(&str, &str, About); 36] = [
    ("hover", "textDocument/hover", Place),
    ("goto_definition", "textDocument/definition", Place),
    ("goto_type_definition", "textDocument/typeDefinition", Place),
    ("goto_implementation", "textDocument/implementation", Place),
    ("prepare_call_hierarchy", "textDocument/prepareCallHierarchy", Place),
    ("incoming_calls", "callHierarchy/incomingCalls", Item),
    ("outgoing_calls", "callHierarchy/outgoingCalls", Item),
    ("prepare_type_hierarchy", "textDocument/prepareTypeHierarchy", Place),
    ("supertypes", "typeHierarchy/supertypes", Item),
    ("subtypes", "typeHierarchy/subtypes", Item),
    ("will_rename_files", "workspace/willRenameFiles", Workspace),
    ("references", "textDocument/references", Place),
    ("document_highlight", "textDocument/documentHighlight", Place),
    ("prepare_rename", "textDocument/prepareRename", Place),
    ("rename", "textDocument/rename", Place),
    ("completion", "textDocument/completion", Place),
    ("completion_resolve", "completionItem/resolve", Workspace),
    ("signature_help", "textDocument/signatureHelp", Place),
    ("document_symbol", "textDocument/documentSymbol", Document),
    ("symbol", "workspace/symbol", Workspace),
    ("document_link", "textDocument/documentLink", Document),
    ("folding_range", "textDocument/foldingRange", Document),
    ("selection_range", "textDocument/selectionRange", Place),
    ("linked_editing_range", "textDocument/linkedEditingRange", Place),
    ("semantic_tokens_full", "textDocument/semanticTokens/full", Document),
    ("semantic_tokens_full_delta", "textDocument/semanticTokens/full/delta", Document),
    ("semantic_tokens_range", "textDocument/semanticTokens/range", Place),
    ("formatting", "textDocument/formatting", Document),
    ("range_formatting", "textDocument/rangeFormatting", Place),
    ("on_type_formatting", "textDocument/onTypeFormatting", Place),
    ("code_action", "textDocument/codeAction", Place),
    ("code_lens", "textDocument/codeLens", Document),
    ("inlay_hint", "textDocument/inlayHint", Place),
    ("diagnostic", "textDocument/diagnostic", Document),
    ("workspace_diagnostic", "workspace/diagnostic", Workspace),
    ("execute_command", "workspace/executeCommand", Workspace),
];

/// Methods whose answers here have no places: numbers, a signature, a link to a module that is not there.
const PLACELESS: [&str; 4] = ["semanticTokens", "foldingRange", "signatureHelp", "documentLink"];

/// The server's functions that take notifications, and their methods.
const NOTIFICATIONS: [(&str, &str); 7] = [
    ("did_open", "textDocument/didOpen"),
    ("did_change", "textDocument/didChange"),
    ("did_close", "textDocument/didClose"),
    ("did_save", "textDocument/didSave"),
    ("did_change_configuration", "workspace/didChangeConfiguration"),
    ("did_change_watched_files", "workspace/didChangeWatchedFiles"),
    ("did_change_workspace_folders", "workspace/didChangeWorkspaceFolders"),
];

/// The beginning and the end of a connection; `protocol.rs` is about them.
const LIFE: [&str; 3] = ["initialize", "initialized", "shutdown"];

fn start() -> (Client, Child) {
    let (mut client, child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let capabilities = json!({
        "textDocument": { "documentSymbol": { "hierarchicalDocumentSymbolSupport": true } },
        "workspace": { "workspaceEdit": { "documentChanges": true } }
    });
    client.initialize(capabilities, json!({ "trust": "off" }));
    let hints = json!({ "minilive": { "hints": { "types": true, "parameters": true } } });
    client.notify("workspace/didChangeConfiguration", json!({ "settings": hints }));
    (client, child)
}

/// Parameters that have what any method wants.
fn params(uri: &str, from: [u32; 2], to: [u32; 2]) -> Value {
    let position = json!({ "line": from[0], "character": from[1] });
    let range = range_of([from[0], from[1], to[0], to[1]]);
    json!({
        "textDocument": { "uri": uri },
        "position": position,
        "positions": [position],
        "range": range,
        "context": { "includeDeclaration": true, "triggerKind": 1, "isRetrigger": false, "diagnostics": [] },
        "newName": "renamed",
        "options": { "tabSize": 4, "insertSpaces": true },
        "ch": "\n",
        "previousResultId": "none",
        "previousResultIds": [],
        "item": { "name": "f", "kind": 12, "uri": uri, "range": range, "selectionRange": range },
        "files": [{ "oldUri": uri, "newUri": "file:///other.ms" }],
        "label": "f",
        "query": "f",
    })
}

/// The same for one method: a member that means something else elsewhere.
fn params_of(method: &str, uri: &str, from: [u32; 2], to: [u32; 2]) -> Value {
    let mut params = params(uri, from, to);
    if method == "workspace/executeCommand" {
        params["command"] = json!("minilive.stop");
        params["arguments"] = json!([uri]);
    }
    // `C = new m`
    let made = match method {
        "typeHierarchy/supertypes" => Some(range_of([11, 0, 11, 1])),
        "typeHierarchy/subtypes" => Some(range_of([6, 0, 6, 1])),
        _ => None,
    };
    if let Some(range) = made.filter(|_| uri == URI && from == [7, 6]) {
        params["item"]["selectionRange"] = range;
    }
    params
}

fn code(answer: Answer) -> i64 {
    answer.expect_err("an error").code
}

/// The lines of a text, without their ends, in UTF-16 units.
fn lines(text: &str) -> Vec<Vec<u16>> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.split('\n').map(|line| line.encode_utf16().collect()).collect()
}

fn is_place(lines: &[Vec<u16>], line: u64, character: u64) -> bool {
    let cuts = |units: &Vec<u16>| units.get(character as usize).is_some_and(|unit| (0xDC00..0xE000).contains(unit));
    lines.get(line as usize).is_some_and(|units| character as usize <= units.len() && !cuts(units))
}

/// Checks that every place in an answer is one of the text; tells how many there are.
fn check_places(answer: &Value, lines: &[Vec<u16>], asked: &str) -> usize {
    let within = |value: &Value| check_places(value, lines, asked);
    match answer {
        Value::Array(values) => values.iter().map(within).sum(),
        Value::Object(members) => match (&answer["line"], &answer["character"]) {
            (Value::Number(line), Value::Number(character)) => {
                let (line, character) = (line.as_u64().expect("a line"), character.as_u64().expect("a column"));
                assert!(is_place(lines, line, character), "{asked}: {line}:{character} is no place of the text");
                1
            }
            _ => members.values().map(within).sum(),
        },
        _ => 0,
    }
}

/// The same for tokens, which are numbers relative to each other.
fn check_tokens(answer: &Value, lines: &[Vec<u16>], asked: &str) {
    let Some(data) = answer["data"].as_array() else { return };
    let numbers: Vec<_> = data.iter().map(|it| it.as_u64().expect("a number")).collect();
    let (mut line, mut column) = (0, 0);
    for token in numbers.chunks(5) {
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        line += token[0];
        for at in [column, column + token[2]] {
            assert!(is_place(lines, line, at), "{asked}: {line}:{at} is no place of the text");
        }
    }
}

#[test]
fn each_method_stands_in_these_tables() {
    let source = include_str!("../src/lsp/backend.rs");
    let (_, served) = source.split_once("impl LanguageServer for Backend").expect("the service");
    let served: Vec<_> = served
        .split("    async fn ")
        .skip(1)
        .map(|it| it.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
        .collect();
    let known = |name: &str| {
        REQUESTS.iter().any(|it| it.0 == name) || NOTIFICATIONS.iter().any(|it| it.0 == name) || LIFE.contains(&name)
    };
    for name in &served {
        assert!(known(name), "`{name}` is not tested here");
    }
    assert_eq!(served.len(), REQUESTS.len() + NOTIFICATIONS.len() + LIFE.len(), "a table names what is not served");
}

#[test]
fn every_method_answers_at_every_place_with_places_of_the_text() {
    let (mut client, _child) = start();
    client.open(URI, TEXT);
    let lines = lines(TEXT);
    for (_, method, about) in REQUESTS {
        let (mut places, mut refused) = (0, 0);
        for (line, units) in (0u32..).zip(&lines) {
            // Into the middle of characters, and beyond the end of the line.
            for column in 0..units.len() as u32 + 3 {
                if about != Place && (line, column) != (7, 6) {
                    continue;
                }
                let asked = format!("{method} at {line}:{column}");
                match client.request(method, params_of(method, URI, [line, column], [line + 1, column])) {
                    Ok(answer) => {
                        places += check_places(&answer, &lines, &asked);
                        check_tokens(&answer, &lines, &asked);
                    }
                    // What cannot be renamed is refused with a reason.
                    Err(failed) => {
                        assert_eq!(failed.code, REQUEST_FAILED, "{asked}: {failed:?}");
                        refused += 1;
                    }
                }
            }
        }
        let says_places = about != Workspace && !PLACELESS.iter().any(|it| method.contains(it));
        assert!(!says_places || places > 0, "{method} found nothing");
        assert!(refused == 0 || method.ends_with("ename"), "{method} was refused {refused} times");
    }
    client.shut_down();
}

#[test]
fn every_method_bears_files_that_are_not_open_and_places_outside_the_text() {
    let (mut client, _child) = start();
    client.open(URI, TEXT);
    for (_, method, about) in REQUESTS {
        for uri in ["file:///unknown.ms", "untitled:Untitled-1", "no%20scheme:x"] {
            let answer = client.request(method, params_of(method, uri, [0, 0], [1, 0]));
            match about {
                Workspace => assert!(answer.is_ok(), "{method}: {answer:?}"),
                _ => assert_eq!(code(answer), INVALID_PARAMS, "{method} about {uri}"),
            }
        }
        for (from, to) in [
            ([0, 4_000_000_000], [0, 4_000_000_000]),
            ([4_000_000_000, 0], [4_000_000_000, 4_000_000_000]),
            ([3, 9], [1, 2]),
        ] {
            if let Err(failed) = client.request(method, params_of(method, URI, from, to)) {
                assert_eq!(failed.code, REQUEST_FAILED, "{method} at {from:?}: {failed:?}");
            }
        }
    }
    client.shut_down();
}

#[test]
fn every_method_refuses_what_makes_no_sense() {
    let (mut client, _child) = start();
    client.open(URI, TEXT);
    for (_, method, about) in REQUESTS {
        for nonsense in [json!(7), json!("x"), json!({}), json!([1, 2]), Value::Null, json!({ "textDocument": 7 })] {
            assert_eq!(code(client.request(method, nonsense.clone())), INVALID_PARAMS, "{method}({nonsense})");
        }
        if about != Workspace {
            let mut no_uri = params(URI, [0, 0], [1, 0]);
            no_uri["textDocument"] = json!({ "uri": "this is no URI" });
            no_uri["item"]["uri"] = json!("this is no URI");
            assert_eq!(code(client.request(method, no_uri)), INVALID_PARAMS, "{method} without a URI");
        }
        if about == Place {
            for line in [json!(-1), json!(1.5), json!("1"), json!(1e30), Value::Null] {
                let mut lost = params(URI, [0, 0], [1, 0]);
                let position = json!({ "line": line, "character": 0 });
                lost["range"] = json!({ "start": position, "end": position });
                lost["positions"] = json!([position]);
                lost["position"] = position;
                assert_eq!(code(client.request(method, lost)), INVALID_PARAMS, "{method} on line {line}");
            }
        }
    }
    client.shut_down();
}

/// Notifications have no answer, so the text must be what it was and the next question be answered.
#[test]
fn every_notification_that_makes_no_sense_is_passed_over() {
    let (mut client, _child) = start();
    client.open(URI, "x = 1\n");
    for (_, method) in NOTIFICATIONS {
        for nonsense in [
            json!(7),
            json!("x"),
            json!({}),
            json!([1, 2]),
            Value::Null,
            json!({ "textDocument": 7, "contentChanges": 7, "changes": 7, "event": 7 }),
            json!({ "textDocument": { "uri": "this is no URI", "version": 1, "text": "y", "languageId": "miniscript" } }),
            json!({ "textDocument": { "uri": URI, "version": "a" }, "contentChanges": [{ "text": 7 }] }),
            json!({ "changes": [{ "uri": "no URI", "type": 9 }], "settings": { "minilive": 7 } }),
        ] {
            if method == "textDocument/didClose" && nonsense["textDocument"]["uri"] == URI {
                continue;
            }
            client.notify(method, nonsense);
        }
        let unknown = json!({
            "textDocument": { "uri": "file:///unknown.ms", "version": 3 },
            "contentChanges": [{ "range": range_of([9, 9, 3, 3]), "text": "y" }]
        });
        if method != "textDocument/didOpen" {
            client.notify(method, unknown);
        }
        let symbols = client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": URI } }));
        let names: Vec<_> = symbols.as_array().expect("a list").iter().map(|it| it["name"].as_str()).collect();
        assert_eq!(names, [Some("x")], "after {method}");
    }
    // A document that is opened twice has the second text; one that is closed twice is closed.
    client.open(URI, "y = 1\n");
    let symbols = client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(symbols[0]["name"], "y");
    for _ in 0..2 {
        client.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    }
    let closed = client.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(code(closed), INVALID_PARAMS);
    client.shut_down();
}
