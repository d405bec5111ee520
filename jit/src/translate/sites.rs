//! Site words: how compiled code tells helpers, and stacks tell readers, which calls are active.
//!
//! `lower` asks for the word of an instruction; `exits` keeps the chains. Invariant: a word of an instruction of the entry's own
//! code holds code and instruction itself; only instructions of spliced callees need a chain.

use super::{Chain, SITE_CHAIN};
use crate::ssa::body::Body;
use minilive_mir::ir::InstId;

/// The chains of one function.
#[derive(Debug)]
pub(super) struct Sites {
    pub(super) first: u32,
    pub(super) chains: Vec<Chain>,
}

impl Sites {
    /// The word of an instruction of a body.
    pub(super) fn word(&mut self, body: &Body, at: InstId) -> u64 {
        self.word_of(&body.chain(at))
    }

    /// The word of active calls, innermost first.
    pub(super) fn word_of(&mut self, chain: &[(u32, InstId)]) -> u64 {
        if let [(code, inst)] = *chain {
            return u64::from(code) << 32 | u64::from(inst.0);
        }
        let known = self.chains.iter().position(|it| **it == *chain);
        let number = known.unwrap_or_else(|| {
            self.chains.push(chain.into());
            self.chains.len() - 1
        });
        SITE_CHAIN | (u64::from(self.first) + number as u64)
    }
}
