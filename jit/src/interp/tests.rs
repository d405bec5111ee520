//! Real programs through lowering, loading and the interpreter, in normal and in collect-always mode.

use crate::engine::{End, Engine, EngineConfig, Entry, RunOutcome, RunRequest, TierPolicy};
use minilive_mir::lower::lower_file;
use minilive_runtime::host::{CaptureHost, SharedHost};
use minilive_runtime::limits::Limits;
use std::sync::{Arc, Mutex};

fn config(stress: bool) -> EngineConfig {
    EngineConfig { tier: TierPolicy::InterpretOnly, gc_stress: stress, ..EngineConfig::default() }
}

fn run(text: &str, stress: bool, request: RunRequest) -> (String, RunOutcome) {
    let (program, diagnostics) = lower_file(&minilive_syntax::parse(text), "test.ms");
    assert!(diagnostics.iter().all(|it| it.reference.is_none()), "{diagnostics:?}");
    let mut engine = Engine::new(config(stress));
    let loaded = if request.record { engine.load_recording(&program) } else { engine.load(&program) };
    let host = SharedHost::<CaptureHost>::default();
    let outcome = engine.run(&loaded.expect("loads"), request, Box::new(host.clone()));
    let mut output = host.lock().output.clone();
    if let End::Error(error) = &outcome.end {
        output.push_str(&format!("{error}\n"));
    }
    (output, outcome)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    for stress in [false, true] {
        for record in [false, true] {
            let request = RunRequest { record, compat: true, ..RunRequest::new(Entry::Main) };
            let (output, _) = run(text, stress, request);
            assert_eq!(output.trim_end(), expected.trim(), "stress {stress}, record {record}");
        }
    }
}

fn limited(limits: Limits) -> RunRequest {
    RunRequest { limits, ..RunRequest::new(Entry::Main) }
}

#[test]
fn functions_recursion_and_loops() {
    check(
        "fib = function(n)\n if n < 2 then return n\n return fib(n - 1) + fib(n - 2)\nend function\nprint fib(12)\n\
         x = 1\nwhile x < 4\n print x * 2\n x += 1\nend while\nfor i in range(3, 1)\n print i\nend for",
        "144\n2\n4\n6\n3\n2\n1",
    );
}

#[test]
fn reading_a_parameter_that_holds_a_function_calls_it_once_and_in_order() {
    check(
        "log = function(x)\n print x\n return x\nend function\n\
         a = function\n return log(1)\nend function\nb = function\n return log(10)\nend function\n\
         add = function(p, q)\n return p + q * 2\nend function\nprint add(@a, @b)\nprint add(@a, 5)\nprint add(5, @b)\n\
         less = function(p, q)\n if p < q then return \"yes\"\n return \"no\"\nend function\nprint less(@a, @b)\n\
         at = function(l, i)\n return l[i] + i\nend function\nprint at([5, 6], @a)",
        "1\n10\n21\n1\n11\n10\n25\n1\n10\nyes\n1\n1\n7",
    );
}

#[test]
fn a_put_off_read_sees_the_value_from_before_a_later_assignment() {
    check(
        "f = function(n)\n m = n\n n = n + 1\n k = m + n * 10\n return k\nend function\nprint f(1)\n\
         g = function(p)\n l = [1, 2]\n h = function\n  return 0\n end function\n return p + l[0]\nend function\n\
         bump = function\n return 5\nend function\nprint g(@bump)",
        "21\n6",
    );
}

#[test]
fn methods_self_super_and_type_maps() {
    check(
        "A = {\"n\": \"A\"}\nA.who = function; return \"who \" + self.n; end function\nB = new A\n\
         B.who = function; return \"B+\" + super.who; end function\nb = new B\nb.n = \"b\"\nprint b.who\n\
         number.double = function; return self * 2; end function\nprint 5.double\nprint (3 + 4).double\n\
         list.second = function; return self[1]; end function\nprint [1, 2, 3].second\nprint \"abc\".upper\nprint [3, 1].len",
        "B+who b\n10\n14\n2\nABC\n2",
    );
}

#[test]
fn closures_share_the_variables_of_their_call() {
    check(
        "counter = function\n n = 0\n return function\n  outer.n += 1\n  return n\n end function\nend function\n\
         c1 = counter\nc2 = counter\nprint c1\nprint c1\nprint c2\n\
         f = function(m)\n m.added = 1\nend function\ng = function\n x = 5\n f locals\n print added\n l = locals\n l.x = 6\n\
         print x\n locals.remove \"x\"\n print l.hasIndex(\"x\")\n return locals\nend function\nr = g\nr.y = 7\nprint r.y",
        "1\n2\n1\n1\n6\n0\n7",
    );
}

#[test]
fn intrinsics_are_shadowed_and_come_back() {
    check(
        "f = function; return str(7); end function\nprint f\nstr = function(x); return \"shadow\"; end function\nprint f\n\
         globals.remove \"str\"\nprint f",
        "7\nshadow\n7",
    );
}

#[test]
fn errors_name_the_line_of_the_innermost_statement() {
    check(
        "a = 1\nf = function\n  return nope\nend function\nprint a\nf",
        "1\nRuntime Error: Undefined Identifier: 'nope' is unknown in this context [test.ms line 3]",
    );
    check("x = [1]\nx.foo", "Runtime Error: Key Not Found: 'foo' not found in map [test.ms line 2]");
    check(
        "f = function(a)\nend function\nf 1, 2",
        "Runtime Error: Too many arguments: got 2, expected 1 [test.ms line 3]",
    );
    check(
        "f = function\n  return err(\"fail\")\nend function\nx = f\nprint x.stack\nf",
        "[\"test.ms line 2\", \"test.ms line 4\"]\nRuntime Error: Uncaught fail [test.ms line 6]",
    );
    check("f = function\n return f\nend function\nf", "Runtime Error: Call stack overflow [test.ms line 2]");
}

#[test]
fn the_depth_limit_is_exact() {
    let text = "f = function(n)\n if n == 0 then return 0\n return f(n - 1)\nend function\nprint f(N)";
    check(&text.replace('N', "254"), "0");
    check(&text.replace('N', "255"), "Runtime Error: Call stack overflow [test.ms line 3]");
}

#[test]
fn calls_nest_deeply_by_default() {
    let text = "f = function(n)\n if n == 0 then return 0\n return 1 + f(n - 1)\nend function\nprint f(100000)";
    let (output, _) = run(text, false, RunRequest::new(Entry::Main));
    assert_eq!(output, "100000\n");
}

#[test]
fn endless_recursion_and_endless_loops_end() {
    let (output, _) = run("f = function\n return f\nend function\nf", false, RunRequest::new(Entry::Main));
    assert!(output.starts_with("Runtime Error: Call stack overflow"), "{output}");
    let limits = Limits { fuel: 100_000, ..Limits::NONE };
    let (_, outcome) = run("while true\nend while", false, limited(limits));
    assert!(matches!(&outcome.end, End::Cut { limit, .. } if limit.to_string().contains("step")), "{:?}", outcome.end);
}

#[test]
fn fuel_runs_out_at_the_same_place_every_time() {
    let text = "n = 0\nwhile true\n n += 1\n print n\nend while";
    let cut = |fuel| run(text, false, limited(Limits { fuel, ..Limits::NONE })).0.lines().count();
    assert_eq!(cut(10_000), cut(10_000));
    assert!(cut(20_000) > cut(10_000));
}

#[test]
fn blocks_are_counted_exactly() {
    let (_, outcome) = run("i = 0\nwhile i < 10\n i += 1\nend while", false, RunRequest::new(Entry::Main));
    let loop_unit = outcome.counts.iter().max_by_key(|it| it.blocks.len()).expect("ran");
    assert!(loop_unit.blocks.contains(&11) && loop_unit.blocks.contains(&10), "{:?}", loop_unit.blocks);
}

#[test]
fn recordings_keep_values_as_they_were() {
    let text = "l = [1]\nl.push 2\nfor i in range(1, 20)\n x = i * i\nend for";
    let request = RunRequest { record: true, ..RunRequest::new(Entry::Main) };
    let (_, outcome) = run(text, false, request);
    let points = &outcome.recording.points;
    assert!(points.iter().any(|it| it.first == "[1]" && it.last == ["[1]"]), "{points:?}");
    let squares = points.iter().find(|it| it.range == Some((1.0, 400.0))).expect("recorded");
    assert_eq!((squares.count, squares.first.as_str(), squares.last.len()), (20, "1", 10));
    assert_eq!(squares.last.last().map(String::as_str), Some("400"));
}

#[test]
fn recordings_tell_what_a_map_holds_in_the_end() {
    let text = "Base = {\"legs\": 4}\nBase.speak = function(n)\n return n\nend function\nrex = new Base\nrex.name = \"Rex\"\n\
                rex.at = {\"x\": 1, 7: 2}\nrex.at.y = rex\nbefore = rex\nrex = null\nall = [[before], 1]\nn = 5";
    for stress in [false, true] {
        let request = RunRequest { record: true, ..RunRequest::new(Entry::Main) };
        let (_, outcome) = run(text, stress, request);
        let seen = |name: &str| {
            let found = outcome.recording.points.iter().filter(|it| it.name.as_deref() == Some(name));
            found.map(|it| it.held.clone()).collect::<Vec<_>>()
        };
        let names = |held: &crate::record::Held| {
            let names = held.members.iter().map(|it| format!("{} {} {:?}", it.name, it.distance, it.value.ty));
            names.collect::<Vec<_>>().join(", ")
        };
        let rex = seen("rex");
        let rex = rex.iter().find(|it| it.ty == minilive_mir::ir::Ty::Map).expect("seen");
        assert_eq!(names(rex), "__isa 0 Map, name 0 String, at 0 Map, legs 1 Number, speak 1 Function");
        assert!(rex.members[4].value.function.is_some() && rex.members[3].value.function.is_none());
        assert_eq!(names(&rex.members[2].value), "x 0 Number, y 0 Map", "keys that are names");
        let inner = seen("all")[0].element.clone().and_then(|it| it.element).expect("a list of lists");
        assert!(names(&inner).starts_with("__isa 0 Map, name 0 String"));
        assert_eq!(seen("n")[0].ty, minilive_mir::ir::Ty::Number);
    }
}

#[test]
fn definitions_run_without_statements() {
    let text = "a = 2\nprint a\nf = function(x)\n return x * a\nend function\nif true then\n b = 3\nend if";
    let (output, _) = run(text, false, RunRequest::new(Entry::Definitions));
    assert_eq!(output, "");
}

#[test]
fn code_is_found_again_with_its_counts_reset() {
    let text = "f = function(x)\n return x + 1\nend function\nprint f(1)";
    let (program, _) = lower_file(&minilive_syntax::parse(text), "test.ms");
    let mut engine = Engine::new(config(false));
    let first = engine.load(&program).expect("loads");
    let mut bare = program.clone();
    bare.units.iter_mut().for_each(|unit| unit.mir = None);
    let second = engine.load(&bare).expect("known units need no code");
    assert_eq!(first, second);
    for _ in 0..2 {
        let host = SharedHost::<CaptureHost>::default();
        let outcome = engine.run(&second, RunRequest::new(Entry::Main), Box::new(host.clone()));
        assert_eq!(host.lock().output, "2\n");
        assert!(outcome.functions.iter().any(|it| it.name == "f" && it.calls == 1));
    }
    let unknown = Engine::new(config(false)).load(&bare);
    assert!(matches!(unknown, Err(crate::engine::LoadError::Missing(units)) if units.len() == program.units.len()));
}

#[test]
fn a_running_program_tells_where_it_is_and_what_ran() {
    let text = "f = function(n)\n return n + 1\nend function\nx = 0\nwhile true\n x = f(x)\nend while";
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut request = RunRequest::new(Entry::Main);
    let (reports, cancel) = (seen.clone(), request.cancel.clone());
    request.progress = Some(Box::new(move |progress| {
        reports.lock().expect("no panic while held").push(progress);
        cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    }));
    let (_, outcome) = run(text, false, request);
    assert_eq!(outcome.end, End::Cancelled);
    let seen = seen.lock().expect("no panic while held");
    let progress = seen.first().expect("the program ran until it had told of itself");
    assert!((2..=6).contains(&progress.at.line), "line {}", progress.at.line);
    let function = progress.functions.iter().find(|it| it.name == "f").expect("it ran");
    assert!(function.calls > 0 && function.rounds == 0);
    let looping = progress.functions.iter().find(|it| it.rounds > 0).expect("the loop goes round");
    assert!(looping.rounds + 1 >= function.calls, "it calls once a round");
}

#[test]
fn rounds_of_loops_are_counted_without_the_last_look_at_their_condition() {
    let text = "f = function(n)
 for i in range(1, n)
  j = 0
  while j < 2
   j += 1
  end while
 end for
end function
f 5
f 3";
    let (_, outcome) = run(text, false, RunRequest::new(Entry::Main));
    let function = outcome.functions.iter().find(|it| it.name == "f").expect("it ran");
    assert_eq!((function.calls, function.rounds), (2, 8 + 8 * 2));
}
