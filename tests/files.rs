//! Walking the project's own files. Used by the tidy test and by every runner that reads a folder of cases.
//!
//! Invariant: results are sorted, so that every run sees the same order.

use std::path::{Path, PathBuf};

/// The root of the clone.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lies in the project root").to_path_buf()
}

/// All files below `folder` whose name ends in `.ext`, sorted; build output and installed packages are left out.
pub fn below(folder: &Path, ext: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules" | ".git" | "dist") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == ext) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The path as the project writes it: relative to the root, with forward slashes.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
