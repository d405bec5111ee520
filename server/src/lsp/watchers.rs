//! Watchers that the client is asked for beside those of every session: one for each host profile that the settings name.
//!
//! `notices` hands over which files these are, `backend` starts the task once the client listens. Invariants: one request is under way
//! at a time, so the newest list of files is the one that is watched in the end; the new watchers stand before the old ones go, so no
//! change between them is missed.

use super::capabilities::ClientFeatures;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::sync::watch::Receiver;
use tower_lsp::Client;
use tower_lsp::lsp_types::{Registration, Unregistration, Url};

const METHOD: &str = "workspace/didChangeWatchedFiles";

/// The files to be watched.
pub type Watched = Vec<PathBuf>;

/// Keeps the client watching the files of the list, until nobody is left who may change it.
pub async fn keep(client: Client, features: ClientFeatures, mut files: Receiver<Watched>) {
    if !features.watches_files {
        return;
    }
    let mut standing: Option<String> = None;
    for number in 0u64.. {
        let watchers: Vec<Value> =
            files.borrow_and_update().iter().filter_map(|path| watcher(path, features.relative_patterns)).collect();
        let id = (!watchers.is_empty()).then(|| format!("minilive-profiles-{number}"));
        if let Some(id) = &id {
            let register_options = Some(json!({ "watchers": watchers }));
            let registration = Registration { id: id.clone(), method: METHOD.into(), register_options };
            if let Err(error) = client.register_capability(vec![registration]).await {
                tracing::warn!("the client does not watch host profiles: {error}");
                return;
            }
        }
        if let Some(id) = std::mem::replace(&mut standing, id) {
            let gone = Unregistration { id, method: METHOD.into() };
            if let Err(error) = client.unregister_capability(vec![gone]).await {
                tracing::warn!("the client still watches former host profiles: {error}");
            }
        }
        if files.changed().await.is_err() {
            return;
        }
    }
}

/// A watcher for one file, which need not lie in the workspace; none if it has no name that a client knows.
fn watcher(path: &Path, relative: bool) -> Option<Value> {
    let name = pattern(path.file_name()?.to_str()?);
    let folder = path.parent()?;
    Some(if relative {
        json!({ "globPattern": { "baseUri": Url::from_file_path(folder).ok()?, "pattern": name } })
    } else {
        // Clients match the whole path; on any system it is written with `/`.
        let folder = pattern(&folder.to_str()?.replace('\\', "/"));
        json!({ "globPattern": format!("{}/{name}", folder.trim_end_matches('/')) })
    })
}

/// The pattern that a name fits. Glob patterns have no escape; a `?` fits what would mean something else.
fn pattern(name: &str) -> String {
    name.chars().map(|it| if matches!(it, '*' | '?' | '[' | ']' | '{' | '}' | '!') { '?' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watcher_is_for_one_file() {
        if cfg!(windows) {
            return;
        }
        let path = Path::new("/games/a {b}/host [1].toml");
        assert_eq!(
            watcher(path, true),
            Some(json!({ "globPattern": { "baseUri": "file:///games/a%20%7Bb%7D", "pattern": "host ?1?.toml" } }))
        );
        assert_eq!(watcher(path, false), Some(json!({ "globPattern": "/games/a ?b?/host ?1?.toml" })));
        assert_eq!(watcher(Path::new("/host.toml"), false), Some(json!({ "globPattern": "/host.toml" })));
        assert_eq!(watcher(Path::new("/"), true), None);
    }
}
