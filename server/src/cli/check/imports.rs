//! Warnings about `import`s with constant names: modules that are nowhere, that do not compile, that lead back to the file.
//!
//! `check` adds them to what the compiler says. Invariant: files are looked for as `run` would look for them, and only read.

use super::super::source::Source;
use crate::host_profile::Host;
use crate::modules::{self, ConstantImport, Places, constant_imports, decode_module};
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_mir::lower::lower_module;
use minilive_syntax::{Parse, SyntaxNode};
use std::path::{Path, PathBuf};

/// All warnings about a program's imports, but of modules that its host brings.
pub fn warnings(source: &Source, parse: &Parse, host: &Host) -> Vec<Diagnostic> {
    let (file, places) = (absolute(source), places(source));
    let imports = constant_imports(&parse.syntax());
    let warnings = imports.iter().filter_map(|import| {
        let warning = warning(import, file.as_ref(), &places)?;
        (warning.code != "import-not-found" || !host.has_module(&import.name)).then_some(warning)
    });
    warnings.collect()
}

/// The file of a program.
pub fn absolute(source: &Source) -> Option<PathBuf> {
    source.path.as_deref().and_then(|path| std::path::absolute(path).ok())
}

/// Where its modules are looked for.
pub fn places(source: &Source) -> Places {
    let file = absolute(source);
    let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let executable = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.to_path_buf()));
    Places { script: Some(folder.to_path_buf()), executable, roots: Vec::new() }
}

fn warning(import: &ConstantImport, file: Option<&PathBuf>, places: &Places) -> Option<Diagnostic> {
    let lookup = places.lookup(&import.name);
    let (code, message) = match lookup.iter().find(|path| path.is_file()) {
        None => modules::missing(&import.name, &lookup),
        Some(path) => match trouble(path) {
            Some(Trouble::NoText(line)) => modules::not_text(&import.name, line),
            Some(Trouble::Said(message, line)) => modules::broken(&import.name, &message, line),
            None if import.once => return None,
            None => match modules::cycle(file?, path, |path| targets(path, places)) {
                Some(way) => modules::circle(&import.name, &way),
                None => modules::circle_elsewhere(
                    &import.name,
                    &modules::cycle_behind(path, |path| targets_at_once(path, places))?,
                ),
            },
        },
    };
    Some(Diagnostic {
        range: import.range,
        code,
        severity: Severity::Warning,
        message,
        reference: None,
        reference_line: 0,
        found_at: import.range.start(),
    })
}

/// Why a module does not compile, and on which line.
enum Trouble {
    /// The compiler or the operating system says so.
    Said(String, u32),
    /// It is not UTF-8.
    NoText(u32),
}

fn trouble(path: &Path) -> Option<Trouble> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Some(Trouble::Said(error.to_string(), 1)),
    };
    let text = match decode_module(&bytes) {
        Ok(text) => text,
        Err(line) => return Some(Trouble::NoText(line)),
    };
    let (_, diagnostics) = lower_module(&minilive_syntax::parse(&text), "");
    let error = diagnostics.into_iter().find(|it| it.severity == Severity::Error)?;
    Some(Trouble::Said(error.message, error.reference_line))
}

/// The files that a module's own imports lead to.
fn targets(path: &Path, places: &Places) -> Vec<(String, PathBuf)> {
    targets_where(path, places, |_, _| true)
}

/// Those that are imported as soon as the module is: not by a function that waits to be called.
fn targets_at_once(path: &Path, places: &Places) -> Vec<(String, PathBuf)> {
    targets_where(path, places, |root, import| !modules::is_in_function(root, import.range))
}

fn targets_where(
    path: &Path,
    places: &Places,
    fits: impl Fn(&SyntaxNode, &ConstantImport) -> bool,
) -> Vec<(String, PathBuf)> {
    let Some(text) = std::fs::read(path).ok().and_then(|bytes| decode_module(&bytes).ok()) else { return Vec::new() };
    let root = minilive_syntax::parse(&text).syntax();
    let imports = constant_imports(&root).into_iter().filter(|import| !import.once && fits(&root, import));
    let target = |import: ConstantImport| {
        let lookup = places.lookup(&import.name);
        let path = lookup.iter().find(|path| path.is_file())?.clone();
        Some((import.name, path))
    };
    imports.filter_map(target).collect()
}
