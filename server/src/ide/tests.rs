//! The features on small programs: what they answer is drawn with carets under the source.
//!
//! A program's `$0` is where the cursor stands; `//- name.ms` starts another file, the first being the document. Read
//! [`Fixture`] first, then the tests of the feature.

mod allow;
mod assist;
mod broken;
mod callbacks;
mod calls;
mod certain;
mod checks;
mod deep;
mod families;
mod fixes;
mod foreign;
mod headers;
mod hints;
mod hosts;
mod hover;
mod leaving;
mod lists;
mod loading;
mod meetings;
mod members;
mod names;
mod offers;
mod open;
mod quiet;
mod reached;
mod related;
mod renames;
mod shared;
mod slips;
mod structure;
mod uses;
mod wanted;

use crate::db::{File, Known, LiveDb};
use crate::document::{Content, DocumentView};
use crate::ide::Live;
use crate::modules::Places;
use minilive_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A small workspace with a cursor.
pub(super) struct Fixture {
    pub db: LiveDb,
    pub document: DocumentView,
    pub places: Places,
    pub offset: TextSize,
    files: Vec<(String, File)>,
}

impl Fixture {
    pub fn new(source: &str) -> Fixture {
        Fixture::of(LiveDb::default(), source)
    }

    /// The same in an empty database.
    pub fn of(mut db: LiveDb, source: &str) -> Fixture {
        let mut offset = None;
        let (mut files, mut known) = (Vec::new(), FxHashMap::default());
        for (name, text) in split(source) {
            let cursor = text.find("$0");
            let text = text.replacen("$0", "", 1);
            if let Some(cursor) = cursor {
                offset = Some(TextSize::new(cursor as u32));
            }
            let content = Content::new(&text);
            let file = db.add_file(format!("file:///w/{name}"), content.text, content.parse);
            known.insert(PathBuf::from(format!("/w/{name}")), Known::At(file));
            files.push((name, file));
        }
        let first = files[0].1;
        let places = Places { script: Some("/w".into()), roots: vec!["/w".into()], ..Places::default() };
        db.set_known_files(Arc::new(known));
        db.set_files(Arc::new(files.iter().map(|(_, file)| *file).collect()), Arc::default());
        let text = first.text(&db);
        let document = DocumentView {
            uri: first.path(&db).into(),
            version: 1,
            revision: 1,
            file: first,
            index: Arc::new(crate::line_index::LineIndex::new(&text)),
            text,
        };
        Fixture { db, document, places, offset: offset.unwrap_or_default(), files }
    }

    /// A document of which nothing runs.
    pub fn live(&self) -> Live {
        Live { places: Arc::new(self.places.clone()), ..Live::default() }
    }

    pub fn name(&self, file: File) -> &str {
        self.files.iter().find(|(_, it)| *it == file).map_or("?", |(name, _)| name)
    }

    /// The places of the document under their lines, with labels.
    pub fn draw(&self, places: impl IntoIterator<Item = (TextRange, String)>) -> String {
        draw(&self.document.text, places)
    }

    /// The places of all files.
    pub fn draw_all(&self, places: &[(File, TextRange, String)]) -> String {
        let mut out = String::new();
        for (name, file) in &self.files {
            let own = places.iter().filter(|(it, ..)| it == file).map(|(_, range, label)| (*range, label.clone()));
            let own: Vec<_> = own.collect();
            if own.is_empty() {
                continue;
            }
            if self.files.len() > 1 {
                out += &format!("//- {name}\n");
            }
            out += &draw(&file.text(&self.db), own);
        }
        out
    }
}

fn split(source: &str) -> Vec<(String, String)> {
    if !source.starts_with("//- ") {
        return vec![("main.ms".to_owned(), source.to_owned())];
    }
    let parts = source.split("//- ").skip(1);
    parts.filter_map(|part| part.split_once('\n')).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// Lines with carets under the places in them.
pub(super) fn draw(text: &str, places: impl IntoIterator<Item = (TextRange, String)>) -> String {
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(range, _)| (range.start(), range.end()));
    let (mut out, mut start) = (String::new(), 0);
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let inside = places.iter().filter(|(range, _)| (start..end).contains(&usize::from(range.start())));
        let mut drawn = false;
        for (range, label) in inside {
            if !drawn {
                out += &format!("| {}\n", line.trim_end());
                drawn = true;
            }
            let column = text[start..usize::from(range.start())].chars().count();
            let last = usize::from(range.end()).min(start + line.trim_end().len());
            let width = text[usize::from(range.start())..last.max(usize::from(range.start()))].chars().count();
            out += &format!("| {}{} {label}", " ".repeat(column), "^".repeat(width.max(1)));
            out.truncate(out.trim_end().len());
            out += "\n";
        }
        start = end;
    }
    out
}
