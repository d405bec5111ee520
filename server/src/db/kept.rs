//! What queries keep from one edit to the next, beside salsa: the last result of each, for the next one to be made of.
//!
//! salsa gives a query no look at what it said before. `units`, `names` and `types` compare with it, so that what says the same stays the
//! same object, and work stays that of the edit. Invariants: it is a cache: a query that finds nothing here says the same; only of open
//! documents something is kept.

use super::findings::KeptFindings;
use super::lacking::KeptLacking;
use super::names::KeptFacts;
use super::pieces::FileUnits;
use super::told::{KeptFound, KeptTold};
use super::types::KeptTypes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The last result of one query.
#[derive(Debug)]
pub struct Last<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Last<T> {
    fn default() -> Last<T> {
        Last(Mutex::new(None))
    }
}

impl<T> Last<T> {
    /// The last result.
    pub fn get(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a result.
    pub fn set(&self, now: Arc<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Keeps nothing.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The last result of one query, which the next one takes apart.
#[derive(Debug)]
pub struct Taken<T>(Mutex<Option<T>>);

impl<T> Default for Taken<T> {
    fn default() -> Taken<T> {
        Taken(Mutex::new(None))
    }
}

impl<T> Taken<T> {
    /// The last result, which nobody has any more.
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a result.
    pub fn put(&self, now: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}

/// Whether the last text had one of some words. Most texts have none, and an edit brings one only where it is.
#[derive(Debug, Default)]
pub struct Words(Last<(Arc<str>, bool)>);

/// Words are no longer.
const LONGEST_WORD: usize = 16;

impl Words {
    /// Whether a text has one of these words.
    pub fn are_in(&self, is_kept: bool, text: &Arc<str>, words: &[&str]) -> bool {
        let anywhere = || words.iter().any(|word| text.contains(word));
        let has = match self.0.get().as_deref() {
            Some((before, has)) if Arc::ptr_eq(before, text) => return *has,
            Some((before, false)) => {
                let (before, now) = (before.as_bytes(), text.as_bytes());
                let start = common_start(before, now);
                let left = before.len().min(now.len()) - start;
                let (old, new) = (&before[before.len() - left..], &now[now.len() - left..]);
                let end = common_end(old, new);
                let around = start.saturating_sub(LONGEST_WORD)..(now.len() - end + LONGEST_WORD).min(now.len());
                let is_at = |word: &&str| now[around.clone()].windows(word.len()).any(|it| it == word.as_bytes());
                if around.len() > BLOCK { anywhere() } else { words.iter().any(is_at) }
            }
            _ => anywhere(),
        };
        if is_kept {
            self.0.set(Arc::new((text.clone(), has)));
        }
        has
    }
}

/// So many bytes are compared at once.
const BLOCK: usize = 4096;

/// How many bytes two texts have in common at the start.
fn common_start(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    blocks + a[blocks..].iter().zip(&b[blocks..]).take_while(|(a, b)| a == b).count()
}

/// How many at the end.
fn common_end(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    let (a, b) = (&a[..a.len() - blocks], &b[..b.len() - blocks]);
    blocks + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// The last results about one file.
#[derive(Debug, Default)]
pub struct Kept {
    /// Whether it is an open document. No input of the database: no answer depends on it.
    open: AtomicBool,
    /// Whether it has words of `import`s, and of markers.
    pub imports: Words,
    /// Whether the text says something of the path on which modules are looked for.
    pub search_path: Words,
    pub marks: Words,
    /// Its units.
    pub units: Last<FileUnits>,
    /// What they say about names.
    pub facts: Last<KeptFacts>,
    /// What is wrong with names.
    pub findings: Last<KeptFindings>,
    /// What is certain about the types of names.
    pub types: Taken<KeptTypes>,
    /// Which units have diagnostics.
    pub diagnostics: Last<KeptTold<()>>,
    /// Which have something odd in their tree.
    pub checks: Last<KeptTold<()>>,
    /// Which have types that foretell something.
    pub found: Last<KeptFound>,
    /// Which read members that are not there.
    pub lacking: Last<KeptLacking>,
}

impl Kept {
    /// Whether there is something to be kept.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// From now on results are kept: the file is an open document.
    pub fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    /// Lets everything go, when its document is closed.
    pub fn close(&self) {
        self.open.store(false, Ordering::Relaxed);
        self.imports.0.forget();
        self.marks.0.forget();
        self.search_path.0.forget();
        self.units.forget();
        self.facts.forget();
        self.findings.forget();
        self.diagnostics.forget();
        self.checks.forget();
        self.found.forget();
        self.lacking.forget();
        // What is taken is gone.
        drop(self.types.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_an_edit_brings_them() {
        let words = Words::default();
        let filler = "x = 1\n".repeat(3000);
        let expect = |text: String, expected: bool| {
            assert_eq!(words.are_in(true, &text.as_str().into(), &["mport", "//>"]), expected, "{} bytes", text.len());
            assert_eq!(expected, text.contains("mport") || text.contains("//>"));
        };
        expect(filler.clone(), false);
        expect(format!("{filler}i"), false);
        expect(format!("i{filler}"), false);
        expect(format!("impor{filler}"), false);
        expect(format!("import{filler}"), true);
        expect(format!("impor{filler}t"), false);
        for at in [0, 5000, 8192, 17_000, filler.len()] {
            let (start, end) = filler.split_at(at);
            expect(format!("{start}/{end}"), false);
            expect(format!("{start}//{end}"), false);
            expect(format!("{start}//>{end}"), true);
            expect(format!("{start}/>{end}"), false);
            expect(format!("{start}mpor{end}"), false);
            expect(format!("{start}mport {end}"), true);
            expect(filler.clone(), false);
        }
        expect(String::new(), false);
        expect(filler.repeat(2), false);
        expect(format!("{}//>{filler}", filler.repeat(4)), true);
        expect("ä".to_owned(), false);
        expect("ö//>".to_owned(), true);
    }
}
