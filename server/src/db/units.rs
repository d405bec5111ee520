//! The units of a file with everything that follows from one unit's text alone, kept from one edit to the next.
//!
//! [`file_units`] is the one query that looks at the tree of a file; all other queries start from it. What an edit left as it was is the
//! same object as before (`cut`), so that an edit costs a glance at the statements' addresses and the work of the edited units. Results of a unit ([`UnitText`], and [`Body`] for what its skeleton decides) are made when somebody asks for them and stay
//! with it. Invariants: what is kept is a pure function of what it is kept with, so that it only decides which object an answer is, never
//! what it says; no offset stands in what [`function_mir`] and [`unit_facts`] give: if those say what they said before, they are the same
//! object. The tests to read first are in `db/tests.rs`: they list what an edit makes anew.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::cut::{Old, cut};
use super::layout::{Code, Places};
use super::pieces::{FileUnits, UnitPlace};
use super::skeleton::{Hole, Skeleton, real_line, real_range};
use super::types::Typed;
use super::{Db, File, STACK};
use crate::modules::{ConstantImport, constant_imports};
use minilive_mir::checks::{Finding, check};
use minilive_mir::diagnostic::Diagnostic;
use minilive_mir::fingerprint::fingerprint;
use minilive_mir::ir::{UnitKey, UnitKind};
use minilive_mir::lower::lower_in_scope;
use minilive_mir::names::{KeyUse, NameUse, UnitFacts, UnitNames, collect};
use minilive_mir::scope::Scope;
use minilive_mir::units::StatementShape;
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::{GreenNode, GreenNodeData, NodeOrToken};
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Whatever follows from a shorter unit is made sooner than another thread begins.
const LONG: TextSize = TextSize::new(16 << 10);

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
    /// Somebody edits the file, who is told of everything that follows from it.
    is_edit: bool,
    former: Mutex<Former>,
    /// The variables of a function, from the first until the second of those who need them: its code and its names.
    scope: Mutex<Option<Arc<Scope>>>,
    lowering: OnceLock<Lowering>,
    names: OnceLock<(Arc<UnitNames>, Arc<UnitFacts>)>,
    /// The uses of names by a hash of the name, then in source order; of units about whose names something is told.
    by_name: OnceLock<Box<[(u32, u32)]>>,
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

/// A top-level statement with its units, whose places and parents are relative to it.
pub(super) struct Statement {
    green: GreenNode,
    pub(super) shape: Arc<StatementShape>,
    /// How many equal statements and how many function literals come before it, where that matters.
    numbers: (u32, u32),
    pub(super) units: Vec<UnitPlace>,
    comments: OnceLock<Arc<[(TextSize, String)]>>,
    imports: OnceLock<Arc<[ConstantImport]>>,
}

impl Statement {
    /// A statement of which so many equal ones and so many function literals come before; `unit` gives the units that its text makes.
    pub(super) fn new(
        node: &GreenNodeData,
        shape: Arc<StatementShape>,
        numbers: (u32, u32),
        unit: impl Fn(UnitKey, UnitKind, GreenNode) -> Arc<UnitText>,
    ) -> Statement {
        let units = shape.units(node, numbers.0, numbers.1).into_iter().map(|it| UnitPlace {
            len: it.green.text_len(),
            unit: unit(it.key, it.kind, it.green),
            parent: it.parent,
            start: it.start,
            base_line: it.base_line,
            name: it.name,
        });
        let mut units: Vec<_> = units.collect();
        // They may stand where larger ones stood.
        units.shrink_to_fit();
        let (comments, imports) = (OnceLock::new(), OnceLock::new());
        Statement { green: node.to_owned(), shape, numbers, units, comments, imports }
    }

    /// Whether it is what a statement with these numbers would be.
    pub(super) fn has_numbers(&self, numbers: (u32, u32)) -> bool {
        self.numbers.0 == numbers.0 && (self.numbers.1 == numbers.1 || !self.shape.has_nameless())
    }
}

impl std::fmt::Debug for UnitText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnitText").field("key", &self.key).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The units of a file. Changes with every edit; what stands behind depends on single units.
#[salsa::tracked(no_eq, returns(ref), lru = 64)]
pub(super) fn file_units(db: &dyn Db, file: File) -> Arc<FileUnits> {
    let kept = file.kept(db);
    let before = kept.units.get().unwrap_or_default();
    let now = Arc::new(cut(db, &before, &file.parse(db).green));
    if kept.is_open() {
        kept.units.set(now.clone());
    }
    now
}

/// The same, to be kept beyond this revision.
pub fn shared_units(db: &dyn Db, file: File) -> Arc<FileUnits> {
    file_units(db, file).clone()
}

/// The units of a file with their places.
pub fn units(db: &dyn Db, file: File) -> &FileUnits {
    file_units(db, file)
}

/// What is there, or is made now, unless the reader is not wanted any more: no query stands between a reader and thousands of units, so
/// it is here that loops over them end.
fn made<'a, T>(cell: &'a OnceLock<T>, db: &dyn Db, make: impl FnOnce() -> T) -> &'a T {
    db.unwind_if_revision_cancelled();
    cell.get_or_init(make)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl UnitText {
    /// A unit that may go on from what is known of one before.
    pub(super) fn new(key: UnitKey, kind: UnitKind, green: GreenNode, old: &Old<'_>) -> UnitText {
        let Old { unit: old, is_edit } = *old;
        let old = old.map(|old| &old.body);
        let Skeleton { green: skeleton, holes } = Skeleton::of(&green);
        let body = match old {
            Some(old) if old.skeleton == skeleton => old.clone(),
            _ => Arc::new(Body { is_edit, ..Body::new(key, kind, skeleton, old) }),
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
            is_edit: false,
            former: Mutex::new(former),
            scope: Mutex::new(None),
            lowering: OnceLock::new(),
            names: OnceLock::new(),
            by_name: OnceLock::new(),
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
        self.make_together(db);
        made(&self.lowering, db, || {
            db.makes("lower_unit", Some(self.key));
            self.lower()
        })
    }

    fn lower(&self) -> Lowering {
        let lowered = lower_in_scope(&self.skeleton, self.kind, self.key, self.scope());
        let code = Code { fingerprint: fingerprint(&lowered.unit), unit: Arc::new(lowered.unit) };
        let former = lock(&self.former).code.take();
        let places = Places { ranges: lowered.map.ranges.into(), lines: lowered.map.lines.into() };
        Lowering {
            code: former.filter(|it| *it == code).unwrap_or(code),
            places: Arc::new(places),
            diagnostics: lowered.diagnostics,
        }
    }

    /// Both at once, since they are found in one walk.
    fn names(&self, db: &dyn Db) -> &(Arc<UnitNames>, Arc<UnitFacts>) {
        self.make_together(db);
        made(&self.names, db, || {
            db.makes("collected", Some(self.key));
            self.collect()
        })
    }

    fn collect(&self) -> (Arc<UnitNames>, Arc<UnitFacts>) {
        let (names, facts) = collect(&self.skeleton, self.kind, self.scope());
        let former = lock(&self.former).facts.take();
        (Arc::new(names), former.filter(|it| **it == facts).unwrap_or_else(|| Arc::new(facts)))
    }

    /// The variables of a function, which are not kept once both have had them.
    fn scope(&self) -> Option<Arc<Scope>> {
        let mut known = lock(&self.scope);
        known.take().or_else(|| {
            *known = Scope::of_unit(&self.skeleton, self.kind).map(Arc::new);
            known.clone()
        })
    }

    /// Of a long unit that was edited all is wanted at once: another thread makes its code while this one finds its names.
    fn make_together(&self, db: &dyn Db) {
        let is_new = self.names.get().is_none() && self.lowering.get().is_none();
        if !is_new || !self.is_edit || self.skeleton.text_len() < LONG {
            return;
        }
        db.unwind_if_revision_cancelled();
        ["lower_unit", "unit_checks", "collected"].into_iter().for_each(|what| db.makes(what, Some(self.key)));
        std::thread::scope(|threads| {
            // Where there is no thread, its part is made when somebody asks.
            let beside = std::thread::Builder::new().name("unit".into()).stack_size(STACK);
            let _ = beside.spawn_scoped(threads, || {
                self.lowering.get_or_init(|| self.lower());
                self.checks.get_or_init(|| check(&self.skeleton));
            });
            self.names.get_or_init(|| self.collect());
        });
    }
}

/// A unit's MIR alone, with its fingerprint: the firewall. What stands behind it does not see white space.
pub fn function_mir<'a>(db: &dyn Db, unit: &'a UnitText) -> &'a Code {
    &unit.body.lowering(db).code
}

impl UnitText {
    /// Its MIR, in a layout: whoever makes one has asked for all code.
    pub(super) fn known_code(&self) -> &Code {
        &self.body.lowering.get().expect("a layout has the code of its units").code
    }

    /// Where its instructions come from, likewise.
    pub(super) fn known_places(&self) -> &Arc<Places> {
        self.places.get().expect("a layout has the places of its units")
    }
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
        let key = |it: &KeyUse| KeyUse { range: real_range(&unit.holes, it.range), ..it.clone() };
        let keyed = names.keyed.iter().map(key).collect();
        Arc::new(UnitNames { uses, calls, keyed, alike: names.alike.clone() })
    })
}

/// The uses of one name in a unit, in source order. A unit may have thousands of uses and as many findings about them.
pub fn uses_of<'a>(
    db: &dyn Db,
    unit: &'a UnitText,
    name: &'a str,
) -> impl Iterator<Item = &'a NameUse> + Clone + use<'a> {
    let hash = |name: &str| {
        let mut hasher = FxHasher::default();
        name.hash(&mut hasher);
        (hasher.finish() >> 32) as u32
    };
    let uses = &unit_names(db, unit).uses;
    let by_name = unit.body.by_name.get_or_init(|| {
        db.makes("uses_by_name", Some(unit.key));
        let mut all: Vec<_> = (0..).zip(uses).map(|(at, it)| (hash(&it.name), at)).collect();
        all.sort_unstable();
        all.into()
    });
    let wanted = hash(name);
    let start = by_name.partition_point(|(it, _)| *it < wanted);
    let same = by_name[start..].iter().take_while(move |(it, _)| *it == wanted);
    same.map(|(_, at)| &uses[*at as usize]).filter(move |it| it.name == name)
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
