//! docs/diagnostics.md: a section for each code, whose programs do as the section says.
//!
//! The programs are taken out of the page and opened in worlds with real workers. What the server says, offers and lets be silenced is
//! written under them: `UPDATE_EXPECT=1` rewrites those lines, prose and programs are written by hand.

mod common;
#[path = "pages/section.rs"]
mod section;

use common::{Folder, workers};
use minilive::evaluate::Trust;
use minilive::ide::{self, Action, ActionKind, Diagnostic, Severity};
use minilive::settings::{Checks, Level, Settings};
use minilive::world::{WorldConfig, spawn};
use minilive_mir::diagnostic::CODES;
use minilive_tests::files::root;
use section::{Program, Section};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

const PAGE: &str = "docs/diagnostics.md";

/// What cuts an evaluation here is its steps, so that it is cut at the same line each time: time would cut good programs where the
/// machine is busy, and endless ones at any of their lines.
const OPERATIONS: u64 = 200_000;
const WALL: Duration = Duration::from_secs(60);

/// What is said of `main.ms` of a program, and the fixes that are offered for it.
fn look(program: &Program, levels: &[(&str, Level)]) -> (Arc<[Diagnostic]>, Vec<Action>) {
    let files: Vec<_> = program.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = Folder::new("pages", &files);
    let config = WorldConfig { trust: Some(Trust::Full), roots: vec![folder.0.clone()], ..WorldConfig::default() };
    let world = spawn(config, Box::new(workers()), Arc::new(drop)).expect("threads");
    let levels: BTreeMap<_, _> = levels.iter().map(|(code, level)| ((*code).to_owned(), *level)).collect();
    let checks = Arc::new(Checks { levels, ..Checks::default() });
    world.settings(Settings { checks, wall: WALL, operations: OPERATIONS, ..Settings::default() });
    world.open(folder.uri("main.ms"), 1, files[0].1.into());
    common::settle(&world);
    common::see(&world, folder.uri("main.ms"), |it| {
        let found = ide::diagnostics(&it.db, &it.document, &it.live);
        let mut fixes = Vec::new();
        for said in &*found {
            fixes.extend(ide::actions(&it.db, &it.document, &it.live, said.range));
        }
        fixes.retain(|it| it.kind == ActionKind::Fix);
        (found, fixes)
    })
}

fn codes(found: &[Diagnostic]) -> BTreeSet<&'static str> {
    found.iter().map(|it| it.code).collect()
}

/// Whether the code can be given a level, and so be silenced.
fn has_level(code: &str) -> bool {
    ide::levelled().any(|it| it == code)
}

fn sections() -> (String, Vec<Section>) {
    let page = fs::read_to_string(root().join(PAGE)).expect("the page");
    section::read(&page).unwrap_or_else(|error| panic!("{PAGE}: {error}"))
}

#[test]
fn every_code_has_one_section() {
    let (_, sections) = sections();
    let written: Vec<_> = sections.iter().map(|it| it.code.as_str()).collect();
    // Of a watch that is no expression `marker` is said.
    let all = minilive_syntax::CODES.iter().chain(CODES).copied().filter(|code| *code != "not-an-expression");
    let all: BTreeSet<_> = all.chain(ide::levelled()).collect();
    assert_eq!(written.iter().copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(written.len(), all.len(), "a code has two sections");
}

#[test]
fn programs_of_the_page_do_as_it_says() {
    let (mut page, sections) = sections();
    let mut wrong = Vec::new();
    for section in &sections {
        let code = section.code.as_str();
        let (found, fixes) = look(&section.bad, &[]);
        // A program that is rightly warned of may well fail, or not end.
        let others = found.iter().any(|it| ![code, "runtime-error", "evaluation-cut"].contains(&it.code));
        let Some(first) = found.iter().find(|it| it.code == code).filter(|_| !others) else {
            wrong.push(format!("the first program of `{code}` says {found:?}"));
            continue;
        };
        let (mended, _) = look(&section.good, &[]);
        if !mended.is_empty() {
            wrong.push(format!("the mended program of `{code}` says {mended:?}"));
        }
        if let Some(fix) = fixes.first()
            && codes(&look(&section.bad.with(fix), &[]).0).contains(code)
        {
            wrong.push(format!("`{code}` is still said after `{}`", fix.title));
        }
        silence(section, first, &mut wrong);
        let fix = fixes.first().map(|it| it.title.as_str());
        page += &section.written(first, fix, first.severity, has_level(code));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let page = page.trim_end().to_owned() + "\n";
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    assert_eq!(fs::read_to_string(&path).expect("the page"), page, "UPDATE_EXPECT=1 rewrites {PAGE}");
}

/// A comment and a setting silence a code that has a level, and no other.
fn silence(section: &Section, first: &Diagnostic, wrong: &mut Vec<String>) {
    let code = section.code.as_str();
    let stays = !has_level(code);
    let mut check = |is_so: bool, what: &str| {
        if !is_so {
            wrong.push(format!("`{code}`: {what}"));
        }
    };
    let (found, _) = look(&section.bad.with_line_above(first, &format!("// minilive: allow {code}\n")), &[]);
    check(codes(&found).contains(code) == stays, "a comment that allows it");
    if stays {
        return;
    }
    let (found, _) = look(&section.bad, &[(code, Level::Off)]);
    check(!codes(&found).contains(code), "level `off`");
    let (wanted, level) = match first.severity {
        Severity::Information => (Severity::Warning, Level::Warning),
        _ => (Severity::Information, Level::Information),
    };
    let (found, _) = look(&section.bad, &[(code, level)]);
    let of_code = found.iter().find(|it| it.code == code);
    check(of_code.is_some_and(|it| it.severity == wanted), "a level of its own");
}
