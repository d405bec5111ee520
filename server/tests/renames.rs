//! What a rename leaves of a program: it prints the same as before, or the difference was announced, or the rename is refused.
//!
//! Programs are renamed over the wire, name by name and from place to place, and run before and after. `renames/` holds programs in which a
//! name is meant where it does not stand: keys in texts, maps of variables, modules that are handed on, maps that are compared. What a program
//! prints of its own names (keys of maps, functions) may change with them. An announced place is one that a client asks about first, or a
//! sentence about it.

mod common;

use common::{Folder, program, start};
use minilive_syntax::SyntaxKind;
use minilive_syntax::lexer::lex;
use minilive_tests::client::Client;
use minilive_tests::files::{below, root};
use minilive_tests::spec;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

const NEW: &str = "brandNew";

/// Files by name.
type Files = BTreeMap<String, String>;

/// A place: the file, and where the name begins in its text.
type At = (String, usize);

/// How renames went.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    refused: usize,
    same: usize,
    announced: usize,
    /// What was done in silence and changes what a program does.
    wrong: Vec<String>,
}

fn programs(text: &str) -> Vec<Files> {
    let files = |program: &str| -> Files {
        let Some(program) = program.strip_prefix("//- ") else {
            return Files::from([("main.ms".to_owned(), program.to_owned())]);
        };
        let parts = program.split("//- ").map(|it| it.split_once('\n').expect("a name and a text"));
        parts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    };
    text.split("=====\n").map(files).collect()
}

/// The names in a text, those in strings as well.
fn names(text: &str) -> Vec<(String, usize)> {
    let (mut found, mut at) = (Vec::new(), 0);
    for token in lex(text) {
        let whole = &text[at..at + token.len as usize];
        match token.kind {
            SyntaxKind::Ident => found.push((whole.to_owned(), at)),
            SyntaxKind::StringLit => {
                let inside = whole.trim_matches('"');
                if matches!(&*lex(inside), [it] if it.kind == SyntaxKind::Ident) {
                    found.push((inside.to_owned(), at + 1));
                }
            }
            _ => {}
        }
        at += whole.len();
    }
    found
}

/// What the programs among some files print.
fn printed(folder: &Folder, files: &Files) -> Vec<String> {
    let mains = files.keys().filter(|name| name.starts_with("main"));
    let run = |main: &String| {
        let mut command = Command::new(program());
        command.args(["run", "--compat", main]).current_dir(&folder.0).stdin(Stdio::null());
        let output = command.output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).replace(&folder.0.display().to_string(), "")
    };
    mains.map(run).collect()
}

/// What is printed with one word for a name and its new one.
fn without(texts: &[String], name: &str) -> Vec<String> {
    let one = |text: &String| {
        let mut out = String::new();
        let mut rest = text.as_str();
        let is_part = |it: char| it.is_alphanumeric() || it == '_';
        while let Some(start) = rest.find(is_part) {
            let end = rest[start..].find(|it| !is_part(it)).map_or(rest.len(), |end| start + end);
            let word = &rest[start..end];
            out += &rest[..start];
            out += if word == name { NEW } else { word };
            rest = &rest[end..];
        }
        out + rest
    };
    texts.iter().map(one).collect()
}

fn offset(text: &str, position: &Value) -> usize {
    let number = |of: &str| position[of].as_u64().expect("a number") as usize;
    let start: usize = text.split_inclusive('\n').take(number("line")).map(str::len).sum();
    start + number("character")
}

fn position(text: &str, at: usize) -> Value {
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    json!({ "line": text[..at].matches('\n').count(), "character": at - start })
}

fn edited(files: &Files, places: &BTreeSet<At>, name: &str) -> Files {
    let mut files = files.clone();
    for (file, at) in places.iter().rev() {
        files.get_mut(file).expect("a file of the program").replace_range(*at..at + name.len(), NEW);
    }
    files
}

/// Renames every name of a program, each from one of its places that belong together.
fn rename_all(title: &str, files: &Files, tally: &mut Tally) {
    let given: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = Folder::new(&format!("renames-{title}"), &given);
    let edits = json!({ "documentChanges": true, "changeAnnotationSupport": {} });
    let capabilities =
        json!({ "workspace": { "workspaceEdit": edits }, "general": { "positionEncodings": ["utf-8"] } });
    let (mut client, mut child) = start(Some(&folder), capabilities, json!({}));
    files.iter().for_each(|(name, text)| client.open(&folder.uri(name), text));
    let before = printed(&folder, files);
    let mut done: BTreeSet<At> = BTreeSet::new();
    for (file, text) in files {
        for (name, at) in names(text) {
            if done.contains(&(file.clone(), at)) {
                continue;
            }
            let Some((sure, possible, since)) = ask(&mut client, &folder, files, (file, at)) else {
                tally.refused += 1;
                continue;
            };
            done.extend(sure.iter().cloned());
            let after = Folder::new(&format!("renamed-{title}"), &[]);
            let changed = edited(files, &sure, &name);
            fs::create_dir_all(&after.0).expect("a folder for what was edited");
            changed.iter().for_each(|(name, text)| fs::write(after.0.join(name), text).expect("a file of it"));
            let after = printed(&after, &changed);
            if without(&after, &name) == without(&before, &name) {
                tally.same += 1;
            } else if !possible.is_empty() || is_told(&mut client, since) {
                tally.announced += 1;
            } else {
                let line = text[..at].matches('\n').count() + 1;
                tally.wrong.push(format!("{title}: `{name}` of {file}:{line}\n{before:?}\n{after:?}"));
            }
        }
    }
    client.shut_down();
    child.wait().expect("the server ends");
}

/// Whether there was a sentence about an edit, which may arrive a little later than that.
fn is_told(client: &mut Client, since: usize) -> bool {
    (0..100).any(|_| {
        client.ask("workspace/symbol", json!({ "query": "zzzz" }));
        std::thread::sleep(Duration::from_millis(2));
        client.heard[since..].iter().any(|it| it.method() == "window/showMessage")
    })
}

/// The places that are edited, those that a person is asked about, and from where on there may be a sentence about others; none if it is refused.
fn ask(
    client: &mut Client,
    folder: &Folder,
    files: &Files,
    (file, at): (&str, usize),
) -> Option<(BTreeSet<At>, BTreeSet<At>, usize)> {
    let place = json!({ "uri": &*folder.uri(file) });
    let params = json!({ "textDocument": place, "position": position(&files[file], at), "newName": NEW });
    // What is said about an edit before has been said by then.
    client.ask("workspace/symbol", json!({ "query": "zzzz" }));
    let since = client.heard.len();
    let prepared = client.request("textDocument/prepareRename", params.clone());
    let answer = client.request("textDocument/rename", params);
    let Ok(answer) = answer else { return None };
    assert!(prepared.is_ok(), "what is renamed was offered: {file} {at} {prepared:?}");
    let (mut sure, mut possible) = (BTreeSet::new(), BTreeSet::new());
    for change in answer["documentChanges"].as_array().into_iter().flatten() {
        let uri = change["textDocument"]["uri"].as_str().expect("a file");
        let name = files.keys().find(|it| *folder.uri(it) == *uri).expect("a file of the program");
        for edit in change["edits"].as_array().into_iter().flatten() {
            let start = offset(&files[name], &edit["range"]["start"]);
            let of = if edit["annotationId"].is_null() { &mut sure } else { &mut possible };
            of.insert((name.clone(), start));
        }
    }
    Some((sure, possible, since))
}

#[track_caller]
fn check(title: &str, text: &str, at_least: [usize; 3]) {
    let mut tally = Tally::default();
    for (number, files) in programs(text).iter().enumerate() {
        rename_all(&format!("{title}-{number}"), files, &mut tally);
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    let counts = [tally.refused, tally.same, tally.announced];
    assert!(counts.iter().zip(at_least).all(|(count, least)| *count >= least), "refused, same, announced: {counts:?}");
}

#[test]
fn keys_that_are_texts_are_renamed_or_told() {
    check("keys", include_str!("renames/keys.txt"), [100, 40, 3]);
}

#[test]
fn names_that_are_reached_through_maps_of_variables_are_renamed_or_told() {
    check("variables", include_str!("renames/variables.txt"), [100, 40, 3]);
}

#[test]
fn members_of_modules_that_are_handed_on_are_renamed_or_told() {
    check("modules", include_str!("renames/modules.txt"), [100, 40, 3]);
}

#[test]
fn members_of_maps_that_belong_together_are_renamed_or_told() {
    check("families", include_str!("renames/families.txt"), [100, 40, 3]);
}

/// Specs whose subject is names: what they are about is what renames get wrong.
const SPECS: [&str; 4] = ["scope", "objects", "own-keys", "scope-maps"];

#[test]
fn specs_print_the_same_after_a_rename_or_the_difference_is_told() {
    let mut tally = Tally::default();
    for path in below(&root().join("tests/spec"), "md") {
        let title = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        if !SPECS.contains(&title.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("specs are UTF-8");
        for case in spec::read(&path, &text).unwrap_or_else(|error| panic!("{error}")) {
            let files = Files::from([("main.ms".to_owned(), case.program.clone())]);
            rename_all(&format!("{title}-{}", case.line), &files, &mut tally);
        }
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(tally.same > 150 && tally.refused > tally.same, "{tally:?}");
}
