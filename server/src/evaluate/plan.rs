//! Plans: what the present text of a document asks to be evaluated, with everything a run of it needs.
//!
//! A reader thread makes one after each edit; the scheduler compares it with what was recorded.
//! Invariant: a plan belongs to one revision; its programs are put together only when one is sent.

use super::handle::{EntryPoint, Trust};
use crate::db::{self, Layout, LiveDb, MarkerItem, MarkerUse};
use crate::document::DocumentView;
use crate::ide::{self, Live};
use crate::modules::{Lookup, ModulePrint, Places, base_name};
use crate::recording::{Dependencies, EvaluationId, ImportSeen, Outcome, Recorded};
use crate::settings::Settings;
use minilive_mir::ir::{UnitKey, UnitKind};
use minilive_mir::program::{Fingerprint, Program, ProgramUnit, UnitInfo};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Statements with what identifies their code.
type Statements = Arc<[(UnitKey, Fingerprint)]>;

/// What one revision of a document asks for.
#[derive(Debug)]
pub struct Plan {
    /// The document.
    pub document: Arc<DocumentView>,
    /// Its units.
    pub layout: Arc<Layout>,
    /// The first compile error; with one, nothing runs.
    pub trouble: Option<String>,
    /// What to evaluate: the top level, then markers in order.
    pub evaluations: Vec<Planned>,
    /// Lookups of modules that nobody has made yet.
    pub unknown: Vec<Lookup>,
    /// What each lookup of the text and of its last runs leads to now, as far as that is known.
    modules: FxHashMap<Lookup, Option<ModulePrint>>,
    places: Arc<Places>,
    /// The statements of runs of the file and of its markers, once a run has ended.
    statements: [OnceLock<Statements>; 2],
}

/// One evaluation that the text asks for.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Which.
    pub id: EvaluationId,
    /// Its marker; none for the top level.
    pub marker: Option<Arc<MarkerItem>>,
}

impl Planned {
    /// Whether it runs without being asked for.
    pub fn is_automatic(&self) -> bool {
        self.marker.as_ref().is_none_or(|marker| marker.usage != MarkerUse::AskedWatch && marker.code.trouble.is_none())
    }

    /// Whether it is an example call.
    pub fn is_example(&self) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.usage == MarkerUse::Example)
    }

    /// Hash of everything beside code that decides how far a run goes.
    pub fn profile(&self, trust: Trust, settings: &Settings) -> u64 {
        let mut hasher = FxHasher::default();
        let Settings { wall, operations, memory, frames, .. } = settings;
        (trust, wall, operations, memory, frames).hash(&mut hasher);
        if let Some(marker) = &self.marker {
            marker.options.hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// Reads what a document asks for.
pub fn plan(db: &LiveDb, document: &Arc<DocumentView>, live: &Live) -> Plan {
    let layout = db::file_layout(db, document.file);
    let trouble = ide::first_error(db, document);
    let markers = db::marker_items(db, document.file);
    let mut evaluations = vec![Planned { id: EvaluationId::TopLevel, marker: None }];
    evaluations.extend(
        markers.iter().map(|marker| Planned { id: EvaluationId::Marker(marker.id), marker: Some(marker.clone()) }),
    );
    Plan {
        document: document.clone(),
        layout,
        trouble,
        evaluations,
        unknown: db::unknown_lookups(db, &[document.file], &live.places),
        modules: modules(db, document, &live.places),
        places: live.places.clone(),
        statements: Default::default(),
    }
}

fn modules(db: &LiveDb, document: &DocumentView, places: &Places) -> FxHashMap<Lookup, Option<ModulePrint>> {
    let written = db::module_imports(db, document.file);
    let written = written.iter().map(|import| places.lookup(&import.name));
    let recorded = document.file.recordings(db).list(db);
    let seen = recorded.iter().flat_map(|it| it.dependencies.imports.iter()).map(|seen| seen.lookup.clone());
    written.chain(seen).map(|lookup| (lookup.clone(), db::module_print(db, &lookup))).collect()
}

impl Plan {
    /// What a lookup leads to now; nothing if that is not known.
    pub fn print(&self, lookup: &[PathBuf]) -> Option<ModulePrint> {
        self.modules.get(lookup).copied().flatten()
    }

    /// All lookups that matter to the document.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.modules.keys().chain(&self.unknown)
    }

    /// Where its modules may be.
    pub fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// Whether a recording is still what a run would give.
    pub fn holds(&self, recorded: &Recorded, marker: Option<Fingerprint>) -> bool {
        is_fresh(recorded, &self.layout, marker, &|lookup| self.print(lookup))
    }

    /// The evaluation of that name.
    pub fn find(&self, id: EvaluationId) -> Option<&Planned> {
        self.evaluations.iter().find(|it| it.id == id)
    }

    /// The example of that identity or name, of that function; the first that fits.
    pub fn example(&self, function: Option<&str>, example: Option<&str>) -> Option<&Planned> {
        self.evaluations.iter().find(|planned| {
            planned.marker.as_ref().is_some_and(|marker| {
                let fits = |name: &str| marker.id_text() == name || marker.name.as_deref() == Some(name);
                marker.usage == MarkerUse::Example
                    && example.is_none_or(fits)
                    && function.is_none_or(|name| marker.function_name.as_deref() == Some(name))
            })
        })
    }

    /// What a person calls an evaluation.
    pub fn title(&self, id: EvaluationId) -> String {
        match self.find(id).and_then(|planned| planned.marker.as_ref()) {
            None => base_name(&self.document.uri).to_owned(),
            Some(marker) => marker.text.clone(),
        }
    }

    fn statements(&self, planned: &Planned) -> &Statements {
        let definitions_only = planned.marker.is_some();
        self.statements[usize::from(definitions_only)].get_or_init(|| {
            let statements = self.layout.main_entries().filter(|unit| unit.is_definition || !definitions_only);
            statements.map(|unit| (unit.key, unit.fingerprint)).collect()
        })
    }

    /// The program of an evaluation and what of it runs.
    pub fn program(&self, planned: &Planned) -> (Program, EntryPoint) {
        let units = self.layout.units().map(|unit| ProgramUnit {
            key: unit.key,
            fingerprint: unit.fingerprint,
            mir: Some(unit.code().clone()),
            info: Arc::new(unit.info()),
        });
        let mut units: Vec<_> = units.collect();
        let main =
            self.layout.entries().enumerate().filter(|(_, unit)| {
                unit.kind != UnitKind::Function && (unit.is_definition || planned.marker.is_none())
            });
        let main = main.map(|(index, _)| index as u32).collect();
        let entry = match &planned.marker {
            None => EntryPoint::Main,
            Some(marker) => {
                let expression = units.len() as u32;
                units.extend(marker_units(marker));
                EntryPoint::Expression(expression)
            }
        };
        (Program { file: base_name(&self.document.uri).into(), units, main }, entry)
    }

    /// What a run of an evaluation turned out to depend on.
    pub fn dependencies(&self, planned: &Planned, outcome: &Outcome, imports: &[ImportSeen]) -> Dependencies {
        let entered = |key| outcome.executed.as_ref().is_none_or(|executed| executed.contains(&key));
        let functions = self.layout.entries().filter(|unit| unit.kind == UnitKind::Function && entered(unit.key));
        Dependencies {
            main: self.statements(planned).clone(),
            functions: functions.map(|unit| (unit.key, unit.fingerprint)).collect(),
            positions: outcome.position_dependent.then(|| self.positions()),
            marker: planned.marker.as_ref().map(|marker| marker.code.fingerprint),
            imports: imports.into(),
        }
    }

    /// Whether a run of this plan would be the run of that one, which has been answered these `import`s so far.
    pub fn runs_the_same(&self, other: &Plan, id: EvaluationId, imports: &[ImportSeen]) -> bool {
        let (Some(mine), Some(theirs)) = (self.find(id), other.find(id)) else {
            return false;
        };
        let marker = |planned: &Planned| planned.marker.as_ref().map(|it| (it.code.fingerprint, it.options.clone()));
        let known = |it: &ImportSeen| self.print(&it.lookup).is_none_or(|print| print == it.print);
        self.trouble.is_none()
            && imports.iter().all(known)
            && marker(mine) == marker(theirs)
            && self.layout.entries().eq(other.layout.entries())
    }

    fn positions(&self) -> u64 {
        positions_hash(&self.layout)
    }
}

/// Hash of all names and line tables of a file.
fn positions_hash(layout: &Layout) -> u64 {
    let mut hasher = FxHasher::default();
    for unit in layout.units() {
        let UnitInfo { name, base_line, lines } = unit.info();
        (name, base_line, lines).hash(&mut hasher);
    }
    hasher.finish()
}

/// Whether a recording is still what a run would give.
///
/// `marker` is the fingerprint of the evaluation's marker in the present text; `print` tells what a lookup of a module leads to now.
pub fn is_fresh(
    recorded: &Recorded,
    layout: &Layout,
    marker: Option<Fingerprint>,
    print: &dyn Fn(&[PathBuf]) -> Option<ModulePrint>,
) -> bool {
    let Dependencies { main, functions, positions, marker: recorded_marker, imports } = &recorded.dependencies;
    // White space in a module is another text only to who saw its lines.
    let same = |seen: &ImportSeen| {
        let now = print(&seen.lookup);
        now.is_some_and(|it| it.code == seen.print.code && (positions.is_none() || it == seen.print))
    };
    let statements = layout.main_entries().filter(|unit| unit.is_definition || marker.is_none());
    *recorded_marker == marker
        && statements.map(|unit| (unit.key, unit.fingerprint)).eq(main.iter().copied())
        && has_functions(layout, functions)
        && positions.is_none_or(|hash| hash == positions_hash(layout))
        && imports.iter().all(same)
}

/// Whether a file has these functions.
fn has_functions(layout: &Layout, functions: &[(UnitKey, Fingerprint)]) -> bool {
    // They were noted in the order of the file, which they mostly have still: one way through both is many lookups less.
    let mut entries = layout.entries();
    functions.iter().all(|&(key, print)| {
        let next = entries.find(|it| it.key == key).map(|it| it.fingerprint);
        next.or_else(|| Some(layout.get(key)?.fingerprint)) == Some(print)
    })
}

/// The units of a marker, with its line in the file.
fn marker_units(marker: &MarkerItem) -> impl Iterator<Item = ProgramUnit> {
    marker.code.units.iter().map(|unit| {
        let info = UnitInfo { base_line: unit.info.base_line + marker.line, ..(*unit.info).clone() };
        ProgramUnit { info: Arc::new(info), ..unit.clone() }
    })
}
