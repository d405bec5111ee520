//! Settings and trust as clients give them: pulled, pushed, wrong, changed while files are open.
//!
//! The binary over pipes, as in `protocol.rs`.

mod common;

use minilive::settings::Settings;
use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::process::Child;
use std::time::Duration;

const URI: &str = "file:///test.ms";

/// A client with these capabilities and options, and a file.
fn open(capabilities: Value, options: Value, settings: Value, text: &str) -> (Client, Child) {
    let (mut client, child) = Client::start(&common::program(), &["lsp"]).expect("the binary starts");
    client.settings = settings;
    client.initialize(capabilities, options);
    client.open(URI, text);
    (client, child)
}

/// All labels of hints, in order.
fn labels(client: &mut Client) -> Vec<String> {
    let params = json!({ "textDocument": { "uri": URI }, "range": range_of([0, 0, 999, 0]) });
    let hints = client.ask("textDocument/inlayHint", params);
    hints.as_array().expect("a list").iter().map(|it| it["label"].as_str().expect("a label").to_owned()).collect()
}

/// Asks until the labels are these.
#[track_caller]
fn wait_for(client: &mut Client, expected: &[&str]) {
    for _ in 0..3000 {
        if labels(client) == expected {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(labels(client), expected);
}

fn titles(client: &mut Client) -> Vec<String> {
    let lenses = client.ask("textDocument/codeLens", json!({ "textDocument": { "uri": URI } }));
    let title = |lens: &Value| lens["command"]["title"].as_str().expect("a title").to_owned();
    lenses.as_array().expect("a list").iter().map(title).collect()
}

fn warnings(client: &Client) -> Vec<String> {
    let shown = client.heard.iter().filter(|said| said.method() == "window/showMessage");
    shown.map(|said| said.params()["message"].as_str().expect("a text").to_owned()).collect()
}

fn change(client: &mut Client, section: Value) {
    client.notify("workspace/didChangeConfiguration", json!({ "settings": { "minilive": section } }));
}

const TRUSTED: &str = "full";

#[test]
fn settings_are_pulled_and_pulled_again_when_they_change() {
    let capabilities = json!({
        "workspace": { "configuration": true, "didChangeConfiguration": { "dynamicRegistration": true } }
    });
    let settings = json!({ "minilive": { "values": { "show": false } } });
    let (mut client, _child) =
        open(capabilities, json!({ "trust": TRUSTED }), settings, "f = function\n  return 7\nend function\ny = f\n");
    let asked = client.wait_for(0, "workspace/configuration", |params| params["items"][0]["section"] == "minilive");
    client.wait_for(0, "client/registerCapability", |params| {
        params["registrations"][0]["method"] == "workspace/didChangeConfiguration"
    });
    wait_for(&mut client, &["○interp"]);
    client.settings = json!({ "minilive": { "tiers.show": false } });
    client.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    client.wait_for(asked + 1, "workspace/configuration", |_| true);
    wait_for(&mut client, &["= 7", "= 7"]);
    client.shut_down();
}

#[test]
fn wrong_settings_are_told_once_in_one_message_and_right_ones_hold() {
    let options = json!({ "trust": TRUSTED, "minilive": { "live": { "mode": "fast" }, "heat": { "show": true } } });
    let (mut client, _child) = open(json!({}), options, Value::Null, "x = [1, 2]\n//> x\n");
    wait_for(&mut client, &["= [1, 2]", "⇒ [1, 2]"]);
    client.wait_for(0, "window/showMessage", |_| true);
    let told = warnings(&client);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("`live.mode`") && told[0].contains("no setting `heat.show`"), "{told:?}");
    for _ in 0..3 {
        change(&mut client, json!({ "values": { "ascii": true }, "nonsense": 1 }));
    }
    wait_for(&mut client, &["= [1, 2]", "=> [1, 2]"]);
    client.wait_for(0, "window/showMessage", |params| params["message"].to_string().contains("nonsense"));
    let told = warnings(&client);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("no setting `nonsense`"), "{told:?}");
    client.shut_down();
}

#[test]
fn a_budget_cuts_and_a_larger_one_tries_again() {
    let text = "t = 0\nfor i in range(1, 50000)\n  t = t + i\nend for\nprint t\n";
    // From the start: a run that has come to its end under a larger budget is not cut by a smaller one.
    let options =
        json!({ "trust": TRUSTED, "minilive": { "live": { "budget": { "operations": 1000, "wall": 60000 } } } });
    let (mut client, _child) = open(json!({}), options, Value::Null, text);
    let is_cut = |labels: &[String]| labels.iter().any(|label| label.contains("⧗ step limit reached"));
    for _ in 0..3000 {
        if is_cut(&labels(&mut client)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(is_cut(&labels(&mut client)), "{:?}", labels(&mut client));
    change(&mut client, json!({ "live": { "budget": { "operations": 0, "wall": 60000 } } }));
    for _ in 0..3000 {
        if !is_cut(&labels(&mut client)) && labels(&mut client).iter().any(|label| label.contains("1250025000")) {
            client.shut_down();
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{:?}", labels(&mut client));
}

#[test]
fn on_save_and_manual_wait_for_their_moment() {
    let options = json!({ "trust": TRUSTED, "minilive": { "live": { "mode": "onSave" } } });
    let (mut client, _child) = open(json!({}), options, Value::Null, "x = 1\n//> x\n");
    wait_for(&mut client, &["= 1", "⇒ 1"]);
    client.change(URI, 2, [0, 4, 0, 5], "2");
    client.diagnostics(URI, 2);
    wait_for(&mut client, &["~ 1"]);
    client.notify("textDocument/didSave", json!({ "textDocument": { "uri": URI } }));
    wait_for(&mut client, &["= 2", "⇒ 2"]);

    change(&mut client, json!({ "live": { "mode": "manual" } }));
    client.change(URI, 3, [0, 4, 0, 5], "3");
    client.diagnostics(URI, 3);
    client.notify("textDocument/didSave", json!({ "textDocument": { "uri": URI } }));
    wait_for(&mut client, &["~ 2"]);
    client.ask("workspace/executeCommand", json!({ "command": "minilive.run", "arguments": [URI] }));
    wait_for(&mut client, &["= 3", "~ 2"]);
    change(&mut client, json!({}));
    wait_for(&mut client, &["= 3", "⇒ 3"]);
    client.shut_down();
}

#[test]
fn a_seed_decides_chance() {
    let text = "x = rnd\n";
    let mut values = Vec::new();
    for seed in [7, 7, 8] {
        let options = json!({ "trust": TRUSTED, "minilive": { "seed": seed } });
        let (mut client, _child) = open(json!({}), options, Value::Null, text);
        // Until the run under the settings that are in force is over, a value is missing or marked as old.
        let value = loop {
            match labels(&mut client) {
                labels if labels.iter().any(|label| label.starts_with("= ")) => break labels,
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        values.push(value);
        client.shut_down();
    }
    assert_eq!(values[0], values[1]);
    assert_ne!(values[0], values[2]);
}

#[test]
fn trust_is_given_by_options_settings_notifications_and_commands() {
    let text = "x = 1\nx = rnd\n";
    let refused = "! blocked: rnd";
    let status = json!({ "experimental": { "minilive": { "status": true } } });
    let settings = json!({ "minilive": { "trust": { "untrusted": "off" } } });
    let (mut client, _child) = open(status, settings, Value::Null, text);
    client.diagnostics(URI, 1);
    assert_eq!(titles(&mut client), ["Run · evaluation is off"]);
    assert_eq!(labels(&mut client), [""; 0]);

    change(&mut client, json!({ "trust": { "untrusted": "interpretOnly" } }));
    wait_for(&mut client, &["= 1", refused]);
    assert_eq!(titles(&mut client), ["Run · interpreter only: folder not trusted"]);

    let since = client.heard.len();
    client.notify("minilive/didChangeTrust", json!({ "trust": "full" }));
    client.wait_for(since, "minilive/status", |params| params["trust"] == "full");
    assert_eq!(titles(&mut client), ["Run"]);
    for _ in 0..3000 {
        if !labels(&mut client).contains(&refused.to_owned()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!labels(&mut client).contains(&refused.to_owned()));

    let since = client.heard.len();
    let command = |level: &str| json!({ "command": "minilive.trust", "arguments": [URI, level] });
    assert_eq!(client.ask("workspace/executeCommand", command("off"))["state"], "trusted");
    client.wait_for(since, "minilive/status", |params| params["trust"] == "off" && params["state"] == "off");
    let run = json!({ "command": "minilive.run", "arguments": [URI] });
    assert_eq!(client.ask("workspace/executeCommand", run)["state"], "refused", "the person has said no");
    assert!(client.request("workspace/executeCommand", command("a lot")).is_err());
    client.shut_down();
}

#[test]
fn an_explicit_run_grants_trust_where_nobody_has_said_anything() {
    let (mut client, _child) = open(json!({}), Value::Null, Value::Null, "x = rnd\n");
    wait_for(&mut client, &["! blocked: rnd"]);
    let run = json!({ "command": "minilive.run", "arguments": [URI] });
    assert_eq!(client.ask("workspace/executeCommand", run)["state"], "started");
    for _ in 0..3000 {
        if titles(&mut client)[0].starts_with("Run again") {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(titles(&mut client)[0].starts_with("Run again"), "{:?}", titles(&mut client));
    client.shut_down();
}

/// What the extension for VS Code declares, by names without `minilive.`; without what is for the client alone.
fn declared() -> Vec<(String, Value)> {
    let path = minilive_tests::files::root().join("editors/vscode/package.json");
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("it is there")).expect("JSON");
    let properties = manifest["contributes"]["configuration"]["properties"].as_object().expect("properties").clone();
    let names = properties.into_iter().filter_map(|(name, it)| Some((name.strip_prefix("minilive.")?.to_owned(), it)));
    names.filter(|(name, _)| !name.starts_with("server.") && !name.starts_with("trace.")).collect()
}

#[test]
fn the_extension_declares_the_settings_that_the_server_reads() {
    let declared = declared();
    let mut names: Vec<_> = declared.iter().map(|(name, _)| name.as_str()).collect();
    let mut read: Vec<_> = Settings::names().collect();
    names.sort_unstable();
    read.sort_unstable();
    assert_eq!(names, read, "left: editors/vscode/package.json, right: server/src/settings.rs");
    for (name, it) in &declared {
        assert!(it["description"].is_string() || it["markdownDescription"].is_string(), "{name} is not described");
        assert_eq!(Settings::read(&json!({ name: it["default"] })), (Settings::default(), None), "default of {name}");
        for value in it["enum"].as_array().into_iter().flatten() {
            assert_eq!(Settings::read(&json!({ name: value })).1, None, "{name}");
        }
        if let Some(least) = it["minimum"].as_i64() {
            assert_eq!(Settings::read(&json!({ name: least })).1, None, "{name} may be {least}");
            assert!(Settings::read(&json!({ name: least - 1 })).1.is_some(), "{name} may not be {}", least - 1);
        }
    }
    let levels = &declared.iter().find(|(name, _)| name == "diagnostics.levels").expect("compared above").1;
    let levels = levels["properties"].as_object().expect("codes");
    let mut codes: Vec<_> = minilive::ide::levelled().collect();
    codes.sort_unstable();
    assert_eq!(levels.keys().collect::<Vec<_>>(), codes);
    for (code, it) in levels {
        for level in it["enum"].as_array().expect("levels") {
            assert_eq!(Settings::read(&json!({ "diagnostics.levels": { code: level } })).1, None, "{code}");
        }
    }
}

#[test]
fn the_documents_name_the_settings_that_the_server_reads() {
    let read = |path: &str| std::fs::read_to_string(minilive_tests::files::root().join(path)).expect("it is there");
    let live = read("docs/live.md");
    let table = live.split("| Setting | Default | Meaning |").nth(1).expect("a table");
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut rows: Vec<_> = rows.map(|(name, _)| name).collect();
    let mut names: Vec<_> = Settings::names().collect();
    rows.sort_unstable();
    names.sort_unstable();
    assert_eq!(rows, names, "left: docs/live.md");
    let help = read("editors/nvim/doc/minilive.txt");
    for name in names {
        assert!(name.split('.').all(|part| help.contains(&format!("{part} = "))), "{name} is not in Neovim's help");
    }
}

#[test]
fn levels_change_how_warnings_are_shown() {
    let text = "f = function\n  unused = 1\n  return missing\nend function\nf\n";
    let shown = |levels: Value| {
        let options = json!({ "minilive": { "diagnostics": { "levels": levels } } });
        let (mut client, _child) = open(json!({}), options, Value::Null, text);
        let all = client.diagnostics(URI, 1).1;
        client.shut_down();
        let all = all.as_array().expect("a list").clone();
        let mut all: Vec<_> =
            all.iter().map(|it| (it["code"].as_str().expect("a code").to_owned(), it["severity"].as_u64())).collect();
        all.retain(|(code, _)| code != "runtime-error");
        all
    };
    let of = |code: &str, severity| (code.to_owned(), Some(severity));
    assert_eq!(shown(json!({})), [of("unused-local", 4), of("unknown-name", 2)]);
    assert_eq!(shown(json!({ "unused-local": "off", "unknown-name": "error" })), [of("unknown-name", 1)]);
    assert_eq!(shown(json!({ "unused-local": "information" })), [of("unused-local", 3), of("unknown-name", 2)]);
}
