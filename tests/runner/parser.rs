//! The parser against its goldens, and `reparse` against `parse` by random edits.
//!
//! `tests/parser/{ok,err}/*.ms` are programs of our own, each with the expected tree and errors beside it as `.tree`
//! (`UPDATE_EXPECT=1` rewrites them). The fuzz test edits these programs and random soup; it is seeded, and
//! `MINILIVE_FUZZ_ITERATIONS` makes it longer.

#[path = "parser/limits.rs"]
mod limits;
#[path = "parser/reparse.rs"]
mod reparse;

use expect_test::expect_file;
use minilive_syntax::{Parse, SyntaxElement, parse};
use minilive_tests::files::{below, root};
use minilive_tests::fuzz::check_invariants;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

/// The golden programs of one folder.
fn goldens(folder: &str) -> Vec<(PathBuf, String)> {
    let paths = below(&root().join("tests/parser").join(folder), "ms");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("goldens are UTF-8");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// Tree and errors as the `.tree` files show them.
fn render(parsed: &Parse) -> String {
    let mut out = format!("{:#?}", parsed.syntax());
    for error in &parsed.errors {
        let range = error.range;
        let follows = if error.follows { " (follows)" } else { "" };
        writeln!(out, "error[{}] {range:?}: {}{follows}", error.code, error.message).expect("strings take everything");
        writeln!(out, "  line {}: {:?}", error.reference_line, error.reference).expect("strings take everything");
    }
    out
}

#[test]
fn goldens_agree() {
    for folder in ["ok", "err"] {
        let goldens = goldens(folder);
        assert!(goldens.len() >= 25, "{folder} has lost its programs");
        for (path, text) in goldens {
            let parsed = parse(&text);
            check_invariants(&text, &parsed);
            assert_eq!(parsed.errors.is_empty(), folder == "ok", "{}: {:?}", path.display(), parsed.errors);
            expect_file![path.with_extension("tree")].assert_eq(&render(&parsed));
        }
    }
}

#[test]
fn goldens_reach_every_node_kind() {
    let kind = |element: SyntaxElement| element.kind();
    let seen: BTreeSet<_> = ["ok", "err"]
        .into_iter()
        .flat_map(goldens)
        .flat_map(|(_, text)| parse(&text).syntax().descendants_with_tokens().map(kind).collect::<Vec<_>>())
        .collect();
    let missing: Vec<_> = minilive_syntax::kind::ALL.iter().filter(|kind| !seen.contains(kind)).collect();
    assert_eq!(missing, [&minilive_syntax::SyntaxKind::Eof], "only the end of the text stands in no tree");
}

#[test]
fn goldens_reach_every_message_of_the_reference() {
    let texts = [
        "unexpected end of file",
        "Expected end of line, got: ",
        "Unexpected token: ",
        "where Keyword(then) is required",
        "where Keyword(in) is required",
        "where Keyword(if) is required",
        "where Keyword(while) is required",
        "where Keyword(for) is required",
        "where Keyword(function) is required",
        "Expected end of line after 'else', got: ",
        "Expected end of line after while condition, got: ",
        "Expected identifier after 'for', got: ",
        "Expected end of line after for expression, got: ",
        "Expected parameter name",
        "Expected ')' after parameters",
        "Expected end of line after function parameters, got: ",
        "Expected ')' after expression",
        "Expected ')' after arguments",
        "Expected ']' after list elements",
        "Expected ']' after index",
        "Expected ']' after slice",
        "Expected ':' after map key",
        "Expected '}' after map entries",
        "Expected member name after '.'",
        "'break' without open loop block",
        "'continue' without open loop block",
    ];
    let seen: Vec<_> = goldens("err").iter().flat_map(|(_, text)| parse(text).errors).collect();
    for text in texts {
        assert!(seen.iter().any(|error| error.reference.contains(text)), "no golden shows {text:?}");
    }
}
