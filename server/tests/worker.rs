//! Worker processes as the server drives them: limits, stops, crashes, and what the process cannot do.
//!
//! Times are looked at only where a promise is about them, with room for a busy machine; how long things really take is
//! measured by `cargo xtask latency` (docs/performance.md).

mod common;

use common::{program, workers};
use minilive::evaluate::{
    Budget, EntryPoint, Purpose, Request, RunId, Trust, WorkerEvent, WorkerFactory, WorkerHandle,
};
use minilive::recording::{End, Outcome};
use minilive::worker::client::ProcessFactory;
use minilive_jit::engine::modules::ModuleAnswer;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

struct Bench {
    worker: Box<dyn WorkerHandle>,
    events: mpsc::Receiver<WorkerEvent>,
    last: u64,
}

/// Everything a run told.
struct Told {
    outcome: Outcome,
    output: String,
}

fn budget() -> Budget {
    Budget { wall: Duration::from_secs(40), fuel: u64::MAX, memory: 256 * MIB, output: MIB, frames: 3 }
}

impl Bench {
    fn new(factory: &ProcessFactory) -> Bench {
        let (sender, events) = mpsc::channel();
        // A worker that outlives its test has nobody to tell.
        let sink = Arc::new(move |event| drop(sender.send(event)));
        Bench { worker: factory.connect(Purpose::Asked, sink), events, last: 0 }
    }

    fn request(&mut self, text: &str) -> Request {
        let (program, diagnostics) = minilive_mir::lower::lower_file(&minilive_syntax::parse(text), "test.ms");
        assert!(diagnostics.is_empty(), "{text:?}: {diagnostics:?}");
        self.last += 1;
        Request {
            run: RunId(self.last),
            program: Arc::new(program),
            entry: EntryPoint::Main,
            budget: budget(),
            trust: Trust::Full,
            effects: false,
            seed: Some(1),
            input: Vec::new(),
            variables: Vec::new(),
        }
    }

    fn next(&self) -> WorkerEvent {
        self.events.recv_timeout(PATIENCE).expect("the worker tells what happens")
    }

    /// Reads events until a run has ended; there are no modules.
    fn finish(&mut self, run: RunId) -> Told {
        let mut output = String::new();
        loop {
            match self.next() {
                WorkerEvent::Output { run: from, text } => {
                    assert_eq!(from, run);
                    output += &text;
                }
                WorkerEvent::Finished { run: ended, outcome } => {
                    assert_eq!(ended, run);
                    return Told { outcome: *outcome, output };
                }
                WorkerEvent::Progress { .. } => {}
                WorkerEvent::Import { run, .. } => self.worker.answer(run, ModuleAnswer::Blocked),
                WorkerEvent::Died { reason, .. } => panic!("the worker died: {reason}"),
            }
        }
    }

    fn died(&self) -> (String, Vec<RunId>) {
        loop {
            match self.next() {
                WorkerEvent::Died { reason, runs } => return (reason, runs),
                WorkerEvent::Finished { outcome, .. } => panic!("finished instead of dying: {:?}", outcome.end),
                _ => {}
            }
        }
    }

    fn run_with(&mut self, text: &str, change: impl FnOnce(&mut Request)) -> Told {
        let mut request = self.request(text);
        change(&mut request);
        let run = request.run;
        self.worker.send(request);
        self.finish(run)
    }

    fn run(&mut self, text: &str) -> Told {
        self.run_with(text, |_| {})
    }

    /// Starts a run and waits until it has printed something.
    fn start(&mut self, text: &str) -> RunId {
        let mut request = self.request(text);
        request.effects = true;
        let run = request.run;
        self.worker.send(request);
        while !matches!(self.next(), WorkerEvent::Output { .. }) {}
        run
    }
}

#[track_caller]
fn check_cut(told: &Told, limit: &str, line: u32) {
    let End::Cut { limit: found, line: at, .. } = &told.outcome.end else { panic!("not cut: {:?}", told.outcome.end) };
    assert_eq!((found.as_str(), *at), (limit, Some(line)));
}

#[test]
fn each_limit_ends_a_run_with_its_own_sentence_and_keeps_what_was_printed() {
    let mut bench = Bench::new(&workers());
    let looping = "print \"before\"\nwhile true\nend while";
    let told = bench.run_with(looping, |it| it.budget.fuel = 100_000);
    check_cut(&told, "step limit reached", 2);
    assert_eq!(told.output, "before\n");
    let told = bench.run_with(looping, |it| it.budget.wall = Duration::from_millis(30));
    check_cut(&told, "time limit reached", 2);
    let told = bench.run_with("s = \"x\"\nwhile true\n  s = s + s\nend while", |it| it.budget.memory = 8 * MIB);
    check_cut(&told, "memory limit reached", 3);
    let told = bench.run_with("l = []\nwhile true\n  l.push [1, 2, 3]\nend while", |it| it.budget.memory = 8 * MIB);
    check_cut(&told, "memory limit reached", 3);
    let told = bench.run_with("while true\n  print \"0123456789\"\nend while", |it| it.budget.output = 1000);
    check_cut(&told, "output limit reached", 2);
    assert!((900..=1100).contains(&told.output.len()), "{} bytes of output", told.output.len());
    assert_eq!(bench.run("print 1").output, "1\n", "and the same process goes on");
}

#[test]
fn fuel_ends_a_run_at_the_same_place_each_time() {
    let mut bench = Bench::new(&workers());
    let text = "i = 0\nwhile true\n  i = i + 1\n  if i % 1000 == 0 then print i\nend while";
    let mut last = || bench.run_with(text, |it| it.budget.fuel = 300_000).output;
    let first = last();
    assert!(!first.is_empty());
    for _ in 0..5 {
        assert_eq!(last(), first);
    }
}

#[test]
fn a_running_program_is_stopped_by_its_flag() {
    let mut bench = Bench::new(&workers());
    for text in [
        "print 1\nwhile true\nend while",
        "print 1\ni = 0\nwhile true\n  i = i + 1\nend while",
        "print 1\nf = function(n)\n  if n == 0 then return 0\n  return f(n - 1)\nend function\nwhile true\n  f 50\nend while",
        "print 1\nwhile true\n  wait 100\nend while",
        "print 1\nwhile true\n  yield\nend while",
        "print 1\ns = \"x\" * 100000\nwhile true\n  t = s.replace(\"x\", \"yy\")\nend while",
    ] {
        let run = bench.start(text);
        let asked = Instant::now();
        bench.worker.cancel(run);
        let told = bench.finish(run);
        assert_eq!(told.outcome.end, End::Cancelled, "{text}");
        // Far below the grace after which the process is ended; a busy machine is slow.
        assert!(asked.elapsed() < Duration::from_secs(10), "{text}: {:?}", asked.elapsed());
    }
    assert_eq!(bench.run("print 2").output, "2\n");
}

#[test]
fn a_queued_run_can_be_stopped_before_it_starts() {
    let mut bench = Bench::new(&workers());
    let first = bench.start("print 1\nwhile true\nend while");
    let request = bench.request("print \"never\"");
    let second = request.run;
    bench.worker.send(request);
    bench.worker.cancel(second);
    bench.worker.cancel(first);
    assert_eq!(bench.finish(first).outcome.end, End::Cancelled);
    let told = bench.finish(second);
    assert_eq!((told.outcome.end, told.output.as_str()), (End::Cancelled, ""));
}

/// A worker that is no worker: what a shell makes of `script`.
#[cfg(unix)]
fn shell(script: &str) -> ProcessFactory {
    ProcessFactory::new("/bin/sh".into(), vec!["-c".into(), script.into()])
}

#[cfg(unix)]
#[test]
fn a_worker_that_does_not_listen_is_ended_and_another_one_starts() {
    let mut bench = Bench::new(&shell("cat >/dev/null; exec cat"));
    for _ in 0..3 {
        let request = bench.request("print 1");
        let run = request.run;
        bench.worker.send(request);
        let asked = Instant::now();
        bench.worker.cancel(run);
        let (reason, runs) = bench.died();
        assert_eq!(runs, [run]);
        assert!(reason.contains("did not stop"), "{reason}");
        assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    }
}

#[cfg(unix)]
#[test]
fn a_worker_that_outlives_the_time_limit_is_ended() {
    let mut bench = Bench::new(&shell("cat >/dev/null; exec cat"));
    let mut request = bench.request("print 1");
    request.budget.wall = Duration::from_millis(1);
    let run = request.run;
    bench.worker.send(request);
    let (reason, runs) = bench.died();
    assert_eq!(runs, [run]);
    assert!(reason.contains("far beyond its time limit"), "{reason}");
}

#[cfg(unix)]
#[test]
fn a_worker_that_breaks_is_told_with_what_it_said() {
    for (script, words) in [
        ("read x; echo out of order >&2; exit 3", ["exit status: 3", "out of order"]),
        ("read x; kill -SEGV $$", ["signal 11", "crashed"]),
        ("echo this is no message; cat", ["could not be read", "crashed"]),
        ("printf '\\377\\377\\377\\377'; cat", ["too long", "crashed"]),
    ] {
        let mut bench = Bench::new(&shell(script));
        let request = bench.request("print 1");
        let run = request.run;
        bench.worker.send(request);
        let (reason, runs) = bench.died();
        assert_eq!(runs, [run], "{script}");
        for word in words {
            assert!(reason.contains(word), "{script}: {reason}");
        }
    }
    let mut bench = Bench::new(&ProcessFactory::new("/nonexistent/program".into(), Vec::new()));
    let request = bench.request("print 1");
    bench.worker.send(request);
    assert!(bench.died().0.contains("could not be started"));
}

#[test]
fn a_restart_tells_what_it_ended() {
    let mut bench = Bench::new(&workers());
    let run = bench.start("print 1\nwhile true\nend while");
    bench.worker.restart();
    assert_eq!(bench.died().1, [run]);
    assert_eq!(bench.run("print 2").output, "2\n");
}

#[test]
fn effects_are_refused_by_name() {
    let mut bench = Bench::new(&workers());
    for (text, name) in [
        ("x = input(\"name\")", "input"),
        ("import \"listUtil\"", "import"),
        ("x = env", "env"),
        ("exec \"ls\"", "exec"),
    ] {
        let told = bench.run(&format!("print 1\n{text}\nprint 2"));
        let end = &told.outcome.end;
        assert!(matches!(end, End::Blocked { name: found, line: Some(2), .. } if found == name), "{text}: {end:?}");
        assert_eq!(told.output, "1\n");
    }
    // The member is named where there is one.
    let told = bench.run("f = @file\nx = file.readLines(\"/etc/passwd\")");
    assert!(
        matches!(&told.outcome.end, End::Blocked { name, .. } if name.starts_with("file")),
        "{:?}",
        told.outcome.end
    );
}

#[test]
fn a_folder_without_trust_gets_pure_code_and_output() {
    let mut bench = Bench::new(&workers());
    let mut run = |text: &str| bench.run_with(text, |it| it.trust = Trust::InterpretOnly);
    assert_eq!(run("f = function(n)\n  return n * 2\nend function\nprint f(21)").output, "42\n");
    let told = run("t = 0\nfor i in range(1, 100000)\n  t = t + i\nend for\nprint t");
    assert_eq!(told.output, "5000050000\n");
    let native = |told: &Told| told.outcome.functions.iter().any(|it| it.tier == minilive::recording::Tier::Native);
    assert!(!native(&told), "only the interpreter: {:?}", told.outcome.functions);
    assert!(matches!(run("x = rnd").outcome.end, End::Blocked { .. }), "no chance");
    assert!(matches!(run("x = time").outcome.end, End::Blocked { .. }), "no clock");
}

#[cfg(target_os = "linux")]
mod linux {
    //! What the process itself has and has not, seen from outside and from inside.

    use super::*;
    use minilive::worker::lockdown::{after_threads, before_threads};
    use minilive_tests::client::Client;
    use serde_json::json;
    use std::net::{TcpListener, UdpSocket};
    use std::path::Path;
    use std::process::Command;

    /// An update puts another file where the executable was; workers of that one would speak another protocol.
    #[test]
    fn workers_are_of_the_build_that_runs() {
        let folder = common::Folder::new("updated", &[("new", "of another build\n")]);
        let program = folder.0.join("minilive");
        std::fs::copy(common::program(), &program).expect("a copy of the executable");
        let (mut client, mut child) = Client::start(&program, &["lsp"]).expect("the copy starts");
        client.initialize(json!({ "experimental": { "minilive": { "values": true } } }), json!({ "trust": "full" }));
        std::fs::rename(folder.0.join("new"), &program).expect("another file in its place");
        client.open("file:///updated.ms", "x = 6 * 7\n");
        let is_known = |params: &serde_json::Value| {
            params["items"].as_array().is_some_and(|items| items.iter().any(|it| it["text"] == "= 42"))
        };
        client.wait_for(0, "minilive/values", is_known);
        client.shut_down();
        child.wait().expect("the copy ends");
    }

    /// Workers that write down the number of their process when they are started, so that a test finds its own among those of others.
    struct Known {
        factory: ProcessFactory,
        file: std::path::PathBuf,
    }

    impl Known {
        /// What the shell does first, and the test's name.
        fn new(first: &str, name: &str) -> Known {
            let file = std::env::temp_dir().join(format!("minilive-worker-{}-{name}", std::process::id()));
            let script = format!("{first}echo $$ > {}; exec {} worker", file.display(), program().display());
            Known { factory: shell(&script), file }
        }

        /// The number of the process that was started last.
        fn id(&self) -> u32 {
            let text = std::fs::read_to_string(&self.file).expect("it was started");
            text.trim().parse().expect("a number")
        }
    }

    impl Drop for Known {
        fn drop(&mut self) {
            std::fs::remove_file(&self.file).expect("our own file");
        }
    }

    #[test]
    fn a_worker_has_no_environment_and_no_handles_but_its_pipes() {
        // A handle that would be inherited: the shell opens it and becomes the worker.
        let known = Known::new("exec 9</etc/passwd; ", "handles");
        let mut bench = Bench::new(&known.factory);
        assert_eq!(bench.run("print 1").output, "1\n");
        let folder = Path::new("/proc").join(known.id().to_string());
        let mut handles: Vec<_> = std::fs::read_dir(folder.join("fd"))
            .expect("its handles")
            .flatten()
            .map(|it| it.file_name().to_string_lossy().into_owned())
            .collect();
        handles.sort();
        assert_eq!(handles, ["0", "1", "2"]);
        for handle in handles {
            let target = std::fs::read_link(folder.join("fd").join(&handle)).expect("a link");
            assert!(target.to_string_lossy().starts_with("pipe:"), "{handle} is {target:?}");
        }
    }

    #[test]
    fn a_killed_worker_is_told_and_the_next_run_has_another_one() {
        let known = Known::new("", "killed");
        let mut bench = Bench::new(&known.factory);
        let run = bench.start("print 1\nwhile true\nend while");
        let killed = Command::new("kill").args(["-KILL", &known.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        let (reason, runs) = bench.died();
        assert_eq!(runs, [run]);
        assert!(reason.contains("signal 9"), "{reason}");
        assert_eq!(bench.run("print 2").output, "2\n");
    }

    const INSIDE: &str = "MINILIVE_TEST_INSIDE";

    /// Locks this very process down and tries what evaluated code must never reach. Only does so as the child of the next test.
    #[test]
    fn inside_the_walls() {
        if std::env::var_os(INSIDE).is_none() {
            return;
        }
        let report = after_threads(before_threads(12 << 30));
        let tries: [(&str, bool); 8] = [
            ("read a file", std::fs::read("/etc/passwd").is_ok()),
            ("list a folder", std::fs::read_dir("/").is_ok()),
            ("write a file", std::fs::write("/tmp/minilive-inside", "x").is_ok()),
            ("start a program", Command::new("/bin/true").status().is_ok()),
            ("listen", TcpListener::bind("127.0.0.1:0").is_ok()),
            ("send", UdpSocket::bind("127.0.0.1:0").is_ok()),
            (
                "find a host",
                std::net::ToSocketAddrs::to_socket_addrs("localhost:80").is_ok_and(|mut it| it.next().is_some()),
            ),
            ("map 16 GiB", Vec::<u8>::new().try_reserve_exact(16 << 30).is_ok()),
        ];
        let thread = std::thread::Builder::new().spawn(|| 7).map(|it| it.join().ok());
        println!("report: {report}");
        for (what, worked) in tries {
            println!("{what}: {}", if worked { "WORKED" } else { "refused" });
        }
        println!("threads: {}", matches!(thread, Ok(Some(7))));
    }

    #[test]
    fn a_locked_down_process_can_reach_nothing() {
        let me = std::env::current_exe().expect("this test");
        let output = Command::new(me)
            .args(["--exact", "linux::inside_the_walls", "--nocapture", "--test-threads=1"])
            .env(INSIDE, "1")
            .output()
            .expect("this test runs again");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.matches(": refused").count(), 8, "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("WORKED"), "{said}");
        assert!(said.contains("threads: true"), "threads still work: {said}");
        assert!(!said.contains("refused by the system"), "{said}");
    }
}

#[test]
fn a_run_that_waits_for_a_module_can_be_stopped() {
    let mut bench = Bench::new(&workers());
    let request = bench.request("import \"slow\"");
    let run = request.run;
    bench.worker.send(request);
    loop {
        if let WorkerEvent::Import { run: asking, name, .. } = bench.next() {
            assert_eq!((asking, name.as_str()), (run, "slow"));
            break;
        }
    }
    bench.worker.cancel(run);
    assert_eq!(bench.finish(run).outcome.end, End::Cancelled);
    assert_eq!(bench.run("print 1").output, "1\n", "the process goes on");
}
