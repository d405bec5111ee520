//! The files of the workspace: open documents in place of what is on disk, and everything else below its folders; beside documents that
//! lie outside of them what stands where imports look.
//!
//! `ide` looks for references and symbols in them. Invariants: a file is in the set once, by its path; the text of an open document
//! comes before the one on disk; folders are read by a thread of their own, never by the world's.

use super::own::Task;
use super::watcher::Watcher;
use super::{Event, World};
use crate::db::{File, FilesByPath, Known, Outline};
use crate::modules::{decode_module, is_left_out, path_of};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, mpsc};

/// Larger workspaces are known in part: the files that come first, folder by folder.
const MOST_FILES: usize = 20_000;
/// Beside a document that lies in no folder of the workspace there may be anything: so many programs are looked at.
const MOST_BESIDE: usize = 500;
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
    /// Folders that are known because a document in them is open, though they are not part of the workspace.
    beside: Vec<PathBuf>,
    /// Threads that still read.
    pub reading: usize,
    /// Those of them that read folders for the first time.
    pub unread: usize,
    /// They have found something since somebody was last told.
    is_news: bool,
}

impl Workspace {
    /// The open document at a path.
    pub fn open_at(&self, path: &Path) -> Option<File> {
        self.open_paths.get(path).copied()
    }

    /// A file that is not open.
    pub fn closed_at(&self, path: &Path) -> Option<File> {
        self.closed.get(path).copied()
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
    /// It reads folders for the first time.
    is_first: bool,
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
            let watcher = self.watcher();
            roots.iter().for_each(|root| watcher.iter().for_each(|it| it.watch_around(root)));
            self.read_in_thread(true, move |found| programs_below(roots, watcher.as_ref(), found));
        }
    }

    /// Who watches the workspace, if the client does not.
    fn watcher(&self) -> Option<Watcher> {
        self.config.watches.then(|| self.watcher.clone())
    }

    /// Whether a file belongs to the workspace, or stands beside a document that does not.
    fn is_in_sight(&self, path: &Path) -> bool {
        let plain = |part: Component<'_>| !matches!(part, Component::Normal(name) if is_left_out(name));
        let below = |root: &PathBuf| path.strip_prefix(root).is_ok_and(|rest| rest.components().all(plain));
        self.config.roots.iter().any(below) || self.is_beside(path)
    }

    /// Whether it is known only because of a document beside it.
    fn is_beside(&self, path: &Path) -> bool {
        path.parent().is_some_and(|folder| self.workspace.beside.iter().any(|it| it == folder))
    }

    /// Looks beside documents that lie in no folder of the workspace: where they import from, and where those stand that import them. What is
    /// known beside documents that are closed is forgotten.
    fn look_beside(&mut self) {
        let outside = self.workspace.open_paths.keys().filter(|path| !self.is_below_root(path));
        let mut wanted: Vec<PathBuf> = outside.filter_map(|path| path.parent()).flat_map(around).collect();
        wanted.sort();
        wanted.dedup();
        if wanted == self.workspace.beside {
            return;
        }
        let before = std::mem::replace(&mut self.workspace.beside, wanted);
        let (now, watcher) = (self.workspace.beside.clone(), self.watcher.clone());
        before.iter().filter(|it| !now.contains(it)).for_each(|folder| watcher.leave(folder));
        self.forget_what_is_out_of_sight();
        let new: Vec<_> = now.into_iter().filter(|it| !before.contains(it)).collect();
        if !new.is_empty() {
            self.read_in_thread(true, move |found| programs_in(&new, &watcher, found));
        }
    }

    fn is_below_root(&self, path: &Path) -> bool {
        self.config.roots.iter().any(|root| path.starts_with(root))
    }

    fn forget_what_is_out_of_sight(&mut self) {
        let gone: Vec<_> = self
            .workspace
            .on_disk
            .keys()
            .filter(|path| !self.is_below_root(path) && !self.is_beside(path))
            .cloned()
            .collect();
        gone.iter().for_each(|path| self.workspace.remove(path));
    }

    /// Takes in new folders and forgets the files of those that are gone. Documents that are open keep the folders they were opened with.
    pub(super) fn changed_folders(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        self.config.roots.retain(|root| !removed.contains(root));
        let new: Vec<_> = added.into_iter().filter(|root| !self.config.roots.contains(root)).collect();
        self.config.roots.extend(new.iter().cloned());
        self.db.set_roots(self.config.roots.clone());
        self.read_profiles();
        self.look_beside();
        self.forget_what_is_out_of_sight();
        self.set_files();
        if !new.is_empty() {
            let watcher = self.watcher();
            new.iter().for_each(|root| watcher.iter().for_each(|it| it.watch_around(root)));
            self.read_in_thread(true, move |found| programs_below(new, watcher.as_ref(), found));
        }
    }

    /// Looks again at files that may have changed on disk, and at folders that may have come or gone with all that is in them.
    pub(super) fn look_again(&mut self, mut paths: Vec<PathBuf>) {
        paths.retain(|path| self.is_in_sight(path) || self.db.is_known_path(path) || self.on_disk.contains_key(path));
        if paths.iter().any(|path| !is_program(path)) {
            let all: FxHashSet<&Path> = paths.iter().map(PathBuf::as_path).collect();
            let is_inside = |path: &&Path| path.ancestors().skip(1).any(|it| all.contains(it));
            let known = self.db.known_files();
            let known = self.workspace.on_disk.keys().map(|it| &**it).chain(known.keys().map(PathBuf::as_path));
            let inside: FxHashSet<PathBuf> = known.filter(is_inside).map(Path::to_path_buf).collect();
            paths.extend(inside);
        }
        if paths.is_empty() {
            return;
        }
        let (watcher, roots) = (self.watcher(), self.config.roots.clone());
        self.read_in_thread(false, move |found| {
            for path in paths {
                if is_program(&path) {
                    let content = read(&path);
                    found(path, content);
                } else if path.is_dir() && roots.iter().any(|root| path.starts_with(root)) {
                    programs_below(vec![path], watcher.as_ref(), found);
                }
            }
        });
    }

    fn read_in_thread(
        &mut self,
        is_first: bool,
        work: impl FnOnce(&mut dyn FnMut(PathBuf, Option<OnDisk>)) + Send + 'static,
    ) {
        let events = self.events.clone();
        let thread = std::thread::Builder::new().name("scan".into()).spawn(move || in_batches(&events, is_first, work));
        match thread {
            Ok(_) => {
                self.workspace.reading += 1;
                self.workspace.unread += usize::from(is_first);
            }
            Err(error) => tracing::warn!("the workspace is not read: {error}"),
        }
    }

    /// Takes over what was read.
    pub(super) fn scanned(&mut self, scanned: Scanned) {
        self.workspace.is_news |= !scanned.files.is_empty();
        let mut other = Vec::new();
        for (path, content) in scanned.files {
            let Some(content) = content else {
                self.workspace.remove(&path);
                other.push(path);
                continue;
            };
            let known = self.on_disk.get(&path).copied();
            let file = match known {
                Some(file) => {
                    if file.text(&self.db) != content.text {
                        self.db.set_closed(file, content.text, content.outline);
                        other.push(path.clone());
                    }
                    file
                }
                None => {
                    let file = self.db.add_closed(path.to_string_lossy().into_owned(), content.text, content.outline);
                    self.on_disk.insert(path.clone(), file);
                    file
                }
            };
            let is_open = self.open_at(&path).is_some();
            if !is_open && self.db.known_files().get(&path).is_some_and(|it| *it != Known::At(file)) {
                other.push(path.clone());
            }
            // It may have been closed or taken out of the workspace while it was read.
            if self.is_in_sight(&path) {
                self.workspace.insert(path, file);
            }
        }
        self.workspace.reading -= usize::from(scanned.is_last);
        self.workspace.unread -= usize::from(scanned.is_last && scanned.is_first);
        self.set_files();
        self.forget(&other);
        if scanned.is_last && std::mem::take(&mut self.workspace.is_news) {
            self.show_anew();
        }
        if self.workspace.unread == 0 {
            self.held.all_read().into_iter().for_each(|uri| self.own(uri, Task::Show));
        }
    }

    /// Files on disk may import what is open, whose names are theirs then as well: what was said of it may not be true any more. Nor may it be
    /// known where its own imports lead, since programs may have folders of modules that nobody knew of.
    fn show_anew(&mut self) {
        let open: Vec<_> = self.documents.keys().cloned().collect();
        for uri in open {
            self.own(uri.clone(), Task::Plan);
            self.own(uri, Task::Show);
        }
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
        self.look_beside();
        if before != file {
            self.set_files();
        }
        if let Some(path) = path.filter(|_| file.is_none()) {
            self.look_again(vec![path]);
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

/// Tells what is read, a batch at a time. That the thread ends is told even if it panics: much waits for that.
fn in_batches(
    events: &mpsc::Sender<Event>,
    is_first: bool,
    work: impl FnOnce(&mut dyn FnMut(PathBuf, Option<OnDisk>)),
) {
    let mut files = Vec::new();
    // The world may have ended; then nobody needs the result.
    let send = |files, is_last| drop(events.send(Event::Scanned(Box::new(Scanned { files, is_last, is_first }))));
    let worked = catch_unwind(AssertUnwindSafe(|| {
        work(&mut |path, content| {
            files.push((path, content));
            if files.len() == BATCH {
                send(std::mem::take(&mut files), false);
            }
        });
    }));
    if let Err(panic) = worked {
        tracing::error!("reading the workspace panicked: {}", super::panic_text(&panic));
    }
    send(files, true);
}

fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "ms")
}

/// The folders in which stands what a document of a folder may import, and what may import it.
fn around(folder: &Path) -> Vec<PathBuf> {
    let program = folder.parent().filter(|_| folder.ends_with("lib"));
    let own = [folder.to_path_buf(), folder.join("lib")];
    own.into_iter().chain(program.map(Path::to_path_buf)).collect()
}

/// Reads the programs in folders, but not in those in them.
fn programs_in(folders: &[PathBuf], watcher: &Watcher, found: &mut dyn FnMut(PathBuf, Option<OnDisk>)) {
    let mut count = 0;
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        watcher.watch(folder);
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<_> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|it| is_program(it)).collect();
        paths.sort();
        for path in paths {
            if count == MOST_BESIDE {
                tracing::warn!("{} has more than {MOST_BESIDE} programs; the others are not known", folder.display());
                return;
            }
            count += 1;
            let content = read(&path);
            found(path, content);
        }
    }
}

/// Reads all programs below folders, which are watched from then on.
fn programs_below(roots: Vec<PathBuf>, watcher: Option<&Watcher>, found: &mut dyn FnMut(PathBuf, Option<OnDisk>)) {
    let mut count = 0;
    let enters = |folder: &Path| {
        if let Some(watcher) = watcher {
            watcher.watch(folder);
        }
    };
    crate::modules::programs_below(roots, enters, &mut |path| {
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
    text(path).map(|text| OnDisk::new(&text))
}

/// Its text.
pub(super) fn text(path: &Path) -> Option<String> {
    let about = std::fs::symlink_metadata(path).ok()?;
    if !about.is_file() || about.len() > LARGEST {
        return None;
    }
    let bytes = std::fs::read(path).ok()?;
    decode_module(&bytes).ok()
}
