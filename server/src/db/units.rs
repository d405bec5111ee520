//! The units of a file with everything that follows from one unit's text alone, kept from one edit to the next.
//!
//! [`file_units`] is the one query that looks at the tree of a file; all other queries start from it. What an edit left as it was is the
//! same object as before, found by comparing green nodes by address, so that an edit costs a glance at each statement and the work of the
//! edited units. Results of a unit ([`UnitText`], and [`Body`] for what its skeleton decides) are made when somebody asks for them and stay
//! with it. Invariants: what is kept is a pure function of what it is kept with, so that it only decides which object an answer is, never
//! what it says; no offset stands in what [`function_mir`] and [`unit_facts`] give: if those say what they said before, they are the same
//! object. The tests to read first are in `db/tests.rs`: they list what an edit makes anew.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::layout::{Code, Places};
use super::skeleton::{Hole, Skeleton, real_line, real_range};
use super::types::Typed;
use super::{Db, File};
use crate::modules::{ConstantImport, constant_imports};
use minilive_mir::checks::{Finding, check};
use minilive_mir::diagnostic::Diagnostic;
use minilive_mir::fingerprint::fingerprint;
use minilive_mir::ir::{UnitKey, UnitKind};
use minilive_mir::lower::lower_unit;
use minilive_mir::names::{NameUse, UnitFacts, UnitNames, collect};
use minilive_mir::units::{StatementShape, is_statement, line_ends_between, statement_shape};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::{GreenNode, GreenNodeData, NodeOrToken};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The code of a unit with what is kept beside it; places are those of the skeleton.
struct Lowering {
    code: Code,
    places: Arc<Places>,
    diagnostics: Vec<Diagnostic>,
}

/// What was known of the unit's body before an edit: results that say the same are the same objects.
#[derive(Default, Clone)]
struct Former {
    code: Option<Code>,
    facts: Option<Arc<UnitFacts>>,
}

/// What a unit is without nested bodies and comments, and what follows from it.
struct Body {
    key: UnitKey,
    kind: UnitKind,
    skeleton: GreenNode,
    former: Mutex<Former>,
    lowering: OnceLock<Lowering>,
    names: OnceLock<(Arc<UnitNames>, Arc<UnitFacts>)>,
    checks: OnceLock<Vec<Finding>>,
    /// The last types that were asked for.
    types: Mutex<Option<Typed>>,
}

/// A unit of a file, and what follows from its text alone.
pub struct UnitText {
    /// Stable identity.
    pub key: UnitKey,
    /// What it is.
    pub kind: UnitKind,
    /// Its tree.
    pub green: GreenNode,
    holes: Vec<Hole>,
    body: Arc<Body>,
    places: OnceLock<Arc<Places>>,
    names: OnceLock<Arc<UnitNames>>,
    diagnostics: OnceLock<Arc<[Diagnostic]>>,
    checks: OnceLock<Arc<[Finding]>>,
}

/// A unit with its place in one revision.
#[derive(Debug, Clone)]
pub struct PlacedUnit {
    /// The unit.
    pub unit: Arc<UnitText>,
    /// The unit around it, an index into the same list.
    pub parent: Option<u32>,
    /// Where it starts.
    pub start: TextSize,
    /// The line (1-based) on which it starts.
    pub base_line: u32,
    /// A function's name.
    pub name: SmolStr,
}

impl PlacedUnit {
    /// Its text in the file.
    pub fn range(&self) -> TextRange {
        TextRange::at(self.start, self.unit.green.text_len())
    }
}

/// A top-level statement with its units, whose places and parents are relative to it.
pub(super) struct Statement {
    green: GreenNode,
    shape: Arc<StatementShape>,
    equal_before: u32,
    functions_before: u32,
    pub(super) units: Vec<PlacedUnit>,
    comments: OnceLock<Arc<[(TextSize, String)]>>,
    imports: OnceLock<Arc<[ConstantImport]>>,
}

/// The units of a file in source order, outer before inner.
#[derive(Default)]
pub struct FileUnits {
    pub(super) statements: Vec<Arc<Statement>>,
    pub(super) units: Vec<PlacedUnit>,
}

impl std::fmt::Debug for UnitText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnitText").field("key", &self.key).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for FileUnits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.units).finish()
    }
}

/// The units of a file. Changes with every edit; what stands behind depends on single units.
#[salsa::tracked(no_eq, returns(ref), lru = 64)]
pub(super) fn file_units(db: &dyn Db, file: File) -> Arc<FileUnits> {
    let kept = file.kept(db);
    let before = kept.units.get().unwrap_or_default();
    let now = Arc::new(Collector::new(db, &before, &file.parse(db).green).collect());
    if kept.is_open() {
        kept.units.set(now.clone());
    }
    now
}

/// The units of a file with their places.
pub fn units(db: &dyn Db, file: File) -> &[PlacedUnit] {
    &file_units(db, file).units
}

fn is_same(a: &GreenNodeData, b: &GreenNodeData) -> bool {
    std::ptr::eq(a, b)
}

pub(super) fn statements(file: &GreenNodeData) -> impl DoubleEndedIterator<Item = &GreenNodeData> {
    file.children().filter_map(NodeOrToken::into_node).filter(|node| is_statement(node))
}

/// Puts the units of a file together from those it had and those of edited statements.
struct Collector<'a> {
    db: &'a dyn Db,
    file: &'a GreenNodeData,
    before: &'a FileUnits,
    /// The statements before that are not found again: from the first that is another object to the last.
    replaced: std::ops::Range<usize>,
    /// All units before by key, once a statement has got another number among equal ones.
    by_key: OnceLock<FxHashMap<UnitKey, &'a Arc<UnitText>>>,
    now: FileUnits,
    equal: FxHashMap<u64, u32>,
    functions: u32,
}

impl<'a> Collector<'a> {
    fn new(db: &'a dyn Db, before: &'a FileUnits, file: &'a GreenNodeData) -> Collector<'a> {
        let old = &before.statements;
        let now = FileUnits {
            statements: Vec::with_capacity(old.len() + 1),
            units: Vec::with_capacity(before.units.len() + 1),
        };
        let both = |(now, old): &(&GreenNodeData, &Arc<Statement>)| is_same(now, &old.green);
        let same_start = statements(file).zip(old).take_while(both).count();
        let same_end = statements(file).rev().zip(old.iter().rev()).take_while(both).count();
        let end = old.len() - same_end;
        let replaced = same_start.min(end)..end;
        Collector {
            db,
            file,
            before,
            replaced,
            by_key: OnceLock::new(),
            now,
            equal: FxHashMap::default(),
            functions: 0,
        }
    }

    fn collect(mut self) -> FileUnits {
        let (old, count) = (&self.before.statements, statements(self.file).count());
        // So many statements at the start and at the end are the objects they were.
        let (first, last) = (self.replaced.start, old.len() - self.replaced.end);
        let (mut start, mut line, mut number) = (TextSize::new(0), 1, 0);
        for child in self.file.children() {
            match child {
                NodeOrToken::Node(node) if is_statement(node) => {
                    let left = count - number;
                    let known = match number {
                        _ if number < first => Some(&old[number]),
                        _ if left <= last => Some(&old[old.len() - left]),
                        _ => None,
                    };
                    line += self.statement(node, known, start, line);
                    number += 1;
                }
                between => line += line_ends_between(between),
            }
            start += child.text_len();
        }
        self.now
    }

    /// Adds a statement; tells how many line ends it has.
    fn statement(&mut self, node: &GreenNodeData, known: Option<&Arc<Statement>>, start: TextSize, line: u32) -> u32 {
        let shape = known.map_or_else(|| self.shape(node), |known| known.shape.clone());
        let equal = self.equal.entry(shape.content()).or_default();
        let (equal_before, functions_before) = (*equal, self.functions);
        *equal += 1;
        self.functions += shape.function_count();
        let line_ends = shape.line_ends();
        let statement = match known {
            Some(known)
                if known.equal_before == equal_before
                    && (known.functions_before == functions_before || !shape.has_nameless()) =>
            {
                known.clone()
            }
            _ => Arc::new(self.made(node, shape, (equal_before, functions_before), known.is_some())),
        };
        let first = self.now.units.len() as u32;
        self.now.units.extend(statement.units.iter().map(|it| PlacedUnit {
            unit: it.unit.clone(),
            parent: it.parent.map(|parent| parent + first),
            start: it.start + start,
            base_line: it.base_line + line,
            name: it.name.clone(),
        }));
        self.now.statements.push(statement);
        line_ends
    }

    fn shape(&self, node: &GreenNodeData) -> Arc<StatementShape> {
        self.db.unwind_if_revision_cancelled();
        self.db.makes("shape", None);
        Arc::new(statement_shape(node))
    }

    fn made(
        &self,
        node: &GreenNodeData,
        shape: Arc<StatementShape>,
        (equal_before, functions_before): (u32, u32),
        is_known: bool,
    ) -> Statement {
        let units = shape.units(node, equal_before, functions_before).into_iter().map(|it| PlacedUnit {
            unit: self.unit(it.key, it.kind, it.green, is_known),
            parent: it.parent,
            start: it.start,
            base_line: it.base_line,
            name: it.name,
        });
        let mut units: Vec<_> = units.collect();
        // They may stand where larger ones stood.
        units.shrink_to_fit();
        let (comments, imports) = (OnceLock::new(), OnceLock::new());
        Statement { green: node.to_owned(), shape, equal_before, functions_before, units, comments, imports }
    }

    /// The unit as it was, if its text is what it was.
    fn unit(&self, key: UnitKey, kind: UnitKind, green: GreenNode, anywhere: bool) -> Arc<UnitText> {
        let old = if anywhere { self.anywhere(key) } else { self.replaced(key) };
        match old {
            Some(old) if is_same(&old.green, &green) || old.green == green => old.clone(),
            _ => {
                self.db.makes("cut", Some(key));
                Arc::new(UnitText::new(key, kind, green, old.map(|old| &old.body)))
            }
        }
    }

    fn replaced(&self, key: UnitKey) -> Option<&'a Arc<UnitText>> {
        let replaced = &self.before.statements[self.replaced.clone()];
        replaced.iter().flat_map(|it| &it.units).map(|it| &it.unit).find(|unit| unit.key == key)
    }

    fn anywhere(&self, key: UnitKey) -> Option<&'a Arc<UnitText>> {
        let all = || self.before.units.iter().map(|it| (it.unit.key, &it.unit)).collect();
        self.by_key.get_or_init(all).get(&key).copied()
    }
}

/// What is there, or is made now, unless the revision is cancelled: no query stands between a reader and thousands of units.
fn made<'a, T>(cell: &'a OnceLock<T>, db: &dyn Db, make: impl FnOnce() -> T) -> &'a T {
    if let Some(made) = cell.get() {
        return made;
    }
    db.unwind_if_revision_cancelled();
    cell.get_or_init(make)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl UnitText {
    fn new(key: UnitKey, kind: UnitKind, green: GreenNode, old: Option<&Arc<Body>>) -> UnitText {
        let Skeleton { green: skeleton, holes } = Skeleton::of(&green);
        let body = match old {
            Some(old) if old.skeleton == skeleton => old.clone(),
            _ => Arc::new(Body::new(key, kind, skeleton, old)),
        };
        UnitText {
            key,
            kind,
            green,
            holes,
            body,
            places: OnceLock::new(),
            names: OnceLock::new(),
            diagnostics: OnceLock::new(),
            checks: OnceLock::new(),
        }
    }
}

impl Body {
    fn new(key: UnitKey, kind: UnitKind, skeleton: GreenNode, old: Option<&Arc<Body>>) -> Body {
        let former = old.map(|old| old.present()).unwrap_or_default();
        let types = old.and_then(|old| lock(&old.types).clone());
        Body {
            key,
            kind,
            skeleton,
            former: Mutex::new(former),
            lowering: OnceLock::new(),
            names: OnceLock::new(),
            checks: OnceLock::new(),
            types: Mutex::new(types),
        }
    }

    /// What is known of it, or was before an edit that nobody has looked at.
    fn present(&self) -> Former {
        let former = lock(&self.former).clone();
        Former {
            code: self.lowering.get().map(|it| it.code.clone()).or(former.code),
            facts: self.names.get().map(|(_, facts)| facts.clone()).or(former.facts),
        }
    }

    fn lowering(&self, db: &dyn Db) -> &Lowering {
        made(&self.lowering, db, || {
            db.makes("lower_unit", Some(self.key));
            let lowered = lower_unit(&self.skeleton, self.kind, self.key);
            let code = Code { fingerprint: fingerprint(&lowered.unit), unit: Arc::new(lowered.unit) };
            let former = lock(&self.former).code.take();
            let places = Places { ranges: lowered.map.ranges.into(), lines: lowered.map.lines.into() };
            Lowering {
                code: former.filter(|it| *it == code).unwrap_or(code),
                places: Arc::new(places),
                diagnostics: lowered.diagnostics,
            }
        })
    }

    /// Both at once, since they are found in one walk.
    fn names(&self, db: &dyn Db) -> &(Arc<UnitNames>, Arc<UnitFacts>) {
        made(&self.names, db, || {
            db.makes("collected", Some(self.key));
            let (names, facts) = collect(&self.skeleton, self.kind);
            let former = lock(&self.former).facts.take();
            (Arc::new(names), former.filter(|it| **it == facts).unwrap_or_else(|| Arc::new(facts)))
        })
    }
}

/// A unit's MIR alone, with its fingerprint: the firewall. What stands behind it does not see white space.
pub fn function_mir<'a>(db: &dyn Db, unit: &'a UnitText) -> &'a Code {
    &unit.body.lowering(db).code
}

/// Where a unit's instructions come from in its whole text.
pub fn unit_places<'a>(db: &dyn Db, unit: &'a UnitText) -> &'a Arc<Places> {
    unit.places.get_or_init(|| {
        db.makes("unit_places", Some(unit.key));
        let places = &unit.body.lowering(db).places;
        if unit.holes.is_empty() {
            return places.clone();
        }
        Arc::new(Places {
            ranges: places.ranges.iter().map(|&range| real_range(&unit.holes, range)).collect(),
            lines: places.lines.iter().map(|&line| real_line(&unit.holes, line)).collect(),
        })
    })
}

/// A unit's diagnostics with places relative to its whole text.
pub fn unit_diagnostics<'a>(db: &dyn Db, unit: &'a UnitText) -> &'a [Diagnostic] {
    let diagnostics = &unit.body.lowering(db).diagnostics;
    if diagnostics.is_empty() {
        return &[];
    }
    unit.diagnostics.get_or_init(|| {
        db.makes("unit_diagnostics", Some(unit.key));
        let place = |diagnostic: &Diagnostic| {
            let mut diagnostic = diagnostic.clone();
            diagnostic.range = real_range(&unit.holes, diagnostic.range);
            diagnostic.reference_line = real_line(&unit.holes, diagnostic.reference_line);
            diagnostic
        };
        diagnostics.iter().map(place).collect()
    })
}

/// Where the names of a unit stand, relative to its start.
pub fn unit_names<'a>(db: &dyn Db, unit: &'a UnitText) -> &'a Arc<UnitNames> {
    let names = &unit.body.names(db).0;
    if unit.holes.is_empty() {
        return names;
    }
    unit.names.get_or_init(|| {
        db.makes("unit_names", Some(unit.key));
        // Uses and holes are in source order, and no name spans a hole.
        let (mut holes, mut shift) = (unit.holes.iter().peekable(), TextSize::new(0));
        let mut real = |range: TextRange| {
            while let Some(hole) = holes.next_if(|hole| hole.at.end() <= range.start()) {
                shift += hole.len - hole.at.len();
            }
            range + shift
        };
        let uses = names.uses.iter().map(|it| NameUse { range: real(it.range), ..it.clone() }).collect();
        let calls = names.calls.iter().map(|&range| real_range(&unit.holes, range)).collect();
        Arc::new(UnitNames { uses, calls })
    })
}

/// What a unit says about names: after most edits what it said before.
pub fn unit_facts<'a>(db: &dyn Db, unit: &'a UnitText) -> &'a Arc<UnitFacts> {
    &unit.body.names(db).1
}

/// What is odd about the tree of a unit, relative to its start.
pub fn unit_checks<'a>(db: &dyn Db, unit: &'a UnitText) -> &'a [Finding] {
    let body = &unit.body;
    let found = made(&body.checks, db, || {
        db.makes("unit_checks", Some(unit.key));
        check(&body.skeleton)
    });
    if unit.holes.is_empty() || found.is_empty() {
        return found;
    }
    let place = |it: &Finding| Finding { range: real_range(&unit.holes, it.range), ..it.clone() };
    unit.checks.get_or_init(|| found.iter().map(place).collect())
}

/// The last types of a unit that were asked for.
pub(super) fn last_types(unit: &UnitText) -> std::sync::MutexGuard<'_, Option<Typed>> {
    lock(&unit.body.types)
}

/// The marker comments inside a statement, with places relative to it.
pub(super) fn statement_comments<'a>(db: &dyn Db, statement: &'a Statement) -> &'a [(TextSize, String)] {
    statement.comments.get_or_init(|| {
        db.makes("statement_comments", None);
        let mut found = Vec::new();
        collect_comments(&statement.green, TextSize::new(0), &mut found);
        found.into()
    })
}

pub(super) fn collect_comments(node: &GreenNodeData, mut at: TextSize, found: &mut Vec<(TextSize, String)>) {
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

/// The `import`s inside a statement, with places relative to it.
pub(super) fn statement_imports<'a>(db: &dyn Db, statement: &'a Statement) -> &'a [ConstantImport] {
    statement.imports.get_or_init(|| {
        db.makes("statement_imports", None);
        constant_imports(&SyntaxNode::new_root(statement.green.clone())).into()
    })
}
