//! What stands on disk while nobody has it open: it is followed whoever watches it, edited only as it stands there, and answered about.

mod common;

use common::{Folder, at};
use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

/// A server for a client of these capabilities in a folder, or in none.
fn start(folder: Option<&Folder>, capabilities: Value) -> (Client, Child) {
    common::start(folder, capabilities, json!({}))
}

/// Such a client watches files.
fn watching() -> Value {
    json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } })
}

/// The edited lines of each file.
fn lines(folder: &Folder, edit: &Value) -> Vec<(String, Vec<u64>)> {
    let changes = edit["changes"].as_object().unwrap_or_else(|| panic!("edits, not {edit}"));
    let line = |it: &Value| it["range"]["start"]["line"].as_u64().expect("a line");
    let root = folder.uri("");
    let of = |(uri, edits): (&String, &Value)| {
        (uri.replace(&*root, ""), edits.as_array().expect("a list").iter().map(line).collect())
    };
    let mut all: Vec<_> = changes.iter().map(of).collect();
    all.sort();
    all
}

fn of(all: &[(&str, &[u64])]) -> Vec<(String, Vec<u64>)> {
    all.iter().map(|(name, lines)| ((*name).to_owned(), lines.to_vec())).collect()
}

/// Asks until the answer is this one: a system tells of changes when it likes.
fn wait_for<T: PartialEq + std::fmt::Debug>(mut ask: impl FnMut() -> T, expected: &T) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let found = ask();
        if found == *expected {
            return;
        }
        assert!(Instant::now() < until, "{found:?} is not {expected:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const USE: &str = "import \"lib\"\nprint lib.f\n";

#[test]
fn edits_are_of_the_texts_on_disk_whoever_watches_them() {
    for capabilities in [json!({}), watching()] {
        let folder = Folder::new("stale", &[("main.ms", USE), ("use.ms", USE), ("lib.ms", "f = 1\n")]);
        let (mut client, _child) = start(Some(&folder), capabilities);
        client.open(&folder.uri("main.ms"), USE);
        let edit = client.ask("textDocument/rename", at(&folder, "main.ms", 1, 10));
        assert_eq!(lines(&folder, &edit), of(&[("lib.ms", &[0]), ("main.ms", &[1]), ("use.ms", &[1])]));
        // Nobody tells of it, and nobody waits.
        fs::write(folder.0.join("use.ms"), format!("// a\n// b\n{USE}")).expect("written");
        fs::write(folder.0.join("lib.ms"), "z = 3\nf = 1\n").expect("written");
        let edit = client.ask("textDocument/rename", at(&folder, "main.ms", 1, 10));
        assert_eq!(lines(&folder, &edit), of(&[("lib.ms", &[1]), ("main.ms", &[1]), ("use.ms", &[3])]));
        fs::write(folder.0.join("use.ms"), format!("// a\n{USE}")).expect("written");
        let files = json!([{ "oldUri": &*folder.uri("lib.ms"), "newUri": &*folder.uri("util.ms") }]);
        let edit = client.ask("workspace/willRenameFiles", json!({ "files": files }));
        assert_eq!(lines(&folder, &edit), of(&[("main.ms", &[0, 1]), ("use.ms", &[1, 2])]));
        client.shut_down();
    }
}

#[test]
fn files_are_followed_for_clients_that_watch_none() {
    let folder = Folder::new("unwatched", &[("main.ms", USE), ("sub/lib.ms", "g = 1\n"), ("lib.ms", "f = 1\n")]);
    let (mut client, _child) = start(Some(&folder), json!({}));
    client.open(&folder.uri("main.ms"), USE);
    let mut rename = || {
        let edit = client.ask("textDocument/rename", at(&folder, "main.ms", 1, 10));
        lines(&folder, &edit)
    };
    assert_eq!(rename(), of(&[("lib.ms", &[0]), ("main.ms", &[1])]));
    fs::write(folder.0.join("use.ms"), USE).expect("written");
    wait_for(&mut rename, &of(&[("lib.ms", &[0]), ("main.ms", &[1]), ("use.ms", &[1])]));
    fs::remove_file(folder.0.join("use.ms")).expect("removed");
    wait_for(&mut rename, &of(&[("lib.ms", &[0]), ("main.ms", &[1])]));
    // In a folder that comes, and goes with all that is in it.
    fs::create_dir_all(folder.0.join("new/deep")).expect("a folder");
    fs::write(folder.0.join("new/deep/more.ms"), "newest = 1\n").expect("written");
    let mut symbols = |query: &str| {
        let found = client.ask("workspace/symbol", json!({ "query": query }));
        found.as_array().map_or(0, Vec::len)
    };
    wait_for(|| symbols("newest"), &1);
    fs::write(folder.0.join("new/deep/more.ms"), "newest = 1\nnewestToo = 2\n").expect("written");
    wait_for(|| symbols("newest"), &2);
    fs::remove_dir_all(folder.0.join("new")).expect("removed");
    wait_for(|| symbols("newest"), &0);
    client.shut_down();
}

#[test]
fn an_event_for_a_folder_stands_for_all_that_is_in_it() {
    let folder = Folder::new("folder-event", &[("main.ms", "x = 1\n"), ("old/a.ms", "oldest = 1\n")]);
    let (mut client, _child) = start(Some(&folder), watching());
    let symbols = |client: &mut Client, query: &str| {
        client.ask("workspace/symbol", json!({ "query": query })).as_array().map_or(0, Vec::len)
    };
    assert_eq!(symbols(&mut client, "oldest"), 1);
    fs::rename(folder.0.join("old"), folder.0.join("new")).expect("moved");
    let changes = json!([{ "uri": &*folder.uri("old"), "type": 3 }, { "uri": &*folder.uri("new"), "type": 1 }]);
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    let found = client.ask("workspace/symbol", json!({ "query": "oldest" }));
    let uris: Vec<_> = found.as_array().expect("a list").iter().map(|it| it["location"]["uri"].clone()).collect();
    assert_eq!(uris, [json!(&*folder.uri("new/a.ms"))]);
    // What is hidden, or belongs to others, is no part of the workspace, however it comes.
    fs::create_dir_all(folder.0.join(".git")).expect("a folder");
    fs::write(folder.0.join(".git/b.ms"), "oldestToo = 1\n").expect("written");
    let changes = json!([{ "uri": &*folder.uri(".git/b.ms"), "type": 1 }]);
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    assert_eq!(symbols(&mut client, "oldest"), 1);
    client.shut_down();
}

#[test]
fn a_document_outside_of_all_folders_knows_what_stands_beside_it() {
    let files = [
        ("a/main.ms", USE),
        ("a/lib.ms", "f = 1\n"),
        ("a/other.ms", USE),
        ("a/lib/inner.ms", "import \"lib\"\nprint lib.f\n"),
        ("a/far/away.ms", "farthest = 1\n"),
        ("b/x.ms", "x = 1\n"),
    ];
    let folder = Folder::new("lone", &files);
    let other = Folder(folder.0.join("b"));
    let all = of(&[("a/lib.ms", &[0]), ("a/lib/inner.ms", &[1]), ("a/main.ms", &[1]), ("a/other.ms", &[1])]);
    for root in [None, Some(&other)] {
        for (file, text, place) in [("a/main.ms", USE, [1, 10]), ("a/lib.ms", "f = 1\n", [0, 0])] {
            let (mut client, _child) = start(root, json!({}));
            client.open(&folder.uri(file), text);
            let edit = client.ask("textDocument/rename", at(&folder, file, place[0], place[1]));
            assert_eq!(lines(&folder, &edit), all);
            let symbols = |client: &mut Client, query: &str| {
                client.ask("workspace/symbol", json!({ "query": query })).as_array().map_or(0, Vec::len)
            };
            assert_eq!((symbols(&mut client, "f"), symbols(&mut client, "farthest")), (1, 0));
            let new = folder.0.join("a/third.ms");
            fs::write(&new, USE).expect("written");
            let mut rename = || {
                let edit = client.ask("textDocument/rename", at(&folder, file, place[0], place[1]));
                lines(&folder, &edit)
            };
            let more = [&all[..], &of(&[("a/third.ms", &[1])])].concat();
            wait_for(&mut rename, &more);
            fs::remove_file(&new).expect("removed");
            wait_for(&mut rename, &all);
            client.notify("textDocument/didClose", json!({ "textDocument": { "uri": &*folder.uri(file) } }));
            assert_eq!(symbols(&mut client, "f"), 0, "it is forgotten with its document");
            client.shut_down();
        }
    }
    std::mem::forget(other);
}

#[test]
fn questions_about_files_that_nobody_opened_are_answered() {
    let lib = "// Doubles.\ntwice = function(n)\n    return n * 2\nend function\n";
    let main = "import \"lib\"\nprint lib.twice(4)\n";
    let folder = Folder::new("closed", &[("main.ms", main), ("lib.ms", lib)]);
    let (mut client, _child) = start(Some(&folder), json!({}));
    let asked = |file: &str, line, character| {
        let mut params = at(&folder, file, line, character);
        params["options"] = json!({ "tabSize": 2, "insertSpaces": true });
        params
    };
    let symbols = client.ask("textDocument/documentSymbol", asked("lib.ms", 0, 0));
    assert_eq!(symbols[0]["name"], "twice");
    let card = client.ask("textDocument/hover", asked("main.ms", 1, 12));
    assert!(card["contents"]["value"].as_str().is_some_and(|it| it.contains("Doubles.")), "{card}");
    let found = client.ask("textDocument/definition", asked("main.ms", 1, 12));
    assert_eq!(found, json!([{ "uri": &*folder.uri("lib.ms"), "range": range_of([1, 0, 1, 5]) }]));
    let found = client.ask("textDocument/references", asked("lib.ms", 1, 0));
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    let tokens = client.ask("textDocument/semanticTokens/full", asked("lib.ms", 0, 0));
    assert!(tokens["data"].as_array().is_some_and(|it| it.len() > 10), "{tokens}");
    assert_eq!(client.ask("textDocument/foldingRange", asked("lib.ms", 0, 0)).as_array().map(Vec::len), Some(1));
    let edits = client.ask("textDocument/formatting", asked("lib.ms", 0, 0));
    assert_eq!(edits[0]["range"]["end"], json!({ "line": 2, "character": 4 }));
    // The answer is about the text of now.
    fs::write(folder.0.join("lib.ms"), format!("x = 1\n{lib}")).expect("written");
    let edits = client.ask("textDocument/formatting", asked("lib.ms", 0, 0));
    assert_eq!(edits[0]["range"]["end"], json!({ "line": 3, "character": 4 }));
    let edit = client.ask("textDocument/rename", asked("lib.ms", 2, 0));
    assert_eq!(lines(&folder, &edit), of(&[("lib.ms", &[2]), ("main.ms", &[1])]));
    for file in ["gone.ms", "../gone.ms"] {
        let failed = client.request("textDocument/hover", asked(file, 0, 0)).expect_err("there is none");
        assert!(failed.message.contains("not open, and no file of the workspace"), "{failed:?}");
    }
    fs::remove_file(folder.0.join("lib.ms")).expect("removed");
    assert!(client.request("textDocument/documentSymbol", asked("lib.ms", 0, 0)).is_err());
    client.shut_down();
}

#[test]
fn a_folder_that_is_moved_away_and_made_anew_is_seen() {
    let folder = Folder::new("anew", &[("main.ms", USE), ("lib.ms", "f = 1\n")]);
    let (mut client, _child) = start(Some(&folder), json!({}));
    client.open(&folder.uri("main.ms"), USE);
    let mut card = || {
        let card = client.ask("textDocument/hover", at(&folder, "main.ms", 1, 10));
        let text = card["contents"]["value"].as_str().unwrap_or_default();
        ["list", "number"].into_iter().find(|it| text.contains(it)).unwrap_or("nothing")
    };
    wait_for(&mut card, &"number");
    let away = folder.0.with_extension("away");
    fs::rename(&folder.0, &away).expect("it is moved");
    wait_for(&mut card, &"nothing");
    fs::create_dir(&folder.0).expect("it is made");
    fs::write(folder.0.join("lib.ms"), "f = [1]\n").expect("it is written");
    wait_for(&mut card, &"list");
    // What happens in the new one is seen, too.
    fs::write(folder.0.join("lib.ms"), "f = 1\n").expect("it is written");
    wait_for(&mut card, &"number");
    fs::remove_dir_all(away).expect("it is removed");
    client.shut_down();
}
