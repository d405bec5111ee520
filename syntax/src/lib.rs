//! The syntax of MiniScript 2.0: text in, lossless tree and all syntax errors out.
//!
//! [`parse`] and [`reparse`] are the two ways in; lowering and the editor read the tree through the typed views of [`ast`].
//! The crate knows nobody else of the project. Invariants: the tree's text is the input, byte for byte, whatever the input;
//! `reparse` of an edit equals `parse` of the edited text. The test at the end of this file walks through the interface.
#![forbid(unsafe_code)]

pub mod ast;
mod builder;
mod errors;
mod event;
mod foreign;
mod grammar;
mod input;
pub mod kind;
pub mod lexer;
mod lines;
pub mod marker;
mod parser;
mod reparse;

pub use ast::AstNode;
pub use errors::{CODES, SyntaxError};
pub use kind::{MiniScript, SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};
pub use reparse::{TextEdit, reparse};
pub use rowan::{TextRange, TextSize};

use parser::{Context, Parser, RawError};

/// A text as a tree, with all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parse {
    /// The tree; its text is the text that was parsed.
    pub green: rowan::GreenNode,
    /// The errors of the grammar in the order of detection, then problems beyond it (`break-outside-loop`,
    /// `continue-outside-loop`) in source order. The first is the one that the reference reports.
    pub errors: Vec<SyntaxError>,
}

impl Parse {
    /// The root of the tree, with places.
    pub fn syntax(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// The typed view of the root.
    pub fn root(&self) -> ast::SourceFile {
        ast::SourceFile::cast(self.syntax()).expect("the parser's root node is a SourceFile")
    }
}

/// Parses a whole file. Never fails and never panics: what is wrong is in the errors, what is there is in the tree.
pub fn parse(text: &str) -> Parse {
    parse_sharing(text, &mut Sharing::default())
}

/// Small pieces of trees that texts have in common: names, numbers, short expressions.
#[derive(Debug, Default)]
pub struct Sharing(rowan::NodeCache);

/// As [`parse`], for one text of many: what they have in common is kept once.
pub fn parse_sharing(text: &str, sharing: &mut Sharing) -> Parse {
    let Run { green, errors, checks } = with_missing_quotes(text, lexer::lex(text), &mut sharing.0);
    let last = || lines::line_at_end(text);
    let mut all = with_lines(text, errors, 1, last);
    all.extend(with_lines(text, checks, 1, last));
    Parse { green, errors: all }
}

/// A parsed text whose errors have no line numbers yet.
struct Run {
    green: rowan::GreenNode,
    errors: Vec<RawError>,
    checks: Vec<RawError>,
}

/// Parses the tokens of a file.
fn run_file(text: &str, tokens: &[lexer::Token], cache: &mut rowan::NodeCache) -> Run {
    let words = input::words(tokens);
    let mut parse = |ends: &[usize]| {
        let parser = Parser::new(text, &words, Context::FILE).with_lone_ends(ends);
        run(parser, text, tokens, &words, cache).expect("a whole file needs nothing from outside")
    };
    with_foreign_ends(text, &words, &mut parse)
}

/// Parses a text, again with a string that ends with its line where one seems to have no closing quote, if that leaves no more errors.
fn with_missing_quotes(text: &str, mut tokens: Vec<lexer::Token>, cache: &mut rowan::NodeCache) -> Run {
    use errors::Problem::{OpenString, QuoteMissing, StringGoesOn};
    const MOST: usize = 4;
    let mut best = run_file(text, &tokens, cache);
    for _ in 0..MOST {
        let goes_on = |error: &RawError| match error.problem {
            StringGoesOn(..) => true,
            // One that takes all the rest of the file.
            OpenString => !text[usize::from(error.range.end())..].trim().is_empty(),
            _ => false,
        };
        let Some(at) = best.errors.iter().position(goes_on) else { break };
        let string = best.errors[at].range;
        let split = lexer::without_line_end(text, &tokens, string.start().into());
        let mut again = run_file(text, &split, cache);
        let is_other = |it: &RawError| matches!(it.problem, OpenString) && it.range.start() != string.start();
        if again.errors.len() > best.errors.len() || again.errors.iter().any(is_other) {
            break;
        }
        let is_it = |it: &RawError| matches!(it.problem, OpenString) && it.range.start() == string.start();
        let Some(told) = again.errors.iter_mut().find(|it| is_it(it)) else { break };
        let RawError { line_at, problem, .. } = best.errors.swap_remove(at);
        let inner = match problem {
            StringGoesOn(inner, _) => inner,
            other => Box::new(other),
        };
        (told.line_at, told.problem) = (line_at, QuoteMissing(inner));
        (best, tokens) = (again, split);
    }
    best
}

/// Parses a text, a second time with words for ends that other languages have if a block was left without one and some are found.
fn with_foreign_ends(text: &str, words: &[input::Word], parse: &mut dyn FnMut(&[usize]) -> Run) -> Run {
    use errors::Problem::{Foreign, LeftOpen, LeftOpenAtElse, OpenAtEnd};
    let is_open = |error: &&RawError| matches!(error.problem, OpenAtEnd(_) | LeftOpen(..) | LeftOpenAtElse(..));
    let first = parse(&[]);
    let left_open = first.errors.iter().filter(is_open).count();
    let ends = if left_open == 0 { Vec::new() } else { foreign::lone_ends(text, words) };
    if ends.is_empty() {
        return first;
    }
    let mut second = parse(&ends);
    if second.errors.iter().filter(is_open).count() >= left_open {
        return first;
    }
    // What the reference says of the text is what it says at the first error without such words.
    let of_reference = first.errors.into_iter().next();
    if let Some((RawError { problem: Foreign(foreign::Foreign::End(..), inner), line_at, .. }, reference)) =
        second.errors.first_mut().zip(of_reference)
    {
        *line_at = reference.line_at;
        **inner = reference.problem;
    }
    second
}

/// Parses tokens; `None` if what stands around them would have a say.
fn parse_tokens(text: &str, tokens: &[lexer::Token], context: Context, cache: &mut rowan::NodeCache) -> Option<Run> {
    let words = input::words(tokens);
    run(Parser::new(text, &words, context), text, tokens, &words, cache)
}

fn run(
    mut parser: Parser<'_>,
    text: &str,
    tokens: &[lexer::Token],
    words: &[input::Word],
    cache: &mut rowan::NodeCache,
) -> Option<Run> {
    grammar::file(&mut parser);
    let mut outcome = parser.finish()?;
    let green = builder::build(text, tokens, words, &mut outcome.events, cache);
    Some(Run { green, errors: outcome.errors, checks: outcome.checks })
}

/// Adds line numbers to errors that are ordered by place. The text starts on line `first`; `last` gives the line of whatever
/// follows it.
fn with_lines(text: &str, errors: Vec<RawError>, first: u32, last: impl Fn() -> u32) -> Vec<SyntaxError> {
    let mut line = first;
    let mut counted = 0;
    let mut finished = Vec::with_capacity(errors.len());
    for RawError { at, line_at, range, problem, follows } in errors {
        let line_at = usize::from(line_at);
        let reference_line = if line_at == text.len() {
            last()
        } else {
            line += lines::line_ends(&text[counted.min(line_at)..line_at]);
            line -= lines::line_ends(&text[line_at..counted.max(line_at)]);
            counted = line_at;
            line
        };
        debug_assert!(CODES.contains(&problem.code()), "{} is no known code", problem.code());
        finished.push(SyntaxError {
            range,
            at,
            code: problem.code(),
            message: problem.message(),
            reference: problem.reference(),
            reference_line,
            follows,
        });
    }
    finished
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::{Expr, LiteralValue, Stmt, Suffix};

    /// The interface from end to end: parse, look at the tree through views, report errors, edit.
    #[test]
    fn api_walkthrough() {
        let text = "// greets\nhello = function(name, times=2)\n  print \"hi \" + name.upper * times\nend function\n";
        let parsed = parse(text);
        assert!(parsed.errors.is_empty());
        assert_eq!(parsed.syntax().text().to_string(), text);

        let Some(Stmt::Assign(assign)) = parsed.root().statements().next() else { panic!("one assignment") };
        assert_eq!(assign.operator(), Some(SyntaxKind::Eq));
        let Some(Expr::Function(function)) = assign.value() else { panic!("a function") };
        let names: Vec<_> = function.params().filter_map(|it| it.name_token()).map(|it| it.text().to_owned()).collect();
        assert_eq!(names, ["name", "times"]);
        let Some(Expr::Literal(two)) = function.params().last().and_then(|it| it.default()) else {
            panic!("a default")
        };
        assert_eq!(two.value(), Some(LiteralValue::Number(2.0)));

        let Some(Stmt::Call(call)) = function.body().and_then(|it| it.statements().next()) else { panic!("a call") };
        let Some(Expr::Binary(sum)) = call.arg_list().and_then(|it| it.args().next()) else { panic!("a sum") };
        assert_eq!(sum.operators().collect::<Vec<_>>(), [SyntaxKind::Plus]);
        let Some(Expr::Binary(product)) = sum.operands().nth(1) else { panic!("a product") };
        let Some(Expr::Postfix(chain)) = product.operands().next() else { panic!("a chain") };
        let Some(Suffix::Member(member)) = chain.suffixes().next() else { panic!("a member") };
        assert_eq!(member.name_token().map(|it| it.text().to_owned()).as_deref(), Some("upper"));

        let at = TextSize::of(&text[..text.find(" * times").expect("it is there")]);
        let edit = TextEdit { range: TextRange::empty(at), insert: "(".to_owned() };
        let edited = text.replace(" * times", "( * times");
        let broken = reparse(&parsed, text, &edit, &edited);
        assert_eq!(broken, parse(&edited));
        assert_eq!(broken.errors[0].code, "expected-expression");
        assert_eq!(broken.errors[0].reference, "Unexpected token: *");
        assert_eq!(broken.errors[0].reference_line, 3);
    }

    /// Sharing saves memory and changes nothing else.
    #[test]
    fn texts_share_what_they_have_in_common() {
        let texts = ["x = rex + 1\n", "y = rex + 1\n", "x = rex.\n", ""];
        let mut sharing = Sharing::default();
        let parsed = texts.map(|text| parse_sharing(text, &mut sharing));
        for (text, parsed) in texts.iter().zip(&parsed) {
            assert_eq!(*parsed, parse(text));
        }
        let sum = |parsed: &Parse| {
            let node = parsed.syntax().descendants().find(|it| it.kind() == SyntaxKind::NameExpr && it.text() == "rex");
            let green = node.expect("there is one").green().into_owned();
            &raw const *green
        };
        assert_eq!(sum(&parsed[0]), sum(&parsed[1]));
        assert_ne!(sum(&parse(texts[0])), sum(&parse(texts[1])));
    }
}
