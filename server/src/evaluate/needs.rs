//! Runs that end because a worker has only what the language has: what a host adds is known by its profile, and cannot run here.
//!
//! The scheduler asks when a run has ended. Invariant: only what the profile or a setting names is taken for the host's; any other
//! name that is missing is an error of the program.

use crate::document::DocumentView;
use crate::recording::End;
use crate::settings::Checks;
use minilive_jit::engine::Lack;
use minilive_syntax::SyntaxKind::{Dot, Eq, Ident, Whitespace};
use minilive_syntax::lexer::lex;

/// How it is told what of the host a run needs.
pub fn text(what: &str) -> String {
    format!("needs {what} of the host")
}

/// How a run of a document ended, as far as the host is concerned.
pub fn of_host(end: End, checks: &Checks, document: &DocumentView) -> End {
    let End::Error { lacks: Some(lacks), line, from, .. } = &end else { return end };
    let what = match lacks {
        Lack::Name(name) => checks.knows(name).then(|| name.clone()),
        Lack::Module(name) => checks.host.has_module(name).then(|| name.clone()),
        Lack::Member(name) => line.and_then(|line| member(checks, document, line, name)),
    };
    what.map(|what| End::Needs { what, line: *line, from: *from }).unwrap_or(end)
}

/// The member of a map of the host that a line (from 1) reads: of a map that the language has too, with other members.
fn member(checks: &Checks, document: &DocumentView, line: u32, name: &str) -> Option<String> {
    let range = document.index.line_range(line.saturating_sub(1), &document.text);
    let tokens = tokens(&document.text[range]);
    let read = tokens.windows(3).find_map(|it| match it {
        [(Ident, owner), (Dot, _), (Ident, key)] if *key == name => {
            let of = checks.host.name(owner)?;
            checks.host.member(&of, key).map(|_| (*owner).to_owned())
        }
        _ => None,
    })?;
    // A program that has given the name a value means that.
    let is_given = |it: &[(_, &str)]| matches!(it, [(Ident, to), (Eq, _)] if *to == read);
    let is_own = self::tokens(&document.text).windows(2).any(is_given);
    (!is_own).then(|| format!("{read}.{name}"))
}

/// The tokens of a text but for blanks.
fn tokens(text: &str) -> Vec<(minilive_syntax::SyntaxKind, &str)> {
    let mut at = 0;
    let all = lex(text).into_iter().map(|token| {
        let start = at;
        at += token.len as usize;
        (token.kind, &text[start..at])
    });
    all.filter(|(kind, _)| *kind != Whitespace).collect()
}
