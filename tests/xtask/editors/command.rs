//! Calling other programs: a call is a value, and failing says which call it was.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program with its arguments and the folder it runs in.
#[derive(Clone)]
pub struct Call {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: Option<PathBuf>,
}

impl Call {
    /// A call without arguments.
    pub fn new(program: &Path) -> Call {
        Call { program: program.to_path_buf(), arguments: Vec::new(), folder: None }
    }

    /// One more argument.
    pub fn arg(mut self, argument: &str) -> Call {
        self.arguments.push(argument.into());
        self
    }

    /// One more argument that is a path.
    pub fn path(mut self, path: &Path) -> Call {
        self.arguments.push(path.into());
        self
    }

    /// An option whose value is a path.
    pub fn option(self, name: &str, path: &Path) -> Call {
        self.arg(name).path(path)
    }

    /// The folder to run in.
    pub fn within(mut self, folder: &Path) -> Call {
        self.folder = Some(folder.to_path_buf());
        self
    }

    /// Runs it to the end; what it prints goes to our own output.
    pub fn run(&self) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let status =
            command.status().map_err(|error| format!("{} cannot be started: {error}", self.program.display()))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{} {} ended with {status}", self.program.display(), self.words()))
        }
    }

    fn words(&self) -> String {
        let words: Vec<_> = self.arguments.iter().map(|it| it.to_string_lossy()).collect();
        words.join(" ")
    }
}

/// The first program of that name on `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
