//! What an editor would warn of, for the files of one command.
//!
//! `check` asks for each file that has no error. Invariant: the files are one workspace, as they would be in an editor.

use super::super::source::Source;
use crate::db::LiveDb;
use crate::document::{Content, DocumentView};
use crate::ide::checks::checks;
use crate::modules::Places;
use crate::settings::Checks;
use minilive_mir::diagnostic::{Diagnostic, Severity};
use minilive_syntax::Parse;
use std::sync::Arc;

/// The files in one database.
pub struct Together {
    db: LiveDb,
    documents: Vec<DocumentView>,
}

impl Together {
    /// Takes in the files.
    pub fn new(sources: &[Source]) -> Together {
        let mut db = LiveDb::default();
        let documents: Vec<_> = sources.iter().map(|source| document(&db, source)).collect();
        db.set_files(Arc::new(documents.iter().map(|it| it.file).collect()), Arc::default());
        Together { db, documents }
    }

    /// The tree of a file.
    pub fn parse(&self, at: usize) -> Arc<Parse> {
        self.documents[at].file.parse(&self.db)
    }

    /// The warnings of a file, in source order.
    pub fn warnings(&self, at: usize, settings: &Checks) -> Vec<Diagnostic> {
        let found = checks(&self.db, &self.documents[at], settings, &Places::default()).into_iter();
        let warning = found.map(|it| Diagnostic {
            range: it.range,
            code: it.code,
            severity: Severity::Warning,
            message: it.message,
            reference: None,
            reference_line: 0,
            found_at: it.range.start(),
        });
        warning.collect()
    }
}

fn document(db: &LiveDb, source: &Source) -> DocumentView {
    let Content { text, parse, index } = Content::new(&source.text);
    let path = source.shown_name();
    let file = db.add_file(path.clone(), text.clone(), parse);
    DocumentView { uri: path.into(), version: 0, revision: 0, file, text, index }
}
