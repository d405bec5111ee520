//! `minilive repl` over a pipe: results, several lines, errors, help, the end.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn session(lines: &str) -> Output {
    session_in(&std::env::temp_dir().join("minilive-repl-test"), lines)
}

fn session_in(state: &Path, lines: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minilive"));
    command.args(["repl", "--max-memory", "200"]).env("XDG_STATE_HOME", state);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the session starts");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[track_caller]
fn check(lines: &str, output: &str, errors: &str) {
    let ran = session(lines);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!((text(&ran.stdout).as_str(), text(&ran.stderr).as_str()), (output, errors), "{lines}");
    assert_eq!(ran.status.code(), Some(0));
}

#[test]
fn values_are_shown_and_variables_live_on() {
    check("1 + 2\nx = 5\nx * 2\n\"text\"\nnull\n[1, \"a\"]\n", "3\n10\ntext\n[1, \"a\"]\n", "");
}

#[test]
fn an_input_may_take_several_lines() {
    let lines =
        "f = function(n)\n  return n * 2\nend function\nf(4)\nx = [1,\n2]\nx\nfor i in x\nprint i\nend for\n1 +\n2\n";
    check(lines, "8\n[1, 2]\n1\n2\n3\n", "");
}

#[test]
fn the_last_value_and_the_history_are_variables() {
    check("6 * 7\n_ + 1\n_out[0] + _out[1]\n_in.len\nprint _in[0]\n", "42\n43\n85\n3\n6 * 7\n", "");
}

#[test]
fn errors_end_the_input_and_not_the_session() {
    check(
        "x = 1\nx = 2; nope\nx\n",
        "2\n",
        "Runtime Error: Undefined Identifier: 'nope' is unknown in this context [line 1]\n",
    );
    check(
        "f = function\n  y = 1\n  return null.z\nend function\nf\n1\n",
        "1\n",
        "Runtime Error: Can't index into null [line 3]\n  called from line 1\n",
    );
    let ran = session("x = = 1\n2\n");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "2\n");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("error"));
}

#[test]
fn a_full_memory_ends_the_input_and_not_the_session() {
    check(
        "l = []\nwhile true; l.push \"x\" * 1000; end while\nl = null\n1 + 1\n",
        "2\n",
        "Stopped: memory limit reached [line 1]\n",
    );
}

#[test]
fn names_are_explained() {
    check(
        "?floor\n?unknown\n",
        "floor(x=0)\nThe nearest whole number that is not larger.\nnothing is known of `unknown`\n",
        "",
    );
    check(
        "area = function(w, h=[1], unit=\"cm\")\n  \"The area of a box.\"\n  return w * h\nend function\n?area\n",
        "area(w, h=[1], unit=\"cm\")\nThe area of a box.\n",
        "",
    );
}

#[test]
fn output_without_a_line_end_is_ended() {
    check("print \"a\", \"\"\n1\n", "a\n1\n", "");
}

#[test]
fn a_session_ends_with_the_programs_exit_code() {
    assert_eq!(session("print 1\nexit 7\nprint 2\n").status.code(), Some(7));
}

#[test]
fn reset_starts_anew() {
    check("x = 1\nreset\nglobals.hasIndex(\"x\")\n_in.len\n", "0\n1\n", "");
}

#[test]
fn what_is_not_whole_at_the_end_is_told() {
    let ran = session("1\nwhile true\n");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "1\n");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("error"));
}

#[test]
fn functions_keep_what_is_inside_them_when_their_like_is_entered() {
    let maker = |value: &str| {
        format!(
            "make = function\n  inner = function\n    return {value}\n  end function\n  return @inner\nend function\n"
        )
    };
    let lines = format!("{}old = @make\n{}f = old\nf\ng = make\ng\nh = old\nh\n", maker("1"), maker("2"));
    check(&lines, "1\n2\n1\n", "");
}

#[test]
fn what_is_piped_in_is_not_kept_in_the_history() {
    let state = std::env::temp_dir().join(format!("minilive-repl-piped-{}", std::process::id()));
    let ran = session_in(&state, "1 + 1\n");
    assert_eq!(ran.stdout, b"2\n");
    assert!(!state.exists(), "{} was made", state.display());
}
