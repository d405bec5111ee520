//! The files of a workspace: known as soon as somebody asks for them, whoever has opened them, and followed as they come and go.

mod common;

use common::{Folder, at, program};
use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::process::Child;

/// A server in a folder.
fn start(folder: &Folder) -> (Client, Child) {
    start_with(folder, json!({}))
}

/// The same for a client of other capabilities.
fn start_with(folder: &Folder, capabilities: Value) -> (Client, Child) {
    common::start(Some(folder), capabilities, json!({}))
}

/// Names and files of the symbols that fit.
fn symbols(client: &mut Client, query: &str) -> Vec<(String, String)> {
    let found = client.ask("workspace/symbol", json!({ "query": query }));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let found = found.as_array().expect("a list").iter();
    found.map(|it| (text(&it["name"]), text(&it["location"]["uri"]))).collect()
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

/// What is told of a document depends on all modules of its program, also on those that its modules import: a client that is not told to ask
/// again must not have had half an answer.
#[test]
fn the_first_diagnostics_know_the_modules_of_modules() {
    let module = |k: usize| (format!("m{k}.ms"), format!("import \"m{}\"\nn{k} = 1\n", k + 1));
    let mut files: Vec<_> = (0..40).map(module).collect();
    files.push(("m40.ms".to_owned(), "last = 1\n".to_owned()));
    let main = "import \"m0\"\nprint m0.m1.n1\nprint m0.nope\n";
    files.push(("main.ms".to_owned(), main.to_owned()));
    let files: Vec<_> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let folder = Folder::new("modules_of_modules", &files);
    for is_read in [false, true, false, true] {
        let (mut client, _child) = start(&folder);
        if is_read {
            // The answer comes as soon as the files of the workspace are read.
            assert_eq!(symbols(&mut client, "last"), [("last".to_owned(), folder.uri("m40.ms").to_string())]);
        }
        client.open(&folder.uri("main.ms"), main);
        let asked = json!({ "textDocument": { "uri": &*folder.uri("main.ms") } });
        let found = client.ask("textDocument/diagnostic", asked);
        let codes: Vec<_> = found["items"].as_array().expect("a list").iter().map(|it| it["code"].clone()).collect();
        assert_eq!(codes, ["missing-member"], "{found}");
        client.shut_down();
    }
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

#[test]
fn calls_are_followed_into_files_that_nobody_opened() {
    let folder = Folder::new(
        "calls",
        &[
            ("main.ms", "import \"lib\"\nf = function\n  return lib.twice(1)\nend function\n"),
            (
                "lib.ms",
                "half = function(n)\n  return n / 2\nend function\ntwice = function(n)\n  return half(n) * 4\nend function\n",
            ),
        ],
    );
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("main.ms"), "import \"lib\"\nf = function\n  return lib.twice(1)\nend function\n");
    let items = client.ask("textDocument/prepareCallHierarchy", at(&folder, "main.ms", 2, 14));
    assert_eq!((items[0]["name"].as_str(), items[0]["uri"].as_str()), (Some("twice"), Some(&*folder.uri("lib.ms"))));
    assert_eq!(items[0]["selectionRange"], range_of([3, 0, 3, 5]));
    let out = client.ask("callHierarchy/outgoingCalls", json!({ "item": items[0] }));
    assert_eq!(
        (out[0]["to"]["name"].as_str(), &out[0]["fromRanges"]),
        (Some("half"), &json!([range_of([4, 9, 4, 13])]))
    );
    let calls = client.ask("callHierarchy/incomingCalls", json!({ "item": items[0] }));
    assert_eq!(
        (calls[0]["from"]["name"].as_str(), &calls[0]["fromRanges"]),
        (Some("f"), &json!([range_of([2, 13, 2, 18])]))
    );
    // Items of files that are not there, and items that make no sense.
    let mut gone = items[0].clone();
    gone["uri"] = json!(&*folder.uri("gone.ms"));
    assert!(client.request("callHierarchy/incomingCalls", json!({ "item": gone })).is_err());
    let mut odd = items[0].clone();
    odd["selectionRange"] = range_of([99, 99, 99, 99]);
    assert_eq!(client.ask("callHierarchy/incomingCalls", json!({ "item": odd })), json!([]));
    assert_eq!(client.ask("textDocument/prepareCallHierarchy", at(&folder, "main.ms", 0, 0)), json!([]));
    client.shut_down();
}

#[test]
fn maps_are_followed_to_where_they_are_made() {
    let text = "Base = {}\nBase.x = 1\nHeir = new Base\nh = new Heir\nprint h.x\n";
    let folder = Folder::new("types", &[("main.ms", text)]);
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("main.ms"), text);
    let found = client.ask("textDocument/typeDefinition", at(&folder, "main.ms", 4, 6));
    assert_eq!(found[0]["range"], range_of([2, 0, 2, 4]));
    let found = client.ask("textDocument/implementation", at(&folder, "main.ms", 0, 0));
    assert_eq!(found.as_array().map(Vec::len), Some(1), "an instance is no class: {found}");
    client.shut_down();
}

#[test]
fn renamed_files_and_changed_folders_are_followed() {
    let folder = Folder::new(
        "renamed",
        &[("a/main.ms", "import \"lib\"\nprint lib.x\n"), ("a/lib.ms", "x = 1\n"), ("b/far.ms", "farthest = 1\n")],
    );
    let inner = Folder(folder.0.join("a"));
    let (mut client, _child) = start(&inner);
    let files = json!([{ "oldUri": &*folder.uri("a/lib.ms"), "newUri": &*folder.uri("a/util.ms") }]);
    let edit = client.ask("workspace/willRenameFiles", json!({ "files": files }));
    let edits = edit["changes"][&*folder.uri("a/main.ms")].as_array().expect("edits").clone();
    let new: Vec<_> = edits.iter().map(|it| (it["range"].clone(), it["newText"].as_str())).collect();
    assert_eq!(new, [(range_of([0, 8, 0, 11]), Some("util")), (range_of([1, 6, 1, 9]), Some("util"))]);
    let nothing = json!([{ "oldUri": "untitled:x", "newUri": "nonsense" }]);
    assert_eq!(client.ask("workspace/willRenameFiles", json!({ "files": nothing })), Value::Null);

    assert_eq!(symbols(&mut client, "farthest"), []);
    let other = json!({ "uri": &*folder.uri("b"), "name": "b" });
    let mut change = |added: Value, removed: Value| {
        let event = json!({ "added": added, "removed": removed });
        client.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
        symbols(&mut client, "farthest").len()
    };
    assert_eq!(change(json!([other]), json!([])), 1);
    assert_eq!(change(json!([]), json!([other])), 0);
    client.shut_down();
    std::mem::forget(inner);
}

/// Without a version an edit means what is on disk, which is not what an editor shows of a document with unsaved changes.
#[test]
fn edits_name_the_versions_of_all_open_documents() {
    let importer = "import \"lib\"\nprint lib.x\n";
    let folder = Folder::new("versions", &[("main.ms", importer), ("use.ms", importer), ("lib.ms", "x = 1\n")]);
    let capabilities = json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } });
    let (mut client, _child) = start_with(&folder, capabilities);
    client.open(&folder.uri("main.ms"), importer);
    client.open(&folder.uri("lib.ms"), "x = 1\n");
    let versions = |edit: &Value| {
        let all = edit["documentChanges"].as_array().expect("edits").iter();
        let version = |it: &Value| {
            let of = &it["textDocument"];
            let name = of["uri"].as_str().and_then(|it| it.rsplit('/').next()).expect("a name").to_owned();
            (name, of["version"].as_i64())
        };
        let mut all: Vec<_> = all.map(version).collect();
        all.sort();
        all
    };
    let of = |name: &str, version| (name.to_owned(), version);
    let edit = client.ask("textDocument/rename", at(&folder, "main.ms", 1, 10));
    assert_eq!(versions(&edit), [of("lib.ms", Some(1)), of("main.ms", Some(1)), of("use.ms", None)]);
    let files = json!([{ "oldUri": &*folder.uri("lib.ms"), "newUri": &*folder.uri("util.ms") }]);
    let edit = client.ask("workspace/willRenameFiles", json!({ "files": files }));
    assert_eq!(versions(&edit), [of("main.ms", Some(1)), of("use.ms", None)]);
    client.shut_down();
}

#[test]
fn hints_of_the_code_come_by_a_setting() {
    let folder = Folder::new("hints", &[("main.ms", "")]);
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("main.ms"), "x = 1 + y\ny = 2\nprint x, \"\"\n");
    let range = json!({ "textDocument": { "uri": &*folder.uri("main.ms") }, "range": range_of([0, 0, 3, 0]) });
    assert_eq!(client.ask("textDocument/inlayHint", range.clone()), json!([]));
    let settings = json!({ "minilive": { "hints": { "types": true, "parameters": true } } });
    client.notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    let hints = client.ask("textDocument/inlayHint", range);
    let shown: Vec<_> =
        hints.as_array().expect("a list").iter().map(|it| (it["label"].as_str(), it["kind"].as_u64())).collect();
    assert_eq!(shown, [(Some(": number"), Some(1)), (Some("delimiter:"), Some(2))]);
    client.shut_down();
}

#[test]
fn a_host_profile_in_the_workspace_is_read_and_followed() {
    let profile = |name: &str| {
        format!("{{\"host\": \"a game\", \"names\": {{\"{name}\": {{\"params\": [\"n\"], \"doc\": \"Beeps.\"}}}}}}")
    };
    let first = profile("beep");
    let toml = "host = \"a game\"\n[names.tick]\ndoc = \"Ticks.\"\n";
    let files = [("minilive.host.json", &*first), ("minilive.host.toml", toml), ("more/other.json", "{ nonsense")];
    let folder = Folder::new("host", &[&[("main.ms", "")], &files[..]].concat());
    let (mut client, _child) = start(&folder);
    client.open(&folder.uri("main.ms"), "beep 1\nboop 2\ntick\n");
    let said = |client: &mut Client, version: i64| {
        let found = client.diagnostics(&folder.uri("main.ms"), version).1;
        found.as_array().expect("a list").iter().map(|it| it["range"]["start"]["line"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(said(&mut client, 1), [Some(1)]);
    let card = client.ask("textDocument/hover", at(&folder, "main.ms", 0, 1));
    assert!(
        card["contents"]["value"].as_str().is_some_and(|it| it.contains("beep(n)") && it.contains("Beeps.")),
        "{card}"
    );
    // It changes on disk.
    std::fs::write(folder.0.join("minilive.host.json"), profile("boop")).expect("written");
    let change = json!({ "uri": &*folder.uri("minilive.host.json"), "type": 2 });
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    client.change(&folder.uri("main.ms"), 2, [0, 0, 0, 0], " ");
    assert_eq!(said(&mut client, 2), [Some(0)]);
    // Half-written it is told, and what it said before holds until it is right again or gone.
    let watched = |client: &mut Client, file: &str, kind: u32| {
        let change = json!({ "uri": &*folder.uri(file), "type": kind });
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    };
    std::fs::write(folder.0.join("minilive.host.json"), "{ \"host\": \"a game\", ").expect("written");
    let since = client.heard.len();
    watched(&mut client, "minilive.host.json", 2);
    client.wait_for(since, "window/showMessage", |it| {
        it["message"].as_str().is_some_and(|it| it.contains("is not right"))
    });
    client.change(&folder.uri("main.ms"), 3, [0, 0, 0, 0], " ");
    assert_eq!(said(&mut client, 3), [Some(0)]);
    std::fs::remove_file(folder.0.join("minilive.host.toml")).expect("removed");
    watched(&mut client, "minilive.host.toml", 3);
    client.change(&folder.uri("main.ms"), 4, [0, 0, 0, 0], " ");
    assert_eq!(said(&mut client, 4), [Some(0), Some(2)]);
    // One that a setting names adds its names, one that is not right is told.
    std::fs::write(folder.0.join("more/good.toml"), "host = \"a game\"\n[names.tick]\n").expect("written");
    let settings = json!({ "minilive": { "host": { "profiles": ["more/good.toml"] } } });
    client.notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    client.change(&folder.uri("main.ms"), 5, [0, 0, 0, 0], " ");
    assert_eq!(said(&mut client, 5), [Some(0)]);
    std::fs::write(folder.0.join("more/good.toml"), "host = \"a game\"\n[names.beep]\n").expect("written");
    watched(&mut client, "more/good.toml", 2);
    client.change(&folder.uri("main.ms"), 6, [0, 0, 0, 0], " ");
    assert_eq!(said(&mut client, 6), [Some(2)]);
    let settings = json!({ "minilive": { "host": { "profiles": ["more/other.json"] } } });
    let since = client.heard.len();
    client.notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    let told = client.wait_for(since, "window/showMessage", |params| {
        params["message"].as_str().is_some_and(|it| it.contains("other.json is not right"))
    });
    assert!(told >= since);
    client.shut_down();
}

/// Waits until a document has warnings on these lines and no others; where that was heard.
fn wait_for_lines(client: &mut Client, since: usize, uri: &str, lines: &[u64]) -> usize {
    client.wait_for(since, "textDocument/publishDiagnostics", |said| {
        let found = said["diagnostics"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found: Vec<_> = found.iter().filter_map(|it| it["range"]["start"]["line"].as_u64()).collect();
        said["uri"] == *uri && found == lines
    })
}

/// What a profile says is shown anew as soon as it is something else, without an edit.
#[test]
fn a_host_profile_comes_and_goes_with_its_folder() {
    let profile = |name: &str| format!("host = \"a game\"\n[names.{name}]\n");
    let files = [("b/main.ms", ""), ("a/main.ms", ""), ("b/minilive.host.toml", &*profile("beep"))];
    let folder = Folder::new("hosts", &files);
    let (mut client, _child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let named = |name: &str| json!({ "uri": &*folder.uri(name), "name": name });
    let params = json!({
        "processId": null, "capabilities": {}, "workspaceFolders": [named("a"), named("b")],
        "initializationOptions": { "trust": "off" }
    });
    client.ask("initialize", params);
    client.notify("initialized", json!({}));
    let main = folder.uri("b/main.ms");
    client.open(&main, "beep\nboop\n");
    let says = |client: &mut Client, since: usize, lines: &[u64]| {
        wait_for_lines(client, since, &main, lines);
        client.heard.len()
    };
    let since = says(&mut client, 0, &[1]);
    std::fs::write(folder.0.join("b/minilive.host.toml"), profile("boop")).expect("written");
    let change = json!({ "uri": &*folder.uri("b/minilive.host.toml"), "type": 2 });
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    let since = says(&mut client, since, &[0]);
    let event = json!({ "event": { "added": [], "removed": [named("b")] } });
    client.notify("workspace/didChangeWorkspaceFolders", event);
    let since = says(&mut client, since, &[0, 1]);
    let event = json!({ "event": { "added": [named("b")], "removed": [] } });
    client.notify("workspace/didChangeWorkspaceFolders", event);
    says(&mut client, since, &[0]);
    client.shut_down();
}

/// A profile that lies in a folder holds for what is below it, one that a setting names for all.
#[test]
fn a_host_profile_holds_in_its_folder() {
    let profile = |name: &str| format!("[names.{name}]\n");
    let profiles = [
        ("a/minilive.host.toml", profile("ofA")),
        ("a/in/minilive.host.toml", profile("ofInner")),
        ("b/minilive.host.toml", profile("ofB")),
        ("tool.toml", profile("ofAll")),
    ];
    let programs = ["a/main.ms", "a/in/main.ms", "b/main.ms", "c/main.ms", "d/main.ms"].map(|it| (it, ""));
    let files: Vec<_> = profiles.iter().map(|(name, text)| (*name, &**text)).chain(programs).collect();
    let folder = Folder::new("hosts-by-folder", &files);
    let (mut client, _child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let named = |name: &&str| json!({ "uri": &*folder.uri(name), "name": name });
    let folders: Vec<_> = ["a", "a/in", "b", "c"].iter().map(named).collect();
    let params = json!({
        "processId": null, "capabilities": {}, "workspaceFolders": folders,
        "initializationOptions": { "trust": "off", "minilive": { "host": { "profiles": ["../tool.toml"] } } }
    });
    client.ask("initialize", params);
    client.notify("initialized", json!({}));
    // A file in no folder may belong to any.
    let told: [(&str, &[u64]); 5] = [
        ("a/main.ms", &[1, 2]),
        ("a/in/main.ms", &[2]),
        ("b/main.ms", &[0, 1]),
        ("c/main.ms", &[0, 1, 2]),
        ("d/main.ms", &[]),
    ];
    for (program, lines) in told {
        let since = client.heard.len();
        client.open(&folder.uri(program), "ofA\nofInner\nofB\nofAll\n");
        wait_for_lines(&mut client, since, &folder.uri(program), lines);
    }
    client.shut_down();
}

/// A profile that a setting names may lie anywhere and go by any name: the client is asked to watch it, as long as the setting says so.
#[test]
fn host_profiles_of_the_settings_are_watched() {
    let profile = |name: &str| format!("host = \"a game\"\n[names.{name}]\n");
    let files =
        [("a/main.ms", ""), ("b/game.toml", &*profile("beep")), ("a/tool.json", "{\"host\": \"\", \"names\": {}}")];
    let folder = Folder::new("watched", &files);
    let (mut client, _child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let watches = json!({ "dynamicRegistration": true, "relativePatternSupport": true });
    let host = json!({ "profiles": ["../b/game.toml"] });
    let params = json!({
        "processId": null, "workspaceFolders": [{ "uri": &*folder.uri("a"), "name": "a" }],
        "capabilities": { "workspace": { "didChangeWatchedFiles": watches } },
        "initializationOptions": { "trust": "off", "minilive": { "host": host } }
    });
    client.ask("initialize", params);
    client.notify("initialized", json!({}));
    let watched = |client: &mut Client, folder: &str, name: &str| {
        let heard = client.wait_for(0, "client/registerCapability", |params| {
            let pattern = &params["registrations"][0]["registerOptions"]["watchers"][0]["globPattern"];
            *pattern == json!({ "baseUri": folder, "pattern": name })
        });
        (heard, client.heard[heard].params()["registrations"][0]["id"].clone())
    };
    let (_, first) = watched(&mut client, &folder.uri("b"), "game.toml");
    let main = folder.uri("a/main.ms");
    client.open(&main, "beep\nboop\n");
    let says = |client: &mut Client, since: usize, lines: &[u64]| wait_for_lines(client, since, &main, lines);
    let since = says(&mut client, 0, &[1]);
    std::fs::write(folder.0.join("b/game.toml"), profile("boop")).expect("written");
    let change = json!({ "uri": &*folder.uri("b/game.toml"), "type": 2 });
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    says(&mut client, since, &[0]);
    // Another file instead, then none.
    let settings = |profiles: &[&str]| json!({ "settings": { "minilive": { "host": { "profiles": profiles } } } });
    client.notify("workspace/didChangeConfiguration", settings(&["tool.json"]));
    let (since, second) = watched(&mut client, &folder.uri("a"), "tool.json");
    let unwatched = |client: &mut Client, since: usize, id: &Value| {
        client.wait_for(since, "client/unregisterCapability", |params| params["unregisterations"][0]["id"] == *id)
    };
    let since = unwatched(&mut client, since, &first);
    client.notify("workspace/didChangeConfiguration", settings(&[]));
    unwatched(&mut client, since, &second);
    client.shut_down();
}

/// Nobody opens the file that imports what is open: editors are told that something else is said now.
#[test]
fn what_is_said_follows_importers_on_disk() {
    for pulls in [true, false] {
        let folder = Folder::new("importers", &[("util.ms", "print given\n")]);
        let (mut client, _child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
        let diagnostic = if pulls { json!({}) } else { Value::Null };
        let params = json!({
            "processId": null, "rootUri": format!("file://{}", folder.0.display()),
            "capabilities": {
                "textDocument": { "diagnostic": diagnostic }, "workspace": { "diagnostics": { "refreshSupport": pulls } }
            },
            "initializationOptions": { "trust": "off" }
        });
        client.ask("initialize", params);
        client.notify("initialized", json!({}));
        let util = folder.uri("util.ms");
        client.open(&util, "print given\n");
        let mut since = 0;
        let mut says = |client: &mut Client, expected: usize| {
            if !pulls {
                let is_it =
                    |it: &Value| it["uri"] == *util && it["diagnostics"].as_array().map(Vec::len) == Some(expected);
                client.wait_for(since, "textDocument/publishDiagnostics", is_it);
                since = client.heard.len();
                return;
            }
            let ask = json!({ "textDocument": { "uri": &*util } });
            while client.ask("textDocument/diagnostic", ask.clone())["items"].as_array().map(Vec::len) != Some(expected)
            {
                since = client.wait_for(since, "workspace/diagnostic/refresh", |_| true) + 1;
            }
        };
        says(&mut client, 1);
        std::fs::write(folder.0.join("main.ms"), "import \"util\"\ngiven = 1\n").expect("a file");
        let changes = json!({ "changes": [{ "uri": &*folder.uri("main.ms"), "type": 1 }] });
        client.notify("workspace/didChangeWatchedFiles", changes.clone());
        says(&mut client, 0);
        std::fs::remove_file(folder.0.join("main.ms")).expect("it goes");
        client.notify("workspace/didChangeWatchedFiles", changes);
        says(&mut client, 1);
        client.shut_down();
    }
}

/// Where a module's own imports lead is known from the programs that import it, which may be the last file that is read.
#[test]
fn nothing_is_missing_before_all_files_are_read() {
    let others: Vec<_> = (0..300).map(|k| format!("other{k}.ms")).collect();
    let other = "value = 1\nprint value + 1\n".repeat(60);
    let tool = "import \"helper\"\nprint helper.one + given\nprint helper.two\n";
    let mut files = vec![
        ("zmain.ms", "env.MS_IMPORT_PATH = \"$MS_SCRIPT_DIR/mods\"\ngiven = 1\nimport \"tool\"\nprint tool\n"),
        ("mods/tool.ms", tool),
        ("helper.ms", "one = 1\n"),
    ];
    files.extend(others.iter().map(|name| (&**name, &*other)));
    let folder = Folder::new("unread", &files);
    let uri = folder.uri("mods/tool.ms");
    let said = |items: &Value| -> Vec<(String, u64)> {
        let items = items.as_array().expect("a list").iter();
        items
            .map(|it| {
                (it["code"].as_str().unwrap_or("").to_owned(), it["range"]["start"]["line"].as_u64().unwrap_or(99))
            })
            .collect()
    };
    let missing = [("missing-member".to_owned(), 2)];

    // Told as it is found out.
    let (mut client, _child) = start(&folder);
    client.open(&uri, tool);
    let told = |it: &Value| it["uri"] == *uri;
    client.wait_for(0, "textDocument/publishDiagnostics", |it| told(it) && said(&it["diagnostics"]) == missing);
    for it in client.heard.iter().filter(|it| it.method() == "textDocument/publishDiagnostics" && told(it.params())) {
        assert!(said(&it.params()["diagnostics"]).iter().all(|it| missing.contains(it)), "{it:?}");
    }
    // What is wrong with the text itself needs no other file.
    client.shut_down();
    let (mut client, _child) = start(&folder);
    client.open(&uri, "x = = 1\nprint given\n");
    let number =
        client.wait_for(0, "textDocument/publishDiagnostics", |it| told(it) && !said(&it["diagnostics"]).is_empty());
    assert!(!client.heard[number].message.to_string().contains("given"), "{:?}", client.heard[number]);
    client.shut_down();

    // Asked for.
    let pulls =
        json!({ "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } });
    let (mut client, _child) = start_with(&folder, pulls.clone());
    client.open(&uri, tool);
    let first = client.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": &*uri } }));
    assert_eq!(said(&first["items"]), missing);
    client.shut_down();

    // Of all files, of which this one is open or not.
    for opens in [true, false] {
        let (mut client, _child) = start_with(&folder, pulls.clone());
        if opens {
            client.open(&uri, tool);
        }
        let all = client.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
        let own = all["items"].as_array().expect("a list").iter().find(|it| told(it)).expect("it is told of");
        assert_eq!(said(&own["items"]), missing, "open: {opens}");
        client.shut_down();
    }
}

#[test]
fn types_are_followed_into_files_that_nobody_opened() {
    let zoo = "Animal = {}\nAnimal.speak = function\nend function\n";
    let main = "import \"zoo\"\nDog = new zoo.Animal\nrex = new Dog\n";
    let folder = Folder::new("types", &[("main.ms", main), ("zoo.ms", zoo)]);
    let (mut client, _child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    let root = format!("file://{}", folder.0.display());
    let params =
        json!({ "processId": null, "rootUri": root, "capabilities": {}, "initializationOptions": { "trust": "off" } });
    let server = client.ask("initialize", params);
    assert_eq!(server["capabilities"]["typeHierarchyProvider"], true);
    assert_eq!(server["capabilities"]["callHierarchyProvider"], true, "and all else is there");
    client.notify("initialized", json!({}));
    client.open(&folder.uri("main.ms"), main);
    let items = client.ask("textDocument/prepareTypeHierarchy", at(&folder, "main.ms", 2, 11));
    let expected = json!([{
        "name": "Dog", "kind": 5, "uri": &*folder.uri("main.ms"), "range": range_of([1, 0, 1, 20]),
        "selectionRange": range_of([1, 0, 1, 3])
    }]);
    assert_eq!(items, expected);
    let above = client.ask("typeHierarchy/supertypes", json!({ "item": items[0] }));
    let expected = json!([{
        "name": "Animal", "kind": 5, "uri": &*folder.uri("zoo.ms"), "range": range_of([0, 0, 0, 11]),
        "selectionRange": range_of([0, 0, 0, 6])
    }]);
    assert_eq!(above, expected);
    let names = |found: Value| -> Vec<String> {
        found.as_array().expect("a list").iter().map(|it| it["name"].as_str().unwrap_or("").to_owned()).collect()
    };
    assert_eq!(names(client.ask("typeHierarchy/subtypes", json!({ "item": items[0] }))), ["rex"]);
    // The file of this item is not open.
    assert_eq!(names(client.ask("typeHierarchy/subtypes", json!({ "item": above[0] }))), ["Dog"]);
    assert_eq!(client.ask("textDocument/prepareTypeHierarchy", at(&folder, "main.ms", 0, 0)), json!([]));
    client.shut_down();
}
