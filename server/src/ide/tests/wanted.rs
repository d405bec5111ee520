//! Requests about long files look again and again whether their answer is still wanted.
//!
//! Counted on a file that has been asked about before, so that no query looks in their stead.

use super::Fixture;
use crate::db::LiveDb;
use crate::ide::{self, FormatOptions, Live};
use minilive_syntax::{TextRange, TextSize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How often a request looks that is asked for the second time, in a file of so many functions.
fn looks(functions: usize, request: &dyn Fn(&Fixture, &Live)) -> usize {
    let function = |k: usize| format!("f{k} = function(a)\n   b = hub({k} + a)\n  return nobody(b)\nend function\n");
    let text = "hu$0b = function(a, b)\n  return a\nend function\n".to_owned();
    let text = (0..functions).fold(text, |text, k| text + &function(k));
    let count = Arc::<AtomicUsize>::default();
    let fixture = Fixture::of(LiveDb::counting(count.clone()), &text);
    let mut live = fixture.live();
    live.show.parameters = true;
    request(&fixture, &live);
    let before = count.load(Ordering::Relaxed);
    request(&fixture, &live);
    count.load(Ordering::Relaxed) - before
}

/// There is a look for every 64 functions of a file at least.
fn check(request: impl Fn(&Fixture, &Live)) {
    let (few, many) = (looks(64, &request), looks(640, &request));
    assert!(many >= few + 9, "{few} looks at 64 functions, {many} at 640");
}

#[test]
fn uses_of_a_name() {
    check(|it, live| {
        let found = ide::references(&it.db, &it.document, &live.places, it.offset, true);
        assert!(found.len() > 64);
    });
    check(|it, live| assert!(ide::highlights(&it.db, &it.document, &live.places, it.offset).len() > 64));
    check(|it, live| {
        let renamed = ide::rename(&it.db, &it.document, live, it.offset, "centre");
        assert!(renamed.expect("nothing is in the way").edits.len() > 64);
    });
}

#[test]
fn symbols() {
    check(|it, live| assert!(ide::symbols(&it.db, &it.document, live).len() > 64));
    check(|it, _| assert!(ide::workspace_symbols(&it.db, "f").len() >= 64));
}

#[test]
fn tokens_and_hints() {
    let host = Arc::default();
    check(move |it, live| assert!(ide::semantic_tokens(&it.db, &it.document, &host, &live.places).len() > 64));
    check(|it, live| {
        let all = TextRange::up_to(TextSize::of(&*it.document.text));
        assert!(ide::code_hints(&it.db, &it.document, live, all).len() >= 64);
    });
}

#[test]
fn folding_and_formatting() {
    check(|it, _| assert!(ide::folds(&it.db, &it.document).len() >= 64));
    check(|it, _| {
        let options = FormatOptions { width: 2, tabs: false };
        assert!(ide::format(&it.db, &it.document, options, None).len() >= 64);
    });
}

#[test]
fn diagnostics() {
    check(|it, live| {
        // Of what was told last nothing is looked at again.
        let live = Live { told: Arc::default(), ..live.clone() };
        assert!(ide::diagnostics(&it.db, &it.document, &live).len() >= 64);
    });
}
