//! A scripted language client: speaks the protocol over two byte streams and keeps everything that was said, in order.
//!
//! The protocol tests of `server/tests` and the latency measurements of `cargo xtask` drive servers with it. Invariants: nothing
//! that the server says is dropped; waiting ends with a panic that shows the conversation, never hangs; requests of the server
//! are answered at once, as a real client does.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// No test waits longer for one message, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// One message of the server with the moment of its arrival.
#[derive(Debug, Clone)]
pub struct Said {
    /// When its last byte was read.
    pub at: Instant,
    /// The message.
    pub message: Value,
}

impl Said {
    /// The method of a notification or request; empty for an answer.
    pub fn method(&self) -> &str {
        self.message["method"].as_str().unwrap_or_default()
    }

    /// The parameters of a notification or request.
    pub fn params(&self) -> &Value {
        &self.message["params"]
    }
}

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// The protocol's number.
    pub code: i64,
    /// The sentence.
    pub message: String,
}

/// What a request was answered.
pub type Answer = Result<Value, Failed>;

/// A conversation with one server.
pub struct Client {
    input: Box<dyn Write + Send>,
    output: Receiver<Said>,
    /// Everything the server has said and we have read, in order.
    pub heard: Vec<Said>,
    /// Answers to `workspace/configuration`, by section.
    pub settings: Value,
    answers: HashMap<i64, (usize, Answer)>,
    next_id: i64,
    ended: bool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("heard", &self.heard.len()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that writes to `input` and reads from `output` (both as the server names them).
    pub fn new(input: impl Write + Send + 'static, output: impl Read + Send + 'static) -> Client {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut reader = BufReader::with_capacity(1 << 16, output);
            while let Some(message) = read_message(&mut reader) {
                if sender.send(Said { at: Instant::now(), message }).is_err() {
                    return;
                }
            }
        });
        Client {
            input: Box::new(input),
            output: receiver,
            heard: Vec::new(),
            settings: Value::Null,
            answers: HashMap::new(),
            next_id: 1,
            ended: false,
        }
    }

    /// Starts a server program and talks to it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(program: &Path, arguments: &[&str]) -> std::io::Result<(Client, Child)> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdin: ChildStdin = child.stdin.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        Ok((Client::new(stdin, stdout), child))
    }

    /// Sends bytes as they are; a server that has gone away is no error, its silence will tell.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let written = self.input.write_all(bytes).and_then(|()| self.input.flush());
        self.ended |= written.is_err();
    }

    /// Sends a message in a frame.
    pub fn send(&mut self, message: &Value) {
        self.send_raw(&frame(message.to_string().as_bytes()));
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request; [`Client::wait`] gives its answer.
    pub fn post(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Sends a request and waits for its answer.
    pub fn request(&mut self, method: &str, params: Value) -> Answer {
        let id = self.post(method, params);
        self.wait(id)
    }

    /// A request that must succeed.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.request(method, params).unwrap_or_else(|failed| panic!("{method} failed: {failed:?}"))
    }

    /// Waits for the answer to a request.
    pub fn wait(&mut self, id: i64) -> Answer {
        self.wait_in_order(id).1
    }

    /// As [`Client::wait`], with the answer's number among everything heard.
    pub fn wait_in_order(&mut self, id: i64) -> (usize, Answer) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return answer;
            }
            self.hear(deadline, &format!("the answer to request {id}"));
        }
    }

    /// Waits for a notification that fits, from number `since` of what was heard on; gives its number.
    pub fn wait_for(&mut self, since: usize, method: &str, mut fits: impl FnMut(&Value) -> bool) -> usize {
        let deadline = Instant::now() + PATIENCE;
        let mut next = since;
        loop {
            while next < self.heard.len() {
                if self.heard[next].method() == method && fits(self.heard[next].params()) {
                    return next;
                }
                next += 1;
            }
            self.hear(deadline, &format!("a fitting {method}"));
        }
    }

    /// Reads one more message.
    fn hear(&mut self, deadline: Instant, what: &str) {
        match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(said) => self.take(said),
            Err(RecvTimeoutError::Timeout) => panic!("waited in vain for {what}; heard:\n{}", self.transcript()),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("the server ended before {what}; heard:\n{}", self.transcript())
            }
        }
    }

    /// Takes what has arrived, without waiting.
    pub fn listen(&mut self) {
        while let Ok(said) = self.output.try_recv() {
            self.take(said);
        }
    }

    /// Reads until the server closes its output.
    pub fn listen_to_the_end(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(said) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(said);
        }
    }

    fn take(&mut self, said: Said) {
        let message = &said.message;
        let number = self.heard.len();
        let is_request = message.get("method").is_some() && message.get("id").is_some();
        let reply = is_request.then(|| {
            let result = match said.method() {
                "workspace/configuration" => self.configuration(said.params()),
                _ => Value::Null,
            };
            json!({ "jsonrpc": "2.0", "id": message["id"], "result": result })
        });
        if message.get("method").is_none()
            && let Some(id) = message["id"].as_i64()
        {
            let answer = match message.get("error") {
                Some(error) => Err(Failed {
                    code: error["code"].as_i64().unwrap_or_default(),
                    message: error["message"].as_str().unwrap_or_default().to_owned(),
                }),
                None => Ok(message["result"].clone()),
            };
            assert!(self.answers.insert(id, (number, answer)).is_none(), "request {id} was answered twice");
        }
        self.heard.push(said);
        if let Some(reply) = reply {
            self.send(&reply);
        }
    }

    fn configuration(&self, params: &Value) -> Value {
        let items = params["items"].as_array().cloned().unwrap_or_default();
        let section = |item: &Value| self.settings[item["section"].as_str().unwrap_or_default()].clone();
        Value::Array(items.iter().map(section).collect())
    }

    /// The end of what was said, a line each.
    pub fn transcript(&self) -> String {
        let last = self.heard.iter().rev().take(30).rev();
        last.map(|said| {
            let mut line: String = said.message.to_string().chars().take(400).collect();
            line.push('\n');
            line
        })
        .collect()
    }

    /// Initialises the server as a client with these capabilities and options; gives the server's capabilities.
    pub fn initialize(&mut self, capabilities: Value, options: Value) -> Value {
        let params = json!({
            "processId": null, "rootUri": null, "capabilities": capabilities, "initializationOptions": options
        });
        let result = self.ask("initialize", params);
        self.notify("initialized", json!({}));
        result["capabilities"].clone()
    }

    /// Opens a document, version 1.
    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "miniscript", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Edits a document: what goes, as `[line, character, line, character]`, and what comes.
    pub fn change(&mut self, uri: &str, version: i64, range: [u32; 4], text: &str) {
        let change = json!({ "range": range_of(range), "text": text });
        self.change_all(uri, version, vec![change]);
    }

    /// Sends several changes in one message.
    pub fn change_all(&mut self, uri: &str, version: i64, changes: Vec<Value>) {
        let document = json!({ "uri": uri, "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Waits for the diagnostics of a version; gives the number of the message and the diagnostics.
    pub fn diagnostics(&mut self, uri: &str, version: i64) -> (usize, Value) {
        let number = self.wait_for(0, "textDocument/publishDiagnostics", |params| {
            params["uri"] == uri && params["version"] == version
        });
        (number, self.heard[number].params()["diagnostics"].clone())
    }

    /// Ends the conversation the proper way.
    pub fn shut_down(&mut self) {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "shutdown" }));
        let answer = self.wait(id);
        assert_eq!(answer, Ok(Value::Null));
        self.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
        self.listen_to_the_end();
    }
}

/// A range as the protocol writes it.
pub fn range_of([line, character, end_line, end_character]: [u32; 4]) -> Value {
    json!({
        "start": { "line": line, "character": character },
        "end": { "line": end_line, "character": end_character }
    })
}

/// A body with its header.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

/// The next message, or `None` at the end. What the server writes must be flawless, so anything else is a panic.
pub(crate) fn read_message(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).expect("headers are text") == 0 {
            assert!(length.is_none(), "the server's output ends within a header");
            return None;
        }
        let line = line.trim_end_matches("\r\n");
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header line: {line:?}"));
        assert_eq!(name, "Content-Length", "the server writes no other header");
        length = Some(value.parse::<usize>().expect("a number of bytes"));
    }
    let mut body = vec![0; length.expect("a header names the length")];
    reader.read_exact(&mut body).expect("a whole body");
    Some(serde_json::from_slice(&body).expect("the server writes JSON"))
}
