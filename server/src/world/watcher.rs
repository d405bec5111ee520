//! Watching folders by ourselves: those of the workspace where the client cannot, and those beside documents that lie outside of it.
//!
//! The threads that read folders have each watched before they read it, so nothing falls between; what the system tells goes to the world
//! as what a client tells does. Invariant: where the system does not let us watch, that is said once and nothing else is different; texts
//! that an edit relies on are compared with the disk anyway (`fresh.rs`).

use super::Event;
use crate::host_profile::IN_WORKSPACE;
use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

/// A file is often written in several steps, and many files at one time.
const PAUSE: Duration = Duration::from_millis(30);

/// Watches folders, as soon as there is one to watch.
#[derive(Clone)]
pub(super) struct Watcher {
    system: Arc<OnceLock<Option<Mutex<RecommendedWatcher>>>>,
    watched: Arc<Mutex<Watched>>,
    events: mpsc::Sender<Event>,
}

/// What is watched for itself, and what for one folder in it alone.
#[derive(Default)]
struct Watched {
    folders: FxHashSet<PathBuf>,
    /// Folders that may be moved away and made anew, which is seen from around them.
    roots: FxHashSet<PathBuf>,
}

impl Watched {
    /// Whether news are about something that merely stands beside a root.
    fn is_stranger(&self, path: &Path) -> bool {
        let beside = |root: &PathBuf| root.parent() == path.parent();
        !self.roots.contains(path)
            && !self.folders.contains(path)
            && path.parent().is_some_and(|it| !self.folders.contains(it))
            && self.roots.iter().any(beside)
    }
}

impl Watcher {
    /// What it sees it tells there.
    pub fn new(events: mpsc::Sender<Event>) -> Watcher {
        Watcher { system: Arc::default(), watched: Arc::default(), events }
    }

    /// Watches what lies in a folder, but not in the folders in it.
    pub fn watch(&self, folder: &Path) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).folders.insert(folder.to_path_buf());
        self.begin(folder);
    }

    /// Sees to it that a folder which is moved away is noticed when it comes back, or another one in its place.
    pub fn watch_around(&self, root: &Path) {
        let Some(around) = root.parent() else { return };
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).roots.insert(root.to_path_buf());
        self.begin(around);
    }

    fn begin(&self, folder: &Path) {
        let system = self.system.get_or_init(|| match start(&self.events, self.watched.clone()) {
            Ok(system) => Some(Mutex::new(system)),
            Err(error) => {
                tracing::warn!("no files are watched: {error}");
                None
            }
        });
        let Some(system) = system else { return };
        let mut system = system.lock().unwrap_or_else(PoisonError::into_inner);
        // Of a folder that was moved away the system goes on watching that one, by its old name.
        let _ = system.unwatch(folder);
        if let Err(error) = system.watch(folder, RecursiveMode::NonRecursive) {
            tracing::warn!("{} is not watched: {error}", folder.display());
        }
    }

    /// Does so no longer.
    pub fn leave(&self, folder: &Path) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.folders.remove(folder);
        if watched.roots.iter().any(|root| root.parent() == Some(folder)) {
            return;
        }
        drop(watched);
        if let Some(Some(system)) = self.system.get() {
            // A folder that is gone is not watched any more.
            let _ = system.lock().unwrap_or_else(PoisonError::into_inner).unwatch(folder);
        }
    }
}

fn start(events: &mpsc::Sender<Event>, watched: Arc<Mutex<Watched>>) -> notify::Result<RecommendedWatcher> {
    let (sender, inbox) = mpsc::channel();
    let events = events.clone();
    std::thread::Builder::new().name("watch".into()).spawn(move || tell(&inbox, &events))?;
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
        // Reading is no news.
        Ok(event) if event.kind.is_access() => {}
        Ok(event) => {
            let is_whole = is_whole(event.kind);
            let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
            let is_news = |path: &PathBuf| (is_whole || is_ours(path)) && !watched.is_stranger(path);
            let paths = event.paths.into_iter().filter(is_news);
            // The world may have ended; then nobody needs to know.
            paths.for_each(|path| drop(sender.send(path)));
        }
        Err(error) => tracing::warn!("some changes on disk may be missed: {error}"),
    })
}

/// Whether something came or went, which may be a folder; what else happens matters of our own files alone.
fn is_whole(kind: EventKind) -> bool {
    matches!(kind, EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)))
}

/// Whether a file is a program or a host profile. Settings may give profiles other names of these kinds.
fn is_ours(path: &Path) -> bool {
    let kinds = IN_WORKSPACE.iter().filter_map(|it| Path::new(it).extension());
    path.extension().is_some_and(|it| it == "ms" || kinds.into_iter().any(|kind| kind == it))
}

/// Hands on what happens at one time as one piece of news.
fn tell(inbox: &mpsc::Receiver<PathBuf>, events: &mpsc::Sender<Event>) {
    while let Ok(first) = inbox.recv() {
        std::thread::sleep(PAUSE);
        let mut paths: Vec<_> = std::iter::once(first).chain(inbox.try_iter()).collect();
        paths.sort();
        paths.dedup();
        if events.send(Event::OnDisk(paths)).is_err() {
            return;
        }
    }
}
