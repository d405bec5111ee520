//! The command line as a person meets it: help, results, errors, exit codes, and what goes to which stream.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command did.
struct Done {
    code: i32,
    out: String,
    err: String,
}

#[track_caller]
fn minilive(arguments: &[&str]) -> Done {
    with_input(arguments, "")
}

#[track_caller]
fn with_input(arguments: &[&str], input: &str) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minilive"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    // A command that does not read may have ended already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Done { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

/// A file with this text, gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Scratch {
        let folder = std::env::temp_dir().join(format!("minilive-cli-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("program.ms");
        fs::write(&path, text).expect("a file");
        Scratch(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let folder = self.0.parent().expect("made with one");
        fs::remove_dir_all(folder).expect("our own folder");
    }
}

fn example(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
    file.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn help_names_every_command_and_goes_to_standard_output() {
    let done = minilive(&["--help"]);
    assert_eq!((done.code, &*done.err), (0, ""));
    for command in ["run", "check", "show", "dump", "lsp"] {
        assert!(done.out.contains(&format!("\n  {command} ")), "{}", done.out);
        let help = minilive(&[command, "--help"]);
        assert_eq!(help.code, 0, "{command}");
        assert!(help.out.contains("Usage: minilive"), "{}", help.out);
    }
    assert!(!done.out.contains("worker"), "the worker is of no use by hand:\n{}", done.out);
}

#[test]
fn what_is_not_understood_is_exit_code_2_on_standard_error() {
    for arguments in
        [&["fly"][..], &["run"], &["run", "--no-such-option", "x.ms"], &["dump", "x.ms"], &["show"], &["check"]]
    {
        let done = minilive(arguments);
        assert_eq!((done.code, &*done.out), (2, ""), "{arguments:?}");
        assert!(done.err.contains("Usage"), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for command in ["run", "check", "show", "dump --mir"] {
        let mut arguments: Vec<_> = command.split(' ').collect();
        arguments.push("nowhere/at-all.ms");
        let done = minilive(&arguments);
        assert_eq!((done.code, &*done.out), (2, ""), "{command}");
        assert!(done.err.starts_with("minilive: cannot read nowhere/at-all.ms: "), "{command}: {}", done.err);
    }
}

#[test]
fn text_that_is_not_utf8_is_named_with_its_line() {
    let file = Scratch::new("bytes", "");
    fs::write(&file.0, b"a = 1\nb = \"\xff\"\n").expect("a file");
    for command in ["run", "check", "show"] {
        let done = minilive(&[command, file.path()]);
        assert_eq!(done.code, 2, "{command}");
        assert!(done.err.contains("not UTF-8") && done.err.contains("line 2"), "{command}: {}", done.err);
    }
}

#[test]
fn run_prints_what_the_program_prints() {
    let done = minilive(&["run", "-c", "print 6 * 7"]);
    assert_eq!((done.code, &*done.out, &*done.err), (0, "42\n", ""));
    let done = with_input(&["run", "-"], "print \"from input\"");
    assert_eq!((done.code, &*done.out), (0, "from input\n"));
}

#[test]
fn examples_print_what_stands_beside_them() {
    for name in ["adventure", "heat", "life", "mandelbrot", "nbody", "sorting", "wordcount"] {
        let done = minilive(&["run", &example(&format!("{name}.ms"))]);
        let expected = fs::read_to_string(example(&format!("{name}.expected"))).expect("beside the program");
        assert_eq!((done.code, done.out, &*done.err), (0, expected, ""), "{name}");
    }
}

#[test]
fn a_runtime_error_keeps_the_output_and_shows_its_line() {
    let file = Scratch::new("error", "print \"before\"\nx = nothing + 1\nprint \"never\"\n");
    let done = minilive(&["run", file.path()]);
    assert_eq!((done.code, &*done.out), (1, "before\n"));
    assert!(done.err.contains("program.ms line 2"), "{}", done.err);
    assert!(done.err.contains("    2 | x = nothing + 1"), "{}", done.err);

    let done = minilive(&["run", "--compat", file.path()]);
    assert_eq!((done.code, &*done.err), (0, ""), "as the reference does it");
    assert!(done.out.starts_with("before\n") && done.out.contains("program.ms line 2"), "{}", done.out);
}

#[test]
fn a_program_that_does_not_compile_runs_nothing() {
    let file = Scratch::new("compile", "print 1\nx = = 2\n");
    let done = minilive(&["run", file.path()]);
    assert_eq!((done.code, &*done.out), (1, ""));
    assert!(done.err.contains("program.ms:2:") && done.err.contains("x = = 2"), "{}", done.err);
}

#[test]
fn a_program_sets_its_own_exit_code() {
    let done = minilive(&["run", "-c", "print \"bye\"\nexit 7"]);
    assert_eq!((done.code, &*done.out), (7, "bye\n"));
}

#[test]
fn check_follows_imports() {
    let main = Scratch::new("imports", "import \"nowhere\"\nimport \"broken\"\nimport \"back\"\nimport \"good\"\n");
    let folder = Path::new(main.path()).parent().expect("in a folder");
    fs::create_dir_all(folder.join("lib")).expect("a folder");
    for (file, text) in [
        ("broken.ms", "x = = 1\n"),
        ("lib/back.ms", "f = function\n  import \"program\"\nend function\n"),
        ("good.ms", "import \"broken\"\n"),
    ] {
        fs::write(folder.join(file), text).expect("a file");
    }
    let done = minilive(&["check", "--allow", "unused-import", "--format", "json", main.path()]);
    assert_eq!((done.code, &*done.err), (0, ""), "warnings do not fail: {}", done.out);
    let found: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let shown: Vec<_> = found.iter().map(|it| (it["code"].as_str(), it["start"]["line"].as_u64())).collect();
    assert_eq!(
        shown,
        [(Some("import-not-found"), Some(1)), (Some("import-broken"), Some(2)), (Some("import-circle"), Some(3))]
    );
    let said = |index: usize| found[index]["message"].as_str().unwrap_or_default();
    assert!(said(0).starts_with("there is no module `nowhere` in "), "{}", said(0));
    assert_eq!(said(1), "the module `broken` does not compile: expected an expression, found `=` (line 1)");
    assert_eq!(said(2), "this import leads back to this file, through `back`, `program`");
}

#[test]
fn check_looks_where_programs_and_the_command_look() {
    let main = Scratch::new("programs", "import \"a\"\nprint a.v\n");
    let folder = Path::new(main.path()).parent().expect("in a folder");
    for (file, text) in [
        ("lib/a.ms", "import \"helper\"\nimport \"far\"\nv = helper.k + far.k\n"),
        ("helper.ms", "k = 1\n"),
        ("vendor/far.ms", "k = 1\n"),
    ] {
        fs::create_dir_all(folder.join(file).parent().expect("in a folder")).expect("a folder");
        fs::write(folder.join(file), text).expect("a file");
    }
    let (all, module) = (folder.display().to_string(), folder.join("lib/a.ms").display().to_string());
    for asked in [vec![all.as_str()], vec![main.path(), &module], vec![&module]] {
        let done = minilive(&[&["check"][..], &asked].concat());
        assert!(done.out.contains("there is no module `far`") && !done.out.contains("`helper`"), "{}", done.out);
        let vendor = folder.join("vendor").display().to_string();
        let done = minilive(&[&["check", "--import-path", &vendor][..], &asked].concat());
        assert!(done.out.contains("0 errors, 0 warnings"), "{}", done.out);
    }
}

#[test]
fn check_warns_of_files_with_errors_as_editors_do() {
    let done = with_input(&["check", "--format", "json", "-"], "d = {\"a\": 1, \"a\": 2}\nx = = 1\n");
    let code = |line: &str| {
        let found: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        found["code"].as_str().map(str::to_owned)
    };
    let codes: Vec<_> = done.out.lines().filter_map(code).collect();
    assert_eq!(codes, ["duplicate-key", "expected-expression"], "{}", done.out);
    let text = "d = {\"a\": 1, \"a\": 2} // minilive: allow duplicate-key\nx = = 1\n";
    let done = with_input(&["check", "-"], text);
    assert!(!done.out.contains("duplicate-key"), "{}", done.out);
}

#[test]
fn check_knows_what_modules_have() {
    let main = Scratch::new(
        "modules",
        "import \"util\"\nprint util.tweice(2) + util.twice(2)\nfoe = util.make\nprint foe.health + foe.helth + util.deep.y\n",
    );
    let folder = Path::new(main.path()).parent().expect("in a folder");
    fs::create_dir_all(folder.join("lib")).expect("a folder");
    for (file, text) in [
        (
            "lib/util.ms",
            "import \"deep\"\ntwice = function(n)\n  return n * 2\nend function\nmake = function\n  return {\"health\": 1}\nend function\n",
        ),
        ("deep.ms", "x = 1\n"),
    ] {
        fs::write(folder.join(file), text).expect("a file");
    }
    let done = minilive(&["check", main.path()]);
    for part in ["the module `util` has no `tweice`; did you mean `twice`?", "has a member `helth`", "has a member `y`"]
    {
        assert!(done.out.contains(part), "{}", done.out);
    }
    assert!(done.out.ends_with("checked 1 file: 0 errors, 3 warnings\n"), "{}", done.out);
}

#[test]
fn check_knows_the_names_of_a_host() {
    let file = Scratch::new("hosted", "beep 1\nbeep 1, 2\nboop\n");
    let profile = Path::new(file.path()).with_file_name("game.toml");
    fs::write(&profile, "host = \"a game\"\n[names.beep]\nparams = [\"pitch\"]\n").expect("a file");
    let profile = profile.to_str().expect("UTF-8");
    let done = minilive(&["check", "--host", profile, file.path()]);
    for part in ["nothing gives `boop` a value", "`beep` takes at most 1 argument, not 2"] {
        assert!(done.out.contains(part), "{}", done.out);
    }
    assert!(done.out.ends_with("checked 1 file: 0 errors, 2 warnings\n"), "{}", done.out);
    fs::write(profile, "host = 1\n").expect("a file");
    let done = minilive(&["check", "--host", profile, file.path()]);
    assert!(done.code != 0 && done.err.contains("game.toml is not right"), "{}", done.err);
}

#[test]
fn check_takes_folders_and_tells_advice_from_warnings() {
    let file = Scratch::new("folder", "x = 1\nx == 2\nfor i in [1]\n  gfx.clear i\nend for\n");
    let folder = Path::new(file.path()).parent().expect("a folder").to_path_buf();
    fs::create_dir_all(folder.join("below/.hidden")).expect("folders");
    fs::write(folder.join("below/other.ms"), "import \"mathUtil\"\nprint mathUtil.clamp(2)\nprint spede\nspeed = 1\n")
        .expect("a file");
    fs::write(folder.join("below/.hidden/no.ms"), "print (\n").expect("a file");
    fs::write(folder.join("below/notes.txt"), "print (\n").expect("a file");
    let folder = folder.to_str().expect("UTF-8");
    let done = minilive(&["check", "--host", "mini-micro", folder]);
    assert_eq!((done.code, &*done.err), (0, ""));
    for part in ["info[useless-comparison]", "other.ms:3:7", "nothing gives `spede` a value; did you mean `speed`?"] {
        assert!(done.out.contains(part), "{}", done.out);
    }
    assert!(done.out.ends_with("checked 2 files: 0 errors, 1 warning, 1 piece of advice\n"), "{}", done.out);
    let done = minilive(&["check", file.path()]);
    assert!(done.out.contains("it is a name of `mini-micro`: put that into"), "{}", done.out);
    let empty = Path::new(folder).join("empty");
    fs::create_dir(&empty).expect("a folder");
    let done = minilive(&["check", empty.to_str().expect("UTF-8")]);
    assert!(done.code != 0 && done.err.contains("there are no programs (*.ms) in"), "{}", done.err);
}

#[test]
fn check_points_into_the_source_and_counts() {
    let good = Scratch::new("good", "x = 1\nprint x\n");
    let done = minilive(&["check", good.path()]);
    assert_eq!((done.code, &*done.out, &*done.err), (0, "checked 1 file: 0 errors, 0 warnings\n", ""));

    let bad = Scratch::new("bad", "x = 1\nif x then\n    print x)\n");
    let done = minilive(&["check", good.path(), bad.path()]);
    assert_eq!((done.code, &*done.err), (1, ""));
    assert!(done.out.contains("program.ms:3:"), "{}", done.out);
    assert!(done.out.contains("checked 2 files: "), "{}", done.out);
    assert!(!done.out.contains('\u{1b}'), "no colours in a pipe: {}", done.out);

    let coloured = minilive(&["check", "--color", "always", bad.path()]);
    assert!(coloured.out.contains("\u{1b}["), "{}", coloured.out);
}

#[test]
fn check_warns_of_what_an_editor_warns_of() {
    let file = Scratch::new("warned", "speed = 1\nprint sped\nf = function\n  x = 1\nend function\nf\n");
    let done = minilive(&["check", file.path()]);
    assert_eq!((done.code, &*done.err), (0, ""));
    for part in ["warning[unknown-name]: nothing gives `sped` a value; did you mean `speed`?", "warning[unused-local]"]
    {
        assert!(done.out.contains(part), "{}", done.out);
    }
    assert!(done.out.ends_with("checked 1 file: 0 errors, 2 warnings\n"), "{}", done.out);
    let done = minilive(&["check", "--allow", "unknown-name", "--allow", "unused-local", file.path()]);
    assert_eq!(done.out, "checked 1 file: 0 errors, 0 warnings\n");
}

#[test]
fn check_speaks_json_to_other_tools() {
    let bad = Scratch::new("json", "é = 1\nx = = 2\n");
    let done = minilive(&["check", "--format", "json", bad.path()]);
    assert_eq!(done.code, 1);
    for line in done.out.lines() {
        let found: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        assert_eq!(found["severity"], "error");
        assert_eq!(found["start"]["line"], 2);
        assert!(found["message"].is_string() && found["code"].is_string() && found["file"].is_string(), "{line}");
    }
    assert!(!done.out.is_empty());
}

#[test]
fn explain_prints_the_section_of_a_code_and_lists_all() {
    let done = minilive(&["explain", "unqualified-local"]);
    assert_eq!((done.code, &*done.err), (0, ""));
    assert!(done.out.starts_with("# unqualified-local\n") && done.out.contains("globals.n = n + 1"), "{}", done.out);
    assert!(!done.out.contains("default-not-constant"), "the next section is another code's");

    let done = minilive(&["explain", "unkown-name"]);
    assert_eq!((done.code, &*done.out), (2, ""));
    assert!(done.err.contains("there is no code `unkown-name`; did you mean `unknown-name`"), "{}", done.err);

    let done = minilive(&["explain"]);
    let codes = include_str!("../../docs/diagnostics.md").matches("\n## `").count();
    assert_eq!((done.code, done.out.lines().count()), (0, codes));
    assert!(done.out.lines().all(|line| line.ends_with(['.', ':'])), "a sentence each: {}", done.out);
}

#[test]
fn show_prints_the_file_with_values_and_tiers() {
    let done = minilive(&["show", &example("mandelbrot.ms")]);
    assert_eq!((done.code, &*done.err), (0, ""));
    let line = |start: &str| {
        let found = done.out.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no line {start:?} in\n{}", done.out))
    };
    assert!(line("height = 28").ends_with(" = 28"));
    assert!(line("//> escapeTime(0, 0, 50)").ends_with(" ⇒ 50"));
    assert!(line("//@ example edge").ends_with(" ⇒ 33"));
    assert!(line("share = ").contains(" = "));
    let tiers = ["⚡native", "▲baseline", "○interp", "↯deopt"];
    assert!(tiers.iter().any(|tier| line("escapeTime = function").contains(tier)));
    assert!(done.out.contains("\n5 evaluations in "), "{}", done.out);
    assert!(done.out.contains("escapeTime  "), "{}", done.out);
    // The summary tells apart what the table below it does.
    let table = |label: &str| done.out.lines().filter(|it| it.trim_start().starts_with(label)).count();
    let summary = done.out.lines().find(|it| it.contains(" evaluations in ")).expect("a summary");
    for (label, word) in [("⚡native", "optimised"), ("▲baseline", "baseline"), ("○interp", "interpreted")] {
        let said = summary
            .split([' ', ','])
            .collect::<Vec<_>>()
            .windows(2)
            .find_map(|it| (it[0] == word).then(|| it[1].parse::<usize>()));
        assert_eq!(said.map_or(0, |it| it.expect("a number")), table(label), "{word}: {}", done.out);
    }
    assert!(summary.ends_with(" of 3 functions"), "{summary}");
    assert!(!done.out.contains('\u{1b}'), "no colours in a pipe");
    let source = fs::read_to_string(example("mandelbrot.ms")).expect("an example");
    let shown: Vec<_> = done.out.lines().take(source.lines().count()).collect();
    for (text, shown) in source.lines().zip(shown) {
        assert!(shown.starts_with(text), "the text itself is printed as it is: {shown:?}");
    }

    let coloured = minilive(&["show", "--color", "always", &example("wordcount.ms")]);
    assert!(coloured.out.contains("\u{1b}["), "{}", coloured.out);
}

#[test]
fn show_evaluates_nothing_where_it_is_told_so() {
    let file = Scratch::new("off", "x = 1\n//> x + 1\n");
    let done = minilive(&["show", "--trust", "off", file.path()]);
    assert_eq!((done.code, &*done.out), (0, "x = 1\n//> x + 1\n"));
    let done = minilive(&["show", "--trust", "interpret-only", file.path()]);
    assert!(done.out.contains("⇒ 2"), "{}", done.out);
}

#[test]
fn show_tells_what_went_wrong() {
    let file = Scratch::new("wrong", "x = 1\ny = x.foo\n");
    let done = minilive(&["show", file.path()]);
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.out.contains("program.ms:2:") && done.out.contains("! "), "{}", done.out);
    let file = Scratch::new("broken", "x = = 1\n");
    let done = minilive(&["show", file.path()]);
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.out.contains("program.ms:1:"), "{}", done.out);
}

#[test]
fn dump_prints_each_form_and_knows_functions_by_name() {
    let file = Scratch::new("dump", "double = function(n)\n    return n * 2\nend function\nprint double(3)\n");
    for form in ["--mir", "--bytecode"] {
        let done = minilive(&["dump", form, file.path()]);
        assert_eq!((done.code, &*done.err), (0, ""), "{form}");
        assert!(done.out.contains("// function double, line 1"), "{form}: {}", done.out);
        let one = minilive(&["dump", form, "--function", "double", file.path()]);
        assert!(one.out.len() < done.out.len() && one.out.contains("double"), "{form}: {}", one.out);
    }
    let done = minilive(&["dump", "--mir", "--function", "triple", file.path()]);
    assert_eq!((done.code, &*done.out), (2, ""));
    assert!(done.err.contains("no function named triple"), "{}", done.err);
}

#[test]
fn lsp_ends_with_its_input_and_refuses_a_wrong_filter() {
    let done = minilive(&["lsp"]);
    assert_eq!((done.code, &*done.out), (1, ""), "an end without `exit` is no good end");
    let done = minilive(&["lsp", "--log", "minilive=loud"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("--log"), "{}", done.err);
}

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(minilive_portable)))]
fn dump_shows_baseline_code_beside_its_source() {
    let file = Scratch::new("dump-baseline", HOT);
    let done = minilive(&["dump", "--asm", "--tier", "1", file.path()]);
    assert_eq!((done.code, &*done.err), (0, ""));
    // It is entered anywhere and contains no callee; a sum is one instruction on two registers of the window.
    let double = done.out.split("// function double, line 1: ").nth(1).expect("it is shown").split("\n//").next();
    let double = double.expect("there is a first part");
    assert!(double.contains("; line 2: return n + n") && double.contains("addsd xmm0,[rbx"), "{double}");
    assert!(done.out.contains("// statement, line 8: ") && !done.out.contains(" in double: "), "{}", done.out);
    assert!(done.out.contains("// function cold, line 4: not compiled: it was not hot: 1 calls"), "{}", done.out);
    let done = minilive(&["dump", "--clif", "--tier", "1", file.path()]);
    assert_eq!((done.code, &*done.out), (2, ""));
    assert!(done.err.contains("--asm shows it"), "{}", done.err);
}

const HOT: &str = "double = function(n)\n  return n + n\nend function\ncold = function\n  return 1\nend function\n\
                   sum = 0\nfor i in range(1, 100000)\n  sum += double(i)\n\
                   \x20 sum -= i % 3 + i % 5 + i % 7 + i % 11 + i % 13 + i % 17\nend for\ncold\nprint sum\n";

#[test]
fn dump_shows_every_form_of_compiled_code_beside_its_source() {
    let file = Scratch::new("dump-compiled", HOT);
    for (form, expected) in [("--ssa", "IAdd"), ("--clif", "iadd"), ("--asm", "ret")] {
        let done = minilive(&["dump", form, file.path()]);
        assert_eq!((done.code, &*done.err), (0, ""), "{form}");
        let inlined = "// function double, line 1: not compiled: it is part of the code of its callers";
        assert!(done.out.contains(inlined), "{form}\n{}", done.out);
        assert!(done.out.contains("entered at the loop in line 8"), "{form}\n{}", done.out);
        assert!(done.out.contains("// function cold, line 4: not compiled: it was not hot: 1 calls"), "{}", done.out);
        assert!(done.out.contains(expected), "{form}\n{}", done.out);
        // Elsewhere assembly is Cranelift's own listing, which knows no lines.
        if form != "--asm" || cfg!(target_arch = "x86_64") {
            // It is small enough to be part of the loop.
            assert!(done.out.contains("; line 2 in double: return n + n"), "{form}\n{}", done.out);
            assert!(done.out.contains("; line 9: sum += double(i)"), "{form}\n{}", done.out);
        }
        let one = minilive(&["dump", form, "--function", "double", file.path()]);
        assert!(one.out.contains("function double") && !one.out.contains("function cold"), "{form}\n{}", one.out);
        let none = minilive(&["dump", form, "--function", "triple", file.path()]);
        assert_eq!((none.code, &*none.out), (2, ""));
        assert!(none.err.contains("there is no function named triple in "), "{}", none.err);
        assert!(none.err.trim_end().ends_with("; there are: cold, double"), "{}", none.err);
    }
}

#[test]
#[cfg(not(minilive_portable))]
fn dump_shows_how_a_form_stood_after_a_stage() {
    let text = "f = function(n)\n  p = {\"x\":n + 1}\n  if n > 2 then return p.x * 2\nend function\n\
                for i in range(1, 900)\n  for j in range(1, 99)\n    f j\n  end for\nend for\n";
    let file = Scratch::new("dump-after", text);
    let after = |stage: &str| minilive(&["dump", "--ssa", "--after", stage, "--function", "f", file.path()]);
    // The map is made until escape analysis has taken it away; a loop that is none gets no block before it.
    for (stage, makes_a_map, note) in [
        ("build", true, ""),
        ("dce", true, ""),
        ("escape", false, ""),
        ("preheaders", false, ", which changed nothing"),
    ] {
        let done = after(stage);
        assert_eq!((done.code, &*done.err), (0, ""), "{stage}");
        let head = format!("// function f, line 1: after {stage}{note}\nfunction params=1\nblock0():\n");
        assert!(done.out.starts_with(&head), "{stage}\n{}", done.out);
        assert_eq!(done.out.contains("MakeShaped"), makes_a_map, "{stage}\n{}", done.out);
        assert!(done.out.contains("; line 2: p = {\"x\":n + 1}"), "{stage}\n{}", done.out);
    }
    // What stood behind the last stage is what is compiled.
    let end = minilive(&["dump", "--ssa", "--function", "f", file.path()]);
    let form = |out: &str| out.split_once('\n').map(|it| it.1.to_owned()).expect("a line for the head");
    assert_eq!(form(&after("late-dce").out), form(&end.out));

    let unknown = after("polish");
    assert_eq!((unknown.code, &*unknown.out), (2, ""));
    assert!(
        unknown.err.contains("there is no stage of this name; there are, in their order, build, "),
        "{}",
        unknown.err
    );
    assert!(unknown.err.contains(", range-checks, late-dce"), "{}", unknown.err);
    let other = minilive(&["dump", "--clif", "--after", "gvn", file.path()]);
    assert_eq!((other.code, &*other.out), (2, ""), "{}", other.err);
    let baseline = minilive(&["dump", "--ssa", "--after", "gvn", "--tier", "1", file.path()]);
    assert_eq!((baseline.code, &*baseline.out), (2, ""), "{}", baseline.err);
}

#[test]
#[cfg(not(minilive_portable))]
fn dump_shows_the_code_of_modules_and_of_members_by_name() {
    let file = Scratch::new(
        "dump-modules",
        "import \"shapes\"\nsum = 0\nfor i in range(1, 100000)\n  sum += shapes.Point.len2(i) + i % 3 + i % 5\nend for\n",
    );
    let module = Path::new(file.path()).with_file_name("shapes.ms");
    let code = "Point = {}\nPoint.len2 = function(x)\n  return x * x\nend function\n";
    fs::write(&module, code).expect("written");
    let done = minilive(&["dump", "--ssa", file.path()]);
    assert_eq!((done.code, &*done.err), (0, ""));
    assert!(done.out.contains("// function Point.len2 of shapes.ms, line 2: "), "{}", done.out);
    for name in ["len2", "Point.len2"] {
        let one = minilive(&["dump", "--ssa", "--function", name, file.path()]);
        assert!(one.out.starts_with("// function Point.len2 of shapes.ms, line 2: "), "{}{}", one.out, one.err);
    }
    let none = minilive(&["dump", "--ssa", "--function", "len3", file.path()]);
    assert_eq!((none.code, &*none.out), (2, ""));
    assert!(none.err.trim_end().ends_with("; there are: Point.len2"), "{}", none.err);
}

#[test]
fn a_dump_says_how_the_watched_run_ended_early_and_runs_nothing_with_effects() {
    let marker = std::env::temp_dir().join(format!("minilive-dump-{}", std::process::id()));
    let text = format!("x = 1\nfile.writeLines \"{}\", [\"a\"]\n", marker.display());
    let file = Scratch::new("dump-effects", &text);
    let done = minilive(&["dump", "--ssa", file.path()]);
    assert_eq!(done.code, 0);
    assert!(done.err.contains("the run that was watched ended early"), "{}", done.err);
    assert!(!marker.exists());
}
