//! What lowering has to say about a program, as plain data.
//!
//! Made by `lower` and `scope` with places relative to their unit, moved to the file's places by whoever knows where the unit
//! stands; printed by the command line and published by the server. Invariant: `reference` is the reference implementation's
//! own sentence without its prefix, or nothing where the reference accepts the code.

use minilive_syntax::{SyntaxError, TextRange, TextSize};

/// The codes of everything that lowering reports; the parser's stand in `minilive_syntax::CODES`.
pub static CODES: &[&str] =
    &["unqualified-local", "default-not-constant", "duplicate-parameter", "too-large", "not-an-expression"];

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program is not run.
    Error,
    /// The program runs but hardly does what is meant.
    Warning,
}

/// One message about a piece of source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The text it is about: relative to the unit's start when it comes from a unit, to the file's when from a file.
    pub range: TextRange,
    /// Stable identity, such as `unqualified-local`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Our sentence.
    pub message: String,
    /// The reference's message without `Compiler Error: `.
    pub reference: Option<String>,
    /// The line the reference names: relative to the unit's first line (0-based) or in the file (1-based), as `range`.
    pub reference_line: u32,
    /// Where the reference would come upon it: of several it reports the first. Counted as `range` is.
    pub found_at: TextSize,
}

impl Diagnostic {
    /// The same message with its places moved from a unit to the file the unit stands in.
    pub fn in_file(mut self, start: TextSize, base_line: u32) -> Diagnostic {
        debug_assert!(CODES.contains(&self.code), "{} is no known code", self.code);
        self.range += start;
        self.found_at += start;
        self.reference_line += base_line;
        self
    }

    /// A syntax error as a diagnostic.
    pub fn from_syntax(error: &SyntaxError) -> Diagnostic {
        Diagnostic {
            range: error.range,
            code: error.code,
            severity: Severity::Error,
            message: error.message.clone(),
            reference: Some(error.reference.clone()),
            reference_line: error.reference_line,
            found_at: error.range.start(),
        }
    }
}
