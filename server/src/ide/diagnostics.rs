//! Diagnostics: what is wrong with a text, and what went wrong when it was evaluated.
//!
//! Reads the tree's errors, each unit's lowering and fresh recordings. Invariant: compile errors and run-time errors never
//! share a source; a run-time error is told only while the recording it comes from is fresh; settings and comments silence
//! everything but errors of the text.

mod kept;

pub use kept::Last;

use super::Live;
use super::checks::{Allowed, CODES, Check, Weight, checks, nearest};
use super::related::{self, Related, related};
use super::values::FreshRecordings;
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use crate::modules::{self, Places};
use crate::recording::End;
use crate::settings::{Checks, Level};
use kept::OfText;
use minilive_mir::diagnostic::{Diagnostic as Lowering, Severity as LoweringSeverity};
use minilive_syntax::TextRange;
use std::sync::Arc;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The program does not run, or stops.
    Error,
    /// It hardly does what is meant.
    Warning,
    /// Something to know.
    Information,
    /// Something that editors draw faintly.
    Hint,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The text it is about.
    pub range: TextRange,
    /// How bad it is.
    pub severity: Severity,
    /// It is about something that is not needed.
    pub unused: bool,
    /// Stable identity.
    pub code: &'static str,
    /// `minilive` for the text, `minilive-live` for its evaluation.
    pub source: &'static str,
    /// The sentence.
    pub message: String,
    /// The other places that it is about.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// A warning as it is shown.
    pub fn of_check(check: Check) -> Diagnostic {
        Diagnostic {
            range: check.range,
            severity: match check.weight {
                Weight::Warning => Severity::Warning,
                Weight::Advice => Severity::Information,
                Weight::Unused => Severity::Hint,
            },
            unused: check.weight == Weight::Unused,
            code: check.code,
            source: TEXT,
            message: check.message,
            related: Vec::new(),
        }
    }
}

const TEXT: &str = "minilive";
const LIVE: &str = "minilive-live";

/// Codes of what is said beside the checks of the text; all of them and the checks' own can be given a level.
const OTHERS: [&str; 8] = [
    "duplicate-parameter",
    "evaluation-cut",
    "import-broken",
    "import-circle",
    "import-not-found",
    "marker",
    "runtime-error",
    "unqualified-local",
];

/// The codes that settings can give a level.
pub fn levelled() -> impl Iterator<Item = &'static str> {
    CODES.into_iter().chain(OTHERS)
}

/// All diagnostics of a document, in the order of their places. What other files have a say in waits until they are read.
pub fn diagnostics(db: &LiveDb, document: &DocumentView, live: &Live) -> Arc<[Diagnostic]> {
    let told = live.told.or((db, document, live), || of_text(db, document, live));
    if !told.runs {
        return told.list;
    }
    let mut found = run_diagnostics(db, document, live);
    silence(db, document, live, &mut found);
    found.retain(|it| !is_told(it, &told.list, &document.text));
    if found.is_empty() {
        return told.list;
    }
    found.iter_mut().for_each(|it| finish(it, db, document, live));
    with(&told.list, found)
}

/// What is told of the text, whatever ran.
fn of_text(db: &LiveDb, document: &DocumentView, live: &Live) -> OfText {
    let mut found = text_diagnostics(db, document);
    let runs = !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    if !live.is_unread_around {
        found.extend(import_diagnostics(db, document, &live.checks, &live.places));
    }
    if runs {
        found.extend(marker_diagnostics(db, document));
    }
    silence(db, document, live, &mut found);
    if !live.is_unread_around {
        found.extend(check_diagnostics(db, document, live));
    }
    found.iter_mut().for_each(|it| finish(it, db, document, live));
    found.sort_by_key(|it| it.range.start());
    OfText { list: found.into(), runs }
}

/// Adds the places that a message is about, and gives it the level that is wanted.
fn finish(it: &mut Diagnostic, db: &LiveDb, document: &DocumentView, live: &Live) {
    it.related.extend(related(db, document, &live.places, it));
    set_level(it, live);
}

/// Whether what an evaluation stopped at is told of the name itself: then it is not told of its line once more.
fn is_told(it: &Diagnostic, told: &[Diagnostic], text: &str) -> bool {
    if it.code != "runtime-error" || !it.message.contains("Undefined Identifier") {
        return false;
    }
    let mut unknown = told.iter().filter(|it| it.code == "unknown-name").map(|it| it.range);
    let named = unknown.find(|range| it.range.contains_range(*range));
    named.is_some_and(|range| it.message.contains(&format!("'{}'", &text[range])))
}

/// What is told of a text with what runs tell among it: behind what else is told of the same place, but before warnings.
fn with(told: &[Diagnostic], found: Vec<Diagnostic>) -> Arc<[Diagnostic]> {
    let mut all = Vec::with_capacity(told.len() + found.len());
    let mut rest = told;
    for it in found {
        let start = it.range.start();
        let is_before =
            |at: &Diagnostic| at.range.start() < start || at.range.start() == start && !CODES.contains(&at.code);
        let (before, behind) = rest.split_at(rest.iter().position(|at| !is_before(at)).unwrap_or(rest.len()));
        all.extend_from_slice(before);
        all.push(it);
        rest = behind;
    }
    all.extend_from_slice(rest);
    all.into()
}

/// Takes out what nobody wants to know; checks of the text see to that themselves.
fn silence(db: &LiveDb, document: &DocumentView, live: &Live, found: &mut Vec<Diagnostic>) {
    if found.iter().any(|it| OTHERS.contains(&it.code)) {
        let is_silent = silenced(db, document, &live.checks);
        found.retain(|it| !is_silent(it.code, it.range));
    }
}

/// Whether settings or a comment say that something is not wanted, of what is told beside the checks.
pub fn silenced(db: &LiveDb, document: &DocumentView, checks: &Checks) -> impl Fn(&str, TextRange) -> bool {
    let allowed = Allowed::of(document, db);
    move |code, range| {
        OTHERS.contains(&code) && (checks.allows(code) || allowed.allows(code, document.index.line_of(range.start())))
    }
}

/// The level that settings give its code.
fn set_level(it: &mut Diagnostic, live: &Live) {
    it.severity = match live.checks.levels.get(it.code) {
        Some(Level::Error) => Severity::Error,
        Some(Level::Warning) => Severity::Warning,
        Some(Level::Information) => Severity::Information,
        Some(Level::Hint) => Severity::Hint,
        Some(Level::Off) | None => return,
    };
}

/// What the text hardly means.
fn check_diagnostics(db: &LiveDb, document: &DocumentView, live: &Live) -> impl Iterator<Item = Diagnostic> {
    checks(db, document, &live.checks, &live.places).into_iter().map(Diagnostic::of_check)
}

/// The first error for which the text is not run.
pub fn first_error(db: &LiveDb, document: &DocumentView) -> Option<String> {
    let errors = text_diagnostics(db, document).into_iter();
    let first = errors.filter(|it| it.severity == Severity::Error).min_by_key(|it| it.range.start())?;
    let line = document.index.line_of(first.range.start()) + 1;
    Some(format!("{} (line {line})", first.message))
}

/// What is wrong with the text, as editors show it.
pub(super) fn text_diagnostics(db: &LiveDb, document: &DocumentView) -> Vec<Diagnostic> {
    text_errors(db, document).into_iter().map(|error| from_lowering(error, document)).collect()
}

/// What is wrong with the text: its syntax, then what each unit's lowering says.
pub fn text_errors(db: &LiveDb, document: &DocumentView) -> Vec<Lowering> {
    let parse = document.file.parse(db);
    let errors = parse.errors.iter().filter(|it| !it.follows).map(Lowering::from_syntax).collect();
    let mut found = without_told_ends(errors, &document.text);
    let units = db::units(db, document.file);
    for &(unit, ()) in &*db::units_with_diagnostics(db, document.file) {
        let placed = units.at(unit);
        for diagnostic in db::unit_diagnostics(db, placed.unit) {
            found.push(diagnostic.clone().in_file(placed.start, placed.base_line));
        }
    }
    found
}

/// Leaves out that the block of `while x: y` has no end: what is said of the `:` says it already, and nobody who writes that wants one.
fn without_told_ends(mut errors: Vec<Lowering>, text: &str) -> Vec<Lowering> {
    let colons = errors.iter().filter(|it| {
        it.code == "foreign-syntax" && text.get(usize::from(it.range.start())..usize::from(it.range.end())) == Some(":")
    });
    let with_body = colons.filter_map(|it| {
        let (before, behind) = text.split_at(usize::from(it.range.start()));
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let body = behind[1..].split(['\n', '\r']).next().unwrap_or_default().trim_start();
        let has_body = !body.is_empty() && !body.starts_with("//");
        has_body.then(|| TextRange::new(rowan::TextSize::new(line as u32), it.range.start()))
    });
    let headers: Vec<_> = with_body.collect();
    for header in headers {
        // Of blocks that start on the line the innermost one has the `:`.
        let open = errors.iter().rposition(|it| it.code == "unclosed-block" && header.contains_range(it.range));
        open.map(|at| errors.remove(at));
    }
    errors
}

/// Editors show nothing for an empty range, so such a one grows by the character before it.
fn from_lowering(it: Lowering, document: &DocumentView) -> Diagnostic {
    let text = &document.text;
    let mut range = it.range.intersect(TextRange::up_to(rowan::TextSize::of(&**text))).unwrap_or_default();
    if range.is_empty() {
        let at = usize::from(range.start());
        let before = text[..at].chars().next_back().filter(|c| !matches!(c, '\n' | '\r'));
        let len = before.map_or(0, char::len_utf8) as u32;
        range = TextRange::new(range.start() - rowan::TextSize::new(len), range.start());
    }
    Diagnostic {
        range,
        severity: match it.severity {
            LoweringSeverity::Error => Severity::Error,
            LoweringSeverity::Warning => Severity::Warning,
        },
        unused: false,
        code: it.code,
        source: TEXT,
        message: it.message,
        related: Vec::new(),
    }
}

/// `import`s that lead nowhere, to what does not compile, or back to the file itself.
pub fn import_diagnostics(db: &LiveDb, document: &DocumentView, checks: &Checks, places: &Places) -> Vec<Diagnostic> {
    let imports = db::module_imports(db, document.file);
    let messages = imports.iter().filter_map(|import| {
        let lookup = places.lookup(&import.name);
        let mut related = Vec::new();
        let (code, message) = match db::locate(db, &lookup) {
            db::Located::Unknown | db::Located::Outside => return None,
            db::Located::Missing if checks.host.has_module(&import.name) => return None,
            // Then it may be anywhere.
            db::Located::Missing if db::sets_search_path(db, document.file) => return None,
            db::Located::Missing => {
                let (code, said) = modules::missing(&import.name, &lookup);
                let meant = meant_module(db, document, checks, places, &import.name);
                (code, meant.map_or_else(|| said.clone(), |meant| format!("{said}; did you mean `{meant}`?")))
            }
            db::Located::NoText(line) => modules::not_text(&import.name, line),
            db::Located::At(file) => match db::module_trouble(db, file) {
                Some((message, line)) => modules::broken(&import.name, &message, line),
                _ if import.once => return None,
                _ => match way_back(db, document.file, file, places) {
                    Some(way) => {
                        related = related::way(db, file, &way, (document, places));
                        modules::circle(&import.name, &way)
                    }
                    None => {
                        let way = circle_behind(db, file, places)?;
                        related = related::way(db, file, &way, (document, places));
                        modules::circle_elsewhere(&import.name, &way)
                    }
                },
            },
        };
        let severity = Severity::Warning;
        Some(Diagnostic { range: import.range, severity, unused: false, code, source: TEXT, message, related })
    });
    messages.collect()
}

/// The module that is most like one which is not there, if an `import` of it leads to a file or the host has it.
pub(super) fn meant_module(
    db: &LiveDb,
    document: &DocumentView,
    checks: &Checks,
    places: &Places,
    name: &str,
) -> Option<String> {
    let all = db.files();
    let files = all
        .iter()
        .filter(|&&it| it != document.file)
        .filter_map(|it| modules::base_name(it.path(db)).strip_suffix(".ms"));
    let meant = nearest(name, files.chain(checks.host.module_names().map(String::as_str)))?;
    let is_there = || db::likely_module(db, &places.lookup(&meant)).is_some_and(|it| it != document.file);
    (checks.host.has_module(&meant) || is_there()).then_some(meant)
}

/// The names of the `import`s that lead from a module to a file.
fn way_back(db: &LiveDb, file: db::File, module: db::File, places: &Places) -> Option<Vec<String>> {
    modules::cycle(&file, &module, |file| imports_of(db, *file, places))
}

/// The names of the `import`s by which modules behind one import each other in a circle.
fn circle_behind(db: &LiveDb, module: db::File, places: &Places) -> Option<Vec<String>> {
    modules::cycle_behind(&module, |file| imports_of(db, *file, places))?;
    // An `import` in a function waits until that is called, which is a way to get along with a circle.
    let at_once = |file: &db::File| {
        let root = minilive_syntax::SyntaxNode::new_root(file.parse(db).green.clone());
        let imports = db::module_imports(db, *file);
        let mut found = imports_of(db, *file, places);
        let waits = |name: &str| imports.iter().all(|it| it.name != name || modules::is_in_function(&root, it.range));
        found.retain(|(name, _)| !waits(name));
        found
    };
    modules::cycle_behind(&module, at_once)
}

/// The `import`s of a file with the files they lead to.
fn imports_of(db: &LiveDb, file: db::File, places: &Places) -> Vec<(String, db::File)> {
    let imports = db::module_imports(db, file);
    let target = |name: &String| match db::locate(db, &places.lookup(name)) {
        db::Located::At(file) => Some((name.clone(), file)),
        _ => None,
    };
    // What is imported once closes no circle.
    imports.iter().filter(|it| !it.once).filter_map(|import| target(&import.name)).collect()
}

/// Watches and examples whose expressions cannot be read.
fn marker_diagnostics(db: &LiveDb, document: &DocumentView) -> Vec<Diagnostic> {
    let markers = db::marker_items(db, document.file);
    let broken = markers.iter().filter_map(|marker| {
        let message = marker.code.trouble.clone()?;
        Some(Diagnostic {
            range: marker.expr_range,
            severity: Severity::Warning,
            unused: false,
            code: "marker",
            source: LIVE,
            message,
            related: Vec::new(),
        })
    });
    broken.collect()
}

/// How fresh evaluations went wrong.
fn run_diagnostics(db: &LiveDb, document: &DocumentView, live: &Live) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // Most runs end well, and to find out which are fresh takes a look at every unit.
    let recorded = document.file.recordings(db).list(db);
    if recorded.iter().all(|it| !matches!(it.outcome.end, End::Error { .. } | End::Cut { .. })) {
        return found;
    }
    for recorded in FreshRecordings::of(db, document).iter() {
        let (severity, code, message) = match &recorded.outcome.end {
            End::Error { message, .. } => (Severity::Error, "runtime-error", message.clone()),
            End::Cut { limit, .. } => {
                (Severity::Information, "evaluation-cut", format!("the evaluation was cut: {limit}"))
            }
            _ => continue,
        };
        if let Some(line) = live.stop(recorded.evaluation).and_then(|stop| stop.at) {
            let range = trimmed_line(document, line);
            found.push(Diagnostic { range, severity, unused: false, code, source: LIVE, message, related: Vec::new() });
        }
    }
    found.sort_by_key(|diagnostic| diagnostic.range.start());
    found
}

/// A line without the blanks around its text.
fn trimmed_line(document: &DocumentView, line: u32) -> TextRange {
    let range = document.index.line_range(line, &document.text);
    let text = &document.text[range];
    let start = range.start() + rowan::TextSize::of(&text[..text.len() - text.trim_start().len()]);
    let end = range.start() + rowan::TextSize::of(text.trim_end());
    if start < end { TextRange::new(start, end) } else { range }
}
