//! What the tests need and the machine does not have: editors of pinned versions, in a cache folder outside the clone.
//!
//! Invariant: a folder of the cache counts only with the mark that its installation ended well, and the mark holds what
//! was installed; any other folder is thrown away and made anew.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::Call;

/// The version of VS Code under test; the newest one that runs on Node.js 20.
const CODE_SERVER: &str = "4.100.3";

/// The folder that keeps installed editors between runs.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// `$MINILIVE_EDITORS`, else a folder in the user's cache.
    pub fn open() -> Result<Cache, String> {
        let folder = match std::env::var_os("MINILIVE_EDITORS") {
            Some(folder) => PathBuf::from(folder),
            None => {
                let home = std::env::var_os("HOME").ok_or("neither MINILIVE_EDITORS nor HOME is set")?;
                Path::new(&home).join(".cache/minilive-editors")
            }
        };
        make_folder(&folder)?;
        Ok(Cache { folder })
    }

    /// A place in the cache.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// VS Code's server and workbench; gives the program that starts it.
    pub fn code_server(&self, root: &Path) -> Result<PathBuf, String> {
        let script = root.join("tests/editors/install-code-server.sh");
        let folder = self.make("code-server", &mark_of(CODE_SERVER, &[&script])?, |folder| {
            Call::new(&script).arg(CODE_SERVER).path(folder).run()
        })?;
        Ok(folder.join("node_modules/.bin/code-server"))
    }

    /// Neovim out of another suite of Debian; gives the program.
    pub fn neovim(&self, root: &Path, suite: &str) -> Result<PathBuf, String> {
        let script = root.join("tests/editors/install-neovim.sh");
        let folder = self.make(&format!("neovim-{suite}"), &mark_of(suite, &[&script])?, |folder| {
            Call::new(&script).arg(suite).path(folder).run()
        })?;
        Ok(folder.join("nvim"))
    }

    /// The npm packages of the test scripts; gives the folder that holds them.
    pub fn tools(&self, root: &Path, npm: &Path) -> Result<PathBuf, String> {
        let from = root.join("tests/editors");
        let manifests = [from.join("package.json"), from.join("package-lock.json")];
        let mark = mark_of("tools", &[&manifests[0], &manifests[1]])?;
        self.make("tools", &mark, |folder| {
            for file in &manifests {
                let name = file.file_name().ok_or("a manifest without a name")?;
                fs::copy(file, folder.join(name)).map_err(|error| format!("{}: {error}", file.display()))?;
            }
            npm_ci(npm, folder)
        })
    }

    /// The folder `name` with the mark `mark`: the one that is there, or one made by `fill`.
    fn make(&self, name: &str, mark: &str, fill: impl Fn(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        let mark_file = folder.join(".complete");
        if fs::read_to_string(&mark_file).is_ok_and(|found| found == mark) {
            return Ok(folder);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        make_folder(&folder)?;
        println!("installing {name}");
        fill(&folder)?;
        fs::write(&mark_file, mark).map_err(|error| format!("{}: {error}", mark_file.display()))?;
        Ok(folder)
    }
}

/// Builds `editors/vscode` into the file that a user would install, and gives its path.
pub fn package_extension(root: &Path, npm: &Path) -> Result<PathBuf, String> {
    let folder = root.join("editors/vscode");
    let lock = folder.join("package-lock.json");
    let mark = mark_of("extension", &[&lock])?;
    let mark_file = folder.join("node_modules/.minilive-complete");
    if !fs::read_to_string(&mark_file).is_ok_and(|found| found == mark) {
        npm_ci(npm, &folder)?;
        fs::write(&mark_file, mark).map_err(|error| format!("{}: {error}", mark_file.display()))?;
    }
    Call::new(npm).arg("run").arg("--silent").arg("package").within(&folder).run()?;
    Ok(folder.join("minilive.vsix"))
}

fn npm_ci(npm: &Path, folder: &Path) -> Result<(), String> {
    Call::new(npm)
        .arg("ci")
        .arg("--ignore-scripts")
        .arg("--no-audit")
        .arg("--no-fund")
        .arg("--loglevel=error")
        .within(folder)
        .run()
}

/// What was installed, by a version and the texts of the files that say how.
fn mark_of(version: &str, files: &[&Path]) -> Result<String, String> {
    let mut mark = format!("{version}\n");
    for file in files {
        mark += &fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(mark)
}

fn make_folder(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}
