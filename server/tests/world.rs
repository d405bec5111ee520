//! The world with questions that a test controls: what is slow, cancelled, overtaken or panics, and that edits never wait.
//!
//! Order is proved by handshakes, not by the clock: a question goes on until the test has seen what must come before its end.

mod common;

use minilive::evaluate::{RunTarget, Trust};
use minilive::world::{
    CancelOnDrop, Change, Command, Kind, Notice, OutputKind, Refused, Snapshot, WorldConfig, WorldHandle, spawn,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

const URI: &str = "file:///test.ms";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

struct Bench {
    world: WorldHandle,
    notices: mpsc::Receiver<Notice>,
}

type Answer<T> = oneshot::Receiver<Result<T, Refused>>;

impl Bench {
    fn new(text: &str) -> Bench {
        Bench::trusted(Trust::Off, text)
    }

    fn trusted(trust: Trust, text: &str) -> Bench {
        Bench::of(WorldConfig { trust: Some(trust), ..WorldConfig::default() }, text)
    }

    fn of(config: WorldConfig, text: &str) -> Bench {
        let (sender, notices) = mpsc::channel();
        let sink = Arc::new(move |notice| drop(sender.send(notice)));
        let world = spawn(config, Box::new(common::workers()), sink).expect("threads");
        world.open(URI.into(), 1, text.into());
        Bench { world, notices }
    }

    fn ask<T: Send + 'static>(
        &self,
        kind: Kind,
        reader: impl FnMut(&Snapshot) -> T + Send + 'static,
    ) -> (Answer<T>, CancelOnDrop) {
        self.world.ask(URI.into(), kind, reader)
    }

    fn change(&self, version: i32, text: &str) {
        self.world.change(URI.into(), version, vec![Change { range: None, text: text.into() }]);
    }

    /// Runs the file and waits for its end.
    fn run(&self) {
        let reply = self.world.command(Command::Run { uri: Some(URI.into()), target: RunTarget::File });
        reply.blocking_recv().expect("a command is answered");
        let is_end = |notice: &Notice| matches!(notice, Notice::Output { kind: OutputKind::End, .. });
        while !is_end(&self.notices.recv_timeout(PATIENCE).expect("the run ends")) {}
    }

    /// Waits until the diagnostics of a version are told.
    fn wait_for_diagnostics(&self, version: i32) {
        loop {
            let notice = self.notices.recv_timeout(PATIENCE).expect("diagnostics come");
            if matches!(&notice, Notice::Diagnostics { document, .. } if document.version == version) {
                return;
            }
        }
    }

    /// Whether the world still answers.
    fn answers(&self) -> bool {
        let (answer, _guard) = self.ask(Kind::WholeDocument, |it| it.document.text.len());
        answer.blocking_recv().is_ok_and(|answer| answer.is_ok())
    }
}

/// Computes, as queries do: looking for a newer revision now and then.
fn compute_until(snapshot: &Snapshot, done: impl Fn() -> bool) {
    while !done() {
        snapshot.db.poll();
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn sixty_four_slow_questions_do_not_hold_back_an_edit() {
    let bench = Bench::new("x = 1");
    let seen = Arc::new(AtomicBool::new(false));
    let asked: Vec<_> = (0..64)
        .map(|_| {
            let seen = seen.clone();
            bench.ask(Kind::WholeDocument, move |snapshot| {
                compute_until(snapshot, || seen.load(Ordering::Relaxed));
                snapshot.document.version
            })
        })
        .collect();
    bench.change(2, "x = )");
    // No question can end before this line is behind us, so the edit and its diagnostics went past all of them.
    bench.wait_for_diagnostics(2);
    seen.store(true, Ordering::Relaxed);
    for (answer, _guard) in asked {
        assert_eq!(answer.blocking_recv().expect("each question is answered"), Ok(2));
    }
}

/// Long questions leave a thread, and with it a processor, to what takes a moment.
#[test]
fn a_short_question_goes_past_all_long_ones() {
    let bench = Bench::new("x = 1");
    let is_over = Arc::new(AtomicBool::new(false));
    let (running, is_running) = mpsc::channel();
    let asked: Vec<_> = (0..64)
        .map(|number| {
            let kind = if number % 2 == 0 { Kind::WholeDocument } else { Kind::Everywhere };
            let (is_over, running) = (is_over.clone(), running.clone());
            bench.ask(kind, move |snapshot| {
                running.send(()).expect("the test waits");
                compute_until(snapshot, || is_over.load(Ordering::Relaxed));
            })
        })
        .collect();
    is_running.recv_timeout(PATIENCE).expect("a long question runs");
    for kind in [Kind::Positioned, Kind::Linked] {
        let (answer, _guard) = bench.ask(kind, |snapshot| snapshot.document.version);
        // No long one can end before the next line but one.
        assert_eq!(answer.blocking_recv().expect("an answer"), Ok(1));
    }
    is_over.store(true, Ordering::Relaxed);
    for (answer, _guard) in asked {
        assert_eq!(answer.blocking_recv().expect("each question is answered"), Ok(()));
    }
}

#[test]
fn a_cancelled_question_stops_while_it_runs_and_before_it_runs() {
    let bench = Bench::new("x = 1");
    let (running, is_running) = mpsc::channel();
    let unwound = Arc::new(AtomicUsize::new(0));
    let mut asked = Vec::new();
    for _ in 0..16 {
        let running = running.clone();
        let unwound = unwound.clone();
        asked.push(bench.ask(Kind::WholeDocument, move |snapshot| {
            struct Counted(Arc<AtomicUsize>);
            impl Drop for Counted {
                fn drop(&mut self) {
                    self.0.fetch_add(1, Ordering::Relaxed);
                }
            }
            let _counted = Counted(unwound.clone());
            running.send(()).expect("the test waits");
            compute_until(snapshot, || false);
        }));
    }
    is_running.recv_timeout(PATIENCE).expect("a question runs");
    for (answer, guard) in asked {
        drop(guard);
        assert_eq!(answer.blocking_recv().expect("an answer"), Err(Refused::Cancelled));
    }
    assert!(unwound.load(Ordering::Relaxed) >= 1, "what ran has stopped");
    assert!(bench.answers());
}

#[test]
fn an_overtaken_position_is_refused_and_a_whole_document_is_asked_again_once() {
    let bench = Bench::new("x = 1");
    let (running, is_running) = mpsc::channel();
    let start = |kind| {
        let running = running.clone();
        bench.ask(kind, move |snapshot| {
            running.send(snapshot.document.version).expect("the test waits");
            compute_until(snapshot, || snapshot.document.version == 9);
            snapshot.document.version
        })
    };
    let next = || is_running.recv_timeout(PATIENCE).expect("a question runs");

    let (answer, _guard) = start(Kind::Positioned);
    assert_eq!(next(), 1);
    bench.change(2, "x = 2");
    assert_eq!(answer.blocking_recv().expect("an answer"), Err(Refused::Overtaken));

    let (answer, _guard) = start(Kind::WholeDocument);
    assert_eq!(next(), 2);
    bench.change(9, "x = 9");
    assert_eq!(answer.blocking_recv().expect("an answer"), Ok(9), "the answer is that of the new text");
    assert_eq!(next(), 9);

    bench.change(10, "x = 10");
    let (answer, _guard) = start(Kind::WholeDocument);
    assert_eq!(next(), 10);
    bench.change(11, "x = 11");
    assert_eq!(next(), 11, "asked again");
    bench.change(12, "x = 12");
    assert_eq!(answer.blocking_recv().expect("an answer"), Err(Refused::Overtaken), "but only once");
    assert!(bench.answers());
}

/// Only an edit of its own document changes what a question means.
#[test]
fn a_question_is_answered_however_often_something_else_is_written() {
    const OTHER: &str = "file:///other.ms";
    let bench = Bench::new("x = 1");
    bench.world.open(OTHER.into(), 1, "y = 1".into());
    let enough = Arc::new(AtomicBool::new(false));
    for kind in [Kind::Positioned, Kind::WholeDocument] {
        enough.store(false, Ordering::Relaxed);
        let (running, is_running) = mpsc::channel();
        let done = enough.clone();
        let (answer, _guard) = bench.ask(kind, move |snapshot| {
            running.send(()).expect("the test waits");
            compute_until(snapshot, || done.load(Ordering::Relaxed));
        });
        for version in 2..50 {
            is_running.recv_timeout(PATIENCE).expect("the question is asked again");
            bench.world.change(OTHER.into(), version, vec![Change { range: None, text: format!("y = {version}") }]);
        }
        is_running.recv_timeout(PATIENCE).expect("the question is asked again");
        enough.store(true, Ordering::Relaxed);
        assert_eq!(answer.blocking_recv().expect("an answer"), Ok(()));
    }
}

/// Values of runs come as often as a program runs, so a slow question would never see the end of it.
#[test]
fn values_wait_for_a_question_that_they_have_ended_again_and_again() {
    let bench = Bench::trusted(Trust::Full, "print 1");
    bench.world.settled().blocking_recv().expect("the world comes to rest");
    let (running, is_running) = mpsc::channel();
    let enough = Arc::new(AtomicBool::new(false));
    let done = enough.clone();
    let (answer, _guard) = bench.ask(Kind::Positioned, move |snapshot| {
        running.send(()).expect("the test waits");
        compute_until(snapshot, || done.load(Ordering::Relaxed));
    });
    is_running.recv_timeout(PATIENCE).expect("the question is asked");
    for _ in 0..4 {
        bench.run();
        is_running.recv_timeout(PATIENCE).expect("the question is asked again");
    }
    for _ in 0..3 {
        bench.run();
        // Longer than the pause between two writes of values.
        thread::sleep(Duration::from_millis(50));
    }
    assert!(is_running.try_recv().is_err(), "now values wait");
    enough.store(true, Ordering::Relaxed);
    assert_eq!(answer.blocking_recv().expect("an answer"), Ok(()));
    bench.world.settled().blocking_recv().expect("what has waited is written");
}

/// So does what was read from disk, and nothing of it is lost.
#[test]
fn files_wait_for_a_question_that_was_ended_again_and_again() {
    const OTHER: &str = "file:///other.ms";
    let folder = common::Folder::new("pressing", &[("a.ms", "x = 1")]);
    let config = WorldConfig { trust: Some(Trust::Off), roots: vec![folder.0.clone()], ..WorldConfig::default() };
    let bench = Bench::of(config, "x = 1");
    bench.world.open(OTHER.into(), 1, "y = 1".into());
    bench.world.settled().blocking_recv().expect("the world comes to rest");
    let (running, is_running) = mpsc::channel();
    let enough = Arc::new(AtomicBool::new(false));
    let done = enough.clone();
    let (answer, _guard) = bench.ask(Kind::Positioned, move |snapshot| {
        running.send(()).expect("the test waits");
        compute_until(snapshot, || done.load(Ordering::Relaxed));
    });
    for version in 2..6 {
        is_running.recv_timeout(PATIENCE).expect("the question is asked again");
        bench.world.change(OTHER.into(), version, vec![Change { range: None, text: format!("y = {version}") }]);
    }
    is_running.recv_timeout(PATIENCE).expect("the question is asked again");
    let path = folder.0.join("a.ms");
    std::fs::write(&path, "x = 2").expect("a file of the test");
    bench.world.changed_on_disk(vec![path.clone()]);
    // Longer than a file takes to be read.
    thread::sleep(Duration::from_millis(100));
    assert!(is_running.try_recv().is_err(), "now files wait");
    enough.store(true, Ordering::Relaxed);
    assert_eq!(answer.blocking_recv().expect("an answer"), Ok(()));
    bench.world.settled().blocking_recv().expect("what has waited is written");
    let (text, _guard) = bench.world.ask(folder.uri("a.ms"), Kind::WholeDocument, |it| it.document.text.to_string());
    assert_eq!(text.blocking_recv().expect("an answer"), Ok("x = 2".to_owned()));
}

#[test]
fn a_question_asked_before_an_edit_was_read_is_not_answered_with_the_older_text() {
    let bench = Bench::new("x = 1");
    for version in 2..200 {
        bench.change(version, &format!("x = {version}"));
        let (whole, _guard) = bench.ask(Kind::WholeDocument, |it| it.document.version);
        let (place, _other) = bench.ask(Kind::Positioned, |it| it.document.version);
        assert_eq!(whole.blocking_recv().expect("an answer"), Ok(version));
        assert_eq!(place.blocking_recv().expect("an answer"), Ok(version));
    }
}

#[test]
fn a_panic_answers_its_question_and_nothing_else() {
    let bench = Bench::new("x = 1");
    let (answer, _guard) = bench.ask(Kind::WholeDocument, |_| -> u32 { panic!("as planned") });
    assert_eq!(answer.blocking_recv().expect("an answer"), Err(Refused::Panicked("as planned".into())));
    assert!(bench.answers());
    bench.change(2, "x = 2");
    bench.wait_for_diagnostics(2);
}

#[test]
fn a_document_that_is_not_open_is_refused() {
    let bench = Bench::new("x = 1");
    let (answer, _guard) = bench.world.ask("file:///other.ms".into(), Kind::WholeDocument, |_| ());
    assert_eq!(answer.blocking_recv().expect("an answer"), Err(Refused::UnknownDocument));
    bench.world.change("file:///other.ms".into(), 3, Vec::new());
    bench.world.close("file:///other.ms".into());
    assert!(bench.answers());
    bench.world.close(URI.into());
    assert!(!bench.answers());
}

/// The documents of a folder, opened one right behind the other; each imports all of `modules`.
fn open_importers(world: &WorldHandle, folder: &common::Folder, documents: usize, modules: &[&str]) -> Vec<Arc<str>> {
    let imports: String = modules.iter().map(|name| format!("import \"{name}\"\nprint {name}.value\n")).collect();
    let uris: Vec<_> = (0..documents).map(|number| folder.uri(&format!("importer{number}.ms"))).collect();
    for uri in &uris {
        world.open(uri.clone(), 1, imports.clone());
    }
    uris
}

/// The text of the file in which the last member of a document that reads `value` is defined; none if that is nowhere.
fn defined_in(world: &WorldHandle, uri: &Arc<str>) -> Answer<Option<String>> {
    let (answer, guard) = world.ask(uri.clone(), Kind::Linked, |it| {
        let at = it.document.text.rfind("value")? + 1;
        let offset = u32::try_from(at).expect("a short text").into();
        let found = minilive::ide::definition(&it.db, &it.document, &it.live, offset);
        Some(found.first()?.file.text(&it.db).to_string())
    });
    // The world still answers; nobody cancels.
    std::mem::forget(guard);
    answer
}

/// What is said of documents takes its time; a question about the one in front of a person does not wait for it.
#[test]
fn a_question_about_a_document_just_opened_goes_before_what_is_told_of_all() {
    let folder = common::Folder::new("first", &[("lib.ms", "value = 1")]);
    let last = folder.uri("importer19.ms");
    let is_told = Arc::new(AtomicBool::new(false));
    let (told, of) = (is_told.clone(), last.clone());
    let sink = Arc::new(move |notice| {
        if let Notice::Diagnostics { document, .. } = notice {
            told.fetch_or(document.uri == of, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(20));
        }
    });
    let config = WorldConfig { trust: Some(Trust::Off), ..WorldConfig::default() };
    let world = spawn(config, Box::new(common::workers()), sink).expect("threads");
    assert_eq!(open_importers(&world, &folder, 20, &["lib"]).last(), Some(&last));
    let (told, defined) = (is_told.clone(), defined_in(&world, &last));
    let (order, _guard) = world.ask(last, Kind::Linked, move |_| told.load(Ordering::SeqCst));
    assert_eq!(defined.blocking_recv().expect("an answer"), Ok(Some("value = 1".to_owned())));
    assert_eq!(order.blocking_recv().expect("an answer"), Ok(false), "its diagnostics came first");
    common::settle(&world);
    assert!(is_told.load(Ordering::SeqCst), "and then they come");
}

/// Each write ends all readers, so what one document imports is one write, beside those for the document itself and its values.
#[test]
fn all_modules_of_a_document_are_found_in_one_write() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let folder = common::Folder::new(
        "once",
        &names
            .map(|name| (format!("{name}.ms"), format!("value = \"{name}\"")))
            .each_ref()
            .map(|(file, text)| (file.as_str(), text.as_str())),
    );
    let bench = Bench::new("x = 1");
    common::settle(&bench.world);
    let (running, is_running) = mpsc::channel();
    let enough = Arc::new(AtomicBool::new(false));
    let done = enough.clone();
    let (answer, _guard) = bench.ask(Kind::Positioned, move |snapshot| {
        running.send(()).expect("the test waits");
        compute_until(snapshot, || done.load(Ordering::Relaxed));
    });
    is_running.recv_timeout(PATIENCE).expect("the question is asked");
    let main = open_importers(&bench.world, &folder, 1, &names).remove(0);
    let defined = defined_in(&bench.world, &main);
    assert_eq!(defined.blocking_recv().expect("an answer"), Ok(Some("value = \"f\"".to_owned())));
    common::settle(&bench.world);
    enough.store(true, Ordering::Relaxed);
    assert_eq!(answer.blocking_recv().expect("an answer"), Ok(()));
    let again = is_running.try_iter().count();
    assert!(again <= 2, "once for the document and once for its modules, not {again} times");
}

#[test]
fn a_module_that_is_nowhere_holds_no_question() {
    let folder = common::Folder::new("nowhere", &[("lib.ms", "value = 1")]);
    let bench = Bench::new("x = 1");
    let uris = open_importers(&bench.world, &folder, 2, &["lib", "missing"]);
    for uri in &uris {
        assert_eq!(defined_in(&bench.world, uri).blocking_recv().expect("an answer"), Ok(None));
    }
    common::settle(&bench.world);
}

#[test]
fn a_module_opened_while_it_is_looked_for_comes_before_the_one_on_disk() {
    let folder = common::Folder::new("meanwhile", &[("lib.ms", "value = 1")]);
    let bench = Bench::new("x = 1");
    for round in 0..20 {
        let uri = open_importers(&bench.world, &folder, 1, &["lib"]).remove(0);
        let text = format!("value = \"open {round}\"");
        bench.world.open(folder.uri("lib.ms"), 1, text.clone());
        assert_eq!(defined_in(&bench.world, &uri).blocking_recv().expect("an answer"), Ok(Some(text)));
        bench.world.close(folder.uri("lib.ms"));
        bench.world.close(uri);
    }
    common::settle(&bench.world);
}

#[test]
fn a_document_closed_while_its_modules_are_looked_for_leaves_nothing_behind() {
    let folder = common::Folder::new("closed", &[("lib.ms", "value = 1")]);
    let bench = Bench::new("x = 1");
    for _ in 0..20 {
        let uri = open_importers(&bench.world, &folder, 1, &["lib"]).remove(0);
        let asked = defined_in(&bench.world, &uri);
        bench.world.close(uri.clone());
        // Before or after the close, but it has its answer.
        let answer = asked.blocking_recv().expect("an answer");
        let is_one = matches!(answer, Ok(Some(_)) | Err(Refused::UnknownDocument | Refused::Overtaken));
        assert!(is_one, "{answer:?}");
        common::settle(&bench.world);
    }
    let uri = open_importers(&bench.world, &folder, 1, &["lib"]).remove(0);
    let found = defined_in(&bench.world, &uri).blocking_recv().expect("an answer");
    assert_eq!(found, Ok(Some("value = 1".to_owned())), "and can be opened again");
}

/// The text that is searched for modules may be an older one by the time they are found; the question of the newer text waits no longer
/// for that.
#[test]
fn an_edit_right_behind_the_opening_holds_no_question() {
    let folder = common::Folder::new("edited", &[("lib.ms", "value = 1")]);
    let bench = Bench::new("x = 1");
    let uri = open_importers(&bench.world, &folder, 1, &["lib"]).remove(0);
    for version in 2..40 {
        let text = format!("x = {version}\nimport \"lib\"\nprint lib.value\n");
        bench.world.change(uri.clone(), version, vec![Change { range: None, text }]);
        let found = defined_in(&bench.world, &uri).blocking_recv().expect("an answer");
        assert_eq!(found, Ok(Some("value = 1".to_owned())));
    }
}
