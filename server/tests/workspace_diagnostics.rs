//! Diagnostics of all files of the workspace, pulled: which files, with which results, in how many parts, and when there is no answer yet.

mod common;

use common::{Folder, program};
use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

const METHOD: &str = "workspace/diagnostic";

fn start(folder: &Folder) -> (Client, Child) {
    let (mut client, child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let root = format!("file://{}", folder.0.display());
    let capabilities = json!({
        "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } }
    });
    let options = json!({ "trust": "off" });
    let params =
        json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
    let server = client.ask("initialize", params);
    assert_eq!(server["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"], true);
    client.notify("initialized", json!({}));
    (client, child)
}

/// Reports by the names of their files.
type Reports = BTreeMap<String, Value>;

fn by_file(items: &Value) -> Reports {
    let items = items.as_array().expect("a list").iter();
    items
        .map(|it| (it["uri"].as_str().expect("a name").rsplit('/').next().unwrap_or("").to_owned(), it.clone()))
        .collect()
}

/// What a client says that it has.
fn ids(reports: &Reports) -> Vec<Value> {
    let known = reports.values().filter(|it| it["resultId"].is_string());
    known.map(|it| json!({ "uri": it["uri"], "value": it["resultId"] })).collect()
}

fn ask(client: &mut Client, before: &[Value]) -> Reports {
    by_file(&client.ask(METHOD, json!({ "previousResultIds": before }))["items"])
}

/// The codes of a report, or its kind if it has no diagnostics.
fn said(report: &Value) -> String {
    let codes: Vec<_> = report["items"].as_array().into_iter().flatten().filter_map(|it| it["code"].as_str()).collect();
    if codes.is_empty() { report["kind"].as_str().unwrap_or("nothing").to_owned() } else { codes.join(" ") }
}

fn all_said(reports: &Reports) -> Vec<(&str, String)> {
    reports.iter().map(|(file, report)| (&**file, said(report))).collect()
}

fn watched(client: &mut Client, uri: &str, kind: u32) {
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": kind }] }));
}

#[test]
fn every_file_is_told_of_once_and_then_only_what_is_new() {
    let folder = Folder::new(
        "sweep",
        &[
            ("main.ms", "import \"lib\"\nprint lib.one\nprint lib.two\n"),
            ("lib.ms", "one = 1\nprint fromMain\n"),
            ("lines.ms", "// ä\r\ns = \"𝄞\" + nobody\r\nprint s\r\n"),
            ("broken.ms", "if x then\n"),
            ("sub/astray.ms", "import \"nowhere\"\n"),
            ("good.ms", "print 1\n"),
            ("not.txt", "print nobody\n"),
        ],
    );
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("good.ms"), "print nobody\n");
    let first = ask(&mut client, &[]);
    assert_eq!(
        all_said(&first),
        [
            ("astray.ms", "import-not-found".to_owned()),
            ("broken.ms", said(&first["broken.ms"])),
            ("good.ms", "unknown-name".to_owned()),
            // Whoever is imported may get names from elsewhere.
            ("lib.ms", "full".to_owned()),
            ("lines.ms", "unknown-name".to_owned()),
            ("main.ms", "missing-member".to_owned()),
        ]
    );
    assert_eq!(first["broken.ms"]["items"][0]["severity"], 1);
    assert_eq!(first["lines.ms"]["items"][0]["range"], range_of([1, 11, 1, 17]));
    assert_eq!((&first["good.ms"]["version"], &first["main.ms"]["version"]), (&json!(1), &Value::Null));
    // A document's own report is the same one.
    let own = client.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": &*folder.uri("good.ms") } }));
    assert_eq!(own["resultId"], first["good.ms"]["resultId"]);

    let again = ask(&mut client, &ids(&first));
    assert!(again.values().all(|it| it["kind"] == "unchanged" && it["resultId"].is_string()), "{again:?}");
    assert_eq!(again.len(), first.len());

    // An edit of a document that another file imports, a file that is different, and one that is gone.
    client.open(&folder.uri("lib.ms"), "one = 1\ntwo = 2\nprint fromMain\n");
    std::fs::write(folder.0.join("lines.ms"), "print 1\n").expect("a file");
    watched(&mut client, &folder.uri("lines.ms"), 2);
    std::fs::remove_file(folder.0.join("broken.ms")).expect("it goes");
    watched(&mut client, &folder.uri("broken.ms"), 3);
    let later = ask(&mut client, &ids(&first));
    let kinds: Vec<_> = later.iter().map(|(file, it)| (&**file, it["kind"].as_str().unwrap_or_default())).collect();
    assert_eq!(
        kinds,
        [
            ("astray.ms", "unchanged"),
            ("broken.ms", "full"),
            ("good.ms", "unchanged"),
            ("lib.ms", "unchanged"),
            ("lines.ms", "full"),
            ("main.ms", "full"),
        ]
    );
    for file in ["broken.ms", "lines.ms", "main.ms"] {
        assert_eq!(later[file]["items"], json!([]), "{file}");
    }
    assert_eq!((&later["broken.ms"]["resultId"], &later["lib.ms"]["version"]), (&Value::Null, &json!(1)));

    // Clients may name a file in another way, and ask of files that never were.
    let odd = [
        json!({ "uri": folder.uri("good.ms").replace("good", "%67ood"), "value": later["good.ms"]["resultId"] }),
        json!({ "uri": "untitled:Untitled-1", "value": "x" }),
    ];
    let found = ask(&mut client, &odd);
    assert_eq!((said(&found["good.ms"]), said(&found["untitled:Untitled-1"])), ("unchanged".into(), "full".into()));
    client.shut_down();
}

#[test]
fn files_that_settings_exclude_are_told_of_while_they_are_open() {
    let folder = Folder::new("excluded", &[("main.ms", "print nobody\n"), ("old/a.ms", "print nobody\n")]);
    let (mut client, _child) = start(&folder);
    let exclude = |client: &mut Client, patterns: Value| {
        let settings = json!({ "minilive": { "diagnostics": { "exclude": patterns } } });
        client.notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    };
    let first = ask(&mut client, &[]);
    assert_eq!(first.len(), 2);
    exclude(&mut client, json!(["old"]));
    let found = ask(&mut client, &ids(&first));
    assert_eq!(all_said(&found), [("a.ms", "full".to_owned()), ("main.ms", "unchanged".to_owned())]);
    assert_eq!(found["a.ms"]["items"], json!([]));
    client.open(&folder.uri("old/a.ms"), "print nobody\n");
    assert_eq!(said(&ask(&mut client, &[])["a.ms"]), "unknown-name");
    exclude(&mut client, json!(["**"]));
    assert_eq!(ask(&mut client, &[]).len(), 1);
    client.shut_down();
}

/// Whether a request has been answered.
fn is_answered(client: &mut Client, id: i64) -> bool {
    client.listen();
    client.heard.iter().any(|said| said.message["id"] == id && said.message.get("method").is_none())
}

/// All parts of an answer.
fn parts(client: &Client, token: &str) -> Vec<Value> {
    let parts = client.heard.iter().filter(|said| said.method() == "$/progress" && said.params()["token"] == token);
    parts.flat_map(|it| it.params()["value"]["items"].as_array().cloned().unwrap_or_default()).collect()
}

#[test]
fn an_answer_in_parts_waits_for_news() {
    let folder = Folder::new("held", &[("main.ms", "import \"lib\"\nprint lib.one\n"), ("lib.ms", "one = 1\n")]);
    let (mut client, _child) = start(&folder);
    let asks = |client: &mut Client, token: &str, before: &[Value]| {
        client.post(METHOD, json!({ "previousResultIds": before, "partialResultToken": token }))
    };
    let empty = json!({ "items": [] });
    let id = asks(&mut client, "first", &[]);
    assert_eq!(client.wait(id), Ok(empty.clone()));
    let first = by_file(&json!(parts(&client, "first")));
    assert_eq!(first.keys().map(String::as_str).collect::<Vec<_>>(), ["lib.ms", "main.ms"]);

    // Nothing is new: opening a file as it is, too, is none.
    let id = asks(&mut client, "second", &ids(&first));
    client.open(&folder.uri("lib.ms"), "one = 1\n");
    std::thread::sleep(Duration::from_millis(600));
    assert!(!is_answered(&mut client, id) && parts(&client, "second").is_empty());
    client.change(&folder.uri("lib.ms"), 2, [0, 0, 0, 3], "two");
    assert_eq!(client.wait(id), Ok(empty.clone()));
    let second = by_file(&json!(parts(&client, "second")));
    assert_eq!((said(&second["main.ms"]), said(&second["lib.ms"])), ("missing-member".into(), "unchanged".into()));

    // Cancelling ends it at once, wherever it is.
    let id = asks(&mut client, "third", &ids(&second));
    client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": &*folder.uri("lib.ms") } }));
    assert!(!is_answered(&mut client, id));
    let since = Instant::now();
    client.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(client.wait(id).expect_err("cancelled").code, -32800);
    assert!(since.elapsed() < Duration::from_millis(250), "{:?}", since.elapsed());

    // The end of the server does, too.
    let id = asks(&mut client, "fourth", &ids(&second));
    client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": &*folder.uri("lib.ms") } }));
    client.ask("shutdown", Value::Null);
    assert_eq!(client.wait(id), Ok(empty));
}

/// More files than one slice takes; edits and questions come in between.
#[test]
fn many_files_hold_nothing_up() {
    let import = |k: usize| if k == 0 { String::new() } else { format!("import \"m{}\"\n", k / 2) };
    let text = |k: usize| format!("{}x = {k}\n{}print nobody{k}\n", import(k), "x = x + 1\n".repeat(40));
    let files: Vec<_> = (0..120).map(|k| (format!("m{k}.ms"), text(k))).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let folder = Folder::new("many", &files);
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("m119.ms"), files[119].1);
    let id = client.post(METHOD, json!({ "previousResultIds": [], "partialResultToken": 7 }));
    for version in 2..12 {
        client.change(&folder.uri("m119.ms"), version, [1, 0, 1, 0], " ");
        client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": &*folder.uri("m119.ms") } }));
    }
    assert_eq!(client.wait(id), Ok(json!({ "items": [] })));
    let reports: Vec<_> = client.heard.iter().filter(|said| said.params()["token"] == 7).collect();
    let items = reports.iter().flat_map(|it| it.params()["value"]["items"].as_array().cloned().unwrap_or_default());
    let found = by_file(&Value::Array(items.collect()));
    assert_eq!(found.len(), 120);
    assert_eq!(said(&found["m119.ms"]), "unknown-name");
    client.shut_down();
}
