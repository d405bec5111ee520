//! Expressions, by precedence climbing (LANGUAGE 2.2).
//!
//! A prefix operator is accepted wherever an operand stands and takes all that binds tighter than itself. Operators of one
//! level make one flat node. Only [`climb`] recurses, and it counts.

use super::statements::function_body;
use crate::errors::Problem;
use crate::kind::SyntaxKind::{self, *};
use crate::parser::{Bracket, Bracketed, Completed, Inside, Parser};

/// Precedence levels, loosest first; those of LANGUAGE 2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Compare,
    Isa,
    Sum,
    Product,
    Power,
    Postfix,
}

impl Level {
    /// The level that the right operand of a left-associative operator starts from.
    fn tighter(self) -> Level {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Compare,
            Level::Compare => Level::Isa,
            Level::Isa => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Power,
            Level::Power | Level::Postfix => Level::Postfix,
        }
    }
}

/// The level of an infix operator or of a suffix.
fn level(kind: SyntaxKind) -> Option<Level> {
    Some(match kind {
        OrKw => Level::Or,
        AndKw => Level::And,
        EqEq | NotEq | Less | Greater | LessEq | GreaterEq => Level::Compare,
        IsaKw => Level::Isa,
        Plus | Minus | StrongMinus => Level::Sum,
        Star | Slash | Percent => Level::Product,
        Caret => Level::Power,
        LParen | LBracket | Dot => Level::Postfix,
        _ => return None,
    })
}

/// Whether an expression can start with this token.
pub(super) fn operand_starts(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        Number
            | StringLit
            | OpenStringLit
            | Ident
            | LParen
            | LBracket
            | LBrace
            | Minus
            | StrongMinus
            | At
            | NotKw
            | NewKw
            | SelfKw
            | SuperKw
            | LocalsKw
            | OuterKw
            | GlobalsKw
            | FunctionKw
    )
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The head of a statement, behind which arguments without parentheses may start.
    Statement,
    /// Anywhere else.
    Inside,
}

/// Any expression.
pub(super) fn expression(p: &mut Parser<'_>) -> Option<Completed> {
    climb(p, Level::Or, Place::Inside)
}

/// What stands between the word that begins a header and what must follow it.
pub(super) fn header_expression(p: &mut Parser<'_>, keyword: SyntaxKind) {
    inside(p, Inside::Header(keyword), |p| {
        expression(p);
    });
}

/// What stands in something directly.
pub(super) fn inside<T>(p: &mut Parser<'_>, what: Inside, inner: impl FnOnce(&mut Parser<'_>) -> T) -> T {
    let around = std::mem::replace(&mut p.inside, what);
    let result = inner(p);
    p.inside = around;
    result
}

/// What stands in the bracket at the cursor.
fn bracketed<T>(p: &mut Parser<'_>, of: Bracketed, inner: impl FnOnce(&mut Parser<'_>) -> T) -> T {
    let around = p.bracket.replace(Bracket { range: p.range(), of });
    p.brackets.push(of);
    let result = inside(p, Inside::Brackets, inner);
    p.brackets.pop();
    p.bracket = around;
    result
}

/// The head of a statement.
pub(super) fn statement_expression(p: &mut Parser<'_>) -> Option<Completed> {
    inside(p, Inside::Head, |p| climb(p, Level::Or, Place::Statement))
}

/// An operand and all operators behind it that bind at least as tightly as `min`.
fn climb(p: &mut Parser<'_>, min: Level, place: Place) -> Option<Completed> {
    if p.at(FunctionKw) {
        // Nothing follows `end function` directly, but a prefix operator's loop further out may go on.
        return p.nested(function);
    }
    p.nested(|p| {
        let mut left = operand(p)?;
        while let Some(level) = operator(p, left, place).filter(|level| *level >= min) {
            if p.panicking() {
                break;
            }
            left = match level {
                Level::Postfix => suffixes(p, left, place),
                Level::Power => power(p, left),
                _ => chain(p, left, level, place),
            };
        }
        Some(left)
    })
}

/// The level of the operator or suffix at the cursor, unless arguments without parentheses start there.
fn operator(p: &mut Parser<'_>, left: Completed, place: Place) -> Option<Level> {
    let kind = p.current();
    let starts_arguments = place == Place::Statement
        && (kind == StrongMinus || kind == LParen && p.after_space() && left.kind == NameExpr);
    let starts_list = kind == LBracket && p.after_space();
    if starts_arguments || starts_list { None } else { level(kind) }
}

/// A flat chain of left-associative operators of one level.
fn chain(p: &mut Parser<'_>, left: Completed, chain_level: Level, place: Place) -> Completed {
    let node = left.precede(p);
    while !p.panicking() && operator(p, left, place) == Some(chain_level) {
        p.bump();
        climb(p, chain_level.tighter(), Place::Inside);
    }
    node.complete(p, if chain_level == Level::Compare { CompareExpr } else { BinaryExpr })
}

/// `LEFT ^ RIGHT`, right associative.
fn power(p: &mut Parser<'_>, left: Completed) -> Completed {
    let node = left.precede(p);
    p.bump();
    climb(p, Level::Power, Place::Inside);
    node.complete(p, BinaryExpr)
}

/// A flat chain of suffixes.
fn suffixes(p: &mut Parser<'_>, left: Completed, place: Place) -> Completed {
    let node = left.precede(p);
    let mut last = left;
    while !p.panicking() && operator(p, last, place) == Some(Level::Postfix) {
        last = match p.current() {
            Dot => member(p),
            LBracket => bracketed(p, Bracketed::Index, index),
            _ => bracketed(p, Bracketed::Args, call),
        };
    }
    let ends_in_place = matches!(last.kind, MemberSuffix | IndexSuffix);
    let mut chain = node.complete(p, PostfixExpr);
    chain.ends_in_place = ends_in_place;
    chain
}

fn member(p: &mut Parser<'_>) -> Completed {
    let node = p.start();
    p.bump();
    if !p.eat(Ident) {
        p.error_here(Problem::MemberName);
    }
    node.complete(p, MemberSuffix)
}

fn index(p: &mut Parser<'_>) -> Completed {
    let node = p.start();
    p.bump();
    if !p.at(Colon) {
        expression(p);
    }
    if !p.panicking() && p.eat(Colon) {
        if !p.at(RBracket) {
            expression(p);
        }
        closing(p, RBracket, Problem::SliceClose);
        return node.complete(p, SliceSuffix);
    }
    closing(p, RBracket, Problem::IndexClose);
    node.complete(p, IndexSuffix)
}

fn call(p: &mut Parser<'_>) -> Completed {
    let node = p.start();
    let list = p.start();
    p.bump();
    if !p.at(RParen) {
        expression(p);
        // A comma wants another argument; one that was missing before `)` does not.
        while comma(p, Bracketed::Args, || Problem::ArgsClose) && !(p.behind_line_end() && p.at(RParen)) {
            expression(p);
        }
    }
    closing(p, RParen, Problem::ArgsClose);
    list.complete(p, ArgList);
    node.complete(p, CallSuffix)
}

/// A comma between what stands in brackets. One that is missing at a line's end, or stands in the next line, is told, and not missed any more.
fn comma(p: &mut Parser<'_>, of: Bracketed, problem: fn() -> Problem) -> bool {
    if p.panicking() || p.eat(Comma) {
        return !p.panicking();
    }
    if p.at_comma_on_next_line() {
        p.skip_to_comma(problem());
        return true;
    }
    let is_missing = p.at_missing_comma(of);
    if is_missing {
        p.skip_missing_comma(problem());
    }
    is_missing
}

/// A comma between parameters that stands in the next line.
fn next_line_begins_with_comma(p: &mut Parser<'_>) -> bool {
    let is_there = p.at_comma_on_next_line();
    if is_there {
        p.skip_to_comma(Problem::ParamsClose);
    }
    is_there
}

/// A closing bracket, or the problem that there is none.
fn closing(p: &mut Parser<'_>, bracket: SyntaxKind, problem: Problem) {
    if p.panicking() || p.eat(bracket) {
        return;
    }
    if p.at_closing_line() {
        // Who is closed there goes on.
        p.mild_error(problem);
    } else {
        p.error_here(problem);
    }
}

/// A prefix operator with its operand, or a primary.
fn operand(p: &mut Parser<'_>) -> Option<Completed> {
    if !foreign_comments(p) {
        return None;
    }
    let kind = p.current();
    let is_certain = match p.inside {
        _ if kind != Ident => true,
        Inside::Brackets => p.nth(1) == Eq,
        // What is called may be a sum.
        Inside::Head => p.nth(1).is_assign_op(),
        Inside::Statement | Inside::Header(_) => true,
    };
    let open = p.bracket.filter(|_| p.inside == Inside::Brackets);
    if let Some(open) = open
        && p.at_statement_in_brackets()
    {
        p.error_not_closed(open);
        return None;
    }
    if (is_certain || p.behind_continuing_word() && p.assignment_ahead().is_some()) && p.at_soft_line_end() {
        p.error_operand_missing();
        return None;
    }
    Some(match kind {
        Minus | StrongMinus | NewKw => prefix(p, UnaryExpr, Level::Power),
        NotKw => prefix(p, UnaryExpr, Level::Compare),
        At => prefix(p, RefExpr, Level::Postfix),
        Number | StringLit => leaf(p, LiteralExpr),
        OpenStringLit => {
            p.error_open_string();
            leaf(p, LiteralExpr)
        }
        Ident => name(p),
        SelfKw | SuperKw | LocalsKw | OuterKw | GlobalsKw => leaf(p, KeywordExpr),
        LParen => bracketed(p, Bracketed::Paren, parenthesised),
        LBracket => bracketed(p, Bracketed::List, list),
        LBrace => bracketed(p, Bracketed::Map, map),
        Eof if p.behind_continuing_word() => {
            p.note_operand_missing_at_end();
            return None;
        }
        _ if kind.continues_line() && p.nth(1) == Eof => {
            // The reference asks for more text before it complains about the operator.
            p.note_operand_missing_at_end();
            leaf(p, Error);
            return None;
        }
        _ => {
            let found = p.found();
            p.error_here(Problem::ExpectedExpression(found));
            return None;
        }
    })
}

/// Comments of another language where a line goes on: they are told and passed over, as far as the line would have gone on. Says whether
/// something follows that may be meant: else what stands in the comment was.
fn foreign_comments(p: &mut Parser<'_>) -> bool {
    let was_panicking = p.panicking();
    while !was_panicking && p.at_foreign_comment() {
        let found = p.found();
        p.error_here(Problem::ExpectedExpression(found));
        if !p.in_slip() {
            return true;
        }
        let node = p.start();
        while p.in_slip() {
            p.bump();
        }
        let goes_on = p.goes_on_behind_line_ends();
        while goes_on && p.at(Newline) {
            p.bump();
        }
        node.complete(p, Error);
        if !goes_on {
            return false;
        }
        p.go_on();
    }
    true
}

fn prefix(p: &mut Parser<'_>, kind: SyntaxKind, operand_level: Level) -> Completed {
    let node = p.start();
    p.bump();
    climb(p, operand_level, Place::Inside);
    node.complete(p, kind)
}

fn leaf(p: &mut Parser<'_>, kind: SyntaxKind) -> Completed {
    let node = p.start();
    p.bump();
    node.complete(p, kind)
}

/// A name. `NAME = EXPR` here is a comparison gone wrong: reported, and read on.
fn name(p: &mut Parser<'_>) -> Completed {
    let name = leaf(p, NameExpr);
    if !p.at(Eq) {
        return name;
    }
    if p.at_arrow() {
        p.error_here(Problem::AssignmentInExpression);
        return name;
    }
    p.mild_error(Problem::AssignmentInExpression);
    let node = name.precede(p);
    p.bump();
    expression(p);
    node.complete(p, ErrorExpr)
}

fn parenthesised(p: &mut Parser<'_>) -> Completed {
    let node = p.start();
    p.bump();
    expression(p);
    closing(p, RParen, Problem::ParenClose);
    node.complete(p, ParenExpr)
}

fn list(p: &mut Parser<'_>) -> Completed {
    let node = p.start();
    p.bump();
    foreign_comments(p);
    while !p.panicking() && !p.at(RBracket) {
        expression(p);
        if !comma(p, Bracketed::List, || Problem::ListClose) {
            break;
        }
        foreign_comments(p);
    }
    closing(p, RBracket, Problem::ListClose);
    node.complete(p, ListExpr)
}

fn map(p: &mut Parser<'_>) -> Completed {
    let node = p.start();
    p.bump();
    foreign_comments(p);
    while !p.panicking() && !p.at(RBrace) {
        entry(p);
        if !comma(p, Bracketed::Map, || Problem::MapClose) {
            break;
        }
        foreign_comments(p);
    }
    closing(p, RBrace, Problem::MapClose);
    node.complete(p, MapExpr)
}

fn entry(p: &mut Parser<'_>) {
    let (node, first) = (p.start(), p.index());
    expression(p);
    if p.index() == first {
        // A node without tokens is in the way of who goes from token to token.
        return node.abandon(p);
    }
    if !p.panicking() {
        if p.eat(Colon) {
            expression(p);
        } else if p.at_closing_line() || p.at_missing_comma(Bracketed::Map) {
            p.mild_error(Problem::MapColon);
        } else {
            p.error_here(Problem::MapColon);
        }
    }
    node.complete(p, MapEntry);
}

/// A function literal. The cursor is at `function`.
pub(super) fn function(p: &mut Parser<'_>) -> Option<Completed> {
    let node = p.start();
    let (keyword, header) = (p.range(), p.here());
    p.bump();
    if p.at(LParen) {
        bracketed(p, Bracketed::Params, params);
    }
    function_body(p, keyword, header);
    Some(node.complete(p, FunctionExpr))
}

fn params(p: &mut Parser<'_>) {
    let list = p.start();
    p.bump();
    if !p.at(RParen) {
        param(p);
        while !p.panicking() && (p.eat(Comma) || next_line_begins_with_comma(p)) {
            param(p);
        }
    }
    closing(p, RParen, Problem::ParamsClose);
    list.complete(p, ParamList);
}

fn param(p: &mut Parser<'_>) {
    if let Some(open) = p.bracket
        && p.at_statement_in_brackets()
    {
        return p.error_not_closed(open);
    }
    let node = p.start();
    if !p.eat(Ident) {
        p.error_here(Problem::ParamName);
    } else if p.eat(Eq) {
        expression(p);
    }
    node.complete(p, Param);
}
