//! Where modules are looked for: as the file that imports is a program itself, as part of the programs that import it, and in folders that
//! settings and programs name.

mod common;

use common::{Folder, at};
use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::process::Child;

/// A server in a folder of these files.
fn start(folder: &Folder, settings: Value) -> (Client, Child) {
    let capabilities = json!({
        "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } }
    });
    common::start(Some(folder), capabilities, settings)
}

/// The codes that are told of a file in the end, open or not.
fn wait_for_codes(client: &mut Client, folder: &Folder, file: &str, expected: &[&str]) {
    let mut since = 0;
    loop {
        let ask = json!({ "textDocument": { "uri": &*folder.uri(file) } });
        let found = client.ask("textDocument/diagnostic", ask);
        let codes: Vec<_> =
            found["items"].as_array().expect("a list").iter().filter_map(|it| it["code"].as_str()).collect();
        if codes == expected {
            return;
        }
        since = client.wait_for(since, "workspace/diagnostic/refresh", |_| true) + 1;
    }
}

const HELPER: &str = "k = \"s\"\n";

#[test]
fn a_module_finds_what_its_programs_find() {
    let module = "import \"helper\"\nv = helper.k\n";
    for (main, lib, helper, import) in [
        ("main.ms", "lib/a.ms", "helper.ms", "a"),
        ("main.ms", "lib/a.ms", "lib/helper.ms", "a"),
        ("games/x/main.ms", "shared/a.ms", "games/x/helper.ms", "../../shared/a"),
        ("games/x/main.ms", "games/x/deep/a.ms", "games/x/lib/helper.ms", "deep/a"),
    ] {
        let program = format!("import \"{import}\"\nprint a.v\n");
        let folder = Folder::new("programs", &[(main, &*program), (lib, module), (helper, HELPER)]);
        let (mut client, _child) = start(&folder, json!({}));
        client.open(&folder.uri(lib), module);
        wait_for_codes(&mut client, &folder, lib, &[]);
        let found = client.ask("textDocument/definition", at(&folder, lib, 1, 11));
        assert_eq!(found, json!([{ "uri": &*folder.uri(helper), "range": range_of([0, 0, 0, 1]) }]), "{lib}");
        let card = client.ask("textDocument/hover", at(&folder, lib, 1, 11));
        assert!(card["contents"]["value"].as_str().is_some_and(|it| it.contains("string")), "{card}");
        let items = client.ask("textDocument/completion", at(&folder, lib, 1, 11));
        let items = items["items"].as_array().or(items.as_array()).expect("a list").clone();
        assert!(items.iter().any(|it| it["label"] == "k"), "{items:?}");
        // From wherever it is asked for, a rename takes all of it.
        for (file, place) in [(lib, [1, 11]), (helper, [0, 0])] {
            client.open(&folder.uri(helper), HELPER);
            let edit = client.ask("textDocument/rename", at(&folder, file, place[0], place[1]));
            let mut files: Vec<_> = edit["changes"].as_object().expect("edits").keys().cloned().collect();
            files.sort();
            let mut both = vec![folder.uri(lib).to_string(), folder.uri(helper).to_string()];
            both.sort();
            assert_eq!(files, both, "{file}");
        }
        client.shut_down();
    }
}

#[test]
fn what_is_found_nowhere_is_told() {
    let folder = Folder::new(
        "nowhere",
        &[("main.ms", "import \"lib/a\"\n"), ("lib/a.ms", "import \"helper\"\n"), ("other/helper.ms", HELPER)],
    );
    let (mut client, _child) = start(&folder, json!({}));
    client.open(&folder.uri("lib/a.ms"), "import \"helper\"\n");
    wait_for_codes(&mut client, &folder, "lib/a.ms", &["import-not-found"]);
    // A program comes from whose folder it is found.
    std::fs::write(folder.0.join("other/start.ms"), "import \"../lib/a\"\n").expect("written");
    wait_for_codes(&mut client, &folder, "lib/a.ms", &[]);
    client.shut_down();
}

/// Reading a workspace brings to light further folders in which a module may be: a document that was opened before has it looked for there, too.
#[test]
fn what_is_found_nowhere_is_told_once_all_files_are_read() {
    let main = "import \"nowhere\"\nprint nowhere.x\n";
    let names: Vec<_> = (0..150).map(|it| format!("d{}/f{it}.ms", it % 5)).collect();
    let mut files: Vec<_> = names.iter().map(|it| (&**it, HELPER)).collect();
    files.extend([("app/main.ms", main), ("lib/tool.ms", HELPER)]);
    for _ in 0..8 {
        let folder = Folder::new("nowhere-yet", &files);
        let (mut client, _child) = start(&folder, json!({}));
        client.open(&folder.uri("app/main.ms"), main);
        // What is said before all files are read is another matter.
        client.ask("workspace/symbol", json!({ "query": "k" }));
        wait_for_codes(&mut client, &folder, "app/main.ms", &["import-not-found"]);
        client.shut_down();
    }
}

#[test]
fn settings_name_further_folders() {
    let main = "import \"helper\"\nprint helper.k\n";
    let folder = Folder::new("further", &[("a/main.ms", main), ("vendor/helper.ms", HELPER)]);
    let inner = Folder(folder.0.join("a"));
    for paths in [json!(["../vendor"]), json!([folder.0.join("vendor")])] {
        let (mut client, _child) = start(&inner, json!({ "import": { "paths": paths } }));
        client.open(&folder.uri("a/main.ms"), main);
        wait_for_codes(&mut client, &folder, "a/main.ms", &[]);
        let found = client.ask("textDocument/definition", at(&folder, "a/main.ms", 1, 14));
        assert_eq!(found[0]["uri"], json!(&*folder.uri("vendor/helper.ms")));
        let settings = |paths: Value| json!({ "settings": { "minilive": { "import": { "paths": paths } } } });
        client.notify("workspace/didChangeConfiguration", settings(json!([])));
        wait_for_codes(&mut client, &folder, "a/main.ms", &["import-not-found"]);
        client.notify("workspace/didChangeConfiguration", settings(json!(["../vendor"])));
        wait_for_codes(&mut client, &folder, "a/main.ms", &[]);
        client.shut_down();
    }
    std::mem::forget(inner);
}

#[test]
fn a_program_may_set_the_search_path_itself() {
    let main =
        "env.MS_IMPORT_PATH = \"../shared:\" + env.MS_IMPORT_PATH\nimport \"helper\"\nimport \"far\"\nprint helper.k\n";
    let folder = Folder::new("own-path", &[("a/main.ms", main), ("shared/helper.ms", HELPER)]);
    let (mut client, _child) = start(&folder, json!({}));
    client.open(&folder.uri("a/main.ms"), main);
    let found = client.ask("textDocument/definition", at(&folder, "a/main.ms", 3, 14));
    assert_eq!(found[0]["uri"], json!(&*folder.uri("shared/helper.ms")));
    wait_for_codes(&mut client, &folder, "a/main.ms", &[]);
    client.shut_down();
}

#[test]
fn modules_of_one_name_in_two_programs_are_two() {
    const PROGRAM: &str = "import \"lib\"\nprint lib.f\n";
    let files =
        [("main.ms", PROGRAM), ("lib.ms", "f = 1\n"), ("deep/u.ms", PROGRAM), ("deep/lib.ms", "f = \"x\"\ng = 3\n")];
    let folder = Folder::new("two", &files);
    let (mut client, _child) = start(&folder, json!({}));
    for (file, text) in files {
        client.open(&folder.uri(file), text);
        wait_for_codes(&mut client, &folder, file, &[]);
    }
    for (file, place, expected) in [
        ("main.ms", [1, 10], ["lib.ms", "main.ms"]),
        ("lib.ms", [0, 0], ["lib.ms", "main.ms"]),
        ("deep/u.ms", [1, 10], ["deep/lib.ms", "deep/u.ms"]),
        ("deep/lib.ms", [0, 0], ["deep/lib.ms", "deep/u.ms"]),
    ] {
        let found = client.ask("textDocument/references", at(&folder, file, place[0], place[1]));
        let mut files: Vec<_> =
            found.as_array().expect("a list").iter().map(|it| it["uri"].as_str().expect("a name").to_owned()).collect();
        files.sort();
        assert_eq!(files, expected.map(|it| folder.uri(it).to_string()), "{file}");
    }
    client.shut_down();
}
