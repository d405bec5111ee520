//! What was entered so far: whether more is to come, what is wrong with it, or the program that it is.
//!
//! Used by `repl.rs` after each line. Invariant: the last statement of a program that is whole gives the input's value if it is an
//! expression or a call, and no other does.

use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_mir::lower::{lower_expression, lower_file};
use minilive_mir::program::Program;
use minilive_syntax::ast::{AstNode, Stmt};
use minilive_syntax::{Parse, SyntaxError, SyntaxKind};

/// Lines that were entered.
pub enum Input {
    /// Blank.
    Nothing,
    /// A block, a bracket or an expression is still open.
    Open,
    /// It does not compile.
    Wrong(Vec<Diagnostic>),
    /// It can run.
    Whole(Box<Program>),
}

impl Input {
    /// Looks at what was entered; `more` says whether more can come.
    pub fn of(text: &str, more: bool) -> Input {
        if text.trim().is_empty() {
            return Input::Nothing;
        }
        let parse = minilive_syntax::parse(text);
        if more && is_open(&parse) {
            return Input::Open;
        }
        let (program, diagnostics) = compile(text, &parse);
        let errors: Vec<_> = diagnostics.into_iter().filter(|it| it.severity == Severity::Error).collect();
        if errors.is_empty() { Input::Whole(Box::new(program)) } else { Input::Wrong(errors) }
    }
}

/// Whether the text ends where more has to come: inside a block, brackets or a string, or behind an operator. What is wrong before
/// its end, more text does not mend.
fn is_open(parse: &Parse) -> bool {
    let mut depth = 0i32;
    for token in parse.syntax().descendants_with_tokens().filter_map(|it| it.into_token()) {
        match token.kind() {
            SyntaxKind::LParen | SyntaxKind::LBracket | SyntaxKind::LBrace => depth += 1,
            SyntaxKind::RParen | SyntaxKind::RBracket | SyntaxKind::RBrace => depth -= 1,
            _ => {}
        }
    }
    let end = parse.syntax().text().to_string().trim_end().len();
    let may_go_on = |error: &SyntaxError| {
        let at_end = usize::from(error.at) >= end && !error.code.starts_with("foreign-");
        at_end || matches!(error.code, "unclosed-block" | "unterminated-string")
    };
    let is_cut = depth > 0 || parse.errors.iter().any(|error| error.reference == "unexpected end of file");
    is_cut && parse.errors.iter().all(may_go_on)
}

/// The program, whose last unit is an expression if the last statement is one.
fn compile(text: &str, parse: &Parse) -> (Program, Vec<Diagnostic>) {
    let last = parse.root().statements().last();
    let Some(last) = last.filter(|it| matches!(it, Stmt::Expr(_) | Stmt::Call(_)) && parse.errors.is_empty()) else {
        return lower_file(parse, "");
    };
    let range = last.range();
    let before = &text[..usize::from(range.start())];
    let (mut program, mut diagnostics) = lower_file(&minilive_syntax::parse(before), "");
    // Lines are those of the whole input.
    let lines = before.matches('\n').count();
    let shown = "\n".repeat(lines) + &text[usize::from(range.start())..usize::from(range.end())];
    let (units, found) = lower_expression(&shown);
    diagnostics.extend(found);
    if !units.is_empty() {
        program.main.push(u32::try_from(program.units.len()).unwrap_or(u32::MAX));
        program.units.extend(units);
    }
    (program, diagnostics)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> String {
        match Input::of(text, true) {
            Input::Nothing => "nothing".to_owned(),
            Input::Open => "open".to_owned(),
            Input::Wrong(errors) => errors[0].code.to_owned(),
            Input::Whole(program) => format!("{} units", program.main.len()),
        }
    }

    #[test]
    fn lines_are_collected_until_they_are_whole() {
        let rows = [
            ("", "nothing"),
            ("  ", "nothing"),
            ("1 + 2", "1 units"),
            ("x = 1", "1 units"),
            ("x = 1; x", "2 units"),
            ("print 1", "1 units"),
            ("while true", "open"),
            ("while true\n  break\nend while", "1 units"),
            ("x = 1 +", "open"),
            ("x = [1,", "open"),
            ("x = [1,\n2]", "1 units"),
            ("f = function(a)", "open"),
            ("print (1", "open"),
            ("m = {", "open"),
            ("m = {\n  \"a\": [1,\n", "open"),
            ("s = \"one", "open"),
            ("f = function\n  if 1 then\n    g = function(a)\n", "open"),
            ("x = [1 2", "unclosed-list"),
            ("while x = 1\n", "assignment-in-expression"),
            ("for i [1]", "expected-in"),
            ("for i = 1", "foreign-syntax"),
            ("x++", "foreign-syntax"),
        ];
        for (text, expected) in rows {
            assert_eq!(kind(text), expected, "{text:?}");
        }
        assert!(matches!(Input::of("x = = 1", true), Input::Wrong(_)));
        assert!(matches!(Input::of("while true\n", false), Input::Wrong(_)), "nothing more can come");
    }
}
