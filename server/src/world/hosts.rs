//! The world's part in host profiles: which files are read, and when again.
//!
//! Settings name some, which hold for all programs; others lie in the folders of the workspace, and hold there. Invariant: what cannot be read is told once a reading and adds no name; the files
//! are small and plain, so reading them holds up nothing. While somebody writes a profile, what it said last still holds.

use super::own::Task;
use super::{Notice, World};
use crate::host_profile::{Host, IN_WORKSPACE, is_built_in, load};
use crate::modules::plain;
use crate::settings::{ByFolder, Checks, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl World {
    /// Takes over settings, with what stands in the profiles that they name.
    pub(super) fn set_settings(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        self.read_profiles();
        if before.import_paths != self.settings.import_paths {
            self.look_elsewhere();
        }
    }

    /// Modules may be in other folders from now on.
    pub(super) fn look_elsewhere(&mut self) {
        let open: Vec<_> = self.documents.keys().cloned().collect();
        for uri in open {
            self.scheduler.set_places(&uri, self.places_of(&uri));
            self.own(uri.clone(), Task::Plan);
            self.own(uri, Task::Show);
        }
    }

    /// Reads all profiles anew.
    pub(super) fn read_profiles(&mut self) {
        let before = std::mem::take(&mut self.profiles_read);
        for path in self.profiles() {
            let said = match load(&path, Path::new("")) {
                Ok(said) => said,
                Err(text) => {
                    (self.notices)(Notice::Message { show: true, text: format!("MiniLive: {text}.") });
                    let last = before.get(&path).filter(|_| path.is_file());
                    last.cloned().unwrap_or_default()
                }
            };
            self.profiles_read.insert(path, said);
        }
        let files: Vec<_> = self.named_profiles().filter(|path| !is_built_in(path)).collect();
        if self.config.watches {
            files.iter().filter_map(|path| path.parent()).for_each(|folder| self.watcher.watch(folder));
        }
        (self.notices)(Notice::Profiles(files));
        let mut settings = self.settings.clone();
        Arc::make_mut(&mut settings.checks).host = Arc::new(self.host_in(|_| true));
        settings.by_folder = self.by_folder(&settings.checks);
        self.scheduler.set_settings(settings);
        self.db.touch();
    }

    /// What is said by the profiles that settings name, and by those that lie in some folders; what an inner folder says holds.
    fn host_in(&self, takes: impl Fn(&Path) -> bool) -> Host {
        let mut roots: Vec<_> = self.config.roots.iter().filter(|root| takes(root)).collect();
        roots.sort_by_key(|root| root.components().count());
        let lying = roots.into_iter().flat_map(|root| in_folder(root));
        let mut host = Host::default();
        for said in self.named_profiles().chain(lying).filter_map(|path| self.profiles_read.get(&path)) {
            host.extend(said.clone());
        }
        host
    }

    /// What is warned about in each folder: a profile that lies in one holds for all that is below it, other folders of the workspace
    /// included. No folders, if all of them have the same host.
    fn by_folder(&self, all: &Arc<Checks>) -> ByFolder {
        let mut roots = self.config.roots.clone();
        roots.sort_by_key(|root| std::cmp::Reverse(root.components().count()));
        let checks = |root: PathBuf| {
            let host = self.host_in(|other| root.starts_with(other));
            let is_same = host == *all.host;
            let own = if is_same { all.clone() } else { Arc::new(Checks { host: Arc::new(host), ..(**all).clone() }) };
            (root, own)
        };
        let folders: Vec<_> = roots.into_iter().map(checks).collect();
        let is_same = folders.iter().all(|(_, checks)| Arc::ptr_eq(checks, all));
        ByFolder(if is_same { Vec::new() } else { folders })
    }

    /// Those of the settings: built-in ones by their names, files relative to the first folder, as clients call them.
    fn named_profiles(&self) -> impl Iterator<Item = PathBuf> {
        let first = self.config.roots.first().cloned().unwrap_or_default();
        self.settings.checks.profiles.iter().map(move |path| {
            if is_built_in(Path::new(path)) {
                return PathBuf::from(path);
            }
            let path = first.join(path);
            plain(&std::path::absolute(&path).unwrap_or(path))
        })
    }

    /// Those of the settings, then those that lie in the folders.
    pub(super) fn profiles(&self) -> Vec<PathBuf> {
        self.named_profiles().chain(self.config.roots.iter().flat_map(|root| in_folder(root))).collect()
    }
}

/// The profiles that lie in a folder.
fn in_folder(root: &Path) -> impl Iterator<Item = PathBuf> {
    IN_WORKSPACE.map(|name| root.join(name)).into_iter().filter(|path| path.is_file())
}

/// Whether a file is a profile: one of these, or one that may lie in a folder.
pub(super) fn is_profile(path: &Path, profiles: &[PathBuf]) -> bool {
    path.file_name().is_some_and(|name| IN_WORKSPACE.iter().any(|it| name == *it))
        || profiles.iter().any(|it| it == path)
}
