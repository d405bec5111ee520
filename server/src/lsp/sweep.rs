//! `workspace/diagnostic`: what is said of all files of the workspace, a slice at a time, and held back while it is what the client has.
//!
//! `backend` calls [`answer`]. Clients that give a token for partial results (VS Code) ask again as soon as they are answered, for as long as
//! they live: so theirs is answered when there is news, as the protocol wants it, and whatever is found goes to them at once. Invariants:
//! a slice takes no reader for long; what a client has as a result is never told again; cancelling ends the question wherever it is.

use super::capabilities::ClientFeatures;
use super::transport::WireSender;
use super::{from_proto, to_proto};
use crate::db::File;
use crate::ide;
use crate::modules::Lookup;
use crate::settings::Checks;
use crate::world::{DocumentView, Kind, Overview, Refused, Snapshot, WORKSPACE, WorldHandle};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tower_lsp::lsp_types::{
    Diagnostic, FullDocumentDiagnosticReport, ProgressToken, UnchangedDocumentDiagnosticReport, Url,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReport, WorkspaceDocumentDiagnosticReport,
    WorkspaceFullDocumentDiagnosticReport, WorkspaceUnchangedDocumentDiagnosticReport,
};

/// So long a reader goes on with one question before others have their turn.
const SLICE: Duration = Duration::from_millis(15);
/// So long nothing must happen before files are looked at again …
const QUIET: Duration = Duration::from_millis(250);
/// … but no longer than this.
const LONGEST_UNREST: Duration = Duration::from_secs(2);
/// After so many files what was made to look into them is let go.
const MOST_OPENED: usize = 48;
/// So often modules of modules are looked for.
const MOST_ROUNDS: u32 = 16;

/// What identifies the diagnostics of a file.
pub fn result_id(items: &[Diagnostic]) -> String {
    let mut hasher = FxHasher::default();
    serde_json::to_string(items).unwrap_or_default().hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

/// What was found out in earlier questions of the connection.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<Mutex<Results>>);

/// Results of files that are not open, and what they depend on.
#[derive(Debug, Default)]
struct Results {
    /// With which settings.
    checks: Arc<Checks>,
    texts: ide::Memory,
    of: FxHashMap<File, (u64, String)>,
}

/// A file as clients name it: two names of one file are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    Path(PathBuf),
    Other(String),
}

impl Name {
    fn of(uri: &Url) -> Name {
        from_proto::path(uri).map_or_else(|| Name::Other(uri.to_string()), Name::Path)
    }
}

/// What comes after a slice.
enum Next {
    /// Another one.
    More,
    /// These modules are to be looked for.
    LookFor(Vec<Lookup>),
    /// Everything was told.
    Done,
}

/// One question.
struct Question {
    known: Known,
    /// What the client has, with its name for it.
    before: BTreeMap<Name, (Url, String)>,
    /// The files of the present moment.
    files: Option<(u64, Vec<ide::Closed>)>,
    /// So many of them have been told.
    done: usize,
    /// So many were looked into since memory was let go.
    opened: usize,
    rounds: u32,
    /// Results that were told.
    told: FxHashMap<Name, String>,
    /// Reports that the client does not have.
    news: Vec<WorkspaceDocumentDiagnosticReport>,
    /// Those that it has.
    same: Vec<WorkspaceDocumentDiagnosticReport>,
}

impl Question {
    fn new(known: Known, params: &WorkspaceDiagnosticParams) -> Question {
        let before =
            params.previous_result_ids.iter().map(|it| (Name::of(&it.uri), (it.uri.clone(), it.value.clone())));
        Question {
            known,
            before: before.collect(),
            files: None,
            done: 0,
            opened: 0,
            rounds: 0,
            told: FxHashMap::default(),
            news: Vec::new(),
            same: Vec::new(),
        }
    }

    /// Goes on for a while.
    fn slice(&mut self, it: &Snapshot, features: &ClientFeatures) -> Next {
        let (Some(overview), until) = (&it.overview, Instant::now() + SLICE) else { return Next::Done };
        let known = self.known.clone();
        let mut known = known.0.lock().unwrap_or_else(PoisonError::into_inner);
        if self.files.as_ref().is_none_or(|(moment, _)| *moment != it.db.moment()) {
            let unknown = self.look_anew(it, overview, &mut known, features);
            if !unknown.is_empty() && self.rounds < MOST_ROUNDS {
                (self.files, self.rounds) = (None, self.rounds + 1);
                return Next::LookFor(unknown);
            }
        }
        let files = self.files.take();
        let Some((_, closed)) = &files else { return Next::Done };
        let mut next = Next::Done;
        while let Some(file) = closed.get(self.done) {
            if Instant::now() >= until {
                next = Next::More;
                break;
            }
            it.db.poll();
            self.closed(it, file, (overview, &mut known), features);
            self.done += 1;
        }
        self.files = files;
        if matches!(next, Next::Done) {
            self.gone();
        }
        next
    }

    /// Finds out which files there are now, and tells what is said of the open ones. What is found are modules that nobody has looked for.
    fn look_anew(
        &mut self,
        it: &Snapshot,
        overview: &Overview,
        known: &mut Results,
        features: &ClientFeatures,
    ) -> Vec<Lookup> {
        if !Arc::ptr_eq(&known.checks, &overview.checks) {
            (known.checks, known.of) = (overview.checks.clone(), FxHashMap::default());
        }
        let open: FxHashSet<_> = overview.open.iter().map(|(document, _)| document.file).collect();
        let of_all = (&*overview.checks, &overview.places, overview.is_unread);
        let sweep = ide::sweep(&it.db, &open, of_all, &mut known.texts);
        if !sweep.unknown.is_empty() && self.rounds < MOST_ROUNDS {
            return sweep.unknown;
        }
        for (document, live) in &overview.open {
            let Ok(uri) = Url::parse(&document.uri) else { continue };
            let items =
                items(it, &ide::diagnostics(&it.db, document, &it.in_programs_of(document, live)), document, features);
            let id = result_id(&items);
            self.tell(uri, Some(i64::from(document.version)), id, Some(items));
        }
        (self.files, self.done) = (Some((it.db.moment(), sweep.closed)), 0);
        sweep.unknown
    }

    /// Tells what is said of a file that is not open.
    fn closed(
        &mut self,
        it: &Snapshot,
        file: &ide::Closed,
        (overview, known): (&Overview, &mut Results),
        features: &ClientFeatures,
    ) {
        let Ok(uri) = Url::from_file_path(file.file.path(&it.db)) else { return };
        let result = known.of.get(&file.file).filter(|(depends_on, _)| *depends_on == file.depends_on);
        if let Some(id) = result.map(|(_, id)| id.clone())
            && self.has(&Name::of(&uri), &id)
        {
            return self.tell(uri, None, id, None);
        }
        self.opened += 1;
        let checks = overview.by_folder.of(Some(Path::new(file.file.path(&it.db))), &overview.checks);
        let (document, found) = file.diagnostics(&it.db, checks);
        let items = items(it, &found, &document, features);
        let id = result_id(&items);
        known.of.insert(file.file, (file.depends_on, id.clone()));
        self.tell(uri, None, id, Some(items));
    }

    /// Whether that is what the client has of a file.
    fn has(&self, name: &Name, id: &str) -> bool {
        match self.told.get(name) {
            Some(told) => told == id,
            None => self.before.get(name).is_some_and(|(_, before)| before == id),
        }
    }

    /// Tells a result, once; no items: the client has them.
    fn tell(&mut self, uri: Url, version: Option<i64>, id: String, items: Option<Vec<Diagnostic>>) {
        let name = Name::of(&uri);
        if self.told.get(&name) == Some(&id) {
            return;
        }
        let full = items.filter(|_| !self.has(&name, &id));
        // What was told before holds no more; if it has been sent, this comes behind it.
        if self.told.insert(name, id.clone()).is_some() {
            let is_other = |report: &WorkspaceDocumentDiagnosticReport| *uri_of(report) != uri;
            self.same.retain(is_other);
            self.news.retain(is_other);
        }
        match full {
            Some(items) => self.news.push(full_report(uri, version, Some(id), items)),
            None => self.same.push(WorkspaceDocumentDiagnosticReport::Unchanged(
                WorkspaceUnchangedDocumentDiagnosticReport {
                    uri,
                    version,
                    unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id: id },
                },
            )),
        }
    }

    /// Tells that there is nothing to say any more of files that are gone.
    fn gone(&mut self) {
        for (name, (uri, _)) in &self.before {
            if !self.told.contains_key(name) {
                self.told.insert(name.clone(), String::new());
                self.news.push(full_report(uri.clone(), None, None, Vec::new()));
            }
        }
    }
}

fn items(
    it: &Snapshot,
    found: &[ide::Diagnostic],
    document: &DocumentView,
    features: &ClientFeatures,
) -> Vec<Diagnostic> {
    it.db.while_wanted(found).map(|item| to_proto::diagnostic(item, document, features)).collect()
}

fn full_report(
    uri: Url,
    version: Option<i64>,
    result_id: Option<String>,
    items: Vec<Diagnostic>,
) -> WorkspaceDocumentDiagnosticReport {
    let full_document_diagnostic_report = FullDocumentDiagnosticReport { result_id, items };
    let report = WorkspaceFullDocumentDiagnosticReport { uri, version, full_document_diagnostic_report };
    WorkspaceDocumentDiagnosticReport::Full(report)
}

fn uri_of(report: &WorkspaceDocumentDiagnosticReport) -> &Url {
    match report {
        WorkspaceDocumentDiagnosticReport::Full(it) => &it.uri,
        WorkspaceDocumentDiagnosticReport::Unchanged(it) => &it.uri,
    }
}

/// Answers the question, as soon as there is an answer that the client does not have; without a token at once.
///
/// # Errors
/// If the question is refused.
pub async fn answer(
    (world, wire, features): (&WorldHandle, &WireSender, ClientFeatures),
    known: Known,
    params: WorkspaceDiagnosticParams,
) -> Result<WorkspaceDiagnosticReport, Refused> {
    let question = Arc::new(Mutex::new(Question::new(known, &params)));
    let lock = || question.lock().unwrap_or_else(PoisonError::into_inner);
    let token = params.partial_result_params.partial_result_token;
    let (mut moments, mut is_news) = (world.moments(), false);
    loop {
        moments.borrow_and_update();
        let asked = question.clone();
        let reader = move |it: &Snapshot| asked.lock().unwrap_or_else(PoisonError::into_inner).slice(it, &features);
        let (answer, _cancel_on_drop) = world.ask(WORKSPACE.into(), Kind::WholeDocument, reader);
        let next = answer.await.unwrap_or(Err(Refused::Ended))?;
        if let Some(token) = &token {
            let news = std::mem::take(&mut lock().news);
            is_news |= !news.is_empty();
            tell_part(wire, token, news);
        }
        if lock().opened >= MOST_OPENED {
            lock().opened = 0;
            world.trim();
        }
        match next {
            Next::More => {}
            Next::LookFor(lookups) => {
                // What is not found now is looked for again with the next slice, a few times.
                let _ = world.look_for(lookups).await;
            }
            Next::Done if token.is_none() || is_news => break,
            Next::Done => {
                if !wait_for_news(&mut moments).await {
                    break;
                }
            }
        }
    }
    let mut question = lock();
    let same = std::mem::take(&mut question.same);
    match &token {
        Some(token) => {
            tell_part(wire, token, same);
            Ok(WorkspaceDiagnosticReport { items: Vec::new() })
        }
        None => Ok(WorkspaceDiagnosticReport {
            items: std::mem::take(&mut question.news).into_iter().chain(same).collect(),
        }),
    }
}

/// Sends a part of the answer.
fn tell_part(wire: &WireSender, token: &ProgressToken, items: Vec<WorkspaceDocumentDiagnosticReport>) {
    #[derive(Serialize)]
    struct Part<'a> {
        token: &'a ProgressToken,
        value: WorkspaceDiagnosticReport,
    }
    if !items.is_empty() {
        wire.notify("$/progress", &Part { token, value: WorkspaceDiagnosticReport { items } });
    }
}

/// Waits until something is different and nothing happens any more; false if the world has ended.
async fn wait_for_news(moments: &mut tokio::sync::watch::Receiver<u64>) -> bool {
    if moments.changed().await.is_err() {
        return false;
    }
    let since = Instant::now();
    while since.elapsed() < LONGEST_UNREST {
        match tokio::time::timeout(QUIET, moments.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return false,
            Err(_) => break,
        }
    }
    true
}
