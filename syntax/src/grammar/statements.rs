//! Statements, their headers, bodies and ends.
//!
//! See `grammar.rs` for how errors are survived. A body that lost its end is closed where an enclosing construct's end stands.

use super::expressions::{expression, header_expression, inside, operand_starts, statement_expression};
use super::surplus::Lost;
use super::{skip_line, skip_until};
use crate::errors::Problem;
use crate::kind::SyntaxKind::{self, *};
use crate::parser::{Completed, Inside, Opener, Parser};

/// What ends a list of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Only the end of the text.
    EndOfText,
    /// `end`
    End,
    /// `end` or `else`
    EndOrElse,
}

/// Statements and line ends.
pub(super) fn statements(p: &mut Parser<'_>, until: Until) {
    let mut lost = Lost::new(p);
    while !p.at_end_of_statements() {
        match p.current() {
            Newline | Semicolon => p.bump(),
            EndKw | ElseKw if lost.take(p, until) => {}
            EndKw if until != Until::EndOfText => return,
            ElseKw if until == Until::EndOrElse => return,
            Ident if p.openers.last().is_some_and(|opener| p.at_foreign_end(*opener)) => return,
            RBrace if p.openers.last().is_some_and(|opener| opener.braces) => return,
            EndKw | ElseKw | RBrace if p.context.inside_body && p.openers.is_empty() => {
                p.need_context();
                return;
            }
            ElseKw if else_belongs_further_out(p) => return,
            LBrace if p.may_start_body() && p.at_block_brace() => {
                p.need_context();
                return;
            }
            _ => {
                let (first, opened) = (p.here(), p.opened());
                lost.goes_on(p);
                statement(p);
                end_of_statement(p, until);
                if p.is_broken_since(first) {
                    lost.note_broken(p, first.0, opened);
                }
                p.forget_opened(opened);
                lost.short_else = p.take_short_else().or(lost.short_else);
            }
        }
    }
}

/// Whether an `if` around the open loops of this function takes the `else` at the cursor.
fn else_belongs_further_out(p: &mut Parser<'_>) -> bool {
    let in_function = p.openers.iter().rposition(|opener| opener.keyword == FunctionKw);
    let found = p.openers[in_function.map_or(0, |at| at + 1)..].iter().any(|opener| opener.accepts_else);
    if !found && in_function.is_none() && p.context.inside_body {
        p.need_context();
    }
    found
}

/// A statement must be followed by a line end, or by what ends the body it stands in.
pub(super) fn end_of_statement(p: &mut Parser<'_>, until: Until) {
    if p.at_left_over() {
        return;
    }
    if !p.panicking() && !p.at_line_end() {
        match p.current() {
            EndKw if until != Until::EndOfText => return,
            ElseKw if until == Until::EndOrElse => return,
            RBrace if p.openers.last().is_some_and(|opener| opener.braces) => return,
            EndKw | ElseKw if p.context.inside_body && p.openers.is_empty() => p.need_context(),
            _ => {}
        }
        let found = p.found();
        p.error_here(Problem::ExpectedLineEnd(found));
    }
    skip_line(p);
    if let Some((keyword, range)) = p.take_slip_header() {
        foreign_block(p, keyword, range);
    }
    p.recover();
}

/// The body behind a header that is another language's.
fn foreign_block(p: &mut Parser<'_>, keyword: SyntaxKind, range: rowan::TextRange) {
    let node = p.start();
    p.nested(|p| {
        body_starts(p);
        let opener = Opener { keyword, range, accepts_else: false, braces: false, broken: false };
        if keyword == ForKw {
            loop_body(p, opener)
        } else {
            closed_body(p, opener)
        }
        Some(())
    });
    node.complete(p, if keyword == ForKw { ForStmt } else { Error });
    if !p.at_left_over() {
        skip_line(p);
    }
}

fn statement(p: &mut Parser<'_>) {
    p.start_statement();
    p.nested(|p| {
        match p.current() {
            WhileKw => while_statement(p),
            ForKw => for_statement(p),
            _ => line_statement(p),
        }
        Some(())
    });
}

/// What may stand on the line of a single-line `if`.
fn line_statement(p: &mut Parser<'_>) {
    match p.current() {
        IfKw => if_statement(p),
        BreakKw => jump(p, BreakStmt),
        ContinueKw => jump(p, ContinueStmt),
        ReturnKw => return_statement(p),
        ElseKw | EndKw => {
            let found = p.found();
            p.error_here(Problem::StrayKeyword(found));
            if p.openers.is_empty() && p.is_part() {
                p.need_context();
            }
            if p.openers.last().is_some_and(|opener| opener.broken) {
                p.last_follows();
            }
        }
        Ident if p.nth(1).is_assign_op() => assign_to_name(p),
        _ => expression_statement(p),
    }
}

fn jump(p: &mut Parser<'_>, kind: SyntaxKind) {
    if !p.context.in_loop {
        let keyword = p.current();
        p.check(Problem::JumpOutsideLoop(keyword));
    }
    let node = p.start();
    p.bump();
    node.complete(p, kind);
}

fn return_statement(p: &mut Parser<'_>) {
    let node = p.start();
    p.bump();
    if operand_starts(p.current()) {
        expression(p);
    }
    node.complete(p, ReturnStmt);
}

fn assign_to_name(p: &mut Parser<'_>) {
    let node = p.start();
    let name = p.start();
    p.bump();
    name.complete(p, NameExpr);
    p.bump();
    expression(p);
    node.complete(p, AssignStmt);
}

/// An assignment to a member or an index, a call without parentheses, or just an expression.
fn expression_statement(p: &mut Parser<'_>) {
    let node = p.start();
    let Some(head) = statement_expression(p) else {
        node.abandon(p);
        return;
    };
    let kind = if p.panicking() {
        ExprStmt
    } else if p.current().is_assign_op() && head.is_target() {
        p.bump();
        expression(p);
        AssignStmt
    } else if p.after_space() && argument_starts(p.current()) {
        arguments(p);
        CallStmt
    } else {
        ExprStmt
    };
    node.complete(p, kind);
}

/// Whether this token, behind a space, starts arguments without parentheses (LANGUAGE 2.3).
fn argument_starts(kind: SyntaxKind) -> bool {
    operand_starts(kind) && kind != Minus
}

fn arguments(p: &mut Parser<'_>) {
    let list = p.start();
    expression(p);
    while !p.panicking() && p.eat(Comma) {
        expression(p);
    }
    list.complete(p, ArgList);
}

fn while_statement(p: &mut Parser<'_>) {
    let node = p.start();
    let opener = Opener { keyword: WhileKw, range: p.range(), accepts_else: false, braces: false, broken: false };
    let errors = p.here();
    p.bump();
    header_expression(p, WhileKw);
    header_end(p, Problem::LineEndAfterWhile);
    loop_body(p, opener.with_errors(p, errors));
    node.complete(p, WhileStmt);
}

fn for_statement(p: &mut Parser<'_>) {
    let node = p.start();
    let opener = Opener { keyword: ForKw, range: p.range(), accepts_else: false, braces: false, broken: false };
    let errors = p.here();
    p.bump();
    for_header(p);
    header_end(p, Problem::LineEndAfterFor);
    loop_body(p, opener.with_errors(p, errors));
    node.complete(p, ForStmt);
}

fn for_header(p: &mut Parser<'_>) {
    if !p.eat(Ident) {
        let found = p.found();
        p.error_here(Problem::ForVariable(found));
        return;
    }
    if !p.eat(InKw) {
        let found = p.found();
        p.error_here(Problem::ExpectedKeyword(InKw, found));
        return;
    }
    header_expression(p, ForKw);
}

fn loop_body(p: &mut Parser<'_>, opener: Opener) {
    let in_loop = std::mem::replace(&mut p.context.in_loop, true);
    closed_body(p, opener);
    p.context.in_loop = in_loop;
}

/// A body whose `break` and `continue` start fresh.
pub(super) fn function_body(p: &mut Parser<'_>, range: rowan::TextRange, header: (usize, usize)) {
    let in_loop = std::mem::replace(&mut p.context.in_loop, false);
    header_end(p, Problem::LineEndAfterParams);
    let opener = Opener { keyword: FunctionKw, range, accepts_else: false, braces: false, broken: false };
    let opener = opener.with_errors(p, header);
    let bracket = p.bracket.take();
    let brackets = std::mem::take(&mut p.brackets);
    inside(p, Inside::Statement, |p| closed_body(p, opener));
    p.bracket = bracket;
    p.brackets = brackets;
    p.context.in_loop = in_loop;
}

fn closed_body(p: &mut Parser<'_>, opener: Opener) {
    if p.behind_closed_braces() {
        return;
    }
    let opener = Opener { braces: opening_brace(p, opener.keyword), ..opener };
    p.open(opener);
    body(p, Until::End);
    p.openers.pop();
    close(p, opener);
}

/// The brace of a body that stands in braces: in the header, or at the start of the body's first line.
fn opening_brace(p: &mut Parser<'_>, keyword: SyntaxKind) -> bool {
    if p.behind_brace() {
        return true;
    }
    let here = p.at_block_brace();
    if here {
        p.error_block_brace(keyword);
        let node = p.start();
        p.bump();
        node.complete(p, Error);
    }
    here
}

/// The statements of a body on its own lines.
fn body(p: &mut Parser<'_>, until: Until) {
    let block = p.start();
    statements(p, until);
    block.complete_loose(p, Block);
}

/// The line end behind a header; what is wrong with the header ends here.
fn header_end(p: &mut Parser<'_>, problem: fn(crate::errors::Found) -> Problem) {
    if !p.panicking() && !p.at_line_end() {
        let found = p.found();
        p.error_here(problem(found));
    }
    skip_line(p);
    if p.behind_closed_braces() {
        p.recover();
    } else {
        body_starts(p);
    }
}

/// The line end before a body; what was wrong with the header ends here, unless the text does.
fn body_starts(p: &mut Parser<'_>) {
    if p.current().is_line_end() {
        p.recover();
        p.bump();
    } else if p.at_soft_line_end() {
        p.recover();
    }
}

/// `end` and its word. If they belong to something further out, they are left to it.
fn close(p: &mut Parser<'_>, opener: Opener) {
    match p.current() {
        EndKw => {}
        RBrace if opener.braces => {}
        Ident if p.at_foreign_end(opener) => {
            let (found, node) = (p.found(), p.start());
            p.error_foreign_end(opener.keyword, Problem::ExpectedLineEnd(found));
            p.bump();
            p.eat(Ident);
            node.complete(p, Error);
            p.recover();
            return;
        }
        ElseKw => {
            let found = p.found();
            p.error(opener.range, Problem::LeftOpenAtElse(opener.keyword, found));
            if opener.broken {
                p.last_follows();
            }
            p.leave_over();
            return;
        }
        _ => {
            p.error_open_at_end(opener);
            return;
        }
    }
    if closing_brace(p, opener) {
        return;
    }
    let word = p.nth(1);
    if word == opener.keyword {
        p.bump();
        p.bump();
        return;
    }
    wrong_end(p, opener, word);
}

/// The `}` of a block in braces.
fn closing_brace(p: &mut Parser<'_>, opener: Opener) -> bool {
    let here = opener.braces && p.at(RBrace);
    if here {
        let node = p.start();
        p.bump();
        node.complete(p, Error);
    }
    here
}

/// `end` with another word than the opener's.
fn wrong_end(p: &mut Parser<'_>, opener: Opener, word: SyntaxKind) {
    let closes_something = matches!(word, WhileKw | ForKw | IfKw | FunctionKw);
    let closes_outer = closes_something && p.openers.iter().any(|outer| outer.keyword == word);
    p.error_at_end_word(opener, closes_outer);
    if closes_outer {
        p.leave_over();
        return;
    }
    if closes_something && p.context.inside_body {
        p.need_context();
    }
    p.bump();
    if closes_something {
        p.bump();
    }
}

/// A whole `if` with its `else if` and `else`: one flat node.
fn if_statement(p: &mut Parser<'_>) {
    let node = p.start();
    let opener = Opener { keyword: IfKw, range: p.range(), accepts_else: true, braces: false, broken: false };
    let (mut had_block, mut opener) = (false, opener);
    loop {
        let (is_block, is_closed, body) = branch(p, &mut opener);
        let has_else = p.at(ElseKw) && (is_block || !p.panicking());
        if has_else && p.nth(1) == IfKw {
            had_block |= is_block;
            continue;
        }
        match (is_block, has_else) {
            (true, true) => block_else(p, opener),
            (true, false) if is_closed => {}
            (true, false) => close(p, opener),
            (false, true) => line_else(p),
            (false, false) if had_block => p.note_short_else(body),
            (false, false) => {}
        }
        break;
    }
    node.complete(p, IfStmt);
}

/// `[else] if COND then` and what runs. Says whether that is a block, whether it is closed by a brace, and with which word it begins.
fn branch(p: &mut Parser<'_>, whole: &mut Opener) -> (bool, bool, usize) {
    let (node, errors) = (p.start(), p.here());
    p.eat(ElseKw);
    p.bump();
    header_expression(p, IfKw);
    then(p);
    if p.at(Colon) {
        // `then:`
        let found = p.found();
        p.error_here(Problem::ExpectedExpression(found));
        block_start(p);
    }
    if p.behind_closed_braces() {
        node.complete(p, IfBranch);
        return (true, true, 0);
    }
    // `then {`
    let mut braces = opening_brace(p, IfKw);
    let is_block = braces || p.at_line_end() || p.at_soft_line_end();
    let mut is_closed = false;
    let start = p.index();
    *whole = whole.with_errors(p, errors);
    let opener = *whole;
    if is_block {
        body_starts(p);
        braces = braces || opening_brace(p, IfKw);
        let opener = Opener { braces, ..opener };
        p.open(opener);
        body(p, Until::EndOrElse);
        p.openers.pop();
        is_closed = closing_brace(p, opener);
        if is_closed && p.at(Newline) && p.nth(1) == ElseKw {
            p.bump();
        }
    } else {
        line_body(p);
    }
    node.complete(p, IfBranch);
    (is_block, is_closed, start)
}

/// `then`. If it is missing but stands further on, what is between is wrong; else the body may follow without it.
fn then(p: &mut Parser<'_>) {
    let condition_is_good = !p.panicking();
    if condition_is_good && !p.at(ThenKw) {
        let found = p.found();
        p.error_here(Problem::ExpectedKeyword(ThenKw, found));
    }
    if p.at_slip_block() {
        block_start(p);
        return;
    }
    if !condition_is_good || then_stands_further_on(p) || is_half_typed_then(p) {
        skip_until(p, |kind| kind == ThenKw);
    }
    if p.eat(ThenKw) || !p.at_line_end() && !p.at_soft_line_end() {
        p.recover();
    }
}

/// `:` or `{` in the place of `then`, with the block if that stands in braces on the same line.
fn block_start(p: &mut Parser<'_>) {
    if p.at(LBrace) {
        skip_line(p);
    } else {
        let node = p.start();
        p.bump();
        node.complete(p, Error);
    }
    p.recover();
}

fn then_stands_further_on(p: &mut Parser<'_>) -> bool {
    let mut ahead = 0;
    loop {
        match p.nth(ahead) {
            ThenKw => return true,
            Newline | Semicolon | Eof => return false,
            _ => ahead += 1,
        }
    }
}

/// Whether the line ends with a word that will be `then`, or is it with its letters in another order: a block follows.
fn is_half_typed_then(p: &mut Parser<'_>) -> bool {
    let ends = p.at(Ident) && matches!(p.nth(1), Newline | Semicolon | Eof);
    let mut letters: Vec<_> = p.word_text().bytes().collect();
    letters.sort_unstable();
    ends && ("then".starts_with(p.word_text()) || letters == *b"ehnt")
}

fn block_else(p: &mut Parser<'_>, opener: Opener) {
    let opener = Opener { accepts_else: false, ..opener };
    let (node, errors) = (p.start(), p.here());
    p.bump();
    header_end(p, Problem::LineEndAfterElse);
    let opener = opener.with_errors(p, errors);
    if p.behind_closed_braces() {
        node.complete(p, ElseBranch);
        return;
    }
    let opener = Opener { braces: opening_brace(p, ElseKw), ..opener };
    p.open(opener);
    body(p, Until::End);
    p.openers.pop();
    node.complete(p, ElseBranch);
    close(p, opener);
}

fn line_else(p: &mut Parser<'_>) {
    let node = p.start();
    p.bump();
    line_body(p);
    node.complete(p, ElseBranch);
}

/// The one statement behind `then` or `else` on the same line. A loop may not stand here, but is understood.
fn line_body(p: &mut Parser<'_>) {
    let block = p.start();
    if matches!(p.current(), WhileKw | ForKw) {
        let found = p.found();
        p.mild_error(Problem::LoopOnIfLine(found));
        statement(p);
    } else {
        p.nested(|p| {
            line_statement(p);
            Some(())
        });
    }
    block.complete(p, Block);
}

impl Opener {
    /// With what is wrong with its header, which began there.
    fn with_errors(self, p: &Parser<'_>, header: (usize, usize)) -> Opener {
        Opener { broken: self.broken || p.is_broken_since(header), ..self }
    }
}

impl Completed {
    /// A chain that ends in a member or an index can be assigned to.
    fn is_target(self) -> bool {
        self.kind == PostfixExpr && self.ends_in_place
    }
}
