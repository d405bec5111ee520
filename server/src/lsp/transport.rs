//! Frames and messages between a client's pipe and tower-lsp's service.
//!
//! `lsp::serve` hands it the service and two byte streams. It reads frames on a thread, first polls each handler in wire
//! order, lets all of them run concurrently without a window, and writes answers from a thread of their own.
//! Invariants: a broken frame or a panicking handler costs one answer, never the connection; no message waits for a slow
//! handler; after `exit` it returns at once with the exit code. Tests: `server/tests/protocol.rs`.

use super::answer::Slot;
use super::from_proto;
use futures::future::FutureExt as _;
use futures::sink::SinkExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak, mpsc};
use tower::Service as _;
use tower_lsp::jsonrpc::{Error, Id, Request, Response};
use tower_lsp::{ClientSocket, LanguageServer, LspService};

/// No message that a person causes is larger; a length above it is a broken frame.
const MAX_BODY: u64 = 1 << 30;
/// No header line is longer; what goes on without a line end is garbage.
const MAX_HEADER: u64 = 1 << 16;

/// What the reader thread found on the wire.
#[derive(Debug, PartialEq, Eq)]
enum Frame {
    Body(Vec<u8>),
    Broken(&'static str),
}

/// Where messages for the client go; the thread that writes them ends with it.
pub struct Wire(Arc<mpsc::Sender<Vec<u8>>>);

/// What the writer takes.
pub type Written = mpsc::Receiver<Vec<u8>>;

/// A way to the client that does not keep its writer alive.
#[derive(Debug, Clone)]
pub struct WireSender(Weak<mpsc::Sender<Vec<u8>>>);

/// A new wire, with what its writer takes.
pub fn wire() -> (Wire, Written) {
    let (sender, written) = mpsc::channel();
    (Wire(Arc::new(sender)), written)
}

impl Wire {
    /// Another way to it.
    pub fn sender(&self) -> WireSender {
        WireSender(Arc::downgrade(&self.0))
    }
}

impl WireSender {
    /// Sends a notification as it is. Large ones go this way: the service's own first makes a tree of JSON values of them, which takes
    /// longer than finding out what they say.
    pub fn notify(&self, method: &str, params: &impl serde::Serialize) {
        #[derive(serde::Serialize)]
        struct Notification<'a, T> {
            jsonrpc: &'a str,
            method: &'a str,
            params: T,
        }
        // The connection has ended otherwise.
        if let Some(out) = self.0.upgrade() {
            send(&out, &Notification { jsonrpc: "2.0", method, params });
        }
    }
}

/// Serves until `exit` or the end of the input; returns the process's exit code.
pub async fn serve<S: LanguageServer>(
    mut service: LspService<S>,
    socket: ClientSocket,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    (Wire(wire), written): (Wire, Written),
) -> i32 {
    let (mut from_server, mut to_server) = socket.split();
    let out = mpsc::Sender::clone(&wire);
    let writer = std::thread::spawn(move || write_frames(output, &written));
    let (frame_sender, mut frames) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::with_capacity(1 << 16, input);
        while let Some(frame) = read_frame(&mut reader) {
            if frame_sender.send(frame).is_err() {
                break;
            }
        }
    });
    let forward_out = out.clone();
    let forward = tokio::spawn(async move {
        while let Some(request) = from_server.next().await {
            send(&forward_out, &request);
        }
    });

    let (mut shut_down, mut code) = (false, 1);
    let mut running = FuturesUnordered::new();
    loop {
        let frame = tokio::select! {
            biased;
            Some(()) = running.next() => continue,
            frame = frames.recv() => match frame { Some(frame) => frame, None => break },
        };
        let request = match decode(frame) {
            Decoded::Request(request) => request,
            Decoded::Answer(answer) => {
                // The service may be gone while it shuts down; then nobody waits for this answer.
                let _ = to_server.send(answer).await;
                continue;
            }
            Decoded::Broken(id, error) => {
                tracing::warn!("broken message: {error}");
                send(&out, &Response::from_error(id, error));
                continue;
            }
        };
        match request.method() {
            "shutdown" => shut_down = true,
            "exit" => {
                code = i32::from(!shut_down);
                break;
            }
            _ => {}
        }
        let (id, method, out) = (request.id().cloned(), request.method().to_owned(), out.clone());
        let slot = Slot::default();
        let handler = slot.hold(service.call(request));
        let mut handler = Box::pin(async move {
            let answer = match AssertUnwindSafe(handler).catch_unwind().await {
                Ok(result) => result.ok().flatten(),
                Err(panic) => {
                    tracing::error!("{method} panicked: {}", crate::world::panic_text(&panic));
                    id.map(|id| Response::from_error(id, Error::internal_error()))
                }
            };
            if let Some(answer) = answer {
                hand_on(&out, slot.body(&answer));
            }
        });
        // The first poll happens here, hence in wire order.
        if (&mut handler).now_or_never().is_none() {
            running.push(handler);
        }
    }
    forward.abort();
    let _ = forward.await;
    drop((running, out, service, wire));
    let _ = writer.join();
    code
}

enum Decoded {
    Request(Request),
    Answer(Response),
    Broken(Id, Error),
}

fn decode(frame: Frame) -> Decoded {
    let body = match frame {
        Frame::Body(body) => body,
        Frame::Broken(why) => {
            let mut error = Error::parse_error();
            error.message = why.into();
            return Decoded::Broken(Id::Null, error);
        }
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return Decoded::Broken(Id::Null, Error::parse_error());
    };
    if value.get("method").is_some_and(|method| method == "initialize")
        && let Some(params) = value.get_mut("params")
    {
        from_proto::initialize(params);
    }
    drop_empty_params(&mut value);
    let id = match value.get("id") {
        Some(Value::String(id)) => Id::String(id.clone()),
        Some(Value::Number(id)) => id.as_i64().map_or(Id::Null, Id::Number),
        _ => Id::Null,
    };
    let is_answer = value.get("method").is_none() && (value.get("result").is_some() || value.get("error").is_some());
    let decoded = if is_answer {
        serde_json::from_value(value).map(Decoded::Answer)
    } else {
        serde_json::from_value(value).map(Decoded::Request)
    };
    decoded.unwrap_or_else(|_| Decoded::Broken(id, Error::invalid_request()))
}

/// Clients write "no parameters" as nothing, as `null` or, for methods that take none, as `{}`; the service takes only nothing.
fn drop_empty_params(message: &mut Value) {
    let takes_none = matches!(message.get("method").and_then(Value::as_str), Some("shutdown" | "exit"));
    if let Value::Object(message) = message
        && message.get("params").is_some_and(|params| takes_none || params.is_null())
    {
        message.remove("params");
    }
}

fn send<T: serde::Serialize>(out: &mpsc::Sender<Vec<u8>>, message: &T) {
    hand_on(out, serde_json::to_vec(message));
}

fn hand_on(out: &mpsc::Sender<Vec<u8>>, body: serde_json::Result<Vec<u8>>) {
    match body {
        Ok(body) => {
            // The writer ends only when the client no longer reads; the reader will see the end of the input then.
            let _ = out.send(body);
        }
        Err(error) => tracing::error!("a message could not be written as JSON: {error}"),
    }
}

fn write_frames(mut output: impl Write, frames: &mpsc::Receiver<Vec<u8>>) {
    for body in frames {
        let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        frame.extend_from_slice(&body);
        if output.write_all(&frame).and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}

/// The next frame, or `None` at the end of the input.
///
/// Lines before a `Content-Length` are skipped, so that a wrong length in one frame costs at most the next.
fn read_frame(reader: &mut impl BufRead) -> Option<Frame> {
    let (mut length, mut seen_header) = (None, false);
    loop {
        let mut line = Vec::new();
        if reader.by_ref().take(MAX_HEADER).read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line).trim().to_ascii_lowercase();
        if line.is_empty() {
            match (length, seen_header) {
                (Some(length), _) => return read_body(reader, length),
                (None, true) => return Some(Frame::Broken("a frame without Content-Length")),
                (None, false) => continue,
            }
        }
        seen_header = true;
        if let Some(at) = line.rfind("content-length:") {
            length = line[at + "content-length:".len()..].trim().parse::<u64>().ok();
        }
    }
}

fn read_body(reader: &mut impl BufRead, length: u64) -> Option<Frame> {
    if length > MAX_BODY {
        return Some(Frame::Broken("a frame of impossible length"));
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).ok()?;
    (body.len() as u64 == length).then_some(Frame::Body(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(wire: &str) -> Vec<Frame> {
        let mut reader = wire.as_bytes();
        std::iter::from_fn(|| read_frame(&mut reader)).collect()
    }

    fn body(text: &str) -> Frame {
        Frame::Body(text.as_bytes().to_vec())
    }

    #[test]
    fn headers_come_in_any_number_and_case() {
        let wire = "content-length: 2\r\n\r\n{}X-Other: 1\r\nCONTENT-LENGTH:3\r\nContent-Type: x\r\n\r\n[1]";
        assert_eq!(frames(wire), [body("{}"), body("[1]")]);
    }

    #[test]
    fn a_wrong_length_costs_one_frame() {
        let wire = "Content-Length: 1\r\n\r\n{}Content-Length: 2\r\n\r\n{}";
        assert_eq!(frames(wire), [body("{"), body("{}")]);
        assert_eq!(
            frames("X: 1\r\n\r\nContent-Length: 2\r\n\r\n{}"),
            [Frame::Broken("a frame without Content-Length"), body("{}")]
        );
        assert_eq!(
            frames("Content-Length: 99999999999999\r\n\r\nContent-Length: 2\r\n\r\n{}"),
            [Frame::Broken("a frame of impossible length"), body("{}")]
        );
    }

    #[test]
    fn the_end_of_the_input_ends_the_frames() {
        assert_eq!(frames(""), []);
        assert_eq!(frames("Content-Length: 9\r\n\r\n{}"), []);
    }
}
