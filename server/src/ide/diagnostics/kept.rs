//! What the text of a document was told last, kept for whoever asks next.
//!
//! After an edit its diagnostics are asked for when they are published, when it is looked at whether what is shown is different, and by
//! clients that pull. Each asks `diagnostics`, which finds here what was worked out first. Invariant: what is kept is what would be worked out: it goes by
//! the number of the last write that was no recording, and by all else that is looked at. What runs tell is never kept.

use super::Diagnostic;
use crate::db::{File, LiveDb};
use crate::document::DocumentView;
use crate::ide::Live;
use crate::modules::Places;
use crate::settings::Checks;
use std::sync::{Arc, Mutex, PoisonError};

/// What a text is told, whatever ran.
#[derive(Debug, Clone)]
pub struct OfText {
    /// In the order of their places.
    pub list: Arc<[Diagnostic]>,
    /// There is no error, so that runs have something to say.
    pub runs: bool,
}

/// All that it depends on.
#[derive(Debug)]
struct Around {
    sources: u64,
    file: File,
    text: Arc<str>,
    checks: Arc<Checks>,
    places: Arc<Places>,
    is_unread_around: bool,
}

/// The last one of a document. Equal to any other: it is a cache.
#[derive(Debug, Default)]
pub struct Last(Mutex<Option<(Around, OfText)>>);

impl PartialEq for Last {
    fn eq(&self, _: &Last) -> bool {
        true
    }
}

impl Eq for Last {}

impl Last {
    /// What the text is told, worked out if the last one is not about the same.
    pub fn or(&self, (db, document, live): (&LiveDb, &DocumentView, &Live), find: impl FnOnce() -> OfText) -> OfText {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((around, told)) = &*known
            && around.is_of(db, document, live)
        {
            return told.clone();
        }
        // Nobody waits for another reader, who may be ended.
        drop(known);
        let told = find();
        let now = (Around::of(db, document, live), told.clone());
        // What was there may be large.
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        drop(before);
        told
    }
}

impl Around {
    fn of(db: &LiveDb, document: &DocumentView, live: &Live) -> Around {
        Around {
            sources: db.sources(),
            file: document.file,
            text: document.text.clone(),
            checks: live.checks.clone(),
            places: live.places.clone(),
            is_unread_around: live.is_unread_around,
        }
    }

    fn is_of(&self, db: &LiveDb, document: &DocumentView, live: &Live) -> bool {
        self.sources == db.sources()
            && self.file == document.file
            && Arc::ptr_eq(&self.text, &document.text)
            && Arc::ptr_eq(&self.checks, &live.checks)
            && (Arc::ptr_eq(&self.places, &live.places) || self.places == live.places)
            && self.is_unread_around == live.is_unread_around
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::file_layout;
    use crate::document::Content;
    use crate::ide::tests::Fixture;
    use crate::ide::{Stop, diagnostics};
    use crate::line_index::LineIndex;
    use crate::recording::{Dependencies, End, EvaluationId, Outcome, Recorded};
    use crate::settings::Level;
    use std::time::Duration;

    fn codes(found: &[Diagnostic]) -> Vec<&'static str> {
        found.iter().map(|it| it.code).collect()
    }

    /// Another text of a file.
    fn set_text(it: &mut Fixture, file: File, text: &str) {
        let content = Content::new(text);
        it.db.set_text(file, content.text.clone(), content.parse);
        if file == it.document.file {
            it.document.index = Arc::new(LineIndex::new(&content.text));
            it.document.text = content.text;
        }
    }

    #[test]
    fn the_same_is_told_again_until_something_is_different() {
        let mut it = Fixture::new("//- main.ms\nimport \"lib\"\nx = lib.nope\nprint foo\n//- lib.ms\ny = 1\n");
        let mut live = it.live();
        let told = |it: &Fixture, live: &Live| diagnostics(&it.db, &it.document, live);
        let first = told(&it, &live);
        assert_eq!(codes(&first), ["missing-member", "unknown-name"]);
        assert!(Arc::ptr_eq(&first, &told(&it, &live)), "nothing has been written");
        // Settings, and files that are still to be read.
        let levels = [("unknown-name".to_owned(), Level::Off)].into();
        let allow = vec!["unknown-name".to_owned()];
        let quiet = Live { checks: Arc::new(Checks { levels, allow, ..Checks::default() }), ..live.clone() };
        assert_eq!(codes(&told(&it, &quiet)), ["missing-member"]);
        assert!(told(&it, &Live { is_unread_around: true, ..live.clone() }).is_empty());
        let elsewhere = Live { places: Arc::default(), ..live.clone() };
        assert_ne!(told(&it, &elsewhere), first, "the module is not found there");
        assert_eq!(told(&it, &live), first);
        // A module.
        let lib = *it.db.files().iter().find(|file| **file != it.document.file).expect("a module");
        set_text(&mut it, lib, "y = 1\nnope = 2\n");
        assert_eq!(codes(&told(&it, &live)), ["unknown-name"]);
        // The text itself, and back.
        let (main, text) = (it.document.file, it.document.text.to_string());
        set_text(&mut it, main, "import \"lib\"\nx = lib.nope\nprint lib.y\n");
        assert!(told(&it, &live).is_empty());
        set_text(&mut it, main, &text);
        let kept = told(&it, &live);
        assert_eq!(codes(&kept), ["unknown-name"]);
        // What a run told comes and goes with its recording.
        let outcome = Outcome {
            end: End::Error { message: "it failed".into(), line: Some(2), from: None, lacks: None },
            values: Vec::new(),
            functions: Vec::new(),
            executed: None,
            position_dependent: false,
            elapsed: Duration::ZERO,
            fuel: 0,
        };
        let main = file_layout(&it.db, it.document.file).main().map(|unit| (unit.key, unit.fingerprint)).collect();
        let dependencies =
            Dependencies { main, functions: Arc::default(), positions: None, marker: None, imports: Arc::default() };
        let evaluation = EvaluationId::TopLevel;
        let recorded = Recorded { evaluation, dependencies, profile: 0, outcome: Arc::new(outcome) };
        it.db.set_recordings(it.document.file, Arc::new(vec![recorded]));
        live.stops = vec![Stop { evaluation, at: Some(1), from: None }];
        assert_eq!(codes(&told(&it, &live)), ["runtime-error", "unknown-name"]);
        it.db.set_recordings(it.document.file, Arc::default());
        assert!(Arc::ptr_eq(&kept, &told(&it, &live)), "a recording says nothing about the text");
    }
}
