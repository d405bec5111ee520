//! Layouts and markers of a file, in the places of one revision.
//!
//! Each query is one pass over what `units` keeps of statements and units; `ide` and `evaluate` read them. Invariant: queries are pure;
//! whatever depends on a position runs per file. The tests to read first are in `db/tests.rs`: they list what an edit runs.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::layout::{CodeEntry, Layout, MarkerCode, MarkerItem, MarkerOptions, MarkerUse};
use super::pieces::{Chunk, FileUnits, PlacedUnit};
use super::units::{collect_comments, file_units, function_mir, statement_comments, unit_places, units};
use super::wanted::while_wanted;
use super::{Db, File};
use minilive_mir::diagnostic::Severity;
use minilive_mir::ir::UnitKind;
use minilive_mir::lower::lower_expression;
use minilive_mir::program::Fingerprint;
use minilive_mir::units::is_statement;
use minilive_syntax::ast::{AstNode, Stmt};
use minilive_syntax::marker::Marker;
use minilive_syntax::{MiniScript, SyntaxKind, TextRange, TextSize};
use rowan::{GreenNodeData, Language, NodeOrToken};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// The expression of a marker, by its text.
#[salsa::interned]
pub struct MarkerText<'db> {
    /// The text.
    #[returns(deref)]
    pub text: String,
}

/// All units with code and places. No query: it is the pieces of the units, whose code is made once for each chunk.
pub fn file_layout(db: &dyn Db, file: File) -> Arc<Layout> {
    let units = file_units(db, file);
    for piece in &units.pieces {
        piece.chunk.codes.get_or_init(|| codes(db, &piece.chunk));
    }
    Arc::new(Layout::new(units.clone()))
}

/// What the units of a chunk are, for which their code and places are made.
fn codes(db: &dyn Db, chunk: &Chunk) -> Vec<CodeEntry> {
    let entries = chunk.units.iter().map(|it| {
        db.makes("code_entry", None);
        unit_places(db, &it.unit);
        let (key, kind) = (it.unit.key, it.unit.kind);
        let is_definition = kind == UnitKind::Statement && is_definition(&it.unit.green);
        CodeEntry { key, fingerprint: function_mir(db, &it.unit).fingerprint, kind, is_definition }
    });
    entries.collect()
}

fn kind_of(node: &GreenNodeData) -> SyntaxKind {
    MiniScript::kind_from_raw(node.kind())
}

fn nodes(node: &GreenNodeData) -> impl Iterator<Item = &GreenNodeData> {
    node.children().filter_map(NodeOrToken::into_node)
}

/// Whether a statement only defines: an assignment, an `import`, or a block made only of such.
fn is_definition(statement: &GreenNodeData) -> bool {
    match kind_of(statement) {
        SyntaxKind::AssignStmt => true,
        SyntaxKind::CallStmt => is_import(statement),
        SyntaxKind::IfStmt => nodes(statement).all(bodies_define),
        SyntaxKind::WhileStmt | SyntaxKind::ForStmt => bodies_define(statement),
        SyntaxKind::BreakStmt | SyntaxKind::ContinueStmt => true,
        _ => false,
    }
}

fn bodies_define(node: &GreenNodeData) -> bool {
    let blocks = nodes(node).filter(|node| kind_of(node) == SyntaxKind::Block);
    blocks.flat_map(nodes).filter(|node| Stmt::can_cast(kind_of(node))).all(is_definition)
}

/// Whether a call statement is an `import`.
pub(super) fn is_import(call: &GreenNodeData) -> bool {
    let callee = nodes(call).next().filter(|node| kind_of(node) == SyntaxKind::NameExpr);
    callee.is_some_and(|name| name.to_string() == "import")
}

/// A marker's expression as code. Keyed by its text, so that editing a marker lowers that marker only.
#[salsa::tracked(returns(clone))]
pub fn marker_code<'db>(db: &'db dyn Db, marker: MarkerText<'db>) -> MarkerCode {
    let (units, errors) = lower_expression(marker.text(db));
    let fingerprint = match &*units {
        [only] => only.fingerprint,
        units => Fingerprint(units.iter().fold(0, |hash, unit| hash.rotate_left(7) ^ unit.fingerprint.0)),
    };
    let first = errors.into_iter().find(|error| error.severity == Severity::Error || units.is_empty());
    MarkerCode { units: units.into(), fingerprint, trouble: first.map(|error| error.message) }
}

/// A marker comment at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Comment {
    start: TextSize,
    text: String,
}

/// How watches and examples begin.
const MARKS: [&str; 2] = ["//>", "//@"];

/// All comments of a file that are watches or examples; other markers may be among them.
#[salsa::tracked(no_eq, returns(deref))]
fn comments(db: &dyn Db, file: File) -> Vec<Comment> {
    let kept = file.kept(db);
    if !kept.marks.are_in(kept.is_open(), &file.text(db), &MARKS) {
        return Vec::new();
    }
    let (parse, units) = (file.parse(db), file_units(db, file));
    let (mut at, mut found) = (TextSize::new(0), Vec::new());
    let mut statements = units.statements();
    for child in while_wanted(db, parse.green.children()) {
        match child {
            NodeOrToken::Node(node) if is_statement(node) => {
                let inside = statements.next().map_or(&[][..], |(statement, _)| statement_comments(db, statement));
                found.extend(inside.iter().map(|(start, text)| Comment { start: at + *start, text: text.clone() }));
            }
            NodeOrToken::Node(node) => {
                let mut inside = Vec::new();
                collect_comments(node, at, &mut inside);
                found.extend(inside.into_iter().map(|(start, text)| Comment { start, text }));
            }
            NodeOrToken::Token(token) if token.kind() == SyntaxKind::MarkerComment.into() => {
                found.push(Comment { start: at, text: token.text().to_owned() });
            }
            NodeOrToken::Token(_) => {}
        }
        at += child.text_len();
    }
    found
}

/// The watches and examples of a file, in order.
#[salsa::tracked(no_eq, returns(clone))]
pub fn marker_items(db: &dyn Db, file: File) -> Arc<[Arc<MarkerItem>]> {
    let comments = comments(db, file);
    if comments.is_empty() {
        return Arc::default();
    }
    let (units, text) = (units(db, file), file.text(db));
    let mut equal = FxHashMap::<u64, u64>::default();
    let mut items = Vec::new();
    let (mut line, mut counted) = (0, 0);
    for comment in while_wanted(db, comments) {
        let start = usize::from(comment.start);
        line += line_ends(&text[counted..start]);
        counted = start;
        let Some(asked) = Asked::of(&comment.text) else {
            continue;
        };
        let code = marker_code(db, MarkerText::new(db, asked.text));
        let identity = hash_of((asked.usage, asked.text, asked.name, &asked.options));
        let ordinal = equal.entry(identity).or_insert(0);
        let id = hash_of((identity, *ordinal));
        *ordinal += 1;
        let is_example = asked.usage == MarkerUse::Example;
        let function = is_example.then(|| function_at(units, comment.start)).flatten();
        items.push(Arc::new(MarkerItem {
            id,
            usage: asked.usage,
            name: asked.name.map(str::to_owned),
            text: asked.text.to_owned(),
            expr_range: TextRange::at(comment.start + TextSize::new(asked.offset as u32), TextSize::of(asked.text)),
            range: TextRange::at(comment.start, TextSize::of(&*comment.text)),
            line,
            function: function.map(|placed| placed.unit.key),
            function_name: function.map(|placed| placed.name.to_string()),
            options: asked.options,
            code,
        }));
    }
    items.into()
}

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

fn line_ends(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let is_end = |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    (0..bytes.len()).filter(|&at| is_end(at)).count() as u32
}

/// The function an example at this place belongs to: the innermost around it, else the next one.
fn function_at(units: &FileUnits, at: TextSize) -> Option<PlacedUnit<'_>> {
    let is_function = |placed: &PlacedUnit<'_>| placed.unit.kind == UnitKind::Function;
    let behind = units.started(at);
    let around = |placed: &PlacedUnit<'_>| at < placed.range().end();
    let inside = units.range(0..behind).rev().filter(is_function).find(around);
    inside.or_else(|| units.range(behind..units.len()).find(is_function))
}

/// What a marker comment asks to be evaluated.
struct Asked<'a> {
    usage: MarkerUse,
    name: Option<&'a str>,
    text: &'a str,
    /// Of the expression in the comment.
    offset: usize,
    options: MarkerOptions,
}

impl<'a> Asked<'a> {
    /// `None` for markers that ask for something else.
    fn of(comment: &'a str) -> Option<Asked<'a>> {
        let (usage, name, span, options) = match Marker::parse(comment)? {
            Marker::Watch { effectful: false, expr, .. } => (MarkerUse::Watch, None, expr, Vec::new()),
            Marker::Watch { effectful: true, expr, .. } => (MarkerUse::AskedWatch, None, expr, Vec::new()),
            Marker::Example { name, call, options, .. } => (MarkerUse::Example, name, call, options),
            _ => return None,
        };
        let text = &comment[span.clone()];
        let mut read = MarkerOptions::default();
        for (key, value) in options {
            set_option(&mut read, &comment[key], &comment[value]);
        }
        let name = name.map(|name| &comment[name]).filter(|name| !name.is_empty());
        (!text.is_empty()).then_some(Asked { usage, name, text, offset: span.start, options: read })
    }
}

/// Options that cannot be read leave the default.
fn set_option(options: &mut MarkerOptions, key: &str, value: &str) {
    match key {
        "seed" => options.seed = value.parse().ok(),
        "frames" => options.frames = value.parse().unwrap_or(options.frames),
        "budget" => options.budget = value.trim_end_matches("ms").parse().ok().map(Duration::from_millis),
        "input" => {
            let lines = value.trim_start_matches('[').trim_end_matches(']').split("\",");
            options.input = lines.map(|line| line.trim().trim_matches('"').replace("\"\"", "\"")).collect();
        }
        _ => {}
    }
}
