//! What an editor would show of the files of one command, and of nothing that runs.
//!
//! `check` asks for each file. Invariants: the files and the modules behind them are one workspace, as they would be in an editor, and each is
//! read once; modules are looked for as `run` would look for them, and where the programs look that a file is part of.

use super::super::source::Source;
use super::Found;
use crate::db::{File, Known, KnownFiles, LiveDb, places_in_programs, unknown_lookups};
use crate::document::{Content, DocumentView};
use crate::ide::checks::{Weight, checks};
use crate::ide::{self, import_diagnostics, silenced, text_errors};
use crate::modules::{Lookup, OnDisk, Places};
use crate::settings::Checks;
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_syntax::TextRange;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files in one database.
pub struct Together {
    db: LiveDb,
    documents: Vec<(DocumentView, Arc<Places>)>,
}

impl Together {
    /// Takes in the files, and what they import. Programs may lie in these roots, modules also in these folders.
    pub fn new(sources: &[Source], roots: Vec<PathBuf>, also: Vec<PathBuf>) -> Together {
        let mut db = LiveDb::default();
        let around = Places { roots: roots.clone(), also, executable: executable(), script: None };
        let own = |source: &Source| Arc::new(Places { script: Some(folder(source)), ..around.clone() });
        let documents = sources.iter().map(|source| (document(&db, source), own(source))).collect();
        db.set_roots(roots);
        let mut together = Together { db, documents };
        together.look_for_modules(sources);
        for (document, places) in &mut together.documents {
            *places = places_in_programs(&together.db, document.file, places);
        }
        together
    }

    /// Reads what the files import, and what that imports, until nothing is left. What is read may be a program that a file is part of.
    fn look_for_modules(&mut self, sources: &[Source]) {
        let at = |(source, (it, _)): (&Source, &(DocumentView, _))| Some((absolute(source)?, Known::At(it.file)));
        let mut known: KnownFiles = sources.iter().zip(&self.documents).filter_map(at).collect();
        let mut files: Vec<_> = self.documents.iter().map(|(it, _)| it.file).collect();
        loop {
            let mut seen = FxHashSet::default();
            files.retain(|file| seen.insert(*file));
            self.db.set_known_files(Arc::new(known.clone()));
            self.db.set_files(Arc::new(files.clone()), Arc::default());
            let wanted = self.wanted();
            if wanted.is_empty() {
                return;
            }
            for (places, lookups) in wanted {
                for path in lookups.iter().flat_map(|it| it.iter()) {
                    let at = known.entry(path.clone()).or_insert_with(|| look(&self.db, &places, path));
                    files.extend(if let Known::At(file) = *at { Some(file) } else { None });
                }
            }
        }
    }

    /// Where somebody must look, by where modules of a file may be.
    fn wanted(&self) -> Vec<(Arc<Places>, Vec<Lookup>)> {
        let mut together: FxHashMap<Arc<Places>, Vec<File>> = FxHashMap::default();
        for (document, own) in &self.documents {
            together.entry(places_in_programs(&self.db, document.file, own)).or_default().push(document.file);
        }
        let unknown = |(places, files): (Arc<Places>, Vec<File>)| {
            let lookups = unknown_lookups(&self.db, &files, &places);
            (!lookups.is_empty()).then_some((places, lookups))
        };
        together.into_iter().filter_map(unknown).collect()
    }

    /// What is told of a file, in source order.
    pub fn findings(&self, at: usize, settings: &Checks) -> Vec<Found> {
        let (document, places) = &self.documents[at];
        let is_silent = silenced(&self.db, document, settings);
        let mut found: Vec<_> = text_errors(&self.db, document).into_iter().map(Found::warning).collect();
        let imports = import_diagnostics(&self.db, document, settings, places).into_iter();
        found.extend(imports.map(|it: ide::Diagnostic| Found::warning(diagnostic(it.range, it.code, it.message))));
        found.retain(|it| !is_silent(it.diagnostic.code, it.diagnostic.range));
        let checks = checks(&self.db, document, settings, places).into_iter();
        found.extend(checks.map(|it| Found {
            is_advice: it.weight == Weight::Advice,
            diagnostic: diagnostic(it.range, it.code, it.message),
        }));
        found.sort_by_key(|it| it.diagnostic.range.start());
        found
    }
}

/// A warning that is none of the compiler.
fn diagnostic(range: TextRange, code: &'static str, message: String) -> Diagnostic {
    let (severity, found_at) = (Severity::Warning, range.start());
    Diagnostic { range, code, severity, message, reference: None, reference_line: 0, found_at }
}

/// The file of a program.
fn absolute(source: &Source) -> Option<PathBuf> {
    source.path.as_deref().and_then(|path| std::path::absolute(path).ok())
}

/// Its folder.
fn folder(source: &Source) -> PathBuf {
    absolute(source).and_then(|path| Some(path.parent()?.to_path_buf())).unwrap_or_else(|| ".".into())
}

/// The folder of this program.
fn executable() -> Option<PathBuf> {
    std::env::current_exe().ok().and_then(|path| Some(path.parent()?.to_path_buf()))
}

/// What stands at a path where a module may be.
fn look(db: &LiveDb, places: &Places, path: &Path) -> Known {
    match places.read(path) {
        OnDisk::Missing => Known::Missing,
        OnDisk::Outside => Known::Outside,
        OnDisk::NoText(line) => Known::NoText(line),
        OnDisk::Text(text) => {
            let Content { text, parse, .. } = Content::new(&text);
            Known::At(db.add_file(path.display().to_string(), text, parse))
        }
    }
}

fn document(db: &LiveDb, source: &Source) -> DocumentView {
    let Content { text, parse, index } = Content::new(&source.text);
    let path = source.shown_name();
    let file = db.add_file(path.clone(), text.clone(), parse);
    DocumentView { uri: path.into(), version: 0, revision: 0, file, text, index }
}
