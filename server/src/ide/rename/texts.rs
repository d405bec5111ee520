//! Texts that are the name of a member or a global: each of them may be a key that is worked out, or the name by which elements are sorted.
//!
//! Part of `rename.rs`. Invariant: a text that stands where it is certainly a key is a use of its own and not told here again.

use crate::db::{self, File, LiveDb};
use crate::ide::names::{Found, units_at};
use minilive_mir::names::Access;
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use rowan::NodeOrToken;

/// All such texts of the workspace.
pub fn texts(db: &LiveDb, name: &str) -> Vec<Found> {
    let (quoted, mut found) = (format!("\"{name}\""), Vec::new());
    for &file in db.files().iter() {
        db.poll();
        let text = file.text(db);
        let is_whole = text.contains(&quoted);
        if is_whole || text.contains(name) && text.contains("split") {
            let root = SyntaxNode::new_root(file.parse(db).green.clone());
            let ranges = if is_whole { whole(db, file, &root, &text, &quoted) } else { Vec::new() };
            let parts = if text.contains("split") { parts(&root, &text, name) } else { Vec::new() };
            let place = |range| Found { file, unit: 0, range, access: Access::Read, certain: false, quoted: true };
            found.extend(ranges.into_iter().chain(parts).map(place));
        }
    }
    found
}

/// The texts that are nothing but the name.
fn whole(db: &LiveDb, file: File, root: &SyntaxNode, text: &str, quoted: &str) -> Vec<TextRange> {
    let mut found = Vec::new();
    for (at, whole) in text.match_indices(quoted) {
        let range = TextRange::at(TextSize::new(at as u32), TextSize::of(whole));
        let inside = TextRange::new(range.start() + TextSize::of('"'), range.end() - TextSize::of('"'));
        if !is_key(db, file, inside) && string_at(root, range).is_some_and(|it| it.text_range() == range) {
            found.push(inside);
        }
    }
    found
}

/// The name among others in a text that is split into them: `"x y".split`, `split("x,y", ",")`
fn parts(root: &SyntaxNode, text: &str, name: &str) -> Vec<TextRange> {
    let mut found = Vec::new();
    for (at, part) in text.match_indices(name) {
        let (before, behind) = (&text[..at], &text[at + part.len()..]);
        let is_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
        let in_quotes = before.rsplit('\n').next().is_some_and(|it| it.contains('"'));
        if !in_quotes || is_word(before.chars().next_back()) || is_word(behind.chars().next()) {
            continue;
        }
        let range = TextRange::at(TextSize::new(at as u32), TextSize::of(part));
        let Some(token) = string_at(root, range) else { continue };
        let around = token.text_range();
        let is_all = around.len() == range.len() + TextSize::of("\"\"");
        let is_split = text[usize::from(around.end())..].starts_with(".split")
            || text[..usize::from(around.start())].ends_with("split(");
        if is_split && !is_all {
            found.push(range);
        }
    }
    found
}

/// The string literal that holds a range. Goes down the tree without a look at what stands beside the way, which may be thousands of
/// statements.
fn string_at(root: &SyntaxNode, range: TextRange) -> Option<SyntaxToken> {
    let mut around = root.clone();
    loop {
        match around.child_or_token_at_range(range)? {
            NodeOrToken::Node(inner) => around = inner,
            NodeOrToken::Token(it) => return Some(it).filter(|it| it.kind() == SyntaxKind::StringLit),
        }
    }
}

/// Whether the string there is a key where it stands.
fn is_key(db: &LiveDb, file: File, range: TextRange) -> bool {
    let units = db::units(db, file);
    units_at(db, file, range.start()).any(|unit| {
        let placed = units.at(unit);
        let uses = &db::unit_names(db, placed.unit).uses;
        range.start().checked_sub(placed.start).is_some_and(|start| {
            let at = uses.partition_point(|it| it.range.start() < start);
            uses.get(at).is_some_and(|it| it.quoted && it.range.start() == start)
        })
    })
}
