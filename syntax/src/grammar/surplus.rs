//! `else` and `end …` of a block whose first line is missing.
//!
//! Part of `statements`. Such a word is told once, and the words of the same block that follow are passed over: which those are is told by
//! their indentation. It is asked only where a word does not fit what is open, so a text without errors is not read so.

use super::skip_line;
use super::statements::{Until, end_of_statement};
use crate::kind::SyntaxKind::*;
use crate::parser::Parser;
use rowan::TextRange;

/// What is known of broken blocks in one list of statements.
pub(super) struct Lost {
    /// How many problems beyond the grammar there were at the start of the list.
    checks: usize,
    /// The blanks before the words of a block that was told.
    indent: Option<String>,
    /// The blanks before a broken statement, which may have been the first line.
    pub(super) broken: Option<String>,
    /// A statement that ended an `if` before its `else`.
    pub(super) short_else: Option<TextRange>,
}

impl Lost {
    pub(super) fn new(p: &Parser<'_>) -> Lost {
        Lost { checks: p.checks(), indent: None, broken: None, short_else: None }
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
            let own = p.own_indent();
            let is_its = own.zip(self.broken.as_ref()).is_some_and(|(own, broken)| broken.starts_with(&own));
            p.error_surplus(opener, self.short_else.take());
            if is_its || opener.is_some_and(|it| it.broken) {
                p.last_follows();
            }
            if !is_else && is_its {
                self.broken = None;
            }
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
