//! The grammar of LANGUAGE 2.1: one function a production, each moving the cursor of `parser.rs` and leaving events.
//!
//! [`file`] parses a whole text, or a run of statements when `reparse` says so through the parser's context. How errors are
//! survived: a production reports and returns, everybody up to the statement does the same in silence, and the statement's end
//! puts what is left of the line into an `Error` node. Headers (`while …`) do so too, then go on with their body.

mod expressions;
mod statements;
mod surplus;

use crate::kind::SyntaxKind::{self, *};
use crate::parser::Parser;

/// The whole text.
pub(crate) fn file(p: &mut Parser<'_>) {
    let node = p.start();
    statements::statements(p, statements::Until::EndOfText);
    p.take_unread();
    node.complete_loose(p, SourceFile);
}

/// Puts the rest of the line into an `Error` node. A function literal in there keeps its shape, so that its `end function`
/// finds a partner.
fn skip_line(p: &mut Parser<'_>) {
    skip_until(p, |_| false);
}

/// Puts tokens into an `Error` node up to the line's end or to a word that `stop` likes.
fn skip_until(p: &mut Parser<'_>, stop: impl Fn(SyntaxKind) -> bool) {
    let ends = |p: &mut Parser<'_>| !p.in_slip() && (p.at_line_end() || p.at_soft_line_end() || stop(p.current()));
    if ends(p) {
        return;
    }
    let node = p.start();
    while !ends(p) {
        if p.at(EndKw) && p.nth(1) == FunctionKw {
            p.bump();
            p.bump();
        } else if p.at(FunctionKw) && !p.in_slip() {
            p.nested(expressions::function);
        } else {
            p.bump();
        }
    }
    node.complete(p, Error);
}
