//! What can be wrong with a text: one enum, with a stable code, our sentence and the reference's text for each.
//!
//! The grammar reports [`Problem`]s, `lib.rs` turns them into [`SyntaxError`]s with ranges and lines. The reference's texts are
//! those of LANGUAGE 7.5, so that `--compat` can print them; ours say what to do about it.

use crate::foreign::Foreign;
use crate::kind::SyntaxKind::{self, *};
use crate::parser::Bracketed;
use rowan::{TextRange, TextSize};

/// An error in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where to show it.
    pub range: TextRange,
    /// Start of the token at which it was detected; errors of the grammar are ordered by it.
    pub at: TextSize,
    /// A stable name, such as `expected-end-of-line`.
    pub code: &'static str,
    /// Our sentence.
    pub message: String,
    /// The reference's text without `Compiler Error: `.
    pub reference: String,
    /// The line (1-based) that the reference names.
    pub reference_line: u32,
    /// It comes from an error that was told before, and need not be told, too.
    pub follows: bool,
}

/// The codes of everything that the parser reports.
pub static CODES: &[&str] = &[
    "expected-end-of-line",
    "expected-expression",
    "stray-keyword",
    "loop-on-if-line",
    "assignment-in-expression",
    "expected-then",
    "expected-in",
    "wrong-end",
    "expected-end-of-line-after-else",
    "expected-end-of-line-after-while",
    "expected-end-of-line-after-for",
    "expected-end-of-line-after-parameters",
    "expected-for-variable",
    "expected-parameter-name",
    "unclosed-parameters",
    "unclosed-parenthesis",
    "unclosed-arguments",
    "unclosed-list",
    "unclosed-index",
    "unclosed-slice",
    "expected-colon",
    "unclosed-map",
    "expected-member-name",
    "break-outside-loop",
    "continue-outside-loop",
    "unclosed-block",
    "unexpected-end-of-file",
    "unterminated-string",
    "nested-too-deeply",
    "foreign-syntax",
    "foreign-end",
];

/// A token as messages show it.
#[derive(Debug)]
pub(crate) struct Found {
    kind: SyntaxKind,
    text: String,
}

impl Found {
    pub(crate) fn new(kind: SyntaxKind, text: &str) -> Found {
        let text = match kind {
            StringLit | OpenStringLit => crate::ast::unquote(text),
            Newline => "\n".to_owned(),
            Eof => String::new(),
            _ => text.to_owned(),
        };
        Found { kind, text }
    }

    /// The reference's description: `EOL`, `Keyword(then)`, strings in quotes, else the text.
    fn described(&self) -> String {
        match self.kind {
            Newline | Semicolon | Eof => "EOL".to_owned(),
            StringLit | OpenStringLit => format!("\"{}\"", self.text),
            SelfKw | SuperKw | LocalsKw | OuterKw | GlobalsKw => self.text.clone(),
            kind if kind.is_keyword() => keyword_text(kind),
            _ => self.text.clone(),
        }
    }

    /// Our description, for sentences.
    fn shown(&self) -> String {
        match self.kind {
            Newline => "the end of the line".to_owned(),
            Eof => "the end of the file".to_owned(),
            StringLit | OpenStringLit => "a string".to_owned(),
            _ => format!("`{}`", self.text),
        }
    }
}

/// `Keyword(then)`, as the reference writes keywords.
fn keyword_text(keyword: SyntaxKind) -> String {
    format!("Keyword({})", spelling(keyword))
}

/// How a keyword that messages name is written.
pub(crate) fn spelling(keyword: SyntaxKind) -> &'static str {
    match keyword {
        AndKw => "and",
        OrKw => "or",
        NotKw => "not",
        WhileKw => "while",
        ForKw => "for",
        InKw => "in",
        IfKw => "if",
        ThenKw => "then",
        ElseKw => "else",
        BreakKw => "break",
        ContinueKw => "continue",
        FunctionKw => "function",
        ReturnKw => "return",
        EndKw => "end",
        NewKw => "new",
        IsaKw => "isa",
        _ => "?",
    }
}

/// Everything the parser reports.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Something behind a complete statement.
    ExpectedLineEnd(Found),
    /// A token that starts no expression where one must stand.
    ExpectedExpression(Found),
    /// A line ends behind an operator, and the next one is a statement; and what the reference sees in it.
    OperandMissing(String, Box<Problem>),
    /// A string of several lines has this right behind its end, so that something is wrong there.
    StringGoesOn(Box<Problem>, Found),
    /// `else` or `end` that belongs to nothing.
    StrayKeyword(Found),
    /// `end if` and the like without its block: the word, and what the reference says.
    StrayEnd(String, Box<Problem>),
    /// A statement behind `else if … then`, with which the whole `if` ended; and what the reference says of what follows.
    ShortElseIf(Box<Problem>),
    /// A bracket that is not closed before the next statement; and what the reference says of that.
    NotClosed(String, Bracketed, Box<Problem>),
    /// A string without a quote at the end of its line; and what the reference says of what it takes for its end.
    QuoteMissing(Box<Problem>),
    /// A loop behind `then` or `else` on the same line.
    LoopOnIfLine(Found),
    /// `=` inside an expression.
    AssignmentInExpression,
    /// `then` or `in` is missing.
    ExpectedKeyword(SyntaxKind, Found),
    /// `end` with another word than the open construct wants.
    WrongEnd(SyntaxKind, Found),
    /// `end` that closes something further out.
    LeftOpen(SyntaxKind, Found),
    /// `else` that belongs to something further out.
    LeftOpenAtElse(SyntaxKind, Found),
    /// Something behind a block's `else`.
    LineEndAfterElse(Found),
    /// Something behind a loop's condition.
    LineEndAfterWhile(Found),
    /// Something behind what a loop iterates.
    LineEndAfterFor(Found),
    /// Something behind a function's parameters.
    LineEndAfterParams(Found),
    /// `for` without a name.
    ForVariable(Found),
    /// A parameter without a name.
    ParamName,
    /// Parameters without `)`.
    ParamsClose,
    /// `(` without `)`.
    ParenClose,
    /// Arguments without `)`.
    ArgsClose,
    /// A list without `]`.
    ListClose,
    /// An index without `]`.
    IndexClose,
    /// A slice without `]`.
    SliceClose,
    /// A map key without `:`.
    MapColon,
    /// A map without `}`.
    MapClose,
    /// `.` without a name.
    MemberName,
    /// `break` or `continue` outside of a loop.
    JumpOutsideLoop(SyntaxKind),
    /// No `end` up to the end of the text.
    OpenAtEnd(SyntaxKind),
    /// The text ends behind an operator.
    OperandMissingAtEnd,
    /// A string without its closing quote.
    OpenString,
    /// Nesting past the limit.
    TooDeep,
    /// What another language writes, and what the reference says of it.
    Foreign(Foreign, Box<Problem>),
}

impl Problem {
    /// The stable name.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Problem::ExpectedLineEnd(_) => "expected-end-of-line",
            Problem::ExpectedExpression(_) | Problem::OperandMissing(..) => "expected-expression",
            Problem::StrayKeyword(_) | Problem::StrayEnd(..) | Problem::ShortElseIf(_) => "stray-keyword",
            Problem::LoopOnIfLine(_) => "loop-on-if-line",
            Problem::AssignmentInExpression => "assignment-in-expression",
            Problem::ExpectedKeyword(ThenKw, _) => "expected-then",
            Problem::ExpectedKeyword(..) => "expected-in",
            Problem::WrongEnd(..) => "wrong-end",
            Problem::LineEndAfterElse(_) => "expected-end-of-line-after-else",
            Problem::LineEndAfterWhile(_) => "expected-end-of-line-after-while",
            Problem::LineEndAfterFor(_) => "expected-end-of-line-after-for",
            Problem::LineEndAfterParams(_) => "expected-end-of-line-after-parameters",
            Problem::ForVariable(_) => "expected-for-variable",
            Problem::ParamName => "expected-parameter-name",
            Problem::ParamsClose => "unclosed-parameters",
            Problem::ParenClose => "unclosed-parenthesis",
            Problem::ArgsClose => "unclosed-arguments",
            Problem::ListClose => "unclosed-list",
            Problem::IndexClose => "unclosed-index",
            Problem::SliceClose => "unclosed-slice",
            Problem::MapColon => "expected-colon",
            Problem::MapClose => "unclosed-map",
            Problem::NotClosed(_, of, _) => match of {
                Bracketed::Map => "unclosed-map",
                of => of.problem(Eof).code(),
            },
            Problem::MemberName => "expected-member-name",
            Problem::JumpOutsideLoop(BreakKw) => "break-outside-loop",
            Problem::JumpOutsideLoop(_) => "continue-outside-loop",
            Problem::OpenAtEnd(_) | Problem::LeftOpen(..) | Problem::LeftOpenAtElse(..) => "unclosed-block",
            Problem::OperandMissingAtEnd => "unexpected-end-of-file",
            Problem::OpenString | Problem::StringGoesOn(..) | Problem::QuoteMissing(_) => "unterminated-string",
            Problem::TooDeep => "nested-too-deeply",
            Problem::Foreign(Foreign::End(..), _) => "foreign-end",
            Problem::Foreign(..) => "foreign-syntax",
        }
    }

    /// The reference has moved past the token that it complains about, so it names the line of the next one.
    pub(crate) fn is_behind_its_token(&self) -> bool {
        use Problem::*;
        match self {
            StringGoesOn(problem, _)
            | Foreign(_, problem)
            | StrayEnd(_, problem)
            | ShortElseIf(problem)
            | QuoteMissing(problem)
            | NotClosed(_, _, problem) => problem.is_behind_its_token(),
            OperandMissing(..) => true,
            _ => matches!(self, ExpectedExpression(_) | StrayKeyword(_) | LeftOpenAtElse(..) | LoopOnIfLine(_)),
        }
    }

    /// Our sentence.
    pub(crate) fn message(&self) -> String {
        match self {
            Problem::ExpectedLineEnd(found) => format!("expected the end of the statement, found {}", found.shown()),
            Problem::ExpectedExpression(found) => format!("expected an expression, found {}", found.shown()),
            Problem::OperandMissing(operator, _) => {
                format!("expected an expression behind `{operator}`, found the end of the line")
            }
            Problem::StringGoesOn(_, found) => {
                format!("this string goes on to another line, where {} follows it; is a quote missing?", found.shown())
            }
            Problem::StrayKeyword(found) => format!("{} belongs to nothing that is open here", found.shown()),
            Problem::StrayEnd(word, _) => format!("`end {word}` belongs to nothing that is open here"),
            Problem::ShortElseIf(_) => {
                "a statement behind `else if … then` ends the whole `if`; put it on a line of its own".to_owned()
            }
            Problem::NotClosed(bracket, ..) => format!("`{bracket}` is not closed"),
            Problem::QuoteMissing(_) => "this string has no closing quote".to_owned(),
            Problem::LoopOnIfLine(found) => {
                format!("{} cannot stand on the line of a single-line `if`; put it on a line of its own", found.shown())
            }
            Problem::AssignmentInExpression => {
                "`=` assigns and cannot stand inside an expression; compare with `==`".to_owned()
            }
            Problem::ExpectedKeyword(keyword, found) => {
                format!("expected `{}`, found {}", spelling(*keyword), found.shown())
            }
            Problem::WrongEnd(keyword, found) => {
                format!("expected `end {}`, found `end` and {}", spelling(*keyword), found.shown())
            }
            Problem::LineEndAfterElse(found) => {
                format!("expected the end of the line after `else` of a block `if`, found {}", found.shown())
            }
            Problem::LineEndAfterWhile(found) => {
                format!("expected the end of the line after the condition, found {}", found.shown())
            }
            Problem::LineEndAfterFor(found) => {
                format!("expected the end of the line after what `for` iterates, found {}", found.shown())
            }
            Problem::LineEndAfterParams(found) => {
                format!("expected the end of the line after the function's header, found {}", found.shown())
            }
            Problem::ForVariable(found) => format!("expected the name of the loop variable, found {}", found.shown()),
            Problem::ParamName => "expected the name of a parameter".to_owned(),
            Problem::ParamsClose => "expected `)` after the parameters".to_owned(),
            Problem::ParenClose => "expected `)` after the expression".to_owned(),
            Problem::ArgsClose => "expected `)` after the arguments".to_owned(),
            Problem::ListClose => "expected `]` after the elements of the list".to_owned(),
            Problem::IndexClose => "expected `]` after the index".to_owned(),
            Problem::SliceClose => "expected `]` after the slice".to_owned(),
            Problem::MapColon => "expected `:` after the key".to_owned(),
            Problem::MapClose => "expected `}` after the entries of the map".to_owned(),
            Problem::MemberName => "expected the name of a member after `.`; keywords and numbers are none".to_owned(),
            Problem::JumpOutsideLoop(keyword) => format!("`{}` stands outside of any loop", spelling(*keyword)),
            Problem::OpenAtEnd(keyword) | Problem::LeftOpen(keyword, _) | Problem::LeftOpenAtElse(keyword, _) => {
                format!("this `{0}` has no `end {0}`", spelling(*keyword))
            }
            Problem::OperandMissingAtEnd => "the file ends where an expression must follow".to_owned(),
            Problem::OpenString => "this string has no closing quote".to_owned(),
            Problem::TooDeep => "this is nested too deeply; the rest of the file was not read".to_owned(),
            Problem::Foreign(foreign, _) => foreign.message(),
        }
    }

    /// The reference's text. Where the reference accepts what we refuse, the text it has for the like.
    pub(crate) fn reference(&self) -> String {
        match self {
            Problem::ExpectedLineEnd(found) => format!("Expected end of line, got: {}", found.text),
            Problem::ExpectedExpression(found)
            | Problem::StrayKeyword(found)
            | Problem::LeftOpenAtElse(_, found)
            | Problem::LoopOnIfLine(found) => {
                format!("Unexpected token: {}", found.described())
            }
            Problem::OperandMissing(_, problem)
            | Problem::StringGoesOn(problem, _)
            | Problem::StrayEnd(_, problem)
            | Problem::ShortElseIf(problem)
            | Problem::NotClosed(_, _, problem)
            | Problem::QuoteMissing(problem)
            | Problem::Foreign(_, problem) => problem.reference(),
            Problem::AssignmentInExpression => "Unexpected token: =".to_owned(),
            Problem::ExpectedKeyword(keyword, found)
            | Problem::WrongEnd(keyword, found)
            | Problem::LeftOpen(keyword, found) => {
                format!("got {} where {} is required", found.described(), keyword_text(*keyword))
            }
            Problem::LineEndAfterElse(found) => format!("Expected end of line after 'else', got: {}", found.text),
            Problem::LineEndAfterWhile(found) => {
                format!("Expected end of line after while condition, got: {}", found.text)
            }
            Problem::LineEndAfterFor(found) => {
                format!("Expected end of line after for expression, got: {}", found.text)
            }
            Problem::LineEndAfterParams(found) => {
                format!("Expected end of line after function parameters, got: {}", found.text)
            }
            Problem::ForVariable(found) => format!("Expected identifier after 'for', got: {}", found.text),
            Problem::ParamName => "Expected parameter name".to_owned(),
            Problem::ParamsClose => "Expected ')' after parameters".to_owned(),
            Problem::ParenClose => "Expected ')' after expression".to_owned(),
            Problem::ArgsClose => "Expected ')' after arguments".to_owned(),
            Problem::ListClose => "Expected ']' after list elements".to_owned(),
            Problem::IndexClose => "Expected ']' after index".to_owned(),
            Problem::SliceClose => "Expected ']' after slice".to_owned(),
            Problem::MapColon => "Expected ':' after map key".to_owned(),
            Problem::MapClose => "Expected '}' after map entries".to_owned(),
            Problem::MemberName => "Expected member name after '.'".to_owned(),
            Problem::JumpOutsideLoop(keyword) => format!("'{}' without open loop block", spelling(*keyword)),
            Problem::OpenAtEnd(_) | Problem::OperandMissingAtEnd | Problem::OpenString => {
                "unexpected end of file".to_owned()
            }
            Problem::TooDeep => "nested too deeply".to_owned(),
        }
    }
}
