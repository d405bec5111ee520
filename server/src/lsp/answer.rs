//! Answers in bytes: a reader thread makes them where it found them, so that the thread that reads messages only hands them on.
//!
//! `transport` runs each handler with a slot; `backend` puts there what a reader has written, and gives the service an empty result instead.
//! Invariants: a slot is filled at most once, by the handler it belongs to; an error of the service (the request was cancelled in the
//! meantime) comes before what is in the slot.

use serde::Serialize;
use std::future::Future;
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
    /// Writes a result.
    ///
    /// # Errors
    /// If it has no form in JSON.
    pub fn of(result: &impl Serialize) -> serde_json::Result<Written> {
        let mut bytes = br#"{"jsonrpc":"2.0","result":"#.to_vec();
        serde_json::to_writer(&mut bytes, result)?;
        Ok(Written(bytes))
    }

    /// Makes it the result of the handler that runs. It is lost where nobody listens to one.
    pub fn put(self) {
        // A handler that runs outside of a slot has no request, and one that is filled stays as it is.
        let _ = SLOT.try_with(|slot| slot.0.set(self));
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
    use tower_lsp::jsonrpc::Error;

    /// The message that answers a request whose handler writes a list.
    fn answer(response: Response) -> Value {
        let slot = Slot::default();
        let handler = slot.hold(async { Written::of(&[1, 2]).expect("is JSON").put() });
        futures::executor::block_on(handler);
        serde_json::from_slice(&slot.body(&response).expect("is JSON")).expect("is JSON")
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
