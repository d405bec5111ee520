//! What a folder of hundreds and thousands of files costs: start, all warnings, names that other files use, files that get other names.
//!
//! Part of `latency`, which prints the rows. The files are written to a folder of their own, which goes when they are measured. Each has 200 lines and imports the
//! one of half its number, every tenth one `m0` besides, whose functions it calls. No answer is asked for twice: each question is about
//! another name. Invariant: an answer that lacks a place is an error, not a time.

use minilive_tests::client::{Client, range_of};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// How many functions of `m0` others call, so how often what is about such a name can be asked.
const SHARED: usize = 50;

/// The files, on disk as long as this lives.
struct Files {
    folder: PathBuf,
    count: usize,
}

impl Files {
    fn write(count: usize) -> Result<Files, String> {
        let folder = std::env::temp_dir().join(format!("minilive-latency-{}-{count}", std::process::id()));
        let files = Files { folder, count };
        std::fs::create_dir_all(&files.folder).map_err(|error| format!("{}: {error}", files.folder.display()))?;
        for number in 0..count {
            let path = files.folder.join(format!("m{number}.ms"));
            std::fs::write(&path, text(number)).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(files)
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.display())
    }

    fn module(&self, number: usize) -> String {
        self.uri(&format!("m{number}.ms"))
    }

    /// How many files call a function of `m0`.
    fn callers(&self) -> usize {
        (10..self.count).step_by(10).count()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A module: its imports, calls of what they have, and functions of four lines.
fn text(number: usize) -> String {
    let mut text = String::new();
    let mut lines = 0;
    let mut line = |written: String| {
        lines += written.matches('\n').count();
        text.push_str(&written);
        lines
    };
    if number > 0 {
        line(format!("import \"m{}\"\nm{}.f7 1\n", number / 2, number / 2));
    }
    if number >= 10 && number.is_multiple_of(10) {
        line("import \"m0\"\n".into());
        for k in 0..SHARED {
            line(format!("m0.shared{k} {k}\n"));
        }
    }
    let shared = if number == 0 { SHARED } else { 0 };
    for k in 0.. {
        let name = if k < shared { format!("shared{k}") } else { format!("f{}", k - shared) };
        if line(format!("{name} = function(a)\n  b = a + {k}\n  return b\nend function\n")) >= 200 {
            break;
        }
    }
    text
}

/// What was measured: a row's name and its times.
pub type Row = (String, Vec<Duration>);

/// All rows for a folder of so many files, and the server's memory behind them in MiB, where the system tells.
pub fn measure(server: &Path, count: usize) -> Result<(Vec<Row>, Option<f64>), String> {
    let files = Files::write(count)?;
    let mut rows = vec![(format!("start → `initialize` answered, {count} files"), starts(server, &files, 10)?)];
    let (mut client, mut child, begun) = start(server, &files)?;
    let reports = client.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    rows.push((format!("start → all warnings of {count} files"), vec![begun.elapsed()]));
    enough("reports", reports["items"].as_array().map_or(0, Vec::len), count)?;
    let mut session = Session { client: &mut client, files: &files };
    rows.push((format!("didOpen → definition in another file, of {count}"), session.definitions(40)?));
    rows.push((format!("references in {} of {count} files", files.callers() + 1), session.references()?));
    rows.push((format!("rename in {} of {count} files", files.callers() + 1), session.renames()?));
    rows.push((format!("workspace symbols of {count} files"), session.symbols()?));
    rows.push((format!("another name for a file that {} of {count} import", files.callers() + 2), session.moves(20)?));
    rows.push((format!("didChange → diagnostics of a file that all of {count} build on"), session.edits(60)?));
    let memory = resident(child.id());
    client.shut_down();
    child.wait().map_err(|error| error.to_string())?;
    Ok((rows, memory))
}

/// A server that has the folder as its workspace, and when it was started.
fn start(server: &Path, files: &Files) -> Result<(Client, Child, Instant), String> {
    let begun = Instant::now();
    let (mut client, child) = super::start(server)?;
    let folder = json!({ "uri": format!("file://{}", files.folder.display()), "name": "latency" });
    let capabilities = json!({ "textDocument": { "diagnostic": {} }, "workspace": { "workspaceFolders": true } });
    let params = json!({ "processId": null, "rootUri": folder["uri"], "workspaceFolders": [folder], "capabilities": capabilities });
    client.ask("initialize", params);
    client.notify("initialized", json!({}));
    Ok((client, child, begun))
}

fn starts(server: &Path, files: &Files, times: usize) -> Result<Vec<Duration>, String> {
    let mut taken = Vec::new();
    for _ in 0..times {
        let (mut client, mut child, begun) = start(server, files)?;
        taken.push(begun.elapsed());
        client.shut_down();
        child.wait().map_err(|error| error.to_string())?;
    }
    Ok(taken)
}

/// An answer must have as much as the text has.
fn enough(what: &str, found: usize, wanted: usize) -> Result<(), String> {
    if found >= wanted { Ok(()) } else { Err(format!("{found} {what} where {wanted} are")) }
}

/// The memory of a process that is in use, in MiB.
fn resident(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

struct Session<'a> {
    client: &'a mut Client,
    files: &'a Files,
}

impl Session<'_> {
    /// One question and how long its answer takes.
    fn timed(&mut self, method: &str, params: Value) -> (Duration, Value) {
        let begun = Instant::now();
        let answer = self.client.ask(method, params);
        (begun.elapsed(), answer)
    }

    /// Where a function of another file is made, asked right behind the opening of the file that calls it.
    fn definitions(&mut self, times: usize) -> Result<Vec<Duration>, String> {
        let step = self.files.count / (times + 1);
        let mut taken = Vec::new();
        for number in (1..=times).map(|k| k * step + 1) {
            let uri = self.files.module(number);
            self.client.open(&uri, &text(number));
            let begun = Instant::now();
            let column = format!("m{}.f", number / 2).len();
            let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 1, "character": column } });
            let (_, answer) = self.timed("textDocument/definition", params);
            taken.push(begun.elapsed());
            enough(
                "definitions in the other file",
                answer.to_string().matches(&format!("/m{}.ms", number / 2)).count(),
                1,
            )?;
        }
        Ok(taken)
    }

    /// The position of the name of a function in `m0`.
    fn at(&self, shared: usize) -> Value {
        json!({ "textDocument": { "uri": self.files.module(0) }, "position": { "line": shared * 4, "character": 2 } })
    }

    fn references(&mut self) -> Result<Vec<Duration>, String> {
        let mut taken = Vec::new();
        for shared in 0..SHARED {
            let mut params = self.at(shared);
            params["context"] = json!({ "includeDeclaration": true });
            let (time, answer) = self.timed("textDocument/references", params);
            enough("references", answer.as_array().map_or(0, Vec::len), self.files.callers() + 1)?;
            taken.push(time);
        }
        Ok(taken)
    }

    fn renames(&mut self) -> Result<Vec<Duration>, String> {
        let mut taken = Vec::new();
        for shared in 0..SHARED {
            let mut params = self.at(shared);
            params["newName"] = json!(format!("other{shared}"));
            let (time, answer) = self.timed("textDocument/rename", params);
            enough("edits", answer.to_string().matches(&format!("other{shared}\"")).count(), self.files.callers() + 1)?;
            taken.push(time);
        }
        Ok(taken)
    }

    fn symbols(&mut self) -> Result<Vec<Duration>, String> {
        let mut taken = Vec::new();
        for shared in 0..SHARED {
            let name = format!("shared{shared}");
            let (time, answer) = self.timed("workspace/symbol", json!({ "query": name }));
            let found = answer.as_array().into_iter().flatten().filter(|it| it["name"] == name.as_str()).count();
            enough("symbols", found, 1)?;
            taken.push(time);
        }
        Ok(taken)
    }

    /// What to change where `m0` gets another name.
    fn moves(&mut self, times: usize) -> Result<Vec<Duration>, String> {
        let mut taken = Vec::new();
        for number in 0..times {
            let (old, new) = (self.files.module(0), self.files.uri(&format!("other{number}.ms")));
            let params = json!({ "files": [{ "oldUri": old, "newUri": new }] });
            let (time, answer) = self.timed("workspace/willRenameFiles", params);
            let edits = answer.to_string().matches(&format!("other{number}")).count();
            enough("edits", edits, self.files.callers() + 1)?;
            taken.push(time);
        }
        Ok(taken)
    }

    /// A digit more and less in a function of `m0`.
    fn edits(&mut self, times: i64) -> Result<Vec<Duration>, String> {
        let uri = self.files.module(0);
        self.client.open(&uri, &text(0));
        let document = json!({ "textDocument": { "uri": uri } });
        self.client.ask("textDocument/diagnostic", document.clone());
        let mut taken = Vec::new();
        for version in 2..times + 2 {
            std::thread::sleep(Duration::from_millis(30));
            let (range, digit) = if version % 2 == 0 { ([1, 10, 1, 10], "1") } else { ([1, 10, 1, 11], "") };
            let begun = Instant::now();
            let change = json!({ "range": range_of(range), "text": digit });
            self.client.change_all(&uri, version, vec![change]);
            let answer = self.client.ask("textDocument/diagnostic", document.clone());
            taken.push(begun.elapsed());
            enough("reports", usize::from(answer["kind"].is_string()), 1)?;
        }
        Ok(taken)
    }
}
