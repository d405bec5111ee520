//! Members that no assignment in the text shows, known from runs: offered by completion, shown by hover and signatures, called *seen*.
//!
//! Worlds with real workers; [`Bench::at`] is the only place that types. The text of the run and the text that is typed on differ, as
//! they do in an editor.

mod common;

use expect_test::{Expect, expect};
use minilive::evaluate::Trust;
use minilive::ide;
use minilive::world::{Change, Snapshot, WorldConfig, WorldHandle, spawn};
use minilive_tests::client::Client;
use serde_json::json;
use std::sync::Arc;

const URI: &str = "file:///test.ms";

/// Data whose members no text names, and a function that gives it.
const PROGRAM: &str = "row = {}
for word in \"name age city\".split
  row[word] = word.len
end for
row[\"first name\"] = \"\"
row[7] = 1
Base = {\"legs\": 4}
addTo = function(m, key, f)
  m[key] = @f
end function
addTo Base, \"speak\", function(loud=1)
  return \"woof\" * loud
end function
rex = new Base
rex[\"own\" + 1] = {\"x\" + 1: [1]}
load = function(n)
  r = {}
  r[\"key\" + n] = n
  return r
end function
got = load(5)
lines = [row, row]
text = [\"a\", \"b\"][0].split(\"\").join(\"\")
use = function(what)
  return what
end function
use rex
";

struct Bench {
    world: WorldHandle,
}

impl Bench {
    /// A document that has been evaluated.
    fn new() -> Bench {
        let config = WorldConfig { trust: Some(Trust::Full), ..WorldConfig::default() };
        let world = spawn(config, Box::new(common::workers()), Arc::new(drop)).expect("threads");
        world.open(URI.into(), 1, PROGRAM.into());
        common::settle(&world);
        Bench { world }
    }

    /// Puts a line (with a cursor `$0`) at the end, or another text in a place, and looks.
    fn at<T: Send + 'static>(&self, text: &str, mut look: impl FnMut(&Snapshot, u32) -> T + Send + 'static) -> T {
        let offset = text.find("$0").expect("a cursor") as u32;
        self.world.change(URI.into(), 2, vec![Change { range: None, text: text.replace("$0", "") }]);
        common::settle(&self.world);
        common::see(&self.world, URI.into(), move |it| look(it, offset))
    }

    /// The first candidates.
    fn complete(&self, text: &str) -> String {
        self.at(text, |it, offset| {
            let found = ide::completion::completions(&it.db, &it.document, &it.live, offset.into(), false);
            let items = found.items.iter().take(7);
            let lines = items.map(|it| format!("{}: {}\n", it.label, it.detail.clone().unwrap_or_default()));
            lines.map(|line| line.replace(": \n", "\n")).collect()
        })
    }

    fn hover(&self, text: &str) -> String {
        self.at(text, |it, offset| {
            ide::hover(&it.db, &it.document, &it.live, offset.into()).map(|it| it.plain()).unwrap_or_default()
        })
    }
}

/// What is offered at the end of the program when a line is typed there.
#[track_caller]
fn check(line: &str, expected: &Expect) {
    expected.assert_eq(&Bench::new().complete(&format!("{PROGRAM}{line}")));
}

#[test]
fn members_of_a_map_that_was_seen_come_behind_those_of_the_text() {
    check(
        "print row.$0",
        &expect![[r#"
        age: seen: number
        city: seen: number
        name: seen: number
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
        len: ()
    "#]],
    );
    check(
        "print row.ag$0",
        &expect![[r#"
        age: seen: number
    "#]],
    );
    check(
        "rex.sound = 1\nrex.$0",
        &expect![[r#"
        sound: number
        legs: number
        own1: seen: map
        speak: (loud=1) · seen
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
    "#]],
    );
}

#[test]
fn keys_that_are_no_names_are_offered_in_strings() {
    check(
        "print row[\"$0",
        &expect![[r#"
        first name: string
        age: seen: number
        city: seen: number
        name: seen: number
    "#]],
    );
    check(
        "print row[\"fi$0\"]",
        &expect![[r#"
        first name: string
    "#]],
    );
}

#[test]
fn results_elements_members_of_members_and_arguments_were_seen_too() {
    check(
        "print got.$0",
        &expect![[r#"
        key5: seen: number
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
        len: ()
        pop: ()
        pull: ()
    "#]],
    );
    check(
        "print load(1).$0",
        &expect![[r#"
        key5: seen: number
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
        len: ()
        pop: ()
        pull: ()
    "#]],
    );
    check(
        "print lines[0].$0",
        &expect![[r#"
        age: seen: number
        city: seen: number
        name: seen: number
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
        len: ()
    "#]],
    );
    check(
        "for it in lines\n  print it.c$0\nend for",
        &expect![[r#"
        city: seen: number
    "#]],
    );
    check(
        "print rex[\"own1\"].$0",
        &expect![[r#"
        x1: seen: list
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
        len: ()
        pop: ()
        pull: ()
    "#]],
    );
    check(
        "parts = text\nprint text.spl$0",
        &expect![[r#"
        split: (delimiter=" ", maxCount=-1)
    "#]],
    );
}

/// The functions of the program are edited, and what was seen of their variables stays of use.
#[test]
fn code_inside_a_function_sees_what_its_variables_and_parameters_held() {
    let inside = |from: &str, to: &str| Bench::new().complete(&PROGRAM.replacen(from, to, 1));
    expect![[r#"
        key5: seen: number
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
        len: ()
        pop: ()
        pull: ()
    "#]]
    .assert_eq(&inside("  return r\n", "  print r.$0\n  return r\n"));
    expect![[r#"
        legs: number
        own1: seen: map
        speak: (loud=1) · seen
        hasIndex: (index)
        indexes: ()
        indexOf: (value, after)
        len: ()
    "#]]
    .assert_eq(&inside("  return what\n", "  what.$0\n"));
    expect![[r#"
        legs: seen: number
        own1: seen: map
        speak: (loud=1) · seen
        hasIndex: (index) · seen
        indexes: () · seen
        indexOf: (value, after) · seen
        len: () · seen
    "#]]
    .assert_eq(&inside("  return \"woof\" * loud\n", "  self.$0\n"));
}

#[test]
fn hover_shows_what_a_member_was_seen_to_be() {
    let hover = |line: &str| Bench::new().hover(&format!("{PROGRAM}{line}"));
    expect![[r#"
        (member) name
        seen: number"#]]
    .assert_eq(&hover("print row.n$0ame"));
    expect![[r#"
        (member) rex.sound
        likely: string
        seen: string"#]]
    .assert_eq(&hover("rex.sound = \"x\"\nprint rex.so$0und"));
    expect![[r#"
        (member) Base.legs
        likely: number
        seen: number"#]]
    .assert_eq(&hover("print rex.leg$0s"));
    expect![""].assert_eq(&hover("print row.nob$0ody"));
    let inside = PROGRAM.replacen("return what", "return wh$0at", 1);
    expect![[r#"
        (parameter) what
        likely: map Base with legs
        seen: map with own1, legs, speak"#]]
    .assert_eq(&Bench::new().hover(&inside));
}

#[test]
fn a_method_that_was_seen_has_a_signature() {
    let label = |line: &str| {
        Bench::new().at(&format!("{PROGRAM}{line}"), |it, offset| {
            let found = ide::signatures(&it.db, &it.document, &it.live, offset.into());
            found.map(|it| it.signatures.iter().map(|it| it.label.clone()).collect::<Vec<_>>()).unwrap_or_default()
        })
    };
    assert_eq!(label("print rex.speak($0"), ["speak(loud: number = 1) -> string"]);
    assert_eq!(label("print rex.nothing($0"), [""; 0]);
}

/// What was seen is no fact: a member that was not seen is no wrong one, and types of seen values foretell nothing.
#[test]
fn no_warning_follows_from_what_was_seen() {
    let text = format!("{PROGRAM}print row.nobody\nprint row.age - \"a\"\nrow.age.x = 1$0");
    let codes = Bench::new().at(&text, |it, _| {
        let found = ide::checks::checks(&it.db, &it.document, &it.live.checks, &it.live.places);
        found.into_iter().map(|it| it.code).collect::<Vec<_>>()
    });
    assert_eq!(codes, [""; 0]);
}

#[test]
fn a_file_that_never_ran_has_nothing_seen() {
    let config = WorldConfig { trust: Some(Trust::Off), ..WorldConfig::default() };
    let world = spawn(config, Box::new(common::workers()), Arc::new(drop)).expect("threads");
    world.open(URI.into(), 1, PROGRAM.into());
    let bench = Bench { world };
    assert!(!bench.complete(&format!("{PROGRAM}print row.$0")).contains("seen"));
}

/// Over the wire: a document that is run, then typed on.
#[test]
fn a_client_is_offered_what_a_run_has_seen() {
    let (mut client, _child) = Client::start(&common::program(), &["lsp"]).expect("the binary starts");
    client.initialize(json!({ "experimental": { "minilive": { "values": true } } }), json!({ "trust": "full" }));
    client.open(URI, PROGRAM);
    client.ask("workspace/executeCommand", json!({ "command": "minilive.run", "arguments": [URI] }));
    let is_fresh = |params: &serde_json::Value| {
        let items = params["items"].as_array().expect("a list");
        params["version"] == 1 && items.iter().any(|it| it["state"] == "fresh")
    };
    client.wait_for(0, "minilive/values", is_fresh);
    let line = PROGRAM.lines().count() as u32;
    client.change(URI, 2, [line, 0, line, 0], "print row.\n");
    let place = json!({ "textDocument": { "uri": URI }, "position": { "line": line, "character": 10 } });
    let items = client.ask("textDocument/completion", place)["items"].clone();
    let told: Vec<_> = (0..3).map(|at| (items[at]["label"].clone(), items[at]["detail"].clone())).collect();
    assert_eq!(json!(told), json!([["age", "seen: number"], ["city", "seen: number"], ["name", "seen: number"]]));
    assert!(items[2]["sortText"].as_str() < items[3]["sortText"].as_str(), "{}", items[3]);
    client.shut_down();
}
