//! `minilive run` as a person at a shell sees it: modules, files, commands, arguments, exit codes, the two streams.
//!
//! Each test runs the real binary in a folder of its own. Texts in these tests are what the reference prints, but where the
//! language reference says otherwise.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("minilive-run-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Folder(path)
    }

    fn with(self, file: &str, text: &str) -> Folder {
        let path = self.0.join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder inside");
        }
        std::fs::write(path, text).expect("a file of the test");
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minilive"));
        command.arg("run").args(arguments).current_dir(&self.0);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the program runs")
    }

    /// What a program prints under the reference's rules.
    #[track_caller]
    fn check(&self, file: &str, expected: &str) {
        for tier in [&["--compat"][..], &["--compat", "--interpret"]] {
            let output = self.run(&[tier, &[file]].concat());
            assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
            assert_eq!(output.status.code(), Some(0));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now stays in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_file_may_say_what_runs_it() {
    let folder = Folder::new("shebang").with("a.ms", "#!/usr/bin/env -S minilive run\nprint 1\nprint nobody\n");
    let output = folder.run(&["a.ms"]);
    assert_eq!(text(&output.stdout), "1\n");
    assert!(text(&output.stderr).contains("line 3"), "{}", text(&output.stderr));
}

#[test]
fn a_module_is_a_map_of_its_variables() {
    let main = r#"
top = 42
import "a"
print a.f
a.x = 9
print a.f
a.set 11
print a.x
again = import("a")
print again == a
print @a.f
print a.g
f = function
  import "b"
  print b.v
  return locals
end function
print f
"#;
    let module = "print \"running\"\nx = 5\nf = function; return x; end function\nset = function(v)\n  outer.x = v\nend function\ng = globals.top\n";
    Folder::new("map")
        .with("main.ms", main)
        .with("a.ms", module)
        .with("b.ms", "return {\"v\": 7}\n")
        .check("main.ms", "running\n5\n9\n11\nrunning\n1\nFuncRef(f, closure)\n42\n7\n{\"b\": {\"v\": 7}}\n");
}

#[test]
fn modules_are_looked_for_along_the_path() {
    let main = r#"
import "c"
print c.y
env.MS_IMPORT_PATH = "$MS_SCRIPT_DIR/other"
print import("c").y
print import("a") isa error
env.MS_IMPORT_PATH = "nowhere;${MS_SCRIPT_DIR}"
print import("a").x
"#;
    Folder::new("path")
        .with("main.ms", main)
        .with("a.ms", "x = 5\n")
        .with("lib/c.ms", "import \"a\"\ny = a.x + 1\n")
        .with("other/c.ms", "y = \"other\"\n")
        .check("main.ms", "6\nother\n1\n5\n");
}

#[test]
fn what_goes_wrong_with_a_module_is_an_error_value_that_says_where() {
    let main = r#"
print import("")
print import("nope")
print import("seeded")
print import("seeded").inner.stack
print import("open")
print import("nothing") == {}
print import("gives") == null
import "stops"
"#;
    Folder::new("errors")
        .with("main.ms", main)
        .with("seeded.ms", "y = 1\nx = x + 1\n")
        .with("open.ms", "if 1\n")
        .with("nothing.ms", "// nothing\n")
        .with("gives.ms", "q = 1\nreturn null\n")
        .with("stops.ms", "h = function\n  return nope\nend function\nh\n")
        .check(
            "main.ms",
            "error: File error: import: no library name given\n\
             error: File error: import: library not found: nope\n\
             error: in seeded.ms line 2: illegal assignment to unqualified local 'x' based on nonlocal\n\
             [\"seeded.ms line 2\"]\n\
             error: in open.ms line 1: got EOL where Keyword(then) is required\n\
             1\n1\n\
             Runtime Error: Undefined Identifier: 'nope' is unknown in this context [stops.ms line 2]\n",
        );
}

#[test]
fn modules_that_import_each_other_end_by_depth() {
    let folder = Folder::new("cycle")
        .with("main.ms", "import \"a\"\n")
        .with("a.ms", "import \"b\"\n")
        .with("b.ms", "import \"a\"\n");
    let output = folder.run(&["--max-depth", "200", "main.ms"]);
    let said = text(&output.stderr);
    assert!(said.starts_with("Runtime Error: Call stack overflow ["), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn equal_functions_of_two_modules_stay_apart() {
    let module =
        |inner: &str| format!("make = function\n  return function\n    return {inner}\n  end function\nend function\n");
    let fails = "\n\n\nf = function\n  return nope\nend function\n";
    Folder::new("equal")
        .with(
            "main.ms",
            "import \"a\"\nimport \"b\"\nprint a.make()()\nprint b.make()()\nimport \"c\"\nimport \"d\"\nc.f\n",
        )
        .with("a.ms", &module("1"))
        .with("b.ms", &module("2"))
        .with("c.ms", fails)
        .with("d.ms", &fails[1..])
        .check(
            "main.ms",
            "1\n2\nRuntime Error: Undefined Identifier: 'nope' is unknown in this context [c.ms line 5]\n",
        );
}

#[test]
fn a_module_that_changes_while_the_program_runs_leaves_older_functions_alone() {
    let main = r#"
write = function(top, value)
  lines = ["make = function", "  inner = function", "    return " + value, "  end function", "  return @inner"]
  file.writeLines "m.ms", top + lines + ["end function", "fail = function", "  nope", "end function"]
end function
write [], 1
one = import("m")
write ["", ""], 2
two = import("m")
make = one["make"]
f = make
print f
make = two["make"]
f = make
print f
make = one["make"]
f = make
print f
one.fail
"#;
    Folder::new("changing").with("main.ms", main).check(
        "main.ms",
        "1\n2\n1\nRuntime Error: Undefined Identifier: 'nope' is unknown in this context [m.ms line 8]\n",
    );
}

#[test]
fn files_are_written_and_read() {
    let main = r#"
print file.writeLines("t", ["a", "b", 5])
print file.readLines("t")
f = file.open("t")
print f.readLine + f.position
print f.write("XY")
f.seek 0
print f.read == "a" + char(10) + "XY" + char(10)
print f.atEnd
f.close
print f.isOpen
print f.read
r = file.loadRaw("t")
print r.len
r.resize 4
r.setShort 0, -2
print [r.ushort, r.short, r.byte(-1), r.setUtf8(0, "hello"), r.utf8]
r.littleEndian = 0
print r.int
print r.byte(9)
print (new RawData).byte
print file.saveRaw("u", r)
print file.info("u").size
print file.copy("u", "v")
print file.move("v", "w")
print file.exists("v") + file.exists("w")
print file.delete("w")
print file.delete("w")
print file.makedir("d")
print file.makedir("d")
print file.children("d")
print file.info("nope")
print file.readLines("nope")
print file.open("nope/x")
print file.saveRaw("x", 5)
print file.child("a", "b") + " " + file.parent("/a/b") + " " + file.name("/a/b.c")
"#;
    Folder::new("files").with("main.ms", main).check_once(
        "main.ms",
        "3\n[\"a\", \"b\", \"\"]\na2\n2\n1\n1\n0\nerror: File error: file is not open\n5\n\
         [65534, -2, 89, 4, \"hell\"]\n1751477356\nerror: File error: index out of bounds\n\
         error: File error: RawData has no buffer\nnull\n4\nnull\nnull\n1\nnull\n\
         error: File error: delete: could not delete: w\nnull\n\
         error: File error: makedir: could not create directory: d\n[]\nnull\n\
         error: File error: readLines: cannot open: nope\nerror: File error: open: could not open: nope/x\n\
         error: File error: saveRaw: data is not a RawData object\na/b /a b.c\n",
    );
}

impl Folder {
    /// As [`Folder::check`], for programs that change their folder.
    #[track_caller]
    fn check_once(&self, file: &str, expected: &str) {
        let output = self.run(&["--compat", file]);
        assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn commands_run_with_the_programs_variables() {
    let main = "env.WORD = \"from here\"\nx = exec(\"echo $WORD; exit 3\")\nprint x.output + \"|\" + x.errors + \"|\" + x.status\nprint exec(\"printf 'a\\n\\n'\").output.len\n";
    Folder::new("exec").with("main.ms", main).check("main.ms", "from here||3\n2\n");
}

#[test]
fn arguments_reach_the_program() {
    let folder = Folder::new("arguments").with("main.ms", "print shellArgs\n");
    assert_eq!(text(&folder.run(&["main.ms", "a", "-b", "--c"]).stdout), "[\"a\", \"-b\", \"--c\"]\n");
    assert_eq!(text(&folder.run(&["-c", "print shellArgs", "x", "y"]).stdout), "[\"x\", \"y\"]\n");
}

#[test]
fn a_program_may_come_from_standard_input_and_read_its_rest_no_more() {
    let folder = Folder::new("stdin");
    let mut child = folder.command(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all(b"print 6 * 7\nprint input").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(text(&output.stdout), "42\nnull\n");
}

#[test]
fn input_and_keys_come_from_one_stream() {
    let program =
        "print input(\"? \")\nprint key.get + key.get\nprint input\nprint key.get == \"\"\nprint key.available\n";
    let folder = Folder::new("input").with("main.ms", program);
    let mut child =
        folder.command(&["main.ms"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all("one\nébc\n".as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(text(&output.stdout), "? one\néb\nc\n1\n0\n");
}

#[test]
fn errors_go_to_their_own_stream_and_output_stays() {
    let folder = Folder::new("errors-out").with("main.ms", "print \"before\"\nprint nope\n");
    let output = folder.run(&["main.ms"]);
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("before\n", Some(1)));
    assert!(text(&output.stderr).contains("'nope' is unknown in this context [main.ms line 2]"));
    let output = folder.run(&["--compat", "main.ms"]);
    let line = "Runtime Error: Undefined Identifier: 'nope' is unknown in this context [main.ms line 2]";
    assert_eq!(text(&output.stdout), format!("before\n{line}\n"));
    assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("", Some(0)));
}

#[test]
fn the_end_of_a_text_is_on_the_line_that_the_reference_names() {
    let folder = Folder::new("end");
    for (end, line) in [("", 1), ("\n", 1), ("\n\n", 2), ("\n\n\n", 3), ("\n  \n", 2)] {
        std::fs::write(folder.0.join("open.ms"), format!("while 0{end}")).expect("written");
        let said = text(&folder.run(&["--compat", "open.ms"]).stdout);
        assert_eq!(said, format!("Compiler Error: unexpected end of file [open.ms line {line}]\n"), "{end:?}");
    }
    let said = text(&folder.run(&["--compat", "-c", "while 0\n"]).stdout);
    assert_eq!(said, "Compiler Error: unexpected end of file [line 2]\n");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_no_success() {
    let folder = Folder::new("full").with("main.ms", "print \"lost\"\nfile.writeLines \"done\", [1]\n");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is always full");
    let mut command = Command::new(env!("CARGO_BIN_EXE_minilive"));
    let output = command.args(["run", "main.ms"]).current_dir(&folder.0).stdout(full).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("some of the output was lost: No space left"), "{}", text(&output.stderr));
    assert!(folder.0.join("done").exists(), "the program went on");
}

#[test]
fn exit_codes_are_the_programs_own() {
    let folder = Folder::new("exit");
    for (code, expected) in [("exit", 0), ("exit 7", 7), ("exit 256 + 3", 3), ("exit \"x\"", 0), ("print 1", 0)] {
        assert_eq!(folder.run(&["-c", code]).status.code(), Some(expected), "{code}");
        assert_eq!(folder.run(&["--compat", "-c", code]).status.code(), Some(expected), "{code}");
    }
    assert_eq!(folder.run(&["--no-such-option"]).status.code(), Some(2));
    assert_eq!(folder.run(&["missing.ms"]).status.code(), Some(2));
    let missing = folder.run(&["--compat", "missing.ms"]);
    assert_eq!(text(&missing.stdout), "Error: Could not open file missing.ms\nNo lines read from file.\n");
}

#[cfg(unix)]
#[test]
fn a_stopped_program_leaves_what_it_printed() {
    let folder = Folder::new("stopped").with("main.ms", "print \"started\"\nwhile true\nend while\n");
    for (signal, waits) in [("TERM", false), ("INT", true), ("KILL", false)] {
        let program = if waits { ["-c", "print \"started\"\nx = input"] } else { ["main.ms", "x"] };
        let mut child =
            folder.command(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let _stays_open = child.stdin.take();
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut first = [0; 8];
        stdout.read_exact(&mut first).expect("what is printed appears without waiting for the end");
        let id = child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status().expect("a signal is sent");
        assert!(sent.success());
        let ended = child.wait().expect("it ends");
        assert!(!ended.success(), "{signal}");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("text");
        assert_eq!((&first[..], rest.as_str()), (&b"started\n"[..], ""), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_program_ends_when_nobody_reads_it_any_more() {
    let endless = "while true\n  print \"line\"\nend while\n";
    let waiting = "print \"line\"\nwait 0.3\nprint \"more\"\nwait 0.01\nprint \"end\"\n";
    for (name, program) in [("endless", endless), ("waiting", waiting)] {
        let folder = Folder::new(name).with("main.ms", program);
        let mut child =
            folder.command(&["main.ms"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut first = [0; 5];
        child.stdout.take().expect("a pipe").read_exact(&mut first).expect("it prints");
        assert_eq!(&first, b"line\n");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(141), ""), "{name}");
    }
}

#[test]
fn the_path_of_a_script_is_known_to_it() {
    let folder = Folder::new("script").with("sub/main.ms", "print env.MS_SCRIPT_DIR\n");
    let path = Path::new("sub").join("main.ms");
    assert_eq!(text(&folder.run(&[&path.to_string_lossy()]).stdout), "sub\n");
    assert_eq!(text(&folder.run(&["-c", "print env.MS_SCRIPT_DIR"]).stdout), ".\n");
}

/// A program with a hot function that is too large to become part of its callers, and a loop at line 65 that calls it.
fn hot() -> String {
    let filler = "  x = b + 1\n  b = x - 1\n".repeat(30);
    format!(
        "f = function(a, b)\n{filler}  return a + b\nend function\ns = 0\nfor i in range(1, 100000)\n  s = f(s, i) % 1009\n\
         end for\nfor i in range(1, 40)\n  for k in range(1, 2000)\n    t = f(\"a\", k)\n  end for\nend for\nprint s\n"
    )
}

/// The lines of `--trace-tiers`, without their times.
fn tier_lines(stderr: &[u8]) -> Vec<String> {
    let line = |line: &str| line.strip_prefix("tiers: ")?.split_once(" ms  ").map(|(_, event)| event.to_owned());
    text(stderr).lines().filter_map(line).collect()
}

#[test]
#[cfg(not(minilive_portable))]
fn tier_events_are_told_one_a_line_and_statistics_are_their_sum() {
    let folder = Folder::new("tiers").with("hot.ms", &hot());
    let output = folder.run(&["--synchronous", "--trace-tiers", "--stats", "hot.ms"]);
    assert_eq!(text(&output.stdout), "950\n");
    let lines = tier_lines(&output.stderr);
    let has = |start: &str, end: &str| lines.iter().any(|it| it.starts_with(start) && it.ends_with(end));
    assert!(has("compiled f (hot.ms line 1) for calls: ", " ms"), "{lines:#?}");
    assert!(has("compiled top level (hot.ms line 65) for the loop at line 65: ", " ms"), "{lines:#?}");
    assert!(has("left f (hot.ms line 1): ", "line 2, once"), "{lines:#?}");
    assert!(has("left f (hot.ms line 1): ", "line 2, 10 times"), "{lines:#?}");
    // How many exits are too many depends on how large the code is.
    let dropped = "dropped f (hot.ms line 1) for calls: its guards failed too often: a value is not a number, line 2, ";
    assert!(has(dropped, " times"), "{lines:#?}");
    // What the optimiser compiled and what got baseline code is told apart.
    let (of_baseline, of_optimiser): (Vec<&String>, Vec<&String>) =
        lines.iter().filter(|it| it.starts_with("compiled ")).partition(|it| it.contains(" without speculation: "));
    let compiled = of_optimiser.len();
    let stats = text(&output.stderr);
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        assert!(
            of_baseline.iter().any(|it| it.starts_with("compiled f (hot.ms line 1) for every entry")),
            "{lines:#?}"
        );
        assert!(
            stats.contains(&format!("\nbaseline code of {} functions and statements in ", of_baseline.len())),
            "{stats}"
        );
        assert!(stats.contains("; baseline in "), "{stats}");
    }
    assert!(stats.contains(&format!("\n{compiled} compilations in ")), "{stats}");
    let of_f = of_optimiser.iter().filter(|it| it.starts_with("compiled f ")).count();
    assert!(of_f >= 2 && stats.contains(&format!("; compiled {of_f} times in ")), "{stats}");
    // Who does not ask is not told.
    assert_eq!(text(&folder.run(&["hot.ms"]).stderr), "");
}

#[test]
fn the_highest_tier_can_be_named() {
    let folder = Folder::new("highest").with("hot.ms", &hot());
    for (tier, shown) in [("0", "interpreter"), ("1", "baseline"), ("2", "native")] {
        let output = folder.run(&["--synchronous", "--tier", tier, "--stats", "hot.ms"]);
        assert_eq!(text(&output.stdout), "950\n", "tier {tier}");
        let stats = text(&output.stderr);
        let of_f = stats.lines().find(|it| it.contains("  f, line 1: ")).expect("it ran");
        let made = cfg!(all(target_arch = "x86_64", target_os = "linux", not(minilive_portable)));
        // In the end `f` may have lost its optimised code.
        let left = tier == "2" && of_f.contains("; dropped: ");
        assert!(!made || left || of_f.trim_start().starts_with(shown), "tier {tier}: {of_f}");
        assert_eq!(of_f.contains("; compiled "), made && tier == "2", "{of_f}");
    }
    assert_eq!(folder.run(&["--tier", "3", "hot.ms"]).status.code(), Some(2));
}

#[test]
#[cfg(not(minilive_portable))]
fn refusals_are_told_once_with_their_reason() {
    let sums: String = (2..3000).map(|n| format!("    s += i % {n}\n")).collect();
    let program = format!(
        "g = function(n)\n  s = 0\n  for i in range(1, n)\n{sums}  end for\n  return s\nend function\n\
         for k in range(1, 50)\n  x = g(5)\nend for\nprint x\n"
    );
    let output =
        Folder::new("refusals").with("refused.ms", &program).run(&["--synchronous", "--trace-tiers", "refused.ms"]);
    let sum: u64 = (1..=5).flat_map(|i| (2..3000).map(move |n| i % n)).sum();
    assert_eq!(text(&output.stdout), format!("{sum}\n"));
    let lines = tier_lines(&output.stderr);
    let refused: Vec<&String> =
        lines.iter().filter(|it| it.starts_with("refused g (refused.ms line 1) for ")).collect();
    assert!(
        !refused.is_empty() && refused.iter().all(|it| it.ends_with(": too large to compile at once")),
        "{lines:#?}"
    );
    let mut different = refused.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), refused.len(), "{lines:#?}");
}

#[test]
#[cfg(all(target_os = "linux", not(minilive_portable)))]
fn a_perf_map_names_all_machine_code() {
    let folder = Folder::new("perf").with("hot.ms", &hot());
    let child =
        folder.command(&["--synchronous", "--perf-map", "hot.ms"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let path = PathBuf::from(format!("/tmp/perf-{}.map", child.id()));
    assert_eq!(text(&child.wait_with_output().expect("it ends").stdout), "950\n");
    let map = std::fs::read_to_string(&path).expect("the map was written");
    std::fs::remove_file(&path).expect("nobody else removes it");
    let mut symbols: Vec<(u64, u64, &str)> = Vec::new();
    for line in map.lines() {
        let mut parts = line.splitn(3, ' ');
        let mut number = || u64::from_str_radix(parts.next().expect("a number"), 16).expect("hexadecimal");
        let (start, size) = (number(), number());
        symbols.push((start, size, parts.next().expect("a name")));
    }
    for name in [
        "f [hot.ms:1]",
        "top level [hot.ms:65] loop at 65",
        "minilive: keep registers",
        "minilive: enter a loop",
        "minilive: call of 2",
    ] {
        assert!(symbols.iter().any(|it| it.2 == name), "{name} is missing in\n{map}");
    }
    symbols.sort_unstable();
    let apart = symbols.windows(2).all(|pair| pair[0].1 > 0 && pair[0].0 + pair[0].1 <= pair[1].0);
    assert!(apart, "ranges overlap in\n{map}");
}

#[test]
#[cfg(not(minilive_portable))]
fn statistics_say_whose_code_a_function_became_part_of() {
    let program = "double = function(n)\n  return n * 2\nend function\nf = function(n)\n  s = 0\n  for i in range(1, n)\n    s += double(i)\n  \
                   end for\n  return s\nend function\nfor k in range(1, 60)\n  x = f(5000)\nend for\nprint x\n";
    let output = Folder::new("inlined").with("in.ms", program).run(&["--synchronous", "--stats", "in.ms"]);
    assert_eq!(text(&output.stdout), "25005000\n");
    let stats = text(&output.stderr);
    let of_double = stats.lines().find(|line| line.contains("double, line 1:")).expect("it ran");
    assert!(of_double.contains("; part of the code of f, line 4"), "{stats}");
}
