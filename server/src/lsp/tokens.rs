//! Semantic tokens on the wire: five numbers each, relative to the one before; and what became of them since the client's last.
//!
//! `backend` encodes with the text that the tokens belong to and remembers what it sent. Invariant: applying a delta to what the
//! client has gives exactly what a full answer would.

use super::to_proto;
use crate::ide;
use crate::line_index::Encoding;
use crate::world::DocumentView;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use tower_lsp::lsp_types::{
    SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokensEdit, SemanticTokensFullOptions,
    SemanticTokensLegend, SemanticTokensOptions, Url, WorkDoneProgressOptions,
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

/// Tokens as numbers.
pub fn encode(tokens: &[ide::SemanticToken], document: &DocumentView, encoding: Encoding) -> Vec<SemanticToken> {
    let (mut line, mut column) = (0, 0);
    let mut encoded = Vec::with_capacity(tokens.len());
    for token in tokens {
        let range = to_proto::range(token.range, document, encoding);
        let delta_line = range.start.line - line;
        let delta_start = if delta_line == 0 { range.start.character - column } else { range.start.character };
        let kind = ide::TokenKind::ALL.iter().position(|(kind, _)| *kind == token.kind).unwrap_or_default();
        encoded.push(SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character - range.start.character,
            token_type: kind as u32,
            token_modifiers_bitset: token.modifiers,
        });
        (line, column) = (range.start.line, range.start.character);
    }
    encoded
}

/// What identifies them.
pub fn identity(tokens: &[SemanticToken]) -> String {
    let mut hasher = FxHasher::default();
    for it in tokens {
        (it.delta_line, it.delta_start, it.length, it.token_type, it.token_modifiers_bitset).hash(&mut hasher);
    }
    format!("{:x}", hasher.finish())
}

/// One edit that makes the new tokens of the old ones: all but the common start and end.
pub fn delta(before: &[SemanticToken], now: &[SemanticToken]) -> Vec<SemanticTokensEdit> {
    let start = before.iter().zip(now).take_while(|(a, b)| a == b).count();
    let rest = before.len().min(now.len()) - start;
    let end = before.iter().rev().zip(now.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    if start + end == before.len() && start + end == now.len() {
        return Vec::new();
    }
    let numbers = |tokens: usize| (tokens * 5) as u32;
    vec![SemanticTokensEdit {
        start: numbers(start),
        delete_count: numbers(before.len() - start - end),
        data: Some(now[start..now.len() - end].to_vec()),
    }]
}

/// The tokens that clients have, the last of each document.
#[derive(Debug, Default)]
pub struct Sent(Mutex<FxHashMap<Url, (String, Vec<SemanticToken>)>>);

impl Sent {
    /// Takes what a client has, if it is what it says it has.
    pub fn take(&self, uri: &Url, id: &str) -> Option<Vec<SemanticToken>> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.remove(uri).filter(|(known, _)| known == id).map(|(_, tokens)| tokens)
    }

    /// Remembers what is sent.
    pub fn put(&self, uri: &Url, id: &str, tokens: &[SemanticToken]) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.insert(uri.clone(), (id.to_owned(), tokens.to_vec()));
    }

    /// Forgets a document.
    pub fn forget(&self, uri: &Url) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(lengths: &[u32]) -> Vec<SemanticToken> {
        let token = |&length: &u32| SemanticToken {
            delta_line: 1,
            delta_start: 0,
            length,
            token_type: 0,
            token_modifiers_bitset: 0,
        };
        lengths.iter().map(token).collect()
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
            let mut made = before.clone();
            for edit in delta(&before, &now) {
                let (start, count) = (edit.start as usize / 5, edit.delete_count as usize / 5);
                made.splice(start..start + count, edit.data.unwrap_or_default());
            }
            assert_eq!(made, now);
        }
    }
}
