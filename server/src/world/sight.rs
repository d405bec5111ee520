//! What jobs see: each gets a snapshot of the moment at which a thread is free for it.
//!
//! `pool` asks for it. Invariants: the world's own jobs are about open documents; a question may be about any file that is known, whose text
//! is then that of the disk.

use super::job::{Job, Overview, Refused, Snapshot};
use super::{WORKSPACE, World};
use crate::db::File;
use crate::document::{Document, DocumentView};
use crate::ide::Live;
use crate::line_index::LineIndex;
use crate::modules::{Places, path_of};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

/// The versions of all open documents.
type Versions = Arc<FxHashMap<Arc<str>, i32>>;

impl World {
    /// Gives waiting jobs to idle threads.
    pub(super) fn dispatch(&mut self) {
        let mut pool = std::mem::take(&mut self.pool);
        let versions = OnceCell::new();
        pool.dispatch(|job| {
            let snapshot = self.snapshot(job, &versions);
            if snapshot.is_none() {
                job.refuse(Refused::UnknownDocument);
            }
            snapshot
        });
        self.pool = pool;
    }

    fn snapshot(&self, job: &dyn Job, versions: &OnceCell<Versions>) -> Option<Snapshot> {
        let uri = job.uri();
        let version = |(uri, it): (&Arc<str>, &Document)| (uri.clone(), it.view.version);
        let versions = versions.get_or_init(|| Arc::new(self.documents.iter().map(version).collect()));
        let seen = |document, live, overview| Snapshot {
            db: self.db.clone(),
            document,
            live,
            overview,
            versions: versions.clone(),
            touched: Default::default(),
        };
        if let Some(document) = self.documents.get(uri) {
            return Some(seen(document.view.clone(), self.running(uri), None));
        }
        if uri == WORKSPACE {
            return Some(seen(self.nowhere.clone(), Arc::default(), Some(Arc::new(self.overview()))));
        }
        if !job.is_question() {
            return None;
        }
        let (document, live) = self.closed_document(uri)?;
        let snapshot = seen(document, live, None);
        snapshot.touch(snapshot.document.file);
        Some(snapshot)
    }

    fn overview(&self) -> Overview {
        let open = |(uri, document): (&Arc<str>, &Document)| (document.view.clone(), self.running(uri));
        Overview {
            open: self.documents.iter().map(open).collect(),
            checks: self.scheduler.settings().checks.clone(),
            by_folder: self.scheduler.settings().by_folder.clone(),
            places: self.places_in(None),
            is_unread: self.workspace.unread > 0,
        }
    }

    /// The running state of an open document.
    fn running(&self, uri: &str) -> Arc<Live> {
        let live = self.scheduler.live(uri);
        if self.held.is_unread_around(uri) {
            Arc::new(Live { is_unread_around: true, ..(*live).clone() })
        } else {
            live
        }
    }

    /// The file on disk of a document that is not open, if it is known.
    fn closed_file(&self, uri: &str) -> Option<File> {
        let path = path_of(uri)?;
        self.workspace.closed_at(&path).or_else(|| self.on_disk.get(&path).copied())
    }

    /// What a question about it sees.
    fn closed_document(&self, uri: &str) -> Option<(Arc<DocumentView>, Arc<Live>)> {
        let file = self.closed_file(uri)?;
        let text = file.text(&self.db);
        let index = Arc::new(LineIndex::new(&text));
        let revision = self.seen.get(uri).copied().unwrap_or_default();
        let document = DocumentView { uri: uri.into(), version: 0, revision, file, text, index };
        let (show, checks) = (self.settings.show, self.scheduler.settings().checks_of(uri).clone());
        let (places, is_unread_around) = (Arc::new(self.places_of(uri)), self.workspace.unread > 0);
        let live = Live { show, checks, places, is_unread_around, ..Live::default() };
        Some((Arc::new(document), Arc::new(live)))
    }

    /// Where modules of a document may be.
    pub(super) fn places_of(&self, uri: &str) -> Places {
        self.places_in(path_of(uri).and_then(|path| Some(path.parent()?.to_path_buf())))
    }

    /// Where modules of a program in a folder may be.
    fn places_in(&self, script: Option<PathBuf>) -> Places {
        let (executable, roots) = (self.executable.clone(), self.config.roots.clone());
        Places { executable, also: self.settings.import_folders(&roots), roots, script }
    }
}
