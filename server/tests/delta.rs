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
use minilive::worker::protocol::{self, FromWorker, ToWorker};
use minilive_mir::ir::UnitKey;
use minilive_mir::program::Program;
use minilive_tests::modes::lowered;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

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
        let run = self.send(program, trust);
        let outcome = self.finish(run);
        assert_eq!(outcome.end, End::Finished(None));
        outcome
    }

    fn send(&mut self, program: &Program, trust: Trust) -> RunId {
        self.runs += 1;
        self.handle.send(request(RunId(self.runs), program, trust));
        RunId(self.runs)
    }

    fn finish(&mut self, run: RunId) -> Outcome {
        loop {
            match self.events.recv_timeout(Duration::from_secs(120)).expect("an answer") {
                WorkerEvent::Finished { run: ended, outcome } => {
                    assert_eq!(ended, run);
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
        let programs = messages(&bytes).into_iter().filter_map(|message| match message {
            ToWorker::Program { program, .. } => Some(program),
            _ => None,
        });
        let with_code =
            |program: Program| program.units.iter().filter(|unit| unit.mir.is_some()).map(|unit| unit.key).collect();
        programs.map(with_code).collect()
    }
}

fn request(run: RunId, program: &Program, trust: Trust) -> Request {
    Request {
        run,
        program: Arc::new(program.clone()),
        entry: EntryPoint::Main,
        budget: Budget { wall: Duration::from_secs(60), fuel: u64::MAX, memory: 64 << 20, output: 1 << 20, frames: 3 },
        trust,
        effects: false,
        seed: Some(1),
        input: Vec::new(),
        variables: Vec::new(),
    }
}

/// The whole messages at the start of what was sent.
fn messages(mut sent: &[u8]) -> Vec<ToWorker> {
    std::iter::from_fn(|| protocol::read::<ToWorker>(&mut sent).ok().flatten()).collect()
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

/// Code is sent once to each engine that needs it, whatever becomes of the run it came with.
#[test]
fn what_a_worker_holds_is_known_across_stopped_runs_and_trust() {
    let mut worker = Worker::new("stopped");
    let before = lowered(TEXT, "test.ms");
    let after = lowered(&TEXT.replace("return m + 1", "return m + 2"), "test.ms");
    worker.run(&before, Trust::Full);
    let endless = worker.send(&lowered("while true\nend while\n", "test.ms"), Trust::Full);
    let stopped = worker.send(&after, Trust::Full);
    worker.handle.cancel(stopped);
    worker.handle.cancel(endless);
    for run in [endless, stopped] {
        assert_eq!(worker.finish(run).end, End::Cancelled);
    }
    worker.run(&after, Trust::Full);
    for trust in [Trust::InterpretOnly, Trust::Full, Trust::InterpretOnly] {
        worker.run(&after, trust);
    }
    let sent: Vec<_> = worker.programs().iter().map(Vec::len).collect();
    let all = before.units.len();
    // The edited function came with the run that was stopped before it began.
    assert_eq!(sent, [all, 1, 1, 0, all, 0, 0]);
}

/// A worker that asks for code again after a run was stopped gets the run again and the stop behind it.
#[test]
fn a_stopped_run_that_is_sent_again_stays_stopped() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("again-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let file = |name: &str| folder.join(name);
    // One run goes on for ever in front of it, so that nothing ends this process early.
    fs::write(file("missing"), protocol::encode(&FromWorker::Missing { id: 2, keys: Vec::new() }).expect("encoded"))
        .expect("written");
    let waits = format!(
        "PATH=/usr/bin:/bin; cd '{}'; (n=0; until [ -e go ] || [ $n = 6000 ]; do n=$((n + 1)); sleep 0.01; done; cat missing) & cat >sent; :",
        folder.display()
    );
    let factory = ProcessFactory::new("/bin/sh".into(), vec!["-c".into(), waits]);
    let (events, _seen) = mpsc::channel();
    let sink = Arc::new(move |event| drop(events.send(event)));
    let mut handle = factory.connect(Purpose::Automatic, sink);
    let program = lowered("x = 1\n", "test.ms");
    handle.send(request(RunId(1), &program, Trust::Full));
    handle.send(request(RunId(2), &program, Trust::Full));
    handle.cancel(RunId(2));
    let sent = |count: usize| {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let told = messages(&fs::read(file("sent")).unwrap_or_default());
            if told.len() >= count {
                return told;
            }
            assert!(Instant::now() < patience, "{} of {count} messages came", told.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    sent(5);
    fs::write(file("go"), "").expect("written");
    let again = &sent(8)[5..];
    assert!(
        matches!(
            again,
            [ToWorker::Program { id: 2, program }, ToWorker::Run(run), ToWorker::Cancel(RunId(2))]
                if run.run == RunId(2) && program.units.iter().all(|unit| unit.mir.is_some())
        ),
        "{again:?}"
    );
    drop(handle);
    // It lies in a folder for such files; leaving it there does no harm.
    let _ = fs::remove_dir_all(&folder);
}
