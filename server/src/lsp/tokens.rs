//! Semantic tokens on the wire: five numbers each, relative to the one before; and what became of them since the client's last.
//!
//! Readers encode with the text that the tokens belong to and write the answer; `backend` remembers what it sent. Invariant: applying a
//! delta to what the client has gives exactly what a full answer would.

use crate::ide;
use crate::line_index::Encoding;
use crate::world::DocumentView;
use rustc_hash::{FxHashMap, FxHasher};
use serde::{Serialize, Serializer};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use tower_lsp::lsp_types::{
    SemanticTokenModifier, SemanticTokenType, SemanticTokensFullOptions, SemanticTokensLegend, SemanticTokensOptions,
    Url, WorkDoneProgressOptions,
};

/// What the server says it can do.
pub fn options() -> SemanticTokensOptions {
    SemanticTokensOptions {
        legend: SemanticTokensLegend {
            token_types: ide::TokenKind::ALL.iter().map(|(_, name)| SemanticTokenType::new(name)).collect(),
            token_modifiers: ide::MODIFIERS.iter().map(|name| SemanticTokenModifier::new(name)).collect(),
        },
        range: Some(true),
        full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
        work_done_progress_options: WorkDoneProgressOptions::default(),
    }
}

/// A token: lines and columns behind the one before, length, kind and modifiers.
type Numbers = [u32; 5];

/// The tokens of a document as a client has them.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoded {
    /// What identifies them.
    id: String,
    numbers: Vec<Numbers>,
}

impl Encoded {
    /// Tokens as numbers.
    pub fn new(
        tokens: impl IntoIterator<Item = ide::SemanticToken>,
        document: &DocumentView,
        encoding: Encoding,
    ) -> Encoded {
        let (mut line, mut column) = (0, 0);
        let tokens = tokens.into_iter();
        let mut numbers = Vec::with_capacity(tokens.size_hint().0);
        let mut cursor = document.index.cursor(&document.text, encoding);
        for token in tokens {
            let (start, end) = (cursor.to_client(token.range.start()), cursor.to_client(token.range.end()));
            let delta_line = start.line - line;
            let delta_start = if delta_line == 0 { start.column - column } else { start.column };
            let kind = ide::TokenKind::ALL.iter().position(|(kind, _)| *kind == token.kind).unwrap_or_default();
            numbers.push([delta_line, delta_start, end.column - start.column, kind as u32, token.modifiers]);
            (line, column) = (start.line, start.column);
        }
        let mut hasher = FxHasher::default();
        numbers.hash(&mut hasher);
        Encoded { id: format!("{:x}", hasher.finish()), numbers }
    }

    /// All of them as an answer.
    pub fn full(&self) -> Answer<'_> {
        Answer { result_id: Some(&self.id), content: Content::Data(Flat(&self.numbers)) }
    }

    /// What makes them of what a client has: one edit, all but the common start and end.
    pub fn since(&self, before: &Encoded) -> Answer<'_> {
        let (old, now) = (&before.numbers, &self.numbers);
        let start = old.iter().zip(now).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(now.len()) - start;
        let end = old.iter().rev().zip(now.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let numbers = |tokens: usize| (tokens * 5) as u32;
        let edit = Edit {
            start: numbers(start),
            delete_count: numbers(old.len() - start - end),
            data: Flat(&now[start..now.len() - end]),
        };
        let is_same = start + end == old.len() && start + end == now.len();
        Answer { result_id: Some(&self.id), content: Content::Edits((!is_same).then_some(edit).into_iter().collect()) }
    }
}

/// Tokens of a range as an answer: no delta goes on from them.
#[derive(Debug)]
pub struct Part(pub Encoded);

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Answer { result_id: None, content: Content::Data(Flat(&self.0.numbers)) }.serialize(serializer)
    }
}

/// An answer as it is written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    result_id: Option<&'a str>,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Content<'a> {
    Data(Flat<'a>),
    Edits(Vec<Edit<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Edit<'a> {
    start: u32,
    delete_count: u32,
    data: Flat<'a>,
}

/// Tokens without marks between them.
#[derive(Debug)]
struct Flat<'a>(&'a [Numbers]);

impl Serialize for Flat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.as_flattened())
    }
}

/// The tokens that clients have, the last of each document, and what they were made of.
#[derive(Debug, Default, Clone)]
pub struct Sent(Arc<Mutex<FxHashMap<Url, Last>>>);

type Last = (Arc<Encoded>, Arc<ide::Tokens>);

impl Sent {
    /// What a client has, if it is what it says it has.
    pub fn get(&self, uri: &Url, id: &str) -> Option<Arc<Encoded>> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(uri).map(|(known, _)| known).filter(|known| known.id == id).cloned()
    }

    /// What the last tokens were made of, whoever has them.
    pub fn tokens(&self, uri: &Url) -> Option<Arc<ide::Tokens>> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(uri).map(|(_, tokens)| tokens.clone())
    }

    /// Remembers what is sent.
    pub fn put(&self, uri: Url, now: Arc<Encoded>, tokens: Arc<ide::Tokens>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(uri, (now, tokens));
    }

    /// Forgets a document.
    pub fn forget(&self, uri: &Url) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn tokens(lengths: &[u32]) -> Encoded {
        Encoded { id: "now".into(), numbers: lengths.iter().map(|&length| [1, 0, length, 0, 0]).collect() }
    }

    fn written(answer: &impl Serialize) -> Value {
        serde_json::to_value(answer).expect("is JSON")
    }

    #[test]
    fn a_delta_makes_the_new_of_the_old() {
        let cases: [(&[u32], &[u32]); 7] = [
            (&[], &[]),
            (&[], &[1]),
            (&[1], &[]),
            (&[1, 2, 3], &[1, 9, 3]),
            (&[1, 1], &[1, 1, 1]),
            (&[1, 2], &[2]),
            (&[1], &[1]),
        ];
        for (before, now) in cases {
            let (before, now) = (tokens(before), tokens(now));
            let mut made: Vec<u64> = before.numbers.as_flattened().iter().map(|&it| it.into()).collect();
            let answer = written(&now.since(&before));
            for edit in answer["edits"].as_array().expect("a delta") {
                let number = |it: &Value| it.as_u64().expect("a number") as usize;
                let data: Vec<_> = edit["data"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
                let start = number(&edit["start"]);
                made.splice(start..start + number(&edit["deleteCount"]), data);
            }
            let whole: Vec<u64> = now.numbers.as_flattened().iter().map(|&it| it.into()).collect();
            assert_eq!(made, whole);
        }
    }

    #[test]
    fn answers_are_what_the_protocol_says() {
        let (one, two) = (tokens(&[3]), tokens(&[3, 4]));
        assert_eq!(written(&one.full()), json!({ "resultId": "now", "data": [1, 0, 3, 0, 0] }));
        assert_eq!(written(&Part(tokens(&[3]))), json!({ "data": [1, 0, 3, 0, 0] }));
        let edit = json!({ "start": 5, "deleteCount": 0, "data": [1, 0, 4, 0, 0] });
        assert_eq!(written(&two.since(&one)), json!({ "resultId": "now", "edits": [edit] }));
        assert_eq!(written(&one.since(&one)), json!({ "resultId": "now", "edits": [] }));
    }
}
