//! Events and tokens to a green tree.
//!
//! The grammar hands over events, the lexer the tokens; the tree goes into `Parse`. Invariant: every token lands in the tree
//! once and in order. Trivia stay outside of a node's edges, except that a *loose* node (the file, a body on its own lines)
//! takes in what stands at both of its ends.

use crate::event::Event;
use crate::input::Word;
use crate::kind::SyntaxKind;
use crate::lexer::Token;
use rowan::{GreenNode, GreenNodeBuilder, NodeCache};

/// Builds the tree of `text`.
pub(crate) fn build(
    text: &str,
    tokens: &[Token],
    words: &[Word],
    events: &mut [Event],
    cache: &mut NodeCache,
) -> GreenNode {
    let mut builder =
        Builder { inner: GreenNodeBuilder::with_cache(cache), text, tokens, words, raw: 0, word: 0, start: 0 };
    let mut open: Vec<bool> = Vec::new();
    let mut wrappers: Vec<(SyntaxKind, bool)> = Vec::new();
    for at in 0..events.len() {
        match std::mem::replace(&mut events[at], Event::Nothing) {
            Event::Start { kind, parent, loose } => {
                wrappers.push((kind, loose));
                collect_wrappers(events, at, parent, &mut wrappers);
                for (kind, loose) in wrappers.drain(..).rev() {
                    if !loose {
                        builder.trivia();
                    }
                    builder.inner.start_node(kind.into());
                    open.push(loose);
                }
            }
            Event::Finish => {
                if open.pop().expect("as many ends as starts") {
                    builder.trivia();
                }
                builder.inner.finish_node();
            }
            Event::Word => builder.word(),
            Event::Nothing => {}
        }
    }
    builder.inner.finish()
}

/// Follows the chain of parents that wrap the node at `at`, innermost first.
fn collect_wrappers(events: &mut [Event], mut at: usize, mut parent: u32, wrappers: &mut Vec<(SyntaxKind, bool)>) {
    while parent != 0 {
        at += parent as usize;
        match std::mem::replace(&mut events[at], Event::Nothing) {
            Event::Start { kind, parent: next, loose } => {
                wrappers.push((kind, loose));
                parent = next;
            }
            _ => unreachable!("a wrapper is a start event that was not handled yet"),
        }
    }
}

/// The tree so far and the place in the text.
struct Builder<'a> {
    inner: GreenNodeBuilder<'a>,
    text: &'a str,
    tokens: &'a [Token],
    words: &'a [Word],
    raw: usize,
    word: usize,
    start: usize,
}

impl Builder<'_> {
    /// Takes in everything before the next word.
    fn trivia(&mut self) {
        while self.raw < self.words[self.word].raw as usize {
            self.token();
        }
    }

    /// Takes in the next word, and what stands before it.
    fn word(&mut self) {
        self.trivia();
        self.token();
        self.word += 1;
    }

    /// Takes in one token as the lexer made it.
    fn token(&mut self) {
        let Token { kind, len } = self.tokens[self.raw];
        let end = self.start + len as usize;
        self.inner.token(kind.into(), &self.text[self.start..end]);
        self.start = end;
        self.raw += 1;
    }
}
