//! Conversations with the server: recorded sessions whose messages are mutated as text, as JSON and as frames.
//!
//! An input is what is written to the server, byte for byte. The check starts a server, writes it, and then the server must
//! answer a good request as if nothing had been, say nothing that is no message, and end with exit code 0. Invariant: no input
//! holds `shutdown` or `exit`, or a text that could want something of the machine (see `corpus`).

use super::corpus::Corpus;
use super::mutate::{NUMBERS, mutate};
use crate::client::{frame, read_message};
use crate::random::Random;
use serde_json::{Value, json};
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// An answer takes no longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(20);

/// The document of the good request; no input names it.
const KNOWN: &str = "file:///known-to-the-fuzzer.ms";

/// How the header of a frame starts.
const HEADER: &[u8] = b"Content-Length:";

/// Frames that claim to be longer are not waited for.
const MOST_OWED: usize = 4 << 20;

/// A recorded session with mutations, as bytes.
pub(super) fn input(corpus: &Corpus, random: &mut Random) -> Vec<u8> {
    let session = &corpus.sessions[random.below(corpus.sessions.len())];
    let mut messages = session.clone();
    if random.below(4) == 0 {
        messages.truncate(1 + random.below(messages.len()));
    }
    for _ in 0..1 + random.below(12) {
        messages_changed(corpus, random, &mut messages);
    }
    let mut wire = Vec::new();
    for message in &messages {
        wire.extend(written(corpus, random, message));
    }
    wire
}

/// Changes one message, or what messages there are.
fn messages_changed(corpus: &Corpus, random: &mut Random, messages: &mut Vec<Value>) {
    let (at, from) = (random.below(messages.len()), random.below(messages.len()));
    match random.below(12) {
        0 => messages.insert(at, messages[from].clone()),
        1 => messages.swap(at, from),
        2 if messages.len() > 2 => drop(messages.remove(at)),
        3 => {
            let cancels = (0..1 + random.below(200)).map(|id| cancel(random, id));
            messages.extend(cancels.collect::<Vec<_>>());
        }
        4 => {
            let again = messages[from].clone();
            let many = 1 + random.below(60);
            messages.splice(at..at, std::iter::repeat_n(again, many));
        }
        5 | 6 => {
            let part = random.pick(&["method", "params", "id"]);
            let other = messages[from][part].clone();
            // Earlier changes may have left something that is no object.
            if let Some(message) = messages[at].as_object_mut() {
                message.insert(part.to_owned(), other);
            }
        }
        7 | 8 => with_other_text(corpus, random, &mut messages[at]),
        _ => with_other_value(random, &mut messages[at]),
    }
}

fn cancel(random: &mut Random, id: usize) -> Value {
    let id = if random.below(8) == 0 { value(random) } else { json!(id) };
    json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": id } })
}

/// All values inside a message, itself included.
fn pointers(message: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while next < found.len() {
        let at = found[next].clone();
        let key = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        match message.pointer(&at) {
            Some(Value::Object(inner)) => found.extend(inner.keys().map(|name| key(name))),
            Some(Value::Array(inner)) => found.extend((0..inner.len()).map(|index| key(&index.to_string()))),
            _ => {}
        }
        next += 1;
    }
    found
}

/// A document's text becomes another one.
fn with_other_text(corpus: &Corpus, random: &mut Random, message: &mut Value) {
    let text = if random.below(2) == 0 { corpus.any(random).to_vec() } else { corpus.mutated(random) };
    let text = String::from_utf8_lossy(&text).into_owned();
    let texts: Vec<_> = pointers(message).into_iter().filter(|it| it.ends_with("/text")).collect();
    if !texts.is_empty()
        && let Some(place) = message.pointer_mut(&texts[random.below(texts.len())])
    {
        *place = Value::String(text);
    }
}

/// Some value inside becomes one of another type or size, or goes.
fn with_other_value(random: &mut Random, message: &mut Value) {
    let all = pointers(message);
    let at = &all[random.below(all.len())];
    if at == "/method" && random.below(4) > 0 {
        return;
    }
    if random.below(5) == 0
        && let Some((parent, key)) = at.rsplit_once('/')
        && let Some(Value::Object(inner)) = message.pointer_mut(parent)
    {
        inner.remove(key);
        return;
    }
    if let Some(place) = message.pointer_mut(at) {
        *place = value(random);
    }
}

/// Any JSON, likely of the wrong type.
fn value(random: &mut Random) -> Value {
    let text = |random: &mut Random| {
        random
            .pick(&[
                "",
                "x",
                "file:///a.ms",
                "file:///home/me/demo.ms",
                "untitled:Untitled-1",
                "not a uri",
                "file:///%zz",
                "full",
                "off",
                "textDocument/didOpen",
                "minilive.run",
                "minilive.stop",
                "\u{0}",
                "𝄞",
                "utf-8",
                "utf-16",
            ])
            .to_owned()
    };
    match random.below(12) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 | 3 => json!(random.below(40)),
        4 => json!(-(random.below(9) as i64)),
        5 | 6 => serde_json::from_str(random.pick(NUMBERS)).unwrap_or(Value::Null),
        7 | 8 => json!(text(random)),
        9 => json!([text(random), random.below(3)]),
        10 => json!({ "line": random.below(9), "character": random.bits() as u32, "uri": text(random) }),
        _ => {
            let mut deep = json!([]);
            for _ in 0..[3, 100, 126, 600][random.below(4)] {
                deep = json!([deep]);
            }
            deep
        }
    }
}

/// A message as a frame, now and then a broken one.
fn written(corpus: &Corpus, random: &mut Random, message: &Value) -> Vec<u8> {
    let text = message.to_string();
    let mut body = text.clone().into_bytes();
    if random.below(25) == 0 {
        let dictionary =
            ["{", "}", "[", "]", "\"", "\\u0000", "\\ud800", "null", ":", ",", "1e999", "\"jsonrpc\":\"2.0\","];
        let other = corpus.any(random);
        body = mutate(random, &body, other, &dictionary);
    }
    if says_goodbye(&body) {
        body = text.into_bytes();
    }
    let mut whole = frame(&body);
    if random.below(25) == 0 {
        whole = broken(random, &body);
    }
    whole
}

/// A frame with a header that is wrong, or with something around it.
fn broken(random: &mut Random, body: &[u8]) -> Vec<u8> {
    let len = body.len();
    let wrong = [0, 1, len.saturating_sub(1), len + 1, len + random.below(5_000), usize::MAX][random.below(6)];
    let header = match random.below(9) {
        0 => format!("Content-Length: {wrong}\r\n\r\n"),
        1 => format!("content-length:{len}\n\n"),
        2 => format!("Content-Length: -{len}\r\n\r\n"),
        3 => "Content-Length: 0x10\r\n\r\n".to_owned(),
        4 => format!(
            "Content-Type: text/plain\r\nContent-Length: {len}\r\nX: {}\r\n\r\n",
            "y".repeat(random.below(90_000))
        ),
        5 => "\r\n\r\n".to_owned(),
        6 => format!("Content-Length: {len}\r\nContent-Length: {wrong}\r\n\r\n"),
        7 => format!("{}Content-Length: {len}\r\n\r\n", "\u{0}garbage\u{ff}\n".repeat(1 + random.below(40))),
        _ => String::new(),
    };
    [header.as_bytes(), body].concat()
}

/// Whether the server would rightly end or refuse everything after this.
fn says_goodbye(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains("\"shutdown\"") || text.contains("\"exit\"")
}

/// An input in pieces of one frame each.
pub(super) fn frames(input: &[u8]) -> Vec<Vec<u8>> {
    let starts = (1..input.len()).filter(|&at| input[at..].starts_with(HEADER));
    let bounds: Vec<usize> = [0].into_iter().chain(starts).chain([input.len()]).collect();
    bounds.windows(2).map(|pair| input[pair[0]..pair[1]].to_vec()).collect()
}

/// How many bytes a frame of the input may still wait for at most when all of it is written; `None` if that is too much to send.
fn owed(input: &[u8]) -> Option<usize> {
    let lower = input.to_ascii_lowercase();
    let header = HEADER.to_ascii_lowercase();
    let mut most = 0;
    for at in (0..lower.len()).filter(|&at| lower[at..].starts_with(&header)) {
        let digits = lower[at + header.len()..].iter().skip_while(|byte| byte.is_ascii_whitespace());
        let digits: String = digits.take_while(|byte| byte.is_ascii_digit()).map(|&byte| char::from(byte)).collect();
        // What does not fit is refused by the server, and so is what is larger than any message.
        let length = digits.parse::<usize>().ok().filter(|&length| length <= 1 << 30).unwrap_or_default();
        most = most.max(length);
    }
    (most <= MOST_OWED).then_some(most)
}

/// Writes an input to a new server and looks whether it is well afterwards.
///
/// # Panics
/// If it is not.
pub(super) fn check(server: &Path, input: &[u8]) {
    let Some(owed) = owed(input) else { return };
    if says_goodbye(input) {
        return;
    }
    let mut conversation = Conversation::start(server);
    conversation.write(input);
    // Line ends end whatever header or body the input left open, and mean nothing otherwise.
    conversation.write(&vec![b'\n'; owed + 2]);
    conversation.ask("fuzz-initialize", "initialize", &json!({ "processId": null, "capabilities": {} }));
    conversation.notify("initialized", &json!({}));
    let document =
        json!({ "uri": KNOWN, "languageId": "miniscript", "version": 1, "text": "known = function\nend function\n" });
    conversation.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    let symbols =
        conversation.ask("fuzz-known", "textDocument/documentSymbol", &json!({ "textDocument": { "uri": KNOWN } }));
    assert_eq!(symbols["result"][0]["name"], "known", "a good request after the input: {symbols}");
    conversation.end();
}

/// One server process and what it says.
struct Conversation {
    child: Child,
    input: mpsc::Sender<Vec<u8>>,
    output: Receiver<Value>,
    errors: thread::JoinHandle<String>,
}

impl Conversation {
    fn start(server: &Path) -> Conversation {
        let command = Command::new(server)
            .arg("lsp")
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = command.unwrap_or_else(|error| panic!("cannot start {}: {error}", server.display()));
        let (mut stdin, stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let mut stderr = child.stderr.take().expect("piped");
        let (input, to_write) = mpsc::channel::<Vec<u8>>();
        // A server that reads slowly must not keep us from reading what it says.
        thread::spawn(move || {
            for bytes in to_write {
                if stdin.write_all(&bytes).and_then(|()| stdin.flush()).is_err() {
                    return;
                }
            }
        });
        let (said, output) = mpsc::channel();
        thread::spawn(move || {
            let mut reader = BufReader::with_capacity(1 << 16, stdout);
            while let Some(message) = read_message(&mut reader) {
                if said.send(message).is_err() {
                    return;
                }
            }
        });
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            // Ends with the process; what was read until then is what counts.
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Conversation { child, input, output, errors }
    }

    fn write(&self, bytes: &[u8]) {
        // If the server is gone, its silence will tell.
        let _ = self.input.send(bytes.to_vec());
    }

    fn notify(&self, method: &str, params: &Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.write(&frame(message.to_string().as_bytes()));
    }

    /// Sends a request and waits for its answer; requests of the server are answered on the way.
    fn ask(&mut self, id: &str, method: &str, params: &Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.write(&frame(message.to_string().as_bytes()));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(said) = self.output.recv_timeout(left) else {
                let end = self.child.try_wait().ok().flatten();
                // It may wait for an evaluation for ever; its words are more useful than its life.
                let _ = self.child.kill();
                panic!("no answer to {method}; the process {}; it wrote:\n{}", ended(end), self.last_words());
            };
            if said.get("method").is_none() && said["id"] == id {
                return said;
            }
            if said.get("method").is_some() && said.get("id").is_some() {
                let reply = json!({ "jsonrpc": "2.0", "id": said["id"], "result": null });
                self.write(&frame(reply.to_string().as_bytes()));
            }
        }
    }

    /// What the server wrote to standard error; it must have ended.
    fn last_words(&mut self) -> String {
        let errors = std::mem::replace(&mut self.errors, thread::spawn(String::new));
        errors.join().unwrap_or_default()
    }

    /// Ends the server the proper way and judges how it went.
    fn end(mut self) {
        let answer = self.ask("fuzz-shutdown", "shutdown", &Value::Null);
        assert!(answer.get("error").is_none(), "shutdown is refused: {answer}");
        self.write(&frame(br#"{"jsonrpc":"2.0","method":"exit"}"#));
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().expect("a child can be asked") {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    let _ = self.child.kill();
                    panic!("the server does not end after `exit`; it wrote:\n{}", self.last_words());
                }
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        let words = self.last_words();
        assert_eq!(status.code(), Some(0), "the exit code after `exit`; it wrote:\n{words}");
        assert!(!words.contains("panicked"), "something panicked:\n{words}");
    }
}

fn ended(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "still runs".to_owned(), |status| format!("ended with {status}"))
}
