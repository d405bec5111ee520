//! Why names are not judged where a word opens them: `locals`, `outer` or `globals` used as a whole, and `import` by a computed name.
//!
//! Part of hover. Invariant: it says what the warnings do, as docs/architecture.md has it under "Injection and openness": only words say it
//! that open something, each of what it opens. The test to read first is `a_word_that_opens_names_says_so` in `ide/tests/open.rs`.

use super::super::names::units_at;
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use minilive_mir::ir::UnitKind;
use minilive_runtime::intrinsics;
use minilive_syntax::{SyntaxKind, SyntaxToken};

/// The sentence, if the word is one that opens names.
pub fn reason(db: &LiveDb, document: &DocumentView, word: &SyntaxToken) -> Option<String> {
    let facts = db::file_facts(db, document.file);
    let unit = units_at(db, document.file, word.text_range().start()).next()?;
    let (open, at_top) = (facts.unit(unit).facts.open, facts.unit(unit).kind == UnitKind::Statement);
    let here = if at_top { "in this file" } else { "in this function and those directly inside it" };
    let name = word.text();
    let opens = match name {
        "locals" => open.locals,
        "outer" => open.outer,
        "globals" => open.globals,
        "import" if facts.imports_out_of_sight(unit) && !has_plain_name(word) => {
            return Some(format!(
                "Names are not judged {here}, because this imports a module whose name does not stand in the text: it may make any variable."
            ));
        }
        _ => false,
    };
    if !opens || !is_whole(word) {
        return None;
    }
    let because = format!("because `{name}` is used as a whole here, which may read and make any variable");
    Some(match name {
        "locals" => format!("Names are not judged {here}, {because} there."),
        "outer" if facts.enclosing_function(unit).is_some() => {
            format!("Whether the variables of the function around are used is not judged, {because} there.")
        }
        _ => format!("Unknown names are not told in this file, {because} of the program."),
    })
}

/// Whether an `import` has the name of its module in quotes, and nothing else.
fn has_plain_name(import: &SyntaxToken) -> bool {
    let mut behind = behind(import).filter(|it| it.kind() != SyntaxKind::LParen);
    let is_text = behind.next().is_some_and(|it| it.kind() == SyntaxKind::StringLit);
    is_text && behind.next().is_none_or(|it| matches!(it.kind(), SyntaxKind::Newline | SyntaxKind::RParen))
}

/// Whether a map of names is used for more than for one of its names: not `locals.x`, `locals["x"]` or `locals.hasIndex("x")`, nor compared.
fn is_whole(word: &SyntaxToken) -> bool {
    let is_comparison = |it: &SyntaxToken| matches!(it.kind(), SyntaxKind::EqEq | SyntaxKind::NotEq);
    let before = std::iter::successors(word.prev_token(), SyntaxToken::prev_token).find(|it| !it.kind().is_trivia());
    if before.as_ref().is_some_and(|it| is_comparison(it) || it.kind() == SyntaxKind::Dot) {
        return false;
    }
    let next: Vec<_> = behind(word).take(4).collect();
    let kind = |at: usize| next.get(at).map(SyntaxToken::kind);
    match kind(0) {
        Some(SyntaxKind::Dot) => {
            let member = next.get(1).map_or("", |it| it.text());
            let asks = member == "hasIndex" && kind(3) == Some(SyntaxKind::StringLit);
            intrinsics::type_methods("map").contains(&member) && !asks
        }
        Some(SyntaxKind::LBracket) => kind(1) != Some(SyntaxKind::StringLit) || kind(2) != Some(SyntaxKind::RBracket),
        _ => !next.first().is_some_and(is_comparison),
    }
}

fn behind(word: &SyntaxToken) -> impl Iterator<Item = SyntaxToken> + use<> {
    std::iter::successors(word.next_token(), SyntaxToken::next_token).filter(|it| !it.kind().is_trivia())
}
