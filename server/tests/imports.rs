//! `import` in the editor: modules come from open documents first, then from disk; what they gave is part of what a value depends on.
//!
//! Worlds with real workers over a folder of files; the gate (`common`) tells which edits evaluated what. The last test speaks
//! the protocol.

mod common;

use common::{Folder, Gate, program};
use minilive::evaluate::{EntryPoint, Trust};
use minilive::ide;
use minilive::world::{Change, WorldConfig, WorldHandle, spawn};
use minilive_tests::client::{Client, range_of};
use serde_json::json;
use std::sync::Arc;

struct Bench {
    folder: Folder,
    world: WorldHandle,
    gate: Gate,
    version: i32,
}

impl Bench {
    /// `main.ms` is open.
    fn new(name: &str, files: &[(&str, &str)]) -> Bench {
        let folder = Folder::new(name, files);
        let gate = Gate::default();
        let config = WorldConfig { trust: Some(Trust::Full), ..WorldConfig::default() };
        let world = spawn(config, Box::new(gate.workers()), Arc::new(drop)).expect("threads");
        let bench = Bench { folder, world, gate, version: 1 };
        bench.open("main.ms", files.iter().find(|(file, _)| *file == "main.ms").expect("a main file").1);
        bench
    }

    fn settle(&self) {
        common::settle(&self.world);
    }

    fn open(&self, file: &str, text: &str) {
        self.world.open(self.folder.uri(file), 1, text.into());
        self.settle();
    }

    /// What ran of `main.ms` after an edit.
    fn edit(&mut self, file: &str, text: &str) -> Vec<String> {
        self.gate.take_sent();
        self.version += 1;
        self.world.change(self.folder.uri(file), self.version, vec![Change { range: None, text: text.into() }]);
        self.settle();
        self.ran()
    }

    fn ran(&self) -> Vec<String> {
        let sent = self.gate.take_sent();
        let of_main = sent.iter().filter(|request| request.program.file == "main.ms");
        let name = |entry| if entry == EntryPoint::Main { "top".to_owned() } else { "marker".to_owned() };
        of_main.map(|request| name(request.entry)).collect()
    }

    /// The hint at a line of `main.ms`, from 1.
    fn hint(&self, line: u32) -> String {
        common::hint(&self.world, self.folder.uri("main.ms"), line)
    }

    /// Codes and sentences of `main.ms`.
    fn diagnostics(&self) -> Vec<(&'static str, String)> {
        common::see(&self.world, self.folder.uri("main.ms"), |it| {
            let found = ide::diagnostics(&it.db, &it.document, &it.live);
            found.iter().map(|it| (it.code, it.message.clone())).collect()
        })
    }
}

const MAIN: &str = "import \"shop\"\ny = shop.price(2)\n//> shop.name\n";
const SHOP: &str = "name = \"shop\"\nprice = function(n)\n  return n * 10\nend function\n";

#[test]
fn modules_on_disk_and_in_lib_are_found() {
    let bench = Bench::new("disk", &[("main.ms", MAIN), ("lib/shop.ms", SHOP)]);
    assert_eq!((bench.hint(2).as_str(), bench.hint(3).as_str()), ("= 20", "⇒ \"shop\""));
    assert_eq!(bench.diagnostics(), []);
}

#[test]
fn what_is_typed_comes_before_what_is_saved() {
    let mut bench = Bench::new("typed", &[("main.ms", MAIN), ("shop.ms", SHOP)]);
    bench.open("shop.ms", SHOP);
    assert_eq!(bench.edit("shop.ms", &SHOP.replace("10", "7")), ["top", "marker"]);
    assert_eq!(bench.hint(2), "= 14");
    bench.world.close(bench.folder.uri("shop.ms"));
    bench.settle();
    assert_eq!(bench.hint(2), "= 20", "without the buffer the file on disk counts again");
}

#[test]
fn white_space_in_a_module_evaluates_nothing() {
    let mut bench = Bench::new("blank", &[("main.ms", MAIN), ("shop.ms", SHOP)]);
    bench.open("shop.ms", SHOP);
    assert_eq!(bench.edit("shop.ms", &format!("// a shop\n\n{SHOP}")), [""; 0]);
    assert_eq!(bench.hint(2), "= 20");
}

#[test]
fn a_missing_module_is_told_and_found_when_it_comes() {
    let mut bench = Bench::new("missing", &[("main.ms", MAIN)]);
    let folder = bench.folder.0.display().to_string();
    let found = bench.diagnostics();
    let not_found = found.iter().find(|it| it.0 == "import-not-found").expect("told").1.clone();
    assert!(not_found.starts_with(&format!("there is no module `shop` in {folder}, {folder}/lib, ")), "{not_found}");
    let failed = &found.iter().find(|it| it.0 == "runtime-error").expect("told").1;
    assert_eq!(failed, "Uncaught File error: import: library not found: shop");
    bench.open("shop.ms", SHOP);
    assert_eq!(bench.ran().last().map(String::as_str), Some("marker"));
    assert_eq!(bench.hint(2), "= 20");
    assert_eq!(bench.diagnostics(), []);
    assert_eq!(bench.edit("main.ms", "x = 1\n"), ["top"]);
    assert_eq!(bench.edit("shop.ms", "name = 1\n"), [""; 0], "it is no longer imported");
}

#[test]
fn a_module_that_is_misspelt_is_changed_to_the_one_that_is_meant() {
    let mut bench = Bench::new("misspelt", &[("main.ms", "import \"shpo\"\nprint shop.name\n")]);
    let fixes = |bench: &Bench| {
        common::see(&bench.world, bench.folder.uri("main.ms"), |it| {
            let found = ide::diagnostics(&it.db, &it.document, &it.live);
            let told = found.iter().find(|it| it.code == "import-not-found")?;
            let actions = ide::actions(&it.db, &it.document, &it.live, told.range);
            let fix = actions.into_iter().find(|it| it.title.starts_with("Change to"));
            Some((told.message.rsplit("; ").next()?.to_owned(), fix.map(|it| (it.title, it.edits[0].insert.clone()))))
        })
    };
    assert_eq!(fixes(&bench).expect("told").1, None, "there is no other module");
    bench.open("shop.ms", SHOP);
    let fix = Some(("Change to `shop`".to_owned(), "\"shop\"".to_owned()));
    assert_eq!(fixes(&bench), Some(("did you mean `shop`?".to_owned(), fix)));
    bench.edit("main.ms", "import \"other\"\nprint other.name\n");
    assert_eq!(fixes(&bench).expect("told").1, None, "nothing is much like it");
    bench.edit("main.ms", "import \"shop\"\nprint shop.name\n");
    assert_eq!(fixes(&bench), None);
}

#[test]
fn a_file_that_comes_or_changes_on_disk_is_noticed() {
    let bench = Bench::new("watched", &[("main.ms", MAIN)]);
    let path = bench.folder.0.join("shop.ms");
    for (text, value) in [(SHOP.to_owned(), "= 20"), (SHOP.replace("10", "3"), "= 6")] {
        std::fs::write(&path, text).expect("written");
        bench.world.changed_on_disk(vec![path.clone()]);
        bench.settle();
        assert_eq!(bench.hint(2), value);
    }
}

#[test]
fn a_module_that_does_not_compile_is_told_at_its_import() {
    let bench = Bench::new("broken", &[("main.ms", MAIN), ("shop.ms", "x = 1\nname = = 2\n")]);
    let found = bench.diagnostics();
    let expected = "the module `shop` does not compile: expected an expression, found `=` (line 2)".to_owned();
    assert!(found.contains(&("import-broken", expected)), "{found:?}");
}

#[test]
fn a_module_that_is_not_text_is_told_as_such() {
    let bench = Bench::new("bytes", &[("main.ms", MAIN), ("shop.ms", SHOP)]);
    let path = bench.folder.0.join("shop.ms");
    std::fs::write(&path, b"x = 1\nname = \"caf\xe9\"\n").expect("written");
    bench.world.changed_on_disk(vec![path.clone()]);
    bench.settle();
    let found = bench.diagnostics();
    let why = "there is a stray byte on line 2; save the file in that encoding";
    let expected = format!("the module `shop` is not UTF-8 text: {why}");
    assert!(found.contains(&("import-broken", expected)), "{found:?}");
    let failed = found.iter().find(|it| it.0 == "runtime-error").expect("told");
    assert!(failed.1.contains("shop.ms line 2: the file is not UTF-8 text"), "{failed:?}");
    // Nothing there is something else.
    std::fs::remove_file(&path).expect("removed");
    bench.world.changed_on_disk(vec![path]);
    bench.settle();
    assert!(bench.diagnostics().iter().any(|it| it.0 == "import-not-found"));
}

#[test]
fn modules_that_lead_back_are_warned_of() {
    let files = [
        ("main.ms", "import \"a\"\nprint a\n"),
        ("a.ms", "import \"b\"\n"),
        ("b.ms", "f = function\n  import \"main\"\nend function\n"),
    ];
    let bench = Bench::new("circle", &files);
    let expected = "this import leads back to this file, through `a`, `b`, `main`".to_owned();
    assert_eq!(bench.diagnostics(), [("import-circle", expected)]);
}

#[test]
fn circles_among_imported_modules_are_warned_of_and_stop_nobody() {
    let files = [
        ("main.ms", "import \"a\"\nprint a.twice(2)\n"),
        ("a.ms", "import \"b\"\n// Twice as much.\ntwice = function(n)\n  return b.one * n * 2\nend function\n"),
        ("b.ms", "import \"a\"\none = 1\n"),
    ];
    let bench = Bench::new("behind", &files);
    let expected = "this import leads into a circle that never ends: `a`, `b`, `a`".to_owned();
    assert!(bench.diagnostics().contains(&("import-circle", expected)), "{:?}", bench.diagnostics());
    let (card, defined) = common::see(&bench.world, bench.folder.uri("main.ms"), |it| {
        let at = (it.document.text.find("twice").expect("a call") as u32 + 1).into();
        let card = ide::hover(&it.db, &it.document, &it.live, at).map(|card| card.plain());
        (card, ide::definition(&it.db, &it.document, &it.live, at).len())
    });
    assert_eq!(card.as_deref(), Some("twice = function(n)\nTwice as much.\nlikely: twice(n: number) -> number"));
    assert_eq!(defined, 1);
    // What waits for a call comes to an end.
    let files = [
        ("main.ms", "import \"a\"\nprint a\n"),
        ("a.ms", "import \"b\"\n"),
        ("b.ms", "f = function\n  import \"a\"\nend function\n"),
    ];
    assert_eq!(Bench::new("waiting", &files).diagnostics(), []);
}

#[test]
fn nothing_outside_of_the_folders_is_read() {
    let files = [("inside/main.ms", ""), ("secret.ms", "x = 42\n")];
    let folder = Folder::new("outside", &files);
    let gate = Gate::default();
    let config = WorldConfig { trust: Some(Trust::Full), ..WorldConfig::default() };
    let world = spawn(config, Box::new(gate.workers()), Arc::new(drop)).expect("threads");
    let uri = folder.uri("inside/main.ms");
    world.open(uri.clone(), 1, "import \"../secret\"\ny = secret.x\n".into());
    common::settle(&world);
    let hints = common::see(&world, uri, |it| {
        let hints = ide::inlay_hints(&it.db, &it.document, &it.live, None);
        hints.into_iter().map(|hint| hint.label).collect::<Vec<_>>()
    });
    assert!(hints.iter().any(|hint| hint.contains("blocked: import")), "{hints:?}");
}

#[test]
fn values_follow_edits_of_a_module_over_the_protocol() {
    let folder = Folder::new("protocol", &[("main.ms", MAIN), ("shop.ms", SHOP)]);
    let (mut client, _child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    client.initialize(json!({}), json!({ "trust": "full" }));
    let (main, shop) = (folder.uri("main.ms"), folder.uri("shop.ms"));
    client.open(&main, MAIN);
    client.open(&shop, SHOP);
    let value = |client: &mut Client, expected: &str| {
        let started = std::time::Instant::now();
        loop {
            let range = json!({ "textDocument": { "uri": &*main }, "range": range_of([1, 0, 2, 0]) });
            let hints = client.ask("textDocument/inlayHint", range);
            if hints.as_array().is_some_and(|it| it.iter().any(|hint| hint["label"] == expected)) {
                return;
            }
            assert!(started.elapsed().as_secs() < 60, "{hints}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    value(&mut client, "= 20");
    client.change_all(&shop, 2, vec![json!({ "text": SHOP.replace("10", "8") })]);
    value(&mut client, "= 16");
}
