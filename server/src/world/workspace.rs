//! The files of the workspace: open documents in place of what is on disk, and everything else below its folders.
//!
//! `ide` looks for references and symbols in them. Invariants: a file is in the set once, by its path; the text of an open document
//! comes before the one on disk; folders are read by a thread of their own, never by the world's.

use super::own::Task;
use super::{Event, World};
use crate::db::{File, FilesByPath, Outline};
use crate::modules::{decode_module, path_of};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

/// Larger workspaces are known in part: the files that come first, folder by folder.
const MOST_FILES: usize = 20_000;
/// Larger files are no programs.
const LARGEST: u64 = 4 << 20;
/// How many files the world takes over at once, so that it stays awake for edits.
const BATCH: usize = 256;

/// What is known of the workspace.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Open documents by name.
    open: FxHashMap<Arc<str>, File>,
    /// The same by path, where they have one.
    open_paths: FilesByPath,
    /// Files on disk; their texts are among the world's modules.
    on_disk: Arc<FilesByPath>,
    /// Those of them that are not open, in their order: a document is opened without sorting all others.
    closed: BTreeMap<Arc<Path>, File>,
    /// Threads that still read.
    pub reading: usize,
}

impl Workspace {
    /// The open document at a path.
    pub fn open_at(&self, path: &Path) -> Option<File> {
        self.open_paths.get(path).copied()
    }

    /// There is a file on disk.
    fn insert(&mut self, path: PathBuf, file: File) {
        if self.on_disk.get(&*path) != Some(&file) {
            let path: Arc<Path> = path.into();
            Arc::make_mut(&mut self.on_disk).insert(path.clone(), file);
            if !self.open_paths.contains_key(&path) {
                self.closed.insert(path, file);
            }
        }
    }

    /// There is none any more.
    fn remove(&mut self, path: &Path) {
        if self.on_disk.contains_key(path) {
            Arc::make_mut(&mut self.on_disk).remove(path);
            self.closed.remove(path);
        }
    }

    /// A document was opened at a path.
    fn open(&mut self, path: PathBuf, file: File) {
        self.closed.remove(&*path);
        self.open_paths.insert(path.into(), file);
    }

    /// It was closed.
    fn close(&mut self, path: &Path) {
        self.open_paths.remove(path);
        if let Some((path, file)) = self.on_disk.get_key_value(path) {
            self.closed.insert(path.clone(), *file);
        }
    }
}

/// What a thread has read.
pub(super) struct Scanned {
    /// Files with their content; no content: there is no such program.
    files: Vec<(PathBuf, Option<OnDisk>)>,
    /// The thread has ended.
    is_last: bool,
}

/// A program on disk: its text, and a glance over it in the place of its tree, which nobody may ever need.
pub(super) struct OnDisk {
    pub text: Arc<str>,
    pub outline: Arc<Outline>,
}

impl OnDisk {
    pub fn new(text: &str) -> OnDisk {
        let outline = Outline::of(text, &minilive_syntax::parse(text));
        OnDisk { text: text.into(), outline: Arc::new(outline) }
    }
}

impl World {
    /// Starts to read the folders of the workspace.
    pub(super) fn scan(&mut self) {
        let roots = self.config.roots.clone();
        if !roots.is_empty() {
            self.read_in_thread(move |found| programs_below(roots, found));
        }
    }

    /// Takes in new folders and forgets the files of those that are gone. Documents that are open keep the folders they were opened with.
    pub(super) fn changed_folders(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        self.config.roots.retain(|root| !removed.contains(root));
        let new: Vec<_> = added.into_iter().filter(|root| !self.config.roots.contains(root)).collect();
        self.config.roots.extend(new.iter().cloned());
        self.read_profiles();
        let roots = &self.config.roots;
        let is_below = |path: &Path| roots.iter().any(|root| path.starts_with(root));
        Arc::make_mut(&mut self.workspace.on_disk).retain(|path, _| is_below(path));
        self.workspace.closed.retain(|path, _| is_below(path));
        self.set_files();
        if !new.is_empty() {
            self.read_in_thread(move |found| programs_below(new, found));
        }
    }

    /// Looks again at a file that may have changed on disk.
    pub(super) fn look_again(&mut self, path: PathBuf) {
        let below = self.config.roots.iter().any(|root| path.starts_with(root));
        if below && path.extension().is_some_and(|it| it == "ms") {
            self.read_in_thread(move |found| {
                let content = read(&path);
                found(path, content);
            });
        }
    }

    fn read_in_thread(&mut self, work: impl FnOnce(&mut dyn FnMut(PathBuf, Option<OnDisk>)) + Send + 'static) {
        let events = self.events.clone();
        let thread = std::thread::Builder::new().name("scan".into()).spawn(move || in_batches(&events, work));
        match thread {
            Ok(_) => self.workspace.reading += 1,
            Err(error) => tracing::warn!("the workspace is not read: {error}"),
        }
    }

    /// Takes over what was read.
    pub(super) fn scanned(&mut self, scanned: Scanned) {
        for (path, content) in scanned.files {
            let Some(content) = content else {
                self.workspace.remove(&path);
                continue;
            };
            let file = match self.on_disk.get(&path) {
                Some(&file) => {
                    if file.text(&self.db) != content.text {
                        self.db.set_closed(file, content.text, content.outline);
                    }
                    file
                }
                None => {
                    let file = self.db.add_closed(path.to_string_lossy().into_owned(), content.text, content.outline);
                    self.on_disk.insert(path.clone(), file);
                    file
                }
            };
            self.workspace.insert(path, file);
        }
        self.workspace.reading -= usize::from(scanned.is_last);
        self.set_files();
        if scanned.is_last {
            self.show_anew();
        }
    }

    /// Files on disk may import what is open, whose names are theirs then as well: what was said of it may not be true any more.
    fn show_anew(&mut self) {
        let open: Vec<_> = self.documents.keys().cloned().collect();
        open.into_iter().for_each(|uri| self.own(uri, Task::Show));
    }

    /// A document was opened (or closed: no file).
    pub(super) fn in_workspace(&mut self, uri: &Arc<str>, file: Option<File>) {
        let path = path_of(uri);
        let before = match file {
            Some(file) => self.workspace.open.insert(uri.clone(), file),
            None => self.workspace.open.remove(uri),
        };
        if let Some(path) = path.clone() {
            match file {
                Some(file) => self.workspace.open(path, file),
                None => self.workspace.close(&path),
            }
        }
        if before != file {
            self.set_files();
        }
        if let Some(path) = path.filter(|_| file.is_none()) {
            self.look_again(path);
        }
    }

    /// Hands the set to the database, as far as it is different: each write ends all readers.
    fn set_files(&mut self) {
        let workspace = &self.workspace;
        if !Arc::ptr_eq(&self.db.on_disk(), &workspace.on_disk) {
            self.db.set_on_disk(workspace.on_disk.clone());
        }
        let files: Vec<_> = workspace.open.values().chain(workspace.closed.values()).copied().collect();
        if *self.db.files() != files {
            self.db.set_files(Arc::new(files), Arc::new(workspace.open_paths.clone()));
        }
    }
}

fn in_batches(events: &mpsc::Sender<Event>, work: impl FnOnce(&mut dyn FnMut(PathBuf, Option<OnDisk>))) {
    let mut files = Vec::new();
    // The world may have ended; then nobody needs the result.
    let send = |files, is_last| drop(events.send(Event::Scanned(Box::new(Scanned { files, is_last }))));
    work(&mut |path, content| {
        files.push((path, content));
        if files.len() == BATCH {
            send(std::mem::take(&mut files), false);
        }
    });
    send(files, true);
}

/// Reads all programs below folders.
fn programs_below(roots: Vec<PathBuf>, found: &mut dyn FnMut(PathBuf, Option<OnDisk>)) {
    let mut count = 0;
    crate::modules::programs_below(roots, &mut |path| {
        if count == MOST_FILES {
            tracing::warn!("the workspace has more than {MOST_FILES} programs; the others are not known");
            return false;
        }
        count += 1;
        let content = read(&path);
        found(path, content);
        true
    });
}

/// The program in a file, if it is one.
fn read(path: &Path) -> Option<OnDisk> {
    let about = std::fs::symlink_metadata(path).ok()?;
    if !about.is_file() || about.len() > LARGEST {
        return None;
    }
    let bytes = std::fs::read(path).ok()?;
    Some(OnDisk::new(&decode_module(&bytes).ok()?))
}
