//! The derived queries: from a file's tree to units, MIR and markers.
//!
//! Each is a few lines that call into `syntax` and `mir`; `ide` and `evaluate` read them. The chain is
//! `units → cut → skeleton → lower_unit → function_mir`; `places` and `file_layout` bring positions back at its side.
//! Invariants: no offset stands behind [`function_mir`]; queries are pure; whatever depends on a position runs per file.
//! The tests to read first are in `db/tests.rs`: they list what an edit runs.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::layout::{Code, Layout, LayoutUnit, MarkerCode, MarkerItem, MarkerOptions, MarkerUse, Places};
use super::skeleton::{Skeleton, real_line, real_range};
use super::{Db, File};
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_mir::fingerprint::fingerprint;
use minilive_mir::ir::{UnitKey, UnitKind};
use minilive_mir::lower::{Lowered, lower_expression, lower_unit as lower};
use minilive_mir::program::{Fingerprint, UnitInfo};
use minilive_mir::units::{FileMode, StatementShape, statement_shape, units_with};
use minilive_syntax::ast::{AstNode, Stmt};
use minilive_syntax::marker::Marker;
use minilive_syntax::{MiniScript, SyntaxKind, TextRange, TextSize};
use rowan::{GreenNode, GreenNodeData, Language, NodeOrToken};
use rustc_hash::{FxHashMap, FxHasher};
use smol_str::SmolStr;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// A green node that is found equal by address first. Comparing trees has no such shortcut.
#[derive(Debug, Clone)]
pub struct Green(pub GreenNode);

impl Green {
    fn address(&self) -> *const GreenNodeData {
        &raw const *self.0
    }
}

impl PartialEq for Green {
    fn eq(&self, other: &Green) -> bool {
        self.address() == other.address() || self.0 == other.0
    }
}

impl Eq for Green {}

/// A green node that is equal to itself alone: a cheap key for what was found out about it.
#[derive(Debug, Clone)]
pub struct GreenIdentity(pub Green);

impl PartialEq for GreenIdentity {
    fn eq(&self, other: &GreenIdentity) -> bool {
        self.0.address() == other.0.address()
    }
}

impl Eq for GreenIdentity {}

impl Hash for GreenIdentity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.address().hash(state);
    }
}

/// A top-level statement's tree: an edit elsewhere leaves it the same object.
#[salsa::interned]
pub struct StatementTree<'db> {
    /// The tree.
    #[returns(ref)]
    pub green: GreenIdentity,
}

/// A unit of a file. Its identity survives edits; its tree is all it depends on.
#[salsa::tracked(debug)]
pub struct FileUnit<'db> {
    /// Stable identity.
    #[returns(copy)]
    pub key: UnitKey,
    /// What it is.
    #[returns(copy)]
    pub kind: UnitKind,
    /// Its own tree.
    #[tracked]
    #[returns(ref)]
    pub green: Green,
}

/// A unit with its place in one revision.
#[derive(Debug, Clone, PartialEq, Eq, salsa::SalsaValue)]
pub struct PlacedUnit<'db> {
    /// The unit.
    pub unit: FileUnit<'db>,
    /// The unit around it, an index into the same list.
    pub parent: Option<u32>,
    /// Where it starts.
    pub start: TextSize,
    /// The line (1-based) on which it starts.
    pub base_line: u32,
    /// A function's name.
    pub name: SmolStr,
}

/// The expression of a marker, by its text.
#[salsa::interned]
pub struct MarkerText<'db> {
    /// The text.
    #[returns(deref)]
    pub text: String,
}

/// What a statement contributes to the units of its file. A query, so that an edit looks into one statement only.
#[salsa::tracked(returns(clone))]
fn shape<'db>(db: &'db dyn Db, statement: StatementTree<'db>) -> Arc<StatementShape> {
    Arc::new(statement_shape(&statement.green(db).0.0))
}

/// The units of a file with their places. Changes with every edit; what stands behind depends on single units.
#[salsa::tracked(no_eq, returns(deref))]
pub fn units<'db>(db: &'db dyn Db, file: File) -> Vec<PlacedUnit<'db>> {
    let parse = file.parse(db);
    let units = units_with(&parse.green, FileMode::Program, |statement| {
        shape(db, StatementTree::new(db, GreenIdentity(Green(statement.to_owned()))))
    });
    let place = |unit: minilive_mir::units::UnitSyntax| PlacedUnit {
        unit: FileUnit::new(db, unit.key, unit.kind, Green(unit.green)),
        parent: unit.parent,
        start: unit.start,
        base_line: unit.base_line,
        name: unit.name,
    };
    units.into_iter().map(place).collect()
}

/// The units of a file without their places. A query to stop invalidation: moving code keeps the list.
#[salsa::tracked(returns(deref))]
pub fn unit_ids<'db>(db: &'db dyn Db, file: File) -> Vec<FileUnit<'db>> {
    units(db, file).iter().map(|placed| placed.unit).collect()
}

/// A unit's tree without nested bodies and comments, and where they were.
#[salsa::tracked(no_eq, returns(clone))]
pub(super) fn cut<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Arc<Skeleton> {
    Arc::new(Skeleton::of(&unit.green(db).0))
}

/// The tree that is lowered. A query to stop invalidation: edits in nested bodies and comments keep it.
#[salsa::tracked(returns(ref))]
pub(super) fn skeleton<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Green {
    Green(cut(db, unit).green.clone())
}

/// A unit's MIR together with its source map and diagnostics.
#[salsa::tracked(no_eq, returns(ref))]
pub fn lower_unit<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Arc<Lowered> {
    Arc::new(lower(&skeleton(db, unit).0, unit.kind(db), unit.key(db)))
}

/// A unit's MIR alone, with its fingerprint: the firewall. What stands behind it does not see white space.
#[salsa::tracked(returns(clone))]
pub fn function_mir<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Code {
    code(&lower_unit(db, unit).unit)
}

/// The fingerprints of all units of a file: what decides whether an evaluation has to run again.
#[salsa::tracked(returns(clone))]
pub fn fingerprints(db: &dyn Db, file: File) -> Arc<[(UnitKey, Fingerprint)]> {
    unit_ids(db, file).iter().map(|&unit| (unit.key(db), function_mir(db, unit).fingerprint)).collect()
}

/// Where a unit's instructions come from in its whole text.
#[salsa::tracked(returns(clone))]
pub fn unit_places<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Arc<Places> {
    let (map, cut) = (&lower_unit(db, unit).map, cut(db, unit));
    Arc::new(Places {
        ranges: map.ranges.iter().map(|&range| real_range(&cut.holes, range)).collect(),
        lines: map.lines.iter().map(|&line| real_line(&cut.holes, line)).collect(),
    })
}

/// A unit's diagnostics with places relative to its whole text.
#[salsa::tracked(returns(clone))]
pub fn unit_diagnostics<'db>(db: &'db dyn Db, unit: FileUnit<'db>) -> Arc<[Diagnostic]> {
    let diagnostics = &lower_unit(db, unit).diagnostics;
    if diagnostics.is_empty() {
        return Arc::default();
    }
    let cut = cut(db, unit);
    let place = |diagnostic: &Diagnostic| {
        let mut diagnostic = diagnostic.clone();
        diagnostic.range = real_range(&cut.holes, diagnostic.range);
        diagnostic.reference_line = real_line(&cut.holes, diagnostic.reference_line);
        diagnostic
    };
    diagnostics.iter().map(place).collect()
}

/// All units with code and places. A query, since several features ask for it in one revision.
#[salsa::tracked(no_eq, returns(clone))]
pub fn file_layout(db: &dyn Db, file: File) -> Arc<Layout> {
    let units = units(db, file).iter().map(|placed| {
        let places = unit_places(db, placed.unit);
        let green = &placed.unit.green(db).0;
        LayoutUnit {
            key: placed.unit.key(db),
            kind: placed.unit.kind(db),
            parent: placed.parent,
            range: TextRange::at(placed.start, green.text_len()),
            name: placed.name.clone(),
            is_definition: placed.unit.kind(db) == UnitKind::Statement && is_definition(green),
            code: function_mir(db, placed.unit),
            info: Arc::new(UnitInfo {
                name: placed.name.clone(),
                base_line: placed.base_line,
                lines: places.lines.clone(),
            }),
            places,
        }
    });
    Arc::new(Layout::new(units.collect()))
}

fn code(unit: &minilive_mir::ir::Unit) -> Code {
    Code { fingerprint: fingerprint(unit), unit: Arc::new(unit.clone()) }
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

fn is_import(call: &GreenNodeData) -> bool {
    let callee = nodes(call).next().filter(|node| kind_of(node) == SyntaxKind::NameExpr);
    callee.is_some_and(|name| name.to_string() == "import")
}

/// The marker comments inside one top-level statement, with places relative to it.
#[salsa::tracked(returns(clone))]
fn statement_comments<'db>(db: &'db dyn Db, statement: StatementTree<'db>) -> Arc<[(TextSize, String)]> {
    let mut found = Vec::new();
    collect_comments(&statement.green(db).0.0, TextSize::new(0), &mut found);
    found.into()
}

fn collect_comments(node: &GreenNodeData, mut at: TextSize, found: &mut Vec<(TextSize, String)>) {
    for child in node.children() {
        match child {
            NodeOrToken::Node(child) => collect_comments(child, at, found),
            NodeOrToken::Token(token) if token.kind() == SyntaxKind::MarkerComment.into() => {
                found.push((at, token.text().to_owned()));
            }
            NodeOrToken::Token(_) => {}
        }
        at += child.text_len();
    }
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

/// All marker comments of a file.
#[salsa::tracked(no_eq, returns(deref))]
fn comments(db: &dyn Db, file: File) -> Vec<Comment> {
    let parse = file.parse(db);
    let (mut at, mut found) = (TextSize::new(0), Vec::new());
    for child in parse.green.children() {
        match child {
            NodeOrToken::Node(node) => {
                let tree = StatementTree::new(db, GreenIdentity(Green(node.to_owned())));
                let inside = statement_comments(db, tree);
                found.extend(inside.iter().map(|(start, text)| Comment { start: at + *start, text: text.clone() }));
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
    for comment in comments {
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
        let function = is_example.then(|| function_at(db, units, comment.start)).flatten();
        items.push(Arc::new(MarkerItem {
            id,
            usage: asked.usage,
            name: asked.name.map(str::to_owned),
            text: asked.text.to_owned(),
            expr_range: TextRange::at(comment.start + TextSize::new(asked.offset as u32), TextSize::of(asked.text)),
            range: TextRange::at(comment.start, TextSize::of(&*comment.text)),
            line,
            function: function.map(|placed| placed.unit.key(db)),
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
fn function_at<'a, 'db>(db: &'db dyn Db, units: &'a [PlacedUnit<'db>], at: TextSize) -> Option<&'a PlacedUnit<'db>> {
    let is_function = |placed: &&PlacedUnit<'db>| placed.unit.kind(db) == UnitKind::Function;
    let behind = units.partition_point(|placed| placed.start <= at);
    let around = |placed: &&PlacedUnit<'db>| at < placed.start + placed.unit.green(db).0.text_len();
    let inside = units[..behind].iter().rev().filter(is_function).find(around);
    inside.or_else(|| units[behind..].iter().find(is_function))
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
