//! What an editor says of programs whose behaviour is known: no false alarm.
//!
//! The server's tests ask for what the clone contains, `cargo xtask conformance` for the official suite and the benchmarks. Invariant:
//! a warning is deserved only by a program that fails in just the way the warning foretells.

use minilive::db::{File, LiveDb};
use minilive::document::{Content, DocumentView};
use minilive::ide::checks::{Check, Weight, checks};
use minilive::settings::Checks;
use minilive_mir::diagnostic::Severity;

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Its code.
    pub code: &'static str,
    /// The text it is about and its sentence.
    pub message: String,
    /// It only says that something is not needed, or good to know.
    pub is_faint: bool,
}

/// The warnings of a program; none if it does not compile.
pub fn warnings(text: &str) -> Vec<Warning> {
    let db = LiveDb::default();
    let Content { text, parse, index } = Content::new(text);
    if has_errors(&text) {
        return Vec::new();
    }
    let file: File = db.add_file("file:///w/x.ms".into(), text.clone(), parse);
    let document =
        DocumentView { uri: "file:///w/x.ms".into(), version: 1, revision: 1, file, text: text.clone(), index };
    let warning = |it: Check| Warning {
        code: it.code,
        message: format!("{}: {}", &text[it.range], it.message),
        is_faint: it.weight != Weight::Warning,
    };
    checks(&db, &document, &Checks::default()).into_iter().map(warning).collect()
}

/// Whether a program has errors by which it is not run.
pub fn has_errors(text: &str) -> bool {
    let (_, found) = minilive_mir::lower::lower_file(&minilive_syntax::parse(text), "");
    found.iter().any(|it| it.severity == Severity::Error)
}

/// What is said wrongly of a program that prints `output`.
pub fn false_alarms(text: &str, output: &str) -> Vec<String> {
    if has_errors(text) {
        let deserved = output.contains("Compiler Error");
        return if deserved { Vec::new() } else { vec!["errors in a program that runs".to_owned()] };
    }
    let wrong = warnings(text).into_iter().filter(|it| !is_deserved(it, output));
    wrong.map(|it| format!("{}: {}", it.code, it.message)).collect()
}

fn is_deserved(warning: &Warning, output: &str) -> bool {
    match warning.code {
        "unknown-name" => output.contains("Undefined Identifier"),
        "too-many-arguments" => output.contains("Too many arguments"),
        "not-a-function" => output.contains("Not a function reference"),
        "unassigned-variable" => output.contains("Undefined"),
        "frozen-value" => output.contains("frozen"),
        "missing-member" => output.contains("Error"),
        // What gives null or an error, or always comes out the same, runs on: that types say so rightly is proved by `types`.
        "fixed-comparison" | "no-result" | "wrong-argument" => true,
        // Tests of duplicate keys say that the last one wins.
        code => warning.is_faint || code == "duplicate-key",
    }
}
