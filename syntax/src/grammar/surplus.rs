//! `else` and `end …` of a block whose first line is missing.
//!
//! Part of `statements`. Such a word is told once, and the words of the same block that follow are passed over: which those are is told by
//! their indentation. A broken statement that may have been the first line excuses one such word: the error is told there. It is asked only
//! where a word does not fit what is open, so a text without errors is not read so.

use super::skip_line;
use super::statements::{Until, end_of_statement};
use crate::kind::SyntaxKind::{self, *};
use crate::parser::{Opener, Parser};
use rowan::TextRange;

/// So many broken statements are kept in mind.
const MOST: usize = 16;

/// What follows a broken statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// Nothing yet.
    Nothing,
    /// Only what is indented more, as a body is.
    Body,
    /// Something else.
    Other,
}

/// A broken statement that may have been the first line of a block.
struct Broken {
    /// The blanks before it.
    indent: String,
    /// The words of the blocks that it may have been meant to start.
    heads: Vec<SyntaxKind>,
    behind: Behind,
}

/// What is known of broken blocks in one list of statements.
pub(super) struct Lost {
    /// How many problems beyond the grammar there were at the start of the list.
    checks: usize,
    /// The blanks before the words of a block that was told.
    indent: Option<String>,
    /// The broken statements that were not taken for a first line yet.
    broken: Vec<Broken>,
    /// What is wrong with the first line around the list has excused a word.
    header_is_used: bool,
    /// A statement that ended an `if` before its `else`.
    pub(super) short_else: Option<TextRange>,
}

impl Lost {
    pub(super) fn new(p: &Parser<'_>) -> Lost {
        Lost { checks: p.checks(), indent: None, broken: Vec::new(), header_is_used: false, short_else: None }
    }

    /// Another statement starts at the cursor, or a word that belongs to no block.
    pub(super) fn goes_on(&mut self, p: &mut Parser<'_>) {
        if self.broken.is_empty() {
            return;
        }
        let own = p.indent_of(p.index());
        for it in &mut self.broken {
            let is_deeper = own.as_ref().is_some_and(|own| own.len() > it.indent.len() && own.starts_with(&it.indent));
            it.behind = if is_deeper && it.behind != Behind::Other { Behind::Body } else { Behind::Other };
        }
        self.broken.retain(|it| it.behind != Behind::Other || !it.heads.is_empty());
    }

    /// There is an error in the statement that begins with a word, and ends at the cursor.
    pub(super) fn note_broken(&mut self, p: &mut Parser<'_>, first: usize, opened: usize) {
        let Some(indent) = p.indent_of(first) else { return };
        // A block that it did start has its end.
        let behind = if p.has_opened(opened) { Behind::Other } else { Behind::Nothing };
        let heads = p.may_head(first);
        if behind == Behind::Other && heads.is_empty() {
            return;
        }
        if self.broken.len() == MOST {
            self.broken.remove(0);
        }
        self.broken.push(Broken { indent, heads, behind });
    }

    /// Whether a broken statement may have been the first line of the block that a word of this indentation belongs to. It is so but once.
    fn is_excused(&mut self, own: Option<&String>, keyword: SyntaxKind) -> bool {
        let fits = |it: &Broken, own: &String| {
            let has_body = it.behind == Behind::Body && it.indent == *own;
            has_body || it.heads.contains(&keyword) && it.indent.starts_with(own)
        };
        let found = own.and_then(|own| self.broken.iter().rposition(|it| fits(it, own)));
        found.map(|at| self.broken.remove(at)).is_some()
    }

    /// Whether the first line around the list is wrong, and may have been meant to start another block, too. It is so but once.
    fn is_excused_around(&mut self, p: &Parser<'_>, opener: Option<Opener>, keyword: SyntaxKind) -> bool {
        let Some(opener) = opener.filter(|it| it.broken && !self.header_is_used) else { return false };
        self.header_is_used = p.may_head(p.first_on_line(opener.range.start())).contains(&keyword);
        self.header_is_used
    }

    /// Takes `else` or `end` at the cursor if it belongs to a block without a first line.
    pub(super) fn take(&mut self, p: &mut Parser<'_>, until: Until) -> bool {
        let (is_else, word) = (p.at(ElseKw), p.nth(1));
        if !is_else && (!p.at(EndKw) || !matches!(word, WhileKw | ForKw | IfKw | FunctionKw)) {
            return false;
        }
        let opener = p.openers.last().copied();
        if opener.is_some_and(|it| it.braces) || opener.is_none() && p.context.inside_body {
            return false;
        }
        let follows = self.indent.is_some() && (is_else || word == IfKw) && p.own_indent() == self.indent;
        let is_surplus = match opener {
            None => true,
            Some(opener) => {
                let fits = if is_else { until == Until::EndOrElse } else { opener.keyword == word };
                (follows || !fits) && p.is_deeper(opener)
            }
        };
        if !is_surplus {
            return false;
        }
        if p.openers.is_empty() && p.is_part() {
            p.need_context();
        }
        if !follows {
            let (own, keyword) = (p.own_indent(), if is_else { IfKw } else { word });
            p.error_surplus(opener, self.short_else.take());
            if self.is_excused(own.as_ref(), keyword) || self.is_excused_around(p, opener, keyword) {
                p.last_follows();
            }
            self.goes_on(p);
        }
        // Behind `else if … then` on one line nothing more belongs to it.
        self.indent = if is_else { p.own_indent() } else { None };
        if matches!(word, WhileKw | ForKw) && !is_else {
            p.forget_checks(self.checks);
        }
        p.start_statement();
        let node = p.start();
        p.bump();
        if !is_else {
            p.bump();
        }
        node.complete(p, Error);
        if is_else {
            skip_line(p);
        }
        end_of_statement(p, until);
        true
    }
}
