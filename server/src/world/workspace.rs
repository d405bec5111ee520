//! The files of the workspace: open documents in place of what is on disk, and everything else below its folders.
//!
//! `ide` looks for references and symbols in them. Invariants: a file is in the set once, by its path; the text of an open document
//! comes before the one on disk; folders are read by a job, never by the world's own thread.

use super::World;
use crate::db::File;
use crate::modules::path_of;
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What is known of the workspace.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Open documents by name.
    open: FxHashMap<Arc<str>, File>,
    /// Files on disk.
    on_disk: FxHashMap<PathBuf, File>,
}

impl Workspace {
    fn files(&self) -> Vec<File> {
        let open_paths: Vec<_> = self.open.keys().filter_map(|uri| path_of(uri)).collect();
        let closed = self.on_disk.iter().filter(|(path, _)| !open_paths.contains(path));
        self.open.values().chain(closed.map(|(_, file)| file)).copied().collect()
    }
}

impl World {
    /// A document was opened (or closed: no file).
    pub(super) fn in_workspace(&mut self, uri: &Arc<str>, file: Option<File>) {
        let before = match file {
            Some(file) => self.workspace.open.insert(uri.clone(), file),
            None => self.workspace.open.remove(uri),
        };
        if before != file {
            self.db.set_files(Arc::new(self.workspace.files()));
        }
    }
}
