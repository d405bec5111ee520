//! Programs that ask for more than there is: each is refused with its own message, and none takes the computer's memory.
//!
//! Every program runs in a process whose address space is bounded from outside far above the program's own limit, so that memory
//! taken without asking first ends the process with a crash, which fails the test.
#![cfg(unix)]

use std::process::{Command, Output};

/// Kibibytes of address space: reservations of stacks and code take a good part of it.
const ADDRESS_SPACE: u32 = 3_500_000;

fn run(arguments: &[&str]) -> Output {
    let mut shell = Command::new("sh");
    let script = format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" run \"$@\"");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_minilive")]).args(arguments);
    shell.output().expect("the program runs")
}

#[track_caller]
fn check(code: &str, expected: &str) {
    let output = run(&["--max-memory", "64", "-c", code]);
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    let said = said.lines().next().unwrap_or_default();
    assert_eq!(if said.is_empty() { printed.trim_end() } else { said }, expected, "{code}");
    assert_eq!(output.status.code(), Some(i32::from(!said.is_empty())), "{code}");
}

const MEMORY: &str = "Stopped: memory limit reached [line 1]";

#[test]
fn lists_that_are_a_rule_are_not_written_out_beyond_the_limit() {
    for code in [
        "x = range(0, 2e9).indexes; x.push 1",
        "x = range(0, 2e9).join",
        "x = str(range(0, 2e9))",
        "print range(0, 2e9)",
        "x = \"\" + range(0, 2e9)",
        "x = range(0, 2e9) + [1]",
        "x = range(0, 2e9).sort",
        "range(0, 2e9).shuffle",
        "range(0, 2e9).insert 0, 1",
        "range(0, 2e9).push 1",
        "range(0, 2e9).remove 0",
        "x = range(0, 2e9).pull",
        "range(0, 2e9).replace 1, 2",
        "x = frozenCopy(range(0, 2e9))",
        "x = range(0, 2e9)[1:]",
        "x = slice(range(0, 2e9))",
        "x = range(0, 1e9) * 2",
        "x = [1, 2] * 1e9",
        "x = [[]] * 2e9",
    ] {
        check(code, MEMORY);
    }
}

#[test]
fn texts_do_not_grow_beyond_the_limit() {
    for code in [
        "x = \"x\" * 2e9",
        "x = (\"abc\" * 1e7) * 3",
        "x = (\"a\" * 1e7).split(\"\")",
        "x = (\"a\" * 1e7).values",
        "x = (\"a\" * 1e7).indexes; x[0] = 1",
        "x = (\"a\" * 1e7).replace(\"a\", \"bbbbbbbbbbbb\")",
        "x = (\"a\" * 3e7).upper",
        "s = \"a\" * 3e7; x = s.insert(0, s)",
        "x = ([\"a\" * 1e6] * 1000).join",
        "print [\"a\" * 1e6] * 1000",
        "x = str([\"a\" * 1e6] * 1000)",
        "x = err([\"a\" * 1e6] * 1000)",
        "s = \"ab\"; while true; s += s; end while",
    ] {
        check(code, MEMORY);
    }
}

#[test]
fn what_grows_for_ever_is_stopped() {
    for code in [
        "l = []; while true; l.push 1; end while",
        "m = {}; i = 0; while true; m[i] = i; i += 1; end while",
        "m = {}; i = 0; while true; m[\"k\" + i] = i; i += 1; end while",
        "l = []; while true; l = [l]; end while",
        "f = function; return locals; end function; l = []; while true; l.push f; end while",
        "l = []; while true; l.push err(\"e\"); end while",
        "f = function(n); e = err(\"x\"); return [e, f(n + 1)]; end function; f 1",
        "r = new RawData; r.resize 2e9",
        "x = file.readLines(\"/dev/zero\")",
        "x = file.loadRaw(\"/dev/zero\")",
        "x = file.open(\"/dev/zero\", \"r\").read",
        "x = file.open(\"/dev/zero\", \"r\").readLine",
        "x = exec(\"yes\").output",
    ] {
        check(code, MEMORY);
    }
}

#[test]
fn what_no_list_or_text_can_hold_is_an_error_value() {
    for (code, expected) in [
        ("print [0] * 1e12", "error: list too large (exceeds maximum size)"),
        ("print \"x\" * 1e12", "error: string too large (exceeds maximum size)"),
        ("print range(1, 1e15)", "error: range() result too large (exceeds maximum list size)"),
        ("print range(0, 2e9).len + ([0] * 2e9).len", "4000000001"),
        ("l = range(0, 2e9); l.pop; freeze l; print l[-1] + l.indexOf(77)", "2000000076"),
    ] {
        check(code, expected);
    }
}

#[test]
fn large_things_that_fit_are_made() {
    let code = "l = []; for i in range(1, 1e7); l.push i; end for; s = \"x\" * 1e8; print l.len + s.len";
    let output = run(&["-c", code]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "110000000\n");
}

#[test]
fn garbage_of_all_kinds_is_collected() {
    // Cycles of maps, lists and closures, texts and errors: many times what the limit allows.
    let code = "
f = function(i)
  m = {\"i\": i}
  l = [m]
  m.l = l
  m.f = function
    return m
  end function
  m.t = \"text \" + i + \"x\" * 100
  m.e = err(m.t, m)
  m[i] = l
  return l
end function
for i in range(1, 200000)
  x = f(i)
end for
print x[0].i
";
    check(code, "200000");
}

#[test]
fn recursion_is_deep_and_then_an_error() {
    let code = "f = function(n); if n == 0 then return 0; return 1 + f(n - 1); end function; print f(100000)";
    for tier in [&[][..], &["--interpret"]] {
        let output = run(&[tier, &["-c", code]].concat());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "100000\n");
    }
    let endless = "f = function(n); return f(n + 1) + 1; end function; f 1";
    for tier in [&[][..], &["--interpret"]] {
        let output = run(&[tier, &["-c", endless]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("Runtime Error: Call stack overflow [line 1]"), "{said}");
        assert!(said.lines().count() < 50, "a long stack is cut");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn depth_can_be_set_exactly() {
    let code = "d = 0; f = function; globals.d += 1; print d; f; end function; f";
    for tier in [&[][..], &["--interpret"]] {
        for (depth, option) in [(10, &["--max-depth", "10"][..]), (255, &["--compat"])] {
            let output = run(&[tier, option, &["-c", code]].concat());
            let printed = String::from_utf8_lossy(&output.stdout);
            let last = printed.lines().rfind(|line| !line.starts_with("Runtime")).unwrap_or_default();
            assert_eq!(last, depth.to_string());
        }
    }
}
