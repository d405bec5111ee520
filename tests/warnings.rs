//! What an editor says of programs whose behaviour is known: no false alarm.
//!
//! The server's tests ask for what the clone contains, `cargo xtask conformance` for the official suite and the benchmarks. Invariant:
//! a warning is deserved only by a program that fails in just the way the warning foretells.

use crate::modes::Ran;
use minilive::db::{self, File, LiveDb};
use minilive::document::{Content, DocumentView};
use minilive::ide::checks::{Check, Weight, checks};
use minilive::modules::Places;
use minilive::settings::Checks;
use minilive_mir::diagnostic::Severity;
use minilive_mir::ir::UnitKey;
use minilive_syntax::TextRange;

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Its code.
    pub code: &'static str,
    /// The text it is about and its sentence.
    pub message: String,
    /// The unit it is about.
    pub unit: UnitKey,
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
    let units = db::units(&db, file);
    let around = |range: TextRange| units.iter().rev().find(|it| it.range().contains_range(range));
    let warning = |it: Check| Warning {
        code: it.code,
        unit: around(it.range).unwrap_or_else(|| units.at(0)).unit.key,
        message: format!("{}: {}", &text[it.range], it.message),
        is_faint: it.weight != Weight::Warning,
    };
    checks(&db, &document, &Checks::default(), &Places::default()).into_iter().map(warning).collect()
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

/// What is said wrongly of the code of a program that ran: nobody knows of other code whether it fails.
pub fn false_alarms_where_it_ran(text: &str, ran: &Ran) -> Vec<String> {
    let counts = ran.outcome.as_ref().map_or(&[][..], |it| &it.counts);
    let has_run = |it: &Warning| counts.iter().any(|unit| unit.key == it.unit && unit.blocks.iter().any(|&n| n > 0));
    let wrong = warnings(text).into_iter().filter(|it| has_run(it) && !is_deserved(it, &ran.output));
    wrong.map(|it| format!("{}: {}", it.code, it.message)).collect()
}

fn is_deserved(warning: &Warning, output: &str) -> bool {
    match warning.code {
        "unknown-name" => output.contains("Undefined Identifier"),
        "too-many-arguments" => output.contains("Too many arguments"),
        "not-a-function" => output.contains("Not a function reference"),
        "unassigned-variable" => output.contains("Undefined"),
        "frozen-value" => output.contains("frozen"),
        "missing-member" | "not-assignable" => output.contains("Error"),
        // A loop over a number is not carried out, and that is all.
        "not-indexable" => output.contains("Error") || warning.message.contains("this loop never runs"),
        // What gives null or an error, or always comes out the same, runs on: that types say so rightly is proved by `types`.
        "fixed-comparison" | "no-result" | "wrong-argument" => true,
        // Tests of duplicate keys say that the last one wins.
        code => warning.is_faint || code == "duplicate-key",
    }
}
