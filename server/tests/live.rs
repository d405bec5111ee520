//! Which evaluations an edit reaches, and what an editor shows before, while and after they run.
//!
//! Worlds with real workers behind a gate (`common`): the gate notes what is sent and can hold it, so the time between an edit
//! and its value can be looked at.

mod common;

use common::Gate;
use minilive::evaluate::{
    EntryPoint, EventSink, Purpose, Request, RunId, RunTarget, Trust, WorkerEvent, WorkerFactory, WorkerHandle,
};
use minilive::ide;
use minilive::world::{Change, Command, Notice, Snapshot, WorldConfig, WorldHandle, spawn};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const URI: &str = "file:///test.ms";

const PROGRAM: &str = "x = 5
double = function(n)
  return n * 2
end function
//@ example two: triple(2)
triple = function(n)
  return n * 3
end function
y = double(x)
//> x + 1
//> triple(x)
";

struct Bench {
    world: WorldHandle,
    gate: Gate,
    text: String,
    version: i32,
}

impl Bench {
    fn new(text: &str) -> Bench {
        let gate = Gate::default();
        let config = WorldConfig { trust: Some(Trust::Full), ..WorldConfig::default() };
        let world = spawn(config, Box::new(gate.workers()), Arc::new(drop)).expect("threads");
        world.open(URI.into(), 1, text.into());
        let bench = Bench { world, gate, text: text.into(), version: 1 };
        bench.settle();
        bench.gate.take_sent();
        bench
    }

    fn settle(&self) {
        common::settle(&self.world);
    }

    fn replace(&mut self, from: &str, to: &str) {
        assert_eq!(self.text.matches(from).count(), 1, "{from:?} must stand once in the text");
        self.text = self.text.replacen(from, to, 1);
        self.version += 1;
        self.world.change(URI.into(), self.version, vec![Change { range: None, text: self.text.clone() }]);
    }

    /// Edits, waits, and tells what ran: `top` or the text of a marker.
    fn edit(&mut self, from: &str, to: &str) -> Vec<String> {
        self.replace(from, to);
        self.settle();
        self.gate.take_sent().iter().map(name).collect()
    }

    fn see<T: Send + 'static>(&self, reader: impl FnMut(&Snapshot) -> T + Send + 'static) -> T {
        common::see(&self.world, URI.into(), reader)
    }

    fn hint(&self, line: u32) -> String {
        common::hint(&self.world, URI.into(), line)
    }

    fn lenses(&self) -> Vec<ide::Lens> {
        self.see(|it| ide::lenses(&it.db, &it.document, &it.live))
    }
}

/// What a request evaluates.
fn name(request: &Request) -> String {
    let EntryPoint::Expression(unit) = request.entry else { return "top".into() };
    let unit = &request.program.units[unit as usize];
    format!("line {}", unit.info.base_line)
}

#[test]
fn white_space_comments_and_lines_above_evaluate_nothing() {
    let mut bench = Bench::new(PROGRAM);
    let before = bench.hint(9);
    assert_eq!(before, "= 10");
    for (from, to) in [
        ("return n * 2", "return n*2"),
        ("return n * 3", "return n * 3 // three times"),
        ("x = 5", "x  =  5"),
        ("double = function", "// doubles\ndouble = function"),
        ("x  =  5", "\n\nx = 5"),
        ("y = double", "y   = double"),
    ] {
        assert_eq!(bench.edit(from, to), [""; 0], "{from:?} became {to:?}");
    }
    assert_eq!(bench.hint(12), before, "values move with their lines and stay fresh");
}

#[test]
fn a_body_reaches_the_evaluations_that_entered_it() {
    let mut bench = Bench::new(PROGRAM);
    // The definition of `y` calls it, and definitions run before every marker.
    assert_eq!(bench.edit("n * 2", "n * 20"), ["top", "line 5", "line 10", "line 11"]);
    assert_eq!(bench.hint(9), "= 100");
    assert_eq!(bench.edit("n * 3", "n * 30"), ["line 5", "line 11"]);
    assert_eq!(bench.hint(11), "⇒ 150");
}

#[test]
fn a_marker_reaches_itself_alone() {
    let mut bench = Bench::new(PROGRAM);
    assert_eq!(bench.edit("//> x + 1", "//> x + 2"), ["line 10"]);
    assert_eq!(bench.hint(10), "⇒ 7");
    assert_eq!(bench.edit("triple(2)", "triple(3)"), ["line 5"]);
    assert_eq!(bench.edit("y = double(x)\n", "y = double(x)\n//> y\n"), ["line 10"]);
}

#[test]
fn undo_and_redo_evaluate_nothing() {
    let mut bench = Bench::new(PROGRAM);
    assert_ne!(bench.edit("x = 5", "x = 6"), [""; 0]);
    assert_eq!(bench.edit("x = 6", "x = 5"), [""; 0]);
    assert_eq!(bench.hint(9), "= 10");
    assert_eq!(bench.edit("x = 5", "x = 6"), [""; 0]);
    assert_eq!(bench.hint(9), "= 12");
}

#[test]
fn an_old_value_is_marked_until_the_new_one_is_there() {
    let mut bench = Bench::new(PROGRAM);
    assert_eq!(bench.hint(9), "= 10");
    bench.gate.close();
    bench.replace("x = 5", "x = 7");
    // The plan has been made when the first request comes.
    while bench.gate.take_sent().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(bench.hint(9), "~ 10", "true of an earlier text");
    assert_eq!(bench.hint(1), "", "the edited line has no value");
    bench.gate.open();
    bench.settle();
    assert_eq!(bench.hint(9), "= 14");
    assert_eq!(bench.hint(1), "= 7");
}

#[test]
fn a_broken_text_keeps_old_values_marked_and_mending_it_evaluates_nothing() {
    let mut bench = Bench::new(PROGRAM);
    assert_eq!(bench.edit("return n * 3", "return n *"), [""; 0]);
    assert_eq!(bench.hint(11), "~ 15", "what entered the broken function");
    assert_eq!(bench.hint(9), "= 10", "what did not is as true as before");
    assert_eq!(bench.edit("return n *\n", "return n * 3\n"), [""; 0]);
    assert_eq!(bench.hint(11), "⇒ 15");
}

#[test]
fn a_run_changes_titles_of_lenses_and_not_their_set() {
    let bench = Bench::new(PROGRAM);
    let places = |lenses: &[ide::Lens]| lenses.iter().map(|lens| lens.range).collect::<Vec<_>>();
    let titles = |lenses: &[ide::Lens]| lenses.iter().map(|lens| lens.title.clone()).collect::<Vec<_>>();
    let before = bench.lenses();
    assert_eq!(titles(&before), ["Run", "Run example two"]);
    let run = |target| {
        let reply = bench.world.command(Command::Run { uri: Some(URI.into()), target });
        assert_eq!(reply.blocking_recv().expect("the world lives").state, "started");
    };

    bench.gate.close();
    run(RunTarget::File);
    while bench.gate.take_sent().is_empty() {
        std::thread::yield_now();
    }
    let during = bench.lenses();
    assert!(during[0].title.starts_with("Stop ("), "{:?}", during[0]);
    assert_eq!(during[0].action, ide::LensAction::Stop);
    assert_eq!(places(&during), places(&before));

    bench.gate.open();
    let ended = || {
        let lenses = bench.lenses();
        assert_eq!(places(&lenses), places(&before));
        lenses
    };
    let after = loop {
        let lenses = ended();
        if !lenses[0].title.starts_with("Stop") {
            break lenses;
        }
        std::thread::yield_now();
    };
    assert!(after[0].title.starts_with("Run again · "), "{:?}", after[0]);
    assert_eq!(after[1].title, "Run example two");
}

#[test]
fn types_that_were_seen_are_called_so() {
    let bench =
        Bench::new("pick = function(n)\n  return [1, \"a\", null][n]\nend function\nx = pick(0)\nx = pick(1)\ny = 5\n");
    let cards: Vec<Vec<String>> = ["x = pick(1)", "y = 5"]
        .into_iter()
        .map(|at| {
            let offset = bench.text.find(at).expect("it is there") as u32;
            let card = common::see(&bench.world, URI.into(), move |it: &Snapshot| {
                ide::hover(&it.db, &it.document, &it.live, offset.into())
            });
            card.expect("a card").sections
        })
        .collect();
    assert_eq!(cards[0], ["likely: number or string or null", "seen: string ×1 · last value `\"a\"`"]);
    assert_eq!(cards[1], ["type: number", "seen: number ×1 · last value `5`"]);
    let seen = |text: &str, at: &str| {
        let bench = Bench::new(text);
        let offset = text.find(at).expect("it is there") as u32;
        let card = bench.see(move |it: &Snapshot| ide::hover(&it.db, &it.document, &it.live, offset.into()));
        let sections = card.expect("a card").sections;
        sections.into_iter().find(|it| it.starts_with("seen")).expect("it was seen")
    };
    assert_eq!(seen("e = err(\"a\")\n", "e = "), "seen: error ×1 · last value `error: a`");
    assert_eq!(seen("n = null\n", "n = "), "seen: null ×1 · last value `null`");
    let mixed = "for i in range(0, 2)\n  e = [null, 1, err(\"a\")][i]\nend for\n";
    assert_eq!(seen(mixed, "e = "), "seen: number or null or error ×3 · last value `error: a` · before: null, 1");
    let mixed = "for i in range(0, 1)\n  e = [1, err(\"a\")][i]\nend for\n";
    assert_eq!(seen(mixed, "e = "), "seen: number or error ×2 · last value `error: a` · before: 1");
    // Completion tells what follows from the text alone.
    let offset = bench.text.len() as u32;
    let details = common::see(&bench.world, URI.into(), move |it: &Snapshot| {
        let found = ide::completion::completions(&it.db, &it.document, &it.live, offset.into(), false);
        let x = found.items.into_iter().find(|it| it.label == "x").expect("it is offered");
        ide::completion::documentation(&it.db, &it.document, &it.live, &x.data)
    });
    assert_eq!(details.map(|it| it.0), Some("x: number or string or null".to_owned()));
}

/// Automatic runs that never end by themselves, and are told to have ended when the test says so.
#[derive(Clone, Default)]
struct Late(Arc<Mutex<Vec<(RunId, EventSink)>>>);

impl WorkerFactory for Late {
    fn connect(&self, purpose: Purpose, sink: EventSink) -> Box<dyn WorkerHandle> {
        match purpose {
            Purpose::Automatic => Box::new(LateWorker { late: self.clone(), sink }),
            Purpose::Asked => common::workers().connect(purpose, sink),
        }
    }
}

struct LateWorker {
    late: Late,
    sink: EventSink,
}

impl WorkerHandle for LateWorker {
    fn send(&mut self, request: Request) {
        self.late.0.lock().expect("nobody panics with it").push((request.run, self.sink.clone()));
    }

    fn answer(&mut self, _: RunId, _: minilive_jit::engine::modules::ModuleAnswer) {}

    fn cancel(&mut self, _: RunId) {}

    fn restart(&mut self) {}
}

/// A run that is stopped for one that a person asks for may say so after that one has ended: its values stay.
#[test]
fn a_run_that_ends_late_takes_no_values_away() {
    let late = Late::default();
    let config = WorldConfig { trust: Some(Trust::Full), ..WorldConfig::default() };
    let world = spawn(config, Box::new(late.clone()), Arc::new(drop)).expect("threads");
    world.open(URI.into(), 1, "x = 5\ny = x + 1\n".into());
    let sent = || late.0.lock().expect("nobody panics with it").first().cloned();
    let (run, sink) = loop {
        match sent() {
            Some(sent) => break sent,
            None => std::thread::yield_now(),
        }
    };
    let reply = world.command(Command::Run { uri: Some(URI.into()), target: RunTarget::File });
    assert_eq!(reply.blocking_recv().expect("the world lives").state, "started");
    let shows = |_: &u32| {
        std::thread::sleep(Duration::from_millis(10));
        common::hint(&world, URI.into(), 2) == "= 6"
    };
    assert!((0..3000).find(shows).is_some(), "the run that was asked for shows its values");
    sink(WorkerEvent::Finished { run, outcome: Box::new(common::cancelled()) });
    common::settle(&world);
    assert_eq!(common::hint(&world, URI.into(), 2), "= 6");
}

/// What a worker has not and the host has is no error, whatever is known first: the profile or how the run ended.
#[test]
fn what_only_the_host_has_ends_a_run_quietly() {
    let profiles = minilive::settings::Checks { profiles: vec!["mini-micro".into()], ..Default::default() };
    let named = minilive::settings::Checks { host_names: vec!["score".into()], ..Default::default() };
    let plain = minilive::settings::Checks::default();
    // The text, what is known of the host, the diagnostics, and the hint of the second line.
    let cases = [
        ("x = 1\nclear\nprint x\n", &profiles, "", "⧗ needs clear of the host"),
        (
            "x = 1\nclear\nprint x\n",
            &plain,
            "unknown-name",
            "! Undefined Identifier: 'clear' is unknown in this context",
        ),
        ("x = 1\nimport \"listUtil\"\n", &profiles, "", "⧗ needs listUtil of the host"),
        (
            "x = 1\nimport \"listUtill\"\n",
            &profiles,
            "import-not-found runtime-error",
            "! Uncaught File error: import: library not found: listUtill",
        ),
        ("x = 1\nx = score\n", &named, "", "⧗ needs score of the host"),
        ("f = function\n  return score + 1\nend function\nf\n", &named, "", "⧗ needs score of the host"),
        ("x = 1\nkey.clear\n", &profiles, "", "⧗ needs key.clear of the host"),
        ("m = {}\nm.clear\n", &profiles, "missing-member runtime-error", "! Key Not Found: 'clear' not found in map"),
        (
            "key = {}\nkey.clear\n",
            &profiles,
            "missing-member runtime-error",
            "! Key Not Found: 'clear' not found in map",
        ),
        ("x = 1\nnobody\n", &profiles, "unknown-name", "! Undefined Identifier: 'nobody' is unknown in this context"),
    ];
    for (text, checks, codes, hint) in cases {
        let bench = Bench::new(text);
        let settings = minilive::settings::Settings { checks: Arc::new(checks.clone()), ..Default::default() };
        bench.world.settings(settings);
        bench.settle();
        let told = bench.see(|it| ide::diagnostics(&it.db, &it.document, &it.live));
        let mut told: Vec<_> = told
            .iter()
            .filter(|it| matches!(it.severity, ide::Severity::Error | ide::Severity::Warning))
            .map(|it| it.code)
            .collect();
        told.sort_unstable();
        assert_eq!(told.join(" "), codes, "{text}");
        assert_eq!(bench.hint(2), hint, "{text}");
    }
    let bench = Bench::new("x = 1\nclear\n");
    bench.world.settings(minilive::settings::Settings { checks: Arc::new(profiles), ..Default::default() });
    bench.settle();
    assert_eq!(bench.hint(1), "= 1", "what came before stays");
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let notices = Arc::new(move |notice| {
        if let Notice::Status(status) = notice {
            sink.lock().expect("nobody panics with it").push((status.state, status.text));
        }
    });
    let config = WorldConfig { trust: Some(Trust::Full), ..WorldConfig::default() };
    let world = spawn(config, Box::new(common::workers()), notices).expect("threads");
    world.settings(minilive::settings::Settings { checks: Arc::new(named), ..Default::default() });
    world.open(URI.into(), 1, "x = score\n".into());
    common::settle(&world);
    let last = told.lock().expect("nobody panics with it").last().cloned();
    assert_eq!(last, Some((ide::StatusState::Cut, "needs score of the host".to_owned())));
}

/// What a variable was given last is not what it is wherever it is read: there it is told which line gave it that.
#[test]
fn a_value_is_told_as_that_of_the_line_that_gave_it() {
    let card = |text: &str| {
        let at = text.find('$').expect("a cursor") as u32;
        let bench = Bench::new(&text.replacen('$', "", 1));
        let card = bench.see(move |it: &Snapshot| ide::hover(&it.db, &it.document, &it.live, at.into()));
        let sections = card.expect("a card").sections;
        sections.into_iter().find(|it| it.starts_with("seen")).unwrap_or_default()
    };
    let count = "n = 0\nf = function\n  globals.n += 1\nend function\nf\nf\n";
    assert_eq!(card(&format!("{count}print $n\n")), "seen in line 1: number ×1 · last value `0`");
    assert_eq!(card(&format!("${count}")), "seen: number ×1 · last value `0`");
    assert_eq!(card("l = []\nl.push 1\nprint $l\n"), "seen in line 1: list ×1 · last value `[]`");
    assert_eq!(
        card("f = function(a)\n  x = a\n  x = x + 1\n  return $x\nend function\nf 1\n"),
        "seen in line 3: number ×1 · last value `2`"
    );
    assert_eq!(
        card("f = function(a)\n  $x = a\n  x = x + 1\n  return x\nend function\nf 1\n"),
        "seen: number ×1 · last value `1`"
    );
    assert_eq!(
        card("f = function(a)\n  x = a\n  x = $x + 1\n  return x\nend function\nf 1\n"),
        "seen in line 2: number ×1 · last value `1`"
    );
    assert_eq!(
        card("for i in range(1, 3)\n  print $i\nend for\n"),
        "seen in line 1: number ×3 · last value `3` · before: 1, 2"
    );
    assert_eq!(card("for $i in range(1, 3)\n  print i\nend for\n"), "seen: number ×3 · last value `3` · before: 1, 2");
    assert_eq!(card("n = 1\n$n += 2\n"), "seen: number ×1 · last value `3`");
}
