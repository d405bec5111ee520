//! What an editor would warn of, for the files of one command.
//!
//! `check` asks for each file that has no error. Invariants: the files and the modules behind them are one workspace, as they would be in an
//! editor; modules are looked for as `run` would look for them.

use super::super::source::Source;
use super::imports::{absolute, places};
use crate::db::{Known, KnownFiles, LiveDb, unknown_lookups};
use crate::document::{Content, DocumentView};
use crate::ide::checks::{Weight, checks};
use crate::modules::{OnDisk, Places};
use crate::settings::Checks;
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_syntax::Parse;
use rustc_hash::FxHashSet;
use std::path::Path;
use std::sync::Arc;

/// The files in one database.
pub struct Together {
    db: LiveDb,
    documents: Vec<(DocumentView, Places)>,
}

impl Together {
    /// Takes in the files, and what they import.
    pub fn new(sources: &[Source]) -> Together {
        let mut db = LiveDb::default();
        let documents: Vec<_> = sources.iter().map(|source| (document(&db, source), places(source))).collect();
        let at = |(source, (it, _)): (&Source, &(DocumentView, Places))| Some((absolute(source)?, Known::At(it.file)));
        let mut known: KnownFiles = sources.iter().zip(&documents).filter_map(at).collect();
        let mut files: Vec<_> = documents.iter().map(|(it, _)| it.file).collect();
        db.set_known_files(Arc::new(known.clone()));
        for (document, places) in &documents {
            loop {
                let lookups = unknown_lookups(&db, document.file, places);
                if lookups.is_empty() {
                    break;
                }
                for path in lookups.iter().flat_map(|it| it.iter()) {
                    let at = known.entry(path.clone()).or_insert_with(|| look(&db, places, path));
                    files.extend(if let Known::At(file) = *at { Some(file) } else { None });
                }
                db.set_known_files(Arc::new(known.clone()));
            }
        }
        let mut seen = FxHashSet::default();
        files.retain(|file| seen.insert(*file));
        db.set_files(Arc::new(files), Arc::default());
        Together { db, documents }
    }

    /// The tree of a file.
    pub fn parse(&self, at: usize) -> Arc<Parse> {
        self.documents[at].0.file.parse(&self.db)
    }

    /// The warnings of a file, in source order; of each, whether it is only advice.
    pub fn warnings(&self, at: usize, settings: &Checks) -> Vec<(Diagnostic, bool)> {
        let (document, places) = &self.documents[at];
        let found = checks(&self.db, document, settings, places).into_iter();
        let warning = found.map(|it| {
            let diagnostic = Diagnostic {
                range: it.range,
                code: it.code,
                severity: Severity::Warning,
                message: it.message,
                reference: None,
                reference_line: 0,
                found_at: it.range.start(),
            };
            (diagnostic, it.weight == Weight::Advice)
        });
        warning.collect()
    }
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
