//! Actions for a whole file, which editors ask for when it is saved: all fixes that nobody need look at, and imports in order.
//!
//! Part of `actions`. Invariants: what they do changes nothing that a program does; nothing is offered where nothing is to be done; imports change
//! their places only if nothing stands between them and each of their modules does the same wherever it is loaded.

use super::context::Context;
use super::{Action, ActionKind, Edit, checks, unused};
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use crate::ide::checks::{Behind, Check, is_seen_whole, program};
use crate::ide::live::Live;
use minilive_syntax::TextRange;
use minilive_syntax::ast::{AstNode, Stmt};

/// A program of more files is left as it is.
const MOST_FILES: usize = 32;

/// The actions of one of these kinds for a document.
pub fn source_actions(db: &LiveDb, document: &DocumentView, live: &Live, wanted: &[ActionKind]) -> Vec<Action> {
    let ctx = Context::new(db, document, live, TextRange::default());
    if wanted.is_empty() || ctx.is_broken() {
        return Vec::new();
    }
    let found = checks(db, document, &live.checks, &live.places);
    let action = |kind: &ActionKind| {
        let (title, edits) = match kind {
            ActionKind::FixAll => ("Do all safe fixes", fixes(&ctx, &found)),
            ActionKind::OrganizeImports => ("Put the imports in order", imports(&ctx, &found)),
            _ => return None,
        };
        let edits = ctx.parsing(edits).filter(|it| !it.is_empty())?;
        Some(Action { title: title.to_owned(), kind: *kind, edits, answers: None, preferred: false, may_differ: false })
    };
    wanted.iter().filter_map(action).collect()
}

/// The edits of fixes after which a program does what it did, none of which touches another.
fn fixes(ctx: &Context<'_>, found: &[Check]) -> Vec<Edit> {
    let mut edits = removals(ctx, found);
    let plain = found.iter().filter(|it| it.code == "useless-reference").filter_map(|it| it.fix.as_ref());
    edits.extend(plain.map(|it| Edit { range: it.range, insert: it.insert.clone() }));
    edits.sort_by_key(|it| (it.range.start(), it.range.end()));
    edits.dedup_by(|next, edit| next.range.start() < edit.range.end() || next.range == edit.range);
    edits
}

/// The removals of modules that are never used, and do nothing but define. A file of nothing but imports is left to who writes it.
fn removals(ctx: &Context<'_>, found: &[Check]) -> Vec<Edit> {
    let mut statements = ctx.root.children().filter_map(Stmt::cast);
    if statements.all(|it| ctx.text(it.range()).starts_with("import")) {
        return Vec::new();
    }
    let unused = found.iter().filter(|it| it.code == "unused-import" && unused::only_defines(ctx, it));
    unused.filter_map(|it| unused::action(ctx, it)).flat_map(|it| it.edits).collect()
}

/// The imports at the head of the file without those that are not needed, in order if the order cannot matter; else the removals alone.
fn imports(ctx: &Context<'_>, found: &[Check]) -> Vec<Edit> {
    let mut edits = removals(ctx, found);
    let head = head(ctx);
    let is_gone = |import: &Import| edits.iter().any(|it| it.range.contains_range(import.range));
    let kept: Vec<&Import> = head.iter().filter(|it| !is_gone(it)).collect();
    let mut sorted = kept.clone();
    sorted.sort_by_key(|it| (it.path.to_lowercase(), it.path.clone()));
    let (Some(first), Some(last)) = (head.first(), head.last()) else { return edits };
    if sorted.iter().zip(&kept).all(|(a, b)| a.path == b.path) || !may_move(ctx, &kept) {
        return edits;
    }
    let all = TextRange::new(first.range.start(), last.range.end());
    let lines: Vec<&str> = sorted.iter().map(|it| ctx.text(it.range)).collect();
    edits.retain(|it| it.range.intersect(all).is_none());
    edits.push(Edit { range: all, insert: lines.join(ctx.line_end()) });
    edits.sort_by_key(|it| it.range.start());
    edits
}

/// A statement that is nothing but an `import`.
#[derive(Clone)]
struct Import {
    path: String,
    range: TextRange,
}

/// The imports with which the file begins, each on the line behind the one before, with nothing else on it.
fn head(ctx: &Context<'_>) -> Vec<Import> {
    let mut found: Vec<Import> = Vec::new();
    for statement in ctx.root.children().map_while(Stmt::cast) {
        let (range, index) = (statement.range(), &ctx.document.index);
        let path = ctx.text(range).strip_prefix("import").map(|it| it.trim_matches(|c| " \t()".contains(c)));
        let path = path.and_then(|it| it.strip_prefix('"')?.strip_suffix('"')).filter(|it| !it.contains(['"', '\n']));
        let line = index.line_of(range.start());
        let is_next = found.last().is_none_or(|it| index.line_of(it.range.end()) + 1 == line);
        let is_alone = ctx.line_before(range.start()).is_empty() && ctx.line_after(range.end()).trim().is_empty();
        match path.filter(|_| is_next && is_alone) {
            Some(path) => found.push(Import { path: path.to_owned(), range }),
            None => break,
        }
    }
    found
}

/// Whether modules do the same in whatever order they are loaded: each gives a variable of its own, does nothing else, and sees nothing of the
/// others; and nobody sees the variables in their order.
fn may_move(ctx: &Context<'_>, imports: &[&Import]) -> bool {
    let names: Vec<&str> = imports.iter().map(|it| it.path.rsplit('/').next().unwrap_or_default()).collect();
    let is_double = |(at, name): (usize, &&str)| names[..at].contains(name);
    let (file, behind) = (ctx.document.file, Behind::new(ctx.db, ctx.document.file, &ctx.live.places));
    let is_closed = |facts: &db::FileFacts| facts.open_units().next().is_none();
    let sees_nothing = |file: db::File| {
        let facts = db::file_facts(ctx.db, file);
        let sees = |name: &&str| facts.is_read(name) && !facts.is_global(name) || facts.is_read_through(name);
        !names.iter().any(sees) && is_closed(&facts)
    };
    !names.iter().enumerate().any(is_double)
        && !names.iter().any(|name| minilive_runtime::intrinsics::find(name).is_some())
        && is_closed(&ctx.facts())
        && !is_seen_whole(ctx.db, file)
        && imports.iter().all(|it| behind.only_defines(&it.path))
        && program(ctx.db, file, &ctx.live.places, MOST_FILES)
            .is_some_and(|files| files.into_iter().filter(|it| *it != file).all(sees_nothing))
}
