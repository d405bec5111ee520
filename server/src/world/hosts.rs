//! The world's part in host profiles: which files are read, and when again.
//!
//! Settings and the folders of the workspace name them. Invariant: what cannot be read is told once a reading and adds no name; the files
//! are small and plain, so reading them holds up nothing. While somebody writes a profile, what it said last still holds.

use super::own::Task;
use super::{Notice, World};
use crate::host_profile::{Host, IN_WORKSPACE, is_built_in, load};
use crate::modules::plain;
use crate::settings::Settings;
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
        let mut host = Host::default();
        for path in self.profiles() {
            let said = match load(&path, Path::new("")) {
                Ok(said) => said,
                Err(text) => {
                    (self.notices)(Notice::Message { show: true, text: format!("MiniLive: {text}.") });
                    let last = before.get(&path).filter(|_| path.is_file());
                    last.cloned().unwrap_or_default()
                }
            };
            host.extend(said.clone());
            self.profiles_read.insert(path, said);
        }
        let files: Vec<_> = self.named_profiles().filter(|path| !is_built_in(path)).collect();
        if self.config.watches {
            files.iter().filter_map(|path| path.parent()).for_each(|folder| self.watcher.watch(folder));
        }
        (self.notices)(Notice::Profiles(files));
        let mut settings = self.settings.clone();
        Arc::make_mut(&mut settings.checks).host = Arc::new(host);
        self.scheduler.set_settings(settings);
        self.db.touch();
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
        let roots = &self.config.roots;
        let names = |root: &PathBuf| IN_WORKSPACE.map(|name| root.join(name));
        let lying = roots.iter().flat_map(names).filter(|path| path.is_file());
        self.named_profiles().chain(lying).collect()
    }
}

/// Whether a file is a profile: one of these, or one that may lie in a folder.
pub(super) fn is_profile(path: &Path, profiles: &[PathBuf]) -> bool {
    path.file_name().is_some_and(|name| IN_WORKSPACE.iter().any(|it| name == *it))
        || profiles.iter().any(|it| it == path)
}
