//! A real worker over its pipe: what is sent to it after an edit, and in which tiers the program goes on.
//!
//! The engine's own test of this is `tests/runner/reuse.rs`. Here `tee` stands in the pipe and keeps what the server sent.
#![cfg(unix)]

mod common;

use common::program;
use minilive::evaluate::{
    Budget, EntryPoint, Purpose, Request, RunId, Trust, WorkerEvent, WorkerFactory, WorkerHandle,
};
use minilive::recording::{End, FunctionReport, Outcome, Tier};
use minilive::worker::client::ProcessFactory;
use minilive::worker::protocol::{self, ToWorker};
use minilive_mir::ir::UnitKey;
use minilive_mir::program::Program;
use minilive_tests::modes::lowered;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

const TEXT: &str = "
square = function(n)
  return n * n
end function
twist = function(n)
  m = n % 7
  return m + 1
end function
area = function(n)
  s = 0
  i = 0
  while i < n
    s = s + square(i) - twist(i)
    i += 1
  end while
  return s
end function
total = 0
for k in range(1, 200)
  total = total + area(300)
end for
";

struct Worker {
    handle: Box<dyn WorkerHandle>,
    events: Receiver<WorkerEvent>,
    sent: PathBuf,
    runs: u64,
}

impl Worker {
    fn new(name: &str) -> Worker {
        let sent = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.sent", std::process::id()));
        // The file of an earlier process with this number must not be read for this one's.
        let _ = fs::remove_file(&sent);
        let pipe = format!("PATH=/usr/bin:/bin; tee '{}' | exec '{}' worker", sent.display(), program().display());
        let factory = ProcessFactory::new("/bin/sh".into(), vec!["-c".into(), pipe]);
        let (events, seen) = mpsc::channel();
        let sink = Arc::new(move |event| events.send(event).expect("the test listens"));
        Worker { handle: factory.connect(Purpose::Automatic, sink), events: seen, sent, runs: 0 }
    }

    fn run(&mut self, program: &Program, trust: Trust) -> Outcome {
        self.runs += 1;
        let budget =
            Budget { wall: Duration::from_secs(60), fuel: u64::MAX, memory: 64 << 20, output: 1 << 20, frames: 3 };
        self.handle.send(Request {
            run: RunId(self.runs),
            program: Arc::new(program.clone()),
            entry: EntryPoint::Main,
            budget,
            trust,
            effects: false,
            seed: Some(1),
            input: Vec::new(),
            variables: Vec::new(),
        });
        loop {
            match self.events.recv_timeout(Duration::from_secs(120)).expect("an answer") {
                WorkerEvent::Finished { outcome, .. } => {
                    assert_eq!(outcome.end, End::Finished(None));
                    return *outcome;
                }
                WorkerEvent::Died { reason, .. } => panic!("{reason}"),
                WorkerEvent::Import { name, .. } => panic!("nothing imports here, least of all {name}"),
                WorkerEvent::Output { .. } | WorkerEvent::Progress { .. } => {}
            }
        }
    }

    /// For each program sent so far: the units that came with their code.
    fn programs(&self) -> Vec<Vec<UnitKey>> {
        let bytes = fs::read(&self.sent).expect("tee writes it");
        let mut input = bytes.as_slice();
        let mut programs = Vec::new();
        while let Some(message) = protocol::read::<ToWorker>(&mut input).expect("whole messages") {
            if let ToWorker::Program { program, .. } = message {
                let with_code = program.units.iter().filter(|unit| unit.mir.is_some());
                programs.push(with_code.map(|unit| unit.key).collect());
            }
        }
        programs
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It lies in a folder for such files; leaving it there does no harm.
        let _ = fs::remove_file(&self.sent);
    }
}

fn of<'a>(outcome: &'a Outcome, program: &Program, name: &str) -> &'a FunctionReport {
    let unit = program.units.iter().find(|unit| unit.info.name == name).expect("the program has it");
    outcome.functions.iter().find(|it| it.unit == unit.key).unwrap_or_else(|| panic!("{name} ran"))
}

#[test]
fn after_an_edit_one_function_is_sent_and_the_others_go_on_compiled() {
    let mut worker = Worker::new("edit");
    let before = lowered(TEXT, "test.ms");
    let warm = (0..5).map(|_| worker.run(&before, Trust::Full)).last().expect("ran");
    for name in ["square", "twist", "area"] {
        assert_eq!(of(&warm, &before, name).tier, Tier::Native, "{name}: {:?}", of(&warm, &before, name));
        assert!(of(&warm, &before, name).recording, "automatic evaluations keep values");
    }
    let after = lowered(&TEXT.replace("return m + 1", "return m + 2"), "test.ms");
    let changed = of(&warm, &before, "twist").unit;
    let outcome = worker.run(&after, Trust::Full);
    for report in outcome.functions.iter().filter(|it| it.unit != changed) {
        let old = warm.functions.iter().find(|it| it.unit == report.unit).expect("ran before");
        assert_eq!((report.tier, report.compiles, report.exits), (old.tier, old.compiles, old.exits), "{report:?}");
    }
    let programs = worker.programs();
    assert_eq!(programs[0].len(), before.units.len(), "the first time everything is sent");
    assert!(programs[1..5].iter().all(Vec::is_empty), "nothing is sent twice: {programs:?}");
    assert_eq!(programs[5], [changed]);
    let value = |outcome: &Outcome| outcome.values.iter().map(|it| (it.inst, it.count, it.text.clone())).max();
    assert_ne!(value(&warm), value(&outcome), "the new code has run");
}

#[test]
fn without_trust_the_interpreter_alone_runs() {
    let mut worker = Worker::new("trust");
    let program = lowered(TEXT, "test.ms");
    let outcome = (0..2).map(|_| worker.run(&program, Trust::InterpretOnly)).last().expect("ran");
    assert!(outcome.functions.iter().all(|it| it.tier == Tier::Interpreter && it.compiles == 0), "{outcome:?}");
    let values = worker.run(&program, Trust::Full).values;
    assert_eq!(values, outcome.values, "what is recorded does not depend on the tier");
}
