//! What stands before the cursor, for completion: the start of a name, or of a member behind a chain that can be followed.
//!
//! `repl/editor.rs` asks; the engine follows the path. The parser reads the line, so strings, brackets and operators are told apart as
//! in a program. Invariant: a path never holds a call; behind one, nothing is known.

use minilive_jit::engine::members::{Path, Root, Step};
use minilive_runtime::realm::TypeMap;
use minilive_syntax::SyntaxKind::{self, Colon, Comma, LBrace, LBracket, LParen};
use minilive_syntax::SyntaxNode;
use minilive_syntax::ast::{AstNode, Expr, LiteralValue, PostfixExpr, Suffix};

/// What may be completed.
#[derive(Debug, PartialEq)]
pub enum Asked {
    /// A name.
    Name,
    /// A member of this.
    Member(Path),
    /// Nothing that is known.
    Nothing,
}

/// What the end of a text asks for, and where the word at its end begins.
pub fn asked(text: &str) -> (Asked, usize) {
    let is_name = |c: char| c == '_' || c.is_alphanumeric();
    let word = text.trim_end_matches(is_name).len();
    let Some(owner) = text[..word].strip_suffix('.') else { return (Asked::Name, word) };
    let parse = minilive_syntax::parse(owner);
    (operand_at_end(&parse.syntax()).and_then(|it| path(&it)).map_or(Asked::Nothing, Asked::Member), word)
}

/// The operand that ends where the text ends: what the last word belongs to, with all of its chain.
fn operand_at_end(root: &SyntaxNode) -> Option<Expr> {
    let tokens = root.descendants_with_tokens().filter_map(|it| it.into_token());
    let last = tokens.filter(|token| !token.kind().is_trivia()).last()?;
    let is_end = !matches!(last.kind(), LParen | LBracket | LBrace | Comma | Colon);
    last.parent_ancestors().find_map(Expr::cast).filter(|_| is_end)
}

/// The way to an expression's value, if no function has to be called for it.
fn path(expr: &Expr) -> Option<Path> {
    let root = match expr {
        Expr::Postfix(chain) => return along(chain),
        Expr::Paren(paren) => return path(&paren.inner()?),
        Expr::Name(name) => Root::Variable(name.name_token()?.text().to_owned()),
        Expr::Keyword(word) => match word.keyword()? {
            SyntaxKind::GlobalsKw | SyntaxKind::LocalsKw | SyntaxKind::OuterKw => Root::Globals,
            _ => return None,
        },
        Expr::Literal(literal) => match literal.value()? {
            LiteralValue::Number(_) => Root::Of(TypeMap::Number),
            LiteralValue::String(_) => Root::Of(TypeMap::String),
        },
        Expr::List(_) => Root::Of(TypeMap::List),
        Expr::Map(_) => Root::Of(TypeMap::Map),
        _ => return None,
    };
    Some(Path { root, steps: Vec::new() })
}

fn along(chain: &PostfixExpr) -> Option<Path> {
    let mut path = path(&chain.base()?)?;
    for suffix in chain.suffixes() {
        path.steps.push(match suffix {
            Suffix::Member(member) => Step::Member(member.name_token()?.text().to_owned()),
            Suffix::Index(index) => match index.index()? {
                Expr::Literal(literal) => match literal.value()? {
                    LiteralValue::Number(number) => Step::Index(number),
                    LiteralValue::String(text) => Step::Key(text),
                },
                _ => return None,
            },
            _ => return None,
        });
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, root: Root, steps: &[Step]) {
        let word = text.rfind('.').expect("there is a dot") + 1;
        assert_eq!(asked(text), (Asked::Member(Path { root, steps: steps.to_vec() }), word), "{text}");
    }

    #[test]
    fn chains_are_followed_to_their_last_dot() {
        let variable = |name: &str| Root::Variable(name.into());
        let member = |name: &str| Step::Member(name.into());
        check("a.", variable("a"), &[]);
        check("print a.b.c.de", variable("a"), &[member("b"), member("c")]);
        check("x = 1 + foo(2, -a.b.", variable("a"), &[member("b")]);
        check("if a.b == c.", variable("c"), &[]);
        check("m[\"k\"][0].x.", variable("m"), &[Step::Key("k".into()), Step::Index(0.0), member("x")]);
        check("globals.a.b.", Root::Globals, &[member("a"), member("b")]);
        check("\"text\".up", Root::Of(TypeMap::String), &[]);
        check("print [1, 2].", Root::Of(TypeMap::List), &[]);
        check("{}.l", Root::Of(TypeMap::Map), &[]);
        check("(a.b).", variable("a"), &[member("b")]);
        check("print [\"text\".", Root::Of(TypeMap::String), &[]);
        check("f {1: x.", variable("x"), &[]);
        check("print @a.", variable("a"), &[]);
        check("f = function; x = a.b.", variable("a"), &[member("b")]);
    }

    #[test]
    fn what_would_have_to_run_is_not_known() {
        for text in ["f(1).", "f(.", "[.", "a.b().", "(a + b).", "a[i].", "a[1:2]."] {
            assert_eq!(asked(text).0, Asked::Nothing, "{text}");
        }
        assert_eq!(asked("pri"), (Asked::Name, 0));
        assert_eq!(asked("x = lé"), (Asked::Name, 4));
    }
}
