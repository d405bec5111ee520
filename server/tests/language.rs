//! Names over the wire: definition, references, highlights, rename, completion and signatures, with positions in every unit and
//! messages that make no sense.
//!
//! What the answers are is tested beside the features; here it is that they arrive at the right place of the right text.

mod common;

use common::program;
use minilive_tests::client::{Answer, Client, range_of};
use minilive_tests::random::Random;
use serde_json::{Value, json};
use std::process::Child;

const URI: &str = "file:///test.ms";
const INVALID_PARAMS: i64 = -32602;
const REQUEST_FAILED: i64 = -32803;
const CANCELLED: i64 = -32800;
const CONTENT_MODIFIED: i64 = -32801;

const PLACED: [&str; 7] = [
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/completion",
    "textDocument/signatureHelp",
];

fn start(capabilities: Value) -> (Client, Child) {
    let (mut client, child) = Client::start(&program(), &["lsp"]).expect("the binary starts");
    client.initialize(capabilities, json!({ "trust": "off" }));
    (client, child)
}

fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({
        "textDocument": { "uri": uri },
        "position": { "line": line, "character": character },
        "context": { "includeDeclaration": true, "triggerKind": 1, "isRetrigger": false },
        "newName": "renamed"
    })
}

fn code(answer: Answer) -> i64 {
    answer.expect_err("an error").code
}

#[test]
fn places_are_right_in_every_unit_and_over_every_line_end() {
    let text = "s = \"𝄞\" + name\r\nname = \"ä\"\rprint name\n";
    for (encoding, column) in [("utf-16", 11), ("utf-8", 13)] {
        let (mut client, _child) = start(json!({ "general": { "positionEncodings": [encoding] } }));
        client.open(URI, text);
        let found = client.ask("textDocument/definition", at(URI, 0, column + 1));
        assert_eq!(found, json!([{ "uri": URI, "range": range_of([1, 0, 1, 4]) }]));
        let found = client.ask("textDocument/references", at(URI, 2, 6));
        let ranges: Vec<_> = found.as_array().expect("a list").iter().map(|it| it["range"].clone()).collect();
        let expected = [[0, column, 0, column + 4], [1, 0, 1, 4], [2, 6, 2, 10]].map(range_of);
        assert_eq!(ranges, expected);
        let found = client.ask("textDocument/documentHighlight", at(URI, 1, 4));
        let kinds: Vec<_> = found.as_array().expect("a list").iter().map(|it| it["kind"].as_u64()).collect();
        assert_eq!(kinds, [Some(2), Some(3), Some(2)]);
        client.shut_down();
    }
}

#[test]
fn a_rename_is_an_edit_of_the_version_or_a_reason() {
    let (mut client, _child) = start(json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } }));
    client.open(URI, "x = 1\nprint x\n");
    let answer = client.ask("textDocument/prepareRename", at(URI, 1, 6));
    assert_eq!(answer, json!({ "range": range_of([1, 6, 1, 7]), "placeholder": "x" }));
    let answer = client.ask("textDocument/rename", at(URI, 1, 6));
    let edits = [[0, 0, 0, 1], [1, 6, 1, 7]].map(|it| json!({ "range": range_of(it), "newText": "renamed" }));
    let expected = json!({ "documentChanges": [{ "textDocument": { "uri": URI, "version": 1 }, "edits": edits }] });
    assert_eq!(answer, expected);
    let refused = client.request("textDocument/rename", at(URI, 1, 2)).expect_err("a reason");
    assert_eq!((refused.code, &*refused.message), (REQUEST_FAILED, "`print` is a built-in function"));
    assert_eq!(code(client.request("textDocument/prepareRename", at(URI, 0, 2))), REQUEST_FAILED);
    client.shut_down();

    let (mut client, _child) = start(json!({}));
    client.open(URI, "x = 1\n");
    let answer = client.ask("textDocument/rename", at(URI, 0, 0));
    assert_eq!(answer, json!({ "changes": { URI: [{ "range": range_of([0, 0, 0, 1]), "newText": "renamed" }] } }));
    client.shut_down();
}

/// Places that may mean the same are asked about by clients that can ask, and told by a message elsewhere; none is edited silently.
#[test]
fn a_rename_asks_about_places_that_may_mean_the_same() {
    let text = "m = {\"size\": 1}\nf = function(x)\n  return x.size\nend function\nprint m.size\n";
    let edit = |place| json!({ "range": range_of(place), "newText": "renamed" });
    let certain = [edit([0, 6, 0, 10]), edit([4, 8, 4, 12])];
    let asks = json!({ "documentChanges": true, "changeAnnotationSupport": {} });
    let (mut client, _child) = start(json!({ "workspace": { "workspaceEdit": asks } }));
    client.open(URI, text);
    let answer = client.ask("textDocument/rename", at(URI, 4, 9));
    let mut possible = edit([2, 11, 2, 15]);
    possible["annotationId"] = json!("possible");
    assert_eq!(answer["documentChanges"][0]["edits"], json!([certain[0], certain[1], possible]));
    let mark = &answer["changeAnnotations"]["possible"];
    assert_eq!(mark["needsConfirmation"], true);
    assert_eq!(mark["label"], "Perhaps the same");
    client.shut_down();

    let (mut client, _child) = start(json!({}));
    client.open(URI, text);
    assert_eq!(client.ask("textDocument/rename", at(URI, 4, 9)), json!({ "changes": { URI: certain } }));
    let text = "Left alone, since it is not known whether the same is meant: test.ms:3";
    client.wait_for(0, "window/showMessage", |params| params["message"] == text);
    client.shut_down();
}

#[test]
fn an_item_is_resolved_when_asked_for() {
    let (mut client, _child) = start(json!({
        "textDocument": { "hover": { "contentFormat": ["markdown"] } }
    }));
    client.open(URI, "s = \"a\"\ns.spl\n");
    let list = client.ask("textDocument/completion", at(URI, 1, 5));
    let item = list["items"][0].clone();
    assert_eq!(item["label"], "split");
    assert_eq!(item["textEdit"]["range"], range_of([1, 2, 1, 5]));
    assert!(item.get("documentation").is_none());
    let resolved = client.ask("completionItem/resolve", item);
    let text = resolved["documentation"]["value"].as_str().expect("a text");
    assert!(text.contains("prints `[\"a\", \"b\", \"c\"]`"), "{text}");
    // What is not ours, or no longer there, is given back as it came.
    for data in [
        json!(null),
        json!(7),
        json!({ "uri": "no uri", "intrinsic": "split" }),
        json!({ "uri": URI, "unit": -1, "function": "f" }),
    ] {
        let item = json!({ "label": "x", "data": data });
        let resolved = client.ask("completionItem/resolve", item);
        assert_eq!(resolved["label"], "x");
    }
    let gone = json!({ "label": "x", "data": { "uri": URI, "unit": 4_000_000, "variable": "x" } });
    assert!(client.ask("completionItem/resolve", gone).get("documentation").is_none());
    client.shut_down();
}

#[test]
fn a_function_that_is_wanted_itself_is_inserted_as_plain_text() {
    let (mut client, _child) = start(json!({}));
    client.open(URI, "apply = function(f)\n  return f(1)\nend function\napply app\n");
    let list = client.ask("textDocument/completion", at(URI, 3, 9));
    let items = list["items"].as_array().expect("a list");
    let item = items.iter().find(|it| it["label"] == "apply").expect("the function");
    assert_eq!(item["textEdit"], json!({ "range": range_of([3, 6, 3, 9]), "newText": "@apply" }));
    // Clients match what is typed with the name, and those without snippets take the text as it is.
    assert_eq!(item["filterText"], "apply");
    assert!(item.get("insertTextFormat").is_none());
    client.shut_down();
}

#[test]
fn half_typed_edits_crash_nothing() {
    let (mut client, _child) = start(json!({}));
    client.open(URI, "foo = {\"bar\": 1}\n");
    let tries = [
        "foo[] = 1",
        "foo.",
        "foo[",
        "foo[\"",
        "foo(",
        "end  while",
        "import \"",
        "@",
        "new ",
        "f = function(",
        "x = y z",
        "self.",
        "super.",
        ".",
        "\"",
        "m = {\"a\": ",
        "if foo. then",
        "for in",
    ];
    for (version, text) in (2..).zip(tries) {
        client.change_all(URI, version, vec![json!({ "text": format!("foo = {{\"bar\": 1}}\n{text}") })]);
        let column = text.chars().count() as u32;
        for method in PLACED {
            for column in [0, column / 2, column] {
                match client.request(method, at(URI, 1, column)) {
                    Ok(_) => {}
                    Err(failed) => assert_eq!(failed.code, REQUEST_FAILED, "{method} in {text:?}: {failed:?}"),
                }
            }
        }
    }
    client.change_all(URI, 100, vec![json!({ "text": "foo = {\"bar\": 1}\nfoo." })]);
    let list = client.ask("textDocument/completion", at(URI, 1, 4));
    assert_eq!(list["items"][0]["label"], "bar");
    client.shut_down();
}

#[test]
fn positions_outside_the_text_and_unknown_files_are_answered() {
    let (mut client, _child) = start(json!({}));
    client.open(URI, "x = 1\n");
    for method in PLACED {
        for position in [[0, 4_000_000_000], [4_000_000_000, 0], [7, 7]] {
            match client.request(method, at(URI, position[0], position[1])) {
                Ok(_) => {}
                Err(failed) => assert_eq!(failed.code, REQUEST_FAILED, "{method}: {failed:?}"),
            }
        }
        assert_eq!(code(client.request(method, at("file:///unknown.ms", 0, 0))), INVALID_PARAMS, "{method}");
        assert_eq!(code(client.request(method, json!({ "textDocument": 7 }))), INVALID_PARAMS, "{method}");
        let lost = json!({ "textDocument": { "uri": URI }, "position": { "line": -1, "character": 0 } });
        assert_eq!(code(client.request(method, lost)), INVALID_PARAMS, "{method}");
    }
    client.shut_down();
}

/// The numbers of an answer with tokens.
fn numbers(answer: &Value) -> Vec<u64> {
    answer["data"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect()
}

#[test]
fn token_deltas_make_what_a_full_answer_gives() {
    let (mut client, _child) = start(json!({}));
    client.open(URI, "s = \"𝄞\"\nx = s\nprint x\n");
    let document = json!({ "textDocument": { "uri": URI } });
    let full = client.ask("textDocument/semanticTokens/full", document.clone());
    let mut have = numbers(&full);
    assert_eq!(have.len() % 5, 0);
    assert_eq!(have[..10], [0, 0, 1, 0, 25, 1, 0, 1, 0, 25]);
    let mut id = full["resultId"].clone();
    let mut random = Random::new(9);
    for version in 2..60 {
        let text = ["f = function(a)\n  return a\nend function\n", "x", "\n", "(", "y = x\n"][random.below(5)];
        let (line, column) = (random.below(5) as u32, random.below(4) as u32);
        client.change(URI, version, [line, column, line, column], text);
        let params = json!({ "textDocument": { "uri": URI }, "previousResultId": id });
        let delta = client.ask("textDocument/semanticTokens/full/delta", params);
        for edit in delta["edits"].as_array().expect("it knows what we have") {
            let number = |key: &str| edit[key].as_u64().expect("a number") as usize;
            let new = if edit["data"].is_array() { numbers(edit) } else { Vec::new() };
            have.splice(number("start")..number("start") + number("deleteCount"), new);
        }
        id = delta["resultId"].clone();
        let fresh = client.ask("textDocument/semanticTokens/full", document.clone());
        assert_eq!(have, numbers(&fresh));
        assert_eq!(id, fresh["resultId"]);
    }
    let unknown = json!({ "textDocument": { "uri": URI }, "previousResultId": "no such" });
    assert!(client.ask("textDocument/semanticTokens/full/delta", unknown)["data"].is_array());
    let range = json!({ "textDocument": { "uri": URI }, "range": range_of([0, 0, 900, 900]) });
    assert_eq!(numbers(&client.ask("textDocument/semanticTokens/range", range)), have);
    client.shut_down();
}

#[test]
fn whole_documents_have_structure() {
    let (mut client, _child) = start(json!({}));
    client.open(URI, "f=function(a)\r\n  return \"𝄞\"+a\r\nend function\r\n");
    let options = json!({ "tabSize": 4, "insertSpaces": true });
    let document = json!({ "textDocument": { "uri": URI }, "options": options });
    let edits = client.ask("textDocument/formatting", document.clone());
    let texts: Vec<_> = edits.as_array().expect("a list").iter().map(|it| (&it["range"], &it["newText"])).collect();
    assert_eq!(texts.len(), 5, "{edits}");
    assert_eq!(texts[3], (&range_of([1, 13, 1, 13]), &json!(" ")), "columns count in UTF-16");
    let folds = client.ask("textDocument/foldingRange", document.clone());
    assert_eq!((&folds[0]["startLine"], &folds[0]["endLine"]), (&json!(0), &json!(1)));
    let params = json!({ "textDocument": { "uri": URI }, "positions": [{ "line": 1, "character": 10 }, { "line": 900, "character": 0 }] });
    let selections = client.ask("textDocument/selectionRange", params);
    assert_eq!(selections[0]["range"], range_of([1, 10, 1, 12]));
    assert_eq!(selections.as_array().map(Vec::len), Some(2));
    let typed = json!({ "textDocument": { "uri": URI }, "position": { "line": 1, "character": 0 }, "ch": "\n", "options": options });
    assert_eq!(
        client.ask("textDocument/onTypeFormatting", typed),
        json!([{ "range": range_of([1, 0, 1, 2]), "newText": "    " }])
    );
    assert_eq!(client.ask("textDocument/documentLink", document), json!([]));
    client.shut_down();
}

/// A program in which each name and place tells its number, and how many lines it has.
fn numbered(number: usize) -> (String, u32) {
    let above = number % 3;
    let rest = "n# = #\nf# = function(a#)\n  m# = {\"k#\": a#}\n  return m#.k# + n#\nend function\nprint f#(n#)\n";
    ("// a line\n".repeat(above) + &rest.replace('#', &number.to_string()), above as u32 + 6)
}

/// A text whose first part is the numbered program; behind it stands what somebody types.
struct Typed {
    number: usize,
    tail: String,
}

impl Typed {
    fn text(&self) -> String {
        numbered(self.number).0 + &self.tail
    }

    /// A place in the tail.
    fn place(&self, offset: usize) -> [u32; 2] {
        let before = &self.tail[..offset];
        let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
        [numbered(self.number).1 + before.matches('\n').count() as u32, column as u32]
    }

    /// The next number, and something typed behind the program.
    fn edit(&mut self, random: &mut Random) -> Vec<Value> {
        let height = numbered(self.number).1;
        self.number += 1;
        let mut changes = vec![json!({ "range": range_of([0, 0, height, 0]), "text": numbered(self.number).0 })];
        let insert = ["x", "y", "m.", "(", "\n", "\"", "f = function\n"][random.below(7)];
        let from = random.below(self.tail.len() + 1);
        let gone = if self.tail.len() > 40 { 40 } else { random.below(3) };
        let to = (from + gone).min(self.tail.len());
        let ([l, c], [m, d]) = (self.place(from), self.place(to));
        changes.push(json!({ "range": range_of([l, c, m, d]), "text": insert }));
        self.tail.replace_range(from..to, insert);
        changes
    }
}

/// A question in the middle of edits, what it was answered, and the number of the text that was the last one when it was sent.
struct Asked {
    id: i64,
    method: &'static str,
    line: u32,
    column: u32,
    text: usize,
    answer: Option<Answer>,
}

impl Asked {
    fn again(&self, client: &mut Client) -> Answer {
        client.request(self.method, at(URI, self.line, self.column))
    }

    /// Whether it says anything of a text.
    fn is_answered(&self) -> bool {
        match &self.answer {
            Some(Err(failed)) => failed.code == REQUEST_FAILED,
            answer => answer.is_some(),
        }
    }
}

/// Two thousand questions, between which the text is edited, with or without waiting for the answers; and the texts.
fn asked_among_edits(client: &mut Client) -> (Vec<Asked>, Vec<String>) {
    let mut random = Random::new(5);
    let mut typed = Typed { number: 100, tail: String::new() };
    let mut texts = vec![typed.text()];
    client.open(URI, &texts[0]);
    let mut asked: Vec<Asked> = Vec::new();
    for _ in 0..2000 {
        let method = PLACED[random.below(PLACED.len())];
        let (line, column) = (random.below(9) as u32, random.below(20) as u32);
        let id = client.post(method, at(URI, line, column));
        asked.push(Asked { id, method, line, column, text: texts.len() - 1, answer: None });
        if random.below(20) == 0 {
            let id = asked[random.below(asked.len())].id;
            client.notify("$/cancelRequest", json!({ "id": id }));
        }
        if random.below(3) == 0 {
            if random.below(2) == 0 {
                wait_for_all(client, &mut asked);
            }
            client.change_all(URI, texts.len() as i64 + 1, typed.edit(&mut random));
            texts.push(typed.text());
        }
    }
    wait_for_all(client, &mut asked);
    (asked, texts)
}

fn wait_for_all(client: &mut Client, asked: &mut [Asked]) {
    for question in asked.iter_mut().rev().take_while(|it| it.answer.is_none()) {
        question.answer = Some(client.wait(question.id));
    }
}

/// Each answer is held against that of a server that knows only the text before the question, and was told it as a whole; and one of
/// four against what would be right for the text after it, so that an answer for another text is seen.
#[test]
fn two_thousand_questions_among_edits_are_all_answered_for_the_right_text() {
    let [(mut client, _child), (mut fresh, _other)] = [start(json!({})), start(json!({}))];
    let (asked, texts) = asked_among_edits(&mut client);
    client.shut_down();
    let refused = asked.iter().filter(|it| !it.is_answered());
    for failed in refused.filter_map(|it| it.answer.as_ref()?.as_ref().err()) {
        assert!([CANCELLED, CONTENT_MODIFIED].contains(&failed.code), "{failed:?}");
    }
    let (mut answered, mut compared, mut telling) = (0, 0, 0);
    for (number, text) in texts.iter().enumerate() {
        fresh.open(URI, text);
        for it in asked.iter().filter(|it| it.is_answered()) {
            if it.text == number {
                let right = Some(it.again(&mut fresh));
                assert_eq!(it.answer, right, "{} at {}:{} of {text:?}", it.method, it.line, it.column);
                answered += 1;
            } else if it.text + 1 == number && it.id % 4 == 0 {
                compared += 1;
                telling += usize::from(Some(it.again(&mut fresh)) != it.answer);
            }
        }
        fresh.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    }
    fresh.shut_down();
    assert!(answered > 700, "only {answered} are answered");
    assert!(telling * 3 > compared, "only {telling} of {compared} would be others for the next text");
}

#[test]
fn a_hover_right_behind_a_keystroke_is_of_the_new_text() {
    let (mut client, _child) = start(json!({}));
    client.open(URI, "f = function(a)\n  return 1\nend function\nprint f(2)\n");
    let mut name = "a".to_owned();
    for (version, letter) in (2..).zip("bcdefghijklmnopqrstuvwxyz".chars()) {
        let end = 13 + name.len() as u32;
        client.change(URI, version, [0, end, 0, end], &letter.to_string());
        name.push(letter);
        let card = client.ask("textDocument/hover", at(URI, 3, 6));
        let text = card["contents"]["value"].as_str().expect("a text");
        assert!(text.contains(&format!("f = function({name})")), "{name}: {text}");
    }
    client.shut_down();
}
