//! The files of a workspace: known as soon as somebody asks for them, whoever has opened them, and followed as they come and go.

mod common;

use common::{Folder, program};
use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::process::Child;

/// A server in a folder.
fn start(folder: &Folder) -> (Client, Child) {
    let (mut client, child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let root = format!("file://{}", folder.0.display());
    let options = json!({ "trust": "off" });
    let params = json!({ "processId": null, "rootUri": root, "capabilities": {}, "initializationOptions": options });
    client.ask("initialize", params);
    client.notify("initialized", json!({}));
    (client, child)
}

/// Names and files of the symbols that fit.
fn symbols(client: &mut Client, query: &str) -> Vec<(String, String)> {
    let found = client.ask("workspace/symbol", json!({ "query": query }));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let found = found.as_array().expect("a list").iter();
    found.map(|it| (text(&it["name"]), text(&it["location"]["uri"]))).collect()
}

fn at(folder: &Folder, file: &str, line: u32, character: u32) -> Value {
    json!({
        "textDocument": { "uri": &*folder.uri(file) }, "position": { "line": line, "character": character },
        "context": { "includeDeclaration": true }, "newName": "renamed"
    })
}

#[test]
fn files_that_nobody_opened_are_known_and_followed() {
    let folder = Folder::new(
        "known",
        &[
            ("lib.ms", "twice = function(n)\nend function\n"),
            ("sub/deep.ms", "deepest = 1\n"),
            ("not.txt", "deeper = 1\n"),
        ],
    );
    let (mut client, _child) = start(&folder);
    let symbol = |name: &str, file: &str| vec![(name.to_owned(), folder.uri(file).to_string())];
    assert_eq!(symbols(&mut client, "deep"), symbol("deepest", "sub/deep.ms"));
    assert_eq!(symbols(&mut client, "twi"), symbol("twice", "lib.ms"));
    // An open document comes before what is on disk, a closed one does not.
    client.open(&folder.uri("lib.ms"), "thrice = 1\n");
    assert_eq!(symbols(&mut client, "ice"), symbol("thrice", "lib.ms"));
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": &*folder.uri("lib.ms") } }));
    assert_eq!(symbols(&mut client, "ice"), symbol("twice", "lib.ms"));
    let mut watched = |file: &str, kind: u32| {
        let change = json!({ "uri": &*folder.uri(file), "type": kind });
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
        symbols(&mut client, "newest")
    };
    std::fs::write(folder.0.join("new.ms"), "newest = 1\n").expect("a file");
    assert_eq!(watched("new.ms", 1), symbol("newest", "new.ms"));
    std::fs::remove_file(folder.0.join("new.ms")).expect("it goes");
    assert_eq!(watched("new.ms", 3), []);
    client.shut_down();
}

#[test]
fn what_is_asked_right_after_opening_is_answered_from_all_files() {
    let users: Vec<_> =
        (0..300).map(|k| (format!("user{k}.ms"), format!("import \"lib\"\nprint lib.twice({k})\n"))).collect();
    let mut files = vec![("lib.ms", "twice = function(n)\n  return n * 2\nend function\n")];
    files.extend(users.iter().map(|(name, text)| (&**name, &**text)));
    let folder = Folder::new("asked", &files);
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("user0.ms"), files[1].1);
    let found = client.ask("textDocument/definition", at(&folder, "user0.ms", 1, 12));
    assert_eq!(found, json!([{ "uri": &*folder.uri("lib.ms"), "range": range_of([0, 0, 0, 5]) }]));
    let found = client.ask("textDocument/references", at(&folder, "user0.ms", 1, 12));
    assert_eq!(found.as_array().map(Vec::len), Some(301));
    client.shut_down();

    // The first question of all, too, and a rename, which must not be made in a part of the files.
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("lib.ms"), files[0].1);
    let edits = client.ask("textDocument/rename", at(&folder, "lib.ms", 0, 2));
    assert_eq!(edits["changes"].as_object().map(serde_json::Map::len), Some(301));
    client.shut_down();
}

#[test]
fn a_document_that_imports_what_is_not_there_is_answered_all_the_same() {
    let folder = Folder::new("missing", &[("main.ms", "")]);
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("main.ms"), "import \"nowhere\"\nx = 1\nprint x\n");
    let found = client.ask("textDocument/definition", at(&folder, "main.ms", 2, 6));
    assert_eq!(found[0]["range"], range_of([1, 0, 1, 1]));
    // A program that does not compile has modules, too.
    client.open(&folder.uri("broken.ms"), "import \"nowhere\"\nx = = 1\nprint x\n");
    let found = client.ask("textDocument/definition", at(&folder, "broken.ms", 2, 6));
    assert_eq!(found[0]["range"], range_of([1, 0, 1, 1]));
    client.shut_down();
}
