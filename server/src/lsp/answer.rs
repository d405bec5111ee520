//! Answers in bytes: a reader thread makes them where it found them, so that the thread that reads messages only hands them on.
//!
//! `transport` runs each handler with a slot; `backend` puts there what a reader has written, and gives the service an empty result instead.
//! Invariants: a slot is filled at most once, by the handler it belongs to; an error of the service (the request was cancelled in the
//! meantime) comes before what is in the slot.

use serde::Serialize;
use std::future::Future;
use std::io;
use std::sync::{Arc, OnceLock};
use tower_lsp::jsonrpc::{Id, Response};

/// The answer of one request, once it is there.
#[derive(Debug, Default, Clone)]
pub struct Slot(Arc<OnceLock<Written>>);

tokio::task_local! {
    static SLOT: Slot;
}

/// A successful response, but for the request's id.
#[derive(Debug)]
pub struct Written(Vec<u8>);

impl Written {
    /// Writes a result. `look` is called every so many bytes: who writes ends there if nobody wants the answer any more.
    ///
    /// # Errors
    /// If it has no form in JSON.
    pub fn of(result: &impl Serialize, look: impl Fn()) -> serde_json::Result<Written> {
        let mut writer = Writer { bytes: br#"{"jsonrpc":"2.0","result":"#.to_vec(), looked: 0, look };
        serde_json::to_writer(&mut writer, result)?;
        Ok(Written(writer.bytes))
    }

    /// Makes it the result of the handler that runs. It is lost where nobody listens to one.
    pub fn put(self) {
        // A handler that runs outside of a slot has no request, and one that is filled stays as it is.
        let _ = SLOT.try_with(|slot| slot.0.set(self));
    }
}

/// So many bytes are written between two looks, in far less than a millisecond.
const EVERY: usize = 16 << 10;

/// Collects what is written.
struct Writer<L> {
    bytes: Vec<u8>,
    /// How much there was when it looked last.
    looked: usize,
    look: L,
}

impl<L: Fn()> io::Write for Writer<L> {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(more);
        if self.bytes.len() - self.looked >= EVERY {
            self.looked = self.bytes.len();
            (self.look)();
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Slot {
    /// Runs a handler with this slot.
    pub fn hold<F: Future>(&self, handler: F) -> impl Future<Output = F::Output> + use<F> {
        SLOT.scope(self.clone(), handler)
    }

    /// The body of the message that answers: what was written, if the service has nothing to object.
    pub fn body(self, answer: &Response) -> serde_json::Result<Vec<u8>> {
        let written = Arc::into_inner(self.0).and_then(OnceLock::into_inner);
        match written.filter(|_| answer.is_ok()) {
            Some(Written(mut bytes)) => {
                bytes.extend_from_slice(br#","id":"#);
                serde_json::to_writer(&mut bytes, answer.id() as &Id)?;
                bytes.push(b'}');
                Ok(bytes)
            }
            None => serde_json::to_vec(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::cell::Cell;
    use tower_lsp::jsonrpc::Error;

    /// The message that answers a request whose handler writes a list.
    fn answer(response: Response) -> Value {
        let slot = Slot::default();
        let handler = slot.hold(async { Written::of(&[1, 2], || {}).expect("is JSON").put() });
        futures::executor::block_on(handler);
        serde_json::from_slice(&slot.body(&response).expect("is JSON")).expect("is JSON")
    }

    #[test]
    fn who_writes_much_looks_again_and_again() {
        let looks = Cell::new(0);
        let numbers = vec![1234567; EVERY];
        let Written(bytes) = Written::of(&numbers, || looks.set(looks.get() + 1)).expect("is JSON");
        assert_eq!(looks.get(), bytes.len() / EVERY);
        let few = Written::of(&[1, 2], || panic!("this is soon done"));
        assert_eq!(few.expect("is JSON").0, br#"{"jsonrpc":"2.0","result":[1,2]"#);
    }

    #[test]
    fn what_was_written_is_the_result() {
        for id in [Id::Number(7), Id::String("seven".into())] {
            let expected = json!({ "jsonrpc": "2.0", "result": [1, 2], "id": id });
            assert_eq!(answer(Response::from_ok(id, Value::Null)), expected);
        }
    }

    #[test]
    fn an_error_comes_first() {
        let cancelled = answer(Response::from_error(Id::Number(7), Error::request_cancelled()));
        assert_eq!((&cancelled["error"]["code"], &cancelled["result"]), (&json!(-32800), &Value::Null));
    }
}
